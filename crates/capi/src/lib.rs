//! looplift-capi
