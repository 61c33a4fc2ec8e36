//! Additions to elements that several threads change at once. Each gives what was there before.

use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

/// Adds to the double at an address.
///
/// # Safety
/// It is there, aligned.
pub(crate) unsafe extern "C" fn add_f64(address: i64, value: f64) -> f64 {
    // SAFETY: the caller's promise; other threads change it by this function, or not at all.
    let cell = unsafe { AtomicU64::from_ptr(address as usize as *mut u64) };
    let mut old = cell.load(Ordering::Relaxed);
    loop {
        let new = (f64::from_bits(old) + value).to_bits();
        match cell.compare_exchange_weak(old, new, Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => return f64::from_bits(old),
            Err(now) => old = now,
        }
    }
}

/// Adds to the single at an address.
///
/// # Safety
/// It is there, aligned.
pub(crate) unsafe extern "C" fn add_f32(address: i64, value: f32) -> f32 {
    // SAFETY: as in `add_f64`.
    let cell = unsafe { AtomicU32::from_ptr(address as usize as *mut u32) };
    let mut old = cell.load(Ordering::Relaxed);
    loop {
        let new = (f32::from_bits(old) + value).to_bits();
        match cell.compare_exchange_weak(old, new, Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => return f32::from_bits(old),
            Err(now) => old = now,
        }
    }
}

/// Adds to the integer of this many bits at an address.
///
/// # Safety
/// It is there, aligned.
pub(crate) unsafe extern "C" fn add_int(address: i64, bits: i64, value: i64) -> i64 {
    let at = address as usize;
    // SAFETY: as in `add_f64`.
    unsafe {
        match bits {
            8 => i64::from(AtomicU8::from_ptr(at as *mut u8).fetch_add(value as u8, Ordering::AcqRel)),
            16 => i64::from(AtomicU16::from_ptr(at as *mut u16).fetch_add(value as u16, Ordering::AcqRel)),
            32 => i64::from(AtomicU32::from_ptr(at as *mut u32).fetch_add(value as u32, Ordering::AcqRel)),
            _ => AtomicU64::from_ptr(at as *mut u64).fetch_add(value as u64, Ordering::AcqRel) as i64,
        }
    }
}
