//! Lists, sets and dicts.
//!
//! The element type of a container that a display, a comprehension or `list()` makes is what is put into it anywhere in the
//! function: each rule that puts something in *asks* for an element type ([`want`]), and the dataflow hands the request to the
//! instructions that made the container ([`crate::flow::Flow::refine`]), which are then typed again with the larger type as a hint.
//! A container whose elements are never known is an error; operations that need to know wait (their type is bottom).

use super::iters;
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed, type_list};
use crate::typed::{ArgSrc, Made, Resolution};
use looplift_builtins::{Prim, arith};
use looplift_types::element::{code, is_hashable};
use looplift_types::{Flavour, Layout, Ty, TyKind, View, conversion, join};

/// Containers nested deeper are refused: a container put into itself has no type.
const MAX_DEPTH: u32 = 16;

type Kwargs = [(Box<str>, Operand)];

fn depth(t: Ty) -> u32 {
    t.container_parts().map_or(0, |parts| 1 + parts.into_iter().map(depth).max().unwrap_or(0))
}

/// An element type as it is stored.
pub fn stored(t: Ty) -> Ty {
    let t = t.unliteral();
    if t.flavour() == Some(Flavour::Reflected)
        && let Some(parts) = t.container_parts()
    {
        return t.with_parts(&parts, Flavour::Plain);
    }
    t
}

/// The common type of elements; `what` names the container.
pub fn common(cx: &Cx<'_, '_>, what: &str, types: impl IntoIterator<Item = Ty>) -> R<Ty> {
    let mut out = Ty::bottom();
    for t in types {
        let t = stored(t);
        out = match join(out, t) {
            Some(j) => j,
            None => {
                return Err(Fail::new(
                    codes::MIXED_ELEMENTS,
                    format!("Cannot refine type {out}: the elements of a {what} have one type, and no type holds {out} and {t}"),
                )
                .note(no_cast(t, out), None)
                .help("use a tuple for values of different types"));
            }
        };
    }
    if depth(out) >= MAX_DEPTH {
        return Err(Fail::new(codes::MIXED_ELEMENTS, format!("a {what} that contains itself has no type")));
    }
    if !out.is_bottom() && !out.is_unfinished() && code(out).is_none() {
        return Err(Fail::new(codes::MIXED_ELEMENTS, format!("values of type {out} cannot be elements of a {what}")));
    }
    let _ = cx;
    Ok(out)
}

fn keyed(t: Ty, what: &str) -> R<()> {
    if t.is_bottom() || t.is_unfinished() || is_hashable(t) {
        return Ok(());
    }
    Err(Fail::new(codes::MIXED_ELEMENTS, format!("unhashable type: values of type {t} cannot be {what}")))
}

/// Asks that the container `o` be made with the element types of `ty`.
pub fn want(cx: &mut Cx<'_, '_>, o: &Operand, ty: Ty) {
    if let ArgSrc::Value(v) = o.src
        && o.ty != ty
        && ty.container_parts().is_some()
    {
        cx.wants.push((v, ty));
    }
}

/// A value that becomes an element of type `elem`: if it is a container, it is made as one.
fn settle(cx: &mut Cx<'_, '_>, o: &Operand, elem: Ty) {
    if o.ty.container_parts().is_some() && stored(o.ty) != elem {
        want(cx, o, elem);
    }
}

/// Element types after putting values of these types in; asks for them where they are new. The types that the values convert to.
fn put(cx: &mut Cx<'_, '_>, c: &Operand, what: &str, values: &[(Ty, Option<&Operand>)]) -> R<Ty> {
    let parts = c.ty.container_parts().unwrap_or_default();
    let flavour = c.ty.flavour().unwrap_or(Flavour::Plain);
    let mut new = Vec::new();
    for (p, v) in parts.iter().zip(values) {
        if conversion(stored(v.0), *p).is_some_and(|d| d <= looplift_types::Distance::Safe) && !p.is_unfinished() {
            new.push(*p);
            continue;
        }
        match common(cx, what, [*p, v.0]) {
            Ok(t) => new.push(t),
            // A number that does not fit without loss is left to the conversion.
            Err(_) if conversion(stored(v.0), *p).is_some() => new.push(*p),
            Err(e) => return Err(cx.explain(e, &[c])),
        }
    }
    let ty = c.ty.with_parts(&new, flavour);
    if ty != c.ty {
        // Containers that come from elsewhere keep their type: then the value is converted, if it can be without loss.
        want(cx, c, ty);
    }
    for (p, v) in new.iter().zip(values) {
        if let Some(o) = v.1 {
            settle(cx, o, *p);
        }
    }
    Ok(ty)
}

/// Why a value cannot become an element.
fn no_cast(from: Ty, to: Ty) -> String {
    if to.is_number() { format!("cannot safely cast {from} to {to}") } else { format!("Cannot cast {from} to {to}: there is no conversion") }
}

/// Whether a value may become an element: exactly, wider, or as another kind of number without loss.
fn fits(cx: &Cx<'_, '_>, v: &Operand, elem: Ty) -> R<()> {
    if elem.is_bottom() || v.ty.is_unfinished() || elem.is_unfinished() {
        return Ok(());
    }
    let lossy = |a: Ty, b: Ty| {
        let (a, b) = (a.unliteral(), b);
        (a.as_float().is_some() && (b.as_int().is_some() || b == Ty::bool())) || (a.as_complex().is_some() && b.as_complex().is_none())
    };
    match conversion(stored(v.ty), elem) {
        Some(_) if !lossy(v.ty, elem) => Ok(()),
        Some(_) => Err(cx.explain(Fail::new(codes::BAD_STORE, format!("cannot safely cast {} to {elem}", v.ty.unliteral())), &[v])),
        None => Err(cx.explain(Fail::new(codes::BAD_STORE, no_cast(v.ty.unliteral(), elem)), &[v])),
    }
}

/// A value that is stored where values have type `ty`: a container is made as one of that type, numbers widen.
pub fn becomes(cx: &mut Cx<'_, '_>, v: &Operand, ty: Ty) -> R<()> {
    settle(cx, v, ty);
    fits(cx, v, ty)
}

/// The container type with the hint that the dataflow holds for this instruction.
fn hinted(cx: &Cx<'_, '_>, ty: Ty) -> Ty {
    match cx.inst.and_then(|i| cx.flow.hints[i]) {
        Some(h) => join(ty, h).map_or(ty, |t| t.with_parts(&t.container_parts().unwrap_or_default(), ty.flavour().unwrap_or(Flavour::Plain))),
        None => ty,
    }
}

// ---- making ---------------------------------------------------------------------------------------------------------

/// `[a, b, …]`.
pub fn build_list(cx: &mut Cx<'_, '_>, items: &[Operand]) -> R {
    let elem = common(cx, "list", items.iter().map(|i| i.ty))?;
    let ty = hinted(cx, Ty::list(elem, Flavour::Plain));
    let elem = ty.as_list().map_or(elem, |l| l.elem);
    items.iter().for_each(|i| settle(cx, i, elem));
    Ok(Typed::prim(Prim::NewList, &items.iter().map(|i| (i, elem)).collect::<Vec<_>>(), ty))
}

/// A variable that functions share: a list of no element until it is assigned to.
pub fn build_cell(cx: &mut Cx<'_, '_>, items: &[Operand]) -> R {
    let elem = common(cx, "variable that functions share", items.iter().map(|i| i.ty))?;
    let ty = hinted(cx, Ty::list(elem, Flavour::Cell));
    let elem = ty.as_list().map_or(elem, |l| l.elem);
    items.iter().for_each(|i| settle(cx, i, elem));
    Ok(Typed::prim(Prim::NewList, &items.iter().map(|i| (i, elem)).collect::<Vec<_>>(), ty))
}

/// The value of such a variable.
pub fn load_cell(cell: &Operand) -> Typed {
    let Some(l) = cell.ty.as_list().filter(|l| !l.elem.is_bottom()) else { return Typed::of_type(Ty::bottom()) };
    Typed::prim(Prim::ListGetItem, &[(cell, cell.ty), (&Operand::lit_int(0), Ty::int64())], l.elem)
}

/// `{a, b, …}`.
pub fn build_set(cx: &mut Cx<'_, '_>, items: &[Operand]) -> R {
    let elem = common(cx, "set", items.iter().map(|i| i.ty))?;
    let ty = hinted(cx, Ty::set(elem, Flavour::Plain));
    let elem = ty.as_set().map_or(elem, |l| l.elem);
    keyed(elem, "items of a set")?;
    Ok(Typed::prim(Prim::NewTable, &items.iter().map(|i| (i, elem)).collect::<Vec<_>>(), ty))
}

/// `{k: v, …}`, keys and values alternating.
pub fn build_dict(cx: &mut Cx<'_, '_>, items: &[Operand]) -> R {
    let key = common(cx, "dict", items.iter().step_by(2).map(|i| i.ty))?;
    let value = match common(cx, "dict", items.iter().skip(1).step_by(2).map(|i| i.ty)) {
        Ok(v) => v,
        // Values of several types under names: a bundle that cannot be changed (Numba's `LiteralStrKeyDict`).
        Err(e) => return named_values(items).ok_or(e),
    };
    // As in Numba, a dict that compiled code makes is a `typed.Dict`.
    let ty = hinted(cx, Ty::dict(key, value, Flavour::Typed));
    let Some(d) = ty.as_dict() else { return Err(Fail::new(codes::INTERNAL, "a dict's type")) };
    keyed(d.key, "keys of a dict")?;
    items.iter().skip(1).step_by(2).for_each(|i| settle(cx, i, d.value));
    let operands: Vec<(&Operand, Ty)> = items.iter().enumerate().map(|(n, i)| (i, if n % 2 == 0 { d.key } else { d.value })).collect();
    Ok(Typed::prim(Prim::NewTable, &operands, ty))
}

/// A bundle of values under constant texts.
fn named_values(items: &[Operand]) -> Option<Typed> {
    let named = super::displays::names_of(items)?;
    let values: Vec<(&Operand, Ty)> = named.iter().map(|(_, o)| (o, o.ty)).collect();
    let ty = Operand::names(&named).ty;
    Some(Typed::prim(Prim::BuildTuple, &values, ty))
}

/// An empty container of the kind and flavour of `ty` (its elements may be unknown).
pub fn empty(cx: &mut Cx<'_, '_>, ty: Ty) -> R {
    let ty = hinted(cx, ty);
    if let Some(d) = ty.as_dict() {
        keyed(d.key, "keys of a dict")?;
    }
    Ok(Typed::prim(if ty.as_list().is_some() { Prim::NewList } else { Prim::NewTable }, &[], ty))
}

/// A typed container of given element types: `List.empty_list(T)`, `Dict.empty(K, V)`, `Set.empty(T)`.
pub fn declared(cx: &mut Cx<'_, '_>, empty: Ty, args: &[Operand], kwargs: &Kwargs) -> R {
    let names: &[&str] = match empty.kind() {
        TyKind::Dict(_) => &["key_type", "value_type", "n_keys"],
        TyKind::List(_) => &["item_type", "allocated"],
        _ => &["item_type", "n_keys"],
    };
    let count = names.len() - 1;
    let bound = crate::bind::bind_names("empty", names, count, args, kwargs).map_err(|text| Fail::new(codes::BAD_ARGUMENTS, text))?;
    let mut parts = Vec::new();
    for o in bound[..count].iter().flatten() {
        match type_argument(cx, o) {
            Some(t) => parts.push(common(cx, "container", [t])?),
            None => return Err(cx.explain(Fail::new(codes::BAD_ARGUMENTS, format!("a type is expected, not {}", o.ty)), &[o])),
        }
    }
    let ty = empty.with_parts(&parts, Flavour::Typed);
    if empty.as_list().is_none() {
        if empty.as_dict().is_some() {
            forbidden(parts[0], "key")?;
            forbidden(parts[1], "value")?;
        }
        keyed(parts[0], "keys")?;
    }
    let room = bound[count].as_ref().filter(|o| empty.as_list().is_some() && o.plain().as_int().is_some());
    Ok(Typed::prim(Prim::NewTyped, &room.map(|o| (o, Ty::int64())).into_iter().collect::<Vec<_>>(), ty))
}

/// Lists and sets of Python are copied when they come and go, so that a dict that is shared with Python cannot hold them.
fn forbidden(t: Ty, what: &str) -> R<()> {
    let copied = (t.as_list().is_some() || t.as_set().is_some()) && t.flavour() != Some(Flavour::Typed);
    if !copied {
        return Ok(());
    }
    let other = if t.as_list().is_some() { "ListType" } else { "SetType" };
    Err(Fail::new(codes::MIXED_ELEMENTS, format!("{t} as {what} is forbidden"))
        .help(format!("looplift.types.{other} is the type of lists and sets that are shared")))
}

/// The type that an argument names.
pub fn type_argument(cx: &Cx<'_, '_>, o: &Operand) -> Option<Ty> {
    match o.ty.kind() {
        TyKind::NumberClass(t) => Some(*t),
        TyKind::Function(_) => match &*cx.host().qualname(o.ty)? {
            "builtins.int" => Some(Ty::int64()),
            "builtins.float" => Some(Ty::float64()),
            "builtins.bool" => Some(Ty::bool()),
            "builtins.complex" => Some(Ty::complex128()),
            "builtins.str" => Some(Ty::str()),
            _ => None,
        },
        _ => cx.host().type_value(o.ty),
    }
}

/// `float64[:, ::1]` in compiled code.
pub fn array_type(dtype: Ty, index: &Operand) -> Option<Ty> {
    let parts: Vec<Ty> = match index.ty.tuple_elems() {
        Some(e) => e.to_vec(),
        None => vec![index.ty],
    };
    let mut unit = Vec::new();
    for p in &parts {
        let TyKind::Slice(s) = p.kind() else { return None };
        let plain = s.start.is_none() && s.stop.is_none() && (s.step.is_none() || s.step.as_lit_int() == Some(1));
        unit.push(plain.then_some(!s.step.is_none())?);
    }
    let layout = match (unit.iter().filter(|u| **u).count(), unit.first(), unit.last()) {
        (0, ..) => Layout::A,
        (1, _, Some(true)) => Layout::C,
        (1, Some(true), _) => Layout::F,
        _ => return None,
    };
    dtype.itemsize()?;
    Some(Ty::new(TyKind::NumberClass(Ty::array(dtype, u8::try_from(unit.len()).ok()?, layout))))
}

/// `list(x)`, `set(x)` of an iterable: `ty` is the empty container's type.
pub fn from_iterable(cx: &mut Cx<'_, '_>, ty: Ty, x: &Operand) -> R {
    if x.ty.is_unfinished() {
        return Ok(Typed::of_type(Ty::bottom()));
    }
    let (param, item) = iterable(cx, x)?;
    let ty = match ty.kind() {
        TyKind::Dict(d) => match stored(item).tuple_elems() {
            Some(&[k, v]) => {
                let (k, v) = (common(cx, "dict", [d.key, k])?, common(cx, "dict", [d.value, v])?);
                Ty::dict(k, v, d.flavour)
            }
            _ => {
                return Err(cx.explain(Fail::new(codes::NO_MATCH, format!("dict() takes pairs of key and value, not {item}")), &[x]));
            }
        },
        TyKind::Set(s) => Ty::set(common(cx, "set", [s.elem, item])?, s.flavour),
        _ => Ty::list(common(cx, "list", [ty.as_list().map_or(Ty::bottom(), |l| l.elem), item])?, ty.flavour().unwrap_or(Flavour::Plain)),
    };
    let ty = hinted(cx, ty);
    if let Some(parts) = ty.container_parts().filter(|_| ty.as_list().is_none()) {
        keyed(parts[0], "keys")?;
    }
    Ok(Typed::prim(Prim::FromIterable, &[(x, param)], ty))
}

/// What an iterable is converted to, and the type of its items.
fn iterable(cx: &Cx<'_, '_>, x: &Operand) -> R<(Ty, Ty)> {
    if x.ty.tuple_elems().is_some_and(<[Ty]>::is_empty) {
        return Ok((x.ty, Ty::bottom()));
    }
    let (param, iter) = iters::iterator_of(cx, x)?;
    match iters::item_type(iter) {
        Some(t) => Ok((param, t)),
        None => Err(cx.explain(Fail::new(codes::NOT_ITERABLE, format!("{} cannot be iterated", x.ty)), &[x])),
    }
}

// ---- putting in -----------------------------------------------------------------------------------------------------

/// `c.append(value)`; gives None.
pub fn append(cx: &mut Cx<'_, '_>, list: &Operand, value: &Operand) -> R {
    let said = if list.ty.flavour() == Some(Flavour::Cell) {
        "a variable that inner functions assign to has one type, which the function that it is of tells".to_owned()
    } else {
        format!("Invalid use of BoundFunction(list.append for {}) with parameters ({})", list.ty, value.ty.unliteral())
    };
    appended(cx, list, value).map_err(|e| e.note(said, None))
}

fn appended(cx: &mut Cx<'_, '_>, list: &Operand, value: &Operand) -> R {
    let ty = put(cx, list, "list", &[(value.ty, Some(value))])?;
    let elem = ty.as_list().map_or(value.ty, |l| l.elem);
    if ty != list.ty && !can_refine(cx, list) {
        let own = list.ty.as_list().map_or(elem, |l| l.elem);
        fits(cx, value, own)?;
        return Ok(Typed::prim(Prim::ListAppend, &[(list, list.ty), (value, own)], Ty::none()));
    }
    fits(cx, value, elem)?;
    Ok(Typed::prim(Prim::ListAppend, &[(list, ty), (value, elem)], Ty::none()))
}

/// Whether a request for other elements reaches who made the container.
fn can_refine(cx: &Cx<'_, '_>, c: &Operand) -> bool {
    matches!(c.src, ArgSrc::Value(v) if cx.makers(cx.flow.holder(cx.hir, v, c.ty).0).is_some())
}

/// `list.extend(x)` and `list += x`; gives `ret`.
pub fn extend(cx: &mut Cx<'_, '_>, list: &Operand, x: &Operand, gives_list: bool) -> R {
    let result = |t: Ty| if gives_list { t } else { Ty::none() };
    if x.ty.is_unfinished() {
        // Both are made of the same elements, whatever these are.
        if x.ty.as_list().is_some() {
            want(cx, x, x.ty.with_parts(&list.ty.container_parts().unwrap_or_default(), Flavour::Plain));
        }
        return Ok(Typed { ty: result(list.ty), res: Typed::copy(list, list.ty).res });
    }
    let (param, item) = iterable(cx, x).map_err(|e| e.note("extend argument must be iterable", None))?;
    let ty = if item.is_bottom() { list.ty } else { put(cx, list, "list", &[(item, None)])? };
    let ty = if ty != list.ty && !can_refine(cx, list) { list.ty } else { ty };
    fits(cx, &Operand { src: x.src.clone(), ty: item }, ty.as_list().map_or(item, |l| l.elem))?;
    Ok(Typed::prim(Prim::ListExtend, &[(list, ty), (x, param)], result(ty)))
}

/// `set.add(x)`.
pub fn add(cx: &mut Cx<'_, '_>, set: &Operand, value: &Operand) -> R {
    let ty = put(cx, set, "set", &[(value.ty, None)])?;
    let ty = if ty != set.ty && !can_refine(cx, set) { set.ty } else { ty };
    let elem = ty.as_set().map_or(value.ty, |s| s.elem);
    keyed(elem, "items of a set")?;
    fits(cx, value, elem)?;
    Ok(Typed::prim(Prim::SetAdd, &[(set, ty), (value, elem)], Ty::none()))
}

/// `d[k] = v`.
pub fn store(cx: &mut Cx<'_, '_>, dict: &Operand, key: &Operand, value: &Operand) -> R {
    let ty = put(cx, dict, "dict", &[(key.ty, None), (value.ty, Some(value))])?;
    let ty = if ty != dict.ty && !can_refine(cx, dict) { dict.ty } else { ty };
    let Some(d) = ty.as_dict() else { return Err(Fail::new(codes::INTERNAL, "a dict's type")) };
    keyed(d.key, "keys of a dict")?;
    fits(cx, key, d.key)?;
    fits(cx, value, d.value)?;
    Ok(Typed::prim(Prim::DictSet, &[(dict, ty), (key, d.key), (value, d.value)], Ty::none()))
}

/// `container.update(other)` and `|=` inside a display: all of another container or iterable put in.
pub fn update(cx: &mut Cx<'_, '_>, c: &Operand, other: &Operand) -> R {
    let display = cx.inst.is_some_and(|i| matches!(cx.hir.insts[i].op, looplift_hir::Op::DictUpdate { .. }));
    if display && matches!(other.ty.kind(), TyKind::KwArgs(..)) {
        return Err(cx
            .explain(Fail::new(codes::SCATTERED, "a large dict of values of several types, built with control flow between them, cannot be compiled"), &[other])
            .help("You can resolve this issue by moving the control flow out: compute the values first"));
    }
    if other.ty.is_unfinished() {
        want(cx, other, c.ty);
        return Ok(Typed::of_type(Ty::none()));
    }
    let source = match other.ty.kind() {
        TyKind::Dict(d) if c.ty.as_dict().is_some() => {
            let items = Ty::new(TyKind::DictView(other.ty, View::Items));
            (items, Ty::tuple([d.key, d.value]))
        }
        _ => iterable(cx, other)?,
    };
    let (param, item) = source;
    let values: Vec<(Ty, Option<&Operand>)> = match (c.ty.kind(), stored(item).tuple_elems()) {
        (TyKind::Dict(_), Some(&[k, v])) => vec![(k, None), (v, None)],
        (TyKind::Dict(_), _) if item.is_bottom() => vec![],
        (TyKind::Dict(_), _) => {
            return Err(cx.explain(Fail::new(codes::NO_MATCH, format!("dict.update() takes pairs of key and value, not {item}")), &[other]));
        }
        _ if item.is_bottom() => vec![],
        _ => vec![(item, None)],
    };
    let ty = if values.is_empty() { c.ty } else { put(cx, c, "container", &values)? };
    let ty = if ty != c.ty && !can_refine(cx, c) { c.ty } else { ty };
    for (p, v) in ty.container_parts().unwrap_or_default().into_iter().zip(&values) {
        fits(cx, &Operand { src: other.src.clone(), ty: v.0 }, p)?;
    }
    Ok(Typed::prim(Prim::Update, &[(c, ty), (other, param)], Ty::none()))
}

// ---- access ---------------------------------------------------------------------------------------------------------

/// `obj[index]` of a list by an integer; `None` for everything that the library knows.
pub fn get(cx: &mut Cx<'_, '_>, obj: &Operand, index: &Operand) -> R<Option<Typed>> {
    if let Some(t) = super::collections::get(cx, obj, index)? {
        return Ok(Some(t));
    }
    if obj.ty.is_unfinished() && !matches!(obj.ty.kind(), TyKind::Tuple(_)) {
        // A container that is still empty itself can be filled all the same, which tells what the outer one holds.
        let inner = match obj.ty.kind() {
            TyKind::Dict(d) if !d.key.is_bottom() => d.value,
            TyKind::List(l) if arith::machine_int(index.plain()).is_some() => l.elem,
            _ => Ty::bottom(),
        };
        return Ok(Some(Typed::of_type(if inner.container_parts().is_some() { inner } else { Ty::bottom() })));
    }
    match obj.ty.kind() {
        TyKind::List(l) if arith::machine_int(index.plain()).is_some() => {
            Ok(Some(Typed::prim(Prim::ListGetItem, &[(obj, obj.ty), (index, Ty::int64())], l.elem)))
        }
        TyKind::Dict(d) if conversion(index.ty, d.key).is_some() => {
            fits(cx, index, d.key)?;
            Ok(None)
        }
        _ => Ok(None),
    }
}

/// `obj[index] = value`.
pub fn set(cx: &mut Cx<'_, '_>, obj: &Operand, index: &Operand, value: &Operand) -> R<Option<Typed>> {
    match obj.ty.kind() {
        TyKind::List(_) if arith::machine_int(index.plain()).is_some() => {
            let elem_text = obj.ty.as_list().map_or(obj.ty, |l| l.elem);
            let said = |e: Box<Fail>| e.note(format!("invalid setitem with value of {} to element of {elem_text}", value.ty.unliteral()), None);
            let ty = put(cx, obj, "list", &[(value.ty, Some(value))]).map_err(said)?;
            let ty = if ty != obj.ty && !can_refine(cx, obj) { obj.ty } else { ty };
            let elem = ty.as_list().map_or(value.ty, |l| l.elem);
            fits(cx, value, elem).map_err(said)?;
            Ok(Some(Typed::prim(Prim::ListSetItem, &[(obj, ty), (index, Ty::int64()), (value, elem)], Ty::none())))
        }
        TyKind::Dict(_) => store(cx, obj, index, value).map(Some),
        _ => Ok(None),
    }
}

/// Methods that the compiler knows; before the library is asked, what they put in is made known.
pub fn method(cx: &mut Cx<'_, '_>, obj: &Operand, name: &str, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    let done = |t: Typed| Ok(Some(t));
    if let (TyKind::Dict(d), [key, rest @ ..]) = (obj.ty.kind(), args)
        && matches!(name, "get" | "pop" | "setdefault" | "__contains__" | "__not_contains__" | "__getitem__" | "__delitem__")
    {
        fits(cx, key, d.key)?;
        if let [default] = rest
            && !default.ty.is_none()
            && !(name == "setdefault" && can_refine(cx, obj))
        {
            fits(cx, default, d.value)?;
        }
    }
    if super::collections::is_change_of_frozen(obj.ty, name) {
        return Err(super::attrs::missing(cx, obj, name));
    }
    match (obj.ty.kind(), name, args) {
        _ if !kwargs.is_empty() => {}
        (TyKind::List(l), "appendleft", [v]) if l.flavour == Flavour::Deque => {
            put(cx, obj, "deque", &[(v.ty, Some(v))])?;
        }
        (TyKind::List(l), "extendleft", [x]) if l.flavour == Flavour::Deque && !x.ty.is_unfinished() => {
            let (_, item) = iterable(cx, x)?;
            put(cx, obj, "deque", &[(item, None)])?;
        }
        (TyKind::Dict(d), "update", [_]) if d.flavour == Flavour::Counter => {}
        (TyKind::List(_), "append", [v]) => return append(cx, obj, v).map(Some),
        (TyKind::List(_), "extend", [x]) => return extend(cx, obj, x, false).map(Some),
        (TyKind::List(_), "insert", [_, v]) => {
            put(cx, obj, "list", &[(v.ty, Some(v))])?;
        }
        (TyKind::Set(_), "add", [v]) => return add(cx, obj, v).map(Some),
        (TyKind::Set(_), "update", _) if args.len() == 1 => return update(cx, obj, &args[0]).map(Some),
        (TyKind::Dict(_), "update", [x]) => return update(cx, obj, x).map(Some),
        (TyKind::Dict(_), "setdefault", [k, v]) => {
            put(cx, obj, "dict", &[(k.ty, None), (v.ty, Some(v))])?;
        }
        // What an empty dict would give is what will be put in.
        (TyKind::Dict(_), "get", [k, v]) if obj.ty.is_unfinished() && !v.ty.is_none() && can_refine(cx, obj) => {
            put(cx, obj, "dict", &[(k.ty, None), (v.ty, Some(v))])?;
        }
        (TyKind::Dict(_), "keys", []) => return done(view(obj, View::Keys)),
        (TyKind::Dict(_), "values", []) => return done(view(obj, View::Values)),
        (TyKind::Dict(_), "items", []) => return done(view(obj, View::Items)),
        (TyKind::List(_), "__len__", []) => return done(Typed::prim(Prim::ListLen, &[(obj, obj.ty)], Ty::int64())),
        (TyKind::Set(_) | TyKind::Dict(_) | TyKind::DictView(..), "__len__", []) => {
            return done(Typed::prim(Prim::TableLen, &[(obj, obj.ty)], Ty::int64()));
        }
        _ => {}
    }
    Ok(None)
}

fn view(dict: &Operand, v: View) -> Typed {
    Typed::prim(Prim::ContainerCast, &[(dict, dict.ty)], Ty::new(TyKind::DictView(dict.ty, v)))
}

/// `a, b = list`.
pub fn unpack(list: &Operand, count: usize) -> Option<Typed> {
    let l = list.ty.as_list()?;
    let lit = Operand::lit_int(count as i64);
    Some(Typed::prim(Prim::UnpackList, &[(list, list.ty), (&lit, lit.ty)], Ty::tuple(vec![l.elem; count])))
}

// ---- functions ------------------------------------------------------------------------------------------------------

/// `list()`, `list(x)` and the like; `ty` is the empty container's type.
pub fn construct(cx: &mut Cx<'_, '_>, ty: Ty, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    match (args, kwargs) {
        ([], []) => empty(cx, ty).map(Some),
        ([x], []) => {
            // A dict of a dict is one of its items.
            if ty.as_dict().is_some() && x.ty.as_dict().is_some() {
                let v = Operand { src: x.src.clone(), ty: x.ty };
                let TyKind::Dict(d) = x.ty.kind() else { return Ok(None) };
                if d.key.is_bottom() {
                    return Ok(Some(Typed::of_type(Ty::bottom())));
                }
                let out = hinted(cx, Ty::dict(d.key, d.value, ty.flavour().unwrap_or(Flavour::Plain)));
                return Ok(Some(Typed::prim(Prim::FromIterable, &[(&v, Ty::new(TyKind::DictView(x.ty, View::Items)))], out)));
            }
            from_iterable(cx, ty, x).map(Some)
        }
        _ => Ok(None),
    }
}

/// `looplift.typed.List(…)`.
pub fn construct_list(cx: &mut Cx<'_, '_>, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    let bad = |text: String| Err(Fail::new(codes::BAD_ARGUMENTS, text));
    match (args, kwargs) {
        (_, [_, ..]) => bad("List() takes no keyword arguments".into()),
        ([_, _, ..], _) => bad(format!("List() expected at most 1 argument, got {}", args.len())),
        // An array without dimensions holds one element.
        ([x], _) if x.ty.as_array().is_some_and(|a| a.ndim == 0) => {
            let element = super::index::get(cx, x, &Operand::tuple(&[]))?;
            let Resolution::Prim { prim, args, params } = element.res else { return Ok(None) };
            let item = Operand { ty: element.ty, src: ArgSrc::Made(Box::new(Made { prim, args, params, ty: element.ty })) };
            let ty = Ty::list(common(cx, "list", [item.ty])?, Flavour::Typed);
            Ok(Some(Typed::prim(Prim::NewList, &[(&item, element.ty)], ty)))
        }
        _ => construct(cx, Ty::list(Ty::bottom(), Flavour::Typed), args, kwargs).map_err(|e| match e.code.code {
            c if c == codes::NOT_ITERABLE.code => e.note("List() argument must be iterable", None),
            _ => e,
        }),
    }
}

/// A primitive that the library calls by name.
pub fn primitive(cx: &mut Cx<'_, '_>, prim: Prim, name: &str, args: &[Operand]) -> R {
    if prim == Prim::NewInstance {
        return super::members::make(cx, args);
    }
    let bad = || Fail::new(codes::INTERNAL, format!("{name} does not take ({})", type_list(args.iter().map(|a| a.ty))));
    let Some((c, rest)) = args.split_first() else { return Err(bad()) };
    let parts = match c.ty.kind() {
        TyKind::DictView(d, _) => d.container_parts(),
        _ => c.ty.container_parts(),
    };
    let (Some(parts), int) = (parts, Ty::int64()) else { return Err(bad()) };
    if prim == Prim::ContainerCast {
        // All containers are one reference: the library answers for what the memory holds.
        return match rest {
            [t] => match type_argument(cx, t) {
                Some(to) if to.container_parts().is_some() => Ok(Typed::prim(prim, &[(c, c.ty)], to)),
                _ => Err(bad()),
            },
            _ => Err(bad()),
        };
    }
    let (first, last) = (parts[0], parts[parts.len() - 1]);
    let (params, ret): (Vec<Ty>, Ty) = match prim {
        Prim::ListLike => (vec![int], stored(c.ty)),
        Prim::ListSplice => (vec![int, int, rest.get(2).map_or(c.ty, |s| s.ty), int, int, int], Ty::none()),
        Prim::ListSort => (vec![Ty::bool()], Ty::none()),
        Prim::ListState => (vec![int], int),
        Prim::TableLike => (vec![], stored(c.ty)),
        Prim::TableFind | Prim::TableInsert => (vec![first], int),
        Prim::TableKey => (vec![int], first),
        Prim::TableValue => (vec![int], last),
        Prim::TableStore => (vec![int, last], Ty::none()),
        Prim::TableNext => (vec![int], int),
        Prim::TableLast => (vec![], int),
        Prim::TableDelete => (vec![int], Ty::none()),
        Prim::TableClear => (vec![], Ty::none()),
        _ => return Err(bad()),
    };
    if params.len() != rest.len() {
        return Err(bad());
    }
    let operands: Vec<(&Operand, Ty)> = std::iter::once((c, c.ty)).chain(rest.iter().zip(params)).collect();
    Ok(Typed::prim(prim, &operands, ret))
}

/// The dataflow's error for a container whose elements are not known where they must be.
pub fn unknown_elements(ty: Ty) -> Box<Fail> {
    let what = match ty.kind() {
        TyKind::List(_) => "list",
        TyKind::Set(_) => "set",
        _ => "dict",
    };
    Fail::new(codes::UNKNOWN_ELEMENTS, format!("the element type of this empty {what} cannot be inferred: nothing is ever put into it"))
        .help(format!("say what it holds, as in `looplift.typed.List.empty_list(types.int64)`, or fill the {what} in this function"))
}

/// The container type with int64 for every element type that is not known.
pub fn filled(ty: Ty) -> Ty {
    match ty.container_parts() {
        Some(parts) => {
            let parts: Vec<Ty> = parts.into_iter().map(|p| if p.is_bottom() { Ty::int64() } else { filled(p) }).collect();
            ty.with_parts(&parts, ty.flavour().unwrap_or(Flavour::Plain))
        }
        None => ty,
    }
}

/// Arguments for a function of the library: an iterator, which cannot be passed, as the list of its items.
pub fn listed(cx: &mut Cx<'_, '_>, args: &[Operand]) -> R<Option<Vec<Operand>>> {
    if !args.iter().any(|a| matches!(a.ty.kind(), TyKind::Iter(_))) {
        return Ok(None);
    }
    let mut out = Vec::new();
    for a in args {
        out.push(if matches!(a.ty.kind(), TyKind::Iter(_)) {
            let list = as_list(cx, a)?;
            if list.ty.is_unfinished() {
                return Ok(Some(vec![list]));
            }
            list
        } else {
            a.clone()
        });
    }
    Ok(Some(out))
}

/// The list of what an iterable gives; one of unknown elements as long as they are not known.
pub fn as_list(cx: &mut Cx<'_, '_>, a: &Operand) -> R<Operand> {
    let t = from_iterable(cx, Ty::list(Ty::bottom(), Flavour::Plain), a)?;
    Ok(match t.res {
        Resolution::Prim { prim, args, params } => Operand { ty: t.ty, src: ArgSrc::Made(Box::new(Made { prim, args, params, ty: t.ty })) },
        _ => Operand::of_type(Ty::list(Ty::bottom(), Flavour::Plain)),
    })
}

/// A call that has to wait until the elements of an argument are known.
pub fn waits(args: &[Operand], kwargs: &Kwargs) -> bool {
    args.iter().chain(kwargs.iter().map(|k| &k.1)).any(|a| a.ty.is_unfinished())
}

/// The type of an instance of `calls`' receivers as library functions see it: reflection is the border's affair.
pub fn as_argument(t: Ty) -> Ty {
    match t.kind() {
        TyKind::DictView(d, v) => Ty::new(TyKind::DictView(as_argument(*d), *v)),
        _ => stored_deep(t),
    }
}

fn stored_deep(t: Ty) -> Ty {
    match t.container_parts() {
        Some(parts) => {
            let flavour = match t.flavour() {
                None | Some(Flavour::Reflected) => Flavour::Plain,
                Some(own) => own,
            };
            t.with_parts(&parts.into_iter().map(stored_deep).collect::<Vec<_>>(), flavour)
        }
        None => t,
    }
}
