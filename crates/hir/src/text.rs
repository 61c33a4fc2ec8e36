//! The text form of operation fields: how each kind of field prints, parses back, and which values it holds.

use crate::func::{Const, Value};
use crate::ops::{BinaryOp, CompareOp, Conversion, UnaryOp};
use cranelift_entity::EntityRef;
use smallvec::SmallVec;
use std::fmt::Write;

/// A problem in HIR text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    pub line: usize,
    pub message: String,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}
impl std::error::Error for ParseError {}

/// Reads tokens of one line.
#[derive(Debug)]
pub struct Cursor<'a> {
    rest: &'a str,
    pub line: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str, line: usize) -> Cursor<'a> {
        Cursor { rest: text, line }
    }
    pub fn error<T>(&self, message: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError { line: self.line, message: message.into() })
    }
    fn skip(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }
    pub fn at_end(&mut self) -> bool {
        self.skip();
        self.rest.is_empty()
    }
    /// Takes `text` if it comes next.
    pub fn eat(&mut self, text: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(text) {
            Some(r) => {
                self.rest = r;
                true
            }
            None => false,
        }
    }
    pub fn expect(&mut self, text: &str) -> Result<(), ParseError> {
        if self.eat(text) { Ok(()) } else { self.error(format!("expected `{text}` before `{}`", self.rest)) }
    }
    /// A run of letters, digits, `_`, `-`, `.`, `+`, `<`, `>` or `$`.
    pub fn word(&mut self) -> Result<&'a str, ParseError> {
        self.skip();
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || "_-.+<>$".contains(c))).unwrap_or(self.rest.len());
        if end == 0 {
            return self.error(format!("expected a word before `{}`", self.rest));
        }
        let (w, r) = self.rest.split_at(end);
        self.rest = r;
        Ok(w)
    }
    pub fn number<T: std::str::FromStr>(&mut self) -> Result<T, ParseError> {
        let w = self.word()?;
        w.parse().or_else(|_| self.error(format!("expected a number, found `{w}`")))
    }
    /// An entity such as `v12` or `block3`.
    pub fn entity<E: EntityRef>(&mut self, prefix: &str) -> Result<E, ParseError> {
        let w = self.word()?;
        match w.strip_prefix(prefix).and_then(|n| n.parse::<usize>().ok()).filter(|&n| n < u32::MAX as usize) {
            Some(n) => Ok(E::new(n)),
            None => self.error(format!("expected `{prefix}N`, found `{w}`")),
        }
    }
    /// A quoted string with Rust's escapes.
    pub fn quoted(&mut self) -> Result<String, ParseError> {
        self.expect("\"")?;
        let mut out = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[i + 1..];
                    return Ok(out);
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => out.push('\n'),
                    Some((_, 't')) => out.push('\t'),
                    Some((_, 'r')) => out.push('\r'),
                    Some((_, '0')) => out.push('\0'),
                    Some((_, 'u')) => {
                        let mut code = 0u32;
                        for (_, d) in chars.by_ref() {
                            match d {
                                '{' => {}
                                '}' => break,
                                _ => code = code.wrapping_mul(16).wrapping_add(d.to_digit(16).unwrap_or(0)),
                            }
                        }
                        out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                    }
                    Some((_, c)) => out.push(c),
                    None => break,
                },
                c => out.push(c),
            }
        }
        self.error("unterminated string")
    }
}

/// A field of an operation.
pub trait Field: Sized {
    fn print(&self, out: &mut String);
    fn parse(c: &mut Cursor<'_>) -> Result<Self, ParseError>;
    fn values<'a>(&'a self, _f: &mut dyn FnMut(&'a Value)) {}
    fn values_mut(&mut self, _f: &mut dyn FnMut(&mut Value)) {}
}

impl Field for Value {
    fn print(&self, out: &mut String) {
        let _ = write!(out, " {self}");
    }
    fn parse(c: &mut Cursor<'_>) -> Result<Value, ParseError> {
        c.entity("v")
    }
    fn values<'a>(&'a self, f: &mut dyn FnMut(&'a Value)) {
        f(self);
    }
    fn values_mut(&mut self, f: &mut dyn FnMut(&mut Value)) {
        f(self);
    }
}

impl Field for Option<Value> {
    fn print(&self, out: &mut String) {
        match self {
            Some(v) => v.print(out),
            None => out.push_str(" ~"),
        }
    }
    fn parse(c: &mut Cursor<'_>) -> Result<Self, ParseError> {
        if c.eat("~") { Ok(None) } else { Value::parse(c).map(Some) }
    }
    fn values<'a>(&'a self, f: &mut dyn FnMut(&'a Value)) {
        self.iter().for_each(f);
    }
    fn values_mut(&mut self, f: &mut dyn FnMut(&mut Value)) {
        self.iter_mut().for_each(f);
    }
}

fn parse_list<T>(c: &mut Cursor<'_>, mut item: impl FnMut(&mut Cursor<'_>) -> Result<T, ParseError>) -> Result<Vec<T>, ParseError> {
    c.expect("[")?;
    let mut items = Vec::new();
    while !c.eat("]") {
        if !items.is_empty() {
            c.expect(",")?;
        }
        items.push(item(c)?);
    }
    Ok(items)
}

impl Field for SmallVec<[Value; 4]> {
    fn print(&self, out: &mut String) {
        out.push_str(" [");
        for (i, v) in self.iter().enumerate() {
            let _ = write!(out, "{}{v}", if i > 0 { ", " } else { "" });
        }
        out.push(']');
    }
    fn parse(c: &mut Cursor<'_>) -> Result<Self, ParseError> {
        parse_list(c, Value::parse).map(SmallVec::from_vec)
    }
    fn values<'a>(&'a self, f: &mut dyn FnMut(&'a Value)) {
        self.iter().for_each(f);
    }
    fn values_mut(&mut self, f: &mut dyn FnMut(&mut Value)) {
        self.iter_mut().for_each(f);
    }
}

impl Field for Box<str> {
    fn print(&self, out: &mut String) {
        let _ = write!(out, " {self:?}");
    }
    fn parse(c: &mut Cursor<'_>) -> Result<Self, ParseError> {
        c.quoted().map(Into::into)
    }
}

impl Field for Box<[Box<str>]> {
    fn print(&self, out: &mut String) {
        let _ = write!(out, " {self:?}");
    }
    fn parse(c: &mut Cursor<'_>) -> Result<Self, ParseError> {
        parse_list(c, <Box<str>>::parse).map(Into::into)
    }
}

impl Field for u32 {
    fn print(&self, out: &mut String) {
        let _ = write!(out, " {self}");
    }
    fn parse(c: &mut Cursor<'_>) -> Result<u32, ParseError> {
        c.number()
    }
}

impl Field for Option<u32> {
    fn print(&self, out: &mut String) {
        match self {
            Some(n) => n.print(out),
            None => out.push_str(" ~"),
        }
    }
    fn parse(c: &mut Cursor<'_>) -> Result<Self, ParseError> {
        if c.eat("~") { Ok(None) } else { c.number().map(Some) }
    }
}

impl Field for bool {
    fn print(&self, out: &mut String) {
        let _ = write!(out, " {self}");
    }
    fn parse(c: &mut Cursor<'_>) -> Result<bool, ParseError> {
        c.number()
    }
}

macro_rules! word_field {
    ($ty:ident: $($variant:ident $word:literal),* $(,)?) => {
        impl $ty {
            /// The word in HIR text.
            pub const fn word(self) -> &'static str {
                match self { $( $ty::$variant => $word, )* }
            }
        }
        impl Field for $ty {
            fn print(&self, out: &mut String) {
                out.push(' ');
                out.push_str(self.word());
            }
            fn parse(c: &mut Cursor<'_>) -> Result<$ty, ParseError> {
                match c.word()? {
                    $( $word => Ok($ty::$variant), )*
                    other => c.error(format!("`{other}` is no {}", stringify!($ty))),
                }
            }
        }
    };
}

word_field!(BinaryOp: Add "add", Sub "sub", Mul "mul", MatMul "matmul", TrueDiv "truediv", FloorDiv "floordiv", Mod "mod",
    Pow "pow", LShift "lshift", RShift "rshift", And "and", Or "or", Xor "xor");
word_field!(UnaryOp: Neg "neg", Pos "pos", Invert "invert", Not "not");
word_field!(CompareOp: Lt "lt", Le "le", Eq "eq", Ne "ne", Gt "gt", Ge "ge");
word_field!(Conversion: None "plain", Str "str", Repr "repr", Ascii "ascii");

impl BinaryOp {
    /// As written in Python.
    pub const fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::MatMul => "@",
            BinaryOp::TrueDiv => "/",
            BinaryOp::FloorDiv => "//",
            BinaryOp::Mod => "%",
            BinaryOp::Pow => "**",
            BinaryOp::LShift => "<<",
            BinaryOp::RShift => ">>",
            BinaryOp::And => "&",
            BinaryOp::Or => "|",
            BinaryOp::Xor => "^",
        }
    }
}
impl CompareOp {
    /// As written in Python.
    pub const fn symbol(self) -> &'static str {
        match self {
            CompareOp::Lt => "<",
            CompareOp::Le => "<=",
            CompareOp::Eq => "==",
            CompareOp::Ne => "!=",
            CompareOp::Gt => ">",
            CompareOp::Ge => ">=",
        }
    }
}
impl UnaryOp {
    /// As written in Python.
    pub const fn symbol(self) -> &'static str {
        match self {
            UnaryOp::Neg => "-",
            UnaryOp::Pos => "+",
            UnaryOp::Invert => "~",
            UnaryOp::Not => "not",
        }
    }
}

impl Const {
    fn print_inner(&self, out: &mut String) {
        let _ = match self {
            Const::None => write!(out, "None"),
            Const::Ellipsis => write!(out, "Ellipsis"),
            Const::Bool(b) => write!(out, "{b}"),
            Const::Int(v) => write!(out, "int {v}"),
            Const::BigInt(v) => write!(out, "bigint {v}"),
            Const::Float(bits) => write!(out, "float {:?}", FloatText(*bits)),
            Const::Complex(re, im) => write!(out, "complex {:?} {:?}", FloatText(*re), FloatText(*im)),
            Const::Str(s) => write!(out, "str {s:?}"),
            Const::Bytes(b) => {
                out.push_str("bytes \"");
                for byte in b {
                    let _ = write!(out, "{byte:02x}");
                }
                write!(out, "\"")
            }
            Const::Tuple(items) | Const::FrozenSet(items) => {
                out.push_str(if matches!(self, Const::Tuple(_)) { "tuple [" } else { "frozenset [" });
                for (i, c) in items.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    c.print_inner(out);
                }
                write!(out, "]")
            }
            Const::Code(code) => write!(out, "code {:?}", code.qualname),
            Const::Opaque(n) => write!(out, "opaque {n}"),
        };
    }
}

/// A float that reads back to the same bits.
struct FloatText(u64);
impl std::fmt::Debug for FloatText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let v = f64::from_bits(self.0);
        if v.is_nan() { write!(f, "nan.{:x}", self.0) } else { write!(f, "{v:?}") }
    }
}
fn parse_float(c: &mut Cursor<'_>) -> Result<u64, ParseError> {
    let w = c.word()?;
    if let Some(bits) = w.strip_prefix("nan.").and_then(|h| u64::from_str_radix(h, 16).ok()) {
        return Ok(bits);
    }
    match w.parse::<f64>() {
        Ok(v) => Ok(v.to_bits()),
        Err(_) => c.error(format!("expected a float, found `{w}`")),
    }
}

impl Field for Const {
    fn print(&self, out: &mut String) {
        out.push(' ');
        self.print_inner(out);
    }
    fn parse(c: &mut Cursor<'_>) -> Result<Const, ParseError> {
        Ok(match c.word()? {
            "None" => Const::None,
            "Ellipsis" => Const::Ellipsis,
            "true" => Const::Bool(true),
            "false" => Const::Bool(false),
            "int" => Const::Int(c.number()?),
            "bigint" => Const::BigInt(c.word()?.into()),
            "float" => Const::Float(parse_float(c)?),
            "complex" => Const::Complex(parse_float(c)?, parse_float(c)?),
            "str" => Const::Str(c.quoted()?.into()),
            "bytes" => {
                let hex = c.quoted()?;
                let byte = |i: usize| hex.get(i..i + 2).and_then(|h| u8::from_str_radix(h, 16).ok());
                match (0..hex.len()).step_by(2).map(byte).collect::<Option<Vec<u8>>>() {
                    Some(b) => Const::Bytes(b.into()),
                    None => return c.error("bytes are pairs of hexadecimal digits"),
                }
            }
            "tuple" => Const::Tuple(parse_list(c, Const::parse)?.into()),
            "frozenset" => Const::FrozenSet(parse_list(c, Const::parse)?.into()),
            "opaque" => Const::Opaque(c.number()?),
            "code" => return c.error("code constants do not parse back: they are nested functions"),
            other => return c.error(format!("`{other}` is no constant")),
        })
    }
}
