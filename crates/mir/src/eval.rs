//! What each pure operation computes, on bits: the one definition that the interpreter and constant folding share.
//!
//! A value is a `u64`: integers zero-extended from their width, f32 in the low half, f64 as is.

use crate::func::{FloatCC, Imm, IntCC, Ty};
use crate::opcode::Opcode;

/// Keeps the low bits of `ty`.
pub fn mask(ty: Ty, v: u64) -> u64 {
    match ty.bits() {
        64.. => v,
        b => v & ((1u64 << b) - 1),
    }
}

/// Sign-extends from the width of `ty`.
pub fn signed(ty: Ty, v: u64) -> i64 {
    let unused = 64u32.saturating_sub(ty.bits());
    ((v << unused) as i64) >> unused
}

fn int_cond(cc: IntCC, ty: Ty, a: u64, b: u64) -> bool {
    let (s, t) = (signed(ty, a), signed(ty, b));
    match cc {
        IntCC::Eq => a == b,
        IntCC::Ne => a != b,
        IntCC::Slt => s < t,
        IntCC::Sle => s <= t,
        IntCC::Sgt => s > t,
        IntCC::Sge => s >= t,
        IntCC::Ult => a < b,
        IntCC::Ule => a <= b,
        IntCC::Ugt => a > b,
        IntCC::Uge => a >= b,
    }
}

fn float_cond(cc: FloatCC, a: f64, b: f64) -> bool {
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

/// The value of a float operand in double precision (exact for f32).
fn float(ty: Ty, v: u64) -> f64 {
    match ty {
        Ty::F32 => f64::from(f32::from_bits(v as u32)),
        _ => f64::from_bits(v),
    }
}

/// `a` if a total order with -0 < +0 puts it first (`less`), NaN if any operand is NaN.
fn float_pick(ty: Ty, a: u64, b: u64, want_less: bool) -> u64 {
    let (x, y) = (float(ty, a), float(ty, b));
    let quiet = match ty {
        Ty::F32 => 1u64 << 22,
        _ => 1u64 << 51,
    };
    if x.is_nan() {
        return a | quiet;
    }
    if y.is_nan() {
        return b | quiet;
    }
    let a_first = if x == y { x.is_sign_negative() || !y.is_sign_negative() } else { x < y };
    if a_first == want_less { a } else { b }
}

/// One-operand f32/f64 function, in the precision of `ty`.
fn map(ty: Ty, v: u64, f32_fn: impl Fn(f32) -> f32, f64_fn: impl Fn(f64) -> f64) -> u64 {
    match ty {
        Ty::F32 => u64::from(f32_fn(f32::from_bits(v as u32)).to_bits()),
        _ => f64_fn(f64::from_bits(v)).to_bits(),
    }
}
fn map2(ty: Ty, a: u64, b: u64, f32_fn: impl Fn(f32, f32) -> f32, f64_fn: impl Fn(f64, f64) -> f64) -> u64 {
    match ty {
        Ty::F32 => u64::from(f32_fn(f32::from_bits(a as u32), f32::from_bits(b as u32)).to_bits()),
        _ => f64_fn(f64::from_bits(a), f64::from_bits(b)).to_bits(),
    }
}

/// Float to signed integer toward zero; NaN and out of range give the minimum.
fn to_signed(v: f64, bits: u32) -> i64 {
    let t = v.trunc();
    let limit = (2f64).powi(bits as i32 - 1);
    if t >= -limit && t < limit { t as i64 } else { i64::MIN >> (64 - bits) }
}

/// Evaluates a pure row. `types` are the operands' types, `ty` is the instruction's (result) type where it has one.
/// `None`: the row is not pure, or its result is not defined for these operands (a zero divisor).
pub fn eval(op: Opcode, ty: Option<Ty>, imm: Imm, types: &[Ty], args: &[u64]) -> Option<u64> {
    let t = types.first().copied().or(ty).unwrap_or(Ty::I64);
    let to = ty.unwrap_or(t);
    let a = args.first().copied().unwrap_or(0);
    let b = args.get(1).copied().unwrap_or(0);
    let (sa, sb) = (signed(t, a), signed(t, b));
    let int = |v: i64| mask(t, v as u64);
    let width = u64::from(t.bits());
    Some(match op {
        Opcode::Iconst => match imm {
            Imm::Int(v) => mask(to, v as u64),
            _ => return None,
        },
        Opcode::Fconst => match imm {
            Imm::Float(v) => mask(to, v),
            _ => return None,
        },
        Opcode::NullRef => 0,
        Opcode::Iadd => int(sa.wrapping_add(sb)),
        Opcode::Isub => int(sa.wrapping_sub(sb)),
        Opcode::Imul => int(sa.wrapping_mul(sb)),
        Opcode::Sdiv | Opcode::Udiv | Opcode::Srem | Opcode::Urem | Opcode::FloorDiv | Opcode::FloorMod if b == 0 => return None,
        Opcode::Sdiv => int(sa.wrapping_div(sb)),
        Opcode::Udiv => a / b,
        Opcode::Srem => int(sa.wrapping_rem(sb)),
        Opcode::Urem => a % b,
        Opcode::FloorDiv => {
            let (q, r) = (sa.wrapping_div(sb), sa.wrapping_rem(sb));
            int(if r != 0 && (r < 0) != (sb < 0) { q.wrapping_sub(1) } else { q })
        }
        Opcode::FloorMod => {
            let r = sa.wrapping_rem(sb);
            int(if r != 0 && (r < 0) != (sb < 0) { r.wrapping_add(sb) } else { r })
        }
        Opcode::Ineg => int(sa.wrapping_neg()),
        Opcode::Iabs => int(sa.wrapping_abs()),
        Opcode::Smin => int(sa.min(sb)),
        Opcode::Smax => int(sa.max(sb)),
        Opcode::Umin => a.min(b),
        Opcode::Umax => a.max(b),
        Opcode::Band => a & b,
        Opcode::Bor => a | b,
        Opcode::Bxor => a ^ b,
        Opcode::Bnot => mask(t, !a),
        // The count is 64 bits wide whatever the value's type; out of range counts are defined.
        Opcode::Shl => {
            if b < width {
                mask(t, a << b)
            } else {
                0
            }
        }
        Opcode::Ushr => {
            if b < width {
                a >> b
            } else {
                0
            }
        }
        Opcode::Sshr => int(sa >> b.min(63).min(width - 1)),
        Opcode::Rotr => {
            let k = b % width;
            if k == 0 { a } else { mask(t, a >> k | a << (width - k)) }
        }
        Opcode::Popcnt => u64::from(a.count_ones()),
        Opcode::Clz => u64::from(a.leading_zeros()) - (64 - width),
        Opcode::Ctz => u64::from(a.trailing_zeros()).min(width),
        Opcode::UmulHi => mask(t, ((u128::from(a) * u128::from(b)) >> width) as u64),
        Opcode::SmulHi => mask(t, ((i128::from(sa) * i128::from(sb)) >> width) as u64),
        Opcode::Icmp => match imm {
            Imm::ICond(cc) => u64::from(int_cond(cc, t, a, b)),
            _ => return None,
        },
        Opcode::Fadd => map2(t, a, b, |x, y| x + y, |x, y| x + y),
        Opcode::Fsub => map2(t, a, b, |x, y| x - y, |x, y| x - y),
        Opcode::Fmul => map2(t, a, b, |x, y| x * y, |x, y| x * y),
        Opcode::Fdiv => map2(t, a, b, |x, y| x / y, |x, y| x / y),
        Opcode::Fneg => a ^ (1u64 << (width - 1)),
        Opcode::Fabs => a & !(1u64 << (width - 1)),
        Opcode::Fsqrt => map(t, a, f32::sqrt, f64::sqrt),
        Opcode::Ffloor => map(t, a, f32::floor, f64::floor),
        Opcode::Fceil => map(t, a, f32::ceil, f64::ceil),
        Opcode::Ftrunc => map(t, a, f32::trunc, f64::trunc),
        Opcode::Fnearest => map(t, a, f32::round_ties_even, f64::round_ties_even),
        Opcode::Fcopysign => {
            let sign = 1u64 << (width - 1);
            (a & !sign) | (b & sign)
        }
        Opcode::Fma => {
            let c = args.get(2).copied().unwrap_or(0);
            match t {
                Ty::F32 => u64::from(f32::from_bits(a as u32).mul_add(f32::from_bits(b as u32), f32::from_bits(c as u32)).to_bits()),
                _ => f64::from_bits(a).mul_add(f64::from_bits(b), f64::from_bits(c)).to_bits(),
            }
        }
        Opcode::FminNan => float_pick(t, a, b, true),
        Opcode::FmaxNan => float_pick(t, a, b, false),
        Opcode::Fcmp => match imm {
            Imm::FCond(cc) => u64::from(float_cond(cc, float(t, a), float(t, b))),
            _ => return None,
        },
        Opcode::Select => {
            if a != 0 {
                b
            } else {
                args.get(2).copied()?
            }
        }
        Opcode::Sext => mask(to, sa as u64),
        Opcode::Zext => a,
        Opcode::Ireduce => mask(to, a),
        Opcode::SintToFloat => match to {
            Ty::F32 => u64::from((sa as f32).to_bits()),
            _ => (sa as f64).to_bits(),
        },
        Opcode::UintToFloat => match to {
            Ty::F32 => u64::from((a as f32).to_bits()),
            _ => (a as f64).to_bits(),
        },
        Opcode::FloatToSint => mask(to, to_signed(float(t, a), to.bits()) as u64),
        Opcode::FloatToUint => {
            let v = float(t, a);
            let two63 = 9_223_372_036_854_775_808.0;
            if v >= two63 && v < 2.0 * two63 { v as u64 } else { to_signed(v, 64) as u64 }
        }
        Opcode::Fpromote => f64::from(f32::from_bits(a as u32)).to_bits(),
        Opcode::Fdemote => u64::from((f64::from_bits(a) as f32).to_bits()),
        Opcode::Bitcast | Opcode::RefAddr => a,
        // (Pairs are no words: the interpreter takes them apart.)
        Opcode::Splat
        | Opcode::Pair
        | Opcode::Low
        | Opcode::High
        | Opcode::FcmpBoth
        | Opcode::FcmpEither
        | Opcode::Load
        | Opcode::Store
        | Opcode::MemCopy
        | Opcode::MemZero
        | Opcode::StackSlot
        | Opcode::DataAddr
        | Opcode::FuncAddr
        | Opcode::Alloc
        | Opcode::AllocZeroed
        | Opcode::AllocTry
        | Opcode::AllocZeroedTry
        | Opcode::RefData
        | Opcode::KeepAlive
        | Opcode::Retain
        | Opcode::Release
        | Opcode::Call
        | Opcode::CallTry
        | Opcode::CallRt
        | Opcode::CallRtTry
        | Opcode::Guard
        | Opcode::SetExc
        | Opcode::ExcMatches
        | Opcode::ClearExc
        | Opcode::Poll
        | Opcode::PollTry
        | Opcode::StackCheck => return None,
    })
}
