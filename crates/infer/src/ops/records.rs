//! Records: fields of a record, columns of an array of records.

use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use looplift_builtins::Prim;
use looplift_types::{ArrayTy, FieldTy, Layout, Literal, RecordTy, Ty, TyKind};

/// The record type of a record, or of an array of records.
fn record_of(t: Ty) -> Option<&'static RecordTy> {
    match t.as_array().map_or(t, |a| a.dtype).kind() {
        TyKind::Record(r) => Some(r),
        _ => None,
    }
}

/// What a field of a value of type `t` is.
fn field_type(t: Ty, f: &FieldTy) -> Ty {
    let readonly = t.as_array().map_or_else(|| record_of(t).is_some_and(|r| r.readonly), |a| a.readonly);
    let array = |ndim: usize, layout| Ty::new(TyKind::Array(ArrayTy { dtype: f.ty, ndim: ndim as u8, layout, readonly, aligned: false }));
    match t.as_array() {
        Some(a) => array(usize::from(a.ndim) + f.shape.len(), if a.ndim == 0 { Layout::C } else { Layout::A }),
        None if f.shape.is_empty() => ArrayTy { dtype: f.ty, ndim: 0, layout: Layout::C, readonly, aligned: true }.item(),
        None => array(f.shape.len(), Layout::C),
    }
}

/// `obj.name`, `obj['name']`; `None` if `obj` has no such field.
pub fn get(obj: &Operand, name: &str) -> Option<Typed> {
    let f = record_of(obj.ty)?.field(name)?;
    let lit = Operand::lit_str(name);
    Some(Typed::prim(Prim::FieldGet, &[(obj, obj.ty), (&lit, lit.ty)], field_type(obj.ty, f)))
}

/// `obj['name']`, `record[0]`.
pub fn get_item(cx: &Cx<'_, '_>, obj: &Operand, index: &Operand) -> R<Option<Typed>> {
    if record_of(obj.ty).is_none() {
        return Ok(None);
    }
    let Some(name) = constant_name(cx, obj, index)? else { return Ok(None) };
    match get(obj, &name) {
        Some(t) => Ok(Some(t)),
        None => Err(no_field(cx, obj, &name)),
    }
}

fn no_field(cx: &Cx<'_, '_>, obj: &Operand, name: &str) -> Box<Fail> {
    let names = record_of(obj.ty).map_or(&[][..], |r| &r.fields).iter().map(|f| format!("'{}'", f.name)).collect::<Vec<_>>();
    let names = if names.len() == 1 { format!("({},)", names[0]) } else { format!("({})", names.join(", ")) };
    cx.explain(Fail::new(codes::NO_ATTRIBUTE, format!("Field '{name}' was not found in record with fields {names}")), &[obj])
}

/// The name that a constant index of a record means: a text, or a position.
pub fn constant_name(cx: &Cx<'_, '_>, obj: &Operand, index: &Operand) -> R<Option<Box<str>>> {
    match (index.ty.as_literal(), obj.ty.kind()) {
        (Some(Literal::Str(s)), _) => Ok(Some(s.clone())),
        (Some(Literal::Int(k)), TyKind::Record(r)) => field_at(cx, obj, r, *k).map(Some),
        _ => Ok(None),
    }
}

/// The name of a record's field by position, from the end if negative.
fn field_at(cx: &Cx<'_, '_>, obj: &Operand, r: &RecordTy, k: i64) -> R<Box<str>> {
    let n = r.fields.len() as i64;
    match usize::try_from(if k < 0 { k + n } else { k }).ok().and_then(|k| r.fields.get(k)) {
        Some(f) => Ok(f.name.clone()),
        None => Err(cx.explain(Fail::new(codes::BAD_INDEX, format!("Requested index {k} is out of range: {} has {n} fields", obj.ty)), &[obj])),
    }
}

/// `obj.name = value`, `obj['name'] = value`; `None` for what has no fields.
pub fn set(cx: &Cx<'_, '_>, obj: &Operand, name: &str, value: &Operand) -> R<Option<Typed>> {
    let Some(r) = record_of(obj.ty) else { return Ok(None) };
    let Some(f) = r.field(name) else { return Err(no_field(cx, obj, name)) };
    let ty = field_type(obj.ty, f);
    let readonly = r.readonly || obj.ty.as_array().is_some_and(|a| a.readonly);
    if readonly {
        return Err(cx.explain(Fail::new(codes::BAD_STORE, format!("cannot assign to field '{name}': the memory is read-only")), &[obj]));
    }
    let element = value.ty.as_array().map_or(value.plain(), |v| v.dtype);
    if !storable(element, f.ty) || (ty.as_array().is_none() && value.ty.as_array().is_some()) {
        return Err(cx.explain(Fail::new(codes::BAD_STORE, format!("{} cannot be stored in field '{name}', {ty}", value.ty)), &[value, obj]));
    }
    let lit = Operand::lit_str(name);
    let param = if value.ty.as_array().is_some() { value.ty } else { f.ty };
    Ok(Some(Typed::prim(Prim::FieldSet, &[(obj, obj.ty), (&lit, lit.ty), (value, param)], Ty::none())))
}

/// Whether a value of one type can be stored as an element of another.
pub fn storable(from: Ty, to: Ty) -> bool {
    match (from.kind(), to.kind()) {
        (TyKind::Record(a), TyKind::Record(b)) => a.fields == b.fields && a.size == b.size,
        (_, TyKind::Record(r)) => from
            .tuple_elems()
            .is_some_and(|e| e.len() == r.fields.len() && e.iter().zip(&r.fields).all(|(t, f)| f.shape.is_empty() && storable(crate::cx::plain(*t), f.ty))),
        (_, TyKind::CharSeq(_)) => from.unliteral() == to.unliteral(),
        _ if from.is_time() || to.is_time() => looplift_types::conversion(from, to).is_some(),
        _ => from.is_number() && to.is_number() && (from.as_complex().is_none() || to.as_complex().is_some()),
    }
}
