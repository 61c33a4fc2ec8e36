//! Random numbers, bit for bit those of CPython's `random`, NumPy's `RandomState` and NumPy's `Generator`.
//!
//! A distribution is a function of a [`Source`]: where bits come from, and how normal and exponential numbers are made of them.
//! `RandomState`'s distributions are frozen while `Generator`'s improve: where they part, the source says which it is.

pub mod bulk;
mod layers;
pub mod mt19937;
pub mod pcg64;
pub mod powers;
pub mod real;
pub mod whole;
pub mod ziggurat;

/// A stream of random bits.
pub trait Source {
    /// Whether distributions are `RandomState`'s.
    const LEGACY: bool;
    fn next_u32(&mut self) -> u32;
    fn next_u64(&mut self) -> u64;
    /// Uniform in [0, 1), 53 bits.
    fn next_double(&mut self) -> f64;
    /// The standard normal distribution.
    fn normal(&mut self) -> f64;
    /// The standard exponential distribution.
    fn exponential(&mut self) -> f64;
    /// Words that [`Source::next_u32`] gives next, if there is a block of them; [`Source::skip`] says how many are used.
    fn block(&mut self) -> Option<&[u32]> {
        None
    }
    fn skip(&mut self, _words: usize) {}
    /// Fills with what [`Source::next_double`] gives.
    fn doubles(&mut self, out: &mut [f64]) {
        out.fill_with(|| self.next_double());
    }
}
