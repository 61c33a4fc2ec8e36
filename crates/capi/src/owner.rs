//! `looplift._core.Memory`: the base object of arrays whose memory compiled code allocated. It owns one reference to the
//! heap block and gives it back when the last array is gone.

use looplift_abi::heap::MemInfo;
use pyo3::prelude::*;

/// Gives a reference to a heap block back; the runtime's function, told at import.
pub type ReleaseFn = unsafe extern "C" fn(*mut MemInfo);

/// Owner of a reference to a heap block.
#[pyclass(frozen, module = "looplift._core", name = "Memory")]
#[derive(Debug)]
pub struct Memory {
    block: *mut MemInfo,
    release: ReleaseFn,
}
// SAFETY: reference counts of heap blocks are atomic, and a block may be released on any thread.
unsafe impl Send for Memory {}
// SAFETY: the object is never written after creation.
unsafe impl Sync for Memory {}

impl Memory {
    /// Takes over one reference to `block`.
    ///
    /// # Safety
    /// The caller owns that reference, and `release` gives it back.
    pub unsafe fn new(block: *mut MemInfo, release: ReleaseFn) -> Memory {
        Memory { block, release }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the object owns the reference and is dropped once.
        unsafe { (self.release)(self.block) }
    }
}

#[pymethods]
impl Memory {
    /// How many references the heap block has: one of each array that Python holds, and those of running code.
    #[getter]
    fn refcount(&self) -> usize {
        // SAFETY: the object owns a reference, so that the block lives.
        unsafe { (*self.block).refcount.load(std::sync::atomic::Ordering::Relaxed) }
    }
}
