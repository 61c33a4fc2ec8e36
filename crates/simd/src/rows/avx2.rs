//! What AVX2 has otherwise than AVX-512, or besides.

use super::{Convert, Form, arithmetic, row};
use crate::encode::Inst;
use crate::encode::Map::{self, M0F, M0F3A, M0F38};
use crate::encode::Pp::{None as P0, P66, PF3};
use looplift_mir::{Opcode, Ty};

/// An instruction as VEX has it: in the first map the bit that tells widths of elements apart means nothing.
pub fn vex(inst: Inst) -> Inst {
    Inst { w: inst.w && inst.map != Map::M0F, ..inst }
}

/// The one instruction that does a row of MIR on vectors of `ty`, if there is one.
pub fn single(op: Opcode, ty: Ty) -> Option<Form> {
    use Opcode::*;
    match (op, ty) {
        (Imul | Smin | Smax | Umin | Umax | Sshr | Iabs, Ty::I64) => None,
        _ => super::simple(op, ty),
    }
}

/// The one instruction that does a conversion.
pub fn converts(op: Opcode, from: Ty, to: Ty) -> Option<Convert> {
    use Opcode::*;
    match (op, from, to) {
        (Ireduce | UintToFloat, ..) | (SintToFloat, Ty::I64, _) | (FloatToSint, _, Ty::I64) => None,
        _ => super::convert(op, from, to),
    }
}

/// Loads and stores of so many bytes: (load, store).
pub fn moves(bytes: u32) -> (Inst, Inst) {
    match bytes {
        0..=4 => (row(P66, M0F, 0, 0x6e), row(P66, M0F, 0, 0x7e)),
        5..=8 => (row(PF3, M0F, 0, 0x7e), row(P66, M0F, 0, 0xd6)),
        _ => (LOAD, row(PF3, M0F, 0, 0x7f)),
    }
}
pub const LOAD: Inst = row(PF3, M0F, 0, 0x6f);

/// Loads and stores of the lanes of a mask.
pub fn masked_moves(ty: Ty) -> Option<(Inst, Inst)> {
    let both = |w, load, store| Some((row(P66, M0F38, w, load), row(P66, M0F38, w, store)));
    match ty {
        Ty::F64 | Ty::F64x2 => both(0, 0x2d, 0x2f),
        Ty::F32 => both(0, 0x2c, 0x2e),
        Ty::I64 | Ty::Ref => both(1, 0x8c, 0x8e),
        Ty::I32 => both(0, 0x8c, 0x8e),
        Ty::I8 | Ty::I16 => None,
    }
}

/// One element of memory into all lanes.
pub fn broadcast(ty: Ty) -> Inst {
    Inst { w: false, ..super::broadcast(ty) }
}

/// `dst = mask ? rm : vvvv`, the mask's register in the immediate; top bits of lanes decide.
pub fn blend(ty: Ty) -> Inst {
    match ty {
        Ty::F64 | Ty::F64x2 => row(P66, M0F3A, 0, 0x4b),
        Ty::F32 => row(P66, M0F3A, 0, 0x4a),
        Ty::I64 | Ty::Ref | Ty::I32 | Ty::I16 | Ty::I8 => row(P66, M0F3A, 0, 0x4c),
    }
}

/// Comparisons of integers of so many bytes, all ones where they hold.
pub fn equal(bytes: u32) -> Inst {
    match bytes {
        1 => row(P66, M0F, 0, 0x74),
        2 => row(P66, M0F, 0, 0x75),
        4 => row(P66, M0F, 0, 0x76),
        _ => row(P66, M0F38, 0, 0x29),
    }
}
/// With signs.
pub fn greater(bytes: u32) -> Inst {
    match bytes {
        1 => row(P66, M0F, 0, 0x64),
        2 => row(P66, M0F, 0, 0x65),
        4 => row(P66, M0F, 0, 0x66),
        _ => row(P66, M0F38, 0, 0x37),
    }
}
/// The maximum without signs.
pub fn unsigned_most(ty: Ty) -> Option<Inst> {
    match ty.bytes() {
        1 => Some(row(P66, M0F, 0, 0xde)),
        2 => Some(row(P66, M0F38, 0, 0x3e)),
        4 => Some(row(P66, M0F38, 0, 0x3f)),
        _ => None,
    }
}

pub fn multiply(ty: Ty) -> Inst {
    arithmetic(ty, 0x59)
}
pub fn subtract(ty: Ty) -> Inst {
    arithmetic(ty, 0x5c)
}

/// Logical right shift by counts.
pub const RIGHT_BY_64: Inst = row(P66, M0F38, 1, 0x45);

/// A double from memory, the rest of the register zero, and to memory.
pub const DOUBLE: (Inst, Inst) = (row(PF3, M0F, 0, 0x7e), row(P66, M0F, 0, 0xd6));
/// The top bits of lanes of so many bytes (1, 4 or 8) in a general register.
pub fn top_bits(bytes: u32) -> Inst {
    match bytes {
        8 => row(P66, M0F, 0, 0x50),
        4 => row(P0, M0F, 0, 0x50),
        _ => row(P66, M0F, 0, 0xd7),
    }
}
/// Elements in turn, of the low (high) halves of each sixteen bytes.
pub fn unpack(bytes: u32) -> (Inst, Inst) {
    if bytes == 8 { (row(P66, M0F, 0, 0x14), row(P66, M0F, 0, 0x15)) } else { (row(P0, M0F, 0, 0x14), row(P0, M0F, 0, 0x15)) }
}
/// Sixteen bytes of each operand, by the immediate.
pub const TWO_HALVES: Inst = row(P66, M0F3A, 0, 0x06);
/// Sets the zero flag if no bit of both is set.
pub const TEST: Inst = row(P66, M0F38, 0, 0x17);
pub const ADD_32: Inst = row(P66, M0F, 0, 0xfe);
pub const SUB_64: Inst = row(P66, M0F, 0, 0xfb);
pub const MULTIPLY_32: Inst = row(P66, M0F38, 0, 0x40);
/// The whole product of the low halves of lanes of 64 bits.
pub const MULTIPLY_LOW: Inst = row(P66, M0F, 0, 0xf4);
/// Elements of 16 and 32 bits of `rm` where the immediate has a bit, else of `vvvv`.
pub const BLEND_16: Inst = row(P66, M0F3A, 0, 0x0e);
pub const BLEND_32: Inst = row(P66, M0F3A, 0, 0x02);
/// Elements of each half by the immediate.
pub const SHUFFLE_32: Inst = row(P66, M0F, 0, 0x70);
/// Two elements of `vvvv`, then two of `rm`.
pub const SHUFFLE_TWO_32: Inst = row(P0, M0F, 0, 0xc6);
/// Bytes of each half by places in `rm`.
pub const SHUFFLE_BYTES: Inst = row(P66, M0F38, 0, 0x00);
/// `rm = half of reg`
pub const HIGH_HALF: Inst = row(P66, M0F3A, 0, 0x39);
pub const ROUND_F64: Inst = row(P66, M0F3A, 0, 0x09);
/// `dst = dst - vvvv * rm`, one rounding.
pub const SUBTRACT_PRODUCT: Inst = row(P66, M0F38, 1, 0xbc);
