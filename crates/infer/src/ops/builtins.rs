//! Functions that the compiler knows.

use super::operators;
use crate::bind::bind_names;
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed, plain, type_list};
use crate::host::{ConstData, ConstValue};
use crate::ops::{arrays, calls, collections, containers, elementwise, enums, index, instances, iters, refusals, text, tuples};
use crate::typed::{ArgSrc, Resolution};
use looplift_builtins::{ArrayMethod, Builtin, MathFn, Prim, Special, arith};
use looplift_types::{Flavour, HostRef, IntTy, Literal, Ty, TyKind, join};

type Kwargs = [(Box<str>, Operand)];

/// A call that must resolve here.
pub fn call(cx: &mut Cx<'_, '_>, rule: Builtin, name: &str, args: &[Operand], kwargs: &Kwargs) -> R {
    match try_call(cx, rule, name, args, kwargs)? {
        Some(t) => Ok(t),
        None => Err(no_match(cx, name, args)),
    }
}

fn no_match(cx: &Cx<'_, '_>, name: &str, args: &[Operand]) -> Box<Fail> {
    let whole = if name.contains('.') { name.to_owned() } else { format!("builtins.{name}") };
    refusals::no_match(cx, None, &whole, args, &[])
}

fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Exactly the positional arguments asked for.
fn exactly<'o, const N: usize>(name: &str, args: &'o [Operand], kwargs: &Kwargs) -> R<&'o [Operand; N]> {
    if !kwargs.is_empty() {
        return Err(Fail::new(codes::BAD_ARGUMENTS, format!("{}() takes no keyword arguments", short(name))));
    }
    args.try_into().map_err(|_| {
        let s = if N == 1 { "" } else { "s" };
        Fail::new(codes::BAD_ARGUMENTS, format!("{}() takes {N} argument{s} ({} given)", short(name), args.len()))
    })
}

/// A call of a function of the table; `None` when the library in Python may know more.
pub fn try_call(cx: &mut Cx<'_, '_>, rule: Builtin, name: &str, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    let numbers = args.iter().all(|a| a.plain().is_number());
    // `out`, `where`, `dtype` and the rest of what ufuncs take are the library's.
    if name.starts_with("numpy.") && operands(rule).is_some_and(|n| args.len() != n || !kwargs.is_empty()) {
        return Ok(None);
    }
    if matches!(rule, Builtin::Numpy(_) | Builtin::Predicate(..) | Builtin::Special(Special::Abs | Special::Conjugate))
        && kwargs.is_empty()
        && let Some(t) = elementwise::apply(cx, &elementwise::weak(args, false), &|cx, s| Ok(try_call(cx, rule, name, s, &[])?.map(|t| computed(t, &s[0]))))?
    {
        return Ok(Some(t));
    }
    match rule {
        Builtin::Binary(p) => {
            let [a, b] = exactly(name, args, kwargs)?;
            // The order and the powers of complex numbers are NumPy's own: the library has them.
            if name.starts_with("numpy.") && matches!(p, Prim::Lt | Prim::Le | Prim::Gt | Prim::Ge | Prim::Pow) && [a, b].iter().any(|o| is_complex(o)) {
                return Ok(None);
            }
            if matches!(p, Prim::Lt | Prim::Le | Prim::Gt | Prim::Ge | Prim::Eq | Prim::Ne) {
                return operators::compare(cx, p, a, b).map(Some);
            }
            operators::binary_by_prim(cx, p, a, b).map(Some)
        }
        Builtin::Unary(p) => {
            let [a] = exactly(name, args, kwargs)?;
            let t = a.plain();
            // Operators compute in 64 bits; NumPy's functions keep the type of their argument.
            if name.starts_with("numpy.") && t.as_int().is_some_and(|i| i.bits < 64) {
                return Ok(Some(Typed::prim(p, &[(a, t)], t)));
            }
            operators::unary(cx, p, a).map(Some)
        }
        Builtin::Math(f) => {
            if args.len() != f.arity() || !kwargs.is_empty() || !numbers {
                return Ok(None);
            }
            let t = args.iter().map(|a| arith::math_float(a.plain())).collect::<Option<Vec<_>>>();
            let Some(types) = t else { return Ok(None) };
            // Single precision only if everything is.
            let t = if types.iter().all(|t| *t == Ty::float32()) { Ty::float32() } else { Ty::float64() };
            Ok(Some(Typed::prim(Prim::MathFn(f), &args.iter().map(|a| (a, t)).collect::<Vec<_>>(), t)))
        }
        Builtin::MathToInt(p) => {
            let [a] = exactly(name, args, kwargs)?;
            let t = a.plain();
            match t.kind() {
                TyKind::Bool | TyKind::Int(_) => {
                    Ok(Some(if a.ty.is_literal() { Typed::copy(a, a.ty) } else { Typed::copy(a, arith::machine_int(t).unwrap_or(t)) }))
                }
                TyKind::Float(_) => Ok(Some(Typed::prim(p, &[(a, t)], Ty::int64()))),
                _ => Ok(None),
            }
        }
        Builtin::Numpy(f) => {
            if args.len() != f.arity() || !kwargs.is_empty() || !numbers {
                return Ok(None);
            }
            if f == MathFn::Fmod && args.iter().all(|a| a.plain().as_int().is_some()) {
                return Ok(None);
            }
            if let ([a], MathFn::Floor | MathFn::Ceil | MathFn::Trunc) = (args, f)
                && matches!(a.plain().kind(), TyKind::Bool | TyKind::Int(_))
            {
                return Ok(Some(Typed::copy(a, a.plain())));
            }
            let Some(types) = args.iter().map(|a| arith::numpy_inexact(a.plain())).collect::<Option<Vec<_>>>() else { return Ok(None) };
            let Some(t) = types.iter().copied().reduce(looplift_types::join::join_numbers) else { return Ok(None) };
            let operands: Vec<_> = args.iter().map(|a| (a, t)).collect();
            match t.as_complex() {
                Some(c) if f == MathFn::Fabs => Ok(Some(Typed::prim(Prim::Abs, &operands, Ty::float(c.part())))),
                Some(_) if has_complex_form(f) => Ok(Some(Typed::prim(Prim::ComplexFn(f), &operands, t))),
                Some(_) => Ok(None),
                None => Ok(Some(Typed::prim(Prim::FloatFn(f), &operands, t))),
            }
        }
        Builtin::Predicate(p, complex) => {
            let [a] = exactly(name, args, kwargs)?;
            let t = a.plain();
            Ok(match t.kind() {
                TyKind::Bool | TyKind::Int(IntTy { signed: false, .. }) => Some(Typed::bool(p == Prim::IsFinite)),
                TyKind::Int(_) if p == Prim::Signbit => {
                    let zero = Operand::lit_int(0);
                    Some(Typed::prim(Prim::Lt, &[(a, Ty::int64()), (&zero, Ty::int64())], Ty::bool()))
                }
                TyKind::Int(_) => Some(Typed::bool(p == Prim::IsFinite)),
                TyKind::Float(_) => Some(Typed::prim(p, &[(a, t)], Ty::bool())),
                TyKind::Complex(_) if complex => Some(Typed::prim(p, &[(a, t)], Ty::bool())),
                _ => None,
            })
        }
        Builtin::Object(least, most, gives) => text::function(cx, name, least, most, gives, args, kwargs),
        Builtin::Container(p) => containers::primitive(cx, p, name, args).map(Some),
        Builtin::Special(s) => special(cx, s, name, args, kwargs),
    }
}

/// A number, or elements, with two parts.
fn is_complex(o: &Operand) -> bool {
    o.ty.as_array().map_or_else(|| o.plain(), |a| a.dtype).as_complex().is_some()
}

/// A predicate of `x` whose answer its type tells, as an operation on `x`: of elements it has their shape.
fn computed(t: Typed, x: &Operand) -> Typed {
    let Some(Literal::Bool(answer)) = t.ty.as_literal() else { return t };
    let op = if *answer { Prim::Eq } else { Prim::Ne };
    match arith::binary(op, x.plain(), x.plain()) {
        Some(r) => Typed::prim(op, &[(x, r.params[0]), (x, r.params[1])], r.result),
        None => t,
    }
}

/// How many operands a ufunc has.
fn operands(rule: Builtin) -> Option<usize> {
    match rule {
        Builtin::Binary(_) => Some(2),
        Builtin::Unary(_) | Builtin::Predicate(..) | Builtin::Special(Special::Abs | Special::Conjugate) => Some(1),
        Builtin::Numpy(f) => Some(f.arity()),
        Builtin::Math(_) | Builtin::MathToInt(_) | Builtin::Object(..) | Builtin::Container(_) | Builtin::Special(_) => None,
    }
}

fn has_complex_form(f: MathFn) -> bool {
    matches!(
        f,
        MathFn::Sin
            | MathFn::Cos
            | MathFn::Tan
            | MathFn::Sinh
            | MathFn::Cosh
            | MathFn::Tanh
            | MathFn::Exp
            | MathFn::Log
            | MathFn::Log2
            | MathFn::Log10
            | MathFn::Sqrt
    )
}

fn special(cx: &mut Cx<'_, '_>, s: Special, name: &str, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    let done = |t: Typed| Ok(Some(t));
    match s {
        Special::FromBuffer => arrays::from_buffer(cx, args, kwargs),
        Special::Str => text::str_of(cx, args, kwargs),
        Special::Ord => text::ord(cx, args, kwargs),
        Special::Hash => text::hash(cx, args, kwargs),
        Special::Int => match text::number(cx, "int", args, kwargs, Ty::int64())? {
            Some(t) => done(t),
            None => int(cx, name, args, kwargs),
        },
        Special::Float => match text::number(cx, "float", args, kwargs, Ty::float64())? {
            Some(t) => done(t),
            None => float(cx, name, args, kwargs),
        },
        Special::Bool => match args {
            [] => done(Typed::bool(false)),
            _ => {
                let [a] = exactly(name, args, kwargs)?;
                operators::truth(cx, a, false).map(Some)
            }
        },
        Special::Complex => match text::number(cx, "complex", args, kwargs, Ty::complex128())? {
            Some(t) => done(t),
            None => complex(name, args, kwargs),
        },
        Special::Tuple => match args {
            [] => super::tuples::build(&[]).map(Some),
            [a] if a.ty.tuple_elems().is_some() && !instances::is_instance(cx, a) => match a.items() {
                Some(items) => super::tuples::build(&items).map(Some),
                None => Ok(None),
            },
            _ => Ok(None),
        },
        Special::Deque => collections::deque(cx, args, kwargs).map(Some),
        Special::Counter if args.is_empty() && kwargs.is_empty() => collections::counter(cx).map(Some),
        Special::Counter => Ok(None),
        Special::DefaultDict => collections::default_dict(cx, args, kwargs).map(Some),
        Special::OrderedDict => containers::construct(cx, Ty::dict(Ty::bottom(), Ty::bottom(), Flavour::Ordered), args, kwargs),
        Special::FrozenSet => containers::construct(cx, Ty::set(Ty::bottom(), Flavour::Frozen), args, kwargs),
        Special::TypedList => containers::construct_list(cx, args, kwargs),
        Special::TypedSet => containers::construct(cx, Ty::set(Ty::bottom(), Flavour::Typed), args, kwargs),
        Special::EmptyList => containers::declared(cx, Ty::list(Ty::bottom(), Flavour::Typed), args, kwargs).map(Some),
        Special::EmptySet => containers::declared(cx, Ty::set(Ty::bottom(), Flavour::Typed), args, kwargs).map(Some),
        Special::EmptyDict => containers::declared(cx, Ty::dict(Ty::bottom(), Ty::bottom(), Flavour::Typed), args, kwargs).map(Some),
        Special::List
            if let [class] = args
                && let Some(members) = enums::members(cx, class) =>
        {
            containers::construct(cx, Ty::list(Ty::bottom(), Flavour::Plain), &[members], kwargs)
        }
        Special::List => containers::construct(cx, Ty::list(Ty::bottom(), Flavour::Plain), args, kwargs),
        Special::Set => containers::construct(cx, Ty::set(Ty::bottom(), Flavour::Plain), args, kwargs),
        Special::Dict => {
            let unknown = |e: Box<Fail>| e.note(format!("No implementation of function {name} takes ({})", type_list(args.iter().map(|a| a.ty))), None);
            containers::construct(cx, Ty::dict(Ty::bottom(), Ty::bottom(), Flavour::Typed), args, kwargs).map_err(unknown)
        }
        Special::Len => {
            let [a] = exactly(name, args, kwargs)?;
            Ok(match a.ty.kind() {
                TyKind::Tuple(t) | TyKind::LiteralList(t) => Some(Typed::of_type(Ty::lit_int(t.len() as i64))),
                TyKind::NamedTuple(_) if instances::is_instance(cx, a) => None,
                TyKind::NamedTuple(t) => Some(Typed::of_type(Ty::lit_int(t.elems.len() as i64))),
                TyKind::KwArgs(names, _) => Some(Typed::of_type(Ty::lit_int(names.len() as i64))),
                TyKind::Literal(Literal::Str(s)) => Some(Typed::of_type(Ty::lit_int(s.chars().count() as i64))),
                TyKind::Str | TyKind::Bytes => Some(Typed::prim(Prim::TextLen, &[(a, a.ty)], Ty::int64())),
                TyKind::Range(_) => Some(Typed::prim(Prim::RangeLen, &[(a, a.ty)], Ty::int64())),
                TyKind::Array(t) if t.ndim >= 1 => Some(Typed::prim(Prim::ArrayLen, &[(a, a.ty)], Ty::int64())),
                TyKind::Array(_) => return Err(cx.explain(Fail::new(codes::NO_MATCH, "len() of unsized object: the array has no dimensions"), &[a])),
                TyKind::Function(_) if let Some(m) = enums::members(cx, a) => {
                    Some(Typed::of_type(Ty::lit_int(m.ty.tuple_elems().map_or(0, <[Ty]>::len) as i64)))
                }
                _ => calls::method(cx, a, "__len__", &[], &[])?,
            })
        }
        Special::Range => range(cx, name, args, kwargs),
        Special::Slice => {
            let none = Operand::none;
            let members = match args {
                [stop] => [none(), stop.clone(), none()],
                [start, stop] => [start.clone(), stop.clone(), none()],
                [start, stop, step] => [start.clone(), stop.clone(), step.clone()],
                _ => return Ok(None),
            };
            super::index::slice(cx, &members).map(Some)
        }
        Special::Min | Special::Max => min_max(cx, s == Special::Min, args, kwargs),
        Special::Abs => {
            let [a] = exactly(name, args, kwargs)?;
            if a.plain().is_number() { operators::unary(cx, Prim::Abs, a).map(Some) } else { calls::method(cx, a, "__abs__", &[], &[]) }
        }
        Special::Round => round(cx, args, kwargs),
        Special::DivMod => {
            let [a, b] = exactly(name, args, kwargs)?;
            operators::binary_by_prim(cx, Prim::DivMod, a, b).map(Some)
        }
        Special::Pow => match (args, kwargs) {
            ([a, b], []) => operators::binary_by_prim(cx, Prim::Pow, a, b).map(Some),
            _ => Ok(None),
        },
        Special::Isinstance => {
            let [a, class] = exactly(name, args, kwargs)?;
            match class_matches(cx, a.ty, class) {
                Some(v) => done(Typed::bool(v)),
                None => Err(cx.explain(Fail::new(codes::NO_MATCH, unknown_class(cx, a, class)), &[a])),
            }
        }
        Special::Print => print(cx, args, kwargs),
        Special::Enumerate => {
            let b = bound(name, &["iterable", "start"], 1, args, kwargs)?;
            let zero = Operand::lit_int(0);
            match &b[0] {
                Some(x) => iters::enumerate(cx, x, b[1].as_ref().unwrap_or(&zero)).map(Some),
                None => Ok(None),
            }
        }
        Special::Zip => match kwargs {
            [] => iters::zip(cx, args).map(Some),
            _ => Err(Fail::unsupported("zip() with keyword arguments")),
        },
        Special::Reversed => {
            let [a] = exactly(name, args, kwargs)?;
            iters::reversed(cx, a).map(Some)
        }
        Special::Iter => {
            let [a] = exactly(name, args, kwargs)?;
            iters::get_iter(cx, a).map(Some)
        }
        Special::Next => match args {
            [it] => iters::next(cx, it, None).map(Some),
            [it, d] => iters::next(cx, it, Some(d)).map(Some),
            _ => Ok(None),
        },
        Special::Frexp | Special::Modf => {
            let [a] = exactly(name, args, kwargs)?;
            let Some(t) = arith::math_float(a.plain()) else { return Ok(None) };
            done(if s == Special::Frexp {
                Typed::prim(Prim::Frexp, &[(a, t)], Ty::tuple([t, Ty::int64()]))
            } else {
                Typed::prim(Prim::Modf, &[(a, t)], Ty::tuple([t, t]))
            })
        }
        Special::Ldexp => {
            let [a, b] = exactly(name, args, kwargs)?;
            match (arith::math_float(a.plain()), arith::machine_int(b.plain())) {
                (Some(t), Some(_)) => done(Typed::prim(Prim::Ldexp, &[(a, t), (b, Ty::int64())], t)),
                _ => Ok(None),
            }
        }
        Special::Gcd => match (args, kwargs) {
            ([a, b], []) => match (arith::machine_int(a.plain()), arith::machine_int(b.plain())) {
                (Some(x), Some(y)) => {
                    let t = if x == y { x } else { Ty::int64() };
                    done(Typed::prim(Prim::Gcd, &[(a, t), (b, t)], t))
                }
                _ => Ok(None),
            },
            _ => Ok(None),
        },
        Special::Zeros => arrays::create(cx, Prim::ZerosArray, "zeros", args, kwargs),
        Special::Empty => arrays::create(cx, Prim::EmptyArray, "empty", args, kwargs),
        Special::ZerosLike => arrays::create_like(cx, Prim::ZerosLike, "zeros_like", args, kwargs),
        Special::EmptyLike => arrays::create_like(cx, Prim::EmptyLike, "empty_like", args, kwargs),
        Special::DType => {
            let [a] = exactly(name, args, kwargs)?;
            match arrays::dtype_of(cx, a.ty) {
                Some(t) => done(Typed::of_type(Ty::new(TyKind::DType(t)))),
                // The fields of a record are the library's.
                None if arrays::is_unknown_name(Some(a)) && !matches!(a.ty.kind(), TyKind::Str | TyKind::Literal(_)) => Ok(None),
                None => Err(arrays::no_dtype(cx, "dtype", a)),
            }
        }
        Special::Copy | Special::Ravel | Special::Reshape | Special::Transpose | Special::Conjugate => {
            let Some((first, rest)) = args.split_first() else { return Ok(None) };
            if s == Special::Conjugate && first.plain().is_number() {
                return conjugate(first).map(Some);
            }
            let Some(a) = first.ty.as_array() else { return Ok(None) };
            let m = match s {
                Special::Copy if a.layout == looplift_types::Layout::F && rest.is_empty() && kwargs.is_empty() => {
                    // numpy.copy keeps the order, the method does not.
                    return done(Typed::prim(Prim::CopyArray, &[(first, first.ty)], Ty::array(a.dtype, a.ndim, a.layout)));
                }
                Special::Copy => ArrayMethod::Copy,
                Special::Ravel => ArrayMethod::Ravel,
                Special::Reshape => ArrayMethod::Reshape,
                Special::Transpose => ArrayMethod::Transpose,
                _ => ArrayMethod::Conjugate,
            };
            arrays::method(cx, first, a, m, rest, kwargs)
        }
        Special::Strided => arrays::strided(cx, args, kwargs),
        // What an instance is made of: `attrs` keeps it from users.
        Special::Member => {
            let [a, k] = exactly(name, args, kwargs)?;
            match k.ty.as_lit_int() {
                Some(k) => tuples::item(cx, &a.settled(), k).map(Some),
                None => Ok(None),
            }
        }
        // The numbers of an instance: elements of an array that nobody else knows.
        Special::NumberGet => {
            let [a, k] = exactly(name, args, kwargs)?;
            index::get(cx, &a.settled(), k).map(|t| Some(of_instance(t)))
        }
        Special::NumberSet => {
            let [a, k, value] = exactly(name, args, kwargs)?;
            index::set(cx, &a.settled(), k, value).map(|t| Some(of_instance(t)))
        }
        Special::Address => {
            let [a] = exactly(name, args, kwargs)?;
            Ok(a.ty.as_array().map(|_| Typed::prim(Prim::ArrayAddress, &[(a, a.ty)], Ty::int64())))
        }
        Special::NdIndex if kwargs.is_empty() => iters::nd_index(args),
        Special::NdEnumerate if kwargs.is_empty() => Ok(iters::nd_enumerate(args)),
        Special::NdIter if kwargs.is_empty() => Ok(iters::nd_iter(args)),
        Special::NdIndex | Special::NdEnumerate | Special::NdIter => Ok(None),
        Special::Shape | Special::NDim | Special::Size | Special::Real | Special::Imag => {
            let [a] = args else { return Ok(None) };
            if !kwargs.is_empty() || !(a.plain().is_number() || a.ty.as_array().is_some()) {
                return Ok(None);
            }
            super::attrs::get(cx, a, short(name)).map(Some)
        }
    }
}

/// Reading or writing an element, as an instance's number.
fn of_instance(mut t: Typed) -> Typed {
    if let Resolution::Prim { prim, .. } = &mut t.res {
        *prim = match *prim {
            Prim::GetItem => Prim::NumberGet,
            Prim::SetItem => Prim::NumberSet,
            other => other,
        };
    }
    t
}

fn bound(name: &str, names: &[&str], required: usize, args: &[Operand], kwargs: &Kwargs) -> R<Vec<Option<Operand>>> {
    bind_names(short(name), names, required, args, kwargs).map_err(|text| Fail::new(codes::BAD_ARGUMENTS, text))
}

/// `int(x)`: keeps the width of integers; floats as Python does, with its errors.
fn int(cx: &Cx<'_, '_>, name: &str, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    if args.is_empty() && kwargs.is_empty() {
        return Ok(Some(Typed::of_type(Ty::lit_int(0))));
    }
    if args.len() == 2 {
        return Ok(None);
    }
    let [a] = exactly(name, args, kwargs)?;
    let t = a.plain();
    Ok(match (a.ty.as_literal(), t.kind()) {
        (Some(Literal::Bool(b)), _) => Some(Typed::of_type(Ty::lit_int(i64::from(*b)))),
        (Some(Literal::Int(_)), _) => Some(Typed::copy(a, a.ty)),
        (_, TyKind::Bool) => Some(Typed::copy(a, Ty::int64())),
        (_, TyKind::Int(_)) => Some(Typed::copy(a, t)),
        (_, TyKind::Float(_)) => Some(Typed::prim(Prim::TruncInt, &[(a, t)], Ty::int64())),
        (_, TyKind::Complex(_)) => return Err(cx.explain(Fail::new(codes::NO_MATCH, format!("int() argument must be a real number, not {t}")), &[a])),
        _ => None,
    })
}

fn float(cx: &Cx<'_, '_>, name: &str, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    if args.is_empty() && kwargs.is_empty() {
        return Ok(Some(Typed::float(Ty::float64(), 0.0)));
    }
    let [a] = exactly(name, args, kwargs)?;
    let t = a.plain();
    Ok(match t.kind() {
        TyKind::Bool | TyKind::Int(_) => Some(Typed::copy(a, Ty::float64())),
        TyKind::Float(_) => Some(Typed::copy(a, t)),
        TyKind::Complex(_) => return Err(cx.explain(Fail::new(codes::NO_MATCH, format!("float() argument must be a real number, not {t}")), &[a])),
        _ => None,
    })
}

/// `float("…")`: Python's spellings; underscores between digits.
fn parse_float(s: &str) -> Option<f64> {
    let s = s.trim();
    let digits: Vec<char> = s.chars().collect();
    let misplaced = digits.iter().enumerate().any(|(i, c)| {
        let digit = |j: Option<usize>| j.and_then(|j| digits.get(j)).is_some_and(char::is_ascii_digit);
        *c == '_' && !(digit(i.checked_sub(1)) && digit(Some(i + 1)))
    });
    if misplaced { None } else { s.replace('_', "").parse().ok() }
}

fn complex(name: &str, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    let b = bound(name, &["real", "imag"], 0, args, kwargs)?;
    let zero = Operand::lit_int(0);
    let (re, im) = (b[0].as_ref().unwrap_or(&zero), b[1].as_ref());
    let single = |t: Ty| matches!(t.kind(), TyKind::Float(f) if *f != looplift_types::FloatTy::F64);
    let t = re.plain();
    match im {
        None if t.as_complex().is_some() => Ok(Some(Typed::copy(re, Ty::complex128()))),
        None if t.is_number() => Ok(Some(Typed::copy(re, if single(t) { Ty::complex64() } else { Ty::complex128() }))),
        Some(im) if arith::math_float(t).is_some() && arith::math_float(im.plain()).is_some() => {
            let part = if single(t) && single(im.plain()) { Ty::float32() } else { Ty::float64() };
            Ok(Some(Typed::prim(Prim::MakeComplex, &[(re, part), (im, part)], arith::complex_of(part))))
        }
        _ => Ok(None),
    }
}

/// A NumPy number class, or a type of looplift, called: C conversion.
pub fn number_class(cx: &mut Cx<'_, '_>, t: Ty, args: &[Operand], kwargs: &Kwargs) -> R {
    if args.is_empty() && kwargs.is_empty() {
        let zero = Operand::lit_int(0);
        return Ok(Typed::copy(&zero, t));
    }
    let [a] = exactly(&t.to_string(), args, kwargs)?;
    let from = a.plain();
    if a.ty.as_array().is_some_and(|x| x.ndim == 0 && x.dtype == t) {
        return index::get(cx, a, &Operand::of_type(Ty::tuple(Vec::new())));
    }
    if !from.is_number() && t.is_number() {
        let dtype = Operand::of_type(Ty::new(TyKind::DType(t)));
        let method = if a.ty.as_array().is_some_and(|x| x.ndim > 0) { "astype" } else { "__array__" };
        if let Some(found) = calls::method(cx, a, method, &[dtype], &[])? {
            return Ok(found);
        }
    }
    if !from.is_number() {
        let text = match a.ty.as_literal() {
            Some(Literal::Str(s)) if t.as_float().is_some() => parse_float(s).map(|v| Typed::float(t, v)),
            _ => None,
        };
        return text.ok_or_else(|| cx.explain(Fail::new(codes::NO_MATCH, format!("{} does not convert to {t}", a.ty)), &[a]));
    }
    if from == t {
        return Ok(Typed::copy(a, t));
    }
    if let (Some(v), Some(i)) = (a.ty.as_lit_int(), t.as_int())
        && i.bits == 64
        && !i.signed
    {
        return Ok(Typed::constant(ConstValue { ty: t, data: ConstData::Uint(v as u64) }));
    }
    Ok(Typed::prim(Prim::Cast, &[(a, from)], t))
}

pub fn conjugate(a: &Operand) -> R {
    let t = a.plain();
    Ok(match t.kind() {
        TyKind::Complex(_) => Typed::prim(Prim::Conjugate, &[(a, t)], t),
        TyKind::Bool => Typed::copy(a, Ty::int64()),
        _ => Typed::copy(a, t),
    })
}

fn range(cx: &Cx<'_, '_>, name: &str, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    if !kwargs.is_empty() || args.is_empty() || args.len() > 3 {
        return Err(Fail::new(codes::BAD_ARGUMENTS, format!("{}() takes from 1 to 3 positional arguments ({} given)", short(name), args.len() + kwargs.len())));
    }
    for a in args {
        if arith::machine_int(a.plain()).is_none() {
            return Err(cx
                .explain(Fail::new(codes::NO_MATCH, format!("'{}' object cannot be interpreted as an integer", a.ty)), &[a])
                .help("convert it with int()"));
        }
    }
    let ints: Vec<Ty> = args.iter().map(Operand::plain).collect();
    let fits = |t: &Ty| t.as_int().is_none_or(|i| i.bits + u8::from(!i.signed) <= 32);
    let unsigned = |t: &Ty| t.as_int().is_some_and(|i| !i.signed);
    let t = if ints.iter().all(unsigned) {
        Ty::uint64()
    } else if ints.iter().all(fits) {
        Ty::int(32, true)
    } else {
        Ty::int64()
    };
    let (zero, one) = (Operand::lit_int(0), Operand::lit_int(1));
    let (start, stop, step) = match args {
        [stop] => (&zero, stop, &one),
        [start, stop] => (start, stop, &one),
        [start, stop, step] => (start, stop, step),
        _ => return Ok(None),
    };
    Ok(Some(Typed::prim(Prim::MakeRange, &[(start, t), (stop, t), (step, t)], Ty::range(t))))
}

fn min_max(cx: &mut Cx<'_, '_>, min: bool, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    if !kwargs.is_empty() {
        return Ok(None);
    }
    let items = match args {
        [a] => match a.items().filter(|_| a.ty.tuple_elems().is_some() && !instances::is_instance(cx, a)) {
            Some(items) => items,
            None => return Ok(None),
        },
        _ => args.to_vec(),
    };
    if items.is_empty() {
        return Err(Fail::new(codes::NO_MATCH, format!("{}() argument is an empty tuple", if min { "min" } else { "max" })));
    }
    if let Some(ints) = items.iter().map(|i| i.ty.as_lit_int()).collect::<Option<Vec<_>>>()
        && let Some(v) = if min { ints.iter().min() } else { ints.iter().max() }
    {
        return Ok(Some(Typed::of_type(Ty::lit_int(*v))));
    }
    if let Some(t) = text::extremum(cx, if min { "min" } else { "max" }, &items)? {
        return Ok(Some(t));
    }
    let common = items.iter().map(Operand::plain).try_fold(Ty::bottom(), |t, i| if i.is_number() { join(t, i) } else { None });
    if common.is_none() {
        // A number and a time have no order.
        if items.iter().all(|i| i.plain().is_scalar()) && items.iter().any(|i| i.plain().is_number()) {
            let types = type_list(items.iter().map(|i| i.ty));
            return Err(cx.explain(Fail::new(codes::NO_MATCH, format!("Given types cannot be unified: [{types}]")), &items.iter().collect::<Vec<_>>()));
        }
        return Ok(None);
    }
    let Some(t) = common.filter(|t| t.as_complex().is_none()) else { return Err(no_match(cx, if min { "min" } else { "max" }, args)) };
    match &items[..] {
        [one] => Ok(Some(Typed::copy(one, t))),
        [a, b] if t == Ty::bool() => Ok(Some(Typed::prim(if min { Prim::BitAnd } else { Prim::BitOr }, &[(a, t), (b, t)], t))),
        _ if t == Ty::bool() => Ok(None),
        _ => Ok(Some(Typed::prim(if min { Prim::Min } else { Prim::Max }, &items.iter().map(|i| (i, t)).collect::<Vec<_>>(), t))),
    }
}

fn round(cx: &Cx<'_, '_>, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    let b = bound("round", &["number", "ndigits"], 1, args, kwargs)?;
    let Some(x) = &b[0] else { return Ok(None) };
    let digits = b[1].as_ref().filter(|d| !d.ty.is_none());
    let t = x.plain();
    let int = arith::machine_int(t);
    match (digits, int) {
        (None, Some(m)) => Ok(Some(if x.ty.is_literal() { Typed::copy(x, x.ty) } else { Typed::copy(x, m) })),
        (None, None) if t.as_float().is_some() => Ok(Some(Typed::prim(Prim::RoundInt, &[(x, t)], Ty::int64()))),
        (Some(d), Some(m)) if d.ty.as_lit_int().is_some_and(|d| d >= 0) => Ok(Some(Typed::copy(x, m))),
        (Some(d), None) if t.as_float().is_some() && arith::machine_int(d.plain()).is_some() => {
            Ok(Some(Typed::prim(Prim::RoundDigits, &[(x, t), (d, Ty::int64())], t)))
        }
        (Some(_), Some(_)) => Ok(None),
        _ => Err(no_match(cx, "round", args)),
    }
}

fn print(cx: &Cx<'_, '_>, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    let mut sep = Operand::lit_str(" ");
    let mut end = Operand::lit_str("\n");
    for (key, value) in kwargs {
        let fine = value.ty.is_text();
        match (&**key, fine) {
            (_, false) if value.ty.is_none() && matches!(&**key, "sep" | "end" | "file") => {}
            ("sep", true) => sep = value.clone(),
            ("end", true) => end = value.clone(),
            ("sep" | "end", false) => return Err(Fail::new(codes::BAD_ARGUMENTS, format!("{key} must be None or a string, not {}", value.ty))),
            ("flush", _) => {}
            ("file", _) => return Err(Fail::unsupported("print() to a file")),
            _ => return Err(Fail::new(codes::BAD_ARGUMENTS, format!("print() got an unexpected keyword argument '{key}'"))),
        }
    }
    let by_python = |a: &Operand| *a.ty.kind() == TyKind::Exception || !printable(a.ty) && text::is_object(a.ty);
    if args.iter().any(by_python) {
        let all: Vec<Operand> = args.iter().cloned().chain([sep, end]).collect();
        return text::object_call(cx, "builtins.print sep end", &all, Ty::none()).map(Some);
    }
    let mut operands = vec![(&sep, sep.ty), (&end, end.ty)];
    for a in args {
        if !printable(a.ty) {
            return Err(cx.explain(Fail::new(codes::NO_MATCH, format!("print() does not take {}", a.ty)), &[a]));
        }
        operands.push((a, a.ty));
    }
    Ok(Some(Typed::prim(Prim::Print, &operands, Ty::none())))
}

fn printable(t: Ty) -> bool {
    match t.kind() {
        TyKind::None | TyKind::Bool | TyKind::Int(_) | TyKind::Float(_) | TyKind::Complex(_) | TyKind::Literal(_) | TyKind::Array(_) | TyKind::Range(_) => true,
        TyKind::Str | TyKind::Bytes => true,
        TyKind::Enum(_) | TyKind::Datetime(_) | TyKind::Timedelta(_) => true,
        TyKind::Optional(t) => printable(*t),
        TyKind::Tuple(_) | TyKind::NamedTuple(_) | TyKind::LiteralList(_) => t.tuple_elems().is_some_and(|e| e.iter().all(|t| printable(*t))),
        _ => false,
    }
}

/// Why `isinstance(a, class)` is not known.
fn unknown_class(cx: &Cx<'_, '_>, a: &Operand, class: &Operand) -> String {
    let classes = class.ty.tuple_elems().unwrap_or(std::slice::from_ref(&class.ty));
    if let Some(no_class) = classes.iter().find(|c| c.is_literal() || c.is_none() || c.is_scalar()) {
        return format!("Cannot infer Numba type of Python type: isinstance() takes classes, not {no_class}");
    }
    let of_types = |c: &&Ty| matches!(c.kind(), TyKind::Function(f) if f.name.starts_with("looplift.types."));
    if let Some(c) = classes.iter().find(of_types) {
        return format!("Numba type classes, such as {c}, are not supported by isinstance() of compiled values");
    }
    let optional = a.ty.as_optional().is_some();
    match &a.src {
        ArgSrc::Value(v) if optional => {
            let name = cx.hir.value_name(*v).unwrap_or("?");
            format!("isinstance() cannot determine the type of variable \"{name}\" due to a branch.")
        }
        _ => format!("isinstance() of {} with {} is not known while compiling", a.ty, class.ty),
    }
}

/// Whether a value of one of Python's own classes is an instance of a class that the compiler knows nothing of, such as `numbers.Real`.
fn of_other_class(cx: &Cx<'_, '_>, v: Ty, of: &HostRef) -> Option<bool> {
    let own = match v.kind() {
        _ if of.name.starts_with("looplift.types.") => return None,
        TyKind::Bool => "bool",
        TyKind::Int(_) if v == Ty::int64() => "int",
        TyKind::Float(_) if v == Ty::float64() => "float",
        TyKind::Complex(_) if v == Ty::complex128() => "complex",
        TyKind::Str => "str",
        TyKind::Bytes => "bytes",
        TyKind::Tuple(_) => "tuple",
        _ => return None,
    };
    match cx.host().global(cx.func, own)?.ty.kind() {
        TyKind::Function(f) => cx.host().is_subclass(f, of),
        _ => None,
    }
}

/// Whether containers of this flavour are `list` or `set`, and no other class.
fn is_builtin(flavour: Flavour) -> bool {
    matches!(flavour, Flavour::Plain | Flavour::Reflected)
}

/// Whether a value of type `t` is an instance of `class` or of one of a tuple; `None` where that is not known.
pub fn class_matches(cx: &Cx<'_, '_>, t: Ty, class: &Operand) -> Option<bool> {
    if let Some(elems) = class.ty.tuple_elems() {
        // As in the interpreter, what follows the class that matches is not looked at.
        for e in elems {
            if class_matches(cx, t, &Operand::of_type(*e))? {
                return Some(true);
            }
        }
        return Some(false);
    }
    if matches!(t.kind(), TyKind::Optional(_)) {
        return None;
    }
    let v = plain(t);
    let int = matches!(v.kind(), TyKind::Int(_));
    let float = matches!(v.kind(), TyKind::Float(_));
    let complex = matches!(v.kind(), TyKind::Complex(_));
    if let Some(e) = t.as_enum()
        && let TyKind::Function(f) = class.ty.kind()
    {
        return enums::is_instance(cx, e, f);
    }
    if let TyKind::NamedTuple(n) | TyKind::Instance(n) = v.kind()
        && instances::is_instance(cx, &Operand::of_type(v))
        && let TyKind::Function(f) = class.ty.kind()
    {
        // Of the class, not of tuples, which is what it is made of.
        return if &*f.name == "builtins.tuple" { Some(false) } else { cx.host().is_subclass(&n.class, f) };
    }
    match class.ty.kind() {
        TyKind::NumberClass(c) => Some(v == *c),
        TyKind::ExcClass(_) => Some(false),
        TyKind::Function(f) => {
            let name = cx.host().qualname(class.ty).unwrap_or_else(|| f.name.clone());
            Some(match &*name {
                // Numbers of other widths are NumPy's.
                "builtins.int" => v == Ty::int64() || v == Ty::bool(),
                "builtins.float" => v == Ty::float64(),
                "builtins.complex" => v == Ty::complex128(),
                "builtins.bool" => v == Ty::bool(),
                "builtins.str" => matches!(v.kind(), TyKind::Str),
                "builtins.bytes" => matches!(v.kind(), TyKind::Bytes),
                "builtins.tuple" => matches!(v.kind(), TyKind::Tuple(_) | TyKind::NamedTuple(_)),
                "builtins.range" => matches!(v.kind(), TyKind::Range(_)),
                "builtins.list" => matches!(v.kind(), TyKind::LiteralList(_)) || v.as_list().is_some_and(|l| is_builtin(l.flavour)),
                "builtins.set" => v.as_set().is_some_and(|s| is_builtin(s.flavour)),
                "builtins.dict" => v.as_dict().is_some() || matches!(v.kind(), TyKind::KwArgs(..)),
                name if Flavour::ALL.iter().any(|(f, ..)| f.class() == Some(name)) => v.flavour().is_some_and(|f| f.class() == Some(name)),
                "looplift.typed.lists.List" => v.as_list().is_some_and(|l| l.flavour == Flavour::Typed),
                "looplift.typed.dicts.Dict" => v.as_dict().is_some_and(|d| d.flavour == Flavour::Typed),
                "looplift.typed.sets.Set" => v.as_set().is_some_and(|l| l.flavour == Flavour::Typed),
                "builtins.slice" => matches!(v.kind(), TyKind::Slice(_)),
                "builtins.NoneType" => v.is_none(),
                "builtins.object" => true,
                "numpy.ndarray" => v.as_array().is_some(),
                "numpy.integer" => int,
                "numpy.signedinteger" => v.as_int().is_some_and(|i| i.signed),
                "numpy.unsignedinteger" => v.as_int().is_some_and(|i| !i.signed),
                "numpy.floating" => float,
                "numpy.complexfloating" => complex,
                "numpy.inexact" => float || complex,
                "numpy.number" => int || float || complex,
                "numpy.generic" => v.is_scalar(),
                "numpy.datetime64" => matches!(v.kind(), TyKind::Datetime(_)),
                "numpy.timedelta64" => matches!(v.kind(), TyKind::Timedelta(_)),
                // (What is a `SystemRandom` has the type of a `Random`.)
                "numpy.random._generator.Generator" | "numpy.random.Generator" => {
                    matches!(v.kind(), TyKind::Generator | TyKind::Stream(looplift_types::Stream::Generator))
                }
                "random.Random" | "numpy.random.mtrand.RandomState" if matches!(v.kind(), TyKind::Stream(_)) => {
                    matches!(v.kind(), TyKind::Stream(s) if looplift_builtins::streams::made_by(&name) == Some(*s))
                }
                _ => match v.kind() {
                    TyKind::NamedTuple(n) => return cx.host().is_subclass(&n.class, f),
                    // A class of named tuples has no other instances.
                    _ if cx.host().attr(class.ty, "_fields").is_some() => false,
                    _ => return of_other_class(cx, v, f),
                },
            })
        }
        _ => None,
    }
}
