//! Sets of integers `lo..=hi`, signed, for the value of one machine integer type.

use looplift_mir::{IntCC, Ty};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    pub lo: i64,
    pub hi: i64,
}

impl Interval {
    pub fn new(lo: i64, hi: i64) -> Interval {
        Interval { lo, hi }
    }
    pub fn point(v: i64) -> Interval {
        Interval { lo: v, hi: v }
    }
    /// Everything a type holds.
    pub fn full(ty: Ty) -> Interval {
        match ty {
            Ty::I8 => Interval::new(i8::MIN.into(), i8::MAX.into()),
            Ty::I16 => Interval::new(i16::MIN.into(), i16::MAX.into()),
            Ty::I32 => Interval::new(i32::MIN.into(), i32::MAX.into()),
            Ty::I64 | Ty::Ref | Ty::F32 | Ty::F64 | Ty::F64x2 => Interval::new(i64::MIN, i64::MAX),
        }
    }
    pub fn is_empty(self) -> bool {
        self.lo > self.hi
    }
    pub fn join(self, o: Interval) -> Interval {
        Interval::new(self.lo.min(o.lo), self.hi.max(o.hi))
    }
    pub fn meet(self, o: Interval) -> Interval {
        Interval::new(self.lo.max(o.lo), self.hi.min(o.hi))
    }
    pub fn includes(self, o: Interval) -> bool {
        self.lo <= o.lo && o.hi <= self.hi
    }
    /// The interval of wide results if all fit the type; else everything, as the operation wraps.
    pub fn from_wide(lo: i128, hi: i128, ty: Ty) -> (Interval, bool) {
        let full = Interval::full(ty);
        if lo >= i128::from(full.lo) && hi <= i128::from(full.hi) { (Interval::new(lo as i64, hi as i64), true) } else { (full, false) }
    }
    pub fn add(self, o: Interval, ty: Ty) -> (Interval, bool) {
        Interval::from_wide(i128::from(self.lo) + i128::from(o.lo), i128::from(self.hi) + i128::from(o.hi), ty)
    }
    pub fn sub(self, o: Interval, ty: Ty) -> (Interval, bool) {
        Interval::from_wide(i128::from(self.lo) - i128::from(o.hi), i128::from(self.hi) - i128::from(o.lo), ty)
    }
    pub fn mul(self, o: Interval, ty: Ty) -> (Interval, bool) {
        let all = [self.lo, self.hi].map(|a| [o.lo, o.hi].map(|b| i128::from(a) * i128::from(b)));
        let (mut lo, mut hi) = (i128::MAX, i128::MIN);
        for v in all.into_iter().flatten() {
            lo = lo.min(v);
            hi = hi.max(v);
        }
        Interval::from_wide(lo, hi, ty)
    }
    /// Whether `self cc o` is always true or always false.
    pub fn decide(self, cc: IntCC, o: Interval) -> Option<bool> {
        let (a, b) = (self, o);
        match cc {
            IntCC::Slt => {
                if a.hi < b.lo {
                    Some(true)
                } else if a.lo >= b.hi {
                    Some(false)
                } else {
                    None
                }
            }
            IntCC::Sle => {
                if a.hi <= b.lo {
                    Some(true)
                } else if a.lo > b.hi {
                    Some(false)
                } else {
                    None
                }
            }
            IntCC::Sgt => b.decide(IntCC::Slt, a),
            IntCC::Sge => b.decide(IntCC::Sle, a),
            IntCC::Eq => {
                if a.hi < b.lo || b.hi < a.lo {
                    Some(false)
                } else if a.lo == a.hi && a == b {
                    Some(true)
                } else {
                    None
                }
            }
            IntCC::Ne => a.decide(IntCC::Eq, b).map(|v| !v),
            IntCC::Ult | IntCC::Ule | IntCC::Ugt | IntCC::Uge => {
                let signed = match cc {
                    IntCC::Ult => IntCC::Slt,
                    IntCC::Ule => IntCC::Sle,
                    IntCC::Ugt => IntCC::Sgt,
                    _ => IntCC::Sge,
                };
                // Of one sign the orders agree; a negative number is above all others.
                if (a.lo >= 0 && b.lo >= 0) || (a.hi < 0 && b.hi < 0) {
                    a.decide(signed, b)
                } else if a.hi < 0 && b.lo >= 0 {
                    Some(matches!(cc, IntCC::Ugt | IntCC::Uge))
                } else if a.lo >= 0 && b.hi < 0 {
                    Some(matches!(cc, IntCC::Ult | IntCC::Ule))
                } else {
                    None
                }
            }
        }
    }
    /// What remains of `self` when `self cc o` holds.
    pub fn refine(self, cc: IntCC, o: Interval) -> Interval {
        match cc {
            IntCC::Slt => Interval::new(self.lo, self.hi.min(o.hi.saturating_sub(1))),
            IntCC::Sle => Interval::new(self.lo, self.hi.min(o.hi)),
            IntCC::Sgt => Interval::new(self.lo.max(o.lo.saturating_add(1)), self.hi),
            IntCC::Sge => Interval::new(self.lo.max(o.lo), self.hi),
            IntCC::Eq => self.meet(o),
            IntCC::Ne if o.lo == o.hi => {
                if self.lo == o.lo {
                    Interval::new(self.lo.saturating_add(1), self.hi)
                } else if self.hi == o.lo {
                    Interval::new(self.lo, self.hi.saturating_sub(1))
                } else {
                    self
                }
            }
            IntCC::Ne => self,
            // Below a number that is not negative: not negative itself.
            IntCC::Ult if o.lo >= 0 => Interval::new(self.lo.max(0), self.hi.min(o.hi.saturating_sub(1))),
            IntCC::Ule if o.lo >= 0 => Interval::new(self.lo.max(0), self.hi.min(o.hi)),
            IntCC::Ugt if self.lo >= 0 && o.lo >= 0 => Interval::new(self.lo.max(o.lo.saturating_add(1)), self.hi),
            IntCC::Uge if self.lo >= 0 && o.lo >= 0 => Interval::new(self.lo.max(o.lo), self.hi),
            IntCC::Ult | IntCC::Ule | IntCC::Ugt | IntCC::Uge => self,
        }
    }
}
