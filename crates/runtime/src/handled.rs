//! Exceptions being handled: a stack of each thread, as Python's `sys.exc_info` has it.
//!
//! While a handler runs, its exception is here and not in the context: calls, prints and other exceptions in the handler do
//! not disturb it. A handle is a position, counted from 1. A function that leaves a handler by an exception drops nothing:
//! the next `save` below does, or the end of the outermost call.

use crate::exceptions::{KIND_HOST, KIND_NONE, set};
use crate::heap::{self, StatusRef};
use crate::hooks;
use looplift_abi::RtError;
use looplift_abi::ctx::{Ctx, Pending};
use looplift_abi::heap::{HEADER_SIZE, MemInfo};
use std::cell::RefCell;

/// An exception and, for one of the host, its object (owned).
#[derive(Clone, Copy)]
struct Saved {
    pending: Pending,
    object: usize,
}

thread_local! {
    static HANDLED: RefCell<Vec<Saved>> = const { RefCell::new(Vec::new()) };
}

/// Works on the stack of the calling thread; at the very end of a thread it has none.
fn with<T>(f: impl FnOnce(&mut Vec<Saved>) -> T) -> Option<T> {
    HANDLED.try_with(|h| h.try_borrow_mut().ok().map(|mut h| f(&mut h))).ok().flatten()
}

/// The exception on top and its host object.
pub(crate) fn topmost() -> Option<(Pending, usize)> {
    with(|h| h.last().map(|s| (s.pending, s.object))).flatten()
}

/// The exception of a handle and its host object, which stays owned here.
pub fn get(handle: u64) -> Option<(Pending, usize)> {
    let at = usize::try_from(handle).ok()?.checked_sub(1)?;
    with(|h| h.get(at).map(|s| (s.pending, s.object))).flatten()
}

/// Drops all above a depth. Host code may run, so nothing is borrowed meanwhile.
fn truncate(depth: usize) {
    while let Some(s) = with(|h| if h.len() > depth { h.pop() } else { None }).flatten() {
        if s.object != 0
            && let Some(f) = hooks::foreign_release_hook()
        {
            // SAFETY: the entry owned the object.
            unsafe { f(s.object) };
        }
    }
}

/// Drops everything: no compiled code runs in this thread any more.
pub fn clear() {
    truncate(0);
}

/// # Safety
/// `ctx` is the calling thread's context.
pub(crate) unsafe extern "C" fn depth(_: *mut Ctx) -> i64 {
    with(|h| h.len() as i64).unwrap_or(0)
}

/// # Safety
/// `ctx` is the calling thread's context, with an exception pending.
pub(crate) unsafe extern "C" fn save(ctx: *mut Ctx, above: i64) -> i64 {
    // SAFETY: only the owning thread touches `pending`; the borrow ends here.
    let pending = unsafe { std::mem::replace(&mut (*ctx).pending.kind, KIND_NONE) };
    // SAFETY: as above.
    let mut saved = Saved { pending: unsafe { (*ctx).pending }, object: 0 };
    saved.pending.kind = pending;
    if pending == KIND_HOST
        && let Some(f) = hooks::fetch_exc_hook()
    {
        // SAFETY: compiled code with a host exception pending runs attached or in a thread that can attach.
        saved.object = unsafe { f() };
    }
    truncate(usize::try_from(above).unwrap_or(0));
    let pushed = with(|h| {
        h.push(saved);
        h.len() as i64
    });
    pushed.unwrap_or(0)
}

/// An exception that travels while other code runs.
pub(crate) struct Aside(Option<Saved>);

/// Puts the exception that is pending aside, if one is.
///
/// # Safety
/// `ctx` is the calling thread's context.
pub(crate) unsafe fn set_aside(ctx: *mut Ctx) -> Aside {
    // SAFETY: only the owning thread touches `pending`.
    let pending = unsafe { (*ctx).pending };
    if pending.kind == KIND_NONE {
        return Aside(None);
    }
    // SAFETY: as above.
    unsafe { (*ctx).pending.kind = KIND_NONE };
    let mut saved = Saved { pending, object: 0 };
    if pending.kind == KIND_HOST
        && let Some(f) = hooks::fetch_exc_hook()
    {
        // SAFETY: as in `save`.
        saved.object = unsafe { f() };
    }
    Aside(Some(saved))
}

/// Makes what was put aside pending again.
///
/// # Safety
/// `ctx` is the calling thread's context, with nothing pending.
pub(crate) unsafe fn bring_back(ctx: *mut Ctx, aside: Aside) {
    if let Some(saved) = aside.0 {
        // SAFETY: as this function.
        unsafe { make_pending(ctx, saved) };
    }
}

/// Exceptions being handled that a generator takes with it at a `yield`: those above a depth, in a block that owns them.
pub(crate) extern "C" fn stash(ctx: *mut Ctx, depth: i64) -> StatusRef {
    let depth = usize::try_from(depth).unwrap_or(0);
    let taken = with(|h| if h.len() > depth { h.split_off(depth) } else { Vec::new() }).unwrap_or_default();
    if taken.is_empty() {
        return StatusRef { status: 0, value: 0 };
    }
    let made = heap::alloc(ctx, size_of::<Vec<Saved>>() as i64);
    if made.status == 0 {
        // SAFETY: a fresh block with room for the vector, which its destructor drops.
        unsafe {
            ((made.value as usize + HEADER_SIZE) as *mut Vec<Saved>).write(taken);
            (*(made.value as *mut MemInfo)).drop = Some(drop_stash);
        }
    }
    made
}

/// Puts them back on top.
///
/// # Safety
/// What [`stash`] gave, once.
pub(crate) unsafe extern "C" fn unstash(_: *mut Ctx, block: u64) {
    if block != 0 {
        // SAFETY: the block of `stash`, which keeps an empty vector.
        let mut taken = std::mem::take(unsafe { &mut *((block as usize + HEADER_SIZE) as *mut Vec<Saved>) });
        with(|h| h.append(&mut taken));
    }
}

/// # Safety
/// A block of `stash` that nobody owns any more.
unsafe extern "C" fn drop_stash(block: *mut MemInfo) {
    // SAFETY: as this function; the block's vector is dropped once.
    let taken = unsafe { ((block as usize + HEADER_SIZE) as *mut Vec<Saved>).read() };
    for saved in taken {
        if saved.object != 0
            && let Some(f) = hooks::foreign_release_hook()
        {
            // SAFETY: the entry owned the object.
            unsafe { f(saved.object) };
        }
    }
}

/// # Safety
/// `ctx` is the calling thread's context.
unsafe fn make_pending(ctx: *mut Ctx, saved: Saved) {
    // SAFETY: only the owning thread touches `pending`.
    unsafe { (*ctx).pending = saved.pending };
    if saved.object != 0
        && let Some(f) = hooks::restore_exc_hook()
    {
        // SAFETY: the reference is owned and given away.
        unsafe { f(saved.object) };
    }
}

/// # Safety
/// `ctx` is the calling thread's context.
pub(crate) unsafe extern "C" fn take(ctx: *mut Ctx, handle: i64) {
    let at = usize::try_from(handle).unwrap_or(0);
    truncate(at);
    match with(|h| if at > 0 && h.len() == at { h.pop() } else { None }).flatten() {
        // SAFETY: as this function.
        Some(saved) => unsafe { make_pending(ctx, saved) },
        None => {
            // SAFETY: as this function.
            unsafe { set(ctx, RtError::Internal, &[]) };
        }
    }
}

/// # Safety
/// `ctx` is the calling thread's context.
pub(crate) unsafe extern "C" fn copy(ctx: *mut Ctx, handle: i64) {
    let saved = with(|h| match usize::try_from(handle) {
        Ok(0) | Err(_) => h.last().copied(),
        Ok(n) => h.get(n - 1).copied(),
    });
    let Some(saved) = saved.flatten() else {
        // SAFETY: as this function.
        unsafe { set(ctx, RtError::NoActiveException, &[]) };
        return;
    };
    if saved.object != 0
        && let Some(f) = hooks::foreign_retain_hook()
    {
        // SAFETY: the entry owns a reference.
        unsafe { f(saved.object) };
    }
    // SAFETY: as this function.
    unsafe { make_pending(ctx, saved) };
}

/// # Safety
/// `ctx` is the calling thread's context.
pub(crate) unsafe extern "C" fn drop_from(_: *mut Ctx, handle: i64) {
    truncate(usize::try_from(handle - 1).unwrap_or(0));
}
