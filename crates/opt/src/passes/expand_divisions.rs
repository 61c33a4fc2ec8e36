//! Turns `floor_div` and `floor_mod` into one machine division and branch-free corrections.
//!
//! With `q = sdiv(a, b)` and `r = a - q * b`, the floor forms differ from the truncating ones exactly when `r != 0` and the
//! signs of `r` and `b` differ: then the quotient is `q - 1` and the remainder `r + b`. `//` and `%` of the same operands
//! in one block share the division. By a constant power of two they are a shift and a mask; by another constant above zero,
//! with `s` all ones for `a < 0` and zero otherwise, the quotient is `udiv(a ^ s, b) ^ s`.
//!
//! A 64-bit division by an unknown number is preceded by a test: operands below 2^32 (the usual case) are divided in 32
//! bits, which many processors do in half the time, and need no correction.

use crate::analysis::edit::{Emitter, const_int, rewrite};
use crate::pipeline::{Changed, PassCx};
use looplift_mir::*;
use rustc_hash::FxHashMap;
use smallvec::smallvec;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    let needed = func.layout.iter().any(|&b| func.blocks[b].insts.iter().any(|&i| matches!(func.insts[i].op, Opcode::FloorDiv | Opcode::FloorMod)));
    if !needed {
        return Changed::No;
    }
    split_small(func);
    // Quotient, remainder and whether to correct, by operands; valid while the rewrite stays in the block.
    let mut shared: FxHashMap<(Value, Value), (Value, Value, Value)> = FxHashMap::default();
    let mut started = Block::reserved();
    let block_of = blocks(func);
    rewrite(func, |e, i| {
        if block_of[i] != started {
            started = block_of[i];
            shared.clear();
        }
        let d = &e.func.insts[i];
        let is_div = match d.op {
            Opcode::FloorDiv => true,
            Opcode::FloorMod => false,
            _ => return None,
        };
        let (a, b) = (d.args[0], d.args[1]);
        let ty = e.func.ty(a);
        if let Some(k) = const_int(e.func, b).filter(|k| *k > 0 && (*k as u64).is_power_of_two()) {
            let v = if is_div {
                let count = e.iconst(Ty::I64, i64::from(k.trailing_zeros()));
                e.binary(Opcode::Sshr, a, count)
            } else {
                let mask = e.iconst(ty, k - 1);
                e.binary(Opcode::Band, a, mask)
            };
            return Some(smallvec![v]);
        }
        if const_int(e.func, b).is_some_and(|k| k > 0) {
            // Complements turn numbers below zero into others that are not, and floors into truncations.
            let top = ty.bits() - 1;
            let count = e.iconst(Ty::I64, i64::from(top));
            let sign = e.binary(Opcode::Sshr, a, count);
            let magnitude = e.binary(Opcode::Bxor, a, sign);
            let q = if ty == Ty::I64 { e.bounded(Opcode::Udiv, magnitude, b, top) } else { e.binary(Opcode::Udiv, magnitude, b) };
            let q = e.binary(Opcode::Bxor, q, sign);
            let v = if is_div {
                q
            } else {
                let p = e.binary(Opcode::Imul, q, b);
                e.binary(Opcode::Isub, a, p)
            };
            return Some(smallvec![v]);
        }
        let (q, r, fix) = match shared.get(&(a, b)) {
            Some(&s) => s,
            None => {
                let q = e.binary(Opcode::Sdiv, a, b);
                let p = e.binary(Opcode::Imul, q, b);
                let r = e.binary(Opcode::Isub, a, p);
                let zero = e.iconst(ty, 0);
                let fix = match const_int(e.func, b) {
                    // The sign of the divisor is known: the remainder alone decides.
                    Some(k) => e.icmp(if k > 0 { IntCC::Slt } else { IntCC::Sgt }, r, zero),
                    None => {
                        let x = e.binary(Opcode::Bxor, r, b);
                        let differ = e.icmp(IntCC::Slt, x, zero);
                        let nonzero = e.icmp(IntCC::Ne, r, zero);
                        e.binary(Opcode::Band, differ, nonzero)
                    }
                };
                shared.insert((a, b), (q, r, fix));
                (q, r, fix)
            }
        };
        let v = if is_div {
            let one = if ty == Ty::I8 { fix } else { e.convert(Opcode::Zext, ty, fix) };
            e.binary(Opcode::Isub, q, one)
        } else {
            let more = e.binary(Opcode::Iadd, r, b);
            e.select(fix, more, r)
        };
        Some(smallvec![v])
    });
    Changed::Yes
}

/// Blocks split for small operands; each costs a few hundred bytes of code.
const MAX_SPLITS: usize = 200;

/// Gives 64-bit floor divisions by unknown numbers a way for operands below 2^32.
fn split_small(func: &mut Function) {
    let mut replaced: Vec<(Value, Value)> = Vec::new();
    let mut left = MAX_SPLITS;
    let mut work: Vec<Block> = func.layout.iter().rev().copied().filter(|&b| !func.blocks[b].cold).collect();
    while let Some(b) = work.pop() {
        let is_floor = |i: &Inst| {
            let d = &func.insts[*i];
            matches!(d.op, Opcode::FloorDiv | Opcode::FloorMod) && func.ty(d.args[0]) == Ty::I64 && const_int(func, d.args[1]).is_none()
        };
        let Some(k) = func.blocks[b].insts.iter().position(is_floor) else { continue };
        if left == 0 {
            return;
        }
        left -= 1;
        let first = func.blocks[b].insts[k];
        let (x, y) = (func.insts[first].args[0], func.insts[first].args[1]);
        let span = func.insts[first].span;
        // All floor operations on these operands in the block.
        let tail = func.blocks[b].insts.split_off(k);
        let (same, rest): (Vec<Inst>, Vec<Inst>) =
            tail.into_iter().partition(|&i| matches!(func.insts[i].op, Opcode::FloorDiv | Opcode::FloorMod) && func.insts[i].args.as_slice() == [x, y]);
        let (small, large, next) = (func.make_block(span), func.make_block(span), func.make_block(span));
        let (div, rem) = (func.append_param(next, Ty::I64), func.append_param(next, Ty::I64));
        for &i in &same {
            let v = if func.insts[i].op == Opcode::FloorDiv { div } else { rem };
            replaced.push((func.result(i), v));
        }
        let mut e = Emitter::new(func, span);
        let both = e.binary(Opcode::Bor, x, y);
        let c = e.iconst(Ty::I64, 32);
        let high = e.binary(Opcode::Ushr, both, c);
        let zero = e.iconst(Ty::I64, 0);
        let is_small = e.icmp(IntCC::Eq, high, zero);
        let test = std::mem::take(&mut e.out);
        let (a, d) = (e.convert(Opcode::Ireduce, Ty::I32, x), e.convert(Opcode::Ireduce, Ty::I32, y));
        let q = e.binary(Opcode::Udiv, a, d);
        let q = e.convert(Opcode::Zext, Ty::I64, q);
        let p = e.binary(Opcode::Imul, q, y);
        let r = e.binary(Opcode::Isub, x, p);
        let small_insts = std::mem::take(&mut e.out);
        let big_q = e.binary(Opcode::FloorDiv, x, y);
        let big_r = e.binary(Opcode::FloorMod, x, y);
        let large_insts = std::mem::take(&mut e.out);
        let go = |block: Block, args: &[Value]| BlockCall { block, args: Args::from_slice(args) };
        func.blocks[b].insts.extend(test);
        let term = std::mem::replace(&mut func.blocks[b].term, Terminator::Brif { cond: is_small, then: go(small, &[]), other: go(large, &[]) });
        func.blocks[small].insts = small_insts;
        func.blocks[small].term = Terminator::Jump(go(next, &[q, r]));
        func.blocks[large].insts = large_insts;
        func.blocks[large].term = Terminator::Jump(go(next, &[big_q, big_r]));
        let term_span = func.blocks[b].term_span;
        let data = &mut func.blocks[next];
        data.insts = rest;
        data.term = term;
        data.term_span = term_span;
        work.push(next);
    }
    crate::analysis::edit::replace_all(func, &replaced);
    func.tidy_layout();
}

/// The block each instruction is in.
fn blocks(func: &Function) -> cranelift_entity::SecondaryMap<Inst, Block> {
    let mut map = cranelift_entity::SecondaryMap::with_default(Block::reserved());
    for &b in &func.layout {
        for &i in &func.blocks[b].insts {
            map[i] = b;
        }
    }
    map
}
trait Reserved {
    fn reserved() -> Self;
}
impl Reserved for Block {
    fn reserved() -> Block {
        cranelift_entity::packed_option::ReservedValue::reserved_value()
    }
}
