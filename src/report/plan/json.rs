//! Documents of plans as JSON: what they hold, and in words what their kinds and numbers say.

use serde::Serialize;
use serde_json::{Result, Value};

use planner_plan::limitation::Limitation;

use super::limitation::LimitationText;

/// Doubts with what is so and what to do.
pub(super) fn said(doubts: &[Limitation], words: &[LimitationText]) -> Result<Value> {
    each(doubts, words, |doubt, said| with_words(doubt, &[("text", &said.text), ("advice", &said.advice)]))
}

/// Everything with its words.
pub(super) fn each<T, W>(all: &[T], words: &[W], value: impl Fn(&T, &W) -> Result<Value>) -> Result<Value> {
    all.iter().zip(words).map(|(one, words)| value(one, words)).collect()
}

/// The value, with further fields after its first, which names what it is.
pub(super) fn with_words(value: &impl Serialize, words: &[(&str, &str)]) -> Result<Value> {
    let mut value = serde_json::to_value(value)?;
    if let Value::Object(fields) = &mut value {
        for (index, (name, text)) in words.iter().enumerate() {
            fields.shift_insert(1 + index, (*name).to_owned(), (*text).into());
        }
    }
    Ok(value)
}
