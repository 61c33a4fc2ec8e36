//! Objects that draw random numbers and whose methods Python runs (`random.Random`, `numpy.random.RandomState`, generators that are
//! constants): one word, the object.

use looplift_abi::heap::FOREIGN_TAG;
use looplift_types::Stream;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// Classes, which come to be known when their modules have been imported: no object has one before.
static CLASSES: [PyOnceLock<Py<PyAny>>; 4] = [const { PyOnceLock::new() }; 4];
const PLACES: [(&str, &str); 4] = [("random", "Random"), ("random", "SystemRandom"), ("numpy.random", "RandomState"), ("numpy.random", "Generator")];

fn class<'py>(py: Python<'py>, which: usize) -> Option<&'py Bound<'py, PyAny>> {
    if let Some(c) = CLASSES[which].get(py) {
        return Some(c.bind(py));
    }
    let (module, name) = PLACES[which];
    let modules = py.import("sys").ok()?.getattr("modules").ok()?;
    let found = modules.get_item(module).ok()?.getattr(name).ok()?.unbind();
    Some(CLASSES[which].get_or_init(py, || found).bind(py))
}

/// What an object of one of these very classes is: a class derived from one may mean something else by its methods.
pub fn stream_of(obj: &Bound<'_, PyAny>) -> Option<Stream> {
    let of = obj.get_type();
    (0..PLACES.len()).find(|&which| class(obj.py(), which).is_some_and(|c| of.is(c))).map(|which| match which {
        0 | 1 => Stream::Random,
        2 => Stream::RandomState,
        _ => Stream::Generator,
    })
}

/// The word of an object of this kind, borrowed.
pub fn word(obj: &Bound<'_, PyAny>, want: Stream) -> PyResult<u64> {
    if stream_of(obj) != Some(want) {
        return Err(PyTypeError::new_err(format!("a value of type {} is expected, not {}", want.name(), crate::objects::qualname(&obj.get_type()))));
    }
    Ok((obj.as_ptr() as usize | FOREIGN_TAG) as u64)
}
