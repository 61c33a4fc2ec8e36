//! Constants and strings known while compiling.

use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::host::{ConstData, ConstValue};
use looplift_hir::Const;
use looplift_types::{Literal, Ty, TyKind};

/// A constant of the host as a value.
pub fn value(c: ConstValue) -> R {
    Ok(Typed::constant(c))
}

/// A constant of the code object.
pub fn constant(cx: &Cx<'_, '_>, c: &Const) -> R {
    Ok(Typed::constant(const_value(cx, c)?))
}

fn const_value(cx: &Cx<'_, '_>, c: &Const) -> R<ConstValue> {
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
        Const::Bytes(_) => return Err(Fail::unsupported("a bytes constant")),
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

/// The text of a value known while compiling.
fn literal_text(o: &Operand) -> Option<String> {
    match o.ty.kind() {
        TyKind::Literal(Literal::Str(s)) => Some(s.to_string()),
        TyKind::Literal(Literal::Int(v)) => Some(v.to_string()),
        TyKind::Literal(Literal::Bool(b)) => Some(if *b { "True" } else { "False" }.to_string()),
        TyKind::None => Some("None".to_string()),
        _ => None,
    }
}

fn runtime_string() -> Box<Fail> {
    Fail::unsupported("an f-string with values that are not constants").help("pass the values as separate arguments, e.g. to print() or to the exception")
}

pub fn build_string(parts: &[Operand]) -> R {
    let text: Option<String> = parts.iter().map(literal_text).collect();
    text.map(|t| Typed::of_type(Ty::lit_str(&t))).ok_or_else(runtime_string)
}

pub fn format_value(v: &Operand, has_spec: bool) -> R {
    match literal_text(v) {
        Some(t) if !has_spec => Ok(Typed::of_type(Ty::lit_str(&t))),
        _ => Err(runtime_string()),
    }
}
