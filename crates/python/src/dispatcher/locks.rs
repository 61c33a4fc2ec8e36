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

/// Locks that are held.
struct Held<'py>(Vec<Bound<'py, PyAny>>);

impl Held<'_> {
    fn take(&mut self, object: usize) -> PyResult<()> {
        // (The vector gives the token.)
        // SAFETY: attached; the caller holds the argument.
        let (py, generator) = unsafe {
            let py = Python::assume_attached();
            (py, Bound::from_borrowed_ptr(py, object as *mut pyo3::ffi::PyObject))
        };
        let lock = generator.getattr(intern!(py, "bit_generator"))?.getattr(intern!(py, "lock"))?;
        if lock.get_type().is(reentrant(py)?) {
            lock.call_method0(intern!(py, "acquire"))?;
            // SAFETY: the same thread's token; the vector lives as long as it is attached.
            self.0.push(unsafe { Bound::from_owned_ptr(Python::assume_attached(), lock.into_ptr()) });
        }
        Ok(())
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        for lock in self.0.drain(..).rev() {
            // (It was taken by this thread: nothing can be wrong with giving it back.)
            let _ = lock.call_method0(intern!(lock.py(), "release"));
        }
    }
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
    let mut held = Held(Vec::with_capacity(objects.len()));
    for object in objects {
        if let Err(e) = held.take(object) {
            drop(held);
            // SAFETY: attached.
            e.restore(unsafe { Python::assume_attached() });
            return NOT_RUN;
        }
    }
    let status = run();
    drop(held);
    status
}
