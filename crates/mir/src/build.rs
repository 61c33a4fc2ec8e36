//! Building MIR: raw construction on [`Function`], and [`Builder`], which adds typed emission and SSA variables.
//!
//! Variables follow Braun et al., "Simple and Efficient Construction of Static Single Assignment Form" (CC 2013):
//! a read in an unsealed block makes a provisional parameter; sealing a block (all its predecessors are known and
//! terminated) fills the edges; parameters that turn out trivial are replaced.

use crate::func::*;
use crate::opcode::{Opcode, TypeRule};
use cranelift_entity::{EntityRef, EntitySet, PrimaryMap, SecondaryMap, entity_impl};
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

/// A mutable variable of the builder.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var(u32);
entity_impl!(Var, "var");

impl Function {
    pub fn new(name: impl Into<Box<str>>) -> Function {
        Function {
            name: name.into(),
            rets: Vec::new(),
            flags: FnFlags::default(),
            values: PrimaryMap::new(),
            insts: PrimaryMap::new(),
            blocks: PrimaryMap::new(),
            layout: Vec::new(),
            spans: PrimaryMap::new(),
            sources: Vec::new(),
            sites: PrimaryMap::new(),
            callees: PrimaryMap::new(),
            data: PrimaryMap::new(),
            remarks: Vec::new(),
            nonneg: EntitySet::new(),
        }
    }

    /// A new block at the end of the layout, terminated by `Unreachable` for now.
    pub fn make_block(&mut self, span: SpanId) -> Block {
        let b =
            self.blocks.push(BlockData { params: Vec::new(), insts: Vec::new(), term: Terminator::Unreachable, term_span: span, cold: false, vector: false });
        self.layout.push(b);
        b
    }

    pub fn append_param(&mut self, block: Block, ty: Ty) -> Value {
        let n = self.blocks[block].params.len() as u32;
        let v = self.values.push(ValueData { ty, def: ValueDef::Param(block, n) });
        self.blocks[block].params.push(v);
        v
    }

    /// Creates an instruction (not yet in a block) with results of the given types.
    pub fn make_inst(&mut self, op: Opcode, ty: Option<Ty>, args: &[Value], imm: Imm, rets: &[Ty], site: Option<SiteId>, span: SpanId) -> Inst {
        let inst = Inst::new(self.insts.len());
        let results = rets.iter().enumerate().map(|(i, &ty)| self.values.push(ValueData { ty, def: ValueDef::Result(inst, i as u32) })).collect();
        self.insts.push(InstData { op, ty, args: Args::from_slice(args), imm, results, site, span })
    }

    pub fn ty(&self, v: Value) -> Ty {
        self.values[v].ty
    }
    pub fn result(&self, inst: Inst) -> Value {
        self.insts[inst].results[0]
    }
    pub fn entry(&self) -> Block {
        self.layout[0]
    }
    /// The result types a table row implies for these operands (not for calls).
    pub fn result_types(&self, op: Opcode, ty: Option<Ty>, args: &[Value]) -> SmallVec<[Ty; 1]> {
        match op.row().rule {
            TypeRule::Nullary | TypeRule::Convert | TypeRule::Load => ty.into_iter().collect(),
            TypeRule::Same | TypeRule::Shift => smallvec![self.ty(args[0])],
            TypeRule::Compare => smallvec![Ty::I8],
            TypeRule::Select => smallvec![self.ty(args[1])],
            TypeRule::Store => smallvec![],
            TypeRule::Special => match op {
                Opcode::StackSlot | Opcode::RefData => smallvec![Ty::I64],
                Opcode::Pair => smallvec![Ty::F64x2],
                Opcode::Alloc | Opcode::AllocZeroed => smallvec![Ty::Ref],
                Opcode::AllocTry | Opcode::AllocZeroedTry => smallvec![Ty::I8, Ty::Ref],
                Opcode::ExcMatches | Opcode::PollTry => smallvec![Ty::I8],
                _ => smallvec![],
            },
        }
    }
}

impl Terminator {
    /// The outgoing edges.
    pub fn targets(&self) -> SmallVec<[&BlockCall; 2]> {
        match self {
            Terminator::Jump(t) => smallvec![t],
            Terminator::Brif { then, other, .. } => smallvec![then, other],
            Terminator::Return(_) | Terminator::Raise { .. } | Terminator::Propagate { .. } | Terminator::Unreachable => smallvec![],
        }
    }
    pub fn targets_mut(&mut self) -> SmallVec<[&mut BlockCall; 2]> {
        match self {
            Terminator::Jump(t) => smallvec![t],
            Terminator::Brif { then, other, .. } => smallvec![then, other],
            Terminator::Return(_) | Terminator::Raise { .. } | Terminator::Propagate { .. } | Terminator::Unreachable => smallvec![],
        }
    }
    /// Every value used, edges' arguments included.
    pub fn for_each_arg_mut(&mut self, mut f: impl FnMut(&mut Value)) {
        match self {
            Terminator::Jump(t) => t.args.iter_mut().for_each(f),
            Terminator::Brif { cond, then, other } => {
                f(cond);
                then.args.iter_mut().for_each(&mut f);
                other.args.iter_mut().for_each(f);
            }
            Terminator::Return(args) | Terminator::Raise { args, .. } => args.iter_mut().for_each(f),
            Terminator::Propagate { .. } | Terminator::Unreachable => {}
        }
    }
    pub fn for_each_arg(&self, mut f: impl FnMut(Value)) {
        match self {
            Terminator::Jump(t) => t.args.iter().copied().for_each(f),
            Terminator::Brif { cond, then, other } => {
                f(*cond);
                then.args.iter().copied().for_each(&mut f);
                other.args.iter().copied().for_each(f);
            }
            Terminator::Return(args) | Terminator::Raise { args, .. } => args.iter().copied().for_each(f),
            Terminator::Propagate { .. } | Terminator::Unreachable => {}
        }
    }
}

/// A jump target without arguments, or with.
pub fn call(block: Block, args: &[Value]) -> BlockCall {
    BlockCall { block, args: Args::from_slice(args) }
}

/// Emits instructions at the end of a current block, and keeps variables in SSA form.
#[derive(Debug)]
pub struct Builder {
    pub func: Function,
    block: Block,
    pub span: SpanId,
    vars: PrimaryMap<Var, Ty>,
    defs: FxHashMap<(Block, Var), Value>,
    preds: SecondaryMap<Block, Vec<Block>>,
    sealed: SecondaryMap<Block, bool>,
    filled: SecondaryMap<Block, bool>,
    /// Variables that got a parameter in a block whose edges do not pass an argument yet.
    incomplete: FxHashMap<Block, Vec<Var>>,
}

impl Builder {
    /// A builder for `func`, in a new sealed entry block.
    pub fn new(mut func: Function, span: SpanId) -> Builder {
        let block = func.make_block(span);
        let mut b = Builder {
            func,
            block,
            span,
            vars: PrimaryMap::new(),
            defs: FxHashMap::default(),
            preds: SecondaryMap::new(),
            sealed: SecondaryMap::new(),
            filled: SecondaryMap::new(),
            incomplete: FxHashMap::default(),
        };
        b.sealed[block] = true;
        b
    }

    pub fn current(&self) -> Block {
        self.block
    }
    pub fn switch_to(&mut self, block: Block) {
        self.block = block;
    }
    /// A new unsealed block.
    pub fn block(&mut self) -> Block {
        self.func.make_block(self.span)
    }
    /// Whether the current block already has its terminator.
    pub fn is_filled(&self) -> bool {
        self.filled[self.block]
    }

    // ---- instructions -------------------------------------------------------------------------------------------

    /// Emits any non-call row; returns its first result if it has one.
    pub fn emit(&mut self, op: Opcode, ty: Option<Ty>, args: &[Value], imm: Imm, site: Option<SiteId>) -> Option<Value> {
        let rets = self.func.result_types(op, ty, args);
        let inst = self.emit_inst(op, ty, args, imm, &rets, site);
        self.func.insts[inst].results.first().copied()
    }
    /// Emits with explicit result types (calls).
    pub fn emit_inst(&mut self, op: Opcode, ty: Option<Ty>, args: &[Value], imm: Imm, rets: &[Ty], site: Option<SiteId>) -> Inst {
        debug_assert!(!self.filled[self.block], "emission after the terminator");
        let inst = self.func.make_inst(op, ty, args, imm, rets, site, self.span);
        self.func.blocks[self.block].insts.push(inst);
        inst
    }
    fn value(&mut self, op: Opcode, ty: Option<Ty>, args: &[Value], imm: Imm) -> Value {
        let rets = self.func.result_types(op, ty, args);
        let inst = self.emit_inst(op, ty, args, imm, &rets, None);
        self.func.insts[inst].results[0]
    }
    pub fn iconst(&mut self, ty: Ty, v: i64) -> Value {
        self.value(Opcode::Iconst, Some(ty), &[], Imm::Int(v))
    }
    pub fn f64const(&mut self, v: f64) -> Value {
        self.value(Opcode::Fconst, Some(Ty::F64), &[], Imm::Float(v.to_bits()))
    }
    pub fn f32const(&mut self, v: f32) -> Value {
        self.value(Opcode::Fconst, Some(Ty::F32), &[], Imm::Float(u64::from(v.to_bits())))
    }
    pub fn null_ref(&mut self) -> Value {
        self.value(Opcode::NullRef, Some(Ty::Ref), &[], Imm::None)
    }
    pub fn unary(&mut self, op: Opcode, a: Value) -> Value {
        self.value(op, None, &[a], Imm::None)
    }
    pub fn binary(&mut self, op: Opcode, a: Value, b: Value) -> Value {
        self.value(op, None, &[a, b], Imm::None)
    }
    pub fn icmp(&mut self, cc: IntCC, a: Value, b: Value) -> Value {
        self.value(Opcode::Icmp, None, &[a, b], Imm::ICond(cc))
    }
    pub fn fcmp(&mut self, cc: FloatCC, a: Value, b: Value) -> Value {
        self.value(Opcode::Fcmp, None, &[a, b], Imm::FCond(cc))
    }
    pub fn select(&mut self, c: Value, a: Value, b: Value) -> Value {
        self.value(Opcode::Select, None, &[c, a, b], Imm::None)
    }
    pub fn convert(&mut self, op: Opcode, to: Ty, a: Value) -> Value {
        self.value(op, Some(to), &[a], Imm::None)
    }
    pub fn load(&mut self, ty: Ty, region: Region, addr: Value, off: i32) -> Value {
        self.value(Opcode::Load, Some(ty), &[addr], Imm::Mem(region, off))
    }
    pub fn store(&mut self, region: Region, v: Value, addr: Value, off: i32) {
        let ty = self.func.ty(v);
        self.emit(Opcode::Store, Some(ty), &[v, addr], Imm::Mem(region, off), None);
    }
    /// Leaves through `site` unless `cond` is nonzero.
    pub fn guard(&mut self, cond: Value, payload: &[Value], site: SiteId) {
        let mut args: Args = smallvec![cond];
        args.extend_from_slice(payload);
        self.emit(Opcode::Guard, None, &args, Imm::None, Some(site));
    }
    /// Calls a runtime symbol; `site` where its row is fallible.
    pub fn call_rt(&mut self, sym: looplift_abi::symbols::Sym, args: &[Value], site: Option<SiteId>) -> SmallVec<[Value; 1]> {
        let inst = self.emit_inst(Opcode::CallRt, None, args, Imm::Sym(sym), sym.row().rets, site);
        self.func.insts[inst].results.clone()
    }

    // ---- control flow -------------------------------------------------------------------------------------------

    pub fn terminate(&mut self, term: Terminator) {
        debug_assert!(!self.filled[self.block], "second terminator");
        let from = self.block;
        for t in term.targets() {
            debug_assert!(!self.sealed[t.block], "edge to a sealed block");
            self.preds[t.block].push(from);
        }
        self.func.blocks[from].term = term;
        self.func.blocks[from].term_span = self.span;
        self.filled[from] = true;
    }
    pub fn jump(&mut self, to: Block, args: &[Value]) {
        self.terminate(Terminator::Jump(call(to, args)));
    }
    pub fn brif(&mut self, cond: Value, then: BlockCall, other: BlockCall) {
        self.terminate(Terminator::Brif { cond, then, other });
    }
    /// Declares that all predecessors of `block` are known.
    pub fn seal(&mut self, block: Block) {
        if self.sealed[block] {
            return;
        }
        self.sealed[block] = true;
        // Reading the operands may append to this block's own list, so take until empty.
        while let Some(todo) = self.incomplete.remove(&block) {
            for var in todo {
                self.add_operands(block, var);
            }
        }
    }

    // ---- variables ----------------------------------------------------------------------------------------------

    pub fn var(&mut self, ty: Ty) -> Var {
        self.vars.push(ty)
    }
    pub fn var_ty(&self, var: Var) -> Ty {
        self.vars[var]
    }
    pub fn def_var(&mut self, var: Var, v: Value) {
        debug_assert_eq!(self.func.ty(v), self.vars[var]);
        self.defs.insert((self.block, var), v);
    }
    pub fn use_var(&mut self, var: Var) -> Value {
        self.read(self.block, var)
    }
    fn read(&mut self, start: Block, var: Var) -> Value {
        // Walk single-predecessor chains without recursion; joins get a parameter at once, whose operands are added from
        // a work list, so depth does not grow with the program.
        let mut chain: SmallVec<[Block; 8]> = SmallVec::new();
        let mut block = start;
        let value = loop {
            if let Some(&v) = self.defs.get(&(block, var)) {
                break v;
            }
            chain.push(block);
            if !self.sealed[block] || self.preds[block].len() > 1 {
                let p = self.func.append_param(block, self.vars[var]);
                self.defs.insert((block, var), p);
                self.incomplete.entry(block).or_default().push(var);
                break p;
            }
            match self.preds[block].first() {
                Some(&p) => block = p,
                // Unreachable or the entry: reading an undefined variable gives a zero.
                None => break self.zero_in(block, self.vars[var]),
            }
        };
        for b in chain {
            self.defs.insert((b, var), value);
        }
        value
    }
    fn zero_in(&mut self, block: Block, ty: Ty) -> Value {
        let op = match ty {
            Ty::F32 | Ty::F64 => Opcode::Fconst,
            Ty::Ref => Opcode::NullRef,
            _ => Opcode::Iconst,
        };
        let imm = match op {
            Opcode::Fconst => Imm::Float(0),
            Opcode::Iconst => Imm::Int(0),
            _ => Imm::None,
        };
        let inst = self.func.make_inst(op, Some(ty), &[], imm, &[ty], None, self.span);
        self.func.blocks[block].insts.insert(0, inst);
        self.func.insts[inst].results[0]
    }
    fn add_operands(&mut self, block: Block, var: Var) {
        let preds = self.preds[block].clone();
        for (i, &p) in preds.iter().enumerate() {
            // The same predecessor may appear twice (both edges of one branch): append to the edge that lacks the argument.
            let nth = preds[..i].iter().filter(|&&q| q == p).count();
            let v = self.read(p, var);
            let edge = self.func.blocks[p].term.targets_mut().into_iter().filter(|t| t.block == block).nth(nth);
            if let Some(edge) = edge {
                edge.args.push(v);
            }
        }
    }

    /// Fills the edges of all joins, removes trivial parameters, and gives the function. All blocks are sealed.
    pub fn finish(mut self) -> Function {
        for i in 0..self.func.blocks.len() {
            self.sealed[Block::new(i)] = true;
        }
        while let Some(&block) = self.incomplete.keys().min() {
            if let Some(todo) = self.incomplete.remove(&block) {
                for var in todo {
                    self.add_operands(block, var);
                }
            }
        }
        crate::cleanup::remove_trivial_params(&mut self.func);
        self.func
    }
}
