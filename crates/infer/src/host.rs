//! What inference asks of the embedding language. Answers must not change during a compile session.

use crate::typed::{Diagnostic, Options, SpecKey};
use looplift_hir::{Function, RawCode, Span};
use looplift_types::{ClosureTy, HostRef, Ty};
use std::sync::Arc;

/// A compile-time constant of the host: the type alone is often all there is to know (functions, modules, literals).
///
/// What the host answers for Python objects: modules `Module`; exception classes `ExcClass`; jitted functions `Dispatcher`; NumPy's
/// number classes and looplift's types `NumberClass`; dtype objects `DType`; all other functions and classes, the builtin classes
/// `int`, `float`, `bool`, `complex`, `tuple`, `range` … included, `Function` (found by their qualified name); small ints, bools and
/// strings literals; tuples `Tuple` of these.
#[derive(Clone, Debug)]
pub struct ConstValue {
    /// Type of the value; literals for ints, bools and strings, `Module`, `Function`, `Dispatcher`, `NumberClass`, … .
    pub ty: Ty,
    pub data: ConstData,
}

/// The value itself, as far as code needs it.
#[derive(Clone, Debug)]
pub enum ConstData {
    /// The type says it all.
    None,
    Int(i64),
    Uint(u64),
    Bool(bool),
    /// By bits, in double precision.
    Float(u64),
    Complex(u64, u64),
    Str(Arc<str>),
    Bytes(Arc<[u8]>),
    Tuple(Arc<[ConstValue]>),
    /// An object that code refers to: the host's handle of it, which stays alive with the code.
    Object(u32),
    /// A global array: bytes of a small one (in the layout of its type, C or F order), else the host's handle of the
    /// memory, which stays alive with the code.
    Array {
        shape: Arc<[i64]>,
        strides: Arc<[i64]>,
        bytes: Option<Arc<[u8]>>,
        address: u64,
        handle: u32,
    },
}

/// A Python function to specialise.
#[derive(Clone, Debug)]
pub struct FuncSource {
    /// The host's handle: same function, same handle.
    pub id: u32,
    pub hir: Arc<Function>,
    pub options: Options,
    /// Default values of the last positional parameters, then of keyword-only ones by name.
    pub defaults: Arc<[ConstValue]>,
    pub kwdefaults: Arc<[(Box<str>, ConstValue)]>,
}

/// What a call of a host function resolves to.
#[derive(Clone, Debug)]
pub enum Overload {
    /// A primitive of the compiler with the given name in its table (see `prim_names`).
    Builtin(Box<str>),
    /// A library or user implementation in Python, to be specialised for the arguments.
    Function(FuncSource),
    /// No implementation for these types; the reason, if there is more to say.
    None(Option<String>),
}

/// Python seen from the compiler.
pub trait Host {
    /// Global or builtin `name` of function `func` (a `FuncSource::id`); `None` if undefined.
    fn global(&self, func: u32, name: &str) -> Option<ConstValue>;
    /// Closure variable `index` of function `func`; `None` if its cell is empty.
    fn free_var(&self, func: u32, index: u32) -> Option<ConstValue>;
    /// Whether an array matches the sequence patterns of `match`.
    fn arrays_are_sequences(&self) -> bool {
        false
    }
    /// The type that was declared of local `name` of function `func`.
    fn declared_local(&self, _func: u32, _name: &str) -> Option<Ty> {
        None
    }
    /// Constant `index` of the code object that HIR calls `Const::Opaque`.
    fn opaque_const(&self, func: u32, index: u32) -> Option<ConstValue>;
    /// The function object of code constant `code` inside function `func`, without anything captured.
    fn inner_function(&self, _func: u32, _code: &Arc<RawCode>) -> Option<HostRef> {
        None
    }
    /// What a call of a function value of this type runs: its HIR takes what it captured as parameters after its own.
    fn closure_source(&self, _ty: &ClosureTy) -> Overload {
        Overload::None(None)
    }
    /// The module that `import name` binds: the outermost package, or the module itself if it is `whole`.
    fn module(&self, _name: &str, _whole: bool) -> Option<ConstValue> {
        None
    }
    /// Attribute of a compile-time object (module, class, enum member, dispatcher, dtype).
    fn attr(&self, obj: Ty, name: &str) -> Option<ConstValue>;
    /// Facts of a class of `enum`: its `type` (`ConstValue` of no data), `members`, `names` or `values` (tuples, in order of
    /// definition), the `mask` of all bits of a flag. `None` for other objects.
    fn enumeration(&self, _class: Ty, _what: &str) -> Option<ConstValue> {
        None
    }
    /// The function that a class has under a name: a method, or with `property` a property's.
    fn class_function(&self, _class: &HostRef, _name: &str, _property: bool) -> Option<FuncSource> {
        None
    }
    /// The type of an attribute of exceptions of a class that are made with such arguments (a bundle at the end goes by name).
    fn exception_attribute(&self, _class: &HostRef, _args: &[Ty], _name: &str) -> Option<Ty> {
        None
    }
    /// Whether a class derives from another.
    fn is_subclass(&self, _class: &HostRef, _of: &HostRef) -> Option<bool> {
        None
    }
    /// The canonical qualified name of a function or class object: `builtins.len`, `math.sin`, `numpy.zeros`; primitives
    /// are found by it.
    fn qualname(&self, obj: Ty) -> Option<Box<str>>;
    /// The type that an object is, if it is one of looplift's types.
    fn type_value(&self, _obj: Ty) -> Option<Ty> {
        None
    }
    /// How to call function object `callee` (of type `Function`, `Dispatcher` or `BoundMethod`) with these argument types.
    fn overload(&self, callee: Ty, args: &[Ty], kwargs: &[(Box<str>, Ty)]) -> Overload;
    /// Whether a call of `callee`, whose options say that this is asked (`asks_inline`), is inlined. The call stands at `span` of
    /// function `caller`, which has arguments of these types.
    fn wants_inlining(&self, _caller: (u32, &[Ty]), _span: Span, _callee: &FuncSource, _args: &[Ty], _kwargs: &[(Box<str>, Ty)]) -> bool {
        false
    }
    /// The compiled function that a function with this handle is, or becomes; `None` if it is none of Python's functions.
    fn compiled_function(&self, _func: u32) -> Option<ConstValue> {
        None
    }
    /// What was asked for an implementation of a call that has none, and what each answered: texts for the diagnostic. `callee` is a function
    /// object or a `BoundMethod`. Empty where nothing serves it for any types.
    fn candidates(&self, _callee: Ty, _args: &[Ty], _kwargs: &[(Box<str>, Ty)]) -> Vec<String> {
        Vec::new()
    }
    /// A function of one of several functions, and arguments for it, that tells which it is and calls it.
    fn chooser(&self, _members: &[Ty], _keywords: bool) -> Overload {
        Overload::None(None)
    }
    /// As `overload`, where types with the values of literals are offered to user implementations first.
    fn overload_of_values(&self, callee: Ty, args: &[Ty], kwargs: &[(Box<str>, Ty)]) -> Overload {
        self.overload(callee, args, kwargs)
    }
    /// How many inputs function object `callee` has if it is a ufunc: one that serves arrays element by element.
    fn ufunc_inputs(&self, _callee: Ty) -> Option<usize> {
        None
    }
    /// What a call of an object that the host itself runs, on Python objects, gives for these argument types. `None` where the
    /// object is not of that kind; the type of `None` where it is not called.
    fn object_result(&self, _callee: Ty, _args: &[Ty]) -> Option<Ty> {
        None
    }
    /// The number by which an object knows these argument types, if it takes words rather than Python objects.
    fn object_signature(&self, _callee: Ty, _args: &[Ty]) -> Option<u32> {
        None
    }
    /// Attribute `name` of run-time values of type `obj` that the compiler does not know: an overload taking the object.
    fn attr_overload(&self, obj: Ty, name: &str) -> Overload;
    /// Method `name` of run-time values of type `obj`.
    fn method_overload(&self, obj: Ty, name: &str, args: &[Ty], kwargs: &[(Box<str>, Ty)]) -> Overload;
    /// The text of a source line of function `func`, for diagnostics.
    fn source_line(&self, func: u32, line: u32) -> Option<String>;
    /// A signature the user declared for this function (recursion may use it before inference ends).
    fn declared_return(&self, func: u32, args: &[Ty]) -> Option<Ty>;
    /// For a function that has declared signatures and no others: the parameters of the one that takes such arguments, or
    /// the text of all. `None`: it is compiled for any types.
    fn declared_params(&self, _func: u32, _args: &[Ty]) -> Option<Result<Vec<Ty>, String>> {
        None
    }
    /// The positions of arguments whose values the last overload asked for, instead of an answer; and whether that is all that its
    /// exception says, or it is the reason of a refusal if they cannot be known.
    fn literal_request(&self) -> Option<(Vec<u32>, bool)> {
        None
    }
    /// Whether errors of the host are pending (an overload raised): turned into a diagnostic by the caller.
    fn take_error(&self) -> Option<Diagnostic>;
    /// Leaves pending errors aside: the question is asked again in other words.
    fn forget_error(&self) {}
}

/// A specialisation that an earlier session compiled.
#[derive(Clone, Debug)]
pub struct CompiledSpec {
    /// The driver's index.
    pub spec: u32,
    pub params: Vec<Ty>,
    pub ret: Ty,
}

/// What the driver has already.
pub trait Compiled {
    fn find(&self, key: &SpecKey) -> Option<CompiledSpec>;
    /// Exceptions that a specialisation and those that it calls raise by `raise`: classes and types of arguments.
    fn raises(&self, _spec: u32) -> Vec<(HostRef, Box<[Ty]>)> {
        Vec::new()
    }
}

/// A driver that starts empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct NothingCompiled;

impl Compiled for NothingCompiled {
    fn find(&self, _key: &SpecKey) -> Option<CompiledSpec> {
        None
    }
}
