//! Methods of texts and conversions that programs call in loops, on texts of ASCII characters and on numbers: what they give is what
//! Python's own give. A function that has no answer says so, and Python's is called: it raises, too.

use crate::text::{Items, is_text, items};
use crate::text_parts::{ascii_of, is_blank, made};
use pyo3::ffi;

/// An operand; objects are borrowed.
#[derive(Clone, Copy, Debug)]
pub enum Arg {
    Text(*mut ffi::PyObject),
    Int(i64),
    Float(f64),
    None,
    Other,
}

/// A result; objects are owned.
#[derive(Clone, Copy, Debug)]
pub enum Out {
    Text(*mut ffi::PyObject),
    Texts([*mut ffi::PyObject; 3]),
    Int(i64),
    Float(f64),
}

/// Attached; texts are live.
pub type Fast = unsafe fn(&[Arg]) -> Option<Out>;

/// The function for a method or a function, by what it is called in compiled code.
pub fn fast(callable: &str) -> Option<Fast> {
    FAST.iter().find(|row| row.0 == callable).map(|row| row.1)
}

macro_rules! rows {
    ($a:ident: $($name:literal => $answer:expr;)*) => {
        &[$(($name, {
            unsafe fn answer($a: &[Arg]) -> Option<Out> {
                // SAFETY: passed on.
                unsafe { $answer }
            }
            answer
        })),*]
    };
}

static FAST: &[(&str, Fast)] = rows! { a:
    ".strip" => strip(a, true, true);
    ".lstrip" => strip(a, true, false);
    ".rstrip" => strip(a, false, true);
    ".lower" => mapped(a, |_, c| c.to_ascii_lowercase());
    ".upper" => mapped(a, |_, c| c.to_ascii_uppercase());
    ".swapcase" => mapped(a, |_, c| if c.is_ascii_alphabetic() { c ^ 0x20 } else { c });
    ".capitalize" => mapped(a, |before, c| if before.is_none() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
    ".title" => mapped(a, |before, c| match before {
        Some(b) if b.is_ascii_alphabetic() => c.to_ascii_lowercase(),
        _ => c.to_ascii_uppercase(),
    });
    ".find" => found(a, forward);
    ".rfind" => found(a, backward);
    ".index" => found(a, forward).filter(|at| !matches!(at, Out::Int(-1)));
    ".rindex" => found(a, backward).filter(|at| !matches!(at, Out::Int(-1)));
    ".count" => count(a);
    ".replace" => replace(a);
    ".partition" => partition(a, forward);
    ".rpartition" => partition(a, backward);
    ".ljust" => padded(a, |_, _| 0);
    ".rjust" => padded(a, |pad, _| pad);
    ".center" => padded(a, |pad, width| pad / 2 + (pad & width & 1));
    ".zfill" => zero_filled(a);
    "builtins.int" => integer(a);
    "builtins.float" => float(a);
    "builtins.chr" => character(a);
    "builtins.str" => shortest(a);
    "builtins.repr" => shortest(a);
    "builtins.format" => formatted(a);
};

/// # Safety
/// Attached; the object is owned, or null with an exception, which is dropped.
unsafe fn text(o: *mut ffi::PyObject) -> Option<Out> {
    if o.is_null() {
        // SAFETY: attached.
        unsafe { ffi::PyErr_Clear() };
        return None;
    }
    Some(Out::Text(o))
}

/// The characters of a text.
///
/// # Safety
/// A live text, which outlives them.
unsafe fn ascii<'a>(a: Arg) -> Option<&'a [u8]> {
    match a {
        // SAFETY: the caller's promise.
        Arg::Text(o) => unsafe { ascii_of(o as usize) },
        _ => None,
    }
}

/// A part of a text of these characters; all of it is the text itself.
///
/// # Safety
/// Attached; `of` is the text that has the characters `s`.
unsafe fn part(of: Arg, s: &[u8], part: &[u8]) -> *mut ffi::PyObject {
    // SAFETY: attached; a live text.
    unsafe {
        match of {
            Arg::Text(o) if part.len() == s.len() && ffi::PyUnicode_CheckExact(o) != 0 => ffi::Py_NewRef(o),
            _ => made(part),
        }
    }
}

/// A text of `n` ASCII characters, which `fill` writes.
///
/// # Safety
/// Attached.
unsafe fn written(n: usize, fill: impl FnOnce(&mut [u8])) -> *mut ffi::PyObject {
    // SAFETY: attached; a fresh text of this length, which nobody else knows. Short ones are shared.
    unsafe {
        if n <= 1 {
            let mut c = [0u8];
            fill(&mut c[..n]);
            return made(&c[..n]);
        }
        let o = ffi::PyUnicode_New(n as isize, 127);
        if !o.is_null() {
            let to = ffi::PyUnicode_DATA(o).cast::<u8>();
            std::ptr::write_bytes(to, b' ', n);
            fill(std::slice::from_raw_parts_mut(to, n));
        }
        o
    }
}

unsafe fn strip(a: &[Arg], left: bool, right: bool) -> Option<Out> {
    // SAFETY: attached, live texts.
    unsafe {
        let s = ascii(*a.first()?)?;
        let of = match a {
            [_] | [_, Arg::None] => None,
            [_, chars] => Some(ascii(*chars)?),
            _ => return None,
        };
        let goes = |c: &u8| of.map_or_else(|| is_blank(*c), |of| of.contains(c));
        let start = if left { s.iter().position(|c| !goes(c)).unwrap_or(s.len()) } else { 0 };
        let end = if right { s.iter().rposition(|c| !goes(c)).map_or(start, |k| k + 1) } else { s.len() };
        text(part(a[0], s, s.get(start..end.max(start))?))
    }
}

unsafe fn mapped(a: &[Arg], f: impl Fn(Option<u8>, u8) -> u8) -> Option<Out> {
    // SAFETY: attached, live texts.
    unsafe {
        let [of] = a else { return None };
        let s = ascii(*of)?;
        text(written(s.len(), |to| {
            let mut before = None;
            for (to, &c) in to.iter_mut().zip(s) {
                *to = f(before, c);
                before = Some(c);
            }
        }))
    }
}

/// Texts of one byte a character.
///
/// # Safety
/// A live text, which outlives them.
unsafe fn bytes<'a>(a: Arg) -> Option<&'a [u8]> {
    // SAFETY: the caller's promise.
    unsafe {
        match a {
            Arg::Text(o) if is_text(o as usize) => match items(o as usize) {
                Items::One(s) => Some(s),
                Items::Two(_) | Items::Four(_) => None,
            },
            _ => None,
        }
    }
}

/// Text, part, start and end within the text, of a search; `None` in the last place where the range is none.
type Search<'a> = (&'a [u8], &'a [u8], usize, Option<usize>);

unsafe fn search<'a>(a: &[Arg]) -> Option<Search<'a>> {
    // SAFETY: live texts.
    let (s, p) = unsafe { (bytes(*a.first()?)?, bytes(*a.get(1)?)?) };
    let n = s.len() as i64;
    let place = |k: usize, absent: i64| match a.get(k) {
        None | Some(Arg::None) => Some(absent),
        Some(Arg::Int(i)) => Some(if *i < 0 { (*i).saturating_add(n).max(0) } else { *i }),
        Some(_) => None,
    };
    let (start, end) = (place(2, 0)?, place(3, n)?.min(n));
    if a.len() > 4 {
        return None;
    }
    Some((s, p, start as usize, (start <= end).then_some(end as usize)))
}

fn forward(s: &[u8], p: &[u8]) -> Option<usize> {
    let found = match p {
        [] => return Some(0),
        // SAFETY: the length is the slice's.
        [c] => unsafe { libc::memchr(s.as_ptr().cast(), i32::from(*c), s.len()) },
        // SAFETY: as above.
        _ => unsafe { libc::memmem(s.as_ptr().cast(), s.len(), p.as_ptr().cast(), p.len()) },
    };
    (!found.is_null()).then(|| found as usize - s.as_ptr() as usize)
}

fn backward(s: &[u8], p: &[u8]) -> Option<usize> {
    let Some(&first) = p.first() else { return Some(s.len()) };
    let mut rest = s.get(..(s.len() + 1).checked_sub(p.len())?)?;
    loop {
        let at = last(rest, first)?;
        if s[at..].starts_with(p) {
            return Some(at);
        }
        rest = &rest[..at];
    }
}

/// Where a byte is last.
fn last(s: &[u8], byte: u8) -> Option<usize> {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: the length is the slice's.
        let found = unsafe { libc::memrchr(s.as_ptr().cast(), i32::from(byte), s.len()) };
        (!found.is_null()).then(|| found as usize - s.as_ptr() as usize)
    }
    #[cfg(not(target_os = "linux"))]
    s.iter().rposition(|c| *c == byte)
}

unsafe fn found(a: &[Arg], way: fn(&[u8], &[u8]) -> Option<usize>) -> Option<Out> {
    // SAFETY: live texts.
    let (s, p, start, end) = unsafe { search(a)? };
    let at = end.and_then(|end| way(&s[start..end], p));
    Some(Out::Int(at.map_or(-1, |at| (start + at) as i64)))
}

unsafe fn count(a: &[Arg]) -> Option<Out> {
    // SAFETY: live texts.
    let (s, p, start, end) = unsafe { search(a)? };
    let Some(end) = end else { return Some(Out::Int(0)) };
    let mut rest = &s[start..end];
    if p.is_empty() {
        return Some(Out::Int(rest.len() as i64 + 1));
    }
    if let [c] = p {
        // Small counters, of which many are side by side.
        let of = |part: &[u8]| i64::from(part.iter().fold(0u8, |n, x| n.wrapping_add(u8::from(x == c))));
        return Some(Out::Int(rest.chunks(240).map(of).sum()));
    }
    let mut n = 0;
    while let Some(at) = forward(rest, p) {
        n += 1;
        rest = &rest[at + p.len()..];
    }
    Some(Out::Int(n))
}

unsafe fn replace(a: &[Arg]) -> Option<Out> {
    // SAFETY: attached, live texts.
    unsafe {
        let most = match a {
            [_, _, _] | [_, _, _, Arg::None] => usize::MAX,
            [_, _, _, Arg::Int(n)] => usize::try_from(*n).unwrap_or(usize::MAX),
            _ => return None,
        };
        let (s, old, new) = (ascii(a[0])?, ascii(a[1])?, ascii(a[2])?);
        if old.is_empty() {
            return None;
        }
        let mut places: Vec<usize> = Vec::new();
        let mut from = 0;
        while places.len() < most
            && let Some(at) = forward(&s[from..], old)
        {
            places.push(from + at);
            from += at + old.len();
        }
        if places.is_empty() {
            return text(part(a[0], s, s));
        }
        let total = (s.len() - places.len() * old.len()).checked_add(places.len().checked_mul(new.len())?).filter(|&n| n < isize::MAX as usize)?;
        if total <= 1 {
            return None;
        }
        let o = ffi::PyUnicode_New(total as isize, 127);
        if !o.is_null() {
            let mut to = ffi::PyUnicode_DATA(o).cast::<u8>();
            let mut put = |s: &[u8]| {
                std::ptr::copy_nonoverlapping(s.as_ptr(), to, s.len());
                to = to.add(s.len());
            };
            let mut from = 0;
            for at in places {
                put(&s[from..at]);
                put(new);
                from = at + old.len();
            }
            put(&s[from..]);
        }
        text(o)
    }
}

unsafe fn partition(a: &[Arg], way: fn(&[u8], &[u8]) -> Option<usize>) -> Option<Out> {
    // SAFETY: attached, live texts.
    unsafe {
        let [of, by] = a else { return None };
        let (s, p) = (ascii(*of)?, ascii(*by)?);
        if p.is_empty() {
            return None;
        }
        let at = way(s, p)?;
        let parts = [made(&s[..at]), part(*by, p, p), made(&s[at + p.len()..])];
        if parts.iter().any(|p| p.is_null()) {
            parts.iter().for_each(|p| ffi::Py_XDECREF(*p));
            ffi::PyErr_Clear();
            return None;
        }
        Some(Out::Texts(parts))
    }
}

/// Longer results are Python's to make, or to refuse.
const MOST_WIDTH: i64 = 1 << 30;

unsafe fn padded(a: &[Arg], left: impl Fn(usize, usize) -> usize) -> Option<Out> {
    // SAFETY: attached, live texts.
    unsafe {
        let (s, fill) = match a {
            [of, Arg::Int(_)] => (ascii(*of)?, b' '),
            [of, Arg::Int(_), fill] => match ascii(*fill)? {
                [c] => (ascii(*of)?, *c),
                _ => return None,
            },
            _ => return None,
        };
        let Arg::Int(width) = a[1] else { return None };
        let n = s.len();
        if width <= n as i64 {
            return text(part(a[0], s, s));
        }
        if width > MOST_WIDTH {
            return None;
        }
        let width = width as usize;
        let at = left(width - n, width);
        text(written(width, |to| {
            to.fill(fill);
            to[at..at + n].copy_from_slice(s);
        }))
    }
}

unsafe fn zero_filled(a: &[Arg]) -> Option<Out> {
    // SAFETY: attached, live texts.
    unsafe {
        let [of, Arg::Int(width)] = a else { return None };
        let s = ascii(*of)?;
        if *width <= s.len() as i64 {
            return text(part(*of, s, s));
        }
        if *width > MOST_WIDTH {
            return None;
        }
        text(written(*width as usize, |to| zeros_before(s, to)))
    }
}

/// A number's text at the end, its sign in front of zeros.
fn zeros_before(s: &[u8], to: &mut [u8]) {
    to.fill(b'0');
    let start = to.len() - s.len();
    to[start..].copy_from_slice(s);
    if let [sign @ (b'+' | b'-'), ..] = s {
        to[start] = b'0';
        to[0] = *sign;
    }
}

/// Without the blanks around it that numbers may have.
fn trimmed(s: &[u8]) -> &[u8] {
    let goes = |c: &u8| matches!(c, b'\t'..=b'\r' | b' ');
    let start = s.iter().position(|c| !goes(c)).unwrap_or(s.len());
    let end = s.iter().rposition(|c| !goes(c)).map_or(start, |k| k + 1);
    &s[start..end]
}

unsafe fn integer(a: &[Arg]) -> Option<Out> {
    let s = match a {
        // SAFETY: live texts.
        [of] | [of, Arg::Int(10)] => trimmed(unsafe { ascii(*of)? }),
        _ => return None,
    };
    let (negative, digits) = match s {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, s),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut v = 0i64;
    for &c in digits {
        if !c.is_ascii_digit() {
            return None;
        }
        v = v * 10 + i64::from(c - b'0');
    }
    Some(Out::Int(if negative { -v } else { v }))
}

unsafe fn float(a: &[Arg]) -> Option<Out> {
    let [of] = a else { return None };
    // SAFETY: live texts.
    let s = trimmed(unsafe { ascii(*of)? });
    // Digits and what belongs to them: names and underscores are Python's.
    if s.is_empty() || !s.iter().all(|c| c.is_ascii_digit() || matches!(c, b'+' | b'-' | b'.' | b'e' | b'E')) {
        return None;
    }
    std::str::from_utf8(s).ok()?.parse().ok().map(Out::Float)
}

unsafe fn character(a: &[Arg]) -> Option<Out> {
    match a {
        // SAFETY: attached; a code point.
        [Arg::Int(code @ 0..=255)] => unsafe { text(ffi::PyUnicode_FromOrdinal(*code as i32)) },
        _ => None,
    }
}

/// The shortest digits that tell a float, as `repr` writes them.
fn float_text(v: f64) -> Option<String> {
    if !v.is_finite() {
        return None;
    }
    let mut scientific = format!("{v:e}");
    // Numbers with one to three bits behind the point may lie in the middle between two texts of shortest length: the even one is meant.
    if (2f64.powi(48)..2f64.powi(53)).contains(&v.abs()) {
        let digits = scientific.bytes().take_while(|c| *c != b'e').filter(u8::is_ascii_digit).count();
        scientific = format!("{v:.*e}", digits - 1);
    }
    let (mantissa, exponent) = scientific.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    if !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return Some(format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs()));
    }
    let mut out = String::with_capacity(26);
    if v.is_sign_negative() {
        out.push('-');
    }
    let mut digits = mantissa.chars().filter(char::is_ascii_digit);
    if exponent < 0 {
        out.push('0');
    }
    for _ in 0..=exponent {
        out.push(digits.next().unwrap_or('0'));
    }
    out.push('.');
    for _ in exponent..-1 {
        out.push('0');
    }
    let before = out.len();
    out.extend(digits);
    if out.len() == before {
        out.push('0');
    }
    Some(out)
}

unsafe fn shortest(a: &[Arg]) -> Option<Out> {
    match a {
        // SAFETY: attached.
        [Arg::Float(v)] => unsafe { text(made(float_text(*v)?.as_bytes())) },
        _ => None,
    }
}

/// Widths, zeros in front, digits behind the point: what most format specifications are.
unsafe fn formatted(a: &[Arg]) -> Option<Out> {
    // SAFETY: attached, live texts.
    unsafe {
        let [value, spec] = a else { return None };
        let mut spec = ascii(*spec)?;
        let zeros = spec.first() == Some(&b'0');
        if zeros {
            spec = &spec[1..];
        }
        let number = |spec: &mut &[u8]| {
            let n = spec.iter().position(|c| !c.is_ascii_digit()).unwrap_or(spec.len());
            let (digits, rest) = spec.split_at(n);
            *spec = rest;
            if digits.is_empty() { Some(None) } else { std::str::from_utf8(digits).ok()?.parse::<usize>().ok().filter(|&n| n <= 512).map(Some) }
        };
        let width = number(&mut spec)?.unwrap_or(0);
        let digits = match value {
            Arg::Int(v) if matches!(spec, b"" | b"d") => format!("{v}"),
            Arg::Float(v) if v.is_finite() => {
                let mut precision = None;
                if let [b'.', rest @ ..] = spec {
                    spec = rest;
                    precision = number(&mut spec)?;
                    precision?;
                }
                match (spec, precision) {
                    (b"f", p) => format!("{v:.*}", p.unwrap_or(6)),
                    _ => return None,
                }
            }
            _ => return None,
        };
        let s = digits.as_bytes();
        if width <= s.len() {
            return text(made(s));
        }
        text(written(width, |to| if zeros { zeros_before(s, to) } else { to[width - s.len()..].copy_from_slice(s) }))
    }
}
