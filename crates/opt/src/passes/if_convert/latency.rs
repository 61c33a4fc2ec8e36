//! Which choices a loop would wait for.
//!
//! A branch is guessed, a choice is waited for. That matters where iterations hang on each other through the choice: in a binary
//! search the next place to look at follows from a comparison of what is found at this one, and every step would take as long as a
//! load and a comparison take. Guessed, the next load starts before this one ends; and values that are there early go on
//! at once. So a branch stays one if
//!
//! * what it chooses decides, an iteration later, about its own condition, and
//! * the condition is known [`GAIN`] cycles or more after all that there is to choose from. (The largest number of an array is only a
//!   comparison later: such loops stay free of branches.)

use crate::analysis::loops::Loops;
use looplift_mir::*;
use rustc_hash::{FxHashMap, FxHashSet};

/// Cycles by which the condition is later: as much as a wrong guess costs, every fourth time.
const GAIN: u32 = 5;
/// Loops with more instructions are not looked at.
const MAX_LOOP: usize = 300;

/// Whether the loop around `b` would wait for a choice by `cond` between what the edges pass to their common target.
pub fn is_awaited(func: &Function, loops: &Loops, b: Block, cond: Value, x: &BlockCall, y: &BlockCall) -> bool {
    let Some(l) = loops.of(b) else { return false };
    let data = &loops.loops[l];
    let join = x.block;
    let size: usize = data.blocks.iter().map(|&b| func.blocks[b].insts.len()).sum();
    if data.has_children || !loops.contains(l, join) || join == data.header || size > MAX_LOOP {
        return false;
    }
    let chosen: Vec<usize> = (0..x.args.len()).filter(|&n| x.args[n] != y.args[n]).collect();
    let ready = times(func, data.header, &data.blocks);
    let when = |v: Value| ready.get(&v).copied().unwrap_or(0);
    let last = chosen.iter().map(|&n| when(x.args[n]).max(when(y.args[n]))).max().unwrap_or(0);
    if when(cond) < last + GAIN {
        return false;
    }
    let made: FxHashSet<Value> = chosen.iter().map(|&n| func.blocks[join].params[n]).collect();
    let (_, carried) = follow(func, data.header, &data.blocks, made);
    let (reached, _) = follow(func, data.header, &data.blocks, carried);
    reached.contains(&cond)
}

/// When values are there, in cycles after the iteration's beginning.
fn times(func: &Function, header: Block, blocks: &[Block]) -> FxHashMap<Value, u32> {
    let mut ready: FxHashMap<Value, u32> = FxHashMap::default();
    for &b in blocks {
        for &i in &func.blocks[b].insts {
            let d = &func.insts[i];
            let start = d.args.iter().filter_map(|a| ready.get(a)).max().copied().unwrap_or(0);
            let end = start.saturating_add(cycles(d.op));
            ready.extend(d.results.iter().map(|&r| (r, end)));
        }
        for t in func.blocks[b].term.targets().into_iter().filter(|t| t.block != header) {
            for (&p, a) in func.blocks[t.block].params.iter().zip(&t.args) {
                let at = ready.get(a).copied().unwrap_or(0);
                let known = ready.entry(p).or_insert(0);
                *known = at.max(*known);
            }
        }
    }
    ready
}

/// What follows from `from` within an iteration, and the header's parameters that it goes into.
fn follow(func: &Function, header: Block, blocks: &[Block], from: FxHashSet<Value>) -> (FxHashSet<Value>, FxHashSet<Value>) {
    let (mut reached, mut carried) = (from, FxHashSet::default());
    for &b in blocks {
        for &i in &func.blocks[b].insts {
            let d = &func.insts[i];
            if d.args.iter().any(|a| reached.contains(a)) {
                reached.extend(d.results.iter().copied());
            }
        }
        for t in func.blocks[b].term.targets() {
            let params = func.blocks[t.block].params.iter().zip(&t.args).filter(|(_, a)| reached.contains(a)).map(|(&p, _)| p);
            if t.block == header {
                carried.extend(params);
            } else {
                let params: Vec<Value> = params.collect();
                reached.extend(params);
            }
        }
    }
    (reached, carried)
}

/// From operands to results.
fn cycles(op: Opcode) -> u32 {
    use Opcode as O;
    match op {
        O::Iconst | O::Fconst | O::NullRef | O::KeepAlive | O::Zext | O::Ireduce | O::RefData | O::RefAddr => 0,
        O::Load | O::Fadd | O::Fsub | O::Fmul | O::Fma | O::Fcmp | O::Fpromote | O::Fdemote | O::FminNan | O::FmaxNan => 4,
        O::Imul | O::UmulHi | O::SmulHi | O::Bitcast => 3,
        O::SintToFloat | O::UintToFloat | O::FloatToSint | O::FloatToUint | O::Ffloor | O::Fceil | O::Ftrunc | O::Fnearest => 6,
        O::Fdiv | O::Fsqrt | O::Sdiv | O::Udiv | O::Srem | O::Urem | O::FloorDiv | O::FloorMod => 14,
        O::Call | O::CallTry | O::CallRt | O::CallRtTry => 20,
        _ => 1,
    }
}
