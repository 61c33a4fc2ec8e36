//! Algorithms on plain memory that know neither compiled code nor Python: products and factorisations of matrices, Fourier
//! transforms, random numbers, sums and elementary functions of arrays. The runtime offers them to compiled code.
#![allow(unsafe_code, reason = "kernels of matrix products take raw addresses")]

pub mod elementary;
pub mod fourier;
pub mod linear;
pub mod random;
pub mod sums;
