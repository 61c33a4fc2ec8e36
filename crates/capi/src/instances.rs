//! Instances of Python classes as arguments that compiled code reads: their fields as values, beside the object itself.
//!
//! Fields are those of a dataclass, else what the instance's `__dict__` has. Fields whose values have no words, or words
//! that refer to memory, are there by name only: their type is that of `NotImplemented`.

use crate::{objects, type_of};
use looplift_types::{NamedTupleTy, Ty, TyKind, element};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

/// Fields an instance may have at most.
const MOST_FIELDS: usize = 64;

/// The type of an instance of a class written in Python; `None` for other objects.
pub fn type_of(obj: &Bound<'_, PyAny>) -> Option<Ty> {
    let class: Bound<'_, PyType> = obj.get_type();
    // What carries more than its dict is no plain object.
    let own = class.getattr("__dictoffset__").ok()?.extract::<isize>().ok()? != 0;
    let data = class.hasattr("__dataclass_fields__").ok()?;
    let base = class.getattr("__base__").ok()?.getattr("__flags__").ok()?.extract::<u64>().ok()?;
    const HEAP: u64 = 1 << 9;
    let plain_base = base & HEAP != 0 || class.getattr("__base__").ok()?.is(class.py().import("builtins").ok()?.getattr("object").ok()?);
    if !(own || data) || !plain_base || class.getattr("__flags__").ok()?.extract::<u64>().ok()? & HEAP == 0 {
        return None;
    }
    let names: Vec<String> = if data {
        class.getattr("__dataclass_fields__").ok()?.cast::<PyDict>().ok()?.keys().extract().ok()?
    } else {
        obj.getattr("__dict__").ok()?.cast::<PyDict>().ok()?.keys().extract().ok()?
    };
    let (mut fields, mut elems) = (Vec::new(), Vec::new());
    if names.len() > MOST_FIELDS {
        return None;
    }
    for name in names {
        let found = obj.getattr(&*name).ok().and_then(|value| type_of::type_of(&value).ok());
        let known = found.filter(|&ty| element::code(ty).is_some_and(|c| !c.contains(['r', 'p', 's', 'y'])));
        fields.push(name.into());
        elems.push(known.unwrap_or_else(|| Ty::new(TyKind::NotImplemented)));
    }
    Some(Ty::new(TyKind::Instance(Box::new(NamedTupleTy { class: objects::class_ref(class.as_any()), fields: fields.into(), elems: elems.into() }))))
}
