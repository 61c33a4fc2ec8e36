//! The unambiguous text of a type, for handing types of values to the host at run time: any type whose values can be boxed,
//! with its host objects by number and its texts by length. No newline appears in it.
//!
//! `i<type>;` a type by its usual text; `t<n>;` a tuple and its elements; `n<id>;<n>;` a named tuple; `s<n>;` a text of n
//! characters (newline as `\n`, backslash as `\\`, counted as written); `o` optional; `r` range; `l` slice and three types;
//! `F<n>;` a function value: its result and its arguments; `f` one of several functions, whose word is its number;
//! `k<n>;` a bundle of n values by name, each `<name>;` and its type; `x<id>;<n>;` an exception of a class with n arguments;
//! `L`, `S`, `D` list, set, dict with flavour (`p r t`, `m42;` with a factory) and element types;
//! `m<kind><id>;` a member of an enumeration; `d` dtype; `c` number class; `h<id>;` another host object; `e` Ellipsis.

use crate::kinds::*;
use crate::{Ty, parse_type};
use std::fmt::Write;

/// Types nested deeper are refused.
const MAX_DEPTH: u32 = 64;

/// The text, or `None` for types whose values have no object.
pub fn encode(ty: Ty) -> Option<String> {
    let mut out = String::new();
    put(ty, 0, &mut out)?;
    Some(out)
}

fn put(ty: Ty, depth: u32, out: &mut String) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut all = |head: String, elems: &[Ty]| {
        out.push_str(&head);
        elems.iter().try_for_each(|&e| put(e, depth + 1, out))
    };
    match ty.kind() {
        TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_) => {
            let flavour = match ty.flavour()? {
                f @ Flavour::Factory(id) => format!("{}{id};", f.letter()),
                f => f.letter().to_string(),
            };
            let kind = match ty.kind() {
                TyKind::List(_) => 'L',
                TyKind::Set(_) => 'S',
                _ => 'D',
            };
            all(format!("{kind}{flavour}"), &ty.container_parts()?)
        }
        TyKind::Tuple(t) => all(format!("t{};", t.len()), t),
        TyKind::NamedTuple(n) => all(format!("n{};{};", n.class.id, n.elems.len()), &n.elems),
        TyKind::Enum(e) => all(format!("m{}{};", enum_letter(e.kind), e.class.id), &[]),
        TyKind::Optional(t) => all("o".into(), &[*t]),
        TyKind::Range(t) => all("r".into(), &[*t]),
        TyKind::Slice(s) => all("l".into(), &[s.start, s.stop, s.step]),
        TyKind::DType(t) => all("d".into(), &[*t]),
        TyKind::NumberClass(t) => all("c".into(), &[*t]),
        TyKind::Literal(Literal::Str(s)) => {
            let text = s.replace('\\', "\\\\").replace('\n', "\\n");
            write!(out, "s{};{text}", text.chars().count()).ok()
        }
        TyKind::KwArgs(names, elems) => {
            write!(out, "k{};", names.len()).ok()?;
            names.iter().zip(elems).try_for_each(|(name, e)| {
                write!(out, "{name};").ok()?;
                put(*e, depth + 1, out)
            })
        }
        TyKind::ExcInstance(class, args) => all(format!("x{};{};", class.id, args.len()), args),
        TyKind::FunctionValue(s) => {
            let parts: Vec<Ty> = std::iter::once(s.ret).chain(s.args.iter().copied()).collect();
            all(format!("F{};", parts.len()), &parts)
        }
        TyKind::Functions(_) => all("f".into(), &[]),
        // A function that holds nothing is its template.
        TyKind::Closure(c) if c.elems.is_empty() && c.this.is_none() => all(format!("h{};", c.func.id), &[]),
        TyKind::Ellipsis => all("e".into(), &[]),
        TyKind::Function(r) | TyKind::Dispatcher(r) | TyKind::ExcClass(r) | TyKind::Module(r) | TyKind::Object(r) => all(format!("h{};", r.id), &[]),
        // Records are not written as text.
        TyKind::Array(a) if matches!(a.dtype.kind(), TyKind::Record(_)) => None,
        TyKind::None
        | TyKind::Str
        | TyKind::Bytes
        | TyKind::CharSeq(_)
        | TyKind::Generator
        | TyKind::Stream(_)
        | TyKind::Pointer(_)
        | TyKind::Bool
        | TyKind::Int(_)
        | TyKind::Float(_)
        | TyKind::Complex(_)
        | TyKind::Datetime(_)
        | TyKind::Timedelta(_)
        | TyKind::Literal(_)
        | TyKind::Array(_) => write!(out, "i{ty};").ok(),
        TyKind::Instance(n) => {
            write!(out, "I{};{};", n.class.id, n.fields.len()).ok()?;
            n.fields.iter().zip(&n.elems).try_for_each(|(name, e)| {
                write!(out, "{name};").ok()?;
                put(*e, depth + 1, out)
            })
        }
        TyKind::NotImplemented => all("N".into(), &[]),
        TyKind::Record(_) => None,
        TyKind::Bottom
        | TyKind::Iter(_)
        | TyKind::DictView(..)
        | TyKind::Exception
        | TyKind::Closure(_)
        | TyKind::Gen(_)
        | TyKind::LiteralList(_)
        | TyKind::Initial(..)
        | TyKind::BoundMethod(..) => None,
    }
}

fn enum_letter(kind: EnumKind) -> char {
    match kind {
        EnumKind::Member => 'm',
        EnumKind::Int => 'i',
        EnumKind::Flag => 'f',
        EnumKind::IntFlag => 'b',
    }
}

/// The type of a text that [`encode`] made. Named tuples come without their field names.
pub fn decode(text: &str) -> Option<Ty> {
    let mut rest = text;
    let ty = get(&mut rest, 0)?;
    rest.is_empty().then_some(ty)
}

fn until<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let (head, tail) = rest.split_once(';')?;
    *rest = tail;
    Some(head)
}

/// Names with types, after their number.
#[expect(clippy::type_complexity, reason = "two sequences of equal length, as the kinds hold them")]
fn named(rest: &mut &str, depth: u32) -> Option<(Box<[Box<str>]>, Box<[Ty]>)> {
    let n: usize = until(rest)?.parse().ok()?;
    let (mut names, mut elems): (Vec<Box<str>>, Vec<Ty>) = (Vec::new(), Vec::new());
    for _ in 0..n {
        names.push(until(rest)?.into());
        elems.push(get(rest, depth + 1)?);
    }
    Some((names.into(), elems.into()))
}

fn get(rest: &mut &str, depth: u32) -> Option<Ty> {
    if depth > MAX_DEPTH {
        return None;
    }
    let kind = rest.chars().next()?;
    *rest = &rest[kind.len_utf8()..];
    let all = |rest: &mut &str, n: usize| (0..n).map(|_| get(rest, depth + 1)).collect::<Option<Vec<Ty>>>();
    let host = |id: u32| HostRef { id, name: "".into() };
    Some(match kind {
        'i' => parse_type(until(rest)?).ok()?,
        't' => {
            let n = until(rest)?.parse().ok()?;
            Ty::tuple(all(rest, n)?)
        }
        'n' => {
            let class = host(until(rest)?.parse().ok()?);
            let n = until(rest)?.parse().ok()?;
            Ty::new(TyKind::NamedTuple(Box::new(NamedTupleTy { class, fields: Box::default(), elems: all(rest, n)?.into() })))
        }
        'k' => {
            let (names, elems) = named(rest, depth)?;
            Ty::new(TyKind::KwArgs(names, elems))
        }
        'I' => {
            let class = host(until(rest)?.parse().ok()?);
            let (fields, elems) = named(rest, depth)?;
            Ty::new(TyKind::Instance(Box::new(NamedTupleTy { class, fields, elems })))
        }
        'N' => Ty::new(TyKind::NotImplemented),
        'x' => {
            let class = host(until(rest)?.parse().ok()?);
            let n = until(rest)?.parse().ok()?;
            Ty::new(TyKind::ExcInstance(class, all(rest, n)?.into()))
        }
        'f' => Ty::new(TyKind::Functions(Box::default())),
        'F' => {
            let n = until(rest)?.parse().ok()?;
            let mut parts = all(rest, n)?.into_iter();
            Ty::new(TyKind::FunctionValue(Box::new(FunctionTy { ret: parts.next()?, args: parts.collect() })))
        }
        's' => {
            let n: usize = until(rest)?.parse().ok()?;
            let at = rest.char_indices().nth(n).map_or(rest.len(), |(at, _)| at);
            let (text, tail) = rest.split_at(at);
            *rest = tail;
            let mut plain = String::with_capacity(text.len());
            let mut chars = text.chars();
            while let Some(c) = chars.next() {
                plain.push(match c {
                    '\\' => match chars.next()? {
                        'n' => '\n',
                        c => c,
                    },
                    c => c,
                });
            }
            Ty::lit_str(&plain)
        }
        'm' => {
            let text = until(rest)?;
            let kind = [EnumKind::Member, EnumKind::Int, EnumKind::Flag, EnumKind::IntFlag].into_iter().find(|k| text.starts_with(enum_letter(*k)))?;
            Ty::new(TyKind::Enum(EnumTy { class: host(text[1..].parse().ok()?), kind }))
        }
        'o' => Ty::new(TyKind::Optional(get(rest, depth + 1)?)),
        'r' => Ty::new(TyKind::Range(get(rest, depth + 1)?)),
        'l' => match all(rest, 3)?[..] {
            [start, stop, step] => Ty::new(TyKind::Slice(SliceTy { start, stop, step })),
            _ => return None,
        },
        'd' => Ty::new(TyKind::DType(get(rest, depth + 1)?)),
        'c' => Ty::new(TyKind::NumberClass(get(rest, depth + 1)?)),
        'h' => Ty::new(TyKind::Object(host(until(rest)?.parse().ok()?))),
        'e' => Ty::new(TyKind::Ellipsis),
        'L' | 'S' | 'D' => {
            let letter = rest.chars().next()?;
            *rest = &rest[letter.len_utf8()..];
            let flavour = match letter {
                'm' => Flavour::Factory(until(rest)?.parse().ok()?),
                _ => Flavour::ALL.iter().find(|f| f.2 == letter)?.0,
            };
            match (kind, &all(rest, if kind == 'D' { 2 } else { 1 })?[..]) {
                ('L', [e]) => Ty::list(*e, flavour),
                ('S', [e]) => Ty::set(*e, flavour),
                (_, [k, v]) => Ty::dict(*k, *v, flavour),
                _ => return None,
            }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let literal = Ty::lit_str("a\\b\n;ü(");
        let slice = Ty::new(TyKind::Slice(SliceTy { start: Ty::none(), stop: Ty::int64(), step: Ty::lit_int(-2) }));
        let types = [
            Ty::int64(),
            Ty::none(),
            Ty::lit_int(-5),
            literal,
            slice,
            parse_type("array(float64, 2d, C)").unwrap(),
            Ty::tuple(vec![Ty::tuple(vec![]), literal, Ty::tuple(vec![Ty::bool(), Ty::complex128()])]),
            Ty::new(TyKind::Optional(Ty::float32())),
            Ty::new(TyKind::Range(Ty::uint64())),
            Ty::new(TyKind::DType(Ty::float32())),
        ];
        for t in types {
            let text = encode(t).unwrap();
            assert!(!text.contains('\n'));
            assert_eq!(decode(&text), Some(t), "{text}");
        }
        assert_eq!(decode("t2;iint64;"), None);
        assert_eq!(encode(Ty::new(TyKind::Exception)), None);
    }
}
