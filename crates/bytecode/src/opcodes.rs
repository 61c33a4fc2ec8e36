//! CPython's opcode names, and the table number → name of one interpreter.
//!
//! Opcode numbers move in every release, names rarely: decoding is keyed by name, and [`OpcodeMap::new`] is given the
//! `opcode.opmap` of the running interpreter. A name that is not listed here decodes to [`Canon::Unknown`] and becomes
//! `Op::Unsupported`. A name whose *argument* changed meaning between versions is told apart in `versions`.

macro_rules! canon {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// An opcode by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Canon {
            /// A number without a name, or a name without a meaning here.
            Unknown,
            $($variant),*
        }

        /// Every known opcode with its CPython name.
        pub const NAMES: &[(&str, Canon)] = &[$(($name, Canon::$variant)),*];
    };
}

canon! {
    AsyncGenWrap = "ASYNC_GEN_WRAP",
    BeforeAsyncWith = "BEFORE_ASYNC_WITH",
    BeforeWith = "BEFORE_WITH",
    BinaryOp = "BINARY_OP",
    BinarySlice = "BINARY_SLICE",
    BinarySubscr = "BINARY_SUBSCR",
    BuildConstKeyMap = "BUILD_CONST_KEY_MAP",
    BuildList = "BUILD_LIST",
    BuildMap = "BUILD_MAP",
    BuildSet = "BUILD_SET",
    BuildSlice = "BUILD_SLICE",
    BuildString = "BUILD_STRING",
    BuildTuple = "BUILD_TUPLE",
    Cache = "CACHE",
    Call = "CALL",
    CallFunctionEx = "CALL_FUNCTION_EX",
    CallIntrinsic1 = "CALL_INTRINSIC_1",
    CallIntrinsic2 = "CALL_INTRINSIC_2",
    CallKw = "CALL_KW",
    CheckEgMatch = "CHECK_EG_MATCH",
    CheckExcMatch = "CHECK_EXC_MATCH",
    CleanupThrow = "CLEANUP_THROW",
    CompareOp = "COMPARE_OP",
    ContainsOp = "CONTAINS_OP",
    ConvertValue = "CONVERT_VALUE",
    Copy = "COPY",
    CopyFreeVars = "COPY_FREE_VARS",
    DeleteAttr = "DELETE_ATTR",
    DeleteDeref = "DELETE_DEREF",
    DeleteFast = "DELETE_FAST",
    DeleteGlobal = "DELETE_GLOBAL",
    DeleteName = "DELETE_NAME",
    DeleteSubscr = "DELETE_SUBSCR",
    DictMerge = "DICT_MERGE",
    DictUpdate = "DICT_UPDATE",
    EndAsyncFor = "END_ASYNC_FOR",
    EndFor = "END_FOR",
    EndSend = "END_SEND",
    ExtendedArg = "EXTENDED_ARG",
    FormatSimple = "FORMAT_SIMPLE",
    FormatValue = "FORMAT_VALUE",
    FormatWithSpec = "FORMAT_WITH_SPEC",
    ForIter = "FOR_ITER",
    GetAiter = "GET_AITER",
    GetAnext = "GET_ANEXT",
    GetAwaitable = "GET_AWAITABLE",
    GetIter = "GET_ITER",
    GetLen = "GET_LEN",
    GetYieldFromIter = "GET_YIELD_FROM_ITER",
    ImportFrom = "IMPORT_FROM",
    ImportName = "IMPORT_NAME",
    ImportStar = "IMPORT_STAR",
    IsOp = "IS_OP",
    JumpBackward = "JUMP_BACKWARD",
    JumpBackwardNoInterrupt = "JUMP_BACKWARD_NO_INTERRUPT",
    JumpForward = "JUMP_FORWARD",
    JumpIfFalseOrPop = "JUMP_IF_FALSE_OR_POP",
    JumpIfTrueOrPop = "JUMP_IF_TRUE_OR_POP",
    KwNames = "KW_NAMES",
    ListAppend = "LIST_APPEND",
    ListExtend = "LIST_EXTEND",
    ListToTuple = "LIST_TO_TUPLE",
    LoadAssertionError = "LOAD_ASSERTION_ERROR",
    LoadAttr = "LOAD_ATTR",
    LoadBuildClass = "LOAD_BUILD_CLASS",
    LoadClassDeref = "LOAD_CLASSDEREF",
    LoadClosure = "LOAD_CLOSURE",
    LoadConst = "LOAD_CONST",
    LoadDeref = "LOAD_DEREF",
    LoadFast = "LOAD_FAST",
    LoadFastAndClear = "LOAD_FAST_AND_CLEAR",
    LoadFastCheck = "LOAD_FAST_CHECK",
    LoadFastLoadFast = "LOAD_FAST_LOAD_FAST",
    LoadFromDictOrDeref = "LOAD_FROM_DICT_OR_DEREF",
    LoadFromDictOrGlobals = "LOAD_FROM_DICT_OR_GLOBALS",
    LoadGlobal = "LOAD_GLOBAL",
    LoadLocals = "LOAD_LOCALS",
    LoadMethod = "LOAD_METHOD",
    LoadName = "LOAD_NAME",
    LoadSuperAttr = "LOAD_SUPER_ATTR",
    MakeCell = "MAKE_CELL",
    MakeFunction = "MAKE_FUNCTION",
    MapAdd = "MAP_ADD",
    MatchClass = "MATCH_CLASS",
    MatchKeys = "MATCH_KEYS",
    MatchMapping = "MATCH_MAPPING",
    MatchSequence = "MATCH_SEQUENCE",
    Nop = "NOP",
    PopExcept = "POP_EXCEPT",
    PopJumpBackwardIfFalse = "POP_JUMP_BACKWARD_IF_FALSE",
    PopJumpBackwardIfNone = "POP_JUMP_BACKWARD_IF_NONE",
    PopJumpBackwardIfNotNone = "POP_JUMP_BACKWARD_IF_NOT_NONE",
    PopJumpBackwardIfTrue = "POP_JUMP_BACKWARD_IF_TRUE",
    PopJumpForwardIfFalse = "POP_JUMP_FORWARD_IF_FALSE",
    PopJumpForwardIfNone = "POP_JUMP_FORWARD_IF_NONE",
    PopJumpForwardIfNotNone = "POP_JUMP_FORWARD_IF_NOT_NONE",
    PopJumpForwardIfTrue = "POP_JUMP_FORWARD_IF_TRUE",
    PopJumpIfFalse = "POP_JUMP_IF_FALSE",
    PopJumpIfNone = "POP_JUMP_IF_NONE",
    PopJumpIfNotNone = "POP_JUMP_IF_NOT_NONE",
    PopJumpIfTrue = "POP_JUMP_IF_TRUE",
    PopTop = "POP_TOP",
    Precall = "PRECALL",
    PrepReraiseStar = "PREP_RERAISE_STAR",
    PrintExpr = "PRINT_EXPR",
    PushExcInfo = "PUSH_EXC_INFO",
    PushNull = "PUSH_NULL",
    RaiseVarargs = "RAISE_VARARGS",
    Reraise = "RERAISE",
    Resume = "RESUME",
    ReturnConst = "RETURN_CONST",
    ReturnGenerator = "RETURN_GENERATOR",
    ReturnValue = "RETURN_VALUE",
    Send = "SEND",
    SetAdd = "SET_ADD",
    SetFunctionAttribute = "SET_FUNCTION_ATTRIBUTE",
    SetUpdate = "SET_UPDATE",
    SetupAnnotations = "SETUP_ANNOTATIONS",
    StoreAttr = "STORE_ATTR",
    StoreDeref = "STORE_DEREF",
    StoreFast = "STORE_FAST",
    StoreFastLoadFast = "STORE_FAST_LOAD_FAST",
    StoreFastStoreFast = "STORE_FAST_STORE_FAST",
    StoreGlobal = "STORE_GLOBAL",
    StoreName = "STORE_NAME",
    StoreSlice = "STORE_SLICE",
    StoreSubscr = "STORE_SUBSCR",
    Swap = "SWAP",
    ToBool = "TO_BOOL",
    UnaryInvert = "UNARY_INVERT",
    UnaryNegative = "UNARY_NEGATIVE",
    UnaryNot = "UNARY_NOT",
    UnaryPositive = "UNARY_POSITIVE",
    UnpackEx = "UNPACK_EX",
    UnpackSequence = "UNPACK_SEQUENCE",
    WithExceptStart = "WITH_EXCEPT_START",
    YieldValue = "YIELD_VALUE",
}

/// Opcode number → name of one interpreter.
#[derive(Clone)]
pub struct OpcodeMap {
    version: (u8, u8),
    canon: [Canon; 256],
    names: Vec<Box<str>>,
}

impl OpcodeMap {
    /// From the items of `opcode.opmap`. Pseudo opcodes (numbers above 255) never occur in a code object and are
    /// ignored.
    pub fn new<S: AsRef<str>>(opmap: impl IntoIterator<Item = (S, u32)>, version: (u8, u8)) -> OpcodeMap {
        let mut map = OpcodeMap { version, canon: [Canon::Unknown; 256], names: vec![Box::default(); 256] };
        for (name, number) in opmap {
            let Ok(number) = u8::try_from(number) else { continue };
            let name = name.as_ref();
            map.names[usize::from(number)] = name.into();
            // NAMES is sorted but for CamelCase/underscore details; a linear scan runs once per interpreter.
            map.canon[usize::from(number)] = NAMES.iter().find(|row| row.0 == name).map_or(Canon::Unknown, |row| row.1);
        }
        map
    }

    /// The version the table is of.
    #[must_use]
    pub fn version(&self) -> (u8, u8) {
        self.version
    }

    #[must_use]
    pub fn canon(&self, number: u8) -> Canon {
        self.canon[usize::from(number)]
    }

    /// CPython's name, or `<n>` for a number without one.
    #[must_use]
    pub fn name(&self, number: u8) -> String {
        let name = &self.names[usize::from(number)];
        if name.is_empty() { format!("<{number}>") } else { name.to_string() }
    }

    /// Names in the table that decode to nothing here.
    pub fn unknown_names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().zip(&self.canon).filter(|(name, canon)| !name.is_empty() && **canon == Canon::Unknown).map(|(name, _)| &**name)
    }
}

impl std::fmt::Debug for OpcodeMap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpcodeMap({}.{})", self.version.0, self.version.1)
    }
}
