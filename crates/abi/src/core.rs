//! The other half of the interface to the runtime: what machine code calls on behalf of MIR rows (heap, exits, polls)
//! and of Cranelift (library calls on processors without the instruction). MIR never names these.

macro_rules! core_symbols {
    ($( $variant:ident $name:literal $doc:literal; )*) => {
        /// A function of the runtime that emission itself calls. Signatures stand in each row's doc; `status` is 0 or 1
        /// (an exception is pending); a value beside status 1 is 0.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Core { $( #[doc = $doc] $variant, )* }
        impl Core {
            pub const ALL: &'static [Core] = &[ $( Core::$variant, )* ];
            pub const fn name(self) -> &'static str {
                match self { $( Core::$variant => $name, )* }
            }
        }
    };
}

core_symbols! {
    Alloc "alloc" "`(ctx, bytes: i64) -> (status, ref)`";
    AllocZeroed "alloc_zeroed" "`(ctx, bytes: i64) -> (status, ref)`";
    Retain "retain" "`(ref)`";
    Release "release" "`(ref)`";
    PushFrame "push_frame" "`(ctx, blob: i64, site: i64)`: adds a traceback entry to the pending exception";
    ExcMatches "exc_matches" "`(ctx, blob: i64, site: i64) -> i64`: whether the pending exception is an instance of the site's class";
    ClearExc "clear_exc" "`(ctx)`: drops the pending exception";
    PollSlow "poll_slow" "`(ctx) -> status`: clears the interrupt word and calls the poll hook";
    RaiseRecursion "raise_recursion" "`(ctx)`: makes a RecursionError pending";
    Memcpy "memcpy" "C's";
    Memset "memset" "C's";
    Memmove "memmove" "C's";
    CeilF32 "ceilf" "`(f32) -> f32`";
    CeilF64 "ceil" "`(f64) -> f64`";
    FloorF32 "floorf" "`(f32) -> f32`";
    FloorF64 "floor" "`(f64) -> f64`";
    TruncF32 "truncf" "`(f32) -> f32`";
    TruncF64 "trunc" "`(f64) -> f64`";
    NearestF32 "nearestf" "`(f32) -> f32`, ties to even";
    NearestF64 "nearest" "`(f64) -> f64`, ties to even";
    FmaF32 "fmaf" "`(f32, f32, f32) -> f32`";
    FmaF64 "fma" "`(f64, f64, f64) -> f64`";
}

macro_rules! rt_errors {
    ($( $variant:ident $code:literal $class:literal $message:literal; )*) => {
        /// Exceptions that the runtime raises by itself (`Pending::kind` 3, `Pending::code`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum RtError { $( $variant = $code, )* }
        impl RtError {
            pub const ALL: &'static [RtError] = &[ $( RtError::$variant, )* ];
            pub const fn code(self) -> u32 {
                self as u32
            }
            pub fn from_code(code: u32) -> Option<RtError> {
                RtError::ALL.iter().copied().find(|e| e.code() == code)
            }
            /// Class name and message; `{}` in the message stands for the next payload word as a signed number.
            pub const fn class_and_message(self) -> (&'static str, &'static str) {
                match self { $( RtError::$variant => ($class, $message), )* }
            }
        }
    };
}

rt_errors! {
    OutOfMemory 1 "MemoryError" "cannot allocate {} bytes";
    NegativeSize 2 "ValueError" "negative dimensions not allowed";
    Recursion 3 "RecursionError" "maximum recursion depth exceeded in compiled code";
    Internal 4 "InternalError" "a runtime function failed";
    NoActiveException 6 "RuntimeError" "No active exception to reraise";
    Frozen 7 "ValueError" "list is immutable";
    NullFunction 8 "RuntimeError" "the function address is null: a function value that was never set was called";
    NoHook 5 "InternalError" "the embedding does not provide this operation";
}
