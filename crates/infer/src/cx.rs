//! What typing rules work with: operands, their outcome, failures, and the surroundings.

use crate::codes::{self, Code};
use crate::flow::Flow;
use crate::host::{ConstData, ConstValue, Host};
use crate::session::Session;
use crate::typed::{ArgSrc, Note, Resolution};
use looplift_builtins::Prim;
use looplift_hir::{Block, Function, Inst, Span, Value, ValueDef};
use looplift_types::{Ty, TyKind};

/// A value given to an operation.
#[derive(Clone, Debug)]
pub struct Operand {
    pub src: ArgSrc,
    pub ty: Ty,
}

impl Operand {
    pub fn constant(value: ConstValue) -> Operand {
        Operand { ty: value.ty, src: ArgSrc::Const(value) }
    }
    /// An operand that its type says all about.
    pub fn of_type(ty: Ty) -> Operand {
        Operand::constant(ConstValue { ty, data: ConstData::None })
    }
    pub fn lit_int(v: i64) -> Operand {
        Operand::of_type(Ty::lit_int(v))
    }
    pub fn lit_str(s: &str) -> Operand {
        Operand::of_type(Ty::lit_str(s))
    }
    pub fn none() -> Operand {
        Operand::of_type(Ty::none())
    }
    /// A bundle of keyword arguments.
    pub fn names(items: &[(Box<str>, Operand)]) -> Operand {
        let names = items.iter().map(|i| i.0.clone()).collect();
        let types = items.iter().map(|i| i.1.ty).collect();
        Operand { src: ArgSrc::Tuple(items.iter().map(|i| i.1.src.clone()).collect()), ty: Ty::new(TyKind::KwArgs(names, types)) }
    }
    /// The names of a bundle with their operands.
    pub fn named_items(&self) -> Option<Vec<(Box<str>, Operand)>> {
        match self.ty.kind() {
            TyKind::KwArgs(names, _) => Some(names.iter().cloned().zip(self.items()?).collect()),
            _ => None,
        }
    }
    /// A tuple of operands.
    pub fn tuple(items: &[Operand]) -> Operand {
        Operand { src: ArgSrc::Tuple(items.iter().map(|i| i.src.clone()).collect()), ty: Ty::tuple(items.iter().map(|i| i.ty).collect::<Vec<_>>()) }
    }
    /// The elements of a tuple, or the arguments of an exception.
    pub fn items(&self) -> Option<Vec<Operand>> {
        let types: &[Ty] = match self.ty.kind() {
            TyKind::ExcInstance(_, args) => args,
            _ => self.ty.parts()?,
        };
        Some(types.iter().enumerate().map(|(i, t)| Operand { src: self.item_src(i), ty: *t }).collect())
    }
    fn item_src(&self, i: usize) -> ArgSrc {
        match &self.src {
            ArgSrc::Tuple(items) => items[i].clone(),
            ArgSrc::Const(ConstValue { data: ConstData::Tuple(items), .. }) => ArgSrc::Const(items[i].clone()),
            other => ArgSrc::Item(Box::new(other.clone()), i as u32),
        }
    }
    /// The operand where None is no possible value: what an optional holds.
    pub fn settled(&self) -> Operand {
        match self.ty.as_optional() {
            Some(ty) => Operand { src: ArgSrc::Present(Box::new(self.src.clone())), ty },
            None => self.clone(),
        }
    }
    /// The type without literal knowledge and without `None`.
    pub fn plain(&self) -> Ty {
        plain(self.ty)
    }
}

/// The type a value computes as: `Literal[int](3)` → int64, `OptionalType(T)` → T (the conversion checks), members that are
/// integers → int64.
pub fn plain(t: Ty) -> Ty {
    match t.unliteral().kind() {
        TyKind::Optional(inner) => plain(*inner),
        TyKind::Enum(e) if e.kind.is_int() => Ty::int64(),
        _ => t.unliteral(),
    }
}

/// The outcome of a rule.
#[derive(Clone, Debug)]
pub struct Typed {
    pub ty: Ty,
    pub res: Resolution,
}

impl Typed {
    /// A primitive on operands with the types they are converted to.
    pub fn prim(prim: Prim, operands: &[(&Operand, Ty)], ty: Ty) -> Typed {
        let source = |&(o, param): &(&Operand, Ty)| {
            let keeps_none = matches!(param.kind(), TyKind::Optional(_) | TyKind::None);
            if keeps_none { o.src.clone() } else { o.settled().src }
        };
        Typed { ty, res: Resolution::Prim { prim, args: operands.iter().map(source).collect(), params: operands.iter().map(|o| o.1).collect() } }
    }
    /// A compile-time value that its type says all about.
    pub fn of_type(ty: Ty) -> Typed {
        Typed::constant(ConstValue { ty, data: ConstData::None })
    }
    pub fn constant(value: ConstValue) -> Typed {
        Typed { ty: value.ty, res: Resolution::Const(value) }
    }
    pub fn float(ty: Ty, v: f64) -> Typed {
        Typed::constant(ConstValue { ty, data: ConstData::Float(v.to_bits()) })
    }
    pub fn bool(v: bool) -> Typed {
        Typed::of_type(Ty::lit_bool(v))
    }
    /// The operand, converted to `ty`.
    pub fn copy(operand: &Operand, ty: Ty) -> Typed {
        match &operand.src {
            ArgSrc::Const(c) if c.ty == ty => Typed::constant(c.clone()),
            src => Typed { ty, res: Resolution::Copy(src.clone()) },
        }
    }
    /// Whether executing it may raise.
    pub fn may_raise(&self) -> bool {
        match &self.res {
            Resolution::Const(_) => false,
            Resolution::Prim { prim, args, .. } => prim.may_raise() || args.iter().any(ArgSrc::may_raise),
            // A conversion from an optional may raise.
            Resolution::Copy(_) | Resolution::Call { .. } | Resolution::Generate { .. } | Resolution::Yield(_) | Resolution::Elementwise { .. } => true,
        }
    }
}

/// Why a rule fails; the place is added by whoever asked.
#[derive(Clone, Debug)]
pub struct Fail {
    pub code: Code,
    pub message: String,
    pub notes: Vec<Note>,
}

pub type R<T = Typed> = Result<T, Box<Fail>>;

impl Fail {
    pub fn new(code: Code, message: impl Into<String>) -> Box<Fail> {
        Box::new(Fail { code, message: message.into(), notes: Vec::new() })
    }
    pub fn help(mut self: Box<Fail>, text: impl AsRef<str>) -> Box<Fail> {
        self.notes.push(Note { text: format!("help: {}", text.as_ref()), place: None });
        self
    }
    pub fn note(mut self: Box<Fail>, text: impl Into<String>, place: Option<(u32, Span)>) -> Box<Fail> {
        self.notes.push(Note { text: text.into(), place });
        self
    }
    /// A valid construct that has no compiled form.
    pub fn unsupported(what: impl AsRef<str>) -> Box<Fail> {
        Fail::new(codes::CONSTRUCT, format!("{} cannot be compiled", what.as_ref()))
    }
}

/// Where a rule runs.
pub struct Cx<'a, 'h> {
    pub session: &'a mut Session<'h>,
    /// The specialisation.
    pub spec: usize,
    pub func: u32,
    pub hir: &'a Function,
    pub types: &'a cranelift_entity::SecondaryMap<Value, Option<Ty>>,
    pub block: Block,
    pub inst: Option<Inst>,
    /// The dataflow so far.
    pub flow: &'a Flow,
    /// Requests: the container that this value is must be of this type.
    pub wants: Vec<(Value, Ty)>,
}

impl<'a, 'h> Cx<'a, 'h> {
    pub fn host(&self) -> &'h dyn Host {
        self.session.host
    }
    /// The instructions that make the container `v`; `None` if it (also) comes from elsewhere.
    pub fn makers(&self, v: Value) -> Option<Vec<Inst>> {
        self.flow.makers(self.hir, v)
    }
    pub fn ty(&self, v: Value) -> Ty {
        self.types[v].unwrap_or_else(Ty::bottom)
    }
    pub fn operand(&self, v: Value) -> Operand {
        let ty = self.ty(v);
        // A constant stays one through the operand, so that elements of constant tuples do.
        Operand { src: ArgSrc::Value(v), ty }
    }
    pub fn operands(&self, vs: &[Value]) -> Vec<Operand> {
        vs.iter().map(|v| self.operand(*v)).collect()
    }

    /// Adds what type an operand has and where it comes from.
    pub fn explain(&self, fail: Box<Fail>, operands: &[&Operand]) -> Box<Fail> {
        operands.iter().fold(fail, |fail, o| {
            let ArgSrc::Value(v) = o.src else { return fail };
            let place = match self.hir.values[v].def {
                ValueDef::Result(i) if Some(i) != self.inst => Some((self.func, self.hir.span(i))),
                _ => None,
            };
            match (self.hir.value_name(v), place) {
                (Some(name), _) => fail.note(format!("`{name}` has type {}", o.ty), place),
                (None, Some(_)) => fail.note(format!("this has type {}", o.ty), place),
                (None, None) => fail,
            }
        })
    }
}

/// `a, b and c` of types.
pub fn type_list(types: impl IntoIterator<Item = Ty>) -> String {
    types.into_iter().map(|t| t.to_string()).collect::<Vec<_>>().join(", ")
}
