//! The input: a code object as plain data. `capi` fills it from a live one, tests from captured text.

use std::sync::Arc;

/// One entry of `co_positions()`: (line, end line, column, end column), each possibly absent.
pub type RawPosition = (Option<u32>, Option<u32>, Option<u32>, Option<u32>);

/// A code object. Field names are CPython's without `co_`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawCode {
    /// `sys.version_info[:2]` of the interpreter that compiled it.
    pub version: (u8, u8),
    pub name: String,
    pub qualname: String,
    pub filename: String,
    pub firstlineno: u32,
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    pub nlocals: u32,
    pub stacksize: u32,
    pub flags: u32,
    /// `co_code`: never the adaptive copy.
    pub code: Vec<u8>,
    pub exceptiontable: Vec<u8>,
    pub consts: Vec<RawConst>,
    pub names: Vec<String>,
    pub varnames: Vec<String>,
    pub cellvars: Vec<String>,
    pub freevars: Vec<String>,
    /// One per two-byte unit, caches included; may be shorter (or empty) when positions are stripped.
    pub positions: Vec<RawPosition>,
}

/// A constant of a code object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawConst {
    None,
    Bool(bool),
    Int(i64),
    /// An integer outside `i64`, in decimal.
    BigInt(String),
    /// The bits of a double, so that NaN payloads and -0.0 survive.
    Float(u64),
    /// Bits of the real and the imaginary part.
    Complex(u64, u64),
    /// Text; a lone surrogate cannot be represented and makes the constant [`RawConst::Opaque`].
    Str(String),
    Bytes(Vec<u8>),
    Ellipsis,
    Tuple(Vec<RawConst>),
    /// A frozenset, in an order the producer has made deterministic.
    FrozenSet(Vec<RawConst>),
    Code(Arc<RawCode>),
    /// Anything else: its index in `co_consts` and its `repr`.
    Opaque(u32, String),
}
