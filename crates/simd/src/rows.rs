//! The vector instructions, by element type where that decides: those of AVX-512, most of which [`avx2`] has as well.

pub mod avx2;
pub mod strided;

use crate::encode::{Inst, Map, Pp};
use looplift_mir::{FloatCC, IntCC, Opcode, Ty};

const fn row(pp: Pp, map: Map, w: u8, opcode: u8) -> Inst {
    Inst { pp, map, w: w == 1, opcode }
}
use Map::{M0F, M0F3A, M0F38};
use Pp::{None as P0, P66, PF2, PF3};

/// A form with one or two vector sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// dst = op(a, b)
    Binary(Inst),
    /// dst = op(a)
    Unary(Inst),
    /// dst = op(a), immediate
    UnaryImm(Inst, u8),
}

/// The one instruction that does a row of MIR on vectors of `ty`, if there is one.
pub fn simple(op: Opcode, ty: Ty) -> Option<Form> {
    use Opcode::*;
    use Ty::*;
    let float = |opcode: u8| ty.is_float().then(|| Form::Binary(arithmetic(ty, opcode)));
    let wide = |opcode: u8| match ty {
        I64 => Some(Form::Binary(row(P66, M0F38, 1, opcode))),
        I32 => Some(Form::Binary(row(P66, M0F38, 0, opcode))),
        _ => None,
    };
    let by_width = |b: u8, w: u8, d: u8, q: u8| match ty {
        I8 => Some(Form::Binary(row(P66, M0F, 0, b))),
        I16 => Some(Form::Binary(row(P66, M0F, 0, w))),
        I32 => Some(Form::Binary(row(P66, M0F, 0, d))),
        I64 => Some(Form::Binary(row(P66, M0F, 1, q))),
        _ => None,
    };
    // One opcode for 32 and 64 bits, others for bytes and for 16 bits.
    let narrow = |b: (Map, u8), w: (Map, u8), d: u8| match ty {
        I8 => Some(Form::Binary(row(P66, b.0, 0, b.1))),
        I16 => Some(Form::Binary(row(P66, w.0, 0, w.1))),
        _ => wide(d),
    };
    let logic = |opcode: u8| ty.is_int().then_some(Form::Binary(row(P66, M0F, 0, opcode)));
    let round = |imm: u8| match ty {
        F64 => Some(Form::UnaryImm(row(P66, M0F3A, 1, 0x09), imm)),
        F32 => Some(Form::UnaryImm(row(P66, M0F3A, 0, 0x08), imm)),
        _ => None,
    };
    match op {
        Fadd => float(0x58),
        Fmul => float(0x59),
        Fsub => float(0x5c),
        Fdiv => float(0x5e),
        Fsqrt => ty.is_float().then(|| Form::Unary(arithmetic(ty, 0x51))),
        Ffloor => round(9),
        Fceil => round(10),
        Ftrunc => round(11),
        Fnearest => round(8),
        Iadd => by_width(0xfc, 0xfd, 0xfe, 0xd4),
        Isub => by_width(0xf8, 0xf9, 0xfa, 0xfb),
        Imul => match ty {
            I16 => Some(Form::Binary(MULTIPLY_16)),
            _ => wide(0x40),
        },
        Band => logic(0xdb),
        Bor => logic(0xeb),
        Bxor => logic(0xef),
        Smin => narrow((M0F38, 0x38), (M0F, 0xea), 0x39),
        Smax => narrow((M0F38, 0x3c), (M0F, 0xee), 0x3d),
        Umin => narrow((M0F, 0xda), (M0F38, 0x3a), 0x3b),
        Umax => narrow((M0F, 0xde), (M0F38, 0x3e), 0x3f),
        Shl => wide(0x47),
        Ushr => wide(0x45),
        Sshr => wide(0x46),
        Iabs => match ty {
            I8 => Some(Form::Unary(row(P66, M0F38, 0, 0x1c))),
            I16 => Some(Form::Unary(row(P66, M0F38, 0, 0x1d))),
            I32 => Some(Form::Unary(row(P66, M0F38, 0, 0x1e))),
            I64 => Some(Form::Unary(row(P66, M0F38, 1, 0x1f))),
            _ => None,
        },
        _ => None,
    }
}

/// Which register's width an instruction goes by, where source and destination differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Source,
    Result,
}

/// A conversion; `reversed` ones have the destination in ModRM's second operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convert {
    pub inst: Inst,
    pub by: By,
    pub reversed: bool,
}

pub fn convert(op: Opcode, from: Ty, to: Ty) -> Option<Convert> {
    use Opcode::*;
    use Ty::*;
    let up = |inst| Some(Convert { inst, by: By::Result, reversed: false });
    let down = |inst| Some(Convert { inst, by: By::Source, reversed: false });
    let extend = |opcode: u8| up(row(P66, M0F38, 0, opcode));
    let narrow = |opcode: u8| Some(Convert { inst: row(PF3, M0F38, 0, opcode), by: By::Source, reversed: true });
    match (op, from, to) {
        (Sext, I8, I16) => extend(0x20),
        (Sext, I8, I32) => extend(0x21),
        (Sext, I8, I64) => extend(0x22),
        (Sext, I16, I32) => extend(0x23),
        (Sext, I16, I64) => extend(0x24),
        (Sext, I32, I64) => extend(0x25),
        (Zext, I8, I16) => extend(0x30),
        (Zext, I8, I32) => extend(0x31),
        (Zext, I8, I64) => extend(0x32),
        (Zext, I16, I32) => extend(0x33),
        (Zext, I16, I64) => extend(0x34),
        (Zext, I32, I64) => extend(0x35),
        (Ireduce, I16, I8) => narrow(0x30),
        (Ireduce, I32, I8) => narrow(0x31),
        (Ireduce, I64, I8) => narrow(0x32),
        (Ireduce, I32, I16) => narrow(0x33),
        (Ireduce, I64, I16) => narrow(0x34),
        (Ireduce, I64, I32) => narrow(0x35),
        (SintToFloat, I32, F64) => up(row(PF3, M0F, 0, 0xe6)),
        (SintToFloat, I64, F64) => up(row(PF3, M0F, 1, 0xe6)),
        (SintToFloat, I32, F32) => up(row(P0, M0F, 0, 0x5b)),
        (SintToFloat, I64, F32) => down(row(P0, M0F, 1, 0x5b)),
        (UintToFloat, I32, F64) => up(row(PF3, M0F, 0, 0x7a)),
        (UintToFloat, I64, F64) => up(row(PF3, M0F, 1, 0x7a)),
        (UintToFloat, I32, F32) => up(row(PF2, M0F, 0, 0x7a)),
        (UintToFloat, I64, F32) => down(row(PF2, M0F, 1, 0x7a)),
        (FloatToSint, F64, I64) => up(row(P66, M0F, 1, 0x7a)),
        (FloatToSint, F64, I32) => down(row(P66, M0F, 1, 0xe6)),
        (FloatToSint, F32, I64) => up(row(P66, M0F, 0, 0x7a)),
        (FloatToSint, F32, I32) => up(row(PF3, M0F, 0, 0x5b)),
        (Fpromote, F32, F64) => up(row(P0, M0F, 0, 0x5a)),
        (Fdemote, F64, F32) => down(row(P66, M0F, 1, 0x5a)),
        _ => None,
    }
}

/// Loads and stores of whole vectors: (load, store).
pub fn moves(ty: Ty) -> (Inst, Inst) {
    let both = |pp, w, load, store| (row(pp, M0F, w, load), row(pp, M0F, w, store));
    match ty {
        Ty::F64 | Ty::F64x2 => both(P66, 1, 0x10, 0x11),
        Ty::F32 => both(P0, 0, 0x10, 0x11),
        Ty::I64 | Ty::Ref => both(PF3, 1, 0x6f, 0x7f),
        Ty::I32 => both(PF3, 0, 0x6f, 0x7f),
        Ty::I16 => both(PF2, 1, 0x6f, 0x7f),
        Ty::I8 => both(PF2, 0, 0x6f, 0x7f),
    }
}

/// Eight bytes between memory and the low half of a register: (load, store).
pub const MOVE_LOW: (Inst, Inst) = (row(PF3, M0F, 1, 0x7e), row(P66, M0F, 1, 0xd6));

/// One element of memory into all lanes.
pub fn broadcast(ty: Ty) -> Inst {
    match ty {
        Ty::F64 | Ty::F64x2 => row(P66, M0F38, 1, 0x19),
        Ty::F32 => row(P66, M0F38, 0, 0x18),
        Ty::I64 | Ty::Ref => row(P66, M0F38, 1, 0x59),
        Ty::I32 => row(P66, M0F38, 0, 0x58),
        Ty::I16 => row(P66, M0F38, 0, 0x79),
        Ty::I8 => row(P66, M0F38, 0, 0x78),
    }
}

/// `dst = mask ? rm : vvvv`.
pub fn blend(ty: Ty) -> Inst {
    match ty {
        Ty::F64 | Ty::F64x2 => row(P66, M0F38, 1, 0x65),
        Ty::F32 => row(P66, M0F38, 0, 0x65),
        Ty::I64 | Ty::Ref => row(P66, M0F38, 1, 0x64),
        Ty::I32 => row(P66, M0F38, 0, 0x64),
        Ty::I16 => row(P66, M0F38, 1, 0x66),
        Ty::I8 => row(P66, M0F38, 0, 0x66),
    }
}

/// A float comparison and its predicate.
pub fn compare_floats(ty: Ty, cc: FloatCC) -> (Inst, u8) {
    let predicate = match cc {
        FloatCC::Eq => 0x00,
        FloatCC::Ne => 0x04,
        FloatCC::Lt => 0x11,
        FloatCC::Le => 0x12,
        FloatCC::Ge => 0x1d,
        FloatCC::Gt => 0x1e,
        FloatCC::Uno => 0x03,
        FloatCC::Ord => 0x07,
    };
    (arithmetic(ty, 0xc2), predicate)
}

/// An integer comparison and its predicate.
pub fn compare_ints(ty: Ty, cc: IntCC) -> (Inst, u8) {
    let (signed, predicate) = match cc {
        IntCC::Eq => (true, 0),
        IntCC::Ne => (true, 4),
        IntCC::Slt => (true, 1),
        IntCC::Sle => (true, 2),
        IntCC::Sge => (true, 5),
        IntCC::Sgt => (true, 6),
        IntCC::Ult => (false, 1),
        IntCC::Ule => (false, 2),
        IntCC::Uge => (false, 5),
        IntCC::Ugt => (false, 6),
    };
    let (w, opcode) = match ty {
        Ty::I64 | Ty::Ref | Ty::F64 | Ty::F64x2 => (1, 0x1e),
        Ty::I32 | Ty::F32 => (0, 0x1e),
        Ty::I16 => (1, 0x3e),
        Ty::I8 => (0, 0x3e),
    };
    (row(P66, M0F3A, w, opcode + u8::from(signed)), predicate)
}

/// `dst = bytes of a mask`, all bits of a byte alike.
pub const MASK_TO_BYTES: Inst = row(PF3, M0F38, 0, 0x28);
/// `dst = |a|` of bytes: 0 and 1 from 0 and -1.
pub const ABS_BYTES: Inst = row(P66, M0F38, 0, 0x1c);
/// `mask = bytes that have a bit of both`.
pub const TEST_BYTES: Inst = row(P66, M0F38, 0, 0x26);

/// Logic on any bits, and the complement of the first with the second.
pub const AND: Inst = row(P66, M0F, 1, 0xdb);
pub const OR: Inst = row(P66, M0F, 1, 0xeb);
pub const XOR: Inst = row(P66, M0F, 1, 0xef);
/// `dst = a op b op c` by a truth table in the immediate.
pub const TERNARY: Inst = row(P66, M0F3A, 1, 0x25);

/// Arithmetic of map 0F: the prefix tells precisions apart.
fn arithmetic(ty: Ty, opcode: u8) -> Inst {
    if ty == Ty::F64 { row(P66, M0F, 1, opcode) } else { row(P0, M0F, 0, opcode) }
}
/// Later instructions: a bit tells precisions apart.
fn later(map: Map, ty: Ty, opcode: u8) -> Inst {
    row(P66, map, u8::from(ty == Ty::F64), opcode)
}
/// Minimum and maximum as x86 has them: the second operand where either is NaN or both are zeros.
pub fn raw_min_max(ty: Ty, max: bool) -> Inst {
    arithmetic(ty, if max { 0x5f } else { 0x5d })
}
/// `add` of floats, for lanes that a mask names.
pub fn add(ty: Ty) -> Inst {
    arithmetic(ty, 0x58)
}
/// `dst = dst * vvvv + rm`, one rounding.
pub fn fma213(ty: Ty) -> Inst {
    later(M0F38, ty, 0xa8)
}
/// `dst = a * 2^floor(b)`.
pub fn scale(ty: Ty) -> Inst {
    later(M0F38, ty, 0x2c)
}
/// `dst = exponent of a` as a float.
pub fn exponent(ty: Ty) -> Inst {
    later(M0F38, ty, 0x42)
}
/// `dst = mantissa of a`, in the interval that the immediate names.
pub fn mantissa(ty: Ty) -> Inst {
    later(M0F3A, ty, 0x26)
}
/// A shift by an immediate: the opcode, and the digit that takes the place of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    pub inst: Inst,
    pub digit: u8,
}
/// Shifts of all elements by one number. Of 64 bits with the sign, AVX-512 alone has it.
pub fn shift(op: Opcode, ty: Ty) -> Option<Shift> {
    let (w, opcode) = match (ty, op) {
        (Ty::I16, _) => (0, 0x71),
        (Ty::I32, _) => (0, 0x72),
        (Ty::I64, Opcode::Sshr) => (1, 0x72),
        (Ty::I64, _) => (1, 0x73),
        _ => return None,
    };
    let digit = match op {
        Opcode::Ushr => 2,
        Opcode::Sshr => 4,
        Opcode::Shl => 6,
        _ => return None,
    };
    Some(Shift { inst: row(P66, M0F, w, opcode), digit })
}
/// The low half of the product of 16 bits.
pub const MULTIPLY_16: Inst = row(P66, M0F, 0, 0xd5);
pub const ADD_I64: Inst = row(P66, M0F, 1, 0xd4);

/// Instructions of masks of 64 bits (VEX): and, or, xor have L = 1.
pub const K_AND: Inst = row(P0, M0F, 1, 0x41);
pub const K_OR: Inst = row(P0, M0F, 1, 0x45);
pub const K_XOR: Inst = row(P0, M0F, 1, 0x47);
/// An instruction of masks of so many bits, 8 to 64; other bits of what it makes are zero.
fn of_bits(bits: u32, opcode: u8) -> Inst {
    let pp = if matches!(bits, 8 | 32) { P66 } else { P0 };
    row(pp, M0F, u8::from(bits > 16), opcode)
}
/// `mask = a and b`
pub fn k_and(bits: u32) -> Inst {
    of_bits(bits, 0x41)
}
/// `mask = not a`
pub fn k_not(bits: u32) -> Inst {
    of_bits(bits, 0x44)
}
/// Sets the zero flag if no bit of the two is set.
pub fn k_test(bits: u32) -> Inst {
    of_bits(bits, 0x98)
}
/// `register = mask`.
pub const K_TO_GPR: Inst = row(PF2, M0F, 1, 0x93);
/// A mask to and from memory, 64 bits.
pub const K_STORE: Inst = row(P0, M0F, 1, 0x91);
pub const K_LOAD: Inst = row(P0, M0F, 1, 0x90);
/// `mask = register`.
pub const K_FROM_GPR: Inst = row(PF2, M0F, 1, 0x92);
/// `reg = rm` with the bits from number `vvvv` on cleared, 64 bits.
pub const BZHI: Inst = row(P0, M0F38, 1, 0xf5);
