//! Numbered pieces of work on several threads.
//!
//! Pieces are handed out in their order; which thread does which is left to chance, and what depends on it must not reach results.
//! The calling thread works as well, so that nested calls always make progress, and returns when nobody works on its pieces any more.
//! Helpers are threads that stay: after work they look for more for a moment, then sleep. A forked child, where the parent's
//! threads do not exist, begins without any.

use crate::float_errors;
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long threads look for work, or for the end of others' work, before they sleep.
const SPIN: Duration = Duration::from_micros(100);
/// Looks between two readings of the clock.
const LOOKS: usize = 32;
/// Threads there are at most, whatever is asked for.
const MOST_THREADS: usize = 1024;

thread_local! {
    /// Threads that a call from this thread may use; 0: all there are.
    static LIMIT: Cell<usize> = const { Cell::new(0) };
    /// The number of this thread in the work it does: 0 for the calling thread.
    static NUMBER: Cell<usize> = const { Cell::new(0) };
    /// Iterations a piece has, where the user says so; 0: as many as suit.
    static CHUNK: Cell<usize> = const { Cell::new(0) };
    /// The piece that this thread does.
    static TURN: Cell<Turn> = const { Cell::new(Turn { stop: std::ptr::null(), piece: 0, stopped: false, helps: false }) };
}

/// Threads that a parallel loop uses at most where nothing else is said.
static MAXIMUM: AtomicI64 = AtomicI64::new(1);

/// Sets the threads that parallel loops use at most.
pub fn set_maximum(n: usize) {
    MAXIMUM.store(n.clamp(1, MOST_THREADS) as i64, Ordering::Relaxed);
}
/// See [`set_maximum`].
pub extern "C" fn thread_maximum() -> i64 {
    MAXIMUM.load(Ordering::Relaxed)
}
/// Threads that calls from this thread use at most; 0 means all.
pub fn set_limit(n: usize) {
    LIMIT.set(n);
}
/// See [`set_limit`].
pub fn limit() -> usize {
    LIMIT.get()
}
/// The threads that a call from this thread uses.
pub extern "C" fn thread_limit() -> i64 {
    match limit() {
        0 => thread_maximum(),
        n => n as i64,
    }
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

/// The settings of a thread are what they were when this is dropped.
struct Kept {
    limit: usize,
    number: usize,
    chunk: usize,
    turn: Turn,
}

impl Kept {
    fn settings() -> Kept {
        Kept { limit: LIMIT.get(), number: NUMBER.get(), chunk: CHUNK.get(), turn: TURN.get() }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        LIMIT.set(self.limit);
        NUMBER.set(self.number);
        CHUNK.set(self.chunk);
        TURN.set(self.turn);
    }
}

/// The piece that a thread does.
#[derive(Clone, Copy, Debug)]
struct Turn {
    /// See [`Job::stop`]; null outside of pieces.
    stop: *const AtomicUsize,
    piece: usize,
    /// The thread was told to leave the piece.
    stopped: bool,
    /// It is not the thread that began the work.
    helps: bool,
}

/// What the thread is to do about the piece that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// It is in none, or began the work itself.
    Own,
    /// Go on; nothing outside of the piece concerns the thread.
    Help,
    /// Leave: what the piece does is of no use any more.
    Leave,
}

/// Asked now and then in pieces that take long. Who gets [`Advice::Leave`] leaves the piece with an error.
pub fn advice() -> Advice {
    let turn = TURN.get();
    if turn.stop.is_null() {
        return Advice::Own;
    }
    // SAFETY: the job of the piece that this thread is in lives as long as the piece.
    if turn.piece >= unsafe { (*turn.stop).load(Ordering::Relaxed) } {
        TURN.set(Turn { stopped: true, ..turn });
        return Advice::Leave;
    }
    if turn.helps { Advice::Help } else { Advice::Own }
}

/// Work in numbered pieces.
pub trait Work: Sync {
    /// Does pieces, as long as there are some: each thread that takes part calls this once. It must not panic.
    fn take_part(&self, pieces: &mut Pieces<'_>);
}

/// Hands out the pieces of one job to one thread.
#[derive(Debug)]
pub struct Pieces<'a> {
    job: &'a Job,
    helps: bool,
}

impl Pieces<'_> {
    /// The next piece; None at the end, or where only pieces after a failed one are left.
    pub fn take(&mut self) -> Option<usize> {
        let k = self.job.next.fetch_add(1, Ordering::Relaxed);
        // (Every piece before a failed one was handed out before it, and is done.)
        let stop = self.job.stop.load(Ordering::Relaxed);
        if k >= self.job.pieces || k >= stop {
            TURN.set(Turn { stop: std::ptr::null(), piece: 0, stopped: false, helps: self.helps });
            return None;
        }
        TURN.set(Turn { stop: &raw const self.job.stop, piece: k, stopped: false, helps: self.helps });
        Some(k)
    }

    /// Piece `k` has failed: those after it are of no use, nor, if `all`, any.
    pub fn failed(&mut self, k: usize, all: bool) {
        self.job.stop.fetch_min(if all { 0 } else { k + 1 }, Ordering::Relaxed);
    }

    /// Whether this thread is not the one that began the work.
    pub fn helps(&self) -> bool {
        self.helps
    }

    /// Whether this thread was told to leave the piece that it had last.
    pub fn was_stopped(&self) -> bool {
        TURN.get().stopped
    }
}

#[derive(Debug)]
struct Job {
    next: AtomicUsize,
    pieces: usize,
    /// Pieces from here on are not done, and left.
    stop: AtomicUsize,
    /// Threads that may still join, changed under the pool's lock.
    places: AtomicUsize,
    /// Numbers of the threads that have joined.
    numbers: AtomicUsize,
    /// Helpers at work.
    active: AtomicUsize,
    /// Floating-point errors that helpers met.
    errors: AtomicU32,
    limit: usize,
    lock: Mutex<()>,
    all: Condvar,
    /// The work, borrowed from the caller, who waits until nobody can join and nobody is active.
    work: *const dyn Work,
}
// SAFETY: `work` is Sync, and is used between joining and leaving, which the caller waits for.
unsafe impl Send for Job {}
// SAFETY: as above; the other fields are atomics and locks.
unsafe impl Sync for Job {}

impl Job {
    fn is_over(&self) -> bool {
        self.next.load(Ordering::Relaxed) >= self.pieces.min(self.stop.load(Ordering::Relaxed))
    }

    /// As a helper, who has joined.
    fn help(&self) {
        let _leave = Leave(self);
        let _kept = Kept::settings();
        NUMBER.set(1 + self.numbers.fetch_add(1, Ordering::Relaxed));
        LIMIT.set(self.limit);
        CHUNK.set(0);
        float_errors::clear();
        // SAFETY: this thread has joined, so the caller still waits and the borrow lives.
        unsafe { (*self.work).take_part(&mut Pieces { job: self, helps: true }) };
        self.errors.fetch_or(float_errors::happened(), Ordering::Relaxed);
    }

    fn wait(&self) {
        if until(|| self.active.load(Ordering::Acquire) == 0) {
            return;
        }
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        while self.active.load(Ordering::Acquire) != 0 {
            guard = self.all.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

struct Leave<'a>(&'a Job);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if self.0.active.fetch_sub(1, Ordering::AcqRel) == 1 {
            drop(self.0.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.0.all.notify_all();
        }
    }
}

/// Looks for a moment whether something has come true.
fn until(f: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    loop {
        for _ in 0..LOOKS {
            if f() {
                return true;
            }
            std::hint::spin_loop();
        }
        if start.elapsed() > SPIN {
            return f();
        }
    }
}

#[derive(Default)]
struct Shared {
    /// Jobs that threads may join, newest last.
    jobs: Vec<Arc<Job>>,
    threads: usize,
    asleep: usize,
}

#[derive(Default)]
struct Pool {
    shared: Mutex<Shared>,
    wake: Condvar,
    /// Jobs that are in the list, for threads that look without the lock.
    waiting: AtomicUsize,
    /// Threads that look.
    looking: AtomicUsize,
}

/// The process's pool; a forked child makes a new one and lets the old one be.
static POOL: AtomicPtr<Pool> = AtomicPtr::new(std::ptr::null_mut());

extern "C" fn after_fork() {
    POOL.store(std::ptr::null_mut(), Ordering::Release);
}

fn pool() -> &'static Pool {
    static FORK: Once = Once::new();
    // SAFETY: the handler is a plain function that stays loaded, and touches an atomic only.
    FORK.call_once(|| unsafe {
        libc::pthread_atfork(None, None, Some(after_fork));
    });
    let p = POOL.load(Ordering::Acquire);
    if !p.is_null() {
        // SAFETY: pools are leaked, never freed.
        return unsafe { &*p };
    }
    let fresh = Box::into_raw(Box::<Pool>::default());
    match POOL.compare_exchange(std::ptr::null_mut(), fresh, Ordering::AcqRel, Ordering::Acquire) {
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

impl Pool {
    // Only vector and counter operations run under the lock: its data is whole even if a thread panicked.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn offer(&'static self, job: &Arc<Job>, helpers: usize) {
        let mut shared = self.lock();
        while shared.threads < helpers.min(MOST_THREADS) {
            let name = format!("looplift-{}", shared.threads);
            // With fewer threads, the others have more to do.
            if std::thread::Builder::new().name(name).stack_size(stack_size()).spawn(move || self.live()).is_err() {
                break;
            }
            shared.threads += 1;
        }
        shared.jobs.push(job.clone());
        self.waiting.store(shared.jobs.len(), Ordering::Release);
        let sleepers = helpers.saturating_sub(self.looking.load(Ordering::Relaxed)).min(shared.asleep);
        drop(shared);
        for _ in 0..sleepers {
            self.wake.notify_one();
        }
    }

    /// From now on nobody joins the job.
    fn withdraw(&self, job: &Arc<Job>) {
        let mut shared = self.lock();
        shared.jobs.retain(|j| !Arc::ptr_eq(j, job));
        self.waiting.store(shared.jobs.len(), Ordering::Release);
    }

    /// Joins a job, if there is one.
    fn join(&self, shared: &mut Shared) -> Option<Arc<Job>> {
        shared.jobs.retain(|j| !j.is_over());
        let job = shared.jobs.last().cloned();
        if let Some(job) = &job {
            job.active.fetch_add(1, Ordering::AcqRel);
            if job.places.fetch_sub(1, Ordering::Relaxed) == 1 {
                shared.jobs.pop();
            }
        }
        self.waiting.store(shared.jobs.len(), Ordering::Release);
        job
    }

    /// What a helper does all its life.
    fn live(&self) {
        loop {
            self.looking.fetch_add(1, Ordering::Relaxed);
            let came = spins() && until(|| self.waiting.load(Ordering::Acquire) != 0);
            let mut shared = self.lock();
            self.looking.fetch_sub(1, Ordering::Relaxed);
            let job = loop {
                if let Some(job) = self.join(&mut shared) {
                    break Some(job);
                }
                if came {
                    break None;
                }
                shared.asleep += 1;
                shared = self.wake.wait(shared).unwrap_or_else(PoisonError::into_inner);
                shared.asleep -= 1;
            };
            drop(shared);
            if let Some(job) = job {
                job.help();
            }
        }
    }
}

/// Whether threads look for work before they sleep: not where they would take processors from those that have some.
fn spins() -> bool {
    static PROCESSORS: OnceLock<i64> = OnceLock::new();
    let processors = *PROCESSORS.get_or_init(|| std::thread::available_parallelism().map_or(1, |n| n.get() as i64));
    thread_maximum() <= processors
}

/// The stack of a helper, as large as the calling threads' usually is.
fn stack_size() -> usize {
    8 << 20
}

/// Does pieces `0..pieces` of `work` on up to `threads` threads, the calling one among them.
pub fn run(threads: usize, pieces: usize, work: &dyn Work) {
    let helpers = threads.min(pieces).saturating_sub(1);
    // SAFETY: only the lifetime changes; see `Job::work`.
    let work: *const dyn Work = unsafe { std::mem::transmute::<&dyn Work, &'static dyn Work>(work) };
    let job = Arc::new(Job {
        next: AtomicUsize::new(0),
        pieces,
        stop: AtomicUsize::new(usize::MAX),
        places: AtomicUsize::new(helpers),
        numbers: AtomicUsize::new(0),
        active: AtomicUsize::new(0),
        errors: AtomicU32::new(0),
        limit: limit(),
        lock: Mutex::new(()),
        all: Condvar::new(),
        work,
    });
    let offered = Offered { job: &job, pool: (helpers > 0).then(pool) };
    if let Some(pool) = offered.pool {
        pool.offer(&job, helpers);
    }
    let _kept = Kept::settings();
    NUMBER.set(0);
    // SAFETY: the caller's borrow.
    unsafe { (*work).take_part(&mut Pieces { job: &job, helps: false }) };
}

/// A job whose caller leaves only when nobody else works on it.
struct Offered<'a> {
    job: &'a Arc<Job>,
    pool: Option<&'static Pool>,
}

impl Drop for Offered<'_> {
    fn drop(&mut self) {
        if let Some(pool) = self.pool {
            pool.withdraw(self.job);
            self.job.wait();
            float_errors::note(self.job.errors.load(Ordering::Relaxed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Each<F>(F);

    impl<F: Fn(usize) + Sync> Work for Each<F> {
        fn take_part(&self, pieces: &mut Pieces<'_>) {
            while let Some(k) = pieces.take() {
                (self.0)(k);
            }
        }
    }

    #[test]
    fn every_piece_is_done_once() {
        for threads in [1, 2, 5] {
            for pieces in [0, 1, 3, 100] {
                let counts: Vec<AtomicUsize> = (0..pieces).map(|_| AtomicUsize::new(0)).collect();
                run(
                    threads,
                    pieces,
                    &Each(|k: usize| {
                        counts[k].fetch_add(1, Ordering::Relaxed);
                        if k == 1 {
                            // Nested work makes progress on the threads that wait.
                            run(threads, 4, &Each(|_| std::thread::yield_now()));
                        }
                    }),
                );
                assert!(counts.iter().all(|c| c.load(Ordering::Relaxed) == 1));
            }
        }
    }

    struct Failing {
        done: Vec<AtomicUsize>,
    }

    impl Work for Failing {
        fn take_part(&self, pieces: &mut Pieces<'_>) {
            while let Some(k) = pieces.take() {
                self.done[k].fetch_add(1, Ordering::Relaxed);
                if k % 7 == 5 {
                    pieces.failed(k, false);
                }
            }
        }
    }

    #[test]
    fn pieces_before_a_failed_one_are_done() {
        for _ in 0..200 {
            let work = Failing { done: (0..64).map(|_| AtomicUsize::new(0)).collect() };
            run(4, 64, &work);
            assert!(work.done[..6].iter().all(|c| c.load(Ordering::Relaxed) == 1));
        }
    }

    #[test]
    fn many_callers_at_once() {
        std::thread::scope(|s| {
            for _ in 0..6 {
                s.spawn(|| {
                    for _ in 0..300 {
                        let sum = AtomicUsize::new(0);
                        run(
                            3,
                            20,
                            &Each(|k| {
                                sum.fetch_add(k, Ordering::Relaxed);
                            }),
                        );
                        assert_eq!(sum.load(Ordering::Relaxed), 190);
                    }
                });
            }
        });
    }
}
