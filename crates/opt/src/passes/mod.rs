//! The passes, one a file; [`crate::pipeline`] has their order.

pub mod dce;
pub mod simplify_cfg;
pub mod expand_divisions;
pub mod insert_refcounts;
