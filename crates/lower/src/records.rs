//! Records. A record is a place in memory: the word that owns it and its address, as an array without dimensions has them.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::repr::ArrayWords;
use looplift_mir::{Imm, Opcode, Value};
use looplift_types::{ArrayTy, FieldTy, Layout, RecordTy, Ty, TyKind};
use smallvec::smallvec;

fn record_of(t: Ty) -> Option<&'static RecordTy> {
    match t.as_array().map_or(t, |a| a.dtype).kind() {
        TyKind::Record(r) => Some(r),
        _ => None,
    }
}

fn scalar_array(dtype: Ty) -> ArrayTy {
    ArrayTy { dtype, ndim: 0, layout: Layout::C, readonly: false, aligned: false }
}

impl Cx<'_> {
    /// The element at an address in memory that `owner` keeps: for a record, the place.
    pub fn load_item(&mut self, a: ArrayTy, owner: Value, addr: Value) -> Res<Words> {
        match a.dtype.kind() {
            TyKind::Record(_) => Ok(smallvec![owner, addr]),
            _ => self.load_element(a, addr),
        }
    }

    /// As [`Cx::load_item`], for a value that is stored at once: a record is not kept alive by it.
    pub fn borrow_item(&mut self, a: ArrayTy, addr: Value) -> Res<Words> {
        let owner = if record_of(a.dtype).is_some() { self.b.null_ref() } else { addr };
        self.load_item(a, owner, addr)
    }

    /// Copies the bytes of a record.
    pub fn copy_record(&mut self, r: &RecordTy, to: Value, from: Value) {
        let bytes = self.i64(i64::from(r.size));
        self.b.emit(Opcode::MemCopy, None, &[to, from, bytes], Imm::None, None);
    }

    fn field_of(&self, ops: &[Operand]) -> Res<&'static FieldTy> {
        let name = self.text(&ops[1])?;
        match record_of(ops[0].ty).and_then(|r| r.field(name)) {
            Some(f) => Ok(f),
            None => self.internal(format!("{} has no field {name}", ops[0].ty)),
        }
    }

    /// The field's place as an array: of no dimensions, of the field's, or the column of an array of records.
    fn field_array(&mut self, x: &Operand, f: &FieldTy, readonly: bool) -> Res<(ArrayTy, Words)> {
        let offset = self.i64(i64::from(f.offset));
        let data = self.add(x.words[ArrayWords::DATA], offset);
        let mut out: Words = smallvec![x.words[ArrayWords::OWNER], data];
        let mut strides = Words::new();
        let mut ndim = f.shape.len() as u8;
        if let Some(a) = x.ty.as_array() {
            out.extend_from_slice(self.shape_of(a, &x.words));
            for axis in 0..usize::from(a.ndim) {
                strides.push(self.stride(a, &x.words, axis)?);
            }
            ndim += a.ndim;
        }
        let mut step = i64::from(f.ty.itemsize().unwrap_or(0));
        let mut own = Vec::new();
        for &n in f.shape.iter().rev() {
            own.push(step);
            step = step.saturating_mul(i64::from(n));
        }
        for &n in &f.shape {
            out.push(self.i64(i64::from(n)));
        }
        for s in own.into_iter().rev() {
            strides.push(self.i64(s));
        }
        out.extend(strides);
        let column = x.ty.as_array().is_some_and(|a| a.ndim > 0);
        let layout = if column { Layout::A } else { Layout::C };
        Ok((ArrayTy { dtype: f.ty, ndim, layout, readonly, aligned: false }, out))
    }

    /// `record.name`, or the column of an array.
    pub fn field_get(&mut self, ops: &[Operand], ret: Ty) -> Res<Words> {
        if let TyKind::Instance(n) = ops[0].ty.kind() {
            return self.instance_get(ops, n);
        }
        let f = self.field_of(ops)?;
        let (a, words) = self.field_array(&ops[0], f, true)?;
        match ret.as_array() {
            Some(_) => Ok(words),
            None => self.load_item(a, words[ArrayWords::OWNER], words[ArrayWords::DATA]),
        }
    }

    /// `record.name = value`, or all of a column.
    pub fn field_set(&mut self, ops: &[Operand]) -> Res<Words> {
        if let TyKind::Instance(n) = ops[0].ty.kind() {
            return self.instance_set(ops, n);
        }
        let f = self.field_of(ops)?;
        let (a, words) = self.field_array(&ops[0], f, false)?;
        let ty = Ty::new(TyKind::Array(a));
        let target = Operand { ty, from: ty, words, iter: None };
        let dots = Ty::new(TyKind::Ellipsis);
        let all = Operand { ty: dots, from: dots, words: Words::new(), iter: None };
        self.set_item(&[target, all, ops[2].clone()])
    }

    /// A tuple as a record, in memory of the frame: for storing.
    pub fn record_of_tuple(&mut self, w: &[Value], elems: &[Ty], r: &RecordTy) -> Res<Words> {
        let slot = self.stack_slot((i64::from(r.size) + 7) / 8 * 8);
        let bytes = self.i64(i64::from(r.size));
        self.b.emit(Opcode::MemZero, None, &[slot, bytes], Imm::None, None);
        let mut at = 0;
        for (&t, f) in elems.iter().zip(&r.fields) {
            let n = self.flat(t)?.len();
            let item = self.convert(&w[at..at + n], t, f.ty)?;
            at += n;
            let offset = self.i64(i64::from(f.offset));
            let addr = self.add(slot, offset);
            self.store_element(scalar_array(f.ty), addr, &item)?;
        }
        Ok(smallvec![self.b.null_ref(), slot])
    }
}
