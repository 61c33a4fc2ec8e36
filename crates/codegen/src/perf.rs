//! Symbols for profilers: `/tmp/perf-PID.map`, a line for each function, read by `perf report` for this process.
//! Entries are only ever added (the file format has no removal); a later line for the same addresses wins.

use std::fs::OpenOptions;
use std::io::Write;

/// Adds functions as (address, size, name). Failing to write is ignored: the map is only a convenience.
pub(crate) fn register(functions: &[(usize, usize, &str)]) {
    let path = format!("/tmp/perf-{}.map", std::process::id());
    let mut text = String::new();
    for (address, size, name) in functions {
        let name = name.replace('\n', " ");
        text.push_str(&format!("{address:x} {size:x} looplift::{name}\n"));
    }
    if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(path) {
        // One write, so that lines of several threads do not mix.
        let _ = file.write_all(text.as_bytes());
    }
}
