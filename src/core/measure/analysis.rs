//! What is worked out of a run once it is over: steady parts, verdicts and the scaling law of a sweep.

use super::judgement;
use super::scaling::scaling;
use super::series::{SeriesSecond, of_level};
use super::verdict_reason::RunReason;
use crate::law::usl_fit::Point;
use crate::measure::document::RunDocument;
use crate::measure::level::LevelSummary;

/// Works out everything that rests on the rows of a run and puts it into its document, the verdicts in these words.
pub fn analyse(document: &mut RunDocument, rows: &[SeriesSecond], words: fn(&RunReason) -> String) {
    let levels = document.levels.len();
    for (number, level) in (0..).zip(document.levels.iter_mut()) {
        level.steady = level.steady_part(of_level(rows, number), levels, words);
    }
    document.verdicts = Some(judgement::verdicts(&document.levels).map(words));
    document.usl = scaling(&points(&document.levels));
}

/// Several runs as one, under the first one's name: all their levels in this order, and the scaling law of those. None
/// of no runs.
#[must_use]
pub fn together(documents: Vec<RunDocument>) -> Option<RunDocument> {
    let mut documents = documents.into_iter();
    let mut all = documents.next()?;
    let before = all.levels.len();
    for document in documents {
        all.complete &= document.complete;
        all.levels.extend(document.levels);
    }
    if all.levels.len() > before {
        all.usl = scaling(&points(&all.levels));
    }
    Some(all)
}

/// Concurrency and throughput of the closed levels that had a steady part.
#[must_use]
pub fn points(levels: &[LevelSummary]) -> Vec<Point> {
    let point = |level: &LevelSummary| {
        let law = level.concurrency.and(level.steady.as_ref())?.littles_law;
        // A count over the window has about its own size as variance.
        Some(Point { n: law.n, x_per_s: law.x_per_s, weight: law.window_s / law.x_per_s })
    };
    levels.iter().filter_map(point).collect()
}
