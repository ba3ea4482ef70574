//! Two listings in the order of their keys, merged page by page.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::ListedObject;

/// One of the two listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListingSide {
    /// What was to be copied.
    Source,
    /// Where it was to go.
    Destination,
}

impl ListingSide {
    /// The word for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
        }
    }
}

/// What is known of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joined {
    /// In the source alone.
    Missing(ListedObject),
    /// In the destination alone.
    Extra(ListedObject),
    /// In both: source, destination.
    Both(ListedObject, ListedObject),
}

impl Joined {
    /// The key.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Missing(listed) | Self::Extra(listed) | Self::Both(listed, _) => &listed.key,
        }
    }
}

/// What the merge can do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinStep {
    /// The next key in order.
    Joined(Joined),
    /// Nothing before this side gives another page, or ends.
    Need(ListingSide),
    /// Both sides ended.
    Done,
}

/// A listing whose keys do not come in order, by which nothing can be called missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the listing of the {} is out of order: `{key}` comes after `{after}`", side.word())]
pub struct Disorder {
    side: ListingSide,
    key: String,
    after: String,
}

/// One side as far as it has come.
#[derive(Debug, Default)]
struct ListingStream {
    waiting: VecDeque<ListedObject>,
    last: Option<String>,
    ended: bool,
}

/// The merge. It holds what was pushed and not yet joined, and nothing else.
#[derive(Debug, Default)]
pub struct Join {
    source: ListingStream,
    destination: ListingStream,
}

impl Join {
    /// A merge that goes on after a key that was joined before, or begins.
    #[must_use]
    pub fn after(cursor: Option<&str>) -> Self {
        let stream = || ListingStream { last: cursor.map(str::to_owned), ..ListingStream::default() };
        Self { source: stream(), destination: stream() }
    }

    /// Adds a page of one side, and gives how many of its keys were there before; those are left out.
    ///
    /// # Errors
    /// Where a key comes after a larger one. Keys are compared by their bytes, as S3 orders them.
    pub fn push(
        &mut self,
        side: ListingSide,
        page: impl IntoIterator<Item = ListedObject>,
    ) -> Result<u64, Disorder> {
        let mut duplicates = 0;
        let stream = self.stream(side);
        for listed in page {
            match stream.last.as_deref().map_or(Ordering::Greater, |last| listed.key.as_str().cmp(last)) {
                Ordering::Less => {
                    let after = stream.last.take().unwrap_or_default();
                    return Err(Disorder { side, key: listed.key, after });
                }
                Ordering::Equal => duplicates += 1,
                Ordering::Greater => {
                    stream.last = Some(listed.key.clone());
                    stream.waiting.push_back(listed);
                }
            }
        }
        Ok(duplicates)
    }

    /// Says that a side has no more pages.
    pub fn end(&mut self, side: ListingSide) {
        self.stream(side).ended = true;
    }

    fn stream(&mut self, side: ListingSide) -> &mut ListingStream {
        match side {
            ListingSide::Source => &mut self.source,
            ListingSide::Destination => &mut self.destination,
        }
    }

    /// The next key, or what is needed to know it.
    pub fn next_step(&mut self) -> JoinStep {
        let (source, destination) = (&mut self.source, &mut self.destination);
        let order = match (source.waiting.front(), destination.waiting.front()) {
            (None, _) if !source.ended => return JoinStep::Need(ListingSide::Source),
            (_, None) if !destination.ended => return JoinStep::Need(ListingSide::Destination),
            (None, None) => return JoinStep::Done,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(source), Some(destination)) => source.key.cmp(&destination.key),
        };
        let from_source = if order.is_le() { source.waiting.pop_front() } else { None };
        let from_destination = if order.is_ge() { destination.waiting.pop_front() } else { None };
        match (from_source, from_destination) {
            (Some(source), Some(destination)) => JoinStep::Joined(Joined::Both(source, destination)),
            (Some(source), None) => JoinStep::Joined(Joined::Missing(source)),
            (None, Some(destination)) => JoinStep::Joined(Joined::Extra(destination)),
            (None, None) => JoinStep::Done,
        }
    }
}

#[cfg(test)]
#[path = "join_tests.rs"]
mod tests;
