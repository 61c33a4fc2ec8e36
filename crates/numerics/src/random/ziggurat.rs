//! Normal and exponential numbers by the ziggurat method (Marsaglia and Tsang 2000), as NumPy's `Generator` draws them.

use super::Source;
use super::layers::*;

/// Where the tails begin.
const NORMAL_TAIL: f64 = 3.654_152_885_361_009;
const NORMAL_TAIL_INVERSE: f64 = 0.273_661_237_329_758_3;
const EXPONENTIAL_TAIL: f64 = 7.697_117_470_131_05;

/// For each layer, and for normal numbers each sign, the bound and the width of a unit: what most draws need, side by side. Code that
/// draws in place reads them too.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Usual {
    pub normal: [[u64; 2]; 512],
    pub exponential: [[u64; 2]; 256],
}

/// See [`Usual`].
pub static USUAL: Usual = {
    let mut usual = Usual { normal: [[0; 2]; 512], exponential: [[0; 2]; 256] };
    let mut n = 0;
    while n < 256 {
        usual.normal[n] = [K_NORMAL[n], W_NORMAL[n]];
        usual.normal[n | 0x100] = [K_NORMAL[n], W_NORMAL[n] | 1 << 63];
        usual.exponential[n] = [K_EXPONENTIAL[n], W_EXPONENTIAL[n]];
        n += 1;
    }
    usual
};

/// The bits of a normal number in a word of the generator.
fn normal_bits(r: u64) -> u64 {
    (r >> 9) & 0x000f_ffff_ffff_ffff
}

#[inline]
pub fn normal<S: Source>(s: &mut S) -> f64 {
    let r = s.next_u64();
    // The sign is a coin's: a branch on it would be foreseen half of the time. Its bit is next to the layer's.
    let [bound, unit] = USUAL.normal[(r & 0x1ff) as usize];
    let bits = normal_bits(r);
    if bits < bound { bits as i64 as f64 * f64::from_bits(unit) } else { normal_beyond(s, r) }
}

/// The normal number that is drawn where the word `r` gives none that lies below the layer above: one of the tail, one accepted by the
/// density, or one of further words.
#[cold]
pub fn normal_beyond<S: Source>(s: &mut S, r: u64) -> f64 {
    let (mut r, mut known) = (r, true);
    loop {
        let layer = (r & 0xff) as usize;
        let bits = normal_bits(r);
        let [bound, unit] = USUAL.normal[(r & 0x1ff) as usize];
        let x = bits as i64 as f64 * f64::from_bits(unit);
        if !known && bits < bound {
            return x;
        }
        if let Some(x) = normal_at_edge(s, layer, bits, x) {
            return x;
        }
        (r, known) = (s.next_u64(), false);
    }
}

/// A draw that does not lie below the layer above: one of the tail, or accepted by the density, or none.
fn normal_at_edge<S: Source>(s: &mut S, layer: usize, bits: u64, x: f64) -> Option<f64> {
    if layer == 0 {
        loop {
            let a = -NORMAL_TAIL_INVERSE * (-s.next_double()).ln_1p();
            let b = -(-s.next_double()).ln_1p();
            if b + b > a * a {
                return Some(if (bits >> 8) & 1 == 1 { -(NORMAL_TAIL + a) } else { NORMAL_TAIL + a });
            }
        }
    }
    let (below, above) = (f64::from_bits(F_NORMAL[layer]), f64::from_bits(F_NORMAL[layer - 1]));
    ((above - below) * s.next_double() + below < (-0.5 * x * x).exp()).then_some(x)
}

#[inline]
pub fn exponential<S: Source>(s: &mut S) -> f64 {
    let r = s.next_u64();
    let [bound, unit] = USUAL.exponential[((r >> 3) & 0xff) as usize];
    let bits = r >> 11;
    if bits < bound { bits as i64 as f64 * f64::from_bits(unit) } else { exponential_beyond(s, r) }
}

/// As [`normal_beyond`].
#[cold]
pub fn exponential_beyond<S: Source>(s: &mut S, r: u64) -> f64 {
    let (mut r, mut known) = (r, true);
    loop {
        let layer = ((r >> 3) & 0xff) as usize;
        let bits = r >> 11;
        let [bound, unit] = USUAL.exponential[layer];
        let x = bits as i64 as f64 * f64::from_bits(unit);
        if !known && bits < bound {
            return x;
        }
        if layer == 0 {
            return EXPONENTIAL_TAIL - (-s.next_double()).ln_1p();
        }
        let (below, above) = (f64::from_bits(F_EXPONENTIAL[layer]), f64::from_bits(F_EXPONENTIAL[layer - 1]));
        if (above - below) * s.next_double() + below < (-x).exp() {
            return x;
        }
        (r, known) = (s.next_u64(), false);
    }
}

/// Uniform in [0, 1), 24 bits.
pub fn next_single<S: Source>(s: &mut S) -> f32 {
    (s.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
}

pub fn normal_f32<S: Source>(s: &mut S) -> f32 {
    loop {
        let r = s.next_u32();
        let layer = (r & 0xff) as usize;
        let bits = (r >> 9) & 0x007f_ffff;
        let x = bits as i32 as f32 * f32::from_bits(W_NORMAL_F32[layer]);
        let x = f32::from_bits(x.to_bits() ^ ((r & 0x100) << 23));
        if bits < K_NORMAL_F32[layer] {
            return x;
        }
        if layer == 0 {
            loop {
                let a = -(NORMAL_TAIL_INVERSE as f32) * (-next_single(s)).ln_1p();
                let b = -(-next_single(s)).ln_1p();
                if b + b > a * a {
                    let tail = NORMAL_TAIL as f32 + a;
                    return if (bits >> 8) & 1 == 1 { -tail } else { tail };
                }
            }
        }
        let (below, above) = (f32::from_bits(F_NORMAL_F32[layer]), f32::from_bits(F_NORMAL_F32[layer - 1]));
        let height = (above - below) * next_single(s) + below;
        let x2 = f64::from(x);
        if f64::from(height) < (-0.5 * x2 * x2).exp() {
            return x;
        }
    }
}

pub fn exponential_f32<S: Source>(s: &mut S) -> f32 {
    loop {
        let r = s.next_u32() >> 1;
        let layer = (r & 0xff) as usize;
        let bits = r >> 8;
        let x = bits as f32 * f32::from_bits(W_EXPONENTIAL_F32[layer]);
        if bits < K_EXPONENTIAL_F32[layer] {
            return x;
        }
        if layer == 0 {
            return EXPONENTIAL_TAIL as f32 - (-next_single(s)).ln_1p();
        }
        let (below, above) = (f32::from_bits(F_EXPONENTIAL_F32[layer]), f32::from_bits(F_EXPONENTIAL_F32[layer - 1]));
        if (above - below) * next_single(s) + below < (-x).exp() {
            return x;
        }
    }
}

/// As `real::standard_gamma`.
pub fn gamma_f32<S: Source>(s: &mut S, shape: f32) -> f32 {
    if shape == 1.0 {
        return exponential_f32(s);
    }
    if shape == 0.0 {
        return 0.0;
    }
    if shape < 1.0 {
        loop {
            let u = next_single(s);
            let v = exponential_f32(s);
            if u <= 1.0 - shape {
                let x = u.powf(1.0 / shape);
                if x <= v {
                    return x;
                }
            } else {
                let y = -((1.0 - u) / shape).ln();
                let x = (1.0 - shape + shape * y).powf(1.0 / shape);
                if x <= v + y {
                    return x;
                }
            }
        }
    }
    let b = shape - 1.0f32 / 3.0;
    let c = 1.0 / (9.0 * b).sqrt();
    loop {
        let (x, v) = loop {
            let x = normal_f32(s);
            let v = 1.0 + c * x;
            if v > 0.0 {
                break (x, v);
            }
        };
        let v = v * v * v;
        let u = next_single(s);
        if u < 1.0 - 0.0331 * (x * x) * (x * x) || u.ln() < 0.5 * x * x + b * (1.0 - v + v.ln()) {
            return b * v;
        }
    }
}
