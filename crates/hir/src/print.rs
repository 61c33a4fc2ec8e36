//! HIR as text. `parse` reads it back, nested code constants apart.
//!
//! ```text
//! function "f" ("mod.f") "file.py":3 params (a, b) posonly 0 kwonly 0 free () {
//! block0(v0: a, v1: b):
//!   v2 = BinaryOp add v0 v1 @4:11-4:16
//!   v3 = GetItem v0 v1 ! block2(v0) @5:4-5:8
//!   return v2 @4:4-4:16
//! }
//! ```
//! `! block(args)` is the handler edge; `: name` on a definition is the source variable.

use crate::func::*;
use crate::ops::Terminator;
use std::fmt::Write;

impl std::fmt::Display for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.print(&mut |_, _| {}))
    }
}

impl Function {
    /// The text, with `annotate` called at the end of each instruction's line (for dumps of typed HIR); what it appends
    /// follows ` ;`, which the parser skips.
    pub fn print(&self, annotate: &mut dyn FnMut(Inst, &mut String)) -> String {
        let mut out = String::new();
        let s = &self.sig;
        let _ = write!(out, "function {:?} ({:?}) {:?}:{} params (", self.name, self.qualname, self.filename, self.first_line);
        for (i, n) in s.names.iter().enumerate() {
            let fixed = (s.positional + s.kwonly) as usize;
            let star = match (i.checked_sub(fixed), s.varargs) {
                (None, _) => "",
                (Some(0), true) => "*",
                (Some(_), _) => "**",
            };
            let _ = write!(out, "{}{star}{n}", if i > 0 { ", " } else { "" });
        }
        let _ = write!(out, ") posonly {} kwonly {} free (", s.posonly, s.kwonly);
        for (i, n) in self.free_names.iter().enumerate() {
            let _ = write!(out, "{}{n}", if i > 0 { ", " } else { "" });
        }
        out.push(')');
        for (flag, word) in [(self.is_generator, " generator"), (self.is_coroutine, " coroutine")] {
            if flag {
                out.push_str(word);
            }
        }
        out.push_str(" {\n");
        for &b in &self.layout {
            let data = &self.blocks[b];
            let _ = write!(out, "{b}(");
            for (i, &p) in data.params.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                self.definition(p, &mut out);
            }
            out.push_str("):\n");
            for &i in &data.insts {
                let inst = &self.insts[i];
                out.push_str("  ");
                self.definition(inst.result, &mut out);
                out.push_str(" = ");
                inst.op.print(&mut out);
                self.tail(inst.handler.as_ref(), inst.span, &mut out);
                let mut note = String::new();
                annotate(i, &mut note);
                if !note.is_empty() {
                    let _ = write!(out, " ; {note}");
                }
                out.push('\n');
            }
            out.push_str("  ");
            match &data.term {
                Terminator::Jump(t) => {
                    out.push_str("jump ");
                    target(t, &mut out);
                }
                Terminator::Branch { cond, then, other } => {
                    let _ = write!(out, "branch {cond} ");
                    target(then, &mut out);
                    out.push(' ');
                    target(other, &mut out);
                }
                Terminator::IterNext { iter, body, exit } => {
                    let _ = write!(out, "iter_next {iter} ");
                    target(body, &mut out);
                    out.push(' ');
                    target(exit, &mut out);
                }
                Terminator::Return(v) => {
                    let _ = write!(out, "return {v}");
                }
                Terminator::Raise { exc, cause } => {
                    out.push_str("raise");
                    for v in [exc, cause] {
                        match v {
                            Some(v) => {
                                let _ = write!(out, " {v}");
                            }
                            None => out.push_str(" ~"),
                        }
                    }
                }
                Terminator::Reraise { exc } => {
                    let _ = write!(out, "reraise {exc}");
                }
                Terminator::Unreachable => out.push_str("unreachable"),
            }
            self.tail(data.term_handler.as_ref(), data.term_span, &mut out);
            out.push('\n');
        }
        out.push_str("}\n");
        out
    }

    fn definition(&self, v: Value, out: &mut String) {
        let _ = write!(out, "{v}");
        if let Some(n) = self.value_name(v) {
            let _ = write!(out, ": {n}");
        }
    }

    fn tail(&self, handler: Option<&BlockCall>, span: SpanId, out: &mut String) {
        if let Some(h) = handler {
            out.push_str(" ! ");
            target(h, out);
        }
        let s = self.spans[span];
        let _ = write!(out, " @{}:{}-{}:{}", s.line, s.col, s.end_line, s.end_col);
    }
}

fn target(t: &BlockCall, out: &mut String) {
    let _ = write!(out, "{}(", t.block);
    for (i, v) in t.args.iter().enumerate() {
        let _ = write!(out, "{}{v}", if i > 0 { ", " } else { "" });
    }
    out.push(')');
}
