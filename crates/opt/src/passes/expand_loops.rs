//! Loops that run a known, small number of times become that many copies of their body: what each copy computes from the
//! counter is a constant, arrays of a fixed size are read at fixed places, and a loop around it may become innermost.
//!
//! A counted innermost loop with constant ends whose copies are small together. The last copy leaves by the loop's exit, the
//! others go on to the next; other ways out stay what they are. Inner loops first, then those around them.

use crate::analysis::close::{close, copy_blocks};
use crate::analysis::counted::{Counted, LoopState};
use crate::analysis::edit::const_int;
use crate::analysis::loops::make_preheaders;
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use looplift_mir::cleanup::remove_trivial_params;
use looplift_mir::*;

/// Iterations.
const MAX_COUNT: i64 = 8;
/// Instructions in all copies of one loop.
const MAX_COPIES: usize = 400;
/// Instructions that a function grows by.
const MAX_GROWTH: usize = 2_000;
/// Loops in loops.
const MAX_DEPTH: usize = 4;

pub fn run(func: &mut Function, cx: &mut PassCx<'_>) -> Changed {
    let mut changed = false;
    let mut budget = MAX_GROWTH;
    for _ in 0..MAX_DEPTH {
        let mut again = false;
        // One at a time: each changes what is known about the others.
        while let Some((header, count)) = candidate(func, budget) {
            let Some(grown) = unroll(func, header, count) else { break };
            budget = budget.saturating_sub(grown);
            again = true;
        }
        if !again {
            break;
        }
        changed = true;
        // What the copies start from is known now, and empty blocks go, so that the loop around is seen as it is.
        super::simplify_cfg::run(func, cx);
        super::fold_constants::run(func, cx);
        super::dce::run(func, cx);
        super::simplify_cfg::run(func, cx);
    }
    changed.into()
}

/// A loop to unroll: its header, and how often it runs.
fn candidate(func: &mut Function, budget: usize) -> Option<(Block, i64)> {
    func.tidy_layout();
    make_preheaders(func);
    // What a preheader passes on is seen behind it.
    remove_trivial_params(func);
    let s = LoopState::new(func);
    s.loops.loops.iter().find_map(|(l, data)| {
        if data.has_children || func.blocks[data.header].cold {
            return None;
        }
        let count = iterations(func, &s.counted(func, l)?)?;
        let size: usize = data.blocks.iter().map(|&b| func.blocks[b].insts.len() + 1).sum();
        let all = size.checked_mul(count as usize)?;
        (all <= MAX_COPIES.min(budget)).then_some((data.header, count))
    })
}

/// How often the loop runs, if that is known and little. The loop is rotated: it runs once at least.
fn iterations(func: &Function, c: &Counted) -> Option<i64> {
    let (start, limit) = (const_int(func, c.start)?, const_int(func, c.limit)?);
    if c.ty != Ty::I64 {
        return None;
    }
    let goes_on = |n: i64| match c.cc {
        IntCC::Eq => n == limit,
        IntCC::Ne => n != limit,
        IntCC::Slt => n < limit,
        IntCC::Sle => n <= limit,
        IntCC::Sgt => n > limit,
        IntCC::Sge => n >= limit,
        IntCC::Ult => (n as u64) < limit as u64,
        IntCC::Ule => n as u64 <= limit as u64,
        IntCC::Ugt => n as u64 > limit as u64,
        IntCC::Uge => n as u64 >= limit as u64,
    };
    let mut n = start;
    for count in 1..=MAX_COUNT {
        n = n.checked_add(c.step)?;
        if !goes_on(n) {
            return Some(count);
        }
    }
    None
}

/// Gives how many instructions were added.
fn unroll(func: &mut Function, header: Block, count: i64) -> Option<usize> {
    let s = LoopState::new(func);
    let l = s.loops.of(header)?;
    let c = s.counted(func, l)?;
    let blocks = s.loops.loops[l].blocks.clone();
    let mut inside: SecondaryMap<Block, bool> = SecondaryMap::new();
    blocks.iter().for_each(|&b| inside[b] = true);
    close(func, &s.dom, header, &inside);
    let size: usize = blocks.iter().map(|&b| func.blocks[b].insts.len() + 1).sum();
    // (header, latch) of each copy, the loop itself first.
    let mut copies = vec![(header, c.latch)];
    for _ in 1..count {
        let of = copy_blocks(func, &blocks);
        copies.push((*of.get(&header)?, *of.get(&c.latch)?));
    }
    for n in 0..copies.len() {
        let (own, latch) = copies[n];
        let Terminator::Brif { then, other, .. } = func.blocks[latch].term.clone() else { return None };
        let (back, exit) = if then.block == own { (then, other) } else { (other, then) };
        let to = match copies.get(n + 1) {
            Some(&(next, _)) => BlockCall { block: next, args: back.args },
            None => exit,
        };
        func.blocks[latch].term = Terminator::Jump(to);
    }
    func.tidy_layout();
    Some(size * (count as usize - 1))
}
