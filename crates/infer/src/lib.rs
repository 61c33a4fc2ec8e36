//! looplift-infer
