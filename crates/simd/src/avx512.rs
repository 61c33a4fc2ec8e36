//! AVX-512: one EVEX instruction for most steps, masks in registers of their own.

use crate::encode::{Gpr, Inst, Lanes, Mask, Mem, Rm, Vector, Width};
use crate::kernel::{Extra, Op};
use crate::rows::{self, By, Form};
use crate::strided;
use crate::target::{Arg, BOUND, Out, SCRATCH, Step, Target, sign_bit};
use looplift_mir::{FloatCC, Imm, Opcode, Ty};

/// The lanes that take part in the last iterations.
const PART: Mask = Mask(1);

pub(crate) struct Avx512;

fn vec(n: u8) -> Rm {
    Rm::Vec(Vector(n))
}

impl Target for Avx512 {
    const VECTORS: u32 = 32;
    const MASKS: Option<(u32, u32)> = Some((2, 8));
    const PARTS_ARE_CHEAP: bool = true;

    fn broadcast(o: &mut Out, ty: Ty, to: u8, mem: Mem) {
        let width = o.width(ty);
        o.asm.evex(rows::broadcast(ty), width, to, 0, Rm::Mem(mem, ty.bytes()), Lanes::All, None);
    }
    fn load(o: &mut Out, ty: Ty, to: u8, mem: Mem, part: bool) -> Option<()> {
        let width = o.width(ty);
        let (inst, unit) = if o.bytes(ty) == 8 && !part { (rows::MOVE_LOW.0, 8) } else { (rows::moves(ty).0, width.bytes()) };
        let lanes = if part { Lanes::Zero(PART) } else { Lanes::All };
        o.asm.evex(inst, width, to, 0, Rm::Mem(mem, unit), lanes, None);
        Some(())
    }
    fn store(o: &mut Out, ty: Ty, from: u8, mem: Mem, part: bool) -> Option<()> {
        let width = o.width(ty);
        let (inst, unit) = if o.bytes(ty) == 8 && !part { (rows::MOVE_LOW.1, 8) } else { (rows::moves(ty).1, width.bytes()) };
        let lanes = if part { Lanes::Merge(PART) } else { Lanes::All };
        o.asm.evex(inst, width, from, 0, Rm::Mem(mem, unit), lanes, None);
        Some(())
    }
    fn load_where(o: &mut Out, ty: Ty, to: u8, mem: Mem, mask: Arg, part: bool) -> Option<()> {
        let width = o.width(ty);
        let m = lane_mask(o, mask.reg, part)?;
        o.asm.evex(rows::moves(ty).0, width, to, 0, Rm::Mem(mem, width.bytes()), Lanes::Zero(Mask(m)), None);
        o.masks.give(m);
        Some(())
    }
    fn store_where(o: &mut Out, ty: Ty, from: u8, mem: Mem, mask: Arg, part: bool) -> Option<()> {
        let width = o.width(ty);
        let m = lane_mask(o, mask.reg, part)?;
        o.asm.evex(rows::moves(ty).1, width, from, 0, Rm::Mem(mem, width.bytes()), Lanes::Merge(Mask(m)), None);
        o.masks.give(m);
        Some(())
    }
    fn test(o: &mut Out, mask: Arg, part: bool) -> Option<()> {
        let m = lane_mask(o, mask.reg, part)?;
        o.asm.vex(rows::k_test(o.lanes), 0, m, 0, Rm::Mask(Mask(m)), None);
        o.masks.give(m);
        Some(())
    }
    fn bits(o: &mut Out, mask: Option<Arg>, to: Gpr, part: bool) -> Option<()> {
        let Some(mask) = mask else {
            if part {
                o.asm.vex(rows::K_TO_GPR, 0, to.0, 0, Rm::Mask(PART), None);
            } else {
                o.asm.low_bits(to, o.lanes);
            }
            return Some(());
        };
        let m = lane_mask(o, mask.reg, part)?;
        o.asm.vex(rows::K_TO_GPR, 0, to.0, 0, Rm::Mask(Mask(m)), None);
        o.masks.give(m);
        Some(())
    }
    fn raw(o: &mut Out, inst: Inst, width: Width, reg: u8, vvvv: u8, rm: Rm, imm: Option<u8>) {
        o.asm.evex(inst, width, reg, vvvv, rm, Lanes::All, imm);
    }
    fn load_shuffled(o: &mut Out, ty: Ty, to: u8, base: Gpr, first: i32, stride: i32) -> Option<()> {
        let (size, width) = (ty.bytes(), o.width(ty));
        let inst = rows::strided::permute_two(size).filter(|_| o.bytes(ty) >= 16)?;
        let (low, high) = strided::two_vectors(o.lanes, first, stride, size);
        let at = |disp| Mem::At { base, index: None, disp };
        Avx512::load(o, ty, to, at(low), false)?;
        let index = places_in_register(o, size, &strided::places(o.lanes, stride, size))?;
        // Backward, the first vector has them all.
        let second = if stride == -(size as i32) { vec(to) } else { Rm::Mem(at(high), width.bytes()) };
        o.asm.evex(inst, width, to, index, second, Lanes::All, None);
        o.vectors.give(index);
        Some(())
    }
    fn load_two(o: &mut Out, ty: Ty, to: [u8; 2], base: Gpr, disp: i32) -> Option<()> {
        let (size, width) = (ty.bytes(), o.width(ty));
        let inst = rows::strided::permute_two(size).filter(|_| o.bytes(ty) >= 16)?;
        let t = o.vectors.take()?;
        let at = |disp| Mem::At { base, index: None, disp };
        Avx512::load(o, ty, to[0], at(disp), false)?;
        Avx512::load(o, ty, t, at(disp + o.bytes(ty) as i32), false)?;
        copy(o, to[1], to[0]);
        for (odd, to) in (0..).zip(to) {
            let places: Vec<u32> = (0..o.lanes).map(|lane| 2 * lane + odd).collect();
            let index = places_in_register(o, size, &places)?;
            o.asm.evex(inst, width, to, index, vec(t), Lanes::All, None);
            o.vectors.give(index);
        }
        o.vectors.give(t);
        Some(())
    }
    fn reverse(o: &mut Out, ty: Ty, to: u8, from: u8) -> Option<()> {
        let (size, width) = (ty.bytes(), o.width(ty));
        let inst = rows::strided::permute_two(size).filter(|_| o.bytes(ty) >= 16)?;
        copy(o, to, from);
        let index = places_in_register(o, size, &strided::places(o.lanes, -(size as i32), size))?;
        o.asm.evex(inst, width, to, index, vec(to), Lanes::All, None);
        o.vectors.give(index);
        Some(())
    }
    fn interleave(o: &mut Out, ty: Ty, to: [u8; 2], from: [u8; 2]) -> Option<()> {
        let (size, width) = (ty.bytes(), o.width(ty));
        let inst = rows::strided::permute_two(size).filter(|_| o.bytes(ty) >= 16)?;
        for (n, to) in to.into_iter().enumerate() {
            let half = n as u32 * o.lanes / 2;
            let places: Vec<u32> = (0..o.lanes).map(|lane| half + lane / 2 + lane % 2 * o.lanes).collect();
            copy(o, to, from[0]);
            let index = places_in_register(o, size, &places)?;
            o.asm.evex(inst, width, to, index, vec(from[1]), Lanes::All, None);
            o.vectors.give(index);
        }
        Some(())
    }
    fn begin_part(o: &mut Out) {
        // As many bits as lanes at most: byte vectors have more places than there are lanes. Fewer iterations are left than
        // four times the lanes, so that the count fits in eight bits.
        o.asm.low_bits(SCRATCH, o.lanes);
        o.asm.vex(rows::BZHI, 0, SCRATCH.0, BOUND.0, Rm::Gpr(SCRATCH), None);
        o.asm.vex(rows::K_FROM_GPR, 0, PART.0, 0, Rm::Gpr(SCRATCH), None);
    }
    fn merge(o: &mut Out, ty: Ty, to: u8, new: u8) -> Option<()> {
        let width = o.width(ty);
        o.asm.evex(rows::moves(ty).0, width, to, 0, vec(new), Lanes::Merge(PART), None);
        Some(())
    }
    fn is_single(op: Opcode, ty: Ty) -> bool {
        rows::simple(op, ty).is_some()
    }
    fn with_memory(o: &mut Out, op: Opcode, ty: Ty, to: u8, a: u8, mem: Mem) -> Option<()> {
        let Some(Form::Binary(inst)) = rows::simple(op, ty) else { return None };
        let width = o.width(ty);
        o.asm.evex(inst, width, to, a, Rm::Mem(mem, width.bytes()), Lanes::All, None);
        Some(())
    }
    fn step(o: &mut Out, s: &Step<'_>) -> Option<()> {
        match s.op {
            Op::MaskToBytes => {
                let width = o.width(Ty::I8);
                o.asm.evex(rows::MASK_TO_BYTES, width, s.to, 0, Rm::Mask(Mask(s.args[0].reg)), Lanes::All, None);
                o.asm.evex(rows::ABS_BYTES, width, s.to, 0, vec(s.to), Lanes::All, None);
                Some(())
            }
            Op::BytesToMask => {
                let (v, width) = (s.args[0].reg, o.width(Ty::I8));
                o.asm.evex(rows::TEST_BYTES, width, s.to, v, vec(v), Lanes::All, None);
                Some(())
            }
            Op::MaskNot => {
                o.asm.vex(rows::k_not(o.lanes), 0, s.to, 0, Rm::Mask(Mask(s.args[0].reg)), None);
                Some(())
            }
            Op::Lanes(op, imm) => lanes(o, s, op, imm),
            Op::Extra(extra) => {
                let ty = s.kind.ty()?;
                let width = o.width(ty);
                let (a, b) = (s.args[0].reg, s.args.get(1).map_or(0, |b| b.reg));
                /// Of the interval from 3/4 to 3/2; the sign is dropped.
                const INTERVAL: u8 = 0b0111;
                match extra {
                    Extra::Scale => o.asm.evex(rows::scale(ty), width, s.to, a, vec(b), Lanes::All, None),
                    Extra::Exponent => o.asm.evex(rows::exponent(ty), width, s.to, 0, vec(a), Lanes::All, None),
                    Extra::Mantissa => o.asm.evex(rows::mantissa(ty), width, s.to, 0, vec(a), Lanes::All, Some(INTERVAL)),
                    Extra::ShiftLeft(by) => shift(o, Opcode::Shl, Ty::I64, s.to, a, by)?,
                    Extra::Least | Extra::Most => o.asm.evex(rows::raw_min_max(ty, extra == Extra::Most), width, s.to, a, vec(b), Lanes::All, None),
                }
                Some(())
            }
            Op::Load { .. } | Op::Store { .. } | Op::StorePair { .. } | Op::Invariant(_) | Op::Const(_) | Op::Counter(_) | Op::Leave | Op::Rescue(_) => None,
        }
    }
}

/// Places for a permutation of elements of so many bytes, in a register of its own.
fn places_in_register(o: &mut Out, size: u32, places: &[u32]) -> Option<u8> {
    let bytes: Vec<u8> = places.iter().flat_map(|&p| u64::from(p).to_le_bytes()[..size as usize].to_vec()).collect();
    let mem = o.asm.vector_constant(&bytes);
    let index = o.vectors.take()?;
    let ty = if size == 8 {
        Ty::I64
    } else if size == 4 {
        Ty::I32
    } else {
        Ty::I16
    };
    Avx512::load(o, ty, index, mem, false)?;
    Some(index)
}

/// A register of its own with the mask `m`, and of the last iterations those that there are. Byte vectors have more places
/// than there are lanes: the bits behind the lanes are zero.
fn lane_mask(o: &mut Out, m: u8, part: bool) -> Option<u8> {
    let to = o.masks.take()?;
    let other = if part { PART } else { Mask(m) };
    o.asm.vex(rows::k_and(o.lanes), 1, to, m, Rm::Mask(other), None);
    Some(to)
}

fn lanes(o: &mut Out, s: &Step<'_>, op: Opcode, imm: Imm) -> Option<()> {
    let to = s.to;
    let r = |n: usize| s.args[n].reg;
    let from = s.args.first().and_then(|a| a.kind.ty());
    let Some(ty) = s.kind.ty() else {
        // A mask.
        match (op, imm) {
            (Opcode::Icmp, Imm::ICond(cc)) => {
                let (inst, predicate) = rows::compare_ints(from?, cc);
                let width = o.width(from?);
                o.asm.evex(inst, width, to, r(0), vec(r(1)), Lanes::All, Some(predicate));
            }
            (Opcode::Fcmp, Imm::FCond(cc)) => {
                let (inst, predicate) = rows::compare_floats(from?, cc);
                let width = o.width(from?);
                o.asm.evex(inst, width, to, r(0), vec(r(1)), Lanes::All, Some(predicate));
            }
            (Opcode::Band, _) => o.asm.vex(rows::K_AND, 1, to, r(0), Rm::Mask(Mask(r(1))), None),
            (Opcode::Bor, _) => o.asm.vex(rows::K_OR, 1, to, r(0), Rm::Mask(Mask(r(1))), None),
            (Opcode::Bxor, _) => o.asm.vex(rows::K_XOR, 1, to, r(0), Rm::Mask(Mask(r(1))), None),
            _ => return None,
        }
        return Some(());
    };
    let width = o.width(ty);
    if let (Opcode::Shl | Opcode::Ushr | Opcode::Sshr, Imm::Int(n)) = (op, imm) {
        return shift(o, op, ty, to, r(0), u8::try_from(n).ok()?);
    }
    match op {
        Opcode::Select => o.asm.evex(rows::blend(ty), width, to, r(2), vec(r(1)), Lanes::Merge(Mask(r(0))), None),
        Opcode::Bitcast => copy(o, to, r(0)),
        Opcode::Ineg => {
            o.asm.evex(rows::XOR, Width::B64, to, to, vec(to), Lanes::All, None);
            let Some(Form::Binary(sub)) = rows::simple(Opcode::Isub, ty) else { return None };
            o.asm.evex(sub, width, to, to, vec(r(0)), Lanes::All, None);
        }
        Opcode::Bnot => o.asm.evex(rows::TERNARY, Width::B64, to, r(0), vec(r(0)), Lanes::All, Some(0x55)),
        Opcode::Fneg => {
            broadcast_bits(o, ty, to, sign_bit(ty));
            o.asm.evex(rows::XOR, Width::B64, to, to, vec(r(0)), Lanes::All, None);
        }
        Opcode::Fabs => {
            broadcast_bits(o, ty, to, sign_bit(ty) - 1);
            o.asm.evex(rows::AND, Width::B64, to, to, vec(r(0)), Lanes::All, None);
        }
        Opcode::Fcopysign => {
            // Where the sign mask has a bit, the second operand's, else the first one's.
            broadcast_bits(o, ty, to, sign_bit(ty));
            o.asm.evex(rows::TERNARY, Width::B64, to, r(0), vec(r(1)), Lanes::All, Some(0xac));
        }
        Opcode::Fma => {
            copy(o, to, r(0));
            o.asm.evex(rows::fma213(ty), width, to, r(1), vec(r(2)), Lanes::All, None);
        }
        Opcode::Imul if ty == Ty::I8 => multiply_bytes(o, to, r(0), r(1))?,
        Opcode::FminNan | Opcode::FmaxNan => min_max(o, ty, op == Opcode::FmaxNan, to, r(0), r(1))?,
        _ => match (rows::simple(op, ty), rows::convert(op, from?, ty)) {
            (Some(Form::Binary(inst)), _) => o.asm.evex(inst, width, to, r(0), vec(r(1)), Lanes::All, None),
            (Some(Form::Unary(inst)), _) => o.asm.evex(inst, width, to, 0, vec(r(0)), Lanes::All, None),
            (Some(Form::UnaryImm(inst, imm)), _) => o.asm.evex(inst, width, to, 0, vec(r(0)), Lanes::All, Some(imm)),
            (None, Some(c)) => {
                let width = match c.by {
                    By::Source => o.width(from?),
                    By::Result => width,
                };
                if c.reversed {
                    o.asm.evex(c.inst, width, r(0), 0, vec(to), Lanes::All, None);
                } else {
                    o.asm.evex(c.inst, width, to, 0, vec(r(0)), Lanes::All, None);
                }
            }
            (None, None) => return None,
        },
    }
    Some(())
}

fn broadcast_bits(o: &mut Out, ty: Ty, to: u8, bits: u64) {
    let mem = o.asm.constant(bits, ty.bytes());
    Avx512::broadcast(o, ty, to, mem);
}

fn copy(o: &mut Out, to: u8, from: u8) {
    o.asm.evex(rows::OR, Width::B64, to, from, vec(from), Lanes::All, None);
}

fn shift(o: &mut Out, op: Opcode, ty: Ty, to: u8, a: u8, n: u8) -> Option<()> {
    let by = rows::shift(op, ty)?;
    o.asm.evex(by.inst, Width::B64, by.digit, to, vec(a), Lanes::All, Some(n));
    Some(())
}

/// Even and odd bytes of the product apart, as numbers of 16 bits.
fn multiply_bytes(o: &mut Out, to: u8, a: u8, b: u8) -> Option<()> {
    let width = o.width(Ty::I8);
    let (t, even) = (o.vectors.take()?, o.vectors.take()?);
    shift(o, Opcode::Ushr, Ty::I16, t, a, 8)?;
    shift(o, Opcode::Ushr, Ty::I16, to, b, 8)?;
    o.asm.evex(rows::MULTIPLY_16, width, t, t, vec(to), Lanes::All, None);
    shift(o, Opcode::Shl, Ty::I16, t, t, 8)?;
    o.asm.evex(rows::MULTIPLY_16, width, to, a, vec(b), Lanes::All, None);
    let mem = o.asm.constant(0xff, 2);
    o.asm.evex(rows::broadcast(Ty::I16), width, even, 0, Rm::Mem(mem, 2), Lanes::All, None);
    o.asm.evex(rows::AND, width, to, to, vec(even), Lanes::All, None);
    o.asm.evex(rows::OR, width, to, to, vec(t), Lanes::All, None);
    o.vectors.give(even);
    o.vectors.give(t);
    Some(())
}

/// IEEE minimum or maximum: NaN where either is NaN, -0 below +0. x86's gives the second operand in both cases, so that
/// taking it both ways round leaves both zeros to combine.
fn min_max(o: &mut Out, ty: Ty, max: bool, to: u8, a: u8, b: u8) -> Option<()> {
    let width = o.width(ty);
    let (t, m) = (o.vectors.take()?, o.masks.take()?);
    let inst = rows::raw_min_max(ty, max);
    o.asm.evex(inst, width, to, a, vec(b), Lanes::All, None);
    o.asm.evex(inst, width, t, b, vec(a), Lanes::All, None);
    o.asm.evex(if max { rows::AND } else { rows::OR }, Width::B64, to, to, vec(t), Lanes::All, None);
    let (unordered, predicate) = rows::compare_floats(ty, FloatCC::Uno);
    o.asm.evex(unordered, width, m, a, vec(b), Lanes::All, Some(predicate));
    o.asm.evex(rows::add(ty), width, to, a, vec(b), Lanes::Merge(Mask(m)), None);
    o.vectors.give(t);
    o.masks.give(m);
    Some(())
}
