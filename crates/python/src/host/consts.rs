//! Python objects as compile-time constants.

use looplift_capi::layout;
use looplift_capi::nums::nums;
use looplift_capi::{objects, type_of};
use looplift_infer::ConstValue;
use looplift_infer::host::ConstData;
use looplift_types::{ArrayTy, Layout, SliceTy, Ty, TyKind};
use numpy::npyffi::PyArrayObject;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyComplex, PyComplexMethods, PyFloat, PyInt, PySlice, PyString, PyTuple};
use std::sync::Arc;

/// Global arrays up to this many bytes are copied into the code.
const SNAPSHOT_BYTES: usize = 64 * 1024;
/// Constant tuples nested deeper than this stay objects.
const MAX_DEPTH: u32 = 32;

fn plain(ty: Ty, data: ConstData) -> ConstValue {
    ConstValue { ty, data }
}

/// The constant that `obj` is; any object has one, if only by identity.
pub fn const_value(obj: &Bound<'_, PyAny>) -> PyResult<ConstValue> {
    at_depth(obj, 0)
}

fn at_depth(obj: &Bound<'_, PyAny>, depth: u32) -> PyResult<ConstValue> {
    if obj.is_none() {
        return Ok(plain(Ty::none(), ConstData::None));
    }
    if let Ok(b) = obj.cast::<PyBool>() {
        return Ok(plain(Ty::lit_bool(b.is_true()), ConstData::Bool(b.is_true())));
    }
    if let Some(ty) = looplift_capi::descrs::time_scalar(obj) {
        return Ok(plain(ty, ConstData::Int(looplift_capi::descrs::time_word(obj)?)));
    }
    if looplift_capi::enums::is_member(obj) {
        return Ok(match type_of::type_of(obj).map(|t| (t, t.as_enum())) {
            Ok((ty, Some(e))) => plain(ty, ConstData::Int(looplift_capi::enums::word(obj, e)?)),
            _ => plain(objects::opaque(obj), ConstData::None),
        });
    }
    if obj.cast_exact::<PyInt>().is_ok() {
        // SAFETY: an exact int.
        let (signed, unsigned) = unsafe { (layout::long_as_i64(obj.as_ptr()), layout::long_as_u64(obj.as_ptr())) };
        return Ok(match (signed, unsigned) {
            (Some(v), _) => plain(Ty::lit_int(v), ConstData::Int(v)),
            (None, Some(v)) => plain(Ty::uint64(), ConstData::Uint(v)),
            (None, None) => plain(objects::opaque(obj), ConstData::None),
        });
    }
    if let Ok(f) = obj.cast_exact::<PyFloat>() {
        return Ok(plain(Ty::float64(), ConstData::Float(f.value().to_bits())));
    }
    if let Ok(c) = obj.cast_exact::<PyComplex>() {
        return Ok(plain(Ty::complex128(), ConstData::Complex(c.real().to_bits(), c.imag().to_bits())));
    }
    if let Ok(s) = obj.cast_exact::<PyString>() {
        return Ok(match s.to_str() {
            Ok(t) => plain(Ty::lit_str(t), ConstData::Str(t.into())),
            Err(_) => plain(objects::opaque(obj), ConstData::None),
        });
    }
    if let Ok(b) = obj.cast_exact::<PyBytes>() {
        return Ok(plain(Ty::bytes(), ConstData::Bytes(b.as_bytes().into())));
    }
    if obj.is(obj.py().Ellipsis()) {
        return Ok(plain(Ty::new(TyKind::Ellipsis), ConstData::None));
    }
    if obj.is(obj.py().NotImplemented()) {
        return Ok(plain(Ty::new(TyKind::NotImplemented), ConstData::None));
    }
    if let Ok(s) = obj.cast_exact::<PySlice>()
        && let Some(ty) = slice(s)?
    {
        return Ok(plain(ty, ConstData::None));
    }
    if let Some(t) = looplift_capi::tuples::items(obj)
        && depth < MAX_DEPTH
        && (t.is_exact_instance_of::<PyTuple>() || obj.hasattr("_fields")?)
    {
        return tuple(obj, t, depth);
    }
    if obj.get_type().as_type_ptr() == nums().ndarray || looplift_capi::records::is_plain_array(obj) {
        return array(obj);
    }
    if let Some(ty) = nums().scalar_ty(obj.get_type().as_type_ptr()) {
        return scalar(obj, ty);
    }
    if let Some(stream) = looplift_capi::streams::stream_of(obj) {
        return Ok(plain(Ty::new(TyKind::Stream(stream)), ConstData::Object(objects::intern(obj))));
    }
    Ok(plain(objects::classify(obj).unwrap_or_else(|| objects::opaque(obj)), ConstData::None))
}

/// A slice of integers and None, all of which its type says; `None` for any other.
fn slice(s: &Bound<'_, PySlice>) -> PyResult<Option<Ty>> {
    let mut members = [Ty::none(); 3];
    for (ty, name) in members.iter_mut().zip(["start", "stop", "step"]) {
        let member = const_value(&s.getattr(name)?)?;
        match member.data {
            ConstData::None | ConstData::Int(_) if member.ty.is_none() || member.ty.as_lit_int().is_some() => *ty = member.ty,
            _ => return Ok(None),
        }
    }
    let [start, stop, step] = members;
    Ok(Some(Ty::new(TyKind::Slice(SliceTy { start, stop, step }))))
}

/// Elements keep no literal types, except strings, which have no other form.
fn tuple(obj: &Bound<'_, PyAny>, t: &Bound<'_, PyTuple>, depth: u32) -> PyResult<ConstValue> {
    let items: Vec<ConstValue> = t
        .iter()
        .map(|e| {
            let mut c = at_depth(&e, depth + 1)?;
            if !matches!(c.data, ConstData::Str(_)) {
                c.ty = c.ty.unliteral();
            }
            Ok(c)
        })
        .collect::<PyResult<_>>()?;
    let types: Vec<Ty> = items.iter().map(|c| c.ty).collect();
    let ty = if t.is_exact_instance_of::<PyTuple>() {
        Ty::tuple(types)
    } else {
        let fields: Vec<String> = obj.getattr("_fields")?.extract()?;
        Ty::new(TyKind::NamedTuple(Box::new(looplift_types::NamedTupleTy {
            class: objects::class_ref(&obj.get_type()),
            fields: fields.into_iter().map(Into::into).collect(),
            elems: types.into(),
        })))
    };
    Ok(plain(ty, ConstData::Tuple(items.into())))
}

/// A NumPy scalar keeps its width.
fn scalar(obj: &Bound<'_, PyAny>, ty: Ty) -> PyResult<ConstValue> {
    let data = match ty.kind() {
        TyKind::Bool => ConstData::Bool(obj.is_truthy()?),
        TyKind::Int(i) if i.signed => ConstData::Int(obj.extract()?),
        TyKind::Int(_) => ConstData::Uint(obj.extract()?),
        TyKind::Complex(_) => {
            let c = obj.call_method0("__complex__")?.cast_into::<PyComplex>()?;
            ConstData::Complex(c.real().to_bits(), c.imag().to_bits())
        }
        _ => ConstData::Float(obj.extract::<f64>()?.to_bits()),
    };
    Ok(plain(ty, data))
}

/// Global arrays are constants, hence read-only: small ones by value, others by address, kept alive by the table.
fn array(obj: &Bound<'_, PyAny>) -> PyResult<ConstValue> {
    let found = match type_of::type_of(obj) {
        Ok(t) => t,
        Err(_) => return Ok(plain(objects::opaque(obj), ConstData::None)),
    };
    let Some(a) = found.as_array() else {
        return Ok(plain(objects::opaque(obj), ConstData::None));
    };
    // SAFETY: type_of says Array for ndarrays and subclasses only: buffers do not come here.
    let (shape, strides, address): (Vec<i64>, Vec<i64>, u64) = unsafe {
        let f = &(*obj.as_ptr().cast::<PyArrayObject>()).fields;
        let nd = f.nd as usize;
        let read = |p: *mut isize| (0..nd).map(|k| *p.add(k) as i64).collect::<Vec<_>>();
        (read(f.dimensions), read(f.strides), f.data as u64)
    };
    let itemsize = a.dtype.itemsize().unwrap_or(1) as usize;
    let size = shape.iter().try_fold(itemsize, |n, s| n.checked_mul(usize::try_from(*s).ok()?));
    if size.is_some_and(|n| n <= SNAPSHOT_BYTES) {
        let order = if a.layout == Layout::F { "F" } else { "C" };
        let bytes: Vec<u8> = obj.call_method1("tobytes", (order,))?.extract()?;
        let layout = if a.layout == Layout::F { Layout::F } else { Layout::C };
        let ty = Ty::new(TyKind::Array(ArrayTy { layout, readonly: true, aligned: true, ..a }));
        let strides = contiguous(&shape, itemsize as i64, layout);
        return Ok(plain(ty, ConstData::Array { shape: shape.into(), strides: strides.into(), bytes: Some(Arc::from(bytes)), address: 0, handle: 0 }));
    }
    let ty = Ty::new(TyKind::Array(ArrayTy { readonly: true, ..a }));
    Ok(plain(ty, ConstData::Array { shape: shape.into(), strides: strides.into(), bytes: None, address, handle: objects::intern(obj) }))
}

fn contiguous(shape: &[i64], itemsize: i64, layout: Layout) -> Vec<i64> {
    let mut strides = vec![itemsize; shape.len()];
    let mut step = itemsize;
    let mut set = |k: usize| {
        strides[k] = step;
        step = step.saturating_mul(shape[k].max(1));
    };
    if layout == Layout::F {
        (0..shape.len()).for_each(&mut set);
    } else {
        (0..shape.len()).rev().for_each(&mut set);
    }
    strides
}
