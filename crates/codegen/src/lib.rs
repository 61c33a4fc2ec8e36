//! MIR to CLIF to machine code, and the memory that the code lives in.
//!
//! [`Backend::compile`] takes the functions of one strongly connected component of the call graph and gives one
//! [`Blob`]: its own private pages (read + execute; never writable at the same time), unmapped when the last owner drops
//! it. In between stands [`Emitted`], plain bytes with a relocation table: everything that depends on addresses goes
//! through the table, so that the same bytes can be kept elsewhere and linked again.
//!
//! [`emit`] translates a function, [`wrapper`] makes the uniform entry, [`memory`] maps, [`registry`] numbers blobs for
//! tracebacks, [`asm`] prints machine code, [`perf`] tells profilers. The calling convention is described in `abi::ctx`.
#![allow(unsafe_code, reason = "executable memory: module `memory` only")]

mod asm;
mod backend;
mod emit;
mod memory;
mod perf;
pub mod registry;
mod sites;
pub mod store;
mod symbol;
mod wrapper;

pub use looplift_simd::Isa;

pub use backend::{Backend, BackendOpts, CodegenError, CompileOpts, Emitted, Unit};
pub use memory::{Blob, code_statistics};
pub use sites::{SiteInfo, SourceLoc};
pub use symbol::{Addresses, Link, Reloc, RelocKind, Symbol};
