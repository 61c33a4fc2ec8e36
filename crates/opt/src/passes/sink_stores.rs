//! Where each of several ways ends with a store to the same place, one store stands behind them, of what the ways chose:
//! `if c: a[i] = 1 else: a[i] = 0` stores a choice. The ways may then be empty, which `if_convert` makes use of.
//!
//! Ways are blocks that jump to one block and whose last row is a store (`keep_alive` aside); the address is one value, or
//! computed by the same row from the same values.

use crate::analysis::edit::{Emitter, def_inst};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::{EntitySet, SecondaryMap};
use looplift_mir::dom::Dominators;
use looplift_mir::*;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let mut changed = false;
    // What is sunk may be the end of a way to the next join.
    for _ in 0..4 {
        let (dom, preds) = (Dominators::new(func), func.predecessors());
        let mut ways: SecondaryMap<Block, Vec<Way>> = SecondaryMap::new();
        let mut joins: Vec<Block> = Vec::new();
        let mut seen: EntitySet<Block> = EntitySet::new();
        for &b in &func.layout {
            seen.insert(b);
            // What goes round a loop is no way to a join.
            if let Some((join, way)) = Way::of(func, b).filter(|(join, _)| !seen.contains(*join)) {
                ways[join].push(way);
                joins.push(join);
            }
        }
        joins.retain(|&j| preds[j].iter().all(|p| !dom.dominates(j, *p)));
        joins.sort_unstable();
        joins.dedup();
        let mut again = false;
        for join in joins {
            let mut left = std::mem::take(&mut ways[join]);
            while let Some(first) = left.pop() {
                let (like, unlike): (Vec<Way>, Vec<Way>) = left.into_iter().partition(|w| w.is_like(func, &first));
                left = unlike;
                if !like.is_empty() {
                    again = true;
                    sink(func, join, &first, &like);
                }
            }
        }
        if !again {
            break;
        }
        changed = true;
        func.tidy_layout();
    }
    changed.into()
}

/// A block that ends with a store, and where that stands.
#[derive(Clone)]
struct Way {
    block: Block,
    at: usize,
    store: Inst,
}

impl Way {
    /// With where it goes.
    fn of(func: &Function, b: Block) -> Option<(Block, Way)> {
        let d = &func.blocks[b];
        let Terminator::Jump(t) = &d.term else { return None };
        let at = d.insts.iter().rposition(|&i| func.insts[i].op != Opcode::KeepAlive)?;
        let store = &func.insts[d.insts[at]];
        let fits = store.op == Opcode::Store && store.ty != Some(Ty::Ref) && !d.cold && t.block != b;
        fits.then_some((t.block, Way { block: b, at, store: d.insts[at] }))
    }

    fn is_like(&self, func: &Function, o: &Way) -> bool {
        let (a, b) = (&func.insts[self.store], &func.insts[o.store]);
        let kept = |w: &Way| {
            let mut kept: Vec<Value> = func.blocks[w.block].insts[w.at + 1..].iter().map(|&i| func.insts[i].args[0]).collect();
            kept.sort_unstable();
            kept
        };
        a.ty == b.ty && a.imm == b.imm && kept(self) == kept(o) && (a.args[1] == b.args[1] || self.address(func).is_some_and(|x| Some(x) == o.address(func)))
    }

    /// The operands of the sum that the address is, if they are from before the block.
    fn address(&self, func: &Function) -> Option<Args> {
        let sum = &func.insts[def_inst(func, func.insts[self.store].args[1])?];
        let here = |v: Value| match func.values[v].def {
            ValueDef::Param(b, _) => b == self.block,
            ValueDef::Result(i, _) => func.blocks[self.block].insts.contains(&i),
        };
        (sum.op == Opcode::Iadd && !sum.args.iter().any(|&v| here(v))).then(|| sum.args.clone())
    }
}

/// Puts one store into a block between the ways and `join`.
fn sink(func: &mut Function, join: Block, first: &Way, others: &[Way]) {
    let store = func.insts[first.store].clone();
    let ty = func.ty(store.args[0]);
    let behind = func.make_block(store.span);
    let value = func.append_param(behind, ty);
    let sum = first.address(func).filter(|_| others.iter().any(|w| func.insts[w.store].args[1] != store.args[1]));
    let mut e = Emitter::new(func, store.span);
    let address = match sum {
        Some(args) => e.binary(Opcode::Iadd, args[0], args[1]),
        None => store.args[1],
    };
    let mut rows = std::mem::take(&mut e.out);
    rows.push(func.make_inst(store.op, store.ty, &[value, address], store.imm, &[], None, store.span));
    rows.extend(func.blocks[first.block].insts[first.at + 1..].iter().copied());
    func.blocks[behind].insts = rows;
    func.blocks[behind].term_span = func.blocks[first.block].term_span;
    let params: Vec<Value> = func.blocks[join].params.clone();
    let mut passed = Args::new();
    for p in params {
        let ty = func.ty(p);
        passed.push(func.append_param(behind, ty));
    }
    func.blocks[behind].term = Terminator::Jump(BlockCall { block: join, args: passed });
    for w in others.iter().chain([first]) {
        let stored = func.insts[w.store].args[0];
        func.blocks[w.block].insts.truncate(w.at);
        if let Terminator::Jump(t) = &mut func.blocks[w.block].term {
            t.block = behind;
            t.args.insert(0, stored);
        }
    }
}
