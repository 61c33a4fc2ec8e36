//! Descriptors of elements: one for each element code, made once and kept. By it the type-erased containers copy, drop, hash and
//! compare values.

use crate::{heap, text};
use looplift_abi::MTy;
use looplift_abi::element::{Layout, words};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, PoisonError, RwLock};

/// How a part of a key is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Bit by bit, this many bytes.
    Bits(u32),
    F32,
    F64,
    /// A text or byte string.
    Text,
}

/// What is known of elements of a code.
#[derive(Debug)]
pub struct Desc {
    pub code: Box<str>,
    pub layout: Layout,
    pub size: usize,
    /// Offsets of counted references.
    pub refs: Box<[u32]>,
    /// The single number that elements are, if they are one.
    pub number: Option<char>,
    key: Box<[(u32, Part)]>,
}

static TABLE: LazyLock<RwLock<HashMap<Box<str>, &'static Desc>>> = LazyLock::new(Default::default);

/// The descriptor of a code.
pub fn desc(code: &str) -> &'static Desc {
    if let Some(d) = TABLE.read().unwrap_or_else(PoisonError::into_inner).get(code) {
        return d;
    }
    let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
    table.entry(code.into()).or_insert_with(|| Box::leak(Box::new(Desc::new(code))))
}

impl Desc {
    fn new(code: &str) -> Desc {
        let layout = Layout::of_code(code);
        let mut key = Vec::new();
        let mut at = 0;
        for c in code.chars() {
            for &m in words(c) {
                let part = match (c, m) {
                    ('s' | 'y', _) => Part::Text,
                    (_, MTy::F32) => Part::F32,
                    (_, MTy::F64) => Part::F64,
                    (_, m) => Part::Bits(m.bytes()),
                };
                key.push((layout.words[at].0, part));
                at += 1;
            }
        }
        let mut chars = code.chars();
        let number = match (chars.next(), chars.next()) {
            (Some(c), None) if "?bhiqBHIQfd".contains(c) => Some(c),
            _ => None,
        };
        Desc { code: code.into(), size: layout.size as usize, refs: layout.refs().collect(), layout, number, key: key.into() }
    }

    /// Whether elements are texts, or bytes.
    pub fn is_text(&self) -> bool {
        matches!(&*self.code, "s" | "y")
    }

    /// Counts an owner for each reference of an element.
    ///
    /// # Safety
    /// `at` holds an element.
    pub unsafe fn retain(&self, at: *const u8) {
        for &off in &self.refs {
            // SAFETY: a reference word of the element.
            unsafe { heap::retain(at.add(off as usize).cast::<u64>().read()) };
        }
    }
    /// Gives the references of an element back.
    ///
    /// # Safety
    /// `at` holds an element that is not used afterwards.
    pub unsafe fn release(&self, at: *const u8) {
        for &off in &self.refs {
            // SAFETY: a reference word that the element owns.
            unsafe { heap::release(at.add(off as usize).cast::<u64>().read()) };
        }
    }

    /// The hash of a key; equal keys have equal hashes.
    ///
    /// # Safety
    /// `at` holds a key.
    pub unsafe fn hash(&self, at: *const u8) -> u64 {
        let mut h = 0u64;
        for &(off, part) in &self.key {
            // SAFETY: words of the key.
            let v = unsafe {
                let p = at.add(off as usize);
                match part {
                    Part::Bits(1) => u64::from(p.read()),
                    Part::Bits(2) => u64::from(p.cast::<u16>().read()),
                    Part::Bits(4) => u64::from(p.cast::<u32>().read()),
                    Part::Bits(_) => p.cast::<u64>().read(),
                    // 0.0 and -0.0 are one key.
                    Part::F32 => of_float(f64::from(p.cast::<f32>().read())),
                    Part::F64 => of_float(p.cast::<f64>().read()),
                    Part::Text => text::hash(p.cast::<u64>().read()) as u64,
                }
            };
            h = mix(h.rotate_left(5) ^ v);
        }
        h
    }

    /// Whether two keys are equal.
    ///
    /// # Safety
    /// Both hold keys.
    pub unsafe fn equal(&self, a: *const u8, b: *const u8) -> bool {
        self.key.iter().all(|&(off, part)| {
            // SAFETY: words of the keys.
            unsafe {
                let (p, q) = (a.add(off as usize), b.add(off as usize));
                match part {
                    Part::Bits(1) => p.read() == q.read(),
                    Part::Bits(2) => p.cast::<u16>().read() == q.cast::<u16>().read(),
                    Part::Bits(4) => p.cast::<u32>().read() == q.cast::<u32>().read(),
                    Part::Bits(_) => p.cast::<u64>().read() == q.cast::<u64>().read(),
                    Part::F32 => p.cast::<f32>().read() == q.cast::<f32>().read(),
                    Part::F64 => p.cast::<f64>().read() == q.cast::<f64>().read(),
                    Part::Text => text::compare(p.cast::<u64>().read(), q.cast::<u64>().read()) == 0,
                }
            }
        })
    }
}

/// What a float contributes to a hash. NaNs equal nothing, and each has another hash, lest many of them in one table meet in one place.
fn of_float(v: f64) -> u64 {
    static NANS: AtomicU64 = AtomicU64::new(0);
    if v.is_nan() { NANS.fetch_add(1, Ordering::Relaxed) } else { (v + 0.0).to_bits() }
}

/// A bijection that spreads nearby numbers over all bits.
pub(crate) fn mix(v: u64) -> u64 {
    let wide = u128::from(v ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93;
    (wide as u64) ^ ((wide >> 64) as u64)
}

/// Reads an element into words, narrow integers zero-extended.
///
/// # Safety
/// `at` holds an element; `out` has as many words as the layout.
pub unsafe fn read(layout: &Layout, at: *const u8, out: &mut [u64]) {
    for (w, &(off, m)) in out.iter_mut().zip(&layout.words) {
        // SAFETY: a word of the element.
        *w = unsafe {
            let p = at.add(off as usize);
            match m {
                MTy::I8 => u64::from(p.read()),
                MTy::I16 => u64::from(p.cast::<u16>().read()),
                MTy::I32 | MTy::F32 => u64::from(p.cast::<u32>().read()),
                // (No element holds pairs.)
                MTy::I64 | MTy::F64 | MTy::Ref | MTy::F64x2 => p.cast::<u64>().read(),
            }
        };
    }
}

/// Writes words as an element.
///
/// # Safety
/// `at` has room for an element.
pub unsafe fn write(layout: &Layout, at: *mut u8, from: &[u64]) {
    // SAFETY: the caller's promise.
    unsafe { write_part(layout, at, 0, from) }
}

/// Writes words of an element from the word number `first` on.
///
/// # Safety
/// `at` has room for an element.
pub unsafe fn write_part(layout: &Layout, at: *mut u8, first: usize, from: &[u64]) {
    for (&w, &(off, m)) in from.iter().zip(&layout.words[first..]) {
        // SAFETY: a word of the element.
        unsafe {
            let p = at.add(off as usize);
            match m {
                MTy::I8 => p.write(w as u8),
                MTy::I16 => p.cast::<u16>().write(w as u16),
                MTy::I32 | MTy::F32 => p.cast::<u32>().write(w as u32),
                MTy::I64 | MTy::F64 | MTy::Ref | MTy::F64x2 => p.cast::<u64>().write(w),
            }
        }
    }
}

/// The text at an address of constant data.
///
/// # Safety
/// `at` and `len` describe ASCII text that lives during the call.
pub(crate) unsafe fn code_at<'a>(at: i64, len: i64) -> &'a str {
    // SAFETY: the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(at as usize as *const u8, len as usize) };
    std::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        let d = desc("?d");
        assert_eq!((d.size, d.layout.words[1].0), (16, 8));
        let (mut a, mut b) = ([0u64; 2], [0u64; 2]);
        // SAFETY: room for an element each.
        unsafe {
            write(&d.layout, a.as_mut_ptr().cast(), &[1, 0f64.to_bits()]);
            write(&d.layout, b.as_mut_ptr().cast(), &[1, (-0f64).to_bits()]);
            let (p, q) = (a.as_ptr().cast(), b.as_ptr().cast());
            assert!(d.equal(p, q));
            assert_eq!(d.hash(p), d.hash(q));
        }
        assert!(std::ptr::eq(desc("?d"), d));
    }
}
