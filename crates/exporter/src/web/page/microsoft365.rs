//! Microsoft's endpoint list: which is held, where the plan has come apart from it, and what changes.

use askama::Template;
use prober::cause::State;
use prober::microsoft365::{Drift, ServiceArea, Unlisted, Wanted};
use prober::plan::Microsoft365;
use prober::text::{Clean, with_sources};
use time::{Date, OffsetDateTime};

use super::frame::Frame;
use super::link::to_endpoint;
use super::when::When;
use crate::microsoft365::{ChangeEntry, MAX_CHANGES, Standing};
use crate::words;

/// The most lines of one table; one of thousands is not read by people any more.
const MAX_LINES: usize = 500;

/// The page.
#[derive(Debug, Template)]
#[template(path = "microsoft365.html")]
pub(super) struct ListPage<'a> {
    frame: Frame,
    site: &'a str,
    /// Whose list is followed; `None` where none is.
    settings: Option<&'a Microsoft365>,
    sentence: String,
    tone: State,
    facts: Vec<(&'static str, String)>,
    /// Why there is nothing newer, and for how long.
    trouble: Option<(String, When)>,
    storage: Option<&'a str>,
    /// Whether a list is held at all.
    is_held: bool,
    unlisted: Shown<UnlistedLine<'a>>,
    uncovered: Shown<HostLine<'a>>,
    patterns: Shown<HostLine<'a>>,
    changes: Option<Changes<'a>>,
}

/// Lines of a table, as many as people read.
#[derive(Debug)]
struct Shown<T> {
    lines: Vec<T>,
    all: usize,
}

/// A host or pattern.
#[derive(Debug)]
struct HostLine<'a> {
    host: &'a str,
    area: &'a str,
    category: &'static str,
    ids: String,
}

/// An endpoint that Microsoft listed once.
#[derive(Debug)]
struct UnlistedLine<'a> {
    endpoint: &'a str,
    address: String,
    host: &'a str,
    by: &'a str,
    went: String,
}

/// What changed.
#[derive(Debug)]
struct Changes<'a> {
    /// How many are still to come into effect, shown or not.
    pending: usize,
    lines: Vec<ChangeLine<'a>>,
    left_out: usize,
    /// Up to which version they are known, where that is not the list's own.
    until: Option<String>,
}

/// One change.
#[derive(Debug)]
struct ChangeLine<'a> {
    entry: ChangeEntry<'a>,
    /// When it was published.
    published: String,
    /// When it comes into use: "in 12 days", "since 1 Oct 2025"; nothing where the list does not say.
    effective: Option<String>,
    what: &'static str,
}

impl<'a> ListPage<'a> {
    pub(super) fn of(site: &'a str, standing: &'a Standing, now: OffsetDateTime) -> Self {
        let drift = standing.drift.as_deref();
        let hosts = |of: fn(&Drift) -> &[Wanted]| Shown::of(drift.map(of).unwrap_or_default(), HostLine::of);
        let pending = standing.pending(now);
        Self {
            frame: Frame::new(),
            site,
            settings: standing.settings.as_ref(),
            sentence: sentence(standing, pending),
            tone: tone(standing, pending),
            facts: facts(standing, now),
            trouble: standing.trouble.as_ref().map(|trouble| {
                let words = words::capitalised(Clean::bounded(&with_sources(&trouble.fault), 600).as_str());
                (words, When::of(trouble.since, now))
            }),
            storage: standing.storage.as_ref().map(Clean::as_str),
            is_held: standing.held.is_some(),
            unlisted: Shown::of(drift.map(|drift| &*drift.unlisted).unwrap_or_default(), UnlistedLine::of),
            uncovered: hosts(|drift| &drift.uncovered),
            patterns: hosts(|drift| &drift.uncovered_patterns),
            changes: pending.map(|pending| Changes::of(standing, pending, now)),
        }
    }

    /// How what counts is called.
    fn kind(&self) -> &'static str {
        if self.settings.is_some_and(|settings| settings.scope.optional) { "listed" } else { "required" }
    }
}

/// What it all comes to.
fn sentence(standing: &Standing, pending: Option<usize>) -> String {
    let Some(drift) = &standing.drift else {
        return match &standing.trouble {
            Some(_) => "Microsoft's list could not be had yet.".to_owned(),
            None => "Microsoft's list is being asked for.".to_owned(),
        };
    };
    let kind =
        if standing.settings.as_ref().is_some_and(|settings| settings.scope.optional) { "listed" } else { "required" };
    let uncovered = counted(drift.uncovered.len(), &format!("{kind} host"));
    let unlisted = counted(drift.unlisted.len(), "endpoint");
    let pending = counted(pending.unwrap_or_default(), "change");
    let parts = [
        uncovered.map(|(hosts, are)| format!("{hosts} {are} watched by nobody")),
        unlisted.map(|(endpoints, are)| format!("{endpoints} {are} no longer listed")),
        pending.map(|(changes, are)| format!("{changes} {are} still to come into effect")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { format!("Every {kind} host of Microsoft's list is watched.") } else { parts.join("; ") + "." }
}

/// So many of something and the verb that goes with it; `None` of none.
fn counted(count: usize, noun: &str) -> Option<(String, &'static str)> {
    match count {
        0 => None,
        1 => Some((format!("1 {noun}"), "is")),
        many => Some((format!("{many} {noun}s"), "are")),
    }
}

fn tone(standing: &Standing, pending: Option<usize>) -> State {
    match &standing.drift {
        None => State::Unknown,
        Some(_) if standing.trouble.is_some() => State::Degraded,
        Some(drift) if !drift.unlisted.is_empty() => State::Degraded,
        Some(_) if pending.is_some_and(|pending| pending > 0) => State::Degraded,
        // Nobody knows whether they get through, and it may be nobody's wish to know.
        Some(drift) if !drift.uncovered.is_empty() => State::Unknown,
        Some(_) => State::Reachable,
    }
}

/// Which list it is, from where, and of when.
fn facts(standing: &Standing, now: OffsetDateTime) -> Vec<(&'static str, String)> {
    let Some(settings) = &standing.settings else { return Vec::new() };
    let ago = |at: OffsetDateTime| format!("{} ago", words::span(now - at));
    let mut facts = vec![("instance", settings.instance.to_string())];
    if let Some(held) = &standing.held {
        let kept = &held.kept;
        facts.push(("version", kept.version.to_string()));
        facts.extend(kept.version.date().map(|date| ("published", day(date))));
        facts.push(("taken", ago(kept.fetched_at)));
    }
    facts.extend(standing.confirmed_at.map(|at| ("newest as of", ago(at))));
    if let Some(drift) = &standing.drift {
        facts.push(("counts here", format!("{} hosts, {} patterns of hosts", drift.names, drift.patterns)));
    }
    if settings.probing.is_some() {
        facts.push(("probed from the list", standing.probed.to_string()));
    }
    if !settings.scope.service_areas.is_empty() {
        facts.push(("service areas", areas(settings, standing)));
    }
    facts.push(("source", format!("{} over {}", settings.source, settings.path.name)));
    facts.extend(standing.next_at.map(|at| ("asked again in", words::span((at - now).max(time::Duration::ZERO)))));
    facts
}

/// The service areas that count, and which of them the list has not: Microsoft has renamed it, or it is a slip.
fn areas(settings: &Microsoft365, standing: &Standing) -> String {
    let strange = standing.drift.as_ref().map(|drift| &drift.strange_areas);
    let name = |area: &ServiceArea| {
        let is_strange = strange.is_some_and(|strange| strange.contains(area));
        format!("{area}{}", if is_strange { " (the list has none)" } else { "" })
    };
    let areas: Vec<String> = settings.scope.service_areas.iter().map(name).collect();
    format!("Common, {}", areas.join(", "))
}

fn day(date: Date) -> String {
    let format = time::macros::format_description!("[day padding:none] [month repr:short] [year]");
    date.format(format).unwrap_or_default()
}

impl<T> Shown<T> {
    fn of<'a, F>(all: &'a [F], line: impl Fn(&'a F) -> T) -> Self {
        Self { lines: all.iter().take(MAX_LINES).map(line).collect(), all: all.len() }
    }

    fn left_out(&self) -> usize {
        self.all - self.lines.len()
    }
}

impl<'a> HostLine<'a> {
    fn of(wanted: &'a Wanted) -> Self {
        Self {
            host: wanted.host.as_str(),
            area: wanted.area.as_str(),
            category: wanted.category.as_str(),
            ids: wanted.ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        }
    }
}

impl<'a> UnlistedLine<'a> {
    fn of(unlisted: &'a Unlisted) -> Self {
        let Unlisted { endpoint, host, by, went } = unlisted;
        let went = went.date().map_or_else(|| went.to_string(), day);
        Self { endpoint, address: to_endpoint(endpoint), host, by: by.as_str(), went }
    }
}

impl<'a> Changes<'a> {
    fn of(standing: &'a Standing, pending: usize, now: OffsetDateTime) -> Self {
        let news = standing.news(now);
        let left_out = news.len().saturating_sub(MAX_CHANGES);
        let line = |change| ChangeLine::of(change, now.date());
        let kept = standing.held.as_ref().map(|held| &held.kept);
        let until = kept.filter(|kept| kept.until != kept.version).map(|kept| kept.until.to_string());
        Self { pending, lines: news.into_iter().take(MAX_CHANGES).map(line).collect(), left_out, until }
    }
}

impl<'a> ChangeLine<'a> {
    fn of(change: &'a prober::microsoft365::Change, today: Date) -> Self {
        let effective = change.added.as_ref().and_then(|added| added.effective);
        let entry = ChangeEntry::of(change, today);
        let effective = effective.map(|date| match (date - today).whole_days() {
            1 => format!("tomorrow, {}", day(date)),
            days @ 2.. => format!("in {days} days, {}", day(date)),
            _ => format!("since {}", day(date)),
        });
        let what = match change.disposition {
            prober::microsoft365::Disposition::Add => "new",
            prober::microsoft365::Disposition::Change => "changed",
            prober::microsoft365::Disposition::Remove => "gone",
        };
        let published = change.version.date().map_or_else(|| change.version.to_string(), day);
        Self { entry, published, effective, what }
    }
}

#[cfg(test)]
mod tests;
