//! The type lattice of typed HIR: what inference computes and dispatch keys on.
//!
//! A [`Ty`] is a cheap, copyable handle to an interned, immutable [`TyKind`]; two handles are equal exactly when the
//! kinds are. Types print as Numba's users know them (`int64`, `array(float64, 2d, C)`, `UniTuple(int64 x 3)`) and the
//! printed form parses back.
//!
//! This crate knows neither Python nor machine types: a compile-time object (a function, a module, a class) appears as a
//! [`HostRef`], an index that the embedding `Host` understands, together with its qualified name for printing.

pub mod convert;
pub mod element;
pub mod functions;
mod intern;
pub mod join;
pub mod kinds;
pub mod parse;
mod print;
pub mod records;
mod times;
pub mod wire;

pub use convert::{Distance, Selection, conversion, select_best};
pub use intern::Ty;
pub use join::join;
pub use kinds::GeneratorTy;
pub use kinds::{
    ArrayTy, CharSeqTy, ClosureTy, ComplexTy, DictTy, EnumKind, EnumTy, Flavour, FloatTy, FunctionTy, HostRef, IntTy, IterTy, Layout, ListTy, Literal,
    NamedTupleTy, NdItems, SetTy, SliceTy, Stream, TyKind, View,
};
pub use parse::{NAMES, ParseError, Signature, parse_signature, parse_type, scalar_named};
pub use records::{FieldTy, RecordTy};
pub use times::{TimeTy, TimeUnit, time_named};
