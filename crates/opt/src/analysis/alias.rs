//! What memory an address may point into: allocation roots.
//!
//! An address is computed from one base by adding and subtracting integers. Memory allocated in this function was not
//! there when it was entered, so it differs from everything reached through parameters, and two allocations differ from
//! each other. Accesses relative to one base value by constants are compared by byte ranges.

use crate::analysis::edit::const_int;
use crate::analysis::effects::effect;
use cranelift_entity::SecondaryMap;
use looplift_mir::*;

/// Where an address comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Root {
    /// No address: computed by arithmetic that addresses do not take part in.
    Number,
    /// The block or stack slot that this instruction makes.
    Fresh(Inst),
    /// Something that existed when the function was entered.
    Before,
    /// Constant data.
    Constant,
    #[default]
    Unknown,
}

/// Roots of all values.
#[derive(Clone, Debug)]
pub struct Aliases {
    root: SecondaryMap<Value, Root>,
}

/// One access: region, base value, constant offset, size (`None`: unknown).
#[derive(Clone, Copy, Debug)]
pub struct Access {
    pub region: Region,
    pub addr: Value,
    pub base: Value,
    pub offset: i64,
    pub size: Option<u32>,
    pub ty: Option<Ty>,
}

impl Aliases {
    /// The layout is in an order where definitions come before uses (reverse post-order).
    pub fn new(func: &Function) -> Aliases {
        let mut root: SecondaryMap<Value, Root> = SecondaryMap::new();
        for &p in &func.blocks[func.entry()].params {
            root[p] = Root::Before;
        }
        for &b in &func.layout {
            for &i in &func.blocks[b].insts {
                let d = &func.insts[i];
                let Some(&r) = d.results.first() else { continue };
                root[r] = match d.op {
                    Opcode::Alloc | Opcode::AllocZeroed | Opcode::StackSlot => Root::Fresh(i),
                    Opcode::AllocTry | Opcode::AllocZeroedTry => {
                        if let Some(&v) = d.results.get(1) {
                            root[v] = Root::Fresh(i);
                        }
                        Root::Number
                    }
                    Opcode::RefData | Opcode::RefAddr => root[d.args[0]],
                    Opcode::DataAddr => Root::Constant,
                    Opcode::Iadd | Opcode::Isub => join_sum(root[d.args[0]], root[d.args[1]]),
                    Opcode::Select => {
                        let (a, b) = (root[d.args[1]], root[d.args[2]]);
                        if a == b { a } else { Root::Unknown }
                    }
                    Opcode::Load | Opcode::Call | Opcode::CallTry | Opcode::CallRt | Opcode::CallRtTry => Root::Unknown,
                    _ => Root::Number,
                };
            }
        }
        Aliases { root }
    }

    pub fn root(&self, addr: Value) -> Root {
        self.root[addr]
    }

    /// The memory that a load or store touches.
    pub fn access(&self, func: &Function, i: &InstData) -> Option<Access> {
        let addr = match i.op {
            Opcode::Load => i.args[0],
            Opcode::Store => i.args[1],
            _ => return None,
        };
        let Imm::Mem(region, off) = i.imm else { return None };
        let mut base = addr;
        let mut offset = i64::from(off);
        // A short chain of constant additions.
        for _ in 0..8 {
            let ValueDef::Result(def, _) = func.values[base].def else { break };
            let d = &func.insts[def];
            if d.op != Opcode::Iadd {
                break;
            }
            if let Some(k) = const_int(func, d.args[1]) {
                offset = offset.wrapping_add(k);
                base = d.args[0];
            } else if let Some(k) = const_int(func, d.args[0]) {
                offset = offset.wrapping_add(k);
                base = d.args[1];
            } else {
                break;
            }
        }
        Some(Access { region, addr, base, offset, size: i.ty.map(Ty::bytes), ty: i.ty })
    }

    /// Whether two accesses may touch a common byte.
    pub fn may_overlap(&self, a: &Access, b: &Access) -> bool {
        if a.region != b.region || a.region == Region::Const {
            return false;
        }
        // Numbers of instances of different types are in different arrays.
        if a.region == Region::Fields && a.ty != b.ty {
            return false;
        }
        if a.base == b.base
            && let (Some(x), Some(y)) = (a.size, b.size)
        {
            return a.offset < b.offset.saturating_add(i64::from(y)) && b.offset < a.offset.saturating_add(i64::from(x));
        }
        !self.are_apart(a.addr, b.addr)
    }

    /// Whether two addresses lie in different allocations, whatever is added to them.
    pub fn are_apart(&self, a: Value, b: Value) -> bool {
        match (self.root[a], self.root[b]) {
            (Root::Fresh(_), Root::Before | Root::Constant)
            | (Root::Before | Root::Constant, Root::Fresh(_))
            | (Root::Constant, Root::Before)
            | (Root::Before, Root::Constant) => true,
            (Root::Fresh(x), Root::Fresh(y)) => x != y,
            _ => false,
        }
    }

    /// Whether executing `i` may change what `a` reads.
    pub fn may_clobber(&self, func: &Function, i: &InstData, a: &Access) -> bool {
        if !effect(func, i).overlaps(Effect::WRITE) || a.region == Region::Const {
            return false;
        }
        match self.access(func, i) {
            Some(w) => self.may_overlap(&w, a),
            None => match i.op {
                Opcode::MemCopy | Opcode::MemZero => {
                    a.region == Region::Data && !matches!((self.root[i.args[0]], self.root[a.addr]), (Root::Fresh(x), Root::Fresh(y)) if x != y)
                }
                _ => true,
            },
        }
    }
}

fn join_sum(a: Root, b: Root) -> Root {
    match (a, b) {
        (Root::Fresh(x), Root::Fresh(y)) if x != y => Root::Unknown,
        (Root::Fresh(x), _) | (_, Root::Fresh(x)) => Root::Fresh(x),
        (Root::Number, x) | (x, Root::Number) => x,
        (Root::Constant, _) | (_, Root::Constant) => Root::Constant,
        (Root::Before, Root::Before) => Root::Before,
        _ => Root::Unknown,
    }
}
