//! Turns `floor_div` and `floor_mod` into one machine division and branch-free corrections.
//!
//! With `q = sdiv(a, b)` and `r = a - q * b`, the floor forms differ from the truncating ones exactly when `r != 0` and the
//! signs of `r` and `b` differ: then the quotient is `q - 1` and the remainder `r + b`. `//` and `%` of the same operands
//! in one block share the division. By a constant power of two they are a shift and a mask.

use crate::analysis::edit::{const_int, rewrite};
use crate::pipeline::{Changed, PassCx};
use looplift_mir::*;
use rustc_hash::FxHashMap;
use smallvec::smallvec;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    let needed = func.layout.iter().any(|&b| func.blocks[b].insts.iter().any(|&i| matches!(func.insts[i].op, Opcode::FloorDiv | Opcode::FloorMod)));
    if !needed {
        return Changed::No;
    }
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
