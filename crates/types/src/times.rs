//! Units of NumPy's datetimes and timedeltas.

use crate::Ty;
use crate::kinds::TyKind;
use std::fmt::{Display, Formatter, Result};

/// A unit of time, in NumPy's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimeUnit {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Milli,
    Micro,
    Nano,
    Pico,
    Femto,
    Atto,
    /// None given: NaT, and numbers that take the unit of what they meet.
    Generic,
}

const UNITS: &[(TimeUnit, &str)] = &[
    (TimeUnit::Year, "Y"),
    (TimeUnit::Month, "M"),
    (TimeUnit::Week, "W"),
    (TimeUnit::Day, "D"),
    (TimeUnit::Hour, "h"),
    (TimeUnit::Minute, "m"),
    (TimeUnit::Second, "s"),
    (TimeUnit::Milli, "ms"),
    (TimeUnit::Micro, "us"),
    (TimeUnit::Nano, "ns"),
    (TimeUnit::Pico, "ps"),
    (TimeUnit::Femto, "fs"),
    (TimeUnit::Atto, "as"),
    (TimeUnit::Generic, ""),
];

/// So many of a unit: what one step of a datetime or timedelta is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeTy {
    pub count: u32,
    pub unit: TimeUnit,
}

impl TimeTy {
    /// `D`, `25s`, or nothing for the generic unit.
    pub fn parse(text: &str) -> Option<TimeTy> {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (count, name) = text.split_at(digits);
        let count = if count.is_empty() { 1 } else { count.parse().ok().filter(|n| (1..=i32::MAX as u32).contains(n))? };
        let unit = UNITS.iter().find(|row| row.1 == name)?.0;
        (unit != TimeUnit::Generic || digits == 0).then_some(TimeTy { count, unit })
    }
    /// NumPy's number of the unit (`NPY_DATETIMEUNIT`).
    pub fn unit_code(self) -> u8 {
        match self.unit {
            TimeUnit::Year => 0,
            TimeUnit::Month => 1,
            TimeUnit::Week => 2,
            TimeUnit::Day => 4,
            TimeUnit::Hour => 5,
            TimeUnit::Minute => 6,
            TimeUnit::Second => 7,
            TimeUnit::Milli => 8,
            TimeUnit::Micro => 9,
            TimeUnit::Nano => 10,
            TimeUnit::Pico => 11,
            TimeUnit::Femto => 12,
            TimeUnit::Atto => 13,
            TimeUnit::Generic => 14,
        }
    }
    /// Whether numbers of this unit, which is none, stand for as many of another.
    pub fn takes(self, other: TimeTy) -> bool {
        self.unit == TimeUnit::Generic && other.count == 1
    }
    /// The unit's name.
    pub fn unit_name(self) -> &'static str {
        UNITS.iter().find(|row| row.0 == self.unit).map_or("", |row| row.1)
    }
}

impl Display for TimeTy {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.count != 1 {
            write!(f, "{}", self.count)?;
        }
        f.write_str(self.unit_name())
    }
}

/// The type that a name with its unit means: `datetime64[D]`, `M8[25s]`, `timedelta64`, `<m8[ns]`.
pub fn time_named(text: &str) -> Option<Ty> {
    let text = text.strip_prefix(['<', '=']).unwrap_or(text);
    let (name, unit) = match text.split_once('[') {
        Some((name, rest)) => (name, rest.strip_suffix(']')?),
        None => (text, ""),
    };
    let time = TimeTy::parse(unit)?;
    match name {
        "datetime64" | "M8" => Some(Ty::new(TyKind::Datetime(time))),
        "timedelta64" | "m8" => Some(Ty::new(TyKind::Timedelta(time))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::time_named;
    use crate::parse_type;

    #[test]
    fn names() {
        for (text, want) in [("M8[D]", "datetime64[D]"), ("timedelta64[25s]", "timedelta64[25s]"), ("m8", "timedelta64[]"), ("<M8[ns]", "datetime64[ns]")] {
            let t = time_named(text).unwrap();
            assert_eq!(t.to_string(), want);
            assert_eq!(parse_type(want), Ok(t));
        }
        for text in ["M8[0s]", "M8[q]", "M8[3]", "datetime64[D", "f8"] {
            assert_eq!(time_named(text), None, "{text}");
        }
        assert_eq!(parse_type("datetime64[D][::1]").unwrap().to_string(), "array(datetime64[D], 1d, C)");
    }
}
