//! looplift-types
