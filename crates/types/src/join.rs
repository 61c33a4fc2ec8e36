//! The least upper bound of two types: what a variable has where two paths meet.
//!
//! Follows Numba's unification with one difference: a signed and an unsigned 64-bit integer meet in `int64` (bits kept), not in
//! `float64`. Literals are kept only when equal.

use crate::Ty;
use crate::kinds::*;

/// `join(a, b)`; `None` when no type holds both.
pub fn join(a: Ty, b: Ty) -> Option<Ty> {
    if a == b || b.is_bottom() {
        return Some(a);
    }
    if a.is_bottom() {
        return Some(b);
    }
    let (a, b) = (a.unliteral(), b.unliteral());
    if a == b {
        return Some(a);
    }
    if a.is_number() && b.is_number() {
        return Some(join_numbers(a, b));
    }
    if let (Some(x), Some(y)) = (computes_as(a), computes_as(b)) {
        return Some(if x == y { x } else { join_numbers(x, y) });
    }
    match (a.kind(), b.kind()) {
        (TyKind::Optional(x), TyKind::Optional(y)) => Some(optional(join(*x, *y)?)),
        (TyKind::None, TyKind::Optional(_)) => Some(b),
        (TyKind::Optional(_), TyKind::None) => Some(a),
        (TyKind::Optional(x), _) => Some(optional(join(*x, b)?)),
        (_, TyKind::Optional(y)) => Some(optional(join(a, *y)?)),
        (TyKind::None, _) if is_optional_content(b) => Some(optional(b)),
        (_, TyKind::None) if is_optional_content(a) => Some(optional(a)),
        (TyKind::Tuple(x), TyKind::Tuple(y)) if x.len() == y.len() => Some(Ty::tuple(join_all(x, y)?)),
        (TyKind::LiteralList(x), TyKind::LiteralList(y)) if x.len() == y.len() => Some(Ty::new(TyKind::LiteralList(join_all(x, y)?.into()))),
        (TyKind::NamedTuple(x), TyKind::NamedTuple(y)) if x.class == y.class => Some(Ty::new(TyKind::NamedTuple(Box::new(NamedTupleTy {
            class: x.class.clone(),
            fields: x.fields.clone(),
            elems: join_all(&x.elems, &y.elems)?.into(),
        })))),
        (TyKind::Closure(x), TyKind::Closure(y)) if (&x.func, x.this, &x.kwnames) == (&y.func, y.this, &y.kwnames) && x.elems.len() == y.elems.len() => {
            Some(Ty::new(TyKind::Closure(Box::new(ClosureTy { elems: join_all(&x.elems, &y.elems)?.into(), ..(**x).clone() }))))
        }
        (TyKind::FunctionValue(_), _) if crate::functions::is_callable(b) => Some(a),
        (_, TyKind::FunctionValue(_)) if crate::functions::is_callable(a) => Some(b),
        (TyKind::Function(_) | TyKind::Dispatcher(_) | TyKind::Closure(_) | TyKind::Functions(_), _) => crate::functions::union(a, b),
        (TyKind::Gen(x), TyKind::Gen(y)) if x.id == y.id => {
            Some(Ty::new(TyKind::Gen(GeneratorTy { item: join(x.item, y.item)?, returns: join(x.returns, y.returns)?, ..x.clone() })))
        }
        (TyKind::Iter(IterTy::Generator(x)), TyKind::Iter(IterTy::Generator(y))) => Some(Ty::iter(IterTy::Generator(join(*x, *y)?))),
        (TyKind::KwArgs(m, x), TyKind::KwArgs(n, y)) if m == n => Some(Ty::new(TyKind::KwArgs(m.clone(), join_all(x, y)?.into()))),
        (TyKind::Array(x), TyKind::Array(y)) if x.dtype == y.dtype && x.ndim == y.ndim => Some(Ty::new(TyKind::Array(ArrayTy {
            dtype: x.dtype,
            ndim: x.ndim,
            layout: if x.layout == y.layout { x.layout } else { Layout::A },
            readonly: x.readonly || y.readonly,
            aligned: x.aligned && y.aligned,
        }))),
        (TyKind::Datetime(x), TyKind::Datetime(y)) | (TyKind::Timedelta(x), TyKind::Timedelta(y)) => {
            if x.takes(*y) {
                Some(b)
            } else {
                y.takes(*x).then_some(a)
            }
        }
        (TyKind::Record(x), TyKind::Record(y)) if x.fields == y.fields && x.size == y.size => Some(if x.readonly { a } else { b }),
        (TyKind::Range(x), TyKind::Range(y)) => Some(Ty::range(join(*x, *y)?)),
        (TyKind::Slice(x), TyKind::Slice(y)) => {
            Some(Ty::new(TyKind::Slice(SliceTy { start: join_same(x.start, y.start)?, stop: join_same(x.stop, y.stop)?, step: join_same(x.step, y.step)? })))
        }
        (TyKind::List(_), TyKind::List(_)) | (TyKind::Set(_), TyKind::Set(_)) | (TyKind::Dict(_), TyKind::Dict(_)) => join_containers(a, b),
        (TyKind::DictView(x, v), TyKind::DictView(y, w)) if v == w => Some(Ty::new(TyKind::DictView(join_containers(*x, *y)?, *v))),
        (TyKind::Exception | TyKind::ExcInstance(..), TyKind::Exception | TyKind::ExcInstance(..)) => Some(Ty::new(TyKind::Exception)),
        _ => None,
    }
}

/// The number that a number, or an integer member of an enumeration, is.
fn computes_as(t: Ty) -> Option<Ty> {
    match t.kind() {
        TyKind::Enum(e) if e.kind.is_int() => Some(Ty::int64()),
        _ => t.is_number().then_some(t),
    }
}

/// Containers meet where their elements do: whoever makes the smaller one then makes it with the larger type.
fn join_containers(a: Ty, b: Ty) -> Option<Ty> {
    let (x, y) = (a.flavour()?, b.flavour()?);
    // What a missing key means would be lost.
    if x != y && (matches!(x, Flavour::Factory(_)) || matches!(y, Flavour::Factory(_))) {
        return None;
    }
    let parts = a.container_parts()?.into_iter().zip(b.container_parts()?).map(|(p, q)| join(p, q)).collect::<Option<Vec<_>>>()?;
    Some(a.with_parts(&parts, if x == y { x } else { Flavour::Plain }))
}

fn optional(t: Ty) -> Ty {
    Ty::new(TyKind::Optional(t))
}

fn is_optional_content(t: Ty) -> bool {
    match t.kind() {
        TyKind::Str | TyKind::Bytes | TyKind::Tuple(_) | TyKind::NamedTuple(_) | TyKind::Array(_) | TyKind::Slice(_) | TyKind::Range(_) => true,
        TyKind::Record(_)
        | TyKind::Enum(_)
        | TyKind::Datetime(_)
        | TyKind::Timedelta(_)
        | TyKind::Generator
        | TyKind::Stream(_)
        | TyKind::FunctionValue(_)
        | TyKind::Instance(_) => true,
        TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_) => !t.is_unfinished(),
        _ => t.is_number(),
    }
}

fn join_all(x: &[Ty], y: &[Ty]) -> Option<Vec<Ty>> {
    x.iter().zip(y).map(|(a, b)| join(*a, *b)).collect()
}

/// Slice members keep being there or not: an optional member has no representation.
fn join_same(a: Ty, b: Ty) -> Option<Ty> {
    if a.is_none() == b.is_none() { join(a, b) } else { None }
}

/// The common type of two different number types (bool, ints, floats, complex).
pub fn join_numbers(a: Ty, b: Ty) -> Ty {
    match (a.kind(), b.kind()) {
        (TyKind::Bool, _) => b,
        (_, TyKind::Bool) => a,
        (TyKind::Int(x), TyKind::Int(y)) => {
            if x.signed == y.signed {
                return Ty::int(x.bits.max(y.bits), x.signed);
            }
            let (s, u) = if x.signed { (x, y) } else { (y, x) };
            if s.bits > u.bits { Ty::int(s.bits, true) } else { Ty::int((u.bits * 2).min(64), true) }
        }
        (TyKind::Complex(_), _) | (_, TyKind::Complex(_)) => {
            if part_is_double(a) || part_is_double(b) {
                Ty::complex128()
            } else {
                Ty::complex64()
            }
        }
        _ => {
            if a == b {
                a
            } else if part_is_double(a) || part_is_double(b) {
                Ty::float64()
            } else {
                Ty::float32()
            }
        }
    }
}

/// Whether a number needs double precision when it becomes a float.
fn part_is_double(t: Ty) -> bool {
    match t.kind() {
        TyKind::Int(i) => i.bits > 16,
        TyKind::Float(f) => *f == FloatTy::F64,
        TyKind::Complex(c) => *c == ComplexTy::C128,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::join;
    use crate::parse_type;

    #[test]
    fn table() {
        let rows = [
            ("int64", "int64", "int64"),
            ("Literal[int](0)", "Literal[int](0)", "Literal[int](0)"),
            ("Literal[int](0)", "Literal[int](1)", "int64"),
            ("Literal[int](0)", "float64", "float64"),
            ("Literal[bool](True)", "Literal[bool](False)", "bool"),
            ("bool", "int8", "int8"),
            ("int8", "uint8", "int16"),
            ("int64", "uint64", "int64"),
            ("uint32", "int64", "int64"),
            ("int32", "float32", "float64"),
            ("int16", "float32", "float32"),
            ("float32", "complex64", "complex64"),
            ("float64", "complex64", "complex128"),
            ("none", "int64", "OptionalType(int64)"),
            ("OptionalType(int64)", "float64", "OptionalType(float64)"),
            ("Tuple(int64, none)", "Tuple(float64, none)", "Tuple(float64, none)"),
            ("array(float64, 2d, C)", "array(float64, 2d, F)", "array(float64, 2d, A)"),
            ("array(float64, 2d, C)", "readonly array(float64, 2d, C)", "readonly array(float64, 2d, C)"),
            ("array(float64, 2d, C)", "array(float64, 1d, C)", "-"),
            ("UniTuple(int64 x 2)", "UniTuple(int64 x 3)", "-"),
            ("int64", "UniTuple(int64 x 3)", "-"),
            ("undefined", "int64", "int64"),
        ];
        for (a, b, want) in rows {
            let (ta, tb) = (parse_type(a).unwrap(), parse_type(b).unwrap());
            for (x, y) in [(ta, tb), (tb, ta)] {
                let got = join(x, y).map_or("-".to_string(), |t| t.to_string());
                assert_eq!(got, want, "{x} with {y}");
            }
        }
    }
}
