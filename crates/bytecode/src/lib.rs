//! looplift-bytecode

/// A decoded code object.
#[derive(Debug)]
pub struct Code {}
