//! Circular functions and the arc tangent.

use super::{Machine, Pair, Plain, horner, negated, quick_two_sum, two_product, two_sum};

/// A quarter of the circle to 159 bits.
const QUARTER: [f64; 3] = [std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33];
/// Up to here (2^30) multiples of it are known well enough.
const MOST: f64 = 1_073_741_824.0;
/// Below (2^-27) a sine is its argument.
const LEAST: f64 = 7.450_580_596_923_828e-9;
/// 3 * 2^51: a sum with it has an integer in its low bits.
const MAGIC: f64 = 6_755_399_441_055_744.0;

/// From the terms r^3 and r^4 on; the next terms are below 1e-19.
const SINE: [f64; 8] = series(3, -1.0);
const COSINE: [f64; 8] = series(4, 1.0);

/// ±1 / k! for every second k, with signs that alternate.
const fn series(first: u32, sign: f64) -> [f64; 8] {
    let mut out = [0.0; 8];
    let (mut f, mut sign, mut n, mut k) = (1.0, sign, 0, 1);
    while n < out.len() {
        f *= k as f64;
        if k >= first && (k - first).is_multiple_of(2) {
            out[n] = sign / f;
            sign = -sign;
            n += 1;
        }
        k += 1;
    }
    out
}

/// n, an integer, and r, a pair, with x = n quarters + r, |r| <= half a quarter; for |x| < [`MOST`].
#[inline(always)]
fn quarters<M: Machine>(m: &mut M, x: M::Number) -> (M::Number, Pair<M>) {
    let inverse = m.constant(std::f64::consts::FRAC_2_PI);
    let turns = m.mul(x, inverse);
    let n = m.round(turns);
    let [a, b, c] = QUARTER.map(|q| m.constant(-q));
    // Exact.
    let r = m.fma(n, a, x);
    let (w, error) = two_product(m, n, b);
    let (r, rest) = two_sum(m, r, w);
    let rest = m.add(rest, error);
    (n, (r, m.fma(n, c, rest)))
}

/// Each number and what is to be added to it: sine and cosine of a pair up to half a quarter.
#[inline(always)]
fn sine_and_cosine<M: Machine>(m: &mut M, r: Pair<M>) -> (Pair<M>, Pair<M>) {
    let (r, low) = r;
    let z = m.mul(r, r);
    let half = m.constant(0.5);
    let half = m.mul(half, z);
    let c = horner(m, z, &SINE);
    let cube = m.mul(z, r);
    let minus_half = negated(m, half);
    let low_part = m.fma(minus_half, low, low);
    let sine = (r, m.fma(cube, c, low_part));
    let c = horner(m, z, &COSINE);
    let one = m.constant(1.0);
    let (high, rest) = quick_two_sum(m, one, minus_half);
    let square = m.mul(z, z);
    let rest = m.fma(square, c, rest);
    let minus = negated(m, r);
    let cosine = (high, m.fma(minus, low, rest));
    (sine, cosine)
}

/// 1 or -1, by bit `bit` of an integer.
#[inline(always)]
fn sign_by_bit<M: Machine>(m: &mut M, n: M::Number, bit: u8) -> M::Number {
    let magic = m.constant(MAGIC);
    let bits = m.add(n, magic);
    let top = m.shift_left(bits, 63 - bit);
    let one = m.constant(1.0);
    m.copysign(one, top)
}

/// The sine of n quarters and r.
#[inline(always)]
fn sine_of<M: Machine>(m: &mut M, n: M::Number, r: Pair<M>) -> M::Number {
    let (sine, cosine) = sine_and_cosine(m, r);
    let (zero, odd) = (m.constant(0.0), sign_by_bit(m, n, 0));
    let odd = m.less(odd, zero);
    let (high, low) = (m.select(odd, cosine.0, sine.0), m.select(odd, cosine.1, sine.1));
    let y = m.add(high, low);
    let sign = sign_by_bit(m, n, 1);
    m.mul(y, sign)
}

/// sin x
#[inline(always)]
pub fn sin<M: Machine>(m: &mut M, x: M::Number) -> M::Number {
    let (n, r) = quarters(m, x);
    let y = sine_of(m, n, r);
    odd_function(m, x, y, Plain::Sin)
}

/// cos x
#[inline(always)]
pub fn cos<M: Machine>(m: &mut M, x: M::Number) -> M::Number {
    let (n, r) = quarters(m, x);
    let one = m.constant(1.0);
    let n = m.add(n, one);
    let y = sine_of(m, n, r);
    let (size, most) = (m.abs(x), m.constant(MOST));
    let usual = m.less(size, most);
    m.unless(usual, y, Plain::Cos, &[x])
}

/// tan x
#[inline(always)]
pub fn tan<M: Machine>(m: &mut M, x: M::Number) -> M::Number {
    let (n, r) = quarters(m, x);
    let (sine, cosine) = sine_and_cosine(m, r);
    let (sine, cosine) = (quick_two_sum(m, sine.0, sine.1), quick_two_sum(m, cosine.0, cosine.1));
    // -cosine / sine in odd quarters.
    let (zero, sign) = (m.constant(0.0), sign_by_bit(m, n, 0));
    let odd = m.less(sign, zero);
    let top = (m.select(odd, cosine.0, sine.0), m.select(odd, cosine.1, sine.1));
    let bottom = (m.select(odd, sine.0, cosine.0), m.select(odd, sine.1, cosine.1));
    let q = m.div(top.0, bottom.0);
    let minus = negated(m, q);
    let rest = m.fma(minus, bottom.0, top.0);
    let rest = m.fma(minus, bottom.1, rest);
    let rest = m.add(rest, top.1);
    let rest = m.div(rest, bottom.0);
    let y = m.add(q, rest);
    let y = m.mul(y, sign);
    odd_function(m, x, y, Plain::Tan)
}

/// `y` but for arguments that are small, and themselves the result, or too large.
#[inline(always)]
fn odd_function<M: Machine>(m: &mut M, x: M::Number, y: M::Number, function: Plain) -> M::Number {
    // Masks come last: they are registers that something else may need.
    let (size, most, least) = (m.abs(x), m.constant(MOST), m.constant(LEAST));
    let small = m.less(size, least);
    let y = m.select(small, x, y);
    let usual = m.less(size, most);
    m.unless(usual, y, function, &[x])
}

/// The arc tangent of y / x; both are not negative, and not both 0 or infinite.
#[inline(always)]
fn arc<M: Machine>(m: &mut M, y: M::Number, x: M::Number) -> M::Number {
    // atan(y/x) = atan c + atan((y - c x) / (x + c y)), with c among 0, 1/2, 1, 3/2 and infinity.
    const STEPS: [(f64, f64, f64, f64); 4] = [
        (0.4375, 0.0, 0.0, 0.0),
        (0.6875, 0.5, 0.463_647_609_000_806_1, 2.269_877_745_296_168_7e-17),
        (1.1875, 1.0, std::f64::consts::FRAC_PI_4, 3.061_616_997_868_383e-17),
        (2.4375, 1.5, 0.982_793_723_247_329, 1.390_331_103_123_099_8e-17),
    ];
    let (mut top, mut bottom) = (negated(m, x), y);
    let (mut high, mut low) = (m.constant(QUARTER[0]), m.constant(QUARTER[1]));
    for (limit, c, angle, rest) in STEPS.into_iter().rev() {
        let limit = m.constant(limit);
        let limit = m.mul(limit, x);
        let here = m.less(y, limit);
        let (a, b) = if c == 0.0 {
            (y, x)
        } else {
            let (plus, minus) = (m.constant(c), m.constant(-c));
            (m.fma(minus, x, y), m.fma(plus, y, x))
        };
        top = m.select(here, a, top);
        bottom = m.select(here, b, bottom);
        let (angle, rest) = (m.constant(angle), m.constant(rest));
        high = m.select(here, angle, high);
        low = m.select(here, rest, low);
    }
    let t = m.div(top, bottom);
    let z = m.mul(t, t);
    // (t - atan t) / t^3, |t| <= 7/16, to 2^-57 of the whole.
    let c = [
        0.333_333_333_333_333_3,
        -0.199_999_999_999_994_02,
        0.142_857_142_855_647_43,
        -0.111_111_110_964_649_3,
        0.090_909_083_475_784_62,
        -0.076_922_853_471_620_99,
        0.066_662_385_826_447_25,
        -0.058_769_120_616_906_87,
        0.052_164_528_976_650_554,
        -0.044_913_326_888_103_25,
        0.033_106_793_882_692_64,
        -0.014_752_005_348_570_693,
    ];
    let q = horner(m, z, &c);
    let q = m.mul(z, q);
    let minus = negated(m, t);
    let part = m.fma(minus, q, low);
    let (sum, rest) = quick_two_sum(m, high, t);
    let rest = m.add(rest, part);
    m.add(sum, rest)
}

/// atan x
#[inline(always)]
pub fn atan<M: Machine>(m: &mut M, x: M::Number) -> M::Number {
    let (size, one) = (m.abs(x), m.constant(1.0));
    let y = arc(m, size, one);
    m.copysign(y, x)
}

/// The angle of the point (x, y).
#[inline(always)]
pub fn atan2<M: Machine>(m: &mut M, y: M::Number, x: M::Number) -> M::Number {
    let (a, b) = (m.abs(y), m.abs(x));
    let angle = arc(m, a, b);
    let (zero, one) = (m.constant(0.0), m.constant(1.0));
    let side = m.copysign(one, x);
    let left = m.less(side, zero);
    let (pi, rest) = (m.constant(std::f64::consts::PI), m.constant(2.0 * QUARTER[1]));
    let other = m.sub(angle, rest);
    let other = m.sub(pi, other);
    let angle = m.select(left, other, angle);
    let angle = m.copysign(angle, y);
    // Products stay within the range, and one of the two is not 0.
    let (least, most) = (m.constant(1e-270), m.constant(1e300));
    let (a, b) = (m.abs(y), m.abs(x));
    let (first, second) = (m.less(a, most), m.less(b, most));
    let usual = m.both(first, second);
    let larger = m.most(a, b);
    let some = m.less(least, larger);
    let usual = m.both(usual, some);
    m.unless(usual, angle, Plain::Atan2, &[y, x])
}
