//! Indexing and slicing.

use super::tuples;
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::flow::definition;
use crate::ops::{calls, containers, displays, enums, instances, records, times};
use crate::typed::ArgSrc;
use looplift_builtins::{Prim, arith};
use looplift_hir::Op;
use looplift_types::{ArrayTy, Layout, SliceTy, Ty, TyKind};

/// The largest number of dimensions, as NumPy's.
const MAX_NDIM: usize = 64;

/// `slice(start, stop, step)`.
pub fn slice(cx: &Cx<'_, '_>, members: &[Operand; 3]) -> R {
    let mut types = [Ty::none(); 3];
    for (t, m) in types.iter_mut().zip(members) {
        *t = match m.ty.kind() {
            TyKind::None => m.ty,
            TyKind::Literal(_) if m.ty.as_lit_int().is_some() => m.ty,
            _ if arith::machine_int(m.plain()).is_some() => Ty::int64(),
            _ => return Err(cx.explain(Fail::new(codes::BAD_INDEX, format!("slice indices must be integers or None, not {}", m.ty)), &[m])),
        };
    }
    let ty = Ty::new(TyKind::Slice(SliceTy { start: types[0], stop: types[1], step: types[2] }));
    if types.iter().all(|t| t.is_none() || t.is_literal()) {
        return Ok(Typed::of_type(ty));
    }
    Ok(Typed::prim(Prim::MakeSlice, &[(&members[0], types[0]), (&members[1], types[1]), (&members[2], types[2])], ty))
}

/// One component of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Int,
    /// With a step?
    Slice(bool),
    Ellipsis,
    NewAxis,
}

/// The index split into components, each with the type it is converted to.
fn components(index: &Operand) -> Option<Vec<(Operand, Ty, Part)>> {
    let parts = match index.ty.kind() {
        TyKind::Tuple(_) => index.items()?,
        _ => vec![index.clone()],
    };
    parts
        .into_iter()
        .map(|o| {
            let (ty, part) = match o.ty.kind() {
                TyKind::None => (o.ty, Part::NewAxis),
                TyKind::Ellipsis => (o.ty, Part::Ellipsis),
                TyKind::Slice(s) => (o.ty, Part::Slice(!s.step.is_none())),
                TyKind::Literal(_) if o.ty.as_lit_int().is_some() => (o.ty, Part::Int),
                TyKind::Int(i) => (if i.signed { Ty::int64() } else { Ty::uint64() }, Part::Int),
                TyKind::Enum(e) if e.kind.is_int() => (Ty::int64(), Part::Int),
                TyKind::Optional(t) => (arith::machine_int(*t).filter(|_| *t != Ty::bool())?, Part::Int),
                _ => return None,
            };
            Some((o, ty, part))
        })
        .collect()
}

/// The array that indexing gives (of no dimensions for an element).
fn view(cx: &Cx<'_, '_>, array: &Operand, a: ArrayTy, parts: &[Part]) -> R<ArrayTy> {
    let consumed = parts.iter().filter(|p| matches!(p, Part::Int | Part::Slice(_))).count();
    if consumed > usize::from(a.ndim) {
        return Err(cx.explain(
            Fail::new(codes::BAD_INDEX, format!("too many indices for array: array is {}-dimensional, but {consumed} were indexed", a.ndim)),
            &[array],
        ));
    }
    if parts.iter().filter(|p| **p == Part::Ellipsis).count() > 1 {
        return Err(Fail::new(codes::BAD_INDEX, "an index can only have a single ellipsis ('...')"));
    }
    let ints = parts.iter().filter(|p| **p == Part::Int).count();
    let axes = parts.iter().filter(|p| **p == Part::NewAxis).count();
    let ndim = usize::from(a.ndim) - ints + axes;
    if ndim > MAX_NDIM {
        return Err(Fail::new(codes::BAD_INDEX, format!("number of dimensions must be within [0, {MAX_NDIM}], indexing result would have {ndim}")));
    }
    let layout = tuples::flat_layout(view_layout(a, parts, consumed), ndim);
    let layout = if ndim == 0 { Layout::C } else { layout };
    Ok(ArrayTy { ndim: ndim as u8, layout, ..a })
}

/// Numba's rule: a contiguous array stays so when the outer dimensions are indexed by integers and at most the last given one
/// by a slice without step.
///
/// A new axis has length one, which changes no contiguity.
fn view_layout(a: ArrayTy, parts: &[Part], consumed: usize) -> Layout {
    let parts: Vec<Part> = parts.iter().copied().filter(|p| *p != Part::NewAxis).collect();
    let dots = parts.iter().position(|p| *p == Part::Ellipsis);
    let full = consumed == usize::from(a.ndim);
    let (left, right): (&[Part], &[Part]) = match dots {
        Some(d) => (&parts[..d], &parts[d + 1..]),
        None => (&parts, &[]),
    };
    let keeps = |outer: &mut dyn Iterator<Item = Part>| {
        let outer: Vec<Part> = outer.collect();
        let last = outer.len().saturating_sub(1);
        outer.iter().enumerate().all(|(i, p)| match p {
            Part::Int => true,
            Part::Slice(step) => i == last && !step,
            Part::Ellipsis | Part::NewAxis => false,
        })
    };
    let all = || left.iter().chain(right).copied();
    let kept = match a.layout {
        Layout::A => false,
        Layout::C if full => keeps(&mut all()),
        Layout::C => right.is_empty() && keeps(&mut left.iter().copied()),
        Layout::F if full => keeps(&mut all().collect::<Vec<_>>().into_iter().rev()),
        // Without an ellipsis the last dimensions are the ones left out: physically the outermost.
        Layout::F => dots.is_some() && left.is_empty() && keeps(&mut right.iter().rev().copied()),
    };
    if kept { a.layout } else { Layout::A }
}

/// `obj[index]`.
pub fn get(cx: &mut Cx<'_, '_>, obj: &Operand, index: &Operand) -> R {
    if let Some(t) = containers::get(cx, obj, index)? {
        return Ok(t);
    }
    if let Some(t) = records::get_item(cx, obj, index)? {
        return Ok(t);
    }
    if matches!(obj.ty.kind(), TyKind::KwArgs(..)) {
        return displays::named(cx, obj, index);
    }
    if displays::is_list(obj) {
        return displays::get(cx, obj, index);
    }
    match obj.ty.kind() {
        // A class of named tuples may say what indexing its instances means.
        TyKind::NamedTuple(_) | TyKind::Instance(_) if instances::is_instance(cx, obj) => fancy(cx, obj, "__getitem__", std::slice::from_ref(index)),
        TyKind::NumberClass(t) => match containers::array_type(*t, index) {
            Some(t) => Ok(Typed::of_type(t)),
            None => fancy(cx, obj, "__getitem__", std::slice::from_ref(index)),
        },
        TyKind::Tuple(_) | TyKind::NamedTuple(_) => tuples::get(cx, obj, index),
        TyKind::Function(_) if let Some(t) = enums::by_name(cx, obj, index) => Ok(t),
        TyKind::Array(a) => {
            if let Some(t) = super::bytearrays::slice(cx, obj, index)? {
                return Ok(t);
            }
            let Some(parts) = components(index) else { return fancy(cx, obj, "__getitem__", std::slice::from_ref(index)) };
            let kinds: Vec<Part> = parts.iter().map(|p| p.2).collect();
            let v = view(cx, obj, *a, &kinds)?;
            // `a[...]` of an array without dimensions is that array.
            let element = v.ndim == 0 && (a.ndim > 0 || !kinds.contains(&Part::Ellipsis));
            let ty = if element { super::text::element_value(a.item()) } else { Ty::new(TyKind::Array(v)) };
            let mut operands = vec![(obj, obj.ty)];
            operands.extend(parts.iter().map(|p| (&p.0, p.1)));
            Ok(Typed::prim(Prim::GetItem, &operands, ty))
        }
        TyKind::Range(t) if arith::machine_int(index.plain()).is_some() => Ok(Typed::prim(Prim::RangeGetItem, &[(obj, obj.ty), (index, Ty::int64())], *t)),
        _ => match super::text::get(cx, obj, index)? {
            Some(t) => Ok(t),
            None => fancy(cx, obj, "__getitem__", std::slice::from_ref(index)),
        },
    }
}

/// The type that keeps an index from being one of an array: of a tuple's items the first that is no index.
fn misfit(index: &Operand) -> Ty {
    match index.ty.tuple_elems() {
        Some(elems) if elems.len() > 1 => {
            let unusual = |t: &&Ty| !matches!(t.kind(), TyKind::Int(_) | TyKind::Literal(_) | TyKind::Slice(_) | TyKind::Ellipsis | TyKind::None);
            elems.iter().find(unusual).copied().unwrap_or(index.ty)
        }
        _ => index.ty,
    }
}

/// How an indexed value shows itself: types as such.
fn of_type(cx: &Cx<'_, '_>, obj: &Operand) -> String {
    match cx.host().type_value(obj.ty) {
        Some(t) if !matches!(obj.ty.kind(), TyKind::NumberClass(_)) => format!("typeref[{t}]"),
        _ => obj.ty.to_string(),
    }
}

fn fancy(cx: &mut Cx<'_, '_>, obj: &Operand, method: &str, args: &[Operand]) -> R {
    if let Some(t) = calls::method(cx, obj, method, args, &[])? {
        return Ok(t);
    }
    let all: Vec<&Operand> = std::iter::once(obj).chain(args).collect();
    let text = match obj.ty.kind() {
        TyKind::Array(_) => format!("Unsupported array index type {} of {}", misfit(&args[0]), obj.ty),
        _ => format!("{} cannot be indexed with {}", obj.ty, args[0].ty),
    };
    let slice = |t: Ty| if matches!(t.kind(), TyKind::Slice(_)) { "slice<a:b>".to_owned() } else { t.to_string() };
    let signature = format!(
        "No implementation of function Function(<built-in function getitem>) found for signature:\n \n >>> getitem({}, {})",
        of_type(cx, obj),
        slice(args[0].ty)
    );
    let fail = Fail::new(codes::BAD_INDEX, text);
    let fail = if method == "__getitem__" { fail.note(signature, None) } else { fail };
    Err(cx.explain(if obj.ty.as_array().is_some() { fail.help("integers, slices, None and ... can be indices") } else { fail }, &all))
}

/// `del obj[index]`.
pub fn del(cx: &mut Cx<'_, '_>, obj: &Operand, index: &Operand) -> R {
    if let Some(fail) = displays::unchangeable(cx, obj) {
        return Err(fail);
    }
    match calls::method(cx, obj, "__delitem__", std::slice::from_ref(index), &[])? {
        Some(t) => Ok(t),
        None => {
            let fail = cx.explain(Fail::unsupported(format!("deleting an element of {}", obj.ty)), &[obj]);
            Err(if obj.ty.as_array().is_some() { fail.help(super::bytearrays::FIXED) } else { fail })
        }
    }
}

/// `obj[index] = value`.
pub fn set(cx: &mut Cx<'_, '_>, obj: &Operand, index: &Operand, value: &Operand) -> R {
    if let Some(fail) = displays::unchangeable(cx, obj) {
        return Err(fail);
    }
    if let Some(t) = containers::set(cx, obj, index, value)? {
        return Ok(t);
    }
    if let Some(t) = super::bytearrays::store(cx, obj, index, value)? {
        return Ok(t);
    }
    if let Some(name) = records::constant_name(cx, obj, index)?
        && let Some(t) = records::set(cx, obj, &name, value)?
    {
        return Ok(t);
    }
    let TyKind::Array(a) = obj.ty.kind() else {
        if obj.ty.tuple_elems().is_some() && !instances::is_instance(cx, obj) {
            return Err(cx.explain(Fail::new(codes::BAD_STORE, "tuples cannot be changed"), &[obj]).help("make a new tuple, or use an array"));
        }
        return fancy(cx, obj, "__setitem__", &[index.clone(), value.clone()]);
    };
    if let Some(whole) = flattened(cx, obj)
        && let Some(t) = calls::method(cx, &whole, "__set_flat_item__", &[index.clone(), value.clone()], &[])?
    {
        return Ok(t);
    }
    if a.readonly {
        return Err(cx
            .explain(Fail::new(codes::BAD_STORE, format!("Cannot modify readonly array of type: {}", obj.ty)), &[obj])
            .help("global arrays are constants in compiled code: pass the array as an argument"));
    }
    let Some(parts) = components(index) else { return fancy(cx, obj, "__setitem__", &[index.clone(), value.clone()]) };
    let kinds: Vec<Part> = parts.iter().map(|p| p.2).collect();
    let v = view(cx, obj, *a, &kinds)?;
    let value = &times::stored_in(cx, a.dtype, value)?;
    if v.ndim > 0
        && !records::storable(value.ty, a.dtype)
        && (value.ty.tuple_elems().is_some() || value.ty.as_list().is_some())
        && let Some(t) = calls::method(cx, obj, "__setitem__", &[index.clone(), value.clone()], &[])?
    {
        return Ok(t);
    }
    store(cx, obj, *a, v.ndim == 0, &parts.iter().map(|p| (&p.0, p.1)).collect::<Vec<_>>(), value)
}

/// The array of which `obj` is the attribute `flat`, where that is no view but a copy.
fn flattened(cx: &Cx<'_, '_>, obj: &Operand) -> Option<Operand> {
    let ArgSrc::Value(v) = &obj.src else { return None };
    let Op::GetAttr { obj: whole, name } = &cx.hir.insts[definition(cx.hir, *v)?].op else { return None };
    let whole = cx.operand(*whole).settled();
    let copied = whole.ty.as_array().is_some_and(|a| !a.readonly && a.layout != Layout::C);
    (&**name == "flat" && copied).then_some(whole)
}

/// Stores a scalar or an array through an index that is known to fit.
pub fn store(cx: &Cx<'_, '_>, obj: &Operand, a: ArrayTy, element: bool, parts: &[(&Operand, Ty)], value: &Operand) -> R {
    let scalar = value.plain();
    let lossy = |from: Ty, to: Ty| from.as_complex().is_some() && to.as_complex().is_none();
    let unstorable =
        || cx.explain(Fail::new(codes::BAD_STORE, format!("{} cannot be stored in {}", value.ty, if element { a.dtype } else { obj.ty })), &[value, obj]);
    let value_ty = match scalar.kind() {
        _ if matches!(a.dtype.kind(), TyKind::Record(_)) && records::storable(scalar, a.dtype) => a.dtype,
        _ if a.dtype.as_char_seq().is_some() && scalar == a.dtype.unliteral() => a.dtype,
        TyKind::Array(v) if v.dtype.as_char_seq().is_some() != a.dtype.as_char_seq().is_some() => return Err(unstorable()),
        TyKind::Array(v) if v.dtype.as_char_seq().is_some() && v.dtype.unliteral() != a.dtype.unliteral() => return Err(unstorable()),
        TyKind::Array(v) if v.dtype.as_char_seq().is_some() && (!element || v.ndim == 0) => scalar,
        _ if scalar.is_time() && scalar == a.dtype => a.dtype,
        _ if scalar.is_number() && a.dtype.is_number() && !lossy(scalar, a.dtype) => a.dtype,
        TyKind::Array(v) if (v.dtype == a.dtype || (v.dtype.is_number() && a.dtype.is_number())) && !lossy(v.dtype, a.dtype) && (!element || v.ndim == 0) => {
            scalar
        }
        _ => return Err(unstorable()),
    };
    let mut operands = vec![(obj, obj.ty)];
    operands.extend_from_slice(parts);
    operands.push((value, value_ty));
    Ok(Typed::prim(Prim::SetItem, &operands, Ty::none()))
}
