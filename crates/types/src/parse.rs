//! Types and signatures from text: every spelling that Numba prints or its users write.
//!
//! `int64`, `i8`, `f8[:, ::1]`, `void(f8[:])`, `(int64, int64) -> int64`, `array(float64, 1d, C)`, `UniTuple(int64 x 3)`,
//! `Tuple(int64, float64)`, `(f8, f8)` as a tuple inside a signature, `optional(int64)`, `Literal[int](3)` … . A dotted prefix
//! (`types.`, `numba.`, `np.`) is ignored. Types that name host objects (functions, modules) cannot be written.

use crate::Ty;
use crate::kinds::*;
use crate::records::{FieldTy, RecordTy};

/// A declared signature: the return type may be left to inference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub ret: Option<Ty>,
    pub args: Vec<Ty>,
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(")?;
        for (i, a) in self.args.iter().enumerate() {
            write!(f, "{}{a}", if i > 0 { ", " } else { "" })?;
        }
        f.write_str(")")?;
        match self.ret {
            Some(r) => write!(f, " -> {r}"),
            None => Ok(()),
        }
    }
}

/// What is wrong, and where (byte offset).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    pub message: String,
    pub offset: usize,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (at character {})", self.message, self.offset + 1)
    }
}

impl std::error::Error for ParseError {}

/// Nesting deeper than this is refused (the parser recurses).
const MAX_DEPTH: u32 = 32;

/// Scalar type names: (name, type as bits, kind). Kinds: s, u ints; f; c; b; n none; t str.
pub const NAMES: &[(&str, char, u8)] = &[
    ("int8", 's', 8),
    ("i1", 's', 8),
    ("char", 's', 8),
    ("byte", 's', 8),
    ("int16", 's', 16),
    ("i2", 's', 16),
    ("short", 's', 16),
    ("int32", 's', 32),
    ("i4", 's', 32),
    ("intc", 's', 32),
    ("int64", 's', 64),
    ("i8", 's', 64),
    ("intp", 's', 64),
    ("int_", 's', 64),
    ("int", 's', 64),
    ("long_", 's', 64),
    ("long", 's', 64),
    ("longlong", 's', 64),
    ("ssize_t", 's', 64),
    ("uint8", 'u', 8),
    ("u1", 'u', 8),
    ("uchar", 'u', 8),
    ("ubyte", 'u', 8),
    ("uint16", 'u', 16),
    ("u2", 'u', 16),
    ("ushort", 'u', 16),
    ("uint32", 'u', 32),
    ("u4", 'u', 32),
    ("uintc", 'u', 32),
    ("uint64", 'u', 64),
    ("u8", 'u', 64),
    ("uintp", 'u', 64),
    ("uint", 'u', 64),
    ("ulong", 'u', 64),
    ("ulonglong", 'u', 64),
    ("size_t", 'u', 64),
    ("float16", 'f', 16),
    ("f2", 'f', 16),
    ("half", 'f', 16),
    ("float32", 'f', 32),
    ("f4", 'f', 32),
    ("single", 'f', 32),
    ("float64", 'f', 64),
    ("f8", 'f', 64),
    ("double", 'f', 64),
    ("float_", 'f', 64),
    ("float", 'f', 64),
    ("complex64", 'c', 64),
    ("c8", 'c', 64),
    ("complex128", 'c', 128),
    ("c16", 'c', 128),
    ("complex", 'c', 128),
    ("complex_", 'c', 128),
    ("bool", 'b', 0),
    ("boolean", 'b', 0),
    ("bool_", 'b', 0),
    ("b1", 'b', 0),
    ("void", 'n', 0),
    ("none", 'n', 0),
    ("None", 'n', 0),
    ("NoneType", 'n', 0),
    ("unicode_type", 't', 0),
    ("string", 't', 0),
    ("str", 't', 0),
    ("unicode", 't', 0),
];

/// The scalar type called `name`, if there is one.
pub fn scalar_named(name: &str) -> Option<Ty> {
    let (_, kind, bits) = NAMES.iter().find(|row| row.0 == name)?;
    Some(match (kind, bits) {
        ('s', b) => Ty::int(*b, true),
        ('u', b) => Ty::int(*b, false),
        ('f', 16) => Ty::float(FloatTy::F16),
        ('f', 32) => Ty::float32(),
        ('f', _) => Ty::float64(),
        ('c', 64) => Ty::complex64(),
        ('c', _) => Ty::complex128(),
        ('b', _) => Ty::bool(),
        ('t', _) => Ty::str(),
        _ => Ty::none(),
    })
}

/// Parses one type.
pub fn parse_type(text: &str) -> Result<Ty, ParseError> {
    let mut p = Parser { text, pos: 0, depth: 0 };
    let t = p.ty()?;
    p.end()?;
    Ok(t)
}

/// Parses a signature: `ret(args)`, `(args) -> ret` or `(args)`.
pub fn parse_signature(text: &str) -> Result<Signature, ParseError> {
    let mut p = Parser { text, pos: 0, depth: 0 };
    let sig = p.signature()?;
    p.end()?;
    Ok(sig)
}

struct Parser<'a> {
    text: &'a str,
    pos: usize,
    depth: u32,
}

impl<'a> Parser<'a> {
    fn rest(&mut self) -> &'a str {
        let r = &self.text[self.pos..];
        let t = r.trim_start();
        self.pos += r.len() - t.len();
        t
    }
    fn error<T>(&mut self, message: impl Into<String>) -> Result<T, ParseError> {
        self.rest();
        Err(ParseError { message: message.into(), offset: self.pos })
    }
    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.pos += token.len();
        }
        found
    }
    fn expect(&mut self, token: &str) -> Result<(), ParseError> {
        if self.eat(token) { Ok(()) } else { self.error(format!("expected `{token}`")) }
    }
    fn end(&mut self) -> Result<(), ParseError> {
        if self.rest().is_empty() { Ok(()) } else { self.error("unexpected text after the type") }
    }
    fn word(&mut self) -> &'a str {
        let r = self.rest();
        let n = r.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(r.len());
        self.pos += n;
        &r[..n]
    }
    /// A name without its dotted prefix.
    fn name(&mut self) -> &'a str {
        loop {
            let w = self.word();
            if w.is_empty() || !self.text[self.pos..].starts_with('.') {
                return w;
            }
            self.pos += 1;
        }
    }
    fn number(&mut self) -> Result<i64, ParseError> {
        let r = self.rest();
        let n = r.char_indices().find(|(i, c)| !(c.is_ascii_digit() || (*i == 0 && *c == '-'))).map_or(r.len(), |(i, _)| i);
        match r[..n].parse() {
            Ok(v) => {
                self.pos += n;
                Ok(v)
            }
            Err(_) => self.error("expected a number"),
        }
    }
    fn quoted_or_word(&mut self) -> &'a str {
        for q in ["'", "\""] {
            if self.eat(q) {
                let w = self.word();
                self.eat(q);
                return w;
            }
        }
        self.word()
    }

    fn signature(&mut self) -> Result<Signature, ParseError> {
        if self.rest().starts_with('(') {
            let args = self.parens()?;
            if self.rest().starts_with('(') {
                return Ok(Signature { ret: Some(Ty::tuple(args)), args: self.parens()? });
            }
            let ret = if self.eat("->") { Some(self.ty()?) } else { None };
            return Ok(Signature { ret, args });
        }
        let ret = self.ty()?;
        if !self.rest().starts_with('(') {
            return self.error("expected `(` and the argument types");
        }
        let args = self.parens()?;
        Ok(Signature { ret: Some(ret), args })
    }

    /// `(a, b, …)` with an optional trailing comma.
    fn parens(&mut self) -> Result<Vec<Ty>, ParseError> {
        self.expect("(")?;
        self.items(")")
    }
    fn items(&mut self, close: &str) -> Result<Vec<Ty>, ParseError> {
        let mut out = Vec::new();
        while !self.eat(close) {
            out.push(self.ty()?);
            if !self.eat(",") {
                self.expect(close)?;
                break;
            }
        }
        Ok(out)
    }

    /// A record after its word, as it is printed: `(name[type=T;offset=N],…;size;aligned)`.
    fn record(&mut self, readonly: bool) -> Result<Ty, ParseError> {
        self.expect("(")?;
        let mut fields = Vec::new();
        while !self.eat(";") {
            let rest = self.rest();
            let Some(n) = rest.find("[type=") else { return self.error("expected a field, as in `x[type=float64;offset=0]`") };
            let name = &rest[..n];
            self.pos += n + "[type=".len();
            let (ty, shape) = if self.eat("nestedarray(") { self.nested_array()? } else { (self.ty()?, Vec::new()) };
            self.expect(";offset=")?;
            let offset = self.extent()?;
            self.expect("]")?;
            fields.push(FieldTy { name: name.into(), title: None, offset, ty, shape: shape.into() });
            self.eat(",");
        }
        let size = self.extent()?;
        self.expect(";")?;
        let aligned = self.word() == "True";
        self.expect(")")?;
        let ends = |f: &FieldTy| f.ty.itemsize().is_some() && u64::from(f.offset) + f.size() <= u64::from(size);
        if !fields.iter().all(ends) {
            return self.error("a field of the record lies outside of it, or has no size");
        }
        Ok(Ty::new(TyKind::Record(Box::new(RecordTy { fields: fields.into(), size, aligned, readonly }))))
    }
    /// The rest of `nestedarray(T, [n, …])`, the shape in brackets of either kind.
    fn nested_array(&mut self) -> Result<(Ty, Vec<u32>), ParseError> {
        let ty = self.ty()?;
        self.expect(",")?;
        let close = if self.eat("[") { "]" } else { ")" };
        if close == ")" {
            self.expect("(")?;
        }
        let mut shape = Vec::new();
        while !self.eat(close) {
            shape.push(self.extent()?);
            self.eat(",");
        }
        self.expect(")")?;
        Ok((ty, shape))
    }
    /// A number of bytes or elements.
    fn extent(&mut self) -> Result<u32, ParseError> {
        let n = self.number()?;
        u32::try_from(n).or_else(|_| self.error("the number is too large, or below zero"))
    }

    fn ty(&mut self) -> Result<Ty, ParseError> {
        if self.depth >= MAX_DEPTH {
            return self.error("the type is nested too deeply");
        }
        self.depth += 1;
        let mut t = self.primary()?;
        loop {
            if self.rest().starts_with('[') {
                t = self.subscript(t)?;
            } else if self.eat("*") {
                t = Ty::pointer(t);
            } else {
                break;
            }
        }
        self.depth -= 1;
        Ok(t)
    }

    /// `[:, ::1]`.
    fn subscript(&mut self, dtype: Ty) -> Result<Ty, ParseError> {
        self.expect("[")?;
        let mut contiguous = Vec::new();
        loop {
            if self.eat("...") {
                return self.error("an array type needs a fixed number of dimensions: write one `:` for each");
            }
            if !self.eat(":") {
                return self.error("expected `:` or `::1`");
            }
            contiguous.push(if self.eat(":") { self.eat("1") } else { false });
            if !self.eat(",") {
                break;
            }
        }
        self.expect("]")?;
        let n = contiguous.len();
        let ones = contiguous.iter().filter(|c| **c).count();
        let layout = match ones {
            0 => Layout::A,
            1 if contiguous[n - 1] => Layout::C,
            1 if contiguous[0] => Layout::F,
            _ => return self.error("`::1` may stand in the first or in the last dimension, once"),
        };
        self.array(dtype, n as i64, layout, false, true)
    }

    fn array(&mut self, dtype: Ty, ndim: i64, layout: Layout, readonly: bool, aligned: bool) -> Result<Ty, ParseError> {
        if dtype.itemsize().is_none() {
            return self.error(format!("{dtype} cannot be the element type of an array"));
        }
        let Ok(ndim) = u8::try_from(ndim) else { return self.error("bad number of dimensions") };
        if ndim > 64 {
            return self.error("arrays have at most 64 dimensions");
        }
        Ok(Ty::new(TyKind::Array(ArrayTy { dtype, ndim, layout, readonly, aligned })))
    }

    fn primary(&mut self) -> Result<Ty, ParseError> {
        if self.rest().starts_with('(') {
            return Ok(Ty::tuple(self.parens()?));
        }
        if self.eat("...") {
            return Ok(Ty::new(TyKind::Ellipsis));
        }
        if self.rest().starts_with("[unichr") || self.rest().starts_with("[char") {
            self.expect("[")?;
            let unicode = self.name() == "unichr";
            self.expect("x")?;
            let n = self.number()?;
            self.expect("]")?;
            let Ok(len) = u32::try_from(n) else { return self.error("bad number of characters") };
            return Ok(Ty::new(TyKind::CharSeq(CharSeqTy { unicode, len })));
        }
        let start = self.pos;
        let name = self.name();
        if let Some(t) = scalar_named(name) {
            return Ok(t);
        }
        match name {
            "datetime64" | "timedelta64" | "M8" | "m8" => {
                let unit = self.rest().strip_prefix('[').and_then(|r| r.split_once(']')).map_or("", |(unit, _)| unit);
                let Some(t) = crate::times::time_named(&format!("{name}[{unit}]")) else { return self.error("unknown unit of time") };
                if self.rest().starts_with(&format!("[{unit}]")) {
                    self.pos += unit.len() + 2;
                }
                Ok(t)
            }
            "NPDatetime" | "NPTimedelta" => {
                self.expect("(")?;
                let unit = self.quoted_or_word();
                self.expect(")")?;
                let name = if name == "NPDatetime" { "datetime64" } else { "timedelta64" };
                crate::times::time_named(&format!("{name}[{unit}]")).map_or_else(|| self.error("unknown unit of time"), Ok)
            }
            "" => self.error("expected a type"),
            "undefined" => Ok(Ty::bottom()),
            "ellipsis" => Ok(Ty::new(TyKind::Ellipsis)),
            "NotImplemented" => Ok(Ty::new(TyKind::NotImplemented)),
            "bytes" => Ok(Ty::new(TyKind::Bytes)),
            "NumPyRandomGeneratorType" => Ok(Ty::new(TyKind::Generator)),
            "PythonRandomType" => Ok(Ty::new(TyKind::Stream(Stream::Random))),
            "NumPyRandomStateType" => Ok(Ty::new(TyKind::Stream(Stream::RandomState))),
            "NumPyRandomGeneratorObject" => Ok(Ty::new(TyKind::Stream(Stream::Generator))),
            "voidptr" => Ok(Ty::pointer(Ty::none())),
            "CPointer" => {
                self.expect("(")?;
                let to = self.ty()?;
                self.expect(")")?;
                Ok(Ty::pointer(to))
            }
            "exception" => Ok(Ty::new(TyKind::Exception)),
            "slice2_type" => Ok(slice(Ty::int64(), Ty::int64(), Ty::none())),
            "slice3_type" => Ok(slice(Ty::int64(), Ty::int64(), Ty::int64())),
            "slice" => {
                self.expect("<")?;
                // As Numba prints: `slice<a:b>`, `slice<a:b:c>`.
                if self.eat("a:b:c>") {
                    return Ok(slice(Ty::int64(), Ty::int64(), Ty::int64()));
                }
                if self.eat("a:b>") {
                    return Ok(slice(Ty::int64(), Ty::int64(), Ty::none()));
                }
                let m = self.items(">")?;
                match m[..] {
                    [a, b, c] => Ok(slice(a, b, c)),
                    [a, b] => Ok(slice(a, b, Ty::none())),
                    _ => self.error("a slice type has two or three members"),
                }
            }
            "Record" => self.record(false),
            "readonly" | "unaligned" => {
                let (mut readonly, mut aligned) = (name == "readonly", name != "unaligned");
                loop {
                    match self.name() {
                        "readonly" => readonly = true,
                        "unaligned" => aligned = false,
                        "array" | "Array" => return self.array_call(readonly, aligned),
                        "Record" if aligned => return self.record(readonly),
                        _ => return self.error("expected `array`"),
                    }
                }
            }
            "array" | "Array" => self.array_call(false, true),
            "UniTuple" => {
                self.expect("(")?;
                let t = self.ty()?;
                if !self.eat(",") {
                    self.expect("x")?;
                }
                let n = self.number()?;
                self.expect(")")?;
                if !(0..=1024).contains(&n) {
                    return self.error("bad number of tuple elements");
                }
                Ok(Ty::tuple(vec![t; n as usize]))
            }
            "Tuple" => {
                let items = self.parens()?;
                Ok(match items[..] {
                    // `Tuple((a, b))` as Numba's constructor is called.
                    [one]
                        if matches!(one.kind(), TyKind::Tuple(_))
                            && self.text[..self.pos].ends_with("))")
                            && self.text[start..].trim_start().starts_with("Tuple((") =>
                    {
                        one
                    }
                    _ => Ty::tuple(items),
                })
            }
            "optional" | "Optional" | "OptionalType" => {
                self.expect("(")?;
                let t = self.ty()?;
                self.expect(")")?;
                Ok(Ty::new(TyKind::Optional(t)))
            }
            "dtype" | "class" => {
                self.expect("(")?;
                let t = self.ty()?;
                self.expect(")")?;
                Ok(Ty::new(if name == "dtype" { TyKind::DType(t) } else { TyKind::NumberClass(t) }))
            }
            "Literal" => self.literal(),
            "FunctionType" => {
                self.expect("[")?;
                let s = self.signature()?;
                self.expect("]")?;
                match s.ret {
                    Some(ret) => Ok(Ty::new(TyKind::FunctionValue(Box::new(FunctionTy { args: s.args.into(), ret })))),
                    None => self.error("the type of a function says its result"),
                }
            }
            "reflected" => {
                let kind = self.name();
                self.container(kind, Flavour::Reflected)
            }
            "list" | "set" | "dict" => self.container(name, Flavour::Plain),
            "List" => self.container("list", Flavour::Plain),
            "ListType" => self.container("list", Flavour::Typed),
            "SetType" => self.container("set", Flavour::Typed),
            "DictType" | "Dict" => self.container("dict", Flavour::Typed),
            _ => {
                if let Some(t) = name.strip_prefix("range_state_").and_then(scalar_named) {
                    return Ok(Ty::range(t));
                }
                if let Some(t) = name.strip_prefix("range_iter_").and_then(scalar_named) {
                    return Ok(Ty::iter(IterTy::Range(t)));
                }
                self.pos = start;
                self.error(format!("unknown type `{name}`"))
            }
        }
    }

    /// `(elem)<iv=None>` or `[key,value]` after the kind of a container.
    fn container(&mut self, kind: &str, flavour: Flavour) -> Result<Ty, ParseError> {
        let parts = if self.eat("[") { self.items("]")? } else { self.parens()? };
        self.eat("<iv=None>");
        match (kind, &parts[..]) {
            ("list", [e]) => Ok(Ty::list(*e, flavour)),
            ("set", [e]) => Ok(Ty::set(*e, flavour)),
            ("dict", [k, v]) => Ok(Ty::dict(*k, *v, flavour)),
            _ => self.error("wrong number of element types"),
        }
    }

    fn array_call(&mut self, mut readonly: bool, mut aligned: bool) -> Result<Ty, ParseError> {
        self.expect("(")?;
        let dtype = self.ty()?;
        self.expect(",")?;
        let ndim = self.number()?;
        self.eat("d");
        self.expect(",")?;
        let layout = match self.quoted_or_word() {
            "C" => Layout::C,
            "F" => Layout::F,
            "A" => Layout::A,
            _ => return self.error("expected the layout `C`, `F` or `A`"),
        };
        while self.eat(",") {
            // As Numba prints: `nonconst`/`readonly`, `aligned`/`unaligned`, or keyword forms.
            match self.word() {
                "nonconst" | "mutable" => {}
                "readonly" | "const" => readonly = true,
                "aligned" | "unaligned" if !self.rest().starts_with('=') => aligned = !self.text[..self.pos].ends_with("unaligned"),
                key @ ("readonly_" | "aligned") => {
                    self.expect("=")?;
                    let v = self.word() == "True";
                    if key == "aligned" {
                        aligned = v;
                    }
                }
                "True" => readonly = true,
                "False" => {}
                _ => return self.error("unknown array flag"),
            }
        }
        self.expect(")")?;
        self.array(dtype, ndim, layout, readonly, aligned)
    }

    fn literal(&mut self) -> Result<Ty, ParseError> {
        self.expect("[")?;
        let kind = self.word();
        self.expect("]")?;
        self.expect("(")?;
        let t = match kind {
            "int" => Ty::lit_int(self.number()?),
            "bool" => match self.word() {
                "True" => Ty::lit_bool(true),
                "False" => Ty::lit_bool(false),
                _ => return self.error("expected `True` or `False`"),
            },
            "str" => {
                let r = &self.text[self.pos..];
                let Some(n) = r.rfind(')') else { return self.error("expected `)`") };
                self.pos += n;
                Ty::lit_str(&r[..n])
            }
            _ => return self.error("a literal type is of int, bool or str"),
        };
        self.expect(")")?;
        Ok(t)
    }
}

fn slice(start: Ty, stop: Ty, step: Ty) -> Ty {
    Ty::new(TyKind::Slice(SliceTy { start, stop, step }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        let rows = [
            ("i4", "int32"),
            ("f8", "float64"),
            ("b1", "bool"),
            ("boolean", "bool"),
            ("intp", "int64"),
            ("c16", "complex128"),
            ("void", "none"),
            ("types.int64", "int64"),
            ("numba.types.f4", "float32"),
            ("f8[:]", "array(float64, 1d, A)"),
            ("f8[::1]", "array(float64, 1d, C)"),
            ("float64[:, ::1]", "array(float64, 2d, C)"),
            ("f8[::1, :]", "array(float64, 2d, F)"),
            ("u1[:,:,:]", "array(uint8, 3d, A)"),
            ("array(float64, 1d, C)", "array(float64, 1d, C)"),
            ("Array(float64, 1, 'C', False, aligned=True)", "array(float64, 1d, C)"),
            ("readonly array(int8, 2d, F)", "readonly array(int8, 2d, F)"),
            ("UniTuple(int64 x 3)", "UniTuple(int64 x 3)"),
            ("UniTuple(i8, 2)", "UniTuple(int64 x 2)"),
            ("Tuple(int64, float64)", "Tuple(int64, float64)"),
            ("Tuple((i8, f8))", "Tuple(int64, float64)"),
            ("(f8,f8)", "UniTuple(float64 x 2)"),
            ("(i8, (f8, f8[:]))", "Tuple(int64, Tuple(float64, array(float64, 1d, A)))"),
            ("Tuple()", "Tuple()"),
            ("optional(int64)", "OptionalType(int64)"),
            ("NPTimedelta('s')", "timedelta64[s]"),
            ("slice<int64, int64, none>", "slice<int64, int64, none>"),
            ("range_state_int64", "range_state_int64"),
            ("Literal[int](-3)", "Literal[int](-3)"),
            ("Literal[str](a b)", "Literal[str](a b)"),
            ("dtype(float32)", "dtype(float32)"),
            ("Record(a[type=int32;offset=0],b[type=float64;offset=8];16;True)", "Record(a[type=int32;offset=0],b[type=float64;offset=8];16;True)"),
            ("readonly Record(x[type=f8;offset=0];8;False)", "readonly Record(x[type=float64;offset=0];8;False)"),
            (
                "Record(v[type=nestedarray(i2, (3, 2));offset=0],n[type=Record(p[type=i1;offset=0];1;False);offset=12];16;False)",
                "Record(v[type=nestedarray(int16, [3, 2]);offset=0],n[type=Record(p[type=int8;offset=0];1;False);offset=12];16;False)",
            ),
            ("slice<a:b:c>", "slice<int64, int64, int64>"),
            ("...", "ellipsis"),
            ("FunctionType[i8(f8, f8[:])]", "FunctionType[int64(float64, array(float64, 1d, A))]"),
            ("FunctionType[(i8, i8)()]", "FunctionType[UniTuple(int64 x 2)()]"),
        ];
        for (text, want) in rows {
            let t = parse_type(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(t.to_string(), want);
            assert_eq!(parse_type(&t.to_string()), Ok(t), "{text} printed parses back");
        }
    }

    #[test]
    fn signatures() {
        let rows = [
            ("int64(int64, float64[:, ::1])", "(int64, array(float64, 2d, C)) -> int64"),
            ("void(f8[:])", "(array(float64, 1d, A)) -> none"),
            ("f8()", "() -> float64"),
            ("(int64, int64) -> int64", "(int64, int64) -> int64"),
            ("(i4, i4)", "(int32, int32)"),
            ("(f8,)", "(float64)"),
            ("f8[:](f8)", "(float64) -> array(float64, 1d, A)"),
            ("(f8,f8)(i8)", "(int64) -> UniTuple(float64 x 2)"),
            ("int64", "-"),
            ("foo(i8)", "-"),
            ("i8(i8", "-"),
            ("i8[1](i8)", "-"),
            ("UniTuple(f8, 2)(f8)", "(float64) -> UniTuple(float64 x 2)"),
        ];
        for (text, want) in rows {
            let got = parse_signature(text).map_or("-".to_string(), |s| s.to_string());
            assert_eq!(got, want, "{text}");
        }
    }

    #[test]
    fn fields_lie_in_their_record() {
        for text in ["Record(x[type=f8;offset=4];8;False)", "Record(x[type=f8;offset=-1];8;False)", "Record(x[type=f8[:];offset=0];8;False)", "Record(x;8)"] {
            assert!(parse_type(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nesting_is_limited() {
        assert!(parse_type(&"(".repeat(100_000)).is_err());
    }
}
