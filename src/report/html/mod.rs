//! A page as HTML: nothing is loaded, nothing is executed, and everything from the run is escaped.

mod parts;

use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::ReportError;
use super::page::{Block, Depth, Link, Page, PagePart};
use super::run_words::mark;
pub use parts::GENERATOR;
use parts::{Figure, Grid};
use planner_core::law::finding::Verdict;

/// A self-contained HTML page.
///
/// # Errors
/// Where a chart cannot be drawn.
pub fn render(page: &Page) -> Result<String, ReportError> {
    render_for(page, PrintScope::Decision)
}

/// How much of a page is printed on paper.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PrintScope {
    /// A decision on one sheet, without its reasons; a page without a decision as a whole.
    #[default]
    Decision,
    /// Everything.
    Full,
}

/// The same, with so much of it on paper.
///
/// # Errors
/// Where a chart cannot be drawn.
pub fn render_for(page: &Page, paper: PrintScope) -> Result<String, ReportError> {
    let parts: Vec<&PagePart> = page.parts.iter().filter(|part| !part.blocks.is_empty()).collect();
    let anchors = anchors(parts.iter().map(|part| part.heading.as_str()));
    let parts = anchors.into_iter().zip(parts).map(|(anchor, part)| Section::of(anchor, part));
    let is_cut = page.decides() && paper == PrintScope::Decision;
    let body = Body { page, is_cut, parts: parts.collect::<Result<_, _>>()? };
    parts::page(&page.title, !is_cut, &body.render()?)
}

/// The page between its head and its end.
#[derive(Template)]
#[template(
    ext = "html",
    source = r##"
<a class="skip" href="#main">To the results</a>
<header>
  <p class="kind">{{ page.kind }}</p>
  <h1>{{ page.title }}</h1>
  {%- for banner in page.banners %}
  <p class="banner" role="note">{{ banner }}</p>
  {%- endfor %}
  {%- if !page.lead.is_empty() %}
  <p class="lead">{{ page.lead }}</p>
  {%- endif %}
  {%- if !page.bullets.is_empty() %}
  <dl class="bullets">
    {%- for bullet in page.bullets %}
    <div><dt>{{ bullet.name }}</dt><dd>{{ bullet.value }}</dd></div>
    {%- endfor %}
  </dl>
  {%- endif %}
  {%- if !page.sentences.is_empty() %}
  <ul class="verdicts">
    {%- for sentence in page.sentences %}
    <li><span class="{{ self::class(sentence.verdict) }}" aria-hidden="true">{{ self::mark(*sentence.verdict) }}</span>{{ sentence.text }}</li>
    {%- endfor %}
  </ul>
  {%- endif %}
  {%- if !page.provenance.is_empty() %}
  <p class="provenance">{{ page.provenance.join(" · ") }}</p>
  {%- endif %}
</header>
{%- if parts.len() > 1 %}
<nav aria-label="On this page">
  <ul>
    {%- for part in parts %}
    <li><a href="#{{ part.anchor }}">{{ part.heading }}</a></li>
    {%- endfor %}
  </ul>
</nav>
{%- endif %}
<main id="main">
{%- for part in parts %}
<section class="{{ part.class }}">
<h2 id="{{ part.anchor }}">{{ part.heading }}</h2>
{%- for block in part.blocks %}
{{ block|safe }}
{%- endfor %}
</section>
{%- endfor %}
{%- if is_cut %}
<p class="unprinted">The reasons are on the page itself; --print full prints them.</p>
{%- endif %}
</main>
<footer><p>Made by planner {{ page.version }}.</p></footer>
"##
)]
struct Body<'a> {
    page: &'a Page,
    /// Whether the reasons are left out on paper.
    is_cut: bool,
    parts: Vec<Section<'a>>,
}

/// A part whose blocks are written.
struct Section<'a> {
    anchor: String,
    heading: &'a str,
    /// `decision` or `reasons`.
    class: &'static str,
    blocks: Vec<String>,
}

impl<'a> Section<'a> {
    fn of(anchor: String, part: &'a PagePart) -> Result<Self, ReportError> {
        let blocks = part.blocks.iter().map(written).collect::<Result<_, _>>()?;
        let class = match part.depth {
            Depth::Decision => "decision",
            Depth::Reasons | Depth::Detail => "reasons",
        };
        Ok(Self { anchor, heading: &part.heading, class, blocks })
    }
}

fn written(block: &Block) -> Result<String, ReportError> {
    Ok(match block {
        Block::Table(table) => Grid(table).render()?,
        Block::Chart(chart) => Figure::of(chart)?.render()?,
        block => Prose { block }.render()?,
    })
}

/// Everything but tables and charts.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"
{%- match block %}
{%- when Block::Banner(text) %}<p class="banner" role="note">{{ text }}</p>
{%- when Block::Paragraph(text) %}<p>{{ text }}</p>
{%- when Block::Code(text) %}<pre tabindex="0"><code>{{ text }}</code></pre>
{%- when Block::List(items) %}<ul>
{%- for item in items %}
<li>{{ item }}</li>
{%- endfor %}
</ul>
{%- when Block::Sentences(sentences) %}<ul class="verdicts">
{%- for sentence in sentences %}
<li><span class="{{ self::class(sentence.verdict) }}" aria-hidden="true">{{ self::mark(*sentence.verdict) }}</span>{{ sentence.text }}</li>
{%- endfor %}
</ul>
{%- when Block::Facts(facts) %}<dl class="facts">
{%- for fact in facts %}
<div><dt>{{ fact.name }}</dt><dd>{{ fact.value }}</dd></div>
{%- endfor %}
</dl>
{%- when Block::Cards(cards) %}<div class="cards">
{%- for card in cards %}
<div class="card{% if card.is_taken && cards.len() > 1 %} taken{% endif %}"><h3>{{ card.name }}</h3><p class="number">{{ card.number }} <span>{{ card.unit }}</span></p><dl>
{%- for fact in card.facts %}
<div><dt>{{ fact.name }}</dt><dd>{{ fact.value }}</dd></div>
{%- endfor %}
</dl></div>
{%- endfor %}
</div>
{%- when Block::Sparkline(line) %}<dl class="facts">
<div><dt>{{ line.name }}</dt><dd>{{ line.note }}</dd></div>
</dl>
{%- when Block::Judgements(judgements) %}<dl class="findings">
{%- for judgement in judgements %}
<div><dt>{{ judgement.name }} <span class="{{ self::class(judgement.verdict) }}">{{ judgement.verdict.word() }}</span></dt><dd>{{ judgement.details }}</dd></div>
{%- endfor %}
</dl>
{%- when Block::Links(links) %}<ul class="verdicts links">
{%- for link in links %}
<li><span class="{{ self::class(link.verdict) }}" aria-hidden="true">{{ self::mark(*link.verdict) }}</span><a href="{{ self::address(link) }}">{{ link.name }}</a>
{%- if !link.state.is_empty() %} <b class="state {{ self::class(link.verdict) }}">{{ link.state }}</b>{% endif %}<br>{{ link.details }}</li>
{%- endfor %}
</ul>
{%- when Block::Table(_) | Block::Chart(_) %}
{%- endmatch %}"#
)]
struct Prose<'a> {
    block: &'a Block,
}

fn class(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive | Verdict::NotAvailable => "open",
    }
}

/// A relative address that cannot be taken for anything else.
fn address(link: &Link) -> String {
    let segments =
        link.path.iter().map(|segment| format!("/{}", utf8_percent_encode(segment, NON_ALPHANUMERIC)));
    format!(".{}", segments.collect::<String>())
}

/// Names for the parts of a page that links can use: letters, digits and hyphens, each once.
fn anchors<'a>(headings: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for heading in headings {
        let words = heading.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let stem = format!("part-{}", words.collect::<Vec<_>>().join("-").to_lowercase());
        let numbered = |number: u32| if number == 1 { stem.clone() } else { format!("{stem}-{number}") };
        anchors.extend((1..).map(numbered).find(|anchor| !anchors.contains(anchor)));
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run;
    use crate::sample_run::SampleRun;

    fn page(sample: &SampleRun) -> String {
        render(&run::page(&sample.view())).unwrap()
    }

    #[test]
    fn every_page_is_complete_in_itself_and_small() {
        for sample in SampleRun::all() {
            let page = page(&sample);
            assert!(page.len() < 1_000_000, "{}", page.len());
            for load in ["<script", "<link", "<iframe", "url(", "@import", "src=\"", "https://"] {
                assert!(!page.contains(load), "{load} in {}", sample.document.name);
            }
            let addresses = page.matches("http://").count();
            assert_eq!(addresses, page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count());
        }
    }

    #[test]
    fn every_drawing_has_a_title_a_description_and_a_table() {
        for sample in SampleRun::all() {
            let page = page(&sample);
            for figure in page.split("<figure").skip(1).map(|rest| rest.split("</figure>").next().unwrap()) {
                assert!(figure.contains("<table>") && figure.contains("<h3>"));
                for drawing in figure.split("<svg").skip(1) {
                    assert!(drawing.contains("role=\"img\""));
                    assert!(drawing.contains("<title id=") && drawing.contains("<desc id="));
                }
            }
        }
    }

    #[test]
    fn identifiers_are_unique_and_what_names_them_exists() {
        let page = page(&SampleRun::sweep());
        let ids: Vec<&str> =
            page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        for (index, id) in ids.iter().enumerate() {
            assert!(!ids[..index].contains(id), "{id} twice");
        }
        for labels in page.split("aria-labelledby=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(labels.split(' ').all(|label| ids.contains(&label)), "{labels}");
        }
    }

    #[test]
    fn whatever_the_run_holds_stays_text() {
        let page = page(&SampleRun::hostile());
        for tag in ["<script", "<img", "<svg onload", "<b>", "<i>"] {
            assert!(!page.contains(tag), "{tag}");
        }
        assert!(page.contains("&#60;script&#62;alert(&#39;name&#39;)&#60;/script&#62;"));
    }

    #[test]
    fn what_matters_most_comes_first() {
        let page = page(&SampleRun::incomplete());
        let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("no {words}"));
        let order = [
            at("<h1>Rehearsed, incomplete: 96 objects copied"),
            at("INCOMPLETE: cut off at 1m 12s"),
            at("A rehearsal against"),
            at("embedded endpoint · rehearsal · 2 March 2026"),
            at("<figure id=\"timeline\""),
            at("window&#39;s edges explain 8.14"),
            at("What was measured"),
            at("40 jobs did not end"),
            at("planner measure scenarios/daily.toml"),
        ];
        assert!(order.is_sorted(), "{order:?}");
        assert!(super::tests::page(&SampleRun::saturated()).contains("GENERATOR SATURATED"));
    }

    #[test]
    fn anchors_are_plain_and_each_is_given_once() {
        let anchors = anchors(["Little’s law, N = X·R", "Doubts", "<b>doubts</b>", "Doubts"]);
        assert_eq!(anchors, ["part-little-s-law-n-x-r", "part-doubts", "part-b-doubts-b", "part-doubts-2"]);
    }
}
