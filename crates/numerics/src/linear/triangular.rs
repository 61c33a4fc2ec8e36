//! Systems with a triangular matrix and several right-hand sides: halves by recursion, the halves' coupling by a product.

use super::product::{Part, Size, subtract};
use super::{BLOCK, Scalar};

/// Solves `L x = b` in place; `l` is `n` by `n` inside a matrix of `lr` rows at its diagonal element `d`. `unit`: ones on its diagonal.
pub(crate) fn solve_lower<T: Scalar>(l: &[T], lr: usize, d: usize, n: usize, unit: bool, b: &mut [T], br: usize, row: usize, columns: usize) {
    // Blocks from the top: solve, then subtract from all below.
    for k in (0..n).step_by(BLOCK) {
        let size = BLOCK.min(n - k);
        for j in 0..columns {
            let x = &mut b[j * br + row + k..j * br + row + k + size];
            for i in 0..size {
                let column = &l[(d + k + i) * lr + d + k..][..size];
                if !unit {
                    x[i] = x[i] / column[i];
                }
                let factor = x[i];
                if factor != T::ZERO {
                    for (a, &c) in x[i + 1..].iter_mut().zip(&column[i + 1..]) {
                        *a -= c * factor;
                    }
                }
            }
        }
        let below = n - k - size;
        if below > 0 && columns > 0 {
            let solved = copy_rows(b, br, row + k, size, columns);
            subtract(
                Size { m: below, k: size, n: columns },
                l,
                Part { rows: lr, at: (d + k + size, d + k) },
                &solved,
                Part { rows: size, at: (0, 0) },
                b,
                Part { rows: br, at: (row + k + size, 0) },
            );
        }
    }
}

/// Solves `U x = b` in place, as [`solve_lower`], from the bottom.
pub(crate) fn solve_upper<T: Scalar>(u: &[T], ur: usize, n: usize, b: &mut [T], br: usize, columns: usize) {
    let mut end = n;
    while end > 0 {
        let k = end.saturating_sub(BLOCK);
        let size = end - k;
        for j in 0..columns {
            let x = &mut b[j * br + k..j * br + end];
            for i in (0..size).rev() {
                let column = &u[(k + i) * ur + k..][..size];
                x[i] = x[i] / column[i];
                let factor = x[i];
                if factor != T::ZERO {
                    for (a, &c) in x[..i].iter_mut().zip(&column[..i]) {
                        *a -= c * factor;
                    }
                }
            }
        }
        if k > 0 && columns > 0 {
            let solved = copy_rows(b, br, k, size, columns);
            subtract(
                Size { m: k, k: size, n: columns },
                u,
                Part { rows: ur, at: (0, k) },
                &solved,
                Part { rows: size, at: (0, 0) },
                b,
                Part { rows: br, at: (0, 0) },
            );
        }
        end = k;
    }
}

/// `rows` rows from `first` on, as a matrix of their own.
pub(crate) fn copy_rows<T: Scalar>(b: &[T], br: usize, first: usize, rows: usize, columns: usize) -> Vec<T> {
    let mut out = Vec::with_capacity(rows * columns);
    for j in 0..columns {
        out.extend_from_slice(&b[j * br + first..][..rows]);
    }
    out
}
