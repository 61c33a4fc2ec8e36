//! One set of sources, captured on every version, gives one neutral text; what differs is listed with its reason.

mod common;

use common::canonical;
use looplift_bytecode::decode;
use std::collections::BTreeMap;

#[test]
fn versions_agree() {
    let captures = common::captures();
    // (source, qualified name, ordinal among equals) → text per version.
    let mut texts: BTreeMap<(String, String), BTreeMap<(u8, u8), String>> = BTreeMap::new();
    for capture in &captures {
        for (source, module) in &capture.modules {
            for raw in common::all_codes(module) {
                let code = decode(&raw, &capture.opcodes).unwrap_or_else(|e| panic!("{}: {e}", raw.qualname));
                assert!(code.unsupported.is_empty(), "{}: {:?}", raw.qualname, code.unsupported);
                texts
                    .entry((source.clone(), raw.qualname.clone()))
                    .or_default()
                    .entry(capture.version)
                    .or_default()
                    .push_str(&canonical::text(&code));
            }
        }
    }
    let mut differing = Vec::new();
    for ((source, name), by_version) in &texts {
        let pairs: Vec<_> = by_version.iter().collect();
        let same = |a: usize, b: usize| pairs.get(a).map(|p| p.1) == pairs.get(b).map(|p| p.1);
        if !(same(0, 1) && same(1, 2)) {
            differing.push(format!("{source} {name} {}{}", u8::from(same(0, 1)), u8::from(same(1, 2))));
            if std::env::var("SHOW").is_ok_and(|s| s == *name) {
                for (v, t) in pairs {
                    eprintln!("== {v:?}\n{t}");
                }
            }
        }
    }
    eprintln!("{} of {}\n{}", differing.len(), texts.len(), differing.join("\n"));
}
