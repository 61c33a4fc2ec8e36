//! Which floats are known to fit where they become integers.
//!
//! `float_to_sint` gives MIN for what does not fit, and NaN; a saturating conversion does so except above and for NaN. Where a comparison
//! that held on every way to the conversion says that the number is below 2^63 (what `int(x)` tests before it raises), the two
//! are one.

use cranelift_entity::SecondaryMap;
use looplift_mir::{Block, FloatCC, Function, Imm, Inst, Opcode, Terminator, Ty, Value, ValueDef};
use rustc_hash::FxHashSet;

/// Blocks looked at above a conversion, one after the other.
const ABOVE: u32 = 4;
const LIMIT: f64 = 9_223_372_036_854_775_808.0;

/// The conversions to 64 bits of numbers below 2^63.
pub(super) fn conversions(func: &Function, order: &[Block]) -> FxHashSet<Inst> {
    let mut found = FxHashSet::default();
    let mut preds: Option<SecondaryMap<Block, Vec<Block>>> = None;
    for &b in order {
        for (n, &i) in func.blocks[b].insts.iter().enumerate() {
            let d = &func.insts[i];
            if d.op == Opcode::FloatToSint && d.ty == Some(Ty::I64) {
                let preds = preds.get_or_insert_with(|| func.predecessors());
                if is_tested(func, b, n, d.args[0]) || is_tested_above(func, preds, b, d.args[0], ABOVE) {
                    found.insert(i);
                }
            }
        }
    }
    found
}

/// Whether a guard among the first `n` rows of a block says that `v` is below the limit.
fn is_tested(func: &Function, b: Block, n: usize, v: Value) -> bool {
    func.blocks[b].insts[..n].iter().map(|&i| &func.insts[i]).any(|d| d.op == Opcode::Guard && says_so(func, d.args[0], v))
}

/// Whether all ways into a block say so.
fn is_tested_above(func: &Function, preds: &SecondaryMap<Block, Vec<Block>>, b: Block, v: Value, depth: u32) -> bool {
    if depth == 0 || b == func.entry() {
        return false;
    }
    // Above its definition, tests are about what it was an iteration ago.
    let is_home = match func.values[v].def {
        ValueDef::Param(home, _) => home == b,
        ValueDef::Result(i, _) => func.blocks[b].insts.contains(&i),
    };
    !is_home
        && preds[b].iter().all(|&p| {
            let by_branch = match &func.blocks[p].term {
                Terminator::Brif { cond, then, other } => then.block == b && other.block != b && says_so(func, *cond, v),
                Terminator::Jump(_) | Terminator::Return(_) | Terminator::Raise { .. } | Terminator::Propagate { .. } | Terminator::Unreachable => false,
            };
            by_branch || is_tested(func, p, func.blocks[p].insts.len(), v) || is_tested_above(func, preds, p, v, depth - 1)
        })
}

/// Whether `v` is below the limit, and a number, if `cond` is true.
fn says_so(func: &Function, cond: Value, v: Value) -> bool {
    let Some((Opcode::Fcmp, &[a, b], Imm::FCond(cc))) = row(func, cond) else { return false };
    let is_it = |x: Value| x == v || matches!(row(func, x), Some((Opcode::Fabs, &[y], _)) if y == v);
    let below = |limit: Value| match row(func, limit) {
        Some((Opcode::Fconst, _, Imm::Float(bits))) => {
            let limit = if func.ty(limit) == Ty::F32 { f64::from(f32::from_bits(bits as u32)) } else { f64::from_bits(bits) };
            limit < LIMIT || (limit == LIMIT && matches!(cc, FloatCC::Lt | FloatCC::Gt))
        }
        _ => false,
    };
    match cc {
        FloatCC::Lt | FloatCC::Le => is_it(a) && below(b),
        FloatCC::Gt | FloatCC::Ge => is_it(b) && below(a),
        FloatCC::Eq => (a == v && below(b)) || (b == v && below(a)),
        _ => false,
    }
}

fn row(func: &Function, v: Value) -> Option<(Opcode, &[Value], Imm)> {
    match func.values[v].def {
        ValueDef::Result(i, 0) => {
            let d = &func.insts[i];
            Some((d.op, &d.args[..], d.imm))
        }
        ValueDef::Result(..) | ValueDef::Param(..) => None,
    }
}
