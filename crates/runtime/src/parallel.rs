//! Numbered pieces of work on several threads.
//!
//! Which thread does which piece is left to chance; what depends on it must not reach results. The calling thread works as
//! well, so that nested calls always make progress, and returns when every piece is finished. Threads come from a rayon pool
//! that is made on first use, and made anew in a forked child, where the parent's threads do not exist.

use rayon::{ThreadPool, ThreadPoolBuilder};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

struct Pool {
    process: u32,
    threads: usize,
    pool: Arc<ThreadPool>,
}

static POOL: Mutex<Option<Pool>> = Mutex::new(None);

thread_local! {
    /// Threads that a call from this thread may use; 0: all there are.
    static LIMIT: Cell<usize> = const { Cell::new(0) };
    /// The number of this thread in the work it does: 0 for the calling thread.
    static NUMBER: Cell<usize> = const { Cell::new(0) };
    /// Iterations a piece has, where the user says so; 0: as many as suit.
    static CHUNK: Cell<usize> = const { Cell::new(0) };
}

/// Threads that calls from this thread use at most; 0 means all.
pub fn set_limit(n: usize) {
    LIMIT.set(n);
}
/// See [`set_limit`].
pub fn limit() -> usize {
    LIMIT.get()
}
pub(crate) extern "C" fn thread_limit() -> i64 {
    limit() as i64
}
pub(crate) extern "C" fn set_thread_limit(n: i64) {
    set_limit(usize::try_from(n).unwrap_or(0));
}
pub(crate) extern "C" fn parallel_chunk() -> i64 {
    chunk() as i64
}
pub(crate) extern "C" fn set_parallel_chunk(n: i64) -> i64 {
    set_chunk(usize::try_from(n).unwrap_or(0)) as i64
}
/// The number of the calling thread in the work it does; 0 outside such work.
pub extern "C" fn thread_number() -> i64 {
    NUMBER.get() as i64
}
/// Iterations of a piece; 0: as many as suit. Gives what was set before.
pub fn set_chunk(n: usize) -> usize {
    CHUNK.replace(n)
}
/// See [`set_chunk`].
pub fn chunk() -> usize {
    CHUNK.get()
}

fn pool(threads: usize) -> Option<Arc<ThreadPool>> {
    let mut slot = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if let Some(p) = &*slot
        && p.process == process
        && p.threads >= threads
    {
        return Some(p.pool.clone());
    }
    let made = ThreadPoolBuilder::new().num_threads(threads).thread_name(|n| format!("looplift-{n}")).build().ok()?;
    let pool = Arc::new(made);
    if let Some(old) = slot.replace(Pool { process, threads, pool: pool.clone() })
        && old.process != process
    {
        // Its threads are the parent's: waiting for them would not end.
        std::mem::forget(old);
    }
    Some(pool)
}

struct Job {
    next: AtomicUsize,
    pieces: usize,
    finished: Mutex<usize>,
    all: Condvar,
    /// The work, borrowed from the caller, who waits until `finished` is `pieces`.
    work: *const (dyn Fn(usize) + Sync),
}
// SAFETY: `work` is Sync, and is called only for pieces below `pieces`, all of which end before the caller returns.
unsafe impl Send for Job {}
// SAFETY: as above; the other fields are atomics and locks.
unsafe impl Sync for Job {}

impl Job {
    fn help(&self) {
        loop {
            let k = self.next.fetch_add(1, Ordering::Relaxed);
            if k >= self.pieces {
                return;
            }
            // Counts the piece whatever happens in it: the caller must not wait for ever.
            let _count = Count(self);
            // SAFETY: piece k is not finished, so the caller still waits and the borrow lives.
            unsafe { (*self.work)(k) };
        }
    }
}

struct Count<'a>(&'a Job);

impl Drop for Count<'_> {
    fn drop(&mut self) {
        let mut n = self.0.finished.lock().unwrap_or_else(PoisonError::into_inner);
        *n += 1;
        if *n == self.0.pieces {
            self.0.all.notify_all();
        }
    }
}

/// What a helping thread does around all its pieces of one job.
pub type Around = fn(&mut dyn FnMut());

/// Does pieces `0..pieces` of `work` on up to `threads` threads, the calling one among them; the others do theirs inside `around`.
/// Panics of `work` are its own business: it must catch them.
pub fn run(threads: usize, pieces: usize, around: Around, work: &(dyn Fn(usize) + Sync)) {
    // SAFETY: only the lifetime changes; see `Job::work`.
    let work: *const (dyn Fn(usize) + Sync) = unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(work) };
    let job = Arc::new(Job { next: AtomicUsize::new(0), pieces, finished: Mutex::new(0), all: Condvar::new(), work });
    let helpers = threads.min(pieces).saturating_sub(1);
    if helpers > 0
        && let Some(pool) = pool(helpers)
    {
        for n in 1..=helpers {
            let job = job.clone();
            pool.spawn(move || {
                // A helper that comes late has nothing to do.
                if job.next.load(Ordering::Relaxed) < job.pieces {
                    let before = NUMBER.replace(n);
                    around(&mut || job.help());
                    NUMBER.set(before);
                }
            });
        }
    }
    job.help();
    let mut n = job.finished.lock().unwrap_or_else(PoisonError::into_inner);
    while *n < pieces {
        n = job.all.wait(n).unwrap_or_else(PoisonError::into_inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_done_once() {
        for threads in [1, 2, 5] {
            for pieces in [0, 1, 3, 100] {
                let counts: Vec<AtomicUsize> = (0..pieces).map(|_| AtomicUsize::new(0)).collect();
                run(threads, pieces, |f| f(), &|k| {
                    counts[k].fetch_add(1, Ordering::Relaxed);
                    if k == 1 {
                        // Nested work makes progress on the threads that wait.
                        run(threads, 4, |f| f(), &|_| std::thread::yield_now());
                    }
                });
                assert!(counts.iter().all(|c| c.load(Ordering::Relaxed) == 1));
            }
        }
    }
}
