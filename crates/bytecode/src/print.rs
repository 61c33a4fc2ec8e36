//! The text dump (`LOOPLIFT_DUMP=bytecode`): blocks in reverse post-order, names and constants spelt out.
//!
//! ```text
//! code total(a, n) line 3
//!   locals: a, n, s, i
//!   b0: depth 0
//!     Const 0                               @0  line 4
//!     StoreFast s                           @1
//! ```
//! The line is printed where it changes. A protected block names its handler: `b1: depth 1, raises to b7 (Try)`.
//! Addresses, file names and hash order do not show. There is no parser: this level is input, not an IR to write by hand.

use crate::cfg::{BlockId, Cfg};
use crate::code::{At, Code, Const, LocalKind};
use crate::op::Op;
use crate::stack;
use std::fmt::Write;

/// Dumps one code object; nested ones are constants and print as `<code name>`.
#[must_use]
pub fn dump(code: &Code) -> String {
    let cfg = Cfg::new(code);
    let depths = stack::check(code).ok();
    let mut out = String::new();
    header(&mut out, code);
    let mut line = 0;
    for &block in &cfg.rpo {
        let b = &cfg.blocks[block];
        let depth = depths.as_ref().map_or(0, |d| cfg.entry_depth(d, block));
        let _ = write!(out, "  {block}: depth {depth}");
        if let (Some(handler), Some(region)) = (b.handler, b.region) {
            let region = &code.regions[region as usize];
            let _ = write!(out, ", raises to {handler} ({:?}, keeps {})", region.kind, region.depth);
        }
        out.push('\n');
        let target = |at: At| label(&cfg, at);
        for at in cfg.insts(block) {
            let inst = &code.insts[at];
            let text = op_text(code, inst.op, &target);
            let _ = write!(out, "    {text:<38}@{}", at.as_u32());
            if inst.span.is_known() && inst.span.line != line {
                line = inst.span.line;
                let _ = write!(out, "  line {line}");
            }
            out.push('\n');
        }
        if let Some(&last) = b.succs.first()
            && !code.insts[At::from_u32(b.end.as_u32() - 1)].op.is_terminator()
        {
            let _ = writeln!(out, "    -> {last}");
        }
    }
    for (id, l) in &cfg.loops {
        let blocks: Vec<String> = l.blocks.iter().map(BlockId::to_string).collect();
        let _ = writeln!(out, "  {id}: header {}, depth {}, blocks {}", l.header, l.depth, blocks.join(" "));
    }
    out
}

fn label(cfg: &Cfg, at: At) -> String {
    cfg.block_of[at].to_string()
}

fn header(out: &mut String, code: &Code) {
    let name = |i: usize| code.locals.values().nth(i).map_or("?", |l| l.name.as_str());
    let positional = code.argcount as usize;
    let mut params: Vec<String> = Vec::new();
    for i in 0..positional {
        params.push(name(i).to_string());
        if i + 1 == code.posonlyargcount as usize {
            params.push("/".to_string());
        }
    }
    let mut next = positional + code.kwonlyargcount as usize;
    if code.flags.has_varargs() {
        params.push(format!("*{}", name(next)));
        next += 1;
    } else if code.kwonlyargcount > 0 {
        params.push("*".to_string());
    }
    params.extend((positional..positional + code.kwonlyargcount as usize).map(|i| name(i).to_string()));
    if code.flags.has_varkeywords() {
        params.push(format!("**{}", name(next)));
    }
    let _ = write!(out, "code {}({}) line {}", code.qualname, params.join(", "), code.firstlineno);
    for (set, text) in [
        (code.flags.is_generator(), "generator"),
        (code.flags.is_coroutine(), "coroutine"),
        (code.flags.is_async_generator(), "async generator"),
        (!code.flags.is_function(), "module or class body"),
    ] {
        if set {
            let _ = write!(out, ", {text}");
        }
    }
    out.push('\n');
    let locals: Vec<String> = code
        .locals
        .values()
        .map(|l| match l.kind {
            LocalKind::Fast => l.name.clone(),
            LocalKind::Cell => format!("{} (cell)", l.name),
            LocalKind::Free => format!("{} (free)", l.name),
        })
        .collect();
    if !locals.is_empty() {
        let _ = writeln!(out, "  locals: {}", locals.join(", "));
    }
}

/// One operation with its operands resolved; targets are printed by `target`.
#[must_use]
pub fn op_text(code: &Code, op: Op, target: &dyn Fn(At) -> String) -> String {
    let debug = format!("{op:?}");
    let mnemonic: String = debug.chars().take_while(char::is_ascii_alphanumeric).collect();
    let mut out = mnemonic;
    let mut arg = |text: &str| {
        out.push(' ');
        out.push_str(text);
    };
    match op {
        Op::Const(id) => arg(&const_text(&code.consts[id])),
        Op::LoadFast(id)
        | Op::LoadFastAndClear(id)
        | Op::StoreFast(id)
        | Op::DeleteFast(id)
        | Op::MakeCell(id)
        | Op::LoadClosure(id)
        | Op::LoadDeref(id)
        | Op::StoreDeref(id)
        | Op::DeleteDeref(id)
        | Op::LoadFromDictOrDeref(id) => arg(&code.locals[id].name),
        Op::LoadFromDictOrGlobals(id)
        | Op::LoadGlobal(id)
        | Op::StoreGlobal(id)
        | Op::DeleteGlobal(id)
        | Op::LoadName(id)
        | Op::StoreName(id)
        | Op::DeleteName(id)
        | Op::ImportName(id)
        | Op::ImportFrom(id)
        | Op::StoreAttr(id)
        | Op::DeleteAttr(id) => arg(&code.names[id]),
        Op::LoadAttr { name, method } => {
            arg(&code.names[name]);
            if method {
                arg("method");
            }
        }
        Op::LoadSuperAttr { name, method, two_args } => {
            arg(&code.names[name]);
            if method {
                arg("method");
            }
            if two_args {
                arg("two-args");
            }
        }
        Op::CopyFreeVars(n)
        | Op::BuildSlice(n)
        | Op::Copy(n)
        | Op::Swap(n)
        | Op::BuildTuple(n)
        | Op::BuildList(n)
        | Op::BuildSet(n)
        | Op::BuildMap(n)
        | Op::BuildConstKeyMap(n)
        | Op::BuildString(n)
        | Op::ListAppend(n)
        | Op::ListExtend(n)
        | Op::SetAdd(n)
        | Op::SetUpdate(n)
        | Op::MapAdd(n)
        | Op::DictUpdate(n)
        | Op::DictMerge(n)
        | Op::UnpackSequence(n)
        | Op::Raise(n)
        | Op::Reraise(n)
        | Op::MatchClass(n) => arg(&n.to_string()),
        Op::Binary { op, inplace } => {
            arg(op.symbol());
            if inplace {
                arg("inplace");
            }
        }
        Op::Compare(op) => arg(op.symbol()),
        Op::Is { invert } | Op::Contains { invert } => {
            if invert {
                arg("not");
            }
        }
        Op::Convert(conversion) => arg(&format!("{conversion:?}")),
        Op::UnpackEx { before, after } => arg(&format!("{before} {after}")),
        Op::Call { argc, kwnames } => {
            arg(&argc.to_string());
            if let Some(id) = kwnames {
                arg(&const_text(&code.consts[id]));
            }
        }
        Op::CallEx { kwargs } => {
            if kwargs {
                arg("kwargs");
            }
        }
        Op::MakeFunction(parts) => {
            for (set, text) in [
                (parts.has_defaults(), "defaults"),
                (parts.has_kwdefaults(), "kwdefaults"),
                (parts.has_annotations(), "annotations"),
                (parts.has_closure(), "closure"),
            ] {
                if set {
                    arg(text);
                }
            }
        }
        Op::Jump(at) => arg(&target(at)),
        Op::Branch { test, then, otherwise } => {
            arg(&format!("{test:?} {} else {}", target(then), target(otherwise)));
        }
        Op::ForIter { exit } | Op::Send { exit } => arg(&format!("exit {}", target(exit))),
        Op::Yield(kind) => arg(&format!("{kind:?}")),
        Op::GetAwaitable(kind) => arg(&format!("{kind:?}")),
        Op::Intrinsic(kind) => arg(&format!("{kind:?}")),
        Op::Unsupported(index) => arg(code.unsupported.get(index as usize).map_or("?", String::as_str)),
        Op::LoadLocals
        | Op::SetupAnnotations
        | Op::ImportStar
        | Op::GetItem
        | Op::SetItem
        | Op::DeleteItem
        | Op::PopTop
        | Op::Negative
        | Op::Positive
        | Op::Invert
        | Op::Not
        | Op::ToBool
        | Op::FormatSimple
        | Op::FormatSpec
        | Op::ListToTuple
        | Op::LoadBuildClass
        | Op::LoadAssertionError
        | Op::GetIter
        | Op::Return
        | Op::GenStart
        | Op::GetYieldFromIter
        | Op::GetAiter
        | Op::GetAnext
        | Op::EndAsyncFor
        | Op::AsyncGenWrap
        | Op::PushExcInfo
        | Op::PopExcept
        | Op::ExcMatch
        | Op::EgMatch
        | Op::PrepReraiseStar
        | Op::WithEnter
        | Op::AsyncWithEnter
        | Op::WithExit
        | Op::WithExceptStart
        | Op::GetLen
        | Op::MatchMapping
        | Op::MatchSequence
        | Op::MatchKeys
        | Op::PrintExpr => {}
    }
    out
}

/// A constant as Python writes it, near enough to read; floats exact.
#[must_use]
pub fn const_text(value: &Const) -> String {
    // Tuples nest no deeper than source text does; the capture limits what is not from source. Iterative all the same.
    enum Part<'a> {
        Value(&'a Const),
        Text(&'static str),
    }
    let mut out = String::new();
    let mut work = vec![Part::Value(value)];
    while let Some(part) = work.pop() {
        let value = match part {
            Part::Text(text) => {
                out.push_str(text);
                continue;
            }
            Part::Value(value) => value,
        };
        let _ = match value {
            Const::None => write!(out, "None"),
            Const::Bool(true) => write!(out, "True"),
            Const::Bool(false) => write!(out, "False"),
            Const::Int(v) => write!(out, "{v}"),
            Const::BigInt(v) => write!(out, "{v}"),
            Const::Float(bits) => write!(out, "{:?}", f64::from_bits(*bits)),
            Const::Complex(re, im) => write!(out, "({:?}+{:?}j)", f64::from_bits(*re), f64::from_bits(*im)),
            Const::Str(text) => write!(out, "{text:?}"),
            Const::Bytes(bytes) => write!(out, "b\"{}\"", bytes.escape_ascii()),
            Const::Ellipsis => write!(out, "..."),
            Const::Code(code) => write!(out, "<code {}>", code.qualname),
            Const::Opaque(index, _) => write!(out, "<object {index}>"),
            Const::Tuple(items) | Const::FrozenSet(items) => {
                let (open, close) = match value {
                    Const::Tuple(_) => ("(", ")"),
                    _ => ("frozenset({", "})"),
                };
                out.push_str(open);
                work.push(Part::Text(close));
                for (i, item) in items.iter().enumerate().rev() {
                    work.push(Part::Value(item));
                    if i > 0 {
                        work.push(Part::Text(", "));
                    }
                }
                Ok(())
            }
        };
    }
    out
}
