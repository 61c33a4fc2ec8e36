//! Stack depths of neutral code: a check that is independent of how the code was made.
//!
//! Every path to an instruction must bring the same depth, no operation may look below the bottom, and every protected
//! instruction must have the slots that its handler keeps.

use crate::code::{At, Code};
use crate::error::{DecodeError, ErrorKind};
use crate::op::Op;
use cranelift_entity::{EntityRef, SecondaryMap};

/// The result of [`check`].
#[derive(Clone, Debug)]
pub struct Depths {
    /// Depth before each instruction; `None` where nothing leads to it.
    pub before: SecondaryMap<At, Option<u32>>,
    /// The deepest stack at any instruction, its own pushes included.
    pub max_depth: u32,
}

/// Computes the depth before every instruction.
///
/// # Errors
/// Underflow, paths that disagree, a region deeper than the code it protects, or control leaving the code.
pub fn check(code: &Code) -> Result<Depths, DecodeError> {
    let mut before: SecondaryMap<At, Option<u32>> = SecondaryMap::with_default(None);
    before.resize(code.insts.len());
    let mut max_depth = 0;
    let mut work = vec![(At::new(0), 0_u32)];
    while let Some((at, depth)) = work.pop() {
        let Some(inst) = code.insts.get(at) else {
            return Err(DecodeError::new(ErrorKind::Truncated, 0, None, "control runs past the end of the code"));
        };
        let fail = |kind, message: String| {
            let line = inst.span.is_known().then_some(inst.span.line);
            DecodeError::new(kind, inst.offset, line, message)
        };
        match before[at] {
            Some(known) if known == depth => continue,
            Some(known) => {
                return Err(fail(ErrorKind::StackMismatch, format!("stack of {known} or {depth} slots at {at}")));
            }
            None => before[at] = Some(depth),
        }
        let effect = inst.op.effect();
        if depth < effect.needs {
            return Err(fail(ErrorKind::StackUnderflow, format!("{} operands needed at {at}, {depth} on the stack", effect.needs)));
        }
        let left = depth - effect.pops;
        let after = left.checked_add(effect.pushes).ok_or_else(|| fail(ErrorKind::StackOverflow, format!("stack overflow at {at}")))?;
        max_depth = max_depth.max(after).max(depth);
        if let Some(region) = code.region_at(at) {
            if depth < region.depth {
                return Err(fail(ErrorKind::StackMismatch, format!("handler keeps {} slots, {depth} at {at}", region.depth)));
            }
            work.push((region.handler, region.depth + 1 + u32::from(region.push_lasti)));
        }
        let on_jump = match inst.op {
            Op::ForIter { .. } => left,
            Op::Send { .. } => left + 1,
            _ => after,
        };
        work.extend(inst.op.targets().map(|to| (to, on_jump)));
        if !inst.op.is_terminator() {
            work.push((At::new(at.index() + 1), after));
        }
    }
    Ok(Depths { before, max_depth })
}
