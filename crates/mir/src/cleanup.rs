//! Small structural clean-ups that several stages share: value replacement, unreachable blocks, trivial parameters.

use crate::func::*;
use cranelift_entity::{EntitySet, SecondaryMap};
use rustc_hash::FxHashMap;

impl Function {
    /// Applies `f` to every use of a value in live blocks.
    pub fn map_uses(&mut self, mut f: impl FnMut(Value) -> Value) {
        for &b in &self.layout {
            for &i in &self.blocks[b].insts {
                for a in &mut self.insts[i].args {
                    *a = f(*a);
                }
            }
            self.blocks[b].term.for_each_arg_mut(|a| *a = f(*a));
        }
    }

    /// Predecessor blocks (a block appears once for each edge).
    pub fn predecessors(&self) -> SecondaryMap<Block, Vec<Block>> {
        let mut preds: SecondaryMap<Block, Vec<Block>> = SecondaryMap::new();
        for &b in &self.layout {
            for t in self.blocks[b].term.targets() {
                preds[t.block].push(b);
            }
        }
        preds
    }

    /// Blocks reachable from the entry in reverse post-order.
    pub fn reverse_post_order(&self) -> Vec<Block> {
        let mut seen = EntitySet::new();
        let mut post = Vec::new();
        let mut stack = vec![(self.entry(), 0)];
        seen.insert(self.entry());
        while let Some((b, n)) = stack.pop() {
            let targets = self.blocks[b].term.targets();
            // Last target first, so that the first target ends up next in reverse post-order.
            if n < targets.len() {
                let t = targets[targets.len() - 1 - n].block;
                stack.push((b, n + 1));
                if seen.insert(t) {
                    stack.push((t, 0));
                }
            } else {
                post.push(b);
            }
        }
        post.reverse();
        post
    }

    /// Drops unreachable blocks from the layout and puts the rest in reverse post-order. Says whether anything changed.
    pub fn tidy_layout(&mut self) -> bool {
        let rpo = self.reverse_post_order();
        let changed = rpo != self.layout;
        self.layout = rpo;
        changed
    }
}

/// Removes block parameters that receive one value (or themselves) on every edge; repeats until none is left.
pub fn remove_trivial_params(func: &mut Function) -> bool {
    func.tidy_layout();
    let mut changed = false;
    loop {
        let mut incoming: FxHashMap<Block, Vec<(Block, usize)>> = FxHashMap::default();
        for &b in &func.layout {
            for (n, t) in func.blocks[b].term.targets().into_iter().enumerate() {
                incoming.entry(t.block).or_default().push((b, n));
            }
        }
        let mut replace: FxHashMap<Value, Value> = FxHashMap::default();
        let resolve = |replace: &FxHashMap<Value, Value>, mut v: Value| {
            while let Some(&n) = replace.get(&v) {
                v = n;
            }
            v
        };
        for &b in func.layout.clone().iter().skip(1) {
            let Some(edges) = incoming.get(&b) else { continue };
            let mut keep = Vec::new();
            let params = func.blocks[b].params.clone();
            for (i, &p) in params.iter().enumerate() {
                let mut only = None;
                let mut trivial = true;
                for &(from, n) in edges {
                    let arg = resolve(&replace, func.blocks[from].term.targets()[n].args[i]);
                    if arg == p {
                        continue;
                    }
                    match only {
                        None => only = Some(arg),
                        Some(o) if o == arg => {}
                        Some(_) => {
                            trivial = false;
                            break;
                        }
                    }
                }
                match only {
                    Some(v) if trivial => {
                        replace.insert(p, v);
                    }
                    _ => keep.push(i),
                }
            }
            if keep.len() != params.len() {
                for &(from, n) in edges {
                    let mut targets = func.blocks[from].term.targets_mut();
                    let args = &mut targets[n].args;
                    *args = keep.iter().map(|&i| args[i]).collect();
                }
                func.blocks[b].params = keep.iter().map(|&i| params[i]).collect();
                for (i, p) in func.blocks[b].params.clone().into_iter().enumerate() {
                    func.values[p].def = ValueDef::Param(b, i as u32);
                }
            }
        }
        if replace.is_empty() {
            return changed;
        }
        changed = true;
        func.map_uses(|v| resolve(&replace, v));
    }
}
