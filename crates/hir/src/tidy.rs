//! Structure: reverse post-order, dominators, and the clean-up that ends building (trivial and dead parameters, dead
//! pure operations, jump chains).

use crate::func::*;
use crate::ops::{Op, Terminator};
use crate::verify::edges;
use cranelift_entity::{EntitySet, SecondaryMap};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Blocks reachable from the entry, handler edges included, in reverse post-order.
pub fn reverse_post_order(func: &Function) -> Vec<Block> {
    let mut seen = EntitySet::new();
    let mut post = Vec::new();
    let entry = func.layout[0];
    let succs = |b: Block| {
        let mut s: Vec<Block> = edges(func, b).iter().map(|e| e.call.block).collect();
        // The last visited comes first in the order: normal edges before handlers, first target first.
        let handlers = s.len() - func.blocks[b].term.targets().len() - usize::from(func.blocks[b].term_handler.is_some());
        let mut order: Vec<Block> = s.drain(..handlers).collect();
        s.reverse();
        order.extend(s);
        order
    };
    seen.insert(entry);
    let mut stack = vec![(entry, succs(entry), 0)];
    while let Some((b, s, n)) = stack.last_mut() {
        if let Some(&t) = s.get(*n) {
            *n += 1;
            if seen.insert(t) {
                stack.push((t, succs(t), 0));
            }
        } else {
            post.push(*b);
            stack.pop();
        }
    }
    post.reverse();
    post
}

/// Immediate dominators (Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm").
#[derive(Debug)]
pub struct Dominators {
    order: SecondaryMap<Block, u32>,
    idom: SecondaryMap<Block, Option<Block>>,
    depth: SecondaryMap<Block, u32>,
}

impl Dominators {
    pub fn compute(func: &Function) -> Dominators {
        let rpo = reverse_post_order(func);
        let mut order: SecondaryMap<Block, u32> = SecondaryMap::new();
        for (i, &b) in rpo.iter().enumerate() {
            order[b] = i as u32 + 1;
        }
        let mut preds: SecondaryMap<Block, Vec<Block>> = SecondaryMap::new();
        for &b in &rpo {
            for e in edges(func, b) {
                preds[e.call.block].push(b);
            }
        }
        let mut idom: SecondaryMap<Block, Option<Block>> = SecondaryMap::new();
        idom[rpo[0]] = Some(rpo[0]);
        let mut changed = true;
        while changed {
            changed = false;
            for &b in &rpo[1..] {
                let mut new: Option<Block> = None;
                for &p in &preds[b] {
                    if idom[p].is_none() {
                        continue;
                    }
                    new = Some(match new {
                        None => p,
                        Some(mut x) => {
                            let mut y = p;
                            while x != y {
                                while order[x] > order[y] {
                                    x = idom[x].unwrap_or(x);
                                }
                                while order[y] > order[x] {
                                    y = idom[y].unwrap_or(y);
                                }
                            }
                            x
                        }
                    });
                }
                if idom[b] != new {
                    idom[b] = new;
                    changed = true;
                }
            }
        }
        let mut depth: SecondaryMap<Block, u32> = SecondaryMap::new();
        for &b in &rpo[1..] {
            depth[b] = idom[b].map_or(0, |d| depth[d] + 1);
        }
        Dominators { order, idom, depth }
    }
    pub fn is_reachable(&self, b: Block) -> bool {
        self.order[b] != 0
    }
    /// Whether every path to `b` goes through `a` (also true for `a == b`).
    pub fn dominates(&self, a: Block, mut b: Block) -> bool {
        if !self.is_reachable(a) || !self.is_reachable(b) {
            return false;
        }
        while self.depth[b] > self.depth[a] {
            match self.idom[b] {
                Some(d) => b = d,
                None => return false,
            }
        }
        a == b
    }
}

/// Replaces every use of a value, edges included.
pub(crate) fn map_uses(func: &mut Function, f: impl Fn(Value) -> Value) {
    for &b in &func.layout {
        for &i in &func.blocks[b].insts {
            let inst = &mut func.insts[i];
            inst.op.for_each_value_mut(|v| *v = f(*v));
            if let Some(h) = &mut inst.handler {
                h.args.iter_mut().for_each(|v| *v = f(*v));
            }
        }
        let data = &mut func.blocks[b];
        data.term.for_each_operand_mut(|v| *v = f(*v));
        for t in data.term.targets_mut() {
            t.args.iter_mut().for_each(|v| *v = f(*v));
        }
        if let Some(h) = &mut data.term_handler {
            h.args.iter_mut().for_each(|v| *v = f(*v));
        }
    }
}

/// Every edge of a block, mutable, with the flag of `Edge::implicit`.
fn for_each_edge_mut(func: &mut Function, block: Block, mut f: impl FnMut(&mut BlockCall, bool)) {
    for &i in &func.blocks[block].insts {
        if let Some(h) = &mut func.insts[i].handler {
            f(h, true);
        }
    }
    let data = &mut func.blocks[block];
    let iter = matches!(data.term, Terminator::IterNext { .. });
    for (n, t) in data.term.targets_mut().into_iter().enumerate() {
        f(t, iter && n == 0);
    }
    if let Some(h) = &mut data.term_handler {
        f(h, true);
    }
}

/// Brings a freshly built function into its canonical form.
pub fn tidy(func: &mut Function) {
    func.layout = reverse_post_order(func);
    remove_trivial_params(func);
    remove_certain_checks(func);
    remove_dead(func);
    merge_jumps(func);
    duplicate_returns(func);
    func.layout = reverse_post_order(func);
}

/// `CheckBound` of a flag that is the constant true checks nothing.
fn remove_certain_checks(func: &mut Function) {
    for b in func.layout.clone() {
        let mut insts = std::mem::take(&mut func.blocks[b].insts);
        insts.retain(|&i| match func.insts[i].op {
            Op::CheckBound { flag, .. } => match func.values[flag].def {
                ValueDef::Result(d) => func.insts[d].op != Op::Const(Const::Bool(true)),
                ValueDef::Param(..) => true,
            },
            _ => true,
        });
        func.blocks[b].insts = insts;
    }
}

/// A jump to a block that only returns becomes that return: some compilers share the tail, some repeat it.
fn duplicate_returns(func: &mut Function) {
    for b in func.layout.clone() {
        let Terminator::Jump(t) = &func.blocks[b].term else { continue };
        let tail = &func.blocks[t.block];
        let Terminator::Return(v) = tail.term else { continue };
        let span = tail.term_span;
        let value = match (tail.insts.as_slice(), func.values[v].def) {
            ([], ValueDef::Param(p, n)) if p == t.block => t.args[n as usize],
            ([], _) => v,
            (&[i], ValueDef::Result(r)) if r == i && matches!(func.insts[i].op, Op::Const(_)) => {
                let (op, span) = (func.insts[i].op.clone(), func.insts[i].span);
                let inst = func.insts.next_key();
                let result = func.values.push(ValueData { def: ValueDef::Result(inst), name: None });
                func.insts.push(InstData { op, result, span, handler: None });
                func.blocks[b].insts.push(inst);
                result
            }
            _ => continue,
        };
        let data = &mut func.blocks[b];
        data.term = Terminator::Return(value);
        data.term_span = span;
    }
}

/// Parameters that receive one value (or themselves) on all edges are that value. Iterated to the fixpoint: with edges
/// made for every read, this gives minimal SSA on reducible graphs.
fn remove_trivial_params(func: &mut Function) {
    loop {
        let mut incoming: FxHashMap<Value, Option<Value>> = FxHashMap::default();
        let mut blocked: EntitySet<Value> = EntitySet::new();
        for b in func.layout.clone() {
            for e in edges(func, b) {
                let params = &func.blocks[e.call.block].params;
                if e.implicit {
                    blocked.insert(params[0]);
                }
                for (&p, &a) in params[usize::from(e.implicit)..].iter().zip(&e.call.args) {
                    if a == p {
                        continue;
                    }
                    let known = incoming.entry(p).or_insert(Some(a));
                    if *known != Some(a) {
                        *known = None;
                    }
                }
            }
        }
        let mut replace: FxHashMap<Value, Value> = FxHashMap::default();
        for (&p, &v) in &incoming {
            if let (Some(v), false) = (v, blocked.contains(p)) {
                replace.insert(p, v);
            }
        }
        if replace.is_empty() {
            return;
        }
        let resolve = |mut v: Value| {
            // Two parameters may each be "only the other": such a cycle is unreachable from outside and stops anywhere.
            let mut steps = 0;
            while let Some(&n) = replace.get(&v) {
                v = n;
                steps += 1;
                if steps > replace.len() {
                    break;
                }
            }
            v
        };
        retain_params(func, |p| !replace.contains_key(&p));
        // A name that the source gave the parameter goes to the value that stands in for it, if that has none.
        let mut pairs: Vec<(Value, Value)> = replace.iter().map(|(&p, _)| (p, resolve(p))).collect();
        pairs.sort_unstable();
        for (p, v) in pairs {
            if func.values[v].name.is_none() {
                func.values[v].name = func.values[p].name;
            }
        }
        map_uses(func, resolve);
    }
}

/// Keeps the parameters that `keep` says, and the matching arguments of every edge.
fn retain_params(func: &mut Function, keep: impl Fn(Value) -> bool) {
    let mut flags: FxHashMap<Block, Vec<bool>> = FxHashMap::default();
    for &b in &func.layout {
        let list: Vec<bool> = func.blocks[b].params.iter().map(|&p| keep(p)).collect();
        if !list.iter().all(|&k| k) {
            flags.insert(b, list);
        }
    }
    if flags.is_empty() {
        return;
    }
    for b in func.layout.clone() {
        for_each_edge_mut(func, b, |call, implicit| {
            if let Some(list) = flags.get(&call.block) {
                let mut wanted = list[usize::from(implicit)..].iter();
                call.args.retain(|_| wanted.next().copied().unwrap_or(true));
            }
        });
        if let Some(list) = flags.get(&b) {
            let mut wanted = list.iter();
            let mut params = std::mem::take(&mut func.blocks[b].params);
            params.retain(|_| wanted.next().copied().unwrap_or(true));
            for (i, &p) in params.iter().enumerate() {
                func.values[p].def = ValueDef::Param(b, i as u32);
            }
            func.blocks[b].params = params;
        }
    }
}

/// Removes unused parameters (not the entry's, not implicit ones) and unused operations that cannot raise.
fn remove_dead(func: &mut Function) {
    let mut live: EntitySet<Value> = EntitySet::new();
    let mut work: Vec<Value> = Vec::new();
    let mark = |v: Value, live: &mut EntitySet<Value>, work: &mut Vec<Value>| {
        if live.insert(v) {
            work.push(v);
        }
    };
    let mut args_of: FxHashMap<Value, SmallVec<[Value; 2]>> = FxHashMap::default();
    for &b in &func.layout {
        for &i in &func.blocks[b].insts {
            if !is_pure(&func.insts[i].op) {
                func.insts[i].op.for_each_value(|v| mark(v, &mut live, &mut work));
            }
        }
        func.blocks[b].term.for_each_operand(|v| mark(v, &mut live, &mut work));
        for e in edges(func, b) {
            let params = &func.blocks[e.call.block].params;
            if e.implicit {
                mark(params[0], &mut live, &mut work);
            }
            for (&p, &a) in params[usize::from(e.implicit)..].iter().zip(&e.call.args) {
                args_of.entry(p).or_default().push(a);
            }
        }
    }
    for &p in &func.blocks[func.entry()].params {
        mark(p, &mut live, &mut work);
    }
    while let Some(v) = work.pop() {
        match func.values[v].def {
            ValueDef::Result(i) => func.insts[i].op.for_each_value(|v| mark(v, &mut live, &mut work)),
            ValueDef::Param(..) => {
                for a in args_of.remove(&v).unwrap_or_default() {
                    mark(a, &mut live, &mut work);
                }
            }
        }
    }
    retain_params(func, |p| live.contains(p));
    for b in func.layout.clone() {
        let insts = std::mem::take(&mut func.blocks[b].insts);
        func.blocks[b].insts = insts.into_iter().filter(|&i| live.contains(func.insts[i].result) || !is_pure(&func.insts[i].op)).collect();
    }
}

fn is_pure(op: &Op) -> bool {
    matches!(op, Op::Const(_) | Op::Undef | Op::TupleItem { .. } | Op::Is { .. } | Op::BuildTuple { .. })
}

/// Appends a block to the only block that jumps to it.
fn merge_jumps(func: &mut Function) {
    let mut count: SecondaryMap<Block, u32> = SecondaryMap::new();
    for &b in &func.layout {
        for e in edges(func, b) {
            count[e.call.block] += 1;
        }
    }
    let mut gone: EntitySet<Block> = EntitySet::new();
    let mut replace: FxHashMap<Value, Value> = FxHashMap::default();
    for b in func.layout.clone() {
        if gone.contains(b) {
            continue;
        }
        while let Terminator::Jump(t) = &func.blocks[b].term {
            let next = t.block;
            if count[next] != 1 || next == b || next == func.entry() {
                break;
            }
            for (&p, &a) in func.blocks[next].params.iter().zip(&t.args) {
                replace.insert(p, a);
                if func.values[a].name.is_none() {
                    func.values[a].name = func.values[p].name;
                }
            }
            let mut data = func.blocks[next].clone();
            gone.insert(next);
            let into = &mut func.blocks[b];
            into.insts.append(&mut data.insts);
            (into.term, into.term_span, into.term_handler) = (data.term, data.term_span, data.term_handler);
        }
    }
    func.layout.retain(|&b| !gone.contains(b));
    if !replace.is_empty() {
        map_uses(func, |mut v| {
            while let Some(&n) = replace.get(&v) {
                v = n;
            }
            v
        });
    }
}
