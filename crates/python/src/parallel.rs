//! Parallel loops: one compiled loop function run on pieces of its range by several threads.
//!
//! `looplift._parallel.ParallelLoop` has the loop function and says how the values of pieces combine. A run goes: operands
//! from compiled code, as words; the range cut into pieces, by its length alone; each piece in a call of the loop function
//! with its part of the range and neutral values for reductions, without the GIL; the values combined in the order of the
//! pieces. So results do not depend on the number of threads. The first exception in the order of pieces is raised.

use crate::context;
use crate::dispatcher::object::from_object;
use crate::pending;
use looplift_abi::ctx::Entry;
use looplift_capi::type_object::Type;
use looplift_capi::{boxing, unbox, words};
use looplift_driver::Compiled;
use looplift_runtime::{parallel, random, thread};
use looplift_types::{FloatTy, Ty, TyKind};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Pieces of a loop without a chunk size: enough to balance uneven ones, few enough to cost little.
const PIECES: i64 = 64;

/// Pieces of a loop with a chunk size: each has operands and results in memory.
const MAX_PIECES: i64 = 1 << 16;

/// How the values of pieces become the value of the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Combine {
    Sum,
    Product,
    And,
    Or,
    Xor,
    Min,
    Max,
    /// That of the last piece that has set it; the flag is the result before it.
    Last,
    /// Whether some piece has set it.
    Flag,
    /// The same in all.
    Any,
}

impl Combine {
    fn parse(name: &str) -> PyResult<Combine> {
        Ok(match name {
            "sum" => Combine::Sum,
            "product" => Combine::Product,
            "and" => Combine::And,
            "or" => Combine::Or,
            "xor" => Combine::Xor,
            "min" => Combine::Min,
            "max" => Combine::Max,
            "last" => Combine::Last,
            "flag" => Combine::Flag,
            "any" => Combine::Any,
            _ => return Err(PyValueError::new_err(format!("no way to combine is called {name}"))),
        })
    }
}

struct Field {
    combine: Combine,
    ty: Ty,
    /// Words before it in the result, and of it.
    at: usize,
    words: usize,
    /// The argument whose value a reduction starts from, and its words before it.
    argument: Option<(Ty, usize)>,
    /// A reduction that changes an array in place.
    in_place: bool,
}

/// What a run needs, read once from a `ParallelLoop` for one signature.
pub struct Plan {
    entry: Entry,
    /// Keeps the code alive.
    #[expect(dead_code, reason = "owned for its destructor")]
    compiled: Arc<Compiled>,
    arg_words: usize,
    ret: Ty,
    ret_words: usize,
    fields: Vec<Field>,
}

impl Plan {
    /// The plan of a loop for operands of the types that it knows by a number.
    pub fn new(py: Python<'_>, parallel_loop: &Bound<'_, PyAny>, signature: usize) -> PyResult<Plan> {
        let broken = || PyRuntimeError::new_err("a parallel loop is not compiled");
        let types: Vec<Type> = parallel_loop.getattr("signatures")?.get_item(signature)?.extract()?;
        let types: &[Ty] = &types.into_iter().map(|t| t.0).collect::<Vec<_>>();
        let dispatcher = parallel_loop.getattr("dispatcher")?;
        let found = from_object(&dispatcher)?.rust().find(types).ok_or_else(broken)?;
        let (entry, compiled, ret) = (found.entry, found.compiled.clone(), found.ret_ty);
        let rows: Vec<(String, Option<usize>, bool)> = parallel_loop.getattr("fields")?.extract()?;
        let elems = ret.tuple_elems().ok_or_else(broken)?;
        if elems.len() != rows.len() {
            return Err(broken());
        }
        let count = |t: Ty| words::count(t).ok_or_else(broken);
        let mut fields = Vec::new();
        let mut at = 0;
        for (&ty, (name, argument, in_place)) in elems.iter().zip(rows) {
            let n = count(ty)?;
            let argument = match argument {
                Some(k) => Some((types[k], types[..k].iter().try_fold(0, |s, t| Ok::<_, PyErr>(s + count(*t)?))?)),
                None => None,
            };
            fields.push(Field { combine: Combine::parse(&name)?, ty, at, words: n, argument, in_place });
            at += n;
        }
        let _ = py;
        Ok(Plan { entry, compiled, arg_words: words::total(types).ok_or_else(broken)?, ret, ret_words: at, fields })
    }

    /// Runs the loop.
    ///
    /// # Safety
    /// `args` has the words of the operands, `out` room for those of the result.
    pub unsafe fn run(&self, py: Python<'_>, args: *const u64, out: *mut u64) -> PyResult<()> {
        // SAFETY: the caller's promise.
        let args = unsafe { std::slice::from_raw_parts(args, self.arg_words) };
        let (start, stop, step) = (args[0] as i64, args[1] as i64, args[2] as i64);
        let n = length(start, stop, step);
        // Loops inside choose for themselves.
        let chosen = ChunkKept(parallel::set_chunk(0));
        let chunk = chosen.0 as i64;
        let pieces = if chunk > 0 { (n / chunk + i64::from(n % chunk != 0)).min(MAX_PIECES) } else { n.min(PIECES) };
        // Neutral arrays must live as long as the pieces that are given them.
        let mut kept = Vec::new();
        let mut inputs: Vec<Vec<u64>> = Vec::with_capacity(pieces as usize);
        for k in 0..pieces {
            let mut words = args.to_vec();
            let (lo, hi) = (share(n, pieces, k), share(n, pieces, k + 1));
            words[0] = start.wrapping_add(lo.wrapping_mul(step)) as u64;
            words[1] = if hi == n { stop } else { start.wrapping_add(hi.wrapping_mul(step)) } as u64;
            for f in &self.fields {
                self.neutral(py, f, &mut words, &mut kept)?;
            }
            inputs.push(words);
        }
        let results = self.pieces(py, &inputs)?;
        self.combine(py, args, results, out)
    }

    /// Puts the neutral value of a reduction in place of the argument it starts from.
    fn neutral<'py>(&self, py: Python<'py>, f: &Field, words: &mut [u64], kept: &mut Vec<Bound<'py, PyAny>>) -> PyResult<()> {
        let Some((ty, at)) = f.argument else { return Ok(()) };
        let one = match f.combine {
            Combine::Sum | Combine::Or | Combine::Xor => false,
            Combine::Product => true,
            Combine::And => {
                words[at] = if ty.kind() == &TyKind::Bool { 1 } else { u64::MAX };
                return Ok(());
            }
            Combine::Min | Combine::Max | Combine::Last | Combine::Flag | Combine::Any => return Ok(()),
        };
        if ty.as_array().is_some() {
            let n = words::count(ty).unwrap_or(0);
            // SAFETY: the operand's words, an owner of which is counted for boxing.
            let array = unsafe {
                context::own(ty, &words[at..at + n]);
                boxing::to_python(py, ty, &words[at..at + n], context::release)?
            };
            let made = py.import("numpy")?.getattr(if one { "ones_like" } else { "zeros_like" })?.call1((array,))?;
            unbox::convert(&made, ty, &mut words[at..at + n])?;
            kept.push(made);
            return Ok(());
        }
        let n = words::count(ty).unwrap_or(0);
        words[at..at + n].fill(0);
        if one {
            words[at] = match ty.kind() {
                TyKind::Float(FloatTy::F64) => 1f64.to_bits(),
                TyKind::Float(_) => u64::from(1f32.to_bits()),
                TyKind::Complex(c) if c.part() == FloatTy::F64 => 1f64.to_bits(),
                TyKind::Complex(_) => u64::from(1f32.to_bits()),
                _ => 1,
            };
        }
        Ok(())
    }

    /// Runs all pieces without the GIL; their results in order, or the exception of the first that raised one.
    fn pieces(&self, py: Python<'_>, inputs: &[Vec<u64>]) -> PyResult<Vec<Vec<u64>>> {
        let outcomes: Vec<Mutex<Option<PyResult<Vec<u64>>>>> = inputs.iter().map(|_| Mutex::new(None)).collect();
        let failed = AtomicBool::new(false);
        let entry = self.entry;
        let ret_words = self.ret_words.max(1);
        let threads = threads(py)?;
        let key = random::begin_loop();
        let one = |k: usize| {
            if failed.load(Ordering::Relaxed) {
                return;
            }
            let mut ret = vec![0u64; ret_words];
            let status = {
                let running = thread::enter();
                let _streams = random::begin_piece(key, k);
                // SAFETY: words and room as the loop function's signature has them; the context is this thread's.
                unsafe { entry(running.ctx(), inputs[k].as_ptr(), ret.as_mut_ptr()) }
            };
            let outcome = if status == 0 {
                Ok(ret)
            } else {
                Python::attach(|py| {
                    // SAFETY: this thread's context, with an exception pending.
                    unsafe { pending::raise(py, &mut *thread::current_ctx()) };
                    Err(PyErr::take(py).unwrap_or_else(|| crate::errors::internal(py, "a parallel loop failed without an exception")))
                })
            };
            if outcome.is_err() {
                failed.store(true, Ordering::Relaxed);
            }
            *outcomes[k].lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(outcome);
        };
        let guarded = |k: usize| {
            if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| one(k))).is_err() {
                failed.store(true, Ordering::Relaxed);
            }
        };
        py.detach(|| parallel::run(threads, inputs.len(), with_state, &guarded));
        let mut all = Vec::with_capacity(inputs.len());
        let mut error = None;
        for o in outcomes {
            match o.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
                Some(Ok(words)) => all.push(words),
                Some(Err(e)) => {
                    error.get_or_insert(e);
                }
                None => {}
            }
        }
        if all.len() == inputs.len() {
            return Ok(all);
        }
        for words in &all {
            self.drop_result(py, words)?;
        }
        Err(error.unwrap_or_else(|| crate::errors::internal(py, "a piece of a parallel loop did not end")))
    }

    /// Gives up what the words of a piece's result own.
    fn drop_result(&self, py: Python<'_>, words: &[u64]) -> PyResult<()> {
        // SAFETY: a result of the loop function, owned, and not used again.
        unsafe { boxing::to_python(py, self.ret, &words[..self.ret_words], context::release).map(drop) }
    }

    /// What the parts own is given up at the end; what becomes part of the result is counted once more before.
    fn combine(&self, py: Python<'_>, args: &[u64], results: Vec<Vec<u64>>, out: *mut u64) -> PyResult<()> {
        let combined = self.combined(py, args, &results, out);
        for words in &results {
            self.drop_result(py, words)?;
        }
        combined
    }

    fn combined(&self, py: Python<'_>, args: &[u64], results: &[Vec<u64>], out: *mut u64) -> PyResult<()> {
        for (n, f) in self.fields.iter().enumerate() {
            // SAFETY: the result's words have room there.
            let to = unsafe { std::slice::from_raw_parts_mut(out.add(f.at), f.words) };
            let part = |words: &'_ [u64]| words[f.at..f.at + f.words].to_vec();
            match f.combine {
                Combine::Last | Combine::Any | Combine::Flag => {
                    let flag = (f.combine == Combine::Last).then(|| self.fields[n - 1].at);
                    let flag = if f.combine == Combine::Flag { Some(f.at) } else { flag };
                    let last = results.iter().rev().find(|w| flag.is_none_or(|at| w[at] as u8 != 0));
                    match last {
                        Some(words) => {
                            to.copy_from_slice(&part(words));
                            context::own(f.ty, to);
                        }
                        None => to.fill(0),
                    }
                }
                Combine::Sum | Combine::Product | Combine::And | Combine::Or | Combine::Xor | Combine::Min | Combine::Max => {
                    let Some((ty, at)) = f.argument else { return Err(PyRuntimeError::new_err("a reduction without a start")) };
                    let count = words::count(ty).unwrap_or(0);
                    // SAFETY: the operand's words, counted for boxing.
                    let mut total = unsafe {
                        context::own(ty, &args[at..at + count]);
                        boxing::to_python(py, ty, &args[at..at + count], context::release)?
                    };
                    if f.ty.as_array().is_none() {
                        unbox::convert(&total, f.ty, to)?;
                        for words in results {
                            scalar(f.combine, f.ty, to, &part(words));
                        }
                        continue;
                    }
                    let name = match (f.combine, f.in_place) {
                        (Combine::Sum, true) => "iadd",
                        (Combine::Sum, false) => "add",
                        (Combine::Product, true) => "imul",
                        _ => "mul",
                    };
                    let operation = py.import("operator")?.getattr(name)?;
                    for words in results {
                        let p = part(words);
                        // SAFETY: an owned part of a result, counted once more for boxing.
                        let piece = unsafe {
                            context::own(f.ty, &p);
                            boxing::to_python(py, f.ty, &p, context::release)?
                        };
                        total = operation.call1((total, piece))?;
                    }
                    unbox::convert(&total, f.ty, to)?;
                    context::own(f.ty, to);
                }
            }
        }
        Ok(())
    }
}

/// Sets the chunk size of the thread again when a loop ends.
struct ChunkKept(usize);

impl Drop for ChunkKept {
    fn drop(&mut self) {
        parallel::set_chunk(self.0);
    }
}

/// Attached once around all pieces of a thread: a Python exception stays in the thread's state until it is taken.
fn with_state(pieces: &mut dyn FnMut()) {
    Python::attach(|py| {
        let mut pieces = Unchecked(pieces);
        py.detach(move || pieces.run());
    });
}

/// Goes where Python's lock is released: the pieces use nothing of Python that they do not attach for.
struct Unchecked<'a>(&'a mut dyn FnMut());

impl Unchecked<'_> {
    fn run(&mut self) {
        (self.0)();
    }
}

// SAFETY: it stays in its thread; `Send` stands for not using Python here.
unsafe impl Send for Unchecked<'_> {}

/// The first iteration of piece `k`.
fn share(n: i64, pieces: i64, k: i64) -> i64 {
    (i128::from(n) * i128::from(k) / i128::from(pieces.max(1))) as i64
}

fn length(start: i64, stop: i64, step: i64) -> i64 {
    let (start, stop, step) = (i128::from(start), i128::from(stop), i128::from(step));
    let n = if step > 0 { (stop - start + step - 1).div_euclid(step) } else { (start - stop - step - 1).div_euclid(-step) };
    n.clamp(0, i128::from(i64::MAX)) as i64
}

/// Combines a part into a total of type `ty`.
fn scalar(how: Combine, ty: Ty, total: &mut [u64], part: &[u64]) {
    macro_rules! ints {
        ($t:ty) => {{
            let (a, b) = (total[0] as $t, part[0] as $t);
            let r: $t = match how {
                Combine::Sum => a.wrapping_add(b),
                Combine::Product => a.wrapping_mul(b),
                Combine::And => a & b,
                Combine::Or => a | b,
                Combine::Xor => a ^ b,
                Combine::Min => {
                    if b < a {
                        b
                    } else {
                        a
                    }
                }
                _ => {
                    if b > a {
                        b
                    } else {
                        a
                    }
                }
            };
            total[0] = r as i64 as u64;
        }};
    }
    macro_rules! floats {
        ($t:ty, $bits:ty) => {{
            let (a, b) = (<$t>::from_bits(total[0] as $bits), <$t>::from_bits(part[0] as $bits));
            let r = match how {
                Combine::Sum => a + b,
                Combine::Product => a * b,
                Combine::Min => {
                    if b < a {
                        b
                    } else {
                        a
                    }
                }
                _ => {
                    if b > a {
                        b
                    } else {
                        a
                    }
                }
            };
            total[0] = r.to_bits() as u64;
        }};
    }
    macro_rules! complexes {
        ($t:ty, $bits:ty) => {{
            let at = |w: u64| <$t>::from_bits(w as $bits);
            let (a, b, c, d) = (at(total[0]), at(total[1]), at(part[0]), at(part[1]));
            let (re, im) = if how == Combine::Sum { (a + c, b + d) } else { (a * c - b * d, a * d + b * c) };
            (total[0], total[1]) = (re.to_bits() as u64, im.to_bits() as u64);
        }};
    }
    match ty.kind() {
        TyKind::Bool => {
            let (a, b) = (total[0] as u8, part[0] as u8);
            total[0] = u64::from(match how {
                Combine::And | Combine::Min | Combine::Product => a & b,
                Combine::Xor => a ^ b,
                _ => a | b,
            });
        }
        TyKind::Int(i) => match (i.bits, i.signed) {
            (8, true) => ints!(i8),
            (8, false) => ints!(u8),
            (16, true) => ints!(i16),
            (16, false) => ints!(u16),
            (32, true) => ints!(i32),
            (32, false) => ints!(u32),
            (_, true) => ints!(i64),
            (_, false) => ints!(u64),
        },
        TyKind::Float(FloatTy::F64) => floats!(f64, u64),
        TyKind::Float(_) => floats!(f32, u32),
        TyKind::Complex(c) if c.part() == FloatTy::F64 => complexes!(f64, u64),
        TyKind::Complex(_) => complexes!(f32, u32),
        _ => {}
    }
}

/// Threads that a run may use.
fn threads(py: Python<'_>) -> PyResult<usize> {
    match parallel::limit() {
        0 => py.import("looplift._threads")?.getattr("maximum")?.call0()?.extract(),
        n => Ok(n),
    }
}

/// Sets the number of threads that parallel loops called from this thread use.
#[pyfunction]
pub fn set_thread_limit(n: usize) {
    parallel::set_limit(n);
}

/// The number that was set in this thread, or 0.
#[pyfunction]
pub fn thread_limit() -> usize {
    parallel::limit()
}

/// Sets the iterations of a piece of a parallel loop called from this thread, 0 for as many as suit; gives what was set.
#[pyfunction]
pub fn set_parallel_chunk(n: usize) -> usize {
    parallel::set_chunk(n)
}

/// The iterations of a piece that were set in this thread, or 0.
#[pyfunction]
pub fn parallel_chunk() -> usize {
    parallel::chunk()
}

/// The number of the calling thread in the parallel loop that it runs.
#[pyfunction]
pub fn thread_number() -> i64 {
    parallel::thread_number()
}
