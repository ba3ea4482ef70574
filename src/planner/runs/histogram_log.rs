//! `latency.hlog`: an HdrHistogram interval log (format 1.3) that HdrHistogram's own tools read.
//!
//! Values are nanoseconds. Untagged lines hold latencies from the intended start, lines tagged `service` times
//! from the actual start.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};

use planner_aws::file_error::FileError;
use planner_core::measure::histogram::TimeHistogram;
use planner_core::measure::recorder::Second;
use planner_core::units::quantity::seconds;

/// Name of the file in a run folder.
pub const FILE: &str = "latency.hlog";
const SERVICE: &str = "service";
/// Cookie and length before what is compressed.
const COMPRESSED_HEAD_BYTES: usize = 8;
/// Counts of a histogram with five digits up to 2⁶³, nine bytes each, are fewer.
const MOST_BYTES: u32 = 64 << 20;
/// Readers show maxima in milliseconds.
const NS_PER_MS: f64 = 1e6;

/// Writes two lines a second.
pub struct Writer {
    file: BufWriter<File>,
    serializer: V2DeflateSerializer,
    encoded: Vec<u8>,
}

impl Writer {
    /// Begins the log of a run that started at `epoch_s` seconds since 1970.
    ///
    /// # Errors
    /// Where the file cannot be created or written.
    pub fn create(folder: &Path, epoch_s: f64) -> Result<Self, FileError> {
        let path = folder.join(FILE);
        let file = File::create_new(&path).map_err(|error| FileError::new("create", &path, error))?;
        let mut file = BufWriter::new(file);
        write!(
            file,
            "#[Histogram log format version 1.3]\n#[StartTime: {epoch_s:.3} (seconds since epoch)]\n\
             \"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n"
        )
        .map_err(|error| FileError::new("write", &path, error))?;
        Ok(Self { file, serializer: V2DeflateSerializer::new(), encoded: Vec::new() })
    }

    /// Adds a second and hands it to the operating system.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&mut self, second: &Second) -> std::io::Result<()> {
        let row = &second.row;
        for (tag, times) in [("", &second.latency), ("Tag=service,", &second.service)] {
            if times.is_empty() {
                continue;
            }
            self.encoded.clear();
            self.serializer
                .serialize(times.inner(), &mut self.encoded)
                .map_err(|error| std::io::Error::other(error.to_string()))?;
            writeln!(
                self.file,
                "{tag}{:.9},{:.9},{:.3},{}",
                row.start_s(),
                seconds(row.window.length_ns),
                times.inner().max() as f64 / NS_PER_MS,
                STANDARD.encode(&self.encoded),
            )?;
        }
        self.file.flush()
    }
}

/// Reads a log: `each` gets the start of every interval in seconds, whether it is service time, and its times.
/// A last line that was cut off is left out.
///
/// # Errors
/// Where the file cannot be read or a line but the last cannot be understood.
pub fn read(folder: &Path, mut each: impl FnMut(f64, bool, TimeHistogram)) -> Result<(), FileError> {
    let path = folder.join(FILE);
    let mut text = fs::read(&path).map_err(|error| FileError::new("read", &path, error))?;
    text.truncate(text.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1));
    let mut deserializer = Deserializer::new();
    for entry in IntervalLogIterator::new(&text) {
        let LogEntry::Interval(interval) =
            entry.map_err(|error| FileError::new("read", &path, format!("{error:?}")))?
        else {
            continue;
        };
        let histogram: Histogram<u64> = STANDARD
            .decode(interval.encoded_histogram())
            .map_err(|error| error.to_string())
            .and_then(|bytes| {
                is_of_moderate_size(&bytes)?;
                deserializer.deserialize(&mut bytes.as_slice()).map_err(|error| error.to_string())
            })
            .map_err(|error| FileError::new("read", &path, error))?;
        let is_service = interval.tag().is_some_and(|tag| tag.as_str() == SERVICE);
        each(interval.start_timestamp().as_secs_f64(), is_service, TimeHistogram::from(histogram));
    }
    Ok(())
}

/// Refuses a histogram that says it is huge, for which memory would be asked before anything of it is read.
fn is_of_moderate_size(encoded: &[u8]) -> Result<(), String> {
    let mut inner = Vec::new();
    let head = encoded.get(COMPRESSED_HEAD_BYTES..).ok_or("the histogram is cut off")?;
    // A cookie, the length of the counts, an offset and the number of significant digits.
    let read = ZlibDecoder::new(head).take(16).read_to_end(&mut inner);
    let field =
        |at: usize| inner.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
    match (read, field(4), field(12)) {
        (Ok(_), Some(length_bytes), Some(digits)) if length_bytes <= MOST_BYTES && digits <= 5 => Ok(()),
        (Ok(_), Some(length_bytes), Some(digits)) => {
            Err(format!("the histogram says that it has {length_bytes} bytes and {digits} digits"))
        }
        _ => Err("the histogram cannot be unpacked".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner_core::law::in_flight_window::Window;
    use planner_core::measure::series::SeriesSecond;

    #[test]
    fn what_is_logged_reads_back_by_kind_and_a_cut_line_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(folder.path(), 1_463_000_000.25).unwrap();
        let mut second = Second {
            row: SeriesSecond {
                start_ns: 2_000_000_000,
                window: Window { length_ns: 1_000_000_000, ..Window::default() },
                ..SeriesSecond::default()
            },
            latency: TimeHistogram::new(),
            service: TimeHistogram::new(),
        };
        (1..=100).for_each(|ms| second.latency.record(ms * 1_000_000));
        second.service.record(7_000_000);
        writer.write(&second).unwrap();
        let path = folder.path().join(FILE);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}3.000000000,1.0000")).unwrap();
        let mut seen = Vec::new();
        read(folder.path(), |start_s, service, times| seen.push((start_s, service, times.len()))).unwrap();
        assert_eq!(seen, [(2.0, false, 100), (2.0, true, 1)]);
    }
}
