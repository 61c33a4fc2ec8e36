//! Integers that a loop only reads get copies of their own before it, where calls stand around.
//!
//! A value that is needed on both sides of calls and in a loop has one place for all of that, and there are few registers that a call leaves
//! as they were: often the place is memory, and the loop reads it in every iteration. The copy is needed nowhere but in the loop, calls are
//! none of its business, and it has a register for as long as the loop runs. What `uncouple_floats` does for floats.
//!
//! The loops are the outermost ones that call nothing, the integers those that their innermost loops read. Where that is more than there are
//! registers for, loops further inside have the copies.

use super::uncouple_floats::calls;
use crate::analysis::edit::{Emitter, def_of};
use crate::analysis::loops::{LoopId, Loops};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::EntitySet;
use looplift_mir::dom::Dominators;
use looplift_mir::*;

/// Loops that are looked at in one function.
const MAX_LOOPS: usize = 64;
/// Integers that an innermost loop may keep, those that it reads and those that its iterations hand on: what it computes needs registers, too.
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
    // Loops that call nothing, and whether they have copies. Loops come after the loops inside them.
    let mut free: Vec<(LoopId, bool)> = Vec::new();
    for l in loops.loops.keys().rev().take(MAX_LOOPS) {
        let data = &loops.loops[l];
        let around = free.iter().find(|(f, _)| loops.contains(*f, data.header)).copied();
        if around.is_some_and(|f| f.1) || func.blocks[data.header].cold || data.blocks.iter().any(|&b| calls(func, b)) {
            continue;
        }
        let outermost = around.map_or(l, |f| f.0);
        let is_inner = |b: &Block| !func.blocks[*b].cold && loops.of(*b).is_some_and(|l| !loops.loops[l].has_children);
        let inner: Vec<Block> = data.blocks.iter().copied().filter(is_inner).collect();
        let stay = stays(func, &loops.loops[outermost].blocks, &inner);
        let ints = |b: &Block| func.blocks[*b].params.iter().filter(|&&p| func.ty(p) == Ty::I64).count();
        let carried = inner.iter().map(ints).max().unwrap_or(0);
        // The only way in; where it leads elsewhere as well, copies are made in vain there.
        let mut outside = preds[data.header].iter().copied().filter(|&p| !loops.contains(l, p));
        let mut is_copied = false;
        if let (Some(before), None) = (outside.next(), outside.next())
            && !stay.is_empty()
            && stay.len() + carried <= MAX_KEPT
        {
            copy(func, &data.blocks, &stay, before);
            is_copied = true;
            changed = true;
        }
        free.push((l, is_copied));
    }
    changed.into()
}

/// The integers that `inner` blocks use and no block of `own` makes: those that were there before the outermost loop that calls nothing.
fn stays(func: &Function, own: &[Block], inner: &[Block]) -> Vec<Value> {
    let mut made: EntitySet<Value> = EntitySet::new();
    for &b in own {
        made.extend(func.blocks[b].params.iter().copied());
        made.extend(func.blocks[b].insts.iter().flat_map(|&i| func.insts[i].results.iter().copied()));
    }
    let mut stay: Vec<Value> = Vec::new();
    for &v in inner.iter().flat_map(|&b| &func.blocks[b].insts).flat_map(|&i| &func.insts[i].args) {
        if func.ty(v) == Ty::I64 && def_of(func, v, Opcode::Iconst).is_none() && !made.contains(v) && !stay.contains(&v) {
            stay.push(v);
        }
    }
    stay
}

fn copy(func: &mut Function, blocks: &[Block], stay: &[Value], before: Block) {
    let mut e = Emitter::new(func, func.blocks[before].term_span);
    // A row that machine code does not make part of an address.
    let copies: Vec<Value> = stay.iter().map(|&v| e.binary(Opcode::Bor, v, v)).collect();
    let mut out = e.out;
    func.blocks[before].insts.append(&mut out);
    for &b in blocks.iter().filter(|&&b| !func.blocks[b].cold) {
        for i in func.blocks[b].insts.clone() {
            for a in &mut func.insts[i].args {
                if let Some(n) = stay.iter().position(|v| v == a) {
                    *a = copies[n];
                }
            }
        }
    }
}
