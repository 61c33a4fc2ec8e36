//! `looplift.types.Type`: a type as a Python object.

use looplift_types::{ArrayTy, ComplexTy, Flavour, FloatTy, FunctionTy, HostRef, Layout, Literal, NamedTupleTy, SliceTy, Ty, TyKind};
use pyo3::exceptions::{PyAttributeError, PyKeyError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyEllipsis, PyList, PySlice, PyTuple};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A type on its way to or from Python. There is one object for each type.
#[derive(Clone, Debug)]
pub struct Type(pub Ty);

/// A type: immutable, hashable, equal to itself only.
#[pyclass(frozen, module = "looplift.types", name = "Type", weakref)]
#[derive(Debug)]
pub struct TypeObject(Ty);

/// The objects of types, by the address of the interned kind. Types live as long as the process.
static OBJECTS: Mutex<Option<HashMap<usize, Py<TypeObject>>>> = Mutex::new(None);

impl<'py> IntoPyObject<'py> for Type {
    type Target = TypeObject;
    type Output = Bound<'py, TypeObject>;
    type Error = PyErr;
    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, TypeObject>> {
        let address = std::ptr::from_ref(self.0.kind()) as usize;
        // No Python code runs while the lock is held.
        let objects = || OBJECTS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = objects().get_or_insert_default().get(&address) {
            return Ok(known.bind(py).clone());
        }
        let made = Bound::new(py, TypeObject(self.0))?;
        let kept = objects().get_or_insert_default().entry(address).or_insert_with(|| made.clone().unbind()).bind(py).clone();
        Ok(kept)
    }
}

/// Names of kinds as Python sees them.
pub fn kind_name(ty: Ty) -> &'static str {
    match ty.kind() {
        TyKind::Bottom => "undefined",
        TyKind::None => "none",
        TyKind::Ellipsis => "ellipsis",
        TyKind::NotImplemented => "notimplemented",
        TyKind::Bool => "boolean",
        TyKind::Int(_) => "integer",
        TyKind::Float(_) => "float",
        TyKind::Complex(_) => "complex",
        TyKind::Datetime(_) => "datetime",
        TyKind::Timedelta(_) => "timedelta",
        TyKind::Literal(Literal::Int(_)) => "literal_int",
        TyKind::Literal(Literal::Bool(_)) => "literal_bool",
        TyKind::Literal(Literal::Str(_)) => "literal_str",
        TyKind::Str => "str",
        TyKind::Bytes => "bytes",
        TyKind::CharSeq(_) => "charseq",
        TyKind::Generator => "generator",
        TyKind::Stream(looplift_types::Stream::Random) => "python_random",
        TyKind::Stream(looplift_types::Stream::RandomState) => "random_state",
        TyKind::Stream(looplift_types::Stream::Generator) => "generator_object",
        TyKind::Pointer(_) => "pointer",
        TyKind::Tuple(_) => "tuple",
        TyKind::LiteralList(_) => "literal_list",
        TyKind::NamedTuple(_) => "namedtuple",
        TyKind::Array(_) => "array",
        TyKind::Slice(_) => "slice",
        TyKind::Range(_) => "range",
        TyKind::Iter(_) => "iterator",
        TyKind::Record(_) => "record",
        TyKind::Instance(_) => "instance",
        TyKind::Enum(e) if e.kind.is_int() => "int_enum",
        TyKind::Enum(_) => "enum",
        TyKind::Optional(_) => "optional",
        TyKind::List(_) => "list",
        TyKind::Set(_) => "set",
        TyKind::Dict(_) => "dict",
        TyKind::DictView(..) => "dictview",
        TyKind::DType(_) => "dtype",
        TyKind::NumberClass(_) => "numberclass",
        TyKind::Function(_) => "function",
        TyKind::Dispatcher(_) => "dispatcher",
        TyKind::ExcClass(_) => "exception_class",
        TyKind::ExcInstance(..) => "exception_instance",
        TyKind::Exception => "exception",
        TyKind::Module(_) => "module",
        TyKind::BoundMethod(..) => "bound_method",
        TyKind::Object(_) => "object",
        TyKind::Closure(_) => "closure",
        TyKind::Functions(_) => "functions",
        TyKind::FunctionValue(_) => "function_type",
        TyKind::KwArgs(..) => "literal_dict",
        TyKind::Initial(t, _) => kind_name(*t),
        TyKind::Gen(_) => "generator",
    }
}

impl TypeObject {
    /// What `looplift.types._records` says of a record type.
    fn of_record<'py>(&self, py: Python<'py>, what: &str) -> PyResult<Bound<'py, PyAny>> {
        match self.0.kind() {
            TyKind::Record(_) => py.import("looplift.types._records")?.getattr(what)?.call1((Type(self.0),)),
            _ => Err(missing(self.0, what)),
        }
    }
}

/// The value of a literal type.
fn literal_object<'py>(py: Python<'py>, ty: Ty) -> PyResult<Option<Bound<'py, PyAny>>> {
    Ok(match ty.as_literal() {
        Some(Literal::Int(v)) => Some(v.into_pyobject(py)?.into_any()),
        Some(Literal::Bool(v)) => Some(v.into_pyobject(py)?.to_owned().into_any()),
        Some(Literal::Str(v)) => Some((&**v).into_pyobject(py)?.into_any()),
        None => None,
    })
}

fn missing(ty: Ty, name: &str) -> PyErr {
    PyAttributeError::new_err(format!("type {ty} has no attribute '{name}'"))
}

/// Numbers of one sort are ordered by width.
fn compare(a: Ty, other: &Bound<'_, PyAny>, op: &str) -> PyResult<std::cmp::Ordering> {
    let width = |t: Ty| t.itemsize();
    if let Ok(b) = other.cast::<TypeObject>().map(|o| o.get().0) {
        let same = match (a.kind(), b.kind()) {
            (TyKind::Int(x), TyKind::Int(y)) => x.signed == y.signed,
            (TyKind::Float(_), TyKind::Float(_)) | (TyKind::Complex(_), TyKind::Complex(_)) => true,
            _ => false,
        };
        if same {
            return Ok(width(a).cmp(&width(b)));
        }
    }
    Err(PyTypeError::new_err(format!("'{op}' not supported between types {a} and {}", other.str()?)))
}

/// The tuple of element types as Python objects.
fn pack<'py>(py: Python<'py>, types: &[Ty]) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, types.iter().map(|t| Type(*t)))
}

impl TypeObject {
    /// `float64[:, ::1]`.
    fn array_of_index(&self, index: &Bound<'_, PyAny>) -> PyResult<Ty> {
        let element = match self.0.kind() {
            TyKind::DType(t) => *t,
            _ => self.0,
        };
        if element.itemsize().is_none() {
            return Err(PyTypeError::new_err(format!("{} cannot be an array element", self.0)));
        }
        let dims: Vec<Bound<'_, PyAny>> = match index.cast::<PyTuple>() {
            Ok(t) => t.iter().collect(),
            Err(_) => vec![index.clone()],
        };
        let mut unit = Vec::with_capacity(dims.len());
        for d in &dims {
            if d.cast::<PyEllipsis>().is_ok() {
                return Err(PyTypeError::new_err("array types of any dimension are not supported"));
            }
            let refused = || PyKeyError::new_err(format!("Can only index numba types with slices with no start or stop, got {d}."));
            let slice = d.cast::<PySlice>().map_err(|_| refused())?;
            if !slice.getattr("start")?.is_none() || !slice.getattr("stop")?.is_none() {
                return Err(refused());
            }
            let step = slice.getattr("step")?;
            unit.push(match step.is_none() {
                true => false,
                false if step.extract::<i64>().ok() == Some(1) => true,
                false => return Err(refused()),
            });
        }
        let layout = match unit.iter().filter(|u| **u).count() {
            0 => Layout::A,
            1 if unit.last() == Some(&true) => Layout::C,
            1 if unit.first() == Some(&true) => Layout::F,
            _ => return Err(PyValueError::new_err("'::1' stands in the first or the last dimension")),
        };
        array_of(element, unit.len(), layout, false, true)
    }
}

#[pymethods]
impl TypeObject {
    fn __str__(&self) -> String {
        self.0.to_string()
    }
    fn __repr__(&self) -> String {
        match self.0.as_array() {
            Some(a) => format!(
                "Array({}, {}, '{:?}', {}, aligned={})",
                a.dtype,
                a.ndim,
                a.layout,
                if a.readonly { "True" } else { "False" },
                if a.aligned { "True" } else { "False" }
            ),
            None => self.0.to_string(),
        }
    }
    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<TypeObject>().is_ok_and(|o| o.get().0 == self.0)
    }
    fn __lt__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(compare(self.0, other, "<")?.is_lt())
    }
    fn __le__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(compare(self.0, other, "<=")?.is_le())
    }
    fn __gt__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(compare(self.0, other, ">")?.is_gt())
    }
    fn __ge__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(compare(self.0, other, ">=")?.is_ge())
    }
    fn __hash__(&self) -> isize {
        (std::ptr::from_ref(self.0.kind()) as usize >> 4) as isize
    }
    /// Rebuilt from its parts by the constructor functions.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let core = py.import("looplift._core")?;
        Ok(match self.0.kind() {
            TyKind::Array(a) => {
                let args = (Type(a.dtype), a.ndim, format!("{:?}", a.layout), a.readonly, py.None(), a.aligned);
                (core.getattr("array_type")?, args.into_pyobject(py)?)
            }
            TyKind::Tuple(e) => (core.getattr("tuple_type")?, PyTuple::new(py, [pack(py, e)?])?),
            TyKind::NamedTuple(n) => {
                let class = crate::objects::get(py, n.class.id).ok_or_else(|| PyValueError::new_err("the class no longer exists"))?;
                (core.getattr("namedtuple_type")?, (pack(py, &n.elems)?, class).into_pyobject(py)?)
            }
            TyKind::Record(_) => (core.getattr("dtype_type")?, (crate::descrs::dtype(py, self.0)?,).into_pyobject(py)?),
            TyKind::Optional(t) => (core.getattr("optional_type")?, (Type(*t),).into_pyobject(py)?),
            TyKind::Enum(e) => {
                let class = crate::objects::get(py, e.class.id).ok_or_else(|| PyValueError::new_err("the class no longer exists"))?;
                (core.getattr("enum_type")?, (class,).into_pyobject(py)?)
            }
            TyKind::LiteralList(e) => (core.getattr("literal_list_type")?, PyTuple::new(py, [pack(py, e)?])?),
            TyKind::KwArgs(..) => (core.getattr("literal_dict_type")?, PyTuple::new(py, [self.literal_value(py)?])?),
            TyKind::FunctionValue(s) => (core.getattr("function_type")?, (Type(s.ret), pack(py, &s.args)?).into_pyobject(py)?),
            TyKind::Initial(t, items) => (core.getattr("initial_type")?, (Type(*t), pack(py, items)?).into_pyobject(py)?),
            TyKind::Literal(_) => (core.getattr("literal_type")?, (self.literal_value(py)?,).into_pyobject(py)?),
            TyKind::Dict(d) if matches!(d.flavour, Flavour::Factory(_)) => {
                return Err(PyValueError::new_err("a defaultdict whose factory is a function has a type of this process only"));
            }
            TyKind::List(_) | TyKind::Set(_) | TyKind::Dict(_) => {
                let parts = pack(py, &self.0.container_parts().unwrap_or_default())?;
                (core.getattr("container_type")?, (kind_name(self.0), self.flavour()?, parts).into_pyobject(py)?)
            }
            _ => (core.getattr("parse_type")?, (self.0.to_string(),).into_pyobject(py)?),
        })
    }
    /// `int64(float64, int64)` is a signature; `int64(3.7)` converts a value.
    #[pyo3(signature = (*args))]
    fn __call__<'py>(&self, py: Python<'py>, args: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        let support = py.import("looplift._signature")?;
        match args.get_item(0) {
            Ok(first) if args.len() == 1 && first.cast::<TypeObject>().is_err() => support.getattr("cast_value")?.call1((Type(self.0), first)),
            _ => {
                let mut all = vec![Type(self.0).into_pyobject(py)?.into_any()];
                all.extend(args.iter());
                support.getattr("signature")?.call1(PyTuple::new(py, all)?)
            }
        }
    }
    /// `float64[:, ::1]`: an array type.
    fn __getitem__<'py>(&self, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = index.py();
        if let (TyKind::List(l), true) = (self.0.kind(), index.is_instance_of::<pyo3::types::PyInt>()) {
            return Ok(Type(l.elem).into_pyobject(py)?.into_any());
        }
        if self.0.is_none() {
            // Arrays that compiled code has none of.
            return py.import("looplift.types")?.getattr("array_type_of")?.call1((Type(self.0), index));
        }
        Ok(Type(self.array_of_index(index)?).into_pyobject(py)?.into_any())
    }
    #[getter]
    fn kind(&self) -> &'static str {
        kind_name(self.0)
    }
    #[getter]
    fn name(&self) -> String {
        self.0.to_string()
    }
    #[getter]
    fn key(&self) -> String {
        self.0.to_string()
    }
    /// Words the value takes in compiled code, `None` if it never crosses the border.
    #[getter]
    fn words(&self) -> Option<usize> {
        crate::words::count(self.0)
    }
    /// Element type of an array, range, dtype, number class; common element type of a tuple.
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let element = match self.0.kind() {
            TyKind::Record(_) => return self.numpy_dtype(py),
            TyKind::Array(a) => a.dtype,
            TyKind::List(_) | TyKind::Set(_) | TyKind::Initial(..) if self.0.as_dict().is_none() => self.0.container_parts().unwrap_or_default()[0],
            TyKind::Range(t) | TyKind::DType(t) | TyKind::NumberClass(t) | TyKind::Pointer(t) => *t,
            TyKind::Tuple(e) if e.first().is_some_and(|f| e.iter().all(|x| x == f)) => e[0],
            TyKind::NamedTuple(n) if n.elems.first().is_some_and(|f| n.elems.iter().all(|x| x == f)) => n.elems[0],
            _ => return Err(missing(self.0, "dtype")),
        };
        Ok(Type(element).into_pyobject(py)?.into_any())
    }
    /// Element type of a list or set.
    #[getter]
    fn item_type(&self) -> PyResult<Type> {
        match self.0.container_parts().as_deref() {
            Some([elem]) => Ok(Type(*elem)),
            _ => Err(missing(self.0, "item_type")),
        }
    }
    #[getter]
    fn key_type(&self) -> PyResult<Type> {
        self.0.as_dict().map(|d| Type(d.key)).ok_or_else(|| missing(self.0, "key_type"))
    }
    #[getter]
    fn value_type(&self) -> PyResult<Type> {
        self.0.as_dict().map(|d| Type(d.value)).ok_or_else(|| missing(self.0, "value_type"))
    }
    /// Where a container comes from: `plain`, `reflected` or `typed`; or the class it is of, as `deque`.
    #[getter]
    fn flavour(&self) -> PyResult<&'static str> {
        self.0.flavour().map(Flavour::name).ok_or_else(|| missing(self.0, "flavour"))
    }
    /// How many parameters of a function that captures something have defaults.
    #[getter]
    fn defaults(&self) -> PyResult<u32> {
        match self.0.kind() {
            TyKind::Closure(c) => Ok(c.defaults + c.kwnames.len() as u32),
            _ => Err(missing(self.0, "defaults")),
        }
    }
    /// The types that a type is made of, whatever it is: elements, what a function captured, of which functions it is one.
    #[getter]
    fn parts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match self.0.kind() {
            TyKind::Closure(c) => pack(py, &c.elems),
            TyKind::Functions(members) => pack(py, members),
            TyKind::Optional(t) => pack(py, &[*t]),
            TyKind::DictView(d, _) => pack(py, &[*d]),
            TyKind::NamedTuple(n) | TyKind::Instance(n) => pack(py, &n.elems),
            _ => match (self.0.tuple_elems(), self.0.container_parts()) {
                (Some(elems), _) => pack(py, elems),
                (_, Some(parts)) => pack(py, &parts),
                _ => Ok(PyTuple::empty(py)),
            },
        }
    }
    /// The function that makes values of missing keys, where that is no class.
    #[getter]
    fn factory<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        match self.0.flavour() {
            Some(Flavour::Factory(id)) => crate::objects::get(py, id),
            _ => None,
        }
    }
    #[getter]
    fn reflected(&self) -> PyResult<bool> {
        self.0.flavour().map(|f| f == Flavour::Reflected).ok_or_else(|| missing(self.0, "reflected"))
    }
    /// What a view of a dict shows: `Keys`, `Values` or `Items`, and of which dict type.
    #[getter]
    fn view(&self) -> PyResult<(String, Type)> {
        match self.0.kind() {
            TyKind::DictView(d, v) => Ok((format!("{v:?}"), Type(*d))),
            _ => Err(missing(self.0, "view")),
        }
    }
    /// Arguments and result of function values.
    #[getter]
    fn signature<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.0.kind() {
            TyKind::FunctionValue(s) => py.import("looplift._signature")?.getattr("Signature")?.call1((Type(s.ret), pack(py, &s.args)?)),
            _ => Err(missing(self.0, "signature")),
        }
    }
    /// Whether values can be keys of dicts and items of sets.
    #[getter]
    fn hashable(&self) -> bool {
        looplift_types::element::is_hashable(self.0)
    }
    #[getter]
    fn instance_type(&self) -> PyResult<Type> {
        match self.0.kind() {
            TyKind::NumberClass(t) => Ok(Type(*t)),
            _ => Err(missing(self.0, "instance_type")),
        }
    }
    /// What a jitted class calls its `class_type`, of the type of its instances.
    #[getter]
    fn class_type<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.0.kind() {
            TyKind::NamedTuple(_) => self.value(py)?.getattr("_public_class")?.getattr("class_type"),
            _ => Err(missing(self.0, "class_type")),
        }
    }
    /// The class of an enumeration's members.
    #[getter]
    fn instance_class<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if self.0.as_enum().is_none() {
            return Err(missing(self.0, "instance_class"));
        }
        self.value(py)
    }
    #[getter]
    fn ndim(&self) -> PyResult<u8> {
        self.0.as_array().map(|a| a.ndim).ok_or_else(|| missing(self.0, "ndim"))
    }
    #[getter]
    fn layout(&self) -> PyResult<String> {
        self.0.as_array().map(|a| format!("{:?}", a.layout)).ok_or_else(|| missing(self.0, "layout"))
    }
    #[getter]
    fn mutable(&self) -> bool {
        self.0.as_array().is_some_and(|a| !a.readonly)
    }
    #[getter]
    fn aligned(&self) -> PyResult<bool> {
        match self.0.kind() {
            TyKind::Array(a) => Ok(a.aligned),
            TyKind::Record(r) => Ok(r.aligned),
            _ => Err(missing(self.0, "aligned")),
        }
    }
    #[getter]
    fn is_c_contig(&self) -> bool {
        self.0.as_array().is_some_and(|a| a.layout == Layout::C || a.ndim == 0)
    }
    #[getter]
    fn is_f_contig(&self) -> bool {
        self.0.as_array().is_some_and(|a| a.layout == Layout::F || (a.layout == Layout::C && a.ndim <= 1))
    }
    #[getter]
    fn is_contig(&self) -> bool {
        self.0.as_array().is_some_and(|a| a.layout != Layout::A)
    }
    #[getter]
    fn bitwidth(&self) -> PyResult<u32> {
        match self.0.kind() {
            TyKind::Bool | TyKind::Int(_) | TyKind::Float(_) | TyKind::Complex(_) => Ok(self.0.itemsize().unwrap_or(1) * 8),
            _ => Err(missing(self.0, "bitwidth")),
        }
    }
    /// Bytes of a record.
    #[getter]
    fn size<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.of_record(py, "size")
    }
    /// Type, offset and alignment of a record's field.
    #[pyo3(name = "typeof")]
    fn type_of_field<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.of_record(py, "fields")?.get_item(name)?.getattr("type")
    }
    fn offset<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.of_record(py, "fields")?.get_item(name)?.getattr("offset")
    }
    fn alignof<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.of_record(py, "fields")?.get_item(name)?.getattr("alignment")
    }
    /// Whether a name of a record's field is a title.
    fn is_title<'py>(&self, py: Python<'py>, name: &str) -> PyResult<bool> {
        match self.of_record(py, "fields")?.get_item(name) {
            Ok(field) => Ok(field.getattr("title")?.extract::<Option<String>>()?.as_deref() == Some(name)),
            Err(_) => Ok(false),
        }
    }
    /// Whether a field of a record has a title.
    fn has_titles(&self) -> PyResult<bool> {
        match self.0.kind() {
            TyKind::Record(r) => Ok(r.fields.iter().any(|f| f.title.is_some())),
            _ => Err(missing(self.0, "has_titles")),
        }
    }
    /// NumPy's number of the unit of a time type.
    #[getter]
    fn unit_code(&self) -> PyResult<u8> {
        match self.0.kind() {
            TyKind::Datetime(t) | TyKind::Timedelta(t) => Ok(t.unit_code()),
            _ => Err(missing(self.0, "unit_code")),
        }
    }
    /// The unit of a time type, as NumPy writes it.
    #[getter]
    fn unit(&self) -> PyResult<String> {
        match self.0.kind() {
            TyKind::Datetime(t) | TyKind::Timedelta(t) => Ok(t.to_string()),
            _ => Err(missing(self.0, "unit")),
        }
    }
    /// The `numpy.dtype` of an element type.
    #[getter]
    fn numpy_dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        crate::descrs::dtype(py, self.0)?.ok_or_else(|| missing(self.0, "numpy_dtype"))
    }
    #[getter]
    fn signed(&self) -> PyResult<bool> {
        self.0.as_int().map(|i| i.signed).ok_or_else(|| missing(self.0, "signed"))
    }
    /// The float type of a complex type's parts.
    #[getter]
    fn underlying_float(&self) -> PyResult<Type> {
        self.0.as_complex().map(|c| Type(Ty::float(c.part()))).ok_or_else(|| missing(self.0, "underlying_float"))
    }
    /// Element types of a tuple.
    #[getter]
    fn types<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        pack(py, self.0.tuple_elems().ok_or_else(|| missing(self.0, "types"))?)
    }
    #[getter]
    fn count(&self) -> PyResult<usize> {
        self.0.tuple_elems().map(<[Ty]>::len).ok_or_else(|| missing(self.0, "count"))
    }
    #[getter]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.0.kind() {
            TyKind::NamedTuple(n) => Ok(PyTuple::new(py, n.fields.iter().map(|f| &**f))?.into_any()),
            TyKind::Record(_) => self.of_record(py, "fields"),
            _ => Err(missing(self.0, "fields")),
        }
    }
    fn __len__(&self) -> PyResult<usize> {
        if let TyKind::Record(r) = self.0.kind() {
            return Ok(r.fields.len());
        }
        self.0.tuple_elems().map(<[Ty]>::len).ok_or_else(|| PyTypeError::new_err(format!("type {} has no len()", self.0)))
    }
    fn __bool__(&self) -> bool {
        true
    }
    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.0.tuple_elems() {
            Some(e) => Ok(pack(py, e)?.try_iter()?.into_any()),
            None => Err(PyTypeError::new_err(format!("type {} is not iterable", self.0))),
        }
    }
    #[getter]
    fn literal_value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.0.kind() {
            TyKind::LiteralList(items) => Ok(PyList::new(py, items.iter().map(|t| Type(*t)))?.into_any()),
            TyKind::KwArgs(names, values) => {
                let out = PyDict::new(py);
                for (n, t) in names.iter().zip(values) {
                    out.set_item(Type(Ty::lit_str(n)), Type(*t))?;
                }
                Ok(out.into_any())
            }
            _ => literal_object(py, self.0)?.ok_or_else(|| missing(self.0, "literal_value")),
        }
    }
    /// What the display of a list or dict put in, if that is known.
    #[getter]
    fn initial_value<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let value = |t: &Ty| literal_object(py, *t)?.ok_or_else(|| missing(*t, "literal_value"));
        match self.0.kind() {
            TyKind::Initial(t, items) if t.as_dict().is_some() => {
                let out = PyDict::new(py);
                for pair in items.chunks_exact(2) {
                    out.set_item(value(&pair[0])?, value(&pair[1])?)?;
                }
                Ok(Some(out.into_any()))
            }
            TyKind::Initial(_, items) => Ok(Some(PyList::new(py, items.iter().map(value).collect::<PyResult<Vec<_>>>()?)?.into_any())),
            TyKind::List(_) | TyKind::Dict(_) => Ok(None),
            _ => Err(missing(self.0, "initial_value")),
        }
    }
    /// The type without literal knowledge.
    #[getter]
    fn unliteral(&self) -> Type {
        Type(self.0.unliteral())
    }
    /// Inner type of an optional.
    #[getter(r#type)]
    fn inner(&self) -> PyResult<Type> {
        match self.0.kind() {
            TyKind::Optional(t) => Ok(Type(*t)),
            _ => Err(missing(self.0, "type")),
        }
    }
    #[getter]
    fn members<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.0.kind() {
            TyKind::Slice(s) => Ok(pack(py, &[s.start, s.stop, s.step])?.into_any()),
            TyKind::Record(_) => self.of_record(py, "members"),
            _ => Err(missing(self.0, "members")),
        }
    }
    /// The Python object behind a function, class, module or other compile-time type.
    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let id = match self.0.kind() {
            TyKind::Function(r) | TyKind::Dispatcher(r) | TyKind::ExcClass(r) | TyKind::Module(r) | TyKind::Object(r) => r.id,
            TyKind::NamedTuple(n) | TyKind::Instance(n) => n.class.id,
            TyKind::Enum(e) => e.class.id,
            TyKind::Closure(c) => c.func.id,
            _ => return Err(missing(self.0, "value")),
        };
        crate::objects::get(py, id).ok_or_else(|| PyValueError::new_err("the object no longer exists"))
    }
    /// A copy with other array properties.
    #[pyo3(signature = (dtype=None, ndim=None, layout=None, readonly=None, aligned=None))]
    fn copy(&self, dtype: Option<Type>, ndim: Option<usize>, layout: Option<&str>, readonly: Option<bool>, aligned: Option<bool>) -> PyResult<Type> {
        let a = self.0.as_array().ok_or_else(|| missing(self.0, "copy"))?;
        let layout = layout.map_or(Ok(a.layout), parse_layout)?;
        array_of(dtype.map_or(a.dtype, |t| t.0), ndim.unwrap_or(usize::from(a.ndim)), layout, readonly.unwrap_or(a.readonly), aligned.unwrap_or(a.aligned))
            .map(Type)
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Type {
    type Error = PyErr;
    fn extract(obj: Borrowed<'a, 'py, PyAny>) -> PyResult<Type> {
        Ok(Type(obj.cast::<TypeObject>().map_err(|_| PyTypeError::new_err("a looplift type is expected"))?.get().0))
    }
}

fn parse_layout(text: &str) -> PyResult<Layout> {
    match text {
        "C" => Ok(Layout::C),
        "F" => Ok(Layout::F),
        "A" => Ok(Layout::A),
        _ => Err(PyValueError::new_err(format!("layout is 'C', 'F' or 'A', not {text:?}"))),
    }
}

fn array_of(dtype: Ty, ndim: usize, layout: Layout, readonly: bool, aligned: bool) -> PyResult<Ty> {
    if dtype.itemsize().is_none() {
        return Err(PyTypeError::new_err(format!("{dtype} cannot be an array element")));
    }
    if ndim > 64 {
        return Err(PyValueError::new_err("arrays have at most 64 dimensions"));
    }
    Ok(Ty::new(TyKind::Array(ArrayTy { dtype, ndim: ndim as u8, layout, readonly, aligned })))
}

/// `Array(dtype, ndim, layout, readonly=False, aligned=True)`.
#[pyfunction]
#[pyo3(signature = (dtype, ndim, layout, readonly=false, name=None, aligned=true))]
pub fn array_type(dtype: Type, ndim: usize, layout: &str, readonly: bool, name: Option<&str>, aligned: bool) -> PyResult<Type> {
    let _ = name;
    array_of(dtype.0, ndim, parse_layout(layout)?, readonly, aligned).map(Type)
}

/// The tuple type of the given element types.
#[pyfunction]
pub fn tuple_type(elems: Vec<Type>) -> Type {
    Type(Ty::tuple(elems.into_iter().map(|t| t.0).collect::<Vec<_>>()))
}

/// The named tuple type of a class.
#[pyfunction]
pub fn namedtuple_type(elems: Vec<Type>, class: &Bound<'_, PyAny>) -> PyResult<Type> {
    let fields: Vec<String> = class.getattr("_fields")?.extract()?;
    if fields.len() != elems.len() {
        return Err(PyValueError::new_err("a type for each field is needed"));
    }
    Ok(Type(Ty::new(TyKind::NamedTuple(Box::new(NamedTupleTy {
        class: crate::objects::class_ref(class),
        fields: fields.into_iter().map(Into::into).collect(),
        elems: elems.into_iter().map(|t| t.0).collect(),
    })))))
}

/// The type of the members of a class of `enum`.
#[pyfunction]
pub fn enum_type(class: &Bound<'_, PyAny>) -> PyResult<Type> {
    crate::enums::member_type(class).map(Type).ok_or_else(|| PyTypeError::new_err(format!("{class} is no class of enum that can be compiled")))
}

/// The type of elements of a dtype, or None.
#[pyfunction]
pub fn dtype_type(dtype: &Bound<'_, PyAny>) -> Option<Type> {
    crate::type_of::dtype_element(dtype).map(Type)
}

/// A list, set or dict type: kind, flavour, element types.
#[pyfunction]
pub fn container_type(kind: &str, flavour: &str, parts: Vec<Type>) -> PyResult<Type> {
    let known = Flavour::ALL.iter().find(|f| f.1 == flavour);
    let flavour = known.ok_or_else(|| PyValueError::new_err(format!("no flavour '{flavour}' of containers")))?.0;
    let parts: Vec<Ty> = parts.into_iter().map(|t| t.0.unliteral()).collect();
    for p in &parts {
        if looplift_types::element::code(*p).is_none() && !p.is_bottom() {
            return Err(PyTypeError::new_err(format!("values of type {p} cannot be elements of a container")));
        }
    }
    let hashable = |t: Ty| {
        if t.is_bottom() || looplift_types::element::is_hashable(t) { Ok(()) } else { Err(PyTypeError::new_err(format!("unhashable type: {t}"))) }
    };
    Ok(Type(match (kind, &parts[..]) {
        ("list", [e]) => Ty::list(*e, flavour),
        ("set", [e]) => {
            hashable(*e)?;
            Ty::set(*e, flavour)
        }
        ("dict", [k, v]) => {
            hashable(*k)?;
            Ty::dict(*k, *v, flavour)
        }
        _ => return Err(PyValueError::new_err(format!("no container '{kind}' of {} element types", parts.len()))),
    }))
}

/// The type of a list display of values of these types.
#[pyfunction]
pub fn literal_list_type(elems: Vec<Type>) -> Type {
    Type(Ty::new(TyKind::LiteralList(elems.into_iter().map(|t| t.0).collect())))
}

/// The type of a dict display: types of values by literal types of names.
#[pyfunction]
pub fn literal_dict_type(items: &Bound<'_, PyDict>) -> PyResult<Type> {
    let (mut names, mut types): (Vec<Box<str>>, Vec<Ty>) = (Vec::new(), Vec::new());
    for (k, v) in items.iter() {
        match k.extract::<Type>()?.0.as_literal() {
            Some(Literal::Str(s)) => names.push(s.clone()),
            _ => return Err(PyTypeError::new_err("the keys are literal types of str")),
        }
        types.push(v.extract::<Type>()?.0);
    }
    Ok(Type(Ty::new(TyKind::KwArgs(names.into(), types.into()))))
}

/// A list or dict type with the literal types of what its display put in (of a dict, keys and values by turns).
#[pyfunction]
pub fn initial_type(of: Type, items: Vec<Type>) -> PyResult<Type> {
    let items: Box<[Ty]> = items.into_iter().map(|t| t.0).collect();
    let dict = of.0.as_dict().is_some();
    if of.0.as_list().is_none() && !dict || !items.iter().all(|t| t.is_literal()) || (dict && !items.len().is_multiple_of(2)) {
        return Err(PyTypeError::new_err("lists and dicts have initial values, which are literals"));
    }
    Ok(Type(Ty::new(TyKind::Initial(of.0.unliteral(), items))))
}

/// The type of function values with these arguments and this result.
#[pyfunction]
pub fn function_type(ret: Type, args: Vec<Type>) -> Type {
    Type(Ty::new(TyKind::FunctionValue(Box::new(FunctionTy { args: args.into_iter().map(|t| t.0).collect(), ret: ret.0 }))))
}

/// `Optional(T)`; optionals do not nest.
#[pyfunction]
pub fn optional_type(inner: Type) -> Type {
    match inner.0.kind() {
        TyKind::Optional(_) | TyKind::None => inner,
        _ => Type(Ty::new(TyKind::Optional(inner.0))),
    }
}

/// The literal type of an int, bool or str.
#[pyfunction]
pub fn literal_type(value: &Bound<'_, PyAny>) -> PyResult<Type> {
    if let Ok(b) = value.cast::<pyo3::types::PyBool>() {
        return Ok(Type(Ty::lit_bool(b.is_true())));
    }
    if let Ok(s) = value.cast::<pyo3::types::PyString>() {
        return Ok(Type(Ty::lit_str(&s.to_cow()?)));
    }
    if value.is_exact_instance_of::<pyo3::types::PyInt>() {
        return Ok(Type(Ty::lit_int(value.extract()?)));
    }
    Err(PyTypeError::new_err("literal types are of int, bool and str"))
}

/// A type by its name: the basic ones, which have no parts.
#[pyfunction]
pub fn basic_type(name: &str) -> PyResult<Type> {
    let slice = |n: u8| {
        let i = Ty::int64();
        Ty::new(TyKind::Slice(SliceTy { start: i, stop: i, step: if n == 2 { Ty::none() } else { i } }))
    };
    Ok(Type(match name {
        "none" => Ty::none(),
        "bool" => Ty::bool(),
        "int8" => Ty::int(8, true),
        "int16" => Ty::int(16, true),
        "int32" => Ty::int(32, true),
        "int64" => Ty::int64(),
        "uint8" => Ty::int(8, false),
        "uint16" => Ty::int(16, false),
        "uint32" => Ty::int(32, false),
        "uint64" => Ty::uint64(),
        "float16" => Ty::float(FloatTy::F16),
        "float32" => Ty::float32(),
        "float64" => Ty::float64(),
        "complex64" => Ty::complex(ComplexTy::C64),
        "complex128" => Ty::complex128(),
        "unicode_type" => Ty::str(),
        "bytes" => Ty::new(TyKind::Bytes),
        "NumPyRandomGeneratorType" => Ty::new(TyKind::Generator),
        "ellipsis" => Ty::new(TyKind::Ellipsis),
        "undefined" => Ty::bottom(),
        "slice2_type" => slice(2),
        "slice3_type" => slice(3),
        "range_state_int32" => Ty::range(Ty::int(32, true)),
        "range_state_int64" => Ty::range(Ty::int64()),
        "range_state_uint64" => Ty::range(Ty::uint64()),
        _ => looplift_types::time_named(name).ok_or_else(|| PyValueError::new_err(format!("no basic type '{name}'")))?,
    }))
}

/// The `HostRef` in a type, if it has one.
pub fn host_ref(ty: Ty) -> Option<&'static HostRef> {
    match ty.kind() {
        TyKind::Function(r) | TyKind::Dispatcher(r) | TyKind::ExcClass(r) | TyKind::Module(r) | TyKind::Object(r) | TyKind::ExcInstance(r, _) => Some(r),
        TyKind::NamedTuple(n) | TyKind::Instance(n) => Some(&n.class),
        TyKind::Enum(e) => Some(&e.class),
        _ => None,
    }
}
