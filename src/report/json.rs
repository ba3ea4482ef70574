//! The document as JSON, for programs.

use serde::Serialize;
use serde_json::Value;

use super::ReportError;
use planner_core::law::finding::Finding;

/// A document such as `run.json`, or several: indented, with a newline at the end.
///
/// # Errors
/// Where the document holds a value that JSON cannot express.
pub fn render(document: &impl Serialize) -> Result<String, ReportError> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    Ok(text)
}

/// The document of an answer with what it says in place of its kinds.
pub(crate) fn told<'a>(
    document: &impl Serialize,
    verdict: String,
    findings: impl IntoIterator<Item = (&'a str, Finding)>,
    notes: Vec<String>,
) -> serde_json::Result<Value> {
    let mut document = serde_json::to_value(document)?;
    document["verdict"] = verdict.into();
    for (name, finding) in findings {
        document["verdicts"][name] = serde_json::to_value(finding)?;
    }
    document["notes"] = notes.into();
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample_run::SampleRun;
    use planner_core::measure::document::RunDocument;

    #[test]
    fn the_document_reads_back() {
        let document = SampleRun::one_level().document;
        let text = render(&document).unwrap();
        assert!(text.ends_with("}\n") && text.contains("\"schema\": \"planner/run/1\""));
        assert_eq!(serde_json::from_str::<RunDocument>(&text).unwrap(), document);
    }
}
