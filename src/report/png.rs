//! SVG into pixels, with the bundled font and no other.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::ReportError;

/// The font of charts: a subset of DejaVu Sans under its own name.
pub(super) const REGULAR: &[u8] = include_bytes!("font/planner-sans.ttf");
/// The same in bold.
pub(super) const BOLD: &[u8] = include_bytes!("font/planner-sans-bold.ttf");

/// The name of the font inside its files.
const FAMILY: &str = "Planner Sans";
/// Image pixels for each pixel of the drawing, for screens and slides of today.
const PIXELS: f32 = 2.0;

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(BOLD.to_vec());
    fonts.set_sans_serif_family(FAMILY);
    Arc::new(fonts)
});

/// A drawing as a PNG image of twice its size in pixels.
///
/// # Errors
/// Where the text is not SVG, or too large for memory.
pub fn render(svg: &str) -> Result<Vec<u8>, ReportError> {
    let options = Options { font_family: FAMILY.into(), fontdb: Arc::clone(&FONTS), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| ReportError::Png(error.to_string()))?;
    let size = tree.size().to_int_size().scale_by(PIXELS);
    let mut pixels = size
        .and_then(|size| Pixmap::new(size.width(), size.height()))
        .ok_or_else(|| ReportError::Png("its size is out of range".into()))?;
    resvg::render(&tree, Transform::from_scale(PIXELS, PIXELS), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| ReportError::Png(error.to_string()))
}
