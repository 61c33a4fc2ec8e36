//! looplift-opt
