//! How values lie in memory: in the storage of containers, and wherever else values outlive a call. Each machine word at its
//! natural alignment, in the order of the flattening.
//!
//! Codes are made by `types::element`; both lowering and runtime come here for offsets.

use crate::MTy;

/// Offsets of the words of a value, and what they add up to.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Layout {
    /// Offset and type of each machine word.
    pub words: Vec<(u32, MTy)>,
    /// Bytes, a multiple of `align`.
    pub size: u32,
    pub align: u32,
}

impl Layout {
    /// The layout of a sequence of machine words.
    pub fn of(words: impl IntoIterator<Item = MTy>) -> Layout {
        let mut out = Layout { words: Vec::new(), size: 0, align: 1 };
        let mut at = 0u32;
        for m in words {
            let n = m.bytes();
            at = at.next_multiple_of(n);
            out.words.push((at, m));
            at += n;
            out.align = out.align.max(n);
        }
        out.size = at.next_multiple_of(out.align);
        out
    }
    /// The layout that an element code describes.
    pub fn of_code(code: &str) -> Layout {
        Layout::of(code.chars().flat_map(|c| words(c).iter().copied()))
    }
    /// Offsets of the counted references.
    pub fn refs(&self) -> impl Iterator<Item = u32> {
        self.words.iter().filter(|w| w.1 == MTy::Ref).map(|w| w.0)
    }
}

/// The machine words of one character of a code.
pub fn words(c: char) -> &'static [MTy] {
    match c {
        '?' | 'b' | 'B' => &[MTy::I8],
        'h' | 'H' => &[MTy::I16],
        'i' | 'I' => &[MTy::I32],
        'q' | 'Q' | 'p' => &[MTy::I64],
        'f' => &[MTy::F32],
        'd' => &[MTy::F64],
        'c' => &[MTy::F32, MTy::F32],
        'z' => &[MTy::F64, MTy::F64],
        'r' | 's' | 'y' => &[MTy::Ref],
        _ => &[],
    }
}

/// Entries of a table: the hash, the key, the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryLayout {
    pub key: u32,
    pub value: u32,
    pub size: u32,
}

impl EntryLayout {
    pub fn of(key: &Layout, value: &Layout) -> EntryLayout {
        let at = 8u32;
        let value_at = (at + key.size).next_multiple_of(value.align);
        EntryLayout { key: at, value: value_at, size: (value_at + value.size).next_multiple_of(8) }
    }
}

/// Offsets in the head of a list, which is the data of its heap block.
pub mod list {
    pub const DATA: i32 = 0;
    pub const LEN: i32 = 8;
    pub const CAPACITY: i32 = 16;
    /// Set when the list changes.
    pub const DIRTY: i32 = 24;
    /// Not 0 when the list must not change.
    pub const FROZEN: i32 = 40;
    /// Most elements that a deque keeps, or -1.
    pub const LIMIT: i32 = 56;
    pub const HEAD_SIZE: usize = 64;
}

/// Offsets in the block of an instance of a Python class: its fields lie as an element does.
pub mod instance {
    /// A bit for each field that was assigned to.
    pub const DIRTY: i32 = 8;
    /// The Python object, or 0.
    pub const OBJECT: i32 = 16;
    pub const FIELDS: i32 = 24;
}

/// Offsets in the head of a table (dict or set).
pub mod table {
    pub const ENTRIES: i32 = 0;
    /// Entries that are alive.
    pub const LEN: i32 = 8;
    /// Entries used, dead ones included.
    pub const FILL: i32 = 16;
    /// The hash, which entries begin with, of a deleted one.
    pub const DEAD: i64 = -1;
    pub const DIRTY: i32 = 24;
}
