//! Structured element types: what a record's bytes are.

use crate::Ty;
use crate::kinds::{ArrayTy, TyKind};
use std::fmt::{Display, Formatter, Result};

/// A field: a scalar, a record, or an array of these with a fixed shape.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldTy {
    pub name: Box<str>,
    /// A second name, if it has one.
    pub title: Option<Box<str>>,
    pub offset: u32,
    /// The type of the elements, if there is a shape.
    pub ty: Ty,
    pub shape: Box<[u32]>,
}

impl FieldTy {
    /// Bytes of the field.
    pub fn size(&self) -> u64 {
        self.shape.iter().fold(u64::from(self.ty.itemsize().unwrap_or(0)), |n, &d| n.saturating_mul(u64::from(d)))
    }
}

/// The layout of a record, as NumPy's structured dtypes have it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordTy {
    pub fields: Box<[FieldTy]>,
    pub size: u32,
    /// Laid out as a C struct (NumPy's `isalignedstruct`).
    pub aligned: bool,
    /// The record is in memory that must not be written. Element types of arrays leave that to the array.
    pub readonly: bool,
}

impl RecordTy {
    /// The field of a name or a title.
    pub fn field(&self, name: &str) -> Option<&FieldTy> {
        self.fields.iter().find(|f| *f.name == *name || f.title.as_deref() == Some(name))
    }
    /// Whether a record of this layout can be read as one of `other`: the first fields are the same.
    pub fn extends(&self, other: &RecordTy) -> bool {
        self.fields.len() >= other.fields.len() && self.size >= other.size && self.fields.iter().zip(&other.fields).all(|(a, b)| a == b)
    }
}

impl ArrayTy {
    /// What an element is as a value: a record of a read-only array is read-only, texts have lost their fixed length.
    pub fn item(self) -> Ty {
        match self.dtype.kind() {
            TyKind::Record(r) if self.readonly => Ty::new(TyKind::Record(Box::new(RecordTy { readonly: true, ..(**r).clone() }))),
            TyKind::CharSeq(_) => self.dtype.unliteral(),
            _ => self.dtype,
        }
    }
}

impl Display for RecordTy {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(if self.readonly { "readonly Record(" } else { "Record(" })?;
        for (k, field) in self.fields.iter().enumerate() {
            if k > 0 {
                f.write_str(",")?;
            }
            write!(f, "{}[type=", field.name)?;
            match field.shape.len() {
                0 => write!(f, "{}", field.ty)?,
                _ => write!(f, "nestedarray({}, {:?})", field.ty, field.shape)?,
            }
            write!(f, ";offset={}]", field.offset)?;
        }
        write!(f, ";{};{})", self.size, if self.aligned { "True" } else { "False" })
    }
}
