//! What compiled code asks of Python: printing, exceptions with Python arguments, matching, references, signals.
//!
//! Every hook catches panics, attaches if the thread is not attached, and leaves errors as the pending exception.

use crate::guard::caught;
use crate::pending;
use looplift_abi::ctx::{Ctx, Pending};
use looplift_abi::heap::MemInfo;
use looplift_capi::attach::{attach, attached};
use looplift_capi::{boxing, words};
use looplift_mir::ExcClass;
use looplift_runtime::exceptions::set_host;
use looplift_runtime::hooks;
use looplift_runtime::parallel::{self, Advice};
use looplift_types::parse::parse_type;
use looplift_types::{Ty, TyKind};
use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// Gives back a reference to a heap block.
///
/// # Safety
/// The caller owns one reference to the block.
pub unsafe extern "C" fn release(block: *mut MemInfo) {
    // SAFETY: the caller's promise; an untagged word is a block.
    unsafe { looplift_runtime::heap::release(block as usize as u64) }
}

/// Runs `f` attached; an error or a panic becomes the pending exception.
pub(crate) fn hook(ctx: *mut Ctx, f: impl FnOnce(Python<'_>) -> PyResult<()>) -> u64 {
    attach(|py| match caught(py, || f(py)) {
        Ok(()) => 0,
        Err(e) => {
            e.restore(py);
            // SAFETY: hooks are called with the calling thread's context.
            unsafe { set_host(ctx) }
        }
    })
}

/// Counts one more owner for each owner word of a value: boxing consumes them, and the hook only borrows.
pub(crate) fn own(ty: Ty, value: &[u64]) {
    match ty.kind() {
        TyKind::Array(_) | TyKind::Record(_) | TyKind::Str | TyKind::Bytes | TyKind::CharSeq(_) | TyKind::Generator | TyKind::Stream(_) => {
            // SAFETY: the owner word of a live array or record, or the reference of a live text.
            unsafe { looplift_runtime::heap::retain(value[0]) };
        }
        TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_) | TyKind::FunctionValue(_) | TyKind::Instance(_) => {
            // SAFETY: a live container, instance or function value, or null.
            unsafe { looplift_runtime::heap::retain(value[0]) };
        }
        TyKind::Optional(t) if value[0] as u8 != 0 => own(*t, &value[1..]),
        _ => {
            let mut at = 0;
            for t in ty.parts().unwrap_or_default() {
                let n = words::count(*t).unwrap_or(0);
                own(*t, &value[at..at + n]);
                at += n;
            }
        }
    }
}

/// Whether values of a type are words without owners, as far as is known.
pub(crate) fn is_plain(ty: Ty) -> bool {
    match ty.kind() {
        TyKind::Bool | TyKind::Int(_) | TyKind::Float(_) | TyKind::Complex(_) | TyKind::None | TyKind::Literal(_) => true,
        _ => ty.tuple_elems().is_some_and(|e| e.iter().all(|t| is_plain(*t))),
    }
}

/// The type on a line, after an `@` in the unambiguous form: in literal texts, `\\` and `\n` are escapes.
pub(crate) fn line_type(line: &str) -> PyResult<Ty> {
    if let Some(text) = line.strip_prefix("Literal[str](").and_then(|t| t.strip_suffix(')')) {
        let mut out = String::with_capacity(text.len());
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some('n') => out.push('\n'),
                    Some(other) => out.push(other),
                    None => out.push('\\'),
                },
                _ => out.push(c),
            }
        }
        return Ok(Ty::lit_str(&out));
    }
    if let Some(text) = line.strip_prefix('@') {
        return looplift_types::wire::decode(text).ok_or_else(|| PyTypeError::new_err(format!("values of type {text} cannot be made into objects")));
    }
    parse_type(line).map_err(|e| PyTypeError::new_err(format!("values of type {line} cannot be made into objects: {e}")))
}

/// Reads the values that `types` describes, one a line.
///
/// # Safety
/// `at` has the words of the values.
unsafe fn values<'py>(py: Python<'py>, types: &[&str], at: *const u64) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let mut at = at;
    let mut out = Vec::with_capacity(types.len());
    for line in types {
        let ty = line_type(line)?;
        let n = words::count(ty).ok_or_else(|| PyTypeError::new_err(format!("values of type {ty} cannot be made into objects")))?;
        // SAFETY: the caller's promise.
        let value = if n == 0 { &[] } else { unsafe { std::slice::from_raw_parts(at, n) } };
        own(ty, value);
        // SAFETY: the words are a value of the type, now owned.
        out.push(unsafe { boxing::to_python(py, ty, value, release)? });
        // SAFETY: within the words of the values, or one past.
        at = unsafe { at.add(n) };
    }
    Ok(out)
}

/// # Safety
/// `text` and `len` are the address and length of UTF-8 text.
pub(crate) unsafe fn lines<'a>(text: i64, len: i64) -> PyResult<Vec<&'a str>> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(text as usize as *const u8, len as usize) };
    let text = std::str::from_utf8(bytes).map_err(|_| PyRuntimeError::new_err("type texts are not UTF-8"))?;
    Ok(if text.is_empty() { Vec::new() } else { text.split('\n').collect() })
}

/// `print(*values, sep=, end=)`: the first two lines are separator and end.
unsafe extern "C" fn print(ctx: *mut Ctx, types: i64, len: i64, at: i64) -> u64 {
    hook(ctx, |py| {
        // SAFETY: the arguments of the symbol `print`.
        let all = unsafe { values(py, &lines(types, len)?, at as usize as *const u64)? };
        let kwargs = PyDict::new(py);
        let mut all = all.into_iter();
        for name in ["sep", "end"] {
            if let Some(v) = all.next() {
                kwargs.set_item(name, v)?;
            }
        }
        let args = PyTuple::new(py, all.collect::<Vec<_>>())?;
        py.import("builtins")?.getattr("print")?.call(args, Some(&kwargs))?;
        Ok(())
    })
}

/// Raises a class with arguments that are objects: the first line is `index name` of the class (index 0: a class of Python's own) and words for further values, the last
/// of all: `in`, the handle of the exception being handled, which becomes the context; `from`, the cause, or the handle of one.
unsafe extern "C" fn raise_boxed(ctx: *mut Ctx, types: i64, len: i64, at: i64) -> u64 {
    hook(ctx, |py| {
        // SAFETY: the arguments of the symbol `raise_boxed`.
        let all = unsafe { lines(types, len)? };
        let mut head = all.first().map_or("", |l| l).split(' ');
        let (id, name) = (head.next().and_then(|n| n.parse().ok()).unwrap_or(0), head.next().unwrap_or_default());
        let class = match id {
            0 => ExcClass::Builtin(name.into()),
            id => ExcClass::Host { id, name: name.into() },
        };
        let class = pending::class(py, &class)?;
        let has = |what: &str| all.first().is_some_and(|l| l.split(' ').skip(2).any(|w| w == what));
        // SAFETY: as above.
        let mut args = unsafe { values(py, &all[1..], at as usize as *const u64)? };
        let mut further = |what: &str| if has(what) { args.pop() } else { None };
        let (cause, context) = (further("from"), further("in"));
        let types = all[1..=args.len()].iter().map(|l| line_type(l)).collect::<PyResult<Vec<_>>>()?;
        let raised = boxing::call_with(&class, &types, args)?;
        let handled = |o: Bound<'_, PyAny>| o.extract().ok().and_then(|h| pending::handled(py, h));
        if let Some(context) = context.and_then(handled) {
            // SAFETY: an exception (a class of them was called), and one that is given away.
            unsafe { ffi::PyException_SetContext(raised.as_ptr(), context.into_ptr()) };
        }
        if let Some(cause) = cause {
            raised.setattr("__cause__", as_cause(cause)?)?;
        }
        Err(PyErr::from_value(raised))
    })
}

/// What follows `from`: an exception, a class of them, None, or the handle of an exception that is being handled.
fn as_cause(cause: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    if let Ok(handle) = cause.extract::<u64>() {
        return pending::handled(cause.py(), handle).ok_or_else(|| PyRuntimeError::new_err("the cause is no longer handled"));
    }
    if cause.cast::<pyo3::types::PyType>().is_ok() { cause.call0() } else { Ok(cause) }
}

/// Signals, on the main thread; in a piece of a parallel loop, whether it is still wanted.
unsafe extern "C" fn poll(ctx: *mut Ctx) -> u64 {
    match parallel::advice() {
        Advice::Own => hook(ctx, |py| py.check_signals()),
        Advice::Help => 0,
        Advice::Leave => hook(ctx, |_| Err(PyKeyboardInterrupt::new_err("another iteration of the parallel loop has failed"))),
    }
}

unsafe extern "C" fn foreign_retain(object: usize) {
    // SAFETY: a live object (the hook's contract), attached.
    attached(|| unsafe { ffi::Py_INCREF(object as *mut ffi::PyObject) });
}

unsafe extern "C" fn foreign_release(object: usize) {
    // SAFETY: the caller owns a reference (the hook's contract), attached.
    attached(|| unsafe { ffi::Py_DECREF(object as *mut ffi::PyObject) });
}

unsafe extern "C" fn exc_matches(exception: *const Pending, object: usize, blob: u64, site: u64) -> u64 {
    // SAFETY: the runtime's copy of an exception.
    let exception = unsafe { &*exception };
    pending::matches(exception, object, blob as u32, site as u32).into()
}

/// The exception set in this thread, taken; its address, or 0.
unsafe extern "C" fn fetch_exc() -> usize {
    let mut object = 0;
    attached(|| {
        // SAFETY: attached, as `attached` ensures.
        let py = unsafe { Python::assume_attached() };
        if let Some(e) = PyErr::take(py) {
            object = e.into_value(py).into_ptr() as usize;
        }
    });
    object
}

/// Sets an exception again; takes over the reference.
unsafe extern "C" fn restore_exc(object: usize) {
    attached(|| {
        // SAFETY: attached; an owned reference to an exception.
        unsafe {
            let py = Python::assume_attached();
            PyErr::from_value(Bound::from_owned_ptr(py, object as *mut ffi::PyObject)).restore(py);
        }
    });
}

unsafe extern "C" fn clear_exc(_: *mut Ctx) {
    // SAFETY: attached.
    attached(|| unsafe { ffi::PyErr_Clear() });
}

/// Gives the runtime all hooks.
pub fn init() {
    hooks::set_print(print);
    hooks::set_raise_boxed(raise_boxed);
    hooks::set_call_object(crate::object_calls::call_object);
    looplift_runtime::text::set_text(looplift_capi::text::FNS);
    hooks::set_poll(poll);
    hooks::set_foreign_retain(foreign_retain);
    hooks::set_foreign_release(foreign_release);
    hooks::set_exc_matches(exc_matches);
    hooks::set_clear_exc(clear_exc);
    hooks::set_fetch_exc(fetch_exc);
    hooks::set_restore_exc(restore_exc);
}
