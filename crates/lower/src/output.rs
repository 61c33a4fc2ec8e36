//! Values handed to hooks that work on boxed objects: their types as text, their words in frame memory.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use looplift_abi::symbols::Sym;
use looplift_mir::{Opcode, Region, Ty as MTy, Value};
use looplift_types::{Literal, Ty, TyKind, parse_type, wire};
use std::fmt::Write;

impl Cx<'_> {
    /// Print: two lines for separator and end, then one a value.
    pub fn print(&mut self, ops: &[Operand]) -> Res<Words> {
        let mut texts = String::new();
        let (text, len, words) = self.boxed_values(&mut texts, ops)?;
        self.call_fallible(Sym::Print, &[text, len, words])?;
        for v in ops.iter().flat_map(|o| o.words.iter()) {
            self.keep_address(*v);
        }
        Ok(Words::new())
    }

    /// Appends a line for each value's type to `texts`; gives the text's address and length and the address of the words.
    /// In a literal text, a backslash and a newline are escaped as `\\` and `\n`, so that a line is a type. Types that do not
    /// parse back from their text (named tuples, …) are written by [`wire`] after an `@`.
    pub fn boxed_values(&mut self, texts: &mut String, ops: &[Operand]) -> Res<(Value, Value, Value)> {
        for op in ops {
            if !texts.is_empty() {
                texts.push('\n');
            }
            self.type_line(texts, op.ty)?;
        }
        let slot = self.words_in_frame(ops)?;
        let text = self.data_bytes(texts.as_bytes());
        let len = self.i64(texts.len() as i64);
        Ok((text, len, slot))
    }

    /// The address of the values' words, one after the other.
    pub fn words_in_frame(&mut self, ops: &[Operand]) -> Res<Value> {
        if ops.iter().any(|op| op.iter.is_some()) {
            return self.unsupported("an iterator cannot be printed or put into an exception");
        }
        let words: Words = ops.iter().flat_map(|op| op.words.iter().copied()).collect();
        let slot = self.stack_slot(8 * words.len() as i64);
        for (k, &w) in words.iter().enumerate() {
            let w = self.whole_word(w);
            self.b.store(Region::Data, w, slot, 8 * k as i32);
        }
        Ok(slot)
    }

    /// A call of a function value.
    pub fn call_function(&mut self, ops: &[Operand], ret: Ty) -> Res<Words> {
        let Some((function, values)) = ops.split_first() else { return self.internal("a call of no function") };
        let function = self.word(function)?;
        let args = self.words_in_frame(values)?;
        let flat = self.flat(ret)?;
        let out = self.stack_slot(8 * flat.len() as i64);
        self.call_fallible(Sym::CallFunction, &[function, args, out])?;
        for v in values.iter().flat_map(|o| o.words.iter()) {
            self.keep(*v);
        }
        Ok(self.results_in_frame(&flat, out))
    }

    /// The words of a result that a call has put at an address; its references become ours.
    pub fn results_in_frame(&mut self, flat: &[MTy], at: Value) -> Words {
        let mut result = Words::new();
        for (k, &m) in flat.iter().enumerate() {
            let offset = 8 * k as i32;
            result.push(if m == MTy::Ref {
                let word = self.b.load(MTy::I64, Region::Data, at, offset);
                self.b.call_rt(Sym::AdoptRef, &[word], None)[0]
            } else {
                self.b.load(m, Region::Data, at, offset)
            });
        }
        result
    }

    /// Appends the text of a type.
    pub fn type_line(&mut self, texts: &mut String, ty: Ty) -> Res<()> {
        match ty.kind() {
            TyKind::Literal(Literal::Str(s)) => {
                let _ = write!(texts, "Literal[str]({})", s.replace('\\', "\\\\").replace('\n', "\\n"));
            }
            _ => {
                let text = ty.to_string();
                if parse_type(&text) == Ok(ty) {
                    texts.push_str(&text);
                } else {
                    match wire::encode(ty) {
                        Some(text) => {
                            let _ = write!(texts, "@{text}");
                        }
                        None => return self.unsupported(format!("values of type {} cannot be printed or put into an exception", ty)),
                    }
                }
            }
        }
        Ok(())
    }

    /// A word in all of its eight bytes, as the uniform entry has it.
    pub fn whole_word(&mut self, w: Value) -> Value {
        match self.mty(w) {
            MTy::I64 | MTy::F64 | MTy::F64x2 => w,
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
