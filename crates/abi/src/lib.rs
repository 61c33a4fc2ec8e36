//! looplift-abi
