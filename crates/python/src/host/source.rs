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

fn source(func: &Bound<'_, PyAny>, id: u32, options: Options, lift: Option<Lift>) -> PyResult<Result<FuncSource, Box<looplift_infer::Diagnostic>>> {
    let py = func.py();
    let raw = code::raw_code(&func.getattr("__code__")?)?;
    let opcodes = code::opcodes(py)?;
    let settings = crate::options::settings(py)?;
    let hir = match looplift_driver::front_end(id, &raw, opcodes, lift, &settings, &mut |text| crate::host::show(py, text)) {
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
