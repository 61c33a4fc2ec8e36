//! What functions return for argument types, or which error they give: a table over captured sources.
//!
//! `LOOPLIFT_TEST_DUMP=name` prints the typed HIR of a function.

#[path = "../../bytecode/tests/common/mod.rs"]
mod capture;
#[path = "common/host.rs"]
mod host;

use host::TestHost;
use looplift_infer::{Callee, NothingCompiled, dump, infer};
use looplift_types::{Ty, parse_type};

fn test_host() -> TestHost {
    let c = capture::parse(include_str!("data/cp312.txt"));
    let codes: Vec<_> = c.modules.iter().flat_map(|(_, m)| capture::all_codes(m)).collect();
    TestHost::new(&codes, &c.opcodes)
}

/// Splits at commas outside of brackets.
fn parse_types(text: &str) -> Vec<Ty> {
    let mut out = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (i, c) in text.char_indices().chain([(text.len(), ',')]) {
        match c {
            '(' | '[' | '<' => depth += 1,
            ')' | ']' | '>' => depth -= 1,
            ',' if depth == 0 => {
                if !text[start..i].trim().is_empty() {
                    out.push(parse_type(&text[start..i]).unwrap());
                }
                start = i + 1;
            }
            _ => {}
        }
    }
    out
}

fn outcome(host: &TestHost, name: &str, args: &str) -> String {
    let source = host.functions.get(name).unwrap_or_else(|| panic!("no function {name}"));
    let show = std::env::var("LOOPLIFT_TEST_DUMP").is_ok_and(|n| n == name);
    match infer(host, &NothingCompiled, source, &parse_types(args)) {
        Ok(p) => {
            if let Err(e) = looplift_infer::verify::verify(&p) {
                panic!("{name}({args}): {e:#?}\n{}", dump::program(&p));
            }
            if show {
                eprintln!("{}", dump::program(&p));
            }
            match &p.functions[0] {
                Callee::Inferred(f) => f.ret.to_string(),
                Callee::Compiled { .. } => "compiled".into(),
            }
        }
        Err(d) => {
            if show {
                eprintln!("{d:#?}");
            }
            let message = d.message.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("{} line {}: {message}", d.code, d.span.line)
        }
    }
}

#[test]
fn table() {
    let host = test_host();
    let mut wrong = Vec::new();
    for line in include_str!("data/table.txt").lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')) {
        let (call, want) = line.split_once(" => ").unwrap_or((line, "?"));
        let (name, args) = call.split_once('(').unwrap();
        let got = outcome(&host, name.trim(), args.trim().strip_suffix(')').unwrap());
        if got != want.trim() {
            wrong.push(format!("{call} => {got}\n      want {want}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Result types of indexing, by layout and dimension.
#[test]
fn indexing() {
    let host = test_host();
    let mut wrong = Vec::new();
    for line in include_str!("data/index_table.txt").lines().filter(|l| !l.starts_with('#')) {
        let (call, want) = line.split_once(" => ").unwrap();
        let (name, args) = call.split_once('(').unwrap();
        let got = outcome(&host, name, args.strip_suffix(')').unwrap());
        if got != want && !(want == "ERR" && got.starts_with("LL02")) {
            wrong.push(format!("{call} => {got}\n      want {want}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Typing is a function of its input, and its dump names no address.
#[test]
fn dumps_are_stable() {
    let run = || {
        let host = test_host();
        let p = infer(&host, &NothingCompiled, &host.functions["call_defaults"], &[Ty::int64()]).unwrap();
        dump::program(&p)
    };
    let first = run();
    assert_eq!(first, run());
    assert!(first.contains(":: float64 = ") && !first.contains("0x"), "{first}");
}

/// Every captured function of the decoder's tests, for every combination of a few argument types: an answer that verifies,
/// or a diagnostic with a place.
#[test]
fn nothing_panics() {
    let types = ["int64", "float64", "array(float64, 2d, C)", "Tuple(int64, float64)", "none"].map(|t| parse_type(t).unwrap());
    let (mut typed, mut refused) = (0, 0);
    for c in capture::captures() {
        let codes: Vec<_> = c.modules.iter().flat_map(|(_, m)| capture::all_codes(m)).collect();
        let host = TestHost::new(&codes, &c.opcodes);
        for (name, source) in &host.functions {
            let n = source.hir.sig.names.len();
            for k in 0..types.len().pow(n.min(3) as u32) {
                let args: Vec<Ty> = (0..n).map(|i| types[k / types.len().pow(i.min(2) as u32) % types.len()]).collect();
                match infer(&host, &NothingCompiled, source, &args) {
                    Ok(p) => {
                        looplift_infer::verify::verify(&p).unwrap_or_else(|e| panic!("{name}{args:?}: {e:#?}\n{}", dump::program(&p)));
                        typed += 1;
                    }
                    Err(d) => {
                        // These tests run without the library in Python.
                        let without_library = d.message.starts_with("looplift.library.");
                        assert!(d.span.line > 0 && (without_library || d.kind != looplift_infer::DiagnosticKind::Internal), "{name}{args:?}: {d:?}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(typed > 200 && refused > 200, "{typed} typed, {refused} refused");
}
