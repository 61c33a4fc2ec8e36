//! What holds for every typed function, as a check:
//!
//! 1. In a live block every instruction has a type and a resolution, up to the first that never returns (`Undef` has neither).
//! 2. A primitive's and a call's operands are as many as their parameter types, and each converts to its own.
//! 3. What live edges bring converts to the parameters' types (parameters without a type are never used).
//! 4. Live `raise` and loop terminators have their tables; a branch is on a bool; returned values convert to the result type.

use crate::typed::{ArgSrc, Callee, Resolution, TypedFunction, TypedProgram};
use looplift_hir::{Block, BlockCall, Op, Terminator, Value};
use looplift_types::{Literal, Ty, TyKind, conversion};

/// All violations in a program.
///
/// # Errors
/// One line for each.
pub fn verify(p: &TypedProgram) -> Result<(), Vec<String>> {
    let mut errors = Vec::new();
    for callee in &p.functions {
        if let Callee::Inferred(f) = callee {
            let mut v = Verifier { p, f, errors: &mut errors };
            v.function();
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

struct Verifier<'a> {
    p: &'a TypedProgram,
    f: &'a TypedFunction,
    errors: &'a mut Vec<String>,
}

impl Verifier<'_> {
    fn error(&mut self, what: String) {
        self.errors.push(format!("{}: {what}", self.f.hir.name));
    }

    fn ty(&self, v: Value) -> Option<Ty> {
        self.f.types[v].filter(|t| !t.is_bottom())
    }

    /// The type of an operand; `None` when it is undefined.
    fn source_type(&self, a: &ArgSrc) -> Option<Ty> {
        match a {
            ArgSrc::Value(v) => self.ty(*v),
            ArgSrc::Const(c) => Some(c.ty),
            ArgSrc::Made(m) => Some(m.ty),
            ArgSrc::Tuple(items) => items.iter().map(|i| self.source_type(i)).collect::<Option<Vec<_>>>().map(Ty::tuple),
            ArgSrc::Present(of) => self.source_type(of)?.as_optional(),
            ArgSrc::Item(of, i) => {
                let t = self.source_type(of)?;
                t.parts()?.get(*i as usize).copied()
            }
        }
    }

    fn converts(&mut self, a: &ArgSrc, to: Ty, what: &str) {
        // A list whose members have types of their own is made as a tuple is.
        if let (ArgSrc::Tuple(items), Some(parts)) = (a, to.parts())
            && items.len() == parts.len()
        {
            for (item, part) in items.iter().zip(parts) {
                self.converts(item, *part, what);
            }
            return;
        }
        match self.source_type(a) {
            None => self.error(format!("{what}: an operand without a type")),
            Some(t) if converts(t, to) => {}
            Some(t) => self.error(format!("{what}: {t} does not convert to {to}")),
        }
    }

    fn function(&mut self) {
        for &b in &self.f.hir.layout {
            if self.f.live_blocks.contains(b) && self.block(b) {
                self.terminator(b);
            }
        }
    }

    /// Whether control reaches the terminator.
    fn block(&mut self, b: Block) -> bool {
        let hir = self.f.hir.clone();
        for &inst in &hir.blocks[b].insts {
            let data = &hir.insts[inst];
            if data.op == Op::Undef {
                continue;
            }
            let what = format!("{inst} {}", data.op.name());
            match self.f.resolutions[inst].clone() {
                None => {
                    self.error(format!("{what} has no resolution"));
                    return false;
                }
                // Operands of the kernel stand for elements.
                Some(Resolution::Const(_) | Resolution::Elementwise { .. }) => {}
                Some(Resolution::Copy(a)) => {
                    if let Some(t) = self.ty(data.result) {
                        self.converts(&a, t, &what);
                    }
                }
                Some(Resolution::Prim { args, params, .. }) => self.operands(&args, &params, &what),
                Some(Resolution::Yield(a)) => {
                    let (item, _) = crate::generators::parts(self.f.ret);
                    self.converts(&a, item, &what);
                }
                Some(Resolution::Call { spec, args, params, .. } | Resolution::Generate { spec, args, params }) => {
                    self.operands(&args, &params, &what);
                    let expected = match &self.p.functions[spec] {
                        Callee::Inferred(c) => &c.params,
                        Callee::Compiled { params, .. } => params,
                    };
                    // The last parameter of a generator may be what is sent to it.
                    if !expected.starts_with(&params) {
                        self.error(format!("{what}: parameter types differ from the callee's"));
                    }
                }
            }
            if let Some(h) = data.handler.as_ref().filter(|h| self.f.live_blocks.contains(h.block)) {
                self.edge(h, 1, &what);
            }
            if self.ty(data.result).is_none() {
                return false;
            }
        }
        true
    }

    fn operands(&mut self, args: &[ArgSrc], params: &[Ty], what: &str) {
        if args.len() != params.len() {
            return self.error(format!("{what}: {} operands for {} parameters", args.len(), params.len()));
        }
        for (a, p) in args.iter().zip(params) {
            self.converts(a, *p, what);
        }
    }

    fn edge(&mut self, call: &BlockCall, skip: usize, what: &str) {
        if !self.f.live_blocks.contains(call.block) {
            return self.error(format!("{what}: an edge to the dead {}", call.block));
        }
        let hir = self.f.hir.clone();
        for (&p, &a) in hir.blocks[call.block].params.iter().skip(skip).zip(&call.args) {
            if let (Some(to), Some(from)) = (self.ty(p), self.ty(a))
                && !converts(from, to)
            {
                self.error(format!("{what}: {from} does not convert to {to} of {p}"));
            }
        }
    }

    fn terminator(&mut self, b: Block) {
        let hir = self.f.hir.clone();
        let what = format!("the end of {b}");
        match &hir.blocks[b].term {
            Terminator::Jump(t) => self.edge(t, 0, &what),
            Terminator::Branch { cond, then, other } => match self.f.decided[b] {
                Some(d) => {
                    if !matches!(self.ty(*cond).map(Ty::kind), Some(TyKind::Literal(Literal::Bool(v))) if *v == d) {
                        self.error(format!("{what}: decided without a constant"));
                    }
                    self.edge(if d { then } else { other }, 0, &what);
                }
                None => {
                    if self.ty(*cond) != Some(Ty::bool()) {
                        self.error(format!("{what}: a branch on {:?}", self.ty(*cond)));
                    }
                    self.edge(then, 0, &what);
                    self.edge(other, 0, &what);
                }
            },
            Terminator::IterNext { body, exit, .. } => {
                if self.f.items[b].is_none() {
                    self.error(format!("{what}: no item type"));
                }
                self.edge(body, 1, &what);
                self.edge(exit, 0, &what);
            }
            Terminator::Return(v) => match self.ty(*v) {
                // What a generator gives is checked where it yields.
                Some(t) if converts(t, self.f.ret) || self.f.ret.is_none() || self.f.hir.is_generator => {}
                t => self.error(format!("{what}: returns {t:?}, not {}", self.f.ret)),
            },
            Terminator::Raise { .. } | Terminator::Reraise { .. } => {
                if self.f.raises[b].is_none() {
                    self.error(format!("{what}: raises nothing"));
                }
            }
            Terminator::Unreachable => {}
        }
    }
}

/// Implicit conversions, and those that resolutions rely on beyond: tuples into named tuples, strings as constants.
fn converts(from: Ty, to: Ty) -> bool {
    conversion(from, to).is_some()
        || match (from.kind(), to.kind()) {
            (TyKind::Complex(_), TyKind::Complex(_)) => true,
            // The place or value of a member.
            (TyKind::Enum(_), TyKind::Int(_)) | (TyKind::Int(_), TyKind::Enum(_)) => true,
            // NumPy conversions between array element types happen in the primitive.
            (TyKind::Array(a), TyKind::Array(b)) => a.ndim == b.ndim,
            _ => false,
        }
}
