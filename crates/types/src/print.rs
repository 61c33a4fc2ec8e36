//! The text form of types, in Numba's spelling.

use crate::Ty;
use crate::kinds::*;
use std::fmt::{Display, Formatter, Result};

fn list(f: &mut Formatter<'_>, items: &[Ty]) -> Result {
    for (i, t) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{t}")?;
    }
    Ok(())
}

fn short_class(f: Flavour) -> &'static str {
    f.class().and_then(|c| c.rsplit('.').next()).unwrap_or_else(|| f.name())
}

/// A container type with what it was made of, as Python writes that.
fn initial(f: &mut Formatter<'_>, t: Ty, items: &[Ty]) -> Result {
    let text = |t: &Ty| match t.as_literal() {
        Some(Literal::Str(s)) => format!("{:?}", s).replace('\'', "\\'").replace('"', "'"),
        Some(Literal::Int(v)) => v.to_string(),
        Some(Literal::Bool(v)) => if *v { "True" } else { "False" }.to_string(),
        None => t.to_string(),
    };
    if t.as_dict().is_some() {
        let pairs: Vec<String> = items.chunks_exact(2).map(|p| format!("{}: {}", text(&p[0]), text(&p[1]))).collect();
        return write!(f, "{t}<iv={{{}}}>", pairs.join(", "));
    }
    let all: Vec<String> = items.iter().map(text).collect();
    write!(f, "{}<iv=[{}]>", t.to_string().trim_end_matches("<iv=None>"), all.join(", "))
}

impl Display for Ty {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.kind() {
            TyKind::Bottom => f.write_str("undefined"),
            TyKind::None => f.write_str("none"),
            TyKind::Ellipsis => f.write_str("ellipsis"),
            TyKind::NotImplemented => f.write_str("NotImplemented"),
            TyKind::Bool => f.write_str("bool"),
            TyKind::Int(i) => write!(f, "{}int{}", if i.signed { "" } else { "u" }, i.bits),
            TyKind::Float(FloatTy::F16) => f.write_str("float16"),
            TyKind::Float(FloatTy::F32) => f.write_str("float32"),
            TyKind::Float(FloatTy::F64) => f.write_str("float64"),
            TyKind::Complex(ComplexTy::C64) => f.write_str("complex64"),
            TyKind::Complex(ComplexTy::C128) => f.write_str("complex128"),
            TyKind::Datetime(t) => write!(f, "datetime64[{t}]"),
            TyKind::Timedelta(t) => write!(f, "timedelta64[{t}]"),
            TyKind::Literal(Literal::Int(v)) => write!(f, "Literal[int]({v})"),
            TyKind::Literal(Literal::Bool(v)) => write!(f, "Literal[bool]({})", if *v { "True" } else { "False" }),
            TyKind::Literal(Literal::Str(v)) => write!(f, "Literal[str]({v})"),
            TyKind::Str => f.write_str("unicode_type"),
            TyKind::Bytes => f.write_str("bytes"),
            TyKind::CharSeq(c) => write!(f, "[{} x {}]", if c.unicode { "unichr" } else { "char" }, c.len),
            TyKind::Generator => f.write_str("NumPyRandomGeneratorType"),
            TyKind::Stream(s) => f.write_str(s.name()),
            TyKind::Pointer(t) if t.is_none() => f.write_str("void*"),
            TyKind::Pointer(t) => write!(f, "{t}*"),
            TyKind::Tuple(t) => match t.first() {
                Some(first) if t.iter().all(|e| e == first) => write!(f, "UniTuple({first} x {})", t.len()),
                _ => {
                    f.write_str("Tuple(")?;
                    list(f, t)?;
                    f.write_str(")")
                }
            },
            TyKind::LiteralList(t) => {
                f.write_str("LiteralList((")?;
                list(f, t)?;
                f.write_str("))")
            }
            TyKind::NamedTuple(n) => {
                write!(f, "{}(", n.class.name)?;
                list(f, &n.elems)?;
                f.write_str(")")
            }
            TyKind::Array(a) => {
                let head = match (a.readonly, a.aligned) {
                    (false, true) => "array",
                    (true, true) => "readonly array",
                    (false, false) => "unaligned array",
                    (true, false) => "unaligned readonly array",
                };
                write!(f, "{head}({}, {}d, {:?})", a.dtype, a.ndim, a.layout)
            }
            TyKind::Slice(s) => write!(f, "slice<{}, {}, {}>", s.start, s.stop, s.step),
            TyKind::Range(t) => write!(f, "range_state_{t}"),
            TyKind::Iter(i) => match i {
                IterTy::Range(t) => write!(f, "range_iter_{t}"),
                IterTy::Array(t) | IterTy::Tuple(t) | IterTy::Text(t) => write!(f, "iter({t})"),
                IterTy::Enumerate(t) => write!(f, "enumerate({t})"),
                IterTy::Zip(ts) => {
                    f.write_str("zip(")?;
                    list(f, ts)?;
                    f.write_str(")")
                }
                IterTy::Generator(t) => write!(f, "iter({t})"),
                IterTy::Reversed(t) => write!(f, "reversed({t})"),
                IterTy::List(t) => write!(f, "iter({t})"),
                IterTy::Table(t, v) => write!(f, "iter({t}, {v:?})"),
                IterTy::Nd(NdItems::Index, n, _) => write!(f, "ndindex({n})"),
                IterTy::Nd(items, _, arrays) => {
                    f.write_str(if *items == NdItems::Enumerate { "ndenumerate(" } else { "nditer(" })?;
                    list(f, arrays)?;
                    f.write_str(")")
                }
            },
            TyKind::Instance(n) => {
                write!(f, "instance({}", n.class.name)?;
                for (name, t) in n.fields.iter().zip(&n.elems) {
                    write!(f, ", {name}: {t}")?;
                }
                f.write_str(")")
            }
            TyKind::Record(r) => write!(f, "{r}"),
            TyKind::Enum(e) => write!(f, "{}({})", if e.kind.is_int() { "IntEnum" } else { "Enum" }, e.class.name),
            TyKind::Optional(t) => write!(f, "OptionalType({t})"),
            TyKind::List(l) => match l.flavour {
                Flavour::Plain => write!(f, "list({})<iv=None>", l.elem),
                Flavour::Reflected => write!(f, "reflected list({})<iv=None>", l.elem),
                Flavour::Typed => write!(f, "ListType[{}]", l.elem),
                other => write!(f, "{}({})", short_class(other), l.elem),
            },
            TyKind::Set(s) => match s.flavour {
                Flavour::Plain => write!(f, "set({})", s.elem),
                Flavour::Reflected => write!(f, "reflected set({})", s.elem),
                Flavour::Typed => write!(f, "SetType[{}]", s.elem),
                other => write!(f, "{}({})", short_class(other), s.elem),
            },
            TyKind::Dict(d) => match d.flavour {
                Flavour::Plain => write!(f, "dict({},{})", d.key, d.value),
                Flavour::Reflected => write!(f, "reflected dict({},{})", d.key, d.value),
                Flavour::Typed => write!(f, "DictType[{},{}]", d.key, d.value),
                Flavour::Factory(_) => write!(f, "{}({},{}, factory)", short_class(d.flavour), d.key, d.value),
                other => write!(f, "{}({},{})", short_class(other), d.key, d.value),
            },
            TyKind::DictView(d, View::Keys) => write!(f, "dict_keys[{d}]"),
            TyKind::DictView(d, View::Values) => write!(f, "dict_values[{d}]"),
            TyKind::DictView(d, View::Items) => write!(f, "dict_items[{d}]"),
            TyKind::DType(t) => write!(f, "dtype({t})"),
            TyKind::NumberClass(t) => write!(f, "class({t})"),
            TyKind::Function(r) => write!(f, "Function({})", r.name),
            TyKind::Dispatcher(r) => write!(f, "type(CPUDispatcher({}))", r.name),
            TyKind::Functions(members) => {
                f.write_str("functions(")?;
                for (k, m) in members.iter().enumerate() {
                    write!(f, "{}{m}", if k > 0 { " | " } else { "" })?;
                }
                f.write_str(")")
            }
            TyKind::FunctionValue(s) => {
                write!(f, "FunctionType[{}(", s.ret)?;
                list(f, &s.args)?;
                f.write_str(")]")
            }
            TyKind::ExcClass(r) => write!(f, "exception_class({})", r.name),
            TyKind::ExcInstance(r, args) => {
                write!(f, "exception({}", r.name)?;
                for a in args {
                    write!(f, ", {a}")?;
                }
                f.write_str(")")
            }
            TyKind::Exception => f.write_str("exception"),
            TyKind::Module(r) => write!(f, "Module({})", r.name),
            TyKind::Closure(c) => {
                write!(f, "closure({}", c.func.name)?;
                for e in &c.elems {
                    write!(f, ", {e}")?;
                }
                f.write_str(")")
            }
            TyKind::Gen(g) => match g.returns.kind() {
                TyKind::None | TyKind::Bottom => write!(f, "generator({}, {})", g.name, g.item),
                _ => write!(f, "generator({}, {}, returns {})", g.name, g.item, g.returns),
            },
            TyKind::Initial(t, items) => initial(f, *t, items),
            TyKind::KwArgs(names, elems) => {
                f.write_str("LiteralStrKey[Dict]({")?;
                for (i, (n, e)) in names.iter().zip(elems).enumerate() {
                    write!(f, "{}{n}: {e}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("})")
            }
            TyKind::BoundMethod(t, n) => write!(f, "BoundMethod({t}, {n})"),
            TyKind::Object(r) => write!(f, "Object({})", r.name),
        }
    }
}
