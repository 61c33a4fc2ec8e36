//! Which declared signature takes given argument types: Numba's rules of implicit conversion.

use looplift_types::{ArrayTy, Layout, Ty, TyKind};

/// How far a conversion is. Smaller is better; the order is the preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Distance {
    Exact,
    /// To a wider type of the same kind.
    Promote,
    /// To another kind that holds every value, or nearly (int64 to float64).
    Safe,
    /// Values may change (float to int). Only where nothing else can be compiled.
    Unsafe,
}

/// Rank of number kinds: bool, unsigned, signed, float, complex.
fn rank(ty: Ty) -> Option<(u8, u32)> {
    let bits = ty.itemsize()? * 8;
    Some(match ty.kind() {
        TyKind::Bool => (0, 1),
        TyKind::Int(i) if !i.signed => (1, bits),
        TyKind::Int(_) => (2, bits),
        TyKind::Float(_) => (3, bits),
        TyKind::Complex(_) => (4, bits / 2),
        _ => return None,
    })
}

/// Conversion of an argument; `None` if there is none.
pub fn distance(from: Ty, to: Ty) -> Option<Distance> {
    if from == to {
        return Some(Distance::Exact);
    }
    if let (Some((fk, fb)), Some((tk, tb))) = (rank(from), rank(to)) {
        return Some(match () {
            () if fk == tk => if tb >= fb { Distance::Promote } else { Distance::Unsafe },
            () if fk == 0 => Distance::Safe,
            () if fk == 1 && tk == 2 => if tb > fb { Distance::Safe } else { Distance::Unsafe },
            () if fk <= 2 && tk >= 3 => if tb > fb || tb == 64 { Distance::Safe } else { Distance::Unsafe },
            () if fk == 3 && tk == 4 => if tb >= fb { Distance::Safe } else { Distance::Unsafe },
            () => Distance::Unsafe,
        });
    }
    match (from.kind(), to.kind()) {
        (TyKind::Array(f), TyKind::Array(t)) => array(f, t),
        (TyKind::None, TyKind::Optional(_)) => Some(Distance::Promote),
        (_, TyKind::Optional(t)) => distance(from, *t).map(|d| d.max(Distance::Promote)),
        (TyKind::Tuple(f), TyKind::Tuple(t)) if f.len() == t.len() => {
            let mut worst = Distance::Exact;
            for (a, b) in f.iter().zip(t) {
                worst = worst.max(distance(*a, *b)?);
            }
            Some(worst)
        }
        _ => None,
    }
}

fn array(f: &ArrayTy, t: &ArrayTy) -> Option<Distance> {
    let order = t.layout == f.layout || t.layout == Layout::A || (f.ndim <= 1 && t.layout == Layout::F && f.layout == Layout::C);
    (f.dtype == t.dtype && f.ndim == t.ndim && order && (t.readonly || !f.readonly) && (f.aligned || !t.aligned))
        .then_some(Distance::Promote)
}

/// How a choice failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoChoice {
    /// No signature takes the arguments.
    None,
    /// Several do equally well.
    Ambiguous,
}

/// The best of `candidates` for the arguments, by the vector (unsafe, safe, promoted) of conversion counts.
pub fn choose<'a>(args: &[Ty], candidates: impl Iterator<Item = (usize, &'a [Ty])>, allow_unsafe: bool) -> Result<usize, NoChoice> {
    let mut best: Option<([usize; 3], usize, bool)> = None;
    for (index, params) in candidates {
        if params.len() != args.len() {
            continue;
        }
        let mut cost = [0; 3];
        let fits = args.iter().zip(params).all(|(a, p)| match distance(*a, *p) {
            Some(Distance::Exact) => true,
            Some(Distance::Promote) => {
                cost[2] += 1;
                true
            }
            Some(Distance::Safe) => {
                cost[1] += 1;
                true
            }
            Some(Distance::Unsafe) => {
                cost[0] += 1;
                allow_unsafe
            }
            None => false,
        });
        if !fits {
            continue;
        }
        match &mut best {
            Some((c, _, tie)) if *c == cost => *tie = true,
            Some((c, ..)) if *c < cost => {}
            _ => best = Some((cost, index, false)),
        }
    }
    match best {
        Some((_, index, false)) => Ok(index),
        // Unsafe conversions to several signatures: the first declared one would do, but Numba refuses as well.
        Some((_, _, true)) => Err(NoChoice::Ambiguous),
        None => Err(NoChoice::None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn int_prefers_float64_over_float32() {
        let sigs = [vec![Ty::float32()], vec![Ty::float64()]];
        let pick = choose(&[Ty::int64()], sigs.iter().enumerate().map(|(i, s)| (i, &s[..])), false);
        assert_eq!(pick, Ok(1));
    }

    #[test]
    fn float_to_int_is_unsafe() {
        let sigs = [vec![Ty::int64()]];
        let run = |ok| choose(&[Ty::float64()], sigs.iter().enumerate().map(|(i, s)| (i, &s[..])), ok);
        assert_eq!(run(false), Err(NoChoice::None));
        assert_eq!(run(true), Ok(0));
    }

    #[test]
    fn contiguous_array_goes_to_any_layout_only() {
        let c = Ty::array(Ty::float64(), 2, Layout::C);
        let a = Ty::array(Ty::float64(), 2, Layout::A);
        assert_eq!(distance(c, a), Some(Distance::Promote));
        assert_eq!(distance(a, c), None);
    }
}
