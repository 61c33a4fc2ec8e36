//! Arguments that pass as something else: a `functools.partial` as a function, and
//! buffers: `bytearray`, `memoryview` and `array.array` pass as the arrays of their memory.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyByteArray, PyMemoryView, PyTuple};

static ARRAY_CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static PARTIAL_CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// What an argument passes as, if not as itself.
pub fn as_argument<'py>(obj: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    as_array(obj).or_else(|| as_function(obj)).or_else(|| with_arrays(obj, 0))
}

/// The tuple with arrays in place of the buffers in it; `None` if it has none.
fn with_arrays<'py>(obj: &Bound<'py, PyAny>, depth: u32) -> Option<Bound<'py, PyAny>> {
    let tuple = obj.cast_exact::<PyTuple>().ok()?;
    if depth >= crate::type_of::MAX_DEPTH {
        return None;
    }
    let mut changed = false;
    let items: Vec<Bound<'py, PyAny>> = tuple
        .iter()
        .map(|item| match as_array(&item).or_else(|| with_arrays(&item, depth + 1)) {
            Some(array) => {
                changed = true;
                array
            }
            None => item,
        })
        .collect();
    if changed { PyTuple::new(obj.py(), items).ok().map(Bound::into_any) } else { None }
}

/// The function that a `functools.partial` is.
pub fn as_function<'py>(obj: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let py = obj.py();
    let class = PARTIAL_CLASS.get_or_try_init(py, || PyResult::Ok(py.import("functools")?.getattr("partial")?.unbind())).ok()?;
    if !obj.get_type().is(class.bind(py)) {
        return None;
    }
    py.import("looplift.library.functional").ok()?.getattr("of_partial").ok()?.call1((obj,)).ok()
}

fn is_buffer(obj: &Bound<'_, PyAny>) -> bool {
    if obj.is_exact_instance_of::<PyByteArray>() || obj.is_exact_instance_of::<PyMemoryView>() {
        return true;
    }
    let class = ARRAY_CLASS.get_or_try_init(obj.py(), || PyResult::Ok(obj.py().import("array")?.getattr("array")?.unbind()));
    class.is_ok_and(|c| obj.get_type().is(c.bind(obj.py())))
}

/// The array over the memory of a buffer, which it keeps from changing its size; `None` for other objects, and for buffers of
/// items that NumPy does not know.
fn as_array<'py>(obj: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    if !is_buffer(obj) {
        return None;
    }
    let view = PyMemoryView::from(obj).ok()?;
    obj.py().import("numpy").ok()?.getattr("asarray").ok()?.call1((view,)).ok()
}
