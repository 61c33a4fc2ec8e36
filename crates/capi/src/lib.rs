//! All contact with the structures of CPython and NumPy: code objects, types of arguments, unboxing, boxing, errors.
//!
//! Hot paths read `PyLongObject`, `PyFloatObject` and `PyArrayObject` fields directly ([`layout`]); everything else goes
//! through PyO3. The crate knows no compiler: it speaks in [`looplift_types::Ty`] and in machine words.
#![allow(unsafe_code, reason = "reads and writes objects of CPython and NumPy")]

pub mod attach;
pub mod boxing;
pub mod buffers;
pub mod closures;
pub mod code;
pub mod container_types;
pub mod containers;
pub mod descrs;
pub mod enums;
pub mod errors;
pub mod fields;
pub mod frames;
pub mod functions;
pub mod generators;
pub mod instances;
pub mod layout;
pub mod literals;
pub mod nums;
pub mod objects;
pub mod owner;
pub mod quick;
pub mod records;
pub mod shared;
pub mod streams;
pub mod text;
pub mod text_methods;
mod text_parts;
pub mod tuples;
pub mod type_object;
pub mod type_of;
pub mod unbox;
pub mod words;
