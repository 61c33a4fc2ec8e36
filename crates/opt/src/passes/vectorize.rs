//! Marks loops whose iterations may run side by side; emission makes vector loops of them (`looplift_simd`).
//!
//! A candidate is a loop of one block from which a [`Plan`] can be read. What it stores must not meet, in another
//! iteration, what it loads or stores elsewhere. That follows from where the addresses come from (an array made in this
//! function, one offset from another), or is tested before the loop; then the loop is copied, and the copy, which runs
//! when the test fails, stays as it was.

use crate::analysis::alias::Aliases;
use crate::analysis::close::{close, copy_blocks};
use crate::analysis::edit::{Emitter, const_int};
use crate::analysis::loops::{LoopId, Loops, make_preheaders};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use looplift_mir::dom::Dominators;
use looplift_mir::*;
use looplift_simd::plan::{Access, Address, Escapes, Plan};

/// Tests before a loop.
const MAX_TESTS: usize = 12;
/// Loops of so few iterations, where that is known, stay as they are.
const SHORT: i64 = 8;
/// Loops are copied until this many instructions have been added.
const MAX_GROWTH: usize = 4_000;

/// Two ranges that must not overlap; `ahead`: or the second, which is loaded before the first is stored, starts no earlier.
struct Test {
    stored: Access,
    other: Access,
    ahead: bool,
}

pub fn run(func: &mut Function, cx: &mut PassCx<'_>) -> Changed {
    let Some(isa) = cx.vectors else { return Changed::No };
    func.tidy_layout();
    let is_candidate = |func: &Function, b: Block| {
        let data = &func.blocks[b];
        !data.cold && !data.vector && data.term.targets().iter().any(|t| t.block == b)
    };
    let candidates: Vec<Block> = func.layout.iter().copied().filter(|&b| is_candidate(func, b)).collect();
    if candidates.is_empty() {
        return Changed::No;
    }
    let mut changed = make_preheaders(func);
    let mut budget = MAX_GROWTH;
    for header in candidates {
        let escapes = Escapes::new(func);
        let Some(plan) = Plan::new(func, header, &escapes, isa) else { continue };
        let Some(tests) = tests(func, &plan) else { continue };
        if is_short(func, header, &plan) {
            continue;
        }
        if !tests.is_empty() {
            let size = func.blocks[header].insts.len();
            if size > budget || version(func, header, &plan, &tests).is_none() {
                continue;
            }
            budget -= size;
        }
        func.blocks[header].vector = true;
        changed = true;
    }
    if changed {
        func.tidy_layout();
    }
    changed.into()
}

fn entry_args(func: &Function, header: Block) -> Option<&Args> {
    let mut found = None;
    for &b in &func.layout {
        if b != header {
            for t in func.blocks[b].term.targets() {
                if t.block == header {
                    if found.is_some() {
                        return None;
                    }
                    found = Some(&t.args);
                }
            }
        }
    }
    found
}

fn start_of(func: &Function, header: Block, plan: &Plan) -> Option<Value> {
    let ValueDef::Param(_, at) = func.values[plan.counter].def else { return None };
    entry_args(func, header).map(|a| a[at as usize])
}

fn is_short(func: &Function, header: Block, plan: &Plan) -> bool {
    let start = start_of(func, header, plan).and_then(|v| const_int(func, v));
    match (start, const_int(func, plan.limit)) {
        (Some(a), Some(b)) => b.saturating_sub(a) < SHORT,
        _ => false,
    }
}

/// What has to be tested before the loop; `None` if iterations depend on each other.
fn tests(func: &Function, plan: &Plan) -> Option<Vec<Test>> {
    let aliases = Aliases::new(func);
    let addr = |a: &Access| func.insts[a.inst].args[usize::from(a.is_store)];
    let mut tests: Vec<Test> = Vec::new();
    for (n, stored) in plan.accesses.iter().enumerate().filter(|(_, a)| a.is_store) {
        for (m, other) in plan.accesses.iter().enumerate() {
            // Each pair of stores once.
            if m == n || (other.is_store && m > n) || other.region != stored.region {
                continue;
            }
            let before = m < n;
            if !other.is_fixed && other.pointer == stored.pointer {
                let distance = other.offset - stored.offset;
                let is_fine = other.size == stored.size
                    && distance % stored.size as i32 == 0
                    && match (distance, other.is_store) {
                        (0, _) => true,
                        (_, true) => false,
                        // A load before the store may read ahead, one after it back.
                        (d, false) => (d > 0) == before,
                    };
                if !is_fine {
                    return None;
                }
                continue;
            }
            if aliases.are_apart(addr(stored), addr(other)) {
                continue;
            }
            let key = |a: &Access| (a.is_fixed, a.pointer, a.offset);
            let same = |t: &Test| (key(&t.stored), key(&t.other)) == (key(stored), key(other));
            let ahead = !other.is_store && !other.is_fixed && before && other.size == stored.size;
            match tests.iter_mut().find(|t| same(t)) {
                Some(t) => t.ahead &= ahead,
                None => tests.push(Test { stored: *stored, other: *other, ahead }),
            }
        }
    }
    (tests.len() <= MAX_TESTS).then_some(tests)
}

/// Puts the tests before the loop, and a copy beside it.
fn version(func: &mut Function, header: Block, plan: &Plan, tests: &[Test]) -> Option<()> {
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    let l: LoopId = loops.loops.keys().find(|&l| loops.loops[l].header == header)?;
    let preds = func.predecessors();
    let preheader = loops.preheader(func, &preds, l)?;
    let start = start_of(func, header, plan)?;
    let mut inside: SecondaryMap<Block, bool> = SecondaryMap::new();
    inside[header] = true;
    close(func, &dom, header, &inside);
    let span = func.blocks[preheader].term_span;
    let mut e = Emitter::new(func, span);
    let count = emit_count(&mut e, plan, start);
    let one = e.iconst(Ty::I64, 1);
    let entry = entry_args(e.func, header)?.clone();
    let mut firsts: Vec<Option<Value>> = vec![None; plan.pointers.len() + plan.fixed.len()];
    let mut all: Option<Value> = None;
    for t in tests {
        let stored = first_address(&mut e, plan, &mut firsts, header, &entry, &t.stored);
        let other = first_address(&mut e, plan, &mut firsts, header, &entry, &t.other);
        let mut ok = {
            let end = range_end(&mut e, stored, count, t.stored.size);
            e.icmp(IntCC::Ule, end, other)
        };
        let apart = if t.ahead {
            e.icmp(IntCC::Uge, other, stored)
        } else {
            let end = range_end(&mut e, other, if t.other.is_fixed { one } else { count }, t.other.size);
            e.icmp(IntCC::Ule, end, stored)
        };
        ok = e.binary(Opcode::Bor, ok, apart);
        if t.ahead {
            let end = range_end(&mut e, other, count, t.other.size);
            let apart = e.icmp(IntCC::Ule, end, stored);
            ok = e.binary(Opcode::Bor, ok, apart);
        }
        all = Some(match all {
            Some(a) => e.binary(Opcode::Band, a, ok),
            None => ok,
        });
    }
    let cond = all?;
    let mut insts = std::mem::take(&mut e.out);
    func.blocks[preheader].insts.append(&mut insts);
    let copies = copy_blocks(func, &[header]);
    // The copy is not cold: where iterations do depend on each other, it is the loop.
    let copy = *copies.get(&header)?;
    let Terminator::Jump(entry) = func.blocks[preheader].term.clone() else { return None };
    let (fast, slow) = (func.make_block(span), func.make_block(span));
    func.blocks[fast].term = Terminator::Jump(entry.clone());
    func.blocks[slow].term = Terminator::Jump(BlockCall { block: copy, args: entry.args });
    let go = |block: Block| BlockCall { block, args: Args::new() };
    func.blocks[preheader].term = Terminator::Brif { cond, then: go(fast), other: go(slow) };
    Some(())
}

/// The number of iterations, at least 1.
fn emit_count(e: &mut Emitter<'_>, plan: &Plan, start: Value) -> Value {
    let mut n = e.binary(Opcode::Isub, plan.limit, start);
    let one = e.iconst(Ty::I64, 1);
    if plan.cc == IntCC::Sle {
        n = e.binary(Opcode::Iadd, n, one);
    }
    e.binary(Opcode::Smax, n, one)
}

fn range_end(e: &mut Emitter<'_>, first: Value, count: Value, size: u32) -> Value {
    let size = e.iconst(Ty::I64, i64::from(size));
    let bytes = e.binary(Opcode::Imul, count, size);
    e.binary(Opcode::Iadd, first, bytes)
}

/// The address of an access in the first iteration.
fn first_address(e: &mut Emitter<'_>, plan: &Plan, firsts: &mut [Option<Value>], header: Block, entry: &Args, a: &Access) -> Value {
    let slot = if a.is_fixed { plan.pointers.len() + a.pointer as usize } else { a.pointer as usize };
    let first = match firsts[slot] {
        Some(v) => v,
        None => {
            let address = if a.is_fixed { &plan.fixed[a.pointer as usize] } else { &plan.pointers[slot] };
            let v = emit_address(e, address, header, entry);
            firsts[slot] = Some(v);
            v
        }
    };
    if a.offset == 0 {
        return first;
    }
    let offset = e.iconst(Ty::I64, i64::from(a.offset));
    e.binary(Opcode::Iadd, first, offset)
}

fn emit_address(e: &mut Emitter<'_>, address: &Address, header: Block, entry: &Args) -> Value {
    let mut sum = e.iconst(Ty::I64, address.offset);
    for &(v, k) in &address.terms {
        // Parameters of the loop have their values on entry.
        let v = match e.func.values[v].def {
            ValueDef::Param(b, n) if b == header => entry[n as usize],
            _ => v,
        };
        let v = if k == 1 {
            v
        } else {
            let k = e.iconst(Ty::I64, k);
            e.binary(Opcode::Imul, v, k)
        };
        sum = e.binary(Opcode::Iadd, sum, v);
    }
    sum
}
