//! Typed HIR: the function as it was, with side tables that say what each thing is and does.

use crate::host::ConstValue;
use cranelift_entity::{EntitySet, SecondaryMap};
use looplift_builtins::Prim;
use looplift_hir::{Block, Function, Inst, Span, Value};
use looplift_types::Ty;
use std::sync::Arc;

/// Options of a compilation, as `jit` takes them. They are part of a specialisation's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    pub fastmath: bool,
    /// NumPy's error model: no ZeroDivisionError.
    pub numpy_errors: bool,
    pub boundscheck: bool,
    /// Raise OverflowError where 64-bit arithmetic wraps.
    pub overflow_checks: bool,
    /// For loops that an interpreted function offers: raise something where a result would not be the number that Python
    /// computes, which then runs the loop. Implies `overflow_checks`.
    pub exact_numbers: bool,
    pub always_inline: bool,
    /// A function of the host's says of each call whether it is inlined.
    pub asks_inline: bool,
    pub parallel: bool,
    pub debug: bool,
    /// What is known of the range that is the first argument, if anything.
    pub range: KnownRange,
    /// What a function of the library makes of the array that is its first argument, if expressions may run inside of it.
    pub reduction: Option<Reduction>,
}

/// What the function that a parallel loop became is told of its range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum KnownRange {
    #[default]
    Any,
    /// Its step is 1.
    UnitStep,
    /// Its step is 1, and its numbers are not negative.
    Natural,
}

impl KnownRange {
    pub fn by_name(name: &str) -> Option<KnownRange> {
        match name {
            "unit_step" => Some(KnownRange::UnitStep),
            "natural" => Some(KnownRange::Natural),
            _ => None,
        }
    }
}

/// A number made of all elements of an array, piece by piece: an expression that gives the array need not be in memory as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// The float sum in NumPy's order; it is halved as NumPy halves it.
    Sum,
    /// That sum divided by the number of elements.
    Mean,
    /// Anything for which the results of pieces, as an array, are reduced to the result by the function itself.
    Pieces,
}

impl Reduction {
    pub fn by_name(name: &str) -> Option<Reduction> {
        match name {
            "sum" => Some(Reduction::Sum),
            "mean" => Some(Reduction::Mean),
            "pieces" => Some(Reduction::Pieces),
            _ => None,
        }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            fastmath: false,
            numpy_errors: false,
            boundscheck: true,
            overflow_checks: false,
            exact_numbers: false,
            always_inline: false,
            asks_inline: false,
            parallel: false,
            debug: false,
            range: KnownRange::Any,
            reduction: None,
        }
    }
}

/// A specialisation: function (host handle), argument types (varargs as one tuple type), options.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SpecKey {
    pub func: u32,
    pub args: Box<[Ty]>,
    pub options: Options,
}

/// Where a callee's or primitive's operand comes from.
#[derive(Clone, Debug)]
pub enum ArgSrc {
    Value(Value),
    /// A default or a constant supplied by resolution.
    Const(ConstValue),
    /// A tuple made of several (`*args` of the callee, or a keyword-bound group).
    Tuple(Vec<ArgSrc>),
    /// Element `index` of a tuple-typed source (`f(*t)`), or argument `index` of a source of type `ExcInstance`.
    Item(Box<ArgSrc>, u32),
    /// The result of a primitive that runs first: its operands and the type of what it gives.
    Made(Box<Made>),
    /// What an optional source holds; TypeError "expected T, got None" when it is None.
    Present(Box<ArgSrc>),
}

impl ArgSrc {
    /// Whether reading it may raise.
    pub fn may_raise(&self) -> bool {
        match self {
            ArgSrc::Value(_) | ArgSrc::Const(_) => false,
            ArgSrc::Tuple(items) => items.iter().any(ArgSrc::may_raise),
            ArgSrc::Item(of, _) => of.may_raise(),
            ArgSrc::Present(_) | ArgSrc::Made(_) => true,
        }
    }
}

/// See [`ArgSrc::Made`].
#[derive(Clone, Debug)]
pub struct Made {
    pub prim: Prim,
    pub args: Vec<ArgSrc>,
    pub params: Vec<Ty>,
    pub ty: Ty,
}

/// What inference decided for an instruction. The value's type is in [`TypedFunction::types`].
///
/// A value of type `Literal`, `none`, function, module … has no words: it is materialised from its type wherever it is converted.
/// An instruction whose type is *bottom* never returns (it always raises, or calls what always raises): code after it in the block is
/// not executed and has no resolution. `Op::Undef` is the exception: it has no resolution, has type bottom and simply continues;
/// converting it to any type gives zero words.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// The result is a compile-time value: nothing to execute (operands may still have been evaluated by others). When the
    /// instruction's type is literal, `none`, a function … the data is redundant; else (float, complex, uint64, tuple, array) it has the value.
    Const(ConstValue),
    /// A primitive; operands are converted to `params` first. The result has the instruction's type in `types`.
    Prim { prim: Prim, args: Vec<ArgSrc>, params: Vec<Ty> },
    /// A call of another specialisation (index in [`TypedProgram::functions`]). `reduction`: see [`Options::reduction`].
    Call { spec: usize, args: Vec<ArgSrc>, params: Vec<Ty>, reduction: Option<Reduction> },
    /// A generator of a specialisation that is a generator function, about to begin.
    Generate { spec: usize, args: Vec<ArgSrc>, params: Vec<Ty> },
    /// Gives an item, converted to the function's result type, out of a generator.
    Yield(ArgSrc),
    /// The result is this operand, converted to the instruction's type.
    Copy(ArgSrc),
    /// `kernel`, a resolution on numbers with result type `ret`, for every element of its array operands, broadcast against
    /// each other; the elements are converted to the dtype of the instruction's type. `into`: written to this array (which
    /// is the result) instead of a fresh one. Expressions of several such operations run as one loop (`lower`).
    Elementwise { kernel: Box<Resolution>, ret: Ty, into: Option<ArgSrc> },
}

impl Resolution {
    /// Calls `f` for every operand, in order.
    pub fn for_each_source(&self, f: &mut dyn FnMut(&ArgSrc)) {
        match self {
            Resolution::Const(_) => {}
            Resolution::Prim { args, .. } | Resolution::Call { args, .. } | Resolution::Generate { args, .. } => args.iter().for_each(f),
            Resolution::Copy(a) | Resolution::Yield(a) => f(a),
            Resolution::Elementwise { kernel, into, .. } => {
                kernel.for_each_source(f);
                into.iter().for_each(f);
            }
        }
    }
    /// The specialisation it calls, if any.
    pub fn callee(&self) -> Option<usize> {
        match self {
            Resolution::Call { spec, .. } | Resolution::Generate { spec, .. } => Some(*spec),
            Resolution::Elementwise { kernel, .. } => kernel.callee(),
            Resolution::Const(_) | Resolution::Prim { .. } | Resolution::Copy(_) | Resolution::Yield(_) => None,
        }
    }
}

/// A function specialised for argument types.
#[derive(Clone, Debug)]
pub struct TypedFunction {
    pub key: SpecKey,
    pub hir: Arc<Function>,
    pub params: Vec<Ty>,
    pub ret: Ty,
    /// Type of each value; bottom where unreachable.
    pub types: SecondaryMap<Value, Option<Ty>>,
    /// Present for every instruction in a live block.
    pub resolutions: SecondaryMap<Inst, Option<Resolution>>,
    pub live_blocks: EntitySet<Block>,
    /// For live branches with one live edge: which (true = `then`). The condition then has no run-time test.
    /// Block call arguments are converted to the types of the parameters; returned values to `ret`.
    pub decided: SecondaryMap<Block, Option<bool>>,
    /// For `Raise` and `Reraise` terminators: the exception to raise (class and constant or run-time arguments).
    pub raises: SecondaryMap<Block, Option<RaiseInfo>>,
    /// For `IterNext` terminators: the item type.
    pub items: SecondaryMap<Block, Option<Ty>>,
    /// Calls itself, directly or through others.
    pub recursive: bool,
}

/// What a `raise` statement raises.
#[derive(Clone, Debug)]
pub struct RaiseInfo {
    /// Type `ExcClass` naming the class; or `Exception`: a caught exception travels on, it is `args[0]`.
    pub class: Ty,
    pub args: Vec<ArgSrc>,
    pub arg_types: Vec<Ty>,
}

/// All specialisations that one compilation needs and that are not compiled yet; `functions[0]` is the root.
#[derive(Clone, Debug)]
pub struct TypedProgram {
    pub functions: Vec<Callee>,
}

/// A member of a program.
#[derive(Clone, Debug)]
pub enum Callee {
    /// Inferred in this session.
    Inferred(Box<TypedFunction>),
    /// Compiled earlier: only the interface is needed (`spec` is the driver's index).
    Compiled { key: SpecKey, spec: u32, params: Vec<Ty>, ret: Ty },
}

impl Callee {
    pub fn key(&self) -> &SpecKey {
        match self {
            Callee::Inferred(f) => &f.key,
            Callee::Compiled { key, .. } => key,
        }
    }
}

/// Whose fault a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DiagnosticKind {
    /// Valid Python that looplift does not compile.
    Unsupported,
    /// Types do not fit.
    Typing,
    /// A size limit was exceeded.
    Limit,
    /// A bug of looplift.
    Internal,
}

/// Further lines of a diagnostic: another place, or advice.
#[derive(Clone, Debug)]
pub struct Note {
    pub text: String,
    /// Function handle and span, when it points somewhere.
    pub place: Option<(u32, Span)>,
}

/// An error found while compiling. Rendered by `python` with source line and caret.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub kind: DiagnosticKind,
    /// Stable code, e.g. `LL0102`; the table is in `codes`.
    pub code: &'static str,
    pub message: String,
    pub func: u32,
    pub span: Span,
    pub notes: Vec<Note>,
    /// Parameters of the function that must be literals: it can be compiled for their values.
    pub wanted: Vec<u32>,
}
