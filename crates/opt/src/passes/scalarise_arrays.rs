//! Small arrays of known size whose address stays in the function need no heap block.
//!
//! * Where every access is at a known place (`tmp[0]`, loops that were unrolled), each element becomes a value: a store is a
//!   definition, a load a use, and joins take the elements that are needed behind them as parameters.
//! * Else the array moves to the frame, as a stack slot.
//!
//! An address stays in the function if offsets are added to it and it is loaded from, stored to, zeroed, copied or compared;
//! what is stored itself, passed on to a block or a callee, or returned, leaves. The number of owners is nobody's concern before
//! `insert_refcounts`: `keep_alive` goes.
//!
//! Phases: one walk over the function that gives each address its allocation and offset, and each allocation its rows; then,
//! for each one that is left, the elements (slots), their liveness over the blocks that the allocation dominates, parameters at
//! joins, and one walk that replaces.

use crate::analysis::edit::{Emitter, const_int, replace_all};
use crate::analysis::effects::effect;
use crate::pipeline::{Changed, PassCx};
use cranelift_entity::SecondaryMap;
use looplift_mir::dom::Dominators;
use looplift_mir::*;
use rustc_hash::FxHashMap;

/// Elements of an array that become values: their set is one word.
const MAX_SLOTS: usize = 32;
/// Bytes of an array that becomes values or moves to the frame, and of all that move.
const MAX_BYTES: i64 = 512;
const MAX_FRAME: i64 = 1024;
/// Parameters that joins may get for one array.
const MAX_PARAMS: usize = 400;

pub fn run(func: &mut Function, _: &mut PassCx<'_>) -> Changed {
    func.tidy_layout();
    let mut arrays = find(func);
    arrays.retain(|a| !a.leaves && a.bytes <= MAX_BYTES);
    if arrays.is_empty() {
        return Changed::No;
    }
    let dom = Dominators::new(func);
    let preds = func.predecessors();
    let mut frame = MAX_FRAME;
    let mut changed = false;
    for a in &arrays {
        if let Some(slots) = a.slots() {
            changed |= to_values(func, &dom, &preds, a, &slots);
        } else if a.is_heap && a.is_inside && a.bytes <= frame && !func.flags.unchecked {
            frame -= a.bytes;
            to_frame(func, a);
            changed = true;
        }
    }
    changed.into()
}

/// One row that touches an array's memory, or holds its address.
#[derive(Clone, Copy, Debug)]
enum Touch {
    Load(i64, Ty),
    Store(i64, Ty),
    /// From, to.
    Zero(i64, i64),
    /// Computes an address of it, or keeps it alive.
    Names,
}

struct Array {
    made: Inst,
    home: Block,
    bytes: i64,
    is_heap: bool,
    is_zeroed: bool,
    /// An address may be used where this pass does not see it.
    leaves: bool,
    /// Some access is at a place that is not known.
    varies: bool,
    /// No known place lies outside.
    is_inside: bool,
    rows: FxHashMap<Inst, Touch>,
}

/// What a value is to an array.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Block,
    /// An address, so many bytes behind the first element.
    Address(Option<i64>),
}

fn find(func: &Function) -> Vec<Array> {
    let mut arrays: Vec<Array> = Vec::new();
    let mut names: SecondaryMap<Value, Option<(u32, Name)>> = SecondaryMap::new();
    for &b in &func.layout {
        for &i in &func.blocks[b].insts {
            let d = &func.insts[i];
            if let Some(bytes) = allocated(func, d) {
                let is_heap = d.op != Opcode::StackSlot;
                names[d.results[0]] = Some((arrays.len() as u32, if is_heap { Name::Block } else { Name::Address(Some(0)) }));
                arrays.push(Array {
                    made: i,
                    home: b,
                    bytes,
                    is_heap,
                    is_zeroed: d.op == Opcode::AllocZeroed,
                    leaves: func.blocks[b].cold,
                    varies: false,
                    is_inside: true,
                    rows: FxHashMap::default(),
                });
                continue;
            }
            let Some((k, at)) = d.args.iter().enumerate().find_map(|(n, &a)| names[a].map(|x| (x.0, n))) else { continue };
            // A row that has to do with two arrays is nothing simple.
            if d.args.iter().any(|&a| names[a].is_some_and(|x| x.0 != k)) {
                for &a in &d.args {
                    if let Some((k, _)) = names[a] {
                        arrays[k as usize].leaves = true;
                    }
                }
                continue;
            }
            if let Some(name) = arrays[k as usize].note(func, i, at, &names) {
                names[d.results[0]] = Some((k, name));
            }
        }
        func.blocks[b].term.for_each_arg(|a| {
            if let Some((k, _)) = names[a] {
                arrays[k as usize].leaves = true;
            }
        });
    }
    arrays
}

/// The size, if the row makes an array of known size.
fn allocated(func: &Function, d: &InstData) -> Option<i64> {
    match (d.op, d.imm) {
        (Opcode::Alloc | Opcode::AllocZeroed, _) => const_int(func, d.args[0]),
        (Opcode::StackSlot, Imm::Int(n)) => Some(n),
        _ => None,
    }
}

impl Array {
    /// Notes a row whose operand `at` names this array; gives what the row's result is to it.
    fn note(&mut self, func: &Function, i: Inst, at: usize, names: &SecondaryMap<Value, Option<(u32, Name)>>) -> Option<Name> {
        let d = &func.insts[i];
        let named = d.args.iter().filter(|&&a| names[a].is_some()).count();
        let (_, name) = names[d.args[at]]?;
        let place = |n: usize| match names[d.args[n]] {
            Some((_, Name::Address(offset))) => offset,
            _ => None,
        };
        let ty = d.ty.filter(|&t| t != Ty::Ref);
        let (touch, result) = match (d.op, name) {
            (Opcode::RefData, Name::Block) => (Touch::Names, Some(Name::Address(Some(0)))),
            (Opcode::KeepAlive, Name::Block) => (Touch::Names, None),
            (Opcode::Iadd | Opcode::Isub, Name::Address(from)) if named == 1 && (at == 0 || d.op == Opcode::Iadd) => {
                let by = const_int(func, d.args[1 - at]);
                let to = match (from, by) {
                    (Some(x), Some(k)) => {
                        if d.op == Opcode::Iadd {
                            x.checked_add(k)
                        } else {
                            x.checked_sub(k)
                        }
                    }
                    _ => None,
                };
                (Touch::Names, Some(Name::Address(to)))
            }
            (Opcode::Load | Opcode::Store, Name::Address(_)) if named == 1 && at == usize::from(d.op == Opcode::Store) && ty.is_some() => {
                let (Imm::Mem(Region::Data, offset), Some(ty)) = (d.imm, ty) else {
                    self.leaves = true;
                    return None;
                };
                match place(at).and_then(|x| x.checked_add(i64::from(offset))) {
                    Some(x) => {
                        self.is_inside &= x >= 0 && x <= self.bytes - i64::from(ty.bytes());
                        (if d.op == Opcode::Load { Touch::Load(x, ty) } else { Touch::Store(x, ty) }, None)
                    }
                    None => {
                        self.varies = true;
                        (Touch::Names, None)
                    }
                }
            }
            (Opcode::MemZero, Name::Address(_)) if named == 1 && at == 0 => match (place(0), const_int(func, d.args[1])) {
                (Some(x), Some(n)) if n >= 0 && x >= 0 && x.checked_add(n).is_some_and(|end| end <= self.bytes) => (Touch::Zero(x, x + n), None),
                _ => {
                    self.varies = true;
                    (Touch::Names, None)
                }
            },
            (Opcode::MemCopy, Name::Address(_)) if at < 2 => {
                self.varies = true;
                (Touch::Names, None)
            }
            (Opcode::Icmp, Name::Address(_)) => {
                self.varies = true;
                (Touch::Names, None)
            }
            // What only reads keeps no address.
            (Opcode::CallRt, Name::Address(_)) if !effect(func, d).overlaps(Effect::WRITE.or(Effect::OTHER).or(Effect::ALLOC)) => {
                self.varies = true;
                (Touch::Names, None)
            }
            _ => {
                self.leaves = true;
                return None;
            }
        };
        self.rows.insert(i, touch);
        result
    }

    /// The elements, in order, if they can be values: apart from each other, each of one type, and zeroed as a whole.
    fn slots(&self) -> Option<Vec<(i64, Ty)>> {
        if self.varies || !self.is_inside {
            return None;
        }
        let mut slots: Vec<(i64, Ty)> = Vec::new();
        for t in self.rows.values() {
            match *t {
                Touch::Load(at, ty) | Touch::Store(at, ty) => slots.push((at, ty)),
                Touch::Zero(..) | Touch::Names => {}
            }
        }
        slots.sort_unstable_by_key(|&(at, ty)| (at, ty.bytes(), ty.is_int()));
        slots.dedup();
        let is_apart = slots.windows(2).all(|w| w[0].0 + i64::from(w[0].1.bytes()) <= w[1].0);
        let is_whole = |&(at, ty): &(i64, Ty)| {
            let end = at + i64::from(ty.bytes());
            self.rows.values().all(|t| match *t {
                Touch::Zero(from, to) => (from <= at && end <= to) || end <= from || to <= at,
                Touch::Load(..) | Touch::Store(..) | Touch::Names => true,
            })
        };
        (slots.len() <= MAX_SLOTS && is_apart && slots.iter().all(is_whole)).then_some(slots)
    }
}

/// The set of the slots in a range of bytes.
fn within(slots: &[(i64, Ty)], from: i64, to: i64) -> u32 {
    slots.iter().enumerate().filter(|(_, s)| from <= s.0 && s.0 < to).fold(0, |set, (n, _)| set | 1 << n)
}

/// Makes values of the elements; false if joins would have too many parameters.
fn to_values(func: &mut Function, dom: &Dominators, preds: &SecondaryMap<Block, Vec<Block>>, a: &Array, slots: &[(i64, Ty)]) -> bool {
    let region: Vec<Block> = dom.rpo.iter().copied().filter(|&b| dom.dominates(a.home, b)).collect();
    let mut inside: SecondaryMap<Block, bool> = SecondaryMap::new();
    region.iter().for_each(|&b| inside[b] = b != a.home);
    let number = |at: i64| slots.iter().position(|s| s.0 == at);
    // Which elements a block reads before it writes them, and which it writes.
    let mut reads: SecondaryMap<Block, u32> = SecondaryMap::new();
    let mut writes: SecondaryMap<Block, u32> = SecondaryMap::new();
    for &b in &region {
        for i in &func.blocks[b].insts {
            match a.rows.get(i) {
                Some(&Touch::Load(at, _)) => reads[b] |= number(at).map_or(0, |n| 1 << n) & !writes[b],
                Some(&Touch::Store(at, _)) => writes[b] |= number(at).map_or(0, |n| 1 << n),
                Some(&Touch::Zero(from, to)) => writes[b] |= within(slots, from, to),
                Some(Touch::Names) | None => {}
            }
        }
    }
    let mut live = reads;
    loop {
        let mut again = false;
        for &b in region.iter().rev() {
            let behind = func.blocks[b].term.targets().iter().filter(|t| inside[t.block]).fold(0, |set, t| set | live[t.block]);
            let all = live[b] | (behind & !writes[b]);
            again |= all != live[b];
            live[b] = all;
        }
        if !again {
            break;
        }
    }
    let is_join = |b: Block| inside[b] && preds[b].len() > 1;
    if region.iter().filter(|&&b| is_join(b)).map(|&b| live[b].count_ones() as usize).sum::<usize>() > MAX_PARAMS {
        return false;
    }
    let mut params: FxHashMap<Block, Vec<(usize, Value)>> = FxHashMap::default();
    for &b in region.iter().filter(|&&b| is_join(b)) {
        let new = (0..slots.len()).filter(|n| live[b] & 1 << n != 0).map(|n| (n, func.append_param(b, slots[n].1))).collect();
        params.insert(b, new);
    }
    // What elements are at first: zero, and where memory would be what it was before, any number will do.
    let mut e = Emitter::new(func, SpanId::from_u32(0));
    e.span = e.func.insts[a.made].span;
    let mut zero: FxHashMap<Ty, Value> = FxHashMap::default();
    for &(_, ty) in slots {
        zero.entry(ty).or_insert_with(|| if ty.is_float() { e.fconst(ty, 0.0) } else { e.iconst(ty, 0) });
    }
    let zeros = std::mem::take(&mut e.out);
    let first: Vec<Value> = slots.iter().map(|s| zero[&s.1]).collect();
    let mut replaced: Vec<(Value, Value)> = Vec::new();
    let mut ends: FxHashMap<Block, Vec<Value>> = FxHashMap::default();
    for &b in &region {
        let mut now = match &preds[b][..] {
            [p] if inside[b] => ends.get(p).cloned().unwrap_or_else(|| first.clone()),
            _ => first.clone(),
        };
        for &(n, p) in params.get(&b).into_iter().flatten() {
            now[n] = p;
        }
        let mut insts = Vec::with_capacity(func.blocks[b].insts.len());
        for i in std::mem::take(&mut func.blocks[b].insts) {
            if i == a.made {
                insts.extend_from_slice(&zeros);
                continue;
            }
            match a.rows.get(&i) {
                None => insts.push(i),
                Some(Touch::Names) => {}
                Some(&Touch::Load(at, _)) => replaced.extend(number(at).map(|n| (func.insts[i].results[0], now[n]))),
                Some(&Touch::Store(at, _)) => number(at).into_iter().for_each(|n| now[n] = func.insts[i].args[0]),
                Some(&Touch::Zero(from, to)) => {
                    let set = within(slots, from, to);
                    (0..slots.len()).filter(|n| set & 1 << n != 0).for_each(|n| now[n] = first[n]);
                }
            }
        }
        func.blocks[b].insts = insts;
        for t in func.blocks[b].term.targets_mut() {
            if let Some(new) = params.get(&t.block) {
                t.args.extend(new.iter().map(|&(n, _)| now[n]));
            }
        }
        ends.insert(b, now);
    }
    replace_all(func, &replaced);
    true
}

/// Puts the array into a stack slot.
fn to_frame(func: &mut Function, a: &Array) {
    let span = func.insts[a.made].span;
    let size = (a.bytes.max(1) + 7) & !7;
    let mut e = Emitter::new(func, span);
    let Some(slot) = e.emit(Opcode::StackSlot, None, &[], Imm::Int(size), None) else { return };
    if a.is_zeroed {
        let bytes = e.iconst(Ty::I64, size);
        e.emit(Opcode::MemZero, None, &[slot, bytes], Imm::None, None);
    }
    let rows = std::mem::take(&mut e.out);
    let mut replaced: Vec<(Value, Value)> = Vec::new();
    for b in func.layout.clone() {
        let mut insts = Vec::with_capacity(func.blocks[b].insts.len() + 2);
        for i in std::mem::take(&mut func.blocks[b].insts) {
            let d = &func.insts[i];
            if i == a.made {
                insts.extend_from_slice(&rows);
            } else if a.rows.contains_key(&i) && d.op == Opcode::RefData {
                replaced.push((d.results[0], slot));
            } else if !(a.rows.contains_key(&i) && d.op == Opcode::KeepAlive) {
                insts.push(i);
            }
        }
        func.blocks[b].insts = insts;
    }
    replace_all(func, &replaced);
}
