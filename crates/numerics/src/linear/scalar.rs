//! The two number types that matrices are computed in.

use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

pub type Complex64 = num_complex::Complex<f64>;

/// `f64` or [`Complex64`].
pub trait Scalar:
    Copy
    + PartialEq
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + super::product::Element
{
    const ZERO: Self;
    const ONE: Self;
    fn real(x: f64) -> Self;
    fn re(self) -> f64;
    fn im(self) -> f64;
    fn conj(self) -> Self;
    /// The modulus, without overflow on the way.
    fn abs(self) -> f64;
    /// |re| + |im|: by which pivots are chosen.
    fn abs1(self) -> f64;
    fn scale(self, by: f64) -> Self;
}

impl Scalar for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    fn real(x: f64) -> f64 {
        x
    }
    fn re(self) -> f64 {
        self
    }
    fn im(self) -> f64 {
        0.0
    }
    fn conj(self) -> f64 {
        self
    }
    fn abs(self) -> f64 {
        f64::abs(self)
    }
    fn abs1(self) -> f64 {
        f64::abs(self)
    }
    fn scale(self, by: f64) -> f64 {
        self * by
    }
}

impl Scalar for Complex64 {
    const ZERO: Complex64 = Complex64::new(0.0, 0.0);
    const ONE: Complex64 = Complex64::new(1.0, 0.0);
    fn real(x: f64) -> Complex64 {
        Complex64::new(x, 0.0)
    }
    fn re(self) -> f64 {
        self.re
    }
    fn im(self) -> f64 {
        self.im
    }
    fn conj(self) -> Complex64 {
        Complex64::conj(&self)
    }
    fn abs(self) -> f64 {
        self.re.hypot(self.im)
    }
    fn abs1(self) -> f64 {
        self.re.abs() + self.im.abs()
    }
    fn scale(self, by: f64) -> Complex64 {
        Complex64::new(self.re * by, self.im * by)
    }
}
