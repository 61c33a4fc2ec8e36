//! The invariants of MIR, checked:
//!
//! 1. The entry is first in the layout and has no predecessors; a block is in the layout once; edges stay in the layout.
//! 2. Every block parameter and instruction result points back at its definition; an instruction is in one block.
//! 3. Operand count, operand and result types, type field and immediate are as the opcode's row says.
//! 4. Calls match the symbol row or the callee declaration.
//! 5. Edges pass as many arguments as the target has parameters, of the same types; returns match the function.
//! 6. A definition dominates its uses (unreachable blocks may use anything).
//! 7. A site is present exactly where the row may leave or describes an exception; payload counts and types fit the site.
//! 8. `ref` occurs only in rows that know references; branch conditions are i8; pairs are neither parameters nor results of functions.
//! 9. Entity references (spans, sites, callees, data, sources) are in range; inlining chains of spans go to lower numbers.

use crate::dom::Dominators;
use crate::func::*;
use crate::opcode::{Opcode, TypeRule};
use crate::print::inst_text;
use cranelift_entity::{EntityRef, SecondaryMap};
use looplift_abi::ctx::MAX_PAYLOAD;
use std::fmt;

/// Violations, at most [`MAX_ERRORS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyErrors(pub Vec<String>);

/// Further errors are not collected.
pub const MAX_ERRORS: usize = 20;

impl fmt::Display for VerifyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}
impl std::error::Error for VerifyErrors {}

/// Checks all invariants.
pub fn verify(func: &Function) -> Result<(), VerifyErrors> {
    let mut v = Verifier { func, errors: Vec::new() };
    v.tables();
    v.structure();
    // The rest assumes that what it follows exists.
    if v.errors.is_empty() {
        v.instructions();
        v.edges();
        v.dominance();
    }
    if v.errors.is_empty() { Ok(()) } else { Err(VerifyErrors(v.errors)) }
}

struct Verifier<'a> {
    func: &'a Function,
    errors: Vec<String>,
}

/// What an opcode's `imm` is.
fn imm_fits(op: Opcode, imm: Imm) -> bool {
    match op {
        Opcode::Iconst => matches!(imm, Imm::Int(_)),
        Opcode::StackSlot => matches!(imm, Imm::Int(n) if (0..=1 << 20).contains(&n)),
        Opcode::Fconst => matches!(imm, Imm::Float(_)),
        Opcode::Icmp => matches!(imm, Imm::ICond(_)),
        Opcode::Fcmp | Opcode::FcmpBoth | Opcode::FcmpEither => matches!(imm, Imm::FCond(_)),
        Opcode::Load | Opcode::Store => matches!(imm, Imm::Mem(..)),
        Opcode::DataAddr => matches!(imm, Imm::Data(_)),
        Opcode::Call | Opcode::CallTry | Opcode::FuncAddr => matches!(imm, Imm::Callee(_)),
        Opcode::CallRt | Opcode::CallRtTry => matches!(imm, Imm::Sym(_)),
        Opcode::Udiv | Opcode::Urem => matches!(imm, Imm::None | Imm::Bits(1..=63)),
        _ => imm == Imm::None,
    }
}

/// Whether an instruction names a site.
pub fn needs_site(op: Opcode, imm: Imm) -> bool {
    match op {
        Opcode::Guard | Opcode::Alloc | Opcode::AllocZeroed | Opcode::Call | Opcode::Poll | Opcode::StackCheck | Opcode::SetExc | Opcode::ExcMatches => true,
        Opcode::CallRt => matches!(imm, Imm::Sym(s) if s.row().fallible),
        _ => false,
    }
}

/// What operand types a row of the regular rules takes.
fn operand_fits(op: Opcode, ty: Ty) -> bool {
    use Opcode as O;
    match op {
        O::Iadd
        | O::Isub
        | O::Imul
        | O::Sdiv
        | O::Udiv
        | O::Srem
        | O::Urem
        | O::FloorDiv
        | O::FloorMod
        | O::Ineg
        | O::Iabs
        | O::Smin
        | O::Smax
        | O::Umin
        | O::Umax
        | O::Band
        | O::Bor
        | O::Bxor
        | O::Bnot
        | O::Shl
        | O::Sshr
        | O::Ushr
        | O::Rotr
        | O::Popcnt
        | O::Clz
        | O::Ctz
        | O::UmulHi
        | O::SmulHi
        | O::Sext
        | O::Zext
        | O::Ireduce
        | O::Iconst => ty.is_int(),
        O::Icmp => ty.is_int() || ty == Ty::Ref,
        O::Fadd | O::Fsub | O::Fmul | O::Fdiv | O::Fneg | O::Fabs | O::Fsqrt => ty.is_float() || ty == Ty::F64x2,
        O::Ffloor
        | O::Fceil
        | O::Ftrunc
        | O::Fnearest
        | O::Fcopysign
        | O::Fma
        | O::FminNan
        | O::FmaxNan
        | O::Fcmp
        | O::FloatToSint
        | O::FloatToUint
        | O::Fconst => ty.is_float(),
        O::SintToFloat | O::UintToFloat => matches!(ty, Ty::I32 | Ty::I64),
        O::Fpromote => ty == Ty::F32,
        O::Fdemote | O::Splat => ty == Ty::F64,
        O::Low | O::High | O::FcmpBoth | O::FcmpEither => ty == Ty::F64x2,
        O::Bitcast => ty != Ty::Ref && ty != Ty::F64x2,
        O::RefAddr | O::NullRef => ty == Ty::Ref,
        O::DataAddr | O::FuncAddr => ty == Ty::I64,
        O::Select | O::Load | O::Store => true,
        O::Pair
        | O::MemCopy
        | O::MemZero
        | O::StackSlot
        | O::Alloc
        | O::AllocZeroed
        | O::AllocTry
        | O::AllocZeroedTry
        | O::PollTry
        | O::RefData
        | O::Retain
        | O::Release
        | O::KeepAlive
        | O::Call
        | O::CallTry
        | O::CallRt
        | O::CallRtTry
        | O::Guard
        | O::SetExc
        | O::ExcMatches
        | O::ClearExc
        | O::Poll
        | O::StackCheck => true,
    }
}

/// Whether a conversion gives `to` from `from`.
fn convert_fits(op: Opcode, from: Ty, to: Ty) -> bool {
    match op {
        Opcode::Sext | Opcode::Zext => to.is_int() && to.bits() > from.bits(),
        Opcode::Ireduce => to.is_int() && to.bits() < from.bits(),
        Opcode::SintToFloat | Opcode::UintToFloat => to.is_float(),
        Opcode::FloatToSint => matches!(to, Ty::I32 | Ty::I64),
        Opcode::FloatToUint | Opcode::RefAddr => to == Ty::I64,
        Opcode::Fpromote | Opcode::Low | Opcode::High => to == Ty::F64,
        Opcode::Splat => to == Ty::F64x2,
        Opcode::Fdemote => to == Ty::F32,
        Opcode::Bitcast => to != Ty::Ref && to.bits() == from.bits(),
        _ => true,
    }
}

impl Verifier<'_> {
    fn error(&mut self, e: String) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(e);
        }
    }
    fn check(&mut self, ok: bool, e: impl FnOnce() -> String) {
        if !ok {
            self.error(e());
        }
    }
    fn at(&mut self, ok: bool, i: Inst, e: &str) {
        if !ok {
            let text = inst_text(self.func, i);
            self.error(format!("{text}: {e}"));
        }
    }

    fn tables(&mut self) {
        let f = self.func;
        for (id, s) in f.spans.iter() {
            self.check(s.inlined_at.is_none_or(|at| at.index() < id.index()), || format!("{id}: inlined into a span that is not before it"));
            self.check(f.sources.is_empty() || (s.source as usize) < f.sources.len(), || format!("{id}: no source {}", s.source));
        }
        for (id, s) in f.sites.iter() {
            self.check(s.span.index() < f.spans.len(), || format!("{id}: no {}", s.span));
            if let SiteKind::Raise { payload, args, .. } = &s.kind {
                self.check(payload.len() <= MAX_PAYLOAD, || format!("{id}: more than {MAX_PAYLOAD} payload words"));
                let wanted: usize = args
                    .iter()
                    .map(|a| match a {
                        ExcArg::Format(s) => s.matches("{}").count(),
                        ExcArg::Payload(_) => 1,
                        ExcArg::ConstInt(_) | ExcArg::ConstFloat(_) | ExcArg::ConstBool(_) | ExcArg::ConstStr(_) | ExcArg::ConstNone => 0,
                    })
                    .sum();
                self.check(wanted == payload.len(), || format!("{id}: arguments take {wanted} payload words, {} are declared", payload.len()));
            }
        }
    }

    fn structure(&mut self) {
        let f = self.func;
        let mut in_layout: SecondaryMap<Block, bool> = SecondaryMap::new();
        let mut owner: SecondaryMap<Inst, bool> = SecondaryMap::new();
        self.check(!f.layout.is_empty(), || "no entry block".into());
        let passes_pairs = f.layout.first().is_some_and(|&b| f.blocks[b].params.iter().any(|&p| f.ty(p) == Ty::F64x2)) || f.rets.contains(&Ty::F64x2);
        self.check(!passes_pairs, || "a pair is a parameter or a result".into());
        for &b in &f.layout {
            self.check(!in_layout[b], || format!("{b} is twice in the layout"));
            in_layout[b] = true;
        }
        for &b in &f.layout {
            let data = &f.blocks[b];
            for (n, &p) in data.params.iter().enumerate() {
                self.check(f.values[p].def == ValueDef::Param(b, n as u32), || format!("{b}: parameter {p} is defined elsewhere"));
            }
            for &i in &data.insts {
                self.check(!owner[i], || format!("{}: in two places", inst_text(f, i)));
                owner[i] = true;
                for (n, &r) in f.insts[i].results.iter().enumerate() {
                    self.check(f.values[r].def == ValueDef::Result(i, n as u32), || format!("{}: result {r} is defined elsewhere", inst_text(f, i)));
                }
                let span = f.insts[i].span;
                self.check(span.index() < f.spans.len(), || format!("{}: no {span}", inst_text(f, i)));
                if let Some(s) = f.insts[i].site {
                    self.check(s.index() < f.sites.len(), || format!("{}: no {s}", inst_text(f, i)));
                }
                match f.insts[i].imm {
                    Imm::Callee(c) => self.check(c.index() < f.callees.len(), || format!("{}: no {c}", inst_text(f, i))),
                    Imm::Data(d) => self.check(d.index() < f.data.len(), || format!("{}: no {d}", inst_text(f, i))),
                    Imm::None | Imm::Int(_) | Imm::Bits(_) | Imm::Float(_) | Imm::ICond(_) | Imm::FCond(_) | Imm::Mem(..) | Imm::Sym(_) => {}
                }
            }
            self.check(data.term_span.index() < f.spans.len(), || format!("{b}: no {}", data.term_span));
            for t in data.term.targets() {
                self.check(in_layout[t.block], || format!("{b}: edge to {}, which is not in the layout", t.block));
                self.check(Some(&t.block) != f.layout.first(), || format!("{b}: edge to the entry"));
            }
            if let Terminator::Raise { site, .. } | Terminator::Propagate { site } = &data.term {
                self.check(site.index() < f.sites.len(), || format!("{b}: no {site}"));
            }
        }
    }

    fn instructions(&mut self) {
        for &b in &self.func.layout {
            for &i in &self.func.blocks[b].insts {
                self.instruction(i);
            }
        }
    }

    fn instruction(&mut self, i: Inst) {
        let f = self.func;
        let d = &f.insts[i];
        let row = d.op.row();
        let ty = |v: Value| f.values[v].ty;
        if row.arity.is_some_and(|n| n as usize != d.args.len()) {
            return self.at(false, i, "wrong number of operands");
        }
        self.at(imm_fits(d.op, d.imm), i, "wrong kind of immediate");
        self.at(d.site.is_some() == needs_site(d.op, d.imm), i, if d.site.is_some() { "has a site but cannot leave" } else { "may leave but has no site" });
        let typed = matches!(row.rule, TypeRule::Nullary | TypeRule::Convert | TypeRule::Load | TypeRule::Store);
        self.at(d.ty.is_some() == typed, i, "type field present where implied, or absent where needed");
        let results: Vec<Ty> = d.results.iter().map(|&r| ty(r)).collect();
        match row.rule {
            TypeRule::Nullary
            | TypeRule::Same
            | TypeRule::Compare
            | TypeRule::Select
            | TypeRule::Convert
            | TypeRule::Load
            | TypeRule::Store
            | TypeRule::Shift => {
                let want = f.result_types(d.op, d.ty, &d.args);
                self.at(results == want.as_slice(), i, "wrong result types");
            }
            TypeRule::Special => {}
        }
        let t0 = d.args.first().map(|&a| ty(a));
        match row.rule {
            TypeRule::Nullary => self.at(d.ty.is_some_and(|t| operand_fits(d.op, t)), i, "type not allowed"),
            TypeRule::Same | TypeRule::Compare => {
                self.at(t0.is_some_and(|t| operand_fits(d.op, t)), i, "operand type not allowed");
                self.at(d.args.iter().all(|&a| Some(ty(a)) == t0), i, "operands differ in type");
            }
            TypeRule::Shift => {
                self.at(t0.is_some_and(Ty::is_int), i, "operand type not allowed");
                self.at(ty(d.args[1]) == Ty::I64, i, "the shift count is not i64");
            }
            TypeRule::Select => {
                self.at(t0 == Some(Ty::I8), i, "the condition is not i8");
                self.at(ty(d.args[1]) == ty(d.args[2]), i, "operands differ in type");
            }
            TypeRule::Convert => {
                let ok = t0.zip(d.ty).is_some_and(|(from, to)| operand_fits(d.op, from) && convert_fits(d.op, from, to));
                self.at(ok, i, "conversion not allowed");
            }
            TypeRule::Load => self.at(t0 == Some(Ty::I64), i, "the address is not i64"),
            TypeRule::Store => {
                self.at(t0 == d.ty, i, "the value has another type");
                self.at(ty(d.args[1]) == Ty::I64, i, "the address is not i64");
            }
            TypeRule::Special => self.special(i, &results),
        }
    }

    fn special(&mut self, i: Inst, results: &[Ty]) {
        use Opcode as O;
        let f = self.func;
        let d = &f.insts[i];
        let args: Vec<Ty> = d.args.iter().map(|&a| f.values[a].ty).collect();
        let signature = |params: &[Ty], rets: &[Ty], flag: bool| -> bool {
            args == params && results.len() == rets.len() + usize::from(flag) && results.ends_with(rets) && (!flag || results[0] == Ty::I8)
        };
        let ok = match d.op {
            O::MemCopy => signature(&[Ty::I64; 3], &[], false),
            O::MemZero => signature(&[Ty::I64; 2], &[], false),
            O::Pair => signature(&[Ty::F64; 2], &[Ty::F64x2], false),
            O::StackSlot => signature(&[], &[Ty::I64], false),
            O::Alloc | O::AllocZeroed => signature(&[Ty::I64], &[Ty::Ref], false),
            O::AllocTry | O::AllocZeroedTry => signature(&[Ty::I64], &[Ty::Ref], true),
            O::PollTry => signature(&[], &[], true),
            O::RefData => signature(&[Ty::Ref], &[Ty::I64], false),
            O::Retain | O::Release | O::KeepAlive => signature(&[Ty::Ref], &[], false),
            O::Poll | O::StackCheck | O::ClearExc => signature(&[], &[], false),
            O::ExcMatches => signature(&[], &[Ty::I8], false),
            O::Guard => args.first() == Some(&Ty::I8) && results.is_empty(),
            O::SetExc => results.is_empty(),
            O::Call | O::CallTry => match d.imm {
                Imm::Callee(c) => signature(&f.callees[c].params, &f.callees[c].rets, d.op == O::CallTry),
                _ => false,
            },
            O::CallRt | O::CallRtTry => match d.imm {
                Imm::Sym(s) => signature(s.row().params, s.row().rets, d.op == O::CallRtTry) && (d.op == O::CallRt || s.row().fallible),
                _ => false,
            },
            _ => false,
        };
        self.at(ok, i, "operands or results do not fit");
        match (d.op, d.site) {
            (O::Guard, Some(s)) => {
                let ok = self.payload_fits(s, &d.args[1.min(d.args.len())..]);
                self.at(ok, i, "operands do not fit the site's payload");
            }
            (O::SetExc, Some(s)) => {
                let ok = self.payload_fits(s, &d.args);
                self.at(ok, i, "operands do not fit the site's payload");
            }
            _ => {}
        }
    }

    fn payload_fits(&self, site: SiteId, args: &[Value]) -> bool {
        match &self.func.sites[site].kind {
            SiteKind::Propagate => args.is_empty(),
            SiteKind::Raise { payload, .. } => {
                payload.len() == args.len()
                    && payload.iter().zip(args).all(|(p, &a)| {
                        let ty = self.func.values[a].ty;
                        match p {
                            Payload::Int | Payload::Uint => ty.is_int(),
                            Payload::Bool => ty == Ty::I8,
                            Payload::Float => ty.is_float(),
                        }
                    })
            }
        }
    }

    fn edges(&mut self) {
        let f = self.func;
        for &b in &f.layout {
            let term = &f.blocks[b].term;
            for t in term.targets() {
                let params = &f.blocks[t.block].params;
                let fits = params.len() == t.args.len() && params.iter().zip(&t.args).all(|(&p, &a)| f.values[p].ty == f.values[a].ty);
                self.check(fits, || format!("{b}: the arguments to {} do not fit its parameters", t.block));
            }
            match term {
                Terminator::Brif { cond, .. } => self.check(f.values[*cond].ty == Ty::I8, || format!("{b}: the branch condition is not i8")),
                Terminator::Return(args) => {
                    let fits = args.len() == f.rets.len() && args.iter().zip(&f.rets).all(|(&a, &r)| f.values[a].ty == r);
                    self.check(fits, || format!("{b}: the returned values do not fit the function"));
                }
                Terminator::Raise { site, args } => {
                    let fits = self.payload_fits(*site, args) && matches!(f.sites[*site].kind, SiteKind::Raise { .. });
                    self.check(fits, || format!("{b}: operands do not fit the site's payload"));
                }
                Terminator::Propagate { .. } | Terminator::Jump(_) | Terminator::Unreachable => {}
            }
        }
    }

    fn dominance(&mut self) {
        let f = self.func;
        let dom = Dominators::new(f);
        // Where each value is defined: block, and position in it (parameters before all).
        let mut defined: SecondaryMap<Value, Option<(Block, u32)>> = SecondaryMap::new();
        for &b in &f.layout {
            for &p in &f.blocks[b].params {
                defined[p] = Some((b, 0));
            }
            for (n, &i) in f.blocks[b].insts.iter().enumerate() {
                for &r in &f.insts[i].results {
                    defined[r] = Some((b, n as u32 + 1));
                }
            }
        }
        for &b in &f.layout {
            if !dom.is_reachable(b) {
                continue;
            }
            let visible = |v: Value, pos: u32| match defined[v] {
                None => false,
                Some((d, at)) => {
                    if d == b {
                        at <= pos
                    } else {
                        dom.dominates(d, b)
                    }
                }
            };
            for (n, &i) in f.blocks[b].insts.iter().enumerate() {
                for &a in &f.insts[i].args {
                    if !visible(a, n as u32) {
                        self.at(false, i, &format!("{a} is not defined on every path to this use"));
                    }
                }
            }
            let mut bad = Vec::new();
            f.blocks[b].term.for_each_arg(|a| {
                if !visible(a, u32::MAX) {
                    bad.push(a);
                }
            });
            for a in bad {
                self.error(format!("{b}: {a} is not defined on every path to the terminator"));
            }
        }
    }
}
