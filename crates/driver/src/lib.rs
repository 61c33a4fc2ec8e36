//! looplift-driver
