//! Values that must be known while compiling: `literally(x)`, and overloads that ask for the value of an argument.
//!
//! A function that asks is compiled for the literal: the request is noted by specialisation and parameter, and inference starts
//! anew. A call of a specialisation with requests then passes the literal type of its argument, where it has one; an argument
//! that is a parameter of the caller is requested in turn. What the root asks for, only the caller of the compiled function
//! knows: the session ends with a diagnostic that names the parameters ([`Diagnostic::wanted`]).

use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::flow::definition;
use crate::host::FuncSource;
use crate::typed::{ArgSrc, Diagnostic, Resolution, SpecKey};
use looplift_builtins::Prim;
use looplift_hir::{Op, ValueDef};
use looplift_types::{Ty, TyKind};
use rustc_hash::FxHashMap;

/// Times that inference may start anew for a request.
pub const MAX_ROUNDS: usize = 200;

/// How calls of inner functions are typed that captured a container of which nothing is known yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Probing {
    /// They wait: other code may say what is in the container.
    #[default]
    Wait,
    /// No other code does: the callee is typed to see what it puts in.
    Ask,
    /// It does not either.
    Never,
}

/// Which parameters must be literals, by specialisation; what else is to be known beforehand.
#[derive(Default)]
pub struct Requests {
    by_key: FxHashMap<SpecKey, Vec<u32>>,
    /// What is sent to generators, by the specialisation that nothing is sent to.
    pub sent: FxHashMap<SpecKey, Ty>,
    /// What inner functions put into containers that they captured, by function and parameter: who makes the container makes it so.
    pub captured: FxHashMap<(u32, usize), Ty>,
    /// What is done with a call that waits for what the callee puts into a container.
    pub probing: Probing,
    /// Those of the function that is compiled.
    pub of_root: Vec<u32>,
    /// Something was noted: what has been typed is of no use.
    pub renewed: bool,
}

/// `literally(x)`: the value, which is then a literal.
pub fn literally(cx: &mut Cx<'_, '_>, x: &Operand) -> R {
    // What displays put into lists and dicts, overloads see without asking.
    if is_known(x.ty) || x.ty.as_list().is_some() || x.ty.as_dict().is_some() {
        return Ok(Typed::copy(x, x.ty));
    }
    match parameter(cx, &x.src) {
        Some(k) => Err(request(cx, k)),
        None => Err(cx
            .explain(Fail::new(codes::NO_MATCH, format!("Invalid use of non-Literal type in literally({})", x.ty)), &[x])
            .help("literally() takes a parameter of the function, or a constant")),
    }
}

/// Arguments `wanted` must be literals, and are not.
pub fn ask(cx: &mut Cx<'_, '_>, args: &[Operand], wanted: &[u32]) -> Box<Fail> {
    let mut fail = None;
    for arg in wanted.iter().filter_map(|k| args.get(*k as usize)).filter(|a| !is_known(a.ty)) {
        let sources = parameters(cx, &arg.src);
        fail = Some(match sources.is_empty() {
            true => no_literal(cx, arg),
            false => sources.into_iter().map(|k| request(cx, k)).last().expect("there is one"),
        });
    }
    fail.unwrap_or_else(|| Fail::new(codes::NO_MATCH, "Repeated literal typing request"))
}

/// Whether asking can make arguments `wanted` known: they are parameters, or computed from some and from constants.
pub fn can_ask(cx: &Cx<'_, '_>, args: &[Operand], wanted: &[u32]) -> bool {
    let mut unknown = wanted.iter().filter_map(|k| args.get(*k as usize)).filter(|a| !is_known(a.ty)).peekable();
    unknown.peek().is_some() && unknown.all(|a| !parameters(cx, &a.src).is_empty())
}

/// The parameters that must be known for a value to be; none if that does not suffice.
fn parameters(cx: &Cx<'_, '_>, src: &ArgSrc) -> Vec<u32> {
    let mut found = Vec::new();
    if collect(cx, src, &mut found, MAX_DEPTH) { found } else { Vec::new() }
}

/// How deep arithmetic is followed to the parameters in it.
const MAX_DEPTH: usize = 16;

fn collect(cx: &Cx<'_, '_>, src: &ArgSrc, found: &mut Vec<u32>, depth: usize) -> bool {
    if let Some(k) = parameter(cx, src) {
        found.push(k);
        return true;
    }
    let ArgSrc::Value(v) = src else { return false };
    if is_known(cx.ty(*v)) {
        return true;
    }
    let Some(i) = definition(cx.hir, *v).filter(|_| depth > 0) else { return false };
    match &cx.hir.insts[i].op {
        Op::UnaryOp { arg, .. } => collect(cx, &ArgSrc::Value(*arg), found, depth - 1),
        Op::BinaryOp { lhs, rhs, .. } => [lhs, rhs].into_iter().all(|v| collect(cx, &ArgSrc::Value(*v), found, depth - 1)),
        Op::BuildTuple { items } => items.iter().all(|v| collect(cx, &ArgSrc::Value(*v), found, depth - 1)),
        _ => false,
    }
}

/// Whether a specialisation was found to ask for the values of arguments.
pub fn asks(cx: &Cx<'_, '_>, source: &FuncSource, params: &[Ty]) -> bool {
    cx.session.requests.by_key.contains_key(&SpecKey { func: source.id, args: params.into(), options: source.options })
}

/// Parameter types of a call, with literals where the callee asked for them.
pub fn as_requested(cx: &mut Cx<'_, '_>, source: &FuncSource, operands: &[Operand], mut params: Vec<Ty>) -> R<Vec<Ty>> {
    loop {
        let key = SpecKey { func: source.id, args: params.as_slice().into(), options: source.options };
        let Some(wanted) = cx.session.requests.by_key.get(&key).cloned() else { return Ok(params) };
        for k in wanted {
            let Some(arg) = operands.get(k as usize) else { continue };
            if !is_known(arg.ty) {
                return Err(match parameter(cx, &arg.src) {
                    Some(k) => request(cx, k),
                    None => no_literal(cx, arg),
                });
            }
            if params[k as usize] == arg.ty {
                return Err(Fail::new(codes::NO_MATCH, "Repeated literal typing request"));
            }
            params[k as usize] = arg.ty;
        }
    }
}

fn no_literal(cx: &Cx<'_, '_>, arg: &Operand) -> Box<Fail> {
    cx.explain(Fail::new(codes::NO_MATCH, format!("Cannot request literal type. The argument has type {} and is computed at run time", arg.ty)), &[arg])
}

fn is_known(t: Ty) -> bool {
    match t.kind() {
        TyKind::Slice(s) => [s.start, s.stop, s.step].iter().all(|m| m.is_none() || m.is_literal()),
        TyKind::Literal(_) | TyKind::None | TyKind::Function(_) | TyKind::Dispatcher(_) | TyKind::NumberClass(_) | TyKind::DType(_) => true,
        TyKind::Module(_) | TyKind::ExcClass(_) | TyKind::Object(_) => true,
        _ => t.tuple_elems().is_some_and(|e| e.iter().all(|t| is_known(*t))),
    }
}

/// The parameter of the running function that a value is.
fn parameter(cx: &Cx<'_, '_>, src: &ArgSrc) -> Option<u32> {
    match src {
        ArgSrc::Value(v) => match cx.hir.values[*v].def {
            ValueDef::Param(b, k) => (b == cx.hir.entry()).then_some(k),
            ValueDef::Result(i) => match cx.flow.resolutions[i].as_ref()? {
                Resolution::Copy(src) => parameter(cx, src),
                _ => None,
            },
        },
        ArgSrc::Item(of, k) => match &**of {
            ArgSrc::Tuple(items) => parameter(cx, items.get(*k as usize)?),
            ArgSrc::Value(v) => match cx.flow.resolutions[definition(cx.hir, *v)?].as_ref()? {
                Resolution::Prim { prim: Prim::BuildTuple, args, .. } => parameter(cx, args.get(*k as usize)?),
                _ => None,
            },
            ArgSrc::Const(_) | ArgSrc::Item(..) | ArgSrc::Made(_) | ArgSrc::Present(_) => None,
        },
        ArgSrc::Const(_) | ArgSrc::Tuple(_) | ArgSrc::Made(_) | ArgSrc::Present(_) => None,
    }
}

/// Notes that a parameter of the running specialisation must be a literal.
fn request(cx: &mut Cx<'_, '_>, k: u32) -> Box<Fail> {
    let r = &mut cx.session.requests;
    let list = if cx.spec == 0 { &mut r.of_root } else { r.by_key.entry(cx.session.specs[cx.spec].key.clone()).or_default() };
    if !list.contains(&k) {
        list.push(k);
    }
    r.renewed = true;
    Fail::new(codes::LITERAL, "the value of an argument must be known while compiling")
}

/// What the caller of the root is told.
pub fn wanted_of_root(root: &FuncSource, wanted: Vec<u32>) -> Box<Diagnostic> {
    let line = root.hir.first_line;
    let names: Vec<&str> = wanted.iter().map(|k| root.hir.sig.names.get(*k as usize).map_or("?", |n| n)).collect();
    Box::new(Diagnostic {
        kind: codes::LITERAL.kind,
        code: codes::LITERAL.code,
        message: format!("the values of these arguments must be known while compiling: {}", names.join(", ")),
        func: root.id,
        span: looplift_hir::Span { line, end_line: line, col: 0, end_col: 0 },
        notes: Vec::new(),
        wanted,
    })
}
