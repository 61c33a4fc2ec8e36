//! Lowering: typed HIR to MIR. Every conversion, check, ownership fact and error edge becomes explicit here.
//!
//! One function of a [`TypedProgram`] gives one [`mir::Function`](looplift_mir::Function); nothing else is read or changed.
//! The steps, a file each:
//!
//! * [`repr`]: which machine words a value of a type is;
//! * `convert`, `consts`: from one type's words to another's, from compile-time values to words;
//! * `body`: blocks, edges, terminators; `inst`: resolutions and operands, the table of emitters;
//! * `numbers`, `divide`, `compare`, `power`, `complex`, `rounding`, `math`: scalars;
//! * `tuples`, `ranges`, `slices`, `iters`: small aggregates and iteration;
//! * `text`: texts, bytes, and operations on values as Python objects;
//! * `arrays`, `alloc`, `index`, `store`: arrays; `nest` is the loop nest they share;
//! * `native`, `draws`: functions of the runtime that the library calls by name, and random numbers drawn in place;
//! * `raise`, `output`, `calls`: exceptions, printing, calls; `handled`: caught exceptions; `keep`: how long arrays
//!   stay owned.
//!
//! Callees carry a [`CalleeKey`]: a member of the program or a specialisation that the driver compiled earlier. The driver
//! replaces the keys by its own numbers.
//!
//! Whatever has no lowering is a [`Diagnostic`], never a panic.

mod alloc;
mod arrays;
mod body;
mod calls;
mod compare;
mod complex;
mod consts;
mod containers;
mod convert;
mod cx;
mod divide;
mod draws;
mod elementwise;
mod fuse;
mod generators;
mod halves;
mod handled;
mod index;
mod inst;
mod instances;
mod iters;
mod keep;
mod math;
mod memory;
mod native;
mod nd_iters;
mod nest;
mod numbers;
mod output;
mod power;
mod raise;
mod ranges;
mod records;
mod reduce;
pub mod repr;
mod rounding;
mod slices;
mod store;
mod text;
mod text_calls;
mod tuples;

use looplift_infer::{Callee, Diagnostic, DiagnosticKind, TypedProgram};

pub use repr::{ReprError, flatten};

/// What [`looplift_mir::Callee::key`] means in freshly lowered code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CalleeKey {
    /// Index in [`TypedProgram::functions`] of the program that was lowered.
    Program(u32),
    /// The driver's index of a specialisation compiled earlier (`Callee::Compiled::spec`).
    Compiled(u32),
}

impl CalleeKey {
    const COMPILED: u32 = 1 << 31;

    /// The number stored in MIR.
    pub fn encode(self) -> u32 {
        match self {
            CalleeKey::Program(n) => n,
            CalleeKey::Compiled(n) => n | CalleeKey::COMPILED,
        }
    }
    pub fn decode(key: u32) -> CalleeKey {
        if key & CalleeKey::COMPILED == 0 { CalleeKey::Program(key) } else { CalleeKey::Compiled(key & !CalleeKey::COMPILED) }
    }
}

/// Lowers member `index` of the program, which was inferred in this session.
pub fn lower(program: &TypedProgram, index: usize) -> Result<looplift_mir::Function, Diagnostic> {
    match program.functions.get(index) {
        Some(Callee::Inferred(func)) => body::lower_function(program, func),
        other => Err(Diagnostic {
            kind: DiagnosticKind::Internal,
            code: "LL0901",
            message: match other {
                Some(_) => "a function compiled earlier cannot be lowered again".to_owned(),
                None => format!("the program has no function {index}"),
            },
            func: 0,
            span: looplift_hir::Span::default(),
            notes: Vec::new(),
            wanted: Vec::new(),
        }),
    }
}
