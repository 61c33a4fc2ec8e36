//! Division by a constant becomes a multiplication by its reciprocal, a shift and a correction (Granlund and Montgomery,
//! "Division by invariant integers using multiplication", PLDI 1994); by a power of two, a shift or a mask. The remainder
//! is what the product of quotient and divisor leaves.
//!
//! All in 64 bits: narrower operands are widened, where a reciprocal of 64 bits is always exact enough. It is, too, where `ranges` has
//! found that an unsigned operand has fewer bits.

use crate::analysis::edit::{Emitter, const_int, rewrite, sign_extend, zero_extend};
use crate::pipeline::{Changed, PassCx};
use looplift_mir::*;
use smallvec::smallvec;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    let is_division = |op: Opcode| matches!(op, Opcode::Sdiv | Opcode::Srem | Opcode::Udiv | Opcode::Urem);
    if !func.layout.iter().any(|&b| func.blocks[b].insts.iter().any(|&i| is_division(func.insts[i].op))) {
        return Changed::No;
    }
    rewrite(func, |e, i| {
        let d = &e.func.insts[i];
        let (signed, quotient) = match d.op {
            Opcode::Sdiv => (true, true),
            Opcode::Srem => (true, false),
            Opcode::Udiv => (false, true),
            Opcode::Urem => (false, false),
            _ => return None,
        };
        let (a, imm) = (d.args[0], d.imm);
        let ty = e.func.ty(a);
        let k = const_int(e.func, d.args[1])?;
        if signed {
            let k = sign_extend(k, ty);
            // Zero faults; one and minus one are not divisions; the least number has no magnitude.
            if (-1..=1).contains(&k) || k == i64::MIN {
                return None;
            }
            let wide = if ty == Ty::I64 { a } else { e.convert(Opcode::Sext, Ty::I64, a) };
            let q = signed_quotient(e, wide, k);
            Some(smallvec![finish(e, wide, q, k, ty, quotient)])
        } else {
            let k = zero_extend(k, ty);
            if k < 2 {
                return None;
            }
            let wide = if ty == Ty::I64 { a } else { e.convert(Opcode::Zext, Ty::I64, a) };
            if k.is_power_of_two() && !quotient {
                let mask = e.iconst(Ty::I64, (k - 1) as i64);
                let r = e.binary(Opcode::Band, wide, mask);
                return Some(smallvec![narrow(e, r, ty)]);
            }
            let q = match (imm, ty) {
                (Imm::Bits(bits), Ty::I64) => bounded_quotient(e, wide, k, bits),
                (_, Ty::I64) => unsigned_quotient(e, wide, k),
                _ => small_quotient(e, wide, k),
            };
            Some(smallvec![finish(e, wide, q, k as i64, ty, quotient)])
        }
    })
    .into()
}

fn narrow(e: &mut Emitter<'_>, v: Value, ty: Ty) -> Value {
    if ty == Ty::I64 { v } else { e.convert(Opcode::Ireduce, ty, v) }
}

fn finish(e: &mut Emitter<'_>, a: Value, q: Value, k: i64, ty: Ty, quotient: bool) -> Value {
    let v = if quotient {
        q
    } else {
        let k = e.iconst(Ty::I64, k);
        let p = e.binary(Opcode::Imul, q, k);
        e.binary(Opcode::Isub, a, p)
    };
    narrow(e, v, ty)
}

fn shift(e: &mut Emitter<'_>, op: Opcode, a: Value, count: u32) -> Value {
    if count == 0 {
        return a;
    }
    let c = e.iconst(Ty::I64, i64::from(count));
    e.binary(op, a, c)
}

fn signed_quotient(e: &mut Emitter<'_>, a: Value, k: i64) -> Value {
    let size = k.unsigned_abs();
    let zero = e.iconst(Ty::I64, 0);
    if size.is_power_of_two() {
        // Negative numbers are rounded towards zero.
        let n = size.trailing_zeros();
        let sign = shift(e, Opcode::Sshr, a, 63);
        let more = shift(e, Opcode::Ushr, sign, 64 - n);
        let sum = e.binary(Opcode::Iadd, a, more);
        let q = shift(e, Opcode::Sshr, sum, n);
        return if k < 0 { e.binary(Opcode::Isub, zero, q) } else { q };
    }
    // The least s for which m = floor(2^(64+s) / size) + 1 is exact on all 64-bit numbers: size - 2^(64+s) mod size <= 2^(s+1).
    let mut s = 0;
    let m = loop {
        let power = 1u128 << (64 + s);
        let over = u128::from(size) - power % u128::from(size);
        if over <= 1u128 << (s + 1) {
            break power / u128::from(size) + 1;
        }
        s += 1;
    };
    // As a signed number m may have lost 2^64; adding the operand once makes up for it.
    let c = e.iconst(Ty::I64, m as u64 as i64);
    let mut q = e.binary(Opcode::SmulHi, a, c);
    if m >= 1 << 63 {
        q = e.binary(Opcode::Iadd, q, a);
    }
    q = shift(e, Opcode::Sshr, q, s);
    let sign = shift(e, Opcode::Sshr, a, 63);
    if k < 0 { e.binary(Opcode::Isub, sign, q) } else { e.binary(Opcode::Isub, q, sign) }
}

/// The least `s` and `m = floor(2^(64+s) / k) + 1` for which `m * a / 2^(64+s)`, rounded down, is `a / k` for every `a` of `bits` bits. At `s = log2 k`,
/// rounded up, that is so at the latest.
fn reciprocal(k: u64, bits: u32) -> (u128, u32) {
    let mut s = 0;
    loop {
        let power = 1u128 << (64 + s);
        let over = u128::from(k) - power % u128::from(k);
        if over <= 1u128 << (64 + s - bits) {
            return (power / u128::from(k) + 1, s);
        }
        s += 1;
    }
}

/// Operands of fewer than 64 bits: the reciprocal has no more than 64.
fn bounded_quotient(e: &mut Emitter<'_>, a: Value, k: u64, bits: u32) -> Value {
    if k.is_power_of_two() {
        return shift(e, Opcode::Ushr, a, k.trailing_zeros());
    }
    let (m, s) = reciprocal(k, bits);
    debug_assert!(m < 1 << 64);
    let c = e.iconst(Ty::I64, m as u64 as i64);
    let high = e.binary(Opcode::UmulHi, a, c);
    shift(e, Opcode::Ushr, high, s)
}

fn unsigned_quotient(e: &mut Emitter<'_>, a: Value, k: u64) -> Value {
    if k.is_power_of_two() {
        return shift(e, Opcode::Ushr, a, k.trailing_zeros());
    }
    if k > 1 << 63 {
        // It goes in once or not at all.
        let c = e.iconst(Ty::I64, k as i64);
        let once = e.icmp(IntCC::Uge, a, c);
        return e.convert(Opcode::Zext, Ty::I64, once);
    }
    // An even divisor leaves room: the operand is halved first.
    let (mut a, mut k, mut bits) = (a, k, 64);
    let (mut m, mut s) = reciprocal(k, bits);
    if m >= 1 << 64 && k % 2 == 0 {
        let n = k.trailing_zeros();
        a = shift(e, Opcode::Ushr, a, n);
        k >>= n;
        bits -= n;
        (m, s) = reciprocal(k, bits);
    }
    let c = e.iconst(Ty::I64, m as u64 as i64);
    let high = e.binary(Opcode::UmulHi, a, c);
    if m < 1 << 64 {
        return shift(e, Opcode::Ushr, high, s);
    }
    // 65 bits: (high + a) / 2^s, without losing the carry.
    let rest = e.binary(Opcode::Isub, a, high);
    let half = shift(e, Opcode::Ushr, rest, 1);
    let sum = e.binary(Opcode::Iadd, half, high);
    shift(e, Opcode::Ushr, sum, s - 1)
}

/// Operands below 2^32: ceil(2^64 / k) is off by less than one part in 2^64, which 32 bits do not see.
fn small_quotient(e: &mut Emitter<'_>, a: Value, k: u64) -> Value {
    if k.is_power_of_two() {
        return shift(e, Opcode::Ushr, a, k.trailing_zeros());
    }
    let c = e.iconst(Ty::I64, (u64::MAX / k + 1) as i64);
    e.binary(Opcode::UmulHi, a, c)
}
