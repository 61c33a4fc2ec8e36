//! Constants.

use crate::codes;
use crate::cx::{Cx, Fail, R, Typed};
use crate::host::{ConstData, ConstValue};
use looplift_hir::Const;
use looplift_types::{Ty, TyKind};
use std::sync::Arc;

/// A constant of the host as a value.
pub fn value(c: ConstValue) -> R {
    Ok(Typed::constant(c))
}

/// A constant of the code object.
pub fn constant(cx: &Cx<'_, '_>, c: &Const) -> R {
    Ok(Typed::constant(const_value(cx, c)?))
}

pub fn const_value(cx: &Cx<'_, '_>, c: &Const) -> R<ConstValue> {
    let (ty, data) = match c {
        Const::None => (Ty::none(), ConstData::None),
        Const::Ellipsis => (Ty::new(TyKind::Ellipsis), ConstData::None),
        Const::Bool(b) => (Ty::lit_bool(*b), ConstData::None),
        Const::Int(v) => (Ty::lit_int(*v), ConstData::None),
        Const::BigInt(text) => match text.parse::<u64>() {
            Ok(v) => (Ty::uint64(), ConstData::Uint(v)),
            Err(_) => return Err(Fail::new(codes::BIG_INT, format!("the integer {text} does not fit 64 bits"))),
        },
        Const::Float(bits) => (Ty::float64(), ConstData::Float(*bits)),
        Const::Complex(re, im) => (Ty::complex128(), ConstData::Complex(*re, *im)),
        Const::Str(s) => (Ty::lit_str(s), ConstData::None),
        Const::Bytes(b) => (Ty::bytes(), ConstData::Bytes(Arc::from(&**b))),
        Const::Tuple(items) | Const::FrozenSet(items) => {
            let items = items.iter().map(|i| const_value(cx, i)).collect::<R<Vec<_>>>()?;
            (Ty::tuple(items.iter().map(|i| i.ty).collect::<Vec<_>>()), ConstData::Tuple(items.into()))
        }
        Const::Code(_) => (Ty::new(TyKind::NotImplemented), ConstData::None),
        Const::Opaque(i) => match cx.host().opaque_const(cx.func, *i) {
            Some(c) => return Ok(c),
            None => return Err(Fail::unsupported("this constant")),
        },
    };
    Ok(ConstValue { ty, data })
}
