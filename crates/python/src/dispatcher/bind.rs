//! Binding of keyword arguments, defaults, `*args` and `**kwargs`.

use super::{Inner, Shape};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

/// The arguments in the order of the compiled parameters, or `None` when they do not bind.
pub fn bind<'py>(
    inner: &Inner,
    py_func: &Bound<'py, PyAny>,
    given: Vec<Bound<'py, PyAny>>,
    n: usize,
    kwnames: Option<&Bound<'py, PyAny>>,
) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
    let py = py_func.py();
    let shape = &inner.shape;
    let named = shape.positional + shape.kwonly;
    let mut slots: Vec<Option<Bound<'py, PyAny>>> = vec![None; named];
    let mut given = given.into_iter();
    for slot in slots.iter_mut().take(n.min(shape.positional)) {
        *slot = given.next();
    }
    let extra: Vec<Bound<'py, PyAny>> = given.by_ref().take(n.saturating_sub(shape.positional)).collect();
    if !extra.is_empty() && !shape.varargs {
        return Ok(None);
    }
    let more = PyDict::new(py);
    if let Some(names) = kwnames {
        for (name, value) in names.cast::<PyTuple>()?.iter().zip(given) {
            let name = name.cast::<PyString>()?.to_cow()?.into_owned();
            match shape.names.iter().take(named).position(|x| *x == name) {
                Some(at) if at >= shape.posonly && slots[at].is_none() => slots[at] = Some(value),
                Some(at) if at >= shape.posonly => return Ok(None),
                _ if shape.varkw => more.set_item(name, value)?,
                _ => return Ok(None),
            }
        }
    }
    if slots[..shape.positional].iter().any(Option::is_none) {
        let defaults = py_func.getattr("__defaults__")?;
        if let Ok(d) = defaults.cast::<PyTuple>() {
            let first = shape.positional.saturating_sub(d.len());
            for (k, slot) in slots.iter_mut().enumerate().take(shape.positional).skip(first) {
                if slot.is_none() {
                    *slot = Some(d.get_item(k - first)?);
                }
            }
        }
    }
    if slots[shape.positional..].iter().any(Option::is_none) {
        let defaults = py_func.getattr("__kwdefaults__")?;
        if let Ok(d) = defaults.cast::<PyDict>() {
            for (slot, name) in slots.iter_mut().zip(&shape.names).take(named).skip(shape.positional) {
                if slot.is_none() {
                    *slot = d.get_item(name)?;
                }
            }
        }
    }
    let mut out: Vec<Bound<'py, PyAny>> = Vec::with_capacity(shape.params());
    for s in slots {
        match s {
            Some(v) => out.push(v),
            None => return Ok(None),
        }
    }
    if shape.varargs {
        out.push(PyTuple::new(py, extra)?.into_any());
    }
    if shape.varkw {
        out.push(more.into_any());
    }
    Ok(Some(out))
}

/// What is wrong with arguments that do not bind, in the words of compiled code's users.
pub fn complaint(shape: &Shape, py_func: &Bound<'_, PyAny>, positional: usize, kwnames: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
    let keywords: Vec<String> = match kwnames {
        Some(names) => names.extract()?,
        None => Vec::new(),
    };
    let defaults = py_func.getattr("__defaults__")?.len().unwrap_or(0);
    let kwdefaults = py_func.getattr("__kwdefaults__")?;
    let total = positional + keywords.len();
    let named = shape.positional + shape.kwonly;
    if total > named && !shape.varargs {
        return Ok(format!("too many arguments: expected {named}, got {total}"));
    }
    let least = named.saturating_sub(defaults + kwdefaults.len().unwrap_or(0));
    if total < least {
        let at = if least < named { "at least " } else { "" };
        return Ok(format!("not enough arguments: expected {at}{least}, got {total}"));
    }
    for (k, name) in shape.names.iter().enumerate().take(named).skip(positional) {
        let has_default = if k < shape.positional { k + defaults >= shape.positional } else { kwdefaults.contains(name).unwrap_or(false) };
        if !(has_default || k >= shape.posonly && keywords.contains(name)) {
            return Ok(format!("missing argument '{name}'"));
        }
    }
    Ok("some keyword arguments unexpected".into())
}
