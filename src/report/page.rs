//! A report before it has a form: headings, sentences, tables and charts, from the most important on.
//!
//! What is reported fills one [`Page`]; [`super::terminal`], [`super::markdown`] and [`super::html`] write it down, each
//! with what it has room for. Every text is plain: it is escaped where it is written.

use super::drawing::Chart;
use super::sparkline::Sparkline;
use super::table::Table;
use planner_core::law::finding::Verdict;

/// A report.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// What kind of report it is, and what it is about.
    pub kind: String,
    /// What it comes to: the verdict.
    pub title: String,
    /// What must not be overlooked.
    pub banners: Vec<String>,
    /// The same in numbers, in a sentence or two.
    pub lead: String,
    /// What to do and to know, at most three.
    pub bullets: Vec<Fact>,
    /// What it comes to in detail, each sentence behind a mark.
    pub sentences: Vec<Sentence>,
    /// Where it comes from, on one line.
    pub provenance: Vec<String>,
    /// The rest, part by part; a part without blocks is left out.
    pub parts: Vec<PagePart>,
    /// Version of the program.
    pub version: String,
}

impl Page {
    /// Whether a part holds a decision, to which the other parts are the reasons.
    #[must_use]
    pub fn decides(&self) -> bool {
        self.parts.iter().any(|part| part.depth == Depth::Decision)
    }

    /// The charts, in their order.
    pub fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.parts.iter().flat_map(|part| &part.blocks).filter_map(|block| match block {
            Block::Chart(chart) => Some(&**chart),
            _ => None,
        })
    }
}

/// A part of a page under its heading.
#[derive(Debug, Clone)]
pub struct PagePart {
    /// Heading.
    pub heading: String,
    /// What stands under it.
    pub blocks: Vec<Block>,
    /// How much room it takes for it to be shown.
    pub depth: Depth,
}

/// For whom a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// For everybody: a screen of a terminal, a sheet of paper.
    Decision,
    /// For those who want to know why.
    Reasons,
    /// For those who look closer, and left out on a terminal.
    Detail,
}

impl PagePart {
    /// A part; blocks that hold nothing are left out.
    pub fn new(heading: impl Into<String>, blocks: impl IntoIterator<Item = Block>) -> Self {
        let blocks = blocks.into_iter().filter(|block| !block.is_empty()).collect();
        Self { heading: heading.into(), blocks, depth: Depth::Reasons }
    }

    /// A part with what is decided.
    pub fn decision(heading: impl Into<String>, blocks: impl IntoIterator<Item = Block>) -> Self {
        Self { depth: Depth::Decision, ..Self::new(heading, blocks) }
    }

    /// A part for those who look closer.
    pub fn detail(heading: impl Into<String>, blocks: impl IntoIterator<Item = Block>) -> Self {
        Self { depth: Depth::Detail, ..Self::new(heading, blocks) }
    }
}

/// Something that stands in a part.
#[derive(Debug, Clone)]
pub enum Block {
    /// A warning.
    Banner(String),
    /// Whole sentences.
    Paragraph(String),
    /// Sentences behind marks.
    Sentences(Vec<Sentence>),
    /// Whole sentences, one below the other.
    List(Vec<String>),
    /// Names with their values.
    Facts(Vec<Fact>),
    /// Choices side by side.
    Cards(Vec<Card>),
    /// What was judged and how.
    Judgements(Vec<Judgement>),
    /// How a number changed, in one line.
    Sparkline(Sparkline),
    /// A command line or a file, as it is.
    Code(String),
    /// Links below the page's own folder.
    Links(Vec<Link>),
    /// A table.
    Table(Table),
    /// A chart with its table.
    Chart(Box<Chart>),
}

impl Block {
    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Banner(text) | Self::Paragraph(text) | Self::Code(text) => text.is_empty(),
            Self::Sentences(sentences) => sentences.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Facts(facts) => facts.is_empty(),
            Self::Cards(cards) => cards.is_empty(),
            Self::Judgements(judgements) => judgements.is_empty(),
            Self::Links(links) => links.is_empty(),
            Self::Table(table) => table.rows.is_empty(),
            Self::Sparkline(_) | Self::Chart(_) => false,
        }
    }
}

impl From<Chart> for Block {
    fn from(chart: Chart) -> Self {
        Self::Chart(Box::new(chart))
    }
}

impl From<Table> for Block {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

/// A name with its value.
#[derive(Debug, Clone)]
pub struct Fact {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

impl Fact {
    /// A fact.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// One of several choices.
#[derive(Debug, Clone)]
pub struct Card {
    /// What is chosen.
    pub name: String,
    /// The number to set.
    pub number: String,
    /// What it counts.
    pub unit: String,
    /// Whether this is the one to take.
    pub is_taken: bool,
    /// What it comes to; all cards have the same names in the same order.
    pub facts: Vec<Fact>,
}

/// A sentence with a verdict.
#[derive(Debug, Clone)]
pub struct Sentence {
    /// What it came to.
    pub verdict: Verdict,
    /// The sentence.
    pub text: String,
}

/// What was judged, and what stands behind the verdict.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// What was judged.
    pub name: String,
    /// What it came to.
    pub verdict: Verdict,
    /// What stands behind it.
    pub details: String,
}

/// A link with what is known about its end.
#[derive(Debug, Clone)]
pub struct Link {
    /// Path below the page's folder, its segments as they are on disk.
    pub path: Vec<String>,
    /// Name of what it leads to.
    pub name: String,
    /// What it comes to.
    pub verdict: Verdict,
    /// How it stands, in a word; empty where it has none.
    pub state: &'static str,
    /// What it comes to in words.
    pub details: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_keeps_what_holds_something() {
        let blocks = [Block::List(Vec::new()), Table::new("none", &["a"]).into(), Block::Code("x".into())];
        assert_eq!(PagePart::new("part", blocks).blocks.len(), 1);
    }
}
