//! Runs all text tests below `tests/mir` and `tests/opt`.

use std::path::Path;

fn all(folder: &str) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let files = looplift_filetests::files(&dir);
    assert!(!files.is_empty(), "no tests in {}", dir.display());
    let failures: Vec<String> = files.iter().filter_map(|f| looplift_filetests::check(f).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn mir_text() {
    all("mir");
}

#[test]
fn run_lines() {
    all("run");
}

#[test]
fn opt_passes() {
    all("opt");
}

#[test]
fn every_pass_has_text_tests() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/opt");
    let missing: Vec<&str> =
        looplift_opt::pipeline::PIPELINE.iter().map(|p| p.name).filter(|name| looplift_filetests::files(&dir.join(name)).is_empty()).collect();
    assert!(missing.is_empty(), "passes without a folder in {}: {missing:?}", dir.display());
}
