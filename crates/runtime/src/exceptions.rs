//! The pending exception: made by the runtime itself, traced, matched, dropped. And the tree of builtin exception classes,
//! for embeddings (and tests) that match without asking Python.

use crate::hooks;
use looplift_abi::RtError;
use looplift_abi::ctx::{Ctx, Frame, MAX_FRAMES, MAX_PAYLOAD};
use std::sync::atomic::Ordering;

/// `Pending::kind`: nothing.
pub const KIND_NONE: u32 = 0;
/// A site of compiled code raised.
pub const KIND_SITE: u32 = 1;
/// The host's thread state holds it.
pub const KIND_HOST: u32 = 2;
/// The runtime raised.
pub const KIND_RUNTIME: u32 = 3;

/// Makes an exception of the runtime pending and gives status 1.
///
/// # Safety
/// `ctx` is the calling thread's context.
pub unsafe fn set(ctx: *mut Ctx, error: RtError, payload: &[u64]) -> u64 {
    // SAFETY: only the owning thread touches `pending`; the borrow ends here.
    let pending = unsafe { &mut (*ctx).pending };
    pending.kind = KIND_RUNTIME;
    pending.code = error.code();
    pending.frame_count = 0;
    for (slot, &word) in pending.payload.iter_mut().zip(payload.iter().take(MAX_PAYLOAD)) {
        *slot = word;
    }
    1
}

/// Makes an exception that the host holds pending (kind 2) and gives status 1.
///
/// # Safety
/// `ctx` is the calling thread's context.
pub unsafe fn set_host(ctx: *mut Ctx) -> u64 {
    // SAFETY: only the owning thread touches `pending`.
    let pending = unsafe { &mut (*ctx).pending };
    pending.kind = KIND_HOST;
    pending.frame_count = 0;
    1
}

/// Runs a helper that may panic; a panic becomes an internal error and status 1.
///
/// # Safety
/// `ctx` is the calling thread's context.
pub unsafe fn catch(ctx: *mut Ctx, f: impl FnOnce() -> u64) -> u64 {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)) {
        Ok(status) => status,
        // SAFETY: as above.
        Err(_) => unsafe { set(ctx, RtError::Internal, &[]) },
    }
}

/// # Safety
/// `ctx` is the calling thread's context.
pub(crate) unsafe extern "C" fn push_frame(ctx: *mut Ctx, blob: u64, site: u64) {
    // SAFETY: only the owning thread touches `pending`.
    let pending = unsafe { &mut (*ctx).pending };
    if let Some(slot) = pending.frames.get_mut(pending.frame_count as usize) {
        *slot = Frame { blob: blob as u32, site: site as u32 };
    }
    pending.frame_count = pending.frame_count.saturating_add(1);
}

/// # Safety
/// `ctx` is the calling thread's context, with an exception pending or being handled.
pub(crate) unsafe extern "C" fn exc_matches(ctx: *mut Ctx, blob: u64, site: u64) -> u64 {
    let Some(f) = hooks::exc_matches_hook() else { return 0 };
    // SAFETY: only the owning thread touches `pending`.
    let pending = unsafe { (*ctx).pending };
    let (exception, object) = if pending.kind == KIND_NONE { crate::handled::topmost().unwrap_or((pending, 0)) } else { (pending, 0) };
    // SAFETY: passed on under the same contract.
    u64::from(unsafe { f(&raw const exception, object, blob, site) } != 0)
}

/// # Safety
/// `ctx` is the calling thread's context.
pub(crate) unsafe extern "C" fn clear_exc(ctx: *mut Ctx) {
    // SAFETY: only the owning thread touches `pending`; the borrow ends before the hook runs.
    let kind = unsafe { std::mem::replace(&mut (*ctx).pending.kind, KIND_NONE) };
    if kind == KIND_HOST
        && let Some(f) = hooks::clear_exc_hook()
    {
        // SAFETY: passed on under the same contract.
        unsafe { f(ctx) };
    }
}

/// # Safety
/// `ctx` is the calling thread's context.
pub(crate) unsafe extern "C" fn poll_slow(ctx: *mut Ctx) -> u64 {
    // SAFETY: the context is alive; the word is atomic.
    unsafe { (*ctx).interrupt.store(0, Ordering::Relaxed) };
    // SAFETY: only the owning thread and its creator touch the hook field.
    match unsafe { (*ctx).poll_hook }.or_else(hooks::poll_hook) {
        // SAFETY: passed on under the same contract.
        Some(f) => unsafe { f(ctx) },
        None => 0,
    }
}

/// # Safety
/// `ctx` is the calling thread's context.
pub(crate) unsafe extern "C" fn raise_recursion(ctx: *mut Ctx) {
    // SAFETY: as above.
    unsafe { set(ctx, RtError::Recursion, &[]) };
}

/// The frames kept of a pending exception, innermost first, without the origin of kind 1.
pub fn kept_frames(pending: &looplift_abi::ctx::Pending) -> &[Frame] {
    &pending.frames[..(pending.frame_count as usize).min(MAX_FRAMES)]
}

/// (class, base) of Python's builtin exceptions that compiled code raises or catches by name.
const BASES: &[(&str, &str)] = &[
    ("Exception", "BaseException"),
    ("KeyboardInterrupt", "BaseException"),
    ("SystemExit", "BaseException"),
    ("GeneratorExit", "BaseException"),
    ("ArithmeticError", "Exception"),
    ("FloatingPointError", "ArithmeticError"),
    ("OverflowError", "ArithmeticError"),
    ("ZeroDivisionError", "ArithmeticError"),
    ("AssertionError", "Exception"),
    ("AttributeError", "Exception"),
    ("BufferError", "Exception"),
    ("EOFError", "Exception"),
    ("ImportError", "Exception"),
    ("ModuleNotFoundError", "ImportError"),
    ("LookupError", "Exception"),
    ("IndexError", "LookupError"),
    ("KeyError", "LookupError"),
    ("MemoryError", "Exception"),
    ("NameError", "Exception"),
    ("UnboundLocalError", "NameError"),
    ("OSError", "Exception"),
    ("ReferenceError", "Exception"),
    ("RuntimeError", "Exception"),
    ("NotImplementedError", "RuntimeError"),
    ("RecursionError", "RuntimeError"),
    ("StopIteration", "Exception"),
    ("StopAsyncIteration", "Exception"),
    ("SyntaxError", "Exception"),
    ("SystemError", "Exception"),
    ("InternalError", "Exception"),
    ("TypeError", "Exception"),
    ("ValueError", "Exception"),
    ("UnicodeError", "ValueError"),
    ("Warning", "Exception"),
];

/// Whether a builtin class is the other or derives from it.
pub fn is_subclass(class: &str, base: &str) -> bool {
    let mut at = class;
    // The table is a tree; its length bounds the walk.
    for _ in 0..=BASES.len() {
        if at == base {
            return true;
        }
        match BASES.iter().find(|(c, _)| *c == at) {
            Some((_, b)) => at = b,
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        assert!(is_subclass("ZeroDivisionError", "ArithmeticError"));
        assert!(is_subclass("IndexError", "Exception"));
        assert!(is_subclass("IndexError", "BaseException"));
        assert!(is_subclass("Foreign", "Foreign"));
        assert!(!is_subclass("KeyboardInterrupt", "Exception"));
        assert!(!is_subclass("ValueError", "IndexError"));
    }
}
