//! What compiled code can raise, read off its sites.

use crate::Compiled;
use looplift_codegen::Symbol;
use looplift_mir::{ExcClass, SiteKind};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The classes that a specialisation and all it calls can raise, by name; `?` for what runtime functions raise.
/// (An interrupt by the user is not among them.)
pub fn raised_classes(root: &Arc<Compiled>) -> BTreeSet<String> {
    let mut work = vec![root.clone()];
    let mut seen = BTreeSet::new();
    let mut out = BTreeSet::new();
    while let Some(c) = work.pop() {
        if !seen.insert(c.index) {
            continue;
        }
        for site in c.blob.emitted.sites.iter() {
            if let SiteKind::Raise { class: ExcClass::Builtin(name) | ExcClass::Host { name, .. }, .. } = &site.kind {
                out.insert(name.to_string());
            }
        }
        if c.blob.emitted.relocs.iter().any(|r| matches!(r.symbol, Symbol::Rt(sym) if sym.row().fallible)) {
            out.insert("?".to_owned());
        }
        work.extend(c.callees.iter().cloned());
    }
    out
}
