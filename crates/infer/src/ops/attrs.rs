//! Attributes.

use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::host::Overload;
use crate::ops::{arrays, calls, caught, consts, enums, exceptions, instances, members, records, tuples};
use looplift_builtins::{ArrayAttr, ArrayMethod, Prim, table};
use looplift_types::{ArrayTy, Layout, SliceTy, Ty, TyKind};

/// `obj.name`.
pub fn get(cx: &mut Cx<'_, '_>, obj: &Operand, name: &str) -> R {
    if let Some(t) = known(cx, obj, name)? {
        return Ok(t);
    }
    let compile_time = matches!(
        obj.ty.kind(),
        TyKind::Module(_) | TyKind::Function(_) | TyKind::Dispatcher(_) | TyKind::ExcClass(_) | TyKind::NumberClass(_) | TyKind::DType(_) | TyKind::Object(_)
    );
    if compile_time {
        return match cx.host().attr(obj.ty, name) {
            Some(c) => consts::value(c),
            None => Err(missing(cx, obj, name)),
        };
    }
    match cx.host().attr_overload(obj.ty, name) {
        Overload::Function(source) => calls::call_source(cx, &source, std::slice::from_ref(obj), &[], true),
        Overload::Builtin(b) => match table::function(&b) {
            Some(rule) => super::builtins::call(cx, rule, &b, std::slice::from_ref(obj), &[]),
            None => Err(Fail::new(codes::INTERNAL, format!("no builtin rule {b}"))),
        },
        // Whether a method exists is known when it is called.
        Overload::None(_) => Ok(Typed::of_type(Ty::new(TyKind::BoundMethod(obj.ty, name.into())))),
    }
}

pub fn missing(cx: &Cx<'_, '_>, obj: &Operand, name: &str) -> Box<Fail> {
    let path = caught::is_path(obj.ty);
    let what = match obj.ty.kind() {
        _ if path => format!("Unknown attribute '{name}' of what hangs on a caught exception"),
        TyKind::Module(m) => format!("module '{}' has no attribute '{name}'", m.name),
        TyKind::Object(o) => format!("Unknown attribute '{name}' of type {}", o.name),
        _ => format!("Unknown attribute '{name}' of type {}", obj.ty),
    };
    if path {
        return Fail::new(codes::NO_ATTRIBUTE, what).help(caught::USES);
    }
    let fail = cx.explain(Fail::new(codes::NO_ATTRIBUTE, what), &[obj]);
    let grows = ["append", "clear", "extend", "frombytes", "fromlist", "insert", "pop", "remove"];
    if obj.ty.as_array().is_some() && grows.contains(&name) {
        return fail.help(super::bytearrays::FIXED);
    }
    fail
}

/// Attributes that the compiler knows.
pub fn known(cx: &mut Cx<'_, '_>, obj: &Operand, name: &str) -> R<Option<Typed>> {
    if let Some(t) = caught::attribute(cx, obj, name)? {
        return Ok(Some(t));
    }
    let lit = Operand::lit_str(name);
    Ok(Some(match obj.ty.kind() {
        TyKind::Array(a) if name == "flat" => return flat(cx, obj, *a),
        // Of memory views, which are arrays here.
        TyKind::Array(a) if name == "readonly" => Typed::bool(a.readonly),
        TyKind::Array(a) if matches!(name, "contiguous" | "c_contiguous" | "f_contiguous") => {
            let both = a.ndim <= 1 && a.layout != Layout::A;
            Typed::bool(match name {
                "contiguous" => a.layout != Layout::A,
                "c_contiguous" => both || a.layout == Layout::C,
                _ => both || a.layout == Layout::F,
            })
        }
        TyKind::Array(a) => match table::array_attr(name) {
            Some(ArrayAttr::Real | ArrayAttr::Imag) if matches!(a.dtype.kind(), TyKind::Record(_)) => {
                return Err(cx.explain(Fail::new(codes::NO_ATTRIBUTE, format!("cannot access .{name} of array of {}", a.dtype)), &[obj]));
            }
            Some(attr) => array(obj, *a, name, attr),
            None => return Ok(records::get(obj, name)),
        },
        TyKind::NamedTuple(n) if !n.fields.iter().any(|f| **f == *name) && !instances::is_instance(cx, obj) => {
            return members::of_class(cx, obj, &n.class, name);
        }
        TyKind::NamedTuple(n) => match n.fields.iter().position(|f| **f == *name) {
            // Names that are no identifiers are an instance's own affair.
            Some(i) if !name.starts_with(|c: char| c.is_ascii_digit()) => tuples::item(cx, obj, i as i64)?,
            Some(_) | None => return Ok(None),
        },
        TyKind::Record(_) => return Ok(records::get(obj, name)),
        TyKind::Exception if name == "args" => exceptions::arguments(cx, obj)?,
        TyKind::ExcInstance(..) if name == "args" => {
            let items = obj.items().unwrap_or_default();
            tuples::build(&items.into_iter().filter(|i| !matches!(i.ty.kind(), TyKind::KwArgs(..))).collect::<Vec<_>>())?
        }
        TyKind::Exception => return exceptions::attribute(cx, obj, name),
        TyKind::Instance(n) => return members::attribute(cx, obj, n, name),
        TyKind::Enum(e) => return enums::attribute(cx, obj, e, name),
        TyKind::Range(t) if matches!(name, "start" | "stop" | "step") => Typed::prim(Prim::RangeAttr, &[(obj, obj.ty), (&lit, lit.ty)], *t),
        TyKind::Slice(s) => {
            let member = match name {
                "start" => s.start,
                "stop" => s.stop,
                "step" => s.step,
                _ => return Ok(None),
            };
            if member.is_none() {
                match default_member(s, name) {
                    Some(k) => Typed::of_type(Ty::lit_int(k)),
                    // By the sign of a step that is not known: the library's.
                    None => return Ok(None),
                }
            } else if member.is_literal() {
                Typed::of_type(member)
            } else {
                Typed::prim(Prim::SliceAttr, &[(obj, obj.ty), (&lit, lit.ty)], member)
            }
        }
        TyKind::DType(t) => match name {
            "itemsize" => Typed::of_type(Ty::lit_int(i64::from(t.itemsize().unwrap_or(0)))),
            "type" => Typed::of_type(Ty::new(TyKind::NumberClass(*t))),
            "name" => Typed::of_type(Ty::lit_str(&t.to_string())),
            "kind" => Typed::of_type(Ty::lit_str(match t.kind() {
                TyKind::Bool => "b",
                TyKind::Int(i) if i.signed => "i",
                TyKind::Int(_) => "u",
                TyKind::Float(_) => "f",
                TyKind::Datetime(_) => "M",
                TyKind::Timedelta(_) => "m",
                _ => "c",
            })),
            _ => return Ok(None),
        },
        _ => {
            let t = obj.plain();
            match (t.kind(), name) {
                (TyKind::Str, "_is_ascii") => super::text::object_call(cx, ".isascii", std::slice::from_ref(obj), Ty::bool())?,
                (TyKind::Complex(c), "real") => Typed::prim(Prim::Real, &[(obj, t)], Ty::float(c.part())),
                (TyKind::Complex(c), "imag") => Typed::prim(Prim::Imag, &[(obj, t)], Ty::float(c.part())),
                (TyKind::Int(_) | TyKind::Float(_), "real") => Typed::copy(obj, t),
                (TyKind::Int(_) | TyKind::Float(_), "imag") => Typed::copy(&Operand::lit_int(0), t),
                (TyKind::Bool, "real") => Typed::copy(obj, Ty::int64()),
                (TyKind::Bool, "imag") => Typed::of_type(Ty::lit_int(0)),
                (TyKind::Int(_), "numerator") => Typed::copy(obj, t),
                (TyKind::Int(_), "denominator") => Typed::of_type(Ty::lit_int(1)),
                (_, "dtype") if t.is_scalar() => Typed::of_type(Ty::new(TyKind::DType(t))),
                (_, "ndim") if t.is_scalar() => Typed::of_type(Ty::lit_int(0)),
                (_, "size") if t.is_scalar() => Typed::of_type(Ty::lit_int(1)),
                (_, "itemsize") if t.is_scalar() => Typed::of_type(Ty::lit_int(i64::from(t.itemsize().unwrap_or(0)))),
                (_, "shape") if t.is_scalar() => Typed::of_type(Ty::tuple(vec![])),
                _ => return Ok(None),
            }
        }
    }))
}

/// What a member of a slice that is None says, as Numba: where a walk with its step starts, or ends beyond any length.
fn default_member(s: &SliceTy, name: &str) -> Option<i64> {
    let down = match (name, s.step.as_lit_int()) {
        ("step", _) => return Some(1),
        (_, Some(k)) => k < 0,
        (_, None) if s.step.is_none() => false,
        (_, None) => return None,
    };
    Some(match (name, down) {
        ("start", false) => 0,
        ("start", true) | (_, false) => i64::MAX,
        (_, true) => i64::MIN,
    })
}

fn array(obj: &Operand, a: ArrayTy, name: &str, attr: ArrayAttr) -> Typed {
    let dims = Ty::tuple(vec![Ty::int64(); usize::from(a.ndim)]);
    match attr {
        ArrayAttr::Prim(p @ (Prim::ArrayShape | Prim::ArrayStrides)) => Typed::prim(p, &[(obj, obj.ty)], dims),
        ArrayAttr::Prim(Prim::ArrayTranspose) => transpose(obj, a),
        ArrayAttr::Prim(p) => Typed::prim(p, &[(obj, obj.ty)], Ty::int64()),
        ArrayAttr::NDim => Typed::of_type(Ty::lit_int(i64::from(a.ndim))),
        ArrayAttr::ItemSize => Typed::of_type(Ty::lit_int(i64::from(a.dtype.itemsize().unwrap_or(0)))),
        ArrayAttr::DType => Typed::of_type(Ty::new(TyKind::DType(a.dtype))),
        ArrayAttr::Real | ArrayAttr::Imag => match (a.dtype.as_complex(), attr) {
            (Some(c), _) => {
                let part = Ty::new(TyKind::Array(ArrayTy { dtype: Ty::float(c.part()), layout: Layout::A, ..a }));
                let lit = Operand::lit_str(name);
                Typed::prim(Prim::ArrayRealImag, &[(obj, obj.ty), (&lit, lit.ty)], part)
            }
            (None, ArrayAttr::Real) => Typed::copy(obj, obj.ty),
            // NumPy gives a read-only array of zeros.
            (None, _) => Typed::prim(
                Prim::ZerosLike,
                &[(obj, obj.ty)],
                Ty::new(TyKind::Array(ArrayTy { layout: contiguous(a.layout), readonly: true, aligned: true, ..a })),
            ),
        },
        ArrayAttr::Method(_) => Typed::of_type(Ty::new(TyKind::BoundMethod(obj.ty, name.into()))),
    }
}

/// `a.flat`, as an array of one dimension: of what is not contiguous a copy, which is read-only.
fn flat(cx: &mut Cx<'_, '_>, obj: &Operand, a: ArrayTy) -> R<Option<Typed>> {
    if a.ndim == 1 {
        return Ok(Some(Typed::copy(obj, obj.ty)));
    }
    if let Some(t) = arrays::method(cx, obj, a, ArrayMethod::Ravel, &[], &[])? {
        return Ok(Some(t));
    }
    Ok(calls::method(cx, obj, "ravel", &[], &[])?.map(|mut t| {
        if let TyKind::Array(a) = t.ty.kind() {
            t.ty = Ty::new(TyKind::Array(ArrayTy { readonly: true, ..*a }));
        }
        t
    }))
}

/// The layout of a fresh array like one of layout `l`.
pub fn contiguous(l: Layout) -> Layout {
    if l == Layout::F { Layout::F } else { Layout::C }
}

/// `a.T`.
pub fn transpose(obj: &Operand, a: ArrayTy) -> Typed {
    if a.ndim <= 1 {
        return Typed::copy(obj, obj.ty);
    }
    let layout = match a.layout {
        Layout::C => Layout::F,
        Layout::F => Layout::C,
        Layout::A => Layout::A,
    };
    Typed::prim(Prim::ArrayTranspose, &[(obj, obj.ty)], Ty::new(TyKind::Array(ArrayTy { layout, ..a })))
}
