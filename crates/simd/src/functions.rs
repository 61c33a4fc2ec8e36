//! Elementary functions as nodes.

use crate::kernel::{Extra, NodeId, Op, Rep};
use crate::plan::Invariant;
use crate::plan::build::Builder;
use looplift_abi::symbols::Sym;
use looplift_mir::{FloatCC, Imm, Opcode, Ty};
use looplift_numerics::elementary::{self, Machine, Plain};

/// Adds nodes that compute a runtime symbol; `None` for symbols that have no such form.
pub(crate) fn expand(builder: &mut Builder<'_>, sym: Sym, args: &[NodeId]) -> Option<NodeId> {
    let (form, ty) = form(sym, builder.func.flags.fastmath)?;
    let m = &mut Graph { builder };
    let args: Vec<NodeId> = args.iter().map(|&a| if ty == Ty::F32 { m.lanes(Opcode::Fpromote, &[a]) } else { a }).collect();
    let y = match (form, &args[..]) {
        (Sym::ArraySin, &[x]) => elementary::sin(m, x),
        (Sym::ArrayCos, &[x]) => elementary::cos(m, x),
        (Sym::ArrayTan, &[x]) => elementary::tan(m, x),
        (Sym::ArrayAtan, &[x]) => elementary::atan(m, x),
        (Sym::ArrayExp, &[x]) => elementary::exp(m, x),
        (Sym::ArrayExp2, &[x]) => elementary::exp2(m, x),
        (Sym::ArrayExpm1, &[x]) => elementary::expm1(m, x),
        (Sym::ArraySinh, &[x]) => elementary::sinh(m, x),
        (Sym::ArrayCosh, &[x]) => elementary::cosh(m, x),
        (Sym::ArrayTanh, &[x]) => elementary::tanh(m, x),
        (Sym::ArrayLog, &[x]) => elementary::log(m, x),
        (Sym::ArrayLog1p, &[x]) => elementary::log1p(m, x),
        (Sym::ArrayLog2, &[x]) => elementary::log2(m, x),
        (Sym::ArrayLog10, &[x]) => elementary::log10(m, x),
        (Sym::ArrayAtan2, &[y, x]) => elementary::atan2(m, y, x),
        (Sym::ArrayPow, &[x, y]) => elementary::pow(m, x, y),
        _ => return None,
    };
    Some(if ty == Ty::F32 { m.builder.push(Op::Lanes(Opcode::Fdemote, Imm::None), Rep::Vector(ty), &[y]) } else { y })
}

/// Whether [`expand`] knows it.
pub fn is_known(sym: Sym, fastmath: bool) -> bool {
    form(sym, fastmath).is_some()
}

/// What arrays compute instead of a function, and the type of its numbers. Under `fastmath` a vector loop does so for the C
/// library's functions as well; loops that are none call these.
fn form(sym: Sym, fastmath: bool) -> Option<(Sym, Ty)> {
    let found = match sym {
        Sym::ArraySin
        | Sym::ArrayCos
        | Sym::ArrayTan
        | Sym::ArrayAtan
        | Sym::ArrayExp
        | Sym::ArrayExp2
        | Sym::ArrayExpm1
        | Sym::ArraySinh
        | Sym::ArrayCosh
        | Sym::ArrayTanh
        | Sym::ArrayLog
        | Sym::ArrayLog1p
        | Sym::ArrayLog2
        | Sym::ArrayLog10
        | Sym::ArrayAtan2
        | Sym::ArrayPow => return Some((sym, Ty::F64)),
        Sym::Sin => (Sym::ArraySin, Ty::F64),
        Sym::SinF32 => (Sym::ArraySin, Ty::F32),
        Sym::Cos => (Sym::ArrayCos, Ty::F64),
        Sym::CosF32 => (Sym::ArrayCos, Ty::F32),
        Sym::Tan => (Sym::ArrayTan, Ty::F64),
        Sym::TanF32 => (Sym::ArrayTan, Ty::F32),
        Sym::Atan => (Sym::ArrayAtan, Ty::F64),
        Sym::AtanF32 => (Sym::ArrayAtan, Ty::F32),
        Sym::Exp => (Sym::ArrayExp, Ty::F64),
        Sym::ExpF32 => (Sym::ArrayExp, Ty::F32),
        Sym::Exp2 => (Sym::ArrayExp2, Ty::F64),
        Sym::Exp2F32 => (Sym::ArrayExp2, Ty::F32),
        Sym::Expm1 => (Sym::ArrayExpm1, Ty::F64),
        Sym::Expm1F32 => (Sym::ArrayExpm1, Ty::F32),
        Sym::Sinh => (Sym::ArraySinh, Ty::F64),
        Sym::SinhF32 => (Sym::ArraySinh, Ty::F32),
        Sym::Cosh => (Sym::ArrayCosh, Ty::F64),
        Sym::CoshF32 => (Sym::ArrayCosh, Ty::F32),
        Sym::Tanh => (Sym::ArrayTanh, Ty::F64),
        Sym::TanhF32 => (Sym::ArrayTanh, Ty::F32),
        Sym::Log => (Sym::ArrayLog, Ty::F64),
        Sym::LogF32 => (Sym::ArrayLog, Ty::F32),
        Sym::Log1p => (Sym::ArrayLog1p, Ty::F64),
        Sym::Log1pF32 => (Sym::ArrayLog1p, Ty::F32),
        Sym::Log2 => (Sym::ArrayLog2, Ty::F64),
        Sym::Log2F32 => (Sym::ArrayLog2, Ty::F32),
        Sym::Log10 => (Sym::ArrayLog10, Ty::F64),
        Sym::Log10F32 => (Sym::ArrayLog10, Ty::F32),
        Sym::Atan2 => (Sym::ArrayAtan2, Ty::F64),
        Sym::Atan2F32 => (Sym::ArrayAtan2, Ty::F32),
        Sym::Pow => (Sym::ArrayPow, Ty::F64),
        Sym::PowF32 => (Sym::ArrayPow, Ty::F32),
        _ => return None,
    };
    fastmath.then_some(found)
}

/// The C library's function.
fn symbol(function: Plain) -> Sym {
    match function {
        Plain::Sin => Sym::Sin,
        Plain::Cos => Sym::Cos,
        Plain::Tan => Sym::Tan,
        Plain::Atan2 => Sym::Atan2,
        Plain::Expm1 => Sym::Expm1,
        Plain::Sinh => Sym::Sinh,
        Plain::Cosh => Sym::Cosh,
        Plain::Pow => Sym::Pow,
        Plain::Log => Sym::Log,
        Plain::Log1p => Sym::Log1p,
        Plain::Log2 => Sym::Log2,
        Plain::Log10 => Sym::Log10,
    }
}

struct Graph<'a, 'b> {
    builder: &'a mut Builder<'b>,
}

impl Graph<'_, '_> {
    fn push(&mut self, op: Op, args: &[NodeId]) -> NodeId {
        self.builder.push(op, Rep::Vector(Ty::F64), args)
    }
    fn lanes(&mut self, op: Opcode, args: &[NodeId]) -> NodeId {
        self.push(Op::Lanes(op, Imm::None), args)
    }
}

impl Machine for Graph<'_, '_> {
    type Number = NodeId;
    type Truth = NodeId;
    fn constant(&mut self, x: f64) -> NodeId {
        self.builder.constant(x.to_bits(), Ty::F64)
    }
    fn add(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.lanes(Opcode::Fadd, &[a, b])
    }
    fn sub(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.lanes(Opcode::Fsub, &[a, b])
    }
    fn mul(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.lanes(Opcode::Fmul, &[a, b])
    }
    fn div(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.lanes(Opcode::Fdiv, &[a, b])
    }
    fn fma(&mut self, a: NodeId, b: NodeId, c: NodeId) -> NodeId {
        self.lanes(Opcode::Fma, &[a, b, c])
    }
    fn round(&mut self, a: NodeId) -> NodeId {
        self.lanes(Opcode::Fnearest, &[a])
    }
    fn scale(&mut self, a: NodeId, n: NodeId) -> NodeId {
        self.push(Op::Extra(Extra::Scale), &[a, n])
    }
    fn exponent(&mut self, a: NodeId) -> NodeId {
        self.push(Op::Extra(Extra::Exponent), &[a])
    }
    fn mantissa(&mut self, a: NodeId) -> NodeId {
        self.push(Op::Extra(Extra::Mantissa), &[a])
    }
    fn least(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.push(Op::Extra(Extra::Least), &[a, b])
    }
    fn most(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.push(Op::Extra(Extra::Most), &[a, b])
    }
    fn abs(&mut self, a: NodeId) -> NodeId {
        self.lanes(Opcode::Fabs, &[a])
    }
    fn copysign(&mut self, a: NodeId, sign: NodeId) -> NodeId {
        self.lanes(Opcode::Fcopysign, &[a, sign])
    }
    fn less(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let op = Op::Lanes(Opcode::Fcmp, Imm::FCond(FloatCC::Lt));
        self.builder.push(op, Rep::Mask, &[a, b])
    }
    fn select(&mut self, c: NodeId, a: NodeId, b: NodeId) -> NodeId {
        self.lanes(Opcode::Select, &[c, a, b])
    }
    fn both(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.builder.push(Op::Lanes(Opcode::Band, Imm::None), Rep::Mask, &[a, b])
    }
    fn shift_left(&mut self, a: NodeId, by: u8) -> NodeId {
        self.push(Op::Extra(Extra::ShiftLeft(by)), &[a])
    }
    fn unless(&mut self, usual: NodeId, y: NodeId, function: Plain, args: &[NodeId]) -> NodeId {
        let address = self.builder.invariant(Invariant::Function(symbol(function)));
        let unusual = self.builder.push(Op::MaskNot, Rep::Mask, &[usual]);
        let mut all = vec![unusual, y];
        all.extend(args);
        self.push(Op::Rescue(address), &all)
    }
}
