//! Values in memory, as `abi::element` lays them out: loads, stores, and what calls of the runtime need.

use crate::cx::{Cx, Res, Words};
use looplift_abi::element::Layout;
use looplift_mir::{Opcode, Region, Ty as MTy, Value};
use looplift_types::{Ty, element};

impl Cx<'_> {
    /// The element code of a type and its layout.
    pub fn elem_layout(&mut self, ty: Ty) -> Res<(String, Layout)> {
        let flat = self.flat(ty)?;
        let Some(code) = element::code(ty) else { return self.unsupported(format!("values of type {ty} as elements of a container")) };
        let layout = Layout::of_code(&code);
        if !layout.words.iter().map(|w| w.1).eq(flat.iter().copied()) {
            return self.internal(format!("the element code {code} of {ty} does not fit its words"));
        }
        Ok((code, layout))
    }
    /// The words of a value in a container's storage. References are owned afterwards.
    pub fn load_words(&mut self, layout: &Layout, addr: Value, offset: u32) -> Words {
        layout.words.iter().map(|&(off, m)| self.b.load(m, Region::Items, addr, (offset + off) as i32)).collect()
    }
    /// Stores a value in a container's storage, which takes over its references.
    pub fn store_words(&mut self, layout: &Layout, addr: Value, words: &[Value]) {
        for (&(off, _), &w) in layout.words.iter().zip(words) {
            self.b.store(Region::Items, w, addr, off as i32);
        }
    }
    /// A borrowed copy of a value in frame memory, for a call of the runtime; gives its address.
    pub fn spill(&mut self, layout: &Layout, words: &[Value]) -> Value {
        let slot = self.stack_slot(i64::from(layout.size));
        for (&(off, m), &w) in layout.words.iter().zip(words) {
            let w = if m == MTy::Ref { self.b.convert(Opcode::RefAddr, MTy::I64, w) } else { w };
            self.b.store(Region::Data, w, slot, off as i32);
        }
        slot
    }
    /// Marks that the references among words were needed up to here.
    pub fn keep_all(&mut self, words: &[Value]) {
        words.iter().for_each(|&w| self.keep_address(w));
    }
    /// Address and length of an element code in constant data.
    pub fn code_words(&mut self, code: &str) -> [Value; 2] {
        // An empty code still needs an address.
        let at = self.data_bytes(if code.is_empty() { b"\0" } else { code.as_bytes() });
        [at, self.i64(code.len() as i64)]
    }
}
