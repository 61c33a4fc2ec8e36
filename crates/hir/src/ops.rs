//! The operations of HIR. Each produces exactly one value (of type `none` where Python would have nothing).
//!
//! Operand lists are in source evaluation order. Every operation may raise unless its comment says *never*.

use crate::func::{BlockCall, Value};
use smallvec::SmallVec;

/// Binary operators; `InplaceOp` uses the same names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    MatMul,
    TrueDiv,
    FloorDiv,
    Mod,
    Pow,
    LShift,
    RShift,
    And,
    Or,
    Xor,
}

/// Unary operators. `Not` is Python's `not`, always a bool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UnaryOp {
    Neg,
    Pos,
    Invert,
    Not,
}

/// Comparisons that yield any object; `is` and `in` are operations of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CompareOp {
    Lt,
    Le,
    Eq,
    Ne,
    Gt,
    Ge,
}

/// Which form of `str()` an f-string part asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conversion {
    None,
    Str,
    Repr,
    Ascii,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A constant of the code object. *Never* raises.
    Const(crate::func::Const),
    /// An unbound local: a value that is never used as an object. *Never* raises.
    Undef,
    /// Raises UnboundLocalError (NameError for a free variable) for local `name` unless `flag` is true.
    CheckBound { flag: Value, name: Box<str> },
    /// Global or builtin `name`.
    LoadGlobal { name: Box<str> },
    StoreGlobal { name: Box<str>, value: Value },
    DeleteGlobal { name: Box<str> },
    /// Free variable number `index` of the function's closure, read.
    LoadFree { index: u32 },
    StoreFree { index: u32, value: Value },
    /// A new cell holding `init` (a cell that could not be promoted to SSA values). *Never* raises.
    MakeCell { init: Option<Value> },
    LoadCell { cell: Value },
    StoreCell { cell: Value, value: Value },
    BinaryOp { op: BinaryOp, lhs: Value, rhs: Value },
    /// `lhs op= rhs`; the result is what is stored back.
    InplaceOp { op: BinaryOp, lhs: Value, rhs: Value },
    UnaryOp { op: UnaryOp, arg: Value },
    Compare { op: CompareOp, lhs: Value, rhs: Value },
    /// `lhs is rhs` / `is not`. *Never* raises.
    Is { lhs: Value, rhs: Value, negated: bool },
    /// `item in container` / `not in`.
    Contains { container: Value, item: Value, negated: bool },
    /// `bool(arg)`.
    ToBool { arg: Value },
    GetAttr { obj: Value, name: Box<str> },
    SetAttr { obj: Value, name: Box<str>, value: Value },
    DelAttr { obj: Value, name: Box<str> },
    GetItem { obj: Value, index: Value },
    SetItem { obj: Value, index: Value, value: Value },
    DelItem { obj: Value, index: Value },
    /// `slice(start, stop, step)`; `step` is absent in two-part slices.
    BuildSlice { start: Value, stop: Value, step: Option<Value> },
    BuildTuple { items: SmallVec<[Value; 4]> },
    BuildList { items: SmallVec<[Value; 4]> },
    BuildSet { items: SmallVec<[Value; 4]> },
    /// Alternating keys and values.
    BuildMap { items: SmallVec<[Value; 4]> },
    BuildString { parts: SmallVec<[Value; 4]> },
    FormatValue { value: Value, conversion: Conversion, spec: Option<Value> },
    ListAppend { list: Value, value: Value },
    ListExtend { list: Value, iterable: Value },
    ListToTuple { list: Value },
    SetAdd { set: Value, value: Value },
    SetUpdate { set: Value, iterable: Value },
    MapAdd { map: Value, key: Value, value: Value },
    DictUpdate { map: Value, other: Value },
    /// `f(**map)` merging: like `DictUpdate`, but duplicate keys raise TypeError.
    DictMerge { map: Value, other: Value },
    /// Checks that `seq` yields exactly `count` items and gives them as a tuple.
    UnpackSequence { seq: Value, count: u32 },
    /// `a, *b, c = seq`: a tuple of `before` items, a list, `after` items.
    UnpackEx { seq: Value, before: u32, after: u32 },
    /// Item `index` of a tuple made by `UnpackSequence`, `UnpackEx` or `BuildTuple`. *Never* raises.
    TupleItem { tuple: Value, index: u32 },
    /// A call; the last `kwnames.len()` arguments are keyword arguments.
    Call { callee: Value, args: SmallVec<[Value; 4]>, kwnames: Box<[Box<str>]> },
    /// `callee(*args, **kwargs)`.
    CallEx { callee: Value, args: Value, kwargs: Option<Value> },
    /// A function object of the code constant `code`.
    MakeFunction {
        code: crate::func::Const,
        defaults: Option<Value>,
        kwdefaults: Option<Value>,
        annotations: Option<Value>,
        /// Closure cells or, when promoted, the captured values.
        closure: SmallVec<[Value; 4]>,
    },
    GetIter { arg: Value },
    /// The next item of an iterator inside an expression is `Terminator::IterNext`; generators use these three.
    Yield { value: Value },
    YieldFromIter { arg: Value },
    Await { arg: Value },
    ImportName { name: Box<str>, fromlist: Value, level: Value },
    ImportFrom { module: Value, name: Box<str> },
    /// True when exception `exc` matches class (or tuple of classes) `class`.
    ExcMatch { exc: Value, class: Value },
    /// Enters a `with` block: gives the tuple (exit method, entered value).
    WithEnter { manager: Value },
    /// Calls the exit method normally.
    WithExit { exit: Value },
    /// Calls the exit method with an exception; the result says whether to swallow it.
    WithExitExc { exit: Value, exc: Value },
    /// Makes `exc` the exception being handled (`sys.exc_info`), gives the previous one. *Never* raises.
    PushExcInfo { exc: Value },
    /// Ends handling. *Never* raises.
    PopExcept { previous: Value },
    /// Something no compiled form exists for; object mode runs it. `what` is a noun phrase for the diagnostic.
    Unsupported { what: Box<str>, args: SmallVec<[Value; 4]> },
}

/// How a block ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Terminator {
    Jump(BlockCall),
    /// On the truth of `cond`, which is a bool made by `ToBool`, `Not`, `Is`, `Contains`, `ExcMatch` or `CheckBound` flags.
    Branch { cond: Value, then: BlockCall, other: BlockCall },
    /// Advances `iter`: goes to `body` with the item *prepended* to its arguments, or to `exit`.
    IterNext { iter: Value, body: BlockCall, exit: BlockCall },
    Return(Value),
    /// `raise exc from cause`; without `exc`, re-raises the exception being handled.
    Raise { exc: Option<Value>, cause: Option<Value> },
    /// Lets `exc` travel on, unchanged.
    Reraise { exc: Value },
    /// Never reached.
    Unreachable,
}
