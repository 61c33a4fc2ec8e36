//! Diagnostics as text: what, where, the source line with a caret, notes, advice.

use crate::host::PyHost;
use looplift_hir::Span;
use looplift_infer::{Diagnostic, DiagnosticKind, Host};
use pyo3::prelude::*;
use std::fmt::Write;

/// File and function name of a function handle.
fn names(host: &PyHost<'_>, func: u32) -> Option<(String, String)> {
    let f = host.function(func)?;
    let code = f.getattr("__code__").ok()?;
    Some((code.getattr("co_filename").ok()?.extract().ok()?, code.getattr("co_name").ok()?.extract().ok()?))
}

/// `--> file:line:col, in function`, then the line with carets under the span.
fn place(out: &mut String, host: &PyHost<'_>, func: u32, span: Span) {
    if span.line == 0 {
        if let Some((file, name)) = names(host, func) {
            let _ = writeln!(out, "  --> {file}, in {name}");
        }
        return;
    }
    if let Some((file, name)) = names(host, func) {
        let _ = writeln!(out, "  --> {file}:{}:{}, in {name}", span.line, span.col + 1);
    }
    let Some(text) = host.source_line(func, span.line) else { return };
    let gutter = span.line.to_string();
    let pad = " ".repeat(gutter.len());
    // Columns are UTF-8 byte offsets; carets stand under characters.
    let chars_before = |bytes: u32| text.char_indices().take_while(|(i, _)| *i < bytes as usize).count();
    let from = chars_before(span.col);
    let to = if span.end_line == span.line { chars_before(span.end_col) } else { text.trim_end().chars().count() };
    let (text, from, to) = window(&text, from, to);
    let lead: String = text.chars().take(from).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let _ = writeln!(out, "{pad} |");
    let _ = writeln!(out, "{gutter} | {text}");
    let _ = writeln!(out, "{pad} | {lead}{}", "^".repeat(to.saturating_sub(from).max(1)));
}

/// Lines up to this length are shown whole, in characters.
const WIDTH: usize = 160;

/// What is shown of a line, and where in it the span lies: of a long line, the characters around the span's start.
fn window(text: &str, from: usize, to: usize) -> (String, usize, usize) {
    let text = text.trim_end();
    let length = text.chars().count();
    if length <= WIDTH {
        return (text.to_string(), from, to);
    }
    let start = from.saturating_sub(WIDTH / 4).min(length - WIDTH);
    let end = start + WIDTH;
    let (before, after) = (if start > 0 { "…" } else { "" }, if end < length { "…" } else { "" });
    let shown: String = text.chars().skip(start).take(WIDTH).collect();
    let shift = before.chars().count();
    (format!("{before}{shown}{after}"), from - start + shift, to.min(end).saturating_sub(start) + shift)
}

/// The whole message.
pub fn render(host: &PyHost<'_>, d: &Diagnostic) -> String {
    let mut out = format!("[{}] {}\n", d.code, d.message);
    place(&mut out, host, d.func, d.span);
    for n in &d.notes {
        // Advice says so itself.
        let head = if n.text.starts_with("help: ") { "" } else { "note: " };
        let _ = writeln!(out, "  = {head}{}", n.text);
        if let Some((func, span)) = n.place {
            place(&mut out, host, func, span);
        }
    }
    match d.kind {
        // Better advice may have been given.
        DiagnosticKind::Unsupported if d.notes.iter().any(|n| n.text.starts_with("help: ")) => {}
        DiagnosticKind::Unsupported => {
            let _ = writeln!(out, "  = help: this is valid Python that looplift does not compile yet");
        }
        DiagnosticKind::Internal => {
            let _ = writeln!(out, "  = help: this is a bug of looplift; please report it with the function above");
        }
        DiagnosticKind::Typing | DiagnosticKind::Limit => {}
    }
    out.truncate(out.trim_end().len());
    out
}
