//! Element types and `numpy.dtype` objects that are no plain numbers: times, records, texts of fixed length.

use crate::nums::nums;
use looplift_types::{CharSeqTy, Ty, TyKind, time_named};
use pyo3::exceptions::PySystemError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

/// NumPy's type numbers of datetimes and timedeltas.
const TIMES: std::ops::RangeInclusive<i32> = 21..=22;

/// Those of `S` and `U`.
const BYTES: i32 = 18;
const TEXTS: i32 = 19;

/// `numpy.datetime64`, `numpy.timedelta64`.
static TIME_CLASSES: PyOnceLock<[Py<PyAny>; 2]> = PyOnceLock::new();
/// dtype objects made, by their type.
static MADE: LazyLock<Mutex<HashMap<Ty, Py<PyAny>>>> = LazyLock::new(Mutex::default);
/// Those of records by themselves: of the class `numpy.record`, whose fields are attributes too.
static OF_RECORDS: LazyLock<Mutex<HashMap<Ty, Py<PyAny>>>> = LazyLock::new(Mutex::default);
/// The structured dtypes seen last, by address, with their types: reading one takes long.
static SEEN: Mutex<Vec<(Py<PyAny>, Ty)>> = Mutex::new(Vec::new());
/// How many of them.
const SEEN_MOST: usize = 16;
/// NumPy's type number of structured dtypes.
const VOID: i32 = 20;

/// The element type of a dtype object by its type number; `None` if it is none of ours.
pub fn element_type(descr: &Bound<'_, PyAny>, type_num: i32) -> Option<Ty> {
    if type_num == TEXTS || type_num == BYTES {
        let unicode = type_num == TEXTS;
        let size: u32 = descr.getattr("itemsize").ok()?.extract().ok()?;
        let len = if unicode { size / 4 } else { size };
        return (len > 0).then(|| Ty::new(TyKind::CharSeq(CharSeqTy { unicode, len })));
    }
    if TIMES.contains(&type_num) {
        return time_named(&descr.getattr("str").ok()?.extract::<String>().ok()?);
    }
    if type_num == VOID {
        let seen = || SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(row) = seen().iter().find(|row| row.0.is(descr)) {
            return Some(row.1);
        }
        let ty = crate::records::record_type(descr)?;
        let mut rows = seen();
        let oldest = (rows.len() >= SEEN_MOST).then(|| rows.remove(0));
        rows.push((descr.clone().unbind(), ty));
        drop(rows);
        drop(oldest);
        return Some(ty);
    }
    None
}

/// The dtype object of an element type, if arrays can have it.
pub fn dtype<'py>(py: Python<'py>, ty: Ty) -> PyResult<Option<Bound<'py, PyAny>>> {
    if let Some(n) = nums().type_num(ty) {
        // SAFETY: a cached descriptor, which is an object.
        return Ok(Some(unsafe { Bound::from_borrowed_ptr(py, nums().descrs[n].cast::<ffi::PyObject>()) }));
    }
    let made = || MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(d) = made().get(&ty) {
        return Ok(Some(d.bind(py).clone()));
    }
    if let TyKind::Record(r) = ty.kind() {
        let d = crate::records::make_dtype(py, r)?;
        made().insert(ty, d.clone().unbind());
        return Ok(Some(d));
    }
    let text = match ty.kind() {
        TyKind::Datetime(t) | TyKind::Timedelta(t) => {
            let letter = if matches!(ty.kind(), TyKind::Datetime(_)) { "M8" } else { "m8" };
            let unit = t.to_string();
            if unit.is_empty() { letter.to_owned() } else { format!("{letter}[{unit}]") }
        }
        TyKind::CharSeq(c) => format!("{}{}", if c.unicode { 'U' } else { 'S' }, c.len),
        _ => return Ok(None),
    };
    let d = py.import("numpy")?.getattr("dtype")?.call1((text,))?;
    made().insert(ty, d.clone().unbind());
    Ok(Some(d))
}

/// The dtype object of a record that stands by itself.
pub fn record_dtype(py: Python<'_>, ty: Ty) -> PyResult<Option<Bound<'_, PyAny>>> {
    let made = || OF_RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(d) = made().get(&ty) {
        return Ok(Some(d.bind(py).clone()));
    }
    let Some(fields) = dtype(py, ty)? else { return Ok(None) };
    let np = py.import("numpy")?;
    let d = np.getattr("dtype")?.call1(((np.getattr("record")?, fields),))?;
    made().insert(ty, d.clone().unbind());
    Ok(Some(d))
}

fn time_classes(py: Python<'_>) -> PyResult<&[Py<PyAny>; 2]> {
    TIME_CLASSES.get_or_try_init(py, || {
        let np = py.import("numpy")?;
        Ok([np.getattr("datetime64")?.unbind(), np.getattr("timedelta64")?.unbind()])
    })
}

/// The type of a NumPy scalar that is a time.
pub fn time_scalar(obj: &Bound<'_, PyAny>) -> Option<Ty> {
    let class = obj.get_type();
    let known = time_classes(obj.py()).ok()?;
    if !known.iter().any(|c| class.is(c.bind(obj.py()))) {
        return None;
    }
    time_named(&obj.getattr("dtype").ok()?.getattr("str").ok()?.extract::<String>().ok()?)
}

/// The number of a time.
pub fn time_word(obj: &Bound<'_, PyAny>) -> PyResult<i64> {
    obj.call_method1("view", ("i8",))?.extract()
}

/// The NumPy scalar of a time type with this number.
pub fn time_object<'py>(py: Python<'py>, ty: Ty, word: i64) -> PyResult<Bound<'py, PyAny>> {
    let d = dtype(py, ty)?.ok_or_else(|| PySystemError::new_err("a time without a dtype"))?;
    py.import("numpy")?.getattr("int64")?.call1((word,))?.call_method1("view", (d,))
}
