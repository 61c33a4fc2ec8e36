//! Raising and catching.

use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::flow::Flow;
use crate::typed::{ArgSrc, RaiseInfo};
use looplift_builtins::Prim;
use looplift_hir::{Op, Value};
use looplift_types::{HostRef, Literal, Ty, TyKind};

/// `Class(args…)`; keyword arguments are one more argument, a bundle.
pub fn instance(cx: &Cx<'_, '_>, class: &HostRef, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> R {
    for a in args.iter().chain(kwargs.iter().map(|(_, o)| o)) {
        let fine = super::text::is_object(a.ty);
        if !fine {
            return Err(cx
                .explain(Fail::new(codes::NO_MATCH, format!("Cannot convert native {} to a Python object: it is no argument of an exception", a.ty)), &[a])
                .help("numbers, texts, tuples and constants can be arguments"));
        }
    }
    let mut args = args.to_vec();
    if !kwargs.is_empty() {
        let values: Vec<Operand> = kwargs.iter().map(|(_, o)| o.clone()).collect();
        let types = values.iter().map(|o| o.ty).collect();
        args.push(Operand { ty: Ty::new(TyKind::KwArgs(kwargs.iter().map(|(n, _)| n.clone()).collect(), types)), ..Operand::tuple(&values) });
    }
    let operands: Vec<(&Operand, Ty)> = args.iter().map(|a| (a, a.ty)).collect();
    let types: Vec<Ty> = args.iter().map(|a| a.ty).collect();
    Ok(Typed::prim(Prim::MakeException, &operands, Ty::new(TyKind::ExcInstance(class.clone(), types.into()))))
}

/// What a `raise` terminator raises.
pub fn raise(cx: &mut Cx<'_, '_>, exc: Option<Value>, cause: Option<Value>) -> R<RaiseInfo> {
    if let Some(c) = cause.map(|c| cx.operand(c))
        && !matches!(c.ty.kind(), TyKind::None | TyKind::Exception | TyKind::ExcInstance(..) | TyKind::ExcClass(_))
    {
        return Err(cx.explain(Fail::new(codes::BAD_RAISE, format!("exception causes must derive from BaseException, not {}", c.ty)), &[&c]));
    }
    let Some(exc) = exc else {
        return Ok(RaiseInfo { class: Ty::new(TyKind::Exception), args: vec![], arg_types: vec![] });
    };
    let e = cx.operand(exc);
    match e.ty.kind() {
        TyKind::ExcClass(_) => Ok(RaiseInfo { class: e.ty, args: vec![], arg_types: vec![] }),
        TyKind::ExcInstance(class, types) => {
            let items = e.items().unwrap_or_default();
            Ok(RaiseInfo { class: Ty::new(TyKind::ExcClass(class.clone())), args: items.into_iter().map(|i| i.src).collect(), arg_types: types.to_vec() })
        }
        TyKind::Exception => Ok(RaiseInfo { class: e.ty, args: vec![e.src], arg_types: vec![e.ty] }),
        TyKind::Str | TyKind::Literal(Literal::Str(_)) => {
            let fail = Fail::new(codes::BAD_RAISE, "Directly raising a string constant as an exception is not supported");
            Err(cx.explain(fail, &[&e]).help("raise an exception with the text: `raise ValueError(text)`"))
        }
        _ => {
            let text = format!("Encountered unsupported constant type used for exception: exceptions must derive from BaseException, not {}", e.ty);
            Err(cx.explain(Fail::new(codes::BAD_RAISE, text), &[&e]).help("in Python this is a TypeError when it runs"))
        }
    }
}

/// `e.args` of a caught exception. Its type is that of the arguments of what may be raised here, as far as that is known; an exception
/// of the interpreter has a text. When it runs, an exception with other arguments is a TypeError.
pub fn arguments(cx: &Cx<'_, '_>, e: &Operand) -> R {
    let mut types: Option<Vec<Ty>> = None;
    for (class, args) in raised(cx) {
        if !is_caught(cx, e, &class) {
            continue;
        }
        let args = held(cx, &class, &args);
        let joined = match &types {
            None => Some(args.clone()),
            Some(known) if known.len() == args.len() => known.iter().zip(&args).map(|(a, b)| looplift_types::join::join(*a, *b)).collect(),
            Some(_) => None,
        };
        let Some(joined) = joined else {
            let known = Ty::tuple(types.unwrap_or_default());
            let text = format!("the exceptions that may be caught here have arguments of several types: {known} and {}", Ty::tuple(args));
            return Err(cx.explain(Fail::new(codes::NO_MATCH, text), &[e]).help("catch them one by one"));
        };
        types = Some(joined);
    }
    let ty = Ty::tuple(types.unwrap_or_else(|| vec![Ty::str()]));
    super::text::object_call(cx, "looplift._text.exception_args", std::slice::from_ref(e), ty)
}

/// The types of what is in `args` of an exception of a class made with such arguments: these, unless the class has a say.
fn held(cx: &Cx<'_, '_>, class: &HostRef, args: &[Ty]) -> Vec<Ty> {
    // What goes by name is none of them.
    let plain: Vec<Ty> = args.iter().filter(|t| !matches!(t.kind(), TyKind::KwArgs(..))).map(|t| t.unliteral()).collect();
    if class.name.starts_with("builtins.") {
        return plain;
    }
    match cx.host().exception_attribute(class, args, "args").and_then(|t| t.tuple_elems().map(<[Ty]>::to_vec)) {
        Some(found) if found.len() != plain.len() => found,
        _ => plain,
    }
}

/// `e.name` of a caught exception, or of one that was just made. Its type is that of the attribute of exceptions that may be raised here.
/// `None` if nothing is known of it.
pub fn attribute(cx: &Cx<'_, '_>, e: &Operand, name: &str) -> R<Option<Typed>> {
    // What links exceptions is not of the example's kind.
    if name.starts_with("__") {
        return Ok(None);
    }
    let all = match e.ty.kind() {
        TyKind::ExcInstance(class, args) => vec![(class.clone(), args.to_vec())],
        _ => raised(cx).into_iter().filter(|(class, _)| is_caught(cx, e, class)).collect(),
    };
    let mut ty: Option<Ty> = None;
    for (class, args) in all {
        let found = cx.host().exception_attribute(&class, &args, name).filter(|t| looplift_types::functions::number(*t).is_none());
        let Some(found) = found else { return Ok(None) };
        let joined = ty.map_or(Some(found), |t| looplift_types::join::join(t, found));
        let Some(joined) = joined else {
            let text = format!("the attribute '{name}' of exceptions that may be caught here has several types");
            return Err(cx.explain(Fail::new(codes::NO_ATTRIBUTE, text), &[e]).help("catch them one by one"));
        };
        ty = Some(joined);
    }
    match ty {
        Some(ty) if super::text::is_object(ty) => super::text::object_call(cx, "builtins.getattr", &[e.clone(), Operand::lit_str(name)], ty).map(Some),
        _ => Ok(None),
    }
}

/// Whether the caught exception may be of a class: a handler has asked for it, or for any.
fn is_caught(cx: &Cx<'_, '_>, e: &Operand, class: &HostRef) -> bool {
    let ArgSrc::Value(v) = e.src else { return true };
    let mut asked = cx.hir.insts.values().filter_map(|i| match i.op {
        Op::ExcMatch { exc, class } if exc == v => Some(cx.ty(class)),
        _ => None,
    });
    let of = |t: Ty| match t.kind() {
        TyKind::ExcClass(base) => cx.host().is_subclass(class, base) != Some(false),
        _ => true,
    };
    asked.all(|t| t.tuple_elems().map_or_else(|| of(t), |all| all.iter().any(|t| of(*t))))
}

/// What this function and those that it calls raise: classes and types of arguments.
fn raised(cx: &Cx<'_, '_>) -> Vec<(HostRef, Vec<Ty>)> {
    let mut out = Vec::new();
    let mut note = |flow: &Flow| {
        for info in flow.raises.values().flatten() {
            if let TyKind::ExcClass(class) = info.class.kind() {
                out.push((class.clone(), info.arg_types.clone()));
            }
        }
    };
    note(cx.flow);
    let mut compiled = Vec::new();
    let mut work = cx.flow.callees();
    let mut seen = vec![false; cx.session.specs.len()];
    seen[cx.spec] = true;
    while let Some(i) = work.pop() {
        if !std::mem::replace(&mut seen[i], true) {
            note(&cx.session.specs[i].flow);
            compiled.extend(cx.session.compiled_raises(i).into_iter().map(|(class, args)| (class, args.into_vec())));
            work.extend(cx.session.specs[i].flow.callees());
        }
    }
    out.extend(compiled);
    out
}

/// `except class`.
pub fn matches(cx: &mut Cx<'_, '_>, exc: &Operand, class: &Operand) -> R {
    let is_class = |t: Ty| matches!(t.kind(), TyKind::ExcClass(_));
    let fits = is_class(class.ty) || class.ty.tuple_elems().is_some_and(|e| e.iter().all(|t| is_class(*t)));
    if !fits {
        return Err(
            cx.explain(Fail::new(codes::NO_MATCH, format!("catching classes that do not inherit from BaseException is not allowed: {}", class.ty)), &[class])
        );
    }
    Ok(Typed::prim(Prim::ExcMatch, &[(exc, Ty::new(TyKind::Exception)), (class, class.ty)], Ty::bool()))
}
