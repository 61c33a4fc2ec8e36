//! Frames of generators. A head of four words: the state, the number of references, the code that ends the generator (0: nothing
//! needs to run), and (low half) the number of words that a step gives, (high half) where the references begin. Then what was sent,
//! the references, and other values.

use crate::exceptions::KIND_NONE;
use crate::heap::{self, StatusRef};
use crate::{handled, thread};
use looplift_abi::ctx::Ctx;
use looplift_abi::heap::{HEADER_SIZE, MemInfo};

const REFS: usize = 8;
const CODE: usize = 16;
const SIZES: usize = 24;
/// What a step is asked: to raise GeneratorExit where it stands (see `lower`).
const CLOSE: u64 = 2;

/// A frame of `bytes` with `refs` references, all zero.
pub(crate) extern "C" fn new_frame(ctx: *mut Ctx, bytes: i64, refs: i64) -> StatusRef {
    let made = heap::alloc_zeroed(ctx, bytes);
    if made.status == 0 {
        let block = made.value as *mut MemInfo;
        // SAFETY: a fresh block with room for its head.
        unsafe {
            *((made.value as usize + HEADER_SIZE + REFS) as *mut i64) = refs;
            (*block).drop = Some(drop_frame);
        }
    }
    made
}

/// # Safety
/// A frame that nobody owns any more.
unsafe extern "C" fn drop_frame(block: *mut MemInfo) {
    let data = block as usize + HEADER_SIZE;
    // SAFETY: the frame has its head, and holds as many references as it says, each owned by it or null.
    unsafe {
        let (state, code) = (*(data as *const i64), *((data + CODE) as *const usize));
        if state > 0 && code != 0 {
            close(block, code);
        }
        let n = *((data + REFS) as *const i64);
        let first = (*((data + SIZES) as *const u64) >> 32) as usize;
        for k in 0..n.max(0) as usize {
            heap::release(*((data + first + 8 * k) as *const u64));
        }
    }
}

/// Words of parameters that a step which is asked to end may have: it gets zeros.
const PARAMS: usize = looplift_abi::heap::FRAME_PARAMS;

macro_rules! step_type {
    ($($word:ty)*) => { unsafe extern "C" fn(*mut Ctx, *mut u64, u64, u64, $($word),*) -> u64 };
}
macro_rules! step_call {
    ($step:expr, $ctx:expr, $out:expr, $frame:expr; $($word:literal)*) => { $step($ctx, $out, $frame, CLOSE, $($word),*) };
}

type Step = step_type! {
    u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64
    u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64
    u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64
    u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64
    u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64
    u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64
};
const _: () = assert!(PARAMS == 6 * 16);

/// Ends a generator that stands at a `yield`: its `finally` clauses run. What they raise has nobody to go to.
///
/// # Safety
/// A frame that nobody owns, and the code of its steps.
unsafe fn close(block: *mut MemInfo, code: usize) {
    let ctx = thread::current_ctx();
    let sizes = (block as usize + HEADER_SIZE + SIZES) as *const u64;
    // SAFETY: the frame's code is the step function that made it, with at most `PARAMS` words of parameters after frame and mode: a
    // function of the C convention ignores further arguments. It may own the frame for a while, which nobody else does. An exception
    // that is travelling is put aside meanwhile; only the owning thread touches `pending`.
    unsafe {
        let step = std::mem::transmute::<usize, Step>(code);
        let mut out = vec![0u64; (*sizes as u32) as usize];
        let aside = handled::set_aside(ctx);
        *(*block).refcount.get_mut() = 1;
        let nested = heap::pause_dropping();
        let status = step_call! {
            step, ctx, out.as_mut_ptr(), block as u64;
            0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
            0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
        };
        heap::resume_dropping(nested);
        if status != 0 && (*ctx).pending.kind != KIND_NONE {
            crate::exceptions::clear_exc(ctx);
        }
        handled::bring_back(ctx, aside);
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
