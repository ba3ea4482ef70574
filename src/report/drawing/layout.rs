//! Where the parts of a drawing go.

use plotters::style::text_anchor::HPos;

use super::axis::{Axis, Tick};
use super::canvas::{DrawError, PixelPosition, Text, text_width_px};
use super::model::{Chart, Mark, Panel, Series, Shades};
use super::palette::{Colour, FRAME, MUTED};

/// Where a drawing is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// By itself: with its title, on white paper, with a margin.
    Card,
    /// In a page that has the title, so wide in pixels.
    Inline {
        /// Width in pixels.
        width_px: u32,
    },
}

impl Frame {
    pub(super) fn width_px(self) -> f64 {
        match self {
            Self::Card => 800.0,
            Self::Inline { width_px } => f64::from(width_px),
        }
    }

    pub(super) fn margin_px(self) -> f64 {
        match self {
            Self::Card => 24.0,
            Self::Inline { .. } => 4.0,
        }
    }

    /// Whether names fit beside the plots.
    pub(super) fn is_wide(self) -> bool {
        self.width_px() >= 560.0
    }

    /// Keeps two forms of one chart in one page apart.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Inline { .. } if self.is_wide() => "wide",
            Self::Inline { .. } => "narrow",
        }
    }
}

/// Marks of axes, names and notes.
pub(super) const NOTE: Text = Text { size_px: 12.0, bold: false, colour: MUTED, align: HPos::Left };
/// Height of a line of text.
pub(super) const LINE_PX: f64 = 19.0;
/// Room between a plot and the words beside it.
pub(super) const SPACE_PX: f64 = 7.0;
/// Room between panels.
pub(super) const GAP_PX: f64 = 16.0;
/// Room for a sign in front of words.
pub(super) const SIGN_PX: f64 = 15.0;
/// Room between a border and its name.
pub(super) const NAME_GAP_PX: f64 = 4.0;
/// So many borders are all named, on several lines where needed.
const FEW_BORDERS: usize = 6;
/// Names beside lines are at least so far apart.
pub(super) const LABEL_PX: f64 = 15.0;

/// Where one panel lies.
pub(super) struct PanelPlace {
    pub name_y: f64,
    pub keys: Vec<Key>,
    pub top: f64,
    pub bottom: f64,
}

impl PanelPlace {
    /// The height of a value.
    pub(super) fn y(&self, axis: &Axis, value: f64) -> f64 {
        self.bottom - axis.held(value) * (self.bottom - self.top)
    }

    /// The same, above or below the plot for a value that the axis does not show.
    pub(super) fn free_y(&self, axis: &Axis, value: f64) -> f64 {
        self.bottom - axis.place(value) * (self.bottom - self.top)
    }
}

/// A name above a panel behind a sign in its colour.
pub(super) struct Key {
    pub sign: &'static str,
    pub words: String,
    pub colour: Colour,
    pub at: PixelPosition,
}

/// The name of a border above the first panel.
pub(super) struct BorderName {
    /// Its left end in pixels.
    pub left: f64,
    /// Its line above the plot, from 0.
    pub lane: usize,
}

/// Where everything of a drawing lies, in pixels from the upper left.
pub(super) struct Layout {
    pub left: f64,
    pub right: f64,
    pub panels: Vec<PanelPlace>,
    /// One a border; None where the name has no room.
    pub borders: Vec<Option<BorderName>>,
    pub height_px: f64,
}

impl Layout {
    /// Makes room for the words around the plots.
    pub(super) fn of(chart: &Chart, frame: Frame) -> Result<Self, DrawError> {
        let margin = frame.margin_px();
        let (mut marks_px, mut names_px) = (0.0, 0.0);
        for panel in &chart.panels {
            for tick in vertical_ticks(panel) {
                marks_px = f64::max(marks_px, text_width_px(&tick.label, NOTE)?);
            }
            for label in beside(panel, frame) {
                names_px = f64::max(names_px, text_width_px(&label.text, NOTE)? + SIGN_PX + SPACE_PX);
            }
        }
        let left = margin + marks_px + SPACE_PX;
        let right = frame.width_px() - margin - f64::max(names_px, SPACE_PX);
        let borders = border_names(chart, frame, (left, right))?;
        let lanes = borders.iter().flatten().map(|name| name.lane + 1).max().unwrap_or(0);
        let header_lines = if frame == Frame::Card { chart.subtitle.len() as f64 + 1.5 } else { 0.0 };
        let mut y = margin + header_lines * LINE_PX;
        let mut panels = Vec::new();
        for (index, panel) in chart.panels.iter().enumerate() {
            let name_y = y + LINE_PX / 2.0;
            let shades = chart.shades.as_ref().filter(|_| index == 0);
            let keys = keys((panel, shades), frame, (margin, name_y + LINE_PX))?;
            let key_lines = keys.last().map_or(0.0, |key| (key.at.1 - name_y) / LINE_PX);
            let border_lines = if index == 0 { lanes as f64 } else { 0.0 };
            let top = y + (1.0 + key_lines + border_lines) * LINE_PX + 8.0;
            let bottom = top + f64::from(panel.height_px);
            panels.push(PanelPlace { name_y, keys, top, bottom });
            y = bottom + GAP_PX;
        }
        Ok(Self { left, right, panels, borders, height_px: y - GAP_PX + 2.0 * LINE_PX + 6.0 + margin })
    }
}

/// Places for the names of borders, each behind its line, or before it at the right end; from the right, so that
/// a name that reaches over the next border stands above that border's own.
fn border_names(
    chart: &Chart,
    frame: Frame,
    (left, right): PixelPosition,
) -> Result<Vec<Option<BorderName>>, DrawError> {
    let lanes = if chart.borders.len() <= FEW_BORDERS { chart.borders.len() } else { 1 };
    let mut taken: Vec<(usize, f64, f64)> = Vec::new();
    let mut names = Vec::new();
    for border in chart.borders.iter().rev() {
        let x = left + chart.x.held(border.at) * (right - left);
        let width = text_width_px(&border.label, NOTE)?;
        let behind = x + NAME_GAP_PX;
        let fits = behind + width <= frame.width_px();
        let start = if fits { behind } else { (x - NAME_GAP_PX - width).max(0.0) };
        let end = start + width + SPACE_PX;
        let is_free =
            |lane: &usize| taken.iter().all(|&(other, a, b)| other != *lane || end <= a || start >= b);
        let lane = (0..lanes).find(is_free);
        taken.extend(lane.map(|lane| (lane, start, end)));
        names.push(lane.map(|lane| BorderName { left: start, lane }));
    }
    names.reverse();
    Ok(names)
}

/// A name beside the end of a line.
pub(super) struct Label {
    pub text: String,
    pub colour: Colour,
    /// Vertical value that it belongs to.
    pub at: f64,
}

/// Whether points stand apart, so that their name has no line to stand beside.
fn is_apart(mark: Mark) -> bool {
    matches!(mark, Mark::Points | Mark::Triangles)
}

/// What is named beside the plot: lines and rules, where there is room.
pub(super) fn beside(panel: &Panel, frame: Frame) -> Vec<Label> {
    if !frame.is_wide() {
        return Vec::new();
    }
    let is_line = |series: &&Series| !is_apart(series.mark) && !series.label.is_empty();
    let lines = panel.series.iter().filter(is_line);
    let lines = lines.filter_map(|series| {
        let &(_, at) = series.points.last()?;
        Some(Label { text: series.label.clone(), colour: series.colour, at })
    });
    let rules = panel.rules.iter().map(|rule| Label { text: rule.label.clone(), colour: FRAME, at: rule.at });
    lines.chain(rules).collect()
}

/// What is named above the plot: shaded areas, dots, and everything where there is no room beside it.
fn keys(
    (panel, shades): (&Panel, Option<&Shades>),
    frame: Frame,
    (left, first_y): PixelPosition,
) -> Result<Vec<Key>, DrawError> {
    let shades = shades.map(|shades| (&shades.label, shades.colour, "■")).into_iter();
    let bands = panel.bands.iter().map(|band| (&band.label, band.colour, "■"));
    let series = panel.series.iter().filter(|series| !frame.is_wide() || is_apart(series.mark));
    let sign = |mark| match mark {
        Mark::Points => "●",
        Mark::Triangles => "▲",
        _ => "■",
    };
    let series = series.map(|series| (&series.label, series.colour, sign(series.mark)));
    let rules = panel.rules.iter().filter(|_| !frame.is_wide()).map(|rule| (&rule.label, FRAME, "■"));
    let (mut x, mut y, mut keys) = (left, first_y, Vec::new());
    for (words, colour, sign) in
        shades.chain(bands).chain(series).chain(rules).filter(|(words, ..)| !words.is_empty())
    {
        let width = text_width_px(words, NOTE)? + SIGN_PX;
        if x > left && x + width > frame.width_px() - left {
            (x, y) = (left, y + LINE_PX);
        }
        keys.push(Key { sign, words: words.clone(), colour, at: (x, y) });
        x += width + 2.0 * SPACE_PX;
    }
    Ok(keys)
}

pub(super) fn vertical_ticks(panel: &Panel) -> Vec<Tick> {
    panel.y.ticks(panel.height_px as usize / 32 + 1)
}

/// Heights, sorted, moved so that neighbours are [`LABEL_PX`] apart and within the plot where that is possible.
pub(super) fn apart(mut heights: Vec<f64>, top: f64, bottom: f64) -> Vec<f64> {
    let mut least = top;
    for height in &mut heights {
        *height = height.max(least);
        least = *height + LABEL_PX;
    }
    let mut most = bottom;
    for height in heights.iter_mut().rev() {
        *height = height.min(most);
        most = *height - LABEL_PX;
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_apart_and_in_order() {
        assert_eq!(apart(vec![50.0, 52.0, 53.0], 0.0, 200.0), [50.0, 65.0, 80.0]);
        assert_eq!(apart(vec![90.0, 95.0, 100.0], 0.0, 100.0), [70.0, 85.0, 100.0]);
        assert_eq!(apart(vec![], 0.0, 100.0), [0.0; 0]);
    }
}
