//! Functions that the embedding provides. Each is set once, before code runs; until then a default stands in.

use looplift_abi::RtError;
use looplift_abi::ctx::{Ctx, Pending};
use std::sync::atomic::{AtomicPtr, Ordering};

/// `(ctx, types address, types length, words address) -> status`: see the symbol `print`.
pub type BoxedFn = unsafe extern "C" fn(ctx: *mut Ctx, types: i64, len: i64, words: i64) -> u64;
/// `(ctx, text address, text length, words address, result address) -> status`: see the symbol `call_object`.
pub type ObjectFn = unsafe extern "C" fn(ctx: *mut Ctx, text: i64, len: i64, words: i64, out: i64) -> u64;
/// Called by `poll` when the interrupt word was set: 0, or 1 with an exception pending.
pub type PollFn = unsafe extern "C" fn(ctx: *mut Ctx) -> u64;
/// Counts an owner of a host object (the address has its tag removed).
pub type ForeignFn = unsafe extern "C" fn(object: usize);
/// Whether an exception is an instance of the class of a site; `object` is the host's, for kind 2.
pub type MatchFn = unsafe extern "C" fn(exception: *const Pending, object: usize, blob: u64, site: u64) -> u64;
/// Takes the exception that is set in the host's thread state; 0 if none is.
pub type FetchFn = unsafe extern "C" fn() -> usize;
/// Sets a host exception in the thread state; the reference is given away.
pub type RestoreFn = unsafe extern "C" fn(object: usize);
/// Drops a pending exception that lives in the host (kind 2).
pub type ClearFn = unsafe extern "C" fn(ctx: *mut Ctx);

macro_rules! hooks {
    ($( $(#[$doc:meta])* $set:ident, $get:ident, $cell:ident: $ty:ty; )*) => { $(
        static $cell: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());
        $(#[$doc])*
        pub fn $set(f: $ty) {
            $cell.store(f as *mut (), Ordering::Release);
        }
        #[allow(dead_code, reason = "not every hook is read back from everywhere")]
        pub(crate) fn $get() -> Option<$ty> {
            let p = $cell.load(Ordering::Acquire);
            // SAFETY: a non-null value was stored by the setter from a function of exactly this type.
            (!p.is_null()).then(|| unsafe { std::mem::transmute::<*mut (), $ty>(p) })
        }
    )* };
}

hooks! {
    /// Sets what `print` does.
    set_print, print_hook, PRINT: BoxedFn;
    /// Sets what `raise_boxed` does.
    set_raise_boxed, raise_boxed_hook, RAISE_BOXED: BoxedFn;
    /// Sets what `call_object` does.
    set_call_object, call_object_hook, CALL_OBJECT: ObjectFn;
    /// Sets the poll hook of contexts that have none of their own.
    set_poll, poll_hook, POLL: PollFn;
    /// Sets how host objects are retained.
    set_foreign_retain, foreign_retain_hook, FOREIGN_RETAIN: ForeignFn;
    /// Sets how host objects are released.
    set_foreign_release, foreign_release_hook, FOREIGN_RELEASE: ForeignFn;
    /// Sets how exceptions are matched.
    set_exc_matches, exc_matches_hook, EXC_MATCHES: MatchFn;
    /// Sets how host exceptions are dropped.
    set_clear_exc, clear_exc_hook, CLEAR_EXC: ClearFn;
    /// Sets how host exceptions are put aside while they are handled.
    set_fetch_exc, fetch_exc_hook, FETCH_EXC: FetchFn;
    /// Sets how they become the current ones again.
    set_restore_exc, restore_exc_hook, RESTORE_EXC: RestoreFn;
}

/// # Safety
/// As the hook: `ctx` is the calling thread's context, the addresses describe readable memory.
pub(crate) unsafe extern "C" fn print(ctx: *mut Ctx, types: i64, len: i64, words: i64) -> u64 {
    match print_hook() {
        // SAFETY: passed on under the same contract.
        Some(f) => unsafe { f(ctx, types, len, words) },
        // SAFETY: the context is the calling thread's.
        None => unsafe { crate::exceptions::set(ctx, RtError::NoHook, &[]) },
    }
}

/// # Safety
/// As [`print`].
pub(crate) unsafe extern "C" fn raise_boxed(ctx: *mut Ctx, types: i64, len: i64, words: i64) -> u64 {
    match raise_boxed_hook() {
        // SAFETY: passed on under the same contract.
        Some(f) => unsafe { f(ctx, types, len, words) },
        // SAFETY: the context is the calling thread's.
        None => unsafe { crate::exceptions::set(ctx, RtError::NoHook, &[]) },
    }
}

/// # Safety
/// As [`print`]; `out` has room for the result's words.
pub(crate) unsafe extern "C" fn call_object(ctx: *mut Ctx, text: i64, len: i64, words: i64, out: i64) -> u64 {
    match call_object_hook() {
        // SAFETY: passed on under the same contract.
        Some(f) => unsafe { f(ctx, text, len, words, out) },
        // SAFETY: the context is the calling thread's.
        None => unsafe { crate::exceptions::set(ctx, RtError::NoHook, &[]) },
    }
}
