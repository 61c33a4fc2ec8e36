//! Generators of compiled functions as Python iterators.

use crate::guard::caught;
use crate::host::{PyHost, diagnostic_error};
use crate::{context, errors, options, pending};
use looplift_capi::{boxing, words};
use looplift_driver::Compiled;
use looplift_infer::generators;
use looplift_types::{Ty, TyKind};
use pyo3::exceptions::{PyGeneratorExit, PyRuntimeError, PyStopIteration, PyTypeError};
use pyo3::prelude::*;
use std::sync::Arc;

/// Words of a step before the parameters, and of its results before the item.
pub const HEAD: usize = 2;
/// What a step is asked (see `lower`): to go on, or to raise GeneratorExit where it stands.
const NEXT: u64 = 1;
const CLOSE: u64 = 2;

/// An iterator over what a compiled generator gives.
#[pyclass(name = "generator", module = "looplift", frozen)]
pub struct Generator {
    /// The heap block of its state, owned.
    frame: u64,
    compiled: Arc<Compiled>,
    name: Box<str>,
    item: Ty,
    arg_words: usize,
    item_words: usize,
}

/// The iterator of a generator; the frame is consumed.
pub fn make<'py>(py: Python<'py>, ty: Ty, frame: u64) -> PyResult<Bound<'py, PyAny>> {
    let made = prepare(py, ty, frame);
    if made.is_err() {
        // SAFETY: a frame that the caller gave up.
        unsafe { looplift_runtime::heap::release(frame) };
    }
    Ok(Bound::new(py, made?)?.into_any())
}

fn prepare(py: Python<'_>, ty: Ty, frame: u64) -> PyResult<Generator> {
    let TyKind::Gen(g) = ty.kind() else { return Err(errors::internal(py, "an iterator of what is no generator")) };
    let Some((source, args)) = generators::source(g.id) else { return Err(errors::internal(py, "a generator of nothing")) };
    let host = PyHost::new(py);
    let settings = options::settings(py)?;
    let compiled = caught(py, || looplift_driver::compile(&host, &source, &args, &settings).map_err(|d| diagnostic_error(py, &host, &d)))?;
    let arg_words = args.iter().map(|t| words::state(*t)).sum::<Option<usize>>();
    match (arg_words, words::count(g.item)) {
        (Some(arg_words), Some(item_words)) => Ok(Generator { frame, compiled, name: g.name.clone(), item: g.item, arg_words, item_words }),
        _ => Err(errors::new(py, "TypingError", &format!("[LL0902] the generator gives values of type {}, which have no Python form", g.item))),
    }
}

impl Generator {
    fn step<'py>(&self, py: Python<'py>, mode: u64) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(entry) = self.compiled.entry else { return Err(errors::internal(py, "compiled code without an entry")) };
        let mut args = vec![0u64; HEAD + self.arg_words];
        args[0] = self.frame;
        args[1] = mode;
        let mut ret = vec![0u64; HEAD + self.item_words];
        let running = looplift_runtime::thread::enter();
        let ctx = running.ctx();
        // SAFETY: the code is alive (held here); the buffers have the sizes of a step's words; attached.
        unsafe {
            let status = entry(ctx, args.as_ptr(), ret.as_mut_ptr());
            drop(running);
            if status != 0 {
                pending::raise(py, &mut *ctx);
                return Err(PyErr::take(py).unwrap_or_else(|| errors::internal(py, "compiled code failed without an exception")));
            }
            if ret[1] as u8 == 0 {
                return Ok(None);
            }
            boxing::to_python(py, self.item, &ret[HEAD..], context::release).map(Some)
        }
    }
}

#[pymethods]
impl Generator {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }
    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.step(py, NEXT)
    }
    /// Goes on; only None can be sent.
    fn send<'py>(&self, py: Python<'py>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if !value.is_none() {
            return Err(PyTypeError::new_err("only None can be sent to a compiled generator"));
        }
        self.step(py, NEXT)?.ok_or_else(|| PyStopIteration::new_err(()))
    }
    /// Ends the generator where it stands; its `finally` clauses run.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        match self.step(py, CLOSE) {
            Ok(None) => Ok(()),
            Ok(Some(_)) => Err(PyRuntimeError::new_err("generator ignored GeneratorExit")),
            Err(e) if e.is_instance_of::<PyGeneratorExit>(py) || e.is_instance_of::<PyStopIteration>(py) => Ok(()),
            Err(e) => Err(e),
        }
    }
    /// Ends the generator as `close` does, then raises the exception.
    #[pyo3(signature = (exception, value=None, traceback=None))]
    fn throw(&self, py: Python<'_>, exception: &Bound<'_, PyAny>, value: Option<&Bound<'_, PyAny>>, traceback: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let _ = traceback;
        self.close(py)?;
        let error = match value {
            Some(v) if exception.is_callable() => exception.call1((v,))?,
            _ => exception.clone(),
        };
        Err(PyErr::from_value(error))
    }
    fn __repr__(&self) -> String {
        format!("<compiled generator object {}>", self.name)
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        Python::attach(|py| {
            // What a `finally` raises here has nobody to go to; an exception that is travelling stays.
            let travelling = PyErr::take(py);
            let _ = self.close(py);
            if let Some(e) = travelling {
                e.restore(py);
            }
        });
        // SAFETY: the frame was owned here.
        unsafe { looplift_runtime::heap::release(self.frame) };
    }
}
