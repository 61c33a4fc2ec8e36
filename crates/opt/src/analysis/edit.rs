//! Small edits that several passes share.

use cranelift_entity::EntityRef;
use looplift_mir::*;
use smallvec::SmallVec;

/// Keeps the parameters of `block` for which `keep` says so, and the edges' arguments for them.
pub fn retain_params(func: &mut Function, block: Block, preds: &[Block], keep: &[bool]) {
    let mut done: Vec<Block> = Vec::new();
    for &p in preds {
        if done.contains(&p) {
            continue;
        }
        done.push(p);
        for t in func.blocks[p].term.targets_mut() {
            if t.block == block {
                let mut n = 0;
                t.args.retain(|_| {
                    n += 1;
                    keep[n - 1]
                });
            }
        }
    }
    let mut n = 0;
    func.blocks[block].params.retain(|_| {
        n += 1;
        keep[n - 1]
    });
    for n in 0..func.blocks[block].params.len() {
        let p = func.blocks[block].params[n];
        func.values[p].def = ValueDef::Param(block, n as u32);
    }
}

/// The constant an integer value is, sign-extended.
pub fn const_int(func: &Function, v: Value) -> Option<i64> {
    match func.values[v].def {
        ValueDef::Result(i, _) => match (func.insts[i].op, func.insts[i].imm) {
            (Opcode::Iconst, Imm::Int(n)) => Some(sign_extend(n, func.ty(v))),
            _ => None,
        },
        ValueDef::Param(..) => None,
    }
}

/// The instruction that defines a value as its first result, if it is `op`.
pub fn def_of(func: &Function, v: Value, op: Opcode) -> Option<Inst> {
    match func.values[v].def {
        ValueDef::Result(i, 0) if func.insts[i].op == op => Some(i),
        ValueDef::Result(..) | ValueDef::Param(..) => None,
    }
}
/// The instruction that defines a value.
pub fn def_inst(func: &Function, v: Value) -> Option<Inst> {
    match func.values[v].def {
        ValueDef::Result(i, _) => Some(i),
        ValueDef::Param(..) => None,
    }
}

/// The value of the low bits of `n`, sign-extended from the width of `ty`.
pub fn sign_extend(n: i64, ty: Ty) -> i64 {
    match ty {
        Ty::I8 => i64::from(n as i8),
        Ty::I16 => i64::from(n as i16),
        Ty::I32 => i64::from(n as i32),
        Ty::I64 | Ty::Ref | Ty::F32 | Ty::F64 | Ty::F64x2 => n,
    }
}
/// The low bits of `n`, zero-extended from the width of `ty`.
pub fn zero_extend(n: i64, ty: Ty) -> u64 {
    match ty.bits() {
        64.. => n as u64,
        b => n as u64 & ((1 << b) - 1),
    }
}

/// Collects new instructions for a block.
#[derive(Debug)]
pub struct Emitter<'a> {
    pub func: &'a mut Function,
    pub out: Vec<Inst>,
    pub span: SpanId,
}

impl<'a> Emitter<'a> {
    pub fn new(func: &'a mut Function, span: SpanId) -> Emitter<'a> {
        Emitter { func, out: Vec::new(), span }
    }
    /// Emits a row that is no call; gives its first result.
    pub fn emit(&mut self, op: Opcode, ty: Option<Ty>, args: &[Value], imm: Imm, site: Option<SiteId>) -> Option<Value> {
        let rets: SmallVec<[Ty; 2]> = self.func.result_types(op, ty, args).into_iter().collect();
        let i = self.func.make_inst(op, ty, args, imm, &rets, site, self.span);
        self.out.push(i);
        self.func.insts[i].results.first().copied()
    }
    fn value(&mut self, op: Opcode, ty: Option<Ty>, args: &[Value], imm: Imm) -> Value {
        let rets = self.func.result_types(op, ty, args);
        let i = self.func.make_inst(op, ty, args, imm, &rets, None, self.span);
        self.out.push(i);
        self.func.insts[i].results[0]
    }
    pub fn iconst(&mut self, ty: Ty, n: i64) -> Value {
        self.value(Opcode::Iconst, Some(ty), &[], Imm::Int(sign_extend(n, ty)))
    }
    pub fn unary(&mut self, op: Opcode, a: Value) -> Value {
        self.value(op, None, &[a], Imm::None)
    }
    pub fn binary(&mut self, op: Opcode, a: Value, b: Value) -> Value {
        self.value(op, None, &[a, b], Imm::None)
    }
    /// An unsigned division whose first operand has no more than `bits` bits.
    pub fn bounded(&mut self, op: Opcode, a: Value, b: Value, bits: u32) -> Value {
        self.value(op, None, &[a, b], Imm::Bits(bits))
    }
    pub fn icmp(&mut self, cc: IntCC, a: Value, b: Value) -> Value {
        self.value(Opcode::Icmp, None, &[a, b], Imm::ICond(cc))
    }
    pub fn fcmp(&mut self, cc: FloatCC, a: Value, b: Value) -> Value {
        self.value(Opcode::Fcmp, None, &[a, b], Imm::FCond(cc))
    }
    /// A number that single precision has, too.
    pub fn fconst(&mut self, ty: Ty, x: f64) -> Value {
        let bits = if ty == Ty::F32 { u64::from((x as f32).to_bits()) } else { x.to_bits() };
        self.value(Opcode::Fconst, Some(ty), &[], Imm::Float(bits))
    }
    pub fn select(&mut self, c: Value, a: Value, b: Value) -> Value {
        self.value(Opcode::Select, None, &[c, a, b], Imm::None)
    }
    pub fn convert(&mut self, op: Opcode, to: Ty, a: Value) -> Value {
        self.value(op, Some(to), &[a], Imm::None)
    }
    /// Moves an existing instruction to here.
    /// A call of a runtime function that cannot fail and gives one value.
    pub fn call_rt(&mut self, sym: looplift_abi::symbols::Sym, args: &[Value]) -> Value {
        let i = self.func.make_inst(Opcode::CallRt, None, args, Imm::Sym(sym), sym.row().rets, None, self.span);
        self.out.push(i);
        self.func.result(i)
    }
    pub fn keep(&mut self, i: Inst) {
        self.out.push(i);
    }
}

/// A rewrite of all blocks, instruction by instruction: `f` emits what replaces the instruction and returns the values
/// for its results, or `None` to keep it.
pub fn rewrite(func: &mut Function, mut f: impl FnMut(&mut Emitter<'_>, Inst) -> Option<SmallVec<[Value; 1]>>) -> bool {
    let mut replaced: Vec<(Value, Value)> = Vec::new();
    for n in 0..func.layout.len() {
        let b = func.layout[n];
        let insts = std::mem::take(&mut func.blocks[b].insts);
        let mut e = Emitter { func, out: Vec::with_capacity(insts.len()), span: SpanId::new(0) };
        for i in insts {
            e.span = e.func.insts[i].span;
            match f(&mut e, i) {
                None => e.keep(i),
                Some(vs) => {
                    let old = e.func.insts[i].results.clone();
                    replaced.extend(old.into_iter().zip(vs));
                }
            }
        }
        func.blocks[b].insts = e.out;
    }
    replace_all(func, &replaced)
}

/// Replaces uses of values; chains are followed.
pub fn replace_all(func: &mut Function, pairs: &[(Value, Value)]) -> bool {
    if pairs.is_empty() {
        return false;
    }
    let mut to: cranelift_entity::SecondaryMap<Value, u32> = cranelift_entity::SecondaryMap::with_default(u32::MAX);
    for &(a, b) in pairs {
        if a != b {
            to[a] = b.index() as u32;
        }
    }
    func.map_uses(|mut v| {
        while to[v] != u32::MAX {
            v = Value::new(to[v] as usize);
        }
        v
    });
    true
}
