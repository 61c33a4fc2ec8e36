//! looplift-codegen
