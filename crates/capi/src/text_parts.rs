//! Texts taken apart and put together, and questions about their characters: what programs on texts do all day, without a
//! call of Python for each. Texts of ASCII characters are read and written in place; others are left to CPython's functions.

use crate::attach::{attach, attached};
use crate::text::{Items, is_text, items, make, of_codes};
use looplift_abi::heap::FOREIGN_TAG;
use looplift_abi::text::QUESTIONS;
use looplift_runtime::text::Take;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::sync::OnceLock;

/// The characters of a text that has only ASCII ones.
///
/// # Safety
/// `o` is a live `str` or `bytes` object, and stays so.
pub(crate) unsafe fn ascii_of<'a>(o: usize) -> Option<&'a [u8]> {
    // SAFETY: the caller's object; the state is that of PEP 393.
    unsafe {
        if !is_text(o) || ffi::PyUnicode_IS_ASCII(o as *mut ffi::PyObject) == 0 {
            return None;
        }
        match items(o) {
            Items::One(s) => Some(s),
            Items::Two(_) | Items::Four(_) => None,
        }
    }
}

/// A text of ASCII characters; null, with an exception, where there is no memory.
///
/// # Safety
/// Attached.
pub(crate) unsafe fn made(s: &[u8]) -> *mut ffi::PyObject {
    // SAFETY: attached; a fresh text has room for `s`, and nobody else knows it yet. Short ones are shared.
    unsafe {
        if let [c] = s {
            return ffi::PyUnicode_FromOrdinal((*c).into());
        }
        let o = fresh(s.len());
        if !o.is_null() && !s.is_empty() {
            copy(s, ffi::PyUnicode_DATA(o).cast::<u8>());
        }
        o
    }
}

/// Texts of up to so many characters are made here.
const SHORT: usize = 64;
/// The head of a text of ASCII characters, as CPython makes it.
static HEAD: OnceLock<[u8; size_of::<ffi::PyASCIIObject>()]> = OnceLock::new();

/// A text of `n` ASCII characters that are still to be written; null, with an exception, where there is no memory.
///
/// # Safety
/// Attached.
unsafe fn fresh(n: usize) -> *mut ffi::PyObject {
    // SAFETY: attached. A text has its head, its characters and a zero in one block; heads differ in length only, while nobody has
    // asked for the hash.
    unsafe {
        let Some(head) = HEAD.get().filter(|_| (2..=SHORT).contains(&n)) else {
            let o = ffi::PyUnicode_New(n as isize, 127);
            if !o.is_null() && n > 1 && HEAD.get().is_none() {
                let mut head = [0; size_of::<ffi::PyASCIIObject>()];
                std::ptr::copy_nonoverlapping(o.cast::<u8>(), head.as_mut_ptr(), head.len());
                let _ = HEAD.set(head);
            }
            return o;
        };
        let o = ffi::PyObject_Malloc(head.len() + n + 1).cast::<ffi::PyASCIIObject>();
        if o.is_null() {
            return ffi::PyErr_NoMemory();
        }
        o.cast::<[u8; size_of::<ffi::PyASCIIObject>()]>().write_unaligned(*head);
        (*o).length = n as isize;
        o.cast::<u8>().add(head.len() + n).write(0);
        o.cast()
    }
}

/// Copies characters; short ones without a call.
///
/// # Safety
/// There is room for them at `to`, which is elsewhere.
#[inline]
unsafe fn copy(s: &[u8], to: *mut u8) {
    let (from, n) = (s.as_ptr(), s.len());
    // SAFETY: both ends of each pair of moves lie within the characters.
    unsafe {
        match n {
            8..=16 => {
                let (a, b) = (from.cast::<u64>().read_unaligned(), from.add(n - 8).cast::<u64>().read_unaligned());
                to.cast::<u64>().write_unaligned(a);
                to.add(n - 8).cast::<u64>().write_unaligned(b);
            }
            4..=7 => {
                let (a, b) = (from.cast::<u32>().read_unaligned(), from.add(n - 4).cast::<u32>().read_unaligned());
                to.cast::<u32>().write_unaligned(a);
                to.add(n - 4).cast::<u32>().write_unaligned(b);
            }
            2 | 3 => {
                let (a, b) = (from.cast::<u16>().read_unaligned(), from.add(n - 2).cast::<u16>().read_unaligned());
                to.cast::<u16>().write_unaligned(a);
                to.add(n - 2).cast::<u16>().write_unaligned(b);
            }
            _ => std::ptr::copy_nonoverlapping(from, to, n),
        }
    }
}

/// Where a byte is first: most parts are short.
#[inline]
fn first(s: &[u8], byte: u8) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let mut from = 0;
    while let Some(chunk) = s.get(from..from + 8).and_then(|c| c.first_chunk::<8>())
        && from < 16
    {
        // A byte of this that is zero is one that is looked for.
        let x = u64::from_le_bytes(*chunk) ^ (ONES * u64::from(byte));
        let zeros = x.wrapping_sub(ONES) & !x & (ONES << 7);
        if zeros != 0 {
            return Some(from + zeros.trailing_zeros() as usize / 8);
        }
        from += 8;
    }
    let rest = s.get(from..)?;
    // SAFETY: the length is the slice's.
    let found = unsafe { libc::memchr(rest.as_ptr().cast(), byte.into(), rest.len()) };
    (!found.is_null()).then(|| found as usize - s.as_ptr() as usize)
}

/// Every `step`th of ASCII characters.
///
/// # Safety
/// Attached; all positions are in range.
pub(crate) unsafe fn sliced(s: &[u8], start: usize, count: usize, step: isize) -> *mut ffi::PyObject {
    // SAFETY: a fresh text, which is filled exactly.
    unsafe {
        if step == 1 {
            return made(s.get(start..start + count).unwrap_or(&[]));
        }
        let o = ffi::PyUnicode_New(count as isize, 127);
        if !o.is_null() {
            let to = ffi::PyUnicode_DATA(o).cast::<u8>();
            for k in 0..count {
                to.add(k).write(s.get(start.wrapping_add_signed(k as isize * step)).copied().unwrap_or(0));
            }
        }
        o
    }
}

pub fn ascii(s: &[u8]) -> usize {
    // SAFETY: attached in `make`.
    make(|| unsafe { made(s) })
}

/// # Safety
/// Live objects of one kind; the caller's reference to the first is taken over.
pub unsafe fn append(a: usize, b: usize) -> usize {
    let (mut x, y) = (a as *mut ffi::PyObject, b as *mut ffi::PyObject);
    // SAFETY: attached in `make`. Both functions replace the reference, by null on failure, and write in place only into an object
    // that nobody else has.
    make(|| unsafe {
        if is_text(a) {
            ffi::PyUnicode_Append(&mut x, y);
        } else {
            ffi::PyBytes_Concat(&mut x, y);
        }
        x
    })
}

/// # Safety
/// Live texts; the separator may be 0.
pub unsafe fn join(separator: usize, parts: &mut dyn ExactSizeIterator<Item = usize>) -> usize {
    let parts: Vec<usize> = parts.collect();
    // SAFETY: attached in `make`; live objects.
    make(|| unsafe {
        if let [one] = parts[..]
            && ffi::PyUnicode_CheckExact(one as *mut ffi::PyObject) != 0
        {
            ffi::Py_INCREF(one as *mut ffi::PyObject);
            return one as *mut ffi::PyObject;
        }
        let between = if separator == 0 { Some(&[][..]) } else { ascii_of(separator) };
        let mut total = between.map_or(0, |s| s.len().saturating_mul(parts.len().saturating_sub(1)));
        let plain = parts.iter().all(|&p| {
            let p = p as *mut ffi::PyObject;
            total = total.saturating_add(ffi::PyUnicode_GET_LENGTH(p) as usize);
            ffi::PyUnicode_IS_COMPACT_ASCII(p) != 0
        });
        match between {
            Some(between) if plain && total <= isize::MAX as usize && total != 1 => put_together(between, &parts, total),
            _ => joined_objects(separator, &parts),
        }
    })
}

/// # Safety
/// Attached; compact ASCII texts of `total` characters, with what is between them.
unsafe fn put_together(between: &[u8], parts: &[usize], total: usize) -> *mut ffi::PyObject {
    // SAFETY: a fresh text, which is filled exactly.
    unsafe {
        let o = ffi::PyUnicode_New(total as isize, 127);
        if o.is_null() || total == 0 {
            return o;
        }
        let mut at = ffi::PyUnicode_DATA(o).cast::<u8>();
        let mut put = |s: &[u8]| {
            match s {
                [c] => at.write(*c),
                _ => copy(s, at),
            }
            at = at.add(s.len());
        };
        for (k, &p) in parts.iter().enumerate() {
            if k > 0 {
                put(between);
            }
            let p = p as *mut ffi::PyObject;
            put(std::slice::from_raw_parts(ffi::PyUnicode_DATA(p).cast::<u8>(), ffi::PyUnicode_GET_LENGTH(p) as usize));
        }
        o
    }
}

/// # Safety
/// Attached; live texts, the separator may be 0.
unsafe fn joined_objects(separator: usize, parts: &[usize]) -> *mut ffi::PyObject {
    // SAFETY: a fresh tuple takes a reference to each part.
    unsafe {
        let all = ffi::PyTuple_New(parts.len() as isize);
        if all.is_null() {
            return all;
        }
        for (k, &p) in parts.iter().enumerate() {
            ffi::Py_INCREF(p as *mut ffi::PyObject);
            ffi::PyTuple_SetItem(all, k as isize, p as *mut ffi::PyObject);
        }
        let own = if separator == 0 { ffi::PyUnicode_New(0, 127) } else { std::ptr::null_mut() };
        let joined = ffi::PyUnicode_Join(if separator == 0 { own } else { separator as *mut ffi::PyObject }, all);
        ffi::Py_XDECREF(own);
        ffi::Py_DECREF(all);
        joined
    }
}

/// # Safety
/// Owned references, or null ones.
pub unsafe fn release_all(words: &[u64]) {
    let run = || {
        for &w in words {
            let o = (w as usize & !FOREIGN_TAG) as *mut ffi::PyObject;
            // SAFETY: attached; an owned reference.
            unsafe {
                if !o.is_null() {
                    drop_text(o);
                }
            }
        }
    };
    attached(run)
}

/// Gives a reference up.
///
/// # Safety
/// Attached; an owned reference.
#[inline]
unsafe fn drop_text(o: *mut ffi::PyObject) {
    // SAFETY: attached. A text whose characters lie behind its head, and that no table of interned ones knows, is memory only; this was
    // its last owner.
    unsafe {
        let class = ffi::Py_TYPE(o);
        if class == &raw mut ffi::PyUnicode_Type
            && ffi::Py_REFCNT(o) == 1
            && ffi::PyUnicode_IS_COMPACT_ASCII(o) != 0
            && (*o.cast::<ffi::PyASCIIObject>()).interned() == 0
        {
            ffi::PyObject_Free(o.cast());
        } else {
            ffi::Py_DECREF(o);
        }
    }
}

/// Gives a part away; false where it could not be made, or is not wanted.
fn give(part: *mut ffi::PyObject, take: Take<'_>) -> bool {
    !part.is_null() && take(part as usize)
}

/// Runs `f` attached; what failed in it leaves no exception behind.
fn without_error(f: impl FnOnce() -> bool) -> bool {
    let run = || {
        let done = f();
        if !done {
            // SAFETY: attached.
            unsafe { ffi::PyErr_Clear() };
        }
        done
    };
    attached(run)
}

/// What parts words: blanks of ASCII.
pub(crate) fn is_blank(c: u8) -> bool {
    matches!(c, b'\t'..=b'\r' | 0x1c..=0x1f | b' ')
}

/// What ends lines.
fn is_break(c: u8) -> bool {
    matches!(c, b'\n'..=b'\r' | 0x1c..=0x1e)
}

/// Short parts that were made last: equal ones are one object, which most words of a text are not the first of.
///
/// Where that turns out not to be so, or the text is short, nothing is kept.
struct Recent {
    parts: Vec<(u128, *mut ffi::PyObject)>,
    asked: u32,
    known: u32,
}

impl Recent {
    const BITS: u32 = 10;
    /// Longer parts are made anew; the last byte of a key is the length.
    const LONGEST: usize = 15;

    /// Shorter texts have few parts.
    const SHORTEST_TEXT: usize = 2048;
    /// After so many parts it is known whether it is worth while.
    const TRIAL: u32 = 512;

    fn new(text: &[u8]) -> Recent {
        let room = if text.len() < Recent::SHORTEST_TEXT { 0 } else { 1 << Recent::BITS };
        Recent { parts: vec![(0, std::ptr::null_mut()); room], asked: 0, known: 0 }
    }

    /// The bytes of a part with its length. The whole of 16 bytes is read where as many are there.
    fn key(part: &[u8], rest: &[u8]) -> u128 {
        let n = part.len();
        let bytes = match rest.first_chunk::<16>() {
            Some(chunk) => u128::from_le_bytes(*chunk) & ((1 << (8 * n)) - 1),
            None => {
                let mut chunk = [0; 16];
                chunk[..n].copy_from_slice(part);
                u128::from_le_bytes(chunk)
            }
        };
        bytes | (n as u128) << 120
    }

    /// The first `n` of ASCII characters as a text, with a reference; null, with an exception, where there is no memory.
    ///
    /// # Safety
    /// Attached; whoever got the parts before still holds them.
    unsafe fn part(&mut self, rest: &[u8], n: usize) -> *mut ffi::PyObject {
        let part = rest.get(..n).unwrap_or(rest);
        // SAFETY: attached; what is kept here is alive.
        unsafe {
            if self.parts.is_empty() || !(2..=Recent::LONGEST).contains(&part.len()) {
                return made(part);
            }
            self.asked += 1;
            if self.asked == Recent::TRIAL && self.known < Recent::TRIAL / 8 {
                self.parts = Vec::new();
                return made(part);
            }
            let key = Recent::key(part, rest);
            let hash = (key as u64 ^ (key >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let Some(place) = self.parts.get_mut((hash >> (64 - Recent::BITS)) as usize) else { return made(part) };
            if place.0 == key {
                self.known = self.known.saturating_add(1);
                ffi::Py_INCREF(place.1);
                return place.1;
            }
            let o = made(part);
            if !o.is_null() {
                *place = (key, o);
            }
            o
        }
    }
}

/// # Safety
/// Live texts; the separator is not empty, or 0.
pub unsafe fn split(text: usize, separator: usize, most: isize, take: Take<'_>) -> bool {
    // SAFETY: attached below; live objects.
    without_error(|| unsafe {
        let by = if separator == 0 { Some(&[][..]) } else { ascii_of(separator) };
        let (Some(s), Some(by)) = (ascii_of(text), by) else {
            return each(ffi::PyUnicode_Split(text as *mut ffi::PyObject, separator as *mut ffi::PyObject, most), take);
        };
        let mut recent = Recent::new(s);
        let mut rest = s;
        let mut left = usize::try_from(most).unwrap_or(usize::MAX);
        if by.is_empty() {
            loop {
                let Some(start) = rest.iter().position(|&c| !is_blank(c)) else { return true };
                rest = &rest[start..];
                if left == 0 {
                    return give(recent.part(rest, rest.len()), take);
                }
                left -= 1;
                let n = rest.iter().position(|&c| is_blank(c)).unwrap_or(rest.len());
                if !give(recent.part(rest, n), take) {
                    return false;
                }
                rest = &rest[n..];
            }
        }
        loop {
            let found = match by {
                &[c] => first(rest, c),
                _ => {
                    let found = libc::memmem(rest.as_ptr().cast(), rest.len(), by.as_ptr().cast(), by.len());
                    (!found.is_null()).then(|| found as usize - rest.as_ptr() as usize)
                }
            };
            let Some(n) = found.filter(|_| left > 0) else { return give(recent.part(rest, rest.len()), take) };
            left -= 1;
            if !give(recent.part(rest, n), take) {
                return false;
            }
            rest = &rest[n + by.len()..];
        }
    })
}

/// # Safety
/// A live text.
pub unsafe fn lines(text: usize, keep: bool, take: Take<'_>) -> bool {
    // SAFETY: attached below; a live object.
    without_error(|| unsafe {
        let Some(s) = ascii_of(text) else {
            return each(ffi::PyUnicode_Splitlines(text as *mut ffi::PyObject, keep.into()), take);
        };
        let mut rest = s;
        while !rest.is_empty() {
            let end = rest.iter().position(|&c| is_break(c));
            let (line, next) = match end {
                Some(n) if rest[n..].starts_with(b"\r\n") => (n, n + 2),
                Some(n) => (n, n + 1),
                None => (rest.len(), rest.len()),
            };
            if !give(made(&rest[..if keep { next } else { line }]), take) {
                return false;
            }
            rest = &rest[next..];
        }
        true
    })
}

/// Gives the items of a list away, and the list up.
///
/// # Safety
/// Attached; an owned list, or null with an exception set.
unsafe fn each(list: *mut ffi::PyObject, take: Take<'_>) -> bool {
    if list.is_null() {
        return false;
    }
    // SAFETY: the items are alive as long as the list; each is given away with a reference of its own.
    unsafe {
        let n = ffi::PyList_GET_SIZE(list);
        let all = (0..n).all(|k| {
            let part = ffi::PyList_GET_ITEM(list, k);
            ffi::Py_INCREF(part);
            take(part as usize)
        });
        ffi::Py_DECREF(list);
        all
    }
}

/// Which questions hold of each character of Latin-1, a bit each.
static ANSWERS: OnceLock<[u16; 256]> = OnceLock::new();

fn ask(text: &Bound<'_, PyAny>, question: usize) -> bool {
    QUESTIONS.get(question).is_some_and(|q| text.call_method0(*q).and_then(|a| a.is_truthy()).unwrap_or(false))
}

fn ask_all(py: Python<'_>) -> [u16; 256] {
    let mut all = [0; 256];
    for (c, bits) in all.iter_mut().enumerate() {
        let text = PyString::new(py, char::from(c as u8).encode_utf8(&mut [0; 4])).into_any();
        for q in 0..QUESTIONS.len() {
            *bits |= u16::from(ask(&text, q)) << q;
        }
    }
    all
}

fn answers() -> &'static [u16; 256] {
    match ANSWERS.get() {
        Some(a) => a,
        None => {
            // Asked outside of the cell: making objects may let other threads run.
            let all = attach(ask_all);
            ANSWERS.get_or_init(|| all)
        }
    }
}

pub fn char_is(code: u32, question: usize) -> bool {
    match answers().get(code as usize) {
        Some(bits) => bits >> question & 1 != 0,
        None => {
            let o = of_codes(&[code]);
            attach(|py| {
                // SAFETY: attached; an owned object, or null.
                let o = unsafe { Bound::from_owned_ptr_or_opt(py, o as *mut ffi::PyObject) };
                o.is_some_and(|o| ask(&o, question))
            })
        }
    }
}

/// # Safety
/// A live text.
pub unsafe fn is(text: usize, question: usize) -> bool {
    // SAFETY: a live object.
    let Items::One(s) = (unsafe { items(text) }) else {
        return attach(|py| {
            // SAFETY: attached; a live object.
            let o = unsafe { Bound::from_borrowed_ptr(py, text as *mut ffi::PyObject) };
            ask(&o, question)
        });
    };
    let answers = answers();
    let bit = |q: &str| QUESTIONS.iter().position(|n| *n == q).map_or(0, |q| 1 << q);
    let any = |bit: u16| s.iter().any(|&c| answers[usize::from(c)] & bit != 0);
    let all = |bit: u16| s.iter().all(|&c| answers[usize::from(c)] & bit != 0);
    match QUESTIONS.get(question) {
        Some(&"isprintable") => all(1 << question),
        // Characters without case do not matter.
        Some(&"islower") => any(1 << question) && !any(bit("isupper")),
        Some(&"isupper") => any(1 << question) && !any(bit("islower")),
        Some(_) => !s.is_empty() && all(1 << question),
        None => false,
    }
}

/// # Safety
/// Live objects of one kind.
pub unsafe fn ends(text: usize, part: usize, at_end: bool) -> bool {
    fn same<T: Copy + Into<u32>, U: Copy + Into<u32>>(s: &[T], part: &[U], at_end: bool) -> bool {
        let Some(start) = s.len().checked_sub(part.len()) else { return false };
        let place = if at_end { &s[start..] } else { &s[..part.len()] };
        place.iter().zip(part).all(|(&a, &b)| a.into() == b.into())
    }
    // SAFETY: live objects.
    match unsafe { (items(text), items(part)) } {
        (Items::One(s), Items::One(p)) => {
            if at_end {
                s.ends_with(p)
            } else {
                s.starts_with(p)
            }
        }
        (Items::Two(s), Items::Two(p)) => {
            if at_end {
                s.ends_with(p)
            } else {
                s.starts_with(p)
            }
        }
        (Items::Four(s), Items::Four(p)) => {
            if at_end {
                s.ends_with(p)
            } else {
                s.starts_with(p)
            }
        }
        (Items::Two(s), Items::One(p)) => same(s, p, at_end),
        (Items::Four(s), Items::One(p)) => same(s, p, at_end),
        (Items::Four(s), Items::Two(p)) => same(s, p, at_end),
        // A wider part is in no narrower text.
        (Items::One(_), Items::Two(_) | Items::Four(_)) | (Items::Two(_), Items::Four(_)) => false,
    }
}
