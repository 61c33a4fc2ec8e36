//! Random MIR: functions that call each other, with every row without side effects on every type, branches, loops, guards
//! with payloads, calls that may raise, frame memory and heap blocks. Valid by construction; every loop is counted.
//!
//! The bits of a NaN are the processor's affair, so a float is made a number before its bits can be seen (`bitcast`, the
//! sign in `fcopysign`, stores, payloads).

use looplift_abi::symbols::Sym;
use looplift_mir::verify::verify;
use looplift_mir::*;
use std::sync::OnceLock;

/// A row on particular types.
#[derive(Clone, Debug)]
pub struct Shape {
    pub op: Opcode,
    pub params: Vec<Ty>,
    pub ty: Option<Ty>,
}

/// A new function with one source and one span.
pub fn empty_function(name: impl Into<Box<str>>) -> (Function, SpanId) {
    let mut f = Function::new(name);
    f.sources.push(Source { name: "f".into(), filename: "f.py".into(), first_line: 1 });
    let span = f.spans.push(Span { line: 1, end_line: 1, col: 0, end_col: 0, source: 0, inlined_at: None });
    (f, span)
}

/// Some immediate that fits the row.
pub fn example_imm(op: Opcode) -> Imm {
    match op {
        Opcode::Icmp => Imm::ICond(IntCC::Eq),
        Opcode::Fcmp | Opcode::FcmpBoth | Opcode::FcmpEither => Imm::FCond(FloatCC::Eq),
        Opcode::Iconst => Imm::Int(0),
        Opcode::Fconst => Imm::Float(0),
        _ => Imm::None,
    }
}

/// Every row that depends on its operands only, on every combination of types that the verifier accepts.
pub fn shapes() -> &'static [Shape] {
    static SHAPES: OnceLock<Vec<Shape>> = OnceLock::new();
    SHAPES.get_or_init(|| {
        let mut out = Vec::new();
        for &op in Opcode::ALL {
            let special = matches!(op, Opcode::StackSlot | Opcode::DataAddr | Opcode::FuncAddr | Opcode::RefData | Opcode::RefAddr);
            if op.row().effect != Effect::NONE || special {
                continue;
            }
            let arity = op.row().arity.unwrap_or(0) as usize;
            let operands: &[Ty] = if arity == 0 { &[Ty::I8] } else { &Ty::ALL };
            for &operand in operands {
                let params = match op.row().rule {
                    TypeRule::Shift => vec![operand, Ty::I64],
                    TypeRule::Select => vec![Ty::I8, operand, operand],
                    _ => vec![operand; arity],
                };
                for ty in std::iter::once(None).chain(Ty::ALL.map(Some)) {
                    let (f, span) = empty_function("shape");
                    let mut b = Builder::new(f, span);
                    let entry = b.current();
                    let args: Vec<Value> = params.iter().map(|&p| b.func.append_param(entry, p)).collect();
                    b.func.rets = b.func.result_types(op, ty, &args).to_vec();
                    let Some(v) = b.emit(op, ty, &args, example_imm(op), None) else { continue };
                    // (Functions do not return pairs, but have some inside.)
                    if b.func.rets[..] == [Ty::F64x2] {
                        b.func.rets = vec![];
                        b.terminate(Terminator::Return(Args::new()));
                    } else {
                        b.terminate(Terminator::Return([v].into_iter().collect()));
                    }
                    if verify(&b.finish()).is_ok() {
                        out.push(Shape { op, params: params.clone(), ty });
                    }
                }
            }
        }
        out
    })
}

/// xorshift64*.
#[derive(Debug)]
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Rng {
        Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    pub fn below(&mut self, n: usize) -> usize {
        ((self.draw() >> 33) % n as u64) as usize
    }
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
    /// A word of a type, often an extreme one.
    pub fn word(&mut self, ty: Ty) -> u64 {
        match ty {
            Ty::F64 => {
                let v = [0.0, -0.0, 1.0, -1.5, 2.5, 1e10, -3e9, 1e19, 1e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 5e-324, 0.1];
                if self.below(3) == 0 { (self.draw() as i32 as f64 / 16.0).to_bits() } else { self.pick(&v).to_bits() }
            }
            Ty::F32 => {
                let v = [0.0, -0.0, 1.0, -1.5, 2.5, 1e10, -3e9, 1e19, f32::MAX, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1e-45, 0.1];
                u64::from(if self.below(3) == 0 { (self.draw() as i16 as f32 / 16.0).to_bits() } else { self.pick(&v).to_bits() })
            }
            Ty::Ref | Ty::F64x2 => 0,
            Ty::I8 | Ty::I16 | Ty::I32 | Ty::I64 => {
                let min = 1u64 << (ty.bits() - 1);
                let v = [0, 1, 2, 3, 7, 10, u64::MAX, u64::MAX - 1, u64::MAX - 6, min, min + 1, min - 1, u64::from(ty.bits())];
                let w = if self.below(3) == 0 { self.draw() } else { self.pick(&v) };
                eval::mask(ty, w)
            }
        }
    }
}

const SCALARS: [Ty; 6] = [Ty::I8, Ty::I16, Ty::I32, Ty::I64, Ty::F32, Ty::F64];
/// Bytes of each piece of memory.
const MEMORY: i64 = 64;

struct Generator<'a> {
    r: &'a mut Rng,
    b: Builder,
    /// Values in scope.
    pool: Vec<Value>,
    /// Addresses of `MEMORY` bytes.
    memory: Vec<Value>,
    raise: SiteId,
    propagate: SiteId,
    budget: usize,
}

/// Functions that call earlier ones (a callee's key is its position).
pub fn program(r: &mut Rng, count: usize) -> Vec<Function> {
    let mut out: Vec<Function> = Vec::new();
    for n in 0..count {
        let f = function(r, n, &out);
        out.push(f);
    }
    out
}

fn function(r: &mut Rng, n: usize, earlier: &[Function]) -> Function {
    let (mut f, span) = empty_function(format!("f{n}"));
    for (key, e) in earlier.iter().enumerate() {
        let params = e.blocks[e.entry()].params.iter().map(|&p| e.ty(p)).collect();
        f.callees.push(Callee { key: key as u32, name: e.name.clone(), params, rets: e.rets.clone(), pure_: false });
    }
    let kind = SiteKind::Raise {
        class: ExcClass::Builtin("ValueError".into()),
        args: Box::new([ExcArg::Format("{} {} {}".into())]),
        payload: Box::new([Payload::Int, Payload::Float, Payload::Bool]),
    };
    let raise = f.sites.push(Site { kind, span });
    let propagate = f.sites.push(Site { kind: SiteKind::Propagate, span });
    f.rets = (0..r.below(4)).map(|_| r.pick(&SCALARS)).collect();
    let mut b = Builder::new(f, span);
    let entry = b.current();
    let pool = (0..1 + r.below(12)).map(|_| b.func.append_param(entry, r.pick(&SCALARS))).collect();
    let budget = 20 + r.below(80);
    let mut g = Generator { r, b, pool, memory: Vec::new(), raise, propagate, budget };
    for _ in 0..g.r.below(3) {
        let at = g.b.emit(Opcode::StackSlot, None, &[], Imm::Int(MEMORY), None);
        if let Some(at) = at {
            let size = g.b.iconst(Ty::I64, MEMORY);
            g.b.emit(Opcode::MemZero, None, &[at, size], Imm::None, None);
            g.memory.push(at);
        }
    }
    g.statements(2);
    let rets = g.b.func.rets.clone();
    let values: Args = rets.iter().map(|&ty| g.value(ty)).collect();
    g.b.terminate(Terminator::Return(values));
    g.b.finish()
}

impl Generator<'_> {
    /// A value of a type: from the scope or a constant.
    fn value(&mut self, ty: Ty) -> Value {
        let fitting: Vec<Value> = self.pool.iter().copied().filter(|&v| self.b.func.ty(v) == ty).collect();
        if !fitting.is_empty() && self.r.below(5) != 0 {
            // Recent ones more often.
            let back = self.r.below(fitting.len()).min(self.r.below(fitting.len()));
            return fitting[fitting.len() - 1 - back];
        }
        let w = self.r.word(ty);
        match ty {
            Ty::F32 => self.b.f32const(f32::from_bits(w as u32)),
            Ty::F64 => self.b.f64const(f64::from_bits(w)),
            Ty::Ref => self.b.null_ref(),
            Ty::F64x2 => {
                let halves = [self.value(Ty::F64), self.value(Ty::F64)];
                self.b.binary(Opcode::Pair, halves[0], halves[1])
            }
            Ty::I8 | Ty::I16 | Ty::I32 | Ty::I64 => self.b.iconst(ty, eval::signed(ty, w)),
        }
    }
    /// Zero in place of NaN.
    fn number(&mut self, v: Value) -> Value {
        let zero = match self.b.func.ty(v) {
            Ty::F32 => self.b.f32const(0.0),
            Ty::F64 => self.b.f64const(0.0),
            _ => return v,
        };
        let is_number = self.b.fcmp(FloatCC::Ord, v, v);
        self.b.select(is_number, v, zero)
    }
    fn float_condition(&mut self) -> FloatCC {
        self.r.pick(&[FloatCC::Eq, FloatCC::Ne, FloatCC::Lt, FloatCC::Le, FloatCC::Gt, FloatCC::Ge, FloatCC::Ord, FloatCC::Uno])
    }
    fn condition(&mut self) -> Value {
        let ty = self.r.pick(&SCALARS);
        let (x, y) = (self.value(ty), self.value(ty));
        if ty.is_float() {
            let cc = self.float_condition();
            self.b.fcmp(cc, x, y)
        } else {
            let cc = self.r.pick(&[IntCC::Eq, IntCC::Ne, IntCC::Slt, IntCC::Sle, IntCC::Sgt, IntCC::Sge, IntCC::Ult, IntCC::Ule, IntCC::Ugt, IntCC::Uge]);
            self.b.icmp(cc, x, y)
        }
    }

    fn row(&mut self) {
        let all = shapes();
        let shape = all[self.r.below(all.len())].clone();
        let mut args: Vec<Value> = shape.params.iter().map(|&p| self.value(p)).collect();
        match shape.op {
            Opcode::Sdiv | Opcode::Udiv | Opcode::Srem | Opcode::Urem | Opcode::FloorDiv | Opcode::FloorMod => {
                let one = self.b.iconst(shape.params[1], 1);
                args[1] = self.b.binary(Opcode::Bor, args[1], one);
            }
            Opcode::Bitcast => args[0] = self.number(args[0]),
            Opcode::Fcopysign => args[1] = self.number(args[1]),
            Opcode::Select => args[0] = self.condition(),
            Opcode::Icmp | Opcode::Fcmp => {
                let c = self.condition();
                self.pool.push(c);
                return;
            }
            Opcode::Iconst | Opcode::Fconst | Opcode::NullRef => return,
            _ => {}
        }
        let imm = match shape.op {
            Opcode::FcmpBoth | Opcode::FcmpEither => Imm::FCond(self.float_condition()),
            _ => Imm::None,
        };
        if let Some(v) = self.b.emit(shape.op, shape.ty, &args, imm, None)
            && self.b.func.ty(v) != Ty::Ref
        {
            self.pool.push(v);
        }
    }

    fn statement(&mut self, depth: usize) {
        match self.r.below(24) {
            0 if depth > 0 => self.branch(depth - 1),
            1 if depth > 0 => self.counted_loop(depth - 1),
            2 => {
                let c = self.condition();
                // Seldom leaves.
                let other = self.condition();
                let c = self.b.binary(Opcode::Bor, c, other);
                let (int, float, bool_) = (self.value(Ty::I32), self.value(Ty::F64), self.condition());
                let float = self.number(float);
                self.b.guard(c, &[int, float, bool_], self.raise);
            }
            3 if !self.b.func.callees.is_empty() => self.call(),
            4 | 5 if !self.memory.is_empty() => self.store_and_load(),
            6 => self.runtime_call(),
            7 => {
                self.b.emit(Opcode::Poll, None, &[], Imm::None, Some(self.propagate));
            }
            _ => self.row(),
        }
    }

    fn statements(&mut self, depth: usize) {
        let n = 1 + self.r.below(12);
        for _ in 0..n {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            self.statement(depth);
        }
    }

    fn call(&mut self) {
        let keys: Vec<CalleeId> = self.b.func.callees.keys().collect();
        let id = self.r.pick(&keys);
        let callee = self.b.func.callees[id].clone();
        let args: Vec<Value> = callee.params.iter().map(|&p| self.value(p)).collect();
        if self.r.below(2) == 0 {
            let inst = self.b.emit_inst(Opcode::Call, None, &args, Imm::Callee(id), &callee.rets, Some(self.propagate));
            self.pool.extend(self.b.func.insts[inst].results.clone());
        } else {
            let mut rets = vec![Ty::I8];
            rets.extend_from_slice(&callee.rets);
            let inst = self.b.emit_inst(Opcode::CallTry, None, &args, Imm::Callee(id), &rets, None);
            let results = self.b.func.insts[inst].results.clone();
            let (caught, next) = (self.b.block(), self.b.block());
            self.b.brif(results[0], build::call(caught, &[]), build::call(next, &[]));
            self.b.seal(caught);
            self.b.switch_to(caught);
            if self.r.below(4) == 0 {
                self.b.terminate(Terminator::Propagate { site: self.propagate });
            } else {
                self.b.emit(Opcode::ClearExc, None, &[], Imm::None, None);
                self.b.jump(next, &[]);
            }
            self.b.seal(next);
            self.b.switch_to(next);
            self.pool.extend(results);
        }
    }

    fn runtime_call(&mut self) {
        let pure: Vec<Sym> = Sym::ALL.iter().copied().filter(|s| s.row().is_plain()).collect();
        let sym = self.r.pick(&pure);
        let args: Vec<Value> = sym.row().params.iter().map(|&p| self.value(p)).collect();
        let results = self.b.call_rt(sym, &args, None);
        self.pool.extend(results);
    }

    fn store_and_load(&mut self) {
        let ty = self.r.pick(&SCALARS);
        let v = self.value(ty);
        let v = self.number(v);
        let at = self.r.pick(&self.memory.clone());
        let offset = self.r.below((MEMORY - 8) as usize) as i32;
        self.b.store(Region::Data, v, at, offset);
        let from = self.r.pick(&self.memory.clone());
        // Floats are read as integers only: their bytes may be anything.
        let ty = self.r.pick(&[Ty::I8, Ty::I16, Ty::I32, Ty::I64]);
        let offset = self.r.below((MEMORY - 8) as usize) as i32;
        let v = self.b.load(ty, Region::Data, from, offset);
        self.pool.push(v);
    }

    fn branch(&mut self, depth: usize) {
        let types: Vec<Ty> = (0..self.r.below(4)).map(|_| self.r.pick(&SCALARS)).collect();
        let c = self.condition();
        let (then, other, join) = (self.b.block(), self.b.block(), self.b.block());
        let params: Vec<Value> = types.iter().map(|&ty| self.b.func.append_param(join, ty)).collect();
        self.b.brif(c, build::call(then, &[]), build::call(other, &[]));
        for side in [then, other] {
            self.b.seal(side);
            self.b.switch_to(side);
            let (values, memory) = (self.pool.len(), self.memory.len());
            self.statements(depth);
            let args: Vec<Value> = types.iter().map(|&ty| self.value(ty)).collect();
            self.b.jump(join, &args);
            self.pool.truncate(values);
            self.memory.truncate(memory);
        }
        self.b.seal(join);
        self.b.switch_to(join);
        self.pool.extend(params);
    }

    fn counted_loop(&mut self, depth: usize) {
        let trips = self.r.below(6) as i64;
        let types: Vec<Ty> = (0..self.r.below(4)).map(|_| self.r.pick(&SCALARS)).collect();
        let zero = self.b.iconst(Ty::I64, 0);
        let mut start = vec![zero];
        start.extend(types.iter().map(|&ty| self.value(ty)).collect::<Vec<_>>());
        let (head, body, exit) = (self.b.block(), self.b.block(), self.b.block());
        let counter = self.b.func.append_param(head, Ty::I64);
        let carried: Vec<Value> = types.iter().map(|&ty| self.b.func.append_param(head, ty)).collect();
        self.b.jump(head, &start);
        self.b.switch_to(head);
        let limit = self.b.iconst(Ty::I64, trips);
        let c = self.b.icmp(IntCC::Slt, counter, limit);
        self.b.brif(c, build::call(body, &[]), build::call(exit, &[]));
        self.b.seal(body);
        self.b.switch_to(body);
        let (values, memory) = (self.pool.len(), self.memory.len());
        self.pool.push(counter);
        self.pool.extend(&carried);
        self.statements(depth);
        let one = self.b.iconst(Ty::I64, 1);
        let mut next = vec![self.b.binary(Opcode::Iadd, counter, one)];
        next.extend(types.iter().map(|&ty| self.value(ty)).collect::<Vec<_>>());
        self.b.jump(head, &next);
        self.pool.truncate(values);
        self.memory.truncate(memory);
        self.b.seal(head);
        self.b.seal(exit);
        self.b.switch_to(exit);
        self.pool.extend(carried);
    }
}
