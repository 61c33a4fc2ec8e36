//! The table of Python objects that types and compiled code name by index ([`HostRef::id`]).
//!
//! Most entries own a reference and stay for the life of the process (modules, builtins, library functions, what compiled code
//! names: a finite set). Dispatchers, and callable objects that came as arguments, are entered weakly and leave when they die; an
//! index is never used twice.
//!
//! The lock guards the table only: no Python code runs while it is held.

use crate::nums::nums;
use crate::type_object::Type;
use looplift_types::{HostRef, Ty, TyKind};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyModule, PyString, PyTuple, PyType, PyWeakrefMethods, PyWeakrefReference};
use std::collections::HashMap;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

enum Entry {
    Owned(Py<PyAny>),
    /// The object removes itself with [`forget`] before it dies.
    Weak(usize),
    /// A weak reference whose callback removes the object.
    Watched(Py<PyWeakrefReference>),
}

struct Table {
    first: u32,
    next: u32,
    by_address: HashMap<usize, u32>,
    entries: HashMap<u32, Entry>,
}

impl Default for Table {
    /// Numbers start at another place in each process: code that has one in it can be told from code that has none, and
    /// is not kept on disk.
    fn default() -> Table {
        use std::hash::{BuildHasher, RandomState};
        let first = 0x2000_0000 | (RandomState::new().hash_one(0u8) as u32 & 0x1fff_ffff);
        Table { first, next: first, by_address: HashMap::new(), entries: HashMap::new() }
    }
}

/// The numbers that objects have had so far.
pub fn numbers() -> std::ops::Range<u32> {
    table().as_ref().map_or(0..0, |t| t.first..t.next)
}

static TABLE: Mutex<Option<Table>> = Mutex::new(None);
static DISPATCHER: AtomicPtr<ffi::PyTypeObject> = AtomicPtr::new(std::ptr::null_mut());

fn table() -> MutexGuard<'static, Option<Table>> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn enter(address: usize, entry: Entry) -> u32 {
    let mut guard = table();
    let table = guard.get_or_insert_default();
    if let Some(&id) = table.by_address.get(&address) {
        let known = table.entries.get_mut(&id);
        let replaced = match (known, entry) {
            // What compiled code names stays.
            (Some(known @ Entry::Watched(_)), entry @ Entry::Owned(_)) => std::mem::replace(known, entry),
            (_, entry) => entry,
        };
        drop(guard);
        drop(replaced);
        return id;
    }
    let id = table.next;
    table.next += 1;
    table.by_address.insert(address, id);
    table.entries.insert(id, entry);
    id
}

/// The index of `obj`, which the table keeps alive.
pub fn intern(obj: &Bound<'_, PyAny>) -> u32 {
    enter(obj.as_ptr() as usize, Entry::Owned(obj.clone().unbind()))
}

/// The index of an object that will call [`forget`] when it dies.
pub fn intern_weak(address: usize) -> u32 {
    enter(address, Entry::Weak(address))
}

/// The index of a callable object that came as an argument: it leaves the table when it dies, unless compiled code names it.
fn intern_watched(obj: &Bound<'_, PyAny>) -> u32 {
    let address = obj.as_ptr() as usize;
    if let Some(&id) = table().as_ref().and_then(|t| t.by_address.get(&address)) {
        return id;
    }
    let leave = PyCFunction::new_closure(obj.py(), None, None, move |_: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| forget(address));
    match leave.and_then(|leave| PyWeakrefReference::new_with(obj, leave)) {
        Ok(watched) => enter(address, Entry::Watched(watched.unbind())),
        // An object without weak references stays.
        Err(_) => intern(obj),
    }
}

/// Removes a weakly entered object.
pub fn forget(address: usize) {
    let removed = {
        let mut guard = table();
        guard.as_mut().and_then(|t| t.by_address.remove(&address).and_then(|id| t.entries.remove(&id)))
    };
    drop(removed);
}

/// The object of an index; `None` when it has died.
pub fn get<'py>(py: Python<'py>, id: u32) -> Option<Bound<'py, PyAny>> {
    let guard = table();
    match guard.as_ref()?.entries.get(&id)? {
        Entry::Owned(o) => Some(o.bind(py).clone()),
        Entry::Watched(w) => {
            let watched = w.clone_ref(py);
            drop(guard);
            watched.bind(py).upgrade()
        }
        Entry::Weak(address) => {
            // SAFETY: attached, and the object is alive: it removes its entry before it is freed.
            Some(unsafe { Bound::from_borrowed_ptr(py, *address as *mut ffi::PyObject) })
        }
    }
}

/// Tells which type is the dispatcher's.
pub fn set_dispatcher_type(ty: *mut ffi::PyTypeObject) {
    DISPATCHER.store(ty, Ordering::Release);
}

/// Whether `obj`, a valid object, is a dispatcher.
#[expect(clippy::not_unsafe_ptr_arg_deref, reason = "all pointers to objects in this crate are to valid ones")]
pub fn is_dispatcher(obj: *mut ffi::PyObject) -> bool {
    // SAFETY: `obj` is a valid object.
    unsafe { ffi::Py_TYPE(obj) == DISPATCHER.load(Ordering::Acquire) }
}

/// Modules whose public name differs from where their functions say they are defined.
const MODULE_ALIASES: &[(&str, &str)] = &[
    ("_operator", "operator"),
    ("numpy._core.multiarray", "numpy"),
    ("numpy.core.multiarray", "numpy"),
    ("numpy._core._multiarray_umath", "numpy"),
    ("numpy.core._multiarray_umath", "numpy"),
    ("numpy._core.numeric", "numpy"),
    ("numpy._core.fromnumeric", "numpy"),
    ("_functools", "functools"),
    ("_bisect", "bisect"),
    ("_heapq", "heapq"),
];

/// The canonical qualified name: `builtins.len`, `math.sin`, `numpy.zeros`.
pub fn qualname(obj: &Bound<'_, PyAny>) -> String {
    let text =
        |o: &Bound<'_, PyAny>, name: &str| -> Option<String> { o.getattr(name).ok()?.cast_into::<PyString>().ok().map(|s| s.to_string_lossy().into_owned()) };
    if obj.cast::<PyModule>().is_ok() {
        return text(obj, "__name__").unwrap_or_else(|| "module".into());
    }
    let name = text(obj, "__qualname__").or_else(|| text(obj, "__name__"));
    let Some(name) = name else {
        return text(&obj.get_type(), "__qualname__").unwrap_or_else(|| "object".into());
    };
    let module = match text(obj, "__module__") {
        Some(m) => m,
        None => {
            let class = obj.get_type();
            let of_class = text(&class, "__module__").unwrap_or_default();
            match (&*of_class, text(&class, "__name__").as_deref()) {
                // A ufunc says only its own name.
                ("numpy", Some("ufunc")) => ufunc_home(obj, &name).into(),
                _ => match obj.getattr("__self__") {
                    // Module-level convenience functions of numpy.random are methods of one hidden generator.
                    Ok(owner) if text(&owner.get_type(), "__name__").as_deref() == Some("RandomState") => {
                        let short = name.rsplit('.').next().unwrap_or(&name);
                        return format!("numpy.random.{short}");
                    }
                    Ok(owner) if text(&owner.get_type(), "__name__").as_deref() == Some("ufunc") => {
                        // A method of a ufunc: `numpy.add.reduce`.
                        let short = name.rsplit('.').next().unwrap_or(&name);
                        return format!("{}.{short}", qualname(&owner));
                    }
                    _ => of_class,
                },
            }
        }
    };
    let module = MODULE_ALIASES.iter().find(|(from, _)| *from == module).map_or(&*module, |(_, to)| to);
    if let Some((of, short)) = hidden_method(obj, &name) {
        return format!("{of}.{short}");
    }
    format!("{module}.{name}")
}

/// The module of a ufunc that does not say: SciPy's functions are known there, all others are NumPy's.
fn ufunc_home(obj: &Bound<'_, PyAny>, name: &str) -> &'static str {
    let special = obj.py().import("sys").and_then(|sys| sys.getattr("modules")).and_then(|m| m.get_item("scipy.special"));
    if special.and_then(|m| m.getattr(name)).is_ok_and(|f| f.is(obj)) { "scipy.special" } else { "numpy" }
}

/// Functions of `random` and `numpy.random` that are methods of the module's one hidden generator: the module and the short name.
fn hidden_method<'n>(obj: &Bound<'_, PyAny>, name: &'n str) -> Option<(&'static str, &'n str)> {
    const HIDDEN: [(&str, &str, &str, &str); 2] = [("Random.", "random", "random", "_inst"), ("RandomState.", "numpy.random", "numpy.random.mtrand", "_rand")];
    HIDDEN.iter().find_map(|&(prefix, of, home, variable)| {
        let short = name.strip_prefix(prefix)?;
        let owner = obj.getattr("__self__").ok()?;
        let hidden = obj.py().import("sys").ok()?.getattr("modules").ok()?.get_item(home).ok()?.getattr(variable).ok()?;
        owner.is(&hidden).then_some((of, short))
    })
}

fn host_ref(obj: &Bound<'_, PyAny>) -> HostRef {
    HostRef { id: intern(obj), name: qualname(obj).into() }
}

/// The reference of a class (for named tuples).
pub fn class_ref(class: &Bound<'_, PyAny>) -> HostRef {
    let name = class.getattr("__name__").map(|n| n.to_string()).unwrap_or_default();
    HostRef { id: intern(class), name: name.into() }
}

/// Rust-side face of the dispatcher that printing needs: its name.
fn dispatcher_ref(obj: &Bound<'_, PyAny>) -> HostRef {
    let name = obj
        .getattr("py_func")
        .map(|f| {
            let repr = f.repr().map(|r| r.to_string()).unwrap_or_default();
            // `<function f at 0x…>` without the address: printed types must not show it.
            match repr.split_once(" at 0x") {
                Some((head, _)) => format!("{head}>"),
                None => repr,
            }
        })
        .unwrap_or_default();
    HostRef { id: intern_weak(obj.as_ptr() as usize), name: name.into() }
}

/// The type of an object that exists while compiling only: modules, functions, classes, dtypes, dispatchers. `None` for
/// plain data.
pub fn classify(obj: &Bound<'_, PyAny>) -> Option<Ty> {
    classified(obj, intern)
}

/// [`classify`] for an argument, which the table does not keep alive if it is an object that can be called.
pub fn classify_argument(obj: &Bound<'_, PyAny>) -> Option<Ty> {
    classified(obj, intern_watched)
}

fn classified(obj: &Bound<'_, PyAny>, callable: fn(&Bound<'_, PyAny>) -> u32) -> Option<Ty> {
    if is_dispatcher(obj.as_ptr()) {
        return Some(Ty::new(TyKind::Dispatcher(dispatcher_ref(obj))));
    }
    if let Ok(Type(ty)) = obj.extract::<Type>() {
        return Some(if ty.is_scalar() { Ty::new(TyKind::NumberClass(ty)) } else { Ty::new(TyKind::Object(host_ref(obj))) });
    }
    if obj.cast::<PyModule>().is_ok() {
        return Some(Ty::new(TyKind::Module(host_ref(obj))));
    }
    if let Ok(class) = obj.cast::<PyType>() {
        let raw = class.as_type_ptr();
        // Python's own number classes are functions: what they do is not what NumPy's do.
        if let Some(t) = nums().scalar_ty(raw) {
            return Some(Ty::new(TyKind::NumberClass(t)));
        }
        if class.is_subclass_of::<pyo3::exceptions::PyBaseException>().unwrap_or(false) {
            return Some(Ty::new(TyKind::ExcClass(host_ref(obj))));
        }
        return Some(Ty::new(TyKind::Function(host_ref(obj))));
    }
    if let Some(t) = crate::type_of::dtype_element(obj) {
        return Some(Ty::new(TyKind::DType(t)));
    }
    // What has the address of a C function is as good as one.
    if obj.is_callable() || obj.hasattr("__wrapper_address__").unwrap_or(false) {
        return Some(Ty::new(TyKind::Function(HostRef { id: callable(obj), name: qualname(obj).into() })));
    }
    None
}

/// A type for any other object: usable where an overload asks for its value.
pub fn opaque(obj: &Bound<'_, PyAny>) -> Ty {
    Ty::new(TyKind::Object(host_ref(obj)))
}

/// The class whose call makes the empty value of a type, or None.
pub fn empty_class<'py>(py: Python<'py>, ty: Ty) -> PyResult<Bound<'py, PyAny>> {
    let name = match ty.kind() {
        TyKind::Int(_) => "int",
        TyKind::Float(_) => "float",
        TyKind::Bool => "bool",
        TyKind::Complex(_) => "complex",
        TyKind::Str => "str",
        TyKind::List(_) => "list",
        TyKind::Set(_) => "set",
        TyKind::Dict(_) => "dict",
        _ => return Ok(py.None().into_bound(py)),
    };
    py.import("builtins")?.getattr(name)
}
