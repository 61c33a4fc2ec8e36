//! Operations on texts that `infer` states as calls of Python, and that the runtime does itself: building, splitting and joining,
//! questions, numbers as texts. The Python operation says what is meant; other operands than these go its way.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use looplift_abi::symbols::Sym;
use looplift_abi::text::QUESTIONS;
use looplift_mir::{IntCC, Region, Ty as MTy, Value};
use looplift_types::{Literal, Ty};

fn is_text(op: &Operand) -> bool {
    op.ty.unliteral() == Ty::str()
}

impl Cx<'_> {
    /// The operation as a call of the runtime, if it is one.
    pub fn text_call(&mut self, operation: &str, values: &[Operand], ret: Ty) -> Res<Option<Words>> {
        let method = operation.strip_prefix('.');
        Ok(match (method, operation, values) {
            (Some("split"), _, [text, by, most]) if is_text(text) && (is_text(by) || by.ty.is_none()) && self.count_of(most).is_some() => {
                Some(self.text_split(text, by, most)?)
            }
            (Some("splitlines"), _, [text, keep]) if is_text(text) && keep.ty.unliteral() == Ty::bool() => {
                let keep = match keep.ty.as_literal() {
                    Some(Literal::Bool(b)) => self.bool(*b),
                    _ => self.word(keep)?,
                };
                let text = self.text_of(text)?;
                Some(self.call_fallible(Sym::TextLines, &[text, keep])?)
            }
            (Some("join"), _, [by, list]) if is_text(by) && list.ty.as_list().is_some_and(|l| l.elem == Ty::str()) => {
                let (by, list) = (self.text_of(by)?, self.word(list)?);
                Some(self.call_fallible(Sym::TextJoin, &[by, list])?)
            }
            (Some("startswith" | "endswith"), _, [text, part, start, end]) if is_text(text) && is_text(part) && start.ty.is_none() && end.ty.is_none() => {
                let (text, part) = (self.text_of(text)?, self.text_of(part)?);
                let at_end = self.bool(operation == ".endswith");
                let holds = self.b.call_rt(Sym::TextEnds, &[text, part, at_end], None)[0];
                Some([holds].into_iter().collect())
            }
            (Some(name), _, [text]) if is_text(text) && ret == Ty::bool() => match QUESTIONS.iter().position(|q| *q == name) {
                Some(n) => {
                    let (text, n) = (self.text_of(text)?, self.i64(n as i64));
                    let holds = self.b.call_rt(Sym::TextIs, &[text, n], None)[0];
                    Some([holds].into_iter().collect())
                }
                None => None,
            },
            (None, "builtins.str" | "builtins.repr" | "builtins.format", [number]) if let Some(int) = number.ty.as_int() => {
                let word = self.word(number)?;
                let word = if int.bits == 64 { word } else { self.resize(word, MTy::I64, int.signed) };
                Some(self.call_fallible(if int.signed { Sym::IntText } else { Sym::UintText }, &[word])?)
            }
            (None, "", parts) if parts.iter().all(is_text) => Some(self.text_build(parts)?),
            _ => None,
        })
    }

    /// The reference to a text, also of one known while compiling.
    fn text_of(&mut self, op: &Operand) -> Res<Value> {
        match op.ty.as_literal() {
            Some(Literal::Str(s)) => Ok(self.text_const(s)?[0]),
            _ => self.word(op),
        }
    }

    fn count_of(&self, op: &Operand) -> Option<Option<i64>> {
        match op.ty.as_lit_int() {
            Some(n) => Some(Some(n)),
            None => (op.ty == Ty::int64()).then_some(None),
        }
    }

    fn text_split(&mut self, text: &Operand, by: &Operand, most: &Operand) -> Res<Words> {
        let most = match self.count_of(most) {
            Some(Some(n)) => self.i64(n),
            _ => self.word(most)?,
        };
        let text = self.text_of(text)?;
        let by = if by.ty.is_none() {
            self.b.null_ref()
        } else {
            let empty = matches!(by.ty.as_literal(), Some(Literal::Str(s)) if s.is_empty());
            let known = by.ty.is_literal() && !empty;
            let by = self.text_of(by)?;
            if !known {
                let n = self.text_len(by);
                let ok = self.icmp_const(IntCC::Ne, n, 0);
                self.check(ok, "ValueError", "empty separator", &[])?;
            }
            by
        };
        self.call_fallible(Sym::TextSplit, &[text, by, most])
    }

    /// Texts one after the other.
    fn text_build(&mut self, parts: &[Operand]) -> Res<Words> {
        let parts = parts.iter().map(|p| self.text_of(p)).collect::<Res<Vec<Value>>>()?;
        if let &[a, b] = &parts[..] {
            return self.call_fallible(Sym::TextConcat, &[a, b]);
        }
        let at = self.stack_slot(8 * parts.len() as i64);
        for (k, &p) in parts.iter().enumerate() {
            let word = self.whole_word(p);
            self.b.store(Region::Data, word, at, 8 * k as i32);
        }
        let count = self.i64(parts.len() as i64);
        let made = self.call_fallible(Sym::TextBuild, &[at, count])?;
        for p in parts {
            self.keep_address(p);
        }
        Ok(made)
    }
}
