//! Floats that an innermost loop hands from one iteration to the next get copies of their own before it and behind it, where calls stand
//! around the loop.
//!
//! No register for floats survives a call. The allocator gives all values that are connected by block parameters one place, so that a sum
//! which is needed behind a call (the release of an array is one) would lie in memory in the loop, too. A copy by way of an integer is a
//! connection that it does not see; machine code has one row for it. What such a loop only reads gets a copy before it as well, which is
//! needed nowhere else and has a register for as long as the loop runs.

use crate::analysis::close::close;
use crate::analysis::edit::{Emitter, def_of};
use crate::analysis::loops::{LoopId, Loops};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::{EntitySet, SecondaryMap};
use looplift_mir::dom::Dominators;
use looplift_mir::*;

/// Loops that are looked at in one function.
const MAX_LOOPS: usize = 64;
/// Floats that a loop may have copies of: beside them it wants registers for what it computes.
const MAX_STAYING: usize = 8;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    if !func.layout.iter().any(|&b| calls(func, b)) {
        return Changed::No;
    }
    func.tidy_layout();
    let (dom, loops) = structure(func);
    let wanted = |&l: &LoopId| is_wanted(func, &loops, l);
    let headers: Vec<Block> = loops.loops.keys().filter(wanted).take(MAX_LOOPS).map(|l| loops.loops[l].header).collect();
    drop(dom);
    let mut changed = false;
    for b in func.layout.clone() {
        changed |= calls(func, b) && constants_at_hand(func, b);
    }
    for header in headers {
        changed |= uncouple(func, header);
    }
    if changed {
        func.tidy_layout();
    }
    changed.into()
}

fn structure(func: &Function) -> (Dominators, Loops) {
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    (dom, loops)
}

/// Whether a block leaves no register for floats as it was.
pub(super) fn calls(func: &Function, b: Block) -> bool {
    func.blocks[b].vector || func.blocks[b].insts.iter().any(|&i| func.insts[i].op.is_call())
}

/// Gives a block that calls its own constants: one that was made before would have to be kept in memory over the calls, and stored there anew
/// each time.
fn constants_at_hand(func: &mut Function, b: Block) -> bool {
    let mut out = Vec::with_capacity(func.blocks[b].insts.len());
    let mut changed = false;
    for i in std::mem::take(&mut func.blocks[b].insts) {
        for n in 0..func.insts[i].args.len() {
            let a = func.insts[i].args[n];
            let Some(def) = def_of(func, a, Opcode::Fconst).filter(|def| !out.contains(def)) else { continue };
            let InstData { ty, imm, span, .. } = func.insts[def].clone();
            let fresh = func.make_inst(Opcode::Fconst, ty, &[], imm, &[func.ty(a)], None, span);
            out.push(fresh);
            func.insts[i].args[n] = func.result(fresh);
            changed = true;
        }
        out.push(i);
    }
    func.blocks[b].insts = out;
    changed
}

/// An innermost loop of machine code that has to do with floats and calls nothing.
fn is_wanted(func: &Function, loops: &Loops, l: LoopId) -> bool {
    let data = &loops.loops[l];
    let floats = |&b: &Block| {
        func.blocks[b].params.iter().any(|&p| is_float(func, p))
            || func.blocks[b].insts.iter().any(|&i| func.insts[i].results.iter().any(|&r| is_float(func, r)))
    };
    data.blocks.iter().any(floats) && !data.has_children && !func.blocks[data.header].cold && !data.blocks.iter().any(|&b| calls(func, b))
}

fn is_float(func: &Function, v: Value) -> bool {
    matches!(func.ty(v), Ty::F32 | Ty::F64)
}

/// Whether a call stands on some way from these blocks on, along `next`.
fn meets_call(func: &Function, from: Vec<Block>, inside: &SecondaryMap<Block, bool>, next: impl Fn(Block) -> Vec<Block>) -> bool {
    let mut seen = inside.clone();
    let mut work = from;
    while let Some(b) = work.pop() {
        if std::mem::replace(&mut seen[b], true) {
            continue;
        }
        if calls(func, b) {
            return true;
        }
        work.extend(next(b));
    }
    false
}

fn uncouple(func: &mut Function, header: Block) -> bool {
    let (dom, loops) = structure(func);
    let Some(l) = loops.of(header).filter(|&l| loops.loops[l].header == header) else { return false };
    let mut inside: SecondaryMap<Block, bool> = SecondaryMap::new();
    for &b in &loops.loops[l].blocks {
        inside[b] = true;
    }
    let preds = func.predecessors();
    let outside: Vec<Block> = preds[header].iter().copied().filter(|&p| !inside[p] && dom.is_reachable(p)).collect();
    let exits: Vec<Block> = loops.exits(func, l).into_iter().map(|e| e.1).collect();
    let before = meets_call(func, outside.clone(), &inside, |b| preds[b].to_vec());
    let behind = meets_call(func, exits, &inside, |b| func.blocks[b].term.targets().iter().map(|t| t.block).collect());
    let mut changed = (before || behind) && copy_what_stays(func, &loops.loops[l].blocks, &outside);
    if behind {
        close(func, &dom, header, &inside);
        for b in loops.loops[l].blocks.clone() {
            changed |= copy_on_edges(func, b, |_, to| !inside[to]);
        }
    }
    if before {
        for b in outside {
            changed |= copy_on_edges(func, b, |_, to| to == header);
        }
    }
    changed || behind
}

/// Gives the loop copies of the floats that it reads and others made.
fn copy_what_stays(func: &mut Function, blocks: &[Block], outside: &[Block]) -> bool {
    let [before] = outside[..] else { return false };
    if !matches!(func.blocks[before].term, Terminator::Jump(_)) {
        return false;
    }
    let mut own: EntitySet<Value> = EntitySet::new();
    for &b in blocks {
        own.extend(func.blocks[b].params.iter().copied());
        own.extend(func.blocks[b].insts.iter().flat_map(|&i| func.insts[i].results.iter().copied()));
    }
    let mut stay: Vec<Value> = Vec::new();
    for &b in blocks.iter().filter(|&&b| !func.blocks[b].cold) {
        for &a in func.blocks[b].insts.iter().flat_map(|&i| &func.insts[i].args) {
            if is_copied(func, a) && !own.contains(a) && !stay.contains(&a) {
                stay.push(a);
            }
        }
    }
    if stay.is_empty() || stay.len() > MAX_STAYING {
        return false;
    }
    let mut e = Emitter::new(func, func.blocks[before].term_span);
    let copies: Vec<Value> = stay.iter().map(|&v| copy(&mut e, v)).collect();
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
    true
}

/// Constants are read from memory wherever they are needed.
fn is_copied(func: &Function, v: Value) -> bool {
    is_float(func, v) && def_of(func, v, Opcode::Fconst).is_none()
}

fn copy(e: &mut Emitter<'_>, v: Value) -> Value {
    let ty = e.func.ty(v);
    let bits = e.convert(Opcode::Bitcast, if ty == Ty::F32 { Ty::I32 } else { Ty::I64 }, v);
    e.convert(Opcode::Bitcast, ty, bits)
}

/// Gives the edges of a block that are wanted copies of the floats they pass.
fn copy_on_edges(func: &mut Function, b: Block, wanted: impl Fn(&Function, Block) -> bool) -> bool {
    let mut term = func.blocks[b].term.clone();
    let span = func.blocks[b].term_span;
    let is_jump = matches!(term, Terminator::Jump(_));
    let mut changed = false;
    for t in term.targets_mut() {
        if !wanted(func, t.block) || !t.args.iter().any(|&v| is_copied(func, v)) {
            continue;
        }
        let mut e = Emitter::new(func, span);
        for v in &mut t.args {
            if is_copied(e.func, *v) {
                *v = copy(&mut e, *v);
            }
        }
        let mut copies = e.out;
        if is_jump {
            func.blocks[b].insts.append(&mut copies);
        } else {
            let edge = func.make_block(span);
            let cold = func.blocks[t.block].cold;
            let data = &mut func.blocks[edge];
            data.insts = copies;
            data.cold = cold;
            data.term = Terminator::Jump(t.clone());
            *t = BlockCall { block: edge, args: Args::new() };
        }
        changed = true;
    }
    if changed {
        func.blocks[b].term = term;
    }
    changed
}
