//! Options of `jit`, from the dict that the decorator checked.

use looplift_driver::Isa;
use looplift_driver::settings::Settings;
use looplift_infer::{KnownRange, Options, Reduction};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};

fn flag(d: &Bound<'_, PyDict>, name: &str, default: bool) -> PyResult<bool> {
    match d.get_item(name)? {
        Some(v) if !v.is_none() => v.is_truthy(),
        _ => Ok(default),
    }
}

/// Whether floats may be computed in another order, signs of zeros aside: `fastmath=True`, or a set of flags that allows it.
fn fastmath(d: &Bound<'_, PyDict>) -> PyResult<bool> {
    match d.get_item("fastmath")? {
        Some(v) if v.is_instance_of::<PyBool>() || v.is_none() => v.is_truthy(),
        Some(v) => Ok(v.contains("fast")? || v.contains("reassoc")? && v.contains("nsz")?),
        None => Ok(false),
    }
}

/// The part of the options that decides what code is made.
pub fn compile_options(options: &Bound<'_, PyAny>) -> PyResult<Options> {
    let d = options.cast::<PyDict>()?;
    let text = |name: &str| -> PyResult<Option<String>> {
        match d.get_item(name)? {
            Some(v) if !v.is_none() => Ok(v.extract().ok()),
            _ => Ok(None),
        }
    };
    let base = Options::default();
    Ok(Options {
        fastmath: fastmath(d)?,
        numpy_errors: text("error_model")?.as_deref() == Some("numpy"),
        boundscheck: flag(d, "boundscheck", base.boundscheck)?,
        overflow_checks: flag(d, "overflow_checks", false)? || flag(d, "exact_numbers", false)?,
        exact_numbers: flag(d, "exact_numbers", false)?,
        always_inline: text("inline")?.as_deref() == Some("always"),
        asks_inline: d.get_item("inline")?.is_some_and(|f| f.is_callable()),
        parallel: flag(d, "parallel", false)?,
        debug: flag(d, "debug", false)?,
        range: text("range")?.as_deref().and_then(KnownRange::by_name).unwrap_or_default(),
        reduction: text("reduction")?.as_deref().and_then(Reduction::by_name),
    })
}

/// Whether calls release the GIL.
pub fn nogil(options: &Bound<'_, PyAny>) -> PyResult<bool> {
    flag(options.cast::<PyDict>()?, "nogil", false)
}

/// Whether a function that cannot be compiled runs as Python.
pub fn fallback(options: &Bound<'_, PyAny>) -> PyResult<bool> {
    let strict = match options.cast::<PyDict>()?.get_item("nopython")? {
        Some(v) if !v.is_none() => v.is_truthy()?,
        _ => !options.py().import("looplift.config")?.getattr("FALLBACK")?.is_truthy()?,
    };
    Ok(!strict || forceobj(options)?)
}

/// Whether a function always runs in object mode.
pub fn forceobj(options: &Bound<'_, PyAny>) -> PyResult<bool> {
    flag(options.cast::<PyDict>()?, "forceobj", false)
}

/// The instructions of vector loops: the best ones of this processor, up to `VECTOR_ISA`.
pub fn vectors(py: Python<'_>) -> PyResult<Option<Isa>> {
    let config = py.import("looplift.config")?;
    if !config.getattr("LOOP_VECTORIZE")?.is_truthy()? || !config.getattr("ENABLE_AVX")?.is_truthy()? {
        return Ok(None);
    }
    let level: String = config.getattr("VECTOR_ISA")?.extract()?;
    match level.as_str() {
        "" => Ok(Isa::best(Isa::Avx512)),
        "none" => Ok(None),
        name => match Isa::by_name(name) {
            Some(isa) => Ok(Isa::best(isa)),
            None => Err(pyo3::exceptions::PyValueError::new_err(format!("VECTOR_ISA is '{name}'; it may be avx2, avx512, none, or empty"))),
        },
    }
}

/// The developer's settings, from `looplift.config` as it is now.
pub fn settings(py: Python<'_>) -> PyResult<Settings> {
    let config = py.import("looplift.config")?;
    let text = |name: &str| -> PyResult<String> { config.getattr(name)?.extract() };
    let flag = |name: &str| -> PyResult<bool> { config.getattr(name)?.is_truthy() };
    Ok(Settings {
        dump: text("DUMP")?,
        stop_after: Some(text("STOP_AFTER")?).filter(|s| !s.is_empty()).map(Into::into),
        verify: flag("VERIFY")?,
        timing: flag("TIMING")?,
        perf: flag("PERF")?,
        no_polls: !flag("POLL")?,
        vectors: vectors(py)?,
        fresh: false,
    })
}
