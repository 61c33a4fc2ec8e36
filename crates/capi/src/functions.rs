//! Function values at the border. What finds the compiled code of a function knows dispatchers, so it is given from outside.

use crate::containers;
use looplift_types::{FunctionTy, Ty};
use pyo3::exceptions::PySystemError;
use pyo3::prelude::*;
use std::sync::OnceLock;

/// How functions become values and values functions again.
#[derive(Clone, Copy, Debug)]
pub struct Border {
    /// The value of a function object: an owned reference.
    pub make: for<'py> fn(&Bound<'py, PyAny>, &FunctionTy) -> PyResult<u64>,
    /// The function object that a value was made of; the reference is consumed.
    ///
    /// # Safety
    /// An owned reference that `make` gave.
    pub object: unsafe fn(Python<'_>, u64) -> Bound<'_, PyAny>,
}

static BORDER: OnceLock<Border> = OnceLock::new();

/// Says how functions cross the border.
pub fn set_border(border: Border) {
    let _ = BORDER.set(border);
}

fn border() -> PyResult<&'static Border> {
    BORDER.get().ok_or_else(|| PySystemError::new_err("nothing makes function values"))
}

/// The value of a function object, as a borrowed reference that lives as long as the session that is running.
pub(crate) fn convert(obj: &Bound<'_, PyAny>, ty: Ty, signature: &FunctionTy) -> PyResult<u64> {
    if let Some(word) = containers::container_of(obj, ty) {
        return Ok(word);
    }
    let word = (border()?.make)(obj, signature)?;
    containers::give(obj, ty, word);
    Ok(word)
}

/// The function object of a value; None of one that was never set.
///
/// # Safety
/// `word` is an owned reference to a function value, or null.
pub(crate) unsafe fn to_python(py: Python<'_>, word: u64) -> PyResult<Bound<'_, PyAny>> {
    if word == 0 {
        return Ok(py.None().into_bound(py));
    }
    // SAFETY: the caller's promise.
    Ok(unsafe { (border()?.object)(py, word) })
}
