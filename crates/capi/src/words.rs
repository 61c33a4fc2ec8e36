//! How many machine words a value of a type takes (the table of docs/architecture.md).

use looplift_types::{IterTy, Ty, TyKind};

/// Flattenings above this are refused.
pub const MAX_WORDS: usize = 1024;

/// Words of a value of type `ty`; `None` for types whose values never cross the border.
pub fn count(ty: Ty) -> Option<usize> {
    Some(match ty.kind() {
        TyKind::None
        | TyKind::Literal(_)
        | TyKind::Ellipsis
        | TyKind::NotImplemented
        | TyKind::DType(_)
        | TyKind::NumberClass(_)
        | TyKind::Function(_)
        | TyKind::Dispatcher(_)
        | TyKind::ExcClass(_)
        | TyKind::Module(_)
        | TyKind::Object(_) => 0,
        TyKind::Bool | TyKind::Int(_) | TyKind::Float(_) | TyKind::Str | TyKind::Bytes | TyKind::Pointer(_) | TyKind::CharSeq(_) | TyKind::Stream(_) => 1,
        TyKind::Enum(_) | TyKind::Functions(_) | TyKind::Datetime(_) | TyKind::Timedelta(_) => 1,
        TyKind::Complex(_) | TyKind::Record(_) | TyKind::Generator => 2,
        TyKind::Tuple(elems) | TyKind::LiteralList(elems) => total(elems)?,
        TyKind::NamedTuple(n) => total(&n.elems)?,
        TyKind::Closure(c) => total(&c.elems)?,
        TyKind::KwArgs(_, elems) => total(elems)?,
        TyKind::ExcInstance(_, args) => total(args)?,
        TyKind::Gen(_) | TyKind::FunctionValue(_) | TyKind::Instance(_) => 1,
        TyKind::Array(a) => 2 + 2 * usize::from(a.ndim),
        TyKind::Slice(s) => [s.start, s.stop, s.step].iter().filter(|t| !t.is_none() && !t.is_literal()).count(),
        TyKind::Range(_) => 3,
        TyKind::Optional(t) => 1 + count(*t)?,
        TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_) => 1,
        TyKind::DictView(..) | TyKind::Bottom | TyKind::Iter(_) | TyKind::Exception | TyKind::Initial(..) | TyKind::BoundMethod(..) => return None,
    })
}

/// Words of a parameter's value, which may be an iterator.
pub fn state(ty: Ty) -> Option<usize> {
    let TyKind::Iter(kind) = ty.kind() else { return count(ty) };
    match kind {
        IterTy::Range(_) => Some(3),
        IterTy::Array(t) | IterTy::Tuple(t) | IterTy::Text(t) => Some(count(*t)? + 2),
        IterTy::Reversed(t) => Some(match t.kind() {
            TyKind::Range(_) => 3,
            TyKind::List(_) => 2,
            _ => count(*t)? + 2,
        }),
        // Iterators over typed lists know the length.
        IterTy::List(t) => Some(if t.flavour() == Some(looplift_types::Flavour::Typed) { 3 } else { 2 }),
        IterTy::Table(..) => Some(3),
        IterTy::Nd(..) => None,
        IterTy::Enumerate(t) => Some(1 + state(*t)?),
        IterTy::Zip(ts) => ts.iter().map(|t| state(*t)).sum(),
        IterTy::Generator(_) => Some(1),
    }
}

/// Words of a sequence of values.
pub fn total(types: &[Ty]) -> Option<usize> {
    types.iter().map(|t| count(*t)).sum()
}
