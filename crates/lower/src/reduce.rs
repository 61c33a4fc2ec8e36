//! Reductions of array expressions: `np.sum(a * b + c)`, `(x - y).max()`. The expression is evaluated piece by piece into one small
//! buffer, which is reduced before the next piece is written; no array holds it as a whole.
//!
//! Pieces are [`PIECE`] elements at most. A float sum is halved as NumPy's pairwise sum halves it until a part is a piece, and parts are
//! added in its order: the result has the same bits. Anything else is a reduction of the pieces' results by the function itself.
//! Where operands have to be stretched, or there is only one piece, the expression is an array first.

use crate::cx::{Cx, Res, Words};
use crate::elementwise::{Leaf, Step, reading_order};
use crate::inst::Operand;
use crate::nest::View;
use crate::repr::ArrayWords;
use looplift_abi::symbols::Sym;
use looplift_hir as hir;
use looplift_infer::{ArgSrc, Reduction};
use looplift_mir::{IntCC, Opcode, Region, Ty as MTy, Value};
use looplift_types::{ArrayTy, Layout, Ty};

/// Elements of a buffer: it stays in the cache that is next to the processor.
const PIECE: i64 = 4096;
/// How deep a sum of any number of elements is halved until a part is a piece.
const MAX_DEPTH: i64 = 64;

/// The call of a function of the library that makes a number of an array.
pub(crate) struct Reducer<'a> {
    pub spec: usize,
    pub args: &'a [ArgSrc],
    pub params: &'a [Ty],
    pub how: Reduction,
}

/// Whether an expression that gives an array of type `of` may run inside a reduction to `to`.
pub(crate) fn is_reducible(how: Reduction, of: Ty, to: Ty) -> bool {
    let Some(a) = of.as_array().filter(|a| a.layout == Layout::C && a.ndim > 0 && a.dtype == to) else { return false };
    match how {
        Reduction::Sum | Reduction::Mean => a.dtype == Ty::float64() || a.dtype == Ty::float32(),
        Reduction::Pieces => a.dtype == Ty::bool() || a.dtype.as_int().is_some() || a.dtype == Ty::float64() || a.dtype == Ty::float32(),
    }
}

impl<'a> Cx<'a> {
    /// The reduction of the expression that runs inside of it.
    pub fn reduced(&mut self, inst: hir::Inst, r: &Reducer<'a>, ret: Ty) -> Res<Words> {
        let group = self.fused.group(inst);
        let members = &group[..group.len() - 1];
        let Some(&root) = members.last() else { return self.internal("a reduction of nothing") };
        let of = self.type_of(self.hir.insts[root].result);
        let Some(out) = of.as_array() else { return self.internal(format!("a reduction of {of}")) };
        let mut leaves: Vec<Leaf> = Vec::new();
        let steps = self.group_steps(members, &mut leaves)?;
        let order = reading_order(&steps, leaves.len());
        let (shape, equal) = self.broadcast_shape(out, order.iter().map(|&k| &leaves[k]), None)?;
        let whole = ArrayTy { layout: Layout::C, readonly: false, aligned: true, ..out };
        let is_run = |l: &Leaf| l.ty.ndim == out.ndim && (out.ndim == 1 || l.ty.layout == Layout::C);
        if !leaves.iter().all(is_run) {
            return self.reduced_whole(r, &steps, &leaves, whole, &shape, equal);
        }
        let mut size = shape[0];
        for &n in &shape[1..] {
            size = self.mul(size, n);
        }
        let mut pays = self.icmp_const(IntCC::Sgt, size, PIECE);
        if let Some(equal) = equal {
            pays = self.and(pays, equal);
        }
        let results: Vec<_> = self.zeros(ret)?.into_iter().map(|z| self.new_var(z)).collect();
        let (by_pieces, at_once) = self.branch(pays);
        let join = self.b.block();
        for (block, in_pieces) in [(by_pieces, true), (at_once, false)] {
            self.b.switch_to(block);
            let words =
                if in_pieces { self.reduced_pieces(r, &steps, &leaves, whole, size)? } else { self.reduced_whole(r, &steps, &leaves, whole, &shape, equal)? };
            if !self.b.is_filled() {
                for (&var, &w) in results.iter().zip(&words) {
                    self.b.def_var(var, w);
                }
                self.b.jump(join, &[]);
            }
        }
        self.b.seal(join);
        self.b.switch_to(join);
        Ok(results.iter().map(|&v| self.b.use_var(v)).collect())
    }

    /// The expression as an array, and its reduction.
    fn reduced_whole(&mut self, r: &Reducer<'a>, steps: &[Step<'a>], leaves: &[Leaf], whole: ArrayTy, shape: &[Value], equal: Option<Value>) -> Res<Words> {
        let array = self.fresh(whole, shape, false)?;
        self.element_loops(steps, leaves, whole, &array, shape, equal)?;
        let words = self.call_reducer(r, whole, &array)?;
        self.keep(array[ArrayWords::OWNER]);
        Ok(words)
    }

    fn call_reducer(&mut self, r: &Reducer<'a>, of: ArrayTy, array: &[Value]) -> Res<Words> {
        let from = Ty::array(of.dtype, of.ndim, of.layout);
        let mut ops = Vec::with_capacity(r.args.len());
        for (n, (arg, &to)) in r.args.iter().zip(r.params).enumerate() {
            ops.push(match n {
                0 => Operand { ty: to, from, words: self.convert(array, from, to)?, iter: None },
                _ => self.operand(arg, to)?,
            });
        }
        self.call(r.spec, &ops)
    }

    fn reduced_pieces(&mut self, r: &Reducer<'a>, steps: &[Step<'a>], leaves: &[Leaf], whole: ArrayTy, size: Value) -> Res<Words> {
        let piece = self.i64(PIECE);
        let buffer = self.fresh(ArrayTy { ndim: 1, ..whole }, &[piece], false)?;
        let pieces = Pieces { steps, leaves, whole, buffer: buffer[ArrayWords::DATA] };
        let words = match r.how {
            Reduction::Pieces => self.reduced_twice(r, &pieces, &buffer, size)?,
            Reduction::Sum | Reduction::Mean => {
                let sum = self.pairwise(&pieces, size)?;
                let m = self.mty(sum);
                let zero = self.fconst(m, 0.0);
                let mut sum = self.b.binary(Opcode::Fadd, zero, sum);
                if r.how == Reduction::Mean {
                    let count = self.b.convert(Opcode::SintToFloat, m, size);
                    sum = self.b.binary(Opcode::Fdiv, sum, count);
                }
                [sum].into_iter().collect()
            }
        };
        self.keep(buffer[ArrayWords::OWNER]);
        Ok(words)
    }

    /// Writes `count` elements from number `low` on into the buffer.
    fn fill_buffer(&mut self, p: &Pieces<'_, 'a>, low: Value, count: Value) -> Res<()> {
        let item = self.itemsize(p.whole)?;
        let item = self.i64(item);
        let mut views = vec![View { addr: p.buffer, strides: vec![item] }];
        for leaf in p.leaves {
            let view = self.view_of(leaf.ty, &leaf.words)?;
            let stride = match view.strides[..] {
                [one] => one,
                _ => {
                    let item = self.itemsize(leaf.ty)?;
                    self.i64(item)
                }
            };
            let ahead = self.mul(low, stride);
            views.push(View { addr: self.b.binary(Opcode::Iadd, view.addr, ahead), strides: vec![stride] });
        }
        let (nest, addrs) = self.open_nest(&[count], &views);
        let element = self.one_element(p.steps, p.leaves, &addrs[1..])?;
        self.store_element(p.whole, addrs[0], &element)?;
        self.close_nest(nest);
        Ok(())
    }

    /// Each piece by the function, and their results by the function again.
    fn reduced_twice(&mut self, r: &Reducer<'a>, p: &Pieces<'_, 'a>, buffer: &[Value], size: Value) -> Res<Words> {
        let (zero, one, piece) = (self.i64(0), self.i64(1), self.i64(PIECE));
        let more = self.i64(PIECE - 1);
        let most = self.b.binary(Opcode::Iadd, size, more);
        let shift = self.i64(i64::from(PIECE.trailing_zeros()));
        let count = self.b.binary(Opcode::Ushr, most, shift);
        let parts = self.fresh(ArrayTy { ndim: 1, ..p.whole }, &[count], false)?;
        let item = self.itemsize(p.whole)?;
        let var = self.new_var(zero);
        let (header, behind) = (self.b.block(), self.b.block());
        self.b.jump(header, &[]);
        self.b.switch_to(header);
        let k = self.b.use_var(var);
        let low = self.mul(k, piece);
        let left = self.b.binary(Opcode::Isub, size, low);
        let length = self.b.binary(Opcode::Smin, left, piece);
        self.fill_buffer(p, low, length)?;
        let view = self.run_of(p.whole, buffer, length)?;
        let part = self.call_reducer(r, p.whole, &view)?;
        let item = self.i64(item);
        let offset = self.mul(k, item);
        let at = self.b.binary(Opcode::Iadd, parts[ArrayWords::DATA], offset);
        self.store_element(p.whole, at, &part)?;
        let next = self.b.binary(Opcode::Iadd, k, one);
        self.b.def_var(var, next);
        let again = self.b.icmp(IntCC::Slt, next, count);
        self.b.brif(again, looplift_mir::build::call(header, &[]), looplift_mir::build::call(behind, &[]));
        self.b.seal(header);
        self.b.seal(behind);
        self.b.switch_to(behind);
        let view = self.run_of(p.whole, &parts, count)?;
        let words = self.call_reducer(r, p.whole, &view)?;
        self.keep(parts[ArrayWords::OWNER]);
        Ok(words)
    }

    /// The first elements of a buffer as an array with all axes but the last of length one.
    fn run_of(&mut self, whole: ArrayTy, buffer: &[Value], length: Value) -> Res<Words> {
        let one = self.i64(1);
        let mut shape = vec![one; usize::from(whole.ndim)];
        if let Some(last) = shape.last_mut() {
            *last = length;
        }
        let mut words: Words = [buffer[ArrayWords::OWNER], buffer[ArrayWords::DATA]].into_iter().collect();
        words.extend_from_slice(&shape);
        words.extend(self.contiguous_strides(whole, &shape, Layout::C)?);
        Ok(words)
    }

    /// The float sum. What waits on the way down lies in a stack slot, an entry (elements, whether the first half is done, its
    /// sum) each: `down` halves what is left until it is a piece, `up` takes a sum to the half that it is of.
    fn pairwise(&mut self, p: &Pieces<'_, 'a>, size: Value) -> Res<Value> {
        let (sym, m) = if p.whole.dtype == Ty::float32() { (Sym::PairwiseSumF32, MTy::F32) } else { (Sym::PairwiseSum, MTy::F64) };
        const ENTRY: i64 = 24;
        let waiting = self.stack_slot(ENTRY * MAX_DEPTH);
        let item = self.itemsize(p.whole)?;
        let (zero, one, item) = (self.i64(0), self.i64(1), self.i64(item));
        let nothing = self.fconst(m, 0.0);
        let (depth, left, low, sum) = (self.new_var(zero), self.new_var(size), self.new_var(zero), self.new_var(nothing));
        let (down, up, done) = (self.b.block(), self.b.block(), self.b.block());
        let entry = |cx: &mut Self, d: Value| {
            let width = cx.i64(ENTRY);
            let offset = cx.mul(d, width);
            cx.b.binary(Opcode::Iadd, waiting, offset)
        };
        // Rounded down to whole groups of the eight sums that NumPy's loop keeps.
        let half = |cx: &mut Self, n: Value| {
            let (one, mask) = (cx.i64(1), cx.i64(!7));
            let half = cx.b.binary(Opcode::Ushr, n, one);
            cx.b.binary(Opcode::Band, half, mask)
        };
        self.b.jump(down, &[]);
        self.b.switch_to(down);
        let (d, n) = (self.b.use_var(depth), self.b.use_var(left));
        let large = self.icmp_const(IntCC::Sgt, n, PIECE);
        let (split, leaf) = self.branch(large);
        self.b.switch_to(split);
        let at = entry(self, d);
        self.b.store(Region::Data, n, at, 0);
        self.b.store(Region::Data, zero, at, 8);
        let first = half(self, n);
        let deeper = self.b.binary(Opcode::Iadd, d, one);
        self.b.def_var(depth, deeper);
        self.b.def_var(left, first);
        self.b.jump(down, &[]);
        self.b.switch_to(leaf);
        let from = self.b.use_var(low);
        self.fill_buffer(p, from, n)?;
        let s = self.b.call_rt(sym, &[p.buffer, item, n], None)[0];
        self.b.def_var(sum, s);
        let behind = self.b.binary(Opcode::Iadd, from, n);
        self.b.def_var(low, behind);
        self.b.jump(up, &[]);
        self.b.switch_to(up);
        let (d, s) = (self.b.use_var(depth), self.b.use_var(sum));
        let waits = self.icmp_const(IntCC::Ne, d, 0);
        let (above, end) = self.branch(waits);
        self.b.switch_to(end);
        self.b.jump(done, &[]);
        self.b.switch_to(above);
        let minus = self.i64(-1);
        let parent = self.b.binary(Opcode::Iadd, d, minus);
        let at = entry(self, parent);
        let state = self.b.load(MTy::I64, Region::Data, at, 8);
        let is_second = self.icmp_const(IntCC::Ne, state, 0);
        let (second, first) = self.branch(is_second);
        self.b.switch_to(second);
        let before = self.b.load(m, Region::Data, at, 16);
        let both = self.b.binary(Opcode::Fadd, before, s);
        self.b.def_var(sum, both);
        self.b.def_var(depth, parent);
        self.b.jump(up, &[]);
        self.b.seal(up);
        self.b.switch_to(first);
        self.b.store(Region::Data, s, at, 16);
        self.b.store(Region::Data, one, at, 8);
        let all = self.b.load(MTy::I64, Region::Data, at, 0);
        let first_half = half(self, all);
        let rest = self.b.binary(Opcode::Isub, all, first_half);
        self.b.def_var(left, rest);
        self.b.jump(down, &[]);
        self.b.seal(down);
        self.b.seal(done);
        self.b.switch_to(done);
        Ok(self.b.use_var(sum))
    }
}

/// What a buffer is filled from.
struct Pieces<'s, 'a> {
    steps: &'s [Step<'a>],
    leaves: &'s [Leaf],
    whole: ArrayTy,
    buffer: Value,
}
