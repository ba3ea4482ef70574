//! A chart before it is drawn: panels over one horizontal axis, and their numbers.

use std::borrow::Cow;

use super::axis::Axis;
use super::palette::Colour;
use crate::table::Table;

/// A picture with its words and its numbers.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Name for files and for links in a page: letters and hyphens.
    pub id: Cow<'static, str>,
    /// What it shows.
    pub title: String,
    /// What it was taken from, one line each.
    pub subtitle: Vec<String>,
    /// What there is to see, for those who do not see it.
    pub description: String,
    /// Horizontal axis of all panels.
    pub x: Axis,
    /// Borders across all panels.
    pub borders: Vec<GuideLine>,
    /// Stretches of the horizontal axis that are shaded in all panels.
    pub shades: Option<Shades>,
    /// Panels, from the top.
    pub panels: Vec<Panel>,
    /// The numbers behind the picture.
    pub table: Table,
}

impl Chart {
    /// A chart without borders, shades and lines below its title.
    #[must_use]
    pub fn new(
        id: impl Into<Cow<'static, str>>,
        (title, description): (impl Into<String>, impl Into<String>),
        x: Axis,
        panels: Vec<Panel>,
        table: Table,
    ) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            subtitle: Vec::new(),
            description: description.into(),
            x,
            borders: Vec::new(),
            shades: None,
            panels,
            table,
        }
    }
}

/// Stretches that are set apart, such as what does not count.
#[derive(Debug, Clone)]
pub struct Shades {
    /// What they are, shown above the first panel.
    pub label: String,
    /// Colour, drawn faintly.
    pub colour: Colour,
    /// Beginning and end of each on the horizontal axis.
    pub stretches: Vec<(f64, f64)>,
}

/// One plotting area.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Vertical axis; its name stands above the panel.
    pub y: Axis,
    /// Height of the plotting area in pixels.
    pub height_px: u32,
    /// What is plotted, from the back.
    pub series: Vec<Series>,
    /// Shaded areas behind everything.
    pub bands: Vec<Band>,
    /// Intervals of points.
    pub whiskers: Vec<Whisker>,
    /// Values to compare with.
    pub rules: Vec<GuideLine>,
    /// Horizontal bars.
    pub bars: Vec<Bar>,
    /// Words at places in the plot.
    pub notes: Vec<PanelNote>,
}

impl Panel {
    /// A panel with nothing but series.
    #[must_use]
    pub fn of(y: Axis, height_px: u32, series: Vec<Series>) -> Self {
        Self {
            y,
            height_px,
            series,
            bands: Vec::new(),
            whiskers: Vec::new(),
            rules: Vec::new(),
            bars: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// Points with a look.
#[derive(Debug, Clone)]
pub struct Series {
    /// Name, written beside the end of a line where there is room; empty for none.
    pub label: String,
    /// Look.
    pub mark: Mark,
    /// Colour.
    pub colour: Colour,
    /// Points in the axes' values, from the left.
    pub points: Vec<(f64, f64)>,
}

/// How the points of a series are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Joined by straight lines.
    Line,
    /// The same in dashes, for what was not measured.
    Dashed,
    /// A line so broad that another line on it does not hide it.
    Broad,
    /// Each value holds until the next point, with the area below it shaded.
    Area,
    /// A dot each.
    Points,
    /// A triangle each.
    Triangles,
    /// A dot each, joined.
    Joined,
}

/// A shaded area between two lines.
#[derive(Debug, Clone)]
pub struct Band {
    /// Name, shown above the panel.
    pub label: String,
    /// Colour, drawn faintly.
    pub colour: Colour,
    /// Corners: horizontal value, lower and upper end.
    pub corners: Vec<(f64, f64, f64)>,
}

/// Where a value may lie.
#[derive(Debug, Clone, Copy)]
pub struct Whisker {
    /// Horizontal value.
    pub at: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Colour.
    pub colour: Colour,
}

/// A bar along the horizontal axis.
#[derive(Debug, Clone, Copy)]
pub struct Bar {
    /// Vertical value of its middle.
    pub at: f64,
    /// Horizontal value of one end.
    pub from: f64,
    /// Horizontal value of the other end.
    pub to: f64,
    /// Colour.
    pub colour: Colour,
}

/// Words beside a place in a panel.
#[derive(Debug, Clone)]
pub struct PanelNote {
    /// Horizontal and vertical value of the place.
    pub at: (f64, f64),
    /// On which side of the place they stand.
    pub side: LabelSide,
    /// The words; what does not fit is left out.
    pub words: String,
}

/// A side of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelSide {
    /// Before it.
    Left,
    /// Behind it.
    Right,
}

/// A thin line across a panel.
#[derive(Debug, Clone)]
pub struct GuideLine {
    /// Value on the axis that it crosses.
    pub at: f64,
    /// Name.
    pub label: String,
}
