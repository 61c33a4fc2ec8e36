//! Methods of generators.

use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed};
use crate::generators;
use looplift_builtins::Prim;
use looplift_types::{GeneratorTy, Ty, TyKind};

/// `g.name(args…)`; `None` if there is no such method.
pub fn method(cx: &mut Cx<'_, '_>, g: &Operand, name: &str, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> R<Option<Typed>> {
    let TyKind::Gen(generator) = g.ty.kind() else { return Ok(None) };
    let typed = match (name, args) {
        ("send", [value]) if kwargs.is_empty() => send(cx, g, generator, value)?,
        ("throw", [exc]) if kwargs.is_empty() => {
            if !matches!(exc.ty.kind(), TyKind::ExcClass(_) | TyKind::ExcInstance(..)) {
                let fail = Fail::new(codes::NO_MATCH, format!("throw() takes an exception class or an exception, not {}", exc.ty));
                return Err(cx.explain(fail, &[exc]));
            }
            Typed::prim(Prim::GeneratorThrow, &[(g, g.ty), (exc, exc.ty)], generator.item)
        }
        ("close", []) if kwargs.is_empty() => Typed::prim(Prim::GeneratorClose, &[(g, g.ty)], Ty::none()),
        ("__next__", []) if kwargs.is_empty() => {
            let none = Operand::none();
            Typed::prim(Prim::GeneratorSend, &[(g, g.ty), (&none, Ty::none())], generator.item)
        }
        ("send" | "throw" | "close", _) => {
            return Err(Fail::new(codes::BAD_ARGUMENTS, format!("{name}() of a generator does not take {} arguments here", args.len() + kwargs.len())));
        }
        _ => return Ok(None),
    };
    Ok(Some(typed))
}

/// What is sent has a type that the generator is compiled for: inference starts anew when it was not known.
fn send(cx: &mut Cx<'_, '_>, g: &Operand, generator: &GeneratorTy, value: &Operand) -> R {
    let Some((source, whole)) = generators::source(generator.id) else { return Err(Fail::new(codes::INTERNAL, "a generator of nothing")) };
    let params = source.hir.blocks[source.hir.entry()].params.len();
    let known = whole.get(params).copied();
    let wanted = value.ty.unliteral();
    let (none, something) = (Operand::none(), Operand::lit_int(1));
    let (value, ty) = match known {
        // Of what is not looked at, only whether it is None counts: a generator that has not begun takes nothing else.
        _ if !generators::takes_sent(&source.hir) => {
            let given = if wanted.is_none() || wanted.as_optional().is_some() { &none } else { &something };
            (given, given.ty)
        }
        Some(t) if looplift_types::conversion(wanted, t).is_some() => (value, t),
        _ if wanted.is_none() => (&none, Ty::none()),
        _ => {
            if generators::ask(cx.session, &source, &whole[..params], wanted) {
                cx.session.requests.renewed = true;
            }
            let text = format!("values of type {wanted} cannot be sent to this generator");
            return Err(cx.explain(Fail::new(codes::NO_MATCH, text), &[value]).help("send values of one type"));
        }
    };
    Ok(Typed::prim(Prim::GeneratorSend, &[(g, g.ty), (value, ty)], generator.item))
}
