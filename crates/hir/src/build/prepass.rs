//! What the translator must know before it starts: blocks, handlers, and a forward dataflow over the code object.
//!
//! The dataflow state is: stack depth with a tag for some slots, and the set of certainly bound locals. It is iterated to
//! a fixpoint over the blocks; a handler's state is the meet over every instruction that may raise to it.

use super::BuildError;
use cranelift_entity::{EntityRef, SecondaryMap};
use looplift_bytecode::{At, Code, Const, LocalId, LocalKind, Op, OpcodeMap, RawCode, RawConst, Region};
use rustc_hash::{FxHashMap, FxHashSet};

/// Why a stack slot is special.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// A local saved by `LoadFastAndClear` at this instruction; the flag says that it was certainly bound.
    Saved(At, bool),
    /// A comprehension function made at this instruction, to be translated where it is called.
    Comprehension(At),
    /// The inner function that this local holds, likewise.
    Inner(LocalId),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub stack: Vec<Option<Tag>>,
    pub bound: Vec<bool>,
}

impl State {
    /// Meets with another path's state; says whether this one changed. Depths must agree.
    fn meet(&mut self, other: &State) -> Option<bool> {
        if self.stack.len() != other.stack.len() {
            return None;
        }
        let mut changed = false;
        for (a, b) in self.stack.iter_mut().zip(&other.stack) {
            let new = match (*a, *b) {
                (Some(Tag::Saved(x, p)), Some(Tag::Saved(y, q))) if x == y => Some(Tag::Saved(x, p && q)),
                (x, y) if x == y => x,
                _ => None,
            };
            changed |= *a != new;
            *a = new;
        }
        for (a, b) in self.bound.iter_mut().zip(&other.bound) {
            changed |= *a && !*b;
            *a &= *b;
        }
        Some(changed)
    }
}

/// How a closure variable is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Storage {
    /// An SSA variable: locals, and cells that inner functions only read.
    #[default]
    Plain,
    /// A cell object.
    Cell,
    /// Variable of the enclosing function, by index of its closure.
    Free(u32),
}

/// A comprehension function's parts.
#[derive(Clone, Debug)]
pub(super) struct Comprehension {
    pub code: std::sync::Arc<looplift_bytecode::RawCode>,
    /// What each free variable of it is here.
    pub captured: Vec<LocalId>,
}

pub(super) struct Prepass {
    /// Entry states of the reachable blocks, by first instruction, in ascending order.
    pub blocks: Vec<(At, At, State)>,
    pub index: FxHashMap<At, usize>,
    pub storage: SecondaryMap<LocalId, Storage>,
    pub comprehensions: FxHashMap<At, Comprehension>,
    pub definitions: FxHashMap<At, LocalId>,
    /// Locals that hold inner functions which are translated where they are called, since they assign to variables of this one.
    pub inner: FxHashSet<LocalId>,
    /// Variables that such functions assign to.
    pub assigned: FxHashSet<LocalId>,
    /// Locals of `inner` whose functions are values somewhere: one of several that a stack slot may hold.
    pub mixed: FxHashSet<LocalId>,
    /// Edges to each block by jumps and falling through (handler edges not counted).
    pub jumps_in: Vec<u32>,
}

/// The handler that an exception at `at` reaches, if any code of the function can tell.
pub(super) fn handler_of(code: &Code, at: At) -> Option<&Region> {
    let mut at = at;
    for _ in 0..64 {
        let region = code.region_at(at)?;
        if !region.kind.is_cleanup() {
            return Some(region);
        }
        // A clean-up handler ends in `Reraise`: it matters only if something catches that.
        let reraise = (region.handler.index()..code.insts.len()).map(At::new).find(|&i| matches!(code.insts[i].op, Op::Reraise(_)))?;
        match code.region_at(reraise) {
            None => return None,
            Some(outer) if outer.kind.is_cleanup() && outer.handler != region.handler => at = reraise,
            Some(_) => return Some(region),
        }
    }
    None
}

/// Whether `op` at a point may raise: loads of certainly bound locals do not.
pub(super) fn may_raise(op: &Op, state: &State) -> bool {
    match op {
        Op::LoadFast(l) => !state.bound[l.index()],
        _ => op.may_raise(),
    }
}

fn malformed(code: &Code, at: At) -> BuildError {
    BuildError { message: "the operand stack does not add up".into(), line: code.insts[at].span.line }
}

/// Applies one operation to the state (its fall-through effect).
pub(super) fn step(code: &Code, comps: &FxHashMap<At, Comprehension>, inner: &FxHashSet<LocalId>, at: At, s: &mut State) -> Result<(), BuildError> {
    let op = &code.insts[at].op;
    let e = op.effect();
    if s.stack.len() < e.needs as usize {
        return Err(malformed(code, at));
    }
    match *op {
        Op::Swap(n) => {
            let top = s.stack.len() - 1;
            s.stack.swap(top, top + 1 - n as usize);
        }
        Op::Copy(n) => s.stack.push(s.stack[s.stack.len() - n as usize]),
        Op::LoadFast(l) | Op::LoadDeref(l) if inner.contains(&l) => s.stack.push(Some(Tag::Inner(l))),
        Op::LoadFastAndClear(l) => {
            s.stack.push(Some(Tag::Saved(at, s.bound[l.index()])));
            s.bound[l.index()] = false;
        }
        Op::StoreFast(l) => {
            let saved = s.stack.pop().flatten();
            s.bound[l.index()] = !matches!(saved, Some(Tag::Saved(_, false)));
        }
        Op::StoreDeref(l) => {
            s.stack.pop();
            s.bound[l.index()] = true;
        }
        Op::DeleteFast(l) | Op::DeleteDeref(l) => s.bound[l.index()] = false,
        Op::MakeFunction(_) if comps.contains_key(&at) => {
            s.stack.truncate(s.stack.len() - e.pops as usize);
            s.stack.push(Some(Tag::Comprehension(at)));
        }
        _ => {
            s.stack.truncate(s.stack.len() - e.pops as usize);
            s.stack.resize(s.stack.len() + e.pushes as usize, None);
        }
    }
    Ok(())
}

/// The variables that the function made at `at` captures, in the order of its free variables.
pub(super) fn captures(code: &Code, at: At, has_closure: bool) -> Option<Vec<LocalId>> {
    if !has_closure {
        return Some(Vec::new());
    }
    // LoadClosure …, BuildTuple, Const(code), MakeFunction.
    let tuple = at.index().checked_sub(2)?;
    let Op::BuildTuple(n) = code.insts[At::new(tuple)].op else { return None };
    let first = tuple.checked_sub(n as usize)?;
    (first..tuple)
        .map(|k| match code.insts[At::new(k)].op {
            Op::LoadClosure(l) => Some(l),
            _ => None,
        })
        .collect()
}

/// Whether the mapping made at `at` holds keyword arguments of a call, or keyword-only defaults of a function.
pub(super) fn is_keywords(code: &Code, at: At) -> bool {
    // How many values lie above it.
    let mut above = 0u32;
    for i in at.index() + 1..code.insts.len() {
        let op = &code.insts[At::new(i)].op;
        match *op {
            Op::DictMerge(n) if above == 0 || n == above => return true,
            Op::CallEx { kwargs: true } if above == 0 => return true,
            Op::MakeFunction(parts) if parts.has_kwdefaults() && above == 1 + u32::from(parts.has_closure()) + u32::from(parts.has_annotations()) => {
                return true;
            }
            _ => {}
        }
        let e = op.effect();
        if e.needs > above || op.is_terminator() {
            return false;
        }
        above = above - e.pops + e.pushes;
    }
    false
}

/// Comprehension functions that can be translated in place: made from a constant, with a closure of plain captures.
fn find_comprehensions(code: &Code, depth: u32) -> FxHashMap<At, Comprehension> {
    let mut found = FxHashMap::default();
    if depth >= super::MAX_INLINE_DEPTH {
        return found;
    }
    for (at, inst) in code.insts.iter() {
        let Op::MakeFunction(parts) = inst.op else { continue };
        let i = at.index();
        let Some(Op::Const(c)) = i.checked_sub(1).map(|p| code.insts[At::new(p)].op) else { continue };
        let Const::Code(raw) = &code.consts[c] else { continue };
        let is_comp = matches!(raw.name.as_str(), "<listcomp>" | "<setcomp>" | "<dictcomp>");
        let only_closure = parts.has_closure() && parts.count() == 1;
        let suspends = raw.flags & (0x20 | 0x80 | 0x200) != 0;
        if !is_comp || suspends || (parts.count() > 0 && !only_closure) {
            continue;
        }
        let Some(captured) = captures(code, at, only_closure) else { continue };
        if captured.len() == raw.freevars.len() {
            found.insert(at, Comprehension { code: raw.clone(), captured });
        }
    }
    found
}

/// Whether every capture of `local` is by a comprehension that will be translated in place, nested ones included.
fn only_comprehensions(code: &Code, comps: &FxHashMap<At, Comprehension>, local: LocalId) -> bool {
    let uses = code.insts.values().filter(|i| i.op == Op::LoadClosure(local)).count();
    let by_comps = comps.values().flat_map(|c| &c.captured).filter(|&&l| l == local).count();
    uses == by_comps
        && comps.values().all(|c| {
            c.captured.iter().position(|&l| l == local).is_none_or(|n| {
                // Inside, the name must not be captured again by anything that stays a function.
                let name = &c.code.freevars[n];
                !c.code.consts.iter().any(|k| matches!(k, looplift_bytecode::RawConst::Code(inner) if inner.freevars.contains(name)))
            })
        })
}

/// Whether one of the functions that are `consts`, or a function inside of it, assigns to or deletes a variable of theirs.
fn writes<'c>(consts: impl Iterator<Item = &'c RawConst>, opcodes: &OpcodeMap, name: &str) -> bool {
    let mut work: Vec<std::sync::Arc<RawCode>> = Vec::new();
    let inner = |c: &RawConst, work: &mut Vec<std::sync::Arc<RawCode>>| {
        if let RawConst::Code(raw) = c
            && raw.freevars.iter().any(|n| n == name)
        {
            work.push(raw.clone());
        }
    };
    consts.for_each(|c| inner(c, &mut work));
    while let Some(raw) = work.pop() {
        // What cannot be read may do anything.
        let Ok(c) = looplift_bytecode::decode(&raw, opcodes) else { return true };
        let writes = |op: &Op| match op {
            Op::StoreDeref(l) | Op::DeleteDeref(l) => c.locals[*l].name == name,
            _ => false,
        };
        if c.insts.values().any(|i| writes(&i.op)) {
            return true;
        }
        raw.consts.iter().for_each(|k| inner(k, &mut work));
    }
    false
}

/// The variable that keeps the function made at each instruction, where that is its only assignment.
fn find_definitions(code: &Code) -> FxHashMap<At, LocalId> {
    let mut stores: FxHashMap<LocalId, Option<At>> = FxHashMap::default();
    for (at, inst) in code.insts.iter() {
        match inst.op {
            Op::StoreFast(l) | Op::StoreDeref(l) => {
                let made = at.index().checked_sub(1).map(At::new).filter(|&p| matches!(code.insts[p].op, Op::MakeFunction(_)));
                stores.entry(l).and_modify(|s| *s = None).or_insert(made);
            }
            Op::DeleteFast(l) | Op::DeleteDeref(l) | Op::LoadFastAndClear(l) => {
                stores.insert(l, None);
            }
            _ => {}
        }
    }
    let own = |l: &LocalId| l.index() >= code.param_count() && code.locals[*l].kind != LocalKind::Free;
    stores.into_iter().filter(|(l, _)| own(l)).filter_map(|(l, at)| Some((at?, l))).collect()
}

/// The code constant of the function that is made at `at`.
fn made_code(code: &Code, at: At) -> Option<&std::sync::Arc<RawCode>> {
    let Op::Const(c) = code.insts[At::new(at.index().checked_sub(1)?)].op else { return None };
    match &code.consts[c] {
        Const::Code(raw) => Some(raw),
        _ => None,
    }
}

/// What a function that is translated in place is told of its free variables by the enclosing one: which hold functions that are
/// translated where they are called, and which are assigned to by such functions.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub inner: FxHashSet<LocalId>,
    pub assigned: FxHashSet<LocalId>,
    /// Locals whose functions are used other than by calling them: they stay functions.
    pub kept: FxHashSet<LocalId>,
}

/// The variables that inner functions assign to.
fn find_assigned(code: &Code, opcodes: &OpcodeMap, given: &Given) -> FxHashSet<LocalId> {
    let cells = code.locals.iter().filter(|(_, l)| l.kind == LocalKind::Cell);
    cells.filter(|(_, l)| writes(code.consts.values(), opcodes, &l.name)).map(|(id, _)| id).chain(given.assigned.iter().copied()).collect()
}

/// The locals that hold inner functions which must be translated where they are called: they assign to variables of this function, or
/// use variables that are assigned so, or such functions. Functions that call themselves, and generators, cannot be.
fn find_inner(code: &Code, opcodes: &OpcodeMap, definitions: &FxHashMap<At, LocalId>, assigned: &FxHashSet<LocalId>, given: &Given) -> FxHashSet<LocalId> {
    let candidates: Vec<(LocalId, Vec<LocalId>, bool)> = definitions
        .iter()
        .filter_map(|(&at, &l)| {
            let raw = made_code(code, at)?;
            let Op::MakeFunction(parts) = code.insts[at].op else { return None };
            let captured = captures(code, at, parts.has_closure())?;
            let suspends = raw.flags & (0x20 | 0x80 | 0x200) != 0;
            let assigns = raw.freevars.iter().any(|n| writes(std::iter::once(&RawConst::Code(raw.clone())), opcodes, n));
            (!suspends && !captured.contains(&l) && !given.kept.contains(&l)).then_some((l, captured, assigns))
        })
        .collect();
    let mut inner = given.inner.clone();
    loop {
        let before = inner.len();
        for (l, captured, assigns) in &candidates {
            if *assigns || captured.iter().any(|c| inner.contains(c) || assigned.contains(c)) {
                inner.insert(*l);
            }
        }
        if inner.len() == before {
            return inner;
        }
    }
}

/// Whether all functions that use a local which inner functions assign to are translated in place, or made where they are called.
fn only_inner(
    code: &Code,
    opcodes: &OpcodeMap,
    comps: &FxHashMap<At, Comprehension>,
    definitions: &FxHashMap<At, LocalId>,
    inner: &FxHashSet<LocalId>,
    local: LocalId,
) -> bool {
    code.insts.iter().all(|(at, inst)| {
        let Op::MakeFunction(parts) = inst.op else { return true };
        if !captures(code, at, parts.has_closure()).is_none_or(|c| c.contains(&local)) {
            return true;
        }
        let assigns = made_code(code, at).is_none_or(|raw| writes(std::iter::once(&RawConst::Code(raw.clone())), opcodes, &code.locals[local].name));
        match definitions.get(&at) {
            Some(l) => inner.contains(l),
            None => comps.contains_key(&at) && !assigns,
        }
    })
}

/// Runs the prepass. `depth` counts enclosing functions that are translated in place; `given` says of free
/// variables what the enclosing function knows.
pub(super) fn run(code: &Code, opcodes: &OpcodeMap, depth: u32, given: &Given) -> Result<Prepass, BuildError> {
    let definitions = find_definitions(code);
    let assigned = find_assigned(code, opcodes, given);
    let inner = if depth < super::MAX_INLINE_DEPTH { find_inner(code, opcodes, &definitions, &assigned, given) } else { given.inner.clone() };
    let comprehensions = find_comprehensions(code, depth);
    let mut storage: SecondaryMap<LocalId, Storage> = SecondaryMap::new();
    let mut free = 0;
    for (l, local) in code.locals.iter() {
        storage[l] = match local.kind {
            LocalKind::Fast => Storage::Plain,
            LocalKind::Cell if only_comprehensions(code, &comprehensions, l) => Storage::Plain,
            LocalKind::Cell if !writes(code.consts.values(), opcodes, &local.name) => Storage::Plain,
            LocalKind::Cell if only_inner(code, opcodes, &comprehensions, &definitions, &inner, l) => Storage::Plain,
            LocalKind::Cell => Storage::Cell,
            LocalKind::Free => {
                free += 1;
                Storage::Free(free - 1)
            }
        };
    }

    // Leaders: targets, what follows a block end, region borders, handlers.
    let n = code.insts.len();
    let mut leader = vec![false; n + 1];
    leader[0] = true;
    for (at, inst) in code.insts.iter() {
        for t in inst.op.targets() {
            leader[t.index()] = true;
        }
        if inst.op.is_terminator() || matches!(inst.op, Op::ForIter { .. } | Op::Send { .. }) {
            leader[at.index() + 1] = true;
        }
    }
    for r in &code.regions {
        for at in [r.start, r.end, r.handler] {
            leader[at.index().min(n)] = true;
        }
    }
    let end_of = |start: usize| (start + 1..=n).find(|&i| i == n || leader[i]).unwrap_or(n);

    let mut entry_bound = vec![false; code.locals.len()];
    for (i, bound) in entry_bound.iter_mut().enumerate() {
        *bound = i < code.param_count() || code.locals[LocalId::new(i)].kind == LocalKind::Free;
    }
    let mut states: FxHashMap<usize, State> = FxHashMap::default();
    if n > 0 {
        states.insert(0, State { stack: Vec::new(), bound: entry_bound });
    }
    let mut work: Vec<usize> = vec![0];
    let mut steps = 0usize;
    let mut mixed = FxHashSet::default();
    while let Some(start) = work.pop() {
        steps += 1;
        if steps > 1000 + 64 * n {
            return Err(BuildError { message: "the control flow is too complex".into(), line: code.firstlineno });
        }
        let Some(mut s) = states.get(&start).cloned() else { continue };
        let end = end_of(start);
        let mut flow = |to: usize, s: &State, at: At, work: &mut Vec<usize>| -> Result<(), BuildError> {
            if to >= n {
                return Err(malformed(code, at));
            }
            match states.get_mut(&to) {
                Some(old) => {
                    for (a, b) in old.stack.iter().zip(&s.stack).filter(|(a, b)| a != b) {
                        let inner = |t: &Option<Tag>| if let Some(Tag::Inner(l)) = t { Some(*l) } else { None };
                        mixed.extend(inner(a).into_iter().chain(inner(b)));
                    }
                    match old.meet(s) {
                        Some(true) => work.push(to),
                        Some(false) => {}
                        None => return Err(malformed(code, at)),
                    }
                }
                None => {
                    states.insert(to, s.clone());
                    work.push(to);
                }
            }
            Ok(())
        };
        for i in start..end {
            let at = At::new(i);
            let op = &code.insts[at].op;
            if may_raise(op, &s)
                && let Some(r) = handler_of(code, at)
            {
                let mut h = s.clone();
                if h.stack.len() < r.depth as usize {
                    return Err(malformed(code, at));
                }
                h.stack.truncate(r.depth as usize);
                h.stack.resize(r.depth as usize + usize::from(r.push_lasti) + 1, None);
                flow(r.handler.index(), &h, at, &mut work)?;
            }
            match *op {
                Op::ForIter { exit } | Op::Send { exit } => {
                    let mut out = s.clone();
                    if out.stack.pop().is_none() {
                        return Err(malformed(code, at));
                    }
                    flow(exit.index(), &out, at, &mut work)?;
                }
                _ => {}
            }
            step(code, &comprehensions, &inner, at, &mut s)?;
            match *op {
                Op::Jump(t) => flow(t.index(), &s, at, &mut work)?,
                Op::Branch { then, otherwise, .. } => {
                    flow(then.index(), &s, at, &mut work)?;
                    flow(otherwise.index(), &s, at, &mut work)?;
                }
                _ if op.is_terminator() => {}
                _ if i + 1 == end => flow(end, &s, at, &mut work)?,
                _ => {}
            }
        }
    }

    let mut starts: Vec<usize> = states.keys().copied().collect();
    starts.sort_unstable();
    let index: FxHashMap<At, usize> = starts.iter().enumerate().map(|(n, &s)| (At::new(s), n)).collect();
    let mut jumps_in = vec![0; starts.len()];
    let mut blocks = Vec::with_capacity(starts.len());
    for &start in &starts {
        let end = end_of(start);
        let last = At::new(end - 1);
        let op = &code.insts[last].op;
        for t in op.targets() {
            if let Some(&b) = index.get(&t) {
                jumps_in[b] += 1;
            }
        }
        if !op.is_terminator()
            && let Some(&b) = index.get(&At::new(end))
        {
            jumps_in[b] += 1;
        }
        if let Some(s) = states.remove(&start) {
            blocks.push((At::new(start), At::new(end), s));
        }
    }
    Ok(Prepass { blocks, index, storage, comprehensions, definitions, inner, assigned, mixed, jumps_in })
}
