//! Calls: of jitted functions, of known functions, of overloads in Python, of classes and methods.

use crate::bind;
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed, type_list};
use crate::flow::definition;
use crate::generators;
use crate::host::{FuncSource, Overload};
use crate::literals;
use crate::ops::{
    arrays, attrs, builtins, caught, closures, containers, displays, elementwise, enums, exceptions, functions, generator_methods, host_functions, instances,
    language, members, native, refusals, streams, text, times,
};
use crate::typed::Resolution;
use looplift_builtins::{ArrayAttr, Prim, table};
use looplift_hir::{Op, Value};
use looplift_types::{ClosureTy, GeneratorTy, HostRef, Literal, NamedTupleTy, Ty, TyKind};

type Kwargs = [(Box<str>, Operand)];

/// `callee(*args, **kwargs)`.
pub fn call(cx: &mut Cx<'_, '_>, callee: Value, args: &[Operand], kwargs: &Kwargs) -> R {
    let mut c = cx.operand(callee);
    if c.ty.as_optional().is_some_and(|t| matches!(t.kind(), TyKind::FunctionValue(_))) {
        c = c.settled();
    }
    if caught::is_path(c.ty) {
        return Err(Fail::unsupported("calling what hangs on a caught exception").help(caught::USES).help("name the class of the new exception"));
    }
    if let TyKind::BoundMethod(_, name) = c.ty.kind() {
        let receiver = definition(cx.hir, callee).and_then(|i| match &cx.hir.insts[i].op {
            Op::GetAttr { obj, .. } => Some(cx.operand(*obj).settled()),
            // A method that `getattr` gave.
            Op::Call { args, .. } if args.len() >= 2 => Some(cx.operand(args[0]).settled()),
            _ => None,
        });
        let Some(receiver) = receiver else {
            return Err(Fail::unsupported("a method kept in a variable that several paths reach").help("call the method where it is looked up"));
        };
        let outcome = match method(cx, &receiver, name, args, kwargs) {
            Ok(Some(t)) => Ok(t),
            Ok(None) => Err(refusals::of_method(cx, &receiver, name, args, kwargs).unwrap_or_else(|| attrs::missing(cx, &receiver, name))),
            Err(fail) => Err(fail),
        };
        return outcome.map_err(|fail| during(cx, fail, &format!("BoundFunction('{name}' of {})", receiver.ty)));
    }
    call_object(cx, &c, args, kwargs).map_err(|fail| match c.ty.kind() {
        TyKind::Function(_) | TyKind::Dispatcher(_) => during(cx, fail, &c.ty.to_string()),
        _ => fail,
    })
}

/// `callee(*items)` of something other than a tuple: the library asks the callee how many arguments it takes.
pub fn spread(cx: &mut Cx<'_, '_>, callee: Value, items: &Operand, kwargs: &Kwargs) -> R {
    let c = cx.operand(callee);
    if items.ty.is_bottom() || items.ty.is_unfinished() {
        return Ok(Typed::of_type(Ty::bottom()));
    }
    let known = matches!(
        items.ty.kind(),
        TyKind::List(_)
            | TyKind::Array(_)
            | TyKind::Range(_)
            | TyKind::Str
            | TyKind::Bytes
            | TyKind::Set(_)
            | TyKind::Dict(_)
            | TyKind::DictView(..)
            | TyKind::Gen(_)
    );
    if known && kwargs.is_empty() && matches!(c.ty.kind(), TyKind::Dispatcher(_) | TyKind::Closure(_) | TyKind::Function(_)) {
        return super::patterns::call_library(cx, "looplift.library.spreading", "spread", &[c, items.clone()]).map_err(|fail| cx.explain(fail, &[items]));
    }
    let fail = Fail::new(codes::BAD_ARGUMENTS, format!("only a tuple can follow * in a call, not {}", items.ty))
        .help("unpack the items into variables first (`a, b = items`), or pass them as one argument");
    Err(cx.explain(fail, &[items]))
}

/// Adds to a failure what was called, and where.
fn during(cx: &Cx<'_, '_>, fail: Box<Fail>, callee: &str) -> Box<Fail> {
    let line = cx.inst.map_or(0, |i| cx.hir.span(i).line);
    fail.note(format!("During: resolving callee type: {callee}"), None).note(format!("During: typing of call at {} ({line})", cx.hir.filename), None)
}

/// A call of a compile-time object.
pub fn call_object(cx: &mut Cx<'_, '_>, c: &Operand, args: &[Operand], kwargs: &Kwargs) -> R {
    let outcome = call_given(cx, c, args, kwargs);
    let optional = |o: &Operand| o.ty.as_optional().is_some();
    if outcome.is_err() && matches!(c.ty.kind(), TyKind::Function(_)) && args.iter().any(|a| enums::as_numbers(a.ty) != a.ty) {
        // Members of enumerations that are integers serve where integers do.
        let numbers: Vec<Operand> = args.iter().map(|a| Operand { ty: enums::as_numbers(a.ty), src: a.src.clone() }).collect();
        cx.host().forget_error();
        return call_given(cx, c, &numbers, kwargs).or(outcome);
    }
    if outcome.is_err() && matches!(c.ty.kind(), TyKind::Function(_)) && args.iter().any(optional) {
        // What knows nothing of None may know the values.
        let settled: Vec<Operand> = args.iter().map(Operand::settled).collect();
        cx.host().forget_error();
        return match call_given(cx, c, &settled, kwargs) {
            Ok(t) => Ok(t),
            // An overload says why, of the values.
            Err(fail) if fail.code == codes::HOST_ERROR => Err(fail),
            Err(_) => outcome,
        };
    }
    outcome
}

fn call_given(cx: &mut Cx<'_, '_>, c: &Operand, args: &[Operand], kwargs: &Kwargs) -> R {
    match c.ty.kind() {
        TyKind::Function(f) => {
            let qualname = cx.host().qualname(c.ty).unwrap_or_else(|| f.name.clone());
            if kwargs.is_empty()
                && let Some(t) = instances::builtin(cx, &qualname, args)?
            {
                return Ok(t);
            }
            if kwargs.is_empty()
                && let Some(t) = caught::call(cx, &qualname, args)?
            {
                return Ok(t);
            }
            if let Some(t) = host_functions::call(cx, &qualname, args, kwargs)? {
                return Ok(t);
            }
            if let Some(t) = native::call(cx, &qualname, args, kwargs)? {
                return Ok(t);
            }
            if let Some(rule) = table::function(&qualname)
                && let Some(t) = builtins::try_call(cx, rule, &qualname, args, kwargs)?
            {
                return Ok(t);
            }
            if let Some(t) = language::call(cx, f, &qualname, args, kwargs)? {
                return Ok(t);
            }
            if let Some(t) = streams::class(cx, &qualname, args, kwargs)? {
                return Ok(t);
            }
            if let Some(t) = enums::call(cx, c, args)? {
                return Ok(t);
            }
            if let Some(t) = named_tuple(cx, c.ty, f, args, kwargs)? {
                return Ok(t);
            }
            overloaded(cx, c.ty, &qualname, args, kwargs)
        }
        TyKind::FunctionValue(signature) => functions::call_value(cx, c, signature, args, kwargs),
        TyKind::Functions(members) => functions::call(cx, c, members, args, kwargs),
        TyKind::Closure(closure) => closures::call(cx, c, closure, args, kwargs),
        TyKind::Dispatcher(f) => overloaded(cx, c.ty, &f.name, args, kwargs),
        TyKind::NamedTuple(_) | TyKind::Instance(_) if instances::is_instance(cx, c) => match method(cx, c, "__call__", args, kwargs)? {
            Some(t) => Ok(t),
            None => Err(cx.explain(Fail::new(codes::NOT_CALLABLE, format!("{} cannot be called", c.ty)), &[c])),
        },
        TyKind::NumberClass(t) => builtins::number_class(cx, *t, args, kwargs),
        TyKind::ExcClass(class) => exceptions::instance(cx, class, args, kwargs),
        TyKind::Object(o) => overloaded(cx, c.ty, &o.name, args, kwargs),
        _ => Err(cx.explain(Fail::new(codes::NOT_CALLABLE, format!("{} cannot be called", c.ty)), &[c])),
    }
}

/// `Class(args…)` of a named tuple class, which its `_fields` tell.
fn named_tuple(cx: &mut Cx<'_, '_>, class: Ty, name: &HostRef, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    let Some(fields) = cx.host().attr(class, "_fields") else { return Ok(None) };
    let names = fields.ty.tuple_elems().unwrap_or(&[]).iter().map(|t| match t.as_literal() {
        Some(Literal::Str(s)) => Some(&**s),
        _ => None,
    });
    let Some(names) = names.collect::<Option<Vec<&str>>>().filter(|n| !n.is_empty()) else { return Ok(None) };
    let bound = bind::bind_names(&name.name, &names, names.len(), args, kwargs).map_err(|text| Fail::new(codes::BAD_ARGUMENTS, text))?;
    let items: Vec<Operand> = bound.into_iter().flatten().collect();
    let ty = Ty::new(TyKind::NamedTuple(Box::new(NamedTupleTy {
        class: name.clone(),
        fields: names.iter().map(|n| (*n).into()).collect(),
        elems: items.iter().map(|i| i.ty.unliteral()).collect(),
    })));
    let operands: Vec<(&Operand, Ty)> = items.iter().map(|i| (i, i.ty.unliteral())).collect();
    Ok(Some(Typed::prim(Prim::BuildTuple, &operands, ty)))
}

/// Types as an overload sees them.
fn types_of(args: &[Operand], kwargs: &Kwargs) -> (Vec<Ty>, Vec<(Box<str>, Ty)>) {
    (args.iter().map(|a| a.ty).collect(), kwargs.iter().map(|(n, o)| (n.clone(), o.ty)).collect())
}

/// A call that the host resolves.
fn overloaded(cx: &mut Cx<'_, '_>, callee: Ty, name: &str, args: &[Operand], kwargs: &Kwargs) -> R {
    if let (TyKind::Function(_), Some(listed)) = (callee.kind(), containers::listed(cx, args)?) {
        return overloaded(cx, callee, name, &listed, kwargs);
    }
    if containers::waits(args, kwargs) {
        return Ok(Typed::of_type(Ty::bottom()));
    }
    if args.iter().any(|a| a.ty.as_array().is_some())
        && let Some(inputs) = cx.host().ufunc_inputs(callee)
        && let Some(t) = user_ufunc(cx, callee, name, inputs, args, kwargs)?
    {
        return Ok(t);
    }
    if name == "numpy.where"
        && kwargs.is_empty()
        && let Some(t) = elementwise::choose(cx, args)?
    {
        return Ok(t);
    }
    if name.starts_with("numpy.") && args.iter().any(displays::is_list) {
        // As an index a list is no tuple.
        let index = name.ends_with(".at").then_some(1);
        let mut tuples = Vec::with_capacity(args.len());
        for (k, a) in args.iter().enumerate() {
            tuples.push(match displays::is_list(a) {
                true if index == Some(k) => containers::as_list(cx, &displays::as_tuple(a))?,
                true => displays::as_tuple(a),
                false => a.clone(),
            });
        }
        return overloaded(cx, callee, name, &tuples, kwargs);
    }
    // Only users' overloads ask what a display put in.
    let (types, named) = if ["numpy.", "builtins.", "math."].iter().any(|m| name.starts_with(m)) {
        types_of(args, kwargs)
    } else {
        let seen = |o: &Operand| displays::seen(cx, o);
        (args.iter().map(seen).collect(), kwargs.iter().map(|(n, o)| (n.clone(), seen(o))).collect())
    };
    let found = cx.host().overload(callee, &types, &named);
    if let Some((wanted, must)) = cx.host().literal_request()
        && (must || literals::can_ask(cx, args, &wanted))
    {
        cx.host().forget_error();
        return Err(literals::ask(cx, args, &wanted));
    }
    refusals::check_host(cx, || refusals::no_match(cx, Some(callee), name, args, kwargs))?;
    match found {
        Overload::Function(source) if matches!(callee.kind(), TyKind::Dispatcher(_)) => call_source(cx, &source, args, kwargs, false),
        Overload::Function(source) => {
            let (bound, operands, params) = bound(cx, &source, args, kwargs, true)?;
            // An implementation that turned out to ask for values may have one beside it that is made for them.
            if literals::asks(cx, &bound, &params)
                && let Overload::Function(other) = cx.host().overload_of_values(callee, &types, &named)
                && other.id != source.id
            {
                return call_source(cx, &other, args, kwargs, true);
            }
            specialise(cx, &bound, operands, params, None)
        }
        Overload::Builtin(b) => match table::function(&b) {
            Some(rule) => builtins::call(cx, rule, &b, args, kwargs),
            None => Err(Fail::new(codes::INTERNAL, format!("no builtin rule {b}"))),
        },
        Overload::None(reason) => {
            if kwargs.is_empty()
                && let TyKind::Function(o) | TyKind::Object(o) = callee.kind()
                && let Some(t) = host_object(cx, callee, o.id, args)?
            {
                return Ok(t);
            }
            // A function of numbers serves arrays element by element.
            if elementwise::is_ufunc(name)
                && kwargs.is_empty()
                && let Some(t) = elementwise::apply(cx, &elementwise::weak_for(name, args), &|cx, s| overloaded(cx, callee, name, s, &[]).map(Some))?
            {
                return Ok(t);
            }
            Err(refusals::of_function(cx, callee, name, args, kwargs, reason, table::function(name).is_some()))
        }
    }
}

/// A call of an object that the host itself runs; constants go as values.
fn host_object(cx: &Cx<'_, '_>, callee: Ty, id: u32, args: &[Operand]) -> R<Option<Typed>> {
    let types: Vec<Ty> = args.iter().map(|a| a.ty.unliteral()).collect();
    let result = cx.host().object_result(callee, &types);
    refusals::check_host(cx, || refusals::no_match(cx, Some(callee), "object", args, &[]))?;
    let Some(ret) = result else { return Ok(None) };
    if ret.is_none() {
        return Ok(Some(Typed::prim(Prim::BuildTuple, &[], ret)));
    }
    let signature = cx.host().object_signature(callee, &types);
    refusals::check_host(cx, || refusals::no_match(cx, Some(callee), "object", args, &[]))?;
    if signature.is_none()
        && let Some(bad) = args.iter().find(|a| !text::is_object(a.ty))
    {
        return Err(cx.explain(Fail::new(codes::NO_MATCH, format!("a value of type {} has no Python form here", bad.ty)), &[bad]));
    }
    let op = Operand::lit_str(&signature.map_or_else(|| format!("#{id:010}"), |n| format!("#{id:010}:{n}")));
    let operands: Vec<(&Operand, Ty)> = std::iter::once((&op, op.ty)).chain(args.iter().zip(types)).collect();
    Ok(Some(Typed::prim(Prim::CallObject, &operands, ret)))
}

/// A call of a ufunc with `inputs` inputs on arrays: element by element, into the output array if one is given.
fn user_ufunc(cx: &mut Cx<'_, '_>, callee: Ty, name: &str, inputs: usize, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    let out = match (args.get(inputs..), kwargs) {
        (Some([]), []) => None,
        (Some([out]), []) => Some(out),
        (Some([]), [(k, out)]) if &**k == "out" => Some(out),
        _ => return Ok(None),
    };
    let Some(t) = elementwise::apply(cx, &args[..inputs], &|cx, s| overloaded(cx, callee, name, s, &[]).map(Some))? else { return Ok(None) };
    match out {
        None => Ok(Some(t)),
        Some(out) if out.ty.is_none() => Ok(Some(t)),
        Some(out) => elementwise::in_place(cx, out, t).map(Some),
    }
}

/// A call of a Python function: binds, specialises. `library` functions see which strings and flags are constants.
pub fn call_source(cx: &mut Cx<'_, '_>, source: &FuncSource, args: &[Operand], kwargs: &Kwargs, library: bool) -> R {
    let (source, operands, params) = bound(cx, source, args, kwargs, library)?;
    specialise(cx, &source, operands, params, None)
}

/// The function as this call compiles it, its arguments, and the types of its parameters.
fn bound(cx: &mut Cx<'_, '_>, source: &FuncSource, args: &[Operand], kwargs: &Kwargs, library: bool) -> R<(FuncSource, Vec<Operand>, Vec<Ty>)> {
    let operands = bind::bind(source, args, kwargs).map_err(|why| why.fail(&source.hir, args))?;
    // Library code takes a copy of an iterator's state, which a user's function would notice.
    if !library && operands.iter().any(|o| matches!(o.ty.kind(), TyKind::Iter(_))) {
        return Err(Fail::unsupported("an iterator passed to a function").help("pass what it iterates over"));
    }
    let mut params: Vec<Ty> = operands.iter().map(|o| param_type(o.ty, library)).collect();
    let mut source = source.clone();
    if !library && !params.iter().any(|p| p.is_bottom()) {
        // A function that is compiled for its declared signatures only takes what converts to one of them.
        match cx.host().declared_params(source.id, &params) {
            Some(Ok(declared)) => params = declared,
            Some(Err(known)) => {
                let text = format!("Invalid use of {} with parameters ({})", source.hir.qualname, type_list(params.iter().copied()));
                return Err(Fail::new(codes::NO_MATCH, text).note(format!("its signatures are declared: {known}"), None));
            }
            None => {}
        }
    }
    if source.options.asks_inline && !params.iter().any(|p| p.is_bottom()) {
        let (types, named) = types_of(args, kwargs);
        let types: Vec<Ty> = types.iter().map(|t| t.unliteral()).collect();
        let named: Vec<(Box<str>, Ty)> = named.into_iter().map(|(name, t)| (name, t.unliteral())).collect();
        let key = &cx.session.specs[cx.spec].key;
        let span = cx.inst.map(|i| cx.hir.span(i)).unwrap_or_default();
        source.options.always_inline = cx.host().wants_inlining((key.func, &key.args), span, &source, &types, &named);
        refusals::check_host(cx, || Fail::new(codes::HOST_ERROR, format!("asking whether a call of {} is inlined", source.hir.qualname)))?;
    }
    if library {
        // Library code computes as its caller asks for.
        let caller = cx.session.specs[cx.spec].key.options;
        source.options.fastmath |= caller.fastmath;
        source.options.boundscheck &= caller.boundscheck;
    }
    Ok((source, operands, params))
}

/// The call of a specialisation, entered if it is new; `closure`: the type of the function value that is called.
pub fn specialise(cx: &mut Cx<'_, '_>, source: &FuncSource, operands: Vec<Operand>, params: Vec<Ty>, closure: Option<&ClosureTy>) -> R {
    let params = literals::as_requested(cx, source, &operands, params)?;
    let whole = generators::with_sent(&cx.session.requests, source, &params);
    let spec = cx.session.enter(source, &whole, true)?;
    let caller = (cx.spec, cx.inst, cx.block);
    let callee = &mut cx.session.specs[spec];
    let callee_args = callee.key.args.clone();
    if let Some(c) = closure
        && callee.closure.is_none()
    {
        callee.closure = Some(std::sync::Arc::new(c.clone()));
    }
    if !callee.callers.contains(&caller) {
        callee.callers.push(caller);
    }
    let ret = callee.ret;
    let params = callee.compiled.as_ref().map_or(params, |c| c.1[..operands.len().min(c.1.len())].to_vec());
    let returns = callee.returns;
    if source.hir.is_generator {
        // What it gives is not known before its body has been seen.
        let ty = if ret.is_bottom() {
            ret
        } else {
            Ty::new(TyKind::Gen(GeneratorTy { id: generators::number(source, &callee_args), name: source.hir.name.clone(), item: ret, returns }))
        };
        return Ok(Typed { ty, res: Resolution::Generate { spec, args: operands.into_iter().map(|o| o.src).collect(), params } });
    }
    Ok(Typed { ty: ret, res: Resolution::Call { spec, args: operands.into_iter().map(|o| o.src).collect(), params, reduction: source.options.reduction } })
}

/// A call of a function that came as an argument, if the compiler or an overload knows it.
pub fn known_function(cx: &mut Cx<'_, '_>, f: &HostRef, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    let ty = Ty::new(TyKind::Function(f.clone()));
    let qualname = cx.host().qualname(ty).unwrap_or_else(|| f.name.clone());
    if let Some(rule) = table::function(&qualname)
        && let Some(t) = builtins::try_call(cx, rule, &qualname, args, kwargs)?
    {
        return Ok(Some(t));
    }
    let (types, named) = types_of(args, kwargs);
    match cx.host().overload(ty, &types, &named) {
        Overload::Function(source) => call_source(cx, &source, args, kwargs, true).map(Some),
        Overload::Builtin(_) | Overload::None(_) => Ok(None),
    }
}

/// The parameter type for an argument: literals are widened, except in library functions those that select code.
pub fn param_type(t: Ty, library: bool) -> Ty {
    match t.kind() {
        TyKind::Literal(Literal::Str(_)) => t,
        TyKind::Literal(Literal::Bool(_)) if library => t,
        TyKind::Slice(s) => Ty::new(TyKind::Slice(looplift_types::SliceTy { start: s.start.unliteral(), stop: s.stop.unliteral(), step: s.step.unliteral() })),
        _ => containers::as_argument(t.unliteral()),
    }
}

/// A method of a run-time value: one that the compiler knows, or an overload of the host. `None` if there is neither.
pub fn method(cx: &mut Cx<'_, '_>, obj: &Operand, name: &str, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    if let Some(a) = obj.ty.as_array()
        && let Some(ArrayAttr::Method(m)) = table::array_attr(name)
        && let Some(t) = arrays::method(cx, obj, a, m, args, kwargs)?
    {
        return Ok(Some(t));
    }
    if let Some(t) = generator_methods::method(cx, obj, name, args, kwargs)? {
        return Ok(Some(t));
    }
    if let TyKind::NamedTuple(n) = obj.ty.kind()
        && !instances::is_instance(cx, obj)
        && let Some(t) = language::named_tuple_method(cx, obj, n, name, args, kwargs)?
    {
        return Ok(Some(t));
    }
    if let Some(t) = displays::method(cx, obj, name, args)? {
        return Ok(Some(t));
    }
    if name == "view"
        && let Some(t) = times::view(cx, obj, args, kwargs)?
    {
        return Ok(Some(t));
    }
    if matches!(name, "conjugate" | "conj") && args.is_empty() && kwargs.is_empty() {
        if obj.plain().is_number() {
            return builtins::conjugate(obj).map(Some);
        }
        if let Some(t) = elementwise::apply(cx, std::slice::from_ref(obj), &|_, s| builtins::conjugate(&s[0]).map(Some))? {
            return Ok(Some(t));
        }
    }
    if let ("join", Some(_), [parts], []) = (name, text::kind_of(obj.ty), args, kwargs)
        && matches!(parts.ty.kind(), TyKind::Iter(_) | TyKind::Gen(_) | TyKind::Dict(_) | TyKind::DictView(..))
    {
        let list = containers::as_list(cx, parts)?;
        if list.ty.is_unfinished() {
            return Ok(Some(Typed::of_type(Ty::bottom())));
        }
        return method(cx, obj, name, &[list], kwargs);
    }
    if let Some(t) = streams::method(cx, obj, name, args, kwargs)? {
        return Ok(Some(t));
    }
    if let Some(t) = super::text::method(cx, obj, name, args, kwargs)? {
        return Ok(Some(t));
    }
    if let Some(t) = containers::method(cx, obj, name, args, kwargs)? {
        return Ok(Some(t));
    }
    if obj.ty.container_parts().is_some()
        && let Some(listed) = containers::listed(cx, args)?
    {
        return method(cx, obj, name, &listed, kwargs);
    }
    if obj.ty.is_unfinished() || containers::waits(args, kwargs) {
        return Ok(Some(Typed::of_type(Ty::bottom())));
    }
    let (types, named) = types_of(args, kwargs);
    let found = cx.host().method_overload(obj.ty, name, &types, &named);
    let mut all = vec![obj.clone()];
    all.extend_from_slice(args);
    if let Some((wanted, must)) = cx.host().literal_request()
        && (must || literals::can_ask(cx, &all, &wanted))
    {
        cx.host().forget_error();
        return Err(literals::ask(cx, &all, &wanted));
    }
    refusals::check_host(cx, || refusals::no_method(cx, obj, name, args, kwargs))?;
    match found {
        Overload::Function(source) => call_source(cx, &source, &all, kwargs, true).map(Some),
        Overload::Builtin(b) => match table::function(&b) {
            Some(rule) => builtins::call(cx, rule, &b, &all, kwargs).map(Some),
            None => Err(Fail::new(codes::INTERNAL, format!("no builtin rule {b}"))),
        },
        Overload::None(Some(reason)) => Err(refusals::no_method(cx, obj, name, args, kwargs).note(reason, None)),
        Overload::None(None) => members::method(cx, obj, name, args, kwargs),
    }
}
