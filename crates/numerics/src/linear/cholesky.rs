//! Cholesky factorisation (LAPACK's potrf): blocks of columns, the rest updated by products.

use super::product::{Part, Size, subtract};
use super::{BLOCK, Scalar};

/// Replaces the `n` by `n` matrix `a`, of which the lower triangle is read, by its factor L, a = L L^H. False if it is not
/// positive definite.
pub fn factor<T: Scalar>(n: usize, a: &mut [T]) -> bool {
    for k in (0..n).step_by(BLOCK) {
        let end = n.min(k + BLOCK);
        for c in k..end {
            let (left, right) = a.split_at_mut(c * n);
            let column = &mut right[..n];
            for done in k..c {
                let other = &left[done * n..(done + 1) * n];
                let factor = other[c].conj();
                for (x, &l) in column[c..].iter_mut().zip(&other[c..]) {
                    *x -= l * factor;
                }
            }
            let d = column[c].re();
            // NaN is not positive either.
            if !(d > 0.0 && d.is_finite()) {
                return false;
            }
            let d = d.sqrt();
            column[c] = T::real(d);
            column[c + 1..].iter_mut().for_each(|x| *x = x.scale(1.0 / d));
        }
        if end < n {
            // The block's rows below, conjugated and transposed, times themselves.
            let (m, size) = (n - end, end - k);
            let below = super::triangular::copy_rows(&a[k * n..], n, end, m, size);
            let mut turned = vec![T::ZERO; m * size];
            for j in 0..size {
                for i in 0..m {
                    turned[j + i * size] = below[i + j * m].conj();
                }
            }
            subtract(
                Size { m, k: size, n: m },
                &below,
                Part { rows: m, at: (0, 0) },
                &turned,
                Part { rows: size, at: (0, 0) },
                a,
                Part { rows: n, at: (end, end) },
            );
        }
    }
    for j in 1..n {
        a[j * n..j * n + j].fill(T::ZERO);
    }
    true
}
