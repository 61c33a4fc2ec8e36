//! Instances of Python classes, and named tuples of classes with more than fields: attributes, properties and methods.

use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::ops::calls;
use looplift_builtins::Prim;
use looplift_types::{HostRef, NamedTupleTy, Ty, TyKind};

/// `instance.name`.
pub fn attribute(cx: &mut Cx<'_, '_>, obj: &Operand, n: &NamedTupleTy, name: &str) -> R<Option<Typed>> {
    match n.fields.iter().position(|f| **f == *name) {
        Some(k) if *n.elems[k].kind() == TyKind::NotImplemented => Err(cx
            .explain(Fail::new(codes::NO_ATTRIBUTE, format!("field '{name}' of {} has a value that compiled code does not read", n.class.name)), &[obj])
            .help("numbers, times, members of enumerations and tuples of these are read: pass the value as an argument")),
        Some(k) => {
            let lit = Operand::lit_str(name);
            Ok(Some(Typed::prim(Prim::FieldGet, &[(obj, obj.ty), (&lit, lit.ty)], n.elems[k])))
        }
        None => of_class(cx, obj, &n.class, name),
    }
}

/// A property, or a constant of the class; methods are found when they are called.
pub fn of_class(cx: &mut Cx<'_, '_>, obj: &Operand, class: &HostRef, name: &str) -> R<Option<Typed>> {
    if let Some(source) = cx.host().class_function(class, name, true) {
        return calls::call_source(cx, &source, std::slice::from_ref(obj), &[], false).map(Some);
    }
    let found = cx.host().attr(Ty::new(TyKind::Function(class.clone())), name);
    Ok(found.filter(|c| !matches!(c.ty.kind(), TyKind::Function(_) | TyKind::Dispatcher(_) | TyKind::Object(_))).map(Typed::constant))
}

/// `instance.name(…)`, a function of the class.
pub fn method(cx: &mut Cx<'_, '_>, obj: &Operand, name: &str, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> R<Option<Typed>> {
    let (TyKind::Instance(n) | TyKind::NamedTuple(n)) = obj.ty.kind() else { return Ok(None) };
    if super::instances::is_instance(cx, obj) {
        return Ok(None);
    }
    let Some(source) = cx.host().class_function(&n.class, name, false) else { return Ok(None) };
    let all: Vec<Operand> = std::iter::once(obj).chain(args).cloned().collect();
    calls::call_source(cx, &source, &all, kwargs, false).map(Some)
}
