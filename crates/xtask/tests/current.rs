//! The committed pages are what the tables say.

use looplift_xtask::supported::{TITLES, TYPES, library_names};

#[test]
fn pages_are_current() {
    for (path, text) in looplift_xtask::pages().unwrap() {
        let committed = std::fs::read_to_string(looplift_xtask::root().join(path)).unwrap();
        assert!(committed == text, "{path} is out of date: run `cargo run -p looplift-xtask`");
    }
}

#[test]
fn index_is_read() {
    let names = library_names("\"\"\"Which module: a.b\"\"\"\n_N = {\n    \"m\": (\n        \"numpy.a numpy.b \"\n        \"array.c\"\n    ),\n}\n");
    assert_eq!(names, ["numpy.a", "numpy.b", "array.c"]);
}

#[test]
fn every_name_of_the_library_has_a_section() {
    for (path, text) in looplift_xtask::pages().unwrap() {
        assert_eq!(path, "docs/supported.md");
        let index = std::fs::read_to_string(looplift_xtask::root().join("python/looplift/library/_index.py")).unwrap();
        for name in library_names(&index) {
            let (kind, last) = name.split_once(['.', '@']).unwrap();
            assert!(TITLES.iter().any(|t| t.0 == kind), "{name}: add a section for `{kind}`");
            assert!(text.contains(&format!("`{last}`")), "{name} is missing");
        }
    }
}

#[test]
fn types_parse_and_print_back() {
    for (text, _) in TYPES {
        let ty = looplift_types::parse_type(text).unwrap();
        assert_eq!(ty.to_string(), *text);
    }
}
