//! Texts and bytes. Both are objects of the embedding, named by tagged references (`abi::heap`); how they are laid out only
//! the embedding knows, which gives the runtime its functions once.

use crate::heap::StatusRef;
use crate::{element, exceptions, list};
use looplift_abi::RtError;
use looplift_abi::ctx::Ctx;
use looplift_abi::heap::FOREIGN_TAG;
use looplift_abi::text::QUESTIONS;
use std::sync::OnceLock;

/// What the embedding knows of its texts and bytes. Objects are addresses without tag, alive and immutable; functions that
/// make an object give its address with one reference, or 0 when there is no memory.
#[derive(Clone, Copy, Debug)]
pub struct TextFns {
    /// Length of a text or bytes.
    pub len: unsafe fn(usize) -> usize,
    /// The code point or byte at a position in range.
    pub code: unsafe fn(usize, usize) -> u32,
    /// The character at a position in range, as a text.
    pub item: unsafe fn(usize, usize) -> usize,
    /// `count` items from `start` on, `step` apart; all are in range.
    pub slice: unsafe fn(usize, usize, usize, isize) -> usize,
    /// One after the other, of one kind.
    pub concat: unsafe fn(usize, usize) -> usize,
    /// Two texts, or two bytes objects.
    pub compare: unsafe fn(usize, usize) -> std::cmp::Ordering,
    /// Position of the second in the first, or -1; two texts, or two bytes objects.
    pub find: unsafe fn(usize, usize) -> i64,
    pub hash: unsafe fn(usize) -> i64,
    /// A text of these code points.
    pub of_codes: fn(&[u32]) -> usize,
    /// The address of the data of a bytes object.
    pub data: unsafe fn(usize) -> usize,
    /// A text from UTF-8.
    pub text: fn(&'static [u8]) -> usize,
    pub bytes: fn(&'static [u8]) -> usize,
    /// Fresh bytes.
    pub of_bytes: fn(&[u8]) -> usize,
    /// As `concat`; the reference to the first is taken over, also on failure.
    pub append: unsafe fn(usize, usize) -> usize,
    /// Texts with a separator (or 0) between them.
    pub join: unsafe fn(usize, &mut dyn ExactSizeIterator<Item = usize>) -> usize,
    /// Gives the parts between separators (0: blanks) to a function, with a reference each, until it returns false. False where
    /// something failed.
    pub split: unsafe fn(usize, usize, isize, Take<'_>) -> bool,
    /// As `split`, the lines; whether they keep their ends.
    pub lines: unsafe fn(usize, bool, Take<'_>) -> bool,
    /// A question by its number.
    pub is: unsafe fn(usize, usize) -> bool,
    /// A question about a character, by its code.
    pub char_is: fn(u32, usize) -> bool,
    /// Whether the second is how the first begins, or ends.
    pub ends: unsafe fn(usize, usize, bool) -> bool,
    /// Gives references up, tagged as they are; null ones are nothing.
    pub release_all: unsafe fn(&[u64]),
    /// A text of ASCII characters.
    pub ascii: fn(&[u8]) -> usize,
}

/// What takes parts: owned addresses. False: there is no room for more.
pub type Take<'a> = &'a mut dyn FnMut(usize) -> bool;

static FNS: OnceLock<TextFns> = OnceLock::new();

/// Tells what texts are; the first call counts.
pub fn set_text(fns: TextFns) {
    let _ = FNS.set(fns);
}

/// The object of a reference; `None` for the null reference, which is an empty text.
fn object(word: u64) -> Option<(usize, &'static TextFns)> {
    let address = word as usize & !FOREIGN_TAG;
    if address == 0 { None } else { Some((address, FNS.get()?)) }
}

fn owned(ctx: *mut Ctx, object: usize) -> StatusRef {
    if object == 0 {
        // SAFETY: compiled code passes its thread's context.
        return StatusRef { status: unsafe { exceptions::set(ctx, RtError::OutOfMemory, &[0]) }, value: 0 };
    }
    StatusRef { status: 0, value: (object | FOREIGN_TAG) as u64 }
}

/// Gives references to texts or bytes up.
///
/// # Safety
/// The caller owns them.
pub(crate) unsafe fn release_all(words: &[u64]) {
    if let Some(f) = FNS.get() {
        // SAFETY: passed on.
        unsafe { (f.release_all)(words) };
    }
}

/// The identity: what was an address is a reference from here on.
pub(crate) extern "C" fn adopt_ref(word: i64) -> u64 {
    word as u64
}

/// An owned reference to an object at an address.
///
/// # Safety
/// It is there.
pub(crate) unsafe extern "C" fn object_const(address: i64) -> u64 {
    let word = (address as usize | FOREIGN_TAG) as u64;
    // SAFETY: the caller's promise.
    unsafe { crate::heap::retain(word) };
    word
}

/// # Safety
/// Address and length are those of constant data.
unsafe fn constant(ctx: *mut Ctx, at: i64, len: i64, make: impl Fn(&TextFns, &'static [u8]) -> usize) -> StatusRef {
    let bytes: &[u8] = if len <= 0 {
        &[]
    } else {
        // SAFETY: the caller's promise. The slice is read before the call returns; the code lives that long.
        unsafe { std::slice::from_raw_parts(at as usize as *const u8, len as usize) }
    };
    owned(ctx, FNS.get().map_or(0, |f| make(f, bytes)))
}

/// # Safety
/// Address and length are those of constant UTF-8 text.
pub(crate) unsafe extern "C" fn text_const(ctx: *mut Ctx, at: i64, len: i64) -> StatusRef {
    // SAFETY: passed on.
    unsafe { constant(ctx, at, len, |f, b| (f.text)(b)) }
}

/// # Safety
/// Address and length are those of constant data.
pub(crate) unsafe extern "C" fn bytes_const(ctx: *mut Ctx, at: i64, len: i64) -> StatusRef {
    // SAFETY: passed on.
    unsafe { constant(ctx, at, len, |f, b| (f.bytes)(b)) }
}

/// # Safety
/// The word is a live reference to a text or bytes (this holds for all functions below).
pub(crate) unsafe extern "C" fn len(word: u64) -> i64 {
    // SAFETY: a live object.
    object(word).map_or(0, |(o, f)| unsafe { (f.len)(o) } as i64)
}

pub(crate) unsafe extern "C" fn code(word: u64, at: i64) -> i64 {
    // SAFETY: a live object; the position was checked against its length.
    object(word).map_or(0, |(o, f)| i64::from(unsafe { (f.code)(o, at as usize) }))
}

pub(crate) unsafe extern "C" fn item(ctx: *mut Ctx, word: u64, at: i64) -> StatusRef {
    // SAFETY: as above.
    owned(ctx, object(word).map_or(0, |(o, f)| unsafe { (f.item)(o, at as usize) }))
}

pub(crate) unsafe extern "C" fn slice(ctx: *mut Ctx, word: u64, start: i64, count: i64, step: i64) -> StatusRef {
    // SAFETY: the slice was computed from the object's length.
    owned(ctx, object(word).map_or(0, |(o, f)| unsafe { (f.slice)(o, start as usize, count as usize, step as isize) }))
}

pub(crate) unsafe extern "C" fn concat(ctx: *mut Ctx, a: u64, b: u64) -> StatusRef {
    let made = match (object(a), object(b)) {
        // SAFETY: live objects of one kind.
        (Some((x, f)), Some((y, _))) => unsafe { (f.concat)(x, y) },
        // SAFETY: a live object. What was never assigned is empty.
        (Some((x, f)), None) | (None, Some((x, f))) => unsafe { (f.slice)(x, 0, (f.len)(x), 1) },
        (None, None) => FNS.get().map_or(0, |f| (f.text)(b"")),
    };
    owned(ctx, made)
}

/// # Safety
/// As [`concat`]; the caller owns the first reference, which is gone afterwards.
pub(crate) unsafe extern "C" fn append(ctx: *mut Ctx, a: u64, b: u64) -> StatusRef {
    match (object(a), object(b)) {
        // SAFETY: live objects of one kind, the first of them the caller's.
        (Some((x, f)), Some((y, _))) => owned(ctx, unsafe { (f.append)(x, y) }),
        (Some((x, _)), None) => owned(ctx, x),
        // SAFETY: passed on; the null reference owns nothing.
        (None, _) => unsafe { concat(ctx, a, b) },
    }
}

/// Texts one after the other, with a separator (or 0) between them.
///
/// # Safety
/// Live references.
unsafe fn joined(ctx: *mut Ctx, separator: usize, parts: &[u64]) -> StatusRef {
    let Some(f) = FNS.get() else { return owned(ctx, 0) };
    let empty = if parts.iter().any(|&w| object(w).is_none()) { (f.text)(b"") } else { 0 };
    let mut objects = parts.iter().map(|&w| object(w).map_or(empty, |o| o.0));
    // SAFETY: live objects.
    let made = unsafe { (f.join)(separator, &mut objects) };
    if empty != 0 {
        // SAFETY: our reference to the empty text.
        unsafe { crate::heap::release((empty | FOREIGN_TAG) as u64) };
    }
    owned(ctx, made)
}

/// # Safety
/// `at` is the address of `count` live references to texts.
pub(crate) unsafe extern "C" fn build(ctx: *mut Ctx, at: i64, count: i64) -> StatusRef {
    let parts: &[u64] = if count <= 0 {
        &[]
    } else {
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts(at as usize as *const u64, count as usize) }
    };
    // SAFETY: as above.
    unsafe { joined(ctx, 0, parts) }
}

/// # Safety
/// Live references, to a text and a list of texts.
pub(crate) unsafe extern "C" fn join(ctx: *mut Ctx, separator: u64, parts: u64) -> StatusRef {
    let separator = object(separator).map_or(0, |o| o.0);
    // SAFETY: a live list, whose elements are single references.
    let parts = unsafe {
        let h = list::head(parts);
        if (*h).len == 0 { &[][..] } else { std::slice::from_raw_parts((*h).data.cast::<u64>(), (*h).len as usize) }
    };
    // SAFETY: elements are live as long as nobody changes the list, which takes the interpreter's lock, as this does.
    unsafe { joined(ctx, separator, parts) }
}

/// The list that parts go to.
fn listed(ctx: *mut Ctx, capacity: i64, fill: impl FnOnce(&TextFns, Take<'_>) -> bool) -> StatusRef {
    static TEXTS: OnceLock<&'static element::Desc> = OnceLock::new();
    let texts = TEXTS.get_or_init(|| element::desc("s"));
    let (Some(f), Some(made)) = (FNS.get(), list::create(texts, capacity)) else { return owned(ctx, 0) };
    // SAFETY: a fresh list.
    let h = unsafe { &mut *list::head(made) };
    let whole = fill(f, &mut |part| {
        let word = (part | FOREIGN_TAG) as u64;
        if h.len >= h.capacity && !h.grow(1) {
            // SAFETY: the reference that was given.
            unsafe { crate::heap::release(word) };
            return false;
        }
        // SAFETY: there is room for one more reference.
        unsafe { h.data.cast::<u64>().add(h.len as usize).write(word) };
        h.len += 1;
        true
    });
    if whole {
        return StatusRef { status: 0, value: made };
    }
    // SAFETY: our reference.
    unsafe { crate::heap::release(made) };
    owned(ctx, 0)
}

pub(crate) unsafe extern "C" fn split(ctx: *mut Ctx, text: u64, separator: u64, most: i64) -> StatusRef {
    let of = object(text).map_or(0, |o| o.0);
    let separator = object(separator).map_or(0, |o| o.0);
    // SAFETY: live objects; what was never assigned is empty.
    listed(ctx, 8, |f, take| if of == 0 { separator == 0 || take((f.text)(b"")) } else { unsafe { (f.split)(of, separator, most as isize, take) } })
}

pub(crate) unsafe extern "C" fn lines(ctx: *mut Ctx, text: u64, keep: u8) -> StatusRef {
    let of = object(text).map_or(0, |o| o.0);
    // SAFETY: a live object.
    listed(ctx, 8, |f, take| of == 0 || unsafe { (f.lines)(of, keep != 0, take) })
}

pub(crate) unsafe extern "C" fn is(text: u64, question: i64) -> u8 {
    // SAFETY: a live object. Of the empty text only `isprintable` holds.
    object(text).map_or(QUESTIONS.get(question as usize) == Some(&"isprintable"), |(o, f)| unsafe { (f.is)(o, question as usize) }).into()
}

pub(crate) extern "C" fn char_is(code: i64, question: i64) -> u8 {
    FNS.get().is_some_and(|f| (f.char_is)(code as u32, question as usize)).into()
}

pub(crate) unsafe extern "C" fn ends(text: u64, part: u64, at_end: u8) -> u8 {
    match (object(text), object(part)) {
        // SAFETY: live objects of one kind.
        (Some((x, f)), Some((y, _))) => unsafe { (f.ends)(x, y, at_end != 0) }.into(),
        (_, None) => 1,
        // SAFETY: as above.
        (None, _) => (unsafe { len(part) } == 0).into(),
    }
}

/// A text of an integer's digits.
fn digits(ctx: *mut Ctx, negative: bool, mut rest: u64) -> StatusRef {
    let mut buf = [0u8; 20];
    let mut at = buf.len();
    loop {
        at -= 1;
        buf[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if negative {
        at -= 1;
        buf[at] = b'-';
    }
    owned(ctx, FNS.get().map_or(0, |f| (f.ascii)(&buf[at..])))
}

pub(crate) extern "C" fn int_text(ctx: *mut Ctx, value: i64) -> StatusRef {
    digits(ctx, value < 0, value.unsigned_abs())
}

pub(crate) extern "C" fn uint_text(ctx: *mut Ctx, value: i64) -> StatusRef {
    digits(ctx, false, value as u64)
}

pub(crate) unsafe extern "C" fn compare(a: u64, b: u64) -> i64 {
    if a == b {
        return 0;
    }
    match (object(a), object(b)) {
        // SAFETY: live objects of one kind.
        (Some((x, f)), Some((y, _))) => unsafe { (f.compare)(x, y) as i64 },
        // SAFETY: as above.
        _ => unsafe { len(a) - len(b) },
    }
}

pub(crate) unsafe extern "C" fn find(a: u64, b: u64) -> i64 {
    match (object(a), object(b)) {
        // SAFETY: live objects of one kind.
        (Some((x, f)), Some((y, _))) => unsafe { (f.find)(x, y) },
        // SAFETY: as above.
        _ => -i64::from(unsafe { len(b) } != 0),
    }
}

pub(crate) unsafe extern "C" fn hash(word: u64) -> i64 {
    // SAFETY: a live object.
    object(word).map_or(0, |(o, f)| unsafe { (f.hash)(o) })
}

pub(crate) unsafe extern "C" fn bytes_data(word: u64) -> i64 {
    // SAFETY: a live bytes object.
    object(word).map_or(0, |(o, f)| unsafe { (f.data)(o) } as i64)
}

/// # Safety
/// `at` is the address of `len` characters (four bytes each) or bytes of an array.
pub(crate) unsafe extern "C" fn chars_load(ctx: *mut Ctx, at: i64, len: i64, unicode: u8) -> StatusRef {
    let (at, len) = (at as usize, len as usize);
    let made = FNS.get().map_or(0, |f| {
        if unicode != 0 {
            // SAFETY: the caller's promise; elements need not be aligned.
            let mut codes: Vec<u32> = (0..len).map(|k| unsafe { (at as *const u32).add(k).read_unaligned() }).collect();
            while codes.last() == Some(&0) {
                codes.pop();
            }
            (f.of_codes)(&codes)
        } else {
            // SAFETY: as above.
            let all = unsafe { std::slice::from_raw_parts(at as *const u8, len) };
            let end = all.iter().rposition(|&b| b != 0).map_or(0, |k| k + 1);
            (f.of_bytes)(&all[..end])
        }
    });
    owned(ctx, made)
}

/// # Safety
/// As [`chars_load`]; the word is a live reference to a text (or bytes).
pub(crate) unsafe extern "C" fn chars_store(at: i64, len: i64, unicode: u8, word: u64) {
    let (at, len) = (at as usize, len as usize);
    // SAFETY: the caller's promise.
    let n = unsafe { self::len(word) } as usize;
    for k in 0..len {
        // SAFETY: the position is in range.
        let c = if k < n { unsafe { code(word, k as i64) as u32 } } else { 0 };
        // SAFETY: within the element.
        unsafe {
            if unicode != 0 {
                (at as *mut u32).add(k).write_unaligned(c);
            } else {
                (at as *mut u8).add(k).write(c as u8);
            }
        }
    }
}
