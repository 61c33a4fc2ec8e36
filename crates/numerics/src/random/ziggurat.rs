//! Normal and exponential numbers by the ziggurat method (Marsaglia and Tsang 2000), as NumPy's `Generator` draws them.

use super::Source;
use super::layers::{F_EXPONENTIAL, F_NORMAL, K_EXPONENTIAL, K_NORMAL, W_EXPONENTIAL, W_NORMAL};

/// Where the tails begin.
const NORMAL_TAIL: f64 = 3.654_152_885_361_009;
const NORMAL_TAIL_INVERSE: f64 = 0.273_661_237_329_758_3;
const EXPONENTIAL_TAIL: f64 = 7.697_117_470_131_05;

pub fn normal<S: Source>(s: &mut S) -> f64 {
    loop {
        let r = s.next_u64();
        let layer = (r & 0xff) as usize;
        let r = r >> 8;
        let negative = r & 1 == 1;
        let bits = (r >> 1) & 0x000f_ffff_ffff_ffff;
        let x = bits as f64 * f64::from_bits(W_NORMAL[layer]);
        let x = if negative { -x } else { x };
        if bits < K_NORMAL[layer] {
            return x;
        }
        if layer == 0 {
            loop {
                let a = -NORMAL_TAIL_INVERSE * (-s.next_double()).ln_1p();
                let b = -(-s.next_double()).ln_1p();
                if b + b > a * a {
                    return if (bits >> 8) & 1 == 1 { -(NORMAL_TAIL + a) } else { NORMAL_TAIL + a };
                }
            }
        }
        let (below, above) = (f64::from_bits(F_NORMAL[layer]), f64::from_bits(F_NORMAL[layer - 1]));
        if (above - below) * s.next_double() + below < (-0.5 * x * x).exp() {
            return x;
        }
    }
}

pub fn exponential<S: Source>(s: &mut S) -> f64 {
    loop {
        let r = s.next_u64() >> 3;
        let layer = (r & 0xff) as usize;
        let bits = r >> 8;
        let x = bits as f64 * f64::from_bits(W_EXPONENTIAL[layer]);
        if bits < K_EXPONENTIAL[layer] {
            return x;
        }
        if layer == 0 {
            return EXPONENTIAL_TAIL - (-s.next_double()).ln_1p();
        }
        let (below, above) = (f64::from_bits(F_EXPONENTIAL[layer]), f64::from_bits(F_EXPONENTIAL[layer - 1]));
        if (above - below) * s.next_double() + below < (-x).exp() {
            return x;
        }
    }
}
