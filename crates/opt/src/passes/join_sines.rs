//! Sine and cosine of one number are one call: the C library computes both in little more time than one.
//!
//! The second one has to follow the first as a matter of course: no branch but to cold code stands between. Behind
//! `vectorize`, which has forms of its own for either.

use crate::analysis::edit::replace_all;
use crate::pipeline::{Changed, PassCx};
use looplift_abi::symbols::Sym;
use looplift_mir::dom::Dominators;
use looplift_mir::*;

/// Blocks between the two.
const BETWEEN: usize = 8;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    let mut calls: Vec<(Block, usize, Inst, Sym, Value)> = Vec::new();
    for &b in &func.layout {
        for (at, &i) in func.blocks[b].insts.iter().enumerate() {
            let d = &func.insts[i];
            if let (Opcode::CallRt, Imm::Sym(sym @ (Sym::Sin | Sym::Cos)), &[x]) = (d.op, d.imm, &d.args[..]) {
                calls.push((b, at, i, sym, x));
            }
        }
    }
    if calls.len() < 2 {
        return Changed::No;
    }
    let dom = Dominators::new(func);
    let mut joined: Vec<Inst> = Vec::new();
    let mut pairs = Vec::new();
    for &(first_block, first_at, first, sym, x) in &calls {
        let follows = |&&(b, at, i, s, y): &&(Block, usize, Inst, Sym, Value)| {
            let later = if b == first_block { at > first_at } else { dom.dominates(first_block, b) && leads_to(func, first_block, b) };
            s != sym && y == x && later && !joined.contains(&i)
        };
        if joined.contains(&first) {
            continue;
        }
        let Some(&(second_block, _, second, ..)) = calls.iter().find(follows) else { continue };
        joined.extend([first, second]);
        pairs.push((first_block, first, second_block, second, sym));
    }
    for &(first_block, first, second_block, second, sym) in &pairs {
        // It may be the result of a pair before.
        let x = func.insts[first].args[0];
        let span = func.insts[first].span;
        let both = func.make_inst(Opcode::CallRt, None, &[x], Imm::Sym(Sym::SinCos), &[Ty::F64, Ty::F64], None, span);
        let (sine, cosine) = (func.insts[both].results[0], func.insts[both].results[1]);
        let (mine, other) = if sym == Sym::Sin { (sine, cosine) } else { (cosine, sine) };
        let results = [(func.insts[first].results[0], mine), (func.insts[second].results[0], other)];
        func.blocks[first_block].insts.iter_mut().filter(|i| **i == first).for_each(|i| *i = both);
        func.blocks[second_block].insts.retain(|&i| i != second);
        replace_all(func, &results);
    }
    (!pairs.is_empty()).into()
}

/// Whether one block leads to the other with no branch but to cold blocks.
fn leads_to(func: &Function, from: Block, to: Block) -> bool {
    let mut b = from;
    for _ in 0..BETWEEN {
        let next = match &func.blocks[b].term {
            Terminator::Jump(t) => t.block,
            Terminator::Brif { then, other, .. } if func.blocks[then.block].cold => other.block,
            Terminator::Brif { then, other, .. } if func.blocks[other.block].cold => then.block,
            _ => return false,
        };
        if next == to {
            return true;
        }
        b = next;
    }
    false
}
