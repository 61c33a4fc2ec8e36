//! From bytecode to HIR.
//!
//! Phases:
//! 1. [`prepass`]: blocks of the code object, the handler that covers each instruction, stack depth, which stack slots
//!    hold saved comprehension variables or inlinable comprehension functions, which locals are certainly bound.
//! 2. [`frame`]: a symbolic run of the operand stack over the blocks. Locals and stack slots are variables of an SSA
//!    construction ([`ssa`]); [`ops`] translates operation families. A comprehension that is a function of its own
//!    (Python 3.11) is translated in place, so that one source gives one HIR.
//! 3. [`crate::tidy`]: trivial and dead parameters go, jump chains merge.

mod frame;
mod ops;
mod prepass;
mod ssa;

use crate::func::*;
use cranelift_entity::PrimaryMap;
use looplift_bytecode::{Code, LocalId, OpcodeMap, RawConst};
use rustc_hash::FxHashSet;

/// Why a code object has no HIR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    pub message: String,
    pub line: u32,
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}
impl std::error::Error for BuildError {}

/// Comprehensions nested deeper than this stay functions.
const MAX_INLINE_DEPTH: u32 = 20;

/// How an inner function gets what it captured: as parameters after its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Lift {
    /// The free variable that is the function itself: it has no parameter.
    pub this: Option<u32>,
    /// Further parameters of this number, which the function hands on to itself: values of its defaults.
    pub extra: u32,
    /// Free variables, a bit each, whose parameter is the cell that functions share.
    pub cells: u64,
}

/// Builds the HIR of a function.
///
/// # Errors
/// [`BuildError`] when the code is no function body, or its stack does not add up.
pub fn build(code: &Code, opcodes: &OpcodeMap) -> Result<Function, BuildError> {
    build_lifted(code, opcodes, None, &[])
}

/// Builds the HIR of an inner function whose free variables are parameters, if `lift` says so. What is stored to one of the
/// `declared` locals goes through [`crate::Op::Declared`].
///
/// # Errors
/// As [`build`].
pub fn build_lifted(code: &Code, opcodes: &OpcodeMap, lift: Option<Lift>, declared: &[Box<str>]) -> Result<Function, BuildError> {
    let fixed = code.argcount + code.kwonlyargcount;
    let names: Vec<Box<str>> = code.locals.values().take(code.param_count()).map(|l| l.name.as_str().into()).collect();
    if names.len() < fixed as usize || !code.flags.is_function() {
        return Err(BuildError { message: "not the code of a function".into(), line: code.firstlineno });
    }
    let func = Function {
        name: code.name.as_str().into(),
        qualname: code.qualname.as_str().into(),
        filename: code.filename.as_str().into(),
        first_line: code.firstlineno,
        sig: FnSig {
            names,
            posonly: code.posonlyargcount,
            positional: code.argcount,
            kwonly: code.kwonlyargcount,
            varargs: code.flags.has_varargs(),
            varkw: code.flags.has_varkeywords(),
        },
        free_names: code.locals.values().filter(|l| l.kind == looplift_bytecode::LocalKind::Free).map(|l| l.name.as_str().into()).collect(),
        is_generator: code.flags.is_generator() || code.flags.is_async_generator(),
        is_coroutine: code.flags.is_coroutine() || code.flags.is_async_generator(),
        locals: PrimaryMap::new(),
        spans: PrimaryMap::new(),
        values: PrimaryMap::new(),
        insts: PrimaryMap::new(),
        blocks: PrimaryMap::new(),
        layout: Vec::new(),
    };
    // Inner functions that turn out to be used other than by a call of their name stay functions, and share cells.
    let mut kept = FxHashSet::default();
    let mut func = loop {
        match frame::translate(func.clone(), code, opcodes, lift, declared, &kept)? {
            Translated::Whole(func) => break func,
            Translated::Keep(more) => kept.extend(more),
        }
    };
    crate::tidy::tidy(&mut func);
    crate::displays::join_steps(&mut func);
    debug_assert_eq!(crate::verify::verify(&func), Ok(()));
    Ok(func)
}

/// The outcome of a translation.
#[expect(clippy::large_enum_variant, reason = "taken apart where it is made")]
enum Translated {
    Whole(Function),
    /// Functions in these variables, which were to be translated where they are called, are used in other ways.
    Keep(FxHashSet<LocalId>),
}

/// A constant in HIR's form.
fn convert_const(c: &RawConst) -> Const {
    match c {
        RawConst::None => Const::None,
        RawConst::Bool(b) => Const::Bool(*b),
        RawConst::Int(v) => Const::Int(*v),
        RawConst::BigInt(s) => Const::BigInt(s.as_str().into()),
        RawConst::Float(b) => Const::Float(*b),
        RawConst::Complex(re, im) => Const::Complex(*re, *im),
        RawConst::Str(s) => Const::Str(s.as_str().into()),
        RawConst::Bytes(b) => Const::Bytes(b.as_slice().into()),
        RawConst::Ellipsis => Const::Ellipsis,
        RawConst::Tuple(items) => Const::Tuple(items.iter().map(convert_const).collect()),
        RawConst::FrozenSet(items) => Const::FrozenSet(items.iter().map(convert_const).collect()),
        RawConst::Code(code) => Const::Code(code.clone()),
        RawConst::Opaque(n, _) => Const::Opaque(*n),
    }
}
