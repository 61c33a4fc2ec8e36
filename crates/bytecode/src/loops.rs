//! Dominators and natural loops.
//!
//! Dominators by the iterative algorithm of Cooper, Harvey and Kennedy on reverse post-order. An edge to a dominator is
//! a back edge; back edges to one header make one loop; its body is found backwards from the sources of these edges.

use crate::cfg::{Block, BlockId, edges};
use cranelift_entity::{PrimaryMap, SecondaryMap, entity_impl, packed_option::PackedOption};

/// A natural loop.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoopId(u32);
entity_impl!(LoopId, "loop");

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loop {
    /// Dominates every block of the loop.
    pub header: BlockId,
    /// Blocks whose edge to the header closes the loop, ascending.
    pub back_edges: Vec<BlockId>,
    /// All blocks, inner loops and the header included, ascending.
    pub blocks: Vec<BlockId>,
    /// The innermost loop around this one.
    pub parent: Option<LoopId>,
    /// Nesting depth, 1 for an outermost loop.
    pub depth: u32,
}

/// Immediate dominators over normal and exceptional edges; none for the entry.
pub(crate) fn dominators(blocks: &PrimaryMap<BlockId, Block>, rpo: &[BlockId]) -> SecondaryMap<BlockId, PackedOption<BlockId>> {
    let mut number: SecondaryMap<BlockId, u32> = SecondaryMap::with_default(u32::MAX);
    for (index, &block) in rpo.iter().enumerate() {
        number[block] = index as u32;
    }
    // In terms of reverse post-order numbers; the entry dominates itself while this runs.
    let mut idom: Vec<u32> = vec![u32::MAX; rpo.len()];
    if let Some(entry) = idom.first_mut() {
        *entry = 0;
    }
    let mut changed = true;
    while changed {
        changed = false;
        for (index, &block) in rpo.iter().enumerate().skip(1) {
            let mut new = u32::MAX;
            for &pred in &blocks[block].preds {
                let pred = number[pred];
                if pred == u32::MAX || idom[pred as usize] == u32::MAX {
                    continue;
                }
                new = if new == u32::MAX { pred } else { meet(&idom, new, pred) };
            }
            if idom[index] != new {
                idom[index] = new;
                changed = true;
            }
        }
    }
    let mut result = SecondaryMap::new();
    result.resize(blocks.len());
    for (index, &block) in rpo.iter().enumerate().skip(1) {
        result[block] = rpo.get(idom[index] as usize).copied().into();
    }
    result
}

fn meet(idom: &[u32], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        if a > b {
            a = idom[a as usize];
        } else {
            b = idom[b as usize];
        }
    }
    a
}

/// What [`find`] finds.
pub(crate) struct Found {
    pub loops: PrimaryMap<LoopId, Loop>,
    pub loop_of: SecondaryMap<BlockId, PackedOption<LoopId>>,
    pub irreducible: bool,
}

/// All natural loops, outer before inner.
pub(crate) fn find(blocks: &PrimaryMap<BlockId, Block>, rpo: &[BlockId], idom: &SecondaryMap<BlockId, PackedOption<BlockId>>) -> Found {
    let mut number: SecondaryMap<BlockId, u32> = SecondaryMap::with_default(u32::MAX);
    for (index, &block) in rpo.iter().enumerate() {
        number[block] = index as u32;
    }
    let intervals = dominator_intervals(blocks, rpo, idom);
    let dominates = |a: BlockId, b: BlockId| {
        let ((a_in, a_out), (b_in, b_out)) = (intervals[a], intervals[b]);
        a_in <= b_in && b_out <= a_out
    };
    // Retreating edges, by header in reverse post-order: an outer header comes before its inner ones.
    let mut irreducible = false;
    let mut found: PrimaryMap<LoopId, Loop> = PrimaryMap::new();
    let mut loop_of: SecondaryMap<BlockId, PackedOption<LoopId>> = SecondaryMap::new();
    loop_of.resize(blocks.len());
    // Block → the last loop found to hold it, as a mark that needs no clearing.
    let mut inside: SecondaryMap<BlockId, PackedOption<LoopId>> = SecondaryMap::new();
    inside.resize(blocks.len());
    for (index, &header) in rpo.iter().enumerate() {
        let mut back_edges = Vec::new();
        for &pred in &blocks[header].preds {
            if number[pred] != u32::MAX && number[pred] as usize >= index {
                if dominates(header, pred) {
                    back_edges.push(pred);
                } else {
                    irreducible = true;
                }
            }
        }
        if back_edges.is_empty() {
            continue;
        }
        let parent = loop_of[header].expand();
        let depth = parent.map_or(1, |p| found[p].depth + 1);
        let id = found.next_key();
        // Backwards from the back edges. The header dominates all of it, so the walk cannot leave the loop.
        let mut body = vec![header];
        inside[header] = id.into();
        let mut work = back_edges.clone();
        while let Some(block) = work.pop() {
            if std::mem::replace(&mut inside[block], id.into()).expand() != Some(id) {
                body.push(block);
                work.extend(blocks[block].preds.iter().copied());
            }
        }
        for &block in &body {
            loop_of[block] = id.into();
        }
        body.sort_unstable();
        found.push(Loop { header, back_edges, blocks: body, parent, depth });
    }
    Found { loops: found, loop_of, irreducible }
}

/// Entry and exit numbers of a walk over the dominator tree: `a` dominates `b` iff `a`'s interval holds `b`'s.
fn dominator_intervals(
    blocks: &PrimaryMap<BlockId, Block>,
    rpo: &[BlockId],
    idom: &SecondaryMap<BlockId, PackedOption<BlockId>>,
) -> SecondaryMap<BlockId, (u32, u32)> {
    let mut children: SecondaryMap<BlockId, Vec<BlockId>> = SecondaryMap::new();
    children.resize(blocks.len());
    for &block in rpo {
        if let Some(up) = idom[block].expand() {
            children[up].push(block);
        }
    }
    let mut intervals: SecondaryMap<BlockId, (u32, u32)> = SecondaryMap::new();
    intervals.resize(blocks.len());
    let mut clock = 0;
    let mut path: Vec<(BlockId, usize)> = rpo.first().map(|&entry| (entry, 0)).into_iter().collect();
    while let Some((block, visited)) = path.last_mut() {
        if *visited == 0 {
            intervals[*block].0 = clock;
            clock += 1;
        }
        match children[*block].get(*visited) {
            Some(&child) => {
                *visited += 1;
                path.push((child, 0));
            }
            None => {
                intervals[*block].1 = clock;
                clock += 1;
                path.pop();
            }
        }
    }
    intervals
}

/// True if a block leaves the loop by some edge.
#[must_use]
pub fn exits(blocks: &PrimaryMap<BlockId, Block>, l: &Loop, block: BlockId) -> bool {
    edges(&blocks[block]).any(|to| l.blocks.binary_search(&to).is_err())
}
