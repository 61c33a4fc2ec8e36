//! Slow test: every code object of a standard library decodes, with consistent stacks and nothing unsupported.
//!
//! Capture first with `pythonX.Y testdata/capture.py --stdlib FILE`, then run
//! `LOOPLIFT_BYTECODE_CAPTURE=FILE[:FILE…] cargo test -p looplift-bytecode --test stdlib -- --ignored --nocapture`.

mod common;

use looplift_bytecode::{At, Code, Op, RegionKind, cfg::Cfg, decode, print};
use std::collections::BTreeMap;

/// Every closure tuple is built of cells: plain loads of cells are told from loads of variables.
fn assert_closures_are_cells(code: &Code) {
    for (at, inst) in &code.insts {
        let Op::MakeFunction(parts) = inst.op else { continue };
        if !parts.has_closure() {
            continue;
        }
        let before = |n: u32| code.insts[At::from_u32(at.as_u32() - n)].op;
        let Op::BuildTuple(count) = before(2) else { panic!("{}: closure at {at}", code.qualname) };
        for n in 0..count {
            assert!(matches!(before(3 + n), Op::LoadClosure(_)), "{}: closure at {at}", code.qualname);
        }
    }
}

#[test]
#[ignore = "needs captures of a standard library, see the file's head"]
fn standard_library_decodes() {
    let files = std::env::var("LOOPLIFT_BYTECODE_CAPTURE").expect("LOOPLIFT_BYTECODE_CAPTURE names the captures");
    let mut failed = 0;
    for file in files.split(':') {
        let capture = common::parse(&std::fs::read_to_string(file).expect("capture"));
        let (mut codes, mut insts, mut loops, mut unsupported, mut irreducible) = (0, 0, 0, 0, 0);
        let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
        let mut ops: BTreeMap<String, u32> = BTreeMap::new();
        let started = std::time::Instant::now();
        let mut decoding = std::time::Duration::ZERO;
        for (source, module) in &capture.modules {
            for raw in common::all_codes(module) {
                codes += 1;
                let before = std::time::Instant::now();
                let result = decode(&raw, &capture.opcodes);
                decoding += before.elapsed();
                let code = match result {
                    Ok(code) => code,
                    Err(error) => {
                        failed += 1;
                        if failed < 20 {
                            eprintln!("{source}: {}: {error}", raw.qualname);
                        }
                        continue;
                    }
                };
                insts += code.insts.len();
                unsupported += code.unsupported.len();
                for region in &code.regions {
                    *kinds.entry(format!("{:?}", region.kind)).or_default() += 1;
                    if region.kind == RegionKind::OtherCleanup && kinds["OtherCleanup"] < 4 {
                        eprintln!("{source}: {}: OtherCleanup", raw.qualname);
                    }
                }
                for inst in code.insts.values() {
                    let name = format!("{:?}", inst.op);
                    let name = name.split([' ', '(']).next().unwrap_or_default().to_string();
                    *ops.entry(name).or_default() += 1;
                    if let Op::Unsupported(index) = inst.op {
                        eprintln!("{source}: {}: unsupported {}", raw.qualname, code.unsupported[index as usize]);
                    }
                }
                let cfg = Cfg::new(&code);
                loops += cfg.loops.len();
                irreducible += u32::from(cfg.irreducible);
                assert!(!print::dump(&code).is_empty());
                assert_closures_are_cells(&code);
            }
        }
        eprintln!(
            "{:?}: {codes} code objects, {insts} instructions, {loops} loops, {unsupported} unsupported, \
             {irreducible} irreducible, {failed} failed; decoding {decoding:?} of {:?}\n  regions {kinds:?}\n  ops {ops:?}",
            capture.version,
            started.elapsed()
        );
        failed += unsupported;
        failed += irreducible as usize;
    }
    assert_eq!(failed, 0);
}
