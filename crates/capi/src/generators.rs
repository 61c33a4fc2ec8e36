//! NumPy's `Generator` objects: two words, the object and the address of its bit generator's interface (numpy/random/bitgen.h).

use looplift_abi::heap::FOREIGN_TAG;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The class, once a module has imported it: no object has it before.
fn class<'py>(py: Python<'py>) -> Option<&'py Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if let Some(c) = CLASS.get(py) {
        return Some(c.bind(py));
    }
    let module = py.import("sys").ok()?.getattr("modules").ok()?.get_item("numpy.random").ok()?;
    let found = module.getattr("Generator").ok()?.unbind();
    Some(CLASS.get_or_init(py, || found).bind(py))
}

/// Whether an object is a `numpy.random.Generator`.
pub fn is_generator(obj: &Bound<'_, PyAny>) -> bool {
    class(obj.py()).is_some_and(|c| obj.get_type().is(c))
}

/// Writes the words of a generator.
pub fn words(obj: &Bound<'_, PyAny>, out: &mut [u64]) -> PyResult<()> {
    if !is_generator(obj) {
        return Err(PyTypeError::new_err(format!("a numpy.random.Generator is expected, not {}", crate::objects::qualname(&obj.get_type()))));
    }
    learn(obj.py());
    // The bit generator lives as long as the generator, which has no other.
    let address = interface(&obj.getattr("bit_generator")?)?;
    out[0] = (obj.as_ptr() as usize | FOREIGN_TAG) as u64;
    out[1] = address as u64;
    Ok(())
}

/// The address of a bit generator's interface.
fn interface(generator: &Bound<'_, PyAny>) -> PyResult<usize> {
    let capsule = generator.getattr("capsule")?;
    // SAFETY: attached; a null result has set an exception.
    let address = unsafe { ffi::PyCapsule_GetPointer(capsule.as_ptr(), c"BitGenerator".as_ptr()) };
    if address.is_null() { Err(PyErr::fetch(generator.py())) } else { Ok(address as usize) }
}

/// Shows the runtime a generator of the usual kind, once, so that it runs such generators itself.
fn learn(py: Python<'_>) {
    static SHOWN: AtomicBool = AtomicBool::new(false);
    if SHOWN.swap(true, Ordering::Relaxed) {
        return;
    }
    let made = py.import("numpy.random").and_then(|m| m.getattr("PCG64")?.call1((1,)));
    if let Ok((made, address)) = made.and_then(|g| interface(&g).map(|a| (g, a))) {
        // SAFETY: a PCG64 of NumPy's that was just made, and lives until the end of the block.
        unsafe { looplift_runtime::random::learn_pcg64(address) };
        drop(made);
    }
}
