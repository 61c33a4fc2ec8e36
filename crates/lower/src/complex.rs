//! Complex arithmetic with CPython's algorithms (Objects/complexobject.c), and the functions of `cmath` on complex.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::numbers::Arith;
use crate::repr::Num;
use looplift_abi::symbols::Sym;
use looplift_builtins::prims::MathFn;
use looplift_mir::{FloatCC, Opcode, Ty as MTy, Value};
use smallvec::smallvec;

impl Cx<'_> {
    pub fn complex_arith(&mut self, op: Arith, x: &[Value], y: &[Value]) -> Words {
        match op {
            Arith::Add | Arith::Sub => x.iter().zip(y).map(|(&a, &b)| self.b.binary(op.float(), a, b)).collect(),
            Arith::Mul => {
                let ac = self.b.binary(Opcode::Fmul, x[0], y[0]);
                let bd = self.b.binary(Opcode::Fmul, x[1], y[1]);
                let ad = self.b.binary(Opcode::Fmul, x[0], y[1]);
                let bc = self.b.binary(Opcode::Fmul, x[1], y[0]);
                smallvec![self.b.binary(Opcode::Fsub, ac, bd), self.b.binary(Opcode::Fadd, ad, bc)]
            }
        }
    }

    /// Smith's method, as `_Py_c_quot`: divide by the larger part of the divisor first.
    pub fn complex_div(&mut self, x: &[Value], y: &[Value]) -> Words {
        let (ar, ai, br, bi) = (x[0], x[1], y[0], y[1]);
        let abs_r = self.b.unary(Opcode::Fabs, br);
        let abs_i = self.b.unary(Opcode::Fabs, bi);
        let swap = self.b.fcmp(FloatCC::Gt, abs_i, abs_r);
        let large = self.b.select(swap, bi, br);
        let small = self.b.select(swap, br, bi);
        let ratio = self.b.binary(Opcode::Fdiv, small, large);
        let part = self.b.binary(Opcode::Fmul, small, ratio);
        let denom = self.b.binary(Opcode::Fadd, large, part);
        let first = self.b.select(swap, ai, ar);
        let second = self.b.select(swap, ar, ai);
        let t = self.b.binary(Opcode::Fmul, second, ratio);
        let re = self.b.binary(Opcode::Fadd, first, t);
        // (ai - ar * ratio) or, swapped, (ai * ratio - ar).
        let u = self.b.binary(Opcode::Fmul, first, ratio);
        let plain = self.b.binary(Opcode::Fsub, second, u);
        let turned = self.b.binary(Opcode::Fsub, u, second);
        let im = self.b.select(swap, turned, plain);
        smallvec![self.b.binary(Opcode::Fdiv, re, denom), self.b.binary(Opcode::Fdiv, im, denom)]
    }

    pub fn hypot(&mut self, m: MTy, a: Value, b: Value) -> Value {
        let sym = if m == MTy::F32 { Sym::HypotF32 } else { Sym::Hypot };
        self.b.call_rt(sym, &[a, b], None)[0]
    }

    pub fn part(&mut self, x: &Operand, which: usize) -> Res<Value> {
        match (self.num(x)?, which) {
            (Num::Complex(_), _) => Ok(x.words[which]),
            (_, 0) => self.word(x),
            _ => {
                let m = self.mty(x.words[0]);
                Ok(self.zero(m))
            }
        }
    }
    pub fn conjugate(&mut self, x: &Operand) -> Res<Words> {
        match self.num(x)? {
            Num::Complex(_) => Ok(smallvec![x.words[0], self.b.unary(Opcode::Fneg, x.words[1])]),
            _ => Ok(x.words.clone()),
        }
    }

    /// Functions of one complex number by their formulas in real ones. Single precision computes in double.
    pub fn complex_fn(&mut self, f: MathFn, x: &Operand) -> Res<Words> {
        let num = self.num(x)?;
        let Num::Complex(_) = num else { return self.internal(format!("a complex function of {}", x.ty)) };
        let wide = Num::Complex(MTy::F64);
        let w = self.convert_number(&x.words, num, wide);
        let (re, im) = (w[0], w[1]);
        let out: Words = match f {
            MathFn::Exp => {
                let size = self.rt1(Sym::Exp, re);
                let cos = self.rt1(Sym::Cos, im);
                let sin = self.rt1(Sym::Sin, im);
                let a = self.b.binary(Opcode::Fmul, size, cos);
                let b = self.b.binary(Opcode::Fmul, size, sin);
                // exp of a real number stays real, infinity included.
                let some = self.truth(im);
                smallvec![self.b.select(some, a, size), self.b.select(some, b, im)]
            }
            MathFn::Log => self.complex_log(re, im, 1.0),
            MathFn::Log2 => self.complex_log(re, im, std::f64::consts::LOG2_E),
            MathFn::Log10 => self.complex_log(re, im, std::f64::consts::LOG10_E),
            MathFn::Sqrt => self.complex_sqrt(re, im),
            MathFn::Sin => self.trig(Sym::Sin, Sym::Cosh, Sym::Cos, Sym::Sinh, false, re, im),
            MathFn::Cos => self.trig(Sym::Cos, Sym::Cosh, Sym::Sin, Sym::Sinh, true, re, im),
            MathFn::Sinh => {
                let w = self.trig(Sym::Sin, Sym::Cosh, Sym::Cos, Sym::Sinh, false, im, re);
                smallvec![w[1], w[0]]
            }
            MathFn::Cosh => {
                let w = self.trig(Sym::Cos, Sym::Cosh, Sym::Sin, Sym::Sinh, true, im, re);
                smallvec![w[0], self.b.unary(Opcode::Fneg, w[1])]
            }
            MathFn::Tanh => self.complex_tanh(re, im),
            MathFn::Tan => {
                // tan z = -i tanh(iz).
                let neg = self.b.unary(Opcode::Fneg, im);
                let w = self.complex_tanh(neg, re);
                smallvec![w[1], self.b.unary(Opcode::Fneg, w[0])]
            }
            MathFn::Fabs => return self.unsupported("fabs of a complex number"),
            other => return self.unsupported(format!("{other:?} of a complex number")),
        };
        Ok(self.convert_number(&out, wide, num))
    }

    pub fn rt1(&mut self, sym: Sym, x: Value) -> Value {
        self.b.call_rt(sym, &[x], None)[0]
    }

    fn complex_log(&mut self, re: Value, im: Value, scale: f64) -> Words {
        let size = self.hypot(MTy::F64, re, im);
        let mut a = self.rt1(Sym::Log, size);
        let mut b = self.b.call_rt(Sym::Atan2, &[im, re], None)[0];
        if scale != 1.0 {
            let scale = self.fconst(MTy::F64, scale);
            a = self.b.binary(Opcode::Fmul, a, scale);
            b = self.b.binary(Opcode::Fmul, b, scale);
        }
        smallvec![a, b]
    }

    /// s = sqrt((|re| + |z|) / 2) scaled against overflow, the other part im / 2s.
    fn complex_sqrt(&mut self, re: Value, im: Value) -> Words {
        let zero = self.fconst(MTy::F64, 0.0);
        let eighth = self.fconst(MTy::F64, 0.125);
        let two = self.fconst(MTy::F64, 2.0);
        let ar = self.b.unary(Opcode::Fabs, re);
        let ai = self.b.unary(Opcode::Fabs, im);
        let x = self.b.binary(Opcode::Fmul, ar, eighth);
        let y = self.b.binary(Opcode::Fmul, ai, eighth);
        let h = self.hypot(MTy::F64, x, y);
        let sum = self.b.binary(Opcode::Fadd, x, h);
        let root = self.b.unary(Opcode::Fsqrt, sum);
        let s = self.b.binary(Opcode::Fmul, root, two);
        let twice = self.b.binary(Opcode::Fmul, s, two);
        let d = self.b.binary(Opcode::Fdiv, ai, twice);
        let positive = self.b.fcmp(FloatCC::Ge, re, zero);
        let a = self.b.select(positive, s, d);
        let b = self.b.select(positive, d, s);
        let b = self.b.binary(Opcode::Fcopysign, b, im);
        let some_r = self.truth(re);
        let some_i = self.truth(im);
        let some = self.or(some_r, some_i);
        smallvec![self.b.select(some, a, zero), self.b.select(some, b, im)]
    }

    /// (f(x) g(y), ±h(x) k(y)).
    fn trig(&mut self, f: Sym, g: Sym, h: Sym, k: Sym, negate: bool, x: Value, y: Value) -> Words {
        let (fx, gy, hx, ky) = (self.rt1(f, x), self.rt1(g, y), self.rt1(h, x), self.rt1(k, y));
        let re = self.b.binary(Opcode::Fmul, fx, gy);
        let im = self.b.binary(Opcode::Fmul, hx, ky);
        smallvec![re, if negate { self.b.unary(Opcode::Fneg, im) } else { im }]
    }

    /// tanh(x + iy) = (t(1 + u²) + iu(1 - t²)) / (1 + t²u²) with t = tanh x, u = tan y; ±1 for large |x|.
    fn complex_tanh(&mut self, x: Value, y: Value) -> Words {
        let one = self.fconst(MTy::F64, 1.0);
        let t = self.rt1(Sym::Tanh, x);
        let u = self.rt1(Sym::Tan, y);
        let t2 = self.b.binary(Opcode::Fmul, t, t);
        let u2 = self.b.binary(Opcode::Fmul, u, u);
        let tu = self.b.binary(Opcode::Fmul, t2, u2);
        let denom = self.b.binary(Opcode::Fadd, one, tu);
        let grow = self.b.binary(Opcode::Fadd, one, u2);
        // 1 - tanh² = 1 / cosh², without cancellation.
        let cosh = self.rt1(Sym::Cosh, x);
        let cosh2 = self.b.binary(Opcode::Fmul, cosh, cosh);
        let shrink = self.b.binary(Opcode::Fdiv, one, cosh2);
        let re = self.b.binary(Opcode::Fmul, t, grow);
        let im = self.b.binary(Opcode::Fmul, u, shrink);
        smallvec![self.b.binary(Opcode::Fdiv, re, denom), self.b.binary(Opcode::Fdiv, im, denom)]
    }
}
