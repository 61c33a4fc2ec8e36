//! Iteration.

use super::{enums, instances, text, tuples, unrolled};
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use looplift_builtins::Prim;
use looplift_types::{ArrayTy, IterTy, Layout, NdItems, Ty, TyKind, View};

/// What iterating an array gives: an element, or a view of one dimension less.
pub fn array_item(a: ArrayTy) -> Ty {
    if a.ndim <= 1 {
        return text::element_value(a.item());
    }
    let layout = if a.layout == Layout::C { Layout::C } else { Layout::A };
    Ty::new(TyKind::Array(ArrayTy { ndim: a.ndim - 1, layout, ..a }))
}

/// The item type of an iterator.
pub fn item_type(iter: Ty) -> Option<Ty> {
    let i = match iter.kind() {
        TyKind::Iter(i) => i,
        TyKind::Gen(g) => return Some(g.item),
        _ => return None,
    };
    match i {
        IterTy::Range(t) => Some(*t),
        IterTy::Generator(t) => item_type(*t),
        IterTy::Array(t) => t.as_array().map(array_item),
        // Of what an empty tuple's items are does not matter.
        IterTy::Tuple(t) => Some(t.tuple_elems()?.first().copied().unwrap_or_else(Ty::int64)),
        IterTy::Text(t) => Some(text::item_of(*t)),
        IterTy::Enumerate(inner) => Some(Ty::tuple([Ty::int64(), item_type(*inner)?])),
        IterTy::Zip(inner) => inner.iter().map(|t| item_type(*t)).collect::<Option<Vec<_>>>().map(Ty::tuple),
        IterTy::List(t) => t.as_list().map(|l| l.elem),
        IterTy::Table(t, v) => table_item(*t, *v),
        IterTy::Nd(NdItems::Index, n, _) => Some(positions(*n)),
        IterTy::Nd(NdItems::Enumerate, n, arrays) => Some(Ty::tuple([positions(*n), text::element_value(arrays.first()?.as_array()?.dtype)])),
        IterTy::Nd(NdItems::Cells, _, arrays) => {
            let cells: Option<Vec<Ty>> = arrays.iter().map(|a| a.as_array().map(cell)).collect();
            match cells?.as_slice() {
                [one] => Some(*one),
                many => Some(Ty::tuple(many.to_vec())),
            }
        }
        IterTy::Reversed(t) => match t.kind() {
            TyKind::List(l) => Some(l.elem),
            TyKind::Range(t) => Some(*t),
            TyKind::Array(a) => Some(array_item(*a)),
            TyKind::Tuple(t) => Some(t.first().copied().unwrap_or_else(Ty::int64)),
            TyKind::Str | TyKind::Bytes => Some(text::item_of(*t)),
            _ => None,
        },
    }
}

/// What iterating a set or a view of a dict gives.
fn table_item(t: Ty, v: View) -> Option<Ty> {
    match (t.kind(), v) {
        (TyKind::Set(s), _) => Some(s.elem),
        (TyKind::Dict(d), View::Keys) => Some(d.key),
        (TyKind::Dict(d), View::Values) => Some(d.value),
        (TyKind::Dict(d), View::Items) => Some(Ty::tuple([d.key, d.value])),
        _ => None,
    }
}

/// Whether the steps of an iterator run code, which may raise.
pub fn runs_code(iter: Ty) -> bool {
    match iter.kind() {
        TyKind::Gen(_) | TyKind::Iter(IterTy::Generator(_)) => true,
        TyKind::Iter(IterTy::Enumerate(t)) => runs_code(*t),
        TyKind::Iter(IterTy::Zip(ts)) => ts.iter().any(|t| runs_code(*t)),
        _ => false,
    }
}

/// The type an iterable is converted to, and its iterator type.
pub fn iterator_of(cx: &Cx<'_, '_>, x: &Operand) -> R<(Ty, Ty)> {
    match x.ty.kind() {
        TyKind::Range(t) => Ok((x.ty, Ty::iter(IterTy::Range(*t)))),
        TyKind::Array(a) if a.ndim >= 1 => Ok((x.ty, Ty::iter(IterTy::Array(x.ty)))),
        TyKind::Array(_) => Err(cx.explain(Fail::new(codes::NOT_ITERABLE, "iteration over a 0-d array"), &[x])),
        TyKind::Iter(_) => Ok((x.ty, x.ty)),
        TyKind::Str | TyKind::Bytes | TyKind::Literal(looplift_types::Literal::Str(_)) => {
            let of = x.ty.unliteral();
            Ok((of, Ty::iter(IterTy::Text(of))))
        }
        TyKind::List(_) => Ok((x.ty, Ty::iter(IterTy::List(x.ty)))),
        TyKind::Set(_) | TyKind::Dict(_) => Ok((x.ty, Ty::iter(IterTy::Table(x.ty, View::Keys)))),
        TyKind::DictView(d, v) => Ok((x.ty, Ty::iter(IterTy::Table(*d, *v)))),
        TyKind::Gen(_) => Ok((x.ty, Ty::iter(IterTy::Generator(x.ty)))),
        TyKind::NamedTuple(_) if instances::is_instance(cx, x) => Err(cx.explain(Fail::new(codes::NOT_ITERABLE, format!("{} cannot be iterated", x.ty)), &[x])),
        TyKind::Tuple(_) | TyKind::NamedTuple(_) | TyKind::LiteralList(_) => {
            let elems = x.ty.tuple_elems().unwrap_or(&[]);
            if elems.is_empty() {
                return Ok((x.ty, Ty::iter(IterTy::Tuple(x.ty))));
            }
            match tuples::uniform(elems) {
                Some(e) => {
                    let t = Ty::tuple(vec![e; elems.len()]);
                    Ok((t, Ty::iter(IterTy::Tuple(t))))
                }
                None => Err(cx
                    .explain(Fail::new(codes::NOT_ITERABLE, format!("the elements of {} have different types, so that a loop variable has none", x.ty)), &[x])
                    .help("write the steps out, or use elements of one type")),
            }
        }
        _ => Err(cx.explain(Fail::new(codes::NOT_ITERABLE, format!("{} cannot be iterated", x.ty)), &[x]).help("ranges, arrays and tuples can be")),
    }
}

pub fn get_iter(cx: &mut Cx<'_, '_>, x: &Operand) -> R {
    let x = &enums::members(cx, x).unwrap_or_else(|| x.clone());
    if let Some(t) = instances::iterate(cx, x)? {
        return Ok(t);
    }
    if !instances::is_instance(cx, x)
        && let Some(t) = unrolled::asks(cx, x)?
    {
        return Ok(t);
    }
    let (param, iter) = iterator_of(cx, x)?;
    Ok(Typed::prim(Prim::GetIter, &[(x, param)], iter))
}

pub fn enumerate(cx: &mut Cx<'_, '_>, x: &Operand, start: &Operand) -> R {
    let (param, iter) = iterator_of(cx, x)?;
    if looplift_builtins::arith::machine_int(start.plain()).is_none() {
        return Err(Fail::new(codes::NO_MATCH, format!("Only integers supported as start value in enumerate, not {}", start.ty)));
    }
    Ok(Typed::prim(Prim::MakeEnumerate, &[(x, param), (start, Ty::int64())], Ty::iter(IterTy::Enumerate(iter))))
}

pub fn zip(cx: &mut Cx<'_, '_>, xs: &[Operand]) -> R {
    if xs.is_empty() {
        return get_iter(cx, &Operand::tuple(&[]));
    }
    let pairs = xs.iter().map(|x| iterator_of(cx, x)).collect::<R<Vec<_>>>()?;
    let operands: Vec<(&Operand, Ty)> = xs.iter().zip(&pairs).map(|(x, p)| (x, p.0)).collect();
    let iters: Vec<Ty> = pairs.iter().map(|p| p.1).collect();
    Ok(Typed::prim(Prim::MakeZip, &operands, Ty::iter(IterTy::Zip(iters.into()))))
}

pub fn reversed(cx: &mut Cx<'_, '_>, x: &Operand) -> R {
    let (param, _) = iterator_of(cx, x)?;
    if matches!(param.kind(), TyKind::Iter(_) | TyKind::Set(_) | TyKind::Dict(_) | TyKind::DictView(..)) {
        if let Some(t) = super::calls::method(cx, x, "__reversed__", &[], &[])? {
            return Ok(t);
        }
        return Err(cx.explain(Fail::new(codes::NOT_ITERABLE, format!("{} is not reversible", x.ty)), &[x]));
    }
    Ok(Typed::prim(Prim::MakeReversed, &[(x, param)], Ty::iter(IterTy::Reversed(param))))
}

fn positions(n: u8) -> Ty {
    Ty::tuple(vec![Ty::int64(); usize::from(n)])
}

/// An element as an array without dimensions.
pub fn cell(a: ArrayTy) -> Ty {
    Ty::new(TyKind::Array(ArrayTy { ndim: 0, layout: Layout::C, ..a }))
}

/// `numpy.ndindex(n, m, …)` or of a tuple.
pub fn nd_index(args: &[Operand]) -> R<Option<Typed>> {
    let shape = match args {
        [one] if one.ty.tuple_elems().is_some() => one.clone(),
        _ => Operand::tuple(args),
    };
    let Some(elems) = shape.ty.tuple_elems() else { return Ok(None) };
    if elems.len() > 64 || !elems.iter().all(|t| looplift_builtins::arith::machine_int(crate::cx::plain(*t)).is_some()) {
        return Ok(None);
    }
    let n = elems.len() as u8;
    Ok(Some(Typed::prim(Prim::MakeNdIter, &[(&shape, positions(n))], Ty::iter(IterTy::Nd(NdItems::Index, n, [].into())))))
}

/// `numpy.ndenumerate(array)`.
pub fn nd_enumerate(args: &[Operand]) -> Option<Typed> {
    let [x] = args else { return None };
    let a = x.ty.as_array()?;
    Some(Typed::prim(Prim::MakeNdIter, &[(x, x.ty)], Ty::iter(IterTy::Nd(NdItems::Enumerate, a.ndim, [x.ty].into()))))
}

/// `numpy.nditer(array)`, or of a tuple of arrays and numbers, which are broadcast.
pub fn nd_iter(args: &[Operand]) -> Option<Typed> {
    let [x] = args else { return None };
    let single = x.ty.as_array().is_some() || x.plain().is_number();
    let arrays = if single { vec![x.clone()] } else { x.items()? };
    // A number passes as it is and becomes an array without dimensions.
    let types: Option<Vec<Ty>> = arrays
        .iter()
        .map(|a| match a.ty.as_array() {
            Some(_) => Some(a.ty),
            None => a.plain().is_number().then(|| Ty::array(a.plain().unliteral(), 0, Layout::C)),
        })
        .collect();
    let types = types?;
    let n = types.iter().filter_map(|t| t.as_array()).map(|t| t.ndim).max()?;
    let operands: Vec<(&Operand, Ty)> = arrays.iter().map(|a| (a, if a.ty.as_array().is_some() { a.ty } else { a.plain().unliteral() })).collect();
    Some(Typed::prim(Prim::MakeNdIter, &operands, Ty::iter(IterTy::Nd(NdItems::Cells, n, types.into()))))
}

pub fn next(cx: &mut Cx<'_, '_>, it: &Operand, default: Option<&Operand>) -> R {
    let Some(item) = item_type(it.ty) else {
        return Err(cx.explain(Fail::new(codes::NO_MATCH, format!("'{}' object is not an iterator", it.ty)), &[it]));
    };
    match default {
        None => Ok(Typed::prim(Prim::Next, &[(it, it.ty)], item)),
        Some(d) => match looplift_types::conversion(d.ty, item) {
            Some(_) => Ok(Typed::prim(Prim::Next, &[(it, it.ty), (d, item)], item)),
            None => Err(Fail::new(codes::NO_MATCH, format!("the default of next() has type {}, the items {item}", d.ty))),
        },
    }
}
