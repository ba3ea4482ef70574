//! The run for a pull request.

use std::fmt::Write as _;

use super::table::{Table, escaped, printable};
use super::{RunView, tables, words};

/// The run in Markdown.
#[must_use]
pub fn render(view: &RunView) -> String {
    let document = view.document;
    let mut page = format!("## {}\n", escaped(&document.name));
    let warnings = [words::rehearsal(document), words::cut_off(view), words::saturation(document)];
    for warning in warnings.iter().flatten() {
        paragraph(&mut page, &format!("> **{}**", escaped(warning)));
    }
    let sentences = words::sentences(document).into_iter().map(|sentence| sentence.text);
    let lead: Vec<_> = std::iter::once(words::done(document)).chain(sentences).collect();
    paragraph(&mut page, &escaped(&lead.join(" ")));
    match document.levels.as_slice() {
        [] => {}
        [level] => {
            table(&mut page, &tables::measures(level));
            table(&mut page, &tables::times(level));
            table(&mut page, &tables::stages(level));
            paragraph(&mut page, &format!("N = X·R: {}.", escaped(&words::law(&level.littles_law))));
        }
        _ => {
            table(&mut page, &tables::levels(document));
            table(&mut page, &tables::outcomes(document));
        }
    }
    table(&mut page, &tables::refusals(document));
    findings(&mut page, view);
    table(&mut page, &tables::thresholds(document));
    let doubts = words::doubts(view);
    if !doubts.is_empty() {
        let list: Vec<_> = doubts.iter().map(|doubt| format!("- {}", escaped(doubt))).collect();
        paragraph(&mut page, &format!("Doubts:\n\n{}", list.join("\n")));
    }
    paragraph(&mut page, &provenance(view));
    page
}

fn paragraph(page: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(page, "\n{text}");
}

fn table(page: &mut String, table: &Table) {
    if !table.rows.is_empty() {
        paragraph(page, table.markdown().trim_end());
    }
}

fn findings(page: &mut String, view: &RunView) {
    let mut lines = Vec::new();
    if let Some(verdicts) = &view.document.verdicts {
        for (name, finding) in [
            ("Accounting", &verdicts.accounting),
            ("Independent", &verdicts.independent),
            ("Raw", &verdicts.raw),
        ] {
            lines.push(format!("- {name}: {}", escaped(&words::finding(finding))));
        }
    }
    if let Some(generator) = &view.document.generator {
        lines.push(format!("- Generator: {}", escaped(&words::generator(generator))));
    }
    if !lines.is_empty() {
        paragraph(page, &lines.join("\n"));
    }
}

fn provenance(view: &RunView) -> String {
    let document = view.document;
    let fields = [
        document.run.clone(),
        words::target(document),
        format!("seed {}", document.seed),
        format!("planner {}", document.version),
        words::date(&document.started_at),
    ];
    let command = printable(&words::command(document));
    let fence = "`".repeat(1 + command.chars().filter(|&c| c == '`').count());
    format!("<sub>{}</sub>\n\n{fence} {command} {fence}", escaped(&fields.join(" · ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn a_run_with_refusals() {
        insta::assert_snapshot!(render(&Sample::refused().view()));
    }

    #[test]
    fn names_stay_text() {
        let page = render(&Sample::hostile().view());
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("<svg"), "{page}");
        assert!(page.contains("`` planner measure"), "a command with backticks has a longer fence: {page}");
    }
}
