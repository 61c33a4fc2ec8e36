//! Lists, sets and dicts at the border.
//!
//! Python's own containers are copied in and, where compiled code changed them, written back when the call ends, on exceptions as
//! well. The [`Session`] of a call remembers which object became which container, so that an object given twice is one container,
//! and a container that comes back is the object it was. Typed containers ([`Container`]) share the memory and are never copied.

use crate::container_types::{is_deque, stored};
use crate::owner::ReleaseFn;
use crate::quick::{self, Quick};
use crate::shared::Container;
use crate::type_of;
use crate::{boxing, objects, unbox, words};
use looplift_runtime::element::{self, Desc};
use looplift_runtime::{heap, list, tables};
use looplift_types::{Flavour, Ty, TyKind};
use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrozenSet, PyList, PySet, PyTuple};
use std::cell::{Cell, RefCell};

/// What one argument object became.
struct Given {
    object: Py<PyAny>,
    ty: Ty,
    /// An owned reference.
    word: u64,
}

thread_local! {
    /// Containers of the calls that are running, the innermost last.
    static GIVEN: RefCell<Vec<Given>> = const { RefCell::new(Vec::new()) };
    /// Where those of the innermost call begin.
    static START: Cell<usize> = const { Cell::new(0) };
}

/// The containers that one call unboxes.
#[derive(Debug)]
pub struct Session {
    start: usize,
    outer: usize,
}

impl Session {
    /// Before the arguments of a call are unboxed.
    pub fn begin() -> Session {
        let start = GIVEN.with_borrow(Vec::len);
        Session { start, outer: START.replace(start) }
    }

    /// Writes changed containers back into the objects they came from.
    ///
    /// # Errors
    /// What making or storing Python objects raises.
    pub fn write_back(&self, py: Python<'_>, release: ReleaseFn) -> PyResult<()> {
        let all: Vec<(Py<PyAny>, Ty, u64)> = GIVEN.with_borrow(|g| g[self.start..].iter().map(|x| (x.object.clone_ref(py), x.ty, x.word)).collect());
        for (object, ty, word) in all {
            // SAFETY: the session owns a reference to each container.
            unsafe { write_back(object.bind(py), ty, word, release)? };
        }
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        START.set(self.outer);
        let gone = GIVEN.with_borrow_mut(|g| if g.len() > self.start { g.split_off(self.start) } else { Vec::new() });
        for g in gone {
            // SAFETY: the session's own reference.
            unsafe { heap::release(g.word) };
        }
    }
}

/// The object that a container of a running call came from.
fn object_of(py: Python<'_>, word: u64) -> Option<Py<PyAny>> {
    let start = START.get();
    GIVEN.with_borrow(|g| g[start.min(g.len())..].iter().find(|x| x.word == word).map(|x| x.object.clone_ref(py)))
}

/// The container that an object of the running call became, as an argument or inside another one; borrowed.
pub(crate) fn container_of(object: &Bound<'_, PyAny>, ty: Ty) -> Option<u64> {
    let start = START.get();
    GIVEN.with_borrow(|g| g[start.min(g.len())..].iter().find(|x| x.object.as_ptr() == object.as_ptr() && stored(x.ty) == stored(ty)).map(|x| x.word))
}

/// Whether values of a type hold Python containers that are copied, so that a call needs a [`Session`].
pub fn needs_session(ty: Ty) -> bool {
    match ty.kind() {
        TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_) => ty.flavour() != Some(Flavour::Typed),
        TyKind::Instance(_) => true,
        TyKind::Optional(t) => needs_session(*t),
        _ => ty.tuple_elems().is_some_and(|e| e.iter().any(|t| needs_session(*t))),
    }
}

pub(crate) fn desc_of(ty: Ty) -> PyResult<&'static Desc> {
    match looplift_types::element::code(ty) {
        Some(code) => Ok(element::desc(&code)),
        None => Err(PyTypeError::new_err(format!("values of type {ty} cannot be elements of a container"))),
    }
}

pub(crate) fn no_memory() -> PyErr {
    PyMemoryError::new_err("cannot allocate memory for a container")
}

/// A new empty container of a type; an owned reference.
pub fn create(ty: Ty, capacity: i64) -> PyResult<u64> {
    match ty.kind() {
        TyKind::List(l) => list::create(desc_of(l.elem)?, capacity),
        TyKind::Set(s) => tables::with_room(desc_of(s.elem)?, element::desc(""), capacity),
        TyKind::Dict(d) => tables::with_room(desc_of(d.key)?, desc_of(d.value)?, capacity),
        _ => return Err(PyTypeError::new_err(format!("{ty} is no container"))),
    }
    .ok_or_else(no_memory)
}

// ---- in -------------------------------------------------------------------------------------------------------------

/// A reference that is given back unless it is taken.
pub(crate) struct Owned(pub(crate) u64);
impl Owned {
    pub(crate) fn take(self) -> u64 {
        let w = self.0;
        std::mem::forget(self);
        w
    }
}
impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: an owned reference.
        unsafe { heap::release(self.0) }
    }
}

/// The word of a typed container of exactly this type; `None` for anything else.
///
/// # Safety
/// Attached; `obj` is valid.
pub unsafe fn typed(obj: *mut ffi::PyObject, ty: Ty) -> Option<u64> {
    // SAFETY: as the caller says; the borrowed word lives as long as the object.
    let bound = unsafe { Bound::from_borrowed_ptr(Python::assume_attached(), obj) };
    let c = bound.cast::<Container>().ok()?.get();
    if c.ty.get() == Some(&ty) { c.word.get().copied() } else { None }
}

/// The type that a box of an instance has whose items have a type that is only known when they are used.
pub(crate) fn untyped_box() -> Ty {
    Ty::list(Ty::none(), Flavour::Typed)
}

/// Whether a class of tuples is one of instances, whose boxes may have no type.
pub(crate) fn is_of_instances(class: &Bound<'_, PyAny>) -> bool {
    class.hasattr(pyo3::intern!(class.py(), "__looplift_box__")).unwrap_or(false)
}

/// The word of the box that is this member of the instances of a class; `None` for anything else.
///
/// # Safety
/// Attached; `obj` is valid.
pub(crate) unsafe fn part(obj: *mut ffi::PyObject, class: u32, member: u32) -> Option<u64> {
    // SAFETY: as the caller says; the borrowed word lives as long as the object.
    let bound = unsafe { Borrowed::from_ptr(Python::assume_attached(), obj) };
    let c = bound.cast::<Container>().ok()?.get();
    if c.part.get() == Some(&(class, member)) { c.word.get().copied() } else { None }
}

/// The container for an object, as a borrowed reference that lives as long as the session that is running.
pub fn convert(obj: &Bound<'_, PyAny>, ty: Ty) -> PyResult<u64> {
    if let Ok(c) = obj.cast::<Container>() {
        let c = c.get();
        let found = c.ty.get().copied();
        let fits = found.is_some_and(|f| f == ty || looplift_types::conversion(f, ty).is_some());
        return match c.word.get() {
            Some(w) if fits => Ok(*w),
            _ => Err(PyTypeError::new_err(format!(
                "an argument of type {ty} is expected, not {}",
                found.map_or_else(|| "an untyped container".into(), |f| f.to_string())
            ))),
        };
    }
    if let Some(word) = container_of(obj, ty) {
        return Ok(word);
    }
    let word = Owned(create(ty, obj.len().unwrap_or(0) as i64)?);
    // SAFETY: a fresh container of the type.
    unsafe { fill(obj, ty, word.0)? };
    let word = word.take();
    give(obj, ty, word);
    Ok(word)
}

/// Remembers what an object became; the reference belongs to the session that is running.
pub(crate) fn give(obj: &Bound<'_, PyAny>, ty: Ty, word: u64) {
    let object = obj.clone().unbind();
    GIVEN.with_borrow_mut(|g| g.push(Given { object, ty, word }));
}

fn wrong(ty: Ty, obj: &Bound<'_, PyAny>) -> PyErr {
    let found = objects::qualname(&obj.get_type());
    let text = match (ty.flavour(), ty.kind()) {
        (Some(Flavour::Typed), TyKind::List(_)) => format!("can't unbox a <class '{found}'> as a looplift.typed.List of type {ty}"),
        (Some(Flavour::Typed), TyKind::Dict(_)) => format!("can't unbox a <class '{found}'> as a looplift.typed.Dict of type {ty}"),
        _ => format!("an argument of type {ty} is expected, not {found}"),
    };
    PyTypeError::new_err(text)
}

/// Puts the elements of a Python container in; the new container is as it was made: not dirty.
///
/// # Safety
/// `word` is a fresh container of type `ty`.
unsafe fn fill(obj: &Bound<'_, PyAny>, ty: Ty, word: u64) -> PyResult<()> {
    // SAFETY: the caller's promise; elements are written within the storage that was reserved.
    unsafe {
        match ty.kind() {
            TyKind::List(l) => {
                let h = &mut *list::head(word);
                let listed;
                let items = match obj.cast::<PyList>() {
                    Ok(items) if l.flavour != Flavour::Deque => items,
                    _ if l.flavour == Flavour::Deque && is_deque(obj) => {
                        if let Ok(limit) = obj.getattr("maxlen")?.extract::<i64>() {
                            h.limit = limit;
                        }
                        listed = PyList::empty(obj.py());
                        listed.call_method1("extend", (obj,))?;
                        &listed
                    }
                    _ => return Err(wrong(ty, obj)),
                };
                let n = items.len();
                if !h.reserve(n as i64) {
                    return Err(no_memory());
                }
                let first = items.get_item(0).ok();
                if let Some(kind) = Quick::of(l.elem) {
                    // The list may be another one after a conversion, which may run Python code: its length is asked each time.
                    for k in 0..n {
                        let raw = if k < items.len() { ffi::PyList_GET_ITEM(items.as_ptr(), k as isize) } else { break };
                        let word = match kind.word(raw) {
                            Some(w) => w,
                            None => other_element(items, k, l.elem, first.as_ref())?,
                        };
                        kind.own(word);
                        h.data.cast::<u64>().add(k).write(word);
                        h.len = k as i64 + 1;
                    }
                } else {
                    let mut buf = vec![0u64; words::count(l.elem).unwrap_or(0)];
                    for k in 0..n {
                        let Ok(item) = items.get_item(k) else { break };
                        if !fits(&item, l.elem) && !narrows(&item, first.as_ref(), l.elem) {
                            return Err(mixed(items, k, first.as_ref()));
                        }
                        own_element(&item, l.elem, &mut buf)?;
                        if h.len >= h.capacity && !h.grow(1) {
                            give_back(l.elem, &buf);
                            return Err(no_memory());
                        }
                        element::write(&h.desc.layout, h.at(h.len), &buf);
                        h.len += 1;
                    }
                }
                h.dirty = 0;
            }
            TyKind::Set(s) => {
                if !obj.is_instance_of::<PySet>() && !obj.is_instance_of::<PyFrozenSet>() {
                    return Err(wrong(ty, obj));
                }
                let h = &mut *tables::head(word);
                if !fill_set(h, obj, s.elem)? {
                    for item in obj.try_iter()? {
                        let item = item?;
                        if !fits(&item, s.elem) {
                            return Err(heterogeneous("set", obj.try_iter()?.next().transpose()?.as_ref(), Some(&item)));
                        }
                        insert(h, &item, s.elem, None)?;
                    }
                }
                h.dirty = 0;
            }
            TyKind::Dict(d) => {
                let Ok(items) = obj.cast::<PyDict>() else { return Err(wrong(ty, obj)) };
                let h = &mut *tables::head(word);
                if !fill_dict(h, items, d.key, d.value)? {
                    // Converting may run Python code, which may change the dict.
                    for (k, v) in items.iter().collect::<Vec<_>>() {
                        if !fits(&k, d.key) || !fits(&v, d.value) {
                            return Err(PyTypeError::new_err(format!("can't unbox heterogeneous dict: an item is no ({}, {})", d.key, d.value)));
                        }
                        insert(h, &k, d.key, Some((&v, d.value)))?;
                    }
                }
                h.dirty = 0;
            }
            _ => return Err(wrong(ty, obj)),
        }
    }
    Ok(())
}

/// Puts the items of a set in, as long as they go the short way; false if not all of them do.
///
/// # Safety
/// `h` is a live table of the item type.
unsafe fn fill_set(h: &mut tables::Head, set: &Bound<'_, PyAny>, ty: Ty) -> PyResult<bool> {
    let Some(kind) = Quick::of(ty) else { return Ok(false) };
    for item in set.try_iter()? {
        // SAFETY: an item of a set; the key is one word.
        unsafe {
            let Some(word) = kind.word(item?.as_ptr()) else { return Ok(false) };
            h.insert((&raw const word).cast()).ok_or_else(no_memory)?;
        }
    }
    Ok(true)
}

/// Puts the items of a dict in, as long as keys and values go the short way; false if not all of them do.
///
/// # Safety
/// `h` is a live table of these types.
unsafe fn fill_dict(h: &mut tables::Head, dict: &Bound<'_, PyDict>, key_ty: Ty, value_ty: Ty) -> PyResult<bool> {
    let (Some(key_kind), Some(value_kind)) = (Quick::of(key_ty), Quick::of(value_ty)) else { return Ok(false) };
    let (mut at, mut key, mut value) = (0, std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: attached; keys and values are borrowed, and nothing here runs code that could change the dict.
    unsafe {
        while ffi::PyDict_Next(dict.as_ptr(), &mut at, &mut key, &mut value) != 0 {
            let (Some(k), Some(v)) = (key_kind.word(key), value_kind.word(value)) else { return Ok(false) };
            let entry = h.insert((&raw const k).cast()).ok_or_else(no_memory)?;
            store_quick(h, entry, value_kind, v);
        }
    }
    Ok(true)
}

/// Replaces the value of an entry by one that goes the short way.
///
/// # Safety
/// A live entry of a table of such values; the word is borrowed.
pub(crate) unsafe fn store_quick(h: &mut tables::Head, entry: i64, kind: Quick, word: u64) {
    // SAFETY: the caller's promise; the new owner is counted before the old one is given back.
    unsafe {
        let place = h.value(entry).cast::<u64>();
        kind.own(word);
        kind.disown(place.replace(word));
        h.dirty = 1;
    }
}

/// The word of an element of another class than Python's own, as NumPy's numbers are.
fn other_element(items: &Bound<'_, PyList>, k: usize, elem: Ty, first: Option<&Bound<'_, PyAny>>) -> PyResult<u64> {
    let item = items.get_item(k)?;
    if elem == Ty::str() || !fits(&item, elem) {
        return Err(mixed(items, k, first));
    }
    let mut word = [0];
    unbox::convert(&item, elem, &mut word)?;
    Ok(word[0])
}

fn mixed(items: &Bound<'_, PyList>, k: usize, first: Option<&Bound<'_, PyAny>>) -> PyErr {
    heterogeneous("list", first, items.get_item(k).ok().as_ref())
}

/// Elements of different types: told by their classes, or else their types.
fn heterogeneous(what: &str, first: Option<&Bound<'_, PyAny>>, other: Option<&Bound<'_, PyAny>>) -> PyErr {
    let class = |o: Option<&Bound<'_, PyAny>>| o.and_then(|o| o.get_type().repr().ok()).map_or_else(String::new, |r| r.to_string());
    let ty = |o: Option<&Bound<'_, PyAny>>| o.and_then(|o| type_of::at_depth(o, 1).ok()).map_or_else(|| "undefined".into(), |t| t.to_string());
    let (mut a, mut b) = (class(first), class(other));
    if a == b {
        (a, b) = (ty(first), ty(other));
    }
    let length = |o: Option<&Bound<'_, PyAny>>| o.and_then(|o| o.cast::<PyTuple>().ok().map(|t| t.len()));
    match (length(first), length(other)) {
        (Some(m), Some(n)) if m != n => {
            let size = format!("size mismatch for tuple, expected {m} element(s) but got {n}");
            PyValueError::new_err(format!("can't unbox heterogeneous {what}: {a} != {b}: {size}"))
        }
        _ => PyTypeError::new_err(format!("can't unbox heterogeneous {what}: {a} != {b}")),
    }
}

/// Whether a list of numbers of one type is given for a declared list of narrower ones, or of floats for integers.
fn narrows(item: &Bound<'_, PyAny>, first: Option<&Bound<'_, PyAny>>, elem: Ty) -> bool {
    let (Ok(t), Some(Ok(of_first))) = (type_of::type_of(item), first.map(type_of::type_of)) else { return false };
    let number = |t: Ty| matches!(t.kind(), TyKind::Int(_));
    t == of_first && ((number(t) && (number(elem) || elem.as_float().is_some())) || (t.as_float().is_some() && elem.as_float().is_some()))
}

/// Whether an element of a Python container has the type that the others have.
fn fits(item: &Bound<'_, PyAny>, elem: Ty) -> bool {
    match type_of::at_depth(item, 1) {
        Ok(t) => {
            stored(t) == elem
                || matches!(elem.kind(), TyKind::Optional(_) | TyKind::Functions(_) | TyKind::FunctionValue(_))
                || (t.tuple_elems().is_some() && looplift_types::conversion(t, elem).is_some())
        }
        // An empty container fits every type of its kind.
        Err(_) => match elem.kind() {
            TyKind::List(l) if l.flavour == Flavour::Deque => is_deque(item),
            TyKind::List(_) => item.is_instance_of::<PyList>(),
            TyKind::Set(_) => item.is_instance_of::<PySet>(),
            TyKind::Dict(_) => item.is_instance_of::<PyDict>(),
            _ => false,
        },
    }
}

/// The words of an element with references of its own.
pub(crate) fn own_element(item: &Bound<'_, PyAny>, ty: Ty, buf: &mut [u64]) -> PyResult<()> {
    unbox::convert(item, ty, buf)?;
    each_ref(ty, buf, &mut |w| {
        // SAFETY: a live reference that the conversion borrows.
        unsafe { heap::retain(w) };
    });
    Ok(())
}

fn give_back(ty: Ty, buf: &[u64]) {
    each_ref(ty, buf, &mut |w| {
        // SAFETY: a reference of our own.
        unsafe { heap::release(w) };
    });
}

/// The counted references among the words of a value.
pub fn each_ref(ty: Ty, buf: &[u64], f: &mut dyn FnMut(u64)) {
    if let Some(code) = looplift_types::element::code(ty) {
        let layout = looplift_abi::element::Layout::of_code(&code);
        for (w, (_, m)) in buf.iter().zip(layout.words) {
            if m == looplift_abi::MTy::Ref {
                f(*w);
            }
        }
    }
}

/// # Safety
/// A live table with these key and value types.
pub(crate) unsafe fn insert(h: &mut tables::Head, key: &Bound<'_, PyAny>, key_ty: Ty, value: Option<(&Bound<'_, PyAny>, Ty)>) -> PyResult<()> {
    let mut buf = vec![0u64; words::count(key_ty).unwrap_or(0)];
    unbox::convert(key, key_ty, &mut buf)?;
    let mut value_buf = Vec::new();
    if let Some((v, ty)) = value {
        value_buf = vec![0u64; words::count(ty).unwrap_or(0)];
        own_element(v, ty, &mut value_buf)?;
    }
    let mut at = vec![0u64; h.keys.size.div_ceil(8).max(1)];
    // SAFETY: room for a key; the entry's value was zeros or is given back first.
    unsafe {
        element::write(&h.keys.layout, at.as_mut_ptr().cast(), &buf);
        match h.insert(at.as_ptr().cast()) {
            Some(e) => {
                let place = h.value(e);
                h.values.release(place);
                element::write(&h.values.layout, place, &value_buf);
            }
            None => {
                if let Some((_, ty)) = value {
                    give_back(ty, &value_buf);
                }
                return Err(no_memory());
            }
        }
    }
    Ok(())
}

// ---- out ------------------------------------------------------------------------------------------------------------

/// Boxes the element at an address; the container keeps its references.
///
/// # Safety
/// `at` holds an element of type `ty` and code `desc`.
pub(crate) unsafe fn element_object<'py>(py: Python<'py>, ty: Ty, desc: &Desc, at: *const u8, release: ReleaseFn) -> PyResult<Bound<'py, PyAny>> {
    let mut buf = vec![0u64; desc.layout.words.len()];
    // SAFETY: the caller's promise; references are counted once more for boxing, which consumes them.
    unsafe {
        element::read(&desc.layout, at, &mut buf);
        desc.retain(at);
        boxing::to_python(py, ty, &buf, release)
    }
}

/// The items of a container as objects.
///
/// # Safety
/// `word` is a live container of type `ty`.
pub(crate) unsafe fn items<'py>(py: Python<'py>, ty: Ty, word: u64, release: ReleaseFn) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the caller's promise; positions are within the container, whose length is read anew each time.
    unsafe {
        Ok(match ty.kind() {
            TyKind::List(l) => {
                let h = list::head(word);
                let n = (*h).len;
                if let Some(kind) = Quick::of(l.elem) {
                    let all = if n == 0 { &[][..] } else { std::slice::from_raw_parts((*h).data.cast::<u64>(), n as usize) };
                    return quick::list(py, kind, all, None);
                }
                let out = PyList::empty(py);
                let mut i = 0;
                while i < (*h).len {
                    out.append(element_object(py, l.elem, (*h).desc, (*h).at(i), release)?)?;
                    i += 1;
                }
                out.into_any()
            }
            TyKind::Set(s) => {
                let h = tables::head(word);
                if let Some(kind) = Quick::of(s.elem) {
                    return quick_set(py, h, kind);
                }
                let out = PySet::empty(py)?;
                let mut e = (*h).next(0);
                while e >= 0 {
                    out.add(element_object(py, s.elem, (*h).keys, (*h).key(e), release)?)?;
                    e = (*h).next(e + 1);
                }
                out.into_any()
            }
            TyKind::Dict(d) => {
                let h = tables::head(word);
                if let (Some(keys), Some(values)) = (Quick::of(d.key), Quick::of(d.value)) {
                    return quick_dict(py, h, keys, values);
                }
                let out = PyDict::new(py);
                let mut e = (*h).next(0);
                while e >= 0 {
                    let key = element_object(py, d.key, (*h).keys, (*h).key(e), release)?;
                    out.set_item(key, element_object(py, d.value, (*h).values, (*h).value(e), release)?)?;
                    e = (*h).next(e + 1);
                }
                out.into_any()
            }
            _ => return Err(PyTypeError::new_err(format!("{ty} is no container"))),
        })
    }
}

/// A set of the items of a table.
///
/// # Safety
/// `h` is a live table of such items.
unsafe fn quick_set<'py>(py: Python<'py>, h: *const tables::Head, kind: Quick) -> PyResult<Bound<'py, PyAny>> {
    let out = PySet::empty(py)?;
    // SAFETY: the caller's promise; items are numbers and texts, so that nothing runs that sees the table.
    unsafe {
        let mut e = (*h).next(0);
        while e >= 0 {
            let item = Bound::from_owned_ptr_or_err(py, kind.object((*h).key(e).cast::<u64>().read()))?;
            if ffi::PySet_Add(out.as_ptr(), item.as_ptr()) != 0 {
                return Err(PyErr::fetch(py));
            }
            e = (*h).next(e + 1);
        }
    }
    Ok(out.into_any())
}

/// A dict of the items of a table.
///
/// # Safety
/// `h` is a live table of such keys and values.
unsafe fn quick_dict<'py>(py: Python<'py>, h: *const tables::Head, keys: Quick, values: Quick) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: as in `quick_set`.
    unsafe {
        let out = dict_with_room(py, (*h).len)?;
        let mut e = (*h).next(0);
        while e >= 0 {
            let key = Bound::from_owned_ptr_or_err(py, keys.object((*h).key(e).cast::<u64>().read()))?;
            let value = Bound::from_owned_ptr_or_err(py, values.object((*h).value(e).cast::<u64>().read()))?;
            if ffi::PyDict_SetItem(out.as_ptr(), key.as_ptr(), value.as_ptr()) != 0 {
                return Err(PyErr::fetch(py));
            }
            e = (*h).next(e + 1);
        }
        Ok(out)
    }
}

/// An empty dict with room for some items, by the function that CPython has for its own modules, if it is to be seen.
fn dict_with_room(py: Python<'_>, items: i64) -> PyResult<Bound<'_, PyAny>> {
    type New = unsafe extern "C" fn(isize) -> *mut ffi::PyObject;
    static NEW: std::sync::OnceLock<Option<New>> = std::sync::OnceLock::new();
    // SAFETY: a symbol of this name has this type in every version that has it.
    let new = NEW.get_or_init(|| unsafe {
        let found = libc::dlsym(libc::RTLD_DEFAULT, c"_PyDict_NewPresized".as_ptr());
        if found.is_null() { None } else { Some(std::mem::transmute::<*mut libc::c_void, New>(found)) }
    });
    match new {
        // SAFETY: attached.
        Some(new) if items > 8 => unsafe { Bound::from_owned_ptr_or_err(py, new(items as isize)) },
        _ => Ok(PyDict::new(py).into_any()),
    }
}

/// The classes of the items of a list, as a frozenset.
#[pyfunction]
pub fn item_classes<'py>(list: &Bound<'py, PyList>) -> PyResult<Bound<'py, PyFrozenSet>> {
    let py = list.py();
    let mut classes: Vec<Bound<'py, pyo3::types::PyType>> = Vec::new();
    let mut last = std::ptr::null_mut();
    for k in 0..list.len() {
        // SAFETY: attached; nothing here runs code that could change the list.
        let class = unsafe { ffi::Py_TYPE(ffi::PyList_GET_ITEM(list.as_ptr(), k as isize)) };
        if class != last {
            last = class;
            if !classes.iter().any(|c| c.as_type_ptr() == class) {
                // SAFETY: the class of a live object.
                classes.push(unsafe { Borrowed::from_ptr(py, class.cast::<ffi::PyObject>()).to_owned().cast_into_unchecked() });
            }
        }
    }
    PyFrozenSet::new(py, classes)
}

/// Boxes a container; the reference is consumed. A container that came from an object is that object.
///
/// # Safety
/// `word` is an owned reference to a container of type `ty`.
pub unsafe fn to_python<'py>(py: Python<'py>, ty: Ty, word: u64, release: ReleaseFn) -> PyResult<Bound<'py, PyAny>> {
    if ty.flavour() == Some(Flavour::Typed) {
        // SAFETY: ownership passes to the object.
        return unsafe { Container::wrap(py, ty, word) };
    }
    let word = Owned(word);
    if let Some(object) = object_of(py, word.0) {
        return Ok(object.into_bound(py));
    }
    // SAFETY: the caller's promise.
    let items = unsafe { items(py, ty, word.0, release)? };
    // SAFETY: a live list.
    match if ty.flavour() == Some(Flavour::Deque) { unsafe { (*list::head(word.0)).limit } } else { -1 } {
        limit @ 0.. => py.import("collections")?.getattr("deque")?.call1((items, limit)),
        _ => of_class(ty, items),
    }
}

/// The items as an object of the flavour's class.
fn of_class(ty: Ty, items: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let Some((module, name)) = ty.flavour().and_then(Flavour::class).and_then(|c| c.rsplit_once('.')) else { return Ok(items) };
    let class = items.py().import(module)?.getattr(name)?;
    match (ty.flavour(), ty.kind()) {
        // A copy gets the factory that its values say.
        (Some(Flavour::Default), TyKind::Dict(d)) => class.call1((objects::empty_class(items.py(), d.value)?, items)),
        (Some(Flavour::Factory(id)), _) => class.call1((objects::get(items.py(), id), items)),
        _ => class.call1((items,)),
    }
}

/// # Safety
/// `word` is the live container of type `ty` that `object` became.
unsafe fn write_back(object: &Bound<'_, PyAny>, ty: Ty, word: u64, release: ReleaseFn) -> PyResult<()> {
    let py = object.py();
    // SAFETY: the caller's promise.
    unsafe {
        match ty.kind() {
            TyKind::List(l) => {
                let h = list::head(word);
                if l.flavour == Flavour::Deque {
                    if std::mem::replace(&mut (*h).dirty, 0) != 0 {
                        let new = items(py, ty, word, release)?;
                        object.call_method0("clear")?;
                        object.call_method1("extend", (new,))?;
                    }
                    return Ok(());
                }
                if std::mem::replace(&mut (*h).dirty, 0) != 0 {
                    let new = match Quick::of(l.elem) {
                        Some(kind) if (*h).len > 0 && ffi::PyList_CheckExact(object.as_ptr()) != 0 => {
                            let all = std::slice::from_raw_parts((*h).data.cast::<u64>(), (*h).len as usize);
                            quick::list(py, kind, all, Some(object.as_ptr()))?
                        }
                        _ => items(py, ty, word, release)?,
                    };
                    if ffi::PyList_SetSlice(object.as_ptr(), 0, isize::MAX, new.as_ptr()) != 0 {
                        return Err(PyErr::fetch(py));
                    }
                }
            }
            TyKind::Instance(n) => crate::instances::write_back(object, n, word, release)?,
            TyKind::Set(_) | TyKind::Dict(_) => {
                let h = tables::head(word);
                if std::mem::replace(&mut (*h).dirty, 0) != 0 {
                    let new = items(py, ty, word, release)?;
                    object.call_method0("clear")?;
                    object.call_method1("update", (new,))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}
