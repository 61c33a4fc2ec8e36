//! Members of enumerations: the type of a class, and members as words.
//!
//! The word of an `Enum` member is its place among the class's members (aliases count once); of the others it is the value.

use crate::objects;
use looplift_types::{EnumKind, EnumTy, Ty, TyKind};
use pyo3::exceptions::{PySystemError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFloat, PyInt, PyString, PyType};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// `enum.EnumType`, `enum.Flag`.
static CLASSES: PyOnceLock<[Py<PyAny>; 2]> = PyOnceLock::new();

fn classes(py: Python<'_>) -> PyResult<&[Py<PyAny>; 2]> {
    CLASSES.get_or_try_init(py, || {
        let module = py.import("enum")?;
        Ok([module.getattr("EnumMeta")?.unbind(), module.getattr("Flag")?.unbind()])
    })
}

/// Whether `obj` is a class made by `enum`.
fn is_class(obj: &Bound<'_, PyAny>) -> bool {
    classes(obj.py()).is_ok_and(|c| obj.is_instance(c[0].bind(obj.py())).unwrap_or(false))
}

/// Whether `obj` is a member of an enumeration.
pub fn is_member(obj: &Bound<'_, PyAny>) -> bool {
    is_class(obj.get_type().as_any())
}

/// Types of classes seen, by address: the object table keeps the classes alive.
static TYPES: Mutex<BTreeMap<usize, Ty>> = Mutex::new(BTreeMap::new());

/// The type of the members of a class; `None` for other classes, and for members that are also strings, floats, ….
pub fn member_type(class: &Bound<'_, PyAny>) -> Option<Ty> {
    let known = || TYPES.lock().unwrap_or_else(PoisonError::into_inner);
    let address = class.as_ptr() as usize;
    if let Some(&t) = known().get(&address) {
        return Some(t);
    }
    let found = find_type(class)?;
    known().insert(address, found);
    Some(found)
}

fn find_type(class: &Bound<'_, PyAny>) -> Option<Ty> {
    let py = class.py();
    if !is_class(class) {
        return None;
    }
    let class = class.cast::<PyType>().ok()?;
    let flag = class.is_subclass(classes(py).ok()?[1].bind(py)).ok()?;
    let int = class.is_subclass_of::<PyInt>().ok()?;
    let other = class.is_subclass_of::<PyString>().ok()? || class.is_subclass_of::<PyFloat>().ok()?;
    if other || class.getattr("__members__").ok()?.is_empty().ok()? {
        return None;
    }
    let kind = match (flag, int) {
        (false, false) => EnumKind::Member,
        (false, true) => EnumKind::Int,
        (true, false) => EnumKind::Flag,
        (true, true) => EnumKind::IntFlag,
    };
    let ty = EnumTy { class: objects::class_ref(class.as_any()), kind };
    if kind != EnumKind::Member {
        // Values beyond 64 bits have no word.
        for m in class.try_iter().ok()? {
            m.ok()?.getattr("_value_").ok()?.extract::<i64>().ok()?;
        }
    }
    Some(Ty::new(TyKind::Enum(ty)))
}

/// The word of a member.
pub fn word(obj: &Bound<'_, PyAny>, ty: &EnumTy) -> PyResult<i64> {
    let py = obj.py();
    let class = class_of(py, ty)?;
    if !obj.is_instance(&class)? {
        return Err(PyTypeError::new_err(format!("a member of {} is expected", ty.class.name)));
    }
    if ty.kind != EnumKind::Member {
        return obj.getattr("_value_")?.extract();
    }
    class.getattr("_member_names_")?.call_method1("index", (obj.getattr("_name_")?,))?.extract()
}

/// The member of a word.
pub fn member<'py>(py: Python<'py>, ty: &EnumTy, word: i64) -> PyResult<Bound<'py, PyAny>> {
    let class = class_of(py, ty)?;
    if ty.kind != EnumKind::Member {
        return class.call1((word,));
    }
    class.getattr("_member_map_")?.get_item(class.getattr("_member_names_")?.get_item(word)?)
}

fn class_of<'py>(py: Python<'py>, ty: &EnumTy) -> PyResult<Bound<'py, PyAny>> {
    objects::get(py, ty.class.id).ok_or_else(|| PySystemError::new_err("the enumeration's class is gone"))
}
