//! Datetimes and timedeltas, and the bits of numbers: their arithmetic is the library's (`datetime.__add__`, …); here is how they
//! change type.

use super::{arrays, calls, elementwise};
use crate::bind::bind_names;
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use looplift_builtins::Prim;
use looplift_types::{ArrayTy, Ty, TyKind, conversion};

fn dtype_operand(t: Ty) -> Operand {
    Operand::of_type(Ty::new(TyKind::DType(t)))
}

/// `a.astype(dtype)` between time types.
pub fn convert_array(cx: &mut Cx<'_, '_>, a: &Operand, dtype: Ty) -> R<Option<Typed>> {
    elementwise::apply(cx, std::slice::from_ref(a), &|cx, s| calls::method(cx, &s[0], "astype", &[dtype_operand(dtype)], &[]))
}

/// A value to be stored as an element: a constant NaT or a number of no unit takes the unit; other times must have it.
pub fn stored_in(cx: &mut Cx<'_, '_>, dtype: Ty, value: &Operand) -> R<Operand> {
    let from = value.ty.as_array().map_or(value.plain(), |a| a.dtype);
    if !dtype.is_time() || !from.is_time() || from == dtype {
        return Ok(value.clone());
    }
    if value.ty == from && conversion(from, dtype).is_some() {
        return Ok(Operand { src: value.src.clone(), ty: dtype });
    }
    Err(cx
        .explain(Fail::new(codes::BAD_STORE, format!("a {from} cannot be stored as a {dtype}")), &[value])
        .help(format!("convert it first: x.astype('{dtype}')")))
}

/// `x.view(dtype)` of a scalar, or of an array whose items keep their size; `None` for the rest.
pub fn view(cx: &Cx<'_, '_>, obj: &Operand, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> R<Option<Typed>> {
    let array = obj.ty.as_array();
    let from = array.map_or(obj.plain(), |a| a.dtype);
    if !from.is_scalar() || (array.is_none() && from.itemsize() == Some(2) && from.as_float().is_some()) {
        return Ok(None);
    }
    let Ok(bound) = bind_names("view", &["dtype"], 1, args, kwargs) else { return Ok(None) };
    let Some(to) = bound[0].as_ref().and_then(|d| arrays::dtype_of(cx, d.ty)).filter(|t| t.is_scalar()) else { return Ok(None) };
    if to.itemsize() != from.itemsize() {
        if array.is_some() {
            return Ok(None);
        }
        let text = format!("Changing the dtype of a 0d array is only supported if the itemsize is unchanged: {from} has not the size of {to}");
        return Err(cx.explain(Fail::new(codes::NO_MATCH, text), &[obj]));
    }
    Ok(match array {
        Some(a) => Some(Typed::prim(Prim::ArrayCast, &[(obj, obj.ty)], Ty::new(TyKind::Array(ArrayTy { dtype: to, ..a })))),
        None if from.as_complex().is_some()
            || to.as_complex().is_some()
            || from == Ty::bool()
            || to == Ty::bool()
            || to.itemsize() == Some(2) && to.as_float().is_some() =>
        {
            None
        }
        None => Some(Typed::prim(Prim::Bitcast, &[(obj, from)], to)),
    })
}
