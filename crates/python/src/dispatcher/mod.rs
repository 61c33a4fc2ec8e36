//! The dispatcher: a vectorcall object that stands for a jitted function.
//!
//! A call tries the compiled signatures in order; for each, arguments are recognised and unboxed in one pass ([`call`]).
//! Whatever is not a plain positional call of a known signature takes the slow way: keywords and defaults are bound
//! ([`bind`]), a signature is chosen or compiled ([`compile`]).
//!
//! Fields change only while the thread is attached (the GIL orders them). Compiled signatures are appended, never freed
//! before the dispatcher itself, so that a call in progress needs no lock and no count.

pub mod bind;
pub mod call;
pub mod compile;
pub mod functions;
pub mod literals;
pub mod locks;
pub mod object;
pub mod store;

use looplift_capi::boxing::Ret;
use looplift_capi::unbox::Param;
use looplift_driver::Compiled;
use looplift_infer::{FuncSource, Options};
use looplift_types::Ty;
use pyo3::ffi;
use std::cell::{Cell, RefCell, UnsafeCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// One compiled signature.
pub struct Overload {
    pub args: Box<[Ty]>,
    pub params: Box<[Param]>,
    /// Machine words of the arguments and of the result.
    /// Words before the arguments': of a generator function.
    pub head: usize,
    pub arg_words: usize,
    pub ret_words: usize,
    pub ret: Ret,
    pub ret_ty: Ty,
    pub entry: looplift_abi::ctx::Entry,
    /// Arguments are copied in and written back.
    pub session: bool,
    /// Releases the GIL around the call.
    pub nogil: bool,
    /// Which words of the arguments are objects of generators of random numbers, whose locks the call holds.
    pub generators: Box<[usize]>,
    /// There is something to do around the call: one of the two above.
    pub guarded: bool,
    /// Nanoseconds that compiling it took.
    pub compile_ns: u64,
    /// Keeps the code alive.
    pub compiled: Arc<Compiled>,
}

/// How Python binds the function's arguments.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    pub names: Vec<String>,
    pub positional: usize,
    pub posonly: usize,
    pub kwonly: usize,
    pub varargs: bool,
    pub varkw: bool,
}

impl Shape {
    /// Parameters a compiled signature has: the named ones, `*args` as one tuple, `**kwargs` as one bundle.
    pub fn params(&self) -> usize {
        self.positional + self.kwonly + usize::from(self.varargs) + usize::from(self.varkw)
    }
    /// Number of arguments of a plain positional call that needs no binding, or `usize::MAX`.
    pub fn plain_arity(&self) -> usize {
        if self.kwonly == 0 && !self.varargs && !self.varkw { self.positional } else { usize::MAX }
    }
}

/// The Rust half of a dispatcher.
pub struct Inner {
    /// The host's handle of the function.
    pub id: u32,
    pub options: Options,
    pub nogil: bool,
    /// Falls back to the Python function when it cannot be compiled (`jit` without `nopython`).
    pub fallback: bool,
    /// Never compiled whole.
    pub forceobj: bool,
    /// Argument types with which it could not be compiled, where it falls back.
    pub failed: RefCell<HashSet<Vec<Ty>>>,
    pub shape: Shape,
    pub plain_arity: usize,
    #[expect(clippy::vec_box, reason = "callers hold their addresses while the list grows")]
    overloads: UnsafeCell<Vec<Box<Overload>>>,
    /// Signatures replaced by `recompile`, which running calls may still use.
    #[expect(clippy::vec_box, reason = "they keep the addresses they had")]
    retired: RefCell<Vec<Box<Overload>>>,
    pub can_compile: Cell<bool>,
    /// The cache on disk is asked before something is compiled.
    pub cached: Cell<bool>,
    /// Compilations that are under way.
    pub compiling: Cell<u32>,
    /// The function as the compiler sees it, made on first use.
    pub source: RefCell<Option<FuncSource>>,
    /// Which arguments must be literals, by argument types: the function asked for their values.
    pub literal_args: RefCell<HashMap<Vec<Ty>, Vec<u32>>>,
    /// Counts of calls served by a compiled signature that had to be compiled.
    pub misses: Cell<u64>,
}

impl Inner {
    /// The compiled signatures.
    ///
    /// # Safety
    /// The thread is attached, and the slice is not kept over anything that may run Python code.
    pub unsafe fn overloads(&self) -> &[Box<Overload>] {
        // SAFETY: mutation happens attached only, and no reference is kept over it (the caller's promise).
        unsafe { &*self.overloads.get() }
    }
    /// Appends a signature unless an equal one is there (the first publisher wins); gives the one that stays.
    pub fn publish(&self, o: Overload) -> &Overload {
        // SAFETY: attached (the GIL orders all uses) and no Python code runs inside.
        let list = unsafe { &mut *self.overloads.get() };
        let at = list.iter().position(|x| x.args == o.args).unwrap_or_else(|| {
            list.push(Box::new(o));
            list.len() - 1
        });
        let kept: *const Overload = &*list[at];
        // SAFETY: boxed signatures live until the dispatcher dies, whatever happens to the vector.
        unsafe { &*kept }
    }
    /// Takes all signatures out of use.
    pub fn retire_all(&self) {
        // SAFETY: as in `publish`.
        let list = unsafe { &mut *self.overloads.get() };
        self.retired.borrow_mut().append(list);
    }
    /// The signature with exactly these argument types.
    pub fn find(&self, args: &[Ty]) -> Option<&Overload> {
        // SAFETY: attached; the boxed signature outlives the vector's changes.
        unsafe {
            let found: *const Overload = &**(*self.overloads.get()).iter().find(|o| &*o.args == args)?;
            Some(&*found)
        }
    }
}

/// The Python object.
#[repr(C)]
pub struct Dispatcher {
    ob_base: ffi::PyObject,
    pub vectorcall: Option<ffi::vectorcallfunc>,
    pub dict: *mut ffi::PyObject,
    pub weaklist: *mut ffi::PyObject,
    pub py_func: *mut ffi::PyObject,
    /// The options as `jit` was given them, a dict.
    pub options: *mut ffi::PyObject,
    /// What the interpreter runs without a question, or null: a tuple of the function and tuples of argument classes (any, if
    /// there is none).
    pub direct: *mut ffi::PyObject,
    pub inner: *mut Inner,
}
