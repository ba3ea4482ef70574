//! Lists of objects: `key,size` rows, or an S3 Inventory list.
//!
//! Keys stand in one long string, so that ten million of them are a few hundred megabytes.

use std::io::Read;

use percent_encoding::percent_decode_str;

/// An ordered list of keys and sizes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    keys: String,
    ends: Vec<usize>,
    sizes: Vec<u64>,
    archived: u64,
}

/// Storage classes whose objects must be restored before they can be copied (Amazon S3 User Guide, "Restoring an
/// archived object").
const ARCHIVES: [&str; 2] = ["GLACIER", "DEEP_ARCHIVE"];

/// Which columns of a row say what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ManifestColumns {
    key: usize,
    size: usize,
    /// Inventory keys are URL-encoded; those of a plain list are not.
    encoded: bool,
    /// Inventory lists of versioned buckets: is-latest and is-delete-marker.
    versions: Option<(usize, usize)>,
}

/// Columns of an S3 Inventory list: bucket, key, size, …
const INVENTORY: ManifestColumns = ManifestColumns { key: 1, size: 2, encoded: true, versions: None };
/// Columns of an S3 Inventory list with versions: bucket, key, version, latest, delete marker, size, …
const VERSIONS: ManifestColumns = ManifestColumns { key: 1, size: 5, encoded: true, versions: Some((3, 4)) };

impl Manifest {
    /// Reads a CSV list. Its first row may name the columns `key` and `size`; without names, two columns are
    /// key and size and more are an S3 Inventory list.
    ///
    /// # Errors
    /// A row that cannot be understood, with its line.
    pub fn read(input: impl Read) -> Result<Self, String> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(input);
        let mut manifest = Self::default();
        let mut columns = None;
        let mut row = csv::StringRecord::new();
        let mut last_line = 0;
        while reader.read_record(&mut row).map_err(|error| match last_line {
            0 => error.to_string(),
            line => format!("after line {line}: {error}"),
        })? {
            let line = row.position().map_or(0, csv::Position::line);
            last_line = line;
            let first = columns.is_none();
            let known = match columns {
                Some(columns) => columns,
                None => *columns.insert(find_columns(&row).map_err(|error| format!("line {line}: {error}"))?),
            };
            if first
                && row.get(known.size).is_some_and(|size| size.trim().parse::<u64>().is_err())
                && names(&row)
            {
                continue;
            }
            manifest.push_row(&row, known).map_err(|error| format!("line {line}: {error}"))?;
        }
        if manifest.is_empty() {
            return Err("the list has no objects".into());
        }
        Ok(manifest)
    }

    fn push_row(&mut self, row: &csv::StringRecord, columns: ManifestColumns) -> Result<(), String> {
        let cell = |index: usize, name: &str| {
            row.get(index).ok_or_else(|| format!("there is no column {} for the {name}", index + 1))
        };
        if let Some((latest, deleted)) = columns.versions
            && (cell(latest, "latest version")? != "true" || cell(deleted, "delete marker")? == "true")
        {
            return Ok(());
        }
        let key = cell(columns.key, "key")?;
        let size = cell(columns.size, "size")?;
        let size = size.trim().parse().map_err(|_| format!("`{size}` is not a size in bytes"))?;
        let decoded = if columns.encoded {
            let spaced = key.replace('+', " ");
            let text =
                percent_decode_str(&spaced).decode_utf8().map_err(|_| format!("key `{key}` is not UTF-8"))?;
            text.into_owned()
        } else {
            key.to_owned()
        };
        if decoded.is_empty() || decoded.len() > 1024 {
            return Err(format!("a key has 1 to 1,024 bytes, this one {}", decoded.len()));
        }
        self.push(&decoded, size);
        // Where the class stands depends on how the list was set up, but nothing else reads like one.
        let is_archived = row.iter().skip(columns.size + 1).any(|cell| ARCHIVES.contains(&cell.trim()));
        self.archived += u64::from(is_archived);
        Ok(())
    }

    /// Adds an object at the end.
    pub fn push(&mut self, key: &str, size_bytes: u64) {
        self.keys.push_str(key);
        self.ends.push(self.keys.len());
        self.sizes.push(size_bytes);
    }

    /// Number of objects.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.sizes.len() as u64
    }

    /// Objects that must be restored before they can be copied, where the list has their storage class.
    #[must_use]
    pub fn archived(&self) -> u64 {
        self.archived
    }

    /// Whether the list has no object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }

    /// The object at `index`, which must be below [`Manifest::len`].
    #[must_use]
    pub fn get(&self, index: u64) -> (&str, u64) {
        let index = index as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        (&self.keys[start..self.ends[index]], self.sizes[index])
    }

    /// Indexes at which the prefix (up to the last `/`) changes, from 0 to the number of objects.
    #[must_use]
    pub fn borders(&self) -> Vec<u64> {
        let prefix = |index: u64| {
            let key = self.get(index).0;
            key.rsplit_once('/').map_or("", |(prefix, _)| prefix)
        };
        let changes = (1..self.len()).filter(|&index| prefix(index) != prefix(index - 1));
        std::iter::once(0).chain(changes).chain(std::iter::once(self.len())).collect()
    }
}

fn names(row: &csv::StringRecord) -> bool {
    row.iter().any(|cell| cell.trim().eq_ignore_ascii_case("key"))
}

fn find_columns(row: &csv::StringRecord) -> Result<ManifestColumns, String> {
    let named = |name: &str| row.iter().position(|cell| cell.trim().eq_ignore_ascii_case(name));
    let is_number = |index: usize| row.get(index).is_some_and(|cell| cell.trim().parse::<u64>().is_ok());
    let is_flag = |index: usize| matches!(row.get(index), Some("true" | "false"));
    match (named("key"), named("size").or_else(|| named("size_bytes"))) {
        (Some(key), Some(size)) => Ok(ManifestColumns { key, size, encoded: false, versions: None }),
        (Some(_), None) => Err("the header names `key` but not `size`".into()),
        _ if row.len() == 2 => Ok(ManifestColumns { key: 0, size: 1, encoded: false, versions: None }),
        // A delete marker has no size, so the flags tell the two kinds of inventory apart.
        _ if is_flag(3) && is_flag(4) => Ok(VERSIONS),
        _ if is_number(2) => Ok(INVENTORY),
        _ => Err("expected `key,size` or the columns of an S3 Inventory list (bucket, key, size)".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(text: &str) -> Vec<(String, u64)> {
        let manifest = Manifest::read(text.as_bytes()).unwrap();
        (0..manifest.len()).map(|i| manifest.get(i)).map(|(key, size)| (key.to_owned(), size)).collect()
    }

    #[test]
    fn plain_lists_and_inventories_are_told_apart() {
        let expected = [("d1/a b".to_owned(), 5), ("d1/c+d".to_owned(), 6)];
        assert_eq!(objects("d1/a b,5\nd1/c+d,6\n"), expected);
        assert_eq!(objects("size,key\n5,d1/a b\n6,d1/c+d\n"), expected);
        assert_eq!(objects("\"b\",\"d1/a+b\",\"5\",\"2016\"\n\"b\",\"d1/c%2Bd\",\"6\",\"2016\"\n"), expected);
        let versions = "b,d1/a+b,v1,true,false,5\nb,d1/a+b,v0,false,false,9\nb,gone,v3,true,true,\nb,d1/c%2Bd,v2,true,false,6\n";
        assert_eq!(objects(versions), expected);
        assert_eq!(
            objects(&format!("b,gone,v9,true,true,\n{versions}")),
            expected,
            "a delete marker comes first"
        );
    }

    #[test]
    fn archived_objects_are_counted() {
        let row =
            |key: &str, class: &str| format!("\"b\",\"{key}\",\"5\",\"2026-11-27\",\"etag\",\"{class}\"\n");
        let text = row("a", "STANDARD")
            + &row("GLACIER", "GLACIER")
            + &row("c", "DEEP_ARCHIVE")
            + &row("d", "GLACIER_IR");
        assert_eq!(Manifest::read(text.as_bytes()).unwrap().archived(), 2);
        assert_eq!(Manifest::read("key,size,StorageClass\na,1,GLACIER\n".as_bytes()).unwrap().archived(), 1);
    }

    #[test]
    fn a_wrong_row_is_named_by_its_line() {
        for (text, hint) in [
            ("key,size\na,1\nb,many\n", "line 3: `many`"),
            ("a,1\nb\n", "line 2: there is no column 2"),
            ("", "no objects"),
            ("key,bytes\n", "not `size`"),
            (",5\n", "1,024 bytes"),
            ("x,y,z\n", "expected `key,size`"),
        ] {
            let error = Manifest::read(text.as_bytes()).unwrap_err();
            assert!(error.contains(hint), "{error}");
        }
    }

    #[test]
    fn groups_follow_the_prefix() {
        let manifest = Manifest::read("a/1,1\na/2,1\nb/1,1\nc,1\n".as_bytes()).unwrap();
        assert_eq!(manifest.borders(), [0, 2, 3, 4]);
    }
}
