//! Inference: from HIR and argument types to typed HIR.
//!
//! Types flow forward over reachable blocks only (dead branches are pruned from literal conditions and types); values are
//! joined at block parameters; calls are resolved to primitives or to other specialisations, which are inferred on the
//! same work list, so that recursion is a fixpoint and never recursion of the compiler. A limit bounds the work.
//!
//! Python is behind the [`Host`] trait. The result is one [`TypedFunction`] for each specialisation reached.

mod bind;
pub mod codes;
mod cx;
pub mod dump;
mod flow;
pub mod generators;
pub mod host;
mod literals;
mod ops;
mod origins;
mod session;
pub mod typed;
pub mod verify;

pub use host::{Compiled, CompiledSpec, ConstData, ConstValue, FuncSource, Host, NothingCompiled, Overload};
pub use session::infer;
pub use typed::{
    ArgSrc, Callee, Diagnostic, DiagnosticKind, KnownRange, Note, Options, RaiseInfo, Reduction, Resolution, SpecKey, TypedFunction, TypedProgram,
};
