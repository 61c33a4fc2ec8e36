//! Division: `/`, `//`, `%`, `divmod` with Python's signs, and ZeroDivisionError or NumPy's values.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::repr::Num;
use looplift_abi::symbols::Sym;
use looplift_mir::{FloatCC, IntCC, Opcode, Ty as MTy, Value};
use looplift_types::{Literal, TyKind};
use smallvec::smallvec;

/// What is said by operation and operand kind: CPython's words, of the newest version where versions differ.
mod messages {
    pub const TRUE_INT: &str = "division by zero";
    pub const TRUE_FLOAT: &str = "float division by zero";
    pub const TRUE_COMPLEX: &str = "complex division by zero";
    pub const FLOOR_INT: &str = "division by zero";
    pub const FLOOR_FLOAT: &str = "float floor division by zero";
    pub const MOD_FLOAT: &str = "float modulo by zero";
    pub const MOD_INT: &str = "integer modulo by zero";
    pub const DIVMOD_INT: &str = "integer division or modulo by zero";
    pub const DIVMOD_FLOAT: &str = "float divmod()";
}

/// Whether an operand was an integer in the source, before it was widened.
fn was_int(op: &Operand) -> bool {
    matches!(op.from.kind(), TyKind::Bool | TyKind::Int(_) | TyKind::Literal(Literal::Int(_) | Literal::Bool(_)))
}

impl Cx<'_> {
    fn python_errors(&self) -> bool {
        !self.numpy_errors
    }
    /// ZeroDivisionError if `b` is zero, under Python's error model.
    fn check_divisor(&mut self, b: Value, message: &'static str) -> Res<()> {
        if self.python_errors() && self.const_int(b).is_none_or(|n| n == 0) {
            let ok = self.truth(b);
            self.check(ok, "ZeroDivisionError", message, &[])?;
        }
        Ok(())
    }

    pub fn true_div(&mut self, ops: &[Operand]) -> Res<Words> {
        match self.num(&ops[0])? {
            Num::Bool | Num::Int { .. } => self.internal("true division of integers"),
            Num::Float(_) => {
                let (a, b) = (self.word(&ops[0])?, self.word(&ops[1])?);
                self.check_was_exact(&ops[0])?;
                self.check_was_exact(&ops[1])?;
                let ints = was_int(&ops[0]) && was_int(&ops[1]);
                self.check_divisor(b, if ints { messages::TRUE_INT } else { messages::TRUE_FLOAT })?;
                Ok(smallvec![self.b.binary(Opcode::Fdiv, a, b)])
            }
            Num::Complex(_) => {
                let b = &ops[1].words;
                if self.python_errors() {
                    let ok = {
                        let re = self.truth(b[0]);
                        let im = self.truth(b[1]);
                        self.or(re, im)
                    };
                    self.check(ok, "ZeroDivisionError", messages::TRUE_COMPLEX, &[])?;
                }
                Ok(self.complex_div(&ops[0].words, b))
            }
        }
    }

    pub fn floor_div(&mut self, ops: &[Operand]) -> Res<Value> {
        let (a, b) = (self.word(&ops[0])?, self.word(&ops[1])?);
        match self.num(&ops[0])? {
            Num::Int { signed, .. } => {
                self.check_divisor(b, messages::FLOOR_INT)?;
                self.check_quotient(&ops[0], a, b)?;
                Ok(self.int_divide(a, b, if signed { Opcode::FloorDiv } else { Opcode::Udiv }))
            }
            Num::Float(m) => {
                self.check_divisor(b, messages::FLOOR_FLOAT)?;
                Ok(self.float_div_mod(m, a, b).0)
            }
            Num::Bool | Num::Complex(_) => self.internal(format!("floor division of {}", ops[0].ty)),
        }
    }

    pub fn modulo(&mut self, ops: &[Operand]) -> Res<Value> {
        let (a, b) = (self.word(&ops[0])?, self.word(&ops[1])?);
        match self.num(&ops[0])? {
            Num::Int { signed, .. } => {
                self.check_divisor(b, messages::MOD_INT)?;
                Ok(self.int_divide(a, b, if signed { Opcode::FloorMod } else { Opcode::Urem }))
            }
            Num::Float(m) => {
                self.check_divisor(b, messages::MOD_FLOAT)?;
                Ok(self.float_mod(m, a, b))
            }
            Num::Bool | Num::Complex(_) => self.internal(format!("modulo of {}", ops[0].ty)),
        }
    }

    pub fn div_mod(&mut self, ops: &[Operand]) -> Res<Words> {
        let (a, b) = (self.word(&ops[0])?, self.word(&ops[1])?);
        match self.num(&ops[0])? {
            Num::Int { signed, .. } => {
                self.check_divisor(b, messages::DIVMOD_INT)?;
                self.check_quotient(&ops[0], a, b)?;
                let (div, rem) = if signed { (Opcode::FloorDiv, Opcode::FloorMod) } else { (Opcode::Udiv, Opcode::Urem) };
                Ok(smallvec![self.int_divide(a, b, div), self.int_divide(a, b, rem)])
            }
            Num::Float(m) => {
                self.check_divisor(b, messages::DIVMOD_FLOAT)?;
                let (q, r) = self.float_div_mod(m, a, b);
                Ok(smallvec![q, r])
            }
            Num::Bool | Num::Complex(_) => self.internal(format!("divmod of {}", ops[0].ty)),
        }
    }

    /// The minimum by -1 leaves the type.
    fn check_quotient(&mut self, dividend: &Operand, a: Value, b: Value) -> Res<()> {
        if !self.checks_overflow(dividend.ty) || !crate::iters::is_signed(dividend.ty) || self.const_int(b).is_some_and(|n| n != -1) {
            return Ok(());
        }
        let large = self.icmp_const(IntCC::Ne, a, i64::MIN);
        let other = self.icmp_const(IntCC::Ne, b, -1);
        let ok = self.or(large, other);
        self.check_overflow(ok)
    }

    /// An integer division whose divisor is known not to be 0, or gives 0 under NumPy's error model.
    fn int_divide(&mut self, a: Value, b: Value, op: Opcode) -> Value {
        if self.python_errors() || self.const_int(b).is_some_and(|n| n != 0) {
            return self.b.binary(op, a, b);
        }
        let m = self.mty(b);
        let zero = self.b.iconst(m, 0);
        let one = self.b.iconst(m, 1);
        let ok = self.b.icmp(IntCC::Ne, b, zero);
        let safe = self.b.select(ok, b, one);
        let r = self.b.binary(op, a, safe);
        self.b.select(ok, r, zero)
    }

    pub fn fmod(&mut self, m: MTy, a: Value, b: Value) -> Value {
        let sym = if m == MTy::F32 { Sym::FmodF32 } else { Sym::Fmod };
        self.b.call_rt(sym, &[a, b], None)[0]
    }

    /// The remainder with the sign of the divisor, as CPython's `float_rem` (Objects/floatobject.c).
    fn float_mod(&mut self, m: MTy, a: Value, b: Value) -> Value {
        let rem = self.fmod(m, a, b);
        self.fix_remainder(m, rem, b).0
    }

    /// The remainder moved to the divisor's sign, and whether it was moved.
    fn fix_remainder(&mut self, m: MTy, rem: Value, b: Value) -> (Value, Value) {
        let zero = self.fconst(m, 0.0);
        let some = self.b.fcmp(FloatCC::Ne, rem, zero);
        let rem_neg = self.b.fcmp(FloatCC::Lt, rem, zero);
        let b_neg = self.b.fcmp(FloatCC::Lt, b, zero);
        let differ = self.b.binary(Opcode::Bxor, rem_neg, b_neg);
        let moved = self.and(some, differ);
        let sum = self.b.binary(Opcode::Fadd, rem, b);
        let signed_zero = self.b.binary(Opcode::Fcopysign, zero, b);
        let exact = self.b.select(moved, sum, rem);
        (self.b.select(some, exact, signed_zero), moved)
    }

    /// Floor quotient and remainder as CPython's `_float_div_mod`; a zero divisor gives `a / b` and NaN.
    fn float_div_mod(&mut self, m: MTy, a: Value, b: Value) -> (Value, Value) {
        let rem = self.fmod(m, a, b);
        let zero = self.fconst(m, 0.0);
        let one = self.fconst(m, 1.0);
        let half = self.fconst(m, 0.5);
        let diff = self.b.binary(Opcode::Fsub, a, rem);
        let quotient = self.b.binary(Opcode::Fdiv, diff, b);
        let (fixed, moved) = self.fix_remainder(m, rem, b);
        let less = self.b.binary(Opcode::Fsub, quotient, one);
        let div = self.b.select(moved, less, quotient);
        // Snap to the nearest integer: the quotient is within rounding of one.
        let floor = self.b.unary(Opcode::Ffloor, div);
        let off = self.b.binary(Opcode::Fsub, div, floor);
        let up = self.b.fcmp(FloatCC::Gt, off, half);
        let next = self.b.binary(Opcode::Fadd, floor, one);
        let snapped = self.b.select(up, next, floor);
        let ratio = self.b.binary(Opcode::Fdiv, a, b);
        let signed_zero = self.b.binary(Opcode::Fcopysign, zero, ratio);
        let some = self.b.fcmp(FloatCC::Ne, div, zero);
        let mut out = self.b.select(some, snapped, signed_zero);
        if !self.python_errors() {
            let nonzero = self.b.fcmp(FloatCC::Ne, b, zero);
            out = self.b.select(nonzero, out, ratio);
        }
        (out, fixed)
    }
}
