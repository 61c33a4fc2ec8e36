//! Representation: the machine words of a value of each type, its *flattening*. The table is in `docs/architecture.md`.

use looplift_abi::MTy;
use looplift_types::{ComplexTy, FloatTy, IterTy, Ty, TyKind};
use std::fmt;

/// Words a value may have at most.
pub const MAX_WORDS: usize = 1024;
/// Types nest at most this deep.
pub const MAX_DEPTH: u32 = 64;

/// Why a type has no flattening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReprError {
    /// More than [`MAX_WORDS`] words, or nested deeper than [`MAX_DEPTH`].
    TooLarge(Ty),
    /// Values of this type do not exist at run time, or only inside a function (iterators).
    NoWords(Ty),
}

impl fmt::Display for ReprError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReprError::TooLarge(t) => match t.tuple_elems() {
                Some(e) => write!(f, "a tuple of {} elements is too large: its values would take more than {MAX_WORDS} machine words", e.len()),
                None => write!(f, "values of this type would take more than {MAX_WORDS} machine words"),
            },
            ReprError::NoWords(t) => write!(f, "values of type {t} cannot be stored or passed in compiled code yet"),
        }
    }
}

/// The machine words of a value of type `ty`.
pub fn flatten(ty: Ty) -> Result<Vec<MTy>, ReprError> {
    let mut out = Vec::new();
    push(ty, 0, &mut out).map_err(|e| match e {
        ReprError::TooLarge(_) => ReprError::TooLarge(ty),
        other => other,
    })?;
    Ok(out)
}

/// The machine words of an iterator's state, which parameters of library code and of generators may be.
pub fn iter_words(ty: Ty) -> Result<Vec<MTy>, ReprError> {
    let TyKind::Iter(kind) = ty.kind() else { return flatten(ty) };
    let counted = |of: &Ty| flatten(*of).map(|f| vec![f[0], MTy::I64, f[0]]);
    let indexed = |of: &Ty| flatten(*of).map(|f| [&f[..], &[MTy::I64, MTy::I64]].concat());
    Ok(match kind {
        IterTy::Range(of) => counted(of)?,
        IterTy::Array(of) | IterTy::Tuple(of) | IterTy::Text(of) => indexed(of)?,
        IterTy::Reversed(of) => match of.kind() {
            TyKind::Range(int) => counted(int)?,
            TyKind::List(_) => vec![MTy::Ref, MTy::I64],
            _ => indexed(of)?,
        },
        IterTy::Enumerate(inner) => [vec![MTy::I64], iter_words(*inner)?].concat(),
        IterTy::Zip(parts) => parts.iter().map(|p| iter_words(*p)).collect::<Result<Vec<_>, _>>()?.concat(),
        IterTy::List(of) if crate::iters::keeps_length(*of) => vec![MTy::Ref, MTy::I64, MTy::I64],
        IterTy::List(_) => vec![MTy::Ref, MTy::I64],
        IterTy::Table(..) => vec![MTy::Ref, MTy::I64, MTy::I64],
        IterTy::Generator(_) => vec![MTy::Ref],
        IterTy::Nd(..) => return Err(ReprError::NoWords(ty)),
    })
}

/// The machine type of an integer of `bits` bits.
pub fn int_mty(bits: u8) -> MTy {
    match bits {
        8 => MTy::I8,
        16 => MTy::I16,
        32 => MTy::I32,
        _ => MTy::I64,
    }
}

/// The machine type of a float; half precision takes two bytes in arrays, and computes in single.
pub fn float_mty(f: FloatTy) -> Option<MTy> {
    match f {
        FloatTy::F16 | FloatTy::F32 => Some(MTy::F32),
        FloatTy::F64 => Some(MTy::F64),
    }
}

fn push(ty: Ty, depth: u32, out: &mut Vec<MTy>) -> Result<(), ReprError> {
    if depth > MAX_DEPTH {
        return Err(ReprError::TooLarge(ty));
    }
    match ty.kind() {
        TyKind::Bottom
        | TyKind::None
        | TyKind::Ellipsis
        | TyKind::NotImplemented
        | TyKind::Literal(_)
        | TyKind::DType(_)
        | TyKind::NumberClass(_)
        | TyKind::Function(_)
        | TyKind::Dispatcher(_)
        | TyKind::ExcClass(_)
        | TyKind::Exception
        | TyKind::Module(_)
        // Calls of methods take the object itself as an operand.
        | TyKind::BoundMethod(..)
        | TyKind::Object(_) => {}
        TyKind::Bool => out.push(MTy::I8),
        TyKind::Int(i) => out.push(int_mty(i.bits)),
        TyKind::Record(_) => out.extend([MTy::Ref, MTy::I64]),
        TyKind::Enum(_) | TyKind::Functions(_) | TyKind::Datetime(_) | TyKind::Timedelta(_) => out.push(MTy::I64),
        TyKind::Float(f) => out.push(float_mty(*f).ok_or(ReprError::NoWords(ty))?),
        TyKind::Complex(c) => {
            let part = match c {
                ComplexTy::C64 => MTy::F32,
                ComplexTy::C128 => MTy::F64,
            };
            out.extend([part, part]);
        }
        TyKind::Tuple(elems) | TyKind::LiteralList(elems) => push_all(elems, depth, out)?,
        TyKind::NamedTuple(n) => push_all(&n.elems, depth, out)?,
        TyKind::ExcInstance(_, args) => push_all(args, depth, out)?,
        TyKind::Closure(c) => push_all(&c.elems, depth, out)?,
        TyKind::KwArgs(_, elems) => push_all(elems, depth, out)?,
        TyKind::Gen(_) | TyKind::FunctionValue(_) | TyKind::Instance(_) => out.push(MTy::Ref),
        TyKind::Array(a) => {
            out.extend([MTy::Ref, MTy::I64]);
            out.extend(std::iter::repeat_n(MTy::I64, 2 * usize::from(a.ndim)));
        }
        TyKind::Slice(s) => {
            for m in [s.start, s.stop, s.step] {
                if m.as_int().is_some() {
                    out.push(MTy::I64);
                }
            }
        }
        TyKind::Range(t) => {
            for _ in 0..3 {
                push(*t, depth + 1, out)?;
            }
        }
        TyKind::Optional(t) => {
            out.push(MTy::I8);
            push(*t, depth + 1, out)?;
        }
        TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_) | TyKind::DictView(..) => out.push(MTy::Ref),
        TyKind::Str | TyKind::Bytes | TyKind::CharSeq(_) | TyKind::Stream(_) => out.push(MTy::Ref),
        TyKind::Generator => out.extend([MTy::Ref, MTy::I64]),
        TyKind::Pointer(_) => out.push(MTy::I64),
        TyKind::Iter(_) | TyKind::Initial(..) => return Err(ReprError::NoWords(ty)),
    }
    if out.len() > MAX_WORDS { Err(ReprError::TooLarge(ty)) } else { Ok(()) }
}

fn push_all(elems: &[Ty], depth: u32, out: &mut Vec<MTy>) -> Result<(), ReprError> {
    elems.iter().try_for_each(|&e| push(e, depth + 1, out))
}

/// A number type, as the emitters see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Num {
    Bool,
    Int {
        mty: MTy,
        signed: bool,
    },
    Float(MTy),
    /// By the machine type of the parts.
    Complex(MTy),
}

impl Num {
    /// `None` for everything but bool, int, float32/64, complex and what is one int64 word (members of enumerations, times).
    pub fn of(ty: Ty) -> Option<Num> {
        Some(match ty.kind() {
            TyKind::Bool => Num::Bool,
            TyKind::Int(i) => Num::Int { mty: int_mty(i.bits), signed: i.signed },
            TyKind::Float(f) => Num::Float(float_mty(*f)?),
            TyKind::Complex(c) => Num::Complex(float_mty(c.part())?),
            TyKind::Enum(_) | TyKind::Datetime(_) | TyKind::Timedelta(_) => Num::INT64,
            _ => return None,
        })
    }
    pub const INT64: Num = Num::Int { mty: MTy::I64, signed: true };
    pub const FLOAT64: Num = Num::Float(MTy::F64);

    pub fn mty(self) -> MTy {
        match self {
            Num::Bool => MTy::I8,
            Num::Int { mty, .. } | Num::Float(mty) | Num::Complex(mty) => mty,
        }
    }
}

/// Where the parts of an array are among its words.
#[derive(Clone, Copy, Debug)]
pub struct ArrayWords {
    pub ndim: usize,
}

impl ArrayWords {
    pub const OWNER: usize = 0;
    pub const DATA: usize = 1;

    pub fn shape(self, axis: usize) -> usize {
        2 + axis
    }
    pub fn stride(self, axis: usize) -> usize {
        2 + self.ndim + axis
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use looplift_types::Layout;

    #[test]
    fn arrays_and_tuples() {
        let a = Ty::array(Ty::float64(), 2, Layout::C);
        assert_eq!(flatten(a), Ok(vec![MTy::Ref, MTy::I64, MTy::I64, MTy::I64, MTy::I64, MTy::I64]));
        let t = Ty::tuple([Ty::bool(), Ty::lit_int(3), Ty::complex64()]);
        assert_eq!(flatten(t), Ok(vec![MTy::I8, MTy::F32, MTy::F32]));
        let o = Ty::new(TyKind::Optional(Ty::float64()));
        assert_eq!(flatten(o), Ok(vec![MTy::I8, MTy::F64]));
    }

    #[test]
    fn limits_are_errors() {
        let wide = Ty::tuple(vec![Ty::int64(); MAX_WORDS + 1]);
        assert_eq!(flatten(wide), Err(ReprError::TooLarge(wide)));
        let mut deep = Ty::int64();
        for _ in 0..=MAX_DEPTH {
            deep = Ty::tuple([deep]);
        }
        assert_eq!(flatten(deep), Err(ReprError::TooLarge(deep)));
        assert_eq!(flatten(Ty::str()), Ok(vec![MTy::Ref]));
        let iter = Ty::iter(looplift_types::IterTy::Range(Ty::int64()));
        assert_eq!(flatten(iter), Err(ReprError::NoWords(iter)));
    }
}
