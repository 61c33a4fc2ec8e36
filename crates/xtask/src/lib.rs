//! Pages of `docs/` that are written from the compiler's tables. `cargo run -p looplift-xtask` writes them; a test compares.

pub mod supported;

use std::path::{Path, PathBuf};

/// The folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Generated pages: path from the repository's folder, and text.
///
/// # Errors
/// A table that lies outside the crates cannot be read.
pub fn pages() -> std::io::Result<Vec<(&'static str, String)>> {
    let index = std::fs::read_to_string(root().join("python/looplift/library/_index.py"))?;
    Ok(vec![("docs/supported.md", supported::page(&supported::library_names(&index)))])
}
