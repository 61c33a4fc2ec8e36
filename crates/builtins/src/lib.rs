//! looplift-builtins
