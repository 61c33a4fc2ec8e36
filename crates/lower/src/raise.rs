//! Exceptions: raising, matching, unbound locals.
//!
//! Arguments that are numbers or known while compiling travel in the site and its payload words; anything else makes the
//! exception through the `raise_boxed` hook. Caught exceptions are in `handled`.

use crate::arrays::MAX_PAYLOAD;
use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::repr::Num;
use looplift_abi::symbols::Sym;
use looplift_hir as hir;
use looplift_mir::{ExcArg, ExcClass, Imm, Opcode, Payload, SiteKind, Terminator, Ty as MTy, Value};
use looplift_types::{HostRef, Literal, Ty, TyKind};

/// The class as MIR names it.
fn class_of(r: &HostRef) -> ExcClass {
    match r.name.strip_prefix("builtins.") {
        Some(name) => ExcClass::Builtin(name.into()),
        None => ExcClass::Host { id: r.id, name: r.name.clone() },
    }
}

/// A class as `raise_boxed` reads it. Python's own have the number 0, so that code that names them means the same in every process.
fn boxed_class(r: &HostRef) -> String {
    match class_of(r) {
        ExcClass::Builtin(name) => format!("0 {name}"),
        ExcClass::Host { id, name } => format!("{id} {name}"),
    }
}

/// Arguments of an exception as its site tells them, and the words that it keeps of those that are not constant.
type PlainArgs = (Vec<ExcArg>, Vec<(Value, Payload)>);

impl Cx<'_> {
    pub fn raise(&mut self, b: hir::Block) -> Res<()> {
        let Some(info) = &self.func.raises[b] else { return self.internal("a raise without its exception") };
        let class = match info.class.kind() {
            TyKind::Exception => return self.raise_caught(b),
            TyKind::ExcClass(r) => r,
            _ => return self.internal(format!("raising {}", info.class)),
        };
        let mut ops = Vec::new();
        for (src, &ty) in info.args.iter().zip(&info.arg_types) {
            ops.push(self.operand(src, ty)?);
        }
        let handle_of = |handle| Operand { ty: Ty::int64(), from: Ty::int64(), words: [handle].into_iter().collect(), iter: None };
        let mut further = String::new();
        if let Some(handle) = self.handled_at_end(b) {
            ops.push(handle_of(handle));
            further.push_str(" in");
        }
        if let hir::Terminator::Raise { cause: Some(cause), .. } = &self.hir.blocks[b].term {
            let ty = self.func.types[*cause].unwrap_or_else(Ty::none);
            let cause = match ty.kind() {
                TyKind::Exception => handle_of(self.caught_handle(*cause)?),
                _ => self.operand(&looplift_infer::ArgSrc::Value(*cause), ty)?,
            };
            ops.push(cause);
            further.push_str(" from");
        }
        if !further.is_empty() {
            return self.raise_boxed(class, &ops, &further);
        }
        match self.plain_args(&ops) {
            Some((args, payload)) if payload.len() <= MAX_PAYLOAD => {
                let kinds = payload.iter().map(|p| p.1).collect();
                let site = self.site(SiteKind::Raise { class: class_of(class), args: args.into(), payload: kinds });
                let words: Words = payload.iter().map(|p| p.0).collect();
                self.leave(site, &words)
            }
            _ => self.raise_boxed(class, &ops, ""),
        }
    }

    /// Makes an exception pending, for code that is about to be called.
    pub fn set_pending(&mut self, class: &HostRef, ops: &[Operand]) -> Res<()> {
        match self.plain_args(ops) {
            Some((args, payload)) if payload.len() <= MAX_PAYLOAD => {
                let kinds = payload.iter().map(|p| p.1).collect();
                let site = self.site(SiteKind::Raise { class: class_of(class), args: args.into(), payload: kinds });
                let words: Words = payload.iter().map(|p| p.0).collect();
                self.b.emit(Opcode::SetExc, None, &words, Imm::None, Some(site));
            }
            _ => {
                let mut texts = boxed_class(class);
                let (text, len, words) = self.boxed_values(&mut texts, ops)?;
                self.b.emit_inst(Opcode::CallRtTry, None, &[text, len, words], Imm::Sym(Sym::RaiseBoxed), &[MTy::I8], None);
                for v in ops.iter().flat_map(|o| o.words.iter()) {
                    self.keep_address(*v);
                }
            }
        }
        Ok(())
    }

    /// The arguments, if each is a number or a constant.
    fn plain_args(&mut self, ops: &[Operand]) -> Option<PlainArgs> {
        let plain = |t: Ty| matches!(t.kind(), TyKind::None | TyKind::Literal(_)) || matches!(Num::of(t), Some(Num::Bool | Num::Int { .. } | Num::Float(_)));
        if !ops.iter().all(|o| plain(o.ty)) {
            return None;
        }
        let mut args = Vec::new();
        let mut payload = Vec::new();
        for op in ops {
            args.push(match (op.ty.kind(), Num::of(op.ty)) {
                (TyKind::Literal(Literal::Int(v)), _) => ExcArg::ConstInt(*v),
                (TyKind::Literal(Literal::Bool(v)), _) => ExcArg::ConstBool(*v),
                (TyKind::Literal(Literal::Str(v)), _) => ExcArg::ConstStr(v.clone()),
                (_, Some(num)) => {
                    let kind = match num {
                        Num::Bool => Payload::Bool,
                        Num::Int { signed: true, .. } => Payload::Int,
                        Num::Int { .. } => Payload::Uint,
                        Num::Float(_) | Num::Complex(_) => Payload::Float,
                    };
                    let to = match num {
                        Num::Bool => Num::Bool,
                        Num::Int { signed, .. } => Num::Int { mty: MTy::I64, signed },
                        Num::Float(_) | Num::Complex(_) => Num::FLOAT64,
                    };
                    payload.push((self.convert_real(op.words[0], num, to), kind));
                    ExcArg::Payload(kind)
                }
                (_, None) => ExcArg::ConstNone,
            });
        }
        Some((args, payload))
    }

    /// `further` says what the last operands are, as the symbol wants it.
    fn raise_boxed(&mut self, class: &HostRef, ops: &[Operand], further: &str) -> Res<()> {
        let mut texts = boxed_class(class) + further;
        let (text, len, words) = self.boxed_values(&mut texts, ops)?;
        let handled = self.live_handler().is_some();
        if handled {
            self.b.emit_inst(Opcode::CallRtTry, None, &[text, len, words], Imm::Sym(Sym::RaiseBoxed), &[MTy::I8], None);
        } else {
            let site = self.propagate_site();
            self.b.call_rt(Sym::RaiseBoxed, &[text, len, words], Some(site));
        }
        // The call reads references by their addresses.
        for v in ops.iter().flat_map(|o| o.words.iter()) {
            self.keep_address(*v);
        }
        if handled {
            return self.leave_pending();
        }
        self.b.terminate(Terminator::Unreachable);
        Ok(())
    }

    pub fn exc_match(&mut self, class: &Operand) -> Res<Value> {
        let classes = match class.ty.kind() {
            TyKind::ExcClass(r) => vec![r],
            _ => match class.ty.tuple_elems() {
                Some(elems) => {
                    let mut out = Vec::new();
                    for e in elems {
                        match e.kind() {
                            TyKind::ExcClass(r) => out.push(r),
                            _ => return self.unsupported(format!("catching {e}")),
                        }
                    }
                    out
                }
                None => return self.unsupported(format!("catching {}", class.ty)),
            },
        };
        let mut any = self.bool(false);
        for (k, r) in classes.into_iter().enumerate() {
            let site = self.site(SiteKind::Raise { class: class_of(r), args: Box::new([]), payload: Box::new([]) });
            let Some(m) = self.b.emit(Opcode::ExcMatches, None, &[], Imm::None, Some(site)) else { return self.internal("exc_matches gives nothing") };
            any = if k == 0 { m } else { self.or(any, m) };
        }
        Ok(any)
    }

    pub fn check_bound(&mut self, ops: &[Operand]) -> Res<Words> {
        let name = self.text(&ops[1])?;
        let flag = self.convert(&ops[0].words, ops[0].ty, Ty::bool())?;
        let free = self.hir.free_names.iter().any(|n| &**n == name);
        let (class, text) = if free {
            ("NameError", format!("cannot access free variable '{name}' where it is not associated with a value in enclosing scope"))
        } else {
            ("UnboundLocalError", format!("cannot access local variable '{name}' where it is not associated with a value"))
        };
        self.check(flag[0], class, &text, &[])?;
        Ok(Words::new())
    }
}
