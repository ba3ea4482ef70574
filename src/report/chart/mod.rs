//! The charts of runs, plans and answers.

mod chance;
mod change;
mod choice;
mod cost;
mod little;
mod makespan;
mod pipeline;
mod reach;
mod readings;
mod run;
mod sensitivity;
mod size;
mod spectrum;
mod stages;
mod sweep;
mod timeline;
mod ways;

pub use chance::{Chance, Chances, chance};
pub use change::{Changed, change};
pub use choice::Choice;
pub use cost::{Cost, Costs, cost};
pub use little::little;
pub use makespan::{Makespans, makespan};
pub use pipeline::pipeline;
pub use reach::{Reach, reach};
pub use readings::readings;
pub use sensitivity::{AnswerKind, Sensitivities, Sensitivity, sensitivity};
pub use size::size;
pub use spectrum::spectrum;
pub use stages::{Stage, Stages, stages};
pub use sweep::{measurements, sweep};
pub use timeline::timeline;
pub use ways::{Way, ways};
