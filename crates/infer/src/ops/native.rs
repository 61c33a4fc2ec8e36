//! Calls of runtime symbols from the library in Python: `looplift.library._native.NAME(…)` is the symbol `NAME` of `abi`'s table.
//!
//! The row of the symbol is the signature. Numbers are converted to its parameters' types; for an address the caller gives an
//! array, whose data it is, or a generator, whose interface it is. The caller answers for what the symbol does with addresses: only the library can reach this.

use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed, type_list};
use crate::ops::text;
use looplift_abi::MTy;
use looplift_abi::symbols::Sym;
use looplift_builtins::{Prim, arith};
use looplift_types::{Layout, Ty, TyKind};

const MODULE: &str = "looplift.library._native.";

/// Functions of the library that run as Python's, on objects: `looplift.library._objects.NAME`, and what they give.
const OBJECT_MODULE: &str = "looplift.library._objects.";

fn object_function(name: &str) -> Option<Ty> {
    match name {
        "default_rng" | "spawned" => Some(Ty::new(TyKind::Generator)),
        "to_bytes" | "dumps" | "ordered_bytes" | "seed_words" => Some(Ty::bytes()),
        "array2string" | "array_repr" | "array_str" | "datetime_as_string" => Some(Ty::str()),
        "parsed_datetime" => Some(Ty::int64()),
        "chosen" | "sampled" => Some(Ty::array(Ty::int64(), 1, Layout::C)),
        "acquire" | "release" | "tofile" | "savetxt" | "save" => Some(Ty::none()),
        _ => None,
    }
}

/// `None` if the function is not one of the module.
pub fn call(cx: &mut Cx<'_, '_>, qualname: &str, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> R<Option<Typed>> {
    if let Some(ret) = qualname.strip_prefix(OBJECT_MODULE).and_then(object_function)
        && kwargs.is_empty()
    {
        return text::object_call(cx, qualname, args, ret).map(Some);
    }
    let Some(sym) = qualname.strip_prefix(MODULE).and_then(Sym::from_name) else { return Ok(None) };
    let row = sym.row();
    let params: Option<Vec<Ty>> =
        (args.len() == row.params.len() && kwargs.is_empty()).then(|| args.iter().zip(row.params).map(|(a, &m)| param(a, m)).collect()).flatten();
    let ret = match row.rets {
        [] => Some(Ty::none()),
        [m] => number(*m),
        _ => None,
    };
    match (params, ret) {
        (Some(params), Some(ret)) if row.is_native() => {
            let operands: Vec<(&Operand, Ty)> = args.iter().zip(params).collect();
            Ok(Some(Typed::prim(Prim::Native(sym), &operands, ret)))
        }
        _ => {
            let list = type_list(args.iter().map(|a| a.ty));
            Err(cx.explain(Fail::new(codes::NO_MATCH, format!("the runtime's {} does not take ({list})", row.name)), &args.iter().collect::<Vec<_>>()))
        }
    }
}

/// The type an operand is converted to.
fn param(a: &Operand, m: MTy) -> Option<Ty> {
    let t = a.plain();
    match (m, t.kind()) {
        (MTy::I64, TyKind::Array(_) | TyKind::Generator | TyKind::Pointer(_)) => Some(t),
        (MTy::I64, TyKind::Int(i)) if i.bits == 64 => Some(t),
        (MTy::I64, _) => arith::machine_int(t).map(|_| Ty::int64()),
        (MTy::F32 | MTy::F64, TyKind::Bool | TyKind::Int(_) | TyKind::Float(_)) => number(m),
        _ => None,
    }
}

fn number(m: MTy) -> Option<Ty> {
    match m {
        MTy::I64 => Some(Ty::int64()),
        MTy::F32 => Some(Ty::float32()),
        MTy::F64 => Some(Ty::float64()),
        _ => None,
    }
}
