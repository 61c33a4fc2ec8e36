//! The text form of MIR. [`crate::parse`] reads it back to an equal function (entity numbers are kept, unused ones drop out).
//!
//! ```text
//! function "f(int64)" -> i64 fastmath {
//!   source 0 "f" "f.py":1
//!   span0 = 0 2:4-2:9
//!   span1 = 0 3:4-3:9 in span0
//!   site0 = raise IndexError("index {} is out of bounds", int) payload(int) !1
//!   site1 = propagate !0
//!   fn0 = 7 "g(int64)" (i64) -> f64 pure
//!   data0 = bytes 00ff
//!   data1 = host 3 "table"
//! block0(v0: i64): !0
//!   v1 = iconst.i64 5
//!   v2 = icmp slt v0, v1 !1
//!   guard v2, v0 -> site0
//!   v3 = load.i64 data v1+8
//!   v4 = call fn0(v3) -> site1
//!   brif v2, block1(v3), block2
//! block1(v5: i64): cold
//!   return v5
//! block2:
//!   raise site0(v0)
//! }
//! ```
//! `nonneg` after a parameter's type says that it is never negative. `!n` names the span of a line; a line without it has the span of the line before. `;` starts a comment.

use crate::func::*;
use crate::opcode::{Opcode, TypeRule};
use cranelift_entity::EntityRef;
use std::fmt::{self, Display, Formatter, Write};

/// Names of the small enums, for printer and parser.
pub(crate) const INT_CCS: [(IntCC, &str); 10] = [
    (IntCC::Eq, "eq"),
    (IntCC::Ne, "ne"),
    (IntCC::Slt, "slt"),
    (IntCC::Sle, "sle"),
    (IntCC::Sgt, "sgt"),
    (IntCC::Sge, "sge"),
    (IntCC::Ult, "ult"),
    (IntCC::Ule, "ule"),
    (IntCC::Ugt, "ugt"),
    (IntCC::Uge, "uge"),
];
pub(crate) const FLOAT_CCS: [(FloatCC, &str); 8] = [
    (FloatCC::Eq, "eq"),
    (FloatCC::Ne, "ne"),
    (FloatCC::Lt, "lt"),
    (FloatCC::Le, "le"),
    (FloatCC::Gt, "gt"),
    (FloatCC::Ge, "ge"),
    (FloatCC::Ord, "ord"),
    (FloatCC::Uno, "uno"),
];
pub(crate) const REGIONS: [(Region, &str); 6] =
    [(Region::Data, "data"), (Region::Const, "const"), (Region::Ctx, "ctx"), (Region::Header, "header"), (Region::Fields, "fields"), (Region::Items, "items")];
pub(crate) const PAYLOADS: [(Payload, &str); 4] = [(Payload::Int, "int"), (Payload::Uint, "uint"), (Payload::Float, "float"), (Payload::Bool, "bool")];

pub(crate) fn name_of<T: PartialEq>(table: &[(T, &'static str)], x: T) -> &'static str {
    table.iter().find(|r| r.0 == x).map_or("?", |r| r.1)
}

/// Whether the text shows a machine type after the opcode.
pub(crate) fn shows_type(rule: TypeRule) -> bool {
    match rule {
        TypeRule::Nullary | TypeRule::Same | TypeRule::Select | TypeRule::Convert | TypeRule::Load | TypeRule::Store | TypeRule::Shift => true,
        TypeRule::Compare | TypeRule::Special => false,
    }
}

fn quoted(f: &mut Formatter<'_>, s: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in s.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            c if (c as u32) < 0x20 || c == '\u{7f}' => write!(f, "\\u{{{:x}}}", c as u32)?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

fn float64(f: &mut Formatter<'_>, bits: u64) -> fmt::Result {
    let v = f64::from_bits(bits);
    if v.is_nan() { write!(f, "nan:{bits:016x}") } else { write!(f, "{v:?}") }
}
fn float32(f: &mut Formatter<'_>, bits: u64) -> fmt::Result {
    let v = f32::from_bits(bits as u32);
    if v.is_nan() { write!(f, "nan:{bits:08x}") } else { write!(f, "{v:?}") }
}

fn list<T>(f: &mut Formatter<'_>, items: &[T], mut item: impl FnMut(&mut Formatter<'_>, &T) -> fmt::Result) -> fmt::Result {
    for (i, x) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        item(f, x)?;
    }
    Ok(())
}
fn values(f: &mut Formatter<'_>, vs: &[Value]) -> fmt::Result {
    list(f, vs, |f, v| write!(f, "{v}"))
}
fn types(f: &mut Formatter<'_>, ts: &[Ty]) -> fmt::Result {
    list(f, ts, |f, t| f.write_str(t.name()))
}
fn block_call(f: &mut Formatter<'_>, c: &BlockCall) -> fmt::Result {
    write!(f, "{}", c.block)?;
    if !c.args.is_empty() {
        f.write_char('(')?;
        values(f, &c.args)?;
        f.write_char(')')?;
    }
    Ok(())
}

fn site(f: &mut Formatter<'_>, s: &Site) -> fmt::Result {
    match &s.kind {
        SiteKind::Propagate => f.write_str("propagate")?,
        SiteKind::Raise { class, args, payload } => {
            f.write_str("raise ")?;
            exc_class(f, class)?;
            f.write_char('(')?;
            list(f, args, |f, a| match a {
                ExcArg::Format(s) => quoted(f, s),
                ExcArg::Payload(p) => f.write_str(name_of(&PAYLOADS, *p)),
                ExcArg::ConstInt(i) => write!(f, "{i}"),
                ExcArg::ConstFloat(b) => float64(f, *b),
                ExcArg::ConstBool(b) => f.write_str(if *b { "True" } else { "False" }),
                ExcArg::ConstStr(s) => {
                    f.write_str("str ")?;
                    quoted(f, s)
                }
                ExcArg::ConstNone => f.write_str("None"),
            })?;
            f.write_char(')')?;
            if !payload.is_empty() {
                f.write_str(" payload(")?;
                list(f, payload, |f, p| f.write_str(name_of(&PAYLOADS, *p)))?;
                f.write_char(')')?;
            }
        }
    }
    write!(f, " !{}", s.span.index())
}
fn exc_class(f: &mut Formatter<'_>, c: &ExcClass) -> fmt::Result {
    match c {
        ExcClass::Builtin(n) => f.write_str(n),
        ExcClass::Host { id, name } => {
            write!(f, "host {id} ")?;
            quoted(f, name)
        }
    }
}

fn inst(f: &mut Formatter<'_>, func: &Function, i: &InstData) -> fmt::Result {
    let row = i.op.row();
    if !i.results.is_empty() {
        values(f, &i.results)?;
        f.write_str(" = ")?;
    }
    f.write_str(row.name)?;
    if shows_type(row.rule) {
        let ty = i.ty.or_else(|| i.results.first().map(|&r| func.values[r].ty));
        if let Some(ty) = ty {
            write!(f, ".{}", ty.name())?;
        }
    }
    match i.imm {
        Imm::None => {
            if !i.args.is_empty() {
                f.write_char(' ')?;
            }
            values(f, &i.args)?;
        }
        Imm::Bits(n) => {
            f.write_char(' ')?;
            values(f, &i.args)?;
            write!(f, " of {n}")?;
        }
        Imm::Int(n) => write!(f, " {n}")?,
        Imm::Float(bits) => {
            f.write_char(' ')?;
            if i.ty == Some(Ty::F32) { float32(f, bits)? } else { float64(f, bits)? }
        }
        Imm::ICond(cc) => {
            write!(f, " {} ", name_of(&INT_CCS, cc))?;
            values(f, &i.args)?;
        }
        Imm::FCond(cc) => {
            write!(f, " {} ", name_of(&FLOAT_CCS, cc))?;
            values(f, &i.args)?;
        }
        Imm::Mem(region, off) => {
            write!(f, " {} ", name_of(&REGIONS, region))?;
            values(f, &i.args)?;
            if off != 0 {
                write!(f, "{off:+}")?;
            }
        }
        Imm::Sym(s) => {
            write!(f, " {}(", s.row().name)?;
            values(f, &i.args)?;
            f.write_char(')')?;
        }
        Imm::Callee(c) => {
            write!(f, " {c}(")?;
            values(f, &i.args)?;
            f.write_char(')')?;
        }
        Imm::Data(d) => write!(f, " {d}")?,
    }
    if let Some(s) = i.site {
        write!(f, " -> {s}")?;
    }
    Ok(())
}

fn terminator(f: &mut Formatter<'_>, t: &Terminator) -> fmt::Result {
    match t {
        Terminator::Jump(c) => {
            f.write_str("jump ")?;
            block_call(f, c)
        }
        Terminator::Brif { cond, then, other } => {
            write!(f, "brif {cond}, ")?;
            block_call(f, then)?;
            f.write_str(", ")?;
            block_call(f, other)
        }
        Terminator::Return(args) => {
            f.write_str("return")?;
            if !args.is_empty() {
                f.write_char(' ')?;
            }
            values(f, args)
        }
        Terminator::Raise { site, args } => {
            write!(f, "raise {site}")?;
            if !args.is_empty() {
                f.write_char('(')?;
                values(f, args)?;
                f.write_char(')')?;
            }
            Ok(())
        }
        Terminator::Propagate { site } => write!(f, "propagate {site}"),
        Terminator::Unreachable => f.write_str("unreachable"),
    }
}

impl Display for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("function ")?;
        quoted(f, &self.name)?;
        if !self.rets.is_empty() {
            f.write_str(" -> ")?;
            types(f, &self.rets)?;
        }
        let flags = self.flags;
        for (on, name) in [(flags.fastmath, "fastmath"), (flags.recursive, "recursive"), (flags.always_inline, "always_inline"), (flags.unchecked, "unchecked")]
        {
            if on {
                write!(f, " {name}")?;
            }
        }
        f.write_str(" {\n")?;
        for (i, s) in self.sources.iter().enumerate() {
            write!(f, "  source {i} ")?;
            quoted(f, &s.name)?;
            f.write_char(' ')?;
            quoted(f, &s.filename)?;
            writeln!(f, ":{}", s.first_line)?;
        }
        // A text without spans has one of all zeros.
        let implied = self.spans.len() == 1 && self.spans[SpanId::new(0)] == Span { line: 0, end_line: 0, col: 0, end_col: 0, source: 0, inlined_at: None };
        for (id, s) in self.spans.iter().filter(|_| !implied) {
            write!(f, "  {id} = {} {}:{}-{}:{}", s.source, s.line, s.col, s.end_line, s.end_col)?;
            if let Some(at) = s.inlined_at {
                write!(f, " in {at}")?;
            }
            f.write_char('\n')?;
        }
        for (id, s) in self.sites.iter() {
            write!(f, "  {id} = ")?;
            site(f, s)?;
            f.write_char('\n')?;
        }
        for (id, c) in self.callees.iter() {
            write!(f, "  {id} = {} ", c.key)?;
            quoted(f, &c.name)?;
            f.write_str(" (")?;
            types(f, &c.params)?;
            f.write_char(')')?;
            if !c.rets.is_empty() {
                f.write_str(" -> ")?;
                types(f, &c.rets)?;
            }
            f.write_str(if c.pure_ { " pure\n" } else { "\n" })?;
        }
        for (id, d) in self.data.iter() {
            write!(f, "  {id} = ")?;
            match d {
                ConstData::Bytes(b) => {
                    f.write_str("bytes ")?;
                    for x in b.iter() {
                        write!(f, "{x:02x}")?;
                    }
                }
                ConstData::Host { id, name } => {
                    write!(f, "host {id} ")?;
                    quoted(f, name)?;
                }
            }
            f.write_char('\n')?;
        }
        let mut span = SpanId::new(0);
        let mut show_span = |f: &mut Formatter<'_>, s: SpanId| -> fmt::Result {
            if s != span {
                span = s;
                write!(f, " !{}", s.index())?;
            }
            f.write_char('\n')
        };
        for &b in &self.layout {
            let data = &self.blocks[b];
            write!(f, "{b}")?;
            if !data.params.is_empty() {
                f.write_char('(')?;
                list(f, &data.params, |f, &p| write!(f, "{p}: {}{}", self.values[p].ty.name(), if self.nonneg.contains(p) { " nonneg" } else { "" }))?;
                f.write_char(')')?;
            }
            f.write_str(match (data.cold, data.vector) {
                (false, false) => ":\n",
                (true, false) => ": cold\n",
                (false, true) => ": vector\n",
                (true, true) => ": cold vector\n",
            })?;
            for &i in &data.insts {
                f.write_str("  ")?;
                inst(f, self, &self.insts[i])?;
                show_span(f, self.insts[i].span)?;
            }
            f.write_str("  ")?;
            terminator(f, &data.term)?;
            show_span(f, data.term_span)?;
        }
        f.write_str("}\n")
    }
}

/// The text of one instruction, for messages.
pub fn inst_text(func: &Function, i: Inst) -> String {
    struct One<'a>(&'a Function, Inst);
    impl Display for One<'_> {
        fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
            inst(f, self.0, &self.0.insts[self.1])
        }
    }
    One(func, i).to_string()
}

/// Whether the text form gives the opcode a type suffix that results take.
pub(crate) fn result_from_suffix(op: Opcode) -> bool {
    match op.row().rule {
        TypeRule::Nullary | TypeRule::Same | TypeRule::Select | TypeRule::Convert | TypeRule::Load | TypeRule::Shift => true,
        TypeRule::Compare | TypeRule::Store | TypeRule::Special => false,
    }
}
