//! Where the types come from that do not go together: places for the diagnostics of variables and results of several types.

use crate::cx::Fail;
use crate::flow::Flow;
use looplift_hir::{Function, Span, Terminator, Value, ValueDef};
use looplift_types::Ty;

/// More places than these tell a reader nothing.
const MOST: usize = 4;

/// Adds to a failure where each type of the variable `v`, in which several come together, was made. `func` is the function's handle.
pub fn of_variable(fail: Box<Fail>, flow: &Flow, hir: &Function, func: u32, v: Value) -> Box<Fail> {
    let mut found: Vec<(Ty, Span)> = Vec::new();
    let mut seen = vec![v];
    let mut next = 0;
    while let Some(&at) = seen.get(next) {
        next += 1;
        if let (ValueDef::Result(inst), Some(ty)) = (hir.values[at].def, flow.types[at]) {
            found.push((ty, hir.span(inst)));
        }
        for u in flow.incoming(hir, at).0 {
            if !seen.contains(&u) {
                seen.push(u);
            }
        }
    }
    let name = hir.value_name(v).map_or("this".into(), |n| format!("`{n}`"));
    notes(fail, found, func, |ty| format!("{name} is {ty} here"))
}

/// Adds to a failure at a `return` what is returned elsewhere. `ty` is what is returned here.
pub fn of_results(fail: Box<Fail>, flow: &Flow, hir: &Function, func: u32, ty: Ty) -> Box<Fail> {
    let results = hir.layout.iter().filter(|b| flow.live.contains(**b)).filter_map(|&b| match hir.blocks[b].term {
        Terminator::Return(u) => Some((flow.types[u]?.unliteral(), hir.spans[hir.blocks[b].term_span])),
        _ => None,
    });
    let others = results.filter(|(t, _)| *t != ty).collect();
    notes(fail, others, func, |ty| format!("{ty} is returned here"))
}

fn notes(fail: Box<Fail>, mut found: Vec<(Ty, Span)>, func: u32, text: impl Fn(Ty) -> String) -> Box<Fail> {
    found.retain(|(_, span)| span.line != 0);
    found.sort_by_key(|(_, span)| (span.line, span.col));
    let mut told: Vec<Ty> = Vec::new();
    found.into_iter().fold(fail, |fail, (ty, span)| {
        if told.contains(&ty) || told.len() == MOST {
            return fail;
        }
        told.push(ty);
        fail.note(text(ty), Some((func, span)))
    })
}
