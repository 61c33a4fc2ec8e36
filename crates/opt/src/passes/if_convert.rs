//! Turns small branches into selects: a diamond or triangle whose arms hold few cheap rows that cannot fault becomes
//! straight-line code that computes both sides. `select` of an integer comparison of the same operands becomes a minimum
//! or maximum; a carried float that is added to under a condition is added to always, a zero if the condition is false.
//!
//! A branch that is predicted costs nothing, both arms always cost: only arms of a few one-cycle rows convert, at most
//! [`MAX_ARM`]. Loop exits and cold arms stay branches, and so does what a loop would wait for (`if_convert::latency`).

mod latency;

use crate::analysis::edit::{Emitter, def_of};
use crate::analysis::effects::is_speculable;
use crate::analysis::loops::Loops;
use crate::pipeline::{Changed, PassCx};
use looplift_mir::dom::Dominators;
use looplift_mir::*;

/// Rows in both arms together.
pub(super) const MAX_ARM: usize = 4;
/// Values chosen.
const MAX_SELECTS: usize = 3;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let mut changed = false;
    // Inner branches first: their arms may then be arms of outer ones.
    for _ in 0..3 {
        let mut again = false;
        let preds = func.predecessors();
        let loops = Loops::new(func, &Dominators::new(func));
        for &b in func.layout.clone().iter().rev() {
            again |= convert(func, b, &preds, &loops);
        }
        changed |= again;
        if !again {
            break;
        }
        func.tidy_layout();
        super::simplify_cfg::run(func, &mut PassCx { callee_body: &crate::pipeline::no_bodies, vectors: None });
    }
    changed |= minmax(func);
    changed |= conditional_terms(func);
    changed.into()
}

/// An arm: the block in between (or none), and the edge to the join.
struct Arm {
    block: Option<Block>,
    edge: BlockCall,
}

fn arm(func: &Function, t: &BlockCall, preds: &cranelift_entity::SecondaryMap<Block, Vec<Block>>) -> [Option<Arm>; 2] {
    let direct = Arm { block: None, edge: t.clone() };
    let d = &func.blocks[t.block];
    let through = match &d.term {
        Terminator::Jump(j) if preds[t.block].len() == 1 && d.params.is_empty() && !d.cold => Some(Arm { block: Some(t.block), edge: j.clone() }),
        _ => None,
    };
    [through, Some(direct)]
}

fn convert(func: &mut Function, b: Block, preds: &cranelift_entity::SecondaryMap<Block, Vec<Block>>, loops: &Loops) -> bool {
    let Terminator::Brif { cond, then, other } = func.blocks[b].term.clone() else { return false };
    // The join is where both arms lead.
    let mut found = None;
    for x in arm(func, &then, preds).into_iter().flatten() {
        for y in arm(func, &other, preds).into_iter().flatten() {
            if found.is_none() && x.edge.block == y.edge.block && (x.block.is_some() || y.block.is_some() || then.block == other.block) {
                found = Some((Arm { block: x.block, edge: x.edge.clone() }, y));
            }
        }
    }
    let Some((x, y)) = found else { return false };
    let join = x.edge.block;
    if func.blocks[join].cold || join == b || x.block == Some(b) || y.block == Some(b) {
        return false;
    }
    let mut rows: Vec<Inst> = Vec::new();
    for block in [x.block, y.block].into_iter().flatten() {
        // Only if both edges were still what they were when predecessors were taken.
        if !matches!(&func.blocks[block].term, Terminator::Jump(j) if j.block == join) {
            return false;
        }
        rows.extend(func.blocks[block].insts.iter().copied());
    }
    let chosen = x.edge.args.iter().zip(&y.edge.args).filter(|(p, q)| p != q).count();
    let cost: usize = rows.iter().map(|&i| cost(func, i).unwrap_or(100)).sum();
    let refs = x.edge.args.iter().zip(&y.edge.args).any(|(p, q)| p != q && func.ty(*p) == Ty::Ref);
    if cost > MAX_ARM || chosen > MAX_SELECTS || refs || latency::is_awaited(func, loops, b, cond, &x.edge, &y.edge) {
        return false;
    }
    let span = func.blocks[b].term_span;
    for block in [x.block, y.block].into_iter().flatten() {
        func.blocks[block].insts.clear();
    }
    let mut e = Emitter::new(func, span);
    e.out = rows;
    let mut args = Args::new();
    for (&p, &q) in x.edge.args.iter().zip(&y.edge.args) {
        args.push(if p == q { p } else { e.select(cond, p, q) });
    }
    let mut insts = std::mem::take(&mut e.out);
    let data = &mut func.blocks[b];
    data.insts.append(&mut insts);
    data.term = Terminator::Jump(BlockCall { block: join, args });
    // The arms are unreachable now; an empty block is left for the layout to drop.
    for block in [x.block, y.block].into_iter().flatten() {
        func.blocks[block].term = Terminator::Unreachable;
    }
    true
}

/// Cycles of a row that may run speculatively; `None`: it may not, or is dear.
pub(super) fn cost(func: &Function, i: Inst) -> Option<usize> {
    use Opcode as O;
    let d = &func.insts[i];
    if d.op == Opcode::KeepAlive {
        return Some(0);
    }
    if !is_speculable(func, d) || d.results.len() != 1 {
        return None;
    }
    match d.op {
        O::Iconst | O::Fconst | O::NullRef => Some(0),
        O::Iadd
        | O::Isub
        | O::Band
        | O::Bor
        | O::Bxor
        | O::Bnot
        | O::Ineg
        | O::Shl
        | O::Sshr
        | O::Ushr
        | O::Sext
        | O::Zext
        | O::Ireduce
        | O::Icmp
        | O::Select
        | O::Smin
        | O::Smax
        | O::Umin
        | O::Umax
        | O::Iabs => Some(1),
        O::Fneg | O::Fabs | O::Fcmp | O::Bitcast => Some(1),
        O::Imul | O::Fadd | O::Fsub | O::Fmul => Some(3),
        _ => None,
    }
}

/// `select(c, s + x, s)` is `s + select(c, x, -0.0)`, where `s` comes from the iteration before: what waits for it is one
/// addition then, and the choice is not among it. The identity changes no float, zeros and their signs included.
fn conditional_terms(func: &mut Function) -> bool {
    crate::analysis::edit::rewrite(func, |e, i| {
        let d = &e.func.insts[i];
        let [c, then, other] = d.args[..] else { return None };
        if d.op != Opcode::Select || !e.func.ty(then).is_float() {
            return None;
        }
        let carried = |v: Value| matches!(e.func.values[v].def, ValueDef::Param(..));
        let (kept, changed) = if carried(other) { (other, then) } else { (then, other) };
        let ValueDef::Result(at, 0) = e.func.values[changed].def else { return None };
        let (op, args) = (e.func.insts[at].op, e.func.insts[at].args.clone());
        let identity = match op {
            Opcode::Fadd => -0.0,
            Opcode::Fsub => 0.0,
            Opcode::Fmul => 1.0,
            _ => return None,
        };
        let term = match args[..] {
            [s, x] if s == kept && x != kept => x,
            [x, s] if s == kept && x != kept && op != Opcode::Fsub => x,
            _ => return None,
        };
        if !carried(kept) {
            return None;
        }
        let nothing = e.fconst(e.func.ty(kept), identity);
        let term = if changed == then { e.select(c, term, nothing) } else { e.select(c, nothing, term) };
        Some([e.binary(op, kept, term)].into_iter().collect())
    })
}

/// `select(a < b, a, b)` is the minimum, and so on. Floats stay selects: their order of operands decides about NaN.
fn minmax(func: &mut Function) -> bool {
    crate::analysis::edit::rewrite(func, |e, i| {
        let d = &e.func.insts[i];
        if d.op != Opcode::Select {
            return None;
        }
        let (c, p, q) = (d.args[0], d.args[1], d.args[2]);
        let cmp = def_of(e.func, c, Opcode::Icmp)?;
        let Imm::ICond(cc) = e.func.insts[cmp].imm else { return None };
        let (a, b) = (e.func.insts[cmp].args[0], e.func.insts[cmp].args[1]);
        if !e.func.ty(p).is_int() {
            return None;
        }
        let less = match (p == a && q == b, p == b && q == a) {
            (true, _) => true,
            (_, true) => false,
            _ => return None,
        };
        let op = match cc {
            IntCC::Slt | IntCC::Sle => {
                if less {
                    Opcode::Smin
                } else {
                    Opcode::Smax
                }
            }
            IntCC::Sgt | IntCC::Sge => {
                if less {
                    Opcode::Smax
                } else {
                    Opcode::Smin
                }
            }
            IntCC::Ult | IntCC::Ule => {
                if less {
                    Opcode::Umin
                } else {
                    Opcode::Umax
                }
            }
            IntCC::Ugt | IntCC::Uge => {
                if less {
                    Opcode::Umax
                } else {
                    Opcode::Umin
                }
            }
            IntCC::Eq | IntCC::Ne => return None,
        };
        Some([e.binary(op, p, q)].into_iter().collect())
    })
}
