//! What a level of instructions is to [`assemble()`](crate::assemble()): registers, memory, and the code of one step of a kernel.

use crate::encode::{Asm, Gpr, Inst, Mem, Rm, Width};
use crate::kernel::Op;
use crate::registers::Pool;
use looplift_mir::{Opcode, Ty};

/// The kernel's only argument.
pub(crate) const WORDS: Gpr = Gpr::RDI;
pub(crate) const INDEX: Gpr = Gpr::RAX;
pub(crate) const COUNT: Gpr = Gpr::RDX;
/// The bound of the loop at hand, then what is left.
pub(crate) const BOUND: Gpr = Gpr::RCX;
/// Pointers that have no register, and what is needed for a moment.
pub(crate) const SCRATCH: Gpr = Gpr::R11;

/// The code so far, and the registers that are free.
pub(crate) struct Out {
    pub asm: Asm,
    pub vectors: Pool,
    pub masks: Pool,
    pub lanes: u32,
}

impl Out {
    /// Bytes of a vector of `ty`.
    pub fn bytes(&self, ty: Ty) -> u32 {
        self.lanes * ty.bytes()
    }
    pub fn width(&self, ty: Ty) -> Width {
        Width::of(self.bytes(ty))
    }
}

/// How a register holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Vector(Ty),
    /// Where masks are vectors: of lanes of so many bytes, all ones or all zeros.
    Mask(u32),
}

impl Kind {
    pub fn ty(self) -> Option<Ty> {
        match self {
            Kind::Vector(ty) => Some(ty),
            Kind::Mask(_) => None,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Arg {
    pub reg: u8,
    pub kind: Kind,
}

/// `to = op(args)`. The destination is none of the arguments, except where [`Target::is_single`] says that it may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'a> {
    pub op: Op,
    pub to: u8,
    pub kind: Kind,
    pub args: &'a [Arg],
}

/// All emit into `o`; `None` where registers are too few, or there is no code for it.
pub(crate) trait Target {
    /// How many vector registers there are.
    const VECTORS: u32;
    /// Registers of masks that are handed out; `None` where masks are vectors.
    const MASKS: Option<(u32, u32)>;
    /// Whether an iteration under a mask costs no more than a whole one.
    const PARTS_ARE_CHEAP: bool;

    /// One element of memory into all lanes.
    fn broadcast(o: &mut Out, ty: Ty, to: u8, mem: Mem);
    /// Loads and stores; `part`: only the lanes of the last iterations.
    fn load(o: &mut Out, ty: Ty, to: u8, mem: Mem, part: bool) -> Option<()>;
    fn store(o: &mut Out, ty: Ty, from: u8, mem: Mem, part: bool) -> Option<()>;
    /// The same where a mask is set; elsewhere a load gives 0 and a store leaves what is there, and no memory is touched.
    fn load_where(o: &mut Out, ty: Ty, to: u8, mem: Mem, mask: Arg, part: bool) -> Option<()>;
    fn store_where(o: &mut Out, ty: Ty, from: u8, mem: Mem, mask: Arg, part: bool) -> Option<()>;
    /// Sets the flags: "not equal" if the mask is set anywhere.
    fn test(o: &mut Out, mask: Arg, part: bool) -> Option<()>;
    /// The lanes in which the mask is set (without one: all), as bits.
    fn bits(o: &mut Out, mask: Option<Arg>, to: Gpr, part: bool) -> Option<()>;
    /// An instruction, with the unit of its displacement.
    fn raw(o: &mut Out, inst: Inst, width: Width, reg: u8, vvvv: u8, rm: Rm, imm: Option<u8>);
    /// Whole vectors and a shuffle, for elements at a distance of twice their size, or backward; `None` if there is none.
    fn load_shuffled(o: &mut Out, ty: Ty, to: u8, base: Gpr, first: i32, stride: i32) -> Option<()>;
    /// The elements at even and those at odd places of what lies there; `None` if there is no instruction.
    fn load_two(o: &mut Out, ty: Ty, to: [u8; 2], base: Gpr, disp: i32) -> Option<()>;
    /// The elements in the opposite order.
    fn reverse(o: &mut Out, ty: Ty, to: u8, from: u8) -> Option<()>;
    /// The elements of two vectors in turn, as two vectors; `None` if there is no instruction.
    fn interleave(o: &mut Out, ty: Ty, to: [u8; 2], from: [u8; 2]) -> Option<()>;
    /// [`BOUND`] iterations are left, or more: these take part until it is called again. Where that is not cheap there is only
    /// one such part, the last one, and [`BOUND`] and [`COUNT`] are the target's from here on.
    fn begin_part(o: &mut Out);
    /// The lanes that take part of `new` into `to`.
    fn merge(o: &mut Out, ty: Ty, to: u8, new: u8) -> Option<()>;
    /// Whether one instruction does it, so that the destination may be an operand.
    fn is_single(op: Opcode, ty: Ty) -> bool;
    fn step(o: &mut Out, s: &Step<'_>) -> Option<()>;
    /// `to = op(a, whole vector in memory)`, where [`Target::is_single`].
    fn with_memory(o: &mut Out, op: Opcode, ty: Ty, to: u8, a: u8, mem: Mem) -> Option<()>;
}

pub(crate) fn sign_bit(ty: Ty) -> u64 {
    1 << (ty.bits() - 1)
}
