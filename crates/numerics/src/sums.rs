//! Sums of floats in NumPy's order: up to 128 elements in eight interleaved sums, more by halves (`pairwise_sum` of NumPy's
//! `loops_utils.h`), so that results are the same to the last bit.

use std::ops::Add;

const BLOCK: usize = 128;
const LANES: usize = 8;

/// Elements by number.
trait Elements<T> {
    fn get(&self, n: usize) -> T;
}

impl<T: Copy> Elements<T> for &[T] {
    #[inline(always)]
    fn get(&self, n: usize) -> T {
        self[n]
    }
}

/// Elements so many bytes apart.
struct Strided {
    address: usize,
    step: isize,
}

macro_rules! strided {
    ($t:ty) => {
        impl Elements<$t> for Strided {
            #[inline(always)]
            fn get(&self, n: usize) -> $t {
                let address = self.address.wrapping_add_signed(self.step.wrapping_mul(n as isize));
                // SAFETY: the caller of `pairwise` vouches for every element.
                unsafe { (address as *const $t).read_unaligned() }
            }
        }
    };
}
strided!(f32);
strided!(f64);

#[inline(always)]
fn block<T: Copy + Add<Output = T> + Default>(a: &impl Elements<T>, low: usize, n: usize) -> T {
    if n < LANES {
        return (0..n).fold(T::default(), |s, k| s + a.get(low + k));
    }
    let mut sums: [T; LANES] = std::array::from_fn(|k| a.get(low + k));
    let whole = n - n % LANES;
    let mut at = LANES;
    while at < whole {
        for (k, s) in sums.iter_mut().enumerate() {
            *s = *s + a.get(low + at + k);
        }
        at += LANES;
    }
    let [a0, a1, a2, a3, a4, a5, a6, a7] = sums;
    let sum = ((a0 + a1) + (a2 + a3)) + ((a4 + a5) + (a6 + a7));
    (whole..n).fold(sum, |s, k| s + a.get(low + k))
}

#[inline(always)]
fn halves<T: Copy + Add<Output = T> + Default>(a: &impl Elements<T>, low: usize, n: usize) -> T {
    // As deep as the logarithm of the length: each level leaves two steps and one sum waiting. They wait on a stack of their own, so that
    // all is one loop.
    #[derive(Clone, Copy)]
    enum Step {
        Sum(usize, usize),
        Combine,
    }
    let mut steps = [Step::Combine; 2 * usize::BITS as usize];
    let mut sums = [T::default(); usize::BITS as usize];
    let (mut waiting, mut made) = (1, 0);
    steps[0] = Step::Sum(low, n);
    while waiting > 0 {
        waiting -= 1;
        match steps[waiting] {
            Step::Sum(low, n) if n <= BLOCK => {
                sums[made] = block(a, low, n);
                made += 1;
            }
            Step::Sum(low, n) => {
                let half = n / 2 - n / 2 % LANES;
                steps[waiting] = Step::Combine;
                steps[waiting + 1] = Step::Sum(low + half, n - half);
                steps[waiting + 2] = Step::Sum(low, half);
                waiting += 3;
            }
            Step::Combine => {
                made -= 1;
                sums[made - 1] = sums[made - 1] + sums[made];
            }
        }
    }
    sums[0]
}

macro_rules! sums {
    ($name:ident $wide:ident $t:ty) => {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2")]
        fn $wide(a: &[$t]) -> $t {
            halves(&a, 0, a.len())
        }

        /// The sum of `n` elements, `step` bytes apart.
        ///
        /// # Safety
        /// All elements can be read.
        pub unsafe fn $name(address: usize, step: isize, n: usize) -> $t {
            let is_run = step == size_of::<$t>() as isize && address.is_multiple_of(align_of::<$t>()) && n > 0;
            if !is_run {
                let a = Strided { address, step };
                return if n <= BLOCK { block(&a, 0, n) } else { halves(&a, 0, n) };
            }
            // SAFETY: the caller's promise; the address is aligned and, as there are elements, not null.
            let a = unsafe { std::slice::from_raw_parts(address as *const $t, n) };
            if n <= LANES {
                return block(&a, 0, n);
            }
            #[cfg(target_arch = "x86_64")]
            if std::is_x86_feature_detected!("avx2") {
                // SAFETY: the processor has what the function was compiled for.
                return unsafe { $wide(a) };
            }
            halves(&a, 0, n)
        }
    };
}
sums!(pairwise_f64 wide_f64 f64);
sums!(pairwise_f32 wide_f32 f32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_agree() {
        let a: Vec<f64> = (0..5000).map(|k| 1.0 / f64::from(k + 1)).collect();
        for n in [0, 1, 7, 8, 9, 127, 128, 129, 1000, 2500] {
            let spread: Vec<f64> = a[..n].iter().flat_map(|&x| [x, f64::NAN]).collect();
            // SAFETY: elements of live vectors.
            let (run, strided) = unsafe { (pairwise_f64(a.as_ptr() as usize, 8, n), pairwise_f64(spread.as_ptr() as usize, 16, n)) };
            assert_eq!(run.to_bits(), strided.to_bits());
            assert!((run - a[..n].iter().sum::<f64>()).abs() < 1e-12);
        }
    }
}
