//! Loops marked `vector`: a call of a kernel in place of the loop.
//!
//! The kernel's machine code lies among the constant data of the blob. Its words are stored in the frame; it runs every
//! iteration, so that behind the call the loop is done, and what it carried has its last value.

use super::{Emitter, clif_type};
use crate::backend::CodegenError;
use crate::symbol::Symbol;
use crate::wrapper::widen;
use cranelift_codegen::cursor::Cursor;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use looplift_mir as mir;
use looplift_simd::kernel::Start;
use looplift_simd::plan::{Address, Escapes, Invariant, Plan};
use mir::IntCC;

/// Kernels with larger frames are not worth it.
const MAX_WORDS: u32 = 256;

impl Emitter<'_, '_> {
    /// Emits the loop `b` as a call of a kernel; false if that cannot be, and nothing was emitted.
    pub(super) fn vector_loop(&mut self, b: mir::Block) -> Result<bool, CodegenError> {
        let Some(isa) = self.input.vectors else { return Ok(false) };
        let escapes = self.escapes.get_or_insert_with(|| Escapes::new(self.mir));
        let Some(mut plan) = Plan::new(self.mir, b, escapes, isa) else { return Ok(false) };
        plan.kernel = looplift_simd::shrink(plan.kernel, isa);
        if plan.kernel.words() > MAX_WORDS {
            return Ok(false);
        }
        let Some(code) = looplift_simd::assemble(&plan.kernel, isa) else { return Ok(false) };
        let entry = code.entry;
        let number = {
            let mut kernels = self.input.kernels.borrow_mut();
            kernels.push(code);
            self.input.kernel_base + kernels.len() as u32 - 1
        };
        self.cur.set_srcloc(ir::SourceLoc::new(self.mir.blocks[b].term_span.as_u32()));
        let slot = self.stack_slot(u64::from(plan.kernel.words()) * 8, 3)?;
        let flags = MemFlagsData::trusted();
        let words = self.cur.ins().stack_addr(types::I64, slot, 0);
        // Iterations.
        let start = self.value(plan.counter)?;
        let limit = self.value(plan.limit)?;
        let mut count = self.cur.ins().isub(limit, start);
        if plan.cc == IntCC::Sle {
            count = self.cur.ins().iadd_imm_s(count, 1);
        }
        let one = self.iconst(types::I64, 1);
        let count = self.cur.ins().smax(count, one);
        self.cur.ins().store(flags, count, words, 0);
        for (n, p) in plan.pointers.iter().enumerate() {
            let address = self.first_address(p)?;
            self.cur.ins().store(flags, address, words, 8 * plan.kernel.pointer_word(n as u32) as i32);
        }
        for (n, &v) in plan.invariants.iter().enumerate() {
            let (value, ty) = match v {
                Invariant::Value(v) => (self.value(v)?, self.mir.ty(v)),
                Invariant::Load(n, ty, region) => {
                    let address = self.first_address(&plan.fixed[n as usize])?;
                    let flags = self.flags(super::memory::area(region));
                    (self.cur.ins().load(clif_type(ty), flags, address, 0), ty)
                }
            };
            let word = widen(&mut self.cur, ty, value);
            self.cur.ins().store(flags, word, words, 8 * plan.kernel.invariant_word(n as u32) as i32);
        }
        let base = self.symbol_value(Symbol::Data(number));
        let callee = self.cur.ins().iadd_imm_s(base, i64::from(entry));
        let sig = self.words_signature(1, 0);
        let sig = self.cur.func.import_signature(sig);
        self.cur.ins().call_indirect(sig, callee, &[words]);
        // What the loop leaves behind.
        for (n, &(position, value, inst)) in plan.reductions.iter().enumerate() {
            let r = &plan.kernel.reductions[n];
            let at = 8 * plan.kernel.reduction_word(n) as i32;
            let mut total: Option<ir::Value> = match r.start {
                Start::Bits(_) => Some(self.value(self.mir.blocks[b].params[position])?),
                Start::Invariant(_) => None,
            };
            for lane in 0..plan.kernel.lanes as i32 {
                let x = self.cur.ins().load(clif_type(r.ty), flags, words, at + lane * r.ty.bytes() as i32);
                total = Some(match total {
                    None => x,
                    Some(t) => self.arith(inst, &[t, x])?,
                });
            }
            if let Some(t) = total {
                self.values[value] = t.into();
            }
        }
        for i in &plan.inductions {
            let first = self.value(i.param)?;
            let way = self.cur.ins().imul_imm_s(count, i.step);
            let next = self.cur.ins().iadd(first, way);
            let last = self.cur.ins().iadd_imm_s(next, i.step.wrapping_neg());
            self.values[i.param] = last.into();
            self.values[i.next] = next.into();
        }
        let args = self.edge(&plan.exit)?;
        let target = self.block(plan.exit.block);
        self.cur.ins().jump(target, &args);
        Ok(true)
    }

    /// The address in the first iteration.
    fn first_address(&mut self, address: &Address) -> Result<ir::Value, CodegenError> {
        let mut sum = self.iconst(types::I64, address.offset);
        for &(v, k) in &address.terms {
            let v = self.value(v)?;
            let term = if k == 1 { v } else { self.cur.ins().imul_imm_s(v, k) };
            sum = self.cur.ins().iadd(sum, term);
        }
        Ok(sum)
    }
}
