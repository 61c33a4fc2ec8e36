//! `round(x, n)` as Python does it (Objects/floatobject.c, `float___round___impl`): the exact decimal expansion of `x` is
//! rounded to `n` places, ties to even, and the nearest double of that is the result.

use std::cmp::Ordering;

/// Beyond this many places a double is unchanged.
const MAX_PLACES: i64 = 323;
/// Below minus this, every double rounds to zero.
const MAX_NEGATIVE: i64 = 308;

/// Infinite when the rounded value is too large for a double (Python raises OverflowError then).
pub extern "C" fn round_decimal(x: f64, places: i64) -> f64 {
    if !x.is_finite() || x == 0.0 || places > MAX_PLACES {
        return x;
    }
    if places < -MAX_NEGATIVE {
        return 0.0f64.copysign(x);
    }
    let rounded = if places >= 0 {
        // Formatting with a precision is exact, ties to even.
        format!("{:.*}", places as usize, x.abs()).parse::<f64>()
    } else {
        round_left(x.abs(), places.unsigned_abs() as usize).parse::<f64>()
    };
    // Digits always parse.
    rounded.unwrap_or(x.abs()).copysign(x)
}

/// Decimal text of `x` >= 0 rounded to a multiple of 10 to the `zeros`.
fn round_left(x: f64, zeros: usize) -> String {
    let whole = x.trunc();
    let digits = format!("{whole:.0}");
    // Digits before the cut, and those cut off, padded to `zeros`.
    let padded = format!("{digits:0>width$}", width = zeros + 1);
    let (kept, cut) = padded.split_at(padded.len() - zeros);
    let mut half = String::from("5");
    half.push_str(&"0".repeat(zeros - 1));
    // Same length: text order is numeric order.
    let order = cut.cmp(&half).then(if x != whole { Ordering::Greater } else { Ordering::Equal });
    let last_is_odd = kept.as_bytes().last().is_some_and(|d| d % 2 == 1);
    let up = match order {
        Ordering::Greater => true,
        Ordering::Equal => last_is_odd,
        Ordering::Less => false,
    };
    let mut kept = kept.as_bytes().to_vec();
    if up {
        let mut carry = true;
        for d in kept.iter_mut().rev() {
            if *d != b'9' {
                *d += 1;
                carry = false;
                break;
            }
            *d = b'0';
        }
        if carry {
            kept.insert(0, b'1');
        }
    }
    format!("{}e{zeros}", String::from_utf8_lossy(&kept))
}

#[cfg(test)]
mod tests {
    use super::round_decimal;

    #[test]
    fn as_python() {
        // Each expectation is what CPython 3.12 prints for round(x, n).
        for (x, n, want) in [
            (2.675, 2, 2.67),
            (0.5, 0, 0.0),
            (1.5, 0, 2.0),
            (2.5, 0, 2.0),
            (-2.5, 0, -2.0),
            (0.25, 1, 0.2),
            (0.75, 1, 0.8),
            (0.125, 2, 0.12),
            (0.375, 2, 0.38),
            (1.005, 2, 1.0),
            (5.015, 2, 5.01),
            (1e22, -22, 1e22),
            (15.0, -1, 20.0),
            (25.0, -1, 20.0),
            (25.000001, -1, 30.0),
            (5.0, -1, 0.0),
            (5.5, -1, 10.0),
            (49.0, -2, 0.0),
            (50.0, -2, 0.0),
            (51.0, -2, 100.0),
            (150.0, -2, 200.0),
            (995.0, -1, 1000.0),
            (123456.789, -3, 123000.0),
            (1e300, -300, 1e300),
            (1.7e308, -308, f64::INFINITY),
            (5e-324, 323, 0.0),
            (5e-324, 324, 5e-324),
            (1e16 + 2.0, 5, 1e16 + 2.0),
            (123.456, 400, 123.456),
        ] {
            assert_eq!(round_decimal(x, n), want, "round({x}, {n})");
        }
        assert!(round_decimal(-0.4, 0).is_sign_negative());
        assert!(round_decimal(-1.0, -400).is_sign_negative());
        assert!(round_decimal(f64::NAN, 2).is_nan());
    }
}
