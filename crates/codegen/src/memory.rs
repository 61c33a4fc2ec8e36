//! Executable memory: one private mapping for each blob, written first, then made read + execute for good.
//!
//! Layout of a blob: functions (each 64-aligned), entry wrappers, constant data (64-aligned). All of it is mapped
//! read + execute after publication; the data is only read. A forked child has its own copy of everything.

use crate::backend::{CodegenError, Emitted};
use crate::registry::Slot;
use crate::sites::SiteInfo;
use crate::symbol::{Link, RelocKind, Symbol};
use looplift_abi::ctx::Entry;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

static LIVE_BYTES: AtomicUsize = AtomicUsize::new(0);
static LIVE_MAPPINGS: AtomicUsize = AtomicUsize::new(0);

/// (mappings, bytes) of executable memory now held.
pub fn code_statistics() -> (usize, usize) {
    (LIVE_MAPPINGS.load(Ordering::Relaxed), LIVE_BYTES.load(Ordering::Relaxed))
}

/// A mapping that is still writable.
struct Mapping {
    base: NonNull<u8>,
    size: usize,
}

// SAFETY: the mapping is plain memory owned by this value; no thread affinity.
unsafe impl Send for Mapping {}
// SAFETY: after publication nothing writes to it.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Zeroed read + write memory of at least `size` bytes.
    fn new(size: usize) -> Result<Mapping, CodegenError> {
        // SAFETY: sysconf has no preconditions.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
        let size = size.max(1).next_multiple_of(page);
        // SAFETY: an anonymous private mapping at an address of the kernel's choice touches no existing memory.
        let p = unsafe { libc::mmap(std::ptr::null_mut(), size, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0) };
        if p == libc::MAP_FAILED {
            return Err(CodegenError::OutOfMemory { bytes: size });
        }
        let Some(base) = NonNull::new(p.cast::<u8>()) else { return Err(CodegenError::OutOfMemory { bytes: size }) };
        LIVE_BYTES.fetch_add(size, Ordering::Relaxed);
        LIVE_MAPPINGS.fetch_add(1, Ordering::Relaxed);
        Ok(Mapping { base, size })
    }
    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: the mapping has `size` bytes, is initialised (zero pages) and exclusively borrowed through `self`; it is
        // writable because `seal` consumes the value.
        unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr(), self.size) }
    }
    /// Makes it read + execute.
    fn seal(self) -> Result<Sealed, CodegenError> {
        // SAFETY: exactly the pages of this mapping, which nobody else refers to.
        let r = unsafe { libc::mprotect(self.base.as_ptr().cast(), self.size, libc::PROT_READ | libc::PROT_EXEC) };
        if r != 0 {
            return Err(CodegenError::Protect { message: std::io::Error::last_os_error().to_string() });
        }
        Ok(Sealed(self))
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the pages are ours, mapped in `new`, and nothing borrows them any more.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.size) };
        LIVE_BYTES.fetch_sub(self.size, Ordering::Relaxed);
        LIVE_MAPPINGS.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Sealed(Mapping);

/// Machine code in memory. Dropping it unmaps the code: the owner sees to it that nothing runs or refers to it then
/// (callers hold their callees; a call in progress holds its blob).
pub struct Blob {
    code: Sealed,
    /// The form it was linked from: names, offsets, texts.
    pub emitted: Arc<Emitted>,
    slot: Slot,
    /// Keeps the poll stub's own blob mapped.
    _stubs: Option<Arc<Blob>>,
}

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.emitted.functions.iter().map(|u| &*u.name).collect();
        write!(f, "Blob {{ index: {}, functions: {names:?} }}", self.index())
    }
}

impl Blob {
    /// Copies, relocates and publishes.
    pub(crate) fn link(emitted: Arc<Emitted>, link: &dyn Link, addresses: &crate::symbol::Addresses, stubs: Option<Arc<Blob>>) -> Result<Blob, CodegenError> {
        let mut mapping = Mapping::new(emitted.code.len())?;
        let base = mapping.base.as_ptr() as usize;
        let slot = Slot::new(emitted.sites.clone());
        let memory = mapping.bytes_mut();
        memory[..emitted.code.len()].copy_from_slice(&emitted.code);
        for r in &emitted.relocs {
            let target = match r.symbol {
                Symbol::Callee(key) => link.callee(key),
                Symbol::HostData(id) => link.host_data(id),
                Symbol::Rt(sym) => Some((addresses.sym)(sym)),
                Symbol::Core(core) => Some((addresses.core)(core)),
                Symbol::BlobIndex => Some(slot.index() as usize),
                Symbol::PollStub => stubs.as_ref().and_then(|s| s.address(0)),
                Symbol::Local(_) | Symbol::LocalEntry(_) | Symbol::Data(_) => emitted.internal_offset(r.symbol).map(|o| base + o),
            };
            let target = target.ok_or(CodegenError::Unresolved { symbol: r.symbol })?;
            let at = r.offset as usize;
            let value = (target as u64).wrapping_add_signed(r.addend);
            match r.kind {
                RelocKind::Abs8 => memory[at..at + 8].copy_from_slice(&value.to_le_bytes()),
                RelocKind::PcRel4 => {
                    let distance = value.wrapping_sub((base + at) as u64) as i64;
                    let field = i32::try_from(distance).map_err(|_| CodegenError::OutOfRange { symbol: r.symbol })?;
                    memory[at..at + 4].copy_from_slice(&field.to_le_bytes());
                }
            }
        }
        let code = mapping.seal()?;
        Ok(Blob { code, emitted, slot, _stubs: stubs })
    }

    /// The number that frames carry.
    pub fn index(&self) -> u32 {
        self.slot.index()
    }
    pub fn base(&self) -> usize {
        self.code.0.base.as_ptr() as usize
    }
    /// The native address of the n-th function.
    pub fn address(&self, n: usize) -> Option<usize> {
        Some(self.base() + self.emitted.functions.get(n)?.offset as usize)
    }
    /// The uniform entry of the n-th function, if one was asked for.
    pub fn entry(&self, n: usize) -> Option<Entry> {
        let offset = self.emitted.functions.get(n)?.entry_offset?;
        let address = self.base() + offset as usize;
        // SAFETY: the emitted wrapper at this offset has exactly the type `Entry`; the caller of the returned function
        // keeps the blob alive and passes what `Entry` asks for (calling it is unsafe).
        Some(unsafe { std::mem::transmute::<usize, Entry>(address) })
    }
    pub fn sites(&self) -> &[SiteInfo] {
        &self.emitted.sites
    }
    /// The bytes as they are in memory, relocated.
    pub fn code_bytes(&self) -> &[u8] {
        let len = self.emitted.code.len();
        // SAFETY: the mapping is readable, at least `len` long, never written again, and lives as long as `self`.
        unsafe { std::slice::from_raw_parts(self.code.0.base.as_ptr(), len) }
    }
}
