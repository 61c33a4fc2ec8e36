//! The exception table: big-endian varints of 6-bit groups (bit 6 continues, bit 7 marks the start of an entry),
//! four to an entry: start, length, target, `depth << 1 | lasti`; the first three count units.

use crate::error::{DecodeError, ErrorKind};
use crate::raw::RawCode;
use crate::units::Units;

/// Units `start..end` raise to raw instruction `handler`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawRange {
    pub start: u32,
    pub end: u32,
    /// Index into [`Units::insts`].
    pub handler: u32,
    /// Stack slots that stay, CPython's NULLs counted.
    pub depth: u32,
    pub lasti: bool,
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let mut value: u32 = 0;
    for _ in 0..6 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value = value.checked_mul(64)? | u32::from(byte & 63);
        if byte & 64 == 0 {
            return Some(value);
        }
    }
    None
}

/// Parses the table; ranges come out sorted and disjoint, empty ones dropped.
///
/// # Errors
/// A truncated or oversized number, a range outside the code or overlapping its predecessor, a target that is not an
/// instruction.
pub fn parse(raw: &RawCode, units: &Units) -> Result<Vec<RawRange>, DecodeError> {
    let bytes = &raw.exceptiontable;
    let bad = |message: &str| DecodeError::new(ErrorKind::BadExceptionTable, 0, None, message);
    let mut ranges: Vec<RawRange> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let mut number = || varint(bytes, &mut at).ok_or_else(|| bad("exception table does not parse"));
        let (start, length, target, depth_lasti) = (number()?, number()?, number()?, number()?);
        let end = start.checked_add(length).filter(|end| *end as usize <= units.unit_count());
        let end = end.ok_or_else(|| bad("exception table entry leaves the code"))?;
        if ranges.last().is_some_and(|last| start < last.end) {
            return Err(bad("exception table entries overlap"));
        }
        let handler = units.at_unit(u64::from(target)).ok_or_else(|| bad("exception handler is not an instruction"))?;
        if start < end {
            ranges.push(RawRange { start, end, handler, depth: depth_lasti >> 1, lasti: depth_lasti & 1 != 0 });
        }
    }
    Ok(ranges)
}

/// The range that covers a unit.
#[must_use]
pub fn lookup(ranges: &[RawRange], unit: u32) -> Option<usize> {
    let index = ranges.partition_point(|r| r.start <= unit).checked_sub(1)?;
    (unit < ranges[index].end).then_some(index)
}
