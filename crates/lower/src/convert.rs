//! Conversions between types, as words. Which are allowed is inference's decision; only an absent optional used as a value
//! raises (TypeError).
//!
//! Numbers convert as C and NumPy do: integers wrap, floats truncate toward zero (out of range as the machine gives it:
//! the minimum), anything to bool is `!= 0`, complex to real keeps the real part.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::repr::Num;
use looplift_infer::DiagnosticKind;
use looplift_mir::{FloatCC, IntCC, Opcode, Ty as MTy, Value};
use looplift_types::{FloatTy, Literal, Ty, TyKind};
use smallvec::smallvec;

impl Cx<'_> {
    /// The words of type `to` for a value with these words of type `from`.
    pub fn convert(&mut self, w: &[Value], from: Ty, to: Ty) -> Res<Words> {
        if from == to {
            return Ok(w.into());
        }
        if from.is_bottom() {
            return self.zeros(to);
        }
        if to == Ty::float(FloatTy::F16) && to != from {
            let single = self.convert(w, from, Ty::float32())?;
            let bits = self.half_bits(single[0]);
            return Ok(smallvec![self.half_value(bits)]);
        }
        if let (Some(a), Some(b)) = (Num::of(from), Num::of(to)) {
            return Ok(self.convert_number(w, a, b));
        }
        if let TyKind::Literal(l) = from.kind()
            && let Some(n) = Num::of(to)
        {
            return match l {
                Literal::Int(v) => Ok(self.int_const(*v, n)),
                Literal::Bool(v) => Ok(self.int_const(i64::from(*v), n)),
                Literal::Str(_) => self.no_conversion(from, to),
            };
        }
        if let TyKind::CharSeq(_) = from.kind() {
            return self.convert(w, from.unliteral(), to);
        }
        if let TyKind::CharSeq(_) = to.kind() {
            return self.convert(w, from, to.unliteral());
        }
        if let (TyKind::Literal(Literal::Str(s)), TyKind::Str) = (from.kind(), to.kind()) {
            return self.text_const(s);
        }
        if let TyKind::Functions(_) = to.kind() {
            return match (from.kind(), looplift_types::functions::number(from)) {
                (TyKind::Functions(_), _) => Ok(w.into()),
                (_, Some(number)) => Ok(smallvec![self.i64(i64::from(number))]),
                (_, None) => self.no_conversion(from, to),
            };
        }
        if let TyKind::FunctionValue(_) = to.kind()
            && looplift_types::functions::is_callable(from)
        {
            let name = Ty::lit_str("looplift._functions.same");
            let identity = Operand { ty: name, words: Words::new(), iter: None, from: name };
            return self.call_object(&[identity, Operand { ty: from, words: w.into(), iter: None, from }], to);
        }
        // Checks the sizes of what follows, and gives the empty flattenings.
        if self.flat(to)?.is_empty() {
            return Ok(Words::new());
        }
        match (from.kind(), to.kind()) {
            (TyKind::Optional(a), TyKind::Optional(b)) => {
                let mut out: Words = smallvec![w[0]];
                out.extend(self.convert(&w[1..], *a, *b)?);
                Ok(out)
            }
            (TyKind::None, TyKind::Optional(_)) => self.zeros(to),
            (_, TyKind::Optional(b)) => {
                let mut out: Words = smallvec![self.bool(true)];
                out.extend(self.convert(w, from, *b)?);
                Ok(out)
            }
            (TyKind::Optional(a), _) => {
                self.check(w[0], "TypeError", &format!("expected {a}, got None"), &[])?;
                self.convert(&w[1..], *a, to)
            }
            (TyKind::Record(_), TyKind::Record(_)) => Ok(w.into()),
            (_, TyKind::Record(r)) if let Some(elems) = from.tuple_elems().filter(|e| e.len() == r.fields.len()) => self.record_of_tuple(w, elems, r),
            (TyKind::Array(a), TyKind::Array(b)) if a.dtype == b.dtype && a.ndim == b.ndim => Ok(w.into()),
            (TyKind::List(_), TyKind::List(_)) | (TyKind::Set(_), TyKind::Set(_)) | (TyKind::Dict(_), TyKind::Dict(_)) => {
                if from.container_parts() == to.container_parts() || looplift_types::conversion(from, to).is_some() {
                    return Ok(w.into());
                }
                Err(self.error(DiagnosticKind::Typing, "LL0402", format!("a {from} cannot become a {to}: its elements stay as they are; make a new container")))
            }
            // Which of the functions it is.
            (TyKind::Functions(_), TyKind::Int(_)) => Ok(w.into()),
            (TyKind::Dict(_), TyKind::DictView(d, _)) if from.container_parts() == d.container_parts() => Ok(w.into()),
            (TyKind::DictView(a, _), TyKind::DictView(b, _)) if a.container_parts() == b.container_parts() => Ok(w.into()),
            // An address stays an address.
            (TyKind::Pointer(_) | TyKind::Int(_), TyKind::Pointer(_)) | (TyKind::Pointer(_), TyKind::Int(_)) => Ok(w.into()),
            (TyKind::Range(a), TyKind::Range(b)) => self.convert_all(w, &[*a; 3], &[*b; 3]),
            (TyKind::Slice(a), TyKind::Slice(b)) => self.convert_all(w, &[a.start, a.stop, a.step], &[b.start, b.stop, b.step]),
            (TyKind::Gen(_), TyKind::Gen(_)) => Ok(w.into()),
            _ => match (from.parts(), to.parts()) {
                (Some(a), Some(b)) if a.len() == b.len() => self.convert_all(w, a, b),
                _ => self.no_conversion(from, to),
            },
        }
    }

    /// Consecutive values, each converted.
    fn convert_all(&mut self, w: &[Value], from: &[Ty], to: &[Ty]) -> Res<Words> {
        let mut out = Words::new();
        let mut at = 0;
        for (&a, &b) in from.iter().zip(to) {
            let n = self.flat(a)?.len();
            out.extend(self.convert(&w[at..at + n], a, b)?);
            at += n;
        }
        Ok(out)
    }

    fn no_conversion<T>(&self, from: Ty, to: Ty) -> Res<T> {
        self.internal(format!("no conversion from {from} to {to}"))
    }

    /// An integer constant as a number type.
    pub fn int_const(&mut self, v: i64, to: Num) -> Words {
        match to {
            Num::Bool => smallvec![self.bool(v != 0)],
            Num::Int { mty, .. } => smallvec![self.b.iconst(mty, wrap(v, mty))],
            // One rounding for each width.
            Num::Float(MTy::F32) => smallvec![self.b.f32const(v as f32)],
            Num::Float(_) => smallvec![self.b.f64const(v as f64)],
            Num::Complex(MTy::F32) => smallvec![self.b.f32const(v as f32), self.b.f32const(0.0)],
            Num::Complex(_) => smallvec![self.b.f64const(v as f64), self.b.f64const(0.0)],
        }
    }

    pub fn convert_number(&mut self, w: &[Value], from: Num, to: Num) -> Words {
        if from == to {
            return w.into();
        }
        match (from, to) {
            (Num::Complex(p), Num::Complex(q)) => smallvec![self.convert_float(w[0], p, q), self.convert_float(w[1], p, q)],
            (Num::Complex(_), Num::Bool) => {
                let re = self.truth(w[0]);
                let im = self.truth(w[1]);
                smallvec![self.or(re, im)]
            }
            (Num::Complex(p), _) => self.convert_number(&w[..1], Num::Float(p), to),
            (_, Num::Complex(q)) => {
                let mut out = self.convert_number(w, from, Num::Float(q));
                out.push(self.fconst(q, 0.0));
                out
            }
            _ => smallvec![self.convert_real(w[0], from, to)],
        }
    }

    /// The bits of a number as another type of the same size.
    pub fn bitcast(&mut self, x: &crate::inst::Operand, to: Ty) -> Res<Value> {
        let (word, want) = (self.word(x)?, self.one_word(to)?);
        let from = self.mty(word);
        match (from == want, from.bytes() == want.bytes()) {
            (true, _) => Ok(word),
            (false, true) => Ok(self.b.convert(Opcode::Bitcast, want, word)),
            _ => self.internal(format!("the bits of {} as {to}", x.ty)),
        }
    }

    /// Real numbers, one word.
    pub fn convert_real(&mut self, v: Value, from: Num, to: Num) -> Value {
        match (from, to) {
            (_, Num::Bool) => self.truth(v),
            (Num::Bool, Num::Int { mty, .. }) => self.resize(v, mty, false),
            (Num::Int { signed, .. }, Num::Int { mty, .. }) => self.resize(v, mty, signed),
            (Num::Bool, Num::Float(f)) => {
                let wide = self.resize(v, MTy::I32, false);
                self.b.convert(Opcode::SintToFloat, f, wide)
            }
            (Num::Int { mty: m, signed }, Num::Float(f)) => {
                let narrow = m.bits() < 32;
                let wide = if narrow { self.resize(v, MTy::I32, signed) } else { v };
                let op = if signed || narrow { Opcode::SintToFloat } else { Opcode::UintToFloat };
                self.b.convert(op, f, wide)
            }
            (Num::Float(_), Num::Int { mty, signed }) => match (mty, signed) {
                (MTy::I64, false) => self.b.convert(Opcode::FloatToUint, MTy::I64, v),
                (MTy::I64, true) | (MTy::I32, true) => self.b.convert(Opcode::FloatToSint, mty, v),
                (MTy::I32, false) => {
                    let wide = self.b.convert(Opcode::FloatToSint, MTy::I64, v);
                    self.b.convert(Opcode::Ireduce, MTy::I32, wide)
                }
                _ => {
                    let wide = self.b.convert(Opcode::FloatToSint, MTy::I32, v);
                    self.b.convert(Opcode::Ireduce, mty, wide)
                }
            },
            (Num::Float(a), Num::Float(b)) => self.convert_float(v, a, b),
            (Num::Complex(_), _) | (_, Num::Complex(_)) => v,
        }
    }

    fn convert_float(&mut self, v: Value, from: MTy, to: MTy) -> Value {
        match (from, to) {
            (MTy::F32, MTy::F64) => self.b.convert(Opcode::Fpromote, to, v),
            (MTy::F64, MTy::F32) => self.b.convert(Opcode::Fdemote, to, v),
            _ => v,
        }
    }

    /// An integer word in another width.
    pub fn resize(&mut self, v: Value, to: MTy, signed: bool) -> Value {
        let from = self.mty(v);
        if from == to {
            return v;
        }
        if let Some(n) = self.const_int(v) {
            let n = if signed { wrap(n, from) } else { mask(n, from) };
            return self.b.iconst(to, wrap(n, to));
        }
        let op = match (to.bits() > from.bits(), signed) {
            (true, true) => Opcode::Sext,
            (true, false) => Opcode::Zext,
            (false, _) => Opcode::Ireduce,
        };
        self.b.convert(op, to, v)
    }

    /// `v != 0` for an integer or float word (NaN is true).
    pub fn truth(&mut self, v: Value) -> Value {
        let ty = self.mty(v);
        let zero = self.zero(ty);
        if ty.is_float() { self.b.fcmp(FloatCC::Ne, v, zero) } else { self.b.icmp(IntCC::Ne, v, zero) }
    }
}

/// The value that the low bits of `v` have as a signed integer.
pub(crate) fn wrap(v: i64, ty: MTy) -> i64 {
    let unused = 64 - ty.bits();
    v << unused >> unused
}

/// The value that the low bits of `v` have as an unsigned integer.
fn mask(v: i64, ty: MTy) -> i64 {
    let unused = 64 - ty.bits();
    (((v as u64) << unused) >> unused) as i64
}
