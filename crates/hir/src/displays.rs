//! Displays and calls of many parts. CPython builds them in steps: an empty list or dict first, then its parts one by one, or a
//! dict of some entries that is updated by dicts of further ones. Where all steps are in the block where it began, the whole is
//! one operation again; a dict of constant names that a call takes is a bundle of names.

use crate::func::*;
use crate::ops::{Op, Values};
use rustc_hash::FxHashMap;

/// Where values are used: by instructions of the layout, and elsewhere.
struct Uses {
    by_inst: FxHashMap<Value, Vec<Inst>>,
    elsewhere: FxHashMap<Value, u32>,
}

impl Uses {
    fn of(func: &Function) -> Uses {
        let mut u = Uses { by_inst: FxHashMap::default(), elsewhere: FxHashMap::default() };
        for &b in &func.layout {
            let data = &func.blocks[b];
            for &i in &data.insts {
                func.insts[i].op.for_each_value(|v| u.by_inst.entry(v).or_default().push(i));
                for v in func.insts[i].handler.iter().flat_map(|h| &h.args) {
                    *u.elsewhere.entry(*v).or_default() += 1;
                }
            }
            data.term.for_each_value(|v| *u.elsewhere.entry(v).or_default() += 1);
            for v in data.term_handler.iter().flat_map(|h| &h.args) {
                *u.elsewhere.entry(*v).or_default() += 1;
            }
        }
        u
    }
    fn insts(&self, v: Value) -> &[Inst] {
        self.by_inst.get(&v).map_or(&[], |l| l)
    }
    fn count(&self, v: Value) -> usize {
        self.insts(v).len() + self.elsewhere.get(&v).map_or(0, |n| *n as usize)
    }
}

/// Joins the steps of displays.
pub fn join_steps(func: &mut Function) {
    if !func.insts.values().any(|i| is_step(&i.op)) {
        return;
    }
    for b in func.layout.clone() {
        while let Some((first, steps)) = candidate(func, b) {
            join(func, b, first, &steps);
        }
    }
    name_bundles(func);
}

fn is_step(op: &Op) -> bool {
    matches!(op, Op::MapAdd { .. } | Op::DictUpdate { .. } | Op::ListAppend { .. })
}

/// The entries that a step adds to `whole`; an update by a display adds the entries of that.
fn added(func: &Function, uses: &Uses, step: Inst, whole: Value) -> Option<Values> {
    match &func.insts[step].op {
        Op::MapAdd { map, key, value } if *map == whole && *key != whole && *value != whole => Some(Values::from_slice(&[*key, *value])),
        Op::ListAppend { list, value } if *list == whole && *value != whole => Some(Values::from_slice(&[*value])),
        Op::DictUpdate { map, other } if *map == whole && *other != whole => {
            let ValueDef::Result(i) = func.values[*other].def else { return None };
            match &func.insts[i].op {
                Op::BuildMap { items } if uses.count(*other) == 1 => Some(items.clone()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A display of the block that is followed by steps there, before anything else uses it.
fn candidate(func: &Function, b: Block) -> Option<(Inst, Vec<Inst>)> {
    let insts = &func.blocks[b].insts;
    if !insts.iter().any(|i| is_step(&func.insts[*i].op)) {
        return None;
    }
    let uses = Uses::of(func);
    for (at, &first) in insts.iter().enumerate() {
        if !matches!(func.insts[first].op, Op::BuildMap { .. } | Op::BuildList { .. }) {
            continue;
        }
        let whole = func.insts[first].result;
        let mut steps = Vec::new();
        for &i in &insts[at + 1..] {
            let used = uses.insts(whole).contains(&i);
            let handed_on = func.insts[i].handler.as_ref().is_some_and(|h| h.args.contains(&whole));
            match added(func, &uses, i, whole) {
                _ if handed_on => break,
                Some(_) if uses.count(func.insts[i].result) == 0 => steps.push(i),
                _ if used => break,
                _ => {}
            }
        }
        // In a loop that does not make the display anew there are further steps.
        let elsewhere = uses.insts(whole).iter().any(|i| is_step(&func.insts[*i].op) && !steps.contains(i) && !insts.contains(i));
        if !steps.is_empty() && !elsewhere {
            return Some((first, steps));
        }
    }
    None
}

/// The last step becomes the display.
fn join(func: &mut Function, b: Block, first: Inst, steps: &[Inst]) {
    let uses = Uses::of(func);
    let whole = func.insts[first].result;
    let mut op = func.insts[first].op.clone();
    let mut gone = vec![first];
    for &s in steps {
        let more = added(func, &uses, s, whole).unwrap_or_default();
        if let Op::BuildMap { items } | Op::BuildList { items } = &mut op {
            items.extend(more);
        }
        if let Op::DictUpdate { other, .. } = func.insts[s].op
            && let ValueDef::Result(i) = func.values[other].def
        {
            gone.push(i);
        }
        gone.push(s);
    }
    let Some(last) = gone.pop() else { return };
    func.blocks[b].insts.retain(|i| !gone.contains(i));
    let result = func.insts[last].result;
    func.insts[last].op = op;
    func.values[result].name = func.values[whole].name;
    crate::tidy::map_uses(func, |v| if v == whole { result } else { v });
}

/// Displays of constant names that are merged into the names of a call.
fn name_bundles(func: &mut Function) {
    let uses = Uses::of(func);
    for b in func.layout.clone() {
        for i in func.blocks[b].insts.clone() {
            let (Op::MergeNames { second, .. } | Op::CallEx { kwargs: Some(second), .. }) = func.insts[i].op else { continue };
            let ValueDef::Result(d) = func.values[second].def else { continue };
            let Op::BuildMap { items } = &func.insts[d].op else { continue };
            if uses.count(second) != 1 {
                continue;
            }
            let name = |v: &Value| match func.values[*v].def {
                ValueDef::Result(k) => match &func.insts[k].op {
                    Op::Const(Const::Str(s)) => Some(s.clone()),
                    _ => None,
                },
                ValueDef::Param(..) => None,
            };
            let Some(names) = items.chunks(2).map(|pair| name(&pair[0])).collect::<Option<Box<[Box<str>]>>>() else { continue };
            let values = items.chunks(2).map(|pair| pair[1]).collect();
            func.insts[d].op = Op::BuildNames { names, values };
        }
    }
}
