//! Little's law at every stage behind the publisher.

use serde::{Deserialize, Serialize};

use crate::law::finding::{Finding, Verdict};
use crate::law::in_flight_window::{Hindsight, Window};
use crate::law::littles_law::LittlesLaw;
use crate::law::tolerance::LITTLE_TOLERANCE;
use crate::measure::verdict_reason::RunReason;
use crate::units::quantity::nanoseconds;

/// Where a message is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FanOutStageName {
    /// Publish requests, as the publisher sees them.
    Publish,
    /// From the topic's answer to the delivery.
    Delivery,
    /// Waiting for an invocation, throttled or not, back-off included.
    Queued,
    /// Invocations, cold start included.
    Function,
    /// Copy requests of the function.
    Copy,
}

impl FanOutStageName {
    /// The name for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Delivery => "delivery",
            Self::Queued => "throttled or queued",
            Self::Function => "function",
            Self::Copy => "copy",
        }
    }
}

/// N = X·R at one stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FanOutStage {
    /// Which stage.
    pub stage: FanOutStageName,
    /// The law over the time of the stage.
    pub law: LittlesLaw,
    /// N by a count that does not share the events, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gauge_n: Option<f64>,
    /// Whether the departure form holds, and whether the gauge agrees.
    pub verdict: Finding,
}

impl FanOutStage {
    /// A stage with its verdict.
    pub(crate) fn new(
        stage: FanOutStageName,
        law: LittlesLaw,
        gauge_n: Option<f64>,
        words: fn(&RunReason) -> String,
    ) -> Self {
        let verdict = verdict(&law, gauge_n).map(words);
        Self { stage, law, gauge_n, verdict }
    }
}

fn verdict(law: &LittlesLaw, gauge_n: Option<f64>) -> Finding<RunReason> {
    if law.departure_form_n == 0.0 {
        return Finding::not_available(RunReason::NothingInStage);
    }
    let raw = law.xr / law.n;
    if !law.accounting_holds {
        return Finding::new(Verdict::Fail, Some(raw), RunReason::StageNotAccounted);
    }
    match gauge_n.map(|gauge_n| gauge_n / law.departure_form_n) {
        Some(ratio) if (ratio - 1.0).abs() > LITTLE_TOLERANCE => {
            Finding::new(Verdict::Fail, Some(ratio), RunReason::StageGaugeOff)
        }
        Some(ratio) => Finding::new(Verdict::Pass, Some(ratio), RunReason::StageGaugeNear),
        None => Finding::new(Verdict::Pass, Some(raw), RunReason::StageAccounted),
    }
}

/// What was counted at every stage behind the publisher; none where nobody counts it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageWindows {
    /// From the topic's answer to the delivery.
    pub delivery: Option<Window>,
    /// Waiting for an invocation.
    pub queued: Option<Window>,
    /// Invocations.
    pub function: Option<Window>,
    /// Copy requests.
    pub copy: Option<Window>,
}

impl StageWindows {
    /// The stages with their names, in the order of a message's way.
    pub fn named(&self) -> impl Iterator<Item = (FanOutStageName, Window)> {
        use FanOutStageName::{Copy, Delivery, Function, Queued};
        [(Delivery, self.delivery), (Queued, self.queued), (Function, self.function), (Copy, self.copy)]
            .into_iter()
            .filter_map(|(name, window)| Some((name, window?)))
    }
}

/// The window from 0 to `end_s` of stays given as beginning and end in seconds; none without any. One that ends before
/// it begins, by two clocks, counts as one that took no time.
#[must_use]
pub fn window(stays: &[(f64, f64)], end_s: f64) -> Option<Window> {
    if stays.is_empty() {
        return None;
    }
    let exact = |time_s: f64| nanoseconds(time_s.max(0.0)) as i64;
    let requests = stays.iter().map(|&(from_s, to_s)| (exact(from_s), exact(to_s.max(from_s))));
    Some(Hindsight::over(requests, nanoseconds(end_s.max(0.0))).window)
}
