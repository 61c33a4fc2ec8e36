//! Operations of compiled code on values as Python objects: methods of texts, formatting, conversions from and to text.
//!
//! Compiled code passes a text that says what to do and of which types operands and result are (the symbol `call_object`).
//! A text is read once and kept as a [`Plan`]; a call boxes the operands, calls the Python callable, and unboxes the result.

use crate::{context, pending};
use looplift_abi::ctx::Ctx;
use looplift_abi::heap::FOREIGN_TAG;
use looplift_capi::containers::Session;
use looplift_capi::quick::Quick;
use looplift_capi::text_methods::{self, Arg, Fast, Out};
use looplift_capi::{boxing, unbox, words};
use looplift_types::{Literal, Ty, TyKind};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What is done with the operands.
enum Action {
    /// A method of the first.
    Method(Py<PyString>),
    /// A function of all; also an object of the compiled function, by its handle.
    Function(Py<PyAny>),
    /// The parts of an f-string.
    Concat(Py<PyString>),
    /// A parallel loop, which takes words.
    Parallel(Box<crate::parallel::Plan>),
}

struct Operand {
    ty: Ty,
    words: usize,
    /// The object of a literal.
    constant: Option<Py<PyAny>>,
    /// How values become objects the short way, if they do.
    quick: Option<Quick>,
    /// The word names the object itself, which is no text.
    object: bool,
}

struct Plan {
    action: Action,
    /// The result is negated (`not in`).
    negated: bool,
    /// Names of the last operands.
    keywords: Option<Py<PyTuple>>,
    result: Ty,
    result_words: usize,
    operands: Vec<Operand>,
    /// What answers without a call of Python, mostly.
    fast: Option<Fast>,
    /// All operands go the short way, and the result as this says.
    short: Option<Short>,
}

/// A result that goes the short way.
#[derive(Clone, Copy)]
enum Short {
    Word(Quick),
    Bool,
    Nothing,
}

/// Operands of a call that goes the short way.
const MOST_SHORT: usize = 8;

/// A text and its plan.
type Planned = (Box<[u8]>, Arc<Plan>);

/// By the address of the text, which is compared: another function's text may come to lie there.
static PLANS: Mutex<BTreeMap<usize, Planned>> = Mutex::new(BTreeMap::new());
/// With more, all are given up.
const MAX_PLANS: usize = 8192;

/// The object of a dotted name: an attribute of a module, or of a class in it.
fn named<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let mut parts = name.split('.');
    let mut path = parts.next().unwrap_or_default().to_owned();
    let mut found = py.import(&*path)?.into_any();
    for part in parts {
        path = format!("{path}.{part}");
        found = match found.getattr(part) {
            Ok(o) => o,
            Err(_) => py.import(&*path)?.into_any(),
        };
    }
    Ok(found)
}

/// The plan of a text: `#handle:number` is a parallel loop for the types that it knows by a number. Otherwise its first line is `[!]callable [keyword…]`, the callable `.method`, `module.function`, `#handle`, or empty for the
/// parts of an f-string; then the result's type and the operands'.
fn read(py: Python<'_>, text: &[u8]) -> PyResult<Plan> {
    let malformed = || PyTypeError::new_err("a call of an object is malformed");
    let text = std::str::from_utf8(text).map_err(|_| malformed())?;
    if let Some((handle, number)) = text.strip_prefix('#').and_then(|t| t.split_once(':')) {
        let f = handle.parse().ok().and_then(|id| looplift_capi::objects::get(py, id)).ok_or_else(malformed)?;
        let plan = crate::parallel::Plan::new(py, &f, number.parse().map_err(|_| malformed())?)?;
        return Ok(Plan {
            action: Action::Parallel(Box::new(plan)),
            negated: false,
            keywords: None,
            result: Ty::none(),
            result_words: 0,
            operands: Vec::new(),
            fast: None,
            short: None,
        });
    }
    let mut lines = text.split('\n');
    let mut head = lines.next().ok_or_else(malformed)?.split(' ');
    let callable = head.next().ok_or_else(malformed)?;
    let (negated, callable) = callable.strip_prefix('!').map_or((false, callable), |c| (true, c));
    let object = callable.strip_prefix('#').and_then(|n| n.parse().ok());
    let action = match callable.rsplit_once('.') {
        _ if object.is_some() => {
            let gone = || PyTypeError::new_err("what the compiled code calls is gone");
            Action::Function(object.and_then(|id| looplift_capi::objects::get(py, id)).ok_or_else(gone)?.unbind())
        }
        None => Action::Concat(PyString::new(py, "").unbind()),
        Some(("", name)) => Action::Method(PyString::intern(py, name).unbind()),
        Some(_) => Action::Function(named(py, callable)?.unbind()),
    };
    let names: Vec<&str> = head.collect();
    let keywords = if names.is_empty() { None } else { Some(PyTuple::new(py, names.iter().map(|n| PyString::intern(py, n)))?.unbind()) };
    let result = context::line_type(lines.next().ok_or_else(malformed)?)?;
    let count = |ty: Ty| words::count(ty).ok_or_else(|| PyTypeError::new_err(format!("values of type {ty} cannot be made into objects")));
    let operands = lines
        .map(|line| {
            let ty = context::line_type(line)?;
            let constant = match ty.kind() {
                TyKind::Literal(Literal::Str(s)) => Some(PyString::new(py, s).into_any().unbind()),
                // SAFETY: a literal has no words.
                TyKind::Literal(_) | TyKind::None => Some(unsafe { boxing::to_python(py, ty, &[], context::release)? }.unbind()),
                _ => None,
            };
            let words = if *ty.kind() == TyKind::Exception { 1 } else { count(ty)? };
            Ok(Operand { ty, words, constant, quick: Quick::of(ty), object: matches!(ty.kind(), TyKind::Stream(_)) })
        })
        .collect::<PyResult<Vec<_>>>()?;
    let all_short = operands.len() <= MOST_SHORT && operands.iter().all(|o: &Operand| o.constant.is_some() || o.quick.is_some() || o.object);
    let calls = keywords.is_none() && matches!(action, Action::Method(_) | Action::Function(_));
    let short = match result.kind() {
        _ if !all_short || !calls => None,
        TyKind::Bool => Some(Short::Bool),
        TyKind::None if !negated => Some(Short::Nothing),
        _ if negated => None,
        _ => Quick::of(result).map(Short::Word),
    };
    let fast = if all_short && calls && !negated { text_methods::fast(callable) } else { None };
    Ok(Plan { action, negated, keywords, result, result_words: count(result)?, operands, fast, short })
}

thread_local! {
    /// Plans that this thread used last, by the address of the text, which is compared.
    static RECENT: RefCell<[Option<Planned>; RECENT_PLANS]> = const { RefCell::new([const { None }; RECENT_PLANS]) };
}
const RECENT_PLANS: usize = 32;

fn place_of(text: &[u8]) -> usize {
    (text.as_ptr() as usize >> 4) % RECENT_PLANS
}

fn plan(py: Python<'_>, text: &[u8]) -> PyResult<Arc<Plan>> {
    let place = place_of(text);
    let known = RECENT.with_borrow(|r| r[place].as_ref().filter(|(of, _)| **of == *text).map(|(_, p)| p.clone()));
    if let Some(p) = known {
        return Ok(p);
    }
    let found = shared_plan(py, text)?;
    let old = RECENT.with_borrow_mut(|r| r[place].replace((text.into(), found.clone())));
    drop(old);
    Ok(found)
}

fn shared_plan(py: Python<'_>, text: &[u8]) -> PyResult<Arc<Plan>> {
    let plans = || PLANS.lock().unwrap_or_else(PoisonError::into_inner);
    let address = text.as_ptr() as usize;
    if let Some((of, p)) = plans().get(&address)
        && **of == *text
    {
        return Ok(p.clone());
    }
    let made = Arc::new(read(py, text)?);
    let mut plans = plans();
    // Plans that are given up are dropped outside of the lock.
    let old = if plans.len() >= MAX_PLANS { std::mem::take(&mut *plans) } else { BTreeMap::new() };
    let replaced = plans.insert(address, (text.into(), made.clone()));
    drop(plans);
    drop((old, replaced));
    Ok(made)
}

/// A literal as an operand of what answers without Python.
fn constant(object: &Bound<'_, PyAny>) -> Arg {
    if object.is_none() {
        return Arg::None;
    }
    // SAFETY: attached; a valid object. A text is borrowed from the plan.
    unsafe {
        if let Some(word) = Quick::Int.word(object.as_ptr()) {
            return Arg::Int(word as i64);
        }
        if ffi::PyUnicode_CheckExact(object.as_ptr()) != 0 { Arg::Text(object.as_ptr()) } else { Arg::Other }
    }
}

impl Plan {
    /// # Safety
    /// `at` has the operands' words, borrowed.
    unsafe fn objects<'py>(&self, py: Python<'py>, at: *const u64) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let mut at = at;
        let mut out = Vec::with_capacity(self.operands.len());
        for o in &self.operands {
            if let Some(c) = &o.constant {
                out.push(c.bind(py).clone());
                continue;
            }
            // SAFETY: the caller's promise.
            let value = if o.words == 0 { &[] } else { unsafe { std::slice::from_raw_parts(at, o.words) } };
            if *o.ty.kind() == TyKind::Exception {
                out.push(pending::handled(py, value[0]).ok_or_else(|| PyRuntimeError::new_err("the exception is no longer handled"))?);
                // SAFETY: the next operand's words follow.
                at = unsafe { at.add(1) };
                continue;
            }
            context::own(o.ty, value);
            // SAFETY: the words are a value of the type, now owned; the next operand's follow.
            unsafe {
                out.push(boxing::to_python(py, o.ty, value, context::release)?);
                at = at.add(o.words);
            }
        }
        Ok(out)
    }

    /// Answers without a call of Python; false if there is no such answer.
    ///
    /// # Safety
    /// Attached; `at` has the operands' words, borrowed; there is room for the result's at `out`.
    unsafe fn answer(&self, py: Python<'_>, f: Fast, at: *const u64, out: *mut u64) -> bool {
        let mut args = [Arg::Other; MOST_SHORT];
        let mut at = at;
        for (o, arg) in self.operands.iter().zip(&mut args) {
            // SAFETY: the caller's promise; a word of a text names a live one.
            unsafe {
                if let Some(c) = &o.constant {
                    *arg = constant(c.bind(py));
                    continue;
                }
                *arg = match o.quick {
                    Some(Quick::Int) => Arg::Int(at.read() as i64),
                    Some(Quick::Float) => Arg::Float(f64::from_bits(at.read())),
                    Some(Quick::Text) if at.read() as usize & !FOREIGN_TAG != 0 => Arg::Text((at.read() as usize & !FOREIGN_TAG) as *mut ffi::PyObject),
                    _ => Arg::Other,
                };
                at = at.add(o.words);
            }
        }
        let text = |o: *mut ffi::PyObject| (o as usize | FOREIGN_TAG) as u64;
        // SAFETY: attached; results are owned, and there is room for their words.
        unsafe {
            match (f(args.get(..self.operands.len()).unwrap_or(&[])), self.result.kind()) {
                (Some(Out::Text(o)), TyKind::Str) => out.write(text(o)),
                (Some(Out::Int(v)), TyKind::Int(i)) if i.bits == 64 && i.signed => out.write(v as u64),
                (Some(Out::Float(v)), TyKind::Float(looplift_types::FloatTy::F64)) => out.write(v.to_bits()),
                (Some(Out::Texts(parts)), TyKind::Tuple(_)) if self.result_words == parts.len() => {
                    for (k, o) in parts.into_iter().enumerate() {
                        out.add(k).write(text(o));
                    }
                }
                (Some(Out::Text(o)), _) => {
                    ffi::Py_DECREF(o);
                    return false;
                }
                (Some(Out::Texts(parts)), _) => {
                    parts.into_iter().for_each(|o| ffi::Py_DECREF(o));
                    return false;
                }
                (Some(Out::Int(_) | Out::Float(_)) | None, _) => return false,
            }
        }
        true
    }

    /// Calls with operands and a result that go the short way.
    ///
    /// # Safety
    /// As for [`Plan::answer`].
    unsafe fn call_shortly(&self, py: Python<'_>, short: Short, at: *const u64, out: *mut u64) -> PyResult<()> {
        let mut pointers = [std::ptr::null_mut::<ffi::PyObject>(); MOST_SHORT];
        let n = self.operands.len();
        let mut made: Vec<Bound<'_, PyAny>> = Vec::new();
        let mut at = at;
        for (o, pointer) in self.operands.iter().zip(&mut pointers) {
            // SAFETY: the caller's promise; a word of a text or of an object names a live one, which is borrowed.
            unsafe {
                if let Some(c) = &o.constant {
                    *pointer = c.as_ptr();
                    continue;
                }
                let word = at.read();
                at = at.add(o.words);
                let place = (word as usize & !FOREIGN_TAG) as *mut ffi::PyObject;
                match o.quick {
                    _ if o.object && !place.is_null() => *pointer = place,
                    Some(Quick::Text) if word as usize & !FOREIGN_TAG != 0 => *pointer = place,
                    Some(kind) => {
                        let object = Bound::from_owned_ptr_or_err(py, kind.object(word))?;
                        *pointer = object.as_ptr();
                        made.push(object);
                    }
                    None => return Err(PyTypeError::new_err("an operand has no object")),
                }
            }
        }
        // SAFETY: attached; `n` live operands; the result's words have room, and a text's word takes its reference over.
        unsafe {
            let result = match &self.action {
                Action::Method(name) => ffi::PyObject_VectorcallMethod(name.as_ptr(), pointers.as_ptr(), n, std::ptr::null_mut()),
                Action::Function(f) => ffi::PyObject_Vectorcall(f.as_ptr(), pointers.as_ptr(), n, std::ptr::null_mut()),
                Action::Concat(_) | Action::Parallel(_) => std::ptr::null_mut(),
            };
            let result = Bound::from_owned_ptr_or_err(py, result)?;
            match short {
                Short::Nothing => {}
                Short::Bool => out.write(u64::from(result.is_truthy()? != self.negated)),
                Short::Word(kind) => match kind.word(result.as_ptr()) {
                    Some(word) => {
                        out.write(word);
                        if matches!(kind, Quick::Text) {
                            std::mem::forget(result);
                        }
                    }
                    None => {
                        let words = std::slice::from_raw_parts_mut(out, self.result_words);
                        unbox::convert(&result, self.result, words)?;
                        context::own(self.result, words);
                    }
                },
            }
        }
        Ok(())
    }

    fn call<'py>(&self, py: Python<'py>, objects: &[Bound<'py, PyAny>]) -> PyResult<Bound<'py, PyAny>> {
        if let Action::Concat(empty) = &self.action {
            let parts = PyTuple::new(py, objects)?;
            // SAFETY: attached; a str and a tuple.
            return unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyUnicode_Join(empty.as_ptr(), parts.as_ptr())) };
        }
        let pointers: Vec<*mut ffi::PyObject> = objects.iter().map(|o| o.as_ptr()).collect();
        let (names, named) = match &self.keywords {
            Some(k) => (k.as_ptr(), k.bind(py).len()),
            None => (std::ptr::null_mut(), 0),
        };
        let n = pointers.len().saturating_sub(named);
        // SAFETY: attached; the vector has the positional operands, then one for each name.
        unsafe {
            let result = match &self.action {
                Action::Method(name) => ffi::PyObject_VectorcallMethod(name.as_ptr(), pointers.as_ptr(), n, names),
                Action::Function(f) => ffi::PyObject_Vectorcall(f.as_ptr(), pointers.as_ptr(), n, names),
                Action::Concat(_) | Action::Parallel(_) => std::ptr::null_mut(),
            };
            Bound::from_owned_ptr_or_err(py, result)
        }
    }
}

/// Whether a plan that this thread knows answers without a call of Python. Nothing runs meanwhile that could look for a plan.
///
/// # Safety
/// The arguments of the symbol `call_object`.
unsafe fn answered_at_once(text: i64, len: i64, at: i64, out: i64) -> bool {
    // SAFETY: may be called at any time; address and length of constant text; the words of the operands that it describes.
    unsafe {
        if ffi::PyGILState_Check() == 0 {
            return false;
        }
        let text = std::slice::from_raw_parts(text as usize as *const u8, len as usize);
        let answer = || {
            RECENT.with_borrow(|r| match &r[place_of(text)] {
                Some((of, plan)) if **of == *text => {
                    plan.fast.is_some_and(|f| plan.answer(Python::assume_attached(), f, at as usize as *const u64, out as usize as *mut u64))
                }
                _ => false,
            })
        };
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(answer)).unwrap_or(false)
    }
}

/// See the symbol `call_object`.
///
/// # Safety
/// The arguments of that symbol.
pub unsafe extern "C" fn call_object(ctx: *mut Ctx, text: i64, len: i64, at: i64, out: i64) -> u64 {
    // SAFETY: the arguments of the symbol.
    if unsafe { answered_at_once(text, len, at, out) } {
        return 0;
    }
    context::hook(ctx, |py| {
        // SAFETY: address and length of constant text.
        let plan = plan(py, unsafe { std::slice::from_raw_parts(text as usize as *const u8, len as usize) })?;
        if let Action::Parallel(p) = &plan.action {
            // SAFETY: the operands' words, and room for the result's.
            return unsafe { p.run(py, at as usize as *const u64, out as usize as *mut u64) };
        }
        // SAFETY: the words of the operands that the text describes, and room for the result's.
        unsafe {
            let (at, out) = (at as usize as *const u64, out as usize as *mut u64);
            if let Some(f) = plan.fast
                && plan.answer(py, f, at, out)
            {
                return Ok(());
            }
            if let Some(short) = plan.short {
                return plan.call_shortly(py, short, at, out);
            }
        }
        // SAFETY: the words of the operands that the text describes.
        let objects = unsafe { plan.objects(py, at as usize as *const u64)? };
        let result = plan.call(py, &objects)?;
        // SAFETY: the result's words have room there.
        let words = if plan.result_words == 0 { &mut [] } else { unsafe { std::slice::from_raw_parts_mut(out as usize as *mut u64, plan.result_words) } };
        if plan.negated {
            words[0] = u64::from(!result.is_truthy()?);
            return Ok(());
        }
        // What `convert` gives is borrowed from the result, containers from the session.
        let session = Session::begin();
        unbox::convert(&result, plan.result, words)?;
        context::own(plan.result, words);
        drop(session);
        Ok(())
    })
}
