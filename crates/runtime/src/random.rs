//! Random numbers for compiled code: each thread's own streams of `random` and `numpy.random`, and those of bit generators.
//!
//! The first operand of each symbol is the stream: 0 `random`'s, 1 `numpy.random`'s, else the address of a bit generator's interface
//! (NumPy's `bitgen_t`). A thread's streams start with entropy of the system, as they do in a forked child.

use looplift_numerics::random::mt19937::Mt19937;
use looplift_numerics::random::{Source, real, whole, ziggurat};
use std::cell::UnsafeCell;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

/// Counts forks, in the child.
static FORKS: AtomicU32 = AtomicU32::new(1);
static WATCH: Once = Once::new();

extern "C" fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

struct Streams {
    /// The value of [`FORKS`] when each was seeded; 0: never.
    since: [u32; 2],
    streams: [Mt19937; 2],
}

thread_local! {
    static STREAMS: UnsafeCell<Streams> =
        const { UnsafeCell::new(Streams { since: [0; 2], streams: [Mt19937::unseeded(), Mt19937::unseeded()] }) };
}

/// Calls `f` with a stream of the thread.
fn with_stream<R>(stream: usize, f: impl FnOnce(&mut Mt19937) -> R) -> R {
    STREAMS.with(|cell| {
        // SAFETY: the cell is the thread's own, and `f` does not come back here.
        let s = unsafe { &mut *cell.get() };
        if s.since[stream] != FORKS.load(Ordering::Relaxed) {
            start(s, stream);
        }
        f(&mut s.streams[stream])
    })
}

#[cold]
fn start(s: &mut Streams, stream: usize) {
    let mut words = [0u32; 624];
    // SAFETY: the buffer has this many bytes.
    let got = unsafe { libc::getrandom(words.as_mut_ptr().cast(), size_of_val(&words), 0) };
    if got < 0 {
        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: a structure to fill in.
        unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, &mut now) };
        words[0] = now.tv_nsec as u32;
        words[1] = now.tv_sec as u32;
        words[2] = std::ptr::from_ref(s) as usize as u32;
    }
    s.streams[stream].seed_by_array(&words);
    mark(s, stream);
}

fn mark(s: &mut Streams, stream: usize) {
    // SAFETY: the handler only counts.
    WATCH.call_once(|| unsafe {
        libc::pthread_atfork(None, None, Some(forked_entry));
    });
    s.since[stream] = FORKS.load(Ordering::Relaxed);
}

unsafe extern "C" fn forked_entry() {
    forked();
}

/// Seeds a stream of the thread.
fn seeded(stream: usize, f: impl FnOnce(&mut Mt19937)) {
    STREAMS.with(|cell| {
        // SAFETY: as in `with_stream`.
        let s = unsafe { &mut *cell.get() };
        mark(s, stream);
        f(&mut s.streams[stream]);
    });
}

fn index(stream: i64) -> usize {
    usize::from(stream != 0)
}

/// From one word.
pub(crate) extern "C" fn seed(stream: i64, word: i64) {
    seeded(index(stream), |mt| mt.seed(word as u32));
}

/// From the `n` words, one in each int64, at an address.
///
/// # Safety
/// They are there.
pub(crate) unsafe extern "C" fn seed_words(stream: i64, address: i64, n: i64) {
    // SAFETY: the caller's promise.
    let words: Vec<u32> = unsafe { crate::linear::slice::<i64>(address, n) }.iter().map(|&w| w as u32).collect();
    seeded(index(stream), |mt| mt.seed_by_array(if words.is_empty() { &[0] } else { &words }));
}

/// From the system's entropy.
pub(crate) extern "C" fn seed_anew(stream: i64) {
    STREAMS.with(|cell| {
        // SAFETY: as in `with_stream`.
        start(unsafe { &mut *cell.get() }, index(stream));
    });
}

/// A normal number as `random.gauss` makes it.
pub(crate) extern "C" fn python_gauss() -> f64 {
    with_stream(0, Mt19937::gauss)
}

/// `random.getrandbits(k)` for k up to 64.
fn python_bits_of(mt: &mut Mt19937, k: i64) -> u64 {
    match k {
        ..=0 => 0,
        1..=32 => u64::from(mt.next_u32() >> (32 - k)),
        _ => {
            let low = u64::from(mt.next_u32());
            low | u64::from(mt.next_u32() >> (64 - k.min(64))) << 32
        }
    }
}

/// As [`python_bits_of`], of the thread's stream.
pub(crate) extern "C" fn python_bits(k: i64) -> i64 {
    with_stream(0, |mt| python_bits_of(mt, k)) as i64
}

/// Uniform in 0..n as `random` draws it; n, unsigned, is positive.
pub(crate) extern "C" fn python_below(n: i64) -> i64 {
    let n = n as u64;
    let k = i64::from(64 - n.leading_zeros());
    with_stream(0, |mt| {
        loop {
            let r = python_bits_of(mt, k);
            if r < n || n == 0 {
                return r as i64;
            }
        }
    })
}

/// NumPy's interface of a bit generator (numpy/random/bitgen.h).
#[repr(C)]
struct BitGen {
    state: *mut libc::c_void,
    next_u64: unsafe extern "C" fn(*mut libc::c_void) -> u64,
    next_u32: unsafe extern "C" fn(*mut libc::c_void) -> u32,
    next_double: unsafe extern "C" fn(*mut libc::c_void) -> f64,
    next_raw: unsafe extern "C" fn(*mut libc::c_void) -> u64,
}

/// A bit generator of NumPy.
struct Foreign(*const BitGen);

impl Source for Foreign {
    const LEGACY: bool = false;

    fn next_u32(&mut self) -> u32 {
        // SAFETY: the address is of a live bit generator; its functions take its state.
        unsafe { ((*self.0).next_u32)((*self.0).state) }
    }
    fn next_u64(&mut self) -> u64 {
        // SAFETY: as above.
        unsafe { ((*self.0).next_u64)((*self.0).state) }
    }
    fn next_double(&mut self) -> f64 {
        // SAFETY: as above.
        unsafe { ((*self.0).next_double)((*self.0).state) }
    }
    fn normal(&mut self) -> f64 {
        ziggurat::normal(self)
    }
    fn exponential(&mut self) -> f64 {
        ziggurat::exponential(self)
    }
}

/// Functions of a stream and numbers.
macro_rules! distributions {
    ($($name:ident($($arg:ident: $t:ty),*) -> $ret:ty = $f:expr;)*) => { $(
        pub(crate) extern "C" fn $name(stream: i64, $($arg: $t),*) -> $ret {
            match stream {
                0 | 1 => with_stream(index(stream), |s| $f(s, $($arg),*)),
                _ => $f(&mut Foreign(stream as usize as *const BitGen), $($arg),*),
            }
        }
    )* };
}

fn word<S: Source>(s: &mut S) -> i64 {
    i64::from(s.next_u32())
}
fn long_word<S: Source>(s: &mut S) -> i64 {
    s.next_u64() as i64
}
fn double<S: Source>(s: &mut S) -> f64 {
    s.next_double()
}
fn standard_normal<S: Source>(s: &mut S) -> f64 {
    s.normal()
}
fn standard_exponential<S: Source>(s: &mut S) -> f64 {
    s.exponential()
}
fn lemire<S: Source>(s: &mut S, max: i64) -> i64 {
    whole::bounded(s, max as u64) as i64
}
fn up_to<S: Source>(s: &mut S, max: i64) -> i64 {
    whole::interval(s, max as u64) as i64
}

distributions! {
    u32() -> i64 = word;
    u64() -> i64 = long_word;
    uniform01() -> f64 = double;
    interval(max: i64) -> i64 = up_to;
    bounded(max: i64) -> i64 = lemire;
    normal01() -> f64 = standard_normal;
    exponential1() -> f64 = standard_exponential;
    normal_f32() -> f32 = ziggurat::normal_f32;
    exponential_f32() -> f32 = ziggurat::exponential_f32;
    gamma_f32(shape: f32) -> f32 = ziggurat::gamma_f32;
    uniform(low: f64, range: f64) -> f64 = real::uniform;
    normal(mean: f64, deviation: f64) -> f64 = real::normal;
    lognormal(mean: f64, sigma: f64) -> f64 = real::lognormal;
    exponential(scale: f64) -> f64 = real::exponential;
    standard_gamma(shape: f64) -> f64 = real::standard_gamma;
    gamma(shape: f64, scale: f64) -> f64 = real::gamma;
    beta(a: f64, b: f64) -> f64 = real::beta;
    chisquare(df: f64) -> f64 = real::chisquare;
    noncentral_chisquare(df: f64, nonc: f64) -> f64 = real::noncentral_chisquare;
    f(numerator: f64, denominator: f64) -> f64 = real::f;
    noncentral_f(numerator: f64, denominator: f64, nonc: f64) -> f64 = real::noncentral_f;
    standard_t(df: f64) -> f64 = real::standard_t;
    standard_cauchy() -> f64 = real::standard_cauchy;
    pareto(a: f64) -> f64 = real::pareto;
    weibull(a: f64) -> f64 = real::weibull;
    power(a: f64) -> f64 = real::power;
    rayleigh(mode: f64) -> f64 = real::rayleigh;
    laplace(loc: f64, scale: f64) -> f64 = real::laplace;
    gumbel(loc: f64, scale: f64) -> f64 = real::gumbel;
    logistic(loc: f64, scale: f64) -> f64 = real::logistic;
    wald(mean: f64, scale: f64) -> f64 = real::wald;
    triangular(left: f64, mode: f64, right: f64) -> f64 = real::triangular;
    vonmises(mu: f64, kappa: f64) -> f64 = real::vonmises;
    poisson(lam: f64) -> i64 = whole::poisson;
    binomial(n: f64, p: f64) -> i64 = whole::binomial;
    negative_binomial(n: f64, p: f64) -> i64 = whole::negative_binomial;
    geometric(p: f64) -> i64 = whole::geometric;
    zipf(a: f64) -> i64 = whole::zipf;
    logseries(p: f64) -> i64 = whole::logseries;
    hypergeometric(good: f64, bad: f64, sample: f64) -> i64 = whole::hypergeometric;
}
