//! Mathematics: the C library's functions, and the few that need a shape of their own.

use looplift_numerics::{elementary, sums};
use std::ffi::c_int;

macro_rules! libm {
    ($( $name:ident($($arg:ident: $t:ty),*) -> $r:ty; )*) => {
        // SAFETY: the C standard's declarations; the functions read their operands only.
        #[cfg_attr(unix, link(name = "m"))]
        unsafe extern "C" {
            $( pub(crate) safe fn $name($($arg: $t),*) -> $r; )*
        }
    };
}

libm! {
    sin(x: f64) -> f64; cos(x: f64) -> f64; tan(x: f64) -> f64;
    asin(x: f64) -> f64; acos(x: f64) -> f64; atan(x: f64) -> f64; atan2(y: f64, x: f64) -> f64;
    sinh(x: f64) -> f64; cosh(x: f64) -> f64; tanh(x: f64) -> f64;
    asinh(x: f64) -> f64; acosh(x: f64) -> f64; atanh(x: f64) -> f64;
    exp(x: f64) -> f64; exp2(x: f64) -> f64; expm1(x: f64) -> f64;
    log(x: f64) -> f64; log2(x: f64) -> f64; log10(x: f64) -> f64; log1p(x: f64) -> f64;
    pow(x: f64, y: f64) -> f64; fmod(x: f64, y: f64) -> f64; hypot(x: f64, y: f64) -> f64; cbrt(x: f64) -> f64;
    erf(x: f64) -> f64; erfc(x: f64) -> f64; tgamma(x: f64) -> f64;
    nextafter(x: f64, y: f64) -> f64; remainder(x: f64, y: f64) -> f64;
    ceil(x: f64) -> f64; floor(x: f64) -> f64; trunc(x: f64) -> f64; fma(x: f64, y: f64, z: f64) -> f64;
    sinf(x: f32) -> f32; cosf(x: f32) -> f32; tanf(x: f32) -> f32;
    asinf(x: f32) -> f32; acosf(x: f32) -> f32; atanf(x: f32) -> f32; atan2f(y: f32, x: f32) -> f32;
    sinhf(x: f32) -> f32; coshf(x: f32) -> f32; tanhf(x: f32) -> f32;
    asinhf(x: f32) -> f32; acoshf(x: f32) -> f32; atanhf(x: f32) -> f32;
    expf(x: f32) -> f32; exp2f(x: f32) -> f32; expm1f(x: f32) -> f32;
    logf(x: f32) -> f32; log2f(x: f32) -> f32; log10f(x: f32) -> f32; log1pf(x: f32) -> f32;
    powf(x: f32, y: f32) -> f32; fmodf(x: f32, y: f32) -> f32; hypotf(x: f32, y: f32) -> f32; nextafterf(x: f32, y: f32) -> f32;
    ceilf(x: f32) -> f32; floorf(x: f32) -> f32; truncf(x: f32) -> f32; fmaf(x: f32, y: f32, z: f32) -> f32;
}

// SAFETY: `lgamma_r` and `frexp` write one int through a pointer; `scalbn` reads its operands only.
#[cfg_attr(unix, link(name = "m"))]
unsafe extern "C" {
    fn lgamma_r(x: f64, sign: *mut c_int) -> f64;
    fn frexp(x: f64, exponent: *mut c_int) -> f64;
    safe fn scalbn(x: f64, n: c_int) -> f64;
}

// SAFETY: `sincos` writes one number through each pointer.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
unsafe extern "C" {
    fn sincos(x: f64, sine: *mut f64, cosine: *mut f64);
}

/// Sine and cosine, the same numbers as one by one.
///
/// # Safety
/// `out` has room for two numbers.
pub(crate) unsafe extern "C" fn sin_cos(out: *mut [f64; 2], x: f64) {
    // Straight to where they are read: what is written as two and read as one has to wait.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: the caller's promise.
        unsafe { sincos(x, &raw mut (*out)[0], &raw mut (*out)[1]) };
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    {
        // SAFETY: the caller's promise.
        unsafe { *out = [sin(x), cos(x)] };
    }
}

macro_rules! array_functions {
    ($( $name:ident $with_fma:ident $function:ident($($x:ident),*) $otherwise:ident; )*) => { $(
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "fma")]
        fn $with_fma($($x: f64),*) -> f64 {
            elementary::$function(&mut elementary::Numbers, $($x),*)
        }
        /// See `looplift_numerics::elementary`. Without fused multiplication (and so without vector loops) the C library's.
        pub(crate) extern "C" fn $name($($x: f64),*) -> f64 {
            #[cfg(target_arch = "x86_64")]
            if std::is_x86_feature_detected!("fma") {
                // SAFETY: the processor has what the function was compiled for.
                return unsafe { $with_fma($($x),*) };
            }
            $otherwise($($x),*)
        }
    )* };
}

array_functions! {
    array_exp exp_with_fma exp(x) exp;
    array_log log_with_fma log(x) log;
    array_tanh tanh_with_fma tanh(x) tanh;
    array_sin sin_with_fma sin(x) sin;
    array_cos cos_with_fma cos(x) cos;
    array_tan tan_with_fma tan(x) tan;
    array_atan atan_with_fma atan(x) atan;
    array_atan2 atan2_with_fma atan2(y, x) atan2;
    array_exp2 exp2_with_fma exp2(x) exp2;
    array_expm1 expm1_with_fma expm1(x) expm1;
    array_sinh sinh_with_fma sinh(x) sinh;
    array_cosh cosh_with_fma cosh(x) cosh;
    array_pow pow_with_fma pow(x, y) pow;
    array_log1p log1p_with_fma log1p(x) log1p;
    array_log2 log2_with_fma log2(x) log2;
    array_log10 log10_with_fma log10(x) log10;
}

/// # Safety
/// The elements can be read.
pub(crate) unsafe extern "C" fn pairwise_sum(address: i64, step: i64, n: i64) -> f64 {
    // SAFETY: the caller's promise.
    unsafe { sums::pairwise_f64(address as usize, step as isize, n.max(0) as usize) }
}
/// # Safety
/// The elements can be read.
pub(crate) unsafe extern "C" fn pairwise_sum_f32(address: i64, step: i64, n: i64) -> f32 {
    // SAFETY: the caller's promise.
    unsafe { sums::pairwise_f32(address as usize, step as isize, n.max(0) as usize) }
}

/// The re-entrant form: the plain one writes a global sign.
pub(crate) extern "C" fn lgamma(x: f64) -> f64 {
    let mut sign = 0;
    // SAFETY: the pointer is to a live local.
    unsafe { lgamma_r(x, &mut sign) }
}

fn split(x: f64) -> (f64, i64) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    let mut exponent = 0;
    // SAFETY: the pointer is to a live local.
    let m = unsafe { frexp(x, &mut exponent) };
    (m, i64::from(exponent))
}

pub(crate) extern "C" fn frexp_mantissa(x: f64) -> f64 {
    split(x).0
}

pub(crate) extern "C" fn frexp_exponent(x: f64) -> i64 {
    split(x).1
}

pub(crate) extern "C" fn ldexp(x: f64, n: i64) -> f64 {
    // Beyond this everything is 0 or infinite already.
    scalbn(x, n.clamp(-5000, 5000) as c_int)
}

pub(crate) extern "C" fn nearest_f32(x: f32) -> f32 {
    x.round_ties_even()
}

pub(crate) extern "C" fn nearest_f64(x: f64) -> f64 {
    x.round_ties_even()
}

/// The exponent is a word without a sign.
pub(crate) extern "C" fn ipow_i64(base: i64, exponent: i64) -> i64 {
    let (mut base, mut exponent, mut result) = (base, exponent.cast_unsigned(), 1i64);
    while exponent > 0 {
        if exponent & 1 != 0 {
            result = result.wrapping_mul(base);
        }
        base = base.wrapping_mul(base);
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_cases() {
        assert_eq!(ipow_i64(3, 0), 1);
        assert_eq!(ipow_i64(-3, 3), -27);
        assert_eq!(ipow_i64(2, 64), 0);
        assert_eq!((ipow_i64(0, i64::MIN), ipow_i64(-1, -1), ipow_i64(3, 0)), (0, -1, 1));
        assert_eq!(ipow_i64(7, i64::MAX), (0..62).fold(7i64, |a, _| a.wrapping_mul(a).wrapping_mul(7)));
        assert_eq!(ldexp(1.0, i64::MAX), f64::INFINITY);
        assert_eq!(ldexp(-1.0, i64::MIN), -0.0);
        assert_eq!(ldexp(0.75, -1073), f64::from_bits(2));
        assert_eq!((frexp_mantissa(-12.0), frexp_exponent(-12.0)), (-0.75, 4));
        assert_eq!((frexp_mantissa(f64::INFINITY), frexp_exponent(f64::INFINITY)), (f64::INFINITY, 0));
        assert_eq!(nearest_f64(2.5), 2.0);
        assert!((lgamma(10.5) - 13.940_625_219_403_763).abs() < 1e-12);
        assert_eq!(lgamma(-3.0), f64::INFINITY);
    }
}
