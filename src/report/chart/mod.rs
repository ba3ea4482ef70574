//! One model of a chart, and the charts of runs and plans in it.
//!
//! A chart is data: panels over one horizontal axis. It is drawn in one place, in one style, so that a page, an
//! SVG file and a PNG image show the same picture.

pub mod axis;
mod canvas;
mod chance;
mod change;
mod choice;
mod clip;
mod cost;
mod draw;
mod layout;
mod little;
mod makespan;
pub(crate) mod model;
pub mod palette;
mod pipeline;
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
pub use draw::svg;
pub use layout::Frame;
pub use little::little;
pub use makespan::{Makespans, makespan};
pub use model::{Band, Bar, Chart, Mark, Note, Panel, Rule, Series, Shades, Side, Whisker};
pub use pipeline::pipeline;
pub use readings::readings;
pub use sensitivity::{AnswerKind, Sensitivities, Sensitivity, sensitivity};
pub use size::size;
pub use spectrum::spectrum;
pub use stages::{Stage, Stages, stages};
pub use sweep::{measurements, sweep};
pub use timeline::timeline;
pub use ways::{Way, ways};
