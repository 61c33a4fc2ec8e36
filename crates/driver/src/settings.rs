//! What a developer may ask of a compilation. The embedding fills it; nothing here changes what code computes.

use looplift_codegen::Isa;

/// Settings of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// `stage,stage[@pass][:function-glob]`, as `LOOPLIFT_DUMP` has it.
    pub dump: String,
    /// The stage, or the pass of the optimiser, after which compiling ends with an error.
    pub stop_after: Option<Box<str>>,
    /// Verify every form after every step.
    pub verify: bool,
    /// Show the time of every stage.
    pub timing: bool,
    /// Tell profilers the names of functions.
    pub perf: bool,
    /// Make loops without polls, which cannot be interrupted: to measure what polls cost.
    pub no_polls: bool,
    /// The instructions of vector loops, which this processor has; without, there are none.
    pub vectors: Option<Isa>,
    /// Compile what is called anew, unless it is settled for good: code that is kept on disk holds what constants are now.
    pub fresh: bool,
}
