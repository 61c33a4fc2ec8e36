//! Functions that ask for the values of their arguments (`literally`): they are compiled for each value anew.

use super::{Inner, Overload, compile};
use crate::errors;
use looplift_capi::literals::literal_of;
use looplift_types::Ty;
use pyo3::prelude::*;

/// As [`compile::choose_or_compile`]; where the function asks for values, with the literal types of the arguments.
pub fn choose_or_compile<'a>(
    py: Python<'_>,
    inner: &'a Inner,
    py_func: &Bound<'_, PyAny>,
    mut types: Vec<Ty>,
    args: &[Bound<'_, PyAny>],
) -> PyResult<&'a Overload> {
    loop {
        let known = inner.literal_args.borrow().get(&types).cloned();
        let wanted = match known {
            Some(wanted) => wanted,
            None => match compile::choose_or_compile(py, inner, py_func, &types) {
                Ok(o) => return Ok(o),
                Err(e) => {
                    let wanted = requested(py, &e)?.ok_or(e)?;
                    inner.literal_args.borrow_mut().insert(types.clone(), wanted.clone());
                    wanted
                }
            },
        };
        let mut new = types.clone();
        for k in wanted {
            let Some(arg) = args.get(k as usize) else { continue };
            new[k as usize] = literal_of(arg).ok_or_else(|| {
                let class = arg.get_type().repr().map(|r| r.to_string()).unwrap_or_default();
                let name = inner.shape.names.get(k as usize).map_or("*args", |n| n);
                errors::new(py, "LiteralTypingError", &format!("Cannot request literal type: values of {class} (argument '{name}') have none"))
            })?;
        }
        if new == types {
            return Err(errors::new(py, "CompilerError", "Repeated literal typing request: the argument is a literal already"));
        }
        types = new;
    }
}

/// The parameters that an error asks for.
fn requested(py: Python<'_>, e: &PyErr) -> PyResult<Option<Vec<u32>>> {
    let class = py.import("looplift.errors")?.getattr("ForceLiteralArg")?;
    if !e.matches(py, &class)? {
        return Ok(None);
    }
    let mut wanted = e.value(py).getattr("requested_args")?.try_iter()?.map(|k| k?.extract()).collect::<PyResult<Vec<u32>>>()?;
    wanted.sort_unstable();
    Ok(Some(wanted))
}
