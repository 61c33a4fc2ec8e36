//! An element that every iteration of an inner loop reads and writes, `out[i] += a[i, j]`, stays in a register: it is read
//! before the loop and written behind it.
//!
//! For a loop of one block that cannot leave early: a load and then a store of one invariant address, and no other access that
//! may touch the place. The loop has to be entered only where it runs, which one of a single block does.

use crate::analysis::alias::Aliases;
use crate::analysis::edit::replace_all;
use crate::analysis::effects::effect;
use crate::analysis::loops::make_preheaders;
use crate::pipeline::{Changed, PassCx};
use looplift_mir::*;

/// Elements that one loop keeps: each takes a register.
const MAX_CELLS: usize = 6;

struct Cell {
    header: Block,
    preheader: Block,
    load: Inst,
    store: Inst,
}

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let goes_round = |func: &Function, b: Block| func.blocks[b].term.targets().iter().any(|t| t.block == b);
    if !func.layout.iter().any(|&b| goes_round(func, b) && !func.blocks[b].cold) {
        return Changed::No;
    }
    let mut changed = make_preheaders(func);
    let aliases = Aliases::new(func);
    let preds = func.predecessors();
    let cells: Vec<Cell> =
        func.layout.iter().filter(|&&b| goes_round(func, b) && !func.blocks[b].cold).flat_map(|&b| find(func, &aliases, &preds[b], b)).collect();
    changed |= !cells.is_empty();
    let replaced: Vec<(Value, Value)> = cells.iter().map(|c| keep(func, c)).collect();
    replace_all(func, &replaced);
    if changed {
        func.tidy_layout();
    }
    changed.into()
}

fn find(func: &Function, aliases: &Aliases, preds: &[Block], header: Block) -> Vec<Cell> {
    let data = &func.blocks[header];
    let &[preheader] = &preds.iter().copied().filter(|&p| p != header).collect::<Vec<_>>()[..] else { return Vec::new() };
    if !matches!(func.blocks[preheader].term, Terminator::Jump(_)) {
        return Vec::new();
    }
    let is_inside = |v: Value| match func.values[v].def {
        ValueDef::Param(b, _) => b == header,
        ValueDef::Result(i, _) => data.insts.contains(&i),
    };
    let leaves = |d: &InstData| d.op != Opcode::KeepAlive && effect(func, d).overlaps(Effect::OTHER.or(Effect::EXIT));
    if data.insts.len() > 200 || data.insts.iter().any(|&i| leaves(&func.insts[i])) {
        return Vec::new();
    }
    let cells = data.insts.iter().enumerate().filter_map(|(n, &load)| {
        let d = &func.insts[load];
        if d.op != Opcode::Load || d.ty == Some(Ty::Ref) || is_inside(d.args[0]) {
            return None;
        }
        let from = aliases.access(func, d)?;
        let same = |s: &InstData| s.op == Opcode::Store && s.ty == d.ty && s.args[1] == d.args[0] && s.imm == d.imm;
        let store = data.insts[n + 1..].iter().copied().find(|&i| same(&func.insts[i]))?;
        let touches = |i: Inst| match aliases.access(func, &func.insts[i]) {
            Some(other) => aliases.may_overlap(&other, &from),
            None => func.insts[i].op != Opcode::KeepAlive && effect(func, &func.insts[i]).overlaps(Effect::WRITE.or(Effect::READ)),
        };
        let apart = data.insts.iter().all(|&i| i == load || i == store || !touches(i));
        apart.then_some(Cell { header, preheader, load, store })
    });
    cells.take(MAX_CELLS).collect()
}

/// Gives the loop a parameter for the element; the load's result and what replaces it.
fn keep(func: &mut Function, c: &Cell) -> (Value, Value) {
    let (load, store) = (func.insts[c.load].clone(), func.insts[c.store].clone());
    let (old, new) = (load.results[0], store.args[0]);
    let ty = func.ty(old);
    func.blocks[c.header].insts.retain(|&i| i != c.load && i != c.store);
    let first = func.make_inst(Opcode::Load, load.ty, &load.args, load.imm, &[ty], None, load.span);
    func.blocks[c.preheader].insts.push(first);
    let first = func.result(first);
    let param = func.append_param(c.header, ty);
    let last = func.make_inst(Opcode::Store, store.ty, &[new, store.args[1]], store.imm, &[], None, store.span);
    let behind = func.make_block(store.span);
    func.blocks[behind].insts.push(last);
    for t in func.blocks[c.preheader].term.targets_mut() {
        t.args.push(first);
    }
    let mut out = None;
    for t in func.blocks[c.header].term.targets_mut() {
        if t.block == c.header {
            t.args.push(new);
        } else {
            out = Some(std::mem::replace(t, BlockCall { block: behind, args: Args::new() }));
        }
    }
    if let Some(out) = out {
        func.blocks[behind].term = Terminator::Jump(out);
    }
    (old, param)
}
