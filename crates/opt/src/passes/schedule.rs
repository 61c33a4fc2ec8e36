//! Orders rows for short lives of values.
//!
//! * The step of a loop's counter moves down to where the loop goes round: behind the last use of the counter, one register
//!   holds both. A range loop computes the next number first; left there, the old and the new one live side by side, and
//!   going round takes a move and, to place it, a jump.
//! * In each block a pure row stands just before the first row that needs it.

use crate::analysis::counted::{homes, is_invariant};
use crate::analysis::edit::const_int;
use crate::analysis::effects::is_pure;
use crate::analysis::loops::Loops;
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use looplift_mir::dom::Dominators;
use looplift_mir::*;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let mut changed = sink_steps(func);
    let mut state = Demand::default();
    for b in func.layout.clone() {
        changed |= state.block(func, b);
    }
    changed.into()
}

/// In which block a row waits to be needed.
#[derive(Default)]
struct Demand {
    waiting: SecondaryMap<Inst, bool>,
    out: Vec<Inst>,
    stack: Vec<(Inst, usize)>,
}

impl Demand {
    fn block(&mut self, func: &mut Function, b: Block) -> bool {
        let insts = std::mem::take(&mut func.blocks[b].insts);
        // Pure rows that this block itself needs wait.
        let mut used: SecondaryMap<Value, bool> = SecondaryMap::new();
        for &i in &insts {
            for &a in &func.insts[i].args {
                used[a] = true;
            }
        }
        func.blocks[b].term.for_each_arg(|a| used[a] = true);
        for &i in &insts {
            let d = &func.insts[i];
            self.waiting[i] = is_pure(func, d) && d.results.iter().any(|&r| used[r] && !func.ty(r).is_int());
        }
        for &i in &insts {
            if !self.waiting[i] {
                self.emit(func, i);
            }
        }
        // What the branch tests comes last.
        let mut needed = Args::new();
        func.blocks[b].term.for_each_arg(|a| needed.push(a));
        if matches!(func.blocks[b].term, Terminator::Brif { .. }) {
            needed.rotate_left(1);
        }
        for v in needed {
            if let ValueDef::Result(i, _) = func.values[v].def
                && self.waiting[i]
            {
                self.emit(func, i);
            }
        }
        // Needed only by rows that wait themselves: none is left, since uses form no cycle; the order decides nothing.
        for &i in &insts {
            if self.waiting[i] {
                self.emit(func, i);
            }
        }
        let changed = self.out != insts;
        func.blocks[b].insts = std::mem::take(&mut self.out);
        changed
    }

    /// Emits a row after the waiting rows it needs.
    fn emit(&mut self, func: &Function, i: Inst) {
        self.waiting[i] = false;
        self.stack.push((i, 0));
        while let Some((i, n)) = self.stack.pop() {
            match func.insts[i].args.get(n) {
                None => self.out.push(i),
                Some(&a) => {
                    self.stack.push((i, n + 1));
                    if let ValueDef::Result(j, _) = func.values[a].def
                        && self.waiting[j]
                    {
                        self.waiting[j] = false;
                        self.stack.push((j, 0));
                    }
                }
            }
        }
    }
}

/// A step that is needed early, while the counter is needed late (`while i > 0 and a[i - 1] > x: a[i] = a[i - 1]`), is made once more where the
/// loop goes round: in the counter's register, which spares going round a move and a jump to it.
fn step_again(func: &mut Function, dom: &Dominators, step: Inst, from: Block, latch: Block) -> bool {
    let d = func.insts[step].clone();
    let find = |v: &Value| if let ValueDef::Param(b, _) = func.values[*v].def { Some((*v, b)) } else { None };
    let Some((counter, header)) = d.args.iter().find_map(find) else { return false };
    // (What a vector loop counts by is read off the loop.)
    if func.blocks[header].vector {
        return false;
    }
    let uses = |i: &Inst| func.insts[*i].args.contains(&counter);
    let is_late = |&b: &Block| {
        let rows = &func.blocks[b].insts;
        let first = if b == from { rows.iter().position(|&i| i == step).map_or(rows.len(), |n| n + 1) } else { 0 };
        dom.dominates(from, b) && !func.blocks[b].cold && rows[first..].iter().any(uses)
    };
    if !func.layout.iter().any(is_late) {
        return false;
    }
    let ty = func.ty(d.results[0]);
    let again = func.make_inst(d.op, d.ty, &d.args, d.imm, &[ty], d.site, d.span);
    let (old, new) = (d.results[0], func.result(again));
    func.blocks[latch].insts.push(again);
    for t in func.blocks[latch].term.targets_mut().into_iter().filter(|t| t.block == header) {
        t.args.iter_mut().filter(|a| **a == old).for_each(|a| *a = new);
    }
    true
}

fn sink_steps(func: &mut Function) -> bool {
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    if loops.loops.is_empty() {
        return false;
    }
    let home = homes(func);
    // What may move, and to which latch.
    let mut moves: Vec<(Inst, Block, Block)> = Vec::new();
    let mut latch_of: SecondaryMap<Value, Option<Block>> = SecondaryMap::new();
    for (l, data) in loops.loops.iter() {
        let [latch] = data.latches[..] else { continue };
        for t in func.blocks[latch].term.targets() {
            if t.block != data.header {
                continue;
            }
            for (n, &v) in t.args.iter().enumerate() {
                let (ValueDef::Result(i, _), Some(from)) = (func.values[v].def, home[v]) else { continue };
                let d = &func.insts[i];
                let counter = func.blocks[data.header].params[n];
                let by = |v: Value| const_int(func, v).is_some() || is_invariant(func, &loops, l, &home, v);
                let step = match (d.op, &d.args[..]) {
                    (Opcode::Iadd, &[a, b]) => (a == counter && by(b)) || (b == counter && by(a)),
                    (Opcode::Isub | Opcode::Shl | Opcode::Ushr | Opcode::Sshr, &[a, b]) => a == counter && by(b),
                    _ => false,
                };
                if step && loops.of(from) == loops.of(data.header) && latch_of[v].is_none() {
                    latch_of[v] = Some(latch);
                    moves.push((i, from, latch));
                }
            }
        }
    }
    // Uses above the latch keep the step where it is.
    let mut pinned: SecondaryMap<Value, bool> = SecondaryMap::new();
    for &b in &func.layout {
        let mut note = |a: Value| {
            if let Some(l) = latch_of[a] {
                pinned[a] |= b != l && !dom.dominates(l, b);
            }
        };
        for &i in &func.blocks[b].insts {
            func.insts[i].args.iter().copied().for_each(&mut note);
        }
        func.blocks[b].term.for_each_arg(&mut note);
    }
    let mut changed = false;
    for (i, from, latch) in moves {
        let v = func.insts[i].results[0];
        if pinned[v] {
            changed |= step_again(func, &dom, i, from, latch);
            continue;
        }
        let Some(at) = func.blocks[from].insts.iter().position(|&x| x == i) else { continue };
        func.blocks[from].insts.remove(at);
        let to = func.blocks[latch].insts.iter().position(|&x| func.insts[x].args.contains(&v)).unwrap_or(func.blocks[latch].insts.len());
        func.blocks[latch].insts.insert(to, i);
        changed |= from != latch || at != to;
    }
    changed
}
