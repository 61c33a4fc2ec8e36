//! Typed containers: the Python objects that share a container's memory with compiled code.
//!
//! `looplift.typed.List`, `Dict` and `Set` derive from [`Container`]. What programs do in loops (items by index and key, `append`,
//! `in`, `len`) is here, with a short way for machine numbers and texts; everything else is Python over a few primitives.

use crate::containers::{Owned, Session, create, each_ref, element_object, insert, items, needs_session, no_memory, store_quick};
use crate::quick::Quick;
use crate::{layout, type_of, unbox, words};
use looplift_runtime::element::{self, Desc};
use looplift_runtime::{heap, list, tables};
use looplift_types::{Ty, TyKind};
use pyo3::exceptions::{PyIndexError, PyKeyError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PySlice};

/// The memory of a typed container: what `looplift.typed.List`, `Dict` and `Set` derive from. Positions are checked; what is
/// stored is converted to the element type first, as Numba does: never with loss.
#[pyclass(frozen, subclass, module = "looplift._core", name = "Container", weakref)]
#[derive(Debug, Default)]
pub struct Container {
    pub ty: std::sync::OnceLock<Ty>,
    /// An owned reference, from when the type is known.
    pub word: std::sync::OnceLock<u64>,
    /// The class of instances, by its number, and the member of them whose box this is, where the type of the items is not known from
    /// the instances' type. Such a container has no type: only an instance of that class can be made of it.
    pub part: std::sync::OnceLock<(u32, u32)>,
}

impl Drop for Container {
    fn drop(&mut self) {
        if let Some(&w) = self.word.get() {
            // SAFETY: the object's own reference.
            unsafe { heap::release(w) };
        }
    }
}

/// Classes of typed containers: list, dict, set.
static CLASSES: std::sync::OnceLock<[Py<PyAny>; 3]> = std::sync::OnceLock::new();

/// Tells the classes that typed containers are objects of.
#[pyfunction]
pub fn set_container_classes(list: Py<PyAny>, dict: Py<PyAny>, set: Py<PyAny>) {
    let _ = CLASSES.set([list, dict, set]);
}

impl Container {
    /// # Safety
    /// `word` is an owned reference to a container of type `ty`.
    pub(crate) unsafe fn wrap<'py>(py: Python<'py>, ty: Ty, word: u64) -> PyResult<Bound<'py, PyAny>> {
        let owned = Owned(word);
        if CLASSES.get().is_none() {
            py.import("looplift.typed")?;
        }
        let which = match ty.kind() {
            TyKind::List(_) => 0,
            TyKind::Dict(_) => 1,
            _ => 2,
        };
        let class = CLASSES.get().map(|c| c[which].bind(py)).ok_or_else(|| PyTypeError::new_err("typed containers have no classes"))?;
        let object = class.call_method1("__new__", (class,))?;
        let c = object.cast::<Container>()?.get();
        let _ = c.ty.set(ty);
        let _ = c.word.set(owned.take());
        Ok(object)
    }
    /// The box that is a member of the instances of a class.
    ///
    /// # Safety
    /// `word` is an owned reference to a container.
    pub(crate) unsafe fn wrap_part(py: Python<'_>, word: u64, class: u32, member: u32) -> PyResult<Bound<'_, PyAny>> {
        let owned = Owned(word);
        let object = Bound::new(py, Container::default())?;
        let c = object.get();
        let _ = c.part.set((class, member));
        let _ = c.word.set(owned.take());
        Ok(object.into_any())
    }
    fn parts(&self) -> PyResult<(Ty, u64)> {
        match (self.ty.get(), self.word.get()) {
            (Some(&t), Some(&w)) => Ok((t, w)),
            _ => Err(PyTypeError::new_err("the container has no type yet: put something into it")),
        }
    }
    fn push_words(&self, elem: Ty, words: &[u64]) -> PyResult<()> {
        let (_, h) = self.list()?;
        // SAFETY: a live list with room for one more.
        unsafe {
            let h = &mut *h;
            if h.len >= h.capacity && !h.grow(1) {
                return Err(if h.is_frozen() { refused(list::Refused::Frozen) } else { no_memory() });
            }
            if !h.desc.refs.is_empty() {
                each_ref(elem, words, &mut |w| heap::retain(w));
            }
            element::write(&h.desc.layout, h.at(h.len), words);
            h.len += 1;
        }
        Ok(())
    }
    /// The first item of a list, if it has one.
    pub(crate) fn first<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (elem, h) = self.list()?;
        // SAFETY: a live list with an item.
        unsafe { if (*h).len == 0 { Ok(None) } else { object(py, elem, (*h).desc, (*h).at(0)).map(Some) } }
    }
    /// Replaces the first item of a list, or puts it in.
    pub(crate) fn set_first(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let (_, h) = slf.get().list()?;
        // SAFETY: a live list.
        if unsafe { (*h).len } == 0 { Container::_push(slf, value) } else { Container::__setitem__(slf, 0i64.into_pyobject(slf.py())?.as_any(), value) }
    }
    fn list(&self) -> PyResult<(Ty, *mut list::Head)> {
        match self.parts()? {
            // SAFETY: a live list.
            (t, w) if t.as_list().is_some() => Ok((t.as_list().map_or(t, |l| l.elem), unsafe { list::head(w) })),
            (t, _) => Err(PyTypeError::new_err(format!("{t} is no list"))),
        }
    }
    fn table(&self) -> PyResult<(Vec<Ty>, *mut tables::Head)> {
        let (t, w) = self.parts()?;
        match t.container_parts() {
            // SAFETY: a live table.
            Some(parts) if t.as_list().is_none() => Ok((parts, unsafe { tables::head(w) })),
            _ => Err(PyTypeError::new_err(format!("{t} is no dict or set"))),
        }
    }
}

extern "C" fn give_back_block(block: *mut looplift_abi::heap::MemInfo) {
    // SAFETY: boxing gives back what it owns.
    unsafe { heap::release(block as usize as u64) }
}

fn refused(why: list::Refused) -> PyErr {
    match why {
        list::Refused::NoMemory(_) => no_memory(),
        list::Refused::Frozen => pyo3::exceptions::PyValueError::new_err("list is immutable"),
    }
}

/// The words of a value converted to an element type without loss.
fn cast(value: &Bound<'_, PyAny>, ty: Ty) -> PyResult<Vec<u64>> {
    let mut buf = vec![0u64; words::count(ty).ok_or_else(|| PyTypeError::new_err(format!("values of type {ty} have no object form")))?];
    let found = type_of::type_of(value).map_err(|e| PyTypeError::new_err(e.0))?;
    let lossy = |a: Ty, b: Ty| (a.as_float().is_some() && (b.as_int().is_some() || b == Ty::bool())) || (a.as_complex().is_some() && b.as_complex().is_none());
    if found != ty && (looplift_types::conversion(found, ty).is_none() || lossy(found, ty)) {
        let class = value.py().import("looplift.errors")?.getattr("TypingError")?;
        return Err(PyErr::from_value(class.call1((format!("cannot safely cast {found} to {ty}. Please cast explicitly."),))?));
    }
    if needs_session(ty) {
        return Err(PyTypeError::new_err(format!("an element of type {ty} cannot be shared with Python: use a typed container")));
    }
    unbox::convert(value, ty, &mut buf)?;
    Ok(buf)
}

// ---- the short way --------------------------------------------------------------------------------------------------

/// Boxes the element at an address.
///
/// # Safety
/// `at` holds an element of type `ty` and code `desc`.
unsafe fn object<'py>(py: Python<'py>, ty: Ty, desc: &Desc, at: *const u8) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the caller's promise; a word of a text is a reference to it, which the element keeps.
    unsafe {
        match Quick::of(ty) {
            Some(kind) => Bound::from_owned_ptr_or_err(py, kind.object(at.cast::<u64>().read())),
            None => element_object(py, ty, desc, at, give_back_block),
        }
    }
}

/// The word of an object of the very class of elements of a type that go the short way; a reference to a text is borrowed.
#[inline]
fn quick_word(obj: &Bound<'_, PyAny>, ty: Ty) -> Option<u64> {
    // SAFETY: attached; a valid object.
    Quick::of(ty).and_then(|kind| unsafe { kind.word(obj.as_ptr()) })
}

/// Replaces the element at an address.
///
/// # Safety
/// `at` holds an element of code `desc`, of which `words` are the words of another; its references are borrowed.
unsafe fn replace(desc: &Desc, ty: Ty, at: *mut u8, words: &[u64]) {
    // SAFETY: the caller's promise. New owners are counted before old ones are given back, which runs no code that sees the element.
    unsafe {
        if desc.refs.is_empty() {
            element::write(&desc.layout, at, words);
            return;
        }
        if let (Some(kind), &[word]) = (Quick::of(ty), words) {
            kind.own(word);
            kind.disown(at.cast::<u64>().replace(word));
            return;
        }
        each_ref(ty, words, &mut |w| heap::retain(w));
        let mut old = vec![0u64; desc.size.div_ceil(8)];
        std::ptr::copy_nonoverlapping(at, old.as_mut_ptr().cast::<u8>(), desc.size);
        element::write(&desc.layout, at, words);
        desc.release(old.as_ptr().cast());
    }
}

fn no_key(key: &Bound<'_, PyAny>) -> PyErr {
    match key.py().get_type::<PyKeyError>().call1((key,)) {
        Ok(e) => PyErr::from_value(e),
        Err(e) => e,
    }
}

impl Container {
    /// The place of an index, from either end.
    fn place(index: &Bound<'_, PyAny>, len: impl Fn() -> i64, message: &'static str) -> PyResult<i64> {
        let raw = index.as_ptr();
        // SAFETY: attached; an int is laid out as one.
        let known = unsafe { if ffi::Py_TYPE(raw) == &raw mut ffi::PyLong_Type { layout::long_as_i64(raw) } else { None } };
        let i = match known {
            Some(i) => i,
            None => {
                // SAFETY: attached; -1 stands for an error, too.
                let i = unsafe { ffi::PyNumber_AsSsize_t(raw, ffi::PyExc_IndexError) };
                if i == -1
                    && let Some(e) = PyErr::take(index.py())
                {
                    return Err(e);
                }
                i as i64
            }
        };
        let n = len();
        let j = if i < 0 { i + n } else { i };
        if (0..n).contains(&j) { Ok(j) } else { Err(PyIndexError::new_err(message)) }
    }

    /// The entry of a key, or -1.
    fn entry_of(&self, key: &Bound<'_, PyAny>, ty: Ty, h: *mut tables::Head) -> PyResult<i64> {
        if let Some(word) = quick_word(key, ty) {
            // SAFETY: a live table whose keys are one word.
            return Ok(unsafe { (*h).find((&raw const word).cast()) });
        }
        let buf = cast(key, ty)?;
        // SAFETY: a live table and room for a key.
        unsafe {
            let mut at = vec![0u64; (*h).keys.size.div_ceil(8).max(1)];
            element::write(&(*h).keys.layout, at.as_mut_ptr().cast(), &buf);
            Ok((*h).find(at.as_ptr().cast()))
        }
    }

    /// Puts an item in.
    fn put(&self, key: &Bound<'_, PyAny>, key_ty: Ty, value: Option<(&Bound<'_, PyAny>, Ty)>, h: *mut tables::Head) -> PyResult<()> {
        // SAFETY: a live table of these types; quick words are keys and values of one word.
        unsafe {
            if let Some(word) = quick_word(key, key_ty) {
                let new = match value {
                    None => Some(None),
                    Some((v, t)) => Quick::of(t).and_then(|kind| Some(Some((kind, kind.word(v.as_ptr())?)))),
                };
                if let Some(new) = new {
                    let Some(e) = (*h).insert((&raw const word).cast()) else { return Err(no_memory()) };
                    if let Some((kind, new)) = new {
                        store_quick(&mut *h, e, kind, new);
                    }
                    return Ok(());
                }
            }
            let _given = Session::begin();
            cast(key, key_ty)?;
            if let Some((v, t)) = value {
                cast(v, t)?;
            }
            insert(&mut *h, key, key_ty, value)
        }
    }
}

/// `append` as CPython calls methods of one argument: elements that go the short way are put in here, all others by [`Container::_push`].
unsafe extern "C" fn append(list: *mut ffi::PyObject, item: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: attached; the descriptor has seen that the object is a container. Its storage has room for the element.
    unsafe {
        let py = Python::assume_attached();
        let object = Borrowed::from_ptr(py, list);
        let this = object.cast_unchecked::<Container>().get();
        if let (Some(ty), Some(&w)) = (this.ty.get(), this.word.get())
            && let TyKind::List(l) = ty.kind()
            && let Some(kind) = Quick::of(l.elem)
            && let Some(word) = kind.word(item)
        {
            let h = &mut *list::head(w);
            if h.len < h.capacity || h.grow(1) {
                kind.own(word);
                h.data.cast::<u64>().add(h.len as usize).write(word);
                h.len += 1;
                return ffi::Py_NewRef(ffi::Py_None());
            }
        }
        let args = [list, item];
        ffi::PyObject_VectorcallMethod(pyo3::intern!(py, "_push").as_ptr(), args.as_ptr(), args.len(), std::ptr::null_mut())
    }
}

/// Adds the class to a module.
pub fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let class = module.py().get_type::<Container>();
    // The descriptor refers to its definition for as long as the class lives.
    let definition = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: c"append".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: append },
        ml_flags: ffi::METH_O,
        ml_doc: c"append($self, item, /)\n--\n\nPuts an element at the end.".as_ptr(),
    }));
    // SAFETY: attached; a class that is ready and a definition that stays.
    let method = unsafe { Bound::from_owned_ptr_or_err(module.py(), ffi::PyDescr_NewMethod(class.as_type_ptr(), definition))? };
    class.setattr("_append", method)?;
    module.add("Container", class)
}

#[pymethods]
impl Container {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, pyo3::types::PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Container {
        Container::default()
    }
    // What lists, dicts and sets have in common or each for itself, by what they hold.

    fn __len__(&self) -> PyResult<usize> {
        self._len().map(|n| n as usize)
    }
    fn __getitem__<'py>(slf: &Bound<'py, Self>, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (this, py) = (slf.get(), slf.py());
        let (Some(ty), Some(&w)) = (this.ty.get(), this.word.get()) else { return slf.call_method1("_get_untyped", (key,)) };
        // SAFETY: a live container of the type; positions are checked.
        unsafe {
            match ty.kind() {
                TyKind::List(_) if key.is_instance_of::<PySlice>() => slf.call_method1("_get_slice", (key,)),
                TyKind::List(l) => {
                    let h = list::head(w);
                    let i = Container::place(key, || (*h).len, "list index out of range")?;
                    object(py, l.elem, (*h).desc, (*h).at(i))
                }
                TyKind::Dict(d) => {
                    let h = tables::head(w);
                    let e = this.entry_of(key, d.key, h)?;
                    if e < 0 { Err(no_key(key)) } else { object(py, d.value, (*h).values, (*h).value(e)) }
                }
                _ => Err(PyTypeError::new_err("'Set' object is not subscriptable")),
            }
        }
    }
    fn __setitem__<'py>(slf: &Bound<'py, Self>, key: &Bound<'py, PyAny>, value: &Bound<'py, PyAny>) -> PyResult<()> {
        let this = slf.get();
        let (Some(ty), Some(&w)) = (this.ty.get(), this.word.get()) else { return slf.call_method1("_set_untyped", (key, value)).map(drop) };
        // SAFETY: a live container of the type; positions are checked after conversions, which may have run Python code.
        unsafe {
            match ty.kind() {
                TyKind::List(_) if key.is_instance_of::<PySlice>() => slf.call_method1("_set_slice", (key, value)).map(drop),
                TyKind::List(l) => {
                    let h = list::head(w);
                    let known = quick_word(value, l.elem).map(|w| [w]);
                    let _given = Session::begin();
                    let converted = if known.is_none() { cast(value, l.elem)? } else { Vec::new() };
                    let i = Container::place(key, || (*h).len, "list assignment index out of range")?;
                    if (*h).is_frozen() {
                        return Err(refused(list::Refused::Frozen));
                    }
                    replace((*h).desc, l.elem, (*h).at(i), known.as_ref().map_or(&converted[..], |w| &w[..]));
                    Ok(())
                }
                TyKind::Dict(d) => this.put(key, d.key, Some((value, d.value)), tables::head(w)),
                _ => Err(PyTypeError::new_err("'Set' object does not support item assignment")),
            }
        }
    }
    fn __delitem__<'py>(slf: &Bound<'py, Self>, key: &Bound<'py, PyAny>) -> PyResult<()> {
        slf.call_method1("_del_item", (key,)).map(drop)
    }
    fn __contains__<'py>(slf: &Bound<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<bool> {
        let this = slf.get();
        let (Some(ty), Some(&w)) = (this.ty.get(), this.word.get()) else { return Ok(false) };
        // SAFETY: a live container of the type.
        unsafe {
            match ty.kind() {
                TyKind::Dict(d) => Ok(this.entry_of(value, d.key, tables::head(w))? >= 0),
                TyKind::Set(s) => Ok(this.entry_of(value, s.elem, tables::head(w))? >= 0),
                _ => items(slf.py(), *ty, w, give_back_block)?.contains(value),
            }
        }
    }
    /// Puts an element at the end.
    fn _push<'py>(slf: &Bound<'py, Self>, item: &Bound<'py, PyAny>) -> PyResult<()> {
        let this = slf.get();
        let Some(elem) = this.ty.get().and_then(|t| t.as_list()).map(|l| l.elem) else { return slf.call_method1("_first", (item,)).map(drop) };
        match quick_word(item, elem) {
            Some(word) => this.push_words(elem, &[word]),
            None => {
                // What the conversion makes belongs to the session; the list counts it once more.
                let _given = Session::begin();
                this.push_words(elem, &cast(item, elem)?)
            }
        }
    }
    /// Puts an item in.
    fn _add<'py>(slf: &Bound<'py, Self>, item: &Bound<'py, PyAny>) -> PyResult<()> {
        let this = slf.get();
        match (this.ty.get().and_then(|t| t.as_set()), this.word.get()) {
            // SAFETY: a live set.
            (Some(s), Some(&w)) => this.put(item, s.elem, None, unsafe { tables::head(w) }),
            _ => slf.call_method1("_first", (item,)).map(drop),
        }
    }
    /// The value of a key, or the default.
    #[pyo3(signature = (key, default=None))]
    fn _lookup<'py>(slf: &Bound<'py, Self>, key: &Bound<'py, PyAny>, default: Option<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let this = slf.get();
        if let (Some(d), Some(&w)) = (this.ty.get().and_then(|t| t.as_dict()), this.word.get()) {
            // SAFETY: a live dict; the entry is alive.
            unsafe {
                let h = tables::head(w);
                let e = this.entry_of(key, d.key, h)?;
                if e >= 0 {
                    return object(slf.py(), d.value, (*h).values, (*h).value(e));
                }
            }
        }
        Ok(default.unwrap_or_else(|| slf.py().None().into_bound(slf.py())))
    }

    // Primitives for the rest.

    /// Gives an untyped container its type.
    fn _become(&self, ty: crate::type_object::Type, capacity: i64) -> PyResult<()> {
        let word = Owned(create(ty.0, capacity)?);
        if self.word.get().is_some() || self.ty.set(ty.0).is_err() {
            return Err(PyTypeError::new_err("the container has a type already"));
        }
        let _ = self.word.set(word.take());
        Ok(())
    }
    #[getter]
    fn _type(&self) -> Option<crate::type_object::Type> {
        self.ty.get().map(|t| crate::type_object::Type(*t))
    }
    fn _len(&self) -> PyResult<i64> {
        if self.word.get().is_none() {
            return Ok(0);
        }
        // SAFETY: live heads; lists and tables keep their length in one place.
        unsafe {
            match self.list() {
                Ok((_, h)) => Ok((*h).len),
                Err(_) => Ok((*self.table()?.1).len),
            }
        }
    }
    /// The elements now: a list, set or dict.
    fn _items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (ty, word) = self.parts()?;
        // SAFETY: a live container.
        unsafe { items(py, ty, word, give_back_block) }
    }
    /// Elements that the list has room for.
    fn _capacity(&self) -> PyResult<i64> {
        // SAFETY: a live list.
        Ok(unsafe { (*self.list()?.1).allocated() })
    }
    fn _frozen(&self) -> PyResult<bool> {
        // SAFETY: a live list.
        Ok(unsafe { (*self.list()?.1).is_frozen() })
    }
    /// Makes the list unchangeable, or changeable again.
    fn _freeze(&self, frozen: bool) -> PyResult<()> {
        // SAFETY: a live list.
        unsafe { (*self.list()?.1).freeze(frozen) };
        Ok(())
    }
    /// Replaces `remove` elements from `at` on by `count` elements of another list: `start`, `start + step`, …
    fn _splice(&self, at: i64, remove: i64, source: &Bound<'_, Container>, start: i64, step: i64, count: i64) -> PyResult<()> {
        let ((a, h), (b, s)) = (self.list()?, source.get().list()?);
        // SAFETY: live lists of one element type; everything is in range.
        unsafe {
            let in_range = |i: i64| (0..(*s).len).contains(&i);
            let last = step.checked_mul(count.max(1) - 1).and_then(|d| d.checked_add(start));
            let fits = at >= 0 && remove >= 0 && count >= 0 && at.checked_add(remove).is_some_and(|e| e <= (*h).len);
            if a != b || !fits || (count > 0 && !(in_range(start) && last.is_some_and(in_range))) {
                return Err(PyIndexError::new_err("list index out of range"));
            }
            list::splice(h, at, remove, s, start, step, count).map_err(refused)
        }
    }
    /// The entry of a key, or -1.
    fn _find(&self, key: &Bound<'_, PyAny>) -> PyResult<i64> {
        let (parts, h) = self.table()?;
        self.entry_of(key, parts[0], h)
    }
    /// The first live entry from `i` on, or -1.
    fn _next(&self, i: i64) -> PyResult<i64> {
        // SAFETY: a live table.
        Ok(unsafe { (*self.table()?.1).next(i.max(0)) })
    }
    fn _last(&self) -> PyResult<i64> {
        // SAFETY: a live table.
        Ok(unsafe { (*self.table()?.1).last() })
    }
    fn _key<'py>(&self, py: Python<'py>, entry: i64) -> PyResult<Bound<'py, PyAny>> {
        let (parts, h) = self.table()?;
        // SAFETY: a live table; the entry is alive.
        unsafe {
            if entry < 0 || (*h).next(entry) != entry {
                return Err(PyKeyError::new_err(entry));
            }
            element_object(py, parts[0], (*h).keys, (*h).key(entry), give_back_block)
        }
    }
    fn _value<'py>(&self, py: Python<'py>, entry: i64) -> PyResult<Bound<'py, PyAny>> {
        let (parts, h) = self.table()?;
        let Some(&ty) = parts.get(1) else { return Err(PyTypeError::new_err("sets have no values")) };
        // SAFETY: as in `_key`.
        unsafe {
            if entry < 0 || (*h).next(entry) != entry {
                return Err(PyKeyError::new_err(entry));
            }
            element_object(py, ty, (*h).values, (*h).value(entry), give_back_block)
        }
    }
    fn _delete(&self, entry: i64) -> PyResult<()> {
        // SAFETY: a live table; entries are checked there.
        unsafe { (*self.table()?.1).delete(entry) };
        Ok(())
    }
    fn _clear(&self) -> PyResult<()> {
        // SAFETY: a live table.
        unsafe { (*self.table()?.1).clear() };
        Ok(())
    }
}
