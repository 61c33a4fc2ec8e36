//! The call context of the thread, and what the runtime needs to know of Python.

use looplift_abi::ctx::{Ctx, Frame, MAX_FRAMES, MAX_PAYLOAD, Pending};
use looplift_abi::heap::MemInfo;
use std::cell::UnsafeCell;
use std::sync::atomic::AtomicU32;

thread_local! {
    static CTX: UnsafeCell<Ctx> = const {
        UnsafeCell::new(Ctx {
            interrupt: AtomicU32::new(0),
            thread_id: 0,
            stack_limit: 0,
            poll_hook: None,
            chunk_id: 0,
            pending: Pending {
                kind: 0,
                code: 0,
                origin: Frame { blob: 0, site: 0 },
                payload: [0; MAX_PAYLOAD],
                frame_count: 0,
                _pad: 0,
                frames: [Frame { blob: 0, site: 0 }; MAX_FRAMES],
            },
        })
    };
}

/// This thread's context.
#[inline(always)]
pub fn current() -> *mut Ctx {
    CTX.with(UnsafeCell::get)
}

/// Gives back a reference to a heap block.
///
/// # Safety
/// The caller owns one reference to the block.
pub unsafe extern "C" fn release(block: *mut MemInfo) {
    let _ = block;
}
