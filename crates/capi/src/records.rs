//! Structured dtypes and NumPy's record scalars.

use crate::descrs;
use crate::type_of::dtype_element;
use looplift_types::{FieldTy, RecordTy, Ty, TyKind};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

/// `numpy.void`, which `numpy.record` derives from.
static VOID: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Whether `obj` is a record scalar.
fn is_record(obj: &Bound<'_, PyAny>) -> bool {
    let py = obj.py();
    let void = VOID.get_or_try_init(py, || Ok::<_, PyErr>(py.import("numpy")?.getattr("void")?.unbind()));
    void.is_ok_and(|v| obj.is_instance(v.bind(py)).unwrap_or(false))
}

/// The type of a structured dtype; `None` if it has no fields, or some that compiled code does not know.
pub fn record_type(descr: &Bound<'_, PyAny>) -> Option<Ty> {
    let names: Vec<String> = descr.getattr("names").ok()?.extract().ok()?;
    let table = descr.getattr("fields").ok()?;
    let mut fields = Vec::with_capacity(names.len());
    for name in names {
        let row = table.get_item(&name).ok()?;
        let (field, offset) = (row.get_item(0).ok()?, row.get_item(1).ok()?.extract::<u32>().ok()?);
        let sub = field.getattr("subdtype").ok()?;
        let (base, shape) = match sub.cast::<PyTuple>() {
            Ok(pair) => (pair.get_item(0).ok()?, pair.get_item(1).ok()?.extract::<Vec<u32>>().ok()?),
            Err(_) => (field, Vec::new()),
        };
        let title = row.get_item(2).ok().and_then(|t| t.extract::<String>().ok());
        fields.push(FieldTy { name: name.into(), title: title.map(Into::into), offset, ty: dtype_element(&base)?, shape: shape.into() });
    }
    let size: u32 = descr.getattr("itemsize").ok()?.extract().ok()?;
    let aligned = descr.getattr("isalignedstruct").ok()?.extract().ok()?;
    let fits = |f: &FieldTy| u64::from(f.offset) + f.size() <= u64::from(size);
    if size == 0 || size > i32::MAX as u32 || !fields.iter().all(fits) {
        return None;
    }
    Some(Ty::new(TyKind::Record(Box::new(RecordTy { fields: fields.into(), size, aligned, readonly: false }))))
}

/// A dtype of this layout.
pub fn make_dtype<'py>(py: Python<'py>, r: &RecordTy) -> PyResult<Bound<'py, PyAny>> {
    let dtype = py.import("numpy")?.getattr("dtype")?;
    let mut formats = Vec::with_capacity(r.fields.len());
    for f in &r.fields {
        let base = descrs::dtype(py, f.ty)?.ok_or_else(|| PyTypeError::new_err(format!("{} has no dtype", f.ty)))?;
        formats.push(if f.shape.is_empty() { base } else { dtype.call1(((base, PyTuple::new(py, &f.shape)?),))? });
    }
    let spec = PyDict::new(py);
    spec.set_item("names", r.fields.iter().map(|f| &*f.name).collect::<Vec<_>>())?;
    spec.set_item("formats", formats)?;
    spec.set_item("offsets", r.fields.iter().map(|f| f.offset).collect::<Vec<_>>())?;
    if r.fields.iter().any(|f| f.title.is_some()) {
        spec.set_item("titles", r.fields.iter().map(|f| f.title.as_deref()).collect::<Vec<_>>())?;
    }
    spec.set_item("itemsize", r.size)?;
    if r.aligned {
        spec.set_item("aligned", true)?;
    }
    dtype.call1((spec,))
}

/// The type of a record scalar.
pub fn scalar(obj: &Bound<'_, PyAny>) -> Option<Ty> {
    if !is_record(obj) {
        return None;
    }
    let ty = dtype_element(&obj.getattr("dtype").ok()?)?;
    let writable: bool = obj.getattr("flags").ok()?.getattr("writeable").ok()?.extract().ok()?;
    match ty.kind() {
        TyKind::Record(r) if !writable => Some(Ty::new(TyKind::Record(Box::new(RecordTy { readonly: true, ..(**r).clone() })))),
        TyKind::Record(_) => Some(ty),
        _ => None,
    }
}

/// The address of a record scalar's bytes, which live as long as the scalar.
pub fn address(obj: &Bound<'_, PyAny>, r: &RecordTy) -> PyResult<u64> {
    if !is_record(obj) {
        return Err(PyTypeError::new_err("a record is expected"));
    }
    let mut view = ffi::Py_buffer::new();
    // SAFETY: attached; the buffer is given back at once: what it shows belongs to the scalar, which does not move it.
    unsafe {
        if ffi::PyObject_GetBuffer(obj.as_ptr(), &raw mut view, ffi::PyBUF_SIMPLE) != 0 {
            return Err(PyErr::fetch(obj.py()));
        }
        let (at, len) = (view.buf as usize as u64, view.len);
        ffi::PyBuffer_Release(&raw mut view);
        if len < r.size as isize {
            return Err(PyValueError::new_err("the record is shorter than its type"));
        }
        Ok(at)
    }
}

/// Whether a class is `numpy.ndarray` or derives from it without changing what the elements are.
pub fn is_plain_array(obj: &Bound<'_, PyAny>) -> bool {
    let py = obj.py();
    let known = || -> PyResult<bool> {
        let np = py.import("numpy")?;
        let class: Bound<'_, PyType> = obj.get_type();
        if !class.is_subclass(&np.getattr("ndarray")?)? {
            return Ok(false);
        }
        // Masks and units are lost on the memory alone; operators of matrices mean something else.
        let masked = py.import("sys")?.getattr("modules")?.call_method1("get", ("numpy.ma",))?;
        let other = class.is_subclass(&np.getattr("matrix")?)? || (!masked.is_none() && class.is_subclass(&masked.getattr("MaskedArray")?)?);
        Ok(!other)
    };
    known().unwrap_or(false)
}

/// Whether it is a `numpy.matrix`.
pub fn is_matrix(obj: &Bound<'_, PyAny>) -> bool {
    obj.py().import("numpy").and_then(|np| obj.is_instance(&np.getattr("matrix")?)).unwrap_or(false)
}

/// Whether it is an array of any class.
pub fn is_array(obj: &Bound<'_, PyAny>) -> bool {
    obj.py().import("numpy").and_then(|np| obj.is_instance(&np.getattr("ndarray")?)).unwrap_or(false)
}
