//! One compilation.
//!
//! 1. Attached: inference types the function and all it calls that is not compiled yet.
//! 2. Lowering gives a MIR function each; callees get the driver's numbers.
//! 3. Detached: callees first, each is optimised; the early form of a body is what its callers inline.
//! 4. What the root still reaches is emitted, a blob for each cycle of the call graph, and linked to earlier blobs.
//! 5. Publication: the first session that has a key wins.

use crate::dump::DumpSpec;
use crate::settings::Settings;
use crate::{Compiled, Embedding, LoopRemark, Trace, internal, schedule, stopped, table};
use looplift_codegen::{Addresses, Backend, BackendOpts, CodegenError, CompileOpts, Link, Unit};
use looplift_infer::{Callee, CompiledSpec, Diagnostic, DiagnosticKind, FuncSource, SpecKey, TypedFunction, TypedProgram};
use looplift_lower::CalleeKey;
use looplift_mir::{self as mir, Function};
use looplift_opt::{PassCx, Phase};
use looplift_types::{HostRef, Ty, TyKind};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// Bodies with more instructions are not kept for inlining elsewhere.
const MAX_KEPT_BODY: usize = 400;

type Res<T> = Result<T, Box<Diagnostic>>;

/// Compiles a specialisation, or finds it compiled.
///
/// # Errors
/// The diagnostic of the stage that refuses.
pub fn compile(host: &dyn Embedding, source: &FuncSource, args: &[Ty], settings: &Settings) -> Res<Arc<Compiled>> {
    let key = SpecKey { func: source.id, args: args.into(), options: source.options };
    if !settings.fresh
        && let Some(c) = table::find(&key)
        && c.entry.is_some()
    {
        return Ok(c);
    }
    let mut s = Session::new(host, settings, source.id, false);
    let root = s.run(source, args)?;
    s.show_times(&source.hir.name);
    Ok(root)
}

/// Compiles once more to see the texts of all stages; nothing is published.
///
/// # Errors
/// As [`compile`].
pub fn explain(host: &dyn Embedding, source: &FuncSource, args: &[Ty], settings: &Settings) -> Res<Trace> {
    let mut s = Session::new(host, settings, source.id, true);
    s.run(source, args)?;
    Ok(s.trace)
}

/// Functions compiled earlier, as inference sees them; those it asks about stay alive for the session.
struct Known<'a> {
    used: RefCell<FxHashMap<u32, Arc<Compiled>>>,
    /// Only functions that are settled are known.
    fresh: Option<&'a dyn Embedding>,
}

impl looplift_infer::Compiled for Known<'_> {
    fn find(&self, key: &SpecKey) -> Option<CompiledSpec> {
        if self.fresh.is_some_and(|host| !host.settled(key)) {
            return None;
        }
        let c = table::find(key)?;
        let found = CompiledSpec { spec: c.index, params: c.key.args.to_vec(), ret: c.ret };
        self.used.borrow_mut().insert(c.index, c);
        Some(found)
    }

    fn raises(&self, spec: u32) -> Vec<(HostRef, Box<[Ty]>)> {
        let (mut work, mut seen, mut out) = (vec![spec], FxHashSet::default(), Vec::new());
        while let Some(index) = work.pop() {
            if seen.insert(index)
                && let Some(c) = table::by_index(index)
            {
                out.extend(c.raises.iter().cloned());
                work.extend(c.calls.iter().copied());
            }
        }
        out
    }
}

struct Session<'a> {
    host: &'a dyn Embedding,
    settings: &'a Settings,
    dump: DumpSpec,
    root_func: u32,
    explain: bool,
    known: Known<'a>,
    trace: Trace,
    clock: Instant,
}

/// A member of the program on its way.
struct Member {
    index: u32,
    key: SpecKey,
    ret: Ty,
    func: Function,
    early: Option<Arc<Function>>,
    raises: Box<[(HostRef, Box<[Ty]>)]>,
    /// Numbers of the functions compiled earlier that it calls.
    calls: Box<[u32]>,
}

/// Gives each function the exceptions of those that it calls: they may be inlined, and then nobody finds them.
fn gather_raises(members: &mut [Member]) {
    let at: FxHashMap<u32, usize> = members.iter().enumerate().map(|(k, m)| (m.index, k)).collect();
    let gathered: Vec<_> = (0..members.len())
        .map(|k| {
            let (mut work, mut seen) = (vec![k], FxHashSet::default());
            let (mut raised, mut known) = (Vec::new(), FxHashSet::default());
            let mut calls = Vec::new();
            while let Some(k) = work.pop() {
                if !seen.insert(k) {
                    continue;
                }
                raised.extend(members[k].raises.iter().filter(|r| known.insert((*r).clone())).cloned());
                for c in members[k].func.callees.values() {
                    match at.get(&c.key) {
                        Some(&k) => work.push(k),
                        None => calls.push(c.key),
                    }
                }
            }
            calls.sort_unstable();
            calls.dedup();
            (raised, calls)
        })
        .collect();
    for (m, (raised, calls)) in members.iter_mut().zip(gathered) {
        m.raises = raised.into();
        m.calls = calls.into();
    }
}

/// What the `raise` statements of a function raise.
fn raises(f: &TypedFunction) -> Box<[(HostRef, Box<[Ty]>)]> {
    let of = |info: &looplift_infer::RaiseInfo| match info.class.kind() {
        TyKind::ExcClass(class) => Some((class.clone(), info.arg_types.clone().into())),
        _ => None,
    };
    f.raises.values().flatten().filter_map(of).collect()
}

impl<'a> Session<'a> {
    fn new(host: &'a dyn Embedding, settings: &'a Settings, root_func: u32, explain: bool) -> Session<'a> {
        Session {
            host,
            settings,
            dump: DumpSpec::parse(&settings.dump),
            root_func,
            explain,
            known: Known { used: RefCell::default(), fresh: settings.fresh.then_some(host) },
            trace: Trace::default(),
            clock: Instant::now(),
        }
    }

    fn lap(&mut self, stage: &'static str) {
        let now = Instant::now();
        self.trace.times.push((stage, (now - self.clock).as_nanos() as u64));
        self.clock = now;
    }

    /// Keeps the root's text for `explain`, shows any function's where a dump asks for it.
    fn text(&mut self, stage: &'static str, function: &str, root: bool, make: impl FnOnce() -> String) {
        let dumped = self.dump.wants(stage, function);
        if !(dumped || self.explain && root) {
            return;
        }
        let text = make();
        if dumped {
            self.host.show(&format!("; {stage} of {function}\n{text}\n"));
        }
        if self.explain && root {
            self.trace.texts.push((stage, text));
        }
    }

    /// Ends the session after a stage, where the settings say so.
    fn stop(&self, stage: &str) -> Res<()> {
        if self.settings.stop_after.as_deref() == Some(stage) { Err(stopped(self.root_func, stage)) } else { Ok(()) }
    }

    fn show_times(&self, name: &str) {
        if self.settings.timing {
            let total: u64 = self.trace.times.iter().map(|(_, t)| t).sum();
            let mut out = format!("; compile times of {name}\n");
            for (stage, t) in &self.trace.times {
                out.push_str(&format!("{stage:>20} {:>10.1} us\n", *t as f64 / 1e3));
            }
            out.push_str(&format!("{:>20} {:>10.1} us\n", "total", total as f64 / 1e3));
            self.host.show(&out);
        }
    }

    /// The addresses of the host's memory that the code refers to: that of the members, and of bodies compiled before, which may be inlined.
    fn host_data(&self, members: &[Member]) -> FxHashMap<u32, usize> {
        let mut found = FxHashMap::default();
        let mut note = |func: &mir::Function| {
            for d in func.data.values() {
                if let mir::ConstData::Host { id, .. } = d
                    && let Some(a) = self.host.host_data(*id)
                {
                    found.insert(*id, a);
                }
            }
        };
        members.iter().for_each(|m| note(&m.func));
        let mut work: Vec<Arc<Compiled>> = self.known.used.borrow().values().cloned().collect();
        let mut seen = FxHashSet::default();
        while let Some(c) = work.pop() {
            if seen.insert(c.index) {
                c.body.iter().for_each(|b| note(b));
                work.extend(c.callees.iter().cloned());
            }
        }
        found
    }

    fn run(&mut self, source: &FuncSource, args: &[Ty]) -> Res<Arc<Compiled>> {
        let name = source.hir.name.clone();
        self.text("hir", &name, true, || source.hir.to_string());
        if self.settings.verify {
            looplift_hir::verify::verify(&source.hir).map_err(|e| internal(source.id, format!("invalid HIR: {}", e.join("; "))))?;
        }
        self.stop("hir")?;
        let program = looplift_infer::infer(self.host.as_host(), &self.known, source, args)?;
        self.lap("infer");
        for (k, callee) in program.functions.iter().enumerate() {
            if let Callee::Inferred(f) = callee {
                self.text("types", &f.hir.name.clone(), k == 0, || looplift_infer::dump::function(f));
                if self.explain && k == 0 {
                    self.trace.texts.push(("lines", typed_lines(f)));
                }
            }
        }
        self.stop("types")?;
        let mut members = self.lower(&program)?;
        self.lap("lower");
        let host_data = self.host_data(&members);
        let order = schedule::components(&call_graph(&members));
        let host = self.host;
        let detached = Detached {
            settings: self.settings,
            dump: self.dump.clone(),
            explain: self.explain,
            root_func: self.root_func,
            known: self.known.used.borrow().clone(),
            host_data,
        };
        let mut result: Option<Res<Output>> = None;
        let mut shown = Vec::new();
        host.detached(&mut || result = Some(detached.run(&mut members, &order, &mut shown)));
        for text in &shown {
            self.host.show(text);
        }
        let out = match result {
            Some(r) => r?,
            None => return Err(internal(self.root_func, "the embedding did not run the compiler".into())),
        };
        self.trace.texts.extend(out.trace.texts);
        self.trace.times.extend(out.trace.times);
        self.trace.loops = out.trace.loops;
        if self.explain {
            return Ok(out.root);
        }
        for callee in &program.functions {
            if let Callee::Inferred(f) = callee {
                table::note(&f.key, f.ret);
            }
        }
        let mut root = out.root.clone();
        for c in out.compiled {
            let kept = table::publish(c.clone());
            if c.index == out.root.index && !self.settings.fresh {
                root = kept;
            }
        }
        Ok(root)
    }

    /// Lowers all functions inferred here and gives them the driver's numbers.
    fn lower(&mut self, program: &TypedProgram) -> Res<Vec<Member>> {
        let mut positions = vec![None; program.functions.len()];
        let mut members = Vec::new();
        for (k, callee) in program.functions.iter().enumerate() {
            if let Callee::Inferred(f) = callee {
                positions[k] = Some(members.len());
                let func = looplift_lower::lower(program, k).map_err(Box::new)?;
                if self.settings.verify {
                    mir::verify::verify(&func).map_err(|e| internal(f.key.func, format!("invalid MIR after lowering: {e}")))?;
                }
                members.push(Member { index: table::new_index(), key: f.key.clone(), ret: f.ret, func, early: None, raises: raises(f), calls: Box::default() });
            }
        }
        let indices: Vec<u32> = members.iter().map(|m| m.index).collect();
        for m in &mut members {
            for c in m.func.callees.values_mut() {
                c.key = match CalleeKey::decode(c.key) {
                    CalleeKey::Compiled(index) => index,
                    CalleeKey::Program(k) => match positions.get(k as usize).copied().flatten() {
                        Some(p) => indices[p],
                        None => match program.functions.get(k as usize) {
                            Some(Callee::Compiled { spec, .. }) => *spec,
                            _ => return Err(internal(m.key.func, "a callee outside the program".into())),
                        },
                    },
                };
            }
        }
        gather_raises(&mut members);
        Ok(members)
    }
}

/// Who calls whom, by position.
fn call_graph(members: &[Member]) -> Vec<Vec<usize>> {
    let at: FxHashMap<u32, usize> = members.iter().enumerate().map(|(k, m)| (m.index, k)).collect();
    members.iter().map(|m| m.func.callees.values().filter_map(|c| at.get(&c.key).copied()).collect()).collect()
}

/// `line<TAB>name = operation  :: type` for every live operation, in program order, for `inspect_types`. A variable's
/// later values are `name.1`, `name.2`; values without a name go by their number.
fn typed_lines(f: &TypedFunction) -> String {
    use std::fmt::Write;
    let mut out = String::new();
    let mut counts: FxHashMap<&str, u32> = FxHashMap::default();
    let mut name_of = |v: looplift_hir::Value| match f.hir.value_name(v) {
        Some(n) => {
            let n_th = counts.entry(n).or_insert(0);
            *n_th += 1;
            if *n_th == 1 { n.to_owned() } else { format!("{n}.{}", *n_th - 1) }
        }
        None => format!("${v}"),
    };
    let type_of = |v: looplift_hir::Value| f.types[v].map_or_else(|| "undefined".to_owned(), |t| t.to_string());
    let line = |span: looplift_hir::Span| if span.line == 0 { f.hir.first_line } else { span.line };
    for &b in &f.hir.layout {
        if !f.live_blocks.contains(b) {
            continue;
        }
        let data = &f.hir.blocks[b];
        if b == f.hir.entry() {
            for (k, &p) in data.params.iter().enumerate() {
                let ty = f.params.get(k).map_or_else(|| type_of(p), |t| t.to_string());
                let name = name_of(p);
                let _ = writeln!(out, "{}\t{name} = arg({k}, name={name})  :: {ty}", f.hir.first_line);
            }
        }
        for &i in &data.insts {
            let inst = &f.hir.insts[i];
            let mut op = String::new();
            inst.op.print(&mut op);
            let _ = writeln!(out, "{}\t{} = {op}  :: {}", line(f.hir.span(i)), name_of(inst.result), type_of(inst.result));
        }
        let at = line(f.hir.spans[data.term_span]);
        match &data.term {
            looplift_hir::Terminator::IterNext { iter, body, .. } => {
                let item = f.hir.blocks[body.block].params.first().copied();
                let ty = f.items[b].map_or_else(|| "undefined".to_owned(), |t| t.to_string());
                let name = item.map_or_else(|| "$item".to_owned(), &mut name_of);
                let _ = writeln!(out, "{at}\t{name} = iternext(value={iter})  :: {ty}");
            }
            looplift_hir::Terminator::Return(v) => {
                let _ = writeln!(out, "{at}\treturn {v}  :: {}", f.ret);
            }
            looplift_hir::Terminator::Jump(_)
            | looplift_hir::Terminator::Branch { .. }
            | looplift_hir::Terminator::Raise { .. }
            | looplift_hir::Terminator::Reraise { .. }
            | looplift_hir::Terminator::Unreachable => {}
        }
    }
    out
}

/// The stages that need no embedding.
struct Detached<'a> {
    settings: &'a Settings,
    dump: DumpSpec,
    explain: bool,
    root_func: u32,
    known: FxHashMap<u32, Arc<Compiled>>,
    host_data: FxHashMap<u32, usize>,
}

struct Output {
    root: Arc<Compiled>,
    compiled: Vec<Arc<Compiled>>,
    trace: Trace,
}

static BACKENDS: [OnceLock<Result<Backend, String>>; 2] = [const { OnceLock::new() }; 2];

/// A C function that hands its arguments, as words, to `target(data, words, result word)`.
pub fn callback(name: &str, params: &[looplift_mir::Ty], ret: Option<looplift_mir::Ty>, data: usize, target: usize) -> Result<looplift_codegen::Blob, String> {
    backend(false)?.callback(name, params, ret, data, target).map_err(|e| e.to_string())
}

/// The code generator for this processor, made once (and once more with verification).
pub(crate) fn backend(verify: bool) -> Result<&'static Backend, String> {
    let made = BACKENDS[usize::from(verify)].get_or_init(|| {
        let addresses = Addresses { sym: looplift_runtime::address, core: looplift_runtime::core_address };
        Backend::new(BackendOpts { verify, baseline: false }, addresses).map_err(|e| e.to_string())
    });
    made.as_ref().map_err(Clone::clone)
}

/// Addresses for a blob: functions linked in this session, then those known before.
struct Linker<'a> {
    done: &'a FxHashMap<u32, Arc<Compiled>>,
    host_data: &'a FxHashMap<u32, usize>,
}

impl Link for Linker<'_> {
    fn callee(&self, key: u32) -> Option<usize> {
        self.done.get(&key).map(|c| c.address)
    }
    fn host_data(&self, id: u32) -> Option<usize> {
        self.host_data.get(&id).copied()
    }
}

impl Detached<'_> {
    fn run(&self, members: &mut [Member], order: &[Vec<usize>], shown: &mut Vec<String>) -> Res<Output> {
        let mut trace = Trace::default();
        let mut clock = Instant::now();
        let mut lap = |trace: &mut Trace, stage: &'static str| {
            let now = Instant::now();
            trace.times.push((stage, (now - clock).as_nanos() as u64));
            clock = now;
        };
        let mut halted = false;
        for &k in order.iter().flatten() {
            halted |= self.optimise(members, k, Phase::Early, shown)?;
            members[k].early = Some(Arc::new(members[k].func.clone()));
        }
        let halted_early = halted;
        let emitted = reachable(members);
        for &k in order.iter().flatten().filter(|k| emitted[**k] && !halted_early) {
            halted |= self.optimise(members, k, Phase::Late, shown)?;
        }
        if halted {
            // What a pass leaves is not what emission takes.
            return Err(stopped(self.root_func, self.settings.stop_after.as_deref().unwrap_or_default()));
        }
        lap(&mut trace, "optimise");
        for &k in order.iter().flatten().filter(|k| emitted[**k]) {
            let m = &members[k];
            if self.dump.wants("mir", &m.func.name) {
                shown.push(format!("; mir of {}\n{}\n", m.func.name, m.func));
            }
            if self.explain && k == 0 {
                trace.texts.push(("mir", m.func.to_string()));
                trace.loops = LoopRemark::of(&m.func);
            }
        }
        if self.settings.stop_after.as_deref() == Some("mir") {
            return Err(stopped(self.root_func, "mir"));
        }
        let backend = backend(self.settings.verify).map_err(|e| internal(self.root_func, e))?;
        let mut done = self.known.clone();
        let mut compiled: Vec<Arc<Compiled>> = Vec::new();
        for component in order {
            let live: Vec<usize> = component.iter().copied().filter(|k| emitted[*k]).collect();
            if live.is_empty() {
                continue;
            }
            self.emit(backend, members, &live, &mut done, &mut compiled, &mut trace, shown)?;
        }
        lap(&mut trace, "emit");
        let root = match compiled.iter().find(|c| c.index == members[0].index) {
            Some(r) => r.clone(),
            None => return Err(internal(self.root_func, "the root function was not emitted".into())),
        };
        Ok(Output { root, compiled, trace })
    }

    /// Runs a phase of the optimiser; tells whether it was asked to stop in it.
    fn optimise(&self, members: &mut [Member], k: usize, phase: Phase, shown: &mut Vec<String>) -> Res<bool> {
        let mut func = std::mem::replace(&mut members[k].func, Function::new(""));
        let result = {
            let others = &*members;
            let body = |key: u32| -> Option<Arc<Function>> {
                match others.iter().find(|m| m.index == key) {
                    Some(m) => m.early.clone(),
                    None => self.known.get(&key).cloned().or_else(|| table::by_index(key)).and_then(|c| c.body.clone()),
                }
            };
            let options = looplift_opt::Options {
                verify: self.settings.verify,
                stop_after: self.settings.stop_after.clone(),
                phase: Some(phase),
                no_polls: self.settings.no_polls,
            };
            looplift_opt::run(&mut func, &options, &mut PassCx { callee_body: &body, vectors: self.settings.vectors }, &mut |pass, f| {
                if self.dump.wants_pass(pass, &f.name) {
                    shown.push(format!("; mir of {} after {pass}\n{f}\n", f.name));
                }
            })
        };
        members[k].func = func;
        match result {
            Ok(report) => Ok(report.stopped),
            Err(e) => Err(internal(members[k].key.func, e.to_string())),
        }
    }

    /// Emits one component as a blob.
    fn emit(
        &self,
        backend: &Backend,
        members: &mut [Member],
        live: &[usize],
        done: &mut FxHashMap<u32, Arc<Compiled>>,
        compiled: &mut Vec<Arc<Compiled>>,
        trace: &mut Trace,
        shown: &mut Vec<String>,
    ) -> Res<()> {
        let has_root = live.contains(&0);
        let units: Vec<Unit<'_>> = live.iter().map(|&k| Unit { key: members[k].index, func: &members[k].func }).collect();
        let name = members[live[0]].func.name.clone();
        let wants = |stage: &str| live.iter().any(|&k| self.dump.wants(stage, &members[k].func.name)) || (self.explain && has_root);
        let opts =
            CompileOpts { want_clif: wants("clif"), want_asm: wants("asm"), no_entries: !has_root, perf: self.settings.perf, vectors: self.settings.vectors };
        // Functions of other blobs that this one refers to, kept alive with it.
        let mut pins: Vec<Arc<Compiled>> = Vec::new();
        for u in &units {
            for c in u.func.callees.values() {
                if units.iter().any(|x| x.key == c.key) || pins.iter().any(|p| p.index == c.key) {
                    continue;
                }
                // A callee whose every call was inlined may not have been emitted at all.
                if let Some(p) = done.get(&c.key).cloned().or_else(|| table::by_index(c.key)) {
                    done.insert(c.key, p.clone());
                    pins.push(p);
                }
            }
        }
        let blob = backend.compile(&units, &Linker { done, host_data: &self.host_data }, &opts).map_err(|e| codegen_error(members[live[0]].key.func, &e))?;
        let blob = Arc::new(blob);
        for (stage, text) in [("clif", &blob.emitted.clif), ("asm", &blob.emitted.asm)] {
            let Some(text) = text else { continue };
            if live.iter().any(|&k| self.dump.wants(stage, &members[k].func.name)) {
                shown.push(format!("; {stage} of {name}\n{text}\n"));
            }
            if self.explain && has_root {
                trace.texts.push((if stage == "clif" { "clif" } else { "asm" }, text.clone()));
            }
        }
        let mut made = Vec::new();
        for (n, &k) in live.iter().enumerate() {
            let Some(address) = blob.address(n) else {
                return Err(internal(members[k].key.func, "a function without an address".into()));
            };
            let small = members[k].early.take().filter(|f| f.flags.always_inline || instructions(f) <= MAX_KEPT_BODY);
            made.push(Arc::new(Compiled {
                key: members[k].key.clone(),
                index: members[k].index,
                ret: members[k].ret,
                entry: blob.entry(n),
                address,
                blob: blob.clone(),
                callees: pins.clone().into(),
                body: small,
                times: Vec::new(),
                raises: std::mem::take(&mut members[k].raises),
                calls: std::mem::take(&mut members[k].calls),
            }));
        }
        for c in made {
            done.insert(c.index, c.clone());
            compiled.push(c);
        }
        Ok(())
    }
}

fn instructions(f: &Function) -> usize {
    f.layout.iter().map(|b| f.blocks[*b].insts.len()).sum()
}

/// Members that the root reaches by calls that are left, in their early bodies: those may be inlined elsewhere later.
fn reachable(members: &[Member]) -> Vec<bool> {
    let at: FxHashMap<u32, usize> = members.iter().enumerate().map(|(k, m)| (m.index, k)).collect();
    let mut seen = vec![false; members.len()];
    let mut work = vec![0];
    while let Some(k) = work.pop() {
        if std::mem::replace(&mut seen[k], true) {
            continue;
        }
        let f = &members[k].func;
        for b in &f.layout {
            for i in &f.blocks[*b].insts {
                if let mir::Imm::Callee(c) = f.insts[*i].imm
                    && let Some(&n) = at.get(&f.callees[c].key)
                {
                    work.push(n);
                }
            }
        }
    }
    seen
}

fn codegen_error(func: u32, e: &CodegenError) -> Box<Diagnostic> {
    let mut d = internal(func, e.to_string());
    match e {
        CodegenError::Limit { .. } | CodegenError::OutOfMemory { .. } => {
            d.kind = DiagnosticKind::Limit;
            d.code = "LL0304";
        }
        CodegenError::Host { .. } | CodegenError::Protect { .. } => {
            d.kind = DiagnosticKind::Unsupported;
            d.code = "LL0106";
        }
        CodegenError::Invalid { .. } | CodegenError::Internal { .. } | CodegenError::Unresolved { .. } | CodegenError::OutOfRange { .. } => {}
    }
    d
}
