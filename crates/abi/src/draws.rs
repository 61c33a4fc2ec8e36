//! Where code that draws random numbers in place finds what it needs, in bytes, and what it computes with.

/// A PCG64 generator of NumPy's: state and increment, the low word of each first.
pub mod pcg64 {
    /// What a step multiplies the state by (O'Neill 2014), the low word first.
    pub const MULTIPLIER: [u64; 2] = [0x4385_df64_9fcc_f645, 0x2360_ed05_1fc6_5da4];
    pub const STATE: [i32; 2] = [0, 8];
    pub const INCREMENT: [i32; 2] = [16, 24];
}

/// A stream of a thread (a Mersenne Twister): the place of the next word, the place where words end, words of 32 bits.
pub mod stream {
    pub const POS: i32 = 0;
    pub const END: i32 = 8;
    pub const WORDS: i32 = 16;
}

/// The ziggurats' tables: pairs of a bound and the width of a unit.
pub mod layers {
    pub const PAIR: i64 = 16;
    pub const BOUND: i32 = 0;
    pub const UNIT: i32 = 8;
    /// The first pair of exponential numbers; those of normal ones, by sign and layer, are at 0.
    pub const EXPONENTIAL: i64 = 512 * PAIR;
}
