//! Containers outside of a function: lists, dicts and others that a global variable, a captured one or an attribute of an object names.
//!
//! Such a name is a constant of compiled code, and a container is none: what it holds changes, and compiled code would see what it held
//! once. So nothing can be done with one but to return it or pass it on, and the failure says so instead of what the operation
//! makes of an object that it does not know.

use crate::codes;
use crate::cx::{Cx, Fail};
use crate::flow::definition;
use looplift_hir::{Op, Value};
use looplift_types::{Ty, TyKind};

/// Classes of what has items and is no constant; classes of others that compiled code knows as arguments only.
const CONTAINERS: &[&str] =
    &["list", "dict", "set", "bytearray", "array", "array.array", "deque", "defaultdict", "Counter", "OrderedDict", "List", "Dict", "Set"];

/// Why an operation on a container outside of the function fails, if that is why.
pub fn unusable(cx: &Cx<'_, '_>, op: &Op) -> Option<Box<Fail>> {
    let mut found = None;
    op.for_each_value(|v| found = found.or_else(|| container(cx, v)));
    let v = found?;
    let obj = cx.operand(v);
    let TyKind::Object(class) = obj.ty.kind() else { return None };
    // Of a typed container the type, of another object its class.
    let typed = cx.host().attr(obj.ty, "_numba_type_").and_then(|c| cx.host().type_value(c.ty));
    let what = typed.map_or_else(|| class.name.to_string(), |t| t.to_string());
    let frozen = if matches!(&*what, "list" | "array") { ", or make it a tuple, which is a constant" } else { "" };
    let fail = match place(cx, v) {
        Some(Place::Global(name)) => Fail::new(
            codes::BAD_INDEX,
            format!(
                "The use of a {what} type, assigned to variable '{name}' in globals, is not supported as globals are considered compile-time constants and \
                 there is no known way to compile a {what} type as a constant."
            ),
        ),
        Some(Place::Free(name)) => Fail::new(
            codes::BAD_INDEX,
            format!("'{name}' is a {what} of an enclosing function, whose variables are constants of compiled code: a {what} is none"),
        ),
        Some(Place::Attribute(name)) => {
            Fail::new(codes::BAD_INDEX, format!("'.{name}' is a {what} of an object that is a constant of compiled code: a {what} is none"))
        }
        None => return None,
    };
    Some(cx.explain(fail.help(format!("pass it as an argument{frozen}")), &[&obj]))
}

/// The container that a value is, or of which it is a method.
fn container(cx: &Cx<'_, '_>, v: Value) -> Option<Value> {
    let is = |v: Value| matches!(cx.types[v].map(Ty::kind), Some(TyKind::Object(class)) if CONTAINERS.contains(&class.name.as_ref()));
    if is(v) {
        return Some(v);
    }
    match &cx.hir.insts[definition(cx.hir, v)?].op {
        Op::GetAttr { obj, .. } if is(*obj) => Some(*obj),
        _ => None,
    }
}

enum Place<'a> {
    Global(&'a str),
    Free(&'a str),
    Attribute(&'a str),
}

fn place<'a>(cx: &Cx<'a, '_>, v: Value) -> Option<Place<'a>> {
    match &cx.hir.insts[definition(cx.hir, v)?].op {
        Op::LoadGlobal { name } => Some(Place::Global(name)),
        Op::LoadFree { index } => cx.hir.free_names.get(*index as usize).map(|name| Place::Free(name)),
        Op::GetAttr { name, .. } => Some(Place::Attribute(name)),
        _ => None,
    }
}
