//! `deque`, `Counter` and `defaultdict`, and what a missing key of the latter two means.
//!
//! They are lists and dicts of their own flavour. The type of a defaultdict's values is that of what its factory makes; when these are
//! containers, their element types are found as those of other containers, by what is put into `d[key]`.

use super::calls;
use super::containers::{self, common, stored, type_argument, want};
use crate::bind::bind_names;
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::flow::definition;
use crate::host::Overload;
use crate::typed::Resolution;
use looplift_hir::{Const, Op, Terminator};
use looplift_types::{Flavour, Ty, TyKind};

type Kwargs = [(Box<str>, Operand)];

/// `deque(iterable, maxlen)`.
pub fn deque(cx: &mut Cx<'_, '_>, args: &[Operand], kwargs: &Kwargs) -> R {
    let bound = bind_names("deque", &["iterable", "maxlen"], 0, args, kwargs).map_err(|text| Fail::new(codes::BAD_ARGUMENTS, text))?;
    let ty = Ty::list(Ty::bottom(), Flavour::Deque);
    let Some(limit) = bound[1].as_ref().filter(|l| !l.ty.is_none()) else {
        return match &bound[0] {
            Some(x) => containers::from_iterable(cx, ty, x),
            None => containers::empty(cx, ty),
        };
    };
    if limit.plain().as_int().is_none() || limit.ty.as_optional().is_some() {
        return Err(cx.explain(Fail::new(codes::NO_MATCH, format!("maxlen of a deque is an integer, not {}", limit.ty)), &[limit]));
    }
    let nothing = Operand::tuple(&[]);
    let mut t = containers::from_iterable(cx, ty, bound[0].as_ref().unwrap_or(&nothing))?;
    if let Resolution::Prim { args, params, .. } = &mut t.res {
        args.push(limit.src.clone());
        params.push(Ty::int64());
    }
    Ok(t)
}

/// `Counter()`.
pub fn counter(cx: &mut Cx<'_, '_>) -> R {
    containers::empty(cx, Ty::dict(Ty::bottom(), Ty::int64(), Flavour::Counter))
}

/// `defaultdict(factory)`.
pub fn default_dict(cx: &mut Cx<'_, '_>, args: &[Operand], kwargs: &Kwargs) -> R {
    let refused = |text: &str| {
        Fail::unsupported(text)
            .help("`defaultdict(int)` and other classes (float, bool, complex, str, list, set, dict) are known, and functions without parameters that capture nothing")
    };
    let [factory] = args else { return Err(refused("a defaultdict that does not begin empty, with a factory")) };
    if !kwargs.is_empty() {
        return Err(refused("a defaultdict with keyword arguments"));
    }
    if let Some(value) = type_argument(cx, factory).or_else(|| empty_container(cx, factory)).or_else(|| made_empty(cx, factory)) {
        return containers::empty(cx, Ty::dict(Ty::bottom(), value, Flavour::Default));
    }
    let id = match factory.ty.kind() {
        TyKind::Dispatcher(f) => f.id,
        TyKind::Function(f) => f.id,
        TyKind::Closure(c) if c.elems.is_empty() && c.this.is_none() => c.func.id,
        _ => return Err(cx.explain(refused("a defaultdict with such a factory"), &[factory])),
    };
    // What the factory gives is found by a call of it, of which the type is all that is used.
    let callee = match cx.host().compiled_function(id) {
        Some(c) => Operand::constant(c),
        None => return Err(cx.explain(refused("a defaultdict with such a factory"), &[factory])),
    };
    let made = calls::call_object(cx, &callee, &[], &[])?;
    if made.ty.is_bottom() {
        // As the call, until its type is known: of one that calls itself on every path it never is.
        return Ok(made);
    }
    containers::empty(cx, Ty::dict(Ty::bottom(), stored(made.ty.unliteral()), Flavour::Factory(id)))
}

/// The type that a function makes which does nothing but give the empty value of it: `lambda: 0`, `lambda: []`.
fn made_empty(cx: &Cx<'_, '_>, factory: &Operand) -> Option<Ty> {
    let TyKind::Closure(c) = factory.ty.kind() else { return None };
    let Overload::Function(source) = cx.host().closure_source(c) else { return None };
    let hir = &source.hir;
    let (&[block], 0) = (&hir.layout[..], hir.sig.names.len()) else { return None };
    let Terminator::Return(v) = hir.blocks[block].term else { return None };
    let none = Ty::bottom();
    match &hir.insts[definition(hir, v)?].op {
        Op::Const(Const::Bool(false)) => Some(Ty::bool()),
        Op::Const(Const::Int(0)) => Some(Ty::int64()),
        Op::Const(Const::Float(0)) => Some(Ty::float64()),
        Op::Const(Const::Complex(0, 0)) => Some(Ty::complex128()),
        Op::Const(Const::Str(s)) if s.is_empty() => Some(Ty::str()),
        Op::BuildList { items } if items.is_empty() => Some(Ty::list(none, Flavour::Plain)),
        Op::BuildMap { items } if items.is_empty() => Some(Ty::dict(none, none, Flavour::Typed)),
        Op::Call { callee, args, .. } if args.is_empty() => match &hir.insts[definition(hir, *callee)?].op {
            Op::LoadGlobal { name } => {
                let class = Operand::constant(cx.host().global(source.id, name)?);
                type_argument(cx, &class).or_else(|| empty_container(cx, &class))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The type that `list`, `set` or `dict` makes.
fn empty_container(cx: &Cx<'_, '_>, class: &Operand) -> Option<Ty> {
    let none = Ty::bottom();
    match &*cx.host().qualname(class.ty)? {
        "builtins.list" => Some(Ty::list(none, Flavour::Plain)),
        "builtins.set" => Some(Ty::set(none, Flavour::Plain)),
        "builtins.dict" => Some(Ty::dict(none, none, Flavour::Typed)),
        _ => None,
    }
}

/// `d[key]` where missing keys have a value: the keys are made known before the library answers.
pub fn get(cx: &mut Cx<'_, '_>, dict: &Operand, key: &Operand) -> R<Option<Typed>> {
    let TyKind::Dict(d) = dict.ty.kind() else { return Ok(None) };
    if !matches!(d.flavour, Flavour::Counter | Flavour::Default | Flavour::Factory(_)) || !dict.ty.is_unfinished() {
        return Ok(None);
    }
    if !key.ty.is_unfinished() {
        let known = common(cx, "dict", [d.key, stored(key.ty)])?;
        want(cx, dict, Ty::dict(known, d.value, d.flavour));
    }
    // Of the value as much as is known: what is done with it says the rest.
    Ok(Some(Typed { ty: d.value, res: Typed::copy(dict, dict.ty).res }))
}

/// Methods that frozen sets do not have.
pub fn is_change_of_frozen(t: Ty, name: &str) -> bool {
    let changes = ["add", "remove", "discard", "pop", "clear", "update", "intersection_update", "difference_update", "symmetric_difference_update"];
    t.flavour() == Some(Flavour::Frozen) && changes.contains(&name)
}
