//! How long arrays stay owned.
//!
//! An array travels as separate words, so after the last use of its `ref` word its data address may still be used. The
//! lowering therefore marks, after the last use in each block of each value that holds references, that these were needed
//! up to there (`keep_alive`). Liveness of machine values then finds where they die; HIR blocks are walked backwards here.

use crate::cx::{Bound, Cx, Res};
use cranelift_entity::{EntitySet, SecondaryMap};
use looplift_hir as hir;
use looplift_infer::{ArgSrc, Resolution};
use looplift_mir::{Imm, Opcode, Ty as MTy, Value};
use looplift_types::{IterTy, Ty, TyKind};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// After which instruction which values die.
pub(crate) struct Keeps {
    after: FxHashMap<hir::Inst, SmallVec<[hir::Value; 2]>>,
}

impl Keeps {
    pub fn after(&self, inst: hir::Inst) -> &[hir::Value] {
        self.after.get(&inst).map_or(&[], |v| v)
    }

    pub fn compute(cx: &mut Cx<'_>, live: &[hir::Block]) -> Res<Keeps> {
        let mut keeps = Keeps { after: FxHashMap::default() };
        let mut tracked = EntitySet::new();
        let mut any = false;
        // Parameters of the function are borrowed: only other values matter.
        for &b in live {
            let data = &cx.hir.blocks[b];
            let params = if b == cx.hir.entry() { &[][..] } else { &data.params };
            for v in params.iter().copied().chain(data.insts.iter().map(|&i| cx.hir.insts[i].result)) {
                if holds_refs(cx, cx.type_of(v))? {
                    tracked.insert(v);
                    any = true;
                }
            }
        }
        if !any {
            return Ok(keeps);
        }
        let uses = |i: hir::Inst, out: &mut SmallVec<[hir::Value; 8]>| {
            match &cx.func.resolutions[i] {
                // What runs inside another's loop uses its operands there.
                Some(Resolution::Elementwise { .. }) if cx.fused.is_inside(i) => {}
                Some(Resolution::Elementwise { .. } | Resolution::Call { .. }) => {
                    for member in cx.fused.group(i) {
                        if let Some(r) = &cx.func.resolutions[member] {
                            r.for_each_source(&mut |a| sources(a, out));
                        }
                    }
                }
                Some(r) => r.for_each_source(&mut |a| sources(a, out)),
                None => {}
            }
            if let Some(h) = &cx.hir.insts[i].handler {
                out.extend_from_slice(&h.args);
            }
        };
        let mut live_in: SecondaryMap<hir::Block, EntitySet<hir::Value>> = SecondaryMap::new();
        let mut changed = true;
        let mut recording = false;
        // Blocks backwards until nothing changes, then once more to note the last uses.
        while changed || !recording {
            recording = !changed;
            changed = false;
            for &b in live.iter().rev() {
                let data = &cx.hir.blocks[b];
                let mut now = EntitySet::new();
                for t in targets(&data.term).into_iter().chain(&data.term_handler) {
                    add_all(&mut now, &live_in[t.block]);
                }
                let mut used: SmallVec<[hir::Value; 8]> = SmallVec::new();
                let mut kept = EntitySet::new();
                terminator_uses(cx, b, &mut used);
                for v in used.drain(..).filter(|&v| tracked.contains(v)) {
                    now.insert(v);
                }
                for &i in data.insts.iter().rev() {
                    now.remove(cx.hir.insts[i].result);
                    if let Some(h) = &cx.hir.insts[i].handler {
                        add_all(&mut now, &live_in[h.block]);
                    }
                    uses(i, &mut used);
                    for v in used.drain(..).filter(|&v| tracked.contains(v)) {
                        // A use that is not the last one in its block may be the last one on some path (around a loop and
                        // out of it), where nothing is emitted: the use itself is what machine liveness goes by. Only
                        // within a block a later use makes it redundant.
                        let last_in_block = kept.insert(v);
                        now.insert(v);
                        if last_in_block && recording {
                            keeps.after.entry(i).or_default().push(v);
                        }
                    }
                }
                for &p in &data.params {
                    now.remove(p);
                }
                if now.keys().any(|v| now.contains(v) && !live_in[b].contains(v)) {
                    live_in[b] = now;
                    changed = true;
                }
            }
        }
        Ok(keeps)
    }
}

/// (`keys` also gives what is not in the set.)
fn add_all(to: &mut EntitySet<hir::Value>, from: &EntitySet<hir::Value>) {
    for v in from.keys().filter(|&v| from.contains(v)) {
        to.insert(v);
    }
}

fn targets(t: &hir::Terminator) -> SmallVec<[&hir::BlockCall; 3]> {
    match t {
        hir::Terminator::Jump(t) => SmallVec::from_slice(&[t]),
        hir::Terminator::Branch { then, other, .. } => SmallVec::from_slice(&[then, other]),
        hir::Terminator::IterNext { body, exit, .. } => SmallVec::from_slice(&[body, exit]),
        hir::Terminator::Return(_) | hir::Terminator::Raise { .. } | hir::Terminator::Reraise { .. } | hir::Terminator::Unreachable => SmallVec::new(),
    }
}

fn terminator_uses(cx: &Cx<'_>, b: hir::Block, out: &mut SmallVec<[hir::Value; 8]>) {
    let data = &cx.hir.blocks[b];
    for t in targets(&data.term).into_iter().chain(&data.term_handler) {
        out.extend_from_slice(&t.args);
    }
    match &data.term {
        hir::Terminator::IterNext { iter, .. } => out.push(*iter),
        hir::Terminator::Return(v) => out.push(*v),
        _ => {}
    }
    if let Some(r) = &cx.func.raises[b] {
        r.args.iter().for_each(|a| sources(a, out));
    }
}

fn sources(a: &ArgSrc, out: &mut SmallVec<[hir::Value; 8]>) {
    match a {
        ArgSrc::Value(v) => out.push(*v),
        ArgSrc::Const(_) => {}
        ArgSrc::Made(m) => m.args.iter().for_each(|a| sources(a, out)),
        ArgSrc::Tuple(items) => items.iter().for_each(|i| sources(i, out)),
        ArgSrc::Item(inner, _) | ArgSrc::Present(inner) => sources(inner, out),
    }
}

fn holds_refs(cx: &mut Cx<'_>, ty: Ty) -> Res<bool> {
    if let TyKind::Iter(kind) = ty.kind() {
        return Ok(iter_holds_refs(kind));
    }
    match ty.kind() {
        // Not representable: reported where it is used.
        TyKind::Str | TyKind::Bytes => Ok(false),
        _ => Ok(crate::repr::flatten(ty).is_ok_and(|f| f.contains(&MTy::Ref)) && cx.flat(ty).is_ok()),
    }
}

fn iter_holds_refs(kind: &IterTy) -> bool {
    match kind {
        IterTy::Range(_) => false,
        IterTy::Array(_) | IterTy::Text(_) | IterTy::List(_) | IterTy::Table(..) | IterTy::Generator(_) => true,
        IterTy::Tuple(t) | IterTy::Reversed(t) => crate::repr::flatten(*t).is_ok_and(|f| f.contains(&MTy::Ref)),
        IterTy::Nd(_, _, arrays) => !arrays.is_empty(),
        IterTy::Enumerate(t) => matches!(t.kind(), TyKind::Iter(k) if iter_holds_refs(k)),
        IterTy::Zip(ts) => ts.iter().any(|t| matches!(t.kind(), TyKind::Iter(k) if iter_holds_refs(k))),
    }
}

impl Cx<'_> {
    /// Marks that the references of a HIR value were needed up to here.
    pub fn keep_value(&mut self, v: hir::Value) -> Res<()> {
        let words = match &self.values[v] {
            Some(Bound::Words(w)) => w.clone(),
            Some(Bound::Iter(id)) => self.iter_snapshot(*id)?,
            None => return Ok(()),
        };
        for w in words {
            self.keep(w);
        }
        Ok(())
    }
    /// As [`Cx::keep`], for what is reached by the address of a reference alone: a parameter may be owned where the function is inlined.
    pub fn keep_address(&mut self, v: Value) {
        if self.mty(v) == MTy::Ref {
            self.b.emit(Opcode::KeepAlive, None, &[v], Imm::None, None);
        }
    }
    /// Marks that a reference, if it is one that may own, was needed up to here.
    pub fn keep(&mut self, v: Value) {
        if self.mty(v) == MTy::Ref && self.may_own(v) {
            self.b.emit(Opcode::KeepAlive, None, &[v], Imm::None, None);
        }
    }
}
