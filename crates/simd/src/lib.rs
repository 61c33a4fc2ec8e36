//! Vector loops: innermost loops of MIR as kernels of straight-line vector code, and kernels as AVX-512 machine code.
//!
//! The code generator proper has vectors of 128 bits only; this small one owns whole loops. [`plan`] reads a kernel off a
//! loop of one block, or says no; [`assemble()`] makes its machine code. Whether iterations may run side by side is not
//! asked here: the optimiser's pass `vectorize` establishes that and marks the block.
//!
//! A kernel is called as `extern "C" fn(words: *mut u64)`; [`kernel`] says what the words are. It runs all iterations, the
//! last ones under a mask, and cannot fail.

pub mod assemble;
pub mod encode;
mod functions;
pub mod kernel;
pub mod plan;
mod registers;
mod rows;

pub use assemble::assemble;
pub use kernel::Kernel;
pub use plan::{Escapes, Plan};

/// Whether this processor runs what [`assemble()`] emits.
pub fn is_supported() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::is_x86_feature_detected!("avx512f")
            && std::is_x86_feature_detected!("avx512bw")
            && std::is_x86_feature_detected!("avx512dq")
            && std::is_x86_feature_detected!("avx512vl")
            && std::is_x86_feature_detected!("bmi2")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        false
    }
}
