//! The table of primitives: what the compiler itself knows how to do, one row each with arity, typing rule and effect.
//!
//! Everything else that users can call is Python in `python/looplift/library/`, resolved through the host as an overload.
//! A row's default is worst case. `infer` asks a row for the types it takes and gives; `lower` has one emitter a row,
//! which looks at the resolved types to choose machine operations.
//!
//! Operand types in a resolution are those *after* conversion: `lower` converts each operand from its HIR type to the
//! resolved parameter type (number widening, literal to value, tuple element-wise, T to Optional) and then emits.

pub mod prims;

pub use prims::Prim;
