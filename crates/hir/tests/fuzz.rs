//! Mutated code objects that the decoder accepts: the builder answers with HIR that verifies or an error, never a panic.
//! Seeded; `LOOPLIFT_FUZZ_SEED` and `LOOPLIFT_FUZZ_COUNT` change the run.

#[path = "../../bytecode/tests/common/mod.rs"]
mod common;

use looplift_bytecode::{OpcodeMap, RawCode, decode};
use std::sync::Arc;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// SplitMix64.
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) as usize >> 1
}

#[test]
fn mutated_code_builds_or_is_refused() {
    let mut seed = setting("LOOPLIFT_FUZZ_SEED", 1);
    let captures = common::captures();
    let codes: Vec<(Arc<RawCode>, &OpcodeMap)> = captures
        .iter()
        .flat_map(|c| c.modules.iter().map(move |m| (m, &c.opcodes)))
        .flat_map(|((_, module), opcodes)| common::all_codes(module).into_iter().map(move |code| (code, opcodes)))
        .collect();
    let (mut built, mut refused) = (0, 0);
    for _ in 0..setting("LOOPLIFT_FUZZ_COUNT", 30_000) {
        let (original, opcodes) = &codes[next(&mut seed) % codes.len()];
        let mut raw = RawCode::clone(original);
        for _ in 0..=next(&mut seed) % 3 {
            let at = next(&mut seed) % raw.code.len().max(1);
            if let Some(byte) = raw.code.get_mut(at) {
                *byte = next(&mut seed) as u8;
            }
            if let Some(n) = raw.exceptiontable.len().checked_sub(1)
                && next(&mut seed).is_multiple_of(4)
            {
                raw.exceptiontable[next(&mut seed) % (n + 1)] = next(&mut seed) as u8;
            }
        }
        let Ok(code) = decode(&raw, opcodes) else { continue };
        match looplift_hir::build::build(&code, opcodes) {
            Ok(f) => {
                built += 1;
                looplift_hir::verify::verify(&f).unwrap_or_else(|e| panic!("{e:?}\n{f}"));
            }
            Err(_) => refused += 1,
        }
    }
    assert!(built > 1000, "{built} built, {refused} refused");
}
