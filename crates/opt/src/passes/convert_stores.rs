//! `if c: a[i] = x`, where `a[i]` was just read, stores either `x` or what is there, without a branch. Only in memory that
//! this function has allocated: no other thread writes to it in between. Addresses are compared by value, so equal ones
//! were merged before.

use super::if_convert::{MAX_ARM, cost};
use crate::analysis::alias::{Aliases, Root};
use crate::analysis::edit::Emitter;
use crate::analysis::effects::effect;
use crate::pipeline::{Changed, PassCx};
use looplift_mir::*;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let preds = func.predecessors();
    let mut found: Vec<(Block, Block, usize, Value)> = Vec::new();
    let aliases = Aliases::new(func);
    for &b in &func.layout {
        let Terminator::Brif { then, other, .. } = &func.blocks[b].term else { continue };
        for (arm, join) in [(then, other), (other, then)] {
            let d = &func.blocks[arm.block];
            let Terminator::Jump(t) = &d.term else { continue };
            if t != join || preds[arm.block].len() != 1 || !d.params.is_empty() || d.cold || arm.block == b || func.blocks[join.block].cold {
                continue;
            }
            let Some(at) = d.insts.iter().rposition(|&i| func.insts[i].op != Opcode::KeepAlive) else { continue };
            let (rows, store) = (&d.insts[..at], &func.insts[d.insts[at]]);
            let Some(to) = Some(store).filter(|s| s.op == Opcode::Store && s.ty != Some(Ty::Ref)).and_then(|s| aliases.access(func, s)) else { continue };
            let dear = rows.iter().map(|&i| cost(func, i).unwrap_or(100)).sum::<usize>() > MAX_ARM;
            if dear || !matches!(aliases.root(to.addr), Root::Fresh(_)) {
                continue;
            }
            // What is there: read behind the last write of the block.
            let seen = func.blocks[b]
                .insts
                .iter()
                .rev()
                .map(|&i| &func.insts[i])
                .take_while(|d| d.op == Opcode::KeepAlive || !effect(func, d).overlaps(Effect::WRITE.or(Effect::OTHER)));
            let same = seen
                .filter(|d| d.op == Opcode::Load && d.ty == store.ty)
                .find(|d| aliases.access(func, d).is_some_and(|from| from.base == to.base && from.offset == to.offset && from.region == to.region));
            if let Some(load) = same {
                found.push((b, arm.block, at, load.results[0]));
                break;
            }
        }
    }
    for &(b, arm, at, old) in &found {
        let (Terminator::Brif { cond, then, .. }, Terminator::Jump(join)) = (func.blocks[b].term.clone(), func.blocks[arm].term.clone()) else { continue };
        let mut rows = std::mem::take(&mut func.blocks[arm].insts);
        let behind = rows.split_off(at);
        let store = behind[0];
        let new = func.insts[store].args[0];
        let span = func.insts[store].span;
        let mut e = Emitter::new(func, span);
        e.out = rows;
        let v = if then.block == arm { e.select(cond, new, old) } else { e.select(cond, old, new) };
        let mut insts = std::mem::take(&mut e.out);
        func.insts[store].args[0] = v;
        insts.extend(behind);
        func.blocks[b].insts.append(&mut insts);
        func.blocks[b].term = Terminator::Jump(join);
        func.blocks[arm].term = Terminator::Unreachable;
    }
    if !found.is_empty() {
        func.tidy_layout();
    }
    (!found.is_empty()).into()
}
