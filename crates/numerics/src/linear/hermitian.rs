//! Eigenvalues of Hermitian matrices: reduction to tridiagonal form (LAPACK's hetd2) and implicit QL or QR steps (steqr).

use super::Scalar;
use super::reflect::{assemble, reflector};

/// Steps after which an eigenvalue is given up.
const MAX_STEPS: usize = 30;

/// Eigenvalues of the `n` by `n` matrix `a`, of which the lower triangle is read, ascending into `w`; eigenvectors into the columns
/// of `z`, if there is one. `a` is used up. False if there was no convergence.
pub fn eigen<T: Scalar>(n: usize, a: &mut [T], w: &mut [f64], z: Option<&mut [T]>) -> bool {
    if n == 0 {
        return true;
    }
    let (mut e, taus) = tridiagonal(n, a, w);
    match z {
        None => steps::<T>(n, w, &mut e, &mut []),
        Some(z) => {
            assemble(n, a, &taus, 1, z);
            steps(n, w, &mut e, z)
        }
    }
}

/// Reduces `a` to the diagonal `d` and the subdiagonal it gives; the reflections stay in `a`.
fn tridiagonal<T: Scalar>(n: usize, a: &mut [T], d: &mut [f64]) -> (Vec<f64>, Vec<T>) {
    let (mut e, mut taus) = (Vec::with_capacity(n), Vec::with_capacity(n));
    let mut w = vec![T::ZERO; n];
    // The diagonal of a Hermitian matrix is real: nothing else of it is read.
    for i in 0..n {
        a[i * n + i] = T::real(a[i * n + i].re());
    }
    for i in 0..n - 1 {
        let (head, tail) = a[i * n + i + 1..(i + 1) * n].split_at_mut(1);
        let (beta, tau) = reflector(head[0], tail);
        e.push(beta);
        taus.push(tau);
        head[0] = T::ONE;
        let first = i + 1;
        if tau == T::ZERO {
            let k = first * n + first;
            a[k] = T::real(a[k].re());
        } else {
            let (left, right) = a.split_at_mut(first * n);
            let v = &left[i * n + first..];
            let w = &mut w[..n - first];
            multiply_lower(n, first, right, v, w);
            w.iter_mut().for_each(|x| *x *= tau);
            let mut sum = T::ZERO;
            for (&x, &y) in w.iter().zip(v) {
                sum += x.conj() * y;
            }
            let alpha = -(tau * sum).scale(0.5);
            for (x, &y) in w.iter_mut().zip(v) {
                *x += alpha * y;
            }
            for j in 0..n - first {
                let column = &mut right[j * n + first..(j + 1) * n];
                let (vj, wj) = (v[j].conj(), w[j].conj());
                for k in j..n - first {
                    column[k] -= v[k] * wj + w[k] * vj;
                }
                column[j] = T::real(column[j].re());
            }
        }
        d[i] = a[i * n + i].re();
    }
    d[n - 1] = a[n * n - 1].re();
    (e, taus)
}

/// `w = A v` for the Hermitian matrix whose lower triangle starts at row `first` of the columns `a`.
fn multiply_lower<T: Scalar>(n: usize, first: usize, a: &[T], v: &[T], w: &mut [T]) {
    w.fill(T::ZERO);
    for j in 0..w.len() {
        let column = &a[j * n + first..(j + 1) * n];
        let mut sum = column[j].scale(1.0) * v[j];
        let vj = v[j];
        for k in j + 1..w.len() {
            w[k] += column[k] * vj;
            sum += column[k].conj() * v[k];
        }
        w[j] += sum;
    }
}

/// Rotates columns `j` and `j + 1` of `z` as LAPACK's lasr does from the right.
fn rotate<T: Scalar>(n: usize, z: &mut [T], j: usize, c: f64, s: f64) {
    if z.is_empty() {
        return;
    }
    let (left, right) = z.split_at_mut((j + 1) * n);
    for (x, y) in left[j * n..].iter_mut().zip(&mut right[..n]) {
        let t = *y;
        *y = t.scale(c) - x.scale(s);
        *x = t.scale(s) + x.scale(c);
    }
}

/// The eigenvalues of [[a, b], [b, c]], the larger in modulus first, and the rotation that finds them (laev2).
fn two_by_two(a: f64, b: f64, c: f64) -> (f64, f64, f64, f64) {
    let (sum, difference) = (a + c, a - c);
    let (size, twice) = (difference.abs(), 2.0 * b);
    let root = size.hypot(twice);
    let (larger, smaller) = if a.abs() > c.abs() { (a, c) } else { (c, a) };
    let (first, second, sign) = if sum < 0.0 {
        let r = 0.5 * (sum - root);
        (r, (larger / r) * smaller - (b / r) * b, -1.0)
    } else if sum > 0.0 {
        let r = 0.5 * (sum + root);
        (r, (larger / r) * smaller - (b / r) * b, 1.0)
    } else {
        (0.5 * root, -0.5 * root, 1.0)
    };
    let (cs, sign2) = if difference >= 0.0 { (difference + root, 1.0) } else { (difference - root, -1.0) };
    let (mut c1, mut s1);
    if cs.abs() > twice.abs() {
        let t = -twice / cs;
        s1 = 1.0 / (1.0 + t * t).sqrt();
        c1 = t * s1;
    } else if b == 0.0 {
        c1 = 1.0;
        s1 = 0.0;
    } else {
        let t = -cs / twice;
        c1 = 1.0 / (1.0 + t * t).sqrt();
        s1 = t * c1;
    }
    if sign == sign2 {
        let t = c1;
        c1 = -s1;
        s1 = t;
    }
    (first, second, c1, s1)
}

/// The rotation that turns (f, g) into (r, 0).
fn rotation(f: f64, g: f64) -> (f64, f64, f64) {
    if g == 0.0 {
        (1.0, 0.0, f)
    } else if f == 0.0 {
        (0.0, g.signum(), g.abs())
    } else {
        let r = f.hypot(g).copysign(f);
        (f / r, g / r, r)
    }
}

/// Implicit QL or QR steps on each unreduced block, from the end that promises convergence; then the order.
fn steps<T: Scalar>(n: usize, d: &mut [f64], e: &mut [f64], z: &mut [T]) -> bool {
    let eps = f64::EPSILON / 2.0;
    let negligible = |d: &[f64], e: &[f64], i: usize| {
        let t = e[i].abs();
        t == 0.0 || t <= d[i].abs().sqrt() * d[i + 1].abs().sqrt() * eps || t < f64::MIN_POSITIVE
    };
    let mut budget = n * MAX_STEPS;
    let mut start = 0;
    while start < n {
        let mut stop = start;
        while stop + 1 < n {
            if negligible(d, e, stop) {
                e[stop] = 0.0;
                break;
            }
            stop += 1;
        }
        let next = stop + 1;
        let done = if d[stop].abs() < d[start].abs() { qr_block(n, d, e, z, start, stop, &mut budget) } else { ql_block(n, d, e, z, start, stop, &mut budget) };
        if !done {
            return false;
        }
        start = next;
    }
    // Selection sort moves as few columns as possible.
    for i in 0..n {
        let k = (i + 1..n).fold(i, |k, j| if d[j] < d[k] { j } else { k });
        if k != i {
            d.swap(i, k);
            if !z.is_empty() {
                let (left, right) = z.split_at_mut(k * n);
                left[i * n..(i + 1) * n].swap_with_slice(&mut right[..n]);
            }
        }
    }
    true
}

fn small(d: &[f64], e: f64, i: usize) -> bool {
    let eps = f64::EPSILON / 2.0;
    e * e <= (eps * eps * d[i].abs()) * d[i + 1].abs() + f64::MIN_POSITIVE
}

fn ql_block<T: Scalar>(n: usize, d: &mut [f64], e: &mut [f64], z: &mut [T], first: usize, last: usize, budget: &mut usize) -> bool {
    let mut l = first;
    while l <= last {
        let m = (l..last).find(|&m| small(d, e[m], m)).unwrap_or(last);
        if m < last {
            e[m] = 0.0;
        }
        if m == l {
            l += 1;
            continue;
        }
        if m == l + 1 {
            let (one, two, c, s) = two_by_two(d[l], e[l], d[l + 1]);
            rotate(n, z, l, c, s);
            (d[l], d[l + 1], e[l]) = (one, two, 0.0);
            l += 2;
            continue;
        }
        if *budget == 0 {
            return false;
        }
        *budget -= 1;
        let g = (d[l + 1] - d[l]) / (2.0 * e[l]);
        let r = g.hypot(1.0);
        let mut g = d[m] - d[l] + e[l] / (g + r.copysign(g));
        let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
        let mut turns = Vec::with_capacity(m - l);
        for i in (l..m).rev() {
            let (f, b) = (s * e[i], c * e[i]);
            let r;
            (c, s, r) = rotation(g, f);
            if i + 1 != m {
                e[i + 1] = r;
            }
            g = d[i + 1] - p;
            let r = (d[i] - g) * s + 2.0 * c * b;
            p = s * r;
            d[i + 1] = g + p;
            g = c * r - b;
            turns.push((i, c, -s));
        }
        for &(i, c, s) in &turns {
            rotate(n, z, i, c, s);
        }
        d[l] -= p;
        e[l] = g;
    }
    true
}

fn qr_block<T: Scalar>(n: usize, d: &mut [f64], e: &mut [f64], z: &mut [T], first: usize, last: usize, budget: &mut usize) -> bool {
    let mut l = last + 1;
    while l > first {
        // The block to work on ends at l - 1.
        let end = l - 1;
        let m = (first + 1..=end).rev().find(|&m| small(d, e[m - 1], m - 1)).unwrap_or(first);
        if m > first {
            e[m - 1] = 0.0;
        }
        if m == end {
            l -= 1;
            continue;
        }
        if m + 1 == end {
            let (one, two, c, s) = two_by_two(d[end - 1], e[end - 1], d[end]);
            rotate(n, z, end - 1, c, s);
            (d[end - 1], d[end], e[end - 1]) = (one, two, 0.0);
            l -= 2;
            continue;
        }
        if *budget == 0 {
            return false;
        }
        *budget -= 1;
        let g = (d[end - 1] - d[end]) / (2.0 * e[end - 1]);
        let r = g.hypot(1.0);
        let mut g = d[m] - d[end] + e[end - 1] / (g + r.copysign(g));
        let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
        for i in m..end {
            let (f, b) = (s * e[i], c * e[i]);
            let r;
            (c, s, r) = rotation(g, f);
            if i != m {
                e[i - 1] = r;
            }
            g = d[i] - p;
            let r = (d[i + 1] - g) * s + 2.0 * c * b;
            p = s * r;
            d[i] = g + p;
            g = c * r - b;
            rotate(n, z, i, c, s);
        }
        d[end] -= p;
        e[end - 1] = g;
    }
    true
}
