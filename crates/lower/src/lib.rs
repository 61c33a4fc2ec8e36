//! looplift-lower
