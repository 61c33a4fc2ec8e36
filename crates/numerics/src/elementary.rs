//! Elementary functions as arrays compute them: exponential, logarithm, hyperbolic tangent.
//!
//! Each is written once, over a [`Machine`]: numbers are one, and the graphs from which vector loops are made are another.
//! So an element has the same bits whether a vector loop computed it or not. Errors against the exact value are below 2
//! units in the last place (3 for the tangent) over the whole range; special values as IEEE 754 has them.

/// What the functions are made of. Every operation rounds once, to nearest.
pub trait Machine {
    type Number: Copy;
    type Truth: Copy;
    fn constant(&mut self, x: f64) -> Self::Number;
    fn add(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    fn sub(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    fn mul(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    fn div(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    /// a * b + c
    fn fma(&mut self, a: Self::Number, b: Self::Number, c: Self::Number) -> Self::Number;
    /// To an integer, ties to even.
    fn round(&mut self, a: Self::Number) -> Self::Number;
    /// a * 2^n, n integral.
    fn scale(&mut self, a: Self::Number, n: Self::Number) -> Self::Number;
    /// The exponent k of a = m * 2^k, 1 <= |m| < 2; -inf for 0, inf for infinities.
    fn exponent(&mut self, a: Self::Number) -> Self::Number;
    /// m of |a| = m * 2^k, 3/4 <= m < 3/2; 1 for 0 and infinities.
    fn mantissa(&mut self, a: Self::Number) -> Self::Number;
    /// The smaller one; b if one is NaN.
    fn least(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    /// The larger one; b if one is NaN.
    fn most(&mut self, a: Self::Number, b: Self::Number) -> Self::Number;
    fn abs(&mut self, a: Self::Number) -> Self::Number;
    fn copysign(&mut self, a: Self::Number, sign: Self::Number) -> Self::Number;
    fn less(&mut self, a: Self::Number, b: Self::Number) -> Self::Truth;
    fn select(&mut self, c: Self::Truth, a: Self::Number, b: Self::Number) -> Self::Number;
}

/// ln 2 in two parts: the high one has 21 trailing zero bits, so that its multiples by exponents are exact.
const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// ln 2 to 106 bits.
const LN2: f64 = std::f64::consts::LN_2;
const LN2_REST: f64 = 2.319_046_813_846_299_6e-17;

/// c[0] + x * (c[1] + x * ...)
fn horner<M: Machine>(m: &mut M, x: M::Number, c: &[f64]) -> M::Number {
    let mut terms = c.iter().rev();
    let first = terms.next().copied().unwrap_or(0.0);
    let mut sum = m.constant(first);
    for &k in terms {
        let k = m.constant(k);
        sum = m.fma(sum, x, k);
    }
    sum
}

/// n and p with e^x = 2^n (1 + p), |x| moderate.
fn exp_parts<M: Machine>(m: &mut M, x: M::Number) -> (M::Number, M::Number) {
    let log2e = m.constant(std::f64::consts::LOG2_E);
    let turns = m.mul(x, log2e);
    let n = m.round(turns);
    let (high, low) = (m.constant(-LN2), m.constant(-LN2_REST));
    let r = m.fma(n, high, x);
    let r = m.fma(n, low, r);
    // (e^r - 1 - r) / r^2, |r| <= ln 2 / 2: the series; its next term is below 1e-18.
    let c = [2.0, 6.0, 24.0, 120.0, 720.0, 5040.0, 40320.0, 362_880.0, 3_628_800.0, 39_916_800.0, 479_001_600.0, 6_227_020_800.0].map(|f| 1.0 / f);
    let q = horner(m, r, &c);
    let square = m.mul(r, r);
    (n, m.fma(square, q, r))
}

/// e^x
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
fn expm1_moderate<M: Machine>(m: &mut M, x: M::Number) -> M::Number {
    let (n, p) = exp_parts(m, x);
    let one = m.constant(1.0);
    let power = m.scale(one, n);
    let less = m.sub(power, one);
    m.fma(power, p, less)
}

/// tanh x
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

/// ln x
pub fn log<M: Machine>(m: &mut M, x: M::Number) -> M::Number {
    let size = m.abs(x);
    let mantissa = m.mantissa(size);
    let (whole, part) = (m.exponent(size), m.exponent(mantissa));
    let e = m.sub(whole, part);
    let (one, two) = (m.constant(1.0), m.constant(2.0));
    // ln (1 + f) = 2 artanh s = f - s (f - r), s = f / (2 + f), r = s^2 (2/3 + s^2 2/5 + ...), |s| <= 1/5.
    let f = m.sub(mantissa, one);
    let bottom = m.add(two, f);
    let s = m.div(f, bottom);
    let z = m.mul(s, s);
    let c: [f64; 11] = std::array::from_fn(|k| 2.0 / (2 * k + 3) as f64);
    let q = horner(m, z, &c);
    let r = m.mul(z, q);
    // With h = f^2 / 2: f - (h - s (h + r)), so that what is subtracted from f is small.
    let half = m.constant(0.5);
    let half = m.mul(half, f);
    let h = m.mul(half, f);
    let sum = m.add(h, r);
    let (high, low) = (m.constant(LN2_HIGH), m.constant(LN2_LOW));
    let tail = m.mul(e, low);
    let inner = m.fma(s, sum, tail);
    let inner = m.sub(h, inner);
    let inner = m.sub(inner, f);
    let top = m.mul(e, high);
    let y = m.sub(top, inner);
    let (zero, nan) = (m.constant(0.0), m.constant(f64::NAN));
    let negative = m.less(x, zero);
    m.select(negative, nan, y)
}

/// One number at a time.
#[derive(Debug)]
pub struct Numbers;

impl Machine for Numbers {
    type Number = f64;
    type Truth = bool;
    #[inline(always)]
    fn constant(&mut self, x: f64) -> f64 {
        x
    }
    #[inline(always)]
    fn add(&mut self, a: f64, b: f64) -> f64 {
        a + b
    }
    #[inline(always)]
    fn sub(&mut self, a: f64, b: f64) -> f64 {
        a - b
    }
    #[inline(always)]
    fn mul(&mut self, a: f64, b: f64) -> f64 {
        a * b
    }
    #[inline(always)]
    fn div(&mut self, a: f64, b: f64) -> f64 {
        a / b
    }
    #[inline(always)]
    fn fma(&mut self, a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }
    #[inline(always)]
    fn round(&mut self, a: f64) -> f64 {
        a.round_ties_even()
    }
    #[inline(always)]
    fn scale(&mut self, a: f64, n: f64) -> f64 {
        let power = |n: i64| f64::from_bits(((n + 1023) as u64) << 52);
        // A NaN as exponent comes with a NaN as number.
        match n as i64 {
            n @ -1022..=1023 => a * power(n),
            n if n > 1023 => a * power(1023) * power((n - 1023).min(1023)),
            // The first product is exact, so that only the last one rounds.
            n => a * power((n + 200).max(-1022)) * power(-200),
        }
    }
    #[inline(always)]
    fn exponent(&mut self, a: f64) -> f64 {
        match (a.to_bits() >> 52 & 0x7ff) as i32 {
            0 if a == 0.0 => f64::NEG_INFINITY,
            0 => f64::from(((a * 18_014_398_509_481_984.0).to_bits() >> 52 & 0x7ff) as i32 - 1023 - 54),
            0x7ff => a.abs(),
            e => f64::from(e - 1023),
        }
    }
    #[inline(always)]
    fn mantissa(&mut self, a: f64) -> f64 {
        if a == 0.0 || a.is_infinite() {
            return 1.0;
        }
        if a.is_nan() {
            return a;
        }
        let a = if a.abs() < f64::MIN_POSITIVE { a * 18_014_398_509_481_984.0 } else { a };
        let m = f64::from_bits(a.to_bits() & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000);
        if m >= 1.5 { m * 0.5 } else { m }
    }
    #[inline(always)]
    fn least(&mut self, a: f64, b: f64) -> f64 {
        if a < b { a } else { b }
    }
    #[inline(always)]
    fn most(&mut self, a: f64, b: f64) -> f64 {
        if a > b { a } else { b }
    }
    #[inline(always)]
    fn abs(&mut self, a: f64) -> f64 {
        a.abs()
    }
    #[inline(always)]
    fn copysign(&mut self, a: f64, sign: f64) -> f64 {
        a.copysign(sign)
    }
    #[inline(always)]
    fn less(&mut self, a: f64, b: f64) -> bool {
        a < b
    }
    #[inline(always)]
    fn select(&mut self, c: bool, a: f64, b: f64) -> f64 {
        if c { a } else { b }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distance in units in the last place of the expected value.
    fn ulps(got: f64, want: f64) -> f64 {
        if got == want || (got.is_nan() && want.is_nan()) {
            return 0.0;
        }
        let unit = (f64::from_bits(want.abs().to_bits() + 1) - want.abs()).max(f64::from_bits(1));
        (got - want).abs() / unit
    }

    /// Numbers of all sizes, the same ones each time.
    fn samples() -> impl Iterator<Item = f64> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        (0..400_000).map(move |n| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let unit = (state >> 11) as f64 / (1u64 << 53) as f64;
            match n % 4 {
                0 => (unit - 0.5) * 1500.0,
                1 => (unit - 0.5) * 4.0,
                2 => f64::from_bits(state),
                _ => 1.0 + (unit - 0.5) * 0.7,
            }
        })
    }

    #[test]
    fn errors_are_small() {
        let worst = |f: fn(&mut Numbers, f64) -> f64, g: fn(f64) -> f64| {
            samples().map(|x| (ulps(f(&mut Numbers, x), g(x)), x)).fold((0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a })
        };
        // The C library's own errors are in these: up to 1 unit, up to 2 of its tangent.
        for (name, (error, at), most) in [("exp", worst(exp, f64::exp), 2.0), ("log", worst(log, f64::ln), 2.0), ("tanh", worst(tanh, f64::tanh), 4.0)] {
            assert!(error <= most, "{name}({at:e}) is off by {error} units");
        }
    }

    #[test]
    fn special_values() {
        let m = &mut Numbers;
        assert_eq!((exp(m, f64::NEG_INFINITY), exp(m, f64::INFINITY), exp(m, 0.0), exp(m, -745.0)), (0.0, f64::INFINITY, 1.0, 5e-324));
        assert_eq!((log(m, 0.0), log(m, -0.0), log(m, f64::INFINITY), log(m, 1.0)), (f64::NEG_INFINITY, f64::NEG_INFINITY, f64::INFINITY, 0.0));
        assert!(log(m, -1.0).is_nan() && log(m, f64::NAN).is_nan() && exp(m, f64::NAN).is_nan() && tanh(m, f64::NAN).is_nan());
        assert_eq!((tanh(m, f64::INFINITY), tanh(m, -1e300), tanh(m, -0.0).to_bits()), (1.0, -1.0, (-0.0f64).to_bits()));
        assert!(ulps(log(m, 5e-324), f64::ln(5e-324)) <= 1.0);
    }
}
