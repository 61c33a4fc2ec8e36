//! Loops that are written out: over `literal_unroll(t)`, and over tuples whose elements have no type in common.
//!
//! What `literal_unroll` gives is the tuple itself. The instruction `GetIter` asks for its loop to be written out, one copy of the
//! body for each element ([`looplift_hir::unroll`]); the function is then typed from its beginning.

use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::flow::definition;
use crate::ops::{displays, tuples};
use looplift_hir::unroll::Items;
use looplift_hir::{Block, Op, Value, ValueDef};
use looplift_types::{Ty, TyKind};

/// What one loop may be written out to, in instructions.
const MAX_COPIED: usize = 10_000;
/// The qualified name of the function.
pub const NAME: &str = "looplift._literals.literal_unroll";

/// `literal_unroll(x)`.
pub fn literal_unroll(cx: &mut Cx<'_, '_>, args: &[Operand]) -> R {
    let [x] = args else {
        return Err(Fail::new(codes::CONSTRUCT, format!("literal_unroll takes one argument, found {}", args.len())));
    };
    if displays::is_list(x) {
        return tuples::build(&x.items().unwrap_or_default());
    }
    let computed = match x.src {
        crate::typed::ArgSrc::Value(v) => computed_in_list(cx, v),
        _ => None,
    };
    if let Some(k) = computed {
        let text = format!("Found non-constant value at position {k} in a list argument to literal_unroll");
        return Err(Fail::new(codes::CONSTRUCT, text).help("use a tuple"));
    }
    if x.ty.tuple_elems().is_none() {
        let fail = match (x.ty.as_list(), parameter(cx, x)) {
            (_, true) => "Invalid use of literal_unroll with a function argument, only tuples are supported as function arguments".to_owned(),
            (Some(_), false) => "Invalid use of literal_unroll: argument should be a tuple or a list of constant values".to_owned(),
            (None, false) => format!("Invalid use of literal_unroll with {}: argument should be a tuple or a list of constant values", x.ty),
        };
        return Err(cx.explain(Fail::new(codes::CONSTRUCT, fail), &[x]));
    }
    Ok(Typed::copy(x, x.ty))
}

fn parameter(cx: &Cx<'_, '_>, x: &Operand) -> bool {
    matches!(x.src, crate::typed::ArgSrc::Value(v) if matches!(cx.hir.values[v].def, ValueDef::Param(b, _) if b == cx.hir.entry()))
}

/// The first element of a list display that is not known while compiling.
fn computed_in_list(cx: &Cx<'_, '_>, v: Value) -> Option<usize> {
    let Op::BuildList { items } = &cx.hir.insts[definition(cx.hir, v)?].op else { return None };
    items.iter().position(|i| !is_constant(cx, *i))
}

fn is_constant(cx: &Cx<'_, '_>, v: Value) -> bool {
    definition(cx.hir, v).is_some_and(|i| match &cx.hir.insts[i].op {
        Op::Const(_) | Op::LoadGlobal { .. } | Op::LoadFree { .. } => true,
        Op::UnaryOp { arg, .. } => is_constant(cx, *arg),
        Op::BinaryOp { lhs, rhs, .. } => is_constant(cx, *lhs) && is_constant(cx, *rhs),
        Op::BuildTuple { items } => items.iter().all(|i| is_constant(cx, *i)),
        _ => false,
    })
}

/// Whether a callee is `literal_unroll`.
pub fn is_unroller(callee: Ty) -> bool {
    matches!(callee.kind(), TyKind::Function(f) if &*f.name == NAME)
}

/// Whether the running `GetIter` of `x` asks for its loop to be written out. If so that is noted, and nothing is known of the
/// iterator until the function has been typed anew.
pub fn asks(cx: &mut Cx<'_, '_>, x: &Operand) -> R<Option<Typed>> {
    let Some(inst) = cx.inst else { return Ok(None) };
    let Op::GetIter { arg } = cx.hir.insts[inst].op else { return Ok(None) };
    let (elems, items) = match (elements(x.ty), positions(cx, arg)) {
        (None, Some(t)) => (t.tuple_elems().unwrap_or(&[]), Items::Positions),
        (Some(elems), _) => {
            let asked = called(cx, arg).is_some_and(|c| is_unroller(c.0));
            // The elements are read from the tuple, wherever the loop is.
            if !asked && (elems.is_empty() || tuples::uniform(elems).is_some()) || cx.ty(arg) != x.ty {
                return Ok(None);
            }
            (elems, Items::Elements)
        }
        (None, None) => return Ok(None),
    };
    let Some(header) = looplift_hir::unroll::header(cx.hir, inst) else { return Ok(None) };
    if size(cx, header) * elems.len().max(1) > MAX_COPIED {
        return Err(Fail::new(codes::TUPLE_TOO_LARGE, format!("a loop over {} elements of different types is too large to be written out", elems.len()))
            .help("call a function in the body of the loop, or use elements of one type"));
    }
    cx.session.specs[cx.spec].unroll = Some((inst, elems.len() as u32, items));
    Ok(Some(Typed::of_type(Ty::bottom())))
}

fn elements(t: Ty) -> Option<&'static [Ty]> {
    match t.kind() {
        TyKind::LiteralList(elems) => Some(elems),
        _ => t.tuple_elems(),
    }
}

/// The callee and the argument of the call that gives a value.
fn called(cx: &Cx<'_, '_>, v: Value) -> Option<(Ty, Value)> {
    match &cx.hir.insts[definition(cx.hir, v)?].op {
        Op::Call { callee, args, .. } => Some((cx.ty(*callee), *args.first()?)),
        _ => None,
    }
}

/// The type of `t` where a value is `range(len(literal_unroll(t)))`.
fn positions(cx: &Cx<'_, '_>, v: Value) -> Option<Ty> {
    let is = |t: Ty, name: &str| matches!(t.kind(), TyKind::Function(f) if &*f.name == name);
    let range = called(cx, v).filter(|c| is(c.0, "builtins.range"))?;
    let len = called(cx, range.1).filter(|c| is(c.0, "builtins.len"))?;
    called(cx, len.1).filter(|c| is_unroller(c.0)).map(|_| cx.ty(len.1))
}

/// Instructions that stand between the loop's header and its end in the layout, about.
fn size(cx: &Cx<'_, '_>, header: Block) -> usize {
    let from = cx.hir.layout.iter().position(|b| *b == header).unwrap_or(0);
    let last = cx.hir.layout.iter().rposition(|b| {
        let mut back = false;
        cx.hir.blocks[*b].term.targets().iter().for_each(|t| back |= t.block == header);
        back
    });
    cx.hir.layout[from..=last.unwrap_or(from).max(from)].iter().map(|b| cx.hir.blocks[*b].insts.len() + 1).sum()
}
