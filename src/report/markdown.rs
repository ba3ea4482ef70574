//! A page for a pull request. Charts are their titles and their tables, folded away.

use std::fmt::Write as _;

use super::escape::printable;
use super::page::{Block, Judgement, Page, Sentence};
use super::table::escaped;

/// A page in Markdown.
#[must_use]
pub fn render(page: &Page) -> String {
    let mut text = format!("## {}\n", escaped(&page.title));
    for banner in &page.banners {
        paragraph(&mut text, &format!("> **{}**", escaped(banner)));
    }
    let sentences = page.sentences.iter().map(|sentence| sentence.text.as_str());
    let lead: Vec<_> = std::iter::once(page.lead.as_str()).chain(sentences).collect();
    paragraph(&mut text, escaped(&lead.join(" ")).trim());
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
        Block::Heading(text) => format!("#### {}", escaped(text)),
        Block::Banner(text) => format!("> **{}**", escaped(text)),
        Block::Paragraph(text) => escaped(text),
        Block::List(items) => list(items.iter().map(|item| escaped(item))),
        Block::Sentences(sentences) => list(sentences.iter().map(|Sentence { text, .. }| escaped(text))),
        Block::Facts(facts) | Block::Tiles(facts) => {
            list(facts.iter().map(|fact| escaped(&format!("{}: {}", fact.name, fact.value))))
        }
        Block::Judgements(judgements) => list(judgements.iter().map(judged)),
        Block::Links(links) => {
            list(links.iter().map(|link| escaped(&format!("{}: {}", link.name, link.details))))
        }
        Block::Code(text) => code(text),
        Block::Table(table) => table.markdown(),
        Block::Chart(chart) => format!(
            "<details><summary>{}</summary>\n\n{}\n\n{}\n</details>",
            escaped(&chart.title),
            escaped(&chart.description),
            chart.table.markdown()
        ),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.map(|item| format!("- {item}\n")).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::page;
    use crate::sample::Sample;

    #[test]
    fn a_run_with_refusals() {
        insta::assert_snapshot!(render(&page(&Sample::refused().view())));
    }

    #[test]
    fn names_stay_text() {
        let page = render(&page(&Sample::hostile().view()));
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("<svg"), "{page}");
        assert!(page.contains("`` planner measure"), "a command with backticks has a longer fence: {page}");
    }
}
