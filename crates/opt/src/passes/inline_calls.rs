//! Copies bodies of callees into their callers: always where the callee says so, else when the body is small.
//!
//! A returned value becomes a parameter of the block after the call. Exits of the body stay exits of the function: sites
//! are copied, their spans say where they were inlined. A `call_try` is replaced only when the body cannot leave with an
//! exception: its handler is the caller's, and the traceback entry of the call belongs to the call.

use crate::pipeline::{Changed, PassCx};
use cranelift_entity::{EntityRef, SecondaryMap};
use looplift_mir::verify::needs_site;
use looplift_mir::*;
use rustc_hash::FxHashMap;
use smallvec::smallvec;
use std::sync::Arc;

/// Bodies up to this many instructions are copied.
const SMALL: usize = 80;
/// Bodies that ask for it are copied up to this size.
const ALWAYS_LIMIT: usize = 4_000;
/// A caller grows by at most so many instructions (bodies that ask for it: ten times).
const GROWTH: usize = 4_000;

pub fn run(func: &mut Function, cx: &mut PassCx<'_>) -> Changed {
    let mut budget = (GROWTH, 10 * GROWTH);
    let mut replaced: Vec<(Value, Value)> = Vec::new();
    let mut bodies: FxHashMap<u32, Option<Arc<Function>>> = FxHashMap::default();
    let mut changed = false;
    for b in func.layout.clone() {
        let calls: Vec<usize> =
            (0..func.blocks[b].insts.len()).filter(|&k| matches!(func.insts[func.blocks[b].insts[k]].op, Opcode::Call | Opcode::CallTry)).collect();
        // From the last call to the first, so that each instruction moves once.
        for k in calls.into_iter().rev() {
            let i = func.blocks[b].insts[k];
            let Imm::Callee(c) = func.insts[i].imm else { continue };
            let key = func.callees[c].key;
            let body = bodies.entry(key).or_insert_with(|| (cx.callee_body)(key)).clone();
            let Some(body) = body else { continue };
            if !is_wanted(func, i, &body, &mut budget) {
                continue;
            }
            inline(func, b, k, &body, &mut replaced);
            changed = true;
        }
    }
    if changed {
        crate::analysis::edit::replace_all(func, &replaced);
        func.tidy_layout();
    }
    changed.into()
}

/// The number of instructions in the layout.
fn size(f: &Function) -> usize {
    f.layout.iter().map(|&b| f.blocks[b].insts.len() + 1).sum()
}

/// Whether a body may be copied into callers at all: worth keeping for them.
pub fn is_inlinable(body: &Function) -> bool {
    let limit = if body.flags.always_inline { ALWAYS_LIMIT } else { SMALL };
    !body.flags.recursive && size(body) <= limit
}

fn is_wanted(func: &Function, call: Inst, body: &Function, budget: &mut (usize, usize)) -> bool {
    let d = &func.insts[call];
    let n = size(body);
    let cold_enough = body.flags.always_inline || body.flags.fastmath == func.flags.fastmath;
    if !is_inlinable(body) || !cold_enough || body.blocks[body.entry()].params.len() != d.args.len() {
        return false;
    }
    if d.op == Opcode::CallTry && leaves(body) {
        return false;
    }
    let budget = if body.flags.always_inline { &mut budget.1 } else { &mut budget.0 };
    match budget.checked_sub(n) {
        Some(rest) => {
            *budget = rest;
            true
        }
        None => false,
    }
}

/// Whether a body may leave with an exception.
fn leaves(body: &Function) -> bool {
    body.layout.iter().any(|&b| {
        matches!(body.blocks[b].term, Terminator::Raise { .. } | Terminator::Propagate { .. })
            || body.blocks[b].insts.iter().any(|&i| needs_site(body.insts[i].op, body.insts[i].imm))
    })
}

/// Replaces the call at position `k` of `b`.
fn inline(func: &mut Function, b: Block, k: usize, body: &Function, replaced: &mut Vec<(Value, Value)>) {
    let call = func.blocks[b].insts[k];
    let call_data = func.insts[call].clone();
    func.flags.unchecked |= body.flags.unchecked;
    let cold = func.blocks[b].cold;
    // The block after the call.
    let after = func.make_block(call_data.span);
    let tail = func.blocks[b].insts.split_off(k + 1);
    func.blocks[b].insts.pop();
    let term = std::mem::replace(&mut func.blocks[b].term, Terminator::Unreachable);
    let term_span = func.blocks[b].term_span;
    let data = &mut func.blocks[after];
    data.insts = tail;
    data.term = term;
    data.term_span = term_span;
    data.cold = cold;
    for &r in &call_data.results {
        let ty = func.ty(r);
        let p = func.append_param(after, ty);
        replaced.push((r, p));
    }

    // Tables.
    let sources: Vec<u32> = body.sources.iter().map(|s| index_of(&mut func.sources, s)).collect();
    let first_span = func.spans.len();
    for s in body.spans.values() {
        let inlined_at = Some(match s.inlined_at {
            Some(at) => SpanId::new(first_span + at.index()),
            None => call_data.span,
        });
        let source = sources.get(s.source as usize).copied().unwrap_or(s.source);
        func.spans.push(Span { source, inlined_at, ..s.clone() });
    }
    let span = |s: SpanId| SpanId::new(first_span + s.index());
    let first_site = func.sites.len();
    for s in body.sites.values() {
        func.sites.push(Site { kind: s.kind.clone(), span: span(s.span) });
    }
    let site = |s: SiteId| SiteId::new(first_site + s.index());
    let callees: Vec<CalleeId> = body
        .callees
        .values()
        .map(|c| match func.callees.iter().find(|(_, d)| d.key == c.key) {
            Some((id, _)) => id,
            None => func.callees.push(c.clone()),
        })
        .collect();
    let data: Vec<DataId> = body
        .data
        .values()
        .map(|d| match func.data.iter().find(|(_, e)| *e == d) {
            Some((id, _)) => id,
            None => func.data.push(d.clone()),
        })
        .collect();

    // Blocks, then values, then instructions: uses may precede definitions in the layout.
    let mut block_of: SecondaryMap<Block, u32> = SecondaryMap::with_default(u32::MAX);
    let mut value_of: SecondaryMap<Value, u32> = SecondaryMap::with_default(u32::MAX);
    for &q in &body.layout {
        let new = func.make_block(span(body.blocks[q].term_span));
        func.blocks[new].cold = cold || body.blocks[q].cold;
        block_of[q] = new.index() as u32;
        let entry = q == body.entry();
        for (n, &p) in body.blocks[q].params.iter().enumerate() {
            let v = if entry { call_data.args[n] } else { func.append_param(new, body.ty(p)) };
            value_of[p] = v.index() as u32;
        }
        for &i in &body.blocks[q].insts {
            let d = &body.insts[i];
            let tys: smallvec::SmallVec<[Ty; 4]> = d.results.iter().map(|&r| body.ty(r)).collect();
            let imm = match d.imm {
                Imm::Callee(c) => Imm::Callee(callees[c.index()]),
                Imm::Data(x) => Imm::Data(data[x.index()]),
                imm => imm,
            };
            let new_inst = func.make_inst(d.op, d.ty, &d.args, imm, &tys, d.site.map(site), span(d.span));
            for (n, &r) in d.results.iter().enumerate() {
                value_of[r] = func.insts[new_inst].results[n].index() as u32;
            }
            func.blocks[new].insts.push(new_inst);
        }
    }
    let value = |v: Value| Value::new(value_of[v] as usize);
    for &q in &body.layout {
        let new = Block::new(block_of[q] as usize);
        for n in 0..func.blocks[new].insts.len() {
            let i = func.blocks[new].insts[n];
            for a in &mut func.insts[i].args {
                *a = value(*a);
            }
        }
        let mut term = body.blocks[q].term.clone();
        term.for_each_arg_mut(|a| *a = value(*a));
        for t in term.targets_mut() {
            t.block = Block::new(block_of[t.block] as usize);
        }
        match &mut term {
            Terminator::Raise { site: s, .. } | Terminator::Propagate { site: s } => *s = site(*s),
            Terminator::Return(args) => {
                let mut args = std::mem::take(args);
                if call_data.op == Opcode::CallTry {
                    let ok = func.make_inst(Opcode::Iconst, Some(Ty::I8), &[], Imm::Int(0), &[Ty::I8], None, call_data.span);
                    func.blocks[new].insts.push(ok);
                    args.insert(0, func.result(ok));
                }
                term = Terminator::Jump(BlockCall { block: after, args });
            }
            Terminator::Jump(_) | Terminator::Brif { .. } | Terminator::Unreachable => {}
        }
        func.blocks[new].term = term;
    }
    // Arguments are borrowed until the call ends; a way out by an exception does not come to the uses behind it.
    let refs: Vec<Value> = call_data.args.iter().copied().filter(|&v| func.ty(v) == Ty::Ref).collect();
    for &q in &body.layout {
        let new = Block::new(block_of[q] as usize);
        if !matches!(func.blocks[new].term, Terminator::Raise { .. } | Terminator::Propagate { .. } | Terminator::Unreachable) {
            continue;
        }
        for &v in &refs {
            let keep = func.make_inst(Opcode::KeepAlive, None, &[v], Imm::None, &[], None, call_data.span);
            func.blocks[new].insts.push(keep);
        }
    }
    let entry = Block::new(block_of[body.entry()] as usize);
    func.blocks[b].term = Terminator::Jump(BlockCall { block: entry, args: smallvec![] });
    func.blocks[b].term_span = call_data.span;
}

fn index_of(sources: &mut Vec<Source>, s: &Source) -> u32 {
    match sources.iter().position(|t| t == s) {
        Some(n) => n as u32,
        None => {
            sources.push(s.clone());
            sources.len() as u32 - 1
        }
    }
}
