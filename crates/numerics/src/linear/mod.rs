//! Dense linear algebra in double precision, real and complex: the algorithms of LAPACK, with its sign conventions.
//!
//! Matrices are slices in column-major order without gaps: element (i, j) of a matrix of `m` rows is at `i + j * m`.
//! Work is done in blocks where that turns it into products of matrices (`product`), which run at the machine's speed.

pub mod cholesky;
pub mod general;
pub mod hermitian;
pub mod lu;
pub mod product;
pub mod reflect;
pub mod scalar;
pub mod singular;
mod triangular;

pub use scalar::{Complex64, Scalar};

/// Columns that are factored one by one before the rest is updated by a product.
pub(crate) const BLOCK: usize = 48;
