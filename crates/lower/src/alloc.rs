//! Fresh arrays.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::nest::View;
use crate::repr::ArrayWords;
use looplift_mir::{ExcArg, ExcClass, Imm, IntCC, Opcode, SiteKind, Value};
use looplift_types::{ArrayTy, Layout, Ty};
use smallvec::smallvec;

/// What a negative length says.
pub const NEGATIVE: &str = "negative dimensions not allowed";
/// What memory that cannot be had says.
const NO_MEMORY: &str = "Allocation failed (probably too large).";
/// More bytes than any address space of a process has: allocating them fails even where the array turns out to be unused.
const ADDRESSABLE: i64 = 1 << 47;

impl Cx<'_> {
    pub fn new_array(&mut self, shape: &Operand, ret: Ty, zeroed: bool) -> Res<Words> {
        let Some(a) = ret.as_array() else { return self.internal(format!("a new array of type {ret}")) };
        let shape = shape.words.clone();
        if shape.len() != usize::from(a.ndim) {
            return self.internal(format!("{} extents for {ret}", shape.len()));
        }
        for &n in &shape {
            let ok = match self.const_int(n) {
                Some(k) => self.bool(k >= 0),
                None => self.icmp_const(IntCC::Sge, n, 0),
            };
            self.check(ok, "ValueError", NEGATIVE, &[])?;
        }
        self.fresh(a, &shape, zeroed)
    }

    pub fn new_like(&mut self, x: &Operand, ret: Ty, zeroed: bool) -> Res<Words> {
        let (from, _) = self.array_of(x)?;
        let Some(a) = ret.as_array() else { return self.internal(format!("a new array of type {ret}")) };
        let shape: Words = self.shape_of(from, &x.words).into();
        self.fresh(a, &shape, zeroed)
    }

    /// A fresh contiguous array (F order if its type says so). The extents are not negative.
    pub fn fresh(&mut self, a: ArrayTy, shape: &[Value], zeroed: bool) -> Res<Words> {
        let bytes = self.byte_size(a, shape)?;
        let args = Box::new([ExcArg::ConstStr(NO_MEMORY.into())]);
        let site = self.site(SiteKind::Raise { class: ExcClass::Builtin("MemoryError".into()), args, payload: Box::new([]) });
        let op = if zeroed { Opcode::AllocZeroed } else { Opcode::Alloc };
        let Some(owner) = self.b.emit(op, None, &[bytes], Imm::None, Some(site)) else { return self.internal("an allocation gives nothing") };
        let data = self.b.unary(Opcode::RefData, owner);
        let mut out: Words = smallvec![owner, data];
        out.extend_from_slice(shape);
        out.extend(self.contiguous_strides(a, shape, a.layout)?);
        Ok(out)
    }

    /// Bytes of an array; ValueError if an i64 cannot hold them, MemoryError if no memory can.
    fn byte_size(&mut self, a: ArrayTy, shape: &[Value]) -> Res<Value> {
        const TOO_BIG: &str = "array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum possible size.";
        let mut fits = self.bool(true);
        let mut size = self.i64(1);
        for &n in shape {
            (size, fits) = self.exact_product(size, n, fits);
        }
        let item = self.itemsize(a)?;
        let most = self.i64(i64::MAX / item);
        let small = self.b.icmp(IntCC::Sle, size, most);
        let ok = if shape.len() > 1 { self.and(fits, small) } else { small };
        self.check(ok, "ValueError", TOO_BIG, &[])?;
        let item = self.i64(item);
        let bytes = self.mul(size, item);
        if self.const_int(bytes).is_none_or(|b| b > ADDRESSABLE) {
            let ok = self.icmp_const(IntCC::Sle, bytes, ADDRESSABLE);
            self.check(ok, "MemoryError", NO_MEMORY, &[])?;
        }
        Ok(bytes)
    }

    /// A fresh contiguous copy, converted to the element type of `ret`.
    pub fn copy_array(&mut self, x: &Operand, ret: Ty) -> Res<Words> {
        let (from, _) = self.array_of(x)?;
        let Some(to) = ret.as_array() else { return self.internal(format!("a copy of type {ret}")) };
        let shape: Words = self.shape_of(from, &x.words).into();
        let out = self.fresh(to, &shape, false)?;
        let same_order = from.layout == to.layout && from.layout != Layout::A;
        if from.dtype == to.dtype && (same_order || (from.ndim <= 1 && from.layout != Layout::A)) {
            let bytes = {
                let n = self.product(&shape);
                let item = self.itemsize(to)?;
                let item = self.i64(item);
                self.mul(n, item)
            };
            self.b.emit(Opcode::MemCopy, None, &[out[ArrayWords::DATA], x.words[ArrayWords::DATA], bytes], Imm::None, None);
        } else {
            let src = self.view_of(from, &x.words)?;
            let dst = self.view_of(to, &out)?;
            self.copy_ordered(&shape, from, src, to, dst)?;
        }
        Ok(out)
    }

    /// Copies with the loops in the destination's memory order.
    fn copy_ordered(&mut self, shape: &[Value], from: ArrayTy, src: View, to: ArrayTy, dst: View) -> Res<()> {
        if to.layout != Layout::F {
            return self.copy_elements(shape, from, src, to, dst);
        }
        let turn = |v: View| View { addr: v.addr, strides: v.strides.into_iter().rev().collect() };
        let shape: Vec<Value> = shape.iter().rev().copied().collect();
        self.copy_elements(&shape, from, turn(src), to, turn(dst))
    }
}
