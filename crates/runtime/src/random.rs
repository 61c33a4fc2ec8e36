//! Random numbers for compiled code: each thread's own streams of `random` and `numpy.random`, and those of bit generators.
//!
//! The first operand of each symbol is the stream: 0 `random`'s, 1 `numpy.random`'s, else the address of a bit generator's interface
//! (NumPy's `bitgen_t`). A thread's streams start with entropy of the system, as they do in a forked child.
//!
//! A piece of a parallel loop has streams of its own, derived from the calling thread's and the piece's number: what it draws does not
//! depend on which thread runs it, and a seed before the loop decides it. They are made when the piece first draws.
//!
//! Compiled code draws some numbers in place (`lower/draws.rs`): words of a thread's stream from the current block, as long as there are
//! some, which there are not before the stream is started (`Mt19937::end`); and those of NumPy's PCG64, whose state it steps in memory.

use looplift_abi::draws;
use looplift_numerics::random::bulk::{self, Standard};
use looplift_numerics::random::mt19937::{self, Mt19937};
use looplift_numerics::random::pcg64::{self, Pcg64};
use looplift_numerics::random::{Source, powers, real, whole, ziggurat};
use std::cell::UnsafeCell;
use std::mem::offset_of;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// Counts forks, in the child.
static FORKS: AtomicU32 = AtomicU32::new(1);
static WATCH: Once = Once::new();

unsafe extern "C" fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
    // No other thread is there in the child.
    let _ = STREAMS.try_with(|cell| {
        // SAFETY: the cell is the thread's own, and a thread that forks is not drawing.
        unsafe { &mut *cell.get() }.limit();
    });
}

struct Streams {
    /// The value of [`FORKS`] when each was seeded; 0: never.
    since: [u32; 2],
    streams: [Mt19937; 2],
    /// Parallel loops begun since a stream was seeded.
    loops: u64,
    /// What the streams are derived from while a piece of a parallel loop runs.
    origin: Option<Origin>,
    /// The thread's own streams, where a piece has derived others.
    kept: [Option<Box<Mt19937>>; 2],
}

/// What a piece's streams are derived from.
#[derive(Clone, Copy, Debug)]
struct Origin {
    key: LoopKey,
    piece: u64,
}

/// What a parallel loop takes of the streams of the thread that begins it.
pub type LoopKey = [u64; 2];

thread_local! {
    static STREAMS: UnsafeCell<Streams> = const {
        UnsafeCell::new(Streams {
            since: [0; 2],
            streams: [Mt19937::unseeded(), Mt19937::unseeded()],
            loops: 0,
            origin: None,
            kept: [None, None],
        })
    };
}

impl Streams {
    /// Code that draws in place finds words in streams that are started, and in no others.
    fn limit(&mut self) {
        let now = FORKS.load(Ordering::Relaxed);
        for (stream, since) in self.streams.iter_mut().zip(self.since) {
            stream.end = if since == now { mt19937::N } else { 0 };
        }
    }
}

/// Calls `f` with the thread's streams, unless the thread is at its end.
#[inline]
fn with_streams<R>(f: impl FnOnce(&mut Streams) -> R) -> R {
    // SAFETY: the cell is the thread's own, and `f` does not come back here.
    STREAMS.with(|cell| f(unsafe { &mut *cell.get() }))
}

/// Calls `f` with a stream of the thread.
#[inline]
fn with_stream<R>(stream: usize, f: impl FnOnce(&mut Mt19937) -> R) -> R {
    with_streams(|s| {
        if s.since[stream] != FORKS.load(Ordering::Relaxed) {
            start(s, stream);
        }
        f(&mut s.streams[stream])
    })
}

/// For a parallel loop that the calling thread begins: differs from loop to loop, and is the same for the same seed.
pub fn begin_loop() -> LoopKey {
    with_streams(|s| {
        let now = FORKS.load(Ordering::Relaxed);
        s.loops += 1;
        let mut key = [s.loops; 2];
        for (stream, word) in key.iter_mut().enumerate() {
            if s.since[stream] != now {
                start(s, stream);
            }
            *word ^= s.streams[stream].digest();
        }
        key
    })
}

/// The streams of the calling thread are those of pieces of a parallel loop until this is dropped.
#[must_use]
#[derive(Debug)]
pub struct Pieces {
    key: LoopKey,
    since: [u32; 2],
    loops: u64,
    origin: Option<Origin>,
    kept: [Option<Box<Mt19937>>; 2],
}

/// See [`Pieces`].
pub fn begin_pieces(key: LoopKey) -> Pieces {
    with_streams(|s| Pieces { key, since: s.since, loops: s.loops, origin: s.origin, kept: std::mem::take(&mut s.kept) })
}

impl Pieces {
    /// The streams are those of this piece from now on.
    pub fn begin(&self, piece: usize) {
        with_streams(|s| {
            s.since = [0; 2];
            s.loops = 0;
            s.origin = Some(Origin { key: self.key, piece: piece as u64 });
            s.limit();
        });
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        with_streams(|s| {
            for stream in 0..2 {
                if let Some(own) = s.kept[stream].take() {
                    s.streams[stream] = *own;
                }
            }
            s.since = self.since;
            s.loops = self.loops;
            s.origin = self.origin;
            s.kept = std::mem::take(&mut self.kept);
            s.limit();
        });
    }
}

/// Keeps the thread's own stream before a piece overwrites it.
fn keep(s: &mut Streams, stream: usize) {
    if s.origin.is_some() && s.kept[stream].is_none() {
        s.kept[stream] = Some(Box::new(s.streams[stream].clone()));
    }
}

#[cold]
fn start(s: &mut Streams, stream: usize) {
    keep(s, stream);
    if let Some(Origin { key, piece }) = s.origin {
        let halves = |w: u64| [w as u32, (w >> 32) as u32];
        let ([a, b], [c, d]) = (halves(key[stream]), halves(piece));
        s.streams[stream].seed_by_array(&[a, b, c, d]);
    } else {
        from_entropy(s, stream);
    }
    mark(s, stream);
}

fn from_entropy(s: &mut Streams, stream: usize) {
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
}

fn mark(s: &mut Streams, stream: usize) {
    // SAFETY: the handler touches numbers only.
    WATCH.call_once(|| unsafe {
        libc::pthread_atfork(None, None, Some(forked));
    });
    s.since[stream] = FORKS.load(Ordering::Relaxed);
    s.limit();
}

/// Seeds a stream of the thread.
fn seeded(stream: usize, f: impl FnOnce(&mut Mt19937)) {
    with_streams(|s| {
        keep(s, stream);
        mark(s, stream);
        s.loops = 0;
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
    with_streams(|s| {
        let stream = index(stream);
        keep(s, stream);
        mark(s, stream);
        from_entropy(s, stream);
    });
}

/// The state of a stream as `N` + 3 words: the generator's words, the place of the next, whether a normal number is left, its bits.
///
/// # Safety
/// There is room for them at the address.
pub(crate) unsafe extern "C" fn state(stream: i64, address: i64) {
    // SAFETY: the caller's promise.
    let out = unsafe { crate::linear::slice::<i64>(address, WORDS + 3) };
    with_stream(index(stream), |mt| {
        let (words, pos, spare) = mt.state();
        let rest = [pos as i64, i64::from(spare.is_some()), spare.unwrap_or(0.0).to_bits() as i64];
        for (to, word) in out.iter_mut().zip(words.iter().map(|&w| i64::from(w)).chain(rest)) {
            *to = word;
        }
    });
}

/// Takes over a state that [`state`] has given.
///
/// # Safety
/// It is at the address.
pub(crate) unsafe extern "C" fn set_state(stream: i64, address: i64) {
    // SAFETY: the caller's promise.
    let from = unsafe { crate::linear::slice::<i64>(address, WORDS + 3) };
    let words: [u32; WORDS as usize] = std::array::from_fn(|n| from[n] as u32);
    let rest = &from[WORDS as usize..];
    let spare = (rest[1] != 0).then(|| f64::from_bits(rest[2] as u64));
    seeded(index(stream), |mt| mt.set_state(&words, usize::try_from(rest[0]).unwrap_or(0), spare));
}

/// The words of a generator's state.
const WORDS: i64 = 624;

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

/// What NumPy keeps of a PCG64 generator (numpy/random/src/pcg64/pcg64.h).
#[repr(C)]
struct PcgState {
    words: *mut [u128; 2],
    has_half: libc::c_int,
    half: u32,
}

/// The `next_u64` of NumPy's PCG64 generators; 0: not known.
static PCG64: AtomicUsize = AtomicUsize::new(0);

/// Whether a generator is one of NumPy's PCG64, which is run here.
///
/// # Safety
/// `g` is the address of a live bit generator's interface.
unsafe fn is_pcg64(g: *const BitGen) -> bool {
    // SAFETY: the caller's promise.
    unsafe { (*g).next_u64 as usize == PCG64.load(Ordering::Relaxed) }
}

/// Runs `f` on a PCG64 generator: its state is taken to registers, and put back.
///
/// # Safety
/// As [`is_pcg64`], which has said yes; nobody else uses the generator meanwhile.
#[inline(always)]
unsafe fn with_pcg64<R>(g: *const BitGen, f: impl FnOnce(&mut Pcg64) -> R) -> R {
    // SAFETY: the state of such a generator.
    unsafe {
        let state = (*g).state.cast::<PcgState>();
        // The state is read and written as two words, and nothing but two words: a processor waits with a read of both together until
        // writes of each have come to memory, and so a draw for everything that the one before does.
        let words = (*state).words.cast::<u64>();
        let whole = |n: usize| u128::from(words.add(n).read_volatile()) | u128::from(words.add(n + 1).read_volatile()) << 64;
        let mut pcg = Pcg64 { state: whole(0), increment: whole(2), half: ((*state).has_half != 0).then_some((*state).half) };
        let out = f(&mut pcg);
        words.write_volatile(pcg.state as u64);
        words.add(1).write_volatile((pcg.state >> 64) as u64);
        (*state).has_half = pcg.half.is_some().into();
        // (NumPy leaves the half that was used.)
        if let Some(half) = pcg.half {
            (*state).half = half;
        }
        out
    }
}

/// Calls `$f` with the stream that a number names.
macro_rules! with_source {
    ($stream:expr, |$s:ident| $f:expr) => {
        match $stream {
            0 | 1 => with_stream(index($stream), |$s| $f),
            _ => {
                let generator = $stream as usize as *const BitGen;
                // SAFETY: the address is of a live bit generator, whose user holds its lock, or does not share it.
                if unsafe { is_pcg64(generator) } {
                    // SAFETY: as above.
                    unsafe { with_pcg64(generator, |$s| $f) }
                } else {
                    let $s = &mut Foreign(generator);
                    $f
                }
            }
        }
    };
}

// What `abi::draws` says of states.
const _: () = {
    let [low, high] = draws::pcg64::MULTIPLIER;
    assert!(low as u128 | (high as u128) << 64 == pcg64::MULTIPLIER);
    assert!(offset_of!(Mt19937, pos) == draws::stream::POS as usize);
    assert!(offset_of!(Mt19937, end) == draws::stream::END as usize);
    assert!(offset_of!(Mt19937, out) == draws::stream::WORDS as usize);
    assert!(offset_of!(ziggurat::Usual, normal) == 0);
    assert!(offset_of!(ziggurat::Usual, exponential) == draws::layers::EXPONENTIAL as usize);
};

/// See the symbol `random_pcg64`. As long as a generator lives, the answer is the same.
///
/// # Safety
/// The address of a live bit generator's interface, or the number of a stream.
pub(crate) unsafe extern "C" fn pcg64_state(generator: i64) -> i64 {
    let g = generator as usize as *const BitGen;
    // SAFETY: the caller's promise.
    unsafe { if generator as u64 > 1 && is_pcg64(g) { (*(*g).state.cast::<PcgState>()).words as usize as i64 } else { 0 } }
}

/// See the symbol `random_stream`. For the same thread the answer is the same.
pub(crate) extern "C" fn stream_address(stream: i64) -> i64 {
    with_streams(|s| (&raw mut s.streams[index(stream)]) as usize as i64)
}

/// See the symbol `random_layers`.
pub(crate) extern "C" fn layers() -> i64 {
    (&raw const ziggurat::USUAL) as usize as i64
}

/// See the symbol `random_normal_beyond`.
pub(crate) extern "C" fn normal_beyond(generator: i64, r: i64) -> f64 {
    with_source!(generator, |s| ziggurat::normal_beyond(s, r as u64))
}

/// See the symbol `random_exponential_beyond`.
pub(crate) extern "C" fn exponential_beyond(generator: i64, r: i64) -> f64 {
    with_source!(generator, |s| ziggurat::exponential_beyond(s, r as u64))
}

/// See the symbol `random_power_of`.
pub(crate) extern "C" fn power_of(x: f64, y: f64) -> f64 {
    powers::power(x, y)
}

/// Says that the bit generator at an address is a PCG64 of NumPy's. If a copy of its state gives here what it gives itself, such
/// generators are run here from now on.
///
/// # Safety
/// It is one, live, and used by nobody else.
pub unsafe fn learn_pcg64(address: usize) {
    let g = address as *const BitGen;
    // SAFETY: the caller's promise.
    unsafe {
        let state = (*g).state.cast::<PcgState>();
        let words = *(*state).words;
        let mut here = Pcg64 { state: words[0], increment: words[1], half: None };
        (*state).has_half = 0;
        let mut there = Foreign(g);
        let alike = (0..8).all(|_| here.next_u64() == there.next_u64() && here.next_u32() == there.next_u32() && here.next_u32() == there.next_u32())
            && here.next_double().to_bits() == there.next_double().to_bits()
            && here.state == (*(*state).words)[0];
        if alike {
            PCG64.store((*g).next_u64 as usize, Ordering::Relaxed);
        }
    }
}

/// Functions of a stream and numbers.
macro_rules! distributions {
    ($($name:ident($($arg:ident: $t:ty),*) -> $ret:ty = $f:expr;)*) => { $(
        pub(crate) extern "C" fn $name(stream: i64, $($arg: $t),*) -> $ret {
            // The usual ways have nothing of the others' in them.
            #[cold]
            #[inline(never)]
            fn other(stream: i64, $($arg: $t),*) -> $ret {
                with_source!(stream, |s| $f(s, $($arg),*))
            }
            #[inline(never)]
            fn own(stream: usize, $($arg: $t),*) -> $ret {
                with_stream(stream, |s| $f(s, $($arg),*))
            }
            if stream as u64 <= 1 {
                return own(index(stream), $($arg),*);
            }
            let generator = stream as usize as *const BitGen;
            // SAFETY: what is no stream of the thread is the address of a live bit generator, which its user does not share.
            if unsafe { is_pcg64(generator) } {
                // SAFETY: as above.
                unsafe { with_pcg64(generator, |s| $f(s, $($arg),*)) }
            } else {
                other(stream, $($arg),*)
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

fn standard(what: i64) -> Standard {
    match what {
        0 => Standard::Uniform,
        1 => Standard::Normal,
        2 => Standard::Exponential,
        _ => Standard::Inverse,
    }
}

/// `n` doubles of distribution `what` (see [`standard`]) at an address.
///
/// # Safety
/// There is room for them.
pub(crate) unsafe extern "C" fn fill_doubles(stream: i64, address: i64, n: i64, what: i64) {
    // SAFETY: the caller's promise.
    let out = unsafe { crate::linear::slice::<f64>(address, n) };
    with_source!(stream, |s| bulk::fill_doubles(s, standard(what), out));
}

/// As [`fill_doubles`], each scaled, then shifted.
///
/// # Safety
/// There is room for them.
pub(crate) unsafe extern "C" fn fill_scaled(stream: i64, address: i64, n: i64, what: i64, shift: f64, scale: f64) {
    // SAFETY: the caller's promise.
    let out = unsafe { crate::linear::slice::<f64>(address, n) };
    with_source!(stream, |s| bulk::fill_scaled(s, standard(what), out, shift, scale));
}

/// `n` singles of distribution `what` at an address.
///
/// # Safety
/// There is room for them.
pub(crate) unsafe extern "C" fn fill_singles(stream: i64, address: i64, n: i64, what: i64) {
    // SAFETY: the caller's promise.
    let out = unsafe { crate::linear::slice::<f32>(address, n) };
    with_source!(stream, |s| bulk::fill_singles(s, standard(what), out));
}

/// `n` doubles of the gamma distribution at an address.
///
/// # Safety
/// There is room for them.
pub(crate) unsafe extern "C" fn fill_gamma(stream: i64, address: i64, n: i64, shape: f64, scale: f64) {
    // SAFETY: the caller's promise.
    let out = unsafe { crate::linear::slice::<f64>(address, n) };
    with_source!(stream, |s| bulk::fill_gamma(s, out, shape, scale));
}

/// `n` int64 of the Poisson distribution at an address.
///
/// # Safety
/// There is room for them.
pub(crate) unsafe extern "C" fn fill_poisson(stream: i64, address: i64, n: i64, lam: f64) {
    // SAFETY: the caller's promise.
    let out = unsafe { crate::linear::slice::<i64>(address, n) };
    with_source!(stream, |s| bulk::fill_poisson(s, out, lam));
}

/// `n` int64 of the binomial distribution at an address.
///
/// # Safety
/// There is room for them.
pub(crate) unsafe extern "C" fn fill_binomial(stream: i64, address: i64, n: i64, trials: f64, p: f64) {
    // SAFETY: the caller's promise.
    let out = unsafe { crate::linear::slice::<i64>(address, n) };
    with_source!(stream, |s| bulk::fill_binomial(s, out, trials, p));
}

/// `n` integers of this many bits (1: bools) from `low` to `low + span` at an address.
///
/// # Safety
/// There is room for them.
pub(crate) unsafe extern "C" fn fill_integers(stream: i64, address: i64, n: i64, bits: i64, low: i64, span: i64) {
    macro_rules! fill {
        ($t:ty, $f:path) => {{
            // SAFETY: the caller's promise.
            let out = unsafe { crate::linear::slice::<$t>(address, n) };
            with_source!(stream, |s| $f(s, out, low as u64, span as u64))
        }};
    }
    match bits {
        1 => fill!(u8, bulk::fill_bools),
        8 => fill!(u8, bulk::fill_integers),
        16 => fill!(u16, bulk::fill_integers),
        32 => fill!(u32, bulk::fill_integers),
        _ => fill!(u64, bulk::fill_integers),
    }
}
