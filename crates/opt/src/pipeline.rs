//! The order of the passes, and the runner: it times each pass, hands the function out after it, verifies when asked,
//! and can stop.

use crate::passes::*;
use looplift_mir::Function;
use looplift_mir::verify::{VerifyErrors, verify};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Whether a pass did anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    No,
    Yes,
}

impl From<bool> for Changed {
    fn from(b: bool) -> Changed {
        if b { Changed::Yes } else { Changed::No }
    }
}

/// When a pass runs: before or after a body may be copied into its callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Early,
    Late,
}

/// One line of the pipeline.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    pub name: &'static str,
    pub phase: Phase,
    pub run: fn(&mut Function, &mut PassCx<'_>) -> Changed,
}

const fn early(name: &'static str, run: fn(&mut Function, &mut PassCx<'_>) -> Changed) -> Pass {
    Pass { name, phase: Phase::Early, run }
}
const fn late(name: &'static str, run: fn(&mut Function, &mut PassCx<'_>) -> Changed) -> Pass {
    Pass { name, phase: Phase::Late, run }
}

/// The pass that `no_polls` leaves out.
const POLLS: &str = "strip_mine_polls";

/// The order.
pub const PIPELINE: &[Pass] = &[
    early("inline_calls", inline_calls::run),
    early("fold_constants", fold_constants::run),
    early("simplify", simplify::run),
    early("simplify_cfg", simplify_cfg::run),
    early("gvn", gvn::run),
    early("ranges", ranges::run),
    early("fold_constants", fold_constants::run),
    early("simplify", simplify::run),
    early("guard_raises", guard_raises::run),
    early("simplify_cfg", simplify_cfg::run),
    early("dce", dce::run),
    late("rotate_loops", rotate_loops::run),
    late("simplify_cfg", simplify_cfg::run),
    late("merge_params", merge_params::run),
    late("expand_loops", expand_loops::run),
    late("simplify", simplify::run),
    late("gvn", gvn::run),
    late("scalarise_arrays", scalarise_arrays::run),
    late("hoist_invariants", hoist_invariants::run),
    late("unswitch_loops", unswitch_loops::run),
    late("merge_inductions", merge_inductions::run),
    late("peel_ends", peel_ends::run),
    late("gvn", gvn::run),
    late("ranges", ranges::run),
    late("fold_constants", fold_constants::run),
    late("simplify", simplify::run),
    late("settle_overflows", settle_overflows::run),
    late("version_loops", version_loops::run),
    late("ranges", ranges::run),
    late("fold_constants", fold_constants::run),
    late("simplify", simplify::run),
    late("sink_stores", sink_stores::run),
    late("if_convert", if_convert::run),
    late("reassociate_addresses", reassociate_addresses::run),
    late("simplify", simplify::run),
    late("dce", dce::run),
    late("simplify_cfg", simplify_cfg::run),
    late("gvn", gvn::run),
    late("convert_stores", convert_stores::run),
    late("simplify_cfg", simplify_cfg::run),
    late("hoist_invariants", hoist_invariants::run),
    late("keep_sums", keep_sums::run),
    late("vectorize", vectorize::run),
    late("join_sines", join_sines::run),
    late("carry_stores", carry_stores::run),
    late("jam_loops", jam_loops::run),
    late("shorten_chains", shorten_chains::run),
    late(POLLS, strip_mine_polls::run),
    late("unroll_loops", unroll_loops::run),
    late("expand_divisions", expand_divisions::run),
    late("divide_by_constants", divide_by_constants::run),
    late("gvn", gvn::run),
    late("dce", dce::run),
    late("simplify_cfg", simplify_cfg::run),
    late("branch_wraparounds", branch_wraparounds::run),
    late("schedule", schedule::run),
    late("split_latches", split_latches::run),
    late("insert_refcounts", insert_refcounts::run),
    late("elide_refcounts", elide_refcounts::run),
    late("uncouple_floats", uncouple_floats::run),
    late("copy_integers", copy_integers::run),
];

/// What a pass may ask for.
pub struct PassCx<'a> {
    /// Early-phase bodies of callees, by [`looplift_mir::Callee::key`]; `None` when there is none to inline.
    pub callee_body: &'a dyn Fn(u32) -> Option<Arc<Function>>,
    /// The instructions for which vector loops will be made, if any.
    pub vectors: Option<looplift_simd::Isa>,
}

impl std::fmt::Debug for PassCx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PassCx")
    }
}

/// A context without callee bodies.
pub fn no_bodies(_: u32) -> Option<Arc<Function>> {
    None
}

/// How to run the pipeline.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Verify before the first and after each pass.
    pub verify: bool,
    /// The last pass to run.
    pub stop_after: Option<Box<str>>,
    /// Run one phase only.
    pub phase: Option<Phase>,
    /// Place no polls: loops cannot be interrupted.
    pub no_polls: bool,
}

/// What happened.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Each pass that ran, its time and whether it changed the function.
    pub passes: Vec<(&'static str, Duration, Changed)>,
    /// `stop_after` named a pass of this run.
    pub stopped: bool,
}

/// The pass that broke an invariant (`None`: the input did), and how.
#[derive(Clone, Debug)]
pub struct BrokenBy {
    pub pass: Option<&'static str>,
    pub errors: VerifyErrors,
}

impl std::fmt::Display for BrokenBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.pass {
            Some(p) => write!(f, "MIR is invalid after {p}:\n{}", self.errors),
            None => write!(f, "MIR is invalid before the first pass:\n{}", self.errors),
        }
    }
}
impl std::error::Error for BrokenBy {}

/// Runs the pipeline on `func`; `after` sees the function after each pass.
pub fn run(func: &mut Function, options: &Options, cx: &mut PassCx<'_>, after: &mut dyn FnMut(&'static str, &Function)) -> Result<Report, BrokenBy> {
    run_passes(PIPELINE, func, options, cx, after)
}

/// Runs the named passes in the order given. Tests use it; `None` if a name is unknown.
pub fn find_pass(name: &str) -> Option<&'static Pass> {
    PIPELINE.iter().find(|p| p.name == name)
}

fn run_passes(
    passes: &[Pass],
    func: &mut Function,
    options: &Options,
    cx: &mut PassCx<'_>,
    after: &mut dyn FnMut(&'static str, &Function),
) -> Result<Report, BrokenBy> {
    let mut report = Report::default();
    if options.verify {
        verify(func).map_err(|errors| BrokenBy { pass: None, errors })?;
    }
    let is_wanted = |p: &&Pass| options.phase.is_none_or(|phase| p.phase == phase) && !(options.no_polls && p.name == POLLS);
    for pass in passes.iter().filter(is_wanted) {
        let start = Instant::now();
        let changed = (pass.run)(func, cx);
        report.passes.push((pass.name, start.elapsed(), changed));
        if options.verify && changed == Changed::Yes {
            verify(func).map_err(|errors| BrokenBy { pass: Some(pass.name), errors })?;
        }
        after(pass.name, func);
        if options.stop_after.as_deref() == Some(pass.name) {
            report.stopped = true;
            break;
        }
    }
    Ok(report)
}
