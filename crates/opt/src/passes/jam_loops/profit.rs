//! Whether a round pays, and how many iterations it has.

use super::lanes::{LANES, Lanes};
use super::plan::{Class, Plan};
use crate::analysis::counted::LoopState;
use crate::analysis::edit::{const_int, def_inst};
use crate::analysis::loops::LoopId;
use looplift_mir::*;
use rustc_hash::FxHashSet;

/// Iterations of a round, the best first.
const TIMES: [usize; 3] = [4, 3, 2];
/// Instructions of all copies of the loop's.
const MAX_COPIES: usize = 400;
/// Registers of each kind that there are, and what the instructions of one iteration need besides what lives on.
const REGISTERS: usize = 16;
const FLOAT_TEMPORARIES: usize = 3;
const INT_TEMPORARIES: usize = 2;
/// Registers of integers that have another use.
const TAKEN: usize = 2;

/// Whether an innermost loop hands a float from one iteration to the next, and will be no vector loop.
pub fn carries_floats(func: &Function, s: &LoopState, l: LoopId) -> bool {
    let data = &s.loops.loops[l];
    let header = &func.blocks[data.header];
    if data.has_children || header.cold || header.vector {
        return false;
    }
    header.params.iter().enumerate().any(|(n, &p)| {
        let goes_round = |b: &Block| func.blocks[*b].term.targets().into_iter().any(|t| t.block == data.header && t.args[n] != p);
        func.ty(p).is_float() && data.latches.iter().any(goes_round)
    })
}

/// Whether a loop waits for the divider in any case.
fn divides(func: &Function, s: &LoopState, l: LoopId) -> bool {
    let divides = |&i: &Inst| matches!(func.insts[i].op, Opcode::Fdiv | Opcode::Fsqrt);
    s.loops.loops[l].blocks.iter().any(|&b| !func.blocks[b].cold && func.blocks[b].insts.iter().any(divides))
}

impl Plan {
    /// Phase 4: how many iterations have room in the registers, in all innermost loops.
    pub fn choose(&mut self, func: &Function, s: &LoopState, l: LoopId) -> Option<()> {
        let mut inner: Vec<LoopId> = self.blocks.iter().filter_map(|&b| s.loops.of(b)).filter(|&x| x != l && !s.loops.loops[x].has_children).collect();
        inner.sort_unstable();
        inner.dedup();
        let count = match (const_int(func, self.counted.start), const_int(func, self.counted.limit)) {
            (Some(a), Some(b)) => b.saturating_sub(a) / self.counted.step,
            _ => i64::MAX,
        };
        let is_small = |times: usize| self.growth * times <= MAX_COPIES && times as i64 <= count;
        let fits = |times: usize, lanes: Option<&Lanes>| {
            inner.iter().all(|&x| self.registers(func, s, x, times, lanes).is_some_and(|(floats, ints)| floats <= REGISTERS && ints <= REGISTERS))
        };
        let waiting: Vec<LoopId> = inner.iter().copied().filter(|&x| carries_floats(func, s, x) && self.varies(func, s, x)).collect();
        if waiting.is_empty() {
            return None;
        }
        // Loops that divide wait for the divider, which only pairs make shorter.
        let is_plain = waiting.iter().any(|&x| !divides(func, s, x));
        let (times, lanes) = TIMES.into_iter().filter(|&n| is_small(n)).find_map(|n| {
            let lanes = Lanes::new(func, s, self, &inner, n).filter(|lanes| fits(n, Some(lanes)));
            (lanes.is_some() || is_plain && fits(n, None)).then_some((n, lanes))
        })?;
        (self.times, self.lanes) = (times, lanes);
        self.growth *= self.times;
        Some(())
    }

    /// Whether the floats that an innermost loop carries differ between iterations.
    fn varies(&self, func: &Function, s: &LoopState, l: LoopId) -> bool {
        let header = s.loops.loops[l].header;
        func.blocks[header].params.iter().any(|&p| func.ty(p).is_float() && self.class(p) == Class::Varying)
    }

    /// Registers of floats and integers for what lives in an innermost loop.
    fn registers(&self, func: &Function, s: &LoopState, l: LoopId, times: usize, lanes: Option<&Lanes>) -> Option<(usize, usize)> {
        let mut seen: FxHashSet<Value> = FxHashSet::default();
        let (mut floats, mut ints) = (FLOAT_TEMPORARIES, INT_TEMPORARIES + TAKEN);
        let mut note = |v: Value| {
            if seen.insert(v) {
                let n = match self.class(v) {
                    Class::Varying if lanes.is_some_and(|lanes| lanes.is_packed(v)) => times / LANES,
                    Class::Varying => times,
                    Class::Uniform | Class::Step(_) => 1,
                };
                *(if func.ty(v).is_float() { &mut floats } else { &mut ints }) += n;
            }
        };
        func.blocks[s.loops.loops[l].header].params.iter().for_each(|&p| note(p));
        for &b in s.loops.loops[l].blocks.iter().filter(|b| self.blocks.contains(b)) {
            for &i in &func.blocks[b].insts {
                for &a in &func.insts[i].args {
                    let is_constant = def_inst(func, a).is_some_and(|i| matches!(func.insts[i].op, Opcode::Iconst));
                    if !is_constant && s.is_invariant(l, a) {
                        note(a);
                    }
                }
            }
        }
        Some((floats, ints))
    }
}
