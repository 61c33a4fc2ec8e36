//! Sparse conditional constant propagation (Wegman and Zadeck 1991): values and edges are optimistic until shown
//! otherwise, so that constants flow through joins that only dead edges disturb. Afterwards constant values are constants,
//! constant branches are jumps, and blocks that no live edge reaches are gone. Guards whose condition is constant true go;
//! a guard that always fails ends its block in `raise`.

use crate::analysis::fold::{Const, constant, fold};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::{EntitySet, SecondaryMap};
use looplift_mir::*;
use smallvec::SmallVec;

/// What is known about a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum Fact {
    /// Not seen yet.
    #[default]
    Top,
    Known(Const),
    /// Takes several values.
    Varies,
}

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    let mut s = Solver::new(func);
    s.solve();
    let Solver { facts, reached, .. } = s;
    let mut changed = false;
    let mut swaps: Vec<(Value, Value)> = Vec::new();
    for n in 0..func.layout.len() {
        let b = func.layout[n];
        if !reached.contains(b) {
            continue;
        }
        // Parameters that are constant become constants at the front of the block; dead-parameter removal follows in
        // `dce`.
        let mut front = Vec::new();
        if n > 0 {
            for p in func.blocks[b].params.clone() {
                if let Fact::Known(c) = facts[p] {
                    let span = func.blocks[b].insts.first().map_or(func.blocks[b].term_span, |&i| func.insts[i].span);
                    let v = make_const(func, c, func.ty(p), span, &mut front);
                    swaps.push((p, v));
                }
            }
        }
        for k in 0..func.blocks[b].insts.len() {
            let i = func.blocks[b].insts[k];
            let d = &func.insts[i];
            if d.op == Opcode::Guard {
                if let Fact::Known(Const::Int(c)) = facts[d.args[0]] {
                    changed = true;
                    if c == 0 {
                        // What follows is not reached.
                        if let Some(site) = d.site {
                            let args = Args::from_slice(&d.args[1..]);
                            let span = d.span;
                            let data = &mut func.blocks[b];
                            data.insts.truncate(k);
                            data.term = Terminator::Raise { site, args };
                            data.term_span = span;
                            break;
                        }
                    } else {
                        func.blocks[b].insts[k] = nothing(func);
                    }
                }
                continue;
            }
            if d.results.len() == 1
                && !matches!(d.op, Opcode::Iconst | Opcode::Fconst)
                && let Fact::Known(c) = facts[d.results[0]]
            {
                let ty = func.ty(d.results[0]);
                let d = &mut func.insts[i];
                (d.op, d.imm) = match c {
                    Const::Int(n) => (Opcode::Iconst, Imm::Int(n)),
                    Const::Float(b) => (Opcode::Fconst, Imm::Float(b)),
                };
                d.ty = Some(ty);
                d.args.clear();
                changed = true;
            }
        }
        let dead: Vec<Inst> = func.blocks[b].insts.iter().copied().filter(|&i| is_nothing(func, i)).collect();
        if !dead.is_empty() {
            func.blocks[b].insts.retain(|i| !dead.contains(i));
        }
        if let Terminator::Brif { cond, then, other } = &func.blocks[b].term
            && let Fact::Known(Const::Int(c)) = facts[*cond]
        {
            let to = if c != 0 { then.clone() } else { other.clone() };
            func.blocks[b].term = Terminator::Jump(to);
            changed = true;
        }
        if !front.is_empty() {
            front.append(&mut func.blocks[b].insts);
            func.blocks[b].insts = front;
            changed = true;
        }
    }
    crate::analysis::edit::replace_all(func, &swaps);
    if changed {
        func.tidy_layout();
    }
    changed.into()
}

/// A placeholder for a removed instruction: a constant without a result.
fn nothing(func: &mut Function) -> Inst {
    func.make_inst(Opcode::Poll, None, &[], Imm::Int(0), &[], None, SpanId::from_u32(0))
}
fn is_nothing(func: &Function, i: Inst) -> bool {
    func.insts[i].op == Opcode::Poll && func.insts[i].imm == Imm::Int(0)
}

/// Emits a constant.
pub fn make_const(func: &mut Function, c: Const, ty: Ty, span: SpanId, out: &mut Vec<Inst>) -> Value {
    let (op, imm) = match c {
        Const::Int(n) => (Opcode::Iconst, Imm::Int(n)),
        Const::Float(b) => (Opcode::Fconst, Imm::Float(b)),
    };
    let i = func.make_inst(op, Some(ty), &[], imm, &[ty], None, span);
    out.push(i);
    func.result(i)
}

/// Instructions and terminators (`None`) that use a value.
type Users = SecondaryMap<Value, SmallVec<[(Block, Option<Inst>); 4]>>;

struct Solver<'a> {
    func: &'a Function,
    facts: SecondaryMap<Value, Fact>,
    reached: EntitySet<Block>,
    edges: rustc_hash::FxHashSet<(Block, u8)>,
    users: Users,
    flow: Vec<(Block, u8)>,
    values: Vec<Value>,
}

impl<'a> Solver<'a> {
    fn new(func: &'a Function) -> Solver<'a> {
        let mut users = Users::new();
        for &b in &func.layout {
            for &i in &func.blocks[b].insts {
                for &a in &func.insts[i].args {
                    users[a].push((b, Some(i)));
                }
            }
            func.blocks[b].term.for_each_arg(|a| users[a].push((b, None)));
        }
        Solver { func, facts: SecondaryMap::new(), reached: EntitySet::new(), edges: Default::default(), users, flow: Vec::new(), values: Vec::new() }
    }

    fn solve(&mut self) {
        let entry = self.func.entry();
        for &p in &self.func.blocks[entry].params {
            self.facts[p] = Fact::Varies;
        }
        self.reach(entry);
        loop {
            if let Some((from, n)) = self.flow.pop() {
                let t = self.func.blocks[from].term.targets()[n as usize];
                self.pass_args(t);
                self.reach(t.block);
            } else if let Some(v) = self.values.pop() {
                for (b, i) in self.users[v].clone() {
                    if self.reached.contains(b) {
                        match i {
                            Some(i) => self.inst(i),
                            None => self.terminator(b),
                        }
                    }
                }
            } else {
                return;
            }
        }
    }

    fn reach(&mut self, b: Block) {
        if self.reached.insert(b) {
            for &i in &self.func.blocks[b].insts {
                self.inst(i);
            }
            self.terminator(b);
        }
    }

    fn meet(&mut self, v: Value, f: Fact) {
        let new = match (self.facts[v], f) {
            (old, Fact::Top) => old,
            (Fact::Top, f) => f,
            (Fact::Known(a), Fact::Known(b)) if a == b => return,
            _ => Fact::Varies,
        };
        if new != self.facts[v] {
            self.facts[v] = new;
            self.values.push(v);
        }
    }

    fn inst(&mut self, i: Inst) {
        let d = &self.func.insts[i];
        if d.results.len() != 1 {
            for &r in &d.results {
                self.meet(r, Fact::Varies);
            }
            return;
        }
        let r = d.results[0];
        let fact = match constant(self.func, r) {
            Some(c) => Fact::Known(c),
            None => self.evaluate(d, self.func.ty(r)),
        };
        self.meet(r, fact);
    }

    fn evaluate(&self, d: &InstData, to: Ty) -> Fact {
        if d.op == Opcode::Select {
            let (a, b) = (self.facts[d.args[1]], self.facts[d.args[2]]);
            return match self.facts[d.args[0]] {
                Fact::Top => Fact::Top,
                Fact::Known(Const::Int(0)) => b,
                Fact::Known(_) => a,
                Fact::Varies => match (a, b) {
                    (Fact::Top, x) | (x, Fact::Top) => x,
                    (x, y) if x == y => x,
                    _ => Fact::Varies,
                },
            };
        }
        let mut consts: SmallVec<[Const; 4]> = SmallVec::new();
        for &a in &d.args {
            match self.facts[a] {
                Fact::Known(c) => consts.push(c),
                Fact::Top => return Fact::Top,
                Fact::Varies => return Fact::Varies,
            }
        }
        match d.args.first() {
            Some(&a) => fold(d.op, d.imm, self.func.ty(a), to, &consts).map_or(Fact::Varies, Fact::Known),
            None => Fact::Varies,
        }
    }

    fn pass_args(&mut self, t: &BlockCall) {
        for (&p, &a) in self.func.blocks[t.block].params.iter().zip(&t.args) {
            self.meet(p, self.facts[a]);
        }
    }

    fn terminator(&mut self, b: Block) {
        let func = self.func;
        match &func.blocks[b].term {
            Terminator::Jump(t) => self.edge(b, 0, t),
            Terminator::Brif { cond, then, other } => {
                let (first, second) = match self.facts[*cond] {
                    Fact::Top => (false, false),
                    Fact::Known(Const::Int(0)) => (false, true),
                    Fact::Known(_) => (true, false),
                    Fact::Varies => (true, true),
                };
                if first {
                    self.edge(b, 0, then);
                }
                if second {
                    self.edge(b, 1, other);
                }
            }
            Terminator::Return(_) | Terminator::Raise { .. } | Terminator::Propagate { .. } | Terminator::Unreachable => {}
        }
    }

    fn edge(&mut self, b: Block, n: u8, t: &BlockCall) {
        if self.edges.insert((b, n)) {
            self.flow.push((b, n));
        } else {
            self.pass_args(t);
        }
    }
}
