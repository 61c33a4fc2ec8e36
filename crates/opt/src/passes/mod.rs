//! The passes, one a file; [`crate::pipeline`] has their order.

pub mod carry_stores;
pub mod convert_stores;
pub mod dce;
pub mod divide_by_constants;
pub mod expand_divisions;
pub mod expand_loops;
pub mod fold_constants;
pub mod gvn;
pub mod hoist_invariants;
pub mod if_convert;
pub mod inline_calls;
pub mod insert_refcounts;
pub mod keep_sums;
pub mod merge_inductions;
pub mod ranges;
pub mod reassociate_addresses;
pub mod rotate_loops;
pub mod schedule;
pub mod settle_overflows;
pub mod shorten_chains;
pub mod simplify;
pub mod simplify_cfg;
pub mod strip_mine_polls;
pub mod unroll_loops;
pub mod vectorize;
pub mod version_loops;
