//! The call context: the hidden first argument of every compiled function, one per thread.
//!
//! Calling convention. A compiled function is `extern "C" fn(ctx, [out,] args…) -> status[, value]`: status (u64) 0 is
//! success, 1 a pending exception in the context. One scalar result comes back in the second return register (integer or
//! float); more results go through `out`, eight bytes each in order, and the status alone is returned.
//! `Entry` is the uniform form for callers that do not know the types: all words in memory.

/// Uniform entry: `args` and `ret` are arrays of 8-byte words (narrow integers zero- or sign-extended, f32 in the low half).
pub type Entry = unsafe extern "C" fn(ctx: *mut Ctx, args: *const u64, ret: *mut u64) -> u64;

/// Payload words an exception may carry.
pub const MAX_PAYLOAD: usize = 8;
/// Traceback entries kept from the raising end; deeper ones are counted only.
pub const MAX_FRAMES: usize = 64;

/// One traceback entry: the code blob (by its registry index) and the site in it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Frame {
    pub blob: u32,
    pub site: u32,
}

/// The pending exception.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// 0: none; 1: raised by a site of compiled code (`origin`, `payload`); 2: already a Python exception, set in the
    /// thread state; 3: raised by a runtime symbol (`code` is a row of `core::RtError`, with `payload`).
    pub kind: u32,
    pub code: u32,
    pub origin: Frame,
    pub payload: [u64; MAX_PAYLOAD],
    /// Entries pushed, from the innermost outward; may exceed `MAX_FRAMES`. For kind 1 `origin` comes before them.
    pub frame_count: u32,
    pub _pad: u32,
    pub frames: [Frame; MAX_FRAMES],
}

/// The context. Fields that machine code touches come first, at fixed offsets.
#[repr(C)]
#[derive(Debug)]
pub struct Ctx {
    /// Nonzero: something wants attention at the next poll. Written by the ticker thread.
    pub interrupt: std::sync::atomic::AtomicU32,
    pub thread_id: u32,
    /// Lowest stack address compiled code may use.
    pub stack_limit: usize,
    /// Slow path of `poll`, set by the embedding: returns 0 to go on, 1 with an exception pending.
    pub poll_hook: Option<unsafe extern "C" fn(*mut Ctx) -> u64>,
    pub chunk_id: u64,
    pub pending: Pending,
}

/// Offsets for emission; checked below.
pub mod offsets {
    pub const INTERRUPT: i32 = 0;
    pub const STACK_LIMIT: i32 = 8;
    pub const POLL_HOOK: i32 = 16;
    pub const PENDING: i32 = 32;
    pub const PENDING_KIND: i32 = PENDING;
    pub const PENDING_ORIGIN: i32 = PENDING + 8;
    pub const PENDING_PAYLOAD: i32 = PENDING + 16;
}

const _: () = {
    assert!(std::mem::offset_of!(Ctx, interrupt) == offsets::INTERRUPT as usize);
    assert!(std::mem::offset_of!(Ctx, stack_limit) == offsets::STACK_LIMIT as usize);
    assert!(std::mem::offset_of!(Ctx, poll_hook) == offsets::POLL_HOOK as usize);
    assert!(std::mem::offset_of!(Ctx, pending) == offsets::PENDING as usize);
    assert!(std::mem::offset_of!(Pending, origin) == 8);
    assert!(std::mem::offset_of!(Pending, payload) == 16);
};
