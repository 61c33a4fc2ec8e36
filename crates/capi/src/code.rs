//! Code objects as plain data for the decoder.

use looplift_bytecode::{OpcodeMap, RawCode, RawConst};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyComplex, PyComplexMethods, PyDict, PyFloat, PyFrozenSet, PyInt, PyString, PyTuple};
use std::sync::Arc;

/// Constants nested deeper than this become opaque (code in code, tuples in tuples).
const MAX_DEPTH: u32 = 64;

static OPCODES: PyOnceLock<OpcodeMap> = PyOnceLock::new();

/// `sys.version_info[:2]`.
pub fn version(py: Python<'_>) -> (u8, u8) {
    let v = py.version_info();
    (v.major, v.minor)
}

/// The interpreter's opcode numbers, read once from `opcode.opmap`.
pub fn opcodes(py: Python<'_>) -> PyResult<&OpcodeMap> {
    OPCODES.get_or_try_init(py, || {
        let map = py.import("opcode")?.getattr("opmap")?.cast_into::<PyDict>()?;
        let mut rows = Vec::with_capacity(map.len());
        for (name, number) in map {
            rows.push((name.extract::<String>()?, number.extract::<u32>()?));
        }
        Ok(OpcodeMap::new(rows, version(py)))
    })
}

/// A code object (`func.__code__`) as plain data.
pub fn raw_code(code: &Bound<'_, PyAny>) -> PyResult<RawCode> {
    read(code, 0)
}

fn read(code: &Bound<'_, PyAny>, depth: u32) -> PyResult<RawCode> {
    let num = |name: &str| -> PyResult<u32> { code.getattr(name)?.extract() };
    let text = |name: &str| -> PyResult<String> { Ok(code.getattr(name)?.cast::<PyString>()?.to_string_lossy().into_owned()) };
    let texts = |name: &str| -> PyResult<Vec<String>> { code.getattr(name)?.extract() };
    let bytes = |name: &str| -> PyResult<Vec<u8>> { Ok(code.getattr(name)?.cast::<PyBytes>()?.as_bytes().to_vec()) };
    let mut positions = Vec::new();
    for p in code.call_method0("co_positions")?.try_iter()? {
        positions.push(p?.extract()?);
    }
    let consts = code.getattr("co_consts")?.cast_into::<PyTuple>()?;
    Ok(RawCode {
        version: version(code.py()),
        name: text("co_name")?,
        qualname: text("co_qualname")?,
        filename: text("co_filename")?,
        firstlineno: num("co_firstlineno")?,
        argcount: num("co_argcount")?,
        posonlyargcount: num("co_posonlyargcount")?,
        kwonlyargcount: num("co_kwonlyargcount")?,
        nlocals: num("co_nlocals")?,
        stacksize: num("co_stacksize")?,
        flags: num("co_flags")?,
        code: bytes("co_code")?,
        exceptiontable: bytes("co_exceptiontable")?,
        consts: consts.iter().enumerate().map(|(i, c)| constant(&c, i as u32, depth)).collect::<PyResult<_>>()?,
        names: texts("co_names")?,
        varnames: texts("co_varnames")?,
        cellvars: texts("co_cellvars")?,
        freevars: texts("co_freevars")?,
        positions,
    })
}

fn opaque(obj: &Bound<'_, PyAny>, index: u32) -> RawConst {
    let class = obj.get_type().name().map(|n| n.to_string()).unwrap_or_default();
    RawConst::Opaque(index, format!("<{class}>"))
}

fn constant(obj: &Bound<'_, PyAny>, index: u32, depth: u32) -> PyResult<RawConst> {
    if depth > MAX_DEPTH {
        return Ok(opaque(obj, index));
    }
    Ok(if obj.is_none() {
        RawConst::None
    } else if let Ok(b) = obj.cast::<PyBool>() {
        RawConst::Bool(b.is_true())
    } else if let Ok(i) = obj.cast_exact::<PyInt>() {
        match i.extract::<i64>() {
            Ok(v) => RawConst::Int(v),
            // Beyond sys.int_max_str_digits there is no decimal text.
            Err(_) => match obj.str() {
                Ok(s) => RawConst::BigInt(s.to_string()),
                Err(_) => opaque(obj, index),
            },
        }
    } else if let Ok(f) = obj.cast_exact::<PyFloat>() {
        RawConst::Float(f.value().to_bits())
    } else if let Ok(c) = obj.cast_exact::<PyComplex>() {
        RawConst::Complex(c.real().to_bits(), c.imag().to_bits())
    } else if let Ok(s) = obj.cast_exact::<PyString>() {
        match s.to_str() {
            Ok(s) => RawConst::Str(s.to_owned()),
            Err(_) => opaque(obj, index),
        }
    } else if let Ok(b) = obj.cast_exact::<PyBytes>() {
        RawConst::Bytes(b.as_bytes().to_vec())
    } else if obj.is(obj.py().Ellipsis()) {
        RawConst::Ellipsis
    } else if let Ok(t) = obj.cast_exact::<PyTuple>() {
        RawConst::Tuple(t.iter().map(|e| constant(&e, index, depth + 1)).collect::<PyResult<_>>()?)
    } else if let Ok(s) = obj.cast_exact::<PyFrozenSet>() {
        let mut items = s.iter().map(|e| constant(&e, index, depth + 1)).collect::<PyResult<Vec<_>>>()?;
        // Iteration order follows hashes; the text of the items does not.
        items.sort_by_cached_key(|c| format!("{c:?}"));
        RawConst::FrozenSet(items)
    } else if obj.hasattr("co_code")? {
        RawConst::Code(Arc::new(read(obj, depth + 1)?))
    } else {
        opaque(obj, index)
    })
}
