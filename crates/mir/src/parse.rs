//! Reads the text form of MIR that [`crate::print`] describes. Entity numbers are kept; numbers that do not occur leave
//! unused entities behind. The result is not verified.

use crate::func::*;
use crate::opcode::{Opcode, TypeRule};
use crate::print::{FLOAT_CCS, INT_CCS, PAYLOADS, REGIONS, result_from_suffix, shows_type};
use cranelift_entity::{EntityRef, PrimaryMap};
use looplift_abi::symbols::Sym;
use smallvec::SmallVec;
use std::fmt;

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    pub line: usize,
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}
impl std::error::Error for ParseError {}

type Result<T> = std::result::Result<T, ParseError>;

/// Reads all functions of a text; lines between functions are empty or comments.
pub fn parse_functions(text: &str) -> Result<Vec<Function>> {
    let mut out = Vec::new();
    let mut current: Option<FunctionParser> = None;
    let mut last = 0;
    for (n, raw) in text.lines().enumerate() {
        last = n + 1;
        let mut c = Cursor { rest: raw, line: n + 1 };
        c.space();
        if c.at_end() {
            continue;
        }
        match &mut current {
            None => current = Some(FunctionParser::start(&mut c, text.len())?),
            Some(p) => {
                if c.eat("}") {
                    c.end()?;
                    if let Some(p) = current.take() {
                        out.push(p.finish(c.line)?);
                    }
                } else {
                    p.line(&mut c)?;
                }
            }
        }
    }
    match current {
        None => Ok(out),
        Some(_) => Err(ParseError { line: last, message: "the function is not closed".into() }),
    }
}

/// Reads a text with exactly one function.
pub fn parse_function(text: &str) -> Result<Function> {
    let mut all = parse_functions(text)?;
    match (all.pop(), all.is_empty()) {
        (Some(f), true) => Ok(f),
        _ => Err(ParseError { line: 1, message: "expected exactly one function".into() }),
    }
}

struct Cursor<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Cursor<'a> {
    fn fail<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(ParseError { line: self.line, message: message.into() })
    }
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with(';') {
            self.rest = "";
        }
    }
    fn at_end(&self) -> bool {
        self.rest.is_empty()
    }
    fn end(&self) -> Result<()> {
        if self.at_end() { Ok(()) } else { self.fail(format!("unexpected {:?}", self.rest)) }
    }
    fn eat(&mut self, s: &str) -> bool {
        match self.rest.strip_prefix(s) {
            Some(r) => {
                self.rest = r;
                self.space();
                true
            }
            None => false,
        }
    }
    fn expect(&mut self, s: &str) -> Result<()> {
        if self.eat(s) { Ok(()) } else { self.fail(format!("expected {s:?} at {:?}", self.rest)) }
    }
    /// The longest prefix of characters for which `f` holds.
    fn take(&mut self, f: impl Fn(char) -> bool) -> &'a str {
        let n = self.rest.find(|c| !f(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(n);
        self.rest = rest;
        self.space();
        word
    }
    fn peek_word(&self) -> &'a str {
        let n = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(self.rest.len());
        &self.rest[..n]
    }
    fn word(&mut self) -> Result<&'a str> {
        let w = self.take(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        if w.is_empty() { self.fail(format!("expected a word at {:?}", self.rest)) } else { Ok(w) }
    }
    fn eat_word(&mut self, w: &str) -> bool {
        if self.peek_word() == w {
            self.rest = &self.rest[w.len()..];
            self.space();
            true
        } else {
            false
        }
    }
    fn int(&mut self) -> Result<i64> {
        let sign = if self.rest.starts_with(['-', '+']) { 1 } else { 0 };
        let n = self.rest[sign..].find(|c: char| !c.is_ascii_digit()).map_or(self.rest.len(), |n| n + sign);
        match self.rest[..n].parse() {
            Ok(v) => {
                self.rest = &self.rest[n..];
                self.space();
                Ok(v)
            }
            Err(_) => self.fail(format!("expected a number at {:?}", self.rest)),
        }
    }
    fn u32(&mut self) -> Result<u32> {
        let v = self.int()?;
        u32::try_from(v).or_else(|_| self.fail("number out of range"))
    }
    fn quoted(&mut self) -> Result<Box<str>> {
        let Some(r) = self.rest.strip_prefix('"') else { return self.fail(format!("expected a quoted text at {:?}", self.rest)) };
        let mut out = String::new();
        let mut it = r.char_indices();
        while let Some((i, c)) = it.next() {
            match c {
                '"' => {
                    self.rest = &r[i + 1..];
                    self.space();
                    return Ok(out.into());
                }
                '\\' => match it.next() {
                    Some((_, 'n')) => out.push('\n'),
                    Some((_, 'u')) => {
                        let mut n: u32 = 0;
                        if it.next().map(|x| x.1) != Some('{') {
                            return self.fail("bad escape");
                        }
                        loop {
                            match it.next() {
                                Some((_, '}')) => break,
                                Some((_, d)) if d.is_ascii_hexdigit() && n < 0x0011_0000 => n = n * 16 + d.to_digit(16).unwrap_or(0),
                                _ => return self.fail("bad escape"),
                            }
                        }
                        match char::from_u32(n) {
                            Some(c) => out.push(c),
                            None => return self.fail("bad escape"),
                        }
                    }
                    Some((_, c @ ('"' | '\\'))) => out.push(c),
                    _ => return self.fail("bad escape"),
                },
                c => out.push(c),
            }
        }
        self.fail("unterminated text")
    }
    fn ty(&mut self) -> Result<Ty> {
        let w = self.word()?;
        match Ty::from_name(w) {
            Some(t) => Ok(t),
            None => self.fail(format!("unknown type {w:?}")),
        }
    }
    /// Items separated by commas until `close`, which is eaten.
    fn until<T>(&mut self, close: &str, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut out = Vec::new();
        if self.eat(close) {
            return Ok(out);
        }
        loop {
            out.push(item(self)?);
            if self.eat(close) {
                return Ok(out);
            }
            self.expect(",")?;
        }
    }
    fn float(&mut self, single: bool) -> Result<u64> {
        let w = self.take(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | ':'));
        if let Some(bits) = w.strip_prefix("nan:") {
            return u64::from_str_radix(bits, 16).or_else(|_| self.fail("bad NaN bits"));
        }
        let v = if single { w.parse::<f32>().ok().map(|v| u64::from(v.to_bits())) } else { w.parse::<f64>().ok().map(f64::to_bits) };
        match v {
            Some(v) => Ok(v),
            None => self.fail(format!("expected a float, not {w:?}")),
        }
    }
    fn named<T: Copy>(&mut self, table: &[(T, &'static str)]) -> Result<T> {
        let w = self.word()?;
        match table.iter().find(|r| r.1 == w) {
            Some(r) => Ok(r.0),
            None => self.fail(format!("unknown word {w:?}")),
        }
    }
}

struct FunctionParser {
    func: Function,
    /// Types and definitions by value number.
    values: Vec<Option<ValueData>>,
    used: Vec<(Value, usize)>,
    blocks: Vec<Option<BlockData>>,
    block_uses: Vec<(Block, usize)>,
    spans: Vec<Span>,
    current: Option<Block>,
    span: SpanId,
    /// No entity number may be larger: bounds memory by the size of the text.
    limit: usize,
    terminated: bool,
}

impl FunctionParser {
    fn start(c: &mut Cursor<'_>, limit: usize) -> Result<FunctionParser> {
        if !c.eat_word("function") {
            return c.fail(format!("expected `function` at {:?}", c.rest));
        }
        let mut func = Function::new(c.quoted()?);
        if c.eat("->") {
            loop {
                func.rets.push(c.ty()?);
                if !c.eat(",") {
                    break;
                }
            }
        }
        while !c.eat("{") {
            match c.word()? {
                "fastmath" => func.flags.fastmath = true,
                "recursive" => func.flags.recursive = true,
                "always_inline" => func.flags.always_inline = true,
                "unchecked" => func.flags.unchecked = true,
                w => return c.fail(format!("unknown flag {w:?}")),
            }
        }
        c.end()?;
        Ok(FunctionParser {
            func,
            values: Vec::new(),
            used: Vec::new(),
            blocks: Vec::new(),
            block_uses: Vec::new(),
            spans: Vec::new(),
            current: None,
            span: SpanId::new(0),
            limit,
            terminated: true,
        })
    }

    /// An entity number after its prefix.
    fn entity<E: EntityRef>(&self, c: &mut Cursor<'_>, prefix: &str) -> Result<E> {
        let w = c.peek_word();
        match w.strip_prefix(prefix).and_then(|d| d.parse::<usize>().ok()) {
            Some(n) if n <= self.limit => {
                c.rest = &c.rest[w.len()..];
                c.space();
                Ok(E::new(n))
            }
            Some(_) => c.fail(format!("number too large in {w:?}")),
            None => c.fail(format!("expected {prefix}N at {:?}", c.rest)),
        }
    }
    fn use_value(&mut self, c: &mut Cursor<'_>) -> Result<Value> {
        let v = self.entity(c, "v")?;
        self.used.push((v, c.line));
        Ok(v)
    }
    fn define(&mut self, c: &Cursor<'_>, v: Value, data: ValueData) -> Result<()> {
        let n = v.index();
        if self.values.len() <= n {
            self.values.resize(n + 1, None);
        }
        if self.values[n].is_some() {
            return c.fail(format!("{v} is defined twice"));
        }
        self.values[n] = Some(data);
        Ok(())
    }
    fn span_suffix(&mut self, c: &mut Cursor<'_>) -> Result<SpanId> {
        if c.eat("!") {
            self.span = SpanId::new(c.u32()? as usize);
        }
        Ok(self.span)
    }

    fn line(&mut self, c: &mut Cursor<'_>) -> Result<()> {
        let w = c.peek_word();
        if w == "source" {
            c.word()?;
            let n = c.u32()? as usize;
            if n != self.func.sources.len() {
                return c.fail("sources are numbered in order");
            }
            let name = c.quoted()?;
            let filename = c.quoted()?;
            c.expect(":")?;
            let first_line = c.u32()?;
            self.func.sources.push(Source { name, filename, first_line });
        } else if w.starts_with("span") {
            let id: SpanId = self.entity(c, "span")?;
            if id.index() != self.spans.len() {
                return c.fail("spans are numbered in order");
            }
            c.expect("=")?;
            let source = c.u32()?;
            let line = c.u32()?;
            c.expect(":")?;
            let col = c.u32()?;
            c.expect("-")?;
            let end_line = c.u32()?;
            c.expect(":")?;
            let end_col = c.u32()?;
            let inlined_at = if c.eat_word("in") { Some(self.entity(c, "span")?) } else { None };
            self.spans.push(Span { line, end_line, col, end_col, source, inlined_at });
        } else if w.starts_with("site") {
            self.site(c)?;
        } else if w.starts_with("fn") {
            let id: CalleeId = self.entity(c, "fn")?;
            if id.index() != self.func.callees.len() {
                return c.fail("callees are numbered in order");
            }
            c.expect("=")?;
            let key = c.u32()?;
            let name = c.quoted()?;
            c.expect("(")?;
            let params = c.until(")", Cursor::ty)?;
            let mut rets = Vec::new();
            if c.eat("->") {
                loop {
                    rets.push(c.ty()?);
                    if !c.eat(",") {
                        break;
                    }
                }
            }
            let pure_ = c.eat_word("pure");
            self.func.callees.push(Callee { key, name, params, rets, pure_ });
        } else if w.starts_with("data") {
            let id: DataId = self.entity(c, "data")?;
            if id.index() != self.func.data.len() {
                return c.fail("data are numbered in order");
            }
            c.expect("=")?;
            let d = if c.eat_word("bytes") {
                let hex = c.take(|c| c.is_ascii_hexdigit());
                let mut bytes = Vec::with_capacity(hex.len() / 2);
                for pair in hex.as_bytes().chunks(2) {
                    match std::str::from_utf8(pair).ok().filter(|p| p.len() == 2).and_then(|p| u8::from_str_radix(p, 16).ok()) {
                        Some(b) => bytes.push(b),
                        None => return c.fail("odd number of hexadecimal digits"),
                    }
                }
                ConstData::Bytes(bytes.into())
            } else if c.eat_word("host") {
                ConstData::Host { id: c.u32()?, name: c.quoted()? }
            } else {
                return c.fail("expected `bytes` or `host`");
            };
            self.func.data.push(d);
        } else if w.starts_with("block") {
            self.block_header(c)?;
        } else {
            self.inst(c)?;
        }
        c.end()
    }

    fn site(&mut self, c: &mut Cursor<'_>) -> Result<()> {
        let id: SiteId = self.entity(c, "site")?;
        if id.index() != self.func.sites.len() {
            return c.fail("sites are numbered in order");
        }
        c.expect("=")?;
        let kind = match c.word()? {
            "propagate" => SiteKind::Propagate,
            "raise" => {
                let class = if c.eat_word("host") { ExcClass::Host { id: c.u32()?, name: c.quoted()? } } else { ExcClass::Builtin(c.word()?.into()) };
                c.expect("(")?;
                let args = c.until(")", |c| {
                    if c.rest.starts_with('"') {
                        return Ok(ExcArg::Format(c.quoted()?));
                    }
                    let w = c.peek_word();
                    if let Some(p) = PAYLOADS.iter().find(|p| p.1 == w) {
                        c.word()?;
                        return Ok(ExcArg::Payload(p.0));
                    }
                    Ok(match w {
                        "True" | "False" => ExcArg::ConstBool(c.word()? == "True"),
                        "str" => {
                            c.word()?;
                            ExcArg::ConstStr(c.quoted()?)
                        }
                        "None" => {
                            c.word()?;
                            ExcArg::ConstNone
                        }
                        _ => {
                            let text = &c.rest[..c.rest.find([',', ')']).unwrap_or(c.rest.len())];
                            if text.contains(['.', 'e', 'n', ':']) { ExcArg::ConstFloat(c.float(false)?) } else { ExcArg::ConstInt(c.int()?) }
                        }
                    })
                })?;
                let payload = if c.eat_word("payload") {
                    c.expect("(")?;
                    c.until(")", |c| c.named(&PAYLOADS))?
                } else {
                    Vec::new()
                };
                SiteKind::Raise { class, args: args.into(), payload: payload.into() }
            }
            w => return c.fail(format!("expected `raise` or `propagate`, not {w:?}")),
        };
        let span = if c.eat("!") { SpanId::new(c.u32()? as usize) } else { SpanId::new(0) };
        self.func.sites.push(Site { kind, span });
        Ok(())
    }

    fn block_header(&mut self, c: &mut Cursor<'_>) -> Result<()> {
        if !self.terminated {
            return c.fail("the block before has no terminator");
        }
        let block: Block = self.entity(c, "block")?;
        if self.blocks.len() <= block.index() {
            self.blocks.resize(block.index() + 1, None);
        }
        if self.blocks[block.index()].is_some() {
            return c.fail(format!("{block} occurs twice"));
        }
        let mut params = Vec::new();
        if c.eat("(") {
            let list = c.until(")", |c| {
                let v: Value = self.entity(c, "v")?;
                c.expect(":")?;
                Ok((v, c.ty()?, c.eat_word("nonneg")))
            })?;
            for (i, (v, ty, nonneg)) in list.into_iter().enumerate() {
                self.define(c, v, ValueData { ty, def: ValueDef::Param(block, i as u32) })?;
                params.push(v);
                if nonneg {
                    self.func.nonneg.insert(v);
                }
            }
        }
        c.expect(":")?;
        let cold = c.eat_word("cold");
        let vector = c.eat_word("vector");
        self.func.layout.push(block);
        self.blocks[block.index()] = Some(BlockData { params, insts: Vec::new(), term: Terminator::Unreachable, term_span: self.span, cold, vector });
        self.current = Some(block);
        self.terminated = false;
        Ok(())
    }

    fn block_call(&mut self, c: &mut Cursor<'_>) -> Result<BlockCall> {
        let block = self.entity(c, "block")?;
        self.block_uses.push((block, c.line));
        let args = if c.eat("(") { c.until(")", |c| self.use_value(c))? } else { Vec::new() };
        Ok(BlockCall { block, args: args.into() })
    }
    fn value_list(&mut self, c: &mut Cursor<'_>) -> Result<Args> {
        let mut out = Args::new();
        if c.at_end() || !c.rest.starts_with('v') {
            return Ok(out);
        }
        loop {
            out.push(self.use_value(c)?);
            if !c.eat(",") {
                return Ok(out);
            }
        }
    }

    fn terminator(&mut self, c: &mut Cursor<'_>) -> Result<Option<Terminator>> {
        Ok(Some(match c.peek_word() {
            "jump" => {
                c.word()?;
                Terminator::Jump(self.block_call(c)?)
            }
            "brif" => {
                c.word()?;
                let cond = self.use_value(c)?;
                c.expect(",")?;
                let then = self.block_call(c)?;
                c.expect(",")?;
                let other = self.block_call(c)?;
                Terminator::Brif { cond, then, other }
            }
            "return" => {
                c.word()?;
                Terminator::Return(self.value_list(c)?)
            }
            "raise" => {
                c.word()?;
                let site = self.entity(c, "site")?;
                let args = if c.eat("(") { c.until(")", |c| self.use_value(c))? } else { Vec::new() };
                Terminator::Raise { site, args: args.into() }
            }
            "propagate" => {
                c.word()?;
                Terminator::Propagate { site: self.entity(c, "site")? }
            }
            "unreachable" => {
                c.word()?;
                Terminator::Unreachable
            }
            _ => return Ok(None),
        }))
    }

    fn inst(&mut self, c: &mut Cursor<'_>) -> Result<()> {
        let Some(block) = self.current.filter(|_| !self.terminated) else { return c.fail("instruction outside a block") };
        if let Some(term) = self.terminator(c)? {
            let span = self.span_suffix(c)?;
            if let Some(Some(b)) = self.blocks.get_mut(block.index()) {
                b.term = term;
                b.term_span = span;
            }
            self.terminated = true;
            return Ok(());
        }
        let mut results: SmallVec<[Value; 1]> = SmallVec::new();
        if c.peek_word().strip_prefix('v').is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit())) {
            loop {
                results.push(self.entity(c, "v")?);
                if !c.eat(",") {
                    break;
                }
            }
            c.expect("=")?;
        }
        let w = c.word()?;
        let (name, suffix) = w.split_once('.').map_or((w, None), |(n, s)| (n, Some(s)));
        let Some(op) = Opcode::from_name(name) else { return c.fail(format!("unknown instruction {name:?}")) };
        let row = op.row();
        let suffix = match suffix {
            None => None,
            Some(s) => match Ty::from_name(s) {
                Some(t) => Some(t),
                None => return c.fail(format!("unknown type {s:?}")),
            },
        };
        if shows_type(row.rule) != suffix.is_some() {
            return c.fail(format!("{name} {} a type suffix", if suffix.is_some() { "takes no" } else { "needs" }));
        }
        let mut imm = Imm::None;
        let args = match op {
            Opcode::Iconst | Opcode::StackSlot => {
                imm = Imm::Int(c.int()?);
                Args::new()
            }
            Opcode::Fconst => {
                imm = Imm::Float(c.float(suffix == Some(Ty::F32))?);
                Args::new()
            }
            Opcode::Icmp => {
                imm = Imm::ICond(c.named(&INT_CCS)?);
                self.value_list(c)?
            }
            Opcode::Fcmp | Opcode::FcmpBoth | Opcode::FcmpEither => {
                imm = Imm::FCond(c.named(&FLOAT_CCS)?);
                self.value_list(c)?
            }
            Opcode::Load | Opcode::Store => {
                let region = c.named(&REGIONS)?;
                let args = self.value_list(c)?;
                let off = if c.rest.starts_with(['+', '-']) && !c.rest.starts_with("->") { c.int()? } else { 0 };
                let Ok(off) = i32::try_from(off) else { return c.fail("offset out of range") };
                imm = Imm::Mem(region, off);
                args
            }
            Opcode::DataAddr => {
                imm = Imm::Data(self.entity(c, "data")?);
                Args::new()
            }
            Opcode::Call | Opcode::CallTry | Opcode::FuncAddr => {
                imm = Imm::Callee(self.entity(c, "fn")?);
                c.expect("(")?;
                c.until(")", |c| self.use_value(c))?.into()
            }
            Opcode::CallRt | Opcode::CallRtTry => {
                let w = c.word()?;
                let Some(sym) = Sym::from_name(w) else { return c.fail(format!("unknown runtime symbol {w:?}")) };
                imm = Imm::Sym(sym);
                c.expect("(")?;
                c.until(")", |c| self.use_value(c))?.into()
            }
            Opcode::Udiv | Opcode::Urem => {
                let args = self.value_list(c)?;
                if c.eat("of") {
                    let Ok(bits) = u32::try_from(c.int()?) else { return c.fail("number of bits out of range") };
                    imm = Imm::Bits(bits);
                }
                args
            }
            _ => self.value_list(c)?,
        };
        let site = if c.eat("->") { Some(self.entity(c, "site")?) } else { None };
        let span = self.span_suffix(c)?;
        let types: SmallVec<[Ty; 4]> = match (op, imm) {
            (Opcode::Call | Opcode::CallTry, Imm::Callee(id)) => match self.func.callees.get(id) {
                Some(callee) => try_flag(op).into_iter().chain(callee.rets.iter().copied()).collect(),
                None => return c.fail(format!("{id} is not declared")),
            },
            (Opcode::CallRt | Opcode::CallRtTry, Imm::Sym(sym)) => try_flag(op).into_iter().chain(sym.row().rets.iter().copied()).collect(),
            _ if result_from_suffix(op) => suffix.into_iter().collect(),
            _ => self.func.result_types(op, suffix, &[]).into_iter().collect(),
        };
        if types.len() != results.len() {
            return c.fail(format!("{name} has {} results, not {}", types.len(), results.len()));
        }
        let inst = Inst::new(self.func.insts.len());
        for (i, (&v, &ty)) in results.iter().zip(&types).enumerate() {
            self.define(c, v, ValueData { ty, def: ValueDef::Result(inst, i as u32) })?;
        }
        // The controlling type is stored only where it is not implied by the operands.
        let ty = match row.rule {
            TypeRule::Nullary | TypeRule::Convert | TypeRule::Load | TypeRule::Store => suffix,
            TypeRule::Same | TypeRule::Compare | TypeRule::Select | TypeRule::Shift | TypeRule::Special => None,
        };
        self.func.insts.push(InstData { op, ty, args, imm, results, site, span });
        if let Some(Some(b)) = self.blocks.get_mut(block.index()) {
            b.insts.push(inst);
        }
        Ok(())
    }

    fn finish(mut self, line: usize) -> Result<Function> {
        let fail = |line: usize, message: String| Err(ParseError { line, message });
        if !self.terminated {
            return fail(line, "the last block has no terminator".into());
        }
        let Some(&entry) = self.func.layout.first() else { return fail(line, "a function has at least one block".into()) };
        for &(v, line) in &self.used {
            if self.values.get(v.index()).is_none_or(Option::is_none) {
                return fail(line, format!("{v} is not defined"));
            }
        }
        for &(b, line) in &self.block_uses {
            if self.blocks.get(b.index()).is_none_or(Option::is_none) {
                return fail(line, format!("{b} is not defined"));
            }
        }
        if self.spans.is_empty() {
            self.spans.push(Span { line: 0, end_line: 0, col: 0, end_col: 0, source: 0, inlined_at: None });
        }
        let hole = ValueData { ty: Ty::I8, def: ValueDef::Param(entry, u32::MAX) };
        self.func.values = self.values.into_iter().map(|v| v.unwrap_or(hole)).collect::<PrimaryMap<_, _>>();
        let span = SpanId::new(0);
        self.func.blocks = self
            .blocks
            .into_iter()
            .map(|b| {
                b.unwrap_or(BlockData { params: Vec::new(), insts: Vec::new(), term: Terminator::Unreachable, term_span: span, cold: false, vector: false })
            })
            .collect::<PrimaryMap<_, _>>();
        self.func.spans = self.spans.into_iter().collect();
        Ok(self.func)
    }
}

fn try_flag(op: Opcode) -> Option<Ty> {
    matches!(op, Opcode::CallTry | Opcode::CallRtTry).then_some(Ty::I8)
}
