//! Slices: CPython's `slice.indices` (Objects/sliceobject.c) for any members, without overflow.

use crate::cx::{Cx, Res, Words};
use crate::inst::Operand;
use looplift_mir::{IntCC, Opcode, Value};
use looplift_types::{SliceTy, Ty, TyKind};

/// A slice applied to an axis: first index, number of items, step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub start: Value,
    pub len: Value,
    pub step: Value,
}

/// Whether every member is `none` (or a step of 1): the whole axis.
pub(crate) fn is_full(s: SliceTy) -> bool {
    s.start.is_none() && s.stop.is_none() && (s.step.is_none() || s.step.as_lit_int() == Some(1))
}

impl Cx<'_> {
    /// The members of a slice as int64 values, `None` for `none`.
    fn slice_members(&mut self, s: SliceTy, w: &[Value]) -> Res<[Option<Value>; 3]> {
        let mut out = [None; 3];
        let mut words = w.iter();
        for (slot, ty) in out.iter_mut().zip([s.start, s.stop, s.step]) {
            *slot = match ty.kind() {
                TyKind::None => None,
                TyKind::Int(_) => words.next().copied(),
                TyKind::Literal(_) => match ty.as_lit_int() {
                    Some(n) => Some(self.i64(n)),
                    None => return self.unsupported(format!("a slice member of type {ty}")),
                },
                _ => return self.unsupported(format!("a slice member of type {ty}")),
            };
        }
        Ok(out)
    }

    pub fn slice_bounds(&mut self, s: SliceTy, w: &[Value], n: Value) -> Res<Bounds> {
        let [start, stop, step] = self.slice_members(s, w)?;
        let zero = self.i64(0);
        let step = match step {
            Some(s) => s,
            None => self.i64(1),
        };
        match self.const_int(step) {
            Some(k) if k > 0 => {
                let start = match start {
                    Some(v) => self.clamp_up(v, n),
                    None => zero,
                };
                let stop = match stop {
                    Some(v) => self.clamp_up(v, n),
                    None => n,
                };
                if k == 1 {
                    // Both are in 0..=n, so the difference does not overflow.
                    let len = match self.const_int(start) {
                        Some(0) => stop,
                        _ => {
                            let d = self.b.binary(Opcode::Isub, stop, start);
                            self.b.binary(Opcode::Smax, d, zero)
                        }
                    };
                    return Ok(Bounds { start, len, step });
                }
                let len = self.slice_len(start, stop, step);
                Ok(Bounds { start, len, step })
            }
            Some(k) if k < 0 => {
                let last = self.last_index(n);
                let start = match start {
                    Some(v) => self.clamp_down(v, n),
                    None => last,
                };
                let stop = match stop {
                    Some(v) => self.clamp_down(v, n),
                    None => self.i64(-1),
                };
                let size = self.i64(k.unsigned_abs() as i64);
                let len = self.slice_len(stop, start, size);
                Ok(Bounds { start, len, step })
            }
            _ => {
                let ok = self.truth(step);
                self.check(ok, "ValueError", "slice step cannot be zero", &[])?;
                let up = self.icmp_const(IntCC::Sgt, step, 0);
                let last = self.last_index(n);
                let minus = self.i64(-1);
                let start = match start {
                    Some(v) => self.clamp_either(up, v, n),
                    None => self.b.select(up, zero, last),
                };
                let stop = match stop {
                    Some(v) => self.clamp_either(up, v, n),
                    None => self.b.select(up, n, minus),
                };
                let low = self.b.select(up, start, stop);
                let high = self.b.select(up, stop, start);
                let size = self.b.unary(Opcode::Iabs, step);
                let len = self.slice_len(low, high, size);
                Ok(Bounds { start, len, step })
            }
        }
    }

    fn last_index(&mut self, n: Value) -> Value {
        let one = self.i64(1);
        self.b.binary(Opcode::Isub, n, one)
    }
    /// Into 0..=n.
    fn clamp_up(&mut self, v: Value, n: Value) -> Value {
        if self.const_int(v) == Some(0) {
            return v;
        }
        let w = self.wrap_index(v, n);
        let zero = self.i64(0);
        let low = if self.const_int(v).is_some_and(|k| k > 0) { w } else { self.b.binary(Opcode::Smax, w, zero) };
        self.b.binary(Opcode::Smin, low, n)
    }
    /// Into -1..n.
    fn clamp_down(&mut self, v: Value, n: Value) -> Value {
        let w = self.wrap_index(v, n);
        let minus = self.i64(-1);
        let low = self.b.binary(Opcode::Smax, w, minus);
        let last = self.last_index(n);
        self.b.binary(Opcode::Smin, low, last)
    }
    fn clamp_either(&mut self, up: Value, v: Value, n: Value) -> Value {
        let a = self.clamp_up(v, n);
        let b = self.clamp_down(v, n);
        self.b.select(up, a, b)
    }
    /// (high - low - 1) / size + 1 if low < high. The size is unsigned, not 0.
    fn slice_len(&mut self, low: Value, high: Value, size: Value) -> Value {
        let zero = self.i64(0);
        let one = self.i64(1);
        let some = self.b.icmp(IntCC::Slt, low, high);
        let distance = self.b.binary(Opcode::Isub, high, low);
        if self.const_int(size) == Some(1) {
            return self.b.select(some, distance, zero);
        }
        let last = self.b.binary(Opcode::Isub, distance, one);
        let whole = self.b.binary(Opcode::Udiv, last, size);
        let len = self.b.binary(Opcode::Iadd, whole, one);
        self.b.select(some, len, zero)
    }

    pub fn slice_attr(&mut self, ops: &[Operand]) -> Res<Words> {
        let TyKind::Slice(s) = ops[0].ty.kind() else { return self.internal(format!("{} is not a slice", ops[0].ty)) };
        let which = match self.text(&ops[1])? {
            "start" => 0,
            "stop" => 1,
            "step" => 2,
            other => return self.internal(format!("slice attribute {other}")),
        };
        let types: [Ty; 3] = [s.start, s.stop, s.step];
        // Literal members have no words, as a value of their type.
        match self.elem(&types, &ops[0].words, which)? {
            Some((_, w)) => Ok(w),
            None => self.internal("a slice's words"),
        }
    }
}
