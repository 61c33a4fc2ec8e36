//! Products of matrices of any strides: small ones and those with a vector by plain loops, others by packed kernels.

use num_complex::{Complex32, Complex64};
use std::ops::{Add, Mul};

/// An element type that matrices are multiplied in.
pub trait Element: Copy + Add<Output = Self> + Mul<Output = Self> {
    const NOTHING: Self;
    /// `c = a @ b`, or `c -= a @ b`.
    ///
    /// # Safety
    /// As [`product`].
    unsafe fn kernel(size: Size, mode: Mode, a: Matrix<Self>, b: Matrix<Self>, c: Matrix<Self>);
}

/// What becomes of the result's old elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Write,
    Subtract,
}

/// Rows of the result, length of the sums, columns of the result.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub m: usize,
    pub k: usize,
    pub n: usize,
}

/// Where a matrix is: its first element and the steps, in elements, to the next row and column.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<T> {
    pub at: *mut T,
    pub row: isize,
    pub column: isize,
}

impl<T: Copy> Matrix<T> {
    /// # Safety
    /// Row and column are in the matrix.
    unsafe fn cell(self, i: usize, j: usize) -> *mut T {
        // SAFETY: the caller's promise.
        unsafe { self.at.offset(i as isize * self.row + j as isize * self.column) }
    }
}

impl<T> Matrix<T> {
    /// The real (0) or imaginary (1) parts of a matrix of complex numbers.
    fn parts<R>(self, part: usize) -> Matrix<R> {
        Matrix { at: self.at.cast::<R>().wrapping_add(part), row: self.row * 2, column: self.column * 2 }
    }
}

macro_rules! elements {
    ($($real:ty, $complex:ty, $gemm:path;)*) => { $(
        impl Element for $real {
            const NOTHING: $real = 0.0;
            unsafe fn kernel(s: Size, mode: Mode, a: Matrix<$real>, b: Matrix<$real>, c: Matrix<$real>) {
                let (alpha, beta) = match mode {
                    Mode::Write => (1.0, 0.0),
                    Mode::Subtract => (-1.0, 1.0),
                };
                // SAFETY: the caller describes matrices of these sizes, and `c` overlaps neither operand.
                unsafe { $gemm(s.m, s.k, s.n, alpha, a.at, a.row, a.column, b.at, b.row, b.column, beta, c.at, c.row, c.column) }
            }
        }

        /// Four products of the parts: packing takes any strides, and the kernels for reals are the faster ones.
        impl Element for $complex {
            const NOTHING: $complex = <$complex>::new(0.0, 0.0);
            unsafe fn kernel(s: Size, mode: Mode, a: Matrix<$complex>, b: Matrix<$complex>, c: Matrix<$complex>) {
                let (sign, beta) = match mode {
                    Mode::Write => (1.0, 0.0),
                    Mode::Subtract => (-1.0, 1.0),
                };
                let part = |alpha: $real, p: usize, q: usize, beta: $real, r: usize| {
                    let (a, b, c) = (a.parts::<$real>(p), b.parts::<$real>(q), c.parts::<$real>(r));
                    // SAFETY: the parts of complex numbers are two reals; else as above.
                    unsafe { $gemm(s.m, s.k, s.n, alpha, a.at, a.row, a.column, b.at, b.row, b.column, beta, c.at, c.row, c.column) }
                };
                part(sign, 0, 0, beta, 0);
                part(-sign, 1, 1, 1.0, 0);
                part(sign, 0, 1, beta, 1);
                part(sign, 1, 0, 1.0, 1);
            }
        }
    )* };
}

elements! {
    f32, Complex32, matrixmultiply::sgemm;
    f64, Complex64, matrixmultiply::dgemm;
}

/// Multiplications up to which packing costs more than it gains.
const SMALL: usize = 10 * 10 * 10;
/// Partial sums that a contiguous dot product is spread over, so that additions need not wait for each other.
const LANES: usize = 32;

/// `c = a @ b`.
///
/// # Safety
/// The matrices lie in memory of their elements' type and alignment; `c` overlaps neither operand nor itself.
pub unsafe fn product<T: Element>(size: Size, a: Matrix<T>, b: Matrix<T>, c: Matrix<T>) {
    let Size { m, k, n } = size;
    if n == 1 {
        // SAFETY: a column is a matrix of one column.
        return unsafe { times_vector(m, k, a, b.at, b.row, c.at, c.row) };
    }
    if m == 1 {
        let turned = Matrix { at: b.at, row: b.column, column: b.row };
        // SAFETY: a row times a matrix is the transposed matrix times it as a column.
        return unsafe { times_vector(n, k, turned, a.at, a.column, c.at, c.column) };
    }
    if m.saturating_mul(k).saturating_mul(n) > SMALL {
        // SAFETY: the caller's promise.
        return unsafe { T::kernel(size, Mode::Write, a, b, c) };
    }
    for i in 0..m {
        for j in 0..n {
            let mut sum = T::NOTHING;
            for l in 0..k {
                // SAFETY: the indices are below the sizes.
                sum = sum + unsafe { *a.cell(i, l) * *b.cell(l, j) };
            }
            // SAFETY: as above.
            unsafe { *c.cell(i, j) = sum };
        }
    }
}

/// `y = a @ x`, `m` sums of `k` products.
///
/// # Safety
/// As [`product`].
unsafe fn times_vector<T: Element>(m: usize, k: usize, a: Matrix<T>, x: *const T, step: isize, y: *mut T, stride: isize) {
    if a.row == 1 && m > 1 && stride == 1 {
        // Columns are contiguous: add multiples of them.
        // SAFETY: `y` has `m` contiguous elements that nothing else refers to.
        let y = unsafe {
            y.write_bytes(0, m);
            std::slice::from_raw_parts_mut(y, m)
        };
        for j in 0..k {
            // SAFETY: column `j` has `m` contiguous elements, `x` has `k`.
            let (column, factor) = unsafe { (std::slice::from_raw_parts(a.cell(0, j), m), *x.offset(j as isize * step)) };
            add_multiple(y, column, factor);
        }
        return;
    }
    for i in 0..m {
        // SAFETY: row `i` of `a` and all of `x`.
        let sum = unsafe { dot(k, a.cell(i, 0), a.column, x, step) };
        // SAFETY: `y` has `m` elements.
        unsafe { *y.offset(i as isize * stride) = sum };
    }
}

/// `y += column * factor`.
fn add_multiple<T: Element>(y: &mut [T], column: &[T], factor: T) {
    for (a, &b) in y.iter_mut().zip(column) {
        *a = *a + b * factor;
    }
}

/// The sum of the products of `n` elements.
///
/// # Safety
/// Both addresses have `n` elements at these steps.
pub unsafe fn dot<T: Element>(n: usize, x: *const T, x_step: isize, y: *const T, y_step: isize) -> T {
    if x_step == 1 && y_step == 1 {
        // SAFETY: contiguous elements.
        let (x, y) = unsafe { (std::slice::from_raw_parts(x, n), std::slice::from_raw_parts(y, n)) };
        return contiguous_dot(x, y);
    }
    let mut sum = T::NOTHING;
    for i in 0..n as isize {
        // SAFETY: `i` is below `n`.
        sum = sum + unsafe { *x.offset(i * x_step) * *y.offset(i * y_step) };
    }
    sum
}

fn contiguous_dot<T: Element>(x: &[T], y: &[T]) -> T {
    #[cfg(target_arch = "x86_64")]
    if x.len() > LANES && std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function was compiled for.
        return unsafe { wide_dot(x, y) };
    }
    dot_of_lanes(x, y)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn wide_dot<T: Element>(x: &[T], y: &[T]) -> T {
    dot_of_lanes(x, y)
}

#[inline(always)]
fn dot_of_lanes<T: Element>(x: &[T], y: &[T]) -> T {
    let mut sums = [T::NOTHING; LANES];
    let (xs, ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    let rest = xs.remainder().iter().zip(ys.remainder()).fold(T::NOTHING, |s, (&a, &b)| s + a * b);
    for (a, b) in xs.zip(ys) {
        for i in 0..LANES {
            sums[i] = sums[i] + a[i] * b[i];
        }
    }
    sums.iter().fold(rest, |s, &part| s + part)
}

/// Rows `at.0`.. and columns `at.1`.. of a matrix of `rows` rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub rows: usize,
    pub at: (usize, usize),
}

/// In one column-major matrix: `c -= a @ b` for three parts that do not overlap.
pub(crate) fn subtract_within<T: Element>(size: Size, data: &mut [T], a: Part, b: Part, c: Part) {
    if size.m == 0 || size.n == 0 || size.k == 0 {
        return;
    }
    let (ka, kb, kc) = (cell(size.m, size.k, data.len(), a), cell(size.k, size.n, data.len(), b), cell(size.m, size.n, data.len(), c));
    let base = data.as_mut_ptr();
    let place = |p: Part, k: usize| Matrix { at: base.wrapping_add(k), row: 1, column: p.rows as isize };
    // SAFETY: `cell` has checked that the parts are inside the slice; the caller says that they do not overlap.
    unsafe { T::kernel(size, Mode::Subtract, place(a, ka), place(b, kb), place(c, kc)) };
}

/// `c -= a @ b` for parts of three column-major matrices.
pub(crate) fn subtract<T: Element>(size: Size, a: &[T], pa: Part, b: &[T], pb: Part, c: &mut [T], pc: Part) {
    if size.m == 0 || size.n == 0 || size.k == 0 {
        return;
    }
    let (ka, kb, kc) = (cell(size.m, size.k, a.len(), pa), cell(size.k, size.n, b.len(), pb), cell(size.m, size.n, c.len(), pc));
    let place = |base: *mut T, p: Part, k: usize| Matrix { at: base.wrapping_add(k), row: 1, column: p.rows as isize };
    // SAFETY: `cell` has checked that the parts are inside the slices, and `c` is borrowed alone; operands are not written.
    unsafe { T::kernel(size, Mode::Subtract, place(a.as_ptr().cast_mut(), pa, ka), place(b.as_ptr().cast_mut(), pb, kb), place(c.as_mut_ptr(), pc, kc)) };
}

/// The index of the first element of a part of `m` rows and `n` columns, which must be inside.
fn cell(m: usize, n: usize, len: usize, p: Part) -> usize {
    let first = p.at.0 + p.at.1 * p.rows;
    assert!(p.at.0 + m <= p.rows && first + (n - 1) * p.rows + m <= len, "a part of a matrix is outside");
    first
}
