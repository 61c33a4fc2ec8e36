//! Texts and bytes: operators, indices, methods, and functions that work on values as Python objects.
//!
//! What reads a text where it lies (length, items, order, hash) is a primitive; the rest is a call of the Python operation on
//! real objects ([`object_call`]), whose rows are in `builtins::text`.

use super::refusals::no_operator;
use crate::bind::bind_names;
use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, Typed, plain};
use looplift_builtins::text::{self, Absence, Gives, Method, Takes};
use looplift_builtins::{Prim, arith};
use looplift_hir::Conversion;
use looplift_types::{Flavour, Literal, SliceTy, Ty, TyKind};

type Kwargs = [(Box<str>, Operand)];

/// Whether a value can be made a Python object at run time.
pub fn is_object(t: Ty) -> bool {
    match t.kind() {
        TyKind::None
        | TyKind::Bool
        | TyKind::Int(_)
        | TyKind::Float(_)
        | TyKind::Complex(_)
        | TyKind::Literal(_)
        | TyKind::Str
        | TyKind::Bytes
        | TyKind::CharSeq(_)
        | TyKind::Generator
        | TyKind::Stream(_)
        | TyKind::Pointer(_)
        | TyKind::Array(_)
        | TyKind::Range(_)
        | TyKind::Enum(_)
        | TyKind::Datetime(_)
        | TyKind::Timedelta(_)
        | TyKind::Slice(_)
        | TyKind::Ellipsis
        | TyKind::DType(_)
        | TyKind::NumberClass(_)
        | TyKind::Function(_)
        | TyKind::FunctionValue(_)
        | TyKind::Dispatcher(_)
        | TyKind::ExcClass(_)
        | TyKind::Module(_)
        | TyKind::Object(_) => true,
        TyKind::Optional(t) => is_object(*t),
        TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_) => t.container_parts().is_some_and(|e| e.iter().all(|t| is_object(*t))),
        TyKind::Instance(n) => n.elems.iter().all(|t| *t.kind() == TyKind::NotImplemented || is_object(*t)),
        TyKind::DictView(..) => false,
        TyKind::Tuple(_) | TyKind::NamedTuple(_) => t.tuple_elems().is_some_and(|e| e.iter().all(|t| is_object(*t))),
        TyKind::Bottom
        | TyKind::NotImplemented
        | TyKind::Functions(_)
        | TyKind::Closure(_)
        | TyKind::Record(_)
        | TyKind::LiteralList(_)
        | TyKind::Initial(..)
        | TyKind::KwArgs(..)
        | TyKind::Iter(_)
        | TyKind::Gen(_)
        | TyKind::ExcInstance(..)
        | TyKind::Exception
        | TyKind::BoundMethod(..) => false,
    }
}

/// What an element of an array is as a value: a text or bytes for those of fixed length.
pub fn element_value(dtype: Ty) -> Ty {
    if dtype.as_char_seq().is_some() { dtype.unliteral() } else { dtype }
}

/// A text or bytes, or an optional one: its type without literal knowledge.
pub fn kind_of(t: Ty) -> Option<Ty> {
    let t = plain(t);
    matches!(t.kind(), TyKind::Str | TyKind::Bytes).then_some(t)
}

/// A call of a Python operation: see `Prim::CallObject`.
pub fn object_call(cx: &Cx<'_, '_>, operation: &str, args: &[Operand], ret: Ty) -> R {
    // A caught exception is one, too, while it is handled.
    if let Some(bad) = args.iter().find(|a| !is_object(a.ty) && *a.ty.kind() != TyKind::Exception) {
        return Err(cx.explain(Fail::new(codes::NO_MATCH, format!("a value of type {} has no Python form here", bad.ty)), &[bad]));
    }
    let op = Operand::lit_str(operation);
    let operands: Vec<(&Operand, Ty)> = std::iter::once((&op, op.ty)).chain(args.iter().map(|a| (a, a.ty))).collect();
    Ok(Typed::prim(Prim::CallObject, &operands, ret))
}

/// The result of a row for a receiver of type `of`.
fn given(gives: Gives, of: Ty) -> Ty {
    match gives {
        Gives::Same => of,
        Gives::Text => Ty::str(),
        Gives::Bytes => Ty::bytes(),
        Gives::Int => Ty::int64(),
        Gives::Float => Ty::float64(),
        Gives::Bool => Ty::bool(),
        Gives::Triple => Ty::tuple([of, of, of]),
        Gives::Ratio => Ty::tuple([Ty::int64(), Ty::int64()]),
        Gives::List => Ty::list(of, Flavour::Plain),
    }
}

// ---- methods --------------------------------------------------------------------------------------------------------

/// A method of a text, bytes, or number that a row of `builtins::text` gives.
pub fn method(cx: &Cx<'_, '_>, obj: &Operand, name: &str, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    let of = obj.plain();
    let tables: &[&[Method]] = match of.kind() {
        TyKind::Str => &[text::SHARED, text::OF_TEXT],
        TyKind::Bytes => &[text::SHARED, text::OF_BYTES],
        TyKind::Int(_) | TyKind::Bool => &[text::OF_INT],
        TyKind::Float(_) => &[text::OF_FLOAT],
        TyKind::Tuple(_) | TyKind::NamedTuple(_) if is_object(of) && !super::instances::is_instance(cx, obj) => &[text::OF_TUPLE],
        _ => return Ok(None),
    };
    if *of.kind() == TyKind::Str && name == "format" {
        return format(cx, obj, args, kwargs).map(Some);
    }
    let Some(row) = text::find(name, tables) else { return Ok(None) };
    if let ("find", [part], []) = (name, args, kwargs)
        && obj.ty.unliteral() == of
        && part.ty.unliteral() == of
    {
        return Ok(Some(Typed::prim(Prim::TextFind, &[(obj, of), (part, of)], Ty::int64())));
    }
    // What Python takes by keyword alone goes through a function that takes it by place.
    let signed = kwargs.iter().position(|(n, _)| name == "to_bytes" && &**n == "signed");
    let by_keyword = signed.map(|k| kwargs[k].1.clone());
    let kwargs: &Kwargs = &kwargs.iter().enumerate().filter(|(k, _)| Some(*k) != signed).map(|(_, a)| a.clone()).collect::<Vec<_>>();
    let names: Vec<&str> = row.params.iter().map(|p| p.0).collect();
    let required = row.params.iter().filter(|p| p.2 == Absence::Required).count();
    let bound = bind_names(name, &names, required, args, kwargs).map_err(|text| Fail::new(codes::BAD_ARGUMENTS, text))?;
    let mut operands = vec![checked(cx, obj, of)?];
    for ((param, takes, default), given) in row.params.iter().zip(bound) {
        let operand = match (given, default) {
            (Some(o), _) => argument(cx, row, param, *takes, of, &o)?,
            (None, Absence::None) => Operand::none(),
            (None, Absence::Int(v)) => Operand::lit_int(*v),
            (None, Absence::Bool(v)) => Operand::of_type(Ty::lit_bool(*v)),
            (None, Absence::Text(s)) => Operand::lit_str(s),
            (None, Absence::Absent | Absence::Required) => break,
        };
        operands.push(operand);
    }
    if let Some(flag) = by_keyword {
        operands.push(argument(cx, row, "signed", Takes::Bool, of, &flag)?);
        return object_call(cx, "looplift.library._objects.signed_bytes", &operands, given(row.gives, of)).map(Some);
    }
    object_call(cx, &format!(".{name}"), &operands, given(row.gives, of)).map(Some)
}

/// A receiver that is there: an optional one is tested.
fn checked(cx: &Cx<'_, '_>, o: &Operand, of: Ty) -> R<Operand> {
    match o.ty.kind() {
        TyKind::Optional(_) => {
            Err(cx.explain(Fail::new(codes::NO_MATCH, format!("{} may be None here, and only {of} has this method", o.ty)), &[o]).help("test `is None` first"))
        }
        _ => Ok(o.clone()),
    }
}

/// What a list or a set has.
fn elements(t: Ty) -> Option<Ty> {
    match t.kind() {
        TyKind::List(l) => Some(l.elem),
        TyKind::Set(s) => Some(s.elem),
        _ => None,
    }
}

/// An argument, if its type is what the parameter takes.
fn argument(cx: &Cx<'_, '_>, row: &Method, param: &str, takes: Takes, of: Ty, o: &Operand) -> R<Operand> {
    let t = o.ty.unliteral();
    let inner = plain(o.ty);
    let optional = matches!(t.kind(), TyKind::Optional(_));
    let int = matches!(inner.kind(), TyKind::Int(_) | TyKind::Bool);
    let several = |e: &[Ty]| e.iter().all(|t| t.unliteral() == of);
    let fits = match takes {
        Takes::Same => t == of,
        Takes::SameOrNone => t.is_none() || inner == of,
        Takes::SameOrTuple => t == of || t.tuple_elems().is_some_and(several),
        Takes::SameOrInt => t == of || (of == Ty::bytes() && int && !optional),
        Takes::Several => {
            t == of && of == Ty::str()
                || t.tuple_elems().is_some_and(several)
                || elements(t).is_some_and(|e| e == of)
                || t.as_array().is_some_and(|a| a.ndim == 1 && element_value(a.dtype) == of)
        }
        Takes::Text => t == Ty::str(),
        Takes::Int => int && !optional,
        // A truth value is no place in a text.
        Takes::IntOrNone => t.is_none() || matches!(inner.kind(), TyKind::Int(_)),
        Takes::Bool => int && !optional,
        Takes::Any => is_object(o.ty),
    };
    if fits {
        return Ok(o.clone());
    }
    Err(cx.explain(Fail::new(codes::NO_MATCH, format!("{}() of {of}: {}", row.name, refusal(row, param, takes, of, t))), &[o]))
}

/// What is said of an argument of type `t` that its parameter does not take.
fn refusal(row: &Method, param: &str, takes: Takes, of: Ty, t: Ty) -> String {
    let is_text = of == Ty::str();
    let worded = text::REFUSALS.iter().find(|(methods, params, _)| is_text && methods.contains(&row.name) && params.contains(&param));
    if let Some((.., words)) = worded {
        return words.replace("{}", &t.to_string());
    }
    let of_looplift = |names: &[&str]| names.iter().map(|n| format!("<class 'looplift.types.{n}'>")).collect::<Vec<_>>();
    let builtin = |names: &[&str]| names.iter().map(|n| format!("<class '{n}'>")).collect::<Vec<_>>();
    let mut accepted = of_looplift(match takes {
        Takes::Same | Takes::SameOrNone if is_text => &["UnicodeType", "UnicodeCharSeq"],
        Takes::SameOrTuple | Takes::SameOrInt | Takes::Several if is_text => &["UnicodeType"],
        Takes::Same | Takes::SameOrNone | Takes::SameOrTuple | Takes::SameOrInt | Takes::Several => &["Bytes"],
        Takes::Text => &["UnicodeType"],
        Takes::Int | Takes::IntOrNone | Takes::Bool => &["Integer"],
        Takes::Any => &["Type"],
    });
    match takes {
        Takes::Int => accepted.extend(builtin(&["int"])),
        Takes::Bool => {
            accepted.extend(builtin(&["int"]));
            accepted.extend(of_looplift(&["Boolean"]));
            accepted.extend(builtin(&["bool"]));
        }
        Takes::SameOrNone | Takes::IntOrNone => accepted.extend(of_looplift(&["NoneType"])),
        Takes::SameOrInt if !is_text => accepted.extend(of_looplift(&["Integer"])),
        Takes::SameOrTuple => accepted.extend(of_looplift(&["BaseTuple"])),
        Takes::Several => return format!("\"{param}\" must be an iterable of {of}, not {t}"),
        Takes::Same | Takes::SameOrInt | Takes::Text | Takes::Any => {}
    }
    let accepted = match &accepted[..] {
        [one] => one.clone(),
        several => format!("({})", several.join(", ")),
    };
    format!("\"{param}\" must be {accepted}, not {t}")
}

/// `text.format(…)`.
fn format(cx: &Cx<'_, '_>, obj: &Operand, args: &[Operand], kwargs: &Kwargs) -> R {
    let mut operation = ".format".to_string();
    let mut operands = vec![obj.clone()];
    operands.extend_from_slice(args);
    for (name, value) in kwargs {
        operation.push(' ');
        operation.push_str(name);
        operands.push(value.clone());
    }
    object_call(cx, &operation, &operands, Ty::str())
}

// ---- functions ------------------------------------------------------------------------------------------------------

/// A function that runs as Python's on objects.
pub fn function(cx: &Cx<'_, '_>, name: &str, least: u8, most: u8, gives: Gives, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    let by_name = matches!(name, "builtins.int.from_bytes" | "builtins.bytes");
    let whole = matches!(name, "builtins.bin" | "builtins.oct" | "builtins.hex" | "builtins.chr");
    let fits = (kwargs.is_empty() || by_name)
        && (usize::from(least)..=usize::from(most)).contains(&args.len())
        && args.iter().all(|a| (is_object(a.ty) || *a.ty.kind() == TyKind::Exception) && (!whole || arith::machine_int(a.plain()).is_some()));
    let mut operation = name.to_string();
    let mut operands = args.to_vec();
    for (key, value) in kwargs {
        operation.push(' ');
        operation.push_str(key);
        operands.push(value.clone());
    }
    if fits { object_call(cx, &operation, &operands, given(gives, Ty::str())).map(Some) } else { Ok(None) }
}

/// The text of a single precision number, which has fewer digits than the same number in double precision.
const SINGLE: &str = "looplift._text.single";

/// `str(x)`, `str(bytes, encoding, errors)`.
pub fn str_of(cx: &Cx<'_, '_>, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    if let ([], [(name, object), rest @ ..]) = (args, kwargs)
        && &**name == "object"
    {
        return str_of(cx, std::slice::from_ref(object), rest);
    }
    match (args, kwargs) {
        ([], []) => Ok(Some(Typed::of_type(Ty::lit_str("")))),
        ([a], []) if a.ty.is_text() => Ok(Some(Typed::copy(a, a.ty))),
        ([a], []) => match literal_text(a) {
            Some(t) => Ok(Some(Typed::of_type(Ty::lit_str(&t)))),
            None if a.plain() == Ty::float32() => object_call(cx, SINGLE, args, Ty::str()).map(Some),
            None => function(cx, "builtins.str", 1, 1, Gives::Text, args, kwargs),
        },
        _ => function(cx, "builtins.str", 2, 3, Gives::Text, args, kwargs),
    }
}

/// `ord(x)`.
pub fn ord(cx: &Cx<'_, '_>, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    match (args, kwargs) {
        ([a], []) => match a.ty.as_literal() {
            Some(Literal::Str(s)) if s.chars().count() == 1 => Ok(s.chars().next().map(|c| Typed::of_type(Ty::lit_int(i64::from(u32::from(c)))))),
            _ if a.plain() == Ty::str() => Ok(Some(Typed::prim(Prim::TextOrd, &[(a, Ty::str())], Ty::int64()))),
            _ if a.plain() == Ty::bytes() => function(cx, "builtins.ord", 1, 1, Gives::Int, args, kwargs),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

/// `hash(x)`: Python's, for what Python can hash.
pub fn hash(cx: &Cx<'_, '_>, args: &[Operand], kwargs: &Kwargs) -> R<Option<Typed>> {
    match (args, kwargs) {
        ([a], []) if matches!(a.ty.kind(), TyKind::Str | TyKind::Bytes) => Ok(Some(Typed::prim(Prim::TextHash, &[(a, a.ty)], Ty::int64()))),
        // As Numba's, a time's hash is the library's.
        ([a], []) if is_hashable(a.ty) && !a.ty.is_time() => object_call(cx, "builtins.hash", args, Ty::int64()).map(Some),
        _ => Ok(None),
    }
}

fn is_hashable(t: Ty) -> bool {
    match t.kind() {
        TyKind::Optional(t) => is_hashable(*t),
        TyKind::Array(_) | TyKind::Slice(_) | TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_) => false,
        TyKind::Tuple(_) | TyKind::NamedTuple(_) => t.tuple_elems().is_some_and(|e| e.iter().all(|t| is_hashable(*t))),
        _ => is_object(t),
    }
}

/// Numbers from text: `int(text[, base])`, `float(text)`, `complex(text)`.
pub fn number(cx: &Cx<'_, '_>, name: &str, args: &[Operand], kwargs: &Kwargs, ret: Ty) -> R<Option<Typed>> {
    let Some((first, rest)) = args.split_first() else { return Ok(None) };
    if kind_of(first.ty).is_none() {
        return Ok(None);
    }
    let base = match (rest, kwargs) {
        ([], []) => None,
        ([b], []) => Some(b),
        ([], [(n, b)]) if &**n == "base" => Some(b),
        _ => return Ok(None),
    };
    let mut operands = vec![first.clone()];
    if let Some(b) = base {
        if name != "int" || arith::machine_int(b.plain()).is_none() {
            return Err(cx.explain(Fail::new(codes::NO_MATCH, format!("{name}() does not take {} and {}", first.ty, b.ty)), &[first, b]));
        }
        operands.push(b.clone());
    }
    object_call(cx, &format!("builtins.{name}"), &operands, ret).map(Some)
}

/// `min` or `max` of texts.
pub fn extremum(cx: &Cx<'_, '_>, name: &str, items: &[Operand]) -> R<Option<Typed>> {
    let Some(of) = items.first().and_then(|i| kind_of(i.ty)) else { return Ok(None) };
    if items.iter().all(|i| i.ty.unliteral() == of) { object_call(cx, &format!("builtins.{name}"), &[Operand::tuple(items)], of).map(Some) } else { Ok(None) }
}

// ---- operators ------------------------------------------------------------------------------------------------------

/// `a + b`, `a * n`, `a % values`, when a text or bytes takes part.
pub fn binary(cx: &Cx<'_, '_>, op: Prim, a: &Operand, b: &Operand) -> R<Option<Typed>> {
    let (x, y) = (kind_of(a.ty), kind_of(b.ty));
    if x.is_none() && y.is_none() {
        return Ok(None);
    }
    let int = |o: &Operand| matches!(o.plain().kind(), TyKind::Int(_) | TyKind::Bool);
    let both = [a.clone(), b.clone()];
    match (op, x, y) {
        (Prim::Add, Some(p), Some(q)) if p == q => Ok(Some(Typed::prim(Prim::TextConcat, &[(a, p), (b, p)], p))),
        (Prim::Mul, Some(p), None) if int(b) => object_call(cx, "operator.mul", &both, p).map(Some),
        (Prim::Mul, None, Some(q)) if int(a) => object_call(cx, "operator.mul", &both, q).map(Some),
        (Prim::Mod, Some(p), _) if is_object(b.ty) => object_call(cx, "operator.mod", &both, p).map(Some),
        _ => Ok(None),
    }
}

/// `a op b` for a comparison in which a text or bytes takes part.
pub fn compare(cx: &Cx<'_, '_>, op: Prim, symbol: &str, a: &Operand, b: &Operand) -> R<Option<Typed>> {
    let (x, y) = (kind_of(a.ty), kind_of(b.ty));
    if x.is_none() && y.is_none() {
        return Ok(None);
    }
    let optional = |o: &Operand| matches!(o.ty.kind(), TyKind::Optional(_));
    let equality = matches!(op, Prim::Eq | Prim::Ne);
    if optional(a) || optional(b) {
        if equality && is_object(a.ty) && is_object(b.ty) {
            let name = if op == Prim::Eq { "operator.eq" } else { "operator.ne" };
            return object_call(cx, name, &[a.clone(), b.clone()], Ty::bool()).map(Some);
        }
        return Err(no_operator(cx, symbol, a, Some(b)));
    }
    match (x, y) {
        (Some(p), Some(q)) if p == q => {
            let lit = Operand::lit_str(symbol);
            Ok(Some(Typed::prim(Prim::TextCompare, &[(a, p), (b, q), (&lit, lit.ty)], Ty::bool())))
        }
        _ if equality && x.is_some() && y.is_some() => Ok(Some(Typed::bool(op == Prim::Ne))),
        _ => Ok(None),
    }
}

/// `item in text`.
pub fn contains(cx: &Cx<'_, '_>, c: &Operand, item: &Operand, negated: bool) -> R<Option<Typed>> {
    let of = c.ty.unliteral();
    let fits = match of.kind() {
        TyKind::Str => item.ty.is_text(),
        TyKind::Bytes => item.ty == of || matches!(item.ty.unliteral().kind(), TyKind::Int(_) | TyKind::Bool),
        _ => return Ok(None),
    };
    if !fits {
        return Ok(None);
    }
    if item.ty.unliteral() == of {
        let lit = Operand::lit_str(if negated { "not in" } else { "in" });
        return Ok(Some(Typed::prim(Prim::TextFind, &[(c, of), (item, of), (&lit, lit.ty)], Ty::bool())));
    }
    let name = if negated { "!operator.contains" } else { "operator.contains" };
    object_call(cx, name, &[c.clone(), item.clone()], Ty::bool()).map(Some)
}

/// `obj[index]`.
pub fn get(cx: &Cx<'_, '_>, obj: &Operand, index: &Operand) -> R<Option<Typed>> {
    let Some(of) = kind_of(obj.ty) else { return Ok(None) };
    match index.ty.kind() {
        TyKind::Slice(s) => {
            let wide = |t: Ty| if t.is_none() || t.is_literal() { t } else { Ty::int64() };
            let slice = Ty::new(TyKind::Slice(SliceTy { start: wide(s.start), stop: wide(s.stop), step: wide(s.step) }));
            Ok(Some(Typed::prim(Prim::TextSlice, &[(obj, of), (index, slice)], of)))
        }
        _ if arith::machine_int(index.plain()).is_some() => Ok(Some(Typed::prim(Prim::TextItem, &[(obj, of), (index, Ty::int64())], item_of(of)))),
        _ => Err(cx.explain(Fail::new(codes::BAD_INDEX, format!("indices of {of} must be integers or slices, not {}", index.ty)), &[obj, index])),
    }
}

/// What items of a text (texts) or bytes (integers) are.
pub fn item_of(t: Ty) -> Ty {
    if *t.kind() == TyKind::Bytes { Ty::int64() } else { t }
}

// ---- f-strings ------------------------------------------------------------------------------------------------------

/// The text of a value known while compiling.
fn literal_text(o: &Operand) -> Option<String> {
    match o.ty.kind() {
        TyKind::Literal(Literal::Str(s)) => Some(s.to_string()),
        TyKind::Literal(Literal::Int(v)) => Some(v.to_string()),
        TyKind::Literal(Literal::Bool(b)) => Some(if *b { "True" } else { "False" }.to_string()),
        TyKind::None => Some("None".to_string()),
        _ => None,
    }
}

/// The parts of an f-string, all texts.
pub fn build_string(cx: &Cx<'_, '_>, parts: &[Operand]) -> R {
    if let Some(t) = parts.iter().map(literal_text).collect::<Option<String>>() {
        return Ok(Typed::of_type(Ty::lit_str(&t)));
    }
    match parts {
        [one] if one.ty == Ty::str() => Ok(Typed::copy(one, one.ty)),
        _ => object_call(cx, "", parts, Ty::str()),
    }
}

/// `{value!conversion:spec}`.
pub fn format_value(cx: &Cx<'_, '_>, v: &Operand, conversion: Conversion, spec: Option<&Operand>) -> R {
    let plain_spec = spec.is_none_or(|s| matches!(s.ty.as_literal(), Some(Literal::Str(t)) if t.is_empty()));
    let str_like = matches!(conversion, Conversion::None | Conversion::Str);
    if plain_spec && str_like {
        if let Some(t) = literal_text(v) {
            return Ok(Typed::of_type(Ty::lit_str(&t)));
        }
        if v.ty == Ty::str() {
            return Ok(Typed::copy(v, v.ty));
        }
    }
    if plain_spec && conversion == Conversion::Str && v.plain() == Ty::float32() {
        return object_call(cx, SINGLE, std::slice::from_ref(v), Ty::str());
    }
    if plain_spec
        && let Some(t) = super::caught::call(cx, if conversion == Conversion::Repr { "builtins.repr" } else { "builtins.str" }, std::slice::from_ref(v))?
    {
        return Ok(t);
    }
    let convert = match conversion {
        Conversion::None => None,
        Conversion::Str => Some("builtins.str"),
        Conversion::Repr => Some("builtins.repr"),
        Conversion::Ascii => Some("builtins.ascii"),
    };
    match (convert, spec) {
        (Some(f), None) => object_call(cx, f, std::slice::from_ref(v), Ty::str()),
        (Some(f), Some(s)) => object_call(cx, "looplift._text.format_converted", &[Operand::lit_str(f), v.clone(), s.clone()], Ty::str()),
        (None, Some(s)) => object_call(cx, "builtins.format", &[v.clone(), s.clone()], Ty::str()),
        (None, None) => object_call(cx, "builtins.format", std::slice::from_ref(v), Ty::str()),
    }
}
