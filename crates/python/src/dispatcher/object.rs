//! The dispatcher's Python type: made with `PyType_FromSpec`, calls by vectorcall.

use super::{Dispatcher, Inner, call};
use looplift_capi::objects;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::ffi::{c_char, c_int, c_void};
use std::mem::offset_of;
use std::sync::atomic::{AtomicPtr, Ordering};

static TYPE: AtomicPtr<ffi::PyTypeObject> = AtomicPtr::new(std::ptr::null_mut());

// SAFETY: as in CPython's Include/cpython/classobject.h.
unsafe extern "C" {
    fn PyMethod_New(func: *mut ffi::PyObject, owner: *mut ffi::PyObject) -> *mut ffi::PyObject;
}

/// The dispatcher behind an object, if it is one.
pub fn from_object<'a>(obj: &'a Bound<'_, PyAny>) -> PyResult<&'a Dispatcher> {
    if !objects::is_dispatcher(obj.as_ptr()) {
        return Err(pyo3::exceptions::PyTypeError::new_err("a dispatcher is expected"));
    }
    // SAFETY: the class was checked; the object lives as long as the borrow.
    Ok(unsafe { &*obj.as_ptr().cast::<Dispatcher>() })
}

impl Dispatcher {
    /// The Rust half.
    pub fn rust(&self) -> &Inner {
        // SAFETY: set at creation, freed with the object.
        unsafe { &*self.inner }
    }
    /// The Python function.
    pub fn function<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        // SAFETY: set at creation; cleared by the garbage collector only when nothing can reach the dispatcher.
        unsafe { Bound::from_borrowed_ptr(py, self.py_func) }
    }
}

/// Sets what calls run at once in the interpreter: `function`, for arguments of the classes of one of `rows`, or any if that is empty.
pub fn set_direct(dispatcher: &Bound<'_, PyAny>, function: &Bound<'_, PyAny>, rows: &Bound<'_, PyTuple>) -> PyResult<()> {
    from_object(dispatcher)?;
    let parts: Vec<_> = std::iter::once(function.clone()).chain(rows.iter()).collect();
    let all = PyTuple::new(dispatcher.py(), parts)?;
    // SAFETY: a dispatcher, attached; the old value is dropped after the new one is in place.
    unsafe {
        let d = dispatcher.as_ptr().cast::<Dispatcher>();
        let old = std::mem::replace(&mut (*d).direct, all.into_ptr());
        ffi::Py_XDECREF(old);
    }
    Ok(())
}

/// What a call with these positional arguments runs at once in the interpreter, a new reference, or null.
///
/// # Safety
/// A dispatcher and the arguments of its vectorcall, attached.
pub unsafe fn direct(callable: *mut ffi::PyObject, args: *const *mut ffi::PyObject, n: usize, named: bool) -> *mut ffi::PyObject {
    // SAFETY: the field is null or a tuple of a callable and tuples (`set_direct`); the caller's promise for the rest.
    unsafe {
        let all = (*callable.cast::<Dispatcher>()).direct;
        if all.is_null() {
            return all;
        }
        let count = ffi::PyTuple_GET_SIZE(all);
        let fits = |row: *mut ffi::PyObject| {
            ffi::PyTuple_GET_SIZE(row) as usize == n
                && (0..n).all(|k| ffi::PyTuple_GET_ITEM(row, k as isize) == ffi::Py_TYPE(*args.add(k)).cast::<ffi::PyObject>())
        };
        if count == 1 || (!named && (1..count).any(|k| fits(ffi::PyTuple_GET_ITEM(all, k)))) {
            let function = ffi::PyTuple_GET_ITEM(all, 0);
            ffi::Py_INCREF(function);
            return function;
        }
        std::ptr::null_mut()
    }
}

/// Makes a dispatcher.
pub fn create<'py>(py: Python<'py>, py_func: &Bound<'py, PyAny>, options: &Bound<'py, PyAny>, inner: Inner) -> PyResult<Bound<'py, PyAny>> {
    let ty = TYPE.load(Ordering::Acquire);
    let inner = Box::new(inner);
    // SAFETY: the type was made at import; PyType_GenericAlloc zeroes the fields, which are then set before anyone sees it.
    unsafe {
        let obj = Bound::from_owned_ptr_or_err(py, ffi::PyType_GenericAlloc(ty, 0))?;
        let d = obj.as_ptr().cast::<Dispatcher>();
        (*d).vectorcall = Some(call::vectorcall);
        (*d).py_func = py_func.clone().into_ptr();
        (*d).options = options.clone().into_ptr();
        let mut inner = inner;
        inner.id = objects::intern_weak(obj.as_ptr() as usize);
        (*d).inner = Box::into_raw(inner);
        Ok(obj)
    }
}

unsafe extern "C" fn traverse(obj: *mut ffi::PyObject, visit: ffi::visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: called by the collector on a dispatcher; fields are valid or null.
    unsafe {
        let d = obj.cast::<Dispatcher>();
        for field in [ffi::Py_TYPE(obj).cast::<ffi::PyObject>(), (*d).dict, (*d).py_func, (*d).options, (*d).direct] {
            if !field.is_null() {
                let r = visit(field, arg);
                if r != 0 {
                    return r;
                }
            }
        }
    }
    0
}

unsafe extern "C" fn clear(obj: *mut ffi::PyObject) -> c_int {
    // SAFETY: as in `traverse`. `py_func` stays until deallocation, so that a call from a finaliser is still safe; the
    // cycle is broken by its dict and by the function's own clearing.
    unsafe {
        let d = obj.cast::<Dispatcher>();
        for field in [&raw mut (*d).dict, &raw mut (*d).options, &raw mut (*d).direct] {
            let old = std::mem::replace(&mut *field, std::ptr::null_mut());
            ffi::Py_XDECREF(old);
        }
    }
    0
}

unsafe extern "C" fn dealloc(obj: *mut ffi::PyObject) {
    // SAFETY: the last reference is gone; the order is CPython's for heap types.
    unsafe {
        ffi::PyObject_GC_UnTrack(obj.cast());
        let d = obj.cast::<Dispatcher>();
        if !(*d).weaklist.is_null() {
            ffi::PyObject_ClearWeakRefs(obj);
        }
        objects::forget(obj as usize);
        let inner = std::mem::replace(&mut (*d).inner, std::ptr::null_mut());
        if !inner.is_null() {
            let id = (*inner).id;
            drop(Box::from_raw(inner));
            looplift_driver::forget(id);
        }
        clear(obj);
        ffi::Py_XDECREF(std::mem::replace(&mut (*d).py_func, std::ptr::null_mut()));
        let ty = ffi::Py_TYPE(obj);
        ffi::PyObject_GC_Del(obj.cast());
        ffi::Py_DECREF(ty.cast());
    }
}

unsafe extern "C" fn descr_get(slf: *mut ffi::PyObject, obj: *mut ffi::PyObject, _class: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the descriptor protocol.
    unsafe {
        if obj.is_null() || obj == ffi::Py_None() {
            ffi::Py_INCREF(slf);
            slf
        } else {
            PyMethod_New(slf, obj)
        }
    }
}

unsafe extern "C" fn repr(slf: *mut ffi::PyObject) -> *mut ffi::PyObject {
    crate::guard::caught_ptr(|py| {
        // SAFETY: a dispatcher.
        let f = unsafe { (*slf.cast::<Dispatcher>()).function(py) };
        let text = format!("CPUDispatcher({})", f.repr()?);
        Ok(text.into_pyobject(py)?.into_any().into_ptr())
    })
}

unsafe extern "C" fn get_py_func(slf: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    // SAFETY: a dispatcher; the field is set for its whole life.
    unsafe {
        let f = (*slf.cast::<Dispatcher>()).py_func;
        ffi::Py_INCREF(f);
        f
    }
}

unsafe extern "C" fn get_options(slf: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    // SAFETY: a dispatcher; the field is null only while it is torn down.
    unsafe {
        let o = (*slf.cast::<Dispatcher>()).options;
        let o = if o.is_null() { ffi::Py_None() } else { o };
        ffi::Py_INCREF(o);
        o
    }
}

fn member(name: &'static std::ffi::CStr, offset: usize) -> ffi::PyMemberDef {
    ffi::PyMemberDef { name: name.as_ptr(), type_code: ffi::Py_T_PYSSIZET, offset: offset as ffi::Py_ssize_t, flags: ffi::Py_READONLY, doc: std::ptr::null() }
}

fn getset(name: &'static std::ffi::CStr, get: ffi::getter, set: Option<ffi::setter>) -> ffi::PyGetSetDef {
    ffi::PyGetSetDef { name: name.as_ptr(), get: Some(get), set, doc: std::ptr::null(), closure: std::ptr::null_mut() }
}

const NO_MEMBER: ffi::PyMemberDef = ffi::PyMemberDef { name: std::ptr::null(), type_code: 0, offset: 0, flags: 0, doc: std::ptr::null() };
const NO_GETSET: ffi::PyGetSetDef = ffi::PyGetSetDef { name: std::ptr::null(), get: None, set: None, doc: std::ptr::null(), closure: std::ptr::null_mut() };

/// Makes the type and adds it to the module.
pub fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    // Tables that the type refers to for its whole life: leaked, once.
    let members = Box::leak(Box::new([
        member(c"__vectorcalloffset__", offset_of!(Dispatcher, vectorcall)),
        member(c"__dictoffset__", offset_of!(Dispatcher, dict)),
        member(c"__weaklistoffset__", offset_of!(Dispatcher, weaklist)),
        NO_MEMBER,
    ]));
    let getsets = Box::leak(Box::new([
        getset(c"__dict__", ffi::PyObject_GenericGetDict, Some(ffi::PyObject_GenericSetDict)),
        getset(c"py_func", get_py_func, None),
        getset(c"targetoptions", get_options, None),
        NO_GETSET,
    ]));
    let doc = c"A function compiled for each combination of argument types it is called with.";
    let slot = |slot: c_int, p: *mut c_void| ffi::PyType_Slot { slot, pfunc: p };
    let mut slots = [
        slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
        slot(ffi::Py_tp_traverse, traverse as *mut c_void),
        slot(ffi::Py_tp_clear, clear as *mut c_void),
        slot(ffi::Py_tp_call, ffi::PyVectorcall_Call as *mut c_void),
        slot(ffi::Py_tp_descr_get, descr_get as *mut c_void),
        slot(ffi::Py_tp_repr, repr as *mut c_void),
        slot(ffi::Py_tp_members, members.as_mut_ptr().cast()),
        slot(ffi::Py_tp_getset, getsets.as_mut_ptr().cast()),
        slot(ffi::Py_tp_doc, doc.as_ptr().cast_mut().cast()),
        slot(0, std::ptr::null_mut()),
    ];
    let flags = ffi::Py_TPFLAGS_DEFAULT
        | ffi::Py_TPFLAGS_HAVE_GC
        | ffi::Py_TPFLAGS_HAVE_VECTORCALL
        | ffi::Py_TPFLAGS_METHOD_DESCRIPTOR
        | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION;
    let name: &'static std::ffi::CStr = c"looplift._core.CPUDispatcher";
    let mut spec = ffi::PyType_Spec {
        name: name.as_ptr().cast::<c_char>(),
        basicsize: size_of::<Dispatcher>() as c_int,
        itemsize: 0,
        flags: flags as _,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the spec and its tables are as CPython documents; names and tables are static or leaked.
    let ty = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyType_FromSpec(&mut spec))? };
    TYPE.store(ty.as_ptr().cast(), Ordering::Release);
    objects::set_dispatcher_type(ty.as_ptr().cast());
    module.add("CPUDispatcher", &ty)?;
    // The type lives as long as the process: compiled code and the table of objects refer to it by address.
    std::mem::forget(ty);
    Ok(())
}
