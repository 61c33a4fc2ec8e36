//! Makes the block graph small: jumps through empty blocks are threaded, a block with one predecessor that only jumps
//! to it is merged into it, branches whose edges agree become jumps, trivial parameters go.

use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use looplift_mir::cleanup::remove_trivial_params;
use looplift_mir::*;
use rustc_hash::FxHashMap;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    let mut changed = false;
    // Each round removes blocks or edges; a few rounds reach the fixed point on real code, the limit bounds the others.
    for _ in 0..8 {
        let mut again = remove_trivial_params(func);
        again |= thread_jumps(func);
        again |= same_edges(func);
        func.tidy_layout();
        again |= merge_blocks(func);
        changed |= again;
        if !again {
            break;
        }
    }
    changed.into()
}

/// Redirects edges to a block that holds nothing but a jump, when its parameters are used by that jump only.
fn thread_jumps(func: &mut Function) -> bool {
    // A parameter of an empty block may be used in blocks it dominates: such blocks stay.
    let mut uses: SecondaryMap<Value, u32> = SecondaryMap::new();
    for &b in &func.layout {
        for &i in &func.blocks[b].insts {
            for &a in &func.insts[i].args {
                uses[a] += 1;
            }
        }
        func.blocks[b].term.for_each_arg(|a| uses[a] += 1);
    }
    let mut forward: SecondaryMap<Block, Option<BlockCall>> = SecondaryMap::new();
    for &b in func.layout.iter().skip(1) {
        let d = &func.blocks[b];
        if !d.insts.is_empty() {
            continue;
        }
        if let Terminator::Jump(t) = &d.term {
            let own = |p: &Value| t.args.iter().filter(|a| *a == p).count() as u32 == uses[*p];
            if t.block != b && d.params.iter().all(own) {
                forward[b] = Some(t.clone());
            }
        }
    }
    let mut changed = false;
    for b in func.layout.clone() {
        let mut term = std::mem::replace(&mut func.blocks[b].term, Terminator::Unreachable);
        for t in term.targets_mut() {
            // Cycles of empty blocks end by the step limit.
            for _ in 0..16 {
                let Some(to) = &forward[t.block] else { break };
                let params = &func.blocks[t.block].params;
                let args = to.args.iter().map(|a| params.iter().position(|p| p == a).map_or(*a, |n| t.args[n])).collect();
                *t = BlockCall { block: to.block, args };
                changed = true;
            }
        }
        func.blocks[b].term = term;
    }
    changed
}

/// A branch whose two edges are the same is a jump; one that differs in arguments only is a jump after selects.
fn same_edges(func: &mut Function) -> bool {
    let mut changed = false;
    for b in func.layout.clone() {
        if let Terminator::Brif { then, other, .. } = &func.blocks[b].term
            && then == other
        {
            func.blocks[b].term = Terminator::Jump(then.clone());
            changed = true;
        }
    }
    changed
}

/// Appends a block to its only predecessor when that one only jumps to it.
fn merge_blocks(func: &mut Function) -> bool {
    let mut count: SecondaryMap<Block, u32> = SecondaryMap::new();
    for &b in &func.layout {
        for t in func.blocks[b].term.targets() {
            count[t.block] += 1;
        }
    }
    let entry = func.entry();
    let mut replace: FxHashMap<Value, Value> = FxHashMap::default();
    let mut changed = false;
    let mut gone: SecondaryMap<Block, bool> = SecondaryMap::new();
    for b in func.layout.clone() {
        if gone[b] {
            continue;
        }
        while let Terminator::Jump(t) = &func.blocks[b].term {
            let to = t.block;
            if to == b || to == entry || count[to] != 1 {
                break;
            }
            let Terminator::Jump(t) = std::mem::replace(&mut func.blocks[b].term, Terminator::Unreachable) else { break };
            let data = &mut func.blocks[to];
            let params = std::mem::take(&mut data.params);
            let mut insts = std::mem::take(&mut data.insts);
            let term = std::mem::replace(&mut data.term, Terminator::Unreachable);
            let span = data.term_span;
            // A cold block stays out of line only as a block of its own; merged code takes the predecessor's hint.
            for (p, a) in params.into_iter().zip(t.args) {
                replace.insert(p, a);
            }
            let data = &mut func.blocks[b];
            data.insts.append(&mut insts);
            data.term = term;
            data.term_span = span;
            gone[to] = true;
            changed = true;
        }
    }
    if changed {
        func.layout.retain(|&b| !gone[b]);
        func.map_uses(|mut v| {
            while let Some(&n) = replace.get(&v) {
                v = n;
            }
            v
        });
    }
    changed
}
