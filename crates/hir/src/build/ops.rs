//! Translation of the operations that do not end a block.

use super::frame::{Defaults, Frame, Made, Place, Res, Slot, Translator};
use super::prepass::{Storage, Tag};
use super::ssa::{Var, VarKey};
use crate::func::*;
use crate::ops::{BinaryOp, CompareOp, Conversion, Op, Terminator, UnaryOp};
use looplift_bytecode::{self as bc, BinOp, CmpOp, LocalId, Op as Bc};
use smallvec::SmallVec;

fn binary(op: BinOp) -> BinaryOp {
    match op {
        BinOp::Add => BinaryOp::Add,
        BinOp::And => BinaryOp::And,
        BinOp::FloorDivide => BinaryOp::FloorDiv,
        BinOp::LShift => BinaryOp::LShift,
        BinOp::MatMul => BinaryOp::MatMul,
        BinOp::Multiply => BinaryOp::Mul,
        BinOp::Remainder => BinaryOp::Mod,
        BinOp::Or => BinaryOp::Or,
        BinOp::Power => BinaryOp::Pow,
        BinOp::RShift => BinaryOp::RShift,
        BinOp::Subtract => BinaryOp::Sub,
        BinOp::TrueDivide => BinaryOp::TrueDiv,
        BinOp::Xor => BinaryOp::Xor,
    }
}

fn compare(op: CmpOp) -> CompareOp {
    match op {
        CmpOp::Lt => CompareOp::Lt,
        CmpOp::Le => CompareOp::Le,
        CmpOp::Eq => CompareOp::Eq,
        CmpOp::Ne => CompareOp::Ne,
        CmpOp::Gt => CompareOp::Gt,
        CmpOp::Ge => CompareOp::Ge,
    }
}

const NOT_CALLED: &str = "an inner function that assigns to nonlocal variables, other than by calling it here,";

impl Translator<'_> {
    /// Translates any operation that is not control flow.
    pub fn operation(&mut self, f: &mut Frame<'_>) -> Res<()> {
        let op = f.code.insts[f.at].op;
        match op {
            // Constants and locals.
            Bc::Const(c) => {
                let c = self.hir_const(f, c);
                let v = self.constant(c);
                self.push(f, v);
            }
            Bc::LoadFast(l) | Bc::LoadDeref(l) if f.pre.inner.contains(&l) => {
                let v = self.load_inner(f, l);
                f.stack.push(Slot { value: Ok(v), tag: Some(Tag::Inner(l)) });
            }
            Bc::LoadFast(l) => {
                let v = self.load_local(f, l, f.state.bound[l.as_u32() as usize]);
                self.push(f, v);
            }
            Bc::LoadFastAndClear(l) => {
                let var = self.local_var(f, l);
                let v = self.ssa.read(self.block, var);
                let key = VarKey::Bound(f.id, l);
                let bound = self.ssa.var(key, None);
                let flag = self.ssa.read(self.block, bound);
                let saved = self.ssa.var(VarKey::SavedBound(f.id, f.at), None);
                self.ssa.write(self.block, saved, flag);
                self.set_bound(key, false);
                let undef = self.ssa.inst(self.block, Op::Undef, self.span).1;
                self.ssa.write(self.block, var, undef);
                f.stack.push(Slot { value: Ok(v), tag: Some(Tag::Saved(f.at, f.state.bound[l.as_u32() as usize])) });
            }
            Bc::StoreFast(l) => {
                let slot = self.pop_slot(f)?;
                let v = self.used(f, slot);
                self.store_local(f, l, v);
                if let Some(Tag::Saved(at, _)) = slot.tag {
                    let saved = self.ssa.var(VarKey::SavedBound(f.id, at), None);
                    let flag = self.ssa.read(self.block, saved);
                    let bound = self.ssa.var(VarKey::Bound(f.id, l), None);
                    self.ssa.write(self.block, bound, flag);
                }
            }
            Bc::DeleteFast(l) => {
                self.load_local(f, l, f.state.bound[l.as_u32() as usize]);
                self.unbind(f, l);
            }
            Bc::MakeCell(l) => {
                if f.pre.storage[l] == Storage::Cell {
                    let var = self.local_var(f, l);
                    let init = f.state.bound[l.as_u32() as usize].then(|| self.ssa.read(self.block, var));
                    let cell = self.emit(f, Op::MakeCell { init });
                    self.ssa.write(self.block, var, cell);
                }
            }
            Bc::CopyFreeVars(_) => {}
            Bc::LoadClosure(_) => {
                // What makes the function reads the variable itself.
                let v = self.ssa.inst(self.block, Op::Undef, self.span).1;
                self.push(f, v);
            }
            Bc::LoadDeref(l) => {
                let v = self.load_local(f, l, f.state.bound[l.as_u32() as usize]);
                self.push(f, v);
            }
            Bc::StoreDeref(l) => {
                let v = self.pop(f)?;
                match f.pre.storage[l] {
                    // A variable of an enclosing *function*; comprehensions write into their own frame's.
                    Storage::Free(index) if f.depth == 0 && !matches!(self.place(f, l), Place::Cell { .. }) => {
                        self.emit(f, Op::StoreFree { index, value: v });
                    }
                    _ => self.store_local(f, l, v),
                }
            }
            Bc::DeleteDeref(l) => {
                if f.pre.storage[l] == Storage::Plain {
                    self.load_local(f, l, f.state.bound[l.as_u32() as usize]);
                    self.unbind(f, l);
                } else {
                    self.unsupported(f, "`del` of a variable that an inner function uses");
                }
            }

            // Names.
            Bc::LoadGlobal(n) => {
                let name = f.code.names[n].as_str().into();
                let v = self.emit(f, Op::LoadGlobal { name });
                self.push(f, v);
            }
            Bc::StoreGlobal(n) => {
                let value = self.pop(f)?;
                let name = f.code.names[n].as_str().into();
                self.emit(f, Op::StoreGlobal { name, value });
            }
            Bc::DeleteGlobal(n) => {
                let name = f.code.names[n].as_str().into();
                self.emit(f, Op::DeleteGlobal { name });
            }
            Bc::LoadAssertionError => {
                let v = self.emit(f, Op::LoadGlobal { name: "AssertionError".into() });
                self.push(f, v);
            }
            Bc::ImportName(n) => {
                let fromlist = self.pop(f)?;
                let level = self.pop(f)?;
                let name = f.code.names[n].as_str().into();
                let v = self.emit(f, Op::ImportName { name, fromlist, level });
                self.push(f, v);
            }
            Bc::ImportFrom(n) => {
                let module = self.peek(f, 1)?;
                let name = f.code.names[n].as_str().into();
                let v = self.emit(f, Op::ImportFrom { module, name });
                self.push(f, v);
            }

            // Attributes and items.
            Bc::LoadAttr { name, .. } => {
                let obj = self.pop(f)?;
                let name = f.code.names[name].as_str().into();
                let v = self.emit(f, Op::GetAttr { obj, name });
                self.push(f, v);
            }
            Bc::StoreAttr(n) => {
                let obj = self.pop(f)?;
                let value = self.pop(f)?;
                let name = f.code.names[n].as_str().into();
                self.emit(f, Op::SetAttr { obj, name, value });
            }
            Bc::DeleteAttr(n) => {
                let obj = self.pop(f)?;
                let name = f.code.names[n].as_str().into();
                self.emit(f, Op::DelAttr { obj, name });
            }
            Bc::GetItem => self.two(f, |obj, index| Op::GetItem { obj, index })?,
            Bc::SetItem => {
                let index = self.pop(f)?;
                let obj = self.pop(f)?;
                let value = self.pop(f)?;
                self.emit(f, Op::SetItem { obj, index, value });
            }
            Bc::DeleteItem => {
                let index = self.pop(f)?;
                let obj = self.pop(f)?;
                self.emit(f, Op::DelItem { obj, index });
            }
            Bc::BuildSlice(n) => {
                let step = if n > 2 { Some(self.pop(f)?) } else { None };
                let stop = self.pop(f)?;
                let start = self.pop(f)?;
                let v = self.emit(f, Op::BuildSlice { start, stop, step });
                self.push(f, v);
            }

            // The stack itself.
            Bc::PopTop => {
                self.pop_slot(f)?;
            }
            Bc::Copy(n) => {
                let i = f.stack.len().checked_sub(n as usize).filter(|_| n > 0).ok_or_else(|| self.error(f, "the operand stack is too short"))?;
                let s = f.stack[i];
                f.stack.push(s);
            }
            Bc::Swap(n) => {
                let top = f.stack.len();
                let i = top.checked_sub(n as usize).filter(|_| n > 0).ok_or_else(|| self.error(f, "the operand stack is too short"))?;
                f.stack.swap(top - 1, i);
            }

            // Operators.
            Bc::Binary { op, inplace } => {
                let op = binary(op);
                if inplace {
                    self.two(f, |lhs, rhs| Op::InplaceOp { op, lhs, rhs })?;
                } else {
                    self.two(f, |lhs, rhs| Op::BinaryOp { op, lhs, rhs })?;
                }
            }
            Bc::Negative => self.one(f, |arg| Op::UnaryOp { op: UnaryOp::Neg, arg })?,
            Bc::Positive => self.one(f, |arg| Op::UnaryOp { op: UnaryOp::Pos, arg })?,
            Bc::Invert => self.one(f, |arg| Op::UnaryOp { op: UnaryOp::Invert, arg })?,
            Bc::Not => self.one(f, |arg| Op::UnaryOp { op: UnaryOp::Not, arg })?,
            Bc::ToBool => self.one(f, |arg| Op::ToBool { arg })?,
            Bc::Compare(op) => self.two(f, |lhs, rhs| Op::Compare { op: compare(op), lhs, rhs })?,
            Bc::Is { invert } => self.two(f, |lhs, rhs| Op::Is { lhs, rhs, negated: invert })?,
            Bc::Contains { invert } => self.two(f, |item, container| Op::Contains { container, item, negated: invert })?,

            // Building.
            Bc::BuildTuple(n) => self.many(f, n, |items| Op::BuildTuple { items })?,
            Bc::BuildList(n) => self.many(f, n, |items| Op::BuildList { items })?,
            Bc::BuildSet(n) => self.many(f, n, |items| Op::BuildSet { items })?,
            Bc::BuildMap(n) if super::prepass::is_keywords(f.code, f.at) => {
                let items = self.pop_n(f, n.saturating_mul(2))?;
                let names = items.chunks(2).map(|pair| self.const_text(pair[0])).collect::<Option<Box<[Box<str>]>>>();
                let v = match names {
                    Some(names) => self.emit(f, Op::BuildNames { names, values: items.chunks(2).map(|pair| pair[1]).collect() }),
                    None => self.emit(f, Op::BuildMap { items }),
                };
                self.push(f, v);
            }
            Bc::BuildMap(n) => self.many(f, n.saturating_mul(2), |items| Op::BuildMap { items })?,
            Bc::BuildString(n) => self.many(f, n, |parts| Op::BuildString { parts })?,
            Bc::BuildConstKeyMap(n) => {
                let keys = self.pop(f)?;
                let values = self.pop_n(f, n)?;
                if super::prepass::is_keywords(f.code, f.at)
                    && let Some(names) = self.const_texts(keys)
                {
                    let v = self.emit(f, Op::BuildNames { names, values });
                    self.push(f, v);
                    return Ok(());
                }
                let mut items = SmallVec::new();
                for (i, v) in values.into_iter().enumerate() {
                    items.push(self.emit(f, Op::TupleItem { tuple: keys, index: i as u32 }));
                    items.push(v);
                }
                let v = self.emit(f, Op::BuildMap { items });
                self.push(f, v);
            }
            Bc::Convert(c) => {
                let conversion = match c {
                    bc::Conversion::Str => Conversion::Str,
                    bc::Conversion::Repr => Conversion::Repr,
                    bc::Conversion::Ascii => Conversion::Ascii,
                };
                self.one(f, |value| Op::FormatValue { value, conversion, spec: None })?;
            }
            Bc::FormatSimple => self.one(f, |value| Op::FormatValue { value, conversion: Conversion::None, spec: None })?,
            Bc::FormatSpec => self.two(f, |value, spec| Op::FormatValue { value, conversion: Conversion::None, spec: Some(spec) })?,
            Bc::ListAppend(n) => self.into(f, n, |list, value| Op::ListAppend { list, value })?,
            Bc::ListExtend(n) => self.into(f, n, |list, iterable| Op::ListExtend { list, iterable })?,
            Bc::SetAdd(n) => self.into(f, n, |set, value| Op::SetAdd { set, value })?,
            Bc::SetUpdate(n) => self.into(f, n, |set, iterable| Op::SetUpdate { set, iterable })?,
            Bc::DictUpdate(n) => self.into(f, n, |map, other| Op::DictUpdate { map, other })?,
            // Only calls merge: what they pass is a bundle of names.
            Bc::DictMerge(n) => {
                let second = self.pop(f)?;
                let first = self.peek(f, n)?;
                let v = self.emit(f, Op::MergeNames { first, second });
                let at = f.stack.len() - n as usize;
                f.stack[at] = Slot { value: Ok(v), tag: None };
            }
            Bc::MapAdd(n) => {
                let value = self.pop(f)?;
                let key = self.pop(f)?;
                let map = self.peek(f, n)?;
                self.emit(f, Op::MapAdd { map, key, value });
            }
            Bc::ListToTuple => self.one(f, |list| Op::ListToTuple { list })?,
            Bc::UnpackSequence(n) => {
                let seq = self.pop(f)?;
                // Assignments of several values at once need no tuple: what has no value of its own (a method) may be among them.
                if let Some(Op::BuildTuple { items }) = self.made_by(seq).filter(|op| matches!(op, Op::BuildTuple { items } if items.len() == n as usize)) {
                    for v in items.clone().into_iter().rev() {
                        self.push(f, v);
                    }
                } else {
                    let tuple = self.emit(f, Op::UnpackSequence { seq, count: n });
                    self.push_items(f, tuple, n);
                }
            }
            Bc::UnpackEx { before, after } => {
                let seq = self.pop(f)?;
                let tuple = self.emit(f, Op::UnpackEx { seq, before, after });
                self.push_items(f, tuple, before + after + 1);
            }

            // Functions and calls.
            Bc::Call { argc, kwnames } => {
                let mut args = self.pop_n(f, argc)?;
                let callee = self.pop(f)?;
                self.generator_expression(callee, &mut args);
                if args.is_empty() && self.is_super(callee) {
                    args.extend(self.of_super(f).into_iter().flatten());
                }
                let kwnames = match kwnames.map(|k| self.hir_const(f, k)) {
                    Some(Const::Tuple(items)) => items
                        .iter()
                        .map(|c| match c {
                            Const::Str(s) => s.clone(),
                            _ => "".into(),
                        })
                        .collect(),
                    _ => Box::default(),
                };
                let v = self.emit(f, Op::Call { callee, args, kwnames });
                self.push(f, v);
            }
            Bc::CallEx { kwargs } => {
                let kwargs = if kwargs { Some(self.pop(f)?) } else { None };
                let args = self.pop(f)?;
                let callee = self.pop(f)?;
                let v = self.emit(f, Op::CallEx { callee, args, kwargs });
                self.push(f, v);
            }
            Bc::MakeFunction(parts) => self.make_function(f, parts)?,
            Bc::GetIter => self.one(f, |arg| Op::GetIter { arg })?,

            // Generators.
            Bc::GenStart => {}
            Bc::Yield(bc::YieldKind::Plain) => self.one(f, |value| Op::Yield { value, from: None })?,

            // Exceptions and with.
            Bc::PushExcInfo => {
                let exc = self.pop(f)?;
                let previous = self.emit(f, Op::PushExcInfo { exc });
                self.push(f, previous);
                self.push(f, exc);
            }
            Bc::PopExcept => {
                let previous = self.pop(f)?;
                self.emit(f, Op::PopExcept { previous });
            }
            Bc::ExcMatch => {
                let class = self.pop(f)?;
                let exc = self.peek(f, 1)?;
                let v = self.emit(f, Op::ExcMatch { exc, class });
                self.push(f, v);
            }
            Bc::WithEnter => {
                // What is called at the end is the manager's business: the manager stands for it.
                let manager = self.pop(f)?;
                let value = self.emit(f, Op::WithEnter { manager });
                self.push(f, manager);
                self.push(f, value);
            }
            Bc::WithExit => self.one(f, |exit| Op::WithExit { exit })?,
            Bc::WithExceptStart => {
                let exit = self.peek(f, 4)?;
                let exc = self.peek(f, 1)?;
                let v = self.emit(f, Op::WithExitExc { exit, exc });
                self.push(f, v);
            }

            // What only the interpreter runs.
            Bc::LoadFromDictOrDeref(_)
            | Bc::LoadFromDictOrGlobals(_)
            | Bc::LoadName(_)
            | Bc::StoreName(_)
            | Bc::DeleteName(_)
            | Bc::LoadLocals
            | Bc::SetupAnnotations
            | Bc::LoadBuildClass => self.give_up(f, "a class body"),
            Bc::ImportStar => self.give_up(f, "`import *`"),
            Bc::LoadSuperAttr { name, .. } => {
                let args = self.pop_n(f, 2)?.into_iter().collect();
                let callee = self.pop(f)?;
                let obj = self.emit(f, Op::Call { callee, args, kwnames: Box::default() });
                let name = f.code.names[name].as_str().into();
                let v = self.emit(f, Op::GetAttr { obj, name });
                self.push(f, v);
            }
            Bc::GetYieldFromIter => self.one(f, |arg| Op::GetIter { arg })?,
            Bc::Yield(bc::YieldKind::From) => {
                let from = Some(self.peek(f, 2)?);
                self.one(f, |value| Op::Yield { value, from })?;
            }
            Bc::Yield(bc::YieldKind::Await) | Bc::GetAwaitable(_) | Bc::GetAiter | Bc::GetAnext | Bc::EndAsyncFor | Bc::AsyncGenWrap | Bc::AsyncWithEnter => {
                self.give_up(f, "`async` code")
            }
            Bc::EgMatch | Bc::PrepReraiseStar => self.give_up(f, "`except*`"),
            // Patterns: what is matched stays on the stack.
            Bc::GetLen => self.of_top(f, |arg| Op::Length { arg })?,
            Bc::MatchSequence => self.of_top(f, |arg| Op::IsSequence { arg })?,
            Bc::MatchMapping => self.of_top(f, |arg| Op::IsMapping { arg })?,
            Bc::MatchKeys => {
                let (keys, map) = (self.peek(f, 1)?, self.peek(f, 2)?);
                let v = self.emit(f, Op::MatchKeys { map, keys });
                self.push(f, v);
            }
            Bc::MatchClass(positional) => self.match_class(f, positional)?,
            Bc::PrintExpr | Bc::Intrinsic(_) => self.give_up(f, "a type statement"),
            Bc::Unsupported(n) => {
                let name = f.code.unsupported.get(n as usize).cloned().unwrap_or_default();
                self.give_up(f, &format!("the instruction {name}"));
            }
            Bc::Jump(_) | Bc::Branch { .. } | Bc::ForIter { .. } | Bc::Send { .. } | Bc::Return | Bc::Raise(_) | Bc::Reraise(_) => {
                return Err(self.error(f, "control flow out of place"));
            }
        }
        Ok(())
    }

    /// The call of a generator expression's function passes what is iterated over, and the function makes the iterator.
    fn generator_expression(&mut self, callee: Value, args: &mut [Value]) {
        let def = |v: Value| match self.ssa.func.values[v].def {
            ValueDef::Result(i) => Some(&self.ssa.func.insts[i].op),
            ValueDef::Param(..) => None,
        };
        let Some(Op::MakeFunction { code: Const::Code(raw), .. }) = def(callee) else { return };
        if let ("<genexpr>", [arg]) = (&*raw.name, args)
            && let Some(Op::GetIter { arg: iterable }) = def(*arg)
        {
            *arg = *iterable;
        }
    }

    /// Whether a value is what the global name `super` means.
    fn is_super(&self, v: Value) -> bool {
        matches!(self.ssa.func.values[v].def, ValueDef::Result(i)
            if matches!(&self.ssa.func.insts[i].op, Op::LoadGlobal { name } if &**name == "super"))
    }

    /// What `super()` stands for: the class whose method this is, and the first argument. None outside of methods.
    fn of_super(&mut self, f: &mut Frame<'_>) -> Option<[Value; 2]> {
        let class = f.code.locals.iter().find(|(_, l)| l.name.as_str() == "__class__").map(|(l, _)| l)?;
        if f.depth != 0 || f.code.param_count() == 0 {
            return None;
        }
        let first = LocalId::from_u32(0);
        Some([self.load_local(f, class, false), self.load_local(f, first, true)])
    }

    fn const_of(&self, v: Value) -> Option<&Const> {
        match self.ssa.func.values[v].def {
            ValueDef::Result(i) => match &self.ssa.func.insts[i].op {
                Op::Const(c) => Some(c),
                _ => None,
            },
            ValueDef::Param(..) => None,
        }
    }
    fn const_text(&self, v: Value) -> Option<Box<str>> {
        match self.const_of(v)? {
            Const::Str(s) => Some(s.clone()),
            _ => None,
        }
    }
    fn const_texts(&self, v: Value) -> Option<Box<[Box<str>]>> {
        let Const::Tuple(items) = self.const_of(v)? else { return None };
        items
            .iter()
            .map(|c| match c {
                Const::Str(s) => Some(s.clone()),
                _ => None,
            })
            .collect()
    }

    fn one(&mut self, f: &mut Frame<'_>, make: impl FnOnce(Value) -> Op) -> Res<()> {
        let a = self.pop(f)?;
        let v = self.emit(f, make(a));
        self.push(f, v);
        Ok(())
    }
    fn two(&mut self, f: &mut Frame<'_>, make: impl FnOnce(Value, Value) -> Op) -> Res<()> {
        let b = self.pop(f)?;
        let a = self.pop(f)?;
        let v = self.emit(f, make(a, b));
        self.push(f, v);
        Ok(())
    }
    /// Pushes what is said of the top of the stack.
    fn of_top(&mut self, f: &mut Frame<'_>, make: impl FnOnce(Value) -> Op) -> Res<()> {
        let a = self.peek(f, 1)?;
        let v = self.emit(f, make(a));
        self.push(f, v);
        Ok(())
    }
    fn many(&mut self, f: &mut Frame<'_>, n: u32, make: impl FnOnce(SmallVec<[Value; 4]>) -> Op) -> Res<()> {
        let items = self.pop_n(f, n)?;
        let v = self.emit(f, make(items));
        self.push(f, v);
        Ok(())
    }
    /// Pops a value and puts it into the container in slot `n`.
    fn into(&mut self, f: &mut Frame<'_>, n: u32, make: impl FnOnce(Value, Value) -> Op) -> Res<()> {
        let value = self.pop(f)?;
        let container = self.peek(f, n)?;
        self.emit(f, make(container, value));
        Ok(())
    }
    /// A class pattern: a tuple of what its parts are matched against if the class fits, else None.
    fn match_class(&mut self, f: &mut Frame<'_>, positional: u32) -> Res<()> {
        let names = self.pop(f)?;
        let class = self.pop(f)?;
        let obj = self.pop(f)?;
        let Some(names) = self.const_texts(names) else { return Err(self.error(f, "a class pattern without names")) };
        let fits = self.emit(f, Op::IsInstance { obj, class });
        let cond = self.emit(f, Op::ToBool { arg: fits });
        let (yes, no, done) = (self.ssa.new_block(self.span), self.ssa.new_block(self.span), self.ssa.new_block(self.span));
        let result = self.ssa.param(done, None);
        let to = |block, args: &[Value]| BlockCall { block, args: args.iter().copied().collect() };
        self.end(f, Terminator::Branch { cond, then: to(yes, &[]), other: to(no, &[]) });
        for block in [yes, no] {
            self.ssa.seal(block);
            self.block = block;
            self.open = true;
            let value = if block == yes {
                let mut items: SmallVec<[Value; 4]> = SmallVec::new();
                for index in 0..positional {
                    items.push(self.emit(f, Op::MatchArg { obj, class, index }));
                }
                for name in &names {
                    items.push(self.emit(f, Op::GetAttr { obj, name: name.clone() }));
                }
                self.emit(f, Op::BuildTuple { items })
            } else {
                self.constant(Const::None)
            };
            self.end(f, Terminator::Jump(to(done, &[value])));
        }
        self.ssa.seal(done);
        self.block = done;
        self.open = true;
        self.push(f, result);
        Ok(())
    }

    fn push_items(&mut self, f: &mut Frame<'_>, tuple: Value, n: u32) {
        for index in (0..n).rev() {
            let v = self.emit(f, Op::TupleItem { tuple, index });
            self.push(f, v);
        }
    }

    /// Reads a local, cell or free variable, checked unless `certain`.
    fn load_local(&mut self, f: &mut Frame<'_>, l: LocalId, certain: bool) -> Value {
        let place = self.place(f, l);
        match place {
            // A variable of an enclosing frame is checked by that frame's flag.
            Place::Var { var, bound } if certain && bound == VarKey::Bound(f.id, l) => self.read_var(f, var),
            _ => {
                let name = f.code.locals[l].name.as_str().into();
                self.read_place(f, place, name)
            }
        }
    }

    /// Reads a variable wherever it lives, and checks that it is bound.
    pub(super) fn read_place(&mut self, f: &mut Frame<'_>, place: Place, name: Box<str>) -> Value {
        match place {
            Place::Var { var, bound } => {
                let flag_var = self.ssa.var(bound, None);
                let flag = self.ssa.read(self.block, flag_var);
                if !self.is_true(flag) {
                    self.emit(f, Op::CheckBound { flag, name });
                }
                self.read_var(f, var)
            }
            Place::Cell { var } => {
                let cell = self.ssa.read(self.block, var);
                self.emit(f, Op::LoadCell { cell })
            }
            Place::Free(index) => self.emit(f, Op::LoadFree { index }),
            Place::This => {
                let parts = self.parts.iter().copied().collect();
                self.emit(f, Op::ThisFunction { parts })
            }
        }
    }

    /// Checks that a function which is translated where it is called has been made.
    fn load_inner(&mut self, f: &mut Frame<'_>, l: LocalId) -> Value {
        if let Place::Var { bound, .. } = self.place(f, l) {
            let flag_var = self.ssa.var(bound, None);
            let flag = self.ssa.read(self.block, flag_var);
            if !self.is_true(flag) {
                let name = f.code.locals[l].name.as_str().into();
                self.emit(f, Op::CheckBound { flag, name });
            }
        }
        self.ssa.inst(self.block, Op::Undef, self.span).1
    }

    /// What stands where a function that is translated where it is called is used in another way: the whole is translated anew,
    /// with it as a function, or, if it is inside one that is translated in place, with that one as a function.
    pub(super) fn no_value(&mut self, f: &mut Frame<'_>, place: Place) -> Value {
        if let Place::Var { var, .. } = place {
            self.keep_function(var);
        }
        self.unsupported(f, NOT_CALLED)
    }

    pub(super) fn keep_function(&mut self, var: Var) {
        match self.inner.get(&var) {
            Some(l) => drop(self.keep.insert(*l)),
            None => self.keep.extend(self.making.iter().filter_map(|v| self.inner.get(v))),
        }
    }

    /// Keeps each default of a function in a variable of its own, for calls that are translated in place.
    fn default_vars(&mut self, f: &mut Frame<'_>, defaults: Option<Value>, kwdefaults: Option<Value>) -> Option<Defaults> {
        let mut out = Defaults::default();
        let mut number = 2u8;
        let mut keep = |t: &mut Self, value: Value| {
            let var = t.ssa.var(VarKey::Defaults(f.id, f.at, number), None);
            number = number.checked_add(1)?;
            t.ssa.write(t.block, var, value);
            Some(var)
        };
        if let Some(tuple) = defaults {
            let count = match self.made_by(tuple)? {
                Op::Const(Const::Tuple(items)) => items.len(),
                Op::BuildTuple { items } => items.len(),
                _ => return None,
            };
            for index in 0..count as u32 {
                let v = self.ssa.inst(self.block, Op::TupleItem { tuple, index }, self.span).1;
                out.positional.push(keep(self, v)?);
            }
        }
        if let Some(bundle) = kwdefaults {
            let Op::BuildNames { names, values } = self.made_by(bundle)?.clone() else { return None };
            for (name, v) in names.into_iter().zip(values) {
                out.named.push((name, keep(self, v)?));
            }
        }
        Some(out)
    }
    fn made_by(&self, v: Value) -> Option<&Op> {
        match self.ssa.func.values[v].def {
            ValueDef::Result(i) => Some(&self.ssa.func.insts[i].op),
            ValueDef::Param(..) => None,
        }
    }

    fn is_true(&self, flag: Value) -> bool {
        matches!(self.ssa.func.values[flag].def, ValueDef::Result(i) if self.ssa.func.insts[i].op == Op::Const(Const::Bool(true)))
    }

    /// A value that is stored to a local: as what was declared of it.
    pub(super) fn as_declared(&mut self, f: &mut Frame<'_>, l: LocalId, value: Value) -> Value {
        let name = f.code.locals[l].name.as_str();
        if f.depth > 0 || !self.declared.iter().any(|n| **n == *name) {
            return value;
        }
        self.emit(f, Op::Declared { value, name: name.into() })
    }

    fn store_local(&mut self, f: &mut Frame<'_>, l: LocalId, v: Value) {
        let v = self.as_declared(f, l, v);
        match self.place(f, l) {
            Place::Var { var, bound } => {
                let name = self.ssa.local_name(&f.code.locals[l].name);
                let slot = &mut self.ssa.func.values[v].name;
                if slot.is_none() {
                    *slot = Some(name);
                }
                self.ssa.write(self.block, var, v);
                self.set_bound(bound, true);
            }
            Place::Cell { var } => {
                let cell = self.ssa.read(self.block, var);
                self.emit(f, Op::StoreCell { cell, value: v });
            }
            Place::Free(index) => {
                self.emit(f, Op::StoreFree { index, value: v });
            }
            Place::This => {
                self.unsupported(f, "assigning to an inner function inside itself");
            }
        }
    }

    fn unbind(&mut self, f: &mut Frame<'_>, l: LocalId) {
        let var = self.local_var(f, l);
        let undef = self.ssa.inst(self.block, Op::Undef, self.span).1;
        self.ssa.write(self.block, var, undef);
        self.set_bound(VarKey::Bound(f.id, l), false);
    }

    fn make_function(&mut self, f: &mut Frame<'_>, parts: bc::FuncParts) -> Res<()> {
        let code = self.pop(f)?;
        let closure = if parts.has_closure() { Some(self.pop(f)?) } else { None };
        if f.pre.comprehensions.contains_key(&f.at) {
            let v = self.ssa.inst(self.block, Op::Undef, self.span).1;
            f.stack.push(Slot { value: Ok(v), tag: Some(Tag::Comprehension(f.at)) });
            return Ok(());
        }
        if parts.has_annotations() {
            self.pop(f)?;
        }
        let kwdefaults = if parts.has_kwdefaults() { Some(self.pop(f)?) } else { None };
        let defaults = if parts.has_defaults() { Some(self.pop(f)?) } else { None };
        let Some(code) = self.const_of(code).cloned() else { return Err(self.error(f, "a function made from computed code")) };
        let Some(captured) = super::prepass::captures(f.code, f.at, closure.is_some()) else {
            self.give_up(f, "a function with a computed closure");
            return Ok(());
        };
        let definition = f.pre.definitions.get(&f.at).copied();
        let this = captured.iter().position(|l| Some(*l) == definition).map(|k| k as u32);
        let captured: Vec<(Box<str>, Place)> =
            captured.iter().filter(|l| Some(**l) != definition).map(|&l| (f.code.locals[l].name.as_str().into(), self.place(f, l))).collect();
        let in_place = match definition.filter(|l| f.pre.inner.contains(l)) {
            Some(_) => self.default_vars(f, defaults, kwdefaults),
            None => None,
        };
        if in_place.is_none() && captured.iter().any(|(_, place)| matches!(place, Place::Var { var, .. } if self.assigned.contains(var))) {
            self.keep.extend(self.making.iter().filter_map(|v| self.inner.get(v)));
            let v = self
                .unsupported(f, "a function that uses a variable which inner functions assign to, other than one that is defined by `def` and called here,");
            self.push(f, v);
            return Ok(());
        }
        if let Some(l) = definition.filter(|l| f.pre.storage[*l] == Storage::Plain && (in_place.is_some() || !captured.is_empty())) {
            // Made where it is read, with what its variables are by then.
            let mut kept = [None, None];
            for (n, v) in [defaults, kwdefaults].into_iter().enumerate() {
                if let Some(v) = v {
                    let var = self.ssa.var(VarKey::Defaults(f.id, f.at, n as u8), None);
                    self.ssa.write(self.block, var, v);
                    kept[n] = Some(var);
                }
            }
            let var = self.local_var(f, l);
            self.made.insert(var, std::rc::Rc::new(Made { code, this, defaults: kept, captured, in_place }));
            let v = self.ssa.inst(self.block, Op::Undef, self.span).1;
            self.push(f, v);
            return Ok(());
        }
        let closure = captured.into_iter().map(|(name, place)| self.captured(f, place, name)).collect();
        let v = self.emit(f, Op::MakeFunction { code, defaults, kwdefaults, this, closure });
        self.push(f, v);
        Ok(())
    }

    /// What a function holds of a variable: the cell, or the value.
    fn captured(&mut self, f: &mut Frame<'_>, place: Place, name: Box<str>) -> Value {
        match place {
            Place::Cell { var } => self.ssa.read(self.block, var),
            Place::Var { .. } | Place::Free(_) | Place::This => self.read_place(f, place, name),
        }
    }

    /// The value of a variable: a function that it keeps is made anew.
    fn read_var(&mut self, f: &mut Frame<'_>, var: Var) -> Value {
        let Some(made) = self.made.get(&var).cloned() else { return self.ssa.read(self.block, var) };
        if made.in_place.is_some() {
            self.keep_function(var);
            return self.unsupported(f, NOT_CALLED);
        }
        if self.making.contains(&var) {
            // A hole: the function is in the making, and whoever calls the one that uses it knows it (`infer`'s closures).
            return self.emit(f, Op::LoadGlobal { name: "NotImplemented".into() });
        }
        self.making.push(var);
        let [defaults, kwdefaults] = made.defaults.map(|d| d.map(|d| self.ssa.read(self.block, d)));
        let closure = made.captured.iter().map(|(name, place)| self.captured(f, *place, name.clone())).collect();
        self.making.pop();
        self.emit(f, Op::MakeFunction { code: made.code.clone(), defaults, kwdefaults, this: made.this, closure })
    }

    pub(super) fn unsupported(&mut self, f: &mut Frame<'_>, what: &str) -> Value {
        self.emit(f, Op::Unsupported { what: what.into(), args: SmallVec::new() })
    }

    /// Emits an operation that no compiled form exists for, and ends the block: what follows cannot be reached.
    fn give_up(&mut self, f: &mut Frame<'_>, what: &str) {
        self.unsupported(f, what);
        self.end(f, Terminator::Unreachable);
    }
}
