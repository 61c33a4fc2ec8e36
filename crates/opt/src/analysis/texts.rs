//! What is known of texts: characters that were just taken out of one, and constants.

use crate::analysis::edit::{Emitter, const_int, def_inst};
use looplift_abi::symbols::Sym;
use looplift_mir::*;

/// A text of one character.
#[derive(Clone, Copy, Debug)]
enum Single {
    /// The item of a text at a position in range.
    Item(Value, Value),
    Constant(char),
}

fn runtime_call(func: &Function, v: Value) -> Option<(Sym, &[Value])> {
    let d = &func.insts[def_inst(func, v)?];
    match (d.op, d.imm) {
        (Opcode::CallRt, Imm::Sym(s)) => Some((s, &d.args)),
        _ => None,
    }
}

/// The constant that a text is.
fn constant(func: &Function, v: Value) -> Option<&str> {
    let (Sym::TextConst, &[at, len]) = runtime_call(func, v)? else { return None };
    let Imm::Data(id) = func.insts[def_inst(func, at)?].imm else { return None };
    let ConstData::Bytes(bytes) = &func.data[id] else { return None };
    std::str::from_utf8(bytes.get(..usize::try_from(const_int(func, len)?).ok()?)?).ok()
}

fn single(func: &Function, v: Value) -> Option<Single> {
    if let Some((Sym::TextItem, &[text, at])) = runtime_call(func, v) {
        return Some(Single::Item(text, at));
    }
    let mut chars = constant(func, v)?.chars();
    let first = chars.next()?;
    chars.next().is_none().then_some(Single::Constant(first))
}

/// The code of a character, read where its text lies.
fn code(e: &mut Emitter<'_>, of: Single) -> Value {
    match of {
        Single::Item(text, at) => e.call_rt(Sym::TextCode, &[text, at]),
        Single::Constant(c) => e.iconst(Ty::I64, u32::from(c).into()),
    }
}

/// A question about a character needs no text of the character.
pub fn simplify_call(e: &mut Emitter<'_>, sym: Sym, args: &[Value]) -> Option<Value> {
    match (sym, args) {
        (Sym::TextLen, &[text]) => match runtime_call(e.func, text) {
            Some((Sym::TextItem, _)) => Some(e.iconst(Ty::I64, 1)),
            _ => {
                let n = constant(e.func, text)?.chars().count();
                Some(e.iconst(Ty::I64, n as i64))
            }
        },
        (Sym::TextCode, &[text, at]) if const_int(e.func, at) == Some(0) => {
            let of = single(e.func, text)?;
            Some(code(e, of))
        }
        (Sym::TextCompare, &[a, b]) => match (single(e.func, a)?, single(e.func, b)?) {
            (Single::Constant(_), Single::Constant(_)) => None,
            (a, b) => {
                let (a, b) = (code(e, a), code(e, b));
                // Codes are small: the difference has the sign of the order.
                Some(e.binary(Opcode::Isub, a, b))
            }
        },
        (Sym::TextIs, &[text, question]) => match single(e.func, text)? {
            Single::Constant(_) => None,
            item @ Single::Item(..) => {
                let c = code(e, item);
                Some(e.call_rt(Sym::CharIs, &[c, question]))
            }
        },
        _ => None,
    }
}
