//! Text from elsewhere, such as a scenario, a key or a server's answer, as it is shown.

/// Text with the characters escaped by which it could move a terminal's cursor, change its colours or turn the text
/// round. Line feeds and tabs stay.
#[must_use]
pub fn escape_controls(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_control(c) {
            escaped.extend(c.escape_default());
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Whether the character is one that [`escape_controls`] escapes.
#[must_use]
pub fn is_control(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// The same on one line.
#[must_use]
pub fn printable(text: &str) -> String {
    escape_controls(&text.replace(char::is_whitespace, " "))
}

/// A cell that a spreadsheet shows as it is, rather than as a formula: where it begins like one, an apostrophe stands
/// before it (OWASP, *CSV Injection*). Numbers are not to be passed.
#[must_use]
pub fn spreadsheet_cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_shown_and_everything_else_stays() {
        assert_eq!(
            escape_controls("a\u{1b}[2J\u{9b}1m\r\u{202e}\n\té"),
            "a\\u{1b}[2J\\u{9b}1m\\r\\u{202e}\n\té"
        );
        assert_eq!(printable("a\u{7}\nb\tc\rd\u{2028}e"), "a\\u{7} b c d e");
    }

    #[test]
    fn a_formula_is_no_formula_any_more() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
            assert_eq!(spreadsheet_cell(cell), format!("'{cell}"));
        }
        assert_eq!(spreadsheet_cell("20260101T000000Z-daily"), "20260101T000000Z-daily");
    }
}
