//! Tests for overflow in counted loops, all at once: Python's integers grow, so exact code guards each sum and product.
//! Where no operation of the loop can overflow if its ends, the numbers from outside and the first values of its sums are of
//! moderate size, that is tested before the loop; a copy without the guards runs then, else the loop as it was.
//!
//! What follows from moderate numbers is [`crate::analysis::assumed`]'s; the larger the numbers may be the better, so that
//! several sizes are tried.

use crate::analysis::assumed::{Assumed, Test};
use crate::analysis::close::{close, copy_blocks};
use crate::analysis::counted::{Counted, LoopState};
use crate::analysis::edit::{Emitter, const_int, def_of};
use crate::analysis::interval::Interval;
use crate::analysis::loops::{LoopId, make_preheaders};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use looplift_mir::*;

/// Loops with more instructions are not copied.
const MAX_LOOP: usize = 250;
/// A function grows by at most so many instructions.
const MAX_GROWTH: usize = 3_000;
/// What ends of loops and numbers from outside are below in magnitude: the first that settles as many guards as any.
const SIZES: [i64; 3] = [1 << 31, 1 << 28, 1 << 24];

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    if !func.layout.iter().any(|&b| !func.blocks[b].cold && guards(func, b).any(|g| Exact::of(func, g).is_some())) {
        return Changed::No;
    }
    func.tidy_layout();
    let mut changed = make_preheaders(func);
    let mut budget = MAX_GROWTH;
    let mut state = LoopState::new(func);
    let headers: Vec<Block> = state.loops.loops.values().filter(|l| !l.has_children).map(|l| l.header).collect();
    for header in headers {
        let Some(l) = state.loops.of(header) else { continue };
        if state.loops.loops[l].header != header || func.blocks[header].cold {
            continue;
        }
        let size: usize = state.loops.loops[l].blocks.iter().map(|&b| func.blocks[b].insts.len() + 1).sum();
        if size > MAX_LOOP || size > budget {
            continue;
        }
        let Some(plan) = Plan::new(func, &state, l) else { continue };
        budget -= size;
        split(func, &state, l, &plan);
        func.tidy_layout();
        state = LoopState::new(func);
        changed = true;
    }
    changed.into()
}

fn guards(func: &Function, b: Block) -> impl Iterator<Item = Inst> {
    func.blocks[b].insts.iter().copied().filter(|&i| func.insts[i].op == Opcode::Guard)
}

/// An operation that a guard finds exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Exact {
    op: Opcode,
    a: Value,
    b: Value,
}

impl Exact {
    /// What a guard asks for: the high half of a product is the sign of its low half, or a sum (a difference) has the sign
    /// of one of its operands.
    fn of(func: &Function, guard: Inst) -> Option<Exact> {
        let cmp = &func.insts[def_of(func, func.insts[guard].args[0], Opcode::Icmp)?];
        let row = |v: Value, op: Opcode| def_of(func, v, op).map(|i| (func.insts[i].args[0], func.insts[i].args[1]));
        let (x, y) = (cmp.args[0], cmp.args[1]);
        match cmp.imm {
            Imm::ICond(IntCC::Eq) => [(x, y), (y, x)].into_iter().find_map(|(high, sign)| {
                let (a, b) = row(high, Opcode::SmulHi)?;
                let (low, shift) = row(sign, Opcode::Sshr)?;
                let (c, d) = row(low, Opcode::Imul)?;
                let same = (a, b) == (c, d) || (a, b) == (d, c);
                (same && func.ty(a) == Ty::I64 && const_int(func, shift) == Some(63)).then_some(Exact { op: Opcode::Imul, a, b })
            }),
            Imm::ICond(IntCC::Sge) if const_int(func, y) == Some(0) => {
                let (p, q) = row(x, Opcode::Band)?;
                let (p, q) = (row(p, Opcode::Bxor)?, row(q, Opcode::Bxor)?);
                // Of the four, the result is where both meet; of a sum the others are the operands.
                let ways = [(p.0, p.1), (p.1, p.0)].map(|p| [(q.0, q.1), (q.1, q.0)].map(|q| (p, q)));
                ways.into_iter().flatten().find_map(|((a, r), (b, s))| {
                    if r == s
                        && let Some((c, d)) = row(r, Opcode::Iadd)
                        && ((a, b) == (c, d) || (a, b) == (d, c))
                    {
                        return Some(Exact { op: Opcode::Iadd, a, b });
                    }
                    // (a ^ b) & (a ^ (a - b))
                    if a == b
                        && let Some((c, d)) = row(s, Opcode::Isub)
                        && (a, r) == (c, d)
                    {
                        return Some(Exact { op: Opcode::Isub, a: c, b: d });
                    }
                    None
                })
            }
            _ => None,
        }
    }

    fn holds(self, assumed: &mut Assumed<'_>, ty: Ty) -> bool {
        let (a, b): (Interval, Interval) = (assumed.interval(self.a), assumed.interval(self.b));
        match self.op {
            Opcode::Iadd => a.add(b, ty).1,
            Opcode::Isub => a.sub(b, ty).1,
            _ => a.mul(b, ty).1,
        }
    }
}

struct Plan {
    counted: Counted,
    tests: Vec<Test>,
    /// Guards that the fast copy does without.
    settled: Vec<Inst>,
    /// Divisions of the fast copy of what is not negative.
    unsigned: Vec<Inst>,
}

impl Plan {
    fn new(func: &Function, s: &LoopState, l: LoopId) -> Option<Plan> {
        let c = s.counted(func, l)?;
        let upwards = c.step > 0;
        let ordered = match c.cc {
            IntCC::Slt | IntCC::Sle => upwards,
            IntCC::Sgt | IntCC::Sge => !upwards,
            _ => false,
        };
        // Of a moderate counter the next one does not wrap.
        if c.ty != Ty::I64 || !ordered || c.step.saturating_abs() > 1 << 61 {
            return None;
        }
        let wanted: Vec<(Inst, Exact)> =
            s.loops.loops[l].blocks.iter().flat_map(|&b| guards(func, b)).filter_map(|g| Exact::of(func, g).map(|e| (g, e))).collect();
        let mut best: Option<Plan> = None;
        for limit in SIZES {
            let mut assumed = Assumed::new(func, &s.loops, &s.preds, &s.home, l, c, limit);
            let settled: Vec<Inst> = wanted.iter().filter(|(_, e)| assumed.attempt(|assumed| e.holds(assumed, func.ty(e.a)))).map(|&(g, _)| g).collect();
            if settled.len() > best.as_ref().map_or(0, |b| b.settled.len()) {
                let divisions = s.loops.loops[l].blocks.iter().flat_map(|&b| &func.blocks[b].insts).copied();
                let unsigned = divisions
                    .filter(|&i| unsigned(func.insts[i].op).is_some())
                    .filter(|&i| assumed.attempt(|assumed| func.insts[i].args.iter().all(|&v| assumed.interval(v).lo >= 0)))
                    .collect();
                best = Some(Plan { counted: c, tests: assumed.tests(), settled, unsigned });
            }
        }
        best
    }
}

/// The row that does the same for numbers that are not negative.
fn unsigned(op: Opcode) -> Option<Opcode> {
    match op {
        Opcode::FloorDiv | Opcode::Sdiv => Some(Opcode::Udiv),
        Opcode::FloorMod | Opcode::Srem => Some(Opcode::Urem),
        _ => None,
    }
}

/// Runs the loop without the settled guards where the tests pass; the copy is the slow one.
fn split(func: &mut Function, s: &LoopState, l: LoopId, plan: &Plan) {
    let c = plan.counted;
    let data = &s.loops.loops[l];
    let span = func.blocks[c.preheader].term_span;
    let mut inside: SecondaryMap<Block, bool> = SecondaryMap::new();
    for &b in &data.blocks {
        inside[b] = true;
    }
    close(func, &s.dom, c.header, &inside);
    let mut e = Emitter::new(func, span);
    let mut cond: Option<Value> = None;
    for t in &plan.tests {
        let half = e.iconst(Ty::I64, t.limit);
        let whole = e.iconst(Ty::I64, t.limit.wrapping_mul(2));
        let shifted = e.binary(Opcode::Iadd, t.value, half);
        let ok = e.icmp(IntCC::Ult, shifted, whole);
        cond = Some(match cond {
            Some(c) => e.binary(Opcode::Band, c, ok),
            None => ok,
        });
    }
    let mut insts = std::mem::take(&mut e.out);
    func.blocks[c.preheader].insts.append(&mut insts);
    if let Some(cond) = cond {
        let copies = copy_blocks(func, &data.blocks);
        for &b in copies.values() {
            func.blocks[b].cold = true;
        }
        let Terminator::Jump(entry) = func.blocks[c.preheader].term.clone() else { return };
        let fast = func.make_block(span);
        let slow = func.make_block(span);
        func.blocks[slow].cold = true;
        func.blocks[fast].term = Terminator::Jump(entry.clone());
        func.blocks[slow].term = Terminator::Jump(BlockCall { block: copies.get(&c.header).copied().unwrap_or(c.header), args: entry.args });
        let go = |block: Block| BlockCall { block, args: Args::new() };
        func.blocks[c.preheader].term = Terminator::Brif { cond, then: go(fast), other: go(slow) };
    }
    for &b in &data.blocks {
        func.blocks[b].insts.retain(|i| !plan.settled.contains(i));
    }
    for &i in &plan.unsigned {
        let d = &mut func.insts[i];
        d.op = unsigned(d.op).unwrap_or(d.op);
    }
}
