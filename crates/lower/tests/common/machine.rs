//! A whole program in the MIR interpreter: arguments from text, results to text.

use crate::host::TestHost;
use looplift_abi::symbols::Sym;
use looplift_infer::{Callee, NothingCompiled, dump, infer};
use looplift_lower::{CalleeKey, flatten, lower};
use looplift_mir::interp::{Environment, Fault, Memory, Outcome, run};
use looplift_mir::{ExcArg, ExcClass, Function, Payload, Site, SiteKind, verify::verify};
use looplift_types::{ComplexTy, FloatTy, Ty, TyKind, parse_type};

const STEPS: u64 = 2_000_000;

pub struct Program {
    functions: Vec<Function>,
    params: Vec<Ty>,
    ret: Ty,
}

struct Env<'a> {
    functions: &'a [Function],
    depth: u32,
}

impl Program {
    pub fn compile(host: &TestHost, name: &str, types: &[&str], show: bool) -> Result<Program, String> {
        let source = host.functions.get(name).ok_or("no such function")?;
        let args: Vec<Ty> = types.iter().map(|t| parse_type(t).unwrap()).collect();
        let typed = infer(host, &NothingCompiled, source, &args).map_err(|d| format!("{} line {}: {}", d.code, d.span.line, d.message))?;
        if show {
            eprintln!("{}", dump::program(&typed));
        }
        let mut functions = Vec::new();
        for index in 0..typed.functions.len() {
            let f = lower(&typed, index).map_err(|d| format!("{} line {}: {}", d.code, d.span.line, d.message))?;
            if show {
                eprintln!("{f}");
            }
            verify(&f).map_err(|e| format!("verifier: {e}"))?;
            let again = looplift_mir::parse::parse_function(&f.to_string()).map_err(|e| format!("does not parse back: {e:?}"))?;
            if again.to_string() != f.to_string() {
                return Err("printing, parsing and printing differ".into());
            }
            functions.push(f);
        }
        match &typed.functions[0] {
            Callee::Inferred(f) => Ok(Program { functions, params: f.params.clone(), ret: f.ret }),
            Callee::Compiled { .. } => Err("compiled".into()),
        }
    }

    pub fn run(&self, args: &[&str]) -> String {
        let mut memory = Memory::default();
        let mut words = Vec::new();
        let mut arrays = Vec::new();
        for (text, &ty) in args.iter().zip(&self.params) {
            let at = words.len();
            argument(text, ty, &mut memory, &mut words);
            if ty.as_array().is_some() {
                arrays.push((ty, at));
            }
        }
        let mut env = Env { functions: &self.functions, depth: 0 };
        let outcome = match run(&self.functions[0], &words, &mut memory, &mut env, STEPS) {
            Ok(o) => o,
            Err(Fault(e)) => return format!("fault: {e}"),
        };
        let mut out = match outcome {
            Outcome::Return(w) => show(self.ret, &w, &mut memory),
            Outcome::Raise { site, payload } => exception(&site, &payload),
            Outcome::Propagate(text) => text,
        };
        for (ty, at) in arrays {
            out.push_str(" ; ");
            out.push_str(&show(ty, &words[at..], &mut memory));
        }
        out
    }
}

fn argument(text: &str, ty: Ty, memory: &mut Memory, words: &mut Vec<u64>) {
    let fields: Vec<&str> = text.split('|').collect();
    let numbers = |s: &str| s.split(',').filter(|w| !w.is_empty()).map(|w| w.parse::<i128>().unwrap() as u64).collect::<Vec<u64>>();
    if ty.as_array().is_none() {
        words.extend(numbers(fields[1]));
        return;
    }
    let raw = fields[4].as_bytes();
    let bytes = raw.chunks(2).map(|c| u8::from_str_radix(std::str::from_utf8(c).unwrap(), 16).unwrap()).collect();
    let base = memory.add(bytes);
    words.push(0);
    words.push(base.wrapping_add(numbers(fields[3])[0]));
    words.extend(numbers(fields[1]));
    words.extend(numbers(fields[2]));
}

/// `float.hex` of Python.
fn float(v: f64) -> String {
    if v.is_nan() {
        return "nan".into();
    }
    if v.is_infinite() {
        return if v > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let bits = v.to_bits();
    let sign = if bits >> 63 == 1 { "-" } else { "" };
    let exponent = (bits >> 52 & 0x7ff) as i64;
    let fraction = bits & ((1 << 52) - 1);
    if v == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let (lead, e) = if exponent == 0 { (0, -1022) } else { (1, exponent - 1023) };
    format!("{sign}0x{lead}.{fraction:013x}p{e:+}")
}

fn show(ty: Ty, w: &[u64], memory: &mut Memory) -> String {
    match ty.kind() {
        TyKind::None => "None".into(),
        TyKind::Literal(_) => match ty.as_lit_int() {
            Some(n) => n.to_string(),
            None => {
                if ty == Ty::lit_bool(true) {
                    "True".into()
                } else {
                    "False".into()
                }
            }
        },
        TyKind::Bool => {
            if w[0] != 0 {
                "True".into()
            } else {
                "False".into()
            }
        }
        TyKind::Int(i) => {
            let unused = 64 - u32::from(i.bits);
            if i.signed { (((w[0] << unused) as i64) >> unused).to_string() } else { (w[0] << unused >> unused).to_string() }
        }
        TyKind::Float(FloatTy::F32) => float(f64::from(f32::from_bits(w[0] as u32))),
        TyKind::Float(_) => float(f64::from_bits(w[0])),
        TyKind::Complex(c) => {
            let part = Ty::float(if *c == ComplexTy::C64 { FloatTy::F32 } else { FloatTy::F64 });
            format!("{}+{}j", show(part, &w[..1], memory), show(part, &w[1..], memory))
        }
        TyKind::Optional(t) => {
            if w[0] == 0 {
                "None".into()
            } else {
                show(*t, &w[1..], memory)
            }
        }
        TyKind::Array(a) => {
            let n = usize::from(a.ndim);
            let shape: Vec<i64> = w[2..2 + n].iter().map(|&x| x as i64).collect();
            let count: i64 = shape.iter().product();
            let mut items = Vec::new();
            for k in 0..count {
                let (mut rest, mut addr) = (k, w[1]);
                for d in (0..n).rev() {
                    addr = addr.wrapping_add(((rest % shape[d]) as u64).wrapping_mul(w[2 + n + d]));
                    rest /= shape[d];
                }
                let size = a.dtype.itemsize().unwrap();
                let load = |m: &mut Memory, at: u64, len: u32| m.load(at, len).unwrap_or(0xdead);
                let words = if a.dtype.as_complex().is_some() {
                    vec![load(memory, addr, size / 2), load(memory, addr + u64::from(size / 2), size / 2)]
                } else {
                    vec![load(memory, addr, size)]
                };
                items.push(show(a.dtype, &words, memory));
            }
            let shape: Vec<String> = shape.iter().map(i64::to_string).collect();
            format!("array[{}]({})", shape.join(","), items.join(" "))
        }
        _ => match ty.tuple_elems() {
            Some(elems) => {
                let mut at = 0;
                let mut parts = Vec::new();
                for &e in elems {
                    let n = flatten(e).unwrap().len();
                    parts.push(show(e, &w[at..at + n], memory));
                    at += n;
                }
                format!("({})", parts.join(" "))
            }
            None => format!("? {ty}"),
        },
    }
}

fn exception(site: &Site, payload: &[u64]) -> String {
    let SiteKind::Raise { class, args, payload: kinds } = &site.kind else { return "propagate".into() };
    let mut words = payload.iter().zip(kinds.iter());
    let mut number = || match words.next() {
        Some((&w, Payload::Int)) => (w as i64).to_string(),
        Some((&w, Payload::Uint)) => w.to_string(),
        Some((&w, Payload::Float)) => format!("{:?}", f64::from_bits(w)),
        Some((&w, Payload::Bool)) => {
            if w == 0 {
                "False".into()
            } else {
                "True".into()
            }
        }
        None => "?".into(),
    };
    let single = args.len() == 1;
    let texts: Vec<String> = args
        .iter()
        .map(|a| match a {
            ExcArg::Format(f) => {
                let mut out = String::new();
                let mut parts = f.split("{}");
                out.push_str(parts.next().unwrap_or(""));
                for p in parts {
                    out.push_str(&number());
                    out.push_str(p);
                }
                out
            }
            ExcArg::Payload(_) => number(),
            ExcArg::ConstInt(v) => v.to_string(),
            ExcArg::ConstFloat(v) => format!("{:?}", f64::from_bits(*v)),
            ExcArg::ConstBool(v) => {
                if *v {
                    "True".into()
                } else {
                    "False".into()
                }
            }
            ExcArg::ConstStr(s) => {
                if single {
                    s.to_string()
                } else {
                    format!("'{s}'")
                }
            }
            ExcArg::ConstNone => "None".into(),
        })
        .collect();
    let name = match class {
        ExcClass::Builtin(n) => n.to_string(),
        ExcClass::Host { name, .. } => name.to_string(),
    };
    if single {
        format!("{name}: {}", texts[0])
    } else if texts.is_empty() {
        format!("{name}: ")
    } else {
        format!("{name}: ({})", texts.join(", "))
    }
}

impl Environment for Env<'_> {
    fn call(&mut self, callee: &looplift_mir::Callee, args: &[u64], memory: &mut Memory) -> Result<Outcome, Fault> {
        let CalleeKey::Program(n) = CalleeKey::decode(callee.key) else { return Err(Fault("a compiled callee".into())) };
        if self.depth > 100 {
            return Err(Fault("too deep".into()));
        }
        self.depth += 1;
        let out = run(&self.functions[n as usize], args, memory, self, STEPS);
        self.depth -= 1;
        out
    }
    fn runtime(&mut self, sym: Sym, args: &[u64], _: &mut Memory) -> Result<Result<Vec<u64>, String>, Fault> {
        let x = |k: usize| f64::from_bits(args[k]);
        let one = |v: f64| Ok(Ok(vec![v.to_bits()]));
        match sym {
            Sym::Sin => one(x(0).sin()),
            Sym::Cos => one(x(0).cos()),
            Sym::Exp => one(x(0).exp()),
            Sym::Log => one(x(0).ln()),
            Sym::Pow => one(x(0).powf(x(1))),
            Sym::Fmod => one(x(0) % x(1)),
            Sym::Hypot => one(x(0).hypot(x(1))),
            Sym::Atan2 => one(x(0).atan2(x(1))),
            Sym::FrexpMantissa => one(frexp(x(0)).0),
            Sym::FrexpExponent => Ok(Ok(vec![frexp(x(0)).1 as u64])),
            Sym::IpowI64 => Ok(Ok(vec![(args[0] as i64).wrapping_pow(args[1] as u32) as u64])),
            _ => Err(Fault(format!("runtime symbol {}", sym.row().name))),
        }
    }
    fn matches(&mut self, raised: &ExcClass, wanted: &ExcClass) -> bool {
        let name = |c: &ExcClass| match c {
            ExcClass::Builtin(n) => n.to_string(),
            ExcClass::Host { name, .. } => name.to_string(),
        };
        name(raised) == name(wanted)
    }
}

fn frexp(v: f64) -> (f64, i64) {
    if v == 0.0 || !v.is_finite() {
        return (v, 0);
    }
    let (scaled, shift) = if v.is_subnormal() { (v * 2f64.powi(64), -64) } else { (v, 0) };
    let bits = scaled.to_bits();
    let e = (bits >> 52 & 0x7ff) as i64 - 1022;
    (f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52), e + shift)
}
