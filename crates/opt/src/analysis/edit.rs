//! Small edits that several passes share.

use looplift_mir::*;

/// Keeps the parameters of `block` for which `keep` says so, and the edges' arguments for them.
pub fn retain_params(func: &mut Function, block: Block, preds: &[Block], keep: &[bool]) {
    let mut done: Vec<Block> = Vec::new();
    for &p in preds {
        if done.contains(&p) {
            continue;
        }
        done.push(p);
        for t in func.blocks[p].term.targets_mut() {
            if t.block == block {
                let mut n = 0;
                t.args.retain(|_| {
                    n += 1;
                    keep[n - 1]
                });
            }
        }
    }
    let mut n = 0;
    func.blocks[block].params.retain(|_| {
        n += 1;
        keep[n - 1]
    });
    for n in 0..func.blocks[block].params.len() {
        let p = func.blocks[block].params[n];
        func.values[p].def = ValueDef::Param(block, n as u32);
    }
}
