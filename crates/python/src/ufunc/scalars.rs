//! A ufunc on numbers: NumPy's way to an inner loop takes several times as long as the kernel, so that the loop for just these
//! classes of numbers, where there is one, runs at once.
//!
//! Floating-point errors stay NumPy's business: where the kernel raised flags, the ufunc itself is called, whose inner loop
//! gives the results that are known already and raises the flags again.

use super::{Loop, Loops, MAX_OPERANDS, inner};
use looplift_capi::layout;
use looplift_capi::nums::{Nums, nums};
use numpy::npyffi::{PY_ARRAY_API, PY_UFUNC_API, PyUFuncObject};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::hint::black_box;

/// Room for an operand: the widest is a complex128.
type Number = [u64; 2];

/// Results for an inner loop that would compute them again.
#[derive(Clone, Copy)]
struct Known {
    of: *const Loop,
    results: *const Number,
    inputs: usize,
    flags: c_int,
}

thread_local! {
    static KNOWN: Cell<Option<Known>> = const { Cell::new(None) };
}

/// NumPy's numbers of the floating-point errors.
const DIVIDED_BY_ZERO: c_int = 1;
const OVERFLOWED: c_int = 2;
const UNDERFLOWED: c_int = 4;
const INVALID: c_int = 8;

fn raise_flags(flags: c_int) {
    if flags & DIVIDED_BY_ZERO != 0 {
        black_box(black_box(1.0f64) / black_box(0.0));
    }
    if flags & OVERFLOWED != 0 {
        black_box(black_box(f64::MAX) * black_box(2.0));
    }
    if flags & UNDERFLOWED != 0 {
        black_box(black_box(f64::MIN_POSITIVE) * black_box(1e-10));
    }
    if flags & INVALID != 0 {
        black_box(black_box(f64::INFINITY) * black_box(0.0));
    }
}

/// Gives the results of a loop that [`call_ufunc_on_numbers`] has run, instead of running it; false if it has not.
///
/// # Safety
/// As for [`inner::run`], for one iteration.
#[inline]
pub(super) unsafe fn repeat(l: &Loop, args: *mut *mut c_char) -> bool {
    match KNOWN.get() {
        Some(known) if std::ptr::eq(known.of, l) => {
            KNOWN.set(None);
            // SAFETY: the results of this loop, which outlive the call of the ufunc; the loop has an address for each operand.
            unsafe {
                for k in known.inputs..l.core.len() {
                    let size = l.sizes[k];
                    std::ptr::copy_nonoverlapping(known.results.add(k).cast::<u8>(), (*args.add(k)).cast::<u8>(), size);
                }
            }
            raise_flags(known.flags);
            true
        }
        _ => false,
    }
}

/// Reads a number; gives NumPy's number of its type, and whether it is one of Python's. `None` for anything else.
///
/// # Safety
/// Attached; a valid object.
unsafe fn read(n: &Nums, obj: *mut ffi::PyObject, out: &mut Number) -> Option<(usize, bool)> {
    // SAFETY: the class says how the object is laid out.
    unsafe {
        let class = ffi::Py_TYPE(obj);
        if class == &raw mut ffi::PyFloat_Type {
            out[0] = layout::float_value(obj).to_bits();
            return Some((n.double, true));
        }
        if class == &raw mut ffi::PyLong_Type {
            out[0] = layout::long_as_i64(obj)? as u64;
            return Some((n.long, true));
        }
        let number = n.scalars.iter().position(|&s| !s.is_null() && s == class)?;
        PY_ARRAY_API.PyArray_ScalarAsCtype(Python::assume_attached(), obj, (&raw mut *out).cast());
        Some((number, false))
    }
}

/// What a ufunc gives for numbers: all of them Python's ints and floats, or all of them NumPy's, if there is a loop for just
/// these. `NotImplemented` otherwise.
#[pyfunction]
pub fn call_ufunc_on_numbers<'py>(ufunc: &Bound<'py, PyAny>, args: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
    let py = ufunc.py();
    let other = || Ok(py.NotImplemented().into_bound(py));
    let n = nums();
    if !n.is_ufunc(ufunc) {
        return other();
    }
    // SAFETY: an exact ufunc has the layout of PyUFuncObject; its `obj` is null or an object that it owns.
    let (held, inputs, operands) = unsafe {
        let u = &(*ufunc.as_ptr().cast::<PyUFuncObject>()).fields;
        if u.obj.is_null() {
            return other();
        }
        (Bound::from_borrowed_ptr(py, u.obj.cast::<ffi::PyObject>()), u.nin as usize, u.nargs as usize)
    };
    let Ok(holder) = held.cast::<Loops>() else { return other() };
    if args.len() != inputs || inputs == 0 || operands > MAX_OPERANDS {
        return other();
    }
    let mut numbers = [Number::default(); MAX_OPERANDS];
    let mut types = [0 as c_char; MAX_OPERANDS];
    let mut python = None;
    for k in 0..inputs {
        // SAFETY: attached; an item of a tuple.
        let found = unsafe { read(n, ffi::PyTuple_GET_ITEM(args.as_ptr(), k as isize), &mut numbers[k]) };
        match found {
            Some((number, is_python)) if python.is_none_or(|p| p == is_python) => {
                types[k] = number as c_char;
                python = Some(is_python);
            }
            _ => return other(),
        }
    }
    let loops = holder.try_borrow()?;
    let Some(which) = loops.types.chunks_exact(operands).position(|t| t[..inputs] == types[..inputs]) else { return other() };
    let l = &loops.loops[which];
    if !l.elementwise || l.core.len() != operands {
        return other();
    }
    let mut starts = [std::ptr::null_mut::<c_char>(); MAX_OPERANDS];
    for (s, number) in starts.iter_mut().zip(&mut numbers) {
        *s = (&raw mut *number).cast();
    }
    let mut steps = [0isize; MAX_OPERANDS];
    let mut dims = [1isize];
    // SAFETY: attached; addresses of numbers of the loop's types, and room for its results. NumPy's functions on flags take nothing.
    let flags = unsafe {
        PY_UFUNC_API.PyUFunc_clearfperr(py);
        let mut raised = None;
        let starts = &starts[..operands];
        let (steps, dims) = (steps.as_mut_ptr(), dims.as_mut_ptr());
        let shape = super::flags::Shape { l, starts, n: 1, dims, steps };
        if !super::flags::settled(shape, || inner::call(l, starts, 1, dims, steps, &mut raised)) {
            PY_UFUNC_API.PyUFunc_clearfperr(py);
            return Err(raised.unwrap_or_else(|| crate::errors::internal(py, "a ufunc's kernel failed without an exception")));
        }
        PY_UFUNC_API.PyUFunc_getfperr(py)
    };
    if flags != 0 {
        KNOWN.set(Some(Known { of: l, results: numbers.as_ptr(), inputs, flags }));
        let result = if python == Some(true) {
            // As NumPy sees numbers of Python beside nothing else: of the widest class.
            (0..inputs).map(|k| scalar(py, n, types[k], &mut numbers[k])).collect::<PyResult<Vec<_>>>().and_then(|a| ufunc.call1(PyTuple::new(py, a)?))
        } else {
            ufunc.call1(args)
        };
        KNOWN.set(None);
        return result;
    }
    let outputs = &loops.types[which * operands + inputs..(which + 1) * operands];
    match outputs {
        [one] => scalar(py, n, *one, &mut numbers[inputs]),
        all => {
            let all = all.iter().enumerate().map(|(k, &t)| scalar(py, n, t, &mut numbers[inputs + k])).collect::<PyResult<Vec<_>>>()?;
            Ok(PyTuple::new(py, all)?.into_any())
        }
    }
}

/// NumPy's scalar of a number.
fn scalar<'py>(py: Python<'py>, n: &Nums, number: c_char, at: &mut Number) -> PyResult<Bound<'py, PyAny>> {
    let descr = n.descrs[number as usize];
    // SAFETY: attached; a number of this type, and its descriptor, which is immortal.
    unsafe {
        let made = PY_ARRAY_API.PyArray_Scalar(py, (&raw mut *at).cast::<c_void>(), descr, std::ptr::null_mut());
        Bound::from_owned_ptr_or_err(py, made)
    }
}
