//! The primitives.

/// Mathematical functions of one or two floats that map to a machine instruction or a runtime symbol; also used element
/// by element. Domain errors of `math.*` are decided by [`Prim::MathFn`] (Python's errors) against [`Prim::FloatFn`]
/// (NumPy's NaN and infinity).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MathFn {
    Sin, Cos, Tan, Asin, Acos, Atan, Atan2, Sinh, Cosh, Tanh, Asinh, Acosh, Atanh,
    Exp, Exp2, Expm1, Log, Log2, Log10, Log1p, Sqrt, Cbrt, Pow, Fmod, Hypot, Remainder,
    Erf, Erfc, Gamma, Lgamma, Copysign, Nextafter, Fabs,
    Floor, Ceil, Trunc, Rint,
    Degrees, Radians,
}

/// A primitive operation. Parameter types `T` mean: one number type for both operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Prim {
    // Numbers. (T, T) -> T unless noted; bool operands have been widened to int64 by the resolution.
    Add, Sub, Mul,
    /// (float|complex, same) -> same. ZeroDivisionError under the Python error model.
    TrueDiv,
    /// (int|float, same) -> same.
    FloorDiv, Mod,
    /// (T, T) -> T for floats and complex; (int, int) -> int for a non-negative literal or unsigned exponent or as Numba types it.
    Pow,
    /// (int base, int exponent) -> float64, where the exponent may be negative.
    LShift, RShift, BitAnd, BitOr, BitXor,
    Neg, Pos, Invert,
    /// (bool) -> bool
    Not,
    /// (T, T) -> bool. Mixed int64/uint64 pairs keep their own types and compare exactly.
    Lt, Le, Eq, Ne, Gt, Ge,
    /// (T) -> bool for numbers, None, tuples, arrays of one element.
    ToBool,
    /// (S) -> T: explicit conversion as `T(x)` of NumPy or Python `int(x)`, `float(x)`; truncates, wraps.
    Cast,
    /// (a, b) -> tuple (a // b, a % b).
    DivMod,
    /// abs: int wraps, float, complex -> float.
    Abs,
    /// min/max of two operands of one type with Python's order of evaluation (`b < a ? b : a`).
    Min, Max,
    /// round(float) -> int64, ties to even.
    RoundInt,
    /// round(float, int) -> float.
    RoundDigits,
    /// Rounding to int64 with ValueError/OverflowError as math.floor, ceil, trunc; int(x).
    FloorInt, CeilInt, TruncInt,
    /// `math.*`: Python's domain and overflow errors.
    MathFn(MathFn),
    /// NumPy scalar functions and internal use: no errors.
    FloatFn(MathFn),
    /// (float) -> bool.
    IsNan, IsInf, IsFinite, Signbit,
    /// math.frexp -> (float64, int64), modf -> (float64, float64), ldexp(float, int).
    Frexp, Modf, Ldexp,
    /// math.gcd of two ints.
    Gcd,
    // Complex.
    /// (float, float) -> complex.
    MakeComplex,
    Real, Imag, Conjugate,
    // Tuples. `TupleItem` has its index in the resolution's literal operand.
    BuildTuple, TupleItem,
    /// Run-time index into a homogeneous tuple, bounds-checked.
    TupleGetItem,
    TupleSlice, TupleConcat, TupleLen,
    /// Element-wise comparison of tuples (the row's Compare is in the HIR op).
    TupleCompare, TupleContains,
    /// Checks the length of an array that is unpacked, gives a tuple.
    UnpackArray,
    // Ranges, slices, iterators.
    MakeRange, RangeLen, RangeGetItem, RangeAttr, RangeContains,
    MakeSlice, SliceAttr,
    /// (iterable) -> iterator; the terminator `IterNext` advances it.
    GetIter,
    MakeEnumerate, MakeZip, MakeReversed,
    /// next(iterator): StopIteration when exhausted.
    Next,
    // Arrays.
    /// (array, int | tuple of ints, slices, None, Ellipsis) -> element or view.
    GetItem,
    /// (array, index, value scalar | array): converts, broadcasts.
    SetItem,
    /// len of the first axis; TypeError for 0-d.
    ArrayLen,
    ArrayShape, ArrayStrides, ArrayNdim, ArraySize, ArrayItemsize, ArrayNbytes,
    /// a.T: reversed shape and strides, a view.
    ArrayTranspose,
    /// real/imag view of a complex array.
    ArrayRealImag,
    /// (shape as tuple of int64 | int) with the dtype in the resolved result type -> fresh C-contiguous array.
    EmptyArray, ZerosArray,
    /// (array) -> fresh array of the same shape, C order (F if the source is F).
    EmptyLike,
    /// (array) -> fresh contiguous copy.
    CopyArray,
    /// (array, tuple of int64 with the same number of elements): contiguous only -> view.
    ReshapeView,
    /// (array) -> 1-d view of contiguous memory.
    RavelView,
    // Others.
    /// Any values -> none: Python's print on boxed values.
    Print,
    /// Value of a compile-time constant (None, module, function, class …): no code.
    Const,
    /// x is y for None, Optional, bools, compile-time objects; identity of arrays by data, shape and strides.
    Is,
    /// Makes an exception instance of the resolved class with the operands as arguments.
    MakeException,
}

impl Prim {
    /// Whether the primitive may raise (given worst-case operands).
    pub fn may_raise(self) -> bool {
        !matches!(
            self,
            Prim::Add | Prim::Sub | Prim::Mul | Prim::BitAnd | Prim::BitOr | Prim::BitXor | Prim::Neg | Prim::Pos | Prim::Invert | Prim::Not
                | Prim::Lt | Prim::Le | Prim::Eq | Prim::Ne | Prim::Gt | Prim::Ge | Prim::Abs | Prim::Min | Prim::Max
                | Prim::FloatFn(_) | Prim::IsNan | Prim::IsInf | Prim::IsFinite | Prim::Signbit | Prim::MakeComplex | Prim::Real | Prim::Imag
                | Prim::Conjugate | Prim::BuildTuple | Prim::TupleItem | Prim::TupleConcat | Prim::TupleLen | Prim::RangeLen | Prim::MakeSlice
                | Prim::SliceAttr | Prim::GetIter | Prim::MakeEnumerate | Prim::MakeZip | Prim::MakeReversed | Prim::ArrayShape
                | Prim::ArrayStrides | Prim::ArrayNdim | Prim::ArraySize | Prim::ArrayItemsize | Prim::ArrayNbytes | Prim::ArrayTranspose
                | Prim::ArrayRealImag | Prim::Const | Prim::Is | Prim::MakeException
        )
    }
}
