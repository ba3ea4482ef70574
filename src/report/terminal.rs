//! A page on a terminal: the answer first, then part by part what stands behind it. Charts, commands and details are
//! left to the other forms.

use std::borrow::Cow;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table as Grid};
use textwrap::{WordSeparator, WordSplitter, WrapAlgorithm};

use super::escape::printable;
use super::page::{Block, Card, Depth, Judgement, Page, PagePart, Sentence};
use super::run_words::mark;
use super::table::Table;
use planner_core::law::finding::Verdict;

/// Columns that names with the space around them take, where they are no longer.
const NAME_WIDTH: usize = 16;

/// What ends the text of a decision without its reasons.
const MORE: &str = "more: --long, or report.html";

/// The page as text, no line wider than `width` columns; `colour` marks verdicts and warnings. Of a page with a decision
/// only that, where it is not to be long.
#[must_use]
pub fn render(page: &Page, width: usize, colour: bool, long: bool) -> String {
    let mut sheet = Sheet { text: String::new(), width: width.max(40), colour };
    for banner in &page.banners {
        sheet.paragraph("", banner, Some(Ink::Yellow));
        sheet.gap();
    }
    sheet.paragraph("", &page.title, Some(Ink::Bold));
    if !page.lead.is_empty() {
        sheet.paragraph("", &page.lead, None);
    }
    page.bullets.iter().for_each(|bullet| sheet.fact(&bullet.name, &bullet.value));
    sheet.sentences("", &page.sentences);
    let is_short = page.decides() && !long;
    let is_shown = |part: &&PagePart| match part.depth {
        Depth::Decision => true,
        Depth::Reasons => !is_short,
        Depth::Detail => false,
    };
    let provenance = page.provenance.join(" · ");
    if !is_short && !provenance.is_empty() {
        sheet.paragraph("", &provenance, None);
    }
    page.parts.iter().filter(is_shown).for_each(|part| sheet.part(part));
    if is_short {
        sheet.gap();
        page.provenance.first().iter().for_each(|source| sheet.paragraph("", source, None));
        sheet.paragraph("", MORE, None);
    }
    sheet.text
}

/// How a stretch of text stands out.
#[derive(Clone, Copy)]
enum Ink {
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

/// What is written so far.
struct Sheet {
    text: String,
    width: usize,
    colour: bool,
}

impl Sheet {
    fn gap(&mut self) {
        self.text.push('\n');
    }

    fn part(&mut self, part: &PagePart) {
        let is_shown = |block: &&Block| !matches!(block, Block::Chart(_) | Block::Code(_));
        let blocks: Vec<&Block> = part.blocks.iter().filter(is_shown).collect();
        if blocks.is_empty() {
            return;
        }
        self.gap();
        // A decision needs no name on a screen of its own.
        if part.depth != Depth::Decision {
            self.paragraph("", &part.heading, Some(Ink::Bold));
        }
        for (index, block) in blocks.iter().enumerate() {
            let is_table = |index: usize| matches!(blocks[index], Block::Table(_) | Block::Cards(_));
            if index > 0 && (is_table(index - 1) || is_table(index)) {
                self.gap();
            }
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Banner(text) => self.paragraph("  ", text, Some(Ink::Yellow)),
            Block::Paragraph(text) => self.paragraph("  ", text, None),
            Block::Sentences(sentences) => self.sentences("  ", sentences),
            Block::List(items) => items.iter().for_each(|item| self.paragraph("  - ", item, None)),
            Block::Facts(facts) => facts.iter().for_each(|fact| self.fact(&fact.name, &fact.value)),
            Block::Judgements(judgements) => judgements.iter().for_each(|judgement| self.judged(judgement)),
            Block::Sparkline(line) => {
                self.fact(&line.name, &line.bars(self.width - NAME_WIDTH));
                self.fact("", &line.note);
            }
            Block::Links(links) => links.iter().for_each(|link| self.fact(&link.name, &link.details)),
            Block::Table(table) => self.text.push_str(&grid(table, self.width)),
            Block::Cards(cards) => self.text.push_str(&grid(&side_by_side(cards), self.width)),
            Block::Chart(_) | Block::Code(_) => {}
        }
    }

    fn sentences(&mut self, margin: &str, sentences: &[Sentence]) {
        for Sentence { verdict, text } in sentences {
            let start = self.text.len();
            self.paragraph(&format!("{margin}{} ", mark(*verdict)), text, None);
            self.paint(start, mark(*verdict), *verdict);
        }
    }

    fn judged(&mut self, Judgement { name, verdict, details }: &Judgement) {
        let colon = if details.is_empty() { "" } else { ": " };
        let start = self.text.len();
        self.fact(name, &format!("{}{colon}{details}", verdict.word()));
        self.paint(start, verdict.word(), *verdict);
    }

    fn fact(&mut self, name: &str, value: &str) {
        self.paragraph(&format!("  {:<1$}", printable(name) + "  ", NAME_WIDTH - 2), value, None);
    }

    /// Wrapped text behind its margin, which is spaces from the second line on.
    fn paragraph(&mut self, margin: &str, text: &str, ink: Option<Ink>) {
        let set_in = margin.chars().count().min(self.width / 2);
        let mut margin = margin.to_owned();
        for line in wrapped(&printable(text), self.width - set_in) {
            self.text.push_str(&margin);
            match ink {
                None => self.text.push_str(&line),
                Some(ink) => self.text.push_str(&self.painted(&line, ink)),
            }
            self.gap();
            margin = " ".repeat(set_in);
        }
    }

    /// Gives the first of these words from `start` on the colour of the verdict.
    fn paint(&mut self, start: usize, words: &str, verdict: Verdict) {
        if let Some(ink) = Ink::of(verdict) {
            let painted = self.text[start..].replacen(words, &self.painted(words, ink), 1);
            self.text.replace_range(start.., &painted);
        }
    }

    fn painted(&self, text: &str, ink: Ink) -> String {
        if self.colour { format!("\u{1b}[{}m{text}\u{1b}[0m", ink.code()) } else { text.to_owned() }
    }
}

/// Cards as columns, the one to take marked.
pub(super) fn side_by_side(cards: &[Card]) -> Table {
    let is_marked = |card: &Card| card.is_taken && cards.len() > 1;
    let name = |card: &Card| if is_marked(card) { format!("→ {}", card.name) } else { card.name.clone() };
    let names: Vec<String> = cards.iter().map(name).collect();
    let head: Vec<&str> = std::iter::once("").chain(names.iter().map(String::as_str)).collect();
    let mut table = Table::new("", &head).words_from(1);
    let row = |name: &str, value: &dyn Fn(&Card) -> String| {
        std::iter::once(name.to_owned()).chain(cards.iter().map(value)).collect()
    };
    table.rows.push(row("set", &|card| format!("{} {}", card.number, card.unit)));
    for (index, fact) in cards.first().iter().flat_map(|card| &card.facts).enumerate() {
        let value = |card: &Card| card.facts.get(index).map_or_else(String::new, |fact| fact.value.clone());
        table.rows.push(row(&fact.name, &value));
    }
    table
}

/// Lines of at most `width` characters, broken at spaces, and within a word only when it is longer.
fn wrapped(text: &str, width: usize) -> Vec<Cow<'_, str>> {
    let options = textwrap::Options::new(width)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(text, options)
}

/// Aligned columns, indented by two, no line wider than `width`.
fn grid(table: &Table, width: usize) -> String {
    let mut grid = Grid::new();
    grid.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    grid.set_width(u16::try_from(width.saturating_sub(2)).unwrap_or(u16::MAX));
    let printable_row = |row: &Vec<String>| row.iter().map(|cell| printable(cell)).collect::<Vec<_>>();
    grid.set_header(table.head.clone()).add_rows(table.rows.iter().map(printable_row));
    for (index, column) in grid.column_iter_mut().enumerate() {
        column.set_padding((if index == 0 { 0 } else { 2 }, 0));
        let align = if table.is_words(index) { CellAlignment::Left } else { CellAlignment::Right };
        column.set_cell_alignment(align);
    }
    grid.lines().map(|line| format!("  {}\n", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::page;
    use crate::sample_run::SampleRun;

    fn at_80_columns(sample: &SampleRun) -> String {
        render(&page(&sample.view()), 80, false, true)
    }

    #[test]
    fn one_level_at_80_columns() {
        insta::assert_snapshot!(at_80_columns(&SampleRun::one_level()));
    }

    #[test]
    fn a_sweep_at_80_columns() {
        insta::assert_snapshot!(at_80_columns(&SampleRun::sweep()));
    }

    #[test]
    fn a_cut_off_run_shows_what_the_edges_explain() {
        insta::assert_snapshot!(at_80_columns(&SampleRun::incomplete()));
    }

    #[test]
    fn every_run_fits_its_width() {
        for sample in SampleRun::all() {
            for width in [60, 80, 120] {
                let text = render(&page(&sample.view()), width, false, true);
                let widest = text.lines().map(|line| line.chars().count()).max();
                assert!(widest.is_some_and(|widest| widest <= width), "{text}");
            }
        }
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let page = page(&SampleRun::saturated().view());
        let plain = render(&page, 80, false, true);
        let mut coloured = render(&page, 80, true, true);
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

    #[test]
    fn columns_line_up() {
        let mut table = Table::new("Errors", &["code", "attempts"]);
        table.row(["Internal".into(), "3,000".into()]);
        assert_eq!(grid(&table, 80), "  code      attempts\n  Internal     3,000\n");
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let mut wide = Table::new("", &["name", "words"]);
        wide.row(["n".repeat(30), "word ".repeat(40)]);
        assert!(grid(&wide, 60).lines().all(|line| line.chars().count() <= 60));
    }

    #[test]
    fn names_cannot_move_the_cursor() {
        let mut table = Table::new("", &["code", "attempts"]);
        table.row(["a\u{1b}[2Jb\tc\u{202e}".into(), "1".into()]);
        assert!(grid(&table, 80).contains("a\\u{1b}[2Jb c\\u{202e}"));
    }
}
