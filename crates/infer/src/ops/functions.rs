//! Functions that are chosen at run time: a variable that is one of several (`TyKind::Functions`), or any of a type
//! (`TyKind::FunctionValue`).
//!
//! A call of the latter passes the arguments converted to the type's. A call of one of several is a call of a function that the host makes: it tells the members apart by `is` and calls each. Each member is thus an
//! ordinary call for the types of the arguments, and the result is what all results join to.

use super::{calls, refusals};
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::host::Overload;
use looplift_builtins::Prim;
use looplift_types::{FunctionTy, Ty, TyKind, conversion, functions};

/// `callee(*args, **kwargs)` of one of `members`.
pub fn call(cx: &mut Cx<'_, '_>, callee: &Operand, members: &[Ty], args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> R {
    let found = cx.host().chooser(members, !kwargs.is_empty());
    refusals::check_host(cx, || refusals::no_match(cx, None, &callee.ty.to_string(), args, kwargs))?;
    let Overload::Function(source) = found else {
        return Err(Fail::unsupported(format!("a call of one of {}", callee.ty)));
    };
    let mut all = vec![callee.clone()];
    all.extend_from_slice(args);
    calls::call_source(cx, &source, &all, kwargs, true)
}

/// `callee(*args)` of a function value.
pub fn call_value(cx: &mut Cx<'_, '_>, callee: &Operand, signature: &FunctionTy, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> R {
    if !kwargs.is_empty() {
        return Err(Fail::new(codes::BAD_ARGUMENTS, "first-class function call cannot use keyword arguments").help("pass the arguments by position"));
    }
    let fits = args.len() == signature.args.len() && args.iter().zip(&signature.args).all(|(a, t)| conversion(a.ty, *t).is_some());
    if !fits {
        return Err(refusals::no_match(cx, None, &callee.ty.to_string(), args, kwargs));
    }
    let operands: Vec<(&Operand, Ty)> = std::iter::once((callee, callee.ty)).chain(args.iter().zip(signature.args.iter().copied())).collect();
    Ok(Typed::prim(Prim::CallFunction, &operands, signature.ret))
}

/// `a is b`, at least one of which is one of several functions: the numbers to compare. `None`: never.
pub fn is(a: &Operand, b: &Operand) -> Option<[Operand; 2]> {
    let (x, y) = (functions::members(&a.ty)?, functions::members(&b.ty)?);
    if !x.iter().any(|t| y.iter().any(|u| functions::number(*t) == functions::number(*u))) {
        return None;
    }
    let number = |o: &Operand| match o.ty.kind() {
        TyKind::Functions(_) => o.clone(),
        _ => Operand::lit_int(i64::from(functions::number(o.ty).unwrap_or_default())),
    };
    Some([number(a), number(b)])
}
