//! Every row without side effects, on every type the verifier accepts, at boundary operands: machine code against the
//! interpreter. Each binary row also runs with its second operand as a constant, which takes other paths of emission.
//! Pairs, which functions neither take nor give, are put together from two parameters and come back as two results.

use looplift_filetests::run::{Ending, Native, interpret};
use looplift_mir::verify::verify;
use looplift_mir::*;

const INT_WORDS: [i64; 22] = [0, 1, 2, 3, 5, 7, 8, 10, 63, 64, -1, -2, -3, -7, -10, 0x55, 0x7f, 0x80, 0x1234_5678_9abc, i64::MAX, i64::MIN, i64::MIN + 1];

fn operands(ty: Ty) -> Vec<u64> {
    let mut out: Vec<u64> = match ty {
        Ty::F32 => [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            1.5,
            2.5,
            -2.5,
            3.7,
            -3.7,
            1e10,
            -1e10,
            2147483647.0,
            -2147483648.0,
            2147483648.0,
            -2147483904.0,
            9.223_372e18,
            -9.223_372e18,
            1.0e19,
            1.8e19,
            1.844_674_4e19,
            f32::MAX,
            f32::MIN_POSITIVE,
            1e-45,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
            8388609.0,
        ]
        .iter()
        .map(|v: &f32| u64::from(v.to_bits()))
        .collect(),
        Ty::F64 => [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            1.5,
            2.5,
            -2.5,
            0.499_999_999_999_999_94,
            3.7,
            -3.7,
            1e10,
            -1e10,
            2147483647.0,
            2147483647.5,
            2147483648.0,
            -2147483648.0,
            -2147483648.9,
            -2147483649.0,
            9.223372036854775e18,
            9.223372036854776e18,
            -9.223372036854776e18,
            -9.3e18,
            1.5e19,
            1.844_674_407_370_955e19,
            1.8446744073709552e19,
            1e300,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            4503599627370497.0,
        ]
        .iter()
        .map(|v: &f64| v.to_bits())
        .collect(),
        _ => {
            let min = 1u64 << (ty.bits() - 1);
            let mut v: Vec<u64> = INT_WORDS.iter().map(|&w| eval::mask(ty, w as u64)).collect();
            v.extend([min, min + 1, min - 1, min - 2, u64::from(ty.bits()), u64::from(ty.bits()) - 1]);
            v
        }
    };
    out.sort_unstable();
    out.dedup();
    out
}

fn conditions(op: Opcode) -> Vec<Imm> {
    use looplift_mir::{FloatCC as F, IntCC as I};
    match op {
        Opcode::Icmp => [I::Eq, I::Ne, I::Slt, I::Sle, I::Sgt, I::Sge, I::Ult, I::Ule, I::Ugt, I::Uge].map(Imm::ICond).to_vec(),
        Opcode::Fcmp | Opcode::FcmpBoth | Opcode::FcmpEither => [F::Eq, F::Ne, F::Lt, F::Le, F::Gt, F::Ge, F::Ord, F::Uno].map(Imm::FCond).to_vec(),
        Opcode::Iconst => INT_WORDS.map(Imm::Int).to_vec(),
        Opcode::Fconst => [0u64, 1 << 31, 1 << 63, 0x3f80_0000, 1.5f64.to_bits()].map(Imm::Float).to_vec(),
        _ => vec![Imm::None],
    }
}

/// The function that applies the row to its parameters, if it has a result; `constant` replaces the second one.
fn function(op: Opcode, params: &[Ty], ty: Option<Ty>, imm: Imm, constant: Option<u64>) -> Option<Function> {
    let mut f = Function::new(format!("{}{params:?}{ty:?}{imm:?}{constant:?}", op.row().name));
    let span = f.spans.push(Span { line: 1, end_line: 1, col: 0, end_col: 0, source: 0, inlined_at: None });
    f.sources.push(Source { name: "f".into(), filename: "f.py".into(), first_line: 1 });
    let mut b = Builder::new(f, span);
    let entry = b.current();
    let mut args = Vec::new();
    for (n, &p) in params.iter().enumerate() {
        if p == Ty::F64x2 {
            let halves = [Ty::F64; 2].map(|half| b.func.append_param(entry, half));
            args.push(match constant {
                Some(w) if n == 1 => {
                    let half = b.f64const(f64::from_bits(w));
                    b.convert(Opcode::Splat, p, half)
                }
                _ => b.binary(Opcode::Pair, halves[0], halves[1]),
            });
            continue;
        }
        let v = b.func.append_param(entry, p);
        args.push(match constant {
            Some(w) if n == 1 => match p {
                Ty::F32 => b.f32const(f32::from_bits(w as u32)),
                Ty::F64 => b.f64const(f64::from_bits(w)),
                Ty::Ref => b.null_ref(),
                _ => b.iconst(p, eval::signed(p, w)),
            },
            _ => v,
        });
    }
    let result = b.emit(op, ty, &args, imm, None)?;
    let results: Args = match b.func.ty(result) {
        Ty::F64x2 => [Opcode::Low, Opcode::High].into_iter().map(|half| b.convert(half, Ty::F64, result)).collect(),
        _ => [result].into_iter().collect(),
    };
    b.func.rets = results.iter().map(|&v| b.func.ty(v)).collect();
    b.terminate(Terminator::Return(results));
    Some(b.finish())
}

/// The words of an operand: one, or two for a pair.
fn operand_words(ty: Ty) -> Vec<Vec<u64>> {
    if ty == Ty::F64x2 {
        let words = operands(Ty::F64);
        return words.iter().zip(words.iter().cycle().skip(5)).map(|(&low, &high)| vec![low, high]).collect();
    }
    operands(ty).into_iter().map(|w| vec![w]).collect()
}

fn product(lists: &[Vec<Vec<u64>>]) -> Vec<Vec<u64>> {
    lists.iter().fold(vec![Vec::new()], |acc, list| acc.iter().flat_map(|head| list.iter().map(move |w| [head.as_slice(), w].concat())).collect())
}

/// Compares all cases; gives how many calls were compared.
fn check(op: Opcode) -> usize {
    let arity = op.row().arity.unwrap_or(0) as usize;
    let mut funcs = Vec::new();
    let mut inputs = Vec::new();
    let results: Vec<Option<Ty>> = std::iter::once(None).chain(Ty::ALL.map(Some)).collect();
    for operand in Ty::ALL {
        let params: Vec<Ty> = match op.row().rule {
            TypeRule::Shift => vec![operand, Ty::I64],
            TypeRule::Select => vec![Ty::I8, operand, operand],
            _ => vec![operand; arity],
        };
        if arity == 0 && operand != Ty::I8 {
            continue;
        }
        for &ty in &results {
            for imm in conditions(op) {
                let lists: Vec<Vec<Vec<u64>>> = params
                    .iter()
                    .enumerate()
                    .map(|(n, &p)| if op == Opcode::Select && n == 0 { vec![vec![0], vec![1]] } else { operand_words(p) })
                    .map(|l| if arity == 3 && op == Opcode::Fma { l.into_iter().step_by(3).collect() } else { l })
                    .collect();
                let Some(f) = function(op, &params, ty, imm, None).filter(|f| verify(f).is_ok()) else { continue };
                funcs.push(f);
                inputs.push(product(&lists));
                if arity == 2 && params[1] != Ty::Ref {
                    for w in &lists[1] {
                        funcs.extend(function(op, &params, ty, imm, Some(w[0])));
                        inputs.push(lists[0].iter().map(|x| [x.as_slice(), w].concat()).collect());
                    }
                }
            }
        }
    }
    assert!(!funcs.is_empty(), "no type is accepted for {}", op.row().name);
    let native = Native::new(&funcs).expect("compiles");
    let mut count = 0;
    for (n, f) in funcs.iter().enumerate() {
        for args in &inputs[n] {
            // Undefined for these operands (division by zero).
            let Ok(expected) = interpret(&funcs, n, args, 100) else { continue };
            let got = native.call(n, args);
            assert!(got.agrees(&expected, &f.rets), "{} of {args:x?}: native {got:x?}, interpreter {expected:x?}\n{f}", f.name);
            assert!(matches!(got, Ending::Return(_)));
            count += 1;
        }
    }
    count
}

#[test]
fn every_pure_row_on_every_type() {
    let pure: Vec<Opcode> = Opcode::ALL
        .iter()
        .copied()
        .filter(|op| {
            op.row().effect == Effect::NONE && !matches!(op, Opcode::StackSlot | Opcode::DataAddr | Opcode::FuncAddr | Opcode::RefData | Opcode::RefAddr)
        })
        .collect();
    assert!(pure.len() > 50);
    for op in pure {
        let count = check(op);
        let least = if op == Opcode::NullRef { 1 } else { 4 };
        assert!(count >= least, "{}: only {count} comparisons", op.row().name);
    }
}
