//! One model of a chart, and how it is drawn.
//!
//! A chart is data: panels over one horizontal axis. It is drawn in one place, in one style, so that a page, an
//! SVG file and a PNG image show the same picture.

pub mod axis;
mod canvas;
mod clip;
mod draw;
mod layout;
mod model;
pub mod palette;

pub use draw::svg;
pub use layout::Frame;
pub use model::{Band, Bar, Chart, GuideLine, LabelSide, Mark, Panel, PanelNote, Series, Shades, Whisker};
