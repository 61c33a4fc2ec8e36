//! Emitted code as bytes, and back: what a cache on disk keeps.
//!
//! The bytes mean something to the same build of looplift only; whoever keeps them sees to that, and to their integrity.
//! Reading checks every offset all the same: bytes that are wrong give `None`, never code that reaches outside itself.
//! Functions of other blobs go by numbers that the caller chooses. Code that refers to memory of host objects is refused.

use crate::backend::{Emitted, EmittedFn};
use crate::sites::{SiteInfo, SourceLoc};
use crate::symbol::{Reloc, RelocKind, Symbol};
use looplift_abi::Core;
use looplift_abi::symbols::Sym;
use looplift_mir::{ExcArg, ExcClass, Payload, SiteKind};

/// Answers about host classes, which go by name in the bytes.
pub trait Classes {
    /// The number of the class of this qualified name.
    fn by_name(&self, name: &str) -> Option<u32>;
}

/// Appends numbers and texts.
#[derive(Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    pub fn byte(&mut self, v: u8) {
        self.0.push(v);
    }
    pub fn num(&mut self, v: u32) {
        self.0.extend_from_slice(&v.to_le_bytes());
    }
    pub fn wide(&mut self, v: u64) {
        self.0.extend_from_slice(&v.to_le_bytes());
    }
    pub fn bytes(&mut self, v: &[u8]) {
        self.wide(v.len() as u64);
        self.0.extend_from_slice(v);
    }
    pub fn text(&mut self, v: &str) {
        self.bytes(v.as_bytes());
    }
}

/// Reads what a [`Writer`] wrote; `None` where the bytes end early or make no sense.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }
    pub fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }
    pub fn num(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }
    pub fn wide(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let n = self.wide()?;
        self.take(usize::try_from(n).ok()?)
    }
    pub fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
    /// A count of items, each of which takes at least a byte.
    pub fn count(&mut self) -> Option<usize> {
        let n = self.num()? as usize;
        (n <= self.0.len()).then_some(n)
    }
}

fn put_symbol(out: &mut Writer, symbol: Symbol, callee: &dyn Fn(u32) -> Option<u32>) -> Result<(), String> {
    let (tag, n) = match symbol {
        Symbol::Callee(key) => (0, callee(key).ok_or("it calls a function that is not kept")?),
        Symbol::Local(n) => (1, n),
        Symbol::LocalEntry(n) => (2, n),
        Symbol::Rt(sym) => (3, sym as u32),
        Symbol::Core(core) => (4, core as u32),
        Symbol::Data(n) => (5, n),
        Symbol::HostData(_) => return Err("it refers to the memory of a global array, or to a global object".into()),
        Symbol::BlobIndex => (7, 0),
        Symbol::PollStub => (8, 0),
    };
    out.byte(tag);
    out.num(n);
    Ok(())
}

fn get_symbol(r: &mut Reader<'_>, callee: &dyn Fn(u32) -> Option<u32>) -> Option<Symbol> {
    let (tag, n) = (r.byte()?, r.num()?);
    Some(match tag {
        0 => Symbol::Callee(callee(n)?),
        1 => Symbol::Local(n),
        2 => Symbol::LocalEntry(n),
        3 => Symbol::Rt(*Sym::ALL.get(n as usize)?),
        4 => Symbol::Core(*Core::ALL.get(n as usize)?),
        5 => Symbol::Data(n),
        7 => Symbol::BlobIndex,
        8 => Symbol::PollStub,
        _ => return None,
    })
}

fn payload_tag(p: Payload) -> u8 {
    match p {
        Payload::Int => 0,
        Payload::Uint => 1,
        Payload::Float => 2,
        Payload::Bool => 3,
    }
}

fn get_payload(r: &mut Reader<'_>) -> Option<Payload> {
    Some(match r.byte()? {
        0 => Payload::Int,
        1 => Payload::Uint,
        2 => Payload::Float,
        3 => Payload::Bool,
        _ => return None,
    })
}

fn put_kind(out: &mut Writer, kind: &SiteKind, classes: &dyn Classes) -> Result<(), String> {
    let (class, args, payload) = match kind {
        SiteKind::Propagate => {
            out.byte(0);
            return Ok(());
        }
        SiteKind::Raise { class, args, payload } => (class, args, payload),
    };
    match class {
        ExcClass::Builtin(name) => {
            out.byte(1);
            out.text(name);
        }
        ExcClass::Host { id, name } => {
            if classes.by_name(name) != Some(*id) {
                return Err(format!("it raises {name}, which cannot be found by its name"));
            }
            out.byte(2);
            out.text(name);
        }
    }
    out.num(args.len() as u32);
    for a in args {
        match a {
            ExcArg::Format(text) => {
                out.byte(0);
                out.text(text);
            }
            ExcArg::Payload(p) => {
                out.byte(1);
                out.byte(payload_tag(*p));
            }
            ExcArg::ConstInt(v) => {
                out.byte(2);
                out.wide(*v as u64);
            }
            ExcArg::ConstFloat(bits) => {
                out.byte(3);
                out.wide(*bits);
            }
            ExcArg::ConstBool(b) => {
                out.byte(4);
                out.byte(u8::from(*b));
            }
            ExcArg::ConstStr(text) => {
                out.byte(5);
                out.text(text);
            }
            ExcArg::ConstNone => out.byte(6),
        }
    }
    out.num(payload.len() as u32);
    payload.iter().for_each(|p| out.byte(payload_tag(*p)));
    Ok(())
}

fn get_kind(r: &mut Reader<'_>, classes: &dyn Classes) -> Option<SiteKind> {
    let class = match r.byte()? {
        0 => return Some(SiteKind::Propagate),
        1 => ExcClass::Builtin(r.text()?.into()),
        2 => {
            let name = r.text()?;
            ExcClass::Host { id: classes.by_name(name)?, name: name.into() }
        }
        _ => return None,
    };
    let mut args = Vec::new();
    for _ in 0..r.count()? {
        args.push(match r.byte()? {
            0 => ExcArg::Format(r.text()?.into()),
            1 => ExcArg::Payload(get_payload(r)?),
            2 => ExcArg::ConstInt(r.wide()? as i64),
            3 => ExcArg::ConstFloat(r.wide()?),
            4 => ExcArg::ConstBool(r.byte()? != 0),
            5 => ExcArg::ConstStr(r.text()?.into()),
            6 => ExcArg::ConstNone,
            _ => return None,
        });
    }
    let n = r.count()?;
    let payload = (0..n).map(|_| get_payload(r)).collect::<Option<Vec<_>>>()?;
    Some(SiteKind::Raise { class, args: args.into(), payload: payload.into() })
}

/// How a text of compiled code names an object of the host by its number: `#` and ten digits.
const NUMBER: usize = 11;

/// Bytes of an address in the code.
const ADDRESS: usize = 8;

/// A number in a text of constant data: where it stands, and which of a list of objects it is.
pub struct Mention {
    pub offset: u32,
    pub which: u32,
}

impl Emitted {
    /// The objects that texts of the data name together with a number after a colon, in their order.
    pub fn numbered_objects(&self) -> Vec<(u32, u32)> {
        let mut out = Vec::new();
        let data = &self.code[self.text_size as usize..];
        for at in 0..(data.len() + 1).saturating_sub(NUMBER) {
            let (text, rest) = data[at..].split_at(NUMBER);
            if text[0] != b'#' || rest.first() != Some(&b':') {
                continue;
            }
            let number = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse::<u32>().ok();
            let end = 1 + rest[1..].iter().take_while(|b| b.is_ascii_digit()).count();
            if let (Some(object), Some(n)) = (number(&text[1..]), number(&rest[1..end])) {
                out.push((object, n));
            }
        }
        out
    }

    /// Takes the numbers of these objects out of the texts of the data; gives where they stood.
    pub fn take_numbers(&mut self, objects: &[u32]) -> Vec<Mention> {
        let mut out = Vec::new();
        let start = self.text_size as usize;
        for at in start..(self.code.len() + 1).saturating_sub(NUMBER).max(start) {
            let text = &self.code[at..at + NUMBER];
            let number = if text[0] == b'#' { std::str::from_utf8(&text[1..]).ok().and_then(|t| t.parse::<u32>().ok()) } else { None };
            if let Some(which) = number.and_then(|n| objects.iter().position(|o| *o == n)) {
                self.code[at + 1..at + NUMBER].fill(b'0');
                out.push(Mention { offset: at as u32, which: which as u32 });
            }
        }
        out
    }

    /// Takes these addresses of functions out of the code; gives where they stood.
    pub fn take_addresses(&mut self, addresses: &[u64]) -> Vec<Mention> {
        let mut out = Vec::new();
        for at in 0..(self.code.len() + 1).saturating_sub(ADDRESS) {
            let found = self.code[at..at + ADDRESS].try_into().map(u64::from_le_bytes).ok();
            if let Some(which) = found.filter(|a| *a > u64::from(u32::MAX)).and_then(|a| addresses.iter().position(|o| *o == a)) {
                self.code[at..at + ADDRESS].fill(0);
                out.push(Mention { offset: at as u32, which: which as u32 });
            }
        }
        out
    }

    /// Writes the addresses that such functions have in this process; None if there is no such place or function.
    pub fn put_addresses(&mut self, mentions: &[Mention], addresses: &[u64]) -> Option<()> {
        for m in mentions {
            let address = *addresses.get(m.which as usize)?;
            let at = m.offset as usize;
            self.code.get_mut(at..at + ADDRESS)?.copy_from_slice(&address.to_le_bytes());
        }
        Some(())
    }

    /// Writes the numbers of objects of this process into the texts; None if there is no such place or object.
    pub fn put_numbers(&mut self, mentions: &[Mention], objects: &[u32]) -> Option<()> {
        for m in mentions {
            let number = *objects.get(m.which as usize)?;
            let at = m.offset as usize;
            let text = self.code.get_mut(at..at + NUMBER).filter(|_| at >= self.text_size as usize)?;
            text.copy_from_slice(format!("#{number:010}").as_bytes());
        }
        Some(())
    }

    /// Appends the code. `callee` numbers functions of other blobs.
    ///
    /// # Errors
    /// Why the code has no meaning outside of this process.
    pub fn write(&self, out: &mut Writer, classes: &dyn Classes, callee: &dyn Fn(u32) -> Option<u32>) -> Result<(), String> {
        out.num(self.functions.len() as u32);
        for f in &self.functions {
            out.text(&f.name);
            for n in [f.offset, f.size, f.entry_offset.unwrap_or(u32::MAX), f.entry_size] {
                out.num(n);
            }
        }
        out.num(self.text_size);
        out.bytes(&self.code);
        out.num(self.data_offsets.len() as u32);
        self.data_offsets.iter().for_each(|o| out.num(*o));
        out.num(self.relocs.len() as u32);
        for r in &self.relocs {
            out.num(r.offset);
            out.byte(match r.kind {
                RelocKind::Abs8 => 0,
                RelocKind::PcRel4 => 1,
            });
            put_symbol(out, r.symbol, callee)?;
            out.wide(r.addend as u64);
        }
        out.num(self.sites.len() as u32);
        for s in self.sites.iter() {
            out.num(s.func);
            put_kind(out, &s.kind, classes)?;
            out.num(s.chain.len() as u32);
            for l in &s.chain {
                out.text(&l.function);
                out.text(&l.filename);
                for n in [l.first_line, l.line, l.end_line, l.col, l.end_col] {
                    out.num(n);
                }
            }
        }
        Ok(())
    }

    /// Reads what [`Emitted::write`] wrote. `key` gives the key of the n-th function, `callee` those of other blobs by number.
    pub fn read(r: &mut Reader<'_>, classes: &dyn Classes, key: &mut dyn FnMut() -> u32, callee: &dyn Fn(u32) -> Option<u32>) -> Option<Emitted> {
        let mut functions = Vec::new();
        for _ in 0..r.count()? {
            let name = r.text()?.into();
            let (offset, size, entry, entry_size) = (r.num()?, r.num()?, r.num()?, r.num()?);
            let entry_offset = (entry != u32::MAX).then_some(entry);
            functions.push(EmittedFn { name, key: key(), offset, size, entry_offset, entry_size, lines: Vec::new() });
        }
        let text_size = r.num()?;
        let code = r.bytes()?.to_vec();
        let inside = |offset: u32, n: u32| u64::from(offset) + u64::from(n) <= code.len() as u64;
        if !inside(text_size, 0)
            || functions.iter().any(|f| !inside(f.offset, f.size.max(1)) || f.entry_offset.is_some_and(|o| !inside(o, f.entry_size.max(1))))
        {
            return None;
        }
        let n = r.count()?;
        let data_offsets = (0..n).map(|_| r.num().filter(|o| inside(*o, 0))).collect::<Option<Vec<_>>>()?;
        let mut relocs = Vec::new();
        for _ in 0..r.count()? {
            let offset = r.num()?;
            let (kind, width) = match r.byte()? {
                0 => (RelocKind::Abs8, 8),
                1 => (RelocKind::PcRel4, 4),
                _ => return None,
            };
            let symbol = get_symbol(r, callee)?;
            let addend = r.wide()? as i64;
            if !inside(offset, width) {
                return None;
            }
            relocs.push(Reloc { offset, kind, symbol, addend });
        }
        let mut sites = Vec::new();
        for _ in 0..r.count()? {
            let func = r.num()?;
            let kind = get_kind(r, classes)?;
            let mut chain = Vec::new();
            for _ in 0..r.count()? {
                let (function, filename) = (r.text()?.into(), r.text()?.into());
                let (first_line, line, end_line, col, end_col) = (r.num()?, r.num()?, r.num()?, r.num()?, r.num()?);
                chain.push(SourceLoc { function, filename, first_line, line, end_line, col, end_col });
            }
            sites.push(SiteInfo { func, kind, chain });
        }
        Some(Emitted { functions, code, relocs, sites: sites.into(), data_offsets, text_size, clif: None, asm: None })
    }

    /// Whether the code or its data has, anywhere, a number of `ids` (four bytes, or decimal digits), or an address that
    /// `mapped` says is one: what it has.
    pub fn mentions(&self, ids: &std::ops::Range<u32>, mapped: &dyn Fn(u64) -> bool) -> Option<&'static str> {
        let number = self.code.windows(4).any(|w| ids.contains(&u32::from_le_bytes([w[0], w[1], w[2], w[3]])));
        let digits = self
            .code
            .split(|b| !b.is_ascii_digit())
            .any(|run| std::str::from_utf8(run).ok().and_then(|t| t.parse().ok()).is_some_and(|n: u32| ids.contains(&n)));
        let address = self.code.windows(8).any(|w| {
            let v = u64::from_le_bytes([w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]]);
            v > u64::from(u32::MAX) && v < 1 << 47 && mapped(v)
        });
        match (number || digits, address) {
            (true, _) => Some("objects"),
            (false, true) => Some("addresses"),
            (false, false) => None,
        }
    }
}
