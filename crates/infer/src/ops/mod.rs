//! Typing rules: from an operation and the types of its operands to a result type and a resolution.
//!
//! [`type_op`] sends each HIR operation to its family. Operands are never bottom here.

pub mod arrays;
pub mod attrs;
pub mod builtins;
mod bytearrays;
pub mod calls;
mod captured;
pub mod caught;
pub mod closures;
pub mod collections;
pub mod consts;
pub mod containers;
pub mod displays;
pub mod elementwise;
pub mod enums;
pub mod exceptions;
pub mod functions;
pub mod generator_methods;
pub mod host_functions;
pub mod index;
pub mod instances;
pub mod iters;
pub mod language;
pub mod members;
pub mod native;
pub mod operators;
mod patterns;
pub mod records;
pub mod refusals;
pub mod streams;
pub mod text;
pub mod times;
pub mod tuples;
pub mod unrolled;

use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::generators;
use looplift_builtins::Prim;
use looplift_hir::{BinaryOp, CompareOp, Op, UnaryOp};
use looplift_types::{IterTy, Ty, TyKind};

/// The primitive of an arithmetic operator; `@` has none.
pub fn binary_prim(op: BinaryOp) -> Option<Prim> {
    Some(match op {
        BinaryOp::Add => Prim::Add,
        BinaryOp::Sub => Prim::Sub,
        BinaryOp::Mul => Prim::Mul,
        BinaryOp::MatMul => return None,
        BinaryOp::TrueDiv => Prim::TrueDiv,
        BinaryOp::FloorDiv => Prim::FloorDiv,
        BinaryOp::Mod => Prim::Mod,
        BinaryOp::Pow => Prim::Pow,
        BinaryOp::LShift => Prim::LShift,
        BinaryOp::RShift => Prim::RShift,
        BinaryOp::And => Prim::BitAnd,
        BinaryOp::Or => Prim::BitOr,
        BinaryOp::Xor => Prim::BitXor,
    })
}

fn compare_prim(op: CompareOp) -> Prim {
    match op {
        CompareOp::Lt => Prim::Lt,
        CompareOp::Le => Prim::Le,
        CompareOp::Eq => Prim::Eq,
        CompareOp::Ne => Prim::Ne,
        CompareOp::Gt => Prim::Gt,
        CompareOp::Ge => Prim::Ge,
    }
}

/// Types one operation. What fails on a container that is no constant of the compiler fails for that reason.
pub fn type_op(cx: &mut Cx<'_, '_>, op: &Op) -> R {
    type_known(cx, op).map_err(|fail| match captured::unusable(cx, op) {
        Some(reason) => {
            cx.host().forget_error();
            reason
        }
        None => fail,
    })
}

fn type_known(cx: &mut Cx<'_, '_>, op: &Op) -> R {
    match op {
        Op::Const(c) => consts::constant(cx, c),
        // Handled by the caller; nothing to do.
        Op::Undef => Ok(Typed::of_type(Ty::bottom())),
        Op::CheckBound { flag, name } => {
            let flag = cx.operand(*flag);
            match flag.ty.as_literal() {
                Some(looplift_types::Literal::Bool(true)) => Ok(Typed::of_type(Ty::none())),
                // Known to raise: what follows is dead.
                Some(_) => Ok(Typed::prim(Prim::CheckBound, &[(&flag, flag.ty), (&Operand::lit_str(name), Ty::lit_str(name))], Ty::bottom())),
                None => Ok(Typed::prim(Prim::CheckBound, &[(&flag, Ty::bool()), (&Operand::lit_str(name), Ty::lit_str(name))], Ty::none())),
            }
        }
        Op::Declared { value, name } => {
            let v = cx.operand(*value);
            let declared = cx.host().declared_local(cx.func, name);
            refusals::check_host(cx, || Fail::new(codes::MIXED_VARIABLE, format!("the type declared of '{name}'")))?;
            match declared {
                Some(ty) if looplift_types::conversion(v.ty, ty).is_some() => Ok(Typed::copy(&v, ty)),
                Some(ty) => {
                    Err(cx
                        .explain(Fail::new(codes::MIXED_VARIABLE, format!("No conversion from {} to {ty} for '{name}', whose type is declared", v.ty)), &[&v]))
                }
                None => Ok(Typed::copy(&v, v.ty)),
            }
        }
        Op::LoadGlobal { name } => match cx.host().global(cx.func, name) {
            Some(c) => consts::value(c),
            None => Err(undefined(name)),
        },
        Op::LoadFree { index } => match cx.host().free_var(cx.func, *index) {
            Some(c) => consts::value(c),
            None => {
                let name = cx.hir.free_names.get(*index as usize).map_or("?", |n| n);
                Err(Fail::new(codes::UNDEFINED_NAME, format!("free variable '{name}' has no value yet"))
                    .help("closure variables are read when the function is compiled: assign it before the first call"))
            }
        },
        Op::StoreGlobal { name, .. } | Op::DeleteGlobal { name } => {
            Err(Fail::unsupported(format!("changing the global variable '{name}'")).help("globals are constants in compiled code: return the value instead"))
        }
        Op::StoreFree { .. } => Err(Fail::new(codes::CLOSURE, "changing a variable of an enclosing function cannot be compiled")
            .help("closure variables are constants in compiled code")),
        Op::MakeCell { init } => {
            let items: Vec<Operand> = init.iter().map(|v| cx.operand(*v)).collect();
            containers::build_cell(cx, &items)
        }
        Op::LoadCell { cell } => Ok(containers::load_cell(&cx.operand(*cell))),
        Op::StoreCell { cell, value } => containers::append(cx, &cx.operand(*cell), &cx.operand(*value)),
        Op::BinaryOp { op, lhs, rhs } => {
            let (a, b) = (cx.operand(*lhs), cx.operand(*rhs));
            if let Some(t) = bytearrays::binary(cx, *op, &a, &b)? {
                return Ok(t);
            }
            match instances::binary(cx, *op, &a, &b, false)? {
                Some(t) => Ok(t),
                None => operators::binary(cx, *op, &a, &b),
            }
        }
        Op::InplaceOp { op, lhs, rhs } => {
            let (a, b) = (cx.operand(*lhs), cx.operand(*rhs));
            if *op == BinaryOp::Add && a.ty.as_list().is_some() {
                return containers::extend(cx, &a, &b, true);
            }
            if *op == BinaryOp::Or && a.ty.as_dict().is_some() && a.ty.is_unfinished() {
                return containers::update(cx, &a, &b).map(|_| Typed::copy(&a, a.ty));
            }
            if a.ty.container_parts().is_some()
                && let Some(t) = operators::in_place_method(cx, *op, &a, &b)?
            {
                return Ok(t);
            }
            if let Some(t) = instances::binary(cx, *op, &a, &b, true)? {
                return Ok(t);
            }
            if let Some(fail) = bytearrays::in_place(cx, &a) {
                return Err(fail);
            }
            if *op == BinaryOp::MatMul && a.ty.as_array().is_some() {
                let found = calls::method(cx, &a, "__imatmul__", std::slice::from_ref(&b), &[])?;
                return found.ok_or_else(|| refusals::no_operator(cx, "@=", &a, Some(&b)));
            }
            let t = operators::binary(cx, *op, &a, &b).map_err(|f| {
                let grows = a.ty.as_array().is_some() && *b.ty.kind() == TyKind::Bytes;
                let f = refusals::in_place(f, *op, &a, &b);
                if grows { f.help(bytearrays::FIXED) } else { f }
            })?;
            elementwise::in_place(cx, &a, t)
        }
        Op::UnaryOp { op: UnaryOp::Not, arg } => {
            let a = cx.operand(*arg);
            operators::truth(cx, &a, true)
        }
        Op::UnaryOp { op, arg } => {
            let prim = match op {
                UnaryOp::Neg => Prim::Neg,
                UnaryOp::Pos => Prim::Pos,
                UnaryOp::Invert => Prim::Invert,
                UnaryOp::Not => Prim::Not,
            };
            let a = cx.operand(*arg);
            operators::unary(cx, prim, &a)
        }
        Op::Compare { op, lhs, rhs } => {
            let (a, b) = (cx.operand(*lhs), cx.operand(*rhs));
            match bytearrays::compare(cx, compare_prim(*op), &a, &b)? {
                Some(t) => Ok(t),
                None => operators::compare(cx, compare_prim(*op), &a, &b),
            }
        }
        Op::Is { lhs, rhs, negated } => {
            let (a, b) = (cx.operand(*lhs), cx.operand(*rhs));
            operators::is(cx, &a, &b, *negated)
        }
        Op::Contains { container, item, negated } => {
            let (c, i) = (cx.operand(*container), cx.operand(*item));
            operators::contains(cx, &c, &i, *negated)
        }
        Op::ToBool { arg } => {
            let a = cx.operand(*arg);
            operators::truth(cx, &a, false)
        }
        Op::GetAttr { obj, name } => {
            let o = cx.operand(*obj).settled();
            attrs::get(cx, &o, name)
        }
        Op::SetAttr { obj, name, value } => {
            let (o, v) = (cx.operand(*obj).settled(), cx.operand(*value));
            language::set_attribute(cx, &o, name, &v)
        }
        Op::DelAttr { obj, name } => {
            let t = cx.ty(*obj);
            Err(Fail::new(codes::NO_ATTRIBUTE, format!("attribute '{name}' of {t} cannot be changed")))
        }
        Op::GetItem { obj, index } => {
            let (o, i) = (cx.operand(*obj).settled(), cx.operand(*index));
            index::get(cx, &o, &i)
        }
        Op::SetItem { obj, index, value } => {
            let (o, i, v) = (cx.operand(*obj).settled(), cx.operand(*index), cx.operand(*value));
            index::set(cx, &o, &i, &v)
        }
        Op::DelItem { obj, index } => {
            let (o, i) = (cx.operand(*obj), cx.operand(*index));
            index::del(cx, &o, &i)
        }
        Op::BuildSlice { start, stop, step } => {
            let members = [cx.operand(*start), cx.operand(*stop), step.map_or_else(Operand::none, |s| cx.operand(s))];
            index::slice(cx, &members)
        }
        Op::BuildTuple { items } => tuples::build(&cx.operands(items)),
        Op::UnpackSequence { seq, count } => {
            let s = cx.operand(*seq).settled();
            tuples::unpack(cx, &s, *count as usize)
        }
        Op::UnpackEx { seq, before, after } => {
            let s = cx.operand(*seq);
            tuples::unpack_star(cx, &s, *before as usize, *after as usize)
        }
        Op::TupleItem { tuple, index } => {
            let t = cx.operand(*tuple);
            tuples::item(cx, &t, i64::from(*index))
        }
        Op::BuildList { items } => tuples::builder(cx, items),
        Op::ListAppend { list, value } | Op::ListExtend { list, iterable: value } => tuples::builder_step(cx, *list, *value),
        Op::ListToTuple { list } => tuples::built(cx, *list),
        Op::BuildSet { items } => containers::build_set(cx, &cx.operands(items)),
        Op::BuildMap { items } => containers::build_dict(cx, &cx.operands(items)),
        Op::SetAdd { set, value } => {
            let (s, v) = (cx.operand(*set), cx.operand(*value));
            containers::add(cx, &s, &v)
        }
        Op::MapAdd { map, key, value } => {
            let (m, k, v) = (cx.operand(*map), cx.operand(*key), cx.operand(*value));
            containers::store(cx, &m, &k, &v)
        }
        Op::SetUpdate { set: c, iterable: other } | Op::DictUpdate { map: c, other } => {
            let (c, o) = (cx.operand(*c), cx.operand(*other));
            containers::update(cx, &c, &o)
        }
        Op::DictMerge { .. } => Err(Fail::unsupported("a call with **keywords of several dicts")),
        Op::BuildString { parts } => {
            let parts = cx.operands(parts);
            text::build_string(cx, &parts)
        }
        Op::FormatValue { value, conversion, spec } => {
            let (v, spec) = (cx.operand(*value), spec.map(|s| cx.operand(s)));
            text::format_value(cx, &v, *conversion, spec.as_ref())
        }
        Op::Call { callee, args, kwnames } => {
            let operands = cx.operands(args);
            let (positional, named) = operands.split_at(operands.len() - kwnames.len());
            let kwargs: Vec<_> = kwnames.iter().cloned().zip(named.iter().cloned()).collect();
            calls::call(cx, *callee, positional, &kwargs)
        }
        Op::CallEx { callee, args, kwargs } => {
            let kw = match kwargs.map(|k| cx.operand(k)) {
                None => Vec::new(),
                Some(k) => match k.named_items() {
                    Some(items) => items,
                    None => {
                        return Err(closures::no_names(cx, &k));
                    }
                },
            };
            let a = cx.operand(*args);
            match a.items() {
                Some(items) if a.ty.tuple_elems().is_some() && !instances::is_instance(cx, &a) => calls::call(cx, *callee, &items, &kw),
                _ => calls::spread(cx, *callee, &a, &kw),
            }
        }
        Op::MakeFunction { code, defaults, kwdefaults, this, closure } => closures::make(cx, code, *defaults, *kwdefaults, *this, closure),
        Op::ThisFunction { parts } => closures::this(cx, parts),
        Op::BuildNames { names, values } => closures::bundle(cx, names, values),
        Op::MergeNames { first, second } => closures::merge(cx, *first, *second),
        Op::GetIter { arg } => {
            let a = cx.operand(*arg).settled();
            iters::get_iter(cx, &a)
        }
        Op::Yield { value, from } => {
            let v = cx.operand(*value);
            let ty = calls::param_type(v.ty, false);
            cx.session.yielded(cx.spec, ty)?;
            let sent = generators::sent(&cx.session.specs[cx.spec]);
            if let (Some(sent), Some(from)) = (sent, from) {
                let inner = cx.ty(*from);
                generators::hand_on(cx.session, inner, sent);
            }
            Ok(Typed { ty: sent.unwrap_or_else(Ty::none), res: crate::typed::Resolution::Yield(v.src) })
        }
        Op::ReturnedBy { iter } => {
            let it = cx.operand(*iter);
            match it.ty.kind() {
                TyKind::Iter(IterTy::Generator(g)) => Ok(Typed::prim(Prim::GeneratorReturned, &[(&it, it.ty)], generators::returns(*g))),
                _ => Ok(Typed::of_type(Ty::none())),
            }
        }
        Op::Await { .. } => Err(Fail::new(codes::GENERATOR, "coroutines cannot be compiled")),
        Op::ImportName { name, fromlist, level } => language::import(cx, name, *fromlist, *level),
        Op::ImportFrom { module, name } => {
            let m = cx.operand(*module);
            attrs::get(cx, &m, name)
        }
        Op::ExcMatch { exc, class } => {
            let (e, c) = (cx.operand(*exc), cx.operand(*class));
            exceptions::matches(cx, &e, &c)
        }
        Op::Length { arg } => patterns::length(cx, &cx.operand(*arg)),
        Op::IsSequence { arg } => patterns::is_sequence(cx, &cx.operand(*arg)),
        Op::IsMapping { arg } => patterns::is_mapping(cx, &cx.operand(*arg)),
        Op::IsInstance { obj, class } => patterns::is_instance(cx, &cx.operand(*obj), &cx.operand(*class)),
        Op::MatchArg { obj, class, index } => patterns::argument(cx, &cx.operand(*obj), &cx.operand(*class), *index as usize),
        Op::MatchKeys { map, keys } => patterns::keys(cx, &cx.operand(*map), &cx.operand(*keys)),
        Op::PushExcInfo { .. } | Op::PopExcept { .. } => Ok(Typed::of_type(Ty::none())),
        Op::WithEnter { manager } => {
            let m = cx.operand(*manager);
            language::enter(cx, &m)
        }
        Op::WithExit { exit } => {
            let m = cx.operand(*exit);
            language::leave(cx, &m, None)
        }
        Op::WithExitExc { exit, exc } => {
            let (m, e) = (cx.operand(*exit), cx.operand(*exc));
            language::leave(cx, &m, Some(&e))
        }
        Op::Unsupported { what, .. } => Err(Fail::unsupported(what)),
    }
}

/// The failure "no such name".
fn undefined(name: &str) -> Box<Fail> {
    let fail = Fail::new(codes::UNDEFINED_NAME, format!("NameError: name '{name}' is not defined"))
        .help("globals are read when the function is compiled: define it before the first call");
    if OURS.contains(&name) {
        return fail.help(format!("'{name}' looks like a Numba internal function, has it been imported (as in `from looplift import {name}`)?"));
    }
    fail
}

/// Names of the package that compiled code uses, and that are forgotten in imports.
const OURS: &[&str] = &["jit", "literal_unroll", "literally", "njit", "objmode", "pndindex", "prange", "typed", "typeof", "types"];
