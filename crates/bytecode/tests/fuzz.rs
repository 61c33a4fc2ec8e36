//! Random and mutated code objects: the decoder answers with code or an error, never a panic; what it accepts is
//! consistent. Seeded, so that a failure repeats; `LOOPLIFT_FUZZ_SEED` and `LOOPLIFT_FUZZ_COUNT` change the run.

mod common;

use looplift_bytecode::{Code, Op, OpcodeMap, RawCode, cfg::Cfg, decode, print, stack};
use std::collections::BTreeMap;
use std::sync::Arc;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
    fn byte(&mut self) -> u8 {
        self.next() as u8
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// What must hold for accepted code, whatever it came from.
fn assert_consistent(code: &Code, with_dump: bool) {
    let count = code.insts.len();
    let depths = stack::check(code).expect("accepted code has consistent stacks");
    for (at, inst) in &code.insts {
        assert!(depths.before[at].is_some(), "{at} is unreachable");
        for to in inst.op.targets() {
            assert!((to.as_u32() as usize) < count);
        }
        if let Op::Call { kwnames: Some(id), .. } | Op::Const(id) = inst.op {
            assert!(code.consts.is_valid(id));
        }
    }
    for pair in code.regions.windows(2) {
        assert!(pair[0].end <= pair[1].start, "regions overlap");
    }
    let cfg = Cfg::new(code);
    assert_eq!(cfg.rpo.len(), cfg.blocks.len(), "every block is reachable");
    for l in cfg.loops.values() {
        for &block in &l.blocks {
            assert!(cfg.dominates(l.header, block), "a loop's header dominates it");
        }
        if let Some(parent) = l.parent {
            assert!(cfg.loops[parent].blocks.binary_search(&l.header).is_ok());
        }
    }
    if with_dump {
        assert!(!print::dump(code).is_empty());
    }
}

#[test]
fn mutated_code() {
    let mut random = Random(setting("LOOPLIFT_FUZZ_SEED", 1));
    let captures = common::captures();
    let codes: Vec<(Arc<RawCode>, &OpcodeMap)> = captures
        .iter()
        .flat_map(|c| c.modules.iter().map(move |m| (m, &c.opcodes)))
        .flat_map(|((_, module), opcodes)| common::all_codes(module).into_iter().map(move |code| (code, opcodes)))
        .collect();
    let mut accepted = 0;
    let mut refused: BTreeMap<String, u32> = BTreeMap::new();
    let count = setting("LOOPLIFT_FUZZ_COUNT", 300_000);
    let per_code = 500;
    for round in 0..count / per_code {
        let (original, opcodes) = &codes[random.below(codes.len())];
        let mut raw = RawCode::clone(original);
        for _ in 0..per_code {
            raw.code.clone_from(&original.code);
            raw.exceptiontable.clone_from(&original.exceptiontable);
            raw.stacksize = original.stacksize;
            for _ in 0..=random.below(4) {
                let (at, unit) = (random.below(raw.code.len()), random.below(raw.code.len() / 2) * 2);
                match random.below(10) {
                    0 => raw.code.truncate(at),
                    1 if !raw.exceptiontable.is_empty() => {
                        let at = random.below(raw.exceptiontable.len());
                        raw.exceptiontable[at] = random.byte();
                    }
                    2 => raw.exceptiontable.push(random.byte()),
                    3 => raw.stacksize = random.next() as u32 >> random.below(32),
                    4 if raw.code.len() > unit + 1 => {
                        raw.code.drain(unit..unit + 2);
                    }
                    5 if raw.code.len() > unit + 1 => {
                        let pair = [raw.code[unit], raw.code[unit + 1]];
                        raw.code.splice(unit..unit, pair);
                    }
                    _ if at < raw.code.len() => raw.code[at] = random.byte(),
                    _ => {}
                }
            }
            match decode(&raw, opcodes) {
                Ok(code) => {
                    accepted += 1;
                    assert_consistent(&code, round % 16 == 0);
                }
                Err(error) => {
                    assert!(!error.message.is_empty());
                    *refused.entry(format!("{:?}", error.kind)).or_default() += 1;
                }
            }
        }
    }
    eprintln!("{accepted} accepted, refused {refused:?}");
    assert!(accepted > 0 && refused.len() >= 5, "the mutations reach both outcomes");
}

#[test]
fn random_bytes() {
    let mut random = Random(setting("LOOPLIFT_FUZZ_SEED", 2));
    let captures = common::captures();
    let mut accepted = 0;
    for round in 0..60_000 {
        let capture = &captures[round % captures.len()];
        let known: Vec<u8> = capture.opmap.iter().filter_map(|(_, number)| u8::try_from(*number).ok()).collect();
        let units = 1 + random.below(24);
        let mut raw = RawCode {
            version: capture.version,
            stacksize: 8,
            names: vec!["n".to_string()],
            varnames: vec!["a".to_string(), "b".to_string()],
            cellvars: vec!["b".to_string(), "c".to_string()],
            freevars: vec!["d".to_string()],
            consts: vec![looplift_bytecode::RawConst::None],
            ..RawCode::default()
        };
        for _ in 0..units {
            let op = if round % 2 == 0 { known[random.below(known.len())] } else { random.byte() };
            raw.code.extend([op, if random.below(4) == 0 { random.byte() } else { random.below(4) as u8 }]);
        }
        for _ in 0..random.below(9) {
            raw.exceptiontable.push(random.byte() & if random.below(2) == 0 { 0x8f } else { 0xff });
        }
        if let Ok(code) = decode(&raw, &capture.opcodes) {
            accepted += 1;
            assert_consistent(&code, true);
        }
    }
    assert!(accepted > 0);
}

#[test]
fn originals_are_consistent() {
    for capture in common::captures() {
        for (_, module) in &capture.modules {
            for raw in common::all_codes(module) {
                assert_consistent(&decode(&raw, &capture.opcodes).expect("captured code decodes"), true);
            }
        }
    }
}
