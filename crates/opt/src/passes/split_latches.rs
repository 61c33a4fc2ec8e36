//! Ways through a loop that meet just before they go round go round each on its own.
//!
//! Where two arms of a branch meet in a block that only steps and tests, that block is copied into both: the arm that does not come last
//! needs no jump to it, what the arms hand on goes straight into the next iteration, and the processor's guesses know from the
//! test which way was taken. The last rows of machine code that wait for a meeting of ways are these, so the pass comes
//! when loops have their final form.

use crate::analysis::effects::is_pure;
use crate::analysis::loops::Loops;
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::EntitySet;
use looplift_mir::dom::Dominators;
use looplift_mir::*;
use rustc_hash::FxHashMap;

/// Rows of a block that is copied.
const MAX_ROWS: usize = 3;
/// Ways that meet.
const MAX_WAYS: usize = 3;
/// Loops with more blocks have other costs.
const MAX_BLOCKS: usize = 12;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    let mut latches = Vec::new();
    for data in loops.loops.values() {
        let hot = data.blocks.iter().filter(|&&b| !func.blocks[b].cold).count();
        if let [latch] = data.latches[..]
            && !data.has_children
            && hot <= MAX_BLOCKS
            && latch != data.header
            && !func.blocks[data.header].cold
            && !func.blocks[data.header].vector
        {
            latches.push(latch);
        }
    }
    let mut changed = false;
    for latch in latches {
        changed |= split(func, latch);
    }
    if changed {
        func.tidy_layout();
    }
    changed.into()
}

fn split(func: &mut Function, latch: Block) -> bool {
    let data = &func.blocks[latch];
    let rows = data.insts.clone();
    let simple = |&i: &Inst| is_pure(func, &func.insts[i]) && func.insts[i].results.len() == 1;
    if data.cold || rows.len() > MAX_ROWS || !rows.iter().all(simple) || !matches!(data.term, Terminator::Brif { .. }) {
        return false;
    }
    let mut preds = func.predecessors()[latch].clone();
    preds.sort_unstable();
    preds.dedup();
    let ways: usize = preds.iter().map(|&p| func.blocks[p].term.targets().iter().filter(|t| t.block == latch).count()).sum();
    let cold = preds.iter().any(|&p| func.blocks[p].cold);
    if preds.len() != ways || !(2..=MAX_WAYS).contains(&ways) || cold || is_used_outside(func, latch) {
        return false;
    }
    for p in preds {
        let jumps = matches!(func.blocks[p].term, Terminator::Jump(_));
        let mut term = func.blocks[p].term.clone();
        for t in term.targets_mut() {
            if t.block != latch {
                continue;
            }
            let (insts, copy) = copied(func, latch, &t.args);
            let span = func.blocks[latch].term_span;
            if jumps {
                func.blocks[p].insts.extend(insts);
                func.blocks[p].term_span = span;
                func.blocks[p].term = copy;
            } else {
                let own = func.make_block(span);
                func.blocks[own].insts = insts;
                func.blocks[own].term = copy;
                *t = BlockCall { block: own, args: Args::new() };
            }
        }
        if !jumps {
            func.blocks[p].term = term;
        }
    }
    true
}

/// Whether something behind the block names what it makes.
fn is_used_outside(func: &Function, b: Block) -> bool {
    let mut own: EntitySet<Value> = EntitySet::new();
    own.extend(func.blocks[b].params.iter().copied());
    own.extend(func.blocks[b].insts.iter().flat_map(|&i| func.insts[i].results.iter().copied()));
    func.layout.iter().filter(|&&x| x != b).any(|&x| {
        let mut found = func.blocks[x].insts.iter().any(|&i| func.insts[i].args.iter().any(|&a| own.contains(a)));
        func.blocks[x].term.for_each_arg(|a| found |= own.contains(a));
        found
    })
}

/// The rows and the end of a block whose parameters are `args`.
fn copied(func: &mut Function, b: Block, args: &[Value]) -> (Vec<Inst>, Terminator) {
    let mut map: FxHashMap<Value, Value> = func.blocks[b].params.iter().copied().zip(args.iter().copied()).collect();
    let mut out = Vec::new();
    for i in func.blocks[b].insts.clone() {
        let d = func.insts[i].clone();
        let operands: Args = d.args.iter().map(|a| map.get(a).copied().unwrap_or(*a)).collect();
        let ty = func.ty(d.results[0]);
        let new = func.make_inst(d.op, d.ty, &operands, d.imm, &[ty], d.site, d.span);
        map.insert(d.results[0], func.result(new));
        out.push(new);
    }
    let mut term = func.blocks[b].term.clone();
    term.for_each_arg_mut(|a| *a = map.get(a).copied().unwrap_or(*a));
    (out, term)
}
