//! Whether a round may load for all of its iterations before it knows that the first of them goes on.

use super::plan::{Class, Plan, Way};
use crate::analysis::edit::def_inst;
use crate::passes::simplify::{invert, swap};
use looplift_mir::*;

/// Operations between a condition and what it is computed of.
const MAX_CONDITION_DEPTH: u32 = 8;

impl Plan {
    /// A round loads for all its iterations before it knows that the first of them goes on. So nothing that stands behind a load may
    /// decide whether the loop goes on to an index where the load of the next iteration is within its array for just that reason.
    pub fn order(&self, func: &Function) -> Option<()> {
        let mut loaded = false;
        for &b in &self.blocks {
            for &i in &func.blocks[b].insts {
                let d = &func.insts[i];
                match d.op {
                    Opcode::Load if self.late_loads.contains(&i) => {}
                    Opcode::Load => loaded |= self.class(d.args[0]) != Class::Uniform,
                    Opcode::Guard if loaded && !self.dropped.contains(&i) && !self.concerns_itself(func, d.args[0], true, 0) => return None,
                    _ => {}
                }
            }
            let Terminator::Brif { cond, .. } = func.blocks[b].term else { continue };
            let is_exit = loaded && b != self.counted.latch && matches!(self.way(b), Way::Then | Way::Other);
            if is_exit && !self.concerns_itself(func, cond, self.way(b) == Way::Then, 0) {
                return None;
            }
        }
        Some(())
    }

    /// Whether that `cond` is `truth` says nothing of the next iteration's indices. What `ranges` knows of a number that grows from
    /// iteration to iteration does not come from tests that it is small enough.
    fn concerns_itself(&self, func: &Function, cond: Value, truth: bool, depth: u32) -> bool {
        if !self.is_of_indices(func, cond, 0) {
            return true;
        }
        let Some(d) = def_inst(func, cond).map(|i| &func.insts[i]) else { return false };
        match (d.op, d.imm) {
            (Opcode::Band, _) if truth && depth < MAX_CONDITION_DEPTH => d.args.iter().all(|&a| self.concerns_itself(func, a, true, depth + 1)),
            (Opcode::Icmp, Imm::ICond(cc)) => {
                let cc = if truth { cc } else { invert(cc) };
                let (cc, grows) = match (self.class(d.args[0]), self.class(d.args[1])) {
                    (Class::Step(k), Class::Uniform) => (cc, k > 0),
                    (Class::Uniform, Class::Step(k)) => (swap(cc), k > 0),
                    _ => return false,
                };
                grows && matches!(cc, IntCC::Ult | IntCC::Ule | IntCC::Slt | IntCC::Sle | IntCC::Ne)
            }
            _ => false,
        }
    }

    /// Whether a condition may be computed of integers that change from iteration to iteration and are not loaded.
    fn is_of_indices(&self, func: &Function, v: Value, depth: u32) -> bool {
        if self.class(v) == Class::Uniform || func.ty(v).is_float() {
            return false;
        }
        match def_inst(func, v).map(|i| &func.insts[i]) {
            Some(d) if d.op == Opcode::Load || d.op == Opcode::Fcmp => false,
            Some(d) if depth < MAX_CONDITION_DEPTH => d.args.iter().any(|&a| self.is_of_indices(func, a, depth + 1)),
            _ => true,
        }
    }
}
