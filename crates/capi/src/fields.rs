//! Fields of instances of jitted classes as Python reads and writes them: descriptors of the class of the instances.
//!
//! An instance is a tuple: numbers lie in one-dimensional arrays, a field of any other type in a typed list of at most one item. What a
//! descriptor finds is looked at each time, since a tuple of the class may have been made by hand.

use crate::layout;
use crate::nums::nums;
use crate::shared::Container;
use looplift_types::{FloatTy, Ty, TyKind};
use numpy::npyffi::{NPY_ARRAY_ALIGNED, NPY_ARRAY_WRITEABLE, PyArrayObject};
use pyo3::exceptions::{PyAttributeError, PyIndexError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

/// A field: which member of the tuple, and for numbers the position in the array.
#[pyclass(frozen, module = "looplift._core", name = "Field")]
#[derive(Debug)]
pub struct Field {
    owner: String,
    name: String,
    member: usize,
    position: Option<usize>,
}

/// What reading and writing a number in place takes.
#[derive(Clone, Copy)]
enum Number {
    Int64,
    Float64,
    Bool,
}

impl Number {
    fn of(ty: Ty) -> Option<Number> {
        match ty.kind() {
            TyKind::Int(i) if i.bits == 64 && i.signed => Some(Number::Int64),
            TyKind::Float(FloatTy::F64) => Some(Number::Float64),
            TyKind::Bool => Some(Number::Bool),
            _ => None,
        }
    }
}

impl Field {
    /// The member of an instance that has the field.
    #[inline]
    fn part<'a, 'py>(&self, instance: &'a Bound<'py, PyAny>) -> PyResult<Borrowed<'a, 'py, PyAny>> {
        let raw = instance.as_ptr();
        // SAFETY: attached; a tuple's items are borrowed from it, and the position is below its size.
        unsafe {
            let is_tuple = ffi::PyTuple_Check(raw) != 0 || crate::tuples::is_concealed(raw);
            if !is_tuple || self.member >= ffi::PyTuple_GET_SIZE(raw) as usize {
                return Err(PyTypeError::new_err(format!("field {:?} is of instances of {:?}", self.name, self.owner)));
            }
            Ok(Borrowed::from_ptr(instance.py(), ffi::PyTuple_GET_ITEM(raw, self.member as isize)))
        }
    }

    /// The address of a number in an array of native ones, what it is, and whether it may be written.
    #[inline]
    fn place(array: &Bound<'_, PyAny>, position: usize) -> Option<(*mut u8, Number, bool)> {
        // SAFETY: an ndarray has as many lengths and strides as it has dimensions; a position below the length is in its memory.
        unsafe {
            if ffi::Py_TYPE(array.as_ptr()) != nums().ndarray {
                return None;
            }
            let a = &(*array.as_ptr().cast::<PyArrayObject>()).fields;
            let num = (*a.descr).fields.type_num as usize;
            if nums().descrs.get(num) != Some(&a.descr) {
                return None;
            }
            let number = nums().types[num].and_then(Number::of)?;
            if a.nd != 1 || position as isize >= *a.dimensions || a.flags & NPY_ARRAY_ALIGNED == 0 {
                return None;
            }
            Some((a.data.cast::<u8>().offset(*a.strides * position as isize), number, a.flags & NPY_ARRAY_WRITEABLE != 0))
        }
    }

    fn container<'a, 'py>(&self, part: &'a Bound<'py, PyAny>) -> PyResult<&'a Bound<'py, Container>> {
        part.cast::<Container>().map_err(|_| PyTypeError::new_err(format!("field {:?} of {:?} is kept in a typed list", self.name, self.owner)))
    }
}

#[pymethods]
impl Field {
    #[new]
    #[pyo3(signature = (owner, name, member, position=None))]
    fn new(owner: String, name: String, member: usize, position: Option<usize>) -> Field {
        Field { owner, name, member, position }
    }

    fn __get__<'py>(slf: &Bound<'py, Self>, instance: Option<&Bound<'py, PyAny>>, _class: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let (this, py) = (slf.get(), slf.py());
        let Some(instance) = instance else { return Ok(slf.clone().into_any()) };
        let part = this.part(instance)?;
        let Some(position) = this.position else {
            return match this.container(&part)?.get().first(py)? {
                Some(value) => Ok(value),
                None => Err(PyAttributeError::new_err(format!("'{}' object has no value for field '{}' yet", this.owner, this.name))),
            };
        };
        let Some((at, number, _)) = Field::place(&part, position) else {
            return part.call_method1(pyo3::intern!(py, "item"), (position,));
        };
        // SAFETY: the address is of an aligned number of this type.
        unsafe {
            let object = match number {
                Number::Int64 => ffi::PyLong_FromLongLong(at.cast::<i64>().read()),
                Number::Float64 => ffi::PyFloat_FromDouble(at.cast::<f64>().read()),
                Number::Bool => ffi::PyBool_FromLong(at.read().into()),
            };
            Bound::from_owned_ptr_or_err(py, object)
        }
    }

    fn __set__(&self, instance: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let part = self.part(instance)?;
        let Some(position) = self.position else {
            return Container::set_first(self.container(&part)?, value);
        };
        let raw = value.as_ptr();
        // SAFETY: attached; classes say how objects are laid out; the address is of an aligned number that may be written.
        unsafe {
            let class = ffi::Py_TYPE(raw);
            let (is_int, is_float) = (class == &raw mut ffi::PyLong_Type, class == &raw mut ffi::PyFloat_Type);
            match Field::place(&part, position) {
                Some((at, Number::Float64, true)) if is_float => {
                    at.cast::<f64>().write(layout::float_value(raw));
                    return Ok(());
                }
                Some((at, Number::Float64, true)) if is_int && let Some(v) = layout::long_as_i64(raw) => {
                    at.cast::<f64>().write(v as f64);
                    return Ok(());
                }
                Some((at, Number::Int64, true)) if is_int && let Some(v) = layout::long_as_i64(raw) => {
                    at.cast::<i64>().write(v);
                    return Ok(());
                }
                Some((at, Number::Bool, true)) if class == &raw mut ffi::PyBool_Type => {
                    at.write((raw == ffi::Py_True()).into());
                    return Ok(());
                }
                _ => {}
            }
        }
        if value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>() {
            // NumPy would read a number out of it.
            return Err(PyTypeError::new_err(format!("field '{}' is a number, not {}", self.name, value.get_type().name()?)));
        }
        if part.len()? <= position {
            return Err(PyIndexError::new_err("index is out of bounds"));
        }
        part.set_item(position, value)
    }

    fn __delete__(&self, _instance: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyAttributeError::new_err(format!("field '{}' of '{}' object cannot be deleted", self.name, self.owner)))
    }
}
