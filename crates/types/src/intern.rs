//! Interning: one `&'static TyKind` for each distinct kind, so that equality and hashing are by address.
//!
//! The table only grows; a program has few distinct types, and the handles outlive every compile session.

use crate::kinds::TyKind;
use rustc_hash::FxHashSet;
use std::hash::{Hash, Hasher};
use std::sync::{LazyLock, RwLock};

static TABLE: LazyLock<RwLock<FxHashSet<&'static TyKind>>> = LazyLock::new(Default::default);

/// A type: a copyable handle to an interned [`TyKind`].
#[derive(Clone, Copy)]
pub struct Ty(&'static TyKind);

impl Ty {
    /// The handle for `kind`.
    pub fn new(kind: TyKind) -> Ty {
        if let Some(found) = read().get(&kind) {
            return Ty(found);
        }
        let mut table = TABLE.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(found) = table.get(&kind) {
            return Ty(found);
        }
        let leaked: &'static TyKind = Box::leak(Box::new(kind));
        table.insert(leaked);
        Ty(leaked)
    }

    /// What the handle stands for.
    pub fn kind(self) -> &'static TyKind {
        self.0
    }
}

fn read() -> std::sync::RwLockReadGuard<'static, FxHashSet<&'static TyKind>> {
    TABLE.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl PartialEq for Ty {
    fn eq(&self, other: &Ty) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}
impl Eq for Ty {}
impl Hash for Ty {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self.0).hash(state);
    }
}
impl std::fmt::Debug for Ty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
