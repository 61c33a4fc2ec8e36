//! The function as a whole: parameters, blocks (one for each live HIR block), edges and terminators.
//!
//! HIR blocks are visited in their order (reverse post-order), so a definition is lowered before its uses. Blocks are
//! sealed at the end, when all edges are known.

use crate::cx::{Bound, Cx, Res, Words};
use crate::generators;
use crate::iters::Iter;
use crate::keep::Keeps;
use crate::repr::{self, ArrayWords};
use looplift_hir as hir;
use looplift_infer::{Diagnostic, DiagnosticKind, KnownRange, TypedFunction, TypedProgram};
use looplift_mir::{Builder, ExcArg, ExcClass, FnFlags, Function, Imm, Opcode, SiteKind, Source, Span, Terminator, Ty as MTy, build::call};
use looplift_types::{Ty, TyKind};

pub(crate) fn lower_function(program: &TypedProgram, func: &TypedFunction) -> Result<Function, Diagnostic> {
    let hir = &*func.hir;
    let types: Vec<String> = func.params.iter().map(|t| t.to_string()).collect();
    let mut f = Function::new(format!("{}({})", hir.qualname, types.join(", ")));
    let options = func.key.options;
    f.flags = FnFlags { fastmath: options.fastmath, recursive: func.recursive, always_inline: options.always_inline, unchecked: !options.boundscheck };
    f.sources.push(Source { name: hir.name.clone(), filename: hir.filename.clone(), first_line: hir.first_line });
    let line = hir.first_line;
    let span = f.spans.push(Span { line, end_line: line, col: 0, end_col: 0, source: 0, inlined_at: None });
    let mut cx = Cx::new(program, func, Builder::new(f, span));
    if hir.is_generator {
        cx.begin_generator()?;
    } else {
        cx.b.func.rets = cx.flat(func.ret)?.to_vec();
    }
    cx.body()?;
    let Some(yields) = cx.yields else { return Ok(cx.b.finish()) };
    let layout = cx.frame_layout()?;
    let site = cx.propagate_site();
    let mut refusal = cx.unsupported::<()>("");
    let mut func = cx.b.finish();
    if let Err(why) = generators::split(&mut func, yields, &layout, site) {
        if let Err(d) = &mut refusal {
            d.message = why.into();
        }
        refusal?;
    }
    Ok(func)
}

impl<'a> Cx<'a> {
    fn body(&mut self) -> Res<()> {
        let hir = self.hir;
        let live: Vec<hir::Block> = hir.layout.iter().copied().filter(|&b| self.func.live_blocks.contains(b)).collect();
        let Some(&entry) = live.first().filter(|&&b| b == hir.entry()) else {
            return self.internal("the entry block is not live");
        };
        self.enter(entry, &live)?;
        for &b in live.iter().skip(1) {
            self.declare_block(b)?;
        }
        let keeps = Keeps::compute(self, &live)?;
        for &b in &live {
            let Some(block) = self.blocks[b] else { return self.internal("a live block without a machine block") };
            self.b.switch_to(block);
            self.block_body(b, &keeps)?;
        }
        Ok(())
    }

    /// The function's parameters, the stack check, and the entry block.
    fn enter(&mut self, entry: hir::Block, live: &[hir::Block]) -> Res<()> {
        let params = &self.hir.blocks[entry].params;
        // The last parameter of a generator may be what is sent to it.
        let sent = self.yields.is_some() && self.func.params.len() == params.len() + 1;
        if params.len() + usize::from(sent) != self.func.params.len() {
            return self.internal(format!("{} parameter types for {} parameters", self.func.params.len(), params.len()));
        }
        let first = self.b.current();
        let mut given = Vec::new();
        if self.yields.is_some() {
            for m in [MTy::Ref, MTy::I8] {
                self.b.func.append_param(first, m);
            }
        }
        for &ty in &self.func.params {
            let flat = generators::param_words(self, ty)?;
            let words = flat.iter().map(|&m| self.b.func.append_param(first, m)).collect::<Words>();
            if let TyKind::Array(a) = ty.kind() {
                let at = ArrayWords { ndim: a.ndim.into() };
                for k in 0..a.ndim.into() {
                    self.b.func.nonneg.insert(words[at.shape(k)]);
                }
            }
            given.push(words);
        }
        let range = self.func.key.options.range;
        if range != KnownRange::Any && matches!(self.func.params.first().map(|t| t.kind()), Some(TyKind::Range(_))) {
            let word = self.b.func.ty(given[0][2]);
            given[0][2] = self.b.iconst(word, 1);
            if range == KnownRange::Natural && word == MTy::I64 {
                self.b.func.nonneg.insert(given[0][0]);
            }
        }
        if self.func.recursive {
            let args = Box::new([ExcArg::ConstStr("maximum recursion depth exceeded".into())]);
            let site = self.site(SiteKind::Raise { class: ExcClass::Builtin("RecursionError".into()), args, payload: Box::new([]) });
            self.b.emit(Opcode::StackCheck, None, &[], Imm::None, Some(site));
        }
        self.begin_handling(live);
        let mut converted = Vec::new();
        for ((words, &ty), &p) in given.iter().zip(&self.func.params).zip(params) {
            let is_iter = matches!(ty.kind(), TyKind::Iter(_));
            converted.push(if is_iter { words.clone() } else { self.convert(words, ty, self.type_of(p))? });
        }
        if self.is_target(entry) {
            if self.func.params.iter().any(|t| matches!(t.kind(), TyKind::Iter(_))) {
                return self.unsupported("an iterator cannot be passed to this function");
            }
            // The entry is also a loop header: it needs a block of its own.
            self.declare_block(entry)?;
            let Some(header) = self.blocks[entry] else { return self.internal("the entry has no block") };
            let args: Words = converted.into_iter().flatten().collect();
            self.b.jump(header, &args);
        } else {
            self.blocks[entry] = Some(first);
            for (words, &p) in converted.into_iter().zip(params) {
                let ty = self.type_of(p);
                self.values[p] = Some(if matches!(ty.kind(), TyKind::Iter(_)) { self.iter_param(ty, &words)? } else { Bound::Words(words) });
            }
        }
        Ok(())
    }

    fn is_target(&self, block: hir::Block) -> bool {
        self.hir.layout.iter().filter(|&&b| self.func.live_blocks.contains(b)).any(|&b| {
            let data = &self.hir.blocks[b];
            let edges = match &data.term {
                hir::Terminator::Jump(t) => [Some(t), None],
                hir::Terminator::Branch { then, other, .. } => [Some(then), Some(other)],
                hir::Terminator::IterNext { body, exit, .. } => [Some(body), Some(exit)],
                hir::Terminator::Return(_) | hir::Terminator::Raise { .. } | hir::Terminator::Reraise { .. } | hir::Terminator::Unreachable => [None, None],
            };
            edges.into_iter().flatten().any(|t| t.block == block)
        })
    }

    fn declare_block(&mut self, b: hir::Block) -> Res<()> {
        self.set_span(self.hir.blocks[b].term_span);
        let block = self.b.block();
        self.blocks[b] = Some(block);
        for &p in &self.hir.blocks[b].params {
            let ty = self.type_of(p);
            let bound = if let TyKind::Iter(kind) = ty.kind() {
                let it = Iter::joined(self, kind)?;
                Bound::Iter(self.iters.push(it))
            } else {
                let flat = self.flat(ty)?;
                Bound::Words(flat.iter().map(|&m| self.b.func.append_param(block, m)).collect())
            };
            self.values[p] = Some(bound);
        }
        Ok(())
    }

    /// The type of a value: bottom where inference found none.
    pub fn type_of(&self, v: hir::Value) -> Ty {
        self.func.types[v].unwrap_or_else(Ty::bottom)
    }

    fn block_body(&mut self, b: hir::Block, keeps: &Keeps) -> Res<()> {
        let data = &self.hir.blocks[b];
        self.set_span(data.insts.first().map_or(data.term_span, |&i| self.hir.insts[i].span));
        self.enter_handler(b)?;
        let leaves = matches!(data.term, hir::Terminator::Reraise { .. });
        for &inst in &data.insts {
            self.set_span(self.hir.insts[inst].span);
            self.handler = self.hir.insts[inst].handler.as_ref();
            self.inst(inst, leaves)?;
            self.handler = None;
            if self.b.is_filled() {
                return Ok(());
            }
            for &v in keeps.after(inst) {
                self.keep_value(v)?;
            }
        }
        self.set_span(data.term_span);
        self.handler = data.term_handler.as_ref();
        self.terminator(b)?;
        self.handler = None;
        Ok(())
    }

    fn terminator(&mut self, b: hir::Block) -> Res<()> {
        match &self.hir.blocks[b].term {
            hir::Terminator::Jump(t) => self.jump(t),
            hir::Terminator::Branch { cond, then, other } => match self.func.decided[b] {
                Some(taken) => self.jump(if taken { then } else { other }),
                None => self.conditional(*cond, then, other),
            },
            hir::Terminator::IterNext { iter, body, exit } => self.iter_next(b, *iter, body, exit),
            hir::Terminator::Return(v) if self.yields.is_some() => self.return_from_generator(b, *v),
            hir::Terminator::Return(v) => {
                let from = self.type_of(*v);
                let words = self.words_of(*v)?;
                let words = self.convert(&words, from, self.func.ret)?;
                self.keep_generators(b)?;
                self.b.terminate(Terminator::Return(words));
                Ok(())
            }
            hir::Terminator::Raise { .. } | hir::Terminator::Reraise { .. } => self.raise(b),
            hir::Terminator::Unreachable => {
                self.b.terminate(Terminator::Unreachable);
                Ok(())
            }
        }
    }

    fn jump(&mut self, t: &hir::BlockCall) -> Res<()> {
        match self.edge(t, 0, &[])? {
            Some((block, args)) => self.b.jump(block, &args),
            None => self.b.terminate(Terminator::Unreachable),
        }
        Ok(())
    }

    fn conditional(&mut self, cond: hir::Value, then: &hir::BlockCall, other: &hir::BlockCall) -> Res<()> {
        let from = self.type_of(cond);
        let words = self.words_of(cond)?;
        let cond = self.convert(&words, from, Ty::bool())?;
        let Some(&cond) = cond.first() else { return self.internal("a condition without a value") };
        let live = |t: &hir::BlockCall| self.func.live_blocks.contains(t.block);
        match (live(then), live(other)) {
            (true, false) => return self.jump(then),
            (false, true) => return self.jump(other),
            _ => {}
        }
        if self.has_iter_params(then) || self.has_iter_params(other) {
            // Assigning iterators is code of one edge only.
            let (yes, no) = self.branch(cond);
            self.b.switch_to(yes);
            self.jump(then)?;
            self.b.switch_to(no);
            return self.jump(other);
        }
        match (self.edge(then, 0, &[])?, self.edge(other, 0, &[])?) {
            (Some((x, xs)), Some((y, ys))) => self.b.brif(cond, call(x, &xs), call(y, &ys)),
            _ => self.b.terminate(Terminator::Unreachable),
        }
        Ok(())
    }

    fn has_iter_params(&self, t: &hir::BlockCall) -> bool {
        self.hir.blocks[t.block].params.iter().any(|&p| matches!(self.type_of(p).kind(), TyKind::Iter(_)))
    }

    fn iter_next(&mut self, b: hir::Block, iter: hir::Value, body: &hir::BlockCall, exit: &hir::BlockCall) -> Res<()> {
        let id = self.iter_of(iter)?;
        let item_ty = match self.func.items[b] {
            Some(t) => t,
            None => Ty::bottom(),
        };
        let done = self.b.block();
        let (item, given) = self.advance(id, done)?;
        self.b.seal(done);
        let want = self.hir.blocks[body.block].params.first().map_or(item_ty, |&p| self.type_of(p));
        if self.func.live_blocks.contains(body.block) {
            let item = self.convert(&item, given, want)?;
            match self.edge(body, 1, &item)? {
                Some((block, args)) => self.b.jump(block, &args),
                None => self.b.terminate(Terminator::Unreachable),
            }
        } else {
            self.b.terminate(Terminator::Unreachable);
        }
        self.b.switch_to(done);
        self.jump(exit)
    }

    /// The machine block and arguments of an edge: `given` words for the first `skip` parameters, then the edge's own.
    /// `None` if the target is not live.
    pub fn edge(&mut self, t: &hir::BlockCall, skip: usize, given: &[looplift_mir::Value]) -> Res<Option<(looplift_mir::Block, Words)>> {
        let Some(block) = self.blocks[t.block].filter(|_| self.func.live_blocks.contains(t.block)) else { return Ok(None) };
        let params = &self.hir.blocks[t.block].params;
        if params.len() != t.args.len() + skip {
            return self.internal(format!("an edge passes {} values for {} parameters", t.args.len() + skip, params.len()));
        }
        let mut args: Words = given.into();
        let mut assigns = Vec::new();
        for (&p, &v) in params[skip..].iter().zip(&t.args) {
            if let Some(Bound::Iter(to)) = self.values[p] {
                let from = self.iter_of(v)?;
                assigns.push((to, self.iter_snapshot(from)?));
            } else {
                let words = self.words_of(v)?;
                args.extend(self.convert(&words, self.type_of(v), self.type_of(p))?);
            }
        }
        for (to, words) in assigns {
            self.iter_assign(to, &words)?;
        }
        Ok(Some((block, args)))
    }

    /// A handler's block and arguments; its first parameter, the exception, is pending in the context and has no words; the handler puts it aside.
    pub fn handler_edge(&mut self, t: &hir::BlockCall) -> Res<(looplift_mir::Block, Words)> {
        // A conversion on the way that fails leaves the function: this handler's edge would have to convert again.
        let handler = self.handler.take();
        let edge = self.edge(t, 1, &[]);
        self.handler = handler;
        match edge? {
            Some(e) => Ok(e),
            None => self.internal("a handler is not live"),
        }
    }

    pub fn words_of(&self, v: hir::Value) -> Res<Words> {
        match &self.values[v] {
            Some(Bound::Words(w)) => Ok(w.clone()),
            Some(Bound::Iter(_)) => self.unsupported("an iterator cannot be stored, passed or returned by compiled code yet"),
            // Bottom and compile-time values need no definition.
            None if repr::flatten(self.type_of(v)).is_ok_and(|f| f.is_empty()) => Ok(Words::new()),
            None => self.internal(format!("{v:?} is used before its definition")),
        }
    }
    pub fn iter_of(&mut self, v: hir::Value) -> Res<crate::iters::IterId> {
        match &self.values[v] {
            Some(Bound::Iter(id)) => Ok(*id),
            // A generator that a call gave.
            Some(Bound::Words(w)) if matches!(self.type_of(v).kind(), TyKind::Gen(_)) => {
                let frame = crate::iters::Slot::Fixed(w[0]);
                let of = self.type_of(v);
                let it = Iter::Generator { control: None, result: self.result_vars(of)?, of, frame };
                Ok(self.iters.push(it))
            }
            _ => Err(self.error(DiagnosticKind::Internal, "LL0902", format!("{v:?} is not an iterator"))),
        }
    }
}
