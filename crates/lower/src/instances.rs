//! Instances of Python classes: a reference to a block with the fields, which `abi::element::instance` describes.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use looplift_abi::MTy;
use looplift_abi::element::{Layout, instance};
use looplift_abi::symbols::Sym;
use looplift_mir::{Opcode, Region, Value};
use looplift_types::{NamedTupleTy, Ty};
use smallvec::smallvec;

/// Where a field lies: its number, and its words with their offsets in the block.
struct Place {
    index: usize,
    words: Vec<(i32, MTy)>,
}

impl Cx<'_> {
    fn fields_layout(&mut self, n: &NamedTupleTy) -> Res<(String, Layout)> {
        self.elem_layout(Ty::tuple(n.elems.clone()))
    }

    fn field_place(&mut self, n: &NamedTupleTy, name: &str) -> Res<Place> {
        let Some(index) = n.fields.iter().position(|f| **f == *name) else { return self.internal(format!("{} has no field {name}", n.class.name)) };
        let (_, layout) = self.fields_layout(n)?;
        let mut start = 0;
        for &t in &n.elems[..index] {
            start += self.flat(t)?.len();
        }
        let count = self.flat(n.elems[index])?.len();
        let words = layout.words[start..start + count].iter().map(|&(off, m)| (instance::FIELDS + off as i32, m)).collect();
        Ok(Place { index, words })
    }

    /// `FieldGet` of an instance.
    pub fn instance_get(&mut self, ops: &[Operand], n: &NamedTupleTy) -> Res<Words> {
        let name = self.text(&ops[1])?;
        let place = self.field_place(n, name)?;
        let block = self.word(&ops[0])?;
        let head = self.head(block);
        let words = place.words.iter().map(|&(off, m)| self.b.load(m, Region::Data, head, off)).collect();
        self.keep(block);
        Ok(words)
    }

    /// `FieldSet` of an instance.
    pub fn instance_set(&mut self, ops: &[Operand], n: &NamedTupleTy) -> Res<Words> {
        let name = self.text(&ops[1])?;
        let place = self.field_place(n, name)?;
        let block = self.word(&ops[0])?;
        let head = self.head(block);
        for &(off, m) in &place.words {
            if m == MTy::Ref {
                let off = self.i64(i64::from(off));
                let at = self.b.binary(Opcode::Iadd, head, off);
                self.b.call_rt(Sym::DropReference, &[at], None);
            }
        }
        self.put_field(head, &place, &ops[2].words);
        let dirty = self.head_word(head, instance::DIRTY);
        let bit = self.i64(1 << place.index);
        let dirty = self.b.binary(Opcode::Bor, dirty, bit);
        self.b.store(Region::Header, dirty, head, instance::DIRTY);
        self.keep(block);
        Ok(Words::new())
    }
    fn put_field(&mut self, head: Value, place: &Place, words: &[Value]) {
        for (&(off, _), &w) in place.words.iter().zip(words) {
            self.b.store(Region::Data, w, head, off);
        }
    }

    /// `NewInstance`.
    pub fn new_instance(&mut self, ops: &[Operand], n: &NamedTupleTy) -> Res<Words> {
        let (code, layout) = self.fields_layout(n)?;
        let [at, len] = self.code_words(&code);
        let block = self.call_fallible(Sym::InstanceNew, &[at, len])?[0];
        let head = self.head(block);
        let values = ops.iter().flat_map(|o| o.words.iter().copied());
        for (&(off, _), w) in layout.words.iter().zip(values) {
            self.b.store(Region::Data, w, head, instance::FIELDS + off as i32);
        }
        self.keep(block);
        Ok(smallvec![block])
    }
}
