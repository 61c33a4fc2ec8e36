//! Calling a dispatcher.

use super::{Dispatcher, Inner, Overload, bind, compile, literals, locks};
use crate::guard::{caught_ptr, caught_ptr_fast};
use crate::{context, pending};
use looplift_abi::ctx::Ctx;
use looplift_capi::boxing::{self, Ret};
use looplift_capi::containers::Session;
use looplift_capi::{buffers, instances, type_of, unbox, words};
use looplift_types::{ArrayTy, Layout, Ty, TyKind};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyTuple};
use std::mem::MaybeUninit;

/// Words of arguments and of results kept on the stack.
const STACK_ARGS: usize = 40;
const STACK_RETS: usize = 16;

/// The vectorcall slot.
///
/// # Safety
/// CPython's vectorcall protocol, with a dispatcher as the callable.
pub unsafe extern "C" fn vectorcall(
    callable: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    nargsf: usize,
    kwnames: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the callable is a dispatcher, alive during the call (the caller holds it), attached.
    unsafe {
        let inner = &*(*callable.cast::<Dispatcher>()).inner;
        let n = ffi::PyVectorcall_NARGS(nargsf) as usize;
        if n == inner.plain_arity && kwnames.is_null() {
            let mut buf = [MaybeUninit::<u64>::uninit(); STACK_ARGS];
            let start = buf.as_mut_ptr().cast::<u64>();
            'next: for o in inner.overloads() {
                if o.head > 0 || o.arg_words > STACK_ARGS || o.ret_words > STACK_RETS || o.session {
                    continue;
                }
                let mut at = start;
                for k in 0..n {
                    match unbox::try_exact(o.params.get_unchecked(k), *args.add(k), at) {
                        Some(next) => at = next,
                        None => continue 'next,
                    }
                }
                let o: *const Overload = &**o;
                return run(&*o, start);
            }
        }
        // (Other numbers of arguments are bound first: they may not fit.)
        let plain = n == inner.plain_arity && kwnames.is_null();
        let function = if plain { super::object::direct(callable, args, n, false) } else { std::ptr::null_mut() };
        if !function.is_null() {
            // The flag about the slot before the arguments goes with them: it is the caller's.
            let result = ffi::PyObject_Vectorcall(function, args, nargsf, kwnames);
            ffi::Py_DECREF(function);
            return result;
        }
        caught_ptr(|py| slow(py, callable, inner, args, n, nargsf, kwnames))
    }
}

/// Runs a signature on unboxed arguments and boxes the result.
///
/// # Safety
/// `args` holds the words of the signature's arguments, which fit the stack buffers; attached.
#[inline(always)]
unsafe fn run(o: &Overload, args: *const u64) -> *mut ffi::PyObject {
    let mut ret = [MaybeUninit::<u64>::uninit(); STACK_RETS];
    let ret = ret.as_mut_ptr().cast::<u64>();
    // SAFETY: the code is alive (the overload holds it); context, words and result buffer are as `Entry` wants.
    unsafe {
        let running = looplift_runtime::thread::enter();
        let ctx = running.ctx();
        let status = if o.guarded { locks::call(o, ctx, args, ret) } else { (o.entry)(ctx, args, ret) };
        drop(running);
        if status != 0 {
            return failed(ctx, status);
        }
        match o.ret {
            Ret::Int64 => ffi::PyLong_FromLongLong(*ret as i64),
            Ret::Float64 => ffi::PyFloat_FromDouble(f64::from_bits(*ret)),
            Ret::Bool => {
                let b = if *ret as u8 != 0 { ffi::Py_True() } else { ffi::Py_False() };
                ffi::Py_INCREF(b);
                b
            }
            Ret::None => {
                let none = ffi::Py_None();
                ffi::Py_INCREF(none);
                none
            }
            Ret::Other(ty) => boxed(ty, std::slice::from_raw_parts(ret, o.ret_words)),
        }
    }
}

/// # Safety
/// As for the signature's entry; attached.
#[inline(never)]
pub(super) unsafe fn without_gil(o: &Overload, ctx: *mut Ctx, args: *const u64, ret: *mut u64) -> u64 {
    let (entry, ctx, args, ret) = (o.entry, ctx as usize, args as usize, ret as usize);
    // Through pyo3, which otherwise would take this thread for attached when a hook asks.
    // SAFETY: attached on entry and on return; compiled code touches no Python object without attaching. The addresses are
    // the caller's and stay with this thread.
    unsafe { Python::assume_attached().detach(|| entry(ctx as *mut Ctx, args as *const u64, ret as *mut u64)) }
}

#[cold]
#[inline(never)]
unsafe fn failed(ctx: *mut Ctx, status: u64) -> *mut ffi::PyObject {
    if status == locks::NOT_RUN {
        return std::ptr::null_mut();
    }
    caught_ptr(|py| {
        // SAFETY: the context of this thread, with an exception pending in it.
        unsafe { pending::raise(py, &mut *ctx) };
        Err(PyErr::take(py).unwrap_or_else(|| crate::errors::internal(py, "compiled code failed without an exception")))
    })
}

#[inline(never)]
unsafe fn boxed(ty: Ty, words: &[u64]) -> *mut ffi::PyObject {
    // SAFETY: the words are the result of a function returning `ty`.
    let make = |py: Python<'_>| unsafe { boxing::to_python(py, ty, words, context::release) }.map(Bound::into_ptr);
    match ty.kind() {
        // Arrays and plain tuples are made without an error that would be caught on the way.
        // SAFETY: attached.
        TyKind::Array(_) | TyKind::Tuple(_) | TyKind::Str => unsafe { caught_ptr_fast(make) },
        _ => caught_ptr(make),
    }
}

/// Keywords, defaults, signatures not compiled yet, wide values, conversions.
#[cold]
#[inline(never)]
fn slow(
    py: Python<'_>,
    callable: *mut ffi::PyObject,
    inner: &Inner,
    args: *const *mut ffi::PyObject,
    n: usize,
    nargsf: usize,
    kwnames: *mut ffi::PyObject,
) -> PyResult<*mut ffi::PyObject> {
    // SAFETY: a dispatcher; `py_func` is set for its whole life.
    let py_func = unsafe { Bound::from_borrowed_ptr(py, (*callable.cast::<Dispatcher>()).py_func) };
    // SAFETY: vectorcall's arguments: n positional ones, then one for each keyword name.
    let given: Vec<Bound<'_, PyAny>> = unsafe {
        let kw = if kwnames.is_null() { 0 } else { ffi::PyTuple_GET_SIZE(kwnames) as usize };
        (0..n + kw).map(|k| Bound::from_borrowed_ptr(py, *args.add(k))).collect()
    };
    // SAFETY: null or a tuple of strings.
    let names = unsafe { Bound::from_borrowed_ptr_or_opt(py, kwnames) };
    let call_python = || -> PyResult<*mut ffi::PyObject> {
        // SAFETY: the arguments we were called with; the flag about the slot before them is taken away.
        unsafe {
            let r = ffi::PyObject_Vectorcall(py_func.as_ptr(), args, nargsf & !ffi::PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames);
            Bound::from_owned_ptr_or_err(py, r).map(Bound::into_ptr)
        }
    };
    let in_object_mode = |why: Option<&PyErr>| -> PyResult<*mut ffi::PyObject> {
        // SAFETY: the dispatcher, held by the caller.
        let dispatcher = unsafe { Bound::from_borrowed_ptr(py, callable) };
        object_mode(py, &dispatcher, why, &given, n, names.as_ref())
    };
    let bound = bind::bind(inner, &py_func, given.clone(), n, names.as_ref())?;
    if inner.forceobj && bound.is_some() {
        // SAFETY: the dispatcher and its call; an owned reference to a callable.
        unsafe {
            let function = super::object::direct(callable, args, usize::MAX, true);
            if function.is_null() {
                return in_object_mode(None);
            }
            let function = Bound::from_owned_ptr(py, function);
            let r = ffi::PyObject_Vectorcall(function.as_ptr(), args, nargsf & !ffi::PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames);
            return Bound::from_owned_ptr_or_err(py, r).map(Bound::into_ptr);
        }
    }
    let Some(bound) = bound else {
        if inner.fallback && inner.shape.varkw {
            return in_object_mode(None);
        }
        // Arguments that do not bind: Python's function says why, before any of its body runs.
        return call_python().map_err(|e| match e.is_instance_of::<pyo3::exceptions::PyTypeError>(py) {
            true => bind::complaint(&inner.shape, &py_func, n, names.as_ref())
                .map_or_else(|e| e, |more| pyo3::exceptions::PyTypeError::new_err(format!("{}; {more}", e.value(py)))),
            false => e,
        });
    };
    let mut bound: Vec<Bound<'_, PyAny>> = bound.into_iter().map(|b| buffers::as_argument(&b).unwrap_or(b)).collect();
    let mut types = Vec::with_capacity(bound.len());
    let count = bound.len();
    for (k, b) in bound.iter_mut().enumerate() {
        let found = if inner.shape.varkw && k + 1 == count { type_of::keywords(b) } else { type_of::type_of(b) };
        match found {
            Ok(t) => types.push(t),
            // A large integer can still be an argument of a signature that takes floats.
            Err(_) if !inner.can_compile.get() && b.is_exact_instance_of::<PyInt>() && b.extract::<f64>().is_ok() => {
                *b = b.extract::<f64>()?.into_pyobject(py)?.into_any();
                types.push(Ty::float64());
            }
            Err(e) => {
                // Without the interpreter to fall back to, a matrix is the array that it is, as in Numba.
                if !inner.fallback
                    && let Some(t) = type_of::of_matrix(b)
                {
                    types.push(t);
                    continue;
                }
                // An object of a class that an extension registered goes as its fields.
                let carried = py.import("looplift._overloads")?.getattr("carried")?.call1((&*b,))?;
                if !carried.is_none()
                    && let Ok(t) = type_of::type_of(&carried)
                {
                    *b = carried;
                    types.push(t);
                    continue;
                }
                if let Some(t) = instances::type_of(b) {
                    types.push(t);
                    continue;
                }
                let why = compile::untypable(py, inner, &py_func, k, b, &e.0);
                return if inner.fallback { in_object_mode(Some(&why)) } else { Err(why) };
            }
        }
    }
    if inner.fallback && inner.failed.borrow().contains(&types) {
        return in_object_mode(None);
    }
    if !inner.can_compile.get()
        && inner.find(&types).is_none()
        && let Some(fitting) = with_other_layouts(inner, &types, &bound)
    {
        types = fitting;
    }
    match literals::choose_or_compile(py, inner, &py_func, types.clone(), &bound) {
        Ok(o) => match converted(o, &bound) {
            Ok(given) => run_converted(py, o, given),
            // Containers are typed by their first element.
            Err(e) if inner.fallback => in_object_mode(Some(&e)),
            Err(e) => match with_none_inside(inner, &types, &bound) {
                Some(wider) => {
                    let o = literals::choose_or_compile(py, inner, &py_func, wider, &bound)?;
                    run_converted(py, o, converted(o, &bound)?)
                }
                None => Err(e),
            },
        },
        Err(e) if inner.fallback && compile::is_compile_error(py, &e) => {
            inner.failed.borrow_mut().insert(types);
            in_object_mode(Some(&e))
        }
        Err(e) => match with_none_inside(inner, &types, &bound) {
            Some(wider) => {
                let o = literals::choose_or_compile(py, inner, &py_func, wider, &bound)?;
                run_converted(py, o, converted(o, &bound)?)
            }
            None => Err(e),
        },
    }
}

/// The argument types by all elements of containers, which make elements optional where some are None, if these are others.
fn with_none_inside(inner: &Inner, types: &[Ty], bound: &[Bound<'_, PyAny>]) -> Option<Vec<Ty>> {
    if !inner.can_compile.get() || inner.shape.varkw {
        return None;
    }
    let found: Vec<Ty> = looplift_capi::container_types::by_all_elements(|| bound.iter().zip(types).map(|(b, t)| type_of::type_of(b).unwrap_or(*t)).collect());
    (found != types).then_some(found)
}

/// The argument types of a signature that differs only in that arrays are in Fortran order, where these arrays are in both orders.
fn with_other_layouts(inner: &Inner, types: &[Ty], bound: &[Bound<'_, PyAny>]) -> Option<Vec<Ty>> {
    let in_fortran_order = |a: &Bound<'_, PyAny>| a.getattr("flags").and_then(|f| f.getattr("f_contiguous")?.extract::<bool>()).unwrap_or(false);
    let turned: Vec<Ty> = types
        .iter()
        .zip(bound)
        .map(|(t, obj)| match t.as_array() {
            Some(a) if a.layout == Layout::C && a.ndim > 1 && in_fortran_order(obj) => Ty::new(TyKind::Array(ArrayTy { layout: Layout::F, ..a })),
            _ => *t,
        })
        .collect();
    // SAFETY: attached; nothing in this block runs Python code.
    let list = unsafe { inner.overloads() };
    let fits = |args: &[Ty]| args.len() == types.len() && args.iter().enumerate().all(|(k, t)| *t == types[k] || *t == turned[k]);
    list.iter().find(|o| fits(&o.args)).map(|o| o.args.to_vec())
}

/// Calls the function that runs in the interpreter with its loops compiled (`looplift._objectmode`).
fn object_mode(
    py: Python<'_>,
    dispatcher: &Bound<'_, PyAny>,
    why: Option<&PyErr>,
    given: &[Bound<'_, PyAny>],
    n: usize,
    kwnames: Option<&Bound<'_, PyAny>>,
) -> PyResult<*mut ffi::PyObject> {
    let kwargs = PyDict::new(py);
    if let Some(names) = kwnames {
        for (name, value) in names.cast::<PyTuple>()?.iter().zip(&given[n..]) {
            kwargs.set_item(name, value)?;
        }
    }
    let args = PyTuple::new(py, &given[..n])?;
    let call = py.import("looplift._objectmode.mode")?.getattr("call")?;
    Ok(call.call1((dispatcher, why.map(|e| e.value(py)), args, kwargs))?.into_ptr())
}

/// The words of the arguments, with conversions and buffers of any size, and what keeps their containers.
/// Runs one compiled signature: the arguments are converted to its types, whatever types of their own they have.
pub fn run_signature(py: Python<'_>, o: &Overload, args: &Bound<'_, PyTuple>) -> PyResult<Py<PyAny>> {
    let args: Vec<Bound<'_, PyAny>> = args.iter().map(|a| buffers::as_argument(&a).unwrap_or(a)).collect();
    let found = run_converted(py, o, converted(o, &args)?)?;
    // SAFETY: an owned reference.
    unsafe { Ok(Bound::from_owned_ptr(py, found).unbind()) }
}

fn converted(o: &Overload, args: &[Bound<'_, PyAny>]) -> PyResult<(Session, Vec<u64>)> {
    let session = Session::begin();
    let mut buf = vec![0u64; o.arg_words];
    let mut at = o.head;
    for (a, t) in args.iter().zip(&o.args) {
        let n = words::count(*t).unwrap_or(0);
        unbox::convert(a, *t, &mut buf[at..at + n])?;
        at += n;
    }
    Ok((session, buf))
}

fn run_converted(py: Python<'_>, o: &Overload, (session, buf): (Session, Vec<u64>)) -> PyResult<*mut ffi::PyObject> {
    let mut ret = vec![0u64; o.ret_words.max(1)];
    let running = looplift_runtime::thread::enter();
    let ctx = running.ctx();
    // SAFETY: as in `run`; the buffers have the signature's sizes.
    unsafe {
        let status = if o.guarded { locks::call(o, ctx, buf.as_ptr(), ret.as_mut_ptr()) } else { (o.entry)(ctx, buf.as_ptr(), ret.as_mut_ptr()) };
        drop(running);
        let raised = (status != 0).then(|| {
            if status != locks::NOT_RUN {
                pending::raise(py, &mut *ctx);
            }
            PyErr::take(py).unwrap_or_else(|| crate::errors::internal(py, "compiled code failed without an exception"))
        });
        if o.session {
            session.write_back(py, context::release)?;
        }
        if let Some(e) = raised {
            return Err(e);
        }
        boxing::to_python(py, o.ret_ty, &ret[..o.ret_words], context::release).map(Bound::into_ptr)
    }
}
