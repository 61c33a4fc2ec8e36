//! Algebraic identities, one instruction at a time: a row on operands of a known form becomes an operand or a cheaper row.
//!
//! Canonical forms that other passes rely on: constants are the second operand; `x - c` is `x + -c`; floor division and
//! remainder by a power of two are shift and mask; multiplication by a power of two is a shift, by 3, 5 and 9 a shift and
//! an addition; negated comparisons are comparisons; branches test comparisons, not their negation.

use crate::analysis::edit::{Emitter, const_int, def_inst, def_of};
use crate::analysis::effects::is_speculable;
use crate::analysis::fold::{Const, constant, fold};
use crate::analysis::texts;
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::{EntityRef, SecondaryMap};
use looplift_abi::symbols::Sym;
use looplift_mir::*;
use smallvec::SmallVec;

/// New rows may simplify further; this many rounds at most.
const ROUNDS: usize = 4;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    let mut changed = func.tidy_layout();
    for _ in 0..ROUNDS {
        if !round(func) {
            break;
        }
        changed = true;
    }
    changed.into()
}

fn round(func: &mut Function) -> bool {
    let mut to: SecondaryMap<Value, u32> = SecondaryMap::with_default(u32::MAX);
    let resolve = |to: &SecondaryMap<Value, u32>, mut v: Value| {
        while to[v] != u32::MAX {
            v = Value::new(to[v] as usize);
        }
        v
    };
    let (mut changed, mut replaced) = (false, false);
    for n in 0..func.layout.len() {
        let b = func.layout[n];
        let insts = std::mem::take(&mut func.blocks[b].insts);
        let mut e = Emitter { func, out: Vec::with_capacity(insts.len()), span: SpanId::new(0) };
        for i in insts {
            if replaced {
                for k in 0..e.func.insts[i].args.len() {
                    let a = e.func.insts[i].args[k];
                    e.func.insts[i].args[k] = resolve(&to, a);
                }
            }
            changed |= canonical(e.func, i);
            e.span = e.func.insts[i].span;
            match simplify(&mut e, i) {
                Some(v) => {
                    let old = e.func.result(i);
                    to[old] = v.index() as u32;
                    replaced = true;
                    changed = true;
                }
                None => e.keep(i),
            }
        }
        let out = e.out;
        func.blocks[b].insts = out;
        changed |= simplify_branch(func, b);
    }
    if replaced {
        func.map_uses(|v| resolve(&to, v));
    }
    changed
}

/// Constants to the right.
fn canonical(func: &mut Function, i: Inst) -> bool {
    let d = &func.insts[i];
    if d.args.len() != 2 || constant(func, d.args[0]).is_none() || constant(func, d.args[1]).is_some() {
        return false;
    }
    let imm = match d.imm {
        Imm::ICond(cc) => Imm::ICond(swap(cc)),
        Imm::None if d.op.row().commutative => Imm::None,
        _ => return false,
    };
    let d = &mut func.insts[i];
    d.args.swap(0, 1);
    d.imm = imm;
    true
}

/// The condition with operands exchanged.
pub fn swap(cc: IntCC) -> IntCC {
    match cc {
        IntCC::Eq | IntCC::Ne => cc,
        IntCC::Slt => IntCC::Sgt,
        IntCC::Sle => IntCC::Sge,
        IntCC::Sgt => IntCC::Slt,
        IntCC::Sge => IntCC::Sle,
        IntCC::Ult => IntCC::Ugt,
        IntCC::Ule => IntCC::Uge,
        IntCC::Ugt => IntCC::Ult,
        IntCC::Uge => IntCC::Ule,
    }
}
/// The opposite condition.
pub fn invert(cc: IntCC) -> IntCC {
    match cc {
        IntCC::Eq => IntCC::Ne,
        IntCC::Ne => IntCC::Eq,
        IntCC::Slt => IntCC::Sge,
        IntCC::Sle => IntCC::Sgt,
        IntCC::Sgt => IntCC::Sle,
        IntCC::Sge => IntCC::Slt,
        IntCC::Ult => IntCC::Uge,
        IntCC::Ule => IntCC::Ugt,
        IntCC::Ugt => IntCC::Ule,
        IntCC::Uge => IntCC::Ult,
    }
}
/// The opposite float condition, where there is one (NaN).
fn invert_float(cc: FloatCC) -> Option<FloatCC> {
    match cc {
        FloatCC::Eq => Some(FloatCC::Ne),
        FloatCC::Ne => Some(FloatCC::Eq),
        FloatCC::Ord => Some(FloatCC::Uno),
        FloatCC::Uno => Some(FloatCC::Ord),
        FloatCC::Lt | FloatCC::Le | FloatCC::Gt | FloatCC::Ge => None,
    }
}

/// Whether an i8 is certainly 0 or 1.
fn is_bool(func: &Function, v: Value) -> bool {
    is_bool_to(func, v, 4)
}
fn is_bool_to(func: &Function, v: Value, depth: u32) -> bool {
    let Some(i) = def_inst(func, v) else { return false };
    match func.insts[i].op {
        Opcode::Icmp | Opcode::Fcmp | Opcode::FcmpBoth | Opcode::FcmpEither => true,
        Opcode::Band | Opcode::Bor | Opcode::Bxor if depth > 0 => func.insts[i].args.iter().all(|&a| is_bool_to(func, a, depth - 1)),
        _ => matches!(const_int(func, v), Some(0 | 1)),
    }
}

/// The condition whose negation `v` is: `bxor(c, 1)` or `icmp eq c, 0`.
fn negated(func: &Function, v: Value) -> Option<Value> {
    if let Some(i) = def_of(func, v, Opcode::Bxor) {
        let d = &func.insts[i];
        return (const_int(func, d.args[1]) == Some(1) && is_bool(func, d.args[0])).then_some(d.args[0]);
    }
    let i = def_of(func, v, Opcode::Icmp)?;
    let d = &func.insts[i];
    (d.imm == Imm::ICond(IntCC::Eq) && func.ty(d.args[0]) == Ty::I8 && const_int(func, d.args[1]) == Some(0)).then_some(d.args[0])
}
/// The i8 that `v` tests for being nonzero.
fn tested(func: &Function, v: Value) -> Option<Value> {
    let i = def_of(func, v, Opcode::Icmp)?;
    let d = &func.insts[i];
    if d.imm != Imm::ICond(IntCC::Ne) || const_int(func, d.args[1]) != Some(0) {
        return None;
    }
    if func.ty(d.args[0]) == Ty::I8 {
        return Some(d.args[0]);
    }
    let z = def_of(func, d.args[0], Opcode::Zext)?;
    let inner = func.insts[z].args[0];
    (func.ty(inner) == Ty::I8).then_some(inner)
}

fn simplify_branch(func: &mut Function, b: Block) -> bool {
    let mut changed = false;
    for _ in 0..4 {
        let Terminator::Brif { cond, .. } = func.blocks[b].term else { return changed };
        if let (Some(c), Terminator::Brif { then, other, .. }) = (const_int(func, cond), &func.blocks[b].term) {
            let to = if c != 0 { then.clone() } else { other.clone() };
            func.blocks[b].term = Terminator::Jump(to);
            return true;
        }
        let (inner, flip) = match (negated(func, cond), tested(func, cond)) {
            (Some(v), _) => (v, true),
            (None, Some(v)) => (v, false),
            (None, None) => return changed,
        };
        if let Terminator::Brif { cond, then, other } = &mut func.blocks[b].term {
            *cond = inner;
            if flip {
                std::mem::swap(then, other);
            }
        }
        changed = true;
    }
    changed
}

/// A row on a choice between two constants, its other operands constant, is a choice between two results; or one result.
fn of_choice(e: &mut Emitter<'_>, d: &InstData, to: Ty) -> Option<Value> {
    if !is_speculable(e.func, d) || d.op == Opcode::Select || d.args.len() > 2 {
        return None;
    }
    let at = d.args.iter().position(|&a| constant(e.func, a).is_none())?;
    let choice = e.func.insts[def_of(e.func, d.args[at], Opcode::Select)?].args.clone();
    let first = e.func.ty(d.args[0]);
    let mut results = SmallVec::<[Const; 2]>::new();
    for &arm in &choice[1..] {
        let mut consts = SmallVec::<[Const; 4]>::new();
        for (n, &a) in d.args.iter().enumerate() {
            consts.push(constant(e.func, if n == at { arm } else { a })?);
        }
        results.push(fold(d.op, d.imm, first, to, &consts)?);
    }
    let mut out = Vec::new();
    let a = super::fold_constants::make_const(e.func, results[0], to, e.span, &mut out);
    let b = if results[0] == results[1] { a } else { super::fold_constants::make_const(e.func, results[1], to, e.span, &mut out) };
    e.out.append(&mut out);
    Some(if a == b { a } else { e.select(choice[0], a, b) })
}

/// The value that replaces the instruction's result.
fn simplify(e: &mut Emitter<'_>, i: Inst) -> Option<Value> {
    let d = e.func.insts[i].clone();
    if d.results.len() != 1 {
        return None;
    }
    let to = e.func.ty(d.results[0]);
    if let Some(&first) = d.args.first() {
        let consts: Option<SmallVec<[Const; 4]>> = d.args.iter().map(|&a| constant(e.func, a)).collect();
        if let Some(consts) = consts
            && let Some(c) = fold(d.op, d.imm, e.func.ty(first), to, &consts)
        {
            let mut out = Vec::new();
            let v = super::fold_constants::make_const(e.func, c, to, e.span, &mut out);
            e.out.append(&mut out);
            return Some(v);
        }
        if let Some(v) = of_choice(e, &d, to) {
            return Some(v);
        }
    }
    match (d.op, d.args.as_slice()) {
        (Opcode::Select, &[c, a, b]) => select(e, c, a, b, to),
        (Opcode::Icmp, &[a, b]) => icmp(e, d.imm, a, b),
        (Opcode::Fcmp, &[a, b]) => sign_of_integer(e, d.imm, a, b).or_else(|| size_of_root(e, d.imm, a, b)),
        (Opcode::CallRt, &[a, b]) if d.imm == Imm::Sym(Sym::Pow) => match constant(e.func, b) {
            Some(Const::Float(bits)) if f64::from_bits(bits) == 2.0 => Some(e.binary(Opcode::Fmul, a, a)),
            Some(Const::Float(bits)) if f64::from_bits(bits) == 1.0 => Some(a),
            _ => None,
        },
        (Opcode::CallRt, args) if let Imm::Sym(sym) = d.imm => texts::simplify_call(e, sym, args),
        (Opcode::Fmul | Opcode::Fdiv | Opcode::Fadd | Opcode::Fsub, &[a, b]) => {
            let cancelled = if e.func.flags.fastmath { cancel(e.func, d.op, a, b) } else { None };
            cancelled.or_else(|| float_binary(e, d.op, a, b, to))
        }
        (op, &[a, b]) if to.is_int() => int_binary(e, op, a, b, to),
        (op, &[a]) => unary(e, op, a, to),
        _ => None,
    }
}

/// `(x - y) + y`, `y + (x - y)`, `(x + y) - y` and `(y + x) - y` are `x` where floats may be reassociated.
fn cancel(func: &Function, op: Opcode, a: Value, b: Value) -> Option<Value> {
    let inner = |v: Value, op: Opcode| def_of(func, v, op).map(|i| (func.insts[i].args[0], func.insts[i].args[1]));
    match op {
        Opcode::Fadd => [(a, b), (b, a)].into_iter().find_map(|(sum, y)| inner(sum, Opcode::Fsub).and_then(|(x, z)| (z == y).then_some(x))),
        Opcode::Fsub => inner(a, Opcode::Fadd).and_then(|(x, y)| if y == b { Some(x) } else { (x == b).then_some(y) }),
        _ => None,
    }
}

fn select(e: &mut Emitter<'_>, c: Value, a: Value, b: Value, ty: Ty) -> Option<Value> {
    if a == b {
        return Some(a);
    }
    if let Some(k) = const_int(e.func, c) {
        return Some(if k != 0 { a } else { b });
    }
    if let Some(inner) = negated(e.func, c) {
        return Some(e.select(inner, b, a));
    }
    if let Some(inner) = tested(e.func, c) {
        return Some(e.select(inner, a, b));
    }
    if ty.is_int()
        && is_bool(e.func, c)
        && let (Some(x), Some(y)) = (const_int(e.func, a), const_int(e.func, b))
    {
        match (x, y) {
            (1, 0) => return Some(if ty == Ty::I8 { c } else { e.convert(Opcode::Zext, ty, c) }),
            (0, 1) => {
                let one = e.iconst(Ty::I8, 1);
                let not = e.binary(Opcode::Bxor, c, one);
                return Some(if ty == Ty::I8 { not } else { e.convert(Opcode::Zext, ty, not) });
            }
            _ => {}
        }
    }
    if ty == Ty::I8 && is_bool(e.func, c) {
        // Short-circuit forms of booleans.
        if const_int(e.func, b) == Some(0) && is_bool(e.func, a) {
            return Some(e.binary(Opcode::Band, c, a));
        }
        if const_int(e.func, a) == Some(1) && is_bool(e.func, b) {
            return Some(e.binary(Opcode::Bor, c, b));
        }
    }
    None
}

/// A comparison of the size of a square root is one of the root: what it may be below zero is `-0.0`, which compares as zero.
fn size_of_root(e: &mut Emitter<'_>, imm: Imm, a: Value, b: Value) -> Option<Value> {
    let Imm::FCond(cc) = imm else { return None };
    let root = |v: Value| {
        let x = e.func.insts[def_of(e.func, v, Opcode::Fabs)?].args[0];
        def_of(e.func, x, Opcode::Fsqrt).map(|_| x)
    };
    match (root(a), root(b)) {
        (None, None) => None,
        (x, y) => Some(e.fcmp(cc, x.unwrap_or(a), y.unwrap_or(b))),
    }
}

/// An integer made a float keeps its sign: compared with zero, it is the integer that is compared.
fn sign_of_integer(e: &mut Emitter<'_>, imm: Imm, a: Value, b: Value) -> Option<Value> {
    let Imm::FCond(cc) = imm else { return None };
    let Some(Const::Float(bits)) = constant(e.func, b) else { return None };
    let is_zero = match e.func.ty(b) {
        Ty::F32 => f32::from_bits(bits as u32) == 0.0,
        _ => f64::from_bits(bits) == 0.0,
    };
    let i = def_inst(e.func, a).filter(|_| is_zero)?;
    let signed = match e.func.insts[i].op {
        Opcode::SintToFloat => true,
        Opcode::UintToFloat => false,
        _ => return None,
    };
    let cc = match (cc, signed) {
        (FloatCC::Eq, _) => IntCC::Eq,
        (FloatCC::Ne, _) => IntCC::Ne,
        (FloatCC::Lt, true) => IntCC::Slt,
        (FloatCC::Le, true) => IntCC::Sle,
        (FloatCC::Gt, true) => IntCC::Sgt,
        (FloatCC::Ge, true) => IntCC::Sge,
        (FloatCC::Lt, false) => IntCC::Ult,
        (FloatCC::Le, false) => IntCC::Ule,
        (FloatCC::Gt, false) => IntCC::Ugt,
        (FloatCC::Ge, false) => IntCC::Uge,
        (FloatCC::Ord | FloatCC::Uno, _) => return None,
    };
    let integer = e.func.insts[i].args[0];
    let zero = e.iconst(e.func.ty(integer), 0);
    Some(e.icmp(cc, integer, zero))
}

fn icmp(e: &mut Emitter<'_>, imm: Imm, a: Value, b: Value) -> Option<Value> {
    let Imm::ICond(cc) = imm else { return None };
    if a == b {
        let yes = matches!(cc, IntCC::Eq | IntCC::Sle | IntCC::Sge | IntCC::Ule | IntCC::Uge);
        return Some(e.iconst(Ty::I8, i64::from(yes)));
    }
    let k = const_int(e.func, b)?;
    match (cc, k) {
        (IntCC::Ult, 0) => return Some(e.iconst(Ty::I8, 0)),
        (IntCC::Uge, 0) => return Some(e.iconst(Ty::I8, 1)),
        (IntCC::Ne, 0) if is_bool(e.func, a) => return Some(a),
        (IntCC::Eq, 1) if is_bool(e.func, a) => return Some(a),
        (IntCC::Eq, 0) | (IntCC::Ne, 1) if is_bool(e.func, a) => {
            let one = e.iconst(Ty::I8, 1);
            return Some(e.binary(Opcode::Bxor, a, one));
        }
        _ => {}
    }
    // A widened boolean or number against a constant that fits the narrow type.
    if matches!(cc, IntCC::Eq | IntCC::Ne)
        && let Some(z) = def_inst(e.func, a).filter(|&z| matches!(e.func.insts[z].op, Opcode::Zext | Opcode::Sext))
    {
        let inner = e.func.insts[z].args[0];
        let ty = e.func.ty(inner);
        let fits = match e.func.insts[z].op {
            Opcode::Zext => k >= 0 && (ty.bits() == 64 || k < 1 << ty.bits()),
            _ => crate::analysis::edit::sign_extend(k, ty) == k,
        };
        if fits {
            let c = e.iconst(ty, k);
            return Some(e.icmp(cc, inner, c));
        }
    }
    // x + c1 == c2; not for a loop's counter, whose next value the test at the bottom compares.
    if matches!(cc, IntCC::Eq | IntCC::Ne)
        && def_of(e.func, a, Opcode::Iadd).is_some_and(|i| def_inst(e.func, e.func.insts[i].args[0]).is_some())
        && let Some(add) = def_of(e.func, a, Opcode::Iadd)
        && let Some(c1) = const_int(e.func, e.func.insts[add].args[1])
    {
        let x = e.func.insts[add].args[0];
        let c = e.iconst(e.func.ty(x), k.wrapping_sub(c1));
        return Some(e.icmp(cc, x, c));
    }
    None
}

/// Whether `a` is `op` of several values, `b` among them.
fn has_operand(func: &Function, op: Opcode, mut a: Value, b: Value) -> bool {
    for _ in 0..8 {
        let Some(i) = def_of(func, a, op) else { return false };
        let args = &func.insts[i].args;
        if args.contains(&b) {
            return true;
        }
        a = args[0];
    }
    false
}

fn int_binary(e: &mut Emitter<'_>, op: Opcode, a: Value, b: Value, ty: Ty) -> Option<Value> {
    use Opcode as O;
    let k = const_int(e.func, b);
    if a == b {
        match op {
            O::Isub | O::Bxor => return Some(e.iconst(ty, 0)),
            O::Band | O::Bor | O::Smin | O::Smax | O::Umin | O::Umax => return Some(a),
            _ => {}
        }
    }
    if matches!(op, O::Band | O::Bor) && has_operand(e.func, op, a, b) {
        return Some(a);
    }
    if op == O::Isub && const_int(e.func, a) == Some(0) {
        return Some(e.unary(O::Ineg, b));
    }
    // (x + y) - x, (x + y) - y.
    if op == O::Isub
        && let Some(s) = def_of(e.func, a, O::Iadd)
    {
        let (x, y) = (e.func.insts[s].args[0], e.func.insts[s].args[1]);
        if x == b {
            return Some(y);
        }
        if y == b {
            return Some(x);
        }
    }
    let k = k?;
    match (op, k) {
        (O::Iadd | O::Isub | O::Bor | O::Bxor | O::Shl | O::Sshr | O::Ushr, 0) => return Some(a),
        (O::Imul | O::Sdiv | O::Udiv | O::FloorDiv, 1) => return Some(a),
        (O::Imul | O::Band, 0) => return Some(e.iconst(ty, 0)),
        (O::Srem | O::Urem | O::FloorMod, 1) => return Some(e.iconst(ty, 0)),
        (O::Band, -1) => return Some(a),
        (O::Band, 1) if ty == Ty::I8 && is_bool(e.func, a) => return Some(a),
        (O::Bxor, 1) if ty == Ty::I8 => {
            if let Some(v) = inverted_compare(e, a) {
                return Some(v);
            }
        }
        (O::Bor, -1) => return Some(e.iconst(ty, -1)),
        (O::Isub, _) => {
            let c = e.iconst(ty, k.wrapping_neg());
            return Some(e.binary(O::Iadd, a, c));
        }
        _ => {}
    }
    let power = (k > 0 && (k as u64).is_power_of_two()).then(|| i64::from(k.trailing_zeros()));
    match (op, power) {
        (O::Imul, Some(n)) | (O::FloorDiv, Some(n)) | (O::Udiv, Some(n)) => {
            let c = e.iconst(Ty::I64, n);
            let shift = match op {
                O::Imul => O::Shl,
                O::FloorDiv => O::Sshr,
                _ => O::Ushr,
            };
            return Some(e.binary(shift, a, c));
        }
        (O::FloorMod | O::Urem, Some(_)) => {
            let c = e.iconst(ty, k - 1);
            return Some(e.binary(O::Band, a, c));
        }
        _ => {}
    }
    match (op, k) {
        (O::Imul, -1) => return Some(e.unary(O::Ineg, a)),
        (O::Imul, 3 | 5 | 9) => {
            let c = e.iconst(Ty::I64, i64::from((k - 1).trailing_zeros()));
            let s = e.binary(O::Shl, a, c);
            return Some(e.binary(O::Iadd, s, a));
        }
        _ => {}
    }
    // Chains with two constants.
    let inner = def_of(e.func, a, op)?;
    let k2 = const_int(e.func, *e.func.insts[inner].args.get(1)?)?;
    let x = e.func.insts[inner].args[0];
    let combined = match op {
        O::Iadd => k.wrapping_add(k2),
        O::Imul => k.wrapping_mul(k2),
        O::Band => k & k2,
        O::Bor => k | k2,
        O::Bxor => k ^ k2,
        O::Shl | O::Ushr | O::Sshr => {
            let bits = i64::from(ty.bits());
            if !(0..bits).contains(&k) || !(0..bits).contains(&k2) || k + k2 >= bits {
                return None;
            }
            k + k2
        }
        _ => return None,
    };
    let cty = if matches!(op, O::Shl | O::Ushr | O::Sshr) { Ty::I64 } else { ty };
    let c = e.iconst(cty, combined);
    Some(e.binary(op, x, c))
}

fn float_binary(e: &mut Emitter<'_>, op: Opcode, a: Value, b: Value, ty: Ty) -> Option<Value> {
    let Some(Const::Float(bits)) = constant(e.func, b) else { return None };
    let v = if ty == Ty::F32 { f64::from(f32::from_bits(bits as u32)) } else { f64::from_bits(bits) };
    match op {
        Opcode::Fmul | Opcode::Fdiv if v == 1.0 => Some(a),
        // Exact as well, and needs no constant.
        Opcode::Fmul if v == 2.0 => Some(e.binary(Opcode::Fadd, a, a)),
        Opcode::Fadd if v == 0.0 && v.is_sign_negative() => Some(a),
        Opcode::Fsub if v == 0.0 && v.is_sign_positive() => Some(a),
        // By a power of two whose reciprocal is a normal number: the product is the same.
        Opcode::Fdiv if v.is_normal() && v.to_bits() & ((1 << 52) - 1) == 0 && v.abs() <= 1e30 && v.abs() >= 1e-30 => {
            let r = 1.0 / v;
            let bits = if ty == Ty::F32 { u64::from((r as f32).to_bits()) } else { r.to_bits() };
            let c = e.emit(Opcode::Fconst, Some(ty), &[], Imm::Float(bits), None)?;
            Some(e.binary(Opcode::Fmul, a, c))
        }
        _ => None,
    }
}

fn unary(e: &mut Emitter<'_>, op: Opcode, a: Value, to: Ty) -> Option<Value> {
    use Opcode as O;
    let inner = def_inst(e.func, a)?;
    let (iop, x) = (e.func.insts[inner].op, e.func.insts[inner].args.first().copied()?);
    let from = e.func.ty(x);
    match (op, iop) {
        (O::Ineg, O::Ineg) | (O::Fneg, O::Fneg) | (O::Bnot, O::Bnot) => Some(x),
        (O::Fabs, O::Fneg | O::Fabs) => Some(e.unary(O::Fabs, x)),
        (O::Fdemote, O::Fpromote) => Some(x),
        (O::Bitcast, O::Bitcast) => Some(if from == to { x } else { e.convert(O::Bitcast, to, x) }),
        (O::Zext, O::Zext) | (O::Sext, O::Sext) => Some(e.convert(op, to, x)),
        (O::Sext, O::Zext) => Some(e.convert(O::Zext, to, x)),
        (O::Ireduce, O::Zext | O::Sext) => Some(match from.bits().cmp(&to.bits()) {
            std::cmp::Ordering::Equal => x,
            std::cmp::Ordering::Less => e.convert(iop, to, x),
            std::cmp::Ordering::Greater => e.convert(O::Ireduce, to, x),
        }),
        (O::Ireduce, O::Ireduce) => Some(e.convert(O::Ireduce, to, x)),
        _ => None,
    }
}

/// Turns `bxor(compare, 1)` into the opposite comparison. Part of [`simplify`]'s rules for rows with a constant.
fn inverted_compare(e: &mut Emitter<'_>, a: Value) -> Option<Value> {
    let i = def_inst(e.func, a)?;
    let d = e.func.insts[i].clone();
    match d.imm {
        Imm::ICond(cc) => Some(e.icmp(invert(cc), d.args[0], d.args[1])),
        Imm::FCond(cc) => {
            let cc = invert_float(cc)?;
            e.emit(Opcode::Fcmp, None, &d.args, Imm::FCond(cc), None)
        }
        _ => None,
    }
}
