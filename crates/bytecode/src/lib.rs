//! looplift-bytecode
