//! Whether what is missing lies one folder off.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::listing_location::ListingLocation;
use super::tally::List;

/// Missing objects that are there under another folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MisplacedObjects {
    /// How many of them were found, by their names.
    pub found: u64,
    /// How many were looked for: the missing that are named.
    pub missing: u64,
    /// What comes before their names at the destination, with a `/` at the end.
    pub folder: String,
}

/// The folder under which at least half of the missing that are named are found; None where there is no such.
pub(super) fn elsewhere(places: [&str; 2], missing: &List, extra: &List) -> Option<MisplacedObjects> {
    let keys = |place: &str, list: &List| -> Option<BTreeSet<String>> {
        let ListingLocation { prefix, .. } = place.parse().ok()?;
        let name = |key: &str| key.strip_prefix(prefix.as_str()).map(str::to_owned);
        Some(list.first.iter().filter_map(|item| name(&item.key)).collect())
    };
    let (missing, extra) = (keys(places[0], missing)?, keys(places[1], extra)?);
    let mut folders: BTreeMap<&str, u64> = BTreeMap::new();
    for key in &extra {
        let ends = key.match_indices('/').map(|(slash, _)| slash + 1);
        for end in ends.filter(|&end| missing.contains(&key[end..])) {
            *folders.entry(&key[..end]).or_default() += 1;
        }
    }
    let (folder, found) = folders.into_iter().max_by_key(|(_, found)| *found)?;
    let missing = missing.len() as u64;
    (2 * found >= missing).then(|| MisplacedObjects { found, missing, folder: folder.to_owned() })
}
