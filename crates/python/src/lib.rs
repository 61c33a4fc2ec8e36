//! The extension module `looplift._core`: dispatchers, types, the host of the compiler.
//!
//! What users see is in `python/looplift`; this module has what must be fast or touches compiled code.
#![allow(unsafe_code, reason = "defines a CPython type and calls machine code")]

mod callback;
mod context;
mod diag;
mod dispatcher;
mod errors;
mod function_values;
mod generator;
mod guard;
mod host;
mod object_calls;
mod options;
mod parallel;
mod pending;
mod ufunc;

use looplift_capi::{containers, fields, nums, owner, shared, tuples, type_object};
use pyo3::prelude::*;

/// ImportError in an interpreter other than the main one: objects that compiled code keeps belong to one interpreter, and threads that
/// come from outside attach to the main one.
#[pyfunction]
fn require_main_interpreter() -> PyResult<()> {
    // SAFETY: attached; both give pointers that are compared only.
    if unsafe { pyo3::ffi::PyInterpreterState_Get() != pyo3::ffi::PyInterpreterState_Main() } {
        return Err(pyo3::exceptions::PyImportError::new_err("looplift works in the main interpreter of a process, and not in others"));
    }
    Ok(())
}

#[pymodule]
fn _core(m: &Bound<'_, PyModule>) -> PyResult<()> {
    nums::init(m.py())?;
    dispatcher::object::init(m)?;
    context::init();
    looplift_capi::frames::set_maker(generator::make);
    looplift_capi::functions::set_border(function_values::BORDER);
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add_function(wrap_pyfunction!(require_main_interpreter, m)?)?;
    m.add_class::<type_object::TypeObject>()?;
    m.add_class::<owner::Memory>()?;
    m.add_class::<fields::Field>()?;
    m.add_function(wrap_pyfunction!(type_object::array_type, m)?)?;
    m.add_function(wrap_pyfunction!(type_object::tuple_type, m)?)?;
    m.add_function(wrap_pyfunction!(type_object::namedtuple_type, m)?)?;
    m.add_function(wrap_pyfunction!(tuples::conceal_tuple, m)?)?;
    m.add_function(wrap_pyfunction!(type_object::optional_type, m)?)?;
    m.add_function(wrap_pyfunction!(type_object::enum_type, m)?)?;
    m.add_function(wrap_pyfunction!(type_object::dtype_type, m)?)?;
    m.add_function(wrap_pyfunction!(type_object::literal_type, m)?)?;
    m.add_function(wrap_pyfunction!(type_object::basic_type, m)?)?;
    m.add_function(wrap_pyfunction!(type_object::container_type, m)?)?;
    m.add_function(wrap_pyfunction!(type_object::literal_list_type, m)?)?;
    m.add_function(wrap_pyfunction!(type_object::literal_dict_type, m)?)?;
    m.add_function(wrap_pyfunction!(type_object::initial_type, m)?)?;
    m.add_function(wrap_pyfunction!(type_object::function_type, m)?)?;
    shared::init(m)?;
    m.add_function(wrap_pyfunction!(shared::set_container_classes, m)?)?;
    m.add_function(wrap_pyfunction!(containers::item_classes, m)?)?;
    use dispatcher::functions as f;
    m.add_function(wrap_pyfunction!(f::make_dispatcher, m)?)?;
    m.add_function(wrap_pyfunction!(f::normalize_signature, m)?)?;
    m.add_function(wrap_pyfunction!(f::compile_signature, m)?)?;
    m.add_function(wrap_pyfunction!(f::set_can_compile, m)?)?;
    m.add_function(wrap_pyfunction!(f::can_compile, m)?)?;
    m.add_function(wrap_pyfunction!(f::falls_back, m)?)?;
    m.add_function(wrap_pyfunction!(f::called_types, m)?)?;
    m.add_function(wrap_pyfunction!(f::overload_types, m)?)?;
    m.add_function(wrap_pyfunction!(f::run_signature, m)?)?;
    m.add_function(wrap_pyfunction!(f::raised_classes, m)?)?;
    m.add_function(wrap_pyfunction!(f::run_directly, m)?)?;
    m.add_function(wrap_pyfunction!(f::compile_times, m)?)?;
    m.add_function(wrap_pyfunction!(dispatcher::store::stored, m)?)?;
    m.add_function(wrap_pyfunction!(dispatcher::store::load_stored, m)?)?;
    m.add_function(wrap_pyfunction!(dispatcher::store::loops_of, m)?)?;
    m.add_function(wrap_pyfunction!(dispatcher::store::set_cached, m)?)?;
    m.add_function(wrap_pyfunction!(f::is_compiling, m)?)?;
    m.add_function(wrap_pyfunction!(f::reset, m)?)?;
    m.add_function(wrap_pyfunction!(f::stage_text, m)?)?;
    m.add_function(wrap_pyfunction!(f::stage_times, m)?)?;
    m.add_function(wrap_pyfunction!(f::loop_remarks, m)?)?;
    m.add_function(wrap_pyfunction!(f::miss_count, m)?)?;
    m.add_function(wrap_pyfunction!(f::parse_type, m)?)?;
    m.add_function(wrap_pyfunction!(f::typeof_value, m)?)?;
    m.add_function(wrap_pyfunction!(f::forget_overloads, m)?)?;
    m.add_class::<callback::Callback>()?;
    m.add_function(wrap_pyfunction!(callback::make_callback, m)?)?;
    m.add_class::<generator::Generator>()?;
    m.add_class::<ufunc::Loops>()?;
    m.add_function(wrap_pyfunction!(ufunc::make_ufunc, m)?)?;
    m.add_function(wrap_pyfunction!(ufunc::ufunc_owner, m)?)?;
    m.add_function(wrap_pyfunction!(ufunc::scalars::call_ufunc_on_numbers, m)?)?;
    m.add_function(wrap_pyfunction!(allocation_stats, m)?)?;
    m.add_function(wrap_pyfunction!(parallel::set_thread_maximum, m)?)?;
    m.add_function(wrap_pyfunction!(parallel::set_thread_limit, m)?)?;
    m.add_function(wrap_pyfunction!(parallel::thread_limit, m)?)?;
    m.add_function(wrap_pyfunction!(parallel::set_parallel_chunk, m)?)?;
    m.add_function(wrap_pyfunction!(parallel::parallel_chunk, m)?)?;
    m.add_function(wrap_pyfunction!(parallel::thread_number, m)?)?;
    m.add_function(wrap_pyfunction!(native_symbol, m)?)?;
    m.add_function(wrap_pyfunction!(vector_isa, m)?)?;
    Ok(())
}

/// The instructions that vector loops are made of now: "avx2", "avx512" or "none".
#[pyfunction]
fn vector_isa(py: Python<'_>) -> PyResult<&'static str> {
    Ok(options::vectors(py)?.map_or("none", looplift_driver::Isa::name))
}

/// What the library needs to call a runtime symbol when it is interpreted: its address, and the machine types of its
/// parameters and results. None if there is no such symbol that it may call.
#[pyfunction]
fn native_symbol(name: &str) -> Option<(usize, Vec<&'static str>, Vec<&'static str>)> {
    let sym = looplift_abi::symbols::Sym::from_name(name)?;
    let row = sym.row();
    let names = |types: &[looplift_abi::MTy]| types.iter().map(|m| m.name()).collect();
    row.is_native().then(|| (looplift_runtime::address(sym), names(row.params), names(row.rets)))
}

/// Counters of the heap blocks of compiled code since the start: `alloc` and `free` in blocks, `live_bytes` in bytes of
/// data that are allocated now.
#[pyfunction]
fn allocation_stats(py: Python<'_>) -> PyResult<Bound<'_, pyo3::types::PyDict>> {
    let stats = looplift_runtime::allocation_stats();
    let out = pyo3::types::PyDict::new(py);
    out.set_item("alloc", stats.allocated)?;
    out.set_item("free", stats.freed)?;
    out.set_item("live_bytes", stats.live_bytes)?;
    Ok(out)
}
