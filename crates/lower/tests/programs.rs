//! Python functions through inference and lowering, run by the MIR interpreter: answers, exceptions and changed arrays are
//! what Python gives (`data/cases.py` writes the cases). Every function also passes the verifier.
//!
//! `LOOPLIFT_TEST_DUMP=name` prints the typed HIR and MIR of a function.

#[path = "../../bytecode/tests/common/mod.rs"]
mod capture;
#[path = "common/host.rs"]
mod host;
#[path = "common/machine.rs"]
mod machine;

use host::TestHost;
use machine::Program;
use std::collections::BTreeMap;

fn test_host() -> TestHost {
    let c = capture::parse(include_str!("data/cp312.txt"));
    let codes: Vec<_> = c.modules.iter().flat_map(|(_, m)| capture::all_codes(m)).collect();
    TestHost::new(&codes, &c.opcodes)
}

#[test]
fn answers_are_pythons() {
    let host = test_host();
    let only = std::env::var("LOOPLIFT_TEST_DUMP").ok();
    let mut programs: BTreeMap<String, Result<Program, String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut ran = 0;
    for line in include_str!("data/cases.txt").lines() {
        let (call, want) = line.split_once(" => ").unwrap();
        let mut parts = call.split(" ; ");
        let name = parts.next().unwrap();
        if only.as_ref().is_some_and(|o| o != name) {
            continue;
        }
        let args: Vec<&str> = parts.collect();
        let types: Vec<&str> = args.iter().map(|a| a.split('|').next().unwrap()).collect();
        let key = format!("{name}({})", types.join("; "));
        if std::env::var_os("LOOPLIFT_TEST_TRACE").is_some() {
            eprintln!("{call}");
        }
        let program = programs.entry(key).or_insert_with(|| Program::compile(&host, name, &types, only.is_some()));
        let got = match program {
            Ok(p) => p.run(&args),
            Err(e) => e.clone(),
        };
        ran += 1;
        if got != want {
            wrong.push(format!("{call}\n    got  {got}\n    want {want}"));
        }
    }
    assert!(ran > 0);
    assert!(wrong.is_empty(), "{} of {ran} differ\n{}", wrong.len(), wrong.iter().take(60).cloned().collect::<Vec<_>>().join("\n"));
}
