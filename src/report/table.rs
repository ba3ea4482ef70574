//! One table for the terminal, for Markdown and for a page.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table as Grid};

use super::escape::printable;

/// Rows of cells under named columns; the first column names the row, the others hold values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What the table shows.
    pub caption: String,
    /// Column heads.
    pub head: Vec<String>,
    /// Cells, as many in each row as there are heads.
    pub rows: Vec<Vec<String>>,
    /// The first column that holds words rather than numbers, besides that of the names.
    words_from: usize,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(caption: impl Into<String>, head: &[&str]) -> Self {
        let head = head.iter().map(|&name| name.to_owned()).collect();
        Self { caption: caption.into(), head, rows: Vec::new(), words_from: usize::MAX }
    }

    /// The table with words, not numbers, from this column on.
    #[must_use]
    pub fn words_from(self, column: usize) -> Self {
        Self { words_from: column, ..self }
    }

    /// Whether a column holds words, which stand to the left.
    #[must_use]
    pub fn is_words(&self, column: usize) -> bool {
        column == 0 || column >= self.words_from
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        debug_assert_eq!(N, self.head.len());
        self.rows.push(cells.into());
    }

    /// Aligned columns for a terminal, indented by two, no line wider than `width`.
    #[must_use]
    pub fn text(&self, width: usize) -> String {
        let mut grid = Grid::new();
        grid.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        grid.set_width(u16::try_from(width.saturating_sub(2)).unwrap_or(u16::MAX));
        let printable_row = |row: &Vec<String>| row.iter().map(|cell| printable(cell)).collect::<Vec<_>>();
        grid.set_header(self.head.clone()).add_rows(self.rows.iter().map(printable_row));
        for (index, column) in grid.column_iter_mut().enumerate() {
            column.set_padding((if index == 0 { 0 } else { 2 }, 0));
            let align = if self.is_words(index) { CellAlignment::Left } else { CellAlignment::Right };
            column.set_cell_alignment(align);
        }
        grid.lines().map(|line| format!("  {}\n", line.trim_end())).collect()
    }

    /// The table in Markdown, values to the right.
    #[must_use]
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<_> = cells.iter().map(|cell| escaped(cell)).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rules = (0..self.head.len()).map(|column| if self.is_words(column) { ":--" } else { "--:" });
        let rule = format!("| {} |\n", rules.collect::<Vec<_>>().join(" | "));
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("{}{rule}{rows}", line(&self.head))
    }
}

/// Text that Markdown shows as it is, on one line.
pub fn escaped(text: &str) -> String {
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

    fn table() -> Table {
        let mut table = Table::new("Errors", &["code", "attempts"]);
        table.row(["Slow|Down\n<b>".into(), "12".into()]);
        table.row(["Internal".into(), "3,000".into()]);
        table
    }

    #[test]
    fn columns_line_up() {
        let text = Table { rows: table().rows.split_off(1), ..table() }.text(80);
        assert_eq!(text, "  code      attempts\n  Internal     3,000\n");
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let mut wide = Table::new("", &["name", "words"]);
        wide.row(["n".repeat(30), "word ".repeat(40)]);
        assert!(wide.text(60).lines().all(|line| line.chars().count() <= 60), "{}", wide.text(60));
    }

    #[test]
    fn names_cannot_move_the_cursor() {
        let mut table = Table::new("", &["code", "attempts"]);
        table.row(["a\u{1b}[2Jb\tc\u{202e}".into(), "1".into()]);
        assert!(table.text(80).contains("a\\u{1b}[2Jb c\\u{202e}"));
    }

    #[test]
    fn markdown_keeps_strange_text_in_its_cell() {
        assert_eq!(
            table().markdown(),
            "| code | attempts |\n| :-- | --: |\n| Slow\\|Down &lt;b> | 12 |\n| Internal | 3,000 |\n"
        );
    }
}
