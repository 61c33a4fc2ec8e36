//! Basic blocks over neutral instructions.
//!
//! A block ends at a terminator, before a target, and where the protecting region changes, so that one handler (or
//! none) covers a whole block. Edges are of two kinds: `succs` are taken by the last instruction; `handler` may be taken
//! from any instruction of the block that raises. Orders and dominators follow both.

use crate::code::{At, Code};
use crate::loops::{self, Loop, LoopId};
use crate::op::Op;
use crate::stack::Depths;
use cranelift_entity::{EntityRef, PrimaryMap, SecondaryMap, entity_impl, packed_option::PackedOption};
use smallvec::SmallVec;

/// A basic block; the entry is block 0. Blocks are numbered in instruction order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BlockId(u32);
entity_impl!(BlockId, "b");

/// Instructions `start..end` and their edges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub start: At,
    pub end: At,
    /// Where the last instruction continues; for `Branch` then/otherwise, for `ForIter` and `Send` body/exit.
    pub succs: SmallVec<[BlockId; 2]>,
    /// Where an exception in the block goes.
    pub handler: Option<BlockId>,
    /// Index into `Code::regions` of what protects the block.
    pub region: Option<u32>,
    /// Blocks that lead here by either kind of edge, ascending, without repeats.
    pub preds: SmallVec<[BlockId; 4]>,
}

/// Blocks, orders, dominators and loops of one code object. Every block is reachable from the entry.
#[derive(Clone, Debug)]
pub struct Cfg {
    pub blocks: PrimaryMap<BlockId, Block>,
    /// Instruction → its block.
    pub block_of: SecondaryMap<At, BlockId>,
    /// Reverse post-order over both kinds of edges, entry first. It depends on the edges only, not on layout.
    pub rpo: Vec<BlockId>,
    /// Immediate dominator; none for the entry.
    pub idom: SecondaryMap<BlockId, PackedOption<BlockId>>,
    /// Natural loops, outer before inner.
    pub loops: PrimaryMap<LoopId, Loop>,
    /// Block → its innermost loop.
    pub loop_of: SecondaryMap<BlockId, PackedOption<LoopId>>,
    /// True if some cycle is not a natural loop; no Python source compiles to one.
    pub irreducible: bool,
}

impl Cfg {
    /// Analyses decoded code.
    #[must_use]
    pub fn new(code: &Code) -> Cfg {
        let (mut blocks, block_of) = split(code);
        connect(code, &mut blocks, &block_of);
        let rpo = reverse_post_order(&blocks);
        let idom = loops::dominators(&blocks, &rpo);
        let found = loops::find(&blocks, &rpo, &idom);
        Cfg { blocks, block_of, rpo, idom, loops: found.loops, loop_of: found.loop_of, irreducible: found.irreducible }
    }

    /// Instructions of a block.
    pub fn insts(&self, block: BlockId) -> impl DoubleEndedIterator<Item = At> + use<> {
        let block = &self.blocks[block];
        (block.start.as_u32()..block.end.as_u32()).map(At::from_u32)
    }

    /// Stack depth at the entry of a block.
    #[must_use]
    pub fn entry_depth(&self, depths: &Depths, block: BlockId) -> u32 {
        depths.before[self.blocks[block].start].unwrap_or(0)
    }

    /// True if every path from the entry to `b` goes through `a`.
    #[must_use]
    pub fn dominates(&self, a: BlockId, b: BlockId) -> bool {
        let mut at = b;
        loop {
            if at == a {
                return true;
            }
            match self.idom[at].expand() {
                Some(up) => at = up,
                None => return false,
            }
        }
    }
}

/// All edges out of a block, the exceptional one last.
pub(crate) fn edges(block: &Block) -> impl DoubleEndedIterator<Item = BlockId> + '_ {
    block.succs.iter().copied().chain(block.handler)
}

fn split(code: &Code) -> (PrimaryMap<BlockId, Block>, SecondaryMap<At, BlockId>) {
    let count = code.insts.len();
    let mut starts = vec![false; count + 1];
    starts[0] = true;
    for (at, inst) in &code.insts {
        let mut ends = inst.op.is_terminator();
        for to in inst.op.targets() {
            starts[to.index()] = true;
            ends = true;
        }
        if ends {
            starts[at.index() + 1] = true;
        }
    }
    for region in &code.regions {
        for at in [region.start, region.end, region.handler] {
            starts[at.index()] = true;
        }
    }
    let mut blocks: PrimaryMap<BlockId, Block> = PrimaryMap::new();
    let mut block_of = SecondaryMap::new();
    block_of.resize(count);
    for (at, _) in &code.insts {
        if starts[at.index()] {
            blocks.push(Block { start: at, end: at, succs: SmallVec::new(), handler: None, region: None, preds: SmallVec::new() });
        }
        let block = BlockId::new(blocks.len() - 1);
        blocks[block].end = At::new(at.index() + 1);
        block_of[at] = block;
    }
    (blocks, block_of)
}

fn connect(code: &Code, blocks: &mut PrimaryMap<BlockId, Block>, block_of: &SecondaryMap<At, BlockId>) {
    for id in blocks.keys() {
        let block = &mut blocks[id];
        let last = At::new(block.end.index() - 1);
        let op = code.insts[last].op;
        let mut succs: SmallVec<[BlockId; 2]> = SmallVec::new();
        if !op.is_terminator() {
            succs.push(block_of[block.end]);
        }
        succs.extend(op.targets().map(|at| block_of[at]));
        if let Op::Branch { .. } = op {
            succs.dedup();
        }
        let index = code.regions.partition_point(|r| r.start <= block.start);
        let region = index.checked_sub(1).filter(|&i| block.start < code.regions[i].end);
        block.region = region.map(|i| i as u32);
        block.handler = region.map(|i| block_of[code.regions[i].handler]);
        block.succs = succs;
    }
    for id in blocks.keys() {
        let targets: SmallVec<[BlockId; 4]> = edges(&blocks[id]).collect();
        for target in targets {
            let preds = &mut blocks[target].preds;
            if preds.last() != Some(&id) {
                preds.push(id);
            }
        }
    }
}

fn reverse_post_order(blocks: &PrimaryMap<BlockId, Block>) -> Vec<BlockId> {
    let mut order = Vec::with_capacity(blocks.len());
    let mut seen: SecondaryMap<BlockId, bool> = SecondaryMap::new();
    // (block, number of its edges already followed); edges are followed last to first, so that the first successor
    // comes first in the result.
    let entry = BlockId::new(0);
    let mut path: Vec<(BlockId, usize)> = vec![(entry, 0)];
    seen[entry] = true;
    while let Some((block, followed)) = path.last_mut() {
        match edges(&blocks[*block]).rev().nth(*followed) {
            Some(next) => {
                *followed += 1;
                if !std::mem::replace(&mut seen[next], true) {
                    path.push((next, 0));
                }
            }
            None => {
                order.push(*block);
                path.pop();
            }
        }
    }
    order.reverse();
    order
}
