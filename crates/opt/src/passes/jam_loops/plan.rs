//! Whether a loop's iterations may run side by side, and how.

use super::lanes::Lanes;
use crate::analysis::alias::{Access, Aliases};
use crate::analysis::counted::{Counted, LoopState};
use crate::analysis::edit::{const_int, def_of};
use crate::analysis::effects::effect;
use crate::analysis::loops::LoopId;
use cranelift_entity::SecondaryMap;
use looplift_mir::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// Instructions of the loop.
const MAX_SIZE: usize = 160;
/// Tests that a store and a load are apart.
const MAX_PAIRS: usize = 8;
/// Rounds of propagation: each value changes at most three times.
const MAX_ROUNDS: usize = 64;

/// How a value of one iteration differs from that of the next one of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Class {
    #[default]
    Uniform,
    /// By this constant, modulo 2^64.
    Step(i64),
    Varying,
}

impl Class {
    fn join(self, o: Class) -> Class {
        if self == o { self } else { Class::Varying }
    }
}

/// What the header's parameters are.
#[derive(Clone, Copy, Debug)]
pub enum Param {
    /// The same in all iterations, or one that steps.
    Plain,
    /// Changes by an invariant number.
    Linear(Value),
    /// Becomes this value, and only the end of the iteration looks at it.
    Carried(Value),
}

/// Which ways of a branch iterations of the usual kind go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Both,
    Then,
    Other,
    /// The condition is invariant and tested before the loop.
    Settled(bool),
}

/// Loads or stores at constant distances from one address.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub base: Value,
    pub from: i64,
    pub to: i64,
    access: Access,
}

#[derive(Debug)]
pub struct Plan {
    pub counted: Counted,
    pub times: usize,
    /// Blocks that stay, in reverse post-order.
    pub blocks: Vec<Block>,
    /// From where on the latch's instructions run one iteration after the other.
    pub tail: usize,
    pub params: Vec<(Value, Param)>,
    /// Guards that are tested before the loop.
    pub dropped: FxHashSet<Inst>,
    /// Invariant conditions and what they have to be.
    pub conds: Vec<(Value, bool)>,
    /// Stores and loads that have to be apart.
    pub pairs: Vec<(Span, Span)>,
    pub growth: usize,
    /// Which floats lie side by side, if that pays.
    pub lanes: Option<Lanes>,
    ways: FxHashMap<Block, Way>,
    classes: SecondaryMap<Value, Option<Class>>,
    /// Values of the blocks that stay.
    own: SecondaryMap<Value, bool>,
    /// Loads of the tail.
    pub late_loads: FxHashSet<Inst>,
}

/// Whether a block is cold or only the way to one that is.
fn is_cold(func: &Function, b: Block) -> bool {
    func.blocks[b].cold || matches!(&func.blocks[b].term, Terminator::Jump(t) if func.blocks[b].insts.is_empty() && func.blocks[t.block].cold)
}

impl Plan {
    pub fn new(func: &Function, s: &LoopState, l: LoopId) -> Option<Plan> {
        let counted = s.counted(func, l)?;
        let data = &s.loops.loops[l];
        if counted.ty != Ty::I64
            || counted.cc != IntCC::Slt
            || counted.step <= 0
            || counted.step > i64::from(u16::MAX)
            || func.blocks[data.header].cold
            || func.flags.unchecked
        {
            return None;
        }
        let mut plan = Plan {
            counted,
            times: 0,
            blocks: Vec::new(),
            tail: 0,
            params: Vec::new(),
            dropped: FxHashSet::default(),
            conds: Vec::new(),
            pairs: Vec::new(),
            growth: 0,
            lanes: None,
            ways: FxHashMap::default(),
            classes: SecondaryMap::new(),
            own: SecondaryMap::new(),
            late_loads: FxHashSet::default(),
        };
        plan.ways(func, s, l)?;
        plan.guards(func, s, l);
        plan.tail(func)?;
        plan.header(func, s, l)?;
        plan.classify(func)?;
        plan.check(func)?;
        plan.order(func)?;
        plan.memory(func)?;
        plan.choose(func, s, l)?;
        Some(plan)
    }

    /// The class of a value; those from outside the loop are the same in all iterations.
    pub fn class(&self, v: Value) -> Class {
        self.classes[v].unwrap_or_default()
    }

    pub fn way(&self, b: Block) -> Way {
        self.ways.get(&b).copied().unwrap_or(Way::Both)
    }

    /// Phase 1: which edges are taken.
    fn ways(&mut self, func: &Function, s: &LoopState, l: LoopId) -> Option<()> {
        let c = self.counted;
        let mut seen: FxHashSet<Block> = FxHashSet::default();
        let mut work = vec![c.header];
        while let Some(b) = work.pop() {
            if !seen.insert(b) {
                continue;
            }
            if b == c.latch {
                continue;
            }
            let is_kept = |t: &BlockCall| s.loops.contains(l, t.block) && !is_cold(func, t.block);
            match &func.blocks[b].term {
                Terminator::Jump(t) if is_kept(t) => work.push(t.block),
                Terminator::Brif { cond, then, other } => {
                    let way = match (is_kept(then), is_kept(other)) {
                        (true, true) => Way::Both,
                        (false, false) => return None,
                        (one, _) if s.is_invariant(l, *cond) => {
                            self.conds.push((*cond, one));
                            Way::Settled(one)
                        }
                        (true, false) => Way::Then,
                        (false, true) => Way::Other,
                    };
                    if matches!(way, Way::Both | Way::Then | Way::Settled(true)) {
                        work.push(then.block);
                    }
                    if matches!(way, Way::Both | Way::Other | Way::Settled(false)) {
                        work.push(other.block);
                    }
                    self.ways.insert(b, way);
                }
                _ => return None,
            }
        }
        self.blocks = s.loops.loops[l].blocks.iter().copied().filter(|b| seen.contains(b)).collect();
        let has_vectors = self.blocks.iter().any(|&b| func.blocks[b].vector);
        (seen.contains(&c.latch) && !has_vectors).then_some(())
    }

    /// Guards of what does not change are tested before.
    fn guards(&mut self, func: &Function, s: &LoopState, l: LoopId) {
        for &b in &self.blocks {
            for &i in &func.blocks[b].insts {
                let d = &func.insts[i];
                if d.op == Opcode::Guard && s.is_invariant(l, d.args[0]) {
                    self.dropped.insert(i);
                    self.conds.push((d.args[0], true));
                }
            }
        }
    }

    /// What is written is written behind the last place where an iteration may leave.
    fn tail(&mut self, func: &Function) -> Option<()> {
        let latch = self.counted.latch;
        let insts = &func.blocks[latch].insts;
        self.tail = insts.iter().rposition(|i| func.insts[*i].op == Opcode::Guard && !self.dropped.contains(i)).map_or(0, |n| n + 1);
        self.late_loads = insts[self.tail..].iter().copied().filter(|&i| func.insts[i].op == Opcode::Load).collect();
        let is_late = |b: Block, n: usize| b == latch && n >= self.tail;
        let mut size = 0;
        for &b in &self.blocks {
            for (n, &i) in func.blocks[b].insts.iter().enumerate() {
                let d = &func.insts[i];
                let e = effect(func, d);
                let is_fine = match d.op {
                    Opcode::Store => is_late(b, n),
                    Opcode::Guard | Opcode::KeepAlive | Opcode::Load => true,
                    // A slot is one for all iterations, and calls save what lives on.
                    Opcode::StackSlot | Opcode::CallRt | Opcode::CallRtTry | Opcode::Call | Opcode::CallTry => false,
                    _ => e == Effect::NONE,
                };
                if !is_fine {
                    return None;
                }
                size += 1;
            }
        }
        self.growth = size;
        (size <= MAX_SIZE).then_some(())
    }

    /// What the header's parameters are.
    fn header(&mut self, func: &Function, s: &LoopState, l: LoopId) -> Option<()> {
        let c = self.counted;
        let back = func.blocks[c.latch].term.targets().into_iter().find(|t| t.block == c.header)?;
        for (n, &p) in func.blocks[c.header].params.iter().enumerate() {
            let next = back.args[n];
            let step = def_of(func, next, Opcode::Iadd).and_then(|i| match func.insts[i].args[..] {
                [x, by] | [by, x] if x == p && func.ty(p) == Ty::I64 && s.is_invariant(l, by) => Some(by),
                _ => None,
            });
            let constant = def_of(func, next, Opcode::Iadd).and_then(|i| match func.insts[i].args[..] {
                [x, by] if x == p && func.ty(p) == Ty::I64 => const_int(func, by),
                _ => None,
            });
            let (kind, class) = match (step, constant) {
                _ if next == p => (Param::Plain, Class::Uniform),
                (_, Some(k)) => (Param::Plain, Class::Step(k)),
                (Some(by), None) => (Param::Linear(by), Class::Varying),
                (None, None) => (Param::Carried(next), Class::Varying),
            };
            if func.ty(p) == Ty::Ref && class != Class::Uniform {
                return None;
            }
            self.params.push((p, kind));
            self.classes[p] = Some(class);
        }
        Some(())
    }

    /// Phase 2, optimistically: values have no class until something reaches them.
    fn classify(&mut self, func: &Function) -> Option<()> {
        let header = self.counted.header;
        let blocks = self.blocks.clone();
        for &b in &blocks {
            func.blocks[b].params.iter().for_each(|&p| self.own[p] = true);
            func.blocks[b].insts.iter().for_each(|&i| func.insts[i].results.iter().for_each(|&r| self.own[r] = true));
        }
        for _ in 0..MAX_ROUNDS {
            let mut changed = false;
            for &b in &blocks {
                for &i in &func.blocks[b].insts {
                    let d = &func.insts[i];
                    if d.args.iter().any(|&a| self.is_unseen(a)) {
                        continue;
                    }
                    let class = if self.late_loads.contains(&i) { Class::Varying } else { self.class_of(func, d) };
                    for &r in &d.results {
                        changed |= self.note(r, class);
                    }
                }
                if b == self.counted.latch {
                    continue;
                }
                let way = self.way(b);
                for (n, t) in func.blocks[b].term.targets().into_iter().enumerate() {
                    let is_taken = match way {
                        Way::Both => true,
                        Way::Then | Way::Settled(true) => n == 0,
                        Way::Other | Way::Settled(false) => n == 1,
                    };
                    if !is_taken || t.block == header {
                        continue;
                    }
                    for (&p, &a) in func.blocks[t.block].params.iter().zip(&t.args) {
                        if !self.is_unseen(a) {
                            changed |= self.note(p, self.class(a));
                        }
                    }
                }
            }
            if !changed {
                return Some(());
            }
        }
        None
    }

    /// A value of a block that stays, of which nothing is known yet.
    fn is_unseen(&self, v: Value) -> bool {
        self.classes[v].is_none() && self.own[v]
    }

    fn note(&mut self, v: Value, class: Class) -> bool {
        let joined = self.classes[v].map_or(class, |old| old.join(class));
        let changed = self.classes[v] != Some(joined);
        self.classes[v] = Some(joined);
        changed
    }

    /// How often an instruction is made: once for all iterations, or for each.
    pub fn class_of_inst(&self, func: &Function, i: Inst) -> Class {
        let d = &func.insts[i];
        d.results.first().map_or_else(|| self.class_of(func, d), |&r| self.class(r))
    }

    fn class_of(&self, func: &Function, d: &InstData) -> Class {
        let class = |n: usize| self.class(d.args[n]);
        let is_word = d.results.first().is_some_and(|&r| func.ty(r) == Ty::I64);
        let step = |k: i64| if k == 0 { Class::Uniform } else { Class::Step(k) };
        if d.op == Opcode::Store {
            return Class::Varying;
        }
        if d.args.iter().all(|&a| self.class(a) == Class::Uniform) {
            return Class::Uniform;
        }
        let number = |c: Class| match c {
            Class::Uniform => Some(0),
            Class::Step(k) => Some(k),
            Class::Varying => None,
        };
        match d.op {
            Opcode::Iadd | Opcode::Isub if is_word => match (number(class(0)), number(class(1))) {
                (Some(a), Some(b)) if d.op == Opcode::Iadd => step(a.wrapping_add(b)),
                (Some(a), Some(b)) => step(a.wrapping_sub(b)),
                _ => Class::Varying,
            },
            Opcode::Imul | Opcode::Shl if is_word => match (class(0), const_int(func, d.args[1])) {
                (Class::Step(a), Some(k)) if d.op == Opcode::Imul => step(a.wrapping_mul(k)),
                (Class::Step(a), Some(k)) if (0..64).contains(&k) => step(a.wrapping_shl(k as u32)),
                _ => Class::Varying,
            },
            _ => Class::Varying,
        }
    }

    /// Conditions are uniform, references too, and what the loop carries is used in its tail only.
    fn check(&self, func: &Function) -> Option<()> {
        let latch = self.counted.latch;
        let mut late: FxHashSet<Value> = self.params.iter().filter(|p| matches!(p.1, Param::Carried(_))).map(|p| p.0).collect();
        for &b in &self.blocks {
            for (n, &i) in func.blocks[b].insts.iter().enumerate() {
                let d = &func.insts[i];
                let is_late = d.args.iter().any(|a| late.contains(a));
                if is_late {
                    if b != latch || n < self.tail {
                        return None;
                    }
                    late.extend(d.results.iter().copied());
                }
                if d.op == Opcode::KeepAlive && self.class(d.args[0]) != Class::Uniform {
                    return None;
                }
                if d.results.iter().any(|&r| func.ty(r) == Ty::Ref && self.class(r) != Class::Uniform) {
                    return None;
                }
            }
            let is_ref = |&p: &Value| func.ty(p) == Ty::Ref && self.class(p) != Class::Uniform;
            if func.blocks[b].params.iter().any(is_ref) {
                return None;
            }
            if b == latch {
                continue;
            }
            let mut is_late = false;
            func.blocks[b].term.for_each_arg(|a| is_late |= late.contains(&a));
            let is_uniform = match &func.blocks[b].term {
                Terminator::Brif { cond, .. } if self.way(b) == Way::Both => self.class(*cond) == Class::Uniform,
                _ => true,
            };
            if is_late || !is_uniform {
                return None;
            }
        }
        Some(())
    }

    /// Phase 3: what is stored, and what is loaded before.
    fn memory(&mut self, func: &Function) -> Option<()> {
        if !self.insts(func).any(|i| func.insts[i].op == Opcode::Store) {
            return Some(());
        }
        let aliases = Aliases::new(func);
        let (mut stores, mut loads): (Vec<Span>, Vec<Span>) = (Vec::new(), Vec::new());
        for i in self.insts(func) {
            let d = &func.insts[i];
            let spans = match d.op {
                Opcode::Store => &mut stores,
                Opcode::Load if !self.late_loads.contains(&i) => &mut loads,
                _ => continue,
            };
            let a = aliases.access(func, d)?;
            let (from, to) = (a.offset, a.offset.checked_add(i64::from(a.size?))?);
            match spans.iter_mut().find(|s| s.base == a.base && s.access.region == a.region && s.access.ty == a.ty) {
                Some(s) => (s.from, s.to) = (s.from.min(from), s.to.max(to)),
                None => spans.push(Span { base: a.base, from, to, access: a }),
            }
        }
        for st in &stores {
            for ld in &loads {
                let (a, b) = (&st.access, &ld.access);
                let is_field = a.region == Region::Fields && a.ty != b.ty;
                if a.region != b.region || a.region == Region::Const || is_field || aliases.are_apart(a.addr, b.addr) {
                    continue;
                }
                if a.region != Region::Data || self.pairs.len() >= MAX_PAIRS {
                    return None;
                }
                self.pairs.push((*st, *ld));
            }
        }
        Some(())
    }

    /// The blocks that stay with their instructions that do not run one iteration after the other.
    pub fn early_insts<'a>(&'a self, func: &'a Function) -> impl Iterator<Item = (Block, &'a [Inst])> + 'a {
        self.blocks.iter().map(move |&b| {
            let insts = &func.blocks[b].insts[..];
            (b, if b == self.counted.latch { &insts[..self.tail] } else { insts })
        })
    }

    /// Conditions that all iterations of a round have to agree on.
    pub fn conditions(&self, func: &Function) -> FxHashSet<Value> {
        let guards = self.insts(func).filter(|i| func.insts[*i].op == Opcode::Guard && !self.dropped.contains(i)).map(|i| func.insts[i].args[0]);
        let branches = self.blocks.iter().filter_map(|&b| match func.blocks[b].term {
            Terminator::Brif { cond, .. } if matches!(self.way(b), Way::Then | Way::Other) => Some(cond),
            _ => None,
        });
        guards.chain(branches).filter(|&v| self.class(v) == Class::Varying).collect()
    }

    /// Whether a value is made by the blocks that stay.
    pub fn is_own(&self, v: Value) -> bool {
        self.own[v]
    }

    pub fn insts<'a>(&'a self, func: &'a Function) -> impl Iterator<Item = Inst> + 'a {
        self.blocks.iter().flat_map(|&b| func.blocks[b].insts.iter().copied())
    }
}
