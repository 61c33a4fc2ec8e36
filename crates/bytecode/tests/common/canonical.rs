//! A text of neutral code in which layout does not show, to compare versions.
//!
//! Straight-line code is followed through jumps; short tails that end in `Return`, `Raise` or `Reraise` are repeated at
//! each reference (compilers differ in which ones they share); handlers are named only at operations that may raise and
//! only if they hold the user's code; positions and indices are left out.

use looplift_bytecode::{At, Code, Op, print};
use std::collections::{HashMap, VecDeque};
use std::fmt::Write;

/// Longest tail that is repeated.
const TAIL: usize = 12;

pub fn text(code: &Code) -> String {
    let mut preds: HashMap<At, u32> = HashMap::new();
    let mut after: Vec<(At, At)> = Vec::new();
    for (at, inst) in &code.insts {
        for to in inst.op.targets() {
            *preds.entry(to).or_default() += 1;
        }
        if !inst.op.is_terminator() {
            after.push((at, step(at)));
        }
    }
    for (_, to) in after {
        *preds.entry(to).or_default() += 1;
    }
    let joins = |at: At| preds.get(&at).copied().unwrap_or(0) > 1;
    let mut labels = Labels { code, numbers: HashMap::new(), queue: VecDeque::new(), next: 0 };
    let mut out = String::new();
    labels.to(At::from_u32(0));
    while let Some((start, label)) = labels.queue.pop_front() {
        let _ = writeln!(out, "L{label}:");
        let mut at = start;
        loop {
            if at != start && joins(at) && !is_tail(code, at) {
                let to = labels.to(at);
                let _ = writeln!(out, "  goto {to}");
                break;
            }
            let inst = &code.insts[at];
            if let Op::Jump(to) = inst.op {
                if to == at || (joins(to) && !is_tail(code, to)) {
                    let to = labels.to(to);
                    let _ = writeln!(out, "  goto {to}");
                    break;
                }
                at = to;
                continue;
            }
            let names: Vec<String> = inst.op.targets().map(|to| labels.to(to)).collect();
            let targets: HashMap<At, String> = inst.op.targets().zip(names).collect();
            let _ = write!(out, "  {}", print::op_text(code, inst.op, &|to| targets[&to].clone()));
            if let Some(region) = code.region_at(at)
                && inst.op.may_raise()
                && !region.kind.is_cleanup()
            {
                let to = labels.to(region.handler);
                let _ = write!(out, " !{to} keeps {}", region.depth);
            }
            out.push('\n');
            if inst.op.is_terminator() {
                break;
            }
            at = step(at);
        }
    }
    out
}

fn step(at: At) -> At {
    At::from_u32(at.as_u32() + 1)
}

/// A short straight line to the end of the function.
fn is_tail(code: &Code, mut at: At) -> bool {
    for _ in 0..TAIL {
        match code.insts[at].op {
            Op::Return | Op::Raise(_) | Op::Reraise(_) => return true,
            Op::Jump(to) => at = to,
            op if op.targets().next().is_some() => return false,
            _ => at = step(at),
        }
    }
    false
}

struct Labels<'a> {
    code: &'a Code,
    numbers: HashMap<At, u32>,
    queue: VecDeque<(At, u32)>,
    next: u32,
}

impl Labels<'_> {
    fn to(&mut self, at: At) -> String {
        let tail = is_tail(self.code, at);
        if !tail && let Some(known) = self.numbers.get(&at) {
            return format!("L{known}");
        }
        let label = self.next;
        self.next += 1;
        if !tail {
            self.numbers.insert(at, label);
        }
        self.queue.push_back((at, label));
        format!("L{label}")
    }
}
