//! Which elementwise operations run inside the loop of their only user.
//!
//! In `x = a + b * 2` the product is used once, by the sum, in the same block, and nothing in between can write memory or
//! leave: it has no array of its own. A group is an operation that makes an array together with what runs inside it, in
//! the order of the block. A reduction of such an operation may be a group's last member: `np.sum(a + b * 2)`.

use crate::reduce::is_reducible;
use cranelift_entity::SecondaryMap;
use looplift_builtins::prims::Prim;
use looplift_hir as hir;
use looplift_infer::{ArgSrc, Resolution, TypedFunction};
use looplift_types::{Ty, TyKind};
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
        let reduces = |u: hir::Inst, i: hir::Inst| match &func.resolutions[u] {
            Some(Resolution::Call { args, reduction: Some(how), .. }) => {
                let (of, to) = (func.types[hir.insts[i].result], func.types[hir.insts[u].result]);
                let is_first = matches!(args.first(), Some(ArgSrc::Value(v)) if *v == hir.insts[i].result);
                is_first && of.zip(to).is_some_and(|(of, to)| is_reducible(*how, of, to))
            }
            _ => false,
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
            // The last instruction at or before each place that may write, and the last one that may write or leave.
            let mut writes = vec![0usize; insts.len() + 1];
            let mut barrier = vec![0usize; insts.len() + 1];
            for (n, &i) in insts.iter().enumerate() {
                let quiet = quietness(&func.resolutions[i]);
                writes[n + 1] = if quiet == Quiet::MayWrite { n + 1 } else { writes[n] };
                barrier[n + 1] = if quiet == Quiet::Silent { barrier[n] } else { n + 1 };
            }
            // Users before their operands, so that a root is known when its operands are looked at.
            for (n, &i) in insts.iter().enumerate().rev() {
                if elementwise(i) != Some(true) || uses[hir.insts[i].result] != 1 {
                    continue;
                }
                let Some(u) = user[hir.insts[i].result] else { continue };
                let Some(&m) = place.get(&u) else { continue };
                if elementwise(u).is_none() && !reduces(u, i) {
                    continue;
                }
                let root = fused.root.get(&u).copied().unwrap_or(u);
                let Some(&r) = place.get(&root) else { continue };
                // Nothing between this and the root is a barrier. What has one array only cannot fail itself, so it may
                // stand behind what fails.
                let last = if has_one_array(func, i) { writes[r] } else { barrier[r] };
                let group = fused.members.entry(root).or_default();
                if m > n && last <= n + 1 && group.len() < MAX_GROUP {
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
    /// Whether anything runs inside an operation's loop.
    pub fn has_inside(&self, i: hir::Inst) -> bool {
        self.members.get(&i).is_some_and(|m| !m.is_empty())
    }
    /// What runs inside the loop of `root`, in order, itself last.
    pub fn group(&self, root: hir::Inst) -> SmallVec<[hir::Inst; 8]> {
        self.members.get(&root).into_iter().flatten().copied().chain([root]).collect()
    }
}

/// What executing an instruction may do that the order of would be seen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quiet {
    /// Neither writes memory nor leaves the function.
    Silent,
    /// May leave, but writes nothing.
    MayLeave,
    MayWrite,
}

fn quietness(r: &Option<Resolution>) -> Quiet {
    match r {
        None | Some(Resolution::Const(_) | Resolution::Elementwise { into: None, .. }) => Quiet::Silent,
        Some(Resolution::Prim { prim, args, params }) => match prim {
            _ if args.iter().any(ArgSrc::may_raise) => Quiet::MayWrite,
            _ if !prim.may_raise() => Quiet::Silent,
            Prim::GetItem if is_view_by_slices(params) => Quiet::Silent,
            Prim::GetItem
            | Prim::NumberGet
            | Prim::TupleGetItem
            | Prim::ListGetItem
            | Prim::TrueDiv
            | Prim::FloorDiv
            | Prim::Mod
            | Prim::Pow
            | Prim::LShift
            | Prim::RShift
            | Prim::MathFn(_) => Quiet::MayLeave,
            _ => Quiet::MayWrite,
        },
        Some(
            Resolution::Copy(_) | Resolution::Call { .. } | Resolution::Generate { .. } | Resolution::Yield(_) | Resolution::Elementwise { into: Some(_), .. },
        ) => Quiet::MayWrite,
    }
}

/// Whether an array is indexed by slices (with steps that are known not to be 0), `None` and `...` only: then it cannot fail.
fn is_view_by_slices(params: &[Ty]) -> bool {
    fn is_fine(t: &Ty) -> bool {
        match t.kind() {
            TyKind::Slice(s) => s.step.is_none() || s.step.as_lit_int().is_some_and(|k| k != 0),
            TyKind::None | TyKind::Ellipsis => true,
            TyKind::Tuple(items) => items.iter().all(is_fine),
            _ => false,
        }
    }
    matches!(params, [of, index @ ..] if of.as_array().is_some() && index.iter().all(is_fine))
}

/// Whether at most one operand of an elementwise operation is an array: shapes always fit.
fn has_one_array(func: &TypedFunction, i: hir::Inst) -> bool {
    let mut arrays = 0;
    if let Some(r) = &func.resolutions[i] {
        r.for_each_source(&mut |a| {
            arrays += match a {
                ArgSrc::Value(v) => usize::from(func.types[*v].is_none_or(|t| t.as_array().is_some())),
                ArgSrc::Const(_) => 0,
                // Not looked into.
                ArgSrc::Tuple(_) | ArgSrc::Item(..) | ArgSrc::Present(_) | ArgSrc::Made(_) => 2,
            };
        });
    }
    arrays <= 1
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
