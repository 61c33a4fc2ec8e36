//! What the integers of a counted loop can be, if the numbers that enter it are of moderate size: the assumption is tested
//! before the loop ([`Assumed::tests`]), what follows from it holds in every iteration.
//!
//! The counter lies between its ends. A header parameter that each iteration changes by something bounded lies as far from
//! its first value as the number of iterations allows; one that each iteration sets anew is what it is set to. All else
//! follows by arithmetic on intervals.

use super::counted::Counted;
use super::edit::{const_int, def_inst};
use super::interval::Interval;
use super::loops::{LoopId, Loops};
use cranelift_entity::SecondaryMap;
use looplift_mir::*;
use rustc_hash::FxHashMap;

/// How far definitions are followed.
const MAX_DEPTH: u32 = 24;
/// Where sums begin, and how far they may move away from there.
const FAR: i64 = 1 << 61;
/// Most numbers that are tested before a loop.
const MAX_TESTS: usize = 12;

/// A value is tested to be at least `-limit` and below `limit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Test {
    pub value: Value,
    pub limit: i64,
}

pub struct Assumed<'a> {
    func: &'a Function,
    loops: &'a Loops,
    preds: &'a SecondaryMap<Block, Vec<Block>>,
    home: &'a SecondaryMap<Value, Option<Block>>,
    l: LoopId,
    counted: Counted,
    /// What invariant numbers, and the ends of the counter, are below in magnitude.
    limit: i64,
    known: FxHashMap<Value, Interval>,
    tests: Vec<Test>,
    /// Something would have had to be tested beyond what is allowed.
    spent: bool,
}

impl<'a> Assumed<'a> {
    pub fn new(
        func: &'a Function,
        loops: &'a Loops,
        preds: &'a SecondaryMap<Block, Vec<Block>>,
        home: &'a SecondaryMap<Value, Option<Block>>,
        l: LoopId,
        counted: Counted,
        limit: i64,
    ) -> Assumed<'a> {
        Assumed { func, loops, preds, home, l, counted, limit, known: FxHashMap::default(), tests: Vec::new(), spent: false }
    }

    /// Whether `prove` says yes; the tests that it takes are kept then, and only then.
    pub fn attempt(&mut self, prove: impl FnOnce(&mut Self) -> bool) -> bool {
        let (tests, known) = (self.tests.len(), self.known.clone());
        let proven = prove(self) && !self.spent;
        if !proven {
            self.tests.truncate(tests);
            self.known = known;
            self.spent = false;
        }
        proven
    }

    /// What is to be tested before the loop: what was assumed, and the ends of the counter.
    pub fn tests(mut self) -> Vec<Test> {
        let limit = self.limit;
        self.test(self.counted.start, limit);
        self.test(self.counted.limit, limit);
        self.tests
    }

    fn test(&mut self, value: Value, limit: i64) {
        if const_int(self.func, value).is_some_and(|k| (-limit..limit).contains(&k)) || self.tests.contains(&Test { value, limit }) {
            return;
        }
        if self.tests.len() >= MAX_TESTS {
            self.spent = true;
            return;
        }
        self.tests.push(Test { value, limit });
    }

    fn is_invariant(&self, v: Value) -> bool {
        self.home[v].is_none_or(|b| !self.loops.contains(self.l, b))
    }

    /// What a value can be in any iteration.
    pub fn interval(&mut self, v: Value) -> Interval {
        self.of(v, 0)
    }

    /// An invariant number, at most so large.
    fn invariant(&mut self, v: Value, limit: i64) -> Interval {
        if let Some(k) = const_int(self.func, v) {
            return Interval::point(k);
        }
        let ty = self.func.ty(v);
        if ty != Ty::I64 {
            return Interval::full(ty);
        }
        self.test(v, limit);
        Interval::new(-limit, limit - 1)
    }

    fn of(&mut self, v: Value, depth: u32) -> Interval {
        let ty = self.func.ty(v);
        if let Some(k) = const_int(self.func, v) {
            return Interval::point(k);
        }
        if let Some(&known) = self.known.get(&v) {
            return known;
        }
        if depth > MAX_DEPTH || !matches!(ty, Ty::I8 | Ty::I16 | Ty::I32 | Ty::I64) {
            return Interval::full(ty);
        }
        // What depends on itself through more than a header parameter can be anything.
        self.known.insert(v, Interval::full(ty));
        let found = if self.is_invariant(v) {
            self.invariant(v, self.limit)
        } else if let ValueDef::Param(b, n) = self.func.values[v].def {
            if b == self.counted.header { self.header(v, n as usize, depth) } else { self.joined(b, n as usize, depth) }
        } else {
            self.row(v, depth)
        };
        self.known.insert(v, found);
        found
    }

    /// The values that a block of the loop is given for a parameter.
    fn given(&self, b: Block, n: usize) -> Vec<Value> {
        let edges = self.preds[b].iter().flat_map(|&p| self.func.blocks[p].term.targets()).filter(|t| t.block == b);
        let mut all: Vec<Value> = edges.map(|t| t.args[n]).collect();
        all.sort();
        all.dedup();
        all
    }

    fn joined(&mut self, b: Block, n: usize, depth: u32) -> Interval {
        let all = self.given(b, n).into_iter().map(|v| self.of(v, depth + 1)).reduce(Interval::join);
        all.unwrap_or(Interval::new(i64::MIN, i64::MAX))
    }

    fn header(&mut self, p: Value, n: usize, depth: u32) -> Interval {
        let c = self.counted;
        let full = Interval::full(self.func.ty(p));
        if p == c.counter {
            // The first iteration runs whatever the limit is, each other one short of it.
            let start = self.invariant(c.start, self.limit);
            let end = self.invariant(c.limit, self.limit);
            return start.join(if c.step > 0 { Interval::new(start.lo, end.hi) } else { Interval::new(end.lo, start.hi) });
        }
        let Terminator::Jump(entry) = &self.func.blocks[c.preheader].term else { return full };
        let first = entry.args[n];
        let Some(back) = self.func.blocks[c.latch].term.targets().into_iter().find(|t| t.block == c.header).map(|t| t.args[n]) else { return full };
        if self.func.ty(p) != Ty::I64 {
            return full;
        }
        if let Some(change) = self.change(back, p, depth + 1) {
            // Both ends of the counter are below the limit in magnitude, and one iteration runs in any case.
            let times = 2 * i128::from(self.limit) + 1;
            let (down, up) = (i128::from(change.lo.min(0)) * times, i128::from(change.hi.max(0)) * times);
            if down < -i128::from(FAR) || up > i128::from(FAR) {
                return full;
            }
            let first = self.invariant(first, FAR);
            return Interval::from_wide(i128::from(first.lo) + down, i128::from(first.hi) + up, Ty::I64).0;
        }
        let later = self.of(back, depth + 1);
        if later == full { full } else { self.invariant(first, FAR).join(later) }
    }

    /// By how much `v` differs from the header parameter `p` of the same iteration, if that can be said.
    fn change(&mut self, v: Value, p: Value, depth: u32) -> Option<Interval> {
        if v == p {
            return Some(Interval::point(0));
        }
        if depth > MAX_DEPTH || self.is_invariant(v) {
            return None;
        }
        if let ValueDef::Param(b, n) = self.func.values[v].def {
            if b == self.counted.header {
                return None;
            }
            let mut all: Option<Interval> = None;
            for given in self.given(b, n as usize) {
                let one = self.change(given, p, depth + 2)?;
                all = Some(all.map_or(one, |a| a.join(one)));
            }
            return all;
        }
        let func = self.func;
        let d = &func.insts[def_inst(func, v)?];
        let exact = |(found, fits): (Interval, bool)| fits.then_some(found);
        match d.op {
            Opcode::Iadd => {
                if let Some(a) = self.change(d.args[0], p, depth + 1) {
                    return exact(a.add(self.of(d.args[1], depth + 1), Ty::I64));
                }
                let b = self.change(d.args[1], p, depth + 1)?;
                exact(b.add(self.of(d.args[0], depth + 1), Ty::I64))
            }
            Opcode::Isub => {
                let a = self.change(d.args[0], p, depth + 1)?;
                exact(a.sub(self.of(d.args[1], depth + 1), Ty::I64))
            }
            Opcode::Select => {
                let a = self.change(d.args[1], p, depth + 1)?;
                Some(a.join(self.change(d.args[2], p, depth + 1)?))
            }
            _ => None,
        }
    }

    /// The result of an instruction of the loop.
    fn row(&mut self, v: Value, depth: u32) -> Interval {
        let func = self.func;
        let ty = func.ty(v);
        let full = Interval::full(ty);
        let Some(i) = def_inst(func, v) else { return full };
        let d = &func.insts[i];
        let mut arg = |n: usize| self.of(d.args[n], depth + 1);
        let largest = |a: Interval| i128::from(a.lo).abs().max(i128::from(a.hi).abs());
        let within = |lo: i128, hi: i128| Interval::from_wide(lo, hi, ty).0;
        let count = |n: usize| const_int(func, d.args[n]).filter(|k| (0..i64::from(ty.bytes()) * 8).contains(k));
        match d.op {
            Opcode::Icmp | Opcode::Fcmp | Opcode::FcmpBoth | Opcode::FcmpEither => Interval::new(0, 1),
            Opcode::Iadd => arg(0).add(arg(1), ty).0,
            Opcode::Isub => arg(0).sub(arg(1), ty).0,
            Opcode::Imul => arg(0).mul(arg(1), ty).0,
            Opcode::Select => arg(1).join(arg(2)),
            Opcode::Smin => {
                let (a, b) = (arg(0), arg(1));
                Interval::new(a.lo.min(b.lo), a.hi.min(b.hi))
            }
            Opcode::Smax => {
                let (a, b) = (arg(0), arg(1));
                Interval::new(a.lo.max(b.lo), a.hi.max(b.hi))
            }
            Opcode::Iabs => match arg(0) {
                a if a.lo > full.lo => Interval::new(if a.lo > 0 { a.lo } else { 0 }, a.lo.saturating_abs().max(a.hi.saturating_abs())),
                _ => full,
            },
            // Remainders are smaller than the divisor, quotients no larger than the dividend.
            Opcode::FloorMod => match arg(1) {
                b if b.lo > 0 => Interval::new(0, b.hi - 1),
                b => within(1 - largest(b).max(1), largest(b).max(1) - 1),
            },
            Opcode::Srem => {
                let (a, m) = (arg(0), largest(arg(1)).max(1) - 1);
                within(if a.lo >= 0 { 0 } else { -m }, if a.hi <= 0 { 0 } else { m })
            }
            Opcode::FloorDiv | Opcode::Sdiv => {
                let (a, b) = (arg(0), arg(1));
                let m = largest(a);
                if a.lo >= 0 && b.lo >= 0 { Interval::new(0, a.hi) } else { within(-m, m) }
            }
            Opcode::Urem | Opcode::Udiv => match (arg(0), arg(1)) {
                (a, b) if d.op == Opcode::Udiv && a.lo >= 0 && b.lo >= 0 => Interval::new(0, a.hi),
                (_, b) if d.op == Opcode::Urem && b.lo > 0 => Interval::new(0, b.hi - 1),
                _ => full,
            },
            Opcode::Band => match (arg(0), arg(1)) {
                (a, b) if a.lo >= 0 && b.lo >= 0 => Interval::new(0, a.hi.min(b.hi)),
                (a, b) if a.lo >= 0 || b.lo >= 0 => Interval::new(0, if a.lo >= 0 { a.hi } else { b.hi }),
                _ => full,
            },
            Opcode::Bor | Opcode::Bxor => match (arg(0), arg(1)) {
                (a, b) if a.lo >= 0 && b.lo >= 0 => Interval::new(0, ((1i128 << (64 - (a.hi | b.hi).leading_zeros())) - 1) as i64),
                _ => full,
            },
            Opcode::Shl => match count(1) {
                Some(k) => {
                    let a = arg(0);
                    within(i128::from(a.lo) << k, i128::from(a.hi) << k)
                }
                None => full,
            },
            Opcode::Sshr => match count(1) {
                Some(k) => {
                    let a = arg(0);
                    Interval::new(a.lo >> k, a.hi >> k)
                }
                None => full,
            },
            Opcode::Ushr => match (count(1), arg(0)) {
                (Some(k), a) if a.lo >= 0 => Interval::new(a.lo >> k, a.hi >> k),
                (Some(k), _) if k > 0 => Interval::new(0, (u64::MAX >> (64 - i64::from(ty.bytes()) * 8 + k)) as i64),
                _ => full,
            },
            Opcode::Sext => arg(0),
            Opcode::Zext => match arg(0) {
                a if a.lo >= 0 => a,
                _ => Interval::new(0, (u64::MAX >> (64 - func.ty(d.args[0]).bits())) as i64),
            },
            _ => full,
        }
    }
}
