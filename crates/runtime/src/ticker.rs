//! The ticker: a thread that sets the interrupt word of contexts in which compiled code runs, every [`TICK`].
//!
//! It starts when code with loops first runs, parks after [`IDLE_TICKS`] without any, and is started anew in a forked child
//! (which inherits memory but no threads). Its list of contexts is replaced in the child rather than unlocked: the parent's
//! ticker may have held the lock at the moment of the fork.

use crate::thread::{ThreadState, existing_state};
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

const TICK: Duration = Duration::from_millis(25);
const IDLE_TICKS: u32 = 40;

#[derive(Default)]
struct Shared {
    threads: Vec<Arc<ThreadState>>,
    started: bool,
}

#[derive(Default)]
struct Ticker {
    shared: Mutex<Shared>,
    wake: Condvar,
}

/// The process's ticker; a forked child makes a new one and lets the old one be.
static TICKER: AtomicPtr<Ticker> = AtomicPtr::new(std::ptr::null_mut());
/// Whether the thread is running (as opposed to parked or not started).
static AWAKE: AtomicBool = AtomicBool::new(false);

fn ticker() -> &'static Ticker {
    static FORK: Once = Once::new();
    FORK.call_once(|| {
        // SAFETY: the handler is a plain function that stays loaded as long as the process forks with this library in it.
        unsafe { libc::pthread_atfork(None, None, Some(after_fork)) };
    });
    let p = TICKER.load(Ordering::Acquire);
    if !p.is_null() {
        // SAFETY: tickers are leaked, never freed.
        return unsafe { &*p };
    }
    let fresh = Box::into_raw(Box::<Ticker>::default());
    match TICKER.compare_exchange(std::ptr::null_mut(), fresh, Ordering::AcqRel, Ordering::Acquire) {
        // SAFETY: just leaked.
        Ok(_) => unsafe { &*fresh },
        Err(other) => {
            // SAFETY: nobody else has seen `fresh`; `other` is leaked.
            unsafe {
                drop(Box::from_raw(fresh));
                &*other
            }
        }
    }
}

impl Ticker {
    // Only vector operations run under the lock: its data is whole even if a thread panicked.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn register(state: &Arc<ThreadState>) {
    ticker().lock().threads.push(state.clone());
}

pub(crate) fn unregister(state: &Arc<ThreadState>) {
    ticker().lock().threads.retain(|t| !Arc::ptr_eq(t, state));
}

#[inline]
pub(crate) fn wake_if_parked() {
    if !AWAKE.load(Ordering::Relaxed) {
        wake();
    }
}

#[cold]
fn wake() {
    let t = ticker();
    let mut shared = t.lock();
    if !shared.started {
        // Without a thread nothing is interrupted, and the next entry tries again.
        if std::thread::Builder::new().name("looplift-ticker".into()).stack_size(128 << 10).spawn(move || run(t)).is_err() {
            return;
        }
        shared.started = true;
    }
    AWAKE.store(true, Ordering::Relaxed);
    t.wake.notify_one();
}

fn run(t: &'static Ticker) {
    block_signals();
    let mut idle = 0;
    loop {
        std::thread::sleep(TICK);
        let mut shared = t.lock();
        let mut any = false;
        for thread in &shared.threads {
            if thread.active.load(Ordering::Relaxed) > 0 {
                thread.interrupt();
                any = true;
            }
        }
        if any {
            idle = 0;
            continue;
        }
        idle += 1;
        if idle < IDLE_TICKS {
            continue;
        }
        // Park. A thread that has read "awake" just before sees no wake-up; its own mark is visible a tick later, so look
        // once more then.
        AWAKE.store(false, Ordering::Relaxed);
        drop(shared);
        std::thread::sleep(TICK);
        shared = t.lock();
        if shared.threads.iter().any(|s| s.active.load(Ordering::Relaxed) > 0) {
            AWAKE.store(true, Ordering::Relaxed);
        }
        while !AWAKE.load(Ordering::Relaxed) {
            shared = t.wake.wait(shared).unwrap_or_else(PoisonError::into_inner);
        }
        idle = 0;
    }
}

/// Signals are for the threads of the host.
fn block_signals() {
    // SAFETY: a full set on the stack, applied to this thread only.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut set);
        libc::pthread_sigmask(libc::SIG_BLOCK, &set, std::ptr::null_mut());
    }
}

extern "C" fn after_fork() {
    let fresh = Ticker::default();
    if let Some(state) = existing_state() {
        fresh.lock().threads.push(state);
    }
    TICKER.store(Box::into_raw(Box::new(fresh)), Ordering::Release);
    AWAKE.store(false, Ordering::Relaxed);
}
