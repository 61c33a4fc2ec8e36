//! Indexing arrays with integers, slices, `None` and `...`: the address and shape of what an index selects.

use crate::arrays::MAX_PAYLOAD;
use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::repr::ArrayWords;
use crate::slices::is_full;
use looplift_mir::{IntCC, Payload, Ty as MTy, Value};
use looplift_types::{ArrayTy, SliceTy, Ty, TyKind};
use smallvec::smallvec;

const _: () = assert!(MAX_PAYLOAD >= 2);

/// What an index selects.
pub(crate) struct Selected {
    pub addr: Value,
    pub shape: Vec<Value>,
    pub strides: Vec<Value>,
}

enum Component {
    Int {
        index: Value,
        signed: bool,
    },
    Slice(SliceTy, Words),
    NewAxis,
    /// This many whole axes.
    Rest(usize),
}

impl Cx<'_> {
    fn components(&mut self, a: ArrayTy, index: &[Operand]) -> Res<Vec<Component>> {
        let mut out = Vec::new();
        let mut used = 0;
        let mut rest = None;
        for op in index {
            out.push(match op.ty.kind() {
                TyKind::None => Component::NewAxis,
                TyKind::Ellipsis => {
                    rest = Some(out.len());
                    Component::Rest(0)
                }
                TyKind::Slice(s) => {
                    used += 1;
                    Component::Slice(*s, op.words.clone())
                }
                TyKind::Literal(_) => {
                    used += 1;
                    let n = self.literal(op)?;
                    Component::Int { index: self.i64(n), signed: true }
                }
                TyKind::Int(i) => {
                    used += 1;
                    let w = self.word(op)?;
                    Component::Int { index: self.resize(w, MTy::I64, i.signed), signed: i.signed }
                }
                _ => return self.unsupported(format!("an array index of type {}", op.ty)),
            });
        }
        let Some(missing) = usize::from(a.ndim).checked_sub(used) else {
            return self.internal(format!("{used} indices for {} dimensions", a.ndim));
        };
        match rest {
            Some(at) => out[at] = Component::Rest(missing),
            None => out.push(Component::Rest(missing)),
        }
        Ok(out)
    }

    /// Checks the index and gives what it selects.
    pub fn select_items(&mut self, a: ArrayTy, w: &[Value], index: &[Operand]) -> Res<Selected> {
        let at = ArrayWords { ndim: a.ndim.into() };
        let mut sel = Selected { addr: w[ArrayWords::DATA], shape: Vec::new(), strides: Vec::new() };
        let mut axis = 0;
        for c in self.components(a, index)? {
            match c {
                Component::NewAxis => {
                    sel.shape.push(self.i64(1));
                    sel.strides.push(self.i64(0));
                }
                Component::Rest(n) => {
                    for _ in 0..n {
                        sel.shape.push(w[at.shape(axis)]);
                        sel.strides.push(self.stride(a, w, axis)?);
                        axis += 1;
                    }
                }
                Component::Int { index, signed } => {
                    let stride = self.stride(a, w, axis)?;
                    let j = self.bounded(index, signed, w[at.shape(axis)], axis)?;
                    sel.addr = self.address(sel.addr, j, stride);
                    axis += 1;
                }
                Component::Slice(s, words) => {
                    let stride = self.stride(a, w, axis)?;
                    let n = w[at.shape(axis)];
                    axis += 1;
                    if is_full(s) {
                        sel.shape.push(n);
                        sel.strides.push(stride);
                        continue;
                    }
                    let b = self.slice_bounds(s, &words, n)?;
                    sel.addr = self.address(sel.addr, b.start, stride);
                    sel.shape.push(b.len);
                    sel.strides.push(self.mul(b.step, stride));
                }
            }
        }
        Ok(sel)
    }

    /// An index of an axis, from either end, checked.
    fn bounded(&mut self, i: Value, signed: bool, n: Value, axis: usize) -> Res<Value> {
        let j = if signed { self.wrap_index(i, n) } else { i };
        if self.func.key.options.boundscheck {
            let ok = self.b.icmp(IntCC::Ult, j, n);
            let kind = if signed { Payload::Int } else { Payload::Uint };
            let text = format!("index {{}} is out of bounds for axis {axis} with size {{}}");
            self.check(ok, "IndexError", &text, &[(i, kind), (n, Payload::Int)])?;
        }
        Ok(j)
    }

    pub fn get_item(&mut self, ops: &[Operand], ret: Ty) -> Res<Words> {
        let (a, _) = self.array_of(&ops[0])?;
        let w = &ops[0].words;
        let sel = self.select_items(a, w, &ops[1..])?;
        if ret.as_array().is_none() {
            if !sel.shape.is_empty() {
                return self.internal(format!("an index of {} selects an array, not {ret}", ops[0].ty));
            }
            return self.load_item(a, w[ArrayWords::OWNER], sel.addr);
        }
        let mut out: Words = smallvec![w[ArrayWords::OWNER], sel.addr];
        out.extend(sel.shape);
        out.extend(sel.strides);
        Ok(out)
    }
}
