//! Tuples: every operation is resolved to its elements, so that none remains that has to know the tuple's length at run time.

use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::flow::definition;
use looplift_builtins::Prim;
use looplift_hir::{Block, Inst, Op, Value};
use looplift_types::{Layout, Literal, Ty, TyKind, join};

/// Longer tuples are refused.
const MAX_LEN: usize = 1000;

/// `(a, b, …)`.
pub fn build(items: &[Operand]) -> R {
    if items.len() > MAX_LEN {
        return Err(Fail::new(codes::TUPLE_TOO_LARGE, format!("a tuple of {} elements is too large to compile", items.len())).help("use an array"));
    }
    let operands: Vec<(&Operand, Ty)> = items.iter().map(|i| (i, i.ty)).collect();
    let types: Vec<Ty> = items.iter().map(|i| i.ty).collect();
    Ok(Typed::prim(Prim::BuildTuple, &operands, Ty::tuple(types)))
}

pub fn concat(a: &Operand, b: &Operand) -> R {
    let items: Vec<Operand> = [a, b].iter().flat_map(|t| t.items().unwrap_or_default()).collect();
    build(&items)
}

pub fn repeat(t: &Operand, times: i64) -> R {
    let items = t.items().unwrap_or_default();
    let times = usize::try_from(times).unwrap_or(0);
    if items.len().saturating_mul(times) > MAX_LEN {
        return Err(Fail::new(codes::TUPLE_TOO_LARGE, "a tuple repeated so often is too large to compile").help("use an array"));
    }
    let n = items.len() * times;
    build(&items.into_iter().cycle().take(n).collect::<Vec<_>>())
}

/// Element `index` (negative from the end), known while compiling.
pub fn item(cx: &Cx<'_, '_>, t: &Operand, index: i64) -> R {
    let Some(elems) = t.ty.tuple_elems() else {
        return Err(Fail::new(codes::INTERNAL, format!("an element of {} is not a tuple's", t.ty)));
    };
    let n = elems.len() as i64;
    let i = if index < 0 { index + n } else { index };
    if !(0..n).contains(&i) {
        return Err(cx.explain(Fail::new(codes::BAD_INDEX, format!("tuple index out of range: {} has {n} elements", t.ty)), &[t]));
    }
    let ty = elems[i as usize];
    if ty.is_literal() || ty.is_none() {
        return Ok(Typed::of_type(ty));
    }
    let lit = Operand::lit_int(i);
    Ok(Typed::prim(Prim::TupleItem, &[(t, t.ty), (&lit, lit.ty)], ty))
}

/// The tuple with one type for all elements, when there is one.
pub fn uniform(elems: &[Ty]) -> Option<Ty> {
    let mut all = elems.iter().map(|e| e.unliteral());
    let first = all.next()?;
    let t = all.try_fold(first, join)?;
    // Optional elements would appear from mixing None with values; they are not meant.
    let mixed = matches!(t.kind(), TyKind::Optional(_)) && !elems.iter().any(|e| matches!(e.kind(), TyKind::Optional(_)));
    (!mixed).then_some(t)
}

/// `t[index]`.
pub fn get(cx: &mut Cx<'_, '_>, t: &Operand, index: &Operand) -> R {
    if let Some(i) = index.ty.as_lit_int() {
        return item(cx, t, i);
    }
    let elems = t.ty.tuple_elems().unwrap_or(&[]);
    if let TyKind::Slice(s) = index.ty.kind() {
        let member = |m: Ty| if m.is_none() { Some(None) } else { m.as_lit_int().map(Some) };
        if let (Some(start), Some(stop), Some(step)) = (member(s.start), member(s.stop), member(s.step)) {
            let items = t.items().unwrap_or_default();
            let picked =
                slice_positions(items.len() as i64, start, stop, step.unwrap_or(1)).ok_or_else(|| Fail::new(codes::BAD_INDEX, "slice step cannot be zero"))?;
            return build(&picked.into_iter().map(|i| items[i].clone()).collect::<Vec<_>>());
        }
        return Err(Fail::new(codes::BAD_INDEX, "a tuple can only be sliced with constants").help("the length of a tuple is part of its type"));
    }
    let int = looplift_builtins::arith::machine_int(index.plain()).is_some();
    if !int {
        return Err(cx.explain(Fail::new(codes::BAD_INDEX, format!("tuple indices must be integers or slices, not {}", index.ty)), &[index]));
    }
    match uniform(elems) {
        Some(elem) => Ok(Typed::prim(Prim::TupleGetItem, &[(t, Ty::tuple(vec![elem; elems.len()])), (index, Ty::int64())], elem)),
        None if elems.is_empty() => Ok(Typed::prim(Prim::TupleGetItem, &[(t, t.ty), (index, Ty::int64())], Ty::int64())),
        None => Err(cx
            .explain(Fail::new(codes::BAD_INDEX, format!("the elements of {} have different types, so that the index must be a constant", t.ty)), &[t, index])
            .help("use a constant index, or elements of one type")),
    }
}

/// Python's slice of a sequence of length `n`, as positions; `None` for step 0.
fn slice_positions(n: i64, start: Option<i64>, stop: Option<i64>, step: i64) -> Option<Vec<usize>> {
    if step == 0 {
        return None;
    }
    let (low, high) = if step < 0 { (-1, n - 1) } else { (0, n) };
    let clamp = |v: i64| (if v < 0 { v.saturating_add(n) } else { v }).clamp(low, high);
    let mut i = start.map_or(if step < 0 { high } else { low }, clamp);
    let end = stop.map_or(if step < 0 { low } else { high }, clamp);
    let mut out = Vec::new();
    while (step > 0 && i < end) || (step < 0 && i > end) {
        out.push(i as usize);
        i = i.saturating_add(step);
    }
    Some(out)
}

fn wrong_count(expected: usize, got: usize, star: bool) -> Box<Fail> {
    let text = if got < expected {
        format!("not enough values to unpack (expected {}{expected}, got {got})", if star { "at least " } else { "" })
    } else {
        format!("too many values to unpack (expected {expected})")
    };
    Fail::new(codes::BAD_UNPACK, text)
}

/// `a, b, … = seq`.
pub fn unpack(cx: &mut Cx<'_, '_>, seq: &Operand, count: usize) -> R {
    if super::instances::is_instance(cx, seq) {
        return Err(cx.explain(Fail::new(codes::NOT_ITERABLE, format!("{} cannot be iterated", seq.ty)), &[seq]));
    }
    if let Some(elems) = seq.ty.tuple_elems() {
        if elems.len() != count {
            return Err(cx.explain(wrong_count(count, elems.len(), false), &[seq]));
        }
        return Ok(Typed::copy(seq, seq.ty));
    }
    if let Some(a) = seq.ty.as_array().filter(|a| a.ndim >= 1) {
        let item = super::iters::array_item(a);
        let lit = Operand::lit_int(count as i64);
        return Ok(Typed::prim(Prim::UnpackArray, &[(seq, seq.ty), (&lit, lit.ty)], Ty::tuple(vec![item; count])));
    }
    if seq.ty.is_unfinished() {
        return Ok(Typed::of_type(Ty::bottom()));
    }
    if let TyKind::Record(r) = seq.ty.kind() {
        if r.fields.len() != count {
            return Err(cx.explain(wrong_count(count, r.fields.len(), false), &[seq]));
        }
        if let Some(t) = super::calls::method(cx, seq, "__astuple__", &[], &[])? {
            return Ok(t);
        }
    }
    if let Some(t) = super::containers::unpack(seq, count) {
        return Ok(t);
    }
    if is_iterable(seq.ty) {
        let count = Operand::lit_int(count as i64);
        return super::patterns::call_library(cx, "looplift.library.patterns", "unpack", &[seq.clone(), count]);
    }
    Err(cx.explain(Fail::new(codes::NOT_ITERABLE, format!("failed to unpack {}", seq.ty)), &[seq]).help("tuples, arrays, lists, ranges and texts can be"))
}

/// What library code unpacks. An iterator would have to be moved on.
fn is_iterable(t: Ty) -> bool {
    match t.kind() {
        TyKind::Range(_) | TyKind::Str | TyKind::Literal(looplift_types::Literal::Str(_)) | TyKind::Bytes | TyKind::DictView(..) | TyKind::Gen(_) => true,
        _ => t.as_set().is_some() || t.as_dict().is_some() || t.as_list().is_some() || t.as_array().is_some_and(|a| a.ndim > 0),
    }
}

/// `a, *b, c = seq`: the starred part is a list; of a tuple, one that keeps the types of its elements and cannot be changed.
pub fn unpack_star(cx: &mut Cx<'_, '_>, seq: &Operand, before: usize, after: usize) -> R {
    let seq = &seq.settled();
    let Some(items) = seq.items().filter(|_| seq.ty.tuple_elems().is_some()) else {
        if seq.ty.is_unfinished() {
            return Ok(Typed::of_type(Ty::bottom()));
        }
        if is_iterable(seq.ty) {
            let counts = [before, after].map(|n| Operand::lit_int(n as i64));
            return super::patterns::call_library(cx, "looplift.library.patterns", "unpack_star", &[seq.clone(), counts[0].clone(), counts[1].clone()]);
        }
        return Err(cx.explain(Fail::unsupported(format!("a starred assignment from {}", seq.ty)), &[seq]));
    };
    let Some(middle) = items.len().checked_sub(before + after) else {
        return Err(wrong_count(before + after, items.len(), true));
    };
    let mut out = items[..before].to_vec();
    let mut list = Operand::tuple(&items[before..before + middle]);
    list.ty = Ty::new(TyKind::LiteralList(list.ty.tuple_elems().unwrap_or_default().into()));
    out.push(list);
    out.extend_from_slice(&items[before + middle..]);
    build(&out)
}

/// A list that exists only to be made a tuple, as in `(*a, b)` and `f(*a, b)`.
///
/// All uses must be in its own block: steps, then one `ListToTuple`.
fn builder_steps(cx: &Cx<'_, '_>, list: Value) -> Option<Vec<Inst>> {
    let mut steps = Vec::new();
    let mut total = 0;
    for &b in &cx.hir.layout {
        let data = &cx.hir.blocks[b];
        for &i in &data.insts {
            let d = &cx.hir.insts[i];
            let mut uses = 0;
            d.op.for_each_value(|v| uses += usize::from(v == list));
            d.handler.iter().for_each(|h| uses += h.args.iter().filter(|v| **v == list).count());
            total += uses;
            if uses == 1
                && b == cx.block
                && matches!(&d.op, Op::ListAppend { list: l, .. } | Op::ListExtend { list: l, .. } | Op::ListToTuple { list: l } if *l == list)
            {
                steps.push(i);
            }
        }
        data.term.for_each_value(|v| total += usize::from(v == list));
        data.term_handler.iter().for_each(|h| total += h.args.iter().filter(|v| **v == list).count());
    }
    let last = steps.pop()?;
    (total == steps.len() + 1 && matches!(cx.hir.insts[last].op, Op::ListToTuple { .. })).then_some(steps)
}

fn no_lists() -> Box<Fail> {
    Fail::new(codes::SCATTERED, "a tuple, or the arguments of a call, built with control flow between the parts cannot be compiled")
        .help("You can resolve this issue by moving the control flow out: compute the values first")
}

/// A list display whose only use is as an argument of a NumPy function (or inside such a display): a tuple serves.
///
/// Constants come as one extension by a constant tuple.
fn literal(cx: &Cx<'_, '_>, list: Value) -> R<Option<Typed>> {
    let Some(def) = definition(cx.hir, list) else { return Ok(None) };
    let Op::BuildList { items } = &cx.hir.insts[def].op else { return Ok(None) };
    let mut extended: Option<Value> = None;
    let (mut consumers, mut unrolled, mut reads) = (0, 0, 0);
    let mut names = false;
    for &b in &cx.hir.layout {
        let data = &cx.hir.blocks[b];
        for &i in &data.insts {
            let d = &cx.hir.insts[i];
            let mut uses = 0;
            d.op.for_each_value(|v| uses += usize::from(v == list));
            uses += d.handler.iter().map(|h| h.args.iter().filter(|v| **v == list).count()).sum::<usize>();
            match &d.op {
                _ if uses == 0 => {}
                Op::ListExtend { list: l, iterable } if *l == list && extended.is_none() && uses == 1 && b == cx.block => extended = Some(*iterable),
                Op::Call { callee, .. } if *callee != list && super::unrolled::is_unroller(cx.ty(*callee)) => unrolled += uses,
                Op::GetItem { obj, index } if *obj == list && *index != list => reads += uses,
                Op::Call { callee, .. } if *callee != list && takes_displays(cx.ty(*callee)) => consumers += uses,
                Op::BuildList { .. } if literal(cx, d.result)?.is_some() => consumers += uses,
                Op::BuildTuple { .. } if is_argument(cx, d.result) => consumers += uses,
                Op::GetItem { obj, index } if *index == list && *obj != list && is_records(cx.ty(*obj)) => {
                    consumers += uses;
                    names = true;
                }
                _ => return Ok(None),
            }
        }
        let mut escapes = false;
        data.term.for_each_value(|v| escapes |= v == list);
        if escapes || data.term_handler.iter().any(|h| h.args.contains(&list)) {
            return Ok(None);
        }
    }
    // A loop that is written out, and constant positions, leave nothing of the list.
    let written_out = unrolled > 0 && consumers == 0;
    if !written_out && (consumers != 1 || unrolled + reads > 0) {
        return Ok(None);
    }
    let built = match (items.is_empty(), extended.and_then(|v| definition(cx.hir, v))) {
        (false, None) if extended.is_none() => build(&cx.operands(items))?,
        (true, Some(i)) => match &cx.hir.insts[i].op {
            Op::Const(c @ looplift_hir::Const::Tuple(_)) => super::consts::constant(cx, c)?,
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    // As an index of records only names are columns; positions stay a list.
    let is_name = |t: &Ty| matches!(t.as_literal(), Some(Literal::Str(_)));
    Ok((!names || built.ty.tuple_elems().is_some_and(|e| e.iter().all(is_name))).then_some(built))
}

/// A tuple that exists only as an argument of a NumPy function.
fn is_argument(cx: &Cx<'_, '_>, tuple: Value) -> bool {
    let mut calls = 0;
    for &b in &cx.hir.layout {
        let data = &cx.hir.blocks[b];
        for &i in &data.insts {
            let d = &cx.hir.insts[i];
            let mut uses = 0;
            d.op.for_each_value(|v| uses += usize::from(v == tuple));
            uses += d.handler.iter().map(|h| h.args.iter().filter(|v| **v == tuple).count()).sum::<usize>();
            match &d.op {
                _ if uses == 0 => {}
                Op::Call { callee, .. } if *callee != tuple && takes_displays(cx.ty(*callee)) => calls += uses,
                _ => return false,
            }
        }
        let mut escapes = false;
        data.term.for_each_value(|v| escapes |= v == tuple);
        if escapes || data.term_handler.iter().any(|h| h.args.contains(&tuple)) {
            return false;
        }
    }
    calls == 1
}

fn is_records(t: Ty) -> bool {
    t.as_array().is_some_and(|a| matches!(a.dtype.kind(), TyKind::Record(_)))
}

/// A list display of values that no type holds, which cannot be changed.
fn mixed(cx: &Cx<'_, '_>, list: Option<Value>, items: &[Value]) -> R<Option<Typed>> {
    let differ = |elems: &[Ty]| elems.len() > 1 && uniform(elems).is_none();
    if !items.is_empty() {
        let operands = cx.operands(items);
        let types: Vec<Ty> = operands.iter().map(|o| o.ty).collect();
        if !differ(&types) || types.iter().any(|t| t.is_unfinished()) {
            return Ok(None);
        }
        let mut built = build(&operands)?;
        built.ty = Ty::new(TyKind::LiteralList(types.into()));
        return Ok(Some(built));
    }
    let constants = list.and_then(|l| extension(cx, l));
    match constants.and_then(|v| definition(cx.hir, v)).map(|i| &cx.hir.insts[i].op) {
        Some(Op::Const(c @ looplift_hir::Const::Tuple(_))) => {
            let mut value = super::consts::const_value(cx, c)?;
            match value.ty.tuple_elems().filter(|e| differ(e)) {
                Some(elems) => {
                    value.ty = Ty::new(TyKind::LiteralList(elems.into()));
                    super::consts::value(value).map(Some)
                }
                None => Ok(None),
            }
        }
        _ => Ok(None),
    }
}

/// What an empty list display is extended by first, in its own block.
fn extension(cx: &Cx<'_, '_>, list: Value) -> Option<Value> {
    extension_in(cx, cx.block, list)
}

fn extension_in(cx: &Cx<'_, '_>, block: Block, list: Value) -> Option<Value> {
    cx.hir.blocks[block].insts.iter().find_map(|&i| match &cx.hir.insts[i].op {
        Op::ListExtend { list: l, iterable } if *l == list => Some(*iterable),
        _ => None,
    })
}

/// What the empty list display of an instruction, in any block, is extended by first.
pub fn extension_of(cx: &Cx<'_, '_>, display: Inst) -> Option<Value> {
    let home = cx.hir.layout.iter().find(|b| cx.hir.blocks[**b].insts.contains(&display))?;
    extension_in(cx, *home, cx.hir.insts[display].result)
}

/// Whether a callee reads a sequence argument without caring whether it is a list.
fn takes_displays(callee: Ty) -> bool {
    match callee.kind() {
        // As an index, which is what a ufunc's `at` takes, a list is no tuple.
        TyKind::Function(f) => (f.name.starts_with("numpy.") && !f.name.ends_with(".at")) || &*f.name == "builtins.tuple",
        TyKind::BoundMethod(t, _) => t.as_array().is_some(),
        TyKind::NumberClass(_) => true,
        _ => false,
    }
}

pub fn builder(cx: &mut Cx<'_, '_>, items: &[Value]) -> R {
    let list = cx.inst.map(|i| cx.hir.insts[i].result);
    if let Some(list) = list
        && let Some(t) = literal(cx, list)?
    {
        return Ok(t);
    }
    match list.and_then(|l| builder_steps(cx, l)) {
        Some(_) => Ok(Typed::of_type(Ty::none())),
        None => match mixed(cx, list, items)? {
            Some(t) => Ok(t),
            None => super::containers::build_list(cx, &cx.operands(items)),
        },
    }
}

pub fn builder_step(cx: &mut Cx<'_, '_>, list: Value, value: Value) -> R {
    let extend = cx.inst.is_some_and(|i| matches!(cx.hir.insts[i].op, Op::ListExtend { .. }));
    let v = cx.operand(value);
    if extend && literal(cx, list)?.is_some() {
        return Ok(Typed::of_type(Ty::none()));
    }
    if builder_steps(cx, list).is_none() {
        let l = cx.operand(list);
        if extend && l.ty.tuple_elems().is_some() && extension(cx, list) == Some(value) {
            return Ok(Typed::of_type(Ty::none()));
        }
        if l.ty.as_list().is_none() {
            return Err(no_lists());
        }
        return if extend { super::containers::extend(cx, &l, &v, false) } else { super::containers::append(cx, &l, &v) };
    }
    if extend && (v.ty.tuple_elems().is_none() || super::instances::is_instance(cx, &v)) {
        return Err(cx.explain(
            Fail::new(
                codes::NOT_ITERABLE,
                format!("No implementation of function Function(<class 'tuple'>) found for signature:\n \n >>> tuple({})\n \nonly a tuple can follow *", v.ty),
            )
            .help("the number of items must be known while compiling: unpack them into variables first (`a, b = items`)"),
            &[&v],
        ));
    }
    Ok(Typed::of_type(Ty::none()))
}

pub fn built(cx: &Cx<'_, '_>, list: Value) -> R {
    let (Some(steps), Some(def)) = (builder_steps(cx, list), definition(cx.hir, list)) else { return Err(no_lists()) };
    let Op::BuildList { items } = &cx.hir.insts[def].op else { return Err(no_lists()) };
    let mut out = cx.operands(items);
    for i in steps {
        match &cx.hir.insts[i].op {
            Op::ListAppend { value, .. } => out.push(cx.operand(*value)),
            Op::ListExtend { iterable, .. } => out.extend(cx.operand(*iterable).items().unwrap_or_default()),
            _ => {}
        }
    }
    build(&out)
}

/// The layout of a contiguous one-dimensional array.
pub fn flat_layout(l: Layout, ndim: usize) -> Layout {
    if ndim <= 1 && l == Layout::F { Layout::C } else { l }
}
