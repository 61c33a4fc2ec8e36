//! Which generator is which: a number for each specialisation of a generator function, for the life of the process.
//!
//! A generator outlives the session that compiled what makes it, and its type must say what `next` runs: the type has the
//! number, and this table what to specialise.
//!
//! What is sent to a generator has a type too, if its code looks at it: an optional that follows the types of the parameters in the
//! specialisation's key. It is asked for where something is sent; for generators that go to Python it is the type of the items.

use crate::host::FuncSource;
use crate::literals::Requests;
use crate::session::{Session, Spec};
use crate::typed::SpecKey;
use cranelift_entity::EntitySet;
use looplift_hir::{Function, Op, Value, ValueDef};
use looplift_types::{IterTy, Ty, TyKind};
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

/// Item and returned value of a generator function's results.
pub fn parts(results: Ty) -> (Ty, Ty) {
    match results.tuple_elems() {
        Some(&[item, returns]) => (item, returns),
        _ => (results, Ty::none()),
    }
}

/// What a generator returns; bottom while no return has been seen.
pub fn returns(generator: Ty) -> Ty {
    match generator.kind() {
        TyKind::Gen(g) => g.returns,
        _ => Ty::none(),
    }
}

/// The type of what `yield` gives in a specialisation, if something is sent to it.
pub fn sent(spec: &Spec) -> Option<Ty> {
    let params = spec.hir.blocks[spec.hir.entry()].params.len();
    spec.key.args.get(params).copied()
}

/// Argument types of a specialisation, with the type of what is sent if that is known.
pub fn with_sent(requests: &Requests, source: &FuncSource, args: &[Ty]) -> Vec<Ty> {
    let mut whole = args.to_vec();
    if source.hir.is_generator && !requests.sent.is_empty() {
        let key = SpecKey { func: source.id, args: args.into(), options: source.options };
        whole.extend(requests.sent.get(&key));
    }
    whole
}

/// Asks for a type of what is sent to the generators that go to Python; whether there is something new to ask.
pub fn guess_sent(s: &mut Session<'_>, root: &FuncSource, args: &[Ty]) -> bool {
    let Some(of) = s.specs.first() else { return false };
    let mut found = Vec::new();
    if root.hir.is_generator {
        if sent(of).is_none() {
            found.push((root.clone(), args.to_vec(), of.ret));
        }
    } else if let TyKind::Gen(g) = of.ret.kind()
        && let Some((source, args)) = source(g.id)
        && args.len() == source.hir.blocks[source.hir.entry()].params.len()
    {
        found.push((source, args.to_vec(), g.item));
    }
    let mut news = false;
    for (source, args, item) in found {
        let item = item.as_optional().unwrap_or(item).unliteral();
        if !item.is_none() && !item.is_bottom() && takes_sent(&source.hir) {
            news |= ask(s, &source, &args, item);
        }
    }
    news
}

/// Notes that values of a type are sent to a specialisation; whether that is news.
pub fn ask(s: &mut Session<'_>, source: &FuncSource, args: &[Ty], ty: Ty) -> bool {
    let key = SpecKey { func: source.id, args: args.into(), options: source.options };
    let old = s.requests.sent.get(&key).copied();
    let Some(new) = looplift_types::join(old.unwrap_or_else(Ty::none), ty) else { return false };
    s.requests.sent.insert(key, new);
    old != Some(new)
}

/// The type of what is sent to a generator by the number of its type, if something is.
pub fn sent_to(number: u32) -> Option<Ty> {
    let (source, whole) = source(number)?;
    whole.get(source.hir.blocks[source.hir.entry()].params.len()).copied()
}

/// What is sent to a generator goes to the one that it stands in a `yield from` of: its type is asked for there.
pub fn hand_on(s: &mut Session<'_>, inner: Ty, sent: Ty) {
    let TyKind::Iter(IterTy::Generator(inner)) = inner.kind() else { return };
    let TyKind::Gen(g) = inner.kind() else { return };
    let Some((source, whole)) = source(g.id) else { return };
    let params = source.hir.blocks[source.hir.entry()].params.len();
    let fits = whole.get(params).is_some_and(|t| looplift_types::conversion(sent, *t).is_some());
    if !fits && takes_sent(&source.hir) && ask(s, &source, &whole[..params], sent) {
        s.requests.renewed = true;
    }
}

/// Whether a generator function looks at what is sent to it, or hands it on.
pub fn takes_sent(hir: &Function) -> bool {
    // Values that something looks at, backwards through the parameters of blocks.
    let mut used = EntitySet::new();
    let mut changed = true;
    while changed {
        changed = false;
        for &b in &hir.layout {
            let data = &hir.blocks[b];
            let mut note = |v: Value| changed |= used.insert(v);
            for &i in &data.insts {
                hir.insts[i].op.for_each_value(&mut note);
            }
            data.term.for_each_operand(&mut note);
            let handlers = data.insts.iter().filter_map(|&i| hir.insts[i].handler.as_ref()).chain(&data.term_handler);
            for t in data.term.targets().into_iter().chain(handlers) {
                let params = &hir.blocks[t.block].params;
                // The first parameters may be an item or an exception.
                let skip = params.len().saturating_sub(t.args.len());
                for (&v, &p) in t.args.iter().zip(&params[skip..]) {
                    if used.contains(p) {
                        changed |= used.insert(v);
                    }
                }
            }
        }
    }
    hir.values.iter().any(|(v, d)| match d.def {
        ValueDef::Result(i) => match hir.insts[i].op {
            Op::Yield { from, .. } => from.is_some() || used.contains(v),
            _ => false,
        },
        ValueDef::Param(..) => false,
    })
}
