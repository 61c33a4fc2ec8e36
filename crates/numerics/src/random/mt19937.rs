//! The Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), with the normal numbers that come in pairs.

use super::Source;

const N: usize = 624;
const M: usize = 397;

/// A generator: its words, the next one, and half of a pair of normal numbers.
#[derive(Clone)]
pub struct Mt19937 {
    key: [u32; N],
    pos: usize,
    spare: Option<f64>,
}

impl Mt19937 {
    /// Words that no stream has: to be seeded.
    pub const fn unseeded() -> Mt19937 {
        Mt19937 { key: [0; N], pos: N, spare: None }
    }

    /// From one word.
    pub fn seed(&mut self, seed: u32) {
        let mut x = seed;
        for (i, k) in self.key.iter_mut().enumerate() {
            *k = x;
            x = 1_812_433_253u32.wrapping_mul(x ^ (x >> 30)).wrapping_add(i as u32 + 1);
        }
        self.pos = N;
        self.spare = None;
    }

    /// From any number of words, at least one.
    pub fn seed_by_array(&mut self, words: &[u32]) {
        self.seed(19_650_218);
        let key = &mut self.key;
        let (mut i, mut j) = (1, 0);
        for _ in 0..N.max(words.len()) {
            let before = key[i - 1];
            key[i] = (key[i] ^ (before ^ (before >> 30)).wrapping_mul(1_664_525)).wrapping_add(words[j]).wrapping_add(j as u32);
            i += 1;
            j += 1;
            if i >= N {
                key[0] = key[N - 1];
                i = 1;
            }
            if j >= words.len() {
                j = 0;
            }
        }
        for _ in 0..N - 1 {
            let before = key[i - 1];
            key[i] = (key[i] ^ (before ^ (before >> 30)).wrapping_mul(1_566_083_941)).wrapping_sub(i as u32);
            i += 1;
            if i >= N {
                key[0] = key[N - 1];
                i = 1;
            }
        }
        key[0] = 0x8000_0000;
    }

    fn generate(&mut self) {
        let twist = |upper: u32, lower: u32| {
            let y = (upper & 0x8000_0000) | (lower & 0x7fff_ffff);
            (y >> 1) ^ if lower & 1 == 1 { 0x9908_b0df } else { 0 }
        };
        let key = &mut self.key;
        for i in 0..N {
            key[i] = key[(i + M) % N] ^ twist(key[i], key[(i + 1) % N]);
        }
        self.pos = 0;
    }

    /// Half of a pair of normal numbers as `random.gauss` makes them, by sine and cosine.
    pub fn gauss(&mut self) -> f64 {
        if let Some(z) = self.spare.take() {
            return z;
        }
        let angle = self.next_double() * std::f64::consts::TAU;
        let radius = (-2.0 * (1.0 - self.next_double()).ln()).sqrt();
        self.spare = Some(angle.sin() * radius);
        angle.cos() * radius
    }
}

impl Source for Mt19937 {
    const LEGACY: bool = true;

    fn next_u32(&mut self) -> u32 {
        if self.pos == N {
            self.generate();
        }
        let mut y = self.key[self.pos];
        self.pos += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }
    fn next_u64(&mut self) -> u64 {
        let high = u64::from(self.next_u32());
        high << 32 | u64::from(self.next_u32())
    }
    fn next_double(&mut self) -> f64 {
        let high = f64::from(self.next_u32() >> 5);
        let low = f64::from(self.next_u32() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }
    /// By Marsaglia's polar method, in pairs.
    fn normal(&mut self) -> f64 {
        if let Some(z) = self.spare.take() {
            return z;
        }
        loop {
            let x = 2.0 * self.next_double() - 1.0;
            let y = 2.0 * self.next_double() - 1.0;
            let r = x * x + y * y;
            if r < 1.0 && r != 0.0 {
                let f = (-2.0 * r.ln() / r).sqrt();
                self.spare = Some(f * x);
                return f * y;
            }
        }
    }
    fn exponential(&mut self) -> f64 {
        -(1.0 - self.next_double()).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_output() {
        // The first numbers of the authors' mt19937ar.out.
        let mut mt = Mt19937::unseeded();
        mt.seed_by_array(&[0x123, 0x234, 0x345, 0x456]);
        assert_eq!([0; 5].map(|_: u32| mt.next_u32()), [1_067_595_299, 955_945_823, 477_289_528, 4_107_218_783, 4_228_976_476]);
    }
}
