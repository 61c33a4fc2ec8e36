//! Texts and bytes, one reference each, and operations on values as Python objects.

use crate::compare::condition;
use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::repr::ArrayWords;
use looplift_abi::symbols::Sym;
use looplift_mir::{Imm, IntCC, Opcode, Payload, Ty as MTy, Value};
use looplift_types::{CharSeqTy, Ty, TyKind};
use smallvec::smallvec;

impl Cx<'_> {
    /// Calls a runtime symbol that may fail; gives its results.
    pub fn call_fallible(&mut self, sym: Sym, args: &[Value]) -> Res<Words> {
        if self.live_handler().is_none() {
            let site = self.propagate_site();
            return Ok(self.b.call_rt(sym, args, Some(site)).iter().copied().collect());
        }
        let mut types = vec![MTy::I8];
        types.extend_from_slice(sym.row().rets);
        let inst = self.b.emit_inst(Opcode::CallRtTry, None, args, Imm::Sym(sym), &types, None);
        let results: Words = self.b.func.insts[inst].results.iter().copied().collect();
        let ok = self.not(results[0]);
        self.unless(ok, |cx| cx.leave_pending())?;
        Ok(results[1..].into())
    }

    /// `Prim::CallObject`.
    pub fn call_object(&mut self, ops: &[Operand], ret: Ty) -> Res<Words> {
        let Some((operation, values)) = ops.split_first() else { return self.internal("an operation without a name") };
        let operation = self.text(operation)?;
        if let Some(words) = self.text_call(operation, values, ret)? {
            return Ok(words);
        }
        let mut texts = operation.to_owned();
        let (text, len, words) = if texts.contains(':') {
            // What is called knows the types by a number.
            let slot = self.words_in_frame(values)?;
            (self.data_bytes(texts.as_bytes()), self.i64(texts.len() as i64), slot)
        } else {
            texts.push('\n');
            self.type_line(&mut texts, ret)?;
            self.boxed_values(&mut texts, values)?
        };
        let flat = self.flat(ret)?;
        let out = self.stack_slot(8 * flat.len() as i64);
        self.call_fallible(Sym::CallObject, &[text, len, words, out])?;
        for v in values.iter().flat_map(|o| o.words.iter()) {
            self.keep_address(*v);
        }
        if ret.is_bottom() {
            return Ok(Words::new());
        }
        Ok(self.results_in_frame(&flat, out))
    }

    /// A constant text.
    pub fn text_const(&mut self, text: &str) -> Res<Words> {
        let (at, n) = (self.data_bytes(text.as_bytes()), self.i64(text.len() as i64));
        self.call_fallible(Sym::TextConst, &[at, n])
    }
    /// A constant bytes object.
    pub fn bytes_const(&mut self, bytes: &[u8]) -> Res<Words> {
        let (at, n) = (self.data_bytes(bytes), self.i64(bytes.len() as i64));
        self.call_fallible(Sym::BytesConst, &[at, n])
    }

    /// The number of items.
    pub fn text_len(&mut self, text: Value) -> Value {
        self.b.call_rt(Sym::TextLen, &[text], None)[0]
    }

    pub fn text_item(&mut self, ops: &[Operand]) -> Res<Words> {
        let text = self.word(&ops[0])?;
        let n = self.text_len(text);
        let i = self.word(&ops[1])?;
        let message = if *ops[0].ty.kind() == TyKind::Str { "string index out of range" } else { "index out of range" };
        let j = self.checked_index(i, n, message)?;
        self.text_item_at(ops[0].ty, text, j)
    }
    /// The item at a position in range.
    pub fn text_item_at(&mut self, of: Ty, text: Value, at: Value) -> Res<Words> {
        Ok(match of.kind() {
            TyKind::Str => self.call_fallible(Sym::TextItem, &[text, at])?,
            _ => smallvec![self.b.call_rt(Sym::TextCode, &[text, at], None)[0]],
        })
    }

    pub fn text_slice(&mut self, ops: &[Operand]) -> Res<Words> {
        let TyKind::Slice(s) = ops[1].ty.kind() else { return self.internal(format!("{} is not a slice", ops[1].ty)) };
        let text = self.word(&ops[0])?;
        let n = self.text_len(text);
        let b = self.slice_bounds(*s, &ops[1].words, n)?;
        self.call_fallible(Sym::TextSlice, &[text, b.start, b.len, b.step])
    }

    /// `ord`.
    pub fn text_ord(&mut self, op: &Operand) -> Res<Value> {
        let text = self.word(op)?;
        let n = self.text_len(text);
        let ok = self.icmp_const(IntCC::Eq, n, 1);
        self.check(ok, "TypeError", "ord() expected a character, but string of length {} found", &[(n, Payload::Int)])?;
        let zero = self.i64(0);
        Ok(self.b.call_rt(Sym::TextCode, &[text, zero], None)[0])
    }

    pub fn text_find(&mut self, ops: &[Operand]) -> Res<Value> {
        let (text, part) = (self.word(&ops[0])?, self.word(&ops[1])?);
        let at = self.b.call_rt(Sym::TextFind, &[text, part], None)[0];
        let Some(operator) = ops.get(2) else { return Ok(at) };
        let found = self.icmp_const(IntCC::Sge, at, 0);
        self.membership(found, operator)
    }

    pub fn text_hash(&mut self, op: &Operand) -> Res<Value> {
        let text = self.word(op)?;
        Ok(self.b.call_rt(Sym::TextHash, &[text], None)[0])
    }

    /// The order of two texts, or of two bytes objects.
    pub fn text_compare(&mut self, cc: IntCC, a: Value, b: Value) -> Value {
        let sign = self.b.call_rt(Sym::TextCompare, &[a, b], None)[0];
        self.icmp_const(cc, sign, 0)
    }
    pub fn text_compare_prim(&mut self, ops: &[Operand]) -> Res<Value> {
        let name = self.text(&ops[2])?;
        let Some(cc) = condition(name) else { return self.internal(format!("comparison {name}")) };
        let (a, b) = (self.word(&ops[0])?, self.word(&ops[1])?);
        Ok(self.text_compare(cc, a, b))
    }

    // ---- elements of fixed length -------------------------------------------------------------------------------

    pub fn chars_load(&mut self, c: CharSeqTy, addr: Value) -> Res<Words> {
        let (n, unicode) = (self.i64(i64::from(c.len)), self.bool(c.unicode));
        self.call_fallible(Sym::CharsLoad, &[addr, n, unicode])
    }
    pub fn chars_store(&mut self, c: CharSeqTy, addr: Value, item: &[Value]) -> Res<()> {
        let &[text] = item else { return self.internal("an element of fixed length") };
        let (n, unicode) = (self.i64(i64::from(c.len)), self.bool(c.unicode));
        self.b.call_rt(Sym::CharsStore, &[addr, n, unicode, text], None);
        Ok(())
    }

    /// `np.frombuffer`: the memory of bytes, or of an array that is contiguous, as items of another type.
    pub fn buffer_view(&mut self, x: &Operand, ret: Ty) -> Res<Words> {
        let Some(to) = ret.as_array() else { return self.internal(format!("a buffer as {ret}")) };
        let (owner, data, bytes) = match x.ty.as_array() {
            Some(_) => (x.words[ArrayWords::OWNER], x.words[ArrayWords::DATA], self.array_nbytes(x)?),
            None => {
                let owner = self.word(x)?;
                (owner, self.b.call_rt(Sym::BytesData, &[owner], None)[0], self.text_len(owner))
            }
        };
        let item = self.itemsize(to)?;
        let size = self.i64(item);
        let rest = self.b.binary(Opcode::Urem, bytes, size);
        let ok = self.icmp_const(IntCC::Eq, rest, 0);
        self.check(ok, "ValueError", "buffer size must be a multiple of element size", &[])?;
        let n = self.b.binary(Opcode::Udiv, bytes, size);
        Ok(smallvec![owner, data, n, size])
    }
}
