//! Fourier transforms for compiled code.

use crate::linear::{guarded, slice};
use looplift_numerics::fourier;
use looplift_numerics::linear::Complex64;

/// Transforms `count` consecutive rows of `n` complex doubles in place, without scaling; −1 after a panic.
///
/// # Safety
/// They are there.
pub(crate) unsafe extern "C" fn fft(inverse: i64, n: i64, count: i64, data: i64) -> i64 {
    // SAFETY: the caller's promise.
    let data = unsafe { slice::<Complex64>(data, n * count) };
    guarded(|| {
        fourier::transform(inverse != 0, n as usize, data);
        0
    })
}
