//! `**`. Constant exponents become multiplications by squaring; integer exponents of floats square too; the rest is `pow`.
//!
//! Integer powers wrap. A negative exponent of an integer gives 1/x truncated, so 0 unless x is 1 or -1. Under Python's
//! error model a zero base with a negative exponent raises ZeroDivisionError; a negative base with a fractional exponent gives
//! NaN (Python would give a complex number). Under `overflow_checks` integer powers do not wrap; under `exact_numbers` floats go to
//! `pow` always, which rounds otherwise than products, and what is not a number in Python's answer raises OverflowError.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::numbers::Arith;
use crate::repr::Num;
use looplift_abi::symbols::Sym;
use looplift_mir::{FloatCC, IntCC, Opcode, Ty as MTy, Value};
use looplift_types::Ty;
use smallvec::smallvec;

const ZERO_BASE: &str = "0.0 cannot be raised to a negative power";
const ZERO_COMPLEX: &str = "0.0 to a negative or complex power";

impl Cx<'_> {
    pub fn power(&mut self, ops: &[Operand], ret: Ty) -> Res<Words> {
        let base = self.num(&ops[0])?;
        if let Some(n) = ops[1].ty.as_lit_int() {
            return self.const_power(base, &ops[0].words, n);
        }
        match (base, self.num(&ops[1])?) {
            (Num::Int { mty, signed }, Num::Int { signed: e_signed, .. }) => {
                let (x, e) = (self.word(&ops[0])?, self.word(&ops[1])?);
                match Num::of(ret) {
                    Some(Num::Float(m)) => {
                        let exp = self.num(&ops[1])?;
                        let x = self.convert_real(x, base, Num::FLOAT64);
                        let e = self.convert_real(e, exp, Num::FLOAT64);
                        let r = self.float_power(MTy::F64, x, e)?;
                        Ok(smallvec![self.convert_real(r, Num::FLOAT64, Num::Float(m))])
                    }
                    _ => Ok(smallvec![self.int_power(mty, signed, x, e, e_signed)?]),
                }
            }
            (Num::Float(m), Num::Int { .. }) => {
                let (x, e) = (self.word(&ops[0])?, self.word(&ops[1])?);
                Ok(smallvec![self.float_int_power(m, x, e)?])
            }
            (Num::Float(m), Num::Float(_)) => {
                let (x, e) = (self.word(&ops[0])?, self.word(&ops[1])?);
                Ok(smallvec![self.float_power(m, x, e)?])
            }
            (Num::Complex(m), Num::Complex(_)) => self.complex_power(m, &ops[0].words, &ops[1].words),
            _ => self.internal(format!("{} ** {}", ops[0].ty, ops[1].ty)),
        }
    }

    /// `x ** n` by squaring: the factors for the one bits of `n`, lowest first.
    fn const_power(&mut self, num: Num, x: &[Value], n: i64) -> Res<Words> {
        if let Num::Float(m) = num
            && self.func.key.options.exact_numbers
            && !matches!(n, 0 | 1)
        {
            let e = self.fconst(m, n as f64);
            return Ok(smallvec![self.float_power(m, x[0], e)?]);
        }
        let mut rest = n.unsigned_abs();
        let mut square: Words = x.into();
        let mut product: Option<Words> = None;
        while rest != 0 {
            if rest & 1 == 1 {
                product = Some(match product {
                    Some(p) => self.times(num, &p, &square)?,
                    None => square.clone(),
                });
            }
            rest >>= 1;
            if rest != 0 {
                square = self.times(num, &square.clone(), &square)?;
            }
        }
        let Some(product) = product else { return Ok(self.int_const(1, num)) };
        if n > 0 {
            return Ok(product);
        }
        match num {
            Num::Float(m) => {
                self.check_zero_base(x[0], None)?;
                let one = self.fconst(m, 1.0);
                Ok(smallvec![self.b.binary(Opcode::Fdiv, one, product[0])])
            }
            Num::Complex(_) => {
                if !self.numpy_errors {
                    let ok = self.convert_number(x, num, Num::Bool)[0];
                    self.check(ok, "ZeroDivisionError", ZERO_COMPLEX, &[])?;
                }
                let one = self.int_const(1, num);
                Ok(self.complex_div(&one, &product))
            }
            Num::Bool | Num::Int { .. } => self.internal("a negative constant exponent of an integer"),
        }
    }

    fn times(&mut self, num: Num, a: &[Value], b: &[Value]) -> Res<Words> {
        Ok(match num {
            Num::Bool => smallvec![self.b.binary(Opcode::Imul, a[0], b[0])],
            Num::Int { mty, signed } => smallvec![self.int_arith(Arith::Mul, mty, signed, a[0], b[0])?],
            Num::Float(_) => smallvec![self.b.binary(Opcode::Fmul, a[0], b[0])],
            Num::Complex(_) => self.complex_arith(Arith::Mul, a, b),
        })
    }

    /// A power of 64-bit integers must fit: told from the same power of doubles, a little below the limit.
    fn check_int_power(&mut self, m: MTy, signed: bool, x: Value, e: Value) -> Res<()> {
        if !self.func.key.options.overflow_checks || m != MTy::I64 {
            return Ok(());
        }
        let base = self.convert_real(x, Num::Int { mty: MTy::I64, signed }, Num::FLOAT64);
        let base = self.b.unary(Opcode::Fabs, base);
        let exponent = self.convert_real(e, Num::Int { mty: MTy::I64, signed: true }, Num::FLOAT64);
        let size = self.pow(MTy::F64, base, exponent);
        let limit = self.fconst(MTy::F64, if signed { 9_223_372_036_854_773_760.0 } else { 18_446_744_073_709_547_520.0 });
        let ok = self.b.fcmp(FloatCC::Lt, size, limit);
        self.check_overflow(ok)
    }

    /// Under `exact_numbers`: finite operands have a finite result.
    fn check_float_power(&mut self, x: Value, e: Value, r: Value) -> Res<()> {
        if !self.func.key.options.exact_numbers {
            return Ok(());
        }
        let finite = |cx: &mut Self, v: Value| {
            let m = cx.mty(v);
            let zero = cx.zero(m);
            let d = cx.b.binary(Opcode::Fsub, v, v);
            cx.b.fcmp(FloatCC::Eq, d, zero)
        };
        let (fx, fe, fr) = (finite(self, x), finite(self, e), finite(self, r));
        let both = self.and(fx, fe);
        let neither = self.not(both);
        let ok = self.or(fr, neither);
        self.check_exact(ok, "the result is no float")
    }

    /// ZeroDivisionError for a zero base, when the exponent (if it is not known) is negative.
    fn check_zero_base(&mut self, x: Value, exponent: Option<Value>) -> Res<()> {
        if self.numpy_errors {
            return Ok(());
        }
        let mut ok = self.truth(x);
        if let Some(e) = exponent {
            let m = self.mty(e);
            let zero = self.zero(m);
            // Not below zero, NaN included.
            let negative = if m.is_float() { self.b.fcmp(FloatCC::Lt, e, zero) } else { self.b.icmp(IntCC::Slt, e, zero) };
            let fine = self.not(negative);
            ok = self.or(ok, fine);
        }
        self.check(ok, "ZeroDivisionError", ZERO_BASE, &[])
    }

    fn int_power(&mut self, m: MTy, signed: bool, x: Value, e: Value, e_signed: bool) -> Res<Value> {
        let wide = self.resize(x, MTy::I64, signed);
        let e = self.resize(e, MTy::I64, e_signed);
        if !e_signed || self.const_int(e).is_some_and(|n| n >= 0) {
            self.check_int_power(m, signed, wide, e)?;
            let r = self.b.call_rt(Sym::IpowI64, &[wide, e], None)[0];
            return Ok(self.resize(r, m, signed));
        }
        let negative = self.icmp_const(IntCC::Slt, e, 0);
        self.check_zero_base(x, Some(e))?;
        if self.func.key.options.exact_numbers {
            let ok = self.icmp_const(IntCC::Sge, e, 0);
            self.check_exact(ok, "the result is no integer")?;
        }
        self.check_int_power(m, signed, wide, e)?;
        let minus = self.b.unary(Opcode::Ineg, e);
        let magnitude = self.b.select(negative, minus, e);
        let power = self.b.call_rt(Sym::IpowI64, &[wide, magnitude], None)[0];
        // 1 / x truncated is x itself for 1 and -1 (their powers are their inverses), else 0.
        let one = self.i64(1);
        let next = self.b.binary(Opcode::Iadd, wide, one);
        let unit_signed = self.icmp_const(IntCC::Ule, next, 2);
        let unit = if signed { unit_signed } else { self.icmp_const(IntCC::Eq, wide, 1) };
        let nonzero = self.truth(wide);
        let unit = self.and(unit, nonzero);
        let zero = self.i64(0);
        let inverse = self.b.select(unit, power, zero);
        let r = self.b.select(negative, inverse, power);
        Ok(self.resize(r, m, signed))
    }

    /// Squaring at run time; reciprocal for a negative exponent.
    fn float_int_power(&mut self, m: MTy, x: Value, e: Value) -> Res<Value> {
        let e = self.resize(e, MTy::I64, true);
        if self.func.key.options.exact_numbers {
            let e = self.convert_real(e, Num::Int { mty: MTy::I64, signed: true }, Num::Float(m));
            return self.float_power(m, x, e);
        }
        self.check_zero_base(x, Some(e))?;
        let zero = self.i64(0);
        let negative = self.b.icmp(IntCC::Slt, e, zero);
        // The magnitude of the minimum is right as an unsigned number.
        let magnitude = self.b.unary(Opcode::Iabs, e);
        let one = self.fconst(m, 1.0);
        let (rest, square, product) = (self.new_var(magnitude), self.new_var(x), self.new_var(one));
        let header = self.b.block();
        self.b.jump(header, &[]);
        self.b.switch_to(header);
        let n = self.b.use_var(rest);
        let more = self.icmp_const(IntCC::Ne, n, 0);
        let (body, done) = self.branch(more);
        self.b.switch_to(body);
        let p = self.b.use_var(product);
        let s = self.b.use_var(square);
        let bit = self.i64(1);
        let odd = self.b.binary(Opcode::Band, n, bit);
        let odd = self.icmp_const(IntCC::Ne, odd, 0);
        let times = self.b.binary(Opcode::Fmul, p, s);
        let p = self.b.select(odd, times, p);
        self.b.def_var(product, p);
        let s = self.b.binary(Opcode::Fmul, s, s);
        self.b.def_var(square, s);
        let n = self.b.binary(Opcode::Ushr, n, bit);
        self.b.def_var(rest, n);
        self.b.jump(header, &[]);
        self.b.seal(header);
        self.b.switch_to(done);
        let p = self.b.use_var(product);
        let inverse = self.b.binary(Opcode::Fdiv, one, p);
        Ok(self.b.select(negative, inverse, p))
    }

    fn float_power(&mut self, m: MTy, x: Value, e: Value) -> Res<Value> {
        self.check_zero_base(x, Some(e))?;
        let r = self.pow(m, x, e);
        self.check_float_power(x, e, r)?;
        Ok(r)
    }
    pub fn pow(&mut self, m: MTy, x: Value, e: Value) -> Value {
        if self.numpy_errors {
            let wide: Words = [x, e].iter().map(|&v| self.convert_real(v, Num::Float(m), Num::FLOAT64)).collect();
            let r = self.b.call_rt(Sym::ArrayPow, &wide, None)[0];
            return self.convert_real(r, Num::FLOAT64, Num::Float(m));
        }
        let sym = if m == MTy::F32 { Sym::PowF32 } else { Sym::Pow };
        self.b.call_rt(sym, &[x, e], None)[0]
    }

    /// By squaring where the exponent is a whole number of at most 100, as CPython and NumPy do (Objects/complexobject.c,
    /// npy_math_complex.c.src); else in polar form.
    fn complex_power(&mut self, m: MTy, x: &[Value], e: &[Value]) -> Res<Words> {
        let zero = self.fconst(m, 0.0);
        let most = self.fconst(m, 100.0);
        let base_some = self.convert_number(x, Num::Complex(m), Num::Bool)[0];
        if !self.numpy_errors {
            let imaginary = self.truth(e[1]);
            let negative = self.b.fcmp(FloatCC::Lt, e[0], zero);
            let bad = self.or(imaginary, negative);
            let fine = self.not(bad);
            let ok = self.or(base_some, fine);
            self.check(ok, "ZeroDivisionError", ZERO_COMPLEX, &[])?;
        }
        let trunc = self.b.unary(Opcode::Ftrunc, e[0]);
        let size = self.b.unary(Opcode::Fabs, e[0]);
        let tests = [self.b.fcmp(FloatCC::Eq, e[1], zero), self.b.fcmp(FloatCC::Eq, trunc, e[0]), self.b.fcmp(FloatCC::Le, size, most)];
        let positive = self.b.fcmp(FloatCC::Ge, e[0], zero);
        let mut whole = self.or(base_some, positive);
        for t in tests {
            whole = self.and(whole, t);
        }
        let (re, im) = (self.new_var(zero), self.new_var(zero));
        let (squaring, polar) = self.branch(whole);
        let done = self.b.block();
        self.b.switch_to(squaring);
        let r = self.complex_whole_power(m, x, e[0], size);
        self.b.def_var(re, r[0]);
        self.b.def_var(im, r[1]);
        self.b.jump(done, &[]);
        self.b.switch_to(polar);
        let r = self.complex_polar_power(m, x, e, base_some);
        self.b.def_var(re, r[0]);
        self.b.def_var(im, r[1]);
        self.b.jump(done, &[]);
        self.b.seal(done);
        self.b.switch_to(done);
        Ok(smallvec![self.b.use_var(re), self.b.use_var(im)])
    }

    /// `x ** e`, where `size` is the magnitude of `e`, a small whole number.
    fn complex_whole_power(&mut self, m: MTy, x: &[Value], e: Value, size: Value) -> Words {
        let zero = self.fconst(m, 0.0);
        let unit: Words = smallvec![self.fconst(m, 1.0), zero];
        let n = self.b.convert(Opcode::FloatToSint, MTy::I64, size);
        let rest = self.new_var(n);
        let square = [self.new_var(x[0]), self.new_var(x[1])];
        let product = [self.new_var(unit[0]), self.new_var(unit[1])];
        let no = self.b.iconst(MTy::I8, 0);
        let begun = self.new_var(no);
        let header = self.b.block();
        self.b.jump(header, &[]);
        self.b.switch_to(header);
        let n = self.b.use_var(rest);
        let more = self.icmp_const(IntCC::Ne, n, 0);
        let (body, done) = self.branch(more);
        self.b.switch_to(body);
        let p: Words = product.iter().map(|&v| self.b.use_var(v)).collect();
        let s: Words = square.iter().map(|&v| self.b.use_var(v)).collect();
        let was = self.b.use_var(begun);
        let bit = self.i64(1);
        let low = self.b.binary(Opcode::Band, n, bit);
        let odd = self.icmp_const(IntCC::Ne, low, 0);
        // The first factor is taken as it is: a product with one would lose signs of zeros.
        let times = self.complex_arith(Arith::Mul, &p, &s);
        let squared = self.complex_arith(Arith::Mul, &s, &s);
        for k in 0..2 {
            let factor = self.b.select(was, times[k], s[k]);
            let next = self.b.select(odd, factor, p[k]);
            self.b.def_var(product[k], next);
            self.b.def_var(square[k], squared[k]);
        }
        let is = self.or(was, odd);
        self.b.def_var(begun, is);
        let n = self.b.binary(Opcode::Ushr, n, bit);
        self.b.def_var(rest, n);
        self.b.jump(header, &[]);
        self.b.seal(header);
        self.b.switch_to(done);
        let p: Words = product.iter().map(|&v| self.b.use_var(v)).collect();
        let inverse = self.complex_div(&unit, &p);
        let negative = self.b.fcmp(FloatCC::Lt, e, zero);
        p.iter().zip(&inverse).map(|(&p, &i)| self.b.select(negative, i, p)).collect()
    }

    fn complex_polar_power(&mut self, m: MTy, x: &[Value], e: &[Value], base_some: Value) -> Words {
        let exp_some = self.convert_number(e, Num::Complex(m), Num::Bool)[0];
        let zero = self.fconst(m, 0.0);
        let one = self.fconst(m, 1.0);
        let sym = |f64: Sym, f32: Sym| if m == MTy::F32 { f32 } else { f64 };
        let size = self.hypot(m, x[0], x[1]);
        let mut len = self.pow(m, size, e[0]);
        let angle = self.b.call_rt(sym(Sym::Atan2, Sym::Atan2F32), &[x[1], x[0]], None)[0];
        let mut phase = self.b.binary(Opcode::Fmul, angle, e[0]);
        let imaginary = self.truth(e[1]);
        let turn = self.b.binary(Opcode::Fmul, angle, e[1]);
        let damp = self.b.call_rt(sym(Sym::Exp, Sym::ExpF32), &[turn], None)[0];
        let damped = self.b.binary(Opcode::Fdiv, len, damp);
        len = self.b.select(imaginary, damped, len);
        let log = self.b.call_rt(sym(Sym::Log, Sym::LogF32), &[size], None)[0];
        let more = self.b.binary(Opcode::Fmul, e[1], log);
        let turned = self.b.binary(Opcode::Fadd, phase, more);
        phase = self.b.select(imaginary, turned, phase);
        let cos = self.b.call_rt(sym(Sym::Cos, Sym::CosF32), &[phase], None)[0];
        let sin = self.b.call_rt(sym(Sym::Sin, Sym::SinF32), &[phase], None)[0];
        let re = self.b.binary(Opcode::Fmul, len, cos);
        let im = self.b.binary(Opcode::Fmul, len, sin);
        // 0 ** z is 0, z ** 0 is 1.
        let re = self.b.select(base_some, re, zero);
        let im = self.b.select(base_some, im, zero);
        smallvec![self.b.select(exp_some, re, one), self.b.select(exp_some, im, zero)]
    }
}
