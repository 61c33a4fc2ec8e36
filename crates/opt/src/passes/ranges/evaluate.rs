//! The interval of a result, from those of the operands.

use super::Ranges;
use crate::analysis::edit::{const_int, sign_extend};
use crate::analysis::interval::Interval;
use looplift_mir::*;

impl Ranges<'_> {
    /// The interval of a result, and whether an addition or subtraction is exact.
    pub(super) fn evaluate(&self, d: &InstData, ty: Ty) -> (Interval, bool) {
        use Opcode as O;
        let full = Interval::full(ty);
        let arg = |n: usize| self.get(d.args[n]);
        let plain = |v: Interval| (v, false);
        let safe = |v: Interval| if v.is_empty() { full } else { v };
        match d.op {
            O::Iconst => match d.imm {
                Imm::Int(n) => plain(Interval::point(sign_extend(n, ty))),
                _ => plain(full),
            },
            O::Iadd | O::Isub => {
                let (a, b) = (safe(arg(0)), safe(arg(1)));
                if d.op == O::Iadd { a.add(b, ty) } else { self.difference(d, a, b, ty) }
            }
            O::Imul => plain(safe(arg(0)).mul(safe(arg(1)), ty).0),
            O::Ineg => plain(Interval::point(0).sub(safe(arg(0)), ty).0),
            O::Iabs => {
                let a = safe(arg(0));
                if a.lo == full.lo {
                    return plain(full);
                }
                let hi = a.lo.abs().max(a.hi.abs());
                plain(Interval::new(if a.lo <= 0 && a.hi >= 0 { 0 } else { a.lo.abs().min(a.hi.abs()) }, hi))
            }
            O::Smin => {
                let (a, b) = (safe(arg(0)), safe(arg(1)));
                plain(Interval::new(a.lo.min(b.lo), a.hi.min(b.hi)))
            }
            O::Smax => {
                let (a, b) = (safe(arg(0)), safe(arg(1)));
                plain(Interval::new(a.lo.max(b.lo), a.hi.max(b.hi)))
            }
            O::Umin => {
                let (a, b) = (safe(arg(0)), safe(arg(1)));
                if a.lo >= 0 && b.lo >= 0 { plain(Interval::new(a.lo.min(b.lo), a.hi.min(b.hi))) } else { plain(full) }
            }
            O::Band => {
                let (a, b) = (safe(arg(0)), safe(arg(1)));
                match (a.lo >= 0, b.lo >= 0) {
                    (true, true) => plain(Interval::new(0, a.hi.min(b.hi))),
                    (true, false) => plain(Interval::new(0, a.hi)),
                    (false, true) => plain(Interval::new(0, b.hi)),
                    (false, false) => plain(full),
                }
            }
            O::Bor | O::Bxor => {
                let (a, b) = (safe(arg(0)), safe(arg(1)));
                if a.lo < 0 || b.lo < 0 {
                    return plain(full);
                }
                let bits = 64 - (a.hi | b.hi).leading_zeros();
                plain(Interval::new(0, if bits >= 63 { full.hi } else { ((1i64 << bits) - 1).min(full.hi) }))
            }
            O::Shl => match const_int(self.func, d.args[1]) {
                Some(k) if (0..62).contains(&k) => plain(safe(arg(0)).mul(Interval::point(1 << k), ty).0),
                _ => plain(full),
            },
            O::Sshr | O::Ushr => {
                let a = safe(arg(0));
                match const_int(self.func, d.args[1]) {
                    Some(k) if (0..i64::from(ty.bits())).contains(&k) && (d.op == O::Sshr || a.lo >= 0) => plain(Interval::new(a.lo >> k, a.hi >> k)),
                    Some(k) if (1..i64::from(ty.bits())).contains(&k) => plain(Interval::new(0, (u64::MAX >> (64 - ty.bits() + k as u32)) as i64)),
                    _ if a.lo >= 0 => plain(Interval::new(0, a.hi)),
                    _ => plain(full),
                }
            }
            O::FloorDiv | O::Sdiv | O::Udiv => {
                let (a, b) = (safe(arg(0)), safe(arg(1)));
                if a.lo >= 0 && b.lo > 0 {
                    plain(Interval::new(a.lo / b.hi, a.hi / b.lo))
                } else if b.lo > 0 && d.op != O::Udiv {
                    plain(Interval::new(a.lo.min(0), a.hi.max(0)))
                } else {
                    plain(full)
                }
            }
            O::FloorMod => {
                let b = safe(arg(1));
                if b.lo > 0 {
                    plain(Interval::new(0, b.hi - 1))
                } else if b.hi < 0 {
                    plain(Interval::new(b.lo.saturating_add(1), 0))
                } else {
                    plain(full)
                }
            }
            O::Srem | O::Urem => {
                let (a, b) = (safe(arg(0)), safe(arg(1)));
                if b.lo <= 0 {
                    return plain(full);
                }
                if a.lo >= 0 {
                    plain(Interval::new(0, a.hi.min(b.hi - 1)))
                } else if d.op == O::Urem {
                    plain(Interval::new(0, b.hi - 1))
                } else {
                    plain(Interval::new(1 - b.hi, b.hi - 1))
                }
            }
            O::Select => plain(match self.chosen(d) {
                Some(arm) => safe(self.get(arm)),
                None => safe(arg(1)).join(safe(arg(2))),
            }),
            O::Sext => plain(safe(arg(0))),
            O::Zext => {
                let a = safe(arg(0));
                let from = self.func.ty(d.args[0]);
                plain(if a.lo >= 0 { a } else { Interval::new(0, ((1i128 << from.bits()) - 1) as i64) })
            }
            O::Ireduce => {
                let a = safe(arg(0));
                plain(if full.includes(a) { a } else { full })
            }
            O::Icmp => plain(match d.imm {
                Imm::ICond(cc) if self.func.ty(d.args[0]).is_int() => match self.decide(cc, d.args[0], d.args[1]) {
                    Some(v) => Interval::point(v.into()),
                    None => Interval::new(0, 1),
                },
                _ => Interval::new(0, 1),
            }),
            O::Fcmp => plain(Interval::new(0, 1)),
            O::Popcnt | O::Clz | O::Ctz => plain(Interval::new(0, ty.bits().into())),
            _ => plain(full),
        }
    }

    /// The operand that a `select` always takes.
    pub(super) fn chosen(&self, d: &InstData) -> Option<Value> {
        if d.op != Opcode::Select || !self.func.ty(d.args[1]).is_int() {
            return None;
        }
        let c = self.get(d.args[0]);
        if c == Interval::point(0) {
            Some(d.args[2])
        } else if c.lo > 0 || c.hi < 0 {
            Some(d.args[1])
        } else {
            None
        }
    }

    /// `a - b` where `b <= a` is known is not negative even if the intervals do not say so.
    fn difference(&self, d: &InstData, a: Interval, b: Interval, ty: Ty) -> (Interval, bool) {
        let (v, exact) = a.sub(b, ty);
        if exact || b.lo < 0 {
            return (v, exact);
        }
        if a.lo >= 0 && self.proves(d.args[1], d.args[0], 0) {
            return (Interval::new(0, a.hi), true);
        }
        (v, exact)
    }
}
