//! Arrays: elements in memory, attributes, and views that cost nothing.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::nest::View;
use crate::repr::{ArrayWords, Num};
use looplift_mir::{IntCC, Opcode, Payload, Region, Ty as MTy, Value};
use looplift_types::{ArrayTy, FloatTy, Layout, Ty, TyKind};
use smallvec::smallvec;

/// Payload words that a message may still take.
pub(crate) const MAX_PAYLOAD: usize = looplift_abi::ctx::MAX_PAYLOAD;

impl Cx<'_> {
    pub fn array_of(&self, op: &Operand) -> Res<(ArrayTy, ArrayWords)> {
        match op.ty.as_array() {
            Some(a) => Ok((a, ArrayWords { ndim: a.ndim.into() })),
            None => self.internal(format!("{} is not an array", op.ty)),
        }
    }
    pub fn itemsize(&self, a: ArrayTy) -> Res<i64> {
        match a.dtype.itemsize() {
            Some(n) => Ok(i64::from(n)),
            None => self.internal(format!("an array of {}", a.dtype)),
        }
    }

    /// The byte stride of an axis; the contiguous one is the constant item size.
    pub fn stride(&mut self, a: ArrayTy, w: &[Value], axis: usize) -> Res<Value> {
        let at = ArrayWords { ndim: a.ndim.into() };
        let constant = match a.layout {
            Layout::C => axis + 1 == at.ndim,
            Layout::F => axis == 0,
            Layout::A => false,
        };
        if constant {
            let size = self.itemsize(a)?;
            return Ok(self.i64(size));
        }
        Ok(w[at.stride(axis)])
    }
    pub fn shape_of<'w>(&self, a: ArrayTy, w: &'w [Value]) -> &'w [Value] {
        &w[2..2 + usize::from(a.ndim)]
    }
    pub fn view_of(&mut self, a: ArrayTy, w: &[Value]) -> Res<View> {
        let strides = (0..usize::from(a.ndim)).map(|d| self.stride(a, w, d)).collect::<Res<_>>()?;
        Ok(View { addr: w[ArrayWords::DATA], strides })
    }

    // ---- elements -----------------------------------------------------------------------------------------------

    fn element(&self, a: ArrayTy) -> Res<Num> {
        match (Num::of(a.dtype), a.dtype.kind()) {
            (Some(n), _) => Ok(n),
            (None, TyKind::Float(_)) => self.unsupported("elements of float16 arrays are not supported yet"),
            (None, _) => self.internal(format!("an array of {}", a.dtype)),
        }
    }
    /// The element at an address.
    pub fn load_element(&mut self, a: ArrayTy, addr: Value) -> Res<Words> {
        if let Some(c) = a.dtype.as_char_seq() {
            return self.chars_load(c, addr);
        }
        if a.dtype == Ty::float(FloatTy::F16) {
            let bits = self.b.load(MTy::I16, Region::Data, addr, 0);
            return Ok(smallvec![self.half_value(bits)]);
        }
        let region = if self.is_const_address(addr) { Region::Const } else { Region::Data };
        self.load_number(a, region, addr)
    }
    fn load_number(&mut self, a: ArrayTy, region: Region, addr: Value) -> Res<Words> {
        let num = self.element(a)?;
        let m = num.mty();
        let first = self.b.load(m, region, addr, 0);
        Ok(match num {
            // Any nonzero byte is true.
            Num::Bool => smallvec![self.icmp_const(IntCC::Ne, first, 0)],
            Num::Int { .. } | Num::Float(_) => smallvec![first],
            Num::Complex(_) => smallvec![first, self.b.load(m, region, addr, m.bytes() as i32)],
        })
    }
    /// `NumberGet`.
    pub fn number_get(&mut self, ops: &[Operand]) -> Res<Words> {
        let (a, _) = self.array_of(&ops[0])?;
        let w = &ops[0].words;
        let sel = self.select_items(a, w, &ops[1..])?;
        if a.dtype == Ty::float(FloatTy::F16) {
            return self.load_element(a, sel.addr);
        }
        let out = self.load_number(a, Region::Fields, sel.addr)?;
        self.keep(w[ArrayWords::OWNER]);
        Ok(out)
    }
    /// `NumberSet`.
    pub fn number_set(&mut self, ops: &[Operand]) -> Res<Words> {
        let [target, index @ .., value] = ops else { return self.internal("an assignment without a value") };
        let (a, _) = self.array_of(target)?;
        if a.dtype == Ty::float(FloatTy::F16) {
            return self.set_item(ops);
        }
        let sel = self.select_items(a, &target.words, index)?;
        let m = self.element(a)?.mty();
        for (k, &w) in value.words.iter().enumerate() {
            self.b.store(Region::Fields, w, sel.addr, k as i32 * m.bytes() as i32);
        }
        self.keep(target.words[ArrayWords::OWNER]);
        Ok(Words::new())
    }
    pub fn store_element(&mut self, a: ArrayTy, addr: Value, item: &[Value]) -> Res<()> {
        if let Some(c) = a.dtype.as_char_seq() {
            return self.chars_store(c, addr, item);
        }
        if let TyKind::Record(r) = a.dtype.kind() {
            self.copy_record(r, addr, item[ArrayWords::DATA]);
            return Ok(());
        }
        if a.dtype == Ty::float(FloatTy::F16) {
            let bits = self.half_bits(item[0]);
            self.b.store(Region::Data, bits, addr, 0);
            return Ok(());
        }
        let num = self.element(a)?;
        let m = num.mty();
        for (k, &w) in item.iter().enumerate() {
            self.b.store(Region::Data, w, addr, k as i32 * m.bytes() as i32);
        }
        Ok(())
    }
    /// Whether an address is in constant data beside the code: its start, plus offsets.
    fn is_const_address(&self, mut addr: Value) -> bool {
        // An address is a short chain of additions to its base, the first operand.
        for _ in 0..64 {
            if self.is_const_data(addr) {
                return true;
            }
            let looplift_mir::ValueDef::Result(inst, _) = self.b.func.values[addr].def else { return false };
            let data = &self.b.func.insts[inst];
            match (data.op, data.args.first()) {
                (Opcode::Iadd, Some(&base)) => addr = base,
                _ => return false,
            }
        }
        false
    }
    /// `base + index * stride`.
    pub fn address(&mut self, base: Value, index: Value, stride: Value) -> Value {
        let off = self.mul(index, stride);
        if self.const_int(off) == Some(0) { base } else { self.b.binary(Opcode::Iadd, base, off) }
    }

    /// Item `i`, which is in range, of the first axis: an element or a view.
    pub fn first_axis_item(&mut self, a: ArrayTy, w: &[Value], i: Value) -> Res<(Words, Ty)> {
        let at = ArrayWords { ndim: a.ndim.into() };
        let stride = self.stride(a, w, 0)?;
        let addr = self.address(w[ArrayWords::DATA], i, stride);
        if a.ndim == 1 {
            return Ok((self.load_item(a, w[ArrayWords::OWNER], addr)?, a.item()));
        }
        let mut out: Words = smallvec![w[ArrayWords::OWNER], addr];
        out.extend_from_slice(&w[at.shape(1)..at.shape(0) + at.ndim]);
        out.extend_from_slice(&w[at.stride(1)..at.stride(0) + at.ndim]);
        let layout = if a.layout == Layout::C { Layout::C } else { Layout::A };
        Ok((out, Ty::new(TyKind::Array(ArrayTy { ndim: a.ndim - 1, layout, ..a }))))
    }

    // ---- attributes ---------------------------------------------------------------------------------------------

    pub fn array_len(&mut self, x: &Operand) -> Res<Value> {
        let (a, at) = self.array_of(x)?;
        if a.ndim == 0 { self.internal("the length of a 0-d array") } else { Ok(x.words[at.shape(0)]) }
    }
    pub fn array_shape(&mut self, x: &Operand) -> Res<Words> {
        let (a, _) = self.array_of(x)?;
        Ok(self.shape_of(a, &x.words).into())
    }
    pub fn array_strides(&mut self, x: &Operand) -> Res<Words> {
        let (a, _) = self.array_of(x)?;
        (0..usize::from(a.ndim)).map(|d| self.stride(a, &x.words, d)).collect()
    }
    pub fn array_size(&mut self, x: &Operand) -> Res<Value> {
        let (a, _) = self.array_of(x)?;
        Ok(self.product(self.shape_of(a, &x.words)))
    }
    pub fn product(&mut self, shape: &[Value]) -> Value {
        match shape {
            [] => self.i64(1),
            [first, rest @ ..] => rest.iter().fold(*first, |acc, &n| self.mul(acc, n)),
        }
    }
    pub fn array_nbytes(&mut self, x: &Operand) -> Res<Value> {
        let (a, _) = self.array_of(x)?;
        let n = self.array_size(x)?;
        let size = self.itemsize(a)?;
        let size = self.i64(size);
        Ok(self.mul(n, size))
    }

    // ---- views --------------------------------------------------------------------------------------------------

    pub fn array_transpose(&mut self, x: &Operand) -> Res<Words> {
        let (a, _) = self.array_of(x)?;
        let strides = self.array_strides(x)?;
        let mut out: Words = x.words[..2].into();
        out.extend(self.shape_of(a, &x.words).iter().rev().copied());
        out.extend(strides.iter().rev().copied());
        Ok(out)
    }
    pub fn array_real_imag(&mut self, ops: &[Operand]) -> Res<Words> {
        let (a, _) = self.array_of(&ops[0])?;
        let Some(c) = a.dtype.as_complex() else { return self.internal(format!("the parts of {}", ops[0].ty)) };
        let part = Ty::float(c.part()).itemsize().unwrap_or(8);
        let imag = self.text(&ops[1])? == "imag";
        let strides = self.array_strides(&ops[0])?;
        let off = self.i64(if imag { i64::from(part) } else { 0 });
        let mut out: Words = smallvec![ops[0].words[ArrayWords::OWNER], self.add(ops[0].words[ArrayWords::DATA], off)];
        out.extend_from_slice(self.shape_of(a, &ops[0].words));
        out.extend(strides);
        Ok(out)
    }
    /// The memory from a byte offset on, in another shape with given strides.
    pub fn strided_view(&mut self, ops: &[Operand]) -> Res<Words> {
        let from = self.word(&ops[1])?;
        let (owner, start) = match ops[0].ty.as_array() {
            Some(_) => (ops[0].words[ArrayWords::OWNER], ops[0].words[ArrayWords::DATA]),
            // A pointer: nothing owns what it points to.
            None => (self.zeros(Ty::array(Ty::bool(), 1, Layout::C))?[ArrayWords::OWNER], self.word(&ops[0])?),
        };
        let data = self.add(start, from);
        let mut out: Words = smallvec![owner, data];
        out.extend_from_slice(&ops[2].words);
        out.extend_from_slice(&ops[3].words);
        Ok(out)
    }
    pub fn ravel_view(&mut self, x: &Operand) -> Res<Words> {
        let (a, _) = self.array_of(x)?;
        let n = self.array_size(x)?;
        let size = self.itemsize(a)?;
        Ok(smallvec![x.words[0], x.words[1], n, self.i64(size)])
    }

    /// Another shape of contiguous memory; one entry may be negative: it is what remains.
    pub fn reshape_view(&mut self, ops: &[Operand]) -> Res<Words> {
        let (a, _) = self.array_of(&ops[0])?;
        let size = self.array_size(&ops[0])?;
        let given = ops[1].words.clone();
        let one = self.i64(1);
        let zero = self.i64(0);
        let mut unknown = zero;
        let mut known = one;
        let mut exact = self.bool(true);
        for &e in &given {
            let neg = self.icmp_const(IntCC::Slt, e, 0);
            let count = self.resize(neg, MTy::I64, false);
            unknown = self.add(unknown, count);
            let factor = self.b.select(neg, one, e);
            (known, exact) = self.exact_product(known, factor, exact);
        }
        let ok = self.icmp_const(IntCC::Sle, unknown, 1);
        self.check(ok, "ValueError", "can only specify one unknown dimension", &[])?;
        // What remains for the unknown entry, if the others divide the size.
        let some = self.truth(known);
        let divisor = self.b.select(some, known, one);
        let quotient = self.b.binary(Opcode::Udiv, size, divisor);
        let rest = self.b.select(some, quotient, zero);
        let is_unknown = self.truth(unknown);
        let last = self.b.select(is_unknown, rest, one);
        let (total, exact) = self.exact_product(known, last, exact);
        let same = self.b.icmp(IntCC::Eq, total, size);
        let ok = self.and(same, exact);
        // Nothing follows for the unknown entry from no elements.
        let known_zero = self.not(some);
        let undefined = self.and(is_unknown, known_zero);
        let defined = self.not(undefined);
        let ok = self.and(ok, defined);
        let (text, mut payload) = shape_text(&given);
        if payload.len() < MAX_PAYLOAD {
            payload.insert(0, (size, Payload::Int));
            self.check(ok, "ValueError", &format!("cannot reshape array of size {{}} into shape {text}"), &payload)?;
        } else {
            self.check(ok, "ValueError", "cannot reshape array into the given shape", &[])?;
        }
        let shape: Words = given
            .iter()
            .map(|&e| {
                let neg = self.icmp_const(IntCC::Slt, e, 0);
                self.b.select(neg, rest, e)
            })
            .collect();
        let strides = self.contiguous_strides(a, &shape, Layout::C)?;
        let mut out: Words = ops[0].words[..2].into();
        out.extend(shape);
        out.extend(strides);
        Ok(out)
    }

    /// `a * b` of numbers that are not negative, and whether it (and what came before) fits int64.
    pub fn exact_product(&mut self, a: Value, b: Value, before: Value) -> (Value, Value) {
        if self.const_int(a) == Some(1) {
            return (b, before);
        }
        let low = self.b.binary(Opcode::Imul, a, b);
        let high = self.b.binary(Opcode::UmulHi, a, b);
        let none = self.icmp_const(IntCC::Eq, high, 0);
        let positive = self.icmp_const(IntCC::Sge, low, 0);
        let fits = self.and(none, positive);
        (low, self.and(before, fits))
    }

    /// Byte strides of contiguous memory.
    pub fn contiguous_strides(&mut self, a: ArrayTy, shape: &[Value], layout: Layout) -> Res<Words> {
        let size = self.itemsize(a)?;
        let mut stride = self.i64(size);
        let mut out: Words = shape.iter().map(|_| stride).collect();
        let order: Vec<usize> = if layout == Layout::F { (0..shape.len()).collect() } else { (0..shape.len()).rev().collect() };
        for (k, &axis) in order.iter().enumerate() {
            out[axis] = stride;
            if k + 1 < order.len() {
                stride = self.mul(shape[axis], stride);
            }
        }
        Ok(out)
    }
}

/// `({},{})` and the payload for it, as NumPy writes shapes.
pub(crate) fn shape_text(shape: &[Value]) -> (String, Vec<(Value, Payload)>) {
    let holes = vec!["{}"; shape.len()].join(",");
    let text = if shape.len() == 1 { "({},)".to_owned() } else { format!("({holes})") };
    (text, shape.iter().map(|&v| (v, Payload::Int)).collect())
}
