//! Values handed to hooks that work on boxed objects: their types as text, their words in frame memory.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use looplift_abi::symbols::Sym;
use looplift_mir::{Imm, Opcode, Region, Ty as MTy, Value};
use looplift_types::{Literal, TyKind, parse_type, wire};
use std::fmt::Write;

impl Cx<'_> {
    /// Print: two lines for separator and end, then one a value.
    pub fn print(&mut self, ops: &[Operand]) -> Res<Words> {
        let mut texts = String::new();
        let (text, len, words) = self.boxed_values(&mut texts, ops)?;
        if self.live_handler().is_some() {
            let inst = self.b.emit_inst(Opcode::CallRtTry, None, &[text, len, words], Imm::Sym(Sym::Print), &[MTy::I8], None);
            let failed = self.b.func.insts[inst].results[0];
            let ok = self.not(failed);
            self.unless(ok, |cx| cx.leave_pending())?;
        } else {
            let site = self.propagate_site();
            self.b.call_rt(Sym::Print, &[text, len, words], Some(site));
        }
        Ok(Words::new())
    }

    /// Appends a line for each value's type to `texts`; gives the text's address and length and the address of the words.
    /// In a literal text, a backslash and a newline are escaped as `\\` and `\n`, so that a line is a type. Types that do not
    /// parse back from their text (named tuples, …) are written by [`wire`] after an `@`.
    pub fn boxed_values(&mut self, texts: &mut String, ops: &[Operand]) -> Res<(Value, Value, Value)> {
        let mut words = Words::new();
        for op in ops {
            if op.iter.is_some() {
                return self.unsupported("an iterator cannot be printed or put into an exception");
            }
            if !texts.is_empty() {
                texts.push('\n');
            }
            match op.ty.kind() {
                TyKind::Literal(Literal::Str(s)) => {
                    let _ = write!(texts, "Literal[str]({})", s.replace('\\', "\\\\").replace('\n', "\\n"));
                }
                _ => {
                    let text = op.ty.to_string();
                    if parse_type(&text) == Ok(op.ty) {
                        texts.push_str(&text);
                    } else {
                        match wire::encode(op.ty) {
                            Some(text) => {
                                let _ = write!(texts, "@{text}");
                            }
                            None => return self.unsupported(format!("values of type {} cannot be printed or put into an exception", op.ty)),
                        }
                    }
                }
            }
            words.extend_from_slice(&op.words);
        }
        let slot = self.stack_slot(8 * words.len() as i64);
        for (k, &w) in words.iter().enumerate() {
            let w = self.whole_word(w);
            self.b.store(Region::Data, w, slot, 8 * k as i32);
        }
        let text = self.data_bytes(texts.as_bytes());
        let len = self.i64(texts.len() as i64);
        Ok((text, len, slot))
    }

    /// A word in all of its eight bytes, as the uniform entry has it.
    fn whole_word(&mut self, w: Value) -> Value {
        match self.mty(w) {
            MTy::I64 | MTy::F64 => w,
            MTy::I8 | MTy::I16 | MTy::I32 => self.resize(w, MTy::I64, false),
            MTy::F32 => {
                let bits = self.b.convert(Opcode::Bitcast, MTy::I32, w);
                self.resize(bits, MTy::I64, false)
            }
            // A reference is passed as its address: the hook borrows it.
            MTy::Ref => self.b.convert(Opcode::RefAddr, MTy::I64, w),
        }
    }
}
