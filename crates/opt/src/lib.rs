//! The optimiser: passes over MIR, each a function without state, in the order that [`pipeline`] lists.
//!
//! The work has two phases. `Phase::Early` makes a body small and clean; a body is given to callers for inlining in this
//! form. `Phase::Late` does the loop work, places polls and reference counts, and makes exits explicit.
//!
//! What emission gets after the last pass:
//! * no `floor_div`, no `floor_mod`;
//! * `retain` and `release` are explicit; a value of type `ref` needs nothing else;
//! * a row with a site (`guard`, `call`, `alloc`, `poll`, …) that is left in place owns nothing at that point: its exit
//!   stores the payload and returns. Where something is to be released, a `guard` has become a branch to a cold block
//!   that releases and ends in `raise`, and a `call`, `alloc`, `poll` or fallible `call_rt` has become its `_try` form,
//!   followed by a branch to a cold block that releases and ends in `propagate`; `keep_alive` is gone;
//! * every loop that may run long has a `poll`;
//! * the layout is in reverse post-order with cold blocks marked.

pub mod analysis;
pub mod passes;
pub mod pipeline;

pub use passes::inline_calls::is_inlinable;
pub use pipeline::{Changed, Options, PassCx, Phase, Report, run};
