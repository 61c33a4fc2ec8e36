//! Comparisons, truth, identity. Mixed pairs compare exactly: by value, not after rounding or wrapping.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::repr::{ArrayWords, Num};
use looplift_mir::{FloatCC, IntCC, Opcode, Ty as MTy, Value};
use looplift_types::{Ty, TyKind};

/// The conditions by name.
pub(crate) fn condition(name: &str) -> Option<IntCC> {
    Some(match name {
        "<" => IntCC::Slt,
        "<=" => IntCC::Sle,
        "==" => IntCC::Eq,
        "!=" => IntCC::Ne,
        ">" => IntCC::Sgt,
        ">=" => IntCC::Sge,
        _ => return None,
    })
}
fn unsigned(cc: IntCC) -> IntCC {
    match cc {
        IntCC::Slt => IntCC::Ult,
        IntCC::Sle => IntCC::Ule,
        IntCC::Sgt => IntCC::Ugt,
        IntCC::Sge => IntCC::Uge,
        same => same,
    }
}
fn float(cc: IntCC) -> FloatCC {
    match cc {
        IntCC::Eq => FloatCC::Eq,
        IntCC::Ne => FloatCC::Ne,
        IntCC::Slt | IntCC::Ult => FloatCC::Lt,
        IntCC::Sle | IntCC::Ule => FloatCC::Le,
        IntCC::Sgt | IntCC::Ugt => FloatCC::Gt,
        IntCC::Sge | IntCC::Uge => FloatCC::Ge,
    }
}
fn swapped(cc: IntCC) -> IntCC {
    match cc {
        IntCC::Slt => IntCC::Sgt,
        IntCC::Sle => IntCC::Sge,
        IntCC::Sgt => IntCC::Slt,
        IntCC::Sge => IntCC::Sle,
        IntCC::Ult => IntCC::Ugt,
        IntCC::Ule => IntCC::Uge,
        IntCC::Ugt => IntCC::Ult,
        IntCC::Uge => IntCC::Ule,
        same => same,
    }
}

impl Cx<'_> {
    pub fn compare(&mut self, cc: IntCC, ops: &[Operand]) -> Res<Value> {
        if let (Some(a), Some(b)) = (ops[0].ty.as_optional(), ops[1].ty.as_optional()) {
            return self.compare_optional(cc, (a, &ops[0].words), (b, &ops[1].words));
        }
        let (a, b) = (self.num(&ops[0])?, self.num(&ops[1])?);
        self.check_was_exact(&ops[0])?;
        self.check_was_exact(&ops[1])?;
        self.compare_numbers(cc, &ops[0].words, a, &ops[1].words, b)
    }

    /// Equality where either may be None, which equals None alone.
    fn compare_optional(&mut self, cc: IntCC, (a, x): (Ty, &[Value]), (b, y): (Ty, &[Value])) -> Res<Value> {
        let (Some(p), Some(q), IntCC::Eq | IntCC::Ne) = (Num::of(a), Num::of(b), cc) else {
            return self.unsupported(format!("comparing optional values of types {a} and {b}"));
        };
        let same = self.compare_numbers(IntCC::Eq, &x[1..], p, &y[1..], q)?;
        let both = self.and(x[0], y[0]);
        let either = self.or(x[0], y[0]);
        let neither = self.not(either);
        let values = self.and(both, same);
        let equal = self.or(neither, values);
        Ok(if cc == IntCC::Eq { equal } else { self.not(equal) })
    }

    /// `cc` is one of the signed conditions, `Eq` or `Ne`.
    pub fn compare_numbers(&mut self, cc: IntCC, x: &[Value], a: Num, y: &[Value], b: Num) -> Res<Value> {
        Ok(match (a, b) {
            (Num::Complex(_), Num::Complex(_)) => {
                let (parts, join) = match cc {
                    IntCC::Eq => (FloatCC::Eq, Opcode::Band),
                    IntCC::Ne => (FloatCC::Ne, Opcode::Bor),
                    _ => return self.internal("an order of complex numbers"),
                };
                let re = self.b.fcmp(parts, x[0], y[0]);
                let im = self.b.fcmp(parts, x[1], y[1]);
                self.b.binary(join, re, im)
            }
            (Num::Complex(_), _) => {
                let y = self.convert_number(y, b, a);
                return self.compare_numbers(cc, x, a, &y, a);
            }
            (_, Num::Complex(_)) => {
                let x = self.convert_number(x, a, b);
                return self.compare_numbers(cc, &x, b, y, b);
            }
            (Num::Float(m), Num::Float(n)) => {
                let wide = if m == n { m } else { MTy::F64 };
                let x = self.convert_real(x[0], a, Num::Float(wide));
                let y = self.convert_real(y[0], b, Num::Float(wide));
                self.b.fcmp(float(cc), x, y)
            }
            (Num::Float(_), _) => return self.compare_int_float(swapped(cc), y[0], b, x[0], a),
            (_, Num::Float(_)) => return self.compare_int_float(cc, x[0], a, y[0], b),
            (Num::Bool | Num::Int { .. }, Num::Bool | Num::Int { .. }) => self.compare_ints(cc, x[0], a, y[0], b),
        })
    }

    fn compare_ints(&mut self, cc: IntCC, x: Value, a: Num, y: Value, b: Num) -> Value {
        let signed = |n| matches!(n, Num::Int { signed: true, .. });
        let is_u64 = |n| n == Num::Int { mty: MTy::I64, signed: false };
        if a == b {
            return self.b.icmp(if signed(a) { cc } else { unsigned(cc) }, x, y);
        }
        if is_u64(a) || is_u64(b) {
            let x = self.resize(x, MTy::I64, signed(a));
            let y = self.resize(y, MTy::I64, signed(b));
            // As unsigned numbers, unless the signed side is negative: then it is below everything.
            let below = unsigned(cc);
            let plain = self.b.icmp(below, x, y);
            let (negative, answer) = match (signed(a), signed(b)) {
                (true, _) => (x, matches!(cc, IntCC::Slt | IntCC::Sle | IntCC::Ne)),
                (_, true) => (y, matches!(cc, IntCC::Sgt | IntCC::Sge | IntCC::Ne)),
                _ => return plain,
            };
            let neg = self.icmp_const(IntCC::Slt, negative, 0);
            return if answer {
                self.or(neg, plain)
            } else {
                let not = self.not(neg);
                self.and(not, plain)
            };
        }
        // Both fit in int64.
        let x = self.resize(x, MTy::I64, signed(a));
        let y = self.resize(y, MTy::I64, signed(b));
        self.b.icmp(cc, x, y)
    }

    /// An integer against a float, exactly, as Python compares them.
    fn compare_int_float(&mut self, cc: IntCC, i: Value, a: Num, f: Value, b: Num) -> Res<Value> {
        let f = self.convert_real(f, b, Num::FLOAT64);
        let (narrow, signed) = match a {
            Num::Bool => (true, false),
            Num::Int { mty, signed } => (mty != MTy::I64, signed),
            Num::Float(_) | Num::Complex(_) => return self.internal("an integer is expected"),
        };
        if narrow {
            // Every value is a double.
            let x = self.convert_real(i, a, Num::FLOAT64);
            return Ok(self.b.fcmp(float(cc), x, f));
        }
        // Compare the rounded integer first. It can only be wrong when both are equal as doubles; then f is an integer,
        // and comparing as integers decides, unless f is 2**63 (2**64), which is above every integer of the type.
        let x = self.convert_real(i, a, Num::FLOAT64);
        let rounded = self.b.fcmp(float(cc), x, f);
        let tie = self.b.fcmp(FloatCC::Eq, x, f);
        let top = self.fconst(MTy::F64, if signed { 9_223_372_036_854_775_808.0 } else { 18_446_744_073_709_551_616.0 });
        let above = self.b.fcmp(FloatCC::Ge, f, top);
        let whole = self.b.convert(if signed { Opcode::FloatToSint } else { Opcode::FloatToUint }, MTy::I64, f);
        let exact = self.b.icmp(if signed { cc } else { unsigned(cc) }, i, whole);
        let below = self.bool(matches!(cc, IntCC::Slt | IntCC::Sle | IntCC::Ne));
        let tied = self.b.select(above, below, exact);
        Ok(self.b.select(tie, tied, rounded))
    }

    // ---- truth --------------------------------------------------------------------------------------------------

    /// The second operand where the first is true, else the third: both have been computed.
    pub fn choose(&mut self, ops: &[Operand]) -> Res<Words> {
        let condition = self.to_bool(&ops[0])?;
        Ok(ops[1].words.iter().zip(&ops[2].words).map(|(&a, &b)| self.b.select(condition, a, b)).collect())
    }

    #[expect(clippy::wrong_self_convention, reason = "the translator makes code, the operand is converted")]
    pub fn to_bool(&mut self, x: &Operand) -> Res<Value> {
        self.truth_of(x.ty, &x.words)
    }

    fn truth_of(&mut self, ty: looplift_types::Ty, w: &[Value]) -> Res<Value> {
        if let Some(num) = Num::of(ty) {
            return Ok(match num {
                Num::Bool => w[0],
                Num::Int { .. } | Num::Float(_) => self.truth(w[0]),
                Num::Complex(_) => self.convert_number(w, num, Num::Bool)[0],
            });
        }
        match ty.kind() {
            TyKind::Optional(inner) => {
                let some = self.truth_of(*inner, &w[1..])?;
                Ok(self.and(w[0], some))
            }
            TyKind::Range(of) => {
                let n = self.range_len(*of, w[0], w[1], w[2])?;
                Ok(self.truth(n))
            }
            TyKind::Str | TyKind::Bytes => {
                let n = self.text_len(w[0]);
                Ok(self.truth(n))
            }
            TyKind::None => Ok(self.bool(false)),
            TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_) | TyKind::DictView(..) => {
                let n = self.length(w[0]);
                Ok(self.truth(n))
            }
            TyKind::Array(a) => {
                let shape = ArrayWords { ndim: a.ndim.into() };
                let mut size = self.i64(1);
                for d in 0..usize::from(a.ndim) {
                    size = self.mul(w[shape.shape(d)], size);
                }
                let ok = self.icmp_const(IntCC::Sge, size, 1);
                self.check(ok, "ValueError", "The truth value of an empty array is ambiguous. Use `array.size > 0` to check that an array is not empty.", &[])?;
                let ok = self.icmp_const(IntCC::Sle, size, 1);
                let text = "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()";
                self.check(ok, "ValueError", text, &[])?;
                let item = self.load_element(*a, w[ArrayWords::DATA])?;
                self.truth_of(a.dtype, &item)
            }
            _ => match ty.tuple_elems() {
                Some(e) => Ok(self.bool(!e.is_empty())),
                None => self.internal(format!("the truth of {ty}")),
            },
        }
    }

    // ---- identity -----------------------------------------------------------------------------------------------

    /// `found`, or its negation when the operator says `not in`.
    pub fn membership(&mut self, found: Value, operator: &Operand) -> Res<Value> {
        Ok(if self.text(operator)? == "not in" { self.not(found) } else { found })
    }
    pub fn is(&mut self, ops: &[Operand]) -> Res<Value> {
        let negated = self.text(&ops[2])? == "is not";
        let (x, y) = (&ops[0], &ops[1]);
        let same = match (x.ty.kind(), y.ty.kind()) {
            (TyKind::Optional(_), TyKind::None) => self.not(x.words[0]),
            (TyKind::None, TyKind::Optional(_)) => self.not(y.words[0]),
            (TyKind::Bool, TyKind::Bool) => self.b.icmp(IntCC::Eq, x.words[0], y.words[0]),
            (TyKind::Array(a), TyKind::Array(b)) if a.ndim == b.ndim && a.dtype == b.dtype => {
                let mut all = self.b.icmp(IntCC::Eq, x.words[ArrayWords::DATA], y.words[ArrayWords::DATA]);
                for (&p, &q) in x.words[2..].iter().zip(&y.words[2..]) {
                    let eq = self.b.icmp(IntCC::Eq, p, q);
                    all = self.and(all, eq);
                }
                all
            }
            (TyKind::Pointer(_), TyKind::Pointer(_)) => self.b.icmp(IntCC::Eq, x.words[0], y.words[0]),
            (TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_), TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_)) => {
                self.b.icmp(IntCC::Eq, x.words[0], y.words[0])
            }
            (TyKind::Instance(_), TyKind::Instance(_)) => self.b.icmp(IntCC::Eq, x.words[0], y.words[0]),
            (TyKind::Optional(a), TyKind::Optional(b)) if a == b && matches!(a.kind(), TyKind::Instance(_)) => {
                let flags = self.b.icmp(IntCC::Eq, x.words[0], y.words[0]);
                let blocks = self.b.icmp(IntCC::Eq, x.words[1], y.words[1]);
                self.and(flags, blocks)
            }
            (a, b) if a == b && x.words.is_empty() => self.bool(true),
            _ => return self.unsupported(format!("the identity of {} and {}", x.ty, y.ty)),
        };
        Ok(if negated { self.not(same) } else { same })
    }
}
