//! Why a loop is not a vector loop, for people who wrote it.

use looplift_mir::{Inst, Opcode};

/// A reason, and the instruction that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct No {
    pub why: Why,
    pub at: Option<Inst>,
}

/// Reasons; [`Why::text`] says them in the words of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    InnerLoop,
    NotCounted,
    Branches,
    Call,
    InOrder,
    Objects,
    Carried,
    FloatOrder,
    Stride,
    Scattered,
    OneElement,
    LateElement,
    Row(Opcode),
    Escapes,
    NoArrays,
    Large,
    Unchecked,
    Overlap,
    Tests,
    Short,
    WrittenBefore,
    Registers,
}

impl Why {
    pub fn no(self) -> No {
        No { why: self, at: None }
    }
    pub fn at(self, inst: Inst) -> No {
        No { why: self, at: Some(inst) }
    }

    pub fn text(self) -> String {
        let text = match self {
            Why::InnerLoop => "it has another loop inside",
            Why::NotCounted => "how often it runs is not known when it starts",
            Why::Branches => "it has too many branches",
            Why::Call => "it calls a function that has no vector form",
            Why::InOrder => "it does something that has to happen in order, such as making an array",
            Why::Objects => "it handles objects",
            Why::Carried => "an iteration needs what the one before it has computed",
            Why::FloatOrder => "a sum or product of floats keeps its order; fastmath=True allows another",
            Why::Stride => "its elements are not next to each other in memory",
            Why::Scattered => "where its elements lie depends on other elements, or on a product",
            Why::OneElement => "all iterations write to the same element",
            Why::LateElement => "it reads the same element every time, but not at once",
            Why::Escapes => "a value of its last iteration is used behind it",
            Why::NoArrays => "it reads and writes no array",
            Why::Large => "it is too large",
            Why::Unchecked => "it may end early, and with boundscheck=False nothing says that what lies behind may be read",
            Why::Overlap => "an iteration may read or write what another one writes",
            Why::Tests => "too many arrays would have to be tested for overlap",
            Why::Short => "it runs only a few times",
            Why::WrittenBefore => "it reads elements back that it has written",
            Why::Registers => "it needs more registers than there are",
            Why::Row(op) => return format!("there is no vector instruction for {} of these types", name(op)),
        };
        text.to_owned()
    }
}

/// What users call an operation.
fn name(op: Opcode) -> &'static str {
    use Opcode::*;
    match op {
        Sdiv | Udiv | FloorDiv => "integer division",
        Srem | Urem | FloorMod => "integer remainders",
        Imul => "products",
        Shl | Sshr | Ushr => "shifts",
        Popcnt | Clz | Ctz => "counting bits",
        Sext | Zext | Ireduce | SintToFloat | UintToFloat | FloatToSint | FloatToUint | Fpromote | Fdemote => "a conversion",
        Smin | Smax | Umin | Umax | FminNan | FmaxNan => "minimum and maximum",
        op => op.row().name,
    }
}
