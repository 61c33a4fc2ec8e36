//! Elements that do not lie side by side: loads and stores one element at a time, put together and taken apart in registers.
//!
//! Whole vectors take the elements in order, pairs first, or (at every second place, or backward) what lies there as vectors,
//! shuffled. Under a mask, and in the last iterations, a loop over the lanes that take part moves elements between their places and memory below the
//! stack. Stores are in the order of the lanes.

use crate::assemble::Assembler;
use crate::encode::{Gpr, Mem, Rm, Vector, Width};
use crate::kernel::{Node, NodeId, Op, Pace, Rep};
use crate::rows::strided as own;
use crate::target::{Arg, INDEX, Out, SCRATCH, Target, WORDS};
use cranelift_entity::EntityRef;
use looplift_mir::Ty;

/// The distance of elements, where it is in a register.
const STRIDE: Gpr = Gpr::R10;
const BITS: Gpr = Gpr::RBX;
const LANE: Gpr = Gpr::R12;
const ELEMENT: Gpr = Gpr::R13;
/// Registers of this module; no pointer has them then.
pub(crate) const REGISTERS: [Gpr; 4] = [STRIDE, BITS, LANE, ELEMENT];
/// Below the stack.
const BUFFER: Mem = Mem::At { base: Gpr::RSP, index: None, disp: -128 };
const HALF: u32 = 16;

/// Constant distances up to here are part of addresses.
pub(crate) const MOST: i64 = 1 << 16;

/// Whether elements at that distance are had by shuffling whole vectors.
pub(crate) fn is_shuffled(stride: i64, size: u32) -> bool {
    let size = i64::from(size);
    stride.abs() == 2 * size || stride == -size
}

/// An access: its pointer, how far from that, and the copy of the body.
#[derive(Clone, Copy)]
pub(crate) struct Spot {
    pub pointer: u32,
    pub offset: i32,
    pub copy: u32,
}

/// Where the lanes are: [`SCRATCH`] and a displacement for the first one.
#[derive(Clone, Copy)]
enum Walk {
    Constant {
        first: i32,
        stride: i32,
    },
    /// The distance is in [`STRIDE`].
    Register {
        first: i32,
    },
}

fn vec(n: u8) -> Rm {
    Rm::Vec(Vector(n))
}

impl<T: Target> Assembler<'_, T> {
    /// Finds the first lane.
    fn walk(&mut self, at: Spot) -> Walk {
        let Spot { pointer, offset, copy } = at;
        let past = (copy * self.k.lanes) as i32;
        let walk = match self.k.pointers[pointer as usize] {
            Pace::Word(n) => {
                self.out.asm.load(STRIDE, WORDS, 8 * self.k.invariant_word(n) as i32);
                self.out.asm.lea(SCRATCH, INDEX, past);
                self.out.asm.multiply(SCRATCH, STRIDE);
                Walk::Register { first: offset }
            }
            Pace::Bytes(stride) => {
                self.out.asm.multiply_by(SCRATCH, INDEX, stride);
                Walk::Constant { first: offset + past * stride, stride }
            }
            // Not asked.
            Pace::Beside => Walk::Constant { first: offset, stride: 0 },
        };
        match self.pointers[pointer as usize] {
            Some(g) => self.out.asm.plus(SCRATCH, g),
            None => {
                self.out.asm.load(ELEMENT, WORDS, 8 * self.k.pointer_word(pointer) as i32);
                self.out.asm.plus(SCRATCH, ELEMENT);
            }
        }
        walk
    }

    /// The place of a lane; they are asked for in order.
    fn lane(&mut self, walk: Walk, lane: u32) -> Mem {
        match walk {
            Walk::Constant { first, stride } => Mem::At { base: SCRATCH, index: None, disp: first + lane as i32 * stride },
            Walk::Register { first } => {
                let odd = lane % 2 == 1;
                if lane > 0 && !odd {
                    self.out.asm.lea_at(SCRATCH, SCRATCH, STRIDE, 2);
                }
                Mem::At { base: SCRATCH, index: odd.then_some((STRIDE, 1)), disp: first }
            }
        }
    }

    /// The node's register.
    pub(crate) fn load_apart(&mut self, id: NodeId, at: Spot, part: bool) -> Option<u8> {
        let node = &self.k.nodes[id];
        let ty = node.rep.ty()?;
        let mask = node.args.first().copied();
        let to = self.out.vectors.take()?;
        if part || mask.is_some() {
            let m = match mask {
                Some(n) => Some(self.mask(n)?),
                None => None,
            };
            self.load_each(ty, to, at, m, part)?;
            if let (Some(n), Some(m)) = (mask, m) {
                self.release(n, m.reg, false);
            }
            return Some(to);
        }
        let walk = self.walk(at);
        if let Walk::Constant { first, stride } = walk
            && is_shuffled(i64::from(stride), ty.bytes())
            && T::load_shuffled(&mut self.out, ty, to, SCRATCH, first, stride).is_some()
        {
            return Some(to);
        }
        let size = ty.bytes();
        let per_half = (HALF / size).min(self.k.lanes);
        let halves = self.k.lanes / per_half;
        let mut lane = 0;
        let mut fill = |s: &mut Self, reg: u8| {
            for k in 0..per_half {
                let mem = s.lane(walk, lane);
                s.insert(size, reg, k, mem);
                lane += 1;
            }
        };
        fill(self, to);
        if halves >= 2 {
            let t = self.out.vectors.take()?;
            fill(self, t);
            T::raw(&mut self.out, own::INSERT_HALF, Width::B32, to, to, vec(t), Some(1));
            if halves == 4 {
                let u = self.out.vectors.take()?;
                fill(self, t);
                fill(self, u);
                T::raw(&mut self.out, own::INSERT_HALF, Width::B32, t, t, vec(u), Some(1));
                T::raw(&mut self.out, own::INSERT_TWO, Width::B64, to, to, vec(t), Some(1));
                self.out.vectors.give(u);
            }
            self.out.vectors.give(t);
        }
        Some(to)
    }

    /// Two loads that read all there is between them, at once; the other one's node, and the registers of both, this one's first.
    pub(crate) fn load_pair(&mut self, id: NodeId, at: Spot, part: bool) -> Option<(NodeId, [u8; 2])> {
        let node = &self.k.nodes[id];
        let ty = node.rep.ty()?;
        let size = ty.bytes() as i32;
        // The other one is early then: it needs a register for longer.
        if part || !node.args.is_empty() || self.k.pointers[at.pointer as usize] != Pace::Bytes(2 * size) || self.out.vectors.count() < 6 {
            return None;
        }
        let is_other = |n: &Node| match n.op {
            Op::Load { pointer, offset } => pointer == at.pointer && (offset - at.offset).abs() == size && n.args.is_empty() && n.rep == Rep::Vector(ty),
            _ => false,
        };
        let is_in_the_way = |n: &Node| matches!(n.op, Op::Store { .. } | Op::StorePair { .. } | Op::Leave);
        let behind = self.k.nodes.iter().skip(id.index() + 1);
        let (other, node) = behind.take_while(|(_, n)| !is_in_the_way(n)).find(|&(n, node)| is_other(node) && self.uses[n] > 0)?;
        let Op::Load { offset, .. } = node.op else { return None };
        let walk = self.walk(Spot { offset: at.offset.min(offset), ..at });
        let Walk::Constant { first, .. } = walk else { return None };
        let to = [self.out.vectors.take()?, self.out.vectors.take()?];
        if T::load_two(&mut self.out, ty, to, SCRATCH, first).is_none() {
            to.into_iter().for_each(|r| self.out.vectors.give(r));
            return None;
        }
        Some((other, if at.offset < offset { to } else { [to[1], to[0]] }))
    }

    /// Element `k` of the low half.
    fn insert(&mut self, size: u32, reg: u8, k: u32, mem: Mem) {
        let (o, mem, place) = (&mut self.out, Rm::Mem(mem, size), Some(k as u8));
        match (size, k) {
            (8, 0) => T::raw(o, own::LOAD_64, Width::B16, reg, 0, mem, None),
            (8, _) => T::raw(o, own::LOAD_HIGH, Width::B16, reg, reg, mem, None),
            (4, 0) => T::raw(o, own::LOAD_32, Width::B16, reg, 0, mem, None),
            (4, _) => T::raw(o, own::INSERT_32, Width::B16, reg, reg, mem, place),
            _ => {
                if k == 0 {
                    T::raw(o, own::XOR, Width::B16, reg, reg, vec(reg), None);
                }
                T::raw(o, if size == 2 { own::INSERT_16 } else { own::INSERT_8 }, Width::B16, reg, reg, mem, place);
            }
        }
    }

    /// Lane `k` of the low half to memory.
    fn extract(&mut self, size: u32, reg: u8, k: u32, mem: Mem) {
        let (o, mem, place) = (&mut self.out, Rm::Mem(mem, size), Some(k as u8));
        match (size, k) {
            (8, 0) => T::raw(o, own::STORE_64, Width::B16, reg, 0, mem, None),
            (8, _) => T::raw(o, own::STORE_HIGH, Width::B16, reg, 0, mem, None),
            (4, 0) => T::raw(o, own::STORE_32, Width::B16, reg, 0, mem, None),
            (4, _) => T::raw(o, own::EXTRACT_32, Width::B16, reg, 0, mem, place),
            (2, _) => T::raw(o, own::EXTRACT_16, Width::B16, reg, 0, mem, place),
            _ => T::raw(o, own::EXTRACT_8, Width::B16, reg, 0, mem, place),
        }
    }

    pub(crate) fn store_apart(&mut self, id: NodeId, at: Spot, part: bool) -> Option<()> {
        let args = self.k.nodes[id].args.clone();
        let ty = self.k.nodes[args[0]].rep.ty()?;
        let (reg, owned) = self.operand(args[0])?;
        if part || args.len() > 1 {
            let m = match args.get(1) {
                Some(&n) => Some(self.mask(n)?),
                None => None,
            };
            self.store_each(ty, reg, at, m, part)?;
            if let (Some(&n), Some(m)) = (args.get(1), m) {
                self.release(n, m.reg, false);
            }
        } else {
            self.store_lanes(ty, reg, at)?;
        }
        self.release(args[0], reg, owned);
        Some(())
    }

    /// All lanes.
    fn store_lanes(&mut self, ty: Ty, reg: u8, at: Spot) -> Option<()> {
        let (size, lanes) = (ty.bytes(), self.k.lanes);
        let t = self.out.vectors.take()?;
        if self.k.pointers[at.pointer as usize] == Pace::Bytes(-(size as i32)) && T::reverse(&mut self.out, ty, t, reg).is_some() {
            if let Walk::Constant { first, stride } = self.walk(at) {
                let (disp, _) = two_vectors(lanes, first, stride, size);
                T::store(&mut self.out, ty, t, Mem::At { base: SCRATCH, index: None, disp }, false)?;
            }
            self.out.vectors.give(t);
            return Some(());
        }
        let walk = self.walk(at);
        let per_half = (HALF / size).min(lanes);
        for half in 0..lanes / per_half {
            let from = match half {
                0 => reg,
                _ => {
                    let width = if lanes * size > 32 { Width::B64 } else { Width::B32 };
                    // The register that is read is in the place of the other one.
                    T::raw(&mut self.out, own::EXTRACT_HALF, width, reg, 0, vec(t), Some(half as u8));
                    t
                }
            };
            for k in 0..per_half {
                let mem = self.lane(walk, half * per_half + k);
                self.extract(size, from, k, mem);
            }
        }
        self.out.vectors.give(t);
        Some(())
    }

    /// Two elements side by side in every iteration.
    pub(crate) fn store_pair(&mut self, id: NodeId, at: Spot, part: bool) -> Option<()> {
        let args = self.k.nodes[id].args.clone();
        let ty = self.k.nodes[args[0]].rep.ty()?;
        let size = ty.bytes() as i32;
        let (a, b) = (self.operand(args[0])?, self.operand(args[1])?);
        let next = Spot { offset: at.offset + size, ..at };
        if part {
            self.store_each(ty, a.0, at, None, part)?;
            self.store_each(ty, b.0, next, None, part)?;
        } else {
            let to = [self.out.vectors.take()?, self.out.vectors.take()?];
            if T::interleave(&mut self.out, ty, to, [a.0, b.0]).is_some() {
                if let Walk::Constant { first, .. } = self.walk(at) {
                    for (n, reg) in to.into_iter().enumerate() {
                        let disp = first + n as i32 * size * self.k.lanes as i32;
                        T::store(&mut self.out, ty, reg, Mem::At { base: SCRATCH, index: None, disp }, false)?;
                    }
                }
            } else {
                self.store_lanes(ty, a.0, at)?;
                self.store_lanes(ty, b.0, next)?;
            }
            to.into_iter().for_each(|r| self.out.vectors.give(r));
        }
        self.release(args[0], a.0, a.1);
        self.release(args[1], b.0, b.1);
        Some(())
    }

    /// [`SCRATCH`]: the first lane without its displacement; [`STRIDE`]; [`BITS`]: the lanes that take part.
    fn start_each(&mut self, at: Spot, mask: Option<Arg>, part: bool) -> Option<i32> {
        let first = match self.walk(at) {
            Walk::Constant { first, stride } => {
                self.out.asm.mov_signed(STRIDE, stride);
                first
            }
            Walk::Register { first } => first,
        };
        T::bits(&mut self.out, mask, BITS, part)?;
        Some(first)
    }

    /// For each lane that takes part: [`ELEMENT`] is its address, but for the displacement, to begin with.
    fn each(&mut self, mut step: impl FnMut(&mut Out)) {
        let (again, done) = (self.out.asm.label(), self.out.asm.label());
        self.out.asm.and(BITS, BITS);
        self.out.asm.jz(done);
        self.out.asm.bind(again);
        self.out.asm.lowest_bit(LANE, BITS);
        self.out.asm.mov(ELEMENT, LANE);
        self.out.asm.multiply(ELEMENT, STRIDE);
        self.out.asm.plus(ELEMENT, SCRATCH);
        step(&mut self.out);
        self.out.asm.lea(ELEMENT, BITS, -1);
        self.out.asm.and(BITS, ELEMENT);
        self.out.asm.jnz(again);
        self.out.asm.bind(done);
    }

    fn load_each(&mut self, ty: Ty, to: u8, at: Spot, mask: Option<Arg>, part: bool) -> Option<()> {
        let first = self.start_each(at, mask, part)?;
        let size = ty.bytes();
        let width = self.out.width(ty);
        T::raw(&mut self.out, own::XOR, width, to, to, vec(to), None);
        T::store(&mut self.out, ty, to, BUFFER, false)?;
        self.each(|o| {
            o.asm.load_element(ELEMENT, Mem::At { base: ELEMENT, index: None, disp: first }, size);
            o.asm.store_element(ELEMENT, buffered(size), size);
        });
        T::load(&mut self.out, ty, to, BUFFER, false)
    }

    fn store_each(&mut self, ty: Ty, from: u8, at: Spot, mask: Option<Arg>, part: bool) -> Option<()> {
        let first = self.start_each(at, mask, part)?;
        let size = ty.bytes();
        T::store(&mut self.out, ty, from, BUFFER, false)?;
        self.each(|o| {
            o.asm.load_element(LANE, buffered(size), size);
            o.asm.store_element(LANE, Mem::At { base: ELEMENT, index: None, disp: first }, size);
        });
        Some(())
    }
}

fn buffered(size: u32) -> Mem {
    Mem::At { base: Gpr::RSP, index: Some((LANE, size as u8)), disp: -128 }
}

/// Elements of lanes among those of two vectors: the second one begins with the last element of the first one, so that
/// nothing behind the last lane is read.
pub(crate) fn places(lanes: u32, stride: i32, size: u32) -> Vec<u32> {
    let far = stride.unsigned_abs() / size;
    (0..lanes)
        .map(|lane| {
            let element = far * if stride > 0 { lane } else { lanes - 1 - lane };
            if element < lanes { element } else { element + 1 }
        })
        .collect()
}

/// The displacements of the two vectors.
pub(crate) fn two_vectors(lanes: u32, first: i32, stride: i32, size: u32) -> (i32, i32) {
    let low = if stride > 0 { first } else { first + (lanes as i32 - 1) * stride };
    (low, low + ((lanes - 1) * size) as i32)
}
