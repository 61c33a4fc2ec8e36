//! `docs/supported.md`: types, functions and attributes that compiled code knows, from the tables of `types` and
//! `builtins` and the index of the library.

use looplift_builtins::table::{ALIASES, ARRAY_ATTRS, ArrayAttr, FUNCTIONS};
use looplift_types::Stream;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Types that are no scalars, by an example, and what they hold.
pub const TYPES: &[(&str, &str)] = &[
    ("array(float64, 2d, C)", "arrays of numbers or bools, C or Fortran contiguous (`C`, `F`) or with any strides (`A`); also `readonly` ones"),
    ("UniTuple(int64 x 3)", "tuples of one type"),
    ("Tuple(int64, float64)", "tuples of several types"),
    ("OptionalType(int64)", "a value or `None`"),
    ("NumPyRandomGeneratorType", "`numpy.random.Generator`"),
    ("PythonRandomType", "`random.Random`"),
    ("NumPyRandomGeneratorObject", "a global `numpy.random.Generator`"),
    ("NumPyRandomStateType", "`numpy.random.RandomState`"),
    ("none", "`None`"),
];

/// Kinds of names in the library: modules, and objects that have methods.
pub const TITLES: &[(&str, &str)] = &[
    ("builtins", "Built-in functions"),
    ("operator", "`operator`"),
    ("math", "`math`"),
    ("cmath", "`cmath`"),
    ("random", "`random`"),
    ("functools", "`functools`"),
    ("bisect", "`bisect`"),
    ("heapq", "`heapq`"),
    ("collections", "`collections`"),
    ("itertools", "`itertools`"),
    ("statistics", "`statistics`"),
    ("numpy", "NumPy"),
    ("scipy", "SciPy"),
    ("array", "Methods of arrays"),
    ("list", "Methods of lists"),
    ("set", "Methods of sets"),
    ("dict", "Methods of dicts"),
    ("dictview", "Methods of views of dicts"),
    ("tuple", "Methods of tuples"),
    ("namedtuple", "Methods of named tuples"),
    ("range", "Methods of ranges"),
    ("iterator", "Operators of iterators"),
    ("pointer", "Pointers"),
    ("_struct", "`struct`"),
    ("slice", "Methods of slices"),
    ("integer", "Methods of integers"),
    ("float", "Methods of floats"),
    ("complex", "Methods of complex numbers"),
    ("boolean", "Methods of bools"),
    ("datetime", "Methods of datetimes"),
    ("timedelta", "Methods of time differences"),
    ("time", "Methods of datetimes and time differences"),
    ("record", "Methods of records"),
    ("enum", "Members of enumerations"),
    ("int_enum", "Members of integer enumerations"),
    ("generator", "Methods of `numpy.random.Generator`"),
    ("python_random", "Methods of `random.Random` objects, by calls of Python"),
    ("generator_object", "Methods of `numpy.random.Generator` objects that are global variables, by calls of Python"),
    ("random_state", "Methods of `numpy.random.RandomState` objects, by calls of Python"),
    ("ufunc", "Methods of ufuncs"),
    ("function", "Functions and classes as values"),
    ("general", "Values of any type"),
    ("option", "Options of functions"),
    ("object", "Plain objects"),
    ("looplift", "looplift"),
];

/// The names in `_index.py`: the words with a dot in its strings.
pub fn library_names(index: &str) -> Vec<String> {
    let after_docstring = index.splitn(3, "\"\"\"").nth(2).unwrap_or(index);
    let strings = after_docstring.split('"').skip(1).step_by(2);
    strings.flat_map(str::split_whitespace).filter(|w| w.contains(['.', '@'])).map(str::to_string).collect()
}

/// The page, given the names of the library.
pub fn page(library: &[String]) -> String {
    let mut sections: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let compiler = FUNCTIONS.iter().map(|row| row.0).chain(ALIASES.iter().map(|row| row.0));
    for name in compiler.chain(library.iter().map(String::as_str)) {
        if let Some((kind, last)) = name.split_once(['.', '@']) {
            sections.entry(kind).or_default().insert(last);
        }
    }
    for (kind, stream) in [("python_random", Stream::Random), ("random_state", Stream::RandomState), ("generator_object", Stream::Generator)] {
        sections.entry(kind).or_default().extend(looplift_builtins::streams::methods(stream).map(|m| m.name));
    }
    let (methods, attributes): (Vec<_>, Vec<_>) = ARRAY_ATTRS.iter().copied().partition(|row| matches!(row.1, ArrayAttr::Method(_)));
    sections.entry("array").or_default().extend(methods.iter().map(|row| row.0));

    let mut page = String::from(
        "# What compiled code knows\n\nWritten by `cargo run -p looplift-xtask` from the compiler's tables and the library's index.\n\
         A name here is supported for the types and arguments that its implementation takes; others are a `TypingError` that says so.\n\
         NumPy's ufuncs and the operators take numbers and whole arrays, with broadcasting.\n\n\
         ## Types\n\n| type | other names in signatures |\n|---|---|\n",
    );
    for (ty, names) in scalars() {
        let _ = writeln!(page, "| `{ty}` | {} |", list(names.into_iter()));
    }
    page.push_str("\n| type, for example | holds |\n|---|---|\n");
    for (text, what) in TYPES {
        let _ = writeln!(page, "| `{text}` | {what} |");
    }
    page.push_str("\nNamed tuples, ranges, slices, `enumerate`, `zip` and `reversed` have types too; exceptions can be made and raised.\n`float16` computes in single precision and is rounded where it is stored.\n");
    for &(kind, title) in TITLES {
        if let Some(names) = sections.get(kind) {
            let _ = write!(page, "\n## {title}\n\n{}\n", list(names.iter().copied()));
        }
        if kind == "array" {
            let names: BTreeSet<&str> = attributes.iter().map(|row| row.0).collect();
            let _ = write!(page, "\n## Attributes of arrays\n\n{}\n", list(names.into_iter()));
        }
    }
    page
}

/// Scalar types in the order of the table of names, each with its other names.
fn scalars() -> Vec<(String, Vec<&'static str>)> {
    let mut rows: Vec<(String, Vec<&'static str>)> = Vec::new();
    for (name, ..) in looplift_types::NAMES {
        let Some(ty) = looplift_types::scalar_named(name) else {
            continue;
        };
        let text = ty.to_string();
        if ty.is_none() || !ty.is_number() {
            continue;
        }
        let row = match rows.iter().position(|row| row.0 == text) {
            Some(at) => at,
            None => {
                rows.push((text.clone(), Vec::new()));
                rows.len() - 1
            }
        };
        if *name != text {
            rows[row].1.push(name);
        }
    }
    rows
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ")
}
