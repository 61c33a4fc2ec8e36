//! Lists: a heap block whose data is a [`Head`], with the elements in storage of their own, one after the other.
//!
//! Compiled code reads and writes elements and the length itself; growing, moving and dropping is done here.

use crate::element::{Desc, code_at, desc};
use crate::exceptions;
use crate::heap::{self, StatusRef};
use crate::text;
use looplift_abi::RtError;
use looplift_abi::ctx::Ctx;
use looplift_abi::element::list as offsets;
use looplift_abi::heap::{HEADER_SIZE, MemInfo};

/// The head of a list.
#[repr(C)]
#[derive(Debug)]
pub struct Head {
    pub data: *mut u8,
    pub len: i64,
    pub capacity: i64,
    pub dirty: i64,
    pub desc: &'static Desc,
    /// 0, or one more than the capacity of a list that must not change: then `capacity` is 0, so that what appends comes here.
    frozen: i64,
    /// Elements there is room for before the first: taking from the front leaves it, putting there uses it.
    front: i64,
    /// Most elements that a deque keeps, or -1. Who puts more in takes elements out at the other end ([`list_state`]).
    pub limit: i64,
}

const _: () = {
    assert!(std::mem::offset_of!(Head, data) == offsets::DATA as usize);
    assert!(std::mem::offset_of!(Head, len) == offsets::LEN as usize);
    assert!(std::mem::offset_of!(Head, capacity) == offsets::CAPACITY as usize);
    assert!(std::mem::offset_of!(Head, dirty) == offsets::DIRTY as usize);
    assert!(std::mem::offset_of!(Head, limit) == offsets::LIMIT as usize);
    assert!(std::mem::offset_of!(Head, frozen) == offsets::FROZEN as usize);
    assert!(std::mem::size_of::<Head>() == offsets::HEAD_SIZE);
};

/// The head of a list's block.
///
/// # Safety
/// `block` is a live list.
pub unsafe fn head(block: u64) -> *mut Head {
    (block as usize + HEADER_SIZE) as *mut Head
}

/// A new empty list with one owner; `None` when there is no memory.
pub fn create(desc: &'static Desc, capacity: i64) -> Option<u64> {
    let block = heap::new_block(std::mem::size_of::<Head>(), false)?;
    let word = block as u64;
    // SAFETY: a fresh block with room for the head.
    unsafe {
        let h = head(word);
        h.write(Head { data: std::ptr::null_mut(), len: 0, capacity: 0, dirty: 0, desc, frozen: 0, front: 0, limit: -1 });
        if capacity > 0 && !(*h).reserve(capacity) {
            heap::release(word);
            return None;
        }
        (*block).drop = Some(destroy);
    }
    Some(word)
}

unsafe extern "C" fn destroy(block: *mut MemInfo) {
    // SAFETY: called once, with a list whose last owner is gone.
    unsafe {
        let h = &mut *head(block as u64);
        h.release_range(0, h.len);
        libc::free(h.base().cast());
    }
}

impl Head {
    /// The address of element `i`.
    pub fn at(&self, i: i64) -> *mut u8 {
        self.data.wrapping_add(self.desc.size * i as usize)
    }
    /// The beginning of the storage.
    fn base(&self) -> *mut u8 {
        self.data.wrapping_sub(self.desc.size * self.front as usize)
    }
    /// Moves the elements, so that there is room for `front` before the first, within the storage.
    fn settle(&mut self, front: i64) {
        if front != self.front {
            let to = self.base().wrapping_add(self.desc.size * front as usize);
            // SAFETY: both places are within the storage.
            unsafe { std::ptr::copy(self.data, to, self.desc.size * self.len as usize) };
            (self.capacity, self.data, self.front) = (self.capacity + self.front - front, to, front);
        }
    }
    /// Makes room for `capacity` elements; false when there is no memory.
    pub fn reserve(&mut self, capacity: i64) -> bool {
        if capacity <= self.capacity {
            return true;
        }
        self.settle(0);
        if capacity <= self.capacity {
            return true;
        }
        let bytes = match (capacity as usize).checked_mul(self.desc.size) {
            Some(b) if b <= heap::MAX_BYTES => b.max(1),
            _ => return false,
        };
        // SAFETY: `data` is null or came from here.
        let data = unsafe { libc::realloc(self.data.cast(), bytes) };
        if data.is_null() {
            return false;
        }
        self.data = data.cast();
        self.capacity = capacity;
        true
    }
    pub fn is_frozen(&self) -> bool {
        self.frozen != 0
    }
    /// Makes the list unchangeable, or changeable again.
    pub fn freeze(&mut self, frozen: bool) {
        if frozen != self.is_frozen() {
            (self.frozen, self.capacity) = if frozen { (self.capacity + 1, 0) } else { (0, self.frozen - 1) };
        }
    }
    /// Elements there is room for.
    pub fn allocated(&self) -> i64 {
        if self.is_frozen() { self.frozen - 1 } else { self.capacity }
    }
    /// Room for one more at least, growing by half. Frozen lists do not grow.
    pub fn grow(&mut self, more: i64) -> bool {
        let Some(needed) = self.len.checked_add(more).filter(|_| !self.is_frozen()) else { return false };
        needed <= self.capacity || self.reserve(needed.max(self.capacity + self.capacity / 2 + 4)) || self.reserve(needed)
    }
    /// Room for `more` elements before the first (below 0 there always is): short lists move their elements instead, and say false.
    fn make_front(&mut self, more: i64) -> bool {
        if more <= self.front {
            return true;
        }
        let room = self.len / 2 + more;
        // What is put in next is counted already.
        if self.len < 16 || !self.reserve(self.len + room + more) {
            return false;
        }
        self.settle(room);
        true
    }
    /// # Safety
    /// The elements are not used afterwards.
    unsafe fn release_range(&self, from: i64, to: i64) {
        if self.desc.is_text() && from < to {
            // SAFETY: elements are single references to texts.
            unsafe { text::release_all(std::slice::from_raw_parts(self.at(from).cast::<u64>(), (to - from) as usize)) };
        } else if !self.desc.refs.is_empty() {
            for i in from..to {
                // SAFETY: an element.
                unsafe { self.desc.release(self.at(i)) };
            }
        }
    }
}

pub(crate) unsafe extern "C" fn list_new(ctx: *mut Ctx, code: i64, len: i64, capacity: i64) -> StatusRef {
    // SAFETY: compiled code passes a code in its constant data.
    let d = desc(unsafe { code_at(code, len) });
    match create(d, capacity) {
        Some(word) => StatusRef { status: 0, value: word },
        // SAFETY: the calling thread's context.
        None => StatusRef { status: unsafe { out_of_memory(ctx, capacity, d.size) }, value: 0 },
    }
}

/// # Safety
/// The calling thread's context.
unsafe fn out_of_memory(ctx: *mut Ctx, count: i64, size: usize) -> u64 {
    // SAFETY: as the caller says.
    unsafe { exceptions::set(ctx, RtError::OutOfMemory, &[(count as u64).saturating_mul(size as u64)]) }
}

/// Room for `more` elements behind the last.
pub(crate) unsafe extern "C" fn list_grow(ctx: *mut Ctx, list: i64, more: i64) -> u64 {
    // SAFETY: the head of a live list.
    let h = unsafe { &mut *(list as usize as *mut Head) };
    if h.grow(more) {
        return 0;
    }
    if h.is_frozen() {
        // SAFETY: the calling thread's context.
        return unsafe { exceptions::set(ctx, RtError::Frozen, &[]) };
    }
    // SAFETY: the calling thread's context.
    unsafe { out_of_memory(ctx, h.len.saturating_add(more), h.desc.size) }
}

/// A new empty list of the kind of another one.
pub(crate) unsafe extern "C" fn list_like(ctx: *mut Ctx, list: i64, capacity: i64) -> StatusRef {
    // SAFETY: the head of a live list.
    let d = unsafe { (*(list as usize as *const Head)).desc };
    match create(d, capacity) {
        Some(word) => StatusRef { status: 0, value: word },
        // SAFETY: the calling thread's context.
        None => StatusRef { status: unsafe { out_of_memory(ctx, capacity, d.size) }, value: 0 },
    }
}

/// Why a list did not change.
#[derive(Clone, Copy, Debug)]
pub enum Refused {
    /// There was no memory for this many bytes.
    NoMemory(u64),
    Frozen,
}

/// Replaces `remove` elements of `d` from `at` on by `count` elements of `s`: `start`, `start + step`, … The lists may be one.
///
/// # Errors
/// When there is no memory, or the list is frozen: this also tells it when nothing is to be replaced.
///
/// # Safety
/// Live lists of equal elements; everything is in range.
pub unsafe fn splice(d: *mut Head, at: i64, remove: i64, s: *const Head, start: i64, step: i64, count: i64) -> Result<(), Refused> {
    // SAFETY: the caller's promise; raw places, because the two lists may be one.
    unsafe {
        if (*d).is_frozen() {
            return Err(Refused::Frozen);
        }
        let size = (*d).desc.size;
        // What comes in, copied out first when it is the same memory.
        let mut buffer = Vec::new();
        let one = std::ptr::eq(d.cast_const(), s);
        if one && count > 0 && size > 0 {
            buffer.reserve_exact(size * count as usize);
            for k in 0..count {
                buffer.extend_from_slice(std::slice::from_raw_parts((*s).at(start + step * k), size));
            }
        }
        let in_front = at == 0 && remove < (*d).len && count - remove <= (*d).front;
        if count > remove && !in_front && !(*d).grow(count - remove) {
            return Err(Refused::NoMemory(((*d).len + count - remove) as u64 * size as u64));
        }
        let h = &mut *d;
        h.dirty = 1;
        if size == 0 {
            h.len += count - remove;
            return Ok(());
        }
        let has_refs = !h.desc.refs.is_empty();
        // Owners are counted before any is given back.
        if has_refs {
            for k in 0..count {
                let from = if one { buffer.as_ptr().add(size * k as usize) } else { (*s).at(start + step * k).cast_const() };
                h.desc.retain(from);
            }
        }
        let dropped: Vec<u8> = if has_refs && remove > 0 { std::slice::from_raw_parts(h.at(at), size * remove as usize).to_vec() } else { Vec::new() };
        let tail = h.len - at - remove;
        if at == 0 && tail > 0 && remove != count && h.make_front(count - remove) {
            h.data = h.data.wrapping_add(size * remove as usize).wrapping_sub(size * count as usize);
            h.front += remove - count;
            h.capacity += count - remove;
        } else if remove != count && tail > 0 {
            std::ptr::copy(h.at(at + remove), h.at(at + count), size * tail as usize);
        }
        if one {
            std::ptr::copy_nonoverlapping(buffer.as_ptr(), h.at(at), buffer.len());
        } else if step == 1 && count > 0 {
            std::ptr::copy_nonoverlapping((*s).at(start), h.at(at), size * count as usize);
        } else {
            for k in 0..count {
                std::ptr::copy_nonoverlapping((*s).at(start + step * k), h.at(at + k), size);
            }
        }
        h.len += count - remove;
        for k in 0..dropped.len() / size {
            h.desc.release(dropped.as_ptr().add(size * k));
        }
    }
    Ok(())
}

/// [`splice`] for compiled code, by the addresses of heads.
pub(crate) unsafe extern "C" fn list_splice(ctx: *mut Ctx, dst: i64, at: i64, remove: i64, src: i64, start: i64, step: i64, count: i64) -> u64 {
    let (d, s) = (dst as usize as *mut Head, src as usize as *const Head);
    // SAFETY: heads of live lists; the calling thread's context.
    unsafe {
        let in_range = |i: i64| (0..(*s).len).contains(&i);
        let fits = at >= 0 && remove >= 0 && at + remove <= (*d).len && count >= 0;
        if !fits || (count > 0 && !(in_range(start) && in_range(start + step * (count - 1)))) {
            return exceptions::set(ctx, RtError::Internal, &[]);
        }
        match splice(d, at, remove, s, start, step, count) {
            Ok(()) => 0,
            Err(Refused::NoMemory(bytes)) => exceptions::set(ctx, RtError::OutOfMemory, &[bytes]),
            Err(Refused::Frozen) => exceptions::set(ctx, RtError::Frozen, &[]),
        }
    }
}

/// The state of a list: 0 asks for its room, 1 whether it is frozen; 2 freezes it and 3 thaws it. Of a deque, 4 asks for its limit, 5 takes
/// out what is above it on the left and 6 on the right, and a number below 0 makes -1 less that number the limit.
pub(crate) unsafe extern "C" fn list_state(list: i64, what: i64) -> i64 {
    // SAFETY: the head of a live list.
    let h = unsafe { &mut *(list as usize as *mut Head) };
    match what {
        0 => return h.allocated(),
        2 | 3 => h.freeze(what == 2),
        4 => return h.limit,
        5 | 6 if h.limit >= 0 && h.len > h.limit => {
            let (over, head) = (h.len - h.limit, std::ptr::from_mut(h));
            // SAFETY: a live list, of which a part that it has is taken out; deques are never frozen.
            let _ = unsafe { splice(head, if what == 5 { 0 } else { h.limit }, over, head, 0, 1, 0) };
            return 0;
        }
        ..0 => h.limit = -1 - what,
        _ => {}
    }
    i64::from(h.is_frozen())
}

/// Sorts numbers, ascending or descending; equal ones keep their order, NaNs come last.
pub(crate) unsafe extern "C" fn list_sort(list: i64, descending: i64) {
    // SAFETY: the head of a live list of numbers.
    let h = unsafe { &mut *(list as usize as *mut Head) };
    let (data, n, down) = (h.data, h.len as usize, descending != 0);
    if n < 2 {
        return;
    }
    h.dirty = 1;
    macro_rules! sort {
        ($t:ty) => {{
            // SAFETY: `len` elements of this type.
            let s = unsafe { std::slice::from_raw_parts_mut(data.cast::<$t>(), n) };
            s.sort_unstable();
            if down {
                s.reverse();
            }
        }};
        ($t:ty, $bits:ty) => {{
            // SAFETY: as above; the bits of a float are an integer of its size.
            let (s, keys) = unsafe { (std::slice::from_raw_parts_mut(data.cast::<$t>(), n), data.cast::<$bits>()) };
            // Without NaNs and zeros below 0, equal floats are the same, and integers in their order are sorted faster.
            if !s.iter().any(|v| v.is_nan() || (*v == 0.0 && v.is_sign_negative())) {
                // SAFETY: the same memory, which is used by one name at a time.
                let keys = unsafe { std::slice::from_raw_parts_mut(keys, n) };
                let flip = |k: &mut $bits| *k ^= (*k >> (<$bits>::BITS - 1)) & <$bits>::MAX;
                keys.iter_mut().for_each(flip);
                keys.sort_unstable();
                keys.iter_mut().for_each(flip);
                if down {
                    keys.reverse();
                }
                return;
            }
            // Zeros of either sign are equal and keep their order.
            let order = |a: &$t, b: &$t| a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()));
            if down {
                s.sort_by(|a, b| order(b, a));
            } else {
                s.sort_by(order);
            }
        }};
    }
    match h.desc.number {
        Some('?' | 'B') => sort!(u8),
        Some('b') => sort!(i8),
        Some('h') => sort!(i16),
        Some('H') => sort!(u16),
        Some('i') => sort!(i32),
        Some('I') => sort!(u32),
        Some('q') => sort!(i64),
        Some('Q') => sort!(u64),
        Some('f') => sort!(f32, i32),
        Some('d') => sort!(f64, i64),
        _ => {}
    }
}

/// Gives back the references of the element at `at`, which is overwritten next. `head` is a list's.
pub(crate) unsafe extern "C" fn list_drop_element(list: i64, at: i64) {
    // SAFETY: an element of a live list.
    unsafe { (*(list as usize as *const Head)).desc.release(at as usize as *const u8) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(word: u64) -> Vec<i64> {
        // SAFETY: a live list of i64.
        unsafe {
            let h = &*head(word);
            (0..h.len).map(|i| h.at(i).cast::<i64>().read()).collect()
        }
    }

    #[test]
    fn sorts_floats() {
        let sample = [3.5f64, -1.0, 0.0, f64::INFINITY, -2.5e300, f64::MIN_POSITIVE, f64::NEG_INFINITY, -1.0];
        for extra in [&[][..], &[-0.0, 0.0, f64::NAN]] {
            for down in [false, true] {
                let mut want: Vec<f64> = sample.iter().chain(extra).copied().collect();
                let word = create(desc("d"), want.len() as i64).expect("memory");
                // SAFETY: a list with room for the elements.
                let got = unsafe {
                    let h = head(word);
                    for (i, v) in want.iter().enumerate() {
                        (*h).at(i as i64).cast::<f64>().write(*v);
                    }
                    (*h).len = want.len() as i64;
                    list_sort(h as usize as i64, i64::from(down));
                    std::slice::from_raw_parts((*h).data.cast::<f64>(), want.len()).to_vec()
                };
                let order = |a: &f64, b: &f64| a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()));
                want.sort_by(|a, b| if down { order(b, a) } else { order(a, b) });
                assert_eq!(got.iter().map(|v| v.to_bits()).collect::<Vec<_>>(), want.iter().map(|v| v.to_bits()).collect::<Vec<_>>());
                // SAFETY: the only owner.
                unsafe { heap::release(word) };
            }
        }
    }

    #[test]
    fn both_ends() {
        let word = create(desc("q"), 0).expect("memory");
        let item = create(desc("q"), 1).expect("memory");
        let mut model = std::collections::VecDeque::new();
        // SAFETY: live lists; what is taken and put is in range.
        unsafe {
            let (h, one) = (head(word), head(item));
            assert!((*one).grow(1));
            (*one).len = 1;
            for i in 0..5000i64 {
                (*one).at(0).cast::<i64>().write(i);
                let n = (*h).len;
                match i % 7 {
                    0 | 3 | 5 => {
                        assert!(splice(h, 0, 0, one, 0, 1, 1).is_ok());
                        model.push_front(i);
                    }
                    1 | 4 if n > 2 => {
                        assert!(splice(h, 0, 2, one, 0, 1, 1).is_ok());
                        model.drain(..2);
                        model.push_front(i);
                    }
                    _ => {
                        assert!(splice(h, n, 0, one, 0, 1, 1).is_ok());
                        model.push_back(i);
                    }
                }
                if i % 1000 == 999 {
                    assert!(splice(h, 0, (*h).len / 2, one, 0, 1, 0).is_ok());
                    model.drain(..model.len() / 2);
                }
            }
            assert_eq!(model, values(word));
            heap::release(word);
            heap::release(item);
        }
    }

    #[test]
    fn splices() {
        let d = desc("q");
        let a = create(d, 0).expect("memory");
        let ctx = std::ptr::null_mut();
        // SAFETY: live lists; nothing fails, so that no context is used.
        unsafe {
            let h = head(a);
            assert!((*h).grow(10));
            for i in 0..10 {
                (*h).at(i).cast::<i64>().write(i);
            }
            (*h).len = 10;
            let p = h as usize as i64;
            // a[2:5] = a[::-3]
            assert_eq!(list_splice(ctx, p, 2, 3, p, 9, -3, 4), 0);
            assert_eq!(values(a), [0, 1, 9, 6, 3, 0, 5, 6, 7, 8, 9]);
            assert_eq!(list_splice(ctx, p, 0, 11, p, 0, 1, 0), 0);
            assert_eq!(values(a), []);
            heap::release(a);
        }
    }
}
