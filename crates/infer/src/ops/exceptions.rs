//! Raising and catching.

use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::typed::RaiseInfo;
use looplift_builtins::Prim;
use looplift_hir::Value;
use looplift_types::{HostRef, Literal, Ty, TyKind};

/// `Class(args…)`.
pub fn instance(cx: &Cx<'_, '_>, class: &HostRef, args: &[Operand]) -> R {
    for a in args {
        let fine = super::text::is_object(a.ty);
        if !fine {
            return Err(cx
                .explain(Fail::new(codes::NO_MATCH, format!("Cannot convert native {} to a Python object: it is no argument of an exception", a.ty)), &[a])
                .help("numbers, texts, tuples and constants can be arguments"));
        }
    }
    let operands: Vec<(&Operand, Ty)> = args.iter().map(|a| (a, a.ty)).collect();
    let types: Vec<Ty> = args.iter().map(|a| a.ty).collect();
    Ok(Typed::prim(Prim::MakeException, &operands, Ty::new(TyKind::ExcInstance(class.clone(), types.into()))))
}

/// What a `raise` terminator raises.
pub fn raise(cx: &mut Cx<'_, '_>, exc: Option<Value>, cause: Option<Value>) -> R<RaiseInfo> {
    if let Some(c) = cause.map(|c| cx.operand(c))
        && !c.ty.is_none()
    {
        return Err(Fail::unsupported("raise … from …").help("raise the exception without `from`"));
    }
    let Some(exc) = exc else {
        return Ok(RaiseInfo { class: Ty::new(TyKind::Exception), args: vec![], arg_types: vec![] });
    };
    let e = cx.operand(exc);
    match e.ty.kind() {
        TyKind::ExcClass(_) => Ok(RaiseInfo { class: e.ty, args: vec![], arg_types: vec![] }),
        TyKind::ExcInstance(class, types) => {
            let items = e.items().unwrap_or_default();
            Ok(RaiseInfo { class: Ty::new(TyKind::ExcClass(class.clone())), args: items.into_iter().map(|i| i.src).collect(), arg_types: types.to_vec() })
        }
        TyKind::Exception => Ok(RaiseInfo { class: e.ty, args: vec![e.src], arg_types: vec![e.ty] }),
        TyKind::Str | TyKind::Literal(Literal::Str(_)) => {
            let fail = Fail::new(codes::BAD_RAISE, "Directly raising a string constant as an exception is not supported");
            Err(cx.explain(fail, &[&e]).help("raise an exception with the text: `raise ValueError(text)`"))
        }
        _ => {
            let text = format!("Encountered unsupported constant type used for exception: exceptions must derive from BaseException, not {}", e.ty);
            Err(cx.explain(Fail::new(codes::BAD_RAISE, text), &[&e]).help("in Python this is a TypeError when it runs"))
        }
    }
}

/// `except class`.
pub fn matches(cx: &mut Cx<'_, '_>, exc: &Operand, class: &Operand) -> R {
    let is_class = |t: Ty| matches!(t.kind(), TyKind::ExcClass(_));
    let fits = is_class(class.ty) || class.ty.tuple_elems().is_some_and(|e| e.iter().all(|t| is_class(*t)));
    if !fits {
        return Err(
            cx.explain(Fail::new(codes::NO_MATCH, format!("catching classes that do not inherit from BaseException is not allowed: {}", class.ty)), &[class])
        );
    }
    Ok(Typed::prim(Prim::ExcMatch, &[(exc, Ty::new(TyKind::Exception)), (class, class.ty)], Ty::bool()))
}
