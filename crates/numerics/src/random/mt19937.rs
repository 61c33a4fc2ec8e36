//! The Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), with the normal numbers that come in pairs.

use super::Source;

/// The words of a block, and of the state.
pub const N: usize = 624;
const M: usize = 397;

/// A generator: its words, what they give out, the next one, and half of a pair of normal numbers.
///
/// Code that draws in place takes words from `out[pos]` on while `pos` is below `end`, and counts `pos` up. `end` is the owner's: the
/// generator itself leaves it alone.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Mt19937 {
    pub pos: usize,
    pub end: usize,
    /// The words tempered, a block at a time.
    pub out: [u32; N],
    key: [u32; N],
    spare: Option<f64>,
}

fn temper(word: u32) -> u32 {
    let mut y = word;
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c_5680;
    y ^= (y << 15) & 0xefc6_0000;
    y ^ (y >> 18)
}

/// 53 bits of two words as a number in [0, 1).
fn double(high: u32, low: u32) -> f64 {
    // Both fit into 31 bits: the conversion from signed integers is the short one.
    (f64::from((high >> 5) as i32) * 67_108_864.0 + f64::from((low >> 6) as i32)) * (1.0 / 9_007_199_254_740_992.0)
}

impl Mt19937 {
    /// Words that no stream has: to be seeded.
    pub const fn unseeded() -> Mt19937 {
        Mt19937 { pos: N, end: 0, out: [0; N], key: [0; N], spare: None }
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

    /// The next block. The three loops read no word that the same loop writes, so that they run in vectors.
    #[cold]
    fn generate(&mut self) {
        let twist = |upper: u32, lower: u32| {
            let y = (upper & 0x8000_0000) | (lower & 0x7fff_ffff);
            (y >> 1) ^ ((lower & 1).wrapping_neg() & 0x9908_b0df)
        };
        let key = &mut self.key;
        for i in 0..N - M {
            key[i] = key[i + M] ^ twist(key[i], key[i + 1]);
        }
        for i in N - M..N - 1 {
            key[i] = key[i + M - N] ^ twist(key[i], key[i + 1]);
        }
        key[N - 1] = key[M - 1] ^ twist(key[N - 1], key[0]);
        for (out, &word) in self.out.iter_mut().zip(key.iter()) {
            *out = temper(word);
        }
        self.pos = 0;
    }

    /// Uniform doubles, as [`Source::next_double`] gives them one by one.
    pub fn fill_doubles(&mut self, mut out: &mut [f64]) {
        while !out.is_empty() {
            let pairs = out.len().min((N - self.pos) / 2);
            if pairs == 0 {
                let (first, rest) = std::mem::take(&mut out).split_at_mut(1);
                first[0] = self.next_double();
                out = rest;
                continue;
            }
            let (now, rest) = std::mem::take(&mut out).split_at_mut(pairs);
            for (x, words) in now.iter_mut().zip(self.out[self.pos..].as_chunks::<2>().0) {
                *x = double(words[0], words[1]);
            }
            self.pos += 2 * pairs;
            out = rest;
        }
    }

    /// A word that differs with the state, for streams that are derived from this one. A few of the words tell states apart that
    /// come from seeds.
    pub fn digest(&self) -> u64 {
        let mut h = self.pos as u64;
        for &word in self.key.iter().step_by(N / 16) {
            h = (h ^ u64::from(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        }
        h
    }

    /// The words as NumPy's `get_state` gives them, and the place of the next one.
    pub fn state(&self) -> (&[u32; N], usize, Option<f64>) {
        (&self.key, self.pos, self.spare)
    }

    /// Takes over a state that [`Mt19937::state`] has given.
    pub fn set_state(&mut self, words: &[u32; N], pos: usize, spare: Option<f64>) {
        self.key = *words;
        for (out, &word) in self.out.iter_mut().zip(words) {
            *out = temper(word);
        }
        self.pos = pos.min(N);
        self.spare = spare;
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

    #[inline]
    fn next_u32(&mut self) -> u32 {
        if self.pos == N {
            self.generate();
        }
        let word = self.out[self.pos];
        self.pos += 1;
        word
    }
    fn next_u64(&mut self) -> u64 {
        let high = u64::from(self.next_u32());
        high << 32 | u64::from(self.next_u32())
    }
    #[inline]
    fn next_double(&mut self) -> f64 {
        if let Some(words) = self.out[self.pos.min(N)..].first_chunk::<2>() {
            self.pos += 2;
            return double(words[0], words[1]);
        }
        let high = self.next_u32();
        double(high, self.next_u32())
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
    #[inline]
    fn exponential(&mut self) -> f64 {
        -(1.0 - self.next_double()).ln()
    }
    fn block(&mut self) -> Option<&[u32]> {
        if self.pos >= N {
            self.generate();
        }
        Some(&self.out[self.pos..])
    }
    fn skip(&mut self, words: usize) {
        self.pos += words;
    }
    fn doubles(&mut self, out: &mut [f64]) {
        self.fill_doubles(out);
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
