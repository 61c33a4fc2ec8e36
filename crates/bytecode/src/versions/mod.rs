//! One row per Python version: everything that one opcode name means differently in different versions.
//!
//! Adding a version is adding a file with a [`Rules`] row, a line in [`SUPPORTED`], its new opcode names in
//! [`crate::opcodes`] and their meaning in [`crate::translate`], and capturing the test sources with it. An opcode that
//! exists in some versions only needs no rule: its name says what it is.
//!
//! 3.10 needs two more seams (the block stack as a producer of exception ranges, absolute jumps); 3.14 adds opcodes
//! (`LOAD_SMALL_INT`, `LOAD_SPECIAL`, `LOAD_COMMON_CONSTANT`, borrowed loads) and pops the iterator with `POP_ITER`.

mod v3_11;
mod v3_12;
mod v3_13;

use crate::error::{DecodeError, ErrorKind};
use crate::opcodes::Canon;

/// How `LOAD_ATTR` encodes its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttrArg {
    /// The name's index; `LOAD_METHOD` is an opcode of its own.
    Index,
    /// `index << 1 | method`.
    IndexMethod,
}

/// On which side of the callable the call protocol's NULL lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NullSide {
    /// `NULL, callable, args` or `method, self, args`.
    Below,
    /// `callable, NULL-or-self, args`.
    Above,
}

/// The version-dependent meaning of arguments and sequences.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub version: (u8, u8),
    pub null_side: NullSide,
    pub load_attr: AttrArg,
    /// `COMPARE_OP`: the comparison is `arg >> compare_shift` …
    pub compare_shift: u32,
    /// … and this bit of the argument, if any, asks for an exact bool as the result.
    pub compare_bool_bit: u32,
    /// What stands at `FOR_ITER`'s target and is skipped, the iterator being popped already on our edge.
    pub for_exit_skip: &'static [Canon],
    /// How many slots `END_FOR` pops when it is reached as an instruction.
    pub end_for_pops: u32,
    /// What stands at `SEND`'s target and is skipped, the receiver being popped already on our edge.
    pub send_exit_skip: &'static [Canon],
    /// True if `MAKE_FUNCTION`'s argument has the flags; else `SET_FUNCTION_ATTRIBUTE` instructions follow.
    pub make_function_flags: bool,
    /// True if cells for closures are loaded with plain `LOAD_FAST`.
    pub closure_by_load_fast: bool,
}

/// Versions with a row, oldest first.
pub const SUPPORTED: &[&Rules] = &[&v3_11::RULES, &v3_12::RULES, &v3_13::RULES];

/// The row of a version.
///
/// # Errors
/// A version without a row: arguments may have changed meaning under unchanged names, so nothing is assumed.
pub fn rules(version: (u8, u8)) -> Result<&'static Rules, DecodeError> {
    SUPPORTED.iter().copied().find(|r| r.version == version).ok_or_else(|| {
        let known: Vec<String> = SUPPORTED.iter().map(|r| format!("{}.{}", r.version.0, r.version.1)).collect();
        DecodeError::new(
            ErrorKind::UnknownVersion,
            0,
            None,
            format!("bytecode of Python {}.{} is not supported; known versions: {}", version.0, version.1, known.join(", ")),
        )
    })
}
