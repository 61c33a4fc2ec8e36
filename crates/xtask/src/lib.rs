//! looplift-xtask
