//! Binding arguments to parameters, as CPython does, with its texts.

use crate::codes;
use crate::cx::{Fail, Operand, type_list};
use crate::host::FuncSource;
use looplift_hir::{FnSig, Function};

/// Why arguments do not bind: as CPython's calls say it, and as `inspect.Signature.bind` does.
#[derive(Clone, Debug)]
pub struct Unbound {
    pub text: String,
    pub short: String,
}

impl Unbound {
    /// The failure of a call of `source` with these arguments.
    pub fn fail(self, source: &Function, args: &[Operand]) -> Box<Fail> {
        let call = format!("{}({})", source.name, type_list(args.iter().map(|a| a.ty)));
        Fail::new(codes::BAD_ARGUMENTS, self.text)
            .note(format!("Cannot bind '{call}': TypeError: {}", self.short), None)
            .note(format!("`{}` is defined at line {} of {}", source.name, source.first_line, source.filename), None)
    }
}

/// Operands for each parameter of `sig` in order (`*args` as one tuple).
///
/// # Errors
/// What does not fit.
pub fn bind(source: &FuncSource, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> Result<Vec<Operand>, Unbound> {
    let defaults: Vec<Operand> = source.defaults.iter().map(|c| Operand::constant(c.clone())).collect();
    let kwdefaults: Vec<(Box<str>, Operand)> = source.kwdefaults.iter().map(|(n, c)| (n.clone(), Operand::constant(c.clone()))).collect();
    bind_with(&source.hir, args, kwargs, &defaults, &kwdefaults)
}

/// As [`bind`], with defaults that need not be constants: those of the last positional parameters, and of keyword-only ones by
/// name. `**kwargs` come last, as one bundle.
///
/// # Errors
/// As [`bind`].
pub fn bind_with(
    hir: &Function,
    args: &[Operand],
    kwargs: &[(Box<str>, Operand)],
    defaults: &[Operand],
    kwdefaults: &[(Box<str>, Operand)],
) -> Result<Vec<Operand>, Unbound> {
    let unbound = |text: String, short: String| Err(Unbound { text, short });
    let sig: &FnSig = &hir.sig;
    let name = &hir.name;
    let mut more: Vec<(Box<str>, Operand)> = Vec::new();
    let positional = sig.positional as usize;
    let fixed = positional + sig.kwonly as usize;
    let mut slots: Vec<Option<Operand>> = vec![None; fixed];
    for (slot, a) in slots.iter_mut().take(positional).zip(args) {
        *slot = Some(a.clone());
    }
    let extra = args.get(positional..).unwrap_or(&[]);
    for (key, value) in kwargs {
        match sig.names[..fixed].iter().position(|n| n == key) {
            Some(i) if i < sig.posonly as usize && !sig.varkw => {
                return unbound(
                    format!("{name}() got some positional-only arguments passed as keyword arguments: '{key}'"),
                    format!("'{key}' parameter is positional only, but was passed as a keyword"),
                );
            }
            Some(i) if i < sig.posonly as usize => more.push((key.clone(), value.clone())),
            Some(i) if slots[i].is_some() => {
                return unbound(format!("{name}() got multiple values for argument '{key}'"), format!("multiple values for argument '{key}'"));
            }
            Some(i) => slots[i] = Some(value.clone()),
            None if sig.varkw => more.push((key.clone(), value.clone())),
            None => {
                let short = format!("got an unexpected keyword argument '{key}'");
                return unbound(format!("{name}() {short}"), short);
            }
        }
    }
    if !extra.is_empty() && !sig.varargs {
        let (s, were) = (if positional == 1 { "" } else { "s" }, if args.len() == 1 { "was" } else { "were" });
        let required = positional - defaults.len().min(positional);
        let takes = if required < positional { format!("from {required} to {positional}") } else { positional.to_string() };
        return unbound(format!("{name}() takes {takes} positional argument{s} but {} {were} given", args.len()), "too many positional arguments".into());
    }
    let first_default = positional - defaults.len().min(positional);
    for (i, slot) in slots.iter_mut().enumerate() {
        if slot.is_none() {
            *slot = if i < positional {
                (i >= first_default).then(|| defaults[i - first_default].clone())
            } else {
                kwdefaults.iter().find(|(n, _)| *n == sig.names[i]).map(|(_, v)| v.clone())
            };
        }
    }
    for (kind, range) in [("positional", 0..positional), ("keyword-only", positional..fixed)] {
        let missing: Vec<String> = range.filter(|i| slots[*i].is_none()).map(|i| format!("'{}'", sig.names[i])).collect();
        if let Some((last, rest)) = missing.split_last() {
            let list = match rest.len() {
                0 => last.clone(),
                1 => format!("{} and {last}", rest[0]),
                _ => format!("{}, and {last}", rest.join(", ")),
            };
            let s = if rest.is_empty() { "" } else { "s" };
            return unbound(
                format!("{name}() missing {} required {kind} argument{s}: {list}", missing.len()),
                format!("missing a required argument: {}", missing[0]),
            );
        }
    }
    let mut out: Vec<Operand> = slots.into_iter().flatten().collect();
    if sig.varargs {
        out.push(Operand::tuple(extra));
    }
    if sig.varkw {
        out.push(Operand::names(&more));
    }
    Ok(out)
}

/// Operands for the named parameters of a function that the compiler knows: `names` in order, the first `required` of them
/// must be given.
///
/// # Errors
/// CPython's TypeError text.
pub fn bind_names(function: &str, names: &[&str], required: usize, args: &[Operand], kwargs: &[(Box<str>, Operand)]) -> Result<Vec<Option<Operand>>, String> {
    if args.len() > names.len() {
        let (max, s) = (names.len(), if names.len() == 1 { "" } else { "s" });
        return Err(format!("{function}() takes at most {max} argument{s} ({} given)", args.len()));
    }
    let mut out: Vec<Option<Operand>> = args.iter().cloned().map(Some).collect();
    out.resize(names.len(), None);
    for (key, value) in kwargs {
        match names.iter().position(|n| *n == &**key) {
            Some(i) if out[i].is_some() => return Err(format!("{function}() got multiple values for argument '{key}'")),
            Some(i) => out[i] = Some(value.clone()),
            None => return Err(format!("{function}() got an unexpected keyword argument '{key}'")),
        }
    }
    if let Some(i) = out[..required].iter().position(Option::is_none) {
        return Err(format!("{function}() missing required argument '{}' (pos {})", names[i], i + 1));
    }
    Ok(out)
}
