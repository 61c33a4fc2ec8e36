//! LU factorisation with partial pivoting (LAPACK's getrf), and what follows from it: solutions, inverses, determinants.

use super::product::{Part, Size, subtract_within};
use super::triangular::{solve_lower, solve_upper};
use super::{BLOCK, Scalar};

/// Factors the `n` by `n` matrix `a` in place, P a = L U; row `i` was exchanged with row `pivots[i]`. True unless a pivot is zero.
pub fn factor<T: Scalar>(n: usize, a: &mut [T], pivots: &mut [usize]) -> bool {
    let mut regular = true;
    for k in (0..n).step_by(BLOCK) {
        let end = n.min(k + BLOCK);
        for c in k..end {
            // The rest of the column, as the columns of this block before it change it, is up to date: eliminate.
            let column = &a[c * n..(c + 1) * n];
            let pivot = (c..n).fold(c, |best, i| if column[i].abs1() > column[best].abs1() { i } else { best });
            pivots[c] = pivot;
            if column[pivot] == T::ZERO {
                regular = false;
                continue;
            }
            for j in k..end {
                a.swap(j * n + c, j * n + pivot);
            }
            let (left, right) = a.split_at_mut((c + 1) * n);
            let column = &mut left[c * n..];
            let inverse = T::ONE / column[c];
            // A reciprocal that overflows would spoil the column.
            if inverse.abs1().is_finite() {
                column[c + 1..].iter_mut().for_each(|x| *x *= inverse);
            } else {
                let head = column[c];
                column[c + 1..].iter_mut().for_each(|x| *x = *x / head);
            }
            for j in 0..end - c - 1 {
                let other = &mut right[j * n..(j + 1) * n];
                let factor = other[c];
                if factor != T::ZERO {
                    for (x, &l) in other[c + 1..].iter_mut().zip(&column[c + 1..]) {
                        *x -= l * factor;
                    }
                }
            }
        }
        for (c, &pivot) in pivots.iter().enumerate().take(end).skip(k) {
            if pivot != c {
                for j in (0..k).chain(end..n) {
                    a.swap(j * n + c, j * n + pivot);
                }
            }
        }
        if end < n {
            let (left, right) = a.split_at_mut(end * n);
            solve_lower(left, n, k, end - k, true, right, n, k, n - end);
            let part = |i, j| Part { rows: n, at: (i, j) };
            subtract_within(Size { m: n - end, k: end - k, n: n - end }, a, part(end, k), part(k, end), part(end, end));
        }
    }
    regular
}

/// Solves `a x = b` for `columns` right-hand sides, from the factors.
pub fn solve<T: Scalar>(n: usize, lu: &[T], pivots: &[usize], b: &mut [T], columns: usize) {
    for column in b.chunks_exact_mut(n.max(1)).take(columns) {
        for (i, &p) in pivots.iter().enumerate() {
            column.swap(i, p);
        }
    }
    solve_lower(lu, n, 0, n, true, b, n, 0, columns);
    solve_upper(lu, n, n, b, n, columns);
}

/// The sign (or phase) and the logarithm of the modulus of the determinant, from the factors.
pub fn sign_log_det<T: Scalar>(n: usize, lu: &[T], pivots: &[usize]) -> (T, f64) {
    let swaps = pivots.iter().enumerate().filter(|(i, p)| i != *p).count();
    let mut sign = if swaps % 2 == 1 { -T::ONE } else { T::ONE };
    let mut log = 0.0;
    for i in 0..n {
        let d = lu[i + i * n];
        let size = d.abs();
        if size == 0.0 {
            return (T::ZERO, f64::NEG_INFINITY);
        }
        sign *= d.scale(1.0 / size);
        log += size.ln();
    }
    (sign, log)
}
