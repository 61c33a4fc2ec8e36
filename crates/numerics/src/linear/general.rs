//! Eigenvalues of general matrices: reduction to Hessenberg form by reflections, Schur form by shifted QR steps (double shifts
//! for real matrices, as EISPACK's hqr2; single ones for complex), eigenvectors by substitution.

use super::reflect::{apply, assemble, reflector};
use super::{Complex64, Scalar};

/// Steps after which an eigenvalue is given up.
const MAX_STEPS: usize = 60;

/// Why there are no eigenvalues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    NoConvergence,
    /// A real matrix has complex eigenvalues.
    Complex,
}

/// A type that has a Schur form.
pub trait Schur: Scalar {
    /// Makes the Hessenberg matrix `h` upper triangular, and changes the columns of `z` (empty: none) alike.
    fn schur(n: usize, h: &mut [Self], z: &mut [Self]) -> Result<(), Failure>;
    /// What eigenvectors are multiplied by after they have length 1.
    fn phase(vector: &[Self]) -> Self;
}

/// Eigenvalues of the `n` by `n` matrix `a` into `w`; right eigenvectors of length 1 into the columns of `v`, unless empty. `a` is used up.
pub fn eigen<T: Schur>(n: usize, a: &mut [T], w: &mut [T], v: &mut [T]) -> Result<(), Failure> {
    if n == 0 {
        return Ok(());
    }
    let taus = hessenberg(n, a);
    if !v.is_empty() {
        assemble(n, a, &taus, 1, v);
    }
    for j in 0..n {
        for i in j + 2..n {
            a[i + j * n] = T::ZERO;
        }
    }
    T::schur(n, a, v)?;
    for i in 0..n {
        w[i] = a[i + i * n];
    }
    if !v.is_empty() {
        vectors(n, a, v);
    }
    Ok(())
}

/// Reduces `a` to Hessenberg form; the reflections' vectors stay below it.
fn hessenberg<T: Scalar>(n: usize, a: &mut [T]) -> Vec<T> {
    let mut taus = Vec::with_capacity(n);
    let mut v = Vec::with_capacity(n);
    let mut sums = vec![T::ZERO; n];
    for k in 0..n.saturating_sub(1) {
        let first = k + 1;
        let (head, tail) = a[k * n + first..(k + 1) * n].split_at_mut(1);
        let (beta, tau) = reflector(head[0], tail);
        head[0] = T::real(beta);
        v.clear();
        v.extend_from_slice(tail);
        taus.push(tau);
        // From the left with the adjoint, from the right with the reflection itself.
        for column in a[first * n..].chunks_exact_mut(n) {
            apply(&v, tau.conj(), &mut column[first..]);
        }
        sums.fill(T::ZERO);
        let weight = |j: usize, v: &[T]| if j == 0 { T::ONE } else { v[j - 1] };
        for (j, column) in a[first * n..].chunks_exact(n).enumerate() {
            let x = weight(j, &v);
            for (sum, &y) in sums.iter_mut().zip(column) {
                *sum += y * x;
            }
        }
        for (j, column) in a[first * n..].chunks_exact_mut(n).enumerate() {
            let factor = tau * weight(j, &v).conj();
            for (y, &sum) in column.iter_mut().zip(&sums) {
                *y -= sum * factor;
            }
        }
    }
    taus
}

/// Turns the Schur vectors `z` of the triangular matrix `t` into eigenvectors.
fn vectors<T: Schur>(n: usize, t: &[T], z: &mut [T]) {
    let largest = t.iter().fold(0.0f64, |m, x| m.max(x.abs1()));
    let least = (f64::EPSILON * largest).max(f64::MIN_POSITIVE);
    let mut x = vec![T::ZERO; n];
    for k in (0..n).rev() {
        let value = t[k + k * n];
        x[..k].iter_mut().enumerate().for_each(|(i, x)| *x = -t[i + k * n]);
        x[k] = T::ONE;
        for i in (0..k).rev() {
            let mut d = t[i + i * n] - value;
            if d.abs1() < least {
                d = T::real(least);
            }
            x[i] = x[i] / d;
            let size = x[i].abs1();
            if size > 1e100 {
                x[..=k].iter_mut().for_each(|x| *x = x.scale(1.0 / size));
            }
            let factor = x[i];
            for j in 0..i {
                x[j] -= t[j + i * n] * factor;
            }
        }
        let mut vector = vec![T::ZERO; n];
        for (j, &factor) in x[..=k].iter().enumerate() {
            for (y, &c) in vector.iter_mut().zip(&z[j * n..(j + 1) * n]) {
                *y += c * factor;
            }
        }
        let size = super::reflect::norm(&vector);
        vector.iter_mut().for_each(|y| *y = y.scale(1.0 / size));
        let phase = T::phase(&vector);
        vector.iter_mut().for_each(|y| *y *= phase);
        z[k * n..(k + 1) * n].copy_from_slice(&vector);
    }
}

impl Schur for Complex64 {
    fn phase(vector: &[Complex64]) -> Complex64 {
        // The largest component becomes real.
        let largest = vector.iter().fold(Complex64::ZERO, |m, x| if x.norm_sqr() > m.norm_sqr() { *x } else { m });
        if largest == Complex64::ZERO { Complex64::ONE } else { largest.conj().scale(1.0 / Scalar::abs(largest)) }
    }

    fn schur(n: usize, h: &mut [Complex64], z: &mut [Complex64]) -> Result<(), Failure> {
        let at = |i: usize, j: usize| i + j * n;
        let mut high = n - 1;
        let mut count = 0;
        while high > 0 {
            let mut low = high;
            while low > 0 {
                let mut size = h[at(low - 1, low - 1)].abs1() + h[at(low, low)].abs1();
                if size == 0.0 {
                    size = 1.0;
                }
                if h[at(low, low - 1)].abs1() <= f64::EPSILON * size || h[at(low, low - 1)].abs1() < f64::MIN_POSITIVE {
                    h[at(low, low - 1)] = Complex64::ZERO;
                    break;
                }
                low -= 1;
            }
            if low == high {
                high -= 1;
                count = 0;
                continue;
            }
            count += 1;
            if count > MAX_STEPS {
                return Err(Failure::NoConvergence);
            }
            let shift = if count % 10 == 0 {
                h[at(high, high)] + Complex64::new(0.75 * h[at(high, high - 1)].abs1(), 0.0)
            } else {
                wilkinson(h[at(high - 1, high - 1)], h[at(high - 1, high)], h[at(high, high - 1)], h[at(high, high)])
            };
            let mut x = h[at(low, low)] - shift;
            let mut y = h[at(low + 1, low)];
            for k in low..high {
                let (c, s) = givens(x, y);
                for j in k.saturating_sub(1).max(low)..n {
                    let (a, b) = (h[at(k, j)], h[at(k + 1, j)]);
                    h[at(k, j)] = a.scale(c) + s * b;
                    h[at(k + 1, j)] = b.scale(c) - s.conj() * a;
                }
                let last = (k + 2).min(high);
                turn(n, last + 1, h, k, c, s);
                if !z.is_empty() {
                    turn(n, n, z, k, c, s);
                }
                if k + 1 < high {
                    x = h[at(k + 1, k)];
                    y = h[at(k + 2, k)];
                }
            }
        }
        Ok(())
    }
}

/// Columns `k` and `k + 1` times the adjoint of a rotation, in the first `rows` rows.
fn turn(n: usize, rows: usize, z: &mut [Complex64], k: usize, c: f64, s: Complex64) {
    let (left, right) = z.split_at_mut((k + 1) * n);
    for (a, b) in left[k * n..k * n + rows].iter_mut().zip(&mut right[..rows]) {
        let t = a.scale(c) + s.conj() * *b;
        *b = b.scale(c) - s * *a;
        *a = t;
    }
}

/// (c, s) such that [[c, s], [−s̄, c]] turns (x, y) into (·, 0).
fn givens(x: Complex64, y: Complex64) -> (f64, Complex64) {
    let (a, b) = (Scalar::abs(x), Scalar::abs(y));
    let r = a.hypot(b);
    if b == 0.0 || r == 0.0 {
        (1.0, Complex64::ZERO)
    } else if a == 0.0 {
        (0.0, Complex64::ONE)
    } else {
        (a / r, x.scale(1.0 / a) * y.conj().scale(1.0 / r))
    }
}

/// The eigenvalue of [[a, b], [c, d]] that is nearer to `d`.
fn wilkinson(a: Complex64, b: Complex64, c: Complex64, d: Complex64) -> Complex64 {
    let half = (a - d).scale(0.5);
    let root = (half * half + b * c).sqrt();
    let sum = if half.re * root.re + half.im * root.im >= 0.0 { half + root } else { half - root };
    if sum == Complex64::ZERO { d } else { d - b * c / sum }
}

impl Schur for f64 {
    fn phase(_vector: &[f64]) -> f64 {
        1.0
    }

    fn schur(n: usize, h: &mut [f64], z: &mut [f64]) -> Result<(), Failure> {
        francis(n, h, z)
    }
}

/// Double-shift QR steps.
fn francis(n: usize, h: &mut [f64], z: &mut [f64]) -> Result<(), Failure> {
    let at = |i: usize, j: usize| i + j * n;
    let norm: f64 = h.iter().map(|x| x.abs()).sum();
    let mut shifted = 0.0;
    let mut count = 0;
    // The active block ends before `end`.
    let mut end = n;
    while end > 0 {
        let last = end - 1;
        let mut l = last;
        while l > 0 {
            let mut size = h[at(l - 1, l - 1)].abs() + h[at(l, l)].abs();
            if size == 0.0 {
                size = norm;
            }
            if h[at(l, l - 1)].abs() < f64::EPSILON * size || h[at(l, l - 1)] == 0.0 {
                h[at(l, l - 1)] = 0.0;
                break;
            }
            l -= 1;
        }
        if l == last {
            h[at(last, last)] += shifted;
            end -= 1;
            count = 0;
            continue;
        }
        if l + 1 == last {
            h[at(last, last)] += shifted;
            h[at(last - 1, last - 1)] += shifted;
            split_pair(n, h, z, last)?;
            end -= 2;
            count = 0;
            continue;
        }
        let mut x = h[at(last, last)];
        let mut y = h[at(last - 1, last - 1)];
        let mut w = h[at(last, last - 1)] * h[at(last - 1, last)];
        if count == 10 || count == 20 {
            shifted += x;
            for i in 0..=last {
                h[at(i, i)] -= x;
            }
            let s = h[at(last, last - 1)].abs() + h[at(last - 1, last - 2)].abs();
            x = 0.75 * s;
            y = x;
            w = -0.4375 * s * s;
        }
        count += 1;
        if count > MAX_STEPS {
            return Err(Failure::NoConvergence);
        }
        // Two consecutive small subdiagonal elements.
        let mut m = last - 2;
        let (mut p, mut q, mut r);
        loop {
            let d = h[at(m, m)];
            (r, q) = (x - d, y - d);
            p = (r * q - w) / h[at(m + 1, m)] + h[at(m, m + 1)];
            q = h[at(m + 1, m + 1)] - d - r - q;
            r = h[at(m + 2, m + 1)];
            let s = p.abs() + q.abs() + r.abs();
            (p, q, r) = (p / s, q / s, r / s);
            if m == l {
                break;
            }
            let around = h[at(m - 1, m - 1)].abs() + d.abs() + h[at(m + 1, m + 1)].abs();
            if h[at(m, m - 1)].abs() * (q.abs() + r.abs()) < f64::EPSILON * (p.abs() * around) {
                break;
            }
            m -= 1;
        }
        for i in m + 2..=last {
            h[at(i, i - 2)] = 0.0;
            if i > m + 2 {
                h[at(i, i - 3)] = 0.0;
            }
        }
        for k in m..last {
            let three = k + 1 != last;
            if k != m {
                p = h[at(k, k - 1)];
                q = h[at(k + 1, k - 1)];
                r = if three { h[at(k + 2, k - 1)] } else { 0.0 };
                x = p.abs() + q.abs() + r.abs();
                if x == 0.0 {
                    continue;
                }
                (p, q, r) = (p / x, q / x, r / x);
            }
            let s = (p * p + q * q + r * r).sqrt().copysign(p);
            if s == 0.0 {
                continue;
            }
            if k != m {
                h[at(k, k - 1)] = -s * x;
            } else if l != m {
                h[at(k, k - 1)] = -h[at(k, k - 1)];
            }
            p += s;
            let (a, b, c) = (p / s, q / s, r / s);
            (q, r) = (q / p, r / p);
            for j in k..n {
                let mut sum = h[at(k, j)] + q * h[at(k + 1, j)];
                if three {
                    sum += r * h[at(k + 2, j)];
                    h[at(k + 2, j)] -= sum * c;
                }
                h[at(k, j)] -= sum * a;
                h[at(k + 1, j)] -= sum * b;
            }
            let columns = |z: &mut [f64], rows: usize| {
                for i in 0..rows {
                    let mut sum = a * z[at(i, k)] + b * z[at(i, k + 1)];
                    if three {
                        sum += c * z[at(i, k + 2)];
                        z[at(i, k + 2)] -= sum * r;
                    }
                    z[at(i, k)] -= sum;
                    z[at(i, k + 1)] -= sum * q;
                }
            };
            columns(h, last.min(k + 3) + 1);
            if !z.is_empty() {
                columns(z, n);
            }
        }
    }
    Ok(())
}

/// Makes the block of rows `last − 1` and `last` triangular, if its eigenvalues are real.
fn split_pair(n: usize, h: &mut [f64], z: &mut [f64], last: usize) -> Result<(), Failure> {
    let at = |i: usize, j: usize| i + j * n;
    let before = last - 1;
    let w = h[at(last, before)] * h[at(before, last)];
    let p = (h[at(before, before)] - h[at(last, last)]) / 2.0;
    let q = p * p + w;
    if q < 0.0 {
        return Err(Failure::Complex);
    }
    let root = p + q.sqrt().copysign(p);
    let x = h[at(last, before)];
    let s = x.abs() + root.abs();
    let (c, d) = (x / s, root / s);
    let r = c.hypot(d);
    let (c, d) = (c / r, d / r);
    for j in before..n {
        let t = h[at(before, j)];
        h[at(before, j)] = d * t + c * h[at(last, j)];
        h[at(last, j)] = d * h[at(last, j)] - c * t;
    }
    let columns = |z: &mut [f64], rows: usize| {
        for i in 0..rows {
            let t = z[at(i, before)];
            z[at(i, before)] = d * t + c * z[at(i, last)];
            z[at(i, last)] = d * z[at(i, last)] - c * t;
        }
    };
    columns(h, last + 1);
    h[at(last, before)] = 0.0;
    if !z.is_empty() {
        columns(z, n);
    }
    Ok(())
}
