//! The invariants of HIR, checked:
//!
//! 1. The layout names each block once, and its first block is the entry, which nothing jumps to.
//! 2. Every edge, handler edges included, names a block of the layout and passes as many arguments as it has parameters
//!    (`IterNext`'s body and handler edges: one less, the item or the exception comes first).
//! 3. Every value used is defined once, in the layout, and its definition dominates the use. A handler edge counts as
//!    leaving *before* its instruction's result exists.
//! 4. Definitions and the tables agree: `values[v].def` is where `v` stands.

use crate::func::*;
use crate::ops::Terminator;
use cranelift_entity::SecondaryMap;

/// All violations found, or nothing.
///
/// # Errors
/// One line for each violation.
pub fn verify(func: &Function) -> Result<(), Vec<String>> {
    let mut v = Verifier { func, errors: Vec::new() };
    v.run();
    if v.errors.is_empty() { Ok(()) } else { Err(v.errors) }
}

struct Verifier<'a> {
    func: &'a Function,
    errors: Vec<String>,
}

impl Verifier<'_> {
    fn error(&mut self, text: String) {
        if self.errors.len() < 20 {
            self.errors.push(text);
        }
    }

    fn run(&mut self) {
        let f = self.func;
        if f.layout.is_empty() {
            self.error("no blocks".into());
            return;
        }
        let mut in_layout: SecondaryMap<Block, bool> = SecondaryMap::new();
        for &b in &f.layout {
            if !f.blocks.is_valid(b) || in_layout[b] {
                self.error(format!("{b} is listed twice or does not exist"));
                return;
            }
            in_layout[b] = true;
        }
        for &b in &f.layout {
            for edge in edges(f, b) {
                if !f.blocks.is_valid(edge.call.block) || !in_layout[edge.call.block] {
                    self.error(format!("{b} goes to {}, which is not in the layout", edge.call.block));
                    return;
                }
                let want = f.blocks[edge.call.block].params.len();
                if edge.call.args.len() + usize::from(edge.implicit) != want {
                    self.error(format!("{b} passes {} arguments to {}, which takes {want}", edge.call.args.len(), edge.call.block));
                }
                if edge.call.block == f.entry() {
                    self.error(format!("{b} goes to the entry"));
                }
            }
        }
        if !self.errors.is_empty() {
            return;
        }
        self.check_definitions();
        if self.errors.is_empty() {
            self.check_dominance();
        }
    }

    fn check_definitions(&mut self) {
        let f = self.func;
        for &b in &f.layout {
            for (i, &p) in f.blocks[b].params.iter().enumerate() {
                if !f.values.is_valid(p) || f.values[p].def != ValueDef::Param(b, i as u32) {
                    self.error(format!("parameter {i} of {b} disagrees with its definition"));
                }
            }
            for &i in &f.blocks[b].insts {
                let r = f.insts[i].result;
                if !f.values.is_valid(r) || f.values[r].def != ValueDef::Result(i) {
                    self.error(format!("{r} in {b} disagrees with its definition"));
                }
            }
        }
    }

    fn check_dominance(&mut self) {
        let f = self.func;
        let doms = crate::tidy::Dominators::compute(f);
        let mut home: SecondaryMap<Inst, Option<(Block, usize)>> = SecondaryMap::new();
        for &b in &f.layout {
            for (n, &i) in f.blocks[b].insts.iter().enumerate() {
                home[i] = Some((b, n));
            }
        }
        for &b in &f.layout {
            if !doms.is_reachable(b) {
                continue;
            }
            let check = |v: Value, at: usize, errors: &mut Vec<String>| {
                if !f.values.is_valid(v) {
                    errors.push(format!("{v} in {b} does not exist"));
                    return;
                }
                let ok = match f.values[v].def {
                    ValueDef::Param(p, _) => f.blocks.is_valid(p) && (p == b || doms.dominates(p, b)),
                    ValueDef::Result(i) => match home[i] {
                        Some((d, n)) => {
                            if d == b {
                                n < at
                            } else {
                                doms.dominates(d, b)
                            }
                        }
                        None => false,
                    },
                };
                if !ok {
                    errors.push(format!("{v} is used in {b} where it is not defined"));
                }
            };
            let data = &f.blocks[b];
            for (n, &i) in data.insts.iter().enumerate() {
                f.insts[i].op.for_each_value(|v| check(v, n, &mut self.errors));
                if let Some(h) = &f.insts[i].handler {
                    h.args.iter().for_each(|&v| check(v, n, &mut self.errors));
                }
            }
            let end = data.insts.len();
            data.term.for_each_value(|v| check(v, end, &mut self.errors));
            if let Some(h) = &data.term_handler {
                h.args.iter().for_each(|&v| check(v, end, &mut self.errors));
            }
        }
    }
}

/// An outgoing edge of a block.
pub struct Edge<'a> {
    pub call: &'a BlockCall,
    /// The target's first parameter is supplied by the edge itself (item, exception).
    pub implicit: bool,
}

/// All outgoing edges: handler edges of instructions in order, then the terminator's, then its handler.
pub fn edges(func: &Function, block: Block) -> Vec<Edge<'_>> {
    let data = &func.blocks[block];
    let mut out: Vec<Edge<'_>> = data.insts.iter().filter_map(|&i| func.insts[i].handler.as_ref()).map(|call| Edge { call, implicit: true }).collect();
    match &data.term {
        Terminator::Jump(t) => out.push(Edge { call: t, implicit: false }),
        Terminator::Branch { then, other, .. } => {
            out.push(Edge { call: then, implicit: false });
            out.push(Edge { call: other, implicit: false });
        }
        Terminator::IterNext { body, exit, .. } => {
            out.push(Edge { call: body, implicit: true });
            out.push(Edge { call: exit, implicit: false });
        }
        Terminator::Return(_) | Terminator::Raise { .. } | Terminator::Reraise { .. } | Terminator::Unreachable => {}
    }
    if let Some(h) = &data.term_handler {
        out.push(Edge { call: h, implicit: true });
    }
    out
}
