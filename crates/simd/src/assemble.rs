//! From a [`Kernel`] to machine code.
//!
//! ```text
//! prologue     pointers to registers, invariants and constants that fit to vectors
//! main loop    [unrolled] iterations of [lanes] elements, while so many are left
//! whole loop   one vector an iteration, where iterations under a mask cost more
//! tail         one vector an iteration, loads and stores under a mask
//! epilogue     accumulators to the caller's words
//! ```
//!
//! Registers are assigned while the body is emitted, in order: a value's register is free after its last use. What is loaded for one
//! use is loaded there, by the instruction that uses it where there is one that can. Constants and
//! invariants stay in registers as far as there are any; others are read from memory where they are used. A kernel that
//! needs more registers than there are is refused. What the instructions are is a [`Target`]'s concern.

use crate::avx2::Avx2;
use crate::avx512::Avx512;
use crate::encode::{Asm, CALLEE_SAVED, Code, Gpr, Label, Mem, PASSED, pointer_registers};
use crate::isa::Isa;
use crate::kernel::{Extra, Fold, Kernel, NodeId, Op, Pace, Rep, Start};
use crate::registers::Pool;
use crate::rescue::Aside;
use crate::strided::{self, Spot};
use crate::target::{Arg, BOUND, COUNT, INDEX, Kind, Out, SCRATCH, Step, Target, WORDS};
use cranelift_entity::SecondaryMap;
use looplift_mir::{Imm, Opcode, Ty};
use smallvec::SmallVec;
use std::marker::PhantomData;

/// Bodies of at most so many nodes are emitted several times in the main loop.
const SMALL: usize = 10;
const MIDDLE: usize = 24;
/// Registers kept for the inside of a sequence.
const SPARE: u32 = 4;

/// Bytes that instructions read from memory at least, where they compute with them.
const LEAST_OPERAND: u32 = 16;

/// Machine code, or `None` when there are too few registers.
pub fn assemble(kernel: &Kernel, isa: Isa) -> Option<Code> {
    match isa {
        Isa::Avx2 => assemble_for::<Avx2>(kernel),
        Isa::Avx512 => assemble_for::<Avx512>(kernel),
    }
}

fn assemble_for<T: Target>(kernel: &Kernel) -> Option<Code> {
    let steps = kernel.nodes.values().filter(|n| !matches!(n.op, Op::Const(_) | Op::Invariant(_))).count();
    let mut copies = match (steps, kernel.reductions.len()) {
        (0..=SMALL, 1..=2) => 4,
        (0..=MIDDLE, 0..=2) => 2,
        _ => 1,
    };
    // Fewer copies leave more registers.
    while copies > 0 {
        if let Some(code) = Assembler::<T>::new(kernel, copies).and_then(Assembler::run) {
            return Some(code);
        }
        copies /= 2;
    }
    None
}

/// Loads of elements side by side that have one use, with nothing between that could write what they read.
fn waits(k: &Kernel) -> SecondaryMap<NodeId, bool> {
    let mut out: SecondaryMap<NodeId, bool> = SecondaryMap::new();
    let mut uses: SecondaryMap<NodeId, u32> = SecondaryMap::new();
    k.nodes.values().flat_map(|n| &n.args).chain(k.reductions.iter().map(|r| &r.value)).for_each(|&a| uses[a] += 1);
    // How many nodes before a node write; those of a load in question.
    let mut written = 0;
    let mut before: SecondaryMap<NodeId, u32> = SecondaryMap::new();
    for (id, n) in k.nodes.iter() {
        before[id] = written;
        for &a in &n.args {
            out[a] &= before[a] == written;
        }
        match n.op {
            Op::Load { pointer, .. } => out[id] = n.args.is_empty() && uses[id] == 1 && k.pointers[pointer as usize] == Pace::Beside,
            Op::Store { .. } | Op::StorePair { .. } | Op::Rescue(_) => written += 1,
            _ => {}
        }
    }
    for r in &k.reductions {
        out[r.value] &= before[r.value] == written;
    }
    out
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
    /// A load that waits for its only use.
    Late,
}

pub(crate) struct Assembler<'a, T> {
    pub(crate) k: &'a Kernel,
    pub(crate) out: Out,
    copies: u32,
    places: SecondaryMap<NodeId, PlaceOr>,
    /// Bytes of a lane of each mask, where masks are vectors.
    mask_bytes: SecondaryMap<NodeId, u32>,
    /// How often each node is still used in the body at hand.
    left: SecondaryMap<NodeId, u32>,
    pub(crate) uses: SecondaryMap<NodeId, u32>,
    /// Loads that can wait for their uses.
    waits: SecondaryMap<NodeId, bool>,
    /// Which copy the body at hand is, and whether of a part of the lanes.
    copy: u32,
    part: bool,
    pub(crate) pointers: SmallVec<[Option<Gpr>; 12]>,
    saved: SmallVec<[Gpr; 5]>,
    /// By reduction, then by copy.
    accumulators: Vec<SmallVec<[u8; 4]>>,
    counter: Option<u8>,
    /// Where the body at hand goes when it leaves; and each such place of the loops over whole vectors, with how many iterations
    /// of the body at hand have been run then.
    stop: Option<Label>,
    stops: Vec<(Label, u32)>,
    pub(crate) asides: Vec<Aside>,
    target: PhantomData<T>,
}

/// [`Place`] with a default, for the map.
type PlaceOr = Option<Place>;

impl<'a, T: Target> Assembler<'a, T> {
    fn new(k: &'a Kernel, copies: u32) -> Option<Assembler<'a, T>> {
        // Nodes that nothing needs are not emitted, and need nothing: a use that never comes would keep a register.
        let mut uses: SecondaryMap<NodeId, u32> = SecondaryMap::new();
        k.reductions.iter().for_each(|r| uses[r.value] += 1);
        for id in k.nodes.keys().rev() {
            let n = &k.nodes[id];
            if n.rep == Rep::Nothing || uses[id] > 0 {
                n.args.iter().for_each(|&a| uses[a] += 1);
            }
        }
        let free = pointer_registers();
        // Elements apart need registers, too.
        let strided: &[Gpr] = if k.is_strided() { &strided::REGISTERS } else { &[] };
        let is_free = |g: &Gpr| *g != SCRATCH && !strided.contains(g);
        let pointers: SmallVec<[Option<Gpr>; 12]> = (0..k.pointers.len()).map(|n| free.iter().copied().filter(is_free).nth(n)).collect();
        let saved = pointers.iter().flatten().chain(strided).copied().filter(|g| CALLEE_SAVED.contains(g)).collect();
        let (first_mask, end_of_masks) = T::MASKS.unwrap_or((0, 0));
        let out = Out { asm: Asm::default(), vectors: Pool::new(0, T::VECTORS), masks: Pool::new(first_mask, end_of_masks), lanes: k.lanes };
        let mut a = Assembler {
            k,
            out,
            copies,
            places: SecondaryMap::new(),
            mask_bytes: SecondaryMap::new(),
            left: SecondaryMap::new(),
            uses,
            waits: waits(k),
            copy: 0,
            part: false,
            pointers,
            saved,
            accumulators: Vec::new(),
            counter: None,
            stop: None,
            stops: Vec::new(),
            asides: Vec::new(),
            target: PhantomData,
        };
        for _ in &k.reductions {
            let regs: Option<SmallVec<[u8; 4]>> = (0..copies).map(|_| a.out.vectors.take()).collect();
            a.accumulators.push(regs?);
        }
        if k.nodes.values().any(|n| matches!(n.op, Op::Counter(_))) {
            a.counter = Some(a.out.vectors.take()?);
        }
        a.pin()?;
        Some(a)
    }

    /// Gives constants and invariants registers: those left when the body has what it needs at most, the most used first.
    fn pin(&mut self) -> Option<()> {
        let is_vector = |rep: Rep| match rep {
            Rep::Vector(_) => true,
            Rep::Mask => T::MASKS.is_none(),
            Rep::Nothing => false,
        };
        let mut live = 0u32;
        let mut most = 0u32;
        let mut left = self.uses.clone();
        for (id, n) in self.k.nodes.iter() {
            let is_dead = self.uses[id] == 0 && n.rep != Rep::Nothing;
            if is_dead || matches!(n.op, Op::Const(_) | Op::Invariant(_)) {
                continue;
            }
            let late = n.args.iter().filter(|&&a| self.waits[a]).count() as u32;
            if is_vector(n.rep) && !self.waits[id] {
                live += 1;
            }
            most = most.max(live + late);
            for &a in &n.args {
                left[a] -= 1;
                let node = &self.k.nodes[a];
                if left[a] == 0 && is_vector(node.rep) && !self.waits[a] && !matches!(node.op, Op::Const(_) | Op::Invariant(_)) {
                    live -= 1;
                }
            }
        }
        // Without any to spare it may still do: then taking one fails later, or not.
        let spare = self.out.vectors.count().saturating_sub(most + SPARE);
        let mut fixed: Vec<NodeId> =
            self.k.nodes.keys().filter(|&n| self.uses[n] > 0 && matches!(self.k.nodes[n].op, Op::Const(_) | Op::Invariant(_))).collect();
        fixed.sort_by_key(|&n| std::cmp::Reverse(self.uses[n]));
        for (n, id) in fixed.into_iter().enumerate() {
            let place = if n < spare as usize { Place::Pinned(self.out.vectors.take()?) } else { Place::Memory };
            self.places[id] = Some(place);
        }
        Some(())
    }

    fn run(mut self) -> Option<Code> {
        for &g in &self.saved {
            self.out.asm.push(g);
        }
        self.make_frame();
        for n in 0..self.pointers.len() {
            if let Some(g) = self.pointers[n].filter(|g| !PASSED.contains(g)) {
                self.out.asm.load(g, WORDS, 8 * self.k.pointer_word(n as u32) as i32);
            }
        }
        for id in self.k.nodes.keys() {
            if let Some(Place::Pinned(reg)) = self.places[id] {
                self.read_fixed(id, reg);
            }
        }
        self.start_accumulators();
        self.start_counter()?;
        let (after, done) = (self.out.asm.label(), self.out.asm.label());
        self.out.asm.zero(INDEX);
        self.whole_vectors(self.copies, after, None)?;
        self.out.asm.bind(after);
        self.combine_copies()?;
        if self.copies > 1 && !T::PARTS_ARE_CHEAP {
            let rest = self.out.asm.label();
            self.whole_vectors(1, rest, Some(done))?;
            self.out.asm.bind(rest);
        }
        self.out.asm.cmp(COUNT, INDEX);
        self.out.asm.jle(done);
        let tail = self.out.asm.label();
        self.out.asm.bind(tail);
        self.out.asm.mov(BOUND, COUNT);
        self.out.asm.sub(BOUND, INDEX);
        T::begin_part(&mut self.out);
        self.stop = self.k.leaves().then_some(done);
        self.body(0, true)?;
        let (lanes, repeats) = (self.k.lanes, self.copies > 1 && T::PARTS_ARE_CHEAP);
        if repeats || self.k.leaves() {
            self.out.asm.add(INDEX, lanes as i32);
        }
        if repeats {
            self.advance_counter(u64::from(lanes))?;
            self.out.asm.cmp(INDEX, COUNT);
            self.out.asm.jl(tail);
        }
        self.out.asm.bind(done);
        if self.k.leaves() {
            self.out.asm.store(INDEX, WORDS, 0);
        }
        for n in 0..self.k.reductions.len() {
            let mem = self.word(self.k.reduction_word(n));
            T::store(&mut self.out, self.k.reductions[n].ty, self.accumulators[n][0], mem, false)?;
        }
        self.drop_frame();
        for &g in self.saved.iter().rev() {
            self.out.asm.pop(g);
        }
        self.out.asm.leave();
        for (label, ran) in std::mem::take(&mut self.stops) {
            self.out.asm.bind(label);
            self.out.asm.add(INDEX, ran as i32);
            self.combine_copies()?;
            self.out.asm.jmp(done);
        }
        self.emit_asides()?;
        Some(self.out.asm.finish())
    }

    /// The loop over `copies` vectors an iteration, as long as there are so many; then, or at once, it goes to `after`. It
    /// leaves to `stop`, or to a place of its own where the copies' accumulators are combined.
    fn whole_vectors(&mut self, copies: u32, after: Label, stop: Option<Label>) -> Option<()> {
        let step = self.k.lanes * copies;
        self.out.asm.lea(BOUND, COUNT, -(step as i32));
        self.out.asm.cmp(INDEX, BOUND);
        self.out.asm.jg(after);
        self.out.asm.align(32);
        let head = self.out.asm.label();
        self.out.asm.bind(head);
        for copy in 0..copies {
            self.stop = stop;
            if self.k.leaves() && stop.is_none() {
                let label = self.out.asm.label();
                self.stops.push((label, copy * self.k.lanes));
                self.stop = Some(label);
            }
            self.body(copy, false)?;
        }
        self.advance_counter(u64::from(step))?;
        self.out.asm.add(INDEX, step as i32);
        self.out.asm.cmp(INDEX, BOUND);
        self.out.asm.jle(head);
        Some(())
    }

    fn word(&self, n: u32) -> Mem {
        Mem::At { base: WORDS, index: None, disp: 8 * n as i32 }
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
            Op::Const(bits) => self.out.asm.constant(bits, ty.bytes()),
            Op::Invariant(n) => self.word(self.k.invariant_word(n)),
            _ => return,
        };
        T::broadcast(&mut self.out, ty, reg, mem);
    }
    fn broadcast_bits(&mut self, ty: Ty, reg: u8, bits: u64) {
        let mem = self.out.asm.constant(bits, ty.bytes());
        T::broadcast(&mut self.out, ty, reg, mem);
    }

    fn start_accumulators(&mut self) {
        for n in 0..self.k.reductions.len() {
            let r = &self.k.reductions[n];
            for reg in self.accumulators[n].clone() {
                match r.start {
                    Start::Bits(bits) => self.broadcast_bits(r.ty, reg, bits),
                    Start::Invariant(word) => {
                        let mem = self.word(self.k.invariant_word(word));
                        T::broadcast(&mut self.out, r.ty, reg, mem);
                    }
                }
            }
        }
    }

    fn start_counter(&mut self) -> Option<()> {
        let Some(reg) = self.counter else { return Some(()) };
        let start = self.k.nodes.values().find_map(|n| if let Op::Counter(s) = n.op { Some(s) } else { None });
        let mem = self.word(self.k.invariant_word(start.unwrap_or(0)));
        T::broadcast(&mut self.out, Ty::I64, reg, mem);
        let numbers: Vec<u8> = (0..u64::from(self.k.lanes)).flat_map(u64::to_le_bytes).collect();
        let mem = self.out.asm.vector_constant(&numbers);
        let t = self.out.vectors.take()?;
        T::load(&mut self.out, Ty::I64, t, mem, false)?;
        self.binary(Opcode::Iadd, Ty::I64, reg, reg, t)?;
        self.out.vectors.give(t);
        Some(())
    }
    fn advance_counter(&mut self, by: u64) -> Option<()> {
        let Some(reg) = self.counter else { return Some(()) };
        let t = self.out.vectors.take()?;
        self.broadcast_bits(Ty::I64, t, by);
        self.binary(Opcode::Iadd, Ty::I64, reg, reg, t)?;
        self.out.vectors.give(t);
        Some(())
    }

    /// `to = op(a, b)`
    fn binary(&mut self, op: Opcode, ty: Ty, to: u8, a: u8, b: u8) -> Option<()> {
        let kind = Kind::Vector(ty);
        let args = [a, b].map(|reg| Arg { reg, kind });
        T::step(&mut self.out, &Step { op: Op::Lanes(op, Imm::None), to, kind, args: &args })
    }
    /// `to = op(acc, value)`
    fn fold(&mut self, op: Fold, ty: Ty, to: u8, acc: u8, value: u8) -> Option<()> {
        match op {
            Fold::Row(op) => self.binary(op, ty, to, acc, value),
            // The second operand where either is NaN, or both are zeros: the accumulator.
            Fold::Extreme { max } => {
                let kind = Kind::Vector(ty);
                let args = [value, acc].map(|reg| Arg { reg, kind });
                let op = Op::Extra(if max { Extra::Most } else { Extra::Least });
                T::step(&mut self.out, &Step { op, to, kind, args: &args })
            }
        }
    }
    pub(crate) fn copy(&mut self, ty: Ty, to: u8, from: u8) -> Option<()> {
        let kind = Kind::Vector(ty);
        T::step(&mut self.out, &Step { op: Op::Lanes(Opcode::Bitcast, Imm::None), to, kind, args: &[Arg { reg: from, kind }] })
    }

    fn combine_copies(&mut self) -> Option<()> {
        for n in 0..self.k.reductions.len() {
            let regs = self.accumulators[n].clone();
            for &other in &regs[1..] {
                self.reduce(n, regs[0], other)?;
            }
        }
        Some(())
    }
    /// `acc = op(acc, value)` of reduction `n`.
    fn reduce(&mut self, n: usize, acc: u8, value: u8) -> Option<()> {
        let r = &self.k.reductions[n];
        let (op, ty) = (r.op, r.ty);
        let is_single = match op {
            Fold::Row(op) => T::is_single(op, ty),
            Fold::Extreme { .. } => true,
        };
        if is_single {
            return self.fold(op, ty, acc, acc, value);
        }
        let t = self.out.vectors.take()?;
        self.fold(op, ty, t, acc, value)?;
        self.copy(ty, acc, t)?;
        self.out.vectors.give(t);
        Some(())
    }

    /// One copy of the body.
    fn body(&mut self, copy: u32, part: bool) -> Option<()> {
        self.left = self.uses.clone();
        (self.copy, self.part) = (copy, part);
        for id in self.k.nodes.keys() {
            self.node(id, copy, part)?;
        }
        for n in 0..self.k.reductions.len() {
            let r = &self.k.reductions[n];
            let (value, op, ty) = (r.value, r.op, r.ty);
            let acc = self.accumulators[n][copy as usize];
            if let Fold::Row(op) = op
                && self.reads_memory(op, ty, value)
            {
                self.with_memory(op, ty, acc, acc, value)?;
                self.release(value, acc, false);
                continue;
            }
            let (v, owned) = self.operand(value)?;
            if part {
                let t = self.out.vectors.take()?;
                self.fold(op, ty, t, acc, v)?;
                T::merge(&mut self.out, ty, acc, t)?;
                self.out.vectors.give(t);
            } else {
                self.reduce(n, acc, v)?;
            }
            self.release(value, v, owned);
        }
        Some(())
    }

    /// The register of an argument; and whether it was made for this use.
    pub(crate) fn operand(&mut self, n: NodeId) -> Option<(u8, bool)> {
        match self.places[n]? {
            Place::Vector(r) | Place::Pinned(r) | Place::Mask(r) => Some((r, false)),
            Place::Memory => {
                let r = self.out.vectors.take()?;
                self.read_fixed(n, r);
                Some((r, true))
            }
            Place::Late => {
                let Op::Load { pointer, offset } = self.k.nodes[n].op else { return None };
                let (r, ty) = (self.out.vectors.take()?, self.ty(n));
                let mem = self.memory(pointer, offset, ty, self.copy);
                T::load(&mut self.out, ty, r, mem, self.part)?;
                Some((r, true))
            }
            Place::Nowhere => None,
        }
    }
    /// Whether an instruction reads `value`, its second operand, from memory.
    fn reads_memory(&self, op: Opcode, ty: Ty, value: NodeId) -> bool {
        self.places[value] == Some(Place::Late) && !self.part && self.out.bytes(ty) >= LEAST_OPERAND && T::is_single(op, ty)
    }
    /// `to = op(a, value)`, the second operand from memory.
    fn with_memory(&mut self, op: Opcode, ty: Ty, to: u8, a: u8, value: NodeId) -> Option<()> {
        let Op::Load { pointer, offset } = self.k.nodes[value].op else { return None };
        let mem = self.memory(pointer, offset, ty, self.copy);
        T::with_memory(&mut self.out, op, ty, to, a, mem)
    }
    pub(crate) fn mask(&mut self, n: NodeId) -> Option<Arg> {
        let (reg, _) = self.operand(n)?;
        Some(Arg { reg, kind: self.kind(n) })
    }
    /// One use less.
    pub(crate) fn release(&mut self, n: NodeId, reg: u8, owned: bool) {
        self.left[n] = self.left[n].saturating_sub(1);
        if owned {
            self.out.vectors.give(reg);
        }
        if self.left[n] == 0 {
            match self.places[n] {
                Some(Place::Mask(r)) if T::MASKS.is_some() => self.out.masks.give(r),
                Some(Place::Vector(r) | Place::Mask(r)) => self.out.vectors.give(r),
                Some(Place::Pinned(_) | Place::Memory | Place::Nowhere) | None => return,
                Some(Place::Late) => {}
            }
            self.places[n] = Some(Place::Nowhere);
        }
    }

    fn memory(&mut self, pointer: u32, offset: i32, ty: Ty, copy: u32) -> Mem {
        let base = match self.pointers[pointer as usize] {
            Some(g) => g,
            None => {
                self.out.asm.load(SCRATCH, WORDS, 8 * self.k.pointer_word(pointer) as i32);
                SCRATCH
            }
        };
        let size = ty.bytes();
        Mem::At { base, index: Some((INDEX, size as u8)), disp: offset + (copy * self.k.lanes * size) as i32 }
    }

    fn node(&mut self, id: NodeId, copy: u32, part: bool) -> Option<()> {
        let node = &self.k.nodes[id];
        if self.uses[id] == 0 && node.rep != Rep::Nothing {
            return Some(());
        }
        match node.op {
            Op::Const(_) | Op::Invariant(_) => Some(()),
            Op::Load { pointer, offset } if self.k.pointers[pointer as usize] != Pace::Beside => {
                // It may have come with another one.
                if matches!(self.places[id], Some(Place::Vector(_))) {
                    return Some(());
                }
                let at = Spot { pointer, offset, copy };
                let reg = match self.load_pair(id, at, part) {
                    Some((other, [reg, its])) => {
                        self.places[other] = Some(Place::Vector(its));
                        reg
                    }
                    None => self.load_apart(id, at, part)?,
                };
                self.places[id] = Some(Place::Vector(reg));
                Some(())
            }
            Op::Store { pointer, offset } if self.k.pointers[pointer as usize] != Pace::Beside => self.store_apart(id, Spot { pointer, offset, copy }, part),
            Op::StorePair { pointer, offset } => self.store_pair(id, Spot { pointer, offset, copy }, part),
            Op::Load { .. } if self.waits[id] => {
                self.places[id] = Some(Place::Late);
                Some(())
            }
            Op::Load { pointer, offset } => {
                let ty = self.ty(id);
                let reg = self.out.vectors.take()?;
                let mem = self.memory(pointer, offset, ty, copy);
                match node.args.first() {
                    None => T::load(&mut self.out, ty, reg, mem, part)?,
                    Some(&mask) => {
                        let m = self.mask(mask)?;
                        T::load_where(&mut self.out, ty, reg, mem, m, part)?;
                        self.release(mask, m.reg, false);
                    }
                }
                self.places[id] = Some(Place::Vector(reg));
                Some(())
            }
            Op::Store { pointer, offset } => {
                let arg = node.args[0];
                let ty = self.ty(arg);
                let (reg, owned) = self.operand(arg)?;
                let mem = self.memory(pointer, offset, ty, copy);
                match node.args.get(1) {
                    None => T::store(&mut self.out, ty, reg, mem, part)?,
                    Some(&mask) => {
                        let m = self.mask(mask)?;
                        T::store_where(&mut self.out, ty, reg, mem, m, part)?;
                        self.release(mask, m.reg, false);
                    }
                }
                self.release(arg, reg, owned);
                Some(())
            }
            Op::Counter(_) => {
                let (reg, base) = (self.out.vectors.take()?, self.counter?);
                if copy == 0 {
                    self.copy(Ty::I64, reg, base)?;
                } else {
                    self.broadcast_bits(Ty::I64, reg, u64::from(copy * self.k.lanes));
                    self.binary(Opcode::Iadd, Ty::I64, reg, base, reg)?;
                }
                self.places[id] = Some(Place::Vector(reg));
                Some(())
            }
            Op::Leave => {
                let mask = node.args[0];
                let m = self.mask(mask)?;
                T::test(&mut self.out, m, part)?;
                self.release(mask, m.reg, false);
                self.out.asm.jnz(self.stop?);
                Some(())
            }
            Op::Rescue(word) => {
                let reg = self.rescue(id, word, part)?;
                self.places[id] = Some(Place::Vector(reg));
                Some(())
            }
            Op::Lanes(..) | Op::Extra(_) | Op::MaskToBytes | Op::BytesToMask | Op::MaskNot => self.step(id),
        }
    }

    fn kind(&self, n: NodeId) -> Kind {
        match self.k.nodes[n].rep {
            Rep::Vector(ty) => Kind::Vector(ty),
            Rep::Mask | Rep::Nothing => Kind::Mask(self.mask_bytes[n]),
        }
    }

    /// A node that computes.
    fn step(&mut self, id: NodeId) -> Option<()> {
        let node = &self.k.nodes[id];
        if let (Op::Lanes(op, Imm::None), &[a, b], Rep::Vector(ty)) = (node.op, &node.args[..], node.rep)
            && a != b
            && self.reads_memory(op, ty, b)
        {
            let (reg, owned) = self.operand(a)?;
            let to = self.out.vectors.take()?;
            self.with_memory(op, ty, to, reg, b)?;
            self.release(a, reg, owned);
            self.release(b, to, false);
            self.places[id] = Some(Place::Vector(to));
            return Some(());
        }
        let mut args: SmallVec<[Arg; 3]> = SmallVec::new();
        let mut owned: SmallVec<[bool; 3]> = SmallVec::new();
        for &a in &node.args {
            let (reg, own) = self.operand(a)?;
            args.push(Arg { reg, kind: self.kind(a) });
            owned.push(own);
        }
        // The result's register is another one than the arguments': sequences may write it early.
        let place = match node.rep {
            Rep::Mask if T::MASKS.is_some() => Place::Mask(self.out.masks.take()?),
            Rep::Mask => Place::Mask(self.out.vectors.take()?),
            Rep::Vector(_) => Place::Vector(self.out.vectors.take()?),
            Rep::Nothing => return None,
        };
        let to = match place {
            Place::Mask(r) | Place::Vector(r) => r,
            Place::Nowhere | Place::Pinned(_) | Place::Memory | Place::Late => return None,
        };
        if node.rep == Rep::Mask {
            // As wide as what is compared, or as the widest mask among the arguments.
            let bytes = |a: &Arg| match a.kind {
                Kind::Vector(ty) => ty.bytes(),
                Kind::Mask(bytes) => bytes,
            };
            self.mask_bytes[id] = args.iter().map(bytes).max().unwrap_or(1);
        }
        let kind = self.kind(id);
        T::step(&mut self.out, &Step { op: node.op, to, kind, args: &args })?;
        for ((&n, arg), own) in node.args.iter().zip(&args).zip(owned) {
            self.release(n, arg.reg, own);
        }
        self.places[id] = Some(place);
        Some(())
    }
}
