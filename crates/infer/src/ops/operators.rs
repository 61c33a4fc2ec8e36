//! Operators: arithmetic, comparison, truth, identity, membership. Known operands are computed here (which is what lets branches
//! be pruned), with Python's results.

use super::refusals::no_operator;
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed, plain};
use crate::ops::{binary_prim, calls, caught, displays, elementwise, enums, functions, instances, text, tuples};
use crate::typed::Resolution;
use looplift_builtins::{Prim, arith};
use looplift_hir::BinaryOp;
use looplift_types::{EnumKind, Flavour, Literal, Ty, TyKind, join};

/// The source text and the method of an operator.
fn symbol(op: Prim) -> (&'static str, &'static str) {
    match op {
        Prim::Add => ("+", "__add__"),
        Prim::Sub => ("-", "__sub__"),
        Prim::Mul => ("*", "__mul__"),
        Prim::TrueDiv => ("/", "__truediv__"),
        Prim::FloorDiv => ("//", "__floordiv__"),
        Prim::Mod => ("%", "__mod__"),
        Prim::Pow => ("**", "__pow__"),
        Prim::LShift => ("<<", "__lshift__"),
        Prim::RShift => (">>", "__rshift__"),
        Prim::BitAnd => ("&", "__and__"),
        Prim::BitOr => ("|", "__or__"),
        Prim::BitXor => ("^", "__xor__"),
        Prim::Lt => ("<", "__lt__"),
        Prim::Le => ("<=", "__le__"),
        Prim::Eq => ("==", "__eq__"),
        Prim::Ne => ("!=", "__ne__"),
        Prim::Gt => (">", "__gt__"),
        Prim::Ge => (">=", "__ge__"),
        Prim::Neg => ("-", "__neg__"),
        Prim::Pos => ("+", "__pos__"),
        Prim::Invert => ("~", "__invert__"),
        Prim::DivMod => ("divmod()", "__divmod__"),
        _ => ("abs()", "__abs__"),
    }
}

/// The method of an operator.
pub fn method_name(op: Prim) -> &'static str {
    symbol(op).1
}

/// `a op b`.
pub fn binary(cx: &mut Cx<'_, '_>, op: BinaryOp, a: &Operand, b: &Operand) -> R {
    let (a, b) = (&a.settled(), &b.settled());
    match binary_prim(op) {
        Some(prim) => binary_by_prim(cx, prim, a, b),
        None => match calls::method(cx, a, "__matmul__", std::slice::from_ref(b), &[])? {
            Some(t) => Ok(t),
            None => Err(no_operator(cx, "@", a, Some(b))),
        },
    }
}

/// `a op= b` of a container, by the method for it.
pub fn in_place_method(cx: &mut Cx<'_, '_>, op: BinaryOp, a: &Operand, b: &Operand) -> R<Option<Typed>> {
    match binary_prim(op) {
        Some(prim) => {
            let method = symbol(prim).1.replacen("__", "__i", 1);
            calls::method(cx, a, &method, std::slice::from_ref(b), &[])
        }
        None => Ok(None),
    }
}

/// `a op b` for an arithmetic primitive.
pub fn binary_by_prim(cx: &mut Cx<'_, '_>, op: Prim, a: &Operand, b: &Operand) -> R {
    if let (Some(x), Some(y)) = (a.ty.as_lit_int(), b.ty.as_lit_int())
        && let Some(v) = fold_ints(op, x, y)
    {
        return Ok(Typed::of_type(Ty::lit_int(v)));
    }
    if let (Some(Literal::Str(x)), Some(Literal::Str(y)), Prim::Add) = (a.ty.as_literal(), b.ty.as_literal(), op) {
        return Ok(Typed::of_type(Ty::lit_str(&format!("{x}{y}"))));
    }
    if let Some(t) = elementwise::operator(cx, op, &[a.clone(), b.clone()], &|cx, s| binary_by_prim(cx, op, &s[0], &s[1]))? {
        return Ok(t);
    }
    if let Some(t) = enums::combine(op, a, b) {
        return Ok(t);
    }
    if let Some(t) = text::binary(cx, op, a, b)? {
        return Ok(t);
    }
    let (ta, tb) = beside_constants(op, a, b);
    if op == Prim::Pow
        && let Some(n) = b.ty.as_lit_int()
        && ta.is_number()
        && (-64..=64).contains(&n)
    {
        // An integer to a negative power is no integer.
        let t = match arith::machine_int(ta) {
            Some(_) if n < 0 => Ty::float64(),
            Some(i) => i,
            None => ta,
        };
        return Ok(Typed::prim(op, &[(a, t), (b, b.ty)], t));
    }
    if let Some(r) = arith::binary(op, ta, tb) {
        return Ok(Typed::prim(r.prim, &[(a, r.params[0]), (b, r.params[1])], r.result));
    }
    match (op, a.ty.tuple_elems(), b.ty.tuple_elems()) {
        _ if instances::is_instance(cx, a) || instances::is_instance(cx, b) => {}
        (Prim::Add, Some(_), Some(_)) => return tuples::concat(a, b),
        (Prim::Mul, Some(_), None) if b.ty.as_lit_int().is_some() => return tuples::repeat(a, b.ty.as_lit_int().unwrap_or(0)),
        (Prim::Mul, None, Some(_)) if a.ty.as_lit_int().is_some() => return tuples::repeat(b, a.ty.as_lit_int().unwrap_or(0)),
        _ => {}
    }
    let (text, method) = symbol(op);
    if !(ta.is_number() && tb.is_number()) {
        if let Some(t) = calls::method(cx, a, method, std::slice::from_ref(b), &[])? {
            return Ok(t);
        }
        let reflected = format!("__r{}", &method[2..]);
        if let Some(t) = calls::method(cx, b, &reflected, std::slice::from_ref(a), &[])? {
            return Ok(t);
        }
    }
    Err(no_operator(cx, text, a, Some(b)))
}

/// The types of two operands: a constant that is not negative is as unsigned as the number of 64 bits beside it.
fn beside_constants(op: Prim, a: &Operand, b: &Operand) -> (Ty, Ty) {
    let (ta, tb) = (a.plain(), b.plain());
    let stays = matches!(op, Prim::Add | Prim::Mul | Prim::FloorDiv | Prim::Mod | Prim::BitAnd | Prim::BitOr | Prim::BitXor);
    let fits = |o: &Operand| stays && o.ty.as_lit_int().is_some_and(|v| v >= 0);
    match (ta == Ty::uint64(), tb == Ty::uint64()) {
        (true, false) if fits(b) => (ta, ta),
        (false, true) if fits(a) => (tb, tb),
        _ => (ta, tb),
    }
}

/// Integer arithmetic on constants; what overflows or raises is left to run time.
fn fold_ints(op: Prim, x: i64, y: i64) -> Option<i64> {
    match op {
        Prim::Add => x.checked_add(y),
        Prim::Sub => x.checked_sub(y),
        Prim::Mul => x.checked_mul(y),
        Prim::FloorDiv => {
            let (q, r) = (x.checked_div(y)?, x.checked_rem(y)?);
            Some(if r != 0 && (r < 0) != (y < 0) { q - 1 } else { q })
        }
        Prim::Mod => {
            let r = x.checked_rem(y)?;
            Some(if r != 0 && (r < 0) != (y < 0) { r + y } else { r })
        }
        Prim::Pow => x.checked_pow(u32::try_from(y).ok()?),
        Prim::BitAnd => Some(x & y),
        Prim::BitOr => Some(x | y),
        Prim::BitXor => Some(x ^ y),
        Prim::LShift if (0..63).contains(&y) => x.checked_mul(1i64 << y),
        Prim::RShift if (0..64).contains(&y) => Some(x >> y),
        _ => None,
    }
}

/// `-a`, `+a`, `~a`, `abs(a)`.
pub fn unary(cx: &mut Cx<'_, '_>, op: Prim, a: &Operand) -> R {
    let a = &a.settled();
    if let Some(t) = instances::unary(cx, op, a)? {
        return Ok(t);
    }
    if let Some(v) = a.ty.as_lit_int() {
        let folded = match op {
            Prim::Neg => v.checked_neg(),
            Prim::Pos => Some(v),
            Prim::Invert => Some(!v),
            Prim::Abs => v.checked_abs(),
            _ => None,
        };
        if let Some(v) = folded {
            return Ok(Typed::of_type(Ty::lit_int(v)));
        }
    }
    if let Some(t) = elementwise::operator(cx, op, std::slice::from_ref(a), &|cx, s| unary(cx, op, &s[0]))? {
        return Ok(t);
    }
    if op == Prim::Invert
        && let Some(t) = enums::invert(cx, a)
    {
        return Ok(t);
    }
    if let Some(r) = arith::unary(op, a.plain()) {
        return Ok(match r.prim {
            Prim::Pos => Typed::copy(a, r.result),
            p => Typed::prim(p, &[(a, r.params[0])], r.result),
        });
    }
    let (text, method) = symbol(op);
    match calls::method(cx, a, method, &[], &[])? {
        Some(t) => Ok(t),
        None => Err(no_operator(cx, text, a, None)),
    }
}

/// `a op b` for a comparison.
pub fn compare(cx: &mut Cx<'_, '_>, op: Prim, a: &Operand, b: &Operand) -> R {
    if let Some(t) = instances::compare(cx, op, a, b)? {
        return Ok(t);
    }
    let equality = matches!(op, Prim::Eq | Prim::Ne);
    if equality && let Some(t) = caught::is(cx, a, b, op == Prim::Ne)? {
        return Ok(t);
    }
    if displays::is_list(a) && displays::is_list(b) {
        return compare(cx, op, &displays::as_tuple(a), &displays::as_tuple(b));
    }
    if equality && let (Some(x), Some(y)) = (a.named_items(), b.named_items()) {
        return match displays::matched(&x, &y) {
            Some((x, y)) => compare(cx, op, &x, &y),
            None => Ok(Typed::bool(op == Prim::Ne)),
        };
    }
    match (a.ty.as_literal(), b.ty.as_literal()) {
        (Some(Literal::Str(x)), Some(Literal::Str(y))) => return Ok(Typed::bool(ordered(op, x.cmp(y)))),
        (Some(x), Some(y)) => {
            if let (Some(x), Some(y)) = (literal_number(x), literal_number(y)) {
                return Ok(Typed::bool(ordered(op, x.cmp(&y))));
            }
        }
        _ => {}
    }
    if let Some(t) = elementwise::operator(cx, op, &[a.clone(), b.clone()], &|cx, s| compare(cx, op, &s[0], &s[1]))? {
        return Ok(t);
    }
    if equality && (a.ty.is_none() || b.ty.is_none()) {
        return is(cx, a, b, op == Prim::Ne);
    }
    if equality
        && (matches!(a.ty.kind(), TyKind::DType(_)) || matches!(b.ty.kind(), TyKind::DType(_)))
        && let (Some(x), Some(y)) = (dtype_like(cx, a.ty), dtype_like(cx, b.ty))
    {
        return Ok(Typed::bool((x == y) == (op == Prim::Eq)));
    }
    if let Some(t) = text::compare(cx, op, symbol(op).0, a, b)? {
        return Ok(t);
    }
    if equality
        && !(a.ty.as_optional().is_some() && b.ty.as_optional().is_some())
        && let (Some(x), Some(y)) = (built_in_sort(cx, a), built_in_sort(cx, b))
        && x != y
        && !matches!((x, y), (Sort::Number, Sort::Time) | (Sort::Time, Sort::Number))
    {
        return Ok(Typed::bool(op == Prim::Ne));
    }
    if equality && (a.ty.as_optional().is_some() || b.ty.as_optional().is_some()) {
        // None equals None alone; the rule for the values says what they are compared as.
        let strip = |o: &Operand| Operand { src: o.src.clone(), ty: o.ty.as_optional().unwrap_or(o.ty) };
        if let Typed { res: Resolution::Prim { params, .. }, .. } = compare(cx, op, &strip(a), &strip(b))?
            && let [x, y] = params[..]
        {
            let optional = |t: Ty| Ty::new(TyKind::Optional(t));
            return Ok(Typed::prim(op, &[(a, optional(x)), (b, optional(y))], Ty::bool()));
        }
        return Err(cx
            .explain(Fail::new(codes::NO_OPERATOR, format!("comparing {} and {} needs values that are not None", a.ty, b.ty)), &[a, b])
            .help("test `is None` first, and compare in the branch where it is not"));
    }
    let (a, b) = (&a.settled(), &b.settled());
    if equality && let Some(t) = enums::equal(op, a, b) {
        return Ok(t);
    }
    let (ta, tb) = (a.plain(), b.plain());
    if let Some(r) = arith::binary(op, ta, tb) {
        return Ok(Typed::prim(op, &[(a, r.params[0]), (b, r.params[1])], r.result));
    }
    let (text, method) = symbol(op);
    if let (Some(x), Some(y)) = (ta.tuple_elems(), tb.tuple_elems())
        && !instances::is_instance(cx, a)
        && !instances::is_instance(cx, b)
    {
        let n = x.len().min(y.len());
        if let Some((px, py)) = tuple_comparison(&x[..n], &y[..n], equality) {
            let whole = |common: Vec<Ty>, rest: &[Ty]| Ty::tuple(common.into_iter().chain(rest.iter().copied()).collect::<Vec<_>>());
            let (px, py) = (whole(px, &x[n..]), whole(py, &y[n..]));
            return Ok(Typed::prim(Prim::TupleCompare, &[(a, px), (b, py), (&Operand::lit_str(text), Ty::lit_str(text))], Ty::bool()));
        }
    }
    if equality && let Some(same) = is_same_class(cx, ta, tb) {
        return Ok(Typed::bool(same == (op == Prim::Eq)));
    }
    if equality && is_compile_time(ta) && is_compile_time(tb) {
        return Ok(Typed::bool((ta == tb) == (op == Prim::Eq)));
    }
    if let Some(t) = calls::method(cx, a, method, std::slice::from_ref(b), &[])? {
        return Ok(t);
    }
    Err(no_operator(cx, text, a, Some(b)))
}

/// Sorts of Python's own values of which no two are ever equal: a tuple equals no list, a number no text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Number,
    Time,
    Str,
    Bytes,
    Tuple,
    List,
    Dict,
    Range,
    Slice,
}

fn built_in_sort(cx: &Cx<'_, '_>, o: &Operand) -> Option<Sort> {
    let t = o.plain();
    Some(match t.kind() {
        TyKind::Int(_) | TyKind::Float(_) | TyKind::Complex(_) | TyKind::Bool => Sort::Number,
        TyKind::Datetime(_) | TyKind::Timedelta(_) => Sort::Time,
        TyKind::Str => Sort::Str,
        TyKind::Bytes => Sort::Bytes,
        TyKind::Tuple(_) => Sort::Tuple,
        TyKind::NamedTuple(_) if !instances::is_instance(cx, o) => Sort::Tuple,
        TyKind::LiteralList(_) => Sort::List,
        TyKind::Dict(_) | TyKind::KwArgs(..) => Sort::Dict,
        TyKind::Range(_) => Sort::Range,
        TyKind::Slice(_) => Sort::Slice,
        _ if t.as_list().is_some_and(|l| matches!(l.flavour, Flavour::Plain | Flavour::Reflected)) => Sort::List,
        _ => return None,
    })
}

fn dtype_like(cx: &Cx<'_, '_>, t: Ty) -> Option<Ty> {
    super::arrays::dtype_of(cx, t)
}

/// Element types for a comparison of tuples.
fn tuple_comparison(x: &[Ty], y: &[Ty], equality: bool) -> Option<(Vec<Ty>, Vec<Ty>)> {
    let pairs = x.iter().zip(y).map(|(a, b)| {
        let (a, b) = (plain(*a), plain(*b));
        match (a.tuple_elems(), b.tuple_elems()) {
            (Some(x), Some(y)) if x.len() == y.len() => {
                let (px, py) = tuple_comparison(x, y, equality)?;
                Some((Ty::tuple(px), Ty::tuple(py)))
            }
            _ if a.as_enum().is_some() && a == b => Some((Ty::int64(), Ty::int64())),
            _ if a == b && matches!(a.kind(), TyKind::Str | TyKind::Bytes) => Some((a, b)),
            _ if a.is_number() && b.is_number() => {
                let (p, q) = arith::comparison_types(a, b)?;
                if p.as_complex().is_some() && !equality { None } else { Some((p, q)) }
            }
            _ => None,
        }
    });
    pairs.collect::<Option<Vec<_>>>().map(|v| v.into_iter().unzip())
}

fn literal_number(l: &Literal) -> Option<i64> {
    match l {
        Literal::Int(v) => Some(*v),
        Literal::Bool(b) => Some(i64::from(*b)),
        Literal::Str(_) => None,
    }
}

fn ordered(op: Prim, o: std::cmp::Ordering) -> bool {
    match op {
        Prim::Lt => o.is_lt(),
        Prim::Le => o.is_le(),
        Prim::Eq => o.is_eq(),
        Prim::Ne => o.is_ne(),
        Prim::Gt => o.is_gt(),
        _ => o.is_ge(),
    }
}

/// Whether what `type()` gave is one of Python's number classes, which stand for the types of their values.
fn is_same_class(cx: &Cx<'_, '_>, a: Ty, b: Ty) -> Option<bool> {
    let (of, class) = match (a.kind(), b.kind()) {
        (TyKind::NumberClass(t), TyKind::Function(_)) => (*t, b),
        (TyKind::Function(_), TyKind::NumberClass(t)) => (*t, a),
        _ => return None,
    };
    let name = cx.host().qualname(class)?;
    let stands_for = match &*name {
        "builtins.int" => Ty::int64(),
        "builtins.float" => Ty::float64(),
        "builtins.complex" => Ty::complex128(),
        "builtins.bool" => Ty::bool(),
        _ => return None,
    };
    Some(of == stands_for)
}

/// Whether the type says all about a value.
fn is_compile_time(t: Ty) -> bool {
    matches!(
        t.kind(),
        TyKind::Function(_)
            | TyKind::Dispatcher(_)
            | TyKind::Module(_)
            | TyKind::NumberClass(_)
            | TyKind::ExcClass(_)
            | TyKind::DType(_)
            | TyKind::Ellipsis
            | TyKind::NotImplemented
            | TyKind::Object(_)
    )
}

/// `bool(a)`, or `not a`.
pub fn truth(cx: &mut Cx<'_, '_>, a: &Operand, negated: bool) -> R {
    if let Some(t) = instances::truth(cx, a, negated)? {
        return Ok(t);
    }
    if let Some(t) = caught::truth(cx, a, negated)? {
        return Ok(t);
    }
    let known = match a.ty.kind() {
        TyKind::Literal(Literal::Bool(b)) => Some(*b),
        TyKind::Literal(Literal::Int(v)) => Some(*v != 0),
        TyKind::Literal(Literal::Str(s)) => Some(!s.is_empty()),
        TyKind::None => Some(false),
        TyKind::Tuple(t) | TyKind::LiteralList(t) => Some(!t.is_empty()),
        TyKind::NamedTuple(t) => Some(!t.elems.is_empty()),
        TyKind::KwArgs(names, _) => Some(!names.is_empty()),
        TyKind::Closure(_) => Some(true),
        // What its class asks it for may be another answer later.
        TyKind::Object(_) if ["__bool__", "__len__"].iter().any(|name| cx.host().attr(a.ty, name).is_some()) => None,
        _ if is_compile_time(a.ty) => Some(true),
        _ => None,
    };
    if let Some(k) = known {
        return Ok(Typed::bool(k != negated));
    }
    match a.ty.kind() {
        TyKind::Bool if !negated => Ok(Typed::copy(a, a.ty)),
        TyKind::Bool => Ok(Typed::prim(Prim::Not, &[(a, a.ty)], Ty::bool())),
        TyKind::Int(_) | TyKind::Float(_) | TyKind::Complex(_) if negated => Ok(Typed::prim(Prim::Eq, &[(a, a.ty), (&Operand::lit_int(0), a.ty)], Ty::bool())),
        TyKind::Int(_) | TyKind::Float(_) | TyKind::Complex(_) | TyKind::Range(_) | TyKind::Array(_) => {
            Ok(Typed::prim(if negated { Prim::Not } else { Prim::ToBool }, &[(a, a.ty)], Ty::bool()))
        }
        TyKind::Enum(e) if e.kind == EnumKind::Member => Ok(Typed::bool(!negated)),
        TyKind::Enum(_) => {
            let zero = Operand::lit_int(0);
            Ok(Typed::prim(if negated { Prim::Eq } else { Prim::Ne }, &[(a, Ty::int64()), (&zero, Ty::int64())], Ty::bool()))
        }
        TyKind::Str | TyKind::Bytes => Ok(Typed::prim(if negated { Prim::Not } else { Prim::ToBool }, &[(a, a.ty)], Ty::bool())),
        TyKind::Optional(t) if t.is_number() || matches!(t.kind(), TyKind::Str | TyKind::Bytes) => {
            Ok(Typed::prim(if negated { Prim::Not } else { Prim::ToBool }, &[(a, a.ty)], Ty::bool()))
        }
        TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_) | TyKind::DictView(..) => {
            Ok(Typed::prim(if negated { Prim::Not } else { Prim::ToBool }, &[(a, a.ty)], Ty::bool()))
        }
        _ => {
            if !negated && let Some(t) = calls::method(cx, a, "__bool__", &[], &[])? {
                return Ok(t);
            }
            Err(cx.explain(Fail::new(codes::NO_OPERATOR, format!("the truth of {} is not known to the compiler", a.ty)), &[a]))
        }
    }
}

/// `a is b`.
pub fn is(cx: &mut Cx<'_, '_>, a: &Operand, b: &Operand, negated: bool) -> R {
    if let Some(same) = is_same_class(cx, a.ty, b.ty) {
        return Ok(Typed::bool(same != negated));
    }
    let decided = |v: bool| Ok(Typed::bool(v != negated));
    let text = if negated { "is not" } else { "is" };
    let run_time = |x: Ty, y: Ty| Ok(Typed::prim(Prim::Is, &[(a, x), (b, y), (&Operand::lit_str(text), Ty::lit_str(text))], Ty::bool()));
    if let Some(t) = instances::is(cx, a, b, negated)? {
        return Ok(t);
    }
    if let Some(t) = caught::is(cx, a, b, negated)? {
        return Ok(t);
    }
    match (a.ty.kind(), b.ty.kind()) {
        (TyKind::None, TyKind::None) => decided(true),
        (TyKind::Optional(_), TyKind::None) | (TyKind::None, TyKind::Optional(_)) => run_time(a.ty, b.ty),
        (TyKind::None, _) | (_, TyKind::None) => decided(false),
        (TyKind::Literal(x), TyKind::Literal(y)) => decided(x == y),
        (TyKind::Enum(_), _) | (_, TyKind::Enum(_)) => {
            if a.ty == b.ty {
                Ok(Typed::prim(if negated { Prim::Ne } else { Prim::Eq }, &[(a, Ty::int64()), (b, Ty::int64())], Ty::bool()))
            } else {
                decided(false)
            }
        }
        (TyKind::Array(_), TyKind::Array(_)) => {
            if a.ty == b.ty {
                run_time(a.ty, b.ty)
            } else {
                decided(false)
            }
        }
        _ if a.ty.container_parts().is_some() && b.ty.container_parts().is_some() => {
            if a.ty.container_parts() == b.ty.container_parts() {
                run_time(a.ty, b.ty)
            } else {
                decided(false)
            }
        }
        (TyKind::Functions(_), _) | (_, TyKind::Functions(_)) => match functions::is(a, b) {
            Some([a, b]) => Ok(Typed::prim(if negated { Prim::Ne } else { Prim::Eq }, &[(&a, Ty::int64()), (&b, Ty::int64())], Ty::bool())),
            None => decided(false),
        },
        (TyKind::FunctionValue(_), _) | (_, TyKind::FunctionValue(_)) => {
            if text::is_object(a.ty) && text::is_object(b.ty) {
                text::object_call(cx, if negated { "operator.is_not" } else { "operator.is_" }, &[a.clone(), b.clone()], Ty::bool())
            } else {
                decided(false)
            }
        }
        _ if is_compile_time(a.ty) && is_compile_time(b.ty) => decided(a.ty == b.ty),
        _ => {
            let (x, y) = (a.ty.unliteral(), b.ty.unliteral());
            let addresses = matches!((x.kind(), y.kind()), (TyKind::Pointer(_), TyKind::Pointer(_)));
            if addresses || (x == Ty::bool() && y == Ty::bool()) {
                return run_time(x, y);
            }
            let is_value = |t: Ty| t.is_number() || t.is_text() || t.tuple_elems().is_some() || t.as_array().is_some();
            if is_value(x) && is_value(y) && std::mem::discriminant(x.kind()) != std::mem::discriminant(y.kind()) {
                // Of different classes.
                return decided(false);
            }
            if x.is_number() && y.is_number() {
                // Numbers have no identity but their value.
                return if x == y { compare(cx, if negated { Prim::Ne } else { Prim::Eq }, a, b) } else { decided(false) };
            }
            Err(cx.explain(Fail::new(codes::NO_OPERATOR, format!("identity of {} and {} has no meaning in compiled code", a.ty, b.ty)), &[a, b]).help("use =="))
        }
    }
}

/// `item in container`.
pub fn contains(cx: &mut Cx<'_, '_>, c: &Operand, item: &Operand, negated: bool) -> R {
    if let Some(t) = instances::contains(cx, c, item, negated)? {
        return Ok(t);
    }
    if instances::is_instance(cx, c) {
        return Err(no_operator(cx, if negated { "not in" } else { "in" }, item, Some(c)));
    }
    if displays::is_list(c) {
        return contains(cx, &displays::as_tuple(c), item, negated);
    }
    if let Some(t) = caught::contained(cx, item, c, negated)? {
        return Ok(t);
    }
    let text = if negated { "not in" } else { "in" };
    let third = Operand::lit_str(text);
    if let (TyKind::KwArgs(names, _), Some(Literal::Str(name))) = (c.ty.kind(), item.ty.as_literal()) {
        return Ok(Typed::bool(names.contains(name) != negated));
    }
    if let Some(elems) = c.ty.tuple_elems() {
        if matches!(item.ty.kind(), TyKind::DType(_))
            && let (Some(t), Some(all)) = (dtype_like(cx, item.ty), elems.iter().map(|e| dtype_like(cx, *e)).collect::<Option<Vec<_>>>())
        {
            return Ok(Typed::bool(all.contains(&t) != negated));
        }
        // Elements of another sort than the item are not it.
        let alike = |e: &Ty| plain(*e).is_number() == item.plain().is_number() && e.is_text() == item.ty.is_text();
        if !elems.iter().all(alike)
            && let Some(items) = c.items()
        {
            let rest: Vec<Operand> = items.into_iter().filter(|o| alike(&o.ty)).collect();
            return contains(cx, &Operand::tuple(&rest), item, negated);
        }
        if elems.is_empty() {
            return Ok(Typed::bool(negated));
        }
        if let Some(needle) = item.ty.as_literal()
            && let Some(all) = elems.iter().map(|e| e.as_literal()).collect::<Option<Vec<_>>>()
        {
            let found = all.iter().any(|l| match (literal_number(l), literal_number(needle)) {
                (Some(x), Some(y)) => x == y,
                _ => *l == needle,
            });
            return Ok(Typed::bool(found != negated));
        }
        if item.ty.as_enum().is_some() && elems.iter().all(|e| *e == item.ty) {
            let int = Ty::int64();
            return Ok(Typed::prim(Prim::TupleContains, &[(c, Ty::tuple(vec![int; elems.len()])), (item, int), (&third, third.ty)], Ty::bool()));
        }
        if let Some(of) = text::kind_of(item.ty)
            && item.ty.unliteral() == of
            && elems.iter().all(|e| e.unliteral() == of)
        {
            return Ok(Typed::prim(Prim::TupleContains, &[(c, Ty::tuple(vec![of; elems.len()])), (item, of), (&third, third.ty)], Ty::bool()));
        }
        let common = elems.iter().try_fold(item.plain(), |t, e| if plain(*e).is_number() { join(t, plain(*e)) } else { None });
        if let Some(t) = common.filter(|t| t.is_number()) {
            return Ok(Typed::prim(Prim::TupleContains, &[(c, Ty::tuple(vec![t; elems.len()])), (item, t), (&third, third.ty)], Ty::bool()));
        }
    }
    if let (TyKind::Range(t), Some(_)) = (c.ty.kind(), arith::machine_int(item.plain())) {
        let wide = Ty::range(if t.as_int().is_some_and(|i| !i.signed) { Ty::uint64() } else { Ty::int64() });
        let TyKind::Range(elem) = wide.kind() else { return Err(no_operator(cx, text, item, Some(c))) };
        return Ok(Typed::prim(Prim::RangeContains, &[(c, wide), (item, *elem), (&third, third.ty)], Ty::bool()));
    }
    if let (Some(Literal::Str(x)), Some(Literal::Str(y))) = (item.ty.as_literal(), c.ty.as_literal()) {
        return Ok(Typed::bool(y.contains(&**x) != negated));
    }
    if let Some(t) = enums::class_contains(cx, c, item) {
        return Ok(Typed::bool(t != negated));
    }
    if let Some(t) = text::contains(cx, c, item, negated)? {
        return Ok(t);
    }
    // What is asked about a container that is still empty tells nothing of its elements: the way goes on to what puts them in.
    if c.ty.is_unfinished() && (c.ty.container_parts().is_some() || matches!(c.ty.kind(), TyKind::DictView(..))) {
        return Ok(Typed::of_type(Ty::bool()));
    }
    if !negated && let Some(t) = calls::method(cx, c, "__contains__", std::slice::from_ref(item), &[])? {
        return Ok(t);
    }
    if negated && let Some(t) = calls::method(cx, c, "__not_contains__", std::slice::from_ref(item), &[])? {
        return Ok(t);
    }
    Err(no_operator(cx, text, item, Some(c)))
}
