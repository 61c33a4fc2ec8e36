//! Which generator is which: a number for each specialisation of a generator function, for the life of the process.
//!
//! A generator outlives the session that compiled what makes it, and its type must say what `next` runs: the type has the
//! number, and this table what to specialise.

use crate::host::FuncSource;
use crate::typed::SpecKey;
use looplift_types::Ty;
use rustc_hash::FxHashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
struct Table {
    numbers: FxHashMap<SpecKey, u32>,
    sources: Vec<(FuncSource, Box<[Ty]>)>,
}

static TABLE: Mutex<Option<Table>> = Mutex::new(None);

fn table() -> MutexGuard<'static, Option<Table>> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of a specialisation.
pub fn number(source: &FuncSource, args: &[Ty]) -> u32 {
    let key = SpecKey { func: source.id, args: args.into(), options: source.options };
    let mut guard = table();
    let t = guard.get_or_insert_default();
    if let Some(&n) = t.numbers.get(&key) {
        return n;
    }
    let n = t.sources.len() as u32;
    t.sources.push((source.clone(), args.into()));
    t.numbers.insert(key, n);
    n
}

/// What a number stands for.
pub fn source(number: u32) -> Option<(FuncSource, Box<[Ty]>)> {
    table().as_ref()?.sources.get(number as usize).cloned()
}

/// The key of what a number stands for.
pub fn key(number: u32) -> Option<SpecKey> {
    let (source, args) = source(number)?;
    Some(SpecKey { func: source.id, args, options: source.options })
}
