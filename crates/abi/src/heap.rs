//! Heap blocks and references.
//!
//! A `ref` word is 0 (nothing owned: static data, empty), or the address of a [`MemInfo`], or the address of an object of
//! the embedding language with bit 0 set (memory borrowed from it, e.g. an argument array's buffer). `retain`/`release`
//! on a tagged word go to the embedding's hooks, which take its lock; on a `MemInfo` they are atomic and lock-free.

use std::sync::atomic::AtomicUsize;

/// Tag of a `ref` that names an object of the embedding language.
pub const FOREIGN_TAG: usize = 1;
/// Alignment of array data, bytes.
pub const DATA_ALIGN: usize = 64;
/// Bytes from a block's header to its data.
pub const HEADER_SIZE: usize = 64;

/// Most words of parameters of a generator that has something to run when it is dropped.
pub const FRAME_PARAMS: usize = 96;

/// Header of a heap block; the data follows at `HEADER_SIZE`.
#[repr(C, align(64))]
#[derive(Debug)]
pub struct MemInfo {
    pub refcount: AtomicUsize,
    /// Data bytes.
    pub size: usize,
    /// Called with the block before it is freed; null for plain data.
    pub drop: Option<unsafe extern "C" fn(*mut MemInfo)>,
    /// What the allocator gave: the block starts at the next multiple of [`DATA_ALIGN`].
    pub base: usize,
}

const _: () = assert!(std::mem::size_of::<MemInfo>() == HEADER_SIZE);
