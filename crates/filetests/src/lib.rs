//! looplift-filetests
