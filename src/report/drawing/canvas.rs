//! Lines, shapes and words in pixels, drawn as SVG.

use std::sync::LazyLock;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};

use super::palette::Colour;

/// The bundled font, then what a reader's machine has. One name, because the drawing keeps it as it is.
const FAMILY: &str = "Planner Sans, system-ui, sans-serif";
/// Drawing units in a pixel: the backend knows whole numbers only.
const UNITS: f64 = 10.0;
/// What the backend divides the size of text by.
const TEXT_SCALE: f64 = 1.24;

/// Whether the font could be read, found out once.
static FONT_IS_REGISTERED: LazyLock<bool> = LazyLock::new(|| {
    let regular = register_font(FAMILY, FontStyle::Normal, crate::png::REGULAR);
    let bold = register_font(FAMILY, FontStyle::Bold, crate::png::BOLD);
    regular.is_ok() && bold.is_ok()
});

/// How text looks.
#[derive(Clone, Copy)]
pub(super) struct Text {
    /// Height in pixels.
    pub size_px: f64,
    /// Whether it is bold.
    pub bold: bool,
    /// Colour.
    pub colour: Colour,
    /// Which part of it lies at the given place.
    pub align: HPos,
}

/// What keeps a drawing from being made.
pub(super) type DrawError = Box<dyn std::error::Error + Send + Sync>;

/// A place in pixels, from the upper left.
pub(super) type PixelPosition = (f64, f64);

/// Something to draw on.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, plotters::coord::Shift>,
}

impl<'a> Canvas<'a> {
    /// An empty drawing, written into `svg`.
    pub(super) fn new(svg: &'a mut String, width_px: u32, height_px: u32) -> Self {
        let size = (width_px * UNITS as u32, height_px * UNITS as u32);
        Self { area: SVGBackend::with_string(svg, size).into_drawing_area() }
    }

    /// Fills everything.
    pub(super) fn fill(&self, colour: Colour) -> Result<(), DrawError> {
        Ok(self.area.fill(&rgb(colour))?)
    }

    /// A line through all places.
    pub(super) fn line(
        &self,
        places: &[PixelPosition],
        colour: Colour,
        width_px: f64,
    ) -> Result<(), DrawError> {
        let style = rgb(colour).stroke_width((width_px * UNITS) as u32);
        Ok(self.area.draw(&PathElement::new(units(places), style))?)
    }

    /// A shape between the places, filled faintly or fully.
    pub(super) fn shape(
        &self,
        places: &[PixelPosition],
        colour: Colour,
        opacity: f64,
    ) -> Result<(), DrawError> {
        Ok(self.area.draw(&Polygon::new(units(places), rgb(colour).mix(opacity)))?)
    }

    /// A dot.
    pub(super) fn dot(
        &self,
        place: PixelPosition,
        radius_px: f64,
        colour: Colour,
        opacity: f64,
    ) -> Result<(), DrawError> {
        let style = rgb(colour).mix(opacity).filled();
        Ok(self.area.draw(&Circle::new(unit(place), (radius_px * UNITS) as u32, style))?)
    }

    /// Words on one line, vertically centred on the place.
    pub(super) fn text(&self, words: &str, place: PixelPosition, text: Text) -> Result<(), DrawError> {
        let colour = rgb(text.colour);
        let style = TextStyle::from(font(text)).color(&colour).pos(Pos::new(text.align, VPos::Center));
        Ok(self.area.draw_text(words, &style, unit(place))?)
    }

    /// Ends the drawing.
    pub(super) fn finish(self) -> Result<(), DrawError> {
        Ok(self.area.present()?)
    }
}

/// How wide words will be, in pixels; rather too much than too little.
pub(super) fn text_width_px(words: &str, text: Text) -> Result<f64, DrawError> {
    if !*FONT_IS_REGISTERED {
        return Err("the bundled font cannot be read".into());
    }
    let (width, _) = font(text).box_size(words)?;
    Ok(f64::from(width) / UNITS)
}

fn font(text: Text) -> FontDesc<'static> {
    let style = if text.bold { FontStyle::Bold } else { FontStyle::Normal };
    FontDesc::new(FontFamily::Name(FAMILY), text.size_px * UNITS * TEXT_SCALE, style)
}

fn rgb(colour: Colour) -> RGBColor {
    let [red, green, blue] = colour.light;
    RGBColor(red, green, blue)
}

fn unit((x, y): PixelPosition) -> (i32, i32) {
    ((x * UNITS).round() as i32, (y * UNITS).round() as i32)
}

fn units(places: &[PixelPosition]) -> Vec<(i32, i32)> {
    places.iter().map(|&place| unit(place)).collect()
}
