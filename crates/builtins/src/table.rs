//! The functions and methods that the compiler knows itself, by canonical qualified name. What is not here is asked of
//! the host (an overload in Python).

use crate::text::Gives;
use crate::{MathFn, Prim};

/// How a known function is typed; `infer` has one function for each family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// A binary operator by function name (`operator.add`, `numpy.add`).
    Binary(Prim),
    /// A unary operator by function name.
    Unary(Prim),
    /// `math.*`: floats in, floats out, Python's errors.
    Math(MathFn),
    /// `math.floor`, `ceil`, `trunc`: to int64.
    MathToInt(Prim),
    /// A NumPy function on numbers: floats and complex, no errors.
    Numpy(MathFn),
    /// A predicate on floats; `true` for NumPy's, which also take complex.
    Predicate(Prim, bool),
    /// A function of Python objects: fewest and most operands, what it gives.
    Object(u8, u8, Gives),
    /// A primitive on containers, called by the library.
    Container(Prim),
    /// A function with a rule of its own.
    Special(Special),
}

/// Functions with rules of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Special {
    Int,
    Float,
    Bool,
    Complex,
    Tuple,
    List,
    Set,
    Dict,
    TypedList,
    TypedSet,
    EmptyList,
    EmptySet,
    EmptyDict,
    Len,
    Range,
    Slice,
    Min,
    Max,
    Abs,
    Round,
    DivMod,
    Pow,
    Isinstance,
    Print,
    Enumerate,
    Zip,
    Reversed,
    Iter,
    Next,
    Hasattr,
    FromBuffer,
    Str,
    Ord,
    Hash,
    Frexp,
    Modf,
    Ldexp,
    Gcd,
    Zeros,
    Empty,
    ZerosLike,
    EmptyLike,
    DType,
    Copy,
    Ravel,
    Reshape,
    Transpose,
    Strided,
    Shape,
    NDim,
    Size,
    Real,
    Imag,
    Conjugate,
}

use Builtin as B;
use MathFn as M;
use Special as S;

/// Known functions: (qualified name, rule).
pub const FUNCTIONS: &[(&str, Builtin)] = &[
    ("builtins.int", B::Special(S::Int)),
    ("builtins.float", B::Special(S::Float)),
    ("builtins.bool", B::Special(S::Bool)),
    ("builtins.complex", B::Special(S::Complex)),
    ("builtins.tuple", B::Special(S::Tuple)),
    ("builtins.list", B::Special(S::List)),
    ("builtins.set", B::Special(S::Set)),
    ("builtins.dict", B::Special(S::Dict)),
    ("looplift.typed.lists.List", B::Special(S::TypedList)),
    ("looplift.typed.dicts.Dict", B::Special(S::Dict)),
    ("looplift.typed.sets.Set", B::Special(S::TypedSet)),
    ("looplift.typed.lists.List.empty_list", B::Special(S::EmptyList)),
    ("looplift.typed.dicts.Dict.empty", B::Special(S::EmptyDict)),
    ("looplift.typed.sets.Set.empty", B::Special(S::EmptySet)),
    ("builtins.len", B::Special(S::Len)),
    ("builtins.range", B::Special(S::Range)),
    ("builtins.slice", B::Special(S::Slice)),
    ("builtins.min", B::Special(S::Min)),
    ("builtins.max", B::Special(S::Max)),
    ("builtins.abs", B::Special(S::Abs)),
    ("builtins.round", B::Special(S::Round)),
    ("builtins.divmod", B::Special(S::DivMod)),
    ("builtins.pow", B::Special(S::Pow)),
    ("builtins.isinstance", B::Special(S::Isinstance)),
    ("builtins.print", B::Special(S::Print)),
    ("builtins.enumerate", B::Special(S::Enumerate)),
    ("builtins.zip", B::Special(S::Zip)),
    ("builtins.reversed", B::Special(S::Reversed)),
    ("builtins.iter", B::Special(S::Iter)),
    ("builtins.next", B::Special(S::Next)),
    ("builtins.hasattr", B::Special(S::Hasattr)),
    ("builtins.str", B::Special(S::Str)),
    ("builtins.repr", B::Object(1, 1, Gives::Text)),
    ("builtins.ascii", B::Object(1, 1, Gives::Text)),
    ("builtins.format", B::Object(1, 2, Gives::Text)),
    ("builtins.bin", B::Object(1, 1, Gives::Text)),
    ("builtins.oct", B::Object(1, 1, Gives::Text)),
    ("builtins.hex", B::Object(1, 1, Gives::Text)),
    ("builtins.chr", B::Object(1, 1, Gives::Text)),
    ("builtins.bytes", B::Object(0, 3, Gives::Bytes)),
    ("builtins.int.from_bytes", B::Object(1, 2, Gives::Int)),
    ("builtins.float.fromhex", B::Object(1, 1, Gives::Float)),
    ("builtins.bytes.fromhex", B::Object(1, 1, Gives::Bytes)),
    ("numpy.frombuffer", B::Special(S::FromBuffer)),
    ("builtins.ord", B::Special(S::Ord)),
    ("builtins.hash", B::Special(S::Hash)),
    ("operator.add", B::Binary(Prim::Add)),
    ("operator.sub", B::Binary(Prim::Sub)),
    ("operator.mul", B::Binary(Prim::Mul)),
    ("operator.truediv", B::Binary(Prim::TrueDiv)),
    ("operator.floordiv", B::Binary(Prim::FloorDiv)),
    ("operator.mod", B::Binary(Prim::Mod)),
    ("operator.pow", B::Binary(Prim::Pow)),
    ("operator.lshift", B::Binary(Prim::LShift)),
    ("operator.rshift", B::Binary(Prim::RShift)),
    ("operator.and_", B::Binary(Prim::BitAnd)),
    ("operator.or_", B::Binary(Prim::BitOr)),
    ("operator.xor", B::Binary(Prim::BitXor)),
    ("operator.lt", B::Binary(Prim::Lt)),
    ("operator.le", B::Binary(Prim::Le)),
    ("operator.eq", B::Binary(Prim::Eq)),
    ("operator.ne", B::Binary(Prim::Ne)),
    ("operator.gt", B::Binary(Prim::Gt)),
    ("operator.ge", B::Binary(Prim::Ge)),
    ("operator.neg", B::Unary(Prim::Neg)),
    ("operator.pos", B::Unary(Prim::Pos)),
    ("operator.invert", B::Unary(Prim::Invert)),
    ("math.sin", B::Math(M::Sin)),
    ("math.cos", B::Math(M::Cos)),
    ("math.tan", B::Math(M::Tan)),
    ("math.asin", B::Math(M::Asin)),
    ("math.acos", B::Math(M::Acos)),
    ("math.atan", B::Math(M::Atan)),
    ("math.atan2", B::Math(M::Atan2)),
    ("math.sinh", B::Math(M::Sinh)),
    ("math.cosh", B::Math(M::Cosh)),
    ("math.tanh", B::Math(M::Tanh)),
    ("math.asinh", B::Math(M::Asinh)),
    ("math.acosh", B::Math(M::Acosh)),
    ("math.atanh", B::Math(M::Atanh)),
    ("math.exp", B::Math(M::Exp)),
    ("math.exp2", B::Math(M::Exp2)),
    ("math.expm1", B::Math(M::Expm1)),
    ("math.log", B::Math(M::Log)),
    ("math.log2", B::Math(M::Log2)),
    ("math.log10", B::Math(M::Log10)),
    ("math.log1p", B::Math(M::Log1p)),
    ("math.sqrt", B::Math(M::Sqrt)),
    ("math.cbrt", B::Math(M::Cbrt)),
    ("math.pow", B::Math(M::Pow)),
    ("math.fmod", B::Math(M::Fmod)),
    ("math.hypot", B::Math(M::Hypot)),
    ("math.remainder", B::Math(M::Remainder)),
    ("math.erf", B::Math(M::Erf)),
    ("math.erfc", B::Math(M::Erfc)),
    ("math.gamma", B::Math(M::Gamma)),
    ("math.lgamma", B::Math(M::Lgamma)),
    ("math.copysign", B::Math(M::Copysign)),
    ("math.nextafter", B::Math(M::Nextafter)),
    ("math.fabs", B::Math(M::Fabs)),
    ("math.degrees", B::Math(M::Degrees)),
    ("math.radians", B::Math(M::Radians)),
    ("math.floor", B::MathToInt(Prim::FloorInt)),
    ("math.ceil", B::MathToInt(Prim::CeilInt)),
    ("math.trunc", B::MathToInt(Prim::TruncInt)),
    ("math.isnan", B::Predicate(Prim::IsNan, false)),
    ("math.isinf", B::Predicate(Prim::IsInf, false)),
    ("math.isfinite", B::Predicate(Prim::IsFinite, false)),
    ("math.frexp", B::Special(S::Frexp)),
    ("math.modf", B::Special(S::Modf)),
    ("math.ldexp", B::Special(S::Ldexp)),
    ("math.gcd", B::Special(S::Gcd)),
    ("looplift.library._primitives.list_like", B::Container(Prim::ListLike)),
    ("looplift.library._primitives.list_splice", B::Container(Prim::ListSplice)),
    ("looplift.library._primitives.list_sort", B::Container(Prim::ListSort)),
    ("looplift.library._primitives.table_like", B::Container(Prim::TableLike)),
    ("looplift.library._primitives.table_find", B::Container(Prim::TableFind)),
    ("looplift.library._primitives.table_insert", B::Container(Prim::TableInsert)),
    ("looplift.library._primitives.table_key", B::Container(Prim::TableKey)),
    ("looplift.library._primitives.table_value", B::Container(Prim::TableValue)),
    ("looplift.library._primitives.table_store", B::Container(Prim::TableStore)),
    ("looplift.library._primitives.table_next", B::Container(Prim::TableNext)),
    ("looplift.library._primitives.table_last", B::Container(Prim::TableLast)),
    ("looplift.library._primitives.table_delete", B::Container(Prim::TableDelete)),
    ("looplift.library._primitives.table_clear", B::Container(Prim::TableClear)),
    ("numpy.add", B::Binary(Prim::Add)),
    ("numpy.subtract", B::Binary(Prim::Sub)),
    ("numpy.multiply", B::Binary(Prim::Mul)),
    ("numpy.equal", B::Binary(Prim::Eq)),
    ("numpy.not_equal", B::Binary(Prim::Ne)),
    ("numpy.less", B::Binary(Prim::Lt)),
    ("numpy.less_equal", B::Binary(Prim::Le)),
    ("numpy.greater", B::Binary(Prim::Gt)),
    ("numpy.greater_equal", B::Binary(Prim::Ge)),
    ("numpy.bitwise_and", B::Binary(Prim::BitAnd)),
    ("numpy.bitwise_or", B::Binary(Prim::BitOr)),
    ("numpy.bitwise_xor", B::Binary(Prim::BitXor)),
    ("numpy.left_shift", B::Binary(Prim::LShift)),
    ("numpy.right_shift", B::Binary(Prim::RShift)),
    ("numpy.negative", B::Unary(Prim::Neg)),
    ("numpy.positive", B::Unary(Prim::Pos)),
    ("numpy.invert", B::Unary(Prim::Invert)),
    ("numpy.absolute", B::Special(S::Abs)),
    ("numpy.sin", B::Numpy(M::Sin)),
    ("numpy.cos", B::Numpy(M::Cos)),
    ("numpy.tan", B::Numpy(M::Tan)),
    ("numpy.arcsin", B::Numpy(M::Asin)),
    ("numpy.arccos", B::Numpy(M::Acos)),
    ("numpy.arctan", B::Numpy(M::Atan)),
    ("numpy.arctan2", B::Numpy(M::Atan2)),
    ("numpy.sinh", B::Numpy(M::Sinh)),
    ("numpy.cosh", B::Numpy(M::Cosh)),
    ("numpy.tanh", B::Numpy(M::Tanh)),
    ("numpy.arcsinh", B::Numpy(M::Asinh)),
    ("numpy.arccosh", B::Numpy(M::Acosh)),
    ("numpy.arctanh", B::Numpy(M::Atanh)),
    ("numpy.exp", B::Numpy(M::Exp)),
    ("numpy.exp2", B::Numpy(M::Exp2)),
    ("numpy.expm1", B::Numpy(M::Expm1)),
    ("numpy.log", B::Numpy(M::Log)),
    ("numpy.log2", B::Numpy(M::Log2)),
    ("numpy.log10", B::Numpy(M::Log10)),
    ("numpy.log1p", B::Numpy(M::Log1p)),
    ("numpy.sqrt", B::Numpy(M::Sqrt)),
    ("numpy.cbrt", B::Numpy(M::Cbrt)),
    ("numpy.fmod", B::Numpy(M::Fmod)),
    ("numpy.hypot", B::Numpy(M::Hypot)),
    ("numpy.copysign", B::Numpy(M::Copysign)),
    ("numpy.nextafter", B::Numpy(M::Nextafter)),
    ("numpy.fabs", B::Numpy(M::Fabs)),
    ("numpy.floor", B::Numpy(M::Floor)),
    ("numpy.ceil", B::Numpy(M::Ceil)),
    ("numpy.trunc", B::Numpy(M::Trunc)),
    ("numpy.rint", B::Numpy(M::Rint)),
    ("numpy.degrees", B::Numpy(M::Degrees)),
    ("numpy.radians", B::Numpy(M::Radians)),
    ("numpy.rad2deg", B::Numpy(M::Degrees)),
    ("numpy.deg2rad", B::Numpy(M::Radians)),
    ("numpy.isnan", B::Predicate(Prim::IsNan, true)),
    ("numpy.isinf", B::Predicate(Prim::IsInf, true)),
    ("numpy.isfinite", B::Predicate(Prim::IsFinite, true)),
    ("numpy.signbit", B::Predicate(Prim::Signbit, false)),
    ("numpy.zeros", B::Special(S::Zeros)),
    ("numpy.empty", B::Special(S::Empty)),
    ("numpy.zeros_like", B::Special(S::ZerosLike)),
    ("numpy.empty_like", B::Special(S::EmptyLike)),
    ("numpy.dtype", B::Special(S::DType)),
    ("numpy.copy", B::Special(S::Copy)),
    ("numpy.ravel", B::Special(S::Ravel)),
    ("numpy.reshape", B::Special(S::Reshape)),
    ("numpy.transpose", B::Special(S::Transpose)),
    ("looplift.library._views.strided", B::Special(S::Strided)),
    ("numpy.shape", B::Special(S::Shape)),
    ("numpy.ndim", B::Special(S::NDim)),
    ("numpy.size", B::Special(S::Size)),
    ("numpy.real", B::Special(S::Real)),
    ("numpy.imag", B::Special(S::Imag)),
    ("numpy.conjugate", B::Special(S::Conjugate)),
];

/// NumPy's second names.
pub const ALIASES: &[(&str, &str)] = &[
    ("numpy.abs", "numpy.absolute"),
    ("numpy.conj", "numpy.conjugate"),
    ("numpy.acos", "numpy.arccos"),
    ("numpy.asin", "numpy.arcsin"),
    ("numpy.atan", "numpy.arctan"),
    ("numpy.atan2", "numpy.arctan2"),
    ("numpy.acosh", "numpy.arccosh"),
    ("numpy.asinh", "numpy.arcsinh"),
    ("numpy.atanh", "numpy.arctanh"),
    ("numpy.bitwise_not", "numpy.invert"),
    ("numpy.bitwise_invert", "numpy.invert"),
    ("numpy.bitwise_left_shift", "numpy.left_shift"),
    ("numpy.bitwise_right_shift", "numpy.right_shift"),
];

/// The rule of a function.
pub fn function(qualname: &str) -> Option<Builtin> {
    let name = ALIASES.iter().find(|row| row.0 == qualname).map_or(qualname, |row| row.1);
    FUNCTIONS.iter().find(|row| row.0 == name).map(|row| row.1)
}

/// What an attribute of a run-time value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArrayAttr {
    /// A primitive on the array.
    Prim(Prim),
    NDim,
    ItemSize,
    DType,
    Real,
    Imag,
    /// Called later.
    Method(ArrayMethod),
}

/// Array methods that are primitives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArrayMethod {
    Copy,
    Ravel,
    Reshape,
    AsType,
    Transpose,
    Fill,
    Conjugate,
}

/// Known attributes of arrays.
pub const ARRAY_ATTRS: &[(&str, ArrayAttr)] = &[
    ("shape", ArrayAttr::Prim(Prim::ArrayShape)),
    ("strides", ArrayAttr::Prim(Prim::ArrayStrides)),
    ("size", ArrayAttr::Prim(Prim::ArraySize)),
    ("nbytes", ArrayAttr::Prim(Prim::ArrayNbytes)),
    ("T", ArrayAttr::Prim(Prim::ArrayTranspose)),
    ("ndim", ArrayAttr::NDim),
    ("itemsize", ArrayAttr::ItemSize),
    ("dtype", ArrayAttr::DType),
    ("real", ArrayAttr::Real),
    ("imag", ArrayAttr::Imag),
    ("copy", ArrayAttr::Method(ArrayMethod::Copy)),
    ("ravel", ArrayAttr::Method(ArrayMethod::Ravel)),
    ("reshape", ArrayAttr::Method(ArrayMethod::Reshape)),
    ("astype", ArrayAttr::Method(ArrayMethod::AsType)),
    ("transpose", ArrayAttr::Method(ArrayMethod::Transpose)),
    ("fill", ArrayAttr::Method(ArrayMethod::Fill)),
    ("conj", ArrayAttr::Method(ArrayMethod::Conjugate)),
    ("conjugate", ArrayAttr::Method(ArrayMethod::Conjugate)),
];

/// The rule of an array attribute.
pub fn array_attr(name: &str) -> Option<ArrayAttr> {
    ARRAY_ATTRS.iter().find(|row| row.0 == name).map(|row| row.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for (i, row) in FUNCTIONS.iter().enumerate() {
            assert!(FUNCTIONS[..i].iter().all(|r| r.0 != row.0), "{}", row.0);
        }
        assert_eq!(function("numpy.abs"), Some(Builtin::Special(Special::Abs)));
        assert_eq!(function("numpy.nothing"), None);
    }
}
