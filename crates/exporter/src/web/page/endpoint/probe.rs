//! The page of a probe that is under way: its beginning, a line for each step, and the end.

use askama::Template;
use prober::cause::State;
use prober::snapshot::{Row, Snapshot};
use prober::state::Report;

use super::waterfall::Waterfall;
use crate::teller::Line;
use crate::web::page::failure::Failure;
use crate::web::page::frame::Frame;
use crate::web::page::link::to_endpoint;

/// Where what is told goes; no text that is escaped can hold it.
const HERE: &str = "<!--here-->";

/// A page in two halves, between which the steps stand.
#[derive(Debug)]
pub(in crate::web) struct ProbePage {
    start: String,
    end: String,
}

/// All of it without what is told.
#[derive(Debug, Template)]
#[template(path = "endpoint/probe.html")]
struct Whole<'a> {
    frame: Frame,
    site: &'a str,
    endpoint: &'a str,
    path: &'a str,
    back: String,
}

/// One line.
#[derive(Debug, Template)]
#[template(
    source = r#"{% match line %}{% when Line::Title(words) %}<li class="what">{{ words }}</li>
{% when Line::Step { after, stage, words } %}<li><span class="after">{{ after.as_millis() }} ms</span> <span class="stage">{{ stage }}</span> <span class="words">{{ words }}</span></li>
{% when Line::More(words) %}<li class="more"><span class="words">{{ words }}</span></li>
{% endmatch %}"#,
    ext = "html"
)]
struct OneLine<'a> {
    line: &'a Line,
}

/// What it came to.
#[derive(Debug, Template)]
#[template(path = "endpoint/result.html")]
struct Outcome {
    /// `None` where a bug ended the probe.
    state: Option<State>,
    failure: Option<Failure>,
    waterfall: Option<Waterfall>,
}

/// The page of a probe of a row's pair.
pub(in crate::web) fn probe_page(snapshot: &Snapshot, row: &Row) -> askama::Result<ProbePage> {
    let (endpoint, path) = row.pair.key();
    let whole = Whole { frame: Frame::new(), site: &snapshot.site, endpoint, path, back: to_endpoint(endpoint) };
    let html = whole.render()?;
    let (start, end) = html.split_once(HERE).unwrap_or((&html, ""));
    Ok(ProbePage { start: start.to_owned(), end: end.to_owned() })
}

impl ProbePage {
    /// All before the first line.
    pub(in crate::web) fn start(&self) -> &str {
        &self.start
    }

    /// One line. Nothing in such a template can fail.
    pub(in crate::web) fn line(line: &Line) -> String {
        OneLine { line }.render().unwrap_or_default()
    }

    /// What it came to, and the rest of the page.
    pub(in crate::web) fn end(&self, report: Option<&Report>) -> String {
        let outcome = Outcome {
            state: report.map(|report| report.verdict.state),
            failure: report.and_then(|report| Failure::of_report(report, report.observation.probed_at)),
            waterfall: report.and_then(Waterfall::of),
        };
        outcome.render().unwrap_or_default() + &self.end
    }
}
