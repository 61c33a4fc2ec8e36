//! `range` objects: three words, and arithmetic on them that does not overflow.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::iters::is_signed;
use looplift_mir::{IntCC, Opcode, Ty as MTy, Value};
use looplift_types::{Ty, TyKind};
use smallvec::smallvec;

impl Cx<'_> {
    pub fn range_words(&self, op: &Operand) -> Res<(Ty, [Value; 3])> {
        match (op.ty.kind(), &op.words[..]) {
            (TyKind::Range(of), &[a, b, c]) => Ok((*of, [a, b, c])),
            _ => self.internal(format!("{} is not a range", op.ty)),
        }
    }

    pub fn make_range(&mut self, ops: &[Operand]) -> Res<Words> {
        let step = self.word(&ops[2])?;
        if self.const_int(step).is_none_or(|n| n == 0) {
            let ok = self.truth(step);
            self.check(ok, "ValueError", "range() arg 3 must not be zero", &[])?;
        }
        Ok(smallvec![self.word(&ops[0])?, self.word(&ops[1])?, step])
    }

    /// The number of items, as i64; as an unsigned number it is right for every range of int64.
    pub fn range_len(&mut self, of: Ty, start: Value, stop: Value, step: Value) -> Res<Value> {
        let signed = is_signed(of);
        let start = self.resize(start, MTy::I64, signed);
        let stop = self.resize(stop, MTy::I64, signed);
        let step = self.resize(step, MTy::I64, signed);
        let (lt, gt) = if signed { (IntCC::Slt, IntCC::Sgt) } else { (IntCC::Ult, IntCC::Ugt) };
        let zero = self.i64(0);
        Ok(match self.const_int(step) {
            Some(k) if k > 0 || !signed => self.steps(lt, start, stop, step, zero),
            Some(k) if k < 0 => {
                let down = self.b.unary(Opcode::Ineg, step);
                self.steps(gt, start, stop, down, zero)
            }
            _ if !signed => self.steps(lt, start, stop, step, zero),
            _ => {
                let up = self.icmp_const(IntCC::Sgt, step, 0);
                let lo = self.b.select(up, start, stop);
                let hi = self.b.select(up, stop, start);
                let size = self.b.unary(Opcode::Iabs, step);
                self.steps(lt, lo, hi, size, zero)
            }
        })
    }
    /// (|stop - start| - 1) / step + 1 if there is a way to go, all unsigned.
    fn steps(&mut self, cc: IntCC, start: Value, stop: Value, step: Value, zero: Value) -> Value {
        let some = self.b.icmp(cc, start, stop);
        let forward = matches!(cc, IntCC::Slt | IntCC::Ult);
        let distance = if forward { self.b.binary(Opcode::Isub, stop, start) } else { self.b.binary(Opcode::Isub, start, stop) };
        if self.const_int(step) == Some(1) {
            return self.b.select(some, distance, zero);
        }
        let one = self.i64(1);
        let last = self.b.binary(Opcode::Isub, distance, one);
        // The divisor is not 0: the range was checked when it was made.
        let whole = self.b.binary(Opcode::Udiv, last, step);
        let n = self.b.binary(Opcode::Iadd, whole, one);
        self.b.select(some, n, zero)
    }

    pub fn range_get_item(&mut self, ops: &[Operand]) -> Res<Value> {
        let (of, w) = self.range_words(&ops[0])?;
        let n = self.range_len(of, w[0], w[1], w[2])?;
        let i = self.word(&ops[1])?;
        let j = self.checked_index(i, n, "range object index out of range")?;
        let m = self.mty(w[0]);
        let j = self.resize(j, m, true);
        let off = self.b.binary(Opcode::Imul, j, w[2]);
        Ok(self.b.binary(Opcode::Iadd, w[0], off))
    }

    pub fn range_attr(&mut self, ops: &[Operand]) -> Res<Value> {
        let (_, w) = self.range_words(&ops[0])?;
        match self.text(&ops[1])? {
            "start" => Ok(w[0]),
            "stop" => Ok(w[1]),
            "step" => Ok(w[2]),
            other => self.internal(format!("range attribute {other}")),
        }
    }

    /// Between start and stop, and a whole number of steps from the start.
    pub fn range_contains(&mut self, ops: &[Operand]) -> Res<Value> {
        let (of, w) = self.range_words(&ops[0])?;
        let x = self.word(&ops[1])?;
        let signed = is_signed(of);
        let (lt, le) = if signed { (IntCC::Slt, IntCC::Sle) } else { (IntCC::Ult, IntCC::Ule) };
        let m = self.mty(w[0]);
        let zero = self.zero(m);
        let from = self.b.icmp(le, w[0], x);
        let to = self.b.icmp(lt, x, w[1]);
        let rising = self.and(from, to);
        let from = self.b.icmp(lt, w[1], x);
        let to = self.b.icmp(le, x, w[0]);
        let falling = self.and(from, to);
        let up = if signed { self.b.icmp(IntCC::Sgt, w[2], zero) } else { self.bool(true) };
        let inside = self.b.select(up, rising, falling);
        let above = self.b.binary(Opcode::Isub, x, w[0]);
        let below = self.b.binary(Opcode::Isub, w[0], x);
        let distance = self.b.select(up, above, below);
        let size = if signed { self.b.unary(Opcode::Iabs, w[2]) } else { w[2] };
        let rest = self.b.binary(Opcode::Urem, distance, size);
        let whole = self.b.icmp(IntCC::Eq, rest, zero);
        Ok(self.and(inside, whole))
    }

    /// `next(it)` or `next(it, default)`.
    pub fn next_item(&mut self, ops: &[Operand], ret: Ty) -> Res<Words> {
        let id = match ops[0].iter {
            Some(id) => id,
            None if matches!(ops[0].ty.kind(), TyKind::Gen(_)) => self.get_iter(&ops[0])?,
            None => return self.internal(format!("next of {}", ops[0].ty)),
        };
        let done = self.b.block();
        let (item, given) = self.advance(id, done)?;
        self.b.seal(done);
        let item = self.convert(&item, given, ret)?;
        let Some(default) = ops.get(1) else {
            let got = self.b.current();
            self.b.func.blocks[done].cold = true;
            self.b.switch_to(done);
            self.fail("StopIteration", "", &[])?;
            self.b.switch_to(got);
            return Ok(item);
        };
        let default = self.convert(&default.words, default.ty, ret)?;
        let join = self.b.block();
        let params: Words = item.iter().map(|&v| self.mty(v)).collect::<Vec<_>>().into_iter().map(|m| self.b.func.append_param(join, m)).collect();
        self.b.jump(join, &item);
        self.b.switch_to(done);
        self.b.jump(join, &default);
        self.b.seal(join);
        self.b.switch_to(join);
        Ok(params)
    }
}
