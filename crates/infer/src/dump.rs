//! Typed HIR as text: each line of HIR with `:: type` and its resolution. `LOOPLIFT_DUMP=types` prints it.

use crate::host::{ConstData, ConstValue};
use crate::typed::{ArgSrc, Callee, Resolution, TypedFunction, TypedProgram};
use std::fmt::Write;

fn arg(out: &mut String, a: &ArgSrc) {
    let _ = match a {
        ArgSrc::Value(v) => write!(out, "{v}"),
        ArgSrc::Const(c) => {
            constant(out, c);
            Ok(())
        }
        ArgSrc::Tuple(items) => {
            out.push('(');
            list(out, items);
            out.push(')');
            Ok(())
        }
        ArgSrc::Made(m) => {
            let _ = write!(out, "{:?}(", m.prim);
            list(out, &m.args);
            out.push(')');
            Ok(())
        }
        ArgSrc::Present(of) => {
            arg(out, of);
            write!(out, "!")
        }
        ArgSrc::Item(of, i) => {
            arg(out, of);
            write!(out, ".{i}")
        }
    };
}

fn list(out: &mut String, items: &[ArgSrc]) {
    for (i, a) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        arg(out, a);
    }
}

fn constant(out: &mut String, c: &ConstValue) {
    let _ = match &c.data {
        ConstData::None => write!(out, "{}", c.ty),
        ConstData::Int(v) => write!(out, "{v}"),
        ConstData::Uint(v) => write!(out, "{v}u"),
        ConstData::Bool(b) => write!(out, "{b}"),
        ConstData::Float(bits) => write!(out, "{:?}", f64::from_bits(*bits)),
        ConstData::Complex(re, im) => write!(out, "({:?}, {:?}j)", f64::from_bits(*re), f64::from_bits(*im)),
        ConstData::Bytes(b) => write!(out, "{:?}", String::from_utf8_lossy(b)),
        ConstData::Str(s) => write!(out, "{s:?}"),
        ConstData::Tuple(items) => {
            out.push('(');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                constant(out, item);
            }
            out.push(')');
            Ok(())
        }
        ConstData::Array { shape, .. } => write!(out, "array of shape {shape:?}"),
        ConstData::Object(_) => write!(out, "an object of type {}", c.ty),
    };
}

fn types(out: &mut String, params: &[looplift_types::Ty]) {
    let _ = write!(out, " [{}]", crate::cx::type_list(params.iter().copied()));
}

/// One function.
pub fn function(f: &TypedFunction) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "; {}({}) -> {}{}", f.hir.name, crate::cx::type_list(f.params.iter().copied()), f.ret, if f.recursive { " recursive" } else { "" });
    for &b in &f.hir.layout {
        if !f.live_blocks.contains(b) {
            let _ = writeln!(out, "; {b} dead");
            continue;
        }
        for &p in &f.hir.blocks[b].params {
            let _ = writeln!(out, "; {b} {p} :: {}", f.types[p].map_or("undefined".to_string(), |t| t.to_string()));
        }
        if let Some(d) = f.decided[b] {
            let _ = writeln!(out, "; {b} always {}", if d { "then" } else { "other" });
        }
        if let Some(t) = f.items[b] {
            let _ = writeln!(out, "; {b} item :: {t}");
        }
        if let Some(r) = &f.raises[b] {
            let mut line = format!("; {b} raises {}(", r.class);
            list(&mut line, &r.args);
            let _ = writeln!(out, "{line})");
        }
    }
    let text = f.hir.print(&mut |inst, note| {
        let Some(r) = &f.resolutions[inst] else { return };
        let ty = f.types[f.hir.insts[inst].result].map_or("undefined".to_string(), |t| t.to_string());
        let _ = write!(note, ":: {ty} = ");
        resolution(note, r);
    });
    out.push_str(&text);
    out
}

fn resolution(note: &mut String, r: &Resolution) {
    match r {
        Resolution::Const(c) => {
            note.push_str("const ");
            constant(note, c);
        }
        Resolution::Prim { prim, args, params } => {
            let _ = write!(note, "{prim:?}(");
            list(note, args);
            note.push(')');
            types(note, params);
        }
        Resolution::Yield(a) => {
            note.push_str("yield ");
            arg(note, a);
        }
        Resolution::Call { spec, args, params, .. } | Resolution::Generate { spec, args, params } => {
            let _ = write!(note, "call #{spec}(");
            list(note, args);
            note.push(')');
            types(note, params);
        }
        Resolution::Copy(a) => {
            note.push_str("copy ");
            arg(note, a);
        }
        Resolution::Elementwise { kernel, into, .. } => {
            note.push_str("each ");
            resolution(note, kernel);
            if let Some(a) = into {
                note.push_str(" into ");
                arg(note, a);
            }
        }
    }
}

/// A whole program.
pub fn program(p: &TypedProgram) -> String {
    let mut out = String::new();
    for (i, callee) in p.functions.iter().enumerate() {
        let _ = writeln!(out, "#{i}");
        match callee {
            Callee::Inferred(f) => out.push_str(&function(f)),
            Callee::Compiled { spec, params, ret, .. } => {
                let _ = writeln!(out, "; compiled {spec}: ({}) -> {ret}", crate::cx::type_list(params.iter().copied()));
            }
        }
    }
    out
}
