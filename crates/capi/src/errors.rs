//! Traceback entries for compiled frames.

use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{CString, c_char, c_int};

// SAFETY: signatures as in CPython's Include/cpython/{code,frameobject,traceback}.h.
unsafe extern "C" {
    fn PyCode_NewEmpty(filename: *const c_char, funcname: *const c_char, firstlineno: c_int) -> *mut ffi::PyCodeObject;
    fn PyFrame_New(
        tstate: *mut ffi::PyThreadState,
        code: *mut ffi::PyCodeObject,
        globals: *mut ffi::PyObject,
        locals: *mut ffi::PyObject,
    ) -> *mut ffi::PyFrameObject;
    fn PyTraceBack_Here(frame: *mut ffi::PyFrameObject) -> c_int;
}

/// A line of a traceback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub file: String,
    pub function: String,
    pub line: u32,
}

/// Adds entries to the exception that is pending, the innermost first, and leaves it pending.
pub fn add_traceback(py: Python<'_>, lines: &[Line]) {
    for l in lines {
        add_one(py, l);
    }
}

/// An entry is a frame of an empty code object whose only line is the one to show: CPython derives the traceback's line
/// from the frame's code, which has no instructions.
fn add_one(py: Python<'_>, l: &Line) {
    let (Ok(file), Ok(function)) = (CString::new(&*l.file), CString::new(&*l.function)) else {
        return;
    };
    let Some(pending) = PyErr::take(py) else {
        return;
    };
    let globals = pyo3::types::PyDict::new(py);
    // SAFETY: attached; the strings are NUL-terminated; results are checked and owned references dropped.
    unsafe {
        let code = PyCode_NewEmpty(file.as_ptr(), function.as_ptr(), c_int::try_from(l.line).unwrap_or(1));
        if code.is_null() {
            pending.restore(py);
            return;
        }
        let frame = PyFrame_New(ffi::PyThreadState_Get(), code, globals.as_ptr(), std::ptr::null_mut());
        ffi::Py_DECREF(code.cast());
        pending.restore(py);
        if !frame.is_null() {
            PyTraceBack_Here(frame);
            ffi::Py_DECREF(frame.cast());
        }
    }
}
