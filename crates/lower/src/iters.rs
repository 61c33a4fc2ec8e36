//! Iterators. Their state lives in builder variables, so that a loop's counter becomes a block parameter of its header.
//!
//! A range with a constant step of 1 or -1 is the plain comparison `i < stop` (`i > stop`); every other one counts down a
//! trip count that is computed once, so that the counter cannot overflow past the end.
//!
//! An iterator that reaches a block on several paths is copied into variables of that block's parameter (in the *joined*
//! form, which is the same for one type); two names for such an iterator advance apart from there on.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::nd_iters::NdIter;
use crate::repr::{ArrayWords, Num};
use cranelift_entity::entity_impl;
use looplift_abi::element::table as offsets;
use looplift_abi::symbols::Sym;
use looplift_mir::{Block, IntCC, Opcode, Ty as MTy, Value, Var, build::call};
use looplift_types::{Flavour, IterTy, Ty, TyKind, View};
use smallvec::smallvec;

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct IterId(u32);
entity_impl!(IterId, "iter");

/// A part of the state: fixed, or a variable.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slot {
    Fixed(Value),
    Var(Var),
}

#[derive(Clone, Debug)]
pub(crate) enum Iter {
    /// `cur`, then cur + 1 (or - 1), while it is before `stop`.
    Unit {
        of: Ty,
        cur: Var,
        stop: Slot,
        down: bool,
    },
    /// `left` (i64, unsigned) more items: `cur`, cur + step, …
    Count {
        of: Ty,
        cur: Var,
        left: Var,
        step: Slot,
    },
    /// Items `next`, next ± 1, … of an array or tuple while `left` is not 0.
    Indexed {
        of: Ty,
        words: Vec<Slot>,
        next: Var,
        left: Var,
        back: bool,
    },
    /// Ascending items of the first axis: `next < n`.
    Forward {
        of: Ty,
        words: Vec<Slot>,
        next: Var,
        n: Slot,
    },
    /// Items of a list from either end, as long as there are any: it may change meanwhile, unless it must keep a length.
    List {
        of: Ty,
        list: Slot,
        next: Var,
        back: bool,
        len: Option<Slot>,
    },
    /// Entries of a dict or set, which must keep its length.
    Table {
        of: Ty,
        view: View,
        table: Slot,
        next: Var,
        len: Slot,
    },
    Enumerate {
        count: Var,
        inner: Box<Iter>,
    },
    Zip(Vec<Iter>),
    /// All positions of a shape.
    Nd(NdIter),
    /// A generator of this type.
    Generator {
        /// What it returned, once it is at its end.
        result: Vec<Var>,
        /// In a generator function: how the next step is asked, and what it is sent.
        control: Option<(Var, Vec<Var>)>,
        of: Ty,
        frame: Slot,
    },
}

impl Iter {
    /// The joined form for a type, with variables that are not assigned yet.
    pub fn joined(cx: &mut Cx<'_>, kind: &IterTy) -> Res<Iter> {
        Ok(match kind {
            IterTy::Range(of) => Iter::joined_range(cx, *of)?,
            IterTy::Array(of) | IterTy::Tuple(of) | IterTy::Text(of) => Iter::joined_indexed(cx, *of, false)?,
            IterTy::Reversed(of) => match of.kind() {
                TyKind::Range(int) => Iter::joined_range(cx, *int)?,
                TyKind::List(_) => Iter::List { of: *of, list: Slot::Var(cx.b.var(MTy::Ref)), next: cx.b.var(MTy::I64), back: true, len: None },
                _ => Iter::joined_indexed(cx, *of, true)?,
            },
            IterTy::List(of) => {
                let (list, next) = (cx.b.var(MTy::Ref), cx.b.var(MTy::I64));
                let len = keeps_length(*of).then(|| Slot::Var(cx.b.var(MTy::I64)));
                Iter::List { of: *of, list: Slot::Var(list), next, back: false, len }
            }
            IterTy::Table(of, view) => {
                Iter::Table { of: *of, view: *view, table: Slot::Var(cx.b.var(MTy::Ref)), next: cx.b.var(MTy::I64), len: Slot::Var(cx.b.var(MTy::I64)) }
            }
            IterTy::Enumerate(inner) => Iter::Enumerate { count: cx.b.var(MTy::I64), inner: Box::new(Iter::joined_ty(cx, *inner)?) },
            IterTy::Nd(items, n, arrays) => Iter::Nd(NdIter::joined(cx, *items, *n, arrays)?),
            IterTy::Generator(of) => Iter::Generator { control: None, result: cx.result_vars(*of)?, of: *of, frame: Slot::Var(cx.b.var(MTy::Ref)) },
            IterTy::Zip(parts) => Iter::Zip(parts.iter().map(|&p| Iter::joined_ty(cx, p)).collect::<Res<_>>()?),
        })
    }
    fn joined_ty(cx: &mut Cx<'_>, ty: Ty) -> Res<Iter> {
        match ty.kind() {
            TyKind::Iter(kind) => Iter::joined(cx, kind),
            _ => cx.internal(format!("{ty} is not an iterator")),
        }
    }
    fn joined_range(cx: &mut Cx<'_>, of: Ty) -> Res<Iter> {
        let m = cx.one_word(of)?;
        Ok(Iter::Count { of, cur: cx.b.var(m), left: cx.b.var(MTy::I64), step: Slot::Var(cx.b.var(m)) })
    }
    fn joined_indexed(cx: &mut Cx<'_>, of: Ty, back: bool) -> Res<Iter> {
        let flat = cx.flat(of)?;
        let words = flat.iter().map(|&m| Slot::Var(cx.b.var(m))).collect();
        Ok(Iter::Indexed { of, words, next: cx.b.var(MTy::I64), left: cx.b.var(MTy::I64), back })
    }
}

impl Cx<'_> {
    pub fn one_word(&mut self, ty: Ty) -> Res<MTy> {
        match *self.flat(ty)? {
            [m] => Ok(m),
            _ => self.internal(format!("{ty} is not one machine word")),
        }
    }
    pub fn slot(&mut self, s: Slot) -> Value {
        match s {
            Slot::Fixed(v) => v,
            Slot::Var(var) => self.b.use_var(var),
        }
    }
    /// A new variable with this value.
    pub fn new_var(&mut self, v: Value) -> Var {
        let ty = self.mty(v);
        let var = self.b.var(ty);
        self.b.def_var(var, v);
        var
    }

    // ---- making -------------------------------------------------------------------------------------------------

    /// `iter(x)`.
    pub fn get_iter(&mut self, op: &Operand) -> Res<IterId> {
        if let Some(id) = op.iter {
            return Ok(id);
        }
        let it = self.iter_over(op.ty, &op.words)?;
        Ok(self.iters.push(it))
    }

    fn iter_over(&mut self, ty: Ty, w: &Words) -> Res<Iter> {
        match ty.kind() {
            TyKind::Range(of) => self.range_iter(*of, w[0], w[1], w[2]),
            TyKind::Gen(_) => Ok(Iter::Generator { control: self.generator_control(ty)?, result: self.result_vars(ty)?, of: ty, frame: Slot::Fixed(w[0]) }),
            TyKind::Array(a) if a.ndim > 0 => {
                let n = Slot::Fixed(w[ArrayWords { ndim: a.ndim.into() }.shape(0)]);
                self.forward(ty, w, n)
            }
            TyKind::Str | TyKind::Bytes => {
                let n = Slot::Fixed(self.text_len(w[0]));
                self.forward(ty, w, n)
            }
            _ => match ty.tuple_elems() {
                Some(e) => {
                    let n = self.i64(e.len() as i64);
                    self.forward(ty, w, Slot::Fixed(n))
                }
                None => match w.first().and_then(|&c| self.container_iter(ty, c)) {
                    Some(it) => Ok(it),
                    None => self.internal(format!("{ty} is not iterable")),
                },
            },
        }
    }
    fn forward(&mut self, of: Ty, w: &Words, n: Slot) -> Res<Iter> {
        let zero = self.i64(0);
        let next = self.new_var(zero);
        Ok(Iter::Forward { of, words: w.iter().map(|&v| Slot::Fixed(v)).collect(), next, n })
    }
    fn range_iter(&mut self, of: Ty, start: Value, stop: Value, step: Value) -> Res<Iter> {
        match self.const_int(step) {
            Some(1) => Ok(Iter::Unit { of, cur: self.new_var(start), stop: Slot::Fixed(stop), down: false }),
            Some(-1) if is_signed(of) => Ok(Iter::Unit { of, cur: self.new_var(start), stop: Slot::Fixed(stop), down: true }),
            _ => {
                let n = self.range_len(of, start, stop, step)?;
                Ok(Iter::Count { of, cur: self.new_var(start), left: self.new_var(n), step: Slot::Fixed(step) })
            }
        }
    }

    pub fn make_enumerate(&mut self, x: &Operand, start: Value) -> Res<IterId> {
        let id = self.get_iter(x)?;
        let inner = Box::new(self.iters[id].clone());
        let it = Iter::Enumerate { count: self.new_var(start), inner };
        Ok(self.iters.push(it))
    }
    pub fn make_zip(&mut self, parts: &[Operand]) -> Res<IterId> {
        let mut inner = Vec::new();
        for p in parts {
            let id = self.get_iter(p)?;
            inner.push(self.iters[id].clone());
        }
        Ok(self.iters.push(Iter::Zip(inner)))
    }
    pub fn make_reversed(&mut self, x: &Operand) -> Res<IterId> {
        let w = &x.words;
        let it = match x.ty.kind() {
            TyKind::Range(of) => {
                let n = self.range_len(*of, w[0], w[1], w[2])?;
                match self.const_int(w[2]) {
                    // stop - 1 … start.
                    Some(1) if is_signed(*of) => {
                        let m = self.mty(w[0]);
                        let one = self.b.iconst(m, 1);
                        let last = self.b.binary(Opcode::Isub, w[1], one);
                        Iter::Count { of: *of, cur: self.new_var(last), left: self.new_var(n), step: Slot::Fixed(self.b.iconst(m, -1)) }
                    }
                    _ => {
                        // start + (n - 1) * step, wrapping: right whenever there is an item.
                        let m = self.mty(w[0]);
                        let one = self.i64(1);
                        let k = self.b.binary(Opcode::Isub, n, one);
                        let k = self.resize(k, m, true);
                        let off = self.b.binary(Opcode::Imul, k, w[2]);
                        let last = self.b.binary(Opcode::Iadd, w[0], off);
                        let step = self.b.unary(Opcode::Ineg, w[2]);
                        Iter::Count { of: *of, cur: self.new_var(last), left: self.new_var(n), step: Slot::Fixed(step) }
                    }
                }
            }
            TyKind::Array(a) if a.ndim > 0 => {
                let n = w[ArrayWords { ndim: a.ndim.into() }.shape(0)];
                self.backward(x.ty, w, n)
            }
            TyKind::Str | TyKind::Bytes => {
                let n = self.text_len(w[0]);
                self.backward(x.ty, w, n)
            }
            TyKind::List(_) => {
                let n = self.length(w[0]);
                let one = self.i64(1);
                let last = self.b.binary(Opcode::Isub, n, one);
                Iter::List { of: x.ty, list: Slot::Fixed(w[0]), next: self.new_var(last), back: true, len: None }
            }
            _ => match x.ty.tuple_elems() {
                Some(e) => {
                    let n = self.i64(e.len() as i64);
                    self.backward(x.ty, w, n)
                }
                None => return self.internal(format!("{} has no reversed iterator", x.ty)),
            },
        };
        Ok(self.iters.push(it))
    }
    fn backward(&mut self, of: Ty, w: &Words, n: Value) -> Iter {
        let one = self.i64(1);
        let last = self.b.binary(Opcode::Isub, n, one);
        Iter::Indexed { of, words: w.iter().map(|&v| Slot::Fixed(v)).collect(), next: self.new_var(last), left: self.new_var(n), back: true }
    }

    // ---- advancing ----------------------------------------------------------------------------------------------

    /// Jumps to `done` if the iterator is exhausted; else gives the item, its type, and goes on in a new block. Does not
    /// seal `done`.
    pub fn advance(&mut self, id: IterId, done: Block) -> Res<(Words, Ty)> {
        let it = self.iters[id].clone();
        self.advance_iter(&it, done)
    }

    fn advance_iter(&mut self, it: &Iter, done: Block) -> Res<(Words, Ty)> {
        match it {
            Iter::Unit { of, cur, stop, down } => {
                let c = self.b.use_var(*cur);
                let stop = self.slot(*stop);
                let cc = match (down, is_signed(*of)) {
                    (false, true) => IntCC::Slt,
                    (false, false) => IntCC::Ult,
                    (true, true) => IntCC::Sgt,
                    (true, false) => IntCC::Ugt,
                };
                let more = self.b.icmp(cc, c, stop);
                self.go_on(more, done);
                let m = self.mty(c);
                let one = self.b.iconst(m, 1);
                let next = self.b.binary(if *down { Opcode::Isub } else { Opcode::Iadd }, c, one);
                self.b.def_var(*cur, next);
                Ok((smallvec![c], *of))
            }
            Iter::Count { of, cur, left, step } => {
                let n = self.b.use_var(*left);
                let more = self.icmp_const(IntCC::Ne, n, 0);
                self.go_on(more, done);
                self.count_down(*left, n);
                let c = self.b.use_var(*cur);
                let step = self.slot(*step);
                let next = self.b.binary(Opcode::Iadd, c, step);
                self.b.def_var(*cur, next);
                Ok((smallvec![c], *of))
            }
            Iter::Forward { of, words, next, n } => {
                let i = self.b.use_var(*next);
                let n = self.slot(*n);
                let more = self.b.icmp(IntCC::Slt, i, n);
                self.go_on(more, done);
                let one = self.i64(1);
                let after = self.b.binary(Opcode::Iadd, i, one);
                self.b.def_var(*next, after);
                self.indexed_item(*of, words, i)
            }
            Iter::Indexed { of, words, next, left, back } => {
                let n = self.b.use_var(*left);
                let more = self.icmp_const(IntCC::Ne, n, 0);
                self.go_on(more, done);
                self.count_down(*left, n);
                let i = self.b.use_var(*next);
                let one = self.i64(1);
                let after = self.b.binary(if *back { Opcode::Isub } else { Opcode::Iadd }, i, one);
                self.b.def_var(*next, after);
                self.indexed_item(*of, words, i)
            }
            Iter::List { of, list, next, back, len } => {
                let list = self.slot(*list);
                let i = self.b.use_var(*next);
                let n = self.length(list);
                if let Some(len) = len {
                    let len = self.slot(*len);
                    let same = self.b.icmp(IntCC::Eq, n, len);
                    let what = if of.flavour() == Some(Flavour::Deque) { "deque" } else { "list was" };
                    self.check(same, "RuntimeError", &format!("{what} mutated during iteration"), &[])?;
                }
                // An index below 0 is a large one.
                let more = self.b.icmp(IntCC::Ult, i, n);
                self.go_on(more, done);
                let one = self.i64(1);
                let after = self.b.binary(if *back { Opcode::Isub } else { Opcode::Iadd }, i, one);
                self.b.def_var(*next, after);
                let elem = of.as_list().map_or(Ty::bottom(), |l| l.elem);
                Ok((self.list_item(elem, list, i)?, elem))
            }
            Iter::Table { of, view, table, next, len } => {
                let table = self.slot(*table);
                let (n, len) = (self.length(table), self.slot(*len));
                let same = self.b.icmp(IntCC::Eq, n, len);
                let text = if of.as_set().is_some() { "Set changed size during iteration" } else { "dictionary changed size during iteration" };
                self.check(same, "RuntimeError", text, &[])?;
                let (head, i) = (self.head(table), self.b.use_var(*next));
                let fill = self.head_word(head, offsets::FILL);
                let more = self.b.icmp(IntCC::Slt, i, fill);
                self.go_on(more, done);
                // The next entry is nearly always alive; the runtime looks for one that is.
                let found = self.new_var(i);
                let alive = self.entry_alive(*of, head, i)?;
                self.unless(alive, |cx| {
                    let entry = cx.b.call_rt(Sym::TableNext, &[head, i], None)[0];
                    cx.b.def_var(found, entry);
                    Ok(())
                })?;
                let entry = self.b.use_var(found);
                self.keep(table);
                let more = self.icmp_const(IntCC::Sge, entry, 0);
                self.go_on(more, done);
                let one = self.i64(1);
                let after = self.b.binary(Opcode::Iadd, entry, one);
                self.b.def_var(*next, after);
                self.table_item(*of, *view, table, entry)
            }
            Iter::Enumerate { count, inner } => {
                let (item, ty) = self.advance_iter(inner, done)?;
                let k = self.b.use_var(*count);
                let one = self.i64(1);
                let next = self.b.binary(Opcode::Iadd, k, one);
                self.b.def_var(*count, next);
                let mut out: Words = smallvec![k];
                out.extend(item);
                Ok((out, Ty::tuple([Ty::int64(), ty])))
            }
            Iter::Nd(nd) => self.advance_nd(nd, done),
            Iter::Generator { result, control, of, frame } => {
                let TyKind::Gen(g) = of.kind() else { return self.internal(format!("{of} is no generator")) };
                let frame = self.slot(*frame);
                let step = self.controlled_step(*of, frame, control.as_ref())?;
                self.keep(frame);
                for (&var, &v) in result.iter().zip(&step.returned) {
                    self.b.def_var(var, v);
                }
                let (has, item) = (step.has, step.item);
                self.go_on(has, done);
                Ok((item, g.item))
            }
            Iter::Zip(parts) => {
                if parts.is_empty() {
                    let never = self.bool(false);
                    self.go_on(never, done);
                }
                let mut out = Words::new();
                let mut types = Vec::new();
                for p in parts {
                    let (item, ty) = self.advance_iter(p, done)?;
                    out.extend(item);
                    types.push(ty);
                }
                Ok((out, Ty::tuple(types)))
            }
        }
    }

    pub fn count_down(&mut self, left: Var, n: Value) {
        let one = self.i64(1);
        let n = self.b.binary(Opcode::Isub, n, one);
        self.b.def_var(left, n);
    }
    pub fn go_on(&mut self, more: Value, done: Block) {
        let next = self.b.block();
        self.b.brif(more, call(next, &[]), call(done, &[]));
        self.b.seal(next);
        self.b.switch_to(next);
    }
    fn indexed_item(&mut self, of: Ty, words: &[Slot], i: Value) -> Res<(Words, Ty)> {
        let words: Words = words.iter().map(|&s| self.slot(s)).collect();
        match of.kind() {
            TyKind::Array(a) => {
                let item = self.first_axis_item(*a, &words, i)?;
                self.keep(words[ArrayWords::OWNER]);
                Ok(item)
            }
            TyKind::Str | TyKind::Bytes => {
                let item = self.text_item_at(of, words[0], i)?;
                Ok((item, if *of.kind() == TyKind::Bytes { Ty::int64() } else { of }))
            }
            _ => self.tuple_select(of, &words, i),
        }
    }

    // ---- copies -------------------------------------------------------------------------------------------------

    /// The state in the joined form's words.
    pub fn iter_snapshot(&mut self, id: IterId) -> Res<Words> {
        let it = self.iters[id].clone();
        let mut out = Words::new();
        self.snapshot(&it, &mut out)?;
        Ok(out)
    }
    fn snapshot(&mut self, it: &Iter, out: &mut Words) -> Res<()> {
        match it {
            Iter::Unit { of, cur, stop, down } => {
                let c = self.b.use_var(*cur);
                let stop = self.slot(*stop);
                let m = self.mty(c);
                let step = self.b.iconst(m, if *down { -1 } else { 1 });
                let n = self.range_len(*of, c, stop, step)?;
                out.extend([c, n, step]);
            }
            Iter::Count { cur, left, step, .. } => {
                let words = [self.b.use_var(*cur), self.b.use_var(*left), self.slot(*step)];
                out.extend(words);
            }
            Iter::Forward { words, next, n, .. } => {
                for &s in words {
                    out.push(self.slot(s));
                }
                let i = self.b.use_var(*next);
                let n = self.slot(*n);
                let left = self.b.binary(Opcode::Isub, n, i);
                out.extend([i, left]);
            }
            Iter::Indexed { words, next, left, .. } => {
                for &s in words {
                    out.push(self.slot(s));
                }
                out.push(self.b.use_var(*next));
                out.push(self.b.use_var(*left));
            }
            Iter::List { list, next, len, .. } => {
                let words = [self.slot(*list), self.b.use_var(*next)];
                out.extend(words);
                if let Some(len) = len {
                    out.push(self.slot(*len));
                }
            }
            Iter::Table { table, next, len, .. } => {
                let words = [self.slot(*table), self.b.use_var(*next), self.slot(*len)];
                out.extend(words);
            }
            Iter::Enumerate { count, inner } => {
                out.push(self.b.use_var(*count));
                self.snapshot(inner, out)?;
            }
            Iter::Nd(nd) => self.nd_snapshot(nd, out),
            Iter::Generator { frame, .. } => {
                let f = self.slot(*frame);
                out.push(f);
            }
            Iter::Zip(parts) => {
                for p in parts {
                    self.snapshot(p, out)?;
                }
            }
        }
        Ok(())
    }
    /// Assigns a snapshot to an iterator in joined form.
    pub fn iter_assign(&mut self, id: IterId, words: &[Value]) -> Res<()> {
        let it = self.iters[id].clone();
        let mut vars = Vec::new();
        joined_vars(&it, &mut vars);
        if vars.len() != words.len() {
            return self.internal("an iterator's state does not fit its parameter");
        }
        for (var, &w) in vars.into_iter().zip(words) {
            self.b.def_var(var, w);
        }
        Ok(())
    }
}

/// Typed lists must not change their length while they are iterated, as in Numba, nor deques; other lists may, as in Python.
pub(crate) fn keeps_length(list: Ty) -> bool {
    matches!(list.flavour(), Some(Flavour::Typed | Flavour::Deque))
}

fn joined_vars(it: &Iter, out: &mut Vec<Var>) {
    let var = |s: &Slot| match s {
        Slot::Var(v) => Some(*v),
        Slot::Fixed(_) => None,
    };
    match it {
        Iter::Unit { cur, stop, .. } => out.extend(std::iter::once(*cur).chain(var(stop))),
        Iter::Count { cur, left, step, .. } => out.extend([*cur, *left].into_iter().chain(var(step))),
        Iter::Forward { words, next, n, .. } => out.extend(words.iter().filter_map(var).chain([*next]).chain(var(n))),
        Iter::Indexed { words, next, left, .. } => out.extend(words.iter().filter_map(var).chain([*next, *left])),
        Iter::List { list, next, len, .. } => out.extend(var(list).into_iter().chain([*next]).chain(len.as_ref().and_then(var))),
        Iter::Table { table, next, len, .. } => out.extend(var(table).into_iter().chain([*next]).chain(var(len))),
        Iter::Enumerate { count, inner } => {
            out.push(*count);
            joined_vars(inner, out);
        }
        Iter::Nd(nd) => nd.vars(out),
        Iter::Generator { frame, .. } => out.extend(var(frame)),
        Iter::Zip(parts) => parts.iter().for_each(|p| joined_vars(p, out)),
    }
}

/// Whether an integer type is signed (bool counts as signed: it never overflows here).
pub(crate) fn is_signed(ty: Ty) -> bool {
    !matches!(Num::of(ty), Some(Num::Int { signed: false, .. }))
}
