//! Dataflow over the blocks of one specialisation.
//!
//! Optimistic, as sparse conditional constant propagation is: blocks are dead and values bottom until something reaches them, so
//! types only grow. A block parameter is the join of what live edges bring. A parameter whose types do not join is in
//! *conflict*: an error only where it is used. An instruction that fails keeps its failure until it is typed again.

use crate::codes;
use crate::cx::{Cx, Fail, Typed};
use crate::ops;
use crate::origins;
use crate::session::Session;
use crate::typed::{ArgSrc, RaiseInfo, Resolution};
use cranelift_entity::{EntitySet, SecondaryMap};
use looplift_builtins::Prim;
use looplift_hir::{Block, BlockCall, Function, Inst, Op, Span, Terminator, Value, ValueDef};
use looplift_types::{Flavour, Literal, Ty, TyKind, join};
use std::collections::BTreeSet;

/// How often the type of a function's result may grow.
const MAX_GROWTH: u32 = 24;

/// Tables of one specialisation while it is typed.
#[derive(Default)]
pub struct Flow {
    pub types: SecondaryMap<Value, Option<Ty>>,
    pub resolutions: SecondaryMap<Inst, Option<Resolution>>,
    pub live: EntitySet<Block>,
    pub decided: SecondaryMap<Block, Option<bool>>,
    pub raises: SecondaryMap<Block, Option<RaiseInfo>>,
    pub items: SecondaryMap<Block, Option<Ty>>,
    /// What containers that instructions make must hold, as far as is known.
    pub hints: SecondaryMap<Inst, Option<Ty>>,
    /// The two types that do not join.
    conflicts: SecondaryMap<Value, Option<(Ty, Ty)>>,
    errors: SecondaryMap<Inst, Option<Box<Fail>>>,
    term_errors: SecondaryMap<Block, Option<Box<Fail>>>,
    /// Positions in the layout of blocks to look at.
    dirty: BTreeSet<usize>,
    position: SecondaryMap<Block, usize>,
    layout: Vec<Block>,
    users: SecondaryMap<Value, Vec<Block>>,
    /// The block of each instruction.
    home: SecondaryMap<Inst, Option<Block>>,
    /// How often the type of an instruction changed.
    changes: SecondaryMap<Inst, u8>,
}

impl Flow {
    pub fn new(hir: &Function, args: &[Ty]) -> Flow {
        let mut f = Flow { layout: hir.layout.clone(), ..Flow::default() };
        for (i, &b) in hir.layout.iter().enumerate() {
            f.position[b] = i;
            let users = &mut f.users;
            let mut note = |v: Value| {
                if users[v].last() != Some(&b) {
                    users[v].push(b);
                }
            };
            for &inst in &hir.blocks[b].insts {
                let data = &hir.insts[inst];
                f.home[inst] = Some(b);
                data.op.for_each_value(&mut note);
                data.handler.iter().for_each(|h| h.args.iter().for_each(|v| note(*v)));
            }
            hir.blocks[b].term.for_each_value(&mut note);
            hir.blocks[b].term_handler.iter().for_each(|h| h.args.iter().for_each(|v| note(*v)));
        }
        let entry = hir.entry();
        for (&p, &t) in hir.blocks[entry].params.iter().zip(args) {
            f.types[p] = Some(t);
        }
        f.live.insert(entry);
        f.mark(entry);
        f
    }

    pub fn mark(&mut self, b: Block) {
        self.dirty.insert(self.position[b]);
    }

    pub fn next_dirty(&mut self) -> Option<Block> {
        self.dirty.pop_first().map(|i| self.layout[i])
    }

    fn mark_users(&mut self, v: Value, except: Option<Block>) {
        for i in 0..self.users[v].len() {
            let b = self.users[v][i];
            if Some(b) != except && self.live.contains(b) {
                self.mark(b);
            }
        }
    }

    fn is_unknown(&self, v: Value) -> bool {
        self.types[v].is_none_or(Ty::is_bottom)
    }

    /// Brings a type to a block parameter; whether it knows more now about a container.
    fn meet(&mut self, param: Value, ty: Ty) -> bool {
        if ty.is_bottom() || self.conflicts[param].is_some() {
            return false;
        }
        let old = self.types[param].unwrap_or_else(Ty::bottom);
        match join(old, ty) {
            Some(new) if new == old => false,
            Some(new) => {
                self.types[param] = Some(new);
                self.mark_users(param, None);
                old.is_unfinished() && new.container_parts().is_some()
            }
            None => {
                self.conflicts[param] = Some((old, ty));
                self.types[param] = None;
                self.mark_users(param, None);
                false
            }
        }
    }

    fn edge(&mut self, hir: &Function, call: &BlockCall, first: Option<Ty>) {
        let params = &hir.blocks[call.block].params;
        let skip = usize::from(first.is_some());
        if let (Some(t), Some(&p)) = (first, params.first()) {
            self.meet(p, t);
        }
        let mut wants = Vec::new();
        for (&p, &a) in params.iter().skip(skip).zip(&call.args) {
            match (self.conflicts[a], self.types[a]) {
                (Some(c), _) => {
                    if self.conflicts[p].is_none() {
                        self.conflicts[p] = Some(c);
                        self.types[p] = None;
                        self.mark_users(p, None);
                    }
                }
                (None, Some(t)) => {
                    if self.meet(p, t)
                        && let Some(known) = self.types[p]
                    {
                        // Other ways here may come with containers that are still empty: they are made as this one.
                        let (others, _) = self.incoming(hir, p);
                        wants.extend(others.into_iter().filter(|o| *o != a && self.types[*o].is_some_and(Ty::is_unfinished)).map(|o| (o, known)));
                    }
                    // A container is made as what it is joined with.
                    let joined = self.types[p].map(|j| j.as_optional().unwrap_or(j));
                    if let Some(joined) = joined.filter(|j| *j != t && t.container_parts().is_some()) {
                        wants.push((a, joined));
                    }
                }
                (None, None) => {}
            }
        }
        if self.live.insert(call.block) {
            self.mark(call.block);
        }
        for (v, ty) in wants {
            self.refine(hir, v, ty);
        }
    }

    /// The instructions that make the container `v`; `None` if it (also) comes from elsewhere.
    pub fn makers(&self, hir: &Function, v: Value) -> Option<Vec<Inst>> {
        let (mut seen, mut work, mut found) = (EntitySet::new(), vec![v], Vec::new());
        let mut only = true;
        while let Some(v) = work.pop() {
            if !seen.insert(v) {
                continue;
            }
            match hir.values[v].def {
                // None beside the container makes it optional.
                ValueDef::Result(_) if self.types[v].is_some_and(Ty::is_none) => {}
                ValueDef::Result(i) => match &self.resolutions[i] {
                    Some(Resolution::Copy(ArgSrc::Value(u))) => work.push(*u),
                    Some(Resolution::Prim { prim: Prim::NewList | Prim::NewTable | Prim::FromIterable, .. }) => found.push(i),
                    Some(Resolution::Prim { prim: Prim::ListExtend, args, .. }) => match args.first() {
                        Some(ArgSrc::Value(u)) => work.push(*u),
                        _ => only = false,
                    },
                    _ => only = false,
                },
                ValueDef::Param(..) => {
                    let (values, all) = self.incoming(hir, v);
                    work.extend(values);
                    only = only && all;
                }
            }
        }
        (only && !found.is_empty()).then_some(found)
    }

    /// The parameter of the function that a value is.
    fn parameter(&self, hir: &Function, v: Value) -> Option<usize> {
        match hir.values[v].def {
            ValueDef::Param(block, n) => (block == hir.entry()).then_some(n as usize),
            ValueDef::Result(i) => match &self.resolutions[i] {
                Some(Resolution::Copy(ArgSrc::Value(u))) => self.parameter(hir, *u),
                _ => None,
            },
        }
    }

    /// The values that live blocks pass for a block parameter, as far as they are typed, and whether it is nothing else.
    pub fn incoming(&self, hir: &Function, param: Value) -> (Vec<Value>, bool) {
        let ValueDef::Param(block, n) = hir.values[param].def else { return (Vec::new(), false) };
        let (mut found, mut all) = (Vec::new(), block != hir.entry());
        for &b in self.layout.iter().filter(|b| self.live.contains(**b)) {
            let data = &hir.blocks[b];
            let normal = data.term.targets().into_iter().enumerate();
            let normal = normal.map(|(k, t)| (t, usize::from(k == 0 && matches!(data.term, Terminator::IterNext { .. }))));
            let handlers = data.insts.iter().filter_map(|&i| hir.insts[i].handler.as_ref()).chain(&data.term_handler).map(|t| (t, 1));
            for (t, skip) in normal.chain(handlers).filter(|(t, _)| t.block == block) {
                match (n as usize).checked_sub(skip) {
                    Some(k) => found.extend(t.args.get(k).copied().filter(|a| self.types[*a].is_some())),
                    None => all = false,
                }
            }
        }
        (found, all)
    }

    /// The container that gives `v` its element types, and the type that it must have for `v` to be of type `ty`: `v` itself, or the list
    /// or dict that it was looked up in.
    pub fn holder(&self, hir: &Function, mut v: Value, mut ty: Ty) -> (Value, Ty) {
        while let ValueDef::Result(i) = hir.values[v].def
            && let Op::GetItem { obj, index } = hir.insts[i].op
            && let Some(of) = self.types[obj]
        {
            ty = match of.kind() {
                TyKind::Dict(d) if matches!(d.flavour, Flavour::Default | Flavour::Factory(_)) || d.value.container_parts().is_some() => {
                    Ty::dict(d.key, ty, d.flavour)
                }
                TyKind::List(l) if l.elem.container_parts().is_some() && self.types[index].is_some_and(|t| t.unliteral().as_int().is_some()) => {
                    Ty::list(ty, l.flavour)
                }
                _ => break,
            };
            v = obj;
        }
        (v, ty)
    }

    /// Asks whoever makes the container `v` to make it of type `ty`.
    pub fn refine(&mut self, hir: &Function, v: Value, ty: Ty) {
        // What `d[key]` must be, the values of `d` must be.
        let (v, ty) = self.holder(hir, v, ty.as_optional().unwrap_or(ty));
        for i in self.makers(hir, v).unwrap_or_default() {
            let old = self.hints[i];
            let new = match old {
                Some(h) => join(h, ty).unwrap_or(h),
                None => ty,
            };
            if old != Some(new) {
                self.hints[i] = Some(new);
                if let Some(b) = self.home[i] {
                    self.mark(b);
                }
            }
        }
    }

    /// Why `v` cannot be used, if it cannot; the inner `None` when it is just not known yet.
    fn obstacle(&self, hir: &Function, func: u32, v: Value) -> Option<Option<Box<Fail>>> {
        if let Some((a, b)) = self.conflicts[v] {
            return Some(Some(origins::of_variable(conflict(hir.value_name(v), a, b), self, hir, func, v)));
        }
        self.is_unknown(v).then_some(None)
    }

    /// A method that is looked up and not called: whether it exists was not known until now.
    fn loose_method(&self, hir: &Function, func: u32, op: &Op) -> Option<Box<Fail>> {
        let mut found = None;
        let mut callee = match op {
            Op::Call { callee, .. } | Op::CallEx { callee, .. } => Some(*callee),
            _ => None,
        };
        op.for_each_value(|v| {
            if callee == Some(v) {
                callee = None;
            } else {
                found = found.take().or_else(|| self.method_value(hir, func, v));
            }
        });
        found
    }

    fn method_value(&self, hir: &Function, func: u32, v: Value) -> Option<Box<Fail>> {
        // What hangs on a caught exception is asked about where it stands.
        let ty = self.types[v].filter(|t| !ops::caught::is_path(*t))?;
        let TyKind::BoundMethod(obj, name) = ty.kind() else { return None };
        let place = definition(hir, v).map(|i| (func, hir.span(i)));
        let mut fail = Fail::new(codes::NO_ATTRIBUTE, format!("Unknown attribute '{name}' of type {obj}")).note(format!("`.{name}` is here"), place);
        if let Some(n) = hir.value_name(v) {
            fail = fail.note(format!("`{n}` would be a method"), None);
        }
        Some(fail.help(format!("if `{name}` is a method, call it: methods are no values in compiled code")))
    }

    /// Empty containers that nothing is ever put into hold integers, as good as anything; whether there were any.
    pub fn settle_empty(&mut self, hir: &Function) -> bool {
        let mut found = false;
        for &b in &self.layout.clone() {
            if !self.live.contains(b) {
                continue;
            }
            for &i in &hir.blocks[b].insts {
                let made = matches!(self.resolutions[i], Some(Resolution::Prim { prim: Prim::NewList | Prim::NewTable | Prim::FromIterable, .. }));
                let Some(ty) = self.types[hir.insts[i].result].filter(|t| made && t.is_unfinished()) else { continue };
                let filled = ops::containers::filled(ty);
                if self.hints[i] != Some(filled) {
                    self.hints[i] = Some(filled);
                    self.mark(b);
                    found = true;
                }
            }
        }
        found
    }

    /// Containers that stay without element types fail.
    pub fn close(&mut self, hir: &Function) {
        for &b in self.layout.iter().filter(|b| self.live.contains(**b)) {
            for &i in &hir.blocks[b].insts {
                let made = matches!(self.resolutions[i], Some(Resolution::Prim { prim: Prim::NewList | Prim::NewTable | Prim::FromIterable, .. }));
                if let Some(ty) = self.types[hir.insts[i].result].filter(|t| made && t.is_unfinished())
                    && self.errors[i].is_none()
                {
                    self.errors[i] = Some(ops::containers::unknown_elements(ty));
                }
            }
        }
    }

    /// The first failure in the order of the source text.
    pub fn first_error(&self, hir: &Function) -> Option<(Span, &Fail)> {
        let mut all: Vec<(Span, &Fail)> = Vec::new();
        for &b in self.layout.iter().filter(|b| self.live.contains(**b)) {
            let data = &hir.blocks[b];
            all.extend(data.insts.iter().filter_map(|i| Some((hir.span(*i), self.errors[*i].as_deref()?))));
            all.extend(self.term_errors[b].as_deref().map(|f| (hir.spans[data.term_span], f)));
        }
        all.into_iter().min_by_key(|(span, _)| (span.line == 0, span.line, span.col))
    }

    /// Whether live code has a `raise` statement.
    pub fn raises_itself(&self) -> bool {
        self.raises.values().any(Option::is_some)
    }

    /// The specialisations that live code calls.
    pub fn callees(&self) -> Vec<usize> {
        let mut out: Vec<usize> = self.resolutions.values().filter_map(|r| r.as_ref().and_then(Resolution::callee)).collect();
        out.sort_unstable();
        out.dedup();
        out
    }

    pub fn into_tables(self) -> Flow {
        self
    }
}

fn conflict(name: Option<&str>, a: Ty, b: Ty) -> Box<Fail> {
    let what = name.map_or("a value".to_string(), |n| format!("`{n}`"));
    let fail = Fail::new(codes::MIXED_VARIABLE, format!("{what} may be {a} or {b} here, and no type holds both"))
        .note(format!("Cannot unify {a} and {b} for {what}"), None);
    match (a.tuple_elems(), b.tuple_elems()) {
        (Some(x), Some(y)) if x.len() != y.len() => fail.help("a tuple that grows in a loop has no fixed type: use an array of the final size"),
        _ => fail.help("use a different variable name for each type"),
    }
}

/// Types a block from its first instruction on.
pub fn type_block(s: &mut Session<'_>, spec: usize, block: Block) {
    let hir = s.specs[spec].hir.clone();
    let mut flow = std::mem::take(&mut s.specs[spec].flow);
    let mut returned = None;
    run(s, spec, block, &hir, &mut flow, &mut returned);
    s.specs[spec].flow = flow;
    s.write_out(spec);
    if let Some(ty) = returned {
        s.specs[spec].ret = ty;
        s.specs[spec].grown += 1;
        s.result_changed(spec);
    }
}

fn run(s: &mut Session<'_>, spec: usize, block: Block, hir: &Function, flow: &mut Flow, returned: &mut Option<Ty>) {
    let func = s.specs[spec].key.func;
    let data = &hir.blocks[block];
    s.spend(data.insts.len() as u64 + 1);
    for &inst in &data.insts {
        let d = &hir.insts[inst];
        if d.op == Op::Undef {
            continue;
        }
        let mut obstacle = None;
        d.op.for_each_value(|v| {
            if obstacle.is_none() {
                obstacle = flow.obstacle(hir, func, v);
            }
        });
        if obstacle.is_none() {
            obstacle = flow.loose_method(hir, func, &d.op).map(Some);
        }
        if let Some(why) = obstacle {
            flow.errors[inst] = why;
            return;
        }
        let outcome = {
            let mut cx = Cx { session: s, spec, func, hir, types: &flow.types, block, inst: Some(inst), flow, wants: Vec::new() };
            let outcome = ops::type_op(&mut cx, &d.op);
            let wants = std::mem::take(&mut cx.wants);
            for (v, ty) in wants {
                if let Some(param) = flow.parameter(hir, v) {
                    s.note_captured(spec, param, ty);
                }
                flow.refine(hir, v, ty);
            }
            outcome
        };
        let raises = outcome.as_ref().is_ok_and(Typed::may_raise);
        match outcome {
            Err(fail) => {
                flow.errors[inst] = Some(fail);
                return;
            }
            Ok(Typed { ty, res }) => {
                flow.errors[inst] = None;
                if let TyKind::Gen(g) = ty.kind()
                    && let Err(fail) = s.enter_generator(g.id)
                {
                    flow.errors[inst] = Some(fail);
                    return;
                }
                let old = flow.types[d.result];
                let ty = if flow.changes[inst] > 8 { join(old.unwrap_or(ty), ty).unwrap_or(ty) } else { ty };
                flow.resolutions[inst] = Some(res);
                if old != Some(ty) {
                    flow.changes[inst] = flow.changes[inst].saturating_add(1);
                    flow.types[d.result] = Some(ty);
                    flow.mark_users(d.result, Some(block));
                }
            }
        }
        if let Some(h) = d.handler.as_ref().filter(|_| raises) {
            flow.edge(hir, h, Some(Ty::new(TyKind::Exception)));
        }
        if flow.is_unknown(d.result) {
            // Never returns, as far as is known.
            return;
        }
    }
    let mut obstacle = None;
    data.term.for_each_operand(|v| {
        if obstacle.is_none() {
            obstacle = flow.obstacle(hir, func, v).or_else(|| flow.method_value(hir, func, v).map(Some));
        }
    });
    if let Some(why) = obstacle {
        flow.term_errors[block] = why;
        return;
    }
    let mut raises = false;
    let outcome = match &data.term {
        Terminator::Jump(t) => {
            flow.edge(hir, t, None);
            Ok(())
        }
        Terminator::Branch { cond, then, other } => match flow.types[*cond].map(|t| t.kind()) {
            Some(TyKind::Literal(Literal::Bool(b))) => {
                flow.decided[block] = Some(*b);
                flow.edge(hir, if *b { then } else { other }, None);
                Ok(())
            }
            Some(TyKind::Bool) => {
                flow.decided[block] = None;
                flow.edge(hir, then, None);
                flow.edge(hir, other, None);
                Ok(())
            }
            t => Err(Fail::new(codes::INTERNAL, format!("a branch on {t:?}"))),
        },
        Terminator::IterNext { iter, body, exit } => {
            let ty = flow.types[*iter].unwrap_or_else(Ty::bottom);
            match ops::iters::item_type(ty) {
                Some(item) => {
                    raises = ops::iters::runs_code(ty);
                    flow.items[block] = Some(item);
                    flow.edge(hir, body, Some(item));
                    flow.edge(hir, exit, None);
                    Ok(())
                }
                None => Err(Fail::new(codes::NOT_ITERABLE, format!("{ty} is not an iterator"))),
            }
        }
        Terminator::Return(v) if hir.is_generator => {
            let ty = ops::calls::param_type(flow.types[*v].unwrap_or_else(Ty::bottom), false);
            s.returned_by_generator(spec, ty)
        }
        Terminator::Return(v) => {
            let ty = flow.types[*v].unwrap_or_else(Ty::bottom);
            let outcome = return_value(s, spec, ty, returned).map_err(|fail| origins::of_results(fail, flow, hir, func, ty.unliteral()));
            let all = returned.unwrap_or(s.specs[spec].ret);
            if all.container_parts().is_some() && flow.types[*v] != Some(all) {
                flow.refine(hir, *v, all);
            }
            outcome
        }
        Terminator::Raise { exc, cause } => {
            raises = true;
            let mut cx = Cx { session: s, spec, func, hir, types: &flow.types, block, inst: None, flow, wants: Vec::new() };
            ops::exceptions::raise(&mut cx, *exc, *cause).map(|info| flow.raises[block] = Some(info))
        }
        Terminator::Reraise { exc } => {
            raises = true;
            let mut cx = Cx { session: s, spec, func, hir, types: &flow.types, block, inst: None, flow, wants: Vec::new() };
            ops::exceptions::raise(&mut cx, Some(*exc), None).map(|info| flow.raises[block] = Some(info))
        }
        Terminator::Unreachable => Ok(()),
    };
    flow.term_errors[block] = outcome.err();
    if let Some(h) = data.term_handler.as_ref().filter(|_| raises) {
        flow.edge(hir, h, Some(Ty::new(TyKind::Exception)));
    }
}

fn return_value(s: &Session<'_>, spec: usize, ty: Ty, returned: &mut Option<Ty>) -> Result<(), Box<Fail>> {
    let spec = &s.specs[spec];
    let ty = ty.unliteral();
    if spec.declared {
        // `void` signatures discard what is returned.
        return match looplift_types::conversion(ty, spec.ret) {
            Some(_) => Ok(()),
            None if spec.ret.is_none() => Ok(()),
            None => Err(Fail::new(
                codes::MIXED_RETURN,
                format!("No conversion from {ty} to {}: the function returns the one here, and the other is declared", spec.ret),
            )),
        };
    }
    if spec.grown > MAX_GROWTH {
        let text = "Return type of recursive function does not converge: each call gives a larger type than the one before";
        return Err(Fail::new(codes::MIXED_RETURN, text).help("a tuple that grows with each call has no fixed type: use a list or an array"));
    }
    match join(spec.ret, ty) {
        Some(t) if t == spec.ret => {}
        Some(t) => *returned = Some(t),
        None => {
            return Err(Fail::new(codes::MIXED_RETURN, format!("Can't unify return type from the following types: {}, {ty}", spec.ret))
                .help("return values of one type on all paths"));
        }
    }
    Ok(())
}

/// The instruction that makes `v`, if one does.
pub fn definition(hir: &Function, v: Value) -> Option<Inst> {
    match hir.values[v].def {
        ValueDef::Result(i) => Some(i),
        ValueDef::Param(..) => None,
    }
}
