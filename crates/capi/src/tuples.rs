//! Tuples, and objects that are laid out as tuples but do not pass for them.
//!
//! Instances of jitted classes and structures are named tuples of their fields' memory, so that they cross the border as such. To Python they are no
//! tuples: [`conceal`] takes from their class what makes CPython spread them in `"%s" % x`, join them to tuples and match them as sequences.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

/// The object as a tuple, if it is laid out as one.
#[inline]
pub fn items<'a, 'py>(obj: &'a Bound<'py, PyAny>) -> Option<&'a Bound<'py, PyTuple>> {
    // SAFETY: attached; a valid object. What has `tuple` among its bases has its layout, whatever the flags of its class say.
    unsafe { (ffi::PyTuple_Check(obj.as_ptr()) != 0 || is_concealed(obj.as_ptr())).then(|| obj.cast_unchecked()) }
}

/// Whether an object that `PyTuple_Check` denies is laid out as a tuple.
///
/// # Safety
/// Attached; a valid object.
pub unsafe fn is_concealed(obj: *mut ffi::PyObject) -> bool {
    // SAFETY: the caller's promise.
    unsafe { ffi::PyType_IsSubtype(ffi::Py_TYPE(obj), &raw mut ffi::PyTuple_Type) != 0 }
}

/// Whether the instances of a class are laid out as tuples and do not pass for them.
pub fn is_concealed_class(class: &Bound<'_, PyType>) -> bool {
    let raw = class.as_type_ptr();
    // SAFETY: attached; a class.
    unsafe { ffi::PyType_IsSubtype(raw, &raw mut ffi::PyTuple_Type) != 0 && (*raw).tp_flags & ffi::Py_TPFLAGS_TUPLE_SUBCLASS == 0 }
}

/// Makes a class that has just been created, a subclass of tuple, one whose instances do not pass for tuples.
#[pyfunction]
pub fn conceal_tuple(class: &Bound<'_, PyType>) {
    let raw = class.as_type_ptr();
    // SAFETY: attached; a class made by a `class` statement or `type()` may be changed, and nobody has asked for its flags yet.
    unsafe {
        if (*raw).tp_flags & ffi::Py_TPFLAGS_HEAPTYPE != 0 {
            (*raw).tp_flags &= !(ffi::Py_TPFLAGS_TUPLE_SUBCLASS | ffi::Py_TPFLAGS_SEQUENCE);
            ffi::PyType_Modified(raw);
        }
    }
}
