//! Specialisations, compile sessions, publication; no Python in it.
//!
//! * [`session`]: one compilation, from a function and argument types to published code;
//! * [`table`]: the compiled specialisations, found by key or number;
//! * [`settings`]: dumps, verification, timing; [`dump`] says which texts are wanted;
//! * [`schedule`]: the order of functions (callees first, cycles together);
//! * [`store`]: published code as bytes, and back.
//!
//! The embedding is behind [`Embedding`]; stages that need none of it run detached.

pub mod dump;
mod raises;
mod schedule;
mod session;
pub mod settings;
pub mod store;
mod table;

use looplift_abi::ctx::Entry;
use looplift_bytecode::{OpcodeMap, RawCode};
use looplift_codegen::Blob;
use looplift_hir::{Function, Span};
use looplift_infer::{Diagnostic, DiagnosticKind, Host, SpecKey};
use looplift_types::{HostRef, Ty};
use std::sync::Arc;

pub use looplift_codegen::Isa;
pub use raises::raised_classes;
pub use session::{callback, compile, explain};
pub use table::{forget, live, of_function};

/// What the driver needs of the embedding beyond inference's questions.
pub trait Embedding {
    fn as_host(&self) -> &dyn Host;
    /// Runs `f` without the embedding's lock.
    fn detached(&self, f: &mut (dyn FnMut() + Send));
    /// The address of the data of a constant that compiled code refers to by handle.
    fn host_data(&self, handle: u32) -> Option<usize>;
    /// Whether code of this specialisation depends on nothing that can change.
    fn settled(&self, _key: &SpecKey) -> bool {
        false
    }
    /// Shows a dump or a timing to the developer.
    fn show(&self, text: &str);
}

/// The texts and times of the stages of one compilation.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// (stage, text), in order.
    pub texts: Vec<(&'static str, String)>,
    /// (stage or pass, nanoseconds), in order.
    pub times: Vec<(&'static str, u64)>,
    /// What became of the innermost loops of the function, inlined ones included.
    pub loops: Vec<LoopRemark>,
}

/// Whether a loop is a vector loop.
#[derive(Clone, Debug)]
pub struct LoopRemark {
    /// The function whose source the loop stands in.
    pub function: Box<str>,
    pub filename: Box<str>,
    pub line: u32,
    /// Where the function that was compiled has it, or calls what has it.
    pub seen_at: u32,
    /// Why it is none, and the line that this is about.
    pub reason: Option<(Box<str>, Option<u32>)>,
}

impl LoopRemark {
    /// The remarks of an optimised function.
    fn of(func: &looplift_mir::Function) -> Vec<LoopRemark> {
        let remark = |r: &looplift_mir::Remark| {
            let span = &func.spans[r.span];
            let source = func.sources.get(span.source as usize)?;
            let mut outer = span;
            while let Some(call) = outer.inlined_at {
                outer = &func.spans[call];
            }
            let reason = r.reason.as_ref().map(|(text, at)| (text.clone(), at.map(|s| &func.spans[s]).filter(|s| s.source == span.source).map(|s| s.line)));
            Some(LoopRemark { function: source.name.clone(), filename: source.filename.clone(), line: span.line, seen_at: outer.line, reason })
        };
        func.remarks.iter().filter_map(remark).collect()
    }
}

impl Trace {
    /// The text of a stage.
    pub fn text(&self, stage: &str) -> Option<&str> {
        self.texts.iter().find(|(s, _)| *s == stage).map(|(_, t)| &**t)
    }
}

/// A compiled specialisation. Dropping the last reference frees its code.
pub struct Compiled {
    pub key: SpecKey,
    /// The driver's number; never used twice.
    pub index: u32,
    pub ret: Ty,
    /// The uniform entry; absent where only compiled code calls it.
    pub entry: Option<Entry>,
    /// The native address.
    pub address: usize,
    blob: Arc<Blob>,
    /// Other blobs' functions that this one calls.
    callees: Box<[Arc<Compiled>]>,
    /// The body in the form that callers inline.
    body: Option<Arc<looplift_mir::Function>>,
    pub times: Vec<(&'static str, u64)>,
    /// Exceptions that it and what was compiled with it raise by `raise`.
    raises: Box<[(HostRef, Box<[Ty]>)]>,
    /// The numbers of what it calls that was compiled before.
    calls: Box<[u32]>,
}

impl Compiled {
    /// Bytes of code and data of the blob that the function is in.
    pub fn code_size(&self) -> usize {
        self.blob.emitted.code.len()
    }
    /// Specialisations that are kept alive for this one.
    pub fn pins(&self) -> usize {
        self.callees.len()
    }
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Compiled {{ index: {}, key: {:?}, ret: {} }}", self.index, self.key, self.ret)
    }
}

/// A bug of looplift, as a diagnostic.
pub(crate) fn internal(func: u32, message: String) -> Box<Diagnostic> {
    Box::new(Diagnostic { kind: DiagnosticKind::Internal, code: "LL0902", message, func, span: Span::default(), notes: Vec::new(), wanted: Vec::new() })
}

/// The end of a compilation that was asked to stop.
pub(crate) fn stopped(func: u32, after: &str) -> Box<Diagnostic> {
    let mut d = internal(func, format!("compiling stopped after {after}, as the setting STOP_AFTER asks"));
    d.kind = DiagnosticKind::Unsupported;
    d.code = "LL0107";
    d
}

/// From a code object to HIR; `show` gets the dump of the bytecode where the settings ask for it.
///
/// # Errors
/// What the decoder or the HIR builder refuses.
pub fn front_end(
    func: u32,
    raw: &RawCode,
    opcodes: &OpcodeMap,
    lift: Option<looplift_hir::Lift>,
    declared: &[Box<str>],
    settings: &settings::Settings,
    show: &mut dyn FnMut(&str),
) -> Result<Function, Box<Diagnostic>> {
    let refuse = |message: String, line: u32| {
        Box::new(Diagnostic {
            kind: DiagnosticKind::Unsupported,
            code: "LL0101",
            message,
            func,
            span: Span { line, end_line: line, ..Span::default() },
            notes: Vec::new(),
            wanted: Vec::new(),
        })
    };
    let code = looplift_bytecode::decode(raw, opcodes).map_err(|e| refuse(e.to_string(), raw.firstlineno))?;
    if dump::DumpSpec::parse(&settings.dump).wants("bytecode", &raw.name) {
        show(&format!("; bytecode of {}\n{}\n", raw.name, looplift_bytecode::print::dump(&code)));
    }
    if settings.stop_after.as_deref() == Some("bytecode") {
        return Err(stopped(func, "bytecode"));
    }
    looplift_hir::build::build_lifted(&code, opcodes, lift, declared).map_err(|e| refuse(e.message.clone(), e.line))
}
