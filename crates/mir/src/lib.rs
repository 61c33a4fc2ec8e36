//! MIR: typed SSA over machine values, the language of the optimiser.
//!
//! Arrays, tuples and complex numbers are already split into scalars; every conversion, check and error exit is explicit.
//! * Values have a machine type [`Ty`]: integers, floats, or `ref` (an owning reference to a heap block, possibly null).
//!   Booleans are `i8`, always 0 or 1.
//! * Blocks have parameters. Instructions are rows of one table ([`opcode`]), which gives arity, types, effects and text.
//! * An operation that may leave the function (`guard`, `call`, `call_rt` with a site, `poll`, `stack_check`) names a
//!   [`Site`]: which exception, which source position. Leaving is a side exit: it does not end the block. Inside a `try`
//!   the lowering uses the explicit forms (`call_try`, `set_exc`, branches) instead, so that handlers are ordinary blocks.
//! * Ownership: a `ref` value is *owned* when made by an instruction whose row says so, else *borrowed*. Counting is not
//!   in the IR until the pass `insert_refcounts` makes `retain`/`release` explicit; afterwards `expand_exits` turns side
//!   exits into cold blocks that release what is live.
//!
//! [`print`] and [`parse`] are the text form, [`verify`] lists the invariants, [`interp`] runs MIR as an oracle.

pub mod build;
pub mod cleanup;
pub mod dom;
pub mod eval;
pub mod func;
pub mod interp;
pub mod opcode;
pub mod parse;
pub mod print;
pub mod verify;

pub use build::{Builder, Var};
pub use func::*;
pub use opcode::{Effect, Opcode, TypeRule};
