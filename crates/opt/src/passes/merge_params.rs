//! Parameters that pass one value around among themselves are that value: after `a, b = b, a` in a loop, the lengths of two equally
//! long arrays are two parameters that change places and never change. What is known of the value is known in the loop then.
//!
//! The parameters of all blocks form a graph (each with what it receives). A strongly connected part that receives one value from
//! outside stands for it; of a part that receives several, those that receive nothing from outside are looked at alone (Braun et al.,
//! "Simple and Efficient Construction of Static Single Assignment Form", CC 2013).

use crate::analysis::edit::{replace_all, retain_params};
use crate::pipeline::{Changed, PassCx};
use looplift_mir::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// Parts that are looked at again: each is a part of one before.
const MAX_PARTS: usize = 200;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let entry = func.entry();
    let mut received: FxHashMap<Value, Vec<Value>> = FxHashMap::default();
    for &b in &func.layout {
        for t in func.blocks[b].term.targets() {
            for (&p, &a) in func.blocks[t.block].params.iter().zip(&t.args) {
                received.entry(p).or_default().push(a);
            }
        }
    }
    let all: Vec<Value> = func.layout[1..].iter().flat_map(|&b| func.blocks[b].params.iter().copied()).filter(|p| received.contains_key(p)).collect();
    let mut same: FxHashMap<Value, Value> = FxHashMap::default();
    let mut work = vec![all];
    for _ in 0..MAX_PARTS {
        let Some(subset) = work.pop() else { break };
        for part in parts(&subset, &received) {
            let members: FxHashSet<Value> = part.iter().copied().collect();
            let outside = |v: Value| same.get(&v).copied().unwrap_or(v);
            let mut sources: Vec<Value> = Vec::new();
            let mut inner: Vec<Value> = Vec::new();
            for &p in &part {
                let before = sources.len();
                sources.extend(received[&p].iter().map(|&a| outside(a)).filter(|a| !members.contains(a)));
                if sources.len() == before {
                    inner.push(p);
                }
            }
            sources.sort_unstable();
            sources.dedup();
            match sources[..] {
                [one] => same.extend(part.iter().map(|&p| (p, one))),
                [] => {}
                _ if inner.is_empty() => {}
                _ => work.push(inner),
            }
        }
    }
    if same.is_empty() {
        return Changed::No;
    }
    let preds = func.predecessors();
    for b in func.layout.clone() {
        let keep: Vec<bool> = func.blocks[b].params.iter().map(|p| !same.contains_key(p)).collect();
        if b != entry && keep.contains(&false) {
            retain_params(func, b, &preds[b], &keep);
        }
    }
    let pairs: Vec<(Value, Value)> = same.into_iter().collect();
    replace_all(func, &pairs);
    Changed::Yes
}

/// The strongly connected parts of the graph on `subset`, those that others receive from first (Tarjan's algorithm).
fn parts(subset: &[Value], received: &FxHashMap<Value, Vec<Value>>) -> Vec<Vec<Value>> {
    let inside: FxHashSet<Value> = subset.iter().copied().collect();
    let mut walk = Walk::default();
    for &root in subset {
        if walk.number.contains_key(&root) {
            continue;
        }
        walk.start(root);
        while let Some((v, next)) = walk.path.last_mut() {
            let v = *v;
            match received[&v].get(*next) {
                Some(&a) => {
                    *next += 1;
                    match walk.number.get(&a) {
                        None if inside.contains(&a) => walk.start(a),
                        Some(&n) if walk.is_waiting.contains(&a) => walk.reach(v, n),
                        None | Some(_) => {}
                    }
                }
                None => walk.leave(v),
            }
        }
    }
    walk.found
}

#[derive(Default)]
struct Walk {
    /// Values being looked at, and which of what they receive is next.
    path: Vec<(Value, usize)>,
    number: FxHashMap<Value, usize>,
    /// The lowest number that can be reached.
    low: FxHashMap<Value, usize>,
    waiting: Vec<Value>,
    is_waiting: FxHashSet<Value>,
    found: Vec<Vec<Value>>,
}

impl Walk {
    fn start(&mut self, v: Value) {
        let n = self.number.len();
        self.number.insert(v, n);
        self.low.insert(v, n);
        self.waiting.push(v);
        self.is_waiting.insert(v);
        self.path.push((v, 0));
    }
    fn reach(&mut self, v: Value, n: usize) {
        self.low.entry(v).and_modify(|low| *low = n.min(*low));
    }
    fn leave(&mut self, v: Value) {
        self.path.pop();
        let low = self.low[&v];
        if let Some(&(user, _)) = self.path.last() {
            self.reach(user, low);
        }
        if low != self.number[&v] {
            return;
        }
        let first = self.waiting.iter().rposition(|&x| x == v).unwrap_or(0);
        let part = self.waiting.split_off(first);
        part.iter().for_each(|x| {
            self.is_waiting.remove(x);
        });
        self.found.push(part);
    }
}
