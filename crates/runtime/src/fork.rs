//! Forking while other threads compile: `fork` waits until none of them is in a stretch of work that takes locks without the
//! host's lock, and none begins one meanwhile, so that no lock is held in the child for ever.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

static FORKING: AtomicBool = AtomicBool::new(false);
static WORKING: AtomicUsize = AtomicUsize::new(0);
const PAUSE: Duration = Duration::from_micros(200);
/// Pauses after which a fork goes ahead whatever others do.
const PATIENCE: usize = 50_000;

/// Marks a stretch of work that a fork must not cut; ends with the guard.
#[must_use]
#[derive(Debug)]
pub struct Working(());

impl Drop for Working {
    fn drop(&mut self) {
        // In a forked child the count begins again.
        let _ = WORKING.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
    }
}

/// Begins a stretch of work. The calling thread must not hold the host's lock, which a thread that forks holds.
pub fn enter() -> Working {
    static HANDLERS: Once = Once::new();
    HANDLERS.call_once(|| {
        // SAFETY: the handlers touch atomics only.
        unsafe { libc::pthread_atfork(Some(before), Some(after_in_parent), Some(after_in_child)) };
    });
    loop {
        WORKING.fetch_add(1, Ordering::SeqCst);
        if !FORKING.load(Ordering::SeqCst) {
            return Working(());
        }
        WORKING.fetch_sub(1, Ordering::SeqCst);
        std::thread::sleep(PAUSE);
    }
}

extern "C" fn before() {
    FORKING.store(true, Ordering::SeqCst);
    for _ in 0..PATIENCE {
        if WORKING.load(Ordering::SeqCst) == 0 {
            return;
        }
        std::thread::sleep(PAUSE);
    }
}

extern "C" fn after_in_parent() {
    FORKING.store(false, Ordering::SeqCst);
}

extern "C" fn after_in_child() {
    WORKING.store(0, Ordering::SeqCst);
    FORKING.store(false, Ordering::SeqCst);
}
