//! Machine types, shared by MIR and the symbol table.

/// `Ref` is a 64-bit owning reference to a heap block (possibly null); addresses are `I64`. `F64x2` is two floats side by side: values
/// inside of a function only, neither passed nor returned nor kept by generators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MTy {
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
    Ref,
    F64x2,
}

impl MTy {
    pub const ALL: [MTy; 8] = [MTy::I8, MTy::I16, MTy::I32, MTy::I64, MTy::F32, MTy::F64, MTy::Ref, MTy::F64x2];

    pub const fn is_int(self) -> bool {
        matches!(self, MTy::I8 | MTy::I16 | MTy::I32 | MTy::I64)
    }
    pub const fn is_float(self) -> bool {
        matches!(self, MTy::F32 | MTy::F64)
    }
    pub const fn bytes(self) -> u32 {
        match self {
            MTy::I8 => 1,
            MTy::I16 => 2,
            MTy::I32 | MTy::F32 => 4,
            MTy::I64 | MTy::F64 | MTy::Ref => 8,
            MTy::F64x2 => 16,
        }
    }
    pub const fn bits(self) -> u32 {
        self.bytes() * 8
    }
    pub const fn name(self) -> &'static str {
        match self {
            MTy::I8 => "i8",
            MTy::I16 => "i16",
            MTy::I32 => "i32",
            MTy::I64 => "i64",
            MTy::F32 => "f32",
            MTy::F64 => "f64",
            MTy::Ref => "ref",
            MTy::F64x2 => "f64x2",
        }
    }
    pub fn from_name(name: &str) -> Option<MTy> {
        MTy::ALL.into_iter().find(|t| t.name() == name)
    }
}
