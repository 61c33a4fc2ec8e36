//! Rounding floats to integers and to decimals.

use crate::cx::{Cx, Res};
use crate::inst::Operand;
use crate::repr::Num;
use looplift_abi::symbols::Sym;
use looplift_mir::{FloatCC, Opcode, Ty as MTy, Value};

impl Cx<'_> {
    /// Rounds with `op`, then to int64; ValueError for NaN, OverflowError for infinity and what int64 cannot hold.
    pub fn round_int(&mut self, op: Opcode, x: &Operand) -> Res<Value> {
        let m = match self.num(x)? {
            Num::Float(m) => m,
            num @ (Num::Bool | Num::Int { .. }) => return Ok(self.convert_number(&x.words, num, Num::INT64)[0]),
            Num::Complex(_) => return self.internal("rounding of a complex number"),
        };
        let v = self.word(x)?;
        // The conversion truncates by itself.
        let r = if op == Opcode::Ftrunc { v } else { self.b.unary(op, v) };
        let size = self.b.unary(Opcode::Fabs, v);
        let limit = self.fconst(m, 9_223_372_036_854_775_808.0);
        let ok = self.b.fcmp(FloatCC::Lt, size, limit);
        self.unless(ok, |cx| {
            let ordered = cx.b.fcmp(FloatCC::Ord, v, v);
            cx.check(ordered, "ValueError", "cannot convert float NaN to integer", &[])?;
            let inf = cx.fconst(m, f64::INFINITY);
            let finite = cx.b.fcmp(FloatCC::Lt, size, inf);
            cx.check(finite, "OverflowError", "cannot convert float infinity to integer", &[])?;
            let min = cx.fconst(m, -9_223_372_036_854_775_808.0);
            let fits = cx.b.fcmp(FloatCC::Eq, v, min);
            cx.check(fits, "OverflowError", "float too large to convert to int64", &[])
        })?;
        Ok(self.b.convert(Opcode::FloatToSint, MTy::I64, r))
    }

    pub fn round_digits(&mut self, ops: &[Operand]) -> Res<Value> {
        let num = self.num(&ops[0])?;
        let x = self.convert_real(self.word(&ops[0])?, num, Num::FLOAT64);
        let n = self.word(&ops[1])?;
        let r = self.b.call_rt(Sym::RoundDecimal, &[x, n], None)[0];
        // A finite number that rounds past the largest double.
        let inf = self.fconst(MTy::F64, f64::INFINITY);
        let size = self.b.unary(Opcode::Fabs, r);
        let ok = self.b.fcmp(FloatCC::Ne, size, inf);
        self.unless(ok, |cx| {
            let given = cx.b.unary(Opcode::Fabs, x);
            let was = cx.b.fcmp(FloatCC::Eq, given, inf);
            cx.check(was, "OverflowError", "rounded value too large to represent", &[])
        })?;
        Ok(self.convert_real(r, Num::FLOAT64, num))
    }
}
