//! Functions as values: which types are of functions that become a value ([`TyKind::FunctionValue`]), and
//! one of several functions that are known while compiling: what a variable is that holds one or the other.
//!
//! Its word is the number of the host's object. A call tells the members apart and calls each as what it is, so that they need
//! have nothing in common but to take the arguments.

use crate::Ty;
use crate::kinds::TyKind;

/// Larger sets are refused: a call compiles a case for each member.
const MAX_MEMBERS: usize = 64;

/// The number of a function whose type says all about it.
pub fn number(t: Ty) -> Option<u32> {
    match t.kind() {
        TyKind::Function(r) | TyKind::Dispatcher(r) => Some(r.id),
        TyKind::Closure(c) if c.elems.is_empty() && c.this.is_none() => Some(c.func.id),
        _ => None,
    }
}

/// Whether values are functions that can become a function value: known while compiling, and holding nothing.
pub fn is_callable(t: Ty) -> bool {
    matches!(t.kind(), TyKind::Functions(_) | TyKind::Object(_)) || number(t).is_some()
}

/// The members of a set, or the one function.
pub fn members(t: &Ty) -> Option<&[Ty]> {
    match t.kind() {
        TyKind::Functions(all) => Some(all),
        _ => number(*t).map(|_| std::slice::from_ref(t)),
    }
}

/// The set of both; `None` unless both are functions, and not too many.
pub fn union(a: Ty, b: Ty) -> Option<Ty> {
    let mut all: Vec<Ty> = members(&a)?.iter().chain(members(&b)?).copied().collect();
    all.sort_by_key(|t| number(*t));
    all.dedup_by_key(|t| number(*t));
    (all.len() <= MAX_MEMBERS).then(|| match all[..] {
        [one] => one,
        _ => Ty::new(TyKind::Functions(all.into())),
    })
}

/// Whether `b` has all functions of `a`.
pub fn includes(b: Ty, a: Ty) -> bool {
    let (Some(x), TyKind::Functions(y)) = (members(&a), b.kind()) else { return false };
    x.iter().all(|t| y.iter().any(|u| number(*u) == number(*t)))
}
