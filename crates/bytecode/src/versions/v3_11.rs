//! CPython 3.11: relative jumps, inline caches, the exception table; `PRECALL`, `LOAD_METHOD`, `KW_NAMES`.

use super::{AttrArg, NullSide, Rules};

pub(super) const RULES: Rules = Rules {
    version: (3, 11),
    null_side: NullSide::Below,
    load_attr: AttrArg::Index,
    compare_shift: 0,
    compare_bool_bit: 0,
    for_exit_skip: &[],
    end_for_pops: 0,
    send_exit_skip: &[],
    make_function_flags: true,
    closure_by_load_fast: false,
};
