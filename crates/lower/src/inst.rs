//! Instructions: operands from resolutions, and the table from primitives to emitters.

use crate::cx::{Bound, Cx, Res, Words};
use crate::iters::IterId;
use crate::numbers::Arith;
use crate::reduce::Reducer;
use crate::repr::{ArrayWords, int_mty};
use looplift_abi::symbols::Sym;
use looplift_builtins::Prim;
use looplift_hir as hir;
use looplift_infer::{ArgSrc, Resolution};
use looplift_mir::{IntCC, Opcode, Terminator, Value};
use looplift_types::{Literal, Ty, TyKind};

/// An operand: its words in type `ty`, and the type it had before it was converted.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    pub ty: Ty,
    pub from: Ty,
    pub words: Words,
    pub iter: Option<IterId>,
}

/// What an emitter gives.
pub(crate) enum Out {
    Words(Words),
    Iter(IterId),
}
impl From<Words> for Out {
    fn from(w: Words) -> Out {
        Out::Words(w)
    }
}
impl From<Value> for Out {
    fn from(v: Value) -> Out {
        Out::Words(smallvec::smallvec![v])
    }
}

impl<'a> Cx<'a> {
    /// Lowers one instruction; ends the block if it never returns. `leaves`: the block ends with a caught exception
    /// travelling on, so that the end of handling does not drop it.
    pub fn inst(&mut self, inst: hir::Inst, leaves: bool) -> Res<()> {
        let data = &self.hir.insts[inst];
        let ty = self.type_of(data.result);
        let resolution = self.func.resolutions[inst].as_ref();
        let out = match (&data.op, resolution) {
            // A handler has put its exception aside at its start: only the end of handling is an action.
            (hir::Op::PushExcInfo { .. }, _) => Out::Words(Words::new()),
            (hir::Op::PopExcept { previous }, _) => {
                if !leaves {
                    self.end_handling(*previous);
                }
                Out::Words(Words::new())
            }
            (hir::Op::Undef, _) => Out::Words(Words::new()),
            (_, None) => return self.internal("an instruction without a resolution"),
            (_, Some(Resolution::Const(c))) => {
                if self.flat(ty)?.is_empty() {
                    Out::Words(Words::new())
                } else {
                    self.constant(c, ty)?.into()
                }
            }
            (_, Some(Resolution::Copy(src))) => {
                let op = self.operand(src, ty)?;
                match op.iter {
                    Some(id) => Out::Iter(id),
                    None => Out::Words(op.words),
                }
            }
            (_, Some(Resolution::Prim { prim, args, params })) => {
                let mut ops = self.operands(args, params)?;
                if *prim == Prim::CallObject {
                    self.handled_operands(args, &mut ops)?;
                }
                self.prim(*prim, &ops, ty)?
            }
            (_, Some(Resolution::Elementwise { .. })) => {
                if self.fused.is_inside(inst) {
                    return Ok(());
                }
                self.elementwise(inst, ty)?.into()
            }
            (_, Some(Resolution::Generate { spec, args, params })) => {
                let ops = self.operands(args, params)?;
                self.generate(*spec, &ops)?.into()
            }
            (_, Some(Resolution::Yield(item))) => {
                let from = match data.op {
                    hir::Op::Yield { from, .. } => from,
                    _ => None,
                };
                self.yield_item(item, ty, from)?.into()
            }
            (_, Some(Resolution::Call { spec, args, params, reduction: Some(how) })) if self.fused.has_inside(inst) => {
                self.reduced(inst, &Reducer { spec: *spec, args, params, how: *how }, ty)?.into()
            }
            (_, Some(Resolution::Call { spec, args, params, .. })) => {
                let ops = self.operands(args, params)?;
                self.call(*spec, &ops)?.into()
            }
        };
        if ty.is_bottom() && !matches!(data.op, hir::Op::Undef) {
            if !self.b.is_filled() {
                self.b.terminate(Terminator::Unreachable);
            }
            return Ok(());
        }
        if self.b.is_filled() {
            // The emitter found that it always raises; what inference thought live after it is unreachable.
            let dead = self.b.block();
            self.b.seal(dead);
            self.b.switch_to(dead);
            let words = if matches!(ty.kind(), TyKind::Iter(_)) { return self.unsupported("an iterator that is never made") } else { self.zeros(ty)? };
            self.values[data.result] = Some(Bound::Words(words));
            return Ok(());
        }
        let bound = match out {
            Out::Iter(id) => Bound::Iter(id),
            Out::Words(w) => {
                let flat = self.flat(ty)?;
                if flat.len() != w.len() || flat.iter().zip(&w).any(|(&m, &v)| self.mty(v) != m) {
                    let made: Vec<_> = w.iter().map(|&v| self.mty(v).name()).collect();
                    return self.internal(format!("{resolution:?} gives ({}) for {ty}", made.join(", ")));
                }
                Bound::Words(w)
            }
        };
        self.values[data.result] = Some(bound);
        Ok(())
    }

    // ---- operands -----------------------------------------------------------------------------------------------

    pub fn operands(&mut self, args: &[ArgSrc], params: &[Ty]) -> Res<Vec<Operand>> {
        if args.len() != params.len() {
            return self.internal(format!("{} operands for {} parameters", args.len(), params.len()));
        }
        args.iter().zip(params).map(|(a, &p)| self.operand(a, p)).collect()
    }

    /// A source, converted to `ty`.
    pub fn operand(&mut self, src: &ArgSrc, ty: Ty) -> Res<Operand> {
        let op = self.source(src)?;
        if op.iter.is_some() {
            return Ok(op);
        }
        let words = self.convert(&op.words, op.ty, ty)?;
        Ok(Operand { ty, from: op.ty, words, iter: None })
    }

    /// A source in its own type.
    pub fn source(&mut self, src: &ArgSrc) -> Res<Operand> {
        Ok(match src {
            ArgSrc::Value(v) => {
                let ty = self.type_of(*v);
                match &self.values[*v] {
                    Some(Bound::Iter(id)) => Operand { ty, from: ty, words: Words::new(), iter: Some(*id) },
                    _ => Operand { ty, from: ty, words: self.words_of(*v)?, iter: None },
                }
            }
            ArgSrc::Made(m) => {
                let ops = self.operands(&m.args, &m.params)?;
                match self.prim(m.prim, &ops, m.ty)? {
                    Out::Words(words) => Operand { ty: m.ty, from: m.ty, words, iter: None },
                    Out::Iter(id) => Operand { ty: m.ty, from: m.ty, words: Words::new(), iter: Some(id) },
                }
            }
            ArgSrc::Const(c) => Operand { ty: c.ty, from: c.ty, words: self.const_words(c)?, iter: None },
            ArgSrc::Tuple(items) => {
                let mut words = Words::new();
                let mut types = Vec::new();
                for item in items {
                    let op = self.source(item)?;
                    if op.iter.is_some() {
                        return self.unsupported("an iterator cannot be put into a tuple");
                    }
                    words.extend(op.words);
                    types.push(op.ty);
                }
                let ty = Ty::tuple(types);
                Operand { ty, from: ty, words, iter: None }
            }
            ArgSrc::Present(inner) => {
                let op = self.source(inner)?;
                let Some(ty) = op.ty.as_optional() else { return self.internal(format!("what {} holds", op.ty)) };
                let words = self.convert(&op.words, op.ty, ty)?;
                Operand { ty, from: ty, words, iter: None }
            }
            ArgSrc::Item(inner, index) => {
                let op = self.source(inner)?;
                let elems = op.ty.parts().unwrap_or(&[]);
                let Some((ty, words)) = self.elem(elems, &op.words, *index as usize)? else {
                    return self.internal(format!("item {index} of {}", op.ty));
                };
                Operand { ty, from: ty, words, iter: None }
            }
        })
    }

    /// Element `index` of consecutive values.
    pub fn elem(&mut self, elems: &[Ty], words: &[Value], index: usize) -> Res<Option<(Ty, Words)>> {
        let mut at = 0;
        for (i, &e) in elems.iter().enumerate() {
            let n = self.flat(e)?.len();
            if i == index {
                return Ok(words.get(at..at + n).map(|w| (e, w.into())));
            }
            at += n;
        }
        Ok(None)
    }

    // ---- the table ----------------------------------------------------------------------------------------------

    pub fn prim(&mut self, prim: Prim, ops: &[Operand], ret: Ty) -> Res<Out> {
        use Prim as P;
        Ok(match prim {
            P::Add => self.arith(Arith::Add, ops)?.into(),
            P::Sub => self.arith(Arith::Sub, ops)?.into(),
            P::Mul => self.arith(Arith::Mul, ops)?.into(),
            P::TrueDiv => self.true_div(ops)?.into(),
            P::FloorDiv => self.floor_div(ops)?.into(),
            P::Mod => self.modulo(ops)?.into(),
            P::DivMod => self.div_mod(ops)?.into(),
            P::Pow => self.power(ops, ret)?.into(),
            P::LShift => self.shift(true, ops)?.into(),
            P::RShift => self.shift(false, ops)?.into(),
            P::BitAnd => self.bitwise(Opcode::Band, ops)?.into(),
            P::BitOr => self.bitwise(Opcode::Bor, ops)?.into(),
            P::BitXor => self.bitwise(Opcode::Bxor, ops)?.into(),
            P::Neg => self.negate(&ops[0])?.into(),
            P::Pos => ops[0].words.clone().into(),
            P::Invert => {
                // Unsigned numbers are inverted in their own width and then widened.
                let inverted = self.b.unary(Opcode::Bnot, self.word(&ops[0])?);
                match ret.as_int() {
                    Some(i) => self.resize(inverted, int_mty(i.bits), i.signed).into(),
                    None => inverted.into(),
                }
            }
            P::Not => {
                let v = self.to_bool(&ops[0])?;
                self.not(v).into()
            }
            P::Lt => self.compare(IntCC::Slt, ops)?.into(),
            P::Le => self.compare(IntCC::Sle, ops)?.into(),
            P::Eq => self.compare(IntCC::Eq, ops)?.into(),
            P::Ne => self.compare(IntCC::Ne, ops)?.into(),
            P::Gt => self.compare(IntCC::Sgt, ops)?.into(),
            P::Ge => self.compare(IntCC::Sge, ops)?.into(),
            P::ToBool => self.to_bool(&ops[0])?.into(),
            P::Cast => self.convert(&ops[0].words, ops[0].ty, ret)?.into(),
            P::Bitcast => self.bitcast(&ops[0], ret)?.into(),
            P::Abs => self.absolute(&ops[0])?.into(),
            P::Min => self.min_max(true, ops)?.into(),
            P::Max => self.min_max(false, ops)?.into(),
            P::RoundInt => self.round_int(Opcode::Fnearest, &ops[0])?.into(),
            P::FloorInt => self.round_int(Opcode::Ffloor, &ops[0])?.into(),
            P::CeilInt => self.round_int(Opcode::Fceil, &ops[0])?.into(),
            P::TruncInt => self.round_int(Opcode::Ftrunc, &ops[0])?.into(),
            P::RoundDigits => self.round_digits(ops)?.into(),
            P::MathFn(f) => self.math_fn(f, ops, true)?.into(),
            P::FloatFn(f) => self.math_fn(f, ops, false)?.into(),
            P::ComplexFn(f) => self.complex_fn(f, &ops[0])?.into(),
            P::IsNan => self.is_nan(&ops[0])?.into(),
            P::IsInf => self.is_inf(&ops[0])?.into(),
            P::IsFinite => self.is_finite(&ops[0])?.into(),
            P::Signbit => self.signbit(&ops[0])?.into(),
            P::Frexp => self.frexp(&ops[0])?.into(),
            P::Modf => self.modf(&ops[0])?.into(),
            P::Ldexp => self.ldexp(ops)?.into(),
            P::Gcd => self.gcd(ops)?.into(),
            P::Choose => self.choose(ops)?.into(),
            P::MakeComplex => smallvec::SmallVec::from_slice(&[self.word(&ops[0])?, self.word(&ops[1])?]).into(),
            P::Real => self.part(&ops[0], 0)?.into(),
            P::Imag => self.part(&ops[0], 1)?.into(),
            P::Conjugate => self.conjugate(&ops[0])?.into(),

            P::BuildTuple | P::MakeException => {
                if ops.iter().any(|o| o.iter.is_some()) {
                    return self.unsupported("an iterator cannot be put into a tuple");
                }
                ops.iter().flat_map(|o| o.words.iter().copied()).collect::<Words>().into()
            }
            P::TupleItem => self.tuple_item(ops)?.into(),
            P::TupleGetItem => self.tuple_get_item(ops)?.into(),
            P::TupleCompare => self.tuple_compare(ops)?.into(),
            P::TupleContains => {
                let found = self.tuple_contains(ops)?;
                self.membership(found, &ops[2])?.into()
            }
            P::UnpackArray => self.unpack_array(ops)?.into(),

            P::MakeRange => self.make_range(ops)?.into(),
            P::RangeLen => {
                let (of, w) = self.range_words(&ops[0])?;
                self.range_len(of, w[0], w[1], w[2])?.into()
            }
            P::RangeGetItem => self.range_get_item(ops)?.into(),
            P::RangeAttr => self.range_attr(ops)?.into(),
            P::RangeContains => {
                let found = self.range_contains(ops)?;
                self.membership(found, &ops[2])?.into()
            }
            P::MakeSlice => ops.iter().flat_map(|o| o.words.iter().copied()).collect::<Words>().into(),
            P::SliceAttr => self.slice_attr(ops)?.into(),
            P::GetIter => Out::Iter(self.get_iter(&ops[0])?),
            P::MakeEnumerate => {
                let start = self.word(&ops[1])?;
                Out::Iter(self.make_enumerate(&ops[0], start)?)
            }
            P::MakeZip => Out::Iter(self.make_zip(ops)?),
            P::MakeNdIter => Out::Iter(self.make_nd(ops, ret)?),
            P::MakeReversed => Out::Iter(self.make_reversed(&ops[0])?),
            P::Next => self.next_item(ops, ret)?.into(),
            P::GeneratorReturned => self.generator_returned(&ops[0])?.into(),
            P::GeneratorSend => self.generator_send(ops)?.into(),
            P::GeneratorThrow => self.generator_throw(ops)?.into(),
            P::GeneratorClose => self.generator_close(&ops[0])?.into(),

            P::GetItem => self.get_item(ops, ret)?.into(),
            P::SetItem => self.set_item(ops)?.into(),
            P::NumberGet => self.number_get(ops)?.into(),
            P::NumberSet => self.number_set(ops)?.into(),
            P::ArrayLen => self.array_len(&ops[0])?.into(),
            P::ArrayShape => self.array_shape(&ops[0])?.into(),
            P::ArrayStrides => self.array_strides(&ops[0])?.into(),
            P::ArrayAddress => {
                self.array_of(&ops[0])?;
                ops[0].words[ArrayWords::DATA].into()
            }
            P::ArraySize => self.array_size(&ops[0])?.into(),
            P::ArrayNbytes => self.array_nbytes(&ops[0])?.into(),
            P::ArrayTranspose => self.array_transpose(&ops[0])?.into(),
            P::ArrayRealImag => self.array_real_imag(ops)?.into(),
            P::ArrayCast => ops[0].words.clone().into(),
            P::EmptyArray => self.new_array(&ops[0], ret, false)?.into(),
            P::ZerosArray => self.new_array(&ops[0], ret, true)?.into(),
            P::EmptyLike => self.new_like(&ops[0], ret, false)?.into(),
            P::ZerosLike => self.new_like(&ops[0], ret, true)?.into(),
            P::CopyArray => self.copy_array(&ops[0], ret)?.into(),
            P::ReshapeView => self.reshape_view(ops)?.into(),
            P::RavelView => self.ravel_view(&ops[0])?.into(),
            P::FieldGet => self.field_get(ops, ret)?.into(),
            P::FieldSet => self.field_set(ops)?.into(),
            P::NewInstance => match ret.kind() {
                TyKind::Instance(n) => self.new_instance(ops, n)?.into(),
                _ => return self.internal("an instance's type"),
            },
            P::StridedView => self.strided_view(ops)?.into(),

            P::CallObject => self.call_object(ops, ret)?.into(),
            P::CallFunction => self.call_function(ops, ret)?.into(),
            P::TextLen => self.text_len(self.word(&ops[0])?).into(),
            P::TextItem => self.text_item(ops)?.into(),
            P::TextSlice => self.text_slice(ops)?.into(),
            P::TextCompare => self.text_compare_prim(ops)?.into(),
            P::TextFind => self.text_find(ops)?.into(),
            P::TextConcat => {
                let (a, b) = (self.word(&ops[0])?, self.word(&ops[1])?);
                self.call_fallible(looplift_abi::symbols::Sym::TextConcat, &[a, b])?.into()
            }
            P::TextHash => self.text_hash(&ops[0])?.into(),
            P::BufferView => self.buffer_view(&ops[0], ret)?.into(),
            P::TextOrd => self.text_ord(&ops[0])?.into(),
            P::NewList => self.build_list(ops, ret)?.into(),
            P::NewTyped if ret.as_list().is_some() => self.empty_list(ops.first(), ret)?.into(),
            P::NewTyped => self.build_table(&[], ret)?.into(),
            P::NewTable => self.build_table(ops, ret)?.into(),
            P::FromIterable => self.from_iterable(ops, ret)?.into(),
            P::ListLen | P::TableLen => {
                let container = self.word(&ops[0])?;
                self.length(container).into()
            }
            P::ListGetItem => self.list_get(ops)?.into(),
            P::ListSetItem => self.list_set(ops)?.into(),
            P::ListAppend => self.list_append(ops)?.into(),
            P::ListExtend => self.list_extend(ops, ret)?.into(),
            P::ListLike => self.list_call(Sym::ListLike, ops)?.into(),
            P::ListSplice => self.list_call(Sym::ListSplice, ops)?.into(),
            P::ListState => self.list_call(Sym::ListState, ops)?.into(),
            P::ListSort => self.list_call(Sym::ListSort, ops)?.into(),
            P::UnpackList => self.unpack_list(ops)?.into(),
            P::SetAdd | P::DictSet => self.table_put(ops)?.into(),
            P::Update => self.table_update(ops)?.into(),
            P::TableLike => self.list_call(Sym::TableLike, ops)?.into(),
            P::TableFind => self.table_probe(Sym::TableFind, ops)?.into(),
            P::TableInsert => self.table_probe(Sym::TableInsert, ops)?.into(),
            P::TableKey => self.table_part(ops, false)?.into(),
            P::TableValue => self.table_part(ops, true)?.into(),
            P::TableStore => self.table_store(ops)?.into(),
            P::TableNext => self.list_call(Sym::TableNext, ops)?.into(),
            P::TableLast => self.list_call(Sym::TableLast, ops)?.into(),
            P::TableDelete => self.list_call(Sym::TableDelete, ops)?.into(),
            P::TableClear => self.list_call(Sym::TableClear, ops)?.into(),
            P::ContainerCast => ops[0].words.clone().into(),

            P::Print => self.print(ops)?.into(),
            P::Native(sym) => self.native(sym, ops)?.into(),
            P::Is => self.is(ops)?.into(),
            P::CheckBound => self.check_bound(ops)?.into(),
            P::ExcMatch => self.exc_match(&ops[1])?.into(),
        })
    }

    /// The word of a one-word operand.
    pub fn word(&self, op: &Operand) -> Res<Value> {
        match op.words[..] {
            [v] => Ok(v),
            _ => self.internal(format!("an operand of type {} where one machine word is expected", op.ty)),
        }
    }
    /// The text of a literal operand.
    pub fn text(&self, op: &Operand) -> Res<&'static str> {
        match op.ty.as_literal() {
            Some(Literal::Str(s)) => Ok(s),
            _ => self.internal(format!("an operand of type {} where a constant text is expected", op.ty)),
        }
    }
    /// The value of a literal integer operand.
    pub fn literal(&self, op: &Operand) -> Res<i64> {
        match op.ty.as_lit_int() {
            Some(n) => Ok(n),
            None => self.internal(format!("an operand of type {} where a constant integer is expected", op.ty)),
        }
    }
}
