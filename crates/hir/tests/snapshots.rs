//! The HIR of every captured function, as text beside its expectation: `data/<source>.hir`, made from Python 3.13's
//! bytecode (`build.rs` shows that the other versions agree). `LOOPLIFT_BLESS=1` writes the files anew.

#[path = "../../bytecode/tests/common/mod.rs"]
mod common;

use std::fmt::Write;

#[test]
fn hir_of_captured_sources() {
    let captures = common::captures();
    let capture = captures.last().expect("captures are there");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    for (source, module) in &capture.modules {
        let mut text = String::new();
        for raw in common::all_codes(module) {
            let code = looplift_bytecode::decode(&raw, &capture.opcodes).expect("decodes");
            if code.flags.is_function() {
                let func = looplift_hir::build::build(&code, &capture.opcodes).expect("builds");
                let _ = writeln!(text, "{func}");
            }
        }
        let path = format!("{folder}/{source}.hir");
        if std::env::var_os("LOOPLIFT_BLESS").is_some() {
            std::fs::write(&path, &text).expect("the folder can be written");
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        let first = text.lines().zip(expected.lines()).position(|(a, b)| a != b);
        assert!(
            text == expected,
            "{path} differs from line {}; LOOPLIFT_BLESS=1 writes it anew\n  now:  {}\n  file: {}",
            first.map_or(0, |n| n + 1),
            first.and_then(|n| text.lines().nth(n)).unwrap_or("(length)"),
            first.and_then(|n| expected.lines().nth(n)).unwrap_or("(length)"),
        );
    }
}
