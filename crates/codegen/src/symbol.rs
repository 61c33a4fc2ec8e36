//! Names that machine code refers to, and who knows their addresses.

use cranelift_codegen::ir::{LibCall, UserExternalName};
use looplift_abi::Core;
use looplift_abi::symbols::Sym;

/// Something whose address (or number) is known only when a blob is put into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symbol {
    /// A compiled function in another blob, by the driver's key.
    Callee(u32),
    /// A function of the same blob, by its position in the compile request.
    Local(u32),
    /// A uniform entry of the same blob.
    LocalEntry(u32),
    Rt(Sym),
    Core(Core),
    /// Constant bytes of the same blob, by position.
    Data(u32),
    /// Memory of a host object.
    HostData(u32),
    /// The blob's own registry number (not an address).
    BlobIndex,
    /// The backend's stub that calls `PollSlow` and keeps every register.
    PollStub,
}

const NS_CALLEE: u32 = 0;
const NS_LOCAL: u32 = 1;
const NS_LOCAL_ENTRY: u32 = 2;
const NS_RT: u32 = 3;
const NS_CORE: u32 = 4;
const NS_DATA: u32 = 5;
const NS_HOST: u32 = 6;
const NS_BLOB: u32 = 7;
const NS_POLL: u32 = 8;

impl Symbol {
    /// As Cranelift wants it: a pair of numbers.
    pub(crate) fn to_name(self) -> UserExternalName {
        let (namespace, index) = match self {
            Symbol::Callee(key) => (NS_CALLEE, key),
            Symbol::Local(n) => (NS_LOCAL, n),
            Symbol::LocalEntry(n) => (NS_LOCAL_ENTRY, n),
            Symbol::Rt(sym) => (NS_RT, sym as u32),
            Symbol::Core(core) => (NS_CORE, core as u32),
            Symbol::Data(n) => (NS_DATA, n),
            Symbol::HostData(id) => (NS_HOST, id),
            Symbol::BlobIndex => (NS_BLOB, 0),
            Symbol::PollStub => (NS_POLL, 0),
        };
        UserExternalName { namespace, index }
    }
    pub(crate) fn from_name(name: &UserExternalName) -> Option<Symbol> {
        Some(match name.namespace {
            NS_CALLEE => Symbol::Callee(name.index),
            NS_LOCAL => Symbol::Local(name.index),
            NS_LOCAL_ENTRY => Symbol::LocalEntry(name.index),
            NS_RT => Symbol::Rt(*Sym::ALL.get(name.index as usize)?),
            NS_CORE => Symbol::Core(*Core::ALL.get(name.index as usize)?),
            NS_DATA => Symbol::Data(name.index),
            NS_HOST => Symbol::HostData(name.index),
            NS_BLOB => Symbol::BlobIndex,
            NS_POLL => Symbol::PollStub,
            _ => return None,
        })
    }
    /// What Cranelift calls by itself where the processor lacks an instruction.
    pub(crate) fn from_libcall(call: LibCall) -> Option<Symbol> {
        Some(Symbol::Core(match call {
            LibCall::CeilF32 => Core::CeilF32,
            LibCall::CeilF64 => Core::CeilF64,
            LibCall::FloorF32 => Core::FloorF32,
            LibCall::FloorF64 => Core::FloorF64,
            LibCall::TruncF32 => Core::TruncF32,
            LibCall::TruncF64 => Core::TruncF64,
            LibCall::NearestF32 => Core::NearestF32,
            LibCall::NearestF64 => Core::NearestF64,
            LibCall::FmaF32 => Core::FmaF32,
            LibCall::FmaF64 => Core::FmaF64,
            LibCall::Memcpy => Core::Memcpy,
            LibCall::Memset => Core::Memset,
            LibCall::Memmove => Core::Memmove,
            LibCall::Probestack | LibCall::Memcmp | LibCall::ElfTlsGetAddr | LibCall::ElfTlsGetOffset | LibCall::X86Pshufb => return None,
        }))
    }
    /// Inside the blob: resolved when the blob is laid out, independent of where it is mapped.
    pub fn is_internal(self) -> bool {
        match self {
            Symbol::Local(_) | Symbol::LocalEntry(_) | Symbol::Data(_) => true,
            Symbol::Callee(_) | Symbol::Rt(_) | Symbol::Core(_) | Symbol::HostData(_) | Symbol::BlobIndex | Symbol::PollStub => false,
        }
    }
}

/// How a relocated field is computed from the symbol's address S, the addend A and the field's own address P.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelocKind {
    /// Eight bytes: S + A.
    Abs8,
    /// Four bytes: S + A - P.
    PcRel4,
}

/// A field of the code that depends on an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reloc {
    pub offset: u32,
    pub kind: RelocKind,
    pub symbol: Symbol,
    pub addend: i64,
}

/// Addresses of the runtime, the same for all code of a backend.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    pub sym: fn(Sym) -> usize,
    pub core: fn(Core) -> usize,
}

/// Addresses that differ from one compilation to another. Whoever answers keeps the named thing alive as long as the blob.
pub trait Link {
    /// The native address of a compiled function.
    fn callee(&self, key: u32) -> Option<usize>;
    /// The data of a host object.
    fn host_data(&self, id: u32) -> Option<usize>;
}
