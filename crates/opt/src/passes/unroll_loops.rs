//! Runs several iterations of a small loop between two of its tests.
//!
//! A candidate is an innermost counted loop of one block, with a body so small that counting and testing are a good part of
//! it. Before it stands a loop over copies of the body, as long as a whole round is left; the loop itself does the rest.
//! Iterations keep their order and their checks, so nothing but the number of tests changes.

use super::{dce, reassociate_addresses, simplify};
use crate::analysis::close::close;
use crate::analysis::counted::{Counted, counted, homes};
use crate::analysis::edit::{Emitter, const_int, def_of};
use crate::analysis::effects::effect;
use crate::analysis::loops::{Loops, make_preheaders};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use looplift_mir::dom::Dominators;
use looplift_mir::*;
use rustc_hash::FxHashMap;

/// Bodies of at most so many instructions run four times a round, or twice.
const FOUR_TIMES: usize = 10;
const TWICE: usize = 18;
/// Loops known to run less often stay as they are.
const SHORT: i64 = 16;
/// Loops deeper than this, the loops over chunks counted, often run a few iterations at a time (the window of a filter): what a round
/// saves, its test costs.
const MAX_DEPTH: u32 = 4;
/// Loops are copied until this many instructions have been added to a function.
const MAX_GROWTH: usize = 600;

pub fn run(func: &mut Function, cx: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let candidates: Vec<(Block, usize)> = func.layout.iter().filter_map(|&b| times(func, b).map(|n| (b, n))).collect();
    if candidates.is_empty() {
        return Changed::No;
    }
    let mut changed = make_preheaders(func);
    let mut budget = MAX_GROWTH;
    let mut unrolled = false;
    for (header, times) in candidates {
        let size = func.blocks[header].insts.len() * times;
        if size > budget {
            continue;
        }
        let dom = Dominators::new(func);
        let loops = Loops::new(func, &dom);
        let Some(l) = loops.loops.keys().find(|&l| loops.loops[l].header == header) else { continue };
        if loops.depth(header) > MAX_DEPTH {
            continue;
        }
        let (preds, home) = (func.predecessors(), homes(func));
        let Some(c) = counted(func, &loops, &preds, &home, l) else { continue };
        if c.latch != header || c.cc != IntCC::Slt || c.step <= 0 || c.step > i64::from(u16::MAX) || c.ty != Ty::I64 || is_short(func, &c) {
            continue;
        }
        let mut inside: SecondaryMap<Block, bool> = SecondaryMap::new();
        inside[header] = true;
        close(func, &dom, header, &inside);
        unroll(func, &c, times);
        budget -= size;
        unrolled = true;
    }
    if unrolled {
        func.tidy_layout();
        simplify::run(func, cx);
        reassociate_addresses::run(func, cx);
        simplify::run(func, cx);
        dce::run(func, cx);
        changed = true;
    }
    changed.into()
}

/// How many iterations of a one-block loop a round should have; `None` if the block is no such loop or should stay as it is.
fn times(func: &Function, b: Block) -> Option<usize> {
    let data = &func.blocks[b];
    let owns = data.params.iter().any(|&p| func.ty(p) == Ty::Ref);
    if data.cold || data.vector || owns || !data.term.targets().iter().any(|t| t.block == b) {
        return None;
    }
    let mut size = 0;
    for &i in &data.insts {
        let d = &func.insts[i];
        if d.op == Opcode::KeepAlive {
            continue;
        }
        let is_division = matches!(d.op, Opcode::Sdiv | Opcode::Udiv | Opcode::Srem | Opcode::Urem);
        let is_call = matches!(d.op, Opcode::Call | Opcode::CallRt);
        let e = effect(func, d);
        if is_division || is_call || e.includes(Effect::OTHER) || e.includes(Effect::ALLOC) {
            return None;
        }
        size += usize::from(!matches!(d.op, Opcode::Iconst | Opcode::Fconst) && !is_part_of_access(func, d));
    }
    match size {
        0..=FOUR_TIMES => Some(4),
        _ => (size <= TWICE).then_some(2),
    }
}

/// Rows that machine code makes part of a load or a store: an index times the size of an element, an extension of what is loaded.
fn is_part_of_access(func: &Function, d: &InstData) -> bool {
    match d.op {
        Opcode::Shl => const_int(func, d.args[1]).is_some_and(|k| (1..=3).contains(&k)),
        Opcode::Sext | Opcode::Zext => def_of(func, d.args[0], Opcode::Load).is_some(),
        _ => false,
    }
}

fn is_short(func: &Function, c: &Counted) -> bool {
    match (const_int(func, c.start), const_int(func, c.limit)) {
        (Some(a), Some(b)) => b.saturating_sub(a) / c.step < SHORT,
        _ => false,
    }
}

/// What the start is less than the limit: the limit is the end of a chunk (`strip_mine_polls`), the start and no more than a chunk.
fn known_distance(func: &Function, c: &Counted) -> Option<Value> {
    let sum = &func.insts[def_of(func, c.limit, Opcode::Iadd)?];
    let d = sum.args[1];
    let bound = &func.insts[def_of(func, d, Opcode::Umin)?];
    (sum.args[0] == c.start && const_int(func, bound.args[1]).is_some_and(|k| (0..1 << 32).contains(&k))).then_some(d)
}

/// Before:  `pre: jump header(s)`; `header(c): …; brif next < limit, header(next), exit(x)`.
/// After:   `pre: brif limit - s > (n - 1) steps, round(s), header(s)`;
///          `round(c): … n times; brif next < limit - (n - 1) steps, round(next), rest`;
///          `rest: brif next < limit, header(next), exit(x)`; `header` as before.
fn unroll(func: &mut Function, c: &Counted, times: usize) {
    let span = func.blocks[c.latch].term_span;
    let Terminator::Jump(entry) = func.blocks[c.preheader].term.clone() else { return };
    let (round, rest) = (func.make_block(span), func.make_block(span));
    let (many, few) = (func.make_block(span), func.make_block(span));
    let known = known_distance(func, c);
    let mut e = Emitter::new(func, span);
    let ahead = e.iconst(Ty::I64, c.step * (times as i64 - 1));
    let cond = match known {
        Some(d) => e.icmp(IntCC::Ugt, d, ahead),
        None => {
            // The distance of the limit is exact as an unsigned number where an iteration is due.
            let distance = e.binary(Opcode::Isub, c.limit, c.start);
            let due = e.icmp(IntCC::Slt, c.start, c.limit);
            let far = e.icmp(IntCC::Ugt, distance, ahead);
            e.binary(Opcode::Band, due, far)
        }
    };
    let last = e.binary(Opcode::Isub, c.limit, ahead);
    let mut insts = e.out;
    func.blocks[c.preheader].insts.append(&mut insts);
    let go = |block: Block, args: Args| BlockCall { block, args };
    func.blocks[c.preheader].term = Terminator::Brif { cond, then: go(many, Args::new()), other: go(few, Args::new()) };
    func.blocks[many].term = Terminator::Jump(go(round, entry.args.clone()));
    func.blocks[few].term = Terminator::Jump(entry);
    // The copies; what one passes to the next iteration, the next takes for its parameters.
    let params = func.blocks[c.header].params.clone();
    let mut carried = Args::new();
    for &p in &params {
        let ty = func.ty(p);
        carried.push(func.append_param(round, ty));
    }
    let body = func.blocks[c.header].insts.clone();
    let term = func.blocks[c.header].term.clone();
    let test = only_tests(func, &body, &term);
    let mut value_of: FxHashMap<Value, Value> = FxHashMap::default();
    for time in 1..=times {
        value_of.clear();
        value_of.extend(params.iter().copied().zip(carried.iter().copied()));
        for &i in &body {
            let d = func.insts[i].clone();
            let tys: Vec<Ty> = d.results.iter().map(|&r| func.ty(r)).collect();
            let args: Vec<Value> = d.args.iter().map(|a| value_of.get(a).copied().unwrap_or(*a)).collect();
            let n = func.make_inst(d.op, d.ty, &args, d.imm, &tys, d.site, d.span);
            value_of.extend(d.results.iter().copied().zip(func.insts[n].results.iter().copied()));
            // What tells whether the limit is reached is asked behind the last round.
            match Some(i) == test {
                true if time == times => func.blocks[rest].insts.push(n),
                true => {}
                false => func.blocks[round].insts.push(n),
            }
        }
        let back = term.targets().into_iter().find(|t| t.block == c.header);
        carried = back.map(|t| t.args.iter().map(|a| value_of.get(a).copied().unwrap_or(*a)).collect()).unwrap_or_default();
    }
    let next = carried[c.position];
    let mut e = Emitter::new(func, span);
    let again = e.icmp(IntCC::Slt, next, last);
    let mut insts = e.out;
    func.blocks[round].insts.append(&mut insts);
    func.blocks[round].term = Terminator::Brif { cond: again, then: go(round, carried), other: go(rest, Args::new()) };
    let mut leave = term;
    leave.for_each_arg_mut(|a| *a = value_of.get(a).copied().unwrap_or(*a));
    func.blocks[rest].term = leave;
}

/// The instruction whose result nothing but the branch uses.
fn only_tests(func: &Function, body: &[Inst], term: &Terminator) -> Option<Inst> {
    let Terminator::Brif { cond, then, other } = term else { return None };
    let ValueDef::Result(test, 0) = func.values[*cond].def else { return None };
    let in_body = body.iter().any(|&i| func.insts[i].args.contains(cond));
    let is_passed = then.args.contains(cond) || other.args.contains(cond);
    (!in_body && !is_passed && body.contains(&test)).then_some(test)
}
