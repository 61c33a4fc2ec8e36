//! Construction over the decoder's captured sources: verifies, prints, parses back, and one source gives one HIR.

#[path = "../../bytecode/tests/common/mod.rs"]
mod common;

use looplift_hir::{Function, Op, build::build, parse::parse};
use std::collections::BTreeMap;

/// HIR of every function of the captures of one version, by source and qualified name.
fn functions(capture: &common::Capture) -> BTreeMap<String, Result<Function, String>> {
    let mut all = BTreeMap::new();
    for (source, module) in &capture.modules {
        for raw in common::all_codes(module) {
            let code = looplift_bytecode::decode(&raw, &capture.opcodes).expect("decodes");
            if !code.flags.is_function() {
                continue;
            }
            let key = format!("{source}:{}:{}", raw.qualname, raw.firstlineno);
            all.insert(key, build(&code, &capture.opcodes).map_err(|e| e.to_string()));
        }
    }
    all
}

#[test]
fn every_function_builds_and_verifies() {
    for capture in common::captures() {
        let all = functions(&capture);
        assert!(all.len() > 50, "captures are there");
        for (name, f) in all {
            let f = f.unwrap_or_else(|e| panic!("{:?} {name}: {e}", capture.version));
            looplift_hir::verify::verify(&f).unwrap_or_else(|e| panic!("{:?} {name}: {e:?}\n{f}", capture.version));
        }
    }
}

#[test]
fn text_round_trips() {
    for capture in common::captures() {
        for (name, f) in functions(&capture) {
            let text = f.expect("builds").to_string();
            if text.contains(" code \"") {
                continue;
            }
            let again = parse(&text).unwrap_or_else(|e| panic!("{name}: {e}\n{text}"));
            assert_eq!(again.to_string(), text, "{name}");
        }
    }
}

/// The text without positions and with blocks and values renumbered in layout order.
fn canonical(f: &Function) -> String {
    let text = f.to_string();
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut out = String::new();
    for line in text.lines() {
        let line = line.split(" @").next().unwrap_or(line);
        let mut rest = line;
        while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic()) {
            let (before, word) = rest.split_at(start);
            out.push_str(before);
            let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
            let (word, after) = word.split_at(end);
            let digits = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            let kind = &word[..word.len() - digits.len()];
            if !digits.is_empty() && (kind == "v" || kind == "block") && digits.chars().all(|c| c.is_ascii_digit()) {
                let next = names.keys().filter(|k| k.starts_with(kind)).count();
                let n = *names.entry(word.to_owned()).or_insert(next);
                out.push_str(&format!("{kind}{n}"));
            } else {
                out.push_str(word);
            }
            rest = after;
        }
        out.push_str(rest);
        out.push('\n');
    }
    out
}

#[test]
fn versions_agree() {
    let captures = common::captures();
    let by_version: Vec<_> = captures.iter().map(|c| (c.version, functions(c))).collect();
    let (_, newest) = &by_version[by_version.len() - 1];
    let mut different = Vec::new();
    let mut compared = 0;
    for name in newest.keys() {
        let texts: Vec<Option<String>> = by_version.iter().map(|(_, all)| all.get(name).map(|f| canonical(f.as_ref().expect("builds")))).collect();
        let present: Vec<&String> = texts.iter().flatten().collect();
        compared += 1;
        if present.iter().any(|t| *t != present[0]) {
            different.push(name.clone());
            if std::env::var("LOOPLIFT_SHOW").is_ok_and(|s| name.contains(&s)) {
                for (t, (v, _)) in texts.iter().zip(&by_version) {
                    eprintln!("{v:?}\n{}", t.as_deref().unwrap_or("-"));
                }
            }
        }
    }
    eprintln!("{compared} functions compared, {} differ", different.len());
    let known: Vec<&str> = KNOWN_DIFFERENT.iter().map(|(n, _)| *n).collect();
    let unknown: Vec<&String> = different.iter().filter(|d| !known.iter().any(|k| d.starts_with(k))).collect();
    assert!(unknown.is_empty(), "differ between versions: {unknown:#?}");
    let fixed: Vec<&&str> = known.iter().filter(|k| !different.iter().any(|d| d.starts_with(**k))).collect();
    assert!(fixed.is_empty(), "no longer differ, drop from the table: {fixed:#?}");
}

/// Functions whose HIR differs between versions, each with its reason.
const KNOWN_DIFFERENT: &[(&str, &str)] = &[
    ("expressions:and_or:", "3.11 jumps past the second truth test of a short-circuit value"),
    ("expressions:or_and:", "3.11 jumps past the second truth test of a short-circuit value"),
    ("expressions:bool_value:", "3.11 jumps past the second truth test of a short-circuit value"),
    ("expressions:slices:", "3.11 builds the slice of an augmented assignment once, later versions twice"),
    ("expressions:strings:", "`%` formatting becomes an f-string in later versions"),
    ("expressions:strings_conversion_and_spec:", "conversion and format specification are one operation before 3.13"),
    ("functions:async_comp:", "an asynchronous comprehension stays a function on 3.11"),
    ("functions:comp_in_try:", "an inlined comprehension of 3.12 has a clean-up handler"),
    ("functions:list_comp_captures:", "order of equal operations"),
    ("functions:match_values:", "tails are shared by one compiler, repeated by another"),
    ("loops:while_else:", "tails are shared by one compiler, repeated by another"),
];

#[test]
fn comprehensions_are_inlined() {
    for capture in common::captures() {
        for (name, f) in functions(&capture) {
            let f = f.expect("builds");
            for inst in f.insts.values() {
                if let Op::MakeFunction { code: looplift_hir::Const::Code(code), .. } = &inst.op {
                    assert!(!code.name.ends_with("comp>") || f.is_coroutine, "{:?} {name} keeps {}", capture.version, code.name);
                }
            }
        }
    }
}
