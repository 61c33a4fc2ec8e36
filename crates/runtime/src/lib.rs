//! looplift-runtime
