//! C functions around compiled code, for callers that know nothing of Python.

use crate::dispatcher::object::from_object;
use crate::pending;
use looplift_abi::ctx::{Ctx, Entry};
use looplift_capi::attach::attach;
use looplift_capi::type_object::Type;
use looplift_codegen::Blob;
use looplift_mir::Ty as MTy;
use looplift_types::{FloatTy, Ty, TyKind};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

/// What the machine code of a callback points to.
#[derive(Debug)]
struct Target {
    entry: Entry,
    /// The function, for messages about exceptions: borrowed from the dispatcher.
    function: usize,
}

/// A C function. `address` is valid as long as the object lives.
#[pyclass(frozen, module = "looplift._core")]
#[derive(Debug)]
pub struct Callback {
    blob: Blob,
    #[expect(dead_code, reason = "the code points to it")]
    target: Box<Target>,
    /// Keeps the compiled code alive.
    dispatcher: Py<PyAny>,
}

#[pymethods]
impl Callback {
    #[getter]
    fn address(&self) -> usize {
        self.blob.address(0).unwrap_or(0)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.dispatcher)
    }
}

/// How C passes a value of this type; `None` if not in one register.
fn c_type(ty: Ty) -> Option<MTy> {
    Some(match ty.kind() {
        TyKind::Bool => MTy::I8,
        TyKind::Int(i) => match i.bits {
            8 => MTy::I8,
            16 => MTy::I16,
            32 => MTy::I32,
            _ => MTy::I64,
        },
        TyKind::Float(FloatTy::F32) => MTy::F32,
        TyKind::Float(FloatTy::F64) => MTy::F64,
        TyKind::Pointer(_) => MTy::I64,
        _ => return None,
    })
}

/// Makes a C function of a compiled signature of `dispatcher`. An exception in it is reported as unraisable, and the C caller
/// gets 0.
#[pyfunction]
pub fn make_callback(dispatcher: &Bound<'_, PyAny>, args: Vec<Type>, name: &str) -> PyResult<Callback> {
    let args: Vec<Ty> = args.into_iter().map(|t| t.0).collect();
    let d = from_object(dispatcher)?;
    let o = d.rust().find(&args).ok_or_else(|| PyTypeError::new_err("the signature is not compiled"))?;
    let unsupported = |t: Ty| PyTypeError::new_err(format!("a C callback takes and returns numbers and pointers, not {t}"));
    let params = args.iter().map(|&t| c_type(t).ok_or_else(|| unsupported(t))).collect::<PyResult<Vec<MTy>>>()?;
    let ret = if o.ret_ty.is_none() { None } else { Some(c_type(o.ret_ty.unliteral()).ok_or_else(|| unsupported(o.ret_ty))?) };
    let function = d.function(dispatcher.py()).as_ptr() as usize;
    let target = Box::new(Target { entry: o.entry, function });
    let data = &raw const *target as usize;
    let blob = looplift_driver::callback(name, &params, ret, data, run as *const () as usize).map_err(PyRuntimeError::new_err)?;
    Ok(Callback { blob, target, dispatcher: dispatcher.clone().unbind() })
}

/// What the machine code of a callback calls, on any thread, attached or not.
unsafe extern "C" fn run(data: usize, args: *const u64, ret: *mut u64) {
    // SAFETY: the code passes its own target, which lives as long as the code, and words as `Entry` wants them.
    unsafe {
        let target = &*(data as *const Target);
        let running = looplift_runtime::thread::enter();
        let ctx = running.ctx();
        *ret = 0;
        let status = (target.entry)(ctx, args, ret);
        drop(running);
        if status != 0 {
            *ret = 0;
            failed(ctx, target.function);
        }
    }
}

/// Reports the pending exception: the C caller cannot take it.
#[cold]
#[inline(never)]
unsafe fn failed(ctx: *mut Ctx, function: usize) {
    attach(|py| {
        // What is being raised around the call, if anything, stays.
        let before = PyErr::take(py);
        let _ = crate::guard::caught(py, || {
            // SAFETY: the context is this thread's.
            pending::raise(py, unsafe { &mut *ctx });
            Ok(())
        });
        // SAFETY: attached; the function lives as long as the dispatcher.
        unsafe { ffi::PyErr_WriteUnraisable(function as *mut ffi::PyObject) };
        if let Some(e) = before {
            e.restore(py);
        }
    });
}
