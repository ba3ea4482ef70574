//! One table for every form of report.

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

    /// The head of a column; empty where there is none.
    #[must_use]
    pub fn name(&self, column: usize) -> &str {
        self.head.get(column).map_or("", String::as_str)
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
}
