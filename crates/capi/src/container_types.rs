//! Types of containers at the border: what a list, set or dict of Python is in compiled code, told by its elements.

use crate::containers::untyped_box;
use crate::objects;
use crate::shared::Container;
use crate::type_of::NoType;
use looplift_types::{Flavour, Ty, TyKind};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrozenSet, PyList, PySet};
use std::cell::Cell;

thread_local! {
    /// Whether all elements are looked at for the type of a container.
    static ALL: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f` with types of containers found by all elements, some of which may be None, instead of by the first.
pub fn by_all_elements<T>(f: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            ALL.set(self.0);
        }
    }
    let _restore = Restore(ALL.replace(true));
    f()
}

/// The type of elements, the first of which has type `first`, if they are all to be looked at: None beside others makes it optional.
fn of_all<'py>(first: Ty, items: impl Iterator<Item = Bound<'py, PyAny>>, elem: &dyn Fn(&Bound<'py, PyAny>) -> Result<Ty, NoType>) -> Result<Ty, NoType> {
    if !ALL.get() {
        return Ok(first);
    }
    let none = |t: Ty| t.is_none() || t.as_optional().is_some();
    let mut all = first;
    for item in items {
        match elem(&item) {
            Ok(t) if stored(t) == all => {}
            Ok(t) if none(t) || none(all) => {
                let (t, mixed) = (stored(t), NoType(format!("elements of types {all} and {t} do not mix")));
                all = looplift_types::join::join(all, t).ok_or(mixed)?;
            }
            // What is no None is said where the elements are converted.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(all)
}

/// The type of a list, set or dict, by its first element, as Numba has it; `None` for other objects.
pub fn type_of(obj: &Bound<'_, PyAny>, elem: &dyn Fn(&Bound<'_, PyAny>) -> Result<Ty, NoType>) -> Option<Result<Ty, NoType>> {
    let empty = |what: &str| Err(NoType(format!("cannot compute fingerprint of empty {what}")));
    if let Ok(l) = obj.cast_exact::<PyList>() {
        // Of containers, the first that is not empty tells the type.
        let mut found = empty("list");
        for item in l.iter() {
            found = elem(&item);
            if found.is_ok() || !is_container(&item) {
                break;
            }
        }
        // A list of functions has one or the other.
        if let Ok(first) = &found
            && looplift_types::functions::number(*first).is_some()
        {
            let all = l.iter().try_fold(*first, |t, item| looplift_types::functions::union(t, elem(&item).ok()?));
            return Some(all.map(|t| Ty::list(t, Flavour::Reflected)).ok_or_else(|| NoType("Cannot type list element type: not all are functions".into())));
        }
        return Some(found.and_then(|t| of_all(stored(t), l.iter(), elem)).map(|t| Ty::list(t, Flavour::Reflected)));
    }
    if is_deque(obj) {
        return Some(match obj.get_item(0) {
            Ok(first) => elem(&first).map(|t| Ty::list(stored(t), Flavour::Deque)),
            Err(_) => empty("deque"),
        });
    }
    if let Ok(s) = obj.cast_exact::<PySet>() {
        return Some(match s.iter().next() {
            Some(first) => elem(&first).and_then(key).map(|t| Ty::set(t, Flavour::Reflected)),
            None => empty("set"),
        });
    }
    if let Ok(s) = obj.cast_exact::<PyFrozenSet>() {
        return Some(match s.iter().next() {
            Some(first) => elem(&first).and_then(key).map(|t| Ty::set(t, Flavour::Frozen)),
            None => empty("frozenset"),
        });
    }
    if let Ok(d) = obj.cast::<PyDict>()
        && let Some(flavour) = dict_flavour(d)
    {
        return Some(match d.iter().next() {
            Some((k, v)) => elem(&k)
                .and_then(key)
                .and_then(|k| elem(&v).map(|v| (k, v)))
                .and_then(|(k, v)| made_by_factory(d, flavour, v).map(|flavour| Ty::dict(k, stored(v), flavour))),
            None => empty("dict"),
        });
    }
    if let Ok(d) = obj.cast_exact::<PyDict>() {
        return Some(match d.iter().next() {
            Some((k, v)) => elem(&k)
                .and_then(key)
                .and_then(|k| elem(&v).and_then(|v| of_all(stored(v), d.values().iter(), elem)).map(|v| Ty::dict(k, v, Flavour::Reflected))),
            None => empty("dict"),
        });
    }
    if let Ok(c) = obj.cast::<Container>()
        && c.get().part.get().is_some()
    {
        return Some(Ok(untyped_box()));
    }
    obj.cast::<Container>().ok().map(|c| c.get().ty.get().copied().ok_or_else(|| NoType("the container has no type yet: put something into it".into())))
}

/// The type of a key; objects that tell by methods of their own whether they are equal are none.
fn key(t: Ty) -> Result<Ty, NoType> {
    let t = stored(t);
    if looplift_types::element::is_hashable(t) { Ok(t) } else { Err(NoType(format!("values of type {t} cannot be keys in compiled code"))) }
}

/// A container type as what is inside another one has it.
pub(crate) fn stored(t: Ty) -> Ty {
    match t.container_parts() {
        Some(parts) if t.flavour() == Some(Flavour::Reflected) => t.with_parts(&parts, Flavour::Plain),
        _ => t,
    }
}

/// Whether an object is an empty container of the kind of a type.
pub(crate) fn is_empty_of(obj: &Bound<'_, PyAny>, ty: Ty) -> bool {
    let kind = match ty.kind() {
        TyKind::List(_) => obj.is_exact_instance_of::<PyList>(),
        TyKind::Set(_) => obj.is_exact_instance_of::<PySet>(),
        TyKind::Dict(_) => obj.is_exact_instance_of::<PyDict>(),
        _ => false,
    };
    kind && obj.len().is_ok_and(|n| n == 0)
}

pub(crate) fn is_deque(obj: &Bound<'_, PyAny>) -> bool {
    let class = obj.get_type();
    // (The name alone is read from the class, without Python code.)
    class.name().is_ok_and(|n| n == "deque") && &*objects::qualname(&class) == "collections.deque"
}

/// The flavour of an instance of a class of `collections`.
fn dict_flavour(dict: &Bound<'_, PyDict>) -> Option<Flavour> {
    if dict.is_exact_instance_of::<PyDict>() {
        return None;
    }
    match &*crate::objects::qualname(&dict.get_type()) {
        "collections.OrderedDict" => Some(Flavour::Ordered),
        "collections.Counter" => Some(Flavour::Counter),
        "collections.defaultdict" => Some(Flavour::Default),
        _ => None,
    }
}

/// The flavour of a dict of a class of `collections` whose values are of a type: with its factory, if it is a function.
fn made_by_factory(dict: &Bound<'_, PyDict>, flavour: Flavour, value: Ty) -> Result<Flavour, NoType> {
    if flavour != Flavour::Default {
        return Ok(flavour);
    }
    let factory = dict.as_any().getattr("default_factory").map_err(|_| NoType("the defaultdict has no factory".into()))?;
    if factory.is_none() {
        return Err(NoType("the defaultdict has no factory: pass dict(d)".into()));
    }
    let made = factory.cast::<pyo3::types::PyType>().ok().map(|f| crate::objects::qualname(f)).or_else(|| class_made(dict));
    let fits = match (made.as_deref(), value.kind()) {
        (Some("builtins.int"), _) => value == Ty::int64(),
        (Some("builtins.float"), _) => value == Ty::float64(),
        (Some("builtins.bool"), _) => value == Ty::bool(),
        (Some("builtins.complex"), _) => value == Ty::complex128(),
        (Some("builtins.str"), _) => value == Ty::str(),
        (Some("builtins.list"), TyKind::List(_)) | (Some("builtins.set"), TyKind::Set(_)) | (Some("builtins.dict"), TyKind::Dict(_)) => true,
        (None, _) => return factory_function(&factory).map(Flavour::Factory),
        _ => false,
    };
    if fits { Ok(flavour) } else { Err(NoType(format!("the factory of the defaultdict does not make values of type {value}"))) }
}

/// The handle of a factory that is a function, or a compiled one, which holds nothing: what it captured would not be known to others of its type.
fn factory_function(factory: &Bound<'_, PyAny>) -> Result<u32, NoType> {
    let refused = |why: &str| NoType(format!("the factory of the defaultdict {why}"));
    if crate::objects::is_dispatcher(factory.as_ptr()) {
        return Ok(crate::objects::intern_weak(factory.as_ptr() as usize));
    }
    let Ok(function) = factory.cast::<pyo3::types::PyFunction>() else { return Err(refused("is no function that can be compiled")) };
    if ["__closure__", "__defaults__", "__kwdefaults__"].iter().any(|n| function.getattr(*n).is_ok_and(|v| !v.is_none())) {
        return Err(refused("captures variables, or has defaults: use a function of its globals alone"));
    }
    let of = || crate::closures::template(&function.getattr("__code__")?, &function.getattr("__globals__")?, Some(function));
    of().map(|template| template.id).map_err(|_| refused("cannot be read"))
}

/// The class whose empty value the factory of a defaultdict makes, if it is a function that looks nothing up, as `lambda: 0`.
fn class_made(dict: &Bound<'_, PyDict>) -> Option<String> {
    let factory = dict.as_any().getattr("default_factory").ok()?;
    let code = factory.cast::<pyo3::types::PyFunction>().ok()?.getattr("__code__").ok()?;
    let nothing = |name: &str| code.getattr(name).and_then(|n| n.len()).is_ok_and(|n| n == 0);
    if !nothing("co_names") || !nothing("co_freevars") || code.getattr("co_argcount").ok()?.is_truthy().ok()? {
        return None;
    }
    let made = factory.call0().ok()?;
    (!made.is_truthy().ok()?).then(|| crate::objects::qualname(&made.get_type()))
}

fn is_container(obj: &Bound<'_, PyAny>) -> bool {
    obj.is_instance_of::<PyList>() || obj.is_instance_of::<PySet>() || obj.is_instance_of::<PyDict>()
}
