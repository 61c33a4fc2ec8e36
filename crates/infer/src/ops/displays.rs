//! Displays of values that no element type holds: lists that are represented as tuples (`LiteralList`), dicts of names
//! (`LiteralStrKey[Dict]`). Their types say all about them, so they cannot be changed. And what displays of constants put into lists and
//! dicts, for overloads that ask for it.

use super::{tuples, tuples::extension_of};
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::flow::definition;
use crate::typed::ArgSrc;
use looplift_hir::{Const, Op, Value};
use looplift_types::{Literal, Ty, TyKind};

/// Methods of lists and dicts that change them.
const LIST_CHANGES: &[&str] = &["append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"];
const DICT_CHANGES: &[&str] = &["pop", "popitem", "clear", "setdefault", "update"];

pub fn is_list(o: &Operand) -> bool {
    matches!(o.ty.kind(), TyKind::LiteralList(_))
}

/// The refusal to change such a display.
pub fn unchangeable(cx: &Cx<'_, '_>, o: &Operand) -> Option<Box<Fail>> {
    let (what, help) = match o.ty.kind() {
        TyKind::LiteralList(_) => ("list", "its elements have different types: use elements of one type for a list that changes"),
        TyKind::KwArgs(..) => ("dictionary", "its values have different types: use values of one type for a dict that changes"),
        _ => return None,
    };
    Some(cx.explain(Fail::new(codes::BAD_STORE, format!("Cannot mutate a literal {what}")), &[o]).help(help))
}

/// The elements as a tuple.
pub fn as_tuple(o: &Operand) -> Operand {
    Operand::tuple(&o.items().unwrap_or_default())
}

/// `list[index]`.
pub fn get(cx: &mut Cx<'_, '_>, list: &Operand, index: &Operand) -> R {
    match index.ty.as_lit_int() {
        Some(i) => tuples::item(cx, list, i),
        None => Err(cx
            .explain(Fail::new(codes::BAD_INDEX, "Cannot __getitem__ on a literal list: its elements have different types"), &[list, index])
            .help("use a constant index")),
    }
}

/// Methods of both; `None` for what they do not have.
pub fn method(cx: &mut Cx<'_, '_>, o: &Operand, name: &str, args: &[Operand]) -> R<Option<Typed>> {
    match o.ty.kind() {
        TyKind::LiteralList(_) => match name {
            _ if LIST_CHANGES.contains(&name) => unchangeable(cx, o).map_or(Ok(None), Err),
            "copy" if args.is_empty() => Ok(Some(Typed::copy(o, o.ty))),
            "index" => Err(cx.explain(Fail::new(codes::NO_MATCH, "list.index is unsupported for literal lists"), &[o])),
            "count" | "__eq__" | "__ne__" => super::calls::method(cx, &as_tuple(o), name, args, &[]),
            _ => Ok(None),
        },
        TyKind::KwArgs(..) if DICT_CHANGES.contains(&name) => unchangeable(cx, o).map_or(Ok(None), Err),
        TyKind::KwArgs(..) => names_method(&o.named_items().unwrap_or_default(), o, name, args),
        _ => Ok(None),
    }
}

/// Methods of a bundle that need no run-time names.
fn names_method(items: &[(Box<str>, Operand)], bundle: &Operand, name: &str, args: &[Operand]) -> R<Option<Typed>> {
    let pair = |(n, o): &(Box<str>, Operand)| Operand::tuple(&[Operand::lit_str(n), o.clone()]);
    let all: Vec<Operand> = match (name, args) {
        ("keys", []) => items.iter().map(|(n, _)| Operand::lit_str(n)).collect(),
        ("values", []) => items.iter().map(|(_, o)| o.clone()).collect(),
        ("items", []) => items.iter().map(pair).collect(),
        ("copy", []) => return Ok(Some(Typed::copy(bundle, bundle.ty))),
        ("get", [key] | [key, _]) => {
            let Some(Literal::Str(wanted)) = key.ty.as_literal() else { return Err(computed_name(key)) };
            let found = items.iter().find(|(n, _)| n == wanted).map(|(_, o)| o.clone());
            let o = found.or_else(|| args.get(1).cloned()).unwrap_or_else(Operand::none);
            return Ok(Some(Typed::copy(&o, o.ty)));
        }
        _ => return Ok(None),
    };
    tuples::build(&all).map(Some)
}

fn computed_name(key: &Operand) -> Box<Fail> {
    Fail::new(codes::BAD_INDEX, format!("Cannot get{{item}}() on a literal dictionary by {}: its values have different types", key.ty))
        .help("use a constant name")
}

/// `bundle["name"]`.
pub fn named(cx: &Cx<'_, '_>, bundle: &Operand, name: &Operand) -> R {
    let items = bundle.named_items().unwrap_or_default();
    let Some(Literal::Str(wanted)) = name.ty.as_literal() else { return Err(cx.explain(computed_name(name), &[name])) };
    match items.into_iter().find(|(n, _)| n == wanted) {
        Some((_, o)) => Ok(Typed::copy(&o, o.ty)),
        None => Err(cx.explain(Fail::new(codes::BAD_INDEX, format!("Key '{wanted}' is not in dict.")), &[bundle])),
    }
}

/// The operands of a display of a dict with constant texts as keys: a repeated name keeps its place and has the last value.
pub fn names_of(items: &[Operand]) -> Option<Vec<(Box<str>, Operand)>> {
    let mut out: Vec<(Box<str>, Operand)> = Vec::new();
    for pair in items.chunks_exact(2) {
        let Some(Literal::Str(name)) = pair[0].ty.as_literal() else { return None };
        match out.iter_mut().find(|(n, _)| n == name) {
            Some(known) => known.1 = pair[1].clone(),
            None => out.push((name.clone(), pair[1].clone())),
        }
    }
    Some(out)
}

/// The values of two bundles of the same names, in one order.
pub fn matched(a: &[(Box<str>, Operand)], b: &[(Box<str>, Operand)]) -> Option<(Operand, Operand)> {
    let other = |name: &str| b.iter().find(|(n, _)| **n == *name).map(|(_, o)| o.clone());
    let second = a.iter().map(|(n, _)| other(n)).collect::<Option<Vec<_>>>()?;
    let first: Vec<Operand> = a.iter().map(|(_, o)| o.clone()).collect();
    (a.len() == b.len()).then(|| (Operand::tuple(&first), Operand::tuple(&second)))
}

// ---- what a display put in ------------------------------------------------------------------------------------------

/// Displays with more constants are not followed.
const MAX_INITIAL: usize = 256;

/// The type of an operand as an overload sees it: with the constants of the display that made it.
pub fn seen(cx: &Cx<'_, '_>, o: &Operand) -> Ty {
    match o.src {
        ArgSrc::Value(v) => seen_value(cx, v, o.ty, 0),
        _ => o.ty,
    }
}

fn seen_value(cx: &Cx<'_, '_>, v: Value, ty: Ty, depth: u32) -> Ty {
    if depth > 8 {
        return ty;
    }
    let inner = |items: &[Value], types: &[Ty]| -> Box<[Ty]> { items.iter().zip(types).map(|(v, t)| seen_value(cx, *v, *t, depth + 1)).collect() };
    match ty.kind() {
        TyKind::List(_) | TyKind::Dict(_) => match constants(cx, v) {
            Some(items) => Ty::new(TyKind::Initial(ty, items.into())),
            None => ty,
        },
        TyKind::LiteralList(types) => match definition(cx.hir, v).map(|i| &cx.hir.insts[i].op) {
            Some(Op::BuildList { items }) if items.len() == types.len() => Ty::new(TyKind::LiteralList(inner(items, types))),
            _ => ty,
        },
        TyKind::KwArgs(names, types) => match definition(cx.hir, v).map(|i| &cx.hir.insts[i].op) {
            Some(Op::BuildMap { items }) if items.len() == 2 * types.len() => {
                let values: Vec<Value> = items.iter().skip(1).step_by(2).copied().collect();
                Ty::new(TyKind::KwArgs(names.clone(), inner(&values, types)))
            }
            _ => ty,
        },
        _ => ty,
    }
}

/// The constants of the one display that makes the container `v`.
fn constants(cx: &Cx<'_, '_>, v: Value) -> Option<Vec<Ty>> {
    let made = cx.makers(v)?;
    let [maker] = made[..] else { return None };
    let literals = |items: &[Value]| -> Option<Vec<Ty>> { items.iter().map(|v| Some(cx.ty(*v)).filter(|t| t.is_literal())).collect() };
    let list = cx.ty(v).as_list().is_some();
    let found = match &cx.hir.insts[maker].op {
        Op::BuildList { .. } if !list => return None,
        Op::BuildMap { .. } if list => return None,
        Op::BuildList { items } if items.is_empty() => match &cx.hir.insts[definition(cx.hir, extension_of(cx, maker)?)?].op {
            Op::Const(Const::Tuple(items)) => items.iter().map(literal).collect::<Option<Vec<_>>>()?,
            _ => return None,
        },
        Op::BuildList { items } | Op::BuildMap { items } => literals(items)?,
        _ => return None,
    };
    (!found.is_empty() && found.len() <= MAX_INITIAL).then_some(found)
}

fn literal(c: &Const) -> Option<Ty> {
    match c {
        Const::Int(v) => Some(Ty::lit_int(*v)),
        Const::Bool(b) => Some(Ty::lit_bool(*b)),
        Const::Str(s) => Some(Ty::lit_str(s)),
        _ => None,
    }
}
