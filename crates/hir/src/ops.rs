//! The operations of HIR. Each produces exactly one value (of type `none` where Python would have nothing).
//!
//! Operand lists are in source evaluation order. Every operation may raise unless its comment says *never*.

use crate::func::{BlockCall, Const, Value};
use crate::text::{Cursor, Field, ParseError};
use smallvec::{SmallVec, smallvec};

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

/// Operand lists.
pub type Values = SmallVec<[Value; 4]>;

macro_rules! ops {
    ($( $(#[$doc:meta])* $variant:ident { $($field:ident: $ty:ty),* }, )*) => {
        /// One operation.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Op {
            /// A constant of the code object. *Never* raises.
            Const(Const),
            /// An unbound local: a value that is never used as an object. *Never* raises.
            Undef,
            $( $(#[$doc])* $variant { $($field: $ty),* }, )*
        }

        impl Op {
            /// The name in HIR text.
            pub const fn name(&self) -> &'static str {
                match self {
                    Op::Const(_) => "Const",
                    Op::Undef => "Undef",
                    $( Op::$variant { .. } => stringify!($variant), )*
                }
            }
            /// Calls `f` for every operand, in order.
            pub fn for_each_value(&self, mut f: impl FnMut(Value)) {
                match self {
                    Op::Const(_) | Op::Undef => {}
                    $( Op::$variant { $($field),* } => { $( $field.values(&mut |v: &Value| f(*v)); )* } )*
                }
            }
            pub fn for_each_value_mut(&mut self, mut f: impl FnMut(&mut Value)) {
                match self {
                    Op::Const(_) | Op::Undef => {}
                    $( Op::$variant { $($field),* } => { $( $field.values_mut(&mut f); )* } )*
                }
            }
            /// The text form: name, then each field in order.
            pub fn print(&self, out: &mut String) {
                out.push_str(self.name());
                match self {
                    Op::Const(c) => c.print(out),
                    Op::Undef => {}
                    $( Op::$variant { $($field),* } => { $( $field.print(out); )* } )*
                }
            }
            /// Reads the text form.
            pub fn parse(c: &mut Cursor<'_>) -> Result<Op, ParseError> {
                match c.word()? {
                    "Const" => Ok(Op::Const(Const::parse(c)?)),
                    "Undef" => Ok(Op::Undef),
                    $( stringify!($variant) => Ok(Op::$variant { $($field: <$ty as Field>::parse(c)?),* }), )*
                    other => c.error(format!("`{other}` is no operation")),
                }
            }
        }
    };
}

ops! {
    /// Raises UnboundLocalError (NameError for a free variable) for local `name` unless `flag` is true.
    CheckBound { flag: Value, name: Box<str> },
    /// `value` as what local `name` holds, of which a type was declared.
    Declared { value: Value, name: Box<str> },
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
    BuildTuple { items: Values },
    BuildList { items: Values },
    BuildSet { items: Values },
    /// Alternating keys and values.
    BuildMap { items: Values },
    /// Keyword arguments in a bundle, of constant names.
    BuildNames { names: Box<[Box<str>]>, values: Values },
    /// Two bundles as one; a repeated name raises TypeError.
    MergeNames { first: Value, second: Value },
    BuildString { parts: Values },
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
    Call { callee: Value, args: Values, kwnames: Box<[Box<str>]> },
    /// `callee(*args, **kwargs)`.
    CallEx { callee: Value, args: Value, kwargs: Option<Value> },
    /// A function object of the code constant `code`.
    /// `closure` holds the values of its free variables (cells, where they are such), without free variable number `this`,
    /// which is the function itself.
    MakeFunction { code: Const, defaults: Option<Value>, kwdefaults: Option<Value>, this: Option<u32>, closure: Values },
    /// The inner function that is running, holding `parts`. *Never* raises.
    ThisFunction { parts: Values },
    GetIter { arg: Value },
    /// Gives `value` out of a generator; the result is what is sent back in. In a `yield from`, what is sent, thrown in or closes the
    /// generator goes to the iterator `from`.
    Yield { value: Value, from: Option<Value> },
    /// What a generator that is at its end returned; None for other iterators. *Never* raises.
    ReturnedBy { iter: Value },
    Await { arg: Value },
    ImportName { name: Box<str>, fromlist: Value, level: Value },
    ImportFrom { module: Value, name: Box<str> },
    /// `len(arg)` of what a pattern is matched against.
    Length { arg: Value },
    /// Whether a sequence pattern may match `arg`, by its class.
    IsSequence { arg: Value },
    /// Whether a mapping pattern may.
    IsMapping { arg: Value },
    /// Whether `obj` is an instance of the class of a class pattern.
    IsInstance { obj: Value, class: Value },
    /// What positional part `index` of a class pattern is matched against: `obj` itself, or the attribute that `class.__match_args__` says.
    MatchArg { obj: Value, class: Value, index: u32 },
    /// The values that a mapping has under all of the keys, as a tuple, or None.
    MatchKeys { map: Value, keys: Value },
    /// True when exception `exc` matches class (or tuple of classes) `class`.
    ExcMatch { exc: Value, class: Value },
    /// Enters a `with` block: gives the entered value.
    WithEnter { manager: Value },
    /// Leaves the block of a manager (`exit`) normally.
    WithExit { exit: Value },
    /// Leaves it with an exception; the result says whether to swallow it.
    WithExitExc { exit: Value, exc: Value },
    /// Makes `exc` the exception being handled (`sys.exc_info`), gives the previous one. *Never* raises.
    PushExcInfo { exc: Value },
    /// Ends handling. *Never* raises.
    PopExcept { previous: Value },
    /// Something no compiled form exists for; object mode runs it. `what` is a noun phrase for the diagnostic.
    Unsupported { what: Box<str>, args: Values },
}

/// How a block ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Terminator {
    Jump(BlockCall),
    /// On the truth of `cond`, which is a bool made by `ToBool`, `Not`, `Is`, `Contains`, `ExcMatch` or `CheckBound` flags.
    Branch {
        cond: Value,
        then: BlockCall,
        other: BlockCall,
    },
    /// Advances `iter`: goes to `body` with the item *prepended* to its arguments, or to `exit`.
    IterNext {
        iter: Value,
        body: BlockCall,
        exit: BlockCall,
    },
    Return(Value),
    /// `raise exc from cause`; without `exc`, re-raises the exception being handled.
    Raise {
        exc: Option<Value>,
        cause: Option<Value>,
    },
    /// Lets `exc` travel on, unchanged.
    Reraise {
        exc: Value,
    },
    /// Never reached.
    Unreachable,
}

impl Op {
    /// False only for operations that raise nothing whatever their operands are.
    pub fn may_raise(&self) -> bool {
        !matches!(
            self,
            Op::Const(_)
                | Op::Undef
                | Op::MakeCell { .. }
                | Op::StoreCell { .. }
                | Op::Is { .. }
                | Op::BuildSlice { .. }
                | Op::BuildTuple { .. }
                | Op::BuildList { .. }
                | Op::ListAppend { .. }
                | Op::ListToTuple { .. }
                | Op::TupleItem { .. }
                | Op::ThisFunction { .. }
                | Op::ReturnedBy { .. }
                | Op::BuildNames { .. }
                | Op::PushExcInfo { .. }
                | Op::PopExcept { .. }
        )
    }
}

impl Terminator {
    /// The outgoing edges, handler edge apart.
    pub fn targets(&self) -> SmallVec<[&BlockCall; 2]> {
        match self {
            Terminator::Jump(t) => smallvec![t],
            Terminator::Branch { then, other, .. } => smallvec![then, other],
            Terminator::IterNext { body, exit, .. } => smallvec![body, exit],
            Terminator::Return(_) | Terminator::Raise { .. } | Terminator::Reraise { .. } | Terminator::Unreachable => smallvec![],
        }
    }
    pub fn targets_mut(&mut self) -> SmallVec<[&mut BlockCall; 2]> {
        match self {
            Terminator::Jump(t) => smallvec![t],
            Terminator::Branch { then, other, .. } => smallvec![then, other],
            Terminator::IterNext { body, exit, .. } => smallvec![body, exit],
            Terminator::Return(_) | Terminator::Raise { .. } | Terminator::Reraise { .. } | Terminator::Unreachable => smallvec![],
        }
    }
    /// Operands other than edge arguments.
    pub fn for_each_operand_mut(&mut self, mut f: impl FnMut(&mut Value)) {
        match self {
            Terminator::Branch { cond, .. } => f(cond),
            Terminator::IterNext { iter, .. } => f(iter),
            Terminator::Return(v) | Terminator::Reraise { exc: v } => f(v),
            Terminator::Raise { exc, cause } => exc.iter_mut().chain(cause).for_each(f),
            Terminator::Jump(_) | Terminator::Unreachable => {}
        }
    }
    pub fn for_each_operand(&self, mut f: impl FnMut(Value)) {
        match self {
            Terminator::Branch { cond, .. } => f(*cond),
            Terminator::IterNext { iter, .. } => f(*iter),
            Terminator::Return(v) | Terminator::Reraise { exc: v } => f(*v),
            Terminator::Raise { exc, cause } => exc.iter().chain(cause).for_each(|v| f(*v)),
            Terminator::Jump(_) | Terminator::Unreachable => {}
        }
    }
    /// Every value used, edge arguments included.
    pub fn for_each_value(&self, mut f: impl FnMut(Value)) {
        self.for_each_operand(&mut f);
        for t in self.targets() {
            t.args.iter().for_each(|v| f(*v));
        }
    }
}
