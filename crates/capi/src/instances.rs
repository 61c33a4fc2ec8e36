//! Instances of Python classes at the border: their fields go into a block ([`looplift_runtime::instances`]), and what compiled
//! code assigned to goes back when the call ends.
//!
//! Fields are those of a dataclass, else what the instance's `__dict__` has. One object is one block in a call, whatever path leads
//! to it. Fields that have no type, and those that hold an instance of a class that is being looked at, are there by name only:
//! their type is that of `NotImplemented`.

use crate::containers::{self, Owned};
use crate::owner::ReleaseFn;
use crate::type_object::Type;
use crate::{objects, type_of, words};
use looplift_abi::heap::FOREIGN_TAG;
use looplift_runtime::{element, heap, instances};
use looplift_types::{Distance, NamedTupleTy, Ty, TyKind, conversion, element::code};
use pyo3::exceptions::{PySystemError, PyTypeError};
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use std::cell::RefCell;

/// Fields an instance may have at most: each has a bit.
const MOST_FIELDS: usize = 63;

thread_local! {
    /// Classes of the instances whose types are being found, the innermost last.
    static WITHIN: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// A class that is being looked at.
struct Within;
impl Within {
    /// `None` if it is looked at already.
    fn enter(class: &Bound<'_, PyType>) -> Option<Within> {
        let at = class.as_ptr() as usize;
        WITHIN.with_borrow_mut(|w| {
            (!w.contains(&at)).then(|| {
                w.push(at);
                Within
            })
        })
    }
}
impl Drop for Within {
    fn drop(&mut self) {
        WITHIN.with_borrow_mut(Vec::pop);
    }
}

/// A field as the class declares it.
struct Declared {
    name: String,
    /// The annotation's type.
    ty: Option<Ty>,
    /// Whether the annotation names None beside another type.
    optional: bool,
}

/// Whether a class is written in Python and its instances carry nothing but fields; also whether it is a dataclass.
fn is_plain(class: &Bound<'_, PyType>) -> PyResult<Option<bool>> {
    const HEAP: u64 = 1 << 9;
    let py = class.py();
    let is_heap = |c: &Bound<'_, PyAny>| -> PyResult<bool> { Ok(c.getattr(intern!(py, "__flags__"))?.extract::<u64>()? & HEAP != 0) };
    let base = class.getattr(intern!(py, "__base__"))?;
    let plain_base = base.is(py.get_type::<PyAny>()) || is_heap(&base)?;
    let data = class.hasattr(intern!(py, "__dataclass_fields__"))?;
    let own = class.getattr(intern!(py, "__dictoffset__"))?.extract::<isize>()? != 0;
    Ok((is_heap(class)? && plain_base && (own || data)).then_some(data))
}

/// The fields of an object; `None` if it is no plain instance.
fn fields(obj: &Bound<'_, PyAny>) -> PyResult<Option<Vec<Declared>>> {
    let (py, class) = (obj.py(), obj.get_type());
    let Some(data) = is_plain(&class)? else { return Ok(None) };
    if !data {
        let Ok(dict) = obj.getattr(intern!(py, "__dict__"))?.cast_into::<PyDict>() else { return Ok(None) };
        let names: Vec<String> = dict.keys().extract()?;
        return Ok(Some(names.into_iter().map(|name| Declared { name, ty: None, optional: false }).collect()));
    }
    let said: Vec<(String, Option<Type>, bool)> = py.import("looplift._dataclasses")?.getattr("fields")?.call1((class,))?.extract()?;
    let mut all: Vec<Declared> = said.into_iter().map(|(name, ty, optional)| Declared { name, ty: ty.map(|t| t.0), optional }).collect();
    // What methods set beside the fields.
    if let Some(dict) = obj.getattr_opt(intern!(py, "__dict__"))?.and_then(|d| d.cast_into::<PyDict>().ok()) {
        for name in dict.keys().extract::<Vec<String>>()? {
            if !all.iter().any(|f| f.name == name) {
                all.push(Declared { name, ty: None, optional: false });
            }
        }
    }
    Ok(Some(all))
}

/// The type of an instance of a class written in Python; `None` for other objects.
pub fn type_of(obj: &Bound<'_, PyAny>) -> Option<Ty> {
    let class = obj.get_type();
    let declared = fields(obj).ok()??;
    if declared.len() > MOST_FIELDS {
        return None;
    }
    let _within = Within::enter(&class)?;
    let elems: Vec<Ty> = declared
        .iter()
        .map(|field| {
            let ty = obj.getattr(&*field.name).ok().and_then(|value| field_type(&value, field));
            ty.filter(|&t| code(t).is_some() && words::count(t).is_some()).unwrap_or_else(|| Ty::new(TyKind::NotImplemented))
        })
        .collect();
    let names = declared.into_iter().map(|f| f.name.into()).collect();
    Some(Ty::new(TyKind::Instance(Box::new(NamedTupleTy { class: objects::class_ref(class.as_any()), fields: names, elems: elems.into() }))))
}

/// The type of a field by its value; the annotation widens numbers, says that None is possible, and tells what an empty container holds.
fn field_type(value: &Bound<'_, PyAny>, field: &Declared) -> Option<Ty> {
    let found = type_of::at_depth(value, 1).ok().map(crate::container_types::stored);
    let optional = |t: Ty| if field.optional && !t.is_none() { Ty::new(TyKind::Optional(t)) } else { t };
    match (found, field.ty) {
        (Some(t), _) if t.is_none() && field.optional => Some(field.ty.map_or(t, optional)),
        (Some(t), Some(said)) if t.is_number() && said.is_number() && conversion(t, said).is_some_and(|d| d <= Distance::Safe) => Some(optional(said)),
        (Some(t), _) => Some(optional(t)),
        (None, Some(said)) if crate::container_types::is_empty_of(value, said) => Some(optional(said)),
        (None, _) => None,
    }
}

/// The block of an instance, as a borrowed reference that lives as long as the session that is running.
pub fn convert(obj: &Bound<'_, PyAny>, ty: Ty, n: &NamedTupleTy) -> PyResult<u64> {
    if let Some(word) = containers::container_of(obj, ty) {
        return Ok(word);
    }
    let py = obj.py();
    if !objects::get(py, n.class.id).is_some_and(|c| c.is(obj.get_type())) {
        return Err(PyTypeError::new_err(format!("an instance of {} is expected, not {}", n.class.name, objects::qualname(&obj.get_type()))));
    }
    let desc = containers::desc_of(Ty::tuple(n.elems.clone()))?;
    let word = Owned(instances::create(desc).ok_or_else(containers::no_memory)?);
    let mut buf = vec![0u64; desc.layout.words.len()];
    let mut at = 0;
    // SAFETY: the block is fresh, and its fields are zeros until they are written; the object is counted for the block.
    unsafe {
        let head = instances::head(word.0);
        for (name, &t) in n.fields.iter().zip(&n.elems) {
            let count = words::count(t).unwrap_or(0);
            if *t.kind() != TyKind::NotImplemented {
                containers::own_element(&obj.getattr(&**name)?, t, &mut buf[at..at + count])?;
                // At once: what is written is given back with the block, should a later field fail.
                element::write_part(&desc.layout, (*head).fields(), at, &buf[at..at + count]);
            }
            at += count;
        }
        (*head).object = (obj.clone().into_ptr() as usize | FOREIGN_TAG) as u64;
    }
    let word = word.take();
    containers::give(obj, ty, word);
    Ok(word)
}

/// Writes the fields that were assigned to into the object.
///
/// # Safety
/// `word` is a live instance of this type.
pub(crate) unsafe fn write_back(object: &Bound<'_, PyAny>, n: &NamedTupleTy, word: u64, release: ReleaseFn) -> PyResult<()> {
    // SAFETY: the caller's promise.
    let dirty = unsafe { std::mem::replace(&mut (*instances::head(word)).dirty, 0) };
    if dirty == 0 {
        return Ok(());
    }
    let mut at = 0;
    for (k, (name, &t)) in n.fields.iter().zip(&n.elems).enumerate() {
        let count = words::count(t).unwrap_or(0);
        if dirty & (1 << k) != 0 {
            // SAFETY: the caller's promise.
            object.setattr(&**name, unsafe { field(object.py(), t, word, at, count, release)? })?;
        }
        at += count;
    }
    Ok(())
}

/// A field as an object.
///
/// # Safety
/// `word` is a live instance whose words from `at` on are a value of type `ty`.
unsafe fn field<'py>(py: Python<'py>, ty: Ty, word: u64, at: usize, count: usize, release: ReleaseFn) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the caller's promise; references are counted once more for boxing, which consumes them.
    unsafe {
        let head = instances::head(word);
        let mut buf = vec![0u64; (*head).desc.layout.words.len()];
        element::read(&(*head).desc.layout, (*head).fields(), &mut buf);
        let value = &buf[at..at + count];
        containers::each_ref(ty, value, &mut |w| heap::retain(w));
        crate::boxing::to_python(py, ty, value, release)
    }
}

/// Boxes an instance; the reference is consumed. The object that it came from, up to date, or a new one, which it is from then on.
///
/// # Safety
/// `word` is an owned reference to an instance of this type.
pub(crate) unsafe fn to_python<'py>(py: Python<'py>, n: &NamedTupleTy, word: u64, release: ReleaseFn) -> PyResult<Bound<'py, PyAny>> {
    if word == 0 {
        // What was never assigned.
        return Ok(py.None().into_bound(py));
    }
    let word = Owned(word);
    // SAFETY: the caller's promise; the block owns the object that it names.
    unsafe {
        let head = instances::head(word.0);
        if (*head).object != 0 {
            let object = Bound::from_borrowed_ptr(py, ((*head).object as usize & !FOREIGN_TAG) as *mut ffi::PyObject);
            write_back(&object, n, word.0, release)?;
            return Ok(object);
        }
        let class = objects::get(py, n.class.id).ok_or_else(|| PySystemError::new_err("the instance's class is gone"))?;
        let base = py.get_type::<PyAny>();
        // As the class would, were its methods not to run a second time.
        let object = base.call_method1(intern!(py, "__new__"), (class,))?;
        let set = base.getattr(intern!(py, "__setattr__"))?;
        let mut at = 0;
        for (name, &t) in n.fields.iter().zip(&n.elems) {
            let count = words::count(t).unwrap_or(0);
            set.call1((&object, &**name, field(py, t, word.0, at, count, release)?))?;
            at += count;
        }
        (*head).dirty = 0;
        (*head).object = (object.clone().into_ptr() as usize | FOREIGN_TAG) as u64;
        Ok(object)
    }
}
