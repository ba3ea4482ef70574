//! What charts over a choice have in common: the axis of the choice and what is marked on it.

use crate::drawing::GuideLine;
use crate::drawing::axis::{Axis, Scale};
use planner_core::units::human::shortest;

/// Choices further apart than by this factor are shown on a logarithmic axis.
const WIDE: f64 = 30.0;
/// A limit that lies further beyond the rest than by this factor is left to the table.
const NEAR: f64 = 1.6;

/// What may be chosen, such as a number of workers or a rate.
#[derive(Debug, Clone, Copy)]
pub struct ChoiceAxis<'a> {
    /// Its name with its unit: `N, workers`, `publish rate, messages per second`.
    pub name: &'a str,
    /// What was chosen, and how it is written.
    pub chosen: Option<(f64, &'a str)>,
    /// Limits by their names.
    pub limits: &'a [(String, f64)],
}

impl ChoiceAxis<'_> {
    /// An axis that shows all of the values, what was chosen and the limits that lie near; and a border for each of the
    /// last two.
    pub(super) fn axis(&self, values: impl IntoIterator<Item = f64>) -> (Axis, Vec<GuideLine>) {
        let named = |name: &str, at: f64| GuideLine { at, label: format!("{name} {}", shortest(at, 3)) };
        let chosen = self.chosen.map(|(at, what)| GuideLine { at, label: format!("chosen: {what}") });
        let mut borders: Vec<GuideLine> = chosen.into_iter().collect();
        let all = || values_of(&borders);
        let (low, high) = values
            .into_iter()
            .chain(all())
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, 0.0), |(low, high), value| (f64::min(low, value), f64::max(high, value)));
        let limits = self.limits.iter().filter(|&&(_, at)| at >= low / NEAR && at <= high * NEAR);
        let limits: Vec<GuideLine> = limits.map(|(name, at)| named(name, *at)).collect();
        let low = values_of(&limits).fold(low, f64::min);
        let high = values_of(&limits).fold(high, f64::max);
        borders.extend(limits);
        borders.sort_by(|a, b| a.at.total_cmp(&b.at));
        let axis = if low > 0.0 && high / low >= WIDE {
            Axis::between(self.name, Scale::Log, low / 1.1, high * 1.1)
        } else {
            let room = 0.04 * (high - low);
            let from = if low < 0.2 * high { 0.0 } else { low - room };
            Axis::between(self.name, Scale::Linear, from, high + room)
        };
        (axis, borders)
    }
}

fn values_of(borders: &[GuideLine]) -> impl Iterator<Item = f64> {
    borders.iter().map(|border| border.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_shown_where_it_lies_near() {
        let limits = [("account limit".to_owned(), 900.0), ("far".to_owned(), 90_000.0)];
        let choice = ChoiceAxis { name: "N", chosen: Some((800.0, "800 workers")), limits: &limits };
        let (axis, borders) = choice.axis([500.0, 850.0]);
        let names: Vec<&str> = borders.iter().map(|border| border.label.as_str()).collect();
        assert_eq!(names, ["chosen: 800 workers", "account limit 900"]);
        assert!(axis.low < 500.0 && axis.high >= 900.0 && axis.high < 1000.0, "{axis:?}");
    }
}
