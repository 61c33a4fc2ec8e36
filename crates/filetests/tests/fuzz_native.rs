//! Generated functions: machine code against the interpreter, as generated and after the optimiser.
//! `LOOPLIFT_FUZZ=n` sets the number of programs, `LOOPLIFT_FUZZ_SEED=n` the first seed.

use looplift_filetests::generate::{Rng, program};
use looplift_filetests::optimise;
use looplift_filetests::run::{Ending, Native, interpret};
use looplift_mir::verify::verify;
use looplift_mir::{Function, Ty};
use std::sync::Arc;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

fn text(funcs: &[Function]) -> String {
    funcs.iter().map(ToString::to_string).collect()
}

#[test]
fn machine_code_does_what_the_interpreter_does() {
    let (count, first) = (number("LOOPLIFT_FUZZ", 150), number("LOOPLIFT_FUZZ_SEED", 1));
    let (mut returned, mut raised) = (0, 0);
    for seed in first..first + count {
        let mut r = Rng::new(seed);
        let funcs = program(&mut r, 3);
        for f in &funcs {
            verify(f).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{f}"));
        }
        let bodies: Vec<Arc<Function>> = funcs.iter().cloned().map(Arc::new).collect();
        let mut optimised = funcs.clone();
        for f in &mut optimised {
            optimise(f, &["pipeline"], &bodies).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{}", text(&funcs)));
        }
        let plain = Native::new(&funcs).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{}", text(&funcs)));
        let better = Native::new(&optimised).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{}", text(&optimised)));
        for (n, f) in funcs.iter().enumerate() {
            let params: Vec<Ty> = f.blocks[f.entry()].params.iter().map(|&p| f.ty(p)).collect();
            for _ in 0..6 {
                let args: Vec<u64> = params.iter().map(|&ty| r.word(ty)).collect();
                let expected = interpret(&funcs, n, &args, 200_000).unwrap_or_else(|e| panic!("seed {seed}: {}\n{}", e.0, text(&funcs)));
                match expected {
                    Ending::Return(_) => returned += 1,
                    _ => raised += 1,
                }
                for (how, native, code) in [("as generated", &plain, &funcs), ("optimised", &better, &optimised)] {
                    let got = native.call(n, &args);
                    assert!(got.agrees(&expected, &f.rets), "seed {seed}, f{n}{args:x?}, {how}: native {got:x?}, interpreter {expected:x?}\n{}", text(code));
                }
            }
        }
    }
    assert!(returned > count && raised > 0, "{returned} returned, {raised} raised");
}
