//! The kernel: what one iteration does, as nodes in the order of the program.
//!
//! A call passes the words' address, the number of iterations and the addresses of the first three pointers in registers as well.
//! The words, eight bytes each: the number of iterations (at least 1; afterwards see [`Kernel::leaves`]); the address of each pointer's first
//! element; the invariant numbers (narrow ones zero-extended); then for each reduction [`Kernel::lanes`] accumulators of
//! its type, packed, in whole words, which the kernel fills in. The caller combines the lanes, in order, and the initial value with them.

use cranelift_entity::{PrimaryMap, entity_impl};
use looplift_mir::{Imm, Opcode, Ty};
use smallvec::SmallVec;

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);
entity_impl!(NodeId, "n");

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// The element at pointer + index * pace + offset; with an argument, a mask: only where it is set, 0 elsewhere.
    Load { pointer: u32, offset: i32 },
    /// The argument goes there; with a second one, a mask: only where it is set.
    Store { pointer: u32, offset: i32 },
    /// The first argument goes there, and the second one behind it, so that they fill what the pointer passes; no masks.
    StorePair { pointer: u32, offset: i32 },
    /// Invariant number `n` in all lanes.
    Invariant(u32),
    /// The bits in all lanes.
    Const(u64),
    /// Invariant `n` (i64) plus the iteration's number.
    Counter(u32),
    /// A row of MIR, lane by lane. Comparisons give a mask; `select` takes one; `band`, `bor`, `bxor` of masks give one. A
    /// shift with an integer (0 to 63) for its immediate shifts its one argument by that.
    Lanes(Opcode, Imm),
    /// What has no row in MIR.
    Extra(Extra),
    /// A mask as bytes 0 and 1.
    MaskToBytes,
    /// The bytes that are not 0.
    BytesToMask,
    /// The complement.
    MaskNot,
    /// Where the argument, a mask, is set in any of the iterations at hand, the kernel stops before them.
    Leave,
    /// The second argument; where the first, a mask, is set, what the function of doubles whose address is invariant `n` gives for the others.
    Rescue(u32),
}

/// Steps of elementary functions; see `numerics::elementary::Machine`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extra {
    Scale,
    Exponent,
    Mantissa,
    /// The second operand where either is NaN, or both are zero.
    Least,
    Most,
    /// The bits, so many places to the left.
    ShiftLeft(u8),
}

/// How far the elements of neighbouring iterations are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// They lie side by side.
    Beside,
    Bytes(i32),
    /// Bytes by invariant number `n`.
    Word(u32),
}

/// How a node's value is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rep {
    Vector(Ty),
    Mask,
    Nothing,
}

impl Rep {
    pub fn ty(self) -> Option<Ty> {
        match self {
            Rep::Vector(ty) => Some(ty),
            Rep::Mask | Rep::Nothing => None,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Node {
    pub op: Op,
    pub rep: Rep,
    pub args: SmallVec<[NodeId; 3]>,
}

/// `accumulator = op(accumulator, value)` in each iteration.
#[derive(Clone, Debug)]
pub struct Reduction {
    pub op: Fold,
    pub ty: Ty,
    pub value: NodeId,
    /// What the accumulators start from: the identity of `op` by bits, or (where repeating the initial value does no harm) an invariant.
    pub start: Start,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// A row of MIR.
    Row(Opcode),
    /// The value where it is larger (smaller) than the accumulator; neither NaN nor another zero is.
    Extreme { max: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Bits(u64),
    Invariant(u32),
}

#[derive(Clone, Debug)]
pub struct Kernel {
    pub nodes: PrimaryMap<NodeId, Node>,
    pub pointers: Vec<Pace>,
    pub invariants: u32,
    pub reductions: Vec<Reduction>,
    /// Iterations side by side: 4 to 64, a power of two.
    pub lanes: u32,
}

impl Kernel {
    /// Whether there are elements that do not lie side by side.
    pub fn is_strided(&self) -> bool {
        self.pointers.iter().any(|p| *p != Pace::Beside)
    }
    /// Whether it calls functions.
    pub fn calls(&self) -> bool {
        self.nodes.values().any(|n| matches!(n.op, Op::Rescue(_)))
    }
    /// Whether it may stop before it has run all iterations; then the first word says afterwards how many it has run (or
    /// more than there are, if all).
    pub fn leaves(&self) -> bool {
        self.nodes.values().any(|n| n.op == Op::Leave)
    }
    /// The word of pointer `n`.
    pub fn pointer_word(&self, n: u32) -> u32 {
        1 + n
    }
    /// The word of invariant `n`.
    pub fn invariant_word(&self, n: u32) -> u32 {
        1 + self.pointers.len() as u32 + n
    }
    /// The first word of reduction `n`'s accumulators.
    pub fn reduction_word(&self, n: usize) -> u32 {
        let before: u32 = self.reductions[..n].iter().map(|r| self.words_of(r)).sum();
        1 + self.pointers.len() as u32 + self.invariants + before
    }
    fn words_of(&self, r: &Reduction) -> u32 {
        (self.lanes * r.ty.bytes()).div_ceil(8)
    }
    /// How many words a call takes.
    pub fn words(&self) -> u32 {
        self.reduction_word(self.reductions.len())
    }
    /// Bytes of a vector of `ty`.
    pub fn width(&self, ty: Ty) -> u32 {
        self.lanes * ty.bytes()
    }
}
