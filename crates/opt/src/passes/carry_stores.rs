//! What one iteration stores and the next one reads stays in a register: in `c[j] = f(c[j - 1])` the loop carries the value
//! in a parameter instead of waiting for memory.
//!
//! For a counted innermost loop, a load in the header before any write, and a store that every iteration executes, with
//! addresses `x + (counter << s)` that differ by one step; no other write of the loop may touch the place. The first value
//! is loaded before the loop, which the first iteration would do in any case.

use crate::analysis::alias::Aliases;
use crate::analysis::counted::{Counted, counted, homes, is_invariant};
use crate::analysis::edit::{Emitter, const_int, def_inst, replace_all};
use crate::analysis::effects::effect;
use crate::analysis::loops::{LoopId, Loops, make_preheaders};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use looplift_mir::dom::Dominators;
use looplift_mir::*;

/// Every load is compared with every store.
const MAX_WRITES: usize = 32;

/// `base + (counter << shift)`.
struct Linear {
    base: Value,
    shift: i64,
}

struct Plan {
    counted: Counted,
    load: Inst,
    stored: Value,
    offset: i32,
    linear: Linear,
}

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let mut changed = make_preheaders(func);
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    let (preds, home, aliases) = (func.predecessors(), homes(func), Aliases::new(func));
    let mut plans = Vec::new();
    for (l, data) in loops.loops.iter() {
        if !data.has_children
            && !func.blocks[data.header].cold
            && let Some(c) = counted(func, &loops, &preds, &home, l)
        {
            find(func, &loops, l, &home, &dom, &aliases, &c, &mut plans);
        }
    }
    changed |= !plans.is_empty();
    let mut replaced = Vec::new();
    for p in plans {
        replaced.push(carry(func, &p));
    }
    replace_all(func, &replaced);
    changed.into()
}

fn find(
    func: &Function,
    loops: &Loops,
    l: LoopId,
    home: &SecondaryMap<Value, Option<Block>>,
    dom: &Dominators,
    aliases: &Aliases,
    c: &Counted,
    plans: &mut Vec<Plan>,
) {
    let mut writes: Vec<(Block, Inst)> = Vec::new();
    for &b in &loops.loops[l].blocks {
        let writing = |i: &&Inst| func.insts[**i].op != Opcode::KeepAlive && effect(func, &func.insts[**i]).overlaps(Effect::WRITE.or(Effect::OTHER));
        writes.extend(func.blocks[b].insts.iter().filter(writing).map(|&i| (b, i)));
    }
    if writes.is_empty() || writes.len() > MAX_WRITES {
        return;
    }
    for &i in &func.blocks[c.header].insts {
        let d = &func.insts[i];
        if d.op == Opcode::KeepAlive {
            continue;
        }
        if effect(func, d).overlaps(Effect::WRITE.or(Effect::OTHER).or(Effect::EXIT)) {
            return;
        }
        if d.op != Opcode::Load || d.ty == Some(Ty::Ref) {
            continue;
        }
        let Some(from) = aliases.access(func, d) else { continue };
        let Some(linear) = linear(func, loops, l, home, from.base, c.counter) else { continue };
        let Some(step) = c.step.checked_mul(1 << linear.shift) else { continue };
        for &(b, s) in &writes {
            let store = &func.insts[s];
            let Some(to) = Some(store).filter(|s| s.op == Opcode::Store && s.ty == d.ty).and_then(|s| aliases.access(func, s)) else { continue };
            let next = to.base == from.base && to.region == from.region && from.offset.checked_add(step) == Some(to.offset);
            if !next || !dom.dominates(b, c.latch) || writes.iter().any(|&(_, w)| w != s && aliases.may_clobber(func, &func.insts[w], &to)) {
                continue;
            }
            if let Ok(offset) = i32::try_from(from.offset) {
                plans.push(Plan { counted: *c, load: i, stored: store.args[0], offset, linear });
            }
            break;
        }
    }
}

fn linear(func: &Function, loops: &Loops, l: LoopId, home: &SecondaryMap<Value, Option<Block>>, v: Value, counter: Value) -> Option<Linear> {
    let d = &func.insts[def_inst(func, v).filter(|&i| func.insts[i].op == Opcode::Iadd)?];
    [(d.args[0], d.args[1]), (d.args[1], d.args[0])].into_iter().find_map(|(base, index)| {
        if !is_invariant(func, loops, l, home, base) {
            return None;
        }
        if index == counter {
            return Some(Linear { base, shift: 0 });
        }
        let i = &func.insts[def_inst(func, index).filter(|&i| func.insts[i].op == Opcode::Shl)?];
        let shift = const_int(func, i.args[1]).filter(|k| (0..=16).contains(k))?;
        (i.args[0] == counter).then_some(Linear { base, shift })
    })
}

/// Gives the loop the parameter; the load's result and what replaces it.
fn carry(func: &mut Function, p: &Plan) -> (Value, Value) {
    let c = &p.counted;
    let load = func.insts[p.load].clone();
    let ty = func.ty(load.results[0]);
    let mut e = Emitter::new(func, load.span);
    let amount = e.iconst(Ty::I64, p.linear.shift);
    let index = e.binary(Opcode::Shl, c.start, amount);
    let addr = e.binary(Opcode::Iadd, p.linear.base, index);
    let mut rows = std::mem::take(&mut e.out);
    let Imm::Mem(region, _) = load.imm else { unreachable!("loads have a place") };
    let first = func.make_inst(Opcode::Load, load.ty, &[addr], Imm::Mem(region, p.offset), &[ty], None, load.span);
    rows.push(first);
    let first = func.result(first);
    func.blocks[c.preheader].insts.append(&mut rows);
    let param = func.append_param(c.header, ty);
    for (from, value) in [(c.preheader, first), (c.latch, p.stored)] {
        for t in func.blocks[from].term.targets_mut() {
            if t.block == c.header {
                t.args.push(value);
            }
        }
    }
    func.blocks[c.header].insts.retain(|&i| i != p.load);
    (load.results[0], param)
}
