//! Thread contexts: one `Ctx` for each thread that runs compiled code, made on first use, with the thread's stack limit.

use crate::ticker;
use looplift_abi::ctx::{Ctx, Frame, MAX_FRAMES, MAX_PAYLOAD, Pending};
use std::cell::{Cell, UnsafeCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Stack kept free below the limit: for frames of compiled code that do not check, runtime helpers, and the host.
const STACK_RESERVE: usize = 256 << 10;

/// A context with what the ticker needs beside it. The context is first: its address is the state's.
#[repr(C)]
pub(crate) struct ThreadState {
    ctx: UnsafeCell<Ctx>,
    /// How many entries into compiled code are in progress. Written by the owning thread only.
    pub(crate) active: AtomicU32,
}

// SAFETY: other threads touch `active` and the context's interrupt word only, and both are atomic.
unsafe impl Sync for ThreadState {}
// SAFETY: nothing in it belongs to a thread by address.
unsafe impl Send for ThreadState {}

impl ThreadState {
    pub(crate) fn interrupt(&self) {
        // SAFETY: only the atomic field is reached; no reference to the whole context is made.
        let word: &AtomicU32 = unsafe { &(*self.ctx.get()).interrupt };
        word.store(1, Ordering::Relaxed);
    }
}

/// Takes a thread out of the ticker's list when the thread ends.
struct Registration(Arc<ThreadState>);

impl Drop for Registration {
    fn drop(&mut self) {
        ticker::unregister(&self.0);
        CURRENT.set(std::ptr::null());
    }
}

thread_local! {
    static CURRENT: Cell<*const ThreadState> = const { Cell::new(std::ptr::null()) };
    static OWNER: Cell<Option<Registration>> = const { Cell::new(None) };
}

/// The calling thread's context. Valid until the thread ends.
pub fn current_ctx() -> *mut Ctx {
    let state = current_state();
    // SAFETY: the state is alive as long as the thread; the context is its first field.
    unsafe { (*state).ctx.get() }
}

fn current_state() -> *const ThreadState {
    let p = CURRENT.get();
    if p.is_null() { new_state() } else { p }
}

#[cold]
fn new_state() -> *const ThreadState {
    static NEXT_ID: AtomicU32 = AtomicU32::new(1);
    let ctx = Ctx {
        interrupt: AtomicU32::new(0),
        thread_id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
        stack_limit: stack_limit(),
        poll_hook: None,
        chunk_id: 0,
        pending: Pending {
            kind: 0,
            code: 0,
            origin: Frame::default(),
            payload: [0; MAX_PAYLOAD],
            frame_count: 0,
            _pad: 0,
            frames: [Frame::default(); MAX_FRAMES],
        },
    };
    let state = Arc::new(ThreadState { ctx: UnsafeCell::new(ctx), active: AtomicU32::new(0) });
    ticker::register(&state);
    let p = Arc::as_ptr(&state);
    CURRENT.set(p);
    // While the thread is being torn down there is no owner any more: the state then stays, a few hundred bytes.
    if OWNER.try_with(|o| o.set(Some(Registration(state.clone())))).is_err() {
        std::mem::forget(state);
    }
    p
}

/// The state of the calling thread, if it has one (in a forked child: the one to keep).
pub(crate) fn existing_state() -> Option<Arc<ThreadState>> {
    let owner = OWNER.try_with(Cell::take).ok().flatten()?;
    let state = owner.0.clone();
    OWNER.set(Some(owner));
    Some(state)
}

/// Marks the calling thread as running compiled code with loops, so that the ticker interrupts it from time to time; the
/// end of the guard ends that. Costs two plain stores and a relaxed load.
pub fn enter() -> Running {
    let state = current_state();
    // SAFETY: alive as long as the thread.
    let active = unsafe { &(*state).active };
    active.store(active.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    ticker::wake_if_parked();
    Running { state }
}

/// A call from outside failed: handlers that the exception left have dropped nothing.
pub fn call_failed() {
    let state = current_state();
    // SAFETY: alive as long as the thread.
    if unsafe { (*state).active.load(Ordering::Relaxed) } == 0 {
        crate::handled::clear();
    }
}

/// See [`enter`].
#[must_use]
#[derive(Debug)]
pub struct Running {
    state: *const ThreadState,
}

impl Running {
    pub fn ctx(&self) -> *mut Ctx {
        // SAFETY: alive as long as the thread, which this value does not leave (a raw pointer is not Send).
        unsafe { (*self.state).ctx.get() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // SAFETY: as above.
        let active = unsafe { &(*self.state).active };
        active.store(active.load(Ordering::Relaxed) - 1, Ordering::Relaxed);
    }
}

/// The lowest address that compiled code on this thread may use; 0 (no limit) where it cannot be found out.
fn stack_limit() -> usize {
    let Some((low, size)) = stack_bounds() else { return 0 };
    low + STACK_RESERVE.min(size / 2)
}

#[cfg(target_os = "linux")]
fn stack_bounds() -> Option<(usize, usize)> {
    // SAFETY: an all-zero attribute object is a valid place for pthread_getattr_np to fill; it is destroyed once.
    unsafe {
        let mut attr: libc::pthread_attr_t = std::mem::zeroed();
        if libc::pthread_getattr_np(libc::pthread_self(), &mut attr) != 0 {
            return None;
        }
        let (mut low, mut size, mut guard) = (std::ptr::null_mut(), 0, 0);
        let ok = libc::pthread_attr_getstack(&attr, &mut low, &mut size) == 0 && libc::pthread_attr_getguardsize(&attr, &mut guard) == 0;
        libc::pthread_attr_destroy(&mut attr);
        // Some C libraries count the guard in.
        ok.then(|| (low as usize + guard, size.saturating_sub(guard)))
    }
}

#[cfg(target_os = "macos")]
fn stack_bounds() -> Option<(usize, usize)> {
    // SAFETY: both calls only read the calling thread's description.
    unsafe {
        let me = libc::pthread_self();
        let (high, size) = (libc::pthread_get_stackaddr_np(me) as usize, libc::pthread_get_stacksize_np(me));
        Some((high - size, size))
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn stack_bounds() -> Option<(usize, usize)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn limits_and_interrupts() {
        let local = 0u8;
        let run = enter();
        let ctx = run.ctx();
        assert_eq!(ctx, current_ctx());
        // SAFETY: the calling thread's context.
        let limit = unsafe { (*ctx).stack_limit };
        let here = &raw const local as usize;
        assert!(limit != 0 && limit < here && here - limit < 1 << 30);
        let word = |ctx: *mut Ctx| {
            // SAFETY: the calling thread's context; the word is atomic.
            unsafe { (*ctx).interrupt.load(Ordering::Relaxed) }
        };
        let end = Instant::now() + Duration::from_secs(10);
        while word(ctx) == 0 && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(word(ctx), 1, "the ticker interrupts a running thread");
        drop(run);
        std::thread::spawn(|| {
            let mine = current_ctx() as usize;
            assert_ne!(mine, 0);
            assert_eq!(mine, current_ctx() as usize);
        })
        .join()
        .expect("thread");
    }
}
