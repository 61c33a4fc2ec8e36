//! Regroups sums, minima and bit operations so that what the loop carries from one iteration to the next comes in last:
//! `min(min(carried, a), b)` becomes `min(min(a, b), carried)`, and an iteration waits for one row of the one before instead of
//! two. Integers only, whose rows are associative.

use crate::analysis::edit::{def_of, rewrite};
use crate::analysis::loops::Loops;
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use looplift_mir::dom::Dominators;
use looplift_mir::*;
use smallvec::smallvec;

fn associative(op: Opcode) -> bool {
    matches!(op, Opcode::Iadd | Opcode::Band | Opcode::Bor | Opcode::Bxor | Opcode::Smin | Opcode::Smax | Opcode::Umin | Opcode::Umax)
}

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let dom = Dominators::new(func);
    let loops = Loops::new(func, &dom);
    // How many rows lie between a value and one that the iteration before made.
    let mut depth: SecondaryMap<Value, u32> = SecondaryMap::new();
    let mut uses: SecondaryMap<Value, u32> = SecondaryMap::new();
    let mut any = false;
    for (_, data) in loops.loops.iter() {
        if data.has_children || func.blocks[data.header].cold {
            continue;
        }
        for (n, &p) in func.blocks[data.header].params.iter().enumerate() {
            // A counter is one row from itself; nothing waits for it.
            let counts = data.latches.iter().all(|&l| {
                func.blocks[l]
                    .term
                    .targets()
                    .into_iter()
                    .filter(|t| t.block == data.header)
                    .all(|t| t.args[n] == p || def_of(func, t.args[n], Opcode::Iadd).is_some_and(|i| func.insts[i].args[0] == p))
            });
            if !counts && func.ty(p).is_int() {
                depth[p] = 1;
                any = true;
            }
        }
    }
    if !any {
        return Changed::No;
    }
    for &b in &dom.rpo {
        for &i in &func.blocks[b].insts {
            let d = &func.insts[i];
            d.args.iter().for_each(|&a| uses[a] += 1);
            if !d.results.is_empty() && d.op.row().effect == Effect::NONE {
                let deepest = d.args.iter().map(|&a| depth[a]).max().unwrap_or(0);
                if deepest > 0 {
                    depth[d.results[0]] = deepest.saturating_add(1);
                }
            }
        }
        func.blocks[b].term.for_each_arg(|a| uses[a] += 1);
    }
    let home = crate::analysis::counted::homes(func);
    rewrite(func, |e, i| {
        let d = &e.func.insts[i];
        let op = d.op;
        if !associative(op) || !e.func.ty(d.results[0]).is_int() {
            return None;
        }
        let here = home[d.results[0]];
        [(d.args[0], d.args[1]), (d.args[1], d.args[0])].into_iter().find_map(|(inner, c)| {
            let x = def_of(e.func, inner, op)?;
            if uses[inner] != 1 || home[inner] != here || depth[c] != 0 {
                return None;
            }
            let (a, b) = (e.func.insts[x].args[0], e.func.insts[x].args[1]);
            let (carried, other) = match (depth[a], depth[b]) {
                (1.., 0) => (a, b),
                (0, 1..) => (b, a),
                _ => return None,
            };
            let rest = e.binary(op, other, c);
            Some(smallvec![e.binary(op, rest, carried)])
        })
    })
    .into()
}
