//! Durations, sizes and rates as people write them: `10m`, `1h30m`, `600MB`, `600MiB`, `50/s`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Nanoseconds in one second.
pub const NS_PER_S: u64 = 1_000_000_000;

/// Seconds as a fraction, from nanoseconds.
#[must_use]
pub fn seconds(ns: u64) -> f64 {
    ns as f64 / NS_PER_S as f64
}

/// Nanoseconds from seconds, saturating; negative and non-finite values give 0.
#[must_use]
pub fn nanoseconds(seconds: f64) -> u64 {
    (seconds * NS_PER_S as f64).round() as u64
}

/// A millisecond: no wait between attempts is shorter, except none at all.
pub const MILLISECOND: Span = Span(1_000_000);
/// A week: no attempt and no wait that a scenario or a profile describes is longer.
pub const WEEK: Span = Span(7 * 86_400 * NS_PER_S);
/// 31 days: no level of a run lasts longer.
pub const MONTH: Span = Span(31 * 86_400 * NS_PER_S);
/// 366 days: no deadline is later and no rate so low that its jobs take longer.
pub const YEAR: Span = Span(366 * 86_400 * NS_PER_S);
/// A length of time, written as `30s`, `10m`, `1h30m` or `250ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub u64);

impl Span {
    /// The span in nanoseconds.
    #[must_use]
    pub fn ns(self) -> u64 {
        self.0
    }

    /// The span in seconds.
    #[must_use]
    pub fn seconds(self) -> f64 {
        seconds(self.0)
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let span = humantime::parse_duration(text.trim()).map_err(|error| {
            format!("`{text}` is not a length of time ({error}); write it as 30s, 10m or 1h30m")
        })?;
        u64::try_from(span.as_nanos())
            .map(Span)
            .map_err(|_| format!("`{text}` is too long; the longest span is 584 years"))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = humantime::format_duration(std::time::Duration::from_nanos(self.0)).to_string();
        f.write_str(&text.replace(' ', ""))
    }
}

/// A number of bytes, written as `600MB` (10⁶), `600MiB` (2²⁰) or a plain number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        bytesize::ByteSize::from_str(text.trim())
            .map(|size| Bytes(size.as_u64()))
            .map_err(|_| format!("`{text}` is not a size; write it as 600MB, 600MiB or a number of bytes"))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 8] = [
            (1 << 40, "TiB"),
            (1_000_000_000_000, "TB"),
            (1 << 30, "GiB"),
            (1_000_000_000, "GB"),
            (1 << 20, "MiB"),
            (1_000_000, "MB"),
            (1 << 10, "KiB"),
            (1_000, "kB"),
        ];
        let exact = UNITS.iter().find(|(unit, _)| self.0 >= *unit && self.0.is_multiple_of(*unit));
        match exact {
            Some((unit, name)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}B", self.0),
        }
    }
}

/// Events per second over the whole program, written as `50/s`, `3000/min` or `10/h`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Rate(pub f64);

impl Rate {
    /// Events per second.
    #[must_use]
    pub fn per_s(self) -> f64 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a rate; write it as 50/s, 3000/min or 10/h");
        let (count, unit) = text.split_once('/').ok_or_else(wrong)?;
        let per_s = match unit.trim() {
            "s" | "sec" | "second" => 1.0,
            "m" | "min" | "minute" => 60.0,
            "h" | "hour" => 3600.0,
            _ => return Err(wrong()),
        };
        let count: f64 = count.trim().parse().map_err(|_| wrong())?;
        if !count.is_finite() || count < 0.0 {
            return Err(format!("`{text}` is not a rate: it must be zero or more"));
        }
        Ok(Rate(count / per_s))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

/// A share of a whole, written as `2%` or `0.02`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Share(pub f64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, scale) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
        match number.trim().parse::<f64>() {
            Ok(value) if (0.0..=1.0).contains(&(value / scale)) => Ok(Self(value / scale)),
            _ => Err(format!("`{text}` is not a share; write it as 1% or 0.01")),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Gives a quantity its string form in files and its place in the JSON schema.
macro_rules! written_as_text {
    ($type:ident, $name:literal, $description:literal, [$($example:literal),+]) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $description, "examples": [$($example),+] })
            }
        }
    };
}

written_as_text!(Span, "Span", "A length of time.", ["30s", "10m", "1h30m"]);
written_as_text!(Bytes, "Bytes", "A size: MB is 10^6 bytes, MiB is 2^20.", ["600MB", "64MiB"]);
written_as_text!(Share, "Share", "A share of a whole.", ["2%", "0.02"]);
written_as_text!(Rate, "Rate", "Events per second, over all workers together.", ["50/s", "3000/min"]);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn people_write_quantities_in_many_ways() {
        assert_eq!("1h30m".parse(), Ok(Span(5400 * NS_PER_S)));
        assert_eq!("600MB".parse(), Ok(Bytes(600_000_000)));
        assert_eq!("600MiB".parse(), Ok(Bytes(600 << 20)));
        assert_eq!("4096".parse(), Ok(Bytes(4096)));
        assert_eq!("1200/min".parse(), Ok(Rate(20.0)));
    }

    #[test]
    fn a_wrong_quantity_says_how_to_write_it() {
        for (error, hint) in [
            ("ten".parse::<Span>().unwrap_err(), "10m"),
            ("6 apples".parse::<Bytes>().unwrap_err(), "600MB"),
            ("50".parse::<Rate>().unwrap_err(), "50/s"),
            ("-1/s".parse::<Rate>().unwrap_err(), "zero or more"),
            ("NaN/s".parse::<Rate>().unwrap_err(), "zero or more"),
        ] {
            assert!(error.contains(hint), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(ns in 0..=u64::MAX, bytes in 0..=(1u64 << 53), rate in 0.0..1e6f64) {
            prop_assert_eq!(Span(ns).to_string().parse(), Ok(Span(ns)));
            prop_assert_eq!(Bytes(bytes).to_string().parse(), Ok(Bytes(bytes)));
            prop_assert_eq!(Share(rate / 1e6).to_string().parse(), Ok(Share(rate / 1e6)));
            prop_assert_eq!(Rate(rate).to_string().parse(), Ok(Rate(rate)));
        }
    }
}
