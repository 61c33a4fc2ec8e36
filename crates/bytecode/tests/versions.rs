//! One set of sources, captured on every version, gives one neutral text; what differs is listed with its reason.
//!
//! The text of the newest version is kept in `testdata/neutral.txt`; `LOOPLIFT_BLESS=1` rewrites it.

mod common;

use common::canonical;
use looplift_bytecode::decode;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Why versions compile a function to different operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    /// 3.11 compiles a comprehension to a function of its own, 3.12+ inlines it.
    Comprehension,
    /// `and` inside `or`: 3.11 threads the first test to the second one's outcome, 3.12+ tests the value again.
    RepeatedTest,
    /// 3.13 folds `not not x` to a conversion.
    DoubleNot,
    /// `a[i:j] += …`: 3.11 makes one slice object and keeps it, 3.12+ keep the bounds.
    AugmentedSlice,
    /// 3.12 appends an empty string after `f"{a=}"`'s last field; 3.11 and 3.13 do not.
    EmptyStringPart,
    /// `f"{a!r:{spec}}"`: 3.13 converts before it evaluates the specification.
    ConversionOrder,
    /// `except*`: 3.11, 3.12 and 3.13 build the list of what is left at different places.
    ExceptStar,
    /// 3.13 class bodies set `__firstlineno__` and `__static_attributes__`.
    ClassAttributes,
    /// 3.12+ spell `super().x` as one operation.
    SuperAttr,
}

/// Functions that differ: source, qualified name, reason.
const EXCEPTIONS: &[(&str, &str, Why)] = &[
    ("exceptions", "groups", Why::ExceptStar),
    ("expressions", "and_or", Why::RepeatedTest),
    ("expressions", "bool_value", Why::DoubleNot),
    ("expressions", "or_and", Why::RepeatedTest),
    ("expressions", "slices", Why::AugmentedSlice),
    ("expressions", "strings", Why::EmptyStringPart),
    ("expressions", "strings_conversion_and_spec", Why::ConversionOrder),
    ("functions", "async_comp", Why::Comprehension),
    ("functions", "classes.<locals>.C", Why::ClassAttributes),
    ("functions", "classes.<locals>.C.m", Why::SuperAttr),
    ("functions", "classes.<locals>.C.p", Why::SuperAttr),
    ("functions", "comp_as_argument", Why::Comprehension),
    ("functions", "comp_in_try", Why::Comprehension),
    ("functions", "dict_set_comp", Why::Comprehension),
    ("functions", "list_comp", Why::Comprehension),
    ("functions", "list_comp_captures", Why::Comprehension),
    ("functions", "nested_comp", Why::Comprehension),
    ("functions", "two_fors", Why::Comprehension),
    ("modules", "<module>", Why::Comprehension),
    ("modules", "K", Why::ClassAttributes),
];

/// (source, qualified name) → version → text, several functions of one name joined in order.
type Texts = BTreeMap<(String, String), BTreeMap<(u8, u8), String>>;

fn texts() -> Texts {
    let mut texts = Texts::new();
    for capture in common::captures() {
        for (source, module) in &capture.modules {
            for raw in common::all_codes(module) {
                let code = decode(&raw, &capture.opcodes).unwrap_or_else(|e| panic!("{}: {e}", raw.qualname));
                assert!(code.unsupported.is_empty(), "{}: {:?}", raw.qualname, code.unsupported);
                texts.entry((source.clone(), raw.qualname.clone())).or_default().entry(capture.version).or_default().push_str(&canonical::text(&code));
            }
        }
    }
    texts
}

#[test]
fn versions_agree() {
    let versions = common::captures().len();
    let texts = texts();
    let mut differing: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut compared = 0;
    for ((source, name), by_version) in &texts {
        // A function that only some versions have is (or is inside) a comprehension of 3.11's.
        if by_version.len() < versions {
            assert!(name.contains("comp>") || name.contains("_captures.<locals>.<lambda>"), "{source} {name}");
            continue;
        }
        compared += 1;
        let distinct: BTreeSet<&String> = by_version.values().collect();
        if distinct.len() > 1 {
            differing.insert((source, name));
        }
    }
    let listed: BTreeSet<(&str, &str)> = EXCEPTIONS.iter().map(|&(source, name, _)| (source, name)).collect();
    let mut count: BTreeMap<Why, u32> = BTreeMap::new();
    for (_, _, why) in EXCEPTIONS {
        *count.entry(*why).or_default() += 1;
    }
    eprintln!("{compared} functions on {versions} versions, {} differ: {count:?}", differing.len());
    assert_eq!(differing, listed, "functions that differ between versions (left), listed (right)");
}

#[test]
fn newest_version_is_as_recorded() {
    let mut text = String::new();
    for ((source, name), by_version) in texts() {
        if let Some(body) = by_version.get(&(3, 13)) {
            let _ = write!(text, "== {source} {name}\n{body}");
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/neutral.txt");
    if std::env::var_os("LOOPLIFT_BLESS").is_some() {
        std::fs::write(path, &text).expect("neutral.txt is writable");
    }
    let recorded = std::fs::read_to_string(path).expect("testdata/neutral.txt");
    for (line, (now, then)) in text.lines().zip(recorded.lines()).enumerate() {
        assert_eq!(now, then, "neutral.txt line {}", line + 1);
    }
    assert_eq!(text.len(), recorded.len());
}
