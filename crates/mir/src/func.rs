//! The container: functions, blocks, instructions, values, sites and spans.

use crate::opcode::Opcode;
use cranelift_entity::{EntitySet, PrimaryMap, entity_impl};
pub use looplift_abi::MTy as Ty;
use looplift_abi::symbols::Sym;
use smallvec::SmallVec;

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(u32);
entity_impl!(Value, "v");

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Inst(u32);
entity_impl!(Inst, "inst");

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Block(u32);
entity_impl!(Block, "block");

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(u32);
entity_impl!(SpanId, "span");

/// A way to leave the function with an exception.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SiteId(u32);
entity_impl!(SiteId, "site");

/// Another compiled function that this one calls: an index in [`Function::callees`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CalleeId(u32);
entity_impl!(CalleeId, "fn");

/// Constant bytes that live with the code: an index in [`Function::data`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DataId(u32);
entity_impl!(DataId, "data");

/// Integer conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntCC {
    Eq,
    Ne,
    Slt,
    Sle,
    Sgt,
    Sge,
    Ult,
    Ule,
    Ugt,
    Uge,
}

/// Float conditions. All but `Ne` and the `Un*` forms are false on NaN; `Ne` is true on NaN (Python's `!=`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FloatCC {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// Ordered: neither operand is NaN.
    Ord,
    /// Unordered: some operand is NaN.
    Uno,
}

/// What memory an access touches. Accesses to different regions never overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Region {
    /// Elements of arrays (any dtype: views reinterpret).
    Data,
    /// Array data that nothing writes while code that knows it lives (snapshotted global arrays).
    Const,
    /// The call context.
    Ctx,
    /// Headers of heap blocks and containers.
    Header,
    /// The numbers of instances, in arrays that nothing else refers to: one array has numbers of one type.
    Fields,
    /// The storage of containers: their elements and entries, which no array is a view of.
    Items,
}

/// The part of an instruction that is neither value nor type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Imm {
    None,
    /// Integer constant (sign-extended), or a byte offset for memory operations.
    Int(i64),
    /// Float constant by bits (f32 constants: the low 32 bits).
    Float(u64),
    /// Of an unsigned division: its first operand has no more bits than these.
    Bits(u32),
    ICond(IntCC),
    FCond(FloatCC),
    /// Memory access: region and constant byte offset.
    Mem(Region, i32),
    /// A row of abi's symbol table.
    Sym(Sym),
    Callee(CalleeId),
    Data(DataId),
}

pub type Args = SmallVec<[Value; 4]>;

#[derive(Clone, Debug)]
pub struct InstData {
    pub op: Opcode,
    /// The controlling type where the row needs one (constants, loads, conversions: the *result* type).
    pub ty: Option<Ty>,
    pub args: Args,
    pub imm: Imm,
    pub results: SmallVec<[Value; 1]>,
    /// Where it leaves to, for rows that may exit.
    pub site: Option<SiteId>,
    pub span: SpanId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueDef {
    Param(Block, u32),
    Result(Inst, u32),
}

#[derive(Clone, Copy, Debug)]
pub struct ValueData {
    pub ty: Ty,
    pub def: ValueDef,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockCall {
    pub block: Block,
    pub args: Args,
}

/// How a block ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Terminator {
    Jump(BlockCall),
    /// On `cond` (i8) != 0.
    Brif {
        cond: Value,
        then: BlockCall,
        other: BlockCall,
    },
    /// Normal return: the values of [`Function::rets`].
    Return(Args),
    /// Leave with the exception of `site`, whose message takes `args`.
    Raise {
        site: SiteId,
        args: Args,
    },
    /// Leave with the exception that is pending in the context (after `set_exc` or a failed `call_try`). Adds a traceback
    /// entry only if the site is a `Propagate` that no `call_try`, `call_rt_try` of the function names.
    Propagate {
        site: SiteId,
    },
    Unreachable,
}

#[derive(Clone, Debug)]
pub struct BlockData {
    pub params: Vec<Value>,
    pub insts: Vec<Inst>,
    pub term: Terminator,
    pub term_span: SpanId,
    /// Hint: not on the usual path.
    pub cold: bool,
    /// The header of an innermost loop whose iterations may run side by side: the emission may make a vector loop of it.
    /// Without effect on the meaning.
    pub vector: bool,
}

/// A source position, with the call it was inlined into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub line: u32,
    pub end_line: u32,
    pub col: u32,
    pub end_col: u32,
    /// Index in [`Function::sources`]: the Python function this line belongs to.
    pub source: u32,
    pub inlined_at: Option<SpanId>,
}

/// A Python function that contributes lines.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    pub name: Box<str>,
    pub filename: Box<str>,
    pub first_line: u32,
}

/// The type of a message argument: how the eight-byte payload word is read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payload {
    Int,
    Uint,
    Float,
    Bool,
}

/// One argument of the exception object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExcArg {
    /// A text in which `{}` stands for the next payload word.
    Format(Box<str>),
    /// A number built from the next payload word.
    Payload(Payload),
    ConstInt(i64),
    /// By bits.
    ConstFloat(u64),
    ConstBool(bool),
    /// A text as it is: braces stand for themselves.
    ConstStr(Box<str>),
    ConstNone,
}

/// Which exception class: a builtin by name, or an object of the host by index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExcClass {
    Builtin(Box<str>),
    Host { id: u32, name: Box<str> },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SiteKind {
    /// Raise a new exception; `args` describe its arguments, `payload` the types of the values the instruction passes.
    Raise { class: ExcClass, args: Box<[ExcArg]>, payload: Box<[Payload]> },
    /// Pass on what the callee or the runtime raised.
    Propagate,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Site {
    pub kind: SiteKind,
    pub span: SpanId,
}

/// A compiled function seen by its callers. `key` is the driver's specialisation index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callee {
    pub key: u32,
    pub name: Box<str>,
    pub params: Vec<Ty>,
    pub rets: Vec<Ty>,
    /// Calls can be reordered with memory operations and removed when unused.
    pub pure_: bool,
}

/// Constant data of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstData {
    /// Copied beside the code, 64-aligned.
    Bytes(Box<[u8]>),
    /// Memory of a host object that the code keeps alive (a large global array): the host's index and a name for dumps.
    /// Such code is never cached on disk.
    Host { id: u32, name: Box<str> },
}

/// Semantics switches that passes and emission consult.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FnFlags {
    /// Float reassociation and friends are allowed (`fastmath=True`).
    pub fastmath: bool,
    /// In a cycle of the call graph, or calls indirectly: checks the stack on entry.
    pub recursive: bool,
    /// Inline wherever it is called (library code, `inline='always'`).
    pub always_inline: bool,
    /// Indices are not checked (`boundscheck=False`), of what was inlined neither: nothing may be read that the loop does not come to.
    pub unchecked: bool,
}

#[derive(Clone, Debug)]
pub struct Function {
    /// For dumps and the perf map: `name(int64, array(float64, 1d, C))`.
    pub name: Box<str>,
    pub rets: Vec<Ty>,
    pub flags: FnFlags,
    pub values: PrimaryMap<Value, ValueData>,
    pub insts: PrimaryMap<Inst, InstData>,
    pub blocks: PrimaryMap<Block, BlockData>,
    /// Live blocks; the first is the entry, its parameters are the function's.
    pub layout: Vec<Block>,
    pub spans: PrimaryMap<SpanId, Span>,
    pub sources: Vec<Source>,
    pub sites: PrimaryMap<SiteId, Site>,
    pub callees: PrimaryMap<CalleeId, Callee>,
    pub data: PrimaryMap<DataId, ConstData>,
    /// Parameters of the entry that are never negative (as signed numbers): shapes and lengths.
    pub nonneg: EntitySet<Value>,
    /// What passes say about the source, for people.
    pub remarks: Vec<Remark>,
}

/// What became of a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The loop.
    pub span: SpanId,
    /// Why it is no vector loop, and what that is about; `None` if it is one.
    pub reason: Option<(Box<str>, Option<SpanId>)>,
}
