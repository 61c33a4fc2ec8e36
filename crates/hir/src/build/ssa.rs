//! SSA construction over HIR blocks (Braun et al., CC 2013), with handler edges that leave from the middle of a block.
//!
//! A handler edge of an instruction carries the variables' values at the *end of the block before it*: the translator
//! starts a new block in front of each such instruction, so that this state is a block's final state.

use crate::func::*;
use crate::ops::{Op, Terminator};
use cranelift_entity::{PrimaryMap, SecondaryMap, entity_impl};
use looplift_bytecode::{At, LocalId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// A variable of the construction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Var(u32);
entity_impl!(Var, "var");

/// What a variable stands for; the first number is the frame (inlined comprehensions have their own).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum VarKey {
    Local(u32, LocalId),
    Slot(u32, u32),
    /// Whether a local is bound.
    Bound(u32, LocalId),
    /// What `Bound` was when a comprehension saved the local.
    SavedBound(u32, At),
    /// Defaults (0: positional, 1: keyword-only) of the inner function made at an instruction.
    Defaults(u32, At, u8),
}

/// Where an edge to a block comes from.
#[derive(Clone, Copy, Debug)]
enum Pred {
    /// Target number `nth` of the terminator.
    Term(Block, usize),
    TermHandler(Block),
    /// The handler edge of an instruction, with the block before it.
    InstHandler(Block, Inst),
}

impl Pred {
    fn block(self) -> Block {
        match self {
            Pred::Term(b, _) | Pred::TermHandler(b) | Pred::InstHandler(b, _) => b,
        }
    }
}

pub(super) struct Ssa {
    pub func: Function,
    vars: FxHashMap<VarKey, Var>,
    names: PrimaryMap<Var, Option<Local>>,
    defs: FxHashMap<(Block, Var), Value>,
    preds: SecondaryMap<Block, Vec<Pred>>,
    sealed: SecondaryMap<Block, bool>,
    /// Variables that got a parameter in a block whose edges lack the argument.
    incomplete: FxHashMap<Block, Vec<Var>>,
    local_names: FxHashMap<String, Local>,
    spans: FxHashMap<Span, SpanId>,
}

impl Ssa {
    pub fn new(func: Function) -> Ssa {
        Ssa {
            func,
            vars: FxHashMap::default(),
            names: PrimaryMap::new(),
            defs: FxHashMap::default(),
            preds: SecondaryMap::new(),
            sealed: SecondaryMap::new(),
            incomplete: FxHashMap::default(),
            local_names: FxHashMap::default(),
            spans: FxHashMap::default(),
        }
    }

    pub fn span(&mut self, s: looplift_bytecode::Span) -> SpanId {
        let s = Span { line: s.line, end_line: s.end_line, col: s.col, end_col: s.end_col };
        let spans = &mut self.func.spans;
        *self.spans.entry(s).or_insert_with(|| spans.push(s))
    }
    pub fn local_name(&mut self, name: &str) -> Local {
        if let Some(&l) = self.local_names.get(name) {
            return l;
        }
        let l = self.func.locals.push(name.into());
        self.local_names.insert(name.to_owned(), l);
        l
    }
    pub fn var(&mut self, key: VarKey, name: Option<Local>) -> Var {
        let names = &mut self.names;
        *self.vars.entry(key).or_insert_with(|| names.push(name))
    }

    pub fn new_block(&mut self, span: SpanId) -> Block {
        let b = self.func.blocks.push(BlockData { params: Vec::new(), insts: Vec::new(), term: Terminator::Unreachable, term_span: span, term_handler: None });
        self.func.layout.push(b);
        b
    }
    pub fn param(&mut self, block: Block, name: Option<Local>) -> Value {
        let n = self.func.blocks[block].params.len() as u32;
        let v = self.func.values.push(ValueData { def: ValueDef::Param(block, n), name });
        self.func.blocks[block].params.push(v);
        v
    }
    /// Appends an operation.
    pub fn inst(&mut self, block: Block, op: Op, span: SpanId) -> (Inst, Value) {
        let inst = self.func.insts.next_key();
        let result = self.func.values.push(ValueData { def: ValueDef::Result(inst), name: None });
        self.func.insts.push(InstData { op, result, span, handler: None });
        self.func.blocks[block].insts.push(inst);
        (inst, result)
    }
    pub fn terminate(&mut self, block: Block, term: Terminator, span: SpanId) {
        for (n, t) in term.targets().into_iter().enumerate() {
            self.preds[t.block].push(Pred::Term(block, n));
        }
        let data = &mut self.func.blocks[block];
        data.term = term;
        data.term_span = span;
    }
    /// Gives the terminator of `block` a handler edge.
    pub fn term_handler(&mut self, block: Block, handler: Block) {
        self.func.blocks[block].term_handler = Some(BlockCall { block: handler, args: SmallVec::new() });
        self.preds[handler].push(Pred::TermHandler(block));
    }
    /// Gives `inst`, the first of its block, a handler edge that carries the state at the end of `before`.
    pub fn inst_handler(&mut self, before: Block, inst: Inst, handler: Block) {
        self.func.insts[inst].handler = Some(BlockCall { block: handler, args: SmallVec::new() });
        self.preds[handler].push(Pred::InstHandler(before, inst));
    }

    pub fn write(&mut self, block: Block, var: Var, value: Value) {
        self.defs.insert((block, var), value);
    }
    pub fn read(&mut self, start: Block, var: Var) -> Value {
        let mut chain: SmallVec<[Block; 8]> = SmallVec::new();
        let mut block = start;
        let value = loop {
            if let Some(&v) = self.defs.get(&(block, var)) {
                break v;
            }
            chain.push(block);
            match *self.preds[block].as_slice() {
                [p] if self.sealed[block] && chain.len() <= self.func.blocks.len() => block = p.block(),
                [] | [_] if self.sealed[block] => {
                    // The entry, or code nothing reaches, such as a circle of blocks with one predecessor each: unbound.
                    let span = self.func.blocks[block].term_span;
                    let (inst, v) = self.inst(block, Op::Undef, span);
                    let insts = &mut self.func.blocks[block].insts;
                    insts.retain(|&i| i != inst);
                    insts.insert(0, inst);
                    break v;
                }
                _ => {
                    let p = self.param(block, self.names[var]);
                    self.incomplete.entry(block).or_default().push(var);
                    break p;
                }
            }
        };
        for b in chain {
            self.defs.insert((b, var), value);
        }
        value
    }
    /// All edges to `block` are known. Its parameters get their arguments at the end.
    pub fn seal(&mut self, block: Block) {
        self.sealed[block] = true;
    }

    /// Passes the arguments that parameters still lack.
    pub fn finish(mut self) -> Function {
        for b in self.func.layout.clone() {
            self.sealed[b] = true;
        }
        while let Some(&block) = self.incomplete.keys().min() {
            for var in self.incomplete.remove(&block).unwrap_or_default() {
                for pred in self.preds[block].clone() {
                    let v = self.read(pred.block(), var);
                    let edge = match pred {
                        Pred::Term(b, n) => self.func.blocks[b].term.targets_mut().into_iter().nth(n),
                        Pred::TermHandler(b) => self.func.blocks[b].term_handler.as_mut(),
                        Pred::InstHandler(_, i) => self.func.insts[i].handler.as_mut(),
                    };
                    if let Some(edge) = edge {
                        edge.args.push(v);
                    }
                }
            }
        }
        self.func
    }
}
