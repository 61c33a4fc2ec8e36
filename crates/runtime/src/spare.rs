//! Memory of large blocks that were freed, kept for the next ones of their size.
//!
//! An expression on arrays makes and drops temporaries of one size over and over. The C library gives such memory back to
//! the system, and every new page costs a fault, which is more than the arithmetic on it. Sizes are rounded up to classes,
//! eight to a power of two, so that memory fits any block of its class.
//!
//! The lock is only ever tried: who does not get it allocates and frees as usual. So a fork in the wrong moment costs the
//! child nothing but its spare memory.

use std::sync::Mutex;

/// Smaller blocks are the C library's business.
const SMALLEST: usize = 64 << 10;
/// Larger ones are rare, and worth more to others.
const LARGEST: usize = 32 << 20;
/// Most bytes kept.
const KEPT: usize = 64 << 20;

/// Freed memory by size, the latest last; and how many bytes that is.
struct Spare {
    blocks: Vec<(usize, usize)>,
    bytes: usize,
}

static SPARE: Mutex<Spare> = Mutex::new(Spare { blocks: Vec::new(), bytes: 0 });

/// How many bytes to ask the C library for where `total` are wanted.
pub(crate) fn rounded(total: usize) -> usize {
    if !(SMALLEST..=LARGEST).contains(&total) {
        return total;
    }
    let unit = (total.next_power_of_two() >> 4).max(1);
    total.next_multiple_of(unit)
}

/// Memory of just `size` bytes, a size that [`rounded`] gave.
pub(crate) fn take(size: usize) -> Option<usize> {
    if size < SMALLEST {
        return None;
    }
    let mut spare = SPARE.try_lock().ok()?;
    let at = spare.blocks.iter().rposition(|b| b.1 == size)?;
    let (base, _) = spare.blocks.remove(at);
    spare.bytes -= size;
    Some(base)
}

/// Keeps memory from `malloc`; false if it should be freed.
pub(crate) fn keep(base: usize, size: usize) -> bool {
    if !(SMALLEST..=LARGEST).contains(&size) {
        return false;
    }
    let Ok(mut spare) = SPARE.try_lock() else { return false };
    while spare.bytes + size > KEPT && !spare.blocks.is_empty() {
        let (oldest, bytes) = spare.blocks.remove(0);
        spare.bytes -= bytes;
        // SAFETY: it came from malloc, and nobody else knows it.
        unsafe { libc::free(oldest as *mut libc::c_void) };
    }
    spare.bytes += size;
    spare.blocks.push((base, size));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_classes() {
        for n in [SMALLEST, 100_000, 2_097_152 + 200, LARGEST] {
            let r = rounded(n);
            assert!(r >= n && r - n <= n / 8 && rounded(r) == r, "{n} {r}");
        }
        assert_eq!((rounded(100), rounded(LARGEST + 1)), (100, LARGEST + 1));
    }
}
