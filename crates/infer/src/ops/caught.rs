//! What hangs on a caught exception: its class, cause, context and traceback. They are no values of compiled code, whose exceptions are
//! objects only while they are looked at: an expression such as `e.__cause__` stands for a *path* from the exception, and what is
//! asked of it is asked of the object.

use super::text;
use crate::cx::{Cx, Operand, R, Typed};
use crate::flow::definition;
use crate::typed::ArgSrc;
use looplift_hir::Op;
use looplift_types::{Ty, TyKind};

const LINKS: [&str; 4] = ["__cause__", "__class__", "__context__", "__traceback__"];

/// What can be asked.
pub const USES: &str = "type(e), e.__cause__ and e.__context__ are compared by `is`, `==` and `in`, and passed to isinstance, str and repr, where they stand; \
                        where more is wanted, catch that exception under a name of its own";

/// The exception and the path from it that an expression stands for.
fn path(cx: &Cx<'_, '_>, o: &Operand) -> Option<(Operand, String)> {
    let TyKind::BoundMethod(_, name) = o.ty.kind() else { return None };
    let ArgSrc::Value(v) = o.src else { return None };
    let owner = match &cx.hir.insts[definition(cx.hir, v)?].op {
        Op::GetAttr { obj, .. } => cx.operand(*obj),
        // `type(e)`.
        Op::Call { args, .. } if args.len() == 1 => cx.operand(args[0]),
        _ => return None,
    };
    match owner.ty.kind() {
        TyKind::Exception => Some((owner, name.to_string())),
        TyKind::BoundMethod(..) => path(cx, &owner).map(|(e, first)| (e, format!("{first}.{name}"))),
        _ => None,
    }
}

/// Whether a type is that of such an expression.
pub fn is_path(t: Ty) -> bool {
    match t.kind() {
        TyKind::BoundMethod(of, name) => LINKS.contains(&&**name) && (*of.kind() == TyKind::Exception || is_path(*of)),
        _ => false,
    }
}

/// A question about what a path leads to, answered by a function of `looplift._text`.
fn ask(cx: &Cx<'_, '_>, o: &Operand, function: &str, further: &[&Operand], ret: Ty) -> R<Option<Typed>> {
    let Some((e, path)) = path(cx, o) else { return Ok(None) };
    let mut args = vec![e, Operand::lit_str(&path)];
    args.extend(further.iter().map(|o| (*o).clone()));
    let (negated, name) = function.strip_prefix('!').map_or(("", function), |f| ("!", f));
    text::object_call(cx, &format!("{negated}looplift._text.{name}"), &args, ret).map(Some)
}

/// `obj.name` of a caught exception, of one just made, or of a path.
pub fn attribute(cx: &Cx<'_, '_>, obj: &Operand, name: &str) -> R<Option<Typed>> {
    let whole = *obj.ty.kind() == TyKind::Exception;
    Ok(match obj.ty.kind() {
        TyKind::ExcInstance(class, _) if name == "__class__" => Some(Typed::of_type(Ty::new(TyKind::ExcClass(class.clone())))),
        TyKind::ExcInstance(..) if name == "__cause__" => Some(Typed::of_type(Ty::none())),
        _ if !whole && !is_path(obj.ty) => None,
        _ if LINKS.contains(&name) => Some(Typed::of_type(Ty::new(TyKind::BoundMethod(obj.ty, name.into())))),
        _ if whole && name == "__suppress_context__" => {
            let args = [obj.clone(), Operand::lit_str(name)];
            Some(text::object_call(cx, "builtins.getattr", &args, Ty::bool())?)
        }
        TyKind::BoundMethod(_, class) if &**class == "__class__" && matches!(name, "__name__" | "__qualname__" | "__module__") => {
            ask(cx, obj, "exception_attribute", &[&Operand::lit_str(name)], Ty::str())?
        }
        _ => None,
    })
}

/// `type(x)`.
pub fn class_of(cx: &Cx<'_, '_>, x: &Operand) -> R<Option<Typed>> {
    attribute(cx, x, "__class__")
}

/// `a is b`, and `a == b` of classes and of what is compared by identity.
pub fn is(cx: &Cx<'_, '_>, a: &Operand, b: &Operand, negated: bool) -> R<Option<Typed>> {
    let function = if negated { "!exception_is" } else { "exception_is" };
    match (is_path(a.ty), is_path(b.ty)) {
        (true, false) => ask(cx, a, function, &[b], Ty::bool()),
        (false, true) => ask(cx, b, function, &[a], Ty::bool()),
        _ => Ok(None),
    }
}

/// `bool(x)` and `not x`.
pub fn truth(cx: &Cx<'_, '_>, x: &Operand, negated: bool) -> R<Option<Typed>> {
    if is_path(x.ty) { ask(cx, x, if negated { "!exception_truth" } else { "exception_truth" }, &[], Ty::bool()) } else { Ok(None) }
}

/// `x in classes`.
pub fn contained(cx: &Cx<'_, '_>, x: &Operand, classes: &Operand, negated: bool) -> R<Option<Typed>> {
    if is_path(x.ty) { ask(cx, x, if negated { "!exception_in" } else { "exception_in" }, &[classes], Ty::bool()) } else { Ok(None) }
}

/// A call of a function that asks about its first argument.
pub fn call(cx: &Cx<'_, '_>, function: &str, args: &[Operand]) -> R<Option<Typed>> {
    let [x, further @ ..] = args else { return Ok(None) };
    if let (TyKind::Exception, "builtins.isinstance", [_]) = (x.ty.kind(), function, further) {
        return text::object_call(cx, function, args, Ty::bool()).map(Some);
    }
    if let (TyKind::ExcInstance(of, _), "builtins.isinstance", [class]) = (x.ty.kind(), function, further) {
        let all = class.ty.tuple_elems().map_or_else(|| vec![class.ty], <[Ty]>::to_vec);
        let is = |t: &Ty| match t.kind() {
            TyKind::ExcClass(c) => cx.host().is_subclass(of, c),
            TyKind::Function(c) => Some(&*c.name == "builtins.object"),
            _ => Some(false),
        };
        return Ok(all.iter().map(is).collect::<Option<Vec<bool>>>().map(|found| Typed::bool(found.contains(&true))));
    }
    if !is_path(x.ty) {
        return Ok(None);
    }
    match (function, further) {
        ("builtins.isinstance", [class]) => ask(cx, x, "exception_isinstance", &[class], Ty::bool()),
        ("builtins.issubclass", [class]) => ask(cx, x, "exception_issubclass", &[class], Ty::bool()),
        ("builtins.str", []) => ask(cx, x, "exception_str", &[], Ty::str()),
        ("builtins.repr", []) => ask(cx, x, "exception_repr", &[], Ty::str()),
        ("builtins.bool", []) => truth(cx, x, false),
        _ => Ok(None),
    }
}
