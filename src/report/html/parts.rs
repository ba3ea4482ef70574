//! Parts that every page is made of.

use askama::Template;

use crate::ReportError;
use crate::drawing::{Chart, Frame, palette, svg};
use crate::escape::escape_controls;
use crate::table::Table;

/// Width of a chart on a desk or on paper, in pixels.
const WIDE_PX: u32 = 620;
/// Width of a chart on a telephone, in pixels.
const NARROW_PX: u32 = 350;

/// What every page has in its head, so that a file can be told to be one.
pub const GENERATOR: &str = "<meta name=\"generator\" content=\"planner\">";

/// A whole page around its body.
///
/// # Errors
/// Where the page cannot be put together.
pub(super) fn page(title: &str, prints_all: bool, body: &str) -> Result<String, ReportError> {
    let dark = palette::dark_css("figure svg");
    let page = Shell { title, prints_all, body, style: include_str!("style.css"), dark: &dark }.render()?;
    Ok(escape_controls(&page))
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{{ self::GENERATOR|safe }}
<meta name="color-scheme" content="light dark">
<title>{{ title }} · planner</title>
<style>
{{ style|safe }}
@media screen and (prefers-color-scheme: dark) {
{{ dark|safe }}}
</style>
</head>
<body{% if prints_all %} class="full"{% endif %}>
{{ body|safe }}
</body>
</html>
"#
)]
struct Shell<'a> {
    title: &'a str,
    prints_all: bool,
    body: &'a str,
    style: &'a str,
    dark: &'a str,
}

/// A table that scrolls by itself where the page is narrow.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"
<div class="scroll" role="group" aria-label="{{ self.0.caption }}" tabindex="0">
<table>
<caption>{{ self.0.caption }}</caption>
<thead><tr>
{%- for name in self.0.head %}<th scope="col"{% if self.0.is_words(*loop.index0) %} class="words"{% endif %}>{{ name }}</th>{% endfor -%}
</tr></thead>
<tbody>
{%- for row in self.0.rows %}
<tr>
{%- for cell in row %}
{%- if loop.first %}<th scope="row">{{ cell }}</th>{% else %}<td data-label="{{ self.0.name(*loop.index0) }}"{% if self.0.is_words(*loop.index0) %} class="words"{% endif %}>{{ cell }}</td>{% endif -%}
{%- endfor -%}
</tr>
{%- endfor %}
</tbody>
</table>
</div>
"#
)]
pub(super) struct Grid<'a>(pub &'a Table);

/// A chart for wide and for narrow pages, with its numbers.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"
<figure id="{{ id }}">
<figcaption><h3>{{ title }}</h3><p>{{ description }}</p></figcaption>
<div class="wide">
{{ wide|safe }}</div>
<div class="narrow">
{{ narrow|safe }}</div>
<details><summary>Numbers behind the chart</summary>
{{ table|safe }}
</details>
</figure>
"#
)]
pub(super) struct Figure<'a> {
    id: &'a str,
    title: &'a str,
    description: &'a str,
    wide: String,
    narrow: String,
    table: Grid<'a>,
}

impl<'a> Figure<'a> {
    /// Draws a chart.
    ///
    /// # Errors
    /// Where the chart cannot be drawn.
    pub(super) fn of(chart: &'a Chart) -> Result<Self, ReportError> {
        Ok(Self {
            id: &chart.id,
            title: &chart.title,
            description: &chart.description,
            wide: svg(chart, Frame::Inline { width_px: WIDE_PX })?,
            narrow: svg(chart, Frame::Inline { width_px: NARROW_PX })?,
            table: Grid(&chart.table),
        })
    }
}
