//! HIR: one Python function as SSA over Python's own operations. Nothing is resolved: names are names, operators may
//! mean anything, every operation may raise.
//!
//! * Blocks have parameters; locals and the operand stack are gone. A value keeps the source variable's name for dumps
//!   and diagnostics ([`ValueData::name`]).
//! * An operation inside a `try` region carries its handler edge ([`InstData::handler`]): the block that catches and the
//!   values that block needs. Handler blocks receive the exception as their first parameter, then those values.
//! * A local that may be unbound at a use has a shadow boolean value; `CheckBound` tests it. An unbound local itself is
//!   `Undef`, a value of the bottom type that no checked path reads.
//! * Python versions do not show: one source gives one HIR on all supported versions.
//!
//! `build/` makes it from bytecode, [`print`] and `parse` are the text form, `verify` lists the invariants.

pub mod build;
pub mod displays;
pub mod func;
pub mod ops;
pub mod parse;
pub mod print;
pub mod text;
pub mod tidy;
pub mod unroll;
pub mod verify;

pub use build::Lift;
pub use func::{Block, BlockCall, BlockData, Const, FnSig, Function, Inst, InstData, Local, Span, SpanId, Value, ValueData, ValueDef};
pub use looplift_bytecode::RawCode;
pub use ops::{BinaryOp, CompareOp, Conversion, Op, Terminator, UnaryOp};
