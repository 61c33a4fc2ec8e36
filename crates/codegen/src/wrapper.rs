//! Small functions made without MIR: uniform entries and the poll stub.

use crate::emit::{clif_type, signature};
use crate::symbol::Symbol;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{self, AbiParam, ExternalName, InstBuilder, MemFlagsData, Signature, types};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use looplift_abi::Core;
use looplift_mir as mir;
use mir::Ty;

/// Declares a function by symbol.
pub(crate) fn import(func: &mut ir::Function, symbol: Symbol, sig: Signature) -> ir::FuncRef {
    let signature = func.import_signature(sig);
    let name = func.declare_imported_user_function(symbol.to_name());
    func.import_function(ir::ExtFuncData { name: ExternalName::user(name), signature, colocated: symbol.is_internal(), patchable: false })
}

fn start(clif: &mut ir::Function, sig: Signature) -> (FuncCursor<'_>, ir::Block) {
    clif.signature = sig;
    let block = clif.dfg.make_block();
    let params: Vec<ir::Type> = clif.signature.params.iter().map(|p| p.value_type).collect();
    for ty in params {
        clif.dfg.append_block_param(block, ty);
    }
    let mut cur = FuncCursor::new(clif);
    cur.insert_block(block);
    (cur, block)
}

/// A machine word in memory as the uniform entry has it: narrow values zero-extended.
pub(crate) fn widen(cur: &mut FuncCursor<'_>, ty: Ty, v: ir::Value) -> ir::Value {
    match ty {
        Ty::I64 | Ty::Ref | Ty::F64 | Ty::F64x2 => v,
        Ty::I8 | Ty::I16 | Ty::I32 => cur.ins().uextend(types::I64, v),
        Ty::F32 => {
            let bits = cur.ins().bitcast(types::I32, MemFlagsData::new(), v);
            cur.ins().uextend(types::I64, bits)
        }
    }
}

/// `Entry` of a function: loads the words, calls, stores the results.
pub(crate) fn entry(func: &mir::Function, position: u32, isa: &dyn TargetIsa, clif: &mut ir::Function) {
    let mut sig = Signature::new(isa.default_call_conv());
    sig.params.extend([AbiParam::new(types::I64); 3]);
    sig.returns.push(AbiParam::new(types::I64));
    let (mut cur, block) = start(clif, sig);
    let [ctx, args, ret] = [0, 1, 2].map(|n| cur.func.dfg.block_params(block)[n]);
    let params: Vec<Ty> = func.blocks[func.entry()].params.iter().map(|&p| func.ty(p)).collect();
    let target = import(cur.func, Symbol::Local(position), signature(&params, &func.rets, isa));
    let flags = MemFlagsData::trusted();
    let mut words = vec![ctx];
    if func.rets.len() > 1 {
        words.push(ret);
    }
    for (n, &ty) in params.iter().enumerate() {
        words.push(cur.ins().load(clif_type(ty), flags, args, 8 * n as i32));
    }
    let call = cur.ins().call(target, &words);
    let results: Vec<ir::Value> = cur.func.dfg.inst_results(call).to_vec();
    if let [ty] = func.rets[..] {
        let word = widen(&mut cur, ty, results[1]);
        cur.ins().store(flags, word, ret, 0);
    }
    cur.ins().return_(&[results[0]]);
}

/// `(ctx, status address)`, keeping every register: calls `PollSlow` and stores its status.
pub(crate) fn poll_stub(isa: &dyn TargetIsa, clif: &mut ir::Function) {
    let (mut cur, block) = start(clif, poll_stub_signature());
    let [ctx, out] = [0, 1].map(|n| cur.func.dfg.block_params(block)[n]);
    let mut sig = Signature::new(isa.default_call_conv());
    sig.params.push(AbiParam::new(types::I64));
    sig.returns.push(AbiParam::new(types::I64));
    let slow = import(cur.func, Symbol::Core(Core::PollSlow), sig);
    let call = cur.ins().call(slow, &[ctx]);
    let status = cur.func.dfg.first_result(call);
    cur.ins().store(MemFlagsData::trusted(), status, out, 0);
    cur.ins().return_(&[]);
}

pub(crate) fn poll_stub_signature() -> Signature {
    let mut sig = Signature::new(CallConv::PreserveAll);
    sig.params.extend([AbiParam::new(types::I64); 2]);
    sig
}

/// A C function with these parameters and result, for callers that know nothing of us: the parameters become words as the
/// uniform entry has them, `target(data, words, result word)` is called, and the result word returned.
pub(crate) fn callback(params: &[Ty], ret: Option<Ty>, data: usize, target: usize, isa: &dyn TargetIsa, clif: &mut ir::Function) {
    let narrow = |ty: Ty| match ty {
        Ty::I8 | Ty::I16 | Ty::I32 => AbiParam::new(clif_type(ty)).uext(),
        Ty::I64 | Ty::Ref | Ty::F32 | Ty::F64 | Ty::F64x2 => AbiParam::new(clif_type(ty)),
    };
    let mut sig = Signature::new(isa.default_call_conv());
    sig.params.extend(params.iter().map(|&p| AbiParam::new(clif_type(p))));
    sig.returns.extend(ret.map(narrow));
    let (mut cur, block) = start(clif, sig);
    let size = 8 * (params.len() as u32 + 1);
    let slot = cur.func.create_sized_stack_slot(ir::StackSlotData::new(ir::StackSlotKind::ExplicitSlot, size, 3));
    for (n, &ty) in params.iter().enumerate() {
        let v = cur.func.dfg.block_params(block)[n];
        let word = widen(&mut cur, ty, v);
        cur.ins().stack_store(types::I64, word, slot, 8 * n as i32);
    }
    let mut callee = Signature::new(isa.default_call_conv());
    callee.params.extend([AbiParam::new(types::I64); 3]);
    let callee = cur.func.import_signature(callee);
    let target = cur.ins().iconst(types::I64, target as i64);
    let data = cur.ins().iconst(types::I64, data as i64);
    let words = cur.ins().stack_addr(types::I64, slot, 0);
    let result = cur.ins().stack_addr(types::I64, slot, 8 * params.len() as i32);
    cur.ins().call_indirect(callee, target, &[data, words, result]);
    match ret {
        Some(ty) => {
            let v = cur.ins().stack_load(types::I64, clif_type(ty), slot, 8 * params.len() as i32);
            cur.ins().return_(&[v]);
        }
        None => {
            cur.ins().return_(&[]);
        }
    }
}
