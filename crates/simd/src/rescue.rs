//! Calls of functions for the lanes that are out of the ordinary.
//!
//! The code goes aside from where it is needed: there operands and result go to the kernel's frame, and one routine, the same
//! for all of them, keeps every register, calls the function for each lane that the mask names, and puts the results among the others.

use crate::assemble::Assembler;
use crate::encode::{Gpr, Label, Mask, Mem, Rm};
use crate::kernel::NodeId;
use crate::registers::Pool;
use crate::rows;
use crate::target::{Arg, SCRATCH, Target, WORDS};
use looplift_mir::Ty;
use smallvec::SmallVec;

/// The frame, from its end up: operands, results, the mask's bits, the function's address, registers.
const OPERANDS: i32 = 0;
const VECTOR: i32 = 64;
const RESULTS: i32 = 2 * VECTOR;
const BITS: i32 = 3 * VECTOR;
const ADDRESS: i32 = BITS + 8;
const NUMBERS: i32 = BITS + 16;
const MASKS: i32 = 5 * VECTOR;
const VECTORS: i32 = 6 * VECTOR;
const FRAME: i32 = VECTORS + 32 * VECTOR;
/// What lies between the frame and the top of the stack in the routine: where it returns to, and as much again.
const BELOW: i32 = 16;

/// Registers that a function may change, and those that the routine uses.
const KEPT: [Gpr; 10] = [Gpr::RAX, Gpr::RCX, Gpr::RDX, Gpr::RSI, Gpr::RDI, Gpr::R8, Gpr::R9, Gpr::R10, Gpr::RBX, Gpr::R12];

/// Code that is still to be emitted aside.
pub(crate) struct Aside {
    start: Label,
    back: Label,
    mask: Arg,
    to: u8,
    operands: SmallVec<[u8; 2]>,
    word: u32,
    part: bool,
    /// Registers that were free there.
    free: (Pool, Pool),
}

fn at(base: Gpr, disp: i32) -> Mem {
    Mem::At { base, index: None, disp }
}
fn lane(base: i32) -> Mem {
    Mem::At { base: Gpr::RSP, index: Some((Gpr::R12, 8)), disp: base + BELOW }
}

impl<T: Target> Assembler<'_, T> {
    /// The frame's beginning and end.
    pub(crate) fn make_frame(&mut self) {
        if self.k.calls() {
            let asm = &mut self.out.asm;
            asm.push(Gpr::RBP);
            asm.mov(Gpr::RBP, Gpr::RSP);
            asm.lea(Gpr::RSP, Gpr::RSP, -FRAME);
            asm.and_imm(Gpr::RSP, -64);
        }
    }
    pub(crate) fn drop_frame(&mut self) {
        if self.k.calls() {
            self.out.asm.mov(Gpr::RSP, Gpr::RBP);
            self.out.asm.pop(Gpr::RBP);
        }
    }

    /// The node's register.
    pub(crate) fn rescue(&mut self, id: NodeId, word: u32, part: bool) -> Option<u8> {
        let args = self.k.nodes[id].args.clone();
        let mask = self.mask(args[0])?;
        let operands: SmallVec<[(u8, bool); 3]> = args[1..].iter().map(|&a| self.operand(a)).collect::<Option<_>>()?;
        let to = self.out.vectors.take()?;
        self.copy(Ty::F64, to, operands[0].0)?;
        let free = (self.out.vectors, self.out.masks);
        T::test(&mut self.out, mask, part)?;
        let (start, back) = (self.out.asm.label(), self.out.asm.label());
        self.out.asm.jnz(start);
        self.out.asm.bind(back);
        let values = operands[1..].iter().map(|o| o.0).collect();
        self.asides.push(Aside { start, back, mask, to, operands: values, word, part, free });
        self.release(args[0], mask.reg, false);
        for (&a, (reg, owned)) in args[1..].iter().zip(operands) {
            self.release(a, reg, owned);
        }
        Some(to)
    }

    /// Behind everything else.
    pub(crate) fn emit_asides(&mut self) -> Option<()> {
        let asides = std::mem::take(&mut self.asides);
        if asides.is_empty() {
            return Some(());
        }
        let routine = self.out.asm.label();
        for a in asides {
            (self.out.vectors, self.out.masks) = a.free;
            self.out.asm.bind(a.start);
            for (n, &reg) in a.operands.iter().enumerate() {
                T::store(&mut self.out, Ty::F64, reg, at(Gpr::RSP, OPERANDS + n as i32 * VECTOR), false)?;
            }
            T::store(&mut self.out, Ty::F64, a.to, at(Gpr::RSP, RESULTS), false)?;
            T::bits(&mut self.out, Some(a.mask), SCRATCH, a.part)?;
            self.out.asm.store(SCRATCH, Gpr::RSP, BITS);
            self.out.asm.load(SCRATCH, WORDS, 8 * self.k.invariant_word(a.word) as i32);
            self.out.asm.store(SCRATCH, Gpr::RSP, ADDRESS);
            self.out.asm.call(routine);
            T::load(&mut self.out, Ty::F64, a.to, at(Gpr::RSP, RESULTS), false)?;
            self.out.asm.jmp(a.back);
        }
        self.out.asm.bind(routine);
        self.routine()
    }

    fn routine(&mut self) -> Option<()> {
        self.out.asm.lea(Gpr::RSP, Gpr::RSP, -(BELOW - 8));
        self.registers(true)?;
        let asm = &mut self.out.asm;
        asm.load(Gpr::RBX, Gpr::RSP, BITS + BELOW);
        asm.zero_upper();
        let again = asm.label();
        asm.bind(again);
        asm.lowest_bit(Gpr::R12, Gpr::RBX);
        for (n, base) in [OPERANDS, OPERANDS + VECTOR].into_iter().enumerate() {
            asm.vex(rows::avx2::DOUBLE.0, 0, n as u8, 0, Rm::Mem(lane(base), 1), None);
        }
        asm.call_at(Gpr::RSP, ADDRESS + BELOW);
        asm.vex(rows::avx2::DOUBLE.1, 0, 0, 0, Rm::Mem(lane(RESULTS), 1), None);
        asm.lea(SCRATCH, Gpr::RBX, -1);
        asm.and(Gpr::RBX, SCRATCH);
        asm.jnz(again);
        self.registers(false)?;
        self.out.asm.lea(Gpr::RSP, Gpr::RSP, BELOW - 8);
        self.out.asm.ret();
        Some(())
    }

    /// All registers to the frame or from there.
    fn registers(&mut self, keep: bool) -> Option<()> {
        for (n, reg) in KEPT.into_iter().enumerate() {
            let disp = NUMBERS + BELOW + 8 * n as i32;
            if keep { self.out.asm.store(reg, Gpr::RSP, disp) } else { self.out.asm.load(reg, Gpr::RSP, disp) }
        }
        if T::MASKS.is_some() {
            for m in 0..8 {
                let mem = Rm::Mem(at(Gpr::RSP, MASKS + BELOW + 8 * i32::from(m)), 1);
                self.out.asm.vex(if keep { rows::K_STORE } else { rows::K_LOAD }, 0, Mask(m).0, 0, mem, None);
            }
        }
        for v in 0..T::VECTORS {
            let mem = at(Gpr::RSP, VECTORS + BELOW + VECTOR * v as i32);
            if keep { T::store(&mut self.out, Ty::F64, v as u8, mem, false)? } else { T::load(&mut self.out, Ty::F64, v as u8, mem, false)? }
        }
        Some(())
    }
}
