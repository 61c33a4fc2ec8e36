//! Vector loops: innermost loops of MIR as kernels of straight-line vector code, and kernels as machine code of an [`Isa`].
//!
//! The code generator proper has vectors of 128 bits only; this small one owns whole loops. [`plan`] reads a kernel off an
//! innermost loop, or says why not; [`assemble()`] makes its machine code. Whether iterations may run side by side is not
//! asked here: the optimiser's pass `vectorize` establishes that and marks the header.
//!
//! A kernel is called as `extern "C" fn(words: *mut u64)`; [`kernel`] says what the words are. It runs all iterations, the
//! last ones under a mask, or stops before one that leaves the loop, and cannot fail.

pub mod assemble;
mod avx2;
mod avx512;
pub mod encode;
mod functions;
mod isa;
pub mod kernel;
pub mod plan;
mod registers;
mod rescue;
mod rows;
mod shrink;
mod strided;
mod target;
mod why;

pub use assemble::assemble;
pub use isa::Isa;
pub use kernel::Kernel;
pub use plan::{Context, Plan};
pub use why::{No, Why};

/// Machine code of a kernel, on integers as narrow as they may be if there is code for that; and the kernel that it is of.
pub fn make(kernel: &Kernel, isa: Isa) -> Option<(Kernel, encode::Code)> {
    let narrow = shrink::shrink(kernel.clone(), isa);
    match assemble(&narrow, isa) {
        Some(code) => Some((narrow, code)),
        None => assemble(kernel, isa).map(|code| (kernel.clone(), code)),
    }
}
