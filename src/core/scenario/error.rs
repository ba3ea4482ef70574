//! What is wrong with a scenario, and where.

use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use toml::de::{DeTable, DeValue};

/// Bytes of a line beyond which it is not shown. Columns beyond 65,535 cannot be, and long before nobody reads them.
const LONGEST_LINE: usize = 1000;

/// Characters of the longest message.
const LONGEST_MESSAGE: usize = 500;

/// Jaro similarity from which on one name may be meant by another, as the parser of the command line has it.
const ALIKE: f64 = 0.7;

/// A scenario that cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub struct ScenarioError {
    message: String,
    #[source_code]
    text: Option<Arc<NamedSource<String>>>,
    #[label]
    span: Option<SourceSpan>,
    #[help]
    help: Option<String>,
}

/// The text of a scenario and the name it goes by in messages.
#[derive(Debug, Clone)]
pub struct ScenarioText {
    /// File name.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl ScenarioText {
    /// An error about the whole file or about the field at `path`, such as `arrivals.workers`.
    #[must_use]
    pub fn error(&self, path: &str, message: impl Into<String>, help: impl Into<String>) -> ScenarioError {
        self.error_at(locate(&self.text, path), message.into(), Some(help.into()))
    }

    /// The parser's own error.
    pub(crate) fn syntax_error(&self, error: &toml::de::Error) -> ScenarioError {
        let message = error.message().trim().replace('\n', "; ");
        let listed = "`planner schema` prints what a scenario may contain";
        let meant = self.meant(&message, error.span());
        let help = meant.map_or_else(|| listed.into(), |line| format!("did you mean `{line}`? {listed}"));
        self.error_at(error.span(), message, Some(help))
    }

    /// The line with what was probably meant in place of an unknown name, where one of the known names is like it.
    fn meant(&self, message: &str, span: Option<Range<usize>>) -> Option<String> {
        let mut names = message.strip_prefix("unknown ")?.split('`').skip(1).step_by(2);
        let unknown = names.next()?;
        let alike = names.map(|name| (strsim::jaro(unknown, name), name));
        let (_, name) = alike.filter(|(score, _)| *score > ALIKE).max_by(|a, b| a.0.total_cmp(&b.0))?;
        let Range { start, end } = span?;
        let (before, after) = (self.text.get(..start)?, self.text.get(end..)?);
        let written = self.text.get(start..end)?.replace(unknown, name);
        let line = [before.lines().next_back().filter(|_| !before.ends_with('\n')).unwrap_or(""), &written];
        let rest = after.split('\n').next().unwrap_or("");
        Some(format!("{}{rest}", line.concat()).trim().to_owned())
    }

    fn error_at(&self, span: Option<Range<usize>>, message: String, help: Option<String>) -> ScenarioError {
        let help = help.filter(|text| !text.is_empty());
        let message = shortened(message);
        match span.as_ref().and_then(|span| self.far_place(span)) {
            None => ScenarioError {
                message,
                text: Some(Arc::new(NamedSource::new(&self.name, self.text.clone()))),
                span: span.map(Into::into),
                help,
            },
            Some(place) => ScenarioError {
                message: format!("{}:{place}: {message}", self.name),
                text: None,
                span: None,
                help,
            },
        }
    }

    /// Line and column of a span, where one of the lines around it is too long to be shown.
    fn far_place(&self, span: &Range<usize>) -> Option<String> {
        let (before, within) = (self.text.get(..span.start)?, self.text.get(span.clone())?);
        let line = before.matches('\n').count();
        let last = line + within.matches('\n').count();
        let around = self.text.split('\n').take(last + 2).skip(line.saturating_sub(1));
        let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
        around.into_iter().any(|line| line.len() > LONGEST_LINE).then(|| format!("{}:{column}", line + 1))
    }
}

/// A message that repeats a long value ends early.
fn shortened(message: String) -> String {
    match message.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message,
    }
}

/// Where the value at a dotted path stands; an index such as `thresholds.0` walks into an array. Where the
/// last part is missing, the place of its table.
fn locate(text: &str, path: &str) -> Option<Range<usize>> {
    let table = DeTable::parse(text).ok()?;
    let mut span = None;
    let mut value = DeValue::Table(table.into_inner());
    for part in path.split('.').filter(|part| !part.is_empty()) {
        let next = match value {
            DeValue::Table(mut table) => table.remove(part),
            DeValue::Array(array) => part.parse().ok().and_then(|index: usize| array.into_iter().nth(index)),
            _ => None,
        };
        let Some(next) = next else { break };
        span = Some(next.span());
        value = next.into_inner();
    }
    span
}
