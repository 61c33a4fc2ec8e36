//! Floating-point errors that are nobody's: vector loops compute in lanes that no element has, and on both sides of a branch, and
//! elementary functions compute first and then replace what is out of the ordinary.
//!
//! NumPy asks the processor after a loop what errors there were. Where a loop newly reports some, operands are looked at: an invalid operation
//! leaves a NaN where there was none, a division by zero or an overflow an infinity or (in what follows) a NaN, an underflow a number that is
//! hardly one. What has left no trace is taken back; an overflow only where inputs are so large that intermediate results of functions overflow.

use super::Loop;
use looplift_runtime::float_errors::{set_status, status};
use looplift_types::{FloatTy, Ty, TyKind};
use std::ffi::c_char;

/// Bits of MXCSR.
const INVALID: u32 = 1;
const DIVIDED_BY_ZERO: u32 = 1 << 2;
const OVERFLOW: u32 = 1 << 3;
const UNDERFLOW: u32 = 1 << 4;

/// Up to here an overflow is the program's own: angles are reduced without one.
const MODERATE: f64 = 1e34;

/// An operand of floats, or of complex numbers, which have two parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand {
    operand: usize,
    parts: usize,
    double: bool,
    /// That the loop writes it.
    written: bool,
}

/// The operands whose elements can be NaN; `types` are those of all operands' elements.
pub(super) fn operands(types: &[Ty], written: impl Fn(usize) -> bool) -> Box<[Operand]> {
    let float = |f: FloatTy| matches!(f, FloatTy::F32 | FloatTy::F64).then_some(f == FloatTy::F64);
    let found = |(operand, t): (usize, &Ty)| {
        let (parts, double) = match t.kind() {
            TyKind::Float(f) => (1, float(*f)?),
            TyKind::Complex(c) => (2, float(c.part())?),
            _ => return None,
        };
        Some(Operand { operand, parts, double, written: written(operand) })
    };
    types.iter().enumerate().filter_map(found).collect()
}

/// NumPy's arguments of an inner loop, without what only compiled code needs.
#[derive(Clone, Copy)]
pub(super) struct Shape<'a> {
    pub l: &'a Loop,
    pub starts: &'a [*mut c_char],
    /// Times that the loop runs.
    pub n: isize,
    pub dims: *mut isize,
    pub steps: *mut isize,
}

/// Runs a loop and takes back what it says of no element.
///
/// # Safety
/// As for the inner loop that `run` is.
pub(super) unsafe fn settled(shape: Shape<'_>, run: impl FnOnce() -> bool) -> bool {
    let before = status();
    let done = run();
    let now = status();
    let new = now & !before & (INVALID | DIVIDED_BY_ZERO | OVERFLOW | UNDERFLOW);
    if new != 0 {
        // SAFETY: the caller's promise.
        let stray = new & !unsafe { shape.shown(new) };
        if stray != 0 {
            set_status(now & !stray);
        }
    }
    done
}

/// What one time of the loop has among its elements.
#[derive(Clone, Copy, Default)]
struct Seen {
    nan: usize,
    infinite: usize,
    /// Zeros and subnormal numbers.
    tiny: bool,
    huge: bool,
}

impl Seen {
    fn note(&mut self, parts: &[f64]) {
        self.nan += usize::from(parts.iter().any(|v| v.is_nan()));
        self.infinite += usize::from(parts.iter().any(|v| v.is_infinite()));
        self.tiny |= parts.iter().any(|v| v.abs() < f64::MIN_POSITIVE);
        self.huge |= parts.iter().any(|v| v.abs() > MODERATE);
    }
}

impl Shape<'_> {
    /// Those of the errors that operands show.
    unsafe fn shown(&self, errors: u32) -> u32 {
        let (mut shown, mut huge) = (0, false);
        // SAFETY: the caller's promise; what is written over does not tell what it was.
        let reads: Vec<bool> = self.l.floats.iter().map(|o| !o.written && !unsafe { self.is_written_over(o.operand) }).collect();
        for i in 0..self.n {
            let (mut given, mut made) = (Seen::default(), Seen::default());
            for (o, &read) in self.l.floats.iter().zip(&reads) {
                if o.written || read {
                    // SAFETY: the operand's element, or array of elements, of this time.
                    unsafe { self.visit(o, i, if o.written { &mut made } else { &mut given }) };
                }
            }
            huge |= given.huge;
            if made.nan > given.nan {
                shown |= INVALID | DIVIDED_BY_ZERO | OVERFLOW;
            }
            if made.infinite > given.infinite {
                shown |= DIVIDED_BY_ZERO | OVERFLOW;
            }
            if made.tiny && given.infinite == 0 {
                shown |= UNDERFLOW;
            }
            if shown & errors == errors {
                return shown;
            }
        }
        if huge { shown } else { shown | OVERFLOW }
    }

    /// Steps of an operand's core dimensions, which come after those of the loop, operand by operand.
    unsafe fn core(&self, operand: usize) -> impl Iterator<Item = (isize, isize)> + Clone {
        let cores = &self.l.core;
        let first = cores.len() + cores[..operand].iter().map(|c| c.len()).sum::<usize>();
        let (dims, steps) = (self.dims, self.steps);
        // SAFETY: NumPy gives a length for each core dimension and a step for each of each operand's.
        cores[operand].iter().enumerate().map(move |(k, &d)| unsafe { (*dims.add(1 + d), *steps.add(first + k)) })
    }

    /// Notes the elements of an operand that time `i` of the loop works on.
    unsafe fn visit(&self, o: &Operand, i: isize, seen: &mut Seen) {
        // SAFETY: elements of the operand; they may lie anywhere.
        unsafe {
            let core: Vec<(isize, isize)> = self.core(o.operand).collect();
            if core.iter().any(|&(n, _)| n <= 0) {
                return;
            }
            let mut at = self.starts[o.operand].offset(i * *self.steps.add(o.operand));
            let mut index = vec![0isize; core.len()];
            loop {
                let part = |k: usize| match o.double {
                    true => at.cast::<f64>().add(k).read_unaligned(),
                    false => {
                        let v = at.cast::<f32>().add(k).read_unaligned();
                        // Subnormal numbers stay such.
                        if v.is_subnormal() { f64::from_bits(1) } else { f64::from(v) }
                    }
                };
                match o.parts {
                    1 => seen.note(&[part(0)]),
                    _ => seen.note(&[part(0), part(1)]),
                }
                let mut k = core.len();
                loop {
                    if k == 0 {
                        return;
                    }
                    k -= 1;
                    let (n, step) = core[k];
                    index[k] += 1;
                    if index[k] < n {
                        at = at.wrapping_offset(step);
                        break;
                    }
                    at = at.wrapping_offset(-step * (n - 1));
                    index[k] = 0;
                }
            }
        }
    }

    /// Whether an operand shares memory with one that is written.
    unsafe fn is_written_over(&self, operand: usize) -> bool {
        // SAFETY: the caller's promise.
        let range = |k: usize| unsafe {
            let axes = std::iter::once((self.n, *self.steps.add(k))).chain(self.core(k));
            let start = self.starts[k] as isize;
            axes.fold((start, start + self.l.sizes[k] as isize), |(low, high), (n, step)| {
                let way = step.wrapping_mul(n - 1);
                (low + way.min(0), high + way.max(0))
            })
        };
        let (low, high) = range(operand);
        self.l.floats.iter().filter(|o| o.written).any(|o| {
            let (start, end) = range(o.operand);
            start < high && low < end
        })
    }
}
