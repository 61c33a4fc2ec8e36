//! Byte arrays that a function makes itself: `bytearray(…)`, and what operators make of them.
//!
//! They are arrays of bytes (`looplift.library.bytestrings`), as arguments that are byte arrays are; but where a value is seen to be one, operators mean what
//! they mean for sequences: `+` joins, `*` repeats, `==` compares as a whole, and a slice is a copy. Their length does not change.

use super::patterns::call_library;
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::flow::definition;
use crate::typed::ArgSrc;
use looplift_builtins::Prim;
use looplift_hir::{BinaryOp, Op, Value};
use looplift_types::{Ty, TyKind};

/// More values than this are not looked at.
const MOST: usize = 64;
const LIBRARY: &str = "looplift.library.bytestrings";
/// What to do where the length of an array would change.
pub const FIXED: &str = "arrays, and with them `bytearray` and `array.array` objects, keep their length in compiled code: use a list";

/// Whether an operand is a byte array that this function made.
pub fn is_made(cx: &Cx<'_, '_>, o: &Operand) -> bool {
    let ArgSrc::Value(v) = o.src else { return false };
    o.ty.as_array().is_some() && made(cx, v, &mut Vec::new())
}

/// `seen` are values that are byte arrays if all that is asked about is: a loop hands them round.
fn made(cx: &Cx<'_, '_>, v: Value, seen: &mut Vec<Value>) -> bool {
    if seen.contains(&v) {
        return true;
    }
    if seen.len() >= MOST || cx.types[v].is_none_or(|t| t.as_array().is_none()) {
        return false;
    }
    seen.push(v);
    let Some(inst) = definition(cx.hir, v) else {
        let (values, all) = cx.flow.incoming(cx.hir, v);
        // What has no type yet says nothing.
        let known: Vec<Value> = values.into_iter().filter(|u| cx.types[*u].is_some_and(|t| !t.is_bottom())).collect();
        return all && !known.is_empty() && known.into_iter().all(|u| made(cx, u, seen));
    };
    match &cx.hir.insts[inst].op {
        Op::Call { callee, .. } => matches!(cx.types[*callee].map(Ty::kind), Some(TyKind::Function(f)) if &*f.name == "builtins.bytearray"),
        Op::BinaryOp { op: BinaryOp::Add, lhs, rhs } => made(cx, *lhs, seen) && (is_bytes(cx, *rhs) || made(cx, *rhs, seen)),
        Op::BinaryOp { op: BinaryOp::Mul, lhs, rhs } => is_count(cx, *rhs) && made(cx, *lhs, seen) || is_count(cx, *lhs) && made(cx, *rhs, seen),
        Op::GetItem { obj, index } => cx.types[*index].is_some_and(|t| matches!(t.kind(), TyKind::Slice(_))) && made(cx, *obj, seen),
        _ => false,
    }
}

fn is_count(cx: &Cx<'_, '_>, v: Value) -> bool {
    cx.types[v].is_some_and(|t| t.unliteral().as_int().is_some() || t.unliteral() == Ty::bool())
}

fn is_bytes(cx: &Cx<'_, '_>, v: Value) -> bool {
    cx.types[v].is_some_and(|t| *t.kind() == TyKind::Bytes)
}

/// `a + b`, `a * n` and `n * a`; other operators that Python's byte arrays do not have are refused.
pub fn binary(cx: &mut Cx<'_, '_>, op: BinaryOp, a: &Operand, b: &Operand) -> R<Option<Typed>> {
    let (x, y) = (is_made(cx, a), is_made(cx, b));
    if !x && !y {
        return Ok(None);
    }
    let number = |o: &Operand| o.plain().as_int().is_some() || o.plain() == Ty::bool();
    let bytes = |o: &Operand| *o.ty.kind() == TyKind::Bytes;
    match op {
        BinaryOp::Add if x && (y || bytes(b)) => call_library(cx, LIBRARY, "joined", &[a.clone(), b.clone()]).map(Some),
        BinaryOp::Mul if x && number(b) => call_library(cx, LIBRARY, "repeated", &[a.clone(), b.clone()]).map(Some),
        BinaryOp::Mul if y && number(a) => call_library(cx, LIBRARY, "repeated", &[b.clone(), a.clone()]).map(Some),
        _ => {
            let fail = Fail::new(codes::NO_OPERATOR, "this operator is none of byte arrays in Python, and byte arrays that are made here are no other arrays")
                .help("for arithmetic on the bytes, make an array: np.frombuffer(b, np.uint8)");
            Err(cx.explain(fail, &[a, b]))
        }
    }
}

/// `a += b` and `a *= n`, which would change the length.
pub fn in_place(cx: &Cx<'_, '_>, a: &Operand) -> Option<Box<Fail>> {
    is_made(cx, a).then(|| cx.explain(Fail::unsupported("an operation that changes the length of a byte array").help(FIXED), &[a]))
}

/// `a == b` and `a != b`.
pub fn compare(cx: &mut Cx<'_, '_>, op: Prim, a: &Operand, b: &Operand) -> R<Option<Typed>> {
    let (x, y) = (is_made(cx, a), is_made(cx, b));
    let bytes = |o: &Operand| *o.ty.kind() == TyKind::Bytes;
    if !matches!(op, Prim::Eq | Prim::Ne) || !(x && (y || bytes(b)) || y && bytes(a)) {
        return Ok(None);
    }
    call_library(cx, LIBRARY, if op == Prim::Eq { "equal" } else { "different" }, &[a.clone(), b.clone()]).map(Some)
}

/// `a[i:j]`.
pub fn slice(cx: &mut Cx<'_, '_>, a: &Operand, index: &Operand) -> R<Option<Typed>> {
    if !matches!(index.ty.kind(), TyKind::Slice(_)) || !is_made(cx, a) {
        return Ok(None);
    }
    call_library(cx, LIBRARY, "part", &[a.clone(), index.clone()]).map(Some)
}

/// `a[i:j] = bytes`, of any array of bytes: as many as there are.
pub fn store(cx: &mut Cx<'_, '_>, a: &Operand, index: &Operand, value: &Operand) -> R<Option<Typed>> {
    let fits = a.ty.as_array().is_some_and(|t| t.ndim == 1 && t.dtype.as_int().is_some_and(|i| i.bits == 8 && !i.signed));
    let from = *value.ty.kind() == TyKind::Bytes || is_made(cx, value) && is_made(cx, a);
    if !fits || !from || !matches!(index.ty.kind(), TyKind::Slice(_)) {
        return Ok(None);
    }
    call_library(cx, LIBRARY, "store", &[a.clone(), index.clone(), value.clone()]).map(Some)
}
