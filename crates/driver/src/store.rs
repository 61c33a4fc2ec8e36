//! Published code as bytes, and back: a specialisation with all functions that it keeps alive.
//!
//! The blobs are written callees first; their functions are numbered in that order, and calls between blobs go by these
//! numbers. The last blob's first function with the root's key is the root. Functions that came along are not published when
//! the bytes are read again: they belong to the root.

use crate::session::backend;
use crate::{Compiled, table};
use looplift_codegen::store::{Classes, Mention, Reader, Writer};
use looplift_codegen::{Blob, CompileOpts, Emitted, Link, Symbol};
use looplift_infer::SpecKey;
use looplift_types::parse_type;
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::Arc;

/// What the embedding knows: its classes by name, the numbers its objects go by.
pub struct Host<'a> {
    pub classes: &'a dyn Classes,
    pub numbers: Range<u32>,
    /// Numbers of objects that the embedding finds again in another process, in an order that is the same there.
    pub objects: &'a [u32],
    /// Addresses of functions of C that it finds again, likewise.
    pub addresses: &'a [u64],
}

/// The bytes of a specialisation.
///
/// # Errors
/// Why it has no meaning outside of this process.
pub fn write(root: &Arc<Compiled>, host: &Host<'_>) -> Result<Vec<u8>, String> {
    let ret = root.ret.to_string();
    if parse_type(&ret) != Ok(root.ret) {
        return Err(format!("its result is of type {ret}"));
    }
    let blobs = in_order(root);
    let mut numbers: FxHashMap<u32, u32> = FxHashMap::default();
    for b in &blobs {
        for f in &b.emitted.functions {
            numbers.insert(f.key, numbers.len() as u32);
        }
    }
    let regions = mapped_regions();
    let mapped = |v: u64| regions.iter().any(|r| r.contains(&v));
    let mut out = Writer::default();
    out.text(&ret);
    out.num(numbers.get(&root.index).copied().ok_or("it has no code of its own")?);
    out.num(blobs.len() as u32);
    for b in &blobs {
        let mut emitted = Emitted::clone(&b.emitted);
        let mentions = [emitted.take_numbers(host.objects), emitted.take_addresses(host.addresses)];
        if let Some(what) = emitted.mentions(&host.numbers, &mapped) {
            return Err(format!("it refers to {what} of this process"));
        }
        emitted.write(&mut out, host.classes, &|key| numbers.get(&key).copied())?;
        for mentions in mentions {
            out.num(mentions.len() as u32);
            for m in mentions {
                out.num(m.offset);
                out.num(m.which);
            }
        }
    }
    Ok(out.0)
}

/// The objects that the code of a specialisation names together with numbers: parallel loops, with the numbers of signatures.
pub fn numbered_objects(root: &Arc<Compiled>) -> Vec<(u32, u32)> {
    in_order(root).iter().flat_map(|b| b.emitted.numbered_objects()).collect()
}

/// The blobs of a specialisation and of all it calls, callees first.
fn in_order(root: &Arc<Compiled>) -> Vec<Arc<Blob>> {
    let mut out: Vec<Arc<Blob>> = Vec::new();
    // (a function, how many of its callees are done)
    let mut work = vec![(root.clone(), 0)];
    while let Some((c, done)) = work.pop() {
        if out.iter().any(|b| Arc::ptr_eq(b, &c.blob)) {
            continue;
        }
        match c.callees.get(done) {
            Some(next) => {
                let next = next.clone();
                work.push((c, done + 1));
                work.push((next, 0));
            }
            None => out.push(c.blob.clone()),
        }
    }
    out
}

/// Memory that is mapped now, above the first four gigabytes.
fn mapped_regions() -> Vec<Range<u64>> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let parse = |t: &str| u64::from_str_radix(t, 16).ok();
    maps.lines().filter_map(|l| l.split(' ').next()?.split_once('-')).filter_map(|(a, b)| Some(parse(a)?..parse(b)?)).collect()
}

/// Addresses of functions of earlier blobs.
struct Linker<'a>(&'a FxHashMap<u32, Arc<Compiled>>);

impl Link for Linker<'_> {
    fn callee(&self, key: u32) -> Option<usize> {
        self.0.get(&key).map(|c| c.address)
    }
    fn host_data(&self, _id: u32) -> Option<usize> {
        None
    }
}

fn mentions(r: &mut Reader<'_>) -> Option<Vec<Mention>> {
    let count = r.count()?;
    (0..count).map(|_| Some(Mention { offset: r.num()?, which: r.num()? })).collect()
}

/// Reads a specialisation, puts its code into memory and publishes it under `key`.
///
/// # Errors
/// Why the bytes are not used.
pub fn read(bytes: &[u8], key: &SpecKey, host: &Host<'_>) -> Result<Arc<Compiled>, String> {
    let broken = || "the bytes make no sense".to_owned();
    let mut r = Reader(bytes);
    let ret = parse_type(r.text().ok_or_else(broken)?).map_err(|e| e.to_string())?;
    let root = r.num().ok_or_else(broken)?;
    let blobs = r.count().ok_or_else(broken)?;
    let backend = backend(false)?;
    let mut indices: Vec<u32> = Vec::new();
    let mut done: FxHashMap<u32, Arc<Compiled>> = FxHashMap::default();
    let mut found = None;
    for _ in 0..blobs {
        let first = indices.len();
        let known = indices.clone();
        let mut emitted = Emitted::read(
            &mut r,
            host.classes,
            &mut || {
                indices.push(table::new_index());
                indices[indices.len() - 1]
            },
            &|n| known.get(n as usize).copied(),
        )
        .ok_or_else(broken)?;
        let numbers = mentions(&mut r).ok_or_else(broken)?;
        let addresses = mentions(&mut r).ok_or_else(broken)?;
        emitted.put_numbers(&numbers, host.objects).ok_or_else(broken)?;
        emitted.put_addresses(&addresses, host.addresses).ok_or_else(broken)?;
        let callees: Vec<u32> = emitted.relocs.iter().filter_map(|r| if let Symbol::Callee(k) = r.symbol { Some(k) } else { None }).collect();
        let mut pins: Vec<Arc<Compiled>> = Vec::new();
        for k in callees {
            let c = done.get(&k).ok_or_else(broken)?;
            if !pins.iter().any(|p| Arc::ptr_eq(p, c)) {
                pins.push(c.clone());
            }
        }
        let blob = Arc::new(backend.link(Arc::new(emitted), &Linker(&done), &CompileOpts::default()).map_err(|e| e.to_string())?);
        for n in 0..blob.emitted.functions.len() {
            let index = indices[first + n];
            let is_root = first + n == root as usize;
            let c = Arc::new(Compiled {
                // Functions that came along are found by nobody.
                key: if is_root { key.clone() } else { SpecKey { func: u32::MAX, args: [].into(), options: key.options } },
                index,
                ret,
                entry: blob.entry(n),
                address: blob.address(n).ok_or_else(broken)?,
                blob: blob.clone(),
                callees: pins.clone().into(),
                body: None,
                times: Vec::new(),
                raises: Box::default(),
                calls: Box::default(),
            });
            if is_root {
                found = Some(c.clone());
            }
            done.insert(index, c);
        }
    }
    match found {
        Some(c) if c.entry.is_some() && r.0.is_empty() => Ok(table::publish(c)),
        _ => Err(broken()),
    }
}
