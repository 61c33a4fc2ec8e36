//! Inference: from HIR and argument types to typed HIR.
//!
//! Types flow forward over reachable blocks only (dead branches are pruned from literal conditions and types); values are
//! joined at block parameters; calls are resolved to primitives or to other specialisations, which are inferred on the
//! same work list, so that recursion is a fixpoint and never recursion of the compiler. A limit bounds the work.
//!
//! Python is behind the [`Host`] trait. The result is one [`TypedFunction`] for each specialisation reached.

pub mod host;
pub mod typed;

pub use host::{ConstValue, FuncSource, Host, Overload};
pub use typed::{ArgSrc, Callee, Diagnostic, DiagnosticKind, Note, Options, Resolution, SpecKey, TypedFunction, TypedProgram};
