//! Removes instructions without effects whose results nobody needs, block parameters that only feed themselves, and
//! allocations that are only written to.
//!
//! Marks from the roots (effects and terminators) through operands with a work list; what is unmarked goes. A store
//! through an address derived from an allocation that nothing else uses is no root: it is marked when the allocation's
//! memory is found to be read or to escape.

use crate::analysis::effects::is_removable;
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::{EntitySet, SecondaryMap};
use looplift_mir::*;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    let mut changed = func.tidy_layout();
    let roots = allocation_roots(func);
    let mut live_values: EntitySet<Value> = EntitySet::with_capacity(func.values.len());
    let mut live_insts: EntitySet<Inst> = EntitySet::with_capacity(func.insts.len());
    let mut work: Vec<Value> = Vec::new();
    // Stores into allocations wait here until the allocation is live.
    let mut waiting: SecondaryMap<Inst, Vec<Inst>> = SecondaryMap::new();
    let preds = func.predecessors();

    for &b in &func.layout {
        for &i in &func.blocks[b].insts {
            let d = &func.insts[i];
            let target = match d.op {
                Opcode::Store => d.args.get(1),
                Opcode::MemZero | Opcode::KeepAlive => d.args.first(),
                _ => None,
            };
            if let Some(root) = target.and_then(|&t| roots[t]) {
                waiting[root].push(i);
            } else if !is_removable(func, d) {
                live_insts.insert(i);
                work.extend(d.args.iter().copied());
            }
        }
        match &func.blocks[b].term {
            // Arguments of edges are needed only when the parameter is.
            Terminator::Brif { cond, .. } => work.push(*cond),
            Terminator::Jump(_) => {}
            t @ (Terminator::Return(_) | Terminator::Raise { .. } | Terminator::Propagate { .. } | Terminator::Unreachable) => t.for_each_arg(|v| work.push(v)),
        }
    }
    while let Some(v) = work.pop() {
        if !live_values.insert(v) {
            continue;
        }
        match func.values[v].def {
            ValueDef::Param(b, n) => {
                let mut seen: Option<Block> = None;
                for &p in &preds[b] {
                    if seen == Some(p) {
                        continue;
                    }
                    seen = Some(p);
                    for t in func.blocks[p].term.targets() {
                        if t.block == b {
                            work.push(t.args[n as usize]);
                        }
                    }
                }
            }
            ValueDef::Result(i, _) => {
                if live_insts.insert(i) {
                    work.extend(func.insts[i].args.iter().copied());
                    for s in std::mem::take(&mut waiting[i]) {
                        live_insts.insert(s);
                        work.extend(func.insts[s].args.iter().copied());
                    }
                }
            }
        }
    }

    for &b in &func.layout {
        let insts = &mut func.blocks[b].insts;
        let before = insts.len();
        insts.retain(|&i| live_insts.contains(i));
        changed |= insts.len() != before;
    }
    let layout = func.layout.clone();
    for &b in layout.iter().skip(1) {
        if func.blocks[b].params.iter().all(|&p| live_values.contains(p)) {
            continue;
        }
        changed = true;
        let keep: Vec<bool> = func.blocks[b].params.iter().map(|&p| live_values.contains(p)).collect();
        crate::analysis::edit::retain_params(func, b, &preds[b], &keep);
    }
    changed.into()
}

/// For each address that is computed from one allocation only (`ref_data` of it, plus offsets): that allocation. An
/// allocation appears only if all its uses are such addresses.
fn allocation_roots(func: &Function) -> SecondaryMap<Value, Option<Inst>> {
    let mut root: SecondaryMap<Value, Option<Inst>> = SecondaryMap::new();
    for &b in &func.layout {
        for &i in &func.blocks[b].insts {
            let d = &func.insts[i];
            let from = match d.op {
                Opcode::Alloc | Opcode::AllocZeroed | Opcode::StackSlot => Some(i),
                Opcode::RefData => root[d.args[0]],
                // An address plus an offset; the sum of two addresses is none.
                Opcode::Iadd => match (root[d.args[0]], root[d.args[1]]) {
                    (Some(r), None) | (None, Some(r)) => Some(r),
                    _ => None,
                },
                Opcode::Isub => root[d.args[0]].filter(|_| root[d.args[1]].is_none()),
                _ => None,
            };
            if let (Some(r), Some(&v)) = (from, d.results.first()) {
                root[v] = Some(r);
            }
        }
    }
    root
}
