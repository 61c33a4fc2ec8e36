//! Registers by number, handed out lowest first.

/// A set of free registers.
#[derive(Clone, Copy, Debug)]
pub struct Pool {
    free: u32,
    least_free: u32,
}

impl Pool {
    /// Registers `from..to`.
    pub fn new(from: u32, to: u32) -> Pool {
        let free = if to - from == 32 { u32::MAX } else { ((1u32 << (to - from)) - 1) << from };
        Pool { free, least_free: to - from }
    }
    pub fn take(&mut self) -> Option<u8> {
        if self.free == 0 {
            self.least_free = 0;
            return None;
        }
        let n = self.free.trailing_zeros();
        self.free &= !(1 << n);
        self.least_free = self.least_free.min(self.free.count_ones());
        Some(n as u8)
    }
    pub fn give(&mut self, n: u8) {
        self.free |= 1 << n;
    }
    pub fn count(&self) -> u32 {
        self.free.count_ones()
    }
}
