//! Texts and bytes, read without the interpreter's lock: `str` objects have the layout of PEP 393 and never change, no more
//! than `bytes` objects do. Making objects attaches.

use crate::attach::attached;
use crate::text_parts;
use looplift_runtime::text::TextFns;
use pyo3::ffi;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Mutex;

/// The functions for the runtime.
pub const FNS: TextFns = TextFns {
    len,
    code,
    item,
    slice,
    concat,
    compare,
    find,
    hash,
    of_codes,
    data,
    text,
    bytes,
    of_bytes,
    append: text_parts::append,
    join: text_parts::join,
    split: text_parts::split,
    lines: text_parts::lines,
    is: text_parts::is,
    char_is: text_parts::char_is,
    ends: text_parts::ends,
    release_all: text_parts::release_all,
    ascii: text_parts::ascii,
};

/// Characters by width, or bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Items<'a> {
    One(&'a [u8]),
    Two(&'a [u16]),
    Four(&'a [u32]),
}

/// # Safety
/// `o` is a live object.
#[inline]
pub(crate) unsafe fn is_text(o: usize) -> bool {
    // SAFETY: the class of a live object.
    unsafe { ffi::PyUnicode_Check(o as *mut ffi::PyObject) != 0 }
}

/// # Safety
/// `o` is a live `str` or `bytes` object, and stays so.
#[inline]
pub(crate) unsafe fn items<'a>(o: usize) -> Items<'a> {
    let p = o as *mut ffi::PyObject;
    // SAFETY: the layouts of str (made ready when it was unboxed) and bytes; the data has `n` items.
    unsafe {
        if !is_text(o) {
            return Items::One(std::slice::from_raw_parts(ffi::PyBytes_AS_STRING(p).cast(), ffi::Py_SIZE(p) as usize));
        }
        let (n, data) = (ffi::PyUnicode_GET_LENGTH(p) as usize, ffi::PyUnicode_DATA(p));
        match ffi::PyUnicode_KIND(p) {
            2 => Items::Two(std::slice::from_raw_parts(data.cast(), n)),
            4 => Items::Four(std::slice::from_raw_parts(data.cast(), n)),
            _ => Items::One(std::slice::from_raw_parts(data.cast(), n)),
        }
    }
}

unsafe fn len(o: usize) -> usize {
    // SAFETY: the caller's object.
    match unsafe { items(o) } {
        Items::One(s) => s.len(),
        Items::Two(s) => s.len(),
        Items::Four(s) => s.len(),
    }
}

unsafe fn code(o: usize, at: usize) -> u32 {
    // SAFETY: the caller's object.
    match unsafe { items(o) } {
        Items::One(s) => s.get(at).copied().map_or(0, u32::from),
        Items::Two(s) => s.get(at).copied().map_or(0, u32::from),
        Items::Four(s) => s.get(at).copied().unwrap_or(0),
    }
}

/// Runs `f` attached; an exception of a failed allocation is dropped, since its absence says it.
pub(crate) fn make(f: impl FnOnce() -> *mut ffi::PyObject) -> usize {
    let run = || {
        let object = f();
        if object.is_null() {
            // SAFETY: attached.
            unsafe { ffi::PyErr_Clear() };
        }
        object as usize
    };
    attached(run)
}

unsafe fn item(o: usize, at: usize) -> usize {
    // SAFETY: the caller's object.
    let code = unsafe { code(o, at) };
    // SAFETY: attached; a code point of a text.
    make(|| unsafe { ffi::PyUnicode_FromOrdinal(code as i32) })
}

/// Every `step`th item.
fn picked<T: Copy>(s: &[T], start: usize, count: usize, step: isize) -> Vec<T> {
    (0..count as isize).filter_map(|k| s.get((start as isize + k * step) as usize).copied()).collect()
}

unsafe fn slice(o: usize, start: usize, count: usize, step: isize) -> usize {
    let p = o as *mut ffi::PyObject;
    // SAFETY: the caller's object.
    let (text, all) = unsafe { (is_text(o), items(o)) };
    // SAFETY: attached in `make`; buffers have the lengths that are given with them.
    make(|| unsafe {
        match all {
            Items::One(s) if text && count > 1 && !(step == 1 && count == s.len()) && ffi::PyUnicode_IS_ASCII(p) != 0 => {
                text_parts::sliced(s, start, count, step)
            }
            _ if text && step == 1 => ffi::PyUnicode_Substring(p, start as isize, (start + count) as isize),
            Items::One(s) if !text && step == 1 => {
                let part = s.get(start..start + count).unwrap_or(&[]);
                if part.len() == s.len() && ffi::PyBytes_CheckExact(p) != 0 {
                    ffi::Py_INCREF(p);
                    return p;
                }
                ffi::PyBytes_FromStringAndSize(part.as_ptr().cast(), part.len() as isize)
            }
            Items::One(s) => {
                let part = picked(s, start, count, step);
                if text {
                    ffi::PyUnicode_FromKindAndData(1, part.as_ptr().cast(), part.len() as isize)
                } else {
                    ffi::PyBytes_FromStringAndSize(part.as_ptr().cast(), part.len() as isize)
                }
            }
            Items::Two(s) => {
                let part = picked(s, start, count, step);
                ffi::PyUnicode_FromKindAndData(2, part.as_ptr().cast(), part.len() as isize)
            }
            Items::Four(s) => {
                let part = picked(s, start, count, step);
                ffi::PyUnicode_FromKindAndData(4, part.as_ptr().cast(), part.len() as isize)
            }
        }
    })
}

unsafe fn concat(a: usize, b: usize) -> usize {
    let (x, y) = (a as *mut ffi::PyObject, b as *mut ffi::PyObject);
    // SAFETY: attached in `make`; the caller's objects, of one kind.
    make(|| unsafe { if is_text(a) { ffi::PyUnicode_Concat(x, y) } else { ffi::PySequence_Concat(x, y) } })
}

fn wide<'a, T: Copy + Into<u32>>(s: &'a [T]) -> impl Iterator<Item = u32> + 'a {
    s.iter().map(|&c| c.into())
}

unsafe fn compare(a: usize, b: usize) -> Ordering {
    // SAFETY: the caller's objects.
    match unsafe { (items(a), items(b)) } {
        (Items::One(x), Items::One(y)) => x.cmp(y),
        (Items::Two(x), Items::Two(y)) => x.cmp(y),
        (Items::Four(x), Items::Four(y)) => x.cmp(y),
        (Items::One(x), Items::Two(y)) => wide(x).cmp(wide(y)),
        (Items::One(x), Items::Four(y)) => wide(x).cmp(wide(y)),
        (Items::Two(x), Items::One(y)) => wide(x).cmp(wide(y)),
        (Items::Two(x), Items::Four(y)) => wide(x).cmp(wide(y)),
        (Items::Four(x), Items::One(y)) => wide(x).cmp(wide(y)),
        (Items::Four(x), Items::Two(y)) => wide(x).cmp(wide(y)),
    }
}

unsafe fn find(a: usize, b: usize) -> i64 {
    // SAFETY: the caller's objects.
    let (text, x, y) = unsafe { (is_text(a), items(a), items(b)) };
    match (x, y) {
        (Items::One(x), Items::One(y)) => position(x, y),
        // A wider needle is in no narrower text.
        (Items::One(_), Items::Two(_) | Items::Four(_)) | (Items::Two(_), Items::Four(_)) => -1,
        _ if text => {
            // SAFETY: attached; two texts; what cannot fail here but for memory says that nothing is found.
            let run = || unsafe { ffi::PyUnicode_Find(a as *mut ffi::PyObject, b as *mut ffi::PyObject, 0, isize::MAX, 1) as i64 };
            attached(run)
        }
        _ => -1,
    }
}

/// Where the first byte of `y` in `x` is.
fn position(x: &[u8], y: &[u8]) -> i64 {
    if y.is_empty() {
        return 0;
    }
    // SAFETY: both are slices; the result is null or within the first.
    let at = unsafe { libc::memmem(x.as_ptr().cast(), x.len(), y.as_ptr().cast(), y.len()) } as usize;
    if at == 0 { -1 } else { (at - x.as_ptr() as usize) as i64 }
}

unsafe fn hash(o: usize) -> i64 {
    // SAFETY: the hash of a str or bytes object cannot fail; it is kept in the object.
    unsafe {
        if is_text(o) {
            let kept = (*(o as *mut ffi::PyASCIIObject)).hash;
            if kept != -1 {
                return kept as i64;
            }
        }
        let run = || ffi::PyObject_Hash(o as *mut ffi::PyObject) as i64;
        attached(run)
    }
}

/// Constants that have been made, so that a loop makes none. Behind the interpreter's lock in effect; the mutex is never
/// held while Python runs.
type Kept = Mutex<Option<HashMap<Box<[u8]>, usize>>>;
static TEXTS: Kept = Mutex::new(None);
static BYTES: Kept = Mutex::new(None);
/// Longer constants, and more of them, are made anew each time.
const MAX_KEPT: usize = 4096;
const MAX_KEPT_BYTES: usize = 1024;

fn constant(text: bool, value: &'static [u8]) -> usize {
    let create = || {
        let (at, n) = (value.as_ptr().cast(), value.len() as isize);
        // SAFETY: attached in `make`; the buffer has `n` bytes.
        unsafe { if text { ffi::PyUnicode_FromStringAndSize(at, n) } else { ffi::PyBytes_FromStringAndSize(at, n) } }
    };
    make(|| {
        if value.len() > MAX_KEPT_BYTES {
            return create();
        }
        let table = if text { &TEXTS } else { &BYTES };
        if let Ok(kept) = table.lock()
            && let Some(&o) = kept.as_ref().and_then(|k| k.get(value))
        {
            let o = o as *mut ffi::PyObject;
            // SAFETY: attached; kept objects live for ever.
            unsafe { ffi::Py_INCREF(o) };
            return o;
        }
        let made = create();
        if !made.is_null()
            && let Ok(mut kept) = table.lock()
        {
            let kept = kept.get_or_insert_default();
            if kept.len() < MAX_KEPT && kept.insert(value.into(), made as usize).is_none() {
                // SAFETY: attached; the table's own reference.
                unsafe { ffi::Py_INCREF(made) };
            }
        }
        made
    })
}

fn text(value: &'static [u8]) -> usize {
    constant(true, value)
}

fn bytes(value: &'static [u8]) -> usize {
    constant(false, value)
}

fn of_bytes(value: &[u8]) -> usize {
    // SAFETY: attached in `make`; the buffer has the length given.
    make(|| unsafe { ffi::PyBytes_FromStringAndSize(value.as_ptr().cast(), value.len() as isize) })
}

pub(crate) fn of_codes(codes: &[u32]) -> usize {
    if codes.iter().any(|&c| c > 0x10_FFFF) {
        return 0;
    }
    // SAFETY: attached in `make`; the buffer has the length given, of code points.
    make(|| unsafe { ffi::PyUnicode_FromKindAndData(4, codes.as_ptr().cast(), codes.len() as isize) })
}

unsafe fn data(o: usize) -> usize {
    // SAFETY: the caller's bytes object.
    unsafe { ffi::PyBytes_AS_STRING(o as *mut ffi::PyObject) as usize }
}
