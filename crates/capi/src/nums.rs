//! NumPy's numeric types: type numbers, descriptor singletons, scalar classes, cached once at import.

use looplift_types::{ComplexTy, FloatTy, Ty};
use numpy::npyffi::{NpyTypes, PY_ARRAY_API, PyArray_Descr, get_type_object};
use pyo3::ffi;
use pyo3::prelude::*;
use std::sync::OnceLock;

/// Type numbers NumPy has below `NPY_NOTYPE`, of which those in [`DTYPES`] are ours.
pub const NTYPES: usize = 24;

/// A type number and the bits that say what it is: (number, kind, bits), canonical ones first.
const DTYPES: &[(usize, char, u8)] = &[
    (0, 'b', 8),
    (1, 'i', 8),
    (2, 'u', 8),
    (3, 'i', 16),
    (4, 'u', 16),
    (5, 'i', 32),
    (6, 'u', 32),
    (7, 'i', 64),
    (8, 'u', 64),
    (11, 'f', 32),
    (12, 'f', 64),
    (14, 'c', 64),
    (15, 'c', 128),
    (23, 'f', 16),
    (9, 'i', 64),
    (10, 'u', 64),
];

fn ty_of(kind: char, bits: u8) -> Option<Ty> {
    Some(match (kind, bits) {
        ('b', _) => Ty::bool(),
        ('i', _) => Ty::int(bits, true),
        ('u', _) => Ty::int(bits, false),
        ('f', 16) => Ty::float(FloatTy::F16),
        ('f', 32) => Ty::float32(),
        ('f', 64) => Ty::float64(),
        ('c', 64) => Ty::complex(ComplexTy::C64),
        ('c', 128) => Ty::complex(ComplexTy::C128),
        _ => return None,
    })
}

/// What is cached about NumPy.
#[derive(Debug)]
pub struct Nums {
    pub ndarray: *mut ffi::PyTypeObject,
    pub dtype_class: *mut ffi::PyTypeObject,
    pub descrs: [*mut PyArray_Descr; NTYPES],
    pub scalars: [*mut ffi::PyTypeObject; NTYPES],
    pub types: [Option<Ty>; NTYPES],
    /// The class of ufuncs, and the numbers of what Python's `int` and `float` are.
    ufunc: *mut ffi::PyTypeObject,
    pub long: usize,
    pub double: usize,
}
// SAFETY: the pointers are to immortal objects of NumPy (a leaked reference each); they are only dereferenced attached.
unsafe impl Send for Nums {}
// SAFETY: as above.
unsafe impl Sync for Nums {}

static NUMS: OnceLock<Nums> = OnceLock::new();

/// The cache; `init` has been called at import.
#[inline]
pub fn nums() -> &'static Nums {
    match NUMS.get() {
        Some(n) => n,
        None => missing(),
    }
}

#[cold]
fn missing() -> ! {
    // Import of the extension module runs `init` before anything else can be reached.
    unreachable!("the extension module is not initialised")
}

/// Fills the cache.
pub fn init(py: Python<'_>) -> PyResult<()> {
    if NUMS.get().is_some() {
        return Ok(());
    }
    // Loads the C API capsule, with NumPy's own error if it is missing.
    py.import("numpy._core._multiarray_umath").or_else(|_| py.import("numpy.core._multiarray_umath"))?;
    let mut descrs = [std::ptr::null_mut(); NTYPES];
    let mut scalars = [std::ptr::null_mut(); NTYPES];
    let mut types = [None; NTYPES];
    for &(num, kind, bits) in DTYPES {
        // SAFETY: attached; valid type numbers; the returned references are leaked on purpose (immortal singletons).
        unsafe {
            descrs[num] = PY_ARRAY_API.PyArray_DescrFromType(py, num as _);
            scalars[num] = PY_ARRAY_API.PyArray_TypeObjectFromType(py, num as _).cast();
        }
        types[num] = ty_of(kind, bits);
    }
    // SAFETY: attached; NumPy's API table is loaded.
    let (ndarray, dtype_class) = unsafe { (get_type_object(py, NpyTypes::PyArray_Type), get_type_object(py, NpyTypes::PyArrayDescr_Type)) };
    // The class stays as long as NumPy does.
    let ufunc = py.import("numpy")?.getattr("ufunc")?.into_ptr().cast();
    let number = |ty: Ty| types.iter().position(|t| *t == Some(ty)).unwrap_or(0);
    let _ = NUMS.set(Nums { ndarray, dtype_class, descrs, scalars, types, ufunc, long: number(Ty::int64()), double: number(Ty::float64()) });
    Ok(())
}

impl Nums {
    /// The element type of a type number.
    pub fn ty(&self, type_num: i32) -> Option<Ty> {
        usize::try_from(type_num).ok().and_then(|n| self.types.get(n).copied().flatten())
    }
    /// Whether an object is a ufunc.
    pub fn is_ufunc(&self, obj: &Bound<'_, PyAny>) -> bool {
        // SAFETY: a valid object.
        unsafe { ffi::Py_TYPE(obj.as_ptr()) == self.ufunc }
    }
    /// The canonical type number of an element type.
    pub fn type_num(&self, ty: Ty) -> Option<usize> {
        DTYPES.iter().map(|&(num, ..)| num).find(|&num| self.types[num] == Some(ty))
    }
    /// The type whose scalar class this is (`numpy.float32` …).
    pub fn scalar_ty(&self, class: *mut ffi::PyTypeObject) -> Option<Ty> {
        let at = self.scalars.iter().position(|&s| !s.is_null() && s == class)?;
        self.types[at]
    }
}
