//! looplift-bytecode: a CPython code object becomes version-neutral instructions.
//!
//! The input is [`RawCode`], a plain Rust copy of a code object (`co_code`, `co_consts`, the exception table, one
//! source position per code unit) and an [`OpcodeMap`] made once from `opcode.opmap`. The output is [`Code`]: the same
//! function as a list of [`Inst`] on a documented stack machine ([`Op`]), exception [`Region`]s, and names resolved.
//! Python versions stop here: whatever differs between 3.11, 3.12 and 3.13 is a field of one row in [`versions`].
//!
//! Phases, one module each:
//! 1. [`units`]: bytes → raw instructions (names, arguments with `EXTENDED_ARG`, caches skipped, positions).
//! 2. [`exctable`]: the varint exception table → raw ranges.
//! 3. [`translate`]: a symbolic run of the stack over the raw control flow. It knows which slots hold CPython's
//!    call-protocol `NULL`s, removes them, expands composites and gives each raw instruction its neutral ops.
//! 4. [`layout`]: jumps threaded, unreachable code dropped, targets renumbered to instruction indices, regions
//!    rebuilt and classified ([`RegionKind`]).
//! 5. On demand: [`cfg::Cfg`] (blocks, dominators, loops), [`stack::check`] (depth at each block), [`print::dump`].
//!
//! What must stay absent: pyo3, types, SSA. Malformed input is a [`DecodeError`], never a panic; an opcode that has no
//! neutral meaning becomes [`Op::Unsupported`], so that the rest of the pipeline can say where it stands.

pub mod cfg;
mod code;
mod error;
pub mod exctable;
pub mod layout;
pub mod loops;
mod op;
pub mod opcodes;
pub mod print;
mod raw;
pub mod stack;
pub mod translate;
pub mod units;
pub mod versions;

pub use code::{At, Code, CodeFlags, Const, ConstId, Inst, Local, LocalId, LocalKind, NameId, Region, RegionKind, Span};
pub use error::{DecodeError, ErrorKind};
pub use op::{AwaitKind, BinOp, CmpOp, Conversion, Effect, FuncParts, Intrinsic, Op, Test, YieldKind};
pub use opcodes::OpcodeMap;
pub use raw::{RawCode, RawConst, RawPosition};

/// Decodes one code object. Nested code objects (constants) stay raw; decode them when they are needed.
///
/// # Errors
/// [`DecodeError`] when the version is not one of [`versions::SUPPORTED`], or the code object is malformed.
pub fn decode(raw: &RawCode, opcodes: &OpcodeMap) -> Result<Code, DecodeError> {
    let rules = versions::rules(raw.version)?;
    if opcodes.version() != raw.version {
        return Err(DecodeError::new(
            ErrorKind::UnknownVersion,
            0,
            None,
            format!("the opcode table is of Python {}.{}, the code object of {}.{}", opcodes.version().0, opcodes.version().1, raw.version.0, raw.version.1),
        ));
    }
    let units = units::read(raw, opcodes)?;
    let table = exctable::parse(raw, &units)?;
    let steps = translate::run(raw, rules, opcodes, &units, &table)?;
    layout::finish(raw, &units, steps)
}
