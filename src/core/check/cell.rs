//! Columns by name and cells by type, with errors that name both.

use std::io::Read;

use super::error::CheckError;
use crate::units::quantity::NS_PER_S;

/// Times beyond this many nanoseconds are a mistake in the unit: the year 2115. The difference of two that are not
/// fits into an [`i64`].
pub(super) const MAX_NS: i64 = 4_600_000_000 * NS_PER_S as i64;

/// A reader of rows that begin with a header.
pub(crate) fn reader<R: Read>(input: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(input)
}

/// The columns of a header by lower-case name.
pub struct HeaderColumns(Vec<String>);

impl HeaderColumns {
    /// The columns of a header.
    pub(crate) fn new(header: &csv::StringRecord) -> Self {
        Self(
            header
                .iter()
                .map(|name| name.trim_start_matches('\u{feff}').trim().to_ascii_lowercase())
                .collect(),
        )
    }

    /// The columns that a first line names.
    pub(crate) fn of_line(line: &str) -> Self {
        let header = reader(line.as_bytes()).headers().cloned();
        Self::new(&header.unwrap_or_default())
    }

    /// Where the first of these names stands.
    pub(crate) fn find(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.0.iter().position(|column| column == name))
    }

    /// The first of these names that more than one column has.
    pub(crate) fn repeated<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        let count = |name: &str| self.0.iter().filter(|column| *column == name).count();
        names.iter().copied().find(|name| count(name) > 1)
    }
}

/// Goes through all rows; the first error ends it, with its line.
pub(crate) fn each_row<R: Read>(
    mut reader: csv::Reader<R>,
    mut take: impl FnMut(&csv::StringRecord) -> Result<(), String>,
) -> Result<u64, CheckError> {
    let mut row = csv::StringRecord::new();
    let mut rows = 0;
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut row) {
            Ok(false) => return Ok(rows),
            Ok(true) => {
                let line = row.position().map_or(line, csv::Position::line);
                take(&row).map_err(|reason| CheckError::Line { line, reason })?;
                rows += 1;
            }
            Err(error) => {
                let line = error.position().map_or(line, csv::Position::line);
                return Err(CheckError::Line { line, reason: error.to_string() });
            }
        }
    }
}

/// The text of a cell.
pub(crate) fn text<'a>(row: &'a csv::StringRecord, index: usize, name: &str) -> Result<&'a str, String> {
    row.get(index).filter(|cell| !cell.is_empty()).ok_or_else(|| format!("there is no {name}"))
}

/// A finite number, 0 or more.
pub(crate) fn amount(row: &csv::StringRecord, index: usize, name: &str) -> Result<f64, String> {
    let cell = text(row, index, name)?;
    match cell.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err(format!("{name} is `{cell}`, not a number of 0 or more")),
    }
}

/// A finite number, 0 or more, where the column and the cell are there.
pub(crate) fn maybe_amount(
    row: &csv::StringRecord,
    index: Option<usize>,
    name: &str,
) -> Result<Option<f64>, String> {
    match index {
        Some(index) if row.get(index).is_some_and(|cell| !cell.is_empty()) => {
            amount(row, index, name).map(Some)
        }
        _ => Ok(None),
    }
}

/// A time in nanoseconds, from seconds or from RFC 3339 text.
pub(crate) fn time_ns(row: &csv::StringRecord, index: usize, name: &str) -> Result<i64, String> {
    parse_time_ns(text(row, index, name)?).map_err(|reason| format!("{name} {reason}"))
}

/// A time in nanoseconds, [`MAX_NS`] from 0 at most, from seconds or from RFC 3339 text.
pub(crate) fn parse_time_ns(cell: &str) -> Result<i64, String> {
    let time_ns = match (exact_decimal_ns(cell), cell.parse::<f64>()) {
        (Some(exact_ns), _) => exact_ns,
        (None, Ok(seconds)) if !seconds.is_nan() => (seconds * NS_PER_S as f64).round() as i128,
        (None, Ok(_)) => return Err(format!("is `{cell}`, not a time in seconds")),
        (None, Err(_)) => {
            let dated = cell.replace('/', "-").replacen(' ', "T", 1);
            let zoned = dated.parse::<jiff::Timestamp>().or_else(|_| format!("{dated}Z").parse());
            let stamp = zoned.map_err(|_| format!("is `{cell}`, neither seconds nor an RFC 3339 time"))?;
            stamp.as_nanosecond()
        }
    };
    i64::try_from(time_ns)
        .ok()
        .filter(|time_ns| (-MAX_NS..=MAX_NS).contains(time_ns))
        .ok_or_else(|| format!("is `{cell}`, not a time in seconds: it lies centuries away"))
}

/// Plain decimals are read digit by digit: a floating-point second loses nanoseconds after four months.
fn exact_decimal_ns(cell: &str) -> Option<i128> {
    let (sign, digits) = cell.strip_prefix('-').map_or((1, cell), |digits| (-1, digits));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(decimals) || decimals.len() > 9 {
        return None;
    }
    let padded = format!("{decimals:0<9}");
    let ns = i128::from(whole.parse::<i64>().ok()?) * i128::from(NS_PER_S) + padded.parse::<i128>().ok()?;
    Some(sign * ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_in_seconds_or_as_dates() {
        assert_eq!(parse_time_ns("1463000000.123456789"), Ok(1_463_000_000_123_456_789));
        assert_eq!(parse_time_ns("-2"), Ok(-2_000_000_000));
        assert_eq!(parse_time_ns("1e-3"), Ok(1_000_000));
        for date in ["2016-05-12T10:00:00Z", "2016-05-12T12:00:00+02:00", "2016/05/12 10:00:00"] {
            assert_eq!(parse_time_ns(date), Ok(1_463_047_200_000_000_000), "{date}");
        }
        for wrong in [
            "NaN",
            "inf",
            "soon",
            "1e40",
            "4600000001",
            "-9223372036",
            "1463000000123",
            "2200-01-01T00:00:00Z",
        ] {
            assert!(parse_time_ns(wrong).is_err(), "{wrong}");
        }
    }
}
