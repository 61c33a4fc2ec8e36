//! Assembly text: Intel syntax, symbols in place of addresses, source lines as comments. No absolute address appears.

use crate::backend::Emitted;
use crate::symbol::Symbol;
use iced_x86::{Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter, SymbolResolver, SymbolResult};
use rustc_hash::FxHashMap;
use std::fmt::Write;

struct Names {
    /// By offset of the relocated field.
    relocs: FxHashMap<u32, String>,
    /// Of the instruction being printed: its offset and length.
    labels: FxHashMap<u64, String>,
}

impl SymbolResolver for Names {
    fn symbol(&mut self, instruction: &Instruction, _operand: u32, _io: Option<u32>, address: u64, _size: u32) -> Option<SymbolResult<'_>> {
        let start = instruction.ip() as u32;
        for at in start..start + instruction.len() as u32 {
            if let Some(name) = self.relocs.get(&at) {
                return Some(SymbolResult::with_string(address, name.clone()));
            }
        }
        self.labels.get(&address).map(|l| SymbolResult::with_string(address, l.clone()))
    }
}

fn symbol_name(emitted: &Emitted, symbol: Symbol) -> String {
    match symbol {
        Symbol::Callee(key) => format!("fn{key}"),
        Symbol::Local(n) => emitted.functions.get(n as usize).map_or_else(|| format!("local{n}"), |f| f.name.to_string()),
        Symbol::LocalEntry(n) => format!("entry{n}"),
        Symbol::Rt(sym) => format!("rt.{}", sym.row().name),
        Symbol::Core(core) => format!("core.{}", core.name()),
        Symbol::Data(n) => format!("data{n}"),
        Symbol::HostData(id) => format!("host{id}"),
        Symbol::BlobIndex => "blob_index".into(),
        Symbol::PollStub => "poll_stub".into(),
    }
}

/// All functions of a blob.
pub(crate) fn print(emitted: &Emitted, kernels: &[(Box<str>, u32, u32)]) -> String {
    let mut out = String::new();
    for f in &emitted.functions {
        let _ = writeln!(out, "{}:", f.name);
        print_range(emitted, f.offset, f.size, &f.lines, &mut out);
        if let Some(e) = f.entry_offset {
            let _ = writeln!(out, "\nentry of {}:", f.name);
            print_range(emitted, e, f.entry_size, &[], &mut out);
        }
        out.push('\n');
    }
    for (name, offset, size) in kernels {
        let _ = writeln!(out, "vector loop of {name}:");
        print_range(emitted, *offset, *size, &[], &mut out);
        out.push('\n');
    }
    out
}

fn print_range(emitted: &Emitted, offset: u32, size: u32, lines: &[(u32, crate::sites::SourceLoc)], out: &mut String) {
    let bytes = &emitted.code[offset as usize..(offset + size) as usize];
    let decode = || Decoder::with_ip(64, bytes, u64::from(offset), DecoderOptions::NONE);
    let relocs: FxHashMap<u32, String> =
        emitted.relocs.iter().filter(|r| (offset..offset + size).contains(&r.offset)).map(|r| (r.offset, symbol_name(emitted, r.symbol))).collect();
    // Labels in order of address.
    let mut targets: Vec<u64> = decode()
        .into_iter()
        .filter(|i| i.near_branch_target() != 0 && !(i.ip() as u32..i.next_ip() as u32).any(|at| relocs.contains_key(&at)))
        .map(|i| i.near_branch_target())
        .collect();
    targets.sort_unstable();
    targets.dedup();
    let labels: FxHashMap<u64, String> = targets.iter().enumerate().map(|(n, &t)| (t, format!(".L{n}"))).collect();
    let mut formatter = IntelFormatter::with_options(Some(Box::new(Names { relocs, labels: labels.clone() })), None);
    let o = formatter.options_mut();
    o.set_rip_relative_addresses(true);
    o.set_space_after_operand_separator(true);
    o.set_hex_prefix("0x");
    o.set_hex_suffix("");
    let mut next_line = 0;
    let mut text = String::new();
    for i in decode().into_iter() {
        if let Some(label) = labels.get(&i.ip()) {
            let _ = writeln!(out, "{label}:");
        }
        while next_line < lines.len() && u64::from(lines[next_line].0) <= i.ip() {
            let l = &lines[next_line].1;
            let _ = writeln!(out, "    ; {}:{} ({})", l.filename, l.line, l.function);
            next_line += 1;
        }
        text.clear();
        formatter.format(&i, &mut text);
        if i.is_invalid() {
            // The constant pool behind the code.
            let _ = writeln!(out, "    ; constants");
            break;
        }
        let _ = writeln!(out, "    {text}");
    }
}
