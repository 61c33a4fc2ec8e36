//! Tuples: items, run-time indices, comparison.

use crate::compare::condition;
use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::repr::{ArrayWords, Num};
use looplift_mir::{IntCC, Opcode, Payload, Region, Ty as MTy, Value};
use looplift_types::{Ty, TyKind};
use smallvec::smallvec;

/// Tuples with more words than this are indexed in memory.
const SELECT_MAX: usize = 16;

impl Cx<'_> {
    pub fn tuple_item(&mut self, ops: &[Operand]) -> Res<Words> {
        let n = self.literal(&ops[1])?;
        let elems = ops[0].ty.tuple_elems().unwrap_or(&[]);
        match self.elem(elems, &ops[0].words, usize::try_from(n).unwrap_or(usize::MAX))? {
            Some((_, w)) => Ok(w),
            None => self.internal(format!("item {n} of {}", ops[0].ty)),
        }
    }

    /// An index from either end, wrapped and checked.
    pub fn checked_index(&mut self, i: Value, n: Value, message: &str) -> Res<Value> {
        let j = self.wrap_index(i, n);
        let ok = self.b.icmp(IntCC::Ult, j, n);
        self.check(ok, "IndexError", message, &[])?;
        Ok(j)
    }
    /// `i + n` for negative `i`.
    pub fn wrap_index(&mut self, i: Value, n: Value) -> Value {
        match self.const_int(i) {
            Some(k) if k >= 0 => i,
            Some(_) => self.b.binary(Opcode::Iadd, i, n),
            None => {
                let neg = self.icmp_const(IntCC::Slt, i, 0);
                let sum = self.b.binary(Opcode::Iadd, i, n);
                self.b.select(neg, sum, i)
            }
        }
    }

    pub fn tuple_get_item(&mut self, ops: &[Operand]) -> Res<Words> {
        let Some(elems) = ops[0].ty.tuple_elems() else { return self.internal(format!("an index into {}", ops[0].ty)) };
        let n = self.i64(elems.len() as i64);
        let i = self.word(&ops[1])?;
        let j = self.checked_index(i, n, "tuple index out of range")?;
        if elems.is_empty() {
            // No index is in range.
            return Ok(smallvec::smallvec![self.i64(0)]);
        }
        Ok(self.tuple_select(ops[0].ty, &ops[0].words, j)?.0)
    }

    /// Item `i`, which is in range, of a homogeneous tuple.
    pub fn tuple_select(&mut self, ty: Ty, words: &[Value], i: Value) -> Res<(Words, Ty)> {
        let elems = ty.tuple_elems().unwrap_or(&[]);
        let Some(&first) = elems.first() else { return Ok((Words::new(), Ty::bottom())) };
        // Elements may be literals of one type: then they are made here.
        let item_ty = if elems.iter().all(|e| *e == first) { first } else { first.unliteral() };
        let mut items: Vec<Words> = Vec::new();
        for k in 0..elems.len() {
            match self.elem(elems, words, k)? {
                Some((from, w)) => items.push(self.convert(&w, from, item_ty)?),
                None => return self.internal("a tuple's words"),
            }
        }
        let flat = self.flat(item_ty)?;
        if let Some(k) = self.const_int(i)
            && let Some(item) = items.get(k as usize)
        {
            return Ok((item.clone(), item_ty));
        }
        if words.len() > SELECT_MAX && !flat.contains(&MTy::Ref) {
            return Ok((self.select_in_memory(&items, &flat, i), item_ty));
        }
        let mut out = items[items.len() - 1].clone();
        for (k, item) in items.iter().enumerate().rev().skip(1) {
            let here = self.icmp_const(IntCC::Eq, i, k as i64);
            if flat.contains(&MTy::Ref) {
                // References are joined by blocks, not by `select`, so that ownership is plain.
                let (yes, no) = self.branch(here);
                let join = self.b.block();
                let params: Words = flat.iter().map(|&m| self.b.func.append_param(join, m)).collect();
                self.b.switch_to(yes);
                self.b.jump(join, item);
                self.b.switch_to(no);
                self.b.jump(join, &out);
                self.b.seal(join);
                self.b.switch_to(join);
                out = params;
            } else {
                out = item.iter().zip(&out).map(|(&a, &b)| self.b.select(here, a, b)).collect();
            }
        }
        Ok((out, item_ty))
    }

    fn select_in_memory(&mut self, items: &[Words], flat: &[MTy], i: Value) -> Words {
        let stride = 8 * flat.len() as i64;
        let slot = self.stack_slot(stride * items.len() as i64);
        for (k, w) in items.iter().flatten().enumerate() {
            self.b.store(Region::Data, *w, slot, 8 * k as i32);
        }
        let stride = self.i64(stride);
        let off = self.mul(i, stride);
        let at = self.b.binary(Opcode::Iadd, slot, off);
        flat.iter().enumerate().map(|(k, &m)| self.b.load(m, Region::Data, at, 8 * k as i32)).collect()
    }

    /// Frame memory.
    pub fn stack_slot(&mut self, bytes: i64) -> Value {
        let inst = self.b.emit_inst(Opcode::StackSlot, None, &[], looplift_mir::Imm::Int(bytes.max(8)), &[MTy::I64], None);
        self.b.func.insts[inst].results[0]
    }

    // ---- comparison ---------------------------------------------------------------------------------------------

    pub fn tuple_compare(&mut self, ops: &[Operand]) -> Res<Value> {
        let name = self.text(&ops[2])?;
        let Some(cc) = condition(name) else { return self.internal(format!("comparison {name}")) };
        self.compare_values(cc, ops[0].ty, &ops[0].words, ops[1].ty, &ops[1].words)
    }

    /// Numbers, texts known while compiling, and tuples of these.
    fn compare_values(&mut self, cc: IntCC, ta: Ty, a: &[Value], tb: Ty, b: &[Value]) -> Res<Value> {
        let (ua, ub) = (ta.unliteral(), tb.unliteral());
        if let (Some(na), Some(nb)) = (Num::of(ua), Num::of(ub)) {
            let a = self.convert(a, ta, ua)?;
            let b = self.convert(b, tb, ub)?;
            return self.compare_numbers(cc, &a, na, &b, nb);
        }
        if ua == ub && matches!(ua.kind(), TyKind::Str | TyKind::Bytes) && !(ta.is_literal() && tb.is_literal()) {
            let a = self.convert(a, ta, ua)?;
            let b = self.convert(b, tb, ub)?;
            return Ok(self.text_compare(cc, a[0], b[0]));
        }
        if let (Some(ea), Some(eb)) = (ta.tuple_elems(), tb.tuple_elems()) {
            return self.compare_tuples(cc, ea, a, eb, b);
        }
        let (eq, ne) = (cc == IntCC::Eq, cc == IntCC::Ne);
        match (ta.kind(), tb.kind()) {
            (TyKind::Literal(x), TyKind::Literal(y)) if eq || ne => Ok(self.bool((x == y) == eq)),
            (TyKind::None, TyKind::None) if eq || ne => Ok(self.bool(eq)),
            _ => self.unsupported(format!("comparison of {ta} and {tb}")),
        }
    }

    fn compare_tuples(&mut self, cc: IntCC, ea: &[Ty], a: &[Value], eb: &[Ty], b: &[Value]) -> Res<Value> {
        let common = ea.len().min(eb.len());
        match cc {
            IntCC::Eq | IntCC::Ne => {
                if ea.len() != eb.len() {
                    return Ok(self.bool(cc == IntCC::Ne));
                }
                let mut all = self.bool(true);
                for k in 0..common {
                    let e = self.compare_at(IntCC::Eq, k, ea, a, eb, b)?;
                    all = if k == 0 { e } else { self.and(all, e) };
                }
                Ok(if cc == IntCC::Ne { self.not(all) } else { all })
            }
            _ => {
                // From the back: where items are equal the rest decides, else the items do.
                let (x, y) = (ea.len() as i64, eb.len() as i64);
                let mut out = self.bool(match cc {
                    IntCC::Slt => x < y,
                    IntCC::Sle => x <= y,
                    IntCC::Sgt => x > y,
                    _ => x >= y,
                });
                for k in (0..common).rev() {
                    let eq = self.compare_at(IntCC::Eq, k, ea, a, eb, b)?;
                    let here = self.compare_at(cc, k, ea, a, eb, b)?;
                    out = self.b.select(eq, out, here);
                }
                Ok(out)
            }
        }
    }
    fn compare_at(&mut self, cc: IntCC, k: usize, ea: &[Ty], a: &[Value], eb: &[Ty], b: &[Value]) -> Res<Value> {
        match (self.elem(ea, a, k)?, self.elem(eb, b, k)?) {
            (Some((ta, wa)), Some((tb, wb))) => self.compare_values(cc, ta, &wa, tb, &wb),
            _ => self.internal("a tuple's words"),
        }
    }

    pub fn tuple_contains(&mut self, ops: &[Operand]) -> Res<Value> {
        let elems = ops[0].ty.tuple_elems().unwrap_or(&[]);
        let mut any = self.bool(false);
        for k in 0..elems.len() {
            let Some((ty, w)) = self.elem(elems, &ops[0].words, k)? else { return self.internal("a tuple's words") };
            let e = self.compare_values(IntCC::Eq, ty, &w, ops[1].ty, &ops[1].words)?;
            any = if k == 0 { e } else { self.or(any, e) };
        }
        Ok(any)
    }

    /// The items of an array's first axis, when there are exactly as many as asked.
    pub fn unpack_array(&mut self, ops: &[Operand]) -> Res<Words> {
        let Some(a) = ops[0].ty.as_array().filter(|a| a.ndim > 0) else { return self.internal(format!("unpacking {}", ops[0].ty)) };
        let count = self.literal(&ops[1])?;
        let n = ops[0].words[ArrayWords { ndim: a.ndim.into() }.shape(0)];
        let enough = self.icmp_const(IntCC::Sge, n, count);
        self.check(enough, "ValueError", &format!("not enough values to unpack (expected {count}, got {{}})"), &[(n, Payload::Int)])?;
        let fits = self.icmp_const(IntCC::Sle, n, count);
        self.check(fits, "ValueError", &format!("too many values to unpack (expected {count})"), &[])?;
        let mut out: Words = smallvec![];
        for k in 0..count {
            let i = self.i64(k);
            out.extend(self.first_axis_item(a, &ops[0].words, i)?.0);
        }
        Ok(out)
    }
}
