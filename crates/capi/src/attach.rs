//! Python for threads that may have let it go: compiled code that runs without the interpreter's lock and needs Python for a moment.
//!
//! The interpreter may be at its end meanwhile: daemon threads run on while it is taken down, and after that until the process is
//! gone. What a thread asks of Python then has no answer, and asking reads what has been freed. Such a thread waits for the end of the
//! process, as CPython has its own threads wait.

use pyo3::ffi;
use pyo3::prelude::*;
use std::time::Duration;

/// Whether this thread is attached to the interpreter.
fn is_attached() -> bool {
    // SAFETY: may be called at any time. (After the interpreter's end no thread has a state, but every thread is said to be the current
    // one.)
    unsafe { !ffi::PyGILState_GetThisThreadState().is_null() && ffi::PyGILState_Check() == 1 }
}

#[cfg(Py_3_13)]
use ffi::Py_IsFinalizing as is_finalizing;
#[cfg(not(Py_3_13))]
unsafe extern "C" {
    #[link_name = "_Py_IsFinalizing"]
    fn is_finalizing() -> std::ffi::c_int;
}

/// Whether the interpreter is being taken down, or has been.
fn is_ending() -> bool {
    // SAFETY: may be called at any time.
    unsafe { ffi::Py_IsInitialized() == 0 || is_finalizing() != 0 }
}

/// Waits until the process is gone, if the interpreter is at its end. For threads that are not attached.
pub fn wait_at_end() {
    while is_ending() {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

/// The interpreter's lock, which this thread did not have.
struct Held(ffi::PyGILState_STATE);

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: taken by this thread.
        unsafe { ffi::PyGILState_Release(self.0) };
    }
}

/// Runs `f` attached.
///
/// PyO3's own count is not asked whether the thread is attached: NumPy lets the interpreter go without telling PyO3.
pub fn attach<R>(f: impl FnOnce(Python<'_>) -> R) -> R {
    let _held = (!is_attached()).then(|| {
        wait_at_end();
        // SAFETY: the interpreter lives: this module is its. (Should its end begin right here, CPython has the thread wait.)
        Held(unsafe { ffi::PyGILState_Ensure() })
    });
    // SAFETY: attached.
    unsafe { Python::attach_unchecked(f) }
}

/// As [`attach`], at little cost where the thread is attached already; PyO3 is not told then that it is.
#[inline]
pub fn attached<R>(f: impl FnOnce() -> R) -> R {
    if is_attached() { f() } else { attach(|_| f()) }
}
