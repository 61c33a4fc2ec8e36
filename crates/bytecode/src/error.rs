//! The one error of this crate: malformed or unknown input, with its place.

use std::fmt;

/// What is wrong with the code object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A Python version this crate has no row for.
    UnknownVersion,
    /// `co_code` ends inside an instruction, or has an odd length.
    Truncated,
    /// A jump, or an exception range, leaves the code or lands inside an instruction.
    BadTarget,
    /// An argument is outside its table (constant, name, local) or has no meaning.
    BadArgument,
    /// The exception table does not parse.
    BadExceptionTable,
    /// More operands are popped than pushed.
    StackUnderflow,
    /// The stack grows above `co_stacksize`.
    StackOverflow,
    /// Two paths reach one instruction with different stacks.
    StackMismatch,
    /// An instruction sequence that the compiler of that version never emits.
    BadSequence,
    /// The code is valid but larger than this crate takes.
    TooLarge,
}

/// A refusal to decode: what, where, and a sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    pub kind: ErrorKind,
    /// Byte offset into `co_code`.
    pub offset: u32,
    /// Python source line, where known.
    pub line: Option<u32>,
    pub message: String,
}

impl DecodeError {
    pub(crate) fn new(kind: ErrorKind, offset: u32, line: Option<u32>, message: impl Into<String>) -> Self {
        DecodeError { kind, offset, line, message: message.into() }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (bytecode offset {}", self.message, self.offset)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ")")
    }
}

impl std::error::Error for DecodeError {}
