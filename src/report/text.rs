//! The run on a terminal.

use std::borrow::Cow;

use textwrap::{WordSeparator, WordSplitter, WrapAlgorithm};

use super::escape::printable;
use super::sparkline::sparkline;
use super::stretch::merged;
use super::table::Table;
use super::{RunView, fan_out, lead, tables, words};
use planner_core::law::finding::{Finding, Verdict};
use planner_core::measure::document::RunDocument;
use planner_core::units::human::{count, length};
use planner_core::units::quantity::NS_PER_S;

/// Columns that the labels of paragraphs take.
const LABEL_WIDTH: usize = 16;
/// Bins in which the talk that the tool follows counted completions.
const BIN_S: u64 = 2;

/// The run as text, no line wider than `width` columns; `colour` marks verdicts and warnings.
#[must_use]
pub fn render(view: &RunView, width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    let document = view.document;
    let warnings = [words::rehearsal(document), words::cut_off(view), words::saturation(document)];
    for warning in warnings.iter().flatten() {
        page.paragraph("", warning, Some(Ink::Yellow));
        page.gap();
    }
    page.paragraph("", &lead::done(document), Some(Ink::Bold));
    page.paragraph("", &provenance(document), None);
    fan_out(&mut page, document);
    levels(&mut page, view);
    page.table(&tables::refusals(document));
    law(&mut page, document);
    if let Some(generator) = &document.generator {
        page.gap();
        let ink = generator.saturated.then_some(Ink::Red);
        page.paragraph("generator", &words::generator(generator), ink);
    }
    page.table(&tables::thresholds(document));
    completions(&mut page, view);
    page.text
}

fn provenance(document: &RunDocument) -> String {
    format!(
        "{} on {}, seed {}, planner {}, {}",
        document.run,
        words::target(document),
        document.seed,
        document.version,
        words::date(&document.started_at),
    )
}

fn levels(page: &mut Page, view: &RunView) {
    match view.document.levels.as_slice() {
        [] => {}
        [level] => {
            page.table(&tables::measures(level));
            page.table(&tables::times(level));
            if level.jobs_done > 0 {
                page.paragraph("  intervals", &words::intervals(level), None);
            }
            page.table(&tables::stages(level));
        }
        _ => {
            page.table(&tables::levels(view.document));
            page.table(&tables::outcomes(view.document));
        }
    }
}

/// What became of the published objects.
fn fan_out(page: &mut Page, document: &RunDocument) {
    let Some(found) = &document.fan_out else { return };
    for table in [fan_out::outcomes(found), fan_out::times(found), fan_out::stages(found)] {
        page.table(&table);
    }
    page.gap();
    for sentence in fan_out::sentences(found) {
        let ink = if sentence.verdict == Verdict::Fail { Ink::Red } else { Ink::Green };
        page.paragraph("objects", &sentence.text, Some(ink));
    }
    for text in &found.unknown {
        page.paragraph("not known", text, Some(Ink::Yellow));
    }
    page.gap();
    page.paragraph("", "The publish requests by themselves:", Some(Ink::Bold));
}

fn law(page: &mut Page, document: &RunDocument) {
    if let [level] = document.levels.as_slice() {
        page.gap();
        page.paragraph("N = X·R", &words::law(&level.littles_law), None);
        if let Some(mean) = level.endpoint_in_flight_mean {
            let text = format!(
                "{} in flight on average, counted at the endpoint",
                planner_core::units::human::number(mean)
            );
            page.paragraph("endpoint", &text, None);
        }
        if let Some(steady) = &level.steady {
            page.paragraph("steady", &words::steady(steady), None);
        }
    }
    if document.search.is_some() || document.usl.is_some() {
        page.gap();
    }
    if let Some(found) = &document.search {
        page.paragraph("search", &words::search(found), Some(Ink::Bold));
    }
    if let Some(usl) = &document.usl {
        page.paragraph("scaling", &words::scaling(usl), None);
    }
    if let Some(verdicts) = &document.verdicts {
        page.gap();
        page.finding("accounting", &verdicts.accounting);
        page.finding("independent", &verdicts.independent);
        page.finding("raw", &verdicts.raw);
    }
}

fn completions(page: &mut Page, view: &RunView) {
    let bins = merged(view.series, BIN_S * NS_PER_S);
    let done: Vec<f64> = bins.iter().map(|bin| bin.items_done as f64).collect();
    let mut whole: Vec<u64> = bins
        .iter()
        .filter(|bin| bin.window.length_ns == BIN_S * NS_PER_S)
        .map(|bin| bin.items_done)
        .collect();
    whole.sort_unstable();
    let [.., last] = whole.as_slice() else { return };
    let (least, median) = (whole[0], whole[(whole.len() - 1) / 2]);
    page.gap();
    page.paragraph(&format!("done per {}", length(BIN_S)), &sparkline(&done, page.width - LABEL_WIDTH), None);
    let [least, median, most] = [least, median, *last].map(count);
    page.paragraph(" ", &format!("{least} at least, {median} at the median, {most} at most"), None);
}

/// How a stretch of text stands out.
#[derive(Clone, Copy)]
pub(super) enum Ink {
    Bold,
    Red,
    Green,
    Yellow,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Red => "1;31",
            Self::Green => "32",
            Self::Yellow => "1;33",
        }
    }

    fn of(verdict: Verdict) -> Option<Self> {
        match verdict {
            Verdict::Pass => Some(Self::Green),
            Verdict::Fail => Some(Self::Red),
            Verdict::Inconclusive => Some(Self::Yellow),
            Verdict::NotAvailable => None,
        }
    }
}

/// A text of paragraphs and tables.
pub(super) struct Page {
    pub text: String,
    width: usize,
    colour: bool,
}

impl Page {
    /// An empty page.
    pub(super) fn new(width: usize, colour: bool) -> Self {
        Self { text: String::new(), width: width.max(40), colour }
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A table after an empty line; nothing when it has no rows.
    pub(super) fn table(&mut self, table: &Table) {
        if !table.rows.is_empty() {
            self.gap();
            self.text.push_str(&table.text(self.width));
        }
    }

    /// A verdict in its colour.
    pub(super) fn finding(&mut self, label: &str, finding: &Finding) {
        let text = words::finding(finding);
        let start = self.text.len();
        self.paragraph(label, &text, None);
        if let Some(ink) = Ink::of(finding.verdict) {
            let word = finding.verdict.word();
            let painted = self.text[start..].replacen(word, &self.painted(word, ink), 1);
            self.text.replace_range(start.., &painted);
        }
    }

    /// Wrapped text, set in behind its label where it has one.
    pub(super) fn paragraph(&mut self, label: &str, text: &str, ink: Option<Ink>) {
        let indent = if label.is_empty() { 0 } else { LABEL_WIDTH };
        let mut lead = if label.is_empty() { String::new() } else { format!("  {label:<0$}", indent - 2) };
        for line in wrapped(&printable(text), self.width - indent) {
            self.text.push_str(&lead);
            match ink {
                None => self.text.push_str(&line),
                Some(ink) => self.text.push_str(&self.painted(&line, ink)),
            }
            self.gap();
            lead = " ".repeat(indent);
        }
    }

    fn painted(&self, text: &str, ink: Ink) -> String {
        if self.colour { format!("\u{1b}[{}m{text}\u{1b}[0m", ink.code()) } else { text.to_owned() }
    }
}

/// Lines of at most `width` characters, broken at spaces, and within a word only when it is longer.
fn wrapped(text: &str, width: usize) -> Vec<Cow<'_, str>> {
    let options = textwrap::Options::new(width)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(text, options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn one_level_at_80_columns() {
        insta::assert_snapshot!(render(&Sample::one_level().view(), 80, false));
    }

    #[test]
    fn a_sweep_at_80_columns() {
        insta::assert_snapshot!(render(&Sample::sweep().view(), 80, false));
    }

    #[test]
    fn a_cut_off_run_shows_what_the_edges_explain() {
        insta::assert_snapshot!(render(&Sample::incomplete().view(), 80, false));
    }

    #[test]
    fn every_run_fits_its_width() {
        for sample in Sample::all() {
            for width in [60, 80, 120] {
                let text = render(&sample.view(), width, false);
                let widest = text.lines().map(|line| line.chars().count()).max();
                assert!(widest.is_some_and(|widest| widest <= width), "{text}");
            }
        }
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let sample = Sample::saturated();
        let plain = render(&sample.view(), 80, false);
        let mut coloured = render(&sample.view(), 80, true);
        assert!(plain.contains("GENERATOR SATURATED") && !plain.contains('\u{1b}'));
        assert!(coloured.contains("\u{1b}[32mPASS\u{1b}[0m"));
        for code in ["1", "0", "32", "1;31", "1;33"] {
            coloured = coloured.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(coloured, plain);
    }

    #[test]
    fn long_words_are_broken() {
        assert_eq!(wrapped("ab cdefgh i", 4), ["ab", "cdef", "gh i"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
