//! Operations on numbers applied to arrays element by element, with broadcasting.
//!
//! The rule for numbers is asked with the arrays' element types; what it answers becomes the kernel. dtypes follow NumPy's
//! promotion of the operands' dtypes; a number beside an array takes the array's ([`weak`]).

use super::attrs::contiguous;
use super::text;
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::typed::Resolution;
use looplift_builtins::Prim;
use looplift_types::{ArrayTy, Layout, Ty, TyKind};

type Rule<'r> = &'r dyn Fn(&mut Cx<'_, '_>, &[Operand]) -> R<Option<Typed>>;

/// NumPy's ufuncs, and functions like them, that the library in Python implements for numbers.
const UFUNCS: &[&str] = &[
    "angle",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "around",
    "bitwise_count",
    "clip",
    "divide",
    "exp2",
    "expm1",
    "fix",
    "float_power",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "gcd",
    "greater",
    "greater_equal",
    "heaviside",
    "i0",
    "isnat",
    "isneginf",
    "isposinf",
    "lcm",
    "ldexp",
    "less",
    "less_equal",
    "log1p",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "power",
    "reciprocal",
    "remainder",
    "rint",
    "round",
    "sign",
    "sinc",
    "spacing",
    "square",
    "true_divide",
];

/// Whether a function of numbers by this name serves arrays element by element.
pub fn is_ufunc(qualname: &str) -> bool {
    qualname.strip_prefix("numpy.").is_some_and(|n| UFUNCS.contains(&n))
}

/// Operands of a function in the library: an integer beside an array may be a count there, which has a type of its own.
pub fn weak_for(qualname: &str, args: &[Operand]) -> Vec<Operand> {
    match qualname.strip_prefix("numpy.") {
        Some("angle" | "around" | "ldexp" | "round") => args.to_vec(),
        _ => weak(args, false),
    }
}

/// A Python number beside arrays takes their dtype if its kind is no higher (NEP 50): int64, float64 and complex128 count as Python's.
/// In a comparison integers stay as they are, so that no value is lost.
pub fn weak(args: &[Operand], comparison: bool) -> Vec<Operand> {
    let strongest = args.iter().filter_map(|a| a.ty.as_array()).map(|t| t.dtype).max_by_key(|t| (rank(*t), t.itemsize()));
    let Some(array) = strongest.filter(|t| t.is_number()) else { return args.to_vec() };
    let single = matches!(array.itemsize(), Some(n) if n <= if array.as_complex().is_some() { 8 } else { 4 });
    let adjusted = |t: Ty| match (rank(t), rank(array)) {
        (1, 1) if t == Ty::int64() && !comparison => array,
        (1, 2) if t == Ty::int64() => array,
        (1 | 2, 3) if single && (t == Ty::int64() || t == Ty::float64()) => Ty::float32(),
        (2, 2) if t == Ty::float64() => array,
        (3, 2) if t == Ty::complex128() && single => Ty::complex64(),
        (3, 3) if t == Ty::complex128() => array,
        _ => t,
    };
    args.iter()
        .map(|a| {
            let to = if a.ty.as_array().is_some() || !a.plain().is_number() { a.plain() } else { adjusted(a.plain()) };
            Operand { src: a.src.clone(), ty: if to == a.plain() { a.ty } else { to } }
        })
        .collect()
}

/// Half precision computes in single precision and stays half.
fn half_result(args: &[Operand], dtype: Ty) -> Ty {
    let half = Ty::float(looplift_types::FloatTy::F16);
    let small = |t: Ty| t == half || t == Ty::bool() || t.as_int().is_some_and(|i| i.bits == 8);
    let mut elems = args.iter().map(|a| a.ty.as_array().map_or(a.plain(), |t| t.dtype));
    if dtype == Ty::float32() && elems.clone().any(|t| t == half) && elems.all(small) { half } else { dtype }
}

/// `rule` for each element; `None` unless there is an array and everything else is a number. What it gives is an array, or a number where no
/// operand has dimensions.
pub fn apply(cx: &mut Cx<'_, '_>, args: &[Operand], rule: Rule<'_>) -> R<Option<Typed>> {
    let arrays: Vec<ArrayTy> = args.iter().filter_map(|a| a.ty.as_array()).collect();
    let Some(ndim) = arrays.iter().map(|a| a.ndim).max() else { return Ok(None) };
    let texts = arrays.iter().any(|a| a.dtype.as_char_seq().is_some());
    let item = |t: Ty| t.is_scalar() || (texts && text::kind_of(t).is_some());
    if args.iter().any(|a| !item(a.ty.as_array().map_or(a.plain(), |t| t.dtype))) {
        return Ok(None);
    }
    let scalars: Vec<Operand> =
        args.iter().map(|a| Operand { src: a.src.clone(), ty: a.ty.as_array().map_or(a.ty, |t| text::element_value(t.dtype)) }).collect();
    let Some(t) = rule(cx, &scalars)? else { return Ok(None) };
    let ret = t.ty;
    let dtype = half_result(args, ret.unliteral());
    let res = Resolution::Elementwise { kernel: Box::new(t.res), ret, into: None };
    if dtype.is_bottom() {
        return Ok(Some(Typed { ty: dtype, res }));
    }
    if !dtype.is_scalar() || matches!(res, Resolution::Elementwise { ref kernel, .. } if matches!(**kernel, Resolution::Elementwise { .. })) {
        return Ok(None);
    }
    if ndim == 0 {
        // Of arrays without dimensions NumPy's ufuncs make numbers.
        return Ok(Some(Typed { ty: dtype, res }));
    }
    let fortran = ndim > 1 && arrays.iter().all(|a| a.layout == Layout::F && a.ndim == ndim);
    let layout = contiguous(if fortran { Layout::F } else { Layout::C });
    Ok(Some(Typed { ty: Ty::array(dtype, ndim, layout), res }))
}

/// `numpy.where` of arrays and numbers whose dtypes agree, in the loop of the expressions around it.
pub fn choose(cx: &mut Cx<'_, '_>, args: &[Operand]) -> R<Option<Typed>> {
    let [condition, x, y] = args else { return Ok(None) };
    let values = weak(&[x.clone(), y.clone()], false);
    let dtype = |a: &Operand| a.ty.as_array().map_or(a.plain(), |t| t.dtype);
    let (test, value) = (dtype(condition), dtype(&values[0]));
    let fits = |t: Ty| t == Ty::bool() || (t.is_number() && t != Ty::float(looplift_types::FloatTy::F16));
    if value != dtype(&values[1]) || !fits(value) || !fits(test) || test.as_complex().is_some() {
        return Ok(None);
    }
    let all = [condition.clone(), values[0].clone(), values[1].clone()];
    if all.iter().all(|a| a.ty.as_array().is_none_or(|t| t.ndim == 0)) {
        // It gives an array even of numbers.
        return Ok(None);
    }
    apply(cx, &all, &|_, s| Ok(Some(Typed::prim(Prim::Choose, &[(&s[0], test), (&s[1], value), (&s[2], value)], value))))
}

/// An operator: as `apply`, with the dtype of NumPy's loop, which for small integers is not that of scalars.
pub fn operator(cx: &mut Cx<'_, '_>, op: Prim, args: &[Operand], rule: &dyn Fn(&mut Cx<'_, '_>, &[Operand]) -> R) -> R<Option<Typed>> {
    let comparison = matches!(op, Prim::Lt | Prim::Le | Prim::Eq | Prim::Ne | Prim::Gt | Prim::Ge);
    let weak = weak(args, comparison);
    // A constant exponent stays one.
    let kept: Vec<Operand> = weak.iter().zip(args).map(|(w, a)| if op == Prim::Pow && a.ty.is_literal() { a.clone() } else { w.clone() }).collect();
    let Some(t) = apply(cx, &kept, &|cx, s| rule(cx, s).map(Some))? else { return Ok(None) };
    let elems: Vec<Ty> = weak.iter().map(|a| a.ty.as_array().map_or(a.plain(), |t| t.dtype)).collect();
    let made = t.ty.as_array();
    match loop_dtype(op, &elems) {
        Some(dtype) if made.map_or(t.ty, |a| a.dtype).as_int().is_some() => {
            Ok(Some(Typed { ty: made.map_or(dtype, |a| Ty::array(dtype, a.ndim, a.layout)), res: t.res }))
        }
        _ => Ok(Some(t)),
    }
}

/// The dtype of NumPy's integer loop for these operand dtypes, where it has one.
fn loop_dtype(op: Prim, elems: &[Ty]) -> Option<Ty> {
    let mut result: Option<Ty> = None;
    for &e in elems {
        result = Some(match result {
            None => e,
            Some(r) => promote(r, e)?,
        });
    }
    let all_bool = result == Some(Ty::bool());
    match op {
        Prim::Add | Prim::Mul if all_bool => Some(Ty::bool()),
        _ if all_bool => Some(Ty::int(8, true)),
        _ => result.filter(|t| t.as_int().is_some()),
    }
}

/// NumPy's common type of two integer or bool dtypes; `None` for int64 with uint64 and for anything else.
fn promote(a: Ty, b: Ty) -> Option<Ty> {
    let (x, y) = match (a.kind(), b.kind()) {
        (TyKind::Bool, _) => return (b.as_int().is_some() || b == a).then_some(b),
        (_, TyKind::Bool) => return a.as_int().map(|_| a),
        _ => (a.as_int()?, b.as_int()?),
    };
    if x.signed == y.signed {
        return Some(Ty::int(x.bits.max(y.bits), x.signed));
    }
    let (s, u) = if x.signed { (x, y) } else { (y, x) };
    match s.bits.max(u.bits.saturating_mul(2)) {
        bits @ ..=64 => Some(Ty::int(bits, true)),
        _ => None,
    }
}

/// `a op= b` where `t` is the type of `a op b`: an array is written in place, if its dtype can take the result.
pub fn in_place(cx: &Cx<'_, '_>, target: &Operand, t: Typed) -> R {
    let (Some(to), Resolution::Elementwise { kernel, ret, .. }) = (target.ty.as_array(), &t.res) else { return Ok(t) };
    let (from, from_ndim) = t.ty.as_array().map_or((t.ty, 0), |a| (a.dtype, a.ndim));
    if to.readonly {
        return Err(cx.explain(Fail::new(codes::BAD_STORE, format!("cannot write to {} in place: it is read-only", target.ty)), &[target]));
    }
    let times = from.is_time() || to.dtype.is_time();
    if times && from != to.dtype || rank(from) > rank(to.dtype) || from_ndim > to.ndim {
        let fail = Fail::new(codes::BAD_STORE, format!("the result, {}, cannot be written to {} in place", t.ty, target.ty));
        return Err(cx.explain(fail, &[target]).help("write `a = a + b` instead of `a += b`"));
    }
    let res = Resolution::Elementwise { kernel: kernel.clone(), ret: *ret, into: Some(target.src.clone()) };
    Ok(Typed { ty: target.ty, res })
}

/// Kinds of numbers in the order of NumPy's "same kind" casting.
fn rank(t: Ty) -> u8 {
    match t.kind() {
        TyKind::Bool => 0,
        TyKind::Int(_) => 1,
        TyKind::Float(_) => 2,
        _ => 3,
    }
}
