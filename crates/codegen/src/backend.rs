//! The compile request: options, errors, and the steps from MIR functions to a [`Blob`].

use crate::memory::Blob;
use crate::sites::{SiteInfo, SourceLoc};
use crate::symbol::{Addresses, Link, Reloc, RelocKind, Symbol};
use crate::{asm, emit, perf, sites, wrapper};
use cranelift_codegen::binemit;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{self, ExternalName};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{Context, FinalizedRelocTarget};
use looplift_abi::heap::DATA_ALIGN;
use looplift_mir as mir;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

/// Options of a backend: they decide what code looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackendOpts {
    /// Run Cranelift's verifier on every function.
    pub verify: bool,
    /// Emit for any x86-64 processor instead of this one.
    pub baseline: bool,
}

/// Options of one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CompileOpts {
    pub want_clif: bool,
    pub want_asm: bool,
    /// No uniform entries (functions that only compiled code calls).
    pub no_entries: bool,
    /// Add the functions to the profiler's map.
    pub perf: bool,
    /// Make vector loops of these instructions, which this processor has, of the blocks that are marked.
    pub vectors: Option<looplift_simd::Isa>,
}

/// One function of a request. `key` is what `Callee::key` of its callers says.
#[derive(Clone, Copy, Debug)]
pub struct Unit<'a> {
    pub key: u32,
    pub func: &'a mir::Function,
}

#[derive(Debug)]
pub enum CodegenError {
    /// The MIR breaks a rule that emission relies on.
    Invalid {
        function: Box<str>,
        message: String,
    },
    /// Too large or too complicated for the code generator.
    Limit {
        function: Box<str>,
        message: String,
    },
    /// The code generator refused or failed on valid MIR.
    Internal {
        function: Box<str>,
        message: String,
    },
    Unresolved {
        symbol: Symbol,
    },
    OutOfRange {
        symbol: Symbol,
    },
    OutOfMemory {
        bytes: usize,
    },
    Protect {
        message: String,
    },
    /// This machine is not one that code can be made for.
    Host {
        message: String,
    },
}

impl fmt::Display for CodegenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CodegenError::Invalid { function, message } => write!(f, "invalid MIR in {function}: {message}"),
            CodegenError::Limit { function, message } => write!(f, "{function} is too large to compile: {message}"),
            CodegenError::Internal { function, message } => write!(f, "code generation of {function} failed: {message}"),
            CodegenError::Unresolved { symbol } => write!(f, "no address for {symbol:?}"),
            CodegenError::OutOfRange { symbol } => write!(f, "{symbol:?} is out of reach"),
            CodegenError::OutOfMemory { bytes } => write!(f, "cannot map {bytes} bytes of executable memory"),
            CodegenError::Protect { message } => write!(f, "the system refuses executable memory: {message}"),
            CodegenError::Host { message } => write!(f, "no code can be made for this machine: {message}"),
        }
    }
}
impl std::error::Error for CodegenError {}

/// A function in an [`Emitted`].
#[derive(Clone, Debug)]
pub struct EmittedFn {
    pub name: Box<str>,
    pub key: u32,
    pub offset: u32,
    pub size: u32,
    pub entry_offset: Option<u32>,
    pub entry_size: u32,
    /// (offset in the blob, source line), ascending; kept only when assembly text was asked for.
    pub(crate) lines: Vec<(u32, SourceLoc)>,
}

/// Machine code before it has an address.
#[derive(Clone, Debug)]
pub struct Emitted {
    pub functions: Vec<EmittedFn>,
    /// Code and constant data; relocated fields are zero.
    pub code: Vec<u8>,
    pub relocs: Vec<Reloc>,
    /// Sites of all functions, one after the other.
    pub sites: Arc<[SiteInfo]>,
    /// Where each item of constant data starts.
    pub data_offsets: Vec<u32>,
    /// Where machine code ends and constant data begins.
    pub text_size: u32,
    pub clif: Option<String>,
    pub asm: Option<String>,
}

impl Emitted {
    pub(crate) fn internal_offset(&self, symbol: Symbol) -> Option<usize> {
        let offset = match symbol {
            Symbol::Local(n) => self.functions.get(n as usize)?.offset,
            Symbol::LocalEntry(n) => self.functions.get(n as usize)?.entry_offset?,
            Symbol::Data(n) => *self.data_offsets.get(n as usize)?,
            Symbol::Callee(_) | Symbol::Rt(_) | Symbol::Core(_) | Symbol::HostData(_) | Symbol::BlobIndex | Symbol::PollStub => {
                return None;
            }
        };
        Some(offset as usize)
    }
}

/// Functions with more instructions are compiled on a thread of their own with a large stack.
const BIG_FUNCTION: usize = 10_000;
const BIG_STACK: usize = 512 << 20;
/// Most instructions in one function.
const MAX_INSTS: usize = 1_000_000;
/// Most values in one function: the register allocator's numbering allows 2^21.
const MAX_VALUES: usize = 1 << 20;

/// Makes machine code for this processor. Shared by threads; compiling takes `&self` and needs no lock.
pub struct Backend {
    isa: OwnedTargetIsa,
    addresses: Addresses,
    stubs: Option<Arc<Blob>>,
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Backend({})", self.isa.triple())
    }
}

thread_local! {
    // Cranelift's tables are worth keeping between compilations.
    static CONTEXT: RefCell<Option<Box<Context>>> = const { RefCell::new(None) };
}

impl Backend {
    pub fn new(opts: BackendOpts, addresses: Addresses) -> Result<Backend, CodegenError> {
        let host = |message: String| CodegenError::Host { message };
        let mut flags = settings::builder();
        for (name, value) in [
            // The passes over MIR do the work; what this one adds (hoisting and rematerialising) costs registers in loops.
            ("opt_level", "none"),
            ("regalloc_algorithm", "backtracking"),
            ("is_pic", "false"),
            ("unwind_info", "false"),
            // Profilers walk frame pointers.
            ("preserve_frame_pointers", "true"),
            // Large frames touch their pages in order, so that the guard page is hit.
            ("enable_probestack", "true"),
            ("probestack_strategy", "inline"),
            ("enable_verifier", if opts.verify { "true" } else { "false" }),
        ] {
            flags.set(name, value).map_err(|e| host(format!("{name}: {e}")))?;
        }
        let builder = if opts.baseline { cranelift_native::builder_with_options(false) } else { cranelift_native::builder() };
        let isa = builder.map_err(|e| host(e.into()))?.finish(settings::Flags::new(flags)).map_err(|e| host(e.to_string()))?;
        let mut backend = Backend { isa, addresses, stubs: None };
        let stub = backend.emit_poll_stub()?;
        let blob = Blob::link(Arc::new(stub), &NoLink, &backend.addresses, None)?;
        backend.stubs = Some(Arc::new(blob));
        Ok(backend)
    }

    /// Emits and publishes.
    pub fn compile(&self, units: &[Unit<'_>], link: &dyn Link, opts: &CompileOpts) -> Result<Blob, CodegenError> {
        let emitted = self.emit(units, opts)?;
        self.link(Arc::new(emitted), link, opts)
    }

    /// Puts emitted code into memory.
    pub fn link(&self, emitted: Arc<Emitted>, link: &dyn Link, opts: &CompileOpts) -> Result<Blob, CodegenError> {
        let blob = Blob::link(emitted, link, &self.addresses, self.stubs.clone())?;
        if opts.perf {
            let entries: Vec<String> = blob.emitted.functions.iter().map(|f| format!("entry of {}", f.name)).collect();
            let mut rows = Vec::new();
            for (f, entry) in blob.emitted.functions.iter().zip(&entries) {
                rows.push((blob.base() + f.offset as usize, f.size as usize, &*f.name));
                if let Some(e) = f.entry_offset {
                    rows.push((blob.base() + e as usize, f.entry_size as usize, entry.as_str()));
                }
            }
            perf::register(&rows);
        }
        Ok(blob)
    }

    /// Machine code without an address.
    pub fn emit(&self, units: &[Unit<'_>], opts: &CompileOpts) -> Result<Emitted, CodegenError> {
        let mut total = 0;
        for u in units {
            let insts: usize = u.func.layout.iter().map(|&b| u.func.blocks[b].insts.len()).sum();
            if insts > MAX_INSTS || u.func.values.len() > MAX_VALUES {
                return Err(CodegenError::Limit { function: u.func.name.clone(), message: format!("{insts} instructions, {} values", u.func.values.len()) });
            }
            total += insts;
        }
        if total <= BIG_FUNCTION {
            return self.emit_here(units, opts);
        }
        std::thread::scope(|scope| {
            let worker = std::thread::Builder::new().stack_size(BIG_STACK).spawn_scoped(scope, || self.emit_here(units, opts));
            match worker.map(|w| w.join()) {
                Ok(Ok(result)) => result,
                Ok(Err(_)) => Err(CodegenError::Internal { function: units[0].func.name.clone(), message: "the code generator panicked".into() }),
                Err(e) => Err(CodegenError::Limit { function: units[0].func.name.clone(), message: format!("no thread to compile on: {e}") }),
            }
        })
    }

    fn emit_here(&self, units: &[Unit<'_>], opts: &CompileOpts) -> Result<Emitted, CodegenError> {
        let mut out = Assembly::new(opts);
        let mut site_rows = Vec::new();
        let mut data: Vec<Cow<'_, [u8]>> = Vec::new();
        for (n, unit) in units.iter().enumerate() {
            let position = n as u32;
            let data_base = data.len() as u32;
            let kernels = RefCell::new(Vec::new());
            let kernel_base = data_base + unit.func.data.len() as u32;
            let input = emit::Input {
                func: unit.func,
                units,
                site_base: site_rows.len() as u32,
                data_base,
                isa: &*self.isa,
                vectors: opts.vectors,
                kernels: &kernels,
                kernel_base,
            };
            site_rows.extend(sites::site_rows(unit.func, position));
            for d in unit.func.data.values() {
                data.push(match d {
                    mir::ConstData::Bytes(bytes) => Cow::Borrowed(&**bytes),
                    mir::ConstData::Host { .. } => Cow::Borrowed(&[]),
                });
            }
            let (offset, size, lines) = self.one(&unit.func.name, &mut out, opts, |clif| emit::function(&input, clif))?;
            for kernel in kernels.take() {
                out.kernels.push((unit.func.name.clone(), data.len(), kernel.entry));
                data.push(Cow::Owned(kernel.bytes));
            }
            let lines = if opts.want_asm { source_lines(unit.func, &lines) } else { Vec::new() };
            out.functions.push(EmittedFn { name: unit.func.name.clone(), key: unit.key, offset, size, entry_offset: None, entry_size: 0, lines });
        }
        if !opts.no_entries {
            for (n, unit) in units.iter().enumerate() {
                let (offset, size, _) = self.one(&unit.func.name, &mut out, opts, |clif| {
                    wrapper::entry(unit.func, n as u32, &*self.isa, clif);
                    Ok(())
                })?;
                out.functions[n].entry_offset = Some(offset);
                out.functions[n].entry_size = size;
            }
        }
        out.finish(data, site_rows, opts)
    }

    /// Compiles one CLIF function that `build` fills, and appends it.
    fn one(
        &self,
        name: &str,
        out: &mut Assembly,
        opts: &CompileOpts,
        build: impl FnOnce(&mut ir::Function) -> Result<(), CodegenError>,
    ) -> Result<Piece, CodegenError> {
        let mut cx = CONTEXT.with(|c| c.borrow_mut().take()).unwrap_or_else(|| Box::new(Context::new()));
        cx.clear();
        build(&mut cx.func)?;
        if opts.want_clif {
            out.clif.push_str(&format!("; {name}\n{}\n", cx.func.display()));
        }
        cx.compile(&*self.isa, &mut ControlPlane::default()).map_err(|e| clif_error(name, &e.inner))?;
        let compiled = cx.compiled_code().ok_or_else(|| internal(name, "no code".into()))?;
        let bytes = compiled.code_buffer();
        let offset = out.align(FUNCTION_ALIGN);
        out.code.extend_from_slice(bytes);
        let size = bytes.len() as u32;
        let mut relocs = Vec::new();
        for r in compiled.buffer.relocs() {
            let kind = match r.kind {
                binemit::Reloc::Abs8 => RelocKind::Abs8,
                binemit::Reloc::X86CallPCRel4 | binemit::Reloc::X86PCRel4 => RelocKind::PcRel4,
                other => return Err(internal(name, format!("relocation {other}"))),
            };
            let symbol = match &r.target {
                FinalizedRelocTarget::ExternalName(ExternalName::User(u)) => Symbol::from_name(&cx.func.params.user_named_funcs()[*u]),
                FinalizedRelocTarget::ExternalName(ExternalName::LibCall(call)) => Symbol::from_libcall(*call),
                FinalizedRelocTarget::ExternalName(ExternalName::TestCase(_) | ExternalName::KnownSymbol(_)) | FinalizedRelocTarget::Func(_) => None,
            };
            let symbol = symbol.ok_or_else(|| internal(name, format!("relocation against {:?}", r.target)))?;
            relocs.push(Reloc { offset: offset + r.offset, kind, symbol, addend: r.addend });
        }
        out.relocs.append(&mut relocs);
        let lines = if opts.want_asm {
            compiled.buffer.get_srclocs_sorted().iter().filter(|l| !l.loc.is_default()).map(|l| (offset + l.start, l.loc.bits())).collect()
        } else {
            Vec::new()
        };
        CONTEXT.with(|c| *c.borrow_mut() = Some(cx));
        Ok((offset, size, lines))
    }

    /// A C function that calls `target(data, argument words, result word)`, both addresses; see [`wrapper::callback`].
    pub fn callback(&self, name: &str, params: &[mir::Ty], ret: Option<mir::Ty>, data: usize, target: usize) -> Result<Blob, CodegenError> {
        let opts = CompileOpts::default();
        let mut out = Assembly::new(&opts);
        let (offset, size, _) = self.one(name, &mut out, &opts, |clif| {
            wrapper::callback(params, ret, data, target, &*self.isa, clif);
            Ok(())
        })?;
        out.functions.push(EmittedFn { name: name.into(), key: 0, offset, size, entry_offset: None, entry_size: 0, lines: Vec::new() });
        let emitted = out.finish(Vec::new(), Vec::new(), &opts)?;
        Blob::link(Arc::new(emitted), &NoLink, &self.addresses, self.stubs.clone())
    }

    fn emit_poll_stub(&self) -> Result<Emitted, CodegenError> {
        let opts = CompileOpts::default();
        let mut out = Assembly::new(&opts);
        let name = "poll stub";
        let (offset, size, _) = self.one(name, &mut out, &opts, |clif| {
            wrapper::poll_stub(&*self.isa, clif);
            Ok(())
        })?;
        out.functions.push(EmittedFn { name: name.into(), key: 0, offset, size, entry_offset: None, entry_size: 0, lines: Vec::new() });
        out.finish(Vec::new(), Vec::new(), &opts)
    }
}

/// For blobs that refer to the runtime only.
struct NoLink;
impl Link for NoLink {
    fn callee(&self, _key: u32) -> Option<usize> {
        None
    }
    fn host_data(&self, _id: u32) -> Option<usize> {
        None
    }
}

const FUNCTION_ALIGN: usize = 64;

/// (offset, size, source positions) of a function in a blob.
type Piece = (u32, u32, Vec<(u32, u32)>);

/// A blob in the making.
struct Assembly {
    code: Vec<u8>,
    relocs: Vec<Reloc>,
    functions: Vec<EmittedFn>,
    clif: String,
    /// Vector loops: the function, which item of data, where in it the code starts.
    kernels: Vec<(Box<str>, usize, u32)>,
}

impl Assembly {
    fn new(_opts: &CompileOpts) -> Assembly {
        Assembly { code: Vec::new(), relocs: Vec::new(), functions: Vec::new(), clif: String::new(), kernels: Vec::new() }
    }
    /// Pads with `int3`; gives the offset of what comes next.
    fn align(&mut self, to: usize) -> u32 {
        self.code.resize(self.code.len().next_multiple_of(to), 0xcc);
        self.code.len() as u32
    }
    fn finish(mut self, data: Vec<Cow<'_, [u8]>>, sites: Vec<SiteInfo>, opts: &CompileOpts) -> Result<Emitted, CodegenError> {
        let text_size = self.code.len() as u32;
        let mut data_offsets = Vec::with_capacity(data.len());
        for bytes in &data {
            data_offsets.push(self.align(DATA_ALIGN));
            self.code.extend_from_slice(bytes);
        }
        let kernels: Vec<(Box<str>, u32, u32)> =
            self.kernels.into_iter().map(|(name, item, entry)| (name, data_offsets[item] + entry, data[item].len() as u32 - entry)).collect();
        if i32::try_from(self.code.len()).is_err() {
            let function = self.functions.first().map(|f| f.name.clone()).unwrap_or_default();
            return Err(CodegenError::Limit { function, message: format!("{} bytes of code and data", self.code.len()) });
        }
        let mut emitted = Emitted {
            functions: self.functions,
            code: self.code,
            relocs: self.relocs,
            sites: sites.into(),
            data_offsets,
            text_size,
            clif: opts.want_clif.then_some(self.clif),
            asm: None,
        };
        if opts.want_asm {
            emitted.asm = Some(asm::print(&emitted, &kernels));
        }
        Ok(emitted)
    }
}

fn source_lines(func: &mir::Function, srclocs: &[(u32, u32)]) -> Vec<(u32, SourceLoc)> {
    let mut out: Vec<(u32, SourceLoc)> = Vec::new();
    for &(offset, span) in srclocs {
        if let Some(loc) = sites::resolve_span(func, mir::SpanId::from_u32(span)).into_iter().next()
            && out.last().is_none_or(|(_, l)| (l.line, &l.function) != (loc.line, &loc.function))
        {
            out.push((offset, loc));
        }
    }
    out
}

fn internal(name: &str, message: String) -> CodegenError {
    CodegenError::Internal { function: name.into(), message }
}

fn clif_error(name: &str, e: &cranelift_codegen::CodegenError) -> CodegenError {
    use cranelift_codegen::CodegenError as E;
    let function: Box<str> = name.into();
    match e {
        E::ImplLimitExceeded | E::CodeTooLarge => CodegenError::Limit { function, message: e.to_string() },
        E::Verifier(errors) => CodegenError::Internal { function, message: format!("CLIF verifier: {errors}") },
        E::Unsupported(_) | E::Regalloc(_) => CodegenError::Internal { function, message: e.to_string() },
        // Only with unwind tables, which are off.
        _ => CodegenError::Internal { function, message: e.to_string() },
    }
}
