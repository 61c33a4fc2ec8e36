//! The kinds of types. Machine representation is decided in `lower`; here is only what a value *is*.

use crate::Ty;
use crate::records::RecordTy;
use crate::times::TimeTy;

/// Integer type: 8, 16, 32 or 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IntTy {
    pub bits: u8,
    pub signed: bool,
}

/// IEEE binary floating point. `F16` exists in array storage only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FloatTy {
    F16,
    F32,
    F64,
}

/// Complex numbers, named by their total width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ComplexTy {
    C64,
    C128,
}

/// A compile-time object of the embedding language: `id` is an index in the host's table, `name` is for printing.
/// Equality and hash use `id` alone.
#[derive(Clone, Debug)]
pub struct HostRef {
    pub id: u32,
    /// Qualified name, e.g. `numpy.zeros`.
    pub name: Box<str>,
}
impl PartialEq for HostRef {
    fn eq(&self, o: &HostRef) -> bool {
        self.id == o.id
    }
}
impl Eq for HostRef {}
impl std::hash::Hash for HostRef {
    fn hash<H: std::hash::Hasher>(&self, h: &mut H) {
        self.id.hash(h);
    }
}

/// A value known while compiling. Widened (`3` → `int64`) when joined with anything else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Literal {
    Int(i64),
    Bool(bool),
    Str(Box<str>),
}

/// Memory order of an array: C or Fortran contiguous, or any strides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layout {
    C,
    F,
    A,
}

/// `array(dtype, ndim, layout)` with NumPy's writable and aligned flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArrayTy {
    /// Element type: integer, float, complex or bool.
    pub dtype: Ty,
    pub ndim: u8,
    pub layout: Layout,
    pub readonly: bool,
    pub aligned: bool,
}

/// Texts of a fixed number of characters (dtype `U`) or bytes (dtype `S`), as elements of arrays; a value outside of one is a text
/// or bytes without the zeros at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CharSeqTy {
    pub unicode: bool,
    pub len: u32,
}

/// `slice(start, stop, step)` with each member `none` or an integer type (literals are kept).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SliceTy {
    pub start: Ty,
    pub stop: Ty,
    pub step: Ty,
}

/// A named tuple class with its element types, in field order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NamedTupleTy {
    pub class: HostRef,
    pub fields: Box<[Box<str>]>,
    pub elems: Box<[Ty]>,
}

/// What the word of an enumeration's member is, and what it computes as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EnumKind {
    /// `Enum`: the member's place in the class; only identity counts.
    Member,
    /// `IntEnum`, and other classes that are also `int`: the value, which computes as int64.
    Int,
    /// `Flag`: the value; combines with members of its class.
    Flag,
    /// `IntFlag`: both.
    IntFlag,
}

impl EnumKind {
    /// Whether members are integers.
    pub fn is_int(self) -> bool {
        matches!(self, EnumKind::Int | EnumKind::IntFlag)
    }
    /// Whether members combine with `|`, `&` and `^`.
    pub fn is_flag(self) -> bool {
        matches!(self, EnumKind::Flag | EnumKind::IntFlag)
    }
}

/// A class of `enum`, whose members are the values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EnumTy {
    pub class: HostRef,
    pub kind: EnumKind,
}

/// A function value with what it captured: code that is known while compiling, and values. Its representation is that of
/// a tuple of `elems`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClosureTy {
    /// A function object of the same code and globals.
    pub func: HostRef,
    /// The free variable that is the function itself (recursion); it is not among the elements.
    pub this: Option<u32>,
    /// How many elements are free variables, in order; they come first.
    pub captured: u32,
    /// How many elements after them are the defaults of the last positional parameters.
    pub defaults: u32,
    /// The keyword-only parameters that the rest are defaults of.
    pub kwnames: Box<[Box<str>]>,
    pub elems: Box<[Ty]>,
}

/// The arguments and the result of a function value, whose code is known at run time only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FunctionTy {
    pub args: Box<[Ty]>,
    pub ret: Ty,
}

/// Where a container comes from, which is also how it is printed. The representation is the same for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flavour {
    /// Made by compiled code; becomes a Python list, set or dict when it is returned.
    Plain,
    /// Given as a Python list, set or dict: changes are written back when the call ends.
    Reflected,
    /// `looplift.typed.List`, `Dict` or `Set`: the Python object shares the memory.
    Typed,
    /// Made by compiled code as one of these classes; becomes one when it is returned. A list:
    Deque,
    /// Dicts: missing keys count 0, or get an empty value, or nothing is special.
    Counter,
    Default,
    Ordered,
    /// A set that does not change.
    Frozen,
    /// A list of at most one element: a variable that functions share.
    Cell,
    /// A dict as `Default`, whose missing keys get what a function returns: its handle with the host.
    Factory(u32),
}

impl Flavour {
    /// The flavours with their names and the letters of their wire form. (`Factory` is as `Default`, and says more.)
    pub const ALL: [(Flavour, &'static str, char); 9] = [
        (Flavour::Plain, "plain", 'p'),
        (Flavour::Reflected, "reflected", 'r'),
        (Flavour::Typed, "typed", 't'),
        (Flavour::Deque, "deque", 'q'),
        (Flavour::Counter, "counter", 'c'),
        (Flavour::Default, "default", 'd'),
        (Flavour::Ordered, "ordered", 'o'),
        (Flavour::Frozen, "frozen", 'f'),
        (Flavour::Cell, "cell", 'v'),
    ];
    pub fn name(self) -> &'static str {
        self.row().1
    }
    pub fn letter(self) -> char {
        if let Flavour::Factory(_) = self { 'm' } else { self.row().2 }
    }
    fn row(self) -> &'static (Flavour, &'static str, char) {
        let kind = if let Flavour::Factory(_) = self { Flavour::Default } else { self };
        Flavour::ALL.iter().find(|row| row.0 == kind).unwrap_or(&Flavour::ALL[0])
    }
    /// The class of containers of this flavour, if it has one of its own, as a qualified name.
    pub fn class(self) -> Option<&'static str> {
        match self {
            Flavour::Plain | Flavour::Reflected | Flavour::Typed | Flavour::Cell => None,
            Flavour::Deque => Some("collections.deque"),
            Flavour::Counter => Some("collections.Counter"),
            Flavour::Default | Flavour::Factory(_) => Some("collections.defaultdict"),
            Flavour::Ordered => Some("collections.OrderedDict"),
            Flavour::Frozen => Some("builtins.frozenset"),
        }
    }
}

/// A list; the element type of an empty list is bottom until inference knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListTy {
    pub elem: Ty,
    pub flavour: Flavour,
}

/// A set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetTy {
    pub elem: Ty,
    pub flavour: Flavour,
}

/// A dict; remembers the order of insertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DictTy {
    pub key: Ty,
    pub value: Ty,
    pub flavour: Flavour,
}

/// What of a dict is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum View {
    Keys,
    Values,
    Items,
}

/// A generator that runs code known while compiling. Its word is the block that holds its state.
#[derive(Clone, Debug)]
pub struct GeneratorTy {
    /// Which specialisation it runs: a number that the compiler gives.
    pub id: u32,
    /// For printing: the function's name.
    pub name: Box<str>,
    pub item: Ty,
    /// What it returns: the value of its StopIteration, and of `yield from`.
    pub returns: Ty,
}
impl PartialEq for GeneratorTy {
    fn eq(&self, o: &GeneratorTy) -> bool {
        (self.id, self.item, self.returns) == (o.id, o.item, o.returns)
    }
}
impl Eq for GeneratorTy {}
impl std::hash::Hash for GeneratorTy {
    fn hash<H: std::hash::Hasher>(&self, h: &mut H) {
        (self.id, self.item, self.returns).hash(h);
    }
}

/// An object of Python that draws random numbers, whose methods Python runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stream {
    /// `random.Random`, or `random.SystemRandom`.
    Random,
    /// `numpy.random.RandomState`.
    RandomState,
    /// A `numpy.random.Generator` that is a constant. (One that is passed in is drawn from in place, under its lock: [`TyKind::Generator`].)
    Generator,
}

impl Stream {
    /// The streams with their types' names.
    pub const ALL: [(Stream, &'static str); 3] =
        [(Stream::Random, "PythonRandomType"), (Stream::RandomState, "NumPyRandomStateType"), (Stream::Generator, "NumPyRandomGeneratorObject")];
    pub fn name(self) -> &'static str {
        Stream::ALL[self as usize].1
    }
}

/// Iterators: what `iter(x)` gives, by the iterated thing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum IterTy {
    /// Over `range` of this integer type.
    Range(Ty),
    /// Over the first axis of an array: scalars (1-d) or views.
    Array(Ty),
    /// Over a homogeneous tuple.
    Tuple(Ty),
    /// Over a text (its characters as texts) or bytes (its bytes as integers).
    Text(Ty),
    /// `enumerate(x)`: pairs (int64, item of the inner iterator type).
    Enumerate(Ty),
    /// `zip(...)`: tuples of the items of the inner iterator types.
    Zip(Box<[Ty]>),
    /// `reversed(x)` over a range or a 1-d array or a tuple or a list.
    Reversed(Ty),
    /// Over a list, which may change meanwhile.
    List(Ty),
    /// Over a set (its keys) or a view of a dict.
    Table(Ty, View),
    /// Over all positions of a shape of so many dimensions, in C order, with arrays of these types.
    Nd(NdItems, u8, Box<[Ty]>),
    /// Over a generator of this type.
    Generator(Ty),
}

/// What an iterator over positions gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NdItems {
    /// The position (`numpy.ndindex`).
    Index,
    /// The position and the array's element (`numpy.ndenumerate`).
    Enumerate,
    /// The elements as arrays without dimensions (`numpy.nditer`): a view, or a tuple of them.
    Cells,
}

/// What a type is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TyKind {
    /// No value reaches here (yet): the bottom of the lattice; also the type of an unbound local.
    Bottom,
    None,
    Ellipsis,
    /// `NotImplemented`.
    NotImplemented,
    Bool,
    Int(IntTy),
    Float(FloatTy),
    Complex(ComplexTy),
    /// `numpy.datetime64` and `numpy.timedelta64` of a unit: an int64, of which the minimum is NaT.
    Datetime(TimeTy),
    Timedelta(TimeTy),
    Literal(Literal),
    /// A `str` that is not known while compiling.
    Str,
    Bytes,
    CharSeq(CharSeqTy),
    /// A `numpy.random.Generator`.
    Generator,
    /// A `random.Random` or a `numpy.random.RandomState`.
    Stream(Stream),
    Tuple(Box<[Ty]>),
    /// A list display of values that no element type holds: it is represented as a tuple and cannot be changed.
    LiteralList(Box<[Ty]>),
    NamedTuple(Box<NamedTupleTy>),
    Array(ArrayTy),
    Slice(SliceTy),
    /// `range` with start, stop and step of this integer type.
    Range(Ty),
    Iter(IterTy),
    /// An instance of a Python class: its fields, which are shared by all who have it. A field of type `NotImplemented` is not read.
    Instance(Box<NamedTupleTy>),
    /// A record: a place in memory with fields.
    Record(Box<RecordTy>),
    /// A member of an enumeration.
    Enum(EnumTy),
    /// `T` or `None`.
    Optional(Ty),
    List(ListTy),
    Set(SetTy),
    Dict(DictTy),
    /// `d.keys()`, `d.values()`, `d.items()` of this dict type.
    DictView(Ty, View),
    /// An address in memory that is not ours, of values of this type (`none`: of anything).
    Pointer(Ty),
    /// A dtype object: `np.dtype('f8')`, `a.dtype`.
    DType(Ty),
    /// A class that converts to this scalar type when called: `int`, `float`, `np.int8`, `looplift.float32`.
    NumberClass(Ty),
    /// Any other function or class of the host known while compiling.
    Function(HostRef),
    /// A jitted function.
    Dispatcher(HostRef),
    /// One of several functions (see [`crate::functions`]), in order of their numbers.
    Functions(Box<[Ty]>),
    /// A function of these arguments and this result: a counted reference to what calls it.
    FunctionValue(Box<FunctionTy>),
    /// An exception class.
    ExcClass(HostRef),
    /// An instance of an exception class, made by calling it; holds the argument types.
    ExcInstance(HostRef, Box<[Ty]>),
    /// A caught exception whose class is only known at run time.
    Exception,
    Module(HostRef),
    Closure(Box<ClosureTy>),
    Gen(GeneratorTy),
    /// A list or dict type with the constants that its display put in (of a dict, key and value by turns). Overloads are asked about
    /// such types; no value has one.
    Initial(Ty, Box<[Ty]>),
    /// Names that are known while compiling, and values of any types: keyword arguments in a bundle (`**kwargs`), or a dict display
    /// of values that no value type holds.
    KwArgs(Box<[Box<str>]>, Box<[Ty]>),
    /// `obj.name` where `obj` has this type and `name` is a method.
    BoundMethod(Ty, Box<str>),
    /// Any other compile-time object, usable only where some overload asks for its value.
    Object(HostRef),
}

impl Ty {
    pub fn bottom() -> Ty {
        Ty::new(TyKind::Bottom)
    }
    pub fn none() -> Ty {
        Ty::new(TyKind::None)
    }
    pub fn bool() -> Ty {
        Ty::new(TyKind::Bool)
    }
    pub fn int(bits: u8, signed: bool) -> Ty {
        Ty::new(TyKind::Int(IntTy { bits, signed }))
    }
    pub fn int64() -> Ty {
        Ty::int(64, true)
    }
    pub fn uint64() -> Ty {
        Ty::int(64, false)
    }
    pub fn float(f: FloatTy) -> Ty {
        Ty::new(TyKind::Float(f))
    }
    pub fn float64() -> Ty {
        Ty::float(FloatTy::F64)
    }
    pub fn float32() -> Ty {
        Ty::float(FloatTy::F32)
    }
    pub fn complex(c: ComplexTy) -> Ty {
        Ty::new(TyKind::Complex(c))
    }
    pub fn complex128() -> Ty {
        Ty::complex(ComplexTy::C128)
    }
    pub fn complex64() -> Ty {
        Ty::complex(ComplexTy::C64)
    }
    pub fn str() -> Ty {
        Ty::new(TyKind::Str)
    }
    pub fn bytes() -> Ty {
        Ty::new(TyKind::Bytes)
    }
    pub fn lit_int(v: i64) -> Ty {
        Ty::new(TyKind::Literal(Literal::Int(v)))
    }
    pub fn lit_bool(v: bool) -> Ty {
        Ty::new(TyKind::Literal(Literal::Bool(v)))
    }
    pub fn lit_str(v: &str) -> Ty {
        Ty::new(TyKind::Literal(Literal::Str(v.into())))
    }
    pub fn tuple(elems: impl Into<Box<[Ty]>>) -> Ty {
        Ty::new(TyKind::Tuple(elems.into()))
    }
    /// A writable, aligned array.
    pub fn array(dtype: Ty, ndim: u8, layout: Layout) -> Ty {
        Ty::new(TyKind::Array(ArrayTy { dtype, ndim, layout, readonly: false, aligned: true }))
    }
    pub fn pointer(to: Ty) -> Ty {
        Ty::new(TyKind::Pointer(to))
    }
    pub fn range(of: Ty) -> Ty {
        Ty::new(TyKind::Range(of))
    }
    pub fn iter(of: IterTy) -> Ty {
        Ty::new(TyKind::Iter(of))
    }

    pub fn list(elem: Ty, flavour: Flavour) -> Ty {
        Ty::new(TyKind::List(ListTy { elem, flavour }))
    }
    pub fn set(elem: Ty, flavour: Flavour) -> Ty {
        Ty::new(TyKind::Set(SetTy { elem, flavour }))
    }
    pub fn dict(key: Ty, value: Ty, flavour: Flavour) -> Ty {
        Ty::new(TyKind::Dict(DictTy { key, value, flavour }))
    }
    pub fn as_list(self) -> Option<ListTy> {
        match self.kind() {
            TyKind::List(l) => Some(*l),
            TyKind::Initial(t, _) => t.as_list(),
            _ => None,
        }
    }
    pub fn as_set(self) -> Option<SetTy> {
        match self.kind() {
            TyKind::Set(s) => Some(*s),
            _ => None,
        }
    }
    pub fn as_dict(self) -> Option<DictTy> {
        match self.kind() {
            TyKind::Dict(d) => Some(*d),
            TyKind::Initial(t, _) => t.as_dict(),
            _ => None,
        }
    }
    /// The flavour of a container.
    pub fn flavour(self) -> Option<Flavour> {
        match self.kind() {
            TyKind::List(l) => Some(l.flavour),
            TyKind::Set(s) => Some(s.flavour),
            TyKind::Dict(d) => Some(d.flavour),
            TyKind::Initial(t, _) => t.flavour(),
            _ => None,
        }
    }
    /// The element types of a container: of a dict, key and value.
    pub fn container_parts(self) -> Option<Vec<Ty>> {
        match self.kind() {
            TyKind::List(l) => Some(vec![l.elem]),
            TyKind::Set(s) => Some(vec![s.elem]),
            TyKind::Dict(d) => Some(vec![d.key, d.value]),
            TyKind::Initial(t, _) => t.container_parts(),
            _ => None,
        }
    }
    /// A container like this one with other element types and flavour; others unchanged.
    pub fn with_parts(self, parts: &[Ty], flavour: Flavour) -> Ty {
        match (self.kind(), parts) {
            (TyKind::List(_), [e]) => Ty::list(*e, flavour),
            (TyKind::Set(_), [e]) => Ty::set(*e, flavour),
            (TyKind::Dict(_), [k, v]) => Ty::dict(*k, *v, flavour),
            _ => self,
        }
    }
    /// A container whose elements are not known yet, at any depth.
    pub fn is_unfinished(self) -> bool {
        match self.kind() {
            TyKind::DictView(d, _) => d.is_unfinished(),
            _ => match self.container_parts() {
                Some(parts) => parts.iter().any(|p| p.is_bottom() || p.is_unfinished()),
                None => match self.kind() {
                    TyKind::KwArgs(_, values) => values.iter().any(|t| t.is_unfinished()),
                    _ => self.tuple_elems().is_some_and(|e| e.iter().any(|t| t.is_unfinished())),
                },
            },
        }
    }
    pub fn is_bottom(self) -> bool {
        matches!(self.kind(), TyKind::Bottom)
    }
    pub fn is_none(self) -> bool {
        matches!(self.kind(), TyKind::None)
    }
    pub fn is_literal(self) -> bool {
        matches!(self.kind(), TyKind::Literal(_))
    }
    /// A `str`, a string literal included.
    pub fn is_text(self) -> bool {
        matches!(self.kind(), TyKind::Str | TyKind::Literal(Literal::Str(_)))
    }
    /// Elements of fixed length of an array of texts or bytes.
    pub fn as_char_seq(self) -> Option<CharSeqTy> {
        match self.kind() {
            TyKind::CharSeq(c) => Some(*c),
            _ => None,
        }
    }
    /// Bool, int, float or complex (not a literal).
    pub fn is_number(self) -> bool {
        matches!(self.kind(), TyKind::Bool | TyKind::Int(_) | TyKind::Float(_) | TyKind::Complex(_))
    }
    /// A datetime or timedelta.
    pub fn is_time(self) -> bool {
        matches!(self.kind(), TyKind::Datetime(_) | TyKind::Timedelta(_))
    }
    /// A number or a time: what operators on arrays work on element by element.
    pub fn is_scalar(self) -> bool {
        self.is_number() || self.is_time()
    }
    pub fn as_int(self) -> Option<IntTy> {
        match self.kind() {
            TyKind::Int(i) => Some(*i),
            _ => None,
        }
    }
    pub fn as_float(self) -> Option<FloatTy> {
        match self.kind() {
            TyKind::Float(f) => Some(*f),
            _ => None,
        }
    }
    pub fn as_complex(self) -> Option<ComplexTy> {
        match self.kind() {
            TyKind::Complex(c) => Some(*c),
            _ => None,
        }
    }
    pub fn as_array(self) -> Option<ArrayTy> {
        match self.kind() {
            TyKind::Array(a) => Some(*a),
            _ => None,
        }
    }
    pub fn as_enum(self) -> Option<&'static EnumTy> {
        match self.kind() {
            TyKind::Enum(e) => Some(e),
            _ => None,
        }
    }
    /// What an optional holds.
    pub fn as_optional(self) -> Option<Ty> {
        match self.kind() {
            TyKind::Optional(t) => Some(*t),
            _ => None,
        }
    }
    pub fn as_literal(self) -> Option<&'static Literal> {
        match self.kind() {
            TyKind::Literal(l) => Some(l),
            _ => None,
        }
    }
    pub fn as_lit_int(self) -> Option<i64> {
        match self.kind() {
            TyKind::Literal(Literal::Int(v)) => Some(*v),
            _ => None,
        }
    }
    /// Elements of a tuple, a named tuple or a list that is represented as one.
    pub fn tuple_elems(self) -> Option<&'static [Ty]> {
        match self.kind() {
            TyKind::Tuple(t) | TyKind::LiteralList(t) => Some(t),
            TyKind::NamedTuple(n) => Some(&n.elems),
            _ => None,
        }
    }
    /// Types of the values that a value of this type is made of, in order: elements of tuples, what a closure holds.
    pub fn parts(self) -> Option<&'static [Ty]> {
        match self.kind() {
            TyKind::Closure(c) => Some(&c.elems),
            TyKind::KwArgs(_, elems) => Some(elems),
            TyKind::ExcInstance(_, args) => Some(args),
            _ => self.tuple_elems(),
        }
    }
    /// The type without literal knowledge: `Literal[int](3)` → `int64`; tuples element-wise; others unchanged.
    pub fn unliteral(self) -> Ty {
        match self.kind() {
            TyKind::CharSeq(c) => {
                if c.unicode {
                    Ty::str()
                } else {
                    Ty::bytes()
                }
            }
            TyKind::Literal(Literal::Int(_)) => Ty::int64(),
            TyKind::Literal(Literal::Bool(_)) => Ty::bool(),
            TyKind::Literal(Literal::Str(_)) => Ty::str(),
            TyKind::Tuple(t) => Ty::tuple(t.iter().map(|e| e.unliteral()).collect::<Vec<_>>()),
            TyKind::Initial(t, _) => *t,
            _ => self,
        }
    }
    /// Bytes an element of this type takes in an array; `None` if it cannot be an element.
    pub fn itemsize(self) -> Option<u32> {
        Some(match self.kind() {
            TyKind::Bool => 1,
            TyKind::Int(i) => u32::from(i.bits) / 8,
            TyKind::Float(FloatTy::F16) => 2,
            TyKind::Float(FloatTy::F32) => 4,
            TyKind::Float(FloatTy::F64) | TyKind::Complex(ComplexTy::C64) => 8,
            TyKind::Complex(ComplexTy::C128) => 16,
            TyKind::CharSeq(c) => {
                if c.unicode {
                    c.len.checked_mul(4)?
                } else {
                    c.len
                }
            }
            TyKind::Datetime(_) | TyKind::Timedelta(_) => 8,
            TyKind::Record(r) => r.size,
            _ => return None,
        })
    }
}

impl ComplexTy {
    /// The type of the real and imaginary parts.
    pub fn part(self) -> FloatTy {
        match self {
            ComplexTy::C64 => FloatTy::F32,
            ComplexTy::C128 => FloatTy::F64,
        }
    }
}
