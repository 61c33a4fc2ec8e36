//! The C library's `pow`, which fixes what distributions give, with less work for the exponents that they mostly have.
//!
//! A square or a square root that is rounded to the nearest number is one or a few instructions, but it is not always what `pow` gives:
//! that rounds a number which lies a little beside the power. Where the exact power is far enough from the middle between two
//! numbers, both round to the same one. How far it is, integers tell exactly; near a middle `pow` is asked.

/// The C library's `pow` errs by less than half a unit in the last place plus `1 / 2^CLOSE` of half a unit (glibc and musl, since 2018: 0.52
/// units for the numbers of [`is_usual`]; others round correctly).
const CLOSE: u32 = 4;
/// Bits of a significand behind its first.
const FRACTION: u32 = 52;

/// `pow(x, y)`, with the C library's bits.
#[inline]
pub fn power(x: f64, y: f64) -> f64 {
    // (Exact numbers are what every `pow` gives.)
    if y == 1.0 {
        return x;
    }
    let known = if !is_usual(x) {
        None
    } else if y == 0.5 {
        root(x)
    } else if y == 2.0 {
        square(x)
    } else {
        None
    };
    known.unwrap_or_else(|| general(x, y))
}

#[cold]
#[inline(never)]
fn general(x: f64, y: f64) -> f64 {
    x.powf(y)
}

/// From 2^-64 to 2^64.
#[inline]
fn is_usual(x: f64) -> bool {
    (5.421_010_862_427_522e-20..1.844_674_407_370_955_2e19).contains(&x)
}

/// The significand as an integer of 53 bits.
#[inline]
fn significand(x: f64) -> u64 {
    x.to_bits() & ((1 << FRACTION) - 1) | 1 << FRACTION
}

#[inline]
fn square(x: f64) -> Option<f64> {
    let m = significand(x);
    let exact = u128::from(m) * u128::from(m);
    // What rounding takes away, and the middle.
    let cut = FRACTION + (exact >> (2 * FRACTION + 1)) as u32;
    let rest = exact as u64 & ((1 << cut) - 1);
    let middle = 1u64 << (cut - 1);
    (rest.abs_diff(middle) > middle >> CLOSE).then_some(x * x)
}

#[inline]
fn root(x: f64) -> Option<f64> {
    let y = x.sqrt();
    // The number as the square of what its root's significand should be, less the square of what it is: at most the significand, which
    // it is in a middle. So the lower words tell it.
    let odd = (x.to_bits() >> FRACTION & 1) ^ 1;
    let exact = significand(x).wrapping_shl(FRACTION + odd as u32);
    let m = significand(y);
    let rest = (exact.wrapping_sub(m.wrapping_mul(m)) as i64).unsigned_abs();
    (rest < m - (m >> CLOSE)).then_some(y)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agree(x: f64) {
        for y in [0.5, 1.0, 2.0, 1.5, 3.0, 1.0 / 3.0] {
            // (A compiler that sees the exponent has its own opinion of `pow`.)
            let y = std::hint::black_box(y);
            assert_eq!(power(x, y).to_bits(), x.powf(y).to_bits(), "{x:e} to the {y}");
        }
    }

    #[test]
    fn bits_are_those_of_the_c_library() {
        for x in [0.0, -0.0, 1.0, -1.0, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, 5e-324, f64::MAX, -2.5] {
            agree(x);
        }
        let mut state = 1u64;
        for _ in 0..200_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let fraction = (state >> 12) as f64 / (1u64 << 52) as f64;
            agree(fraction);
            agree(fraction * 40.0);
            let any = f64::from_bits(state & !(1 << 63));
            agree(if any.is_nan() { f64::NAN } else { any });
        }
    }

    #[test]
    fn bits_are_those_of_the_c_library_next_to_middles() {
        let mut state = 7u64;
        for _ in 0..100_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let m = u128::from(state >> 11 | 1 << 52);
            // Numbers around the square of a number and a half, and around such whose square ends in one and zeros.
            let near = (m * m + m) as f64;
            for x in [near.next_down(), near, near.next_up()] {
                for scale in [1.0, 2f64.powi(-53), 2f64.powi(-105), 2f64.powi(-120)] {
                    agree(x * scale);
                    agree((x * scale).sqrt());
                }
            }
            // (k * 2^26 + 1)^2 and the like: the cut bits are few.
            for low in [1u64, 3, 5, 1 << 12, (1 << 25) | 1] {
                agree(((state >> 38 << 26) | low) as f64 * 2f64.powi(-52));
            }
        }
    }

    #[test]
    fn most_numbers_need_no_pow() {
        let mut state = 3u64;
        let known = (0..10_000)
            .filter(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let x = (state >> 12 | 1) as f64 / (1u64 << 52) as f64;
                root(x).is_some() && square(x).is_some()
            })
            .count();
        assert!(known > 8_000, "{known}");
    }
}
