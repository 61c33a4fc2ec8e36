//! Implicit conversions, with Numba's distances, and the choice of the best of several signatures.

use crate::Ty;
use crate::kinds::*;

/// How far a conversion goes; smaller is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Distance {
    Exact = 1,
    /// To a wider type of the same kind.
    Promote = 2,
    /// To another kind without losing values (int64 to float64 counts, as in Numba).
    Safe = 3,
    /// May lose value or precision.
    Unsafe = 4,
}

/// The distance from `from` to `to`; `None` when there is no implicit conversion.
pub fn conversion(from: Ty, to: Ty) -> Option<Distance> {
    if from == to {
        return Some(Distance::Exact);
    }
    if from.is_literal() || from.as_char_seq().is_some() {
        return Some(conversion(from.unliteral(), to)?.max(Distance::Promote));
    }
    match (from.kind(), to.kind()) {
        (TyKind::Bottom, _) => Some(Distance::Exact),
        (TyKind::Bool, TyKind::Int(_) | TyKind::Float(_) | TyKind::Complex(_)) => Some(Distance::Safe),
        (TyKind::Int(a), TyKind::Int(b)) => Some(match (a.signed, b.signed) {
            (x, y) if x == y && a.bits < b.bits => Distance::Promote,
            (false, true) if a.bits < b.bits => Distance::Safe,
            _ => Distance::Unsafe,
        }),
        (TyKind::Int(a), TyKind::Float(f)) => Some(real_to(*f == FloatTy::F64 || (*f == FloatTy::F32 && a.bits <= 16))),
        (TyKind::Int(a), TyKind::Complex(c)) => Some(real_to(*c == ComplexTy::C128 || a.bits <= 16)),
        (TyKind::Int(_) | TyKind::Float(_), TyKind::Bool) | (TyKind::Float(_), TyKind::Int(_)) => Some(Distance::Unsafe),
        (TyKind::Float(a), TyKind::Float(b)) => Some(if a < b { Distance::Promote } else { Distance::Unsafe }),
        (TyKind::Float(a), TyKind::Complex(c)) => Some(real_to(*a <= c.part())),
        (TyKind::Complex(a), TyKind::Complex(b)) => Some(if a < b { Distance::Promote } else { Distance::Unsafe }),
        (TyKind::Enum(e), _) if e.kind.is_int() && to.is_number() => Some(conversion(Ty::int64(), to)?.max(Distance::Safe)),
        (TyKind::Datetime(a), TyKind::Datetime(b)) | (TyKind::Timedelta(a), TyKind::Timedelta(b)) => a.takes(*b).then_some(Distance::Promote),
        (TyKind::Record(a), TyKind::Record(b)) => (a.extends(b) && (b.readonly || !a.readonly)).then_some(Distance::Safe),
        (TyKind::Pointer(_), TyKind::Pointer(to)) if to.is_none() => Some(Distance::Safe),
        (TyKind::Int(i), TyKind::Pointer(_)) if i.bits == 64 => Some(Distance::Unsafe),
        (TyKind::None, TyKind::Optional(_)) => Some(Distance::Promote),
        (TyKind::Optional(a), TyKind::Optional(b)) => conversion(*a, *b),
        (_, TyKind::Optional(b)) => Some(conversion(from, *b)?.max(Distance::Promote)),
        (TyKind::Optional(a), _) => Some(conversion(*a, to)?.max(Distance::Safe)),
        (TyKind::Tuple(a), TyKind::Tuple(b)) | (TyKind::LiteralList(a), TyKind::LiteralList(b)) => elements(a, b),
        (TyKind::NamedTuple(a), TyKind::NamedTuple(b)) if a.class == b.class => elements(&a.elems, &b.elems),
        (TyKind::Closure(a), TyKind::Closure(b)) if (&a.func, a.this, &a.kwnames) == (&b.func, b.this, &b.kwnames) => elements(&a.elems, &b.elems),
        (_, TyKind::Functions(_)) => crate::functions::includes(to, from).then_some(Distance::Promote),
        // Whether it takes the arguments shows when the value is made.
        (_, TyKind::FunctionValue(_)) => crate::functions::is_callable(from).then_some(Distance::Safe),
        (TyKind::Gen(a), TyKind::Gen(b)) if a.id == b.id => Some(Distance::Exact),
        (TyKind::KwArgs(m, a), TyKind::KwArgs(n, b)) if m == n => elements(a, b),
        (TyKind::Array(a), TyKind::Array(b)) => {
            let layout = a.layout == b.layout || b.layout == Layout::A;
            let fits = a.dtype == b.dtype && a.ndim == b.ndim && layout && (!a.readonly || b.readonly) && (a.aligned || !b.aligned);
            fits.then_some(Distance::Safe)
        }
        (TyKind::Range(a), TyKind::Range(b)) => conversion(*a, *b),
        (TyKind::Slice(a), TyKind::Slice(b)) => Some(slice_member(a.start, b.start)?.max(slice_member(a.stop, b.stop)?).max(slice_member(a.step, b.step)?)),
        // The representation is the same; elements are never converted.
        (TyKind::List(_), TyKind::List(_)) | (TyKind::Set(_), TyKind::Set(_)) | (TyKind::Dict(_), TyKind::Dict(_)) => {
            let (a, b) = (from.container_parts()?, to.container_parts()?);
            let fits = a.iter().zip(&b).all(|(x, y)| x == y || (x.flavour().is_some() && conversion(*x, *y).is_some()));
            fits.then_some(Distance::Promote)
        }
        (TyKind::DictView(a, v), TyKind::DictView(b, w)) if v == w => conversion(*a, *b),
        (TyKind::Dict(_), TyKind::DictView(b, _)) => conversion(from, *b),
        (TyKind::ExcInstance(..), TyKind::Exception) => Some(Distance::Safe),
        _ => None,
    }
}

fn real_to(exact: bool) -> Distance {
    if exact { Distance::Safe } else { Distance::Unsafe }
}

fn elements(a: &[Ty], b: &[Ty]) -> Option<Distance> {
    if a.len() != b.len() {
        return None;
    }
    a.iter().zip(b).try_fold(Distance::Exact, |worst, (x, y)| Some(worst.max(conversion(*x, *y)?)))
}

fn slice_member(a: Ty, b: Ty) -> Option<Distance> {
    if a.is_none() == b.is_none() { conversion(a, b) } else { None }
}

/// The outcome of [`select_best`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    Best(usize),
    /// No candidate takes these arguments.
    None,
    /// Several are equally good.
    Ambiguous(Vec<usize>),
}

/// The candidate whose parameters fit `args` best: fewest unsafe, then safe, then promoting conversions.
/// Without `allow_unsafe`, candidates that need an unsafe one are out.
pub fn select_best<'a>(candidates: impl IntoIterator<Item = &'a [Ty]>, args: &[Ty], allow_unsafe: bool) -> Selection {
    let mut best: Option<[usize; 3]> = None;
    let mut found = Vec::new();
    for (index, params) in candidates.into_iter().enumerate() {
        let Some(rating) = rate(params, args) else { continue };
        if rating[0] > 0 && !allow_unsafe {
            continue;
        }
        match best {
            Some(b) if b < rating => {}
            Some(b) if b == rating => found.push(index),
            _ => {
                best = Some(rating);
                found = vec![index];
            }
        }
    }
    match found.as_slice() {
        [] => Selection::None,
        [one] => Selection::Best(*one),
        _ => Selection::Ambiguous(found),
    }
}

fn rate(params: &[Ty], args: &[Ty]) -> Option<[usize; 3]> {
    if params.len() != args.len() {
        return None;
    }
    let mut counts = [0; 3];
    for (p, a) in params.iter().zip(args) {
        match conversion(*a, *p)? {
            Distance::Unsafe => counts[0] += 1,
            Distance::Safe => counts[1] += 1,
            Distance::Promote => counts[2] += 1,
            Distance::Exact => {}
        }
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_type;

    /// Distances as Numba 0.68 gives them.
    #[test]
    fn table() {
        let rows = [
            ("bool", "int8", 3),
            ("bool", "complex128", 3),
            ("int64", "bool", 4),
            ("int64", "int8", 4),
            ("int8", "int64", 2),
            ("int64", "uint64", 4),
            ("int64", "float32", 4),
            ("int64", "float64", 3),
            ("int64", "complex64", 4),
            ("int64", "complex128", 3),
            ("uint32", "int32", 4),
            ("uint32", "int64", 3),
            ("uint32", "uint64", 2),
            ("uint32", "float32", 4),
            ("uint32", "float64", 3),
            ("float32", "float64", 2),
            ("float32", "complex64", 3),
            ("float32", "complex128", 3),
            ("float64", "float32", 4),
            ("float64", "complex64", 4),
            ("float64", "int64", 4),
            ("complex64", "float64", 0),
            ("complex64", "complex128", 2),
            ("none", "OptionalType(int64)", 2),
            ("int64", "OptionalType(int64)", 2),
            ("UniTuple(int64 x 2)", "UniTuple(float64 x 2)", 3),
            ("array(float64, 1d, C)", "array(float64, 1d, A)", 3),
            ("array(float64, 1d, A)", "array(float64, 1d, C)", 0),
            ("readonly array(float64, 1d, C)", "array(float64, 1d, C)", 0),
            ("Literal[int](3)", "int64", 2),
        ];
        for (a, b, want) in rows {
            let got = conversion(parse_type(a).unwrap(), parse_type(b).unwrap()).map_or(0, |d| d as u8);
            assert_eq!(got, want, "{a} to {b}");
        }
    }

    #[test]
    fn selection() {
        let (i4, i8_, f8) = (Ty::int(32, true), Ty::int64(), Ty::float64());
        let sigs: [&[Ty]; 3] = [&[i8_, i8_], &[f8, f8], &[i8_, f8]];
        assert_eq!(select_best(sigs, &[i4, i4], false), Selection::Best(0));
        assert_eq!(select_best(sigs, &[f8, i8_], false), Selection::Best(1));
        assert_eq!(select_best(sigs, &[f8], false), Selection::None);
        assert_eq!(select_best([&[i8_, f8][..], &[f8, i8_][..]], &[i4, i4], false), Selection::Ambiguous(vec![0, 1]));
        assert_eq!(select_best([&[i4][..]], &[f8], false), Selection::None);
        assert_eq!(select_best([&[i4][..]], &[f8], true), Selection::Best(0));
    }
}
