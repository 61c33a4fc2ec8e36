//! What instructions become whose operands' ranges are known.

use super::Ranges;
use crate::analysis::edit::{Emitter, const_int, rewrite};
use crate::analysis::interval::Interval;
use cranelift_entity::EntityRef;
use looplift_mir::*;
use rustc_hash::FxHashMap;
use smallvec::smallvec;

/// What an instruction becomes.
pub(super) enum Edit {
    Constant(bool),
    Same(Value),
    /// Another row on the same operands.
    Row(Opcode),
    /// The row on the low 32 bits, zero-extended.
    Narrow(Opcode),
    /// A remainder of what is not above its divisor.
    WrapHigh,
    /// A remainder of what is below its divisor, and no more than that below zero.
    WrapLow,
    /// The unsigned row, whose first operand has no more bits than these.
    Bounded(Opcode, u32),
}

impl Ranges<'_> {
    /// Remainders by a number that is not constant where one step is all that can be out of range: `(i + 1) % n` and `(i - 1) % n`
    /// of an index.
    fn wraps(&self, d: &InstData, a: Interval, b: Interval) -> Option<Edit> {
        let (x, n) = (d.args[0], d.args[1]);
        let floor = d.op == Opcode::FloorMod;
        if !(floor || matches!(d.op, Opcode::Srem | Opcode::Urem)) || a.is_empty() || b.is_empty() || b.lo <= 0 || const_int(self.func, n).is_some() {
            return None;
        }
        if a.lo >= 0 && self.proves(x, n, 0) {
            Some(Edit::WrapHigh)
        } else if floor && a.lo >= -b.lo && self.proves(x, n, -1) {
            Some(Edit::WrapLow)
        } else {
            None
        }
    }

    /// What becomes of an instruction, with the facts that hold at it.
    pub(super) fn edit(&self, d: &InstData) -> Option<Edit> {
        use Opcode as O;
        match (d.op, d.imm) {
            (O::Icmp, Imm::ICond(cc)) if self.func.ty(d.args[0]).is_int() => self.decide(cc, d.args[0], d.args[1]).map(Edit::Constant),
            (O::FloorDiv | O::Sdiv | O::FloorMod | O::Srem | O::Udiv | O::Urem, _) => {
                let (a, b) = (self.get(d.args[0]), self.get(d.args[1]));
                if let Some(wrap) = self.wraps(d, a, b) {
                    return Some(wrap);
                }
                if a.is_empty() || b.is_empty() || a.lo < 0 || b.lo <= 0 {
                    // Floor and truncation agree where the signs do.
                    return None;
                }
                let row = if matches!(d.op, O::FloorDiv | O::Sdiv | O::Udiv) { O::Udiv } else { O::Urem };
                if a.hi < b.lo && row == O::Urem {
                    return Some(Edit::Same(d.args[0]));
                }
                let small = i64::from(u32::MAX);
                let narrow = self.func.ty(d.args[0]) == Ty::I64 && a.hi <= small && b.hi <= small && const_int(self.func, d.args[1]).is_none();
                let bits = 64 - a.hi.leading_zeros();
                let by_constant = self.func.ty(d.args[0]) == Ty::I64 && const_int(self.func, d.args[1]).is_some();
                if narrow {
                    Some(Edit::Narrow(row))
                } else if by_constant && bits > 0 && !matches!(d.imm, Imm::Bits(known) if known <= bits) {
                    Some(Edit::Bounded(row, bits))
                } else if d.op == row {
                    None
                } else {
                    Some(Edit::Row(row))
                }
            }
            (O::Iabs, _) if self.get(d.args[0]).lo >= 0 => Some(Edit::Same(d.args[0])),
            (O::Smin | O::Smax, _) => {
                let (a, b) = (d.args[0], d.args[1]);
                let first_smaller = self.decide(IntCC::Sle, a, b)?;
                Some(Edit::Same(if first_smaller == (d.op == O::Smin) { a } else { b }))
            }
            _ => None,
        }
    }
}

pub(super) fn apply(func: &mut Function, edits: Vec<(Inst, Edit)>) -> bool {
    if edits.is_empty() {
        return false;
    }
    let mut by_inst: FxHashMap<Inst, Edit> = edits.into_iter().collect();
    rewrite(func, |e: &mut Emitter<'_>, i| {
        let edit = by_inst.remove(&i)?;
        let d = e.func.insts[i].clone();
        Some(smallvec![match edit {
            Edit::Constant(v) => e.iconst(Ty::I8, i64::from(v)),
            Edit::Same(v) => v,
            Edit::Row(op) => e.binary(op, d.args[0], d.args[1]),
            Edit::WrapHigh => {
                let (x, n) = (d.args[0], d.args[1]);
                let full = e.icmp(IntCC::Eq, x, n);
                let zero = e.iconst(e.func.ty(x), 0);
                e.select(full, zero, x)
            }
            Edit::WrapLow => {
                let (x, n) = (d.args[0], d.args[1]);
                let zero = e.iconst(e.func.ty(x), 0);
                let under = e.icmp(IntCC::Slt, x, zero);
                let sum = e.binary(Opcode::Iadd, x, n);
                e.select(under, sum, x)
            }
            Edit::Bounded(op, bits) => e.bounded(op, d.args[0], d.args[1], bits),
            Edit::Narrow(op) => {
                let a = e.convert(Opcode::Ireduce, Ty::I32, d.args[0]);
                let b = e.convert(Opcode::Ireduce, Ty::I32, d.args[1]);
                let v = e.binary(op, a, b);
                e.convert(Opcode::Zext, Ty::I64, v)
            }
        }])
    });
    debug_assert!(by_inst.keys().all(|i| i.index() < func.insts.len()));
    true
}
