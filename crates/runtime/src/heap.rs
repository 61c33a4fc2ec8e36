//! Heap blocks: a header (`abi::heap::MemInfo`) with the data behind it, counted atomically, allocated without any lock
//! of the host. Zeroed blocks come from `calloc`, so that large ones cost nothing until touched.

use crate::{exceptions, hooks, spare};
use looplift_abi::RtError;
use looplift_abi::ctx::Ctx;
use looplift_abi::heap::{DATA_ALIGN, FOREIGN_TAG, HEADER_SIZE, MemInfo};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering, fence};

static ALLOCATED: AtomicU64 = AtomicU64::new(0);
static FREED: AtomicU64 = AtomicU64::new(0);
static LIVE_BYTES: AtomicU64 = AtomicU64::new(0);

/// Counters of heap blocks since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocationStats {
    pub allocated: u64,
    pub freed: u64,
    /// Data bytes of blocks that are alive.
    pub live_bytes: u64,
}

pub fn allocation_stats() -> AllocationStats {
    AllocationStats { freed: FREED.load(Ordering::Relaxed), allocated: ALLOCATED.load(Ordering::Relaxed), live_bytes: LIVE_BYTES.load(Ordering::Relaxed) }
}

/// Status and value in two registers.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct StatusRef {
    pub status: u64,
    pub value: u64,
}

/// Most data bytes of a block.
pub const MAX_BYTES: usize = (isize::MAX as usize) - 4096;

/// A new block with one owner, or `None` when there is no memory.
pub fn new_block(bytes: usize, zeroed: bool) -> Option<*mut MemInfo> {
    if bytes > MAX_BYTES {
        return None;
    }
    let total = spare::rounded(bytes + HEADER_SIZE + DATA_ALIGN);
    let base = match spare::take(total) {
        Some(base) => {
            if zeroed {
                // SAFETY: the memory is ours and has this size.
                unsafe { std::ptr::write_bytes(base as *mut u8, 0, total) };
            }
            base
        }
        // SAFETY: plain allocation calls; the size is not zero and does not overflow.
        None => unsafe { (if zeroed { libc::calloc(1, total) } else { libc::malloc(total) }) as usize },
    };
    if base == 0 {
        return None;
    }
    let block = base.next_multiple_of(DATA_ALIGN) as *mut MemInfo;
    // SAFETY: `total` leaves room for alignment, header and data; the memory is ours and aligned.
    unsafe { block.write(MemInfo { refcount: AtomicUsize::new(1), size: bytes, drop: None, base }) };
    ALLOCATED.fetch_add(1, Ordering::Relaxed);
    LIVE_BYTES.fetch_add(bytes as u64, Ordering::Relaxed);
    Some(block)
}

fn allocate(ctx: *mut Ctx, bytes: i64, zeroed: bool) -> StatusRef {
    let Ok(size) = usize::try_from(bytes) else {
        // SAFETY: compiled code passes its thread's context.
        return StatusRef { status: unsafe { exceptions::set(ctx, RtError::NegativeSize, &[]) }, value: 0 };
    };
    match new_block(size, zeroed) {
        Some(block) => StatusRef { status: 0, value: block as u64 },
        // SAFETY: as above.
        None => StatusRef { status: unsafe { exceptions::set(ctx, RtError::OutOfMemory, &[bytes as u64]) }, value: 0 },
    }
}

pub(crate) extern "C" fn alloc(ctx: *mut Ctx, bytes: i64) -> StatusRef {
    allocate(ctx, bytes, false)
}

pub(crate) extern "C" fn alloc_zeroed(ctx: *mut Ctx, bytes: i64) -> StatusRef {
    allocate(ctx, bytes, true)
}

/// Counts one more owner.
///
/// # Safety
/// `word` is a `ref` (see `abi::heap`) that the caller owns or borrows.
pub unsafe extern "C" fn retain(word: u64) {
    let word = word as usize;
    if word == 0 {
        return;
    }
    if word & FOREIGN_TAG != 0 {
        if let Some(f) = hooks::foreign_retain_hook() {
            // SAFETY: the tagged word names a live host object.
            unsafe { f(word & !FOREIGN_TAG) };
        }
        return;
    }
    let block = word as *const MemInfo;
    // SAFETY: an untagged non-null `ref` is a live block.
    unsafe { (*block).refcount.fetch_add(1, Ordering::Relaxed) };
}

/// Counts one owner less; frees the block at zero.
///
/// # Safety
/// `word` is a `ref` that the caller owns; it is gone afterwards.
pub unsafe extern "C" fn release(word: u64) {
    let word = word as usize;
    if word == 0 {
        return;
    }
    if word & FOREIGN_TAG != 0 {
        if let Some(f) = hooks::foreign_release_hook() {
            // SAFETY: the tagged word names a live host object, of which the caller owns a count.
            unsafe { f(word & !FOREIGN_TAG) };
        }
        return;
    }
    let block = word as *mut MemInfo;
    // SAFETY: an untagged non-null `ref` is a live block.
    if unsafe { (*block).refcount.fetch_sub(1, Ordering::Release) } != 1 {
        return;
    }
    fence(Ordering::Acquire);
    // SAFETY: that was the last owner.
    unsafe { bury(block) };
}

thread_local! {
    /// The thread is running a block's destructor.
    static DROPPING: Cell<bool> = const { Cell::new(false) };
    /// Blocks without owners that wait for it, linked through their counts: a chain of blocks, however long, takes no stack.
    static WAITING: Cell<*mut MemInfo> = const { Cell::new(std::ptr::null_mut()) };
}

/// Drops and frees a block; what loses its last owner thereby follows.
///
/// # Safety
/// Nobody owns the block.
unsafe fn bury(block: *mut MemInfo) {
    // SAFETY: nobody else reads the header.
    let Some(drop) = (unsafe { (*block).drop }) else {
        // SAFETY: as the caller says.
        return unsafe { free(block) };
    };
    if DROPPING.get() {
        // SAFETY: the count of a block without owners is free for use.
        unsafe { *(*block).refcount.get_mut() = WAITING.replace(block) as usize };
        return;
    }
    DROPPING.set(true);
    let (mut block, mut drop) = (block, Some(drop));
    loop {
        if let Some(drop) = drop {
            // SAFETY: the block's own destructor, called once, before its memory goes.
            unsafe { drop(block) };
        }
        // SAFETY: no owners, and dropped.
        unsafe { free(block) };
        block = WAITING.get();
        if block.is_null() {
            break;
        }
        // SAFETY: a block that waits is ours alone.
        unsafe {
            WAITING.set(*(*block).refcount.get_mut() as *mut MemInfo);
            drop = (*block).drop;
        }
    }
    DROPPING.set(false);
}

/// A destructor is about to run code, whose own blocks are dropped at once. Gives what [`resume_dropping`] takes.
pub(crate) fn pause_dropping() -> *mut MemInfo {
    DROPPING.set(false);
    WAITING.replace(std::ptr::null_mut())
}

/// Back in the destructor.
pub(crate) fn resume_dropping(waiting: *mut MemInfo) {
    DROPPING.set(true);
    WAITING.set(waiting);
}

/// # Safety
/// Nobody owns the block, and what it held is released.
unsafe fn free(block: *mut MemInfo) {
    // SAFETY: as the caller says; `base` came from malloc or calloc in `new_block`.
    unsafe {
        FREED.fetch_add(1, Ordering::Relaxed);
        LIVE_BYTES.fetch_sub((*block).size as u64, Ordering::Relaxed);
        let base = (*block).base;
        if !spare::keep(base, spare::rounded((*block).size + HEADER_SIZE + DATA_ALIGN)) {
            libc::free(base as *mut libc::c_void);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn drop_next(block: *mut MemInfo) {
        // SAFETY: the data of the test's blocks is a reference.
        unsafe { release(((block as usize + HEADER_SIZE) as *const u64).read()) };
    }

    #[test]
    fn chains_take_no_stack() {
        let mut last = 0u64;
        for _ in 0..1_000_000 {
            let block = new_block(8, false).expect("memory");
            // SAFETY: a live block with room for a word.
            unsafe {
                (*block).drop = Some(drop_next);
                ((block as usize + HEADER_SIZE) as *mut u64).write(last);
            }
            last = block as u64;
        }
        // SAFETY: the last block is owned here alone.
        unsafe { release(last) };
        assert!(WAITING.get().is_null() && !DROPPING.get());
    }

    #[test]
    fn blocks() {
        let block = new_block(100, true).expect("memory");
        let word = block as u64;
        assert_eq!(word % DATA_ALIGN as u64, 0);
        // SAFETY: a live block with 100 zero bytes behind its header.
        unsafe {
            let data = (word as usize + HEADER_SIZE) as *const u8;
            assert!((0..100).all(|i| *data.add(i) == 0));
            retain(word);
            assert_eq!((*block).refcount.load(Ordering::Relaxed), 2);
            release(word);
            release(word);
            release(0);
            retain(0);
        }
        assert!(new_block(usize::MAX, false).is_none());
        assert!(new_block(MAX_BYTES, false).is_none());
    }
}
