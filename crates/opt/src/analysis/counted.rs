//! Counted loops: rotated loops whose only way round is one latch that tests a counter against an invariant limit.

use crate::analysis::edit::{const_int, def_of};
use crate::analysis::loops::{LoopId, Loops};
use cranelift_entity::SecondaryMap;
use looplift_mir::dom::Dominators;
use looplift_mir::*;

/// `next = counter + step; if next CC limit goto header`, where `step` is a constant.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    pub header: Block,
    pub latch: Block,
    /// The only entry: it jumps to the header.
    pub preheader: Block,
    /// Where the latch goes when the loop is done.
    pub exit: Block,
    /// The header's parameter, its position, and the value the latch passes.
    pub counter: Value,
    pub position: usize,
    pub next: Value,
    pub step: i64,
    /// The comparison that continues the loop when true: `next cc limit`.
    pub cc: IntCC,
    pub limit: Value,
    /// The counter's value on entry.
    pub start: Value,
    /// Whether the branch's first target is the header.
    pub back_is_then: bool,
    pub ty: Ty,
}

/// Whether a value is the same in every iteration of the loop.
pub fn is_invariant(func: &Function, loops: &Loops, l: LoopId, home: &SecondaryMap<Value, Option<Block>>, v: Value) -> bool {
    let _ = func;
    home[v].is_none_or(|b| !loops.contains(l, b))
}

/// The block where each value is defined.
pub fn homes(func: &Function) -> SecondaryMap<Value, Option<Block>> {
    let mut home: SecondaryMap<Value, Option<Block>> = SecondaryMap::new();
    for &b in &func.layout {
        for &p in &func.blocks[b].params {
            home[p] = Some(b);
        }
        for &i in &func.blocks[b].insts {
            for &r in &func.insts[i].results {
                home[r] = Some(b);
            }
        }
    }
    home
}

/// Recognises a counted loop. Other exits (breaks) may exist.
pub fn counted(
    func: &Function,
    loops: &Loops,
    preds: &SecondaryMap<Block, Vec<Block>>,
    home: &SecondaryMap<Value, Option<Block>>,
    l: LoopId,
) -> Option<Counted> {
    let data = &loops.loops[l];
    let [latch] = data.latches[..] else { return None };
    let header = data.header;
    let preheader = loops.preheader(func, preds, l)?;
    let Terminator::Brif { cond, then, other } = &func.blocks[latch].term else { return None };
    let (back, out, back_is_then) = match (then.block == header, other.block == header) {
        (true, false) => (then, other, true),
        (false, true) => (other, then, false),
        _ => return None,
    };
    if loops.contains(l, out.block) {
        return None;
    }
    let cmp = def_of(func, *cond, Opcode::Icmp)?;
    let Imm::ICond(mut cc) = func.insts[cmp].imm else { return None };
    let (mut a, mut b) = (func.insts[cmp].args[0], func.insts[cmp].args[1]);
    if is_invariant(func, loops, l, home, a) {
        std::mem::swap(&mut a, &mut b);
        cc = crate::passes::simplify::swap(cc);
    }
    if !back_is_then {
        cc = crate::passes::simplify::invert(cc);
    }
    let next = a;
    if !is_invariant(func, loops, l, home, b) {
        return None;
    }
    let add = def_of(func, next, Opcode::Iadd)?;
    let counter = func.insts[add].args[0];
    let step = const_int(func, func.insts[add].args[1])?;
    let ValueDef::Param(p, position) = func.values[counter].def else { return None };
    let position = position as usize;
    if p != header || back.args[position] != next || step == 0 {
        return None;
    }
    let up = matches!(cc, IntCC::Slt | IntCC::Sle | IntCC::Ult | IntCC::Ule);
    let fits = match cc {
        IntCC::Ne => step.saturating_abs() == 1,
        IntCC::Eq => false,
        _ => up == (step > 0),
    };
    if !fits {
        return None;
    }
    let Terminator::Jump(entry) = &func.blocks[preheader].term else { return None };
    Some(Counted {
        header,
        latch,
        preheader,
        exit: out.block,
        counter,
        position,
        next,
        step,
        cc,
        limit: b,
        start: entry.args[position],
        back_is_then,
        ty: func.ty(counter),
    })
}

/// What passes over the loops of a function know of it, up to date as long as they change nothing.
#[derive(Debug)]
pub struct LoopState {
    pub dom: Dominators,
    pub loops: Loops,
    pub preds: SecondaryMap<Block, Vec<Block>>,
    pub home: SecondaryMap<Value, Option<Block>>,
}

impl LoopState {
    pub fn new(func: &Function) -> LoopState {
        let dom = Dominators::new(func);
        let loops = Loops::new(func, &dom);
        LoopState { dom, loops, preds: func.predecessors(), home: homes(func) }
    }
    /// Whether a value is the same in every iteration of the loop.
    pub fn is_invariant(&self, l: LoopId, v: Value) -> bool {
        self.home[v].is_none_or(|b| !self.loops.contains(l, b))
    }
    pub fn counted(&self, func: &Function, l: LoopId) -> Option<Counted> {
        counted(func, &self.loops, &self.preds, &self.home, l)
    }
}
