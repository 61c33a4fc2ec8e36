//! Effects of single instructions, refined by symbol and callee.

use looplift_abi::symbols::{Sym, SymEffect};
use looplift_mir::{Effect, Function, Imm, InstData, Opcode};

/// What executing the instruction may do.
pub fn effect(func: &Function, i: &InstData) -> Effect {
    match (i.op, i.imm) {
        (Opcode::CallRt | Opcode::CallRtTry, Imm::Sym(s)) => {
            let row = s.row();
            let base = match row.effect {
                SymEffect::Pure | SymEffect::Place => Effect::NONE,
                SymEffect::Read => Effect::READ,
                SymEffect::Write => Effect::READ.or(Effect::WRITE),
                SymEffect::Make => Effect::ALLOC,
                SymEffect::Other => Effect::ALL,
            };
            match (row.fallible, i.op) {
                (false, _) => base,
                (true, Opcode::CallRt) => base.or(Effect::EXIT),
                // The failure becomes a value, but leaves an exception pending.
                (true, _) => base.or(Effect::OTHER),
            }
        }
        (Opcode::Call | Opcode::CallTry, Imm::Callee(c)) if func.callees[c].pure_ => match i.op {
            Opcode::Call => Effect::EXIT,
            _ => Effect::OTHER,
        },
        _ => i.op.row().effect,
    }
}

/// Depends on operands only and does nothing else: may be merged, moved and removed.
pub fn is_pure(func: &Function, i: &InstData) -> bool {
    // A stack slot is pure but each instruction is its own slot.
    effect(func, i) == Effect::NONE && i.op != Opcode::StackSlot
}

/// May be removed when its results are unused. Running out of memory or failing to allocate is not a result one can ask for.
pub fn is_removable(func: &Function, i: &InstData) -> bool {
    match i.op {
        Opcode::Alloc | Opcode::AllocZeroed => true,
        Opcode::CallRt if makes_object(i) => true,
        _ => !effect(func, i).overlaps(Effect::WRITE.or(Effect::EXIT).or(Effect::OTHER)),
    }
}

/// A call that makes an object and does nothing else.
fn makes_object(i: &InstData) -> bool {
    matches!(i.imm, Imm::Sym(s) if s.row().effect == SymEffect::Make)
}

/// Makes an object of constant data: one will do for a whole loop.
pub fn is_constant_object(i: &InstData) -> bool {
    i.op == Opcode::CallRt && matches!(i.imm, Imm::Sym(Sym::TextConst | Sym::BytesConst))
}

/// May run although the program would not: pure, and cannot fault on any operands.
pub fn is_speculable(func: &Function, i: &InstData) -> bool {
    match i.op {
        // Division faults on a zero divisor.
        Opcode::Sdiv | Opcode::Udiv | Opcode::Srem | Opcode::Urem | Opcode::FloorDiv | Opcode::FloorMod => false,
        // Reads the header of a block that may not exist on this path only through its owner; the address is arithmetic.
        _ => is_pure(func, i),
    }
}
