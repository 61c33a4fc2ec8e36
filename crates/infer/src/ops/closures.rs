//! Functions as values: inner functions, lambdas, and Python functions that came as arguments.
//!
//! The type of such a value says which code it runs; its parts are what it captured and its defaults. A call binds the
//! arguments and passes the parts after them, so that it is an ordinary call of an ordinary specialisation.

use super::{calls, containers, refusals};
use crate::bind;
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::flow::definition;
use crate::host::Overload;
use crate::literals::Probing;
use crate::typed::{ArgSrc, Resolution};
use looplift_builtins::Prim;
use looplift_hir::{Const, Value};
use looplift_types::{ClosureTy, Flavour, Literal, Ty, TyKind};

/// `def` or `lambda` inside a compiled function.
pub fn make(cx: &mut Cx<'_, '_>, code: &Const, defaults: Option<Value>, kwdefaults: Option<Value>, this: Option<u32>, captured: &[Value]) -> R {
    let Const::Code(raw) = code else { return Err(Fail::unsupported("a function made from computed code")) };
    let Some(func) = cx.host().inner_function(cx.func, raw) else {
        return Err(Fail::unsupported("a function defined inside a compiled function").help("define it outside and decorate it with @njit"));
    };
    let mut parts = cx.operands(captured);
    let captured = parts.len() as u32;
    if let Some(d) = defaults {
        parts.extend(cx.operand(d).items().unwrap_or_default());
    }
    let defaults = parts.len() as u32 - captured;
    let mut kwnames: Vec<Box<str>> = Vec::new();
    if let Some(d) = kwdefaults {
        let Some(TyKind::KwArgs(names, _)) = cx.types[d].map(|t| t.kind()) else {
            return Err(Fail::unsupported("an inner function with computed keyword defaults"));
        };
        kwnames.extend(names.iter().cloned());
        parts.extend(cx.operand(d).items().unwrap_or_default());
    }
    let elems: Box<[Ty]> = parts.iter().map(|o| part_type(o.ty)).collect();
    let ty = Ty::new(TyKind::Closure(Box::new(ClosureTy { func, this, captured, defaults, kwnames: kwnames.into(), elems: elems.clone() })));
    Ok(built(&parts, &elems, ty))
}

/// The value with these parts, in order.
fn built(parts: &[Operand], elems: &[Ty], ty: Ty) -> Typed {
    let operands: Vec<(&Operand, Ty)> = parts.iter().zip(elems.iter().copied()).collect();
    Typed::prim(Prim::BuildTuple, &operands, ty)
}

/// Constants stay what they are inside, as they would where the function is written.
fn part_type(t: Ty) -> Ty {
    match t.kind() {
        TyKind::Literal(Literal::Int(_) | Literal::Bool(_) | Literal::Str(_)) => t,
        _ => t.unliteral(),
    }
}

/// The function that is running, named inside itself.
pub fn this(cx: &mut Cx<'_, '_>, parts: &[Value]) -> R {
    let Some(shape) = cx.session.specs[cx.spec].closure.clone() else {
        return Err(Fail::new(codes::INTERNAL, "an inner function without its type"));
    };
    let parts = cx.operands(parts);
    let elems: Box<[Ty]> = parts.iter().map(|o| part_type(o.ty)).collect();
    let ty = Ty::new(TyKind::Closure(Box::new(ClosureTy { elems: elems.clone(), ..(*shape).clone() })));
    Ok(built(&parts, &elems, ty))
}

/// `callee(*args, **kwargs)`.
pub fn call(cx: &mut Cx<'_, '_>, callee: &Operand, c: &'static ClosureTy, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> R {
    if c.elems.is_empty()
        && c.this.is_none()
        && let Some(t) = calls::known_function(cx, &c.func, args, kwargs)?
    {
        return Ok(t);
    }
    let mut source = match cx.host().closure_source(c) {
        Overload::Function(s) => s,
        _ => {
            refusals::check_host(cx, || refusals::no_match(cx, None, &c.func.name, args, kwargs))?;
            return Err(Fail::unsupported(format!("the function {}", c.func.name)));
        }
    };
    // It computes as its caller does.
    source.options = cx.session.specs[cx.spec].key.options;
    let mut parts = callee.items().unwrap_or_default();
    let mut shape = c.clone();
    fill(cx, &source.hir, &mut shape, &mut parts)?;
    let c = &shape;
    let (captured, rest) = parts.split_at((c.captured as usize).min(parts.len()));
    let (defaults, kwdefaults) = rest.split_at((c.defaults as usize).min(rest.len()));
    // A function of a class has its defaults with it; a template has none.
    let own: Vec<Operand> = source.defaults.iter().map(|d| Operand::constant(d.clone())).collect();
    let defaults = if defaults.is_empty() { &own[..] } else { defaults };
    let kwdefaults: Vec<(Box<str>, Operand)> = c.kwnames.iter().cloned().zip(kwdefaults.iter().cloned()).collect();
    let mut operands = bind::bind_with(&source.hir, args, kwargs, defaults, &kwdefaults).map_err(|why| why.fail(&source.hir, args))?;
    if &*source.hir.name != "<genexpr>" && operands.iter().any(|o| matches!(o.ty.kind(), TyKind::Iter(_))) {
        return Err(Fail::unsupported("an iterator passed to a function").help("pass what it iterates over"));
    }
    let mut params: Vec<Ty> = operands.iter().map(|o| calls::param_type(o.ty, false)).collect();
    let hidden = if c.this.is_some() { &parts[..] } else { captured };
    if waits(cx, source.id, operands.len(), hidden) {
        return Ok(Typed::of_type(Ty::bottom()));
    }
    params.extend(hidden.iter().map(|o| o.ty));
    operands.extend_from_slice(hidden);
    calls::specialise(cx, &source, operands, params, Some(c))
}

/// Whether a call waits for what is put into a container that the function captured, here or by the function itself.
fn waits(cx: &mut Cx<'_, '_>, func: u32, first: usize, hidden: &[Operand]) -> bool {
    let place = cx.inst.map(|i| (cx.spec, i));
    let mut waiting = false;
    for (k, o) in hidden.iter().enumerate().filter(|(_, o)| o.ty.is_unfinished()) {
        match cx.session.requests.captured.get(&(func, first + k)) {
            Some(&ty) => {
                let maker = Operand { src: held(cx, &o.src).unwrap_or_else(|| o.src.clone()), ty: o.ty };
                containers::want(cx, &maker, ty);
                waiting = true;
            }
            // Cells are assigned to where they are made, too.
            None => waiting |= o.ty.flavour() == Some(Flavour::Cell) || cx.session.requests.probing != Probing::Ask,
        }
    }
    if let Some(place) = place {
        if waiting {
            cx.session.waiting.insert(place);
        } else {
            cx.session.waiting.remove(&place);
        }
    }
    waiting
}

/// What was put into a function value, or a copy of it, for a part of it.
fn held(cx: &Cx<'_, '_>, part: &ArgSrc) -> Option<ArgSrc> {
    let ArgSrc::Item(whole, at) = part else { return None };
    let mut whole = whole.as_ref().clone();
    loop {
        let ArgSrc::Value(v) = whole else { return None };
        match cx.flow.resolutions[definition(cx.hir, v)?].as_ref()? {
            Resolution::Copy(src) => whole = src.clone(),
            Resolution::Prim { prim: Prim::BuildTuple, args, .. } => {
                let found = args.get(*at as usize)?;
                return Some(held(cx, found).unwrap_or_else(|| found.clone()));
            }
            _ => return None,
        }
    }
}

/// Fills holes: where functions refer to each other, one captured the other before that was a value. It is the function that is
/// running, or one that this has captured, by its name.
fn fill(cx: &Cx<'_, '_>, callee: &looplift_hir::Function, shape: &mut ClosureTy, parts: &mut [Operand]) -> R<()> {
    let names = callee.free_names.iter().enumerate().filter(|(k, _)| shape.this != Some(*k as u32)).map(|(_, n)| n);
    for (k, name) in names.take(shape.captured as usize).enumerate() {
        if parts.get(k).is_none_or(|p| *p.ty.kind() != TyKind::NotImplemented) {
            continue;
        }
        let Some(found) = sibling(cx, name) else {
            return Err(Fail::unsupported("inner functions that refer to each other, where one is called by another function,"));
        };
        shape.elems[k] = found.ty;
        parts[k] = found;
    }
    Ok(())
}

/// The function of this name, as the inner function that is running knows it.
fn sibling(cx: &Cx<'_, '_>, name: &str) -> Option<Operand> {
    let shape = cx.session.specs[cx.spec].closure.clone()?;
    let entry = *cx.hir.layout.first()?;
    let held = cx.hir.blocks[entry].params.get(cx.hir.sig.names.len()..)?;
    if &*cx.hir.name == name {
        let parts = cx.operands(held);
        let elems: Box<[Ty]> = parts.iter().map(|o| part_type(o.ty)).collect();
        return Some(Operand { ty: Ty::new(TyKind::Closure(Box::new(ClosureTy { elems, ..(*shape).clone() }))), ..Operand::tuple(&parts) });
    }
    let at = cx.hir.free_names.iter().enumerate().filter(|(k, _)| shape.this != Some(*k as u32)).position(|(_, n)| &**n == name)?;
    let found = cx.operand(*held.get(at)?);
    (*found.ty.kind() != TyKind::NotImplemented).then_some(found)
}

/// A bundle of keyword arguments.
pub fn bundle(cx: &Cx<'_, '_>, names: &[Box<str>], values: &[Value]) -> R {
    let values = cx.operands(values);
    let elems: Box<[Ty]> = values.iter().map(|o| part_type(o.ty)).collect();
    Ok(built(&values, &elems, Ty::new(TyKind::KwArgs(names.into(), elems.clone()))))
}

/// The refusal of `**` with what has no names that are known.
pub fn no_names(cx: &Cx<'_, '_>, given: &Operand) -> Box<Fail> {
    let added = |v: Value| cx.hir.insts.values().any(|i| matches!(i.op, looplift_hir::Op::MapAdd { map, .. } if map == v));
    if matches!(given.src, crate::typed::ArgSrc::Value(v) if added(v)) {
        return Fail::new(codes::SCATTERED, "the arguments of a call, built with control flow between the parts, cannot be compiled")
            .help("You can resolve this issue by moving the control flow out: compute the values first");
    }
    cx.explain(Fail::unsupported("a call with ** of a dictionary").help("the names must be known while compiling"), &[given])
}

/// Two bundles as one.
pub fn merge(cx: &Cx<'_, '_>, first: Value, second: Value) -> R {
    let (a, b) = (cx.operand(first), cx.operand(second));
    let (Some(mut all), Some(more)) = (a.named_items(), b.named_items()) else {
        return Err(no_names(cx, &b));
    };
    for (name, value) in more {
        if all.iter().any(|(n, _)| *n == name) {
            return Err(Fail::new(codes::BAD_ARGUMENTS, format!("got multiple values for keyword argument '{name}'")));
        }
        all.push((name, value));
    }
    let parts: Vec<Operand> = all.iter().map(|(_, o)| o.clone()).collect();
    let elems: Box<[Ty]> = parts.iter().map(|o| o.ty).collect();
    let ty = Ty::new(TyKind::KwArgs(all.into_iter().map(|(n, _)| n).collect(), elems.clone()));
    Ok(built(&parts, &elems, ty))
}
