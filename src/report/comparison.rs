//! Two runs side by side, for the terminal and for a pull request.

use super::ReportError;
use super::human::{duration, percent, rate};
use super::section::{self, Section};
use super::table::Table;
use crate::stats::comparison::{Change, ComparisonDocument, LevelComparison, Outcome};

/// The answer as text, no line wider than `width` columns.
#[must_use]
pub fn text(document: &ComparisonDocument, width: usize, colour: bool) -> String {
    section::text(&sections(document), width, colour)
}

/// The answer in Markdown.
#[must_use]
pub fn markdown(document: &ComparisonDocument) -> String {
    section::markdown(&format!("{} → {}", document.before, document.after), &sections(document))
}

/// The answer as JSON with a newline at its end.
///
/// # Errors
/// Where the document holds a value that JSON cannot express.
pub fn json(document: &ComparisonDocument) -> Result<String, ReportError> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}

fn sections(document: &ComparisonDocument) -> Vec<Section> {
    let mut sections = vec![Section::Lead(lead(document))];
    sections.extend(regressions(document).map(Section::Warning));
    for level in &document.levels {
        sections.push(Section::Table(measures(level)));
        if let Some(reason) = &level.too_short {
            sections.push(Section::Words("blocks", reason.clone()));
        }
    }
    if !document.unmatched.is_empty() {
        sections.push(Section::Words("one run only", document.unmatched.join(", ")));
    }
    sections.extend(document.notes.iter().map(|note| Section::Words("note", note.clone())));
    sections
}

fn lead(document: &ComparisonDocument) -> String {
    let changes = || document.levels.iter().flat_map(LevelComparison::changes);
    let count = |outcome| changes().filter(|(_, change)| change.outcome == outcome).count();
    let (better, worse) = (count(Outcome::Better), count(Outcome::Worse));
    let all = changes().count();
    let found = match (all, better, worse, count(Outcome::TooShort)) {
        (0, ..) => "the runs have no level in common".into(),
        (all, _, _, short) if short == all => "too short to compare".into(),
        (_, 0, 0, _) => "no difference shown".into(),
        _ => format!("{better} better and {worse} worse of {all} measures"),
    };
    format!("{} → {}: {found}.", document.before, document.after)
}

fn regressions(document: &ComparisonDocument) -> Option<String> {
    let limit = document.limit.filter(|_| !document.regressions.is_empty())?;
    Some(format!("Worse by more than {}: {}.", percent(limit), document.regressions.join(", ")))
}

fn measures(level: &LevelComparison) -> Table {
    let head = [level.level.as_str(), "before", "after", "change", "95 % interval", "verdict"];
    let mut table = Table::new(&level.level, &head).words_from(5);
    for (index, (name, change)) in level.changes().into_iter().enumerate() {
        let show = if index == 0 { rate } else { duration };
        let verdict = match change.outcome {
            Outcome::Better => "better",
            Outcome::Worse => "worse",
            Outcome::NoDifferenceShown => "no difference shown",
            Outcome::TooShort => "too short to compare",
        };
        table.row([
            name.into(),
            show(change.before),
            show(change.after),
            relative(change),
            interval(change),
            verdict.into(),
        ]);
    }
    table
}

fn relative(change: &Change) -> String {
    if change.before > 0.0 { signed(change.after / change.before - 1.0) } else { "–".into() }
}

fn interval(change: &Change) -> String {
    change.ratio.map_or_else(
        || "–".into(),
        |ratio| format!("{} to {}", signed(ratio.low - 1.0), signed(ratio.high - 1.0)),
    )
}

fn signed(share: f64) -> String {
    // Less than a tenth of a thousandth is rounding.
    let share = (share * 1e4).round() / 1e4;
    let sign = if share > 0.0 { "+" } else { "" };
    format!("{sign}{}", percent(share))
}
