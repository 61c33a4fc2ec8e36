//! Parallel loops: one compiled loop function run on pieces of its range by several threads.
//!
//! `looplift._parallel.ParallelLoop` has the loop function and says how the values of pieces combine. A run goes: operands
//! from compiled code, as words; the range cut into pieces, by its length alone; each piece in a call of the loop function
//! with its part of the range and neutral values for reductions, without the GIL; the values combined in the order of the
//! pieces. So results do not depend on the number of threads. The first exception in the order of pieces is raised.

use crate::context;
use crate::dispatcher::locks;
use crate::dispatcher::object::from_object;
use crate::pending;
use looplift_abi::ctx::Entry;
use looplift_capi::attach::{attach, wait_at_end};
use looplift_capi::type_object::Type;
use looplift_capi::{boxing, unbox, words};
use looplift_driver::Compiled;
use looplift_runtime::{parallel, random, thread};
use looplift_types::{FloatTy, Ty, TyKind};
use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError, PyValueError};
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
    /// On which way the loop was left: 0 at its end; the first piece with another one is the last that counts.
    Exit,
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
            "exit" => Combine::Exit,
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
    /// The word of a result that says on which way the loop was left, if there is more than one.
    exit: Option<usize>,
    /// Results own nothing.
    plain: bool,
}

impl Field {
    /// Its words in a result.
    fn part<'a>(&self, words: &'a [u64]) -> &'a [u64] {
        &words[self.at..self.at + self.words]
    }
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
        let exit = fields.iter().find(|f| f.combine == Combine::Exit && f.words == 1).map(|f| f.at);
        Ok(Plan { entry, compiled, arg_words: words::total(types).ok_or_else(broken)?, ret, ret_words: at, fields, exit, plain: context::is_plain(ret) })
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
        let mut inputs: Vec<u64> = Vec::with_capacity(pieces as usize * self.arg_words);
        for k in 0..pieces {
            let at = inputs.len();
            inputs.extend_from_slice(args);
            let words = &mut inputs[at..];
            let (lo, hi) = (share(n, pieces, k), share(n, pieces, k + 1));
            words[0] = start.wrapping_add(lo.wrapping_mul(step)) as u64;
            words[1] = if hi == n { stop } else { start.wrapping_add(hi.wrapping_mul(step)) } as u64;
            for f in &self.fields {
                self.neutral(py, f, words, &mut kept)?;
            }
        }
        let results = self.pieces(py, &inputs, pieces as usize)?;
        self.combine(py, args, &results, out)
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
            Combine::Min | Combine::Max | Combine::Last | Combine::Flag | Combine::Any | Combine::Exit => return Ok(()),
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

    /// Runs all pieces without the GIL; the words of their results in order, or the exception of the first that raised one.
    fn pieces(&self, py: Python<'_>, inputs: &[u64], count: usize) -> PyResult<Vec<u64>> {
        let mut results = vec![0u64; count * self.ret_words];
        let running = Running {
            entry: self.entry,
            inputs,
            arg_words: self.arg_words,
            results: results.as_mut_ptr(),
            ret_words: self.ret_words,
            exit: self.exit,
            done: (0..count).map(|_| AtomicBool::new(false)).collect(),
            errors: Mutex::new(Vec::new()),
            key: random::begin_loop(),
        };
        let threads = usize::try_from(parallel::thread_limit()).unwrap_or(1);
        let ended = locks::aside(py, || py.detach(|| parallel::run(threads, count, &running)));
        let is_done = |k: &usize| running.done[*k].load(Ordering::Acquire);
        let drop_from = |first: usize| {
            for k in (first..count).filter(is_done) {
                self.drop_result(py, &results[k * self.ret_words..(k + 1) * self.ret_words]);
            }
        };
        if let Err(e) = ended {
            drop_from(0);
            return Err(e);
        }
        let first = (0..count).find(|k| !is_done(k) || running.has_left(*k));
        let Some(first) = first else { return Ok(results) };
        let interrupted = || errors_of(&running).iter().any(|(_, e)| e.is_instance_of::<PyKeyboardInterrupt>(py));
        if is_done(&first) && !interrupted() {
            // Exceptions of later pieces, which in order nobody would have come to, are none.
            drop_from(first + 1);
            results.truncate((first + 1) * self.ret_words);
            return Ok(results);
        }
        drop_from(0);
        let errors = std::mem::take(&mut *errors_of(&running));
        let first = errors.into_iter().min_by_key(|(k, _)| *k);
        Err(first.map_or_else(|| crate::errors::internal(py, "a piece of a parallel loop did not end"), |(_, e)| e))
    }

    /// Gives up what the words of a piece's result own.
    fn drop_result(&self, py: Python<'_>, words: &[u64]) {
        self.drop_value(py, self.ret, words);
    }

    /// Gives up what a value owns. What fails on the way is of no interest: the value is gone.
    fn drop_value(&self, py: Python<'_>, ty: Ty, words: &[u64]) {
        if !context::is_plain(ty) {
            // SAFETY: an owned value, which is not used again.
            drop(unsafe { boxing::to_python(py, ty, words, context::release) });
        }
    }

    /// What the parts own is given up at the end; what becomes part of the result is counted once more before.
    fn combine(&self, py: Python<'_>, args: &[u64], results: &[u64], out: *mut u64) -> PyResult<()> {
        // (A loop whose result has no words has nothing to combine.)
        let parts: Vec<&[u64]> = if self.ret_words == 0 { Vec::new() } else { results.chunks_exact(self.ret_words).collect() };
        let mut combined = Ok(());
        for n in 0..self.fields.len() {
            combined = self.combined(py, args, &parts, n, out);
            if combined.is_err() {
                for f in &self.fields[..n] {
                    // SAFETY: the words of a part of the result that has been written.
                    self.drop_value(py, f.ty, unsafe { std::slice::from_raw_parts(out.add(f.at), f.words) });
                }
                break;
            }
        }
        if !self.plain {
            for words in &parts {
                self.drop_result(py, words);
            }
        }
        combined
    }

    /// Field `n` of the result.
    fn combined(&self, py: Python<'_>, args: &[u64], results: &[&[u64]], n: usize, out: *mut u64) -> PyResult<()> {
        let f = &self.fields[n];
        // SAFETY: the result's words have room there.
        let to = unsafe { std::slice::from_raw_parts_mut(out.add(f.at), f.words) };
        match f.combine {
            Combine::Last | Combine::Any | Combine::Flag | Combine::Exit => {
                let flag = (f.combine == Combine::Last).then(|| self.fields[n - 1].at);
                let flag = if f.combine == Combine::Flag { Some(f.at) } else { flag };
                let last = results.iter().rev().find(|w| flag.is_none_or(|at| w[at] as u8 != 0));
                match last {
                    Some(words) => {
                        to.copy_from_slice(f.part(words));
                        context::own(f.ty, to);
                    }
                    None => to.fill(0),
                }
            }
            Combine::Sum | Combine::Product | Combine::And | Combine::Or | Combine::Xor | Combine::Min | Combine::Max => {
                let Some((ty, at)) = f.argument else { return Err(PyRuntimeError::new_err("a reduction without a start")) };
                let start = &args[at..at + words::count(ty).unwrap_or(0)];
                if f.ty.as_array().is_some() {
                    return arrays(py, f, ty, start, results, to);
                }
                if ty == f.ty {
                    to.copy_from_slice(start);
                } else {
                    // SAFETY: the operand's words, counted for boxing.
                    let start = unsafe {
                        context::own(ty, start);
                        boxing::to_python(py, ty, start, context::release)?
                    };
                    unbox::convert(&start, f.ty, to)?;
                }
                for words in results {
                    scalar(f.combine, f.ty, to, f.part(words));
                }
            }
        }
        Ok(())
    }
}

/// A reduction of arrays, from the words of what it starts from, into `to`.
fn arrays(py: Python<'_>, f: &Field, ty: Ty, start: &[u64], results: &[&[u64]], to: &mut [u64]) -> PyResult<()> {
    // SAFETY: the operand's words, counted for boxing.
    let mut total = unsafe {
        context::own(ty, start);
        boxing::to_python(py, ty, start, context::release)?
    };
    let name = match (f.combine, f.in_place) {
        (Combine::Sum, true) => "iadd",
        (Combine::Sum, false) => "add",
        (Combine::Product, true) => "imul",
        _ => "mul",
    };
    let operation = py.import("operator")?.getattr(name)?;
    for words in results {
        let part = f.part(words);
        // SAFETY: an owned part of a result, counted once more for boxing.
        let piece = unsafe {
            context::own(f.ty, part);
            boxing::to_python(py, f.ty, part, context::release)?
        };
        total = operation.call1((total, piece))?;
    }
    unbox::convert(&total, f.ty, to)?;
    context::own(f.ty, to);
    Ok(())
}

/// A run of a loop, as its threads see it.
struct Running<'a> {
    entry: Entry,
    inputs: &'a [u64],
    arg_words: usize,
    /// Room for the results of the pieces, each written by the thread that does the piece.
    results: *mut u64,
    ret_words: usize,
    /// See [`Plan::exit`].
    exit: Option<usize>,
    done: Box<[AtomicBool]>,
    /// Exceptions of pieces, by their numbers.
    errors: Mutex<Vec<(usize, PyErr)>>,
    key: random::LoopKey,
}

// SAFETY: pieces write to disjoint parts of `results`; the other fields are shared as they are.
unsafe impl Sync for Running<'_> {}

/// The exceptions so far. (A panic of another thread leaves them whole.)
fn errors_of<'a>(running: &'a Running<'_>) -> std::sync::MutexGuard<'a, Vec<(usize, PyErr)>> {
    running.errors.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Running<'_> {
    /// Whether piece `k`, which is done, has left the loop before its end.
    fn has_left(&self, k: usize) -> bool {
        // SAFETY: the word of a result that has been written.
        self.exit.is_some_and(|at| unsafe { *self.results.add(k * self.ret_words + at) } != 0)
    }

    /// Does piece `k`; the exception that it leaves, and whether it is an interrupt.
    fn piece(&self, k: usize, running: &thread::Running) -> Result<(), (PyErr, bool)> {
        // SAFETY: words and room as the loop function's signature has them, of this piece alone; the context is this thread's.
        let status = unsafe { (self.entry)(running.ctx(), self.inputs.as_ptr().add(k * self.arg_words), self.results.add(k * self.ret_words)) };
        if status == 0 {
            return Ok(());
        }
        Err(attach(|py| {
            // SAFETY: this thread's context, with an exception pending.
            unsafe { pending::raise(py, &mut *running.ctx()) };
            let e = PyErr::take(py).unwrap_or_else(|| crate::errors::internal(py, "a parallel loop failed without an exception"));
            let interrupts = e.is_instance_of::<PyKeyboardInterrupt>(py);
            (e, interrupts)
        }))
    }
}

impl parallel::Work for Running<'_> {
    fn take_part(&self, pieces: &mut parallel::Pieces<'_>) {
        if pieces.helps() {
            keep_thread_state();
        }
        let running = thread::enter();
        let streams = random::begin_pieces(self.key);
        while let Some(k) = pieces.take() {
            streams.begin(k);
            // (A panic is a piece that does not end.)
            match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.piece(k, &running))) {
                Ok(Ok(())) => {
                    if self.has_left(k) {
                        pieces.failed(k, false);
                    }
                    self.done[k].store(true, Ordering::Release);
                }
                Ok(Err(_)) if pieces.was_stopped() => {}
                Ok(Err((e, interrupts))) => {
                    pieces.failed(k, interrupts);
                    errors_of(self).push((k, e));
                }
                Err(_) => pieces.failed(k, false),
            }
        }
    }
}

/// Gives the thread a state of Python's that stays: an exception that compiled code leaves in it must still be there when it is
/// taken, and making a state for each time that a piece needs Python would be slow.
fn keep_thread_state() {
    thread_local! {
        static HAS_STATE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }
    if !HAS_STATE.replace(true) {
        wait_at_end();
        // SAFETY: the thread holds no lock that a holder of Python's may wait for. The state is never given up: the thread lives
        // as long as the process.
        unsafe {
            pyo3::ffi::PyGILState_Ensure();
            pyo3::ffi::PyEval_SaveThread();
        }
    }
}

/// Sets the chunk size of the thread again when a loop ends.
struct ChunkKept(usize);

impl Drop for ChunkKept {
    fn drop(&mut self) {
        parallel::set_chunk(self.0);
    }
}

/// The first iteration of piece `k`: `n * k / pieces`, whose product may be too large.
fn share(n: i64, pieces: i64, k: i64) -> i64 {
    let (each, left) = (n / pieces, n % pieces);
    each * k + left * k / pieces
}

fn length(start: i64, stop: i64, step: i64) -> i64 {
    if step == 1 && start >= 0 {
        return stop.saturating_sub(start).max(0);
    }
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

/// Sets how many threads parallel loops use at most.
#[pyfunction]
pub fn set_thread_maximum(n: usize) {
    parallel::set_maximum(n);
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
