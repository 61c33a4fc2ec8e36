//! Python as the compiler sees it: the [`Host`] of inference.
//!
//! Names are looked up in the function's own globals, builtins and closure; values become constants ([`consts`]). What a
//! call of a Python function means is answered by the overload registry, which is Python (`looplift._overloads`); answers
//! are remembered for the process, so that one question has one answer.

pub mod consts;
pub mod source;

use crate::dispatcher::object::from_object;
use crate::errors;
use consts::const_value;
use looplift_capi::nums::nums;
use looplift_capi::type_object::{Type, host_ref};
use looplift_capi::{closures, objects};
use looplift_hir::{Lift, RawCode, Span};
use looplift_infer::{ConstValue, Diagnostic, DiagnosticKind, FuncSource, Host, Note, Options, Overload, SpecKey};
use looplift_types::convert::{Selection, select_best};
use looplift_types::{ClosureTy, Flavour, HostRef, Ty, TyKind, parse_type};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFunction, PyTuple};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Sources of library and user implementations, which live for the process.
static SOURCES: Mutex<Option<HashMap<u32, FuncSource>>> = Mutex::new(None);

fn sources() -> MutexGuard<'static, Option<HashMap<u32, FuncSource>>> {
    SOURCES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sources of functions that are values, by template.
static LIFTED: Mutex<Option<HashMap<(u32, Lift), FuncSource>>> = Mutex::new(None);

/// What was asked about overloads: what is called, under which name, with which types.
type Question = (Ty, Box<str>, Box<[Ty]>, Box<[(Box<str>, Ty)]>);

/// What was asked about inlining: the function in which a call stands and its argument types, where, the callee and its argument types.
type InliningQuestion = (u32, Box<[Ty]>, Span, u32, Box<[Ty]>);

static ANSWERS: Mutex<Option<HashMap<Question, Option<u32>>>> = Mutex::new(None);

fn answers() -> MutexGuard<'static, Option<HashMap<Question, Option<u32>>>> {
    ANSWERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets remembered answers: a new overload was registered.
pub fn forget_answers() {
    *answers() = None;
}

/// What names mean; None where they mean nothing.
type Names<K> = RefCell<HashMap<(K, Box<str>), Option<ConstValue>>>;

/// The host of one compile session.
pub struct PyHost<'py> {
    py: Python<'py>,
    /// A Python exception raised by an overload or a lookup, for the caller to chain.
    pub raised: RefCell<Option<PyErr>>,
    diagnostic: RefCell<Option<Diagnostic>>,
    globals: Names<u32>,
    /// Attributes of compile-time objects: some make a new object each time they are read.
    attrs: Names<Ty>,
    /// What functions that decide about inlining said of calls.
    inlined: RefCell<HashMap<InliningQuestion, bool>>,
    /// The function being compiled and its declared results.
    pub declared: Vec<(u32, Vec<Ty>, Ty)>,
}

impl<'py> PyHost<'py> {
    pub fn new(py: Python<'py>) -> PyHost<'py> {
        PyHost {
            py,
            raised: RefCell::new(None),
            diagnostic: RefCell::new(None),
            globals: RefCell::new(HashMap::new()),
            attrs: RefCell::new(HashMap::new()),
            inlined: RefCell::new(HashMap::new()),
            declared: Vec::new(),
        }
    }

    /// The Python function of a handle.
    pub fn function(&self, func: u32) -> Option<Bound<'py, PyAny>> {
        let obj = objects::get(self.py, func)?;
        if objects::is_dispatcher(obj.as_ptr()) { obj.getattr("py_func").ok() } else { Some(obj) }
    }

    /// Asks the option `inline` of a function, which is a function itself.
    fn ask_inlining(&self, caller: (u32, &[Ty]), line: u32, callee: u32, args: &[Ty], kwargs: &[(Box<str>, Ty)]) -> PyResult<bool> {
        let gone = || errors::internal(self.py, "a function is gone");
        let asked = objects::get(self.py, callee).ok_or_else(gone)?;
        let options = asked.getattr(if objects::is_dispatcher(asked.as_ptr()) { "targetoptions" } else { "__looplift_options__" })?;
        let types = |of: &[Ty]| PyTuple::new(self.py, of.iter().map(|t| Type(*t)));
        let named = PyDict::new(self.py);
        for (name, t) in kwargs {
            named.set_item(&**name, Type(*t))?;
        }
        let (from, to) = (self.function(caller.0).ok_or_else(gone)?, self.function(callee).ok_or_else(gone)?);
        let wanted = self.py.import("looplift._inlining")?.getattr("wanted")?;
        wanted.call1((options.get_item("inline")?, from, types(caller.1)?, line, to, types(args)?, named))?.extract()
    }

    /// Notes an error of Python for the caller.
    fn note(&self, e: PyErr) {
        self.raised.borrow_mut().get_or_insert(e);
    }

    fn quiet<T>(&self, r: PyResult<T>) -> Option<T> {
        match r {
            Ok(v) => Some(v),
            Err(e) => {
                self.note(e);
                None
            }
        }
    }

    /// What a method of an object's class says of argument types; `None` if it has no such method.
    fn ask_object(&self, callee: Ty, method: &str, args: &[Ty]) -> Option<PyResult<Bound<'py, PyAny>>> {
        let obj = self.object_of(callee)?;
        let method = obj.get_type().getattr(method).ok()?;
        Some((|| {
            let types = args.iter().map(|t| Type(*t).into_pyobject(self.py).map(|t| t.into_any()));
            let all: Vec<_> = std::iter::once(Ok(obj.clone())).chain(types).collect::<PyResult<_>>()?;
            method.call1(PyTuple::new(self.py, all)?)
        })())
    }

    /// The Python object of a compile-time type.
    fn object_of(&self, ty: Ty) -> Option<Bound<'py, PyAny>> {
        if let Some(r) = host_ref(ty) {
            return objects::get(self.py, r.id);
        }
        match ty.kind() {
            // SAFETY: cached, immortal objects of NumPy.
            TyKind::NumberClass(t) => nums().type_num(*t).map(|n| unsafe { Bound::from_borrowed_ptr(self.py, nums().scalars[n].cast()) }),
            TyKind::DType(t) => looplift_capi::descrs::dtype(self.py, *t).ok()?,
            _ => None,
        }
    }

    /// The source of a dispatcher, made on first use.
    pub fn dispatcher_source(&self, obj: &Bound<'py, PyAny>) -> PyResult<Result<FuncSource, Box<Diagnostic>>> {
        let d = from_object(obj)?;
        let inner = d.rust();
        if let Some(s) = &*inner.source.borrow() {
            return Ok(Ok(s.clone()));
        }
        let made = source::function_source(&d.function(self.py), inner.id, inner.options)?;
        if let Ok(s) = &made {
            *inner.source.borrow_mut() = Some(s.clone());
        }
        Ok(made)
    }

    /// The source of an implementation in plain Python.
    fn plain_source(&self, func: &Bound<'py, PyAny>) -> PyResult<Result<FuncSource, Box<Diagnostic>>> {
        let id = objects::intern(func);
        if let Some(s) = sources().as_ref().and_then(|m| m.get(&id).cloned()) {
            return Ok(Ok(s));
        }
        let options = match func.getattr("__looplift_options__") {
            Ok(o) => crate::options::compile_options(&o)?,
            Err(_) => Options::default(),
        };
        let made = source::function_source(func, id, options)?;
        if let Ok(s) = &made {
            sources().get_or_insert_default().insert(id, s.clone());
        }
        Ok(made)
    }

    fn as_overload(&self, made: PyResult<Result<FuncSource, Box<Diagnostic>>>) -> Overload {
        match self.quiet(made) {
            Some(Ok(s)) => Overload::Function(s),
            Some(Err(d)) => {
                let text = d.message.clone();
                self.diagnostic.borrow_mut().get_or_insert(*d);
                Overload::None(Some(text))
            }
            None => Overload::None(None),
        }
    }

    /// Asks the registry in Python.
    fn ask(&self, ty: Ty, what: &str, name: &str, args: &[Ty], kwargs: &[(Box<str>, Ty)]) -> Overload {
        let question: Question = (ty, format!("{what} {name}").into(), args.into(), kwargs.into());
        let known = answers().as_ref().and_then(|m| m.get(&question).copied());
        let id = match known {
            Some(id) => id,
            None => {
                let Some(id) = self.quiet(self.ask_python(ty, what, name, args, kwargs)) else {
                    return Overload::None(None);
                };
                answers().get_or_insert_default().insert(question, id);
                id
            }
        };
        match id.and_then(|id| objects::get(self.py, id)) {
            Some(f) if objects::is_dispatcher(f.as_ptr()) => self.as_overload(self.dispatcher_source(&f)),
            Some(f) => self.as_overload(self.plain_source(&f)),
            None => Overload::None(None),
        }
    }

    fn ask_python(&self, ty: Ty, what: &str, name: &str, args: &[Ty], kwargs: &[(Box<str>, Ty)]) -> PyResult<Option<u32>> {
        let py = self.py;
        let registry = py.import("looplift._overloads")?;
        let target = self.object_of(ty).unwrap_or_else(|| py.None().into_bound(py));
        let types = PyTuple::new(py, args.iter().map(|t| Type(*t)))?;
        let kw = PyDict::new(py);
        for (k, t) in kwargs {
            kw.set_item(&**k, Type(*t))?;
        }
        let found = registry.getattr(format!("resolve_{what}"))?.call1((target, name, Type(ty), types, kw))?;
        Ok((!found.is_none())
            .then(|| if objects::is_dispatcher(found.as_ptr()) { objects::intern_weak(found.as_ptr() as usize) } else { objects::intern(&found) }))
    }
}

/// `Py_TPFLAGS_SEQUENCE` (CPython, Include/object.h): instances match sequence patterns.
const SEQUENCE_FLAG: u64 = 1 << 5;

impl Host for PyHost<'_> {
    fn arrays_are_sequences(&self) -> bool {
        let flags = || -> PyResult<u64> { self.py.import("numpy")?.getattr("ndarray")?.getattr("__flags__")?.extract() };
        flags().is_ok_and(|f| f & SEQUENCE_FLAG != 0)
    }
    fn global(&self, func: u32, name: &str) -> Option<ConstValue> {
        let key = (func, Box::<str>::from(name));
        if let Some(v) = self.globals.borrow().get(&key) {
            return v.clone();
        }
        let found = self.quiet((|| -> PyResult<Option<ConstValue>> {
            let Some(f) = self.function(func) else { return Ok(None) };
            let globals = f.getattr("__globals__")?.cast_into::<PyDict>()?;
            let value = match globals.get_item(name)? {
                Some(v) => Some(v),
                None => f.getattr("__builtins__")?.cast::<PyDict>()?.get_item(name)?,
            };
            // While a function is being decorated, its own name is not bound yet.
            let value = match value {
                None if f.getattr("__name__")?.extract::<String>()? == name => objects::get(self.py, func),
                found => found,
            };
            value.map(|v| const_value(&v)).transpose()
        })());
        let found = found.flatten();
        self.globals.borrow_mut().insert(key, found.clone());
        found
    }

    fn free_var(&self, func: u32, index: u32) -> Option<ConstValue> {
        let f = self.function(func)?;
        let cells = f.getattr("__closure__").ok()?;
        let cell = cells.get_item(index).ok()?;
        // An empty cell raises ValueError: the variable is not bound yet. While a function is being decorated, its own name is not.
        let own = || {
            let code = f.getattr("__code__").ok()?;
            let name = code.getattr("co_freevars").ok()?.get_item(index).ok()?;
            name.eq(code.getattr("co_name").ok()?).ok()?.then(|| objects::get(self.py, func))?
        };
        let value = cell.getattr("cell_contents").ok().or_else(own)?;
        self.quiet(const_value(&value))
    }

    fn declared_local(&self, func: u32, name: &str) -> Option<Ty> {
        let declared = source::declared_locals(self.py, func)?.get_item(name).ok()??;
        let of = || -> PyResult<Ty> { Ok(self.py.import("looplift._signature")?.getattr("normalized")?.call1(((declared,),))?.extract::<(Type,)>()?.0.0) };
        self.quiet(of())
    }

    fn opaque_const(&self, func: u32, index: u32) -> Option<ConstValue> {
        let f = source::rewritten(self.py, func).or_else(|| self.function(func))?;
        let value = self.quiet(f.getattr("__code__").and_then(|c| c.getattr("co_consts")).and_then(|c| c.get_item(index)))?;
        self.quiet(const_value(&value))
    }

    fn module(&self, name: &str, whole: bool) -> Option<ConstValue> {
        let module = self.py.import(name).ok()?;
        let bound = if whole { module } else { self.py.import(name.split('.').next()?).ok()? };
        self.quiet(const_value(bound.as_any()))
    }

    fn inner_function(&self, func: u32, code: &Arc<RawCode>) -> Option<HostRef> {
        let f = self.function(func)?;
        self.quiet((|| -> PyResult<Option<HostRef>> {
            let is = |c: &Bound<'_, PyAny>| {
                let name = c.getattr("co_name").and_then(|n| n.extract::<String>());
                name.is_ok_and(|n| n == code.name) && looplift_capi::code::raw_code(c).is_ok_and(|raw| raw == **code)
            };
            // Comprehensions are translated in place: the code may be inside theirs.
            let found = closures::find_code(&f.getattr("__code__")?, &is, 3)?;
            found.map(|c| closures::template(&c, &f.getattr("__globals__")?, None)).transpose()
        })())
        .flatten()
    }

    fn closure_source(&self, ty: &ClosureTy) -> Overload {
        let extra = if ty.this.is_some() { ty.defaults + ty.kwnames.len() as u32 } else { 0 };
        // (Elements leave out the function itself.)
        let free = (0u32..).filter(|k| Some(*k) != ty.this).zip(&ty.elems[..(ty.captured as usize).min(ty.elems.len())]);
        let cells = free.filter(|(k, t)| *k < 64 && t.flavour() == Some(Flavour::Cell)).fold(0, |all, (k, _)| all | 1 << k);
        let lift = Lift { this: ty.this, extra, cells };
        if let Some(s) = LIFTED.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|m| m.get(&(ty.func.id, lift)).cloned()) {
            return Overload::Function(s);
        }
        let Some(f) = objects::get(self.py, ty.func.id) else { return Overload::None(None) };
        let made = source::lifted_source(&f, ty.func.id, lift);
        if let Ok(Ok(s)) = &made {
            LIFTED.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().insert((ty.func.id, lift), s.clone());
        }
        self.as_overload(made)
    }

    fn attr(&self, obj: Ty, name: &str) -> Option<ConstValue> {
        let key = (obj, Box::<str>::from(name));
        if let Some(v) = self.attrs.borrow().get(&key) {
            return v.clone();
        }
        let found = self.object_of(obj).and_then(|o| o.getattr(name).ok()).and_then(|v| self.quiet(const_value(&v)));
        self.attrs.borrow_mut().insert(key, found.clone());
        found
    }

    fn enumeration(&self, class: Ty, what: &str) -> Option<ConstValue> {
        let class = self.object_of(class)?;
        let ty = looplift_capi::enums::member_type(&class)?;
        if what == "type" {
            return Some(ConstValue { ty, data: looplift_infer::host::ConstData::None });
        }
        let found = (|| -> PyResult<Bound<'_, PyAny>> {
            let members = class.try_iter()?.collect::<PyResult<Vec<_>>>()?;
            match what {
                "mask" => class.getattr("_flag_mask_"),
                "members" => Ok(PyTuple::new(self.py, members)?.into_any()),
                _ => {
                    let name = if what == "names" { "_name_" } else { "_value_" };
                    let column = members.iter().map(|m| m.getattr(name)).collect::<PyResult<Vec<_>>>()?;
                    Ok(PyTuple::new(self.py, column)?.into_any())
                }
            }
        })();
        self.quiet(const_value(&self.quiet(found)?))
    }

    fn class_function(&self, class: &HostRef, name: &str, property: bool) -> Option<FuncSource> {
        let class = objects::get(self.py, class.id)?;
        let found = self.py.import("inspect").ok()?.getattr("getattr_static").ok()?.call1((class, name)).ok()?;
        let found = if property { found.getattr("fget").ok()? } else { found };
        let made = if objects::is_dispatcher(found.as_ptr()) {
            self.dispatcher_source(&found)
        } else if found.cast::<PyFunction>().is_ok() {
            self.plain_source(&found)
        } else {
            return None;
        };
        self.quiet(made)?.ok()
    }

    fn exception_attribute(&self, class: &HostRef, args: &[Ty], name: &str) -> Option<Ty> {
        let asked = (|| -> PyResult<Option<Type>> {
            let class = objects::get(self.py, class.id).ok_or_else(|| errors::internal(self.py, "an exception's class is gone"))?;
            let types = PyTuple::new(self.py, args.iter().map(|t| Type(*t)))?;
            self.py.import("looplift._exceptions")?.getattr("attribute_type")?.call1((class, types, name))?.extract()
        })();
        self.quiet(asked).flatten().map(|t| t.0)
    }

    fn is_subclass(&self, class: &HostRef, of: &HostRef) -> Option<bool> {
        let (class, of) = (objects::get(self.py, class.id)?, objects::get(self.py, of.id)?);
        let class = class.cast::<pyo3::types::PyType>().ok()?;
        // Classes of instances are laid out as tuples, and are none: the class that was written says what else they are.
        let made = looplift_capi::tuples::is_concealed_class(class);
        if made && of.is(self.py.get_type::<pyo3::types::PyTuple>()) {
            return Some(false);
        }
        if made && is_abstract(&of) {
            let written = class.getattr("_python_class").unwrap_or_else(|_| self.py.get_type::<PyAny>().into_any());
            return written.cast::<pyo3::types::PyType>().ok()?.is_subclass(&of).ok();
        }
        class.is_subclass(&of).ok()
    }

    fn type_value(&self, obj: Ty) -> Option<Ty> {
        let o = self.object_of(obj)?;
        o.extract::<looplift_capi::type_object::Type>().ok().map(|t| t.0)
    }
    fn qualname(&self, obj: Ty) -> Option<Box<str>> {
        match obj.kind() {
            TyKind::NumberClass(_) | TyKind::DType(_) => self.object_of(obj).map(|o| objects::qualname(&o).into()),
            _ => host_ref(obj).map(|r| r.name.clone()),
        }
    }

    fn overload(&self, callee: Ty, args: &[Ty], kwargs: &[(Box<str>, Ty)]) -> Overload {
        match callee.kind() {
            TyKind::Dispatcher(r) => match objects::get(self.py, r.id) {
                Some(d) => self.as_overload(self.dispatcher_source(&d)),
                None => Overload::None(Some("the function no longer exists".into())),
            },
            TyKind::BoundMethod(obj, name) => self.method_overload(*obj, name, args, kwargs),
            _ => {
                let found = match host_ref(callee) {
                    Some(r) => self.ask(callee, "function", &r.name, args, kwargs),
                    None => {
                        let name = self.qualname(callee).unwrap_or_default();
                        self.ask(callee, "function", &name, args, kwargs)
                    }
                };
                match (&found, self.object_of(callee)) {
                    (Overload::None(None), Some(o)) if o.cast::<PyFunction>().is_ok() => {
                        let name = objects::qualname(&o);
                        Overload::None(Some(format!(
                            "Untyped global name '{}': {name} is a plain Python function; decorate it with @njit (or @register_jitable) to call \
                             it from compiled code",
                            name.rsplit('.').next().unwrap_or_default()
                        )))
                    }
                    _ => found,
                }
            }
        }
    }

    fn wants_inlining(&self, caller: (u32, &[Ty]), span: Span, callee: &FuncSource, args: &[Ty], kwargs: &[(Box<str>, Ty)]) -> bool {
        let key: InliningQuestion = (caller.0, caller.1.into(), span, callee.id, args.iter().chain(kwargs.iter().map(|k| &k.1)).copied().collect());
        if let Some(known) = self.inlined.borrow().get(&key) {
            return *known;
        }
        // An error ends the compilation.
        let Some(wanted) = self.quiet(self.ask_inlining(caller, span.line, callee.id, args, kwargs)) else { return false };
        self.inlined.borrow_mut().insert(key, wanted);
        wanted
    }

    fn compiled_function(&self, func: u32) -> Option<ConstValue> {
        let function = objects::get(self.py, func)?;
        let made = || self.py.import("looplift._functions")?.getattr("compiled")?.call1((function,));
        self.quiet(made().and_then(|f| if f.is_none() { Ok(None) } else { const_value(&f).map(Some) })).flatten()
    }

    fn candidates(&self, callee: Ty, args: &[Ty], kwargs: &[(Box<str>, Ty)]) -> Vec<String> {
        let py = self.py;
        let asked = (|| -> PyResult<Vec<String>> {
            let module = py.import("looplift._refusals")?;
            let named = PyDict::new(py);
            for (k, t) in kwargs {
                named.set_item(&**k, Type(*t))?;
            }
            if let TyKind::BoundMethod(obj, name) = callee.kind() {
                let types = PyTuple::new(py, std::iter::once(obj).chain(args).map(|t| Type(*t)).collect::<Vec<_>>())?;
                return module.getattr("of_method")?.call1((&**name, Type(*obj), types, named))?.extract();
            }
            let target = self.object_of(callee).unwrap_or_else(|| py.None().into_bound(py));
            let types = PyTuple::new(py, args.iter().map(|t| Type(*t)))?;
            module.getattr("of_function")?.call1((target, &*self.qualname(callee).unwrap_or_default(), types, named))?.extract()
        })();
        self.quiet(asked).unwrap_or_default()
    }

    fn chooser(&self, members: &[Ty], keywords: bool) -> Overload {
        let numbers: Vec<u32> = members.iter().filter_map(|t| looplift_types::functions::number(*t)).collect();
        let made = (|| {
            let functions = numbers.iter().map(|n| objects::get(self.py, *n).ok_or_else(|| errors::internal(self.py, "a function is gone")));
            let functions = functions.collect::<PyResult<Vec<_>>>()?;
            let chooser = self.py.import("looplift._functions")?.getattr("chooser")?.call1((PyTuple::new(self.py, functions)?, keywords))?;
            self.plain_source(&chooser)
        })();
        self.as_overload(made)
    }

    fn overload_of_values(&self, callee: Ty, args: &[Ty], kwargs: &[(Box<str>, Ty)]) -> Overload {
        match host_ref(callee) {
            Some(r) => self.ask(callee, "function_of_values", &r.name, args, kwargs),
            None => Overload::None(None),
        }
    }

    fn ufunc_inputs(&self, callee: Ty) -> Option<usize> {
        let obj = self.object_of(callee)?;
        // A ufunc of looplift's, or an object that says it is like one.
        let owner = crate::ufunc::ufunc_owner(self.py, &obj).ok()??;
        owner.getattr("elementwise_inputs").ok()?.extract().ok()
    }

    fn object_result(&self, callee: Ty, args: &[Ty]) -> Option<Ty> {
        let found = self.ask_object(callee, "__looplift_result__", args)?.and_then(|found| found.extract::<Type>());
        self.quiet(found).map(|t| t.0)
    }

    fn object_signature(&self, callee: Ty, args: &[Ty]) -> Option<u32> {
        let found = self.ask_object(callee, "__looplift_signature__", args)?.and_then(|found| found.extract::<u32>());
        self.quiet(found)
    }

    fn attr_overload(&self, obj: Ty, name: &str) -> Overload {
        self.ask(obj, "attribute", name, &[obj], &[])
    }

    fn method_overload(&self, obj: Ty, name: &str, args: &[Ty], kwargs: &[(Box<str>, Ty)]) -> Overload {
        let mut all = Vec::with_capacity(args.len() + 1);
        all.push(obj);
        all.extend_from_slice(args);
        self.ask(obj, "method", name, &all, kwargs)
    }

    fn source_line(&self, func: u32, line: u32) -> Option<String> {
        let f = self.function(func)?;
        let file = f.getattr("__code__").ok()?.getattr("co_filename").ok()?;
        let globals = f.getattr("__globals__").ok()?;
        let text: String = self.py.import("linecache").ok()?.getattr("getline").ok()?.call1((file, line, globals)).ok()?.extract().ok()?;
        let text = text.trim_end_matches(['\n', '\r']).to_owned();
        (!text.is_empty()).then_some(text)
    }

    fn declared_return(&self, func: u32, args: &[Ty]) -> Option<Ty> {
        if let Some((.., r)) = self.declared.iter().find(|(f, a, _)| *f == func && a == args) {
            return Some(*r);
        }
        // What a declared signature was compiled to stays its result, also where it is compiled anew.
        let obj = objects::get(self.py, func).filter(|o| objects::is_dispatcher(o.as_ptr()))?;
        let inner = from_object(&obj).ok()?.rust();
        if inner.can_compile.get() { None } else { inner.find(args).map(|o| o.ret_ty) }
    }

    fn declared_params(&self, func: u32, args: &[Ty]) -> Option<Result<Vec<Ty>, String>> {
        let obj = objects::get(self.py, func).filter(|o| objects::is_dispatcher(o.as_ptr()))?;
        let inner = from_object(&obj).ok()?.rust();
        if inner.can_compile.get() {
            return None;
        }
        // SAFETY: attached; nothing in this function runs Python code.
        let list = unsafe { inner.overloads() };
        let sigs: Vec<&[Ty]> = list.iter().map(|o| &*o.args).collect();
        for unsafe_too in [false, true] {
            if let Selection::Best(k) = select_best(sigs.iter().copied(), args, unsafe_too) {
                return Some(Ok(sigs[k].to_vec()));
            }
        }
        let texts: Vec<String> = list.iter().map(|o| format!("({})", o.args.iter().map(Ty::to_string).collect::<Vec<_>>().join(", "))).collect();
        Some(Err(texts.join(", ")))
    }

    fn literal_request(&self) -> Option<(Vec<u32>, bool)> {
        let raised = self.raised.borrow();
        let value = raised.as_ref()?.value(self.py);
        let class = self.py.import("looplift.errors").and_then(|m| m.getattr("ForceLiteralArg")).ok()?;
        let mut wanted: Vec<u32> = value.getattr("requested_args").ok()?.try_iter().ok()?.filter_map(|k| k.ok()?.extract().ok()).collect();
        wanted.sort_unstable();
        Some((wanted, value.is_instance(&class).unwrap_or(false)))
    }

    fn forget_error(&self) {
        self.diagnostic.borrow_mut().take();
        self.raised.borrow_mut().take();
    }

    fn take_error(&self) -> Option<Diagnostic> {
        if let Some(d) = self.diagnostic.borrow_mut().take() {
            return Some(d);
        }
        let raised = self.raised.borrow();
        let e = raised.as_ref()?;
        let rejection: Option<String> =
            self.py.import("looplift._refusals").and_then(|m| m.getattr("rejection")?.call1((e.value(self.py),))?.extract()).unwrap_or_default();
        let kind = if e.is_instance_of::<pyo3::exceptions::PyNotImplementedError>(self.py) { DiagnosticKind::Unsupported } else { DiagnosticKind::Typing };
        let class = e.get_type(self.py).name().map(|n| n.to_string()).unwrap_or_default();
        let (message, note) = if errors::is_compile_error(self.py, e) {
            (
                e.value(self.py).str().map(|t| t.to_string()).unwrap_or_default(),
                rejection.unwrap_or_else(|| format!("Rejected as the implementation raised a specific error: {class}")),
            )
        } else {
            let shown = e.value(self.py).repr().map(|r| r.to_string()).unwrap_or_default();
            (format!("an overload or a lookup raised {shown}"), "the exception is the cause of this one".to_string())
        };
        Some(Diagnostic { kind, code: "LL0001", message, func: 0, span: Default::default(), notes: vec![Note { text: note, place: None }], wanted: Vec::new() })
    }
}

/// Attached sessions step out of Python for the stages that need none.
impl looplift_driver::Embedding for PyHost<'_> {
    fn detached(&self, f: &mut (dyn FnMut() + Send)) {
        self.py.detach(|| {
            let _working = looplift_runtime::fork::enter();
            f();
        });
    }
    fn as_host(&self) -> &dyn Host {
        self
    }
    fn host_data(&self, handle: u32) -> Option<usize> {
        let obj = objects::get(self.py, handle)?;
        if looplift_capi::streams::stream_of(&obj).is_some() {
            return Some(obj.as_ptr() as usize);
        }
        // SAFETY: handles of array constants name exact ndarrays, which the table keeps alive.
        (obj.get_type().as_type_ptr() == nums().ndarray).then(|| unsafe { (*obj.as_ptr().cast::<numpy::npyffi::PyArrayObject>()).fields.data as usize })
    }
    fn settled(&self, key: &SpecKey) -> bool {
        // Types that have a text name no object of a program; the library's own functions do not change.
        key.args.iter().all(|t| parse_type(&t.to_string()) == Ok(*t))
            && self
                .function(key.func)
                .and_then(|f| f.getattr("__module__").ok()?.extract::<String>().ok())
                .is_some_and(|module| module.starts_with("looplift."))
    }
    fn show(&self, text: &str) {
        show(self.py, text);
    }
}

/// Whether a class is abstract as those of `collections.abc` are, which ask a class for its methods.
fn is_abstract(class: &Bound<'_, PyAny>) -> bool {
    class.py().import("abc").and_then(|abc| class.is_instance(&abc.getattr("ABCMeta")?)).unwrap_or(false)
}

/// Writes a dump where warnings go; a closed stream is no reason to fail.
pub fn show(py: Python<'_>, text: &str) {
    let _ = py.import("sys").and_then(|s| s.getattr("stderr")).and_then(|e| e.call_method1("write", (text,)));
}

/// A diagnostic as an exception.
pub fn diagnostic_error(py: Python<'_>, host: &PyHost<'_>, d: &Diagnostic) -> PyErr {
    let text = crate::diag::render(host, d);
    let cause = host.raised.borrow_mut().take();
    // An error of ours that an overload raised keeps its class.
    let same = cause.as_ref().and_then(|c| {
        let class = c.get_type(py);
        let base = py.import("looplift.errors").and_then(|m| m.getattr("NumbaError")).ok()?;
        if !class.is_subclass(&base).unwrap_or(false) {
            return None;
        }
        class.call1((&text,)).ok().map(PyErr::from_value)
    });
    let is_ours = same.is_some();
    let e = match d.wanted.is_empty() {
        true => same.unwrap_or_else(|| errors::new(py, errors::class_name(d), &text)),
        false => errors::literal_request(py, &d.wanted, &text),
    };
    if let Some(cause) = cause.filter(|c| !(is_ours && raised_by_the_package(py, c))) {
        e.set_cause(py, Some(cause));
    }
    let value = e.value(py);
    // Where and what, for programs that look.
    let _ = value.setattr("code", d.code);
    let _ = value.setattr("msg", &text);
    e
}

/// Was an exception raised by this package's own Python code? Where in the package is of no use to a user, who can still ask for
/// it (`FULL_TRACEBACKS`).
fn raised_by_the_package(py: Python<'_>, e: &PyErr) -> bool {
    let innermost = || -> PyResult<String> {
        if py.import("looplift.config")?.getattr("FULL_TRACEBACKS")?.is_truthy()? {
            return Ok(String::new());
        }
        let mut at = e.traceback(py).ok_or_else(|| PyRuntimeError::new_err("no traceback"))?.into_any();
        loop {
            let next = at.getattr("tb_next")?;
            if next.is_none() {
                return at.getattr("tb_frame")?.getattr("f_globals")?.get_item("__name__")?.extract();
            }
            at = next;
        }
    };
    innermost().is_ok_and(|name| name.starts_with("looplift."))
}
