//! Objects whose value is part of their type.

use crate::layout;
use looplift_types::{SliceTy, Ty, TyKind};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt, PySlice, PyString};

/// The literal type of an int, bool, str or a slice of such, or of None; `None` for other objects.
pub fn literal_of(obj: &Bound<'_, PyAny>) -> Option<Ty> {
    if obj.is_none() {
        return Some(Ty::none());
    }
    if obj.is_exact_instance_of::<PyBool>() {
        return Some(Ty::lit_bool(obj.is_truthy().ok()?));
    }
    if obj.is_exact_instance_of::<PyInt>() {
        // SAFETY: attached; an exact int.
        return unsafe { layout::long_as_i64(obj.as_ptr()) }.map(Ty::lit_int);
    }
    if obj.is_exact_instance_of::<PyString>() {
        return Some(Ty::lit_str(obj.cast::<PyString>().ok()?.to_str().ok()?));
    }
    if obj.is_exact_instance_of::<PySlice>() {
        let member = |name: &str| literal_of(&obj.getattr(name).ok()?).filter(|t| t.is_none() || t.as_lit_int().is_some());
        return Some(Ty::new(TyKind::Slice(SliceTy { start: member("start")?, stop: member("stop")?, step: member("step")? })));
    }
    None
}

/// Whether an object has the value that a literal type says.
///
/// # Safety
/// Attached; `obj` is valid.
pub unsafe fn is_literal(obj: *mut ffi::PyObject, ty: Ty) -> bool {
    // SAFETY: the caller's guarantees.
    let obj = unsafe { Bound::from_borrowed_ptr(Python::assume_attached(), obj) };
    literal_of(&obj) == Some(ty)
}
