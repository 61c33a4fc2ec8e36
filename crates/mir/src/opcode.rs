//! The instruction table: one row an opcode. Enum, text names, arity, typing and effects derive from it; printer, parser,
//! verifier, interpreter and emission match on the enum exhaustively, so a new row lists its own work.

/// How operand and result types relate. `T` is the controlling type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeRule {
    /// No operands, one result of the instruction's `ty`.
    Nullary,
    /// All operands and the result have one type, `ints`/`floats` only as the row says (unary and binary).
    Same,
    /// Two operands of one type, an i8 result.
    Compare,
    /// (i8, T, T) -> T.
    Select,
    /// One operand of any type the row's doc allows, a result of the instruction's `ty`.
    Convert,
    /// (i64 address) -> `ty`.
    Load,
    /// (T value, i64 address) -> nothing.
    Store,
    /// (T, i64 shift count below the width) -> T.
    Shift,
    /// As the symbol, the callee or the row's doc says.
    Special,
}

/// Bit set of what executing an instruction may do besides giving its results. The default for an unknown thing is all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect(pub u8);

impl Effect {
    pub const NONE: Effect = Effect(0);
    pub const READ: Effect = Effect(1);
    pub const WRITE: Effect = Effect(2);
    /// May leave the function through its site.
    pub const EXIT: Effect = Effect(4);
    /// Observable in another way (I/O, Python code, counters): never removed, duplicated or reordered.
    pub const OTHER: Effect = Effect(8);
    /// Makes a fresh heap block: removable when unused, never merged.
    pub const ALLOC: Effect = Effect(16);
    pub const ALL: Effect = Effect(15);

    pub const fn or(self, o: Effect) -> Effect {
        Effect(self.0 | o.0)
    }
    /// Whether all of `o` is included.
    pub const fn includes(self, o: Effect) -> bool {
        self.0 & o.0 == o.0
    }
    pub const fn overlaps(self, o: Effect) -> bool {
        self.0 & o.0 != 0
    }
}

/// A table row.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub name: &'static str,
    /// Number of operands; `None`: variable.
    pub arity: Option<u8>,
    pub rule: TypeRule,
    /// Worst case; rows with a symbol or a callee refine it by that.
    pub effect: Effect,
    pub commutative: bool,
    pub doc: &'static str,
}

macro_rules! opcodes {
    ($( $variant:ident $name:literal $arity:expr, $rule:ident, $effect:expr, $comm:literal, $doc:literal; )*) => {
        /// Operation of an instruction. See each row's `doc`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Opcode { $( #[doc = $doc] $variant, )* }
        impl Opcode {
            pub const ALL: &'static [Opcode] = &[ $( Opcode::$variant, )* ];
            pub const fn row(self) -> &'static Row {
                match self { $( Opcode::$variant => const { &Row {
                    name: $name, arity: $arity, rule: TypeRule::$rule, effect: $effect, commutative: $comm, doc: $doc } }, )* }
            }
        }
    };
}

const N: Effect = Effect::NONE;
const R: Effect = Effect::READ;
const W: Effect = Effect::WRITE;
const X: Effect = Effect::EXIT;
const A: Effect = Effect::ALL;

opcodes! {
    // Constants.
    Iconst "iconst" Some(0), Nullary, N, false, "Integer constant `imm`, wrapped to `ty`.";
    Fconst "fconst" Some(0), Nullary, N, false, "Float constant by bits.";
    NullRef "null_ref" Some(0), Nullary, N, false, "The null `ref`: owns nothing.";
    // Integers, two's complement; i8 booleans use band/bor/bxor.
    Iadd "iadd" Some(2), Same, N, true, "Addition, wrapping.";
    Isub "isub" Some(2), Same, N, false, "Subtraction, wrapping.";
    Imul "imul" Some(2), Same, N, true, "Multiplication, wrapping.";
    Sdiv "sdiv" Some(2), Same, N, false, "Signed division toward zero. The divisor is not 0 (guarded); MIN / -1 gives MIN.";
    Udiv "udiv" Some(2), Same, N, false, "Unsigned division; the divisor is not 0.";
    Srem "srem" Some(2), Same, N, false, "Remainder of `sdiv` (sign of the dividend); the divisor is not 0; MIN % -1 gives 0.";
    Urem "urem" Some(2), Same, N, false, "Unsigned remainder; the divisor is not 0.";
    FloorDiv "floor_div" Some(2), Same, N, false, "Signed division rounding to minus infinity (Python `//`); divisor not 0; MIN // -1 gives MIN. Removed by `expand_divisions`.";
    FloorMod "floor_mod" Some(2), Same, N, false, "Remainder with the sign of the divisor (Python `%`); divisor not 0. Removed by `expand_divisions`.";
    Ineg "ineg" Some(1), Same, N, false, "Negation, wrapping.";
    Iabs "iabs" Some(1), Same, N, false, "Absolute value, wrapping at MIN.";
    Smin "smin" Some(2), Same, N, true, "Signed minimum.";
    Smax "smax" Some(2), Same, N, true, "Signed maximum.";
    Umin "umin" Some(2), Same, N, true, "Unsigned minimum.";
    Umax "umax" Some(2), Same, N, true, "Unsigned maximum.";
    Band "band" Some(2), Same, N, true, "Bitwise and.";
    Bor "bor" Some(2), Same, N, true, "Bitwise or.";
    Bxor "bxor" Some(2), Same, N, true, "Bitwise exclusive or.";
    Bnot "bnot" Some(1), Same, N, false, "Bitwise complement (not for booleans: use `bxor` with 1).";
    Shl "shl" Some(2), Shift, N, false, "Left shift; counts outside the width give 0.";
    Sshr "sshr" Some(2), Shift, N, false, "Arithmetic right shift; counts outside the width give the sign.";
    Ushr "ushr" Some(2), Shift, N, false, "Logical right shift; counts outside the width give 0.";
    Rotr "rotr" Some(2), Shift, N, false, "Rotation to the right, by the count modulo the width.";
    Popcnt "popcnt" Some(1), Same, N, false, "Number of one bits.";
    Clz "clz" Some(1), Same, N, false, "Leading zero bits.";
    Ctz "ctz" Some(1), Same, N, false, "Trailing zero bits.";
    UmulHi "umul_hi" Some(2), Same, N, true, "High half of the unsigned product.";
    SmulHi "smul_hi" Some(2), Same, N, true, "High half of the signed product.";
    Icmp "icmp" Some(2), Compare, N, false, "Integer (or `ref`) comparison by `imm`.";
    // Floats, IEEE 754, default rounding.
    Fadd "fadd" Some(2), Same, N, true, "Addition.";
    Fsub "fsub" Some(2), Same, N, false, "Subtraction.";
    Fmul "fmul" Some(2), Same, N, true, "Multiplication.";
    Fdiv "fdiv" Some(2), Same, N, false, "Division.";
    Fneg "fneg" Some(1), Same, N, false, "Negation (flips the sign bit).";
    Fabs "fabs" Some(1), Same, N, false, "Absolute value.";
    Fsqrt "fsqrt" Some(1), Same, N, false, "Square root.";
    Ffloor "ffloor" Some(1), Same, N, false, "Round to minus infinity.";
    Fceil "fceil" Some(1), Same, N, false, "Round to plus infinity.";
    Ftrunc "ftrunc" Some(1), Same, N, false, "Round toward zero.";
    Fnearest "fnearest" Some(1), Same, N, false, "Round to nearest, ties to even.";
    Fcopysign "fcopysign" Some(2), Same, N, false, "Magnitude of the first, sign of the second.";
    Fma "fma" Some(3), Same, N, false, "a * b + c with one rounding.";
    FminNan "fmin_nan" Some(2), Same, N, true, "IEEE minimum: NaN if any is NaN; -0 < +0.";
    FmaxNan "fmax_nan" Some(2), Same, N, true, "IEEE maximum: NaN if any is NaN.";
    Fcmp "fcmp" Some(2), Compare, N, false, "Float comparison by `imm`.";
    // Choice and conversions.
    Select "select" Some(3), Select, N, false, "`cond != 0 ? a : b`, both evaluated.";
    Sext "sext" Some(1), Convert, N, false, "Sign-extend an integer to a wider one.";
    Zext "zext" Some(1), Convert, N, false, "Zero-extend an integer to a wider one.";
    Ireduce "ireduce" Some(1), Convert, N, false, "Keep the low bits of an integer.";
    SintToFloat "sint_to_float" Some(1), Convert, N, false, "Signed integer (i32, i64) to float.";
    UintToFloat "uint_to_float" Some(1), Convert, N, false, "Unsigned integer (i32, i64) to float.";
    FloatToSint "float_to_sint" Some(1), Convert, N, false, "Float to signed i32/i64 toward zero; NaN and out of range give MIN (x86's answer).";
    FloatToUint "float_to_uint" Some(1), Convert, N, false, "Float to unsigned i64 toward zero: negative values wrap through the signed conversion; NaN and out of range give 2^63.";
    Fpromote "fpromote" Some(1), Convert, N, false, "f32 to f64.";
    Fdemote "fdemote" Some(1), Convert, N, false, "f64 to f32, rounded.";
    Bitcast "bitcast" Some(1), Convert, N, false, "Same bits, other type of the same width (integer <-> float).";
    RefAddr "ref_addr" Some(1), Convert, N, false, "The address in a `ref`, as i64.";
    // Two floats side by side, on which the rows from `fadd` to `fsqrt` work as on one.
    Splat "splat" Some(1), Convert, N, false, "An f64 twice.";
    Pair "pair" Some(2), Special, N, false, "(f64 low, f64 high) -> f64x2.";
    Low "low" Some(1), Convert, N, false, "The first of two floats.";
    High "high" Some(1), Convert, N, false, "The second of two floats.";
    FcmpBoth "fcmp_both" Some(2), Compare, N, false, "Whether the comparison by `imm` holds for the first floats and for the second ones.";
    FcmpEither "fcmp_either" Some(2), Compare, N, false, "Whether the comparison by `imm` holds for the first floats or for the second ones.";
    // Memory. Addresses are valid by construction: guards come before.
    Load "load" Some(1), Load, R, false, "Load `ty` from address + offset, region in `imm`.";
    Store "store" Some(2), Store, W, false, "Store a value to address + offset.";
    MemCopy "mem_copy" Some(3), Special, R.or(W), false, "(dst, src, byte count): non-overlapping copy in region Data.";
    MemZero "mem_zero" Some(2), Special, W, false, "(dst, byte count): zero bytes in region Data.";
    StackSlot "stack_slot" Some(0), Special, N, false, "Address of `imm` bytes of frame memory, 16-aligned, one slot for each instruction; region Data.";
    FuncAddr "func_addr" Some(0), Nullary, N, false, "Address (i64) of the code of the callee `imm`.";
    DataAddr "data_addr" Some(0), Nullary, N, false, "Address (i64) of the constant data `imm`; loads from it are region Const.";
    // Heap blocks.
    Alloc "alloc" Some(1), Special, Effect::ALLOC.or(X), false, "(byte count) -> owned ref to uninitialised memory, 64-aligned; MemoryError through the site.";
    AllocZeroed "alloc_zeroed" Some(1), Special, Effect::ALLOC.or(X), false, "As `alloc`, zero-filled.";
    AllocTry "alloc_try" Some(1), Special, Effect::ALLOC.or(Effect::OTHER), false, "As `alloc`, but gives an i8 as first result: 1 when there is no memory (MemoryError is pending, the ref is null). Made by `insert_refcounts`.";
    AllocZeroedTry "alloc_zeroed_try" Some(1), Special, Effect::ALLOC.or(Effect::OTHER), false, "As `alloc_try`, zero-filled.";
    RefData "ref_data" Some(1), Special, N, false, "The data address of a block made by `alloc`: a fresh allocation root for alias analysis.";
    KeepAlive "keep_alive" Some(1), Special, Effect::OTHER, false, "(ref) -> nothing: a use for ownership only. Memory reached through the block of this `ref` (by addresses that came with it) may be used up to here, so `insert_refcounts` releases it no earlier; no code. Array words travel as separate values, so an address alone keeps nothing alive.";
    Retain "retain" Some(1), Special, Effect::OTHER, false, "Counts one more owner. Only after `insert_refcounts`.";
    Release "release" Some(1), Special, A, false, "Counts one owner less; frees at zero. Only after `insert_refcounts`.";
    // Calls and exits.
    Call "call" None, Special, A, false, "Call `imm` callee; leaves through the site when the callee raises. Results as the callee's; `ref` results are owned, arguments borrowed.";
    CallTry "call_try" None, Special, A, false, "As `call`, but gives an i8 as first result: 1 when the callee raised (the exception is pending, the other results are zero; its traceback entry is added here if there is a site).";
    CallRt "call_rt" None, Special, A, false, "Call a runtime symbol: effects, types, ownership as its row says; leaves through the site if fallible.";
    CallRtTry "call_rt_try" None, Special, A, false, "As `call_rt` for a fallible symbol, with the i8 flag of `call_try` first.";
    Guard "guard" None, Special, X, false, "(cond i8, payload…): leaves through the site unless cond is nonzero.";
    SetExc "set_exc" None, Special, Effect::OTHER, false, "(payload…): makes the exception of the site pending in the context.";
    ExcMatches "exc_matches" Some(0), Special, Effect::OTHER, false, "i8: whether the pending exception is an instance of the site's class.";
    ClearExc "clear_exc" Some(0), Special, Effect::OTHER, false, "Drops the pending exception.";
    Poll "poll" Some(0), Special, A, false, "Checks the interrupt word; leaves through the site when a signal handler raised.";
    PollTry "poll_try" Some(0), Special, A, false, "As `poll`, but gives an i8: 1 when a signal handler raised (the exception is pending). Made by `insert_refcounts`.";
    StackCheck "stack_check" Some(0), Special, X, false, "Leaves through the site (RecursionError) when the stack is nearly used up.";
}

impl Opcode {
    /// Whether machine code for it calls something, behind which few registers are as they were.
    pub const fn is_call(self) -> bool {
        use Opcode::*;
        matches!(self, Call | CallTry | CallRt | CallRtTry | Alloc | AllocTry | AllocZeroed | AllocZeroedTry | Retain | Release | MemCopy | MemZero)
    }
    pub fn from_name(name: &str) -> Option<Opcode> {
        Opcode::ALL.iter().copied().find(|o| o.row().name == name)
    }
}
