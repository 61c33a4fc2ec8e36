//! The state of lowering one function, and what every emitter uses: spans, sites, guards, small control flow.

use crate::iters::{Iter, IterId};
use crate::repr::{self, ReprError};
use cranelift_entity::{EntityRef, PrimaryMap, SecondaryMap};
use looplift_hir as hir;
use looplift_infer::{Diagnostic, DiagnosticKind, TypedFunction, TypedProgram};
use looplift_mir::{
    Builder, CalleeId, ConstData, DataId, ExcArg, ExcClass, Imm, IntCC, Opcode, Payload, Site, SiteId, SiteKind, SpanId, Terminator, Ty as MTy, Value, ValueDef,
};
use looplift_types::Ty;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::rc::Rc;

/// The words of a value.
pub(crate) type Words = SmallVec<[Value; 4]>;
pub(crate) type Res<T> = Result<T, Diagnostic>;

/// What a HIR value is.
#[derive(Clone, Debug)]
pub(crate) enum Bound {
    Words(Words),
    Iter(IterId),
}

pub(crate) struct Cx<'a> {
    pub program: &'a TypedProgram,
    pub func: &'a TypedFunction,
    pub hir: &'a hir::Function,
    pub b: Builder,
    pub values: SecondaryMap<hir::Value, Option<Bound>>,
    pub iters: PrimaryMap<IterId, Iter>,
    /// The handler edge of the instruction or terminator being lowered.
    pub handler: Option<&'a hir::BlockCall>,
    pub blocks: SecondaryMap<hir::Block, Option<looplift_mir::Block>>,
    pub handled: crate::handled::Handled,
    pub callees: FxHashMap<usize, CalleeId>,
    /// In a generator: the callee that marks a `yield`.
    pub yields: Option<CalleeId>,
    /// Some `yield` stands where an exception has a handler.
    pub yields_guarded: bool,
    /// Elementwise operations that run inside the loop of another.
    pub fused: crate::fuse::Fused,
    /// NumPy's error model: arithmetic raises nothing.
    pub numpy_errors: bool,
    span: hir::Span,
    spans: SecondaryMap<hir::SpanId, Option<SpanId>>,
    sites: FxHashMap<Site, SiteId>,
    flat: FxHashMap<Ty, Rc<[MTy]>>,
    data: FxHashMap<Box<[u8]>, DataId>,
}

impl<'a> Cx<'a> {
    pub fn new(program: &'a TypedProgram, func: &'a TypedFunction, builder: Builder) -> Cx<'a> {
        Cx {
            program,
            func,
            hir: &func.hir,
            b: builder,
            values: SecondaryMap::new(),
            iters: PrimaryMap::new(),
            handler: None,
            blocks: SecondaryMap::new(),
            handled: crate::handled::Handled::default(),
            callees: FxHashMap::default(),
            yields: None,
            yields_guarded: false,
            fused: crate::fuse::Fused::compute(func),
            numpy_errors: func.key.options.numpy_errors,
            span: hir::Span::default(),
            spans: SecondaryMap::new(),
            sites: FxHashMap::default(),
            flat: FxHashMap::default(),
            data: FxHashMap::default(),
        }
    }

    // ---- diagnostics --------------------------------------------------------------------------------------------

    pub fn error(&self, kind: DiagnosticKind, code: &'static str, message: String) -> Diagnostic {
        Diagnostic { kind, code, message, func: self.func.key.func, span: self.span, notes: Vec::new(), wanted: Vec::new() }
    }
    /// Valid Python without a lowering.
    pub fn unsupported<T>(&self, what: impl Into<String>) -> Res<T> {
        Err(self.error(DiagnosticKind::Unsupported, "LL0401", what.into()))
    }
    /// Inference and lowering disagree.
    pub fn internal<T>(&self, what: impl Into<String>) -> Res<T> {
        Err(self.error(DiagnosticKind::Internal, "LL0902", what.into()))
    }

    /// The words of a type.
    pub fn flat(&mut self, ty: Ty) -> Res<Rc<[MTy]>> {
        if let Some(f) = self.flat.get(&ty) {
            return Ok(f.clone());
        }
        match repr::flatten(ty) {
            Ok(f) => {
                let f: Rc<[MTy]> = f.into();
                self.flat.insert(ty, f.clone());
                Ok(f)
            }
            Err(e @ ReprError::TooLarge(_)) => Err(self.error(DiagnosticKind::Limit, "LL0501", e.to_string())),
            Err(e @ ReprError::NoWords(_)) => self.unsupported(e.to_string()),
        }
    }

    // ---- positions ----------------------------------------------------------------------------------------------

    /// What is emitted from here on belongs to this source position.
    pub fn set_span(&mut self, id: hir::SpanId) {
        self.span = self.hir.spans[id];
        let s = match self.spans[id] {
            Some(s) => s,
            None => {
                let s = self.b.func.spans.push(looplift_mir::Span {
                    line: self.span.line,
                    end_line: self.span.end_line,
                    col: self.span.col,
                    end_col: self.span.end_col,
                    source: 0,
                    inlined_at: None,
                });
                self.spans[id] = Some(s);
                s
            }
        };
        self.b.span = s;
    }

    pub fn site(&mut self, kind: SiteKind) -> SiteId {
        let site = Site { kind, span: self.b.span };
        if let Some(&s) = self.sites.get(&site) {
            return s;
        }
        let id = self.b.func.sites.push(site.clone());
        self.sites.insert(site, id);
        id
    }
    pub fn propagate_site(&mut self) -> SiteId {
        self.site(SiteKind::Propagate)
    }
    /// Constant bytes; equal ones are shared.
    pub fn data_bytes(&mut self, bytes: &[u8]) -> Value {
        let id = match self.data.get(bytes) {
            Some(&id) => id,
            None => {
                let id = self.b.func.data.push(ConstData::Bytes(bytes.into()));
                self.data.insert(bytes.into(), id);
                id
            }
        };
        self.data_addr(id)
    }
    pub fn data_addr(&mut self, id: DataId) -> Value {
        let inst = self.b.emit_inst(Opcode::DataAddr, Some(MTy::I64), &[], Imm::Data(id), &[MTy::I64], None);
        self.b.func.insts[inst].results[0]
    }

    // ---- errors -------------------------------------------------------------------------------------------------

    /// Raises builtin `class` with `message` unless `ok`; each `{}` of the message is a payload word.
    pub fn check(&mut self, ok: Value, class: &str, message: &str, payload: &[(Value, Payload)]) -> Res<()> {
        if self.const_int(ok).is_some_and(|v| v != 0) {
            return Ok(());
        }
        let (site, words) = self.raise_site(class, message, payload);
        self.guard(ok, site, &words)
    }
    /// Raises builtin `class` here; the current block ends.
    pub fn fail(&mut self, class: &str, message: &str, payload: &[(Value, Payload)]) -> Res<()> {
        let (site, words) = self.raise_site(class, message, payload);
        self.leave(site, &words)
    }
    fn raise_site(&mut self, class: &str, message: &str, payload: &[(Value, Payload)]) -> (SiteId, Words) {
        let args: Box<[ExcArg]> = match (message, payload) {
            ("", _) => Box::new([]),
            (_, []) => Box::new([ExcArg::ConstStr(message.into())]),
            _ => Box::new([ExcArg::Format(message.into())]),
        };
        let kinds = payload.iter().map(|p| p.1).collect();
        let site = self.site(SiteKind::Raise { class: ExcClass::Builtin(class.into()), args, payload: kinds });
        let words = payload.iter().map(|p| p.0).collect();
        (site, words)
    }
    /// Leaves through `site` unless `ok`: by a side exit, or to the handler.
    pub fn guard(&mut self, ok: Value, site: SiteId, payload: &[Value]) -> Res<()> {
        if self.live_handler().is_none() {
            self.b.guard(ok, payload, site);
            return Ok(());
        }
        let (good, bad) = self.branch(ok);
        self.b.func.blocks[bad].cold = true;
        self.b.switch_to(bad);
        self.leave(site, payload)?;
        self.b.switch_to(good);
        Ok(())
    }
    /// Ends the block with the exception of `site`.
    pub fn leave(&mut self, site: SiteId, payload: &[Value]) -> Res<()> {
        if self.live_handler().is_none() {
            self.b.terminate(Terminator::Raise { site, args: payload.into() });
            return Ok(());
        }
        self.b.emit(Opcode::SetExc, None, payload, Imm::None, Some(site));
        self.leave_pending()
    }
    /// Ends the block with the exception that is pending.
    pub fn leave_pending(&mut self) -> Res<()> {
        match self.live_handler() {
            None => {
                let site = self.propagate_site();
                self.b.terminate(Terminator::Propagate { site });
                Ok(())
            }
            Some(edge) => {
                let (block, args) = self.handler_edge(edge)?;
                self.b.jump(block, &args);
                Ok(())
            }
        }
    }
    /// The handler edge, if inference found its block reachable.
    pub fn live_handler(&self) -> Option<&'a hir::BlockCall> {
        self.handler.filter(|h| self.func.live_blocks.contains(h.block))
    }

    // ---- small control flow -------------------------------------------------------------------------------------

    /// Ends the block with a branch to two new blocks.
    pub fn branch(&mut self, cond: Value) -> (looplift_mir::Block, looplift_mir::Block) {
        let (yes, no) = (self.b.block(), self.b.block());
        self.b.brif(cond, looplift_mir::build::call(yes, &[]), looplift_mir::build::call(no, &[]));
        self.b.seal(yes);
        self.b.seal(no);
        (yes, no)
    }
    /// Runs `usual` if `ok`, else `cold`; both go on behind.
    pub fn unless_else(&mut self, ok: Value, usual: impl FnOnce(&mut Self) -> Res<()>, cold: impl FnOnce(&mut Self) -> Res<()>) -> Res<()> {
        let (good, bad) = self.branch(ok);
        self.b.func.blocks[bad].cold = true;
        let join = self.b.block();
        self.b.switch_to(good);
        usual(self)?;
        self.b.jump(join, &[]);
        self.b.switch_to(bad);
        cold(self)?;
        self.b.jump(join, &[]);
        self.b.seal(join);
        self.b.switch_to(join);
        Ok(())
    }
    /// Runs `cold` unless `ok`; it falls through to the common path (or ends its block).
    pub fn unless(&mut self, ok: Value, cold: impl FnOnce(&mut Self) -> Res<()>) -> Res<()> {
        let (good, bad) = (self.b.block(), self.b.block());
        self.b.brif(ok, looplift_mir::build::call(good, &[]), looplift_mir::build::call(bad, &[]));
        self.b.seal(bad);
        self.b.func.blocks[bad].cold = true;
        self.b.switch_to(bad);
        cold(self)?;
        if !self.b.is_filled() {
            self.b.jump(good, &[]);
        }
        self.b.seal(good);
        self.b.switch_to(good);
        Ok(())
    }

    // ---- values -------------------------------------------------------------------------------------------------

    /// The value of an integer constant.
    pub fn const_int(&self, v: Value) -> Option<i64> {
        let ValueDef::Result(inst, _) = self.b.func.values[v].def else { return None };
        let data = &self.b.func.insts[inst];
        match (data.op, data.imm) {
            (Opcode::Iconst, Imm::Int(n)) => Some(n),
            _ => None,
        }
    }
    /// Whether an address is the start of constant data beside the code.
    pub fn is_const_data(&self, addr: Value) -> bool {
        let ValueDef::Result(inst, _) = self.b.func.values[addr].def else { return false };
        match self.b.func.insts[inst].imm {
            Imm::Data(id) => matches!(self.b.func.data[id], ConstData::Bytes(_)),
            _ => false,
        }
    }
    pub fn mty(&self, v: Value) -> MTy {
        self.b.func.ty(v)
    }
    pub fn i64(&mut self, v: i64) -> Value {
        self.b.iconst(MTy::I64, v)
    }
    pub fn bool(&mut self, v: bool) -> Value {
        self.b.iconst(MTy::I8, i64::from(v))
    }
    pub fn not(&mut self, v: Value) -> Value {
        if let Some(n) = self.const_int(v) {
            return self.bool(n == 0);
        }
        let one = self.bool(true);
        self.b.binary(Opcode::Bxor, v, one)
    }
    pub fn and(&mut self, a: Value, b: Value) -> Value {
        self.b.binary(Opcode::Band, a, b)
    }
    pub fn or(&mut self, a: Value, b: Value) -> Value {
        self.b.binary(Opcode::Bor, a, b)
    }
    pub fn fconst(&mut self, ty: MTy, v: f64) -> Value {
        if ty == MTy::F32 { self.b.f32const(v as f32) } else { self.b.f64const(v) }
    }
    pub fn add(&mut self, a: Value, b: Value) -> Value {
        match (self.const_int(a), self.const_int(b)) {
            (Some(0), _) => b,
            (_, Some(0)) => a,
            _ => self.b.binary(Opcode::Iadd, a, b),
        }
    }
    /// `a * b` on i64, with shifts for powers of two.
    pub fn mul(&mut self, a: Value, b: Value) -> Value {
        match (self.const_int(a), self.const_int(b)) {
            (Some(x), Some(y)) => self.i64(x.wrapping_mul(y)),
            (_, Some(1)) => a,
            (Some(1), _) => b,
            (_, Some(k)) if k > 0 && k.count_ones() == 1 => {
                let n = self.i64(i64::from(k.trailing_zeros()));
                self.b.binary(Opcode::Shl, a, n)
            }
            _ => self.b.binary(Opcode::Imul, a, b),
        }
    }
    pub fn icmp_const(&mut self, cc: IntCC, a: Value, n: i64) -> Value {
        let ty = self.mty(a);
        let c = self.b.iconst(ty, n);
        self.b.icmp(cc, a, c)
    }
    /// Zero words of a type.
    pub fn zeros(&mut self, ty: Ty) -> Res<Words> {
        let flat = self.flat(ty)?;
        Ok(flat.iter().map(|&m| self.zero(m)).collect())
    }
    pub fn zero(&mut self, m: MTy) -> Value {
        match m {
            MTy::F32 | MTy::F64 => self.fconst(m, 0.0),
            MTy::F64x2 => {
                let zero = self.fconst(MTy::F64, 0.0);
                self.b.convert(Opcode::Splat, m, zero)
            }
            MTy::Ref => self.b.null_ref(),
            MTy::I8 | MTy::I16 | MTy::I32 | MTy::I64 => self.b.iconst(m, 0),
        }
    }
    /// Whether a reference may own something: parameters are borrowed, null owns nothing.
    pub fn may_own(&self, v: Value) -> bool {
        match self.b.func.values[v].def {
            ValueDef::Param(block, _) => block.index() != 0,
            ValueDef::Result(inst, _) => self.b.func.insts[inst].op != Opcode::NullRef,
        }
    }
}
