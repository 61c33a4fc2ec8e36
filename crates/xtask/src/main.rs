//! Writes the generated pages.

fn main() -> std::io::Result<()> {
    for (path, text) in looplift_xtask::pages()? {
        std::fs::write(looplift_xtask::root().join(path), text)?;
    }
    Ok(())
}
