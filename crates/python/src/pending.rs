//! The pending exception of compiled code becomes a Python exception with a traceback entry for each compiled frame.

use crate::errors as own;
use looplift_abi::RtError;
use looplift_abi::ctx::{Ctx, Frame, Pending};
use looplift_capi::attach::attach;
use looplift_capi::errors::{Line, add_traceback};
use looplift_capi::objects;
use looplift_codegen::registry;
use looplift_mir::{ExcArg, ExcClass, Payload, SiteKind};
use looplift_runtime::exceptions::{KIND_HOST, KIND_NONE, KIND_RUNTIME, KIND_SITE, is_subclass, kept_frames};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// Python's text of a payload word.
fn word_text(py: Python<'_>, kind: Payload, word: u64) -> String {
    word_object(py, kind, word).and_then(|o| o.str().map(|s| s.to_string())).unwrap_or_default()
}

fn word_object(py: Python<'_>, kind: Payload, word: u64) -> PyResult<Bound<'_, PyAny>> {
    Ok(match kind {
        Payload::Int => (word as i64).into_pyobject(py)?.into_any(),
        Payload::Uint => word.into_pyobject(py)?.into_any(),
        Payload::Float => f64::from_bits(word).into_pyobject(py)?.into_any(),
        Payload::Bool => (word as u8 != 0).into_pyobject(py)?.to_owned().into_any(),
    })
}

/// The words of a site's payload, read in order.
struct Words<'a> {
    kinds: &'a [Payload],
    words: &'a [u64],
    at: usize,
}

impl Words<'_> {
    fn next(&mut self) -> Option<(Payload, u64)> {
        let k = self.at;
        self.at += 1;
        Some((*self.kinds.get(k)?, *self.words.get(k)?))
    }
}

/// `text` with each `{}` replaced by the next payload word.
fn format(py: Python<'_>, text: &str, words: &mut Words<'_>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split("{}");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        if let Some((kind, word)) = words.next() {
            out.push_str(&word_text(py, kind, word));
        }
        out.push_str(part);
    }
    out
}

pub fn class<'py>(py: Python<'py>, class: &ExcClass) -> PyResult<Bound<'py, PyAny>> {
    match class {
        ExcClass::Builtin(name) => match py.import("builtins")?.getattr(&**name) {
            Ok(c) => Ok(c),
            Err(_) => py.import("looplift.errors")?.getattr(&**name),
        },
        ExcClass::Host { id, name } => objects::get(py, *id).ok_or_else(|| own::internal(py, &format!("the exception class {name} is gone"))),
    }
}

/// The exception of a site with its payload.
fn of_site(py: Python<'_>, kind: &SiteKind, payload: &[u64]) -> PyResult<PyErr> {
    let SiteKind::Raise { class: c, args, payload: kinds } = kind else {
        return Ok(own::internal(py, "an exception was raised at a place that only passes exceptions on"));
    };
    let mut words = Words { kinds, words: payload, at: 0 };
    let mut objects: Vec<Bound<'_, PyAny>> = Vec::with_capacity(args.len());
    for a in args {
        objects.push(match a {
            ExcArg::Format(text) => format(py, text, &mut words).into_pyobject(py)?.into_any(),
            ExcArg::Payload(_) => match words.next() {
                Some((kind, word)) => word_object(py, kind, word)?,
                None => py.None().into_bound(py),
            },
            ExcArg::ConstStr(text) => (&**text).into_pyobject(py)?.into_any(),
            ExcArg::ConstInt(v) => v.into_pyobject(py)?.into_any(),
            ExcArg::ConstFloat(bits) => f64::from_bits(*bits).into_pyobject(py)?.into_any(),
            ExcArg::ConstBool(b) => b.into_pyobject(py)?.to_owned().into_any(),
            ExcArg::ConstNone => py.None().into_bound(py),
        });
    }
    Ok(PyErr::from_value(class(py, c)?.call1(PyTuple::new(py, objects)?)?))
}

fn of_runtime(py: Python<'_>, code: u32, payload: &[u64]) -> PyErr {
    let Some(e) = RtError::from_code(code) else {
        return own::internal(py, &format!("runtime error {code}"));
    };
    let (name, text) = e.class_and_message();
    let message = format(py, text, &mut Words { kinds: &[Payload::Int; looplift_abi::ctx::MAX_PAYLOAD], words: payload, at: 0 });
    match class(py, &ExcClass::Builtin(name.into())).and_then(|c| c.call1((message,))) {
        Ok(e) => PyErr::from_value(e),
        Err(e) => e,
    }
}

/// Traceback lines of a frame, innermost first.
fn lines_of(frame: Frame, out: &mut Vec<Line>) {
    if let Some(site) = registry::site(frame) {
        out.extend(site.chain.iter().map(|l| Line { file: l.filename.to_string(), function: l.function.to_string(), line: l.line }));
    }
}

/// Makes an exception the current one as a `raise` statement does: what is being handled becomes its context.
fn set(py: Python<'_>, e: &PyErr) {
    let value = e.value(py);
    // SAFETY: attached; a class and an instance of it.
    unsafe { ffi::PyErr_SetObject(value.get_type().as_ptr(), value.as_ptr()) };
}

/// The exception that the interpreter is handling.
fn handled_by_caller(py: Python<'_>) -> Option<PyErr> {
    // SAFETY: attached; a new reference or null.
    let found = unsafe { Bound::from_owned_ptr_or_opt(py, ffi::PyErr_GetHandledException()) }?;
    (!found.is_none()).then(|| PyErr::from_value(found))
}

/// Sets the Python exception and clears the pending one.
pub fn raise(py: Python<'_>, ctx: &mut Ctx) {
    let p = &mut ctx.pending;
    let mut lines = Vec::new();
    match p.kind {
        KIND_HOST => {}
        KIND_SITE => {
            lines_of(p.origin, &mut lines);
            let made = match registry::site(p.origin) {
                Some(site) => of_site(py, &site.kind, &p.payload).unwrap_or_else(|e| e),
                None => own::internal(py, "an exception from code that no longer exists"),
            };
            set(py, &made);
        }
        KIND_RUNTIME => match handled_by_caller(py).filter(|_| p.code == RtError::NoActiveException.code()) {
            // `raise` alone raises what the interpreter is handling around the call.
            Some(e) => e.restore(py),
            None => set(py, &of_runtime(py, p.code, &p.payload)),
        },
        _ => own::internal(py, "compiled code failed without an exception").restore(py),
    }
    for f in kept_frames(p) {
        lines_of(*f, &mut lines);
    }
    p.kind = KIND_NONE;
    p.frame_count = 0;
    looplift_runtime::thread::call_failed();
    if PyErr::occurred(py) {
        add_traceback(py, &lines);
    }
}

/// The Python exception of one that is being handled, by its handle.
pub fn handled<'py>(py: Python<'py>, handle: u64) -> Option<Bound<'py, PyAny>> {
    let (pending, object) = looplift_runtime::handled::get(handle)?;
    if object != 0 {
        // SAFETY: attached; the runtime's entry owns the object.
        return Some(unsafe { Bound::from_borrowed_ptr(py, object as *mut ffi::PyObject) });
    }
    let made = match pending.kind {
        KIND_SITE => of_site(py, &registry::site(pending.origin)?.kind, &pending.payload).unwrap_or_else(|e| e),
        KIND_RUNTIME => of_runtime(py, pending.code, &pending.payload),
        _ => return None,
    };
    Some(made.into_value(py).into_bound(py).into_any())
}

/// Whether an exception (with its object, if it is Python's already) is an instance of the class that a site names.
pub fn matches(pending: &Pending, object: usize, blob: u32, site: u32) -> bool {
    let Some(wanted) = registry::site(Frame { blob, site }) else { return false };
    let SiteKind::Raise { class: wanted, .. } = &wanted.kind else { return false };
    let origin;
    let raised: &str = match pending.kind {
        KIND_SITE => match registry::site(pending.origin) {
            Some(s) => match s.kind {
                SiteKind::Raise { class: ExcClass::Builtin(name), .. } => {
                    origin = name;
                    &origin
                }
                SiteKind::Raise { class: raised, .. } => return matches_class(&raised, wanted),
                SiteKind::Propagate => return false,
            },
            None => return false,
        },
        KIND_RUNTIME => match RtError::from_code(pending.code) {
            Some(e) => e.class_and_message().0,
            None => return false,
        },
        KIND_HOST => {
            return attach(|py| match class(py, wanted) {
                // SAFETY: attached; a live exception that the caller keeps.
                Ok(c) if object != 0 => unsafe { ffi::PyErr_GivenExceptionMatches(object as *mut ffi::PyObject, c.as_ptr()) != 0 },
                Ok(_) => false,
                Err(_) => false,
            });
        }
        _ => return false,
    };
    match wanted {
        ExcClass::Builtin(w) => is_subclass(raised, w),
        ExcClass::Host { .. } => matches_class(&ExcClass::Builtin(raised.into()), wanted),
    }
}

fn matches_class(raised: &ExcClass, wanted: &ExcClass) -> bool {
    attach(|py| {
        let (Ok(r), Ok(w)) = (class(py, raised), class(py, wanted)) else { return false };
        r.cast::<pyo3::types::PyType>().is_ok_and(|r| r.is_subclass(&w).unwrap_or(false))
    })
}
