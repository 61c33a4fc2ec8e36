//! What compiled code calls, and what knows no Python: mathematics, heap blocks, pending exceptions, thread contexts, the
//! ticker that makes loops look up.
//!
//! Everything compiled code reaches is a row of `abi`'s tables; [`address`] and [`core_address`] give each row's function.
//! What only the embedding can do (printing, objects of the host language) goes through [`hooks`]. A panic inside a helper
//! is caught there and becomes an internal error.
#![allow(unsafe_code, reason = "called by machine code with raw addresses")]

mod atomic;
pub mod decimal;
pub mod element;
pub mod exceptions;
pub mod float_errors;
mod foreign;
pub mod fork;
mod fourier;
mod frames;
pub mod handled;
pub mod heap;
pub mod hooks;
pub mod instances;
mod linear;
pub mod list;
mod math;
pub mod parallel;
pub mod random;
mod spare;
mod strided;
mod table;
pub mod tables;
pub mod text;
pub mod thread;
mod ticker;

pub use heap::allocation_stats;
pub use table::{address, core_address};
