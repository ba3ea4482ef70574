//! Both listings, merged as they come, and saved on the way.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::expected_objects::Expected;
use crate::cli::interrupt::interrupted;
use crate::cli::progress::Counting;
use crate::runs::audit::AuditFolder;
use planner_aws::TargetError;
use planner_aws::listing::{ListingStep, PageBudget, pages};
use planner_core::audit::ListedObject;
use planner_core::audit::listing_location::ListingLocation;
use planner_core::audit::merge_join::{Disorder, Join, JoinStep, ListingSide};
use planner_core::audit::object_comparison::Rules;

/// Pages after which it is saved how far the audit has come: what a killed one looks at again, at most.
const PAGES_PER_SAVE: u64 = 20;

/// How a merge ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MergeEnd {
    /// Both sides were read to their ends.
    Whole,
    /// No further request was allowed.
    OutOfBudget,
    /// The user wanted it to end.
    Interrupted,
}

/// Two places to be compared; the source comes first everywhere.
pub(super) struct Merge<'a> {
    pub places: [&'a ListingLocation; 2],
    pub clients: [&'a aws_sdk_s3::Client; 2],
    pub rules: Rules,
    pub budget: &'a Arc<PageBudget>,
    pub counting: &'a Counting,
}

/// One side.
enum Pages {
    Listing(mpsc::Receiver<Result<ListingStep, TargetError>>),
    List(Expected),
}

impl Pages {
    /// The next page; None at the end.
    async fn next(&mut self) -> Result<Option<ListingStep>, TargetError> {
        match self {
            Self::Listing(receiver) => receiver.recv().await.transpose(),
            Self::List(expected) => Ok(expected.page().map(ListingStep::Page)),
        }
    }
}

impl Merge<'_> {
    /// Compares what has not been compared yet, the source by its listing or by a list.
    pub(super) async fn run(
        &self,
        folder: &mut AuditFolder,
        expected: Option<Expected>,
    ) -> miette::Result<MergeEnd> {
        let cursor = folder.progress.cursor.clone();
        let requests_before = folder.progress.list_requests;
        let mut join = Join::after(cursor.as_deref());
        let listing = |side: ListingSide| {
            let (client, place) = (self.clients[side as usize].clone(), self.places[side as usize].clone());
            Pages::Listing(pages(client, place, cursor.clone(), Arc::clone(self.budget)))
        };
        let source = match expected {
            Some(mut expected) => {
                cursor.iter().for_each(|cursor| expected.skip_to(cursor));
                Pages::List(expected)
            }
            None => listing(ListingSide::Source),
        };
        let mut sides = [source, listing(ListingSide::Destination)];
        let mut stop = std::pin::pin!(interrupted());
        let mut pages_taken = 0u64;
        let ended = loop {
            match join.next_step() {
                JoinStep::Done => break MergeEnd::Whole,
                JoinStep::Joined(joined) => {
                    let [source, destination] = self.places;
                    let progress = &mut folder.progress;
                    let item = progress.tally.take(&joined, self.rules, source, destination);
                    progress.cursor.get_or_insert_default().replace_range(.., joined.key());
                    if let Some(item) = item {
                        folder.finding(&item)?;
                    }
                }
                JoinStep::Need(side) => {
                    let next = tokio::select! {
                        biased;
                        () = &mut stop => break MergeEnd::Interrupted,
                        next = sides[side as usize].next() => next?,
                    };
                    match next {
                        None => join.end(side),
                        Some(ListingStep::OutOfBudget) => break MergeEnd::OutOfBudget,
                        Some(ListingStep::Page(page)) => {
                            folder.progress.tally.duplicates += push(&mut join, side, page)?;
                            folder.progress.list_requests = requests_before + self.budget.asked();
                            self.counting.show(&folder.progress.tally);
                            pages_taken += 1;
                            if pages_taken.is_multiple_of(PAGES_PER_SAVE) {
                                folder.save()?;
                            }
                        }
                    }
                }
            }
        };
        folder.progress.list_requests = requests_before + self.budget.asked();
        Ok(ended)
    }
}

fn push(join: &mut Join, side: ListingSide, page: Vec<ListedObject>) -> Result<u64, TargetError> {
    join.push(side, page).map_err(|disorder: Disorder| {
        TargetError::new("failed to audit", disorder.to_string())
            .help("S3 lists a general purpose bucket in the order of its keys; a directory bucket or another server may not, and cannot be audited so")
    })
}
