//! Specialisations, compile sessions, publication; no Python in it.

use looplift_abi::ctx::Entry;
use looplift_bytecode::{OpcodeMap, RawCode};
use looplift_hir::Function;
use looplift_infer::{Diagnostic, DiagnosticKind, FuncSource, Host};
use looplift_types::Ty;
use std::sync::Arc;

/// What the driver needs of the embedding beyond inference's questions.
pub trait Embedding {
    /// Runs `f` without the embedding's lock.
    fn detached(&self, f: &mut (dyn FnMut() + Send));
    fn as_host(&self) -> &dyn Host;
}

/// What each stage made, for the inspect functions.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    pub texts: Vec<(&'static str, String)>,
    pub times: Vec<(&'static str, u64)>,
}
impl Trace {
    pub fn text(&self, stage: &str) -> Option<String> {
        self.texts.iter().find(|(s, _)| *s == stage).map(|(_, t)| t.clone())
    }
}

/// A compiled specialisation.
#[derive(Debug)]
pub struct Compiled {
    pub params: Vec<Ty>,
    pub ret: Ty,
    pub entry: Entry,
    pub trace: Trace,
}

fn missing(func: u32, what: &str) -> Diagnostic {
    Diagnostic { kind: DiagnosticKind::Internal, code: "LL0900", message: format!("{what} is not connected"), func, span: Default::default(), notes: Vec::new() }
}

/// From a code object to HIR.
pub fn front_end(func: u32, raw: &RawCode, opcodes: &OpcodeMap) -> Result<Function, Diagnostic> {
    let _ = looplift_bytecode::decode(raw, opcodes);
    Err(missing(func, "the HIR builder"))
}

/// Compiles a specialisation.
pub fn compile(host: &dyn Embedding, source: &FuncSource, args: &[Ty]) -> Result<Arc<Compiled>, Diagnostic> {
    let _ = (host, args);
    Err(missing(source.id, "inference"))
}

/// Drops what is known of a function that no longer exists.
pub fn forget(func: u32) {
    let _ = func;
}
