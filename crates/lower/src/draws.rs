//! Random numbers drawn in place: what the usual generators do for most draws is a few instructions, less than a call.
//!
//! NumPy's PCG64 (a generator that is none calls the runtime) steps its state where NumPy keeps it. The thread's own streams take words
//! of the Mersenne Twister's current block. What is left to the runtime: the ends of blocks, streams that are not started, draws beyond
//! a ziggurat's layers. The addresses are the same throughout a loop, so they are asked for in front of it.

use crate::cx::{Cx, Res};
use crate::inst::Operand;
use looplift_abi::draws::{layers, pcg64, stream};
use looplift_abi::symbols::Sym;
use looplift_mir::build::call;
use looplift_mir::{FloatCC, IntCC, Opcode, Region, Ty as MTy, Value};
use looplift_types::TyKind;

/// The weight of the last of 53 bits.
const UNIT: f64 = 1.0 / 9_007_199_254_740_992.0;
/// The greatest number of 32 bits.
const MAX_U32: i64 = 0xffff_ffff;
/// From this probability on, NumPy searches for a geometric number.
const SEARCHED: f64 = 0.333_333_333_333_333_3;

/// A number with a distribution of which others are multiples.
#[derive(Clone, Copy)]
enum Standard {
    Uniform,
    Normal,
    Exponential,
}

impl Cx<'_> {
    /// What `sym` draws with these operands, if it is drawn in place.
    pub(crate) fn draw(&mut self, sym: Sym, ops: &[Operand], args: &[Value]) -> Res<Option<Value>> {
        let from_generator = ops.first().is_some_and(|op| *op.ty.kind() == TyKind::Generator);
        let own_stream = args.first().and_then(|&a| self.const_int(a)).is_some_and(|n| matches!(n, 0 | 1));
        // Without operands: `random`'s stream.
        let (a, b) = (args.get(1).copied(), args.get(2).copied());
        let number = match (sym, a, b) {
            (Sym::RandomPythonBelow, ..) => self.below(sym, args)?,
            (Sym::RandomPythonBits, ..) => self.python_bits(args[0])?,
            (Sym::RandomInterval, Some(_), _) if own_stream => self.below(sym, args)?,
            (Sym::RandomGeometric, Some(p), _) if from_generator || own_stream => self.geometric(args[0], p, from_generator)?,
            (Sym::RandomWeibull, Some(shape), _) if from_generator || own_stream => self.weibull(args[0], shape, from_generator)?,
            (Sym::RandomPower, Some(a), _) if from_generator || own_stream => self.power_number(args[0], a, from_generator)?,
            _ if from_generator || own_stream => {
                let (what, shift, scale) = match (sym, a, b) {
                    (Sym::RandomUniform01, ..) => (Standard::Uniform, None, None),
                    (Sym::RandomExponential1, ..) => (Standard::Exponential, None, None),
                    (Sym::RandomUniform, ..) => (Standard::Uniform, a, b),
                    (Sym::RandomExponential, ..) => (Standard::Exponential, None, a),
                    // (Streams of the thread make normal numbers in pairs.)
                    (Sym::RandomNormal01, ..) if from_generator => (Standard::Normal, None, None),
                    (Sym::RandomNormal, ..) if from_generator => (Standard::Normal, a, b),
                    _ => return Ok(None),
                };
                let x = self.standard(what, args[0], from_generator)?;
                self.scaled(x, shift, scale)
            }
            _ => return Ok(None),
        };
        Ok(Some(number))
    }

    fn standard(&mut self, what: Standard, source: Value, from_generator: bool) -> Res<Value> {
        if from_generator {
            return self.generator_number(what, source);
        }
        let u = self.stream_uniform(source)?;
        if matches!(what, Standard::Uniform) {
            return Ok(u);
        }
        let one = self.b.f64const(1.0);
        let rest = self.b.binary(Opcode::Fsub, one, u);
        let log = self.runtime(Sym::Log, &[rest])?;
        Ok(self.b.unary(Opcode::Fneg, log))
    }

    /// `shift + scale * x`.
    fn scaled(&mut self, x: Value, shift: Option<Value>, scale: Option<Value>) -> Value {
        let x = scale.map_or(x, |scale| self.b.binary(Opcode::Fmul, scale, x));
        shift.map_or(x, |shift| self.b.binary(Opcode::Fadd, shift, x))
    }

    /// Small probabilities count by inversion, greater ones by search, which the runtime does.
    fn geometric(&mut self, source: Value, p: Value, from_generator: bool) -> Res<Value> {
        let out = self.b.var(MTy::I64);
        let third = self.b.f64const(SEARCHED);
        let small = self.b.fcmp(FloatCC::Lt, p, third);
        self.unless_else(
            small,
            |cx| {
                let log = if from_generator {
                    let q = cx.b.unary(Opcode::Fneg, p);
                    cx.runtime(Sym::Log1p, &[q])?
                } else {
                    let one = cx.b.f64const(1.0);
                    let q = cx.b.binary(Opcode::Fsub, one, p);
                    cx.runtime(Sym::Log, &[q])?
                };
                let x = cx.standard(if from_generator { Standard::Exponential } else { Standard::Uniform }, source, from_generator)?;
                let x = cx.b.unary(Opcode::Fneg, x);
                let x = if from_generator { x } else { cx.runtime(Sym::Log1p, &[x])? };
                let count = cx.b.binary(Opcode::Fdiv, x, log);
                let count = cx.b.unary(Opcode::Fceil, count);
                let count = cx.b.convert(Opcode::FloatToSint, MTy::I64, count);
                // More than an int64 counts has become less than 0, and is left so by `RandomState`.
                let counted = cx.icmp_const(IntCC::Sge, count, 0);
                let most = cx.i64(i64::MAX);
                let limited = cx.b.select(counted, count, most);
                cx.b.def_var(out, if from_generator { limited } else { count });
                Ok(())
            },
            |cx| {
                let count = cx.runtime(Sym::RandomGeometric, &[source, p])?;
                cx.b.def_var(out, count);
                Ok(())
            },
        )?;
        Ok(self.b.use_var(out))
    }

    fn weibull(&mut self, source: Value, shape: Value, from_generator: bool) -> Res<Value> {
        let zero = self.b.f64const(0.0);
        let out = self.b.var(MTy::F64);
        self.b.def_var(out, zero);
        let drawn = self.b.fcmp(FloatCC::Ne, shape, zero);
        let (draw, join) = (self.b.block(), self.b.block());
        self.b.brif(drawn, call(draw, &[]), call(join, &[]));
        self.b.seal(draw);
        self.b.switch_to(draw);
        let x = self.standard(Standard::Exponential, source, from_generator)?;
        let x = self.root(x, shape)?;
        self.b.def_var(out, x);
        self.b.jump(join, &[]);
        self.b.seal(join);
        self.b.switch_to(join);
        Ok(self.b.use_var(out))
    }

    fn power_number(&mut self, source: Value, a: Value, from_generator: bool) -> Res<Value> {
        let x = self.standard(Standard::Exponential, source, from_generator)?;
        let x = self.b.unary(Opcode::Fneg, x);
        let base = if from_generator {
            let x = self.runtime(Sym::Expm1, &[x])?;
            self.b.unary(Opcode::Fneg, x)
        } else {
            let x = self.runtime(Sym::Exp, &[x])?;
            let one = self.b.f64const(1.0);
            self.b.binary(Opcode::Fsub, one, x)
        };
        self.root(base, a)
    }

    /// `pow(x, 1.0 / n)`.
    fn root(&mut self, x: Value, n: Value) -> Res<Value> {
        let one = self.b.f64const(1.0);
        let exponent = self.b.binary(Opcode::Fdiv, one, n);
        self.runtime(Sym::RandomPowerOf, &[x, exponent])
    }

    fn runtime(&mut self, sym: Sym, args: &[Value]) -> Res<Value> {
        match self.b.call_rt(sym, args, None)[..] {
            [v] => Ok(v),
            _ => self.internal(format!("{} gives no number", sym.row().name)),
        }
    }
    fn shifted(&mut self, op: Opcode, v: Value, by: i64) -> Value {
        let by = self.i64(by);
        self.b.binary(op, v, by)
    }
    fn masked(&mut self, v: Value, mask: i64) -> Value {
        let mask = self.i64(mask);
        self.b.binary(Opcode::Band, v, mask)
    }
    /// 53 bits as a number in [0, 1).
    fn unit_interval(&mut self, bits: Value) -> Value {
        let x = self.b.convert(Opcode::SintToFloat, MTy::F64, bits);
        let unit = self.b.f64const(UNIT);
        self.b.binary(Opcode::Fmul, x, unit)
    }

    // ---- PCG64 --------------------------------------------------------------------------------------------------

    fn generator_number(&mut self, what: Standard, generator: Value) -> Res<Value> {
        let sym = match what {
            Standard::Uniform => Sym::RandomUniform01,
            Standard::Normal => Sym::RandomNormal01,
            Standard::Exponential => Sym::RandomExponential1,
        };
        let out = self.b.var(MTy::F64);
        let state = self.runtime(Sym::RandomPcg64, &[generator])?;
        let known = self.icmp_const(IntCC::Ne, state, 0);
        self.unless_else(
            known,
            |cx| {
                let word = cx.pcg64_word(state);
                let x = match what {
                    Standard::Uniform => {
                        let bits = cx.shifted(Opcode::Ushr, word, 11);
                        cx.unit_interval(bits)
                    }
                    Standard::Normal => {
                        let at = cx.masked(word, 0x1ff);
                        let bits = cx.shifted(Opcode::Ushr, word, 9);
                        let bits = cx.masked(bits, 0x000f_ffff_ffff_ffff);
                        cx.ziggurat(Sym::RandomNormalBeyond, generator, word, at, 0, bits)?
                    }
                    Standard::Exponential => {
                        let at = cx.shifted(Opcode::Ushr, word, 3);
                        let at = cx.masked(at, 0xff);
                        let bits = cx.shifted(Opcode::Ushr, word, 11);
                        cx.ziggurat(Sym::RandomExponentialBeyond, generator, word, at, layers::EXPONENTIAL, bits)?
                    }
                };
                cx.b.def_var(out, x);
                Ok(())
            },
            |cx| {
                let x = cx.runtime(sym, &[generator])?;
                cx.b.def_var(out, x);
                Ok(())
            },
        )?;
        Ok(self.b.use_var(out))
    }

    /// A step of the generator and the word it gives (XSL-RR).
    fn pcg64_word(&mut self, state: Value) -> Value {
        let load = |cx: &mut Self, at| cx.b.load(MTy::I64, Region::Items, state, at);
        let [low, high] = pcg64::STATE.map(|at| load(self, at));
        let [add_low, add_high] = pcg64::INCREMENT.map(|at| load(self, at));
        let [by_low, by_high] = pcg64::MULTIPLIER.map(|w| self.i64(w as i64));
        let product = self.b.binary(Opcode::Imul, low, by_low);
        let carried = self.b.binary(Opcode::UmulHi, low, by_low);
        let cross = self.b.binary(Opcode::Imul, low, by_high);
        let other = self.b.binary(Opcode::Imul, high, by_low);
        let next_low = self.b.binary(Opcode::Iadd, product, add_low);
        let carry = self.b.icmp(IntCC::Ult, next_low, add_low);
        let carry = self.b.convert(Opcode::Zext, MTy::I64, carry);
        let next_high = [cross, other, add_high, carry].into_iter().fold(carried, |sum, x| self.b.binary(Opcode::Iadd, sum, x));
        self.b.store(Region::Items, next_low, state, pcg64::STATE[0]);
        self.b.store(Region::Items, next_high, state, pcg64::STATE[1]);
        let mixed = self.b.binary(Opcode::Bxor, next_high, next_low);
        let by = self.shifted(Opcode::Ushr, next_high, 58);
        self.b.binary(Opcode::Rotr, mixed, by)
    }

    /// The multiple of a layer's unit that `bits` says, or what the runtime makes of a word that lies beyond the layer's bound.
    fn ziggurat(&mut self, beyond: Sym, generator: Value, word: Value, layer: Value, from: i64, bits: Value) -> Res<Value> {
        let tables = self.runtime(Sym::RandomLayers, &[])?;
        let at = self.shifted(Opcode::Shl, layer, i64::from(layers::PAIR.trailing_zeros()));
        let at = self.b.binary(Opcode::Iadd, tables, at);
        let bound = self.b.load(MTy::I64, Region::Const, at, from as i32 + layers::BOUND);
        let unit = self.b.load(MTy::F64, Region::Const, at, from as i32 + layers::UNIT);
        let x = self.b.convert(Opcode::SintToFloat, MTy::F64, bits);
        let x = self.b.binary(Opcode::Fmul, x, unit);
        let out = self.b.var(MTy::F64);
        self.b.def_var(out, x);
        let within = self.b.icmp(IntCC::Ult, bits, bound);
        self.unless(within, |cx| {
            let x = cx.runtime(beyond, &[generator, word])?;
            cx.b.def_var(out, x);
            Ok(())
        })?;
        Ok(self.b.use_var(out))
    }

    // ---- Mersenne Twister ---------------------------------------------------------------------------------------

    /// 53 bits of two words as a number in [0, 1).
    fn stream_uniform(&mut self, number: Value) -> Res<Value> {
        let out = self.b.var(MTy::F64);
        let at = self.runtime(Sym::RandomStream, &[number])?;
        let pos = self.b.load(MTy::I64, Region::Items, at, stream::POS);
        let end = self.b.load(MTy::I64, Region::Items, at, stream::END);
        let one = self.i64(1);
        let last = self.b.binary(Opcode::Iadd, pos, one);
        let ready = self.b.icmp(IntCC::Ult, last, end);
        self.unless_else(
            ready,
            |cx| {
                let place = cx.shifted(Opcode::Shl, pos, 2);
                let place = cx.b.binary(Opcode::Iadd, at, place);
                let words = cx.b.load(MTy::I64, Region::Items, place, stream::WORDS);
                let next = cx.shifted(Opcode::Iadd, pos, 2);
                cx.b.store(Region::Items, next, at, stream::POS);
                // 27 bits of the first, which is the lower half, then 26 of the second.
                let first = cx.shifted(Opcode::Shl, words, 21);
                let first = cx.masked(first, 0x001f_ffff_fc00_0000);
                let second = cx.shifted(Opcode::Ushr, words, 38);
                let bits = cx.b.binary(Opcode::Bor, first, second);
                let x = cx.unit_interval(bits);
                cx.b.def_var(out, x);
                Ok(())
            },
            |cx| {
                let x = cx.runtime(Sym::RandomUniform01, &[number])?;
                cx.b.def_var(out, x);
                Ok(())
            },
        )?;
        Ok(self.b.use_var(out))
    }

    /// `k` bits as `random.getrandbits` takes them: the upper ones of a word, or a word and the upper ones of the next.
    fn python_bits(&mut self, k: Value) -> Res<Value> {
        let out = self.b.var(MTy::I64);
        let number = self.i64(0);
        let at = self.runtime(Sym::RandomStream, &[number])?;
        let pos = self.b.load(MTy::I64, Region::Items, at, stream::POS);
        let end = self.b.load(MTy::I64, Region::Items, at, stream::END);
        let (one, two) = (self.i64(1), self.i64(2));
        let before = self.b.binary(Opcode::Isub, k, one);
        // (Of no bits, no word is taken.)
        let some = self.icmp_const(IntCC::Ult, before, 64);
        let few = self.icmp_const(IntCC::Ult, before, 32);
        let words = self.b.select(few, one, two);
        let next = self.b.binary(Opcode::Iadd, pos, words);
        let ready = self.b.icmp(IntCC::Ule, next, end);
        let ready = self.b.binary(Opcode::Band, some, ready);
        self.unless_else(
            ready,
            |cx| {
                let place = cx.shifted(Opcode::Shl, pos, 2);
                let place = cx.b.binary(Opcode::Iadd, at, place);
                let word = cx.b.load(MTy::I32, Region::Items, place, stream::WORDS);
                let first = cx.b.convert(Opcode::Zext, MTy::I64, word);
                cx.b.store(Region::Items, next, at, stream::POS);
                let (short, long) = cx.branch(few);
                let join = cx.b.block();
                cx.b.switch_to(short);
                let by = cx.i64(32);
                let by = cx.b.binary(Opcode::Isub, by, k);
                let x = cx.b.binary(Opcode::Ushr, first, by);
                cx.b.def_var(out, x);
                cx.b.jump(join, &[]);
                cx.b.switch_to(long);
                let word = cx.b.load(MTy::I32, Region::Items, place, stream::WORDS + 4);
                let second = cx.b.convert(Opcode::Zext, MTy::I64, word);
                let by = cx.i64(64);
                let by = cx.b.binary(Opcode::Isub, by, k);
                let second = cx.b.binary(Opcode::Ushr, second, by);
                let second = cx.shifted(Opcode::Shl, second, 32);
                let x = cx.b.binary(Opcode::Bor, first, second);
                cx.b.def_var(out, x);
                cx.b.jump(join, &[]);
                cx.b.seal(join);
                cx.b.switch_to(join);
                Ok(())
            },
            |cx| {
                let x = cx.runtime(Sym::RandomPythonBits, &[k])?;
                cx.b.def_var(out, x);
                Ok(())
            },
        )?;
        Ok(self.b.use_var(out))
    }

    /// A whole number below a bound (`random_python_below`) or up to one (`random_interval`), of one word of 32 bits: the first that
    /// is small enough, of its upper bits, or of its lower ones.
    fn below(&mut self, sym: Sym, args: &[Value]) -> Res<Value> {
        let python = sym == Sym::RandomPythonBelow;
        let (number, bound) = if python { (self.i64(0), args[0]) } else { (args[0], args[1]) };
        let out = self.b.var(MTy::I64);
        let at = self.runtime(Sym::RandomStream, &[number])?;
        let zeros = self.b.unary(Opcode::Clz, bound);
        // By what the word is shifted, or its mask.
        let how = if python {
            self.shifted(Opcode::Isub, zeros, 32)
        } else {
            let all = self.i64(-1);
            self.b.binary(Opcode::Ushr, all, zeros)
        };
        let one = self.i64(1);
        let before = self.b.binary(Opcode::Isub, bound, one);
        let small = self.icmp_const(IntCC::Ult, before, MAX_U32);
        let (draw, slow, join) = (self.b.block(), self.b.block(), self.b.block());
        self.b.func.blocks[slow].cold = true;
        self.b.brif(small, call(draw, &[]), call(slow, &[]));
        self.b.switch_to(draw);
        let pos = self.b.load(MTy::I64, Region::Items, at, stream::POS);
        let end = self.b.load(MTy::I64, Region::Items, at, stream::END);
        let ready = self.b.icmp(IntCC::Ult, pos, end);
        let take = self.b.block();
        self.b.brif(ready, call(take, &[]), call(slow, &[]));
        self.b.seal(take);
        self.b.seal(slow);
        self.b.switch_to(take);
        let place = self.shifted(Opcode::Shl, pos, 2);
        let place = self.b.binary(Opcode::Iadd, at, place);
        let word = self.b.load(MTy::I32, Region::Items, place, stream::WORDS);
        let word = self.b.convert(Opcode::Zext, MTy::I64, word);
        let next = self.shifted(Opcode::Iadd, pos, 1);
        self.b.store(Region::Items, next, at, stream::POS);
        let x = self.b.binary(if python { Opcode::Ushr } else { Opcode::Band }, word, how);
        let fits = self.b.icmp(if python { IntCC::Ult } else { IntCC::Ule }, x, bound);
        self.b.def_var(out, x);
        self.b.brif(fits, call(join, &[]), call(draw, &[]));
        self.b.seal(draw);
        self.b.switch_to(slow);
        let x = self.runtime(sym, args)?;
        self.b.def_var(out, x);
        self.b.jump(join, &[]);
        self.b.seal(join);
        self.b.switch_to(join);
        Ok(self.b.use_var(out))
    }
}
