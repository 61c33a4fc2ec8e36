//! looplift-python
