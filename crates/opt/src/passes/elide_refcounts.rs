//! Removes a `retain` and the `release` of the same value after it in one block, where nothing between them can free what the value refers to.
//!
//! What is read out of a container is retained for the time that it is used; mostly that is one element of an array. Between the two stand
//! pure instructions, loads, stores of numbers and further retains: the container keeps its reference meanwhile. Calls, releases of other
//! values, stores of references and exits end the search.

use crate::analysis::effects;
use crate::pipeline::{Changed, PassCx};
use looplift_mir::*;
use rustc_hash::FxHashMap;

/// What may free something, or leave.
const BARS: Effect = Effect::WRITE.or(Effect::EXIT).or(Effect::OTHER).or(Effect::ALLOC);

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    let mut changed = Changed::No;
    for n in 0..func.layout.len() {
        let b = func.layout[n];
        let mut gone = Vec::new();
        // Retained values, and the place of their last `retain`.
        let mut open: FxHashMap<Value, usize> = FxHashMap::default();
        for (at, &i) in func.blocks[b].insts.iter().enumerate() {
            let data = &func.insts[i];
            match data.op {
                Opcode::Retain => {
                    open.insert(data.args[0], at);
                }
                Opcode::Release => match open.remove(&data.args[0]) {
                    Some(from) => gone.extend([from, at]),
                    None => open.clear(),
                },
                Opcode::Store if data.ty != Some(Ty::Ref) => {}
                _ if effects::effect(func, data).overlaps(BARS) => open.clear(),
                _ => {}
            }
        }
        if gone.is_empty() {
            continue;
        }
        let mut at = 0;
        func.blocks[b].insts.retain(|_| {
            at += 1;
            !gone.contains(&(at - 1))
        });
        changed = Changed::Yes;
    }
    changed
}
