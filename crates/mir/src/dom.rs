//! Dominators: Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001), over reverse post-order.

use crate::func::{Block, Function};
use cranelift_entity::SecondaryMap;

const NONE: u32 = u32::MAX;

/// The dominator tree of the blocks that the entry reaches.
#[derive(Clone, Debug)]
pub struct Dominators {
    /// Reachable blocks in reverse post-order.
    pub rpo: Vec<Block>,
    /// Position in `rpo`; `u32::MAX` if unreachable.
    number: SecondaryMap<Block, u32>,
    /// Immediate dominator by position.
    idom: Vec<u32>,
    /// Pre-order interval in the dominator tree by position.
    enter: Vec<u32>,
    leave: Vec<u32>,
}

impl Dominators {
    pub fn new(func: &Function) -> Dominators {
        let rpo = func.reverse_post_order();
        let mut number = SecondaryMap::with_default(NONE);
        for (i, &b) in rpo.iter().enumerate() {
            number[b] = i as u32;
        }
        let mut preds: Vec<Vec<u32>> = vec![Vec::new(); rpo.len()];
        for (i, &b) in rpo.iter().enumerate() {
            for t in func.blocks[b].term.targets() {
                preds[number[t.block] as usize].push(i as u32);
            }
        }
        let mut idom = vec![NONE; rpo.len()];
        idom[0] = 0;
        let mut changed = true;
        while changed {
            changed = false;
            for i in 1..rpo.len() {
                let mut new = NONE;
                for &p in &preds[i] {
                    if idom[p as usize] == NONE {
                        continue;
                    }
                    new = if new == NONE { p } else { meet(&idom, p, new) };
                }
                if idom[i] != new {
                    idom[i] = new;
                    changed = true;
                }
            }
        }
        // Intervals of a pre-order walk answer `dominates` in constant time.
        let mut children: Vec<Vec<u32>> = vec![Vec::new(); rpo.len()];
        for i in 1..rpo.len() {
            children[idom[i] as usize].push(i as u32);
        }
        let (mut enter, mut leave) = (vec![0; rpo.len()], vec![0; rpo.len()]);
        let mut clock = 0;
        let mut stack = vec![(0u32, 0usize)];
        while let Some((n, k)) = stack.pop() {
            if k == 0 {
                enter[n as usize] = clock;
                clock += 1;
            }
            match children[n as usize].get(k) {
                Some(&c) => {
                    stack.push((n, k + 1));
                    stack.push((c, 0));
                }
                None => leave[n as usize] = clock,
            }
        }
        Dominators { rpo, number, idom, enter, leave }
    }

    pub fn is_reachable(&self, b: Block) -> bool {
        self.number[b] != NONE
    }
    /// Position in reverse post-order. The block is reachable.
    pub fn order(&self, b: Block) -> u32 {
        self.number[b]
    }
    /// The immediate dominator; `None` for the entry and unreachable blocks.
    pub fn idom(&self, b: Block) -> Option<Block> {
        let n = self.number[b];
        if n == NONE || n == 0 { None } else { self.rpo.get(self.idom[n as usize] as usize).copied() }
    }
    /// Whether every path to `b` passes `a` (or they are the same). Unreachable blocks are dominated by everything.
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        let (a, b) = (self.number[a], self.number[b]);
        if b == NONE {
            return true;
        }
        if a == NONE {
            return false;
        }
        self.enter[a as usize] <= self.enter[b as usize] && self.leave[b as usize] <= self.leave[a as usize]
    }
    /// The closest common dominator of two reachable blocks.
    pub fn common(&self, a: Block, b: Block) -> Block {
        self.rpo[meet(&self.idom, self.number[a], self.number[b]) as usize]
    }
}

fn meet(idom: &[u32], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        while a > b {
            a = idom[a as usize];
        }
        while b > a {
            b = idom[b as usize];
        }
    }
    a
}
