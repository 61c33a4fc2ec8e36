//! Typing rules of operators on numbers, as Numba has them: which type the operands are converted to and what results.
//!
//! Integers compute in 64 bits and are signed if either operand is; `bool` counts as `int64`; integers and float32 meet in
//! float32 up to 16 bits, else in float64.

use crate::Prim;
use looplift_types::join::join_numbers;
use looplift_types::{ComplexTy, FloatTy, Ty, TyKind};

/// The types a number operation works with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub prim: Prim,
    pub params: Vec<Ty>,
    pub result: Ty,
}

fn rule(prim: Prim, params: impl Into<Vec<Ty>>, result: Ty) -> Option<Rule> {
    Some(Rule { prim, params: params.into(), result })
}

/// The 64-bit integer type in which an integer or bool computes.
pub fn machine_int(t: Ty) -> Option<Ty> {
    match t.kind() {
        TyKind::Bool => Some(Ty::int64()),
        TyKind::Int(i) => Some(Ty::int(64, i.signed)),
        _ => None,
    }
}

fn int_pair(a: Ty, b: Ty) -> Option<Ty> {
    let (a, b) = (machine_int(a)?, machine_int(b)?);
    Some(if a == b { a } else { Ty::int64() })
}

/// The float or complex type in which two numbers meet when at least one is not an integer.
fn float_pair(a: Ty, b: Ty) -> Option<Ty> {
    let t = join_numbers(a, b);
    match t.kind() {
        TyKind::Float(FloatTy::F16) => Some(Ty::float32()),
        TyKind::Float(_) | TyKind::Complex(_) => Some(t),
        _ => None,
    }
}

fn arith_type(a: Ty, b: Ty) -> Option<Ty> {
    int_pair(a, b).or_else(|| float_pair(a, b))
}

/// A binary operator (`Add` … `Xor`, `Lt` … `Ge`, `DivMod`) on two numbers; `None` when there is none for these types.
pub fn binary(op: Prim, a: Ty, b: Ty) -> Option<Rule> {
    if !a.is_number() || !b.is_number() {
        return None;
    }
    match op {
        Prim::Add | Prim::Sub | Prim::Mul => {
            let t = arith_type(a, b)?;
            rule(op, [t, t], t)
        }
        Prim::TrueDiv => {
            let t = if int_pair(a, b).is_some() { Ty::float64() } else { float_pair(a, b)? };
            rule(op, [t, t], t)
        }
        Prim::FloorDiv | Prim::Mod => {
            let t = arith_type(a, b)?;
            if t.as_complex().is_some() { None } else { rule(op, [t, t], t) }
        }
        Prim::DivMod => {
            let t = arith_type(a, b)?;
            if t.as_complex().is_some() { None } else { rule(op, [t, t], Ty::tuple([t, t])) }
        }
        Prim::Pow => {
            if let Some(t) = int_pair(a, b) {
                return rule(op, [t, t], t);
            }
            if let (TyKind::Float(_), Some(exponent)) = (a.kind(), machine_int(b)) {
                let base = if a == Ty::float(FloatTy::F16) { Ty::float32() } else { a };
                // An unsigned exponent beyond int64 would be infinite or one anyway: computed in floats.
                return if exponent == Ty::uint64() { rule(op, [base, base], base) } else { rule(op, [base, Ty::int64()], base) };
            }
            let t = float_pair(a, b)?;
            rule(op, [t, t], t)
        }
        Prim::LShift | Prim::RShift => {
            let t = machine_int(a)?;
            machine_int(b)?;
            rule(op, [t, t], t)
        }
        Prim::BitAnd | Prim::BitOr | Prim::BitXor => {
            let t = if a == Ty::bool() && b == Ty::bool() { a } else { int_pair(a, b)? };
            rule(op, [t, t], t)
        }
        Prim::Lt | Prim::Le | Prim::Gt | Prim::Ge | Prim::Eq | Prim::Ne => {
            let (x, y) = comparison_types(a, b)?;
            if x.as_complex().is_some() && !matches!(op, Prim::Eq | Prim::Ne) {
                return None;
            }
            rule(op, [x, y], Ty::bool())
        }
        _ => None,
    }
}

/// What two numbers are converted to before they are compared: one type, or an exact int64/uint64 pair.
pub fn comparison_types(a: Ty, b: Ty) -> Option<(Ty, Ty)> {
    if a == Ty::bool() && b == Ty::bool() {
        return Some((a, b));
    }
    match (machine_int(a), machine_int(b)) {
        // A narrower unsigned type fits int64.
        (Some(x), Some(y)) if x != y => {
            let fits = |t: Ty| t.as_int().is_none_or(|i| i.signed || i.bits < 64);
            Some(if fits(a) && fits(b) { (Ty::int64(), Ty::int64()) } else { (x, y) })
        }
        (Some(x), Some(y)) => Some((x, y)),
        _ => {
            let t = float_pair(a, b)?;
            Some((t, t))
        }
    }
}

/// A unary operator (`Neg`, `Pos`, `Invert`) or `Abs`.
pub fn unary(op: Prim, a: Ty) -> Option<Rule> {
    match (op, a.kind()) {
        (Prim::Invert, TyKind::Bool) => rule(Prim::Not, [a], a),
        // In its own width, as in NumPy; the result is widened.
        (Prim::Invert, TyKind::Int(i)) if !i.signed => rule(op, [a], machine_int(a)?),
        (Prim::Invert, TyKind::Int(_)) => {
            let t = machine_int(a)?;
            rule(op, [t], t)
        }
        // Wraps around in its own width, as in NumPy.
        (Prim::Neg, TyKind::Int(i)) if !i.signed => rule(op, [a], a),
        (Prim::Neg | Prim::Pos, TyKind::Bool | TyKind::Int(_)) => {
            let t = machine_int(a)?;
            rule(op, [t], t)
        }
        (Prim::Neg | Prim::Pos, TyKind::Float(_) | TyKind::Complex(_)) => rule(op, [a], a),
        (Prim::Abs, TyKind::Bool) => rule(op, [Ty::int64()], Ty::int64()),
        (Prim::Abs, TyKind::Int(_) | TyKind::Float(_)) => rule(op, [a], a),
        (Prim::Abs, TyKind::Complex(c)) => rule(op, [a], Ty::float(c.part())),
        _ => None,
    }
}

/// The float type in which `math` computes a number; `None` for complex.
pub fn math_float(t: Ty) -> Option<Ty> {
    match t.kind() {
        TyKind::Bool | TyKind::Int(_) | TyKind::Float(FloatTy::F64) => Some(Ty::float64()),
        TyKind::Float(FloatTy::F16 | FloatTy::F32) => Some(Ty::float32()),
        _ => None,
    }
}

/// The inexact type in which a NumPy function computes a number: small integers in float32.
pub fn numpy_inexact(t: Ty) -> Option<Ty> {
    match t.kind() {
        TyKind::Bool => Some(Ty::float32()),
        TyKind::Int(i) => Some(if i.bits <= 16 { Ty::float32() } else { Ty::float64() }),
        TyKind::Float(FloatTy::F16) => Some(Ty::float32()),
        TyKind::Float(_) | TyKind::Complex(_) => Some(t),
        _ => None,
    }
}

/// The complex type whose parts are this float type.
pub fn complex_of(part: Ty) -> Ty {
    if part == Ty::float32() { Ty::complex(ComplexTy::C64) } else { Ty::complex128() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use looplift_types::parse_type;

    /// Result and operand types as Numba 0.68 resolves them, except exact int64/uint64 comparisons and float division
    /// (whose operands are converted here already).
    #[test]
    fn binary_table() {
        let rows = [
            (Prim::Add, "int8", "int8", "int64 <- int64, int64"),
            (Prim::Add, "bool", "bool", "int64 <- int64, int64"),
            (Prim::Add, "uint8", "uint8", "uint64 <- uint64, uint64"),
            (Prim::Add, "int32", "int64", "int64 <- int64, int64"),
            (Prim::Add, "uint64", "int64", "int64 <- int64, int64"),
            (Prim::Mul, "uint64", "uint32", "uint64 <- uint64, uint64"),
            (Prim::Sub, "float32", "int8", "float32 <- float32, float32"),
            (Prim::Sub, "float32", "int32", "float64 <- float64, float64"),
            (Prim::Sub, "float32", "float32", "float32 <- float32, float32"),
            (Prim::Add, "int64", "complex64", "complex128 <- complex128, complex128"),
            (Prim::Add, "float32", "complex64", "complex64 <- complex64, complex64"),
            (Prim::TrueDiv, "int64", "int64", "float64 <- float64, float64"),
            (Prim::TrueDiv, "int8", "float32", "float32 <- float32, float32"),
            (Prim::FloorDiv, "int64", "int64", "int64 <- int64, int64"),
            (Prim::FloorDiv, "int64", "float64", "float64 <- float64, float64"),
            (Prim::Mod, "complex64", "int64", "-"),
            (Prim::Pow, "int64", "int64", "int64 <- int64, int64"),
            (Prim::Pow, "float64", "int64", "float64 <- float64, int64"),
            (Prim::Pow, "float32", "int64", "float32 <- float32, int64"),
            (Prim::Pow, "float32", "float64", "float64 <- float64, float64"),
            (Prim::Pow, "int64", "float64", "float64 <- float64, float64"),
            (Prim::RShift, "uint64", "int64", "uint64 <- uint64, uint64"),
            (Prim::LShift, "int8", "uint64", "int64 <- int64, int64"),
            (Prim::LShift, "float64", "int64", "-"),
            (Prim::BitAnd, "bool", "bool", "bool <- bool, bool"),
            (Prim::BitAnd, "bool", "int8", "int64 <- int64, int64"),
            (Prim::BitOr, "float64", "int8", "-"),
            (Prim::Lt, "int64", "uint64", "bool <- int64, uint64"),
            (Prim::Lt, "int64", "uint32", "bool <- int64, int64"),
            (Prim::Lt, "int64", "float64", "bool <- float64, float64"),
            (Prim::Lt, "complex64", "float64", "-"),
            (Prim::Eq, "complex64", "float64", "bool <- complex128, complex128"),
            (Prim::DivMod, "int64", "float64", "UniTuple(float64 x 2) <- float64, float64"),
        ];
        for (op, a, b, want) in rows {
            let got = binary(op, parse_type(a).unwrap(), parse_type(b).unwrap())
                .map_or("-".to_string(), |r| format!("{} <- {}, {}", r.result, r.params[0], r.params[1]));
            assert_eq!(got, want, "{op:?} {a} {b}");
        }
    }

    #[test]
    fn unary_table() {
        let rows = [
            (Prim::Neg, "bool", "Neg int64"),
            (Prim::Neg, "uint8", "Neg uint8"),
            (Prim::Neg, "float32", "Neg float32"),
            (Prim::Pos, "int8", "Pos int64"),
            (Prim::Invert, "bool", "Not bool"),
            (Prim::Invert, "int32", "Invert int64"),
            (Prim::Invert, "float64", "-"),
            (Prim::Abs, "int8", "Abs int8"),
            (Prim::Abs, "complex64", "Abs float32"),
        ];
        for (op, a, want) in rows {
            let got = unary(op, parse_type(a).unwrap()).map_or("-".to_string(), |r| format!("{:?} {}", r.prim, r.result));
            assert_eq!(got, want, "{op:?} {a}");
        }
    }
}
