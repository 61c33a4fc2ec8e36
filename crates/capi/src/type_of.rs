//! The type of an argument.

use crate::closures;
use crate::layout;
use crate::nums::{NTYPES, nums};
use crate::objects;
use looplift_types::{ArrayTy, Layout, NamedTupleTy, SliceTy, Ty, TyKind};
use numpy::npyffi::{NPY_ARRAY_ALIGNED, NPY_ARRAY_C_CONTIGUOUS, NPY_ARRAY_F_CONTIGUOUS, NPY_ARRAY_WRITEABLE, PyArray_Descr, PyArrayObject};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyFunction, PyInt, PyRange, PySlice, PyString, PyTuple};
use std::sync::OnceLock;

/// Tuples nested deeper than this are refused.
pub(crate) const MAX_DEPTH: u32 = 32;
/// Dimensions of arrays looked up in the cache.
const CACHED_DIMS: usize = 8;
const FLAG_SETS: usize = 12;

/// Why an object has no type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoType(pub String);

static SCALARS: OnceLock<[Ty; 4]> = OnceLock::new();
static ARRAYS: [OnceLock<Ty>; NTYPES * CACHED_DIMS * FLAG_SETS] = [const { OnceLock::new() }; NTYPES * CACHED_DIMS * FLAG_SETS];

/// int64, float64, bool, complex128.
fn scalars() -> &'static [Ty; 4] {
    SCALARS.get_or_init(|| [Ty::int64(), Ty::float64(), Ty::bool(), Ty::complex128()])
}

/// The type of `obj` as an argument.
pub fn type_of(obj: &Bound<'_, PyAny>) -> Result<Ty, NoType> {
    at_depth(obj, 0)
}

pub(crate) fn at_depth(obj: &Bound<'_, PyAny>, depth: u32) -> Result<Ty, NoType> {
    let raw = obj.as_ptr();
    let known = scalars();
    // SAFETY: `raw` is a valid object; the statics are only compared.
    unsafe {
        let class = ffi::Py_TYPE(raw);
        if class == &raw mut ffi::PyLong_Type {
            if layout::long_as_i64(raw).is_some() {
                return Ok(known[0]);
            }
            if layout::long_as_u64(raw).is_some() {
                return Ok(Ty::uint64());
            }
            return Err(NoType("the int does not fit in 64 bits".into()));
        }
        if class == &raw mut ffi::PyFloat_Type {
            return Ok(known[1]);
        }
        if class == nums().ndarray {
            return array(raw);
        }
        if class == &raw mut ffi::PyBool_Type {
            return Ok(known[2]);
        }
        if class == &raw mut ffi::PyComplex_Type {
            return Ok(known[3]);
        }
        if class == &raw mut ffi::PyUnicode_Type {
            return Ok(Ty::str());
        }
        if class == &raw mut ffi::PyBytes_Type {
            return Ok(Ty::bytes());
        }
        if raw == ffi::Py_None() {
            return Ok(Ty::none());
        }
        if raw == ffi::Py_Ellipsis() {
            return Ok(Ty::new(TyKind::Ellipsis));
        }
        if let Some(t) = nums().scalar_ty(class) {
            return Ok(t);
        }
    }
    other(obj, depth)
}

fn other(obj: &Bound<'_, PyAny>, depth: u32) -> Result<Ty, NoType> {
    if let Some(tuple) = crate::tuples::items(obj) {
        if depth >= MAX_DEPTH {
            return Err(NoType(format!("tuples are nested more than {MAX_DEPTH} deep")));
        }
        let elems: Vec<Ty> = tuple.iter().map(|e| at_depth(&e, depth + 1)).collect::<Result<_, _>>()?;
        if tuple.is_exact_instance_of::<PyTuple>() {
            return Ok(Ty::tuple(elems));
        }
        let fields: Option<Vec<Box<str>>> =
            obj.getattr("_fields").ok().and_then(|f| f.try_iter().ok()?.map(|n| n.ok().map(|n| n.to_string().into())).collect());
        return match fields {
            Some(fields) if fields.len() == elems.len() => Ok(Ty::new(TyKind::NamedTuple(Box::new(NamedTupleTy {
                class: objects::class_ref(&obj.get_type()),
                fields: fields.into(),
                elems: elems.into(),
            })))),
            _ => Err(NoType(format!("instances of {}, a subclass of tuple, are not supported", objects::qualname(&obj.get_type())))),
        };
    }
    // NumPy's scalars of texts and bytes are what Python's are.
    for (class, ty) in [("numpy.str_", Ty::str()), ("numpy.bytes_", Ty::bytes())] {
        let text = obj.is_instance_of::<PyString>() || obj.is_instance_of::<PyBytes>();
        if text && objects::qualname(&obj.get_type()) == class {
            return Ok(ty);
        }
    }
    if crate::records::is_plain_array(obj) {
        // SAFETY: an instance of a subclass has the layout of an ndarray.
        return unsafe { array(obj.as_ptr()) };
    }
    if let Some(t) = crate::records::scalar(obj) {
        return Ok(t);
    }
    if let Some(t) = crate::descrs::time_scalar(obj) {
        return Ok(t);
    }
    if crate::enums::is_member(obj) {
        return crate::enums::member_type(obj.get_type().as_any())
            .ok_or_else(|| NoType(format!("members of {} are not supported: their values are of another class", objects::qualname(&obj.get_type()))));
    }
    // Subclasses of int and float pass as what they derive from.
    if let Ok(i) = obj.cast::<PyInt>() {
        // SAFETY: an int or a subclass.
        return match unsafe { (layout::long_as_i64(i.as_ptr()), layout::long_as_u64(i.as_ptr())) } {
            (Some(_), _) => Ok(Ty::int64()),
            (None, Some(_)) => Ok(Ty::uint64()),
            (None, None) => Err(NoType("the int does not fit in 64 bits".into())),
        };
    }
    if obj.is_instance_of::<PyFloat>() {
        return Ok(Ty::float64());
    }
    if obj.is_exact_instance_of::<PyRange>() {
        return Ok(Ty::range(Ty::int64()));
    }
    if obj.is_exact_instance_of::<PySlice>() {
        let member = |name: &str| -> Result<Ty, NoType> {
            match obj.getattr(name) {
                Ok(v) if v.is_none() => Ok(Ty::none()),
                Ok(v) => match at_depth(&v, depth + 1)? {
                    t if t.as_int().is_some() => Ok(Ty::int64()),
                    t => Err(NoType(format!("a slice with a {name} of type {t}"))),
                },
                Err(_) => Err(NoType(format!("a slice without {name}"))),
            }
        };
        return Ok(Ty::new(TyKind::Slice(SliceTy { start: member("start")?, stop: member("stop")?, step: member("step")? })));
    }
    if depth >= MAX_DEPTH {
        return Err(NoType(format!("containers are nested more than {MAX_DEPTH} deep")));
    }
    if let Some(t) = crate::container_types::type_of(obj, &|e| at_depth(e, depth + 1)) {
        return t;
    }
    if let Ok(f) = obj.cast::<PyFunction>() {
        return closures::type_of(f, depth + 1);
    }
    if crate::generators::is_generator(obj) {
        return Ok(Ty::new(TyKind::Generator));
    }
    if let Some(s) = crate::streams::stream_of(obj) {
        return Ok(Ty::new(TyKind::Stream(s)));
    }
    if let Some(f) = crate::buffers::as_function(obj) {
        return at_depth(&f, depth + 1);
    }
    if let Some(t) = objects::classify_argument(obj) {
        return Ok(t);
    }
    if let Some(a) = crate::buffers::as_argument(obj) {
        return at_depth(&a, depth + 1);
    }
    // What is an argument itself may stand for something else, which the dispatcher asks before.
    if depth > 0
        && let Some(t) = crate::instances::type_of(obj)
    {
        return Ok(t);
    }
    let class = objects::qualname(&obj.get_type());
    Err(NoType(if crate::records::is_array(obj) { format!("Unsupported array type: {class}.") } else { format!("objects of class {class} are not supported") }))
}

/// The type of a `numpy.matrix` as the array that it is; its operators are those of arrays then.
pub fn of_matrix(obj: &Bound<'_, PyAny>) -> Option<Ty> {
    if !crate::records::is_matrix(obj) {
        return None;
    }
    // SAFETY: an instance of a subclass has the layout of an ndarray.
    unsafe { array(obj.as_ptr()) }.ok()
}

/// The type of the keyword arguments in a dict, as a bundle.
pub fn keywords(dict: &Bound<'_, PyAny>) -> Result<Ty, NoType> {
    let dict = dict.cast::<PyDict>().map_err(|_| NoType("keyword arguments are a dict".into()))?;
    let (mut names, mut types) = (Vec::new(), Vec::new());
    for (name, value) in dict {
        names.push(name.to_string().into());
        types.push(at_depth(&value, 1)?);
    }
    Ok(Ty::new(TyKind::KwArgs(names.into(), types.into())))
}

/// Layout and flags of an array by NumPy's flag word; contiguous both ways counts as C.
fn array_flags(flags: i32) -> (Layout, bool, bool) {
    let layout = if flags & NPY_ARRAY_C_CONTIGUOUS != 0 {
        Layout::C
    } else if flags & NPY_ARRAY_F_CONTIGUOUS != 0 {
        Layout::F
    } else {
        Layout::A
    };
    (layout, flags & NPY_ARRAY_WRITEABLE == 0, flags & NPY_ARRAY_ALIGNED != 0)
}

/// The type of a `numpy.ndarray`.
///
/// # Safety
/// `raw` is an ndarray, or an instance of a subclass.
unsafe fn array(raw: *mut ffi::PyObject) -> Result<Ty, NoType> {
    // SAFETY: an ndarray has PyArrayObject's layout and a valid descriptor.
    let (descr, nd, flags) = unsafe {
        let fields = &(*raw.cast::<PyArrayObject>()).fields;
        (fields.descr, fields.nd as usize, fields.flags)
    };
    let elem = descr_type(descr)?;
    // SAFETY: the descriptor is valid.
    let type_num = unsafe { (*descr).fields.type_num } as usize;
    let (layout, readonly, aligned) = array_flags(flags);
    let make = || Ty::new(TyKind::Array(ArrayTy { dtype: elem, ndim: nd as u8, layout, readonly, aligned }));
    let set = layout as usize * 4 + usize::from(readonly) * 2 + usize::from(aligned);
    match ARRAYS.get((type_num * CACHED_DIMS + nd) * FLAG_SETS + set) {
        Some(slot) if nd < CACHED_DIMS && nums().ty(type_num as i32).is_some() => Ok(*slot.get_or_init(make)),
        _ => Ok(make()),
    }
}

/// The element type of a descriptor of native byte order.
pub(crate) fn descr_type(descr: *mut PyArray_Descr) -> Result<Ty, NoType> {
    // SAFETY: a valid descriptor.
    let (num, order) = unsafe { ((*descr).fields.type_num, (*descr).fields.byteorder as u8) };
    let other = || {
        // SAFETY: attached, as everybody who has a dtype is; a valid object.
        let descr = unsafe { Bound::from_borrowed_ptr(Python::assume_attached(), descr.cast()) };
        crate::descrs::element_type(&descr, num)
    };
    let Some(t) = nums().ty(num).or_else(other) else {
        // SAFETY: attached; a valid object.
        let text = unsafe { Bound::from_borrowed_ptr(Python::assume_attached(), descr.cast::<ffi::PyObject>()) };
        return Err(NoType(format!("Unsupported array dtype: {text}")));
    };
    let swapped = if cfg!(target_endian = "little") { b'>' } else { b'<' };
    if order == swapped {
        return Err(NoType(format!(
            "Unsupported array dtype: {}: the array's bytes are in the other byte order; convert it with a.astype(a.dtype.newbyteorder('='))",
            // SAFETY: attached; a valid object.
            unsafe { Bound::from_borrowed_ptr(Python::assume_attached(), descr.cast::<ffi::PyObject>()) }
        )));
    }
    Ok(t)
}

/// The element type if `obj` is a numeric `numpy.dtype`.
pub fn dtype_element(obj: &Bound<'_, PyAny>) -> Option<Ty> {
    // SAFETY: valid objects; an instance of numpy.dtype has PyArray_Descr's layout.
    unsafe {
        if ffi::PyObject_TypeCheck(obj.as_ptr(), nums().dtype_class) == 0 {
            return None;
        }
        descr_type(obj.as_ptr().cast()).ok()
    }
}
