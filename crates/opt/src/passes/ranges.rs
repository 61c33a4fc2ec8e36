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

mod evaluate;
mod facts;
mod rewrite;

use crate::analysis::counted::homes;
use crate::analysis::edit::{const_int, def_inst};
use crate::analysis::interval::Interval;
use crate::passes::simplify::invert;
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use facts::Scope;
use looplift_mir::dom::Dominators;
use looplift_mir::*;
use rewrite::{Edit, apply};
use smallvec::SmallVec;

/// Sweeps before the last one; intervals that still move then are given up (they are widened from the second sweep on).
const MAX_SWEEPS: usize = 10;
/// From this sweep on all blocks are entered.
const ENTER_ALL: usize = 6;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let has_compare = func.layout.iter().any(|&b| func.blocks[b].insts.iter().any(|&i| is_interesting(func.insts[i].op)));
    if !has_compare {
        return Changed::No;
    }
    let shape = Shape::new(func);
    let mut s =
        Ranges { func, known: SecondaryMap::new(), params: SecondaryMap::new(), steady: SecondaryMap::new(), scope: Scope::default(), sweep: 0, moved: false };
    let mut stable = false;
    for n in 0..MAX_SWEEPS {
        s.sweep = n;
        s.moved = false;
        s.walk(&shape, None);
        if !s.moved {
            stable = true;
            break;
        }
    }
    if !stable {
        return Changed::No;
    }
    let mut edits = Vec::new();
    s.walk(&shape, Some(&mut edits));
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

/// What stays the same in all sweeps: who dominates whom, and where ways meet.
struct Shape {
    dom: Dominators,
    preds: SecondaryMap<Block, Vec<Block>>,
    children: SecondaryMap<Block, Vec<Block>>,
    /// Blocks with more than one predecessor.
    joined: SecondaryMap<Block, bool>,
    /// Blocks that a back edge enters.
    back: SecondaryMap<Block, bool>,
    home: SecondaryMap<Value, Option<Block>>,
}

impl Shape {
    fn new(func: &Function) -> Shape {
        let (dom, preds) = (Dominators::new(func), func.predecessors());
        let (mut children, mut joined, mut back) = (SecondaryMap::<Block, Vec<Block>>::new(), SecondaryMap::new(), SecondaryMap::new());
        for &b in &dom.rpo {
            if let Some(d) = dom.idom(b) {
                children[d].push(b);
            }
            joined[b] = preds[b].len() > 1;
            back[b] = preds[b].iter().any(|&p| dom.order(p) >= dom.order(b));
        }
        Shape { dom, preds, children, joined, back, home: homes(func) }
    }
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
    /// One sweep; with `edits`, the last one, which keeps what edges gave before.
    fn walk(&mut self, shape: &Shape, mut edits: Option<&mut Vec<(Inst, Edit)>>) {
        let last = edits.is_some();
        if !last {
            self.params = SecondaryMap::new();
        }
        let mut stack = vec![Step::Enter(self.func.entry())];
        // The condition known on the edge into a block with one predecessor.
        let mut edge_facts: SecondaryMap<Block, Option<(Value, bool)>> = SecondaryMap::new();
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
            stack.push(Step::Leave(self.scope.mark()));
            stack.extend(shape.children[b].iter().rev().map(|&c| Step::Enter(c)));
            if let Some((cond, truth)) = edge_facts[b] {
                self.assume(cond, truth, 0);
            }
            self.enter_block(b, shape, last);
            self.walk_insts(b, edits.as_deref_mut());
            self.walk_edges(b, shape, &mut edge_facts, last);
        }
        self.scope.unwind(0);
        if !last {
            self.merge_params();
        }
    }

    /// What is known of a block's parameters before its first instruction.
    fn enter_block(&mut self, b: Block, shape: &Shape, last: bool) {
        let func = self.func;
        if b == func.entry() {
            for &p in &func.blocks[b].params {
                let full = Interval::full(func.ty(p));
                self.known[p] = Some(if func.nonneg.contains(p) { Interval::new(0, full.hi) } else { full });
            }
        } else if !last {
            for &p in &func.blocks[b].params {
                self.enter_param(p, shape.back[b]);
            }
        }
        if shape.back[b] {
            self.monotone(b, &shape.preds[b], &shape.dom);
            self.bounded(b, shape);
        }
    }

    fn walk_insts(&mut self, b: Block, mut edits: Option<&mut Vec<(Inst, Edit)>>) {
        let func = self.func;
        for &i in &func.blocks[b].insts {
            let d = &func.insts[i];
            if let Some(&r) = d.results.first() {
                if func.ty(r).is_int() {
                    let (v, exact) = self.evaluate(d, func.ty(r));
                    if self.steady[r] != exact {
                        self.steady[r] = exact;
                        self.moved = true;
                    }
                    self.known[r] = Some(v);
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
    }

    /// Tells the blocks that `b` leads to under which condition it does, and what it brings to their parameters.
    fn walk_edges(&mut self, b: Block, shape: &Shape, edge_facts: &mut SecondaryMap<Block, Option<(Value, bool)>>, last: bool) {
        let func = self.func;
        let term = &func.blocks[b].term;
        let cond = match term {
            Terminator::Brif { cond, .. } => Some(*cond),
            _ => None,
        };
        for (n, t) in term.targets().into_iter().enumerate() {
            let mark = self.scope.mark();
            if let Some(c) = cond {
                if !shape.joined[t.block] {
                    edge_facts[t.block] = Some((c, n == 0));
                }
                if self.is_excluded(c, n == 0) {
                    continue;
                }
                if !last && !t.args.is_empty() {
                    self.assume(c, n == 0, 0);
                }
            }
            if last {
                continue;
            }
            let brought: SmallVec<[(Value, Interval); 4]> =
                func.blocks[t.block].params.iter().zip(&t.args).filter(|&(&p, _)| func.ty(p).is_int()).map(|(&p, &a)| (p, self.get(a))).collect();
            self.scope.unwind(mark);
            for (p, v) in brought.into_iter().filter(|(_, v)| !v.is_empty()) {
                self.params[p] = Some(self.params[p].map_or(v, |old| old.join(v)));
                // A back edge that brings more than was assumed: sweep again.
                self.moved |= self.known[p].is_some_and(|known| !known.includes(v));
            }
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

    /// A loop's parameter is less than an invariant number if that is so on entry, and each way round is taken only then.
    fn bounded(&mut self, b: Block, shape: &Shape) {
        let func = self.func;
        let is_forward = |q: &Block| shape.dom.order(*q) < shape.dom.order(b);
        let (forward, back): (Vec<Block>, Vec<Block>) = shape.preds[b].iter().copied().partition(is_forward);
        let ([from], [latch]) = (&forward[..], &back[..]) else { return };
        let Terminator::Brif { cond, then, other } = &func.blocks[*latch].term else { return };
        let Some(d) = def_inst(func, *cond).map(|i| &func.insts[i]) else { return };
        let (Opcode::Icmp, Imm::ICond(mut cc), true) = (d.op, d.imm, then.block != other.block) else { return };
        if then.block != b {
            cc = invert(cc);
        }
        let (next, limit, c) = match cc {
            IntCC::Slt => (d.args[0], d.args[1], -1),
            IntCC::Sle => (d.args[0], d.args[1], 0),
            IntCC::Sgt => (d.args[1], d.args[0], -1),
            IntCC::Sge => (d.args[1], d.args[0], 0),
            IntCC::Eq | IntCC::Ne | IntCC::Ult | IntCC::Ule | IntCC::Ugt | IntCC::Uge => return,
        };
        let is_invariant = shape.home[limit].is_some_and(|h| h != b && shape.dom.dominates(h, b));
        let goes_round = if then.block == b { then } else { other };
        let Some(n) = goes_round.args.iter().position(|&a| a == next).filter(|_| is_invariant) else { return };
        let term = &func.blocks[*from].term;
        let entries = term.targets();
        let at = match entries[..] {
            [one] if one.block == b => 0,
            [one, two] if one.block == b && two.block != b => 0,
            [one, two] if one.block != b && two.block == b => 1,
            _ => return,
        };
        let first = entries[at].args[n];
        let mark = self.scope.mark();
        if let Terminator::Brif { cond, .. } = term {
            self.assume(*cond, at == 0, 0);
        }
        let holds = self.proves(first, limit, c);
        self.scope.unwind(mark);
        if holds {
            self.scope.upper(func.blocks[b].params[n], limit, c);
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
                    // What is below something is below the largest number.
                    v.hi = if v.hi < full.hi && self.sweep < 4 { full.hi - 1 } else { full.hi };
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
}
