//! From a loop of one block to a [`Kernel`], or `None`.
//!
//! The loop counts up by one to an invariant limit; it loads and stores elements that lie side by side in the order of the
//! iterations, or loads one that is the same in all of them; what it carries from one iteration to the next is numbers that
//! grow evenly and reductions; it does nothing that a vector instruction, or a short sequence of them, cannot do.

use crate::functions;
use crate::isa::Isa;
use crate::kernel::{Kernel, Node, NodeId, Op, Reduction, Rep, Start};
use crate::rows;
use cranelift_entity::{EntitySet, PrimaryMap, SecondaryMap};
use looplift_mir::*;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Larger bodies are left alone.
const MAX_NODES: usize = 400;
const MAX_POINTERS: usize = 24;
const MAX_TERMS: usize = 6;
/// How deep address arithmetic is followed.
const MAX_DEPTH: u32 = 12;

/// Values that are used in another block than the one that defines them.
#[derive(Clone, Debug)]
pub struct Escapes(EntitySet<Value>);

impl Escapes {
    pub fn new(func: &Function) -> Escapes {
        let mut home: SecondaryMap<Value, Option<Block>> = SecondaryMap::new();
        for &b in &func.layout {
            func.blocks[b].params.iter().for_each(|&p| home[p] = Some(b));
            for &i in &func.blocks[b].insts {
                func.insts[i].results.iter().for_each(|&r| home[r] = Some(b));
            }
        }
        let mut set = EntitySet::new();
        for &b in &func.layout {
            let mut see = |v: Value| {
                if home[v] != Some(b) {
                    set.insert(v);
                }
            };
            for &i in &func.blocks[b].insts {
                func.insts[i].args.iter().for_each(|&a| see(a));
            }
            func.blocks[b].term.for_each_arg(see);
        }
        Escapes(set)
    }
    fn contains(&self, v: Value) -> bool {
        self.0.contains(v)
    }
}

/// `Σ value · factor + iteration · stride + offset`, bytes; the values are invariant, or carried ones as they were at first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    pub terms: SmallVec<[(Value, i64); 2]>,
    pub stride: i64,
    pub offset: i64,
}

impl Address {
    fn plus(mut self, o: &Address, k: i64) -> Option<Address> {
        self.stride = self.stride.checked_add(o.stride.checked_mul(k)?)?;
        self.offset = self.offset.checked_add(o.offset.checked_mul(k)?)?;
        for &(v, c) in &o.terms {
            let c = c.checked_mul(k)?;
            match self.terms.iter_mut().find(|t| t.0 == v) {
                Some(t) => t.1 = t.1.checked_add(c)?,
                None => self.terms.push((v, c)),
            }
        }
        self.terms.retain(|t| t.1 != 0);
        self.terms.sort_by_key(|t| t.0);
        (self.terms.len() <= MAX_TERMS).then_some(self)
    }
}

/// A load or store of the loop.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    pub inst: Inst,
    pub is_store: bool,
    pub region: Region,
    /// The same place in all iterations.
    pub is_fixed: bool,
    /// Its pointer (of a fixed one: which of [`Plan::fixed`]), and how far from it, bytes.
    pub pointer: u32,
    pub offset: i32,
    pub size: u32,
}

/// A parameter of the block that grows by a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Induction {
    pub param: Value,
    /// What goes round.
    pub next: Value,
    pub step: i64,
}

/// A number that is the same in all iterations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invariant {
    /// A value of MIR, or a carried one as it was at first.
    Value(Value),
    /// What is loaded from [`Plan::fixed`] by number.
    Load(u32, Ty, Region),
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Plan {
    pub kernel: Kernel,
    /// Addresses of the pointers; the offset is 0.
    pub pointers: Vec<Address>,
    /// Addresses of what is loaded once.
    pub fixed: Vec<Address>,
    pub invariants: Vec<Invariant>,
    pub accesses: Vec<Access>,
    /// The counter, and others like it.
    pub inductions: Vec<Induction>,
    pub counter: Value,
    /// `next cc limit` continues.
    pub cc: IntCC,
    pub limit: Value,
    /// (position in the block's parameters, the value that goes round, the operation) of each reduction.
    pub reductions: Vec<(usize, Value, Inst)>,
    pub exit: BlockCall,
}

/// A reduction as the loop has it: `result = op(param, term)`, or `result = choice(c, op(param, term), param)`.
struct Found {
    position: usize,
    param: Value,
    inst: Inst,
    term: Value,
    choice: Option<Inst>,
    result: Value,
}

impl Found {
    fn new(func: &Function, inside: &EntitySet<Inst>, position: usize, param: Value, result: Value) -> Option<Found> {
        let outer = result_of(func, result).filter(|&i| inside.contains(i))?;
        let (inst, choice) = match func.insts[outer].op {
            Opcode::Select => {
                let (a, b) = (func.insts[outer].args[1], func.insts[outer].args[2]);
                let changed = if b == param { a } else { b };
                if a != param && b != param {
                    return None;
                }
                (result_of(func, changed).filter(|&i| inside.contains(i))?, Some(outer))
            }
            _ => (outer, None),
        };
        let d = &func.insts[inst];
        let term = match d.args[..] {
            [a, v] if a == param && v != param => v,
            [v, a] if a == param && v != param && d.op.row().commutative => v,
            _ => return None,
        };
        (is_associative(d.op, func) && is_reducible(d.op, func.ty(param))).then_some(Found { position, param, inst, term, choice, result })
    }
}

/// What [`Builder::access`] finds.
enum Place {
    /// Pointer and displacement: elements side by side.
    Moving(u32, i32),
    /// One element, the same in all iterations.
    Fixed(u32, Region),
}

/// The constant by which a carried number grows.
fn grows_by(func: &Function, inside: &EntitySet<Inst>, param: Value, next: Value) -> Option<i64> {
    let d = &func.insts[result_of(func, next).filter(|&i| inside.contains(i))?];
    if d.op != Opcode::Iadd || func.ty(param) != Ty::I64 {
        return None;
    }
    match d.args[..] {
        [a, k] | [k, a] if a == param && constant(func, k).is_some() => constant(func, k),
        _ => None,
    }
}

/// Nodes of constants, by bits and type.
pub(crate) type Constants = FxHashMap<(u64, Ty), NodeId>;

struct Builder<'a> {
    func: &'a Function,
    block: Block,
    /// Instructions of the block.
    inside: EntitySet<Inst>,
    inductions: Vec<Induction>,
    nodes: PrimaryMap<NodeId, Node>,
    made: FxHashMap<(Value, Rep), NodeId>,
    consts: Constants,
    pointers: Vec<Address>,
    fixed: Vec<Address>,
    invariants: Vec<Invariant>,
    accesses: Vec<Access>,
    /// Widest element in a register, bytes.
    widest: u32,
    /// The only number that counts and is used as one.
    counter_node: Option<(Value, NodeId)>,
}

impl Plan {
    pub fn new(func: &Function, block: Block, escapes: &Escapes, isa: Isa) -> Option<Plan> {
        let data = &func.blocks[block];
        let Terminator::Brif { cond, then, other } = &data.term else { return None };
        let (back, exit, back_is_then) = match (then.block == block, other.block == block) {
            (true, false) => (then, other, true),
            (false, true) => (other, then, false),
            _ => return None,
        };
        if data.insts.len() > MAX_NODES {
            return None;
        }
        let mut inside = EntitySet::new();
        data.insts.iter().for_each(|&i| {
            inside.insert(i);
        });
        let is_inside = |v: Value| match func.values[v].def {
            ValueDef::Param(b, _) => b == block,
            ValueDef::Result(i, _) => inside.contains(i),
        };
        // The counter.
        let test = result_of(func, *cond).filter(|&i| func.insts[i].op == Opcode::Icmp && inside.contains(i))?;
        let Imm::ICond(mut cc) = func.insts[test].imm else { return None };
        let (mut next, mut limit) = (func.insts[test].args[0], func.insts[test].args[1]);
        if !is_inside(next) {
            std::mem::swap(&mut next, &mut limit);
            cc = swapped(cc);
        }
        if is_inside(limit) || func.ty(next) != Ty::I64 {
            return None;
        }
        if !back_is_then {
            cc = inverted(cc);
        }
        if !matches!(cc, IntCC::Slt | IntCC::Ne | IntCC::Ult | IntCC::Sle) {
            return None;
        }
        let add = result_of(func, next).filter(|&i| func.insts[i].op == Opcode::Iadd && inside.contains(i))?;
        let (x, y) = (func.insts[add].args[0], func.insts[add].args[1]);
        let counter = match (constant(func, x), constant(func, y)) {
            (_, Some(1)) => x,
            (Some(1), _) => y,
            _ => return None,
        };
        let ValueDef::Param(home, at) = func.values[counter].def else { return None };
        if home != block || back.args[at as usize] != next {
            return None;
        }
        let mut b = Builder {
            func,
            block,
            inside: inside.clone(),
            inductions: Vec::new(),
            nodes: PrimaryMap::new(),
            made: FxHashMap::default(),
            consts: FxHashMap::default(),
            pointers: Vec::new(),
            fixed: Vec::new(),
            invariants: Vec::new(),
            accesses: Vec::new(),
            widest: 1,
            counter_node: None,
        };
        // Reductions: `back.args[n] = op(param, value)`, the parameter used nowhere else.
        let mut found: Vec<Found> = Vec::new();
        for (n, &p) in data.params.iter().enumerate() {
            if let Some(step) = grows_by(func, &inside, p, back.args[n]) {
                b.inductions.push(Induction { param: p, next: back.args[n], step });
                continue;
            }
            found.push(Found::new(func, &inside, n, p, back.args[n])?);
        }
        let uses = |v: Value| {
            let mut n = 0;
            for &i in &data.insts {
                n += func.insts[i].args.iter().filter(|&&a| a == v).count();
            }
            data.term.for_each_arg(|a| n += usize::from(a == v));
            n
        };
        for f in &found {
            // Only the operation uses the parameter; its result goes round, out of the loop, and nowhere else.
            let edges = 1 + exit.args.iter().filter(|&&a| a == f.result).count();
            let chosen = f.choice.map_or(0, |c| func.insts[c].args.iter().filter(|&&a| a == f.param).count());
            let inner = f.choice.map_or(0, |_| uses(func.insts[f.inst].results[0]) - 1);
            if uses(f.param) != 1 + chosen || uses(f.result) != edges || inner != 0 || escapes.contains(f.param) {
                return None;
            }
        }
        // What leaves the loop.
        for &v in &exit.args {
            let counts = b.inductions.iter().any(|i| v == i.param || v == i.next);
            if is_inside(v) && !counts && !found.iter().any(|f| f.result == v) {
                return None;
            }
        }
        for &i in &data.insts {
            for &r in &func.insts[i].results {
                let counts = b.inductions.iter().any(|i| r == i.next);
                if escapes.contains(r) && !counts && !found.iter().any(|f| f.result == r) {
                    return None;
                }
            }
        }
        // The body.
        for &i in &data.insts {
            if i == test || found.iter().any(|f| f.inst == i || f.choice == Some(i)) {
                continue;
            }
            let d = &func.insts[i];
            match d.op {
                Opcode::Store => b.store(i)?,
                Opcode::Load => {
                    b.load(i)?;
                }
                // Others are made where they are used; address arithmetic is not used at all.
                op if op.row().effect == Effect::NONE => {}
                // Of no concern here: what it keeps is invariant.
                Opcode::KeepAlive if d.args.iter().all(|&a| !is_inside(a)) => {}
                Opcode::CallRt if is_function(d) => {}
                _ => return None,
            }
        }
        let mut kernel_reductions = Vec::new();
        let mut reductions = Vec::new();
        for f in &found {
            let op = func.insts[f.inst].op;
            let ty = func.ty(f.param);
            let mut value = b.vector(f.term, 0)?;
            let identity = start_bits(op, ty);
            if let Some(choice) = f.choice {
                // An iteration that leaves the parameter as it is combines it with the identity.
                let neutral = b.constant(identity?, ty);
                let mask = b.mask(func.insts[choice].args[0], 0)?;
                let (yes, no) = if func.insts[choice].args[2] == f.param { (value, neutral) } else { (neutral, value) };
                value = b.push(Op::Lanes(Opcode::Select, Imm::None), Rep::Vector(ty), &[mask, yes, no]);
            }
            let start = match identity {
                Some(bits) => Start::Bits(bits),
                None => Start::Invariant(b.invariant(Invariant::Value(f.param))),
            };
            b.widest = b.widest.max(ty.bytes());
            kernel_reductions.push(Reduction { op, ty, value, start });
            reductions.push((f.position, f.result, f.inst));
        }
        if b.accesses.is_empty() || b.nodes.len() > MAX_NODES || b.pointers.len() > MAX_POINTERS {
            return None;
        }
        let lanes = isa.lanes(b.widest);
        let kernel = Kernel { nodes: b.nodes, pointers: b.pointers.len() as u32, invariants: b.invariants.len() as u32, reductions: kernel_reductions, lanes };
        Some(Plan {
            kernel,
            pointers: b.pointers,
            fixed: b.fixed,
            invariants: b.invariants,
            accesses: b.accesses,
            inductions: b.inductions,
            counter,
            cc,
            limit,
            reductions,
            exit: exit.clone(),
        })
    }
}

fn result_of(func: &Function, v: Value) -> Option<Inst> {
    match func.values[v].def {
        ValueDef::Result(i, 0) => Some(i),
        ValueDef::Result(..) | ValueDef::Param(..) => None,
    }
}

fn constant(func: &Function, v: Value) -> Option<i64> {
    let d = &func.insts[result_of(func, v)?];
    match (d.op, d.imm) {
        (Opcode::Iconst, Imm::Int(n)) => Some(n),
        _ => None,
    }
}

fn swapped(cc: IntCC) -> IntCC {
    use IntCC::*;
    match cc {
        Eq => Eq,
        Ne => Ne,
        Slt => Sgt,
        Sle => Sge,
        Sgt => Slt,
        Sge => Sle,
        Ult => Ugt,
        Ule => Uge,
        Ugt => Ult,
        Uge => Ule,
    }
}
fn inverted(cc: IntCC) -> IntCC {
    use IntCC::*;
    match cc {
        Eq => Ne,
        Ne => Eq,
        Slt => Sge,
        Sle => Sgt,
        Sgt => Sle,
        Sge => Slt,
        Ult => Uge,
        Ule => Ugt,
        Ugt => Ule,
        Uge => Ult,
    }
}

/// Whether terms may be combined in another order with the same result.
fn is_associative(op: Opcode, func: &Function) -> bool {
    use Opcode::*;
    match op {
        Iadd | Imul | Band | Bor | Bxor | Smin | Smax | Umin | Umax => true,
        // Up to which NaN it is.
        FminNan | FmaxNan => true,
        Fadd | Fmul => func.flags.fastmath,
        _ => false,
    }
}
/// Whether it calls an elementary function that can be computed side by side.
fn is_function(d: &InstData) -> bool {
    matches!(d.imm, Imm::Sym(sym) if functions::is_known(sym)) && d.args.len() == 1
}

/// Whether there is a vector instruction, or a sequence, for it.
fn is_reducible(op: Opcode, ty: Ty) -> bool {
    match op {
        Opcode::FminNan | Opcode::FmaxNan => ty.is_float(),
        _ => matches!(ty, Ty::I64 | Ty::I32 | Ty::F64 | Ty::F32) && rows::simple(op, ty).is_some(),
    }
}

/// The identity of a reduction; `None` where the initial value serves in every lane.
fn start_bits(op: Opcode, ty: Ty) -> Option<u64> {
    use Opcode::*;
    match (op, ty) {
        (Iadd | Bxor, _) => Some(0),
        (Imul, _) => Some(1),
        // -0.0 + x is x for every x.
        (Fadd, Ty::F64) => Some(f64::to_bits(-0.0)),
        (Fadd, _) => Some(u64::from(f32::to_bits(-0.0))),
        (Fmul, Ty::F64) => Some(f64::to_bits(1.0)),
        (Fmul, _) => Some(u64::from(f32::to_bits(1.0))),
        _ => None,
    }
}

impl Builder<'_> {
    fn is_inside(&self, v: Value) -> bool {
        match self.func.values[v].def {
            ValueDef::Param(b, _) => b == self.block,
            ValueDef::Result(i, _) => self.inside.contains(i),
        }
    }
    fn push(&mut self, op: Op, rep: Rep, args: &[NodeId]) -> NodeId {
        if let Rep::Vector(ty) = rep {
            self.widest = self.widest.max(ty.bytes());
        }
        self.nodes.push(Node { op, rep, args: args.into() })
    }
    fn constant(&mut self, bits: u64, ty: Ty) -> NodeId {
        if let Some(&n) = self.consts.get(&(bits, ty)) {
            return n;
        }
        let n = self.push(Op::Const(bits), Rep::Vector(ty), &[]);
        self.consts.insert((bits, ty), n);
        n
    }
    fn invariant(&mut self, v: Invariant) -> u32 {
        let at = self.invariants.iter().position(|&x| x == v).unwrap_or_else(|| {
            self.invariants.push(v);
            self.invariants.len() - 1
        });
        at as u32
    }

    fn address(&self, v: Value, depth: u32) -> Option<Address> {
        if let Some(i) = self.inductions.iter().find(|i| i.param == v) {
            return Some(Address { terms: [(v, 1)].into_iter().collect(), stride: i.step, offset: 0 });
        }
        if let Some(k) = constant(self.func, v) {
            return Some(Address { offset: k, ..Address::default() });
        }
        if !self.is_inside(v) {
            return Some(Address { terms: [(v, 1)].into_iter().collect(), ..Address::default() });
        }
        if depth > MAX_DEPTH {
            return None;
        }
        let d = &self.func.insts[result_of(self.func, v)?];
        match d.op {
            Opcode::Iadd => self.address(d.args[0], depth + 1)?.plus(&self.address(d.args[1], depth + 1)?, 1),
            Opcode::Isub => self.address(d.args[0], depth + 1)?.plus(&self.address(d.args[1], depth + 1)?, -1),
            Opcode::Shl => {
                let k = constant(self.func, d.args[1]).filter(|k| (0..32).contains(k))?;
                Address::default().plus(&self.address(d.args[0], depth + 1)?, 1 << k)
            }
            Opcode::Imul => {
                let (k, v) = match (constant(self.func, d.args[0]), constant(self.func, d.args[1])) {
                    (_, Some(k)) => (k, d.args[0]),
                    (Some(k), _) => (k, d.args[1]),
                    _ => return None,
                };
                Address::default().plus(&self.address(v, depth + 1)?, k)
            }
            _ => None,
        }
    }

    /// Where an access goes.
    fn access(&mut self, i: Inst, addr: Value, size: u32, is_store: bool) -> Option<Place> {
        let Imm::Mem(region, extra) = self.func.insts[i].imm else { return None };
        if !matches!(region, Region::Data | Region::Const) {
            return None;
        }
        let mut a = self.address(addr, 0)?;
        if a.stride == 0 && !is_store && !a.terms.is_empty() {
            a.offset = a.offset.checked_add(i64::from(extra))?;
            self.fixed.push(a);
            let pointer = self.fixed.len() as u32 - 1;
            self.accesses.push(Access { inst: i, is_store, region, is_fixed: true, pointer, offset: 0, size });
            return Some(Place::Fixed(pointer, region));
        }
        if a.stride != i64::from(size) || a.terms.is_empty() {
            return None;
        }
        let offset = i32::try_from(a.offset.checked_add(i64::from(extra))?).ok().filter(|o| o.saturating_abs() < 1 << 30)?;
        a.offset = 0;
        let pointer = self.pointers.iter().position(|p| *p == a).unwrap_or_else(|| {
            self.pointers.push(a);
            self.pointers.len() - 1
        }) as u32;
        self.accesses.push(Access { inst: i, is_store, region, is_fixed: false, pointer, offset, size });
        Some(Place::Moving(pointer, offset))
    }

    fn load(&mut self, i: Inst) -> Option<NodeId> {
        let d = &self.func.insts[i];
        let (ty, result) = (d.ty?, d.results[0]);
        if ty == Ty::Ref {
            return None;
        }
        let op = match self.access(i, d.args[0], ty.bytes(), false)? {
            Place::Moving(pointer, offset) => Op::Load { pointer, offset },
            Place::Fixed(pointer, region) => Op::Invariant(self.invariant(Invariant::Load(pointer, ty, region))),
        };
        let node = self.push(op, Rep::Vector(ty), &[]);
        self.made.insert((result, Rep::Vector(ty)), node);
        Some(node)
    }

    fn store(&mut self, i: Inst) -> Option<()> {
        let d = &self.func.insts[i];
        let (value, addr) = (d.args[0], d.args[1]);
        let ty = self.func.ty(value);
        if ty == Ty::Ref {
            return None;
        }
        let node = self.vector(value, 0)?;
        let Place::Moving(pointer, offset) = self.access(i, addr, ty.bytes(), true)? else { return None };
        self.push(Op::Store { pointer, offset }, Rep::Nothing, &[node]);
        Some(())
    }

    /// The value as a vector.
    fn vector(&mut self, v: Value, depth: u32) -> Option<NodeId> {
        let rep = Rep::Vector(self.func.ty(v));
        if let Some(&n) = self.made.get(&(v, rep)) {
            return Some(n);
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
        Some(n)
    }

    /// The value as a mask: an i8 that is not 0.
    fn mask(&mut self, v: Value, depth: u32) -> Option<NodeId> {
        if let Some(&n) = self.made.get(&(v, Rep::Mask)) {
            return Some(n);
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
        Some(n)
    }

    /// The value in whichever form comes first.
    fn value(&mut self, v: Value, depth: u32) -> Option<NodeId> {
        let ty = self.func.ty(v);
        if depth > 200 || self.nodes.len() > MAX_NODES {
            return None;
        }
        if let Some(&n) = self.made.get(&(v, Rep::Mask)).or_else(|| self.made.get(&(v, Rep::Vector(ty)))) {
            return Some(n);
        }
        let n = self.make(v, ty, depth)?;
        let rep = self.nodes[n].rep;
        self.made.insert((v, rep), n);
        Some(n)
    }

    fn make(&mut self, v: Value, ty: Ty, depth: u32) -> Option<NodeId> {
        if ty == Ty::Ref {
            return None;
        }
        if let Some(i) = self.inductions.iter().find(|i| i.param == v) {
            if let Some((of, n)) = self.counter_node {
                return (of == v).then_some(n);
            }
            if i.step != 1 || ty != Ty::I64 {
                return None;
            }
            let start = self.invariant(Invariant::Value(v));
            let n = self.push(Op::Counter(start), Rep::Vector(Ty::I64), &[]);
            self.counter_node = Some((v, n));
            return Some(n);
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
                return Some(self.constant(bits, ty));
            }
        }
        if !self.is_inside(v) {
            let n = self.invariant(Invariant::Value(v));
            return Some(self.push(Op::Invariant(n), Rep::Vector(ty), &[]));
        }
        // Other parameters of the block are reductions, which only their operation uses.
        let i = def?;
        self.lanes(i, ty, depth + 1)
    }

    fn lanes(&mut self, i: Inst, ty: Ty, depth: u32) -> Option<NodeId> {
        use Opcode::*;
        let func = self.func;
        let d = &func.insts[i];
        let (op, imm) = (d.op, d.imm);
        let lanes = Op::Lanes(op, imm);
        let vector = Rep::Vector(ty);
        match op {
            Icmp | Fcmp => {
                if func.ty(d.args[0]) == Ty::Ref {
                    return None;
                }
                let (a, b) = (self.vector(d.args[0], depth)?, self.vector(d.args[1], depth)?);
                Some(self.push(lanes, Rep::Mask, &[a, b]))
            }
            Select => {
                let c = self.mask(d.args[0], depth)?;
                let (a, b) = (self.vector(d.args[1], depth)?, self.vector(d.args[2], depth)?);
                Some(self.push(lanes, vector, &[c, a, b]))
            }
            Band | Bor | Bxor if ty == Ty::I8 => {
                let (a, b) = (self.value(d.args[0], depth)?, self.value(d.args[1], depth)?);
                // A constant 0 or 1 with a mask is a mask.
                let one = |s: &Self, n: NodeId| matches!(s.nodes[n].op, Op::Const(0 | 1));
                if (self.nodes[a].rep == Rep::Mask || one(self, a)) && (self.nodes[b].rep == Rep::Mask || one(self, b)) {
                    let (a, b) = (self.mask(d.args[0], depth)?, self.mask(d.args[1], depth)?);
                    return Some(self.push(lanes, Rep::Mask, &[a, b]));
                }
                let (a, b) = (self.vector(d.args[0], depth)?, self.vector(d.args[1], depth)?);
                Some(self.push(lanes, vector, &[a, b]))
            }
            Sext | Zext | Ireduce | SintToFloat | UintToFloat | FloatToSint | Fpromote | Fdemote => {
                rows::convert(op, func.ty(d.args[0]), ty)?;
                let a = self.vector(d.args[0], depth)?;
                Some(self.push(lanes, vector, &[a]))
            }
            Bitcast => {
                let a = self.vector(d.args[0], depth)?;
                Some(self.push(lanes, vector, &[a]))
            }
            Shl | Ushr | Sshr => {
                // Counts have the type of i64; a constant one serves for i32 too.
                rows::simple(op, ty)?;
                let a = self.vector(d.args[0], depth)?;
                let count = match (ty, constant(func, d.args[1])) {
                    (Ty::I64, _) => self.vector(d.args[1], depth)?,
                    (_, Some(k)) => {
                        let k = k.clamp(-1, 64) as u64 & 0xffff_ffff;
                        self.push(Op::Const(k), vector, &[])
                    }
                    (_, None) => return None,
                };
                Some(self.push(lanes, vector, &[a, count]))
            }
            FloorMod | FloorDiv => {
                // By a power of two: the low bits, or a shift.
                let k = constant(func, d.args[1]).filter(|k| *k > 0 && (*k as u64).is_power_of_two())?;
                let (op, k) = if op == FloorMod { (Band, k as u64 - 1) } else { (Sshr, u64::from(k.trailing_zeros())) };
                rows::simple(op, ty)?;
                let a = self.vector(d.args[0], depth)?;
                let k = self.constant(k, ty);
                Some(self.push(Op::Lanes(op, Imm::None), vector, &[a, k]))
            }
            Imul if ty == Ty::I8 => {
                let (a, b) = (self.vector(d.args[0], depth)?, self.vector(d.args[1], depth)?);
                Some(self.push(lanes, vector, &[a, b]))
            }
            Ineg | Bnot | Fneg | Fabs => {
                let a = self.vector(d.args[0], depth)?;
                Some(self.push(lanes, vector, &[a]))
            }
            FminNan | FmaxNan | Fcopysign => {
                let (a, b) = (self.vector(d.args[0], depth)?, self.vector(d.args[1], depth)?);
                Some(self.push(lanes, vector, &[a, b]))
            }
            CallRt if is_function(d) => {
                let Imm::Sym(sym) = imm else { return None };
                let x = self.vector(d.args[0], depth)?;
                self.widest = 8;
                functions::expand(sym, &mut self.nodes, &mut self.consts, x)
            }
            Fma => {
                let (a, b, c) = (self.vector(d.args[0], depth)?, self.vector(d.args[1], depth)?, self.vector(d.args[2], depth)?);
                Some(self.push(lanes, vector, &[a, b, c]))
            }
            _ => {
                rows::simple(op, ty)?;
                let args: Option<SmallVec<[NodeId; 3]>> = d.args.iter().map(|&a| self.vector(a, depth)).collect();
                Some(self.push(lanes, vector, &args?))
            }
        }
    }
}
