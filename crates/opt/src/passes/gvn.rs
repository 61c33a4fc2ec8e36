//! Merges equal computations: a value computed before on every path is used again.
//!
//! Pure rows are looked up in a table scoped by the dominator tree. Loads are looked up along chains of blocks with a
//! single predecessor, between writes that may change them; a load after a store to the same place takes the stored
//! value. A guard that an equal guard dominates goes.

use crate::analysis::alias::{Access, Aliases};
use crate::analysis::effects::{effect, is_pure};
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::{EntityRef, SecondaryMap};
use looplift_mir::dom::Dominators;
use looplift_mir::*;
use rustc_hash::FxHashMap;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    op: Opcode,
    ty: Option<Ty>,
    imm: Imm,
    args: Args,
}

/// A known content of memory.
#[derive(Clone)]
struct Known {
    access: Access,
    ty: Option<Ty>,
    value: Value,
}

/// More known contents are forgotten, oldest first.
const MAX_KNOWN: usize = 64;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let dom = Dominators::new(func);
    let aliases = Aliases::new(func);
    let preds = func.predecessors();
    let mut children: SecondaryMap<Block, Vec<Block>> = SecondaryMap::new();
    for &b in &dom.rpo {
        if let Some(d) = dom.idom(b) {
            children[d].push(b);
        }
    }
    let mut table: FxHashMap<Key, Vec<Value>> = FxHashMap::default();
    let mut undo: Vec<Key> = Vec::new();
    let mut replace: SecondaryMap<Value, u32> = SecondaryMap::with_default(u32::MAX);
    let mut memory: FxHashMap<Block, Vec<Known>> = FxHashMap::default();
    let mut changed = false;

    enum Step {
        Enter(Block),
        Leave(usize),
    }
    let mut stack = vec![Step::Enter(func.entry())];
    while let Some(step) = stack.pop() {
        let b = match step {
            Step::Leave(mark) => {
                for k in undo.drain(mark..).rev() {
                    if let Some(list) = table.get_mut(&k) {
                        list.pop();
                    }
                }
                continue;
            }
            Step::Enter(b) => b,
        };
        stack.push(Step::Leave(undo.len()));
        stack.extend(children[b].iter().rev().map(|&c| Step::Enter(c)));

        let mut known: Vec<Known> = match preds[b].as_slice() {
            [p] => memory.get(p).cloned().unwrap_or_default(),
            _ => Vec::new(),
        };
        let mut insts = std::mem::take(&mut func.blocks[b].insts);
        insts.retain(|&i| {
            let resolve = |mut v: Value| {
                while replace[v] != u32::MAX {
                    v = Value::new(replace[v] as usize);
                }
                v
            };
            for a in &mut func.insts[i].args {
                *a = resolve(*a);
            }
            let d = &func.insts[i];
            let guard = d.op == Opcode::Guard;
            if is_pure(func, d) && d.results.len() == 1 || guard {
                // Equal guards differ in what they would say, but the first one decides.
                let key = if guard {
                    Key { op: d.op, ty: None, imm: Imm::None, args: Args::from_slice(&d.args[..1]) }
                } else {
                    let mut args = d.args.clone();
                    if d.op.row().commutative {
                        args.sort_unstable();
                    }
                    Key { op: d.op, ty: d.ty, imm: d.imm, args }
                };
                let list = table.entry(key.clone()).or_default();
                match list.last() {
                    Some(&v) => {
                        if !guard {
                            replace[d.results[0]] = v.index() as u32;
                        }
                        changed = true;
                        return false;
                    }
                    None => {
                        list.push(if guard { d.args[0] } else { d.results[0] });
                        undo.push(key);
                    }
                }
                return true;
            }
            match d.op {
                Opcode::Load => {
                    let Some(access) = aliases.access(func, d) else { return true };
                    let same =
                        |k: &&Known| k.access.base == access.base && k.access.offset == access.offset && k.access.region == access.region && k.ty == d.ty;
                    if let Some(k) = known.iter().rev().find(same) {
                        replace[d.results[0]] = k.value.index() as u32;
                        changed = true;
                        return false;
                    }
                    remember(&mut known, Known { access, ty: d.ty, value: d.results[0] });
                }
                Opcode::Store => {
                    let Some(access) = aliases.access(func, d) else { return true };
                    known.retain(|k| !aliases.may_overlap(&access, &k.access));
                    if d.ty != Some(Ty::Ref) {
                        remember(&mut known, Known { access, ty: d.ty, value: d.args[0] });
                    }
                }
                _ => {
                    if effect(func, d).overlaps(Effect::WRITE) {
                        known.retain(|k| !aliases.may_clobber(func, d, &k.access));
                    }
                }
            }
            true
        });
        func.blocks[b].insts = insts;
        func.blocks[b].term.for_each_arg_mut(|a| {
            while replace[*a] != u32::MAX {
                *a = Value::new(replace[*a] as usize);
            }
        });
        if !known.is_empty() && func.blocks[b].term.targets().iter().any(|t| preds[t.block].len() == 1) {
            memory.insert(b, known);
        }
    }
    // Edge arguments of blocks visited before a replacement was known (back edges come last, so only values of
    // dominating blocks occur; those were resolved): one sweep settles the rest.
    if changed {
        func.map_uses(|mut v| {
            while replace[v] != u32::MAX {
                v = Value::new(replace[v] as usize);
            }
            v
        });
    }
    changed.into()
}

fn remember(known: &mut Vec<Known>, k: Known) {
    if known.len() >= MAX_KNOWN {
        known.remove(0);
    }
    known.push(k);
}
