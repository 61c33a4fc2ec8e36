//! The neutral instruction set: one documented stack machine for every Python version.
//!
//! Each variant states the stack `before → after`, top at the right. Conventions, the same on all versions:
//!
//! * **No call-protocol NULLs.** A call finds `callable, arg…`: CPython's PUSH_NULL / self slots are gone, and where
//!   CPython passes a first argument in the self slot (`assert` messages, generator expressions, decorators, `with`
//!   exits) it is an ordinary argument here. A method call is `LoadAttr { method: true }`, one value, then `Call`.
//! * **Jump targets are instruction indices** ([`At`]), and `Branch` names both sides.
//! * **Branches and `Not` take any object** and apply Python's truth test; `ToBool` remains only where the bool itself
//!   is the value.
//! * A slot index `n` counts from the top, 1 being the top itself, as in CPython's `COPY n`.
//! * Locals may be unbound: every load may raise `UnboundLocalError` unless the reader proves otherwise.

use crate::code::{At, ConstId, LocalId, NameId};

/// Operators of [`Op::Binary`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinOp {
    Add,
    And,
    FloorDivide,
    LShift,
    MatMul,
    Multiply,
    Remainder,
    Or,
    Power,
    RShift,
    Subtract,
    TrueDivide,
    Xor,
}

impl BinOp {
    /// In the order of CPython's `NB_*` numbers.
    pub const ALL: [BinOp; 13] = [
        BinOp::Add,
        BinOp::And,
        BinOp::FloorDivide,
        BinOp::LShift,
        BinOp::MatMul,
        BinOp::Multiply,
        BinOp::Remainder,
        BinOp::Or,
        BinOp::Power,
        BinOp::RShift,
        BinOp::Subtract,
        BinOp::TrueDivide,
        BinOp::Xor,
    ];

    /// As written in Python.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            BinOp::Add => "+",
            BinOp::And => "&",
            BinOp::FloorDivide => "//",
            BinOp::LShift => "<<",
            BinOp::MatMul => "@",
            BinOp::Multiply => "*",
            BinOp::Remainder => "%",
            BinOp::Or => "|",
            BinOp::Power => "**",
            BinOp::RShift => ">>",
            BinOp::Subtract => "-",
            BinOp::TrueDivide => "/",
            BinOp::Xor => "^",
        }
    }
}

/// Rich comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CmpOp {
    Lt,
    Le,
    Eq,
    Ne,
    Gt,
    Ge,
}

impl CmpOp {
    /// In the order of CPython's `Py_LT …`.
    pub const ALL: [CmpOp; 6] = [CmpOp::Lt, CmpOp::Le, CmpOp::Eq, CmpOp::Ne, CmpOp::Gt, CmpOp::Ge];

    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            CmpOp::Lt => "<",
            CmpOp::Le => "<=",
            CmpOp::Eq => "==",
            CmpOp::Ne => "!=",
            CmpOp::Gt => ">",
            CmpOp::Ge => ">=",
        }
    }
}

/// What [`Op::Branch`] tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// Python's truth of any object.
    Truth,
    /// `value is None`.
    IsNone,
}

/// `!s`, `!r`, `!a` of an f-string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conversion {
    Str,
    Repr,
    Ascii,
}

/// Why a frame suspends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum YieldKind {
    /// `yield value`.
    Plain,
    /// Hands on what a sub-iterator of `yield from` yielded.
    From,
    /// Hands on what an awaitable yielded.
    Await,
}

/// What [`Op::GetAwaitable`] is for (it only changes the error message).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AwaitKind {
    Await,
    AsyncEnter,
    AsyncExit,
}

/// Rare operations of the typing machinery, by CPython's intrinsic. None occurs in numerical code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Intrinsic {
    /// `value → RuntimeError or value`: wraps a StopIteration that leaves a generator (only if reached as ordinary
    /// code: the handler that every generator of 3.12+ has is dropped while decoding).
    StopIterationError,
    /// `name → TypeVar`
    TypeVar,
    /// `name → ParamSpec`
    ParamSpec,
    /// `name → TypeVarTuple`
    TypeVarTuple,
    /// `params → Generic[params]`
    SubscriptGeneric,
    /// `(name, params, value) → TypeAliasType`
    TypeAlias,
    /// `name, bound → TypeVar`
    TypeVarWithBound,
    /// `name, constraints → TypeVar`
    TypeVarWithConstraints,
    /// `function, params → function`
    SetFunctionTypeParams,
    /// `typevar, default → typevar`
    SetTypeparamDefault,
}

impl Intrinsic {
    /// Number of operands.
    #[must_use]
    pub fn arity(self) -> u32 {
        match self {
            Intrinsic::StopIterationError
            | Intrinsic::TypeVar
            | Intrinsic::ParamSpec
            | Intrinsic::TypeVarTuple
            | Intrinsic::SubscriptGeneric
            | Intrinsic::TypeAlias => 1,
            Intrinsic::TypeVarWithBound | Intrinsic::TypeVarWithConstraints | Intrinsic::SetFunctionTypeParams | Intrinsic::SetTypeparamDefault => 2,
        }
    }
}

/// Which optional parts [`Op::MakeFunction`] finds on the stack, below the code object, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FuncParts(pub u8);

impl FuncParts {
    pub const DEFAULTS: u8 = 1;
    pub const KWDEFAULTS: u8 = 2;
    pub const ANNOTATIONS: u8 = 4;
    pub const CLOSURE: u8 = 8;

    /// A tuple of the defaults of positional parameters.
    #[must_use]
    pub fn has_defaults(self) -> bool {
        self.0 & Self::DEFAULTS != 0
    }
    /// A dict name → default of keyword-only parameters.
    #[must_use]
    pub fn has_kwdefaults(self) -> bool {
        self.0 & Self::KWDEFAULTS != 0
    }
    /// A tuple name, annotation, name, annotation …
    #[must_use]
    pub fn has_annotations(self) -> bool {
        self.0 & Self::ANNOTATIONS != 0
    }
    /// A tuple of cells, in the order of the code object's free variables.
    #[must_use]
    pub fn has_closure(self) -> bool {
        self.0 & Self::CLOSURE != 0
    }
    /// Number of parts present.
    #[must_use]
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }
}

/// A neutral stack operation. `a, b → c` means: `b` was on top, both are popped, `c` is pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    // ---- constants, locals, cells
    /// `→ value`
    Const(ConstId),
    /// `→ value`; raises UnboundLocalError if unbound.
    LoadFast(LocalId),
    /// `→ value-or-unbound`, and the local becomes unbound. Opens an inlined comprehension (3.12+): the value is only
    /// moved by `Swap` and stored back by `StoreFast`, so it may be represented by an undefined value.
    LoadFastAndClear(LocalId),
    /// `value →`. After an inlined comprehension the value may be unbound (see `LoadFastAndClear`).
    StoreFast(LocalId),
    /// `→`; raises UnboundLocalError if unbound.
    DeleteFast(LocalId),
    /// `→`; the local becomes a new cell holding its value (or an empty cell).
    MakeCell(LocalId),
    /// `→`; puts the closure's `n` cells into the last `n` locals.
    CopyFreeVars(u32),
    /// `→ cell` itself, to build a closure tuple (or `__classcell__`).
    LoadClosure(LocalId),
    /// `→ value` in the cell; raises NameError if empty.
    LoadDeref(LocalId),
    /// `value →`
    StoreDeref(LocalId),
    /// `→`; raises NameError if empty.
    DeleteDeref(LocalId),
    /// `mapping → value`: by the cell's name in the mapping, else from the cell (class bodies).
    LoadFromDictOrDeref(LocalId),
    /// `mapping → value`: by name in the mapping, else in globals, else in builtins.
    LoadFromDictOrGlobals(NameId),

    // ---- names
    /// `→ value`; globals, then builtins.
    LoadGlobal(NameId),
    /// `value →`
    StoreGlobal(NameId),
    /// `→`
    DeleteGlobal(NameId),
    /// `→ value`; locals mapping, globals, builtins (module and class bodies).
    LoadName(NameId),
    /// `value →`
    StoreName(NameId),
    /// `→`
    DeleteName(NameId),
    /// `→ mapping`: the locals mapping of a class body.
    LoadLocals,
    /// `→`; makes sure `__annotations__` exists.
    SetupAnnotations,
    /// `level, fromlist → module`
    ImportName(NameId),
    /// `module → module, value`
    ImportFrom(NameId),
    /// `module →`
    ImportStar,

    // ---- attributes and items
    /// `object → value`. `method`: a call of the value follows, so a bound method need not be made.
    LoadAttr { name: NameId, method: bool },
    /// `value, object →`
    StoreAttr(NameId),
    /// `object →`
    DeleteAttr(NameId),
    /// `super, class, self → value`: `super().name` (3.12+; 3.11 makes a plain call of `super`). `two_args`: the source
    /// wrote `super(class, self)`. The first operand may be anything if the program rebinds `super`.
    LoadSuperAttr { name: NameId, method: bool, two_args: bool },
    /// `container, index → value`. Slices come as `BuildSlice` objects.
    GetItem,
    /// `value, container, index →`
    SetItem,
    /// `container, index →`
    DeleteItem,
    /// `start, stop[, step] → slice`; the count is 2 or 3.
    BuildSlice(u32),

    // ---- stack
    /// `value →`
    PopTop,
    /// `→ value`: a copy of slot `n`.
    Copy(u32),
    /// Exchanges slot `n` with the top; n ≥ 2.
    Swap(u32),

    // ---- operators
    /// `left, right → value`. `inplace` is the augmented form.
    Binary { op: BinOp, inplace: bool },
    /// `value → -value`
    Negative,
    /// `value → +value`
    Positive,
    /// `value → ~value`
    Invert,
    /// `value → not value`; any object.
    Not,
    /// `value → bool(value)`
    ToBool,
    /// `left, right → result` (any object: arrays compare to arrays).
    Compare(CmpOp),
    /// `left, right → bool`
    Is { invert: bool },
    /// `item, container → bool`
    Contains { invert: bool },

    // ---- building
    /// `v1 … vn → tuple`
    BuildTuple(u32),
    /// `v1 … vn → list`
    BuildList(u32),
    /// `v1 … vn → set`
    BuildSet(u32),
    /// `k1, v1 … kn, vn → dict`
    BuildMap(u32),
    /// `v1 … vn, keys → dict`; keys is a tuple of n constants.
    BuildConstKeyMap(u32),
    /// `s1 … sn → str`
    BuildString(u32),
    /// `value → str(value)` etc.
    Convert(Conversion),
    /// `value → format(value)`; a str stays as it is.
    FormatSimple,
    /// `value, spec → format(value, spec)`
    FormatSpec,
    /// `… list … value → … list …`; the list is slot `n` after the pop. Same for the ops below.
    ListAppend(u32),
    /// `… list … iterable → … list …`
    ListExtend(u32),
    /// `… set … value → … set …`
    SetAdd(u32),
    /// `… set … iterable → … set …`
    SetUpdate(u32),
    /// `… dict … key, value → … dict …`
    MapAdd(u32),
    /// `… dict … mapping → … dict …`
    DictUpdate(u32),
    /// `… dict … mapping → … dict …`; a repeated key raises TypeError (keyword arguments of a call).
    DictMerge(u32),
    /// `list → tuple`
    ListToTuple,
    /// `iterable → vn … v1` (v1 on top)
    UnpackSequence(u32),
    /// `iterable → after…, list, before…` (first element on top)
    UnpackEx { before: u32, after: u32 },

    // ---- functions and calls
    /// `callable, a1 … an → result`. The last arguments are passed by name if `kwnames` (a constant tuple of str) is there.
    Call { argc: u32, kwnames: Option<ConstId> },
    /// `callable, args tuple[, kwargs dict] → result`
    CallEx { kwargs: bool },
    /// `[defaults][, kwdefaults][, annotations][, closure], code → function`
    MakeFunction(FuncParts),
    /// `→ builtins.__build_class__`
    LoadBuildClass,
    /// `→ AssertionError`
    LoadAssertionError,

    // ---- control flow
    /// `→`
    Jump(At),
    /// `value →`; continues at `then` if the test holds, else at `otherwise`.
    Branch { test: Test, then: At, otherwise: At },
    /// `iterable → iterator`
    GetIter,
    /// `iterator → iterator, item` and falls through; exhausted: `iterator →` at `exit`.
    ForIter { exit: At },
    /// `value →`; leaves the function.
    Return,

    // ---- generators and coroutines
    /// `→`; the call returns the generator object here, the first `next` continues after it.
    GenStart,
    /// `value → sent`
    Yield(YieldKind),
    /// `iterable → iterator`, generators and coroutines stay as they are.
    GetYieldFromIter,
    /// `receiver, value → receiver, yielded` and falls through to a `Yield` of kind `From` or `Await`; finished:
    /// `receiver, value → result` at `exit`. An exception thrown into the frame at that `Yield` goes to the receiver
    /// first (PEP 380): a StopIteration that comes back continues at `exit` with its value, another raises here.
    Send { exit: At },
    /// `object → awaitable`
    GetAwaitable(AwaitKind),
    /// `object → async iterator`
    GetAiter,
    /// `async iterator → async iterator, awaitable`
    GetAnext,
    /// `async iterator, exception →` if the exception is StopAsyncIteration; else raises it on.
    EndAsyncFor,
    /// `value → wrapped value` for an asynchronous generator's `yield`.
    AsyncGenWrap,

    // ---- exceptions and with
    /// 0: re-raises the exception being handled; 1: `exception → `; 2: `exception, cause →`. Never falls through.
    Raise(u32),
    /// `exception →`; raises it again. `n` > 0: slot `n` after the pop is a `lasti` that gives the traceback line.
    Reraise(u32),
    /// `exception → previous, exception`; the exception becomes the one being handled.
    PushExcInfo,
    /// `previous →`; it is again the one being handled.
    PopExcept,
    /// `exception, type → exception, bool`
    ExcMatch,
    /// `exception, type → rest, match`; either may be None (`except*`).
    EgMatch,
    /// `original, list → exception or None`: what `except*` has to raise at its end.
    PrepReraiseStar,
    /// `manager → exit, result`; `exit` is the bound `__exit__`, used by `WithExit` or `WithExceptStart`.
    WithEnter,
    /// `manager → exit, awaitable` with `__aenter__` / `__aexit__`.
    AsyncWithEnter,
    /// `exit → result` of `exit(None, None, None)`.
    WithExit,
    /// `exit, lasti, previous, exception → exit, lasti, previous, exception, result` of `exit(type, exception, tb)`.
    WithExceptStart,

    // ---- match
    /// `object → object, len(object)`
    GetLen,
    /// `subject → subject, bool`
    MatchMapping,
    /// `subject → subject, bool`
    MatchSequence,
    /// `subject, keys → subject, keys, values tuple or None`
    MatchKeys,
    /// `subject, class, names → attributes tuple or None`; n positional patterns.
    MatchClass(u32),

    // ---- interactive and typing machinery
    /// `value →`; the REPL's display hook.
    PrintExpr,
    /// See [`Intrinsic`]: pops its arity, pushes one value.
    Intrinsic(Intrinsic),
    /// An operation this crate has no meaning for: index into `Code::unsupported`. Ends its block.
    Unsupported(u32),
}

/// Stack use of an operation on its fall-through edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Slots that must be there (≥ `pops`; more if it looks below what it pops).
    pub needs: u32,
    pub pops: u32,
    pub pushes: u32,
}

impl Op {
    /// Stack use. On the jump edges: `ForIter` exits with its one operand popped and nothing pushed, `Send` exits with
    /// two popped and one pushed, `Branch` pops one on both sides.
    #[must_use]
    pub fn effect(&self) -> Effect {
        let plain = |pops: u32, pushes: u32| Effect { needs: pops, pops, pushes };
        // Pops `pops`, then looks at slot `n`.
        let below = |pops: u32, n: u32| Effect { needs: pops.saturating_add(n), pops, pushes: 0 };
        match *self {
            Op::Const(_)
            | Op::LoadFast(_)
            | Op::LoadFastAndClear(_)
            | Op::LoadClosure(_)
            | Op::LoadDeref(_)
            | Op::LoadGlobal(_)
            | Op::LoadName(_)
            | Op::LoadLocals
            | Op::LoadBuildClass
            | Op::LoadAssertionError => plain(0, 1),
            Op::StoreFast(_)
            | Op::StoreDeref(_)
            | Op::StoreGlobal(_)
            | Op::StoreName(_)
            | Op::ImportStar
            | Op::DeleteAttr(_)
            | Op::PopTop
            | Op::Branch { .. }
            | Op::Return
            | Op::PopExcept
            | Op::PrintExpr => plain(1, 0),
            Op::DeleteFast(_)
            | Op::MakeCell(_)
            | Op::CopyFreeVars(_)
            | Op::DeleteDeref(_)
            | Op::DeleteGlobal(_)
            | Op::DeleteName(_)
            | Op::SetupAnnotations
            | Op::Jump(_)
            | Op::GenStart
            | Op::Unsupported(_) => plain(0, 0),
            Op::LoadFromDictOrDeref(_)
            | Op::LoadFromDictOrGlobals(_)
            | Op::LoadAttr { .. }
            | Op::Negative
            | Op::Positive
            | Op::Invert
            | Op::Not
            | Op::ToBool
            | Op::Convert(_)
            | Op::FormatSimple
            | Op::ListToTuple
            | Op::GetIter
            | Op::Yield(_)
            | Op::GetYieldFromIter
            | Op::GetAwaitable(_)
            | Op::GetAiter
            | Op::AsyncGenWrap
            | Op::WithExit => plain(1, 1),
            Op::ImportFrom(_)
            | Op::ForIter { .. }
            | Op::GetAnext
            | Op::PushExcInfo
            | Op::WithEnter
            | Op::AsyncWithEnter
            | Op::GetLen
            | Op::MatchMapping
            | Op::MatchSequence => plain(1, 2),
            Op::ImportName(_)
            | Op::GetItem
            | Op::Binary { .. }
            | Op::Compare(_)
            | Op::Is { .. }
            | Op::Contains { .. }
            | Op::FormatSpec
            | Op::PrepReraiseStar => plain(2, 1),
            Op::StoreAttr(_) | Op::DeleteItem | Op::EndAsyncFor => plain(2, 0),
            Op::ExcMatch | Op::EgMatch | Op::Send { .. } => plain(2, 2),
            Op::LoadSuperAttr { .. } | Op::MatchClass(_) => plain(3, 1),
            Op::SetItem => plain(3, 0),
            Op::MatchKeys => plain(2, 3),
            Op::WithExceptStart => Effect { needs: 4, pops: 0, pushes: 1 },
            Op::Copy(n) => Effect { needs: n, pops: 0, pushes: 1 },
            Op::Swap(n) => Effect { needs: n, pops: 0, pushes: 0 },
            Op::BuildSlice(n) | Op::BuildTuple(n) | Op::BuildList(n) | Op::BuildSet(n) | Op::BuildString(n) => plain(n, 1),
            Op::BuildMap(n) => plain(n.saturating_mul(2), 1),
            Op::BuildConstKeyMap(n) => plain(n.saturating_add(1), 1),
            Op::ListAppend(n) | Op::ListExtend(n) | Op::SetAdd(n) | Op::SetUpdate(n) => below(1, n),
            Op::DictUpdate(n) | Op::DictMerge(n) => below(1, n),
            Op::MapAdd(n) => below(2, n),
            Op::UnpackSequence(n) => plain(1, n),
            Op::UnpackEx { before, after } => plain(1, before.saturating_add(after).saturating_add(1)),
            Op::Call { argc, .. } => plain(argc.saturating_add(1), 1),
            Op::CallEx { kwargs } => plain(2 + u32::from(kwargs), 1),
            Op::MakeFunction(parts) => plain(parts.count() + 1, 1),
            Op::Raise(n) => plain(n, 0),
            Op::Reraise(n) => below(1, n),
            Op::Intrinsic(kind) => plain(kind.arity(), 1),
        }
    }

    /// True if control never reaches the next instruction by falling through.
    #[must_use]
    pub fn is_terminator(&self) -> bool {
        matches!(self, Op::Jump(_) | Op::Branch { .. } | Op::Return | Op::Raise(_) | Op::Reraise(_) | Op::Unsupported(_))
    }

    /// Jump targets, in a fixed order (`then` before `otherwise`).
    pub fn targets(&self) -> impl Iterator<Item = At> + use<> {
        let (a, b) = match *self {
            Op::Jump(at) | Op::ForIter { exit: at } | Op::Send { exit: at } => (Some(at), None),
            Op::Branch { then, otherwise, .. } => (Some(then), Some(otherwise)),
            _ => (None, None),
        };
        a.into_iter().chain(b)
    }

    /// The same operation with its targets replaced.
    #[must_use]
    pub(crate) fn map_targets(self, mut f: impl FnMut(At) -> At) -> Op {
        match self {
            Op::Jump(at) => Op::Jump(f(at)),
            Op::ForIter { exit } => Op::ForIter { exit: f(exit) },
            Op::Send { exit } => Op::Send { exit: f(exit) },
            Op::Branch { test, then, otherwise } => Op::Branch { test, then: f(then), otherwise: f(otherwise) },
            other => other,
        }
    }

    /// False only for operations that raise nothing whatever their operands are; unknown means true. Loads of locals
    /// count as raising (the variable may be unbound). Truth tests call user code, tests for None do not.
    #[must_use]
    pub fn may_raise(&self) -> bool {
        !matches!(
            self,
            Op::Const(_)
                | Op::LoadFastAndClear(_)
                | Op::StoreFast(_)
                | Op::MakeCell(_)
                | Op::CopyFreeVars(_)
                | Op::LoadClosure(_)
                | Op::StoreDeref(_)
                | Op::PopTop
                | Op::Copy(_)
                | Op::Swap(_)
                | Op::Is { .. }
                | Op::BuildTuple(_)
                | Op::BuildList(_)
                | Op::BuildSlice(_)
                | Op::BuildString(_)
                | Op::ListAppend(_)
                | Op::ListToTuple
                | Op::LoadAssertionError
                | Op::Jump(_)
                | Op::Branch { test: Test::IsNone, .. }
                | Op::Return
                | Op::GenStart
                | Op::PushExcInfo
                | Op::PopExcept
                | Op::MatchMapping
                | Op::MatchSequence
        )
    }
}
