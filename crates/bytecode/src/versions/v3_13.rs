//! CPython 3.13: the callable comes before NULL/self, exact-bool branches behind `TO_BOOL`, paired local loads and
//! stores, `SET_FUNCTION_ATTRIBUTE`, `CALL_KW`.

use super::{AttrArg, NullSide, Rules};
use crate::opcodes::Canon;

pub(super) const RULES: Rules = Rules {
    version: (3, 13),
    null_side: NullSide::Above,
    load_attr: AttrArg::IndexMethod,
    compare_shift: 5,
    compare_bool_bit: 16,
    for_exit_skip: &[Canon::EndFor, Canon::PopTop],
    end_for_pops: 1,
    send_exit_skip: &[Canon::EndSend],
    make_function_flags: false,
    closure_by_load_fast: true,
};
