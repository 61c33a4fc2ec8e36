//! Takes the first and the last iteration out of a loop that asks for them: in `left = j - 1 if j > 0 else n - 1` all iterations but the
//! first go one way, and in the loop that is left nothing has to be asked.
//!
//! For a small innermost loop that counts by one: a condition that compares the counter, plus a constant, with the start or the limit, and
//! that only the first iteration, or the last one, answers in its own way. `ranges` settles the condition in the loop afterwards.

use super::{fold_constants, simplify_cfg};
use crate::analysis::close::{close, copy_blocks};
use crate::analysis::counted::{Counted, LoopState};
use crate::analysis::edit::{Emitter, const_int, def_inst, def_of};
use crate::analysis::loops::{LoopId, make_preheaders};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use looplift_mir::cleanup::remove_trivial_params;
use looplift_mir::*;

/// Instructions of a loop, and of all copies of loops.
const MAX_SIZE: usize = 160;
const MAX_GROWTH: usize = 800;
/// Loops known to run less often stay as they are.
const SHORT: i64 = 8;

/// Which iterations the conditions of a loop ask for.
#[derive(Clone, Copy, Default)]
struct Ends {
    first: bool,
    last: bool,
}

pub fn run(func: &mut Function, cx: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let s = LoopState::new(func);
    if !s.loops.loops.keys().any(|l| is_candidate(func, &s, l)) {
        return Changed::No;
    }
    let mut changed = make_preheaders(func);
    changed |= remove_trivial_params(func);
    let s = LoopState::new(func);
    let headers: Vec<Block> = s.loops.loops.iter().filter(|(l, _)| is_candidate(func, &s, *l)).map(|(_, data)| data.header).collect();
    let mut budget = MAX_GROWTH;
    let mut peeled = false;
    for header in headers {
        peeled |= peel(func, header, &mut budget);
    }
    if peeled {
        func.tidy_layout();
        simplify_cfg::run(func, cx);
        fold_constants::run(func, cx);
        changed = true;
    }
    changed.into()
}

/// An innermost loop of which copies cost little.
fn is_candidate(func: &Function, s: &LoopState, l: LoopId) -> bool {
    let data = &s.loops.loops[l];
    if data.has_children || func.blocks[data.header].cold {
        return false;
    }
    let calls =
        |i: &Inst| matches!(func.insts[*i].op, Opcode::Call | Opcode::CallTry | Opcode::CallRt | Opcode::CallRtTry | Opcode::Alloc | Opcode::AllocZeroed);
    let size: usize = data.blocks.iter().map(|&b| func.blocks[b].insts.len() + 1).sum();
    let takes_refs = func.blocks[data.header].params.iter().any(|&p| func.ty(p) == Ty::Ref);
    size <= MAX_SIZE && !takes_refs && !data.blocks.iter().any(|&b| func.blocks[b].insts.iter().any(calls))
}

fn peel(func: &mut Function, header: Block, budget: &mut usize) -> bool {
    let s = LoopState::new(func);
    let Some((l, c)) = s.loops.of(header).and_then(|l| Some((l, s.counted(func, l)?))) else { return false };
    if c.ty != Ty::I64 || c.cc != IntCC::Slt || c.step != 1 || is_short(func, &c) {
        return false;
    }
    let ends = ends(func, &s, l, &c);
    let blocks = s.loops.loops[l].blocks.clone();
    let size: usize = blocks.iter().map(|&b| func.blocks[b].insts.len() + 1).sum::<usize>() * (usize::from(ends.first) + usize::from(ends.last));
    if size == 0 || size > *budget {
        return false;
    }
    *budget -= size;
    let mut inside: SecondaryMap<Block, bool> = SecondaryMap::new();
    blocks.iter().for_each(|&b| inside[b] = true);
    close(func, &s.dom, header, &inside);
    let mut entry = c.preheader;
    if ends.first {
        let Some(next) = peel_first(func, &c, &blocks) else { return false };
        entry = next;
    }
    !ends.last || peel_last(func, &c, &blocks, entry)
}

fn is_short(func: &Function, c: &Counted) -> bool {
    match (const_int(func, c.start), const_int(func, c.limit)) {
        (Some(a), Some(b)) => b.saturating_sub(a) < SHORT,
        _ => false,
    }
}

/// A value as another one and a constant.
fn offset(func: &Function, v: Value) -> (Value, i64) {
    let (mut v, mut sum) = (v, 0i64);
    for _ in 0..4 {
        let Some(i) = def_inst(func, v) else { break };
        let d = &func.insts[i];
        let k = match d.op {
            Opcode::Iadd => const_int(func, d.args[1]),
            Opcode::Isub => const_int(func, d.args[1]).and_then(i64::checked_neg),
            _ => None,
        };
        let Some(total) = k.and_then(|k| sum.checked_add(k)) else { break };
        (v, sum) = (d.args[0], total);
    }
    (v, sum)
}

/// What the conditions of branches and choices ask for.
fn ends(func: &Function, s: &LoopState, l: LoopId, c: &Counted) -> Ends {
    let mut ends = Ends::default();
    let own = match &func.blocks[c.latch].term {
        Terminator::Brif { cond, .. } => Some(*cond),
        _ => None,
    };
    for &b in &s.loops.loops[l].blocks {
        for &i in &func.blocks[b].insts {
            let d = &func.insts[i];
            if d.op == Opcode::Select {
                note(func, c, d.args[0], &mut ends);
            }
        }
        if let Terminator::Brif { cond, .. } = &func.blocks[b].term
            && (b != c.latch || Some(*cond) != own)
        {
            note(func, c, *cond, &mut ends);
        }
    }
    ends
}

fn note(func: &Function, c: &Counted, cond: Value, ends: &mut Ends) {
    let Some(i) = def_of(func, cond, Opcode::Icmp) else { return };
    let d = &func.insts[i];
    let Imm::ICond(mut cc) = d.imm else { return };
    let (mut x, mut y) = (offset(func, d.args[0]), offset(func, d.args[1]));
    if y.0 == c.counter {
        std::mem::swap(&mut x, &mut y);
        cc = super::simplify::swap(cc);
    }
    if x.0 != c.counter {
        return;
    }
    // `counter cc base + distance`.
    let Some(distance) = y.1.checked_sub(x.1) else { return };
    let from = |end: Value| {
        let (base, k) = offset(func, end);
        match (const_int(func, base), const_int(func, y.0)) {
            (Some(a), Some(b)) => b.checked_add(distance)?.checked_sub(a.checked_add(k)?),
            _ => (base == y.0).then(|| distance.checked_sub(k)).flatten(),
        }
    };
    // Where the answer changes, counted from the start and from the limit.
    let (at_first, at_last) = match cc {
        IntCC::Eq | IntCC::Ne => (0, -1),
        IntCC::Sgt | IntCC::Sle => (0, -2),
        IntCC::Sge | IntCC::Slt => (1, -1),
        IntCC::Ult | IntCC::Ule | IntCC::Ugt | IntCC::Uge => return,
    };
    ends.first |= from(c.start) == Some(at_first);
    ends.last |= from(c.limit) == Some(at_last);
}

/// Copies the loop before itself and runs the copy once. Gives the block from which the loop is entered then.
fn peel_first(func: &mut Function, c: &Counted, blocks: &[Block]) -> Option<Block> {
    let of = copy_blocks(func, blocks);
    let (header, latch) = (*of.get(&c.header)?, *of.get(&c.latch)?);
    let Terminator::Jump(entry) = &mut func.blocks[c.preheader].term else { return None };
    entry.block = header;
    let next = func.make_block(func.blocks[c.latch].term_span);
    let Terminator::Brif { then, other, .. } = &mut func.blocks[latch].term else { return None };
    let back = if c.back_is_then { then } else { other };
    let args = std::mem::take(&mut back.args);
    back.block = next;
    func.blocks[next].term = Terminator::Jump(BlockCall { block: c.header, args });
    Some(next)
}

/// Lets the loop run up to the last iteration, which a copy behind it does. `entry` jumps to the header.
fn peel_last(func: &mut Function, c: &Counted, blocks: &[Block], entry: Block) -> bool {
    let span = func.blocks[c.latch].term_span;
    let of = copy_blocks(func, blocks);
    let (Some(&header), Some(&latch)) = (of.get(&c.header), of.get(&c.latch)) else { return false };
    let Terminator::Jump(enter) = func.blocks[entry].term.clone() else { return false };
    // The copy runs once.
    let Terminator::Brif { then, other, .. } = func.blocks[latch].term.clone() else { return false };
    func.blocks[latch].term = Terminator::Jump(if c.back_is_then { other } else { then });
    // The loop is entered if an iteration before the last one is due.
    let start = enter.args[c.position];
    let (many, one, rest) = (func.make_block(span), func.make_block(span), func.make_block(span));
    let go = |block: Block, args: Args| BlockCall { block, args };
    let mut e = Emitter::new(func, span);
    let minus = e.iconst(Ty::I64, -1);
    let last = e.binary(Opcode::Iadd, c.limit, minus);
    let due = e.icmp(IntCC::Slt, start, c.limit);
    let before = e.icmp(IntCC::Slt, start, last);
    let cond = e.binary(Opcode::Band, due, before);
    let mut insts = e.out;
    func.blocks[entry].insts.append(&mut insts);
    func.blocks[entry].term = Terminator::Brif { cond, then: go(many, Args::new()), other: go(one, Args::new()) };
    func.blocks[many].term = Terminator::Jump(go(c.header, enter.args.clone()));
    func.blocks[one].term = Terminator::Jump(go(header, enter.args));
    // Behind the loop exactly one is left.
    let Terminator::Brif { then, other, .. } = func.blocks[c.latch].term.clone() else { return false };
    let back = if c.back_is_then { then } else { other };
    let mut e = Emitter::new(func, span);
    let again = e.icmp(IntCC::Slt, c.next, last);
    let mut insts = e.out;
    func.blocks[c.latch].insts.append(&mut insts);
    func.blocks[rest].term = Terminator::Jump(go(header, back.args.clone()));
    func.blocks[c.latch].term = Terminator::Brif { cond: again, then: back, other: go(rest, Args::new()) };
    true
}
