//! CPython 3.12: inlined comprehensions, intrinsics, `END_FOR`/`END_SEND`, slices, methods folded into `LOAD_ATTR`.

use super::{AttrArg, NullSide, Rules};
use crate::opcodes::Canon;

pub(super) const RULES: Rules = Rules {
    version: (3, 12),
    null_side: NullSide::Below,
    load_attr: AttrArg::IndexMethod,
    compare_shift: 4,
    compare_bool_bit: 0,
    for_exit_skip: &[Canon::EndFor],
    end_for_pops: 2,
    send_exit_skip: &[Canon::EndSend],
    make_function_flags: true,
    closure_by_load_fast: false,
};
