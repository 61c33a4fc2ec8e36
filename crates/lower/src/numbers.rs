//! Arithmetic that cannot fail: sums, products, bits, sign, minimum and maximum; and shifts.
//!
//! Integers wrap; under `overflow_checks` results that leave the type raise OverflowError. Shifts by a negative
//! count raise ValueError as Python does (under NumPy's error model such a count gives 0, or the sign); counts of the
//! width or more shift everything out.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::repr::Num;
use looplift_mir::{FloatCC, IntCC, Opcode, Ty as MTy, Value};
use smallvec::smallvec;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arith {
    Add,
    Sub,
    Mul,
}

impl Arith {
    fn int(self) -> Opcode {
        match self {
            Arith::Add => Opcode::Iadd,
            Arith::Sub => Opcode::Isub,
            Arith::Mul => Opcode::Imul,
        }
    }
    pub fn float(self) -> Opcode {
        match self {
            Arith::Add => Opcode::Fadd,
            Arith::Sub => Opcode::Fsub,
            Arith::Mul => Opcode::Fmul,
        }
    }
}

impl Cx<'_> {
    /// The number type of an operand.
    pub fn num(&self, op: &Operand) -> Res<Num> {
        match Num::of(op.ty) {
            Some(n) => Ok(n),
            None => self.unsupported(format!("arithmetic on values of type {}", op.ty)),
        }
    }

    pub fn arith(&mut self, op: Arith, ops: &[Operand]) -> Res<Words> {
        let num = self.num(&ops[0])?;
        Ok(match num {
            Num::Bool => return self.internal("arithmetic on bool"),
            Num::Int { mty, signed } => {
                let (a, b) = (self.word(&ops[0])?, self.word(&ops[1])?);
                smallvec![self.int_arith(op, mty, signed, a, b)?]
            }
            Num::Float(_) => smallvec![self.b.binary(op.float(), self.word(&ops[0])?, self.word(&ops[1])?)],
            Num::Complex(_) => self.complex_arith(op, &ops[0].words, &ops[1].words),
        })
    }

    /// A sum or product of integers, checked if the options say so.
    pub fn int_arith(&mut self, op: Arith, mty: MTy, signed: bool, a: Value, b: Value) -> Res<Value> {
        let r = self.b.binary(op.int(), a, b);
        if self.func.key.options.overflow_checks && mty == MTy::I64 {
            let ok = self.did_not_overflow(op, a, b, r, signed);
            self.check_overflow(ok)?;
        }
        Ok(r)
    }

    fn did_not_overflow(&mut self, op: Arith, a: Value, b: Value, r: Value, signed: bool) -> Value {
        let b2 = |cx: &mut Self, op, x, y| cx.b.binary(op, x, y);
        match (op, signed) {
            (Arith::Add | Arith::Sub, true) => {
                // The sign of the result differs from where it must be.
                let x = b2(self, Opcode::Bxor, a, r);
                let y = if op == Arith::Add { b2(self, Opcode::Bxor, b, r) } else { b2(self, Opcode::Bxor, a, b) };
                let z = b2(self, Opcode::Band, x, y);
                self.icmp_const(IntCC::Sge, z, 0)
            }
            (Arith::Add, false) => self.b.icmp(IntCC::Uge, r, a),
            (Arith::Sub, false) => self.b.icmp(IntCC::Uge, a, b),
            (Arith::Mul, true) => {
                let hi = b2(self, Opcode::SmulHi, a, b);
                let n = self.i64(63);
                let sign = b2(self, Opcode::Sshr, r, n);
                self.b.icmp(IntCC::Eq, hi, sign)
            }
            (Arith::Mul, false) => {
                let hi = b2(self, Opcode::UmulHi, a, b);
                self.icmp_const(IntCC::Eq, hi, 0)
            }
        }
    }

    pub fn bitwise(&mut self, op: Opcode, ops: &[Operand]) -> Res<Value> {
        Ok(self.b.binary(op, self.word(&ops[0])?, self.word(&ops[1])?))
    }

    pub fn shift(&mut self, left: bool, ops: &[Operand]) -> Res<Value> {
        let v = self.word(&ops[0])?;
        let count = self.word(&ops[1])?;
        let signed_value = crate::iters::is_signed(ops[0].ty);
        // What the count was before it took the type of the value decides whether it can be negative: its bits are kept.
        let signed_count = crate::iters::is_signed(ops[1].from);
        let count = self.resize(count, MTy::I64, signed_count);
        let known = self.const_int(count);
        if signed_count && known.is_none_or(|n| n < 0) && !self.numpy_errors {
            let ok = self.icmp_const(IntCC::Sge, count, 0);
            self.check(ok, "ValueError", "negative shift count", &[])?;
        }
        let op = match (left, signed_value) {
            (true, _) => Opcode::Shl,
            (false, true) => Opcode::Sshr,
            (false, false) => Opcode::Ushr,
        };
        let r = self.b.binary(op, v, count);
        if left && self.checks_overflow(ops[0].ty) {
            let back = self.b.binary(if signed_value { Opcode::Sshr } else { Opcode::Ushr }, r, count);
            let ok = self.b.icmp(IntCC::Eq, back, v);
            self.check_overflow(ok)?;
        }
        Ok(r)
    }

    /// Whether results of this type must fit, rather than wrap.
    pub fn checks_overflow(&self, ty: looplift_types::Ty) -> bool {
        self.func.key.options.overflow_checks && matches!(Num::of(ty), Some(Num::Int { mty: MTy::I64, .. }))
    }
    pub fn check_overflow(&mut self, ok: Value) -> Res<()> {
        self.check_exact(ok, "integer overflow")
    }
    /// Raises unless a result is what Python computes. Under `exact_numbers` it is something that no `except Exception` of the
    /// compiled code catches.
    pub fn check_exact(&mut self, ok: Value, message: &str) -> Res<()> {
        self.check(ok, if self.func.key.options.exact_numbers { "GeneratorExit" } else { "OverflowError" }, message, &[])
    }
    /// The minimum of int64 has no positive counterpart.
    fn check_has_negative(&mut self, x: &Operand) -> Res<()> {
        if self.checks_overflow(x.ty) && crate::iters::is_signed(x.ty) {
            let v = self.word(x)?;
            let ok = self.icmp_const(IntCC::Ne, v, i64::MIN);
            self.check_overflow(ok)?;
        }
        Ok(())
    }

    /// Under `exact_numbers`: a double that was an integer of 64 bits must be that integer.
    pub fn check_was_exact(&mut self, x: &Operand) -> Res<()> {
        let wide = matches!(Num::of(x.from), Some(Num::Int { mty: MTy::I64, .. }));
        if !self.func.key.options.exact_numbers || !wide || x.from.as_lit_int().is_some() || Num::of(x.ty) != Some(Num::FLOAT64) {
            return Ok(());
        }
        let v = self.word(x)?;
        let size = self.b.unary(Opcode::Fabs, v);
        let limit = self.fconst(MTy::F64, 9_007_199_254_740_992.0);
        let ok = self.b.fcmp(FloatCC::Lt, size, limit);
        self.check_exact(ok, "an integer is too large to be a float")
    }

    pub fn negate(&mut self, x: &Operand) -> Res<Words> {
        self.check_has_negative(x)?;
        let op = match self.num(x)? {
            Num::Bool => return self.internal("negation of a bool"),
            Num::Int { .. } => Opcode::Ineg,
            Num::Float(_) | Num::Complex(_) => Opcode::Fneg,
        };
        Ok(x.words.iter().map(|&v| self.b.unary(op, v)).collect())
    }

    pub fn absolute(&mut self, x: &Operand) -> Res<Value> {
        self.check_has_negative(x)?;
        match self.num(x)? {
            Num::Bool => self.word(x),
            Num::Int { signed: false, .. } => self.word(x),
            Num::Int { .. } => Ok(self.b.unary(Opcode::Iabs, self.word(x)?)),
            Num::Float(_) => Ok(self.b.unary(Opcode::Fabs, self.word(x)?)),
            Num::Complex(m) => Ok(self.hypot(m, x.words[0], x.words[1])),
        }
    }

    /// Folded from the left; a later operand wins only if it is strictly better.
    pub fn min_max(&mut self, min: bool, ops: &[Operand]) -> Res<Value> {
        let num = self.num(&ops[0])?;
        let mut best = self.word(&ops[0])?;
        for op in &ops[1..] {
            let v = self.word(op)?;
            best = match num {
                Num::Bool | Num::Int { signed: false, .. } => self.b.binary(if min { Opcode::Umin } else { Opcode::Umax }, best, v),
                Num::Int { .. } => self.b.binary(if min { Opcode::Smin } else { Opcode::Smax }, best, v),
                Num::Float(_) => {
                    let better = self.b.fcmp(if min { FloatCC::Lt } else { FloatCC::Gt }, v, best);
                    self.b.select(better, v, best)
                }
                Num::Complex(_) => return self.internal("an order of complex numbers"),
            };
        }
        Ok(best)
    }

    /// `math.gcd`: Euclid's algorithm on magnitudes.
    pub fn gcd(&mut self, ops: &[Operand]) -> Res<Value> {
        let (mut a, mut b) = (self.word(&ops[0])?, self.word(&ops[1])?);
        if crate::iters::is_signed(ops[0].ty) {
            // The magnitude of the minimum is right as an unsigned number.
            a = self.b.unary(Opcode::Iabs, a);
            b = self.b.unary(Opcode::Iabs, b);
        }
        let (x, y) = (self.new_var(a), self.new_var(b));
        let header = self.b.block();
        self.b.jump(header, &[]);
        self.b.switch_to(header);
        let v = self.b.use_var(y);
        let more = self.icmp_const(IntCC::Ne, v, 0);
        let (body, done) = self.branch(more);
        self.b.switch_to(body);
        let u = self.b.use_var(x);
        let r = self.b.binary(Opcode::Urem, u, v);
        self.b.def_var(x, v);
        self.b.def_var(y, r);
        self.b.jump(header, &[]);
        self.b.seal(header);
        self.b.switch_to(done);
        Ok(self.b.use_var(x))
    }
}
