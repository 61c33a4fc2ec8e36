//! Exceptions being handled. An exception that reaches a handler moves from the context to the runtime's stack of handled
//! ones, and its handle is a machine value: the code of the handler may call, print, raise and catch as it likes, and a
//! `raise` still finds what it means.
//!
//! Which exceptions are being handled where follows from the HIR: `PushExcInfo` begins handling, `PopExcept` ends it. HIR leaves
//! out clean-up that only passes an exception on, so at a handler what its predecessors agree on is being handled.

use crate::cx::{Cx, Res};
use crate::inst::Operand;
use cranelift_entity::{EntitySet, SecondaryMap};
use looplift_abi::symbols::Sym;
use looplift_hir as hir;
use looplift_infer::{ArgSrc, Resolution};
use looplift_mir::Value;
use looplift_types::TyKind;
use rustc_hash::FxHashMap;

/// Exceptions (parameters of handlers), outermost first.
type Open = Vec<hir::Value>;

#[derive(Debug, Default)]
pub(crate) struct Handled {
    /// Handlers that put their exception aside.
    saving: EntitySet<hir::Block>,
    /// What is being handled at the start and at the end of blocks.
    starts: SecondaryMap<hir::Block, Option<Open>>,
    ends: SecondaryMap<hir::Block, Open>,
    handles: FxHashMap<hir::Value, Value>,
    /// The depth of the stack at entry.
    base: Option<Value>,
}

impl Handled {
    pub fn compute(cx: &Cx<'_>, live: &[hir::Block]) -> Handled {
        let mut all = Handled::default();
        let mut targets = EntitySet::new();
        for &b in live {
            let data = &cx.hir.blocks[b];
            for t in data.insts.iter().filter_map(|&i| cx.hir.insts[i].handler.as_ref()).chain(&data.term_handler) {
                if cx.func.live_blocks.contains(t.block) {
                    targets.insert(t.block);
                }
            }
        }
        for &b in live {
            if targets.contains(b) && !passes_on(cx, b) {
                all.saving.insert(b);
            }
        }
        if live.iter().all(|&b| !all.saving.contains(b)) {
            return all;
        }
        all.starts[live[0]] = Some(Open::new());
        let mut changed = true;
        while changed {
            changed = false;
            for &b in live {
                let Some(mut open) = all.starts[b].clone() else { continue };
                let data = &cx.hir.blocks[b];
                for &i in &data.insts {
                    match &cx.hir.insts[i].op {
                        hir::Op::PushExcInfo { exc } => open.push(origin(cx, *exc).unwrap_or(*exc)),
                        hir::Op::PopExcept { previous } => {
                            let exc = pushed_by(cx, *previous);
                            match open.iter().rposition(|e| Some(*e) == exc) {
                                Some(n) => open.truncate(n),
                                None => drop(open.pop()),
                            }
                        }
                        _ => {}
                    }
                    if let Some(h) = &cx.hir.insts[i].handler {
                        changed |= all.join(h.block, &open);
                    }
                }
                for t in data.term.targets().into_iter().chain(&data.term_handler) {
                    changed |= all.join(t.block, &open);
                }
                all.ends[b] = open;
            }
        }
        all
    }

    /// What is handled at `b` is also no more than `open`; whether that is news.
    fn join(&mut self, b: hir::Block, open: &[hir::Value]) -> bool {
        match &mut self.starts[b] {
            None => {
                self.starts[b] = Some(open.to_vec());
                true
            }
            Some(now) => {
                let same = now.iter().zip(open).take_while(|(a, b)| a == b).count();
                let news = same < now.len();
                now.truncate(same);
                news
            }
        }
    }
}

/// Whether a handler does nothing but end the handling of other exceptions and let its own travel on.
fn passes_on(cx: &Cx<'_>, b: hir::Block) -> bool {
    let data = &cx.hir.blocks[b];
    let own = data.params.first();
    let ends = matches!(&data.term, hir::Terminator::Reraise { exc } if Some(exc) == own);
    ends && data.insts.iter().all(|&i| {
        let op = &cx.hir.insts[i].op;
        !op.may_raise() && !matches!(op, hir::Op::PushExcInfo { .. })
    })
}

/// The exception whose handling an end of handling ends.
fn pushed_by(cx: &Cx<'_>, previous: hir::Value) -> Option<hir::Value> {
    let v = root(cx, previous)?;
    match cx.hir.values[v].def {
        hir::ValueDef::Result(i) => match &cx.hir.insts[i].op {
            hir::Op::PushExcInfo { exc } => origin(cx, *exc),
            _ => None,
        },
        hir::ValueDef::Param(..) => None,
    }
}

/// The handler's parameter that a caught exception comes from.
fn origin(cx: &Cx<'_>, exc: hir::Value) -> Option<hir::Value> {
    let v = root(cx, exc)?;
    matches!(cx.hir.values[v].def, hir::ValueDef::Param(..)).then_some(v)
}

/// The one value that a value is a copy of: through copies and through parameters that always get the same.
fn root(cx: &Cx<'_>, v: hir::Value) -> Option<hir::Value> {
    let (mut seen, mut work, mut found) = (EntitySet::new(), vec![v], None);
    while let Some(v) = work.pop() {
        if !seen.insert(v) {
            continue;
        }
        let mut inner = Vec::new();
        match cx.hir.values[v].def {
            hir::ValueDef::Result(i) => {
                if let Some(Resolution::Copy(ArgSrc::Value(u))) = &cx.func.resolutions[i] {
                    inner.push(*u);
                }
            }
            hir::ValueDef::Param(block, n) => {
                for &b in cx.hir.layout.iter().filter(|&&b| cx.func.live_blocks.contains(b)) {
                    let data = &cx.hir.blocks[b];
                    for (t, skip) in edges(cx, data).filter(|(t, _)| t.block == block) {
                        // A handler's first parameter is a value of its own.
                        if let Some(u) = (n as usize).checked_sub(skip).and_then(|n| t.args.get(n)) {
                            inner.push(*u);
                        }
                    }
                }
            }
        }
        match found {
            _ if !inner.is_empty() => work.extend(inner),
            None => found = Some(v),
            Some(f) if f == v => {}
            Some(_) => return None,
        }
    }
    found
}

/// All edges out of a block, with the number of parameters that are not arguments.
fn edges<'h>(cx: &Cx<'h>, data: &'h hir::BlockData) -> impl Iterator<Item = (&'h hir::BlockCall, usize)> {
    let hir = cx.hir;
    let normal = data.term.targets().into_iter().enumerate().map(move |(n, t)| {
        let item = n == 0 && matches!(data.term, hir::Terminator::IterNext { .. });
        (t, usize::from(item))
    });
    let handlers = data.insts.iter().filter_map(move |&i| hir.insts[i].handler.as_ref()).chain(&data.term_handler);
    normal.chain(handlers.map(|t| (t, 1)))
}

impl Cx<'_> {
    /// At the function's entry.
    pub fn begin_handling(&mut self, live: &[hir::Block]) {
        self.handled = Handled::compute(self, live);
        if live.iter().any(|&b| self.handled.saving.contains(b)) {
            self.handled.base = self.b.call_rt(Sym::ExcDepth, &[], None).first().copied();
        }
    }

    /// At the start of a block: a handler puts its exception aside.
    pub fn enter_handler(&mut self, b: hir::Block) -> Res<()> {
        if !self.handled.saving.contains(b) {
            return Ok(());
        }
        let outer = self.handled.starts[b].as_ref().and_then(|open| open.last()).copied();
        let above = match outer {
            Some(exc) => self.handled.handles.get(&exc).copied(),
            None => self.handled.base,
        };
        let (Some(above), Some(&exc)) = (above, self.hir.blocks[b].params.first()) else {
            return self.internal("a handler whose surroundings are unknown");
        };
        let handle = self.b.call_rt(Sym::SaveExc, &[above], None)[0];
        self.handled.handles.insert(exc, handle);
        Ok(())
    }

    /// The end of handling, unless an exception travels on from here: that drops what is left behind.
    pub fn end_handling(&mut self, previous: hir::Value) {
        let handle = pushed_by(self, previous).and_then(|exc| self.handled.handles.get(&exc).copied());
        if let Some(handle) = handle {
            self.b.call_rt(Sym::DropExc, &[handle], None);
        }
    }

    /// Caught exceptions among the operands of an object call are passed by their handles.
    pub fn handled_operands(&mut self, args: &[ArgSrc], ops: &mut [Operand]) -> Res<()> {
        for (src, op) in args.iter().zip(ops) {
            if *op.ty.kind() != TyKind::Exception {
                continue;
            }
            let handle = match src {
                ArgSrc::Value(v) => origin(self, *v).and_then(|e| self.handled.handles.get(&e).copied()),
                ArgSrc::Const(_) | ArgSrc::Tuple(_) | ArgSrc::Item(..) | ArgSrc::Present(_) | ArgSrc::Made(_) => None,
            };
            let Some(handle) = handle else { return self.unsupported("a caught exception used outside its handler") };
            op.words = smallvec::smallvec![handle];
        }
        Ok(())
    }

    /// The handle of the exception that is being handled at the end of a block, if one is.
    pub fn handled_at_end(&self, b: hir::Block) -> Option<Value> {
        self.handled.ends[b].last().and_then(|e| self.handled.handles.get(e)).copied()
    }

    /// The handle of an exception that is being handled.
    pub fn caught_handle(&mut self, exc: hir::Value) -> Res<Value> {
        match origin(self, exc).and_then(|e| self.handled.handles.get(&e).copied()) {
            Some(handle) => Ok(handle),
            None => self.unsupported("a cause that is not being handled here"),
        }
    }

    /// A caught exception travels on, or is raised again by name (`Some`) or as the innermost one.
    pub fn raise_caught(&mut self, b: hir::Block) -> Res<()> {
        match &self.hir.blocks[b].term {
            hir::Terminator::Reraise { exc } => {
                let Some(exc) = origin(self, *exc) else { return self.unsupported("letting one of several exceptions travel on") };
                if let Some(&handle) = self.handled.handles.get(&exc) {
                    self.b.call_rt(Sym::TakeExc, &[handle], None);
                }
            }
            hir::Terminator::Raise { exc, .. } => {
                let open = &self.handled.ends[b];
                let exc = match exc {
                    Some(exc) => match origin(self, *exc).filter(|e| open.contains(e)) {
                        Some(exc) => Some(exc),
                        None => return self.unsupported("raising a caught exception outside its handler"),
                    },
                    None => open.last().copied(),
                };
                let handle = match exc.and_then(|e| self.handled.handles.get(&e).copied()) {
                    Some(handle) => handle,
                    None => self.i64(0),
                };
                self.b.call_rt(Sym::CopyExc, &[handle], None);
            }
            _ => return self.internal("no raise"),
        }
        self.leave_pending()
    }
}
