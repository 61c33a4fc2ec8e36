//! Text tests: a file holds cases; a case is an input and the text expected from it, side by side.
//!
//! ```text
//! ; test: gvn dce          what to do with the input: passes by name, or `print`, or `verify`
//! function "f" { … }
//! ----
//! function "f" { … }       expected; refreshed by LOOPLIFT_BLESS=1
//! ====
//! ; test: …                next case
//! ```
//! The functions of an input see each other as callees: a callee's key is the function's position in the input.
//! `print` checks that the text prints back; `verify` expects the verifier's messages. `; run:` lines (module [`run`])
//! are executed besides; `; test: run …` does only that, without text to expect.

pub mod generate;
pub mod run;

use looplift_mir::Function;
use looplift_mir::parse::parse_functions;
use looplift_mir::verify::verify;
use looplift_opt::pipeline::{self, PassCx};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One case of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    pub input: String,
    pub expected: String,
}

/// Splits a file into cases.
pub fn split(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let (mut input, mut expected, mut second) = (String::new(), String::new(), false);
    for line in text.lines().chain(["===="]) {
        match line {
            "----" => second = true,
            "====" => {
                if !input.trim().is_empty() {
                    cases.push(Case { input: input.trim_matches('\n').to_string(), expected: expected.trim_end().to_string() });
                }
                (input, expected, second) = Default::default();
            }
            _ => {
                let part = if second { &mut expected } else { &mut input };
                part.push_str(line);
                part.push('\n');
            }
        }
    }
    cases
}

fn join(cases: &[Case]) -> String {
    let parts: Vec<String> = cases.iter().map(|c| format!("{}\n----\n{}\n", c.input.trim_end(), c.expected.trim_end())).collect();
    parts.join("====\n")
}

/// The values of the directives `; name: value` in a case.
pub fn directives<'a>(input: &'a str, name: &str) -> Vec<&'a str> {
    input
        .lines()
        .filter_map(|l| l.trim().strip_prefix(';'))
        .filter_map(|l| l.trim().strip_prefix(name)?.trim_start().strip_prefix(':'))
        .map(str::trim)
        .collect()
}

/// The text a case gives.
pub fn output(input: &str) -> Result<String, String> {
    let funcs = parse_functions(input).map_err(|e| e.to_string())?;
    let mut out = String::new();
    let what: Vec<&str> = directives(input, "test").into_iter().flat_map(str::split_whitespace).collect();
    if what.is_empty() {
        return Err("no `; test:` line".into());
    }
    if what == ["verify"] {
        for f in &funcs {
            match verify(f) {
                Ok(()) => out.push_str("valid\n"),
                Err(e) => writeln!(out, "{e}").map_err(|e| e.to_string())?,
            }
        }
        return Ok(out);
    }
    if let Some((&"run", passes)) = what.split_first() {
        run::check_lines(&directives(input, "run"), &funcs, passes)?;
        return Ok(out);
    }
    let bodies: Vec<Arc<Function>> = funcs.iter().cloned().map(Arc::new).collect();
    for mut f in funcs {
        if what != ["print"] {
            optimise(&mut f, &what, &bodies)?;
        }
        let text = f.to_string();
        let back = looplift_mir::parse::parse_function(&text).map_err(|e| format!("the printed text does not parse: {e}\n{text}"))?;
        if back.to_string() != text {
            return Err(format!("the text does not round-trip:\n{text}\n{back}"));
        }
        out.push_str(&text);
    }
    let passes = if what == ["print"] { &[][..] } else { &what };
    run::check_lines(&directives(input, "run"), &bodies.iter().map(|b| (**b).clone()).collect::<Vec<_>>(), passes)?;
    Ok(out)
}

/// Runs passes by name (`pipeline`: all of them), verifying around each.
pub fn optimise(f: &mut Function, passes: &[&str], bodies: &[Arc<Function>]) -> Result<(), String> {
    let callee_body = |key: u32| bodies.get(key as usize).cloned();
    let mut cx = PassCx { callee_body: &callee_body, vectors: Some(looplift_codegen::Isa::Avx512) };
    verify(f).map_err(|e| format!("invalid input: {e}"))?;
    for &name in passes {
        if name == "pipeline" {
            let options = pipeline::Options { verify: true, ..Default::default() };
            pipeline::run(f, &options, &mut cx, &mut |_, _| {}).map_err(|e| e.to_string())?;
            continue;
        }
        let pass = pipeline::find_pass(name).ok_or_else(|| format!("no pass {name}"))?;
        let before = f.to_string();
        let changed = (pass.run)(f, &mut cx);
        verify(f).map_err(|e| format!("invalid after {name}: {e}\n{f}"))?;
        if changed == pipeline::Changed::No && f.to_string() != before {
            return Err(format!("{name} changed the function and denies it"));
        }
    }
    Ok(())
}

/// The test files below a folder, in order of name.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut todo = vec![dir.to_path_buf()];
    while let Some(d) = todo.pop() {
        for e in std::fs::read_dir(&d).into_iter().flatten().flatten() {
            let p = e.path();
            if p.is_dir() {
                todo.push(p);
            } else if p.extension().is_some_and(|x| x == "mir") {
                out.push(p);
            }
        }
    }
    out.sort();
    out
}

/// Checks one file; with `LOOPLIFT_BLESS=1` rewrites what is expected.
pub fn check(path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let mut cases = split(&text);
    let bless = std::env::var("LOOPLIFT_BLESS").is_ok_and(|v| v == "1");
    for (n, c) in cases.iter_mut().enumerate() {
        let got = output(&c.input).map_err(|e| format!("{} case {}: {e}", path.display(), n + 1))?;
        let got = got.trim_end();
        if bless {
            c.expected = got.to_string();
        } else if got != c.expected {
            return Err(format!("{} case {}:\n{}\n--- expected\n{}\n--- got\n{got}", path.display(), n + 1, c.input, c.expected));
        }
    }
    if bless {
        std::fs::write(path, join(&cases)).map_err(|e| e.to_string())?;
    }
    Ok(())
}
