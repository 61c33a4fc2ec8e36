//! Generated functions, interpreted before and after the optimiser: same results, same memory, same exceptions, no leaks.
//! `LOOPLIFT_FUZZ=n` sets the number of functions, `LOOPLIFT_FUZZ_SEED=n` the first seed.

use looplift_filetests::optimise;
use looplift_mir::interp::{Memory, NoCalls, Outcome, run};
use looplift_mir::*;

struct Rng(u64);
impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
    fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 33) % n
    }
    fn pick<T: Copy>(&mut self, xs: &[T]) -> T {
        xs[self.below(xs.len() as u64) as usize]
    }
}

const INTS: usize = 5;
const FLOATS: usize = 2;
const ARRAYS: usize = 2;
/// Elements of every array.
const LEN: i64 = 8;

struct Gen {
    b: Builder,
    r: Rng,
    ints: Vec<Var>,
    floats: Vec<Var>,
    narrow: Var,
    /// Owner and data.
    arrays: Vec<(Var, Var)>,
    index: SiteId,
    zero: SiteId,
    memory: SiteId,
    len: Value,
    /// Blocks to go to on break and continue.
    loops: Vec<(Block, Block)>,
    budget: u32,
}

impl Gen {
    fn int(&mut self, depth: u32) -> Value {
        if depth == 0 || self.r.below(3) == 0 {
            return if self.r.below(3) == 0 {
                let k = self.r.pick(&[0, 1, 2, 3, 4, 5, 7, 8, 9, -1, -2, -3, 16, 100, i64::MAX, i64::MIN]);
                self.b.iconst(Ty::I64, k)
            } else {
                let v = self.r.pick(&self.ints.clone());
                self.b.use_var(v)
            };
        }
        let a = self.int(depth - 1);
        match self.r.below(9) {
            0..=4 => {
                let c = self.int(depth - 1);
                let op = self.r.pick(&[
                    Opcode::Iadd,
                    Opcode::Iadd,
                    Opcode::Isub,
                    Opcode::Isub,
                    Opcode::Imul,
                    Opcode::Band,
                    Opcode::Bor,
                    Opcode::Bxor,
                    Opcode::Smin,
                    Opcode::Smax,
                    Opcode::Umin,
                    Opcode::UmulHi,
                ]);
                self.b.binary(op, a, c)
            }
            5 => {
                let c = self.int(depth - 1);
                let zero = self.b.iconst(Ty::I64, 0);
                let ok = self.b.icmp(IntCC::Ne, c, zero);
                self.b.guard(ok, &[], self.zero);
                let op = self.r.pick(&[Opcode::FloorDiv, Opcode::FloorMod, Opcode::Sdiv, Opcode::Srem, Opcode::Udiv, Opcode::Urem]);
                self.b.binary(op, a, c)
            }
            6 => {
                let c = self.cond();
                let d = self.int(depth - 1);
                self.b.select(c, a, d)
            }
            7 => {
                let k = self.r.below(66) as i64;
                let c = self.b.iconst(Ty::I64, k);
                let op = self.r.pick(&[Opcode::Shl, Opcode::Sshr, Opcode::Ushr, Opcode::Rotr]);
                self.b.binary(op, a, c)
            }
            _ => {
                let n = self.b.convert(Opcode::Ireduce, Ty::I32, a);
                let v = self.b.use_var(self.narrow);
                let op = self.r.pick(&[Opcode::Iadd, Opcode::Imul, Opcode::Bxor, Opcode::Umax]);
                let m = self.b.binary(op, n, v);
                self.b.def_var(self.narrow, m);
                let op = self.r.pick(&[Opcode::Sext, Opcode::Zext]);
                self.b.convert(op, Ty::I64, m)
            }
        }
    }
    fn cond(&mut self) -> Value {
        let a = self.int(1);
        match self.r.below(4) {
            0 => {
                let (x, y) = (self.float(1), self.float(1));
                let cc = self.r.pick(&[FloatCC::Eq, FloatCC::Ne, FloatCC::Lt, FloatCC::Le, FloatCC::Gt, FloatCC::Ge, FloatCC::Ord, FloatCC::Uno]);
                self.b.fcmp(cc, x, y)
            }
            1 => {
                let c = self.cond_int(a);
                let one = self.b.iconst(Ty::I8, 1);
                self.b.binary(Opcode::Bxor, c, one)
            }
            _ => self.cond_int(a),
        }
    }
    fn cond_int(&mut self, a: Value) -> Value {
        let c = self.int(1);
        let cc = self.r.pick(&[IntCC::Eq, IntCC::Ne, IntCC::Slt, IntCC::Sle, IntCC::Sgt, IntCC::Sge, IntCC::Ult, IntCC::Uge]);
        self.b.icmp(cc, a, c)
    }
    fn float(&mut self, depth: u32) -> Value {
        if depth == 0 || self.r.below(3) == 0 {
            return match self.r.below(3) {
                0 => {
                    let k = self.r.pick(&[0.0, -0.0, 1.0, 2.0, 0.5, -4.0, 1e300, f64::INFINITY]);
                    self.b.f64const(k)
                }
                1 => {
                    let i = self.int(0);
                    self.b.convert(Opcode::SintToFloat, Ty::F64, i)
                }
                _ => {
                    let v = self.r.pick(&self.floats.clone());
                    self.b.use_var(v)
                }
            };
        }
        let (a, c) = (self.float(depth - 1), self.float(depth - 1));
        let op = self.r.pick(&[Opcode::Fadd, Opcode::Fsub, Opcode::Fmul, Opcode::Fdiv]);
        self.b.binary(op, a, c)
    }

    /// The address of a checked element, as the lowering emits it.
    fn element(&mut self, data: Value) -> Value {
        let i = match self.r.below(4) {
            0 => self.int(1),
            _ => {
                let v = self.r.pick(&self.ints.clone());
                self.b.use_var(v)
            }
        };
        let zero = self.b.iconst(Ty::I64, 0);
        let neg = self.b.icmp(IntCC::Slt, i, zero);
        let wrapped = self.b.binary(Opcode::Iadd, i, self.len);
        let j = self.b.select(neg, wrapped, i);
        let ok = self.b.icmp(IntCC::Ult, j, self.len);
        self.b.guard(ok, &[i, self.len], self.index);
        let three = self.b.iconst(Ty::I64, 3);
        let off = self.b.binary(Opcode::Shl, j, three);
        self.b.binary(Opcode::Iadd, data, off)
    }

    fn block(&mut self, depth: u32) {
        let n = 1 + self.r.below(4);
        for _ in 0..n {
            if self.b.is_filled() {
                return;
            }
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: u32) {
        if self.budget == 0 {
            return;
        }
        self.budget -= 1;
        match self.r.below(if depth == 0 { 8 } else { 14 }) {
            0..=2 => {
                let v = self.int(2);
                let x = self.r.pick(&self.ints.clone());
                self.b.def_var(x, v);
            }
            3 => {
                let v = self.float(2);
                let x = self.r.pick(&self.floats.clone());
                self.b.def_var(x, v);
            }
            4 | 5 => {
                let (owner, data) = self.r.pick(&self.arrays.clone());
                let d = self.b.use_var(data);
                let at = self.element(d);
                let v = self.b.load(Ty::I64, Region::Data, at, 0);
                let o = self.b.use_var(owner);
                self.b.emit(Opcode::KeepAlive, None, &[o], Imm::None, None);
                let x = self.r.pick(&self.ints.clone());
                self.b.def_var(x, v);
            }
            6 => {
                let (owner, data) = self.r.pick(&self.arrays.clone());
                let d = self.b.use_var(data);
                let v = self.int(1);
                let at = self.element(d);
                self.b.store(Region::Data, v, at, 0);
                let o = self.b.use_var(owner);
                self.b.emit(Opcode::KeepAlive, None, &[o], Imm::None, None);
            }
            7 => {
                let (owner, data) = self.r.pick(&self.arrays.clone());
                if self.r.below(2) == 0 {
                    let size = self.b.iconst(Ty::I64, LEN * 8);
                    if let Some(v) = self.b.emit(Opcode::AllocZeroed, None, &[size], Imm::None, Some(self.memory)) {
                        self.b.def_var(owner, v);
                        if let Some(d) = self.b.emit(Opcode::RefData, None, &[v], Imm::None, None) {
                            self.b.def_var(data, d);
                        }
                    }
                } else {
                    let (o, d) = self.r.pick(&self.arrays.clone());
                    let (ov, dv) = (self.b.use_var(o), self.b.use_var(d));
                    self.b.def_var(owner, ov);
                    self.b.def_var(data, dv);
                }
            }
            8..=10 => {
                let c = self.cond();
                let (t, f, j) = (self.b.block(), self.b.block(), self.b.block());
                self.b.brif(c, build::call(t, &[]), build::call(f, &[]));
                self.b.seal(t);
                self.b.seal(f);
                for side in [t, f] {
                    self.b.switch_to(side);
                    if side == t || self.r.below(2) == 0 {
                        self.block(depth - 1);
                    }
                    if !self.b.is_filled() {
                        self.b.jump(j, &[]);
                    }
                }
                self.b.seal(j);
                self.b.switch_to(j);
            }
            11 | 12 => self.for_loop(depth),
            _ => match self.loops.last().copied() {
                Some((brk, cont)) if self.r.below(2) == 0 => {
                    let c = self.cond();
                    let (out, go) = (self.b.block(), self.b.block());
                    self.b.brif(c, build::call(out, &[]), build::call(go, &[]));
                    self.b.seal(out);
                    self.b.seal(go);
                    self.b.switch_to(out);
                    let to = if self.r.below(2) == 0 { brk } else { cont };
                    self.b.jump(to, &[]);
                    self.b.switch_to(go);
                }
                _ => self.for_loop(depth),
            },
        }
    }

    /// `for x in range(start, stop)`: the counter is a variable of its own, the loop variable is one of the program's.
    fn for_loop(&mut self, depth: u32) {
        let cur = self.b.var(Ty::I64);
        let down = self.r.below(4) == 0;
        let zero = self.b.iconst(Ty::I64, 0);
        let stop = match self.r.below(4) {
            0 => self.len,
            1 => {
                let k = self.r.below(12) as i64;
                self.b.iconst(Ty::I64, k)
            }
            _ => {
                let v = self.int(1);
                let m = self.b.iconst(Ty::I64, 7);
                self.b.binary(Opcode::Band, v, m)
            }
        };
        let start = if self.r.below(3) == 0 {
            let k = self.r.below(4) as i64 - 2;
            self.b.iconst(Ty::I64, k)
        } else {
            zero
        };
        let step = if down { -1 } else { self.r.pick(&[1, 1, 1, 2, 3]) };
        let (first, last, cc) = if down { (stop, start, IntCC::Sgt) } else { (start, stop, IntCC::Slt) };
        self.b.def_var(cur, first);
        let (head, body, done) = (self.b.block(), self.b.block(), self.b.block());
        self.b.jump(head, &[]);
        self.b.switch_to(head);
        let c = self.b.use_var(cur);
        let more = self.b.icmp(cc, c, last);
        self.b.brif(more, build::call(body, &[]), build::call(done, &[]));
        self.b.seal(body);
        self.b.switch_to(body);
        let k = self.b.iconst(Ty::I64, step);
        let next = self.b.binary(Opcode::Iadd, c, k);
        self.b.def_var(cur, next);
        let x = self.r.pick(&self.ints.clone());
        self.b.def_var(x, c);
        self.loops.push((done, head));
        self.block(depth - 1);
        self.loops.pop();
        if !self.b.is_filled() {
            self.b.jump(head, &[]);
        }
        self.b.seal(head);
        self.b.seal(done);
        self.b.switch_to(done);
    }
}

fn site(f: &mut Function, class: &str, payload: usize) -> SiteId {
    let text = "{} ".repeat(payload);
    let kind =
        SiteKind::Raise { class: ExcClass::Builtin(class.into()), args: [ExcArg::Format(text.into())].into(), payload: vec![Payload::Int; payload].into() };
    f.sites.push(Site { kind, span: SpanId::from_u32(0) })
}

fn generate(seed: u64) -> Function {
    generate_sized(seed, 4, 40)
}

/// So many top-level blocks of statements, so many statements in all.
fn generate_sized(seed: u64, blocks: u32, budget: u32) -> Function {
    let mut f = Function::new(format!("fuzz{seed}"));
    f.rets = vec![Ty::I64; INTS];
    f.rets.extend([Ty::F64; FLOATS]);
    f.spans.push(Span { line: 0, end_line: 0, col: 0, end_col: 0, source: 0, inlined_at: None });
    let index = site(&mut f, "IndexError", 2);
    let zero = site(&mut f, "ZeroDivisionError", 0);
    let memory = f.sites.push(Site { kind: SiteKind::Propagate, span: SpanId::from_u32(0) });
    let mut b = Builder::new(f, SpanId::from_u32(0));
    let entry = b.current();
    let data = b.func.append_param(entry, Ty::I64);
    let len = b.func.append_param(entry, Ty::I64);
    let params: Vec<Value> = (0..3).map(|_| b.func.append_param(entry, Ty::I64)).collect();
    let x = b.func.append_param(entry, Ty::F64);
    let ints: Vec<Var> = (0..INTS).map(|_| b.var(Ty::I64)).collect();
    for (n, &v) in ints.iter().enumerate() {
        let value = if n < 3 { params[n] } else { b.iconst(Ty::I64, n as i64) };
        b.def_var(v, value);
    }
    let floats: Vec<Var> = (0..FLOATS).map(|_| b.var(Ty::F64)).collect();
    for &v in &floats {
        b.def_var(v, x);
    }
    let narrow = b.var(Ty::I32);
    let z = b.iconst(Ty::I32, 5);
    b.def_var(narrow, z);
    let arrays: Vec<(Var, Var)> = (0..ARRAYS).map(|_| (b.var(Ty::Ref), b.var(Ty::I64))).collect();
    for &(o, d) in &arrays {
        let null = b.null_ref();
        b.def_var(o, null);
        b.def_var(d, data);
    }
    let r = Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut g = Gen { b, r, ints, floats, narrow, arrays, index, zero, memory, len, loops: Vec::new(), budget };
    for _ in 0..blocks {
        g.block(3);
    }
    let mut rets: Vec<Value> = Vec::new();
    for v in g.ints.clone() {
        rets.push(g.b.use_var(v));
    }
    for v in g.floats.clone() {
        rets.push(g.b.use_var(v));
    }
    g.b.terminate(Terminator::Return(Args::from_slice(&rets)));
    g.b.finish()
}

/// A result with NaNs made equal.
fn plain(f: &Function, o: Outcome) -> Outcome {
    match o {
        Outcome::Return(vs) => Outcome::Return(
            vs.into_iter().zip(&f.rets).map(|(v, t)| if *t == Ty::F64 && f64::from_bits(v).is_nan() { f64::NAN.to_bits() } else { v }).collect(),
        ),
        o @ (Outcome::Raise { .. } | Outcome::Propagate(_)) => o,
    }
}

type Ran = Result<(Outcome, Vec<u8>, usize), String>;
fn execute(f: &Function, args: &[u64], steps: u64) -> Ran {
    let mut memory = Memory::default();
    let bytes: Vec<u8> = (0..LEN as u64).flat_map(|i| (i * 3).to_le_bytes()).collect();
    let data = memory.add(bytes);
    let mut all = vec![data, LEN as u64];
    all.extend_from_slice(args);
    let out = run(f, &all, &mut memory, &mut NoCalls, steps).map_err(|e| e.0)?;
    Ok((plain(f, out), memory.bytes(data).unwrap_or(&[]).to_vec(), memory.leaked()))
}

/// How a run of `g` differs from the result before optimising.
fn differs(before: &(Outcome, Vec<u8>, usize), g: &Function, args: &[u64]) -> Option<String> {
    let owned = g.layout.iter().any(|&b| g.blocks[b].insts.iter().any(|&i| matches!(g.insts[i].op, Opcode::Release)));
    match execute(g, args, 1_000_000) {
        Ok(after) if before.0 == after.0 && before.1 == after.1 && (after.2 == 0 || !owned) => None,
        Ok(after) => Some(format!("{before:?}\nafter {after:?}")),
        Err(e) => Some(e),
    }
}

/// The first pass after which the function differs, with the text before and after it.
fn blame(f: &Function, before: &(Outcome, Vec<u8>, usize), args: &[u64]) -> String {
    let mut g = f.clone();
    for pass in looplift_opt::pipeline::PIPELINE {
        let old = g.to_string();
        let _ = optimise(&mut g, &[pass.name], &[]);
        if differs(before, &g, args).is_some() {
            return format!("first wrong after {}:\n{old}\n{g}", pass.name);
        }
    }
    "no single pass".into()
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

#[test]
fn optimised_functions_do_the_same() {
    let first = number("LOOPLIFT_FUZZ_SEED", 1);
    let count = number("LOOPLIFT_FUZZ", 400);
    let (mut ran, mut raised) = (0, 0);
    for seed in first..first + count {
        let f = generate(seed);
        let mut g = f.clone();
        if let Err(e) = optimise(&mut g, &["pipeline"], &[]) {
            panic!("seed {seed}: {e}\n{f}");
        }
        for args in [[1u64, 2, 3, 1.5f64.to_bits()], [7, u64::MAX, 0, (-0.0f64).to_bits()], [1 << 63, 5, u64::MAX - 2, f64::NAN.to_bits()]] {
            let Ok(before) = execute(&f, &args, 200_000) else { continue };
            ran += 1;
            raised += u32::from(matches!(before.0, Outcome::Raise { .. }));
            if let Some(difference) = differs(&before, &g, &args) {
                let pass = blame(&f, &before, &args);
                panic!("seed {seed} args {args:?}: {difference}\n{pass}");
            }
        }
    }
    assert!(ran * 2 > count && raised > 0, "the generator is broken: {ran} runs, {raised} raised");
}

#[test]
fn large_functions_take_seconds() {
    let f = generate_sized(3, 1 << 20, 12_000);
    let size: usize = f.layout.iter().map(|&b| f.blocks[b].insts.len()).sum();
    assert!(size > 80_000, "{size}");
    let mut g = f.clone();
    let mut cx = looplift_opt::PassCx { callee_body: &looplift_opt::pipeline::no_bodies, vectors: None };
    let start = std::time::Instant::now();
    let report = match looplift_opt::run(&mut g, &looplift_opt::Options::default(), &mut cx, &mut |_, _| {}) {
        Ok(r) => r,
        Err(e) => panic!("{e}"),
    };
    let time = start.elapsed();
    assert!(looplift_mir::verify::verify(&g).is_ok());
    let text: Vec<String> = report.passes.iter().map(|p| format!("{} {:?}", p.0, p.1)).collect();
    assert!(time.as_secs() < 60, "{size} instructions took {time:?}: {text:#?}");
    assert!(time.as_millis() > 0, "{text:#?}");
}
