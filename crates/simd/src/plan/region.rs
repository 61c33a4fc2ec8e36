//! The blocks of an innermost loop, and under which conditions an iteration comes to each.
//!
//! Cold blocks do not belong to it: entering one *leaves* the loop, as `break` does. A kernel that is about to leave stops
//! before the iterations at hand, which the loop as it is then runs itself.

use super::Context;
use crate::why::{No, Why};
use cranelift_entity::SecondaryMap;
use looplift_mir::*;
use smallvec::{SmallVec, smallvec};

const MAX_BLOCKS: usize = 24;
/// Ways to one block.
const MAX_PATHS: usize = 8;

/// A conjunction of conditions and their negations.
pub type Path = SmallVec<[(Value, bool); 4]>;
/// A disjunction; one empty path: always.
pub type Paths = SmallVec<[Path; 1]>;

/// A way into a block.
#[derive(Clone, Debug)]
pub struct Edge {
    pub args: Args,
    pub when: Paths,
}

/// A branch out of the loop at the end of a block: where `cond` is `is`.
#[derive(Clone, Debug)]
pub struct Leave {
    pub block: Block,
    pub cond: Value,
    pub is: bool,
    pub to: BlockCall,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Region {
    /// Every block before those it leads to; the header is first.
    pub blocks: Vec<Block>,
    pub latch: Block,
    /// Ways into each block but the header, and when it runs.
    pub edges: SecondaryMap<Block, Vec<Edge>>,
    pub when: SecondaryMap<Block, Paths>,
    /// Branches out of the loop, the latch's excepted.
    pub leaves: Vec<Leave>,
    is_in: SecondaryMap<Block, bool>,
    is_beside: SecondaryMap<Block, bool>,
}

impl Region {
    pub fn new(func: &Function, cx: &Context, header: Block) -> Result<Region, No> {
        let mut latches: SmallVec<[Block; 2]> = SmallVec::new();
        for &p in &cx.preds[header] {
            if cx.dom.is_reachable(p) && cx.dom.dominates(header, p) && !latches.contains(&p) {
                latches.push(p);
            }
        }
        let [latch] = latches[..] else { return Err(Why::Branches.no()) };
        // Back from the latch; from cold blocks, too, but they stay apart.
        let mut is_in: SecondaryMap<Block, bool> = SecondaryMap::new();
        let mut is_beside: SecondaryMap<Block, bool> = SecondaryMap::new();
        let mut inside: Vec<Block> = vec![header];
        is_in[header] = true;
        let mut work = vec![latch];
        while let Some(b) = work.pop() {
            if is_in[b] || is_beside[b] {
                continue;
            }
            if func.blocks[b].cold {
                is_beside[b] = true;
            } else {
                is_in[b] = true;
                inside.push(b);
            }
            if inside.len() > MAX_BLOCKS {
                return Err(Why::Branches.no());
            }
            work.extend(cx.preds[b].iter().copied().filter(|&p| cx.dom.is_reachable(p)));
        }
        if is_beside[latch] {
            return Err(Why::Branches.no());
        }
        // What only cold blocks lead to does not run.
        let mut is_entered: SecondaryMap<Block, bool> = SecondaryMap::new();
        let mut reached = vec![header];
        while let Some(b) = reached.pop() {
            if !std::mem::replace(&mut is_entered[b], true) {
                reached.extend(func.blocks[b].term.targets().iter().map(|t| t.block).filter(|&t| is_in[t]));
            }
        }
        inside.retain(|&b| is_entered[b]);
        for b in is_in.keys() {
            is_beside[b] |= is_in[b] && !is_entered[b];
        }
        is_in = is_entered;
        let blocks = in_order(func, &inside, &is_in, header).ok_or(Why::InnerLoop.no())?;
        let mut region = Region { blocks, latch, edges: SecondaryMap::new(), when: SecondaryMap::new(), leaves: Vec::new(), is_in, is_beside };
        region.when[header] = smallvec![Path::new()];
        for b in region.blocks.clone() {
            if b != header {
                let all = region.edges[b].iter().flat_map(|e| e.when.iter().cloned()).collect();
                region.when[b] = simplified(all).ok_or(Why::Branches.no())?;
            }
            if b == latch {
                continue;
            }
            match &func.blocks[b].term {
                Terminator::Jump(t) => region.enter(t, region.when[b].clone()),
                Terminator::Brif { cond, then, other } => match (region.is_in[then.block], region.is_in[other.block]) {
                    (true, true) => {
                        for (t, is) in [(then, true), (other, false)] {
                            let mut when = region.when[b].clone();
                            when.iter_mut().for_each(|p| p.push((*cond, is)));
                            region.enter(t, when);
                        }
                    }
                    // Behind the branch all iterations at hand have stayed.
                    (stays, _) => {
                        let (to, out) = if stays { (then, other) } else { (other, then) };
                        region.leaves.push(Leave { block: b, cond: *cond, is: !stays, to: out.clone() });
                        region.enter(to, region.when[b].clone());
                    }
                },
                Terminator::Return(_) | Terminator::Raise { .. } | Terminator::Propagate { .. } | Terminator::Unreachable => return Err(Why::Branches.no()),
            }
        }
        Ok(region)
    }

    pub fn contains(&self, b: Block) -> bool {
        self.is_in[b]
    }

    /// Whether it is a cold block of the loop, which an iteration leaves to.
    pub fn is_beside(&self, b: Block) -> bool {
        self.is_beside[b]
    }

    fn enter(&mut self, to: &BlockCall, when: Paths) {
        self.edges[to.block].push(Edge { args: to.args.clone(), when });
    }
}

/// The blocks, each before those it leads to; `None` if there is another way round than to the header.
fn in_order(func: &Function, inside: &[Block], is_in: &SecondaryMap<Block, bool>, header: Block) -> Option<Vec<Block>> {
    let mut entries: SecondaryMap<Block, u32> = SecondaryMap::new();
    for &b in inside {
        for t in func.blocks[b].term.targets() {
            if is_in[t.block] && t.block != header {
                entries[t.block] += 1;
            }
        }
    }
    let mut order = vec![header];
    let mut at = 0;
    while at < order.len() {
        let b = order[at];
        at += 1;
        for t in func.blocks[b].term.targets() {
            if is_in[t.block] && t.block != header {
                entries[t.block] -= 1;
                if entries[t.block] == 0 {
                    order.push(t.block);
                }
            }
        }
    }
    (order.len() == inside.len()).then_some(order)
}

/// Two paths that differ in one condition are one without it; a path that holds besides another needs no condition that only
/// sets them apart; a path that says more than another goes.
fn simplified(mut paths: Paths) -> Option<Paths> {
    'again: loop {
        for n in 0..paths.len() {
            for m in 0..paths.len() {
                if n == m {
                    continue;
                }
                // What is left where another path does not hold need not say so.
                let implied =
                    paths[m].iter().position(|&(v, is)| paths[n].contains(&(v, !is)) && paths[n].iter().all(|&x| x == (v, !is) || paths[m].contains(&x)));
                if let Some(k) = implied.filter(|_| paths[n].len() < paths[m].len()) {
                    paths[m].remove(k);
                    continue 'again;
                }
                if paths[n].iter().all(|x| paths[m].contains(x)) {
                    paths.remove(m);
                    continue 'again;
                }
                let odd: SmallVec<[usize; 2]> = (0..paths[n].len()).filter(|&k| !paths[m].contains(&paths[n][k])).take(2).collect();
                if let [k] = odd[..] {
                    let (v, is) = paths[n][k];
                    if paths[m].len() == paths[n].len() && paths[m].contains(&(v, !is)) {
                        paths[n].remove(k);
                        paths.remove(m);
                        continue 'again;
                    }
                }
            }
        }
        return (paths.len() <= MAX_PATHS).then_some(paths);
    }
}

/// Without the conditions that all of them have: what tells the edges of one block apart.
pub fn without_common(edges: &[Edge]) -> Vec<Paths> {
    let first = edges.iter().flat_map(|e| e.when.iter()).next().cloned().unwrap_or_default();
    let common: Path = first.into_iter().filter(|x| edges.iter().all(|e| e.when.iter().all(|p| p.contains(x)))).collect();
    edges.iter().map(|e| e.when.iter().map(|p| p.iter().copied().filter(|x| !common.contains(x)).collect()).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cranelift_entity::EntityRef;

    fn path(text: &[i32]) -> Path {
        text.iter().map(|&n| (Value::new(n.unsigned_abs() as usize), n > 0)).collect()
    }

    #[test]
    fn paths_join() {
        let joined = |paths: &[&[i32]]| simplified(paths.iter().map(|p| path(p)).collect());
        // if 1 and 2: … else: …
        assert_eq!(joined(&[&[1, 2], &[-1], &[1, -2]]), Some(smallvec![Path::new()]));
        assert_eq!(joined(&[&[5, 1, 2], &[5, 1, -2]]), Some(smallvec![path(&[5, 1])]));
        assert_eq!(joined(&[&[-1], &[1, -2]]).map(|p| p.len()), Some(2));
        assert_eq!(joined(&[&[1], &[1, -2]]), Some(smallvec![path(&[1])]));
    }
}
