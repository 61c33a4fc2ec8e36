//! The exceptions of `looplift.errors`, raised from Rust.

use looplift_infer::{Diagnostic, DiagnosticKind, codes};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// The class for a diagnostic.
pub fn class_name(d: &Diagnostic) -> &'static str {
    match d.kind {
        DiagnosticKind::Unsupported if d.code == codes::UNKNOWN_FUNCTION.code => "UntypedFunctionError",
        DiagnosticKind::Unsupported if d.code == codes::SCATTERED.code => "UnsupportedBytecodeError",
        DiagnosticKind::Unsupported => "UnsupportedError",
        DiagnosticKind::Typing => "TypingError",
        DiagnosticKind::Limit if d.code == codes::TUPLE_TOO_LARGE.code => "TupleTooLargeError",
        DiagnosticKind::Limit => "LimitError",
        DiagnosticKind::Internal => "InternalError",
    }
}

/// An exception of `looplift.errors` by class name.
pub fn new(py: Python<'_>, class: &str, message: &str) -> PyErr {
    let made = py.import("looplift.errors").and_then(|m| m.getattr(class)).and_then(|c| c.call1((message,)));
    match made {
        Ok(e) => PyErr::from_value(e),
        Err(_) => PyRuntimeError::new_err(format!("{class}: {message}")),
    }
}

/// The request for the values of arguments, as an exception (`looplift.errors.ForceLiteralArg`).
pub fn literal_request(py: Python<'_>, wanted: &[u32], message: &str) -> PyErr {
    let made = py.import("looplift.errors").and_then(|m| m.getattr("ForceLiteralArg")).and_then(|c| c.call1((wanted.to_vec(),)));
    match made.and_then(|e| e.setattr("args", (message,)).map(|()| e)) {
        Ok(e) => PyErr::from_value(e),
        Err(e) => e,
    }
}

/// Whether an exception says that something cannot be compiled.
pub fn is_compile_error(py: Python<'_>, e: &PyErr) -> bool {
    py.import("looplift.errors").and_then(|m| m.getattr("NumbaError")).is_ok_and(|c| e.matches(py, c).unwrap_or(false))
}

/// A bug of looplift.
pub fn internal(py: Python<'_>, message: &str) -> PyErr {
    new(py, "InternalError", &format!("internal error of looplift: {message}"))
}
