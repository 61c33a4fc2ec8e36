//! Copying between strided views that may overlap.

/// Most dimensions of an array.
const MAX_DIMS: usize = 64;

/// Copies `shape` elements of `itemsize` bytes; strides are in bytes and may be zero or negative. Overlapping views are
/// copied as if through a temporary.
///
/// # Safety
/// The stride and shape addresses point to `ndim` words; every element that the views describe is readable (source) or
/// writable (destination).
pub(crate) unsafe extern "C" fn copy_strided(dst: i64, dst_strides: i64, src: i64, src_strides: i64, shape: i64, ndim: i64, itemsize: i64) {
    let (Ok(ndim), Ok(itemsize)) = (usize::try_from(ndim), usize::try_from(itemsize)) else { return };
    if ndim > MAX_DIMS || itemsize == 0 {
        return;
    }
    let words = |address: i64| -> [i64; MAX_DIMS] {
        let mut out = [0; MAX_DIMS];
        for (i, w) in out.iter_mut().enumerate().take(ndim) {
            // SAFETY: the caller gives `ndim` words at this address.
            *w = unsafe { (address as usize as *const i64).add(i).read_unaligned() };
        }
        out
    };
    let (shape, dst_strides, src_strides) = (&words(shape)[..ndim], &words(dst_strides)[..ndim], &words(src_strides)[..ndim]);
    if shape.iter().any(|&n| n <= 0) {
        return;
    }
    let (dst_lo, dst_hi) = extent(dst, dst_strides, shape, itemsize);
    let (src_lo, src_hi) = extent(src, src_strides, shape, itemsize);
    if dst_lo < src_hi && src_lo < dst_hi {
        let count: usize = shape.iter().map(|&n| n as usize).product();
        let mut buffer = vec![0u8; count * itemsize];
        let mut packed = vec![0i64; ndim];
        let mut step = itemsize as i64;
        for (s, &n) in packed.iter_mut().zip(shape).rev() {
            *s = step;
            step *= n;
        }
        let middle = buffer.as_mut_ptr() as usize as i64;
        // SAFETY: the buffer holds all elements contiguously and overlaps neither view.
        unsafe {
            copy_apart(middle, &packed, src, src_strides, shape, itemsize);
            copy_apart(dst, dst_strides, middle, &packed, shape, itemsize);
        }
    } else {
        // SAFETY: the views do not overlap.
        unsafe { copy_apart(dst, dst_strides, src, src_strides, shape, itemsize) };
    }
}

/// First and one past the last byte of a view.
fn extent(base: i64, strides: &[i64], shape: &[i64], itemsize: usize) -> (i128, i128) {
    let (mut lo, mut hi) = (i128::from(base), i128::from(base) + itemsize as i128);
    for (&s, &n) in strides.iter().zip(shape) {
        let span = i128::from(s) * i128::from(n - 1);
        if span < 0 { lo += span } else { hi += span }
    }
    (lo, hi)
}

/// # Safety
/// As [`copy_strided`], with views that do not overlap and no empty dimension.
unsafe fn copy_apart(mut dst: i64, dst_strides: &[i64], mut src: i64, src_strides: &[i64], shape: &[i64], itemsize: usize) {
    // The longest tail that is contiguous in both moves as one piece.
    let (mut inner, mut outer) = (itemsize, shape.len());
    while outer > 0 && dst_strides[outer - 1] == inner as i64 && src_strides[outer - 1] == inner as i64 {
        inner *= shape[outer - 1] as usize;
        outer -= 1;
    }
    let mut index = [0i64; MAX_DIMS];
    loop {
        // SAFETY: one element (or contiguous run of elements) of each view.
        unsafe { std::ptr::copy_nonoverlapping(src as usize as *const u8, dst as usize as *mut u8, inner) };
        let mut d = outer;
        loop {
            if d == 0 {
                return;
            }
            d -= 1;
            index[d] += 1;
            dst += dst_strides[d];
            src += src_strides[d];
            if index[d] < shape[d] {
                break;
            }
            dst -= dst_strides[d] * shape[d];
            src -= src_strides[d] * shape[d];
            index[d] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(p: *const u8) -> i64 {
        p as usize as i64
    }
    fn run(dst: i64, ds: &[i64], src: i64, ss: &[i64], shape: &[i64], item: i64) {
        let w = |s: &[i64]| at(s.as_ptr().cast());
        // SAFETY: the tests describe memory inside their own vectors.
        unsafe { copy_strided(dst, w(ds), src, w(ss), w(shape), shape.len() as i64, item) };
    }

    #[test]
    fn overlap_and_reversal() {
        let mut v: Vec<i64> = (0..10).collect();
        let p = at(v.as_mut_ptr().cast());
        // v[1:] = v[:-1]
        run(p + 8, &[8], p, &[8], &[9], 8);
        assert_eq!(v, [0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        // v[:] = v[::-1]
        let mut v: Vec<i64> = (0..10).collect();
        let p = at(v.as_mut_ptr().cast());
        run(p, &[8], p + 72, &[-8], &[10], 8);
        assert_eq!(v, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    }

    #[test]
    fn transpose_and_broadcast() {
        let src: Vec<u16> = (0..6).collect();
        let mut dst = vec![0u16; 6];
        // dst (3,2) = src (2,3).T
        run(at(dst.as_mut_ptr().cast()), &[4, 2], at(src.as_ptr().cast()), &[2, 6], &[3, 2], 2);
        assert_eq!(dst, [0, 3, 1, 4, 2, 5]);
        run(at(dst.as_mut_ptr().cast()), &[4, 2], at(src.as_ptr().cast()), &[0, 2], &[3, 2], 2);
        assert_eq!(dst, [0, 1, 0, 1, 0, 1]);
        // Nothing to do, and no dimension at all.
        run(at(dst.as_mut_ptr().cast()), &[4, 2], 0, &[0, 0], &[3, 0], 2);
        run(at(dst.as_mut_ptr().cast()), &[], at(src.as_ptr().cast()) + 10, &[], &[], 2);
        assert_eq!(dst[0], 5);
    }
}
