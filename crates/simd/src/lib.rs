//! Vector loops: innermost loops of MIR as kernels of straight-line vector code, and kernels as machine code of an [`Isa`].
//!
//! The code generator proper has vectors of 128 bits only; this small one owns whole loops. [`plan`] reads a kernel off a
//! loop of one block, or says no; [`assemble()`] makes its machine code. Whether iterations may run side by side is not
//! asked here: the optimiser's pass `vectorize` establishes that and marks the block.
//!
//! A kernel is called as `extern "C" fn(words: *mut u64)`; [`kernel`] says what the words are. It runs all iterations, the
//! last ones under a mask, and cannot fail.

pub mod assemble;
mod avx2;
mod avx512;
pub mod encode;
mod functions;
mod isa;
pub mod kernel;
pub mod plan;
mod registers;
mod rows;
mod shrink;
mod target;

pub use assemble::assemble;
pub use isa::Isa;
pub use kernel::Kernel;
pub use plan::{Escapes, Plan};
pub use shrink::shrink;
