//! Machine words to Python objects, by Numba's rules: every integer width becomes `int`, every float width `float`.

use crate::descrs;
use crate::nums::nums;
use crate::objects;
use crate::owner::{Memory, ReleaseFn};
use crate::words;
use looplift_abi::heap::{FOREIGN_TAG, MemInfo};
use looplift_types::{ArrayTy, FloatTy, Layout, Literal, RecordTy, Ty, TyKind};
use numpy::npyffi::{NPY_ARRAY_ALIGNED, NPY_ARRAY_WRITEABLE, PY_ARRAY_API, PyArrayObject};
use pyo3::exceptions::PySystemError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyComplex, PyDict, PyString, PyTuple};

/// A result type, prepared.
#[derive(Clone, Copy, Debug)]
pub enum Ret {
    None,
    Int64,
    Float64,
    Bool,
    Other(Ty),
}

impl Ret {
    pub fn new(ty: Ty) -> Ret {
        match ty.kind() {
            TyKind::None => Ret::None,
            TyKind::Int(i) if i.bits == 64 && i.signed => Ret::Int64,
            TyKind::Float(FloatTy::F64) => Ret::Float64,
            TyKind::Bool => Ret::Bool,
            _ => Ret::Other(ty),
        }
    }
}

fn float(f: FloatTy, word: u64) -> f64 {
    match f {
        FloatTy::F16 | FloatTy::F32 => f64::from(f32::from_bits(word as u32)),
        FloatTy::F64 => f64::from_bits(word),
    }
}

/// Boxes a value; owner words in it are consumed (an owned reference each).
///
/// # Safety
/// `words` holds a value of type `ty` as compiled code returns it, and `release` gives back references to heap blocks.
pub unsafe fn to_python<'py>(py: Python<'py>, ty: Ty, words: &[u64], release: ReleaseFn) -> PyResult<Bound<'py, PyAny>> {
    Ok(match ty.kind() {
        TyKind::None => py.None().into_bound(py),
        TyKind::Bool => (words[0] as u8 != 0).into_pyobject(py)?.to_owned().into_any(),
        TyKind::Int(i) => {
            // The word is extended by the entry; narrowing first makes boxing independent of that.
            let (v, signed) = (words[0], i.signed);
            let s = match i.bits {
                8 => i64::from(v as i8),
                16 => i64::from(v as i16),
                32 => i64::from(v as i32),
                _ => v as i64,
            };
            let u = match i.bits {
                8 => u64::from(v as u8),
                16 => u64::from(v as u16),
                32 => u64::from(v as u32),
                _ => v,
            };
            if signed { s.into_pyobject(py)?.into_any() } else { u.into_pyobject(py)?.into_any() }
        }
        TyKind::Float(f) => float(*f, words[0]).into_pyobject(py)?.into_any(),
        TyKind::Complex(c) => PyComplex::from_doubles(py, float(c.part(), words[0]), float(c.part(), words[1])).into_any(),
        TyKind::Literal(Literal::Int(v)) => v.into_pyobject(py)?.into_any(),
        TyKind::Literal(Literal::Bool(v)) => v.into_pyobject(py)?.to_owned().into_any(),
        TyKind::Literal(Literal::Str(v)) => (&**v).into_pyobject(py)?.into_any(),
        TyKind::Pointer(_) => words[0].into_pyobject(py)?.into_any(),
        TyKind::Str | TyKind::Bytes | TyKind::CharSeq(_) => {
            let address = words[0] as usize & !FOREIGN_TAG;
            if address == 0 {
                // What was never assigned.
                return Ok(if ty.unliteral() == Ty::str() { PyString::new(py, "").into_any() } else { PyBytes::new(py, b"").into_any() });
            }
            // SAFETY: the word is an owned reference to a str or bytes object.
            unsafe { Bound::from_owned_ptr(py, address as *mut ffi::PyObject) }
        }
        TyKind::Generator | TyKind::Stream(_) => {
            let address = words[0] as usize & !FOREIGN_TAG;
            if address == 0 {
                return Ok(py.None().into_bound(py));
            }
            // SAFETY: the word is an owned reference to the object.
            unsafe { Bound::from_owned_ptr(py, address as *mut ffi::PyObject) }
        }
        TyKind::Tuple(elems) => {
            // SAFETY: the words are those of the elements in order.
            let items = unsafe { elements(py, elems, words, release, None)? };
            PyTuple::new(py, items)?.into_any()
        }
        TyKind::LiteralList(elems) => {
            // SAFETY: as above.
            let items = unsafe { elements(py, elems, words, release, None)? };
            pyo3::types::PyList::new(py, items)?.into_any()
        }
        TyKind::KwArgs(names, elems) => {
            // SAFETY: as above.
            let items = unsafe { elements(py, elems, words, release, None)? };
            let out = PyDict::new(py);
            for (name, item) in names.iter().zip(items) {
                out.set_item(&**name, item)?;
            }
            out.into_any()
        }
        TyKind::ExcInstance(class, args) => {
            // SAFETY: as above.
            let items = unsafe { elements(py, args, words, release, None)? };
            let class = objects::get(py, class.id).ok_or_else(|| PySystemError::new_err("the exception's class is gone"))?;
            call_with(&class, args, items)?
        }
        TyKind::NamedTuple(n) => {
            let class = objects::get(py, n.class.id);
            // What users cannot make of members, compiled code can.
            let made = class.as_ref().map_or(Ok(None), |c| c.getattr_opt(pyo3::intern!(py, "__looplift_box__")));
            let own = matches!(made, Ok(Some(_))).then_some(n.class.id);
            // SAFETY: as above. Errors wait until the members have owners.
            let items = unsafe { elements(py, &n.elems, words, release, own)? };
            let (class, made) = (class.ok_or_else(|| PySystemError::new_err("the named tuple's class is gone"))?, made?);
            let items = PyTuple::new(py, items)?;
            match made {
                Some(made) => made.call1((items,))?,
                None => class.call1(items)?,
            }
        }
        TyKind::Gen(_) => match crate::frames::make(py, ty, words[0]) {
            Some(made) => made?,
            None => return Err(unboxable(ty)),
        },
        TyKind::Closure(c) => {
            // SAFETY: as above.
            let held = unsafe { elements(py, &c.elems, words, release, None)? };
            crate::closures::to_python(py, c, &held)?
        }
        // SAFETY: the words are those of an array.
        TyKind::Array(a) => unsafe { array(py, *a, words, release)? },
        TyKind::Range(_) => {
            let parts = [words[0] as i64, words[1] as i64, words[2] as i64];
            py.import("builtins")?.getattr("range")?.call1((parts[0], parts[1], parts[2]))?
        }
        TyKind::Slice(s) => {
            let mut at = 0;
            let mut member = |t: Ty| -> PyResult<Py<PyAny>> {
                Ok(match t.kind() {
                    TyKind::None => py.None(),
                    TyKind::Literal(Literal::Int(v)) => v.into_pyobject(py)?.into_any().unbind(),
                    _ => {
                        at += 1;
                        (words[at - 1] as i64).into_pyobject(py)?.into_any().unbind()
                    }
                })
            };
            let parts = (member(s.start)?, member(s.stop)?, member(s.step)?);
            py.import("builtins")?.getattr("slice")?.call1(parts)?
        }
        // SAFETY: the word is an owned reference to an instance.
        TyKind::Instance(n) => unsafe { crate::instances::to_python(py, n, words[0], release)? },
        // SAFETY: the words are those of a record: an array's without dimensions.
        TyKind::Record(r) => unsafe { record(py, r, words, release)? },
        TyKind::Datetime(_) | TyKind::Timedelta(_) => crate::descrs::time_object(py, ty, words[0] as i64)?,
        TyKind::Enum(e) => crate::enums::member(py, e, words[0] as i64)?,
        TyKind::Optional(inner) => {
            if words[0] as u8 == 0 {
                py.None().into_bound(py)
            } else {
                // SAFETY: a present optional has the words of its inner type.
                unsafe { to_python(py, *inner, &words[1..], release)? }
            }
        }
        TyKind::NumberClass(t) => class_of(py, *t)?,
        TyKind::DType(t) => descrs::dtype(py, *t)?.ok_or_else(|| unboxable(ty))?,
        TyKind::Function(r) | TyKind::Dispatcher(r) | TyKind::ExcClass(r) | TyKind::Module(r) | TyKind::Object(r) => {
            objects::get(py, r.id).ok_or_else(|| PySystemError::new_err("the object no longer exists"))?
        }
        TyKind::Functions(_) => objects::get(py, words[0] as u32).ok_or_else(|| PySystemError::new_err("the function no longer exists"))?,
        // SAFETY: the word is an owned reference to a function value, or null.
        TyKind::FunctionValue(_) => unsafe { crate::functions::to_python(py, words[0])? },
        TyKind::Ellipsis => py.Ellipsis().into_bound(py),
        TyKind::NotImplemented => py.NotImplemented().into_bound(py),
        // SAFETY: the word is an owned reference to a container.
        TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_) => unsafe { crate::containers::to_python(py, ty, words[0], release)? },
        TyKind::DictView(..) | TyKind::Bottom | TyKind::Iter(_) | TyKind::Exception | TyKind::Initial(..) | TyKind::BoundMethod(..) => {
            return Err(unboxable(ty));
        }
    })
}

/// A call with values of these types; a bundle at the end goes by name.
pub fn call_with<'py>(callee: &Bound<'py, PyAny>, types: &[Ty], mut values: Vec<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
    let named = match types.last().map(|t| t.kind()) {
        Some(TyKind::KwArgs(..)) => values.pop(),
        _ => None,
    };
    let kwargs = named.as_ref().map(|n| n.cast::<PyDict>()).transpose()?;
    callee.call(PyTuple::new(callee.py(), values)?, kwargs)
}

fn unboxable(ty: Ty) -> PyErr {
    PySystemError::new_err(format!("compiled code returned a value of type {ty}, which has no Python form"))
}

/// NumPy's scalar class of a number type, Python's for bool and 64-bit int and float.
fn class_of<'py>(py: Python<'py>, ty: Ty) -> PyResult<Bound<'py, PyAny>> {
    match nums().type_num(ty) {
        // SAFETY: a cached scalar class, which is an object.
        Some(n) => Ok(unsafe { Bound::from_borrowed_ptr(py, nums().scalars[n].cast()) }),
        None => Err(unboxable(ty)),
    }
}

/// The elements of a tuple, or the members of an instance of a class (by its number).
///
/// # Safety
/// As [`to_python`], for the elements in order.
unsafe fn elements<'py>(py: Python<'py>, elems: &[Ty], words: &[u64], release: ReleaseFn, class: Option<u32>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let mut out = Vec::with_capacity(elems.len());
    let mut at = 0;
    for (k, t) in elems.iter().enumerate() {
        let n = words::count(*t).ok_or_else(|| unboxable(*t))?;
        // SAFETY: the caller's words.
        out.push(unsafe {
            match class {
                Some(class) if *t == crate::containers::untyped_box() => crate::shared::Container::wrap_part(py, words[at], class, k as u32)?,
                _ => to_python(py, *t, &words[at..at + n], release)?,
            }
        });
        at += n;
    }
    Ok(out)
}

/// A record: a view of its memory, or a copy where nobody keeps that.
///
/// # Safety
/// As [`to_python`].
unsafe fn record<'py>(py: Python<'py>, r: &RecordTy, words: &[u64], release: ReleaseFn) -> PyResult<Bound<'py, PyAny>> {
    let dtype = Ty::new(TyKind::Record(Box::new(RecordTy { readonly: false, ..r.clone() })));
    // (The copy is its owner's to write to.)
    let ty = ArrayTy { dtype, ndim: 0, layout: Layout::C, readonly: r.readonly && words[0] != 0, aligned: false };
    let descr = descrs::record_dtype(py, dtype)?.ok_or_else(|| unboxable(dtype))?;
    // SAFETY: owner and address, as the caller says.
    unsafe { array_of(py, ty, Some(descr), words, release)? }.get_item(PyTuple::empty(py))
}

/// An array: the very object when it is one unchanged, else a view whose base owns the memory.
///
/// # Safety
/// As [`to_python`].
unsafe fn array<'py>(py: Python<'py>, ty: ArrayTy, words: &[u64], release: ReleaseFn) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the caller's promise.
    unsafe { array_of(py, ty, None, words, release) }
}

/// As [`array`], of another dtype of the same memory, if one is given.
///
/// # Safety
/// As [`to_python`].
unsafe fn array_of<'py>(py: Python<'py>, ty: ArrayTy, descr: Option<Bound<'py, PyAny>>, words: &[u64], release: ReleaseFn) -> PyResult<Bound<'py, PyAny>> {
    let nd = usize::from(ty.ndim);
    let (owner, data) = (words[0] as usize, words[1] as usize);
    let (shape, strides) = (&words[2..2 + nd], &words[2 + nd..2 + 2 * nd]);
    // The base first: it takes the owned reference over, so that no error loses it.
    let base: Option<Bound<'py, PyAny>> = if owner & FOREIGN_TAG != 0 {
        // SAFETY: a tagged owner word holds an owned reference to a Python object.
        Some(unsafe { Bound::from_owned_ptr(py, (owner & !FOREIGN_TAG) as *mut ffi::PyObject) })
    } else if owner != 0 {
        // SAFETY: an untagged owner word is an owned reference to a heap block.
        let memory = unsafe { Memory::new(owner as *mut MemInfo, release) };
        Some(Bound::new(py, memory)?.into_any())
    } else {
        None
    };
    let own = descr.is_none();
    let descr = match descr {
        Some(d) => d,
        None => descrs::dtype(py, ty.dtype)?.ok_or_else(|| unboxable(ty.dtype))?,
    };
    // SAFETY: a dtype object is given away; shape and strides have nd entries; the data lives as long as the base.
    unsafe {
        if let Some(b) = base.as_ref().filter(|_| own)
            && ffi::PyObject_TypeCheck(b.as_ptr(), nums().ndarray) != 0
        {
            let a = &(*b.as_ptr().cast::<PyArrayObject>()).fields;
            let same = a.data as usize == data
                && a.nd as usize == nd
                && crate::type_of::descr_type(a.descr).ok() == Some(ty.dtype)
                && (0..nd).all(|k| *a.dimensions.add(k) as u64 == shape[k])
                && (0..nd).all(|k| *a.strides.add(k) as u64 == strides[k])
                && (a.flags & NPY_ARRAY_WRITEABLE == 0) == ty.readonly;
            if same {
                return Ok(b.clone());
            }
        }
        let flags = if ty.readonly { 0 } else { NPY_ARRAY_WRITEABLE } | if ty.aligned { NPY_ARRAY_ALIGNED } else { 0 };
        // An empty array may have no memory; NumPy wants an address or allocates its own.
        let address = if data == 0 { std::ptr::NonNull::<u64>::dangling().as_ptr() as usize } else { data };
        let made = PY_ARRAY_API.PyArray_NewFromDescr(
            py,
            nums().ndarray,
            descr.into_ptr().cast(),
            nd as _,
            shape.as_ptr().cast::<isize>().cast_mut(),
            strides.as_ptr().cast::<isize>().cast_mut(),
            address as *mut _,
            flags,
            std::ptr::null_mut(),
        );
        let made = Bound::from_owned_ptr_or_err(py, made)?;
        if owner == 0 {
            // A constant lives beside the code, which may go before the array does: the array has a copy.
            let copy = made.call_method1("copy", ("K",))?;
            if ty.readonly {
                copy.call_method1("setflags", (false,))?;
            }
            return Ok(copy);
        }
        if let Some(b) = base
            && PY_ARRAY_API.PyArray_SetBaseObject(py, made.as_ptr().cast(), b.into_ptr()) != 0
        {
            return Err(PyErr::fetch(py));
        }
        Ok(made)
    }
}
