//! Making and reshaping arrays.

use crate::bind::bind_names;
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::ops::{attrs, index, times};
use looplift_builtins::{ArrayMethod, Prim, arith};
use looplift_types::{ArrayTy, CharSeqTy, FloatTy, Layout, Literal, Ty, TyKind, scalar_named, time_named};

/// Letters of a text in an array, at most.
const MAX_LETTERS: u32 = 1 << 24;

/// The dtype that a dtype argument means.
pub fn dtype_of(cx: &Cx<'_, '_>, t: Ty) -> Option<Ty> {
    match t.kind() {
        TyKind::NumberClass(t) | TyKind::DType(t) => Some(*t),
        TyKind::Function(_) => match &*cx.host().qualname(t)? {
            "builtins.int" => Some(Ty::int64()),
            "builtins.float" => Some(Ty::float64()),
            "builtins.bool" => Some(Ty::bool()),
            "builtins.complex" => Some(Ty::complex128()),
            _ => None,
        },
        TyKind::Literal(Literal::Str(s)) => dtype_named(s),
        _ => None,
    }
}

/// NumPy's dtype strings: byte order of this machine, type characters, names.
fn dtype_named(s: &str) -> Option<Ty> {
    let s = s.strip_prefix(['<', '=', '|']).unwrap_or(s);
    Some(match s {
        "?" => Ty::bool(),
        "b" => Ty::int(8, true),
        "h" => Ty::int(16, true),
        "i" => Ty::int(32, true),
        "l" | "q" | "p" => Ty::int64(),
        "B" => Ty::int(8, false),
        "H" => Ty::int(16, false),
        "I" => Ty::int(32, false),
        "L" | "Q" | "P" => Ty::uint64(),
        "e" => Ty::float(FloatTy::F16),
        "f" => Ty::float32(),
        "d" => Ty::float64(),
        "F" => Ty::complex64(),
        "D" => Ty::complex128(),
        _ => match scalar_named(s) {
            Some(t) => t.itemsize().map(|_| t)?,
            None => letters_named(s).or_else(|| time_named(s))?,
        },
    })
}

/// `U5` and `S5`: texts and bytes of a fixed width.
fn letters_named(s: &str) -> Option<Ty> {
    let (unicode, width) = s.strip_prefix('U').map(|w| (true, w)).or_else(|| s.strip_prefix('S').map(|w| (false, w)))?;
    let len = width.parse().ok().filter(|n| (1..=MAX_LETTERS).contains(n))?;
    Some(Ty::new(TyKind::CharSeq(CharSeqTy { unicode, len })))
}

/// A dtype argument of a function, `default` when absent or None.
fn dtype_arg(cx: &Cx<'_, '_>, function: &str, o: Option<&Operand>, default: Ty) -> R<Ty> {
    match o {
        None => Ok(default),
        Some(o) if o.ty.is_none() => Ok(default),
        Some(o) => dtype_of(cx, o.ty).ok_or_else(|| no_dtype(cx, function, o)),
    }
}

/// Why an argument is no dtype.
pub fn no_dtype(cx: &Cx<'_, '_>, function: &str, o: &Operand) -> Box<Fail> {
    let text = match o.ty.kind() {
        TyKind::Literal(Literal::Str(s)) => format!("Invalid NumPy dtype specified: '{s}'"),
        TyKind::Str => format!("If np.{function} dtype is a string it must be a string constant."),
        _ => format!("{} is not a dtype that is known while compiling", o.ty),
    };
    cx.explain(Fail::new(codes::BAD_DTYPE, text), &[o]).help("e.g. np.float64, or a dtype's name")
}

/// A text that the table of names does not have, constant or not: the library knows more (structured dtypes), or says why not.
pub fn is_unknown_name(o: Option<&Operand>) -> bool {
    o.is_some_and(|o| match o.ty.kind() {
        TyKind::Literal(Literal::Str(s)) => dtype_named(s).is_none(),
        // A list of fields.
        TyKind::Str | TyKind::Tuple(_) | TyKind::LiteralList(_) => true,
        _ => false,
    })
}

/// A shape argument as a tuple of int64, with its length.
fn shape_arg(cx: &Cx<'_, '_>, o: &Operand) -> R<(Operand, usize)> {
    let int = |t: Ty| arith::machine_int(crate::cx::plain(t)).is_some();
    let tuple = if int(o.ty) { Operand::tuple(std::slice::from_ref(o)) } else { o.clone() };
    match tuple.ty.tuple_elems() {
        Some(elems) if elems.iter().all(|t| int(*t)) => {
            if elems.len() > 64 {
                return Err(Fail::new(codes::NO_MATCH, format!("maximum supported dimension for an array is 64, found {}", elems.len())));
            }
            Ok((tuple.clone(), elems.len()))
        }
        _ => Err(cx.explain(Fail::new(codes::NO_MATCH, format!("a shape is an integer or a tuple of integers, not {}", o.ty)), &[o])),
    }
}

fn int_tuple(n: usize) -> Ty {
    Ty::tuple(vec![Ty::int64(); n])
}

fn bound(function: &str, names: &[&str], required: usize, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> R<Vec<Option<Operand>>> {
    bind_names(function, names, required, args, kwargs).map_err(|text| Fail::new(codes::BAD_ARGUMENTS, text))
}

/// `np.zeros`, `np.empty`: `(shape, dtype=float, order='C')`.
/// Another order is the library's.
pub fn create(cx: &Cx<'_, '_>, prim: Prim, name: &str, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> R<Option<Typed>> {
    let a = bound(name, &["shape", "dtype", "order"], 1, args, kwargs)?;
    let Some(shape) = &a[0] else { return Err(Fail::new(codes::BAD_ARGUMENTS, format!("{name}() needs a shape"))) };
    if let Some(o) = &a[2]
        && o.ty != Ty::lit_str("C")
    {
        return Ok(None);
    }
    if is_unknown_name(a[1].as_ref()) {
        return Ok(None);
    }
    let dtype = dtype_arg(cx, name, a[1].as_ref(), Ty::float64())?;
    let (shape, n) = shape_arg(cx, shape)?;
    Ok(Some(Typed::prim(prim, &[(&shape, int_tuple(n))], Ty::array(dtype, n as u8, Layout::C))))
}

/// `np.frombuffer(buffer, dtype=float)` of bytes or of a contiguous array.
pub fn from_buffer(cx: &Cx<'_, '_>, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> R<Option<Typed>> {
    if args.len() > 2 || kwargs.iter().any(|k| matches!(&*k.0, "count" | "offset")) {
        return Ok(None);
    }
    let b = bound("frombuffer", &["buffer", "dtype"], 1, args, kwargs)?;
    if is_unknown_name(b[1].as_ref()) {
        return Ok(None);
    }
    let Some(buffer) = &b[0] else { return Ok(None) };
    let dtype = dtype_arg(cx, "frombuffer", b[1].as_ref(), Ty::float64())?;
    let (readonly, aligned) = match buffer.ty.kind() {
        TyKind::Bytes => (true, true),
        TyKind::Array(a) if a.layout == Layout::C => (a.readonly, a.aligned && a.dtype.itemsize() >= dtype.itemsize()),
        _ => return Ok(None),
    };
    let ty = Ty::new(TyKind::Array(ArrayTy { dtype, ndim: 1, layout: Layout::C, readonly, aligned }));
    Ok(Some(Typed::prim(Prim::BufferView, &[(buffer, buffer.ty)], ty)))
}

/// A fresh array like `a` with another dtype.
fn like(a: ArrayTy, dtype: Ty, layout: Layout) -> Ty {
    Ty::array(dtype, a.ndim, layout)
}

/// `np.zeros_like`, `np.empty_like`: `(prototype, dtype=None)`; `None` for what is no array.
pub fn create_like(cx: &Cx<'_, '_>, prim: Prim, name: &str, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> R<Option<Typed>> {
    // More than a dtype is the library's.
    if args.len() > 2 || kwargs.iter().any(|k| &*k.0 != "dtype") {
        return Ok(None);
    }
    let b = bound(name, &["a", "dtype"], 1, args, kwargs)?;
    let Some(proto) = &b[0] else { return Ok(None) };
    let Some(a) = proto.ty.as_array() else { return Ok(None) };
    if is_unknown_name(b[1].as_ref()) {
        return Ok(None);
    }
    let dtype = dtype_arg(cx, name, b[1].as_ref(), a.dtype)?;
    Ok(Some(Typed::prim(prim, &[(proto, proto.ty)], like(a, dtype, attrs::contiguous(a.layout)))))
}

/// Array methods that are primitives; `None` where the library has the general case.
pub fn method(cx: &mut Cx<'_, '_>, obj: &Operand, a: ArrayTy, m: ArrayMethod, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> R<Option<Typed>> {
    let copy = |ty: Ty| Ok(Some(Typed::prim(Prim::CopyArray, &[(obj, obj.ty)], ty)));
    match m {
        ArrayMethod::Copy if args.is_empty() && kwargs.is_empty() => copy(like(a, a.dtype, Layout::C)),
        ArrayMethod::AsType => {
            let b = bound("astype", &["dtype", "order", "casting", "subok", "copy"], 1, args, kwargs)?;
            if b[1..4].iter().any(Option::is_some) || b[4].as_ref().is_some_and(|c| c.ty != Ty::lit_bool(true)) {
                return Ok(None);
            }
            if b[0].as_ref().is_some_and(|o| *o.ty.kind() == TyKind::Str) {
                return Err(cx.explain(Fail::new(codes::BAD_DTYPE, "array.astype if dtype is a string it must be constant"), &[obj]));
            }
            // The class `str`, whose width follows from the dtype.
            if b[0].as_ref().is_some_and(|o| matches!(o.ty.kind(), TyKind::Function(_)) && dtype_of(cx, o.ty).is_none()) {
                return Ok(None);
            }
            let dtype = dtype_arg(cx, "ndarray.astype", b[0].as_ref(), a.dtype)?;
            if dtype != a.dtype && (dtype.as_char_seq().is_some() || a.dtype.as_char_seq().is_some()) {
                return Ok(None);
            }
            let record = |t: Ty| matches!(t.kind(), TyKind::Record(_));
            if dtype != a.dtype && (record(dtype) || record(a.dtype)) {
                return Err(cx.explain(Fail::new(codes::BAD_DTYPE, format!("cannot convert from {} to {dtype}", a.dtype)), &[obj]));
            }
            if a.dtype.is_time() && dtype.is_time() && dtype != a.dtype {
                return times::convert_array(cx, obj, dtype);
            }
            copy(like(a, dtype, attrs::contiguous(a.layout)))
        }
        ArrayMethod::Ravel if args.is_empty() && kwargs.is_empty() => match (a.layout, a.ndim) {
            (Layout::C, 1) => Ok(Some(Typed::copy(obj, obj.ty))),
            (Layout::C, _) => {
                let flat = Ty::new(TyKind::Array(ArrayTy { ndim: 1, layout: Layout::C, ..a }));
                Ok(Some(Typed::prim(Prim::RavelView, &[(obj, obj.ty)], flat)))
            }
            (_, 1) => copy(like(a, a.dtype, Layout::C)),
            _ => Ok(None),
        },
        ArrayMethod::Reshape if kwargs.is_empty() && !args.is_empty() => {
            let shape = if args.len() == 1 { args[0].clone() } else { Operand::tuple(args) };
            if a.layout != Layout::C && a.ndim != 0 {
                return Ok(None);
            }
            let (shape, n) = shape_arg(cx, &shape)?;
            let ty = Ty::new(TyKind::Array(ArrayTy { ndim: n as u8, layout: Layout::C, ..a }));
            Ok(Some(Typed::prim(Prim::ReshapeView, &[(obj, obj.ty), (&shape, int_tuple(n))], ty)))
        }
        ArrayMethod::Transpose if args.is_empty() && kwargs.is_empty() => Ok(Some(attrs::transpose(obj, a))),
        ArrayMethod::Fill => {
            let b = bound("fill", &["value"], 1, args, kwargs)?;
            if a.readonly {
                return Err(cx.explain(Fail::new(codes::BAD_STORE, "assignment destination is read-only"), &[obj]));
            }
            let Some(v) = &b[0] else { return Ok(None) };
            let dots = Operand::of_type(Ty::new(TyKind::Ellipsis));
            index::store(cx, obj, a, false, &[(&dots, dots.ty)], v).map(Some)
        }
        ArrayMethod::Conjugate if args.is_empty() && a.dtype.as_complex().is_none() => Ok(Some(Typed::copy(obj, obj.ty))),
        ArrayMethod::Copy | ArrayMethod::Ravel | ArrayMethod::Reshape | ArrayMethod::Transpose | ArrayMethod::Conjugate => Ok(None),
    }
}

/// `_views.strided(array or pointer, offset, shape, strides, layout='A', dtype=None, writable=True)` of the library.
pub fn strided(cx: &Cx<'_, '_>, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> R<Option<Typed>> {
    let b = bound("strided", &["a", "offset", "shape", "strides", "layout", "dtype", "writable"], 4, args, kwargs)?;
    let [Some(a), Some(offset), Some(shape), Some(strides), layout, dtype, writable] = &b[..] else { return Ok(None) };
    // Of an address nobody owns the memory, as far as we know.
    let from = match a.ty.kind() {
        TyKind::Array(a) => *a,
        TyKind::Pointer(_) => ArrayTy { dtype: Ty::int(8, true), ndim: 0, layout: Layout::C, readonly: false, aligned: true },
        TyKind::Int(i) if i.bits == 64 => ArrayTy { dtype: Ty::int(8, true), ndim: 0, layout: Layout::C, readonly: false, aligned: true },
        _ => return Ok(None),
    };
    let dtype = dtype_arg(cx, "strided", dtype.as_ref(), from.dtype)?;
    let (shape, n) = shape_arg(cx, shape)?;
    let (strides, m) = shape_arg(cx, strides)?;
    let layout = match layout.as_ref().and_then(|l| l.ty.as_literal()) {
        Some(Literal::Str(s)) if **s == *"C" => Layout::C,
        Some(Literal::Str(s)) if **s == *"F" => Layout::F,
        _ => Layout::A,
    };
    if n != m {
        return Ok(None);
    }
    let readonly = from.readonly || writable.as_ref().is_some_and(|w| w.ty == Ty::lit_bool(false));
    let ty = Ty::new(TyKind::Array(ArrayTy { dtype, ndim: n as u8, layout: if n == 0 { Layout::C } else { layout }, readonly, ..from }));
    Ok(Some(Typed::prim(Prim::StridedView, &[(a, a.ty), (offset, Ty::int64()), (&shape, int_tuple(n)), (&strides, int_tuple(n))], ty)))
}
