//! Reads the text form that [`crate::print`] writes. Values and blocks keep their numbers.

use crate::func::*;
use crate::ops::{Op, Terminator};
use crate::text::{Cursor, Field, ParseError};
use cranelift_entity::{EntityRef, PrimaryMap};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Parses one function.
///
/// # Errors
/// [`ParseError`] with the line where the text departs from the form.
pub fn parse(text: &str) -> Result<Function, ParseError> {
    let mut p = Parser { func: empty(), names: FxHashMap::default(), spans: FxHashMap::default(), values: FxHashMap::default() };
    let mut current: Option<Block> = None;
    let mut opened = false;
    let mut closed = false;
    for (n, raw) in text.lines().enumerate() {
        let body = raw.split(" ; ").next().unwrap_or("");
        let mut c = Cursor::new(body, n + 1);
        if c.at_end() || body.trim_start().starts_with('#') {
            continue;
        }
        if closed {
            return c.error("text after the function");
        }
        if !opened {
            p.header(&mut c)?;
            opened = true;
        } else if c.eat("}") {
            closed = true;
        } else if body.starts_with("block") {
            current = Some(p.block_header(&mut c)?);
        } else {
            match current {
                Some(b) => p.line(&mut c, b)?,
                None => return c.error("an instruction before the first block"),
            }
        }
        if !c.at_end() {
            return c.error("unexpected text at the end of the line");
        }
    }
    if !closed {
        return Err(ParseError { line: text.lines().count(), message: "the function does not end".into() });
    }
    p.finish()
}

fn empty() -> Function {
    Function {
        name: "".into(),
        qualname: "".into(),
        filename: "".into(),
        first_line: 0,
        sig: FnSig::default(),
        free_names: Vec::new(),
        is_generator: false,
        is_coroutine: false,
        locals: PrimaryMap::new(),
        spans: PrimaryMap::new(),
        values: PrimaryMap::new(),
        insts: PrimaryMap::new(),
        blocks: PrimaryMap::new(),
        layout: Vec::new(),
    }
}

struct Parser {
    func: Function,
    names: FxHashMap<String, Local>,
    spans: FxHashMap<Span, SpanId>,
    values: FxHashMap<Value, ValueData>,
}

/// Numbers above this are refused, so that a typing error cannot ask for gigabytes.
const MAX_INDEX: usize = 10_000_000;

impl Parser {
    fn header(&mut self, c: &mut Cursor<'_>) -> Result<(), ParseError> {
        let f = &mut self.func;
        c.expect("function")?;
        f.name = c.quoted()?.into();
        c.expect("(")?;
        f.qualname = c.quoted()?.into();
        c.expect(")")?;
        f.filename = c.quoted()?.into();
        c.expect(":")?;
        f.first_line = c.number()?;
        c.expect("params")?;
        c.expect("(")?;
        while !c.eat(")") {
            if !f.sig.names.is_empty() {
                c.expect(",")?;
            }
            if c.eat("**") {
                f.sig.varkw = true;
            } else if c.eat("*") {
                f.sig.varargs = true;
            } else {
                f.sig.positional += 1;
            }
            f.sig.names.push(c.word()?.into());
        }
        c.expect("posonly")?;
        f.sig.posonly = c.number()?;
        c.expect("kwonly")?;
        f.sig.kwonly = c.number()?;
        f.sig.positional = f.sig.positional.saturating_sub(f.sig.kwonly);
        c.expect("free")?;
        c.expect("(")?;
        while !c.eat(")") {
            if !f.free_names.is_empty() {
                c.expect(",")?;
            }
            f.free_names.push(c.word()?.into());
        }
        f.is_generator = c.eat("generator");
        f.is_coroutine = c.eat("coroutine");
        c.expect("{")
    }

    fn definition(&mut self, c: &mut Cursor<'_>, def: ValueDef) -> Result<Value, ParseError> {
        let v: Value = c.entity("v")?;
        if v.index() > MAX_INDEX {
            return c.error("value number too large");
        }
        let name = if c.eat(": ") || c.eat(":") {
            let w = c.word()?;
            let locals = &mut self.func.locals;
            Some(*self.names.entry(w.to_owned()).or_insert_with(|| locals.push(w.into())))
        } else {
            None
        };
        if self.values.insert(v, ValueData { def, name }).is_some() {
            return c.error(format!("{v} is defined twice"));
        }
        Ok(v)
    }

    fn block_header(&mut self, c: &mut Cursor<'_>) -> Result<Block, ParseError> {
        let block: Block = c.entity("block")?;
        if block.index() > MAX_INDEX {
            return c.error("block number too large");
        }
        let span = self.span(Span::default());
        while self.func.blocks.len() <= block.index() {
            self.func.blocks.push(BlockData { params: Vec::new(), insts: Vec::new(), term: Terminator::Unreachable, term_span: span, term_handler: None });
        }
        if self.func.layout.contains(&block) {
            return c.error(format!("{block} stands twice"));
        }
        self.func.layout.push(block);
        c.expect("(")?;
        let mut params = Vec::new();
        // The colon of `v0: name` and the one that ends the header differ by the parenthesis between them.
        while !c.eat(")") {
            if !params.is_empty() {
                c.expect(",")?;
            }
            params.push(self.definition(c, ValueDef::Param(block, params.len() as u32))?);
        }
        c.expect(":")?;
        self.func.blocks[block].params = params;
        Ok(block)
    }

    fn span(&mut self, s: Span) -> SpanId {
        let spans = &mut self.func.spans;
        *self.spans.entry(s).or_insert_with(|| spans.push(s))
    }

    fn target(&mut self, c: &mut Cursor<'_>) -> Result<BlockCall, ParseError> {
        let block: Block = c.entity("block")?;
        c.expect("(")?;
        let mut args = SmallVec::new();
        while !c.eat(")") {
            if !args.is_empty() {
                c.expect(",")?;
            }
            args.push(c.entity("v")?);
        }
        Ok(BlockCall { block, args })
    }

    fn tail(&mut self, c: &mut Cursor<'_>) -> Result<(Option<BlockCall>, SpanId), ParseError> {
        let handler = if c.eat("!") { Some(self.target(c)?) } else { None };
        let mut s = Span::default();
        if c.eat("@") {
            // `@line:col-line:col`: `-` is a word character, so the middle comes as one word.
            s.line = c.number()?;
            c.expect(":")?;
            let middle = c.word()?;
            c.expect(":")?;
            s.end_col = c.number()?;
            match middle.split_once('-').map(|(a, b)| (a.parse(), b.parse())) {
                Some((Ok(a), Ok(b))) => (s.col, s.end_line) = (a, b),
                _ => return c.error("a position is @line:col-line:col"),
            }
        }
        Ok((handler, self.span(s)))
    }

    fn line(&mut self, c: &mut Cursor<'_>, block: Block) -> Result<(), ParseError> {
        let term = if c.eat("jump ") {
            Terminator::Jump(self.target(c)?)
        } else if c.eat("branch ") {
            Terminator::Branch { cond: c.entity("v")?, then: self.target(c)?, other: self.target(c)? }
        } else if c.eat("iter_next ") {
            Terminator::IterNext { iter: c.entity("v")?, body: self.target(c)?, exit: self.target(c)? }
        } else if c.eat("return ") {
            Terminator::Return(c.entity("v")?)
        } else if c.eat("raise ") {
            Terminator::Raise { exc: Option::<Value>::parse(c)?, cause: Option::<Value>::parse(c)? }
        } else if c.eat("reraise ") {
            Terminator::Reraise { exc: c.entity("v")? }
        } else if c.eat("unreachable") {
            Terminator::Unreachable
        } else {
            let inst = Inst::new(self.func.insts.len());
            let result = self.definition(c, ValueDef::Result(inst))?;
            c.expect("=")?;
            let op = Op::parse(c)?;
            let (handler, span) = self.tail(c)?;
            self.func.insts.push(InstData { op, result, span, handler });
            self.func.blocks[block].insts.push(inst);
            return Ok(());
        };
        let (handler, span) = self.tail(c)?;
        let data = &mut self.func.blocks[block];
        (data.term, data.term_span, data.term_handler) = (term, span, handler);
        Ok(())
    }

    fn finish(mut self) -> Result<Function, ParseError> {
        let count = self.values.keys().map(|v| v.index() + 1).max().unwrap_or(0);
        for i in 0..count {
            // A number that nothing defines stays as a parameter that no block has; the verifier refuses its uses.
            let undefined = ValueData { def: ValueDef::Param(Block::from_u32(u32::MAX - 1), 0), name: None };
            let v = Value::new(i);
            self.func.values.push(self.values.remove(&v).unwrap_or(undefined));
        }
        crate::verify::verify(&self.func).map_err(|e| ParseError { line: 0, message: e.join("; ") })?;
        Ok(self.func)
    }
}
