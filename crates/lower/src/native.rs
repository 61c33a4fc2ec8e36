//! Calls of runtime symbols by name, for the library in Python.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::repr::ArrayWords;
use looplift_abi::symbols::Sym;
use looplift_types::TyKind;

impl Cx<'_> {
    /// Calls a symbol: arrays go as the addresses of their data, numbers as they are.
    pub fn native(&mut self, sym: Sym, ops: &[Operand]) -> Res<Words> {
        let mut args = Words::new();
        for op in ops {
            // A generator's second word is its address as well.
            let has_address = op.ty.as_array().is_some() || *op.ty.kind() == TyKind::Generator;
            args.push(if has_address { op.words[ArrayWords::DATA] } else { self.word(op)? });
        }
        if let Some(number) = self.draw(sym, ops, &args)? {
            return Ok(Words::from_slice(&[number]));
        }
        Ok(self.b.call_rt(sym, &args, None).into_iter().collect())
    }
}
