//! Function values: heap blocks that say how compiled code calls a function that it does not know.
//!
//! A block begins with the code's uniform entry (what the symbol `call_function` reads), and keeps alive what that needs and
//! the object that the value was made of. `looplift._functions.target` finds the jitted function that does what an object does,
//! for the arguments and the result of the type.

use crate::dispatcher::object::from_object;
use looplift_abi::ctx::Entry;
use looplift_abi::heap::{HEADER_SIZE, MemInfo};
use looplift_capi::attach::attach;
use looplift_capi::functions::Border;
use looplift_capi::type_object::Type;
use looplift_driver::Compiled;
use looplift_runtime::heap;
use looplift_types::FunctionTy;
use pyo3::exceptions::{PyMemoryError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::sync::Arc;

pub const BORDER: Border = Border { make, object };

/// The data of a block.
#[repr(C)]
struct Value {
    entry: Entry,
    /// What the value was made of.
    object: Py<PyAny>,
    /// Keeps the code alive: a dispatcher may drop its signatures.
    compiled: Arc<Compiled>,
}

/// Where a block's value lies.
fn value(block: *mut MemInfo) -> *mut Value {
    (block as usize + HEADER_SIZE) as *mut Value
}

unsafe extern "C" fn drop_value(block: *mut MemInfo) {
    // An object is dropped attached.
    attach(|_| {
        // SAFETY: the block holds a value, which is dropped once.
        unsafe { value(block).drop_in_place() };
    });
}

fn make(obj: &Bound<'_, PyAny>, signature: &FunctionTy) -> PyResult<u64> {
    let py = obj.py();
    let known =
        |d: &Bound<'_, PyAny>| from_object(d).ok()?.rust().find(&signature.args).filter(|o| o.ret_ty == signature.ret).map(|o| (o.entry, o.compiled.clone()));
    let (entry, compiled) = match known(obj) {
        Some(found) => found,
        None => {
            let args = PyTuple::new(py, signature.args.iter().map(|t| Type(*t)))?;
            let target = py.import("looplift._functions")?.getattr("target")?.call1((obj, args, Type(signature.ret)))?;
            known(&target).ok_or_else(|| PyRuntimeError::new_err("the function is not compiled for the type of the function value"))?
        }
    };
    let block = heap::new_block(size_of::<Value>(), false).ok_or_else(|| PyMemoryError::new_err("cannot allocate memory for a function value"))?;
    // SAFETY: a fresh block with room for a value; its destructor is set when there is one.
    unsafe {
        value(block).write(Value { entry, object: obj.clone().unbind(), compiled });
        (*block).drop = Some(drop_value);
    }
    Ok(block as usize as u64)
}

/// # Safety
/// `word` is an owned reference to a block that `make` made.
unsafe fn object(py: Python<'_>, word: u64) -> Bound<'_, PyAny> {
    // SAFETY: as the caller says.
    unsafe {
        let object = (*value(word as usize as *mut MemInfo)).object.bind(py).clone();
        heap::release(word);
        object
    }
}
