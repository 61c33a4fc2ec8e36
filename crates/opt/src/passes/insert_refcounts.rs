//! Makes ownership explicit: `retain`, `release`, and cold blocks for exits that have something to release.
//!
//! Phases:
//! 1. Which values own: `ref` results of allocations and calls, block parameters, and copies out of `select` and `load`
//!    (these are retained where they are made). The entry's parameters are borrowed, the null reference owns nothing.
//! 2. Liveness of owning values, from each use up to the definition. `keep_alive` is a use.
//! 3. Each block is rewritten from top to bottom, with the set of values it holds: a value is released after its last
//!    use, handed over where it is consumed last (return, store, edge argument, a text that grows), retained where it is consumed but
//!    needed afterwards. What a block holds and one successor does not want is released on that edge.
//! 4. On the way, an instruction with a site that is reached while values are held becomes a branch to a cold block that
//!    releases them and leaves; equal cold blocks are one.

use crate::pipeline::{Changed, PassCx};
use cranelift_entity::{EntityRef, SecondaryMap};
use looplift_abi::symbols::Sym;
use looplift_mir::*;
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let owners = Owners::find(func);
    let has_keep_alive = func.layout.iter().any(|&b| func.blocks[b].insts.iter().any(|&i| func.insts[i].op == Opcode::KeepAlive));
    if owners.list.is_empty() && !consumes_refs(func) {
        if has_keep_alive {
            for n in 0..func.layout.len() {
                let b = func.layout[n];
                let mut insts = std::mem::take(&mut func.blocks[b].insts);
                insts.retain(|&i| func.insts[i].op != Opcode::KeepAlive);
                func.blocks[b].insts = insts;
            }
        }
        return has_keep_alive.into();
    }
    let live_in = liveness(func, &owners);
    let mut pred_count: SecondaryMap<Block, u32> = SecondaryMap::new();
    for &b in &func.layout {
        for t in func.blocks[b].term.targets() {
            pred_count[t.block] += 1;
        }
    }
    let layout = func.layout.clone();
    let mut w = Writer { func, owners, live_in, pred_count, prologue: FxHashMap::default(), cold: FxHashMap::default() };
    for &b in &layout {
        w.block(b);
    }
    for &b in &layout {
        if let Some(mut p) = w.prologue.remove(&b) {
            p.append(&mut w.func.blocks[b].insts);
            w.func.blocks[b].insts = p;
        }
    }
    func.tidy_layout();
    Changed::Yes
}

/// Whether some borrowed reference is handed on, which takes a `retain`.
fn consumes_refs(func: &Function) -> bool {
    func.layout.iter().any(|&b| {
        let data = &func.blocks[b];
        let mut found = data.insts.iter().any(|&i| func.insts[i].op == Opcode::Store && func.insts[i].ty == Some(Ty::Ref));
        if let Terminator::Return(args) = &data.term {
            found |= args.iter().any(|&a| func.ty(a) == Ty::Ref);
        }
        found
    })
}

fn is_null(func: &Function, v: Value) -> bool {
    crate::analysis::edit::def_of(func, v, Opcode::NullRef).is_some()
}

/// Phase 1.
struct Owners {
    list: Vec<Value>,
    owns: SecondaryMap<Value, bool>,
    /// Where an owner is defined.
    def_block: SecondaryMap<Value, u32>,
}

impl Owners {
    fn find(func: &Function) -> Owners {
        let mut o = Owners { list: Vec::new(), owns: SecondaryMap::new(), def_block: SecondaryMap::with_default(u32::MAX) };
        for (n, &b) in func.layout.iter().enumerate() {
            if n > 0 {
                for &p in &func.blocks[b].params {
                    o.add(func, p, b);
                }
            }
            for &i in &func.blocks[b].insts {
                if func.insts[i].op != Opcode::NullRef {
                    for &r in &func.insts[i].results {
                        o.add(func, r, b);
                    }
                }
            }
        }
        o
    }
    fn add(&mut self, func: &Function, v: Value, b: Block) {
        if func.ty(v) == Ty::Ref {
            self.list.push(v);
            self.owns[v] = true;
            self.def_block[v] = b.index() as u32;
        }
    }
}

/// Phase 2: the owning values that are live into each block, in order of number.
fn liveness(func: &Function, owners: &Owners) -> SecondaryMap<Block, Vec<Value>> {
    let preds = func.predecessors();
    // Blocks that use a value before (or without) defining it.
    let mut uses: FxHashMap<Value, Vec<Block>> = FxHashMap::default();
    for &b in &func.layout {
        let mut note = |v: Value| {
            if owners.owns[v] && owners.def_block[v] != b.index() as u32 {
                let list = uses.entry(v).or_default();
                if list.last() != Some(&b) {
                    list.push(b);
                }
            }
        };
        for &i in &func.blocks[b].insts {
            func.insts[i].args.iter().copied().for_each(&mut note);
        }
        func.blocks[b].term.for_each_arg(&mut note);
    }
    let mut live_in: SecondaryMap<Block, Vec<Value>> = SecondaryMap::new();
    for &v in &owners.list {
        let mut work = uses.remove(&v).unwrap_or_default();
        while let Some(b) = work.pop() {
            if live_in[b].last() == Some(&v) {
                continue;
            }
            live_in[b].push(v);
            for &p in &preds[b] {
                if owners.def_block[v] != p.index() as u32 {
                    work.push(p);
                }
            }
        }
    }
    live_in
}

/// What a cold block does: releases, then leaves.
#[derive(PartialEq, Eq, Hash)]
struct ColdKey {
    site: SiteId,
    raise: bool,
    args: Args,
    releases: Vec<Value>,
}

struct Writer<'a> {
    func: &'a mut Function,
    owners: Owners,
    live_in: SecondaryMap<Block, Vec<Value>>,
    pred_count: SecondaryMap<Block, u32>,
    /// Goes to the front of blocks with one predecessor.
    prologue: FxHashMap<Block, Vec<Inst>>,
    cold: FxHashMap<ColdKey, Block>,
}

impl Writer<'_> {
    fn count(&mut self, op: Opcode, v: Value, span: SpanId, out: &mut Vec<Inst>) {
        let i = self.func.make_inst(op, None, &[v], Imm::None, &[], None, span);
        out.push(i);
    }

    /// The owned text that a concatenation may make longer where it lies, if nobody needs it afterwards.
    fn grown(&self, i: Inst) -> Option<Value> {
        let d = &self.func.insts[i];
        match (d.op, d.imm, &d.args[..]) {
            (Opcode::CallRt | Opcode::CallRtTry, Imm::Sym(Sym::TextConcat), &[a, b]) if a != b && self.owners.owns[a] => Some(a),
            _ => None,
        }
    }

    fn block(&mut self, b: Block) {
        let insts = std::mem::take(&mut self.func.blocks[b].insts);
        let term = self.func.blocks[b].term.clone();
        let term_span = self.func.blocks[b].term_span;
        let cold = self.func.blocks[b].cold;
        let mut live_out: Vec<Value> = term.targets().iter().flat_map(|t| self.live_in[t.block].iter().copied()).collect();
        live_out.sort_unstable();
        live_out.dedup();
        // Position of the last use in this block; the terminator is `insts.len()`.
        let mut last_use: FxHashMap<Value, usize> = FxHashMap::default();
        for (n, &i) in insts.iter().enumerate() {
            for &a in &self.func.insts[i].args {
                if self.owners.owns[a] {
                    last_use.insert(a, n);
                }
            }
        }
        term.for_each_arg(|a| {
            if self.owners.owns[a] {
                last_use.insert(a, insts.len());
            }
        });
        let is_live_out = |v: &Value| live_out.binary_search(v).is_ok();

        let mut held: Vec<Value> = self.live_in[b].clone();
        let mut out: Vec<Inst> = Vec::with_capacity(insts.len());
        // The block that is being written; splitting at an exit moves on to a new one.
        let mut at = b;
        let first_span = insts.first().map_or(term_span, |&i| self.func.insts[i].span);
        if Some(&b) != self.func.layout.first() {
            for p in self.func.blocks[b].params.clone() {
                if self.owners.owns[p] {
                    if last_use.contains_key(&p) || is_live_out(&p) {
                        held.push(p);
                    } else {
                        self.count(Opcode::Release, p, first_span, &mut out);
                    }
                }
            }
        }
        for (n, &i) in insts.iter().enumerate() {
            let span = self.func.insts[i].span;
            let op = self.func.insts[i].op;
            let mut consumed: Option<Value> = None;
            if op == Opcode::Store && self.func.insts[i].ty == Some(Ty::Ref) {
                let v = self.func.insts[i].args[0];
                if self.owners.owns[v] && last_use.get(&v) == Some(&n) && !is_live_out(&v) {
                    consumed = Some(v);
                } else if !is_null(self.func, v) {
                    self.count(Opcode::Retain, v, span, &mut out);
                }
            }
            if let Some(v) = self.grown(i)
                && last_use.get(&v) == Some(&n)
                && !is_live_out(&v)
            {
                self.func.insts[i].imm = Imm::Sym(Sym::TextAppend);
                // Taken over even if it fails.
                held.retain(|h| *h != v);
                consumed = Some(v);
            }
            if self.func.insts[i].site.is_some() && !held.is_empty() && can_leave(op) {
                at = self.split(i, at, cold, &held, &mut out);
            } else if op != Opcode::KeepAlive {
                out.push(i);
            }
            for r in self.func.insts[i].results.clone() {
                if !self.owners.owns[r] {
                    continue;
                }
                if matches!(op, Opcode::Select | Opcode::Load) {
                    self.count(Opcode::Retain, r, span, &mut out);
                }
                if last_use.contains_key(&r) || is_live_out(&r) {
                    held.push(r);
                } else {
                    self.count(Opcode::Release, r, span, &mut out);
                }
            }
            // Operands whose last use this was.
            let mut done: SmallVec<[Value; 4]> = smallvec![];
            for &a in &self.func.insts[i].args {
                if self.owners.owns[a] && last_use.get(&a) == Some(&n) && !is_live_out(&a) && !done.contains(&a) {
                    done.push(a);
                }
            }
            for a in done {
                held.retain(|h| *h != a);
                if consumed != Some(a) {
                    self.count(Opcode::Release, a, span, &mut out);
                }
            }
        }
        self.terminator(at, term, term_span, held, out);
    }

    fn terminator(&mut self, at: Block, mut term: Terminator, span: SpanId, mut held: Vec<Value>, mut out: Vec<Inst>) {
        match &mut term {
            Terminator::Return(args) => {
                for &a in args.iter() {
                    if self.func.ty(a) != Ty::Ref || is_null(self.func, a) {
                        continue;
                    }
                    match held.iter().position(|h| *h == a) {
                        Some(n) => {
                            held.remove(n);
                        }
                        None => self.count(Opcode::Retain, a, span, &mut out),
                    }
                }
                for v in held {
                    self.count(Opcode::Release, v, span, &mut out);
                }
            }
            Terminator::Raise { .. } | Terminator::Propagate { .. } | Terminator::Unreachable => {
                for v in held {
                    self.count(Opcode::Release, v, span, &mut out);
                }
            }
            Terminator::Jump(t) => {
                let mut actions = self.edge_actions(t, &held, span);
                out.append(&mut actions);
            }
            Terminator::Brif { then, other, .. } => {
                for t in [then, other] {
                    let mut actions = self.edge_actions(t, &held, span);
                    if actions.is_empty() {
                        continue;
                    }
                    if self.pred_count[t.block] == 1 && t.args.iter().all(|&a| self.func.ty(a) != Ty::Ref) {
                        self.prologue.entry(t.block).or_default().append(&mut actions);
                    } else {
                        let edge = self.func.make_block(span);
                        let cold = self.func.blocks[t.block].cold;
                        let e = &mut self.func.blocks[edge];
                        e.insts = actions;
                        e.cold = cold;
                        e.term = Terminator::Jump(t.clone());
                        *t = BlockCall { block: edge, args: Args::new() };
                    }
                }
            }
        }
        let data = &mut self.func.blocks[at];
        data.insts = out;
        data.term = term;
        data.term_span = span;
    }

    /// Retains and releases that an edge needs.
    fn edge_actions(&mut self, t: &BlockCall, held: &[Value], span: SpanId) -> Vec<Inst> {
        let mut out = Vec::new();
        let mut release: Vec<Value> = held.iter().copied().filter(|v| !self.live_in[t.block].contains(v)).collect();
        for &a in &t.args {
            if self.func.ty(a) != Ty::Ref || is_null(self.func, a) {
                continue;
            }
            match release.iter().position(|r| *r == a) {
                Some(n) => {
                    release.remove(n);
                }
                None => self.count(Opcode::Retain, a, span, &mut out),
            }
        }
        for v in release {
            self.count(Opcode::Release, v, span, &mut out);
        }
        out
    }

    /// Ends the block before or after the exit `i` with a branch to a cold block; gives the block that goes on.
    fn split(&mut self, i: Inst, at: Block, cold: bool, held: &[Value], out: &mut Vec<Inst>) -> Block {
        let d = self.func.insts[i].clone();
        let Some(site) = d.site else { return at };
        let (cond, raise, args) = if d.op == Opcode::Guard {
            (d.args[0], true, Args::from_slice(&d.args[1..]))
        } else {
            let flag = self.make_try(i);
            out.push(i);
            (flag, false, Args::new())
        };
        let to = self.cold_block(ColdKey { site, raise, args, releases: held.to_vec() }, d.span);
        let next = self.func.make_block(d.span);
        self.func.blocks[next].cold = cold;
        let (go, leave) = (BlockCall { block: next, args: Args::new() }, BlockCall { block: to, args: Args::new() });
        let data = &mut self.func.blocks[at];
        data.insts = std::mem::take(out);
        data.term = if raise { Terminator::Brif { cond, then: go, other: leave } } else { Terminator::Brif { cond, then: leave, other: go } };
        data.term_span = d.span;
        next
    }

    /// Turns an instruction with a site into the form that gives a flag.
    fn make_try(&mut self, i: Inst) -> Value {
        let flag = self.func.values.push(ValueData { ty: Ty::I8, def: ValueDef::Result(i, 0) });
        let d = &mut self.func.insts[i];
        d.op = match d.op {
            Opcode::Call => Opcode::CallTry,
            Opcode::CallRt => Opcode::CallRtTry,
            Opcode::Alloc => Opcode::AllocTry,
            Opcode::AllocZeroed => Opcode::AllocZeroedTry,
            Opcode::Poll => Opcode::PollTry,
            op => op,
        };
        d.site = None;
        d.results.insert(0, flag);
        for (n, &r) in d.results.iter().enumerate() {
            self.func.values[r].def = ValueDef::Result(i, n as u32);
        }
        flag
    }

    fn cold_block(&mut self, key: ColdKey, span: SpanId) -> Block {
        if let Some(&b) = self.cold.get(&key) {
            return b;
        }
        let b = self.func.make_block(span);
        let mut insts = Vec::new();
        for &v in &key.releases {
            self.count(Opcode::Release, v, span, &mut insts);
        }
        let data = &mut self.func.blocks[b];
        data.cold = true;
        data.insts = insts;
        data.term = if key.raise { Terminator::Raise { site: key.site, args: key.args.clone() } } else { Terminator::Propagate { site: key.site } };
        self.cold.insert(key, b);
        b
    }
}

/// Whether the instruction leaves by its site (a site may also only describe an exception).
fn can_leave(op: Opcode) -> bool {
    matches!(op, Opcode::Guard | Opcode::Call | Opcode::CallRt | Opcode::Alloc | Opcode::AllocZeroed | Opcode::Poll)
}
