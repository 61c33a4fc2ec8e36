//! The primitives: what `lower` has an emitter for.
//!
//! A call of a primitive is `Resolution::Prim { prim, args, params }` and the type of the instruction's value, here `R`.
//! Reading the rows:
//!
//! * `args` and `params` have the same length. Each operand is converted from its own type to its `params` type before
//!   the primitive sees it (number widening, literal to value, tuples element by element, `T` to `OptionalType(T)`, and
//!   `OptionalType(T)` to T, which raises TypeError "expected T, got None" when absent).
//! * A `params` type that is a literal (`Literal[int](2)`), `none`, `ellipsis`, a function, a class, a dtype … has no run-time
//!   words: the emitter reads the value from the *type* and need not look at the operand.
//! * `(A, B) -> R` lists the params and the result; `T` is one number type, `I` one integer type, `F` one float type.
//!   "lit n" is a `Literal[int]`, "lit s" a `Literal[str]`.
//! * Arithmetic never sees `bool` (widened to int64), except `BitAnd`, `BitOr`, `BitXor`, `Not`, `ToBool`, `Cast` and comparisons.
//! * When every operand is known while compiling there may be no primitive at all but `Resolution::Const`.

use looplift_abi::symbols::Sym;

/// Mathematical functions of one or two floats that map to a machine instruction or a runtime symbol; also used element
/// by element. Domain errors of `math.*` are decided by [`Prim::MathFn`] (Python's errors) against [`Prim::FloatFn`]
/// (NumPy's NaN and infinity).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MathFn {
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Atan2,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    Exp,
    Exp2,
    Expm1,
    Log,
    Log2,
    Log10,
    Log1p,
    Sqrt,
    Cbrt,
    Pow,
    Fmod,
    Hypot,
    Remainder,
    Erf,
    Erfc,
    Gamma,
    Lgamma,
    Copysign,
    Nextafter,
    Fabs,
    Floor,
    Ceil,
    Trunc,
    Rint,
    Degrees,
    Radians,
}

impl MathFn {
    /// Number of operands.
    pub fn arity(self) -> usize {
        match self {
            MathFn::Atan2 | MathFn::Pow | MathFn::Fmod | MathFn::Hypot | MathFn::Remainder | MathFn::Copysign | MathFn::Nextafter => 2,
            MathFn::Sin
            | MathFn::Cos
            | MathFn::Tan
            | MathFn::Asin
            | MathFn::Acos
            | MathFn::Atan
            | MathFn::Sinh
            | MathFn::Cosh
            | MathFn::Tanh
            | MathFn::Asinh
            | MathFn::Acosh
            | MathFn::Atanh
            | MathFn::Exp
            | MathFn::Exp2
            | MathFn::Expm1
            | MathFn::Log
            | MathFn::Log2
            | MathFn::Log10
            | MathFn::Log1p
            | MathFn::Sqrt
            | MathFn::Cbrt
            | MathFn::Erf
            | MathFn::Erfc
            | MathFn::Gamma
            | MathFn::Lgamma
            | MathFn::Fabs
            | MathFn::Floor
            | MathFn::Ceil
            | MathFn::Trunc
            | MathFn::Rint
            | MathFn::Degrees
            | MathFn::Radians => 1,
        }
    }
}

/// A primitive operation; see the module for how to read the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Prim {
    /// `(T, T) -> T`, T an int (any width that inference chose, in practice 64 bits), float or complex. Integers wrap.
    Add,
    Sub,
    Mul,
    /// `(T, T) -> T`, T float or complex. ZeroDivisionError under the Python error model. Ints have been widened to float64.
    TrueDiv,
    /// `(T, T) -> T`, T int or float, floor semantics, sign of the divisor. ZeroDivisionError under the Python error model;
    /// under NumPy's, ints give 0, floats NaN or infinity. Signed overflow (`min // -1`) wraps.
    FloorDiv,
    Mod,
    /// One of: `(T, T) -> T` float or complex; `(I, I) -> I`: repeated multiplication, wraps, a negative exponent gives 1/x
    /// truncated (0 ** negative: ZeroDivisionError); `(F, int64) -> F`: repeated multiplication; `(T, lit n) -> T` with
    /// -64 <= n <= 64 (n >= 0 for ints; an int to a negative literal has become float64), T int, float or complex: a fixed chain of multiplications, reciprocal when negative
    /// (0.0 ** negative: ZeroDivisionError under the Python error model, for every float form).
    Pow,
    /// `(I, I) -> I`; a count below 0 or at least the width: ValueError for negative counts under the Python error model, otherwise
    /// as if shifted bit by bit (0, or the sign for `>>`).
    LShift,
    RShift,
    /// `(I, I) -> I` or `(bool, bool) -> bool`.
    BitAnd,
    BitOr,
    BitXor,
    /// `(T) -> T`.
    Neg,
    Pos,
    /// `(I) -> I`.
    Invert,
    /// `(X) -> bool`: the negation of `ToBool`, X bool, range, array, or Optional of a number.
    Not,
    /// `(A, B) -> bool`. A == B (bool, int, float), or a pair int64/uint64 in either order that compares exactly. `Eq`, `Ne` also take
    /// complex. An int64/uint64 against float64 has been widened to float64.
    Lt,
    Le,
    Eq,
    Ne,
    Gt,
    Ge,
    /// `(X) -> bool`, X: bool (identity), int, float, complex, Optional of these (present and true), range (non-empty), array (exactly
    /// one element of any dtype: its truth; none or several: ValueError).
    ToBool,
    /// `(S) -> R`, S and R any of bool, ints, floats, complex: as C and NumPy convert (ints wrap, float to int truncates and saturates,
    /// NaN gives the minimum; complex to real takes the real part; to bool: `!= 0`). Explicit conversions of NumPy classes and the Numba types.
    Cast,
    /// `(S) -> R`: the same bits as another type of that size; ints, floats, times.
    Bitcast,
    /// `(T, T) -> UniTuple(T x 2)`, int or float: `(a // b, a % b)` with the errors of `FloorDiv`.
    DivMod,
    /// `(T) -> T` for int (wraps) and float; `(complex) -> its part type`.
    Abs,
    /// `(T, T, …) -> T`, two or more operands, int or float, folded from the left with Python's order: `min` keeps the earlier unless
    /// `later < earlier`, `max` unless `later > earlier`.
    Min,
    Max,
    /// `(F) -> int64`: round half to even; ValueError for NaN, OverflowError for infinity ("cannot convert float NaN to integer").
    RoundInt,
    /// `(F, int64) -> F`: `round(x, n)` correctly rounded as CPython.
    RoundDigits,
    /// `(F) -> int64`: `math.floor`, `math.ceil`, `math.trunc` and `int(x)`; ValueError for NaN, OverflowError for infinity, both as Python says it.
    FloorInt,
    CeilInt,
    TruncInt,
    /// `(F) -> F` or `(F, F) -> F`: `math.*`, with Python's "math domain error" (ValueError) and "math range error" (OverflowError).
    MathFn(MathFn),
    /// `(F) -> F` or `(F, F) -> F`: NumPy scalar functions and internal use: no errors. `Floor`, `Ceil`, `Trunc`, `Rint` stay floats.
    FloatFn(MathFn),
    /// `(C) -> C`: the NumPy function on complex (`Sqrt`, `Exp`, `Log`, `Sin`, `Cos`, …), no errors.
    ComplexFn(MathFn),
    /// `(F) -> bool`; `IsNan`, `IsInf`, `IsFinite` also `(C) -> bool`: either part is NaN, either infinite, both finite.
    IsNan,
    IsInf,
    IsFinite,
    Signbit,
    /// `math.frexp`: `(F) -> Tuple(F, int64)`.
    Frexp,
    /// `math.modf`: `(F) -> UniTuple(F x 2)` (fraction, whole).
    Modf,
    /// `math.ldexp`: `(F, int64) -> F`; infinite where the result is too large.
    Ldexp,
    /// `math.gcd`: `(I, I) -> I`, never negative.
    Gcd,
    /// `numpy.where` of elements: `(bool or real, T, T) -> T`, T a number or bool.
    Choose,
    /// `(F, F) -> C`: a complex from real and imaginary part.
    MakeComplex,
    /// `(C) -> F`.
    Real,
    Imag,
    /// `(C) -> C`.
    Conjugate,

    /// `(e0, e1, …) -> Tuple(e0, e1, …)`: the words one after the other. Also makes slices of and sums of tuples (operands are then
    /// `ArgSrc::Item`s). R may be a named tuple with those element types.
    BuildTuple,
    /// `(tuple, lit n) -> its element n`, 0 <= n < len.
    TupleItem,
    /// `(UniTuple(T x n), int64) -> T`: run-time index, negative from the end, IndexError "tuple index out of range".
    TupleGetItem,
    /// `(tuple A, tuple B, lit s) -> bool`, s one of `< <= == != > >=`: lexicographic. Elements at the same position have the same type or are
    /// an exact int64/uint64 pair; nested tuples alike; lengths may differ.
    TupleCompare,
    /// `(UniTuple(T x n), T, lit s) -> bool`, s `in` or `not in`.
    TupleContains,
    /// `(array 1-d or more, lit n) -> UniTuple(item x n)`, item an element or a view of one dimension less; ValueError
    /// "not enough values to unpack (expected n, got k)" or "too many values to unpack (expected n)".
    UnpackArray,

    /// `(I, I, I) -> range(I)`: start, stop, step; ValueError "range() arg 3 must not be zero". I is int32, int64 or uint64.
    MakeRange,
    /// `(range(I)) -> int64`.
    RangeLen,
    /// `(range(I), int64) -> I`, negative from the end, IndexError "range object index out of range".
    RangeGetItem,
    /// `(range(I), lit s) -> I`, s one of `start stop step`.
    RangeAttr,
    /// `(range(I), I, lit s) -> bool`, s `in` or `not in`; I int64 or uint64.
    RangeContains,
    /// `(start, stop, step) -> slice`, each `none` or int64 as R says (R's literal members stay literals and have no words); ValueError
    /// is raised only when it is used.
    MakeSlice,
    /// `(slice, lit s) -> the member`.
    SliceAttr,
    /// `(X) -> Iter`. X: range; array of one or more dimensions; `UniTuple` (heterogeneous numbers have been converted; an empty one gives
    /// nothing); or an iterator (identity). `Terminator::IterNext` advances it; `TypedFunction::items` has the item type.
    GetIter,
    /// `(X, int64) -> Iter(Enumerate(i))`: the emitter first applies `GetIter` to X, giving `i`. Items are `Tuple(int64, item of i)`.
    MakeEnumerate,
    /// `(X, Y, …) -> Iter(Zip(i, j, …))`: the emitter first applies `GetIter` to each. Stops at the first that is exhausted, in order.
    MakeZip,
    /// `(UniTuple(int64 x n)) -> Iter(Nd(Index))`, `(array) -> Iter(Nd(Enumerate))`, `(array, …) -> Iter(Nd(Cells))`: positions in C order; arrays of no
    /// dimensions go with every position; ValueError for negative lengths, and when shapes differ.
    MakeNdIter,
    /// `(X) -> Iter(Reversed(X))`, X a range, an array or a `UniTuple` (not an iterator).
    MakeReversed,
    /// `(Iter) -> item`, StopIteration when exhausted; or `(Iter, item) -> item`, the second being the default.
    Next,
    /// `(Iter(Generator)) -> R`: what a generator that is at its end returned.
    GeneratorReturned,
    /// `(Gen, sent) -> item`: the next step, which `sent` is the value of `yield` for (`none` if the generator does not look at it);
    /// StopIteration when exhausted.
    GeneratorSend,
    /// `(Gen, exception) -> item`: the next step raises a class or an instance at the `yield`.
    GeneratorThrow,
    /// `(Gen) -> none`: GeneratorExit at the `yield`; RuntimeError if the generator gives an item nevertheless.
    GeneratorClose,

    /// `(array, index…) -> element or view`: one operand for each component of the index, each int64, uint64, lit n, slice, `none` (new axis)
    /// or `ellipsis` (at most one); missing components mean `:`. R is the dtype when the result has no dimension (an array without
    /// dimensions indexed by `...` alone excepted), else the array type of the view: ask R, not the components. IndexError with NumPy's text.
    GetItem,
    /// `(array, index…, value) -> none`: components as `GetItem`; value is the dtype (stored or, when the index leaves dimensions, filled) or an
    /// array (any dtype that converts, broadcast against the destination; ValueError when shapes do not fit; overlap is safe).
    SetItem,
    /// As `GetItem` and `SetItem` of one number: the array is one that an instance keeps its numbers in.
    NumberGet,
    NumberSet,
    /// `(array) -> int64`; ndim >= 1.
    ArrayLen,
    /// `(array) -> UniTuple(int64 x ndim)`.
    ArrayShape,
    ArrayStrides,
    /// `(array) -> int64`: the address of the first element.
    ArrayAddress,
    /// `(array) -> int64`.
    ArraySize,
    ArrayNbytes,
    /// `(array) -> array`: reversed shape and strides, a view.
    ArrayTranspose,
    /// `(array of complex, lit s) -> array of floats, layout A`, s `real` or `imag`: a view.
    ArrayRealImag,
    /// `(array) -> the same array` with R's layout and flags, and dtype if of the same size: forgets contiguity or writability, no code.
    ArrayCast,
    /// `(UniTuple(int64 x n)) -> array(dtype, nd, C)`, fresh; ValueError "negative dimensions not allowed"; MemoryError.
    EmptyArray,
    ZerosArray,
    /// `(array) -> fresh array of the same shape`; dtype and layout (C or F) in R.
    EmptyLike,
    ZerosLike,
    /// `(array) -> fresh contiguous copy`, dtype (may differ) and layout (C or F) in R.
    CopyArray,
    /// `(array C, UniTuple(int64 x n)) -> array C of n dimensions`: a view; one entry may be -1; ValueError
    /// "cannot reshape array of size k into shape (…)". Source is contiguous.
    ReshapeView,
    /// `(array C or F) -> 1-d C view` of its memory in memory order.
    RavelView,
    /// `(array or pointer, int64, UniTuple(int64 x n), UniTuple(int64 x n)) -> array`: a view of that memory from a byte offset on, with this shape and
    /// these byte strides; dtype, layout and flags in R. For the library alone: nothing is checked.
    StridedView,
    /// `(record, lit s) -> field`: a scalar, a record in the same memory, or a view of the field's array; `(array of records, lit s) -> array`:
    /// the column.
    FieldGet,
    /// `(record, lit s, value) -> none`: value is the field's type (tuples for records), or an array for a field that is one; also on arrays.
    FieldSet,
    /// `(T, U, …) -> instance`: a fresh one with these fields. `FieldGet` and `FieldSet` serve instances, too.
    NewInstance,

    /// `(T, T, …) -> list(T)`: a fresh list of the items.
    NewList,
    /// `(K, V, K, V, …) -> dict(K, V)` or `(T, T, …) -> set(T)`: fresh, with the items inserted in order.
    NewTable,
    /// `() -> typed list, set or dict`: a fresh empty one whose element types the program states; `(int64) -> list`: with room.
    NewTyped,
    /// `(iterable) -> list, set or dict` as R says: a fresh one of the items (of a dict: pairs), converted to its element types;
    /// `(iterable, int64) -> deque`: with that many elements at most, the last ones.
    FromIterable,
    /// `(list(T)) -> int64`.
    ListLen,
    /// `(list(T), int64) -> T`, negative from the end, IndexError "list index out of range".
    ListGetItem,
    /// `(list(T), int64, T) -> none`, IndexError "list assignment index out of range".
    ListSetItem,
    /// `(list(T), T) -> none`.
    ListAppend,
    /// `(list(T), iterable) -> none, or the same list` as R says: appends the items, converted to T.
    ListExtend,
    /// `(list(T), int64 capacity) -> list(T)`: a fresh empty one. Of the library, as all below whose operands nothing checks.
    ListLike,
    /// `(list(T) dst, at, remove, list(T) src, start, step, count) -> none`: elements `start`, `start + step`, … of `src` replace
    /// `remove` elements of `dst` from `at` on. In range; the lists may be one.
    ListSplice,
    /// `(list(number), bool descending) -> none`: a stable sort.
    ListSort,
    /// `(list(T), int64 what) -> int64`: 0 asks for the room, 1 whether the list is frozen, 2 freezes and 3 thaws it.
    ListState,
    /// `(list(T), lit n) -> UniTuple(T x n)`: ValueError as `UnpackArray`.
    UnpackList,
    /// `(set(T), T) -> none`.
    SetAdd,
    /// `(dict(K, V), K, V) -> none`.
    DictSet,
    /// `(set or dict, iterable) -> none`: puts the items in, pairs into a dict.
    Update,
    /// `(set, dict or view) -> int64`.
    TableLen,
    /// `(table) -> table`: a fresh empty one.
    TableLike,
    /// `(table, K) -> int64`: the number of the key's entry, or -1.
    TableFind,
    /// `(table, K) -> int64`: its entry, a new one with a value of zeros, which must be stored at once.
    TableInsert,
    /// `(table, entry) -> K`, `-> V`.
    TableKey,
    TableValue,
    /// `(table, entry, V) -> none`.
    TableStore,
    /// `(table, entry) -> int64`: the first live entry from there on, or -1.
    TableNext,
    /// `(table) -> int64`: the last live entry, or -1.
    TableLast,
    /// `(table, entry) -> none`.
    TableDelete,
    /// `(table) -> none`.
    TableClear,
    /// `(container) -> view or container of the same memory`, or another type of container in the library's hands: no code.
    ContainerCast,

    /// `(lit s, values…) -> R`: an operation on the values as Python objects. The text is `[!]callable [keyword…]`: a method `.name` of
    /// the first, a function `module.name`, or nothing (the values, texts, joined); `!` negates, the last values go by keyword.
    CallObject,
    /// `(function value, arguments…) -> R`.
    CallFunction,
    /// `(text) -> int64`; text is `unicode_type` or `bytes` here and below.
    TextLen,
    /// `(unicode_type, int64) -> unicode_type`, `(bytes, int64) -> int64`: IndexError "string index out of range", "index out of range".
    TextItem,
    /// `(text, slice) -> text`.
    TextSlice,
    /// `(text, text, lit s) -> bool`, s one of `< <= == != > >=`.
    TextCompare,
    /// `(text, text) -> text`: one after the other.
    TextConcat,
    /// `(text, text) -> int64`: `find` without bounds; or, with `(text, text, lit s)`, s `in` or `not in`, `-> bool`: whether the
    /// second is in the first.
    TextFind,
    /// `(text) -> int64`: Python's hash.
    TextHash,
    /// `(bytes) -> array 1-d C` or `(array contiguous) -> array 1-d C`: the memory as items of R's dtype; ValueError
    /// "buffer size must be a multiple of element size".
    BufferView,
    /// `(unicode_type) -> int64`: `ord`; TypeError unless it is one character.
    TextOrd,
    /// `(text sep, text end, values…) -> none`: Python's print of the boxed values.
    Print,
    /// `(X, Y, lit s) -> bool`, s `is` or `is not`: None against Optional; bools; arrays by data, shape and strides. Everything else
    /// is decided while compiling.
    Is,
    /// `(a0, a1, …) -> ExcInstance(class, types)`: an exception to raise. Its words are those of its arguments, as a tuple's.
    MakeException,
    /// `(bool, lit s name) -> none`: UnboundLocalError "cannot access local variable 'name' where it is not associated with a value"
    /// when the flag is false.
    CheckBound,
    /// A call of a runtime symbol: the operands are its parameters' machine types, an array standing for the address of its data.
    Native(Sym),
    /// `(exception, class) -> bool`: class is an `exception_class` or a tuple of them; subclasses match.
    ExcMatch,
}

impl Prim {
    /// Whether the primitive may raise (given worst-case operands).
    pub fn may_raise(self) -> bool {
        match self {
            Prim::Add
            | Prim::Sub
            | Prim::Mul
            | Prim::BitAnd
            | Prim::BitOr
            | Prim::BitXor
            | Prim::Neg
            | Prim::Pos
            | Prim::Invert
            | Prim::Not
            | Prim::Lt
            | Prim::Le
            | Prim::Eq
            | Prim::Ne
            | Prim::Gt
            | Prim::Ge
            | Prim::Cast
            | Prim::Bitcast
            | Prim::Abs
            | Prim::Min
            | Prim::Max
            | Prim::FloatFn(_)
            | Prim::ComplexFn(_)
            | Prim::IsNan
            | Prim::IsInf
            | Prim::IsFinite
            | Prim::Signbit
            | Prim::Frexp
            | Prim::Modf
            | Prim::Gcd
            | Prim::Choose
            | Prim::MakeComplex
            | Prim::Real
            | Prim::Imag
            | Prim::Conjugate
            | Prim::BuildTuple
            | Prim::TupleItem
            | Prim::TupleCompare
            | Prim::TupleContains
            | Prim::RangeLen
            | Prim::RangeAttr
            | Prim::RangeContains
            | Prim::MakeSlice
            | Prim::SliceAttr
            | Prim::GetIter
            | Prim::GeneratorReturned
            | Prim::MakeEnumerate
            | Prim::MakeZip
            | Prim::MakeReversed
            | Prim::ArrayLen
            | Prim::ArrayShape
            | Prim::ArrayStrides
            | Prim::ArraySize
            | Prim::ArrayAddress
            | Prim::ArrayNbytes
            | Prim::ArrayTranspose
            | Prim::ArrayRealImag
            | Prim::ArrayCast
            | Prim::RavelView
            | Prim::StridedView
            | Prim::FieldGet
            | Prim::ListLen
            | Prim::TableLen
            | Prim::TableFind
            | Prim::TableKey
            | Prim::TableValue
            | Prim::TableStore
            | Prim::TableNext
            | Prim::TableLast
            | Prim::TableDelete
            | Prim::TableClear
            | Prim::ListSort
            | Prim::ListState
            | Prim::ContainerCast
            | Prim::Is
            | Prim::MakeException
            | Prim::TextLen
            | Prim::TextCompare
            | Prim::TextHash
            | Prim::TextFind
            | Prim::ExcMatch => false,
            Prim::CallObject | Prim::CallFunction | Prim::TextConcat | Prim::BufferView | Prim::TextItem | Prim::TextSlice | Prim::TextOrd => true,
            Prim::TrueDiv
            | Prim::FloorDiv
            | Prim::Mod
            | Prim::Pow
            | Prim::LShift
            | Prim::RShift
            | Prim::ToBool
            | Prim::DivMod
            | Prim::RoundInt
            | Prim::RoundDigits
            | Prim::FloorInt
            | Prim::CeilInt
            | Prim::TruncInt
            | Prim::MathFn(_)
            | Prim::Ldexp
            | Prim::TupleGetItem
            | Prim::UnpackArray
            | Prim::MakeRange
            | Prim::MakeNdIter
            | Prim::RangeGetItem
            | Prim::Next
            | Prim::GeneratorSend
            | Prim::GeneratorThrow
            | Prim::GeneratorClose
            | Prim::GetItem
            | Prim::SetItem
            | Prim::NumberGet
            | Prim::NumberSet
            | Prim::FieldSet
            | Prim::NewInstance
            | Prim::EmptyArray
            | Prim::ZerosArray
            | Prim::EmptyLike
            | Prim::ZerosLike
            | Prim::CopyArray
            | Prim::ReshapeView
            | Prim::NewList
            | Prim::NewTable
            | Prim::NewTyped
            | Prim::FromIterable
            | Prim::ListGetItem
            | Prim::ListSetItem
            | Prim::ListAppend
            | Prim::ListExtend
            | Prim::ListLike
            | Prim::ListSplice
            | Prim::UnpackList
            | Prim::SetAdd
            | Prim::DictSet
            | Prim::Update
            | Prim::TableLike
            | Prim::TableInsert
            | Prim::Print
            // It raises nothing, but may write memory: order matters as much.
            | Prim::Native(_)
            | Prim::CheckBound => true,
        }
    }
}
