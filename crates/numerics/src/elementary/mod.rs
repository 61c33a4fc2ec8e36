//! Elementary functions as arrays compute them: exponentials, logarithms, powers, circular and hyperbolic functions.
//!
//! Each is written once, over a [`Machine`]: numbers are one, and the graphs from which vector loops are made are another.
//! So an element has the same bits whether a vector loop computed it or not. Errors against the exact value are below 1
//! unit in the last place (`expm1`, `log2`, `cosh`, `atan2`: 2, `sinh`, `tanh`: 3) over the whole range. Arguments that are out of the ordinary
//! (not finite, huge, a negative base) are left to the C library by [`Machine::unless`].
//!
//! All of them are inlined: what calls them for numbers has fused multiplication, which they themselves are not compiled for.

mod circular;
mod exponential;
mod logarithm;

pub use circular::{atan, atan2, cos, sin, tan};
pub use exponential::{cosh, exp, exp2, expm1, pow, sinh, tanh};
pub use logarithm::{log, log1p, log2, log10};

/// A function of the C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    Sin,
    Cos,
    Tan,
    Atan2,
    Expm1,
    Sinh,
    Cosh,
    Pow,
    Log,
    Log1p,
    Log2,
    Log10,
}

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
    fn both(&mut self, a: Self::Truth, b: Self::Truth) -> Self::Truth;
    fn select(&mut self, c: Self::Truth, a: Self::Number, b: Self::Number) -> Self::Number;
    /// The bits, moved up by so many places.
    fn shift_left(&mut self, a: Self::Number, by: u8) -> Self::Number;
    /// `y` where it is usual, and elsewhere what the C library's function gives for the arguments.
    fn unless(&mut self, usual: Self::Truth, y: Self::Number, function: Plain, args: &[Self::Number]) -> Self::Number;
}

/// A number and a small one that belongs to it.
type Pair<M> = (<M as Machine>::Number, <M as Machine>::Number);

/// c[0] + x * (c[1] + x * ...)
#[inline(always)]
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

/// a + b as its value and the error of that.
#[inline(always)]
fn two_sum<M: Machine>(m: &mut M, a: M::Number, b: M::Number) -> Pair<M> {
    let s = m.add(a, b);
    let part = m.sub(s, a);
    let rest = m.sub(s, part);
    let (x, y) = (m.sub(a, rest), m.sub(b, part));
    (s, m.add(x, y))
}
/// The same where |a| >= |b|, or a is 0.
#[inline(always)]
fn quick_two_sum<M: Machine>(m: &mut M, a: M::Number, b: M::Number) -> Pair<M> {
    let s = m.add(a, b);
    let part = m.sub(s, a);
    (s, m.sub(b, part))
}
/// a * b as its value and the error of that.
#[inline(always)]
fn two_product<M: Machine>(m: &mut M, a: M::Number, b: M::Number) -> Pair<M> {
    let p = m.mul(a, b);
    let minus = negated(m, p);
    (p, m.fma(a, b, minus))
}
/// The product of pairs, but for what does not count.
#[inline(always)]
fn times<M: Machine>(m: &mut M, a: Pair<M>, b: Pair<M>) -> Pair<M> {
    let (p, e) = two_product(m, a.0, b.0);
    let e = m.fma(a.0, b.1, e);
    (p, m.fma(a.1, b.0, e))
}
#[inline(always)]
fn negated<M: Machine>(m: &mut M, a: M::Number) -> M::Number {
    // -0.0 - a is -a for every a.
    let zero = m.constant(-0.0);
    m.sub(zero, a)
}
/// Whether a is between 0 and infinity, and neither.
#[inline(always)]
fn is_positive<M: Machine>(m: &mut M, a: M::Number) -> M::Truth {
    let (zero, infinity) = (m.constant(0.0), m.constant(f64::INFINITY));
    let (above, below) = (m.less(zero, a), m.less(a, infinity));
    m.both(above, below)
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
    fn both(&mut self, a: bool, b: bool) -> bool {
        a && b
    }
    #[inline(always)]
    fn select(&mut self, c: bool, a: f64, b: f64) -> f64 {
        if c { a } else { b }
    }
    #[inline(always)]
    fn shift_left(&mut self, a: f64, by: u8) -> f64 {
        f64::from_bits(a.to_bits() << by)
    }
    #[inline(always)]
    fn unless(&mut self, usual: bool, y: f64, function: Plain, args: &[f64]) -> f64 {
        if usual { y } else { plain(function, args) }
    }
}

#[cold]
fn plain(function: Plain, args: &[f64]) -> f64 {
    match (function, args) {
        (Plain::Sin, &[x]) => x.sin(),
        (Plain::Cos, &[x]) => x.cos(),
        (Plain::Tan, &[x]) => x.tan(),
        (Plain::Atan2, &[y, x]) => y.atan2(x),
        (Plain::Expm1, &[x]) => x.exp_m1(),
        (Plain::Sinh, &[x]) => x.sinh(),
        (Plain::Cosh, &[x]) => x.cosh(),
        (Plain::Pow, &[x, y]) => x.powf(y),
        (Plain::Log, &[x]) => x.ln(),
        (Plain::Log1p, &[x]) => x.ln_1p(),
        (Plain::Log2, &[x]) => x.log2(),
        (Plain::Log10, &[x]) => x.log10(),
        _ => f64::NAN,
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
