//! Reads run folders without any of the program's own code.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error};
use serde_json::Value;

/// A run folder.
#[derive(Debug, Clone)]
pub(crate) struct RunFolder(pub PathBuf);

/// A row of `attempts.csv`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct AttemptRow {
    pub level: usize,
    pub job: u64,
    pub request: String,
    #[serde(rename = "intended_s", deserialize_with = "exact_ns")]
    pub intended_ns: i128,
    #[serde(rename = "started_s", deserialize_with = "exact_ns")]
    pub started_ns: i128,
    #[serde(rename = "ended_s", deserialize_with = "exact_ns")]
    pub ended_ns: i128,
    pub size_bytes: u64,
    pub items: u64,
    pub outcome: String,
    pub job_end: String,
}

/// A row of `series.csv`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct SeriesRow {
    pub level: usize,
    pub started: usize,
    pub ended: usize,
    pub ok: usize,
    pub throttled: usize,
    pub errors: usize,
    pub not_started: u64,
    pub items_done: u64,
    pub in_flight_end: usize,
    pub start_ns: i128,
    pub length_ns: i128,
    pub in_flight_time_ns: i128,
    pub residence_ns: i128,
    pub age_start_ns: i128,
    pub age_end_ns: i128,
}

impl SeriesRow {
    pub(crate) fn end_ns(&self) -> i128 {
        self.start_ns + self.length_ns
    }
}

fn exact_ns<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i128, D::Error> {
    let text = String::deserialize(deserializer)?;
    let (whole, decimals) = text.split_once('.').ok_or_else(|| D::Error::custom("no decimals"))?;
    assert_eq!(decimals.len(), 9, "{text} is not exact to the nanosecond");
    format!("{whole}{decimals}").parse().map_err(D::Error::custom)
}

impl RunFolder {
    /// The one run in `out`.
    #[track_caller]
    pub(crate) fn only(out: &Path) -> Self {
        let runs = runs(out);
        assert_eq!(runs.len(), 1, "runs in {}: {runs:?}", out.display());
        runs.into_iter().next().unwrap()
    }

    pub(crate) fn name(&self) -> &str {
        self.0.file_name().unwrap().to_str().unwrap()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.file(name)).unwrap()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    pub(crate) fn document(&self) -> Value {
        serde_json::from_slice(&self.bytes("run.json")).unwrap()
    }

    pub(crate) fn attempts(&self) -> Vec<AttemptRow> {
        self.rows("attempts.csv")
    }

    pub(crate) fn series(&self) -> Vec<SeriesRow> {
        self.rows("series.csv")
    }

    /// The whole lines of a table; one that was cut off at the end is none.
    fn rows<T: DeserializeOwned>(&self, name: &str) -> Vec<T> {
        let text = self.text(name);
        let whole = &text[..text.rfind('\n').map_or(0, |last| last + 1)];
        csv::Reader::from_reader(whole.as_bytes()).into_deserialize().collect::<Result<_, _>>().unwrap()
    }
}

/// All runs in `out`, which need not exist.
pub(crate) fn runs(out: &Path) -> Vec<RunFolder> {
    let Ok(entries) = std::fs::read_dir(out) else { return Vec::new() };
    let mut runs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    // Beside the runs lies the page that lists them.
    runs.retain(|path| path.is_dir());
    runs.sort();
    runs.into_iter().map(RunFolder).collect()
}
