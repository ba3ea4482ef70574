//! Throughput at several concurrencies: `n,x[,r]`. Any two of N, X and R give the third.

use std::io::Read;

use super::cell::{self, HeaderColumns};
use super::error::CheckError;
use super::quantity::Quantity;

/// One measurement of N, X and R, with N = X·R where one of them was derived.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableMeasurement {
    /// Requests in flight; need not be whole.
    pub n: f64,
    /// Completions per second.
    pub x_per_s: f64,
    /// Residence time.
    pub r_s: f64,
    /// The one that was derived; None where all three were given, so that they can contradict each other.
    pub derived: Option<Quantity>,
}

impl TableMeasurement {
    /// X·R / N.
    pub(crate) fn ratio(&self) -> f64 {
        self.x_per_s * self.r_s / self.n
    }
}

/// All measurements of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MeasurementTable {
    /// In the order of the file.
    pub measurements: Vec<TableMeasurement>,
}

/// Where the columns are.
pub struct TableColumns {
    n: Option<usize>,
    x: Option<usize>,
    r: Option<usize>,
}

impl TableColumns {
    /// Finds two columns at least, if they are there.
    pub fn find(columns: &HeaderColumns) -> Option<Self> {
        let layout = Self {
            n: columns.find(&["n", "concurrency", "workers", "in_flight", "threads"]),
            x: columns.find(&["x", "x_per_s", "throughput", "throughput_per_s"]),
            r: columns.find(&["r", "r_s", "residence_s", "residence_mean_s", "latency_s"]),
        };
        let found = [layout.n, layout.x, layout.r].into_iter().flatten().count();
        (found >= 2).then_some(layout)
    }
}

/// Reads all rows.
///
/// # Errors
/// Where a row cannot be understood or has fewer than two of the three, or there is none.
pub fn read<R: Read>(reader: csv::Reader<R>, layout: &TableColumns) -> Result<MeasurementTable, CheckError> {
    let mut table = MeasurementTable::default();
    cell::each_row(reader, |row| {
        let n = cell::maybe_amount(row, layout.n, "n")?;
        let x = cell::maybe_amount(row, layout.x, "x")?;
        let r = cell::maybe_amount(row, layout.r, "r")?;
        table.measurements.push(measurement(n, x, r)?);
        Ok(())
    })?;
    if table.measurements.is_empty() {
        return Err(CheckError::File("the file has a header and no measurement".into()));
    }
    Ok(table)
}

/// Derives what is missing by N = X·R.
fn measurement(n: Option<f64>, x: Option<f64>, r: Option<f64>) -> Result<TableMeasurement, String> {
    let (n, x_per_s, r_s, derived) = match (n, x, r) {
        (Some(n), Some(x), Some(r)) => (n, x, r, None),
        (Some(n), Some(x), None) => (n, x, n / x, Some(Quantity::RS)),
        (Some(n), None, Some(r)) => (n, n / r, r, Some(Quantity::XPerS)),
        (None, Some(x), Some(r)) => (x * r, x, r, Some(Quantity::N)),
        _ => return Err("two of n, x and r are needed".into()),
    };
    if [n, x_per_s, r_s].iter().all(|value| value.is_finite() && *value > 0.0) {
        return Ok(TableMeasurement { n, x_per_s, r_s, derived });
    }
    Err("n, x and r must be more than 0".into())
}

#[cfg(test)]
mod tests {
    use super::super::{FileContent, read};
    use super::*;
    use proptest::prelude::*;

    fn table(text: &str) -> MeasurementTable {
        match read(text.as_bytes()) {
            Ok(FileContent::Table(table)) => table,
            other => panic!("{other:?}"),
        }
    }

    proptest! {
        #[test]
        fn any_two_give_the_third(n in 0.1..1e4f64, r in 0.001..1e3f64) {
            let x = n / r;
            for text in [format!("n,x\n{n},{x}\n"), format!("n,r\n{n},{r}\n"), format!("x,r\n{x},{r}\n")] {
                let found = table(&text).measurements[0];
                prop_assert!((found.n / n - 1.0).abs() < 1e-9);
                prop_assert!((found.r_s / r - 1.0).abs() < 1e-9);
                prop_assert!((found.ratio() - 1.0).abs() < 1e-9 && found.derived.is_some());
            }
        }
    }

    #[test]
    fn three_can_contradict_each_other() {
        let found = table("workers,throughput,latency_s\n10,5,3\n").measurements[0];
        assert!(found.derived.is_none() && (found.ratio() - 1.5).abs() < 1e-12);
        let error = read("n,x,r\n1,,\n".as_bytes()).unwrap_err().to_string();
        assert!(error.contains("line 2: two of"), "{error}");
        let error = read("n,x\n1,0\n".as_bytes()).unwrap_err().to_string();
        assert!(error.contains("more than 0"), "{error}");
    }
}
