//! One MIR function to CLIF.
//!
//! MIR is already SSA with block parameters, so values map one to one. Blocks are visited in reverse post-order: every
//! definition comes before its uses. A side exit splits the block; the exits themselves are cold blocks, shared:
//!
//! * each (site, no payload) has one block;
//! * all raising sites of a function end in one block that fills the pending exception in, all propagating sites in one
//!   that pushes a traceback entry; both take the site number as parameter and return status 1 with zero values.
//!
//! [`arith`] has the rows without side effects, [`memory`] loads, stores and heap blocks, [`calls`] calls and exits, [`bounded`] what is
//! known of floats that become integers, [`contexts`] where loops have copies of the context.

mod arith;
mod bounded;
mod calls;
mod contexts;
mod memory;
mod vector;

use crate::backend::{CodegenError, Unit};
use crate::symbol::Symbol;
use crate::wrapper::import;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{self, AbiParam, AliasRegion, BlockArg, InstBuilder, MemFlagsData, Signature, types};
use cranelift_codegen::isa::TargetIsa;
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{EntitySet, SecondaryMap};
use looplift_mir as mir;
use looplift_simd::Context;
use mir::{Opcode, Terminator, Ty};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::cell::RefCell;

/// What a function is emitted from.
pub(crate) struct Input<'a> {
    pub(crate) func: &'a mir::Function,
    /// All functions of the blob: calls among them are direct.
    pub(crate) units: &'a [Unit<'a>],
    /// Number of the function's first site in the blob.
    pub(crate) site_base: u32,
    /// Number of its first data item.
    pub(crate) data_base: u32,
    pub(crate) isa: &'a dyn TargetIsa,
    /// The instructions of vector loops.
    pub(crate) vectors: Option<looplift_simd::Isa>,
    /// Where the code of vector loops goes, and the number of the first as an item of data.
    pub(crate) kernels: &'a RefCell<Vec<looplift_simd::encode::Code>>,
    pub(crate) kernel_base: u32,
}

pub(crate) fn clif_type(ty: Ty) -> ir::Type {
    match ty {
        Ty::I8 => types::I8,
        Ty::I16 => types::I16,
        Ty::I32 => types::I32,
        Ty::I64 | Ty::Ref => types::I64,
        Ty::F32 => types::F32,
        Ty::F64 => types::F64,
        Ty::F64x2 => types::F64X2,
    }
}

/// The native signature of compiled functions: see `abi::ctx`.
pub(crate) fn signature(params: &[Ty], rets: &[Ty], isa: &dyn TargetIsa) -> Signature {
    let mut sig = Signature::new(isa.default_call_conv());
    sig.params.push(AbiParam::new(types::I64));
    if rets.len() > 1 {
        sig.params.push(AbiParam::new(types::I64));
    }
    sig.params.extend(params.iter().map(|&p| AbiParam::new(clif_type(p))));
    sig.returns.push(AbiParam::new(types::I64));
    if let [ret] = rets {
        sig.returns.push(AbiParam::new(clif_type(*ret)));
    }
    sig
}

/// Memory that emission itself knows about; one alias region each.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Area {
    Data,
    Const,
    Ctx,
    Header,
    Fields,
    Items,
    /// Result slots of calls, and the caller's.
    Out,
    /// The interrupt word: another thread writes it.
    Interrupt,
}

impl Area {
    const ALL: [(Area, &'static str); 8] = [
        (Area::Data, "data"),
        (Area::Const, "const"),
        (Area::Ctx, "ctx"),
        (Area::Header, "header"),
        (Area::Fields, "fields"),
        (Area::Items, "items"),
        (Area::Out, "out"),
        (Area::Interrupt, "interrupt"),
    ];
}

/// Most bytes of stack slots in one frame: runtime's stack reserve is larger.
const MAX_FRAME: u64 = 64 << 10;

/// Operands that calling conventions pass in registers, at most.
const MAX_INT_REGISTERS: usize = if cfg!(target_arch = "x86_64") { 6 } else { 8 };
const MAX_FLOAT_REGISTERS: usize = 8;

struct Emitter<'a, 'f> {
    input: &'a Input<'a>,
    mir: &'a mir::Function,
    cur: FuncCursor<'f>,
    ctx: ir::Value,
    /// The context for polls of the current block, and the copies of it by loop.
    near_ctx: ir::Value,
    contexts: contexts::Contexts,
    copies: FxHashMap<mir::Block, ir::Value>,
    /// Where more than one result goes.
    out: Option<ir::Value>,
    values: SecondaryMap<mir::Value, PackedOption<ir::Value>>,
    blocks: SecondaryMap<mir::Block, PackedOption<ir::Block>>,
    regions: [AliasRegion; Area::ALL.len()],
    imports: FxHashMap<Symbol, ir::FuncRef>,
    globals: FxHashMap<Symbol, ir::GlobalValue>,
    /// Cold blocks of sites that pass nothing on.
    site_blocks: FxHashMap<(mir::SiteId, calls::Leave), ir::Block>,
    raise_block: Option<ir::Block>,
    propagate_block: Option<ir::Block>,
    fail_block: Option<ir::Block>,
    /// Results of calls, reused by all of them.
    out_slot: Option<(ir::StackSlot, u32)>,
    poll_slot: Option<ir::StackSlot>,
    /// How often each value is used, and what is used more than once.
    uses: SecondaryMap<mir::Value, u32>,
    shared: EntitySet<ir::Value>,
    /// Loads of which only an extension to this type is used: they load the extended number.
    widened: FxHashMap<mir::Inst, (Opcode, Ty)>,
    frame_bytes: u64,
    /// The processor chooses lanes by a mask.
    blends: bool,
    /// Conversions to integers of what is known to fit.
    fitting: FxHashSet<mir::Inst>,
    /// For vector loops; and blocks for which a kernel stands.
    context: Option<Context>,
    done: EntitySet<mir::Block>,
    /// Whether what is emitted now is cold.
    is_cold: bool,
    /// Cold code, emitted behind everything else.
    pending: Vec<calls::Cold>,
}

/// Fills `clif` (empty) with the translation of `input.func`.
pub(crate) fn function(input: &Input<'_>, clif: &mut ir::Function) -> Result<(), CodegenError> {
    let mir = input.func;
    if mir.layout.is_empty() {
        return Err(CodegenError::Invalid { function: mir.name.clone(), message: "no blocks".into() });
    }
    let order = mir.reverse_post_order();
    let entry = mir.entry();
    let params: Vec<Ty> = mir.blocks[entry].params.iter().map(|&p| mir.ty(p)).collect();
    clif.signature = signature(&params, &mir.rets, input.isa);
    let mut n = 0;
    let regions = Area::ALL.map(|(_, name)| {
        n += 1;
        clif.dfg.alias_regions.insert(ir::AliasRegionData { user_id: n, description: name.into() })
    });
    let start = clif.dfg.make_block();
    let ctx = clif.dfg.append_block_param(start, types::I64);
    let out = (mir.rets.len() > 1).then(|| clif.dfg.append_block_param(start, types::I64));
    let mut e = Emitter {
        input,
        mir,
        cur: FuncCursor::new(clif),
        ctx,
        near_ctx: ctx,
        contexts: contexts::Contexts::new(mir, &order),
        copies: FxHashMap::default(),
        out,
        values: SecondaryMap::new(),
        blocks: SecondaryMap::new(),
        regions,
        imports: FxHashMap::default(),
        globals: FxHashMap::default(),
        site_blocks: FxHashMap::default(),
        raise_block: None,
        propagate_block: None,
        fail_block: None,
        out_slot: None,
        poll_slot: None,
        widened: widened_loads(mir, &order),
        uses: use_counts(mir, &order),
        frame_bytes: 0,
        blends: input.isa.isa_flags().iter().any(|f| f.name == "has_sse41" && f.as_bool() == Some(true)),
        fitting: bounded::conversions(mir, &order),
        context: None,
        done: EntitySet::new(),
        shared: EntitySet::new(),
        is_cold: false,
        pending: Vec::new(),
    };
    // The entry may be a loop header in MIR; CLIF's entry block is never a target.
    let entry_is_target = order.iter().any(|&b| mir.blocks[b].term.targets().iter().any(|t| t.block == entry));
    e.cur.insert_block(start);
    for &b in &order {
        if b == entry && !entry_is_target {
            e.blocks[b] = start.into();
        } else {
            let block = e.cur.func.dfg.make_block();
            e.blocks[b] = block.into();
        }
        let block = e.block(b);
        for &p in &mir.blocks[b].params {
            let v = e.cur.func.dfg.append_block_param(block, clif_type(mir.ty(p)));
            e.values[p] = v.into();
            if e.uses[p] > 1 {
                e.shared.insert(v);
            }
        }
    }
    if entry_is_target {
        let args: Vec<BlockArg> = params.iter().map(|&ty| e.cur.func.dfg.append_block_param(start, clif_type(ty)).into()).collect();
        let target = e.block(entry);
        e.cur.ins().jump(target, &args);
    }
    for &b in &order {
        if e.done.contains(b) {
            continue;
        }
        let block = e.block(b);
        if block != start {
            e.is_cold = mir.blocks[b].cold;
            e.enter(block);
        }
        e.cur.goto_bottom(block);
        e.near_ctx = e.contexts.used.get(&b).and_then(|header| e.copies.get(header)).copied().unwrap_or(ctx);
        if mir.blocks[b].vector && e.vector_loop(b)? {
            continue;
        }
        let insts = &mir.blocks[b].insts;
        if let Some(&last) = insts.last()
            && let Some((failed, fine)) = e.polled_branch(b, last)
        {
            for &inst in &insts[..insts.len() - 1] {
                e.instruction(inst)?;
            }
            e.copy_context(b);
            e.poll_branch(last, &failed, &fine)?;
            continue;
        }
        for &inst in insts {
            e.instruction(inst)?;
        }
        e.copy_context(b);
        e.terminator(b)?;
    }
    e.flush_cold()
}

fn use_counts(mir: &mir::Function, order: &[mir::Block]) -> SecondaryMap<mir::Value, u32> {
    let mut uses: SecondaryMap<mir::Value, u32> = SecondaryMap::new();
    for &b in order {
        for &i in &mir.blocks[b].insts {
            mir.insts[i].args.iter().for_each(|&a| uses[a] += 1);
        }
        mir.blocks[b].term.for_each_arg(|a| uses[a] += 1);
    }
    uses
}

fn widened_loads(mir: &mir::Function, order: &[mir::Block]) -> FxHashMap<mir::Inst, (Opcode, Ty)> {
    let mut found = FxHashMap::default();
    let extends = |&i: &mir::Inst| matches!(mir.insts[i].op, Opcode::Sext | Opcode::Zext);
    if !order.iter().any(|&b| mir.blocks[b].insts.iter().any(extends)) {
        return found;
    }
    let uses = use_counts(mir, order);
    for &i in order.iter().flat_map(|&b| &mir.blocks[b].insts).filter(|i| extends(i)) {
        let d = &mir.insts[i];
        if let mir::ValueDef::Result(load, 0) = mir.values[d.args[0]].def
            && mir.insts[load].op == Opcode::Load
            && uses[d.args[0]] == 1
            && let Some(from @ (Ty::I8 | Ty::I16 | Ty::I32)) = mir.insts[load].ty
            && let Some(to @ (Ty::I32 | Ty::I64)) = d.ty
            && from.bits() < to.bits()
        {
            found.insert(load, (d.op, to));
        }
    }
    found
}

impl<'a> Emitter<'a, '_> {
    fn invalid(&self, message: impl Into<String>) -> CodegenError {
        CodegenError::Invalid { function: self.mir.name.clone(), message: message.into() }
    }
    fn block(&self, b: mir::Block) -> ir::Block {
        self.blocks[b].expand().unwrap_or_else(|| unreachable!("blocks in reverse post-order are declared"))
    }
    /// The CLIF value of a MIR value; an error if its definition does not dominate.
    fn value(&self, v: mir::Value) -> Result<ir::Value, CodegenError> {
        self.values[v].expand().ok_or_else(|| self.invalid(format!("{v} is used before its definition")))
    }
    fn value_list(&self, vs: &[mir::Value]) -> Result<SmallVec<[ir::Value; 8]>, CodegenError> {
        vs.iter().map(|&v| self.value(v)).collect()
    }
    fn define(&mut self, inst: mir::Inst, n: usize, v: ir::Value) {
        let result = self.mir.insts[inst].results[n];
        self.values[result] = v.into();
        if self.uses[result] > 1 && self.mir.insts[inst].op != mir::Opcode::Iconst {
            self.shared.insert(v);
        }
    }
    fn flags(&self, area: Area) -> MemFlagsData {
        let flags = MemFlagsData::new().with_notrap().with_alias_region(Some(self.regions[area as usize]));
        match area {
            Area::Const => flags.with_readonly().with_can_move(),
            Area::Data | Area::Header | Area::Fields | Area::Items => flags,
            Area::Ctx | Area::Out | Area::Interrupt => flags.with_aligned(),
        }
    }
    /// A new cold block, placed when something is emitted into it.
    fn cold_block(&mut self) -> ir::Block {
        self.cur.func.dfg.make_block()
    }
    fn start_cold(&mut self, block: ir::Block) {
        self.is_cold = true;
        self.cur.insert_block(block);
        self.cur.func.layout.set_cold(block);
    }
    /// Goes on in another block, which is as cold as what it continues.
    fn enter(&mut self, block: ir::Block) {
        self.cur.insert_block(block);
        if self.is_cold {
            self.cur.func.layout.set_cold(block);
        }
    }
    /// What is passed to a call: copies of values that have other uses. The register that the convention wants them in would
    /// otherwise be asked of the values themselves, and the register allocator would take them out of their own, loops included.
    /// What is passed in memory needs none.
    fn operands(&mut self, args: &[ir::Value]) -> SmallVec<[ir::Value; 8]> {
        let (mut ints, mut floats) = (0, 0);
        args.iter()
            .map(|&v| {
                let is_float = self.cur.func.dfg.value_type(v).is_float();
                let (count, most) = if is_float { (&mut floats, MAX_FLOAT_REGISTERS) } else { (&mut ints, MAX_INT_REGISTERS) };
                *count += 1;
                if *count <= most { self.operand(v) } else { v }
            })
            .collect()
    }
    fn operand(&mut self, v: ir::Value) -> ir::Value {
        if !(self.is_cold || v == self.ctx || self.shared.contains(v)) {
            return v;
        }
        match self.cur.func.dfg.value_type(v) {
            types::I64 => self.cur.ins().iadd_imm_s(v, 0),
            types::F32 | types::F64 => self.cur.ins().bor(v, v),
            _ => v,
        }
    }
    /// Makes the copy of the context for a loop that the block leads to.
    fn copy_context(&mut self, b: mir::Block) {
        if let Some(&header) = self.contexts.made.get(&b) {
            // (A sum would become part of the addresses made with it.)
            let copy = self.cur.ins().bor(self.ctx, self.ctx);
            self.copies.insert(header, copy);
        }
    }
    fn new_block_here(&mut self) -> ir::Block {
        self.cur.func.dfg.make_block()
    }
    fn import(&mut self, symbol: Symbol, sig: impl FnOnce() -> Signature) -> ir::FuncRef {
        match self.imports.get(&symbol) {
            Some(&f) => f,
            None => {
                let f = import(self.cur.func, symbol, sig());
                self.imports.insert(symbol, f);
                f
            }
        }
    }
    /// The address (or number) of a symbol as a value.
    fn symbol_value(&mut self, symbol: Symbol) -> ir::Value {
        let gv = match self.globals.get(&symbol) {
            Some(&g) => g,
            None => {
                let name = self.cur.func.declare_imported_user_function(symbol.to_name());
                let g = self.cur.func.create_global_value(ir::GlobalValueData::Symbol {
                    name: ir::ExternalName::user(name),
                    offset: 0.into(),
                    colocated: symbol.is_internal(),
                    tls: false,
                });
                self.globals.insert(symbol, g);
                g
            }
        };
        self.cur.ins().symbol_value(types::I64, gv)
    }
    fn stack_slot(&mut self, bytes: u64, align_shift: u8) -> Result<ir::StackSlot, CodegenError> {
        self.frame_bytes += bytes;
        if self.frame_bytes > MAX_FRAME {
            return Err(CodegenError::Limit { function: self.mir.name.clone(), message: format!("{} bytes of frame memory", self.frame_bytes) });
        }
        let data = ir::StackSlotData::new(ir::StackSlotKind::ExplicitSlot, bytes as u32, align_shift);
        Ok(self.cur.func.create_sized_stack_slot(data))
    }

    fn instruction(&mut self, inst: mir::Inst) -> Result<(), CodegenError> {
        use Opcode::*;
        let data = &self.mir.insts[inst];
        self.cur.set_srcloc(ir::SourceLoc::new(data.span.as_u32()));
        match data.op {
            Iconst | Fconst | NullRef | Iadd | Isub | Imul | Sdiv | Udiv | Srem | Urem | FloorDiv | FloorMod | Ineg | Iabs | Smin | Smax | Umin | Umax
            | Band | Bor | Bxor | Bnot | Shl | Sshr | Ushr | Rotr | Popcnt | Clz | Ctz | UmulHi | SmulHi | Icmp | Fadd | Fsub | Fmul | Fdiv | Fneg | Fabs
            | Fsqrt | Ffloor | Fceil | Ftrunc | Fnearest | Fcopysign | Fma | FminNan | FmaxNan | Fcmp | Select | Sext | Zext | Ireduce | SintToFloat
            | UintToFloat | FloatToSint | FloatToUint | Fpromote | Fdemote | Bitcast | RefAddr | Splat | Pair | Low | High | FcmpBoth | FcmpEither => {
                let args = self.value_list(&data.args)?;
                let v = self.arith(inst, &args)?;
                self.define(inst, 0, v);
                Ok(())
            }
            Load | Store | MemCopy | MemZero | StackSlot | DataAddr | FuncAddr | RefData | Retain | Release => self.memory(inst),
            Alloc | AllocZeroed | AllocTry | AllocZeroedTry | Call | CallTry | CallRt | CallRtTry | Guard | SetExc | ExcMatches | ClearExc | Poll | PollTry
            | StackCheck => self.effect(inst),
            // Its meaning is in where `release` stands.
            KeepAlive => Ok(()),
        }
    }

    fn terminator(&mut self, b: mir::Block) -> Result<(), CodegenError> {
        let data = &self.mir.blocks[b];
        self.cur.set_srcloc(ir::SourceLoc::new(data.term_span.as_u32()));
        match &data.term {
            Terminator::Jump(t) => {
                let args = self.edge(t)?;
                let target = self.block(t.block);
                self.cur.ins().jump(target, &args);
            }
            Terminator::Brif { cond, then, other } => {
                let cond = self.value(*cond)?;
                let (then_args, other_args) = (self.edge(then)?, self.edge(other)?);
                let (then, other) = (self.block(then.block), self.block(other.block));
                self.cur.ins().brif(cond, then, &then_args, other, &other_args);
            }
            Terminator::Return(args) => {
                let args = self.value_list(args)?;
                let ok = self.cur.ins().iconst(types::I64, 0);
                match (self.out, &args[..]) {
                    (None, []) => self.cur.ins().return_(&[ok]),
                    (None, &[v]) => self.cur.ins().return_(&[ok, v]),
                    (Some(out), _) => {
                        let flags = self.flags(Area::Out);
                        for (n, &v) in args.iter().enumerate() {
                            let word = crate::wrapper::widen(&mut self.cur, self.mir.rets[n], v);
                            self.cur.ins().store(flags, word, out, 8 * n as i32);
                        }
                        self.cur.ins().return_(&[ok])
                    }
                    (None, _) => return Err(self.invalid("wrong number of results")),
                };
            }
            Terminator::Raise { site, args } => {
                let args = args.clone();
                self.raise(*site, &args)?;
            }
            Terminator::Propagate { site } => self.propagate(*site)?,
            Terminator::Unreachable => {
                self.cur.ins().trap(ir::TrapCode::unwrap_user(1));
            }
        }
        Ok(())
    }

    fn edge(&self, t: &mir::BlockCall) -> Result<SmallVec<[BlockArg; 8]>, CodegenError> {
        let expected = self.mir.blocks[t.block].params.len();
        if expected != t.args.len() {
            return Err(self.invalid(format!("edge to {} passes {} of {expected} arguments", t.block, t.args.len())));
        }
        t.args.iter().map(|&v| Ok(self.value(v)?.into())).collect()
    }
}
