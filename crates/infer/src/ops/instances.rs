//! Instances: named tuples whose class says what operations on them mean (`__looplift_object__`), and instances of Python classes.
//!
//! Each operation is a method of the host's: `__add__`, `__getitem__`, … as in Python; `not NAME` for the negation of a method's
//! truth, `set NAME` for assigning an attribute. `None` where nothing of the kind is at hand.

use super::binary_prim;
use super::operators::method_name;
use crate::cx::{Cx, Operand, R, Typed};
use crate::host::Overload;
use crate::ops::calls;
use looplift_builtins::Prim;
use looplift_hir::BinaryOp;
use looplift_types::{Ty, TyKind};

/// Whether operators and functions mean methods of a value's class.
pub fn is_instance(cx: &Cx<'_, '_>, a: &Operand) -> bool {
    matches!(a.ty.kind(), TyKind::Instance(_)) || is_made(cx, a)
}

/// Whether a named tuple is of such a class, or stands for a value of an extension's type (`__looplift_type__`): what tuples can do, it cannot.
pub fn is_made(cx: &Cx<'_, '_>, a: &Operand) -> bool {
    let TyKind::NamedTuple(n) = a.ty.kind() else { return false };
    let class = Ty::new(TyKind::Function(n.class.clone()));
    ["__looplift_object__", "__looplift_type__"].iter().any(|mark| cx.host().attr(class, mark).is_some())
}

fn call(cx: &mut Cx<'_, '_>, a: &Operand, name: &str, args: &[Operand]) -> R<Option<Typed>> {
    if is_instance(cx, a) { calls::method(cx, a, name, args, &[]) } else { Ok(None) }
}

/// The method of a binary operator.
pub fn binary_name(op: BinaryOp) -> &'static str {
    binary_prim(op).map_or("__matmul__", method_name)
}

/// `a op b`, or `a op= b`: of the left operand, in place if that is wanted, else reflected of the right one.
pub fn binary(cx: &mut Cx<'_, '_>, op: BinaryOp, a: &Operand, b: &Operand, in_place: bool) -> R<Option<Typed>> {
    let name = binary_name(op);
    if in_place && let Some(t) = call(cx, a, &name.replacen("__", "__i", 1), std::slice::from_ref(b))? {
        return Ok(Some(t));
    }
    if let Some(t) = call(cx, a, name, std::slice::from_ref(b))? {
        return Ok(Some(t));
    }
    call(cx, b, &name.replacen("__", "__r", 1), std::slice::from_ref(a))
}

/// `-a`, `+a`, `~a`, `abs(a)`.
pub fn unary(cx: &mut Cx<'_, '_>, op: Prim, a: &Operand) -> R<Option<Typed>> {
    call(cx, a, method_name(op), &[])
}

/// A comparison: of the left operand, else of the right one, the other way round.
pub fn compare(cx: &mut Cx<'_, '_>, op: Prim, a: &Operand, b: &Operand) -> R<Option<Typed>> {
    if let Some(t) = call(cx, a, method_name(op), std::slice::from_ref(b))? {
        return Ok(Some(t));
    }
    let reflected = match op {
        Prim::Lt => Prim::Gt,
        Prim::Le => Prim::Ge,
        Prim::Gt => Prim::Lt,
        Prim::Ge => Prim::Le,
        p => p,
    };
    call(cx, b, method_name(reflected), std::slice::from_ref(a))
}

/// `a is b` of instances, either of which may be optional; other things are no instances.
pub fn is(cx: &mut Cx<'_, '_>, a: &Operand, b: &Operand, negated: bool) -> R<Option<Typed>> {
    let inner = |o: &Operand| Operand::of_type(o.ty.as_optional().unwrap_or(o.ty));
    let (x, y) = (inner(a), inner(b));
    match (is_instance(cx, &x), is_instance(cx, &y)) {
        (true, true) if x.ty == y.ty && matches!(x.ty.kind(), TyKind::Instance(_)) => {
            let ty = if a.ty == b.ty { a.ty } else { Ty::new(TyKind::Optional(x.ty)) };
            let text = Operand::lit_str(if negated { "is not" } else { "is" });
            Ok(Some(Typed::prim(Prim::Is, &[(a, ty), (b, ty), (&text, text.ty)], Ty::bool())))
        }
        (true, true) if x.ty == y.ty => match cx.host().method_overload(x.ty, if negated { "is not" } else { "is" }, &[b.ty], &[]) {
            Overload::Function(source) => calls::call_source(cx, &source, &[a.clone(), b.clone()], &[], false).map(Some),
            Overload::Builtin(_) | Overload::None(_) => Ok(None),
        },
        (false, false) => Ok(None),
        _ if a.ty.is_none() || b.ty.is_none() => Ok(None),
        _ => Ok(Some(Typed::bool(negated))),
    }
}

/// `bool(a)` and `not a`.
pub fn truth(cx: &mut Cx<'_, '_>, a: &Operand, negated: bool) -> R<Option<Typed>> {
    call(cx, a, if negated { "not __bool__" } else { "__bool__" }, &[])
}

/// `item in c`.
pub fn contains(cx: &mut Cx<'_, '_>, c: &Operand, item: &Operand, negated: bool) -> R<Option<Typed>> {
    call(cx, c, if negated { "not __contains__" } else { "__contains__" }, std::slice::from_ref(item))
}

/// `a.name = value`.
pub fn set(cx: &mut Cx<'_, '_>, a: &Operand, name: &str, value: &Operand) -> R<Option<Typed>> {
    call(cx, a, &format!("set {name}"), std::slice::from_ref(value))
}

/// `len(a)` and other functions that ask their first argument.
pub fn builtin(cx: &mut Cx<'_, '_>, function: &str, args: &[Operand]) -> R<Option<Typed>> {
    let ([a, further @ ..], Some((module, name))) = (args, function.split_once('.')) else { return Ok(None) };
    match (name, further) {
        ("floor" | "ceil" | "trunc", []) if module == "math" => call(cx, a, &format!("__{name}__"), &[]),
        _ if module != "builtins" => Ok(None),
        ("len" | "abs" | "hash" | "int" | "float" | "complex" | "bool" | "str" | "repr" | "reversed", []) => call(cx, a, &format!("__{name}__"), &[]),
        ("round", [] | [_]) => call(cx, a, "__round__", further),
        ("next", []) => call(cx, a, "__next__", &[]),
        ("iter", []) => iterate(cx, a),
        _ => Ok(None),
    }
}

/// What a loop over an instance runs: a generator of its items.
pub fn iterate(cx: &mut Cx<'_, '_>, a: &Operand) -> R<Option<Typed>> {
    call(cx, a, "iterate", &[])
}

/// The value of `with a`, and with the exception (or None) the answer of its end.
pub fn enter(cx: &mut Cx<'_, '_>, a: &Operand) -> R<Option<Typed>> {
    call(cx, a, "__enter__", &[])
}
pub fn leave(cx: &mut Cx<'_, '_>, a: &Operand, exception: Option<&Operand>) -> R<Option<Typed>> {
    let none = Operand::none();
    let e = exception.unwrap_or(&none).clone();
    call(cx, a, "__exit__", &[e.clone(), e, none])
}

/// Whether values of this class have an attribute or a method.
pub fn has(cx: &Cx<'_, '_>, a: &Operand, name: &str) -> bool {
    let (TyKind::NamedTuple(n) | TyKind::Instance(n)) = a.ty.kind() else { return false };
    let class = Ty::new(TyKind::Function(n.class.clone()));
    if matches!(a.ty.kind(), TyKind::Instance(_)) {
        return n.fields.iter().any(|f| **f == *name) || cx.host().attr(class, name).is_some();
    }
    !matches!(cx.host().attr_overload(a.ty, name), Overload::None(_))
        || cx.host().attr(class, name).is_some() && cx.host().attr(class, "__looplift_object__").is_some()
        || !cx.host().candidates(Ty::new(TyKind::BoundMethod(a.ty, name.into())), &[], &[]).is_empty()
}
