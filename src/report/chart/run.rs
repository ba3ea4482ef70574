//! The charts of a run, and what they have in common.

use super::Chart;
use super::little::little;
use super::pipeline::pipeline;
use super::size::size;
use super::spectrum::spectrum;
use super::sweep::sweep;
use super::timeline::timeline;
use crate::{RunView, words};
use planner_core::measure::level::LevelSummary;

/// Levels that are named in a chart.
const NAMES_AT_MOST: usize = 10;
/// All charts that the run has data for.
#[must_use]
pub fn charts(view: &RunView) -> Vec<Chart> {
    let all = [timeline(view), little(view), spectrum(view), sweep(view), size(view), pipeline(view)];
    all.into_iter().flatten().collect()
}

/// The name of a level beside its line or dots; of many levels, some have none, and a single one needs none.
pub(super) fn name(levels: &[LevelSummary], index: usize) -> String {
    let every = levels.len().div_ceil(NAMES_AT_MOST);
    let named = levels.len() > 1 && (index.is_multiple_of(every) || index + 1 == levels.len());
    levels.get(index).filter(|_| named).map_or_else(String::new, LevelSummary::label)
}

/// What every chart was taken from.
pub(super) fn subtitle(view: &RunView) -> Vec<String> {
    let document = view.document;
    let run = format!("{}, {}, seed {}", document.run, words::target(document), document.seed);
    [Some(run), words::rehearsal(document), words::cut_off(view)].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Frame, svg};
    use crate::sample::Sample;

    fn ids(sample: &Sample) -> Vec<String> {
        charts(&sample.view()).into_iter().map(|chart| chart.id.into_owned()).collect()
    }

    #[test]
    fn a_run_has_the_charts_that_it_has_data_for() {
        assert_eq!(ids(&Sample::empty()), [""; 0]);
        assert_eq!(ids(&Sample::one_attempt()), ["timeline", "littles-law"]);
        assert_eq!(ids(&Sample::one_level()), ["timeline", "littles-law", "latency"]);
        assert_eq!(ids(&Sample::sweep()), ["timeline", "littles-law", "latency", "sweep"]);
    }

    #[test]
    fn every_chart_of_every_run_can_be_drawn_and_says_that_it_is_a_rehearsal() {
        for sample in Sample::all() {
            for chart in charts(&sample.view()) {
                let drawing = svg(&chart, Frame::Card).unwrap();
                assert!(!drawing.contains("NaN") && !drawing.contains("inf"), "{drawing}");
                assert_eq!(drawing.contains("REHEARSAL"), sample.document.rehearsal);
            }
        }
    }

    #[test]
    fn of_many_levels_a_few_are_named() {
        let level = Sample::one_level().document.levels.remove(0);
        let named = |count| {
            let levels = vec![level.clone(); count];
            (0..count).filter(|&index| !name(&levels, index).is_empty()).count()
        };
        assert_eq!([1, 2, 10, 100].map(named), [0, 2, 10, 11]);
    }
}
