//! Moves what a loop computes again and again in front of it: pure rows with invariant operands, loads from memory that
//! the loop does not change, and guards.
//!
//! What may fault or leave (loads, divisions, guards) moves only if every entry of the loop would execute it first: it is
//! in the header, and nothing before it in the header that stays can leave (or, for guards, has an effect). So nothing is raised early
//! and no address is used before its check. Works from inner loops outward; what arrives in an outer loop moves on.

use crate::analysis::alias::Aliases;
use crate::analysis::effects::{effect, is_constant_object, is_pure, is_speculable};
use crate::analysis::loops::{LoopId, Loops, make_preheaders};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::{EntityRef, SecondaryMap};
use looplift_mir::dom::Dominators;
use looplift_mir::*;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let mut changed = make_preheaders(func);
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    if loops.loops.is_empty() {
        return changed.into();
    }
    let preds = func.predecessors();
    let aliases = Aliases::new(func);
    // The block of each definition.
    let mut home: SecondaryMap<Value, u32> = SecondaryMap::with_default(u32::MAX);
    for &b in &dom.rpo {
        for &p in &func.blocks[b].params {
            home[p] = b.index() as u32;
        }
        for &i in &func.blocks[b].insts {
            for &r in &func.insts[i].results {
                home[r] = b.index() as u32;
            }
        }
    }
    for l in loops.loops.keys() {
        let Some(pre) = loops.preheader(func, &preds, l) else { continue };
        changed |= hoist(func, &loops, l, pre, &aliases, &mut home);
    }
    changed.into()
}

fn hoist(func: &mut Function, loops: &Loops, l: LoopId, pre: Block, aliases: &Aliases, home: &mut SecondaryMap<Value, u32>) -> bool {
    let data = &loops.loops[l];
    // Everything in the loop that writes, and whether any of it may be anything.
    let mut writes: Vec<Inst> = Vec::new();
    for &b in &data.blocks {
        for &i in &func.blocks[b].insts {
            if effect(func, &func.insts[i]).overlaps(Effect::WRITE) {
                writes.push(i);
            }
        }
    }
    let mut moved: Vec<Inst> = Vec::new();
    for &b in &data.blocks {
        // A cold block hardly runs: what it computes is not worth a register for the whole loop.
        if func.blocks[b].cold {
            continue;
        }
        // Whether the next instruction runs in every first iteration, and whether nothing has happened before it.
        let mut certain = b == data.header;
        let mut untouched = certain;
        let insts = std::mem::take(&mut func.blocks[b].insts);
        let mut kept = Vec::with_capacity(insts.len());
        for i in insts {
            let d = &func.insts[i];
            let invariant = d.args.iter().all(|&a| home[a] == u32::MAX || !loops.contains(l, Block::new(home[a] as usize)));
            let e = effect(func, d);
            let go = invariant
                && match d.op {
                    // Rematerialised where needed; a constant in a register is no gain.
                    Opcode::Iconst | Opcode::Fconst | Opcode::NullRef => true,
                    Opcode::Load => certain && is_unchanged(func, aliases, d, &writes),
                    Opcode::Guard => untouched,
                    Opcode::KeepAlive => false,
                    _ if is_speculable(func, d) || is_constant_object(d) => true,
                    _ => is_pure(func, d) && certain,
                };
            if go {
                for &r in &d.results {
                    home[r] = pre.index() as u32;
                }
                moved.push(i);
            } else {
                certain &= !e.overlaps(Effect::EXIT);
                untouched &= d.op == Opcode::KeepAlive || !e.overlaps(Effect::EXIT.or(Effect::WRITE).or(Effect::OTHER));
                kept.push(i);
            }
        }
        func.blocks[b].insts = kept;
    }
    let changed = !moved.is_empty();
    func.blocks[pre].insts.append(&mut moved);
    changed
}

/// Whether nothing in `writes` changes what the load reads.
fn is_unchanged(func: &Function, aliases: &Aliases, load: &InstData, writes: &[Inst]) -> bool {
    // Comparing every load with every write is bounded.
    let Some(access) = aliases.access(func, load) else { return false };
    writes.len() <= 256 && !writes.iter().any(|&w| aliases.may_clobber(func, &func.insts[w], &access))
}
