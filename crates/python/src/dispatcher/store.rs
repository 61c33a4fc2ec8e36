//! Compiled signatures as bytes and back, for the cache on disk, whose files and keys are `looplift._cache`'s.

use super::compile::{overload, register};
use super::object::from_object;
use looplift_capi::objects;
use looplift_capi::type_object::Type;
use looplift_codegen::store::Classes;
use looplift_driver::store;
use looplift_infer::SpecKey;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

struct PyClasses<'py>(Python<'py>);

impl Classes for PyClasses<'_> {
    /// Classes of modules that are imported already.
    fn by_name(&self, name: &str) -> Option<u32> {
        let (module, class) = name.rsplit_once('.')?;
        let modules = self.0.import("sys").ok()?.getattr("modules").ok()?;
        let module = modules.cast::<PyDict>().ok()?.get_item(module).ok()??;
        Some(objects::intern(&module.getattr(class).ok()?))
    }
}

/// The numbers by which compiled code knows objects.
fn numbers(objects: &[Bound<'_, PyAny>]) -> Vec<u32> {
    objects.iter().map(objects::intern).collect()
}

/// The bytes of a compiled signature. ValueError says why it cannot be kept. `objects` are those that it may refer to, `addresses`
/// those of functions of C.
#[pyfunction]
pub fn stored<'py>(dispatcher: &Bound<'py, PyAny>, args: Vec<Type>, objects: Vec<Bound<'py, PyAny>>, addresses: Vec<u64>) -> PyResult<Bound<'py, PyBytes>> {
    let py = dispatcher.py();
    let args: Vec<_> = args.into_iter().map(|t| t.0).collect();
    let Some(compiled) = from_object(dispatcher)?.rust().find(&args).map(|o| o.compiled.clone()) else {
        return Err(PyValueError::new_err("it is not compiled"));
    };
    if from_object(dispatcher)?.rust().find(&args).is_some_and(|o| o.head > 0) {
        return Err(PyValueError::new_err("generator functions are not kept"));
    }
    let classes = PyClasses(py);
    let host = store::Host { classes: &classes, numbers: objects::numbers(), objects: &numbers(&objects), addresses: &addresses };
    let bytes = store::write(&compiled, &host).map_err(PyValueError::new_err)?;
    Ok(PyBytes::new(py, &bytes))
}

/// The parallel loops that the code of a compiled signature runs, each with the number of a signature of it.
#[pyfunction]
pub fn loops_of<'py>(dispatcher: &Bound<'py, PyAny>, args: Vec<Type>) -> PyResult<Vec<(Bound<'py, PyAny>, u32)>> {
    let py = dispatcher.py();
    let args: Vec<_> = args.into_iter().map(|t| t.0).collect();
    let Some(compiled) = from_object(dispatcher)?.rust().find(&args).map(|o| o.compiled.clone()) else {
        return Ok(Vec::new());
    };
    let named = store::numbered_objects(&compiled).into_iter();
    Ok(named.filter_map(|(id, number)| Some((objects::get(py, id)?, number))).filter(|(o, _)| o.hasattr("__looplift_parallel__").unwrap_or(false)).collect())
}

/// Publishes a signature from bytes that [`stored`] made in a process of the same build, with objects that correspond.
/// ValueError if they are not used.
#[pyfunction]
pub fn load_stored(dispatcher: &Bound<'_, PyAny>, args: Vec<Type>, bytes: &[u8], objects: Vec<Bound<'_, PyAny>>, addresses: Vec<u64>) -> PyResult<()> {
    let py = dispatcher.py();
    let inner = from_object(dispatcher)?.rust();
    let args: Box<[_]> = args.into_iter().map(|t| t.0).collect();
    let classes = PyClasses(py);
    let key = SpecKey { func: inner.id, args: args.clone(), options: inner.options };
    let compiled = crate::guard::caught(py, || {
        let host = store::Host { classes: &classes, numbers: 0..0, objects: &numbers(&objects), addresses: &addresses };
        store::read(bytes, &key, &host).map_err(PyValueError::new_err)
    })?;
    register(inner, overload(py, &args, inner.nogil, compiled, None)?);
    Ok(())
}

/// Whether signatures that are compiled from now on are asked for in the cache, the dispatcher's attribute `_cache`.
#[pyfunction]
pub fn set_cached(dispatcher: &Bound<'_, PyAny>, cached: bool) -> PyResult<()> {
    from_object(dispatcher)?.rust().cached.set(cached);
    Ok(())
}
