//! Bytes → raw instructions: arguments with `EXTENDED_ARG` prefixes joined, inline caches skipped, positions attached.
//!
//! A unit is two bytes. Caches are the units after an instruction whose opcode byte is `CACHE`; `co_code` has no other
//! data in it, so no table of cache sizes is needed.

use crate::code::Span;
use crate::error::{DecodeError, ErrorKind};
use crate::opcodes::{Canon, OpcodeMap};
use crate::raw::RawCode;

/// Code larger than this (in units) is refused: 8 MB, far above anything written by hand or generator.
const MAX_UNITS: usize = 1 << 22;

/// One instruction of the source interpreter.
#[derive(Clone, Copy, Debug)]
pub struct RawInst {
    pub canon: Canon,
    /// The opcode's number, to name it in messages.
    pub number: u8,
    pub arg: u32,
    /// Unit of the opcode itself; prefixes lie before it.
    pub unit: u32,
    /// Unit after the instruction and its caches: what relative jumps count from.
    pub next: u32,
}

/// The instructions of a code object.
#[derive(Clone, Debug)]
pub struct Units {
    pub insts: Vec<RawInst>,
    /// Unit → index of the instruction that starts there (its first prefix, if it has prefixes), or [`NO_INST`].
    start_of: Vec<u32>,
}

/// No instruction starts at this unit.
pub const NO_INST: u32 = u32::MAX;

impl Units {
    /// The instruction that starts at a unit.
    #[must_use]
    pub fn at_unit(&self, unit: u64) -> Option<u32> {
        let index = *self.start_of.get(usize::try_from(unit).ok()?)?;
        (index != NO_INST).then_some(index)
    }

    /// Number of units in the code.
    #[must_use]
    pub fn unit_count(&self) -> usize {
        self.start_of.len()
    }
}

/// The source range of a unit.
#[must_use]
pub fn span(raw: &RawCode, unit: u32) -> Span {
    match raw.positions.get(unit as usize) {
        Some(&(line, end_line, col, end_col)) => {
            let line = line.unwrap_or(0);
            Span { line, end_line: end_line.unwrap_or(line), col: col.unwrap_or(0), end_col: end_col.unwrap_or(0) }
        }
        None => Span::default(),
    }
}

/// An error at a unit, with its source line.
pub(crate) fn error(raw: &RawCode, unit: u32, kind: ErrorKind, message: impl Into<String>) -> DecodeError {
    let line = span(raw, unit).line;
    DecodeError::new(kind, unit.saturating_mul(2), (line != 0).then_some(line), message)
}

/// Reads all instructions.
///
/// # Errors
/// Odd length, empty or oversized code, a dangling `EXTENDED_ARG`, an argument above 32 bits.
pub fn read(raw: &RawCode, opcodes: &OpcodeMap) -> Result<Units, DecodeError> {
    let bytes = &raw.code;
    if bytes.is_empty() || !bytes.len().is_multiple_of(2) {
        return Err(DecodeError::new(ErrorKind::Truncated, 0, None, format!("bytecode of {} bytes is not a whole number of instructions", bytes.len())));
    }
    let count = bytes.len() / 2;
    if count > MAX_UNITS {
        return Err(DecodeError::new(ErrorKind::TooLarge, 0, None, "bytecode is too large"));
    }
    let mut insts = Vec::with_capacity(count);
    let mut start_of = vec![NO_INST; count];
    let mut unit = 0;
    while unit < count {
        start_of[unit] = insts.len() as u32;
        let first = unit;
        let mut arg: u64 = 0;
        let (number, canon) = loop {
            let Some(pair) = bytes.get(unit * 2..unit * 2 + 2) else {
                return Err(error(raw, first as u32, ErrorKind::Truncated, "EXTENDED_ARG without an instruction"));
            };
            arg = arg << 8 | u64::from(pair[1]);
            if arg > u64::from(u32::MAX) {
                return Err(error(raw, first as u32, ErrorKind::BadArgument, "argument above 32 bits"));
            }
            let canon = opcodes.canon(pair[0]);
            if canon != Canon::ExtendedArg {
                break (pair[0], canon);
            }
            unit += 1;
        };
        let at = unit;
        unit += 1;
        while unit < count && opcodes.canon(bytes[unit * 2]) == Canon::Cache {
            unit += 1;
        }
        insts.push(RawInst { canon, number, arg: arg as u32, unit: at as u32, next: unit as u32 });
    }
    Ok(Units { insts, start_of })
}
