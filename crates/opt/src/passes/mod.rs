//! The passes, one a file; [`crate::pipeline`] has their order.

pub mod dce;
pub mod simplify_cfg;
