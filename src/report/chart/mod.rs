//! The charts of runs, plans and answers.

mod change;
mod choice_axis;
mod cost;
mod deadline_curve;
mod latency_distribution;
mod lateness_risk;
mod little;
mod makespan;
mod pipeline;
mod readings;
mod run;
mod sensitivity;
mod size;
mod stages;
mod strategies;
mod sweep;
mod timeline;

pub use change::{Changed, change};
pub use choice_axis::ChoiceAxis;
pub use cost::{CostPoint, Costs, cost};
pub use deadline_curve::{DeadlineCurve, reach};
pub use latency_distribution::spectrum;
pub use lateness_risk::{Chance, Chances, chance};
pub use little::little;
pub use makespan::{Makespans, makespan};
pub use pipeline::pipeline;
pub use readings::readings;
pub use sensitivity::{Sensitivities, SensitivityBar, ValueKind, sensitivity};
pub use size::size;
pub use stages::{StageChart, StageCurves, stages};
pub use strategies::{StrategyBar, strategies};
pub use sweep::{measurements, sweep};
pub use timeline::timeline;
