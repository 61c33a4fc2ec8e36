//! Integers that a loop only reads get copies of their own before it, where calls stand around.
//!
//! A value that is needed on both sides of calls and in a loop has one place for all of that, and there are few registers that a call leaves
//! as they were: often the place is memory, and the loop reads it in every iteration. The copy is needed nowhere but in the loop, calls are
//! none of its business, and it has a register for as long as the loop runs. What `uncouple_floats` does for floats.
//!
//! The loops are the outermost ones that call nothing; where one reads more than there are registers for, the loops inside it.

use super::uncouple_floats::calls;
use crate::analysis::edit::{Emitter, def_of};
use crate::analysis::loops::{LoopId, Loops};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::EntitySet;
use looplift_mir::dom::Dominators;
use looplift_mir::*;

/// Loops that are looked at in one function.
const MAX_LOOPS: usize = 64;
/// Integers that a loop may keep, those that it reads and those that its iterations hand on: what it computes needs registers, too.
const MAX_KEPT: usize = 7;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    if !func.layout.iter().any(|&b| calls(func, b)) {
        return Changed::No;
    }
    func.tidy_layout();
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    let preds = func.predecessors();
    let mut changed = false;
    let mut done: Vec<LoopId> = Vec::new();
    // Loops come after the loops inside them.
    for l in loops.loops.keys().rev().take(MAX_LOOPS) {
        let data = &loops.loops[l];
        let mut around = data.parent;
        let mut is_done = false;
        while let Some(p) = around {
            is_done |= done.contains(&p);
            around = loops.loops[p].parent;
        }
        if is_done || func.blocks[data.header].cold || data.blocks.iter().any(|&b| calls(func, b)) {
            continue;
        }
        let ints = |b: Block| func.blocks[b].params.iter().filter(|&&p| func.ty(p) == Ty::I64).count();
        let carried = loops.loops.values().map(|x| x.header).filter(|&h| loops.contains(l, h) && !func.blocks[h].cold).map(ints).sum();
        // The only way in; where it leads elsewhere as well, copies are made in vain there.
        let mut outside = preds[data.header].iter().copied().filter(|&p| !loops.contains(l, p));
        let (Some(before), None) = (outside.next(), outside.next()) else { continue };
        if copy_what_stays(func, &data.blocks, carried, before) {
            done.push(l);
            changed = true;
        }
    }
    changed.into()
}

fn copy_what_stays(func: &mut Function, blocks: &[Block], carried: usize, before: Block) -> bool {
    let mut own: EntitySet<Value> = EntitySet::new();
    for &b in blocks {
        own.extend(func.blocks[b].params.iter().copied());
        own.extend(func.blocks[b].insts.iter().flat_map(|&i| func.insts[i].results.iter().copied()));
    }
    let mut stay: Vec<Value> = Vec::new();
    let hot = || blocks.iter().copied().filter(|&b| !func.blocks[b].cold);
    let mut note = |v: Value| {
        if func.ty(v) == Ty::I64 && def_of(func, v, Opcode::Iconst).is_none() && !own.contains(v) && !stay.contains(&v) {
            stay.push(v);
        }
    };
    for b in hot() {
        func.blocks[b].insts.iter().flat_map(|&i| &func.insts[i].args).for_each(|&a| note(a));
    }
    if stay.is_empty() || stay.len() + carried > MAX_KEPT {
        return false;
    }
    let hot: Vec<Block> = hot().collect();
    let mut e = Emitter::new(func, func.blocks[before].term_span);
    // A row that machine code does not make part of an address.
    let copies: Vec<Value> = stay.iter().map(|&v| e.binary(Opcode::Bor, v, v)).collect();
    let mut out = e.out;
    func.blocks[before].insts.append(&mut out);
    for b in hot {
        for i in func.blocks[b].insts.clone() {
            for a in &mut func.insts[i].args {
                if let Some(n) = stay.iter().position(|v| v == a) {
                    *a = copies[n];
                }
            }
        }
    }
    true
}
