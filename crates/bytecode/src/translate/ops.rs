//! The meaning of each opcode: what it emits, what it does to the symbolic stack.
//!
//! One exhaustive match; helpers that validate an argument are named after what they return. `plain` covers every
//! opcode whose stack use is that of the one neutral op it becomes.

use super::{Flow, Slot, Translator, next_op};
use crate::code::{At, ConstId};
use crate::error::{DecodeError, ErrorKind};
use crate::op::{AwaitKind, BinOp, CmpOp, Conversion, FuncParts, Intrinsic, Op, Test, YieldKind};
use crate::opcodes::Canon;
use crate::raw::RawConst;
use crate::units::RawInst;
use crate::versions::{AttrArg, NullSide};

type Result<T> = std::result::Result<T, DecodeError>;

/// Argument of `CALL_INTRINSIC_1` in a generator's StopIteration wrapper.
pub(super) const STOP_ITERATION_ERROR: u32 = 3;

/// What an argument of `CALL_INTRINSIC_1` or `_2` stands for.
#[derive(Clone, Copy)]
enum IntrinsicRow {
    /// One neutral op.
    Op(Op),
    /// One neutral op that leaves nothing, where CPython leaves a None that is popped next.
    Void(Op),
}

/// By argument of `CALL_INTRINSIC_1` (CPython's Include/internal/pycore_intrinsics.h), from 1.
const INTRINSIC_1: [IntrinsicRow; 11] = [
    IntrinsicRow::Void(Op::PrintExpr),
    IntrinsicRow::Void(Op::ImportStar),
    IntrinsicRow::Op(Op::Intrinsic(Intrinsic::StopIterationError)),
    IntrinsicRow::Op(Op::AsyncGenWrap),
    IntrinsicRow::Op(Op::Positive),
    IntrinsicRow::Op(Op::ListToTuple),
    IntrinsicRow::Op(Op::Intrinsic(Intrinsic::TypeVar)),
    IntrinsicRow::Op(Op::Intrinsic(Intrinsic::ParamSpec)),
    IntrinsicRow::Op(Op::Intrinsic(Intrinsic::TypeVarTuple)),
    IntrinsicRow::Op(Op::Intrinsic(Intrinsic::SubscriptGeneric)),
    IntrinsicRow::Op(Op::Intrinsic(Intrinsic::TypeAlias)),
];

/// By argument of `CALL_INTRINSIC_2`, from 1.
const INTRINSIC_2: [IntrinsicRow; 5] = [
    IntrinsicRow::Op(Op::PrepReraiseStar),
    IntrinsicRow::Op(Op::Intrinsic(Intrinsic::TypeVarWithBound)),
    IntrinsicRow::Op(Op::Intrinsic(Intrinsic::TypeVarWithConstraints)),
    IntrinsicRow::Op(Op::Intrinsic(Intrinsic::SetFunctionTypeParams)),
    IntrinsicRow::Op(Op::Intrinsic(Intrinsic::SetTypeparamDefault)),
];

impl Translator<'_> {
    /// `LOAD_FAST`, which from 3.13 on also loads the cell itself for a closure.
    fn load_fast(&mut self, index: u32) -> Result<()> {
        let local = self.local(index)?;
        let mut closure = self.rules.closure_by_load_fast && self.is_cell[index as usize];
        if closure {
            // Inside an inlined comprehension the slot may be the comprehension's own plain variable.
            let saved = self.stack.iter().rev().find_map(|slot| match slot {
                Slot::Saved { local, cell } if *local == index => Some(*cell),
                _ => None,
            });
            closure = saved.unwrap_or(true);
        }
        self.emit(if closure { Op::LoadClosure(local) } else { Op::LoadFast(local) })
    }

    fn store_fast(&mut self, index: u32) -> Result<()> {
        let local = self.local(index)?;
        self.emit(Op::StoreFast(local))
    }

    fn load_attr(&mut self, index: u32, method: bool) -> Result<Flow> {
        let name = self.name(index)?;
        self.emit(Op::LoadAttr { name, method })?;
        if method {
            self.as_callable()?;
        }
        self.next()
    }

    /// The last instruction before the current one that does anything, if control comes from it alone.
    fn previous(&self, from: u32) -> Option<u32> {
        let mut at = from;
        loop {
            if self.is_leader(at) {
                return None;
            }
            at = at.checked_sub(1)?;
            match self.canon(at)? {
                Canon::Nop | Canon::Precall | Canon::KwNames | Canon::Resume => {}
                _ => return Some(at),
            }
        }
    }

    /// If the current instruction directly follows three loads of None: erases them.
    fn take_three_nones(&mut self) -> bool {
        let mut found = [0; 3];
        let mut at = self.now;
        for slot in &mut found {
            let Some(previous) = self.previous(at) else { return false };
            let inst = self.insts[previous as usize];
            let is_none = inst.canon == Canon::LoadConst && self.raw.consts.get(inst.arg as usize) == Some(&RawConst::None);
            if !is_none {
                return false;
            }
            *slot = previous;
            at = previous;
        }
        for index in found {
            self.emitted[index as usize].1 = 0;
        }
        true
    }

    fn call(&mut self, count: u32, kwnames: Option<ConstId>) -> Result<Flow> {
        if let Some(id) = kwnames {
            let names = &self.raw.consts[id.as_u32() as usize];
            let fits = matches!(names, RawConst::Tuple(items) if items.len() <= count as usize + 1
                && items.iter().all(|item| matches!(item, RawConst::Str(_))));
            if !fits {
                return Err(self.fail(ErrorKind::BadArgument, "keyword names of a call are not a tuple of str"));
            }
        }
        let slots = (count as usize).saturating_add(2);
        self.need(slots)?;
        let base = self.stack.len() - slots;
        let (first, second) = (self.stack[base], self.stack[base + 1]);
        let (callable, has_self) = match (self.rules.null_side, first, second) {
            (_, Slot::Null, Slot::Null) => return Err(self.fail(ErrorKind::BadSequence, "call of NULL")),
            (NullSide::Below, Slot::Null, callable) => (callable, false),
            (NullSide::Above, callable, Slot::Null) => (callable, false),
            (NullSide::Below, _, Slot::Null) | (NullSide::Above, Slot::Null, _) => {
                return Err(self.fail(ErrorKind::BadSequence, "call with NULL as an argument"));
            }
            (_, callable, _) => (callable, true),
        };
        self.pop(count)?;
        let argc = count + u32::from(has_self);
        self.stack.truncate(base);
        self.stack.push(Slot::Value);
        let op = if callable == Slot::Exit && argc == 3 && kwnames.is_none() && self.take_three_nones() { Op::WithExit } else { Op::Call { argc, kwnames } };
        self.ops.push(op);
        self.next()
    }

    /// `CALL_FUNCTION_EX`: callable and NULL in version order, the tuple, perhaps the dict.
    fn call_ex(&mut self, kwargs: bool) -> Result<Flow> {
        self.pop(1 + u32::from(kwargs))?;
        self.need(2)?;
        let base = self.stack.len() - 2;
        let (null, callable) = match self.rules.null_side {
            NullSide::Below => (base, base + 1),
            NullSide::Above => (base + 1, base),
        };
        if self.stack[null] != Slot::Null || self.stack[callable] == Slot::Null {
            return Err(self.fail(ErrorKind::BadSequence, "CALL_FUNCTION_EX without its NULL"));
        }
        self.stack.truncate(base);
        self.stack.push(Slot::Value);
        self.ops.push(Op::CallEx { kwargs });
        self.next()
    }

    fn make_function(&mut self, inst: RawInst) -> Result<Flow> {
        let mut next = self.now + 1;
        let mut parts = inst.arg;
        if !self.rules.make_function_flags {
            // SET_FUNCTION_ATTRIBUTE pops what MAKE_FUNCTION of older versions finds, from the top down.
            parts = 0;
            while let Some(set) = self.inst(next)
                && set.canon == Canon::SetFunctionAttribute
                && !self.is_leader(next)
            {
                if !set.arg.is_power_of_two() || (parts != 0 && set.arg >= parts & parts.wrapping_neg()) {
                    return Err(self.fail(ErrorKind::BadSequence, "function attributes out of order"));
                }
                parts |= set.arg;
                next += 1;
            }
        }
        if parts > 15 {
            return Err(self.bad_argument(inst));
        }
        self.emit(Op::MakeFunction(FuncParts(parts as u8)))?;
        Ok(Flow::Next(next))
    }

    /// A conditional jump on the top of the stack; `sense` is the outcome that jumps.
    fn branch(&mut self, test: Test, sense: bool) -> Result<Flow> {
        let target = self.target()?;
        let (to, on) = (At::from_u32(target), next_op());
        let (then, otherwise) = if sense { (to, on) } else { (on, to) };
        self.emit(Op::Branch { test, then, otherwise })?;
        self.reach(target)?;
        self.next()
    }

    /// 3.11's `JUMP_IF_x_OR_POP`, as later versions spell it.
    fn branch_or_pop(&mut self, sense: bool) -> Result<Flow> {
        self.neutral_slot(1)?;
        self.ops.push(Op::Copy(1));
        self.stack.push(Slot::Value);
        self.branch(Test::Truth, sense)?;
        self.plain(Op::PopTop)
    }

    fn jump(&mut self) -> Result<Flow> {
        let target = self.target()?;
        self.ops.push(Op::Jump(At::from_u32(target)));
        self.reach(target)?;
        Ok(Flow::End)
    }

    fn for_iter(&mut self) -> Result<Flow> {
        let exit = self.target()?;
        self.pop(1)?;
        self.reach(exit)?;
        self.push(2)?;
        self.ops.push(Op::ForIter { exit: At::from_u32(exit) });
        self.next()
    }

    fn send(&mut self) -> Result<Flow> {
        let exit = self.target()?;
        self.pop(2)?;
        self.push(1)?;
        self.reach(exit)?;
        self.push(1)?;
        self.ops.push(Op::Send { exit: At::from_u32(exit) });
        self.next()
    }

    /// True if the next instruction tests the truth of any object in neutral form, so a bool need not be made for it.
    fn truth_is_tested_next(&self) -> bool {
        matches!(self.canon(self.now + 1), Some(Canon::PopJumpIfTrue | Canon::PopJumpIfFalse | Canon::UnaryNot))
    }

    fn compare(&mut self, inst: RawInst) -> Result<Flow> {
        let index = inst.arg >> self.rules.compare_shift;
        let op = *CmpOp::ALL.get(index as usize).ok_or_else(|| self.bad_argument(inst))?;
        self.emit(Op::Compare(op))?;
        if inst.arg & self.rules.compare_bool_bit != 0 && !self.truth_is_tested_next() {
            self.emit(Op::ToBool)?;
        }
        self.next()
    }

    fn binary(&mut self, inst: RawInst) -> Result<Flow> {
        let count = BinOp::ALL.len();
        let index = inst.arg as usize;
        let op = *BinOp::ALL.get(index % count).ok_or_else(|| self.bad_argument(inst))?;
        if index >= 2 * count {
            return Err(self.bad_argument(inst));
        }
        self.plain(Op::Binary { op, inplace: index >= count })
    }

    fn intrinsic(&mut self, inst: RawInst, table: &[IntrinsicRow]) -> Result<Flow> {
        match (inst.arg as usize).checked_sub(1).and_then(|i| table.get(i)) {
            Some(IntrinsicRow::Op(op)) => self.plain(*op),
            Some(IntrinsicRow::Void(op)) => {
                self.emit(*op)?;
                self.stack.push(Slot::Null);
                self.next()
            }
            None => Ok(self.unsupported(format!("{} {}", self.opcodes.name(inst.number), inst.arg))),
        }
    }

    fn conversion(&self, inst: RawInst, code: u32) -> Result<Conversion> {
        match code {
            1 => Ok(Conversion::Str),
            2 => Ok(Conversion::Repr),
            3 => Ok(Conversion::Ascii),
            _ => Err(self.bad_argument(inst)),
        }
    }

    /// 3.11 and 3.12: conversion in the low bits, bit 2 if a specification lies on top.
    fn format_value(&mut self, inst: RawInst) -> Result<Flow> {
        let conversion = match inst.arg & 3 {
            0 => None,
            code => Some(Op::Convert(self.conversion(inst, code)?)),
        };
        if inst.arg & 4 == 0 {
            if let Some(op) = conversion {
                self.emit(op)?;
            }
            return self.plain(Op::FormatSimple);
        }
        if let Some(op) = conversion {
            self.neutral_slot(2)?;
            self.ops.extend([Op::Swap(2), op, Op::Swap(2)]);
        }
        self.plain(Op::FormatSpec)
    }

    fn yield_kind(&self) -> YieldKind {
        match self.inst(self.now + 1) {
            Some(next) if next.canon == Canon::Resume => match next.arg & 3 {
                2 => YieldKind::From,
                3 => YieldKind::Await,
                _ => YieldKind::Plain,
            },
            _ => YieldKind::Plain,
        }
    }

    /// `BEFORE_WITH` and its asynchronous sibling: the exit function is remembered.
    fn with_enter(&mut self, op: Op) -> Result<Flow> {
        self.emit(op)?;
        let below = self.stack.len() - 2;
        self.stack[below] = Slot::Exit;
        self.next()
    }

    fn copy(&mut self, n: u32) -> Result<Flow> {
        let slot = self.neutral_slot(n)?;
        self.ops.push(Op::Copy(slot));
        self.stack.push(Slot::Value);
        self.next()
    }

    fn swap(&mut self, n: u32) -> Result<Flow> {
        self.neutral_slot(1)?;
        let slot = self.neutral_slot(n)?;
        if slot > 1 {
            self.ops.push(Op::Swap(slot));
        }
        let top = self.stack.len() - 1;
        self.stack.swap(top, top + 1 - n as usize);
        self.next()
    }

    fn pop_top(&mut self) -> Result<Flow> {
        if self.stack.last() == Some(&Slot::Null) {
            self.stack.pop();
            return self.next();
        }
        self.plain(Op::PopTop)
    }

    /// Emits an op that ends the run.
    fn leave(&mut self, op: Op) -> Result<Flow> {
        self.emit(op)?;
        Ok(Flow::End)
    }

    /// Translates one instruction at `self.now`.
    pub(super) fn translate(&mut self, inst: RawInst) -> Result<Flow> {
        let arg = inst.arg;
        match inst.canon {
            // ---- nothing left of them
            Canon::Nop | Canon::Resume | Canon::Precall | Canon::Cache | Canon::ExtendedArg => self.next(),
            // Read by the CALL that follows.
            Canon::KwNames => {
                self.constant(arg)?;
                self.next()
            }

            // ---- constants, locals, cells
            Canon::LoadConst => {
                let id = self.constant(arg)?;
                // CALL_KW takes its names from the constant directly before it.
                let names = self.canon(self.now + 1) == Some(Canon::CallKw) && !self.is_leader(self.now + 1);
                if names {
                    self.stack.push(Slot::Value);
                    return self.next();
                }
                self.plain(Op::Const(id))
            }
            Canon::LoadFast => {
                self.load_fast(arg)?;
                self.next()
            }
            Canon::LoadFastCheck => {
                let local = self.local(arg)?;
                self.plain(Op::LoadFast(local))
            }
            Canon::LoadFastLoadFast => {
                self.load_fast(arg >> 4)?;
                self.load_fast(arg & 15)?;
                self.next()
            }
            Canon::LoadFastAndClear => {
                let local = self.local(arg)?;
                self.ops.push(Op::LoadFastAndClear(local));
                self.stack.push(Slot::Saved { local: arg, cell: false });
                self.next()
            }
            Canon::StoreFast => {
                self.store_fast(arg)?;
                self.next()
            }
            Canon::StoreFastLoadFast => {
                self.store_fast(arg >> 4)?;
                self.load_fast(arg & 15)?;
                self.next()
            }
            Canon::StoreFastStoreFast => {
                self.store_fast(arg >> 4)?;
                self.store_fast(arg & 15)?;
                self.next()
            }
            Canon::DeleteFast => {
                let local = self.local(arg)?;
                self.plain(Op::DeleteFast(local))
            }
            Canon::MakeCell => {
                let local = self.local(arg)?;
                for slot in self.stack.iter_mut().rev() {
                    if let Slot::Saved { local, cell } = slot
                        && *local == arg
                    {
                        *cell = true;
                        break;
                    }
                }
                self.plain(Op::MakeCell(local))
            }
            Canon::CopyFreeVars => {
                if arg as usize != self.raw.freevars.len() {
                    return Err(self.bad_argument(inst));
                }
                self.plain(Op::CopyFreeVars(arg))
            }
            Canon::LoadClosure => {
                let local = self.local(arg)?;
                self.plain(Op::LoadClosure(local))
            }
            Canon::LoadDeref => {
                let local = self.local(arg)?;
                self.plain(Op::LoadDeref(local))
            }
            Canon::StoreDeref => {
                let local = self.local(arg)?;
                self.plain(Op::StoreDeref(local))
            }
            Canon::DeleteDeref => {
                let local = self.local(arg)?;
                self.plain(Op::DeleteDeref(local))
            }
            Canon::LoadClassDeref => {
                let local = self.local(arg)?;
                self.emit(Op::LoadLocals)?;
                self.plain(Op::LoadFromDictOrDeref(local))
            }
            Canon::LoadFromDictOrDeref => {
                let local = self.local(arg)?;
                self.plain(Op::LoadFromDictOrDeref(local))
            }
            Canon::LoadFromDictOrGlobals => {
                let name = self.name(arg)?;
                self.plain(Op::LoadFromDictOrGlobals(name))
            }

            // ---- names
            Canon::LoadGlobal => {
                let name = self.name(arg >> 1)?;
                self.emit(Op::LoadGlobal(name))?;
                if arg & 1 != 0 {
                    self.as_callable()?;
                }
                self.next()
            }
            Canon::StoreGlobal => {
                let name = self.name(arg)?;
                self.plain(Op::StoreGlobal(name))
            }
            Canon::DeleteGlobal => {
                let name = self.name(arg)?;
                self.plain(Op::DeleteGlobal(name))
            }
            Canon::LoadName => {
                let name = self.name(arg)?;
                self.plain(Op::LoadName(name))
            }
            Canon::StoreName => {
                let name = self.name(arg)?;
                self.plain(Op::StoreName(name))
            }
            Canon::DeleteName => {
                let name = self.name(arg)?;
                self.plain(Op::DeleteName(name))
            }
            Canon::LoadLocals => self.plain(Op::LoadLocals),
            Canon::SetupAnnotations => self.plain(Op::SetupAnnotations),
            Canon::ImportName => {
                let name = self.name(arg)?;
                self.plain(Op::ImportName(name))
            }
            Canon::ImportFrom => {
                let name = self.name(arg)?;
                self.plain(Op::ImportFrom(name))
            }
            Canon::ImportStar => self.plain(Op::ImportStar),

            // ---- attributes and items
            Canon::LoadAttr => match self.rules.load_attr {
                AttrArg::Index => self.load_attr(arg, false),
                AttrArg::IndexMethod => self.load_attr(arg >> 1, arg & 1 != 0),
            },
            Canon::LoadMethod => self.load_attr(arg, true),
            Canon::LoadSuperAttr => {
                let name = self.name(arg >> 2)?;
                let method = arg & 1 != 0;
                self.emit(Op::LoadSuperAttr { name, method, two_args: arg & 2 != 0 })?;
                if method {
                    self.as_callable()?;
                }
                self.next()
            }
            Canon::StoreAttr => {
                let name = self.name(arg)?;
                self.plain(Op::StoreAttr(name))
            }
            Canon::DeleteAttr => {
                let name = self.name(arg)?;
                self.plain(Op::DeleteAttr(name))
            }
            Canon::BinarySubscr => self.plain(Op::GetItem),
            Canon::StoreSubscr => self.plain(Op::SetItem),
            Canon::DeleteSubscr => self.plain(Op::DeleteItem),
            Canon::BinarySlice => {
                self.emit(Op::BuildSlice(2))?;
                self.plain(Op::GetItem)
            }
            Canon::StoreSlice => {
                self.emit(Op::BuildSlice(2))?;
                self.plain(Op::SetItem)
            }
            Canon::BuildSlice => match arg {
                2 | 3 => self.plain(Op::BuildSlice(arg)),
                _ => Err(self.bad_argument(inst)),
            },

            // ---- stack
            Canon::PopTop => self.pop_top(),
            Canon::PushNull => {
                self.stack.push(Slot::Null);
                self.next()
            }
            Canon::Copy => self.copy(arg),
            Canon::Swap => self.swap(arg),

            // ---- operators
            Canon::BinaryOp => self.binary(inst),
            Canon::UnaryNegative => self.plain(Op::Negative),
            Canon::UnaryPositive => self.plain(Op::Positive),
            Canon::UnaryInvert => self.plain(Op::Invert),
            Canon::UnaryNot => self.plain(Op::Not),
            Canon::ToBool => {
                if self.truth_is_tested_next() {
                    self.neutral_slot(1)?;
                    self.next()
                } else {
                    self.plain(Op::ToBool)
                }
            }
            Canon::CompareOp => self.compare(inst),
            Canon::IsOp => self.plain(Op::Is { invert: arg & 1 != 0 }),
            Canon::ContainsOp => self.plain(Op::Contains { invert: arg & 1 != 0 }),

            // ---- building
            Canon::BuildTuple => self.plain(Op::BuildTuple(arg)),
            Canon::BuildList => self.plain(Op::BuildList(arg)),
            Canon::BuildSet => self.plain(Op::BuildSet(arg)),
            Canon::BuildMap => self.plain(Op::BuildMap(arg)),
            Canon::BuildConstKeyMap => self.plain(Op::BuildConstKeyMap(arg)),
            Canon::BuildString => self.plain(Op::BuildString(arg)),
            Canon::FormatValue => self.format_value(inst),
            Canon::ConvertValue => {
                let conversion = self.conversion(inst, arg)?;
                self.plain(Op::Convert(conversion))
            }
            Canon::FormatSimple => self.plain(Op::FormatSimple),
            Canon::FormatWithSpec => self.plain(Op::FormatSpec),
            Canon::ListAppend => self.below(1, arg, Op::ListAppend),
            Canon::ListExtend => self.below(1, arg, Op::ListExtend),
            Canon::SetAdd => self.below(1, arg, Op::SetAdd),
            Canon::SetUpdate => self.below(1, arg, Op::SetUpdate),
            Canon::MapAdd => self.below(2, arg, Op::MapAdd),
            Canon::DictUpdate => self.below(1, arg, Op::DictUpdate),
            Canon::DictMerge => self.below(1, arg, Op::DictMerge),
            Canon::ListToTuple => self.plain(Op::ListToTuple),
            Canon::UnpackSequence => self.plain(Op::UnpackSequence(arg)),
            Canon::UnpackEx => self.plain(Op::UnpackEx { before: arg & 0xff, after: arg >> 8 }),

            // ---- functions and calls
            Canon::Call => {
                let mut kwnames = None;
                let mut at = self.now;
                // PRECALL and KW_NAMES stand directly before their CALL.
                while let Some(before) = at.checked_sub(1)
                    && !self.is_leader(at)
                {
                    match self.inst(before) {
                        Some(i) if i.canon == Canon::KwNames => {
                            kwnames = Some(self.constant(i.arg)?);
                            break;
                        }
                        Some(i) if i.canon == Canon::Precall || i.canon == Canon::Nop => at = before,
                        _ => break,
                    }
                }
                self.call(arg, kwnames)
            }
            Canon::CallKw => {
                let names = self.now.checked_sub(1).and_then(|before| self.inst(before));
                match names {
                    Some(i) if i.canon == Canon::LoadConst && !self.is_leader(self.now) => {
                        let id = self.constant(i.arg)?;
                        self.pop(1)?;
                        self.call(arg, Some(id))
                    }
                    _ => Err(self.fail(ErrorKind::BadSequence, "CALL_KW without constant names")),
                }
            }
            Canon::CallFunctionEx => self.call_ex(arg & 1 != 0),
            Canon::MakeFunction => self.make_function(inst),
            Canon::SetFunctionAttribute => Err(self.fail(ErrorKind::BadSequence, "SET_FUNCTION_ATTRIBUTE without MAKE_FUNCTION")),
            Canon::LoadBuildClass => self.plain(Op::LoadBuildClass),
            Canon::LoadAssertionError => self.plain(Op::LoadAssertionError),
            Canon::CallIntrinsic1 => self.intrinsic(inst, &INTRINSIC_1),
            Canon::CallIntrinsic2 => self.intrinsic(inst, &INTRINSIC_2),

            // ---- control flow
            Canon::JumpForward | Canon::JumpBackward | Canon::JumpBackwardNoInterrupt => self.jump(),
            Canon::JumpIfFalseOrPop => self.branch_or_pop(false),
            Canon::JumpIfTrueOrPop => self.branch_or_pop(true),
            Canon::PopJumpForwardIfFalse | Canon::PopJumpBackwardIfFalse | Canon::PopJumpIfFalse => self.branch(Test::Truth, false),
            Canon::PopJumpForwardIfTrue | Canon::PopJumpBackwardIfTrue | Canon::PopJumpIfTrue => self.branch(Test::Truth, true),
            Canon::PopJumpForwardIfNone | Canon::PopJumpBackwardIfNone | Canon::PopJumpIfNone => self.branch(Test::IsNone, true),
            Canon::PopJumpForwardIfNotNone | Canon::PopJumpBackwardIfNotNone | Canon::PopJumpIfNotNone => self.branch(Test::IsNone, false),
            Canon::GetIter => self.plain(Op::GetIter),
            Canon::ForIter => self.for_iter(),
            Canon::EndFor => {
                for _ in 0..self.rules.end_for_pops {
                    self.emit(Op::PopTop)?;
                }
                self.next()
            }
            Canon::ReturnValue => self.leave(Op::Return),
            Canon::ReturnConst => {
                let id = self.constant(arg)?;
                self.emit(Op::Const(id))?;
                self.leave(Op::Return)
            }

            // ---- generators and coroutines
            Canon::ReturnGenerator => {
                self.emit(Op::GenStart)?;
                // The generator object, which the POP_TOP after it drops.
                self.stack.push(Slot::Null);
                self.next()
            }
            Canon::YieldValue => {
                let kind = self.yield_kind();
                self.plain(Op::Yield(kind))
            }
            Canon::GetYieldFromIter => self.plain(Op::GetYieldFromIter),
            Canon::Send => self.send(),
            Canon::EndSend => Err(self.fail(ErrorKind::BadSequence, "END_SEND reached as an ordinary instruction")),
            // Only an exception leads here, and its range is dropped.
            Canon::CleanupThrow => Err(self.fail(ErrorKind::BadSequence, "CLEANUP_THROW reached as an ordinary instruction")),
            Canon::GetAwaitable => {
                let kind = match arg {
                    0 => AwaitKind::Await,
                    1 => AwaitKind::AsyncEnter,
                    2 => AwaitKind::AsyncExit,
                    _ => return Err(self.bad_argument(inst)),
                };
                self.plain(Op::GetAwaitable(kind))
            }
            Canon::GetAiter => self.plain(Op::GetAiter),
            Canon::GetAnext => self.plain(Op::GetAnext),
            Canon::EndAsyncFor => self.plain(Op::EndAsyncFor),
            Canon::AsyncGenWrap => self.plain(Op::AsyncGenWrap),

            // ---- exceptions and with
            Canon::RaiseVarargs => match arg {
                0..=2 => self.leave(Op::Raise(arg)),
                _ => Err(self.bad_argument(inst)),
            },
            Canon::Reraise => {
                self.pop(1)?;
                let lasti = if arg == 0 { 0 } else { self.neutral_slot(arg)? };
                self.ops.push(Op::Reraise(lasti));
                Ok(Flow::End)
            }
            Canon::PushExcInfo => self.plain(Op::PushExcInfo),
            Canon::PopExcept => self.plain(Op::PopExcept),
            Canon::CheckExcMatch => self.plain(Op::ExcMatch),
            Canon::CheckEgMatch => self.plain(Op::EgMatch),
            Canon::PrepReraiseStar => self.plain(Op::PrepReraiseStar),
            Canon::BeforeWith => self.with_enter(Op::WithEnter),
            Canon::BeforeAsyncWith => self.with_enter(Op::AsyncWithEnter),
            Canon::WithExceptStart => {
                if self.neutral_slot(4)? != 4 {
                    return Err(self.fail(ErrorKind::BadSequence, "NULL used as an operand"));
                }
                self.push(1)?;
                self.ops.push(Op::WithExceptStart);
                self.next()
            }

            // ---- match
            Canon::GetLen => self.plain(Op::GetLen),
            Canon::MatchMapping => self.plain(Op::MatchMapping),
            Canon::MatchSequence => self.plain(Op::MatchSequence),
            Canon::MatchKeys => self.plain(Op::MatchKeys),
            Canon::MatchClass => self.plain(Op::MatchClass(arg)),

            Canon::PrintExpr => self.plain(Op::PrintExpr),
            Canon::Unknown => {
                let name = self.opcodes.name(inst.number);
                Ok(self.unsupported(name))
            }
        }
    }
}
