//! Floating-point errors that are nobody's: vector loops compute in lanes that no element has, and on both sides of a branch.
//!
//! NumPy asks the processor after a loop whether an operation was invalid or divided by zero. Where a loop newly says so, its results are looked
//! at: an invalid operation leaves a NaN, a division by zero an infinity or (in what follows) a NaN. Without any the flag is taken back.

use super::Loop;
use looplift_types::{FloatTy, Ty, TyKind};
use std::ffi::c_char;

/// Bits of MXCSR.
const INVALID: u32 = 1;
const DIVIDED_BY_ZERO: u32 = 1 << 2;

/// An output of floats, or of complex numbers, which have two parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    operand: usize,
    parts: usize,
    double: bool,
}

/// The outputs whose elements can be NaN; `types` are those of all operands' elements.
pub(super) fn outputs(types: &[Ty], inputs: usize) -> Box<[Output]> {
    let float = |f: FloatTy| matches!(f, FloatTy::F32 | FloatTy::F64).then_some(f == FloatTy::F64);
    let found = |(operand, t): (usize, &Ty)| match t.kind() {
        TyKind::Float(f) => Some(Output { operand, parts: 1, double: float(*f)? }),
        TyKind::Complex(c) => Some(Output { operand, parts: 2, double: float(c.part())? }),
        _ => None,
    };
    types.iter().enumerate().skip(inputs).filter_map(found).collect()
}

/// Runs a loop over `n` elements and takes back what it says of none of them.
///
/// # Safety
/// As for the inner loop that `run` is: the operands' elements are at `starts`, `steps` apart.
pub(super) unsafe fn settled(l: &Loop, starts: &[*mut c_char], n: isize, steps: *mut isize, run: impl FnOnce() -> bool) -> bool {
    let before = status();
    let done = run();
    let now = status();
    let new = now & !before & (INVALID | DIVIDED_BY_ZERO);
    if new != 0 && l.elementwise {
        // SAFETY: the caller's promise.
        let (nan, infinite) = unsafe { seen(l, starts, n, steps) };
        let mut stray = 0;
        if !nan {
            stray |= new & INVALID;
        }
        if !nan && !infinite {
            stray |= new & DIVIDED_BY_ZERO;
        }
        if stray != 0 {
            set_status(now & !stray);
        }
    }
    done
}

/// Whether there are NaNs and whether there are infinities among the results.
unsafe fn seen(l: &Loop, starts: &[*mut c_char], n: isize, steps: *mut isize) -> (bool, bool) {
    let (mut nan, mut infinite) = (false, false);
    for out in &l.floats {
        for i in 0..n {
            for part in 0..out.parts {
                // SAFETY: an element of the output; elements may lie anywhere.
                let v = unsafe {
                    let at = starts[out.operand].offset(i * *steps.add(out.operand));
                    match out.double {
                        true => at.cast::<f64>().add(part).read_unaligned(),
                        false => f64::from(at.cast::<f32>().add(part).read_unaligned()),
                    }
                };
                nan |= v.is_nan();
                infinite |= v.is_infinite();
            }
        }
    }
    (nan, infinite)
}

#[cfg(target_arch = "x86_64")]
fn status() -> u32 {
    let mut csr = 0u32;
    // SAFETY: writes the register to the word.
    unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut csr, options(nostack, preserves_flags)) };
    csr
}

#[cfg(target_arch = "x86_64")]
fn set_status(csr: u32) {
    // SAFETY: a value that the register had, with some of its sticky flags cleared.
    unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const csr, options(nostack, readonly, preserves_flags)) };
}

/// Elsewhere there are no vector loops.
#[cfg(not(target_arch = "x86_64"))]
fn status() -> u32 {
    0
}

#[cfg(not(target_arch = "x86_64"))]
fn set_status(_csr: u32) {}
