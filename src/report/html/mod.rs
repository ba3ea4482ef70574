//! The run as one page: nothing is loaded, nothing is executed, and everything from the run is escaped.

mod parts;

use askama::Template;

use super::chart::charts;
use super::table::Table;
use super::{ReportError, RunView, tables, words};
use crate::stats::summary::{Finding, Verdict};
use parts::{Figure, Grid};

/// The run as a self-contained HTML page.
///
/// # Errors
/// Where a chart cannot be drawn.
pub fn render(view: &RunView) -> Result<String, ReportError> {
    let document = view.document;
    let figures = charts(view).iter().map(Figure::of).collect::<Result<Vec<_>, _>>()?;
    let body = RunBody {
        name: &document.name,
        banners: banners(view),
        done: words::done(document),
        verdicts: words::sentences(document).into_iter().map(Marked::from).collect(),
        tiles: tiles(view),
        provenance: tables::provenance(document),
        command: words::command(document),
        figures,
        laws: laws(view),
        findings: findings(view),
        tables: tables(view),
        generator: document
            .generator
            .as_ref()
            .map(|generator| words::capitalised(&words::generator(generator))),
        doubts: words::doubts(view),
    };
    parts::page(&document.name, &body.render()?, &document.version)
}

/// The page between its head and its foot.
#[derive(Template)]
#[template(
    ext = "html",
    source = r##"
<header>
  <p class="kind">Load run</p>
  <h1>{{ name }}</h1>
  {%- for banner in banners %}
  <p class="banner" role="note">{{ banner }}</p>
  {%- endfor %}
  <p class="lead">{{ done }}</p>
  <ul class="verdicts">
    {%- for verdict in verdicts %}
    <li><span class="{{ verdict.class }}" aria-hidden="true">{{ verdict.mark }}</span>{{ verdict.text }}</li>
    {%- endfor %}
  </ul>
  {%- if !tiles.is_empty() %}
  <dl class="tiles">
    {%- for tile in tiles %}
    <div><dt>{{ tile.name }}</dt><dd>{{ tile.value }}</dd></div>
    {%- endfor %}
  </dl>
  {%- endif %}
</header>
<section aria-labelledby="provenance">
  <h2 id="provenance">Where it comes from</h2>
  <dl class="facts">
    {%- for row in provenance.rows %}
    <div><dt>{{ row[0] }}</dt><dd>{{ row[1] }}</dd></div>
    {%- endfor %}
  </dl>
  {%- if !command.is_empty() %}
  <p class="again">The same run again:</p>
  <pre tabindex="0"><code>{{ command }}</code></pre>
  {%- endif %}
</section>
{%- if !figures.is_empty() %}
<section aria-labelledby="charts">
  <h2 id="charts">Charts</h2>
  {%- for figure in figures %}
  {{ figure|safe }}
  {%- endfor %}
</section>
{%- endif %}
<section aria-labelledby="law">
  <h2 id="law">Little’s law, N = X·R</h2>
  {%- match laws %}
  {%- when Laws::One with (sentence) %}
  <p>{{ sentence }}.</p>
  {%- when Laws::Several with (table) %}
  {{ table|safe }}
  {%- endmatch %}
  <dl class="findings">
    {%- for finding in findings %}
    <div><dt>{{ finding.name }} <span class="{{ finding.class }}">{{ finding.word }}</span></dt><dd>{{ finding.text }}</dd></div>
    {%- endfor %}
  </dl>
</section>
<section aria-labelledby="numbers">
  <h2 id="numbers">Numbers</h2>
  {%- for table in tables %}
  {{ table|safe }}
  {%- endfor %}
</section>
{%- if let Some(generator) = generator %}
<section aria-labelledby="generator">
  <h2 id="generator">The load generator</h2>
  <p>{{ generator }}.</p>
</section>
{%- endif %}
{%- if !doubts.is_empty() %}
<section aria-labelledby="doubts">
  <h2 id="doubts">Doubts</h2>
  <ul>
    {%- for doubt in doubts %}
    <li>{{ doubt }}</li>
    {%- endfor %}
  </ul>
</section>
{%- endif %}
"##
)]
struct RunBody<'a> {
    name: &'a str,
    banners: Vec<String>,
    done: String,
    verdicts: Vec<Marked>,
    tiles: Vec<Named>,
    provenance: Table,
    command: String,
    figures: Vec<Figure>,
    laws: Laws,
    findings: Vec<Judged>,
    tables: Vec<Grid>,
    generator: Option<String>,
    doubts: Vec<String>,
}

/// A value with its name.
struct Named {
    name: String,
    value: String,
}

/// A sentence behind a mark that shows its verdict.
struct Marked {
    mark: &'static str,
    class: &'static str,
    text: String,
}

impl From<words::Sentence> for Marked {
    fn from(sentence: words::Sentence) -> Self {
        let mark = match sentence.verdict {
            Verdict::Pass => "✓",
            Verdict::Fail => "✗",
            Verdict::Inconclusive | Verdict::NotAvailable => "?",
        };
        Self { mark, class: class(sentence.verdict), text: sentence.text }
    }
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive | Verdict::NotAvailable => "open",
    }
}

/// A verdict in the page.
struct Judged {
    name: &'static str,
    word: &'static str,
    class: &'static str,
    text: String,
}

fn banners(view: &RunView) -> Vec<String> {
    let document = view.document;
    [words::rehearsal(document), words::cut_off(view), words::saturation(document)]
        .into_iter()
        .flatten()
        .collect()
}

/// The numbers that a reader looks for first; a sweep has them in its table.
fn tiles(view: &RunView) -> Vec<Named> {
    let [level] = view.document.levels.as_slice() else { return Vec::new() };
    tables::headlines(level).into_iter().map(|(name, value)| Named { name: name.into(), value }).collect()
}

/// Little's law in a sentence for one level, in a table for several.
enum Laws {
    One(String),
    Several(Grid),
}

fn laws(view: &RunView) -> Laws {
    match view.document.levels.as_slice() {
        [] => Laws::One("Nothing was recorded".into()),
        [level] => Laws::One(words::law(&level.littles_law)),
        _ => Laws::Several(Grid(tables::laws(view.document))),
    }
}

fn findings(view: &RunView) -> Vec<Judged> {
    let Some(verdicts) = &view.document.verdicts else { return Vec::new() };
    let judged = |name, finding: &Finding| Judged {
        name,
        word: finding.verdict.word(),
        class: class(finding.verdict),
        text: words::finding_details(finding),
    };
    vec![
        judged("Accounting", &verdicts.accounting),
        judged("Independent", &verdicts.independent),
        judged("Raw", &verdicts.raw),
    ]
}

fn tables(view: &RunView) -> Vec<Grid> {
    let document = view.document;
    let of_levels = match document.levels.as_slice() {
        [] => Vec::new(),
        [level] => vec![tables::measures(level), tables::times(level), tables::stages(level)],
        _ => vec![tables::levels(document), tables::outcomes(document)],
    };
    let others = [tables::refusals(document), tables::thresholds(document)];
    of_levels.into_iter().chain(others).filter(|table| !table.rows.is_empty()).map(Grid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    fn page(sample: &Sample) -> String {
        render(&sample.view()).unwrap()
    }

    #[test]
    fn every_page_is_complete_in_itself_and_small() {
        for sample in Sample::all() {
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
        for sample in Sample::all() {
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
        let page = page(&Sample::sweep());
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
        let page = page(&Sample::hostile());
        for tag in ["<script", "<img", "<svg onload", "<b>", "<i>"] {
            assert!(!page.contains(tag), "{tag}");
        }
        assert!(page.contains("&#60;script&#62;alert(&#39;name&#39;)&#60;/script&#62;"));
    }

    #[test]
    fn what_matters_most_comes_first() {
        let page = page(&Sample::incomplete());
        let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("no {words}"));
        let order = [
            at("REHEARSAL against"),
            at("INCOMPLETE: cut off at 1m 12s"),
            at("96 objects copied"),
            at("Where it comes from"),
            at("planner measure scenarios/daily.toml"),
            at("<figure id=\"timeline\""),
            at("window&#39;s edges explain 8.14"),
            at("What was measured"),
            at("40 jobs did not end"),
        ];
        assert!(order.is_sorted(), "{order:?}");
        assert!(super::tests::page(&Sample::saturated()).contains("GENERATOR SATURATED"));
    }
}
