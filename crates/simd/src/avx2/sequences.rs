//! Sequences for what AVX2 has no instruction for. Each is exact, for all operands; destinations are none of the operands.

use super::vec;
use crate::encode::Rm;
use crate::rows::{self, avx2 as own};
use crate::target::{Out, sign_bit};
use Opcode::{Shl, Sshr, Ushr};
use looplift_mir::{FloatCC, Opcode, Ty};

const TWO_52: f64 = 4_503_599_627_370_496.0;
/// 3 * 2^51: a sum with it has an integer in its low bits, with its sign.
const MAGIC: f64 = 6_755_399_441_055_744.0;
const TWO_54: f64 = 18_014_398_509_481_984.0;
const TWO_32: f64 = 4_294_967_296.0;
const TWO_63: f64 = 9_223_372_036_854_775_808.0;
const TWO_67: f64 = 147_573_952_589_676_412_928.0;
const TWO_84: f64 = 19_342_813_113_834_066_795_298_816.0;
/// Exponents of double precision are this much higher in memory.
const BIAS: f64 = 1023.0;
const WIDE: u32 = 32;
const F64: Ty = Ty::F64;

/// Integers.
impl Out {
    /// The low half of the product of integers of 64 bits.
    pub(super) fn multiply(&mut self, to: u8, a: u8, b: u8) -> Option<()> {
        // low * low + (low * high + high * low << 32)
        let t = self.vectors.take()?;
        self.with_imm(own::SHUFFLE_32, WIDE, to, 0, b, 0xb1);
        self.two(own::MULTIPLY_32, WIDE, to, to, a);
        self.shift(Ushr, Ty::I64, t, to, 32)?;
        self.two(own::ADD_32, WIDE, to, to, t);
        self.shift(Shl, Ty::I64, to, to, 32)?;
        self.two(own::MULTIPLY_LOW, WIDE, t, a, b);
        self.two(rows::ADD_I64, WIDE, to, to, t);
        self.vectors.give(t);
        Some(())
    }

    /// Even and odd bytes of the product apart, as numbers of 16 bits.
    pub(super) fn multiply_bytes(&mut self, to: u8, a: u8, b: u8) -> Option<()> {
        let bytes = self.bytes(Ty::I8);
        let t = self.vectors.take()?;
        let even = self.all(Ty::I16, 0xff);
        self.shift(Ushr, Ty::I16, t, a, 8)?;
        self.shift(Ushr, Ty::I16, to, b, 8)?;
        self.two(rows::MULTIPLY_16, bytes, t, t, to);
        self.shift(Shl, Ty::I16, t, t, 8)?;
        self.two(rows::MULTIPLY_16, bytes, to, a, b);
        self.rm(rows::AND, bytes, to, to, even, None);
        self.two(rows::OR, bytes, to, to, t);
        self.vectors.give(t);
        Some(())
    }

    /// `a > b` without signs, 64 bits.
    pub(super) fn unsigned_greater(&mut self, to: u8, a: u8, b: u8) -> Option<()> {
        let t = self.vectors.take()?;
        let sign = self.all(Ty::I64, sign_bit(Ty::I64));
        self.rm(rows::XOR, WIDE, to, a, sign, None);
        self.rm(rows::XOR, WIDE, t, b, sign, None);
        self.two(own::greater(8), WIDE, to, to, t);
        self.vectors.give(t);
        Some(())
    }

    /// Minima and maxima of 64 bits.
    pub(super) fn choose(&mut self, op: Opcode, to: u8, a: u8, b: u8) -> Option<()> {
        match op {
            Opcode::Umin | Opcode::Umax => self.unsigned_greater(to, a, b)?,
            _ => self.two(own::greater(8), WIDE, to, a, b),
        }
        let (yes, no) = if matches!(op, Opcode::Smax | Opcode::Umax) { (a, b) } else { (b, a) };
        self.blend(Ty::I64, WIDE, to, no, vec(yes), to);
        Some(())
    }

    /// Ones where a number of 64 bits is negative.
    fn negative(&mut self, to: u8, a: u8) {
        self.two(rows::XOR, WIDE, to, to, to);
        self.two(own::greater(8), WIDE, to, to, a);
    }

    /// Arithmetic right shift of 64 bits: of the complement where a number is negative.
    pub(super) fn shift_right(&mut self, to: u8, a: u8, count: u8) -> Option<()> {
        let t = self.vectors.take()?;
        self.negative(t, a);
        self.two(rows::XOR, WIDE, to, a, t);
        self.two(own::RIGHT_BY_64, WIDE, to, to, count);
        self.two(rows::XOR, WIDE, to, to, t);
        self.vectors.give(t);
        Some(())
    }

    /// The same by one number: the upper half with the sign, the lower one without, or from the upper one.
    pub(super) fn shift_right_by(&mut self, to: u8, a: u8, count: u8) -> Option<()> {
        let t = self.vectors.take()?;
        if count < 32 {
            self.shift(Sshr, Ty::I32, t, a, count)?;
            self.shift(Ushr, Ty::I64, to, a, count)?;
        } else {
            self.shift(Sshr, Ty::I32, to, a, count - 32)?;
            self.with_imm(own::SHUFFLE_32, WIDE, to, 0, to, 0xf5);
            self.shift(Sshr, Ty::I32, t, a, 31)?;
        }
        self.with_imm(own::BLEND_32, WIDE, to, to, t, 0xaa);
        self.vectors.give(t);
        Some(())
    }

    pub(super) fn absolute(&mut self, to: u8, a: u8) -> Option<()> {
        let t = self.vectors.take()?;
        self.negative(t, a);
        self.two(rows::XOR, WIDE, to, a, t);
        self.two(own::SUB_64, WIDE, to, to, t);
        self.vectors.give(t);
        Some(())
    }

    /// The low bytes of each lane.
    pub(super) fn narrow(&mut self, from: u32, to_size: u32, to: u8, a: u8) -> Option<()> {
        let (lanes, bytes) = (self.lanes, self.lanes * from);
        if bytes > 16 && (from, to_size) == (8, 4) {
            let t = self.vectors.take()?;
            self.rm(own::HIGH_HALF, WIDE, a, 0, vec(t), Some(1));
            self.with_imm(own::SHUFFLE_TWO_32, 16, to, a, t, 0x88);
            self.vectors.give(t);
            return Some(());
        }
        // Each half's elements go where they belong in the result; everything else is zero.
        const NOTHING: u8 = 0x80;
        let halves = bytes.div_ceil(16);
        let mut places = [NOTHING; 32];
        for lane in 0..lanes {
            let half = lane * from / 16;
            for k in 0..to_size {
                places[(half * 16 + lane * to_size + k) as usize] = (lane * from % 16 + k) as u8;
            }
        }
        let places = self.asm.vector_constant(&places);
        self.rm(own::SHUFFLE_BYTES, bytes, to, a, Rm::Mem(places, 1), None);
        if halves == 2 {
            let t = self.vectors.take()?;
            self.rm(own::HIGH_HALF, WIDE, to, 0, vec(t), Some(1));
            self.two(rows::OR, 16, to, to, t);
            self.vectors.give(t);
        }
        Some(())
    }
}

/// Floats.
impl Out {
    pub(super) fn sign(&mut self, op: Opcode, ty: Ty, to: u8, a: u8, b: u8) -> Option<()> {
        let bytes = self.bytes(ty);
        let sign = self.all(ty, sign_bit(ty));
        let size = self.all(ty, sign_bit(ty) - 1);
        match op {
            Opcode::Fneg => self.rm(rows::XOR, bytes, to, a, sign, None),
            Opcode::Fabs => self.rm(rows::AND, bytes, to, a, size, None),
            _ => {
                let t = self.vectors.take()?;
                self.rm(rows::AND, bytes, to, a, size, None);
                self.rm(rows::AND, bytes, t, b, sign, None);
                self.two(rows::OR, bytes, to, to, t);
                self.vectors.give(t);
            }
        }
        Some(())
    }

    /// IEEE minimum or maximum: NaN where either is NaN, -0 below +0. x86's gives the second operand in both cases, so that
    /// taking it both ways round leaves both zeros to combine.
    pub(super) fn min_max(&mut self, ty: Ty, max: bool, to: u8, a: u8, b: u8) -> Option<()> {
        let bytes = self.bytes(ty);
        let t = self.vectors.take()?;
        let inst = rows::raw_min_max(ty, max);
        self.two(inst, bytes, to, a, b);
        self.two(inst, bytes, t, b, a);
        self.two(if max { rows::AND } else { rows::OR }, bytes, to, to, t);
        let u = self.vectors.take()?;
        let (unordered, predicate) = rows::compare_floats(ty, FloatCC::Uno);
        self.with_imm(unordered, bytes, u, a, b, predicate);
        self.two(rows::add(ty), bytes, t, a, b);
        self.blend(ty, bytes, to, to, vec(t), u);
        self.vectors.give(u);
        self.vectors.give(t);
        Some(())
    }

    fn add_f64(&mut self, to: u8, a: u8, x: f64) {
        let x = self.all_f64(x);
        self.rm(rows::add(F64), WIDE, to, a, x, None);
    }
    fn mul_f64(&mut self, to: u8, a: u8, x: f64) {
        let x = self.all_f64(x);
        self.rm(own::multiply(F64), WIDE, to, a, x, None);
    }

    /// Conversions between integers and floats that are not one instruction.
    pub(super) fn convert(&mut self, op: Opcode, from: Ty, ty: Ty, to: u8, a: u8) -> Option<()> {
        match (op, from, ty) {
            (Opcode::SintToFloat, Ty::I64, Ty::F64) => {
                // The upper 16 bits (times 2^48) and the lower 48 as numbers, each exact; one rounding adds them.
                let t = self.vectors.take()?;
                let (zero, high, low) = (self.all(Ty::I64, 0), self.all_f64(3.0 * TWO_67), self.all_f64(TWO_52));
                self.shift(Sshr, Ty::I32, t, a, 16)?;
                self.rm(own::BLEND_16, WIDE, t, t, zero, Some(0x33));
                self.rm(rows::ADD_I64, WIDE, t, t, high, None);
                self.add_f64(t, t, -(3.0 * TWO_67 + TWO_52));
                self.rm(own::BLEND_16, WIDE, to, a, low, Some(0x88));
                self.two(rows::add(F64), WIDE, to, t, to);
                self.vectors.give(t);
            }
            (Opcode::UintToFloat, Ty::I64, Ty::F64) => {
                let t = self.vectors.take()?;
                let (high, low) = (self.all_f64(TWO_84), self.all_f64(TWO_52));
                self.shift(Ushr, Ty::I64, t, a, 32)?;
                self.rm(rows::OR, WIDE, t, t, high, None);
                self.add_f64(t, t, -(TWO_84 + TWO_52));
                self.rm(own::BLEND_16, WIDE, to, a, low, Some(0xcc));
                self.two(rows::add(F64), WIDE, to, t, to);
                self.vectors.give(t);
            }
            (Opcode::UintToFloat, Ty::I32, Ty::F64) => {
                let widen = rows::convert(Opcode::Zext, Ty::I32, Ty::I64)?;
                let base = self.all_f64(TWO_52);
                self.one(widen.inst, WIDE, to, a);
                self.rm(rows::OR, WIDE, to, to, base, None);
                self.add_f64(to, to, -TWO_52);
            }
            (Opcode::UintToFloat, Ty::I32, Ty::F32) => {
                /// 2^23, 2^39, and their sum.
                const LOW: u64 = 0x4b00_0000;
                const HIGH: u64 = 0x5300_0000;
                const BOTH: u64 = 0x5300_0080;
                let bytes = self.bytes(ty);
                let t = self.vectors.take()?;
                let (low, high, both) = (self.all(ty, LOW), self.all(ty, HIGH), self.all(ty, BOTH | sign_bit(ty)));
                self.shift(Ushr, Ty::I32, t, a, 16)?;
                self.rm(own::BLEND_16, bytes, t, t, high, Some(0xaa));
                self.rm(rows::add(ty), bytes, t, t, both, None);
                self.rm(own::BLEND_16, bytes, to, a, low, Some(0xaa));
                self.two(rows::add(ty), bytes, to, t, to);
                self.vectors.give(t);
            }
            (Opcode::SintToFloat | Opcode::UintToFloat, Ty::I64, Ty::F32) => {
                let narrow = own::converts(Opcode::Fdemote, F64, Ty::F32)?;
                let (t, u) = (self.vectors.take()?, self.vectors.take()?);
                self.rounded_to_odd(op, t, a)?;
                self.convert(op, from, F64, u, t)?;
                self.one(narrow.inst, WIDE, to, u);
                self.vectors.give(u);
                self.vectors.give(t);
            }
            (Opcode::FloatToSint, Ty::F64, Ty::I64) => self.truncate(to, a)?,
            (Opcode::FloatToSint, Ty::F32, Ty::I64) => {
                let widen = own::converts(Opcode::Fpromote, Ty::F32, F64)?;
                let t = self.vectors.take()?;
                self.one(widen.inst, WIDE, t, a);
                self.truncate(to, t)?;
                self.vectors.give(t);
            }
            _ => return None,
        }
        Some(())
    }

    /// Integers of 64 bits as ones that double precision holds and that round to single precision as they do: where 53 bits do
    /// not hold one, the last eleven are replaced by whether there was any of them.
    fn rounded_to_odd(&mut self, op: Opcode, to: u8, a: u8) -> Option<()> {
        const LAST: u64 = (1 << 11) - 1;
        let t = self.vectors.take()?;
        let (last, others, zero) = (self.all(Ty::I64, LAST), self.all(Ty::I64, !LAST), self.all(Ty::I64, 0));
        self.rm(rows::AND, WIDE, to, a, last, None);
        self.rm(rows::ADD_I64, WIDE, to, to, last, None);
        self.two(rows::OR, WIDE, to, to, a);
        self.rm(rows::AND, WIDE, to, to, others, None);
        // Of the size only; a negative number's complement stands for it.
        if op == Opcode::SintToFloat {
            self.negative(t, a);
            self.two(rows::XOR, WIDE, t, t, a);
            self.shift(Ushr, Ty::I64, t, t, 53)?;
        } else {
            self.shift(Ushr, Ty::I64, t, a, 53)?;
        }
        self.rm(own::equal(8), WIDE, t, t, zero, None);
        self.blend(Ty::I64, WIDE, to, to, vec(a), t);
        self.vectors.give(t);
        Some(())
    }

    /// Double precision toward zero to integers of 64 bits; what does not fit gives the least one.
    fn truncate(&mut self, to: u8, a: u8) -> Option<()> {
        const TOWARD_ZERO: u8 = 11;
        const DOWN: u8 = 9;
        // Not less than.
        const NLT: u8 = 0x15;
        let (t, u) = (self.vectors.take()?, self.vectors.take()?);
        // high = floor(a / 2^32), low = a - high * 2^32
        self.with_imm(own::ROUND_F64, WIDE, t, 0, a, TOWARD_ZERO);
        self.mul_f64(u, t, 1.0 / TWO_32);
        self.with_imm(own::ROUND_F64, WIDE, u, 0, u, DOWN);
        let scale = self.all_f64(TWO_32);
        self.rm(own::SUBTRACT_PRODUCT, WIDE, t, u, scale, None);
        self.add_f64(t, t, TWO_52);
        self.add_f64(u, u, MAGIC);
        self.shift(Shl, Ty::I64, u, u, 32)?;
        self.with_imm(own::BLEND_32, WIDE, to, t, u, 0xaa);
        self.sign(Opcode::Fabs, F64, t, a, a)?;
        let (limit, least) = (self.all_f64(TWO_63), self.all(Ty::I64, sign_bit(Ty::I64)));
        let (compare, _) = rows::compare_floats(F64, FloatCC::Lt);
        self.rm(compare, WIDE, t, t, limit, Some(NLT));
        self.blend(F64, WIDE, to, to, least, t);
        self.vectors.give(u);
        self.vectors.give(t);
        Some(())
    }
}

/// Steps of elementary functions, double precision: see `numerics::elementary::Machine`.
impl Out {
    /// `a * 2^n` for `a` of moderate size, `|n|` below 2044: by two powers of which the first product is exact.
    pub(super) fn scale(&mut self, to: u8, a: u8, n: u8) -> Option<()> {
        const DOWN: u8 = 9;
        let (t, u) = (self.vectors.take()?, self.vectors.take()?);
        self.mul_f64(t, n, 0.5);
        self.with_imm(own::ROUND_F64, WIDE, t, 0, t, DOWN);
        self.two(own::subtract(F64), WIDE, u, n, t);
        for power in [t, u] {
            self.add_f64(power, power, MAGIC + BIAS);
            self.shift(Shl, Ty::I64, power, power, 52)?;
        }
        self.two(own::multiply(F64), WIDE, to, a, t);
        self.two(own::multiply(F64), WIDE, to, to, u);
        self.vectors.give(u);
        self.vectors.give(t);
        Some(())
    }

    /// `to = |a|`, times 2^54 where that is subnormal, which `small` says afterwards.
    fn normal(&mut self, to: u8, small: u8, a: u8) -> Option<()> {
        let t = self.vectors.take()?;
        self.sign(Opcode::Fabs, F64, t, a, a)?;
        let least = self.all_f64(f64::MIN_POSITIVE);
        let (less, predicate) = rows::compare_floats(F64, FloatCC::Lt);
        self.rm(less, WIDE, small, t, least, Some(predicate));
        // (Others have a product that overflows.)
        self.two(rows::AND, WIDE, to, t, small);
        self.mul_f64(to, to, TWO_54);
        self.blend(F64, WIDE, to, t, vec(to), small);
        self.vectors.give(t);
        Some(())
    }

    pub(super) fn exponent(&mut self, to: u8, a: u8) -> Option<()> {
        // Not less than.
        const NLT: u8 = 0x15;
        let (t, u) = (self.vectors.take()?, self.vectors.take()?);
        self.normal(to, t, a)?;
        // As the low bits of a number, from which what does not belong is taken off.
        let base = self.all_f64(TWO_52);
        self.shift(Ushr, Ty::I64, to, to, 52)?;
        self.rm(rows::OR, WIDE, to, to, base, None);
        self.add_f64(to, to, -(TWO_52 + BIAS));
        let moved = self.all_f64(-54.0);
        self.rm(rows::AND, WIDE, t, t, moved, None);
        self.two(rows::add(F64), WIDE, to, to, t);
        // Zero, infinity, NaN.
        self.sign(Opcode::Fabs, F64, u, a, a)?;
        let (compare, equal) = rows::compare_floats(F64, FloatCC::Eq);
        let (zero, infinity, minus_infinity) = (self.all_f64(0.0), self.all_f64(f64::INFINITY), self.all_f64(f64::NEG_INFINITY));
        self.rm(compare, WIDE, t, u, zero, Some(equal));
        self.blend(F64, WIDE, to, to, minus_infinity, t);
        self.rm(compare, WIDE, t, u, infinity, Some(NLT));
        self.blend(F64, WIDE, to, to, vec(u), t);
        self.vectors.give(u);
        self.vectors.give(t);
        Some(())
    }

    pub(super) fn mantissa(&mut self, to: u8, a: u8) -> Option<()> {
        // Not less than.
        const NLT: u8 = 0x15;
        let t = self.vectors.take()?;
        self.normal(to, t, a)?;
        let (bits, one) = (self.all(Ty::I64, (1 << 52) - 1), self.all_f64(1.0));
        self.rm(rows::AND, WIDE, to, to, bits, None);
        self.rm(rows::OR, WIDE, to, to, one, None);
        // From 3/2 on, half of it: one less in the exponent.
        let (limit, unit) = (self.all_f64(1.5), self.all(Ty::I64, 1 << 52));
        let (compare, _) = rows::compare_floats(F64, FloatCC::Lt);
        self.rm(compare, WIDE, t, to, limit, Some(NLT));
        self.rm(rows::AND, WIDE, t, t, unit, None);
        self.two(own::SUB_64, WIDE, to, to, t);
        let (unordered, predicate) = rows::compare_floats(F64, FloatCC::Uno);
        self.with_imm(unordered, WIDE, t, a, a, predicate);
        self.blend(F64, WIDE, to, to, vec(a), t);
        self.vectors.give(t);
        Some(())
    }
}
