//! One variable of a loop that trails another by one step is computed from it: with `p' = q`, `q' = q + k` and `q = p + k` on entry,
//! `p` is `q - k` in every iteration. A loop `while i > 0 and a[i - 1] > x: …; i -= 1`, rotated, carries `i - 1` as such a
//! pair; merged, its two reads of `a[i - 1]` are one, and its checks follow from one variable. Two that start and step alike, as
//! the operands of `zip` are counted, are one.

use crate::analysis::edit::{Emitter, const_int, def_of, replace_all};
use crate::analysis::loops::{Loops, make_preheaders};
use crate::pipeline::{Changed, PassCx, no_bodies};
use looplift_mir::dom::Dominators;
use looplift_mir::*;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let mut changed = make_preheaders(func);
    // New preheaders pass on what they are given.
    changed |= looplift_mir::cleanup::remove_trivial_params(func);
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    let preds = func.predecessors();
    // Header, the trailing parameter, the leading one, the step.
    let mut found: Vec<(Block, Value, Value, i64)> = Vec::new();
    let mut equal: Vec<(Value, Value)> = Vec::new();
    for (l, data) in loops.loops.iter() {
        let ([latch], Some(pre)) = (&data.latches[..], loops.preheader(func, &preds, l)) else { continue };
        let Terminator::Jump(entry) = &func.blocks[pre].term else { continue };
        let backs: Vec<_> = func.blocks[*latch].term.targets().into_iter().filter(|t| t.block == data.header).collect();
        let [back] = backs[..] else { continue };
        let params = &func.blocks[data.header].params;
        // `v + k`, whichever row says so.
        let step_from = |v: Value, from: Value| {
            let i = def_of(func, v, Opcode::Iadd)?;
            let d = &func.insts[i];
            if d.args[0] == from { const_int(func, d.args[1]) } else { None }
        };
        for (n, &q) in params.iter().enumerate() {
            let Some(k) = step_from(back.args[n], q) else { continue };
            let same = (0..n).find(|&m| entry.args[m] == entry.args[n] && func.ty(params[m]) == func.ty(q) && step_from(back.args[m], params[m]) == Some(k));
            if let Some(m) = same {
                equal.push((q, params[m]));
                continue;
            }
            for (m, &p) in params.iter().enumerate() {
                if m != n
                    && func.ty(p) == func.ty(q)
                    && back.args[m] == q
                    && step_from(entry.args[n], entry.args[m]) == Some(k)
                    && !found.iter().any(|f| f.1 == p || f.1 == q || f.2 == p)
                {
                    found.push((data.header, p, q, k));
                }
            }
        }
    }
    let mut replaced = equal;
    for &(header, p, q, k) in &found {
        let span = func.blocks[header].insts.first().map_or(func.blocks[header].term_span, |&i| func.insts[i].span);
        let ty = func.ty(q);
        let mut e = Emitter::new(func, span);
        let c = e.iconst(ty, k.wrapping_neg());
        let v = e.binary(Opcode::Iadd, q, c);
        let mut rows = std::mem::take(&mut e.out);
        rows.append(&mut func.blocks[header].insts);
        func.blocks[header].insts = rows;
        replaced.push((p, v));
    }
    if !replaced.is_empty() {
        changed = true;
        // The parameter itself is unused now; dead parameters go later.
        replace_all(func, &replaced);
        let cx = &mut PassCx { callee_body: &no_bodies, vectors: None };
        super::simplify::run(func, cx);
        super::dce::run(func, cx);
        super::gvn::run(func, cx);
    }
    changed.into()
}
