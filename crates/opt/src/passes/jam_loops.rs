//! Runs several iterations of a loop around others side by side, where the inner loops wait for themselves: in
//! `for i: total = 0; for j: total += a[i, j]; out[i] = total` each addition waits for the one before it, but sums of different `i` need
//! not wait for each other, and what they have in common is loaded once.
//!
//! Phases for one counted loop around an innermost one that carries floats:
//! 1. What stays: the blocks that iterations of the usual kind come to. An edge to a cold block or out of the loop *hands over*: a round
//!    that would take it in any of its iterations goes to the loop as it was, with what it started from, before anything is written.
//! 2. Values: *uniform* ones are the same in all iterations of a round, *stepping* ones differ by a constant from one to the
//!    next, others vary. Conditions have to be uniform, so that all iterations take the same way.
//! 3. What is written: at the end of an iteration only, and apart from what is read before. That follows from where addresses
//!    come from, or is tested before the loop (`extents`).
//! 4. Whether it pays, and how many iterations a round has: registers decide.
//! 5. The round: every block once, with the uniform instructions once and the others once for each iteration, or once for two where
//!    their floats lie side by side (`lanes`). The loop itself does what is left.
//!
//! What a loop carries from one iteration to the next is fine where only the end of the iteration looks at it.

mod extents;
mod lanes;
mod order;
mod plan;
mod profit;

use super::{dce, simplify};
use crate::analysis::close::close;
use crate::analysis::counted::LoopState;
use crate::analysis::edit::{Emitter, def_inst};
use crate::analysis::loops::{LoopId, make_preheaders};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use lanes::{LANES, Lanes};
use looplift_mir::cleanup::remove_trivial_params;
use looplift_mir::*;
use plan::{Class, Param, Plan, Way};
use rustc_hash::FxHashMap;

/// Loops around an innermost one that are looked at.
const MAX_LEVELS: usize = 3;
/// Instructions that a function grows by.
const MAX_GROWTH: usize = 1_500;

pub fn run(func: &mut Function, cx: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let s = LoopState::new(func);
    if s.loops.loops.values().all(|data| data.parent.is_none()) {
        return Changed::No;
    }
    let mut changed = make_preheaders(func);
    changed |= remove_trivial_params(func);
    let s = LoopState::new(func);
    let headers: Vec<Block> = s.loops.loops.iter().filter(|(_, data)| !data.has_children && data.parent.is_some()).map(|(_, data)| data.header).collect();
    let mut budget = MAX_GROWTH;
    let mut done: SecondaryMap<Block, bool> = SecondaryMap::new();
    let mut jammed = false;
    for header in headers {
        if !done[header] {
            jammed |= jam_around(func, header, &mut budget, &mut done);
        }
    }
    if jammed {
        func.tidy_layout();
        simplify::run(func, cx);
        dce::run(func, cx);
        changed = true;
    }
    changed.into()
}

/// Jams the nearest loop around the innermost one of this header that can be.
fn jam_around(func: &mut Function, header: Block, budget: &mut usize, done: &mut SecondaryMap<Block, bool>) -> bool {
    let s = LoopState::new(func);
    let Some(innermost) = s.loops.of(header) else { return false };
    if !profit::carries_floats(func, &s, innermost) {
        return false;
    }
    let around = std::iter::successors(s.loops.loops[innermost].parent, |&l| s.loops.loops[l].parent);
    for l in around.take(MAX_LEVELS) {
        if s.loops.loops[l].blocks.iter().any(|&b| done[b]) {
            return false;
        }
        if let Some(plan) = Plan::new(func, &s, l)
            && plan.growth <= *budget
        {
            *budget -= plan.growth;
            s.loops.loops[l].blocks.iter().for_each(|&b| done[b] = true);
            return jam(func, &s, l, &plan);
        }
    }
    false
}

/// Before:  `pre: jump header(s)`; `header(c): …; brif next < limit, header(next), exit(x)`.
/// After:   `pre: brif limit - s > (n - 1) steps and the tests, round(s), header(s)`;
///          `round(c): … side by side; brif next < limit - (n - 1) steps, round(next), rest`;
///          `rest: brif next < limit, header(next), exit(x)`; `header` as before.
fn jam(func: &mut Function, s: &LoopState, l: LoopId, plan: &Plan) -> bool {
    let c = &plan.counted;
    let span = func.blocks[c.latch].term_span;
    let Terminator::Jump(entry) = func.blocks[c.preheader].term.clone() else { return false };
    let Some(tests) = extents::emit(func, s, l, plan, span) else { return false };
    let mut inside: SecondaryMap<Block, bool> = SecondaryMap::new();
    s.loops.loops[l].blocks.iter().for_each(|&b| inside[b] = true);
    close(func, &s.dom, c.header, &inside);

    let (many, few, rest, over) = (func.make_block(span), func.make_block(span), func.make_block(span), func.make_block(span));
    let ahead = c.step * (plan.times as i64 - 1);
    let mut e = Emitter::new(func, span);
    let distance = e.binary(Opcode::Isub, c.limit, c.start);
    let due = e.icmp(IntCC::Slt, c.start, c.limit);
    let ahead = e.iconst(Ty::I64, ahead);
    let far = e.icmp(IntCC::Ugt, distance, ahead);
    let mut cond = e.binary(Opcode::Band, due, far);
    let last = e.binary(Opcode::Isub, c.limit, ahead);
    for v in tests.conds {
        cond = e.binary(Opcode::Band, cond, v);
    }
    let mut insts = tests.insts;
    insts.append(&mut e.out);
    func.blocks[c.preheader].insts.append(&mut insts);

    let mut round = Round::new(func, plan, over);
    round.pairs_from_outside(many);
    round.params();
    for &b in &plan.blocks {
        round.block(b);
    }
    let Round { block_of, values, latch: end, .. } = round;
    let first = block_of[&c.header];
    let go = |block: Block, args: Args| BlockCall { block, args };
    func.blocks[c.preheader].term = Terminator::Brif { cond, then: go(many, Args::new()), other: go(few, Args::new()) };
    func.blocks[many].term = Terminator::Jump(go(first, entry.args.clone()));
    func.blocks[few].term = Terminator::Jump(entry);
    func.blocks[over].cold = true;
    func.blocks[over].term = Terminator::Jump(go(c.header, func.blocks[first].params.iter().copied().collect()));
    // The latch of the round asks for another one, and what is left goes the way of its last iteration.
    let newest = &values[plan.times - 1];
    let mut leave = func.blocks[c.latch].term.clone();
    leave.for_each_arg_mut(|a| *a = newest.get(a).copied().unwrap_or(*a));
    let Some(carried) = leave.targets().into_iter().find(|t| t.block == c.header).map(|t| t.args.clone()) else { return false };
    let mut e = Emitter::new(func, span);
    let again = e.icmp(IntCC::Slt, carried[c.position], last);
    let mut insts = e.out;
    func.blocks[end].insts.append(&mut insts);
    func.blocks[end].term = Terminator::Brif { cond: again, then: go(first, carried), other: go(rest, Args::new()) };
    func.blocks[rest].term = leave;
    true
}

/// What is made of a loop's body: `times` iterations side by side.
struct Round<'a> {
    func: &'a mut Function,
    plan: &'a Plan,
    /// Where iterations go that are not of the usual kind.
    over: Block,
    block_of: FxHashMap<Block, Block>,
    /// What each iteration has for a value of the loop.
    values: Vec<FxHashMap<Value, Value>>,
    /// What every two iterations have for one of which they have a pair, and what was taken out of pairs in a block.
    pairs: Vec<FxHashMap<Value, Value>>,
    halves: FxHashMap<(Block, Value, Opcode), Value>,
    out: Vec<Inst>,
    /// The block that is being filled, and the last one of the latch.
    end: Block,
    latch: Block,
}

impl<'a> Round<'a> {
    fn new(func: &'a mut Function, plan: &'a Plan, over: Block) -> Round<'a> {
        let pairs = if plan.lanes.is_some() { plan.times / LANES } else { 0 };
        Round {
            func,
            plan,
            over,
            block_of: FxHashMap::default(),
            values: vec![FxHashMap::default(); plan.times],
            pairs: vec![FxHashMap::default(); pairs],
            halves: FxHashMap::default(),
            out: Vec::new(),
            end: over,
            latch: over,
        }
    }

    /// What an iteration has for a value.
    fn get(&mut self, time: usize, v: Value) -> Value {
        if !self.is_packed(v) {
            return self.values[time].get(&v).copied().unwrap_or(v);
        }
        let half = if time.is_multiple_of(LANES) { Opcode::Low } else { Opcode::High };
        let pair = self.pairs[time / LANES][&v];
        if let Some(&taken) = self.halves.get(&(self.end, pair, half)) {
            return taken;
        }
        let mut e = Emitter::new(self.func, self.span());
        let taken = e.convert(half, Ty::F64, pair);
        self.out.append(&mut e.out);
        self.halves.insert((self.end, pair, half), taken);
        taken
    }

    fn is_packed(&self, v: Value) -> bool {
        self.plan.lanes.as_ref().is_some_and(|lanes| lanes.is_packed(v))
    }

    /// Makes pairs of floats from before the loop, in the block that leads to the round.
    fn pairs_from_outside(&mut self, before: Block) {
        let Some(Lanes { outside, .. }) = &self.plan.lanes else { return };
        self.end = before;
        outside.iter().for_each(|&v| self.put_together(v));
        self.func.blocks[before].insts.append(&mut self.out);
    }

    /// Makes pairs of a value, if it will meet some.
    fn put_together(&mut self, v: Value) {
        if self.plan.lanes.as_ref().is_none_or(|lanes| !lanes.wanted.contains(&v)) {
            return;
        }
        let is_uniform = self.plan.class(v) == Class::Uniform;
        let mut doubled = None;
        for k in 0..self.pairs.len() {
            let (low, high) = (self.get(LANES * k, v), self.get(LANES * k + 1, v));
            let mut e = Emitter::new(self.func, self.span());
            let pair = match doubled {
                Some(pair) => pair,
                None if is_uniform => e.convert(Opcode::Splat, Ty::F64x2, low),
                None => e.binary(Opcode::Pair, low, high),
            };
            doubled = is_uniform.then_some(pair);
            self.out.append(&mut e.out);
            self.pairs[k].insert(v, pair);
        }
    }

    /// Makes the blocks and their parameters: one for each iteration where values vary.
    fn params(&mut self) {
        for &b in &self.plan.blocks {
            let span = self.func.blocks[b].term_span;
            let new = self.func.make_block(span);
            self.block_of.insert(b, new);
            for p in self.func.blocks[b].params.clone() {
                let ty = self.func.ty(p);
                if self.is_packed(p) {
                    for pairs in &mut self.pairs {
                        pairs.insert(p, self.func.append_param(new, Ty::F64x2));
                    }
                    continue;
                }
                let own = if b == self.plan.counted.header || self.plan.class(p) != Class::Varying { 1 } else { self.plan.times };
                let made: Vec<Value> = (0..own).map(|_| self.func.append_param(new, ty)).collect();
                for (time, values) in self.values.iter_mut().enumerate() {
                    values.insert(p, made[time.min(own - 1)]);
                }
            }
        }
    }

    /// Fills the copy of a block, and those that its guards split off.
    fn block(&mut self, b: Block) {
        self.end = self.block_of[&b];
        for p in self.func.blocks[b].params.clone() {
            self.steps(p);
            self.put_together(p);
        }
        if b == self.plan.counted.header {
            self.header_params();
        }
        let insts = self.func.blocks[b].insts.clone();
        let (before, behind) = insts.split_at(if b == self.plan.counted.latch { self.plan.tail } else { insts.len() });
        let is_guard = |r: &Self, i: Inst| r.func.insts[i].op == Opcode::Guard && !r.plan.dropped.contains(&i);
        let mut rest = before;
        while let Some(n) = rest.iter().position(|&i| is_guard(self, i)) {
            self.iterations(&rest[..n]);
            self.guard(rest[n]);
            rest = &rest[n + 1..];
        }
        self.iterations(rest);
        for time in 0..self.plan.times {
            self.iteration(behind, time);
            if b == self.plan.counted.latch && time + 1 < self.plan.times {
                self.carry(time);
            }
        }
        match b == self.plan.counted.latch {
            true => {
                self.last_values();
                self.latch = self.end;
            }
            false => self.terminator(b),
        }
        let mut out = std::mem::take(&mut self.out);
        self.func.blocks[self.end].insts.append(&mut out);
    }

    /// Takes what the way out of the round needs out of the last pairs.
    fn last_values(&mut self) {
        let last = self.plan.times - 1;
        let mut args = Vec::new();
        self.func.blocks[self.plan.counted.latch].term.for_each_arg(|a| args.push(a));
        for v in args.into_iter().filter(|&v| self.plan.is_own(v)) {
            let taken = self.get(last, v);
            self.values[last].insert(v, taken);
        }
    }

    /// The values of later iterations of what steps.
    fn steps(&mut self, v: Value) {
        let Class::Step(by) = self.plan.class(v) else { return };
        let first = self.get(0, v);
        for time in 1..self.plan.times {
            let sum = self.sum(first, by.wrapping_mul(time as i64));
            self.values[time].insert(v, sum);
        }
    }

    fn sum(&mut self, v: Value, k: i64) -> Value {
        let mut e = Emitter::new(self.func, self.span());
        let k = e.iconst(Ty::I64, k);
        let sum = e.binary(Opcode::Iadd, v, k);
        self.out.append(&mut e.out);
        sum
    }

    fn span(&self) -> SpanId {
        self.func.blocks[self.plan.counted.latch].term_span
    }

    /// Parameters that change by an invariant number.
    fn header_params(&mut self) {
        for &(p, ref kind) in &self.plan.params {
            let Param::Linear(step) = *kind else { continue };
            for time in 1..self.plan.times {
                let mut e = Emitter::new(self.func, self.func.blocks[self.plan.counted.latch].term_span);
                let sum = e.binary(Opcode::Iadd, self.values[time - 1][&p], step);
                self.out.append(&mut e.out);
                self.values[time].insert(p, sum);
            }
        }
    }

    /// Hands what an iteration carries to the next one of the round.
    fn carry(&mut self, time: usize) {
        for &(p, ref kind) in &self.plan.params {
            if let Param::Carried(next) = *kind {
                let v = self.get(time, next);
                self.values[time + 1].insert(p, v);
            }
        }
    }

    fn iterations(&mut self, insts: &[Inst]) {
        if self.plan.lanes.is_none() {
            (0..self.plan.times).for_each(|time| self.iteration(insts, time));
            return;
        }
        for &i in insts {
            let result = self.func.insts[i].results.first().copied();
            match result.filter(|&r| self.is_packed(r)) {
                Some(r) => self.packed(i, r),
                None => (0..self.plan.times).for_each(|time| self.iteration(&[i], time)),
            }
            result.into_iter().for_each(|r| self.put_together(r));
        }
    }

    /// Every two iterations' copy of an instruction.
    fn packed(&mut self, i: Inst, result: Value) {
        let d = self.func.insts[i].clone();
        for k in 0..self.pairs.len() {
            let args: Vec<Value> = match d.op {
                // The address of the first of two elements that lie side by side.
                Opcode::Load => vec![self.get(LANES * k, d.args[0])],
                _ => d.args.iter().map(|a| self.pairs[k][a]).collect(),
            };
            let ty = d.ty.map(|_| Ty::F64x2);
            let n = self.func.make_inst(d.op, ty, &args, d.imm, &[Ty::F64x2], d.site, d.span);
            self.out.push(n);
            self.pairs[k].insert(result, self.func.insts[n].results[0]);
        }
    }

    /// One iteration's copies of instructions; uniform ones and the first of stepping ones are made with the first iteration.
    fn iteration(&mut self, insts: &[Inst], time: usize) {
        for &i in insts {
            let d = self.func.insts[i].clone();
            let class = self.plan.class_of_inst(self.func, i);
            if self.plan.dropped.contains(&i) || (class != Class::Varying && time > 0) {
                continue;
            }
            let args: Vec<Value> = d.args.iter().map(|&a| self.get(time, a)).collect();
            let tys: Vec<Ty> = d.results.iter().map(|&r| self.func.ty(r)).collect();
            let n = self.func.make_inst(d.op, d.ty, &args, d.imm, &tys, d.site, d.span);
            self.out.push(n);
            for (k, &r) in d.results.iter().enumerate() {
                let v = self.func.insts[n].results[k];
                match class {
                    Class::Varying => {
                        self.values[time].insert(r, v);
                    }
                    Class::Uniform | Class::Step(_) => {
                        self.values.iter_mut().for_each(|values| {
                            values.insert(r, v);
                        });
                        self.steps(r);
                    }
                }
            }
        }
    }

    /// A guard, which all iterations have to pass.
    fn guard(&mut self, i: Inst) {
        let cond = self.func.insts[i].args[0];
        let passed = self.all(cond, true);
        let span = self.func.insts[i].span;
        let next = self.func.make_block(span);
        let go = |block: Block| BlockCall { block, args: Args::new() };
        self.close_block(Terminator::Brif { cond: passed, then: go(next), other: go(self.over) });
        self.end = next;
    }

    fn close_block(&mut self, term: Terminator) {
        let mut out = std::mem::take(&mut self.out);
        self.func.blocks[self.end].insts.append(&mut out);
        self.func.blocks[self.end].term = term;
    }

    /// Whether a condition is what it has to be in all iterations of the round (`wanted`), or in any of them (not `wanted`).
    fn all(&mut self, cond: Value, wanted: bool) -> Value {
        if self.plan.class(cond) == Class::Uniform {
            return self.get(0, cond);
        }
        let is_test = def_inst(self.func, cond).is_some_and(|i| matches!(self.func.insts[i].op, Opcode::Icmp | Opcode::Fcmp));
        let together = if wanted { Opcode::Band } else { Opcode::Bor };
        let mut sum = None;
        if let Some(tests) = self.tests_of_pairs(cond, wanted) {
            for v in tests {
                let mut e = Emitter::new(self.func, self.span());
                sum = Some(sum.map_or(v, |s| e.binary(together, s, v)));
                self.out.append(&mut e.out);
            }
            return sum.unwrap_or(cond);
        }
        for time in 0..self.plan.times {
            let mut v = self.get(time, cond);
            let mut e = Emitter::new(self.func, self.span());
            if !is_test {
                let zero = e.iconst(Ty::I8, 0);
                v = e.icmp(IntCC::Ne, v, zero);
            }
            sum = Some(sum.map_or(v, |s| e.binary(together, s, v)));
            self.out.append(&mut e.out);
        }
        sum.unwrap_or(cond)
    }

    /// The tests of a condition that compares pairs.
    fn tests_of_pairs(&mut self, cond: Value, wanted: bool) -> Option<Vec<Value>> {
        let lanes = self.plan.lanes.as_ref()?;
        let (a, b, cc) = lanes.comparison(self.func, cond)?;
        let op = if wanted { Opcode::FcmpBoth } else { Opcode::FcmpEither };
        let mut tests = Vec::new();
        for k in 0..self.pairs.len() {
            let (a, b) = (self.pairs[k][&a], self.pairs[k][&b]);
            let n = self.func.make_inst(op, None, &[a, b], Imm::FCond(cc), &[Ty::I8], None, self.span());
            self.out.push(n);
            tests.push(self.func.insts[n].results[0]);
        }
        Some(tests)
    }

    fn terminator(&mut self, b: Block) {
        let over = BlockCall { block: self.over, args: Args::new() };
        let term = match self.func.blocks[b].term.clone() {
            Terminator::Jump(t) => Terminator::Jump(self.edge(&t)),
            Terminator::Brif { cond, then, other } => match self.plan.way(b) {
                Way::Both => Terminator::Brif { cond: self.get(0, cond), then: self.edge(&then), other: self.edge(&other) },
                Way::Then => {
                    let cond = self.all(cond, true);
                    Terminator::Brif { cond, then: self.edge(&then), other: over }
                }
                Way::Other => {
                    let cond = self.all(cond, false);
                    Terminator::Brif { cond, then: over, other: self.edge(&other) }
                }
                Way::Settled(true) => Terminator::Jump(self.edge(&then)),
                Way::Settled(false) => Terminator::Jump(self.edge(&other)),
            },
            t => t,
        };
        self.func.blocks[self.end].term = term;
    }

    fn edge(&mut self, t: &BlockCall) -> BlockCall {
        let mut args = Args::new();
        let params = self.func.blocks[t.block].params.clone();
        for (p, &a) in params.into_iter().zip(&t.args) {
            if self.is_packed(p) {
                args.extend(self.pairs.iter().map(|pairs| pairs[&a]));
                continue;
            }
            let own = if self.plan.class(p) == Class::Varying { self.plan.times } else { 1 };
            args.extend((0..own).map(|time| self.get(time, a)));
        }
        BlockCall { block: self.block_of[&t.block], args }
    }
}
