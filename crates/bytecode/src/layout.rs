//! Translated steps → the final instruction list.
//!
//! 1. Targets become step positions, threaded through plain jumps.
//! 2. Steps that nothing reaches any more are dropped; so are jumps to what follows anyway.
//! 3. The rest is renumbered; runs of instructions with the same protection become regions.
//! 4. Regions are classified by the shape of their handler.

use crate::code::{At, Code, CodeFlags, Const, ConstId, Inst, Local, LocalId, LocalKind, NameId, Region, RegionKind};
use crate::error::{DecodeError, ErrorKind};
use crate::op::Op;
use crate::raw::RawCode;
use crate::stack;
use crate::translate::{Protected, Steps, next_op};
use crate::units::{self, Units};
use cranelift_entity::{EntityRef, PrimaryMap};

/// Jumps to jumps to jumps … are followed this far; a longer chain stays longer, a cycle of jumps stays a cycle.
const MAX_HOPS: usize = 32;

/// Builds the neutral code.
///
/// # Errors
/// A jump behind the last instruction; an inconsistency between parts of the code object.
pub fn finish(raw: &RawCode, units: &Units, steps: Steps) -> Result<Code, DecodeError> {
    let Steps { steps, first_step, protected, unsupported } = steps;
    let count = steps.len();
    let malformed = |message: &str| DecodeError::new(ErrorKind::BadSequence, 0, None, message);
    let mut ops: Vec<Op> = steps.iter().map(|s| s.op).collect();

    // 1. Targets.
    let mut outside = false;
    for (position, op) in ops.iter_mut().enumerate() {
        *op = op.map_targets(|at| {
            let to = if at == next_op() { position + 1 } else { first_step[at.index()] as usize };
            outside |= to >= count;
            At::new(to.min(count.saturating_sub(1)))
        });
    }
    if outside || count == 0 {
        return Err(malformed("a jump leads behind the last instruction"));
    }
    let original = ops.clone();
    let thread = |at: At| {
        let mut to = at;
        for _ in 0..MAX_HOPS {
            match original[to.index()] {
                Op::Jump(next) => to = next,
                _ => return to,
            }
        }
        // Too long or endless: leave it as it is.
        at
    };
    for op in &mut ops {
        *op = op.map_targets(thread);
    }
    let handler_position = |p: &Protected| thread(At::from_u32(first_step[p.handler as usize]));

    // 2. Reachability, then jumps to what follows. A plain jump never raises: it does not keep a handler alive.
    let protection = |position: usize| protected[steps[position].raw as usize];
    let mut keep = vec![false; count];
    let mut work = vec![0_usize];
    while let Some(position) = work.pop() {
        if position >= count {
            return Err(malformed("control runs past the end of the code"));
        }
        if std::mem::replace(&mut keep[position], true) {
            continue;
        }
        let op = ops[position];
        work.extend(op.targets().map(EntityRef::index));
        if !op.is_terminator() {
            work.push(position + 1);
        }
        if let Some(p) = protection(position)
            && !matches!(op, Op::Jump(_))
        {
            let handler = handler_position(&p).index();
            if handler >= count {
                return Err(malformed("a handler is behind the last instruction"));
            }
            work.push(handler);
        }
    }
    // From the end: the first kept step at or after each position.
    let mut kept_from = count;
    let mut next_kept = vec![count; count + 1];
    for position in (0..count).rev() {
        if keep[position] {
            match ops[position] {
                Op::Jump(to) if to.index() > position && next_kept[to.index()] == kept_from => {
                    keep[position] = false;
                }
                _ => kept_from = position,
            }
        }
        next_kept[position] = kept_from;
    }

    // 3. Renumber.
    let mut new_index = Vec::with_capacity(count);
    let mut kept = 0_usize;
    for &k in &keep {
        new_index.push(At::new(kept));
        kept += usize::from(k);
    }
    let mut insts: PrimaryMap<At, Inst> = PrimaryMap::with_capacity(kept);
    let mut regions: Vec<Region> = Vec::new();
    for position in (0..count).filter(|&p| keep[p]) {
        let unit = units.insts[steps[position].raw as usize].unit;
        let op = ops[position].map_targets(|at| new_index[at.index()]);
        let at = insts.push(Inst { op, offset: unit * 2, span: units::span(raw, unit) });
        let Some(p) = protection(position) else { continue };
        let handler = handler_position(&p).index();
        if !keep.get(handler).copied().unwrap_or(false) {
            continue;
        }
        let handler = new_index[handler];
        let end = At::new(at.index() + 1);
        match regions.last_mut() {
            Some(last) if last.end == at && (last.handler, last.depth, last.push_lasti) == (handler, p.depth, p.lasti) => {
                last.end = end;
            }
            _ => regions.push(Region { start: at, end, handler, depth: p.depth, push_lasti: p.lasti, kind: RegionKind::Try }),
        }
    }

    // 4. Classify.
    for region in &mut regions {
        region.kind = classify(&insts, region.handler);
    }

    let mut code = Code {
        name: raw.name.clone(),
        qualname: raw.qualname.clone(),
        filename: raw.filename.clone(),
        firstlineno: raw.firstlineno,
        argcount: raw.argcount,
        posonlyargcount: raw.posonlyargcount,
        kwonlyargcount: raw.kwonlyargcount,
        flags: CodeFlags(raw.flags),
        consts: raw.consts.iter().cloned().collect::<PrimaryMap<ConstId, Const>>(),
        names: raw.names.iter().cloned().collect::<PrimaryMap<NameId, String>>(),
        locals: locals(raw),
        insts,
        regions,
        unsupported,
        max_depth: 0,
    };
    let params = u64::from(code.argcount) + u64::from(code.kwonlyargcount) + u64::from(code.flags.has_varargs()) + u64::from(code.flags.has_varkeywords());
    if code.posonlyargcount > code.argcount || params > raw.varnames.len() as u64 {
        return Err(malformed("more parameters than local variables"));
    }
    code.max_depth = stack::check(&code)?.max_depth;
    Ok(code)
}

/// The local space of 3.11+: variables, cells that are not variables, free variables.
fn locals(raw: &RawCode) -> PrimaryMap<LocalId, Local> {
    let mut locals = PrimaryMap::new();
    for name in &raw.varnames {
        let kind = if raw.cellvars.contains(name) { LocalKind::Cell } else { LocalKind::Fast };
        locals.push(Local { name: name.clone(), kind });
    }
    for name in raw.cellvars.iter().filter(|name| !raw.varnames.contains(name)) {
        locals.push(Local { name: name.clone(), kind: LocalKind::Cell });
    }
    for name in &raw.freevars {
        locals.push(Local { name: name.clone(), kind: LocalKind::Free });
    }
    locals
}

/// What a handler is, from its first instructions.
fn classify(insts: &PrimaryMap<At, Inst>, handler: At) -> RegionKind {
    let op = |ahead: usize| insts.get(At::new(handler.index() + ahead)).map(|inst| inst.op);
    match (op(0), op(1), op(2)) {
        (Some(Op::PushExcInfo), Some(Op::WithExceptStart), _) => RegionKind::With,
        (Some(Op::PushExcInfo), _, _) => RegionKind::Try,
        (Some(Op::EndAsyncFor), _, _) => RegionKind::AsyncFor,
        (Some(Op::Copy(3)), Some(Op::PopExcept), Some(Op::Reraise(1))) => RegionKind::ExceptCleanup,
        (Some(Op::Const(_)), Some(store), Some(delete)) if deletes_what_is_stored(store, delete) && matches!(op(3), Some(Op::Reraise(_))) => {
            RegionKind::NameCleanup
        }
        (Some(Op::Swap(2)), Some(Op::PopTop), _) if restores_locals(op) => RegionKind::ComprehensionCleanup,
        _ if only_moves(op) => RegionKind::OtherCleanup,
        _ => RegionKind::Try,
    }
}

fn deletes_what_is_stored(store: Op, delete: Op) -> bool {
    match (store, delete) {
        (Op::StoreFast(a), Op::DeleteFast(b)) | (Op::StoreDeref(a), Op::DeleteDeref(b)) => a == b,
        (Op::StoreGlobal(a), Op::DeleteGlobal(b)) | (Op::StoreName(a), Op::DeleteName(b)) => a == b,
        _ => false,
    }
}

/// `Swap 2; PopTop; [Swap n;] StoreFast …; Reraise`.
fn restores_locals(op: impl Fn(usize) -> Option<Op>) -> bool {
    let mut ahead = 2;
    if let Some(Op::Swap(_)) = op(ahead) {
        ahead += 1;
    }
    let first_store = ahead;
    while let Some(Op::StoreFast(_)) = op(ahead) {
        ahead += 1;
    }
    ahead > first_store && matches!(op(ahead), Some(Op::Reraise(_)))
}

/// Reaches `Reraise` by stack moves alone.
fn only_moves(op: impl Fn(usize) -> Option<Op>) -> bool {
    for ahead in 0.. {
        match op(ahead) {
            Some(Op::Swap(_) | Op::PopTop | Op::Copy(_) | Op::PopExcept) => {}
            Some(Op::Reraise(_)) => return true,
            _ => return false,
        }
    }
    false
}
