//! Lists, dicts and sets. A container is one reference; its head and its storage are described in `abi::element`. Elements of
//! lists and values of dicts are read and written here; what moves or probes is the runtime's.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use crate::iters::Iter;
use looplift_abi::element::{EntryLayout, Layout, list, table};
use looplift_abi::symbols::Sym;
use looplift_mir::{IntCC, Opcode, Payload, Region, Ty as MTy, Value};
use looplift_types::{Flavour, Ty, TyKind, View};
use smallvec::smallvec;

/// A dict or set: layouts of its parts.
pub(crate) struct Table {
    pub key: Ty,
    pub value: Ty,
    pub key_layout: Layout,
    pub value_layout: Layout,
    pub entry: EntryLayout,
}

impl Cx<'_> {
    fn list_elem(&self, ty: Ty) -> Res<Ty> {
        match ty.as_list() {
            Some(l) => Ok(l.elem),
            None => self.internal(format!("{ty} is no list")),
        }
    }
    /// The head of a container's block.
    pub fn head(&mut self, container: Value) -> Value {
        self.b.unary(Opcode::RefData, container)
    }
    pub fn head_word(&mut self, head: Value, offset: i32) -> Value {
        self.b.load(MTy::I64, Region::Header, head, offset)
    }
    pub fn length(&mut self, container: Value) -> Value {
        let head = self.head(container);
        let n = self.head_word(head, list::LEN);
        self.b.func.nonneg.insert(n);
        self.keep(container);
        n
    }
    /// What is reflected or returned has to know that it changed.
    fn touch(&mut self, ty: Ty, head: Value) {
        if ty.flavour() != Some(Flavour::Typed) {
            let one = self.i64(1);
            self.b.store(Region::Header, one, head, list::DIRTY);
        }
    }

    /// Takes out on the left what a deque has above its limit.
    fn within_limit(&mut self, ty: Ty, head: Value) -> Res<()> {
        if ty.flavour() != Some(Flavour::Deque) {
            return Ok(());
        }
        let (n, limit) = (self.head_word(head, list::LEN), self.head_word(head, list::LIMIT));
        // Without one it is the largest number.
        let fits = self.b.icmp(IntCC::Ule, n, limit);
        self.unless(fits, |cx| {
            let left = cx.i64(5);
            cx.b.call_rt(Sym::ListState, &[head, left], None);
            Ok(())
        })
    }
    fn out_of_range(ty: Ty, otherwise: &'static str) -> &'static str {
        if ty.flavour() == Some(Flavour::Deque) { "deque index out of range" } else { otherwise }
    }

    // ---- lists --------------------------------------------------------------------------------------------------

    fn new_list(&mut self, elem: Ty, capacity: Value) -> Res<Value> {
        let (code, _) = self.elem_layout(elem)?;
        let [at, len] = self.code_words(&code);
        Ok(self.call_fallible(Sym::ListNew, &[at, len, capacity])?[0])
    }

    /// `NewTyped`: an empty list, with room for some elements.
    pub fn empty_list(&mut self, room: Option<&Operand>, ret: Ty) -> Res<Words> {
        let elem = self.list_elem(ret)?;
        let room = match room {
            Some(op) => self.word(op)?,
            None => self.i64(0),
        };
        let negative = self.icmp_const(IntCC::Sge, room, 0);
        self.check(negative, "RuntimeError", "expecting *allocated* to be >= 0", &[])?;
        Ok(smallvec![self.new_list(elem, room)?])
    }

    /// `NewList`.
    pub fn build_list(&mut self, ops: &[Operand], ret: Ty) -> Res<Words> {
        let elem = self.list_elem(ret)?;
        let room = if ret.flavour() == Some(Flavour::Cell) { 1 } else { ops.len() };
        let n = self.i64(room as i64);
        let out = self.new_list(elem, n)?;
        let items: Vec<Words> = ops.iter().map(|o| o.words.clone()).collect();
        self.fill_list(out, elem, &items)?;
        Ok(smallvec![out])
    }

    /// Appends values to a list that has room for them.
    fn fill_list(&mut self, list_ref: Value, elem: Ty, items: &[Words]) -> Res<()> {
        if items.is_empty() {
            return Ok(());
        }
        let (_, layout) = self.elem_layout(elem)?;
        let head = self.head(list_ref);
        let n = self.head_word(head, list::LEN);
        let data = self.head_word(head, list::DATA);
        let size = self.i64(i64::from(layout.size));
        let off = self.mul(n, size);
        let mut at = self.add(data, off);
        for words in items {
            self.store_words(&layout, at, words);
            at = self.add(at, size);
        }
        let more = self.i64(items.len() as i64);
        let n = self.b.binary(Opcode::Iadd, n, more);
        self.b.store(Region::Header, n, head, list::LEN);
        let one = self.i64(1);
        self.b.store(Region::Header, one, head, list::DIRTY);
        self.keep(list_ref);
        Ok(())
    }

    /// `ListGetItem`.
    pub fn list_get(&mut self, ops: &[Operand]) -> Res<Words> {
        let elem = self.list_elem(ops[0].ty)?;
        let list_ref = self.word(&ops[0])?;
        let n = self.length(list_ref);
        let i = self.word(&ops[1])?;
        if ops[0].ty.flavour() == Some(Flavour::Cell) {
            let bound = self.icmp_const(IntCC::Ne, n, 0);
            self.check(bound, "NameError", "a variable of an enclosing function is used before it has a value", &[])?;
            return self.list_item(elem, list_ref, i);
        }
        let i = self.checked_index(i, n, Self::out_of_range(ops[0].ty, "list index out of range"))?;
        self.list_item(elem, list_ref, i)
    }
    /// Element `i`, which is in range.
    pub fn list_item(&mut self, elem: Ty, list_ref: Value, i: Value) -> Res<Words> {
        let (_, layout) = self.elem_layout(elem)?;
        let at = self.list_address(&layout, list_ref, i);
        let words = self.load_words(&layout, at, 0);
        self.keep(list_ref);
        Ok(words)
    }
    fn list_address(&mut self, layout: &Layout, list_ref: Value, i: Value) -> Value {
        let head = self.head(list_ref);
        let data = self.head_word(head, list::DATA);
        let size = self.i64(i64::from(layout.size));
        let off = self.mul(i, size);
        self.b.binary(Opcode::Iadd, data, off)
    }

    /// `ListSetItem`.
    pub fn list_set(&mut self, ops: &[Operand]) -> Res<Words> {
        let elem = self.list_elem(ops[0].ty)?;
        let list_ref = self.word(&ops[0])?;
        let n = self.length(list_ref);
        let i = self.word(&ops[1])?;
        let i = self.checked_index(i, n, Self::out_of_range(ops[0].ty, "list assignment index out of range"))?;
        let (_, layout) = self.elem_layout(elem)?;
        let at = self.list_address(&layout, list_ref, i);
        let head = self.head(list_ref);
        if ops[0].ty.flavour() == Some(Flavour::Typed) {
            let frozen = self.head_word(head, list::FROZEN);
            let free = self.icmp_const(IntCC::Eq, frozen, 0);
            self.check(free, "ValueError", "list is immutable", &[])?;
        }
        if layout.refs().next().is_some() {
            self.b.call_rt(Sym::ListDropElement, &[head, at], None);
        }
        self.store_words(&layout, at, &ops[2].words);
        self.touch(ops[0].ty, head);
        self.keep(list_ref);
        Ok(Words::new())
    }

    /// `ListAppend`.
    pub fn list_append(&mut self, ops: &[Operand]) -> Res<Words> {
        let elem = self.list_elem(ops[0].ty)?;
        let list_ref = self.word(&ops[0])?;
        if ops[0].ty.flavour() == Some(Flavour::Cell) {
            return self.store_cell(elem, list_ref, &ops[1].words);
        }
        self.push(ops[0].ty, list_ref, elem, &ops[1].words)?;
        Ok(Words::new())
    }
    /// Assigns to a variable that functions share: it has room for a value from the beginning.
    fn store_cell(&mut self, elem: Ty, cell: Value, words: &[Value]) -> Res<Words> {
        let (_, layout) = self.elem_layout(elem)?;
        let head = self.head(cell);
        let at = self.head_word(head, list::DATA);
        if layout.refs().next().is_some() {
            let n = self.head_word(head, list::LEN);
            let empty = self.icmp_const(IntCC::Eq, n, 0);
            self.unless(empty, |cx| {
                cx.b.call_rt(Sym::ListDropElement, &[head, at], None);
                Ok(())
            })?;
        }
        self.store_words(&layout, at, words);
        let one = self.i64(1);
        self.b.store(Region::Header, one, head, list::LEN);
        self.keep(cell);
        Ok(Words::new())
    }
    fn push(&mut self, ty: Ty, list_ref: Value, elem: Ty, words: &[Value]) -> Res<()> {
        let (_, layout) = self.elem_layout(elem)?;
        let head = self.head(list_ref);
        let n = self.head_word(head, list::LEN);
        let capacity = self.head_word(head, list::CAPACITY);
        let room = self.b.icmp(IntCC::Slt, n, capacity);
        self.unless(room, |cx| {
            let one = cx.i64(1);
            cx.call_fallible(Sym::ListGrow, &[head, one])?;
            Ok(())
        })?;
        let data = self.head_word(head, list::DATA);
        let size = self.i64(i64::from(layout.size));
        let off = self.mul(n, size);
        let at = self.b.binary(Opcode::Iadd, data, off);
        self.store_words(&layout, at, words);
        let one = self.i64(1);
        let n = self.b.binary(Opcode::Iadd, n, one);
        self.b.store(Region::Header, n, head, list::LEN);
        self.touch(ty, head);
        self.within_limit(ty, head)?;
        self.keep(list_ref);
        Ok(())
    }

    /// `ListExtend`.
    pub fn list_extend(&mut self, ops: &[Operand], ret: Ty) -> Res<Words> {
        let list_ref = self.word(&ops[0])?;
        self.extend(ops[0].ty, list_ref, &ops[1])?;
        Ok(if ret.is_none() { Words::new() } else { smallvec![list_ref] })
    }
    fn extend(&mut self, ty: Ty, list_ref: Value, x: &Operand) -> Res<()> {
        let elem = self.list_elem(ty)?;
        if let Some(elems) = x.ty.tuple_elems() {
            let head = self.head(list_ref);
            let n = self.i64(elems.len() as i64);
            self.call_fallible(Sym::ListGrow, &[head, n])?;
            let mut items = Vec::new();
            for k in 0..elems.len() {
                let Some((from, w)) = self.elem(elems, &x.words, k)? else { return self.internal("a tuple's words") };
                items.push(self.convert(&w, from, elem)?);
            }
            self.fill_list(list_ref, elem, &items)?;
            return self.within_limit(ty, head);
        }
        if x.ty.as_list().is_some_and(|l| l.elem == elem) {
            let other = self.word(x)?;
            let (to, from) = (self.head(list_ref), self.head(other));
            let at = self.head_word(to, list::LEN);
            let n = self.head_word(from, list::LEN);
            let (zero, one) = (self.i64(0), self.i64(1));
            self.call_fallible(Sym::ListSplice, &[to, at, zero, from, zero, one, n])?;
            self.within_limit(ty, to)?;
            self.keep_all(&[list_ref, other]);
            return Ok(());
        }
        if matches!(x.ty.kind(), TyKind::Range(_)) {
            // The length is known: no memory is a MemoryError before any is filled.
            let (of, w) = self.range_words(x)?;
            let n = self.range_len(of, w[0], w[1], w[2])?;
            let head = self.head(list_ref);
            self.call_fallible(Sym::ListGrow, &[head, n])?;
        }
        self.for_each(x, |cx, item, from| {
            let words = cx.convert(&item, from, elem)?;
            cx.push(ty, list_ref, elem, &words)
        })
    }

    /// Runs `body` for every item of an iterable.
    fn for_each(&mut self, x: &Operand, mut body: impl FnMut(&mut Self, Words, Ty) -> Res<()>) -> Res<()> {
        let id = self.get_iter(x)?;
        let (header, done) = (self.b.block(), self.b.block());
        self.b.jump(header, &[]);
        self.b.switch_to(header);
        let (item, ty) = self.advance(id, done)?;
        body(self, item, ty)?;
        if !self.b.is_filled() {
            self.b.jump(header, &[]);
        }
        self.b.seal(header);
        self.b.seal(done);
        self.b.switch_to(done);
        self.keep_all(&x.words);
        Ok(())
    }

    /// `FromIterable`.
    #[expect(clippy::wrong_self_convention, reason = "named as the primitive is")]
    pub fn from_iterable(&mut self, ops: &[Operand], ret: Ty) -> Res<Words> {
        let x = &ops[0];
        let out = match ret.kind() {
            TyKind::List(l) => {
                let zero = self.i64(0);
                let out = self.new_list(l.elem, zero)?;
                if let Some(limit) = ops.get(1) {
                    let limit = self.word(limit)?;
                    let fits = self.icmp_const(IntCC::Sge, limit, 0);
                    self.check(fits, "ValueError", "maxlen must be non-negative", &[])?;
                    let head = self.head(out);
                    self.b.store(Region::Header, limit, head, list::LIMIT);
                }
                self.extend(ret, out, x)?;
                out
            }
            _ => {
                let out = self.new_table(ret)?;
                self.put_all(ret, out, x)?;
                out
            }
        };
        Ok(smallvec![out])
    }

    /// `UnpackList`.
    pub fn unpack_list(&mut self, ops: &[Operand]) -> Res<Words> {
        let elem = self.list_elem(ops[0].ty)?;
        let list_ref = self.word(&ops[0])?;
        let count = self.literal(&ops[1])?;
        let n = self.length(list_ref);
        let enough = self.icmp_const(IntCC::Sge, n, count);
        self.check(enough, "ValueError", &format!("not enough values to unpack (expected {count}, got {{}})"), &[(n, Payload::Int)])?;
        let fits = self.icmp_const(IntCC::Sle, n, count);
        self.check(fits, "ValueError", &format!("too many values to unpack (expected {count})"), &[])?;
        let mut out = Words::new();
        for k in 0..count {
            let i = self.i64(k);
            out.extend(self.list_item(elem, list_ref, i)?);
        }
        Ok(out)
    }

    /// The runtime's functions on lists that take words as they are.
    pub fn list_call(&mut self, sym: Sym, ops: &[Operand]) -> Res<Words> {
        let mut args = Words::new();
        for op in ops {
            let w = self.word(op)?;
            args.push(match self.mty(w) {
                MTy::Ref => self.head(w),
                MTy::I8 => self.b.convert(Opcode::Zext, MTy::I64, w),
                _ => w,
            });
        }
        let out = if sym.row().fallible { self.call_fallible(sym, &args)? } else { self.b.call_rt(sym, &args, None).into_iter().collect() };
        for op in ops {
            self.keep_all(&op.words);
        }
        Ok(out)
    }

    // ---- dicts and sets -----------------------------------------------------------------------------------------

    pub fn table(&mut self, ty: Ty) -> Res<Table> {
        let (key, value) = match ty.kind() {
            TyKind::Set(s) => (s.elem, Ty::none()),
            TyKind::Dict(d) => (d.key, d.value),
            TyKind::DictView(d, _) => return self.table(*d),
            _ => return self.internal(format!("{ty} is no table")),
        };
        let (_, key_layout) = self.elem_layout(key)?;
        let (_, value_layout) = self.elem_layout(value)?;
        let entry = EntryLayout::of(&key_layout, &value_layout);
        Ok(Table { key, value, key_layout, value_layout, entry })
    }

    fn new_table(&mut self, ty: Ty) -> Res<Value> {
        let t = self.table(ty)?;
        let (keys, values) = (self.elem_layout(t.key)?.0, self.elem_layout(t.value)?.0);
        let [k, kn] = self.code_words(&keys);
        let [v, vn] = self.code_words(&values);
        Ok(self.call_fallible(Sym::TableNew, &[k, kn, v, vn])?[0])
    }

    /// `NewTable`.
    pub fn build_table(&mut self, ops: &[Operand], ret: Ty) -> Res<Words> {
        let out = self.new_table(ret)?;
        let t = self.table(ret)?;
        let step = if ret.as_dict().is_some() { 2 } else { 1 };
        for pair in ops.chunks(step) {
            let value = pair.get(1).map_or(Words::new(), |v| v.words.clone());
            self.put(&t, out, &pair[0].words, &value)?;
        }
        Ok(smallvec![out])
    }

    /// Inserts or replaces.
    fn put(&mut self, t: &Table, out: Value, key: &[Value], value: &[Value]) -> Res<()> {
        let head = self.head(out);
        let at = self.spill(&t.key_layout, key);
        let entry = self.call_fallible(Sym::TableInsert, &[head, at])?[0];
        self.store_value(t, head, entry, value);
        self.keep_all(key);
        self.keep(out);
        Ok(())
    }
    fn store_value(&mut self, t: &Table, head: Value, entry: Value, value: &[Value]) {
        if t.value_layout.words.is_empty() {
            return;
        }
        let at = self.entry_address(t, head, entry, t.entry.value);
        if t.value_layout.refs().next().is_some() {
            self.b.call_rt(Sym::TableDropValue, &[head, at], None);
        }
        self.store_words(&t.value_layout, at, value);
        let one = self.i64(1);
        self.b.store(Region::Header, one, head, table::DIRTY);
    }
    fn entry_address(&mut self, t: &Table, head: Value, entry: Value, offset: u32) -> Value {
        let entries = self.head_word(head, table::ENTRIES);
        let size = self.i64(i64::from(t.entry.size));
        let off = self.mul(entry, size);
        let at = self.b.binary(Opcode::Iadd, entries, off);
        let offset = self.i64(i64::from(offset));
        self.b.binary(Opcode::Iadd, at, offset)
    }

    /// Whether an entry, which was used, has not been deleted.
    pub fn entry_alive(&mut self, of: Ty, head: Value, entry: Value) -> Res<Value> {
        let t = self.table(of)?;
        let at = self.entry_address(&t, head, entry, 0);
        let hash = self.load_words(&Layout::of_code("q"), at, 0)[0];
        Ok(self.icmp_const(IntCC::Ne, hash, table::DEAD))
    }

    /// `SetAdd` and `DictSet`.
    pub fn table_put(&mut self, ops: &[Operand]) -> Res<Words> {
        let t = self.table(ops[0].ty)?;
        let out = self.word(&ops[0])?;
        let value = ops.get(2).map_or(Words::new(), |v| v.words.clone());
        self.put(&t, out, &ops[1].words, &value)?;
        Ok(Words::new())
    }

    /// `Update`.
    pub fn table_update(&mut self, ops: &[Operand]) -> Res<Words> {
        let out = self.word(&ops[0])?;
        // Of itself there is nothing new.
        self.put_all(ops[0].ty, out, &ops[1])?;
        Ok(Words::new())
    }
    fn put_all(&mut self, ty: Ty, out: Value, x: &Operand) -> Res<()> {
        if let Some([]) = x.ty.tuple_elems() {
            return Ok(());
        }
        let t = self.table(ty)?;
        let pairs = ty.as_dict().is_some();
        self.for_each(x, |cx, item, from| {
            if !pairs {
                let key = cx.convert(&item, from, t.key)?;
                return cx.put(&t, out, &key, &[]);
            }
            let both = cx.convert(&item, from, Ty::tuple([t.key, t.value]))?;
            let n = t.key_layout.words.len();
            cx.put(&t, out, &both[..n], &both[n..])
        })
    }

    /// `TableFind` and `TableInsert`.
    pub fn table_probe(&mut self, sym: Sym, ops: &[Operand]) -> Res<Words> {
        let t = self.table(ops[0].ty)?;
        let container = self.word(&ops[0])?;
        let head = self.head(container);
        let at = self.spill(&t.key_layout, &ops[1].words);
        let out = if sym.row().fallible { self.call_fallible(sym, &[head, at])? } else { self.b.call_rt(sym, &[head, at], None).into_iter().collect() };
        self.keep_all(&ops[1].words);
        self.keep(container);
        Ok(out)
    }

    /// `TableKey` and `TableValue`.
    pub fn table_part(&mut self, ops: &[Operand], value: bool) -> Res<Words> {
        let t = self.table(ops[0].ty)?;
        let (container, entry) = (self.word(&ops[0])?, self.word(&ops[1])?);
        Ok(self.table_words(&t, container, entry, value))
    }
    fn table_words(&mut self, t: &Table, container: Value, entry: Value, value: bool) -> Words {
        let head = self.head(container);
        let (layout, offset) = if value { (&t.value_layout, t.entry.value) } else { (&t.key_layout, t.entry.key) };
        let at = self.entry_address(t, head, entry, offset);
        let words = self.load_words(layout, at, 0);
        self.keep(container);
        words
    }

    /// `TableStore`.
    pub fn table_store(&mut self, ops: &[Operand]) -> Res<Words> {
        let t = self.table(ops[0].ty)?;
        let (container, entry) = (self.word(&ops[0])?, self.word(&ops[1])?);
        let head = self.head(container);
        self.store_value(&t, head, entry, &ops[2].words);
        self.keep(container);
        Ok(Words::new())
    }

    // ---- iteration ----------------------------------------------------------------------------------------------

    /// An iterator over a list, a set, a dict or a view of one.
    pub fn container_iter(&mut self, ty: Ty, container: Value) -> Option<Iter> {
        let zero = self.i64(0);
        let fixed = crate::iters::Slot::Fixed(container);
        Some(match ty.kind() {
            TyKind::List(_) => {
                let len = crate::iters::keeps_length(ty).then(|| crate::iters::Slot::Fixed(self.length(container)));
                Iter::List { of: ty, list: fixed, next: self.new_var(zero), back: false, len }
            }
            TyKind::Set(_) | TyKind::Dict(_) | TyKind::DictView(..) => {
                let (of, view) = match ty.kind() {
                    TyKind::DictView(d, v) => (*d, *v),
                    _ => (ty, View::Keys),
                };
                let n = self.length(container);
                Iter::Table { of, view, table: fixed, next: self.new_var(zero), len: crate::iters::Slot::Fixed(n) }
            }
            _ => return None,
        })
    }

    /// The item of entry `entry`.
    pub fn table_item(&mut self, of: Ty, view: View, container: Value, entry: Value) -> Res<(Words, Ty)> {
        let t = self.table(of)?;
        Ok(match view {
            View::Keys => (self.table_words(&t, container, entry, false), t.key),
            View::Values => (self.table_words(&t, container, entry, true), t.value),
            View::Items => {
                let mut words = self.table_words(&t, container, entry, false);
                words.extend(self.table_words(&t, container, entry, true));
                (words, Ty::tuple([t.key, t.value]))
            }
        })
    }
}
