//! What branches and guards tell about values, and what follows from it: intervals narrowed where a condition holds, and
//! differences `a <= b + c` that a bounded search adds up to prove a comparison.

use super::Ranges;
use crate::analysis::edit::{const_int, def_inst};
use crate::analysis::interval::Interval;
use crate::passes::simplify::{invert, swap};
use looplift_mir::*;
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

/// Values visited to prove one comparison.
const PROOF_LIMIT: usize = 48;
/// The newest facts of a value that a proof looks at.
const FACTS_LOOKED_AT: usize = 8;
/// Nested `and`, `or` and `not` of one condition.
const CONDITION_DEPTH: u32 = 8;

/// A fact `a <= other + c`.
#[derive(Clone, Copy)]
struct Upper {
    other: Value,
    c: i64,
}

/// Facts that hold at the current point, with what to undo when the point moves up the tree.
#[derive(Default)]
pub(super) struct Scope {
    pub(super) intervals: FxHashMap<Value, Interval>,
    uppers: FxHashMap<Value, SmallVec<[Upper; 4]>>,
    undo: Vec<Undo>,
}
enum Undo {
    Interval(Value, Option<Interval>),
    Upper(Value),
}

impl Ranges<'_> {
    /// Learns that `cond` is true or false here.
    pub(super) fn assume(&mut self, cond: Value, truth: bool, depth: u32) {
        let Some(i) = def_inst(self.func, cond) else { return };
        let d = &self.func.insts[i];
        match (d.op, d.imm) {
            (Opcode::Icmp, Imm::ICond(cc)) => {
                let (a, b) = (d.args[0], d.args[1]);
                if self.func.ty(a).is_int() {
                    self.learn(if truth { cc } else { invert(cc) }, a, b);
                }
            }
            (Opcode::Band, _) if truth && depth < CONDITION_DEPTH => {
                self.assume(d.args[0], true, depth + 1);
                self.assume(d.args[1], true, depth + 1);
            }
            (Opcode::Bor, _) if !truth && depth < CONDITION_DEPTH => {
                self.assume(d.args[0], false, depth + 1);
                self.assume(d.args[1], false, depth + 1);
            }
            (Opcode::Bxor, _) if const_int(self.func, d.args[1]) == Some(1) && depth < CONDITION_DEPTH => self.assume(d.args[0], !truth, depth + 1),
            _ => {}
        }
    }

    fn learn(&mut self, cc: IntCC, a: Value, b: Value) {
        let (x, y) = (self.get(a), self.get(b));
        self.refine(a, x.refine(cc, y));
        self.refine(b, y.refine(swap(cc), x));
        match cc {
            IntCC::Slt => self.at_most(a, b, -1),
            IntCC::Sle => self.at_most(a, b, 0),
            IntCC::Sgt => self.at_most(b, a, -1),
            IntCC::Sge => self.at_most(b, a, 0),
            IntCC::Eq => {
                self.at_most(a, b, 0);
                self.at_most(b, a, 0);
            }
            IntCC::Ult if y.lo >= 0 => self.at_most(a, b, -1),
            IntCC::Ule if y.lo >= 0 => self.at_most(a, b, 0),
            IntCC::Ugt if x.lo >= 0 => self.at_most(b, a, -1),
            IntCC::Uge if x.lo >= 0 => self.at_most(b, a, 0),
            IntCC::Ne => {
                // At a bound that is excluded, the bound moves.
                if self.proves(a, b, 0) {
                    self.at_most(a, b, -1);
                } else if self.proves(b, a, 0) {
                    self.at_most(b, a, -1);
                }
            }
            IntCC::Ult | IntCC::Ule | IntCC::Ugt | IntCC::Uge => {}
        }
    }

    /// Learns `a <= b + c`; where `a` is an exact sum `x + k`, that is `x <= b + (c - k)` as well.
    fn at_most(&mut self, a: Value, b: Value, c: i64) {
        self.scope.upper(a, b, c);
        if let Some(i) = def_inst(self.func, a) {
            let d = &self.func.insts[i];
            if d.op == Opcode::Iadd
                && self.steady[a]
                && d.args[0] != b
                && let Some(c) = const_int(self.func, d.args[1]).and_then(|k| c.checked_sub(k))
            {
                self.scope.upper(d.args[0], b, c);
            }
        }
    }

    fn refine(&mut self, v: Value, to: Interval) {
        if self.get(v) == to || to.is_empty() {
            return;
        }
        self.scope.set(v, to);
        // What an exact sum is tells about its operand.
        if let Some(i) = def_inst(self.func, v) {
            let d = &self.func.insts[i];
            if d.op == Opcode::Iadd
                && self.steady[v]
                && let Some(c) = const_int(self.func, d.args[1])
            {
                let x = self.get(d.args[0]).meet(Interval::new(to.lo.saturating_sub(c), to.hi.saturating_sub(c)));
                // Saturation only loses precision at the ends of the type.
                if !x.is_empty() && self.get(d.args[0]) != x {
                    self.scope.set(d.args[0], x);
                }
            }
        }
    }

    /// Whether `a <= b + c` is known, by a bounded walk over facts.
    pub(super) fn proves(&self, a: Value, b: Value, c: i64) -> bool {
        let goal = self.get(b);
        let mut work: SmallVec<[(Value, i64); 16]> = smallvec![(a, 0)];
        let mut seen: SmallVec<[Value; 32]> = SmallVec::new();
        // Each entry says: a <= v + offset.
        while let Some((v, offset)) = work.pop() {
            if seen.len() >= PROOF_LIMIT {
                return false;
            }
            if v == b && offset <= c {
                return true;
            }
            let hi = i128::from(self.get(v).hi) + i128::from(offset);
            if hi <= i128::from(goal.lo) + i128::from(c) {
                return true;
            }
            if seen.contains(&v) {
                continue;
            }
            seen.push(v);
            if let Some(list) = self.scope.uppers.get(&v) {
                for u in list.iter().rev().take(FACTS_LOOKED_AT) {
                    if let Some(o) = offset.checked_add(u.c) {
                        work.push((u.other, o));
                    }
                }
            }
            self.defined_uppers(v, |other, k| {
                if let Some(o) = offset.checked_add(k) {
                    work.push((other, o));
                }
            });
            // b may itself be an exact sum x + k: then a <= x + (k + c) will do.
            if let Some(i) = def_inst(self.func, b) {
                let d = &self.func.insts[i];
                if d.op == Opcode::Iadd
                    && self.steady[b]
                    && d.args[0] == v
                    && let Some(k) = const_int(self.func, d.args[1])
                    && c.checked_add(k).is_some_and(|c| offset <= c)
                {
                    return true;
                }
            }
        }
        false
    }

    /// Bounds that follow from how a value is computed: calls `f(other, k)` for each `v <= other + k`.
    fn defined_uppers(&self, v: Value, mut f: impl FnMut(Value, i64)) {
        let Some(i) = def_inst(self.func, v) else { return };
        let d = &self.func.insts[i];
        match d.op {
            Opcode::Iadd if self.steady[v] => {
                if let Some(k) = const_int(self.func, d.args[1]) {
                    f(d.args[0], k);
                } else {
                    // x + y with y <= hi.
                    let (x, y) = (self.get(d.args[0]), self.get(d.args[1]));
                    if y.hi <= 0 {
                        f(d.args[0], y.hi);
                    }
                    if x.hi <= 0 {
                        f(d.args[1], x.hi);
                    }
                }
            }
            Opcode::Isub if self.steady[v] => {
                let y = self.get(d.args[1]);
                if let Some(k) = y.lo.checked_neg() {
                    f(d.args[0], k);
                }
            }
            Opcode::Smin => {
                f(d.args[0], 0);
                f(d.args[1], 0);
            }
            Opcode::Umin if self.get(d.args[0]).lo >= 0 && self.get(d.args[1]).lo >= 0 => {
                f(d.args[0], 0);
                f(d.args[1], 0);
            }
            Opcode::FloorMod | Opcode::Srem | Opcode::Urem if self.get(d.args[1]).lo > 0 => {
                f(d.args[1], -1);
                if self.get(d.args[0]).lo >= 0 {
                    f(d.args[0], 0);
                }
            }
            Opcode::FloorDiv | Opcode::Sdiv | Opcode::Udiv if self.get(d.args[0]).lo >= 0 && self.get(d.args[1]).lo > 0 => f(d.args[0], 0),
            Opcode::Sshr | Opcode::Ushr if self.get(d.args[0]).lo >= 0 => f(d.args[0], 0),
            Opcode::Band => {
                for n in 0..2 {
                    if self.get(d.args[n]).lo >= 0 {
                        f(d.args[n], 0);
                    }
                }
            }
            Opcode::Sext => f(d.args[0], 0),
            Opcode::Zext if self.get(d.args[0]).lo >= 0 => f(d.args[0], 0),
            _ => {}
        }
    }

    /// Whether a comparison is known to be true or false.
    pub(super) fn decide(&self, cc: IntCC, a: Value, b: Value) -> Option<bool> {
        let (x, y) = (self.get(a), self.get(b));
        if x.is_empty() || y.is_empty() {
            return None;
        }
        if let Some(v) = x.decide(cc, y) {
            return Some(v);
        }
        let nonneg = x.lo >= 0 && y.lo >= 0;
        match cc {
            IntCC::Slt => {
                if self.proves(a, b, -1) {
                    Some(true)
                } else {
                    self.proves(b, a, 0).then_some(false)
                }
            }
            IntCC::Sle => {
                if self.proves(a, b, 0) {
                    Some(true)
                } else {
                    self.proves(b, a, -1).then_some(false)
                }
            }
            IntCC::Sgt | IntCC::Sge => self.decide(swap(cc), b, a),
            // 0 <= a < b as signed numbers makes both not negative.
            IntCC::Ult if x.lo >= 0 && self.proves(a, b, -1) => Some(true),
            IntCC::Ult if nonneg && self.proves(b, a, 0) => Some(false),
            IntCC::Ule if x.lo >= 0 && self.proves(a, b, 0) => Some(true),
            IntCC::Ule if nonneg && self.proves(b, a, -1) => Some(false),
            IntCC::Ugt | IntCC::Uge if y.lo >= 0 => self.decide_unsigned_swapped(cc, a, b),
            IntCC::Eq | IntCC::Ne => (self.proves(a, b, -1) || self.proves(b, a, -1)).then_some(cc == IntCC::Ne),
            IntCC::Ult | IntCC::Ule | IntCC::Ugt | IntCC::Uge => None,
        }
    }
    fn decide_unsigned_swapped(&self, cc: IntCC, a: Value, b: Value) -> Option<bool> {
        let c = if cc == IntCC::Ugt { -1 } else { 0 };
        self.proves(b, a, c).then_some(true)
    }
}

impl Scope {
    pub(super) fn mark(&self) -> usize {
        self.undo.len()
    }
    fn set(&mut self, v: Value, to: Interval) {
        let old = self.intervals.insert(v, to);
        self.undo.push(Undo::Interval(v, old));
    }
    /// Learns `a <= b + c`.
    pub(super) fn upper(&mut self, a: Value, b: Value, c: i64) {
        self.uppers.entry(a).or_default().push(Upper { other: b, c });
        self.undo.push(Undo::Upper(a));
    }
    /// The facts at an earlier [`Scope::mark`] again.
    pub(super) fn unwind(&mut self, mark: usize) {
        while self.undo.len() > mark {
            match self.undo.pop() {
                Some(Undo::Interval(v, Some(old))) => {
                    self.intervals.insert(v, old);
                }
                Some(Undo::Interval(v, None)) => {
                    self.intervals.remove(&v);
                }
                Some(Undo::Upper(v)) => {
                    if let Some(l) = self.uppers.get_mut(&v) {
                        l.pop();
                    }
                }
                None => return,
            }
        }
    }
}
