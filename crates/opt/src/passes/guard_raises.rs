//! A branch to a block that does nothing but raise becomes a guard, and what follows it goes on in one block.
//!
//! `if not ok: raise E` and a check of the compiler's own are the same then: loops hoist it, and what is loaded behind it.

use crate::analysis::edit::{Emitter, def_of};
use crate::passes::simplify::invert;
use crate::pipeline::{Changed, PassCx};
use looplift_mir::*;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    let mut changed = false;
    for n in 0..func.layout.len() {
        let b = func.layout[n];
        let Terminator::Brif { cond, then, other } = func.blocks[b].term.clone() else { continue };
        let (exit, go, negated) = match (raised(func, &then), raised(func, &other)) {
            (Some(exit), None) => (exit, other, true),
            (None, Some(exit)) => (exit, then, false),
            _ => continue,
        };
        let (site, payload, span) = exit;
        let mut e = Emitter::new(func, span);
        let holds = if negated { negate(&mut e, cond) } else { cond };
        let args: Vec<Value> = std::iter::once(holds).chain(payload).collect();
        e.emit(Opcode::Guard, None, &args, Imm::None, Some(site));
        let mut out = e.out;
        let data = &mut func.blocks[b];
        data.insts.append(&mut out);
        data.term = Terminator::Jump(go);
        changed = true;
    }
    changed.into()
}

/// The site and the payload of a block that has only its raising.
fn raised(func: &Function, to: &BlockCall) -> Option<(SiteId, Args, SpanId)> {
    let d = &func.blocks[to.block];
    match &d.term {
        Terminator::Raise { site, args } if d.params.is_empty() && d.insts.is_empty() => Some((*site, args.clone(), d.term_span)),
        _ => None,
    }
}

fn negate(e: &mut Emitter<'_>, cond: Value) -> Value {
    if let Some(i) = def_of(e.func, cond, Opcode::Icmp)
        && let Imm::ICond(cc) = e.func.insts[i].imm
    {
        let (a, b) = (e.func.insts[i].args[0], e.func.insts[i].args[1]);
        return e.icmp(invert(cc), a, b);
    }
    let zero = e.iconst(e.func.ty(cond), 0);
    e.icmp(IntCC::Eq, cond, zero)
}
