//! Instances of Python classes, and named tuples of classes with more than fields: attributes, properties and methods.

use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::ops::{calls, containers};
use looplift_builtins::Prim;
use looplift_types::{Distance, HostRef, Literal, NamedTupleTy, Ty, TyKind, conversion, parse_type};

/// `instance.name`.
pub fn attribute(cx: &mut Cx<'_, '_>, obj: &Operand, n: &NamedTupleTy, name: &str) -> R<Option<Typed>> {
    match n.fields.iter().position(|f| **f == *name) {
        Some(k) if *n.elems[k].kind() == TyKind::NotImplemented => Err(unreadable(cx, obj, n, name)),
        Some(k) => {
            let lit = Operand::lit_str(name);
            Ok(Some(Typed::prim(Prim::FieldGet, &[(obj, obj.ty), (&lit, lit.ty)], n.elems[k])))
        }
        None => of_class(cx, obj, &n.class, name),
    }
}

fn unreadable(cx: &Cx<'_, '_>, obj: &Operand, n: &NamedTupleTy, name: &str) -> Box<Fail> {
    let what = format!("field '{name}' of {} has a value that compiled code does not read", n.class.name);
    cx.explain(Fail::new(codes::NO_ATTRIBUTE, what), &[obj])
        .help("a field is read if its value could be an argument; an empty container needs an annotation such as `list[int]`, and an instance is not read inside one of its own class")
}

/// `instance.name = value`, of a field; what the class says of the assignment has been asked before.
pub fn set(cx: &mut Cx<'_, '_>, obj: &Operand, name: &str, value: &Operand) -> R<Option<Typed>> {
    let TyKind::Instance(n) = obj.ty.kind() else { return Ok(None) };
    let Some(k) = n.fields.iter().position(|f| **f == *name) else {
        let what = format!("instances of {} get no new attribute '{name}' in compiled code", n.class.name);
        return Err(cx
            .explain(Fail::new(codes::NO_ATTRIBUTE, what), &[obj])
            .help("fields are those of the dataclass, or those that the instance had when it was passed"));
    };
    let ty = n.elems[k];
    if *ty.kind() == TyKind::NotImplemented {
        return Err(unreadable(cx, obj, n, name));
    }
    containers::becomes(cx, value, ty)
        .map_err(|e| e.help(format!("field '{name}' has type {ty}: an annotation (`float`, `int | None`) or its first value tells it")))?;
    let lit = Operand::lit_str(name);
    Ok(Some(Typed::prim(Prim::FieldSet, &[(obj, obj.ty), (&lit, lit.ty), (value, ty)], Ty::none())))
}

/// The type of a field by its first value and what the class declares: as the border has it for instances that are passed.
fn field_type(value: Ty, declared: Option<Ty>) -> Ty {
    let Some(declared) = declared else { return value };
    let inner = declared.as_optional().unwrap_or(declared);
    let optional = |t: Ty| if declared.as_optional().is_some() { Ty::new(TyKind::Optional(t)) } else { t };
    match value.as_optional().unwrap_or(value) {
        t if t.is_none() && declared.as_optional().is_none() => value,
        t if t.is_none() => declared,
        t if t.is_unfinished() => declared,
        t if t.flavour().is_some() && conversion(t, inner).is_some() => declared,
        t if t.is_number() && inner.is_number() && conversion(t, inner).is_some_and(|d| d <= Distance::Safe) => optional(inner),
        _ if value.as_optional().is_some() => value,
        t => optional(t),
    }
}

/// `new_instance(class, fields, value, …)`: an instance with these fields. The text has a line for each, its name and, after a
/// tab, its type if the class declares one.
pub fn make(cx: &mut Cx<'_, '_>, args: &[Operand]) -> R {
    let bad = || Fail::new(codes::INTERNAL, "new_instance takes a class, a text and values");
    let [class, text, values @ ..] = args else { return Err(bad()) };
    let (TyKind::Function(class), Some(Literal::Str(text))) = (class.ty.kind(), text.ty.as_literal()) else { return Err(bad()) };
    let (mut fields, mut elems): (Vec<Box<str>>, Vec<Ty>) = (Vec::new(), Vec::new());
    for (line, value) in text.lines().zip(values) {
        let (name, declared) = line.split_once('\t').unwrap_or((line, ""));
        let ty = field_type(containers::stored(value.ty), parse_type(declared).ok());
        if value.ty.is_bottom() || ty.is_unfinished() {
            return Ok(Typed::of_type(Ty::bottom()));
        }
        containers::becomes(cx, value, ty).map_err(|e| e.help(format!("field '{name}' of {} has type {ty}", class.name)))?;
        fields.push(name.into());
        elems.push(ty);
    }
    let operands: Vec<(&Operand, Ty)> = values.iter().zip(elems.iter().copied()).collect();
    let name = class.name.rsplit('.').next().unwrap_or_default().into();
    let ty = NamedTupleTy { class: HostRef { id: class.id, name }, fields: fields.into(), elems: elems.clone().into() };
    Ok(Typed::prim(Prim::NewInstance, &operands, Ty::new(TyKind::Instance(Box::new(ty)))))
}

/// A property, or a constant of the class; methods are found when they are called.
pub fn of_class(cx: &mut Cx<'_, '_>, obj: &Operand, class: &HostRef, name: &str) -> R<Option<Typed>> {
    if let Some(source) = cx.host().class_function(class, name, true) {
        return calls::call_source(cx, &source, std::slice::from_ref(obj), &[], false).map(Some);
    }
    let found = cx.host().attr(Ty::new(TyKind::Function(class.clone())), name);
    Ok(found.filter(|c| !matches!(c.ty.kind(), TyKind::Function(_) | TyKind::Dispatcher(_) | TyKind::Object(_))).map(Typed::constant))
}

/// `tuple.name(…)`, a function of the class of a named tuple.
pub fn method(cx: &mut Cx<'_, '_>, obj: &Operand, name: &str, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> R<Option<Typed>> {
    // (A class of instances has been asked.)
    let TyKind::NamedTuple(n) = obj.ty.kind() else { return Ok(None) };
    if super::instances::is_made(cx, obj) {
        return Ok(None);
    }
    let Some(source) = cx.host().class_function(&n.class, name, false) else { return Ok(None) };
    let all: Vec<Operand> = std::iter::once(obj).chain(args).cloned().collect();
    calls::call_source(cx, &source, &all, kwargs, false).map(Some)
}
