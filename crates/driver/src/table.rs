//! The compiled specialisations. The first publisher of a key wins; others keep what they made to themselves.
//!
//! The lock guards the maps only: nothing that frees code or calls out runs under it.

use crate::Compiled;
use looplift_infer::SpecKey;
use looplift_types::Ty;
use rustc_hash::FxHashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

/// Argument types, and the type of what they give.
type Made = (Box<[Ty]>, Ty);

#[derive(Default)]
struct Table {
    by_key: FxHashMap<SpecKey, Arc<Compiled>>,
    /// Everything alive, published or not.
    by_index: FxHashMap<u32, Weak<Compiled>>,
    by_func: FxHashMap<u32, Vec<SpecKey>>,
    /// The specialisations of each function that were compiled, those that went into their callers included.
    made: FxHashMap<u32, Vec<Made>>,
}

static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(Mutex::default);
static NEXT: AtomicU32 = AtomicU32::new(0);

fn table() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A fresh number.
pub(crate) fn new_index() -> u32 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The published specialisation of a key.
pub(crate) fn find(key: &SpecKey) -> Option<Arc<Compiled>> {
    table().by_key.get(key).cloned()
}

/// A living specialisation by number.
pub(crate) fn by_index(index: u32) -> Option<Arc<Compiled>> {
    table().by_index.get(&index)?.upgrade()
}

/// Publishes; gives what the key stands for from now on. An entry without a uniform entry gives way to one with.
pub(crate) fn publish(made: Arc<Compiled>) -> Arc<Compiled> {
    let replaced;
    let kept = {
        let mut t = table();
        t.by_index.insert(made.index, Arc::downgrade(&made));
        match t.by_key.get(&made.key) {
            Some(old) if old.entry.is_some() || made.entry.is_none() => {
                replaced = None;
                old.clone()
            }
            _ => {
                t.by_func.entry(made.key.func).or_default().push(made.key.clone());
                replaced = t.by_key.insert(made.key.clone(), made.clone());
                made
            }
        }
    };
    drop(replaced);
    kept
}

/// Removes a dead specialisation.
fn forget_index(index: u32) {
    table().by_index.remove(&index);
}

/// Drops what is known of a function that no longer exists, or is to be compiled anew. Code lives on while others pin it.
pub fn forget(func: u32) {
    let dropped: Vec<Arc<Compiled>> = {
        let mut t = table();
        t.made.remove(&func);
        let keys = t.by_func.remove(&func).unwrap_or_default();
        keys.iter().filter_map(|k| t.by_key.remove(k)).collect()
    };
    drop(dropped);
}

/// Notes that a specialisation was compiled.
pub(crate) fn note(key: &SpecKey, ret: Ty) {
    let mut t = table();
    let list = t.made.entry(key.func).or_default();
    if !list.iter().any(|(args, _)| *args == key.args) {
        list.push((key.args.clone(), ret));
    }
}

/// Argument types and results of a function's specialisations, in the order in which they were compiled first.
pub fn of_function(func: u32) -> Vec<(Box<[Ty]>, Ty)> {
    table().made.get(&func).cloned().unwrap_or_default()
}

/// Published specialisations.
pub fn live() -> usize {
    table().by_key.len()
}

impl Drop for Compiled {
    fn drop(&mut self) {
        forget_index(self.index);
    }
}
