//! Methods of `random.Random`, `numpy.random.RandomState` and constant `Generator` objects, one row each. They run as methods of the Python object, so that
//! its stream stays the one that Python sees; a row says what of.
//!
//! Methods of `Random` that are no rows are written in Python (`looplift.library.random_objects`).

use looplift_types::Stream;

/// What a method gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    None,
    Int,
    /// An integer of up to 64 bits, without a sign.
    Bits,
    Float,
    Bytes,
    /// Numbers: one, or as many as `size` says; else as many as arrays among the parameters have.
    Floats,
    Ints,
    /// As `Ints` and `Floats`, of the class that the parameter `dtype` names.
    IntsOfClass,
    FloatsOfClass,
    /// Rows of numbers, one or as many as `size` says.
    FloatRows,
    IntRows,
    /// Numbers in an array of as many dimensions as there are arguments.
    FloatsAlong,
    /// Of items of the first argument, an array or a number that stands for `arange`: as many as `size` says.
    Items,
    /// All of them.
    AllItems,
    /// The state of a `RandomState`.
    State,
}

/// A method: its name, its parameters in order, how many of them must be given, what it gives.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    pub name: &'static str,
    pub params: &'static [&'static str],
    pub required: usize,
    pub gives: Gives,
}

const fn row(name: &'static str, params: &'static [&'static str], required: usize, gives: Gives) -> Method {
    Method { name, params, required, gives }
}

use Gives as G;

const OF_RANDOM: &[Method] = &[
    row("seed", &["a", "version"], 0, G::None),
    row("random", &[], 0, G::Float),
    row("getrandbits", &["k"], 1, G::Bits),
    row("randrange", &["start", "stop", "step"], 1, G::Int),
    row("randint", &["a", "b"], 2, G::Int),
    row("randbytes", &["n"], 1, G::Bytes),
    row("uniform", &["a", "b"], 2, G::Float),
    row("triangular", &["low", "high", "mode"], 0, G::Float),
    row("normalvariate", &["mu", "sigma"], 0, G::Float),
    row("gauss", &["mu", "sigma"], 0, G::Float),
    row("lognormvariate", &["mu", "sigma"], 2, G::Float),
    row("expovariate", &["lambd"], 0, G::Float),
    row("vonmisesvariate", &["mu", "kappa"], 2, G::Float),
    row("gammavariate", &["alpha", "beta"], 2, G::Float),
    row("betavariate", &["alpha", "beta"], 2, G::Float),
    row("paretovariate", &["alpha"], 1, G::Float),
    row("weibullvariate", &["alpha", "beta"], 2, G::Float),
    row("binomialvariate", &["n", "p"], 0, G::Int),
];

const OF_RANDOM_STATE: &[Method] = &[
    row("seed", &["seed"], 0, G::None),
    row("get_state", &[], 0, G::State),
    row("set_state", &["state"], 1, G::None),
    row("random_sample", &["size"], 0, G::Floats),
    row("random", &["size"], 0, G::Floats),
    row("rand", &[], 0, G::FloatsAlong),
    row("randn", &[], 0, G::FloatsAlong),
    row("randint", &["low", "high", "size", "dtype"], 1, G::IntsOfClass),
    row("tomaxint", &["size"], 0, G::Ints),
    row("bytes", &["length"], 1, G::Bytes),
    row("choice", &["a", "size", "replace", "p"], 1, G::Items),
    row("permutation", &["x"], 1, G::AllItems),
    row("shuffle", &["x"], 1, G::None),
    row("uniform", &["low", "high", "size"], 0, G::Floats),
    row("standard_normal", &["size"], 0, G::Floats),
    row("standard_exponential", &["size"], 0, G::Floats),
    row("standard_gamma", &["shape", "size"], 1, G::Floats),
    row("multivariate_normal", &["mean", "cov", "size", "check_valid", "tol"], 2, G::FloatRows),
];

const OF_GENERATOR: &[Method] = &[
    row("random", &["size", "dtype"], 0, G::FloatsOfClass),
    row("standard_normal", &["size", "dtype"], 0, G::FloatsOfClass),
    row("standard_exponential", &["size", "dtype", "method"], 0, G::FloatsOfClass),
    row("standard_gamma", &["shape", "size", "dtype"], 1, G::FloatsOfClass),
    row("integers", &["low", "high", "size", "dtype", "endpoint"], 1, G::IntsOfClass),
    row("bytes", &["length"], 1, G::Bytes),
    row("choice", &["a", "size", "replace", "p", "axis", "shuffle"], 1, G::Items),
    row("permutation", &["x", "axis"], 1, G::AllItems),
    row("shuffle", &["x", "axis"], 1, G::None),
    row("uniform", &["low", "high", "size"], 0, G::Floats),
    row("multivariate_normal", &["mean", "cov", "size", "check_valid", "tol"], 2, G::FloatRows),
];

/// Distributions that NumPy's objects have alike.
const OF_BOTH: &[Method] = &[
    row("normal", &["loc", "scale", "size"], 0, G::Floats),
    row("lognormal", &["mean", "sigma", "size"], 0, G::Floats),
    row("exponential", &["scale", "size"], 0, G::Floats),
    row("gamma", &["shape", "scale", "size"], 1, G::Floats),
    row("beta", &["a", "b", "size"], 2, G::Floats),
    row("chisquare", &["df", "size"], 1, G::Floats),
    row("noncentral_chisquare", &["df", "nonc", "size"], 2, G::Floats),
    row("f", &["dfnum", "dfden", "size"], 2, G::Floats),
    row("noncentral_f", &["dfnum", "dfden", "nonc", "size"], 3, G::Floats),
    row("standard_t", &["df", "size"], 1, G::Floats),
    row("standard_cauchy", &["size"], 0, G::Floats),
    row("pareto", &["a", "size"], 1, G::Floats),
    row("weibull", &["a", "size"], 1, G::Floats),
    row("power", &["a", "size"], 1, G::Floats),
    row("rayleigh", &["scale", "size"], 0, G::Floats),
    row("laplace", &["loc", "scale", "size"], 0, G::Floats),
    row("gumbel", &["loc", "scale", "size"], 0, G::Floats),
    row("logistic", &["loc", "scale", "size"], 0, G::Floats),
    row("wald", &["mean", "scale", "size"], 2, G::Floats),
    row("triangular", &["left", "mode", "right", "size"], 3, G::Floats),
    row("vonmises", &["mu", "kappa", "size"], 2, G::Floats),
    row("poisson", &["lam", "size"], 0, G::Ints),
    row("binomial", &["n", "p", "size"], 2, G::Ints),
    row("negative_binomial", &["n", "p", "size"], 2, G::Ints),
    row("geometric", &["p", "size"], 1, G::Ints),
    row("zipf", &["a", "size"], 1, G::Ints),
    row("logseries", &["p", "size"], 1, G::Ints),
    row("hypergeometric", &["ngood", "nbad", "nsample", "size"], 3, G::Ints),
    row("dirichlet", &["alpha", "size"], 1, G::FloatRows),
    row("multinomial", &["n", "pvals", "size"], 2, G::IntRows),
];

/// The methods of a kind of object.
pub fn methods(of: Stream) -> impl Iterator<Item = &'static Method> {
    let (own, others) = match of {
        Stream::Random => (OF_RANDOM, None),
        Stream::RandomState => (OF_RANDOM_STATE, Some(OF_BOTH)),
        Stream::Generator => (OF_GENERATOR, Some(OF_BOTH)),
    };
    own.iter().chain(others.into_iter().flatten())
}

/// The kind of object that a class makes, by the class's qualified name.
pub fn made_by(class: &str) -> Option<Stream> {
    match class {
        "random.Random" | "random.SystemRandom" => Some(Stream::Random),
        "numpy.random.mtrand.RandomState" | "numpy.random.RandomState" => Some(Stream::RandomState),
        _ => None,
    }
}
