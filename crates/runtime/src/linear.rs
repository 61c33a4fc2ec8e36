//! Linear algebra for compiled code: addresses and sizes become slices, panics become statuses.
//!
//! Matrices that are factored are column-major without gaps, in double precision; `complex` says which of the two types.
//! Functions that can fail return 0 when they succeed, a positive number as each says, and −1 after a panic.

use looplift_numerics::linear::product::{self, Element, Matrix, Size};
use looplift_numerics::linear::{Complex64, Scalar, cholesky as chol, general, hermitian, lu as factors, reflect, singular};
use num_complex::Complex32;
use std::panic::{AssertUnwindSafe, catch_unwind};

const PANIC: i64 = -1;

/// Runs `f`; a panic gives [`PANIC`].
pub(crate) fn guarded(f: impl FnOnce() -> i64) -> i64 {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or(PANIC)
}

/// The `n` elements at an address.
///
/// # Safety
/// They are there, are borrowed by nothing else, and outlive the use.
pub(crate) unsafe fn slice<'a, T>(address: i64, n: i64) -> &'a mut [T] {
    if n <= 0 {
        return &mut [];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts_mut(address as usize as *mut T, n as usize) }
}

fn is_regular<T>(m: [i64; 3]) -> bool {
    let size = size_of::<T>() as i64;
    m[0] % align_of::<T>() as i64 == 0 && m[1] % size == 0 && m[2] % size == 0
}

fn at<T>(m: [i64; 3]) -> Matrix<T> {
    let size = size_of::<T>() as i64;
    Matrix { at: m[0] as usize as *mut T, row: (m[1] / size) as isize, column: (m[2] / size) as isize }
}

/// The elements of a matrix, row by row.
///
/// # Safety
/// The `rows` by `columns` elements are readable.
unsafe fn packed<T: Copy>(m: [i64; 3], rows: i64, columns: i64) -> Vec<T> {
    let mut out = Vec::with_capacity((rows * columns) as usize);
    for i in 0..rows {
        for j in 0..columns {
            let address = m[0] + i * m[1] + j * m[2];
            // SAFETY: an element of the matrix.
            out.push(unsafe { (address as usize as *const T).read_unaligned() });
        }
    }
    out
}

/// # Safety
/// As [`gemm`].
unsafe fn gemm_of<T: Element>(m: i64, k: i64, n: i64, a: [i64; 3], b: [i64; 3], c: [i64; 3]) {
    let size = Size { m: m as usize, k: k as usize, n: n as usize };
    let item = size_of::<T>() as i64;
    let (mut pa, mut pb) = (Vec::new(), Vec::new());
    let operand = |m: [i64; 3], rows, columns, store: &mut Vec<T>| {
        if is_regular::<T>(m) {
            return at::<T>(m);
        }
        // SAFETY: the caller's promise.
        *store = unsafe { packed(m, rows, columns) };
        at::<T>([store.as_mut_ptr() as usize as i64, columns * item, item])
    };
    let (a, b) = (operand(a, m, k, &mut pa), operand(b, k, n, &mut pb));
    // SAFETY: the caller's promise; `c` is an array of the library's own, which is regular.
    unsafe { product::product(size, a, b, at::<T>(c)) };
}

/// `c = a @ b`; kinds 0 to 3 are float32, float64, complex64, complex128; matrices are address and strides in bytes.
///
/// # Safety
/// The matrices are there; `c` is aligned, and overlaps neither operand.
pub(crate) unsafe extern "C" fn gemm(
    kind: i64,
    m: i64,
    k: i64,
    n: i64,
    a: i64,
    a_row: i64,
    a_column: i64,
    b: i64,
    b_row: i64,
    b_column: i64,
    c: i64,
    c_row: i64,
    c_column: i64,
) -> i64 {
    if m <= 0 || n <= 0 || k < 0 {
        return 0;
    }
    let (a, b, c) = ([a, a_row, a_column], [b, b_row, b_column], [c, c_row, c_column]);
    guarded(|| {
        // SAFETY: the caller's promise.
        unsafe {
            match kind {
                0 => gemm_of::<f32>(m, k, n, a, b, c),
                1 => gemm_of::<f64>(m, k, n, a, b, c),
                2 => gemm_of::<Complex32>(m, k, n, a, b, c),
                _ => gemm_of::<Complex64>(m, k, n, a, b, c),
            }
        }
        0
    })
}

/// Calls a generic function for the type that `complex` says.
macro_rules! either {
    ($complex:expr, $f:ident($($arg:expr),*)) => {
        guarded(|| {
            // SAFETY: the caller's promise.
            unsafe { if $complex != 0 { $f::<Complex64>($($arg),*) } else { $f::<f64>($($arg),*) } }
        })
    };
}

/// # Safety
/// `a` has n² elements, `pivots` n.
unsafe fn lu_of<T: Scalar>(n: i64, a: i64, pivots: i64) -> i64 {
    // SAFETY: the caller's promise.
    let (a, pivots) = unsafe { (slice::<T>(a, n * n), slice::<usize>(pivots, n)) };
    i64::from(!factors::factor(n as usize, a, pivots))
}
/// Factors in place; 1: singular.
///
/// # Safety
/// `a` has n² elements, `pivots` n words.
pub(crate) unsafe extern "C" fn lu(complex: i64, n: i64, a: i64, pivots: i64) -> i64 {
    either!(complex, lu_of(n, a, pivots))
}

/// # Safety
/// As [`lu_of`]; `b` has n · columns elements.
unsafe fn lu_solve_of<T: Scalar>(n: i64, a: i64, pivots: i64, b: i64, columns: i64) -> i64 {
    // SAFETY: the caller's promise.
    let (a, pivots, b) = unsafe { (slice::<T>(a, n * n), slice::<usize>(pivots, n), slice::<T>(b, n * columns)) };
    factors::solve(n as usize, a, pivots, b, columns as usize);
    0
}
/// Solves in place for the right-hand sides in `b`.
///
/// # Safety
/// As [`lu`], which has run; `b` has n · columns elements.
pub(crate) unsafe extern "C" fn lu_solve(complex: i64, n: i64, a: i64, pivots: i64, b: i64, columns: i64) -> i64 {
    either!(complex, lu_solve_of(n, a, pivots, b, columns))
}

/// # Safety
/// As [`lu_of`]; `out` has three doubles.
unsafe fn lu_det_of<T: Scalar>(n: i64, a: i64, pivots: i64, out: i64) -> i64 {
    // SAFETY: the caller's promise.
    let (a, pivots, out) = unsafe { (slice::<T>(a, n * n), slice::<usize>(pivots, n), slice::<f64>(out, 3)) };
    let (sign, log) = factors::sign_log_det(n as usize, a, pivots);
    out.copy_from_slice(&[sign.re(), sign.im(), log]);
    0
}
/// The determinant of what was factored: the sign's parts and the logarithm of the modulus.
///
/// # Safety
/// As [`lu`], which has run; `out` has three doubles.
pub(crate) unsafe extern "C" fn lu_det(complex: i64, n: i64, a: i64, pivots: i64, out: i64) -> i64 {
    either!(complex, lu_det_of(n, a, pivots, out))
}

/// # Safety
/// `a` has n² elements.
unsafe fn cholesky_of<T: Scalar>(n: i64, a: i64) -> i64 {
    // SAFETY: the caller's promise.
    i64::from(!chol::factor(n as usize, unsafe { slice::<T>(a, n * n) }))
}
/// The lower factor in place; 1: not positive definite.
///
/// # Safety
/// `a` has n² elements.
pub(crate) unsafe extern "C" fn cholesky(complex: i64, n: i64, a: i64) -> i64 {
    either!(complex, cholesky_of(n, a))
}

/// # Safety
/// `a` has m · n elements, `q` m · k, `r` k · n with k = min(m, n).
unsafe fn qr_of<T: Scalar>(m: i64, n: i64, a: i64, q: i64, r: i64) -> i64 {
    let k = m.min(n);
    // SAFETY: the caller's promise.
    let (a, q, r) = unsafe { (slice::<T>(a, m * n), slice::<T>(q, m * k), slice::<T>(r, k * n)) };
    reflect::qr_into(m as usize, n as usize, a, q, r);
    0
}
/// The reduced QR factorisation.
///
/// # Safety
/// As [`qr_of`]; `a` is used up.
pub(crate) unsafe extern "C" fn qr(complex: i64, m: i64, n: i64, a: i64, q: i64, r: i64) -> i64 {
    either!(complex, qr_of(m, n, a, q, r))
}

/// # Safety
/// `a` has n² elements, `w` n doubles, `z` n² elements unless 0.
unsafe fn hermitian_of<T: Scalar>(n: i64, a: i64, w: i64, z: i64) -> i64 {
    // SAFETY: the caller's promise.
    let (a, w) = unsafe { (slice::<T>(a, n * n), slice::<f64>(w, n)) };
    // SAFETY: as above.
    let z = (z != 0).then(|| unsafe { slice::<T>(z, n * n) });
    i64::from(!hermitian::eigen(n as usize, a, w, z))
}
/// Eigenvalues, and unless `z` is 0 eigenvectors, of a Hermitian matrix given by its lower triangle; 1: no convergence.
///
/// # Safety
/// As [`hermitian_of`]; `a` is used up.
pub(crate) unsafe extern "C" fn eigh(complex: i64, n: i64, a: i64, w: i64, z: i64) -> i64 {
    either!(complex, hermitian_of(n, a, w, z))
}

/// # Safety
/// `a` has m · n elements (m ≥ n), `s` n doubles, `u` m · columns, `v` n² unless columns is 0.
unsafe fn svd_of<T: Scalar>(m: i64, n: i64, a: i64, s: i64, u: i64, columns: i64, v: i64) -> i64 {
    let has_vectors = i64::from(columns > 0);
    // SAFETY: the caller's promise.
    let (a, s, u, v) = unsafe { (slice::<T>(a, m * n), slice::<f64>(s, n), slice::<T>(u, m * columns), slice::<T>(v, n * n * has_vectors)) };
    i64::from(!singular::svd(m as usize, n as usize, a, s, u, v))
}
/// Singular values of an m by n matrix, m ≥ n, and the first `columns` (n, m or 0) left and all right vectors; 1: no convergence.
///
/// # Safety
/// As [`svd_of`]; `a` is used up.
pub(crate) unsafe extern "C" fn svd(complex: i64, m: i64, n: i64, a: i64, s: i64, u: i64, columns: i64, v: i64) -> i64 {
    either!(complex, svd_of(m, n, a, s, u, columns, v))
}

/// # Safety
/// `a` has n² elements, `w` n, `v` n² unless 0.
unsafe fn eig_of<T: general::Schur>(n: i64, a: i64, w: i64, v: i64) -> i64 {
    // SAFETY: the caller's promise.
    let (a, w, v) = unsafe { (slice::<T>(a, n * n), slice::<T>(w, n), slice::<T>(v, if v == 0 { 0 } else { n * n })) };
    match general::eigen(n as usize, a, w, v) {
        Ok(()) => 0,
        Err(general::Failure::NoConvergence) => 1,
        Err(general::Failure::Complex) => 2,
    }
}
/// Eigenvalues, and unless `v` is 0 eigenvectors, of any square matrix; 1: no convergence, 2: a real matrix with complex ones.
///
/// # Safety
/// As [`eig_of`]; `a` is used up.
pub(crate) unsafe extern "C" fn eig(complex: i64, n: i64, a: i64, w: i64, v: i64) -> i64 {
    either!(complex, eig_of(n, a, w, v))
}
