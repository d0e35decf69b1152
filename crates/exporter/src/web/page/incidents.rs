//! Incidents that were and are: a list that can be narrowed, and one with its evidence.

use std::collections::BTreeSet;

use askama::Template;
use prober::cause::{Blame, Cause, State};
use prober::snapshot::Snapshot;
use time::OffsetDateTime;

use super::failure::Failure;
use super::frame::Frame;
use super::history_note::HistoryNote;
use super::when::When;
use crate::history::{Finding, Standing, Trouble};
use crate::rows::path_names;
use crate::status::Stamp;
use crate::web::incidents::{PAGE, Query};
use crate::words;

/// What came of a question.
#[derive(Debug)]
pub(in crate::web) enum Asked {
    /// An answer: a page of it, those before it, and one more where there are further ones.
    Told {
        /// What was asked.
        query: Query,
        /// The newest first.
        troubles: Vec<Trouble>,
    },
    /// The history cannot be read.
    Unread {
        /// What was asked.
        query: Query,
    },
    /// It was no question.
    Refused {
        /// Why not.
        error: String,
    },
}

/// The list.
#[derive(Debug, Template)]
#[template(path = "history/incidents.html")]
pub(in crate::web) struct IncidentsPage<'a> {
    frame: Frame,
    site: &'a str,
    version: &'a str,
    now: String,
    history: Option<HistoryNote>,
    fields: Fields<'a>,
    /// Why nothing is told.
    trouble: Option<String>,
    lines: Vec<Line<'a>>,
    /// The number of the first line.
    first: usize,
    newer: Option<String>,
    older: Option<String>,
    csv: String,
}

/// The form's fields and what they may be.
#[derive(Debug)]
struct Fields<'a> {
    selects: Vec<Select<'a>>,
    endpoint: &'a str,
    endpoints: Vec<&'a str>,
    after: &'a str,
    before: &'a str,
    is_narrowed: bool,
}

/// A choice.
#[derive(Debug)]
struct Select<'a> {
    name: &'static str,
    label: &'static str,
    /// Value, words, and whether it is chosen.
    options: Vec<(&'a str, String, bool)>,
}

/// One trouble as a line.
#[derive(Debug)]
struct Line<'a> {
    trouble: &'a Trouble,
    from: When,
    to: Option<When>,
    /// How long it lasted, or has so far.
    lasted: String,
    who: &'static str,
}

impl<'a> IncidentsPage<'a> {
    /// The list as HTML.
    pub(in crate::web) fn render_of(
        snapshot: &'a Snapshot,
        version: &'a str,
        asked: &'a Asked,
        standing: &Standing,
        now: OffsetDateTime,
    ) -> askama::Result<String> {
        let nothing = Query::default();
        let (query, troubles, trouble) = match asked {
            Asked::Told { query, troubles } => (query, troubles.as_slice(), None),
            Asked::Unread { query } => {
                (query, [].as_slice(), Some("The history cannot be read just now; the log says why.".to_owned()))
            }
            Asked::Refused { error } => (&nothing, [].as_slice(), Some(format!("{}.", words::capitalised(error)))),
        };
        let first = query.page.saturating_sub(1) * PAGE;
        let shown = troubles.get(first..).unwrap_or_default();
        let page = |number: usize| address("/incidents", query, ("page", &number.to_string()));
        let page = IncidentsPage {
            frame: Frame::new(),
            site: &snapshot.site,
            version,
            now: Stamp(now).to_text().unwrap_or_default(),
            history: HistoryNote::of(standing, now),
            fields: Fields::of(snapshot, query),
            trouble,
            lines: shown.iter().take(PAGE).map(|trouble| Line::of(trouble, now)).collect(),
            first: first + 1,
            newer: (query.page > 1).then(|| page(query.page - 1)),
            older: (shown.len() > PAGE && query.page < Query::LAST_PAGE).then(|| page(query.page + 1)),
            csv: address("/api/v1/incidents", query, ("format", "csv")),
        };
        page.render()
    }
}

/// An address with all that was asked for but the page, and what is added.
fn address(path: &str, query: &Query, added: (&str, &str)) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(query.written.iter().filter(|(name, _)| *name != "page"));
    text.append_pair(added.0, added.1);
    format!("{path}?{}", text.finish())
}

impl<'a> Fields<'a> {
    fn of(snapshot: &'a Snapshot, query: &'a Query) -> Self {
        let mut endpoints: Vec<&str> = snapshot.rows.iter().map(|row| row.pair.endpoint.name.as_str()).collect();
        endpoints.dedup();
        let groups: BTreeSet<&str> = snapshot.rows.iter().map(|row| row.pair.endpoint.group.as_str()).collect();
        let names = |names: &mut dyn Iterator<Item = &'a str>| names.map(|name| (name, name.to_owned())).collect();
        let causes = Cause::ALL.iter().map(|cause| (cause.as_str(), cause.words().to_owned())).collect();
        let blames =
            Query::BLAMES.iter().map(|blame: &Blame| (blame.as_str(), words::who(*blame).to_owned())).collect();
        let state = [("open", "open".to_owned()), ("closed", "over".to_owned())].into();
        let kind = [("blocked", "blocked".to_owned()), ("degraded", "degraded".to_owned())].into();
        Self {
            selects: vec![
                Select::of(query, "state", "Now", state),
                Select::of(query, "kind", "Was", kind),
                Select::of(query, "path", "Path", names(&mut path_names(snapshot).into_iter())),
                Select::of(query, "group", "Group", names(&mut groups.into_iter())),
                Select::of(query, "cause", "Cause", causes),
                Select::of(query, "blame", "Who has to act", blames),
            ],
            endpoint: query.value("endpoint"),
            endpoints,
            after: query.value("after"),
            before: query.value("before"),
            is_narrowed: query.written.iter().any(|(name, _)| *name != "page"),
        }
    }
}

impl<'a> Select<'a> {
    /// A choice of values with their words; one that was asked for and is not among them is added.
    fn of(query: &'a Query, name: &'static str, label: &'static str, values: Vec<(&'a str, String)>) -> Self {
        let chosen = query.value(name);
        let is_new = !chosen.is_empty() && !values.iter().any(|(value, _)| *value == chosen);
        let added = is_new.then(|| (chosen, chosen.to_owned()));
        let option = |(value, words)| (value, words, value == chosen);
        Self { name, label, options: values.into_iter().chain(added).map(option).collect() }
    }
}

impl<'a> Line<'a> {
    fn of(trouble: &'a Trouble, now: OffsetDateTime) -> Self {
        Self {
            from: When::of(trouble.from, now),
            to: trouble.to.map(|to| When::of(to, now)),
            lasted: words::span(trouble.to.unwrap_or(now) - trouble.from),
            who: words::who(trouble.blame),
            trouble,
        }
    }
}

/// One trouble with its evidence.
#[derive(Debug, Template)]
#[template(path = "history/incident.html")]
pub(in crate::web) struct One<'a> {
    frame: Frame,
    line: Line<'a>,
    state: State,
    /// The last failure and the first, once where they are one; none where what was kept of them cannot be read.
    failures: Vec<(&'static str, Failure)>,
}

impl<'a> One<'a> {
    /// It as HTML.
    pub(in crate::web) fn render_of(
        trouble: &'a Trouble,
        evidence: Option<&(Finding, Finding)>,
        now: OffsetDateTime,
    ) -> askama::Result<String> {
        let mut failures = Vec::new();
        if let Some((first, last)) = evidence {
            if first != last {
                failures.push(("The last failure", Failure::of(last, now)));
            }
            failures.push(("The first failure", Failure::of(first, now)));
        }
        Self { frame: Frame::new(), line: Line::of(trouble, now), state: trouble.state, failures }.render()
    }
}

/// What is said of an incident that is not kept.
#[derive(Debug, Template)]
#[template(path = "history/unknown.html")]
pub(in crate::web) struct Unknown {
    frame: Frame,
}

impl Unknown {
    /// It as HTML.
    pub(in crate::web) fn render_of() -> askama::Result<String> {
        Self { frame: Frame::new() }.render()
    }
}
