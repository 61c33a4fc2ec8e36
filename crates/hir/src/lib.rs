//! looplift-hir
