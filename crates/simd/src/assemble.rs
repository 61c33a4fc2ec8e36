//! From a [`Kernel`] to machine code.
//!
//! ```text
//! prologue     pointers to registers, invariants and constants that fit to vectors
//! main loop    [unrolled] iterations of [lanes] elements, while so many are left
//! tail         one vector an iteration, loads and stores under a mask
//! epilogue     accumulators to the caller's words
//! ```
//!
//! Registers are assigned while the body is emitted, in order: a value's register is free after its last use. Constants and
//! invariants stay in registers as far as there are any; others are read from memory where they are used. A kernel that
//! needs more registers than there are is refused.

use crate::encode::{Asm, CALLEE_SAVED, Code, Gpr, Lanes, Mask, Mem, Rm, Vec512, Width, pointer_registers};
use crate::kernel::{Extra, Kernel, NodeId, Op, Rep, Start};
use crate::registers::Pool;
use crate::rows::{self, By, Form};
use cranelift_entity::SecondaryMap;
use looplift_mir::{Imm, Opcode, Ty};
use smallvec::SmallVec;

const WORDS: Gpr = Gpr::RDI;
const INDEX: Gpr = Gpr::RAX;
const COUNT: Gpr = Gpr::RDX;
/// The bound of the main loop, then what is left.
const BOUND: Gpr = Gpr::RCX;
/// Pointers that have no register, and the tail's mask.
const SCRATCH: Gpr = Gpr::R11;
const TAIL: Mask = Mask(1);

/// Bodies of at most so many nodes are emitted several times in the main loop.
const SMALL: usize = 10;
const MIDDLE: usize = 24;
/// Registers kept for the inside of a sequence.
const SPARE: u32 = 4;

/// Machine code, or `None` when there are too few registers.
pub fn assemble(kernel: &Kernel) -> Option<Code> {
    let steps = kernel.nodes.values().filter(|n| !matches!(n.op, Op::Const(_) | Op::Invariant(_))).count();
    let copies = match (steps, kernel.reductions.len()) {
        (0..=SMALL, 1..=2) => 4,
        (0..=MIDDLE, 0..=2) => 2,
        _ => 1,
    };
    // Fewer copies leave more registers.
    let mut copies = Some(copies);
    while let Some(n) = copies {
        if let Some(code) = Assembler::new(kernel, n).and_then(Assembler::run) {
            return Some(code);
        }
        copies = (n > 1).then_some(1);
    }
    None
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Nowhere,
    Vector(u8),
    /// For the whole kernel.
    Pinned(u8),
    Mask(u8),
    /// A constant or invariant that is read where it is used.
    Memory,
}

struct Assembler<'a> {
    k: &'a Kernel,
    asm: Asm,
    copies: u32,
    vectors: Pool,
    masks: Pool,
    places: SecondaryMap<NodeId, PlaceOr>,
    /// How often each node is still used in the body at hand.
    left: SecondaryMap<NodeId, u32>,
    uses: SecondaryMap<NodeId, u32>,
    pointers: SmallVec<[Option<Gpr>; 12]>,
    saved: SmallVec<[Gpr; 5]>,
    /// By reduction, then by copy.
    accumulators: Vec<SmallVec<[u8; 4]>>,
    counter: Option<u8>,
}

/// [`Place`] with a default, for the map.
type PlaceOr = Option<Place>;

impl<'a> Assembler<'a> {
    fn new(k: &'a Kernel, copies: u32) -> Option<Assembler<'a>> {
        let mut uses: SecondaryMap<NodeId, u32> = SecondaryMap::new();
        for n in k.nodes.values() {
            n.args.iter().for_each(|&a| uses[a] += 1);
        }
        k.reductions.iter().for_each(|r| uses[r.value] += 1);
        let free = pointer_registers();
        let pointers: SmallVec<[Option<Gpr>; 12]> = (0..k.pointers as usize).map(|n| free.iter().copied().filter(|&g| g != SCRATCH).nth(n)).collect();
        let saved = pointers.iter().flatten().copied().filter(|g| CALLEE_SAVED.contains(g)).collect();
        let mut a = Assembler {
            k,
            asm: Asm::default(),
            copies,
            vectors: Pool::new(0, 32),
            masks: Pool::new(2, 8),
            places: SecondaryMap::new(),
            left: SecondaryMap::new(),
            uses,
            pointers,
            saved,
            accumulators: Vec::new(),
            counter: None,
        };
        for _ in &k.reductions {
            let regs: Option<SmallVec<[u8; 4]>> = (0..copies).map(|_| a.vectors.take()).collect();
            a.accumulators.push(regs?);
        }
        if k.nodes.values().any(|n| matches!(n.op, Op::Counter(_))) {
            a.counter = Some(a.vectors.take()?);
        }
        a.pin()?;
        Some(a)
    }

    /// Gives constants and invariants registers: those left when the body has what it needs at most, the most used first.
    fn pin(&mut self) -> Option<()> {
        let mut live = 0u32;
        let mut most = 0u32;
        let mut left = self.uses.clone();
        for (id, n) in self.k.nodes.iter() {
            if matches!(n.op, Op::Const(_) | Op::Invariant(_)) {
                continue;
            }
            if matches!(n.rep, Rep::Vector(_)) && self.uses[id] > 0 {
                live += 1;
                most = most.max(live);
            }
            for &a in &n.args {
                left[a] -= 1;
                let node = &self.k.nodes[a];
                if left[a] == 0 && matches!(node.rep, Rep::Vector(_)) && !matches!(node.op, Op::Const(_) | Op::Invariant(_)) {
                    live -= 1;
                }
            }
        }
        let spare = self.vectors.count().checked_sub(most + SPARE)?;
        let mut fixed: Vec<NodeId> = self.k.nodes.keys().filter(|&n| matches!(self.k.nodes[n].op, Op::Const(_) | Op::Invariant(_))).collect();
        fixed.sort_by_key(|&n| std::cmp::Reverse(self.uses[n]));
        for (n, id) in fixed.into_iter().enumerate() {
            let place = if n < spare as usize { Place::Pinned(self.vectors.take()?) } else { Place::Memory };
            self.places[id] = Some(place);
        }
        Some(())
    }

    fn run(mut self) -> Option<Code> {
        for &g in &self.saved.clone() {
            self.asm.push(g);
        }
        self.asm.load(COUNT, WORDS, 0);
        for n in 0..self.pointers.len() {
            if let Some(g) = self.pointers[n] {
                self.asm.load(g, WORDS, 8 * self.k.pointer_word(n as u32) as i32);
            }
        }
        for id in self.k.nodes.keys() {
            if let Some(Place::Pinned(reg)) = self.places[id] {
                self.read_fixed(id, reg);
            }
        }
        self.start_accumulators();
        self.start_counter();
        let (lanes, step) = (self.k.lanes as i32, (self.k.lanes * self.copies) as i32);
        let (main, after, tail, done) = (self.asm.label(), self.asm.label(), self.asm.label(), self.asm.label());
        self.asm.lea(BOUND, COUNT, -step);
        self.asm.zero(INDEX);
        self.asm.cmp(INDEX, BOUND);
        self.asm.jg(after);
        self.asm.align(32);
        self.asm.bind(main);
        for copy in 0..self.copies {
            self.body(copy, false)?;
        }
        self.advance_counter(step as u64);
        self.asm.add(INDEX, step);
        self.asm.cmp(INDEX, BOUND);
        self.asm.jle(main);
        self.asm.bind(after);
        self.combine_copies()?;
        self.asm.cmp(COUNT, INDEX);
        self.asm.jle(done);
        self.asm.bind(tail);
        self.asm.mov(BOUND, COUNT);
        self.asm.sub(BOUND, INDEX);
        // As many bits as lanes at most: byte vectors have more places than there are lanes. Fewer than 64 iterations are
        // left, so that the count fits in eight bits.
        self.asm.mov_imm(SCRATCH, (1 << lanes) - 1);
        self.asm.vex(rows::BZHI, 0, SCRATCH.0, BOUND.0, SCRATCH.0);
        self.asm.vex(rows::K_FROM_GPR, 0, TAIL.0, 0, SCRATCH.0);
        self.body(0, true)?;
        self.advance_counter(lanes as u64);
        self.asm.add(INDEX, lanes);
        self.asm.cmp(INDEX, COUNT);
        self.asm.jl(tail);
        self.asm.bind(done);
        for n in 0..self.k.reductions.len() {
            let ty = self.k.reductions[n].ty;
            let mem = Mem::At { base: WORDS, index: None, disp: 8 * self.k.reduction_word(n) as i32 };
            let width = self.width(ty);
            self.asm.evex(rows::moves(ty).1, width, self.accumulators[n][0], 0, Rm::Mem(mem, width.bytes()), Lanes::All, None);
        }
        for &g in self.saved.clone().iter().rev() {
            self.asm.pop(g);
        }
        self.asm.leave();
        Some(self.asm.finish())
    }

    fn width(&self, ty: Ty) -> Width {
        Width::of(self.k.width(ty))
    }
    fn ty(&self, n: NodeId) -> Ty {
        match self.k.nodes[n].rep {
            Rep::Vector(ty) => ty,
            // Masks and stores have no element type: nothing asks.
            Rep::Mask | Rep::Nothing => Ty::I8,
        }
    }

    /// A constant or invariant into a register.
    fn read_fixed(&mut self, id: NodeId, reg: u8) {
        let ty = self.ty(id);
        let mem = match self.k.nodes[id].op {
            Op::Const(bits) => self.asm.constant(bits, ty.bytes()),
            Op::Invariant(n) => Mem::At { base: WORDS, index: None, disp: 8 * self.k.invariant_word(n) as i32 },
            _ => return,
        };
        self.broadcast(ty, reg, mem);
    }
    fn broadcast(&mut self, ty: Ty, reg: u8, mem: Mem) {
        let width = self.width(ty);
        self.asm.evex(rows::broadcast(ty), width, reg, 0, Rm::Mem(mem, ty.bytes()), Lanes::All, None);
    }
    fn broadcast_bits(&mut self, ty: Ty, reg: u8, bits: u64) {
        let mem = self.asm.constant(bits, ty.bytes());
        self.broadcast(ty, reg, mem);
    }

    fn start_accumulators(&mut self) {
        for n in 0..self.k.reductions.len() {
            let r = &self.k.reductions[n];
            for reg in self.accumulators[n].clone() {
                match r.start {
                    Start::Bits(bits) => self.broadcast_bits(r.ty, reg, bits),
                    Start::Invariant(word) => {
                        let mem = Mem::At { base: WORDS, index: None, disp: 8 * self.k.invariant_word(word) as i32 };
                        self.broadcast(r.ty, reg, mem);
                    }
                }
            }
        }
    }
    fn start_counter(&mut self) {
        let Some(reg) = self.counter else { return };
        let start = self.k.nodes.values().find_map(|n| if let Op::Counter(s) = n.op { Some(s) } else { None });
        let word = self.k.invariant_word(start.unwrap_or(0));
        self.broadcast(Ty::I64, reg, Mem::At { base: WORDS, index: None, disp: 8 * word as i32 });
        let numbers: Vec<u8> = (0..u64::from(self.k.lanes)).flat_map(u64::to_le_bytes).collect();
        let mem = self.asm.vector_constant(&numbers);
        self.asm.evex(rows::ADD_I64, Width::B64, reg, reg, Rm::Mem(mem, 64), Lanes::All, None);
    }
    fn advance_counter(&mut self, by: u64) {
        let Some(reg) = self.counter else { return };
        if let Some(t) = self.vectors.take() {
            self.broadcast_bits(Ty::I64, t, by);
            self.asm.evex(rows::ADD_I64, Width::B64, reg, reg, Rm::Vec(Vec512(t)), Lanes::All, None);
            self.vectors.give(t);
        }
    }
    fn combine_copies(&mut self) -> Option<()> {
        for n in 0..self.k.reductions.len() {
            let regs = self.accumulators[n].clone();
            for &other in &regs[1..] {
                self.reduce(n, regs[0], regs[0], other)?;
            }
        }
        Some(())
    }
    /// `to = op(a, b)` of reduction `n`.
    fn reduce(&mut self, n: usize, to: u8, a: u8, b: u8) -> Option<()> {
        let r = &self.k.reductions[n];
        let (op, ty) = (r.op, r.ty);
        match op {
            Opcode::FminNan | Opcode::FmaxNan => {
                let t = self.vectors.take()?;
                self.min_max(ty, op == Opcode::FmaxNan, t, a, b)?;
                self.asm.evex(rows::OR, Width::B64, to, t, Rm::Vec(Vec512(t)), Lanes::All, None);
                self.vectors.give(t);
            }
            _ => {
                let Some(Form::Binary(inst)) = rows::simple(op, ty) else { return None };
                let width = self.width(ty);
                self.asm.evex(inst, width, to, a, Rm::Vec(Vec512(b)), Lanes::All, None);
            }
        }
        Some(())
    }

    /// One copy of the body.
    fn body(&mut self, copy: u32, masked: bool) -> Option<()> {
        self.left = self.uses.clone();
        for id in self.k.nodes.keys() {
            self.node(id, copy, masked)?;
        }
        for n in 0..self.k.reductions.len() {
            let r = &self.k.reductions[n];
            let (value, ty) = (r.value, r.ty);
            let (v, owned) = self.operand(value)?;
            let acc = self.accumulators[n][copy as usize];
            if masked {
                let t = self.vectors.take()?;
                self.reduce(n, t, acc, v)?;
                let width = self.width(ty);
                self.asm.evex(rows::moves(ty).0, width, acc, 0, Rm::Vec(Vec512(t)), Lanes::Merge(TAIL), None);
                self.vectors.give(t);
            } else {
                self.reduce(n, acc, acc, v)?;
            }
            self.release(value, v, owned);
        }
        Some(())
    }

    /// The register of an argument; and whether it was made for this use.
    fn operand(&mut self, n: NodeId) -> Option<(u8, bool)> {
        match self.places[n]? {
            Place::Vector(r) | Place::Pinned(r) | Place::Mask(r) => Some((r, false)),
            Place::Memory => {
                let r = self.vectors.take()?;
                self.read_fixed(n, r);
                Some((r, true))
            }
            Place::Nowhere => None,
        }
    }
    /// One use less.
    fn release(&mut self, n: NodeId, reg: u8, owned: bool) {
        self.left[n] = self.left[n].saturating_sub(1);
        if owned {
            self.vectors.give(reg);
        }
        if self.left[n] == 0 {
            match self.places[n] {
                Some(Place::Vector(r)) => self.vectors.give(r),
                Some(Place::Mask(r)) => self.masks.give(r),
                Some(Place::Pinned(_) | Place::Memory | Place::Nowhere) | None => return,
            }
            self.places[n] = Some(Place::Nowhere);
        }
    }

    fn memory(&mut self, pointer: u32, offset: i32, ty: Ty, copy: u32) -> Mem {
        let base = match self.pointers[pointer as usize] {
            Some(g) => g,
            None => {
                self.asm.load(SCRATCH, WORDS, 8 * self.k.pointer_word(pointer) as i32);
                SCRATCH
            }
        };
        let size = ty.bytes();
        Mem::At { base, index: Some((INDEX, size as u8)), disp: offset + (copy * self.k.lanes * size) as i32 }
    }

    fn node(&mut self, id: NodeId, copy: u32, masked: bool) -> Option<()> {
        let node = &self.k.nodes[id];
        if self.uses[id] == 0 && node.rep != Rep::Nothing {
            return Some(());
        }
        match node.op {
            Op::Const(_) | Op::Invariant(_) => Some(()),
            Op::Load { pointer, offset } => {
                let ty = self.ty(id);
                let reg = self.vectors.take()?;
                let mem = self.memory(pointer, offset, ty, copy);
                let bytes = self.k.width(ty);
                let (inst, unit) = if bytes == 8 && !masked { (rows::MOVE_LOW.0, 8) } else { (rows::moves(ty).0, self.width(ty).bytes()) };
                let lanes = if masked { Lanes::Zero(TAIL) } else { Lanes::All };
                let width = self.width(ty);
                self.asm.evex(inst, width, reg, 0, Rm::Mem(mem, unit), lanes, None);
                self.places[id] = Some(Place::Vector(reg));
                Some(())
            }
            Op::Store { pointer, offset } => {
                let arg = node.args[0];
                let ty = self.ty(arg);
                let (reg, owned) = self.operand(arg)?;
                let mem = self.memory(pointer, offset, ty, copy);
                let bytes = self.k.width(ty);
                let (inst, unit) = if bytes == 8 && !masked { (rows::MOVE_LOW.1, 8) } else { (rows::moves(ty).1, self.width(ty).bytes()) };
                let lanes = if masked { Lanes::Merge(TAIL) } else { Lanes::All };
                let width = self.width(ty);
                self.asm.evex(inst, width, reg, 0, Rm::Mem(mem, unit), lanes, None);
                self.release(arg, reg, owned);
                Some(())
            }
            Op::Counter(_) => {
                let (reg, base) = (self.vectors.take()?, self.counter?);
                if copy == 0 {
                    self.asm.evex(rows::OR, Width::B64, reg, base, Rm::Vec(Vec512(base)), Lanes::All, None);
                } else {
                    self.broadcast_bits(Ty::I64, reg, u64::from(copy * self.k.lanes));
                    self.asm.evex(rows::ADD_I64, Width::B64, reg, base, Rm::Vec(Vec512(reg)), Lanes::All, None);
                }
                self.places[id] = Some(Place::Vector(reg));
                Some(())
            }
            Op::MaskToBytes => {
                let (m, _) = self.operand(node.args[0])?;
                let reg = self.vectors.take()?;
                self.asm.evex(rows::MASK_TO_BYTES, Width::B16, reg, 0, Rm::Mask(Mask(m)), Lanes::All, None);
                self.asm.evex(rows::ABS_BYTES, Width::B16, reg, 0, Rm::Vec(Vec512(reg)), Lanes::All, None);
                self.release(node.args[0], m, false);
                self.places[id] = Some(Place::Vector(reg));
                Some(())
            }
            Op::BytesToMask => {
                let (v, owned) = self.operand(node.args[0])?;
                let m = self.masks.take()?;
                self.asm.evex(rows::TEST_BYTES, Width::B16, m, v, Rm::Vec(Vec512(v)), Lanes::All, None);
                self.release(node.args[0], v, owned);
                self.places[id] = Some(Place::Mask(m));
                Some(())
            }
            Op::Lanes(op, imm) => self.lanes(id, op, imm),
            Op::Extra(extra) => self.extra(id, extra),
        }
    }

    fn lanes(&mut self, id: NodeId, op: Opcode, imm: Imm) -> Option<()> {
        let node = &self.k.nodes[id];
        let args = node.args.clone();
        let mut regs: SmallVec<[(u8, bool); 3]> = SmallVec::new();
        for &a in &args {
            regs.push(self.operand(a)?);
        }
        // The result's register is another one than the arguments': sequences may write it early.
        let place = match node.rep {
            Rep::Mask => Place::Mask(self.masks.take()?),
            Rep::Vector(_) => Place::Vector(self.vectors.take()?),
            Rep::Nothing => return None,
        };
        let to = match place {
            Place::Mask(r) | Place::Vector(r) => r,
            Place::Nowhere | Place::Pinned(_) | Place::Memory => return None,
        };
        let r = |n: usize| regs[n].0;
        let ty = self.ty(id);
        let width = self.width(ty);
        let from = args.first().map_or(ty, |&a| self.ty(a));
        match (op, imm) {
            (Opcode::Icmp, Imm::ICond(cc)) => {
                let (inst, predicate) = rows::compare_ints(from, cc);
                let width = self.width(from);
                self.asm.evex(inst, width, to, r(0), Rm::Vec(Vec512(r(1))), Lanes::All, Some(predicate));
            }
            (Opcode::Fcmp, Imm::FCond(cc)) => {
                let (inst, predicate) = rows::compare_floats(from, cc);
                let width = self.width(from);
                self.asm.evex(inst, width, to, r(0), Rm::Vec(Vec512(r(1))), Lanes::All, Some(predicate));
            }
            (Opcode::Select, _) => {
                self.asm.evex(rows::blend(ty), width, to, r(2), Rm::Vec(Vec512(r(1))), Lanes::Merge(Mask(r(0))), None);
            }
            (Opcode::Band | Opcode::Bor | Opcode::Bxor, _) if matches!(place, Place::Mask(_)) => {
                let inst = match op {
                    Opcode::Band => rows::K_AND,
                    Opcode::Bor => rows::K_OR,
                    _ => rows::K_XOR,
                };
                self.asm.vex(inst, 1, to, r(0), r(1));
            }
            (Opcode::Bitcast, _) => self.copy(to, r(0)),
            (Opcode::Ineg, _) => {
                self.asm.evex(rows::XOR, Width::B64, to, to, Rm::Vec(Vec512(to)), Lanes::All, None);
                let Some(Form::Binary(sub)) = rows::simple(Opcode::Isub, ty) else { return None };
                self.asm.evex(sub, width, to, to, Rm::Vec(Vec512(r(0))), Lanes::All, None);
            }
            (Opcode::Bnot, _) => {
                self.asm.evex(rows::TERNARY, Width::B64, to, r(0), Rm::Vec(Vec512(r(0))), Lanes::All, Some(0x55));
            }
            (Opcode::Fneg, _) => {
                self.broadcast_bits(ty, to, sign_bit(ty));
                self.asm.evex(rows::XOR, Width::B64, to, to, Rm::Vec(Vec512(r(0))), Lanes::All, None);
            }
            (Opcode::Fabs, _) => {
                self.broadcast_bits(ty, to, sign_bit(ty) - 1);
                self.asm.evex(rows::AND, Width::B64, to, to, Rm::Vec(Vec512(r(0))), Lanes::All, None);
            }
            (Opcode::Fcopysign, _) => {
                // Where the sign mask has a bit, the second operand's, else the first one's.
                self.broadcast_bits(ty, to, sign_bit(ty));
                self.asm.evex(rows::TERNARY, Width::B64, to, r(0), Rm::Vec(Vec512(r(1))), Lanes::All, Some(0xac));
            }
            (Opcode::Fma, _) => {
                self.copy(to, r(0));
                self.asm.evex(rows::fma213(ty), width, to, r(1), Rm::Vec(Vec512(r(2))), Lanes::All, None);
            }
            (Opcode::FminNan | Opcode::FmaxNan, _) => self.min_max(ty, op == Opcode::FmaxNan, to, r(0), r(1))?,
            _ => match (rows::simple(op, ty), rows::convert(op, from, ty)) {
                (Some(Form::Binary(inst)), _) => self.asm.evex(inst, width, to, r(0), Rm::Vec(Vec512(r(1))), Lanes::All, None),
                (Some(Form::Unary(inst)), _) => self.asm.evex(inst, width, to, 0, Rm::Vec(Vec512(r(0))), Lanes::All, None),
                (Some(Form::UnaryImm(inst, imm)), _) => self.asm.evex(inst, width, to, 0, Rm::Vec(Vec512(r(0))), Lanes::All, Some(imm)),
                (None, Some(c)) => {
                    let width = match c.by {
                        By::Source => self.width(from),
                        By::Result => width,
                    };
                    if c.reversed {
                        self.asm.evex(c.inst, width, r(0), 0, Rm::Vec(Vec512(to)), Lanes::All, None);
                    } else {
                        self.asm.evex(c.inst, width, to, 0, Rm::Vec(Vec512(r(0))), Lanes::All, None);
                    }
                }
                (None, None) => return None,
            },
        }
        for (&a, &(reg, owned)) in args.iter().zip(&regs) {
            self.release(a, reg, owned);
        }
        self.places[id] = Some(place);
        Some(())
    }

    fn extra(&mut self, id: NodeId, extra: Extra) -> Option<()> {
        /// Of the interval from 3/4 to 3/2; the sign is dropped.
        const INTERVAL: u8 = 0b0111;
        let args = self.k.nodes[id].args.clone();
        let mut regs: SmallVec<[(u8, bool); 3]> = SmallVec::new();
        for &a in &args {
            regs.push(self.operand(a)?);
        }
        let ty = self.ty(id);
        let width = self.width(ty);
        let to = self.vectors.take()?;
        let (a, b) = (regs[0].0, regs.get(1).map_or(0, |r| r.0));
        match extra {
            Extra::Scale => self.asm.evex(rows::scale(ty), width, to, a, Rm::Vec(Vec512(b)), Lanes::All, None),
            Extra::Exponent => self.asm.evex(rows::exponent(ty), width, to, 0, Rm::Vec(Vec512(a)), Lanes::All, None),
            Extra::Mantissa => self.asm.evex(rows::mantissa(ty), width, to, 0, Rm::Vec(Vec512(a)), Lanes::All, Some(INTERVAL)),
            Extra::Least | Extra::Most => {
                self.asm.evex(rows::raw_min_max(ty, extra == Extra::Most), width, to, a, Rm::Vec(Vec512(b)), Lanes::All, None);
            }
        }
        for (&a, &(reg, owned)) in args.iter().zip(&regs) {
            self.release(a, reg, owned);
        }
        self.places[id] = Some(Place::Vector(to));
        Some(())
    }

    fn copy(&mut self, to: u8, from: u8) {
        self.asm.evex(rows::OR, Width::B64, to, from, Rm::Vec(Vec512(from)), Lanes::All, None);
    }

    /// IEEE minimum or maximum: NaN where either is NaN, -0 below +0. x86's gives the second operand in both cases, so that
    /// taking it both ways round leaves both zeros to combine.
    fn min_max(&mut self, ty: Ty, max: bool, to: u8, a: u8, b: u8) -> Option<()> {
        let width = self.width(ty);
        let (t, m) = (self.vectors.take()?, self.masks.take()?);
        let inst = rows::raw_min_max(ty, max);
        self.asm.evex(inst, width, to, a, Rm::Vec(Vec512(b)), Lanes::All, None);
        self.asm.evex(inst, width, t, b, Rm::Vec(Vec512(a)), Lanes::All, None);
        self.asm.evex(if max { rows::AND } else { rows::OR }, Width::B64, to, to, Rm::Vec(Vec512(t)), Lanes::All, None);
        let (unordered, predicate) = rows::compare_floats(ty, looplift_mir::FloatCC::Uno);
        self.asm.evex(unordered, width, m, a, Rm::Vec(Vec512(b)), Lanes::All, Some(predicate));
        self.asm.evex(rows::add(ty), width, to, a, Rm::Vec(Vec512(b)), Lanes::Merge(Mask(m)), None);
        self.vectors.give(t);
        self.masks.give(m);
        Some(())
    }
}

fn sign_bit(ty: Ty) -> u64 {
    1 << (ty.bits() - 1)
}
