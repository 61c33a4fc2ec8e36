//! Functions as values: which code they run and what they hold.
//!
//! Compiled code of a function depends on its code object and its globals, not on the function object: a thousand closures
//! of one lambda have one *template*, a function object of the same code and globals that stays in the table of objects.
//! What a function captured and its defaults are the words of the value.

use crate::objects;
use crate::type_of::{self, NoType};
use looplift_types::{ClosureTy, Flavour, HostRef, Ty, TyKind};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFunction, PyTuple};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Templates by the addresses of code and globals, both of which they keep alive.
static TEMPLATES: Mutex<Option<HashMap<(usize, usize), u32>>> = Mutex::new(None);

/// The template for code and globals; `func` serves if it holds nothing itself.
pub fn template(code: &Bound<'_, PyAny>, globals: &Bound<'_, PyAny>, func: Option<&Bound<'_, PyFunction>>) -> PyResult<HostRef> {
    let name: String = code.getattr("co_qualname")?.extract()?;
    let key = (code.as_ptr() as usize, globals.as_ptr() as usize);
    let known = TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|t| t.get(&key).copied());
    let id = match known {
        Some(id) => id,
        None => {
            let plain = func.filter(|f| ["__closure__", "__defaults__", "__kwdefaults__"].iter().all(|n| f.getattr(*n).is_ok_and(|v| v.is_none())));
            let id = match plain {
                Some(f) => objects::intern(f),
                None => objects::intern(&make(code, globals, None)?),
            };
            *TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().entry(key).or_insert(id)
        }
    };
    Ok(HostRef { id, name: name.into() })
}

/// A function object of code and globals with these defaults and empty cells.
fn make<'py>(code: &Bound<'py, PyAny>, globals: &Bound<'py, PyAny>, defaults: Option<&Bound<'py, PyTuple>>) -> PyResult<Bound<'py, PyAny>> {
    let py = code.py();
    let types = py.import("types")?;
    let cell = types.getattr("CellType")?;
    let free = code.getattr("co_freevars")?.len()?;
    let cells: Vec<Bound<'py, PyAny>> = (0..free).map(|_| cell.call0()).collect::<PyResult<_>>()?;
    let cells = (free > 0).then(|| PyTuple::new(py, cells)).transpose()?;
    types.getattr("FunctionType")?.call1((code, globals, code.getattr("co_name")?, defaults, cells))
}

/// The code object inside `code` (constants of constants included) that `is` recognises.
pub fn find_code<'py>(code: &Bound<'py, PyAny>, is: &dyn Fn(&Bound<'py, PyAny>) -> bool, depth: u32) -> PyResult<Option<Bound<'py, PyAny>>> {
    for c in code.getattr("co_consts")?.cast_into::<PyTuple>()? {
        if c.hasattr("co_code")? {
            if is(&c) {
                return Ok(Some(c));
            }
            if depth > 0
                && let Some(found) = find_code(&c, is, depth - 1)?
            {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

fn cells<'py>(f: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    match f.getattr("__closure__")?.cast_into::<PyTuple>() {
        Ok(t) => t.iter().map(|c| c.getattr("cell_contents")).collect(),
        Err(_) => Ok(Vec::new()),
    }
}

/// The type of a function object as an argument.
pub fn type_of(f: &Bound<'_, PyFunction>, depth: u32) -> Result<Ty, NoType> {
    let refuse = |e: PyErr| NoType(format!("the function's closure cannot be read: {}", e.value(f.py())));
    if depth > type_of::MAX_DEPTH {
        return Err(NoType("functions capture each other too deeply".into()));
    }
    let func = (|| template(&f.getattr("__code__")?, &f.getattr("__globals__")?, Some(f)))().map_err(refuse)?;
    let captured = cells(f).map_err(refuse)?;
    let this = captured.iter().position(|c| c.is(f)).map(|k| k as u32);
    let mut held: Vec<Bound<'_, PyAny>> = captured.into_iter().filter(|c| !c.is(f)).collect();
    let captured = held.len() as u32;
    if let Ok(d) = f.getattr("__defaults__").map_err(refuse)?.cast_into::<PyTuple>() {
        held.extend(d.iter());
    }
    let defaults = held.len() as u32 - captured;
    let mut kwnames = Vec::new();
    if let Ok(d) = f.getattr("__kwdefaults__").map_err(refuse)?.cast_into::<PyDict>() {
        for (k, v) in d {
            kwnames.push(k.to_string().into());
            held.push(v);
        }
    }
    let elems: Vec<Ty> = held.iter().map(|v| type_of::at_depth(v, depth + 1)).collect::<Result<_, _>>()?;
    Ok(Ty::new(TyKind::Closure(Box::new(ClosureTy { func, this, captured, defaults, kwnames: kwnames.into(), elems: elems.into() }))))
}

/// What a function object of this type holds, in the order of the elements.
pub fn parts<'py>(obj: &Bound<'py, PyAny>, ty: &ClosureTy) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let function = crate::buffers::as_argument(obj).unwrap_or_else(|| obj.clone());
    let f = function.cast::<PyFunction>().map_err(|_| PyTypeError::new_err("a function is expected"))?;
    let mut held: Vec<Bound<'py, PyAny>> = cells(f)?.into_iter().filter(|c| !c.is(f)).collect();
    if let Ok(d) = f.getattr("__defaults__")?.cast_into::<PyTuple>() {
        held.extend(d.iter());
    }
    if !ty.kwnames.is_empty() {
        let d = f.getattr("__kwdefaults__")?;
        for k in &ty.kwnames {
            held.push(d.get_item(&**k)?);
        }
    }
    if held.len() != ty.elems.len() {
        return Err(PyTypeError::new_err("the function has changed since its type was read"));
    }
    Ok(held)
}

/// Whether a function that this one captured waits for one that captures it (see `infer`'s closures).
fn has_holes(ty: &ClosureTy) -> bool {
    ty.elems.iter().any(|t| match t.kind() {
        TyKind::Closure(c) => c.elems.iter().any(|t| *t.kind() == TyKind::NotImplemented) || has_holes(c),
        _ => false,
    })
}

/// The function object with these values.
pub fn to_python<'py>(py: Python<'py>, ty: &ClosureTy, held: &[Bound<'py, PyAny>]) -> PyResult<Bound<'py, PyAny>> {
    let template = objects::get(py, ty.func.id).ok_or_else(|| PyTypeError::new_err("the function no longer exists"))?;
    let captured = ty.captured as usize;
    let positional = captured + ty.defaults as usize;
    let defaults = (ty.defaults > 0).then(|| PyTuple::new(py, &held[captured..positional])).transpose()?;
    let f = make(&template.getattr("__code__")?, &template.getattr("__globals__")?, defaults.as_ref())?;
    f.setattr("__qualname__", &*ty.func.name)?;
    if !ty.kwnames.is_empty() {
        let d = PyDict::new(py);
        for (k, v) in ty.kwnames.iter().zip(&held[positional..]) {
            d.set_item(&**k, v)?;
        }
        f.setattr("__kwdefaults__", d)?;
    }
    if let Ok(cells) = f.getattr("__closure__")?.cast_into::<PyTuple>() {
        let mut values = held[..captured].iter().zip(&ty.elems);
        for (k, cell) in cells.iter().enumerate() {
            let value = if ty.this == Some(k as u32) {
                Some(f.clone())
            } else {
                match values.next() {
                    // What functions shared is this one's own from now on.
                    Some((shared, t)) if t.flavour() == Some(Flavour::Cell) => shared.get_item(0).ok(),
                    held => held.map(|(v, _)| v.clone()),
                }
            };
            if let Some(v) = value {
                cell.setattr("cell_contents", v)?;
            }
        }
    }
    if has_holes(ty) {
        py.import("looplift._functions")?.getattr("tie")?.call1((&f,))?;
    }
    Ok(f)
}
