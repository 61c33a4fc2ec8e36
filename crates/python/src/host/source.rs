//! Python functions as the compiler takes them: HIR, options, default values.

use super::consts::const_value;
use looplift_capi::code;
use looplift_hir::Lift;
use looplift_infer::{ConstValue, FuncSource, Options};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::sync::Arc;

/// Reads a Python function. `id` is the host's handle for it.
pub fn function_source(func: &Bound<'_, PyAny>, id: u32, options: Options) -> PyResult<Result<FuncSource, Box<looplift_infer::Diagnostic>>> {
    source(func, id, options, None)
}

/// As [`function_source`], for a function whose free variables are parameters.
pub fn lifted_source(func: &Bound<'_, PyAny>, id: u32, lift: Lift) -> PyResult<Result<FuncSource, Box<looplift_infer::Diagnostic>>> {
    source(func, id, Options::default(), Some(lift))
}

/// The names after which a function may have loops for worker threads. (Contexts go by what their names mean, not by names.)
const PARALLEL_NAMES: [&str; 2] = ["prange", "pndindex"];
const REWRITTEN: &str = "_looplift_rewritten";

/// The function that is compiled in place of the one with this handle, if it was rewritten.
pub fn rewritten(py: Python<'_>, id: u32) -> Option<Bound<'_, PyAny>> {
    looplift_capi::objects::get(py, id)?.getattr("__dict__").ok()?.get_item(REWRITTEN).ok()
}

/// Takes out what the interpreter or worker threads run (`looplift._objectmode.rewriting`).
fn rewrite<'py>(func: &Bound<'py, PyAny>, id: u32, options: Options) -> PyResult<Bound<'py, PyAny>> {
    let py = func.py();
    let code = func.getattr("__code__")?;
    // A `with` always has a handler.
    let may_have_blocks = code.getattr("co_exceptiontable")?.len()? > 0;
    if !options.parallel && !may_have_blocks {
        let names: Vec<String> = code.getattr("co_names")?.extract()?;
        if !names.iter().any(|n| PARALLEL_NAMES.contains(&n.as_str())) {
            return Ok(func.clone());
        }
    }
    let module = py.import("looplift._objectmode.rewriting")?;
    let owner = looplift_capi::objects::get(py, id);
    let new = module.getattr("rewrite")?.call1((func, owner.clone(), options.parallel))?;
    if let Some(owner) = owner
        && !new.is(func)
    {
        owner.setattr(REWRITTEN, &new)?;
    }
    Ok(new)
}

/// The option `locals` of the dispatcher with this handle, unless it is empty.
pub fn declared_locals(py: Python<'_>, id: u32) -> Option<Bound<'_, PyDict>> {
    let owner = looplift_capi::objects::get(py, id).filter(|o| looplift_capi::objects::is_dispatcher(o.as_ptr()))?;
    let options = owner.getattr("targetoptions").ok()?;
    let locals = options.cast::<PyDict>().ok()?.get_item("locals").ok()??;
    locals.cast_into::<PyDict>().ok().filter(|d| !d.is_empty())
}

fn source(func: &Bound<'_, PyAny>, id: u32, options: Options, lift: Option<Lift>) -> PyResult<Result<FuncSource, Box<looplift_infer::Diagnostic>>> {
    let py = func.py();
    let func = &rewrite(func, id, options)?;
    let raw = code::raw_code(&func.getattr("__code__")?)?;
    let opcodes = code::opcodes(py)?;
    let settings = crate::options::settings(py)?;
    let declared: Vec<Box<str>> = match declared_locals(py, id) {
        Some(d) => d.keys().iter().map(|k| k.extract::<String>().map(Into::into)).collect::<PyResult<_>>()?,
        None => Vec::new(),
    };
    let hir = match looplift_driver::front_end(id, &raw, opcodes, lift, &declared, &settings, &mut |text| crate::host::show(py, text)) {
        Ok(h) => h,
        Err(d) => return Ok(Err(d)),
    };
    let mut defaults: Vec<ConstValue> = Vec::new();
    if let Ok(d) = func.getattr("__defaults__")?.cast::<PyTuple>() {
        for v in d {
            defaults.push(const_value(&v)?);
        }
    }
    let mut kwdefaults: Vec<(Box<str>, ConstValue)> = Vec::new();
    if let Ok(d) = func.getattr("__kwdefaults__")?.cast::<PyDict>() {
        for (k, v) in d {
            kwdefaults.push((k.extract::<String>()?.into(), const_value(&v)?));
        }
    }
    Ok(Ok(FuncSource { id, hir: Arc::new(hir), options, defaults: defaults.into(), kwdefaults: kwdefaults.into() }))
}
