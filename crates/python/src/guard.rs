//! The border: no panic crosses from Rust into C. A panic becomes an `InternalError`.

use crate::errors;
use pyo3::ffi;
use pyo3::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a panic said.
fn text(payload: &(dyn std::any::Any + Send)) -> &str {
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// Runs `f`; a panic becomes an error.
pub fn caught<T>(py: Python<'_>, f: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(r) => r,
        Err(p) => Err(errors::internal(py, text(&*p))),
    }
}

/// Runs `f` for a slot that returns an object or null with an exception set. PyO3 is told that the thread is attached:
/// otherwise it would put off giving up references of errors that are dropped.
pub fn caught_ptr(f: impl FnOnce(Python<'_>) -> PyResult<*mut ffi::PyObject>) -> *mut ffi::PyObject {
    // SAFETY: slots are called attached.
    unsafe { Python::attach_unchecked(|py| finish(py, f)) }
}

/// As [`caught_ptr`], for what drops no errors: a little faster.
///
/// # Safety
/// The thread is attached.
pub unsafe fn caught_ptr_fast(f: impl FnOnce(Python<'_>) -> PyResult<*mut ffi::PyObject>) -> *mut ffi::PyObject {
    // SAFETY: the caller's promise.
    finish(unsafe { Python::assume_attached() }, f)
}

fn finish(py: Python<'_>, f: impl FnOnce(Python<'_>) -> PyResult<*mut ffi::PyObject>) -> *mut ffi::PyObject {
    match caught(py, || f(py)) {
        Ok(p) => p,
        Err(e) => {
            e.restore(py);
            std::ptr::null_mut()
        }
    }
}
