//! Rules of the house that no compiler checks: module heads, file sizes, crate borders, where unsafe code lives.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, ending: &str, out: &mut Vec<PathBuf>) {
    let mut work = vec![folder.to_path_buf()];
    while let Some(dir) = work.pop() {
        for entry in fs::read_dir(&dir).expect("folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                work.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                out.push(path);
            }
        }
    }
    out.sort();
}

fn rust() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    sources(&looplift_xtask::root().join("crates"), "rs", &mut files);
    files.into_iter().map(|p| (p.clone(), fs::read_to_string(p).expect("readable"))).collect()
}

/// One idea a file: past this length there are two.
const MAX_LINES: usize = 900;

#[test]
fn modules_open_with_a_description_and_stay_short() {
    let mut wrong = Vec::new();
    for (path, text) in rust() {
        if !text.starts_with("//!") {
            wrong.push(format!("{}: no //! at its head", path.display()));
        }
        let lines = text.lines().count();
        if lines > MAX_LINES {
            wrong.push(format!("{}: {lines} lines", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn library_modules_open_with_a_docstring() {
    let mut files = Vec::new();
    sources(&looplift_xtask::root().join("python"), "py", &mut files);
    let wrong: Vec<_> = files
        .iter()
        .filter(|p| {
            let text = fs::read_to_string(p).expect("readable");
            !text.is_empty() && !text.starts_with("\"\"\"")
        })
        .collect();
    assert!(wrong.is_empty(), "no docstring: {wrong:#?}");
}

/// Crates that may use what, by the invariants of `docs/architecture.md`.
#[test]
fn crates_keep_to_their_side() {
    let borders: &[(&str, &[&str])] = &[
        ("cranelift_codegen", &["codegen", "filetests"]),
        ("cranelift_frontend", &["codegen"]),
        ("pyo3", &["capi", "python"]),
        ("numpy::", &["capi", "python"]),
        ("looplift_bytecode", &["bytecode", "hir", "driver", "capi", "python", "infer", "lower"]),
    ];
    let crates = looplift_xtask::root().join("crates");
    let mut wrong = Vec::new();
    for (path, text) in rust() {
        let Some(name) = path.strip_prefix(&crates).ok().and_then(|p| p.iter().next()).and_then(|n| n.to_str()) else { continue };
        if name == "xtask" {
            continue;
        }
        for (what, allowed) in borders {
            let used = text.lines().any(|l| {
                let code = l.split("//").next().unwrap_or("");
                code.contains(&format!("use {what}")) || code.contains(&format!("{what}::"))
            });
            if used && !allowed.contains(&name) {
                wrong.push(format!("{}: uses {what}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn unsafe_code_has_an_address() {
    let allowed = ["abi", "numerics", "runtime", "capi", "codegen", "python", "filetests"];
    let crates = looplift_xtask::root().join("crates");
    let mut wrong = Vec::new();
    for (path, text) in rust() {
        let name = path.strip_prefix(&crates).ok().and_then(|p| p.iter().next()).and_then(|n| n.to_str()).unwrap_or("").to_owned();
        let has = text.lines().any(|l| l.split("//").next().unwrap_or("").split_whitespace().collect::<Vec<_>>().windows(2).any(|w| w == ["unsafe", "{"]));
        if has && !allowed.contains(&name.as_str()) && name != "xtask" {
            wrong.push(path);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
