//! Generators: functions that stop at each `yield` and go on when asked.
//!
//! The machine function of a generator function is called to make a generator and for each step of it:
//! `(frame, mode, parameters…, sent…) -> (frame, has, item…, returned…)`. Mode 0 makes a frame (a heap block that holds the parameters,
//! a state number and the values that live across a `yield`) and gives it. The others go on, and the parameters are zeros: mode 1
//! with what is sent, 2 by raising GeneratorExit at the `yield`, 3 by raising there what is pending.
//!
//! Phases:
//! 1. The body is lowered as any function's, a `yield` being a call of a callee that does not exist.
//! 2. [`split`] ends blocks there: what is live goes to the frame and the item is returned; a new entry branches on the state.
//!    Values that a step took from the frame replace those that an earlier step had computed, joined by block parameters.
//!
//! References in the frame are counted. Parameters stay in it, others are taken out by the step that goes on. Exceptions that are
//! being handled at a `yield` go to the frame too. A frame whose `yield`s stand in `try` or `with` knows its own code, which ends it
//! when it is dropped (`runtime/src/frames.rs`).

use crate::cx::{Bound, Cx, Res, Words};
use crate::inst::Operand;
use crate::iters::Iter;
use crate::repr;
use cranelift_entity::{EntityRef, EntitySet, PrimaryMap, SecondaryMap};
use looplift_abi::heap::{FRAME_PARAMS, HEADER_SIZE};
use looplift_abi::symbols::Sym;
use looplift_hir as hir;
use looplift_infer::{ArgSrc, Resolution, generators};
use looplift_mir::{
    Args, Block, BlockCall, Callee, CalleeId, ExcClass, Function, Imm, Inst, IntCC, Opcode, Region, SiteId, SiteKind, SpanId, Terminator, Ty as MTy, Value,
    ValueDef, Var, build::call,
};
use looplift_types::{Ty, TyKind};
use rustc_hash::FxHashMap;

/// The head of a frame: the state, the number of references, the code that ends it, sizes (`runtime/src/frames.rs`); what was sent follows.
const HEAD: i32 = 32;
const CODE: i32 = 16;
const SIZES: i32 = 24;
/// States: not begun; from 1 on: at a `yield`. Running and finished generators go on nowhere.
const BEGIN: i64 = 0;
const RUNNING: i64 = -1;
/// Modes.
const MAKE: i64 = 0;
const NEXT: i64 = 1;
const CLOSE: i64 = 2;
const THROW: i64 = 3;

/// The words of a parameter, which may be an iterator.
pub(crate) fn param_words(cx: &mut Cx<'_>, ty: Ty) -> Res<Vec<MTy>> {
    match ty.kind() {
        TyKind::Iter(_) => repr::iter_words(ty).or_else(|e| cx.unsupported(e.to_string())),
        _ => Ok(cx.flat(ty)?.to_vec()),
    }
}

impl Cx<'_> {
    /// Prepares the function at hand: its results, and the callee that marks a `yield`.
    pub fn begin_generator(&mut self) -> Res<()> {
        let item = self.flat(self.func.ret)?.to_vec();
        self.b.func.rets = [&[MTy::Ref, MTy::I8], &item[..]].concat();
        let id = self.b.func.callees.push(Callee { key: 0, name: "yield".into(), params: item, rets: vec![MTy::I8], pure_: false });
        self.yields = Some(id);
        Ok(())
    }

    /// Gives an item out; the value is what is sent. `from`: the iterator of a `yield from`.
    pub fn yield_item(&mut self, item: &ArgSrc, sent: Ty, from: Option<hir::Value>) -> Res<Words> {
        let Some(id) = self.yields else { return self.internal("a yield outside of a generator") };
        self.yields_guarded |= self.live_handler().is_some();
        let item = self.operand(item, generators::parts(self.func.ret).0)?.words;
        let inst = self.b.emit_inst(Opcode::Call, None, &item, Imm::Callee(id), &[MTy::I8], None);
        let mode = self.b.func.insts[inst].results[0];
        let open = self.icmp_const(IntCC::Eq, mode, NEXT);
        let inner = match from {
            Some(v) => self.delegate(v)?,
            None => None,
        };
        self.unless(open, |cx| {
            let throwing = cx.icmp_const(IntCC::Eq, mode, THROW);
            cx.unless(throwing, |cx| {
                if let Some(inner) = &inner {
                    cx.close_frame(inner.of, inner.frame)?;
                }
                cx.fail("GeneratorExit", "", &[])
            })?;
            match &inner {
                // The next step of the inner generator raises what is pending.
                Some(inner) => {
                    let throw = cx.b.iconst(MTy::I8, THROW);
                    cx.b.def_var(inner.mode, throw);
                    Ok(())
                }
                None => cx.leave_pending(),
            }
        })?;
        let words = self.sent_words(sent)?;
        if let Some(inner) = inner
            && let TyKind::Gen(g) = inner.of.kind()
            && let Some(wanted) = generators::sent_to(g.id)
            && !sent.is_none()
        {
            let given = self.convert(&words, sent, wanted)?;
            for (&var, &w) in inner.sent.iter().zip(&given) {
                self.b.def_var(var, w);
            }
        }
        Ok(words)
    }

    /// What was sent with this step.
    fn sent_words(&mut self, sent: Ty) -> Res<Words> {
        let flat = self.flat(sent)?.to_vec();
        if flat.is_empty() {
            return Ok(Words::new());
        }
        let frame = self.b.func.blocks[self.b.func.entry()].params[0];
        let Some(at) = self.b.emit(Opcode::RefAddr, Some(MTy::I64), &[frame], Imm::None, None) else { return self.internal("a frame without address") };
        let mut words = Words::new();
        for (k, &ty) in flat.iter().enumerate() {
            let place = Imm::Mem(Region::Header, HEADER_SIZE as i32 + HEAD + 8 * k as i32);
            words.extend(self.b.emit(Opcode::Load, Some(ty), &[at], place, None));
        }
        Ok(words)
    }

    /// The generator that a `yield from` hands on to, if it is one.
    fn delegate(&mut self, from: hir::Value) -> Res<Option<Delegate>> {
        let id = self.iter_of(from)?;
        let Iter::Generator { control: Some((mode, sent)), of, frame, .. } = self.iters[id].clone() else { return Ok(None) };
        let frame = self.slot(frame);
        Ok(Some(Delegate { of, frame, mode, sent }))
    }

    /// Variables that say how the next step of a generator is asked: as usual, until a `yield from` says otherwise.
    pub fn generator_control(&mut self, of: Ty) -> Res<Option<(Var, Vec<Var>)>> {
        let TyKind::Gen(g) = of.kind() else { return Ok(None) };
        if self.yields.is_none() {
            return Ok(None);
        }
        let flat = match generators::sent_to(g.id) {
            Some(t) => self.flat(t)?.to_vec(),
            None => Vec::new(),
        };
        let control = (self.b.var(MTy::I8), flat.into_iter().map(|m| self.b.var(m)).collect());
        self.usual_step(&control);
        Ok(Some(control))
    }

    fn usual_step(&mut self, control: &(Var, Vec<Var>)) {
        let next = self.b.iconst(MTy::I8, NEXT);
        self.b.def_var(control.0, next);
        for &var in &control.1 {
            let zero = self.zero(self.b.var_ty(var));
            self.b.def_var(var, zero);
        }
    }

    /// A step as the variables say, which are then as usual.
    pub fn controlled_step(&mut self, ty: Ty, frame: Value, control: Option<&(Var, Vec<Var>)>) -> Res<Step> {
        let Some(control) = control else { return self.step(ty, frame, None) };
        let mode = self.b.use_var(control.0);
        let sent: Words = control.1.iter().map(|&v| self.b.use_var(v)).collect();
        self.usual_step(control);
        self.step_in_mode(ty, frame, mode, &sent)
    }

    /// The end of a generator.
    pub fn return_from_generator(&mut self, at: hir::Block, value: hir::Value) -> Res<()> {
        let (item, returns) = generators::parts(self.func.ret);
        let mut out: Words = [self.b.null_ref(), self.bool(false)].into_iter().collect();
        out.extend(self.zeros(item)?);
        let from = self.type_of(value);
        let words = self.words_of(value)?;
        out.extend(self.convert(&words, from, returns)?);
        self.keep_generators(at)?;
        self.b.terminate(Terminator::Return(out));
        Ok(())
    }

    /// A new generator.
    pub fn generate(&mut self, spec: usize, ops: &[Operand]) -> Res<Words> {
        let mut args: Words = [self.b.null_ref(), self.b.iconst(MTy::I8, MAKE)].into_iter().collect();
        args.extend(self.call_args(ops)?);
        let (id, _) = self.callee(spec, true)?;
        let sent = self.b.func.callees[id].params.get(args.len()..).unwrap_or(&[]).to_vec();
        for m in sent {
            args.push(self.zero(m));
        }
        let out = self.call_words(spec, true, &args)?;
        Ok(out[..1].into())
    }

    /// A step of a generator: the next one, which `sent` is given to.
    pub fn step(&mut self, ty: Ty, frame: Value, sent: Option<&[Value]>) -> Res<Step> {
        let next = self.b.iconst(MTy::I8, NEXT);
        self.step_in_mode(ty, frame, next, sent.unwrap_or(&[]))
    }

    /// The function that makes the steps of a generator, and its arguments.
    fn step_args(&mut self, ty: Ty, frame: Value, mode: Value, sent: &[Value]) -> Res<(CalleeId, Words)> {
        let TyKind::Gen(g) = ty.kind() else { return self.internal(format!("{ty} is no generator")) };
        let spec = generators::key(g.id).and_then(|key| self.program.functions.iter().position(|f| *f.key() == key));
        let Some(spec) = spec else { return self.internal("a generator whose code is not here") };
        let (id, _) = self.callee(spec, true)?;
        let params = self.b.func.callees[id].params.clone();
        let mut args: Words = [frame, mode].into_iter().collect();
        let Some(zeros) = params.len().checked_sub(args.len() + sent.len()) else { return self.internal("too much is sent") };
        for &m in &params[2..2 + zeros] {
            args.push(self.zero(m));
        }
        args.extend_from_slice(sent);
        Ok((id, args))
    }

    fn step_in_mode(&mut self, ty: Ty, frame: Value, mode: Value, sent: &[Value]) -> Res<Step> {
        let (id, args) = self.step_args(ty, frame, mode, sent)?;
        let out = self.call_callee(id, &args)?;
        let TyKind::Gen(g) = ty.kind() else { return self.internal(format!("{ty} is no generator")) };
        let items = 2 + self.flat(g.item)?.len();
        Ok(Step { has: out[1], item: out[2..items].into(), returned: out[items..].into() })
    }

    /// Variables for what a generator returns.
    pub fn result_vars(&mut self, ty: Ty) -> Res<Vec<Var>> {
        let flat = self.flat(generators::returns(ty))?.to_vec();
        Ok(flat.into_iter().map(|m| self.b.var(m)).collect())
    }

    pub fn generator_returned(&mut self, op: &Operand) -> Res<Words> {
        let Some(id) = op.iter else { return self.internal("the result of what is no iterator") };
        let Iter::Generator { result, .. } = &self.iters[id] else { return self.internal("the result of what is no generator") };
        Ok(result.clone().into_iter().map(|v| self.b.use_var(v)).collect())
    }

    pub fn generator_send(&mut self, ops: &[Operand]) -> Res<Words> {
        let frame = ops[0].words[0];
        let flag = match ops[1].words.first() {
            Some(&given) => Some(given),
            None if ops[1].ty.is_none() => None,
            None => Some(self.bool(true)),
        };
        if let Some(given) = flag {
            let Some(at) = self.b.emit(Opcode::RefAddr, Some(MTy::I64), &[frame], Imm::None, None) else { return self.internal("a frame without address") };
            let place = Imm::Mem(Region::Header, HEADER_SIZE as i32);
            let Some(state) = self.b.emit(Opcode::Load, Some(MTy::I64), &[at], place, None) else { return self.internal("a frame without state") };
            let begun = self.icmp_const(IntCC::Ne, state, BEGIN);
            let none = self.not(given);
            let fine = self.or(begun, none);
            self.check(fine, "TypeError", "can't send non-None value to a just-started generator", &[])?;
        }
        let step = self.step(ops[0].ty, frame, Some(&ops[1].words))?;
        self.keep(frame);
        self.check(step.has, "StopIteration", "", &[])?;
        Ok(step.item)
    }

    pub fn generator_throw(&mut self, ops: &[Operand]) -> Res<Words> {
        let (frame, exc) = (ops[0].words[0], &ops[1]);
        match exc.ty.kind() {
            TyKind::ExcClass(class) => self.set_pending(class, &[])?,
            TyKind::ExcInstance(class, types) => {
                let mut args = Vec::new();
                for (k, &ty) in types.iter().enumerate() {
                    let Some((_, words)) = self.elem(types, &exc.words, k)? else { return self.internal("an argument of an exception") };
                    args.push(Operand { ty, from: ty, words, iter: None });
                }
                self.set_pending(class, &args)?;
            }
            _ => return self.internal("throwing what is no exception"),
        }
        let throw = self.b.iconst(MTy::I8, THROW);
        let step = self.step_in_mode(ops[0].ty, frame, throw, &[])?;
        self.keep(frame);
        self.check(step.has, "StopIteration", "", &[])?;
        Ok(step.item)
    }

    pub fn generator_close(&mut self, op: &Operand) -> Res<Words> {
        self.close_frame(op.ty, op.words[0])?;
        Ok(Words::new())
    }

    /// Ends a generator: GeneratorExit where it stands, which is no exception for who asks.
    fn close_frame(&mut self, of: Ty, frame: Value) -> Res<()> {
        let close = self.b.iconst(MTy::I8, CLOSE);
        let (id, args) = self.step_args(of, frame, close, &[])?;
        let types = [&[MTy::I8], &self.b.func.callees[id].rets[..]].concat();
        let inst = self.b.emit_inst(Opcode::CallTry, None, &args, Imm::Callee(id), &types, None);
        let results = self.b.func.insts[inst].results.clone();
        self.keep(frame);
        let ok = self.not(results[0]);
        self.unless(ok, |cx| {
            // GeneratorExit is what was asked for.
            let site = cx.site(SiteKind::Raise { class: ExcClass::Builtin("GeneratorExit".into()), args: Box::new([]), payload: Box::new([]) });
            let Some(expected) = cx.b.emit(Opcode::ExcMatches, None, &[], Imm::None, Some(site)) else { return cx.internal("exc_matches gives nothing") };
            cx.unless(expected, |cx| cx.leave_pending())?;
            cx.b.emit(Opcode::ClearExc, None, &[], Imm::None, None);
            Ok(())
        })?;
        let quiet = self.not(results[2]);
        self.check(quiet, "RuntimeError", "generator ignored GeneratorExit", &[])
    }

    /// Before a return: generators in variables live to the end of the function, as in Python, where dropping them may run code.
    pub fn keep_generators(&mut self, at: hir::Block) -> Res<()> {
        let made = |i: hir::Inst| matches!(self.func.resolutions[i], Some(Resolution::Generate { .. }));
        let live = self.hir.layout.iter().filter(|&&b| self.func.live_blocks.contains(b));
        if !live.clone().any(|&b| self.hir.blocks[b].insts.iter().any(|&i| made(i))) {
            return Ok(());
        }
        // What each variable holds last on all ways here.
        let mut last = FxHashMap::default();
        for &b in live {
            for &i in &self.hir.blocks[b].insts {
                let v = self.hir.insts[i].result;
                if let Some(name) = self.hir.values[v].name
                    && self.values[v].is_some()
                    && !self.is_reached_without(at, b)
                {
                    last.insert(name, (i, v));
                }
            }
        }
        let found: Vec<hir::Value> = last.into_values().filter(|(i, _)| made(*i)).map(|(_, v)| v).collect();
        for v in found {
            if let Some(&frame) = self.words_of(v)?.first() {
                self.keep(frame);
            }
        }
        Ok(())
    }

    /// Whether a way leads to `at` that does not pass `without`.
    fn is_reached_without(&self, at: hir::Block, without: hir::Block) -> bool {
        let mut seen = EntitySet::new();
        let mut work = vec![self.hir.entry()];
        while let Some(b) = work.pop() {
            if b == without || !self.func.live_blocks.contains(b) || !seen.insert(b) {
                continue;
            }
            let data = &self.hir.blocks[b];
            let handlers = data.insts.iter().filter_map(|&i| self.hir.insts[i].handler.as_ref()).chain(&data.term_handler);
            work.extend(data.term.targets().into_iter().chain(handlers).map(|t| t.block));
        }
        seen.contains(at)
    }

    /// What `split` must know of the frame.
    pub fn frame_layout(&mut self) -> Res<FrameLayout> {
        let params = self.hir.blocks[self.hir.entry()].params.len();
        let sent = match self.func.params.get(params) {
            Some(&ty) => self.flat(ty)?.len(),
            None => 0,
        };
        let own = self.program.functions.iter().position(|f| *f.key() == self.func.key);
        let Some(own) = own else { return self.internal("a function that is not of its program") };
        let (code, _) = self.callee(own, true)?;
        if self.yields_guarded && self.b.func.callees[code].params.len() > FRAME_PARAMS {
            return self.unsupported("a yield inside `try` or `with`, in a generator with so many parameters");
        }
        Ok(FrameLayout { sent, code, guarded: self.yields_guarded })
    }

    /// The words of arguments; iterators by their state.
    pub fn call_args(&mut self, ops: &[Operand]) -> Res<Words> {
        let mut args = Words::new();
        for op in ops {
            match op.iter {
                Some(id) => args.extend(self.iter_snapshot(id)?),
                None => args.extend_from_slice(&op.words),
            }
        }
        Ok(args)
    }

    /// A parameter that is an iterator.
    pub fn iter_param(&mut self, ty: Ty, words: &[Value]) -> Res<Bound> {
        let TyKind::Iter(kind) = ty.kind() else { return self.internal(format!("{ty} is no iterator")) };
        let it = Iter::joined(self, kind)?;
        let id = self.iters.push(it);
        self.iter_assign(id, words)?;
        Ok(Bound::Iter(id))
    }
}

/// The generator in a `yield from`, see [`Iter::Generator`].
struct Delegate {
    of: Ty,
    frame: Value,
    mode: Var,
    sent: Vec<Var>,
}

/// What a step gives.
pub(crate) struct Step {
    pub has: Value,
    pub item: Words,
    pub returned: Words,
}

/// See [`Cx::frame_layout`].
pub(crate) struct FrameLayout {
    /// Words of what is sent, the last parameters.
    sent: usize,
    /// The function itself.
    code: CalleeId,
    /// Whether something is to run when a frame is dropped that stands at a `yield`.
    guarded: bool,
}

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
