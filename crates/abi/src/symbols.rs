//! The runtime symbol table: every function of the runtime that compiled code may call, one row each.
//!
//! A row gives the enum name, the text name (as MIR prints it), operand and result machine types, whether the context is
//! passed as a first hidden operand, whether the call may fail (then it returns a status before its value, see `ctx`), and
//! its effect. `runtime` maps each row to an address; rows marked *hook* are filled in by the embedding.

use crate::MTy;

/// What a symbol may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymEffect {
    /// Depends on operands only: may be merged, hoisted, removed.
    Pure,
    /// As `Pure`, but operands are addresses of things that live, or the result is one: no function of numbers.
    Place,
    /// Reads array data.
    Read,
    /// Writes array data through operand addresses.
    Write,
    /// Makes an object from operands that do not change, and fails only where there is no memory: removed when unused.
    Make,
    /// Anything: never removed or reordered.
    Other,
}

/// A table row.
#[derive(Clone, Copy, Debug)]
pub struct SymRow {
    pub name: &'static str,
    pub params: &'static [MTy],
    pub rets: &'static [MTy],
    pub takes_ctx: bool,
    pub fallible: bool,
    pub effect: SymEffect,
}

impl SymRow {
    /// Whether its result depends on plain words only: no operand is an object.
    pub fn is_plain(&self) -> bool {
        self.effect == SymEffect::Pure && !self.params.contains(&MTy::Ref)
    }
    /// Whether the library in Python may call it by name: numbers and addresses in, at most one number out, no context.
    pub fn is_native(&self) -> bool {
        !self.takes_ctx && self.rets.len() <= 1
    }
}

macro_rules! symbols {
    ($( $variant:ident $name:literal ($($p:ident),*) -> ($($r:ident),*) $effect:ident $(, $flag:ident)*; )*) => {
        /// A runtime function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Sym { $( $variant, )* }
        impl Sym {
            pub const ALL: &'static [Sym] = &[ $( Sym::$variant, )* ];
            pub const fn row(self) -> &'static SymRow {
                match self { $( Sym::$variant => const { &SymRow {
                    name: $name,
                    params: &[ $( MTy::$p, )* ],
                    rets: &[ $( MTy::$r, )* ],
                    takes_ctx: symbols!(@has ctx $($flag)*) || symbols!(@has fallible $($flag)*),
                    fallible: symbols!(@has fallible $($flag)*),
                    effect: SymEffect::$effect,
                } }, )* }
            }
            pub fn from_name(name: &str) -> Option<Sym> {
                Sym::ALL.iter().copied().find(|s| s.row().name == name)
            }
        }
    };
    (@has $want:ident) => { false };
    (@has ctx ctx $($rest:ident)*) => { true };
    (@has fallible fallible $($rest:ident)*) => { true };
    (@has $want:ident $other:ident $($rest:ident)*) => { symbols!(@has $want $($rest)*) };
}

symbols! {
    // C functions by address: the address, up to six integers, up to eight floats, all of double or all of single precision.
    AddressOf "address_of" (I64) -> (I64) Pure;
    CallInt "call_int" (I64, I64, I64, I64, I64, I64, I64, F64, F64, F64, F64, F64, F64, F64, F64) -> (I64) Other;
    CallDouble "call_double" (I64, I64, I64, I64, I64, I64, I64, F64, F64, F64, F64, F64, F64, F64, F64) -> (F64) Other;
    CallFloat "call_float" (I64, I64, I64, I64, I64, I64, I64, F64, F64, F64, F64, F64, F64, F64, F64) -> (F32) Other;
    CallIntF32 "call_int_f32" (I64, I64, I64, I64, I64, I64, I64, F32, F32, F32, F32, F32, F32, F32, F32) -> (I64) Other;
    CallDoubleF32 "call_double_f32" (I64, I64, I64, I64, I64, I64, I64, F32, F32, F32, F32, F32, F32, F32, F32) -> (F64) Other;
    CallFloatF32 "call_float_f32" (I64, I64, I64, I64, I64, I64, I64, F32, F32, F32, F32, F32, F32, F32, F32) -> (F32) Other;
    // Mathematics, double precision: the C library's functions, IEEE special cases, no errno.
    Sin "sin" (F64) -> (F64) Pure;
    Cos "cos" (F64) -> (F64) Pure;
    SinCos "sin_cos" (F64) -> (F64, F64) Pure;
    Tan "tan" (F64) -> (F64) Pure;
    Asin "asin" (F64) -> (F64) Pure;
    Acos "acos" (F64) -> (F64) Pure;
    Atan "atan" (F64) -> (F64) Pure;
    Atan2 "atan2" (F64, F64) -> (F64) Pure;
    Sinh "sinh" (F64) -> (F64) Pure;
    Cosh "cosh" (F64) -> (F64) Pure;
    Tanh "tanh" (F64) -> (F64) Pure;
    Asinh "asinh" (F64) -> (F64) Pure;
    Acosh "acosh" (F64) -> (F64) Pure;
    Atanh "atanh" (F64) -> (F64) Pure;
    Exp "exp" (F64) -> (F64) Pure;
    Exp2 "exp2" (F64) -> (F64) Pure;
    Expm1 "expm1" (F64) -> (F64) Pure;
    Log "log" (F64) -> (F64) Pure;
    Log2 "log2" (F64) -> (F64) Pure;
    Log10 "log10" (F64) -> (F64) Pure;
    Log1p "log1p" (F64) -> (F64) Pure;
    Pow "pow" (F64, F64) -> (F64) Pure;
    Fmod "fmod" (F64, F64) -> (F64) Pure;
    Hypot "hypot" (F64, F64) -> (F64) Pure;
    Cbrt "cbrt" (F64) -> (F64) Pure;
    Erf "erf" (F64) -> (F64) Pure;
    Erfc "erfc" (F64) -> (F64) Pure;
    Tgamma "tgamma" (F64) -> (F64) Pure;
    Lgamma "lgamma" (F64) -> (F64) Pure;
    Ldexp "ldexp" (F64, I64) -> (F64) Pure;
    FrexpMantissa "frexp_mantissa" (F64) -> (F64) Pure;
    FrexpExponent "frexp_exponent" (F64) -> (I64) Pure;
    Nextafter "nextafter" (F64, F64) -> (F64) Pure;
    Remainder "remainder" (F64, F64) -> (F64) Pure;
    // As arrays compute them, in vector loops and elsewhere alike: `numerics::elementary`.
    ArrayExp "array_exp" (F64) -> (F64) Pure;
    ArrayLog "array_log" (F64) -> (F64) Pure;
    ArrayTanh "array_tanh" (F64) -> (F64) Pure;
    ArraySin "array_sin" (F64) -> (F64) Pure;
    ArrayCos "array_cos" (F64) -> (F64) Pure;
    ArrayTan "array_tan" (F64) -> (F64) Pure;
    ArrayAtan "array_atan" (F64) -> (F64) Pure;
    ArrayAtan2 "array_atan2" (F64, F64) -> (F64) Pure;
    ArrayExp2 "array_exp2" (F64) -> (F64) Pure;
    ArrayExpm1 "array_expm1" (F64) -> (F64) Pure;
    ArraySinh "array_sinh" (F64) -> (F64) Pure;
    ArrayCosh "array_cosh" (F64) -> (F64) Pure;
    ArrayPow "array_pow" (F64, F64) -> (F64) Pure;
    ArrayLog1p "array_log1p" (F64) -> (F64) Pure;
    ArrayLog2 "array_log2" (F64) -> (F64) Pure;
    ArrayLog10 "array_log10" (F64) -> (F64) Pure;
    // Single precision.
    SinF32 "sin_f32" (F32) -> (F32) Pure;
    CosF32 "cos_f32" (F32) -> (F32) Pure;
    TanF32 "tan_f32" (F32) -> (F32) Pure;
    AsinF32 "asin_f32" (F32) -> (F32) Pure;
    AcosF32 "acos_f32" (F32) -> (F32) Pure;
    AtanF32 "atan_f32" (F32) -> (F32) Pure;
    Atan2F32 "atan2_f32" (F32, F32) -> (F32) Pure;
    SinhF32 "sinh_f32" (F32) -> (F32) Pure;
    CoshF32 "cosh_f32" (F32) -> (F32) Pure;
    TanhF32 "tanh_f32" (F32) -> (F32) Pure;
    AsinhF32 "asinh_f32" (F32) -> (F32) Pure;
    AcoshF32 "acosh_f32" (F32) -> (F32) Pure;
    AtanhF32 "atanh_f32" (F32) -> (F32) Pure;
    ExpF32 "exp_f32" (F32) -> (F32) Pure;
    Exp2F32 "exp2_f32" (F32) -> (F32) Pure;
    Expm1F32 "expm1_f32" (F32) -> (F32) Pure;
    LogF32 "log_f32" (F32) -> (F32) Pure;
    Log2F32 "log2_f32" (F32) -> (F32) Pure;
    Log10F32 "log10_f32" (F32) -> (F32) Pure;
    Log1pF32 "log1p_f32" (F32) -> (F32) Pure;
    PowF32 "pow_f32" (F32, F32) -> (F32) Pure;
    FmodF32 "fmod_f32" (F32, F32) -> (F32) Pure;
    NextafterF32 "nextafter_f32" (F32, F32) -> (F32) Pure;
    HypotF32 "hypot_f32" (F32, F32) -> (F32) Pure;
    // Threads that parallel loops may use at most, and those that loops called from this thread use.
    ThreadMaximum "thread_maximum" () -> (I64) Other;
    ThreadLimit "thread_limit" () -> (I64) Other;
    SetThreadLimit "set_thread_limit" (I64) -> () Other;
    // Iterations of a piece of a parallel loop; 0: as many as suit. The second sets it and gives what was set.
    ParallelChunk "parallel_chunk" () -> (I64) Other;
    SetParallelChunk "set_parallel_chunk" (I64) -> (I64) Other;
    // The number of the thread among those of a parallel loop.
    ThreadNumber "thread_number" () -> (I64) Read;
    // Decimal rounding as Python's round(x, n): correctly rounded decimal, ties to even.
    RoundDecimal "round_decimal" (F64, I64) -> (F64) Pure;
    // Integer power by squaring, wrapping; the exponent is not negative.
    IpowI64 "ipow_i64" (I64, I64) -> (I64) Pure;
    // Output. A hook: prints values as Python's print would. First operand: address of the type texts, one type a line, the first
    // two being literal texts for `sep` and `end`; second: their length; third: the values' words, eight bytes each (narrow integers
    // zero-extended). A line that begins with `@` is in
    // the form of `types::wire`. In a `Literal[str](…)` line, backslash and newline are escaped as `\\` and `\n`.
    Print "print" (I64, I64, I64) -> () Other, fallible;
    // A hook: makes an exception with any arguments and makes it pending. Operands as Print's, but the first line is the class: the
    // host's index, a blank, the qualified name, and maybe ` in` (a handle becomes the context) and ` from` (the cause or its handle), whose values come last;
    // the other lines are the types of the arguments, and of these.
    RaiseBoxed "raise_boxed" (I64, I64, I64) -> () Other, fallible;
    // Exceptions being handled, a stack of each thread. An exception that reaches its handler moves from the context to the stack.
    // The handle of the topmost one, or 0.
    ExcDepth "exc_depth" () -> (I64) Other, ctx;
    // Drops those above the handle, puts the pending exception on top and gives its handle.
    SaveExc "save_exc" (I64) -> (I64) Other, ctx;
    // Takes the exceptions above a depth off the stack, in a block of their own (null: none); puts them back.
    StashExc "stash_exc" (I64) -> (Ref) Other, fallible;
    UnstashExc "unstash_exc" (Ref) -> () Other, ctx;
    // Frames of generators, see `lower`: (bytes, references) to a zeroed block, which releases its references.
    NewFrame "new_frame" (I64, I64) -> (Ref) Other, fallible;
    // Takes the reference at an address, and leaves nothing there.
    TakeRef "take_ref" (I64) -> (Ref) Other;
    // Makes the exception of a handle pending again: it travels on.
    TakeExc "take_exc" (I64) -> () Other, ctx;
    // Makes a copy of the exception of a handle pending (`raise` in its handler); 0: of the topmost, or RuntimeError if there is none.
    CopyExc "copy_exc" (I64) -> () Other, ctx;
    // Drops the exception of a handle and those above.
    DropExc "drop_exc" (I64) -> () Other, ctx;
    // A hook: an operation on values as objects of the embedding. Operands: address and length of the text, the words of the
    // operands as Print's, where the words of the result go (owned references as addresses). The first line is the operation,
    // the second the type of the result, the others the types of the operands.
    CallObject "call_object" (I64, I64, I64, I64) -> () Other, fallible;
    // Calls a function value: the words of the arguments are at an address, those of the result (owned references as addresses) go to another.
    CallFunction "call_function" (Ref, I64, I64) -> () Other, fallible;
    // Takes an owned reference over that was stored as an address.
    AdoptRef "adopt_ref" (I64) -> (Ref) Other;
    // A reference to the object at an address, which the code keeps alive.
    ObjectConst "object_const" (I64) -> (Ref) Make;
    // Texts and bytes, which are objects of the embedding: hooks that need no lock unless they make an object.
    // The text or the bytes at an address with a length.
    TextConst "text_const" (I64, I64) -> (Ref) Make, fallible;
    BytesConst "bytes_const" (I64, I64) -> (Ref) Make, fallible;
    // Characters of a text, bytes of a bytes object.
    TextLen "text_len" (Ref) -> (I64) Pure;
    // Item at a position that is in range: a text of one character; a byte; the code point.
    TextItem "text_item" (Ref, I64) -> (Ref) Make, fallible;
    TextCode "text_code" (Ref, I64) -> (I64) Pure;
    // Items from start with a step; a count of them that is in range.
    TextSlice "text_slice" (Ref, I64, I64, I64) -> (Ref) Make, fallible;
    TextConcat "text_concat" (Ref, Ref) -> (Ref) Make, fallible;
    // As text_concat; the first reference is taken over, also on failure. Put in by `insert_refcounts` where it is the last one.
    TextAppend "text_append" (Ref, Ref) -> (Ref) Other, fallible;
    // Texts in one: (address of references, their number); (separator, list of texts).
    TextBuild "text_build" (I64, I64) -> (Ref) Other, fallible;
    TextJoin "text_join" (Ref, Ref) -> (Ref) Other, fallible;
    // A list of texts: (text, separator or null for blanks, number of splits or -1); (text, whether ends of lines are kept).
    TextSplit "text_split" (Ref, Ref, I64) -> (Ref) Other, fallible;
    TextLines "text_lines" (Ref, I8) -> (Ref) Other, fallible;
    // A question about a text, by its number in `text::QUESTIONS`; whether the second is how the first begins, or (third operand) ends.
    TextIs "text_is" (Ref, I64) -> (I8) Pure;
    // The same question about a character, by its code.
    CharIs "char_is" (I64, I64) -> (I8) Read;
    TextEnds "text_ends" (Ref, Ref, I8) -> (I8) Pure;
    // An integer in decimal digits: signed, unsigned.
    IntText "int_text" (I64) -> (Ref) Make, fallible;
    UintText "uint_text" (I64) -> (Ref) Make, fallible;
    // Sign of the order; 0 when equal.
    TextCompare "text_compare" (Ref, Ref) -> (I64) Pure;
    // First position of the second text in the first, or -1.
    TextFind "text_find" (Ref, Ref) -> (I64) Pure;
    // The host's hash.
    TextHash "text_hash" (Ref) -> (I64) Pure;
    // Elements of fixed length: the text (1) or bytes (0) of a number of characters at an address, and the reverse, which cuts or
    // fills with zeros.
    CharsLoad "chars_load" (I64, I64, I8) -> (Ref) Other, fallible;
    CharsStore "chars_store" (I64, I64, I8, Ref) -> () Other;
    // The address of the data of a bytes object.
    BytesData "bytes_data" (Ref) -> (I64) Read;
    // Marks the end of a copy of possibly overlapping strided views: (dst, dst_strides*, src, src_strides*, shape*, ndim, itemsize).
    CopyStrided "copy_strided" (I64, I64, I64, I64, I64, I64, I64) -> () Write;
    // Linear algebra (`runtime::linear`): products of strided matrices, (kind, m, k, n, then address and strides of a, b, c); then
    // factorisations of column-major matrices, (complex, sizes…, addresses…). They return a status.
    // The sum of (address, step in bytes, count) in NumPy's order.
    PairwiseSum "pairwise_sum" (I64, I64, I64) -> (F64) Read;
    PairwiseSumF32 "pairwise_sum_f32" (I64, I64, I64) -> (F32) Read;
    Gemm "gemm" (I64, I64, I64, I64, I64, I64, I64, I64, I64, I64, I64, I64, I64) -> (I64) Other;
    Lu "lu" (I64, I64, I64, I64) -> (I64) Other;
    LuSolve "lu_solve" (I64, I64, I64, I64, I64, I64) -> (I64) Other;
    LuDet "lu_det" (I64, I64, I64, I64, I64) -> (I64) Other;
    Cholesky "cholesky" (I64, I64, I64) -> (I64) Other;
    Qr "qr" (I64, I64, I64, I64, I64, I64) -> (I64) Other;
    Eigh "eigh" (I64, I64, I64, I64, I64) -> (I64) Other;
    Svd "svd" (I64, I64, I64, I64, I64, I64, I64, I64) -> (I64) Other;
    Eig "eig" (I64, I64, I64, I64, I64) -> (I64) Other;
    // (inverse, length, count of rows, address of complex doubles).
    Fft "fft" (I64, I64, I64, I64) -> (I64) Other;
    // Additions that threads do at once (`runtime::atomic`): (address, value) or (address, bits, value) -> what was there.
    AtomicAddF64 "atomic_add_f64" (I64, F64) -> (F64) Other;
    AtomicAddF32 "atomic_add_f32" (I64, F32) -> (F32) Other;
    AtomicAddInt "atomic_add_int" (I64, I64, I64) -> (I64) Other;
    // Random numbers (`runtime::random`). The first operand is the stream: 0 `random`'s, 1 `numpy.random`'s, both the thread's own, else
    // the address of a bit generator's interface.
    // What code that draws in place needs (`abi::draws`): the address of a generator's state, if it is a PCG64 of NumPy's, else 0; that of
    // a stream of the thread; that of the ziggurats' tables; numbers of which the first word (the last operand) does not give one.
    RandomPcg64 "random_pcg64" (I64) -> (I64) Place;
    RandomStream "random_stream" (I64) -> (I64) Place;
    RandomLayers "random_layers" () -> (I64) Place;
    RandomNormalBeyond "random_normal_beyond" (I64, I64) -> (F64) Other;
    RandomExponentialBeyond "random_exponential_beyond" (I64, I64) -> (F64) Other;
    // `pow`, as distributions use it.
    RandomPowerOf "random_power_of" (F64, F64) -> (F64) Pure;
    RandomSeed "random_seed" (I64, I64) -> () Other;
    RandomSeedWords "random_seed_words" (I64, I64, I64) -> () Other;
    RandomSeedAnew "random_seed_anew" (I64) -> () Other;
    RandomPythonGauss "random_python_gauss" () -> (F64) Other;
    RandomPythonBits "random_python_bits" (I64) -> (I64) Other;
    RandomPythonBelow "random_python_below" (I64) -> (I64) Other;
    // (stream, address of 627 int64): the words, the place of the next, whether a normal number is left, its bits.
    RandomState "random_state" (I64, I64) -> () Other;
    RandomSetState "random_set_state" (I64, I64) -> () Other;
    // Arrays: (stream, address, count, distribution: 0 uniform, 1 normal, 2 exponential, 3 exponential by its inverse …).
    RandomFillDoubles "random_fill_doubles" (I64, I64, I64, I64) -> () Other;
    // (…, shift, scale).
    RandomFillScaled "random_fill_scaled" (I64, I64, I64, I64, F64, F64) -> () Other;
    RandomFillSingles "random_fill_singles" (I64, I64, I64, I64) -> () Other;
    // Arrays of these distributions: (stream, address, count, parameters …).
    RandomFillGamma "random_fill_gamma" (I64, I64, I64, F64, F64) -> () Other;
    RandomFillPoisson "random_fill_poisson" (I64, I64, I64, F64) -> () Other;
    RandomFillBinomial "random_fill_binomial" (I64, I64, I64, F64, F64) -> () Other;
    // (stream, address, count, bits, the least, how much more the greatest is).
    RandomFillIntegers "random_fill_integers" (I64, I64, I64, I64, I64, I64) -> () Other;
    RandomU32 "random_u32" (I64) -> (I64) Other;
    RandomU64 "random_u64" (I64) -> (I64) Other;
    RandomUniform01 "random_uniform01" (I64) -> (F64) Other;
    RandomNormalF32 "random_normal_f32" (I64) -> (F32) Other;
    RandomExponentialF32 "random_exponential_f32" (I64) -> (F32) Other;
    RandomGammaF32 "random_gamma_f32" (I64, F32) -> (F32) Other;
    RandomBounded "random_bounded" (I64, I64) -> (I64) Other;
    RandomInterval "random_interval" (I64, I64) -> (I64) Other;
    RandomNormal01 "random_normal01" (I64) -> (F64) Other;
    RandomExponential1 "random_exponential1" (I64) -> (F64) Other;
    RandomUniform "random_uniform" (I64, F64, F64) -> (F64) Other;
    RandomNormal "random_normal" (I64, F64, F64) -> (F64) Other;
    RandomLognormal "random_lognormal" (I64, F64, F64) -> (F64) Other;
    RandomExponential "random_exponential" (I64, F64) -> (F64) Other;
    RandomStandardGamma "random_standard_gamma" (I64, F64) -> (F64) Other;
    RandomGamma "random_gamma" (I64, F64, F64) -> (F64) Other;
    RandomBeta "random_beta" (I64, F64, F64) -> (F64) Other;
    RandomChisquare "random_chisquare" (I64, F64) -> (F64) Other;
    RandomNoncentralChisquare "random_noncentral_chisquare" (I64, F64, F64) -> (F64) Other;
    RandomF "random_f" (I64, F64, F64) -> (F64) Other;
    RandomNoncentralF "random_noncentral_f" (I64, F64, F64, F64) -> (F64) Other;
    RandomStandardT "random_standard_t" (I64, F64) -> (F64) Other;
    RandomStandardCauchy "random_standard_cauchy" (I64) -> (F64) Other;
    RandomPareto "random_pareto" (I64, F64) -> (F64) Other;
    RandomWeibull "random_weibull" (I64, F64) -> (F64) Other;
    RandomPower "random_power" (I64, F64) -> (F64) Other;
    RandomRayleigh "random_rayleigh" (I64, F64) -> (F64) Other;
    RandomLaplace "random_laplace" (I64, F64, F64) -> (F64) Other;
    RandomGumbel "random_gumbel" (I64, F64, F64) -> (F64) Other;
    RandomLogistic "random_logistic" (I64, F64, F64) -> (F64) Other;
    RandomWald "random_wald" (I64, F64, F64) -> (F64) Other;
    RandomTriangular "random_triangular" (I64, F64, F64, F64) -> (F64) Other;
    RandomVonmises "random_vonmises" (I64, F64, F64) -> (F64) Other;
    RandomPoisson "random_poisson" (I64, F64) -> (I64) Other;
    RandomBinomial "random_binomial" (I64, F64, F64) -> (I64) Other;
    RandomNegativeBinomial "random_negative_binomial" (I64, F64, F64) -> (I64) Other;
    RandomGeometric "random_geometric" (I64, F64) -> (I64) Other;
    RandomZipf "random_zipf" (I64, F64) -> (I64) Other;
    RandomLogseries "random_logseries" (I64, F64) -> (I64) Other;
    RandomHypergeometric "random_hypergeometric" (I64, F64, F64, F64) -> (I64) Other;
    // Lists (`runtime::list`): heads by address. A new one: (element code, its length, capacity).
    ListNew "list_new" (I64, I64, I64) -> (Ref) Other, fallible;
    // A new empty list of the kind of another: (head, capacity).
    ListLike "list_like" (I64, I64) -> (Ref) Other, fallible;
    // Room for more elements: (head, count).
    ListGrow "list_grow" (I64, I64) -> () Other, fallible;
    // (head, at, remove, source head, start, step, count): elements of the source replace some of the list's.
    ListSplice "list_splice" (I64, I64, I64, I64, I64, I64, I64) -> () Other, fallible;
    // Numbers only: (head, descending).
    ListSort "list_sort" (I64, I64) -> () Other;
    // (head, what): asks for the room or whether the list is frozen, freezes or thaws it.
    ListState "list_state" (I64, I64) -> (I64) Other;
    // Gives back the references of an element that is overwritten next: (head, its address).
    ListDropElement "list_drop_element" (I64, I64) -> () Other;
    // Dicts and sets (`runtime::tables`): heads by address, entries by number. (key code, length, value code, length).
    TableNew "table_new" (I64, I64, I64, I64) -> (Ref) Other, fallible;
    TableLike "table_like" (I64) -> (Ref) Other, fallible;
    // (head, address of a key) -> entry or -1.
    TableFind "table_find" (I64, I64) -> (I64) Other;
    // (head, address of a key) -> its entry, a new one with a value of zeros.
    TableInsert "table_insert" (I64, I64) -> (I64) Other, fallible;
    TableDelete "table_delete" (I64, I64) -> () Other;
    // (head, entry) -> the first live entry from there on, or -1.
    TableNext "table_next" (I64, I64) -> (I64) Other;
    TableLast "table_last" (I64) -> (I64) Other;
    TableClear "table_clear" (I64) -> () Other;
    // Gives back the references of a value that is overwritten next: (head, its address).
    TableDropValue "table_drop_value" (I64, I64) -> () Other;
    // Instances of Python classes (`runtime::instances`): (element code of the fields, its length).
    InstanceNew "instance_new" (I64, I64) -> (Ref) Other, fallible;
    // Gives back the reference that lies at an address.
    DropReference "drop_reference" (I64) -> () Other;
}
