//! Discrete Fourier transforms of any length, in double precision.

use num_complex::Complex64;
use rustfft::FftPlanner;
use std::sync::{Mutex, PoisonError};

/// Plans are kept: making one costs more than using it.
static PLANS: Mutex<Option<FftPlanner<f64>>> = Mutex::new(None);
/// Lengths whose plans are kept; beyond, they are all forgotten once.
const MAX_PLANS: usize = 256;
static MADE: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

/// Transforms consecutive rows of `n` in place; `inverse`: with the positive sign in the exponent. Nothing is scaled.
pub fn transform(inverse: bool, n: usize, data: &mut [Complex64]) {
    if n < 2 || data.is_empty() {
        return;
    }
    let plan = {
        let mut plans = PLANS.lock().unwrap_or_else(PoisonError::into_inner);
        if MADE.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % MAX_PLANS == MAX_PLANS - 1 {
            *plans = None;
        }
        let planner = plans.get_or_insert_with(FftPlanner::new);
        if inverse { planner.plan_fft_inverse(n) } else { planner.plan_fft_forward(n) }
    };
    plan.process(data);
}
