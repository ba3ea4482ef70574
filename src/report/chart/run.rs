//! What the charts of a run have in common.

use crate::{RunView, run_words};
use planner_core::measure::level::LevelSummary;

/// Levels that are named in a chart.
const NAMES_AT_MOST: usize = 10;

/// The name of a level beside its line or dots; of many levels, some have none, and a single one needs none.
pub(super) fn name(levels: &[LevelSummary], index: usize) -> String {
    let every = levels.len().div_ceil(NAMES_AT_MOST);
    let named = levels.len() > 1 && (index.is_multiple_of(every) || index + 1 == levels.len());
    levels.get(index).filter(|_| named).map_or_else(String::new, LevelSummary::label)
}

/// What every chart was taken from.
pub(super) fn subtitle(view: &RunView) -> Vec<String> {
    let document = view.document;
    let run = format!("{}, {}, seed {}", document.run, run_words::target(document), document.seed);
    let against = run_words::rehearsal(document);
    let rehearsal = against.map(|it| format!("REHEARSAL {it}: says nothing about a real account."));
    [Some(run), rehearsal, run_words::cut_off(view)].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample_run::SampleRun;

    #[test]
    fn of_many_levels_a_few_are_named() {
        let level = SampleRun::one_level().document.levels.remove(0);
        let named = |count| {
            let levels = vec![level.clone(); count];
            (0..count).filter(|&index| !name(&levels, index).is_empty()).count()
        };
        assert_eq!([1, 2, 10, 100].map(named), [0, 2, 10, 11]);
    }
}
