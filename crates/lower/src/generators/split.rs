//! The second phase of generators: blocks end at each `yield`, and a new entry branches on the state.

use super::{BEGIN, CLOSE, CODE, FrameLayout, HEAD, MAKE, RUNNING, SIZES, THROW};
use cranelift_entity::{EntityRef, EntitySet, PrimaryMap, SecondaryMap};
use looplift_abi::heap::HEADER_SIZE;
use looplift_abi::symbols::Sym;
use looplift_mir::{
    Args, Block, BlockCall, CalleeId, Function, Imm, Inst, IntCC, Opcode, Region, SiteId, SpanId, Terminator, Ty as MTy, Value, ValueDef, build::call,
};
use rustc_hash::FxHashMap;

/// Turns the body of a generator, in which `yields` marks where it stops, into the function described above. The error says
/// what cannot live across a `yield`.
pub(crate) fn split(func: &mut Function, yields: CalleeId, layout: &FrameLayout, site: SiteId) -> Result<(), &'static str> {
    let span = func.blocks[func.entry()].term_span;
    let stops = cut(func, yields);
    let live = live_across(func, &stops)?;
    Splitter { func, span, site, layout, slots: FxHashMap::default(), refs: 0, size: HEAD + 8 * layout.sent as i32, stash: None }.run(&stops, &live);
    remove_callee(func, yields);
    func.tidy_layout();
    looplift_mir::cleanup::remove_trivial_params(func);
    Ok(())
}

/// A `yield`: the block that ends with it, its item, the mode in which the next step comes, and the block that goes on.
struct Stop {
    before: Block,
    item: Args,
    mode: Value,
    after: Block,
}

/// Ends blocks at every `yield`, for now by a jump.
fn cut(func: &mut Function, yields: CalleeId) -> Vec<Stop> {
    let mut stops = Vec::new();
    let mut work: Vec<Block> = func.layout.clone();
    work.reverse();
    while let Some(b) = work.pop() {
        let is_yield = |i: &Inst| func.insts[*i].op == Opcode::Call && func.insts[*i].imm == Imm::Callee(yields);
        let Some(at) = func.blocks[b].insts.iter().position(is_yield) else { continue };
        let span = func.blocks[b].term_span;
        let after = func.make_block(span);
        let rest = func.blocks[b].insts.split_off(at);
        let term = std::mem::replace(&mut func.blocks[b].term, Terminator::Jump(call(after, &[])));
        let inst = rest[0];
        func.blocks[after].insts = rest[1..].to_vec();
        func.blocks[after].term = term;
        func.blocks[after].cold = func.blocks[b].cold;
        stops.push(Stop { before: b, item: func.insts[inst].args.clone(), mode: func.insts[inst].results[0], after });
        work.push(after);
    }
    func.tidy_layout();
    stops.retain(|s| func.layout.contains(&s.before));
    stops
}

/// The values that are live where each stop goes on, in order of number; parameters of the function, which every step has, apart.
fn live_across(func: &Function, stops: &[Stop]) -> Result<Vec<Vec<Value>>, &'static str> {
    let entry = func.entry();
    let mut live_in: SecondaryMap<Block, EntitySet<Value>> = SecondaryMap::new();
    let mut changed = true;
    while changed {
        changed = false;
        for &b in func.layout.iter().rev() {
            let data = &func.blocks[b];
            let mut now = EntitySet::new();
            for t in data.term.targets() {
                let from = &live_in[t.block];
                for v in from.keys().filter(|&v| from.contains(v)) {
                    now.insert(v);
                }
            }
            data.term.for_each_arg(|v| {
                now.insert(v);
            });
            // The item of a stop is used where its block ends.
            for &v in stops.iter().filter(|s| s.before == b).flat_map(|s| &s.item) {
                now.insert(v);
            }
            for &i in data.insts.iter().rev() {
                for &r in &func.insts[i].results {
                    now.remove(r);
                }
                for &a in &func.insts[i].args {
                    now.insert(a);
                }
            }
            for &p in &data.params {
                now.remove(p);
            }
            if now.keys().any(|v| now.contains(v) && !live_in[b].contains(v)) {
                live_in[b] = now;
                changed = true;
            }
        }
    }
    // The modes are read anew in each step.
    let flags: Vec<Value> = stops.iter().map(|s| s.mode).collect();
    stops
        .iter()
        .map(|s| {
            let set = &live_in[s.after];
            let mut out = Vec::new();
            for v in set.keys().filter(|&v| set.contains(v) && !flags.contains(&v)) {
                match func.values[v].def {
                    ValueDef::Param(b, _) if b == entry => continue,
                    ValueDef::Result(i, _) if func.insts[i].op == Opcode::StackSlot => {
                        return Err("a yield inside an expression that is kept in memory cannot be compiled");
                    }
                    ValueDef::Result(..) | ValueDef::Param(..) => {}
                }
                out.push(v);
            }
            out.sort_unstable();
            Ok(out)
        })
        .collect()
}

struct Splitter<'a> {
    func: &'a mut Function,
    span: SpanId,
    site: SiteId,
    layout: &'a FrameLayout,
    /// Where exceptions lie that are being handled, and how many there were before the step.
    stash: Option<(i32, Value)>,
    /// Where values lie in the frame.
    slots: FxHashMap<Value, i32>,
    refs: i64,
    size: i32,
}

impl Splitter<'_> {
    fn inst(&mut self, b: Block, op: Opcode, ty: Option<MTy>, args: &[Value], imm: Imm, rets: &[MTy], site: Option<SiteId>) -> Option<Value> {
        let i = self.func.make_inst(op, ty, args, imm, rets, site, self.span);
        self.func.blocks[b].insts.push(i);
        self.func.insts[i].results.first().copied()
    }
    fn value(&mut self, b: Block, op: Opcode, ty: Option<MTy>, args: &[Value], imm: Imm, ret: MTy) -> Value {
        let i = self.func.make_inst(op, ty, args, imm, &[ret], None, self.span);
        self.func.blocks[b].insts.push(i);
        self.func.insts[i].results[0]
    }
    fn iconst(&mut self, b: Block, ty: MTy, v: i64) -> Value {
        self.value(b, Opcode::Iconst, Some(ty), &[], Imm::Int(v), ty)
    }
    fn zero(&mut self, b: Block, ty: MTy) -> Value {
        match ty {
            MTy::Ref => self.value(b, Opcode::NullRef, Some(ty), &[], Imm::None, ty),
            MTy::F32 | MTy::F64 => self.value(b, Opcode::Fconst, Some(ty), &[], Imm::Float(0), ty),
            MTy::F64x2 => {
                let zero = self.zero(b, MTy::F64);
                self.value(b, Opcode::Splat, Some(ty), &[zero], Imm::None, ty)
            }
            MTy::I8 | MTy::I16 | MTy::I32 | MTy::I64 => self.iconst(b, ty, 0),
        }
    }
    fn store(&mut self, b: Block, v: Value, frame: Value, off: i32) {
        let ty = self.func.ty(v);
        self.inst(b, Opcode::Store, Some(ty), &[v, frame], Imm::Mem(Region::Header, HEADER_SIZE as i32 + off), &[], None);
    }
    fn load(&mut self, b: Block, ty: MTy, frame: Value, off: i32) -> Value {
        self.value(b, Opcode::Load, Some(ty), &[frame], Imm::Mem(Region::Header, HEADER_SIZE as i32 + off), ty)
    }
    fn address(&mut self, b: Block, frame: Value) -> Value {
        self.value(b, Opcode::RefAddr, Some(MTy::I64), &[frame], Imm::None, MTy::I64)
    }

    fn is_const(&self, v: Value) -> Option<(Opcode, Imm)> {
        let ValueDef::Result(i, _) = self.func.values[v].def else { return None };
        let d = &self.func.insts[i];
        match (d.op, d.imm) {
            (Opcode::Iconst | Opcode::Fconst | Opcode::NullRef | Opcode::DataAddr, _) | (Opcode::CallRt, Imm::Sym(Sym::ExcDepth)) => Some((d.op, d.imm)),
            _ => None,
        }
    }

    /// Whether a value is the handle of an exception that is being handled.
    fn is_handle(&self, v: Value) -> bool {
        let ValueDef::Result(i, _) = self.func.values[v].def else { return false };
        matches!(self.func.insts[i].imm, Imm::Sym(Sym::SaveExc))
    }

    /// Places for values, references first.
    fn place(&mut self, values: &[Value]) {
        let (refs, others): (Vec<Value>, Vec<Value>) = values.iter().partition(|v| self.func.ty(**v) == MTy::Ref);
        self.refs += refs.len() as i64;
        for v in refs.into_iter().chain(others) {
            self.slots.insert(v, self.size);
            self.size += 8;
        }
    }

    fn run(mut self, stops: &[Stop], live: &[Vec<Value>]) {
        let body = self.func.entry();
        let params = std::mem::take(&mut self.func.blocks[body].params);
        let mut across: Vec<Value> = live.iter().flatten().copied().collect();
        across.sort_unstable();
        across.dedup();
        let own = params.len() - self.layout.sent;
        let first_ref = self.size;
        let handling = across.iter().any(|&v| self.is_handle(v) || matches!(self.is_const(v), Some((Opcode::CallRt, _))));
        let stash = self.size;
        if handling {
            self.refs = 1;
            self.size += 8;
        }
        let kept: Vec<Value> = params[2..own].iter().chain(across.iter().filter(|v| self.is_const(**v).is_none())).copied().collect();
        self.place(&kept);
        let rets = self.func.rets.clone();

        // The new entry, in front of all.
        let entry = self.func.make_block(self.span);
        let moved = self.func.layout.pop().into_iter();
        self.func.layout.splice(0..0, moved);
        let types: Vec<MTy> = params.iter().map(|&p| self.func.ty(p)).collect();
        let given: Vec<Value> = types.iter().map(|&t| self.func.append_param(entry, t)).collect();
        let (make, go_on) = (self.func.make_block(self.span), self.func.make_block(self.span));
        let zero = self.iconst(entry, MTy::I8, MAKE);
        let making = self.value(entry, Opcode::Icmp, None, &[given[1], zero], Imm::ICond(IntCC::Eq), MTy::I8);
        self.func.blocks[entry].term = Terminator::Brif { cond: making, then: call(make, &[]), other: call(go_on, &[]) };

        // A new frame.
        let size = self.iconst(make, MTy::I64, i64::from(self.size));
        let refs = self.iconst(make, MTy::I64, self.refs);
        let site = self.site;
        if let Some(frame) = self.inst(make, Opcode::CallRt, None, &[size, refs], Imm::Sym(Sym::NewFrame), &[MTy::Ref], Some(site)) {
            let at = self.address(make, frame);
            for (&p, &g) in params[..own].iter().zip(&given).skip(2) {
                self.store(make, g, at, self.slots[&p]);
            }
            if self.layout.guarded {
                let code = self.value(make, Opcode::FuncAddr, Some(MTy::I64), &[], Imm::Callee(self.layout.code), MTy::I64);
                self.store(make, code, at, CODE);
            }
            let sizes = self.iconst(make, MTy::I64, i64::from(first_ref) << 32 | rets.len() as i64);
            self.store(make, sizes, at, SIZES);
            let mut out = Args::new();
            out.push(frame);
            for &m in &rets[1..] {
                let z = self.zero(make, m);
                out.push(z);
            }
            self.func.blocks[make].term = Terminator::Return(out);
        }

        // A step: parameters come from the frame, in which they stay.
        let at = self.address(go_on, given[0]);
        let state = self.load(go_on, MTy::I64, at, 0);
        let running = self.iconst(go_on, MTy::I64, RUNNING);
        self.store(go_on, running, at, 0);
        let close = self.iconst(go_on, MTy::I8, CLOSE);
        let closing = self.value(go_on, Opcode::Icmp, None, &[given[1], close], Imm::ICond(IntCC::Eq), MTy::I8);
        let throw = self.iconst(go_on, MTy::I8, THROW);
        let throwing = self.value(go_on, Opcode::Icmp, None, &[given[1], throw], Imm::ICond(IntCC::Eq), MTy::I8);
        if handling {
            let depth = self.value(go_on, Opcode::CallRt, None, &[], Imm::Sym(Sym::ExcDepth), MTy::I64);
            self.stash = Some((stash, depth));
        }
        for (k, &g) in given[own..].iter().enumerate() {
            // Borrowed for the step: not counted.
            let word = if self.func.ty(g) == MTy::Ref { self.address(go_on, g) } else { g };
            self.store(go_on, word, at, HEAD + 8 * k as i32);
        }
        let mut replaced: FxHashMap<Value, Value> = FxHashMap::default();
        replaced.insert(params[0], given[0]);
        replaced.insert(params[1], given[1]);
        for &p in &params[2..own] {
            let ty = self.func.ty(p);
            let v = self.load(go_on, ty, at, self.slots[&p]);
            replaced.insert(p, v);
        }
        for s in stops {
            replaced.insert(s.mode, given[1]);
        }
        // Closing a generator that has not begun ends it.
        let done = self.func.make_block(self.span);
        let mut out = Args::new();
        for &m in &rets {
            let z = self.zero(done, m);
            out.push(z);
        }
        self.func.blocks[done].term = Terminator::Return(out);
        // What is thrown into one that has not begun, or is at its end, travels on.
        let raise = self.func.make_block(self.span);
        self.func.blocks[raise].term = Terminator::Propagate { site };
        self.func.blocks[raise].cold = true;
        let [begin, open, ended] = [0; 3].map(|_| self.func.make_block(self.span));
        self.func.blocks[begin].term = Terminator::Brif { cond: closing, then: call(done, &[]), other: call(open, &[]) };
        self.func.blocks[open].term = Terminator::Brif { cond: throwing, then: call(raise, &[]), other: call(body, &[]) };
        self.func.blocks[ended].term = Terminator::Brif { cond: throwing, then: call(raise, &[]), other: call(done, &[]) };
        let mut chain = go_on;
        let mut resumed: Vec<(Block, FxHashMap<Value, Value>)> = Vec::new();
        for k in 0..=stops.len() {
            let to = if k == 0 { begin } else { self.resume(&stops[k - 1], &live[k - 1], at, &mut resumed) };
            let number = self.iconst(chain, MTy::I64, if k == 0 { BEGIN } else { k as i64 });
            let here = self.value(chain, Opcode::Icmp, None, &[state, number], Imm::ICond(IntCC::Eq), MTy::I8);
            let next = self.func.make_block(self.span);
            self.func.blocks[chain].term = Terminator::Brif { cond: here, then: call(to, &[]), other: call(next, &[]) };
            chain = next;
        }
        self.func.blocks[chain].term = Terminator::Jump(call(ended, &[]));

        // The stops themselves.
        for (k, s) in stops.iter().enumerate() {
            let b = s.before;
            for &v in &live[k] {
                if let Some(&off) = self.slots.get(&v) {
                    let v = self.counted(b, v);
                    self.store(b, v, at, off);
                }
            }
            if let Some((off, depth)) = self.stash.filter(|_| live[k].iter().any(|&v| self.is_handle(v)))
                && let Some(held) = self.inst(b, Opcode::CallRt, None, &[depth], Imm::Sym(Sym::StashExc), &[MTy::Ref], Some(site))
            {
                self.store(b, held, at, off);
            }
            let number = self.iconst(b, MTy::I64, k as i64 + 1);
            self.store(b, number, at, 0);
            let null = self.zero(b, MTy::Ref);
            let has = self.iconst(b, MTy::I8, 1);
            let mut out = Args::new();
            out.extend([null, has]);
            out.extend(s.item.iter().copied());
            for &m in &rets[2 + s.item.len()..] {
                let z = self.zero(b, m);
                out.push(z);
            }
            self.func.blocks[b].term = Terminator::Return(out);
        }
        rejoin(self.func, &across, &resumed);
        self.func.map_uses(|v| replaced.get(&v).copied().unwrap_or(v));
    }

    /// A handle counted from the exceptions before the step; other values as they are.
    fn counted(&mut self, b: Block, v: Value) -> Value {
        match self.stash {
            Some((_, depth)) if self.is_handle(v) => self.value(b, Opcode::Isub, None, &[v, depth], Imm::None, MTy::I64),
            _ => v,
        }
    }

    fn take(&mut self, b: Block, at: Value, off: i32) -> Value {
        let off = self.iconst(b, MTy::I64, i64::from(off) + HEADER_SIZE as i64);
        let slot = self.value(b, Opcode::Iadd, None, &[at, off], Imm::None, MTy::I64);
        self.value(b, Opcode::CallRt, None, &[slot], Imm::Sym(Sym::TakeRef), MTy::Ref)
    }

    /// The block that takes from the frame what a stop left there, and goes on.
    fn resume(&mut self, s: &Stop, live: &[Value], at: Value, resumed: &mut Vec<(Block, FxHashMap<Value, Value>)>) -> Block {
        let b = self.func.make_block(self.span);
        let mut taken = FxHashMap::default();
        if let Some((off, _)) = self.stash.filter(|_| live.iter().any(|&v| self.is_handle(v))) {
            let held = self.take(b, at, off);
            self.inst(b, Opcode::CallRt, None, &[held], Imm::Sym(Sym::UnstashExc), &[], None);
        }
        for &v in live {
            let ty = self.func.ty(v);
            let new = match (self.is_const(v), self.slots.get(&v)) {
                (Some((Opcode::CallRt, imm)), _) => match self.stash {
                    Some((_, depth)) => depth,
                    None => self.value(b, Opcode::CallRt, None, &[], imm, ty),
                },
                (Some((op, imm)), _) => self.value(b, op, Some(ty), &[], imm, ty),
                (None, Some(&off)) if ty == MTy::Ref => self.take(b, at, off),
                (None, Some(&off)) => {
                    let word = self.load(b, ty, at, off);
                    match self.stash {
                        Some((_, depth)) if self.is_handle(v) => self.value(b, Opcode::Iadd, None, &[word, depth], Imm::None, MTy::I64),
                        _ => word,
                    }
                }
                (None, None) => continue,
            };
            taken.insert(v, new);
        }
        self.func.blocks[b].term = Terminator::Jump(BlockCall { block: s.after, args: Args::new() });
        resumed.push((b, taken));
        b
    }
}

/// Makes the uses of `values` see the definition that reaches them: the original one, or what a resumed step took.
fn rejoin(func: &mut Function, values: &[Value], resumed: &[(Block, FxHashMap<Value, Value>)]) {
    func.tidy_layout();
    let preds = func.predecessors();
    let in_play: EntitySet<Value> = {
        let mut set = EntitySet::new();
        for &v in values {
            set.insert(v);
        }
        set
    };
    // Where each is live at the start of a block, by the uses as they are.
    let mut defined_in: FxHashMap<Value, Block> = FxHashMap::default();
    for &b in &func.layout {
        for &p in &func.blocks[b].params {
            defined_in.insert(p, b);
        }
        for &i in &func.blocks[b].insts {
            for &r in &func.insts[i].results {
                defined_in.insert(r, b);
            }
        }
    }
    let taken: FxHashMap<Block, &FxHashMap<Value, Value>> = resumed.iter().map(|(b, t)| (*b, t)).collect();
    let defines = |b: Block, v: Value| defined_in.get(&v) == Some(&b) || taken.get(&b).is_some_and(|t| t.contains_key(&v));
    let mut live_in: SecondaryMap<Block, Vec<Value>> = SecondaryMap::new();
    let mut used: FxHashMap<Value, Vec<Block>> = FxHashMap::default();
    for &b in &func.layout {
        let mut note = |v: Value| {
            if in_play.contains(v) && !defines(b, v) {
                used.entry(v).or_default().push(b);
            }
        };
        for &i in &func.blocks[b].insts {
            func.insts[i].args.iter().copied().for_each(&mut note);
        }
        func.blocks[b].term.for_each_arg(&mut note);
    }
    for &v in values {
        let mut work = used.remove(&v).unwrap_or_default();
        while let Some(b) = work.pop() {
            if live_in[b].last() == Some(&v) {
                continue;
            }
            live_in[b].push(v);
            work.extend(preds[b].iter().copied().filter(|&p| !defines(p, v)));
        }
    }
    // Forward: a block with several predecessors takes parameters.
    let mut at_end: SecondaryMap<Block, FxHashMap<Value, Value>> = SecondaryMap::new();
    for b in func.layout.clone() {
        let mut now: FxHashMap<Value, Value> = FxHashMap::default();
        for &v in &live_in[b] {
            let new = match preds[b][..] {
                [p] => at_end[p].get(&v).copied().unwrap_or(v),
                _ => func.append_param(b, func.ty(v)),
            };
            now.insert(v, new);
        }
        let see = |a: &mut Value| {
            if let Some(&n) = now.get(a) {
                *a = n;
            }
        };
        for i in func.blocks[b].insts.clone() {
            func.insts[i].args.iter_mut().for_each(see);
        }
        func.blocks[b].term.for_each_arg_mut(see);
        if let Some(t) = taken.get(&b) {
            now.extend(t.iter().map(|(k, v)| (*k, *v)));
        }
        at_end[b] = now;
    }
    for b in func.layout.clone() {
        let mut term = std::mem::replace(&mut func.blocks[b].term, Terminator::Unreachable);
        for t in term.targets_mut() {
            if preds[t.block].len() != 1 {
                t.args.extend(live_in[t.block].iter().map(|v| at_end[b].get(v).copied().unwrap_or(*v)));
            }
        }
        func.blocks[b].term = term;
    }
}

/// Takes a callee out of the table.
fn remove_callee(func: &mut Function, gone: CalleeId) {
    let mut callees = PrimaryMap::new();
    for (id, c) in std::mem::take(&mut func.callees) {
        if id != gone {
            callees.push(c);
        }
    }
    func.callees = callees;
    for d in func.insts.values_mut() {
        if let Imm::Callee(c) = &mut d.imm
            && c.index() > gone.index()
        {
            *c = CalleeId::new(c.index() - 1);
        }
    }
}
