//! Loop nests over the elements of strided memory, for fills and copies that are one Python operation.

use crate::cx::{Cx, Res};
use looplift_mir::{Block, IntCC, Opcode, Value, Var};

/// A strided view: its first element's address and the byte strides.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub addr: Value,
    pub strides: Vec<Value>,
}

/// Open loops, outermost first.
pub(crate) struct Nest {
    loops: Vec<(Var, Value, Block, Block)>,
}

impl Cx<'_> {
    /// Opens loops over `shape`; gives each view's element address inside the innermost.
    pub fn open_nest(&mut self, shape: &[Value], views: &[View]) -> (Nest, Vec<Value>) {
        let mut addrs: Vec<Value> = views.iter().map(|v| v.addr).collect();
        let mut nest = Nest { loops: Vec::new() };
        for (axis, &n) in shape.iter().enumerate() {
            let zero = self.i64(0);
            let var = self.new_var(zero);
            let header = self.b.block();
            self.b.jump(header, &[]);
            self.b.switch_to(header);
            let i = self.b.use_var(var);
            let more = self.b.icmp(IntCC::Slt, i, n);
            let (body, done) = self.branch(more);
            self.b.switch_to(body);
            for (addr, view) in addrs.iter_mut().zip(views) {
                let off = self.mul(i, view.strides[axis]);
                *addr = self.b.binary(Opcode::Iadd, *addr, off);
            }
            nest.loops.push((var, i, header, done));
        }
        (nest, addrs)
    }

    pub fn close_nest(&mut self, nest: Nest) {
        for (var, i, header, done) in nest.loops.into_iter().rev() {
            let one = self.i64(1);
            let next = self.b.binary(Opcode::Iadd, i, one);
            self.b.def_var(var, next);
            self.b.jump(header, &[]);
            self.b.seal(header);
            self.b.switch_to(done);
        }
    }

    /// Copies elements with conversion. The views do not overlap, or only with themselves in place.
    pub fn copy_elements(&mut self, shape: &[Value], from: looplift_types::ArrayTy, src: View, to: looplift_types::ArrayTy, dst: View) -> Res<()> {
        let (nest, addrs) = self.open_nest(shape, &[dst, src]);
        let item = self.borrow_item(from, addrs[1])?;
        let item = self.convert(&item, from.dtype, to.dtype)?;
        self.store_element(to, addrs[0], &item)?;
        self.close_nest(nest);
        Ok(())
    }
}
