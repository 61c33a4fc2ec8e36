//! AVX2 with fused multiplication: VEX instructions, masks as vectors.
//!
//! A mask's lanes are as wide as what was compared; where masks of several widths meet, or one decides about elements of
//! another width, they are widened or narrowed. What has no instruction (integers of 64 bits, mostly) is a sequence, in
//! [`sequences`]. The last iterations load and store through masked moves, which exist for four and eight bytes; narrower
//! elements go one by one, by way of the stack. Nothing beyond an array is touched.

mod sequences;

use crate::encode::{Gpr, Inst, Mem, Rm, Vector, Width};
use crate::kernel::{Extra, Op};
use crate::rows::{self, By, Form, avx2 as own};
use crate::strided;
use crate::target::{Arg, BOUND, COUNT, INDEX, Kind, Out, Step, Target};
use looplift_mir::{Imm, IntCC, Opcode, Ty};

pub(crate) struct Avx2;

/// Bytes of a vector register.
const BYTES: u32 = 32;

fn vec(n: u8) -> Rm {
    Rm::Vec(Vector(n))
}

/// Instructions by bytes of the vectors.
impl Out {
    fn rm(&mut self, inst: Inst, bytes: u32, to: u8, a: u8, b: Rm, imm: Option<u8>) {
        self.asm.vex(rows::avx2::vex(inst), u8::from(bytes > 16), to, a, b, imm);
    }
    /// `to = inst(a, b)`
    fn two(&mut self, inst: Inst, bytes: u32, to: u8, a: u8, b: u8) {
        self.rm(inst, bytes, to, a, vec(b), None);
    }
    /// `to = inst(a)`
    fn one(&mut self, inst: Inst, bytes: u32, to: u8, a: u8) {
        self.rm(inst, bytes, to, 0, vec(a), None);
    }
    fn with_imm(&mut self, inst: Inst, bytes: u32, to: u8, a: u8, b: u8, imm: u8) {
        self.rm(inst, bytes, to, a, vec(b), Some(imm));
    }
    /// `to = a shifted by n`; the lanes are as many as fill the vectors where there are fewer of them.
    fn shift(&mut self, op: Opcode, ty: Ty, to: u8, a: u8, n: u8) -> Option<()> {
        let by = rows::shift(op, ty)?;
        self.rm(by.inst, BYTES, by.digit, to, vec(a), Some(n));
        Some(())
    }
    /// `to = mask ? b : a`
    fn blend(&mut self, ty: Ty, bytes: u32, to: u8, a: u8, b: Rm, mask: u8) {
        self.rm(own::blend(ty), bytes, to, a, b, Some(mask << 4));
    }
    /// A number in all lanes, as an operand.
    fn all(&mut self, ty: Ty, bits: u64) -> Rm {
        let one = &bits.to_le_bytes()[..ty.bytes() as usize];
        Rm::Mem(self.asm.vector_constant(&one.repeat((BYTES / ty.bytes()) as usize)), 1)
    }
    fn all_f64(&mut self, x: f64) -> Rm {
        self.all(Ty::F64, x.to_bits())
    }
    /// `to = !to`
    fn complement(&mut self, bytes: u32, to: u8) {
        let ones = self.all(Ty::I64, u64::MAX);
        self.rm(rows::XOR, bytes, to, to, ones, None);
    }
}

fn int_of(bytes: u32) -> Ty {
    match bytes {
        1 => Ty::I8,
        2 => Ty::I16,
        4 => Ty::I32,
        _ => Ty::I64,
    }
}

/// [`COUNT`] says where masks of all numbers of lanes lie: ones, then zeros.
fn ones_and_zeros(o: &mut Out) {
    let table = o.asm.vector_constant(&[[0xff; BYTES as usize], [0; BYTES as usize]].concat());
    o.asm.lea_pool(COUNT, table);
}

/// The lanes that take part, as a mask.
fn part_mask(o: &mut Out, ty: Ty) -> Option<u8> {
    let t = o.vectors.take()?;
    let mem = Mem::At { base: COUNT, index: Some((BOUND, ty.bytes() as u8)), disp: BYTES as i32 };
    let bytes = o.bytes(ty);
    o.rm(own::LOAD, bytes, t, 0, Rm::Mem(mem, 1), None);
    Some(t)
}

/// Where [`BOUND`] is kept while it counts, below the stack: a function that calls none may use 128 bytes there.
const KEPT: i32 = -8;
/// Between what takes part there and the top of the stack.
const ABOVE: i32 = 64;

/// The elements that take part, as they lie below the stack.
fn below_the_stack(size: u32) -> Mem {
    Mem::At { base: Gpr::RSP, index: Some((BOUND, size as u8)), disp: -ABOVE }
}

/// Moves the elements that take part, one by one.
fn move_each(o: &mut Out, size: u32, from: Mem, to: Mem) {
    let again = o.asm.label();
    o.asm.store(BOUND, Gpr::RSP, KEPT);
    o.asm.bind(again);
    o.asm.load_narrow(COUNT, from, size);
    o.asm.store_narrow(COUNT, to, size);
    o.asm.inc(INDEX);
    o.asm.inc(BOUND);
    o.asm.jnz(again);
    o.asm.load(BOUND, Gpr::RSP, KEPT);
    o.asm.plus(INDEX, BOUND);
    ones_and_zeros(o);
}

impl Target for Avx2 {
    const VECTORS: u32 = 16;
    const MASKS: Option<(u32, u32)> = None;
    const PARTS_ARE_CHEAP: bool = false;

    fn broadcast(o: &mut Out, ty: Ty, to: u8, mem: Mem) {
        let bytes = o.bytes(ty);
        o.rm(own::broadcast(ty), bytes, to, 0, Rm::Mem(mem, 1), None);
    }

    fn load(o: &mut Out, ty: Ty, to: u8, mem: Mem, part: bool) -> Option<()> {
        let bytes = o.bytes(ty);
        if !part {
            o.rm(own::moves(bytes).0, bytes, to, 0, Rm::Mem(mem, 1), None);
            return Some(());
        }
        if let Some((inst, _)) = own::masked_moves(ty) {
            let mask = part_mask(o, ty)?;
            o.rm(inst, bytes, to, mask, Rm::Mem(mem, 1), None);
            o.vectors.give(mask);
            return Some(());
        }
        let near = below_the_stack(ty.bytes());
        move_each(o, ty.bytes(), mem, near);
        o.rm(own::moves(bytes).0, bytes, to, 0, Rm::Mem(near, 1), None);
        Some(())
    }

    fn store(o: &mut Out, ty: Ty, from: u8, mem: Mem, part: bool) -> Option<()> {
        let bytes = o.bytes(ty);
        if !part {
            o.rm(own::moves(bytes).1, bytes, from, 0, Rm::Mem(mem, 1), None);
            return Some(());
        }
        if let Some((_, inst)) = own::masked_moves(ty) {
            let mask = part_mask(o, ty)?;
            o.rm(inst, bytes, from, mask, Rm::Mem(mem, 1), None);
            o.vectors.give(mask);
            return Some(());
        }
        let near = below_the_stack(ty.bytes());
        o.rm(own::moves(bytes).1, bytes, from, 0, Rm::Mem(near, 1), None);
        move_each(o, ty.bytes(), near, mem);
        Some(())
    }

    fn load_where(o: &mut Out, ty: Ty, to: u8, mem: Mem, mask: Arg, part: bool) -> Option<()> {
        let (inst, _) = own::masked_moves(ty)?;
        let bytes = o.bytes(ty);
        let (m, mine) = lane_mask(o, mask, ty.bytes(), part)?;
        o.rm(inst, bytes, to, m, Rm::Mem(mem, 1), None);
        give_back(o, m, mine);
        Some(())
    }

    fn store_where(o: &mut Out, ty: Ty, from: u8, mem: Mem, mask: Arg, part: bool) -> Option<()> {
        let (_, inst) = own::masked_moves(ty)?;
        let bytes = o.bytes(ty);
        let (m, mine) = lane_mask(o, mask, ty.bytes(), part)?;
        o.rm(inst, bytes, from, m, Rm::Mem(mem, 1), None);
        give_back(o, m, mine);
        Some(())
    }

    fn test(o: &mut Out, mask: Arg, part: bool) -> Option<()> {
        // As wide as a register: nothing lies behind the lanes.
        let (m, mine) = lane_mask(o, mask, BYTES / o.lanes, part)?;
        o.one(own::TEST, BYTES, m, m);
        give_back(o, m, mine);
        Some(())
    }

    fn bits(o: &mut Out, mask: Option<Arg>, to: Gpr, part: bool) -> Option<()> {
        // Lanes of 16 bits have no such instruction.
        let lane = match BYTES / o.lanes {
            2 => 1,
            bytes => bytes,
        };
        let (m, mine) = match mask {
            Some(mask) => lane_mask(o, mask, lane, part)?,
            None if part => (part_mask(o, int_of(lane))?, true),
            None => {
                o.asm.low_bits(to, o.lanes);
                return Some(());
            }
        };
        let bytes = o.lanes * lane;
        o.rm(own::top_bits(lane), bytes, to.0, 0, vec(m), None);
        give_back(o, m, mine);
        Some(())
    }
    fn raw(o: &mut Out, inst: Inst, width: Width, reg: u8, vvvv: u8, rm: Rm, imm: Option<u8>) {
        // The bit for wide elements means something else here, or nothing.
        o.asm.vex(Inst { w: false, ..inst }, u8::from(width != Width::B16), reg, vvvv, rm, imm);
    }
    fn load_shuffled(o: &mut Out, ty: Ty, to: u8, base: Gpr, first: i32, stride: i32) -> Option<()> {
        let size = ty.bytes();
        if o.bytes(ty) != BYTES || size < 4 {
            return None;
        }
        let (low, high) = strided::two_vectors(o.lanes, first, stride, size);
        let at = |disp| Rm::Mem(Mem::At { base, index: None, disp }, 1);
        o.rm(own::LOAD, BYTES, to, 0, at(low), None);
        if stride.unsigned_abs() != size {
            let t = o.vectors.take()?;
            o.rm(own::LOAD, BYTES, t, 0, at(high), None);
            // Even elements of the first, odd ones of the second, half by half; then the halves' in order.
            if size == 8 {
                o.with_imm(rows::strided::SHUFFLE_64, BYTES, to, to, t, 0x0a);
            } else {
                o.with_imm(rows::strided::SHUFFLE_32, BYTES, to, to, t, 0xd8);
            }
            o.vectors.give(t);
            o.with_imm(rows::strided::PERMUTE_64, BYTES, to, 0, to, 0xd8);
        }
        if stride < 0 { Avx2::reverse(o, ty, to, to) } else { Some(()) }
    }
    fn load_two(o: &mut Out, ty: Ty, to: [u8; 2], base: Gpr, disp: i32) -> Option<()> {
        let size = ty.bytes();
        if o.bytes(ty) != BYTES || size < 4 {
            return None;
        }
        let (t, u) = (o.vectors.take()?, o.vectors.take()?);
        for (n, reg) in (0..).zip([t, u]) {
            let mem = Mem::At { base, index: None, disp: disp + n * BYTES as i32 };
            o.rm(own::LOAD, BYTES, reg, 0, Rm::Mem(mem, 1), None);
        }
        let (inst, imm) = if size == 8 { (rows::strided::SHUFFLE_64, [0x00, 0x0f]) } else { (rows::strided::SHUFFLE_32, [0x88, 0xdd]) };
        for (to, imm) in to.into_iter().zip(imm) {
            o.with_imm(inst, BYTES, to, t, u, imm);
            o.with_imm(rows::strided::PERMUTE_64, BYTES, to, 0, to, 0xd8);
        }
        o.vectors.give(u);
        o.vectors.give(t);
        Some(())
    }
    fn reverse(o: &mut Out, ty: Ty, to: u8, from: u8) -> Option<()> {
        if o.bytes(ty) != BYTES || ty.bytes() < 4 {
            return None;
        }
        if ty.bytes() == 8 {
            o.with_imm(rows::strided::PERMUTE_64, BYTES, to, 0, from, 0x1b);
            return Some(());
        }
        let places: Vec<u8> = (0..8u32).rev().flat_map(u32::to_le_bytes).collect();
        let mem = o.asm.vector_constant(&places);
        let index = o.vectors.take()?;
        o.rm(own::LOAD, BYTES, index, 0, Rm::Mem(mem, 1), None);
        o.two(rows::strided::PERMUTE_32, BYTES, to, index, from);
        o.vectors.give(index);
        Some(())
    }
    fn interleave(o: &mut Out, ty: Ty, to: [u8; 2], from: [u8; 2]) -> Option<()> {
        if o.bytes(ty) != BYTES || ty.bytes() < 4 {
            return None;
        }
        let (low, high) = own::unpack(ty.bytes());
        let (t, u) = (o.vectors.take()?, o.vectors.take()?);
        o.two(low, BYTES, t, from[0], from[1]);
        o.two(high, BYTES, u, from[0], from[1]);
        o.with_imm(own::TWO_HALVES, BYTES, to[0], t, u, 0x20);
        o.with_imm(own::TWO_HALVES, BYTES, to[1], t, u, 0x31);
        o.vectors.give(u);
        o.vectors.give(t);
        Some(())
    }
    fn begin_part(o: &mut Out) {
        ones_and_zeros(o);
        // Counted back from the end of the ones.
        o.asm.neg(BOUND);
    }

    fn merge(o: &mut Out, ty: Ty, to: u8, new: u8) -> Option<()> {
        let mask = part_mask(o, ty)?;
        let bytes = o.bytes(ty);
        o.blend(ty, bytes, to, to, vec(new), mask);
        o.vectors.give(mask);
        Some(())
    }

    fn is_single(op: Opcode, ty: Ty) -> bool {
        own::single(op, ty).is_some()
    }

    fn with_memory(o: &mut Out, op: Opcode, ty: Ty, to: u8, a: u8, mem: Mem) -> Option<()> {
        let Some(Form::Binary(inst)) = own::single(op, ty) else { return None };
        let bytes = o.bytes(ty);
        o.rm(inst, bytes, to, a, Rm::Mem(mem, 1), None);
        Some(())
    }

    fn step(o: &mut Out, s: &Step<'_>) -> Option<()> {
        match s.op {
            Op::MaskToBytes => {
                let bytes = o.bytes(Ty::I8);
                let (mask, mine) = resized(o, s.args[0], 1)?;
                o.one(rows::ABS_BYTES, bytes, s.to, mask);
                give_back(o, mask, mine);
            }
            Op::BytesToMask => {
                let (bytes, zero) = (o.bytes(Ty::I8), o.all(Ty::I8, 0));
                o.rm(own::equal(1), bytes, s.to, s.args[0].reg, zero, None);
                o.complement(bytes, s.to);
            }
            Op::MaskNot => {
                let Kind::Mask(lane) = s.kind else { return None };
                let (mask, mine) = resized(o, s.args[0], lane)?;
                let (bytes, ones) = (o.lanes * lane, o.all(Ty::I64, u64::MAX));
                o.rm(rows::XOR, bytes, s.to, mask, ones, None);
                give_back(o, mask, mine);
            }
            Op::Lanes(op, imm) => lanes(o, s, op, imm)?,
            Op::Extra(extra) => {
                let bytes = o.bytes(s.kind.ty()?);
                let (a, b) = (s.args[0].reg, s.args.get(1).map_or(0, |b| b.reg));
                match extra {
                    Extra::Scale => o.scale(s.to, a, b)?,
                    Extra::Exponent => o.exponent(s.to, a)?,
                    Extra::Mantissa => o.mantissa(s.to, a)?,
                    Extra::ShiftLeft(by) => o.shift(Opcode::Shl, Ty::I64, s.to, a, by)?,
                    Extra::Least | Extra::Most => o.two(rows::raw_min_max(s.kind.ty()?, extra == Extra::Most), bytes, s.to, a, b),
                }
            }
            Op::Load { .. } | Op::Store { .. } | Op::StorePair { .. } | Op::Invariant(_) | Op::Const(_) | Op::Counter(_) | Op::Leave | Op::Rescue(_) => {
                return None;
            }
        }
        Some(())
    }
}

/// A mask with lanes of so many bytes; and whether its register was taken for that.
fn resized(o: &mut Out, mask: Arg, bytes: u32) -> Option<(u8, bool)> {
    let Kind::Mask(from) = mask.kind else { return None };
    if from == bytes {
        return Some((mask.reg, false));
    }
    let t = o.vectors.take()?;
    if from < bytes {
        let row = rows::convert(Opcode::Sext, int_of(from), int_of(bytes))?;
        let wide = o.lanes * bytes;
        o.one(row.inst, wide, t, mask.reg);
    } else {
        o.narrow(from, bytes, t, mask.reg)?;
    }
    Some((t, true))
}
/// A mask with lanes of so many bytes, and of the last iterations those that there are; and whether its register was taken for that.
fn lane_mask(o: &mut Out, mask: Arg, bytes: u32, part: bool) -> Option<(u8, bool)> {
    let (m, mine) = resized(o, mask, bytes)?;
    if !part {
        return Some((m, mine));
    }
    let t = part_mask(o, int_of(bytes))?;
    o.two(rows::AND, o.lanes * bytes, t, t, m);
    give_back(o, m, mine);
    Some((t, true))
}
fn give_back(o: &mut Out, reg: u8, mine: bool) {
    if mine {
        o.vectors.give(reg);
    }
}

fn lanes(o: &mut Out, s: &Step<'_>, op: Opcode, imm: Imm) -> Option<()> {
    use Opcode::*;
    let to = s.to;
    let r = |n: usize| s.args[n].reg;
    let from = s.args.first().and_then(|a| a.kind.ty());
    let ty = match s.kind {
        Kind::Vector(ty) => ty,
        Kind::Mask(lane) => {
            match (op, imm) {
                (Icmp, Imm::ICond(cc)) => compare_ints(o, from?, cc, to, r(0), r(1))?,
                (Fcmp, Imm::FCond(cc)) => {
                    let (inst, predicate) = rows::compare_floats(from?, cc);
                    let bytes = o.bytes(from?);
                    o.with_imm(inst, bytes, to, r(0), r(1), predicate);
                }
                (Band | Bor | Bxor, _) => {
                    let (a, first) = resized(o, s.args[0], lane)?;
                    let (b, second) = resized(o, s.args[1], lane)?;
                    let Some(Form::Binary(inst)) = rows::simple(op, Ty::I8) else { return None };
                    let bytes = o.lanes * lane;
                    o.two(inst, bytes, to, a, b);
                    give_back(o, a, first);
                    give_back(o, b, second);
                }
                _ => return None,
            }
            return Some(());
        }
    };
    let bytes = o.bytes(ty);
    if let (Shl | Ushr | Sshr, Imm::Int(n)) = (op, imm) {
        let n = u8::try_from(n).ok()?;
        return if (op, ty) == (Sshr, Ty::I64) { o.shift_right_by(to, r(0), n) } else { o.shift(op, ty, to, r(0), n) };
    }
    match own::single(op, ty) {
        Some(Form::Binary(inst)) => {
            o.two(inst, bytes, to, r(0), r(1));
            return Some(());
        }
        Some(Form::Unary(inst)) => {
            o.one(inst, bytes, to, r(0));
            return Some(());
        }
        Some(Form::UnaryImm(inst, imm)) => {
            o.with_imm(inst, bytes, to, 0, r(0), imm);
            return Some(());
        }
        None => {}
    }
    match op {
        Select => {
            let (mask, mine) = resized(o, s.args[0], ty.bytes())?;
            o.blend(ty, bytes, to, r(2), vec(r(1)), mask);
            give_back(o, mask, mine);
        }
        Bitcast => o.two(rows::OR, bytes, to, r(0), r(0)),
        Ineg => {
            o.two(rows::XOR, bytes, to, to, to);
            let Some(Form::Binary(sub)) = rows::simple(Isub, ty) else { return None };
            o.two(sub, bytes, to, to, r(0));
        }
        Bnot => {
            let ones = o.all(Ty::I64, u64::MAX);
            o.rm(rows::XOR, bytes, to, r(0), ones, None);
        }
        Fneg | Fabs | Fcopysign => o.sign(op, ty, to, r(0), r(1 % s.args.len()))?,
        Fma => {
            o.two(rows::OR, bytes, to, r(0), r(0));
            o.two(rows::fma213(ty), bytes, to, r(1), r(2));
        }
        FminNan | FmaxNan => o.min_max(ty, op == FmaxNan, to, r(0), r(1))?,
        Imul if ty == Ty::I8 => o.multiply_bytes(to, r(0), r(1))?,
        Imul if ty == Ty::I64 => o.multiply(to, r(0), r(1))?,
        Smin | Smax | Umin | Umax if ty == Ty::I64 => o.choose(op, to, r(0), r(1))?,
        Sshr if ty == Ty::I64 => o.shift_right(to, r(0), r(1))?,
        Iabs if ty == Ty::I64 => o.absolute(to, r(0))?,
        Ireduce => o.narrow(from?.bytes(), ty.bytes(), to, r(0))?,
        SintToFloat | UintToFloat | FloatToSint if own::converts(op, from?, ty).is_none() => o.convert(op, from?, ty, to, r(0))?,
        _ => {
            let c = own::converts(op, from?, ty)?;
            let bytes = match c.by {
                By::Source => o.bytes(from?),
                By::Result => bytes,
            };
            o.one(c.inst, bytes, to, r(0));
        }
    }
    Some(())
}

/// There are instructions for "equal" and "greater" with signs.
fn compare_ints(o: &mut Out, ty: Ty, cc: IntCC, to: u8, a: u8, b: u8) -> Option<()> {
    use IntCC::*;
    let (bytes, size) = (o.bytes(ty), ty.bytes());
    let negated = match cc {
        Eq | Ne => {
            o.two(own::equal(size), bytes, to, a, b);
            cc == Ne
        }
        Sgt | Sle => {
            o.two(own::greater(size), bytes, to, a, b);
            cc == Sle
        }
        Slt | Sge => {
            o.two(own::greater(size), bytes, to, b, a);
            cc == Sge
        }
        Ugt | Ule | Ult | Uge => {
            let (a, b) = if matches!(cc, Ugt | Ule) { (a, b) } else { (b, a) };
            match own::unsigned_most(ty) {
                // a <= b: the larger one is b.
                Some(inst) => {
                    o.two(inst, bytes, to, a, b);
                    o.two(own::equal(size), bytes, to, to, b);
                    matches!(cc, Ugt | Ult)
                }
                None => {
                    o.unsigned_greater(to, a, b)?;
                    matches!(cc, Ule | Uge)
                }
            }
        }
    };
    if negated {
        o.complement(bytes, to);
    }
    Some(())
}
