//! Methods that run as methods of Python objects, one row each: those of texts and bytes, and some of numbers.
//!
//! A row gives the parameters, with what they take and their defaults, and the type of the result. Typing rule, emitter and
//! run-time call follow from it (`Prim::CallObject`); the error messages are Python's own.

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// The receiver's own kind: text for texts, bytes for bytes.
    Same,
    /// As `Same`, or `None`.
    SameOrNone,
    /// As `Same`, or a tuple of these.
    SameOrTuple,
    /// As `Same`, or an integer (of bytes).
    SameOrInt,
    /// An iterable of `Same`.
    Several,
    /// A text, of any receiver.
    Text,
    Int,
    IntOrNone,
    Bool,
    /// Any value.
    Any,
}

/// What stands for an argument that is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    Required,
    /// Left out of the call: only trailing parameters.
    Absent,
    None,
    Int(i64),
    Bool(bool),
    Text(&'static str),
}

/// What a method gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gives {
    /// The receiver's kind.
    Same,
    Text,
    Bytes,
    Int,
    Float,
    Bool,
    /// A list of the receiver's kind.
    List,
    /// Three of the receiver's kind.
    Triple,
    /// Two integers.
    Ratio,
}

/// A parameter: name, what it takes, default.
pub type Param = (&'static str, Takes, Absence);

/// A method.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    pub name: &'static str,
    pub params: &'static [Param],
    pub gives: Gives,
}

const fn row(name: &'static str, params: &'static [Param], gives: Gives) -> Method {
    Method { name, params, gives }
}

use Absence as D;
use Gives as G;
use Takes as T;

const START: Param = ("start", T::IntOrNone, D::None);
const END: Param = ("end", T::IntOrNone, D::None);
const WIDTH: Param = ("width", T::Int, D::Required);
const FILL: Param = ("fillchar", T::Same, D::Absent);
const CHARS: Param = ("chars", T::SameOrNone, D::None);
const SPLIT: &[Param] = &[("sep", T::SameOrNone, D::None), ("maxsplit", T::Int, D::Int(-1))];
const PLACE: &[Param] = &[("sub", T::SameOrInt, D::Required), START, END];
const ENDS: &[Param] = &[("prefix", T::SameOrTuple, D::Required), START, END];
const CODING: &[Param] = &[("encoding", T::Text, D::Text("utf-8")), ("errors", T::Text, D::Text("strict"))];

/// What is said of an argument of a text's method that has a wrong type: methods, parameters, words. `{}` is the type. Other
/// arguments are refused with the classes of types that would do.
pub const REFUSALS: &[(&[&str], &[&str], &str)] = &[
    (&["startswith"], &["prefix"], "The arg 'prefix' should be a string or a tuple of strings, not {}"),
    (&["startswith"], &["start"], "When specified, the arg 'start' must be an Integer or None, not {}"),
    (&["startswith"], &["end"], "When specified, the arg 'end' must be an Integer or None, not {}"),
    (&["endswith"], &["prefix"], "The arg must be a string or a tuple of strings, not {}"),
    (&["endswith"], &["start", "end"], "The arg must be a Integer or None, not {}"),
    (&["count"], &["start", "end"], "The slice indices must be an Integer or None, not {}"),
    (&["count"], &["sub"], "The substring must be a UnicodeType, not {}"),
    (&["center", "ljust", "rjust"], &["width"], "The width must be an Integer, not {}"),
    (&["center", "ljust", "rjust"], &["fillchar"], "The fillchar must be a UnicodeType, not {}"),
    (&["strip", "lstrip", "rstrip"], &["chars"], "The arg must be a UnicodeType or None, not {}"),
    (&["zfill"], &["width"], "<width> must be an Integer, not {}"),
    (&["replace"], &["count"], "Unsupported parameters. The parameters must be Integer. Given count: {}"),
    (&["replace"], &["old", "new"], "The object must be a UnicodeType. Given: {}"),
];

/// Methods of both texts and bytes.
pub const SHARED: &[Method] = &[
    row("capitalize", &[], G::Same),
    row("center", &[WIDTH, FILL], G::Same),
    row("count", PLACE, G::Int),
    row("endswith", ENDS, G::Bool),
    row("expandtabs", &[("tabsize", T::Int, D::Int(8))], G::Same),
    row("find", PLACE, G::Int),
    row("index", PLACE, G::Int),
    row("isalnum", &[], G::Bool),
    row("isalpha", &[], G::Bool),
    row("isascii", &[], G::Bool),
    row("isdigit", &[], G::Bool),
    row("islower", &[], G::Bool),
    row("isspace", &[], G::Bool),
    row("istitle", &[], G::Bool),
    row("isupper", &[], G::Bool),
    row("join", &[("iterable", T::Several, D::Required)], G::Same),
    row("ljust", &[WIDTH, FILL], G::Same),
    row("lower", &[], G::Same),
    row("lstrip", &[CHARS], G::Same),
    row("partition", &[("sep", T::Same, D::Required)], G::Triple),
    row("removeprefix", &[("prefix", T::Same, D::Required)], G::Same),
    row("removesuffix", &[("suffix", T::Same, D::Required)], G::Same),
    row("replace", &[("old", T::Same, D::Required), ("new", T::Same, D::Required), ("count", T::Int, D::Int(-1))], G::Same),
    row("rfind", PLACE, G::Int),
    row("rindex", PLACE, G::Int),
    row("rjust", &[WIDTH, FILL], G::Same),
    row("rpartition", &[("sep", T::Same, D::Required)], G::Triple),
    row("rsplit", SPLIT, G::List),
    row("rstrip", &[CHARS], G::Same),
    row("split", SPLIT, G::List),
    row("splitlines", &[("keepends", T::Bool, D::Bool(false))], G::List),
    row("startswith", ENDS, G::Bool),
    row("strip", &[CHARS], G::Same),
    row("swapcase", &[], G::Same),
    row("title", &[], G::Same),
    row("upper", &[], G::Same),
    row("zfill", &[WIDTH], G::Same),
];

/// Methods of texts alone.
pub const OF_TEXT: &[Method] = &[
    row("casefold", &[], G::Same),
    row("encode", CODING, G::Bytes),
    row("isdecimal", &[], G::Bool),
    row("isidentifier", &[], G::Bool),
    row("isnumeric", &[], G::Bool),
    row("isprintable", &[], G::Bool),
    row("translate", &[("table", T::Any, D::Required)], G::Same),
    row("__str__", &[], G::Same),
    row("__repr__", &[], G::Text),
    row("__hash__", &[], G::Int),
];

/// Methods of bytes alone.
pub const OF_BYTES: &[Method] = &[
    row("translate", &[("table", T::SameOrNone, D::Required), ("delete", T::Same, D::Absent)], G::Same),
    row("decode", CODING, G::Text),
    row("hex", &[("sep", T::Text, D::Absent), ("bytes_per_sep", T::Int, D::Absent)], G::Text),
    row("__hash__", &[], G::Int),
];

/// Methods of integers.
pub const OF_INT: &[Method] = &[
    row("bit_length", &[], G::Int),
    row("bit_count", &[], G::Int),
    row("to_bytes", &[("length", T::Int, D::Int(1)), ("byteorder", T::Text, D::Text("big"))], G::Bytes),
    row("as_integer_ratio", &[], G::Ratio),
    row("__str__", &[], G::Text),
    row("__repr__", &[], G::Text),
    row("__hash__", &[], G::Int),
];

/// Methods of floats.
pub const OF_FLOAT: &[Method] = &[
    row("is_integer", &[], G::Bool),
    row("hex", &[], G::Text),
    row("as_integer_ratio", &[], G::Ratio),
    row("__str__", &[], G::Text),
    row("__repr__", &[], G::Text),
    row("__hash__", &[], G::Int),
];

/// Methods of tuples.
pub const OF_TUPLE: &[Method] = &[
    row("index", &[("value", T::Any, D::Required), ("start", T::Int, D::Absent), ("stop", T::Int, D::Absent)], G::Int),
    row("count", &[("value", T::Any, D::Required)], G::Int),
    row("__hash__", &[], G::Int),
];

/// The row of a method in one of several tables.
pub fn find(name: &str, tables: &[&'static [Method]]) -> Option<&'static Method> {
    tables.iter().flat_map(|t| t.iter()).find(|m| m.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_absent_parameters_come_last() {
        for tables in [&[SHARED, OF_TEXT][..], &[SHARED, OF_BYTES], &[OF_INT], &[OF_FLOAT]] {
            let rows: Vec<&Method> = tables.iter().flat_map(|t| t.iter()).collect();
            for (i, m) in rows.iter().enumerate() {
                assert!(rows[..i].iter().all(|r| r.name != m.name), "{}", m.name);
                let absent = m.params.iter().position(|p| p.2 == Absence::Absent).unwrap_or(m.params.len());
                assert!(m.params[absent..].iter().all(|p| p.2 == Absence::Absent), "{}", m.name);
            }
        }
    }
}
