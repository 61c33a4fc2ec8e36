//! The pending exception of compiled code becomes a Python exception with a traceback entry for each compiled frame.

use crate::errors as own;
use looplift_abi::ctx::Ctx;
use pyo3::prelude::*;

/// Sets the Python exception and clears the pending one.
pub fn raise(py: Python<'_>, ctx: &mut Ctx) {
    ctx.pending.kind = 0;
    ctx.pending.frame_count = 0;
    own::internal(py, "exceptions of compiled code are not connected").restore(py);
}
