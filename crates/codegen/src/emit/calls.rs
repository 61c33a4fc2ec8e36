//! Calls, guards, polls, and the ways out of a function.

use super::{Area, Emitter, clif_type, signature};
use crate::backend::CodegenError;
use crate::symbol::Symbol;
use crate::wrapper;
use cranelift_codegen::cursor::Cursor;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AbiParam, InstBuilder, Signature, types};
use looplift_abi::Core;
use looplift_abi::ctx::{MAX_PAYLOAD, offsets};
use looplift_abi::symbols::Sym;
use looplift_mir as mir;
use mir::{Imm, Opcode, Payload, SiteId, SiteKind, Ty};
use smallvec::{SmallVec, smallvec};

/// How control leaves through a site.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Leave {
    /// Something was called and has made an exception pending.
    Failed,
    /// A check failed: the exception is the site's.
    Check,
    /// The stack is used up.
    Stack,
}

/// Where a poll whose handler raised goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PollTo {
    Site(SiteId),
    /// On, with 1 as the block's parameter.
    Flag,
}

/// Cold code to be emitted at the end: (block, what it does).
pub(super) enum Cold {
    Site {
        block: ir::Block,
        site: SiteId,
        leave: Leave,
        span: mir::SpanId,
    },
    Payload {
        block: ir::Block,
        site: SiteId,
        args: SmallVec<[mir::Value; 4]>,
        span: mir::SpanId,
    },
    Poll {
        block: ir::Block,
        next: ir::Block,
        to: PollTo,
        ctx: ir::Value,
        span: mir::SpanId,
    },
    /// A poll whose flag only the branch after it tests: where to go if it failed, and if not.
    PollBranch {
        block: ir::Block,
        failed: Edge,
        fine: Edge,
        ctx: ir::Value,
        span: mir::SpanId,
    },
    /// After a failed `call_try`: add the traceback entry, go on.
    Note {
        block: ir::Block,
        next: ir::Block,
        site: SiteId,
        span: mir::SpanId,
    },
}

/// A block and what it is passed.
type Edge = (ir::Block, SmallVec<[ir::BlockArg; 8]>);

const KIND_RAISED: i64 = 1;
const FRAME_COUNT: i32 = offsets::PENDING_PAYLOAD + 8 * MAX_PAYLOAD as i32;
const _: () = assert!(FRAME_COUNT as usize == offsets::PENDING as usize + std::mem::offset_of!(looplift_abi::ctx::Pending, frame_count));

impl Emitter<'_, '_> {
    pub(super) fn effect(&mut self, inst: mir::Inst) -> Result<(), CodegenError> {
        let data = &self.mir.insts[inst];
        let a = self.value_list(&data.args)?;
        match (data.op, data.imm) {
            (op @ (Opcode::Alloc | Opcode::AllocZeroed), _) => {
                let core = if op == Opcode::Alloc { Core::Alloc } else { Core::AllocZeroed };
                let ctx = self.ctx;
                let call = self.call_core(core, &[ctx, a[0]], 2);
                let [status, v] = [0, 1].map(|n| self.cur.func.dfg.inst_results(call)[n]);
                let site = self.site_of(inst)?;
                self.leave_if(status, site, Leave::Failed, data.span);
                self.define(inst, 0, v);
            }
            (op @ (Opcode::AllocTry | Opcode::AllocZeroedTry), _) => {
                let core = if op == Opcode::AllocTry { Core::Alloc } else { Core::AllocZeroed };
                let ctx = self.ctx;
                let call = self.call_core(core, &[ctx, a[0]], 2);
                let [status, v] = [0, 1].map(|n| self.cur.func.dfg.inst_results(call)[n]);
                let flag = self.cur.ins().ireduce(types::I8, status);
                self.define(inst, 0, flag);
                self.define(inst, 1, v);
            }
            (op @ (Opcode::Call | Opcode::CallTry), Imm::Callee(id)) => self.call(inst, id, &a, op == Opcode::CallTry)?,
            (op @ (Opcode::CallRt | Opcode::CallRtTry), Imm::Sym(sym)) => self.call_rt(inst, sym, &a, op == Opcode::CallRtTry)?,
            (Opcode::Guard, _) => {
                let site = self.site_of(inst)?;
                let next = self.new_block_here();
                let cold = if data.args.len() == 1 {
                    self.site_block(site, Leave::Check, data.span)
                } else {
                    let block = self.cold_block();
                    self.pending.push(Cold::Payload { block, site, args: data.args[1..].into(), span: data.span });
                    block
                };
                self.cur.ins().brif(a[0], next, &[], cold, &[]);
                self.enter(next);
            }
            (Opcode::SetExc, _) => {
                let site = self.site_of(inst)?;
                let payload = data.args.clone();
                self.store_payload(site, &payload)?;
                let number = self.site_number(site);
                self.store_pending(number);
            }
            (Opcode::ExcMatches, _) => {
                let site = self.site_of(inst)?;
                let (ctx, blob, number) = (self.ctx, self.symbol_value(Symbol::BlobIndex), self.site_number(site));
                let call = self.call_core(Core::ExcMatches, &[ctx, blob, number], 1);
                let v = self.cur.func.dfg.first_result(call);
                let v = self.cur.ins().ireduce(types::I8, v);
                self.define(inst, 0, v);
            }
            (Opcode::ClearExc, _) => {
                let ctx = self.ctx;
                self.call_core(Core::ClearExc, &[ctx], 0);
            }
            (op @ (Opcode::Poll | Opcode::PollTry), _) => {
                let to = if op == Opcode::Poll { PollTo::Site(self.site_of(inst)?) } else { PollTo::Flag };
                let flags = self.flags(Area::Interrupt);
                let ctx = self.near_ctx;
                let word = self.cur.ins().load(types::I32, flags, ctx, offsets::INTERRUPT);
                let (block, next) = (self.cold_block(), self.new_block_here());
                if to == PollTo::Flag {
                    let flag = self.cur.func.dfg.append_block_param(next, types::I8);
                    let zero = self.iconst(types::I8, 0);
                    self.cur.ins().brif(word, block, &[], next, &[zero.into()]);
                    self.define(inst, 0, flag);
                } else {
                    self.cur.ins().brif(word, block, &[], next, &[]);
                }
                self.pending.push(Cold::Poll { block, next, to, ctx, span: data.span });
                self.enter(next);
            }
            (Opcode::StackCheck, _) => {
                let site = self.site_of(inst)?;
                let ctx = self.ctx;
                let flags = self.flags(Area::Ctx);
                let limit = self.cur.ins().load(types::I64, flags, ctx, offsets::STACK_LIMIT);
                let sp = self.cur.ins().get_stack_pointer(types::I64);
                let low = self.cur.ins().icmp(IntCC::UnsignedLessThan, sp, limit);
                self.leave_if(low, site, Leave::Stack, data.span);
            }
            (op, imm) => return Err(self.invalid(format!("{} with {imm:?}", op.row().name))),
        }
        Ok(())
    }

    /// If the block ends in a `poll_try` whose flag only its own branch tests: where the branch goes when the flag is set,
    /// and when it is not.
    pub(super) fn polled_branch(&self, b: mir::Block, last: mir::Inst) -> Option<(mir::BlockCall, mir::BlockCall)> {
        let data = &self.mir.insts[last];
        match &self.mir.blocks[b].term {
            mir::Terminator::Brif { cond, then, other } if data.op == Opcode::PollTry && data.results.first() == Some(cond) && self.uses[*cond] == 1 => {
                Some((then.clone(), other.clone()))
            }
            _ => None,
        }
    }

    /// The poll and the branch in one: nothing but the test of the interrupt word is on the usual path.
    pub(super) fn poll_branch(&mut self, inst: mir::Inst, failed: &mir::BlockCall, fine: &mir::BlockCall) -> Result<(), CodegenError> {
        let span = self.mir.insts[inst].span;
        self.cur.set_srcloc(ir::SourceLoc::new(span.as_u32()));
        let flags = self.flags(Area::Interrupt);
        let ctx = self.near_ctx;
        let word = self.cur.ins().load(types::I32, flags, ctx, offsets::INTERRUPT);
        let block = self.cold_block();
        let failed = (self.block(failed.block), self.edge(failed)?);
        let fine = (self.block(fine.block), self.edge(fine)?);
        self.cur.ins().brif(word, block, &[], fine.0, &fine.1);
        self.pending.push(Cold::PollBranch { block, failed, fine, ctx, span });
        Ok(())
    }

    /// Calls the poll stub from a cold block; its status.
    fn poll_call(&mut self, ctx: ir::Value) -> Result<ir::Value, CodegenError> {
        let slot = match self.poll_slot {
            Some(s) => s,
            None => {
                let s = self.stack_slot(8, 3)?;
                self.poll_slot = Some(s);
                s
            }
        };
        let at = self.cur.ins().stack_addr(types::I64, slot, 0);
        let stub = self.import(Symbol::PollStub, wrapper::poll_stub_signature);
        let words = self.operands(&[ctx, at]);
        self.cur.ins().call(stub, &words);
        let flags = self.flags(Area::Out);
        Ok(self.cur.ins().load(types::I64, flags, at, 0))
    }

    fn site_of(&self, inst: mir::Inst) -> Result<SiteId, CodegenError> {
        let data = &self.mir.insts[inst];
        data.site.ok_or_else(|| self.invalid(format!("{} without a site", data.op.row().name)))
    }
    /// The site's number in the blob, as a value.
    fn site_number(&mut self, site: SiteId) -> ir::Value {
        let n = self.input.site_base + site.as_u32();
        self.iconst(types::I64, i64::from(n))
    }

    // ---- calls --------------------------------------------------------------------------------------------------

    /// A function by the driver's key: of this blob or another.
    pub(super) fn callee_symbol(&self, key: u32) -> Symbol {
        match self.input.units.iter().position(|u| u.key == key) {
            Some(n) => Symbol::Local(n as u32),
            None => Symbol::Callee(key),
        }
    }

    fn call(&mut self, inst: mir::Inst, id: mir::CalleeId, args: &[ir::Value], try_: bool) -> Result<(), CodegenError> {
        let Some(callee) = self.mir.callees.get(id) else { return Err(self.invalid(format!("unknown callee {id}"))) };
        if callee.params.len() != args.len() {
            return Err(self.invalid(format!("{} arguments for {}", args.len(), callee.name)));
        }
        let symbol = self.callee_symbol(callee.key);
        let sig = signature(&callee.params, &callee.rets, self.input.isa);
        let target = self.import(symbol, || sig);
        let mut words: SmallVec<[ir::Value; 8]> = smallvec![self.ctx];
        let slot = self.out_slot_for(&callee.rets, try_)?;
        if let Some(slot) = slot {
            words.push(self.cur.ins().stack_addr(types::I64, slot, 0));
        }
        words.extend_from_slice(args);
        let words = self.operands(&words);
        let call = self.cur.ins().call(target, &words);
        let mut results: SmallVec<[ir::Value; 4]> = SmallVec::from_slice(self.cur.func.dfg.inst_results(call));
        let status = results.remove(0);
        let rets = callee.rets.clone();
        self.finish_call(inst, status, results, &rets, slot, try_)
    }

    fn call_rt(&mut self, inst: mir::Inst, sym: Sym, args: &[ir::Value], try_: bool) -> Result<(), CodegenError> {
        let row = sym.row();
        if row.params.len() != args.len() {
            return Err(self.invalid(format!("{} arguments for {}", args.len(), row.name)));
        }
        let mut sig = Signature::new(self.input.isa.default_call_conv());
        if row.takes_ctx {
            sig.params.push(AbiParam::new(types::I64));
        }
        let by_pointer = row.rets.len() > 1;
        if by_pointer {
            sig.params.push(AbiParam::new(types::I64));
        }
        // The C convention wants narrow integers extended.
        sig.params.extend(row.params.iter().map(|&p| match p {
            Ty::I8 | Ty::I16 | Ty::I32 => AbiParam::new(clif_type(p)).uext(),
            Ty::I64 | Ty::Ref | Ty::F32 | Ty::F64 | Ty::F64x2 => AbiParam::new(clif_type(p)),
        }));
        if row.fallible {
            sig.returns.push(AbiParam::new(types::I64));
        }
        if let [ret] = row.rets {
            sig.returns.push(AbiParam::new(clif_type(*ret)));
        }
        let target = self.import(Symbol::Rt(sym), || sig);
        let mut words: SmallVec<[ir::Value; 8]> = SmallVec::new();
        if row.takes_ctx {
            words.push(self.ctx);
        }
        let slot = self.out_slot_for(row.rets, try_)?;
        if let Some(slot) = slot {
            words.push(self.cur.ins().stack_addr(types::I64, slot, 0));
        }
        words.extend_from_slice(args);
        let words = self.operands(&words);
        let call = self.cur.ins().call(target, &words);
        let mut results: SmallVec<[ir::Value; 4]> = SmallVec::from_slice(self.cur.func.dfg.inst_results(call));
        if row.fallible {
            let status = results.remove(0);
            self.finish_call(inst, status, results, row.rets, slot, try_)
        } else if try_ {
            Err(self.invalid(format!("call_rt_try of {}, which cannot fail", row.name)))
        } else {
            let loaded = self.load_results(results, row.rets, slot);
            for (n, v) in loaded.into_iter().enumerate() {
                self.define(inst, n, v);
            }
            Ok(())
        }
    }

    fn finish_call(
        &mut self,
        inst: mir::Inst,
        status: ir::Value,
        results: SmallVec<[ir::Value; 4]>,
        rets: &[Ty],
        slot: Option<ir::StackSlot>,
        try_: bool,
    ) -> Result<(), CodegenError> {
        let data = &self.mir.insts[inst];
        if try_ {
            if let Some(site) = data.site
                && self.mir.sites[site].kind == SiteKind::Propagate
            {
                let (block, next) = (self.cold_block(), self.new_block_here());
                self.cur.ins().brif(status, block, &[], next, &[]);
                self.pending.push(Cold::Note { block, next, site, span: data.span });
                self.enter(next);
            }
            let flag = self.cur.ins().ireduce(types::I8, status);
            self.define(inst, 0, flag);
        } else {
            let site = self.site_of(inst)?;
            self.leave_if(status, site, Leave::Failed, data.span);
        }
        let first = usize::from(try_);
        for (n, v) in self.load_results(results, rets, slot).into_iter().enumerate() {
            self.define(inst, first + n, v);
        }
        Ok(())
    }

    fn load_results(&mut self, direct: SmallVec<[ir::Value; 4]>, rets: &[Ty], slot: Option<ir::StackSlot>) -> SmallVec<[ir::Value; 4]> {
        let Some(slot) = slot else { return direct };
        let flags = self.flags(Area::Out);
        let base = self.cur.ins().stack_addr(types::I64, slot, 0);
        rets.iter().enumerate().map(|(n, &ty)| self.cur.ins().load(clif_type(ty), flags, base, 8 * n as i32)).collect()
    }

    /// Memory for several results: one area of the frame, as large as the largest call needs. A callee that raises does
    /// not write it, so for `call_try` it is zeroed first.
    fn out_slot_for(&mut self, rets: &[Ty], zeroed: bool) -> Result<Option<ir::StackSlot>, CodegenError> {
        if rets.len() < 2 {
            return Ok(None);
        }
        let bytes = 8 * rets.len() as u32;
        let slot = match self.out_slot {
            Some((slot, size)) => {
                if size < bytes {
                    self.frame_bytes += u64::from(bytes - size);
                    self.cur.func.sized_stack_slots[slot].size = bytes;
                    self.out_slot = Some((slot, bytes));
                }
                slot
            }
            None => {
                let slot = self.stack_slot(u64::from(bytes), 3)?;
                self.out_slot = Some((slot, bytes));
                slot
            }
        };
        if zeroed {
            let flags = self.flags(Area::Out);
            let zero = self.iconst(types::I64, 0);
            let base = self.cur.ins().stack_addr(types::I64, slot, 0);
            for n in 0..rets.len() {
                self.cur.ins().store(flags, zero, base, 8 * n as i32);
            }
        }
        Ok(Some(slot))
    }

    // ---- leaving ------------------------------------------------------------------------------------------------

    /// Goes to the site's cold block if `cond` is nonzero, else on in a new block.
    fn leave_if(&mut self, cond: ir::Value, site: SiteId, leave: Leave, span: mir::SpanId) {
        let cold = self.site_block(site, leave, span);
        let next = self.new_block_here();
        self.cur.ins().brif(cond, cold, &[], next, &[]);
        self.enter(next);
    }

    fn site_block(&mut self, site: SiteId, leave: Leave, span: mir::SpanId) -> ir::Block {
        if let Some(&b) = self.site_blocks.get(&(site, leave)) {
            return b;
        }
        let block = self.cold_block();
        self.site_blocks.insert((site, leave), block);
        self.pending.push(Cold::Site { block, site, leave, span });
        block
    }

    /// Ends the current block by raising the site's exception.
    pub(super) fn raise(&mut self, site: SiteId, payload: &[mir::Value]) -> Result<(), CodegenError> {
        if self.mir.sites[site].kind == SiteKind::Propagate {
            return Err(self.invalid(format!("{site} raises nothing of its own")));
        }
        self.store_payload(site, payload)?;
        let number = self.site_number(site);
        self.jump_raise(number);
        Ok(())
    }

    /// Ends the current block, leaving with what is pending. Whoever made it pending in this function has noted its own
    /// site: `set_exc`, or a `call_try` with this site. Otherwise the traceback entry is added here.
    pub(super) fn propagate(&mut self, site: SiteId) -> Result<(), CodegenError> {
        let noted = self.mir.sites[site].kind != SiteKind::Propagate || self.is_noted_by_call(site);
        if noted {
            self.jump_fail();
        } else {
            let number = self.site_number(site);
            self.jump_propagate(number);
        }
        Ok(())
    }

    fn is_noted_by_call(&self, site: SiteId) -> bool {
        self.mir.layout.iter().flat_map(|&b| &self.mir.blocks[b].insts).any(|&i| {
            let data = &self.mir.insts[i];
            data.site == Some(site) && matches!(data.op, Opcode::CallTry | Opcode::CallRtTry)
        })
    }

    fn jump_fail(&mut self) {
        let block = match self.fail_block {
            Some(b) => b,
            None => {
                let b = self.cold_block();
                self.fail_block = Some(b);
                b
            }
        };
        self.cur.ins().jump(block, &[]);
    }

    fn jump_raise(&mut self, number: ir::Value) {
        let block = match self.raise_block {
            Some(b) => b,
            None => {
                let b = self.cold_block();
                self.cur.func.dfg.append_block_param(b, types::I64);
                self.raise_block = Some(b);
                b
            }
        };
        self.cur.ins().jump(block, &[number.into()]);
    }

    fn jump_propagate(&mut self, number: ir::Value) {
        let block = match self.propagate_block {
            Some(b) => b,
            None => {
                let b = self.cold_block();
                self.cur.func.dfg.append_block_param(b, types::I64);
                self.propagate_block = Some(b);
                b
            }
        };
        self.cur.ins().jump(block, &[number.into()]);
    }

    /// Stores message arguments as eight-byte words, read back by the types that the site declares.
    fn store_payload(&mut self, site: SiteId, args: &[mir::Value]) -> Result<(), CodegenError> {
        if args.is_empty() {
            return Ok(());
        }
        let SiteKind::Raise { payload, .. } = &self.mir.sites[site].kind else {
            return Err(self.invalid(format!("{site} takes no payload")));
        };
        if payload.len() != args.len() || args.len() > MAX_PAYLOAD {
            return Err(self.invalid(format!("{} payload words for {site}, which declares {}", args.len(), payload.len())));
        }
        let flags = self.flags(Area::Ctx);
        for (n, (&arg, &kind)) in args.iter().zip(payload.iter()).enumerate() {
            let v = self.value(arg)?;
            let word = match (self.mir.ty(arg), kind) {
                (Ty::I64 | Ty::Ref | Ty::F64 | Ty::F64x2, _) => v,
                (Ty::F32, _) => self.cur.ins().fpromote(types::F64, v),
                (Ty::I8 | Ty::I16 | Ty::I32, Payload::Int) => self.cur.ins().sextend(types::I64, v),
                (Ty::I8 | Ty::I16 | Ty::I32, Payload::Uint | Payload::Bool | Payload::Float) => self.cur.ins().uextend(types::I64, v),
            };
            let ctx = self.ctx;
            self.cur.ins().store(flags, word, ctx, offsets::PENDING_PAYLOAD + 8 * n as i32);
        }
        Ok(())
    }

    /// Fills the pending exception in, except its payload.
    fn store_pending(&mut self, number: ir::Value) {
        let flags = self.flags(Area::Ctx);
        let ctx = self.ctx;
        let kind = self.iconst(types::I32, KIND_RAISED);
        let zero = self.iconst(types::I32, 0);
        let blob = self.symbol_value(Symbol::BlobIndex);
        let blob = self.cur.ins().ireduce(types::I32, blob);
        let site = self.cur.ins().ireduce(types::I32, number);
        self.cur.ins().store(flags, kind, ctx, offsets::PENDING_KIND);
        self.cur.ins().store(flags, blob, ctx, offsets::PENDING_ORIGIN);
        self.cur.ins().store(flags, site, ctx, offsets::PENDING_ORIGIN + 4);
        self.cur.ins().store(flags, zero, ctx, FRAME_COUNT);
    }

    fn push_frame(&mut self, number: ir::Value) {
        let (ctx, blob) = (self.ctx, self.symbol_value(Symbol::BlobIndex));
        self.call_core(Core::PushFrame, &[ctx, blob, number], 0);
    }

    /// Returns status 1 and a zero.
    fn return_failed(&mut self) {
        let failed = self.iconst(types::I64, 1);
        let mut results: SmallVec<[ir::Value; 2]> = smallvec![failed];
        if let [ty] = self.mir.rets[..] {
            results.push(match ty {
                Ty::F32 => self.cur.ins().f32const(0.0),
                Ty::F64 => self.cur.ins().f64const(0.0),
                Ty::F64x2 => unreachable!("the verifier keeps pairs inside of functions"),
                Ty::I8 | Ty::I16 | Ty::I32 | Ty::I64 | Ty::Ref => self.iconst(clif_type(ty), 0),
            });
        }
        self.cur.ins().return_(&results);
    }

    /// Emits everything that was put off.
    pub(super) fn flush_cold(mut self) -> Result<(), CodegenError> {
        // Emitting a poll's cold part may ask for one more site block.
        while !self.pending.is_empty() {
            for cold in std::mem::take(&mut self.pending) {
                self.cold(cold)?;
            }
        }
        self.cur.set_srcloc(ir::SourceLoc::default());
        if let Some(block) = self.raise_block {
            self.start_cold(block);
            let number = self.cur.func.dfg.block_params(block)[0];
            self.store_pending(number);
            self.return_failed();
        }
        if let Some(block) = self.propagate_block {
            self.start_cold(block);
            let number = self.cur.func.dfg.block_params(block)[0];
            self.push_frame(number);
            // In a block of its own: a zero shared with the call's operands would hold a saved register.
            self.jump_fail();
        }
        if let Some(block) = self.fail_block {
            self.start_cold(block);
            self.return_failed();
        }
        Ok(())
    }

    fn cold(&mut self, cold: Cold) -> Result<(), CodegenError> {
        match cold {
            Cold::Site { block, site, leave, span } => {
                self.start_cold(block);
                self.cur.set_srcloc(ir::SourceLoc::new(span.as_u32()));
                let number = self.site_number(site);
                match (&self.mir.sites[site].kind, leave) {
                    (SiteKind::Raise { .. }, _) => self.jump_raise(number),
                    (SiteKind::Propagate, Leave::Failed) => self.jump_propagate(number),
                    (SiteKind::Propagate, Leave::Stack) => {
                        let ctx = self.ctx;
                        self.call_core(Core::RaiseRecursion, &[ctx], 0);
                        self.jump_propagate(number);
                    }
                    (SiteKind::Propagate, Leave::Check) => return Err(self.invalid(format!("guard at {site}, which raises nothing"))),
                }
            }
            Cold::Payload { block, site, args, span } => {
                self.start_cold(block);
                self.cur.set_srcloc(ir::SourceLoc::new(span.as_u32()));
                self.raise(site, &args)?;
            }
            Cold::Poll { block, next, to, ctx, span } => {
                self.start_cold(block);
                self.cur.set_srcloc(ir::SourceLoc::new(span.as_u32()));
                let status = self.poll_call(ctx)?;
                match to {
                    PollTo::Site(site) => {
                        let out = self.site_block(site, Leave::Failed, span);
                        self.cur.ins().brif(status, out, &[], next, &[]);
                    }
                    PollTo::Flag => {
                        let flag = self.cur.ins().ireduce(types::I8, status);
                        self.cur.ins().jump(next, &[flag.into()]);
                    }
                }
            }
            Cold::PollBranch { block, failed, fine, ctx, span } => {
                self.start_cold(block);
                self.cur.set_srcloc(ir::SourceLoc::new(span.as_u32()));
                let status = self.poll_call(ctx)?;
                self.cur.ins().brif(status, failed.0, &failed.1, fine.0, &fine.1);
            }
            Cold::Note { block, next, site, span } => {
                self.start_cold(block);
                self.cur.set_srcloc(ir::SourceLoc::new(span.as_u32()));
                let number = self.site_number(site);
                self.push_frame(number);
                self.cur.ins().jump(next, &[]);
            }
        }
        Ok(())
    }
}
