//! Householder reflections H = I − τ v vᴴ with v₀ = 1 (LAPACK's larfg, larf), and QR factorisation by them.

use super::Scalar;

/// The norm of a vector, without overflow or underflow on the way.
pub(crate) fn norm<T: Scalar>(x: &[T]) -> f64 {
    let (mut scale, mut sum) = (0.0f64, 1.0f64);
    for v in x.iter().flat_map(|v| [v.re().abs(), v.im().abs()]) {
        if v > scale {
            sum = 1.0 + sum * (scale / v).powi(2);
            scale = v;
        } else if v > 0.0 {
            sum += (v / scale).powi(2);
        } else if v.is_nan() {
            return v;
        }
    }
    scale * sum.sqrt()
}

/// Makes `x` the tail of the vector whose reflection turns (alpha, x) into (beta, 0): gives (beta, tau).
pub(crate) fn reflector<T: Scalar>(alpha: T, x: &mut [T]) -> (f64, T) {
    let tail = norm(x);
    if tail == 0.0 && alpha.im() == 0.0 {
        return (alpha.re(), T::ZERO);
    }
    let size = norm(&[alpha, T::real(tail)]);
    let beta = if alpha.re() >= 0.0 { -size } else { size };
    let tau = (T::real(beta) - alpha).scale(1.0 / beta);
    let scale = T::ONE / (alpha - T::real(beta));
    x.iter_mut().for_each(|v| *v *= scale);
    (beta, tau)
}

/// `c = (I - tau v v^H) c` for one column; `v` lacks its leading one.
pub(crate) fn apply<T: Scalar>(v: &[T], tau: T, c: &mut [T]) {
    let (head, tail) = c.split_at_mut(1);
    let mut sum = head[0];
    for (&a, &b) in v.iter().zip(&*tail) {
        sum += a.conj() * b;
    }
    let factor = sum * tau;
    head[0] -= factor;
    for (b, &a) in tail.iter_mut().zip(v) {
        *b -= a * factor;
    }
}

/// QR in place: R above and on the diagonal, the reflections' vectors below it.
pub fn qr<T: Scalar>(m: usize, n: usize, a: &mut [T]) -> Vec<T> {
    let k = m.min(n);
    let mut taus = Vec::with_capacity(k);
    for i in 0..k {
        let (left, right) = a.split_at_mut((i + 1) * m);
        let column = &mut left[i * m + i..];
        let (head, tail) = column.split_at_mut(1);
        let (beta, tau) = reflector(head[0], tail);
        head[0] = T::real(beta);
        for other in right.chunks_exact_mut(m) {
            apply(tail, tau.conj(), &mut other[i..]);
        }
        taus.push(tau);
    }
    taus
}

/// The first `k` columns of the product of the reflections whose vectors start `shift` below the diagonal of `a`.
pub(crate) fn assemble<T: Scalar>(m: usize, a: &[T], taus: &[T], shift: usize, q: &mut [T]) {
    q.fill(T::ZERO);
    for (j, column) in q.chunks_exact_mut(m.max(1)).enumerate() {
        column[j] = T::ONE;
    }
    for (i, &tau) in taus.iter().enumerate().rev() {
        let first = i + shift;
        let v = &a[i * m + first + 1..(i + 1) * m];
        for column in q.chunks_exact_mut(m).skip(first) {
            apply(v, tau, &mut column[first..]);
        }
    }
}

/// Factors `a` (m by n): Q with min(m, n) columns into `q`, R with as many rows into `r`.
pub fn qr_into<T: Scalar>(m: usize, n: usize, a: &mut [T], q: &mut [T], r: &mut [T]) {
    let k = m.min(n);
    let taus = qr(m, n, a);
    assemble(m, a, &taus, 0, q);
    for j in 0..n {
        for i in 0..k {
            r[i + j * k] = if i <= j { a[i + j * m] } else { T::ZERO };
        }
    }
}
