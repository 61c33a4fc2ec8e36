//! Functions that are chosen at run time: a variable that is one of several (`TyKind::Functions`).
//!
//! A call is a call of a function that the host makes: it tells the members apart by `is` and calls each. Each member is thus an
//! ordinary call for the types of the arguments, and the result is what all results join to.

use super::{calls, refusals};
use crate::cx::{Cx, Fail, Operand, R};
use crate::host::Overload;
use looplift_types::{Ty, TyKind, functions};

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
