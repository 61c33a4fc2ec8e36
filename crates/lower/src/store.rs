//! Assigning to what an index selects: one element, a fill, or a copy with broadcasting.
//!
//! A copy whose source may share memory with its destination goes through a temporary, so that the source is read before
//! it is overwritten, as NumPy does it.

use crate::arrays::{MAX_PAYLOAD, shape_text};
use crate::cx::{Cx, Res, Words};
use crate::index::Selected;
use crate::inst::Operand;
use crate::nest::View;
use crate::repr::ArrayWords;
use looplift_mir::{IntCC, Opcode, Value};
use looplift_types::{ArrayTy, Layout};

impl Cx<'_> {
    pub fn set_item(&mut self, ops: &[Operand]) -> Res<Words> {
        let [target, index @ .., value] = ops else { return self.internal("an assignment without a value") };
        let (a, _) = self.array_of(target)?;
        if a.readonly {
            return self.internal("an assignment to a read-only array");
        }
        let sel = self.select_items(a, &target.words, index)?;
        match value.ty.as_array() {
            None => self.fill(a, sel, &value.words)?,
            Some(src) if src.ndim == 0 => {
                let item = self.borrow_item(src, value.words[ArrayWords::DATA])?;
                let item = self.convert(&item, src.dtype, a.dtype)?;
                self.fill(a, sel, &item)?;
            }
            Some(src) => self.assign(a, sel, src, &value.words)?,
        }
        Ok(Words::new())
    }

    fn fill(&mut self, a: ArrayTy, sel: Selected, item: &[Value]) -> Res<()> {
        let (nest, addrs) = self.open_nest(&sel.shape, &[View { addr: sel.addr, strides: sel.strides }]);
        self.store_element(a, addrs[0], item)?;
        self.close_nest(nest);
        Ok(())
    }

    fn assign(&mut self, to: ArrayTy, sel: Selected, from: ArrayTy, src: &[Value]) -> Res<()> {
        let shape: Words = self.shape_of(from, src).into();
        let extra = shape.len().saturating_sub(sel.shape.len());
        let mut fits = self.bool(true);
        let mut join = |cx: &mut Self, ok: Value| fits = cx.and(fits, ok);
        for &n in &shape[..extra] {
            let one = self.icmp_const(IntCC::Eq, n, 1);
            join(self, one);
        }
        let lead = sel.shape.len() - (shape.len() - extra);
        let mut repeat = Vec::new();
        for (&n, &m) in shape[extra..].iter().zip(&sel.shape[lead..]) {
            let one = self.icmp_const(IntCC::Eq, n, 1);
            let same = self.b.icmp(IntCC::Eq, n, m);
            let ok = self.or(one, same);
            join(self, ok);
            repeat.push(one);
        }
        self.check_broadcast(fits, &shape, &sel.shape)?;

        let (owner, view) = self.unshared(to, &sel, from, src, &shape)?;
        // Missing and single axes repeat.
        let zero = self.i64(0);
        let mut strides = vec![zero; lead];
        for (k, &one) in repeat.iter().enumerate() {
            strides.push(self.b.select(one, zero, view.strides[extra + k]));
        }
        let dst = View { addr: sel.addr, strides: sel.strides };
        self.copy_elements(&sel.shape, from, View { addr: view.addr, strides }, to, dst)?;
        self.keep(owner);
        Ok(())
    }

    fn check_broadcast(&mut self, ok: Value, from: &[Value], to: &[Value]) -> Res<()> {
        // Numba's wording and its spelling of tuples.
        let (b, mut payload) = shape_text(to);
        let (a, more) = shape_text(from);
        payload.extend(more);
        let (a, b) = (a.replace("},{", "}, {"), b.replace("},{", "}, {"));
        if payload.len() <= MAX_PAYLOAD {
            self.check(ok, "ValueError", &format!("cannot assign slice of shape {b} from input of shape {a}"), &payload)
        } else {
            self.check(ok, "ValueError", "cannot assign slice from input of different shape", &[])
        }
    }

    /// The source as a view that does not overlap the destination: itself or a temporary copy, with the temporary's owner.
    fn unshared(&mut self, to: ArrayTy, sel: &Selected, from: ArrayTy, src: &[Value], shape: &[Value]) -> Res<(Value, View)> {
        let view = self.view_of(from, src)?;
        let (a, b) = self.extent(&View { addr: sel.addr, strides: sel.strides.clone() }, &sel.shape, to)?;
        let (c, d) = self.extent(&view, shape, from)?;
        let left = self.b.icmp(IntCC::Ule, b, c);
        let right = self.b.icmp(IntCC::Ule, d, a);
        let apart = self.or(left, right);
        let null = self.b.null_ref();
        let owner = self.new_var(null);
        let addr = self.new_var(view.addr);
        let strides: Vec<_> = view.strides.iter().map(|&s| self.new_var(s)).collect();
        self.unless(apart, |cx| {
            let temporary = ArrayTy { layout: Layout::C, readonly: false, ..from };
            let copy = cx.fresh(temporary, shape, false)?;
            let copied = cx.view_of(temporary, &copy)?;
            cx.copy_elements(shape, from, view, temporary, copied.clone())?;
            cx.b.def_var(owner, copy[ArrayWords::OWNER]);
            cx.b.def_var(addr, copied.addr);
            for (&var, &s) in strides.iter().zip(&copied.strides) {
                cx.b.def_var(var, s);
            }
            Ok(())
        })?;
        let strides = strides.into_iter().map(|s| self.b.use_var(s)).collect();
        Ok((self.b.use_var(owner), View { addr: self.b.use_var(addr), strides }))
    }

    /// First byte and end of the memory a view may touch.
    pub fn extent(&mut self, v: &View, shape: &[Value], a: ArrayTy) -> Res<(Value, Value)> {
        let item = self.itemsize(a)?;
        let item = self.i64(item);
        let zero = self.i64(0);
        let one = self.i64(1);
        let (mut low, mut high) = (v.addr, self.add(v.addr, item));
        for (&n, &s) in shape.iter().zip(&v.strides) {
            let last = self.b.binary(Opcode::Isub, n, one);
            let span = self.mul(last, s);
            if self.const_int(s).is_some_and(|k| k >= 0) {
                high = self.add(high, span);
                continue;
            }
            let down = self.b.binary(Opcode::Smin, span, zero);
            let up = self.b.binary(Opcode::Smax, span, zero);
            low = self.add(low, down);
            high = self.add(high, up);
        }
        Ok((low, high))
    }
}
