//! e^x and what follows from it.

use super::logarithm::log_pair;
use super::{Machine, Pair, Plain, horner, is_positive, quick_two_sum, two_product, two_sum};

/// ln 2 to 106 bits.
const LN2: f64 = std::f64::consts::LN_2;
const LN2_REST: f64 = 2.319_046_813_846_299_6e-17;

/// (e^r - 1 - r) / r^2, |r| <= ln 2 / 2: the series; its next term is below 1e-18.
#[inline(always)]
fn rest_of_series<M: Machine>(m: &mut M, r: M::Number) -> M::Number {
    let c = [2.0, 6.0, 24.0, 120.0, 720.0, 5040.0, 40320.0, 362_880.0, 3_628_800.0, 39_916_800.0, 479_001_600.0, 6_227_020_800.0].map(|f| 1.0 / f);
    horner(m, r, &c)
}

/// n and p with e^x = 2^n (1 + p), |x| moderate.
#[inline(always)]
fn exp_parts<M: Machine>(m: &mut M, x: M::Number) -> (M::Number, M::Number) {
    let log2e = m.constant(std::f64::consts::LOG2_E);
    let turns = m.mul(x, log2e);
    let n = m.round(turns);
    let (high, low) = (m.constant(-LN2), m.constant(-LN2_REST));
    let r = m.fma(n, high, x);
    let r = m.fma(n, low, r);
    let q = rest_of_series(m, r);
    let square = m.mul(r, r);
    (n, m.fma(square, q, r))
}

/// e^x
#[inline(always)]
pub fn exp<M: Machine>(m: &mut M, x: M::Number) -> M::Number {
    // Beyond these the result is infinite or 0 anyway.
    let (low, high) = (m.constant(-750.0), m.constant(710.0));
    let x = m.most(low, x);
    let x = m.least(high, x);
    let (n, p) = exp_parts(m, x);
    let one = m.constant(1.0);
    let y = m.add(one, p);
    m.scale(y, n)
}

/// e^x - 1 for |x| < 1000.
#[inline(always)]
fn expm1_moderate<M: Machine>(m: &mut M, x: M::Number) -> M::Number {
    let log2e = m.constant(std::f64::consts::LOG2_E);
    let turns = m.mul(x, log2e);
    let n = m.round(turns);
    let (high, low) = (m.constant(-LN2), m.constant(-LN2_REST));
    let r = m.fma(n, high, x);
    let low = m.mul(n, low);
    let (r, low) = quick_two_sum(m, r, low);
    let q = rest_of_series(m, r);
    let square = m.mul(r, r);
    // 2^n - 1 + 2^n (r + low), the larger ones as a pair.
    let low = m.fma(square, q, low);
    let one = m.constant(1.0);
    let power = m.scale(one, n);
    let less = m.sub(power, one);
    let part = m.mul(power, r);
    let (sum, rest) = quick_two_sum(m, less, part);
    let rest = m.fma(power, low, rest);
    m.add(sum, rest)
}

/// tanh x
#[inline(always)]
pub fn tanh<M: Machine>(m: &mut M, x: M::Number) -> M::Number {
    // tanh |x| = t / (t + 2) with t = e^(2|x|) - 1; from 20 on it is 1.
    let size = m.abs(x);
    let most = m.constant(20.0);
    let size = m.least(most, size);
    let twice = m.add(size, size);
    let t = expm1_moderate(m, twice);
    let two = m.constant(2.0);
    let bottom = m.add(t, two);
    let y = m.div(t, bottom);
    m.copysign(y, x)
}

/// 2^n e^r, where |r| <= ln 2 / 2; `low` is far below the unit of r.
#[inline(always)]
fn scaled_exp<M: Machine>(m: &mut M, n: M::Number, r: M::Number, low: M::Number) -> M::Number {
    let q = rest_of_series(m, r);
    let square = m.mul(r, r);
    let one = m.constant(1.0);
    let (high, rest) = quick_two_sum(m, one, r);
    let tail = m.fma(square, q, low);
    let tail = m.add(tail, rest);
    let y = m.add(high, tail);
    m.scale(y, n)
}

/// 2^x
#[inline(always)]
pub fn exp2<M: Machine>(m: &mut M, x: M::Number) -> M::Number {
    // Beyond these the result is infinite or 0 anyway.
    let (low, high) = (m.constant(-1080.0), m.constant(1025.0));
    let x = m.most(low, x);
    let x = m.least(high, x);
    let n = m.round(x);
    let part = m.sub(x, n);
    let (ln2, rest) = (m.constant(LN2), m.constant(LN2_REST));
    let (r, low) = two_product(m, part, ln2);
    let low = m.fma(part, rest, low);
    scaled_exp(m, n, r, low)
}

/// e^x - 1
#[inline(always)]
pub fn expm1<M: Machine>(m: &mut M, given: M::Number) -> M::Number {
    let (low, high) = (m.constant(-50.0), m.constant(709.0));
    let x = m.most(low, given);
    let y = expm1_moderate(m, x);
    // The sign of a zero.
    let y = m.copysign(y, given);
    let usual = m.less(given, high);
    m.unless(usual, y, Plain::Expm1, &[given])
}

/// sinh x
#[inline(always)]
pub fn sinh<M: Machine>(m: &mut M, x: M::Number) -> M::Number {
    let size = m.abs(x);
    let (high, one, half) = (m.constant(709.0), m.constant(1.0), m.constant(0.5));
    let usual = m.less(size, high);
    let size = m.least(size, high);
    let t = expm1_moderate(m, size);
    let next = m.add(t, one);
    let q = m.div(t, next);
    let sum = m.add(t, q);
    let y = m.mul(half, sum);
    let y = m.copysign(y, x);
    m.unless(usual, y, Plain::Sinh, &[x])
}

/// cosh x
#[inline(always)]
pub fn cosh<M: Machine>(m: &mut M, x: M::Number) -> M::Number {
    let size = m.abs(x);
    let (high, half) = (m.constant(709.0), m.constant(0.5));
    let usual = m.less(size, high);
    let size = m.least(size, high);
    let (n, p) = exp_parts(m, size);
    let one = m.constant(1.0);
    let e = m.add(one, p);
    let e = m.scale(e, n);
    let inverse = m.div(half, e);
    let y = m.fma(half, e, inverse);
    m.unless(usual, y, Plain::Cosh, &[x])
}

/// x^y
#[inline(always)]
pub fn pow<M: Machine>(m: &mut M, x: M::Number, y: M::Number) -> M::Number {
    // e^(y ln x), with ln x as a pair: what is lost of it counts as often as the exponent says.
    let (e, log) = log_pair(m, x);
    let (high, rest) = logarithm_times(m, e, log, y);
    let log2e = m.constant(std::f64::consts::LOG2_E);
    let turns = m.mul(high, log2e);
    let n = m.round(turns);
    // Beyond these the result is infinite or 0, and none of this counts.
    let (lowest, highest) = (m.constant(-2000.0), m.constant(2000.0));
    let n = m.most(lowest, n);
    let n = m.least(highest, n);
    let (ln2, ln2_rest) = (m.constant(-LN2), m.constant(-LN2_REST));
    let r = m.fma(n, ln2, high);
    let low = m.fma(n, ln2_rest, rest);
    let (r, low) = quick_two_sum(m, r, low);
    let power = scaled_exp(m, n, r, low);
    // Neither too large nor too small, and of a number that has a logarithm.
    let (least, most) = (m.constant(1e-300), m.constant(1e300));
    let (above, below) = (m.less(least, power), m.less(power, most));
    let moderate = m.both(above, below);
    let positive = is_positive(m, x);
    let usual = m.both(positive, moderate);
    m.unless(usual, power, Plain::Pow, &[x, y])
}

/// (e ln 2 + log) * y
#[inline(always)]
fn logarithm_times<M: Machine>(m: &mut M, e: M::Number, log: Pair<M>, y: M::Number) -> Pair<M> {
    let (high, low) = (m.constant(super::logarithm::LN2_HIGH), m.constant(super::logarithm::LN2_LOW));
    let whole = m.mul(e, high);
    let (s, rest) = two_sum(m, whole, log.0);
    let rest = m.add(rest, log.1);
    let rest = m.fma(e, low, rest);
    let (s, rest) = quick_two_sum(m, s, rest);
    let (p, error) = two_product(m, s, y);
    (p, m.fma(rest, y, error))
}
