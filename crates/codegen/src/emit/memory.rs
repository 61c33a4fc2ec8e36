//! Loads, stores, block operations, addresses, reference counts.

use super::{Area, Emitter, clif_type, signature};
use crate::backend::CodegenError;
use crate::symbol::Symbol;
use cranelift_codegen::ir::{self, AbiParam, InstBuilder, Signature, types};
use looplift_abi::{Core, heap};
use looplift_mir as mir;
use mir::{Imm, Opcode, Region};

pub(super) fn area(region: Region) -> Area {
    match region {
        Region::Data => Area::Data,
        Region::Const => Area::Const,
        Region::Ctx => Area::Ctx,
        Region::Header => Area::Header,
        Region::Fields => Area::Fields,
        Region::Items => Area::Items,
    }
}

impl Emitter<'_, '_> {
    /// A signature of the platform's convention over 64-bit integers.
    pub(super) fn words_signature(&self, params: usize, rets: usize) -> Signature {
        let mut sig = Signature::new(self.input.isa.default_call_conv());
        sig.params.extend((0..params).map(|_| AbiParam::new(types::I64)));
        sig.returns.extend((0..rets).map(|_| AbiParam::new(types::I64)));
        sig
    }
    pub(super) fn call_core(&mut self, core: Core, args: &[ir::Value], rets: usize) -> ir::Inst {
        let sig = self.words_signature(args.len(), rets);
        let f = self.import(Symbol::Core(core), || sig);
        let args = self.operands(args);
        self.cur.ins().call(f, &args)
    }

    /// A load of a narrow integer that nothing but its extension wants.
    fn widening_load(&mut self, op: Opcode, from: mir::Ty, to: ir::Type, flags: ir::MemFlagsData, at: ir::Value, offset: i32) -> ir::Value {
        let ins = self.cur.ins();
        match (from, op == Opcode::Sext) {
            (mir::Ty::I8, true) => ins.sload8(to, flags, at, offset),
            (mir::Ty::I8, false) => ins.uload8(to, flags, at, offset),
            (mir::Ty::I16, true) => ins.sload16(to, flags, at, offset),
            (mir::Ty::I16, false) => ins.uload16(to, flags, at, offset),
            (_, true) => ins.sload32(flags, at, offset),
            (_, false) => ins.uload32(flags, at, offset),
        }
    }

    pub(super) fn memory(&mut self, inst: mir::Inst) -> Result<(), CodegenError> {
        let data = &self.mir.insts[inst];
        let a = self.value_list(&data.args)?;
        match (data.op, data.imm) {
            (Opcode::Load, Imm::Mem(region, offset)) => {
                let Some(ty) = data.ty else { return Err(self.invalid("load without a type")) };
                let flags = self.flags(area(region));
                let v = match self.widened.get(&inst) {
                    Some(&(op, to)) => self.widening_load(op, ty, clif_type(to), flags, a[0], offset),
                    None => self.cur.ins().load(clif_type(ty), flags, a[0], offset),
                };
                self.define(inst, 0, v);
            }
            (Opcode::Store, Imm::Mem(region, offset)) => {
                // A store to constant data cannot be: treat it as a store to data.
                let area = if region == Region::Const { Area::Data } else { area(region) };
                let flags = self.flags(area);
                self.cur.ins().store(flags, a[0], a[1], offset);
            }
            (Opcode::MemCopy, _) => {
                self.call_core(Core::Memcpy, &a, 1);
            }
            (Opcode::MemZero, _) => {
                let zero = self.iconst(types::I64, 0);
                self.call_core(Core::Memset, &[a[0], zero, a[1]], 1);
            }
            (Opcode::StackSlot, Imm::Int(bytes)) => {
                let bytes = u64::try_from(bytes).map_err(|_| self.invalid("stack slot of negative size"))?;
                let slot = self.stack_slot(bytes.max(1), 4)?;
                let v = self.cur.ins().stack_addr(types::I64, slot, 0);
                self.define(inst, 0, v);
            }
            (Opcode::DataAddr, Imm::Data(id)) => {
                let symbol = match self.mir.data.get(id) {
                    Some(mir::ConstData::Bytes(_)) => Symbol::Data(self.input.data_base + id.as_u32()),
                    Some(mir::ConstData::Host { id, .. }) => Symbol::HostData(*id),
                    None => return Err(self.invalid("data_addr of unknown data")),
                };
                let v = self.symbol_value(symbol);
                self.define(inst, 0, v);
            }
            (Opcode::FuncAddr, Imm::Callee(id)) => {
                let Some(callee) = self.mir.callees.get(id) else { return Err(self.invalid(format!("unknown callee {id}"))) };
                let symbol = self.callee_symbol(callee.key);
                let sig = signature(&callee.params, &callee.rets, self.input.isa);
                let target = self.import(symbol, || sig);
                let v = self.cur.ins().func_addr(types::I64, target);
                self.define(inst, 0, v);
            }
            (Opcode::RefData, _) => {
                let v = self.cur.ins().iadd_imm_s(a[0], heap::HEADER_SIZE as i64);
                self.define(inst, 0, v);
            }
            (op @ (Opcode::Retain | Opcode::Release), _) => {
                // Most references of argument arrays and static data are null at run time: skip the call.
                let core = if op == Opcode::Retain { Core::Retain } else { Core::Release };
                let (work, next) = (self.new_block_here(), self.new_block_here());
                self.cur.ins().brif(a[0], work, &[], next, &[]);
                self.enter(work);
                self.call_core(core, &a, 0);
                self.cur.ins().jump(next, &[]);
                self.enter(next);
            }
            (op, imm) => return Err(self.invalid(format!("{} with {imm:?}", op.row().name))),
        }
        Ok(())
    }
}
