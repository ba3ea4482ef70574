//! Small XML answers.

/// An element with text or with other elements in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Element {
    name: String,
    content: XmlContent,
}

#[derive(Debug, PartialEq, Eq)]
enum XmlContent {
    Text(String),
    Elements(Vec<Element>),
}

/// An element with text in it.
pub(super) fn text(name: &str, text: impl AsRef<str>) -> Element {
    Element { name: name.to_owned(), content: XmlContent::Text(escape(text.as_ref())) }
}

/// An element with others in it.
pub(super) fn element(name: &str, elements: Vec<Element>) -> Element {
    Element { name: name.to_owned(), content: XmlContent::Elements(elements) }
}

impl Element {
    /// The element as a document in `namespace`.
    pub(super) fn to_document(&self, namespace: &str) -> String {
        let mut document = String::new();
        self.write(&mut document, &format!(" xmlns=\"{}\"", escape(namespace)));
        document
    }

    fn write(&self, into: &mut String, attributes: &str) {
        into.extend(["<", &self.name, attributes, ">"]);
        match &self.content {
            XmlContent::Text(text) => into.push_str(text),
            XmlContent::Elements(elements) => elements.iter().for_each(|element| element.write(into, "")),
        }
        into.extend(["</", &self.name, ">"]);
    }
}

/// Text as XML can hold it; control characters, which it cannot, become U+FFFD.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' => escaped.push(character),
            '\r' => escaped.push_str("&#13;"),
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_elements_nest() {
        let tree = element("A", vec![text("B", "1 < 2 & \"3\"\u{1}\r"), element("C", vec![])]);
        assert_eq!(
            tree.to_document("urn:x"),
            "<A xmlns=\"urn:x\"><B>1 &lt; 2 &amp; &quot;3&quot;\u{fffd}&#13;</B><C></C></A>"
        );
    }
}
