//! Python objects to machine words.
//!
//! [`Param`] is a parameter of a compiled signature, prepared so that the usual argument is recognised and unboxed in one
//! step; [`convert`] is the general way, also used where a declared signature wants another type than the argument has.

use crate::attach::attach;
use crate::closures;
use crate::containers;
use crate::layout;
use crate::nums::nums;
use crate::tuples;
use crate::type_of::{self, NoType};
use crate::words;
use looplift_abi::heap::FOREIGN_TAG;
use looplift_types::{ArrayTy, Flavour, FloatTy, Layout, Ty, TyKind, functions};
use numpy::npyffi::{NPY_ARRAY_ALIGNED, NPY_ARRAY_C_CONTIGUOUS, NPY_ARRAY_F_CONTIGUOUS, NPY_ARRAY_WRITEABLE, PyArray_Descr, PyArrayObject};
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;

/// A parameter, ready to match and unbox.
#[derive(Clone, Debug)]
pub enum Param {
    Int64,
    Float64,
    Bool,
    /// An exact str.
    Text,
    /// An exact ndarray with this descriptor, dimension and flags.
    Array {
        descr: *mut PyArray_Descr,
        nd: i32,
        mask: i32,
        flags: i32,
        ty: Ty,
    },
    /// A tuple of exactly this class; the table of objects keeps a named tuple's class alive.
    Tuple {
        class: *mut ffi::PyTypeObject,
        elems: Box<[Param]>,
        ty: Ty,
    },
    /// A typed list, dict or set.
    Typed(Ty),
    /// The box without a type that is a member of the instances of a class.
    Part {
        class: u32,
        member: u32,
    },
    Other(Ty),
}

/// The class of the tuples that are of a type.
fn tuple_class(ty: Ty) -> Option<*mut ffi::PyTypeObject> {
    match ty.kind() {
        TyKind::Tuple(_) => Some(&raw mut ffi::PyTuple_Type),
        TyKind::NamedTuple(n) => attach(|py| crate::objects::get(py, n.class.id).map(|c| c.as_ptr().cast())),
        _ => None,
    }
}

/// The number of a class of instances, some of whose boxes have no type in the instances' type.
fn instances(ty: Ty) -> Option<u32> {
    let TyKind::NamedTuple(n) = ty.kind() else { return None };
    let untyped = n.elems.contains(&containers::untyped_box());
    let made = || attach(|py| crate::objects::get(py, n.class.id).is_some_and(|c| containers::is_of_instances(&c)));
    (untyped && made()).then_some(n.class.id)
}

impl Param {
    /// The parameter of type `ty`.
    pub fn new(ty: Ty) -> Param {
        match ty.kind() {
            TyKind::Int(i) if i.bits == 64 && i.signed => Param::Int64,
            TyKind::Float(FloatTy::F64) => Param::Float64,
            TyKind::Bool => Param::Bool,
            TyKind::Str => Param::Text,
            TyKind::Array(a) => match nums().type_num(a.dtype) {
                Some(num) => {
                    let (mask, flags) = array_flags(a);
                    Param::Array { descr: nums().descrs[num], nd: i32::from(a.ndim), mask, flags, ty }
                }
                None => Param::Other(ty),
            },
            TyKind::Tuple(_) | TyKind::NamedTuple(_) => match (tuple_class(ty), ty.tuple_elems()) {
                (Some(class), Some(elems)) => {
                    let instances = instances(ty);
                    let elem = |(k, &t): (usize, &Ty)| match instances {
                        Some(class) if t == containers::untyped_box() => Param::Part { class, member: k as u32 },
                        _ => Param::new(t),
                    };
                    Param::Tuple { class, elems: elems.iter().enumerate().map(elem).collect(), ty }
                }
                _ => Param::Other(ty),
            },
            TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_) if ty.flavour() == Some(Flavour::Typed) => Param::Typed(ty),
            _ => Param::Other(ty),
        }
    }
}

/// NumPy's flags of arrays of the type: which bits decide, and what they are.
fn array_flags(a: &ArrayTy) -> (i32, i32) {
    let (mut mask, mut flags) = match a.layout {
        Layout::C => (NPY_ARRAY_C_CONTIGUOUS, NPY_ARRAY_C_CONTIGUOUS),
        Layout::F => (NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS, NPY_ARRAY_F_CONTIGUOUS),
        Layout::A => (NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS, 0),
    };
    mask |= NPY_ARRAY_ALIGNED | NPY_ARRAY_WRITEABLE;
    if a.aligned {
        flags |= NPY_ARRAY_ALIGNED;
    }
    if !a.readonly {
        flags |= NPY_ARRAY_WRITEABLE;
    }
    (mask, flags)
}

/// Unboxes `obj` if its type is exactly the parameter's; gives the address after the words written.
///
/// # Safety
/// Attached; `obj` is valid and stays so while the words are used; `out` has room for the type's words.
#[inline(always)]
pub unsafe fn try_exact(param: &Param, obj: *mut ffi::PyObject, out: *mut u64) -> Option<*mut u64> {
    // SAFETY: the caller's guarantees; the class is checked before a layout is assumed.
    unsafe {
        let class = ffi::Py_TYPE(obj);
        match param {
            Param::Int64 => {
                if class == &raw mut ffi::PyLong_Type {
                    *out = layout::long_as_i64(obj)? as u64;
                    return Some(out.add(1));
                }
            }
            Param::Float64 => {
                if class == &raw mut ffi::PyFloat_Type {
                    *out = layout::float_value(obj).to_bits();
                    return Some(out.add(1));
                }
            }
            Param::Bool => {
                if class == &raw mut ffi::PyBool_Type {
                    *out = u64::from(obj == ffi::Py_True());
                    return Some(out.add(1));
                }
            }
            Param::Text => {
                if class == &raw mut ffi::PyUnicode_Type && ffi::PyUnicode_READY(obj) == 0 {
                    *out = (obj as usize | FOREIGN_TAG) as u64;
                    return Some(out.add(1));
                }
            }
            Param::Array { descr, nd, mask, flags, .. } => {
                if class == nums().ndarray {
                    let a = &(*obj.cast::<PyArrayObject>()).fields;
                    if is_dtype(a.descr, *descr) && a.nd == *nd && a.flags & *mask == *flags {
                        return Some(array_words(obj, out));
                    }
                }
            }
            Param::Tuple { class: wanted, elems, .. } => {
                if class == *wanted
                    && let Some(next) = tuple_exact(elems, obj, out)
                {
                    return Some(next);
                }
            }
            Param::Typed(ty) => {
                if let Some(word) = crate::containers::typed(obj, *ty) {
                    *out = word;
                    return Some(out.add(1));
                }
            }
            Param::Part { class, member } => {
                *out = containers::part(obj, *class, *member)?;
                return Some(out.add(1));
            }
            Param::Other(_) => {}
        }
        exact_slow(param, obj, out)
    }
}

/// Whether a descriptor is of the dtype of NumPy's own one, of a number: that one, or what was unpickled or made anew.
///
/// # Safety
///
/// Both are descriptors.
#[inline]
unsafe fn is_dtype(descr: *mut PyArray_Descr, own: *mut PyArray_Descr) -> bool {
    // SAFETY: the caller's; every version of NumPy has these fields in one place.
    descr == own || unsafe { (*descr).fields.type_num == (*own).fields.type_num && (*descr).fields.byteorder == (*own).fields.byteorder }
}

/// The elements of a tuple one after the other.
///
/// # Safety
/// As [`try_exact`]; `obj` is a tuple.
#[inline(never)]
unsafe fn tuple_exact(elems: &[Param], obj: *mut ffi::PyObject, mut out: *mut u64) -> Option<*mut u64> {
    // SAFETY: as the caller says; positions are below the tuple's size.
    unsafe {
        if ffi::PyTuple_GET_SIZE(obj) as usize != elems.len() {
            return None;
        }
        for (k, param) in elems.iter().enumerate() {
            out = try_exact(param, ffi::PyTuple_GET_ITEM(obj, k as ffi::Py_ssize_t), out)?;
        }
    }
    Some(out)
}

/// # Safety
/// As [`try_exact`].
#[inline(never)]
unsafe fn exact_slow(param: &Param, obj: *mut ffi::PyObject, out: *mut u64) -> Option<*mut u64> {
    let want = match param {
        Param::Int64 => Ty::int64(),
        Param::Float64 => Ty::float64(),
        Param::Bool => Ty::bool(),
        Param::Text => Ty::str(),
        Param::Part { .. } => containers::untyped_box(),
        Param::Array { ty, .. } | Param::Tuple { ty, .. } | Param::Typed(ty) | Param::Other(ty) => *ty,
    };
    let room = words::count(want)?;
    if want.is_literal() {
        // SAFETY: attached; `obj` is valid.
        return unsafe { crate::literals::is_literal(obj, want) }.then_some(out);
    }
    // SAFETY: the caller's buffer has room for the type's words.
    let slice = unsafe { std::slice::from_raw_parts_mut(out, room) };
    // The callers are C: a panic means "not this signature", and the general path then reports it.
    let fits = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        // PyO3 puts off what is dropped where it does not know the thread to be attached, as errors are on the way.
        attach(|py| {
            // SAFETY: `obj` is valid.
            let bound = unsafe { Bound::from_borrowed_ptr(py, obj) };
            type_of::type_of(&bound).is_ok_and(|t| t == want) && convert(&bound, want, slice).is_ok()
        })
    }));
    // SAFETY: one past the words written.
    matches!(fits, Ok(true)).then(|| unsafe { out.add(room) })
}

/// Writes owner, data, shape and strides.
///
/// # Safety
/// `obj` is an ndarray; `out` has room.
#[inline(always)]
unsafe fn array_words(obj: *mut ffi::PyObject, out: *mut u64) -> *mut u64 {
    // SAFETY: an ndarray has `nd` dimensions and strides.
    unsafe {
        let a = &(*obj.cast::<PyArrayObject>()).fields;
        let nd = a.nd as usize;
        *out = (obj as usize | FOREIGN_TAG) as u64;
        *out.add(1) = a.data as u64;
        for k in 0..nd {
            *out.add(2 + k) = *a.dimensions.add(k) as u64;
            *out.add(2 + nd + k) = *a.strides.add(k) as u64;
        }
        out.add(2 + 2 * nd)
    }
}

fn complex_parts(obj: &Bound<'_, PyAny>) -> PyResult<(f64, f64)> {
    // SAFETY: attached; errors are fetched below.
    let c = unsafe { ffi::PyComplex_AsCComplex(obj.as_ptr()) };
    if c.real == -1.0
        && let Some(e) = PyErr::take(obj.py())
    {
        return Err(e);
    }
    Ok((c.real, c.imag))
}

/// The nearest number of half precision; ties to even.
fn half(v: f32) -> f32 {
    let magnitude = v.abs();
    // 2**-14 is the smallest normal number: below it steps have a fixed size.
    let step = if magnitude < 6.103_515_6e-5 { 5.960_464_5e-8 } else { f32::from_bits((magnitude.to_bits() >> 23 << 23).saturating_sub(10 << 23)) };
    if !magnitude.is_finite() {
        return v;
    }
    let rounded = (magnitude / step).round_ties_even() * step;
    if rounded > 65504.0 { f32::INFINITY.copysign(v) } else { rounded.copysign(v) }
}

fn float_bits(f: FloatTy, v: f64) -> u64 {
    match f {
        FloatTy::F32 => u64::from((v as f32).to_bits()),
        FloatTy::F16 => u64::from(half(v as f32).to_bits()),
        FloatTy::F64 => v.to_bits(),
    }
}

/// Whether an array is contiguous in Fortran order, be it in C order as well.
fn is_in_fortran_order(array: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the caller has an ndarray or an instance of a subclass.
    unsafe { (*array.as_ptr().cast::<PyArrayObject>()).fields.flags & NPY_ARRAY_F_CONTIGUOUS != 0 }
}

/// Writes the words of `obj` as a value of type `ty`, converting numbers; `out` has exactly the type's words.
pub fn convert(obj: &Bound<'_, PyAny>, ty: Ty, out: &mut [u64]) -> PyResult<()> {
    let py = obj.py();
    match ty.kind() {
        TyKind::Bool => out[0] = u64::from(obj.is_truthy()?),
        TyKind::Int(i) => {
            // int(x) truncates floats; indices and NumPy integers give themselves.
            let number = if obj.is_instance_of::<pyo3::types::PyFloat>() || obj.hasattr("__float__")? && !obj.hasattr("__index__")? {
                obj.call_method0("__int__")?
            } else {
                // SAFETY: attached; a null result has set an exception.
                unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyNumber_Index(obj.as_ptr()))? }
            };
            // SAFETY: PyNumber_Index and __int__ give int objects (checked for __int__ by the instance test).
            let value = unsafe {
                if ffi::PyLong_Check(number.as_ptr()) == 0 {
                    return Err(PyTypeError::new_err("an integer is required"));
                }
                layout::long_as_i64(number.as_ptr()).map(|v| v as u64).or_else(|| layout::long_as_u64(number.as_ptr()))
            };
            // SAFETY: an int, as was checked.
            if !i.signed && unsafe { layout::long_as_i64(number.as_ptr()) }.is_some_and(|v| v < 0) {
                return Err(PyOverflowError::new_err("can't convert negative int to unsigned"));
            }
            let Some(v) = value else {
                return Err(PyOverflowError::new_err("int too big to convert"));
            };
            out[0] = match (i.bits, i.signed) {
                (8, true) => v as i8 as i64 as u64,
                (16, true) => v as i16 as i64 as u64,
                (32, true) => v as i32 as i64 as u64,
                (8, false) => u64::from(v as u8),
                (16, false) => u64::from(v as u16),
                (32, false) => u64::from(v as u32),
                _ => v,
            };
        }
        TyKind::Float(f) => out[0] = float_bits(*f, obj.extract::<f64>()?),
        TyKind::Complex(c) => {
            let (re, im) = complex_parts(obj)?;
            out[0] = float_bits(c.part(), re);
            out[1] = float_bits(c.part(), im);
        }
        TyKind::Array(want) => {
            // A buffer's array would not outlive this.
            if obj.get_type_ptr() != nums().ndarray && !crate::records::is_plain_array(obj) && !crate::records::is_matrix(obj) {
                return Err(PyTypeError::new_err(format!("an array is expected, not {}", crate::objects::qualname(&obj.get_type()))));
            }
            let found = type_of::of_matrix(obj).map_or_else(|| type_of::type_of(obj), Ok).map_err(|NoType(m)| PyTypeError::new_err(m))?;
            let fits = found.as_array().is_some_and(|a| {
                a.dtype == want.dtype
                    && a.ndim == want.ndim
                    && (a.layout == want.layout || want.layout == Layout::A)
                    && (want.readonly || !a.readonly)
                    && (a.aligned || !want.aligned)
            });
            // An array that is contiguous in both orders has the type of a C array.
            let both = found.as_array().is_some_and(|a| {
                a.dtype == want.dtype
                    && a.ndim == want.ndim
                    && want.layout == Layout::F
                    && a.layout == Layout::C
                    && (want.readonly || !a.readonly)
                    && (a.aligned || !want.aligned)
                    && is_in_fortran_order(obj)
            });
            if !fits && !both {
                return Err(PyTypeError::new_err(format!(
                    "can't unbox array from PyObject into native value.  The object maybe of a different type: an argument of type {ty} is expected, not {found}"
                )));
            }
            // SAFETY: type_of says Array only for ndarrays and instances of subclasses; `out` has 2 + 2 × ndim words.
            unsafe {
                array_words(obj.as_ptr(), out.as_mut_ptr());
            }
        }
        TyKind::Str => {
            // SAFETY: attached; a str in its final layout, which readers need no lock for.
            unsafe {
                if ffi::PyUnicode_Check(obj.as_ptr()) == 0 {
                    return Err(PyTypeError::new_err(format!("a str is expected, not {}", crate::objects::qualname(&obj.get_type()))));
                }
                if ffi::PyUnicode_READY(obj.as_ptr()) != 0 {
                    return Err(PyErr::fetch(py));
                }
            }
            out[0] = (obj.as_ptr() as usize | FOREIGN_TAG) as u64;
        }
        TyKind::Pointer(_) => out[0] = address(obj)?,
        TyKind::Bytes => {
            if !obj.is_instance_of::<pyo3::types::PyBytes>() {
                return Err(PyTypeError::new_err(format!("a bytes object is expected, not {}", crate::objects::qualname(&obj.get_type()))));
            }
            out[0] = (obj.as_ptr() as usize | FOREIGN_TAG) as u64;
        }
        TyKind::Generator => crate::generators::words(obj, out)?,
        TyKind::Stream(s) => out[0] = crate::streams::word(obj, *s)?,
        TyKind::Tuple(elems) | TyKind::LiteralList(elems) => return convert_all(obj, elems, out),
        TyKind::NamedTuple(n) => match instances(ty) {
            Some(class) => return convert_instance(obj, class, &n.elems, out),
            None => return convert_all(obj, &n.elems, out),
        },
        TyKind::KwArgs(names, elems) => {
            let items = names.iter().map(|n| obj.get_item(&**n)).collect::<PyResult<Vec<_>>>()?;
            return convert_items(&items, elems, out);
        }
        TyKind::Closure(c) => return convert_items(&closures::parts(obj, c)?, &c.elems, out),
        TyKind::Range(t) => {
            for (k, name) in ["start", "stop", "step"].into_iter().enumerate() {
                convert(&obj.getattr(name)?, *t, &mut out[k..=k])?;
            }
        }
        TyKind::Slice(s) => {
            let mut at = 0;
            for (name, t) in [("start", s.start), ("stop", s.stop), ("step", s.step)] {
                if !t.is_none() && !t.is_literal() {
                    convert(&obj.getattr(name)?, Ty::int64(), &mut out[at..=at])?;
                    at += 1;
                }
            }
        }
        TyKind::Instance(n) => out[0] = crate::instances::convert(obj, ty, n)?,
        TyKind::Record(r) => {
            if crate::records::scalar(obj).is_none_or(|t| looplift_types::conversion(t, ty).is_none()) {
                return Err(PyTypeError::new_err(format!("a record of type {ty} is expected")));
            }
            out[1] = crate::records::address(obj, r)?;
            out[0] = (obj.as_ptr() as usize | FOREIGN_TAG) as u64;
        }
        TyKind::Datetime(_) | TyKind::Timedelta(_) => {
            if crate::descrs::time_scalar(obj) != Some(ty) {
                return Err(PyTypeError::new_err(format!("a value of type {ty} is expected")));
            }
            out[0] = crate::descrs::time_word(obj)? as u64;
        }
        TyKind::Functions(members) => {
            let number = type_of::type_of(obj).ok().and_then(functions::number);
            let Some(number) = number.filter(|n| members.iter().any(|m| functions::number(*m) == Some(*n))) else {
                return Err(PyTypeError::new_err(format!("one of {ty} is expected")));
            };
            out[0] = u64::from(number);
        }
        TyKind::FunctionValue(s) => out[0] = crate::functions::convert(obj, ty, s)?,
        TyKind::Enum(e) => out[0] = crate::enums::word(obj, e)? as u64,
        TyKind::Optional(inner) => {
            let present = !obj.is_none();
            out[0] = u64::from(present);
            if present {
                convert(obj, *inner, &mut out[1..])?;
            } else {
                out[1..].fill(0);
            }
        }
        TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_) => out[0] = crate::containers::convert(obj, ty)?,
        TyKind::None => {
            if !obj.is_none() {
                return Err(PyTypeError::new_err("None is expected"));
            }
        }
        _ if words::count(ty) == Some(0) => {}
        _ => return Err(PyTypeError::new_err(format!("values of type {ty} cannot be passed to compiled code"))),
    }
    Ok(())
}

/// The address that an int, None or a pointer of `ctypes` is.
fn address(obj: &Bound<'_, PyAny>) -> PyResult<u64> {
    if obj.is_none() {
        return Ok(0);
    }
    if let Ok(v) = obj.extract::<u64>() {
        return Ok(v);
    }
    let ctypes = obj.py().import("ctypes")?;
    let value = ctypes.getattr("cast")?.call1((obj, ctypes.getattr("c_void_p")?)).and_then(|p| p.getattr("value"));
    match value {
        Ok(v) if v.is_none() => Ok(0),
        Ok(v) => v.extract(),
        Err(_) => Err(PyTypeError::new_err(format!("an address is expected: an int or a pointer, not {}", crate::objects::qualname(&obj.get_type())))),
    }
}

fn convert_all(obj: &Bound<'_, PyAny>, elems: &[Ty], out: &mut [u64]) -> PyResult<()> {
    let tuple = tuples::items(obj).ok_or_else(|| PyTypeError::new_err("a tuple is expected"))?;
    if tuple.len() != elems.len() {
        let text = format!("size mismatch for tuple, expected {} element(s) but got {}", elems.len(), tuple.len());
        return Err(PyValueError::new_err(text));
    }
    convert_items(&tuple.iter().collect::<Vec<_>>(), elems, out)
}

/// An instance of a class some of whose boxes have no type: those must have been made for it.
fn convert_instance(obj: &Bound<'_, PyAny>, class: u32, elems: &[Ty], out: &mut [u64]) -> PyResult<()> {
    let wrong = || PyTypeError::new_err(format!("an instance is expected as compiled code made it, not {}", crate::objects::qualname(&obj.get_type())));
    let tuple = tuples::items(obj).ok_or_else(wrong)?;
    if tuple.len() != elems.len() {
        return Err(wrong());
    }
    let mut at = 0;
    for (k, (item, &t)) in tuple.iter().zip(elems).enumerate() {
        let n = words::count(t).ok_or_else(wrong)?;
        if t == containers::untyped_box() {
            // SAFETY: attached; a valid object.
            out[at] = unsafe { containers::part(item.as_ptr(), class, k as u32) }.ok_or_else(wrong)?;
        } else {
            convert(&item, t, &mut out[at..at + n])?;
        }
        at += n;
    }
    Ok(())
}

fn convert_items(items: &[Bound<'_, PyAny>], elems: &[Ty], out: &mut [u64]) -> PyResult<()> {
    let mut at = 0;
    for (item, t) in items.iter().zip(elems) {
        let n = words::count(*t).ok_or_else(|| PyTypeError::new_err(format!("values of type {t} cannot be passed to compiled code")))?;
        convert(item, *t, &mut out[at..at + n])?;
        at += n;
    }
    Ok(())
}
