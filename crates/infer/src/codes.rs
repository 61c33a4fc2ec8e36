//! The table of diagnostics: a stable code, whose fault it is, and what it is about.

use crate::typed::DiagnosticKind::{self, Internal, Limit, Typing, Unsupported};

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    pub code: &'static str,
    pub kind: DiagnosticKind,
    pub title: &'static str,
}

macro_rules! codes {
    ($($name:ident = $code:literal $kind:ident $title:literal;)*) => {
        $( pub const $name: Code = Code { code: $code, kind: $kind, title: $title }; )*
        /// All rows, in order of code.
        pub const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    CONSTRUCT = "LL0101" Unsupported "the construct is not compiled";
    GENERATOR = "LL0102" Unsupported "generators and coroutines are not compiled";
    BIG_INT = "LL0103" Unsupported "an integer constant does not fit 64 bits";
    CLOSURE = "LL0104" Unsupported "a closure variable changes";
    UNKNOWN_FUNCTION = "LL0105" Unsupported "the function has no compiled form";
    SCATTERED = "LL0108" Unsupported "control flow stands between the parts of one operation";
    UNDEFINED_NAME = "LL0201" Typing "a name is not defined";
    MIXED_VARIABLE = "LL0202" Typing "a variable has types that do not unify";
    NO_OPERATOR = "LL0203" Typing "the operator does not take these types";
    NO_ATTRIBUTE = "LL0204" Typing "the type has no such attribute";
    BAD_ARGUMENTS = "LL0205" Typing "the arguments do not fit the parameters";
    NO_MATCH = "LL0206" Typing "no implementation takes these types";
    NOT_CALLABLE = "LL0207" Typing "the value cannot be called";
    BAD_INDEX = "LL0208" Typing "the index does not fit";
    NOT_ITERABLE = "LL0209" Typing "the value cannot be iterated";
    MIXED_RETURN = "LL0210" Typing "returned types do not unify";
    BAD_STORE = "LL0211" Typing "the value cannot be stored there";
    BAD_UNPACK = "LL0212" Typing "the number of values to unpack is known to be wrong";
    BAD_RAISE = "LL0213" Unsupported "what is raised is no exception";
    BAD_DTYPE = "LL0214" Typing "no dtype that arrays can have";
    HOST_ERROR = "LL0215" Typing "an implementation raised an error";
    LITERAL = "LL0216" Typing "the value of an argument must be known while compiling";
    MIXED_ELEMENTS = "LL0230" Typing "the elements of a container do not unify";
    UNKNOWN_ELEMENTS = "LL0231" Typing "the elements of a container are never known";
    TOO_MANY_SPECIALISATIONS = "LL0301" Limit "too many specialisations in one compilation";
    TOO_MUCH_WORK = "LL0302" Limit "type inference does not end in its budget";
    TUPLE_TOO_LARGE = "LL0303" Limit "a tuple is too large";
    INTERNAL = "LL0901" Internal "looplift contradicts itself";
}

/// The row of a code.
pub fn find(code: &str) -> Option<&'static Code> {
    ALL.iter().find(|c| c.code == code)
}

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_sorted_and_unique() {
        assert!(super::ALL.windows(2).all(|w| w[0].code < w[1].code));
    }
}
