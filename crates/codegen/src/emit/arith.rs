//! Rows whose result depends on their operands only.

use super::{Emitter, clif_type};
use crate::backend::CodegenError;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use looplift_mir as mir;
use mir::{Imm, Opcode, Ty};

pub(super) fn int_cc(cc: mir::IntCC) -> IntCC {
    match cc {
        mir::IntCC::Eq => IntCC::Equal,
        mir::IntCC::Ne => IntCC::NotEqual,
        mir::IntCC::Slt => IntCC::SignedLessThan,
        mir::IntCC::Sle => IntCC::SignedLessThanOrEqual,
        mir::IntCC::Sgt => IntCC::SignedGreaterThan,
        mir::IntCC::Sge => IntCC::SignedGreaterThanOrEqual,
        mir::IntCC::Ult => IntCC::UnsignedLessThan,
        mir::IntCC::Ule => IntCC::UnsignedLessThanOrEqual,
        mir::IntCC::Ugt => IntCC::UnsignedGreaterThan,
        mir::IntCC::Uge => IntCC::UnsignedGreaterThanOrEqual,
    }
}

fn float_cc(cc: mir::FloatCC) -> FloatCC {
    match cc {
        mir::FloatCC::Eq => FloatCC::Equal,
        mir::FloatCC::Ne => FloatCC::NotEqual,
        mir::FloatCC::Lt => FloatCC::LessThan,
        mir::FloatCC::Le => FloatCC::LessThanOrEqual,
        mir::FloatCC::Gt => FloatCC::GreaterThan,
        mir::FloatCC::Ge => FloatCC::GreaterThanOrEqual,
        mir::FloatCC::Ord => FloatCC::Ordered,
        mir::FloatCC::Uno => FloatCC::Unordered,
    }
}

impl Emitter<'_, '_> {
    pub(super) fn iconst(&mut self, ty: ir::Type, v: i64) -> ir::Value {
        let bits = ty.bits();
        let v = if bits == 64 { v } else { v & ((1 << bits) - 1) };
        self.cur.ins().iconst(ty, v)
    }

    /// The constant that a MIR value is, if it is one.
    fn known_int(&self, v: mir::Value) -> Option<i64> {
        let mir::ValueDef::Result(inst, _) = self.mir.values[v].def else { return None };
        match (self.mir.insts[inst].op, self.mir.insts[inst].imm) {
            (Opcode::Iconst, Imm::Int(c)) => Some(match self.mir.ty(v) {
                Ty::I8 => i64::from(c as i8),
                Ty::I16 => i64::from(c as i16),
                Ty::I32 => i64::from(c as i32),
                Ty::I64 | Ty::Ref | Ty::F32 | Ty::F64 | Ty::F64x2 => c,
            }),
            _ => None,
        }
    }

    /// Whether a value is certainly not negative (so neither MIN nor -1), from its definition alone.
    fn is_non_negative(&self, v: mir::Value) -> bool {
        if let Some(c) = self.known_int(v) {
            return c >= 0;
        }
        let mir::ValueDef::Result(inst, _) = self.mir.values[v].def else { return false };
        let data = &self.mir.insts[inst];
        let known = |n: usize| data.args.get(n).and_then(|&a| self.known_int(a));
        match data.op {
            Opcode::Zext => true,
            Opcode::Band => known(0).is_some_and(|c| c >= 0) || known(1).is_some_and(|c| c >= 0),
            Opcode::Ushr => known(1).is_some_and(|c| c > 0),
            Opcode::Smax => known(0).is_some_and(|c| c >= 0) || known(1).is_some_and(|c| c >= 0),
            _ => false,
        }
    }

    pub(super) fn arith(&mut self, inst: mir::Inst, a: &[ir::Value]) -> Result<ir::Value, CodegenError> {
        use Opcode::*;
        let data = &self.mir.insts[inst];
        // The operand type (rows of rule Same, Compare, Shift, and the source of conversions).
        let from = data.args.first().map(|&v| self.mir.ty(v));
        let to = data.ty.map(clif_type);
        let need = |t: Option<ir::Type>| t.ok_or_else(|| self.invalid(format!("{} without a type", data.op.row().name)));
        Ok(match data.op {
            Iconst => {
                let Imm::Int(v) = data.imm else { return Err(self.invalid("iconst without a value")) };
                let ty = need(to)?;
                self.iconst(ty, v)
            }
            Fconst => {
                let Imm::Float(bits) = data.imm else { return Err(self.invalid("fconst without a value")) };
                match need(to)? {
                    types::F32 => self.cur.ins().f32const(ir::immediates::Ieee32::with_bits(bits as u32)),
                    _ => self.cur.ins().f64const(ir::immediates::Ieee64::with_bits(bits)),
                }
            }
            NullRef => self.cur.ins().iconst(types::I64, 0),
            Iadd => self.cur.ins().iadd(a[0], a[1]),
            Isub => self.cur.ins().isub(a[0], a[1]),
            Imul => self.cur.ins().imul(a[0], a[1]),
            Sdiv => self.sdiv(inst, a),
            Udiv => self.cur.ins().udiv(a[0], a[1]),
            Srem => self.cur.ins().srem(a[0], a[1]),
            Urem => self.cur.ins().urem(a[0], a[1]),
            FloorDiv => self.floor_div(inst, a),
            FloorMod => self.floor_mod(a),
            Ineg => self.cur.ins().ineg(a[0]),
            Iabs => self.cur.ins().iabs(a[0]),
            Smin => self.cur.ins().smin(a[0], a[1]),
            Smax => self.cur.ins().smax(a[0], a[1]),
            Umin => self.cur.ins().umin(a[0], a[1]),
            Umax => self.cur.ins().umax(a[0], a[1]),
            Band => self.cur.ins().band(a[0], a[1]),
            Bor => self.cur.ins().bor(a[0], a[1]),
            Bxor => self.cur.ins().bxor(a[0], a[1]),
            Bnot => self.cur.ins().bnot(a[0]),
            Shl | Sshr | Ushr => self.shift(inst, a),
            Rotr => self.cur.ins().rotr(a[0], a[1]),
            Popcnt => self.cur.ins().popcnt(a[0]),
            Clz => self.cur.ins().clz(a[0]),
            Ctz => self.cur.ins().ctz(a[0]),
            UmulHi => self.cur.ins().umulhi(a[0], a[1]),
            SmulHi => self.cur.ins().smulhi(a[0], a[1]),
            Icmp => {
                let Imm::ICond(cc) = data.imm else { return Err(self.invalid("icmp without a condition")) };
                self.cur.ins().icmp(int_cc(cc), a[0], a[1])
            }
            Fadd => self.cur.ins().fadd(a[0], a[1]),
            Fsub => self.cur.ins().fsub(a[0], a[1]),
            Fmul => self.cur.ins().fmul(a[0], a[1]),
            Fdiv => self.cur.ins().fdiv(a[0], a[1]),
            Fneg => self.cur.ins().fneg(a[0]),
            Fabs => self.cur.ins().fabs(a[0]),
            Fsqrt => self.cur.ins().sqrt(a[0]),
            Ffloor => self.cur.ins().floor(a[0]),
            Fceil => self.cur.ins().ceil(a[0]),
            Ftrunc => self.cur.ins().trunc(a[0]),
            Fnearest => self.cur.ins().nearest(a[0]),
            Fcopysign => self.cur.ins().fcopysign(a[0], a[1]),
            Fma => self.cur.ins().fma(a[0], a[1], a[2]),
            FminNan => self.cur.ins().fmin(a[0], a[1]),
            FmaxNan => self.cur.ins().fmax(a[0], a[1]),
            Fcmp => {
                let Imm::FCond(cc) = data.imm else { return Err(self.invalid("fcmp without a condition")) };
                self.cur.ins().fcmp(float_cc(cc), a[0], a[1])
            }
            Select => self.select(inst, a)?,
            Sext | Zext | Ireduce => {
                let to = need(to)?;
                let from = self.cur.func.dfg.value_type(a[0]);
                match data.op {
                    _ if from == to => a[0],
                    Sext => self.cur.ins().sextend(to, a[0]),
                    Zext => self.cur.ins().uextend(to, a[0]),
                    _ => self.cur.ins().ireduce(to, a[0]),
                }
            }
            SintToFloat => {
                let to = need(to)?;
                let v = self.at_least_i32(a[0], true);
                self.cur.ins().fcvt_from_sint(to, v)
            }
            UintToFloat => {
                let to = need(to)?;
                let v = self.at_least_i32(a[0], false);
                self.cur.ins().fcvt_from_uint(to, v)
            }
            FloatToSint => {
                let to = need(to)?;
                if to == types::I64 && self.fitting.contains(&inst) { self.cur.ins().fcvt_to_sint_sat(to, a[0]) } else { self.float_to_sint(to, a[0]) }
            }
            FloatToUint => self.float_to_uint(a[0]),
            Splat => self.cur.ins().splat(types::F64X2, a[0]),
            Pair => {
                let low = self.cur.ins().scalar_to_vector(types::F64X2, a[0]);
                self.cur.ins().insertlane(low, a[1], 1)
            }
            Low => self.cur.ins().extractlane(a[0], 0),
            High => self.cur.ins().extractlane(a[0], 1),
            FcmpBoth | FcmpEither => {
                let Imm::FCond(cc) = data.imm else { return Err(self.invalid("a comparison without a condition")) };
                let mask = self.cur.ins().fcmp(float_cc(cc), a[0], a[1]);
                let signs = self.cur.ins().vhigh_bits(types::I32, mask);
                match data.op {
                    FcmpBoth => self.cur.ins().icmp_imm_u(IntCC::Equal, signs, 3),
                    _ => self.cur.ins().icmp_imm_u(IntCC::NotEqual, signs, 0),
                }
            }
            Fpromote => self.cur.ins().fpromote(types::F64, a[0]),
            Fdemote => self.cur.ins().fdemote(types::F32, a[0]),
            Bitcast => {
                let to = need(to)?;
                if from.map(clif_type) == Some(to) {
                    a[0]
                } else if let Some(float) = self.bits_of(a[0], to) {
                    // There and back: a copy (`uncouple_floats`).
                    self.cur.ins().bor(float, float)
                } else {
                    self.cur.ins().bitcast(to, MemFlagsData::new(), a[0])
                }
            }
            RefAddr => a[0],
            Load | Store | MemCopy | MemZero | StackSlot | DataAddr | FuncAddr | Alloc | AllocZeroed | AllocTry | AllocZeroedTry | RefData | Retain
            | Release | KeepAlive | Call | CallTry | CallRt | CallRtTry | Guard | SetExc | ExcMatches | ClearExc | Poll | PollTry | StackCheck => {
                unreachable!("not an arithmetic row")
            }
        })
    }

    /// The float of type `ty` whose bits `v` is.
    fn bits_of(&self, v: ir::Value, ty: ir::Type) -> Option<ir::Value> {
        let dfg = &self.cur.func.dfg;
        let def = dfg.value_def(v).inst()?;
        let ir::InstructionData::LoadNoOffset { opcode: ir::Opcode::Bitcast, arg, .. } = dfg.insts[def] else { return None };
        (ty.is_float() && dfg.value_type(arg) == ty).then_some(arg)
    }

    /// Machine code chooses between integers without a branch, between floats with one. A choice by a comparison of floats
    /// is made by masks instead: which way a number goes is often not to be foreseen.
    fn select(&mut self, inst: mir::Inst, a: &[ir::Value]) -> Result<ir::Value, CodegenError> {
        let data = &self.mir.insts[inst];
        let lanes = match self.mir.ty(data.args[1]) {
            Ty::F32 => Some((types::F32X4, types::I32X4)),
            Ty::F64 => Some((types::F64X2, types::I64X2)),
            Ty::I8 | Ty::I16 | Ty::I32 | Ty::I64 | Ty::Ref | Ty::F64x2 => None,
        };
        if let (Some((floats, ints)), mir::ValueDef::Result(cmp, _), true) = (lanes, self.mir.values[data.args[0]].def, self.blends)
            && let (Opcode::Fcmp, Imm::FCond(cc)) = (self.mir.insts[cmp].op, self.mir.insts[cmp].imm)
        {
            let operands = &self.mir.insts[cmp].args;
            let (x, y) = (operands[0], operands[1]);
            let chosen = (data.args[1], data.args[2]);
            // These are one row, minimum or maximum: selection knows them by "less than".
            let extreme = matches!(cc, mir::FloatCC::Lt | mir::FloatCC::Gt) && (chosen == (x, y) || chosen == (y, x));
            if extreme && cc == mir::FloatCC::Gt {
                let (x, y) = (self.value(x)?, self.value(y)?);
                let c = self.cur.ins().fcmp(FloatCC::LessThan, y, x);
                return Ok(self.cur.ins().select(c, a[1], a[2]));
            }
            if self.mir.ty(x) == self.mir.ty(data.args[1]) && !extreme {
                let wide = |e: &mut Self, v: ir::Value| e.cur.ins().splat(floats, v);
                let bits = |e: &mut Self, v: ir::Value| {
                    let v = wide(e, v);
                    e.cur.ins().bitcast(ints, MemFlagsData::new().with_endianness(ir::Endianness::Little), v)
                };
                let (x, y) = (self.value(x)?, self.value(y)?);
                let (x, y) = (wide(self, x), wide(self, y));
                let mask = self.cur.ins().fcmp(float_cc(cc), x, y);
                let (p, q) = (bits(self, a[1]), bits(self, a[2]));
                let v = self.cur.ins().blendv(mask, p, q);
                let v = self.cur.ins().bitcast(floats, MemFlagsData::new().with_endianness(ir::Endianness::Little), v);
                return Ok(self.cur.ins().extractlane(v, 0));
            }
        }
        Ok(self.cur.ins().select(a[0], a[1], a[2]))
    }

    fn at_least_i32(&mut self, v: ir::Value, signed: bool) -> ir::Value {
        let ty = self.cur.func.dfg.value_type(v);
        match (ty.bits() < 32, signed) {
            (false, _) => v,
            (true, true) => self.cur.ins().sextend(types::I32, v),
            (true, false) => self.cur.ins().uextend(types::I32, v),
        }
    }

    /// Counts outside the width (as unsigned numbers) shift everything out. Cranelift takes counts modulo the width.
    fn shift(&mut self, inst: mir::Inst, a: &[ir::Value]) -> ir::Value {
        let data = &self.mir.insts[inst];
        let ty = self.cur.func.dfg.value_type(a[0]);
        let bits = i64::from(ty.bits());
        let in_range = self.known_int(data.args[1]).is_some_and(|c| (0..bits).contains(&c));
        let count_ty = self.cur.func.dfg.value_type(a[1]);
        match data.op {
            Opcode::Sshr => {
                let count = if in_range {
                    a[1]
                } else {
                    let last = self.iconst(count_ty, bits - 1);
                    self.cur.ins().umin(a[1], last)
                };
                self.cur.ins().sshr(a[0], count)
            }
            op => {
                let shifted = if op == Opcode::Shl { self.cur.ins().ishl(a[0], a[1]) } else { self.cur.ins().ushr(a[0], a[1]) };
                if in_range {
                    return shifted;
                }
                let limit = self.iconst(count_ty, bits);
                let fits = self.cur.ins().icmp(IntCC::UnsignedLessThan, a[1], limit);
                let zero = self.iconst(ty, 0);
                self.cur.ins().select(fits, shifted, zero)
            }
        }
    }

    /// Division that never traps. The processor's traps on MIN / -1; a divisor that may be -1 is branched around (negation
    /// gives the right answer for it). Narrow types divide as i32, where the case cannot arise.
    fn sdiv(&mut self, inst: mir::Inst, a: &[ir::Value]) -> ir::Value {
        let ty = self.cur.func.dfg.value_type(a[0]);
        if ty.bits() < 32 {
            let (x, y) = (self.cur.ins().sextend(types::I32, a[0]), self.cur.ins().sextend(types::I32, a[1]));
            let q = self.cur.ins().sdiv(x, y);
            return self.cur.ins().ireduce(ty, q);
        }
        let [n, d] = [0, 1].map(|i| self.mir.insts[inst].args[i]);
        let harmless = |c: Option<i64>| c.is_some_and(|c| c != -1);
        if harmless(self.known_int(d)) || self.is_non_negative(d) || self.is_non_negative(n) {
            return self.cur.ins().sdiv(a[0], a[1]);
        }
        let minus_one = self.iconst(ty, -1);
        let special = self.cur.ins().icmp(IntCC::Equal, a[1], minus_one);
        let (negate, divide, join) = (self.new_block_here(), self.new_block_here(), self.new_block_here());
        let result = self.cur.func.dfg.append_block_param(join, ty);
        self.cur.ins().brif(special, negate, &[], divide, &[]);
        self.enter(divide);
        let q = self.cur.ins().sdiv(a[0], a[1]);
        self.cur.ins().jump(join, &[q.into()]);
        self.enter(negate);
        self.cur.func.layout.set_cold(negate);
        let q = self.cur.ins().ineg(a[0]);
        self.cur.ins().jump(join, &[q.into()]);
        self.enter(join);
        result
    }

    /// q = n / d toward zero, r = n - q*d; one less where r != 0 and the signs of r and d differ.
    fn floor_div(&mut self, inst: mir::Inst, a: &[ir::Value]) -> ir::Value {
        let ty = self.cur.func.dfg.value_type(a[0]);
        let q = self.sdiv(inst, a);
        let product = self.cur.ins().imul(q, a[1]);
        let r = self.cur.ins().isub(a[0], product);
        let adjust = self.needs_floor_fix(r, a[1]);
        let one = if ty == types::I8 { adjust } else { self.cur.ins().uextend(ty, adjust) };
        self.cur.ins().isub(q, one)
    }

    fn floor_mod(&mut self, a: &[ir::Value]) -> ir::Value {
        let r = self.cur.ins().srem(a[0], a[1]);
        let adjust = self.needs_floor_fix(r, a[1]);
        let fixed = self.cur.ins().iadd(r, a[1]);
        self.cur.ins().select(adjust, fixed, r)
    }

    fn needs_floor_fix(&mut self, r: ir::Value, d: ir::Value) -> ir::Value {
        let ty = self.cur.func.dfg.value_type(r);
        let zero = self.iconst(ty, 0);
        let signs = self.cur.ins().bxor(r, d);
        let differ = self.cur.ins().icmp(IntCC::SignedLessThan, signs, zero);
        let nonzero = self.cur.ins().icmp(IntCC::NotEqual, r, zero);
        self.cur.ins().band(differ, nonzero)
    }

    /// x86's answer: everything that does not fit gives MIN. Saturation gives that already for what is too small; what is
    /// too large, and NaN, fail the comparison.
    fn float_to_sint(&mut self, to: ir::Type, v: ir::Value) -> ir::Value {
        let from = self.cur.func.dfg.value_type(v);
        let wide = if to.bits() < 32 { types::I32 } else { to };
        let converted = self.cur.ins().fcvt_to_sint_sat(wide, v);
        let limit = self.float_power_of_two(from, wide.bits() - 1);
        let fits = self.cur.ins().fcmp(FloatCC::LessThan, v, limit);
        let min = self.iconst(wide, if wide == types::I32 { i64::from(i32::MIN) } else { i64::MIN });
        let chosen = self.cur.ins().select(fits, converted, min);
        if wide == to { chosen } else { self.cur.ins().ireduce(to, chosen) }
    }

    fn float_to_uint(&mut self, v: ir::Value) -> ir::Value {
        let from = self.cur.func.dfg.value_type(v);
        let half = self.float_power_of_two(from, 63);
        let low = self.float_to_sint(types::I64, v);
        let is_high = self.cur.ins().fcmp(FloatCC::GreaterThanOrEqual, v, half);
        // In [2^63, 2^64): convert the rest above 2^63; beyond that the rest does not fit and must give 0 to give 2^63.
        let rest = self.cur.ins().fsub(v, half);
        let rest_fits = self.cur.ins().fcmp(FloatCC::LessThan, rest, half);
        let converted = self.cur.ins().fcvt_to_sint_sat(types::I64, rest);
        let zero = self.iconst(types::I64, 0);
        let converted = self.cur.ins().select(rest_fits, converted, zero);
        let min = self.iconst(types::I64, i64::MIN);
        let high = self.cur.ins().bxor(converted, min);
        self.cur.ins().select(is_high, high, low)
    }

    fn float_power_of_two(&mut self, ty: ir::Type, exponent: u32) -> ir::Value {
        let v = (2.0f64).powi(exponent as i32);
        match ty {
            types::F32 => self.cur.ins().f32const(v as f32),
            _ => self.cur.ins().f64const(v),
        }
    }
}
