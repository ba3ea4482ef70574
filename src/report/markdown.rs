//! A page for a pull request. Charts are their titles and their tables, folded away.

use std::fmt::Write as _;

use super::escape::printable;
use super::page::{Block, Fact, Judgement, Page, Sentence};
use super::run_words::mark;
use super::table::Table;
use super::terminal::side_by_side;

/// Columns of a row of bars.
const BARS: usize = 60;

/// A page in Markdown.
#[must_use]
pub fn render(page: &Page) -> String {
    let mut text = format!("## {}\n", escaped(&page.title));
    for banner in &page.banners {
        paragraph(&mut text, &format!("> **{}**", escaped(banner)));
    }
    if !page.lead.is_empty() {
        paragraph(&mut text, &escaped(&page.lead));
    }
    let bullet = |fact: &Fact| format!("**{}** {}", escaped(&fact.name), escaped(&fact.value));
    if !page.bullets.is_empty() {
        paragraph(&mut text, list(page.bullets.iter().map(bullet)).trim_end());
    }
    if !page.sentences.is_empty() {
        paragraph(&mut text, told(&page.sentences).trim_end());
    }
    if !page.provenance.is_empty() {
        paragraph(&mut text, &format!("<sub>{}</sub>", escaped(&page.provenance.join(" · "))));
    }
    for part in page.parts.iter().filter(|part| !part.blocks.is_empty()) {
        paragraph(&mut text, &format!("### {}", escaped(&part.heading)));
        for block in &part.blocks {
            paragraph(&mut text, written(block).trim_end());
        }
    }
    text
}

fn paragraph(page: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(page, "\n{text}");
}

fn written(block: &Block) -> String {
    match block {
        Block::Banner(text) => format!("> **{}**", escaped(text)),
        Block::Paragraph(text) => escaped(text),
        Block::List(items) => list(items.iter().map(|item| escaped(item))),
        Block::Sentences(sentences) => told(sentences),
        Block::Cards(cards) => grid(&side_by_side(cards)),
        Block::Facts(facts) => {
            list(facts.iter().map(|fact| escaped(&format!("{}: {}", fact.name, fact.value))))
        }
        Block::Sparkline(line) => {
            format!("- {}: {} {}", escaped(&line.name), line.bars(BARS), escaped(&line.note))
        }
        Block::Judgements(judgements) => list(judgements.iter().map(judged)),
        Block::Links(links) => {
            list(links.iter().map(|link| escaped(&format!("{}: {}", link.name, link.details))))
        }
        Block::Code(text) => code(text),
        Block::Table(table) => grid(table),
        Block::Chart(chart) => format!(
            "<details><summary>{}</summary>\n\n{}\n\n{}\n</details>",
            escaped(&chart.title),
            escaped(&chart.description),
            grid(&chart.table)
        ),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.map(|item| format!("- {item}\n")).collect()
}

fn told(sentences: &[Sentence]) -> String {
    list(sentences.iter().map(|Sentence { verdict, text }| format!("{} {}", mark(*verdict), escaped(text))))
}

fn judged(judgement: &Judgement) -> String {
    let Judgement { name, verdict, details } = judgement;
    let colon = if details.is_empty() { "" } else { ": " };
    escaped(&format!("{name}: {}{colon}{details}", verdict.word()))
}

/// Text as it is, in a fence that it does not hold.
fn code(text: &str) -> String {
    if text.contains('\n') {
        let lines: Vec<String> = text.trim_end().lines().map(printable).collect();
        return format!("````\n{}\n````", lines.join("\n"));
    }
    let text = printable(text);
    let fence = "`".repeat(1 + text.chars().filter(|&c| c == '`').count());
    format!("{fence} {text} {fence}")
}

/// The table with its values to the right.
fn grid(table: &Table) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<_> = cells.iter().map(|cell| escaped(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rules = (0..table.head.len()).map(|column| if table.is_words(column) { ":--" } else { "--:" });
    let rule = format!("| {} |\n", rules.collect::<Vec<_>>().join(" | "));
    let rows: String = table.rows.iter().map(|row| line(row)).collect();
    format!("{}{rule}{rows}", line(&table.head))
}

/// Text that Markdown shows as it is, on one line.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in printable(text).chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::page;
    use crate::sample_run::SampleRun;

    #[test]
    fn a_run_with_refusals() {
        insta::assert_snapshot!(render(&page(&SampleRun::refused().view())));
    }

    #[test]
    fn names_stay_text() {
        let page = render(&page(&SampleRun::hostile().view()));
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("<svg"), "{page}");
        assert!(page.contains("`` planner measure"), "a command with backticks has a longer fence: {page}");
    }

    #[test]
    fn strange_text_stays_in_its_cell() {
        let mut table = Table::new("Errors", &["code", "attempts"]);
        table.row(["Slow|Down\n<b>".into(), "12".into()]);
        let text = "| code | attempts |\n| :-- | --: |\n| Slow\\|Down &lt;b> | 12 |\n";
        assert_eq!(grid(&table), text);
    }
}
