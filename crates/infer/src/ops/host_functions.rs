//! Functions of Python's library that compiled code calls as they are, under the interpreter's lock, and what they give.

use super::text;
use crate::cx::{Cx, Operand, R, Typed};
use looplift_types::{Flavour, Ty};

/// Result types.
#[derive(Clone, Copy)]
enum Gives {
    Nothing,
    Bool,
    Int,
    Float,
    Text,
    Bytes,
    /// A list of texts.
    Texts,
    /// So many texts.
    TextTuple(usize),
}

const FUNCTIONS: &[(&str, Gives)] = &[
    ("time.time", Gives::Float),
    ("time.perf_counter", Gives::Float),
    ("time.monotonic", Gives::Float),
    ("time.process_time", Gives::Float),
    ("time.thread_time", Gives::Float),
    ("time.time_ns", Gives::Int),
    ("time.perf_counter_ns", Gives::Int),
    ("time.monotonic_ns", Gives::Int),
    ("time.process_time_ns", Gives::Int),
    ("time.thread_time_ns", Gives::Int),
    ("time.sleep", Gives::Nothing),
    ("time.ctime", Gives::Text),
    ("time.strftime", Gives::Text),
    ("builtins.input", Gives::Text),
    ("builtins.id", Gives::Int),
    ("logging.debug", Gives::Nothing),
    ("logging.info", Gives::Nothing),
    ("logging.warning", Gives::Nothing),
    ("logging.error", Gives::Nothing),
    ("logging.critical", Gives::Nothing),
    ("_warnings.warn", Gives::Nothing),
    ("warnings.warn", Gives::Nothing),
    ("re.sub", Gives::Text),
    ("re.escape", Gives::Text),
    ("re.split", Gives::Texts),
    ("re.findall", Gives::Texts),
    ("string.capwords", Gives::Text),
    ("textwrap.dedent", Gives::Text),
    ("textwrap.indent", Gives::Text),
    ("textwrap.fill", Gives::Text),
    ("textwrap.wrap", Gives::Texts),
    ("posix.getpid", Gives::Int),
    ("posix.getcwd", Gives::Text),
    ("posix.urandom", Gives::Bytes),
    ("posix.cpu_count", Gives::Int),
    ("posixpath.join", Gives::Text),
    ("posixpath.basename", Gives::Text),
    ("posixpath.dirname", Gives::Text),
    ("posixpath.abspath", Gives::Text),
    ("posixpath.normpath", Gives::Text),
    ("posixpath.expanduser", Gives::Text),
    ("posixpath.split", Gives::TextTuple(2)),
    ("posixpath.splitext", Gives::TextTuple(2)),
    ("posixpath.isabs", Gives::Bool),
    ("genericpath.exists", Gives::Bool),
    ("genericpath.isfile", Gives::Bool),
    ("genericpath.isdir", Gives::Bool),
    ("genericpath.getsize", Gives::Int),
    ("zlib.crc32", Gives::Int),
    ("binascii.crc32", Gives::Int),
    ("sys.getsizeof", Gives::Int),
    ("gc.collect", Gives::Int),
];

/// `None` if the function is not of the table, or operands have no Python form.
pub fn call(cx: &Cx<'_, '_>, qualname: &str, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> R<Option<Typed>> {
    let Some((name, gives)) = FUNCTIONS.iter().find(|(name, _)| *name == qualname) else { return Ok(None) };
    let ret = match gives {
        Gives::Nothing => Ty::none(),
        Gives::Bool => Ty::bool(),
        Gives::Int => Ty::int64(),
        Gives::Float => Ty::float64(),
        Gives::Text => Ty::str(),
        Gives::Bytes => Ty::bytes(),
        Gives::Texts => Ty::list(Ty::str(), Flavour::Plain),
        Gives::TextTuple(n) => Ty::tuple(vec![Ty::str(); *n]),
    };
    let mut operation = (*name).to_owned();
    let mut all = args.to_vec();
    for (key, value) in kwargs {
        operation.push(' ');
        operation.push_str(key);
        all.push(value.clone());
    }
    text::object_call(cx, &operation, &all, ret).map(Some)
}
