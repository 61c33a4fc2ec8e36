//! Which elementwise operations run inside the loop of their only user.
//!
//! In `x = a + b * 2` the product is used once, by the sum, in the same block, and nothing in between can write memory or
//! leave: it has no array of its own. A group is an operation that makes an array together with what runs inside it, in
//! the order of the block.

use cranelift_entity::SecondaryMap;
use looplift_hir as hir;
use looplift_infer::{ArgSrc, Resolution, TypedFunction};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// See the module.
#[derive(Default)]
pub(crate) struct Fused {
    root: FxHashMap<hir::Inst, hir::Inst>,
    members: FxHashMap<hir::Inst, Vec<hir::Inst>>,
}

/// Operations above this in one loop stay apart, so that a loop's registers do not run out.
const MAX_GROUP: usize = 64;

impl Fused {
    pub fn compute(func: &TypedFunction) -> Fused {
        let hir = &func.hir;
        let elementwise = |i: hir::Inst| match &func.resolutions[i] {
            Some(Resolution::Elementwise { into, .. }) => Some(into.is_none()),
            _ => None,
        };
        let live = || hir.layout.iter().copied().filter(|&b| func.live_blocks.contains(b));
        if !live().any(|b| hir.blocks[b].insts.iter().any(|&i| elementwise(i).is_some())) {
            return Fused::default();
        }
        let mut uses: SecondaryMap<hir::Value, u32> = SecondaryMap::new();
        let mut user: SecondaryMap<hir::Value, Option<hir::Inst>> = SecondaryMap::new();
        for b in live() {
            let data = &hir.blocks[b];
            for &i in &data.insts {
                if let Some(r) = &func.resolutions[i] {
                    r.for_each_source(&mut |a| {
                        each_value(a, &mut |v| {
                            uses[v] += 1;
                            user[v] = Some(i);
                        })
                    });
                }
                if let Some(h) = &hir.insts[i].handler {
                    h.args.iter().for_each(|&v| uses[v] += 1);
                }
            }
            data.term.for_each_value(|v| uses[v] += 1);
            if let Some(h) = &data.term_handler {
                h.args.iter().for_each(|&v| uses[v] += 1);
            }
            if let Some(r) = &func.raises[b] {
                r.args.iter().for_each(|a| each_value(a, &mut |v| uses[v] += 1));
            }
        }
        let mut fused = Fused::default();
        for b in live() {
            let insts = &hir.blocks[b].insts;
            let place: FxHashMap<hir::Inst, usize> = insts.iter().enumerate().map(|(n, &i)| (i, n)).collect();
            // The last instruction at or before each place that may write or leave.
            let mut barrier = vec![0usize; insts.len() + 1];
            for (n, &i) in insts.iter().enumerate() {
                barrier[n + 1] = if is_quiet(&func.resolutions[i]) { barrier[n] } else { n + 1 };
            }
            // Users before their operands, so that a root is known when its operands are looked at.
            for (n, &i) in insts.iter().enumerate().rev() {
                if elementwise(i) != Some(true) || uses[hir.insts[i].result] != 1 {
                    continue;
                }
                let Some(u) = user[hir.insts[i].result] else { continue };
                let (Some(&m), Some(_)) = (place.get(&u), elementwise(u)) else { continue };
                let root = fused.root.get(&u).copied().unwrap_or(u);
                let Some(&r) = place.get(&root) else { continue };
                // Nothing between this and the root is a barrier.
                let group = fused.members.entry(root).or_default();
                if m > n && barrier[r] <= n + 1 && group.len() < MAX_GROUP {
                    group.push(i);
                    fused.root.insert(i, root);
                }
            }
        }
        for group in fused.members.values_mut() {
            group.reverse();
        }
        fused
    }

    /// Whether an operation runs inside another's loop.
    pub fn is_inside(&self, i: hir::Inst) -> bool {
        self.root.contains_key(&i)
    }
    /// What runs inside the loop of `root`, in order, itself last.
    pub fn group(&self, root: hir::Inst) -> SmallVec<[hir::Inst; 8]> {
        self.members.get(&root).into_iter().flatten().copied().chain([root]).collect()
    }
}

/// Whether it neither writes memory nor leaves the function in a way that the order of would be seen.
fn is_quiet(r: &Option<Resolution>) -> bool {
    match r {
        None | Some(Resolution::Const(_) | Resolution::Elementwise { into: None, .. }) => true,
        Some(Resolution::Prim { prim, args, .. }) => !prim.may_raise() && !args.iter().any(ArgSrc::may_raise),
        Some(
            Resolution::Copy(_) | Resolution::Call { .. } | Resolution::Generate { .. } | Resolution::Yield(_) | Resolution::Elementwise { into: Some(_), .. },
        ) => false,
    }
}

fn each_value(a: &ArgSrc, f: &mut dyn FnMut(hir::Value)) {
    match a {
        ArgSrc::Value(v) => f(*v),
        ArgSrc::Const(_) => {}
        ArgSrc::Tuple(items) => items.iter().for_each(|i| each_value(i, f)),
        ArgSrc::Item(inner, _) | ArgSrc::Present(inner) => each_value(inner, f),
        ArgSrc::Made(m) => m.args.iter().for_each(|a| each_value(a, f)),
    }
}
