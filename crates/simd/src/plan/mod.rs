//! From an innermost loop to a [`Kernel`], or the reason why not.
//!
//! The loop counts up or down by one to an invariant limit; it loads and stores elements that lie side by side in the order
//! of the iterations (or all in the opposite one) or at any other even distance, if that is worth it, or loads one that is the same in all of them; what it carries from one iteration to the next is numbers
//! that grow evenly and reductions; it does nothing that a vector instruction, or a short sequence of them, cannot do.
//!
//! Its blocks become straight-line code: [`region`] finds under which conditions an iteration comes to each, [`build`] makes
//! nodes of what they do, loads and stores under the condition as a mask, and [`reduce`] reads reductions. Where an iteration
//! may leave (a guard, `break`, a cold block) the kernel *leaves*: it stops before the iterations at hand and says how many
//! it has run; nothing has been written for the others, and the loop as it is goes on from there. So that this is true,
//! stores come behind everything else as soon as there is more than one block or a way to leave.

pub(crate) mod build;
mod reduce;
mod region;

use crate::isa::Isa;
use crate::kernel::{Kernel, Pace};
use crate::why::{No, Why};
use build::Builder;
use cranelift_entity::{EntitySet, PrimaryMap, SecondaryMap};
use looplift_abi::symbols::Sym;
use looplift_mir::dom::Dominators;
use looplift_mir::*;
use reduce::Found;
use region::Region;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Larger bodies are left alone.
const MAX_NODES: usize = 400;
const MAX_POINTERS: usize = 24;
const MAX_TERMS: usize = 6;

/// What plans of one function ask about its blocks.
#[derive(Clone, Debug)]
pub struct Context {
    isa: Isa,
    dom: Dominators,
    preds: SecondaryMap<Block, Vec<Block>>,
    /// Blocks other than a value's own that use it.
    users: SecondaryMap<Value, SmallVec<[Block; 2]>>,
}

impl Context {
    pub fn new(func: &Function, isa: Isa) -> Context {
        let mut home: SecondaryMap<Value, Option<Block>> = SecondaryMap::new();
        for &b in &func.layout {
            func.blocks[b].params.iter().for_each(|&p| home[p] = Some(b));
            for &i in &func.blocks[b].insts {
                func.insts[i].results.iter().for_each(|&r| home[r] = Some(b));
            }
        }
        let mut users: SecondaryMap<Value, SmallVec<[Block; 2]>> = SecondaryMap::new();
        for &b in &func.layout {
            let mut see = |v: Value| {
                if home[v] != Some(b) && users[v].last() != Some(&b) {
                    users[v].push(b);
                }
            };
            for &i in &func.blocks[b].insts {
                func.insts[i].args.iter().for_each(|&a| see(a));
            }
            func.blocks[b].term.for_each_arg(see);
        }
        Context { isa, dom: Dominators::new(func), preds: func.predecessors(), users }
    }
    fn is_used_outside(&self, v: Value, region: &Region) -> bool {
        self.users[v].iter().any(|&b| !region.contains(b) && !region.is_beside(b))
    }
}

/// A value, or the product of two, and a factor. They are invariant, or carried ones as they were at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    pub value: Value,
    pub by: Option<Value>,
    pub factor: i64,
}

/// `Σ terms + iteration · (stride + Σ paces) + offset`, bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    pub terms: SmallVec<[Term; 2]>,
    pub stride: i64,
    /// What only the program knows of the stride: invariant values and factors.
    pub paces: SmallVec<[(Value, i64); 1]>,
    pub offset: i64,
}

impl Address {
    fn plus(mut self, o: &Address, k: i64) -> Option<Address> {
        self.stride = self.stride.checked_add(o.stride.checked_mul(k)?)?;
        self.offset = self.offset.checked_add(o.offset.checked_mul(k)?)?;
        for t in &o.terms {
            let factor = t.factor.checked_mul(k)?;
            match self.terms.iter_mut().find(|x| (x.value, x.by) == (t.value, t.by)) {
                Some(x) => x.factor = x.factor.checked_add(factor)?,
                None => self.terms.push(Term { factor, ..*t }),
            }
        }
        for &(v, c) in &o.paces {
            let c = c.checked_mul(k)?;
            match self.paces.iter_mut().find(|p| p.0 == v) {
                Some(p) => p.1 = p.1.checked_add(c)?,
                None => self.paces.push((v, c)),
            }
        }
        self.terms.retain(|t| t.factor != 0);
        self.terms.sort();
        self.paces.retain(|p| p.1 != 0);
        self.paces.sort();
        (self.terms.len() <= MAX_TERMS && self.paces.len() <= MAX_TERMS).then_some(self)
    }
    /// Times an invariant value.
    fn times(&self, v: Value) -> Option<Address> {
        let mut out = Address::default();
        for t in &self.terms {
            if t.by.is_some() {
                return None;
            }
            let (value, by) = if t.value <= v { (t.value, v) } else { (v, t.value) };
            out.terms.push(Term { value, by: Some(by), factor: t.factor });
        }
        if self.offset != 0 {
            out.terms.push(Term { value: v, by: None, factor: self.offset });
        }
        if self.stride != 0 {
            out.paces.push((v, self.stride));
        }
        out.terms.sort();
        (self.paces.is_empty() && out.terms.len() <= MAX_TERMS).then_some(out)
    }
}

/// A load or store of the loop, in the order of the kernel.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    pub inst: Inst,
    pub is_store: bool,
    pub region: Area,
    /// The same place in all iterations.
    pub is_fixed: bool,
    /// Its pointer (of a fixed one: which of [`Plan::fixed`]), and how far from it, bytes.
    pub pointer: u32,
    pub offset: i32,
    pub size: u32,
    /// A load that the loop has behind a store, and the kernel before it.
    pub moved: bool,
}

/// A region of memory, as MIR has them.
type Area = looplift_mir::Region;

/// A parameter of the header that grows by a constant.
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
    Load(u32, Ty, Area),
    /// The stride of [`Plan::pointers`] by number.
    Stride(u32),
    /// The address of a function of the runtime.
    Function(Sym),
    Zero,
}

/// How the lanes of a reduction become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    /// As this instruction does.
    As(Inst),
    /// Their sum.
    Sum,
    /// The larger (smaller) one. Of zeros with different signs the loop takes the first, or with `last` the last, which the
    /// lanes do not know: if the result is zero, and `last` or the first value was not, the loop has to run as it is.
    Extreme { max: bool, last: bool },
    /// This number if any lane is set, else what it was at first.
    Set(Value),
}

/// A reduction: the position in the header's parameters, the value that goes round.
#[derive(Clone, Copy, Debug)]
pub struct Carried {
    pub position: usize,
    pub value: Value,
    pub combine: Combine,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Plan {
    pub kernel: Kernel,
    /// All blocks of the loop, the header first.
    pub blocks: Vec<Block>,
    /// The last of an iteration.
    pub latch: Block,
    /// Addresses of the pointers; the offset is 0.
    pub pointers: Vec<Address>,
    /// Addresses of what is loaded once.
    pub fixed: Vec<Address>,
    pub invariants: Vec<Invariant>,
    pub accesses: Vec<Access>,
    /// The counter, and others like it.
    pub inductions: Vec<Induction>,
    pub counter: Value,
    /// 1 or -1.
    pub step: i64,
    /// `next cc limit` continues.
    pub cc: IntCC,
    pub limit: Value,
    pub reductions: Vec<Carried>,
    pub exit: BlockCall,
    /// Elements lie in the opposite order of the iterations, which the kernel runs from the last to the first.
    pub is_turned: bool,
    /// There are ways out that the source has: `break`, `return`, the end of another operand of `zip`.
    pub breaks: bool,
    /// Where iterations leave to.
    stops: Stops,
}

/// See [`Plan::stop`].
#[derive(Clone, Debug)]
enum Stops {
    Nowhere,
    /// With what the iteration started from.
    At(BlockCall),
    /// In different ways, by guards for instance.
    Anywhere,
}

impl Plan {
    /// Whether an iteration may leave.
    pub fn may_leave(&self) -> bool {
        self.kernel.leaves()
    }
    /// Where iterations that leave go to: to a block that takes what they started from. Nothing has been written by then.
    pub fn stop(&self) -> Option<&BlockCall> {
        match &self.stops {
            Stops::At(to) => Some(to),
            Stops::Nowhere | Stops::Anywhere => None,
        }
    }
    /// Whether the kernel can stand for the loop.
    pub fn is_ready(&self) -> bool {
        !matches!(self.stops, Stops::Anywhere)
    }
    /// Whether the limit itself is the last number.
    pub fn is_inclusive(&self) -> bool {
        matches!(self.cc, IntCC::Sle | IntCC::Sge)
    }
}

/// The counter of a loop.
struct Counter {
    test: Inst,
    param: Value,
    step: i64,
    cc: IntCC,
    limit: Value,
    back: BlockCall,
    exit: BlockCall,
}

impl Counter {
    fn new(func: &Function, region: &Region, inside: &EntitySet<Inst>) -> Option<Counter> {
        let header = region.blocks[0];
        let Terminator::Brif { cond, then, other } = &func.blocks[region.latch].term else { return None };
        let (back, exit, back_is_then) = match (then.block == header, other.block == header) {
            (true, false) => (then, other, true),
            (false, true) => (other, then, false),
            _ => return None,
        };
        let is_inside = |v: Value| match func.values[v].def {
            ValueDef::Param(b, _) => region.contains(b),
            ValueDef::Result(i, _) => inside.contains(i),
        };
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
        let add = result_of(func, next).filter(|&i| func.insts[i].op == Opcode::Iadd && inside.contains(i))?;
        let (x, y) = (func.insts[add].args[0], func.insts[add].args[1]);
        let (param, step) = match (constant(func, x), constant(func, y)) {
            (_, Some(k)) => (x, k),
            (Some(k), _) => (y, k),
            _ => return None,
        };
        let fits = match step {
            1 => matches!(cc, IntCC::Slt | IntCC::Ne | IntCC::Ult | IntCC::Sle),
            -1 => matches!(cc, IntCC::Sgt | IntCC::Ne | IntCC::Ugt | IntCC::Sge),
            _ => false,
        };
        let ValueDef::Param(home, at) = func.values[param].def else { return None };
        if !fits || home != header || back.args[at as usize] != next {
            return None;
        }
        Some(Counter { test, param, step, cc, limit, back: back.clone(), exit: exit.clone() })
    }
}

impl Plan {
    pub fn new(func: &Function, header: Block, cx: &Context) -> Result<Plan, No> {
        match Plan::in_direction(func, header, cx, None) {
            // Elements that lie backward may be shuffled instead.
            Err(no) if no.why == Why::Stride => Plan::in_direction(func, header, cx, Some(1)).map_err(|_| no),
            plan => plan,
        }
    }

    /// `way`: see [`Builder`].
    fn in_direction(func: &Function, header: Block, cx: &Context, way: Option<i64>) -> Result<Plan, No> {
        let region = Region::new(func, cx, header)?;
        let mut inside = EntitySet::new();
        let mut size = 0;
        for &b in &region.blocks {
            size += func.blocks[b].insts.len();
            func.blocks[b].insts.iter().for_each(|&i| {
                inside.insert(i);
            });
        }
        if size > MAX_NODES {
            return Err(Why::Large.no());
        }
        let counter = Counter::new(func, &region, &inside).ok_or(Why::NotCounted.no())?;
        let may_leave = !region.leaves.is_empty() || region.blocks.iter().any(|&b| func.blocks[b].insts.iter().any(|&i| func.insts[i].op == Opcode::Guard));
        let mut b = Builder {
            func,
            region: &region,
            inside,
            inductions: Vec::new(),
            steady: Vec::new(),
            nodes: PrimaryMap::new(),
            made: FxHashMap::default(),
            consts: FxHashMap::default(),
            masks: FxHashMap::default(),
            pointers: Vec::new(),
            paces: Vec::new(),
            fixed: Vec::new(),
            invariants: Vec::new(),
            accesses: Vec::new(),
            widest: 1,
            counter_node: None,
            defers: may_leave || region.blocks.len() > 1,
            way,
            has_left: false,
            compares_all_ways: cx.isa == Isa::Avx512,
            pending: Vec::new(),
        };
        let mut found: Vec<Found> = Vec::new();
        for (n, &p) in func.blocks[header].params.iter().enumerate() {
            let next = counter.back.args[n];
            if let Some(step) = b.grows_by(p, next) {
                b.inductions.push(Induction { param: p, next, step });
            } else if next == p {
                b.steady.push(p);
            } else {
                found.push(Found::new(&b, n, p, next)?);
            }
        }
        // What leaves the loop behind its last iteration: counters and results of reductions.
        let is_known = |v: Value| b.steady.contains(&v) || found.iter().any(|f| f.result == v) || b.inductions.iter().any(|i| v == i.param || v == i.next);
        let last = |v: Value| b.is_inside(v) && !is_known(v);
        if counter.exit.args.iter().any(|&v| last(v)) {
            return Err(Why::Escapes.no());
        }
        for &block in &region.blocks {
            let data = &func.blocks[block];
            let results = data.insts.iter().flat_map(|&i| func.insts[i].results.iter());
            for &v in data.params.iter().chain(results) {
                if cx.is_used_outside(v, &region) && !is_known(v) {
                    return Err(Why::Escapes.no());
                }
            }
        }
        for f in &found {
            f.check_uses(&b, &counter.exit)?;
        }
        b.blocks(counter.test)?;
        let mut kernel_reductions = Vec::new();
        let mut reductions = Vec::new();
        for f in &found {
            let (reduction, combine) = f.build(&mut b)?;
            kernel_reductions.push(reduction);
            reductions.push(Carried { position: f.position, value: f.result, combine });
        }
        b.flush();
        if b.accesses.is_empty() {
            return Err(Why::NoArrays.no());
        }
        // Turned round, the iterations have to be known to run, and their numbers would be others.
        let is_turned = b.way == Some(-1);
        if is_turned && (may_leave || b.counter_node.is_some() || b.paces.iter().any(|p| *p != Pace::Beside)) {
            return Err(Why::Stride.no());
        }
        let may_repeat = !may_leave && b.accesses.iter().all(|a| !a.is_store);
        if let Some(f) = found.iter().find(|f| f.may_fail() && !may_repeat) {
            return Err(Why::Carried.at(f.inst));
        }
        b.pair_stores();
        if let Some(inst) = b.is_scattered_too_much(found.len()) {
            return Err(Why::Stride.at(inst));
        }
        if b.nodes.len() > MAX_NODES || b.pointers.len() > MAX_POINTERS {
            return Err(Why::Large.no());
        }
        let guards = region.blocks.iter().any(|&b| func.blocks[b].insts.iter().any(|&i| func.insts[i].op == Opcode::Guard));
        // A parameter of the header, or something from outside.
        let is_start = |v: Value| func.blocks[header].params.contains(&v) || !b.is_inside(v);
        let stops = match region.leaves.first() {
            None if !guards => Stops::Nowhere,
            Some(first) if !guards && region.leaves.iter().all(|l| l.to == first.to) && first.to.args.iter().all(|&v| is_start(v)) => {
                Stops::At(first.to.clone())
            }
            _ => Stops::Anywhere,
        };
        let lanes = cx.isa.lanes(b.widest);
        let kernel = Kernel { nodes: b.nodes, pointers: b.paces, invariants: b.invariants.len() as u32, reductions: kernel_reductions, lanes };
        let breaks = region.leaves.iter().any(|l| !func.blocks[l.to.block].cold);
        Ok(Plan {
            kernel,
            pointers: b.pointers,
            fixed: b.fixed,
            invariants: b.invariants,
            accesses: b.accesses,
            inductions: b.inductions,
            counter: counter.param,
            step: counter.step,
            cc: counter.cc,
            limit: counter.limit,
            reductions,
            exit: counter.exit,
            latch: region.latch,
            breaks,
            is_turned,
            stops,
            blocks: region.blocks,
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
