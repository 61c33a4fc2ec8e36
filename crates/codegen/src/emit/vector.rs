//! Loops marked `vector`: a call of a kernel in place of the loop.
//!
//! The kernel's machine code lies among the constant data of the blob. Its words are stored in the frame. Mostly it runs every
//! iteration, so that behind the call the loop is done, and what it carried has its last value. A kernel that may leave says
//! how many iterations it has run; the copy of the loop that it leaves to goes on from there.

use super::{Emitter, clif_type};
use crate::backend::CodegenError;
use crate::symbol::Symbol;
use crate::wrapper::widen;
use cranelift_codegen::cursor::Cursor;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use looplift_mir as mir;
use looplift_simd::kernel::Start;
use looplift_simd::plan::{Address, Combine, Context, Invariant, Plan};

/// Pointers that are passed in registers.
const PASSED: usize = 3;
/// Kernels with larger frames are not worth it.
const MAX_WORDS: u32 = 256;

impl Emitter<'_, '_> {
    /// Emits the loop with the header `b` as a call of a kernel; false if that cannot be, and nothing was emitted.
    pub(super) fn vector_loop(&mut self, b: mir::Block) -> Result<bool, CodegenError> {
        let Some(isa) = self.input.vectors else { return Ok(false) };
        let cx = self.context.get_or_insert_with(|| Context::new(self.mir, isa));
        let Ok(mut plan) = Plan::new(self.mir, b, cx) else { return Ok(false) };
        if !plan.is_ready() {
            return Ok(false);
        }
        let Some((kernel, code)) = looplift_simd::make(&plan.kernel, isa) else { return Ok(false) };
        plan.kernel = kernel;
        if plan.kernel.words() > MAX_WORDS {
            return Ok(false);
        }
        let entry = code.entry;
        let number = {
            let mut kernels = self.input.kernels.borrow_mut();
            kernels.push(code);
            self.input.kernel_base + kernels.len() as u32 - 1
        };
        self.cur.set_srcloc(ir::SourceLoc::new(self.mir.blocks[plan.latch].term_span.as_u32()));
        let slot = self.stack_slot(u64::from(plan.kernel.words()) * 8, 3)?;
        let words = self.cur.ins().stack_addr(types::I64, slot, 0);
        // Iterations.
        let (start, limit) = (self.value(plan.counter)?, self.value(plan.limit)?);
        let (from, to) = if plan.step > 0 { (start, limit) } else { (limit, start) };
        let mut count = self.cur.ins().isub(to, from);
        if plan.is_inclusive() {
            count = self.cur.ins().iadd_imm_s(count, 1);
        }
        let one = self.iconst(types::I64, 1);
        let count = self.cur.ins().smax(count, one);
        self.call_kernel(&plan, number, entry, words, count)?;
        let totals = self.totals(&plan, b, words)?;
        if let Some(stop) = plan.stop() {
            self.leave(&plan, b, stop, &totals, words, count)?;
        }
        // What the loop leaves behind.
        for (r, &total) in plan.reductions.iter().zip(&totals) {
            self.values[r.value] = total.into();
        }
        for i in &plan.inductions {
            let first = self.value(i.param)?;
            let way = self.cur.ins().imul_imm_s(count, i.step);
            let next = self.cur.ins().iadd(first, way);
            let last = self.cur.ins().iadd_imm_s(next, i.step.wrapping_neg());
            self.values[i.param] = last.into();
            self.values[i.next] = next.into();
        }
        plan.blocks.iter().for_each(|&b| {
            self.done.insert(b);
        });
        let args = self.edge(&plan.exit)?;
        let target = self.block(plan.exit.block);
        self.cur.ins().jump(target, &args);
        Ok(true)
    }

    /// Goes where the loop leaves to, if the kernel has stopped before all iterations had run: with what the next one starts from.
    fn leave(
        &mut self,
        plan: &Plan,
        b: mir::Block,
        stop: &mir::BlockCall,
        totals: &[ir::Value],
        words: ir::Value,
        count: ir::Value,
    ) -> Result<(), CodegenError> {
        let ran = self.cur.ins().load(types::I64, MemFlagsData::trusted(), words, 0);
        let finished = self.cur.ins().icmp(IntCC::SignedGreaterThanOrEqual, ran, count);
        let mut args: Vec<ir::BlockArg> = Vec::new();
        for &v in &stop.args {
            let now = if let Some(i) = plan.inductions.iter().find(|i| i.param == v) {
                let first = self.value(v)?;
                let way = self.cur.ins().imul_imm_s(ran, i.step);
                self.cur.ins().iadd(first, way)
            } else if let Some(n) = plan.reductions.iter().position(|r| self.mir.blocks[b].params[r.position] == v) {
                totals[n]
            } else {
                self.value(v)?
            };
            args.push(now.into());
        }
        let target = self.block(stop.block);
        let out = self.new_block_here();
        self.cur.ins().brif(finished, out, &[], target, &args);
        self.enter(out);
        Ok(())
    }

    fn call_kernel(&mut self, plan: &Plan, number: u32, entry: u32, words: ir::Value, count: ir::Value) -> Result<(), CodegenError> {
        let flags = MemFlagsData::trusted();
        let mut addresses = Vec::new();
        for (n, p) in plan.pointers.iter().enumerate() {
            let mut address = self.first_address(p)?;
            if plan.is_turned {
                let others = self.cur.ins().iadd_imm_s(count, -1);
                let way = self.cur.ins().imul_imm_s(others, p.stride);
                address = self.cur.ins().iadd(address, way);
            }
            if n >= PASSED {
                self.cur.ins().store(flags, address, words, 8 * plan.kernel.pointer_word(n as u32) as i32);
            }
            addresses.push(address);
        }
        for (n, &v) in plan.invariants.iter().enumerate() {
            let (value, ty) = match v {
                Invariant::Value(v) => (self.value(v)?, self.mir.ty(v)),
                Invariant::Load(n, ty, region) => {
                    let address = self.first_address(&plan.fixed[n as usize])?;
                    let flags = self.flags(super::memory::area(region));
                    (self.cur.ins().load(clif_type(ty), flags, address, 0), ty)
                }
                Invariant::Stride(n) => (self.stride(&plan.pointers[n as usize])?, mir::Ty::I64),
                Invariant::Function(sym) => (self.symbol_value(Symbol::Rt(sym)), mir::Ty::I64),
                Invariant::Zero => (self.iconst(types::I64, 0), mir::Ty::I64),
            };
            let word = widen(&mut self.cur, ty, value);
            self.cur.ins().store(flags, word, words, 8 * plan.kernel.invariant_word(n as u32) as i32);
        }
        let base = self.symbol_value(Symbol::Data(number));
        let callee = self.cur.ins().iadd_imm_s(base, i64::from(entry));
        // The fourth is nothing.
        let pointer = |n: usize| addresses.get(n).copied().unwrap_or(words);
        let args = [words, pointer(0), count, words, pointer(1), pointer(2)];
        let sig = self.words_signature(args.len(), 0);
        let sig = self.cur.func.import_signature(sig);
        self.cur.ins().call_indirect(sig, callee, &args);
        Ok(())
    }

    /// What each reduction comes to.
    fn totals(&mut self, plan: &Plan, b: mir::Block, words: ir::Value) -> Result<Vec<ir::Value>, CodegenError> {
        let flags = MemFlagsData::trusted();
        let mut totals = Vec::new();
        for (n, carried) in plan.reductions.iter().enumerate() {
            let r = &plan.kernel.reductions[n];
            let at = 8 * plan.kernel.reduction_word(n) as i32;
            let first = self.value(self.mir.blocks[b].params[carried.position])?;
            let mut lanes: Vec<ir::Value> =
                (0..plan.kernel.lanes as i32).map(|lane| self.cur.ins().load(clif_type(r.ty), flags, words, at + lane * r.ty.bytes() as i32)).collect();
            // Neighbours first: the sums of pairs do not wait for each other.
            while lanes.len() > 1 {
                lanes = lanes.chunks(2).map(|p| if let &[a, b] = p { self.combined(carried.combine, a, b) } else { Ok(p[0]) }).collect::<Result<_, _>>()?;
            }
            let starts_anew = !matches!((r.start, carried.combine), (_, Combine::Set(_)) | (Start::Invariant(_), _));
            let total = match lanes.first() {
                Some(&lanes) if starts_anew => Some(self.combined(carried.combine, first, lanes)?),
                lanes => lanes.copied(),
            };
            let total = match (total, carried.combine) {
                (Some(any), Combine::Set(to)) => {
                    let to = self.value(to)?;
                    self.cur.ins().select(any, to, first)
                }
                (total, _) => total.unwrap_or(first),
            };
            totals.push(total);
        }
        Ok(totals)
    }

    /// Two lanes of a reduction as one.
    fn combined(&mut self, combine: Combine, a: ir::Value, b: ir::Value) -> Result<ir::Value, CodegenError> {
        match combine {
            Combine::As(inst) => self.arith(inst, &[a, b]),
            Combine::Set(_) => Ok(self.cur.ins().bor(a, b)),
            Combine::Sum if self.cur.func.dfg.value_type(a).is_float() => Ok(self.cur.ins().fadd(a, b)),
            Combine::Sum => Ok(self.cur.ins().iadd(a, b)),
            Combine::Extreme { max, .. } => {
                let better = self.cur.ins().fcmp(if max { FloatCC::GreaterThan } else { FloatCC::LessThan }, b, a);
                Ok(self.cur.ins().select(better, b, a))
            }
        }
    }

    /// The address in the first iteration.
    fn first_address(&mut self, address: &Address) -> Result<ir::Value, CodegenError> {
        let mut sum = self.iconst(types::I64, address.offset);
        for t in &address.terms {
            let mut term = self.value(t.value)?;
            if let Some(by) = t.by {
                let by = self.value(by)?;
                term = self.cur.ins().imul(term, by);
            }
            if t.factor != 1 {
                term = self.cur.ins().imul_imm_s(term, t.factor);
            }
            sum = self.cur.ins().iadd(sum, term);
        }
        Ok(sum)
    }

    /// How far the elements of neighbouring iterations are apart.
    fn stride(&mut self, address: &Address) -> Result<ir::Value, CodegenError> {
        let mut sum = self.iconst(types::I64, address.stride);
        for &(v, k) in &address.paces {
            let v = self.value(v)?;
            let pace = if k == 1 { v } else { self.cur.ins().imul_imm_s(v, k) };
            sum = self.cur.ins().iadd(sum, pace);
        }
        Ok(sum)
    }
}
