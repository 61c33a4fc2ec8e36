//! Mathematical functions: machine instructions or runtime symbols, with the errors of Python's `math` where asked.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::repr::Num;
use looplift_abi::symbols::Sym;
use looplift_builtins::prims::MathFn;
use looplift_mir::{FloatCC, IntCC, Opcode, Ty as MTy, Value};
use smallvec::smallvec;

/// How a function is computed.
enum How {
    Op(Opcode),
    /// Double precision symbol, and single precision if there is one.
    Rt(Sym, Option<Sym>),
    /// Multiplication by a constant.
    Scale(f64),
}

fn how(f: MathFn) -> How {
    use MathFn as F;
    match f {
        F::Sin => How::Rt(Sym::Sin, Some(Sym::SinF32)),
        F::Cos => How::Rt(Sym::Cos, Some(Sym::CosF32)),
        F::Tan => How::Rt(Sym::Tan, Some(Sym::TanF32)),
        F::Asin => How::Rt(Sym::Asin, Some(Sym::AsinF32)),
        F::Acos => How::Rt(Sym::Acos, Some(Sym::AcosF32)),
        F::Atan => How::Rt(Sym::Atan, Some(Sym::AtanF32)),
        F::Atan2 => How::Rt(Sym::Atan2, Some(Sym::Atan2F32)),
        F::Sinh => How::Rt(Sym::Sinh, Some(Sym::SinhF32)),
        F::Cosh => How::Rt(Sym::Cosh, Some(Sym::CoshF32)),
        F::Tanh => How::Rt(Sym::Tanh, Some(Sym::TanhF32)),
        F::Asinh => How::Rt(Sym::Asinh, Some(Sym::AsinhF32)),
        F::Acosh => How::Rt(Sym::Acosh, Some(Sym::AcoshF32)),
        F::Atanh => How::Rt(Sym::Atanh, Some(Sym::AtanhF32)),
        F::Exp => How::Rt(Sym::Exp, Some(Sym::ExpF32)),
        F::Exp2 => How::Rt(Sym::Exp2, Some(Sym::Exp2F32)),
        F::Expm1 => How::Rt(Sym::Expm1, Some(Sym::Expm1F32)),
        F::Log => How::Rt(Sym::Log, Some(Sym::LogF32)),
        F::Log2 => How::Rt(Sym::Log2, Some(Sym::Log2F32)),
        F::Log10 => How::Rt(Sym::Log10, Some(Sym::Log10F32)),
        F::Log1p => How::Rt(Sym::Log1p, Some(Sym::Log1pF32)),
        F::Pow => How::Rt(Sym::Pow, Some(Sym::PowF32)),
        F::Fmod => How::Rt(Sym::Fmod, Some(Sym::FmodF32)),
        F::Hypot => How::Rt(Sym::Hypot, Some(Sym::HypotF32)),
        F::Remainder => How::Rt(Sym::Remainder, None),
        F::Cbrt => How::Rt(Sym::Cbrt, None),
        F::Erf => How::Rt(Sym::Erf, None),
        F::Erfc => How::Rt(Sym::Erfc, None),
        F::Gamma => How::Rt(Sym::Tgamma, None),
        F::Lgamma => How::Rt(Sym::Lgamma, None),
        F::Nextafter => How::Rt(Sym::Nextafter, Some(Sym::NextafterF32)),
        F::Sqrt => How::Op(Opcode::Fsqrt),
        F::Copysign => How::Op(Opcode::Fcopysign),
        F::Fabs => How::Op(Opcode::Fabs),
        F::Floor => How::Op(Opcode::Ffloor),
        F::Ceil => How::Op(Opcode::Fceil),
        F::Trunc => How::Op(Opcode::Ftrunc),
        F::Rint => How::Op(Opcode::Fnearest),
        F::Degrees => How::Scale(180.0 / std::f64::consts::PI),
        F::Radians => How::Scale(std::f64::consts::PI / 180.0),
    }
}

/// The function as arrays compute it, where that is another one than the C library's.
fn array_form(f: MathFn) -> Option<Sym> {
    match f {
        MathFn::Exp => Some(Sym::ArrayExp),
        MathFn::Log => Some(Sym::ArrayLog),
        MathFn::Tanh => Some(Sym::ArrayTanh),
        MathFn::Sin => Some(Sym::ArraySin),
        MathFn::Cos => Some(Sym::ArrayCos),
        MathFn::Tan => Some(Sym::ArrayTan),
        MathFn::Atan => Some(Sym::ArrayAtan),
        MathFn::Atan2 => Some(Sym::ArrayAtan2),
        MathFn::Exp2 => Some(Sym::ArrayExp2),
        MathFn::Expm1 => Some(Sym::ArrayExpm1),
        MathFn::Sinh => Some(Sym::ArraySinh),
        MathFn::Cosh => Some(Sym::ArrayCosh),
        MathFn::Pow => Some(Sym::ArrayPow),
        MathFn::Log1p => Some(Sym::ArrayLog1p),
        MathFn::Log2 => Some(Sym::ArrayLog2),
        MathFn::Log10 => Some(Sym::ArrayLog10),
        _ => None,
    }
}

/// What `math` raises when a result is infinite though no operand was; a NaN from no NaN is always a domain error.
#[derive(Clone, Copy, PartialEq)]
enum Infinite {
    /// Nothing is checked: the function is total.
    Total,
    Domain,
    Range,
    /// Infinity is a plain result.
    Plain,
    /// A pole (domain error) at integers up to 0, else range.
    Gamma,
    /// A pole at a zero base, else range.
    Pow,
}

fn infinite(f: MathFn) -> Infinite {
    use MathFn as F;
    match f {
        F::Atan
        | F::Atan2
        | F::Tanh
        | F::Asinh
        | F::Cbrt
        | F::Erf
        | F::Erfc
        | F::Copysign
        | F::Nextafter
        | F::Fabs
        | F::Floor
        | F::Ceil
        | F::Trunc
        | F::Rint
        | F::Degrees
        | F::Radians
        | F::Hypot => Infinite::Total,
        F::Sin | F::Cos | F::Tan | F::Asin | F::Acos | F::Acosh | F::Atanh | F::Log | F::Log2 | F::Log10 | F::Log1p | F::Sqrt | F::Fmod => Infinite::Domain,
        F::Remainder => Infinite::Plain,
        F::Exp | F::Exp2 | F::Expm1 | F::Sinh | F::Cosh => Infinite::Range,
        F::Gamma | F::Lgamma => Infinite::Gamma,
        F::Pow => Infinite::Pow,
    }
}

impl Cx<'_> {
    pub fn math_fn(&mut self, f: MathFn, ops: &[Operand], errors: bool) -> Res<Value> {
        let Num::Float(m) = self.num(&ops[0])? else { return self.internal(format!("{f:?} of {}", ops[0].ty)) };
        if ops.len() != f.arity() {
            return self.internal(format!("{f:?} of {} operands", ops.len()));
        }
        let args: Words = ops.iter().map(|o| self.word(o)).collect::<Res<_>>()?;
        let r = self.math_value(f, m, &args);
        if errors {
            self.math_errors(f, m, &args, r)?;
        }
        Ok(r)
    }

    fn math_value(&mut self, f: MathFn, m: MTy, args: &[Value]) -> Value {
        let how = match array_form(f) {
            Some(sym) if self.numpy_errors => How::Rt(sym, None),
            _ => how(f),
        };
        match how {
            How::Op(op) => match args {
                [a, b] => self.b.binary(op, *a, *b),
                _ => self.b.unary(op, args[0]),
            },
            How::Rt(_, Some(single)) if m == MTy::F32 => self.b.call_rt(single, args, None)[0],
            How::Rt(double, _) => {
                let wide: Words = args.iter().map(|&a| self.convert_real(a, Num::Float(m), Num::FLOAT64)).collect();
                let r = self.b.call_rt(double, &wide, None)[0];
                self.convert_real(r, Num::FLOAT64, Num::Float(m))
            }
            How::Scale(k) => {
                let k = self.fconst(m, k);
                self.b.binary(Opcode::Fmul, args[0], k)
            }
        }
    }

    /// The error rules of CPython's Modules/mathmodule.c (`math_1`, `math_2`, `is_error`).
    fn math_errors(&mut self, f: MathFn, m: MTy, args: &[Value], r: Value) -> Res<()> {
        let kind = infinite(f);
        if kind == Infinite::Total {
            return Ok(());
        }
        let inf = self.fconst(m, f64::INFINITY);
        let size = self.b.unary(Opcode::Fabs, r);
        let ok = self.b.fcmp(FloatCC::Lt, size, inf);
        self.unless(ok, |cx| {
            let mut given_nan = cx.bool(false);
            let mut given_inf = cx.bool(false);
            for &a in args {
                let nan = cx.b.fcmp(FloatCC::Uno, a, a);
                given_nan = cx.or(given_nan, nan);
                let abs = cx.b.unary(Opcode::Fabs, a);
                let is_inf = cx.b.fcmp(FloatCC::Eq, abs, inf);
                given_inf = cx.or(given_inf, is_inf);
            }
            let real = cx.b.fcmp(FloatCC::Ord, r, r);
            let fine = cx.or(real, given_nan);
            cx.check(fine, "ValueError", "math domain error", &[])?;
            // From here on the result is infinite, or NaN from NaN.
            let excused = cx.or(given_nan, given_inf);
            match kind {
                Infinite::Total | Infinite::Plain => Ok(()),
                Infinite::Domain => cx.check(excused, "ValueError", "math domain error", &[]),
                Infinite::Range => cx.check(excused, "OverflowError", "math range error", &[]),
                Infinite::Gamma | Infinite::Pow => {
                    let zero = cx.fconst(m, 0.0);
                    let no_pole = match kind {
                        Infinite::Gamma => cx.b.fcmp(FloatCC::Gt, args[0], zero),
                        _ => cx.b.fcmp(FloatCC::Ne, args[0], zero),
                    };
                    let no_pole = match kind {
                        Infinite::Gamma => {
                            let floor = cx.b.unary(Opcode::Ffloor, args[0]);
                            let between = cx.b.fcmp(FloatCC::Ne, floor, args[0]);
                            cx.or(no_pole, between)
                        }
                        _ => no_pole,
                    };
                    let fine = cx.or(excused, no_pole);
                    cx.check(fine, "ValueError", "math domain error", &[])?;
                    cx.check(excused, "OverflowError", "math range error", &[])
                }
            }
        })
    }

    // ---- classification -----------------------------------------------------------------------------------------

    pub fn is_nan(&mut self, x: &Operand) -> Res<Value> {
        match self.num(x)? {
            Num::Bool | Num::Int { .. } => Ok(self.bool(false)),
            Num::Float(_) => Ok(self.b.fcmp(FloatCC::Uno, x.words[0], x.words[0])),
            Num::Complex(_) => Ok(self.b.fcmp(FloatCC::Uno, x.words[0], x.words[1])),
        }
    }
    pub fn is_inf(&mut self, x: &Operand) -> Res<Value> {
        self.any_part(x, FloatCC::Eq, false)
    }
    pub fn is_finite(&mut self, x: &Operand) -> Res<Value> {
        self.any_part(x, FloatCC::Lt, true)
    }
    /// `|part| cc infinity` for any part, or for all.
    fn any_part(&mut self, x: &Operand, cc: FloatCC, all: bool) -> Res<Value> {
        if matches!(self.num(x)?, Num::Bool | Num::Int { .. }) {
            return Ok(self.bool(all));
        }
        let mut out = self.bool(all);
        for (i, &w) in x.words.iter().enumerate() {
            let m = self.mty(w);
            let inf = self.fconst(m, f64::INFINITY);
            let abs = self.b.unary(Opcode::Fabs, w);
            let t = self.b.fcmp(cc, abs, inf);
            out = match (i, all) {
                (0, _) => t,
                (_, true) => self.and(out, t),
                (_, false) => self.or(out, t),
            };
        }
        Ok(out)
    }
    pub fn signbit(&mut self, x: &Operand) -> Res<Value> {
        match self.num(x)? {
            Num::Float(m) => {
                let to = if m == MTy::F32 { MTy::I32 } else { MTy::I64 };
                let bits = self.b.convert(Opcode::Bitcast, to, x.words[0]);
                Ok(self.icmp_const(IntCC::Slt, bits, 0))
            }
            Num::Int { signed: true, .. } => Ok(self.icmp_const(IntCC::Slt, x.words[0], 0)),
            Num::Bool | Num::Int { .. } => Ok(self.bool(false)),
            Num::Complex(_) => self.internal("the sign of a complex number"),
        }
    }

    // ---- parts of floats ----------------------------------------------------------------------------------------

    pub fn frexp(&mut self, x: &Operand) -> Res<Words> {
        let num = self.num(x)?;
        let v = self.convert_real(self.word(x)?, num, Num::FLOAT64);
        let mantissa = self.rt1(Sym::FrexpMantissa, v);
        let exponent = self.rt1(Sym::FrexpExponent, v);
        Ok(smallvec![self.convert_real(mantissa, Num::FLOAT64, num), exponent])
    }
    pub fn modf(&mut self, x: &Operand) -> Res<Words> {
        let v = self.word(x)?;
        let m = self.mty(v);
        let whole = self.b.unary(Opcode::Ftrunc, v);
        let rest = self.b.binary(Opcode::Fsub, v, whole);
        // Infinity has no fraction; both parts keep the sign.
        let inf = self.fconst(m, f64::INFINITY);
        let zero = self.fconst(m, 0.0);
        let abs = self.b.unary(Opcode::Fabs, v);
        let is_inf = self.b.fcmp(FloatCC::Eq, abs, inf);
        let rest = self.b.select(is_inf, zero, rest);
        Ok(smallvec![self.b.binary(Opcode::Fcopysign, rest, v), whole])
    }
    pub fn ldexp(&mut self, ops: &[Operand]) -> Res<Value> {
        let num = self.num(&ops[0])?;
        let v = self.word(&ops[0])?;
        let wide = self.convert_real(v, num, Num::FLOAT64);
        let n = self.word(&ops[1])?;
        let r = self.b.call_rt(Sym::Ldexp, &[wide, n], None)[0];
        // As Numba and C: what is too large is infinite.
        Ok(self.convert_real(r, Num::FLOAT64, num))
    }
}
