//! Evaluates rows on constants, exactly as machine code would.

use crate::analysis::edit::{sign_extend, zero_extend};
use looplift_mir::*;

/// A known value: integers sign-extended from their width, floats by bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Const {
    Int(i64),
    Float(u64),
}

/// The constant a value is.
pub fn constant(func: &Function, v: Value) -> Option<Const> {
    let ValueDef::Result(i, _) = func.values[v].def else { return None };
    match (func.insts[i].op, func.insts[i].imm) {
        (Opcode::Iconst, Imm::Int(n)) => Some(Const::Int(sign_extend(n, func.ty(v)))),
        (Opcode::Fconst, Imm::Float(b)) => Some(Const::Float(b)),
        _ => None,
    }
}

pub fn int_compare(cc: IntCC, ty: Ty, a: i64, b: i64) -> bool {
    let (ua, ub) = (zero_extend(a, ty), zero_extend(b, ty));
    match cc {
        IntCC::Eq => a == b,
        IntCC::Ne => a != b,
        IntCC::Slt => a < b,
        IntCC::Sle => a <= b,
        IntCC::Sgt => a > b,
        IntCC::Sge => a >= b,
        IntCC::Ult => ua < ub,
        IntCC::Ule => ua <= ub,
        IntCC::Ugt => ua > ub,
        IntCC::Uge => ua >= ub,
    }
}

pub fn float_compare(cc: FloatCC, a: f64, b: f64) -> bool {
    match cc {
        FloatCC::Eq => a == b,
        FloatCC::Ne => a != b,
        FloatCC::Lt => a < b,
        FloatCC::Le => a <= b,
        FloatCC::Gt => a > b,
        FloatCC::Ge => a >= b,
        FloatCC::Ord => !a.is_nan() && !b.is_nan(),
        FloatCC::Uno => a.is_nan() || b.is_nan(),
    }
}

/// The result of `op` on operands of type `ty` (the first operand's), giving `to`; `None` when not known at compile time.
pub fn fold(op: Opcode, imm: Imm, ty: Ty, to: Ty, args: &[Const]) -> Option<Const> {
    match (args, imm) {
        (&[Const::Int(a), Const::Int(b)], Imm::ICond(cc)) => Some(Const::Int(i64::from(int_compare(cc, ty, a, b)))),
        (&[Const::Float(a), Const::Float(b)], Imm::FCond(cc)) => Some(Const::Int(i64::from(float_compare(cc, widen(a, ty), widen(b, ty))))),
        (&[Const::Int(a), Const::Int(b)], Imm::None) => fold_int2(op, ty, a, b).map(|n| Const::Int(sign_extend(n, to))),
        (&[Const::Int(a)], Imm::None) => fold_int1(op, ty, to, a),
        (&[Const::Float(a), Const::Float(b)], Imm::None) => fold_float2(op, ty, a, b),
        (&[Const::Float(a)], Imm::None) => fold_float1(op, ty, to, a),
        _ => None,
    }
}

fn widen(bits: u64, ty: Ty) -> f64 {
    if ty == Ty::F32 { f64::from(f32::from_bits(bits as u32)) } else { f64::from_bits(bits) }
}
fn narrow(v: f64, ty: Ty) -> Const {
    Const::Float(if ty == Ty::F32 { u64::from((v as f32).to_bits()) } else { v.to_bits() })
}

fn fold_int2(op: Opcode, ty: Ty, a: i64, b: i64) -> Option<i64> {
    let (ua, ub) = (zero_extend(a, ty), zero_extend(b, ty));
    let bits = i64::from(ty.bits());
    Some(match op {
        Opcode::Iadd => a.wrapping_add(b),
        Opcode::Isub => a.wrapping_sub(b),
        Opcode::Imul => a.wrapping_mul(b),
        Opcode::Sdiv if b != 0 => a.wrapping_div(b),
        Opcode::Srem if b != 0 => a.wrapping_rem(b),
        Opcode::Udiv if b != 0 => (ua / ub) as i64,
        Opcode::Urem if b != 0 => (ua % ub) as i64,
        Opcode::FloorDiv if b != 0 => {
            let (q, r) = (a.wrapping_div(b), a.wrapping_rem(b));
            if r != 0 && (r < 0) != (b < 0) { q - 1 } else { q }
        }
        Opcode::FloorMod if b != 0 => {
            let r = a.wrapping_rem(b);
            if r != 0 && (r < 0) != (b < 0) { r + b } else { r }
        }
        Opcode::Smin => a.min(b),
        Opcode::Smax => a.max(b),
        Opcode::Umin => if ua <= ub { a } else { b },
        Opcode::Umax => if ua >= ub { a } else { b },
        Opcode::Band => a & b,
        Opcode::Bor => a | b,
        Opcode::Bxor => a ^ b,
        Opcode::Shl => if (0..bits).contains(&b) { a << b } else { 0 },
        Opcode::Sshr => a >> b.clamp(0, 63).max(if (0..bits).contains(&b) { 0 } else { 63 }),
        Opcode::Ushr => if (0..bits).contains(&b) { (ua >> b) as i64 } else { 0 },
        Opcode::UmulHi => ((u128::from(ua) * u128::from(ub)) >> bits) as i64,
        Opcode::SmulHi => ((i128::from(a) * i128::from(b)) >> bits) as i64,
        _ => return None,
    })
}

fn fold_int1(op: Opcode, ty: Ty, to: Ty, a: i64) -> Option<Const> {
    let ua = zero_extend(a, ty);
    Some(Const::Int(sign_extend(
        match op {
            Opcode::Ineg => a.wrapping_neg(),
            Opcode::Iabs => a.wrapping_abs(),
            Opcode::Bnot => !a,
            Opcode::Popcnt => i64::from(ua.count_ones()),
            Opcode::Clz => i64::from(ua.leading_zeros()) - (64 - i64::from(ty.bits())),
            Opcode::Ctz => i64::from(ua.trailing_zeros().min(ty.bits())),
            Opcode::Sext | Opcode::Ireduce => a,
            Opcode::Zext => ua as i64,
            Opcode::SintToFloat => return Some(if to == Ty::F32 { Const::Float(u64::from((a as f32).to_bits())) } else { Const::Float((a as f64).to_bits()) }),
            Opcode::UintToFloat => return Some(if to == Ty::F32 { Const::Float(u64::from((ua as f32).to_bits())) } else { Const::Float((ua as f64).to_bits()) }),
            Opcode::Bitcast if to.is_float() => return Some(Const::Float(ua)),
            _ => return None,
        },
        to,
    )))
}

fn fold_float2(op: Opcode, ty: Ty, a: u64, b: u64) -> Option<Const> {
    // One rounding from double is the single-precision result for these four (Figueroa 1995).
    let (x, y) = (widen(a, ty), widen(b, ty));
    let v = match op {
        Opcode::Fadd => x + y,
        Opcode::Fsub => x - y,
        Opcode::Fmul => x * y,
        Opcode::Fdiv => x / y,
        Opcode::Fcopysign => x.copysign(y),
        _ => return None,
    };
    // Which NaN comes out is the machine's choice.
    if v.is_nan() { None } else { Some(narrow(v, ty)) }
}

fn fold_float1(op: Opcode, ty: Ty, to: Ty, a: u64) -> Option<Const> {
    let x = widen(a, ty);
    if x.is_nan() && op != Opcode::Bitcast {
        return None;
    }
    let v = match op {
        Opcode::Fneg => -x,
        Opcode::Fabs => x.abs(),
        Opcode::Fsqrt if x >= 0.0 => x.sqrt(),
        Opcode::Ffloor => x.floor(),
        Opcode::Fceil => x.ceil(),
        Opcode::Ftrunc => x.trunc(),
        Opcode::Fpromote | Opcode::Fdemote => return Some(narrow(x, to)),
        Opcode::Bitcast => return Some(Const::Int(sign_extend(a as i64, to))),
        Opcode::FloatToSint => {
            // In range on both sides of the truncation.
            let limit = if to == Ty::I32 { 2_147_483_648.0 } else { 9_223_372_036_854_775_808.0 };
            let t = x.trunc();
            if t >= -limit && t < limit {
                return Some(Const::Int(t as i64));
            }
            return None;
        }
        _ => return None,
    };
    Some(narrow(v, ty))
}
