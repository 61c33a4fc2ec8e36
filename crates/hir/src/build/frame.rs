//! The translator's state and control flow: one [`Frame`] for the function and one for each comprehension translated in
//! place.

use super::prepass::{self, Prepass, State, Storage, Tag};
use super::ssa::{Ssa, Var, VarKey};
use super::{BuildError, Translated, convert_const};
use crate::func::*;
use crate::ops::{Op, Terminator};
use cranelift_entity::EntityRef;
use looplift_bytecode::{At, Code, LocalId, Op as Bc, OpcodeMap, Test};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

/// A slot of the symbolic stack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// `None`: still what the slot variable of this index held at the block's start.
    pub value: Result<Value, u32>,
    pub tag: Option<Tag>,
}

/// Where an exception goes: a bytecode block of some frame.
#[derive(Clone, Copy, Debug)]
struct Handler {
    block: Block,
}

/// What names a closure variable resolves to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// An SSA variable.
    Var { var: Var, bound: VarKey },
    /// A variable holding a cell.
    Cell { var: Var },
    /// Variable `index` of the function's closure.
    Free(u32),
    /// The inner function that is being translated.
    This,
}

/// How the function in a variable is made anew, so that it holds what its free variables are *now*.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub code: Const,
    pub this: Option<u32>,
    pub defaults: [Option<Var>; 2],
    /// Name and place of each free variable, the function itself apart.
    pub captured: Vec<(Box<str>, Place)>,
    /// It is no value, but translated where it is called.
    pub in_place: Option<Defaults>,
}

/// Where the defaults are of a function that is translated where it is called.
#[derive(Clone, Debug, Default)]
pub(super) struct Defaults {
    pub positional: Vec<Var>,
    pub named: Vec<(Box<str>, Var)>,
}

pub(super) struct Frame<'a> {
    pub id: u32,
    pub depth: u32,
    pub code: &'a Code,
    pub pre: Prepass,
    /// HIR block of each bytecode block.
    blocks: Vec<Block>,
    /// Handler of the enclosing frame.
    outer: Option<Handler>,
    /// For each free variable of a comprehension: the place in the enclosing frame.
    captured: Vec<Place>,
    /// Where `return` goes in a comprehension: a block taking the value.
    exit: Option<Block>,
    pub stack: Vec<Slot>,
    pub state: State,
    pub at: At,
}

pub(super) struct Translator<'a> {
    pub ssa: Ssa,
    pub opcodes: &'a OpcodeMap,
    pub block: Block,
    pub span: SpanId,
    frames: u32,
    /// Variables that hold an inner function from their only assignment on.
    pub made: FxHashMap<Var, std::rc::Rc<Made>>,
    /// The function's locals that hold functions which are translated where they are called, by variable.
    pub inner: FxHashMap<Var, LocalId>,
    /// Those that turned out to be used in other ways.
    pub keep: FxHashSet<LocalId>,
    /// Variables that inner functions assign to which are translated where they are called.
    pub assigned: FxHashSet<Var>,
    /// The variables whose functions are being made.
    pub making: Vec<Var>,
    /// In an inner function: the parameters that hold its parts.
    pub parts: Vec<Value>,
    /// Locals of the function whose types were declared.
    pub declared: &'a [Box<str>],
    /// False after the current block got its terminator.
    pub open: bool,
}

pub(super) type Res<T> = Result<T, BuildError>;

/// Translates a whole function.
pub(super) fn translate<'a>(
    func: Function,
    code: &Code,
    opcodes: &'a OpcodeMap,
    lift: Option<super::Lift>,
    declared: &'a [Box<str>],
    kept: &FxHashSet<LocalId>,
) -> Res<Translated> {
    let mut ssa = Ssa::new(func);
    let span = ssa.span(looplift_bytecode::Span::default());
    let entry = ssa.new_block(span);
    ssa.seal(entry);
    let mut t = Translator {
        ssa,
        opcodes,
        block: entry,
        span,
        frames: 0,
        made: FxHashMap::default(),
        inner: FxHashMap::default(),
        keep: FxHashSet::default(),
        assigned: FxHashSet::default(),
        making: Vec::new(),
        parts: Vec::new(),
        declared,
        open: true,
    };
    let pre = prepass::run(code, opcodes, 0, &prepass::Given { kept: kept.clone(), ..Default::default() })?;
    let mut frame = t.frame(code, pre, 0, None, Vec::new(), None);
    for i in 0..code.param_count() {
        let local = LocalId::new(i);
        let name = t.ssa.local_name(&code.locals[local].name);
        let v = t.ssa.param(entry, Some(name));
        let v = t.as_declared(&mut frame, local, v);
        let var = t.local_var(&frame, local);
        t.ssa.write(entry, var, v);
    }
    t.init_bound(&frame);
    if let Some(lift) = lift {
        t.lift(&mut frame, entry, lift);
    }
    if &*code.name == "<genexpr>" && code.param_count() == 1 {
        // What it iterates over comes as it is: see `generator_expression`.
        let l = LocalId::new(0);
        let var = t.local_var(&frame, l);
        let arg = t.ssa.read(entry, var);
        let iter = t.emit(&mut frame, Op::GetIter { arg });
        t.ssa.write(t.block, var, iter);
    }
    t.run(&mut frame)?;
    Ok(if t.keep.is_empty() { Translated::Whole(t.ssa.finish()) } else { Translated::Keep(t.keep) })
}

impl<'a> Translator<'a> {
    pub fn frame<'b>(&mut self, code: &'b Code, pre: Prepass, depth: u32, outer: Option<Block>, captured: Vec<Place>, exit: Option<Block>) -> Frame<'b> {
        let id = self.frames;
        self.frames += 1;
        let blocks = pre
            .blocks
            .iter()
            .map(|(start, _, _)| {
                let span = self.ssa.span(code.insts[*start].span);
                self.ssa.new_block(span)
            })
            .collect();
        let assigned: Vec<LocalId> = pre.assigned.iter().copied().filter(|l| pre.storage[*l] == Storage::Plain).collect();
        let frame = Frame {
            id,
            depth,
            code,
            pre,
            blocks,
            outer: outer.map(|block| Handler { block }),
            captured,
            exit,
            stack: Vec::new(),
            state: State { stack: Vec::new(), bound: Vec::new() },
            at: At::new(0),
        };
        for l in assigned {
            let var = self.local_var(&frame, l);
            self.assigned.insert(var);
        }
        if depth == 0 {
            for l in frame.pre.inner.clone() {
                let var = self.local_var(&frame, l);
                self.inner.insert(var, l);
            }
        }
        for l in frame.pre.mixed.clone() {
            if let Place::Var { var, .. } = self.place(&frame, l) {
                self.keep_function(var);
            }
        }
        frame
    }

    /// Makes parameters of the free variables.
    fn lift(&mut self, f: &mut Frame<'_>, entry: Block, lift: super::Lift) {
        let free: Vec<LocalId> = f.code.locals.iter().filter(|(_, l)| l.kind == looplift_bytecode::LocalKind::Free).map(|(id, _)| id).collect();
        for (n, l) in free.into_iter().enumerate() {
            if lift.this == Some(n as u32) {
                f.captured.push(Place::This);
                continue;
            }
            let name = self.ssa.local_name(&f.code.locals[l].name);
            let v = self.ssa.param(entry, Some(name));
            self.parts.push(v);
            let var = self.local_var(f, l);
            self.ssa.write(entry, var, v);
            if n < 64 && lift.cells & (1 << n) != 0 {
                f.captured.push(Place::Cell { var });
                continue;
            }
            self.set_bound(VarKey::Bound(f.id, l), true);
            f.captured.push(Place::Var { var, bound: VarKey::Bound(f.id, l) });
        }
        for _ in 0..lift.extra {
            let v = self.ssa.param(entry, None);
            self.parts.push(v);
        }
    }

    pub fn local_var(&mut self, f: &Frame<'_>, l: LocalId) -> Var {
        let name = &f.code.locals[l].name;
        // The iterator argument of a comprehension function has no name in the source.
        let name = (!name.starts_with('.')).then(|| self.ssa.local_name(name));
        self.ssa.var(VarKey::Local(f.id, l), name)
    }

    /// Where a local, cell or free variable lives.
    pub fn place(&mut self, f: &Frame<'_>, l: LocalId) -> Place {
        match f.pre.storage[l] {
            Storage::Plain => Place::Var { var: self.local_var(f, l), bound: VarKey::Bound(f.id, l) },
            Storage::Cell => Place::Cell { var: self.local_var(f, l) },
            Storage::Free(n) => f.captured.get(n as usize).copied().unwrap_or(Place::Free(n)),
        }
    }

    /// Which locals need a run-time flag: those that some load may find unbound. Sets their flags at the frame's start.
    pub fn init_bound(&mut self, f: &Frame<'_>) {
        let entry = f.pre.blocks.first().map(|b| b.2.bound.clone()).unwrap_or_default();
        for (l, _) in f.code.locals.iter() {
            if f.pre.storage[l] == Storage::Plain {
                self.set_bound(VarKey::Bound(f.id, l), entry.get(l.index()).copied().unwrap_or(false));
            }
        }
    }
    pub fn set_bound(&mut self, key: VarKey, bound: bool) {
        let v = self.constant(Const::Bool(bound));
        let var = self.ssa.var(key, None);
        self.ssa.write(self.block, var, v);
    }

    pub fn constant(&mut self, c: Const) -> Value {
        self.ssa.inst(self.block, Op::Const(c), self.span).1
    }

    /// Emits an operation, with its handler edge if it may raise inside a try region.
    pub fn emit(&mut self, f: &mut Frame<'_>, op: Op) -> Value {
        match self.handler(f).filter(|_| op.may_raise()) {
            None => self.ssa.inst(self.block, op, self.span).1,
            Some(h) => {
                let before = self.split(f);
                let (inst, v) = self.ssa.inst(self.block, op, self.span);
                self.ssa.inst_handler(before, inst, h);
                v
            }
        }
    }

    /// The handler block for the instruction being translated.
    pub fn handler(&self, f: &Frame<'_>) -> Option<Block> {
        match prepass::handler_of(f.code, f.at) {
            Some(r) => f.pre.index.get(&r.handler).map(|&n| f.blocks[n]),
            None => f.outer.map(|h| h.block),
        }
    }

    /// Ends the current block by a jump to a fresh one; returns the ended block.
    pub fn split(&mut self, f: &mut Frame<'_>) -> Block {
        self.flush(f);
        let before = self.block;
        let next = self.ssa.new_block(self.span);
        self.ssa.terminate(before, Terminator::Jump(BlockCall { block: next, args: SmallVec::new() }), self.span);
        self.ssa.seal(next);
        self.block = next;
        before
    }

    // ---- stack --------------------------------------------------------------------------------------------------

    fn slot_var(&mut self, f: &Frame<'_>, n: u32) -> Var {
        self.ssa.var(VarKey::Slot(f.id, n), None)
    }
    pub fn resolve(&mut self, f: &Frame<'_>, slot: Slot) -> Value {
        match slot.value {
            Ok(v) => v,
            Err(n) => {
                let var = self.slot_var(f, n);
                self.ssa.read(self.block, var)
            }
        }
    }
    pub fn push(&mut self, f: &mut Frame<'_>, v: Value) {
        f.stack.push(Slot { value: Ok(v), tag: None });
    }
    pub fn pop_slot(&mut self, f: &mut Frame<'_>) -> Res<Slot> {
        f.stack.pop().ok_or_else(|| self.error(f, "the operand stack is empty"))
    }
    pub fn pop(&mut self, f: &mut Frame<'_>) -> Res<Value> {
        let s = self.pop_slot(f)?;
        Ok(self.used(f, s))
    }
    /// The value of a slot as an operand: a function that is translated where it is called is none.
    pub fn used(&mut self, f: &mut Frame<'_>, slot: Slot) -> Value {
        match slot.tag {
            Some(Tag::Inner(l)) => {
                let place = self.place(f, l);
                self.no_value(f, place)
            }
            _ => self.resolve(f, slot),
        }
    }
    pub fn pop_n(&mut self, f: &mut Frame<'_>, n: u32) -> Res<SmallVec<[Value; 4]>> {
        let at = f.stack.len().checked_sub(n as usize).ok_or_else(|| self.error(f, "the operand stack is too short"))?;
        let slots = f.stack.split_off(at);
        Ok(slots.into_iter().map(|s| self.used(f, s)).collect())
    }
    /// The value of slot `n`, 1 being the top.
    pub fn peek(&mut self, f: &Frame<'_>, n: u32) -> Res<Value> {
        let i = f.stack.len().checked_sub(n as usize).filter(|_| n > 0).ok_or_else(|| self.error(f, "the operand stack is too short"))?;
        Ok(self.resolve(f, f.stack[i]))
    }
    /// Writes the stack to the slot variables.
    pub fn flush(&mut self, f: &mut Frame<'_>) {
        for i in 0..f.stack.len() {
            if f.stack[i].value != Err(i as u32) {
                let v = self.resolve(f, f.stack[i]);
                f.stack[i].value = Ok(v);
            }
        }
        for i in 0..f.stack.len() {
            if let Ok(v) = f.stack[i].value {
                let var = self.slot_var(f, i as u32);
                self.ssa.write(self.block, var, v);
            }
        }
    }

    pub fn error(&self, f: &Frame<'_>, message: impl Into<String>) -> BuildError {
        BuildError { message: message.into(), line: f.code.insts.get(f.at).map_or(0, |i| i.span.line) }
    }

    // ---- blocks -------------------------------------------------------------------------------------------------

    fn target(&self, f: &Frame<'_>, at: At) -> Res<BlockCall> {
        match f.pre.index.get(&at) {
            Some(&n) => Ok(BlockCall { block: f.blocks[n], args: SmallVec::new() }),
            None => Err(self.error(f, "a jump into the middle of nowhere")),
        }
    }
    pub fn end(&mut self, f: &mut Frame<'_>, term: Terminator) {
        self.flush(f);
        self.ssa.terminate(self.block, term, self.span);
        self.open = false;
    }
    /// Ends the block by an operation that may raise.
    pub fn end_raising(&mut self, f: &mut Frame<'_>, term: Terminator) {
        let handler = self.handler(f);
        self.end(f, term);
        if let Some(h) = handler {
            self.ssa.term_handler(self.block, h);
        }
    }

    /// Translates every block of a frame. The current block falls into the first one.
    pub fn run(&mut self, f: &mut Frame<'_>) -> Res<()> {
        let Some(&first) = f.blocks.first() else {
            return Err(self.error(f, "no instructions"));
        };
        self.ssa.terminate(self.block, Terminator::Jump(BlockCall { block: first, args: SmallVec::new() }), self.span);
        // Handler blocks take the exception as their first parameter, made before any variable's.
        let mut exceptions: FxHashMap<usize, Value> = FxHashMap::default();
        let mut lasti: FxHashMap<usize, bool> = FxHashMap::default();
        for r in &f.code.regions {
            let Some(&n) = f.pre.index.get(&r.handler) else { continue };
            if f.pre.jumps_in[n] > 0 || n == 0 || lasti.get(&n).is_some_and(|&l| l != r.push_lasti) {
                return Err(self.error(f, "a handler that is also reached in another way"));
            }
            exceptions.entry(n).or_insert_with(|| self.ssa.param(f.blocks[n], None));
            lasti.insert(n, r.push_lasti);
        }
        let mut filled = vec![u32::from(false); f.blocks.len()];
        filled[0] += 1;
        let jumps_in = f.pre.jumps_in.clone();
        let seal_if_known = |t: &mut Translator<'_>, f: &Frame<'_>, n: usize, filled: &[u32]| {
            let wanted = jumps_in[n] + u32::from(n == 0);
            if filled[n] == wanted && !exceptions.contains_key(&n) {
                t.ssa.seal(f.blocks[n]);
            }
        };
        seal_if_known(self, f, 0, &filled);
        for n in 0..f.blocks.len() {
            let (start, end, state) = f.pre.blocks[n].clone();
            self.block = f.blocks[n];
            self.open = true;
            f.stack = state.stack.iter().enumerate().map(|(i, &tag)| Slot { value: Err(i as u32), tag }).collect();
            f.state = state;
            if let Some(&exc) = exceptions.get(&n) {
                f.stack.pop();
                if lasti.get(&n) == Some(&true) {
                    f.stack.pop();
                    let none = self.constant(Const::None);
                    self.push(f, none);
                }
                self.push(f, exc);
            }
            for i in start.index()..end.index() {
                f.at = At::new(i);
                self.span = self.ssa.span(f.code.insts[f.at].span);
                self.instruction(f)?;
                if !self.open {
                    break;
                }
                prepass::step(f.code, &f.pre.comprehensions, &f.pre.inner, f.at, &mut f.state)?;
            }
            if self.open {
                let t = self.target(f, end)?;
                self.end(f, Terminator::Jump(t));
            }
            let last = At::new(end.index() - 1);
            let op = &f.code.insts[last].op;
            let next = (!op.is_terminator()).then_some(end);
            for t in op.targets().chain(next) {
                if let Some(&m) = f.pre.index.get(&t) {
                    filled[m] += 1;
                    seal_if_known(self, f, m, &filled);
                }
            }
        }
        Ok(())
    }

    fn instruction(&mut self, f: &mut Frame<'_>) -> Res<()> {
        match f.code.insts[f.at].op {
            Bc::Jump(t) => {
                let t = self.target(f, t)?;
                self.end(f, Terminator::Jump(t));
            }
            Bc::Branch { test, then, otherwise } => {
                let v = self.pop(f)?;
                let cond = match test {
                    Test::Truth => self.emit(f, Op::ToBool { arg: v }),
                    Test::IsNone => {
                        let none = self.constant(Const::None);
                        self.emit(f, Op::Is { lhs: v, rhs: none, negated: false })
                    }
                };
                let (then, other) = (self.target(f, then)?, self.target(f, otherwise)?);
                self.end(f, Terminator::Branch { cond, then, other });
            }
            Bc::ForIter { exit } => {
                let iter = self.peek(f, 1)?;
                let exit = self.target(f, exit)?;
                // The item arrives as a parameter of a block of its own, which pushes it.
                self.flush(f);
                let body = self.ssa.new_block(self.span);
                let item = self.ssa.param(body, None);
                self.end_raising(f, Terminator::IterNext { iter, body: BlockCall { block: body, args: SmallVec::new() }, exit });
                self.ssa.seal(body);
                self.block = body;
                self.push(f, item);
                let next = self.target(f, At::new(f.at.index() + 1))?;
                self.end(f, Terminator::Jump(next));
            }
            // `yield from`: each item of the iterator is given out; what is sent goes nowhere.
            Bc::Send { exit } => {
                self.pop_slot(f)?;
                let iter = self.peek(f, 1)?;
                let exit = self.target(f, exit)?;
                self.flush(f);
                let (body, done) = (self.ssa.new_block(self.span), self.ssa.new_block(self.span));
                let item = self.ssa.param(body, None);
                let to = |block| BlockCall { block, args: SmallVec::new() };
                self.end_raising(f, Terminator::IterNext { iter, body: to(body), exit: to(done) });
                self.ssa.seal(body);
                self.ssa.seal(done);
                self.block = done;
                self.open = true;
                let stack = f.stack.clone();
                self.pop_slot(f)?;
                let returned = self.emit(f, Op::ReturnedBy { iter });
                self.push(f, returned);
                self.end(f, Terminator::Jump(exit));
                f.stack = stack;
                self.open = true;
                self.block = body;
                self.push(f, item);
                let next = self.target(f, At::new(f.at.index() + 1))?;
                self.end(f, Terminator::Jump(next));
            }
            Bc::Return => {
                let v = self.pop(f)?;
                match f.exit {
                    None => self.end(f, Terminator::Return(v)),
                    Some(block) => {
                        let mut args = SmallVec::new();
                        args.push(v);
                        self.end(f, Terminator::Jump(BlockCall { block, args }));
                    }
                }
            }
            Bc::Raise(n) => {
                let cause = if n > 1 { Some(self.pop(f)?) } else { None };
                let exc = if n > 0 { Some(self.pop(f)?) } else { None };
                self.end_raising(f, Terminator::Raise { exc, cause });
            }
            Bc::Reraise(_) => {
                let exc = self.pop(f)?;
                self.end_raising(f, Terminator::Reraise { exc });
            }
            Bc::Call { argc: 1, kwnames: None } if self.is_comprehension(f) => self.inline_comprehension(f)?,
            Bc::Call { argc, kwnames } if let Some(l) = called_inner(f, argc) => self.inline_function(f, l, argc, kwnames)?,
            _ => self.operation(f)?,
        }
        Ok(())
    }

    /// Whether the call at hand is of a comprehension function translated in place.
    fn is_comprehension(&self, f: &Frame<'_>) -> bool {
        let callee = f.stack.len().checked_sub(2).and_then(|i| f.stack[i].tag);
        matches!(callee, Some(Tag::Comprehension(at)) if f.pre.comprehensions.contains_key(&at))
    }

    fn inline_comprehension(&mut self, f: &mut Frame<'_>) -> Res<()> {
        let iter = self.pop(f)?;
        let callee = self.pop_slot(f)?;
        let Some(Tag::Comprehension(at)) = callee.tag else {
            return Err(self.error(f, "no comprehension to call"));
        };
        let comp = f.pre.comprehensions[&at].clone();
        let code = looplift_bytecode::decode(&comp.code, self.opcodes).map_err(|e| self.error(f, format!("in a comprehension: {e}")))?;
        let captured = comp.captured.iter().map(|&l| self.place(f, l)).collect();
        self.inline(f, &code, captured, &[(LocalId::new(0), iter)])
    }

    /// The function of a local that is translated where it is called, called.
    fn inline_function(&mut self, f: &mut Frame<'_>, l: LocalId, argc: u32, kwnames: Option<looplift_bytecode::ConstId>) -> Res<()> {
        let args = self.pop_n(f, argc)?;
        self.pop_slot(f)?;
        let var = match self.place(f, l) {
            Place::Var { var, .. } => var,
            Place::Cell { .. } | Place::Free(_) | Place::This => return Err(self.error(f, "no inner function to call")),
        };
        let made = self.made.get(&var).cloned();
        let Some((made, raw)) = made.and_then(|m| match &m.code {
            Const::Code(raw) => Some((m.clone(), raw.clone())),
            _ => None,
        }) else {
            let place = self.place(f, l);
            let v = self.no_value(f, place);
            self.push(f, v);
            return Ok(());
        };
        if self.making.contains(&var) || f.depth >= super::MAX_INLINE_DEPTH {
            self.keep_function(var);
            let v = self.unsupported(f, "a recursive inner function that assigns to nonlocal variables");
            self.push(f, v);
            return Ok(());
        }
        let code = looplift_bytecode::decode(&raw, self.opcodes).map_err(|e| self.error(f, format!("in an inner function: {e}")))?;
        let kwnames = kwnames.map(|k| self.hir_const(f, k));
        let defaults = made.in_place.clone().unwrap_or_default();
        let Some(params) = self.bind(f, &code, &defaults, &args, kwnames.as_ref()) else {
            let v = self.unsupported(f, &format!("this call of the inner function `{}`, which assigns to nonlocal variables,", raw.name));
            self.push(f, v);
            return Ok(());
        };
        self.making.push(var);
        let captured = made.captured.iter().map(|(_, place)| *place).collect();
        let outcome = self.inline(f, &code, captured, &params);
        self.making.pop();
        outcome
    }

    /// The values of the parameters in a call of a function that is translated in place; `None` if they do not bind.
    fn bind(&mut self, f: &mut Frame<'_>, code: &Code, defaults: &Defaults, args: &[Value], kwnames: Option<&Const>) -> Option<Vec<(LocalId, Value)>> {
        let names: &[Const] = match kwnames {
            Some(Const::Tuple(names)) => names,
            _ => &[],
        };
        let (positional, named) = args.split_at(args.len().checked_sub(names.len())?);
        let (fixed, all) = (code.argcount as usize, (code.argcount + code.kwonlyargcount) as usize);
        let mut values: Vec<Option<Value>> = vec![None; all];
        for (slot, v) in values.iter_mut().zip(&positional[..positional.len().min(fixed)]) {
            *slot = Some(*v);
        }
        for (name, v) in names.iter().zip(named) {
            let Const::Str(name) = name else { return None };
            let at = (code.posonlyargcount as usize..all).find(|&k| *code.locals[LocalId::new(k)].name == **name)?;
            if values[at].replace(*v).is_some() {
                return None;
            }
        }
        let first = fixed.checked_sub(defaults.positional.len())?;
        for (k, var) in defaults.positional.iter().enumerate() {
            if values[first + k].is_none() {
                values[first + k] = Some(self.ssa.read(self.block, *var));
            }
        }
        for (name, var) in &defaults.named {
            let at = (fixed..all).find(|&k| *code.locals[LocalId::new(k)].name == **name)?;
            if values[at].is_none() {
                values[at] = Some(self.ssa.read(self.block, *var));
            }
        }
        let mut params: Vec<(LocalId, Value)> = values.into_iter().enumerate().map(|(k, v)| Some((LocalId::new(k), v?))).collect::<Option<_>>()?;
        let rest = positional.get(fixed..).unwrap_or_default();
        if code.flags.has_varkeywords() || (!rest.is_empty() && !code.flags.has_varargs()) {
            return None;
        }
        if code.flags.has_varargs() {
            let items = rest.iter().copied().collect();
            params.push((LocalId::new(all), self.emit(f, Op::BuildTuple { items })));
        }
        Some(params)
    }

    /// Translates code in place, as the function that it is of would run with these parameters; pushes what it returns.
    fn inline(&mut self, f: &mut Frame<'_>, code: &Code, captured: Vec<Place>, params: &[(LocalId, Value)]) -> Res<()> {
        let mut given = prepass::Given::default();
        let free = code.locals.iter().filter(|(_, l)| l.kind == looplift_bytecode::LocalKind::Free).map(|(id, _)| id);
        for (l, place) in free.zip(&captured) {
            let Place::Var { var, .. } = place else { continue };
            if self.made.get(var).is_some_and(|m| m.in_place.is_some()) {
                given.inner.insert(l);
            }
            if self.assigned.contains(var) {
                given.assigned.insert(l);
            }
        }
        let pre = prepass::run(code, self.opcodes, f.depth + 1, &given)?;
        // The inner code may raise to a handler here, which needs this frame's stack.
        self.split(f);
        let exit = self.ssa.new_block(self.span);
        let result = self.ssa.param(exit, None);
        let handler = self.handler(f);
        let mut inner = self.frame(code, pre, f.depth + 1, handler, captured, Some(exit));
        for &(l, value) in params {
            let var = self.local_var(&inner, l);
            self.ssa.write(self.block, var, value);
        }
        self.init_bound(&inner);
        let span = self.span;
        self.run(&mut inner)?;
        self.span = span;
        self.block = exit;
        self.open = true;
        self.ssa.seal(exit);
        // The enclosing stack is in its slot variables.
        for (i, s) in f.stack.iter_mut().enumerate() {
            s.value = Err(i as u32);
        }
        self.push(f, result);
        Ok(())
    }

    pub fn hir_const(&self, f: &Frame<'_>, c: looplift_bytecode::ConstId) -> Const {
        convert_const(&f.code.consts[c])
    }
}

/// The local whose function is called by an instruction with so many arguments, if it is one to be translated here.
fn called_inner(f: &Frame<'_>, argc: u32) -> Option<LocalId> {
    let at = f.stack.len().checked_sub(argc as usize + 1)?;
    match f.stack[at].tag {
        Some(Tag::Inner(l)) => Some(l),
        _ => None,
    }
}
