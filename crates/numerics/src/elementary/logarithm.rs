//! Logarithms.

use super::{Machine, Pair, Plain, horner, is_positive, negated, quick_two_sum, times, two_product, two_sum};

/// ln 2 in two parts: the high one has 21 trailing zero bits, so that its multiples by exponents are exact.
pub(super) const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
pub(super) const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// e and m with |x| = 2^e m, 3/4 <= m < 3/2.
#[inline(always)]
fn parts<M: Machine>(m: &mut M, x: M::Number) -> Pair<M> {
    let size = m.abs(x);
    let mantissa = m.mantissa(size);
    let (whole, part) = (m.exponent(size), m.exponent(mantissa));
    (m.sub(whole, part), mantissa)
}

/// f - ln (1 + f), -1/4 <= f <= 1/2
#[inline(always)]
fn shortfall<M: Machine>(m: &mut M, f: M::Number) -> M::Number {
    let (s, h, sum) = parts_of_log(m, f);
    let minus = negated(m, s);
    m.fma(minus, sum, h)
}

/// s, h = f^2 / 2 and h + r with ln (1 + f) = f - (h - s (h + r)), so that what is subtracted from f is small.
#[inline(always)]
fn parts_of_log<M: Machine>(m: &mut M, f: M::Number) -> (M::Number, M::Number, M::Number) {
    let two = m.constant(2.0);
    // ln (1 + f) = 2 artanh s = f - s (f - r), s = f / (2 + f), r = s^2 (2/3 + s^2 2/5 + ...), |s| <= 1/5.
    let bottom = m.add(two, f);
    let s = m.div(f, bottom);
    let z = m.mul(s, s);
    let c: [f64; 11] = std::array::from_fn(|k| 2.0 / (2 * k + 3) as f64);
    let q = horner(m, z, &c);
    let r = m.mul(z, q);
    let half = m.constant(0.5);
    let half = m.mul(half, f);
    let h = m.mul(half, f);
    (s, h, m.add(h, r))
}

/// e ln 2 + ln (1 + f), -1/4 <= f <= 1/2
#[inline(always)]
fn sum_of_parts<M: Machine>(m: &mut M, e: M::Number, f: M::Number) -> M::Number {
    let (s, h, sum) = parts_of_log(m, f);
    let (high, low) = (m.constant(LN2_HIGH), m.constant(LN2_LOW));
    let tail = m.mul(e, low);
    let inner = m.fma(s, sum, tail);
    let inner = m.sub(h, inner);
    let inner = m.sub(inner, f);
    let top = m.mul(e, high);
    m.sub(top, inner)
}

/// ln x
#[inline(always)]
pub fn log<M: Machine>(m: &mut M, x: M::Number) -> M::Number {
    let (e, mantissa) = parts(m, x);
    let one = m.constant(1.0);
    let f = m.sub(mantissa, one);
    let y = sum_of_parts(m, e, f);
    let usual = is_positive(m, x);
    m.unless(usual, y, Plain::Log, &[x])
}

/// ln (1 + x)
#[inline(always)]
pub fn log1p<M: Machine>(m: &mut M, x: M::Number) -> M::Number {
    let (one, infinity) = (m.constant(1.0), m.constant(f64::INFINITY));
    let (u, rest) = two_sum(m, one, x);
    let (e, mantissa) = parts(m, u);
    // Where e is 0 the difference is x itself.
    let minus = negated(m, e);
    let rest = m.scale(rest, minus);
    let f = m.sub(mantissa, one);
    let f = m.add(f, rest);
    let y = sum_of_parts(m, e, f);
    // The sign of a zero.
    let y = m.copysign(y, x);
    let (minus_one, below) = (m.constant(-1.0), m.less(x, infinity));
    let above = m.less(minus_one, x);
    let usual = m.both(above, below);
    m.unless(usual, y, Plain::Log1p, &[x])
}

/// e, and ln m as a pair, with |x| = 2^e m, 3/4 <= m < 3/2: good to 2^-64 of it.
#[inline(always)]
pub(super) fn log_pair<M: Machine>(m: &mut M, x: M::Number) -> (M::Number, Pair<M>) {
    let (e, mantissa) = parts(m, x);
    let (one, two) = (m.constant(1.0), m.constant(2.0));
    // 2 artanh s = 2 s + s^3 (2/3 + s^2 (2/5 + ...)), s = f / (2 + f).
    let f = m.sub(mantissa, one);
    let (bottom, lost) = quick_two_sum(m, two, f);
    let inverse = m.div(one, bottom);
    let s = m.mul(f, inverse);
    let minus = negated(m, s);
    let missing = m.fma(minus, bottom, f);
    let missing = m.fma(minus, lost, missing);
    let s = (s, m.mul(missing, inverse));
    let z = times(m, s, s);
    let c: [f64; 12] = std::array::from_fn(|k| 2.0 / (2 * k + 5) as f64);
    let tail = horner(m, z.0, &c);
    let tail = m.mul(z.0, tail);
    let (third, third_rest) = (m.constant(0.666_666_666_666_666_6), m.constant(3.700_743_415_417_188e-17));
    let (q, rest) = quick_two_sum(m, third, tail);
    let q = (q, m.add(rest, third_rest));
    let cube = times(m, s, z);
    let w = times(m, cube, q);
    let (high, low) = (m.add(s.0, s.0), m.add(s.1, s.1));
    let (sum, rest) = quick_two_sum(m, high, w.0);
    let low = m.add(low, w.1);
    (e, (sum, m.add(rest, low)))
}

/// e u + log v, where u has trailing zero bits.
#[inline(always)]
fn in_base<M: Machine>(m: &mut M, x: M::Number, unit: (f64, f64), base: (f64, f64)) -> M::Number {
    let (e, log) = log_pair(m, x);
    let base = (m.constant(base.0), m.constant(base.1));
    let (part, low) = times(m, log, base);
    let (high, rest) = (m.constant(unit.0), m.constant(unit.1));
    let whole = m.mul(e, high);
    let low = m.fma(e, rest, low);
    let (sum, error) = two_sum(m, whole, part);
    let low = m.add(low, error);
    m.add(sum, low)
}

/// log2 x
#[inline(always)]
pub fn log2<M: Machine>(m: &mut M, x: M::Number) -> M::Number {
    let (e, mantissa) = parts(m, x);
    let one = m.constant(1.0);
    let f = m.sub(mantissa, one);
    // ln (1 + f) as f, whose multiple is exact, and what is to be taken off it.
    let off = shortfall(m, f);
    let (base, base_rest) = (m.constant(std::f64::consts::LOG2_E), m.constant(2.035_527_374_093_103_3e-17));
    let (part, low) = two_product(m, f, base);
    let low = m.fma(f, base_rest, low);
    let minus = negated(m, off);
    let low = m.fma(minus, base, low);
    let (sum, rest) = quick_two_sum(m, e, part);
    let low = m.add(low, rest);
    let y = m.add(sum, low);
    let usual = is_positive(m, x);
    m.unless(usual, y, Plain::Log2, &[x])
}

/// log10 x
#[inline(always)]
pub fn log10<M: Machine>(m: &mut M, x: M::Number) -> M::Number {
    let unit = (0.301_029_995_549_470_2, 1.145_110_089_802_183_8e-10);
    let y = in_base(m, x, unit, (std::f64::consts::LOG10_E, 1.098_319_650_216_765e-17));
    let usual = is_positive(m, x);
    m.unless(usual, y, Plain::Log10, &[x])
}
