//! Generators of compiled functions as Python iterators.

use crate::guard::caught;
use crate::host::{PyHost, diagnostic_error};
use crate::{context, errors, options, pending};
use looplift_capi::attach::attach;
use looplift_capi::{boxing, containers, type_of, unbox, words};
use looplift_driver::Compiled;
use looplift_infer::generators;
use looplift_runtime::exceptions;
use looplift_types::convert::{Distance, conversion};
use looplift_types::{Ty, TyKind};
use pyo3::exceptions::{PyGeneratorExit, PyRuntimeError, PyStopIteration, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Words of a step before the parameters, and of its results before the item.
pub const HEAD: usize = 2;
/// What a step is asked (see `lower`): to go on, to raise GeneratorExit where it stands, or what is pending.
const NEXT: u64 = 1;
const CLOSE: u64 = 2;
const THROW: u64 = 3;

/// What Python has seen of a generator.
const FRESH: u8 = 0;
const SUSPENDED: u8 = 1;
const RUNNING: u8 = 2;
const ENDED: u8 = 3;

/// An iterator over what a compiled generator gives.
#[pyclass(name = "generator", module = "looplift", frozen)]
pub struct Generator {
    /// The heap block of its state, owned.
    frame: u64,
    compiled: Arc<Compiled>,
    name: Box<str>,
    state: AtomicU8,
    item: Ty,
    returns: Ty,
    /// An optional: what is sent, if the generator looks at it.
    sent: Option<Ty>,
    arg_words: usize,
    item_words: usize,
    return_words: usize,
}

/// How a step ended.
enum Step<'py> {
    Item(Bound<'py, PyAny>),
    Returned(Bound<'py, PyAny>),
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
    let sent = args.get(source.hir.blocks[source.hir.entry()].params.len()).copied();
    let (item, returns) = generators::parts(compiled.ret);
    let arg_words = args.iter().map(|t| words::state(*t)).sum::<Option<usize>>();
    match (arg_words, words::count(item), words::count(returns)) {
        (Some(arg_words), Some(item_words), Some(return_words)) => {
            Ok(Generator { frame, compiled, name: g.name.clone(), state: AtomicU8::new(FRESH), item, returns, sent, arg_words, item_words, return_words })
        }
        _ => Err(errors::new(py, "TypingError", &format!("[LL0902] the generator gives values of type {}, which have no Python form", g.item))),
    }
}

impl Generator {
    /// One step. In mode `THROW` the exception is Python's current one.
    fn step<'py>(&self, py: Python<'py>, mode: u64, sent: Option<&Bound<'py, PyAny>>) -> PyResult<Step<'py>> {
        let before = self.state.load(Ordering::Relaxed);
        if before == RUNNING {
            if mode == THROW {
                drop(PyErr::take(py));
            }
            return Err(PyValueError::new_err("generator already executing"));
        }
        if before == ENDED && mode != THROW {
            return Ok(Step::Returned(py.None().into_bound(py)));
        }
        let mut args = vec![0u64; HEAD + self.arg_words];
        args[0] = self.frame;
        args[1] = mode;
        if let Some(value) = sent.filter(|v| !v.is_none()) {
            if before == FRESH {
                return Err(PyTypeError::new_err("can't send non-None value to a just-started generator"));
            }
            if let Some(ty) = self.sent {
                let at = args.len() - words::count(ty).unwrap_or(0);
                let fits = type_of::type_of(value).is_ok_and(|t| conversion(t, ty).is_some_and(|d| d != Distance::Unsafe));
                if !fits || containers::needs_session(ty) {
                    return Err(unfit(value, ty));
                }
                unbox::convert(value, ty, &mut args[at..])?;
            } else if self.item.is_none() {
                // Whether the value would be looked at is not known here.
                return Err(PyTypeError::new_err("what is sent to a compiled generator has the type of its items, and this one gives None"));
            }
        }
        self.state.store(RUNNING, Ordering::Relaxed);
        let stepped = self.run(py, mode, &args);
        let after = if matches!(stepped, Ok(Step::Item(_))) { SUSPENDED } else { ENDED };
        self.state.store(after, Ordering::Relaxed);
        stepped
    }

    fn run<'py>(&self, py: Python<'py>, mode: u64, args: &[u64]) -> PyResult<Step<'py>> {
        let Some(entry) = self.compiled.entry else { return Err(errors::internal(py, "compiled code without an entry")) };
        let mut ret = vec![0u64; HEAD + self.item_words + self.return_words];
        let running = looplift_runtime::thread::enter();
        let ctx = running.ctx();
        // SAFETY: the code is alive (held here); the buffers have the sizes of a step's words; attached.
        unsafe {
            if mode == THROW {
                exceptions::set_host(ctx);
            }
            let status = entry(ctx, args.as_ptr(), ret.as_mut_ptr());
            drop(running);
            if status != 0 {
                pending::raise(py, &mut *ctx);
                let error = PyErr::take(py).unwrap_or_else(|| errors::internal(py, "compiled code failed without an exception"));
                if !error.is_instance_of::<PyStopIteration>(py) {
                    return Err(error);
                }
                let outer = PyRuntimeError::new_err("generator raised StopIteration");
                outer.set_cause(py, Some(error));
                return Err(outer);
            }
            let (item, returned) = ret[HEAD..].split_at(self.item_words);
            if ret[1] as u8 == 0 {
                return boxing::to_python(py, self.returns, returned, context::release).map(Step::Returned);
            }
            boxing::to_python(py, self.item, item, context::release).map(Step::Item)
        }
    }
}

/// The error for a value that a generator does not take.
fn unfit(value: &Bound<'_, PyAny>, ty: Ty) -> PyErr {
    let class = value.get_type().qualname().map(|n| n.to_string()).unwrap_or_default();
    PyTypeError::new_err(format!("a value of class {class} cannot be sent to this compiled generator, which takes {}", ty.as_optional().unwrap_or(ty)))
}

fn stop(value: Bound<'_, PyAny>) -> PyErr {
    if value.is_none() { PyStopIteration::new_err(()) } else { PyStopIteration::new_err((value.unbind(),)) }
}

#[pymethods]
impl Generator {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }
    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.step(py, NEXT, None)? {
            Step::Item(item) => Ok(Some(item)),
            Step::Returned(value) if value.is_none() => Ok(None),
            Step::Returned(value) => Err(stop(value)),
        }
    }
    /// Goes on; the value is that of the `yield` where the generator stands.
    fn send<'py>(&self, py: Python<'py>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match self.step(py, NEXT, Some(value))? {
            Step::Item(item) => Ok(item),
            Step::Returned(value) => Err(stop(value)),
        }
    }
    /// Ends the generator where it stands; its `finally` clauses run.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        match self.step(py, CLOSE, None) {
            Ok(Step::Returned(_)) => Ok(()),
            Ok(Step::Item(_)) => Err(PyRuntimeError::new_err("generator ignored GeneratorExit")),
            Err(e) if e.is_instance_of::<PyGeneratorExit>(py) || e.is_instance_of::<PyStopIteration>(py) => Ok(()),
            Err(e) => Err(e),
        }
    }
    /// Raises an exception at the `yield` where the generator stands, and gives its next item if it goes on.
    #[pyo3(signature = (exception, value=None, traceback=None))]
    fn throw<'py>(
        &self,
        py: Python<'py>,
        exception: &Bound<'py, PyAny>,
        value: Option<&Bound<'py, PyAny>>,
        traceback: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _ = traceback;
        let value = value.filter(|v| !v.is_none());
        let error = match (exception.cast::<PyType>(), value) {
            (Ok(_), Some(v)) if v.is_instance(exception)? => v.clone(),
            (Ok(class), Some(v)) => class.call1((v,))?,
            (Ok(class), None) => class.call0()?,
            (Err(_), None) => exception.clone(),
            (Err(_), Some(_)) => return Err(PyTypeError::new_err("instance exception may not have a separate value")),
        };
        if !error.is_instance_of::<pyo3::exceptions::PyBaseException>() {
            let class = exception.get_type().qualname()?.to_string();
            return Err(PyTypeError::new_err(format!("exceptions must be classes or instances deriving from BaseException, not {class}")));
        }
        PyErr::from_value(error).restore(py);
        match self.step(py, THROW, None)? {
            Step::Item(item) => Ok(item),
            Step::Returned(value) => Err(stop(value)),
        }
    }
    #[getter]
    fn gi_running(&self) -> bool {
        self.state.load(Ordering::Relaxed) == RUNNING
    }
    fn __repr__(&self) -> String {
        format!("<compiled generator object {}>", self.name)
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        attach(|py| {
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
