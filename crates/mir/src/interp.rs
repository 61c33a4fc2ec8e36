//! An interpreter of MIR: slow, checked, the oracle of passes and code emission.
//!
//! Memory is simulated: each allocation has an address of its own and knows its bytes, so that an access outside any
//! allocation is an error of the program under test. Calls and runtime symbols go to an [`Environment`]. Ownership is
//! counted where `retain`/`release` are in the IR, and blocks left over are reported.

use crate::eval::{eval, mask, signed};
use crate::func::*;
use crate::opcode::Opcode;
use cranelift_entity::SecondaryMap;
use looplift_abi::symbols::Sym;
use std::collections::BTreeMap;

/// How running a function ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Return(Vec<u64>),
    /// The exception of a site with its payload words.
    Raise {
        site: Site,
        payload: Vec<u64>,
    },
    /// What a callee or runtime symbol raised.
    Propagate(String),
}

/// The program under test did what no correct program does, or took too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub String);

fn fault<T>(text: impl Into<String>) -> Result<T, Fault> {
    Err(Fault(text.into()))
}

/// What the interpreted function may call.
pub trait Environment {
    /// A compiled callee; usually interprets that function with the same memory.
    fn call(&mut self, callee: &Callee, args: &[u64], memory: &mut Memory) -> Result<Outcome, Fault>;
    /// A runtime symbol: results, or the text of what it raised.
    fn runtime(&mut self, sym: Sym, args: &[u64], memory: &mut Memory) -> Result<Result<Vec<u64>, String>, Fault>;
    /// Whether the class of a raised site matches another site's class.
    fn matches(&mut self, raised: &ExcClass, wanted: &ExcClass) -> bool {
        raised == wanted
    }
}

/// No calls at all.
#[derive(Debug, Default)]
pub struct NoCalls;
impl Environment for NoCalls {
    fn call(&mut self, callee: &Callee, _: &[u64], _: &mut Memory) -> Result<Outcome, Fault> {
        fault(format!("call of {}", callee.name))
    }
    fn runtime(&mut self, sym: Sym, _: &[u64], _: &mut Memory) -> Result<Result<Vec<u64>, String>, Fault> {
        fault(format!("call of {}", sym.row().name))
    }
}

struct Chunk {
    bytes: Vec<u8>,
    /// Owners of a heap block; `None` for memory that is not counted.
    count: Option<u64>,
}

/// Simulated memory.
#[derive(Default)]
pub struct Memory {
    regions: BTreeMap<u64, Chunk>,
    next: u64,
    pub allocated: u64,
    pub freed: u64,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.regions.iter().map(|(a, r)| (a, r.bytes.len()))).finish()
    }
}

impl Memory {
    /// Adds memory that the program may use, gives its address (64-aligned, with unusable bytes on both sides).
    pub fn add(&mut self, bytes: Vec<u8>) -> u64 {
        self.insert(bytes, None)
    }
    fn insert(&mut self, bytes: Vec<u8>, count: Option<u64>) -> u64 {
        let at = self.next.max(0x1_0000);
        self.next = (at + bytes.len() as u64 + 128) & !63;
        self.regions.insert(at, Chunk { bytes, count });
        at
    }
    /// The bytes of memory added or allocated at `addr`.
    pub fn bytes(&self, addr: u64) -> Option<&[u8]> {
        self.regions.get(&addr).map(|r| r.bytes.as_slice())
    }
    fn find(&mut self, addr: u64, len: u64) -> Result<&mut [u8], Fault> {
        if len == 0 {
            return Ok(&mut []);
        }
        if let Some((&base, r)) = self.regions.range_mut(..=addr).next_back() {
            let off = addr - base;
            if off.checked_add(len).is_some_and(|end| end <= r.bytes.len() as u64) {
                return Ok(&mut r.bytes[off as usize..(off + len) as usize]);
            }
        }
        Err(Fault(format!("access of {len} bytes outside any allocation")))
    }
    pub fn load(&mut self, addr: u64, len: u32) -> Result<u64, Fault> {
        let mut word = [0; 8];
        word[..len as usize].copy_from_slice(self.find(addr, u64::from(len))?);
        Ok(u64::from_le_bytes(word))
    }
    pub fn store(&mut self, addr: u64, len: u32, v: u64) -> Result<(), Fault> {
        self.find(addr, u64::from(len))?.copy_from_slice(&v.to_le_bytes()[..len as usize]);
        Ok(())
    }
    pub fn copy(&mut self, dst: u64, src: u64, len: u64) -> Result<(), Fault> {
        let bytes = self.find(src, len)?.to_vec();
        self.find(dst, len)?.copy_from_slice(&bytes);
        Ok(())
    }
    pub fn zero(&mut self, dst: u64, len: u64) -> Result<(), Fault> {
        self.find(dst, len)?.fill(0);
        Ok(())
    }
    /// A counted heap block with one owner; its data starts at the returned address. Uninitialised bytes are 0xAA.
    pub fn alloc(&mut self, size: u64, zeroed: bool) -> Option<u64> {
        if size > 1 << 28 {
            return None;
        }
        self.allocated += 1;
        Some(self.insert(vec![if zeroed { 0 } else { 0xAA }; size as usize], Some(1)))
    }
    pub fn retain(&mut self, block: u64) -> Result<(), Fault> {
        match self.regions.get_mut(&block).and_then(|r| r.count.as_mut()) {
            _ if block == 0 => Ok(()),
            Some(n) => {
                *n += 1;
                Ok(())
            }
            None => fault("retain of what is no heap block"),
        }
    }
    pub fn release(&mut self, block: u64) -> Result<(), Fault> {
        match self.regions.get_mut(&block).and_then(|r| r.count.as_mut()) {
            _ if block == 0 => Ok(()),
            Some(n) if *n > 1 => {
                *n -= 1;
                Ok(())
            }
            Some(_) => {
                self.regions.remove(&block);
                self.freed += 1;
                Ok(())
            }
            None => fault("release of what is no live heap block"),
        }
    }
    /// Heap blocks that nobody released.
    pub fn leaked(&self) -> usize {
        self.regions.values().filter(|r| r.count.is_some()).count()
    }
}

/// Runs `func` on argument bits.
///
/// # Errors
/// [`Fault`] when the program breaks a rule of MIR (a division by zero that no guard excludes, a wild access, …) or takes
/// more than `steps` instructions.
pub fn run(func: &Function, args: &[u64], memory: &mut Memory, env: &mut dyn Environment, steps: u64) -> Result<Outcome, Fault> {
    Machine {
        func,
        memory,
        env,
        values: SecondaryMap::new(),
        pending: None,
        handled: Vec::new(),
        pairs: Vec::new(),
        slots: BTreeMap::new(),
        data: BTreeMap::new(),
        left: steps,
    }
    .run(args)
}

struct Machine<'a> {
    func: &'a Function,
    memory: &'a mut Memory,
    env: &'a mut dyn Environment,
    values: SecondaryMap<Value, Option<u64>>,
    pending: Option<Outcome>,
    /// Exceptions being handled, as the runtime's stack.
    handled: Vec<Option<Outcome>>,
    /// Pairs of floats; the word of a value of that type is a number of this list.
    pairs: Vec<[u64; 2]>,
    slots: BTreeMap<Inst, u64>,
    data: BTreeMap<DataId, u64>,
    left: u64,
}

enum Flow {
    Next,
    Leave(Outcome),
}

impl Machine<'_> {
    fn get(&self, v: Value) -> Result<u64, Fault> {
        self.values[v].ok_or_else(|| Fault(format!("{v} is read before it is set")))
    }
    fn gets(&self, vs: &[Value]) -> Result<Vec<u64>, Fault> {
        vs.iter().map(|&v| self.get(v)).collect()
    }

    fn pair(&mut self, pair: [u64; 2]) -> u64 {
        self.pairs.push(pair);
        self.pairs.len() as u64 - 1
    }

    fn halves(&self, word: u64) -> Result<[u64; 2], Fault> {
        self.pairs.get(word as usize).copied().ok_or_else(|| Fault("a pair that nobody made".into()))
    }

    /// The symbols of exceptions being handled; `None` for other symbols.
    fn handling(&mut self, sym: Sym, args: &[u64]) -> Option<Option<u64>> {
        Some(match sym {
            Sym::ExcDepth => Some(self.handled.len() as u64),
            Sym::SaveExc => {
                self.handled.truncate(args[0] as usize);
                let exception = self.pending.take();
                self.handled.push(exception);
                Some(self.handled.len() as u64)
            }
            Sym::TakeExc => {
                self.handled.truncate(args[0] as usize);
                self.pending = self.handled.pop().flatten();
                None
            }
            Sym::CopyExc => {
                let at = if args[0] == 0 { self.handled.len() } else { args[0] as usize };
                self.pending = at.checked_sub(1).and_then(|n| self.handled.get(n)).cloned().flatten();
                None
            }
            Sym::DropExc => {
                self.handled.truncate((args[0] as usize).saturating_sub(1));
                None
            }
            _ => return None,
        })
    }

    fn run(&mut self, args: &[u64]) -> Result<Outcome, Fault> {
        let func = self.func;
        let entry = func.entry();
        if args.len() != func.blocks[entry].params.len() {
            return fault("wrong number of arguments");
        }
        let mut block = entry;
        let mut passed = args.to_vec();
        loop {
            let data = &func.blocks[block];
            for (&p, &v) in data.params.iter().zip(&passed) {
                self.values[p] = Some(mask(func.ty(p), v));
            }
            for &i in &data.insts {
                self.left = match self.left.checked_sub(1) {
                    Some(n) => n,
                    None => return fault("step limit"),
                };
                if let Flow::Leave(outcome) = self.inst(i)? {
                    return Ok(outcome);
                }
            }
            self.left = match self.left.checked_sub(1) {
                Some(n) => n,
                None => return fault("step limit"),
            };
            let next = match &data.term {
                Terminator::Jump(t) => t,
                Terminator::Brif { cond, then, other } => {
                    if self.get(*cond)? != 0 {
                        then
                    } else {
                        other
                    }
                }
                Terminator::Return(vs) => return Ok(Outcome::Return(self.gets(vs)?)),
                Terminator::Raise { site, args } => {
                    return Ok(Outcome::Raise { site: func.sites[*site].clone(), payload: self.payload(*site, args)? });
                }
                Terminator::Propagate { .. } => {
                    return self.pending.take().map_or_else(|| fault("propagate without a pending exception"), Ok);
                }
                Terminator::Unreachable => return fault("unreachable code reached"),
            };
            passed = self.gets(&next.args)?;
            block = next.block;
        }
    }

    fn site(&self, inst: &InstData) -> Result<Site, Fault> {
        match inst.site {
            Some(s) => Ok(self.func.sites[s].clone()),
            None => fault("an exit without a site"),
        }
    }

    /// Message arguments as the eight-byte words that an exception carries.
    fn payload(&self, site: SiteId, args: &[Value]) -> Result<Vec<u64>, Fault> {
        let SiteKind::Raise { payload, .. } = &self.func.sites[site].kind else { return fault("a raise at a site that raises nothing") };
        let word = |(&v, &kind): (&Value, &Payload)| {
            let (ty, w) = (self.func.ty(v), self.get(v)?);
            Ok(match (ty, kind) {
                (Ty::F32, _) => f64::from(f32::from_bits(w as u32)).to_bits(),
                (Ty::I8 | Ty::I16 | Ty::I32, Payload::Int) => signed(ty, w) as u64,
                _ => w,
            })
        };
        args.iter().zip(payload.iter()).map(word).collect()
    }

    /// Sets results from a call's outcome; the `_try` forms get the flag first.
    fn finish(&mut self, inst: &InstData, catch: bool, outcome: Outcome) -> Result<Flow, Fault> {
        match outcome {
            Outcome::Return(vs) => {
                let first = usize::from(catch);
                if vs.len() + first != inst.results.len() {
                    return fault("a callee gave the wrong number of results");
                }
                if catch {
                    self.values[inst.results[0]] = Some(0);
                }
                for (&r, v) in inst.results[first..].iter().zip(vs) {
                    self.values[r] = Some(mask(self.func.ty(r), v));
                }
                Ok(Flow::Next)
            }
            raised if catch => {
                self.pending = Some(raised);
                for (n, &r) in inst.results.iter().enumerate() {
                    self.values[r] = Some(u64::from(n == 0));
                }
                Ok(Flow::Next)
            }
            raised => Ok(Flow::Leave(raised)),
        }
    }

    fn inst(&mut self, i: Inst) -> Result<Flow, Fault> {
        let func = self.func;
        let inst = &func.insts[i];
        let args = self.gets(&inst.args)?;
        let types: Vec<Ty> = inst.args.iter().map(|&a| func.ty(a)).collect();
        let offset = |addr: u64| match inst.imm {
            Imm::Mem(_, off) => addr.wrapping_add(i64::from(off) as u64),
            _ => addr,
        };
        let is_pair = |ty: Option<Ty>| ty == Some(Ty::F64x2);
        let result = match inst.op {
            Opcode::Load if is_pair(inst.ty) => {
                let (low, high) = (offset(args[0]), offset(args[0].wrapping_add(8)));
                let pair = [self.memory.load(low, 8)?, self.memory.load(high, 8)?];
                Some(self.pair(pair))
            }
            Opcode::Store if is_pair(inst.ty) => {
                let [low, high] = self.halves(args[0])?;
                self.memory.store(offset(args[1]), 8, low)?;
                self.memory.store(offset(args[1].wrapping_add(8)), 8, high)?;
                None
            }
            Opcode::Splat => Some(self.pair([args[0]; 2])),
            Opcode::Pair => Some(self.pair([args[0], args[1]])),
            Opcode::Low => Some(self.halves(args[0])?[0]),
            Opcode::High => Some(self.halves(args[0])?[1]),
            Opcode::Fadd | Opcode::Fsub | Opcode::Fmul | Opcode::Fdiv | Opcode::Fneg | Opcode::Fabs | Opcode::Fsqrt if is_pair(types.first().copied()) => {
                let halves = args.iter().map(|&a| self.halves(a)).collect::<Result<Vec<_>, _>>()?;
                let half = |n: usize| {
                    let args: Vec<u64> = halves.iter().map(|h| h[n]).collect();
                    eval(inst.op, None, inst.imm, &[Ty::F64, Ty::F64], &args).ok_or_else(|| Fault("no such operation on pairs".into()))
                };
                let pair = [half(0)?, half(1)?];
                Some(self.pair(pair))
            }
            Opcode::FcmpBoth | Opcode::FcmpEither => {
                let (a, b) = (self.halves(args[0])?, self.halves(args[1])?);
                let mut holds = (0..2).map(|n| eval(Opcode::Fcmp, None, inst.imm, &[Ty::F64, Ty::F64], &[a[n], b[n]]) == Some(1));
                Some(u64::from(if inst.op == Opcode::FcmpBoth { holds.all(|h| h) } else { holds.any(|h| h) }))
            }
            Opcode::Load => Some(self.memory.load(offset(args[0]), inst.ty.unwrap_or(Ty::I64).bytes())?),
            Opcode::Store => {
                self.memory.store(offset(args[1]), types[0].bytes(), args[0])?;
                None
            }
            Opcode::MemCopy => {
                self.memory.copy(args[0], args[1], args[2])?;
                None
            }
            Opcode::MemZero => {
                self.memory.zero(args[0], args[1])?;
                None
            }
            Opcode::StackSlot => {
                let Imm::Int(size) = inst.imm else { return fault("stack_slot without a size") };
                let memory = &mut *self.memory;
                Some(*self.slots.entry(i).or_insert_with(|| memory.add(vec![0xAA; size.max(0) as usize])))
            }
            Opcode::FuncAddr => return fault("the address of code"),
            Opcode::DataAddr => {
                let Imm::Data(d) = inst.imm else { return fault("data_addr without data") };
                let ConstData::Bytes(bytes) = &func.data[d] else { return fault("host data") };
                let memory = &mut *self.memory;
                Some(*self.data.entry(d).or_insert_with(|| memory.add(bytes.to_vec())))
            }
            Opcode::Alloc | Opcode::AllocZeroed => match self.memory.alloc(args[0], inst.op == Opcode::AllocZeroed) {
                Some(a) => Some(a),
                None => return Ok(Flow::Leave(Outcome::Propagate("MemoryError".into()))),
            },
            Opcode::AllocTry | Opcode::AllocZeroedTry => {
                let outcome = match self.memory.alloc(args[0], inst.op == Opcode::AllocZeroedTry) {
                    Some(a) => Outcome::Return(vec![a]),
                    None => Outcome::Propagate("MemoryError".into()),
                };
                return self.finish(inst, true, outcome);
            }
            Opcode::RefData => Some(args[0]),
            Opcode::KeepAlive | Opcode::StackCheck | Opcode::Poll => None,
            Opcode::PollTry => Some(0),
            Opcode::Retain => {
                self.memory.retain(args[0])?;
                None
            }
            Opcode::Release => {
                self.memory.release(args[0])?;
                None
            }
            Opcode::Call | Opcode::CallTry => {
                let Imm::Callee(c) = inst.imm else { return fault("a call without a callee") };
                let outcome = self.env.call(&func.callees[c], &args, self.memory)?;
                return self.finish(inst, inst.op == Opcode::CallTry, outcome);
            }
            Opcode::CallRt | Opcode::CallRtTry => {
                let Imm::Sym(sym) = inst.imm else { return fault("a runtime call without a symbol") };
                if let Some(result) = self.handling(sym, &args) {
                    if let (Some(v), Some(&r)) = (result, inst.results.first()) {
                        self.values[r] = Some(v);
                    }
                    return Ok(Flow::Next);
                }
                let outcome = match self.env.runtime(sym, &args, self.memory)? {
                    Ok(vs) => Outcome::Return(vs),
                    Err(text) => Outcome::Propagate(text),
                };
                return self.finish(inst, inst.op == Opcode::CallRtTry, outcome);
            }
            Opcode::Guard => {
                if args[0] == 0 {
                    let Some(site) = inst.site else { return fault("a guard without a site") };
                    let payload = self.payload(site, &inst.args[1..])?;
                    return Ok(Flow::Leave(Outcome::Raise { site: func.sites[site].clone(), payload }));
                }
                None
            }
            Opcode::SetExc => {
                let Some(site) = inst.site else { return fault("set_exc without a site") };
                let payload = self.payload(site, &inst.args)?;
                self.pending = Some(Outcome::Raise { site: func.sites[site].clone(), payload });
                None
            }
            Opcode::ExcMatches => {
                let wanted = self.site(inst)?;
                let exception = self.pending.as_ref().or(self.handled.last().and_then(Option::as_ref));
                let hit = match (exception, &wanted.kind) {
                    (Some(Outcome::Raise { site, .. }), SiteKind::Raise { class: wanted, .. }) => match &site.kind {
                        SiteKind::Raise { class, .. } => self.env.matches(class, wanted),
                        SiteKind::Propagate => false,
                    },
                    _ => false,
                };
                Some(u64::from(hit))
            }
            Opcode::ClearExc => {
                self.pending = None;
                None
            }
            _ => match eval(inst.op, inst.ty, inst.imm, &types, &args) {
                Some(v) => Some(v),
                None => return fault(format!("{} of these operands is not defined", inst.op.row().name)),
            },
        };
        if let (Some(v), Some(&r)) = (result, inst.results.first()) {
            self.values[r] = Some(mask(func.ty(r), v));
        }
        Ok(Flow::Next)
    }
}
