//! Arguments that are buffers: `bytearray`, `memoryview` and `array.array` pass as the arrays of their memory.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyByteArray, PyMemoryView};

static ARRAY_CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

fn is_buffer(obj: &Bound<'_, PyAny>) -> bool {
    if obj.is_exact_instance_of::<PyByteArray>() || obj.is_exact_instance_of::<PyMemoryView>() {
        return true;
    }
    let class = ARRAY_CLASS.get_or_try_init(obj.py(), || PyResult::Ok(obj.py().import("array")?.getattr("array")?.unbind()));
    class.is_ok_and(|c| obj.get_type().is(c.bind(obj.py())))
}

/// The array over the memory of a buffer, which it keeps from changing its size; `None` for other objects, and for buffers of
/// items that NumPy does not know.
pub fn as_array<'py>(obj: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    if !is_buffer(obj) {
        return None;
    }
    let view = PyMemoryView::from(obj).ok()?;
    obj.py().import("numpy").ok()?.getattr("asarray").ok()?.call1((view,)).ok()
}
