//! Facts about a function, computed on demand and dropped when the function changes.

pub mod alias;
pub mod assumed;
pub mod close;
pub mod counted;
pub mod edit;
pub mod effects;
pub mod fold;
pub mod interval;
pub mod loops;
pub mod texts;
