//! Kernels of one operation each, at both levels: what they are made of is what the level has.

use cranelift_entity::PrimaryMap;
use iced_x86::{Decoder, DecoderOptions, Formatter, IntelFormatter};
use looplift_mir::{FloatCC, Imm, IntCC, Opcode, Ty};
use looplift_simd::kernel::{Extra, Fold, Node, NodeId, Op, Pace, Reduction, Rep, Start};
use looplift_simd::{Isa, Kernel, assemble};

const TYPES: [Ty; 6] = [Ty::I8, Ty::I16, Ty::I32, Ty::I64, Ty::F32, Ty::F64];

/// `store(op(load, load, …))`, with as many iterations side by side as `lanes`.
fn kernel(lanes: u32, ops: &[(Op, Rep, usize)], from: &[Ty]) -> Kernel {
    let mut nodes: PrimaryMap<NodeId, Node> = PrimaryMap::new();
    let mut values: Vec<NodeId> = from
        .iter()
        .enumerate()
        .map(|(n, &ty)| nodes.push(Node { op: Op::Load { pointer: n as u32, offset: 0 }, rep: Rep::Vector(ty), args: [].as_slice().into() }))
        .collect();
    for &(op, rep, count) in ops {
        let first = values.len() - count;
        let args = values.split_off(first);
        values.push(nodes.push(Node { op, rep, args: args.as_slice().into() }));
    }
    let last = values[values.len() - 1];
    let store = Op::Store { pointer: from.len() as u32, offset: 8 };
    nodes.push(Node { op: store, rep: Rep::Nothing, args: [last].as_slice().into() });
    Kernel { nodes, pointers: vec![Pace::Beside; from.len() + 1], invariants: 0, reductions: Vec::new(), lanes }
}

/// The instructions, checked to be of the level.
fn instructions(isa: Isa, kernel: &Kernel) -> Option<Vec<String>> {
    let code = assemble(kernel, isa)?;
    let bytes = &code.bytes[code.entry as usize..];
    let mut formatter = IntelFormatter::new();
    let mut out = Vec::new();
    for i in Decoder::with_ip(64, bytes, 0, DecoderOptions::NONE).into_iter() {
        let mut line = String::new();
        formatter.format(&i, &mut line);
        assert!(!i.is_invalid(), "{out:?} {bytes:02x?}");
        if isa == Isa::Avx2 {
            assert_ne!(bytes[i.ip() as usize], 0x62, "{line} is not of AVX2");
        }
        out.push(line);
    }
    assert_eq!(out.last().map(String::as_str), Some("ret"));
    Some(out)
}

fn lanes(isa: Isa, types: &[Ty]) -> u32 {
    let widest = types.iter().map(|t| t.bytes()).max().unwrap_or(1);
    if isa == Isa::Avx2 { 32 / widest } else { 64 / widest }
}

/// Both levels have it, or neither.
fn both(ops: &[(Op, Rep, usize)], from: &[Ty], to: Ty) {
    let mut types = from.to_vec();
    types.push(to);
    let found = Isa::ALL.map(|isa| instructions(isa, &kernel(lanes(isa, &types), ops, from)).is_some());
    assert_eq!(found[0], found[1], "{ops:?} of {from:?}: {found:?}");
}

#[test]
fn operations_of_one_type() {
    use Opcode::*;
    let binary = [Iadd, Isub, Imul, Band, Bor, Bxor, Smin, Smax, Umin, Umax, Shl, Ushr, Sshr];
    let floats = [Fadd, Fsub, Fmul, Fdiv, FminNan, FmaxNan, Fcopysign];
    for ty in TYPES {
        let lanes = |op, count| [(Op::Lanes(op, Imm::None), Rep::Vector(ty), count)];
        let (two, one): (&[Opcode], &[Opcode]) =
            if ty.is_float() { (&floats, &[Fsqrt, Ffloor, Fceil, Ftrunc, Fnearest, Fneg, Fabs]) } else { (&binary, &[Ineg, Bnot, Iabs]) };
        two.iter().for_each(|&op| both(&lanes(op, 2), &[ty, ty], ty));
        one.iter().for_each(|&op| both(&lanes(op, 1), &[ty], ty));
        for by in [3, 40, 63] {
            let shift = |op| [(Op::Lanes(op, Imm::Int(by)), Rep::Vector(ty), 1)];
            [Shl, Ushr, Sshr].iter().for_each(|&op| both(&shift(op), &[ty], ty));
        }
        if ty.is_float() {
            both(&lanes(Fma, 3), &[ty, ty, ty], ty);
        }
    }
    for extra in [Extra::Scale, Extra::Least, Extra::Most] {
        both(&[(Op::Extra(extra), Rep::Vector(Ty::F64), 2)], &[Ty::F64, Ty::F64], Ty::F64);
    }
    for extra in [Extra::Exponent, Extra::Mantissa] {
        both(&[(Op::Extra(extra), Rep::Vector(Ty::F64), 1)], &[Ty::F64], Ty::F64);
    }
}

#[test]
fn conversions() {
    use Opcode::*;
    for from in TYPES {
        for to in TYPES {
            for op in [Sext, Zext, Ireduce, SintToFloat, UintToFloat, FloatToSint, Fpromote, Fdemote, Bitcast] {
                let fits = match op {
                    Sext | Zext => from.is_int() && to.is_int() && from.bytes() < to.bytes(),
                    Ireduce => from.is_int() && to.is_int() && from.bytes() > to.bytes(),
                    SintToFloat | UintToFloat => matches!(from, Ty::I32 | Ty::I64) && to.is_float(),
                    FloatToSint => from.is_float() && matches!(to, Ty::I32 | Ty::I64),
                    Fpromote => (from, to) == (Ty::F32, Ty::F64),
                    Fdemote => (from, to) == (Ty::F64, Ty::F32),
                    _ => from.bytes() == to.bytes(),
                };
                if fits {
                    both(&[(Op::Lanes(op, Imm::None), Rep::Vector(to), 1)], &[from], to);
                }
            }
        }
    }
}

#[test]
fn masks_of_all_widths() {
    use IntCC::*;
    for compared in TYPES {
        for chosen in TYPES {
            let compare = |op| (op, Rep::Mask, 2);
            let select = (Op::Lanes(Opcode::Select, Imm::None), Rep::Vector(chosen), 3);
            let types = [compared, compared, chosen, chosen];
            // Operands in the order of a stack: the mask is made of the last two, then stands below.
            let order = |k: &mut Kernel| {
                let select = k.nodes.keys().find(|&n| k.nodes[n].args.len() == 3);
                if let Some(s) = select {
                    k.nodes[s].args.rotate_right(1);
                }
            };
            let types = [types[2], types[3], types[0], types[1]];
            let mut tests: Vec<Op> = [Eq, Ne, Slt, Sle, Sgt, Sge, Ult, Ule, Ugt, Uge].map(|cc| Op::Lanes(Opcode::Icmp, Imm::ICond(cc))).to_vec();
            if compared.is_float() {
                use FloatCC::*;
                tests = [Eq, Ne, Lt, Le, Gt, Ge, Uno, Ord].map(|cc| Op::Lanes(Opcode::Fcmp, Imm::FCond(cc))).to_vec();
            }
            for test in tests {
                for isa in Isa::ALL {
                    let mut k = kernel(lanes(isa, &types), &[compare(test), select], &types);
                    order(&mut k);
                    assert!(instructions(isa, &k).is_some(), "{test:?} of {compared:?}, {chosen:?}");
                }
            }
        }
    }
}

#[test]
fn reductions() {
    for (op, ty) in [(Opcode::Iadd, Ty::I64), (Opcode::Imul, Ty::I64), (Opcode::Umax, Ty::I64), (Opcode::Fadd, Ty::F32), (Opcode::FminNan, Ty::F64)] {
        for isa in Isa::ALL {
            let mut k = kernel(lanes(isa, &[ty]), &[(Op::Lanes(Opcode::Bitcast, Imm::None), Rep::Vector(ty), 1)], &[ty]);
            let value = k.nodes.keys().nth(1);
            k.reductions = value.map(|value| Reduction { op: Fold::Row(op), ty, value, start: Start::Bits(0) }).into_iter().collect();
            assert!(instructions(isa, &k).is_some(), "{op:?} of {ty:?}");
        }
    }
}

#[test]
fn elements_apart() {
    for ty in TYPES {
        let size = ty.bytes() as i32;
        for pace in [Pace::Bytes(2 * size), Pace::Bytes(-2 * size), Pace::Bytes(-size), Pace::Bytes(24), Pace::Word(0)] {
            for isa in Isa::ALL {
                // Alone, and with doubles beside them, so that vectors of narrow elements are short.
                for lanes in [lanes(isa, &[ty]), lanes(isa, &[Ty::F64])] {
                    let mut k = kernel(lanes, &[], &[ty]);
                    k.pointers = vec![pace; 2];
                    k.invariants = 1;
                    assert!(instructions(isa, &k).is_some(), "{isa:?} {ty:?} {pace:?}");
                }
            }
        }
    }
}

#[test]
fn pairs_of_elements() {
    for ty in [Ty::I32, Ty::I64, Ty::F32, Ty::F64] {
        let size = ty.bytes() as i32;
        for isa in Isa::ALL {
            let mut nodes: PrimaryMap<NodeId, Node> = PrimaryMap::new();
            let load = |offset| Node { op: Op::Load { pointer: 0, offset }, rep: Rep::Vector(ty), args: [].as_slice().into() };
            let (a, b) = (nodes.push(load(size)), nodes.push(load(0)));
            nodes.push(Node { op: Op::StorePair { pointer: 1, offset: 0 }, rep: Rep::Nothing, args: [a, b].as_slice().into() });
            let lanes = lanes(isa, &[ty]);
            let k = Kernel { nodes, pointers: vec![Pace::Bytes(2 * size); 2], invariants: 0, reductions: Vec::new(), lanes };
            assert!(instructions(isa, &k).is_some(), "{isa:?} {ty:?}");
        }
    }
}

#[test]
fn functions_for_single_lanes() {
    for isa in Isa::ALL {
        let mut nodes: PrimaryMap<NodeId, Node> = PrimaryMap::new();
        let x = nodes.push(Node { op: Op::Load { pointer: 0, offset: 0 }, rep: Rep::Vector(Ty::F64), args: [].as_slice().into() });
        let is_nan = Op::Lanes(Opcode::Fcmp, Imm::FCond(FloatCC::Uno));
        let mask = nodes.push(Node { op: is_nan, rep: Rep::Mask, args: [x, x].as_slice().into() });
        let y = nodes.push(Node { op: Op::Rescue(0), rep: Rep::Vector(Ty::F64), args: [mask, x, x].as_slice().into() });
        nodes.push(Node { op: Op::Store { pointer: 1, offset: 0 }, rep: Rep::Nothing, args: [y].as_slice().into() });
        let k = Kernel { nodes, pointers: vec![Pace::Beside; 2], invariants: 1, reductions: Vec::new(), lanes: lanes(isa, &[Ty::F64]) };
        let code = instructions(isa, &k).unwrap_or_default();
        assert!(code.iter().any(|i| i.starts_with("call")), "{code:?}");
    }
}

/// `values[1] += values[0]` of two arrays, with a store to the second one before the sum if `written`.
fn sum_into(isa: Isa, written: bool) -> Vec<String> {
    let mut nodes: PrimaryMap<NodeId, Node> = PrimaryMap::new();
    let rep = Rep::Vector(Ty::I64);
    let mut push = |op, rep, args: &[NodeId]| nodes.push(Node { op, rep, args: args.into() });
    let zero = push(Op::Const(0), rep, &[]);
    let [x, y] = [0, 1].map(|pointer| push(Op::Load { pointer, offset: 0 }, rep, &[]));
    if written {
        push(Op::Store { pointer: 1, offset: 0 }, Rep::Nothing, &[zero]);
    }
    let sum = push(Op::Lanes(Opcode::Iadd, Imm::None), rep, &[x, y]);
    push(Op::Store { pointer: 1, offset: 0 }, Rep::Nothing, &[sum]);
    let k = Kernel { nodes, pointers: vec![Pace::Beside; 2], invariants: 0, reductions: Vec::new(), lanes: lanes(isa, &[Ty::I64]) };
    instructions(isa, &k).expect("there are registers enough")
}

#[test]
fn what_is_loaded_for_one_use_is_read_there() {
    for isa in Isa::ALL {
        let additions = |code: &[String]| code.iter().filter(|i| i.starts_with("vpaddq")).map(|i| i.ends_with(']')).collect::<Vec<_>>();
        let plain = additions(&sum_into(isa, false));
        assert!(plain.len() > 1 && plain.contains(&true), "{isa:?}");
        // A store between them may be to the same place.
        assert!(!additions(&sum_into(isa, true)).contains(&true), "{isa:?}");
    }
}
