//! Finds what integers can be, and uses it: comparisons that are always true or false become constants (with them go
//! wraparound of indices that are not negative, and bounds checks that cannot fail), floor divisions of numbers that are
//! not negative become unsigned ones, in 32 bits where they fit; by a constant, they are told how many bits their operand has. The remainder of an
//! index's neighbour by the length becomes a comparison.
//!
//! Two kinds of facts, both valid from where they are learnt down the dominator tree:
//! * intervals of each value, by abstract interpretation with widening at joins;
//! * differences `a <= b + c` between two values, from branches, guards and exact additions (Bodík, Gupta and Sarkar,
//!   "ABCD", PLDI 2000); a bounded search proves a comparison through several of them.
//!
//! The function is swept in dominator-tree order, so that facts of a branch hold exactly below its edge: until intervals
//! are stable, then once more to rewrite. A sweep does not enter what it finds that no value leads to: what a loop's first round does
//! not come to says nothing about the loop's parameters.

use crate::analysis::edit::{Emitter, const_int, def_inst};
use crate::analysis::interval::Interval;
use crate::passes::simplify::{invert, swap};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::{EntityRef, SecondaryMap};
use looplift_mir::dom::Dominators;
use looplift_mir::*;
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

/// Sweeps before the last one; intervals that still move then are given up (they are widened from the second sweep on).
const MAX_SWEEPS: usize = 10;
/// From this sweep on all blocks are entered.
const ENTER_ALL: usize = 6;
/// Values visited to prove one comparison.
const PROOF_LIMIT: usize = 48;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let has_compare = func.layout.iter().any(|&b| func.blocks[b].insts.iter().any(|&i| is_interesting(func.insts[i].op)));
    if !has_compare {
        return Changed::No;
    }
    let dom = Dominators::new(func);
    let mut children: SecondaryMap<Block, Vec<Block>> = SecondaryMap::new();
    for &b in &dom.rpo {
        if let Some(d) = dom.idom(b) {
            children[d].push(b);
        }
    }
    let mut joined: SecondaryMap<Block, bool> = SecondaryMap::new();
    let mut back: SecondaryMap<Block, bool> = SecondaryMap::new();
    let preds = func.predecessors();
    for &b in &dom.rpo {
        joined[b] = preds[b].len() > 1;
        back[b] = preds[b].iter().any(|&p| dom.order(p) >= dom.order(b));
    }
    let mut s =
        Ranges { func, known: SecondaryMap::new(), params: SecondaryMap::new(), steady: SecondaryMap::new(), scope: Scope::default(), sweep: 0, moved: false };
    let mut stable = false;
    for n in 0..MAX_SWEEPS {
        s.sweep = n;
        s.moved = false;
        s.walk(&children, &joined, &back, &preds, &dom, None);
        if !s.moved {
            stable = true;
            break;
        }
    }
    if !stable {
        return Changed::No;
    }
    let mut edits = Vec::new();
    s.walk(&children, &joined, &back, &preds, &dom, Some(&mut edits));
    apply(func, edits).into()
}

fn is_interesting(op: Opcode) -> bool {
    matches!(
        op,
        Opcode::Icmp
            | Opcode::FloorDiv
            | Opcode::FloorMod
            | Opcode::Sdiv
            | Opcode::Srem
            | Opcode::Udiv
            | Opcode::Urem
            | Opcode::Iabs
            | Opcode::Smin
            | Opcode::Smax
    )
}

/// What an instruction becomes.
enum Edit {
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

/// A fact `a <= other + c`.
#[derive(Clone, Copy)]
struct Upper {
    other: Value,
    c: i64,
}

/// Facts that hold at the current point, with what to undo when the point moves up the tree.
#[derive(Default)]
struct Scope {
    intervals: FxHashMap<Value, Interval>,
    uppers: FxHashMap<Value, SmallVec<[Upper; 4]>>,
    undo: Vec<Undo>,
}
enum Undo {
    Interval(Value, Option<Interval>),
    Upper(Value),
}

struct Ranges<'a> {
    func: &'a Function,
    /// The interval of each value wherever it is defined.
    known: SecondaryMap<Value, Option<Interval>>,
    /// Collected from edges: the interval of block parameters, of this sweep.
    params: SecondaryMap<Value, Option<Interval>>,
    /// Additions and subtractions that do not wrap.
    steady: SecondaryMap<Value, bool>,
    scope: Scope,
    sweep: usize,
    moved: bool,
}

enum Step {
    Enter(Block),
    Leave(usize),
}

impl Ranges<'_> {
    fn walk(
        &mut self,
        children: &SecondaryMap<Block, Vec<Block>>,
        joined: &SecondaryMap<Block, bool>,
        back: &SecondaryMap<Block, bool>,
        preds: &SecondaryMap<Block, Vec<Block>>,
        dom: &Dominators,
        mut edits: Option<&mut Vec<(Inst, Edit)>>,
    ) {
        // The last sweep keeps what edges gave before.
        if edits.is_none() {
            self.params = SecondaryMap::new();
        }
        let func = self.func;
        let mut stack = vec![Step::Enter(func.entry())];
        // The condition known on the edge into a block with one predecessor.
        let mut edge_facts: SecondaryMap<Block, Option<(Value, bool)>> = SecondaryMap::new();
        let mut pending: Vec<(Block, Value, Interval)> = Vec::new();
        while let Some(step) = stack.pop() {
            let b = match step {
                Step::Leave(mark) => {
                    self.scope.unwind(mark);
                    continue;
                }
                Step::Enter(b) => b,
            };
            if let Some((cond, truth)) = edge_facts[b]
                && self.is_excluded(cond, truth)
            {
                continue;
            }
            stack.push(Step::Leave(self.scope.undo.len()));
            stack.extend(children[b].iter().rev().map(|&c| Step::Enter(c)));
            if let Some((cond, truth)) = edge_facts[b] {
                self.assume(cond, truth, 0);
            }
            if b == func.entry() {
                for &p in &func.blocks[b].params {
                    let full = Interval::full(func.ty(p));
                    self.known[p] = Some(if func.nonneg.contains(p) { Interval::new(0, full.hi) } else { full });
                }
            } else if edits.is_none() {
                for &p in &func.blocks[b].params {
                    self.enter_param(p, back[b]);
                }
            }
            if back[b] {
                self.monotone(b, &preds[b], dom);
            }
            for &i in &func.blocks[b].insts {
                let d = &func.insts[i];
                if let Some(&r) = d.results.first() {
                    if func.ty(r).is_int() {
                        let (v, exact) = self.evaluate(d, func.ty(r));
                        if self.steady[r] != exact {
                            self.steady[r] = exact;
                            self.moved = true;
                        }
                        if self.known[r] != Some(v) {
                            self.known[r] = Some(v);
                        }
                    }
                    if let Some(arm) = self.chosen(d) {
                        self.scope.upper(r, arm, 0);
                        self.scope.upper(arm, r, 0);
                    }
                    for &r in &d.results[1..] {
                        self.known[r] = Some(Interval::full(func.ty(r)));
                    }
                }
                if let Some(edits) = edits.as_deref_mut()
                    && let Some(e) = self.edit(d)
                {
                    edits.push((i, e));
                }
                if d.op == Opcode::Guard {
                    self.assume(d.args[0], true, 0);
                }
            }
            // Edges.
            let term = &func.blocks[b].term;
            let cond = match term {
                Terminator::Brif { cond, .. } => Some(*cond),
                _ => None,
            };
            for (n, t) in term.targets().into_iter().enumerate() {
                let mark = self.scope.undo.len();
                if let Some(c) = cond {
                    if !joined[t.block] {
                        edge_facts[t.block] = Some((c, n == 0));
                    }
                    if self.is_excluded(c, n == 0) {
                        continue;
                    }
                    if edits.is_none() && !t.args.is_empty() {
                        self.assume(c, n == 0, 0);
                    }
                }
                if edits.is_none() {
                    pending.clear();
                    for (&p, &a) in func.blocks[t.block].params.iter().zip(&t.args) {
                        if func.ty(p).is_int() {
                            pending.push((t.block, p, self.get(a)));
                        }
                    }
                    self.scope.unwind(mark);
                    for &(_, p, v) in &pending {
                        if v.is_empty() {
                            continue;
                        }
                        self.params[p] = Some(self.params[p].map_or(v, |old| old.join(v)));
                        if let Some(known) = self.known[p]
                            && !known.includes(v)
                        {
                            // A back edge brings more than was assumed: sweep again.
                            self.moved = true;
                        }
                    }
                }
            }
        }
        self.scope.unwind(0);
        if edits.is_none() {
            self.merge_params();
        }
    }

    /// Whether a branch never goes this way, as far as this sweep knows.
    fn is_excluded(&self, cond: Value, truth: bool) -> bool {
        let c = self.get(cond);
        self.sweep < ENTER_ALL && if truth { c == Interval::point(0) } else { c.lo > 0 || c.hi < 0 }
    }

    /// A loop's parameter that only ever goes one way stays on that side of its first value.
    fn monotone(&mut self, b: Block, preds: &[Block], dom: &Dominators) {
        let func = self.func;
        for (n, &p) in func.blocks[b].params.iter().enumerate() {
            if !func.ty(p).is_int() {
                continue;
            }
            let (mut first, mut same, mut down, mut up) = (None, true, true, true);
            for &q in preds {
                for t in func.blocks[q].term.targets() {
                    if t.block != b {
                        continue;
                    }
                    let a = t.args[n];
                    if dom.order(q) < dom.order(b) {
                        same &= first.is_none_or(|f| f == a);
                        first = Some(a);
                    } else if a != p {
                        let step = def_inst(func, a)
                            .map(|i| &func.insts[i])
                            .filter(|d| d.op == Opcode::Iadd && d.args[0] == p && self.steady[a])
                            .and_then(|d| const_int(func, d.args[1]));
                        down &= step.is_some_and(|k| k <= 0);
                        up &= step.is_some_and(|k| k >= 0);
                    }
                }
            }
            let Some(first) = first.filter(|_| same) else { continue };
            if down {
                self.scope.upper(p, first, 0);
            }
            if up {
                self.scope.upper(first, p, 0);
            }
        }
    }

    /// The interval of a parameter at its block: what all edges of the sweep before brought, and what the forward edges of
    /// this sweep bring.
    fn enter_param(&mut self, p: Value, loop_header: bool) {
        let ty = self.func.ty(p);
        if !ty.is_int() {
            return;
        }
        let new = self.params[p];
        self.known[p] = match (self.known[p], new) {
            (None, v) => v.or(Some(Interval::full(ty)).filter(|_| !loop_header && v.is_none())),
            (Some(old), None) => Some(old),
            // A join that is no loop header is exact in each sweep: all its edges were seen.
            (Some(_), Some(v)) if !loop_header => Some(v),
            (Some(old), Some(v)) => Some(old.join(v)),
        };
    }

    /// Back edges of this sweep: grow header parameters, from the second sweep on to a bound that ends the growing.
    fn merge_params(&mut self) {
        for &b in &self.func.layout[1..] {
            for &p in &self.func.blocks[b].params {
                let (Some(old), Some(new)) = (self.known[p], self.params[p]) else { continue };
                if old.includes(new) {
                    continue;
                }
                let full = Interval::full(self.func.ty(p));
                let mut v = old.join(new);
                if v.lo < old.lo {
                    v.lo = if v.lo >= 0 && self.sweep < 3 {
                        0
                    } else if v.lo >= -1 && self.sweep < 4 {
                        -1
                    } else {
                        full.lo
                    };
                }
                if v.hi > old.hi {
                    v.hi = full.hi;
                }
                self.known[p] = Some(v);
                self.moved = true;
            }
        }
    }

    fn get(&self, v: Value) -> Interval {
        let base = self.known[v].unwrap_or_else(|| Interval::full(self.func.ty(v)));
        self.scope.intervals.get(&v).map_or(base, |s| base.meet(*s))
    }

    /// The interval of a result, and whether an addition or subtraction is exact.
    fn evaluate(&self, d: &InstData, ty: Ty) -> (Interval, bool) {
        use Opcode as O;
        let full = Interval::full(ty);
        let arg = |n: usize| self.get(d.args[n]);
        let plain = |v: Interval| (v, false);
        let safe = |v: Interval| if v.is_empty() { full } else { v };
        match d.op {
            O::Iconst => match d.imm {
                Imm::Int(n) => plain(Interval::point(crate::analysis::edit::sign_extend(n, ty))),
                _ => plain(full),
            },
            O::Iadd | O::Isub => {
                let (a, b) = (safe(arg(0)), safe(arg(1)));
                if d.op == O::Iadd { a.add(b, ty) } else { self.difference(d, a, b, ty) }
            }
            O::Imul => plain(safe(arg(0)).mul(safe(arg(1)), ty).0),
            O::Ineg => plain(Interval::point(0).sub(safe(arg(0)), ty).0),
            O::Iabs => {
                let a = safe(arg(0));
                if a.lo == full.lo {
                    return plain(full);
                }
                let hi = a.lo.abs().max(a.hi.abs());
                plain(Interval::new(if a.lo <= 0 && a.hi >= 0 { 0 } else { a.lo.abs().min(a.hi.abs()) }, hi))
            }
            O::Smin => {
                let (a, b) = (safe(arg(0)), safe(arg(1)));
                plain(Interval::new(a.lo.min(b.lo), a.hi.min(b.hi)))
            }
            O::Smax => {
                let (a, b) = (safe(arg(0)), safe(arg(1)));
                plain(Interval::new(a.lo.max(b.lo), a.hi.max(b.hi)))
            }
            O::Umin => {
                let (a, b) = (safe(arg(0)), safe(arg(1)));
                if a.lo >= 0 && b.lo >= 0 { plain(Interval::new(a.lo.min(b.lo), a.hi.min(b.hi))) } else { plain(full) }
            }
            O::Band => {
                let (a, b) = (safe(arg(0)), safe(arg(1)));
                match (a.lo >= 0, b.lo >= 0) {
                    (true, true) => plain(Interval::new(0, a.hi.min(b.hi))),
                    (true, false) => plain(Interval::new(0, a.hi)),
                    (false, true) => plain(Interval::new(0, b.hi)),
                    (false, false) => plain(full),
                }
            }
            O::Bor | O::Bxor => {
                let (a, b) = (safe(arg(0)), safe(arg(1)));
                if a.lo < 0 || b.lo < 0 {
                    return plain(full);
                }
                let bits = 64 - (a.hi | b.hi).leading_zeros();
                plain(Interval::new(0, if bits >= 63 { full.hi } else { ((1i64 << bits) - 1).min(full.hi) }))
            }
            O::Shl => match const_int(self.func, d.args[1]) {
                Some(k) if (0..62).contains(&k) => plain(safe(arg(0)).mul(Interval::point(1 << k), ty).0),
                _ => plain(full),
            },
            O::Sshr | O::Ushr => {
                let a = safe(arg(0));
                match const_int(self.func, d.args[1]) {
                    Some(k) if (0..i64::from(ty.bits())).contains(&k) && (d.op == O::Sshr || a.lo >= 0) => plain(Interval::new(a.lo >> k, a.hi >> k)),
                    Some(k) if (1..i64::from(ty.bits())).contains(&k) => plain(Interval::new(0, (u64::MAX >> (64 - ty.bits() + k as u32)) as i64)),
                    _ if a.lo >= 0 => plain(Interval::new(0, a.hi)),
                    _ => plain(full),
                }
            }
            O::FloorDiv | O::Sdiv | O::Udiv => {
                let (a, b) = (safe(arg(0)), safe(arg(1)));
                if a.lo >= 0 && b.lo > 0 {
                    plain(Interval::new(a.lo / b.hi, a.hi / b.lo))
                } else if b.lo > 0 && d.op != O::Udiv {
                    plain(Interval::new(a.lo.min(0), a.hi.max(0)))
                } else {
                    plain(full)
                }
            }
            O::FloorMod => {
                let b = safe(arg(1));
                if b.lo > 0 {
                    plain(Interval::new(0, b.hi - 1))
                } else if b.hi < 0 {
                    plain(Interval::new(b.lo.saturating_add(1), 0))
                } else {
                    plain(full)
                }
            }
            O::Srem | O::Urem => {
                let (a, b) = (safe(arg(0)), safe(arg(1)));
                if b.lo <= 0 {
                    return plain(full);
                }
                if a.lo >= 0 {
                    plain(Interval::new(0, a.hi.min(b.hi - 1)))
                } else if d.op == O::Urem {
                    plain(Interval::new(0, b.hi - 1))
                } else {
                    plain(Interval::new(1 - b.hi, b.hi - 1))
                }
            }
            O::Select => plain(match self.chosen(d) {
                Some(arm) => safe(self.get(arm)),
                None => safe(arg(1)).join(safe(arg(2))),
            }),
            O::Sext => plain(safe(arg(0))),
            O::Zext => {
                let a = safe(arg(0));
                let from = self.func.ty(d.args[0]);
                plain(if a.lo >= 0 { a } else { Interval::new(0, ((1i128 << from.bits()) - 1) as i64) })
            }
            O::Ireduce => {
                let a = safe(arg(0));
                plain(if full.includes(a) { a } else { full })
            }
            O::Icmp => plain(match d.imm {
                Imm::ICond(cc) if self.func.ty(d.args[0]).is_int() => match self.decide(cc, d.args[0], d.args[1]) {
                    Some(v) => Interval::point(v.into()),
                    None => Interval::new(0, 1),
                },
                _ => Interval::new(0, 1),
            }),
            O::Fcmp => plain(Interval::new(0, 1)),
            O::Popcnt | O::Clz | O::Ctz => plain(Interval::new(0, ty.bits().into())),
            _ => plain(full),
        }
    }

    /// The operand that a `select` always takes.
    fn chosen(&self, d: &InstData) -> Option<Value> {
        if d.op != Opcode::Select || !self.func.ty(d.args[1]).is_int() {
            return None;
        }
        let c = self.get(d.args[0]);
        if c == Interval::point(0) {
            Some(d.args[2])
        } else if c.lo > 0 || c.hi < 0 {
            Some(d.args[1])
        } else {
            None
        }
    }

    /// `a - b` where `b <= a` is known is not negative even if the intervals do not say so.
    fn difference(&self, d: &InstData, a: Interval, b: Interval, ty: Ty) -> (Interval, bool) {
        let (v, exact) = a.sub(b, ty);
        if exact || b.lo < 0 {
            return (v, exact);
        }
        if a.lo >= 0 && self.proves(d.args[1], d.args[0], 0) {
            return (Interval::new(0, a.hi), true);
        }
        (v, exact)
    }

    /// Learns that `cond` is true or false here.
    fn assume(&mut self, cond: Value, truth: bool, depth: u32) {
        let Some(i) = def_inst(self.func, cond) else { return };
        let d = &self.func.insts[i];
        match (d.op, d.imm) {
            (Opcode::Icmp, Imm::ICond(cc)) => {
                let (a, b) = (d.args[0], d.args[1]);
                if self.func.ty(a).is_int() {
                    self.learn(if truth { cc } else { invert(cc) }, a, b);
                }
            }
            (Opcode::Band, _) if truth && depth < 8 => {
                self.assume(d.args[0], true, depth + 1);
                self.assume(d.args[1], true, depth + 1);
            }
            (Opcode::Bor, _) if !truth && depth < 8 => {
                self.assume(d.args[0], false, depth + 1);
                self.assume(d.args[1], false, depth + 1);
            }
            (Opcode::Bxor, _) if const_int(self.func, d.args[1]) == Some(1) && depth < 8 => self.assume(d.args[0], !truth, depth + 1),
            _ => {}
        }
    }

    fn learn(&mut self, cc: IntCC, a: Value, b: Value) {
        let (x, y) = (self.get(a), self.get(b));
        self.refine(a, x.refine(cc, y));
        self.refine(b, y.refine(swap(cc), x));
        match cc {
            IntCC::Slt => self.scope.upper(a, b, -1),
            IntCC::Sle => self.scope.upper(a, b, 0),
            IntCC::Sgt => self.scope.upper(b, a, -1),
            IntCC::Sge => self.scope.upper(b, a, 0),
            IntCC::Eq => {
                self.scope.upper(a, b, 0);
                self.scope.upper(b, a, 0);
            }
            IntCC::Ult if y.lo >= 0 => self.scope.upper(a, b, -1),
            IntCC::Ule if y.lo >= 0 => self.scope.upper(a, b, 0),
            IntCC::Ugt if x.lo >= 0 => self.scope.upper(b, a, -1),
            IntCC::Uge if x.lo >= 0 => self.scope.upper(b, a, 0),
            IntCC::Ne => {
                // At a bound that is excluded, the bound moves.
                if self.proves(a, b, 0) {
                    self.scope.upper(a, b, -1);
                } else if self.proves(b, a, 0) {
                    self.scope.upper(b, a, -1);
                }
            }
            IntCC::Ult | IntCC::Ule | IntCC::Ugt | IntCC::Uge => {}
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
    fn proves(&self, a: Value, b: Value, c: i64) -> bool {
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
                for u in list.iter().rev().take(8) {
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

    fn decide(&self, cc: IntCC, a: Value, b: Value) -> Option<bool> {
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

    fn edit(&self, d: &InstData) -> Option<Edit> {
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

impl Scope {
    fn set(&mut self, v: Value, to: Interval) {
        let old = self.intervals.insert(v, to);
        self.undo.push(Undo::Interval(v, old));
    }
    fn upper(&mut self, a: Value, b: Value, c: i64) {
        self.uppers.entry(a).or_default().push(Upper { other: b, c });
        self.undo.push(Undo::Upper(a));
    }
    fn unwind(&mut self, mark: usize) {
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

fn apply(func: &mut Function, edits: Vec<(Inst, Edit)>) -> bool {
    if edits.is_empty() {
        return false;
    }
    let mut by_inst: FxHashMap<Inst, Edit> = edits.into_iter().collect();
    crate::analysis::edit::rewrite(func, |e: &mut Emitter<'_>, i| {
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
