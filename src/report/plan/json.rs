//! The documents of plans as JSON: what they hold, and in words what their kinds and numbers say.

use serde::Serialize;
use serde_json::{Result, Value};

use planner_plan::doubt::Doubt;
use planner_plan::forecast::Forecast;
use planner_plan::recommendation::{Case, Recommendation};
use planner_plan::strategy::Strategies;

use super::{doubt, forecast_words, way, words};

/// A recommendation.
///
/// # Errors
/// Where a number has no form in JSON.
pub fn recommendation(plan: &Recommendation) -> Result<Value> {
    let setting = |case: &Case| with_words(case, &[("setting", words::setting(case.change))]);
    let mut document = with_words(plan, &[("verdict", words::verdict(plan))])?;
    if let Some(reasons) = words::infeasible(plan) {
        document["infeasible"] = reasons.into();
    }
    document["doubts"] = doubts(&plan.doubts)?;
    document["binding_limits"] = each(&plan.binding_limits, |limit| {
        with_words(limit, &[("limit", words::limit(limit).into()), ("remedy", words::remedy(limit))])
    })?;
    document["nearest"] =
        each(&plan.nearest, |goal| with_words(goal, &[("goal", words::relaxed(goal.kind).into())]))?;
    document["sensitivities"] = each(&plan.sensitivities, |row| {
        let mut value = with_words(row, &[("name", words::changed(row.high.change).into())])?;
        value["low"] = row.low.as_ref().map(setting).transpose()?.unwrap_or_default();
        value["high"] = setting(&row.high)?;
        Ok(value)
    })?;
    Ok(document)
}

/// A forecast.
///
/// # Errors
/// Where a number has no form in JSON.
pub fn forecast(forecast: &Forecast) -> Result<Value> {
    let (verdict, way) = (forecast_words::verdict(forecast), forecast_words::way(&forecast.choice));
    let mut document = with_words(forecast, &[("verdict", verdict), ("way", way)])?;
    document["doubts"] = doubts(&forecast.doubts)?;
    Ok(document)
}

/// A comparison of ways.
///
/// # Errors
/// Where a number has no form in JSON.
pub fn strategies(comparison: &Strategies) -> Result<Value> {
    let mut document = with_words(comparison, &[("verdict", way::verdict(comparison))])?;
    document["doubts"] = doubts(&comparison.doubts)?;
    document["strategies"] = each(&comparison.strategies, |row| {
        let (name, setting) = (way::name(&row.way).into(), way::setting(&row.way));
        with_words(row, &[("name", name), ("setting", setting), ("breaks", way::breaks(row))])
    })?;
    Ok(document)
}

/// Doubts with what is so and what to do.
pub(super) fn doubts(all: &[Doubt]) -> Result<Value> {
    each(all, |one| with_words(one, &[("text", doubt::text(one)), ("advice", doubt::advice(one))]))
}

fn each<T>(all: &[T], value: impl FnMut(&T) -> Result<Value>) -> Result<Value> {
    all.iter().map(value).collect()
}

/// The value, with further fields after its first, which names what it is.
fn with_words(value: &impl Serialize, words: &[(&str, String)]) -> Result<Value> {
    let mut value = serde_json::to_value(value)?;
    if let Value::Object(fields) = &mut value {
        for (index, (name, text)) in words.iter().enumerate() {
            fields.shift_insert(1 + index, (*name).to_owned(), text.clone().into());
        }
    }
    Ok(value)
}
