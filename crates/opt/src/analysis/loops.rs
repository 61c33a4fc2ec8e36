//! Natural loops: a header that dominates the sources of its back edges. Loops with one header are one loop; back edges
//! into blocks that do not dominate their source (irreducible control flow) make no loop here.

use cranelift_entity::{EntityRef, PrimaryMap, SecondaryMap, entity_impl, packed_option::PackedOption};
use looplift_mir::dom::Dominators;
use looplift_mir::{Block, Function};

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoopId(u32);
entity_impl!(LoopId, "loop");

/// One loop.
#[derive(Clone, Debug)]
pub struct Loop {
    pub header: Block,
    /// Sources of back edges, in reverse post-order.
    pub latches: Vec<Block>,
    pub parent: Option<LoopId>,
    pub has_children: bool,
    pub depth: u32,
    /// All blocks, those of inner loops included, in reverse post-order (the header is first).
    pub blocks: Vec<Block>,
}

/// All loops; inner loops come before the loops around them.
#[derive(Clone, Debug)]
pub struct Loops {
    pub loops: PrimaryMap<LoopId, Loop>,
    /// The innermost loop of a block.
    inner: SecondaryMap<Block, PackedOption<LoopId>>,
}

impl Loops {
    pub fn new(func: &Function, dom: &Dominators) -> Loops {
        let mut loops: PrimaryMap<LoopId, Loop> = PrimaryMap::new();
        let mut inner: SecondaryMap<Block, PackedOption<LoopId>> = SecondaryMap::new();
        let preds = func.predecessors();
        // Headers of inner loops come later in reverse post-order than those around them.
        for &header in dom.rpo.iter().rev() {
            let mut latches: Vec<Block> = preds[header].iter().copied().filter(|&p| dom.is_reachable(p) && dom.dominates(header, p)).collect();
            latches.sort_by_key(|&b| dom.order(b));
            latches.dedup();
            if latches.is_empty() {
                continue;
            }
            let id = loops.push(Loop { header, latches: latches.clone(), parent: None, has_children: false, depth: 0, blocks: Vec::new() });
            // Walk back from the latches; an inner loop is entered at its outermost known loop and left at its header.
            let mut work = latches;
            while let Some(b) = work.pop() {
                match inner[b].expand() {
                    None => {
                        inner[b] = id.into();
                        if b != header {
                            work.extend(preds[b].iter().copied().filter(|&p| dom.is_reachable(p)));
                        }
                    }
                    Some(mut l) => {
                        while let Some(p) = loops[l].parent {
                            l = p;
                        }
                        if l != id {
                            loops[l].parent = Some(id);
                            loops[id].has_children = true;
                            let h = loops[l].header;
                            work.extend(preds[h].iter().copied().filter(|&p| dom.is_reachable(p) && !dom.dominates(h, p)));
                        }
                    }
                }
            }
            if inner[header].is_none() {
                inner[header] = id.into();
            }
        }
        for n in (0..loops.len()).rev() {
            let id = LoopId::new(n);
            loops[id].depth = loops[id].parent.map_or(1, |p| loops[p].depth + 1);
        }
        let mut out = Loops { loops, inner };
        for &b in &dom.rpo {
            let mut l = out.inner[b].expand();
            while let Some(id) = l {
                out.loops[id].blocks.push(b);
                l = out.loops[id].parent;
            }
        }
        out
    }

    /// The innermost loop around a block.
    pub fn of(&self, b: Block) -> Option<LoopId> {
        self.inner[b].expand()
    }
    /// Whether a block is in a loop (or a loop inside it).
    pub fn contains(&self, l: LoopId, b: Block) -> bool {
        let mut at = self.of(b);
        while let Some(x) = at {
            if x == l {
                return true;
            }
            // Parents have higher numbers.
            if x > l {
                return false;
            }
            at = self.loops[x].parent;
        }
        false
    }
    pub fn depth(&self, b: Block) -> u32 {
        self.of(b).map_or(0, |l| self.loops[l].depth)
    }
    /// Edges out of the loop: the block inside and the block outside.
    pub fn exits(&self, func: &Function, l: LoopId) -> Vec<(Block, Block)> {
        let mut out = Vec::new();
        for &b in &self.loops[l].blocks {
            for t in func.blocks[b].term.targets() {
                if !self.contains(l, t.block) {
                    out.push((b, t.block));
                }
            }
        }
        out
    }
    /// The only block outside that jumps (unconditionally) to the header, if there is one.
    pub fn preheader(&self, func: &Function, preds: &SecondaryMap<Block, Vec<Block>>, l: LoopId) -> Option<Block> {
        let header = self.loops[l].header;
        let mut outside = preds[header].iter().copied().filter(|&p| !self.contains(l, p));
        let p = outside.next()?;
        if outside.next().is_some() {
            return None;
        }
        (func.blocks[p].term.targets().len() == 1).then_some(p)
    }
}

/// Gives every loop a preheader: one block outside that ends in a jump to the header. Says whether it added any.
pub fn make_preheaders(func: &mut Function) -> bool {
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    if loops.loops.is_empty() {
        return false;
    }
    let preds = func.predecessors();
    let mut changed = false;
    for (l, data) in loops.loops.iter() {
        if loops.preheader(func, &preds, l).is_some() {
            continue;
        }
        changed = true;
        let header = data.header;
        let span = func.blocks[header].term_span;
        let pre = func.make_block(span);
        let mut args = looplift_mir::Args::new();
        for n in 0..func.blocks[header].params.len() {
            let ty = func.ty(func.blocks[header].params[n]);
            args.push(func.append_param(pre, ty));
        }
        func.blocks[pre].term = looplift_mir::Terminator::Jump(looplift_mir::BlockCall { block: header, args });
        let mut done: Vec<Block> = Vec::new();
        for &p in &preds[header] {
            if loops.contains(l, p) || done.contains(&p) {
                continue;
            }
            done.push(p);
            for t in func.blocks[p].term.targets_mut() {
                if t.block == header {
                    t.block = pre;
                }
            }
        }
    }
    if changed {
        func.tidy_layout();
    }
    changed
}
