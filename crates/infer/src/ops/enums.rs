//! Members of enumerations and their classes. Members that are integers compute as int64 by `plain`; here is what is special.

use super::tuples;
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::host::ConstValue;
use crate::ops::calls;
use looplift_builtins::Prim;
use looplift_types::{EnumKind, EnumTy, HostRef, Literal, Ty, TyKind};

/// A fact of a class (see [`crate::host::Host::enumeration`]); `None` unless the operand is a class of `enum`.
fn fact(cx: &Cx<'_, '_>, class: &Operand, what: &str) -> Option<ConstValue> {
    matches!(class.ty.kind(), TyKind::Function(_)).then(|| cx.host().enumeration(class.ty, what)).flatten()
}

/// The members of a class as a tuple.
pub fn members(cx: &Cx<'_, '_>, class: &Operand) -> Option<Operand> {
    fact(cx, class, "members").map(Operand::constant)
}

/// A type in which members that are integers are integers, also as elements of tuples.
pub fn as_numbers(t: Ty) -> Ty {
    match t.kind() {
        TyKind::Enum(e) if e.kind.is_int() => Ty::int64(),
        TyKind::Tuple(elems) if elems.iter().any(|e| e.as_enum().is_some()) => Ty::tuple(elems.iter().map(|e| as_numbers(*e)).collect::<Vec<_>>()),
        _ => t,
    }
}

fn class_of(e: &EnumTy) -> Ty {
    Ty::new(TyKind::Function(e.class.clone()))
}

/// `Class['NAME']`.
pub fn by_name(cx: &Cx<'_, '_>, class: &Operand, name: &Operand) -> Option<Typed> {
    let Some(Literal::Str(name)) = name.ty.as_literal() else { return None };
    fact(cx, class, "type")?;
    cx.host().attr(class.ty, name).filter(|c| c.ty.as_enum().is_some()).map(Typed::constant)
}

/// `Class(value)`.
pub fn call(cx: &mut Cx<'_, '_>, class: &Operand, args: &[Operand]) -> R<Option<Typed>> {
    let (Some(ty), [value]) = (fact(cx, class, "type").map(|c| c.ty), args) else { return Ok(None) };
    let Some(e) = ty.as_enum() else { return Ok(None) };
    if value.ty == ty {
        return Ok(Some(Typed::copy(value, ty)));
    }
    if e.kind.is_flag() && value.plain().as_int().is_some() {
        return Ok(Some(Typed::prim(Prim::Cast, &[(value, Ty::int64())], ty)));
    }
    calls::method(cx, class, "__call__", args, &[])
}

/// `member in Class`, where that is known.
pub fn class_contains(cx: &Cx<'_, '_>, class: &Operand, item: &Operand) -> Option<bool> {
    let ty = fact(cx, class, "type")?.ty;
    item.ty.as_enum().map(|_| item.ty == ty)
}

/// `member.name`.
pub fn attribute(cx: &Cx<'_, '_>, obj: &Operand, e: &EnumTy, name: &str) -> R<Option<Typed>> {
    let column = match name {
        "value" | "_value_" if e.kind != EnumKind::Member => return Ok(Some(Typed::copy(obj, Ty::int64()))),
        "value" | "_value_" => "values",
        "name" | "_name_" if e.kind == EnumKind::Member => "names",
        // Any member leads to any other through the class.
        _ => return Ok(cx.host().attr(class_of(e), name).filter(|c| c.ty.as_enum().is_some_and(|found| found == e)).map(Typed::constant)),
    };
    let Some(column) = cx.host().enumeration(class_of(e), column).map(Operand::constant) else { return Ok(None) };
    let elems = column.ty.tuple_elems().unwrap_or(&[]);
    match tuples::uniform(elems) {
        Some(elem) => {
            let all = Ty::tuple(vec![elem; elems.len()]);
            Ok(Some(Typed::prim(Prim::TupleGetItem, &[(&column, all), (obj, Ty::int64())], elem)))
        }
        None => Err(cx
            .explain(Fail::new(codes::NO_ATTRIBUTE, format!("the members of {} have {name}s of several types", e.class.name)), &[obj])
            .help("enumerations whose values have one type can be asked for them")),
    }
}

/// `==` and `!=` where a member is one side: members of one class are compared by their words, and nothing else equals a
/// member that is no integer.
pub fn equal(op: Prim, a: &Operand, b: &Operand) -> Option<Typed> {
    let computes = |o: &Operand| o.plain().is_number();
    match (a.ty.as_enum(), b.ty.as_enum()) {
        (None, None) => None,
        (Some(x), Some(y)) if x == y => Some(Typed::prim(op, &[(a, Ty::int64()), (b, Ty::int64())], Ty::bool())),
        _ if computes(a) && computes(b) => None,
        (Some(_), Some(_)) => Some(Typed::bool(op == Prim::Ne)),
        _ if a.ty.as_array().is_some() || b.ty.as_array().is_some() => None,
        _ => Some(Typed::bool(op == Prim::Ne)),
    }
}

/// `|`, `&` and `^` of flags; an integer flag also combines with integers.
pub fn combine(op: Prim, a: &Operand, b: &Operand) -> Option<Typed> {
    if !matches!(op, Prim::BitAnd | Prim::BitOr | Prim::BitXor) {
        return None;
    }
    let flag = |o: &Operand| o.ty.as_enum().filter(|e| e.kind.is_flag());
    let int = |o: &Operand, e: &EnumTy| e.kind == EnumKind::IntFlag && o.plain().as_int().is_some();
    let ty = match (flag(a), flag(b)) {
        (Some(x), Some(y)) if x == y => a.ty,
        (Some(x), None) if int(b, x) => a.ty,
        (None, Some(y)) if int(a, y) => b.ty,
        _ => return None,
    };
    Some(Typed::prim(op, &[(a, Ty::int64()), (b, Ty::int64())], ty))
}

/// `~flag`: the bits of the class that are not set.
pub fn invert(cx: &Cx<'_, '_>, a: &Operand) -> Option<Typed> {
    let e = a.ty.as_enum().filter(|e| e.kind.is_flag())?;
    let mask = Operand::constant(cx.host().enumeration(class_of(e), "mask")?);
    Some(Typed::prim(Prim::BitXor, &[(a, Ty::int64()), (&mask, Ty::int64())], a.ty))
}

/// Whether members are instances of a class.
pub fn is_instance(cx: &Cx<'_, '_>, e: &EnumTy, class: &HostRef) -> Option<bool> {
    cx.host().is_subclass(&e.class, class)
}
