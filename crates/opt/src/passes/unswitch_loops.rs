//! Takes branches on what does not change out of innermost loops: before the loop stands one test, behind it two copies of the
//! loop, in each of which the answer is known. `for i: if flag: a[i] = x else: a[i] = y` becomes two loops without branches.
//!
//! Only branches between two ways through the loop count: ways out, and cold blocks, cost nothing where they are. A copy
//! may have another such branch; it is split again as long as the budget lasts.

use crate::analysis::close::{close, copy_blocks};
use crate::analysis::counted::LoopState;
use crate::analysis::edit::{Emitter, const_int};
use crate::analysis::loops::LoopId;
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use looplift_mir::*;

/// Loops with more instructions are not copied.
const MAX_LOOP: usize = 120;
/// A function grows by at most so many instructions.
const MAX_GROWTH: usize = 800;
/// Loops that are split: each one costs a walk over the function.
const MAX_SPLITS: usize = 16;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    if !func.layout.iter().any(|&b| matches!(func.blocks[b].term, Terminator::Brif { .. })) {
        return Changed::No;
    }
    func.tidy_layout();
    let mut budget = MAX_GROWTH;
    let mut changed = false;
    for _ in 0..MAX_SPLITS {
        let state = LoopState::new(func);
        let Some(split) = state.loops.loops.keys().find_map(|l| find(func, &state, l, budget)) else { break };
        budget -= split.size;
        split.apply(func, &state);
        func.tidy_layout();
        changed = true;
    }
    changed.into()
}

/// A loop, and the condition that it is split by.
struct Split {
    l: LoopId,
    preheader: Block,
    cond: Value,
    size: usize,
}

fn find(func: &Function, s: &LoopState, l: LoopId, budget: usize) -> Option<Split> {
    let data = &s.loops.loops[l];
    if data.has_children || func.blocks[data.header].cold {
        return None;
    }
    let stays = |t: &BlockCall| s.loops.contains(l, t.block) && !func.blocks[t.block].cold;
    let cond = data.blocks.iter().find_map(|&b| match &func.blocks[b].term {
        Terminator::Brif { cond, then, other } => {
            let splits = !func.blocks[b].cold && then.block != other.block && stays(then) && stays(other);
            (splits && s.is_invariant(l, *cond) && const_int(func, *cond).is_none()).then_some(*cond)
        }
        Terminator::Jump(_) | Terminator::Return(_) | Terminator::Raise { .. } | Terminator::Propagate { .. } | Terminator::Unreachable => None,
    })?;
    let size: usize = data.blocks.iter().map(|&b| func.blocks[b].insts.len() + 1).sum();
    let preheader = s.loops.preheader(func, &s.preds, l)?;
    (size <= MAX_LOOP.min(budget)).then_some(Split { l, preheader, cond, size })
}

impl Split {
    fn apply(&self, func: &mut Function, s: &LoopState) {
        let data = &s.loops.loops[self.l];
        let span = func.blocks[self.preheader].term_span;
        let mut inside: SecondaryMap<Block, bool> = SecondaryMap::new();
        data.blocks.iter().for_each(|&b| inside[b] = true);
        close(func, &s.dom, data.header, &inside);
        let copies = copy_blocks(func, &data.blocks);
        let Terminator::Jump(entry) = func.blocks[self.preheader].term.clone() else { return };
        let copied: Vec<Block> = data.blocks.iter().filter_map(|b| copies.get(b).copied()).collect();
        let to_copy = BlockCall { block: copies.get(&data.header).copied().unwrap_or(data.header), args: entry.args.clone() };
        let then = self.settle(func, &data.blocks, entry, 1, span);
        let other = self.settle(func, &copied, to_copy, 0, span);
        func.blocks[self.preheader].term = Terminator::Brif { cond: self.cond, then, other };
    }

    /// A block before one of the loops, in which the condition is known.
    fn settle(&self, func: &mut Function, blocks: &[Block], entry: BlockCall, answer: i64, span: SpanId) -> BlockCall {
        let before = func.make_block(span);
        let mut e = Emitter::new(func, span);
        let known = e.iconst(Ty::I8, answer);
        let insts = std::mem::take(&mut e.out);
        func.blocks[before].insts = insts;
        func.blocks[before].term = Terminator::Jump(entry);
        for &b in blocks {
            if let Terminator::Brif { cond, then, other } = &func.blocks[b].term
                && *cond == self.cond
            {
                func.blocks[b].term = Terminator::Jump(if answer != 0 { then.clone() } else { other.clone() });
            }
            for k in 0..func.blocks[b].insts.len() {
                let d = &mut func.insts[func.blocks[b].insts[k]];
                // Where it is tested only: any number other than 0 is true.
                if matches!(d.op, Opcode::Select | Opcode::Guard) && d.args[0] == self.cond {
                    d.args[0] = known;
                }
            }
        }
        BlockCall { block: before, args: Args::new() }
    }
}
