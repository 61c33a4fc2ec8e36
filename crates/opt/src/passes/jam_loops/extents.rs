//! Where the loads and stores of a loop nest lie, as numbers that are computed before it.
//!
//! The ends of what a value can be follow from those of its operands, down to invariant values and counters of loops. Everything is
//! tested to be of moderate size, so that nothing wraps.

use super::plan::{Plan, Span};
use crate::analysis::counted::{Counted, LoopState};
use crate::analysis::edit::{Emitter, const_int, def_inst};
use crate::analysis::loops::LoopId;
use looplift_mir::*;
use rustc_hash::FxHashMap;

/// Operations between an address and what it is computed from.
const MAX_DEPTH: u32 = 12;
/// Numbers, addresses among them, are below this power of two; factors below that one.
const NUMBER_BITS: u32 = 48;
const FACTOR_BITS: u32 = 31;

/// What has to be true before the loop.
#[derive(Default)]
pub struct Tests {
    pub insts: Vec<Inst>,
    pub conds: Vec<Value>,
}

struct Extents<'a> {
    e: Emitter<'a>,
    s: &'a LoopState,
    l: LoopId,
    counters: FxHashMap<Value, Counted>,
    known: FxHashMap<Value, (Value, Value)>,
    conds: Vec<Value>,
    bounded: Vec<(Value, u32)>,
}

/// The instructions and conditions; `None` if there is an address of which too little is known.
pub fn emit(func: &mut Function, s: &LoopState, l: LoopId, plan: &Plan, span: SpanId) -> Option<Tests> {
    let mut counters = FxHashMap::default();
    if !plan.pairs.is_empty() {
        let counted = s.loops.loops.keys().filter(|&x| plan.blocks.contains(&s.loops.loops[x].header)).filter_map(|x| s.counted(func, x));
        counters.extend(counted.map(|c| (c.counter, c)));
    }
    let mut x = Extents { e: Emitter::new(func, span), s, l, counters, known: FxHashMap::default(), conds: Vec::new(), bounded: Vec::new() };
    for &(cond, wanted) in &plan.conds {
        let zero = x.e.iconst(Ty::I8, 0);
        let ok = x.e.icmp(if wanted { IntCC::Ne } else { IntCC::Eq }, cond, zero);
        x.conds.push(ok);
    }
    for (store, load) in &plan.pairs {
        let (a, b) = (x.span(store)?, x.span(load)?);
        let behind = x.e.icmp(IntCC::Sle, a.1, b.0);
        let before = x.e.icmp(IntCC::Sle, b.1, a.0);
        let ok = x.e.binary(Opcode::Bor, behind, before);
        x.conds.push(ok);
    }
    Some(Tests { insts: x.e.out, conds: x.conds })
}

impl Extents<'_> {
    /// Where the bytes of loads or stores begin and end.
    fn span(&mut self, span: &Span) -> Option<(Value, Value)> {
        let is_near = |k: i64| k.unsigned_abs() < 1 << FACTOR_BITS;
        let (low, high) = self.ends(span.base, 0).filter(|_| is_near(span.from) && is_near(span.to))?;
        Some((self.plus(low, span.from), self.plus(high, span.to)))
    }

    fn plus(&mut self, v: Value, k: i64) -> Value {
        if k == 0 {
            return v;
        }
        let k = self.e.iconst(Ty::I64, k);
        self.e.binary(Opcode::Iadd, v, k)
    }

    /// The least and the largest value.
    fn ends(&mut self, v: Value, depth: u32) -> Option<(Value, Value)> {
        if let Some(&ends) = self.known.get(&v) {
            return Some(ends);
        }
        if depth > MAX_DEPTH || self.e.func.ty(v) != Ty::I64 {
            return None;
        }
        let ends = self.compute(v, depth + 1)?;
        self.known.insert(v, ends);
        Some(ends)
    }

    fn compute(&mut self, v: Value, depth: u32) -> Option<(Value, Value)> {
        if let Some(k) = const_int(self.e.func, v) {
            let c = self.e.iconst(Ty::I64, k);
            return (k.unsigned_abs() < 1 << FACTOR_BITS).then_some((c, c));
        }
        if self.s.is_invariant(self.l, v) {
            self.bound(v, NUMBER_BITS);
            return Some((v, v));
        }
        if let Some(c) = self.counters.get(&v).copied() {
            return self.counter(&c, depth);
        }
        let d = self.e.func.insts[def_inst(self.e.func, v)?].clone();
        match d.op {
            Opcode::Iadd | Opcode::Isub => {
                let (a, b) = (self.ends(d.args[0], depth)?, self.ends(d.args[1], depth)?);
                let (low, high) = if d.op == Opcode::Iadd { b } else { (b.1, b.0) };
                Some((self.e.binary(d.op, a.0, low), self.e.binary(d.op, a.1, high)))
            }
            Opcode::Smin | Opcode::Smax => {
                let (a, b) = (self.ends(d.args[0], depth)?, self.ends(d.args[1], depth)?);
                Some((self.e.binary(d.op, a.0, b.0), self.e.binary(d.op, a.1, b.1)))
            }
            Opcode::Select => {
                let (a, b) = (self.ends(d.args[1], depth)?, self.ends(d.args[2], depth)?);
                Some((self.e.binary(Opcode::Smin, a.0, b.0), self.e.binary(Opcode::Smax, a.1, b.1)))
            }
            Opcode::Imul => {
                let (a, b) = (self.ends(d.args[0], depth)?, self.ends(d.args[1], depth)?);
                for end in [a.0, a.1, b.0, b.1] {
                    self.bound(end, FACTOR_BITS);
                }
                let all = [(a.0, b.0), (a.0, b.1), (a.1, b.0), (a.1, b.1)].map(|(x, y)| self.e.binary(Opcode::Imul, x, y));
                let over = |x: &mut Self, op: Opcode| {
                    let (p, q) = (x.e.binary(op, all[0], all[1]), x.e.binary(op, all[2], all[3]));
                    x.e.binary(op, p, q)
                };
                let ends = (over(self, Opcode::Smin), over(self, Opcode::Smax));
                self.bound(ends.0, NUMBER_BITS);
                self.bound(ends.1, NUMBER_BITS);
                Some(ends)
            }
            Opcode::Shl => {
                let k = const_int(self.e.func, d.args[1]).filter(|k| (0..8).contains(k))?;
                let a = self.ends(d.args[0], depth)?;
                let by = self.e.iconst(Ty::I64, k);
                let ends = (self.e.binary(Opcode::Shl, a.0, by), self.e.binary(Opcode::Shl, a.1, by));
                self.bound(ends.0, NUMBER_BITS);
                self.bound(ends.1, NUMBER_BITS);
                Some(ends)
            }
            _ => None,
        }
    }

    /// A counter goes from its start up to its limit; the first iteration runs in any case.
    fn counter(&mut self, c: &Counted, depth: u32) -> Option<(Value, Value)> {
        let (start, limit) = (self.ends(c.start, depth)?, self.ends(c.limit, depth)?);
        let (one, up) = (self.e.iconst(Ty::I64, 1), c.step > 0);
        match (c.cc, up) {
            (IntCC::Slt, true) => {
                let last = self.e.binary(Opcode::Isub, limit.1, one);
                Some((start.0, self.e.binary(Opcode::Smax, last, start.1)))
            }
            (IntCC::Sle, true) => Some((start.0, self.e.binary(Opcode::Smax, limit.1, start.1))),
            (IntCC::Sgt, false) => {
                let last = self.e.binary(Opcode::Iadd, limit.0, one);
                Some((self.e.binary(Opcode::Smin, last, start.0), start.1))
            }
            (IntCC::Sge, false) => Some((self.e.binary(Opcode::Smin, limit.0, start.0), start.1)),
            _ => None,
        }
    }

    /// Tests that a number is of moderate size.
    fn bound(&mut self, v: Value, bits: u32) {
        let is_small = const_int(self.e.func, v).is_some_and(|k| k.unsigned_abs() < 1 << bits);
        if is_small || self.bounded.contains(&(v, bits)) {
            return;
        }
        self.bounded.push((v, bits));
        let half = self.e.iconst(Ty::I64, 1 << bits);
        let whole = self.e.iconst(Ty::I64, 1 << (bits + 1));
        let shifted = self.e.binary(Opcode::Iadd, v, half);
        let ok = self.e.icmp(IntCC::Ult, shifted, whole);
        self.conds.push(ok);
    }
}
