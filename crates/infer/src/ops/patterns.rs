//! `match`: what patterns ask of the value that they are matched against. Most answers follow from its type, and patterns
//! that cannot match it are dead code; what is asked at run time is asked by library code (`looplift.library.patterns`).

use super::{attrs, builtins, calls, instances, operators};
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use looplift_builtins::Prim;
use looplift_types::{Literal, Ty, TyKind};

/// Classes whose one positional part is the value itself.
const WHOLE: &[&str] = &["bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"];

/// An attribute of a module, called.
pub fn call_library(cx: &mut Cx<'_, '_>, module: &str, name: &str, args: &[Operand]) -> R {
    let found = cx.host().module(module, true).and_then(|m| cx.host().attr(m.ty, name));
    let Some(function) = found else { return Err(Fail::new(codes::INTERNAL, format!("{module} has no {name}"))) };
    calls::call_object(cx, &Operand::constant(function), args, &[])
}

/// `len(x)`.
pub fn length(cx: &mut Cx<'_, '_>, x: &Operand) -> R {
    call_library(cx, "builtins", "len", &[x.settled()])
}

/// What is known of the type, and that an optional value is there.
fn of_type(cx: &mut Cx<'_, '_>, x: &Operand, is: impl Fn(Ty) -> bool) -> R {
    match x.ty.as_optional() {
        Some(t) if is(t) => operators::is(cx, x, &Operand::none(), true),
        Some(_) => Ok(Typed::bool(false)),
        None => Ok(Typed::bool(is(x.ty))),
    }
}

pub fn is_sequence(cx: &mut Cx<'_, '_>, x: &Operand) -> R {
    // Texts are none to Python's patterns; arrays are what NumPy's class says (from 2.5 on they are).
    let arrays = cx.host().arrays_are_sequences();
    // Instances of jitted classes are kept as named tuples, and are none.
    let settled = Operand::of_type(x.ty.as_optional().unwrap_or(x.ty));
    if instances::is_instance(cx, &settled) {
        return Ok(Typed::bool(false));
    }
    of_type(cx, x, |t| match t.kind() {
        TyKind::Array(_) => arrays,
        TyKind::Tuple(_) | TyKind::NamedTuple(_) | TyKind::LiteralList(_) | TyKind::Range(_) => true,
        _ => t.as_list().is_some(),
    })
}

pub fn is_mapping(cx: &mut Cx<'_, '_>, x: &Operand) -> R {
    of_type(cx, x, |t| matches!(t.kind(), TyKind::KwArgs(..)) || t.as_dict().is_some())
}

pub fn is_instance(cx: &mut Cx<'_, '_>, x: &Operand, class: &Operand) -> R {
    let Some(inner) = x.ty.as_optional() else {
        return call_library(cx, "builtins", "isinstance", &[x.clone(), class.clone()]);
    };
    match (builtins::class_matches(cx, inner, class), builtins::class_matches(cx, Ty::none(), class)) {
        (Some(a), Some(b)) if a == b => Ok(Typed::bool(a)),
        (Some(a), Some(_)) => operators::is(cx, x, &Operand::none(), a),
        _ => Err(cx.explain(Fail::unsupported(format!("a class pattern on a value of type {}", x.ty)), &[x])),
    }
}

pub fn argument(cx: &mut Cx<'_, '_>, x: &Operand, class: &Operand, index: usize) -> R {
    let x = x.settled();
    let qualname = cx.host().qualname(class.ty).unwrap_or_default();
    if qualname.strip_prefix("builtins.").is_some_and(|n| WHOLE.contains(&n)) {
        return match index {
            0 => Ok(Typed::copy(&x, x.ty)),
            n => Err(too_many(&qualname, 1, n)),
        };
    }
    let names = cx.host().attr(class.ty, "__match_args__");
    let names = names.as_ref().and_then(|c| c.ty.tuple_elems()).unwrap_or_default();
    match names.get(index).and_then(|t| t.as_literal()) {
        Some(Literal::Str(name)) => attrs::get(cx, &x, name),
        _ => Err(too_many(&qualname, names.len(), index)),
    }
}

fn too_many(class: &str, takes: usize, index: usize) -> Box<Fail> {
    let short = class.rsplit('.').next().unwrap_or(class);
    let s = if takes == 1 { "" } else { "s" };
    Fail::new(codes::BAD_ARGUMENTS, format!("{short}() accepts {takes} positional sub-pattern{s} ({} given)", index + 1))
}

pub fn keys(cx: &mut Cx<'_, '_>, map: &Operand, keys: &Operand) -> R {
    let map = map.settled();
    if let Some(named) = map.named_items() {
        let wanted = keys.ty.tuple_elems().unwrap_or_default();
        let found: Option<Vec<Operand>> = wanted
            .iter()
            .map(|k| match k.as_literal() {
                Some(Literal::Str(s)) => named.iter().find(|(n, _)| n == s).map(|(_, o)| o.clone()),
                _ => None,
            })
            .collect();
        return Ok(match found {
            Some(items) => {
                let operands: Vec<(&Operand, Ty)> = items.iter().map(|i| (i, i.ty)).collect();
                Typed::prim(Prim::BuildTuple, &operands, Ty::tuple(items.iter().map(|i| i.ty).collect::<Vec<_>>()))
            }
            None => Typed::of_type(Ty::none()),
        });
    }
    if map.ty.is_unfinished() {
        return Ok(Typed::of_type(Ty::bottom()));
    }
    call_library(cx, "looplift.library.patterns", "match_keys", &[map, keys.clone()])
}
