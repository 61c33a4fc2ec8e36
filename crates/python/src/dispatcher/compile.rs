//! Choosing and compiling signatures.

use super::object::from_object;
use super::{Inner, Overload, locks};
use crate::errors;
use crate::generator::HEAD;
use crate::host::{PyHost, diagnostic_error};
use looplift_capi::boxing::Ret;
use looplift_capi::type_object::Type;
use looplift_capi::unbox::Param;
use looplift_capi::{objects, words};
use looplift_driver::Compiled;
use looplift_infer::generators;
use looplift_types::convert::{Selection, select_best};
use looplift_types::{Flavour, GeneratorTy, Ty, TyKind};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::sync::Arc;

fn list(types: &[Ty]) -> String {
    let texts: Vec<String> = types.iter().map(Ty::to_string).collect();
    format!("({})", texts.join(", "))
}

/// The error for an argument that has no type.
pub fn untypable(py: Python<'_>, inner: &Inner, py_func: &Bound<'_, PyAny>, k: usize, arg: &Bound<'_, PyAny>, why: &str) -> PyErr {
    let name = inner.shape.names.get(k).cloned().unwrap_or_else(|| "*args".into());
    let function = py_func.getattr("__qualname__").map(|n| n.to_string()).unwrap_or_default();
    if !inner.can_compile.get() {
        return pyo3::exceptions::PyTypeError::new_err(format!("No matching definition for argument '{name}' of {function}: {why}"));
    }
    if let Ok(slice) = arg.cast_exact::<pyo3::types::PySlice>() {
        return untypable_slice(slice, &name);
    }
    let class = arg.get_type().repr().map(|n| n.to_string()).unwrap_or_default();
    let empty = why.starts_with("cannot compute fingerprint of empty");
    errors::new(
        py,
        if empty { "UntypedValueError" } else { "TypingError" },
        &format!(
            "[LL0100] cannot determine the type of argument '{name}' (position {}) of {function}: {why}\n\
             This error may have been caused by the following argument(s):\n- argument {k}: Cannot determine Numba type of {class}",
            k + 1
        ),
    )
}

/// The error for a slice that has no type: of members that are neither integers nor None, or too large.
fn untypable_slice(slice: &Bound<'_, pyo3::types::PySlice>, name: &str) -> PyErr {
    let large = ["start", "stop", "step"]
        .iter()
        .filter_map(|m| slice.getattr(*m).ok())
        .any(|m| m.is_instance_of::<pyo3::types::PyInt>() && m.extract::<i64>().is_err());
    if large {
        return pyo3::exceptions::PyValueError::new_err(format!("Int value is too large: a member of slice '{name}' does not fit in 64 bits"));
    }
    pyo3::exceptions::PyTypeError::new_err(format!("slice indices must be integers or None: argument '{name}' is {slice:?}"))
}

/// The signature that takes arguments of these types: an equal one, a fitting one where none may be compiled, or a new
/// one.
pub fn choose_or_compile<'a>(py: Python<'_>, inner: &'a Inner, py_func: &Bound<'_, PyAny>, types: &[Ty]) -> PyResult<&'a Overload> {
    if let Some(o) = inner.find(types) {
        return Ok(o);
    }
    let chosen = {
        // SAFETY: attached; nothing in this block runs Python code.
        let list = unsafe { inner.overloads() };
        let sigs: Vec<&[Ty]> = list.iter().map(|o| &*o.args).collect();
        let exact = select_best(sigs.iter().copied(), types, false);
        let best = if matches!(exact, Selection::None) { select_best(sigs.iter().copied(), types, true) } else { exact };
        match best {
            // Numba compiles a new signature rather than convert, as long as it may.
            _ if inner.can_compile.get() => None,
            Selection::Best(k) => inner.find(&list[k].args),
            Selection::None => None,
            Selection::Ambiguous(ks) => {
                let texts: Vec<String> = ks.iter().map(|k| format!("{} -> {}", list_text(&list[*k]), list[*k].ret_ty)).collect();
                return Err(pyo3::exceptions::PyTypeError::new_err(format!(
                    "Ambiguous overloading for {} {}:\n{}",
                    py_func.repr()?,
                    self::list(types),
                    texts.join("\n")
                )));
            }
        }
    };
    if let Some(o) = chosen {
        return Ok(o);
    }
    if !inner.can_compile.get() {
        let function = py_func.getattr("__qualname__").map(|n| n.to_string()).unwrap_or_default();
        let known: Vec<String> = {
            // SAFETY: attached; formatting types runs no Python.
            unsafe { inner.overloads() }.iter().map(|o| list_text(o)).collect()
        };
        let texts: Vec<String> = types.iter().map(Ty::to_string).collect();
        let e = pyo3::exceptions::PyTypeError::new_err(format!("No matching definition for argument type(s) {}", texts.join(", ")));
        e.value(py).call_method1("add_note", (format!("signatures of {function}: {}", known.join(", ")),))?;
        return Err(e);
    }
    let Some(host_obj) = objects::get(py, inner.id) else {
        return Err(errors::internal(py, "the dispatcher is not in the table"));
    };
    inner.misses.set(inner.misses.get() + 1);
    compile(py, &host_obj, types, None)?;
    inner.find(types).ok_or_else(|| errors::internal(py, "a compiled signature is not there"))
}

fn list_text(o: &Overload) -> String {
    list(&o.args)
}

/// Whether an exception says that something cannot be compiled.
pub fn is_compile_error(py: Python<'_>, e: &PyErr) -> bool {
    // (A result that has no Python form is a TypeError, with a code as all that the compiler says.)
    let coded = || e.value(py).str().is_ok_and(|t| t.to_string_lossy().starts_with("[LL"));
    py.import("looplift.errors").and_then(|m| m.getattr("NumbaError")).is_ok_and(|c| e.matches(py, c).unwrap_or(false)) || coded()
}

/// The warning about reflected containers, where an argument is one.
fn warn_of_reflected(dispatcher: &Bound<'_, PyAny>, inner: &Inner, types: &[Ty]) -> PyResult<()> {
    let py = dispatcher.py();
    let reflected = |t: &Ty| t.flavour() == Some(Flavour::Reflected) && t.as_dict().is_none();
    if let Some((k, t)) = types.iter().enumerate().find(|(_, t)| reflected(t)) {
        let argument = inner.shape.names.get(k).map_or("*args", |n| &**n);
        let function = dispatcher.getattr("__name__").and_then(|n| n.extract::<String>()).unwrap_or_default();
        let kind = if t.as_list().is_some() { "list" } else { "set" };
        let class = py.import("looplift.errors")?.getattr("NumbaPendingDeprecationWarning")?;
        let text = format!(
            "Encountered the use of a type that is scheduled for deprecation: type 'reflected {kind}' found for argument '{argument}' of function '{function}'. \
             Use looplift.typed; see https://numba.readthedocs.io/en/stable/reference/deprecation.html"
        );
        PyErr::warn(py, &class, &std::ffi::CString::new(text).unwrap_or_default(), 1)?;
    }
    Ok(())
}

/// Compiles a signature and publishes it. `ret` is the declared result type, if any.
pub fn compile(py: Python<'_>, dispatcher: &Bound<'_, PyAny>, types: &[Ty], ret: Option<Ty>) -> PyResult<()> {
    let inner = from_object(dispatcher)?.rust();
    if words::total(types).is_none_or(|n| n > words::MAX_WORDS) {
        return Err(errors::new(
            py,
            "LimitError",
            &format!("[LL0901] arguments {} cannot be passed to compiled code, or take more than {} machine words", list(types), words::MAX_WORDS),
        ));
    }
    let mut host = PyHost::new(py);
    if let Some(r) = ret {
        host.declared.push((inner.id, types.to_vec(), r));
    }
    let cache = inner.cached.get().then(|| dispatcher.getattr("_cache")).transpose()?;
    let asked = |method: &str| -> PyResult<bool> {
        let Some(cache) = &cache else { return Ok(false) };
        cache.call_method1(method, (PyTuple::new(py, types.iter().map(|t| Type(*t)))?, ret.map(Type)))?.is_truthy()
    };
    if asked("load")? && inner.find(types).is_some() {
        return Ok(());
    }
    let source = match host.dispatcher_source(dispatcher)? {
        Ok(s) => s,
        Err(d) => return Err(diagnostic_error(py, &host, &d)),
    };
    let mut settings = crate::options::settings(py)?;
    settings.fresh = cache.is_some();
    let watch = py.import("looplift.config")?.getattr("WATCH")?;
    let tell = |phase: &str| -> PyResult<()> {
        if !watch.is_none() {
            watch.call1((phase, dispatcher, PyTuple::new(py, types.iter().map(|t| Type(*t)))?))?;
        }
        Ok(())
    };
    tell("start")?;
    let clock = std::time::Instant::now();
    inner.compiling.set(inner.compiling.get() + 1);
    let made = crate::guard::caught(py, || looplift_driver::compile(&host, &source, types, &settings).map_err(|d| diagnostic_error(py, &host, &d)));
    inner.compiling.set(inner.compiling.get() - 1);
    let is_generator = source.hir.is_generator;
    let number = |c: &Compiled| is_generator.then(|| generators::number(&source, &c.key.args));
    let made = made.and_then(|compiled| warn_of_reflected(dispatcher, inner, types).map(|()| compiled));
    let made = made.and_then(|compiled| {
        let generator = number(&compiled);
        overload(py, types, inner.nogil, compiled, generator)
    });
    match made {
        Ok(mut o) => {
            o.compile_ns = clock.elapsed().as_nanos() as u64;
            register(inner, o);
            asked("save")?;
            tell("end")?;
            if inner.options.parallel {
                py.import("looplift._parallel")?.getattr("compiled")?.call1((dispatcher,))?;
            }
            Ok(())
        }
        Err(e) => {
            tell("failed")?;
            Err(e)
        }
    }
}

/// Makes a signature callable.
pub fn register(inner: &Inner, o: Overload) {
    inner.publish(o);
}

/// Whether a value is, or holds, something that several threads may change and that has no lock of its own.
fn shares_containers(ty: Ty) -> bool {
    match ty.kind() {
        TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_) | TyKind::DictView(..) | TyKind::Gen(_) | TyKind::Iter(_) | TyKind::Instance(_) => true,
        TyKind::Optional(t) => shares_containers(*t),
        _ => ty.tuple_elems().is_some_and(|e| e.iter().any(|t| shares_containers(*t))),
    }
}

/// Whether bundles of keyword arguments are part of a value.
fn holds_keywords(ty: Ty) -> bool {
    matches!(ty.kind(), TyKind::KwArgs(..)) || ty.tuple_elems().is_some_and(|e| e.iter().any(|t| holds_keywords(*t)))
}

/// Prepares a compiled signature for calls.
pub fn overload(py: Python<'_>, types: &[Ty], nogil: bool, compiled: Arc<Compiled>, generator: Option<u32>) -> PyResult<Overload> {
    let (ret_ty, item) = match generator {
        None => (compiled.ret, None),
        // A call makes the generator; its results have room for an item.
        Some(id) => {
            let (item, returns) = generators::parts(compiled.ret);
            (Ty::new(TyKind::Gen(GeneratorTy { id, name: "generator".into(), item, returns })), Some(compiled.ret))
        }
    };
    let head = if generator.is_some() { HEAD } else { 0 };
    let Some(entry) = compiled.entry else {
        return Err(errors::internal(py, "compiled code without an entry"));
    };
    if holds_keywords(ret_ty) {
        let text =
            format!("[LL0902] cannot convert native {ret_ty} to a Python object: a dict of names whose values have different types stays in compiled code");
        return Err(pyo3::exceptions::PyTypeError::new_err(text));
    }
    if let TyKind::Function(f) = ret_ty.kind()
        && objects::get(py, f.id).is_some_and(|f| f.is_instance_of::<pyo3::types::PyCFunction>())
    {
        let text = format!("[LL0902] cannot convert native Function(<built-in function {}>) to Python object", f.name);
        return Err(errors::new(py, "NumbaTypeError", &text));
    }
    // What is sent to a generator follows its parameters.
    let all: &[Ty] = if generator.is_some() { &compiled.key.args } else { types };
    let (Some(arg_words), Some(ret_words)) = (words::total(all), words::count(item.unwrap_or(ret_ty))) else {
        return Err(errors::new(py, "TypingError", &format!("[LL0902] the function returns a value of type {ret_ty}, which has no Python form")));
    };
    // Containers have no locks: the GIL keeps threads from changing one at the same time.
    let nogil = nogil && !types.iter().any(|t| shares_containers(*t));
    // (A generator function only makes its frame; the steps have the GIL.)
    let generators = if generator.is_some() { Box::default() } else { locks::places(types) };
    Ok(Overload {
        args: types.into(),
        params: types.iter().map(|t| Param::new(*t)).collect(),
        head,
        arg_words: head + arg_words,
        ret_words: head + ret_words,
        ret: Ret::new(ret_ty),
        ret_ty,
        entry,
        session: types.iter().any(|t| looplift_capi::containers::needs_session(*t)),
        nogil,
        guarded: nogil || !generators.is_empty(),
        generators,
        compile_ns: 0,
        compiled,
    })
}

/// Compiles a signature that is compiled already once more, for its texts and times.
pub fn explain(dispatcher: &Bound<'_, PyAny>, types: &[Ty]) -> PyResult<looplift_driver::Trace> {
    let py = dispatcher.py();
    let inner = from_object(dispatcher)?.rust();
    if inner.find(types).is_none() {
        return Err(pyo3::exceptions::PyKeyError::new_err(format!("no compiled signature has argument types {}", list(types))));
    }
    let host = PyHost::new(py);
    let source = match host.dispatcher_source(dispatcher)? {
        Ok(s) => s,
        Err(d) => return Err(diagnostic_error(py, &host, &d)),
    };
    let settings = crate::options::settings(py)?;
    crate::guard::caught(py, || looplift_driver::explain(&host, &source, types, &settings).map_err(|d| diagnostic_error(py, &host, &d)))
}
