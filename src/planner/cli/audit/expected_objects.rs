//! The objects that a list expects, in the order in which S3 lists them.

use std::path::Path;

use crate::cli::exit::BadInput;
use crate::cli::{load_scenario, stdio};
use planner_core::audit::ListedObject;
use planner_core::audit::listing_location::ListingLocation;
use planner_core::scenario::manifest::Manifest;

/// Objects given at a time.
const PAGE: usize = 1000;

/// A list, and how far it has been given.
pub(super) struct Expected {
    manifest: Manifest,
    /// Places in the manifest of the keys under the prefix, in the order of the keys.
    order: Vec<u64>,
    prefix_bytes: usize,
    next: usize,
}

impl Expected {
    /// Reads a list, of which what lies under the source's prefix counts.
    pub(super) fn read(path: &Path, source: &ListingLocation) -> Result<Self, BadInput> {
        let help = "give `key,size` rows or an S3 Inventory list";
        let failed = |reason: String| BadInput::file("read the list", path, reason, help);
        let input = load_scenario::open(path).map_err(|error| failed(error.to_string()))?;
        let expected = Self::of(Manifest::read(input).map_err(failed)?, source);
        let others = expected.manifest.len() - expected.order.len() as u64;
        if expected.order.is_empty() {
            return Err(failed(format!(
                "none of its keys begins with `{}`, the prefix of the source",
                source.prefix
            )));
        }
        if others > 0 {
            stdio::say(format_args!("{others} keys of the list are not under {source} and left out"));
        }
        Ok(expected)
    }

    fn of(manifest: Manifest, source: &ListingLocation) -> Self {
        let mut order: Vec<u64> =
            (0..manifest.len()).filter(|&index| manifest.get(index).0.starts_with(&source.prefix)).collect();
        order.sort_unstable_by_key(|&index| manifest.get(index).0);
        Self { manifest, order, prefix_bytes: source.prefix.len(), next: 0 }
    }

    /// The list from behind a key on, without prefixes.
    pub(super) fn skip_to(&mut self, cursor: &str) {
        self.next =
            self.order.partition_point(|&index| &self.manifest.get(index).0[self.prefix_bytes..] <= cursor);
    }

    /// The next objects; None at the end.
    pub(super) fn page(&mut self) -> Option<Vec<ListedObject>> {
        let end = self.order.len().min(self.next + PAGE);
        let page: Vec<ListedObject> =
            self.order[self.next..end].iter().map(|&index| self.listed(index)).collect();
        self.next = end;
        (!page.is_empty()).then_some(page)
    }

    fn listed(&self, index: u64) -> ListedObject {
        let (key, size_bytes) = self.manifest.get(index);
        ListedObject { key: key[self.prefix_bytes..].to_owned(), size_bytes, etag: None, modified_ns: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_comes_in_order_under_its_prefix_and_goes_on_anywhere() {
        let text = "a/z,3\na/b,1\nother,9\na/\u{e9},4\na/b c,2\n";
        let list = || Expected::of(Manifest::read(text.as_bytes()).unwrap(), &"s3://s/a/".parse().unwrap());
        let keys = |mut list: Expected| {
            let page = list.page().unwrap_or_default();
            assert!(list.page().is_none());
            page.into_iter().map(|listed| (listed.key, listed.size_bytes)).collect::<Vec<_>>()
        };
        let all = [("b".to_owned(), 1), ("b c".to_owned(), 2), ("z".to_owned(), 3), ("\u{e9}".to_owned(), 4)];
        assert_eq!(keys(list()), all);
        for (cursor, left) in [("b", 3), ("b a", 3), ("", 4), ("\u{ff}", 0)] {
            let mut list = list();
            list.skip_to(cursor);
            assert_eq!(keys(list), all[4 - left..], "{cursor}");
        }
    }
}
