//! Facts about a function, computed on demand and dropped when the function changes.

pub mod edit;
pub mod effects;
