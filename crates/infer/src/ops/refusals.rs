//! The diagnostic "no implementation of this takes these types", worded in one place for functions, methods and operators.
//!
//! The phrases are those that Numba's users look for; below them stand what was asked (as far as the host knows) and why it refused.

use crate::codes;
use crate::cx::{Cx, Fail, Operand, R, type_list};
use looplift_hir::BinaryOp;
use looplift_types::{Ty, TyKind};

/// What an operator is called as a function of module `operator`.
const OPERATORS: &[(&str, &str)] = &[
    ("+", "add"),
    ("-", "sub"),
    ("*", "mul"),
    ("/", "truediv"),
    ("//", "floordiv"),
    ("%", "mod"),
    ("**", "pow"),
    ("@", "matmul"),
    ("<<", "lshift"),
    (">>", "rshift"),
    ("&", "and_"),
    ("|", "or_"),
    ("^", "xor"),
    ("<", "lt"),
    ("<=", "le"),
    (">", "gt"),
    (">=", "ge"),
    ("==", "eq"),
    ("!=", "ne"),
    ("in", "contains"),
    ("not in", "contains"),
    ("~", "invert"),
];

/// The function of an operator: in-place ones have an `i` before them.
fn operator_function(symbol: &str, unary: bool) -> String {
    match symbol {
        "+" if unary => return "pos".into(),
        "-" if unary => return "neg".into(),
        _ => {}
    }
    let find = |s: &str| OPERATORS.iter().find(|row| row.0 == s).map(|row| row.1);
    match (find(symbol), symbol.strip_suffix('=').and_then(find)) {
        (Some(name), _) => name.into(),
        (None, Some(name)) => format!("i{}", name.trim_end_matches('_')),
        (None, None) => symbol.into(),
    }
}

/// What NumPy calls the function of an operator.
fn ufunc(function: &str) -> &str {
    match function {
        "sub" => "subtract",
        "mul" => "multiply",
        "truediv" => "divide",
        "floordiv" => "floor_divide",
        "mod" => "remainder",
        other => other,
    }
}

/// How a function shows itself: `Function(<function roll>)`.
fn shown(callee: Option<Ty>, qualname: &str) -> String {
    let short = short(qualname);
    match callee.map(Ty::kind) {
        Some(TyKind::Dispatcher(_)) => format!("type(CPUDispatcher(<function {short}>))"),
        _ if qualname.starts_with("builtins.") || qualname.starts_with("_operator.") => format!("Function(<built-in function {short}>)"),
        _ => format!("Function(<function {short}>)"),
    }
}

fn short(qualname: &str) -> &str {
    qualname.rsplit('.').next().unwrap_or(qualname)
}

fn signature(function: &str, name: &str, types: impl IntoIterator<Item = Ty>) -> String {
    format!("No implementation of function {function} found for signature:\n \n >>> {name}({})", type_list(types))
}

/// No implementation of a function takes these types.
pub fn no_match(cx: &Cx<'_, '_>, callee: Option<Ty>, qualname: &str, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> Box<Fail> {
    let operands: Vec<&Operand> = args.iter().chain(kwargs.iter().map(|k| &k.1)).collect();
    let text = signature(&shown(callee, qualname), short(qualname), operands.iter().map(|o| o.ty));
    cx.explain(Fail::new(codes::NO_MATCH, text), &operands)
}

/// No implementation of a method takes these types.
pub fn no_method(cx: &Cx<'_, '_>, obj: &Operand, name: &str, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> Box<Fail> {
    let given = || args.iter().chain(kwargs.iter().map(|k| &k.1)).map(|o| o.ty);
    let text = format!("Invalid use of BoundFunction({}.{name} for {}) with parameters ({})", kind(obj.ty), obj.ty, type_list(given()));
    let whole = signature(&format!("Function(<function {name}>)"), name, std::iter::once(obj.ty).chain(given()));
    cx.explain(Fail::new(codes::NO_MATCH, text), &[obj]).note(whole, None)
}

/// What a type's text begins with.
fn kind(t: Ty) -> String {
    let text = t.to_string();
    text.split(['(', '[']).next().unwrap_or_default().to_owned()
}

/// The failure "no such operator".
pub fn no_operator(cx: &Cx<'_, '_>, symbol: &str, a: &Operand, b: Option<&Operand>) -> Box<Fail> {
    let text = match b {
        Some(b) => format!("operator {symbol} does not take {} and {}", a.ty, b.ty),
        None => format!("operator {symbol} does not take {}", a.ty),
    };
    let array = |o: &Operand| matches!(o.ty.kind(), TyKind::Array(_));
    let mut operands: Vec<&Operand> = std::iter::once(a).chain(b).collect();
    if symbol.ends_with("in") {
        operands.reverse();
    }
    let function = operator_function(symbol, b.is_none());
    let mut fail = Fail::new(codes::NO_OPERATOR, text)
        .note(signature(&format!("Function(<built-in function {function}>)"), &function, operands.iter().map(|o| o.ty)), None)
        .note(format!("Overload of function '{function}': No match."), None);
    if let Some(b) = b
        && (a.plain().is_time() || b.plain().is_time())
    {
        fail = fail.note(format!("ufunc '{}' is not supported between {} and {}", ufunc(&function), a.ty, b.ty), None);
    }
    if operands.iter().any(|o| array(o)) {
        fail = fail.help("write the loop over the elements: it compiles to what a library call would run");
    }
    cx.explain(fail, &operands)
}

/// A refusal of `a op b` that stands for `a op= b`.
pub fn in_place(fail: Box<Fail>, op: BinaryOp, a: &Operand, b: &Operand) -> Box<Fail> {
    if fail.code != codes::NO_OPERATOR {
        return fail;
    }
    let method = super::instances::binary_name(op);
    let function = format!("i{}", method.trim_matches('_'));
    fail.note(signature(&format!("Function(<built-in function {function}>)"), &function, [a.ty, b.ty]), None)
}

/// A refusal with what the host says of those it asked; what nobody implements at all has its own code.
pub fn of_function(
    cx: &Cx<'_, '_>,
    callee: Ty,
    qualname: &str,
    args: &[Operand],
    kwargs: &[(Box<str>, Operand)],
    reason: Option<String>,
    known: bool,
) -> Box<Fail> {
    let (types, named): (Vec<Ty>, Vec<_>) = (args.iter().map(|a| a.ty).collect(), kwargs.iter().map(|(n, o)| (n.clone(), o.ty)).collect());
    let asked = cx.host().candidates(callee, &types, &named);
    if asked.is_empty() && !known && reason.is_none() {
        let operands: Vec<&Operand> = args.iter().chain(kwargs.iter().map(|k| &k.1)).collect();
        let mut fail = cx.explain(Fail::new(codes::UNKNOWN_FUNCTION, format!("`{qualname}` has no compiled form")), &operands);
        if qualname.starts_with("numpy.") {
            fail = fail.note(format!("Use of unsupported NumPy function '{qualname}' or unsupported use of the function."), None);
        }
        if let Some((class, method)) = qualname.strip_prefix("builtins.").and_then(|rest| rest.split_once('.')) {
            fail = fail.note(format!("Unknown attribute '{method}' of class {class}"), None);
        }
        fail = fail.note(format!("Untyped global name '{}': Cannot determine Numba type of it", short(qualname)), None);
        return fail.help(advice(qualname));
    }
    let mut fail = no_match(cx, Some(callee), qualname, args, kwargs);
    match reason {
        Some(r) if asked.is_empty() => fail = fail.note(r, None),
        None if asked.is_empty() => fail = fail.note(format!("Overload of function '{}': No match.", short(qualname)), None),
        Some(_) | None => {}
    }
    asked.into_iter().fold(fail, |fail, text| fail.note(text, None))
}

/// What to do about a function or class that nobody implements.
fn advice(qualname: &str) -> &'static str {
    const ELSEWHERE: &str = "call it outside of compiled code, or in a `with objmode():` block";
    match qualname.split('.').next() {
        Some("looplift") => "types and decorators belong outside of compiled functions: bind what it gives to a global variable",
        Some("numpy" | "scipy") => "write the loop over the elements, or call it in a `with objmode():` block",
        Some("builtins" | "io" | "os" | "sys" | "time" | "json" | "re" | "pickle" | "subprocess" | "threading") => ELSEWHERE,
        _ => "decorate it with @njit if it is a function of yours, with @jitclass if it is a class",
    }
}

/// A method that is known and takes no such arguments; `None` if nobody knows the method.
pub fn of_method(cx: &Cx<'_, '_>, obj: &Operand, name: &str, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> Option<Box<Fail>> {
    let (types, named): (Vec<Ty>, Vec<_>) = (args.iter().map(|a| a.ty).collect(), kwargs.iter().map(|(n, o)| (n.clone(), o.ty)).collect());
    let asked = cx.host().candidates(Ty::new(TyKind::BoundMethod(obj.ty, name.into())), &types, &named);
    (!asked.is_empty()).then(|| asked.into_iter().fold(no_method(cx, obj, name, args, kwargs), |fail, text| fail.note(text, None)))
}

/// An error that an overload raised becomes the failure of the call: the reason first, then what was asked for.
pub fn check_host(cx: &Cx<'_, '_>, describe: impl FnOnce() -> Box<Fail>) -> R<()> {
    let Some(d) = cx.host().take_error() else { return Ok(()) };
    // The failure of a compilation inside has a code already; one is enough.
    let text = match d.message.strip_prefix("[LL").and_then(|rest| rest.split_once("] ")) {
        Some((code, text)) if code.bytes().all(|c| c.is_ascii_digit()) => text.to_owned(),
        _ => d.message,
    };
    let mut fail = Fail::new(codes::HOST_ERROR, text);
    let about = describe();
    fail.notes.push(crate::typed::Note { text: about.message, place: None });
    fail.notes.extend(d.notes);
    fail.notes.extend(about.notes);
    Err(fail)
}
