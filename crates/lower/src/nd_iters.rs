//! Iterators over the positions of a shape: `numpy.ndindex`, `ndenumerate`, `nditer`.
//!
//! The position is a variable for each dimension, stepped like an odometer without branches; arrays that go along are
//! addressed by it.

use crate::alloc::NEGATIVE;
use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::iters::{Iter, IterId, Slot};
use crate::repr::ArrayWords;
use looplift_mir::{Block, IntCC, Ty as MTy, Value, Var};
use looplift_types::{ArrayTy, IterTy, Layout, NdItems, Ty, TyKind};
use smallvec::smallvec;

/// An array that goes along: its owner, address, and a stride for each dimension of the shape.
#[derive(Clone, Debug)]
pub(crate) struct Along {
    pub ty: ArrayTy,
    pub words: Vec<Slot>,
}

#[derive(Clone, Debug)]
pub(crate) struct NdIter {
    pub items: NdItems,
    pub arrays: Vec<Along>,
    pub index: Vec<Var>,
    pub shape: Vec<Slot>,
    /// Positions that are left.
    pub left: Var,
}

impl NdIter {
    /// The joined form: all of the state in variables.
    pub fn joined(cx: &mut Cx<'_>, items: NdItems, n: u8, arrays: &[Ty]) -> Res<NdIter> {
        let vars = |cx: &mut Cx<'_>| -> Vec<Slot> { (0..n).map(|_| Slot::Var(cx.b.var(MTy::I64))).collect() };
        let mut along = Vec::new();
        for a in arrays {
            let Some(ty) = a.as_array() else { return cx.internal(format!("{a} is not an array")) };
            let mut words = vec![Slot::Var(cx.b.var(MTy::Ref)), Slot::Var(cx.b.var(MTy::I64))];
            words.extend(vars(cx));
            along.push(Along { ty, words });
        }
        let index = (0..n).map(|_| cx.b.var(MTy::I64)).collect();
        Ok(NdIter { items, arrays: along, index, shape: vars(cx), left: cx.b.var(MTy::I64) })
    }

    /// All of the state, in the order of a snapshot.
    fn slots(&self) -> Vec<Slot> {
        let along = self.arrays.iter().flat_map(|a| a.words.iter().copied());
        let index = self.index.iter().map(|&v| Slot::Var(v));
        along.chain(index).chain(self.shape.iter().copied()).chain([Slot::Var(self.left)]).collect()
    }
    pub fn vars(&self, out: &mut Vec<Var>) {
        out.extend(self.slots().iter().filter_map(|s| match s {
            Slot::Var(v) => Some(*v),
            Slot::Fixed(_) => None,
        }));
    }
}

impl Cx<'_> {
    pub fn make_nd(&mut self, ops: &[Operand], ret: Ty) -> Res<IterId> {
        let TyKind::Iter(IterTy::Nd(items, n, types)) = ret.kind() else { return self.internal(format!("{ret} is no iterator over positions")) };
        let n = usize::from(*n);
        let cells: Vec<Operand> = if *items == NdItems::Cells { ops.iter().map(|o| self.as_cell(o)).collect::<Res<_>>()? } else { Vec::new() };
        let ops = if *items == NdItems::Cells { &cells } else { ops };
        let mut shape: Words = match items {
            NdItems::Index => ops[0].words.clone(),
            NdItems::Enumerate | NdItems::Cells => self.common_shape(ops, n)?,
        };
        if *items == NdItems::Index {
            for &e in &shape {
                let ok = self.icmp_const(IntCC::Sge, e, 0);
                self.check(ok, "ValueError", NEGATIVE, &[])?;
            }
        }
        let mut arrays = Vec::new();
        // nditer goes through memory: columns first when all arrays are stored so.
        let turned = *items == NdItems::Cells && types.iter().all(|t| t.as_array().is_some_and(|a| a.layout == Layout::F && a.ndim > 1));
        if *items != NdItems::Index {
            for o in ops {
                let (ty, _) = self.array_of(o)?;
                // Missing dimensions repeat, and so do those of length one.
                let zero = self.i64(0);
                let mut strides: Words = smallvec![zero; n - usize::from(ty.ndim)];
                let own: Words = self.shape_of(ty, &o.words).into();
                let steps = self.array_strides(o)?;
                let lead = strides.len();
                for (k, (&length, &step)) in own.iter().zip(&steps).enumerate() {
                    let same = self.b.icmp(IntCC::Eq, length, shape[lead + k]);
                    let one = self.icmp_const(IntCC::Eq, length, 1);
                    let ok = self.or(one, same);
                    self.check(ok, "ValueError", "operands could not be broadcast together: their shapes differ", &[])?;
                    strides.push(self.b.select(one, zero, step));
                }
                if turned {
                    strides.reverse();
                }
                let mut words = vec![Slot::Fixed(o.words[ArrayWords::OWNER]), Slot::Fixed(o.words[ArrayWords::DATA])];
                words.extend(strides.iter().map(|&s| Slot::Fixed(s)));
                arrays.push(Along { ty, words });
            }
        }
        if turned {
            shape.reverse();
        }
        let mut fits = self.bool(true);
        let mut total = self.i64(1);
        for &e in &shape {
            (total, fits) = self.exact_product(total, e, fits);
        }
        self.check(fits, "ValueError", "maximum supported dimension for an ndarray is exceeded: too many positions", &[])?;
        let zero = self.i64(0);
        let index = (0..n).map(|_| self.new_var(zero)).collect();
        let left = self.new_var(total);
        let shape = shape.iter().map(|&e| Slot::Fixed(e)).collect();
        Ok(self.iters.push(Iter::Nd(NdIter { items: *items, arrays, index, shape, left })))
    }

    /// A number as an array without dimensions that holds it; an array as it is.
    fn as_cell(&mut self, o: &Operand) -> Res<Operand> {
        if o.ty.as_array().is_some() {
            return Ok(o.clone());
        }
        let ty = Ty::array(o.ty, 0, Layout::C);
        let Some(a) = ty.as_array() else { return self.internal(format!("{} in memory", o.ty)) };
        let words = self.fresh(a, &[], false)?;
        self.store_element(a, words[ArrayWords::DATA], &o.words)?;
        Ok(Operand { ty, words, ..o.clone() })
    }

    /// The lengths of what the arrays are broadcast to, in `n` dimensions: of each axis the first length that is not one.
    fn common_shape(&mut self, ops: &[Operand], n: usize) -> Res<Words> {
        let mut shape: Words = smallvec![self.i64(1); n];
        for o in ops {
            let (a, _) = self.array_of(o)?;
            let own: Words = self.shape_of(a, &o.words).into();
            let lead = n - own.len();
            for (k, &length) in own.iter().enumerate() {
                let at = &mut shape[lead + k];
                *at = if self.const_int(*at) == Some(1) {
                    length
                } else {
                    let free = self.icmp_const(IntCC::Eq, *at, 1);
                    self.b.select(free, length, *at)
                };
            }
        }
        Ok(shape)
    }

    pub fn advance_nd(&mut self, it: &NdIter, done: Block) -> Res<(Words, Ty)> {
        let n = self.b.use_var(it.left);
        let more = self.icmp_const(IntCC::Ne, n, 0);
        self.go_on(more, done);
        self.count_down(it.left, n);
        let position: Words = it.index.iter().map(|&v| self.b.use_var(v)).collect();
        let zero = self.i64(0);
        let mut carry = self.i64(1);
        for (k, (&var, &length)) in it.index.iter().zip(&it.shape).enumerate().rev() {
            let next = self.add(position[k], carry);
            let length = self.slot(length);
            let wraps = self.b.icmp(IntCC::Eq, next, length);
            let next = self.b.select(wraps, zero, next);
            self.b.def_var(var, next);
            carry = self.resize(wraps, MTy::I64, false);
        }
        let indices = Ty::tuple(vec![Ty::int64(); position.len()]);
        match it.items {
            NdItems::Index => Ok((position, indices)),
            NdItems::Enumerate => {
                let Some(a) = it.arrays.first() else { return self.internal("ndenumerate of nothing") };
                let (owner, addr) = self.cell_of(a, &position);
                let item = self.load_element(a.ty, addr)?;
                self.keep(owner);
                let mut out = position;
                out.extend(item);
                Ok((out, Ty::tuple([indices, a.ty.dtype])))
            }
            NdItems::Cells => {
                let mut out = Words::new();
                let mut types = Vec::new();
                for a in &it.arrays {
                    let (owner, addr) = self.cell_of(a, &position);
                    out.extend([owner, addr]);
                    types.push(Ty::new(TyKind::Array(ArrayTy { ndim: 0, layout: Layout::C, ..a.ty })));
                }
                Ok((out, if let [one] = types[..] { one } else { Ty::tuple(types) }))
            }
        }
    }
    /// Owner and address of an array's element at a position.
    fn cell_of(&mut self, a: &Along, position: &[Value]) -> (Value, Value) {
        let words: Words = a.words.iter().map(|&s| self.slot(s)).collect();
        let mut addr = words[1];
        for (&i, &stride) in position.iter().zip(&words[2..]) {
            addr = self.address(addr, i, stride);
        }
        (words[0], addr)
    }

    pub fn nd_snapshot(&mut self, it: &NdIter, out: &mut Words) {
        for s in it.slots() {
            let v = self.slot(s);
            out.push(v);
        }
    }
}
