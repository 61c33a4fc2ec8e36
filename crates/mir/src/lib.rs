//! looplift-mir
