//! Two iterations of a round in one instruction: their floats side by side in an `f64x2`.
//!
//! Everything that varies and is made by plain arithmetic becomes a *pair*, for every two iterations one. What is the same in all
//! iterations is doubled (`splat`), and other floats that meet pairs are put together where they are made; what asks for one iteration's
//! float takes it out. Each lane computes what its iteration would have computed alone, so results have the same bits.

use super::plan::{Class, Plan, Way};
use crate::analysis::counted::LoopState;
use crate::analysis::edit::def_inst;
use crate::analysis::loops::LoopId;
use cranelift_entity::SecondaryMap;
use looplift_mir::*;
use rustc_hash::FxHashSet;

/// Iterations that share an instruction.
pub const LANES: usize = 2;
/// Steps of an address between elements that lie side by side.
const ELEMENT: i64 = 8;
/// What a division or a root counts, in other operations: the divider takes as long for two as for one.
const DIVISION: i64 = 5;
/// What putting two floats together counts; a load on its own would have been part of the operation that uses it.
const TOGETHER: i64 = 2;

/// Which values of a plan are pairs.
#[derive(Debug, Default)]
pub struct Lanes {
    packed: SecondaryMap<Value, bool>,
    /// Floats that are no pairs and meet some.
    pub wanted: FxHashSet<Value>,
    /// Conditions on which iterations stay together, and those among them that compare pairs.
    conditions: FxHashSet<Value>,
    tests: FxHashSet<Value>,
    /// Those among them from outside of the loop.
    pub outside: Vec<Value>,
}

impl Lanes {
    /// The pairs of a round of `times` iterations, if they pay in the innermost loops `inner`.
    pub fn new(func: &Function, s: &LoopState, plan: &Plan, inner: &[LoopId], times: usize) -> Option<Lanes> {
        if !times.is_multiple_of(LANES) {
            return None;
        }
        let mut lanes = Lanes { conditions: plan.conditions(func), ..Lanes::default() };
        for (b, insts) in plan.early_insts(func) {
            if b != plan.counted.header {
                let is_packed = |&&p: &&Value| func.ty(p) == Ty::F64 && plan.class(p) == Class::Varying;
                func.blocks[b].params.iter().filter(is_packed).for_each(|&p| lanes.packed[p] = true);
            }
            insts.iter().filter(|&&i| is_packed(func, plan, i)).for_each(|&i| lanes.packed[func.insts[i].results[0]] = true);
        }
        let mut gain = 0;
        for (b, insts) in plan.early_insts(func) {
            let counts = s.loops.of(b).is_some_and(|l| inner.contains(&l));
            for &i in insts {
                gain += lanes.inst(func, plan, i, times) * i64::from(counts);
            }
            lanes.edges(func, plan, b);
        }
        let mut outside: Vec<Value> = lanes.wanted.iter().copied().filter(|&v| !plan.is_own(v)).collect();
        outside.sort_unstable();
        lanes.outside = outside;
        (gain > 0).then_some(lanes)
    }

    /// Whether a value is a pair for every two iterations.
    pub fn is_packed(&self, v: Value) -> bool {
        self.packed[v]
    }

    /// What a condition compares, if it compares pairs.
    pub fn comparison(&self, func: &Function, cond: Value) -> Option<(Value, Value, FloatCC)> {
        let d = &func.insts[def_inst(func, cond)?];
        match (&d.args[..], d.imm) {
            (&[a, b], Imm::FCond(cc)) if self.tests.contains(&cond) => Some((a, b, cc)),
            _ => None,
        }
    }

    /// Notes what an instruction asks for; how many operations a round is shorter by.
    fn inst(&mut self, func: &Function, plan: &Plan, i: Inst, times: usize) -> i64 {
        let d = &func.insts[i];
        let (pairs, saved) = ((times / LANES) as i64, (times - times / LANES) as i64);
        let mut gain = 0;
        if d.results.first().is_some_and(|&r| self.packed[r]) {
            gain += saved * if matches!(d.op, Opcode::Fdiv | Opcode::Fsqrt) { DIVISION } else { 1 };
            if d.op != Opcode::Load {
                for &a in &d.args {
                    gain -= self.want(plan, a) * pairs;
                }
            }
        } else if d.op == Opcode::Fcmp && func.ty(d.args[0]) == Ty::F64 && self.conditions.contains(&d.results[0]) {
            if d.args.iter().any(|&a| self.packed[a]) {
                gain += d.args.iter().map(|&a| -self.want(plan, a) * pairs).sum::<i64>();
                self.tests.insert(d.results[0]);
            }
        } else {
            // Each second iteration's float has to be taken out.
            gain -= pairs * d.args.iter().filter(|&&a| self.packed[a]).count() as i64;
        }
        gain
    }

    fn edges(&mut self, func: &Function, plan: &Plan, b: Block) {
        if b == plan.counted.latch {
            return;
        }
        let way = plan.way(b);
        for (n, t) in func.blocks[b].term.targets().into_iter().enumerate() {
            let is_taken = match way {
                Way::Both => true,
                Way::Then | Way::Settled(true) => n == 0,
                Way::Other | Way::Settled(false) => n == 1,
            };
            if is_taken {
                for (&p, &a) in func.blocks[t.block].params.iter().zip(&t.args) {
                    if self.packed[p] {
                        self.want(plan, a);
                    }
                }
            }
        }
    }

    /// What it costs to have a value as a pair.
    fn want(&mut self, plan: &Plan, v: Value) -> i64 {
        match self.packed[v] || !self.wanted.insert(v) || !plan.is_own(v) {
            true => 0,
            false if plan.class(v) == Class::Uniform => 1,
            false => TOGETHER,
        }
    }
}

/// Whether two iterations' copies of an instruction are one.
fn is_packed(func: &Function, plan: &Plan, i: Inst) -> bool {
    let d = &func.insts[i];
    let is_varying_float = d.results.first().is_some_and(|&r| func.ty(r) == Ty::F64 && plan.class(r) == Class::Varying);
    is_varying_float
        && match d.op {
            Opcode::Fadd | Opcode::Fsub | Opcode::Fmul | Opcode::Fdiv | Opcode::Fneg | Opcode::Fabs | Opcode::Fsqrt => true,
            Opcode::Load => plan.class(d.args[0]) == Class::Step(ELEMENT),
            _ => false,
        }
}
