//! The permuted congruential generator PCG64 (O'Neill 2014: 128 bits of state, XSL-RR output), as `numpy.random.PCG64` runs it.

use super::{Source, ziggurat};

/// What the state is multiplied by at each step.
pub const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

/// A generator: its state, its stream, and the upper half of a word of which the lower has been given out.
#[derive(Clone, Copy, Debug)]
pub struct Pcg64 {
    pub state: u128,
    pub increment: u128,
    pub half: Option<u32>,
}

impl Source for Pcg64 {
    const LEGACY: bool = false;

    #[inline]
    fn next_u32(&mut self) -> u32 {
        if let Some(half) = self.half.take() {
            return half;
        }
        let word = self.next_u64();
        self.half = Some((word >> 32) as u32);
        word as u32
    }
    #[inline]
    fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
        ((self.state >> 64) as u64 ^ self.state as u64).rotate_right((self.state >> 122) as u32)
    }
    #[inline]
    fn next_double(&mut self) -> f64 {
        // (53 bits are no negative number: the conversion of signed ones is the short one.)
        (self.next_u64() >> 11) as i64 as f64 * (1.0 / 9_007_199_254_740_992.0)
    }
    #[inline]
    fn normal(&mut self) -> f64 {
        ziggurat::normal(self)
    }
    #[inline]
    fn exponential(&mut self) -> f64 {
        ziggurat::exponential(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_output() {
        // `numpy.random.PCG64(1)`: its state, and what it gives.
        let mut g = Pcg64 { state: STATE, increment: INCREMENT, half: None };
        assert_eq!([0; 4].map(|_: u64| g.next_u64()), WORDS);
    }

    const STATE: u128 = 0x9c5b_484b_fedb_756c_2a6e_7d6f_320f_bc7e;
    const INCREMENT: u128 = 0x922a_f2da_2645_f895_a198_57b9_5740_937b;
    const WORDS: [u64; 4] = [0x8306_bdf3_7922_e4ff, 0xf351_96bb_c152_a866, 0x24e7_a4f6_08ec_18cd, 0xf2da_b0ae_d2ac_6fd2];
}
