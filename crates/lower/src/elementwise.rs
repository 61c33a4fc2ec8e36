//! Elementwise operations: one loop nest for a group of them, with broadcasting.
//!
//! Phases: the arrays that the group reads (leaves) and the numbers; the common shape, checked; the destination; the loop.
//! Where several arrays might have to be stretched there are two nests: one for equal shapes, whose strides are the arrays'
//! own, and a general one in which an axis of length one has stride zero. Errors are NumPy's: arithmetic raises none.

use crate::arrays::{MAX_PAYLOAD, shape_text};
use crate::cx::{Cx, Res, Words};
use crate::inst::{Operand, Out};
use crate::nest::View;
use crate::repr::ArrayWords;
use looplift_hir as hir;
use looplift_infer::{ArgSrc, Resolution};
use looplift_mir::{IntCC, Value};
use looplift_types::{ArrayTy, Layout, Ty};
use rustc_hash::FxHashMap;

/// An array that the loop reads.
pub(crate) struct Leaf {
    pub ty: ArrayTy,
    pub words: Words,
}

/// An operand of a kernel.
enum Source {
    /// Element of a leaf.
    Leaf(usize),
    /// Result of another operation of the group.
    Inside(hir::Value),
    Number(Operand),
}

pub(crate) struct Step<'a> {
    result: hir::Value,
    kernel: &'a Resolution,
    /// Type of the kernel's result, and of the element it becomes.
    ret: Ty,
    elem: Ty,
    sources: Vec<Source>,
}

impl<'a> Cx<'a> {
    /// The array, or the number of arrays without dimensions, that the operation at `root` gives.
    pub fn elementwise(&mut self, root: hir::Inst, ret: Ty) -> Res<Words> {
        let mut leaves: Vec<Leaf> = Vec::new();
        let group = self.fused.group(root);
        let steps = self.group_steps(&group, &mut leaves)?;
        let Some(out) = ret.as_array() else {
            // Nothing that is read has dimensions: one element, and no loop.
            let addrs: Vec<Value> = leaves.iter().map(|l| l.words[ArrayWords::DATA]).collect();
            return self.one_element(&steps, &leaves, &addrs);
        };
        let into = match &self.func.resolutions[root] {
            Some(Resolution::Elementwise { into: Some(a), .. }) => Some(self.source(a)?),
            _ => None,
        };
        let given: Option<Words> = into.as_ref().map(|t| self.shape_of(out, &t.words).into());
        let order = reading_order(&steps, leaves.len());
        let (shape, equal) = self.broadcast_shape(out, order.iter().map(|&k| &leaves[k]), given.as_deref())?;

        let contiguous = ArrayTy { layout: if out.layout == Layout::F { Layout::F } else { Layout::C }, readonly: false, aligned: true, ..out };
        let Some(target) = into else {
            let dest = self.fresh(contiguous, &shape, false)?;
            self.element_loops(&steps, &leaves, contiguous, &dest, &shape, equal)?;
            return Ok(dest);
        };
        // In place is safe where no other memory that is read overlaps the target; else the result goes through memory of its own.
        match self.is_apart(out, &target.words, &shape, &leaves)? {
            None => self.element_loops(&steps, &leaves, out, &target.words, &shape, equal)?,
            Some(apart) => {
                self.unless_else(
                    apart,
                    |cx| cx.element_loops(&steps, &leaves, out, &target.words, &shape, equal),
                    |cx| {
                        let dest = cx.fresh(contiguous, &shape, false)?;
                        cx.element_loop(&steps, &leaves, contiguous, &dest, &shape, equal.is_some())?;
                        let (src, to) = (cx.view_of(contiguous, &dest)?, cx.view_of(out, &target.words)?);
                        cx.copy_elements(&shape, contiguous, src, out, to)?;
                        cx.keep(dest[ArrayWords::OWNER]);
                        Ok(())
                    },
                )?;
            }
        }
        Ok(target.words)
    }

    /// The nest for equal shapes and, where that is a question, the one that stretches.
    pub fn element_loops(&mut self, steps: &[Step<'a>], leaves: &[Leaf], dest_ty: ArrayTy, dest: &[Value], shape: &[Value], equal: Option<Value>) -> Res<()> {
        let Some(equal) = equal else { return self.element_loop(steps, leaves, dest_ty, dest, shape, false) };
        let (plain, stretched) = self.branch(equal);
        let join = self.b.block();
        for (block, stretch) in [(plain, false), (stretched, true)] {
            self.b.switch_to(block);
            self.element_loop(steps, leaves, dest_ty, dest, shape, stretch)?;
            self.b.jump(join, &[]);
        }
        self.b.seal(join);
        self.b.switch_to(join);
        Ok(())
    }

    /// Whether the leaves, the target itself excepted, overlap the target nowhere; `None` if there are no others.
    fn is_apart(&mut self, out: ArrayTy, target: &[Value], shape: &[Value], leaves: &[Leaf]) -> Res<Option<Value>> {
        let view = self.view_of(out, target)?;
        let mut all: Option<Value> = None;
        let mut own: Option<(Value, Value)> = None;
        for leaf in leaves.iter().filter(|l| l.words[..] != *target) {
            let (low, high) = match own {
                Some(x) => x,
                None => self.extent(&view, shape, out)?,
            };
            own = Some((low, high));
            let (leaf_view, dims) = (self.view_of(leaf.ty, &leaf.words)?, Words::from(self.shape_of(leaf.ty, &leaf.words)));
            let (from, to) = self.extent(&leaf_view, &dims, leaf.ty)?;
            let left = self.b.icmp(IntCC::Ule, high, from);
            let right = self.b.icmp(IntCC::Ule, to, low);
            let apart = self.or(left, right);
            all = Some(match all {
                Some(a) => self.and(a, apart),
                None => apart,
            });
        }
        Ok(all)
    }

    /// The group's operations with their operands found.
    pub fn group_steps(&mut self, group: &[hir::Inst], leaves: &mut Vec<Leaf>) -> Res<Vec<Step<'a>>> {
        let func = self.func;
        let mut inside: FxHashMap<hir::Value, ()> = FxHashMap::default();
        let mut steps = Vec::new();
        for &inst in group {
            let Some(Resolution::Elementwise { kernel, ret, .. }) = &func.resolutions[inst] else {
                return self.internal("a group of something else");
            };
            let result = self.hir.insts[inst].result;
            let ty = self.type_of(result);
            let elem = ty.as_array().map_or(ty, |a| a.dtype);
            let (args, params): (&[ArgSrc], Option<&[Ty]>) = match &**kernel {
                Resolution::Prim { args, params, .. } | Resolution::Call { args, params, .. } => (args, Some(params)),
                Resolution::Copy(a) => (std::slice::from_ref(a), None),
                Resolution::Const(_) => (&[], None),
                Resolution::Elementwise { .. } | Resolution::Generate { .. } | Resolution::Yield(_) => return self.internal("an elementwise kernel"),
            };
            let mut sources = Vec::new();
            for (n, arg) in args.iter().enumerate() {
                if let ArgSrc::Value(v) = arg
                    && inside.contains_key(v)
                {
                    sources.push(Source::Inside(*v));
                    continue;
                }
                let op = self.source(arg)?;
                sources.push(match op.ty.as_array() {
                    Some(ty) => {
                        let known = leaves.iter().position(|l| l.ty == ty && l.words == op.words);
                        Source::Leaf(known.unwrap_or_else(|| {
                            leaves.push(Leaf { ty, words: op.words });
                            leaves.len() - 1
                        }))
                    }
                    // Numbers are converted once, before the loop.
                    None => Source::Number(match params.and_then(|p| p.get(n)) {
                        Some(&to) => self.operand(arg, to)?,
                        None => op,
                    }),
                });
            }
            steps.push(Step { result, kernel, ret: *ret, elem, sources });
            inside.insert(result, ());
        }
        // A constant result (isnan of integers) still has the shape of its operand.
        if leaves.is_empty() {
            return self.unsupported("an array operation whose result is known while compiling");
        }
        Ok(steps)
    }

    /// The shape that all leaves broadcast to (the target's, where it is given); and whether all have that shape already,
    /// if that is a question.
    pub fn broadcast_shape<'l>(&mut self, out: ArrayTy, leaves: impl Iterator<Item = &'l Leaf>, target: Option<&[Value]>) -> Res<(Vec<Value>, Option<Value>)> {
        let ndim = usize::from(out.ndim);
        let mut shape: Vec<Option<Value>> = match target {
            Some(t) => t.iter().map(|&v| Some(v)).collect(),
            None => vec![None; ndim],
        };
        let mut equal: Option<Value> = None;
        for leaf in leaves {
            let dims: Words = self.shape_of(leaf.ty, &leaf.words).into();
            let lead = ndim - dims.len();
            let before: Vec<Value> = shape.iter().flatten().copied().collect();
            let mut fits: Option<Value> = None;
            for (k, &n) in dims.iter().enumerate() {
                let axis = lead + k;
                let Some(m) = shape[axis] else {
                    shape[axis] = Some(n);
                    continue;
                };
                if m == n {
                    continue;
                }
                let same = self.b.icmp(IntCC::Eq, m, n);
                equal = Some(equal.map_or(same, |e| self.and(e, same)));
                let mut ok = same;
                let single = self.icmp_const(IntCC::Eq, n, 1);
                ok = self.or(ok, single);
                if target.is_none() {
                    let first = self.icmp_const(IntCC::Eq, m, 1);
                    ok = self.or(ok, first);
                    shape[axis] = Some(self.b.select(first, n, m));
                }
                fits = Some(fits.map_or(ok, |f| self.and(f, ok)));
            }
            if let Some(ok) = fits {
                self.check_operands(ok, &before, &dims)?;
            }
        }
        let mut all = Vec::with_capacity(ndim);
        for n in shape {
            match n {
                Some(n) => all.push(n),
                None => return self.internal("an axis that no operand has"),
            }
        }
        Ok((all, equal))
    }

    fn check_operands(&mut self, ok: Value, a: &[Value], b: &[Value]) -> Res<()> {
        let (x, mut payload) = shape_text(a);
        let (y, more) = shape_text(b);
        payload.extend(more);
        if payload.len() <= MAX_PAYLOAD {
            self.check(ok, "ValueError", &format!("operands could not be broadcast together with shapes {x} {y} "), &payload)
        } else {
            self.check(ok, "ValueError", "operands could not be broadcast together", &[])
        }
    }

    /// The view of a leaf over the loop's axes: missing ones have stride zero, and with `stretch` those of length one.
    fn leaf_view(&mut self, leaf: &Leaf, ndim: usize, stretch: bool) -> Res<View> {
        let mut view = self.view_of(leaf.ty, &leaf.words)?;
        let dims: Words = self.shape_of(leaf.ty, &leaf.words).into();
        let zero = self.i64(0);
        if stretch {
            for (s, &n) in view.strides.iter_mut().zip(&dims) {
                let one = self.icmp_const(IntCC::Eq, n, 1);
                *s = self.b.select(one, zero, *s);
            }
        }
        let mut strides = vec![zero; ndim - dims.len()];
        strides.append(&mut view.strides);
        Ok(View { addr: view.addr, strides })
    }

    fn element_loop(&mut self, steps: &[Step<'a>], leaves: &[Leaf], out: ArrayTy, dest: &[Value], shape: &[Value], stretch: bool) -> Res<()> {
        let mut views = vec![self.view_of(out, dest)?];
        for leaf in leaves {
            views.push(self.leaf_view(leaf, shape.len(), stretch)?);
        }
        // The innermost loop runs along the destination's contiguous axis.
        let mut order: Vec<usize> = (0..shape.len()).collect();
        if out.layout == Layout::F {
            order.reverse();
        }
        let extents: Vec<Value> = order.iter().map(|&k| shape[k]).collect();
        for v in &mut views {
            v.strides = order.iter().map(|&k| v.strides[k]).collect();
        }
        let (nest, addrs) = self.open_nest(&extents, &views);
        let item = self.one_element(steps, leaves, &addrs[1..])?;
        self.store_element(out, addrs[0], &item)?;
        self.close_nest(nest);
        Ok(())
    }

    /// One element of the last step, in the destination's dtype.
    pub fn one_element(&mut self, steps: &[Step<'a>], leaves: &[Leaf], addrs: &[Value]) -> Res<Words> {
        let mut loaded: Vec<Option<Words>> = vec![None; leaves.len()];
        let mut made: FxHashMap<hir::Value, (Ty, Words)> = FxHashMap::default();
        let mut last = Words::new();
        let saved = std::mem::replace(&mut self.numpy_errors, true);
        for step in steps {
            let mut ops = Vec::new();
            for (n, source) in step.sources.iter().enumerate() {
                let (ty, words) = match source {
                    Source::Number(op) => {
                        ops.push(op.clone());
                        continue;
                    }
                    Source::Inside(v) => made.get(v).cloned().unwrap_or_else(|| (step.ret, Words::new())),
                    Source::Leaf(k) => {
                        let words = match &loaded[*k] {
                            Some(w) => w.clone(),
                            None => self.load_element(leaves[*k].ty, addrs[*k])?,
                        };
                        loaded[*k] = Some(words.clone());
                        (leaves[*k].ty.dtype, words)
                    }
                };
                let to = match step.kernel {
                    Resolution::Prim { params, .. } | Resolution::Call { params, .. } => params.get(n).copied().unwrap_or(ty),
                    Resolution::Copy(_) | Resolution::Const(_) | Resolution::Elementwise { .. } | Resolution::Generate { .. } | Resolution::Yield(_) => ty,
                };
                let words = self.convert(&words, ty, to)?;
                ops.push(Operand { ty: to, from: ty, words, iter: None });
            }
            let words = match step.kernel {
                Resolution::Prim { prim, .. } => match self.prim(*prim, &ops, step.ret)? {
                    Out::Words(w) => w,
                    Out::Iter(_) => return self.internal("an iterator as an element"),
                },
                Resolution::Call { spec, .. } => self.call(*spec, &ops)?,
                Resolution::Copy(_) => self.convert(&ops[0].words, ops[0].ty, step.ret)?,
                Resolution::Const(c) => self.constant(c, step.ret)?,
                Resolution::Elementwise { .. } | Resolution::Generate { .. } | Resolution::Yield(_) => return self.internal("an elementwise kernel"),
            };
            last = self.convert(&words, step.ret, step.elem)?;
            made.insert(step.result, (step.elem, last.clone()));
        }
        self.numpy_errors = saved;
        Ok(last)
    }
}

/// Leaves in the order in which the source reads them, so that errors name shapes as NumPy would.
pub(crate) fn reading_order(steps: &[Step<'_>], count: usize) -> Vec<usize> {
    let place: FxHashMap<hir::Value, usize> = steps.iter().enumerate().map(|(n, s)| (s.result, n)).collect();
    let mut order = Vec::with_capacity(count);
    let mut stack: Vec<&Source> = steps.last().into_iter().flat_map(|s| s.sources.iter().rev()).collect();
    while let Some(source) = stack.pop() {
        match source {
            Source::Leaf(k) if !order.contains(k) => order.push(*k),
            Source::Leaf(_) | Source::Number(_) => {}
            Source::Inside(v) => stack.extend(place.get(v).into_iter().flat_map(|&n| steps[n].sources.iter().rev())),
        }
    }
    order
}
