//! Compile-time values as words.

use crate::cx::{Cx, Res, Words};
use crate::repr::Num;
use looplift_abi::symbols::Sym;
use looplift_infer::host::{ConstData, ConstValue};
use looplift_mir::{ConstData as MirData, Ty as MTy};
use looplift_types::{Ty, TyKind};
use smallvec::smallvec;

impl Cx<'_> {
    /// The words of a constant, in type `to`.
    pub fn constant(&mut self, c: &ConstValue, to: Ty) -> Res<Words> {
        let w = self.const_words(c)?;
        self.convert(&w, c.ty, to)
    }

    /// The words of a constant in its own type.
    pub fn const_words(&mut self, c: &ConstValue) -> Res<Words> {
        if self.flat(c.ty)?.is_empty() {
            return Ok(Words::new());
        }
        if let Some(num) = Num::of(c.ty) {
            return self.const_number(c, num);
        }
        match (c.ty.kind(), &c.data) {
            (TyKind::Optional(_), ConstData::None) => self.zeros(c.ty),
            (TyKind::Optional(inner), data) => {
                let value = self.const_words(&ConstValue { ty: *inner, data: data.clone() })?;
                let mut out: Words = smallvec![self.bool(true)];
                out.extend(value);
                Ok(out)
            }
            (TyKind::Array(a), ConstData::Array { shape, strides, bytes, handle, .. }) => {
                if shape.len() != usize::from(a.ndim) || strides.len() != usize::from(a.ndim) {
                    return self.internal("a global array does not have the dimensions of its type");
                }
                let owner = self.b.null_ref();
                let data = match bytes {
                    Some(bytes) => self.data_bytes(bytes),
                    None => {
                        let id = self.host_data("array", *handle);
                        self.data_addr(id)
                    }
                };
                let mut out: Words = smallvec![owner, data];
                for &n in shape.iter().chain(strides.iter()) {
                    out.push(self.i64(n));
                }
                Ok(out)
            }
            (TyKind::Stream(_), ConstData::Object(handle)) => {
                let id = self.host_data("object", *handle);
                let address = self.data_addr(id);
                Ok(smallvec![self.b.call_rt(Sym::ObjectConst, &[address], None)[0]])
            }
            (TyKind::Str, ConstData::Str(s)) => self.text_const(s),
            (TyKind::Bytes, ConstData::Bytes(b)) => self.bytes_const(b),
            (_, ConstData::Tuple(items)) => {
                let Some(elems) = c.ty.tuple_elems().filter(|e| e.len() == items.len()) else {
                    return self.internal(format!("a constant of type {} is a tuple of {}", c.ty, items.len()));
                };
                let mut out = Words::new();
                for (item, &ty) in items.iter().zip(elems) {
                    out.extend(self.constant(item, ty)?);
                }
                Ok(out)
            }
            _ => self.internal(format!("a constant of type {} without its value", c.ty)),
        }
    }

    fn host_data(&mut self, what: &str, handle: u32) -> looplift_mir::DataId {
        let data = MirData::Host { id: handle, name: format!("{what}{handle}").into() };
        match self.b.func.data.iter().find(|(_, d)| **d == data) {
            Some((id, _)) => id,
            None => self.b.func.data.push(data),
        }
    }

    fn const_number(&mut self, c: &ConstValue, num: Num) -> Res<Words> {
        let (re, im) = match c.data {
            ConstData::Int(v) => return Ok(self.int_const(v, num)),
            ConstData::Bool(v) => return Ok(self.int_const(i64::from(v), num)),
            ConstData::Uint(v) => match num {
                Num::Bool | Num::Int { .. } => return Ok(self.int_const(v as i64, num)),
                Num::Float(MTy::F32) | Num::Complex(MTy::F32) => (f64::from(v as f32), 0.0),
                Num::Float(_) | Num::Complex(_) => (v as f64, 0.0),
            },
            ConstData::Float(bits) => (f64::from_bits(bits), 0.0),
            ConstData::Complex(re, im) => (f64::from_bits(re), f64::from_bits(im)),
            ConstData::None | ConstData::Str(_) | ConstData::Bytes(_) | ConstData::Tuple(_) | ConstData::Array { .. } | ConstData::Object(_) => {
                return self.internal(format!("a constant of type {} without its value", c.ty));
            }
        };
        Ok(match num {
            Num::Float(t) => smallvec![self.fconst(t, re)],
            Num::Complex(t) => smallvec![self.fconst(t, re), self.fconst(t, im)],
            Num::Bool => smallvec![self.bool(re != 0.0 || im != 0.0)],
            Num::Int { .. } => self.int_const(re as i64, num),
        })
    }
}
