//! Running test functions: by the interpreter, and as machine code.
//!
//! `; run:` lines in a case say what a function of its input gives:
//! ```text
//! ; run: f(40, 2) = 42
//! ; run: divmod(7, 2) = 3, 1
//! ; run: f(1, 0) raises ZeroDivisionError
//! ```
//! Each line is executed four times: by the interpreter and natively, as written and after the passes of `; test:`.
//! A function is named by what comes before the first parenthesis of its name.
#![allow(unsafe_code, reason = "calls machine code and runtime functions")]

use looplift_abi::symbols::Sym;
use looplift_abi::{MTy as Ty, RtError};
use looplift_codegen::{Addresses, Backend, BackendOpts, Blob, CompileOpts, Emitted, Link, Unit, registry};
use looplift_mir::interp::{self, Environment, Fault, Memory};
use looplift_mir::{Callee, ExcClass, Function, SiteKind};
use std::sync::{Arc, OnceLock};

/// How a call ended, in a form that interpreter and machine code share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    Return(Vec<u64>),
    /// A site's exception.
    Raise {
        kind: SiteKind,
        line: u32,
        payload: Vec<u64>,
    },
    /// The runtime's, by class.
    Runtime(String),
}

impl Ending {
    /// The class of the exception.
    pub fn class(&self) -> Option<&str> {
        match self {
            Ending::Return(_) => None,
            Ending::Raise { kind: SiteKind::Raise { class: ExcClass::Builtin(name) | ExcClass::Host { name, .. }, .. }, .. } => Some(name),
            Ending::Raise { kind: SiteKind::Propagate, .. } => None,
            Ending::Runtime(class) => Some(class),
        }
    }
    /// Equal up to the bits of NaNs in returned values.
    pub fn agrees(&self, other: &Ending, rets: &[Ty]) -> bool {
        match (self, other) {
            (Ending::Return(a), Ending::Return(b)) => a.len() == b.len() && a.iter().zip(b).zip(rets).all(|((&a, &b), &ty)| same_word(ty, a, b)),
            _ => self == other,
        }
    }
}

/// Equal as values of a type; all NaNs are equal.
pub fn same_word(ty: Ty, a: u64, b: u64) -> bool {
    let nan = |w: u64| match ty {
        Ty::F32 => f32::from_bits(w as u32).is_nan(),
        Ty::F64 => f64::from_bits(w).is_nan(),
        Ty::I8 | Ty::I16 | Ty::I32 | Ty::I64 | Ty::Ref | Ty::F64x2 => false,
    };
    a == b || (nan(a) && nan(b))
}

/// The backend of all tests, with the CLIF verifier on.
pub fn backend() -> &'static Backend {
    static BACKEND: OnceLock<Backend> = OnceLock::new();
    let addresses = Addresses { sym: looplift_runtime::address, core: looplift_runtime::core_address };
    BACKEND.get_or_init(|| match Backend::new(BackendOpts { verify: true, baseline: false }, addresses) {
        Ok(b) => b,
        Err(e) => panic!("{e}"),
    })
}

struct Nothing;
impl Link for Nothing {
    fn callee(&self, _key: u32) -> Option<usize> {
        None
    }
    fn host_data(&self, _id: u32) -> Option<usize> {
        None
    }
}

/// Functions as machine code; a callee's key is its position.
#[derive(Debug)]
pub struct Native {
    pub blob: Blob,
    rets: Vec<Vec<Ty>>,
}

impl Native {
    pub fn new(funcs: &[Function]) -> Result<Native, String> {
        Native::with(funcs, &CompileOpts::default())
    }
    pub fn with(funcs: &[Function], opts: &CompileOpts) -> Result<Native, String> {
        let units: Vec<Unit<'_>> = funcs.iter().enumerate().map(|(n, func)| Unit { key: n as u32, func }).collect();
        let emitted = backend().emit(&units, opts).map_err(|e| e.to_string())?;
        Native::link(Arc::new(emitted), funcs)
    }
    /// Puts the code of functions emitted before into memory.
    pub fn link(emitted: Arc<Emitted>, funcs: &[Function]) -> Result<Native, String> {
        Native::link_with(emitted, funcs, &CompileOpts::default())
    }
    pub fn link_with(emitted: Arc<Emitted>, funcs: &[Function], opts: &CompileOpts) -> Result<Native, String> {
        let blob = backend().link(emitted, &Nothing, opts).map_err(|e| e.to_string())?;
        Ok(Native { blob, rets: funcs.iter().map(|f| f.rets.clone()).collect() })
    }

    /// Calls the n-th function through its uniform entry.
    pub fn call(&self, n: usize, args: &[u64]) -> Ending {
        let Some(entry) = self.blob.entry(n) else { panic!("no entry {n}") };
        let running = looplift_runtime::thread::enter();
        let ctx = running.ctx();
        let rets = &self.rets[n];
        let mut words = vec![0u64; rets.len().max(1)];
        // SAFETY: the wrapper reads as many words as the function has parameters (the caller's duty, checked against the
        // interpreter's count by every test that runs both), and writes one word for each result.
        let status = unsafe { entry(ctx, args.as_ptr(), words.as_mut_ptr()) };
        words.truncate(rets.len());
        if status == 0 {
            return Ending::Return(words);
        }
        // SAFETY: the calling thread's context; the machine code has returned.
        let pending = unsafe { &mut (*ctx).pending };
        let ending = match pending.kind {
            1 => match registry::site(pending.origin) {
                Some(site) => {
                    let count = match &site.kind {
                        SiteKind::Raise { payload, .. } => payload.len(),
                        SiteKind::Propagate => 0,
                    };
                    Ending::Raise { line: site.chain.first().map_or(0, |l| l.line), kind: site.kind, payload: pending.payload[..count].to_vec() }
                }
                None => panic!("no site for {:?}", pending.origin),
            },
            3 => match RtError::from_code(pending.code) {
                Some(e) => Ending::Runtime(e.class_and_message().0.to_string()),
                None => panic!("no runtime error {}", pending.code),
            },
            kind => panic!("status {status} with pending kind {kind}"),
        };
        pending.kind = 0;
        ending
    }

    /// Lines of the traceback of the last exception, innermost first, callers only.
    pub fn traceback(&self) -> Vec<u32> {
        // SAFETY: the calling thread's context, which no machine code uses now.
        let pending = unsafe { &(*looplift_runtime::thread::current_ctx()).pending };
        let frames = looplift_runtime::exceptions::kept_frames(pending);
        frames.iter().filter_map(|&f| registry::site(f)?.chain.first().map(|l| l.line)).collect()
    }
}

/// Calls among the functions of a test, and the runtime's own functions.
struct Env<'a> {
    funcs: &'a [Function],
    steps: u64,
    depth: usize,
}

const MAX_DEPTH: usize = 100;

impl Environment for Env<'_> {
    fn call(&mut self, callee: &Callee, args: &[u64], memory: &mut Memory) -> Result<interp::Outcome, Fault> {
        let Some(func) = self.funcs.get(callee.key as usize) else { return Err(Fault(format!("no function {}", callee.key))) };
        if self.depth == MAX_DEPTH {
            return Err(Fault("calls too deep".into()));
        }
        self.depth += 1;
        let steps = self.steps;
        let result = interp::run(func, args, memory, self, steps);
        self.depth -= 1;
        result
    }
    fn runtime(&mut self, sym: Sym, args: &[u64], _: &mut Memory) -> Result<Result<Vec<u64>, String>, Fault> {
        // What gives two results gives those of two functions.
        let parts: &[Sym] = if sym == Sym::SinCos { &[Sym::Sin, Sym::Cos] } else { &[sym] };
        let words: Option<Vec<u64>> = parts.iter().map(|&s| pure_symbol(s, args)).collect();
        words.map(Ok).ok_or_else(|| Fault(format!("{} is not for tests", sym.row().name)))
    }
    fn matches(&mut self, raised: &ExcClass, wanted: &ExcClass) -> bool {
        let (ExcClass::Builtin(a) | ExcClass::Host { name: a, .. }) = raised;
        let (ExcClass::Builtin(b) | ExcClass::Host { name: b, .. }) = wanted;
        looplift_runtime::exceptions::is_subclass(a, b)
    }
}

/// Calls a runtime function that depends on its operands only.
pub fn pure_symbol(sym: Sym, args: &[u64]) -> Option<u64> {
    let row = sym.row();
    if !row.is_plain() {
        return None;
    }
    let p = looplift_runtime::address(sym) as *const ();
    let d = |n: usize| f64::from_bits(args[n]);
    let s = |n: usize| f32::from_bits(args[n] as u32);
    use std::mem::transmute;
    // SAFETY: each arm casts to the signature that the symbol's row states.
    unsafe {
        Some(match (row.params, row.rets) {
            ([Ty::F64], [Ty::F64]) => transmute::<*const (), extern "C" fn(f64) -> f64>(p)(d(0)).to_bits(),
            ([Ty::F64, Ty::F64], [Ty::F64]) => transmute::<*const (), extern "C" fn(f64, f64) -> f64>(p)(d(0), d(1)).to_bits(),
            ([Ty::F64, Ty::I64], [Ty::F64]) => transmute::<*const (), extern "C" fn(f64, i64) -> f64>(p)(d(0), args[1] as i64).to_bits(),
            ([Ty::F64], [Ty::I64]) => transmute::<*const (), extern "C" fn(f64) -> i64>(p)(d(0)) as u64,
            ([Ty::I64], [Ty::I64]) => transmute::<*const (), extern "C" fn(i64) -> i64>(p)(args[0] as i64) as u64,
            ([Ty::I64, Ty::I64], [Ty::I64]) => transmute::<*const (), extern "C" fn(i64, i64) -> i64>(p)(args[0] as i64, args[1] as i64) as u64,
            ([Ty::F32], [Ty::F32]) => u64::from(transmute::<*const (), extern "C" fn(f32) -> f32>(p)(s(0)).to_bits()),
            ([Ty::F32, Ty::F32], [Ty::F32]) => u64::from(transmute::<*const (), extern "C" fn(f32, f32) -> f32>(p)(s(0), s(1)).to_bits()),
            _ => return None,
        })
    }
}

/// Runs the n-th function in the interpreter. `Err`: it breaks a rule of MIR or takes too long.
pub fn interpret(funcs: &[Function], n: usize, args: &[u64], steps: u64) -> Result<Ending, Fault> {
    let mut memory = Memory::default();
    interpret_in(funcs, n, args, steps, &mut memory)
}

/// As [`interpret`], leaving the memory for inspection.
pub fn interpret_in(funcs: &[Function], n: usize, args: &[u64], steps: u64, memory: &mut Memory) -> Result<Ending, Fault> {
    let mut env = Env { funcs, steps, depth: 0 };
    Ok(match interp::run(&funcs[n], args, memory, &mut env, steps)? {
        interp::Outcome::Return(words) => Ending::Return(words),
        interp::Outcome::Raise { site, payload } => {
            let line = funcs.iter().find_map(|f| f.sites.values().any(|s| *s == site).then(|| f.spans[site.span].line));
            Ending::Raise { kind: site.kind, line: line.unwrap_or(0), payload }
        }
        interp::Outcome::Propagate(class) => Ending::Runtime(class),
    })
}

/// A `run:` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunLine {
    pub func: usize,
    pub args: Vec<u64>,
    pub expected: Expected,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    Words(Vec<u64>),
    Class(String),
}

fn word(ty: Ty, text: &str) -> Result<u64, String> {
    let bad = || format!("{text:?} is not a {}", ty.name());
    Ok(match ty {
        Ty::F32 => u64::from(text.parse::<f32>().map_err(|_| bad())?.to_bits()),
        Ty::F64 => text.parse::<f64>().map_err(|_| bad())?.to_bits(),
        Ty::F64x2 => return Err("pairs are neither passed nor returned".into()),
        Ty::I8 | Ty::I16 | Ty::I32 | Ty::I64 | Ty::Ref => {
            let v = text.parse::<i128>().map_err(|_| bad())?;
            looplift_mir::eval::mask(ty, v as u64)
        }
    })
}

fn words(types: &[Ty], text: &str) -> Result<Vec<u64>, String> {
    let parts: Vec<&str> = text.split(',').map(str::trim).filter(|p| !p.is_empty()).collect();
    if parts.len() != types.len() {
        return Err(format!("{} values for {} in {text:?}", parts.len(), types.len()));
    }
    types.iter().zip(parts).map(|(&ty, p)| word(ty, p)).collect()
}

/// Reads a `run:` line.
pub fn parse_line(funcs: &[Function], text: &str) -> Result<RunLine, String> {
    let bad = || format!("malformed run line: {text}");
    let (name, rest) = text.split_once('(').ok_or_else(bad)?;
    let (args, rest) = rest.split_once(')').ok_or_else(bad)?;
    let func = funcs.iter().position(|f| f.name.split('(').next() == Some(name.trim())).ok_or_else(|| format!("no function {name}"))?;
    let f = &funcs[func];
    let params: Vec<Ty> = f.blocks[f.entry()].params.iter().map(|&p| f.ty(p)).collect();
    let args = words(&params, args)?;
    let rest = rest.trim();
    let expected = match (rest.strip_prefix('='), rest.strip_prefix("raises ")) {
        (Some(values), _) => Expected::Words(words(&f.rets, values)?),
        (_, Some(class)) => Expected::Class(class.trim().to_string()),
        _ => return Err(bad()),
    };
    Ok(RunLine { func, args, expected })
}

const STEPS: u64 = 1_000_000;

/// Executes the run lines of a case on its functions as written and as the passes leave them.
pub fn check_lines(lines: &[&str], funcs: &[Function], passes: &[&str]) -> Result<(), String> {
    if lines.is_empty() {
        return Ok(());
    }
    let bodies: Vec<Arc<Function>> = funcs.iter().cloned().map(Arc::new).collect();
    let mut optimised = funcs.to_vec();
    for f in &mut optimised {
        crate::optimise(f, passes, &bodies)?;
    }
    for (form, funcs) in [("as written", funcs), ("optimised", &optimised[..])] {
        let native = Native::new(funcs)?;
        for line in lines {
            let run = parse_line(funcs, line)?;
            let interpreted = interpret(funcs, run.func, &run.args, STEPS).map_err(|e| format!("{line} ({form}): {}", e.0))?;
            let compiled = native.call(run.func, &run.args);
            for (how, ending) in [("interpreted", interpreted), ("compiled", compiled)] {
                let right = match &run.expected {
                    Expected::Words(w) => ending.agrees(&Ending::Return(w.clone()), &funcs[run.func].rets),
                    Expected::Class(c) => ending.class() == Some(c),
                };
                if !right {
                    return Err(format!("run: {line}\n{how}, {form}, gives {ending:?}"));
                }
            }
        }
    }
    Ok(())
}
