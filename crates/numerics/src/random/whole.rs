//! Distributions of whole numbers. Parameters have been checked by the caller.

use super::Source;
use std::cell::{Cell, RefCell};
use std::sync::LazyLock;

thread_local! {
    /// The distributions that the thread's last single draws were made of: loops draw from one again and again.
    static LAST_POISSON: Cell<(u64, Poisson)> = const { Cell::new((f64::NAN.to_bits(), Poisson::Always(0))) };
    static LAST_BINOMIAL: RefCell<Binomial> = const { RefCell::new(Binomial::NONE) };
    /// Likewise numbers that depend on parameters alone: a logarithm (of which number, by which function), two powers.
    static LAST_LOG: Cell<(u64, usize, f64)> = const { Cell::new((0, 0, 0.0)) };
    static LAST_GEOMETRIC: Cell<(u64, [f64; 16])> = const { Cell::new((0, [0.0; 16])) };
    static LAST_ZIPF: Cell<(u64, [f64; 2])> = const { Cell::new((0, [0.0; 2])) };
}

/// `log(x)`, which is kept for the next time.
fn log_of(x: f64, log: fn(f64) -> f64) -> f64 {
    let (known, by, y) = LAST_LOG.get();
    if known == x.to_bits() && by == log as usize {
        return y;
    }
    let y = log(x);
    LAST_LOG.set((x.to_bits(), log as usize, y));
    y
}

/// The largest integer not above `x`, which is no call of the C library's.
fn floor(x: f64) -> i64 {
    let i = x as i64;
    i.saturating_sub(i64::from(i as f64 > x))
}

fn ceil(x: f64) -> i64 {
    let i = x as i64;
    i.saturating_add(i64::from((i as f64) < x))
}

/// The logarithm of the gamma function, by Stirling's series: the one that NumPy's streams depend on.
pub(crate) fn log_gamma(x: f64) -> f64 {
    const A: [f64; 10] = [
        8.333333333333333e-02,
        -2.777777777777778e-03,
        7.936507936507937e-04,
        -5.952380952380952e-04,
        8.417508417508418e-04,
        -1.917526917526918e-03,
        6.41025641025641e-03,
        -2.955065359477124e-02,
        1.796443723688307e-01,
        -1.3924322169059e+00,
    ];
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    let n = if x < 7.0 { (7.0 - x) as i64 } else { 0 };
    let mut x0 = x + n as f64;
    let x2 = (1.0 / x0) * (1.0 / x0);
    let sum = A[..9].iter().rev().fold(A[9], |s, a| s * x2 + a);
    let mut g = sum / x0 + 0.5 * 1.837_877_066_409_345_3 + (x0 - 0.5) * x0.ln() - x0;
    for _ in 0..n {
        g -= (x0 - 1.0).ln();
        x0 -= 1.0;
    }
    g
}

/// The Poisson distribution, what does not depend on the draw computed once.
#[derive(Clone, Copy, Debug)]
pub enum Poisson {
    Always(i64),
    /// Products of uniform numbers, down to a limit.
    Products(f64),
    /// Hörmann's PTRS (1993).
    Rejection {
        lam: f64,
        log: f64,
        a: f64,
        b: f64,
        inverse_alpha: f64,
        vr: f64,
    },
}

impl Poisson {
    pub fn new(lam: f64) -> Poisson {
        if lam == f64::INFINITY {
            Poisson::Always(i64::MAX)
        } else if lam >= 10.0 {
            let (root, log) = (lam.sqrt(), lam.ln());
            let b = 0.931 + 2.53 * root;
            let a = -0.059 + 0.02483 * b;
            Poisson::Rejection { lam, log, a, b, inverse_alpha: 1.1239 + 1.1328 / (b - 3.4), vr: 0.9277 - 3.6224 / (b - 2.0) }
        } else if lam == 0.0 || lam.is_nan() {
            Poisson::Always(0)
        } else {
            Poisson::Products((-lam).exp())
        }
    }

    #[inline]
    pub fn draw<S: Source>(&self, s: &mut S) -> i64 {
        match *self {
            Poisson::Always(x) => x,
            Poisson::Products(limit) => {
                let (mut x, mut product) = (0, 1.0);
                loop {
                    product *= s.next_double();
                    if product <= limit {
                        return x;
                    }
                    x += 1;
                }
            }
            Poisson::Rejection { lam, log, a, b, inverse_alpha, vr } => loop {
                let u = s.next_double() - 0.5;
                let v = s.next_double();
                let us = 0.5 - u.abs();
                let k = floor((2.0 * a / us + b) * u + lam + 0.43);
                if us >= 0.07 && v <= vr {
                    return k;
                }
                if k < 0 || (us < 0.013 && v > us) {
                    continue;
                }
                if v.ln() + inverse_alpha.ln() - (a / (us * us) + b).ln() <= -lam + k as f64 * log - log_gamma(k as f64 + 1.0) {
                    return k;
                }
            },
        }
    }
}

#[inline]
pub fn poisson<S: Source>(s: &mut S, lam: f64) -> i64 {
    let (known, last) = LAST_POISSON.get();
    if known == lam.to_bits() {
        return last.draw(s);
    }
    let new = Poisson::new(lam);
    LAST_POISSON.set((lam.to_bits(), new));
    new.draw(s)
}

/// The binomial distribution, what does not depend on the draw computed once.
#[derive(Debug)]
pub struct Binomial {
    n: i64,
    /// The parameters it was made of, as bits.
    made_of: [u64; 2],
    /// The draw is of what fails.
    turned: bool,
    way: BinomialWay,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a thread has one, which stays where it is")]
enum BinomialWay {
    Never,
    Inversion(Inversion),
    Rejection(Btpe),
}

/// Counting up from none until the probabilities reach a uniform number.
#[derive(Debug)]
struct Inversion {
    p: f64,
    q: f64,
    bound: i64,
    /// Probabilities, those that a draw has needed so far: each follows from the one before.
    steps: [f64; STEPS],
    known: usize,
}

/// More than the bound of draws by inversion, where the mean is 30 at most.
const STEPS: usize = 96;

impl Binomial {
    const NONE: Binomial = Binomial { n: 0, made_of: [0; 2], turned: false, way: BinomialWay::Never };

    pub fn new(n: f64, p: f64) -> Binomial {
        let made_of = [n.to_bits(), p.to_bits()];
        let n = n as i64;
        if n == 0 || p == 0.0 {
            return Binomial { n, made_of, ..Binomial::NONE };
        }
        let turned = p > 0.5;
        let p = if turned { 1.0 - p } else { p };
        if p * n as f64 > 30.0 {
            return Binomial { n, made_of, turned, way: BinomialWay::Rejection(Btpe::new(n, p)) };
        }
        let q = 1.0 - p;
        let mean = n as f64 * p;
        let none = (n as f64 * (-p).ln_1p()).exp();
        let bound = (n as f64).min(mean + 10.0 * (mean * q + 1.0).sqrt()) as i64;
        let mut steps = [0.0; STEPS];
        steps[0] = none;
        Binomial { n, made_of, turned, way: BinomialWay::Inversion(Inversion { p, q, bound, steps, known: 1 }) }
    }

    #[inline]
    pub fn draw<S: Source>(&mut self, s: &mut S) -> i64 {
        let n = self.n;
        let x = match &mut self.way {
            BinomialWay::Never => return 0,
            BinomialWay::Rejection(btpe) => btpe.draw(s),
            BinomialWay::Inversion(inversion) => inversion.draw(n, s),
        };
        if self.turned { n - x } else { x }
    }
}

impl Inversion {
    #[inline]
    fn draw<S: Source>(&mut self, n: i64, s: &mut S) -> i64 {
        let mut u = s.next_double();
        let mut x = 0;
        loop {
            let step = self.steps[x];
            if u <= step || step.is_nan() {
                return x as i64;
            }
            x += 1;
            if x as i64 > self.bound {
                x = 0;
                u = s.next_double();
                continue;
            }
            u -= step;
            if x >= self.known {
                let count = x as i64;
                self.steps[x] = ((n - count + 1) as f64 * self.p * step) / (count as f64 * self.q);
                self.known = x + 1;
            }
        }
    }
}

#[inline]
pub fn binomial<S: Source>(s: &mut S, n: f64, p: f64) -> i64 {
    LAST_BINOMIAL.with(|last| {
        // (A source of numbers that draws by itself finds it in use.)
        let Ok(mut last) = last.try_borrow_mut() else { return Binomial::new(n, p).draw(s) };
        if last.made_of != [n.to_bits(), p.to_bits()] {
            *last = Binomial::new(n, p);
        }
        last.draw(s)
    })
}

/// Kachitvichyanukul and Schmeiser's BTPE (1988), for p at most one half.
#[derive(Clone, Copy, Debug)]
struct Btpe {
    n: i64,
    m: i64,
    r: f64,
    q: f64,
    xm: f64,
    xl: f64,
    xr: f64,
    c: f64,
    left: f64,
    right: f64,
    /// Where the parts of the hat begin.
    parts: [f64; 4],
}

impl Btpe {
    fn new(n: i64, p: f64) -> Btpe {
        let nf = n as f64;
        let r = p.min(1.0 - p);
        let q = 1.0 - r;
        let fm = nf * r + r;
        let m = floor(fm);
        let mf = m as f64;
        let p1 = (2.195 * (nf * r * q).sqrt() - 4.6 * q).floor() + 0.5;
        let xm = mf + 0.5;
        let (xl, xr) = (xm - p1, xm + p1);
        let c = 0.134 + 20.5 / (15.3 + mf);
        let a = (fm - xl) / (fm - xl * r);
        let left = a * (1.0 + a / 2.0);
        let a = (xr - fm) / (xr * q);
        let right = a * (1.0 + a / 2.0);
        let p2 = p1 * (1.0 + 2.0 * c);
        let p3 = p2 + c / left;
        Btpe { n, m, r, q, xm, xl, xr, c, left, right, parts: [p1, p2, p3, p3 + c / right] }
    }

    fn draw<S: Source>(&self, s: &mut S) -> i64 {
        let &Btpe { n, m, r, q, xm, xl, xr, c, left, right, parts: [p1, p2, p3, p4] } = self;
        let (nf, mf) = (n as f64, m as f64);
        let nrq = nf * r * q;
        loop {
            let u = s.next_double() * p4;
            let mut v = s.next_double();
            let y;
            if u <= p1 {
                return floor(xm - p1 * v + u);
            } else if u <= p2 {
                let x = xl + (u - p1) / c;
                v = v * c + 1.0 - (mf - x + 0.5).abs() / p1;
                if v > 1.0 {
                    continue;
                }
                y = floor(x);
            } else if u <= p3 {
                y = floor(xl + v.ln() / left);
                if y < 0 || v == 0.0 {
                    continue;
                }
                v = v * (u - p2) * left;
            } else {
                y = floor(xr - v.ln() / right);
                if y > n || v == 0.0 {
                    continue;
                }
                v = v * (u - p3) * right;
            }
            let k = (y - m).abs();
            let kf = k as f64;
            if !(k > 20 && kf < nrq / 2.0 - 1.0) {
                let ratio = r / q;
                let a = ratio * (nf + 1.0);
                let mut f = 1.0;
                for i in m + 1..=y {
                    f *= a / i as f64 - ratio;
                }
                for i in y + 1..=m {
                    f /= a / i as f64 - ratio;
                }
                if v > f {
                    continue;
                }
                return y;
            }
            let rho = (kf / nrq) * ((kf * (kf / 3.0 + 0.625) + 0.166_666_666_666_666_66) / nrq + 0.5);
            let t = -(k * k) as f64 / (2.0 * nrq);
            let log = v.ln();
            if log < t - rho {
                return y;
            }
            if log > t + rho {
                continue;
            }
            let (x1, f1, z, w) = ((y + 1) as f64, (m + 1) as f64, (n + 1 - m) as f64, (n - y + 1) as f64);
            let correction = |x: f64| {
                let x2 = x * x;
                (13680.0 - (462.0 - (132.0 - (99.0 - 140.0 / x2) / x2) / x2) / x2) / x / 166320.0
            };
            let limit = xm * (f1 / x1).ln()
                + ((n - m) as f64 + 0.5) * (z / w).ln()
                + (y - m) as f64 * (w * r / (x1 * q)).ln()
                + correction(f1)
                + correction(z)
                + correction(x1)
                + correction(w);
            if log <= limit {
                return y;
            }
        }
    }
}

pub fn negative_binomial<S: Source>(s: &mut S, n: f64, p: f64) -> i64 {
    let y = super::real::gamma(s, n, (1.0 - p) / p);
    Poisson::new(y).draw(s)
}

/// The probabilities of at most 1, 2, … trials.
fn geometric_sums(p: f64) -> [f64; 16] {
    let (mut sum, mut product) = (p, p);
    std::array::from_fn(|k| {
        if k > 0 {
            product *= 1.0 - p;
            sum += product;
        }
        sum
    })
}

#[inline]
pub fn geometric<S: Source>(s: &mut S, p: f64) -> i64 {
    if p >= 0.333_333_333_333_333_3 {
        let u = s.next_double();
        let mut steps = LAST_GEOMETRIC.get();
        if steps.0 != p.to_bits() {
            steps = (p.to_bits(), geometric_sums(p));
            LAST_GEOMETRIC.set(steps);
        }
        let sums = steps.1;
        // The first sum that reaches the number: of nearly all numbers among the first few, which are compared at once.
        let before = sums.iter().filter(|&&sum| u > sum).count();
        if before < sums.len() {
            return before as i64 + 1;
        }
        let (mut x, mut sum, mut product) = (1, p, p);
        while u > sum {
            product *= 1.0 - p;
            sum += product;
            x += 1;
        }
        return x;
    }
    // (The logarithm of the parameter is kept: see `LAST_LOG`.)
    if S::LEGACY {
        let log = log_of(1.0 - p, f64::ln);
        return ceil((-s.next_double()).ln_1p() / log);
    }
    let log = log_of(-p, f64::ln_1p);
    ceil(-s.exponential() / log)
}

/// Devroye's rejection (1986).
pub fn zipf<S: Source>(s: &mut S, a: f64) -> i64 {
    const LARGEST: f64 = i64::MAX as f64;
    if !S::LEGACY && a >= 1025.0 {
        return 1;
    }
    let am1 = a - 1.0;
    let (known, mut of) = LAST_ZIPF.get();
    if known != a.to_bits() {
        of = [2f64.powf(am1), LARGEST.powf(-am1)];
        LAST_ZIPF.set((a.to_bits(), of));
    }
    let [b, least] = of;
    loop {
        let u = s.next_double();
        let u = if S::LEGACY { 1.0 - u } else { u * least + (1.0 - u) };
        let v = s.next_double();
        let x = u.powf(-1.0 / am1).floor();
        if !(1.0..=LARGEST).contains(&x) {
            continue;
        }
        let t = (1.0 + 1.0 / x).powf(am1);
        if v * x * (t - 1.0) / (b - 1.0) <= t / b {
            return x as i64;
        }
    }
}

/// Kemp's LK with acceleration (1981).
pub fn logseries<S: Source>(s: &mut S, p: f64) -> i64 {
    let r = log_of(-p, f64::ln_1p);
    loop {
        let v = s.next_double();
        if v >= p {
            return 1;
        }
        let u = s.next_double();
        let q = -(r * u).exp_m1();
        if v <= q * q {
            let x = floor(1.0 + v.ln() / q.ln());
            if x < 1 || v == 0.0 {
                continue;
            }
            return x;
        }
        return if v >= q { 1 } else { 2 };
    }
}

const D1: f64 = 1.715_527_769_921_413_5;
const D2: f64 = 0.898_916_162_058_898_8;

pub fn hypergeometric<S: Source>(s: &mut S, good: f64, bad: f64, sample: f64) -> i64 {
    let (good, bad, sample) = (good as i64, bad as i64, sample as i64);
    if S::LEGACY {
        return if sample > 10 {
            hypergeometric_hrua(s, good, bad, sample, |x| log_gamma(x + 1.0))
        } else if sample > 0 {
            hypergeometric_one_by_one(s, good, bad, sample)
        } else {
            0
        };
    }
    if sample >= 10 && sample <= good + bad - 10 {
        hypergeometric_hrua(s, good, bad, sample, log_factorial)
    } else {
        hypergeometric_by_sampling(s, good, bad, sample)
    }
}

/// log(k!), correctly rounded for small k, by Stirling's series beyond.
fn log_factorial(k: f64) -> f64 {
    static SMALL: LazyLock<[f64; 126]> = LazyLock::new(|| std::array::from_fn(|k| log_factorial_of_small(k as u32)));
    if k < 126.0 {
        return SMALL[k as usize];
    }
    const HALF_LOG_TWO_PI: f64 = 0.918_938_533_204_672_7;
    (k + 0.5) * k.ln() - k + (HALF_LOG_TWO_PI + (1.0 / k) * (1.0 / 12.0 - 1.0 / (360.0 * k * k)))
}

fn log_factorial_of_small(k: u32) -> f64 {
    // Exact products of doubles lose nothing that the logarithm shows.
    let (mut high, mut low) = (0.0f64, 0.0f64);
    for i in 2..=k {
        let term = f64::from(i).ln();
        let sum = high + term;
        low += if high >= term { (high - sum) + term } else { (term - sum) + high };
        high = sum;
    }
    high + low
}

fn hypergeometric_one_by_one<S: Source>(s: &mut S, good: i64, bad: i64, sample: i64) -> i64 {
    let rest = (bad + good - sample) as f64;
    let least = good.min(bad) as f64;
    let mut y = least;
    let mut k = sample as f64;
    while y > 0.0 {
        let u = s.next_double();
        y -= floor(u + y / (rest + k)) as f64;
        k -= 1.0;
        if k == 0.0 {
            break;
        }
    }
    let z = (least - y) as i64;
    if good > bad { sample - z } else { z }
}

fn hypergeometric_by_sampling<S: Source>(s: &mut S, good: i64, bad: i64, sample: i64) -> i64 {
    let total = good + bad;
    let mut left = if sample > total / 2 { total - sample } else { sample };
    let (mut all, mut ours) = (total, good);
    while left > 0 && ours > 0 && all > ours {
        all -= 1;
        if (interval(s, all as u64) as i64) < ours {
            ours -= 1;
        }
        left -= 1;
    }
    if all == ours {
        ours -= left;
    }
    if sample > total / 2 { ours } else { good - ours }
}

/// Stadlober's HRUA (1990).
fn hypergeometric_hrua<S: Source>(s: &mut S, good: i64, bad: i64, sample: i64, log_factorial: fn(f64) -> f64) -> i64 {
    let (least, most, all) = (good.min(bad), good.max(bad), good + bad);
    let m = sample.min(all - sample);
    let (lf, af, mf) = (least as f64, all as f64, m as f64);
    let p = lf / af;
    let q = if S::LEGACY { 1.0 - p } else { most as f64 / af };
    let a = mf * p + 0.5;
    let drawn = if S::LEGACY { sample } else { m } as f64;
    let c = ((all - m) as f64 * drawn * p * q / (af - 1.0) + 0.5).sqrt();
    let h = D1 * c + D2;
    let mode = ((m + 1) as f64 * (least + 1) as f64 / (all + 2) as f64).floor() as i64;
    let terms = |z: i64| log_factorial(z as f64) + log_factorial((least - z) as f64) + log_factorial((m - z) as f64) + log_factorial((most - m + z) as f64);
    let g = terms(mode);
    let b = (m.min(least) as f64 + 1.0).min((a + 16.0 * c).floor());
    let z = loop {
        let u = s.next_double();
        let v = s.next_double();
        let x = a + h * (v - 0.5) / u;
        if x < 0.0 || x >= b {
            continue;
        }
        let z = floor(x);
        let t = g - terms(z);
        if u * (4.0 - u) - 3.0 <= t {
            break z;
        }
        if u * (u - t) >= 1.0 {
            continue;
        }
        if 2.0 * u.ln() <= t {
            break z;
        }
    };
    let z = if good > bad { m - z } else { z };
    if m < sample { good - z } else { z }
}

/// Uniform in 0..=max, by multiplication (Lemire 2019).
#[inline]
pub fn bounded<S: Source>(s: &mut S, max: u64) -> u64 {
    if max == 0 {
        return 0;
    }
    if max == u64::MAX {
        return s.next_u64();
    }
    if max > 0xffff_ffff {
        let n = max + 1;
        let mut m = u128::from(s.next_u64()) * u128::from(n);
        if (m as u64) < n {
            let threshold = (u64::MAX - max) % n;
            while (m as u64) < threshold {
                m = u128::from(s.next_u64()) * u128::from(n);
            }
        }
        return (m >> 64) as u64;
    }
    if max == 0xffff_ffff {
        return u64::from(s.next_u32());
    }
    let n = max + 1;
    let mut m = u64::from(s.next_u32()) * n;
    if u64::from(m as u32) < n {
        let threshold = (0xffff_ffff - max) % n;
        while u64::from(m as u32) < threshold {
            m = u64::from(s.next_u32()) * n;
        }
    }
    m >> 32
}

/// Uniform in 0..=max, by masked rejection.
#[inline]
pub fn interval<S: Source>(s: &mut S, max: u64) -> u64 {
    if max == 0 {
        return 0;
    }
    let mask = u64::MAX >> max.leading_zeros();
    loop {
        let x = if max <= 0xffff_ffff { u64::from(s.next_u32()) } else { s.next_u64() } & mask;
        if x <= max {
            return x;
        }
    }
}
