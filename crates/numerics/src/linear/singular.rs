//! Singular values: reduction to bidiagonal form by reflections, then implicit QR steps on it (Golub and Kahan), as in LINPACK.

use super::Scalar;
use super::reflect::{apply, assemble, reflector};

/// Steps after which a singular value is given up.
const MAX_STEPS: usize = 75;

/// Factors of an `m` by `n` matrix with m ≥ n, A = U diag(s) Vᴴ: `s` descending, `u` m by `u.len() / m` (n or m columns, or none),
/// `v` n by n (or empty). `a` is used up. False if there was no convergence.
pub fn svd<T: Scalar>(m: usize, n: usize, a: &mut [T], s: &mut [f64], u: &mut [T], v: &mut [T]) -> bool {
    let mut e = vec![0.0; n];
    let mut taus = Vec::with_capacity(n);
    // The row reflections' vectors, as columns whose element i + 1 is the leading one.
    let mut rows = vec![T::ZERO; if v.is_empty() { 0 } else { n * n }];
    let mut row_taus = Vec::with_capacity(n);
    let mut row = vec![T::ZERO; n];
    let mut sums = vec![T::ZERO; m];
    for i in 0..n {
        let (left, right) = a.split_at_mut((i + 1) * m);
        let (head, tail) = left[i * m + i..].split_at_mut(1);
        let (beta, tau) = reflector(head[0], tail);
        s[i] = beta;
        taus.push(tau);
        for other in right.chunks_exact_mut(m) {
            apply(tail, tau.conj(), &mut other[i..]);
        }
        if i + 1 == n {
            break;
        }
        let row = &mut row[i + 1..];
        for (x, other) in row.iter_mut().zip(right.chunks_exact(m)) {
            *x = other[i].conj();
        }
        let (head, tail) = row.split_at_mut(1);
        let (beta, tau) = reflector(head[0], tail);
        head[0] = T::ONE;
        e[i] = beta;
        row_taus.push(tau);
        // From the right: A (I − τ u uᴴ), on the rows below.
        let sums = &mut sums[i + 1..];
        sums.fill(T::ZERO);
        for (&x, other) in row.iter().zip(right.chunks_exact(m)) {
            for (sum, &y) in sums.iter_mut().zip(&other[i + 1..]) {
                *sum += y * x;
            }
        }
        for (&x, other) in row.iter().zip(right.chunks_exact_mut(m)) {
            let factor = tau * x.conj();
            for (y, &sum) in other[i + 1..].iter_mut().zip(&*sums) {
                *y -= sum * factor;
            }
        }
        if !v.is_empty() {
            rows[i * n + i + 1..(i + 1) * n].copy_from_slice(row);
        }
    }
    if !u.is_empty() {
        assemble(m, a, &taus, 0, u);
    }
    if !v.is_empty() {
        assemble(n, &rows, &row_taus, 1, v);
    }
    diagonal(m, n, s, &mut e, u, v)
}

/// Columns `i` and `j` turned by a plane rotation.
fn turn<T: Scalar>(rows: usize, z: &mut [T], i: usize, j: usize, c: f64, s: f64) {
    if z.is_empty() || rows == 0 {
        return;
    }
    let (low, high) = (i.min(j), i.max(j));
    let (left, right) = z.split_at_mut(high * rows);
    let (low, high) = (&mut left[low * rows..(low + 1) * rows], &mut right[..rows]);
    let (x, y) = if i < j { (low, high) } else { (high, low) };
    for (a, b) in x.iter_mut().zip(y) {
        let t = a.scale(c) + b.scale(s);
        *b = b.scale(c) - a.scale(s);
        *a = t;
    }
}

fn swap<T>(rows: usize, z: &mut [T], i: usize) {
    if !z.is_empty() {
        let (left, right) = z.split_at_mut((i + 1) * rows);
        left[i * rows..].swap_with_slice(&mut right[..rows]);
    }
}

fn plane(f: f64, g: f64) -> (f64, f64, f64) {
    let t = f.hypot(g);
    if t == 0.0 { (t, 1.0, 0.0) } else { (t, f / t, g / t) }
}

/// What the next step is.
enum Step {
    /// The last value is zero: its column goes.
    DropLast,
    /// The value at an inner place is zero: the block falls apart.
    Split,
    Shift,
    Converged,
}

/// QR steps until the superdiagonal `e` is zero; signs and order.
fn diagonal<T: Scalar>(m: usize, n: usize, s: &mut [f64], e: &mut [f64], u: &mut [T], v: &mut [T]) -> bool {
    let (eps, tiny) = (f64::EPSILON, f64::MIN_POSITIVE);
    let mut p = n;
    let mut budget = MAX_STEPS * n;
    while p > 0 {
        // `start` is where the unreduced block at the end begins.
        let mut start = 0;
        for k in (0..p - 1).rev() {
            if e[k].abs() <= tiny + eps * (s[k].abs() + s[k + 1].abs()) {
                e[k] = 0.0;
                start = k + 1;
                break;
            }
        }
        let step = if start == p - 1 {
            Step::Converged
        } else {
            let zero = (start..p).rev().find(|&k| {
                let t = (if k + 1 < p { e[k].abs() } else { 0.0 }) + (if k > start { e[k - 1].abs() } else { 0.0 });
                s[k].abs() <= tiny + eps * t
            });
            match zero {
                None => Step::Shift,
                Some(k) => {
                    s[k] = 0.0;
                    if k == p - 1 {
                        Step::DropLast
                    } else {
                        start = k + 1;
                        Step::Split
                    }
                }
            }
        };
        match step {
            Step::DropLast => {
                let mut f = std::mem::take(&mut e[p - 2]);
                for j in (start..p - 1).rev() {
                    let (t, c, sn) = plane(s[j], f);
                    s[j] = t;
                    if j != start {
                        f = -sn * e[j - 1];
                        e[j - 1] *= c;
                    }
                    turn(n, v, j, p - 1, c, sn);
                }
            }
            Step::Split => {
                let mut f = std::mem::take(&mut e[start - 1]);
                for j in start..p {
                    let (t, c, sn) = plane(s[j], f);
                    s[j] = t;
                    f = -sn * e[j];
                    e[j] *= c;
                    turn(m, u, j, start - 1, c, sn);
                }
            }
            Step::Shift => {
                if budget == 0 {
                    return false;
                }
                budget -= 1;
                let scale = [s[p - 1], s[p - 2], e[p - 2], s[start], e[start]].iter().fold(0.0f64, |x, y| x.max(y.abs()));
                let (sp, before, ep) = (s[p - 1] / scale, s[p - 2] / scale, e[p - 2] / scale);
                let (sk, ek) = (s[start] / scale, e[start] / scale);
                let b = ((before + sp) * (before - sp) + ep * ep) / 2.0;
                let c = (sp * ep) * (sp * ep);
                let shift = if b != 0.0 || c != 0.0 { c / (b + (b * b + c).sqrt().copysign(b)) } else { 0.0 };
                let mut f = (sk + sp) * (sk - sp) + shift;
                let mut g = sk * ek;
                for j in start..p - 1 {
                    let (t, c, sn) = plane(f, g);
                    if j != start {
                        e[j - 1] = t;
                    }
                    f = c * s[j] + sn * e[j];
                    e[j] = c * e[j] - sn * s[j];
                    g = sn * s[j + 1];
                    s[j + 1] *= c;
                    turn(n, v, j, j + 1, c, sn);
                    let (t, c, sn) = plane(f, g);
                    s[j] = t;
                    f = c * e[j] + sn * s[j + 1];
                    s[j + 1] = c * s[j + 1] - sn * e[j];
                    g = sn * e[j + 1];
                    e[j + 1] *= c;
                    turn(m, u, j, j + 1, c, sn);
                }
                e[p - 2] = f;
            }
            Step::Converged => {
                let mut k = p - 1;
                if s[k] < 0.0 {
                    s[k] = -s[k];
                    if !v.is_empty() {
                        v[k * n..(k + 1) * n].iter_mut().for_each(|x| *x = -*x);
                    }
                }
                while k + 1 < n && s[k] < s[k + 1] {
                    s.swap(k, k + 1);
                    swap(n, v, k);
                    swap(m, u, k);
                    k += 1;
                }
                p -= 1;
            }
        }
    }
    true
}
