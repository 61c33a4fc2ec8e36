//! Arguments checked against the code's tables, and the symbolic stack of one instruction after another.

use super::{Flow, Slot, Translator};
use crate::code::{ConstId, LocalId, NameId};
use crate::error::{DecodeError, ErrorKind};
use crate::op::Op;
use crate::units::RawInst;
use crate::versions::NullSide;

type Result<T> = std::result::Result<T, DecodeError>;

impl Translator<'_> {
    // ---- arguments

    pub(super) fn name(&self, index: u32) -> Result<NameId> {
        if (index as usize) < self.raw.names.len() { Ok(NameId::from_u32(index)) } else { Err(self.fail(ErrorKind::BadArgument, format!("no name {index}"))) }
    }

    pub(super) fn local(&self, index: u32) -> Result<LocalId> {
        if (index as usize) < self.is_cell.len() { Ok(LocalId::from_u32(index)) } else { Err(self.fail(ErrorKind::BadArgument, format!("no local {index}"))) }
    }

    pub(super) fn constant(&self, index: u32) -> Result<ConstId> {
        if (index as usize) < self.raw.consts.len() {
            Ok(ConstId::from_u32(index))
        } else {
            Err(self.fail(ErrorKind::BadArgument, format!("no constant {index}")))
        }
    }

    pub(super) fn bad_argument(&self, inst: RawInst) -> DecodeError {
        let name = self.opcodes.name(inst.number);
        self.fail(ErrorKind::BadArgument, format!("{name} with argument {}", inst.arg))
    }

    // ---- the stack

    pub(super) fn need(&self, slots: usize) -> Result<()> {
        if self.stack.len() < slots {
            return Err(self.fail(ErrorKind::StackUnderflow, format!("{slots} operands needed, {} on the stack", self.stack.len())));
        }
        Ok(())
    }

    /// Pops `n` slots, none of them NULL.
    pub(super) fn pop(&mut self, n: u32) -> Result<()> {
        let n = n as usize;
        self.need(n)?;
        let rest = self.stack.len() - n;
        if self.stack[rest..].contains(&Slot::Null) {
            return Err(self.fail(ErrorKind::BadSequence, "NULL used as an operand"));
        }
        self.stack.truncate(rest);
        Ok(())
    }

    pub(super) fn push(&mut self, n: u32) -> Result<()> {
        if n as usize > super::MAX_STACK {
            return Err(self.fail(ErrorKind::StackOverflow, format!("{n} values pushed at once")));
        }
        self.stack.extend(std::iter::repeat_n(Slot::Value, n as usize));
        Ok(())
    }

    /// CPython's slot number → ours, which does not count NULLs. The slot itself must hold an object.
    pub(super) fn neutral_slot(&self, n: u32) -> Result<u32> {
        let depth = n as usize;
        if depth == 0 {
            return Err(self.fail(ErrorKind::BadArgument, "slot 0"));
        }
        self.need(depth)?;
        let top = &self.stack[self.stack.len() - depth..];
        if top[0] == Slot::Null {
            return Err(self.fail(ErrorKind::BadSequence, "NULL used as an operand"));
        }
        Ok(top.iter().filter(|slot| **slot != Slot::Null).count() as u32)
    }

    /// Emits an op whose stack use is only pops and pushes.
    pub(super) fn emit(&mut self, op: Op) -> Result<()> {
        let effect = op.effect();
        self.pop(effect.pops)?;
        self.push(effect.pushes)?;
        self.ops.push(op);
        Ok(())
    }

    pub(super) fn plain(&mut self, op: Op) -> Result<Flow> {
        self.emit(op)?;
        self.next()
    }

    pub(super) fn next(&self) -> Result<Flow> {
        Ok(Flow::Next(self.now + 1))
    }

    /// Emits an op that pops, then looks at slot `n` below.
    pub(super) fn below(&mut self, pops: u32, n: u32, op: impl FnOnce(u32) -> Op) -> Result<Flow> {
        self.pop(pops)?;
        let slot = self.neutral_slot(n)?;
        self.ops.push(op(slot));
        self.next()
    }

    /// Pushes the call protocol's pair for a callable that was just produced as one value.
    pub(super) fn as_callable(&mut self) -> Result<()> {
        self.pop(1)?;
        self.stack.extend(match self.rules.null_side {
            NullSide::Below => [Slot::Null, Slot::Value],
            NullSide::Above => [Slot::Value, Slot::Null],
        });
        Ok(())
    }

    pub(super) fn unsupported(&mut self, what: String) -> Flow {
        let index = self.unsupported.iter().position(|known| *known == what).unwrap_or_else(|| {
            self.unsupported.push(what);
            self.unsupported.len() - 1
        });
        self.ops.push(Op::Unsupported(index as u32));
        Flow::End
    }
}
