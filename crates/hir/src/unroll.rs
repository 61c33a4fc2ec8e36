//! A `for` loop over a tuple whose elements have types of their own, written out: one copy of the body for each element.
//!
//! 1. The loop is found: the block whose `IterNext` advances the iterator that an instruction `GetIter` made, and the blocks that
//!    lead back to it.
//! 2. Its blocks are copied, once for each element. Copy *k* takes element *k* with `TupleItem`; its edges back go to copy *k + 1*.
//!    After the last element stands a copy of the header alone, which leaves as the loop does when it is exhausted.
//! 3. Values of the loop that are used after it have a definition in each copy now: blocks between get parameters.
//! 4. The function is brought into its canonical form.
//!
//! Blocks, instructions and values keep their numbers; those of the loop are no longer in the layout.

use crate::func::*;
use crate::ops::{Op, Terminator};
use crate::tidy::{Dominators, tidy};
use crate::verify::edges;
use cranelift_entity::EntitySet;
use rustc_hash::FxHashMap;
use smallvec::smallvec;

/// The header of the loop that advances the iterator which `get_iter` makes, where that is its only use.
pub fn header(func: &Function, get_iter: Inst) -> Option<Block> {
    let iter = func.insts[get_iter].result;
    let mut uses = 0;
    let mut found = None;
    for &b in &func.layout {
        let data = &func.blocks[b];
        let mut count = |v: Value| uses += u32::from(v == iter);
        for &i in &data.insts {
            func.insts[i].op.for_each_value(&mut count);
            func.insts[i].handler.iter().for_each(|h| h.args.iter().for_each(|v| count(*v)));
        }
        data.term.for_each_value(&mut count);
        data.term_handler.iter().for_each(|h| h.args.iter().for_each(|v| count(*v)));
        if matches!(data.term, Terminator::IterNext { iter: it, .. } if it == iter) {
            found = Some(b);
        }
    }
    found.filter(|_| uses == 1)
}

/// What each copy of the body takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Items {
    /// The elements of the tuple that is iterated.
    Elements,
    /// Their positions.
    Positions,
}

/// The function with the loop over a tuple of `count` elements, whose iterator `get_iter` makes, written out. `None` where the
/// iterator is used in another way.
pub fn unroll(func: &Function, get_iter: Inst, count: u32, items: Items) -> Option<Function> {
    let header = header(func, get_iter)?;
    let Op::GetIter { arg } = func.insts[get_iter].op else { return None };
    let mut f = func.clone();
    let mut blocks = natural_loop(&f, header);
    add_tails(&f, header, &mut blocks);
    let copies: Vec<Copied> = (0..=count).map(|k| Copied::make(&mut f, &blocks, header, k == count)).collect();
    for (k, copy) in copies.iter().enumerate() {
        copy.connect(&mut f, header, copies.get(k + 1), item(items, arg, k as u32));
    }
    // Whoever entered the loop enters the first copy.
    let first = copies[0].blocks[&header];
    for b in f.layout.clone() {
        if !blocks.contains(b) {
            redirect(&mut f, b, header, first);
            f.blocks[b].insts.retain(|i| *i != get_iter);
        }
    }
    f.layout.retain(|b| !blocks.contains(*b));
    f.layout.extend(copies.iter().flat_map(|c| c.order.iter().map(|b| c.blocks[b])));
    rejoin(&mut f, func, &blocks, &copies);
    tidy(&mut f);
    Some(f)
}

fn item(items: Items, tuple: Value, index: u32) -> Op {
    match items {
        Items::Elements => Op::TupleItem { tuple, index },
        Items::Positions => Op::Const(Const::Int(i64::from(index))),
    }
}

/// The header and all blocks that lead back to it.
fn natural_loop(f: &Function, header: Block) -> EntitySet<Block> {
    let doms = Dominators::compute(f);
    let mut preds: FxHashMap<Block, Vec<Block>> = FxHashMap::default();
    for &b in &f.layout {
        for e in edges(f, b) {
            preds.entry(e.call.block).or_default().push(b);
        }
    }
    let mut inside = EntitySet::new();
    inside.insert(header);
    let mut work: Vec<Block> = preds.get(&header).into_iter().flatten().copied().filter(|p| doms.dominates(header, *p)).collect();
    while let Some(b) = work.pop() {
        if inside.insert(b) {
            work.extend(preds.get(&b).into_iter().flatten());
        }
    }
    inside
}

/// Adds what follows the loop and only ever raises: the exception of each copy travels on by itself.
fn add_tails(f: &Function, header: Block, inside: &mut EntitySet<Block>) {
    let doms = Dominators::compute(f);
    let mut tails: Vec<Block> = f.layout.iter().copied().filter(|b| !inside.contains(*b) && doms.dominates(header, *b)).collect();
    let mut preds: FxHashMap<Block, Vec<Block>> = FxHashMap::default();
    for &b in &f.layout {
        for e in edges(f, b) {
            preds.entry(e.call.block).or_default().push(b);
        }
    }
    loop {
        let all = tails.clone();
        tails.retain(|b| {
            let out = edges(f, *b);
            let ends = !out.is_empty() || matches!(f.blocks[*b].term, Terminator::Raise { .. } | Terminator::Reraise { .. } | Terminator::Unreachable);
            let comes = preds.get(b).into_iter().flatten().all(|p| *p != header && (inside.contains(*p) || all.contains(p)));
            ends && comes && out.iter().all(|e| all.contains(&e.call.block))
        });
        if tails.len() == all.len() {
            break;
        }
    }
    for b in tails {
        inside.insert(b);
    }
}

/// One copy of the loop: what stands for its blocks and values.
struct Copied {
    order: Vec<Block>,
    blocks: FxHashMap<Block, Block>,
    values: FxHashMap<Value, Value>,
}

impl Copied {
    /// Copies the blocks as they are, with new values; the last copy has the header alone.
    fn make(f: &mut Function, inside: &EntitySet<Block>, header: Block, last: bool) -> Copied {
        let order: Vec<Block> = f.layout.iter().copied().filter(|b| if last { *b == header } else { inside.contains(*b) }).collect();
        let mut c = Copied { order, blocks: FxHashMap::default(), values: FxHashMap::default() };
        for &b in &c.order {
            let data = f.blocks[b].clone();
            let new = f.blocks.next_key();
            let mut params = Vec::with_capacity(data.params.len());
            for (n, &p) in data.params.iter().enumerate() {
                let v = f.values.push(ValueData { def: ValueDef::Param(new, n as u32), name: f.values[p].name });
                c.values.insert(p, v);
                params.push(v);
            }
            let mut insts = Vec::with_capacity(data.insts.len());
            for &i in &data.insts {
                let inst = f.insts.next_key();
                let old = f.insts[i].clone();
                let result = f.values.push(ValueData { def: ValueDef::Result(inst), name: f.values[old.result].name });
                c.values.insert(old.result, result);
                insts.push(f.insts.push(InstData { result, ..old }));
            }
            f.blocks.push(BlockData { params, insts, ..data });
            c.blocks.insert(b, new);
        }
        c
    }

    /// Lets the copy use its own values and go to its own blocks, or to the next copy's header.
    fn connect(&self, f: &mut Function, header: Block, next: Option<&Copied>, item: Op) {
        let value = |v: &mut Value| *v = self.values.get(v).copied().unwrap_or(*v);
        let edge = |t: &mut BlockCall| {
            t.args.iter_mut().for_each(value);
            if t.block == header {
                t.block = next.map_or(header, |n| n.blocks[&header]);
            } else {
                t.block = self.blocks.get(&t.block).copied().unwrap_or(t.block);
            }
        };
        for &b in &self.order {
            let new = self.blocks[&b];
            for i in f.blocks[new].insts.clone() {
                let data = &mut f.insts[i];
                data.op.for_each_value_mut(value);
                data.handler.iter_mut().for_each(edge);
            }
            let data = &mut f.blocks[new];
            data.term.for_each_operand_mut(value);
            data.term.targets_mut().into_iter().for_each(edge);
            data.term_handler.iter_mut().for_each(edge);
        }
        let at = self.blocks[&header];
        let Terminator::IterNext { body, exit, .. } = f.blocks[at].term.clone() else { return };
        f.blocks[at].term_handler = None;
        let to = match next {
            None => exit,
            Some(_) => {
                let inst = f.insts.next_key();
                let result = f.values.push(ValueData { def: ValueDef::Result(inst), name: None });
                let span = f.blocks[at].term_span;
                f.insts.push(InstData { op: item, result, span, handler: None });
                f.blocks[at].insts.push(inst);
                let mut args = smallvec![result];
                args.extend(body.args);
                BlockCall { block: body.block, args }
            }
        };
        f.blocks[at].term = Terminator::Jump(to);
    }
}

/// Edges of a block to `from` go to `to`.
fn redirect(f: &mut Function, b: Block, from: Block, to: Block) {
    let edge = |t: &mut BlockCall| {
        if t.block == from {
            t.block = to;
        }
    };
    for i in f.blocks[b].insts.clone() {
        f.insts[i].handler.iter_mut().for_each(edge);
    }
    let data = &mut f.blocks[b];
    data.term.targets_mut().into_iter().for_each(edge);
    data.term_handler.iter_mut().for_each(edge);
}

/// Gives uses after the loop the value of whichever copy was left. The definition of a value used in a block outside is passed on
/// every way there, so that a walk back from the use meets a copy's definition on each.
fn rejoin(f: &mut Function, before: &Function, inside: &EntitySet<Block>, copies: &[Copied]) {
    let mut copied: FxHashMap<Block, &Copied> = FxHashMap::default();
    for c in copies {
        copied.extend(c.blocks.values().map(|b| (*b, c)));
    }
    let mut of_loop: EntitySet<Value> = EntitySet::new();
    for b in before.layout.iter().filter(|b| inside.contains(**b)) {
        let data = &before.blocks[*b];
        data.params.iter().copied().chain(data.insts.iter().map(|i| before.insts[*i].result)).for_each(|v| {
            of_loop.insert(v);
        });
    }
    let mut users: FxHashMap<Value, Vec<Block>> = FxHashMap::default();
    for &b in f.layout.iter().filter(|b| !copied.contains_key(b)) {
        let mut note = |v: Value| {
            if of_loop.contains(v) {
                let list = users.entry(v).or_default();
                if list.last() != Some(&b) {
                    list.push(b);
                }
            }
        };
        let data = &f.blocks[b];
        for &i in &data.insts {
            f.insts[i].op.for_each_value(&mut note);
            f.insts[i].handler.iter().for_each(|h| h.args.iter().for_each(|v| note(*v)));
        }
        data.term.for_each_value(&mut note);
        data.term_handler.iter().for_each(|h| h.args.iter().for_each(|v| note(*v)));
    }
    let mut preds: FxHashMap<Block, Vec<Block>> = FxHashMap::default();
    for &b in &f.layout {
        for e in edges(f, b) {
            let list = preds.entry(e.call.block).or_default();
            if list.last() != Some(&b) {
                list.push(b);
            }
        }
    }
    let mut values: Vec<Value> = users.keys().copied().collect();
    values.sort_unstable();
    for v in values {
        // The blocks that the value is brought to.
        let mut at: FxHashMap<Block, Value> = FxHashMap::default();
        let mut order = Vec::new();
        let mut work = users[&v].clone();
        while let Some(b) = work.pop() {
            if at.contains_key(&b) || copied.get(&b).is_some_and(|c| c.values.contains_key(&v)) {
                continue;
            }
            let n = f.blocks[b].params.len() as u32;
            let p = f.values.push(ValueData { def: ValueDef::Param(b, n), name: before.values[v].name });
            f.blocks[b].params.push(p);
            at.insert(b, p);
            order.push(b);
            work.extend(preds.get(&b).into_iter().flatten());
        }
        let here = |b: Block| at.get(&b).copied().or_else(|| copied.get(&b).and_then(|c| c.values.get(&v).copied())).unwrap_or(v);
        let mut done = EntitySet::new();
        for p in order.iter().flat_map(|b| preds.get(b).into_iter().flatten()).copied() {
            if done.insert(p) {
                let value = here(p);
                pass(f, p, &at, value);
            }
        }
        for &b in order.iter().filter(|b| !copied.contains_key(b)) {
            use_instead(f, b, v, at[&b]);
        }
    }
}

/// Appends an argument to each edge of a block to one of the blocks that take one more.
fn pass(f: &mut Function, b: Block, takers: &FxHashMap<Block, Value>, value: Value) {
    let edge = |t: &mut BlockCall| {
        if takers.contains_key(&t.block) {
            t.args.push(value);
        }
    };
    for i in f.blocks[b].insts.clone() {
        f.insts[i].handler.iter_mut().for_each(edge);
    }
    let data = &mut f.blocks[b];
    data.term.targets_mut().into_iter().for_each(edge);
    data.term_handler.iter_mut().for_each(edge);
}

/// In one block, uses of `from` become uses of `to`.
fn use_instead(f: &mut Function, b: Block, from: Value, to: Value) {
    let value = |v: &mut Value| {
        if *v == from {
            *v = to;
        }
    };
    for i in f.blocks[b].insts.clone() {
        f.insts[i].op.for_each_value_mut(value);
        f.insts[i].handler.iter_mut().for_each(|h| h.args.iter_mut().for_each(value));
    }
    let data = &mut f.blocks[b];
    data.term.for_each_operand_mut(value);
    data.term.targets_mut().into_iter().for_each(|t| t.args.iter_mut().for_each(value));
    data.term_handler.iter_mut().for_each(|h| h.args.iter_mut().for_each(value));
}

#[cfg(test)]
mod tests {
    use super::{Items, unroll};
    use crate::ops::Op;
    use crate::parse::parse;
    use crate::verify::verify;

    #[test]
    fn values_of_the_loop_meet_after_it() {
        let text = include_str!("../tests/data/unroll.hir");
        let f = parse(text).unwrap();
        let get_iter = f.insts.keys().find(|i| matches!(f.insts[*i].op, Op::GetIter { .. })).unwrap();
        for count in 0..4 {
            let g = unroll(&f, get_iter, count, Items::Elements).unwrap();
            verify(&g).unwrap();
            let items = g.layout.iter().flat_map(|b| &g.blocks[*b].insts).filter(|i| matches!(g.insts[**i].op, Op::TupleItem { .. })).count();
            assert_eq!(items, count as usize);
        }
    }
}
