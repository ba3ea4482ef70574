//! The part of a file that is looked at: `0s..10s`, in the file's own time.

use std::ops::Range;
use std::str::FromStr;

use super::cell::{MAX_NS, parse_time_ns};
use crate::units::quantity::Span;

/// A stretch of the file's own clock, in nanoseconds; longer than nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileWindow(pub Range<i64>);

impl FromStr for FileWindow {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (start, end) = text.split_once("..").ok_or_else(|| {
            format!("`{text}` is not a window; write it as 0s..10s, 30..90 or with two RFC 3339 times")
        })?;
        let window = border_ns(start.trim())?..border_ns(end.trim())?;
        if window.is_empty() {
            return Err(format!("the window `{text}` ends before it starts, or at once"));
        }
        Ok(Self(window))
    }
}

/// Seconds, a date, or a length of time since the file's zero.
fn border_ns(text: &str) -> Result<i64, String> {
    parse_time_ns(text).or_else(|reason| {
        let (sign, length) = text.strip_prefix('-').map_or((1, text), |length| (-1, length));
        let span = length.parse::<Span>().ok().and_then(|span| i64::try_from(span.ns()).ok());
        span.filter(|&ns| ns <= MAX_NS)
            .map(|ns| sign * ns)
            .ok_or_else(|| format!("the border of the window {reason}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_are_seconds_lengths_of_time_or_dates() {
        for text in ["-2..90.5", "-2s..1m30s500ms", "-2s..90.5"] {
            assert_eq!(text.parse(), Ok(FileWindow(-2_000_000_000..90_500_000_000)), "{text}");
        }
        let dates = "2016-05-12T10:00:00Z..2016-05-12T10:00:10Z".parse::<FileWindow>().unwrap().0;
        assert_eq!(dates.end - dates.start, 10_000_000_000);
    }

    #[test]
    fn what_is_no_window_is_named() {
        for (text, hint) in [
            ("10s", "not a window"),
            ("10s..10s", "ends before"),
            ("soon..10s", "`soon`"),
            ("0..NaN", "`NaN`"),
            ("-200years..0", "`-200years`"),
        ] {
            let error = text.parse::<FileWindow>().unwrap_err();
            assert!(error.contains(hint), "{error}");
        }
    }
}
