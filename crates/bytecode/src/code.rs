//! The output: [`Code`] and its parts.

use crate::op::Op;
use crate::raw::RawConst;
use cranelift_entity::{PrimaryMap, entity_impl};

/// Index of an instruction in [`Code::insts`]; also the form of every jump target.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At(u32);
entity_impl!(At, "@");

/// Index into [`Code::locals`]: the "fast" space of CPython 3.11+ (variables, then cells, then free variables).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalId(u32);
entity_impl!(LocalId, "local");

/// Index into [`Code::names`]: attributes, globals, imported names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(u32);
entity_impl!(NameId, "name");

/// Index into [`Code::consts`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConstId(u32);
entity_impl!(ConstId, "const");

/// Constants need no translation: a [`RawConst`] is already neutral.
pub type Const = RawConst;

/// Source range of an instruction; zero lines mean "not known". Columns are bytes in UTF-8, from 0, as CPython's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    pub line: u32,
    pub end_line: u32,
    pub col: u32,
    pub end_col: u32,
}

impl Span {
    /// Whether the compiler recorded a source line (synthetic instructions have none).
    #[must_use]
    pub fn is_known(self) -> bool {
        self.line != 0
    }
}

/// One neutral instruction. An instruction that a composite expanded to repeats the composite's offset and span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inst {
    pub op: Op,
    /// Byte offset into `co_code` of the instruction it came from.
    pub offset: u32,
    pub span: Span,
}

/// How a local slot is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LocalKind {
    /// A plain variable or argument.
    Fast,
    /// A variable or argument that `MakeCell` turns into a cell, since an inner function uses it.
    /// Inside an inlined comprehension (3.12+) the same slot may for a while be a plain variable again.
    Cell,
    /// A cell of an enclosing function, put there by `CopyFreeVars`.
    Free,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    pub name: String,
    pub kind: LocalKind,
}

/// The bits of `co_flags` that matter, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CodeFlags(pub u32);

impl CodeFlags {
    const OPTIMIZED: u32 = 0x1;
    const NEWLOCALS: u32 = 0x2;
    const VARARGS: u32 = 0x4;
    const VARKEYWORDS: u32 = 0x8;
    const GENERATOR: u32 = 0x20;
    const COROUTINE: u32 = 0x80;
    const ITERABLE_COROUTINE: u32 = 0x100;
    const ASYNC_GENERATOR: u32 = 0x200;

    /// A function body (not a module or class body).
    #[must_use]
    pub fn is_function(self) -> bool {
        self.0 & (Self::OPTIMIZED | Self::NEWLOCALS) == Self::OPTIMIZED | Self::NEWLOCALS
    }
    #[must_use]
    pub fn has_varargs(self) -> bool {
        self.0 & Self::VARARGS != 0
    }
    #[must_use]
    pub fn has_varkeywords(self) -> bool {
        self.0 & Self::VARKEYWORDS != 0
    }
    #[must_use]
    pub fn is_generator(self) -> bool {
        self.0 & Self::GENERATOR != 0
    }
    #[must_use]
    pub fn is_coroutine(self) -> bool {
        self.0 & (Self::COROUTINE | Self::ITERABLE_COROUTINE) != 0
    }
    #[must_use]
    pub fn is_async_generator(self) -> bool {
        self.0 & Self::ASYNC_GENERATOR != 0
    }
}

/// What an exception handler is for. The HIR builder translates [`RegionKind::Try`] and [`RegionKind::With`] as the
/// source says; the others hold no statement of the user's and may be ignored where nothing observes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegionKind {
    /// `except`, `except*` or `finally`: the handler opens with `PushExcInfo` and runs user code.
    Try,
    /// The exceptional exit of `with` / `async with`: `PushExcInfo; WithExceptStart …`.
    With,
    /// `Copy 3; PopExcept; Reraise 1`: an exception inside a handler; restores the outer exception, raises on.
    ExceptCleanup,
    /// `e = None; del e; Reraise`: the implicit end of `except … as e` when its body raises.
    NameCleanup,
    /// Restores the variables that an inlined comprehension (3.12+) borrowed, raises on. Observable only if the
    /// exception is caught in the same function and one of these variables is read afterwards.
    ComprehensionCleanup,
    /// `EndAsyncFor`: ends `async for` on `StopAsyncIteration`.
    AsyncFor,
    /// Any other handler that reaches `Reraise` without a call, store or branch.
    OtherCleanup,
}

impl RegionKind {
    /// True if the handler has no code of the user's, and an exception that enters it leaves it again unchanged.
    /// It still has effects that show if the exception is caught further out in the same function (a variable is
    /// restored or deleted): see [`Code::exception_leaves`] for when it may be dropped.
    #[must_use]
    pub fn is_cleanup(self) -> bool {
        match self {
            RegionKind::ExceptCleanup | RegionKind::NameCleanup | RegionKind::ComprehensionCleanup | RegionKind::OtherCleanup => true,
            RegionKind::Try | RegionKind::With | RegionKind::AsyncFor => false,
        }
    }
}

/// Instructions `start..end` raise to `handler`: the stack is cut to `depth`, then `lasti` (if `push_lasti`, an
/// opaque value that only `Reraise` reads) and the exception are pushed. Regions are sorted and do not overlap: the
/// innermost handler alone is listed, the outer one covers the handler's own instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    pub start: At,
    pub end: At,
    pub handler: At,
    pub depth: u32,
    pub push_lasti: bool,
    pub kind: RegionKind,
}

/// A decoded code object. Every index in `insts` is valid: constants, names, locals, targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    pub name: String,
    pub qualname: String,
    pub filename: String,
    pub firstlineno: u32,
    /// Positional parameters, the positional-only ones included. Parameters are the first locals, in CPython's order:
    /// positional, keyword-only, `*args`, `**kwargs`.
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    pub flags: CodeFlags,
    pub consts: PrimaryMap<ConstId, Const>,
    pub names: PrimaryMap<NameId, String>,
    pub locals: PrimaryMap<LocalId, Local>,
    pub insts: PrimaryMap<At, Inst>,
    pub regions: Vec<Region>,
    /// Names for [`Op::Unsupported`].
    pub unsupported: Vec<String>,
    /// The deepest stack of the neutral instructions.
    pub max_depth: u32,
}

impl Code {
    /// Number of locals that are parameters, `*args` and `**kwargs` included.
    #[must_use]
    pub fn param_count(&self) -> usize {
        (self.argcount + self.kwonlyargcount) as usize + usize::from(self.flags.has_varargs()) + usize::from(self.flags.has_varkeywords())
    }

    /// The region that covers an instruction.
    #[must_use]
    pub fn region_at(&self, at: At) -> Option<&Region> {
        let after = self.regions.partition_point(|r| r.start <= at);
        let region = self.regions.get(after.checked_sub(1)?)?;
        (at < region.end).then_some(region)
    }

    /// True if an exception at an instruction is certain to leave the function through cleanup handlers only: then
    /// nothing observes them, and the instruction may be treated as unprotected.
    #[must_use]
    pub fn exception_leaves(&self, at: At) -> bool {
        let mut at = at;
        // Each step goes to another handler, or the code is odd and the answer is the careful one.
        for _ in 0..=self.regions.len() {
            let Some(region) = self.region_at(at) else { return true };
            if !region.kind.is_cleanup() {
                return false;
            }
            // A cleanup handler is a straight line to its `Reraise`, where the exception goes on.
            let mut next = region.handler;
            loop {
                match self.insts.get(next).map(|inst| inst.op) {
                    Some(Op::Reraise(_)) => break,
                    Some(op) if !op.is_terminator() && op.targets().next().is_none() => {
                        next = At::from_u32(next.as_u32() + 1);
                    }
                    _ => return false,
                }
            }
            at = next;
        }
        false
    }

    /// True if this code suspends: generator, coroutine or asynchronous generator.
    #[must_use]
    pub fn is_suspending(&self) -> bool {
        self.flags.is_generator() || self.flags.is_coroutine() || self.flags.is_async_generator()
    }
}
