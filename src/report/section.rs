//! The parts of a short report, for the terminal and for Markdown.

use super::table::{Table, escaped};
use super::text::{Ink, Page};
use super::words;
use planner_core::law::finding::Finding;
use planner_core::units::human::capitalised;

/// One part.
pub(super) enum Section {
    /// What it comes to, first of all.
    Lead(String),
    /// What must not be overlooked.
    Warning(String),
    /// A sentence or two under a short label.
    Words(&'static str, String),
    /// A verdict under a short label.
    Verdict(&'static str, Finding),
    /// A table; nothing when it has no rows.
    Table(Table),
}

/// For a terminal of `width` columns.
pub(super) fn text(sections: &[Section], width: usize, colour: bool) -> String {
    let mut page = Page::new(width, colour);
    let mut gap_due = false;
    for section in sections {
        if gap_due && !matches!(section, Section::Table(_) | Section::Warning(_)) {
            page.gap();
        }
        gap_due = match section {
            Section::Table(table) => gap_due || !table.rows.is_empty(),
            Section::Lead(_) | Section::Warning(_) => true,
            Section::Words(..) | Section::Verdict(..) => false,
        };
        match section {
            Section::Lead(text) => page.paragraph("", text, Some(Ink::Bold)),
            Section::Warning(text) => page.paragraph("", text, Some(Ink::Yellow)),
            Section::Words(label, text) => page.paragraph(label, text, None),
            Section::Verdict(label, finding) => page.finding(label, finding),
            Section::Table(table) => page.table(table),
        }
    }
    page.text
}

/// For a pull request, under a heading.
pub(super) fn markdown(heading: &str, sections: &[Section]) -> String {
    let mut page = format!("## {}\n", escaped(heading));
    let mut in_list = false;
    for section in sections {
        let item = |label: &str, text: &str| format!("- {}: {}\n", capitalised(label), escaped(text));
        let (is_item, part) = match section {
            Section::Lead(text) => (false, format!("{}\n", escaped(text))),
            Section::Warning(text) => (false, format!("> **{}**\n", escaped(text))),
            Section::Words(label, text) => (true, item(label, text)),
            Section::Verdict(label, finding) => (true, item(label, &words::finding(finding))),
            Section::Table(table) if table.rows.is_empty() => continue,
            Section::Table(table) => (false, table.markdown()),
        };
        if !(is_item && in_list) {
            page.push('\n');
        }
        in_list = is_item;
        page.push_str(&part);
    }
    page
}
