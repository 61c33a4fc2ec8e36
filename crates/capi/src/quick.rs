//! The short way for elements of one machine word that need no conversion: `int64`, `float64` and texts.
//!
//! Such elements are what programs pass in bulk and reach for in loops; everything else goes by [`crate::unbox`] and [`crate::boxing`].

use crate::layout;
use looplift_abi::heap::FOREIGN_TAG;
use looplift_types::{FloatTy, Ty, TyKind};
use pyo3::ffi;
use pyo3::prelude::*;

/// What such elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quick {
    Int,
    Float,
    Text,
}

impl Quick {
    /// How elements of a type go the short way, if they do.
    #[inline]
    pub fn of(ty: Ty) -> Option<Quick> {
        match ty.kind() {
            TyKind::Int(i) if i.bits == 64 && i.signed => Some(Quick::Int),
            TyKind::Float(FloatTy::F64) => Some(Quick::Float),
            TyKind::Str => Some(Quick::Text),
            _ => None,
        }
    }

    /// The word of an object of the very class of such elements; a reference to a text is borrowed.
    ///
    /// # Safety
    /// Attached; `obj` is valid.
    #[inline]
    pub unsafe fn word(self, obj: *mut ffi::PyObject) -> Option<u64> {
        // SAFETY: the class says how the object is laid out.
        unsafe {
            let class = ffi::Py_TYPE(obj);
            match self {
                Quick::Int if class == &raw mut ffi::PyLong_Type => layout::long_as_i64(obj).map(|v| v as u64),
                Quick::Float if class == &raw mut ffi::PyFloat_Type => Some(layout::float_value(obj).to_bits()),
                Quick::Text if class == &raw mut ffi::PyUnicode_Type && ffi::PyUnicode_READY(obj) == 0 => Some((obj as usize | FOREIGN_TAG) as u64),
                _ => None,
            }
        }
    }

    /// A new reference to an object of this word, or null with an exception set; a text keeps the owners it has.
    ///
    /// # Safety
    /// Attached; a word of a text names a live one.
    #[inline]
    pub unsafe fn object(self, word: u64) -> *mut ffi::PyObject {
        // SAFETY: the caller's promise.
        unsafe {
            match self {
                Quick::Int => ffi::PyLong_FromLongLong(word as i64),
                Quick::Float => ffi::PyFloat_FromDouble(f64::from_bits(word)),
                Quick::Text => match (word as usize & !FOREIGN_TAG) as *mut ffi::PyObject {
                    // What was never assigned.
                    text if text.is_null() => ffi::PyUnicode_FromStringAndSize(std::ptr::null(), 0),
                    text => ffi::Py_NewRef(text),
                },
            }
        }
    }

    /// Whether an object is what [`Quick::object`] would make of the word.
    ///
    /// # Safety
    /// As for [`Quick::object`]; `obj` is valid.
    #[inline]
    unsafe fn is(self, obj: *mut ffi::PyObject, word: u64) -> bool {
        // SAFETY: the caller's promise.
        unsafe { self.word(obj) == Some(word) }
    }

    /// Counts one more owner of what a word names.
    ///
    /// # Safety
    /// As for [`Quick::object`].
    #[inline]
    pub(crate) unsafe fn own(self, word: u64) {
        if self == Quick::Text {
            // SAFETY: the caller's promise; null is no object.
            unsafe { ffi::Py_XINCREF((word as usize & !FOREIGN_TAG) as *mut ffi::PyObject) };
        }
    }

    /// Gives an owner back. This may free a text, which runs no code.
    ///
    /// # Safety
    /// As for [`Quick::object`]; the owner was counted.
    #[inline]
    pub(crate) unsafe fn disown(self, word: u64) {
        if self == Quick::Text {
            // SAFETY: the caller's promise; null is no object.
            unsafe { ffi::Py_XDECREF((word as usize & !FOREIGN_TAG) as *mut ffi::PyObject) };
        }
    }
}

/// A list of the objects of these words. Where `before` (a list) has an object of the same value in the same place, that one is taken.
///
/// # Safety
/// The words are live elements of the kind.
pub(crate) unsafe fn list<'py>(py: Python<'py>, kind: Quick, words: &[u64], before: Option<*mut ffi::PyObject>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: attached; every place of the new list is filled, or the list is dropped; `before` is not changed meanwhile, since
    // making numbers and counting texts runs no code.
    unsafe {
        let out = Bound::from_owned_ptr_or_err(py, ffi::PyList_New(words.len() as isize))?;
        let known = before.map_or(0, |b| ffi::PyList_GET_SIZE(b) as usize);
        for (k, &w) in words.iter().enumerate() {
            let mut object = std::ptr::null_mut();
            if k < known
                && let Some(b) = before
            {
                let old = ffi::PyList_GET_ITEM(b, k as isize);
                if kind.is(old, w) {
                    object = ffi::Py_NewRef(old);
                }
            }
            if object.is_null() {
                object = kind.object(w);
            }
            if object.is_null() {
                return Err(PyErr::fetch(py));
            }
            ffi::PyList_SET_ITEM(out.as_ptr(), k as isize, object);
        }
        Ok(out)
    }
}
