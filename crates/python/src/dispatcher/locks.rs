//! Calls with `numpy.random.Generator`s among their arguments hold the generators' locks.
//!
//! Compiled code changes a generator's state in memory, and may do so without the GIL; NumPy's own methods change it under the lock of the
//! bit generator, which one thread may take several times. Taken once for each call, in the order of addresses, it keeps threads that
//! share a generator apart. Locks that a thread cannot take twice are left alone, since compiled code may call Python.

use super::Overload;
use super::call::without_gil;
use looplift_abi::ctx::Ctx;
use looplift_abi::heap::FOREIGN_TAG;
use looplift_capi::words;
use looplift_types::{Ty, TyKind};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::cell::RefCell;

/// The status of a call that did not come to run: Python's exception is set.
pub const NOT_RUN: u64 = u64::MAX;

/// The numbers of the words, among those of arguments of these types, that are generators' objects.
pub fn places(types: &[Ty]) -> Box<[usize]> {
    fn walk(ty: Ty, at: usize, out: &mut Vec<usize>) {
        if matches!(ty.kind(), TyKind::Generator) {
            out.push(at);
        } else if let Some(elems) = ty.tuple_elems() {
            walk_all(elems, at, out);
        }
    }
    fn walk_all(types: &[Ty], mut at: usize, out: &mut Vec<usize>) {
        for &t in types {
            walk(t, at, out);
            at += words::count(t).unwrap_or(0);
        }
    }
    let mut out = Vec::new();
    walk_all(types, 0, &mut out);
    out.into()
}

thread_local! {
    /// The locks that calls of this thread hold, in the order in which they were taken.
    static HELD: RefCell<Vec<Py<PyAny>>> = const { RefCell::new(Vec::new()) };
}

/// Locks that a call holds: so many at the end of [`HELD`].
struct Held(usize);

impl Held {
    fn take(&mut self, py: Python<'_>, object: usize) -> PyResult<()> {
        // SAFETY: the caller holds the argument.
        let generator = unsafe { Bound::from_borrowed_ptr(py, object as *mut pyo3::ffi::PyObject) };
        let lock = generator.getattr(intern!(py, "bit_generator"))?.getattr(intern!(py, "lock"))?;
        if lock.get_type().is(reentrant(py)?) {
            lock.call_method0(intern!(py, "acquire"))?;
            HELD.with_borrow_mut(|held| held.push(lock.unbind()));
            self.0 += 1;
        }
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: calls begin and end attached.
        let py = unsafe { Python::assume_attached() };
        for _ in 0..self.0 {
            if let Some(lock) = HELD.with_borrow_mut(Vec::pop) {
                // (It was taken by this thread: nothing can be wrong with giving it back.)
                let _ = lock.call_method0(py, intern!(py, "release"));
            }
        }
    }
}

/// Gives the locks of this thread's calls back while `f` runs: it waits for other threads, which may draw from the same generators.
/// What `f` itself comes to (a parallel loop inside of one) holds none of them.
pub fn aside<T>(py: Python<'_>, f: impl FnOnce() -> T) -> PyResult<T> {
    let locks = HELD.take();
    for lock in locks.iter().rev() {
        // (As where a call ends.)
        let _ = lock.call_method0(py, intern!(py, "release"));
    }
    let result = f();
    let mut interrupted = None;
    for lock in &locks {
        // A signal handler may raise while the thread waits; what follows relies on the lock.
        while let Err(e) = lock.call_method0(py, intern!(py, "acquire")) {
            interrupted = Some(e);
        }
    }
    HELD.set(locks);
    interrupted.map_or(Ok(result), Err)
}

/// The class of locks that one thread may take several times.
fn reentrant<'py>(py: Python<'py>) -> PyResult<&'py Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CLASS.get_or_try_init(py, || Ok::<_, PyErr>(py.import("threading")?.getattr("RLock")?.call0()?.get_type().into_any().unbind()))?;
    Ok(class.bind(py))
}

/// Runs a signature that releases the GIL, or has generators among its arguments.
///
/// # Safety
/// As for the signature's entry; attached.
#[inline(never)]
pub unsafe fn call(o: &Overload, ctx: *mut Ctx, args: *const u64, ret: *mut u64) -> u64 {
    let run = || {
        // SAFETY: the caller's promise.
        unsafe { if o.nogil { without_gil(o, ctx, args, ret) } else { (o.entry)(ctx, args, ret) } }
    };
    if o.generators.is_empty() {
        return run();
    }
    // SAFETY: the words of the arguments.
    let mut objects: Vec<usize> = o.generators.iter().map(|&at| unsafe { *args.add(o.head + at) } as usize & !FOREIGN_TAG).collect();
    objects.sort_unstable();
    objects.dedup();
    // SAFETY: attached.
    let py = unsafe { Python::assume_attached() };
    let mut held = Held(0);
    for object in objects {
        if let Err(e) = held.take(py, object) {
            drop(held);
            e.restore(py);
            return NOT_RUN;
        }
    }
    let status = run();
    drop(held);
    status
}
