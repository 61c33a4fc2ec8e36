//! Writes addresses in loops so that what is invariant can move out: the terms of a sum are added from the outermost loop
//! inward, and constants go to the access's offset.
//!
//! `((data + k * stride) + j * 8)` in a loop over `k` becomes `((data + j * 8) + k * stride)`, whose first part is hoisted;
//! `data + ((i + 1) << 3)` becomes `(data + (i << 3))` at offset 8, so that neighbours share one address and the
//! machine's addressing mode takes the rest. Sums wrap, so any order gives the same address.

use crate::analysis::edit::{Emitter, const_int, def_inst};
use crate::analysis::loops::Loops;
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use looplift_mir::dom::Dominators;
use looplift_mir::*;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Sums with more terms stay as they are.
const MAX_TERMS: usize = 6;

/// `value << shift`.
type Term = (Value, i64);
type Terms = SmallVec<[Term; 8]>;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    if loops.loops.is_empty() {
        return Changed::No;
    }
    let mut depth: SecondaryMap<Value, u32> = SecondaryMap::new();
    for &b in &dom.rpo {
        let d = loops.depth(b);
        for &p in &func.blocks[b].params {
            depth[p] = d;
        }
        for &i in &func.blocks[b].insts {
            for &r in &func.insts[i].results {
                depth[r] = d;
            }
        }
    }
    let mut changed = false;
    for n in 0..func.layout.len() {
        let b = func.layout[n];
        if loops.depth(b) == 0 || func.blocks[b].cold {
            continue;
        }
        let insts = std::mem::take(&mut func.blocks[b].insts);
        let mut e = Emitter { func, out: Vec::with_capacity(insts.len()), span: SpanId::from_u32(0) };
        // Sums already written in this block.
        let mut made: FxHashMap<(Value, Value), Value> = FxHashMap::default();
        for i in insts {
            let d = &e.func.insts[i];
            let position = match d.op {
                Opcode::Load => 0,
                Opcode::Store => 1,
                _ => {
                    e.keep(i);
                    continue;
                }
            };
            e.span = d.span;
            let addr = d.args[position];
            let Imm::Mem(region, off) = d.imm else {
                e.keep(i);
                continue;
            };
            let mut terms = Terms::new();
            let mut offset = 0i64;
            let fits = collect(e.func, addr, 0, &mut terms, &mut offset, 0);
            let total = i64::from(off).checked_add(offset).and_then(|o| i32::try_from(o).ok());
            let before: SmallVec<[u32; 8]> = terms.iter().map(|t| depth[t.0]).collect();
            let sorted = before.windows(2).all(|w| w[0] <= w[1]);
            if let (true, Some(total)) = (fits && (offset != 0 || !sorted), total) {
                terms.sort_by_key(|t| depth[t.0]);
                let mut sum: Option<Value> = None;
                for &(v, shift) in &terms {
                    let v = if shift == 0 {
                        v
                    } else {
                        let c = e.iconst(Ty::I64, shift);
                        e.binary(Opcode::Shl, v, c)
                    };
                    sum = Some(match sum {
                        None => v,
                        Some(s) => *made.entry((s, v)).or_insert_with(|| e.binary(Opcode::Iadd, s, v)),
                    });
                }
                if let Some(sum) = sum {
                    let d = &mut e.func.insts[i];
                    d.args[position] = sum;
                    d.imm = Imm::Mem(region, total);
                    changed = true;
                }
            }
            e.keep(i);
        }
        let out = e.out;
        func.blocks[b].insts = out;
    }
    changed.into()
}

/// Adds `v << shift` to the sum; false if there are too many terms.
fn collect(func: &Function, v: Value, shift: i64, terms: &mut Terms, offset: &mut i64, level: u32) -> bool {
    if let Some(k) = const_int(func, v) {
        *offset = offset.wrapping_add(k << shift);
        return true;
    }
    if let Some(i) = def_inst(func, v).filter(|_| level < 8) {
        let d = &func.insts[i];
        match d.op {
            // Below a shift only a constant is taken out: other sums would cost a shift each.
            Opcode::Iadd if shift == 0 || const_int(func, d.args[1]).is_some() => {
                return collect(func, d.args[0], shift, terms, offset, level + 1) && collect(func, d.args[1], shift, terms, offset, level + 1);
            }
            Opcode::Shl if shift == 0 => {
                if let Some(k) = const_int(func, d.args[1]).filter(|k| (1..=8).contains(k))
                    && let Some(inner) = def_inst(func, d.args[0])
                    && func.insts[inner].op == Opcode::Iadd
                    && const_int(func, func.insts[inner].args[1]).is_some()
                {
                    return collect(func, d.args[0], k, terms, offset, level + 1);
                }
            }
            _ => {}
        }
    }
    terms.push((v, shift));
    terms.len() <= MAX_TERMS
}
