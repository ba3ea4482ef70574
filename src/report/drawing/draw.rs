//! Draws a chart: where everything goes, and the one style of all charts.

use std::cell::RefCell;

use plotters::style::text_anchor::HPos;

use super::axis::Tick;
use super::canvas::{Canvas, DrawError, PixelPosition, Text, text_width_px};
use super::clip::Plot;
use super::layout::{
    Frame, LABEL_PX, LINE_PX, Label, Layout, NOTE, PanelPlace, SIGN_PX, SPACE_PX, apart, beside,
    vertical_ticks,
};
use super::model::{Band, Bar, Chart, LabelSide, Mark, Panel, PanelNote, Series};
use super::palette::{CARD, Colour, FRAME, GRID, INK};
use crate::ReportError;
use crate::escape::escape_controls;

const TITLE: Text = Text { size_px: 16.0, bold: true, colour: INK, align: HPos::Left };
/// More dots are small and faint, so that they can be told apart.
const MANY: usize = 100;
/// Length of a dash.
const DASH_PX: f64 = 7.0;
/// Height of a bar.
const BAR_PX: f64 = 14.0;
/// How strongly stretches are shaded.
pub(super) const SHADE: f64 = 0.16;
const NAME: Text = Text { size_px: 12.0, bold: true, colour: INK, align: HPos::Left };

/// Draws a chart as SVG with a title and a description that screen readers find.
///
/// # Errors
/// Where the bundled font cannot be read.
pub fn svg(chart: &Chart, frame: Frame) -> Result<String, ReportError> {
    draw(chart, frame).map_err(|error| ReportError::Chart {
        chart: chart.id.clone().into_owned(),
        cause: error.to_string(),
    })
}

fn draw(chart: &Chart, frame: Frame) -> Result<String, DrawError> {
    let layout = Layout::of(chart, frame)?;
    let (width, height) = (frame.width_px() as u32, layout.height_px.ceil() as u32);
    let mut body = String::new();
    let titles = RefCell::default();
    DrawingSheet { chart, frame, layout, canvas: Canvas::new(&mut body, width, height), titles: &titles }
        .draw()?;
    let body = titled(&body, &titles.into_inner());
    // A control character in a name would make a file that is no XML.
    Ok(escape_controls(&described(chart, frame, (width, height), &body)))
}

/// Puts size, title and description where the backend has its own opening tag.
fn described(chart: &Chart, frame: Frame, (width, height): (u32, u32), body: &str) -> String {
    let drawing = body.split_once('\n').map_or("", |(_, drawing)| drawing);
    let id = format!("{}-{}", chart.id, frame.suffix());
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {}0 {}0\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n\
         <title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>\n{drawing}",
        width,
        height,
        xml_escaped(&chart.title),
        xml_escaped(&chart.description),
    )
}

/// The drawing with the values of its dots, in the order in which they were drawn, for who points at one.
fn titled(drawing: &str, titles: &[String]) -> String {
    let mut titles = titles.iter();
    let mut parts = drawing.split("<circle ");
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        told.push_str("<circle ");
        match (titles.next().filter(|title| !title.is_empty()), part.split_once("/>")) {
            (Some(title), Some((dot, rest))) => {
                told.push_str(&format!("{dot}><title>{}</title></circle>{rest}", xml_escaped(title)));
            }
            _ => told.push_str(part),
        }
    }
    told
}

fn xml_escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

struct DrawingSheet<'a> {
    chart: &'a Chart,
    frame: Frame,
    layout: Layout,
    canvas: Canvas<'a>,
    /// What each dot says, in their order.
    titles: &'a RefCell<Vec<String>>,
}

impl DrawingSheet<'_> {
    fn draw(self) -> Result<(), DrawError> {
        self.header()?;
        for (index, panel) in self.chart.panels.iter().enumerate() {
            self.panel(index, panel)?;
        }
        self.horizontal_axis()?;
        self.canvas.finish()
    }

    fn header(&self) -> Result<(), DrawError> {
        if self.frame != Frame::Card {
            return Ok(());
        }
        self.canvas.fill(CARD)?;
        let (x, mut y) = (self.frame.margin_px(), self.frame.margin_px() + LINE_PX / 2.0);
        self.canvas.text(&self.chart.title, (x, y), TITLE)?;
        for line in &self.chart.subtitle {
            y += LINE_PX;
            self.canvas.text(line, (x, y), NOTE)?;
        }
        Ok(())
    }

    fn panel(&self, index: usize, panel: &Panel) -> Result<(), DrawError> {
        let place = &self.layout.panels[index];
        self.canvas.text(&panel.y.title(), (self.frame.margin_px(), place.name_y), NAME)?;
        for key in &place.keys {
            self.signed(key.sign, &key.words, key.colour, key.at)?;
        }
        self.shades(place)?;
        self.grid(panel, place)?;
        self.borders(index == 0, place)?;
        for band in &panel.bands {
            self.band(band, panel, place)?;
        }
        for rule in &panel.rules {
            let y = place.y(&panel.y, rule.at);
            self.canvas.line(&[(self.layout.left, y), (self.layout.right, y)], FRAME, 1.0)?;
        }
        for whisker in &panel.whiskers {
            let (x, low, high) =
                (self.x(whisker.at), place.y(&panel.y, whisker.low), place.y(&panel.y, whisker.high));
            self.canvas.line(&[(x, low), (x, high)], whisker.colour, 1.0)?;
            // An end beyond the axis has no mark, so that it does not look like the end.
            for end in [whisker.low, whisker.high].into_iter().filter(|end| panel.y.shows(*end)) {
                let y = place.y(&panel.y, end);
                self.canvas.line(&[(x - 3.0, y), (x + 3.0, y)], whisker.colour, 1.0)?;
            }
        }
        for bar in &panel.bars {
            self.bar(bar, panel, place)?;
        }
        for series in &panel.series {
            self.series(series, panel, place)?;
        }
        for note in &panel.notes {
            self.note(note, panel, place)?;
        }
        self.labels(panel, place)
    }

    fn shades(&self, place: &PanelPlace) -> Result<(), DrawError> {
        let Some(shades) = &self.chart.shades else { return Ok(()) };
        for &(from, to) in &shades.stretches {
            let (left, right) = (self.x(from), self.x(to));
            let corners =
                [(left, place.top), (right, place.top), (right, place.bottom), (left, place.bottom)];
            self.canvas.shape(&corners, shades.colour, SHADE)?;
        }
        Ok(())
    }

    fn grid(&self, panel: &Panel, place: &PanelPlace) -> Result<(), DrawError> {
        let (left, right) = (self.layout.left, self.layout.right);
        for tick in vertical_ticks(panel) {
            let y = place.y(&panel.y, tick.at);
            self.canvas.line(&[(left, y), (right, y)], GRID, 1.0)?;
            let text = Text { align: HPos::Right, ..NOTE };
            self.canvas.text(&tick.label, (left - SPACE_PX, y), text)?;
        }
        for tick in self.horizontal_ticks()? {
            let x = self.x(tick.at);
            self.canvas.line(&[(x, place.top), (x, place.bottom)], GRID, 1.0)?;
        }
        self.canvas.line(&[(left, place.bottom), (right, place.bottom)], FRAME, 1.0)
    }

    /// Borders, named above the first panel where there is room.
    fn borders(&self, named: bool, place: &PanelPlace) -> Result<(), DrawError> {
        for (border, name) in self.chart.borders.iter().zip(&self.layout.borders) {
            let x = self.x(border.at);
            let name = name.as_ref().filter(|_| named);
            let rise = name.map_or(0.0, |name| (name.lane + 1) as f64 * LINE_PX - 4.0);
            self.canvas.line(&[(x, place.top - rise), (x, place.bottom)], FRAME, 1.0)?;
            if let Some(name) = name {
                let y = place.top - (name.lane as f64 + 0.5) * LINE_PX;
                self.canvas.text(&border.label, (name.left, y), NOTE)?;
            }
        }
        Ok(())
    }

    fn bar(&self, bar: &Bar, panel: &Panel, place: &PanelPlace) -> Result<(), DrawError> {
        let (from, to, y) = (self.x(bar.from), self.x(bar.to), place.y(&panel.y, bar.at));
        let (top, bottom) = (y - BAR_PX / 2.0, y + BAR_PX / 2.0);
        self.canvas.shape(&[(from, top), (to, top), (to, bottom), (from, bottom)], bar.colour, 1.0)
    }

    fn note(&self, note: &PanelNote, panel: &Panel, place: &PanelPlace) -> Result<(), DrawError> {
        let (x, y) = (self.x(note.at.0), place.y(&panel.y, note.at.1));
        let (x, room, align) = match note.side {
            LabelSide::Left => (x - SPACE_PX, x - SPACE_PX, HPos::Right),
            LabelSide::Right => (x + SPACE_PX, self.frame.width_px() - x - SPACE_PX, HPos::Left),
        };
        let (words, text) = (fitting(&note.words, room)?, Text { align, colour: INK, ..NOTE });
        let width = text_width_px(&words, text)?;
        let left = if note.side == LabelSide::Left { x - width } else { x };
        let (right, top, bottom) = (left + width, y - LABEL_PX / 2.0, y + LABEL_PX / 2.0);
        // Lines behind the words would make them hard to read.
        self.canvas.shape(&[(left, top), (right, top), (right, bottom), (left, bottom)], CARD, 1.0)?;
        self.canvas.text(&words, (x, y), text)
    }

    fn band(&self, band: &Band, panel: &Panel, place: &PanelPlace) -> Result<(), DrawError> {
        let upper = band.corners.iter().map(|&(x, _, high)| (self.x(x), place.y(&panel.y, high)));
        let lower = band.corners.iter().rev().map(|&(x, low, _)| (self.x(x), place.y(&panel.y, low)));
        self.canvas.shape(&upper.chain(lower).collect::<Vec<_>>(), band.colour, 0.15)
    }

    fn series(&self, series: &Series, panel: &Panel, place: &PanelPlace) -> Result<(), DrawError> {
        let held = |&(x, y): &(f64, f64)| (self.x(x), place.y(&panel.y, y));
        let free = |&(x, y): &(f64, f64)| (self.free_x(x), place.free_y(&panel.y, y));
        let places: Vec<PixelPosition> = match series.mark {
            Mark::Area => stepped(series.points.iter().map(held)),
            _ => series.points.iter().map(free).collect(),
        };
        let plot =
            Plot { left: self.layout.left, right: self.layout.right, top: place.top, bottom: place.bottom };
        if let (Mark::Area, [(first, _), .., (last, _)]) = (series.mark, places.as_slice()) {
            let base = [(*last, place.bottom), (*first, place.bottom)];
            let shape: Vec<PixelPosition> = places.iter().copied().chain(base).collect();
            self.canvas.shape(&shape, series.colour, 0.15)?;
        }
        if !matches!(series.mark, Mark::Points | Mark::Triangles) {
            for piece in plot.pieces(&places) {
                self.line(&piece, series)?;
            }
        }
        let shown = places.iter().zip(&series.points).filter(|(place, _)| plot.shows(**place));
        if series.mark == Mark::Triangles {
            return shown.into_iter().try_for_each(|(&place, _)| self.triangle(place, series.colour));
        }
        if matches!(series.mark, Mark::Points | Mark::Joined) || places.len() == 1 {
            let is_crowded = places.len() > MANY;
            let (radius_px, opacity) = if is_crowded { (2.2, 0.5) } else { (3.2, 0.8) };
            for (&place, point) in shown {
                self.canvas.dot(place, radius_px, series.colour, opacity)?;
                let title = if is_crowded { String::new() } else { self.read(*point, panel) };
                self.titles.borrow_mut().push(title);
            }
        }
        Ok(())
    }

    /// What a dot says.
    fn read(&self, (x, y): (f64, f64), panel: &Panel) -> String {
        let values = [(&self.chart.x, x), (&panel.y, y)];
        let told = values.map(|(axis, value)| (axis, axis.read(value)));
        let told = told.iter().filter(|(_, value)| !value.is_empty());
        told.map(|(axis, value)| format!("{}: {value}", axis.name)).collect::<Vec<_>>().join(", ")
    }

    fn triangle(&self, (x, y): PixelPosition, colour: Colour) -> Result<(), DrawError> {
        self.canvas.shape(&[(x - 4.5, y + 4.0), (x + 4.5, y + 4.0), (x, y - 5.0)], colour, 1.0)
    }

    fn line(&self, places: &[PixelPosition], series: &Series) -> Result<(), DrawError> {
        match series.mark {
            Mark::Dashed => {
                dashes(places).iter().try_for_each(|dash| self.canvas.line(dash, series.colour, 1.6))
            }
            Mark::Broad => self.canvas.line(places, series.colour, 4.0),
            _ => self.canvas.line(places, series.colour, 1.6),
        }
    }

    /// Names beside the plot, pushed apart where they would touch.
    fn labels(&self, panel: &Panel, place: &PanelPlace) -> Result<(), DrawError> {
        let mut labels: Vec<(f64, Label)> =
            beside(panel, self.frame).into_iter().map(|label| (place.y(&panel.y, label.at), label)).collect();
        labels.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let heights = apart(labels.iter().map(|(y, _)| *y).collect(), place.top, place.bottom);
        for ((_, label), y) in labels.iter().zip(heights) {
            self.signed("■", &label.text, label.colour, (self.layout.right + SPACE_PX, y))?;
        }
        Ok(())
    }

    /// Words behind a sign in a colour that need not be dark enough for words.
    fn signed(
        &self,
        sign: &str,
        words: &str,
        colour: Colour,
        (x, y): PixelPosition,
    ) -> Result<(), DrawError> {
        self.canvas.text(sign, (x, y), Text { colour, ..NOTE })?;
        self.canvas.text(words, (x + SIGN_PX, y), NOTE)
    }

    fn horizontal_axis(&self) -> Result<(), DrawError> {
        let bottom = self.layout.panels.last().map_or(0.0, |place| place.bottom);
        for tick in self.horizontal_ticks()? {
            let half = text_width_px(&tick.label, NOTE)? / 2.0;
            // A label wider than the drawing, as of a huge number, begins where it begins.
            let x = self.x(tick.at).min(self.frame.width_px() - half).max(half);
            let text = Text { align: HPos::Center, ..NOTE };
            self.canvas.text(&tick.label, (x, bottom + 4.0 + LINE_PX / 2.0), text)?;
        }
        let middle = f64::midpoint(self.layout.left, self.layout.right);
        let text = Text { align: HPos::Center, ..NOTE };
        self.canvas.text(&self.chart.x.title(), (middle, bottom + 4.0 + LINE_PX * 1.5), text)
    }

    /// As many round values as fit beside each other.
    fn horizontal_ticks(&self) -> Result<Vec<Tick>, DrawError> {
        let room = self.layout.right - self.layout.left;
        for at_most in (3..=11).rev() {
            let ticks = self.chart.x.ticks(at_most);
            let mut widest = 0.0;
            for tick in &ticks {
                widest = f64::max(widest, text_width_px(&tick.label, NOTE)?);
            }
            let nearest = ticks.windows(2).map(|pair| self.x(pair[1].at) - self.x(pair[0].at));
            if nearest.fold(room, f64::min) >= widest + 2.0 * SPACE_PX {
                return Ok(ticks);
            }
        }
        Ok(self.chart.x.ticks(2))
    }

    fn x(&self, value: f64) -> f64 {
        self.layout.left + self.chart.x.held(value) * (self.layout.right - self.layout.left)
    }

    /// The same, beside the plot for a value that the axis does not show.
    fn free_x(&self, value: f64) -> f64 {
        self.layout.left + self.chart.x.place(value) * (self.layout.right - self.layout.left)
    }
}

/// As much of the words as there is room for.
fn fitting(words: &str, room_px: f64) -> Result<String, DrawError> {
    let mut shown = words.to_owned();
    let mut left: Vec<char> = words.chars().collect();
    while text_width_px(&shown, NOTE)? > room_px && left.pop().is_some() {
        shown = left.iter().chain(&['…']).collect();
    }
    Ok(shown)
}

/// The pieces of a dashed line.
fn dashes(places: &[PixelPosition]) -> Vec<Vec<PixelPosition>> {
    let (mut pieces, mut is_drawn, mut left) = (Vec::new(), true, DASH_PX);
    let mut piece: Vec<PixelPosition> = places.first().copied().into_iter().collect();
    for pair in places.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            if length < left {
                left -= length;
                piece.push(to);
                break;
            }
            let share = left / length;
            from = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
            piece.push(from);
            let ended = std::mem::replace(&mut piece, vec![from]);
            if is_drawn {
                pieces.push(ended);
            }
            (is_drawn, left) = (!is_drawn, if is_drawn { SPACE_PX - 2.0 } else { DASH_PX });
        }
    }
    if is_drawn && piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

/// The corners of a line that holds each height until the next point.
fn stepped(places: impl Iterator<Item = PixelPosition>) -> Vec<PixelPosition> {
    let mut corners: Vec<PixelPosition> = Vec::new();
    for (x, y) in places {
        if let Some(&(_, height)) = corners.last().filter(|&&(_, height)| height != y) {
            corners.push((x, height));
        }
        corners.push((x, y));
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_and_gaps_take_turns_round_corners() {
        let pieces = dashes(&[(0.0, 0.0), (15.0, 0.0), (15.0, 8.0)]);
        let ends: Vec<_> = pieces.iter().map(|piece| (piece[0], piece[piece.len() - 1])).collect();
        assert_eq!(ends, [((0.0, 0.0), (7.0, 0.0)), ((12.0, 0.0), (15.0, 4.0))]);
        assert!(dashes(&[]).is_empty());
    }

    #[test]
    fn dots_say_their_values_in_the_order_in_which_they_are_drawn() {
        let titles = ["N: 1, X: <2".to_owned(), String::new()];
        let drawing = "<path/><circle r=\"1\"/><circle r=\"2\"/>";
        let told = "<path/><circle r=\"1\"><title>N: 1, X: &lt;2</title></circle><circle r=\"2\"/>";
        assert_eq!(titled(drawing, &titles), told);
    }

    #[test]
    fn a_step_holds_until_the_next_point() {
        let corners = stepped([(0.0, 1.0), (1.0, 3.0), (2.0, 3.0)].into_iter());
        assert_eq!(corners, [(0.0, 1.0), (1.0, 1.0), (1.0, 3.0), (2.0, 3.0)]);
    }
}
