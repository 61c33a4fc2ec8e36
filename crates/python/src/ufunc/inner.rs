//! NumPy's inner loop: its arguments become the words of strided arrays, and compiled code runs over them.

use super::flags::{Shape, settled};
use super::{Loop, MAX_OPERANDS};
use crate::pending;
use looplift_abi::ctx::Ctx;
use looplift_capi::attach::attach;
use pyo3::prelude::*;
use std::ffi::{c_char, c_void};

/// Words of arguments kept on the stack.
const STACK_WORDS: usize = 64;

/// `PyUFuncGenericFunction`. May run with or without the GIL; an error is left as Python's.
///
/// # Safety
/// NumPy's protocol for inner loops; `data` is a [`Loop`] that the ufunc keeps alive.
pub unsafe extern "C" fn run(args: *mut *mut c_char, dims: *mut isize, steps: *mut isize, data: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe {
        let l = &*data.cast::<Loop>();
        let n = *dims;
        if n <= 0 || (n == 1 && super::scalars::repeat(l, args)) {
            return;
        }
        let mut starts = [std::ptr::null_mut::<c_char>(); MAX_OPERANDS];
        for (k, s) in starts.iter_mut().enumerate().take(l.core.len()) {
            *s = *args.add(k);
        }
        let starts = &mut starts[..l.core.len()];
        let mut first = None;
        if settled(Shape { l, starts, n, dims, steps }, || call(l, starts, n, dims, steps, &mut first)) {
            return;
        }
        if l.elementwise && n > 1 && !overlaps(l, starts, n, steps) {
            // Elements are independent, so the ones after a failing one have results too. The first error stays.
            for _ in 0..n {
                call(l, starts, 1, dims, steps, &mut first);
                for (k, s) in starts.iter_mut().enumerate() {
                    *s = s.offset(*steps.add(k));
                }
            }
        }
        attach(|py| {
            if let Some(e) = first {
                e.restore(py);
            }
        });
    }
}

/// Whether an output shares memory with another operand, so that running a loop again would not give the same.
unsafe fn overlaps(l: &Loop, starts: &[*mut c_char], n: isize, steps: *mut isize) -> bool {
    // Operands are at most 16 bytes wide.
    let range = |k: usize| {
        // SAFETY: one step for each operand.
        let (a, last) = (starts[k] as isize, unsafe { *steps.add(k) }.wrapping_mul(n - 1));
        (a.min(a.wrapping_add(last)), a.max(a.wrapping_add(last)) + 16)
    };
    let count = l.core.len();
    (0..count).any(|a| (a + 1..count).any(|b| range(a).0 < range(b).1 && range(b).0 < range(a).1))
}

/// Runs the loop `n` times from `starts`; false if it raised, and then there is a `first` error.
pub(super) unsafe fn call(l: &Loop, starts: &[*mut c_char], n: isize, dims: *mut isize, steps: *mut isize, first: &mut Option<PyErr>) -> bool {
    let mut stack = [0u64; STACK_WORDS];
    let mut heap = Vec::new();
    let words: &mut [u64] = if l.words <= STACK_WORDS {
        &mut stack
    } else {
        heap.resize(l.words, 0);
        &mut heap
    };
    // SAFETY: NumPy gives a step for each operand, then one for each core dimension of each operand; a length for the loop,
    // then one for each core dimension. The words of all operands are `l.words`.
    let status = unsafe {
        let mut at = 0;
        let mut put = |w: u64| {
            words[at] = w;
            at += 1;
        };
        let mut inner = steps.add(l.core.len());
        for (k, core) in l.core.iter().enumerate() {
            // Nobody owns the memory in the sense of the heap: NumPy holds the arrays during the call.
            put(0);
            put(starts[k] as u64);
            put(n as u64);
            for &d in core {
                put(*dims.add(1 + d) as u64);
            }
            put(*steps.add(k) as u64);
            for _ in core {
                put(*inner as u64);
                inner = inner.add(1);
            }
        }
        let mut ret = 0;
        let running = looplift_runtime::thread::enter();
        let ctx = running.ctx();
        let status = (l.entry)(ctx, words.as_ptr(), &mut ret);
        drop(running);
        if status != 0 {
            failed(ctx, first);
        }
        status
    };
    status == 0
}

/// Makes the pending exception the first one, unless there is one already. None is left as Python's: code may run that asks.
#[cold]
#[inline(never)]
unsafe fn failed(ctx: *mut Ctx, first: &mut Option<PyErr>) {
    attach(|py| {
        let _ = crate::guard::caught(py, || {
            // SAFETY: the context is this thread's.
            pending::raise(py, unsafe { &mut *ctx });
            Ok(())
        });
        let raised = PyErr::take(py);
        if first.is_none() {
            *first = raised;
        }
    });
}
