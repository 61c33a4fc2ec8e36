//! Turns loops that test at the top into a guard and a loop that tests at the bottom: the header's instructions are
//! copied to each edge that enters the header, so that the first test happens before the loop and each later one in the
//! latch. The loop then has one branch an iteration, and what it computes first runs on every entry.
//!
//! Phases for one loop whose header ends in a branch out of it: values of the header that are used elsewhere become
//! parameters of the blocks below it in the dominator tree (the header stops dominating them); then a copy of the header is made for the entries,
//! and the header itself, now at the end of the loop, is reached from the latches only.

use crate::analysis::effects::effect;
use crate::analysis::loops::{LoopId, Loops};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::{EntityRef, SecondaryMap};
use looplift_mir::dom::Dominators;
use looplift_mir::*;
use rustc_hash::FxHashMap;

/// Headers with more instructions stay.
const MAX_HEADER: usize = 24;
/// Each rotated loop costs a walk over the function: blocks visited in all.
const MAX_WALK: usize = 20_000_000;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    if loops.loops.is_empty() {
        return Changed::No;
    }
    let plans: Vec<Plan> = loops.loops.keys().filter_map(|l| plan(func, &loops, l)).take(MAX_WALK / func.layout.len()).collect();
    let mut changed = false;
    for p in plans {
        // Rotating an inner loop may have changed the branch of an outer header; look again.
        changed |= rotate(func, &p);
    }
    if changed {
        func.tidy_layout();
    }
    changed.into()
}

struct Plan {
    header: Block,
    /// Successors of the header inside and outside.
    stay: Block,
    leave: Block,
}

fn plan(func: &Function, loops: &Loops, l: LoopId) -> Option<Plan> {
    let data = &loops.loops[l];
    let h = data.header;
    let Terminator::Brif { then, other, .. } = &func.blocks[h].term else { return None };
    let (stay, leave) = match (loops.contains(l, then.block), loops.contains(l, other.block)) {
        (true, false) => (then.block, other.block),
        (false, true) => (other.block, then.block),
        _ => return None,
    };
    // Already a test at the bottom: the header is its own latch.
    if stay == h || data.latches.contains(&h) {
        return None;
    }
    // Nor is a body that writes copied where the loop ends with a test in any case (`while a and b:` tests both there).
    let writes = func.blocks[h].insts.iter().any(|&i| effect(func, &func.insts[i]).overlaps(Effect::WRITE));
    let tests_last = |b: &Block| func.blocks[*b].term.targets().iter().any(|t| !loops.contains(l, t.block));
    if writes && data.latches.iter().all(tests_last) {
        return None;
    }
    let small = func.blocks[h].insts.len() <= MAX_HEADER
        && func.blocks[h].insts.iter().all(|&i| {
            let d = &func.insts[i];
            !effect(func, d).overlaps(Effect::ALLOC) && d.op != Opcode::StackSlot
        });
    (small && h != func.entry()).then_some(Plan { header: h, stay, leave })
}

fn rotate(func: &mut Function, p: &Plan) -> bool {
    let h = p.header;
    if !matches!(&func.blocks[h].term, Terminator::Brif { then, other, .. } if then.block != other.block) {
        return false;
    }
    // Successors get blocks of their own on the edges, so that they can take parameters.
    let span = func.blocks[h].term_span;
    let mut defs: Vec<Value> = func.blocks[h].params.clone();
    for &i in &func.blocks[h].insts {
        defs.extend(func.insts[i].results.iter().copied());
    }
    let def_set: rustc_hash::FxHashSet<Value> = defs.iter().copied().collect();
    split_edge(func, h, p.stay, span);
    split_edge(func, h, p.leave, span);
    // Which definitions are used outside the header (the edge blocks included).
    let dom = Dominators::new(func);
    let mut used: SecondaryMap<Value, bool> = SecondaryMap::new();
    let blocks: Vec<Block> = dom.rpo.iter().copied().filter(|&b| b != h && dom.dominates(h, b)).collect();
    for &b in &blocks {
        for &i in &func.blocks[b].insts {
            for &a in &func.insts[i].args {
                if def_set.contains(&a) {
                    used[a] = true;
                }
            }
        }
        func.blocks[b].term.for_each_arg(|a| {
            if def_set.contains(&a) {
                used[a] = true;
            }
        });
    }
    let live: Vec<Value> = defs.iter().copied().filter(|&v| used[v]).collect();
    // Each child of the header in the dominator tree is the root of a region; it takes the live values as parameters.
    // Children are the two edge blocks, and joins that are reached from both sides.
    let mut region: SecondaryMap<Block, u32> = SecondaryMap::with_default(u32::MAX);
    let mut roots: Vec<Block> = Vec::new();
    for &b in &blocks {
        region[b] = match dom.idom(b) {
            Some(d) if d == h => {
                roots.push(b);
                roots.len() as u32 - 1
            }
            Some(d) => region[d],
            None => continue,
        };
    }
    let mut rename: Vec<FxHashMap<Value, Value>> = vec![FxHashMap::default(); roots.len()];
    for (n, &r) in roots.iter().enumerate() {
        for &v in &live {
            let ty = func.ty(v);
            let new = func.append_param(r, ty);
            rename[n].insert(v, new);
        }
    }
    for &b in &blocks {
        let Some(map) = rename.get(region[b] as usize) else { continue };
        for k in 0..func.blocks[b].insts.len() {
            let i = func.blocks[b].insts[k];
            for a in &mut func.insts[i].args {
                *a = map.get(a).copied().unwrap_or(*a);
            }
        }
        func.blocks[b].term.for_each_arg_mut(|a| *a = map.get(a).copied().unwrap_or(*a));
    }
    for &b in blocks.iter().chain([&h]) {
        let map = rename.get(region[b] as usize);
        let mut term = std::mem::replace(&mut func.blocks[b].term, Terminator::Unreachable);
        for t in term.targets_mut() {
            if roots.contains(&t.block) {
                t.args.extend(live.iter().map(|v| map.and_then(|m| m.get(v)).copied().unwrap_or(*v)));
            }
        }
        func.blocks[b].term = term;
    }
    // The copy for entries.
    let copy = func.make_block(span);
    let mut map: FxHashMap<Value, Value> = FxHashMap::default();
    for v in func.blocks[h].params.clone() {
        let ty = func.ty(v);
        let new = func.append_param(copy, ty);
        map.insert(v, new);
    }
    for i in func.blocks[h].insts.clone() {
        let d = func.insts[i].clone();
        let args: Args = d.args.iter().map(|a| map.get(a).copied().unwrap_or(*a)).collect();
        let tys: Vec<Ty> = d.results.iter().map(|&r| func.ty(r)).collect();
        let new = func.make_inst(d.op, d.ty, &args, d.imm, &tys, d.site, d.span);
        for (n, &r) in d.results.iter().enumerate() {
            let v = func.insts[new].results[n];
            map.insert(r, v);
        }
        func.blocks[copy].insts.push(new);
    }
    let mut term = func.blocks[h].term.clone();
    term.for_each_arg_mut(|a| *a = map.get(a).copied().unwrap_or(*a));
    func.blocks[copy].term = term;
    func.blocks[copy].term_span = span;
    // Entries go to the copy, latches keep the header.
    let preds = func.predecessors();
    let mut done: Vec<Block> = Vec::new();
    for &q in &preds[h] {
        // Latches; rotating an inner loop may have put a block on the edge, so they are looked up now.
        if dom.dominates(h, q) || done.contains(&q) {
            continue;
        }
        done.push(q);
        for t in func.blocks[q].term.targets_mut() {
            if t.block == h {
                t.block = copy;
            }
        }
    }
    true
}

/// A new block on the edge.
fn split_edge(func: &mut Function, from: Block, to: Block, span: SpanId) -> Block {
    let edge = func.make_block(span);
    func.blocks[edge].cold = func.blocks[to].cold;
    let mut taken = None;
    for t in func.blocks[from].term.targets_mut() {
        if t.block == to {
            taken = Some(t.clone());
            *t = BlockCall { block: edge, args: Args::new() };
        }
    }
    if let Some(t) = taken {
        func.blocks[edge].term = Terminator::Jump(t);
    }
    debug_assert!(edge.index() > 0);
    edge
}
