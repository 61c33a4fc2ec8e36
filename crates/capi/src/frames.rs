//! Generators of compiled functions at the border. What makes an iterator object of one knows compiled code, so it is given from outside.

use looplift_types::Ty;
use pyo3::prelude::*;
use std::sync::OnceLock;

/// Makes the iterator object of a generator; the frame is owned by the caller, and by the object afterwards.
pub type Make = for<'py> fn(Python<'py>, Ty, u64) -> PyResult<Bound<'py, PyAny>>;

static MAKE: OnceLock<Make> = OnceLock::new();

/// Says what makes iterator objects.
pub fn set_maker(make: Make) {
    let _ = MAKE.set(make);
}

pub(crate) fn make<'py>(py: Python<'py>, ty: Ty, frame: u64) -> Option<PyResult<Bound<'py, PyAny>>> {
    MAKE.get().map(|f| f(py, ty, frame))
}
