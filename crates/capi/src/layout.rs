//! Fields of CPython's number objects, read directly.

use pyo3::ffi;

/// The value of an `int` object if it fits 64 bits with sign.
///
/// # Safety
/// `o` is a valid pointer to an object whose type is `int` or a subclass; the thread is attached.
#[inline]
pub unsafe fn long_as_i64(o: *mut ffi::PyObject) -> Option<i64> {
    #[repr(C)]
    struct Long {
        ob_base: ffi::PyObject,
        /// 3.12+: `lv_tag`; before: `ob_size`.
        head: usize,
        digits: [u32; 2],
    }
    let long = o.cast::<Long>();
    // SAFETY: every int object has the head word; digit 0 exists whenever a digit count of one or the small zero value
    // is found (CPython allocates at least one digit), digit 1 when the count says two.
    unsafe {
        let head = (*long).head;
        #[cfg(Py_3_12)]
        {
            if head < 16 {
                return Some((1 - (head & 3) as i64) * i64::from((*long).digits[0]));
            }
            if head >> 3 == 2 {
                let v = i64::from((*long).digits[0]) | i64::from((*long).digits[1]) << 30;
                return Some((1 - (head & 3) as i64) * v);
            }
        }
        #[cfg(not(Py_3_12))]
        match head as isize {
            0 => return Some(0),
            size @ (1 | -1) => return Some(size as i64 * i64::from((*long).digits[0])),
            size @ (2 | -2) => {
                let v = i64::from((*long).digits[0]) | i64::from((*long).digits[1]) << 30;
                return Some(size as i64 / 2 * v);
            }
            _ => {}
        }
        long_slow(o)
    }
}

#[cold]
unsafe fn long_slow(o: *mut ffi::PyObject) -> Option<i64> {
    let mut overflow = 0;
    // SAFETY: as for the caller.
    let v = unsafe { ffi::PyLong_AsLongLongAndOverflow(o, &mut overflow) };
    (overflow == 0).then_some(v)
}

/// The value of a non-negative `int` object that fits 64 bits.
///
/// # Safety
/// As [`long_as_i64`].
pub unsafe fn long_as_u64(o: *mut ffi::PyObject) -> Option<u64> {
    // SAFETY: as for the caller; a failed conversion leaves OverflowError pending, which is cleared.
    unsafe {
        let v = ffi::PyLong_AsUnsignedLongLong(o);
        if v == u64::MAX && !ffi::PyErr_Occurred().is_null() {
            ffi::PyErr_Clear();
            return None;
        }
        Some(v)
    }
}

/// The value of a `float` object.
///
/// # Safety
/// `o` points to a valid object whose type is `float` or a subclass.
#[inline]
pub unsafe fn float_value(o: *mut ffi::PyObject) -> f64 {
    // SAFETY: the object has PyFloatObject's layout.
    unsafe { (*o.cast::<ffi::PyFloatObject>()).ob_fval }
}
