//! Nodes from the instructions of a loop: values as vectors or masks, loads and stores under the condition of their block.

use super::region::{Paths, Region, without_common};
use super::{Access, Address, Area, Induction, Invariant, MAX_NODES, Term, constant, inverted, result_of};
use crate::functions;
use crate::kernel::{Node, NodeId, Op, Pace, Rep};
use crate::rows;
use crate::strided;
use crate::why::{No, Why};
use cranelift_entity::{EntitySet, PrimaryMap};
use looplift_mir::*;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Bytes of the smallest pages that processors have.
const SMALLEST_PAGE: i32 = 4096;

/// How deep address arithmetic is followed.
const MAX_DEPTH: u32 = 12;
/// How deep values are.
const MAX_VALUE_DEPTH: u32 = 200;

/// Nodes of constants, by bits and type.
pub(crate) type Constants = FxHashMap<(u64, Ty), NodeId>;

/// Where an access goes.
#[derive(Clone, Copy)]
enum Place {
    /// Pointer and displacement: elements side by side.
    Moving(u32, i32),
    /// One element, the same in all iterations.
    Fixed(u32, Area),
}

/// A store that comes behind everything else.
pub(crate) struct Pending {
    access: Access,
    ty: Ty,
    value: NodeId,
    mask: Option<NodeId>,
}

pub(crate) struct Builder<'a> {
    pub func: &'a Function,
    pub region: &'a Region,
    /// Instructions of the loop.
    pub inside: EntitySet<Inst>,
    pub inductions: Vec<Induction>,
    /// Parameters of the header that never change.
    pub steady: Vec<Value>,
    pub nodes: PrimaryMap<NodeId, Node>,
    pub made: FxHashMap<(Value, Rep), NodeId>,
    pub consts: Constants,
    pub masks: FxHashMap<(Op, SmallVec<[NodeId; 3]>), NodeId>,
    pub pointers: Vec<Address>,
    /// Of each pointer.
    pub paces: Vec<Pace>,
    pub fixed: Vec<Address>,
    pub invariants: Vec<Invariant>,
    pub accesses: Vec<Access>,
    /// Widest element in a register, bytes.
    pub widest: u32,
    /// The only vector that counts, and (unless it counts from 0) what it counts as.
    pub counter_node: Option<(Option<Value>, NodeId)>,
    /// Stores come behind everything else.
    pub defers: bool,
    /// 1 where accesses go forward, -1 where they go back; they agree.
    pub way: Option<i64>,
    /// Something that may leave stands before.
    pub has_left: bool,
    /// Comparisons of integers of any kind are one instruction.
    pub compares_all_ways: bool,
    pub pending: Vec<Pending>,
}

/// Whether it calls an elementary function that can be computed side by side.
fn is_function(func: &Function, d: &InstData) -> bool {
    matches!(d.imm, Imm::Sym(sym) if functions::is_known(sym, func.flags.fastmath))
}

impl Builder<'_> {
    pub fn is_inside(&self, v: Value) -> bool {
        match self.func.values[v].def {
            ValueDef::Param(b, _) => self.region.contains(b),
            ValueDef::Result(i, _) => self.inside.contains(i),
        }
    }
    pub fn push(&mut self, op: Op, rep: Rep, args: &[NodeId]) -> NodeId {
        if let Rep::Vector(ty) = rep {
            self.widest = self.widest.max(ty.bytes());
        }
        let args: SmallVec<[NodeId; 3]> = args.into();
        // Registers of masks are few, and conditions are asked for again and again.
        if rep == Rep::Mask {
            let key = (op, args.clone());
            if let Some(&n) = self.masks.get(&key) {
                return n;
            }
            let n = self.nodes.push(Node { op, rep, args });
            self.masks.insert(key, n);
            return n;
        }
        self.nodes.push(Node { op, rep, args })
    }
    pub fn constant(&mut self, bits: u64, ty: Ty) -> NodeId {
        if let Some(&n) = self.consts.get(&(bits, ty)) {
            return n;
        }
        let n = self.push(Op::Const(bits), Rep::Vector(ty), &[]);
        self.consts.insert((bits, ty), n);
        n
    }
    pub fn invariant(&mut self, v: Invariant) -> u32 {
        let at = self.invariants.iter().position(|&x| x == v).unwrap_or_else(|| {
            self.invariants.push(v);
            self.invariants.len() - 1
        });
        at as u32
    }
    /// The constant by which a carried number grows.
    pub fn grows_by(&self, param: Value, next: Value) -> Option<i64> {
        let d = &self.func.insts[result_of(self.func, next).filter(|&i| self.inside.contains(i))?];
        if d.op != Opcode::Iadd || self.func.ty(param) != Ty::I64 {
            return None;
        }
        match d.args[..] {
            [a, k] | [k, a] if a == param => constant(self.func, k),
            _ => None,
        }
    }

    /// All blocks, in order; `test` is the counter's, which the loop itself is for.
    pub fn blocks(&mut self, test: Inst) -> Result<(), No> {
        let func = self.func;
        for &b in &self.region.blocks {
            let when = &self.region.when[b];
            for &i in &func.blocks[b].insts {
                if i == test {
                    continue;
                }
                let d = &func.insts[i];
                match d.op {
                    Opcode::Store => self.store(i, when)?,
                    Opcode::Load => self.load(i, when)?,
                    Opcode::Guard => self.leave(d.args[0], false, when)?,
                    // Others are made where they are used; address arithmetic is not used at all.
                    op if op.row().effect == Effect::NONE => {}
                    // Of no concern here: what it keeps is invariant.
                    Opcode::KeepAlive if d.args.iter().all(|&a| !self.is_inside(a)) => {}
                    Opcode::CallRt if is_function(func, d) => {}
                    Opcode::CallRt | Opcode::CallRtTry | Opcode::Call | Opcode::CallTry => return Err(Why::Call.at(i)),
                    _ => return Err(Why::InOrder.at(i)),
                }
            }
            for l in self.region.leaves.iter().filter(|l| l.block == b) {
                self.leave(l.cond, l.is, when)?;
            }
        }
        Ok(())
    }

    /// Stops where iterations that come here have `cond` equal to `is`.
    fn leave(&mut self, cond: Value, is: bool, when: &Paths) -> Result<(), No> {
        let mut mask = self.mask(cond, 0)?;
        if !is {
            mask = self.not(mask);
        }
        if let Some(here) = self.predicate(when)? {
            mask = self.push(Op::Lanes(Opcode::Band, Imm::None), Rep::Mask, &[here, mask]);
        }
        self.push(Op::Leave, Rep::Nothing, &[mask]);
        self.has_left = true;
        Ok(())
    }

    pub fn not(&mut self, mask: NodeId) -> NodeId {
        // The complement of an integer comparison is another one, which is as good where each is one instruction.
        if let Op::Lanes(Opcode::Icmp, Imm::ICond(cc)) = self.nodes[mask].op
            && (self.compares_all_ways || !matches!(cc, IntCC::Eq | IntCC::Sgt | IntCC::Slt))
        {
            let args = self.nodes[mask].args.clone();
            return self.push(Op::Lanes(Opcode::Icmp, Imm::ICond(inverted(cc))), Rep::Mask, &args);
        }
        self.push(Op::MaskNot, Rep::Mask, &[mask])
    }

    /// Which iterations; `None`: all.
    pub fn predicate(&mut self, when: &Paths) -> Result<Option<NodeId>, No> {
        if when.iter().any(|p| p.is_empty()) {
            return Ok(None);
        }
        let mut any: Option<NodeId> = None;
        for path in when {
            let mut all: Option<NodeId> = None;
            for &(cond, is) in path {
                let mut mask = self.mask(cond, 0)?;
                if !is {
                    mask = self.not(mask);
                }
                all = Some(match all {
                    Some(a) => self.push(Op::Lanes(Opcode::Band, Imm::None), Rep::Mask, &[a, mask]),
                    None => mask,
                });
            }
            any = match (any, all) {
                (Some(a), Some(b)) => Some(self.push(Op::Lanes(Opcode::Bor, Imm::None), Rep::Mask, &[a, b])),
                (a, b) => a.or(b),
            };
        }
        Ok(any)
    }

    fn address(&self, v: Value, depth: u32) -> Result<Address, Why> {
        let term = |value| [Term { value, by: None, factor: 1 }].into_iter().collect();
        if let Some(i) = self.inductions.iter().find(|i| i.param == v) {
            return Ok(Address { terms: term(v), stride: i.step, ..Address::default() });
        }
        if let Some(k) = constant(self.func, v) {
            return Ok(Address { offset: k, ..Address::default() });
        }
        if !self.is_inside(v) || self.steady.contains(&v) {
            return Ok(Address { terms: term(v), ..Address::default() });
        }
        let Some(i) = result_of(self.func, v).filter(|_| depth <= MAX_DEPTH) else { return Err(Why::Scattered) };
        let d = &self.func.insts[i];
        let sum = match d.op {
            Opcode::Iadd => self.address(d.args[0], depth + 1)?.plus(&self.address(d.args[1], depth + 1)?, 1),
            Opcode::Isub => self.address(d.args[0], depth + 1)?.plus(&self.address(d.args[1], depth + 1)?, -1),
            Opcode::Ineg => Address::default().plus(&self.address(d.args[0], depth + 1)?, -1),
            Opcode::Shl => match constant(self.func, d.args[1]).filter(|k| (0..32).contains(k)) {
                Some(k) => Address::default().plus(&self.address(d.args[0], depth + 1)?, 1 << k),
                None => None,
            },
            Opcode::Imul => match (constant(self.func, d.args[0]), constant(self.func, d.args[1])) {
                (_, Some(k)) => Address::default().plus(&self.address(d.args[0], depth + 1)?, k),
                (Some(k), _) => Address::default().plus(&self.address(d.args[1], depth + 1)?, k),
                // An index times the distance of elements that is known only when the program runs.
                (None, None) => {
                    let is_fixed = |v: Value| !self.is_inside(v) || self.steady.contains(&v);
                    match (is_fixed(d.args[0]), is_fixed(d.args[1])) {
                        (_, true) => self.address(d.args[0], depth + 1)?.times(d.args[1]),
                        (true, _) => self.address(d.args[1], depth + 1)?.times(d.args[0]),
                        (false, false) => return Err(Why::Stride),
                    }
                }
            },
            _ => None,
        };
        sum.ok_or(Why::Scattered)
    }

    /// Where an access goes; it is not noted yet.
    fn place(&mut self, i: Inst, addr: Value, size: u32, is_store: bool) -> Result<(Place, Access), No> {
        let Imm::Mem(region, extra) = self.func.insts[i].imm else { return Err(Why::InOrder.at(i)) };
        if !matches!(region, Area::Data | Area::Items | Area::Const) {
            return Err(Why::InOrder.at(i));
        }
        let mut a = self.address(addr, 0).map_err(|why| why.at(i))?;
        let mut access = Access { inst: i, is_store, region, is_fixed: false, pointer: 0, offset: 0, size, moved: false };
        let is_still = a.stride == 0 && a.paces.is_empty();
        if is_still && a.terms.is_empty() {
            return Err(Why::Scattered.at(i));
        }
        if is_still {
            if is_store {
                return Err(Why::OneElement.at(i));
            }
            a.offset = a.offset.checked_add(i64::from(extra)).ok_or(Why::Scattered.at(i))?;
            self.fixed.push(a);
            access.is_fixed = true;
            access.pointer = self.fixed.len() as u32 - 1;
            return Ok((Place::Fixed(access.pointer, region), access));
        }
        // Back to front: the kernel runs the iterations from the last to the first.
        let is_beside = a.paces.is_empty() && a.stride.unsigned_abs() == u64::from(size) && *self.way.get_or_insert(a.stride.signum()) == a.stride.signum();
        let offset = a.offset.checked_add(i64::from(extra)).and_then(|o| i32::try_from(o).ok()).filter(|o| o.saturating_abs() < 1 << 30);
        access.offset = offset.ok_or(Why::Scattered.at(i))?;
        a.offset = 0;
        let known = (0..self.pointers.len()).find(|&n| self.pointers[n] == a && (self.paces[n] == Pace::Beside) == is_beside);
        access.pointer = known.unwrap_or_else(|| {
            let n = self.pointers.len();
            let constant = a.paces.is_empty().then_some(a.stride).filter(|s| s.abs() <= strided::MOST);
            let pace = match constant {
                _ if is_beside => Pace::Beside,
                Some(stride) => Pace::Bytes(stride as i32),
                None => Pace::Word(self.invariant(Invariant::Stride(n as u32))),
            };
            self.pointers.push(a);
            self.paces.push(pace);
            n
        }) as u32;
        Ok((Place::Moving(access.pointer, access.offset), access))
    }

    /// Whether all iterations load before and behind an element, and so near that it lies in a page of one of those: then it can be
    /// loaded whether it is wanted or not.
    fn is_between_loads(&self, pointer: u32, offset: i32) -> bool {
        let loads = self.nodes.values().filter(|n| n.args.is_empty()).filter_map(|n| match n.op {
            Op::Load { pointer: p, offset } if p == pointer => Some(offset),
            _ => None,
        });
        let (mut before, mut behind) = (None::<i32>, None::<i32>);
        for at in loads {
            if at <= offset {
                before = before.max(Some(at));
            }
            if at >= offset {
                behind = Some(behind.map_or(at, |b| b.min(at)));
            }
        }
        before.zip(behind).is_some_and(|(from, to)| to - from < SMALLEST_PAGE)
    }

    fn load(&mut self, i: Inst, when: &Paths) -> Result<(), No> {
        let d = &self.func.insts[i];
        let (Some(ty), result) = (d.ty, d.results[0]) else { return Err(Why::InOrder.at(i)) };
        if ty == Ty::Ref {
            return Err(Why::Objects.at(i));
        }
        let here = self.predicate(when)?;
        let (place, mut access) = self.place(i, d.args[0], ty.bytes(), false)?;
        let node = match place {
            Place::Moving(pointer, offset) => {
                let same = |p: &&Pending| (p.access.pointer, p.access.offset) == (pointer, offset);
                let stored = self.pending.iter().rev().find(same).map(|p| (p.ty, p.value, p.mask));
                match stored {
                    Some((of, value, None)) if of == ty => {
                        self.made.insert((result, Rep::Vector(ty)), value);
                        return Ok(());
                    }
                    Some((of, ..)) if of != ty => return Err(Why::WrittenBefore.at(i)),
                    _ => {}
                }
                access.moved = !self.pending.is_empty();
                let mask = here.filter(|_| !self.is_between_loads(pointer, offset));
                let mut node = self.push(Op::Load { pointer, offset }, Rep::Vector(ty), mask.as_slice());
                if let Some((_, value, Some(mask))) = stored {
                    node = self.push(Op::Lanes(Opcode::Select, Imm::None), Rep::Vector(ty), &[mask, value, node]);
                }
                node
            }
            Place::Fixed(pointer, region) => {
                // The kernel reads it before the first iteration: then the loop does, too.
                if here.is_some() || self.has_left || !self.pending.is_empty() {
                    return Err(Why::LateElement.at(i));
                }
                let n = self.invariant(Invariant::Load(pointer, ty, region));
                self.push(Op::Invariant(n), Rep::Vector(ty), &[])
            }
        };
        self.accesses.push(access);
        self.made.insert((result, Rep::Vector(ty)), node);
        Ok(())
    }

    fn store(&mut self, i: Inst, when: &Paths) -> Result<(), No> {
        let d = &self.func.insts[i];
        let (value, addr) = (d.args[0], d.args[1]);
        let ty = self.func.ty(value);
        if ty == Ty::Ref {
            return Err(Why::Objects.at(i));
        }
        let node = self.vector(value, 0)?;
        let mask = self.predicate(when)?;
        let (place, access) = self.place(i, addr, ty.bytes(), true)?;
        let Place::Moving(pointer, offset) = place else { return Err(Why::OneElement.at(i)) };
        if !self.defers {
            self.accesses.push(access);
            self.push(Op::Store { pointer, offset }, Rep::Nothing, &[node]);
            return Ok(());
        }
        // A second store to the same place is one with the first.
        let same = |p: &Pending| (p.access.pointer, p.access.offset, p.ty) == (pointer, offset, ty);
        if let Some(at) = self.pending.iter().position(same) {
            let (old, before) = (self.pending[at].value, self.pending[at].mask);
            let select = Op::Lanes(Opcode::Select, Imm::None);
            let (value, both) = match (mask, before) {
                (None, _) => (node, None),
                (Some(m), None) => (self.push(select, Rep::Vector(ty), &[m, node, old]), None),
                (Some(m), Some(b)) => {
                    let value = self.push(select, Rep::Vector(ty), &[m, node, old]);
                    let all = self.are_opposite(m, b);
                    (value, (!all).then(|| self.push(Op::Lanes(Opcode::Bor, Imm::None), Rep::Mask, &[m, b])))
                }
            };
            (self.pending[at].value, self.pending[at].mask) = (value, both);
            return Ok(());
        }
        self.pending.push(Pending { access, ty, value: node, mask });
        Ok(())
    }

    /// Two stores that fill every place between them become one, if nothing stands between that reads or writes.
    pub fn pair_stores(&mut self) {
        let ids: Vec<NodeId> = self.nodes.keys().collect();
        let mut last: Option<NodeId> = None;
        for id in ids {
            let (op, args) = (self.nodes[id].op, self.nodes[id].args.clone());
            match op {
                Op::Store { pointer, offset } if args.len() == 1 => {
                    if let Some(first) = last
                        && let Op::Store { pointer: p, offset: o } = self.nodes[first].op
                        && let (Rep::Vector(a), Rep::Vector(b)) = (self.nodes[self.nodes[first].args[0]].rep, self.nodes[args[0]].rep)
                        && p == pointer
                        && a.bytes() == b.bytes()
                        && a.bytes() >= 4
                        && self.paces[p as usize] == Pace::Bytes(2 * a.bytes() as i32)
                        && (offset - o).unsigned_abs() == a.bytes()
                    {
                        let other = self.nodes[first].args[0];
                        let values = if o < offset { [other, args[0]] } else { [args[0], other] };
                        self.nodes[id] = Node { op: Op::StorePair { pointer, offset: o.min(offset) }, rep: Rep::Nothing, args: values.as_slice().into() };
                        // Nobody uses it.
                        self.nodes[first] = Node { op: Op::Const(0), rep: Rep::Vector(Ty::I8), args: SmallVec::new() };
                        last = None;
                    } else {
                        last = Some(id);
                    }
                }
                Op::Load { .. } | Op::Store { .. } | Op::StorePair { .. } | Op::Leave => last = None,
                _ => {}
            }
        }
    }

    /// An access, if putting vectors together from single elements costs more than what is done with them gains.
    pub fn is_scattered_too_much(&self, reductions: usize) -> Option<Inst> {
        let is_apart = |a: &&Access| !a.is_fixed && self.paces[a.pointer as usize] != Pace::Beside;
        let first = self.accesses.iter().find(is_apart)?;
        let of_one = |a: &Access| match self.paces[a.pointer as usize] {
            Pace::Bytes(s) if strided::is_shuffled(i64::from(s), a.size) && a.size >= 4 => 1,
            _ if a.size >= 4 => 4,
            _ => 8,
        };
        let cost: u32 = self.accesses.iter().filter(is_apart).map(of_one).sum();
        let gain: u32 = self
            .nodes
            .values()
            .map(|n| match n.op {
                Op::Const(_) | Op::Invariant(_) | Op::Leave => 0,
                Op::Lanes(Opcode::Fdiv | Opcode::Fsqrt, _) | Op::Rescue(_) => 12,
                Op::Load { pointer, .. } | Op::Store { pointer, .. } if self.paces[pointer as usize] != Pace::Beside => 0,
                _ => 2,
            })
            .sum();
        // Sums wait for each other where they are not side by side.
        let gain = gain + 4 * reductions as u32;
        (cost > gain).then_some(first.inst)
    }

    /// Whether one mask is the complement of the other.
    fn are_opposite(&self, a: NodeId, b: NodeId) -> bool {
        let inverse = |a: NodeId, b: NodeId| match (self.nodes[a].op, self.nodes[b].op) {
            (Op::MaskNot, _) => self.nodes[a].args[0] == b,
            (Op::Lanes(Opcode::Icmp, Imm::ICond(x)), Op::Lanes(Opcode::Icmp, Imm::ICond(y))) => x == inverted(y) && self.nodes[a].args == self.nodes[b].args,
            _ => false,
        };
        inverse(a, b) || inverse(b, a)
    }

    /// Emits the stores.
    pub fn flush(&mut self) {
        for p in std::mem::take(&mut self.pending) {
            let mut args: SmallVec<[NodeId; 2]> = [p.value].into_iter().collect();
            args.extend(p.mask);
            self.push(Op::Store { pointer: p.access.pointer, offset: p.access.offset }, Rep::Nothing, &args);
            self.accesses.push(p.access);
        }
    }

    /// The value as a vector.
    pub fn vector(&mut self, v: Value, depth: u32) -> Result<NodeId, No> {
        let rep = Rep::Vector(self.func.ty(v));
        if let Some(&n) = self.made.get(&(v, rep)) {
            return Ok(n);
        }
        let n = match self.made.get(&(v, Rep::Mask)) {
            Some(&m) => self.push(Op::MaskToBytes, rep, &[m]),
            None => {
                let n = self.value(v, depth)?;
                match self.nodes[n].rep {
                    Rep::Mask => self.push(Op::MaskToBytes, rep, &[n]),
                    Rep::Vector(_) | Rep::Nothing => n,
                }
            }
        };
        self.made.insert((v, rep), n);
        Ok(n)
    }

    /// The value as a mask: an i8 that is not 0.
    pub fn mask(&mut self, v: Value, depth: u32) -> Result<NodeId, No> {
        if let Some(&n) = self.made.get(&(v, Rep::Mask)) {
            return Ok(n);
        }
        let n = match self.made.get(&(v, Rep::Vector(Ty::I8))) {
            Some(&b) => self.push(Op::BytesToMask, Rep::Mask, &[b]),
            None => {
                let n = self.value(v, depth)?;
                match self.nodes[n].rep {
                    Rep::Mask => n,
                    Rep::Vector(_) | Rep::Nothing => self.push(Op::BytesToMask, Rep::Mask, &[n]),
                }
            }
        };
        self.made.insert((v, Rep::Mask), n);
        Ok(n)
    }

    /// The value in whichever form comes first.
    fn value(&mut self, v: Value, depth: u32) -> Result<NodeId, No> {
        let ty = self.func.ty(v);
        if depth > MAX_VALUE_DEPTH || self.nodes.len() > MAX_NODES {
            return Err(Why::Large.no());
        }
        if let Some(&n) = self.made.get(&(v, Rep::Mask)).or_else(|| self.made.get(&(v, Rep::Vector(ty)))) {
            return Ok(n);
        }
        let n = self.make(v, ty, depth)?;
        let rep = self.nodes[n].rep;
        self.made.insert((v, rep), n);
        Ok(n)
    }

    fn make(&mut self, v: Value, ty: Ty, depth: u32) -> Result<NodeId, No> {
        if ty == Ty::Ref {
            return Err(Why::Objects.no());
        }
        if let Some(&i) = self.inductions.iter().find(|i| i.param == v) {
            return Ok(self.count(i));
        }
        let def = result_of(self.func, v);
        if let Some(i) = def {
            let d = &self.func.insts[i];
            let bits = match (d.op, d.imm) {
                (Opcode::Iconst, Imm::Int(n)) => Some(n as u64),
                (Opcode::Fconst, Imm::Float(bits)) => Some(bits),
                _ => None,
            };
            if let Some(bits) = bits {
                return Ok(self.constant(bits, ty));
            }
        }
        if !self.is_inside(v) || self.steady.contains(&v) {
            let n = self.invariant(Invariant::Value(v));
            return Ok(self.push(Op::Invariant(n), Rep::Vector(ty), &[]));
        }
        match self.func.values[v].def {
            ValueDef::Param(b, n) if b != self.region.blocks[0] => self.join(b, n as usize, depth + 1),
            // A reduction, which only its own operations use.
            ValueDef::Param(..) => Err(Why::Carried.no()),
            ValueDef::Result(i, 0) => self.lanes(i, ty, depth + 1),
            ValueDef::Result(i, _) => Err(Why::InOrder.at(i)),
        }
    }

    /// A carried number that grows evenly, in all lanes.
    fn count(&mut self, i: Induction) -> NodeId {
        let vector = Rep::Vector(Ty::I64);
        let lanes = |op| Op::Lanes(op, Imm::None);
        let (of, counter) = match self.counter_node {
            Some(c) => c,
            None => {
                let (of, start) = if i.step == 1 { (Some(i.param), Invariant::Value(i.param)) } else { (None, Invariant::Zero) };
                let start = self.invariant(start);
                let n = self.push(Op::Counter(start), vector, &[]);
                self.counter_node = Some((of, n));
                (of, n)
            }
        };
        if of == Some(i.param) {
            return counter;
        }
        let start = |s: &mut Self, v: Value| {
            let n = s.invariant(Invariant::Value(v));
            s.push(Op::Invariant(n), vector, &[])
        };
        let mut way = counter;
        if let Some(v) = of {
            let from = start(self, v);
            way = self.push(lanes(Opcode::Isub), vector, &[way, from]);
        }
        if i.step != 1 {
            let k = self.constant(i.step as u64, Ty::I64);
            way = self.push(lanes(Opcode::Imul), vector, &[way, k]);
        }
        let from = start(self, i.param);
        self.push(lanes(Opcode::Iadd), vector, &[from, way])
    }

    /// A parameter of a block inside: what the way taken passes.
    fn join(&mut self, b: Block, at: usize, depth: u32) -> Result<NodeId, No> {
        let edges = &self.region.edges[b];
        let ty = self.func.ty(self.func.blocks[b].params[at]);
        let when = without_common(edges);
        let Some((last, others)) = edges.split_last() else { return Err(Why::Branches.no()) };
        let v = last.args[at];
        if others.iter().all(|e| e.args[at] == v) {
            return self.value(v, depth);
        }
        let mut made = self.value(v, depth)?;
        for (n, e) in others.iter().enumerate().rev() {
            let other = self.value(e.args[at], depth)?;
            let Some(taken) = self.predicate(&when[n])? else { return Err(Why::Branches.no()) };
            if self.nodes[made].rep == Rep::Mask && self.nodes[other].rep == Rep::Mask {
                let not = self.not(taken);
                let a = self.push(Op::Lanes(Opcode::Band, Imm::None), Rep::Mask, &[taken, other]);
                let b = self.push(Op::Lanes(Opcode::Band, Imm::None), Rep::Mask, &[not, made]);
                made = self.push(Op::Lanes(Opcode::Bor, Imm::None), Rep::Mask, &[a, b]);
                continue;
            }
            let (a, b) = (self.as_bytes(other, ty), self.as_bytes(made, ty));
            made = self.push(Op::Lanes(Opcode::Select, Imm::None), Rep::Vector(ty), &[taken, a, b]);
        }
        Ok(made)
    }
    pub fn as_bytes(&mut self, n: NodeId, ty: Ty) -> NodeId {
        match self.nodes[n].rep {
            Rep::Mask => self.push(Op::MaskToBytes, Rep::Vector(ty), &[n]),
            Rep::Vector(_) | Rep::Nothing => n,
        }
    }

    fn lanes(&mut self, i: Inst, ty: Ty, depth: u32) -> Result<NodeId, No> {
        use Opcode::*;
        let func = self.func;
        let d = &func.insts[i];
        let (op, imm) = (d.op, d.imm);
        let lanes = Op::Lanes(op, imm);
        let vector = Rep::Vector(ty);
        let row = || Why::Row(op).at(i);
        match op {
            Icmp | Fcmp => {
                if func.ty(d.args[0]) == Ty::Ref {
                    return Err(Why::Objects.at(i));
                }
                let (a, b) = (self.vector(d.args[0], depth)?, self.vector(d.args[1], depth)?);
                Ok(self.push(lanes, Rep::Mask, &[a, b]))
            }
            Select => {
                let c = self.mask(d.args[0], depth)?;
                let (a, b) = (self.vector(d.args[1], depth)?, self.vector(d.args[2], depth)?);
                Ok(self.push(lanes, vector, &[c, a, b]))
            }
            Band | Bor | Bxor if ty == Ty::I8 => {
                let (a, b) = (self.value(d.args[0], depth)?, self.value(d.args[1], depth)?);
                // A constant 0 or 1 with a mask is a mask.
                let one = |s: &Self, n: NodeId| matches!(s.nodes[n].op, Op::Const(0 | 1));
                if (self.nodes[a].rep == Rep::Mask || one(self, a)) && (self.nodes[b].rep == Rep::Mask || one(self, b)) {
                    let (a, b) = (self.mask(d.args[0], depth)?, self.mask(d.args[1], depth)?);
                    return Ok(self.push(lanes, Rep::Mask, &[a, b]));
                }
                let (a, b) = (self.vector(d.args[0], depth)?, self.vector(d.args[1], depth)?);
                Ok(self.push(lanes, vector, &[a, b]))
            }
            Sext | Zext | Ireduce | SintToFloat | UintToFloat | FloatToSint | Fpromote | Fdemote => {
                rows::convert(op, func.ty(d.args[0]), ty).ok_or_else(row)?;
                let a = self.vector(d.args[0], depth)?;
                Ok(self.push(lanes, vector, &[a]))
            }
            Bitcast => {
                let a = self.vector(d.args[0], depth)?;
                Ok(self.push(lanes, vector, &[a]))
            }
            Shl | Ushr | Sshr => {
                // Counts have the type of i64; a constant one serves for i32 too.
                rows::simple(op, ty).ok_or_else(row)?;
                let a = self.vector(d.args[0], depth)?;
                let count = match (ty, constant(func, d.args[1])) {
                    (Ty::I64, _) => self.vector(d.args[1], depth)?,
                    (_, Some(k)) => {
                        let k = k.clamp(-1, 64) as u64 & 0xffff_ffff;
                        self.push(Op::Const(k), vector, &[])
                    }
                    (_, None) => return Err(row()),
                };
                Ok(self.push(lanes, vector, &[a, count]))
            }
            FloorMod | FloorDiv => {
                // By a power of two: the low bits, or a shift.
                let k = constant(func, d.args[1]).filter(|k| *k > 0 && (*k as u64).is_power_of_two()).ok_or_else(row)?;
                let (op, k) = if op == FloorMod { (Band, k as u64 - 1) } else { (Sshr, u64::from(k.trailing_zeros())) };
                rows::simple(op, ty).ok_or_else(row)?;
                let a = self.vector(d.args[0], depth)?;
                let k = self.constant(k, ty);
                Ok(self.push(Op::Lanes(op, Imm::None), vector, &[a, k]))
            }
            Imul if ty == Ty::I8 => {
                let (a, b) = (self.vector(d.args[0], depth)?, self.vector(d.args[1], depth)?);
                Ok(self.push(lanes, vector, &[a, b]))
            }
            Ineg | Bnot | Fneg | Fabs => {
                let a = self.vector(d.args[0], depth)?;
                Ok(self.push(lanes, vector, &[a]))
            }
            FminNan | FmaxNan | Fcopysign => {
                let (a, b) = (self.vector(d.args[0], depth)?, self.vector(d.args[1], depth)?);
                Ok(self.push(lanes, vector, &[a, b]))
            }
            CallRt if is_function(func, d) => {
                let Imm::Sym(sym) = imm else { return Err(Why::Call.at(i)) };
                let args: SmallVec<[NodeId; 2]> = d.args.iter().map(|&a| self.vector(a, depth)).collect::<Result<_, No>>()?;
                functions::expand(self, sym, &args).ok_or(Why::Call.at(i))
            }
            Fma => {
                let (a, b, c) = (self.vector(d.args[0], depth)?, self.vector(d.args[1], depth)?, self.vector(d.args[2], depth)?);
                Ok(self.push(lanes, vector, &[a, b, c]))
            }
            _ => {
                rows::simple(op, ty).ok_or_else(row)?;
                let args: Result<SmallVec<[NodeId; 3]>, No> = d.args.iter().map(|&a| self.vector(a, depth)).collect();
                Ok(self.push(lanes, vector, &args?))
            }
        }
    }
}
