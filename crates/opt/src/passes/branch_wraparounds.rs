//! Indices that count from the end are rare where they are not known: in loops, what makes them places from the start moves out
//! of the way. Instead of `i < 0 ? i + n : i`, then a check against `n`, on every way, the check is made of `i` itself; only where it
//! fails a cold block adds `n` and checks again. One comparison and a branch that is foreseen remain of five rows, and
//! what waits for the index does not wait for a choice.
//!
//! For each guard `select(i < 0, i + n, i) < n` (unsigned) the block is split behind the guard; the place is a parameter of the
//! second half. Rows between the choice and the guard that depend on the choice are pure and move behind it. `n` is a length: it
//! is never negative, which only checks of indices (guards that raise IndexError) promise.

use super::dce;
use crate::analysis::edit::{Emitter, const_int, def_of, replace_all};
use crate::analysis::effects::is_pure;
use crate::analysis::loops::Loops;
use crate::pipeline::{Changed, PassCx};
use looplift_mir::dom::Dominators;
use looplift_mir::*;
use rustc_hash::FxHashSet;

/// Guards of one function: each makes two blocks.
const MAX_SPLITS: usize = 48;

pub fn run(func: &mut Function, cx: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    let is_hot = |b: Block| !func.blocks[b].cold && loops.of(b).is_some_and(|l| !func.blocks[loops.loops[l].header].vector);
    let blocks: Vec<Block> = func.layout.iter().copied().filter(|&b| is_hot(b)).collect();
    let mut replaced = Vec::new();
    for b in blocks {
        let mut at = b;
        while replaced.len() < MAX_SPLITS
            && let Some((behind, pair)) = split(func, at)
        {
            at = behind;
            replaced.push(pair);
        }
    }
    if replaced.is_empty() {
        return Changed::No;
    }
    func.tidy_layout();
    replace_all(func, &replaced);
    dce::run(func, cx);
    Changed::Yes
}

/// A guard on an index that may count from the end.
struct Check {
    /// Where the choice and the guard stand in the block.
    choice: usize,
    guard: usize,
    place: Value,
    index: Value,
    length: Value,
}

/// Whether a guard checks an index: what else a program compares like one may be negative.
fn checks_index(func: &Function, i: Inst) -> bool {
    let d = &func.insts[i];
    let raises = |s: SiteId| matches!(&func.sites[s].kind, SiteKind::Raise { class: ExcClass::Builtin(name), .. } if &**name == "IndexError");
    d.op == Opcode::Guard && d.site.is_some_and(raises)
}

fn find(func: &Function, b: Block) -> Option<Check> {
    let rows = &func.blocks[b].insts;
    rows.iter().enumerate().filter(|(_, i)| checks_index(func, **i)).find_map(|(guard, &g)| {
        let test = &func.insts[def_of(func, func.insts[g].args[0], Opcode::Icmp)?];
        let &[place, length] = &test.args[..] else { return None };
        let chosen = def_of(func, place, Opcode::Select).filter(|_| test.imm == Imm::ICond(IntCC::Ult))?;
        let &[negative, from_end, index] = &func.insts[chosen].args[..] else { return None };
        let sign = &func.insts[def_of(func, negative, Opcode::Icmp)?];
        let sum = &func.insts[def_of(func, from_end, Opcode::Iadd)?];
        let is_length = |v: Value| v == length || (const_int(func, v).is_some() && const_int(func, v) == const_int(func, length));
        let adds = (sum.args[0] == index && is_length(sum.args[1])) || (sum.args[1] == index && is_length(sum.args[0]));
        let fits = sign.imm == Imm::ICond(IntCC::Slt) && sign.args[0] == index && const_int(func, sign.args[1]) == Some(0) && adds;
        let choice = rows[..guard].iter().position(|&i| i == chosen)?;
        fits.then_some(Check { choice, guard, place, index, length })
    })
}

/// Splits the block at its first such guard; gives the second half, and what stands for the place now.
fn split(func: &mut Function, b: Block) -> Option<(Block, (Value, Value))> {
    let c = find(func, b)?;
    let rows = func.blocks[b].insts.clone();
    let g = func.insts[rows[c.guard]].clone();
    let mut depends: FxHashSet<Value> = [c.place].into_iter().collect();
    let mut first = rows[..c.choice].to_vec();
    let mut second = Vec::new();
    for &i in &rows[c.choice + 1..c.guard] {
        let d = &func.insts[i];
        if !d.args.iter().any(|a| depends.contains(a)) {
            first.push(i);
            continue;
        }
        if !is_pure(func, d) {
            return None;
        }
        depends.extend(d.results.iter().copied());
        second.push(i);
    }
    if depends.contains(&c.length) || g.args[1..].iter().any(|a| depends.contains(a)) {
        return None;
    }
    second.extend_from_slice(&rows[c.guard + 1..]);
    let (wrapped, behind) = (func.make_block(g.span), func.make_block(g.span));
    let ty = func.ty(c.place);
    let place = func.append_param(behind, ty);
    let go = |args: &[Value]| BlockCall { block: behind, args: Args::from_slice(args) };
    // Behind the guard.
    func.blocks[behind].insts = second;
    func.blocks[behind].term_span = func.blocks[b].term_span;
    func.blocks[behind].term = std::mem::replace(&mut func.blocks[b].term, Terminator::Unreachable);
    // From the end.
    let mut e = Emitter::new(func, g.span);
    let from_end = e.binary(Opcode::Iadd, c.index, c.length);
    let inside = e.icmp(IntCC::Ult, from_end, c.length);
    let mut args = g.args.clone();
    args[0] = inside;
    e.emit(Opcode::Guard, None, &args, Imm::None, g.site);
    let out = std::mem::take(&mut e.out);
    func.blocks[wrapped].cold = true;
    func.blocks[wrapped].insts = out;
    func.blocks[wrapped].term = Terminator::Jump(go(&[from_end]));
    // From the start.
    let mut e = Emitter::new(func, g.span);
    e.out = first;
    let fits = e.icmp(IntCC::Ult, c.index, c.length);
    let out = std::mem::take(&mut e.out);
    func.blocks[b].insts = out;
    func.blocks[b].term_span = g.span;
    func.blocks[b].term = Terminator::Brif { cond: fits, then: go(&[c.index]), other: BlockCall { block: wrapped, args: Args::new() } };
    Some((behind, (c.place, place)))
}
