//! A compilation: the specialisations, the work list, the budget.
//!
//! 1. The root specialisation is entered; its entry block becomes dirty.
//! 2. The specialisation on top of the stack has its first dirty block typed ([`crate::flow`]). A call of something not seen before
//!    pushes a specialisation, whose result is bottom for now; when a result type grows, the blocks of its callers are
//!    dirty again. Recursion is thus a fixpoint.
//! 3. When nothing is dirty, errors are collected or the typed functions are given out.

use crate::codes;
use crate::cx::{Fail, R};
use crate::flow::Flow;
use crate::generators;
use crate::host::{Compiled, FuncSource, Host};
use crate::literals::{self, Probing, Requests};
use crate::typed::{Callee, Diagnostic, Note, SpecKey, TypedFunction, TypedProgram};
use looplift_hir::unroll::Items;
use looplift_hir::{Function, Inst, Span};
use looplift_types::{Ty, join};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Specialisations that one compilation may enter.
const MAX_SPECS: usize = 512;
/// Instructions that one compilation may type, repetitions counted.
const MAX_WORK: u64 = 4_000_000;

/// One specialisation.
pub struct Spec {
    pub key: SpecKey,
    pub hir: Arc<Function>,
    /// Present when it was compiled earlier: the driver's index.
    pub compiled: Option<(u32, Vec<Ty>)>,
    pub flow: Flow,
    /// What it returns, so far.
    pub ret: Ty,
    /// What a generator returns, so far; `ret` is what it gives.
    pub returns: Ty,
    pub declared: bool,
    /// For an inner function: the type of the function value.
    pub closure: Option<Arc<looplift_types::ClosureTy>>,
    pub callers: Vec<(usize, Option<Inst>, looplift_hir::Block)>,
    /// How often the type of the result grew.
    pub grown: u32,
    /// A loop over a tuple of so many elements is to be written out.
    pub unroll: Option<(Inst, u32, Items)>,
    stacked: bool,
}

/// See the module.
pub struct Session<'h> {
    pub host: &'h dyn Host,
    compiled: &'h dyn Compiled,
    pub specs: Vec<Spec>,
    index: FxHashMap<SpecKey, usize>,
    stack: Vec<usize>,
    work: u64,
    pub requests: Requests,
    /// Calls that wait for what is put into a container which the callee captured.
    pub waiting: FxHashSet<(usize, Inst)>,
}

/// Types a function for arguments: `args` has one type for each parameter of the HIR (`*args` as one tuple).
///
/// # Errors
/// The first diagnostic, in program order of the function where the trouble is.
pub fn infer(host: &dyn Host, compiled: &dyn Compiled, root: &FuncSource, args: &[Ty]) -> Result<TypedProgram, Box<Diagnostic>> {
    let mut requests = Requests::default();
    for _ in 0..literals::MAX_ROUNDS {
        match round(host, compiled, root, args, requests)? {
            Outcome::Done(program) => return Ok(program),
            Outcome::Again(r) if r.of_root.is_empty() => requests = r,
            Outcome::Again(r) => return Err(literals::wanted_of_root(root, r.of_root)),
        }
    }
    Err(literals::wanted_of_root(root, Vec::new()))
}

/// How one round ends.
enum Outcome {
    Done(TypedProgram),
    /// Values of parameters were asked for.
    Again(Requests),
}

fn round(host: &dyn Host, compiled: &dyn Compiled, root: &FuncSource, args: &[Ty], mut requests: Requests) -> Result<Outcome, Box<Diagnostic>> {
    requests.renewed = false;
    let mut s = Session { host, compiled, specs: Vec::new(), index: FxHashMap::default(), stack: Vec::new(), work: 0, requests, waiting: FxHashSet::default() };
    let fail_at_root = |f: Box<Fail>| {
        Box::new(Diagnostic {
            kind: f.code.kind,
            code: f.code.code,
            message: f.message,
            func: root.id,
            span: Span { line: root.hir.first_line, end_line: root.hir.first_line, col: 0, end_col: 0 },
            notes: f.notes,
            wanted: Vec::new(),
        })
    };
    let whole = generators::with_sent(&s.requests, root, args);
    s.enter(root, &whole, false).map_err(fail_at_root)?;
    loop {
        while let Some(top) = s.next_up() {
            match s.specs[top].flow.next_dirty() {
                None => {
                    s.stack.pop();
                    s.specs[top].stacked = false;
                }
                Some(block) => crate::flow::type_block(&mut s, top, block),
            }
            if s.requests.renewed {
                return Ok(Outcome::Again(s.requests));
            }
            if s.work > MAX_WORK {
                let f = Fail::new(codes::TOO_MUCH_WORK, "type inference of this function does not end within its budget")
                    .help("split the function, or give the variables that change type names of their own");
                return Err(fail_at_root(f));
            }
        }
        if let Some(next) = s.next_probing() {
            s.requests.probing = next;
            return Ok(Outcome::Again(s.requests));
        }
        if !s.settle_empty() {
            break;
        }
    }
    if generators::guess_sent(&mut s, root, args) {
        return Ok(Outcome::Again(s.requests));
    }
    s.finish().map(Outcome::Done)
}

impl Session<'_> {
    /// How to go on where calls wait for what is put into captured containers and nothing else is left to do.
    fn next_probing(&self) -> Option<Probing> {
        match self.requests.probing {
            Probing::Wait if !self.waiting.is_empty() => Some(Probing::Ask),
            Probing::Ask => Some(Probing::Never),
            Probing::Wait | Probing::Never => None,
        }
    }

    /// Notes what a specialisation puts into a container that it is given empty, by the parameter.
    pub fn note_captured(&mut self, spec: usize, param: usize, ty: Ty) {
        let key = &self.specs[spec].key;
        if self.specs[spec].closure.is_none() || !key.args.get(param).is_some_and(|t| t.is_unfinished()) || ty.is_unfinished() {
            return;
        }
        let known = self.requests.captured.get(&(key.func, param)).copied();
        let new = known.map_or(Some(ty), |k| join(k, ty)).unwrap_or(ty);
        if known != Some(new) {
            self.requests.captured.insert((key.func, param), new);
            self.requests.probing = Probing::Wait;
            self.requests.renewed = true;
        }
    }

    pub fn spend(&mut self, steps: u64) {
        self.work += steps;
    }

    /// The specialisation of a function for argument types, entered if it is new.
    pub fn enter(&mut self, source: &FuncSource, args: &[Ty], allow_compiled: bool) -> R<usize> {
        let key = SpecKey { func: source.id, args: args.into(), options: source.options };
        if let Some(i) = self.index.get(&key) {
            return Ok(*i);
        }
        if self.specs.len() >= MAX_SPECS {
            return Err(Fail::new(codes::TOO_MANY_SPECIALISATIONS, format!("compiling needs more than {MAX_SPECS} specialisations of functions"))
                .help(format!("`{}` is called with ever new argument types; does a recursive call pass a growing tuple?", source.hir.name)));
        }
        if let Some(k) = args.iter().position(|t| t.tuple_elems().is_some_and(|e| e.len() > 1000)) {
            let name = source.hir.sig.names.get(k).map_or("args", |n| n);
            return Err(Fail::new(codes::TUPLE_TOO_LARGE, format!("Tuple '{name}' length must be smaller than 1000")).help("use an array"));
        }
        let i = self.specs.len();
        let hir = source.hir.clone();
        let mut spec = Spec {
            key: key.clone(),
            hir,
            compiled: None,
            flow: Flow::default(),
            ret: Ty::bottom(),
            returns: Ty::bottom(),
            declared: false,
            closure: None,
            callers: Vec::new(),
            unroll: None,
            grown: 0,
            stacked: false,
        };
        if let Some(c) = self.compiled.find(&key).filter(|_| allow_compiled) {
            spec.compiled = Some((c.spec, c.params));
            spec.ret = c.ret;
            if source.hir.is_generator {
                (spec.ret, spec.returns) = generators::parts(c.ret);
            }
        } else {
            if source.hir.is_coroutine {
                return Err(Fail::new(codes::GENERATOR, format!("`{}` is a coroutine, which cannot be compiled", source.hir.name)));
            }
            if let Some(ret) = self.host.declared_return(source.id, args) {
                spec.ret = ret;
                spec.declared = true;
            }
            spec.flow = Flow::new(&source.hir, args);
        }
        let inferred = spec.compiled.is_none();
        self.specs.push(spec);
        self.index.insert(key, i);
        if inferred {
            self.push(i);
        }
        Ok(i)
    }

    /// Exceptions that a specialisation which was compiled earlier raises.
    pub fn compiled_raises(&self, spec: usize) -> Vec<(looplift_types::HostRef, Box<[Ty]>)> {
        self.specs[spec].compiled.as_ref().map(|c| self.compiled.raises(c.0)).unwrap_or_default()
    }

    /// Writes out the loop that typing asked for, and types the function from its beginning.
    pub fn write_out(&mut self, spec: usize) {
        let spec = &mut self.specs[spec];
        let Some((get_iter, count, items)) = spec.unroll.take() else { return };
        if let Some(hir) = looplift_hir::unroll::unroll(&spec.hir, get_iter, count, items) {
            spec.flow = Flow::new(&hir, &spec.key.args);
            spec.hir = Arc::new(hir);
        }
    }

    /// Gives containers that nothing is put into a type; whether that changed something.
    fn settle_empty(&mut self) -> bool {
        let mut any = false;
        for i in 0..self.specs.len() {
            let hir = self.specs[i].hir.clone();
            if self.specs[i].compiled.is_none() && self.specs[i].flow.settle_empty(&hir) {
                self.push(i);
                any = true;
            }
        }
        any
    }

    fn push(&mut self, i: usize) {
        if !self.specs[i].stacked {
            self.specs[i].stacked = true;
            self.stack.push(i);
        }
    }

    /// The specialisation to go on with. A generator of which nothing more is to be known has no items.
    fn next_up(&mut self) -> Option<usize> {
        if self.stack.is_empty() {
            let empty = |s: &Spec| s.hir.is_generator && s.compiled.is_none() && s.ret.is_bottom();
            for i in (0..self.specs.len()).filter(|i| empty(&self.specs[*i])).collect::<Vec<_>>() {
                self.specs[i].ret = Ty::none();
                self.result_changed(i);
            }
        }
        self.stack.last().copied()
    }

    /// A generator function gives an item out.
    pub fn yielded(&mut self, spec: usize, ty: Ty) -> R<()> {
        let old = self.specs[spec].ret;
        match join(old, ty) {
            Some(t) if t == old => Ok(()),
            Some(t) => {
                self.specs[spec].ret = t;
                self.result_changed(spec);
                Ok(())
            }
            None => Err(Fail::new(codes::MIXED_RETURN, format!("the generator gives {ty} here and {old} elsewhere, and no type holds both"))
                .help("give items of one type")),
        }
    }

    /// A generator function returns.
    pub fn returned_by_generator(&mut self, spec: usize, ty: Ty) -> Result<(), Box<Fail>> {
        let old = self.specs[spec].returns;
        match join(old, ty) {
            Some(t) if t == old => Ok(()),
            Some(t) => {
                self.specs[spec].returns = t;
                self.result_changed(spec);
                Ok(())
            }
            None => Err(Fail::new(codes::MIXED_RETURN, format!("Can't unify return type from the following types: {old}, {ty}"))
                .help("return values of one type on all paths")),
        }
    }

    /// The specialisation that a generator of this number runs.
    pub fn enter_generator(&mut self, number: u32) -> R<usize> {
        match crate::generators::source(number) {
            Some((source, args)) => self.enter(&source, &args, true),
            None => Err(Fail::new(codes::INTERNAL, "a generator of nothing")),
        }
    }

    /// The result type of `spec` grew: its callers look again.
    pub fn result_changed(&mut self, spec: usize) {
        for (caller, _, block) in self.specs[spec].callers.clone() {
            self.specs[caller].flow.mark(block);
            self.push(caller);
        }
    }

    fn finish(mut self) -> Result<TypedProgram, Box<Diagnostic>> {
        for i in 0..self.specs.len() {
            let spec = &mut self.specs[i];
            spec.flow.close(&spec.hir);
            let spec = &self.specs[i];
            if let Some((mut span, fail)) = spec.flow.first_error(&spec.hir) {
                if span.line == 0 {
                    (span.line, span.end_line) = (spec.hir.first_line, spec.hir.first_line);
                }
                let mut d = Diagnostic {
                    kind: fail.code.kind,
                    code: fail.code.code,
                    message: fail.message.clone(),
                    func: spec.key.func,
                    span,
                    notes: fail.notes.clone(),
                    wanted: Vec::new(),
                };
                self.call_chain(i, &mut d.notes);
                return Err(Box::new(d));
            }
        }
        // A function that only ever calls itself has no result type.
        let calls: Vec<Vec<usize>> = (0..self.specs.len()).map(|i| self.specs[i].flow.callees()).collect();
        for (i, spec) in self.specs.iter().enumerate() {
            if spec.compiled.is_none() && spec.ret.is_bottom() && !spec.flow.raises_itself() && reaches_itself(i, &calls) {
                let line = spec.hir.first_line;
                return Err(Box::new(Diagnostic {
                    kind: codes::MIXED_RETURN.kind,
                    code: codes::MIXED_RETURN.code,
                    message: format!(
                        "cannot type infer runaway recursion: `{}` calls itself on every path, so that the type of its result is not known",
                        spec.hir.name
                    ),
                    func: spec.key.func,
                    span: Span { line, end_line: line, col: 0, end_col: 0 },
                    notes: Vec::new(),
                    wanted: Vec::new(),
                }));
            }
        }
        let never = |ret: Ty| if ret.is_bottom() { Ty::none() } else { ret };
        let results = |spec: &Spec| if spec.hir.is_generator { Ty::tuple([never(spec.ret), never(spec.returns)]) } else { never(spec.ret) };
        let functions = std::mem::take(&mut self.specs)
            .into_iter()
            .enumerate()
            .map(|(i, spec)| match spec.compiled {
                Some((index, params)) => {
                    let ret = if spec.hir.is_generator { Ty::tuple([never(spec.ret), never(spec.returns)]) } else { spec.ret };
                    Callee::Compiled { key: spec.key, spec: index, params, ret }
                }
                None => {
                    let ret = results(&spec);
                    let f = spec.flow.into_tables();
                    Callee::Inferred(Box::new(TypedFunction {
                        params: spec.key.args.to_vec(),
                        key: spec.key,
                        hir: spec.hir,
                        ret,
                        types: f.types,
                        resolutions: f.resolutions,
                        live_blocks: f.live,
                        decided: f.decided,
                        raises: f.raises,
                        items: f.items,
                        recursive: reaches_itself(i, &calls),
                    }))
                }
            })
            .collect();
        Ok(TypedProgram { functions })
    }

    /// Who asked for a specialisation, outwards.
    fn call_chain(&self, mut spec: usize, notes: &mut Vec<Note>) {
        for _ in 0..8 {
            let Some(&(caller, Some(inst), _)) = self.specs[spec].callers.iter().find(|c| c.0 != spec) else { return };
            let callee = &self.specs[spec];
            let c = &self.specs[caller];
            notes.push(Note {
                text: format!("`{}` is compiled for ({}) because of this call", callee.hir.name, crate::cx::type_list(callee.key.args.iter().copied())),
                place: Some((c.key.func, c.hir.span(inst))),
            });
            if caller == 0 {
                return;
            }
            spec = caller;
        }
    }
}

fn reaches_itself(from: usize, calls: &[Vec<usize>]) -> bool {
    let mut seen = vec![false; calls.len()];
    let mut stack: Vec<usize> = calls[from].clone();
    while let Some(i) = stack.pop() {
        if i == from {
            return true;
        }
        if !std::mem::replace(&mut seen[i], true) {
            stack.extend(&calls[i]);
        }
    }
    false
}
