//! What compiled code and the runtime agree on: memory layouts, the call convention, the runtime symbol table.
#![allow(unsafe_code, reason = "layouts shared with machine code")]

pub mod core;
pub mod ctx;
pub mod draws;
pub mod element;
pub mod heap;
mod mty;
pub mod symbols;
pub mod text;

pub use core::{Core, RtError};
pub use mty::MTy;
