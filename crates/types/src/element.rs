//! The *element code* of a type: how a value lies in the memory of a container, as text.
//!
//! One character a machine word (two for complex numbers), in the order of the flattening; `abi::element` turns a code into
//! offsets and sizes, and the runtime hashes and compares keys by it:
//!
//! `?` bool; `b h i q` signed and `B H I Q` unsigned integers of 1, 2, 4, 8 bytes; `f d` floats; `c z` complex64 and 128;
//! `p` eight bytes that are no key (addresses, extents); `r` a counted reference; `s` a reference to a text; `y` to bytes.

use crate::Ty;
use crate::kinds::*;

/// Types nested deeper have no code.
const MAX_DEPTH: u32 = 32;

/// The code of a value's words; `None` for types whose values cannot lie in memory.
pub fn code(ty: Ty) -> Option<String> {
    let mut out = String::new();
    put(ty, 0, &mut out)?;
    Some(out)
}

fn put(ty: Ty, depth: u32, out: &mut String) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    match ty.kind() {
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
        | TyKind::Object(_) => {}
        TyKind::Bool => out.push('?'),
        TyKind::Int(i) => out.push(match (i.bits, i.signed) {
            (8, true) => 'b',
            (16, true) => 'h',
            (32, true) => 'i',
            (_, true) => 'q',
            (8, false) => 'B',
            (16, false) => 'H',
            (32, false) => 'I',
            (_, false) => 'Q',
        }),
        TyKind::Enum(_) | TyKind::Functions(_) | TyKind::Datetime(_) | TyKind::Timedelta(_) | TyKind::Pointer(_) => out.push('q'),
        TyKind::Float(FloatTy::F16) => return None,
        TyKind::Float(FloatTy::F32) => out.push('f'),
        TyKind::Float(FloatTy::F64) => out.push('d'),
        TyKind::Complex(ComplexTy::C64) => out.push('c'),
        TyKind::Complex(ComplexTy::C128) => out.push('z'),
        TyKind::Tuple(elems) | TyKind::LiteralList(elems) => elems.iter().try_for_each(|&e| put(e, depth + 1, out))?,
        TyKind::NamedTuple(n) => n.elems.iter().try_for_each(|&e| put(e, depth + 1, out))?,
        TyKind::Closure(c) => c.elems.iter().try_for_each(|&e| put(e, depth + 1, out))?,
        TyKind::Array(a) => {
            out.push('r');
            out.extend(std::iter::repeat_n('p', 1 + 2 * usize::from(a.ndim)));
        }
        TyKind::Slice(s) => out.extend([s.start, s.stop, s.step].iter().filter(|m| m.as_int().is_some()).map(|_| 'q')),
        TyKind::Range(t) => {
            for _ in 0..3 {
                put(*t, depth + 1, out)?;
            }
        }
        TyKind::Optional(t) => {
            out.push('?');
            put(*t, depth + 1, out)?;
        }
        TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_) | TyKind::DictView(..) => out.push('r'),
        // An owner and an address.
        TyKind::Record(_) | TyKind::Generator => out.push_str("rp"),
        TyKind::Gen(_) | TyKind::FunctionValue(_) | TyKind::Instance(_) | TyKind::Stream(_) => out.push('r'),
        TyKind::Str | TyKind::CharSeq(_) => out.push('s'),
        TyKind::Bytes => out.push('y'),
        TyKind::Bottom | TyKind::Iter(_) | TyKind::ExcInstance(..) | TyKind::Exception | TyKind::Initial(..) | TyKind::KwArgs(..) | TyKind::BoundMethod(..) => {
            return None;
        }
    }
    Some(())
}

/// Whether values can be keys of dicts and items of sets.
pub fn is_hashable(ty: Ty) -> bool {
    match ty.kind() {
        TyKind::Optional(t) => is_hashable(*t),
        TyKind::Range(_) | TyKind::Slice(_) | TyKind::Closure(_) | TyKind::LiteralList(_) => false,
        _ => match ty.tuple_elems() {
            Some(elems) => elems.iter().all(|&e| is_hashable(e)),
            None => code(ty).is_some_and(|c| !c.contains(['r', 'p'])),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_type;

    #[test]
    fn codes() {
        let rows = [
            ("int32", "i", true),
            ("Tuple(bool, complex128, uint8)", "?zB", true),
            ("array(float64, 2d, C)", "rppppp", false),
            ("OptionalType(float64)", "?d", true),
            ("list(int64)<iv=None>", "r", false),
        ];
        for (text, want, hashable) in rows {
            let t = parse_type(text).unwrap();
            assert_eq!(code(t).as_deref(), Some(want), "{text}");
            assert_eq!(is_hashable(t), hashable, "{text}");
        }
        assert_eq!(code(Ty::bottom()), None);
    }
}
