//! Frames of generators: a state number, the number of references, the references, then other values.

use crate::heap::{self, StatusRef};
use looplift_abi::ctx::Ctx;
use looplift_abi::heap::{HEADER_SIZE, MemInfo};

/// Where the references begin.
const REFS: usize = 16;

/// A frame of `bytes` with `refs` references, all zero.
pub(crate) extern "C" fn new_frame(ctx: *mut Ctx, bytes: i64, refs: i64) -> StatusRef {
    let made = heap::alloc_zeroed(ctx, bytes);
    if made.status == 0 {
        let block = made.value as *mut MemInfo;
        // SAFETY: a fresh block with room for its head.
        unsafe {
            *((made.value as usize + HEADER_SIZE + 8) as *mut i64) = refs;
            (*block).drop = Some(drop_frame);
        }
    }
    made
}

/// # Safety
/// A frame that nobody owns any more.
unsafe extern "C" fn drop_frame(block: *mut MemInfo) {
    let data = block as usize + HEADER_SIZE;
    // SAFETY: the frame holds as many references as it says, each owned by it or null.
    unsafe {
        let n = *((data + 8) as *const i64);
        for k in 0..n.max(0) as usize {
            heap::release(*((data + REFS + 8 * k) as *const u64));
        }
    }
}

/// Takes the reference out of a slot.
///
/// # Safety
/// `slot` is the address of a reference in a frame that is alive.
pub(crate) unsafe extern "C" fn take_ref(slot: i64) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { std::ptr::replace(slot as usize as *mut u64, 0) }
}
