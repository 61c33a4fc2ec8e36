//! Questions about attributes and classes that are answered while compiling, imports inside functions, contexts that change
//! nothing in compiled code, and methods of named tuple classes.

use super::{attrs, caught, closures, consts, instances, members, records, refusals, unrolled};
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::literals;
use crate::typed::ArgSrc;
use looplift_builtins::Prim;
use looplift_hir::Value;
use looplift_types::{ClosureTy, HostRef, Literal, NamedTupleTy, Ty, TyKind};

type Kwargs = [(Box<str>, Operand)];

fn text(o: &Operand) -> Option<&'static str> {
    match o.ty.as_literal() {
        Some(Literal::Str(s)) => Some(s),
        _ => None,
    }
}

/// A call of one of the functions that this module knows.
pub fn call(cx: &mut Cx<'_, '_>, f: &HostRef, qualname: &str, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    Ok(match (qualname, args) {
        ("builtins.getattr", [obj, name] | [obj, name, _]) => {
            let Some(name) = text(name) else {
                return Err(cx.explain(Fail::new(codes::NO_MATCH, "getattr(): argument 'name' must be a literal string"), &[name]));
            };
            match (has(cx, obj, name), args.get(2)) {
                (Some(false), Some(default)) => Some(Typed::copy(default, default.ty)),
                (Some(false), None) if class_name(obj.plain()).is_some() && !instances::is_instance(cx, obj) => {
                    let class = class_name(obj.plain()).unwrap_or_default();
                    let why = format!("'{class}' object has no attribute '{name}': '{}' has no attribute '{name}'", obj.plain());
                    Some(super::patterns::call_library(cx, "looplift.library.attributes", "missing_attribute", &[Operand::lit_str(&why)])?)
                }
                _ => Some(attrs::get(cx, obj, name)?),
            }
        }
        ("builtins.hasattr", [obj, name]) => match text(name) {
            Some(name) => has(cx, obj, name).map(Typed::bool),
            None => {
                let ArgSrc::Value(v) = name.src else { return Ok(None) };
                let variable = cx.hir.value_name(v).unwrap_or("?");
                let why = format!("hasattr() cannot determine the type of variable \"{variable}\" due to a branch.");
                return Err(cx.explain(Fail::new(codes::NO_MATCH, why), &[name]));
            }
        },
        ("builtins.setattr", [obj, name, value]) => match text(name) {
            Some(name) => Some(set_attribute(cx, &obj.settled(), name, value)?),
            None => return Err(cx.explain(Fail::new(codes::NO_MATCH, "setattr(): argument 'name' must be a literal string"), &[name])),
        },
        ("builtins.type", [obj]) => match caught::class_of(cx, obj)? {
            Some(t) => Some(t),
            None => class_of(cx, obj),
        },
        ("builtins.issubclass", [class, of]) => match (class_ref(class.ty), class_ref(of.ty)) {
            (Some(a), Some(b)) => cx.host().is_subclass(a, b).map(Typed::bool),
            _ => None,
        },
        ("builtins.callable", [obj]) => match obj.ty.kind() {
            TyKind::Function(_)
            | TyKind::Functions(_)
            | TyKind::FunctionValue(_)
            | TyKind::Dispatcher(_)
            | TyKind::Closure(_)
            | TyKind::NumberClass(_)
            | TyKind::ExcClass(_) => Some(Typed::bool(true)),
            TyKind::Object(_) => Some(Typed::bool(cx.host().attr(obj.ty, "__call__").is_some())),
            TyKind::NamedTuple(n) | TyKind::Instance(n) if instances::is_instance(cx, obj) => {
                // Of the class; asking it for an attribute would find what calls the class.
                let abstract_class = cx.host().module("collections.abc", true).and_then(|m| cx.host().attr(m.ty, "Callable"));
                abstract_class.and_then(|c| cx.host().is_subclass(&n.class, class_ref(c.ty)?)).map(Typed::bool)
            }
            _ if obj.plain().is_number() || obj.ty.as_array().is_some() || obj.ty.tuple_elems().is_some() => Some(Typed::bool(false)),
            _ => None,
        },
        ("looplift._literals.literally", [x]) => Some(literals::literally(cx, x)?),
        ("looplift._literals.literal_unroll", args) => Some(unrolled::literal_unroll(cx, args)?),
        // Compiled arithmetic gives no warnings: there is nothing to switch.
        ("numpy.errstate", []) => {
            let _ = kwargs;
            Some(Typed::of_type(Ty::new(TyKind::Object(HostRef { id: f.id, name: "numpy.errstate".into() }))))
        }
        _ => None,
    })
}

fn class_ref(t: Ty) -> Option<&'static HostRef> {
    match t.kind() {
        TyKind::Function(r) | TyKind::ExcClass(r) => Some(r),
        _ => None,
    }
}

/// `obj.name = value`.
pub fn set_attribute(cx: &mut Cx<'_, '_>, obj: &Operand, name: &str, value: &Operand) -> R {
    if let Some(t) = records::set(cx, obj, name, value)? {
        return Ok(t);
    }
    if let Some(t) = instances::set(cx, obj, name, value)? {
        return Ok(t);
    }
    if let Some(t) = members::set(cx, obj, name, value)? {
        return Ok(t);
    }
    if name == "flat"
        && obj.ty.as_array().is_some()
        && let Some(t) = super::calls::method(cx, obj, "__set_flat__", std::slice::from_ref(value), &[])?
    {
        return Ok(t);
    }
    Err(Fail::new(codes::NO_ATTRIBUTE, format!("attribute '{name}' of {} cannot be changed", obj.ty)))
}

/// Whether a value has an attribute, if that is known.
fn has(cx: &mut Cx<'_, '_>, obj: &Operand, name: &str) -> Option<bool> {
    if attrs::known(cx, obj, name).is_ok_and(|t| t.is_some()) {
        return Some(true);
    }
    if instances::is_instance(cx, obj) {
        return Some(instances::has(cx, obj, name));
    }
    match obj.plain().kind() {
        TyKind::Module(_) | TyKind::Function(_) | TyKind::Dispatcher(_) | TyKind::ExcClass(_) | TyKind::Object(_) => {
            return Some(cx.host().attr(obj.ty, name).is_some());
        }
        TyKind::NamedTuple(n) if n.fields.iter().any(|f| **f == *name) => return Some(true),
        _ => {}
    }
    let class = class_name(obj.plain())?;
    let whole = match class {
        "ndarray" => cx.host().module("numpy", true).and_then(|m| cx.host().attr(m.ty, class))?,
        _ => cx.host().global(cx.func, class)?,
    };
    // What every object has may be None in a class.
    let object = cx.host().global(cx.func, "object")?;
    Some(cx.host().attr(whole.ty, name).is_some() || cx.host().attr(object.ty, name).is_some())
}

/// The name of Python's class, or NumPy's, of which values of a type are.
fn class_name(t: Ty) -> Option<&'static str> {
    Some(match t.kind() {
        TyKind::Array(_) => "ndarray",
        TyKind::Bool => "bool",
        TyKind::Int(_) => "int",
        TyKind::Float(_) => "float",
        TyKind::Complex(_) => "complex",
        TyKind::Tuple(_) | TyKind::NamedTuple(_) => "tuple",
        TyKind::Str => "str",
        TyKind::Bytes => "bytes",
        TyKind::List(_) | TyKind::LiteralList(_) => "list",
        TyKind::Set(_) => "set",
        TyKind::Dict(_) => "dict",
        TyKind::Range(_) => "range",
        TyKind::Slice(_) => "slice",
        TyKind::None => "object",
        _ => return None,
    })
}

/// `type(x)`: number classes of NumPy for numbers, which convert as `type(x)(y)` does.
fn class_of(cx: &Cx<'_, '_>, obj: &Operand) -> Option<Typed> {
    let t = obj.plain();
    match t.kind() {
        _ if t.is_number() => Some(Typed::of_type(Ty::new(TyKind::NumberClass(t)))),
        TyKind::NamedTuple(n) | TyKind::Instance(n) => Some(Typed::of_type(Ty::new(TyKind::Function(n.class.clone())))),
        TyKind::Tuple(_) => cx.host().global(cx.func, "tuple").map(Typed::constant),
        TyKind::Str => cx.host().global(cx.func, "str").map(Typed::constant),
        _ => None,
    }
}

/// `import name` and the module that `from name import …` reads.
pub fn import(cx: &Cx<'_, '_>, name: &str, fromlist: Value, level: Value) -> R {
    if cx.ty(level).as_lit_int() != Some(0) {
        return Err(Fail::unsupported("a relative import inside a compiled function").help("import it at the top of the module"));
    }
    let whole = !cx.ty(fromlist).is_none();
    match cx.host().module(name, whole) {
        Some(c) => consts::value(c),
        None => Err(Fail::new(codes::UNDEFINED_NAME, format!("no module named '{name}' can be imported"))),
    }
}

/// Entering a `with` block: gives the value.
pub fn enter(cx: &mut Cx<'_, '_>, manager: &Operand) -> R {
    if let Some(t) = instances::enter(cx, manager)? {
        return Ok(t);
    }
    match context_method(cx, manager, "__enter__")? {
        Some(t) => Ok(t),
        None => Err(cx
            .explain(Fail::unsupported(format!("a with statement on {}", manager.ty)), &[manager])
            .help("`objmode`, `parallel_chunksize` and `numpy.errstate` are the contexts of compiled code")),
    }
}

/// Leaving a `with` block, by an exception or not. Instances see the exception, as its class too, and no traceback; other contexts swallow none and
/// see none.
pub fn leave(cx: &mut Cx<'_, '_>, manager: &Operand, exception: Option<&Operand>) -> R {
    if let Some(t) = instances::leave(cx, manager, exception)? {
        return Ok(t);
    }
    Ok(context_method(cx, manager, "__exit__")?.unwrap_or_else(|| Typed::of_type(Ty::none())))
}

/// A context is `numpy.errstate`, which does nothing, or a named tuple of the library with such methods.
fn context_method(cx: &mut Cx<'_, '_>, manager: &Operand, name: &str) -> R<Option<Typed>> {
    match manager.ty.kind() {
        TyKind::Object(r) if &*r.name == "numpy.errstate" => Ok(Some(Typed::of_type(Ty::none()))),
        TyKind::NamedTuple(n) if cx.host().attr(Ty::new(TyKind::Function(n.class.clone())), "__looplift_context__").is_some() => {
            class_function(cx, manager, n, name, &[], &[])
        }
        _ => Ok(None),
    }
}

/// A method of a named tuple: one that every such class has, or a function of the class.
pub fn named_tuple_method(cx: &mut Cx<'_, '_>, obj: &Operand, n: &NamedTupleTy, name: &str, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    if name == "_replace" && args.is_empty() {
        let mut items = obj.items().unwrap_or_default();
        for (k, v) in kwargs {
            let Some(i) = n.fields.iter().position(|f| f == k) else {
                return Err(Fail::new(codes::BAD_ARGUMENTS, format!("Got unexpected field names: ['{k}']")));
            };
            items[i] = v.clone();
        }
        let elems: Box<[Ty]> = items.iter().map(|i| i.ty.unliteral()).collect();
        let operands: Vec<(&Operand, Ty)> = items.iter().zip(elems.iter().copied()).collect();
        let ty = Ty::new(TyKind::NamedTuple(Box::new(NamedTupleTy { elems: elems.clone(), ..n.clone() })));
        return Ok(Some(Typed::prim(Prim::BuildTuple, &operands, ty)));
    }
    if name.starts_with('_') || matches!(name, "count" | "index") {
        return Ok(None);
    }
    class_function(cx, obj, n, name, args, kwargs)
}

/// A call of a function that the class of a named tuple has.
fn class_function(cx: &mut Cx<'_, '_>, obj: &Operand, n: &NamedTupleTy, name: &str, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    let Some(found) = cx.host().attr(Ty::new(TyKind::Function(n.class.clone())), name) else { return Ok(None) };
    let TyKind::Function(f) = found.ty.kind() else { return Ok(None) };
    let func = ClosureTy { func: f.clone(), this: None, captured: 0, defaults: 0, kwnames: Box::default(), elems: Box::default() };
    let ty = Ty::new(TyKind::Closure(Box::new(func)));
    let TyKind::Closure(c) = ty.kind() else { return Ok(None) };
    let mut all = vec![obj.clone()];
    all.extend_from_slice(args);
    let t = closures::call(cx, &Operand::of_type(ty), c, &all, kwargs)?;
    refusals::check_host(cx, || refusals::no_method(cx, obj, name, args, kwargs))?;
    Ok(Some(t))
}
