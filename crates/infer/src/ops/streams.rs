//! `random.Random` and `numpy.random.RandomState` objects: their methods, which Python runs, and their classes.

use crate::bind::bind_names;
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::ops::text;
use looplift_builtins::streams::{self, Gives, Method};
use looplift_types::{Flavour, Layout, Ty, TyKind};

type Kwargs = [(Box<str>, Operand)];

/// `Random(seed)`, `RandomState(seed)`; `None` for other classes.
pub fn class(cx: &Cx<'_, '_>, qualname: &str, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    let Some(stream) = streams::made_by(qualname) else { return Ok(None) };
    called(cx, qualname, args, kwargs, Ty::new(TyKind::Stream(stream))).map(Some)
}

/// `obj.name(args…)`; `None` if the object is no stream, or has no row of this name.
pub fn method(cx: &Cx<'_, '_>, obj: &Operand, name: &str, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    let TyKind::Stream(stream) = obj.ty.kind() else { return Ok(None) };
    let Some(row) = streams::methods(*stream).find(|m| m.name == name) else { return Ok(None) };
    if args.iter().chain(kwargs.iter().map(|(_, o)| o)).any(|o| o.ty.is_bottom() || o.ty.is_unfinished()) {
        return Ok(Some(Typed::of_type(Ty::bottom())));
    }
    let result = match row.gives {
        Gives::FloatsAlong if kwargs.is_empty() => numbers(Ty::float64(), args.len()),
        _ => {
            let bound = bind_names(name, row.params, row.required, args, kwargs).map_err(|why| Fail::new(codes::BAD_ARGUMENTS, why))?;
            given(cx, row, &bound)?
        }
    };
    let operands: Vec<Operand> = std::iter::once(obj.clone()).chain(args.iter().cloned()).collect();
    called(cx, &format!(".{name}"), &operands, kwargs, result).map(Some)
}

fn called(cx: &Cx<'_, '_>, operation: &str, args: &[Operand], kwargs: &Kwargs, result: Ty) -> R {
    let mut operation = operation.to_string();
    let mut operands = args.to_vec();
    for (name, value) in kwargs {
        operation.push(' ');
        operation.push_str(name);
        operands.push(value.clone());
    }
    text::object_call(cx, &operation, &operands, result)
}

/// A number, or an array of them.
fn numbers(of: Ty, ndim: usize) -> Ty {
    match u8::try_from(ndim) {
        Ok(n) if n > 0 => Ty::array(of, n, Layout::C),
        _ => of,
    }
}

/// The type of what a method gives for these arguments.
fn given(cx: &Cx<'_, '_>, row: &Method, bound: &[Option<Operand>]) -> R<Ty> {
    let param = |name: &str| row.params.iter().position(|p| *p == name).and_then(|i| bound[i].as_ref());
    let refuse = |o: &Operand, name: &str, wanted: &str| {
        Err(cx.explain(Fail::new(codes::NO_MATCH, format!("{}(): '{name}' must be {wanted}, not {}", row.name, o.ty)), &[o]))
    };
    let size = match param("size") {
        None => None,
        Some(o) => match dimensions(o.ty) {
            Some(n) => n,
            None => return refuse(o, "size", "an integer or a tuple of integers, to be known as None or not"),
        },
    };
    let options = ["size", "dtype", "replace", "check_valid", "tol", "method", "endpoint", "axis", "shuffle"];
    let among = row.params.iter().zip(bound).filter(|(name, _)| !options.contains(name)).filter_map(|(_, o)| o.as_ref());
    let broadcast = || among.filter_map(|o| array_dimensions(o.ty)).max().unwrap_or(0);
    Ok(match row.gives {
        Gives::None => {
            if let ("shuffle", Some(x)) = (row.name, param("x"))
                && x.ty.as_array().is_none()
            {
                return refuse(x, "x", "an array here");
            }
            Ty::none()
        }
        Gives::Int => Ty::int64(),
        Gives::Bits => Ty::uint64(),
        Gives::Float => Ty::float64(),
        Gives::Bytes => Ty::bytes(),
        Gives::Floats | Gives::FloatsAlong => numbers(Ty::float64(), size.unwrap_or_else(broadcast)),
        Gives::Ints => numbers(Ty::int64(), size.unwrap_or_else(broadcast)),
        Gives::IntsOfClass | Gives::FloatsOfClass => {
            let float = row.gives == Gives::FloatsOfClass;
            let of = match param("dtype") {
                None if float => Ty::float64(),
                None => Ty::int64(),
                Some(o) => match class_of(cx, o.ty, float) {
                    Some(t) => t,
                    None => return refuse(o, "dtype", if float { "a class of floats" } else { "a class of integers" }),
                },
            };
            numbers(of, size.unwrap_or_else(broadcast))
        }
        Gives::FloatRows => numbers(Ty::float64(), size.unwrap_or(0) + 1),
        Gives::IntRows => numbers(Ty::int64(), size.unwrap_or(0) + 1),
        Gives::Items | Gives::AllItems => {
            let Some((name, Some(of))) = row.params.first().zip(bound.first()) else { return Ok(Ty::bottom()) };
            let all = row.gives == Gives::AllItems;
            match (of.ty.unliteral().kind(), of.ty.as_array()) {
                (TyKind::Int(_), _) => numbers(Ty::int64(), if all { 1 } else { size.unwrap_or(0) }),
                // (Rows are put together in an order that depends on the array's.)
                (_, Some(a)) if all && a.ndim > 1 => Ty::array(a.dtype, a.ndim, Layout::A),
                (_, Some(a)) if all && a.ndim == 1 => numbers(a.dtype, 1),
                (_, Some(a)) if a.ndim == 1 => numbers(text::element_value(a.dtype), size.unwrap_or(0)),
                _ => return refuse(of, name, if all { "an integer or an array" } else { "an integer or an array of one dimension" }),
            }
        }
        Gives::State => Ty::tuple([Ty::str(), Ty::array(Ty::int(32, false), 1, Layout::C), Ty::int64(), Ty::int64(), Ty::float64()]),
    })
}

/// How many dimensions a `size` of this type says: the inner `None` for None.
fn dimensions(size: Ty) -> Option<Option<usize>> {
    let is_int = |t: Ty| matches!(t.unliteral().kind(), TyKind::Int(_));
    match size.tuple_elems() {
        _ if size.is_none() => Some(None),
        _ if is_int(size) => Some(Some(1)),
        Some(elems) if elems.iter().all(|t| is_int(*t)) => Some(Some(elems.len())),
        _ => None,
    }
}

/// The dimensions of what NumPy makes an array of.
fn array_dimensions(t: Ty) -> Option<usize> {
    match t.kind() {
        TyKind::Array(a) => Some(a.ndim.into()),
        TyKind::List(l) if l.flavour != Flavour::Deque && l.elem.is_number() => Some(1),
        TyKind::Tuple(items) if items.iter().all(|i| i.unliteral().is_number()) => Some(1),
        _ => None,
    }
}

/// The integers or floats that a class makes.
fn class_of(cx: &Cx<'_, '_>, class: Ty, float: bool) -> Option<Ty> {
    match class.kind() {
        TyKind::NumberClass(t) | TyKind::DType(t) if float => (*t == Ty::float64() || *t == Ty::float32()).then_some(*t),
        TyKind::NumberClass(t) | TyKind::DType(t) if matches!(t.kind(), TyKind::Int(_) | TyKind::Bool) => Some(*t),
        TyKind::Function(_) => match &*cx.host().qualname(class)? {
            "builtins.float" if float => Some(Ty::float64()),
            "builtins.int" if !float => Some(Ty::int64()),
            "builtins.bool" if !float => Some(Ty::bool()),
            _ => None,
        },
        _ => None,
    }
}
