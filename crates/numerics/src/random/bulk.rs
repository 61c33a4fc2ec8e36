//! Whole arrays of random numbers: what the distributions give one by one, without a call for each.

use super::{Source, real, whole, ziggurat};

/// Distributions without parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    Uniform,
    Normal,
    Exponential,
    /// The exponential distribution by its inverse.
    Inverse,
}

pub fn fill_doubles<S: Source>(s: &mut S, what: Standard, out: &mut [f64]) {
    match what {
        Standard::Uniform => s.doubles(out),
        Standard::Normal => out.fill_with(|| s.normal()),
        Standard::Exponential if S::LEGACY => {
            // (Its exponential numbers are each made of one uniform number.)
            s.doubles(out);
            out.iter_mut().for_each(|x| *x = -(1.0 - *x).ln());
        }
        Standard::Exponential => out.fill_with(|| s.exponential()),
        Standard::Inverse => out.fill_with(|| -(-s.next_double()).ln_1p()),
    }
}

/// `scale` times what the standard gamma distribution gives.
pub fn fill_gamma<S: Source>(s: &mut S, out: &mut [f64], shape: f64, scale: f64) {
    out.fill_with(|| scale * real::standard_gamma(s, shape));
}

pub fn fill_poisson<S: Source>(s: &mut S, out: &mut [i64], lam: f64) {
    let poisson = whole::Poisson::new(lam);
    out.fill_with(|| poisson.draw(s));
}

pub fn fill_binomial<S: Source>(s: &mut S, out: &mut [i64], n: f64, p: f64) {
    let mut binomial = whole::Binomial::new(n, p);
    out.fill_with(|| binomial.draw(s));
}

/// Shifted and scaled: `shift + scale * x`, a few at a time so that they stay in cache.
pub fn fill_scaled<S: Source>(s: &mut S, what: Standard, out: &mut [f64], shift: f64, scale: f64) {
    for part in out.chunks_mut(512) {
        fill_doubles(s, what, part);
        for x in part {
            *x = shift + scale * *x;
        }
    }
}

pub fn fill_singles<S: Source>(s: &mut S, what: Standard, out: &mut [f32]) {
    match what {
        Standard::Uniform => out.fill_with(|| ziggurat::next_single(s)),
        Standard::Normal => out.fill_with(|| ziggurat::normal_f32(s)),
        Standard::Exponential => out.fill_with(|| ziggurat::exponential_f32(s)),
        // (NumPy takes this logarithm of a double.)
        Standard::Inverse => out.fill_with(|| -f64::from(-ziggurat::next_single(s)).ln_1p() as f32),
    }
}

/// An integer type of an array: the low bits of a word.
pub trait Whole: Copy {
    const BITS: u32;
    fn from_word(x: u64) -> Self;
}

macro_rules! wholes {
    ($($t:ty),*) => { $(
        impl Whole for $t {
            const BITS: u32 = <$t>::BITS;
            #[inline]
            fn from_word(x: u64) -> Self {
                x as $t
            }
        }
    )* };
}
wholes!(u8, u16, u32, u64);

/// Integers from `low` to `low + span`, both included, in the type's arithmetic.
pub fn fill_integers<S: Source, T: Whole>(s: &mut S, out: &mut [T], low: u64, span: u64) {
    if span == 0 {
        return out.fill(T::from_word(low));
    }
    if T::BITS < 32 {
        let mut shares = Shares { bits: T::BITS, buffer: 0, left: 0 };
        return out.fill_with(|| T::from_word(low.wrapping_add(u64::from(shares.up_to(s, span as u32)))));
    }
    if !S::LEGACY {
        return fill_bounded(s, out, low, span);
    }
    let mask = u64::MAX >> span.leading_zeros();
    if span > 0xffff_ffff {
        return out.fill_with(|| {
            loop {
                let x = s.next_u64() & mask;
                if x <= span {
                    return T::from_word(low.wrapping_add(x));
                }
            }
        });
    }
    // A word that does not fit is overwritten: the loop has no branch that cannot be foreseen.
    let mut n = 0;
    while n < out.len() {
        let mut put = |word: u32| {
            let x = u64::from(word) & mask;
            out[n] = T::from_word(low.wrapping_add(x));
            n += usize::from(x <= span);
            n < out.len()
        };
        match s.block() {
            Some(words) => {
                let used = words.iter().position(|&word| !put(word)).map_or(words.len(), |last| last + 1);
                s.skip(used);
            }
            None => {
                put(s.next_u32());
            }
        }
    }
}

/// Lemire's method (2019), what depends on the bounds only outside the loop.
fn fill_bounded<S: Source, T: Whole>(s: &mut S, out: &mut [T], low: u64, span: u64) {
    if span >= 0xffff_ffff {
        return out.fill_with(|| T::from_word(low.wrapping_add(whole::bounded(s, span))));
    }
    let n = span as u32 + 1;
    let threshold = (u32::MAX - span as u32) % n;
    out.fill_with(|| {
        loop {
            let m = u64::from(s.next_u32()) * u64::from(n);
            // (Below the threshold, the word is one too many of its kind.)
            if m as u32 >= threshold {
                return T::from_word(low.wrapping_add(m >> 32));
            }
        }
    });
}

/// Bools from `low` to `low + span`.
pub fn fill_bools<S: Source>(s: &mut S, out: &mut [u8], low: u64, span: u64) {
    if span == 0 {
        return out.fill(low as u8 & 1);
    }
    let mut shares = Shares { bits: 1, buffer: 0, left: 0 };
    out.fill_with(|| shares.next(s) as u8);
}

/// Words cut into shares of a few bits.
struct Shares {
    bits: u32,
    buffer: u32,
    left: u32,
}

impl Shares {
    fn top(&self) -> u32 {
        (1 << self.bits) - 1
    }

    fn next<S: Source>(&mut self, s: &mut S) -> u32 {
        if self.left == 0 {
            self.buffer = s.next_u32();
            self.left = 32 / self.bits - 1;
        } else {
            self.buffer >>= self.bits;
            self.left -= 1;
        }
        self.buffer & self.top()
    }

    /// Up to `span`: by masks where the source is a legacy one, else by Lemire's method.
    fn up_to<S: Source>(&mut self, s: &mut S, span: u32) -> u32 {
        let top = self.top();
        if span == top {
            return self.next(s);
        }
        if S::LEGACY {
            let mask = u32::MAX >> span.leading_zeros();
            loop {
                let x = self.next(s) & mask;
                if x <= span {
                    return x;
                }
            }
        }
        let n = span + 1;
        let mut m = self.next(s) * n;
        if m & top < n {
            let threshold = (top - span) % n;
            while m & top < threshold {
                m = self.next(s) * n;
            }
        }
        m >> self.bits
    }
}
