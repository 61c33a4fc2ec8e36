//! The processor's record of floating-point errors, which belongs to a thread and is read by NumPy after the loops of its ufuncs.

/// The bits that say what has happened, among those of MXCSR.
const HAPPENED: u32 = 0x3f;

#[cfg(target_arch = "x86_64")]
pub fn status() -> u32 {
    let mut csr = 0u32;
    // SAFETY: writes the register to the word.
    unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut csr, options(nostack, preserves_flags)) };
    csr
}

/// Takes a status that the thread had, with some errors more or fewer.
#[cfg(target_arch = "x86_64")]
pub fn set_status(csr: u32) {
    // SAFETY: a value that the register had but for its sticky flags.
    unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const csr, options(nostack, readonly, preserves_flags)) };
}

/// Elsewhere nothing is recorded.
#[cfg(not(target_arch = "x86_64"))]
pub fn status() -> u32 {
    0
}

#[cfg(not(target_arch = "x86_64"))]
pub fn set_status(_csr: u32) {}

/// Forgets what has happened in this thread.
pub(crate) fn clear() {
    set_status(status() & !HAPPENED);
}

/// What has happened in this thread.
pub(crate) fn happened() -> u32 {
    status() & HAPPENED
}

/// Notes what has happened in other threads that worked for this one.
pub(crate) fn note(errors: u32) {
    if errors & !status() != 0 {
        set_status(status() | errors);
    }
}
