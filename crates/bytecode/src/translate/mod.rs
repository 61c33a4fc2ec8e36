//! Raw instructions → neutral operations, by a symbolic run of the operand stack.
//!
//! CPython's call protocol keeps NULLs on the stack, on different sides of the callable in different versions, and
//! slot numbers (`COPY n`, `LIST_APPEND n`, exception depths) count them. To drop them one must know where they are;
//! so the translator runs the code once over its control flow with a stack of [`Slot`]s:
//!
//! 1. Exception ranges that say nothing of the source are dropped (a generator's StopIteration wrapper, the forwarding
//!    of `throw()` in a delegation); leaders (targets of jumps and handlers) are marked.
//! 2. From a worklist, straight-line runs are translated: each raw instruction is visited once, emits neutral ops
//!    ([`ops`]) and changes the stack. Every instruction of an exception range hands its cut stack to the handler.
//! 3. At a leader the stack is recorded or must agree with the one recorded: same depth, NULLs in the same places.
//!
//! Unreachable instructions are never visited and emit nothing. Targets are still raw instruction indices; `layout`
//! renumbers them.

mod operands;
mod ops;

use crate::code::At;
use crate::error::{DecodeError, ErrorKind};
use crate::exctable::{self, RawRange};
use crate::op::Op;
use crate::opcodes::{Canon, OpcodeMap};
use crate::raw::RawCode;
use crate::units::{self, RawInst, Units};
use crate::versions::Rules;
use cranelift_entity::packed_option::ReservedValue;

/// Deepest stack accepted, whatever `co_stacksize` claims.
const MAX_STACK: usize = 1 << 14;

/// Slots recorded for all leaders together; what no compiler emits (deep stacks at very many leaders) is refused.
const MAX_RECORDED: usize = 1 << 25;

/// What the translator knows of a stack slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    /// An object.
    Value,
    /// The call protocol's NULL, or the result of an operation that neutrally has none. Never reaches neutral code.
    Null,
    /// What `LOAD_FAST_AND_CLEAR` saved of a local; `cell` once the comprehension made its own cell there.
    Saved { local: u32, cell: bool },
    /// The exit function of a `with`.
    Exit,
}

/// A neutral operation and the raw instruction it came from. Targets are raw indices, or [`next_op`].
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub op: Op,
    pub raw: u32,
}

/// An exception range as seen by neutral code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protected {
    /// Raw index of the handler.
    pub handler: u32,
    /// Slots that stay, NULLs not counted.
    pub depth: u32,
    pub lasti: bool,
}

/// The translation, in raw order.
#[derive(Clone, Debug)]
pub struct Steps {
    pub steps: Vec<Step>,
    /// Raw instruction → its first step (or the first step of a later instruction, if it emitted none).
    pub first_step: Vec<u32>,
    /// Raw instruction → what protects it.
    pub protected: Vec<Option<Protected>>,
    pub unsupported: Vec<String>,
}

/// The target "the operation right after this one", which need not begin a raw instruction.
#[must_use]
pub fn next_op() -> At {
    At::reserved_value()
}

/// Where translation goes on after an instruction.
enum Flow {
    /// At this raw instruction.
    Next(u32),
    /// Nowhere: the instruction ended the run, its successors are recorded.
    End,
}

struct Translator<'a> {
    raw: &'a RawCode,
    rules: &'static Rules,
    opcodes: &'a OpcodeMap,
    insts: &'a [RawInst],
    units: &'a Units,
    ranges: Vec<RawRange>,
    /// Local index → (is a cell or free variable).
    is_cell: Vec<bool>,
    leader: Vec<bool>,
    entry: Vec<Option<Box<[Slot]>>>,
    /// Slots in `entry`, all together.
    recorded: usize,
    worklist: Vec<u32>,
    /// Raw instruction → its ops in `ops`, as (start, length).
    emitted: Vec<(u32, u32)>,
    ops: Vec<Op>,
    unsupported: Vec<String>,
    /// The current stack and instruction.
    stack: Vec<Slot>,
    now: u32,
}

/// Translates a code object.
///
/// # Errors
/// Any inconsistency of the code: see [`ErrorKind`].
pub fn run(raw: &RawCode, rules: &'static Rules, opcodes: &OpcodeMap, units: &Units, table: &[RawRange]) -> Result<Steps, DecodeError> {
    let insts = &units.insts[..];
    let count = insts.len();
    let mut t = Translator {
        raw,
        rules,
        opcodes,
        insts,
        units,
        ranges: user_ranges(insts, table),
        is_cell: cells(raw),
        leader: vec![false; count],
        entry: vec![None; count],
        recorded: 0,
        worklist: Vec::new(),
        emitted: vec![(0, 0); count],
        ops: Vec::with_capacity(count),
        unsupported: Vec::new(),
        stack: Vec::new(),
        now: 0,
    };
    t.mark_leaders();
    t.reach(0)?;
    while let Some(start) = t.worklist.pop() {
        t.run_from(start)?;
    }
    Ok(t.finish())
}

/// 3.12+ wrap every generator body in a handler that turns StopIteration into RuntimeError. All generators behave so
/// on all versions; the wrapper says nothing.
fn is_stop_iteration_wrapper(insts: &[RawInst], handler: u32) -> bool {
    let handler = handler as usize;
    matches!(insts.get(handler), Some(i) if i.canon == Canon::CallIntrinsic1 && i.arg == ops::STOP_ITERATION_ERROR)
        && matches!(insts.get(handler + 1), Some(i) if i.canon == Canon::Reraise)
}

/// The ranges without what newer versions spell out and older ones do inside `SEND`: a `throw()` into a frame suspended
/// in a delegation goes to the receiver first (`CLEANUP_THROW`). Such a range gives way to the one around it.
fn user_ranges(insts: &[RawInst], table: &[RawRange]) -> Vec<RawRange> {
    let mut ranges: Vec<RawRange> = table.iter().copied().filter(|r| !is_stop_iteration_wrapper(insts, r.handler)).collect();
    let is_throw = |r: &RawRange| insts[r.handler as usize].canon == Canon::CleanupThrow;
    let around: Vec<Option<RawRange>> =
        ranges.iter().filter(|r| is_throw(r)).map(|r| exctable::lookup(&ranges, insts[r.handler as usize].unit).map(|i| ranges[i])).collect();
    let mut around = around.into_iter();
    ranges.retain_mut(|r| {
        if !is_throw(r) {
            return true;
        }
        match around.next().flatten() {
            Some(outer) if !is_throw(&outer) => {
                *r = RawRange { start: r.start, end: r.end, ..outer };
                true
            }
            _ => false,
        }
    });
    ranges
}

/// Which slots of the locals are cells or free variables.
fn cells(raw: &RawCode) -> Vec<bool> {
    let mut cells: Vec<bool> = raw.varnames.iter().map(|name| raw.cellvars.contains(name)).collect();
    let extra = raw.cellvars.iter().filter(|name| !raw.varnames.contains(name)).count() + raw.freevars.len();
    cells.extend(std::iter::repeat_n(true, extra));
    cells
}

impl Translator<'_> {
    fn inst(&self, index: u32) -> Option<RawInst> {
        self.insts.get(index as usize).copied()
    }

    fn canon(&self, index: u32) -> Option<Canon> {
        self.inst(index).map(|i| i.canon)
    }

    fn is_leader(&self, index: u32) -> bool {
        self.leader.get(index as usize).copied().unwrap_or(true)
    }

    fn fail(&self, kind: ErrorKind, message: impl Into<String>) -> DecodeError {
        let unit = self.inst(self.now).map_or(0, |i| i.unit);
        units::error(self.raw, unit, kind, message)
    }

    /// The raw instruction a jump names, before anything at the target is skipped.
    fn jump_target(&self, inst: RawInst) -> Option<u32> {
        let unit = match inst.canon {
            Canon::JumpForward
            | Canon::JumpIfFalseOrPop
            | Canon::JumpIfTrueOrPop
            | Canon::PopJumpForwardIfFalse
            | Canon::PopJumpForwardIfNone
            | Canon::PopJumpForwardIfNotNone
            | Canon::PopJumpForwardIfTrue
            | Canon::PopJumpIfFalse
            | Canon::PopJumpIfNone
            | Canon::PopJumpIfNotNone
            | Canon::PopJumpIfTrue
            | Canon::ForIter
            | Canon::Send => u64::from(inst.next) + u64::from(inst.arg),
            Canon::JumpBackward
            | Canon::JumpBackwardNoInterrupt
            | Canon::PopJumpBackwardIfFalse
            | Canon::PopJumpBackwardIfNone
            | Canon::PopJumpBackwardIfNotNone
            | Canon::PopJumpBackwardIfTrue => u64::from(inst.next.checked_sub(inst.arg)?),
            _ => return None,
        };
        self.units.at_unit(unit)
    }

    /// What a jump skips at its target, since our edge has it done.
    fn skipped(&self, canon: Canon) -> &'static [Canon] {
        match canon {
            Canon::ForIter => self.rules.for_exit_skip,
            Canon::Send => self.rules.send_exit_skip,
            _ => &[],
        }
    }

    fn mark_leaders(&mut self) {
        for inst in self.insts {
            if let Some(target) = self.jump_target(*inst) {
                let target = target as usize + self.skipped(inst.canon).len();
                if let Some(leader) = self.leader.get_mut(target) {
                    *leader = true;
                }
            }
        }
        for range in &self.ranges {
            self.leader[range.handler as usize] = true;
        }
        self.leader[0] = true;
    }

    /// The neutral target of the current jump.
    fn target(&self) -> Result<u32, DecodeError> {
        let inst = self.insts[self.now as usize];
        let mut target = self.jump_target(inst).ok_or_else(|| self.fail(ErrorKind::BadTarget, "jump to no instruction"))?;
        for skip in self.skipped(inst.canon) {
            if self.canon(target) != Some(*skip) {
                return Err(self.fail(ErrorKind::BadSequence, "a loop's or delegation's exit is not where it belongs"));
            }
            target += 1;
        }
        Ok(target)
    }

    /// Control reaches a leader with the current stack.
    fn reach(&mut self, target: u32) -> Result<(), DecodeError> {
        let stack = std::mem::take(&mut self.stack);
        let result = self.reach_with(target, &stack);
        self.stack = stack;
        result
    }

    fn reach_with(&mut self, target: u32, stack: &[Slot]) -> Result<(), DecodeError> {
        match self.entry.get(target as usize) {
            None => Err(self.fail(ErrorKind::Truncated, "control runs past the end of the code")),
            Some(None) => {
                self.recorded += stack.len();
                if self.recorded > MAX_RECORDED {
                    return Err(self.fail(ErrorKind::TooLarge, "the code is too large"));
                }
                self.entry[target as usize] = Some(stack.into());
                self.worklist.push(target);
                Ok(())
            }
            Some(Some(known)) => {
                let same = known.len() == stack.len() && known.iter().zip(stack).all(|(a, b)| (*a == Slot::Null) == (*b == Slot::Null));
                if same {
                    Ok(())
                } else {
                    Err(self.fail(
                        ErrorKind::StackMismatch,
                        format!("paths meet with stacks of {} and {} slots, or with different shapes", known.len(), stack.len()),
                    ))
                }
            }
        }
    }

    fn run_from(&mut self, start: u32) -> Result<(), DecodeError> {
        self.stack.clear();
        if let Some(entry) = &self.entry[start as usize] {
            self.stack.extend_from_slice(entry);
        }
        let limit = (self.raw.stacksize as usize).min(MAX_STACK);
        let mut at = start;
        loop {
            let Some(inst) = self.inst(at) else {
                return Err(self.fail(ErrorKind::Truncated, "control runs past the end of the code"));
            };
            if at != start && self.is_leader(at) {
                return self.reach(at);
            }
            self.now = at;
            if self.stack.len() > limit {
                return Err(self.fail(ErrorKind::StackOverflow, format!("stack of {} slots, {limit} allowed", self.stack.len())));
            }
            self.reach_handler(inst.unit)?;
            let first = self.ops.len();
            let flow = self.translate(inst)?;
            self.emitted[at as usize] = (first as u32, (self.ops.len() - first) as u32);
            match flow {
                Flow::Next(next) => at = next,
                Flow::End => return Ok(()),
            }
        }
    }

    /// Hands the stack, cut to the range's depth, to the handler of the current instruction.
    fn reach_handler(&mut self, unit: u32) -> Result<(), DecodeError> {
        let Some(index) = exctable::lookup(&self.ranges, unit) else { return Ok(()) };
        let range = self.ranges[index];
        let depth = range.depth as usize;
        if self.stack.len() < depth {
            return Err(self.fail(ErrorKind::StackMismatch, format!("handler wants {depth} slots, the protected instruction has {}", self.stack.len())));
        }
        let mut stack: smallvec::SmallVec<[Slot; 16]> = smallvec::SmallVec::from_slice(&self.stack[..depth]);
        stack.extend(std::iter::repeat_n(Slot::Value, 1 + usize::from(range.lasti)));
        self.reach_with(range.handler, &stack)
    }

    /// Ops in raw order, and the ranges in neutral terms.
    fn finish(self) -> Steps {
        let mut steps = Vec::with_capacity(self.ops.len());
        let mut first_step = Vec::with_capacity(self.insts.len());
        let mut protected = Vec::with_capacity(self.insts.len());
        for (index, (inst, &(start, len))) in self.insts.iter().zip(&self.emitted).enumerate() {
            first_step.push(steps.len() as u32);
            let ops = &self.ops[start as usize..(start + len) as usize];
            steps.extend(ops.iter().map(|&op| Step { op, raw: index as u32 }));
            protected.push(exctable::lookup(&self.ranges, inst.unit).and_then(|range| {
                let range = self.ranges[range];
                // A handler without an entry state is never reached.
                let entry = self.entry[range.handler as usize].as_deref()?;
                let kept = entry.get(..range.depth as usize)?;
                let depth = kept.iter().filter(|slot| **slot != Slot::Null).count() as u32;
                Some(Protected { handler: range.handler, depth, lasti: range.lasti })
            }));
        }
        Steps { steps, first_step, protected, unsupported: self.unsupported }
    }
}
