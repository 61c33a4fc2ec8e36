//! Dicts and sets: entries in order of insertion, and an index from hashes to entries, as CPython's compact dict. A set is a dict
//! whose values have no size.
//!
//! An entry is the hash, the key, the value. A deleted entry has the hash [`DEAD`]; the index is rebuilt when entries run out, which
//! also squeezes the dead ones out.

use crate::element::{Desc, code_at, desc};
use crate::exceptions;
use crate::heap::{self, StatusRef};
use looplift_abi::RtError;
use looplift_abi::ctx::Ctx;
use looplift_abi::element::{EntryLayout, table as offsets};
use looplift_abi::heap::{HEADER_SIZE, MemInfo};

/// Hash of entries that are deleted; no key has it.
const DEAD: u64 = offsets::DEAD as u64;
/// Index slots: never used, or used by an entry since deleted.
const EMPTY: u32 = u32::MAX;
const GONE: u32 = u32::MAX - 1;
/// The slots to try for a hash, one after the other. Integers are their own hashes, so that keys that lie close together are found
/// close together; the upper bits come in with each further slot, and in the end every slot is reached.
struct Slots {
    slot: usize,
    upper: u64,
    mask: usize,
}

impl Slots {
    #[inline]
    fn of(hash: u64, mask: usize) -> Slots {
        Slots { slot: hash as usize & mask, upper: hash, mask }
    }
    #[inline]
    fn next(&mut self) {
        self.upper >>= 5;
        self.slot = self.slot.wrapping_mul(5).wrapping_add(self.upper as usize).wrapping_add(1) & self.mask;
    }
}

/// Most entries of a table.
const MAX_ENTRIES: usize = (u32::MAX - 2) as usize;

/// The head of a table.
#[repr(C)]
#[derive(Debug)]
pub struct Head {
    pub entries: *mut u8,
    pub len: i64,
    pub fill: i64,
    pub dirty: i64,
    pub keys: &'static Desc,
    pub values: &'static Desc,
    pub layout: EntryLayout,
    /// Entries there is room for.
    capacity: u32,
    index: *mut u32,
    /// Slots of the index minus one; a power of two minus one.
    mask: usize,
    /// Slots of the index that are not empty, those of deleted entries among them: fewer than there are slots, or a search would not end.
    used: u32,
    /// Keys are one word compared bit by bit.
    word_keys: bool,
}

const _: () = {
    assert!(std::mem::offset_of!(Head, entries) == offsets::ENTRIES as usize);
    assert!(std::mem::offset_of!(Head, len) == offsets::LEN as usize);
    assert!(std::mem::offset_of!(Head, fill) == offsets::FILL as usize);
    assert!(std::mem::offset_of!(Head, dirty) == offsets::DIRTY as usize);
};

/// The head of a table's block.
///
/// # Safety
/// `block` is a live table.
pub unsafe fn head(block: u64) -> *mut Head {
    (block as usize + HEADER_SIZE) as *mut Head
}

/// A new empty table with one owner; `None` when there is no memory.
pub fn create(keys: &'static Desc, values: &'static Desc) -> Option<u64> {
    let block = heap::new_block(std::mem::size_of::<Head>(), false)?;
    let word = block as u64;
    // SAFETY: a fresh block with room for the head.
    unsafe {
        head(word).write(Head {
            entries: std::ptr::null_mut(),
            len: 0,
            fill: 0,
            dirty: 0,
            keys,
            values,
            layout: EntryLayout::of(&keys.layout, &values.layout),
            capacity: 0,
            index: std::ptr::null_mut(),
            mask: 0,
            used: 0,
            word_keys: matches!(keys.number, Some('q' | 'Q')),
        });
        (*block).drop = Some(destroy);
    }
    Some(word)
}

/// Most entries that room is made for before they come: how many will come is only what somebody says.
const MOST_ROOM: i64 = 1 << 22;

/// A new empty table, with room for the entries that are said to come.
pub fn with_room(keys: &'static Desc, values: &'static Desc, room: i64) -> Option<u64> {
    let word = create(keys, values)?;
    let room = room.clamp(0, MOST_ROOM) as usize;
    // SAFETY: a fresh table, which is given back where there is no memory.
    unsafe {
        if room > 0 && !(*head(word)).rebuild(room) {
            heap::release(word);
            return None;
        }
    }
    Some(word)
}

unsafe extern "C" fn destroy(block: *mut MemInfo) {
    // SAFETY: called once, with a table whose last owner is gone.
    unsafe { (*head(block as u64)).free() }
}

impl Head {
    /// The address of entry `i`.
    pub fn entry(&self, i: i64) -> *mut u8 {
        self.entries.wrapping_add(self.layout.size as usize * i as usize)
    }
    /// The address of a key.
    pub fn key(&self, i: i64) -> *mut u8 {
        self.entry(i).wrapping_add(self.layout.key as usize)
    }
    /// The address of a value.
    pub fn value(&self, i: i64) -> *mut u8 {
        self.entry(i).wrapping_add(self.layout.value as usize)
    }
    fn hash_of(&self, i: i64) -> u64 {
        // SAFETY: entries begin with their hash.
        unsafe { self.entry(i).cast::<u64>().read() }
    }
    /// # Safety
    /// `key` holds a key.
    #[inline]
    unsafe fn hash(&self, key: *const u8) -> u64 {
        // SAFETY: the caller's promise.
        let h = unsafe { if self.word_keys { key.cast::<u64>().read() } else { self.keys.hash(key) } };
        if h == DEAD { 0 } else { h }
    }

    /// The index slot and the entry of a key, or the slot where it would go.
    ///
    /// # Safety
    /// `key` holds a key; the index exists.
    #[inline]
    unsafe fn probe(&self, key: *const u8, hash: u64) -> (usize, Option<u32>) {
        let mut at_slot = Slots::of(hash, self.mask);
        let mut free = None;
        // SAFETY: slots are within the index, entries in it exist; one slot at least is empty.
        unsafe {
            loop {
                let slot = at_slot.slot;
                match *self.index.add(slot) {
                    EMPTY => return (free.unwrap_or(slot), None),
                    GONE => {
                        free.get_or_insert(slot);
                    }
                    e => {
                        let at = self.entry(i64::from(e));
                        if at.cast::<u64>().read() == hash {
                            let other = at.add(self.layout.key as usize);
                            let same = if self.word_keys { other.cast::<u64>().read() == key.cast::<u64>().read() } else { self.keys.equal(other, key) };
                            if same {
                                return (slot, Some(e));
                            }
                        }
                    }
                }
                at_slot.next();
            }
        }
    }

    /// The entry of a key, or -1.
    ///
    /// # Safety
    /// `key` holds a key.
    pub unsafe fn find(&self, key: *const u8) -> i64 {
        if self.len == 0 {
            return -1;
        }
        // SAFETY: the index exists where there are entries.
        unsafe {
            let hash = self.hash(key);
            self.probe(key, hash).1.map_or(-1, i64::from)
        }
    }

    /// The entry of a key, made with a value of zeros if there is none; `None` when there is no memory. References in a new key are
    /// counted.
    ///
    /// # Safety
    /// `key` holds a key.
    pub unsafe fn insert(&mut self, key: *const u8) -> Option<i64> {
        // SAFETY: as in `find`; entries up to `fill` are within the capacity.
        unsafe {
            let hash = self.hash(key);
            let mut free = None;
            if self.mask > 0 {
                match self.probe(key, hash) {
                    (_, Some(e)) => return Some(i64::from(e)),
                    (slot, None) => free = Some(slot),
                }
            }
            if self.fill >= i64::from(self.capacity) || self.used >= self.capacity {
                if !self.make_room() {
                    return None;
                }
                free = None;
            }
            let slot = match free {
                Some(slot) => slot,
                None => self.probe(key, hash).0,
            };
            let e = self.fill;
            let at = self.entry(e);
            at.cast::<u64>().write(hash);
            std::ptr::copy_nonoverlapping(key, at.add(self.layout.key as usize), self.keys.size);
            std::ptr::write_bytes(at.add(self.layout.value as usize), 0, self.values.size);
            self.keys.retain(key);
            self.used += u32::from(*self.index.add(slot) == EMPTY);
            *self.index.add(slot) = e as u32;
            self.fill += 1;
            self.len += 1;
            self.dirty = 1;
            Some(e)
        }
    }

    /// Squeezes dead entries out and makes room for more; false when there is no memory.
    fn make_room(&mut self) -> bool {
        let len = (self.len as usize).max(5);
        self.rebuild(if self.len * 4 >= self.fill * 3 { len * 2 } else { len + self.len as usize / 2 })
    }

    /// Squeezes dead entries out into storage for `wanted` entries, which are more than there are; false when there is no memory.
    fn rebuild(&mut self, wanted: usize) -> bool {
        if wanted > MAX_ENTRIES {
            return false;
        }
        let slots = (wanted * 4 / 3 + 2).next_power_of_two();
        let size = self.layout.size as usize;
        // SAFETY: plain allocations; what is copied is within the old and the new storage.
        unsafe {
            let entries = libc::malloc(size * wanted).cast::<u8>();
            let index = libc::malloc(slots * 4).cast::<u32>();
            if entries.is_null() || index.is_null() {
                libc::free(entries.cast());
                libc::free(index.cast());
                return false;
            }
            std::ptr::write_bytes(index.cast::<u8>(), 0xff, slots * 4);
            let mut n = 0usize;
            if self.len == self.fill {
                n = self.len as usize;
                std::ptr::copy_nonoverlapping(self.entries.cast_const(), entries, if n == 0 { 0 } else { size * n });
            } else {
                for i in 0..self.fill {
                    if self.hash_of(i) != DEAD {
                        std::ptr::copy_nonoverlapping(self.entry(i), entries.add(size * n), size);
                        n += 1;
                    }
                }
            }
            for i in 0..n {
                let mut at = Slots::of(entries.add(size * i).cast::<u64>().read(), slots - 1);
                while *index.add(at.slot) != EMPTY {
                    at.next();
                }
                *index.add(at.slot) = i as u32;
            }
            libc::free(self.entries.cast());
            libc::free(self.index.cast());
            (self.entries, self.index, self.mask) = (entries, index, slots - 1);
            (self.fill, self.capacity, self.used) = (n as i64, wanted as u32, n as u32);
        }
        true
    }

    /// Deletes entry `i`.
    pub fn delete(&mut self, i: i64) {
        if !(0..self.fill).contains(&i) || self.hash_of(i) == DEAD {
            return;
        }
        // SAFETY: a live entry, whose slot is on its probe chain.
        unsafe {
            let mut at = Slots::of(self.hash_of(i), self.mask);
            while *self.index.add(at.slot) != i as u32 {
                at.next();
            }
            *self.index.add(at.slot) = GONE;
            self.entry(i).cast::<u64>().write(DEAD);
            self.len -= 1;
            self.dirty = 1;
            self.keys.release(self.key(i));
            self.values.release(self.value(i));
        }
        if self.len == 0 {
            self.forget();
        } else if i + 1 == self.fill {
            // So that taking from the end stays cheap.
            while self.fill > 0 && self.hash_of(self.fill - 1) == DEAD {
                self.fill -= 1;
            }
        }
    }

    /// All slots of the index empty again.
    fn forget(&mut self) {
        self.fill = 0;
        self.used = 0;
        if self.mask > 0 {
            // SAFETY: the index has `mask + 1` slots.
            unsafe { std::ptr::write_bytes(self.index.cast::<u8>(), 0xff, (self.mask + 1) * 4) };
        }
    }

    /// The first live entry from `i` on, or -1.
    pub fn next(&self, mut i: i64) -> i64 {
        while i < self.fill {
            if self.hash_of(i) != DEAD {
                return i;
            }
            i += 1;
        }
        -1
    }
    /// The last live entry, or -1.
    pub fn last(&self) -> i64 {
        (0..self.fill).rev().find(|&i| self.hash_of(i) != DEAD).unwrap_or(-1)
    }

    /// Deletes all entries.
    pub fn clear(&mut self) {
        if !(self.keys.refs.is_empty() && self.values.refs.is_empty()) {
            let mut i = self.next(0);
            while i >= 0 {
                // SAFETY: a live entry, forgotten below.
                unsafe {
                    self.keys.release(self.key(i));
                    self.values.release(self.value(i));
                }
                i = self.next(i + 1);
            }
        }
        self.len = 0;
        self.dirty = 1;
        self.forget();
    }

    fn free(&mut self) {
        self.clear();
        // SAFETY: storage from malloc, or null.
        unsafe {
            libc::free(self.entries.cast());
            libc::free(self.index.cast());
        }
    }
}

/// # Safety
/// The head of a live table.
unsafe fn at<'a>(table: i64) -> &'a mut Head {
    // SAFETY: the caller's promise.
    unsafe { &mut *(table as usize as *mut Head) }
}

/// # Safety
/// The calling thread's context.
unsafe fn made(ctx: *mut Ctx, word: Option<u64>) -> StatusRef {
    match word {
        Some(value) => StatusRef { status: 0, value },
        // SAFETY: the caller's promise.
        None => StatusRef { status: unsafe { exceptions::set(ctx, RtError::OutOfMemory, &[std::mem::size_of::<Head>() as u64]) }, value: 0 },
    }
}

pub(crate) unsafe extern "C" fn table_new(ctx: *mut Ctx, keys: i64, keys_len: i64, values: i64, values_len: i64) -> StatusRef {
    // SAFETY: codes in the constant data of compiled code; its thread's context.
    unsafe { made(ctx, create(desc(code_at(keys, keys_len)), desc(code_at(values, values_len)))) }
}

/// A new empty table of the kind of another one.
pub(crate) unsafe extern "C" fn table_like(ctx: *mut Ctx, table: i64) -> StatusRef {
    // SAFETY: the head of a live table; the calling thread's context.
    unsafe {
        let t = at(table);
        made(ctx, create(t.keys, t.values))
    }
}

pub(crate) unsafe extern "C" fn table_find(table: i64, key: i64) -> i64 {
    // SAFETY: a live table and a key.
    unsafe { at(table).find(key as usize as *const u8) }
}

pub(crate) unsafe extern "C" fn table_insert(ctx: *mut Ctx, table: i64, key: i64) -> StatusRef {
    // SAFETY: a live table and a key; the calling thread's context.
    unsafe {
        let t = at(table);
        match t.insert(key as usize as *const u8) {
            Some(i) => StatusRef { status: 0, value: i as u64 },
            None => {
                let bytes = (t.fill as u64).saturating_mul(2 * u64::from(t.layout.size));
                StatusRef { status: exceptions::set(ctx, RtError::OutOfMemory, &[bytes]), value: 0 }
            }
        }
    }
}

pub(crate) unsafe extern "C" fn table_delete(table: i64, entry: i64) {
    // SAFETY: a live table.
    unsafe { at(table).delete(entry) }
}

pub(crate) unsafe extern "C" fn table_next(table: i64, entry: i64) -> i64 {
    // SAFETY: a live table.
    unsafe { at(table).next(entry.max(0)) }
}

pub(crate) unsafe extern "C" fn table_last(table: i64) -> i64 {
    // SAFETY: a live table.
    unsafe { at(table).last() }
}

pub(crate) unsafe extern "C" fn table_clear(table: i64) {
    // SAFETY: a live table.
    unsafe { at(table).clear() }
}

/// Gives back the references of the value at `value`, which is overwritten next.
pub(crate) unsafe extern "C" fn table_drop_value(table: i64, value: i64) {
    // SAFETY: a value of a live table.
    unsafe { at(table).values.release(value as usize as *const u8) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::mix;

    #[test]
    fn against_a_model() {
        let word = create(desc("q"), desc("d")).expect("memory");
        // SAFETY: a live table.
        let t = unsafe { &mut *head(word) };
        let mut model: Vec<i64> = Vec::new();
        let mut seed = 1u64;
        for round in 0..20_000i64 {
            seed = mix(seed);
            let key = (seed % 300) as i64;
            let p = (&raw const key).cast::<u8>();
            // SAFETY: a key of the table's kind.
            let found = unsafe { t.find(p) };
            let position = model.iter().position(|&k| k == key);
            assert_eq!(found >= 0, position.is_some());
            match (seed >> 32) % 3 {
                0 | 1 => {
                    // SAFETY: as above.
                    let e = unsafe { t.insert(p) }.expect("memory");
                    // SAFETY: the value of an entry.
                    unsafe { t.value(e).cast::<f64>().write(round as f64) };
                    if position.is_none() {
                        model.push(key);
                    }
                }
                _ => {
                    t.delete(found);
                    if let Some(i) = position {
                        model.remove(i);
                    }
                }
            }
            assert_eq!(t.len as usize, model.len());
        }
        let mut keys = Vec::new();
        let mut i = t.next(0);
        while i >= 0 {
            // SAFETY: the key of a live entry.
            keys.push(unsafe { t.key(i).cast::<i64>().read() });
            i = t.next(i + 1);
        }
        assert_eq!(keys, model);
        // SAFETY: the only owner.
        unsafe { heap::release(word) };
    }

    #[test]
    fn taking_from_the_end_for_ever() {
        let word = create(desc("q"), desc("q")).expect("memory");
        // SAFETY: a live table, keys and values of its kinds.
        unsafe {
            let t = &mut *head(word);
            for i in 0..10_000i64 {
                t.insert((&raw const i).cast()).expect("memory");
                if i > 0 {
                    let last = t.last();
                    t.delete(last);
                }
            }
            assert_eq!((t.len, t.find((&raw const word).cast())), (1, -1));
            heap::release(word);
        }
    }

    #[test]
    fn keys_far_apart() {
        for step in [1i64, 1 << 20, 1 << 40, -1, i64::MAX / 5000] {
            let word = create(desc("q"), desc("q")).expect("memory");
            // SAFETY: a live table, keys and values of its kinds.
            unsafe {
                let t = &mut *head(word);
                for i in 0..5000i64 {
                    let key = i.wrapping_mul(step);
                    let e = t.insert((&raw const key).cast()).expect("memory");
                    t.value(e).cast::<i64>().write(i);
                }
                for i in 0..5000i64 {
                    let key = i.wrapping_mul(step);
                    let e = t.find((&raw const key).cast());
                    assert_eq!(t.value(e).cast::<i64>().read(), i);
                    if i % 2 == 0 {
                        t.delete(e);
                    }
                }
                assert_eq!(t.len, 2500);
                heap::release(word);
            }
        }
    }
}
