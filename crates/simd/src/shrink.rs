//! Integers as narrow as what they hold, and what becomes of them, allow: more of them fit in a vector.
//!
//! Python's integers have 64 bits to the compiler, whatever the arrays hold: a sum of two bytes that is stored as a byte is
//! two extensions, an addition of 64 bits and a reduction. Three steps over the nodes of a kernel, in their order, undo that:
//!
//! 1. forward, the range of each integer (a byte that is extended is between 0 and 255);
//! 2. backward, how many low bits its users look at (of a sum that is stored as a byte, eight);
//! 3. a new kernel, in which an operation is done on the narrowest integers that give the bits looked at. What has been
//!    narrowed is extended where a wider integer is wanted: with its sign, or with zeros if it is never negative.
//!
//! Loads stay where they are: stores among them may overwrite what they read.

use crate::isa::Isa;
use crate::kernel::{Kernel, Node, NodeId, Op, Rep};
use cranelift_entity::{PrimaryMap, SecondaryMap};
use looplift_mir::{Imm, IntCC, Opcode, Ty};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// The kernel, or the same one on narrower integers, if its elements become narrower or its nodes fewer by that.
pub fn shrink(kernel: Kernel, isa: Isa) -> Kernel {
    let ranges = ranges(&kernel);
    let seen = seen(&kernel);
    let new = PrimaryMap::with_capacity(kernel.nodes.len());
    let Some(mut new) = (Shrinker { old: &kernel, ranges, seen, new, ints: FxHashMap::default(), others: SecondaryMap::new() }).run() else { return kernel };
    let better = (widest(&new), new.nodes.len()) < (widest(&kernel), kernel.nodes.len());
    new.lanes = isa.lanes(widest(&new));
    if better { new } else { kernel }
}

/// Bytes of the widest element.
fn widest(k: &Kernel) -> u32 {
    let nodes = k.nodes.values().filter_map(|n| if let Rep::Vector(ty) = n.rep { Some(ty.bytes()) } else { None });
    nodes.chain(k.reductions.iter().map(|r| r.ty.bytes())).max().unwrap_or(1)
}

/// From the least to the greatest value, with signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    low: i64,
    high: i64,
}

impl Range {
    fn of(ty: Ty) -> Range {
        let high = i64::MAX >> (64 - ty.bits().min(64));
        Range { low: !high, high }
    }
    /// If both ends are integers of the type.
    fn fitting(low: i128, high: i128, ty: Ty) -> Range {
        let all = Range::of(ty);
        if low < i128::from(all.low) || high > i128::from(all.high) {
            return all;
        }
        Range { low: low as i64, high: high as i64 }
    }
    /// Bits that hold all of it, with a sign.
    fn bits(self) -> u32 {
        let of = |x: i64| 65 - (if x < 0 { !x } else { x }).leading_zeros();
        of(self.low).max(of(self.high))
    }
    fn is_positive(self) -> bool {
        self.low >= 0
    }
    /// Bits that hold all of it without a sign, if nothing is negative.
    fn unsigned_bits(self) -> Option<u32> {
        self.is_positive().then(|| 64 - self.high.leading_zeros())
    }
    /// Bits that hold all of it one way or the other.
    fn least_bits(self) -> u32 {
        self.unsigned_bits().unwrap_or(self.bits())
    }
    fn union(self, o: Range) -> Range {
        Range { low: self.low.min(o.low), high: self.high.max(o.high) }
    }
}

fn int_of(bits: u32) -> Ty {
    match bits {
        0..=8 => Ty::I8,
        9..=16 => Ty::I16,
        17..=32 => Ty::I32,
        _ => Ty::I64,
    }
}
fn wider(a: Ty, b: Ty) -> Ty {
    if a.bytes() >= b.bytes() { a } else { b }
}

/// A constant as an integer of its type.
fn signed(bits: u64, ty: Ty) -> i64 {
    let unused = 64 - ty.bits();
    (bits << unused) as i64 >> unused
}

/// The type of a node that is an integer.
fn int_type(k: &Kernel, n: NodeId) -> Option<Ty> {
    match k.nodes[n].rep {
        Rep::Vector(ty) if ty.is_int() => Some(ty),
        Rep::Vector(_) | Rep::Mask | Rep::Nothing => None,
    }
}

/// By how many places a shift goes, if that is constant and means the same for integers of any width.
fn count(k: &Kernel, shift: &Node) -> Option<u32> {
    match k.nodes[*shift.args.get(1)?].op {
        Op::Const(bits) if bits < 64 => Some(bits as u32),
        _ => None,
    }
}

fn ranges(k: &Kernel) -> SecondaryMap<NodeId, Option<Range>> {
    let mut out: SecondaryMap<NodeId, Option<Range>> = SecondaryMap::new();
    for (id, n) in k.nodes.iter() {
        if let Some(ty) = int_type(k, id) {
            let arg = |i: usize| n.args.get(i).and_then(|&a| out[a]);
            out[id] = Some(range(k, n, ty, &arg).unwrap_or(Range::of(ty)));
        }
    }
    out
}

/// The range of a node, from those of its arguments; `None` if nothing is known.
fn range(k: &Kernel, n: &Node, ty: Ty, arg: &dyn Fn(usize) -> Option<Range>) -> Option<Range> {
    use Opcode::*;
    let op = match n.op {
        Op::Const(bits) => {
            let x = signed(bits, ty);
            return Some(Range { low: x, high: x });
        }
        Op::MaskToBytes => return Some(Range { low: 0, high: 1 }),
        Op::Lanes(op, _) => op,
        _ => return None,
    };
    let ends = |i: usize| arg(i).map(|r| (i128::from(r.low), i128::from(r.high)));
    match op {
        Zext => {
            let (from, a) = (int_type(k, n.args[0])?, arg(0)?);
            Some(if a.is_positive() { a } else { Range { low: 0, high: (1 << from.bits()) - 1 } })
        }
        Sext => arg(0),
        Ireduce => {
            let (low, high) = ends(0)?;
            Some(Range::fitting(low, high, ty))
        }
        Iadd | Isub | Imul => {
            let ((a, b), (c, d)) = (ends(0)?, ends(1)?);
            let (low, high) = match op {
                Iadd => (a + c, b + d),
                Isub => (a - d, b - c),
                _ => {
                    let all = [a * c, a * d, b * c, b * d];
                    (*all.iter().min()?, *all.iter().max()?)
                }
            };
            Some(Range::fitting(low, high, ty))
        }
        Band if arg(0)?.is_positive() || arg(1)?.is_positive() => {
            let high = [arg(0)?, arg(1)?].iter().filter(|r| r.is_positive()).map(|r| r.high).min()?;
            Some(Range { low: 0, high })
        }
        Band | Bor | Bxor => {
            let (a, b) = (arg(0)?, arg(1)?);
            let all = Range::of(Ty::I64);
            let high = all.high >> (64 - a.bits().max(b.bits()));
            Some(Range { low: if a.is_positive() && b.is_positive() { 0 } else { !high }, high })
        }
        Bnot => arg(0).map(|a| Range { low: !a.high, high: !a.low }),
        Ineg => {
            let (low, high) = ends(0)?;
            Some(Range::fitting(-high, -low, ty))
        }
        Iabs => {
            let (low, high) = ends(0)?;
            Some(Range::fitting(if low > 0 { low } else { (-high).max(0) }, high.max(-low), ty))
        }
        Smin | Smax => {
            let (a, b) = (arg(0)?, arg(1)?);
            let pick = if op == Smin { i64::min } else { i64::max };
            Some(Range { low: pick(a.low, b.low), high: pick(a.high, b.high) })
        }
        Umin | Umax => Some(arg(0)?.union(arg(1)?)),
        Select => Some(arg(1)?.union(arg(2)?)),
        Sshr => {
            let (a, k) = (arg(0)?, count(k, n)?);
            Some(Range { low: a.low >> k, high: a.high >> k })
        }
        Ushr => {
            let (a, k) = (arg(0).filter(|a| a.is_positive())?, count(k, n)?);
            Some(Range { low: a.low >> k, high: a.high >> k })
        }
        Shl => {
            let ((low, high), k) = (ends(0)?, count(k, n).filter(|&k| k < 32)?);
            Some(Range::fitting(low << k, high << k, ty))
        }
        _ => None,
    }
}

/// Whether low bits of the result follow from as many low bits of the operands.
fn is_closed(op: Opcode) -> bool {
    use Opcode::*;
    matches!(op, Iadd | Isub | Imul | Band | Bor | Bxor | Ineg | Bnot | Ireduce | Sext | Zext)
}

/// How many low bits of each integer are looked at.
fn seen(k: &Kernel) -> SecondaryMap<NodeId, u32> {
    let mut out: SecondaryMap<NodeId, u32> = SecondaryMap::new();
    let bits = |n: NodeId| int_type(k, n).map_or(0, Ty::bits);
    for r in &k.reductions {
        out[r.value] = bits(r.value);
    }
    for (id, n) in k.nodes.iter().rev() {
        for (i, &a) in n.args.iter().enumerate() {
            let low_bits_do = match n.op {
                Op::Lanes(op, _) if is_closed(op) => true,
                Op::Lanes(Opcode::Select, _) => i > 0,
                Op::Lanes(Opcode::Shl, _) => i == 0 && count(k, n).is_some(),
                _ => false,
            };
            let wanted = if low_bits_do && int_type(k, id).is_some() { out[id].min(bits(a)) } else { bits(a) };
            out[a] = out[a].max(wanted);
        }
    }
    out
}

struct Shrinker<'a> {
    old: &'a Kernel,
    ranges: SecondaryMap<NodeId, Option<Range>>,
    seen: SecondaryMap<NodeId, u32>,
    new: PrimaryMap<NodeId, Node>,
    /// Integers as they have been made, by type.
    ints: FxHashMap<(NodeId, Ty), NodeId>,
    others: SecondaryMap<NodeId, Option<NodeId>>,
}

impl Shrinker<'_> {
    fn run(mut self) -> Option<Kernel> {
        for (id, n) in self.old.nodes.iter() {
            match (n.op, int_type(self.old, id)) {
                (Op::Load { .. }, Some(ty)) => {
                    let node = self.same(n)?;
                    self.ints.insert((id, ty), node);
                }
                // Integers are made where they are used.
                (_, Some(_)) => {}
                (_, None) => {
                    let node = self.other(n)?;
                    self.others[id] = Some(node);
                }
            }
        }
        let mut reductions = self.old.reductions.clone();
        for r in &mut reductions {
            r.value = self.argument(r.value)?;
        }
        let Kernel { invariants, lanes, .. } = *self.old;
        Some(Kernel { nodes: self.new, pointers: self.old.pointers.clone(), invariants, reductions, lanes })
    }

    fn push(&mut self, op: Op, rep: Rep, args: &[NodeId]) -> NodeId {
        self.new.push(Node { op, rep, args: args.into() })
    }
    fn row(&mut self, op: Opcode, imm: Imm, ty: Ty, args: &[NodeId]) -> NodeId {
        self.push(Op::Lanes(op, imm), Rep::Vector(ty), args)
    }
    fn range(&self, n: NodeId) -> Range {
        self.ranges[n].unwrap_or(Range::of(Ty::I64))
    }

    /// An argument as it was.
    fn argument(&mut self, n: NodeId) -> Option<NodeId> {
        match int_type(self.old, n) {
            Some(ty) => self.int(n, ty),
            None => self.others[n],
        }
    }
    /// The node as it was.
    fn same(&mut self, n: &Node) -> Option<NodeId> {
        let args: SmallVec<[NodeId; 3]> = n.args.iter().map(|&a| self.argument(a)).collect::<Option<_>>()?;
        Some(self.push(n.op, n.rep, &args))
    }

    /// Whether the low bits as a `ty` are there without an instruction.
    fn is_free(&self, n: NodeId, ty: Ty) -> bool {
        let node = &self.old.nodes[n];
        match node.op {
            Op::Const(_) => true,
            Op::Lanes(Opcode::Zext | Opcode::Sext, _) => int_type(self.old, node.args[0]) == Some(ty),
            _ => int_type(self.old, n).is_some_and(|own| self.type_of_operation(n, own) == ty),
        }
    }

    /// What is not an integer.
    fn other(&mut self, n: &Node) -> Option<NodeId> {
        match n.op {
            Op::Lanes(Opcode::Icmp, Imm::ICond(cc)) => {
                let (a, b) = (self.range(n.args[0]), self.range(n.args[1]));
                let own = int_type(self.old, n.args[0])?;
                // Extending with the sign keeps the order without signs, too.
                let with_sign = int_of(a.bits().max(b.bits()));
                let (ty, cc) = match unsigned_type(a, b) {
                    Some(ty) if ty.bytes() < with_sign.bytes() && n.args.iter().all(|&x| self.is_free(x, ty)) => (ty, unsigned(cc)),
                    _ => (with_sign, cc),
                };
                if ty.bytes() > own.bytes() {
                    return self.same(n);
                }
                let args = [self.int(n.args[0], ty)?, self.int(n.args[1], ty)?];
                Some(self.push(Op::Lanes(Opcode::Icmp, Imm::ICond(cc)), Rep::Mask, &args))
            }
            Op::Lanes(Opcode::SintToFloat | Opcode::UintToFloat, imm) if int_type(self.old, n.args[0]) == Some(Ty::I64) => {
                let a = self.range(n.args[0]);
                let is_signed = n.op == Op::Lanes(Opcode::SintToFloat, imm);
                if a.bits() > 32 || !(is_signed || a.is_positive()) {
                    return self.same(n);
                }
                let x = self.int(n.args[0], Ty::I32)?;
                Some(self.push(Op::Lanes(Opcode::SintToFloat, imm), n.rep, &[x]))
            }
            _ => self.same(n),
        }
    }

    /// The low bits of an integer as one of another type. Where `ty` has more bits than are looked at, it is extended.
    fn int(&mut self, n: NodeId, ty: Ty) -> Option<NodeId> {
        if let Some(&made) = self.ints.get(&(n, ty)) {
            return Some(made);
        }
        let made = self.make_int(n, ty)?;
        self.ints.insert((n, ty), made);
        Some(made)
    }

    fn make_int(&mut self, n: NodeId, ty: Ty) -> Option<NodeId> {
        let node = &self.old.nodes[n];
        let own = int_type(self.old, n)?;
        let vector = Rep::Vector(ty);
        match node.op {
            Op::Const(bits) => {
                let x = signed(bits, own) as u64;
                return Some(self.push(Op::Const(x & u64::MAX >> (64 - ty.bits())), vector, &[]));
            }
            // The low bytes of its word.
            Op::Invariant(_) if ty.bytes() <= own.bytes() => return Some(self.push(node.op, vector, &[])),
            Op::Lanes(op @ (Opcode::Sext | Opcode::Zext), imm) => {
                let from = int_type(self.old, node.args[0])?;
                if ty.bytes() <= from.bytes() {
                    return self.int(node.args[0], ty);
                }
                if ty.bytes() <= own.bytes() {
                    let x = self.int(node.args[0], from)?;
                    return Some(self.row(op, imm, ty, &[x]));
                }
            }
            Op::Lanes(Opcode::Ireduce, _) if ty.bytes() <= own.bytes() => return self.int(node.args[0], ty),
            _ => {}
        }
        let at = self.type_of_operation(n, own);
        if at == ty {
            return self.operation(n, ty, own);
        }
        let x = self.int(n, at)?;
        let op = match at.bytes() < ty.bytes() {
            true if self.range(n).is_positive() => Opcode::Zext,
            true => Opcode::Sext,
            false => Opcode::Ireduce,
        };
        Some(self.row(op, Imm::None, ty, &[x]))
    }

    /// The narrowest integers on which an operation gives the bits that are looked at; at most as wide as its own.
    fn type_of_operation(&self, n: NodeId, own: Ty) -> Ty {
        use Opcode::*;
        let node = &self.old.nodes[n];
        let Op::Lanes(op, _) = node.op else { return own };
        let arg = |i: usize| self.range(node.args[i]);
        let result = self.seen[n].min(self.range(n).least_bits());
        let wanted = match op {
            Sext | Zext | Ireduce => return own,
            _ if is_closed(op) => int_of(result),
            Select => int_of(result),
            Smin | Smax | Umin | Umax => unsigned_type(arg(0), arg(1)).unwrap_or(int_of(arg(0).bits().max(arg(1).bits()))),
            Iabs => int_of(arg(0).bits().max(self.range(n).bits())),
            // There are none of bytes.
            Shl if count(self.old, node).is_some() => wider(int_of(result), Ty::I16),
            Sshr | Ushr if count(self.old, node).is_some() && (op == Sshr || arg(0).is_positive()) => wider(int_of(arg(0).least_bits()), Ty::I16),
            _ => own,
        };
        if wanted.bytes() < own.bytes() { wanted } else { own }
    }

    /// The operation, on integers of type `at`.
    fn operation(&mut self, n: NodeId, at: Ty, own: Ty) -> Option<NodeId> {
        let node = &self.old.nodes[n];
        // What is never negative may fill the narrower integers up to the top bit.
        let positive = node.args.iter().all(|&a| int_type(self.old, a).is_some() && self.range(a).is_positive());
        let first_is_positive = node.args.first().is_some_and(|&a| self.range(a).is_positive());
        let without_sign = |op| match op {
            Opcode::Sshr if first_is_positive => Opcode::Ushr,
            Opcode::Smin if positive => Opcode::Umin,
            Opcode::Smax if positive => Opcode::Umax,
            op => op,
        };
        if let Op::Lanes(op @ (Opcode::Shl | Opcode::Ushr | Opcode::Sshr), Imm::None) = node.op
            && let Some(by) = count(self.old, node)
            && at != Ty::I8
        {
            let x = self.int(node.args[0], at)?;
            return Some(self.row(without_sign(op), Imm::Int(i64::from(by)), at, &[x]));
        }
        if at == own {
            return self.same(node);
        }
        let args: SmallVec<[NodeId; 3]> = node
            .args
            .iter()
            .map(|&a| match int_type(self.old, a) {
                Some(_) => self.int(a, at),
                None => self.others[a],
            })
            .collect::<Option<_>>()?;
        let op = match node.op {
            Op::Lanes(op, imm) => Op::Lanes(without_sign(op), imm),
            op => op,
        };
        Some(self.push(op, Rep::Vector(at), &args))
    }
}

/// The narrowest type without signs of two integers that are never negative.
fn unsigned_type(a: Range, b: Range) -> Option<Ty> {
    Some(int_of(a.unsigned_bits()?.max(b.unsigned_bits()?)))
}

fn unsigned(cc: IntCC) -> IntCC {
    use IntCC::*;
    match cc {
        Slt => Ult,
        Sle => Ule,
        Sgt => Ugt,
        Sge => Uge,
        Eq | Ne | Ult | Ule | Ugt | Uge => cc,
    }
}
