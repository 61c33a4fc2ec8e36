//! Bounds checks of counted loops, all at once: where a loop's guards test something invariant, or an index that grows
//! evenly with the loop (`base + k * counter`), a test before the loop finds out whether all iterations pass them. If so a
//! copy without the guards runs, else the loop as it was. Nothing is raised early.
//!
//! Phases for one innermost counted loop:
//! 1. The linear variables: the counter, and header parameters that change by an invariant step in each iteration; their
//!    first and last values follow from the trip count.
//! 2. Each guard: its condition is invariant, or `index < n` (unsigned) with a linear index and invariant `n`. The index
//!    may have passed a wraparound `select(x < 0, x + n, x)`; then `x >= 0` is asked for too.
//! 3. The test: every number it is computed from is of moderate size, so that nothing wraps; the smaller of the first and
//!    last index is not negative, the larger one is below `n`. Where the index is a number and a constant (`counter + k`), the numbers
//!    are compared as they are, without asking for their size.
//! 4. The loop is copied; the copy is the slow one, cold, with all guards.

use crate::analysis::close::{close, copy_blocks};
use crate::analysis::counted::{Counted, LoopState};
use crate::analysis::edit::{Emitter, const_int, def_inst, def_of};
use crate::analysis::loops::{LoopId, Loops, make_preheaders};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use looplift_mir::dom::Dominators;
use looplift_mir::*;
use smallvec::SmallVec;

/// Loops with more instructions are not copied.
const MAX_LOOP: usize = 250;
/// A function grows by at most so many instructions.
const MAX_GROWTH: usize = 6_000;
/// Leaves of an index are below this in magnitude, coefficients below [`MAX_COEFFICIENT`], terms below [`MAX_TERMS`]: the
/// index is then below 2^62.
const LEAF_LIMIT: i64 = 1 << 40;
const MAX_COEFFICIENT: i64 = 1 << 16;
const MAX_TERMS: usize = 8;
/// Guards looked at in one loop.
const MAX_GUARDS: usize = 24;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    let any = func.layout.iter().any(|&b| !func.blocks[b].cold && func.blocks[b].insts.iter().any(|&i| func.insts[i].op == Opcode::Guard));
    if !any {
        return Changed::No;
    }
    func.tidy_layout();
    let mut changed = make_preheaders(func);
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    let mut budget = MAX_GROWTH;
    let candidates: Vec<LoopId> = loops.loops.keys().filter(|&l| !loops.loops[l].has_children).collect();
    if candidates.is_empty() {
        return changed.into();
    }
    // Versioning one innermost loop leaves the blocks of the others as they are, but closes values and changes
    // dominators; these are computed again for each loop that is versioned.
    let mut state = LoopState::new(func);
    for l in candidates {
        let header = loops.loops[l].header;
        let Some(l) = state.loops.of(header) else { continue };
        if state.loops.loops[l].header != header || func.blocks[header].cold {
            continue;
        }
        let size: usize = state.loops.loops[l].blocks.iter().map(|&b| func.blocks[b].insts.len() + 1).sum();
        if size > MAX_LOOP || size > budget {
            continue;
        }
        let Some(plan) = Plan::new(func, &state, l) else { continue };
        budget -= size;
        version(func, &state, l, plan);
        func.tidy_layout();
        state = LoopState::new(func);
        changed = true;
    }
    changed.into()
}

/// A linear variable: its value in the first iteration, and how it changes.
#[derive(Clone, Copy)]
struct Linear {
    param: Value,
    first: Value,
    /// `None`: the counter itself, whose last value follows from the limit.
    step: Option<Value>,
}

/// `offset + Σ coefficient · value`; values are invariant or linear variables.
#[derive(Clone, Default, PartialEq)]
struct Affine {
    terms: SmallVec<[(Value, i64); 4]>,
    offset: i64,
}

/// What the test before the loop establishes.
#[derive(PartialEq)]
enum Check {
    /// The invariant value is nonzero.
    True(Value),
    /// `0 <= index`, and `index < n` if there is one.
    Within(Affine, Option<Value>),
}

struct Plan {
    counted: Counted,
    linears: Vec<Linear>,
    checks: Vec<Check>,
    /// Values that the fast copy may replace by a constant.
    settled: Vec<(Value, bool)>,
}

impl Plan {
    fn new(func: &Function, s: &LoopState, l: LoopId) -> Option<Plan> {
        let c = s.counted(func, l)?;
        if c.ty != Ty::I64 || matches!(c.cc, IntCC::Ult | IntCC::Ule | IntCC::Ugt | IntCC::Uge) {
            return None;
        }
        let mut plan = Plan { linears: linears(func, s, l, &c), counted: c, checks: Vec::new(), settled: Vec::new() };
        let mut guards = 0;
        for &b in &s.loops.loops[l].blocks {
            for &i in &func.blocks[b].insts {
                if func.insts[i].op == Opcode::Guard && guards < MAX_GUARDS {
                    guards += 1;
                    let cond = func.insts[i].args[0];
                    if plan.settled.iter().any(|x| x.0 == cond) {
                        continue;
                    }
                    let marks = (plan.checks.len(), plan.settled.len());
                    if plan.condition(func, s, l, cond) {
                        plan.settled.push((cond, true));
                    } else {
                        plan.checks.truncate(marks.0);
                        plan.settled.truncate(marks.1);
                    }
                }
            }
        }
        plan.merge_checks();
        (!plan.checks.is_empty()).then_some(plan)
    }

    /// Each test once; what is below something is also not negative.
    fn merge_checks(&mut self) {
        let mut kept: Vec<Check> = Vec::new();
        let bounded: Vec<Affine> = self.checks.iter().filter_map(|c| if let Check::Within(a, Some(_)) = c { Some(a.clone()) } else { None }).collect();
        for c in std::mem::take(&mut self.checks) {
            let is_implied = matches!(&c, Check::Within(a, None) if bounded.contains(a));
            if !is_implied && !kept.contains(&c) {
                kept.push(c);
            }
        }
        self.checks = kept;
    }

    /// Adds what makes `cond` true in all iterations; false if that is not known.
    fn condition(&mut self, func: &Function, s: &LoopState, l: LoopId, cond: Value) -> bool {
        if s.is_invariant(l, cond) {
            self.checks.push(Check::True(cond));
            return true;
        }
        let Some(i) = def_inst(func, cond) else { return false };
        let d = &func.insts[i];
        match (d.op, d.imm) {
            (Opcode::Icmp, Imm::ICond(IntCC::Ult)) if func.ty(d.args[0]) == Ty::I64 && s.is_invariant(l, d.args[1]) => {
                let Some(a) = self.affine(func, s, l, d.args[0], 0) else { return false };
                self.checks.push(Check::Within(a, Some(d.args[1])));
                true
            }
            (Opcode::Band, _) => self.condition(func, s, l, d.args[0]) && self.condition(func, s, l, d.args[1]),
            _ => false,
        }
    }

    fn affine(&mut self, func: &Function, s: &LoopState, l: LoopId, v: Value, depth: u32) -> Option<Affine> {
        if let Some(k) = const_int(func, v) {
            return (k.saturating_abs() < LEAF_LIMIT).then(|| Affine { terms: SmallVec::new(), offset: k });
        }
        if s.is_invariant(l, v) || self.linears.iter().any(|x| x.param == v) {
            return Some(Affine { terms: [(v, 1)].into_iter().collect(), offset: 0 });
        }
        if depth > 8 {
            return None;
        }
        let d = &func.insts[def_inst(func, v)?];
        match d.op {
            Opcode::Iadd | Opcode::Isub => {
                let a = self.affine(func, s, l, d.args[0], depth + 1)?;
                let b = self.affine(func, s, l, d.args[1], depth + 1)?;
                a.plus(&b, if d.op == Opcode::Iadd { 1 } else { -1 })
            }
            Opcode::Imul | Opcode::Shl => {
                let k = const_int(func, d.args[1])?;
                let k = if d.op == Opcode::Imul { k } else { 1i64.checked_shl(u32::try_from(k).ok().filter(|k| *k < 16)?)? };
                let a = self.affine(func, s, l, d.args[0], depth + 1)?;
                Affine::default().plus(&a, k)
            }
            Opcode::Select => {
                // Wraparound: select(x < 0, x + n, x) is x where x >= 0.
                let (c, x) = (d.args[0], d.args[2]);
                let cmp = &func.insts[def_of(func, c, Opcode::Icmp)?];
                if cmp.imm != Imm::ICond(IntCC::Slt) || cmp.args[0] != x || const_int(func, cmp.args[1]) != Some(0) {
                    return None;
                }
                let a = self.affine(func, s, l, x, depth + 1)?;
                self.checks.push(Check::Within(a.clone(), None));
                self.settled.push((c, false));
                Some(a)
            }
            _ => None,
        }
    }
}

impl Affine {
    fn plus(&self, o: &Affine, k: i64) -> Option<Affine> {
        let mut out = self.clone();
        out.offset = out.offset.checked_add(o.offset.checked_mul(k)?)?;
        for &(v, c) in &o.terms {
            let c = c.checked_mul(k)?;
            match out.terms.iter_mut().find(|t| t.0 == v) {
                Some(t) => t.1 = t.1.checked_add(c)?,
                None => out.terms.push((v, c)),
            }
        }
        out.terms.retain(|t| t.1 != 0);
        let fits = out.terms.len() < MAX_TERMS && out.offset.saturating_abs() < LEAF_LIMIT && out.terms.iter().all(|t| t.1.saturating_abs() <= MAX_COEFFICIENT);
        fits.then_some(out)
    }
}

/// The counter and the header parameters that change by an invariant step.
fn linears(func: &Function, s: &LoopState, l: LoopId, c: &Counted) -> Vec<Linear> {
    let Terminator::Jump(entry) = &func.blocks[c.preheader].term else { return Vec::new() };
    let term = &func.blocks[c.latch].term;
    let Some(back) = term.targets().into_iter().find(|t| t.block == c.header) else { return Vec::new() };
    let mut out = Vec::new();
    for (n, &p) in func.blocks[c.header].params.iter().enumerate() {
        if p == c.counter {
            out.push(Linear { param: p, first: c.start, step: None });
            continue;
        }
        if func.ty(p) != Ty::I64 || c.step.saturating_abs() != 1 {
            continue;
        }
        let Some(add) = def_of(func, back.args[n], Opcode::Iadd) else { continue };
        let (x, y) = (func.insts[add].args[0], func.insts[add].args[1]);
        let step = if x == p {
            y
        } else if y == p {
            x
        } else {
            continue;
        };
        if s.is_invariant(l, step) {
            out.push(Linear { param: p, first: entry.args[n], step: Some(step) });
        }
    }
    out
}

fn version(func: &mut Function, s: &LoopState, l: LoopId, plan: Plan) {
    let c = plan.counted;
    let data = &s.loops.loops[l];
    let span = func.blocks[c.preheader].term_span;
    let mut inside: SecondaryMap<Block, bool> = SecondaryMap::new();
    for &b in &data.blocks {
        inside[b] = true;
    }
    close(func, &s.dom, c.header, &inside);
    let cond = emit_test(func, &plan, span);
    // The copy is the slow one.
    let copies = copy_blocks(func, &data.blocks);
    for &b in copies.values() {
        func.blocks[b].cold = true;
    }
    let Terminator::Jump(entry) = func.blocks[c.preheader].term.clone() else { return };
    let fast = func.make_block(span);
    let slow = func.make_block(span);
    func.blocks[slow].cold = true;
    func.blocks[fast].term = Terminator::Jump(entry.clone());
    func.blocks[slow].term = Terminator::Jump(BlockCall { block: copies.get(&c.header).copied().unwrap_or(c.header), args: entry.args });
    let go = |block: Block| BlockCall { block, args: Args::new() };
    func.blocks[c.preheader].term = Terminator::Brif { cond, then: go(fast), other: go(slow) };
    // The fast loop: what the test has settled is constant; guards on it go.
    let settled: rustc_hash::FxHashMap<Value, bool> = plan.settled.iter().copied().collect();
    let mut e = Emitter::new(func, span);
    let yes = e.iconst(Ty::I8, 1);
    let no = e.iconst(Ty::I8, 0);
    let consts = std::mem::take(&mut e.out);
    func.blocks[fast].insts = consts;
    for &b in &data.blocks {
        let mut insts = std::mem::take(&mut func.blocks[b].insts);
        insts.retain(|&i| {
            let d = &mut func.insts[i];
            if d.op == Opcode::Guard && settled.get(&d.args[0]) == Some(&true) {
                return false;
            }
            for a in &mut d.args {
                match settled.get(a) {
                    Some(true) => *a = yes,
                    Some(false) => *a = no,
                    None => {}
                }
            }
            true
        });
        func.blocks[b].insts = insts;
    }
}

/// Emits the test at the end of the preheader.
fn emit_test(func: &mut Function, plan: &Plan, span: SpanId) -> Value {
    let c = plan.counted;
    let mut e = Emitter::new(func, span);
    let mut all: Option<Value> = None;
    let both = |e: &mut Emitter<'_>, all: &mut Option<Value>, v: Value| {
        *all = Some(match *all {
            Some(a) => e.binary(Opcode::Band, a, v),
            None => v,
        });
    };
    // Numbers the test is computed from, each of moderate size.
    let mut bounded: Vec<Value> = Vec::new();
    let mut bound = |e: &mut Emitter<'_>, all: &mut Option<Value>, v: Value| {
        if bounded.contains(&v) || const_int(e.func, v).is_some_and(|k| k.saturating_abs() < LEAF_LIMIT) {
            return;
        }
        bounded.push(v);
        let half = e.iconst(Ty::I64, LEAF_LIMIT);
        let whole = e.iconst(Ty::I64, LEAF_LIMIT * 2);
        let shifted = e.binary(Opcode::Iadd, v, half);
        let ok = e.icmp(IntCC::Ult, shifted, whole);
        both(e, all, ok);
    };
    // First and last values of linear variables.
    let one = e.iconst(Ty::I64, 1);
    let inclusive = matches!(c.cc, IntCC::Sle | IntCC::Sge);
    let up = c.step > 0;
    let mut last_counter = c.limit;
    if !inclusive {
        last_counter = e.binary(if up { Opcode::Isub } else { Opcode::Iadd }, c.limit, one);
    }
    // A loop that tests only after its first iteration runs that one in any case.
    last_counter = e.binary(if up { Opcode::Smax } else { Opcode::Smin }, last_counter, c.start);
    let is_counter = |v: Value| plan.linears.iter().any(|x| x.param == v && x.step.is_none());
    let is_plain = |a: &Affine| match a.terms[..] {
        [(v, 1)] => (is_counter(v) && c.step.saturating_abs() == 1) || !plan.linears.iter().any(|x| x.param == v),
        _ => false,
    };
    let uses = |a: &Affine, v: Value| a.terms.iter().any(|t| t.0 == v);
    let used = |v: Value| plan.checks.iter().any(|k| matches!(k, Check::Within(a, _) if !is_plain(a) && uses(a, v)));
    let varies = |a: &Affine| plan.linears.iter().any(|x| uses(a, x.param));
    if c.cc == IntCC::Ne && plan.checks.iter().any(|k| matches!(k, Check::Within(a, _) if varies(a))) {
        let due = e.icmp(if up { IntCC::Slt } else { IntCC::Sgt }, c.start, c.limit);
        both(&mut e, &mut all, due);
    }
    let mut ends: Vec<(Value, Value, Value)> = Vec::new();
    let mut counter_bounded = false;
    for x in &plan.linears {
        if !used(x.param) {
            continue;
        }
        if !counter_bounded {
            bound(&mut e, &mut all, c.start);
            bound(&mut e, &mut all, c.limit);
            counter_bounded = true;
        }
        let last = match x.step {
            None => last_counter,
            Some(step) => {
                // Iterations after the first one, each changes it by the step; 2^41 times 2^20 does not wrap.
                let more = e.binary(Opcode::Isub, last_counter, c.start);
                let more = e.unary(Opcode::Iabs, more);
                bound(&mut e, &mut all, x.first);
                if const_int(e.func, step).is_none_or(|k| k.saturating_abs() >= 1 << 20) {
                    let half = e.iconst(Ty::I64, 1 << 20);
                    let whole = e.iconst(Ty::I64, 1 << 21);
                    let shifted = e.binary(Opcode::Iadd, step, half);
                    let ok = e.icmp(IntCC::Ult, shifted, whole);
                    both(&mut e, &mut all, ok);
                }
                let way = e.binary(Opcode::Imul, more, step);
                let last = e.binary(Opcode::Iadd, x.first, way);
                bound(&mut e, &mut all, last);
                last
            }
        };
        ends.push((x.param, x.first, last));
    }
    for check in &plan.checks {
        match check {
            Check::True(v) => both(&mut e, &mut all, *v),
            Check::Within(a, n) if is_plain(a) => {
                let (low, high) = match a.terms[0].0 {
                    v if !is_counter(v) => (v, v),
                    _ if up => (c.start, last_counter),
                    _ => (last_counter, c.start),
                };
                let least = e.iconst(Ty::I64, -a.offset);
                let ok = e.icmp(IntCC::Sge, low, least);
                both(&mut e, &mut all, ok);
                let Some(n) = *n else { continue };
                let most = match a.offset {
                    0 => n,
                    // A sum that wraps fails the test; a difference would pass it, which no length makes that is not negative.
                    k => {
                        if k > 0 && const_int(e.func, n).is_none_or(|n| n < 0) && !e.func.nonneg.contains(n) {
                            let zero = e.iconst(Ty::I64, 0);
                            let ok = e.icmp(IntCC::Sge, n, zero);
                            both(&mut e, &mut all, ok);
                        }
                        let k = e.iconst(Ty::I64, -k);
                        e.binary(Opcode::Iadd, n, k)
                    }
                };
                let ok = e.icmp(IntCC::Slt, high, most);
                both(&mut e, &mut all, ok);
            }
            Check::Within(a, n) => {
                for &(v, _) in &a.terms {
                    if !ends.iter().any(|x| x.0 == v) {
                        bound(&mut e, &mut all, v);
                    }
                }
                let first = sum(&mut e, a, |v| ends.iter().find(|x| x.0 == v).map_or(v, |x| x.1));
                let last = sum(&mut e, a, |v| ends.iter().find(|x| x.0 == v).map_or(v, |x| x.2));
                let zero = e.iconst(Ty::I64, 0);
                let least = e.binary(Opcode::Smin, first, last);
                let ok = e.icmp(IntCC::Sge, least, zero);
                both(&mut e, &mut all, ok);
                if let Some(n) = *n {
                    let most = e.binary(Opcode::Smax, first, last);
                    let ok = e.icmp(IntCC::Slt, most, n);
                    both(&mut e, &mut all, ok);
                }
            }
        }
    }
    let cond = match all {
        Some(v) => v,
        None => e.iconst(Ty::I8, 1),
    };
    let mut insts = std::mem::take(&mut e.out);
    func.blocks[c.preheader].insts.append(&mut insts);
    cond
}

/// The value of an affine form.
fn sum(e: &mut Emitter<'_>, a: &Affine, value: impl Fn(Value) -> Value) -> Value {
    let mut total: Option<Value> = None;
    for &(v, k) in &a.terms {
        let mut v = value(v);
        if k != 1 {
            let c = e.iconst(Ty::I64, k);
            v = e.binary(Opcode::Imul, v, c);
        }
        total = Some(match total {
            Some(t) => e.binary(Opcode::Iadd, t, v),
            None => v,
        });
    }
    match total {
        Some(t) if a.offset == 0 => t,
        Some(t) => {
            let c = e.iconst(Ty::I64, a.offset);
            e.binary(Opcode::Iadd, t, c)
        }
        None => e.iconst(Ty::I64, a.offset),
    }
}
