//! Half precision: 16 bits in memory, a single-precision word as a value.

use crate::cx::Cx;
use looplift_mir::{IntCC, Opcode, Ty as MTy, Value};

/// The exponent of infinity in single precision, and the bits of half precision's.
const INFINITY: i64 = 255 << 23;
const HALF_INFINITY: i64 = 0x7c00;

impl Cx<'_> {
    fn i32(&mut self, v: i64) -> Value {
        self.b.iconst(MTy::I32, crate::convert::wrap(v, MTy::I32))
    }
    fn op32(&mut self, op: Opcode, a: Value, k: i64) -> Value {
        let k = self.i32(k);
        self.b.binary(op, a, k)
    }

    /// The value of 16 bits: exponents are moved by a product, which is exact for subnormal numbers as well.
    pub fn half_value(&mut self, bits: Value) -> Value {
        let wide = self.resize(bits, MTy::I32, false);
        let magnitude = self.op32(Opcode::Band, wide, 0x7fff);
        let shifted = self.op32(Opcode::Shl, magnitude, 13);
        let small = self.b.convert(Opcode::Bitcast, MTy::F32, shifted);
        let scale = self.b.f32const(f32::from_bits((127 + 112) << 23));
        let scaled = self.b.binary(Opcode::Fmul, small, scale);
        let scaled = self.b.convert(Opcode::Bitcast, MTy::I32, scaled);
        let special = self.op32(Opcode::Bor, shifted, INFINITY);
        let limit = self.i32(HALF_INFINITY);
        let finite = self.b.icmp(IntCC::Ult, magnitude, limit);
        let found = self.b.select(finite, scaled, special);
        let sign = self.op32(Opcode::Band, wide, 0x8000);
        let sign = self.op32(Opcode::Shl, sign, 16);
        let found = self.b.binary(Opcode::Bor, found, sign);
        self.b.convert(Opcode::Bitcast, MTy::F32, found)
    }

    /// The 16 bits nearest to a value, ties to even.
    pub fn half_bits(&mut self, v: Value) -> Value {
        let all = self.b.convert(Opcode::Bitcast, MTy::I32, v);
        let magnitude = self.op32(Opcode::Band, all, 0x7fff_ffff);
        let sign = self.op32(Opcode::Ushr, all, 16);
        let sign = self.op32(Opcode::Band, sign, 0x8000);
        // Normal numbers: half a step less one, and one more for odd ones, carries into the exponent where it must.
        let odd = self.op32(Opcode::Ushr, magnitude, 13);
        let odd = self.op32(Opcode::Band, odd, 1);
        let moved = self.op32(Opcode::Iadd, magnitude, -(112 << 23) + 0xfff);
        let moved = self.b.binary(Opcode::Iadd, moved, odd);
        let normal = self.op32(Opcode::Ushr, moved, 13);
        // Subnormal ones: a sum with a number whose last digit is half precision's rounds.
        let magic = 126i64 << 23;
        let float = self.b.convert(Opcode::Bitcast, MTy::F32, magnitude);
        let half = self.b.f32const(f32::from_bits(126 << 23));
        let sum = self.b.binary(Opcode::Fadd, float, half);
        let sum = self.b.convert(Opcode::Bitcast, MTy::I32, sum);
        let small = self.op32(Opcode::Isub, sum, magic);
        // Beyond the largest: infinity, or a NaN that stays one.
        let infinite = self.i32(HALF_INFINITY);
        let nan = self.i32(0x7e00);
        let top = self.i32(INFINITY);
        let is_nan = self.b.icmp(IntCC::Ugt, magnitude, top);
        let special = self.b.select(is_nan, nan, infinite);
        let least = self.i32(113 << 23);
        let most = self.i32(143 << 23);
        let is_small = self.b.icmp(IntCC::Ult, magnitude, least);
        let finite = self.b.select(is_small, small, normal);
        let fits = self.b.icmp(IntCC::Ult, magnitude, most);
        let found = self.b.select(fits, finite, special);
        let found = self.b.binary(Opcode::Bor, found, sign);
        self.resize(found, MTy::I16, false)
    }
}
