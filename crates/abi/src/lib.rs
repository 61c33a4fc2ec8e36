//! What compiled code and the runtime agree on: memory layouts, the call convention, the runtime symbol table.
#![allow(unsafe_code, reason = "layouts shared with machine code")]

pub mod ctx;
pub mod heap;
mod mty;
pub mod symbols;

pub use mty::MTy;
