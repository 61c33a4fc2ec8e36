//! Reads what `testdata/capture.py` writes.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod canonical;

use looplift_bytecode::{OpcodeMap, RawCode, RawConst, RawPosition};
use std::sync::Arc;

/// Everything captured by one interpreter.
pub struct Capture {
    pub opcodes: OpcodeMap,
    pub opmap: Vec<(String, u32)>,
    pub version: (u8, u8),
    /// Source name and its module code.
    pub modules: Vec<(String, Arc<RawCode>)>,
}

/// The committed captures, oldest version first.
pub fn captures() -> Vec<Capture> {
    [include_str!("../../testdata/cp311.txt"), include_str!("../../testdata/cp312.txt"), include_str!("../../testdata/cp313.txt")]
        .into_iter()
        .map(parse)
        .collect()
}

/// All code objects of a module, outer before inner, in source order.
pub fn all_codes(module: &Arc<RawCode>) -> Vec<Arc<RawCode>> {
    let mut found = Vec::new();
    let mut work = vec![module.clone()];
    while let Some(code) = work.pop() {
        let mut nested = Vec::new();
        for value in &code.consts {
            if let RawConst::Code(inner) = value {
                nested.push(inner.clone());
            }
        }
        found.push(code);
        work.extend(nested.into_iter().rev());
    }
    found
}

pub fn parse(text: &str) -> Capture {
    let mut lines = text.lines();
    let version: Vec<u8> = field(lines.next().unwrap(), "version").map(|v| v.parse().unwrap()).collect();
    let version = (version[0], version[1]);
    let opmap: Vec<(String, u32)> = field(lines.next().unwrap(), "opmap")
        .map(|pair| {
            let (name, number) = pair.split_once('=').unwrap();
            (name.to_string(), number.parse().unwrap())
        })
        .collect();
    let opcodes = OpcodeMap::new(opmap.iter().map(|(n, v)| (n.as_str(), *v)), version);
    let mut modules = Vec::new();
    while let Some(line) = lines.next() {
        let name = decode_text(line.strip_prefix("source ").unwrap());
        let first = lines.next().unwrap();
        modules.push((name, Arc::new(code(first, &mut lines, version))));
    }
    Capture { opcodes, opmap, version, modules }
}

fn field<'a>(line: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let mut words = line.split(' ').filter(|w| !w.is_empty());
    assert_eq!(words.next(), Some(name), "in line {line:?}");
    words
}

fn code<'a>(first: &str, lines: &mut impl Iterator<Item = &'a str>, version: (u8, u8)) -> RawCode {
    let mut raw = RawCode { version, ..RawCode::default() };
    raw.name = field(first, "code").map(decode_text).next().unwrap();
    let ints: Vec<u32> = field(lines.next().unwrap(), "ints").map(|v| v.parse().unwrap()).collect();
    raw.argcount = ints[0];
    raw.posonlyargcount = ints[1];
    raw.kwonlyargcount = ints[2];
    raw.nlocals = ints[3];
    raw.stacksize = ints[4];
    raw.flags = ints[5];
    raw.firstlineno = ints[6];
    raw.qualname = field(lines.next().unwrap(), "qualname").map(decode_text).next().unwrap();
    raw.filename = "test.py".to_string();
    raw.names = field(lines.next().unwrap(), "names").map(decode_text).collect();
    raw.varnames = field(lines.next().unwrap(), "varnames").map(decode_text).collect();
    raw.cellvars = field(lines.next().unwrap(), "cellvars").map(decode_text).collect();
    raw.freevars = field(lines.next().unwrap(), "freevars").map(decode_text).collect();
    raw.code = field(lines.next().unwrap(), "bytes").flat_map(hex).collect();
    raw.exceptiontable = field(lines.next().unwrap(), "table").flat_map(hex).collect();
    for run in field(lines.next().unwrap(), "positions") {
        let (entry, count) = run.split_once('*').unwrap_or((run, "1"));
        let parts: Vec<Option<u32>> = entry.split(',').map(|v| v.parse().ok()).collect();
        let entry: RawPosition = (parts[0], parts[1], parts[2], parts[3]);
        raw.positions.extend(std::iter::repeat_n(entry, count.parse().unwrap()));
    }
    loop {
        let line = lines.next().unwrap();
        if line == "end" {
            return raw;
        }
        let value = constant(line, lines, version, raw.consts.len() as u32);
        raw.consts.push(value);
    }
}

fn constant<'a>(line: &str, lines: &mut impl Iterator<Item = &'a str>, version: (u8, u8), index: u32) -> RawConst {
    let mut words = field(line, "const");
    let tag = words.next().unwrap();
    let rest = words.next().unwrap_or("");
    let bits = |text: &str| u64::from_str_radix(text, 16).unwrap();
    let mut items = |count: &str| -> Vec<RawConst> { (0..count.parse::<u32>().unwrap()).map(|i| constant(lines.next().unwrap(), lines, version, i)).collect() };
    match tag {
        "none" => RawConst::None,
        "ellipsis" => RawConst::Ellipsis,
        "bool" => RawConst::Bool(rest == "1"),
        "int" => RawConst::Int(rest.parse().unwrap()),
        "bigint" => RawConst::BigInt(rest.to_string()),
        "float" => RawConst::Float(bits(rest)),
        "complex" => RawConst::Complex(bits(rest), bits(words.next().unwrap())),
        "str" => RawConst::Str(decode_text(rest)),
        "bytes" => RawConst::Bytes(if rest == "-" { Vec::new() } else { hex(rest) }),
        "tuple" => RawConst::Tuple(items(rest)),
        "frozenset" => RawConst::FrozenSet(items(rest)),
        "code" => {
            let first = lines.next().unwrap();
            RawConst::Code(Arc::new(code(first, lines, version)))
        }
        "opaque" => RawConst::Opaque(index, decode_text(rest)),
        other => panic!("constant {other}"),
    }
}

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Undoes percent-encoding; a lone "%" is the empty text.
fn decode_text(text: &str) -> String {
    if text == "%" {
        return String::new();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            out.extend(hex(&text[at + 1..at + 3]));
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).unwrap()
}
