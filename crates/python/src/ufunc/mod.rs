//! `numpy.ufunc` objects whose inner loops are compiled code.
//!
//! A loop is a compiled function of strided arrays (made in `looplift._loops`): one array for each operand of the ufunc, whose
//! first axis is the loop and whose other axes are the operand's core dimensions. NumPy's inner loop arguments are the very
//! words of such arrays, so that one call of compiled code serves a whole inner loop.
//!
//! What a ufunc points to (loops, type numbers, names) belongs to a [`Loops`] object in the ufunc's `obj` field, which
//! NumPy releases with the ufunc; through it a ufunc is known again as one of looplift's.

mod flags;
mod inner;
pub mod scalars;

use crate::dispatcher::object::from_object;
use looplift_abi::ctx::Entry;
use looplift_capi::nums::nums;
use looplift_capi::type_object::Type;
use looplift_types::{Layout, Ty};
use numpy::npyffi::{PY_UFUNC_API, PyUFuncGenericFunction, PyUFuncObject};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};
use std::ffi::{CString, c_char, c_int, c_void};

/// Operands that NumPy allows (`NPY_MAXARGS`).
const MAX_OPERANDS: usize = 32;
/// `NPY_ITER_READWRITE | NPY_ITER_UPDATEIFCOPY`.
const WRITABLE_INPUT: u32 = 0x0001_0000 | 0x0080_0000;
/// The same with `NPY_ITER_ALIGNED | NPY_ITER_ALLOCATE | NPY_ITER_NO_BROADCAST`, which outputs of generalised ufuncs have.
const KEPT_OUTPUT: u32 = WRITABLE_INPUT | 0x0010_0000 | 0x0100_0000 | 0x0800_0000;

/// One inner loop.
#[derive(Debug)]
pub struct Loop {
    entry: Entry,
    /// For each operand, which of the inner loop's core dimensions its axes are.
    core: Box<[Box<[usize]>]>,
    /// Bytes of an element of each operand.
    sizes: Box<[usize]>,
    /// Words of the compiled function's arguments.
    words: usize,
    /// A loop over elements, each on its own: those after one that fails are still computed.
    elementwise: bool,
    /// The operands that floating-point errors show in.
    floats: Box<[flags::Operand]>,
}

/// What a ufunc points to. `owner` is what Python knows of the ufunc (`looplift._loops.Kernel`).
#[pyclass(module = "looplift._core")]
#[derive(Debug)]
pub struct Loops {
    loops: Box<[Loop]>,
    functions: Box<[PyUFuncGenericFunction]>,
    data: Box<[*mut c_void]>,
    types: Box<[c_char]>,
    name: CString,
    doc: CString,
    owner: Option<Py<PyAny>>,
    /// The dispatchers of the loops, which keep the code alive.
    dispatchers: Vec<Py<PyAny>>,
}
// SAFETY: the pointers are to fields of the same object, which never change after creation.
unsafe impl Send for Loops {}
// SAFETY: as above.
unsafe impl Sync for Loops {}

#[pymethods]
impl Loops {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(o) = &self.owner {
            visit.call(o)?;
        }
        // The dispatchers stay until the ufunc is gone: it may still be called while a cycle is taken apart.
        for d in &self.dispatchers {
            visit.call(d)?;
        }
        Ok(())
    }

    fn __clear__(&mut self) {
        self.owner = None;
    }
}

/// The loop of a compiled signature of `dispatcher`, and the type numbers of its operands.
fn make_loop(
    dispatcher: &Bound<'_, PyAny>,
    types: &[Ty],
    core: &[Vec<usize>],
    elementwise: bool,
    written: impl Fn(usize) -> bool,
    numbers: &mut Vec<c_char>,
) -> PyResult<Loop> {
    let inner = from_object(dispatcher)?.rust();
    let o = inner.find(types).ok_or_else(|| PyValueError::new_err("the loop is not compiled for these types"))?;
    if o.ret_words != 0 || types.len() != core.len() {
        return Err(PyTypeError::new_err("a ufunc's loop takes its operands as arrays and returns nothing"));
    }
    let mut sizes = Vec::new();
    for (t, dims) in types.iter().zip(core) {
        let a = t.as_array().filter(|a| a.layout == Layout::A && usize::from(a.ndim) == dims.len() + 1);
        let number = a.and_then(|a| nums().type_num(a.dtype)).ok_or_else(|| PyTypeError::new_err(format!("{t} is no operand of a ufunc's loop")))?;
        numbers.push(number as c_char);
        sizes.push(a.and_then(|a| a.dtype.itemsize()).unwrap_or(0) as usize);
    }
    let elements: Vec<Ty> = types.iter().filter_map(|t| t.as_array().map(|a| a.dtype)).collect();
    let floats = flags::operands(&elements, written);
    Ok(Loop { entry: o.entry, core: core.iter().map(|c| c.as_slice().into()).collect(), sizes: sizes.into(), words: o.arg_words, elementwise, floats })
}

/// Makes a `numpy.ufunc`.
///
/// `loops` are compiled signatures of dispatchers, one array type for each operand; `core` says for each operand which core
/// dimensions it has, as numbers in the order in which `signature` (None for an elementwise ufunc) first names them. `identity`
/// is NumPy's number: 0, 1, -1 for none, -2 for none with operands that may be reordered. Inputs in `writable` are written back.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "one argument each for what NumPy's constructor takes")]
pub fn make_ufunc<'py>(
    py: Python<'py>,
    name: &str,
    doc: &str,
    inputs: usize,
    identity: i32,
    signature: Option<&str>,
    core: Vec<Vec<usize>>,
    loops: Vec<(Bound<'py, PyAny>, Vec<Type>)>,
    writable: Vec<usize>,
    owner: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let operands = core.len();
    if operands > MAX_OPERANDS || inputs > operands {
        return Err(PyValueError::new_err(format!("a ufunc has at most {MAX_OPERANDS} operands")));
    }
    let text = |s: &str| CString::new(s.replace('\0', "")).unwrap_or_default();
    let mut types = Vec::new();
    let mut made = Vec::new();
    for (dispatcher, args) in &loops {
        let args: Vec<Ty> = args.iter().map(|t| t.0).collect();
        let written = |k: usize| k >= inputs || writable.contains(&k);
        made.push(make_loop(dispatcher, &args, &core, signature.is_none(), written, &mut types)?);
    }
    let made: Box<[Loop]> = made.into();
    let data: Box<[*mut c_void]> = made.iter().map(|l| (&raw const *l).cast_mut().cast()).collect();
    let holder = Bound::new(
        py,
        Loops {
            functions: vec![Some(inner::run as _); made.len()].into(),
            data,
            loops: made,
            types: types.into(),
            name: text(name),
            doc: text(doc),
            owner: Some(owner.unbind()),
            dispatchers: loops.iter().map(|(d, _)| d.clone().unbind()).collect(),
        },
    )?;
    let signature = signature.map(text);
    let l = holder.borrow();
    // SAFETY: the tables have the lengths that NumPy is told; they belong to `holder`, which the ufunc owns from here on and
    // NumPy releases last. Where the constructor fails it keeps nothing.
    unsafe {
        let obj = PY_UFUNC_API.PyUFunc_FromFuncAndDataAndSignature(
            py,
            l.functions.as_ptr().cast_mut(),
            l.data.as_ptr().cast_mut(),
            l.types.as_ptr().cast_mut(),
            l.loops.len() as c_int,
            inputs as c_int,
            (operands - inputs) as c_int,
            identity,
            l.name.as_ptr(),
            l.doc.as_ptr(),
            0,
            signature.as_ref().map_or(std::ptr::null(), |s| s.as_ptr()),
        );
        let made = Bound::from_owned_ptr_or_err(py, obj)?;
        let ufunc = obj.cast::<PyUFuncObject>();
        drop(l);
        (*ufunc).fields.obj = holder.into_ptr();
        // What a generalised kernel does not write of an output stays as it was, also where NumPy converts the output in a buffer.
        let outputs = if signature.is_some() { inputs..operands } else { 0..0 };
        let inputs = writable.into_iter().filter(|k| *k < inputs).map(|k| (k, WRITABLE_INPUT));
        if !(*ufunc).fields.op_flags.is_null() {
            for (k, flags) in inputs.chain(outputs.map(|k| (k, KEPT_OUTPUT))) {
                *(*ufunc).fields.op_flags.add(k) = flags;
            }
        }
        Ok(made)
    }
}

/// What Python knows of a ufunc that [`make_ufunc`] made, or of an object with such a ufunc as `ufunc` (a `DUFunc`); None for
/// other objects.
#[pyfunction]
pub fn ufunc_owner<'py>(py: Python<'py>, ufunc: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let inner;
    let mut ufunc = ufunc;
    if ufunc.hasattr("__looplift_ufunc__").unwrap_or(false) {
        inner = ufunc.getattr("ufunc")?;
        ufunc = &inner;
    }
    if !ufunc.get_type().is(py.import("numpy")?.getattr("ufunc")?) {
        return Ok(None);
    }
    // SAFETY: an exact ufunc has the layout of PyUFuncObject; its `obj` is null or an object.
    let held = unsafe { (*ufunc.as_ptr().cast::<PyUFuncObject>()).fields.obj };
    if held.is_null() {
        return Ok(None);
    }
    // SAFETY: an object that the ufunc owns.
    let held = unsafe { Bound::from_borrowed_ptr(py, held.cast::<ffi::PyObject>()) };
    let Ok(l) = held.cast::<Loops>() else { return Ok(None) };
    Ok(l.borrow().owner.as_ref().map(|o| o.bind(py).clone()))
}
