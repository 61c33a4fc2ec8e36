//! What the compiler itself knows how to do: primitives, operator rules, and the functions and methods resolved to them.
//!
//! Everything else that users can call is Python in `python/looplift/library/`, resolved through the host as an overload.
//! `lower` has one emitter for each primitive, which looks at the resolved types to choose machine operations.

pub mod arith;
pub mod prims;
pub mod streams;
pub mod table;
pub mod text;

pub use prims::{MathFn, Prim};
pub use table::{ArrayAttr, ArrayMethod, Builtin, Special};
