//! Makes loops interruptible: every loop that may run long polls the interrupt word now and then.
//!
//! An innermost counted loop is cut into chunks: an outer loop computes how far the next chunk goes, the inner loop runs
//! that far with the same instructions as before, and between chunks there is a poll. Where an iteration tests the counter and goes on to other
//! conditions (`while i < n and …`), the end of the chunk is a parameter of the loop: the test compares with it, and asks for the limit
//! only where that fails. Other loops poll once an iteration;
//! a loop around others too, since inner loops may be short. A loop known to be short has no poll. The exception site of a
//! poll is the position of the loop's branch.

use super::simplify::{invert, swap};
use crate::analysis::counted::{Counted, counted, homes};
use crate::analysis::edit::{Emitter, const_int, def_of};
use crate::analysis::effects::effect;
use crate::analysis::loops::{LoopId, Loops, make_preheaders};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use looplift_mir::cleanup::remove_trivial_params;
use looplift_mir::dom::Dominators;
use looplift_mir::*;

/// Iterations between polls in a cut loop.
const CHUNK: i64 = 1 << 14;
/// The same in a vector loop, which runs up to 64 of them side by side: at most some milliseconds.
const VECTOR_CHUNK: i64 = 1 << 18;
/// Innermost loops without calls that run at most so many iterations do not poll.
const SHORT: i64 = 1 << 10;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let mut changed = make_preheaders(func);
    // What a preheader passes on is seen behind it: where a loop starts, for one.
    changed |= remove_trivial_params(func);
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    if loops.loops.is_empty() {
        return changed.into();
    }
    let preds = func.predecessors();
    let home = homes(func);
    let mut uses: SecondaryMap<Value, u32> = SecondaryMap::new();
    for &b in &func.layout {
        for &i in &func.blocks[b].insts {
            func.insts[i].args.iter().for_each(|&a| uses[a] += 1);
        }
        func.blocks[b].term.for_each_arg(|a| uses[a] += 1);
    }
    for (l, data) in loops.loops.iter() {
        if is_polled(func, &loops, l) {
            continue;
        }
        let is_vector = func.blocks[data.header].vector;
        let found = counted(func, &loops, &preds, &home, l);
        if found.is_some_and(|c| is_short(func, &c)) && !data.has_children && !calls(func, &data.blocks) {
            continue;
        }
        changed = true;
        match found {
            Some(c) if !data.has_children && !func.blocks[data.header].cold => {
                let due = is_due(func, &preds, c.preheader, (c.cc, c.start, c.limit));
                strip_mine(func, &c, &uses, due, if is_vector { VECTOR_CHUNK } else { CHUNK });
            }
            // A poll inside would make it none.
            _ if is_vector => {}
            None if !data.has_children && !func.blocks[data.header].cold => match find_tested(func, &loops, &preds, &home, &dom, l) {
                Some(t) => {
                    let due = is_due(func, &preds, t.preheader, (t.cc, t.start, t.limit));
                    chunk_tests(func, &t, due);
                }
                None => poll_at_header(func, data.header),
            },
            _ => poll_at_header(func, data.header),
        }
    }
    if changed {
        func.tidy_layout();
    }
    changed.into()
}

/// Whether the loop has a poll already on every way round (in its header or only latch).
fn is_polled(func: &Function, loops: &Loops, l: LoopId) -> bool {
    let data = &loops.loops[l];
    let polls = |b: Block| func.blocks[b].insts.iter().any(|&i| func.insts[i].op == Opcode::Poll);
    polls(data.header) || matches!(data.latches[..], [b] if polls(b))
}

fn calls(func: &Function, blocks: &[Block]) -> bool {
    blocks.iter().any(|&b| func.blocks[b].insts.iter().any(|&i| effect(func, &func.insts[i]).includes(Effect::OTHER)))
}

/// Whether the number of iterations is known and small.
fn is_short(func: &Function, c: &Counted) -> bool {
    match (const_int(func, c.start), const_int(func, c.limit)) {
        (Some(a), Some(b)) => b.checked_sub(a).is_some_and(|d| d.unsigned_abs() / c.step.unsigned_abs() <= SHORT as u64),
        _ => false,
    }
}

/// Blocks looked at above a loop.
const ABOVE: usize = 16;

/// Whether the loop is entered only if its test holds for the first iteration: a branch above tested just that.
fn is_due(func: &Function, preds: &SecondaryMap<Block, Vec<Block>>, preheader: Block, test: (IntCC, Value, Value)) -> bool {
    let same = |a: Value, b: Value| a == b || const_int(func, a).is_some_and(|n| const_int(func, b) == Some(n));
    let (wanted, mut start, mut limit) = test;
    let mut b = preheader;
    for _ in 0..ABOVE {
        let &[p] = &preds[b][..] else { return false };
        // What the block is passed, by its names in the block above.
        let edge = func.blocks[p].term.targets().into_iter().find(|t| t.block == b).cloned();
        let Some(edge) = edge else { return false };
        for v in [&mut start, &mut limit] {
            if let ValueDef::Param(home, n) = func.values[*v].def
                && home == b
            {
                *v = edge.args[n as usize];
            }
        }
        if let Terminator::Brif { cond, then, other } = &func.blocks[p].term
            && let Some(test) = def_of(func, *cond, Opcode::Icmp)
            && let Imm::ICond(cc) = func.insts[test].imm
            && then.block != other.block
        {
            let cc = if then.block == b { cc } else { invert(cc) };
            let (x, y) = (func.insts[test].args[0], func.insts[test].args[1]);
            if (cc == wanted && same(x, start) && same(y, limit)) || (swap(cc) == wanted && same(y, start) && same(x, limit)) {
                return true;
            }
        }
        b = p;
    }
    false
}

fn poll_site(func: &mut Function, span: SpanId) -> SiteId {
    func.sites.push(Site { kind: SiteKind::Propagate, span })
}

fn poll_at_header(func: &mut Function, header: Block) {
    let span = func.blocks[header].insts.first().map_or(func.blocks[header].term_span, |&i| func.insts[i].span);
    let site = poll_site(func, span);
    let i = func.make_inst(Opcode::Poll, None, &[], Imm::None, &[], Some(site), span);
    func.blocks[header].insts.insert(0, i);
}

/// Before:  `pre: jump header(s); header(c): …; latch: brif next cc limit, header(next), exit(x)`.
/// After:   `pre: jump outer(s); outer(c): m = end of chunk; jump header(c); header(c): …;
///           latch: brif next cc m, header(next), between; between: brif m != limit, again, exit(x); again: poll; jump outer(m)`.
fn strip_mine(func: &mut Function, c: &Counted, uses: &SecondaryMap<Value, u32>, is_due: bool, chunk: i64) {
    let span = func.blocks[c.latch].term_span;
    let outer = func.make_block(span);
    let between = func.make_block(span);
    let again = func.make_block(span);
    func.blocks[again].cold = true;
    // Entry.
    let mut args = Args::new();
    for n in 0..func.blocks[c.header].params.len() {
        let ty = func.ty(func.blocks[c.header].params[n]);
        args.push(func.append_param(outer, ty));
    }
    if let Terminator::Jump(t) = &mut func.blocks[c.preheader].term {
        t.block = outer;
    }
    let counter = args[c.position];
    func.blocks[outer].term = Terminator::Jump(BlockCall { block: c.header, args });
    // The end of the chunk. Where an iteration is due, the distance to the limit is not negative; as an unsigned number it
    // cannot overflow. Otherwise (a loop that tests only after its first iteration) the limit itself is the end. For `<=` and `>=` the limit itself is an iteration more, which
    // the comparison with the chunk's end does as well.
    let mut e = Emitter::new(func, span);
    let up = c.step > 0;
    let far = if up { e.binary(Opcode::Isub, c.limit, counter) } else { e.binary(Opcode::Isub, counter, c.limit) };
    let most = chunk_distance(c.step, c.ty, chunk);
    let size = e.iconst(c.ty, most);
    let d = e.binary(Opcode::Umin, far, size);
    let end = if up { e.binary(Opcode::Iadd, counter, d) } else { e.binary(Opcode::Isub, counter, d) };
    let end = if is_due {
        end
    } else {
        let due = e.icmp(c.cc, counter, c.limit);
        e.select(due, end, c.limit)
    };
    let insts = std::mem::take(&mut e.out);
    func.blocks[outer].insts = insts;
    // The latch compares with the end of the chunk.
    let mut e = Emitter::new(func, span);
    let more = e.icmp(c.cc, c.next, end);
    let latch_insts = std::mem::take(&mut e.out);
    func.blocks[c.latch].insts.extend(latch_insts);
    // The comparison with the limit leaves the inner loop, if only the branch uses it.
    let mut between_insts = Vec::new();
    let mut all = None;
    // A chunk that ends before the limit ends exactly at its end, so the next chunk starts there. The counter itself is
    // then not needed behind the inner loop, and one register holds it.
    let exact = !matches!(c.cc, IntCC::Sle | IntCC::Sge | IntCC::Ule | IntCC::Uge);
    if let Terminator::Brif { cond, .. } = func.blocks[c.latch].term
        && uses[cond] == 1
        && let ValueDef::Result(cmp, _) = func.values[cond].def
        && let Some(at) = func.blocks[c.latch].insts.iter().position(|&i| i == cmp)
    {
        func.blocks[c.latch].insts.remove(at);
        if !exact {
            between_insts.push(cmp);
            all = Some((cond, c.back_is_then));
        }
    }
    let (all, when) = match all {
        Some(x) => x,
        None => {
            let mut e = Emitter::new(func, span);
            let v = if exact { e.icmp(IntCC::Ne, end, c.limit) } else { e.icmp(c.cc, c.next, c.limit) };
            between_insts = e.out;
            (v, true)
        }
    };
    func.blocks[between].insts = between_insts;
    let Terminator::Brif { then, other, .. } = func.blocks[c.latch].term.clone() else { return };
    let (mut back, out) = if c.back_is_then { (then, other) } else { (other, then) };
    let go = |block: Block| BlockCall { block, args: Args::new() };
    func.blocks[c.latch].term = Terminator::Brif { cond: more, then: back.clone(), other: go(between) };
    let (then, other) = if when { (go(again), out) } else { (out, go(again)) };
    func.blocks[between].term = Terminator::Brif { cond: all, then, other };
    let site = poll_site(func, span);
    let poll = func.make_inst(Opcode::Poll, None, &[], Imm::None, &[], Some(site), span);
    func.blocks[again].insts.push(poll);
    if exact {
        back.args[c.position] = end;
    }
    func.blocks[again].term = Terminator::Jump(BlockCall { block: outer, args: back.args });
}

/// A loop that tests its counter somewhere on every way round: `next = counter + step; if next CC limit go on, else leave`.
struct Tested {
    header: Block,
    latch: Block,
    preheader: Block,
    /// The block that ends in the test, and whether its first target goes on.
    test: Block,
    on_is_then: bool,
    start: Value,
    next: Value,
    limit: Value,
    step: i64,
    cc: IntCC,
    ty: Ty,
}

fn find_tested(
    func: &Function,
    loops: &Loops,
    preds: &SecondaryMap<Block, Vec<Block>>,
    home: &SecondaryMap<Value, Option<Block>>,
    dom: &Dominators,
    l: LoopId,
) -> Option<Tested> {
    let data = &loops.loops[l];
    let [latch] = data.latches[..] else { return None };
    let preheader = loops.preheader(func, preds, l)?;
    let Terminator::Jump(entry) = &func.blocks[preheader].term else { return None };
    let back: Vec<_> = func.blocks[latch].term.targets().into_iter().filter(|t| t.block == data.header).cloned().collect();
    let [back] = &back[..] else { return None };
    let tests = data.blocks.iter().copied().filter(|&b| b != latch && dom.dominates(b, latch) && loops.of(b) == Some(l));
    tests.into_iter().find_map(|test| {
        let Terminator::Brif { cond, then, other } = &func.blocks[test].term else { return None };
        let on_is_then = match (loops.contains(l, then.block), loops.contains(l, other.block)) {
            (true, false) => true,
            (false, true) => false,
            _ => return None,
        };
        let d = &func.insts[def_of(func, *cond, Opcode::Icmp)?];
        let Imm::ICond(mut cc) = d.imm else { return None };
        let (mut next, mut limit) = (d.args[0], d.args[1]);
        let is_invariant = |v: Value| home[v].is_none_or(|b| !loops.contains(l, b));
        if is_invariant(next) {
            std::mem::swap(&mut next, &mut limit);
            cc = swap(cc);
        }
        if !on_is_then {
            cc = invert(cc);
        }
        let n = func.blocks[data.header]
            .params
            .iter()
            .enumerate()
            .position(|(n, &p)| back.args[n] == next && def_of(func, next, Opcode::Iadd).is_some_and(|i| func.insts[i].args[0] == p))?;
        let step = const_int(func, func.insts[def_of(func, next, Opcode::Iadd)?].args[1])?;
        let up = matches!(cc, IntCC::Slt | IntCC::Sle);
        let fits = (up && step > 0) || (matches!(cc, IntCC::Sgt | IntCC::Sge) && step < 0);
        let ty = func.ty(next);
        (fits && ty == Ty::I64 && is_invariant(limit)).then_some(Tested {
            header: data.header,
            latch,
            preheader,
            test,
            on_is_then,
            start: entry.args[n],
            next,
            limit,
            step,
            cc,
            ty,
        })
    })
}

/// The end of the chunk that begins at `from`, which is not behind the limit.
fn end_of_chunk(e: &mut Emitter<'_>, t: &Tested, from: Value) -> Value {
    let up = t.step > 0;
    let far = if up { e.binary(Opcode::Isub, t.limit, from) } else { e.binary(Opcode::Isub, from, t.limit) };
    let size = e.iconst(t.ty, chunk_distance(t.step, t.ty, CHUNK));
    let d = e.binary(Opcode::Umin, far, size);
    e.binary(if up { Opcode::Iadd } else { Opcode::Isub }, from, d)
}

/// Before:  `pre: jump header(s); header(c): …; test: brif next cc limit, on, exit(x); on: …; latch: brif …, header(next), …`.
/// After:   `pre: m = end of chunk; jump header(s, m); header(c, m): …; test: brif next cc m, go(m), between;
///           go(k): jump on; on: …; latch: brif …, header(next, k), …;
///           between: brif next cc limit, again, exit(x); again: poll; jump go(end of chunk)`.
/// No end of a chunk is behind the limit, so that what is before one is before the other.
fn chunk_tests(func: &mut Function, t: &Tested, is_due: bool) {
    let span = func.blocks[t.test].term_span;
    let (go, between, again) = (func.make_block(span), func.make_block(span), func.make_block(span));
    func.blocks[again].cold = true;
    // The first chunk; none where the loop starts behind the limit.
    let mut e = Emitter::new(func, span);
    let first = end_of_chunk(&mut e, t, t.start);
    let first = if is_due {
        first
    } else {
        let due = e.icmp(t.cc, t.start, t.limit);
        e.select(due, first, t.limit)
    };
    let mut out = std::mem::take(&mut e.out);
    func.blocks[t.preheader].insts.append(&mut out);
    let end = func.append_param(t.header, t.ty);
    let kept = func.append_param(go, t.ty);
    for (from, v) in [(t.preheader, first), (t.latch, kept)] {
        for target in func.blocks[from].term.targets_mut() {
            if target.block == t.header {
                target.args.push(v);
            }
        }
    }
    // The test.
    let Terminator::Brif { then, other, .. } = func.blocks[t.test].term.clone() else { return };
    let (on, out) = if t.on_is_then { (then, other) } else { (other, then) };
    let mut e = Emitter::new(func, span);
    let more = e.icmp(t.cc, t.next, end);
    let mut rows = std::mem::take(&mut e.out);
    func.blocks[t.test].insts.append(&mut rows);
    let to = |block: Block, args: &[Value]| BlockCall { block, args: Args::from_slice(args) };
    func.blocks[t.test].term = Terminator::Brif { cond: more, then: to(go, &[end]), other: to(between, &[]) };
    func.blocks[go].term = Terminator::Jump(on);
    let mut e = Emitter::new(func, span);
    let more = e.icmp(t.cc, t.next, t.limit);
    let rows = std::mem::take(&mut e.out);
    func.blocks[between].insts = rows;
    func.blocks[between].term = Terminator::Brif { cond: more, then: to(again, &[]), other: out };
    let site = poll_site(func, span);
    let poll = func.make_inst(Opcode::Poll, None, &[], Imm::None, &[], Some(site), span);
    let mut e = Emitter::new(func, span);
    e.keep(poll);
    let next = end_of_chunk(&mut e, t, t.next);
    let rows = std::mem::take(&mut e.out);
    func.blocks[again].insts = rows;
    func.blocks[again].term = Terminator::Jump(to(go, &[next]));
}

/// The distance a chunk covers: a multiple of the step that the counter's type holds.
fn chunk_distance(step: i64, ty: Ty, chunk: i64) -> i64 {
    let most = match ty {
        Ty::I8 => 64,
        Ty::I16 => 1 << 14,
        _ => i64::from(u32::MAX >> 2),
    };
    let step = step.saturating_abs();
    step.saturating_mul(chunk).min(most / step * step).max(step)
}
