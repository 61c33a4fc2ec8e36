//! The container: functions, blocks, instructions, values, constants and source positions.

use crate::ops::{Op, Terminator};
use cranelift_entity::{PrimaryMap, entity_impl};
use looplift_bytecode::RawCode;
use smallvec::SmallVec;
use std::sync::Arc;

/// A value: a block parameter or the result of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(u32);
entity_impl!(Value, "v");

/// An instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Inst(u32);
entity_impl!(Inst, "inst");

/// A basic block.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Block(u32);
entity_impl!(Block, "block");

/// A source position of the function, an index in [`Function::spans`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(u32);
entity_impl!(SpanId, "span");

/// A local variable of the source, for names in dumps and diagnostics.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Local(u32);
entity_impl!(Local, "local");

/// Lines are 1-based, columns 0-based UTF-8 byte offsets as CPython gives them; 0 lines mean unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub line: u32,
    pub end_line: u32,
    pub col: u32,
    pub end_col: u32,
}

/// A constant of the code object.
#[derive(Clone, Debug)]
pub enum Const {
    None,
    Ellipsis,
    Bool(bool),
    Int(i64),
    /// Beyond 64 bits, in decimal.
    BigInt(Box<str>),
    /// By bits, so that NaN and -0.0 stay what they are.
    Float(u64),
    Complex(u64, u64),
    Str(Box<str>),
    Bytes(Box<[u8]>),
    Tuple(Arc<[Const]>),
    FrozenSet(Arc<[Const]>),
    /// A nested function's code.
    Code(Arc<RawCode>),
    /// Any other object: its index in the code object's constants.
    Opaque(u32),
}

impl PartialEq for Const {
    fn eq(&self, o: &Const) -> bool {
        match (self, o) {
            (Const::None, Const::None) | (Const::Ellipsis, Const::Ellipsis) => true,
            (Const::Bool(a), Const::Bool(b)) => a == b,
            (Const::Int(a), Const::Int(b)) => a == b,
            (Const::BigInt(a), Const::BigInt(b)) | (Const::Str(a), Const::Str(b)) => a == b,
            (Const::Float(a), Const::Float(b)) => a == b,
            (Const::Complex(a, b), Const::Complex(c, d)) => a == c && b == d,
            (Const::Bytes(a), Const::Bytes(b)) => a == b,
            (Const::Tuple(a), Const::Tuple(b)) | (Const::FrozenSet(a), Const::FrozenSet(b)) => a == b,
            (Const::Code(a), Const::Code(b)) => Arc::ptr_eq(a, b),
            (Const::Opaque(a), Const::Opaque(b)) => a == b,
            _ => false,
        }
    }
}

/// A jump target with the arguments for its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockCall {
    pub block: Block,
    pub args: SmallVec<[Value; 4]>,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueDef {
    Param(Block, u32),
    Result(Inst),
}

#[derive(Clone, Debug)]
pub struct ValueData {
    pub def: ValueDef,
    /// The source variable this value was last stored to, if any.
    pub name: Option<Local>,
}

#[derive(Clone, Debug)]
pub struct InstData {
    pub op: Op,
    pub result: Value,
    pub span: SpanId,
    /// Where an exception of this operation goes: the handler block, whose first parameter is the exception and is *not*
    /// in `args`. `None`: out of the function.
    pub handler: Option<BlockCall>,
}

#[derive(Clone, Debug)]
pub struct BlockData {
    pub params: Vec<Value>,
    pub insts: Vec<Inst>,
    pub term: Terminator,
    pub term_span: SpanId,
    /// Handler edge of the terminator (`IterNext`, `Raise`, `Reraise` may raise inside a try region).
    pub term_handler: Option<BlockCall>,
}

/// The parameters of the Python function, in CPython's order: positional (of which `posonly` positional-only),
/// keyword-only, then `*args` and `**kwargs` where present. They are the entry block's parameters.
#[derive(Clone, Debug, Default)]
pub struct FnSig {
    pub names: Vec<Box<str>>,
    pub posonly: u32,
    pub positional: u32,
    pub kwonly: u32,
    pub varargs: bool,
    pub varkw: bool,
}

/// One Python function.
#[derive(Clone, Debug)]
pub struct Function {
    pub name: Box<str>,
    pub qualname: Box<str>,
    pub filename: Box<str>,
    pub first_line: u32,
    pub sig: FnSig,
    pub free_names: Vec<Box<str>>,
    pub is_generator: bool,
    pub is_coroutine: bool,
    pub locals: PrimaryMap<Local, Box<str>>,
    pub spans: PrimaryMap<SpanId, Span>,
    pub values: PrimaryMap<Value, ValueData>,
    pub insts: PrimaryMap<Inst, InstData>,
    pub blocks: PrimaryMap<Block, BlockData>,
    /// Blocks in order (reverse post-order after building); the first is the entry.
    pub layout: Vec<Block>,
}

impl Function {
    pub fn entry(&self) -> Block {
        self.layout[0]
    }
    /// The span of an instruction.
    pub fn span(&self, inst: Inst) -> Span {
        self.spans[self.insts[inst].span]
    }
    /// The source name of a value, for messages.
    pub fn value_name(&self, v: Value) -> Option<&str> {
        self.values[v].name.map(|l| &*self.locals[l])
    }
}
