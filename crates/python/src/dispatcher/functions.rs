//! What `looplift` calls to make dispatchers and to look into them.

use super::object::{create, from_object};
use super::{Inner, Shape, compile};
use crate::options;
use looplift_capi::type_object::Type;
use looplift_types::parse::{parse_signature, parse_type as parse};
use pyo3::exceptions::{PyKeyError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyFunction, PyList, PyTuple};
use std::cell::{Cell, RefCell};

const CO_VARARGS: u32 = 0x4;
const CO_VARKEYWORDS: u32 = 0x8;

fn shape(func: &Bound<'_, PyAny>) -> PyResult<Shape> {
    let code = func.getattr("__code__")?;
    let num = |name: &str| -> PyResult<usize> { code.getattr(name)?.extract() };
    let flags: u32 = code.getattr("co_flags")?.extract()?;
    let (positional, kwonly) = (num("co_argcount")?, num("co_kwonlyargcount")?);
    let names: Vec<String> = code.getattr("co_varnames")?.extract()?;
    let varargs = flags & CO_VARARGS != 0;
    Ok(Shape {
        names: names.into_iter().take(positional + kwonly).collect(),
        positional,
        posonly: num("co_posonlyargcount")?,
        kwonly,
        varargs,
        varkw: flags & CO_VARKEYWORDS != 0,
    })
}

/// A dispatcher for a Python function, with the options of `jit` as a dict.
#[pyfunction]
pub fn make_dispatcher<'py>(py: Python<'py>, func: &Bound<'py, PyAny>, options: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if func.cast::<PyFunction>().is_err() {
        return Err(PyTypeError::new_err(format!("a Python function is expected, not {}", func.get_type().name()?)));
    }
    let shape = shape(func)?;
    let plain_arity = shape.plain_arity();
    let inner = Inner {
        id: 0,
        options: options::compile_options(options)?,
        nogil: options::nogil(options)?,
        fallback: options::fallback(options)?,
        forceobj: options::forceobj(options)?,
        failed: RefCell::default(),
        shape,
        plain_arity,
        overloads: Default::default(),
        retired: RefCell::default(),
        can_compile: Cell::new(true),
        cached: Cell::new(false),
        compiling: Cell::new(0),
        source: RefCell::new(None),
        literal_args: RefCell::default(),
        misses: Cell::new(0),
    };
    create(py, func, options, inner)
}

/// From now on calls run `function` at once: those with positional arguments of the classes of one of `rows`, or all if that is empty.
#[pyfunction]
pub fn run_directly(dispatcher: &Bound<'_, PyAny>, function: &Bound<'_, PyAny>, rows: &Bound<'_, PyTuple>) -> PyResult<()> {
    super::object::set_direct(dispatcher, function, rows)
}

/// Argument types (a tuple) and result type (or None) of a signature in any form: text, `Signature`, tuple of types.
fn signature_of(sig: &Bound<'_, PyAny>) -> PyResult<(Vec<Type>, Option<Type>)> {
    if let Ok(text) = sig.extract::<String>() {
        let s = parse_signature(&text).map_err(|e| PyValueError::new_err(format!("signature {text:?}: {e}")))?;
        return Ok((s.args.into_iter().map(Type).collect(), s.ret.map(Type)));
    }
    if let Ok(args) = sig.getattr("args")
        && sig.hasattr("return_type")?
    {
        let ret = sig.getattr("return_type")?;
        return Ok((args.extract()?, if ret.is_none() { None } else { Some(ret.extract()?) }));
    }
    if let Ok(t) = sig.cast::<PyTuple>() {
        let types = t
            .iter()
            .map(|e| match e.extract::<String>() {
                Ok(text) => parse_type(&text),
                Err(_) => e.extract(),
            })
            .collect::<PyResult<_>>()?;
        return Ok((types, None));
    }
    Err(PyTypeError::new_err(format!("invalid signature: {} (a string, a signature or a tuple of types is expected)", sig.repr()?)))
}

/// Normal form of a signature: `(tuple of argument types, result type or None)`.
#[pyfunction]
pub fn normalize_signature<'py>(py: Python<'py>, sig: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyTuple>, Option<Type>)> {
    let (args, ret) = signature_of(sig)?;
    Ok((PyTuple::new(py, args)?, ret))
}

/// Compiles a signature, if there is not one with these argument types already.
#[pyfunction]
pub fn compile_signature(py: Python<'_>, dispatcher: &Bound<'_, PyAny>, sig: &Bound<'_, PyAny>) -> PyResult<()> {
    let inner = from_object(dispatcher)?.rust();
    let (args, ret) = signature_of(sig)?;
    let args: Vec<_> = args.into_iter().map(|t| t.0).collect();
    if inner.find(&args).is_some() {
        return Ok(());
    }
    if !inner.can_compile.get() {
        return Err(PyRuntimeError::new_err("compilation disabled"));
    }
    if args.len() != inner.shape.params() {
        return Err(PyTypeError::new_err(format!(
            "Signature mismatch: {} argument types given, but function takes {} arguments",
            args.len(),
            inner.shape.params()
        )));
    }
    compile::compile(py, dispatcher, &args, ret.map(|t| t.0))
}

/// Allows or forbids new signatures.
#[pyfunction]
pub fn set_can_compile(dispatcher: &Bound<'_, PyAny>, allowed: bool) -> PyResult<()> {
    from_object(dispatcher)?.rust().can_compile.set(allowed);
    Ok(())
}

/// Whether the function runs in object mode where it cannot be compiled.
#[pyfunction]
pub fn falls_back(dispatcher: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(from_object(dispatcher)?.rust().fallback)
}

/// Whether new signatures may be compiled.
#[pyfunction]
pub fn can_compile(dispatcher: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(from_object(dispatcher)?.rust().can_compile.get())
}

/// The compiled signatures, in order: `(argument types, result type)` each.
#[pyfunction]
pub fn overload_types<'py>(py: Python<'py>, dispatcher: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let inner = from_object(dispatcher)?.rust();
    // SAFETY: attached; copied before anything can run Python code.
    let all: Vec<_> = unsafe { inner.overloads() }.iter().map(|o| (o.args.clone(), o.ret_ty)).collect();
    let out = PyList::empty(py);
    for (args, ret) in all {
        out.append((PyTuple::new(py, args.iter().map(|t| Type(*t)))?, Type(ret)))?;
    }
    Ok(out)
}

/// Calls the compiled signature with these argument types; the arguments, as many, are converted to them.
#[pyfunction]
pub fn run_signature(py: Python<'_>, dispatcher: &Bound<'_, PyAny>, types: Vec<Type>, args: &Bound<'_, PyTuple>) -> PyResult<Py<PyAny>> {
    let inner = from_object(dispatcher)?.rust();
    let types: Vec<_> = types.into_iter().map(|t| t.0).collect();
    let found = inner.find(&types).ok_or_else(|| PyKeyError::new_err("there is no such signature"))?;
    if args.len() != found.args.len() {
        return Err(PyTypeError::new_err(format!("the signature has {} arguments, {} were given", found.args.len(), args.len())));
    }
    super::call::run_signature(py, found, args)
}

/// The exceptions that the compiled signatures can raise themselves, by the names of their classes.
#[pyfunction]
pub fn raised_classes(dispatcher: &Bound<'_, PyAny>) -> PyResult<std::collections::BTreeSet<String>> {
    let inner = from_object(dispatcher)?.rust();
    // SAFETY: attached; copied before anything can run Python code.
    let all: Vec<_> = unsafe { inner.overloads() }.iter().map(|o| o.compiled.clone()).collect();
    Ok(all.iter().flat_map(looplift_driver::raised_classes).collect())
}

/// All signatures in the order in which they were compiled first, as in `overload_types`, which does not have those that only
/// compiled code calls.
#[pyfunction]
pub fn called_types<'py>(py: Python<'py>, dispatcher: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let inner = from_object(dispatcher)?.rust();
    let out = PyList::empty(py);
    for (args, ret) in looplift_driver::of_function(inner.id) {
        let ret = inner.find(&args).map_or(ret, |o| o.ret_ty);
        out.append((PyTuple::new(py, args.iter().map(|t| Type(*t)))?, Type(ret)))?;
    }
    Ok(out)
}

/// Nanoseconds that compiling each signature took, in the order of `overload_types`.
#[pyfunction]
pub fn compile_times(dispatcher: &Bound<'_, PyAny>) -> PyResult<Vec<u64>> {
    let inner = from_object(dispatcher)?.rust();
    // SAFETY: attached; copied before anything can run Python code.
    Ok(unsafe { inner.overloads() }.iter().map(|o| o.compile_ns).collect())
}

/// Whether a signature is being compiled now.
#[pyfunction]
pub fn is_compiling(dispatcher: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(from_object(dispatcher)?.rust().compiling.get() > 0)
}

/// Drops all compiled signatures; later calls compile again, with the globals of then.
#[pyfunction]
pub fn reset(dispatcher: &Bound<'_, PyAny>) -> PyResult<()> {
    let inner = from_object(dispatcher)?.rust();
    inner.retire_all();
    *inner.source.borrow_mut() = None;
    looplift_driver::forget(inner.id);
    Ok(())
}

/// The text of a stage of a compiled signature, given by its argument types: the signature is compiled once more to see it.
#[pyfunction]
pub fn stage_text(dispatcher: &Bound<'_, PyAny>, args: Vec<Type>, stage: &str) -> PyResult<String> {
    let args: Vec<_> = args.into_iter().map(|t| t.0).collect();
    let trace = compile::explain(dispatcher, &args)?;
    trace.text(stage).map(str::to_owned).ok_or_else(|| PyKeyError::new_err(format!("no stage '{stage}'")))
}

/// Nanoseconds spent in each stage, compiling a signature once more.
#[pyfunction]
pub fn stage_times(dispatcher: &Bound<'_, PyAny>, args: Vec<Type>) -> PyResult<Vec<(String, u64)>> {
    let args: Vec<_> = args.into_iter().map(|t| t.0).collect();
    Ok(compile::explain(dispatcher, &args)?.times.iter().map(|(s, t)| ((*s).to_owned(), *t)).collect())
}

/// A row of `loop_remarks`: the function that has the loop, its file and line, the line of the compiled function where it is
/// seen, and (unless it is a vector loop) why it is none, with the line that this is about.
type LoopRow = (String, String, u32, u32, Option<String>, Option<u32>);

/// What became of the innermost loops of a compiled signature, compiling it once more.
#[pyfunction]
pub fn loop_remarks(dispatcher: &Bound<'_, PyAny>, args: Vec<Type>) -> PyResult<Vec<LoopRow>> {
    let args: Vec<_> = args.into_iter().map(|t| t.0).collect();
    let row = |r: looplift_driver::LoopRemark| {
        let (reason, about) = r.reason.map_or((None, None), |(text, line)| (Some(text.into()), line));
        (r.function.into(), r.filename.into(), r.line, r.seen_at, reason, about)
    };
    Ok(compile::explain(dispatcher, &args)?.loops.into_iter().map(row).collect())
}

/// Calls that found a signature compiled, and those that had to compile.
#[pyfunction]
pub fn miss_count(dispatcher: &Bound<'_, PyAny>) -> PyResult<u64> {
    Ok(from_object(dispatcher)?.rust().misses.get())
}

/// A type from its text.
#[pyfunction]
pub fn parse_type(text: &str) -> PyResult<Type> {
    parse(text).map(Type).map_err(|e| PyValueError::new_err(format!("type {text:?}: {e}")))
}

/// The type a value has as an argument.
#[pyfunction]
pub fn typeof_value(py: Python<'_>, value: &Bound<'_, PyAny>) -> PyResult<Type> {
    looplift_capi::type_of::type_of(value).map(Type).map_err(|e| {
        crate::errors::new(
            py,
            "TypingError",
            &format!("cannot determine the type of {}: {}", value.get_type().name().map(|n| n.to_string()).unwrap_or_default(), e.0),
        )
    })
}

/// Forgets what overload resolution has answered so far.
#[pyfunction]
pub fn forget_overloads() {
    crate::host::forget_answers();
}
