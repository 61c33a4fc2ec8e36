//! Marks loops whose iterations may run side by side; emission makes vector loops of them (`looplift_simd`).
//!
//! A candidate is an innermost loop from which a [`Plan`] can be read. What it stores must not meet, in another iteration,
//! what it loads or stores elsewhere. That follows from where the addresses come from (an array made in this function, one
//! offset from another), or is tested before the loop; then the loop is copied, and the copy, which runs when the test
//! fails, stays as it was.
//!
//! Where an iteration may leave, by a guard, `break` or a cold block, the loop *hands over*: it jumps to the copy with what
//! the iteration started from, before it has written anything, and the copy runs that iteration and all others as the
//! source has them. The same happens behind the loop where the lanes cannot know the result: the largest of floats that
//! turns out to be a zero may have the wrong sign.
//!
//! Every innermost loop gets a remark.

use crate::analysis::alias::Aliases;
use crate::analysis::close::{close, copy_blocks};
use crate::analysis::edit::{Emitter, const_int};
use crate::analysis::effects::effect;
use crate::analysis::loops::{LoopId, Loops, make_preheaders};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use looplift_mir::cleanup::remove_trivial_params;
use looplift_mir::dom::Dominators;
use looplift_mir::*;
use looplift_simd::plan::{Access, Address, Combine, Context, Plan};
use looplift_simd::{Isa, No, Why};

/// Tests before a loop.
const MAX_TESTS: usize = 12;
/// Loops of so few iterations, where that is known, stay as they are.
const SHORT: i64 = 8;
/// A loop in another one whose body has so many operations is worth calling a kernel for if it runs once, one with half as
/// many if it runs twice.
const WORTH: usize = 120;
/// Memory is there or not in pieces of at least this size.
const PAGE: i64 = 4096;
/// Loops are copied until this many instructions have been added.
const MAX_GROWTH: usize = 4_000;

/// What has to be so before the loop.
struct Test {
    stored: Access,
    other: Access,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The two ranges do not overlap.
    Apart,
    /// They do not, or the second, which is loaded before the first is stored, starts no earlier.
    Ahead,
    /// Elements are at least so far apart, forward or backward, that two accesses of one pointer meet in one iteration only.
    Stride(i64),
}

/// Whether two accesses of one pointer, the first of which stores, keep out of each other's way.
enum Meeting {
    Fine,
    Never,
    /// If elements are so far apart.
    FineFrom(i64),
}

fn meeting(plan: &Plan, stored: &Access, other: &Access, before: bool) -> Meeting {
    let address = &plan.pointers[stored.pointer as usize];
    let distance = i64::from(other.offset - stored.offset);
    let (a, b) = (i64::from(stored.size), i64::from(other.size));
    if !address.paces.is_empty() {
        let meets = distance < a && -distance < b;
        return match (distance, a == b) {
            (0, true) => Meeting::FineFrom(a),
            _ if meets => Meeting::Never,
            _ => Meeting::FineFrom(distance.abs() + a.max(b)),
        };
    }
    let stride = address.stride;
    // Of how many iterations later the element is; the only ones that can be near.
    let near = -distance / stride;
    let overlaps = |m: i64| distance + m * stride < a && -(distance + m * stride) < b;
    if !(near - 1..=near + 1).any(overlaps) {
        return Meeting::Fine;
    }
    if a != b || distance % stride != 0 || a > stride.abs() {
        return Meeting::Never;
    }
    let is_fine = match (distance / stride, other.is_store) {
        (0, _) => true,
        (_, true) => false,
        // What comes first in the loop comes last in the kernel.
        _ if plan.is_turned => false,
        // A load before the store may read ahead, one after it back.
        (ahead, false) => (ahead > 0) == before,
    };
    if is_fine { Meeting::Fine } else { Meeting::Never }
}

pub fn run(func: &mut Function, cx: &mut PassCx<'_>) -> Changed {
    let Some(isa) = cx.vectors else { return Changed::No };
    func.tidy_layout();
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    let is_candidate = |l: LoopId| {
        let data = &func.blocks[loops.loops[l].header];
        !loops.loops[l].has_children && !data.cold && !data.vector
    };
    let candidates: Vec<Block> = loops.loops.keys().filter(|&l| is_candidate(l)).map(|l| loops.loops[l].header).collect();
    if candidates.is_empty() {
        return Changed::No;
    }
    let mut changed = make_preheaders(func);
    // What a preheader passes on is seen behind it.
    changed |= remove_trivial_params(func);
    let mut budget = MAX_GROWTH;
    for header in candidates {
        let span = place(func, header);
        let made = vectorize(func, header, isa, &mut budget);
        changed |= made.is_ok();
        let reason = made.err().map(|no| (no.why.text().into(), no.at.map(|i| func.insts[i].span)));
        func.remarks.push(Remark { span, reason });
    }
    if changed {
        func.tidy_layout();
    }
    changed.into()
}

/// The loop's position in the source: that of the branch that goes round.
fn place(func: &Function, header: Block) -> SpanId {
    let back = func.predecessors()[header].iter().copied().rfind(|&p| func.blocks[p].term.targets().len() > 1);
    func.blocks[back.unwrap_or(header)].term_span
}

fn vectorize(func: &mut Function, header: Block, isa: Isa, budget: &mut usize) -> Result<(), No> {
    let plan = match Plan::new(func, header, &Context::new(func, isa)) {
        // Ways out of the loop that use its numbers take them as parameters, then.
        Err(No { why: Why::Escapes, .. }) => {
            let dom = Dominators::new(func);
            let loops = Loops::new(func, &dom);
            let l = loops.of(header).ok_or(Why::Branches.no())?;
            let mut inside: SecondaryMap<Block, bool> = SecondaryMap::new();
            loops.loops[l].blocks.iter().for_each(|&b| inside[b] = true);
            close(func, &dom, header, &inside);
            Plan::new(func, header, &Context::new(func, isa))?
        }
        plan => plan?,
    };
    let tests = tests(func, &plan)?;
    if plan.breaks && func.flags.unchecked {
        return Err(Why::Unchecked.no());
    }
    if is_short(func, header, &plan) {
        return Err(Why::Short.no());
    }
    // Without conditions a load is cheaper, where there is one under a condition at all.
    let (plan, tests) = match looplift_simd::make(&plan.kernel, isa) {
        Some(_) => (plan, tests),
        None if speculate_loads(func, &plan.blocks) => {
            let plan = Plan::new(func, header, &Context::new(func, isa))?;
            let tests = self::tests(func, &plan)?;
            looplift_simd::make(&plan.kernel, isa).ok_or(Why::Registers.no())?;
            (plan, tests)
        }
        None => return Err(Why::Registers.no()),
    };
    let doubts = plan.reductions.iter().any(|r| matches!(r.combine, Combine::Extreme { .. }));
    let least = least_iterations(func, header, &plan);
    if !tests.is_empty() || plan.may_leave() || doubts || least.is_some() {
        let size: usize = plan.blocks.iter().map(|&b| func.blocks[b].insts.len() + 1).sum();
        if size > *budget {
            return Err(Why::Large.no());
        }
        version(func, header, &plan, &tests, least).ok_or(Why::Branches.no())?;
        *budget -= size;
        func.tidy_layout();
        if !Plan::new(func, header, &Context::new(func, isa))?.is_ready() {
            return Err(Why::Branches.no());
        }
    }
    func.blocks[header].vector = true;
    Ok(())
}

/// Takes loads out of conditions where the same iteration has loaded on both sides of them, so near that what lies between is in the
/// same pages. Says whether it took any.
fn speculate_loads(func: &mut Function, blocks: &[Block]) -> bool {
    if func.flags.unchecked {
        return false;
    }
    let preds = func.predecessors();
    let span = |func: &Function, i: Inst| {
        let d = &func.insts[i];
        match (d.op, d.imm, d.ty) {
            (Opcode::Load, Imm::Mem(region, from), Some(ty)) => Some((d.args[0], region, i64::from(from), i64::from(from) + i64::from(ty.bytes()))),
            _ => None,
        }
    };
    let writes = |func: &Function, i: Inst| effect(func, &func.insts[i]).overlaps(Effect::WRITE);
    let mut changed = false;
    for &b in &blocks[1..] {
        let mut at = 0;
        while let Some(&i) = func.blocks[b].insts.get(at).filter(|i| !writes(func, **i)) {
            at += 1;
            let Some((base, region, from, to)) = span(func, i) else { continue };
            // Blocks that lead here and nowhere else, the nearest first.
            let mut above = b;
            let found = loop {
                let [next] = preds[above][..] else { break None };
                if !blocks.contains(&next) || (above != b && func.blocks[above].insts.iter().any(|&j| writes(func, j))) {
                    break None;
                }
                let others = || func.blocks[next].insts.iter().filter_map(|&j| span(func, j)).filter(|x| (x.0, x.1) == (base, region));
                let low = others().map(|x| x.2).filter(|&x| x <= from).max();
                let high = others().map(|x| x.3).filter(|&x| x >= to).min();
                if low.zip(high).is_some_and(|(low, high)| high - low <= PAGE) {
                    break Some(next);
                }
                above = next;
            };
            if let Some(to) = found {
                at -= 1;
                func.blocks[b].insts.remove(at);
                func.blocks[to].insts.push(i);
                changed = true;
            }
        }
    }
    changed
}

fn entry_args(func: &Function, header: Block, blocks: &[Block]) -> Option<Args> {
    let mut found = None;
    for &b in &func.layout {
        if !blocks.contains(&b) {
            for t in func.blocks[b].term.targets() {
                if t.block == header {
                    if found.is_some() {
                        return None;
                    }
                    found = Some(t.args.clone());
                }
            }
        }
    }
    found
}

fn start_of(func: &Function, header: Block, plan: &Plan) -> Option<Value> {
    let ValueDef::Param(_, at) = func.values[plan.counter].def else { return None };
    entry_args(func, header, &plan.blocks).map(|a| a[at as usize])
}

fn is_short(func: &Function, header: Block, plan: &Plan) -> bool {
    let start = start_of(func, header, plan).and_then(|v| const_int(func, v));
    match (start, const_int(func, plan.limit)) {
        (Some(a), Some(b)) => b.abs_diff(a) < SHORT as u64,
        _ => false,
    }
}

/// How often the loop has to run so that a kernel is worth its call, where it may be called again and again.
fn least_iterations(func: &Function, header: Block, plan: &Plan) -> Option<i64> {
    let loops = Loops::new(func, &Dominators::new(func));
    loops.loops[loops.of(header)?].parent?;
    let ends = [start_of(func, header, plan)?, plan.limit];
    if ends.iter().all(|&v| const_int(func, v).is_some()) {
        return None;
    }
    let least = (WORTH / plan.kernel.nodes.len().max(1)).clamp(4, 32) as i64;
    // The last iterations take their elements one by one.
    Some(if plan.kernel.is_strided() { 4 * least } else { least })
}

/// What has to be tested before the loop; an error if iterations depend on each other.
fn tests(func: &Function, plan: &Plan) -> Result<Vec<Test>, No> {
    let aliases = Aliases::new(func);
    let addr = |a: &Access| func.insts[a.inst].args[usize::from(a.is_store)];
    let mut tests: Vec<Test> = Vec::new();
    for (n, stored) in plan.accesses.iter().enumerate().filter(|(_, a)| a.is_store) {
        for (m, other) in plan.accesses.iter().enumerate() {
            // Each pair of stores once.
            if m == n || (other.is_store && m > n) || other.region != stored.region {
                continue;
            }
            let before = m < n;
            if !other.is_fixed && other.pointer == stored.pointer {
                match meeting(plan, stored, other, before) {
                    Meeting::Fine => {}
                    Meeting::Never => return Err(Why::Overlap.at(other.inst)),
                    Meeting::FineFrom(least) => tests.push(Test { stored: *stored, other: *other, kind: Kind::Stride(least) }),
                }
                continue;
            }
            if aliases.are_apart(addr(stored), addr(other)) {
                continue;
            }
            let key = |a: &Access| (a.is_fixed, a.pointer, a.offset);
            let same = |t: &Test| (key(&t.stored), key(&t.other)) == (key(stored), key(other));
            let ahead = !other.is_store && !other.is_fixed && !other.moved && !plan.is_turned && before && other.size == stored.size && {
                let (a, b) = (&plan.pointers[stored.pointer as usize], &plan.pointers[other.pointer as usize]);
                a.stride == b.stride && a.stride >= i64::from(stored.size) && a.paces.is_empty() && b.paces.is_empty()
            };
            match tests.iter_mut().find(|t| same(t) && !matches!(t.kind, Kind::Stride(_))) {
                Some(t) if !ahead => t.kind = Kind::Apart,
                Some(_) => {}
                None => tests.push(Test { stored: *stored, other: *other, kind: if ahead { Kind::Ahead } else { Kind::Apart } }),
            }
        }
    }
    if tests.len() > MAX_TESTS { Err(Why::Tests.no()) } else { Ok(tests) }
}

/// Puts a copy beside the loop, the tests before it, and hands over.
fn version(func: &mut Function, header: Block, plan: &Plan, tests: &[Test], least: Option<i64>) -> Option<()> {
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    let l: LoopId = loops.loops.keys().find(|&l| loops.loops[l].header == header)?;
    let preds = func.predecessors();
    let preheader = loops.preheader(func, &preds, l)?;
    let start = start_of(func, header, plan)?;
    let all = loops.loops[l].blocks.clone();
    let mut inside: SecondaryMap<Block, bool> = SecondaryMap::new();
    all.iter().for_each(|&b| inside[b] = true);
    close(func, &dom, header, &inside);
    let entry = entry_args(func, header, &all)?;
    let needs_test = !tests.is_empty() || least.is_some();
    let cond = needs_test.then(|| emit_tests(func, header, preheader, plan, tests, least, start, &entry));
    let copies = copy_blocks(func, &all);
    // Where iterations may depend on each other, or are few, the copy is the loop.
    if cond.is_none() {
        copies.values().for_each(|&c| func.blocks[c].cold = true);
    }
    let copy = *copies.get(&header)?;
    hand_over(func, header, plan, copy);
    for r in &plan.reductions {
        if let Combine::Extreme { last, .. } = r.combine {
            check_zero(func, header, plan, r.value, (!last).then(|| entry[r.position]), BlockCall { block: copy, args: entry.clone() });
        }
    }
    if let Some(cond) = cond {
        let span = func.blocks[preheader].term_span;
        let (fast, slow) = (func.make_block(span), func.make_block(span));
        func.blocks[fast].term = Terminator::Jump(BlockCall { block: header, args: entry.clone() });
        func.blocks[slow].term = Terminator::Jump(BlockCall { block: copy, args: entry });
        let go = |block: Block| BlockCall { block, args: Args::new() };
        func.blocks[preheader].term = Terminator::Brif { cond, then: go(fast), other: go(slow) };
    }
    Some(())
}

/// Guards become branches, and they and all ways out but the latch's lead to the copy.
fn hand_over(func: &mut Function, header: Block, plan: &Plan, copy: Block) {
    let stop = BlockCall { block: copy, args: func.blocks[header].params.iter().copied().collect() };
    for &first in &plan.blocks {
        let mut b = first;
        while let Some(at) = func.blocks[b].insts.iter().position(|&i| func.insts[i].op == Opcode::Guard) {
            let mut behind = func.blocks[b].insts.split_off(at);
            let guard = behind.remove(0);
            let next = func.make_block(func.blocks[b].term_span);
            func.blocks[next].insts = behind;
            let stay = BlockCall { block: next, args: Args::new() };
            let cond = func.insts[guard].args[0];
            let term = Terminator::Brif { cond, then: stay, other: stop.clone() };
            func.blocks[next].term = std::mem::replace(&mut func.blocks[b].term, term);
            b = next;
        }
        if first == plan.latch {
            continue;
        }
        for t in func.blocks[b].term.targets_mut() {
            if !plan.blocks.contains(&t.block) {
                *t = stop.clone();
            }
        }
    }
}

/// Behind the loop: if `result` is zero, and `first` (if that counts) was not, the copy runs from the start.
fn check_zero(func: &mut Function, header: Block, plan: &Plan, result: Value, first: Option<Value>, again: BlockCall) {
    let span = func.blocks[plan.latch].term_span;
    let mut e = Emitter::new(func, span);
    let zero = e.fconst(e.func.ty(result), 0.0);
    let mut known = e.fcmp(FloatCC::Ne, result, zero);
    if let Some(first) = first {
        let was = e.fcmp(FloatCC::Eq, first, zero);
        known = e.binary(Opcode::Bor, known, was);
    }
    let insts = std::mem::take(&mut e.out);
    let check = func.make_block(span);
    func.blocks[check].insts = insts;
    let to_check = BlockCall { block: check, args: Args::new() };
    let exit = func.blocks[plan.latch].term.targets_mut().into_iter().find(|t| t.block != header);
    if let Some(exit) = exit {
        let then = std::mem::replace(exit, to_check);
        func.blocks[check].term = Terminator::Brif { cond: known, then, other: again };
    }
}

/// Whether there are enough iterations, and the ranges are as the tests want them.
#[expect(clippy::too_many_arguments)]
fn emit_tests(func: &mut Function, header: Block, preheader: Block, plan: &Plan, tests: &[Test], least: Option<i64>, start: Value, entry: &Args) -> Value {
    let span = func.blocks[preheader].term_span;
    let mut e = Emitter::new(func, span);
    let count = emit_count(&mut e, plan, start);
    let mut firsts: Vec<Option<(Value, Value)>> = vec![None; plan.pointers.len() + plan.fixed.len()];
    let mut all = least.map(|k| {
        let k = e.iconst(Ty::I64, k);
        e.icmp(IntCC::Sge, count, k)
    });
    for t in tests {
        let ok = match t.kind {
            Kind::Stride(least) => {
                let stride = emit_stride(&mut e, &plan.pointers[t.stored.pointer as usize]);
                let size = e.unary(Opcode::Iabs, stride);
                let least = e.iconst(Ty::I64, least);
                e.icmp(IntCC::Sge, size, least)
            }
            Kind::Apart | Kind::Ahead => {
                let stored = range(&mut e, plan, &mut firsts, header, entry, count, &t.stored);
                let other = range(&mut e, plan, &mut firsts, header, entry, count, &t.other);
                let behind = e.icmp(IntCC::Ule, stored.1, other.0);
                let before = e.icmp(IntCC::Ule, other.1, stored.0);
                let ok = e.binary(Opcode::Bor, behind, before);
                if t.kind == Kind::Ahead {
                    let ahead = e.icmp(IntCC::Uge, other.0, stored.0);
                    e.binary(Opcode::Bor, ok, ahead)
                } else {
                    ok
                }
            }
        };
        all = Some(match all {
            Some(a) => e.binary(Opcode::Band, a, ok),
            None => ok,
        });
    }
    let cond = all.unwrap_or_else(|| e.iconst(Ty::I8, 1));
    let mut insts = std::mem::take(&mut e.out);
    func.blocks[preheader].insts.append(&mut insts);
    cond
}

/// The number of iterations, at least 1.
fn emit_count(e: &mut Emitter<'_>, plan: &Plan, start: Value) -> Value {
    let (from, to) = if plan.step > 0 { (start, plan.limit) } else { (plan.limit, start) };
    let mut n = e.binary(Opcode::Isub, to, from);
    let one = e.iconst(Ty::I64, 1);
    if plan.is_inclusive() {
        n = e.binary(Opcode::Iadd, n, one);
    }
    e.binary(Opcode::Smax, n, one)
}

/// Where an access begins and ends over all iterations.
fn range(e: &mut Emitter<'_>, plan: &Plan, firsts: &mut [Option<(Value, Value)>], header: Block, entry: &Args, count: Value, a: &Access) -> (Value, Value) {
    let slot = if a.is_fixed { plan.pointers.len() + a.pointer as usize } else { a.pointer as usize };
    let (low, high) = match firsts[slot] {
        Some(ends) => ends,
        None => {
            let address = if a.is_fixed { &plan.fixed[a.pointer as usize] } else { &plan.pointers[slot] };
            let first = emit_address(e, address, header, entry);
            let ends = if a.is_fixed {
                (first, first)
            } else {
                let (one, stride) = (e.iconst(Ty::I64, 1), emit_stride(e, address));
                let others = e.binary(Opcode::Isub, count, one);
                let way = e.binary(Opcode::Imul, others, stride);
                let last = e.binary(Opcode::Iadd, first, way);
                match (address.paces.is_empty(), address.stride < 0) {
                    (true, false) => (first, last),
                    (true, true) => (last, first),
                    (false, _) => (e.binary(Opcode::Umin, first, last), e.binary(Opcode::Umax, first, last)),
                }
            };
            firsts[slot] = Some(ends);
            ends
        }
    };
    let plus = |e: &mut Emitter<'_>, v: Value, k: i64| {
        if k == 0 {
            return v;
        }
        let k = e.iconst(Ty::I64, k);
        e.binary(Opcode::Iadd, v, k)
    };
    let offset = i64::from(a.offset);
    (plus(e, low, offset), plus(e, high, offset + i64::from(a.size)))
}

fn emit_stride(e: &mut Emitter<'_>, address: &Address) -> Value {
    let mut sum = e.iconst(Ty::I64, address.stride);
    for &(v, k) in &address.paces {
        let k = e.iconst(Ty::I64, k);
        let pace = e.binary(Opcode::Imul, v, k);
        sum = e.binary(Opcode::Iadd, sum, pace);
    }
    sum
}

fn emit_address(e: &mut Emitter<'_>, address: &Address, header: Block, entry: &Args) -> Value {
    let mut sum = e.iconst(Ty::I64, address.offset);
    for t in &address.terms {
        // Parameters of the loop have their values on entry.
        let at_first = |e: &Emitter<'_>, v: Value| match e.func.values[v].def {
            ValueDef::Param(b, n) if b == header => entry[n as usize],
            _ => v,
        };
        let mut v = at_first(e, t.value);
        if let Some(by) = t.by {
            let by = at_first(e, by);
            v = e.binary(Opcode::Imul, v, by);
        }
        if t.factor != 1 {
            let k = e.iconst(Ty::I64, t.factor);
            v = e.binary(Opcode::Imul, v, k);
        }
        sum = e.binary(Opcode::Iadd, sum, v);
    }
    sum
}
