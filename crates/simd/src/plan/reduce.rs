//! Reductions: what goes round is `op(carried, …)` of one associative operation, possibly several times and under conditions
//! that do not depend on what is carried; or the larger (smaller) of the carried number and another, as a comparison finds it;
//! or a number from outside the loop, as soon as a condition has held (`found = True`).
//!
//! For the first kind the kernel combines what an iteration contributes with its accumulator; an iteration that leaves the
//! carried number as it is contributes the identity.

use super::build::Builder;
use super::region::Region;
use super::{Combine, Invariant, result_of};
use crate::kernel::{Fold, NodeId, Op, Reduction, Rep, Start};
use crate::rows;
use crate::why::{No, Why};
use cranelift_entity::EntitySet;
use looplift_mir::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The operation, by its first instruction.
    Row(Inst),
    /// The comparison's term is taken where it is larger (smaller).
    Extreme { max: bool, last: bool, term: Value },
    /// `to`, once `cond` has been `is`.
    Set { cond: Value, is: bool, to: Value },
}

/// A reduction as the loop has it.
pub(super) struct Found {
    pub position: usize,
    pub param: Value,
    pub result: Value,
    /// What remarks point to.
    pub inst: Inst,
    kind: Kind,
    /// All values that depend on the parameter.
    depending: EntitySet<Value>,
}

impl Found {
    pub fn new(b: &Builder<'_>, position: usize, param: Value, result: Value) -> Result<Found, No> {
        let func = b.func;
        let mut depending = EntitySet::new();
        depending.insert(param);
        let mut count = 1;
        let mut first: Option<Inst> = None;
        for &block in &b.region.blocks {
            for (n, &p) in func.blocks[block].params.iter().enumerate() {
                if b.region.edges[block].iter().any(|e| depending.contains(e.args[n])) {
                    count += usize::from(depending.insert(p));
                }
            }
            for &i in &func.blocks[block].insts {
                if func.insts[i].args.iter().any(|&a| depending.contains(a)) {
                    first = first.or(Some(i));
                    for &r in &func.insts[i].results {
                        count += usize::from(depending.insert(r));
                    }
                }
            }
        }
        let Some(inst) = first else { return Err(Why::Carried.no()) };
        let carried = Why::Carried.at(inst);
        if let Some(kind) = extreme(func, param, result, &depending, count) {
            return Ok(Found { position, param, result, inst, kind, depending });
        }
        if let Some(kind) = set(b, param, result, count) {
            return Ok(Found { position, param, result, inst, kind, depending });
        }
        // The operation: the first that depends on the parameter and is no choice.
        let mut op: Option<Inst> = None;
        for &block in &b.region.blocks {
            for &i in &func.blocks[block].insts {
                let d = &func.insts[i];
                if !d.args.iter().any(|&a| depending.contains(a)) || d.op == Opcode::KeepAlive {
                    continue;
                }
                let is_choice = d.op == Opcode::Select && !depending.contains(d.args[0]) && d.args[1..].iter().all(|&a| depending.contains(a));
                if is_choice {
                    continue;
                }
                let ty = func.ty(param);
                if matches!(d.op, Opcode::Fadd | Opcode::Fmul | Opcode::Fsub) && !func.flags.fastmath {
                    return Err(Why::FloatOrder.at(i));
                }
                let base = base(d.op);
                let known = op.is_none_or(|o| self::base(func.insts[o].op) == base);
                let one = d.args.iter().filter(|&&a| depending.contains(a)).count() == 1;
                // A difference takes from what is carried.
                let in_order = base == d.op || depending.contains(d.args[0]);
                if !known || !one || !in_order || !is_associative(base, func) || !is_reducible(base, ty) || !base.row().commutative {
                    return Err(Why::Carried.at(i));
                }
                op = op.or(Some(i));
            }
        }
        let op = op.ok_or(carried)?;
        // Ways that meet bring it all, and are not chosen by it.
        for &block in &b.region.blocks {
            for (n, &p) in func.blocks[block].params.iter().enumerate() {
                if depending.contains(p) && p != param && !b.region.edges[block].iter().all(|e| depending.contains(e.args[n])) {
                    return Err(carried);
                }
            }
        }
        if !depending.contains(result) {
            return Err(carried);
        }
        Ok(Found { position, param, result, inst: op, kind: Kind::Row(op), depending })
    }

    /// Whether the result may turn out to be one that the lanes do not know.
    pub fn may_fail(&self) -> bool {
        matches!(self.kind, Kind::Extreme { .. })
    }

    /// What depends on the carried number decides nothing, is not stored, and leaves the loop as the result only.
    pub fn check_uses(&self, b: &Builder<'_>, exit: &BlockCall) -> Result<(), No> {
        let func = b.func;
        let carried = || Why::Carried.at(self.inst);
        for &block in &b.region.blocks {
            for &i in &func.blocks[block].insts {
                let d = &func.insts[i];
                let uses = d.args.iter().any(|&a| self.depending.contains(a));
                // Instructions with a result depend on it themselves.
                if uses && d.results.is_empty() && d.op != Opcode::KeepAlive {
                    return Err(Why::Carried.at(i));
                }
            }
            if let Terminator::Brif { cond, .. } = &func.blocks[block].term
                && self.depending.contains(*cond)
            {
                return Err(carried());
            }
        }
        let Some(back) = func.blocks[b.region.latch].term.targets().into_iter().find(|t| t.block == b.region.blocks[0]) else { return Err(carried()) };
        let elsewhere = back.args.iter().enumerate().any(|(n, &a)| n != self.position && self.depending.contains(a));
        if elsewhere || exit.args.iter().any(|&a| self.depending.contains(a) && a != self.result) {
            return Err(carried());
        }
        Ok(())
    }

    pub fn build(&self, b: &mut Builder<'_>) -> Result<(Reduction, Combine), No> {
        let func = b.func;
        let ty = func.ty(self.param);
        if !matches!(self.kind, Kind::Set { .. }) {
            b.widest = b.widest.max(ty.bytes());
        }
        match self.kind {
            Kind::Extreme { max, last, term } => {
                let value = b.vector(term, 0)?;
                let start = Start::Invariant(b.invariant(Invariant::Value(self.param)));
                Ok((Reduction { op: Fold::Extreme { max }, ty, value, start }, Combine::Extreme { max, last }))
            }
            Kind::Set { cond, is, to } => {
                let mut mask = b.mask(cond, 0)?;
                if !is {
                    mask = b.not(mask);
                }
                let value = b.as_bytes(mask, Ty::I8);
                Ok((Reduction { op: Fold::Row(Opcode::Bor), ty: Ty::I8, value, start: Start::Bits(0) }, Combine::Set(to)))
            }
            Kind::Row(inst) => {
                let op = base(func.insts[inst].op);
                let combine = if matches!(op, Opcode::Iadd | Opcode::Fadd) { Combine::Sum } else { Combine::As(inst) };
                let Some(value) = self.part(b, self.result, op, ty, 0)? else { return Err(Why::Carried.at(inst)) };
                let start = match start_bits(op, ty) {
                    Some(bits) => Start::Bits(bits),
                    None => Start::Invariant(b.invariant(Invariant::Value(self.param))),
                };
                Ok((Reduction { op: Fold::Row(op), ty, value, start }, combine))
            }
        }
    }

    /// What an iteration has contributed when it comes to `v`; `None`: nothing.
    fn part(&self, b: &mut Builder<'_>, v: Value, op: Opcode, ty: Ty, depth: u32) -> Result<Option<NodeId>, No> {
        let vector = Rep::Vector(ty);
        if v == self.param {
            return Ok(None);
        }
        if depth > 40 {
            return Err(Why::Large.no());
        }
        match b.func.values[v].def {
            ValueDef::Result(i, _) => {
                let d = &b.func.insts[i];
                if d.op == Opcode::Select {
                    let mask = b.mask(d.args[0], 0)?;
                    let (x, y) = (self.part(b, d.args[1], op, ty, depth + 1)?, self.part(b, d.args[2], op, ty, depth + 1)?);
                    return self.choose(b, mask, x, y, op, ty).map_err(|why| why.at(i));
                }
                let (before, term) = if self.depending.contains(d.args[0]) { (d.args[0], d.args[1]) } else { (d.args[1], d.args[0]) };
                let own = d.op;
                let term = b.vector(term, 0)?;
                Ok(Some(match self.part(b, before, op, ty, depth + 1)? {
                    Some(n) => b.push(Op::Lanes(own, Imm::None), vector, &[n, term]),
                    None if own == op => term,
                    None => b.push(Op::Lanes(if ty.is_float() { Opcode::Fneg } else { Opcode::Ineg }, Imm::None), vector, &[term]),
                }))
            }
            ValueDef::Param(block, n) => {
                let region: &Region = b.region;
                let edges = &region.edges[block];
                let when = super::region::without_common(edges);
                let Some((last, others)) = edges.split_last() else { return Err(Why::Carried.no()) };
                let mut made = self.part(b, last.args[n as usize], op, ty, depth + 1)?;
                for (k, e) in others.iter().enumerate().rev() {
                    let other = self.part(b, e.args[n as usize], op, ty, depth + 1)?;
                    let Some(taken) = b.predicate(&when[k])? else { return Err(Why::Branches.no()) };
                    made = self.choose(b, taken, other, made, op, ty).map_err(Why::no)?;
                }
                Ok(made)
            }
        }
    }

    fn choose(&self, b: &mut Builder<'_>, mask: NodeId, x: Option<NodeId>, y: Option<NodeId>, op: Opcode, ty: Ty) -> Result<Option<NodeId>, Why> {
        if x.is_none() && y.is_none() {
            return Ok(None);
        }
        let mut or_identity = |n: Option<NodeId>| match n {
            Some(n) => Ok(n),
            None => identity(op, ty).map(|bits| b.constant(bits, ty)).ok_or(Why::Carried),
        };
        let (x, y) = (or_identity(x)?, or_identity(y)?);
        Ok(Some(b.push(Op::Lanes(Opcode::Select, Imm::None), Rep::Vector(ty), &[mask, x, y])))
    }
}

/// `result = select(term > param, term, param)`, and the like: where either is NaN the carried number stays.
fn extreme(func: &Function, param: Value, result: Value, depending: &EntitySet<Value>, count: usize) -> Option<Kind> {
    let choice = &func.insts[result_of(func, result)?];
    let [c, term, other] = choice.args[..] else { return None };
    if choice.op != Opcode::Select || other != param || depending.contains(term) || !func.ty(param).is_float() {
        return None;
    }
    let compare = &func.insts[result_of(func, c)?];
    let (Opcode::Fcmp, Imm::FCond(cc)) = (compare.op, compare.imm) else { return None };
    let term_first = match compare.args[..] {
        [x, y] if x == term && y == param => true,
        [x, y] if x == param && y == term => false,
        _ => return None,
    };
    let (max, last) = match cc {
        FloatCC::Gt => (term_first, false),
        FloatCC::Ge => (term_first, true),
        FloatCC::Lt => (!term_first, false),
        FloatCC::Le => (!term_first, true),
        FloatCC::Eq | FloatCC::Ne | FloatCC::Uno | FloatCC::Ord => return None,
    };
    // The parameter, the comparison and the choice: nothing else depends on it.
    (count == 3).then_some(Kind::Extreme { max, last, term })
}

/// `result = select(cond, to, param)`, or the other way round, and nothing else depends on the parameter.
fn set(b: &Builder<'_>, param: Value, result: Value, count: usize) -> Option<Kind> {
    let choice = &b.func.insts[result_of(b.func, result)?];
    let [cond, x, y] = choice.args[..] else { return None };
    let (is, to) = match (x == param, y == param) {
        (false, true) => (true, x),
        (true, false) => (false, y),
        _ => return None,
    };
    let fits = choice.op == Opcode::Select && count == 2 && cond != param && !b.is_inside(to) && b.func.ty(param) != Ty::Ref;
    fits.then_some(Kind::Set { cond, is, to })
}

/// The operation that a difference is one of.
fn base(op: Opcode) -> Opcode {
    match op {
        Opcode::Isub => Opcode::Iadd,
        Opcode::Fsub => Opcode::Fadd,
        op => op,
    }
}

/// Whether terms may be combined in another order with the same result.
fn is_associative(op: Opcode, func: &Function) -> bool {
    use Opcode::*;
    match op {
        Iadd | Imul | Band | Bor | Bxor | Smin | Smax | Umin | Umax => true,
        // Up to which NaN it is.
        FminNan | FmaxNan => true,
        Fadd | Fmul => func.flags.fastmath,
        _ => false,
    }
}

/// Whether there is a vector instruction, or a sequence, for it.
fn is_reducible(op: Opcode, ty: Ty) -> bool {
    match op {
        Opcode::FminNan | Opcode::FmaxNan => ty.is_float(),
        Opcode::Band | Opcode::Bor | Opcode::Bxor if ty == Ty::I8 => true,
        _ => matches!(ty, Ty::I64 | Ty::I32 | Ty::F64 | Ty::F32) && rows::simple(op, ty).is_some(),
    }
}

/// The identity that accumulators start from; `None` where the initial value serves in every lane.
fn start_bits(op: Opcode, ty: Ty) -> Option<u64> {
    use Opcode::*;
    match op {
        Iadd | Bxor | Imul | Fadd | Fmul => identity(op, ty),
        _ => None,
    }
}

/// What leaves every number as it is.
fn identity(op: Opcode, ty: Ty) -> Option<u64> {
    use Opcode::*;
    let float = |x: f64| if ty == Ty::F64 { x.to_bits() } else { u64::from((x as f32).to_bits()) };
    let least = 1u64 << (ty.bits() - 1);
    let all = u64::MAX >> (64 - ty.bits());
    match op {
        Iadd | Bxor | Bor | Umax => Some(0),
        Band | Umin => Some(all),
        Imul => Some(1),
        Smin => Some(all ^ least),
        Smax => Some(least),
        // -0.0 + x is x for every x.
        Fadd => Some(float(-0.0)),
        Fmul => Some(float(1.0)),
        FminNan => Some(float(f64::INFINITY)),
        FmaxNan => Some(float(f64::NEG_INFINITY)),
        _ => None,
    }
}
