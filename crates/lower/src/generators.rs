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

mod split;

pub(crate) use split::split;

use crate::cx::{Bound, Cx, Res, Words};
use crate::inst::Operand;
use crate::iters::Iter;
use crate::repr;
use cranelift_entity::EntitySet;
use looplift_abi::heap::{FRAME_PARAMS, HEADER_SIZE};
use looplift_hir as hir;
use looplift_infer::{ArgSrc, Resolution, generators};
use looplift_mir::{Callee, CalleeId, ExcClass, Imm, IntCC, Opcode, Region, SiteKind, Terminator, Ty as MTy, Value, Var};
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
