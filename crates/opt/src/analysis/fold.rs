//! Evaluates rows on constants, exactly as machine code would.

use crate::analysis::edit::{sign_extend, zero_extend};
use looplift_mir::eval::eval;
use looplift_mir::*;
use smallvec::{SmallVec, smallvec};

/// A known value: integers sign-extended from their width, floats by bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Const {
    Int(i64),
    Float(u64),
}

/// The constant a value is.
pub fn constant(func: &Function, v: Value) -> Option<Const> {
    let ValueDef::Result(i, _) = func.values[v].def else { return None };
    match (func.insts[i].op, func.insts[i].imm) {
        (Opcode::Iconst, Imm::Int(n)) => Some(Const::Int(sign_extend(n, func.ty(v)))),
        (Opcode::Fconst, Imm::Float(b)) => Some(Const::Float(b)),
        _ => None,
    }
}

/// The result of `op` on operands of type `ty` (the first operand's), giving `to`; `None` when not known at compile time.
pub fn fold(op: Opcode, imm: Imm, ty: Ty, to: Ty, args: &[Const]) -> Option<Const> {
    if let (Opcode::Select, &[c, a, b]) = (op, args) {
        // Operands of two types.
        return Some(if c == Const::Int(0) { b } else { a });
    }
    let words: SmallVec<[u64; 4]> = args
        .iter()
        .enumerate()
        .map(|(n, c)| match *c {
            Const::Int(v) if n == 1 && op.row().rule == TypeRule::Shift => v as u64,
            Const::Int(v) => zero_extend(v, ty),
            Const::Float(b) => b,
        })
        .collect();
    let mut types: SmallVec<[Ty; 4]> = smallvec![ty; args.len()];
    if op.row().rule == TypeRule::Shift {
        types[1] = Ty::I64;
    }
    let result_ty = match op.row().rule {
        TypeRule::Convert => Some(to),
        TypeRule::Nullary | TypeRule::Same | TypeRule::Compare | TypeRule::Select | TypeRule::Load | TypeRule::Store | TypeRule::Shift | TypeRule::Special => {
            None
        }
    };
    let v = eval(op, result_ty, imm, &types, &words)?;
    match to {
        // Which NaN comes out is the machine's choice.
        Ty::F32 => (!f32::from_bits(v as u32).is_nan() || op == Opcode::Bitcast).then_some(Const::Float(v)),
        Ty::F64 => (!f64::from_bits(v).is_nan() || op == Opcode::Bitcast).then_some(Const::Float(v)),
        _ => Some(Const::Int(sign_extend(v as i64, to))),
    }
}
