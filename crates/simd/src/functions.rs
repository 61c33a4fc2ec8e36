//! Elementary functions as nodes.

use crate::kernel::{Extra, Node, NodeId, Op, Rep};
use crate::plan::build::Constants;
use cranelift_entity::PrimaryMap;
use looplift_abi::symbols::Sym;
use looplift_mir::{FloatCC, Imm, Opcode, Ty};
use looplift_numerics::elementary::{self, Machine};

/// Adds nodes that compute a runtime symbol; `None` for symbols that have no such form.
pub(crate) fn expand(sym: Sym, nodes: &mut PrimaryMap<NodeId, Node>, constants: &mut Constants, x: NodeId) -> Option<NodeId> {
    let mut graph = Graph { nodes, constants };
    Some(match sym {
        Sym::ArrayExp => elementary::exp(&mut graph, x),
        Sym::ArrayLog => elementary::log(&mut graph, x),
        Sym::ArrayTanh => elementary::tanh(&mut graph, x),
        _ => return None,
    })
}

/// Whether [`expand`] knows it.
pub fn is_known(sym: Sym) -> bool {
    matches!(sym, Sym::ArrayExp | Sym::ArrayLog | Sym::ArrayTanh)
}

struct Graph<'a> {
    nodes: &'a mut PrimaryMap<NodeId, Node>,
    constants: &'a mut Constants,
}

impl Graph<'_> {
    fn push(&mut self, op: Op, args: &[NodeId]) -> NodeId {
        self.nodes.push(Node { op, rep: Rep::Vector(Ty::F64), args: args.into() })
    }
    fn lanes(&mut self, op: Opcode, args: &[NodeId]) -> NodeId {
        self.push(Op::Lanes(op, Imm::None), args)
    }
}

impl Machine for Graph<'_> {
    type Number = NodeId;
    type Truth = NodeId;
    fn constant(&mut self, x: f64) -> NodeId {
        let bits = x.to_bits();
        match self.constants.get(&(bits, Ty::F64)) {
            Some(&n) => n,
            None => {
                let n = self.push(Op::Const(bits), &[]);
                self.constants.insert((bits, Ty::F64), n);
                n
            }
        }
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
        self.nodes.push(Node { op, rep: Rep::Mask, args: [a, b].as_slice().into() })
    }
    fn select(&mut self, c: NodeId, a: NodeId, b: NodeId) -> NodeId {
        self.lanes(Opcode::Select, &[c, a, b])
    }
}
