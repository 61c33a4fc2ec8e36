//! Closes a set of blocks: values defined inside and used outside go through block parameters, so that the blocks can be
//! copied and the copies leave to the same places.

use cranelift_entity::SecondaryMap;
use looplift_mir::dom::Dominators;
use looplift_mir::*;
use rustc_hash::FxHashMap;

/// `inside` is a loop: it is entered at its header only. Outside blocks that some inside block dominates form regions,
/// each below one root (whose immediate dominator is inside); every root takes the values that are used outside and
/// reach it.
pub fn close(func: &mut Function, dom: &Dominators, header: Block, inside: &SecondaryMap<Block, bool>) {
    let mut home: SecondaryMap<Value, Option<Block>> = SecondaryMap::new();
    let mut region: SecondaryMap<Block, u32> = SecondaryMap::with_default(u32::MAX);
    let mut roots: Vec<Block> = Vec::new();
    let mut below: Vec<Block> = Vec::new();
    for &b in &dom.rpo {
        if inside[b] {
            for &p in &func.blocks[b].params {
                home[p] = Some(b);
            }
            for &i in &func.blocks[b].insts {
                for &r in &func.insts[i].results {
                    home[r] = Some(b);
                }
            }
        } else if dom.dominates(header, b) {
            region[b] = match dom.idom(b) {
                Some(d) if inside[d] => {
                    roots.push(b);
                    roots.len() as u32 - 1
                }
                Some(d) => region[d],
                None => continue,
            };
            below.push(b);
        }
    }
    // Values that are used outside, in order of first use.
    let mut live: Vec<Value> = Vec::new();
    let mut is_live: SecondaryMap<Value, bool> = SecondaryMap::new();
    for &b in &below {
        let mut note = |v: Value| {
            if home[v].is_some() && !is_live[v] {
                is_live[v] = true;
                live.push(v);
            }
        };
        for &i in &func.blocks[b].insts {
            func.insts[i].args.iter().copied().for_each(&mut note);
        }
        func.blocks[b].term.for_each_arg(&mut note);
    }
    if live.is_empty() {
        return;
    }
    let mut rename: Vec<FxHashMap<Value, Value>> = vec![FxHashMap::default(); roots.len()];
    let mut passed: FxHashMap<Block, Vec<Value>> = FxHashMap::default();
    for (n, &r) in roots.iter().enumerate() {
        for &v in &live {
            if home[v].is_some_and(|h| dom.dominates(h, r)) {
                let ty = func.ty(v);
                let p = func.append_param(r, ty);
                rename[n].insert(v, p);
                passed.entry(r).or_default().push(v);
            }
        }
    }
    for &b in &dom.rpo {
        let map = rename.get(region[b] as usize);
        if map.is_none() && !inside[b] {
            continue;
        }
        if let Some(map) = map {
            for k in 0..func.blocks[b].insts.len() {
                let i = func.blocks[b].insts[k];
                for a in &mut func.insts[i].args {
                    *a = map.get(a).copied().unwrap_or(*a);
                }
            }
            func.blocks[b].term.for_each_arg_mut(|a| *a = map.get(a).copied().unwrap_or(*a));
        }
        for t in func.blocks[b].term.targets_mut() {
            if let Some(vs) = passed.get(&t.block) {
                t.args.extend(vs.iter().map(|v| map.and_then(|m| m.get(v)).copied().unwrap_or(*v)));
            }
        }
    }
}

/// Copies `blocks`; edges between them stay among the copies, others go where they went. Gives the copy of each block.
pub fn copy_blocks(func: &mut Function, blocks: &[Block]) -> FxHashMap<Block, Block> {
    let mut block_of: FxHashMap<Block, Block> = FxHashMap::default();
    let mut value_of: FxHashMap<Value, Value> = FxHashMap::default();
    for &b in blocks {
        let span = func.blocks[b].term_span;
        let new = func.make_block(span);
        func.blocks[new].cold = func.blocks[b].cold;
        block_of.insert(b, new);
        for p in func.blocks[b].params.clone() {
            let ty = func.ty(p);
            let v = func.append_param(new, ty);
            value_of.insert(p, v);
        }
        for i in func.blocks[b].insts.clone() {
            let d = func.insts[i].clone();
            let tys: Vec<Ty> = d.results.iter().map(|&r| func.ty(r)).collect();
            let n = func.make_inst(d.op, d.ty, &d.args, d.imm, &tys, d.site, d.span);
            for (k, &r) in d.results.iter().enumerate() {
                value_of.insert(r, func.insts[n].results[k]);
            }
            func.blocks[new].insts.push(n);
        }
    }
    for &b in blocks {
        let new = block_of[&b];
        for k in 0..func.blocks[new].insts.len() {
            let i = func.blocks[new].insts[k];
            for a in &mut func.insts[i].args {
                *a = value_of.get(a).copied().unwrap_or(*a);
            }
        }
        let mut term = func.blocks[b].term.clone();
        term.for_each_arg_mut(|a| *a = value_of.get(a).copied().unwrap_or(*a));
        for t in term.targets_mut() {
            t.block = block_of.get(&t.block).copied().unwrap_or(t.block);
        }
        func.blocks[new].term = term;
    }
    block_of
}
