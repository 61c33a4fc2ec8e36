//! Distributions of real numbers. Parameters have been checked by the caller.

use super::Source;
use super::powers::power as pow;
use super::whole::poisson;
use std::f64::consts::PI;

#[inline]
pub fn uniform<S: Source>(s: &mut S, low: f64, range: f64) -> f64 {
    low + range * s.next_double()
}

#[inline]
pub fn normal<S: Source>(s: &mut S, mean: f64, deviation: f64) -> f64 {
    mean + deviation * s.normal()
}

#[inline]
pub fn lognormal<S: Source>(s: &mut S, mean: f64, sigma: f64) -> f64 {
    normal(s, mean, sigma).exp()
}

#[inline]
pub fn exponential<S: Source>(s: &mut S, scale: f64) -> f64 {
    scale * s.exponential()
}

/// Marsaglia and Tsang (2000) for shapes above 1, Ahrens and Dieter (1974) below.
pub fn standard_gamma<S: Source>(s: &mut S, shape: f64) -> f64 {
    if shape == 1.0 {
        return s.exponential();
    }
    if shape == 0.0 {
        return 0.0;
    }
    if shape < 1.0 {
        let exponent = 1.0 / shape;
        loop {
            let u = s.next_double();
            let v = s.exponential();
            if u <= 1.0 - shape {
                let x = pow(u, exponent);
                if x <= v {
                    return x;
                }
            } else {
                let y = -((1.0 - u) / shape).ln();
                let x = pow(1.0 - shape + shape * y, exponent);
                if x <= v + y {
                    return x;
                }
            }
        }
    }
    let b = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * b).sqrt();
    loop {
        let (x, v) = loop {
            let x = s.normal();
            let v = 1.0 + c * x;
            if v > 0.0 {
                break (x, v);
            }
        };
        let v = v * v * v;
        let u = s.next_double();
        if u < 1.0 - 0.0331 * (x * x) * (x * x) || u.ln() < 0.5 * x * x + b * (1.0 - v + v.ln()) {
            return b * v;
        }
    }
}

#[inline]
pub fn gamma<S: Source>(s: &mut S, shape: f64, scale: f64) -> f64 {
    scale * standard_gamma(s, shape)
}

pub fn beta<S: Source>(s: &mut S, a: f64, b: f64) -> f64 {
    if a > 1.0 || b > 1.0 {
        let x = standard_gamma(s, a);
        let y = standard_gamma(s, b);
        return x / (x + y);
    }
    if !S::LEGACY && a < 3e-103 && b < 3e-103 {
        return f64::from((a + b) * s.next_double() < a);
    }
    // Jöhnk's algorithm.
    loop {
        let u = s.next_double();
        let v = s.next_double();
        let (x, y) = (pow(u, 1.0 / a), pow(v, 1.0 / b));
        let sum = x + y;
        if sum > 1.0 || (!S::LEGACY && u + v <= 0.0) {
            continue;
        }
        if if S::LEGACY { sum > 0.0 } else { x > 0.0 && y > 0.0 } {
            return x / sum;
        }
        let (x, y) = (u.ln() / a, v.ln() / b);
        if S::LEGACY {
            let m = x.max(y);
            let (x, y) = (x - m, y - m);
            return (x - (x.exp() + y.exp()).ln()).exp();
        }
        let delta = x - y;
        return if delta > 0.0 { (-(-delta).exp().ln_1p()).exp() } else { (delta - delta.exp().ln_1p()).exp() };
    }
}

#[inline]
pub fn chisquare<S: Source>(s: &mut S, df: f64) -> f64 {
    2.0 * standard_gamma(s, df / 2.0)
}

pub fn noncentral_chisquare<S: Source>(s: &mut S, df: f64, nonc: f64) -> f64 {
    if nonc.is_nan() {
        return nonc;
    }
    if nonc == 0.0 {
        return chisquare(s, df);
    }
    if df > 1.0 {
        let chi = chisquare(s, df - 1.0);
        let n = s.normal() + nonc.sqrt();
        chi + n * n
    } else {
        let i = poisson(s, nonc / 2.0);
        chisquare(s, df + 2.0 * i as f64)
    }
}

pub fn f<S: Source>(s: &mut S, numerator: f64, denominator: f64) -> f64 {
    let top = chisquare(s, numerator) * denominator;
    top / (chisquare(s, denominator) * numerator)
}

pub fn noncentral_f<S: Source>(s: &mut S, numerator: f64, denominator: f64, nonc: f64) -> f64 {
    let top = noncentral_chisquare(s, numerator, nonc) * denominator;
    top / (chisquare(s, denominator) * numerator)
}

pub fn standard_t<S: Source>(s: &mut S, df: f64) -> f64 {
    let top = s.normal();
    let under = standard_gamma(s, df / 2.0);
    (df / 2.0).sqrt() * top / under.sqrt()
}

#[inline]
pub fn standard_cauchy<S: Source>(s: &mut S) -> f64 {
    let top = s.normal();
    top / s.normal()
}

#[inline]
pub fn pareto<S: Source>(s: &mut S, a: f64) -> f64 {
    let x = s.exponential() / a;
    if S::LEGACY { x.exp() - 1.0 } else { x.exp_m1() }
}

#[inline]
pub fn weibull<S: Source>(s: &mut S, a: f64) -> f64 {
    if a == 0.0 { 0.0 } else { pow(s.exponential(), 1.0 / a) }
}

#[inline]
pub fn power<S: Source>(s: &mut S, a: f64) -> f64 {
    let x = s.exponential();
    let base = if S::LEGACY { 1.0 - (-x).exp() } else { -(-x).exp_m1() };
    pow(base, 1.0 / a)
}

#[inline]
pub fn rayleigh<S: Source>(s: &mut S, mode: f64) -> f64 {
    if S::LEGACY { mode * (-2.0 * (-s.next_double()).ln_1p()).sqrt() } else { mode * (2.0 * s.exponential()).sqrt() }
}

#[inline]
pub fn laplace<S: Source>(s: &mut S, loc: f64, scale: f64) -> f64 {
    loop {
        let u = s.next_double();
        if u >= 0.5 {
            return loc - scale * (2.0 - u - u).ln();
        }
        if u > 0.0 {
            return loc + scale * (u + u).ln();
        }
    }
}

#[inline]
pub fn gumbel<S: Source>(s: &mut S, loc: f64, scale: f64) -> f64 {
    loop {
        let u = 1.0 - s.next_double();
        if u < 1.0 {
            return loc - scale * (-u.ln()).ln();
        }
    }
}

#[inline]
pub fn logistic<S: Source>(s: &mut S, loc: f64, scale: f64) -> f64 {
    loop {
        let u = s.next_double();
        if u > 0.0 {
            return loc + scale * (u / (1.0 - u)).ln();
        }
    }
}

#[inline]
pub fn wald<S: Source>(s: &mut S, mean: f64, scale: f64) -> f64 {
    let y = s.normal();
    let x = if S::LEGACY {
        let half = mean / (2.0 * scale);
        let y = mean * y * y;
        mean + half * (y - (4.0 * scale * y + y * y).sqrt())
    } else {
        let y = mean * y * y;
        let d = 1.0 + (1.0 + 4.0 * scale / y).sqrt();
        mean * (1.0 - 2.0 / d)
    };
    if s.next_double() <= mean / (mean + x) { x } else { mean * mean / x }
}

#[inline]
pub fn triangular<S: Source>(s: &mut S, left: f64, mode: f64, right: f64) -> f64 {
    let base = right - left;
    let left_base = mode - left;
    let u = s.next_double();
    if u <= left_base / base { left + (u * (left_base * base)).sqrt() } else { right - ((1.0 - u) * ((right - mode) * base)).sqrt() }
}

/// Best and Fisher (1979).
pub fn vonmises<S: Source>(s: &mut S, mu: f64, kappa: f64) -> f64 {
    if kappa.is_nan() {
        return kappa;
    }
    if kappa == f64::INFINITY {
        return mu;
    }
    if kappa < 1e-8 {
        return PI * (2.0 * s.next_double() - 1.0);
    }
    let shape = if kappa < 1e-5 {
        1.0 / kappa + kappa
    } else if kappa <= 1e6 || S::LEGACY {
        let r = 1.0 + (1.0 + 4.0 * kappa * kappa).sqrt();
        let rho = (r - (2.0 * r).sqrt()) / (2.0 * kappa);
        (1.0 + rho * rho) / (2.0 * rho)
    } else {
        // The wrapped normal distribution is close enough.
        let x = mu + (1.0 / kappa).sqrt() * s.normal();
        return if x < -PI {
            x + 2.0 * PI
        } else if x > PI {
            x - 2.0 * PI
        } else {
            x
        };
    };
    let w = loop {
        let z = (PI * s.next_double()).cos();
        let w = (1.0 + shape * z) / (shape + z);
        let y = kappa * (shape - w);
        let v = s.next_double();
        if y * (2.0 - y) - v >= 0.0 || (y / v).ln() + 1.0 - y >= 0.0 {
            break w;
        }
    };
    let angle = w.acos();
    let angle = if s.next_double() < 0.5 { -angle } else { angle } + mu;
    let turned = (angle.abs() + PI) % (2.0 * PI) - PI;
    if angle < 0.0 { -turned } else { turned }
}
