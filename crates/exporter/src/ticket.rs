//! What to send to whom: for each team, what is blocked, what was seen, and what to ask for; ready to paste into a ticket.

mod letter;
mod markdown;

use prober::cause::{Blame, Cause, State};
use prober::observation::RouteFacts;
use prober::plan::Severity;
use prober::snapshot::{Row, Snapshot};
use prober::state::Confirmed;
use prober::text::Clean;
use prober::verdict::Reason;
use time::OffsetDateTime;
use url::Url;

use self::letter::Facts;
use crate::rows::of_endpoints;
use crate::runbook::{Runbook, Span};
use crate::{sentence, words};

/// All that is blocked, by who has to act.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    /// The site's name.
    pub(crate) site: &'a str,
    /// What it all comes to.
    pub(crate) sentence: String,
    /// When that was known.
    pub(crate) at: OffsetDateTime,
    /// One for each team, the one with most to do first; none where nothing is blocked.
    pub(crate) teams: Vec<Team<'a>>,
}

/// What one team has to do.
#[derive(Debug)]
pub(crate) struct Team<'a> {
    /// Who that is.
    pub(crate) blame: Blame,
    /// What to ask of them.
    pub(crate) requests: Vec<Request<'a>>,
}

/// What is blocked by one cause on one path.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// The cause.
    pub(crate) cause: Cause,
    /// The path's name.
    pub(crate) path: &'a str,
    /// Which way that is: `DIRECT`, `PROXY host:port`; `None` where the endpoints of the path leave on different ones.
    pub(crate) way: Option<String>,
    /// What is blocked, the most severe first.
    pub(crate) targets: Vec<Target<'a>>,
    /// What to ask for, with what is known filled in.
    pub(crate) letter: Vec<Vec<Span>>,
}

/// Something blocked.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    /// The endpoint's name.
    pub(crate) endpoint: &'a str,
    /// What is requested.
    pub(crate) url: &'a Url,
    /// The host, or the name that is looked up.
    pub(crate) host: String,
    /// The port there.
    pub(crate) port: u16,
    /// What is spoken: "HTTPS over TCP".
    pub(crate) protocol: &'static str,
    /// How bad it is.
    pub(crate) severity: Severity,
    /// Since when.
    pub(crate) since: OffsetDateTime,
    /// Until when work is announced there, which may be why.
    pub(crate) maintained_until: Option<OffsetDateTime>,
    /// What happened, in a sentence.
    pub(crate) detail: Clean,
    /// What supports it.
    pub(crate) evidence: Vec<(String, &'a str)>,
    way: Option<String>,
    proxy: Option<String>,
}

impl<'a> Report<'a> {
    /// The report of a snapshot. Controls are no part of it.
    pub(crate) fn of(snapshot: &'a Snapshot) -> Self {
        let mut teams: Vec<Team<'a>> = Vec::new();
        for row in of_endpoints(snapshot).filter(|row| row.state() == State::Blocked) {
            let Some((confirmed, reason)) = blocked(row) else { continue };
            let place = teams.iter().position(|team| team.blame == reason.blame).unwrap_or_else(|| {
                teams.push(Team { blame: reason.blame, requests: Vec::new() });
                teams.len() - 1
            });
            if let Some(team) = teams.get_mut(place) {
                team.add(Target::of(row, confirmed, reason, snapshot), row, reason);
            }
        }
        for request in teams.iter_mut().flat_map(|team| &mut team.requests) {
            request.finish(&snapshot.site);
        }
        teams.sort_by_key(|team| std::cmp::Reverse(team.targets()));
        Self { site: &snapshot.site, sentence: sentence::summary(snapshot), at: snapshot.generated_at, teams }
    }

    /// The report as Markdown.
    pub(crate) fn to_markdown(&self) -> String {
        markdown::write(self)
    }
}

fn blocked(row: &Row) -> Option<(&Confirmed, &Reason)> {
    let confirmed = row.confirmed.as_ref()?;
    Some((confirmed, confirmed.report.verdict.reason.as_ref()?))
}

impl<'a> Team<'a> {
    /// Who that is, in words.
    pub(crate) fn who(&self) -> &'static str {
        words::who(self.blame)
    }

    /// How many results wait for them.
    pub(crate) fn targets(&self) -> usize {
        self.requests.iter().map(|request| request.targets.len()).sum()
    }

    fn add(&mut self, target: Target<'a>, row: &'a Row, reason: &Reason) {
        let path = row.pair.path.name.as_str();
        match self.requests.iter_mut().find(|known| known.cause == reason.cause && known.path == path) {
            Some(request) => request.targets.push(target),
            None => self.requests.push(Request {
                cause: reason.cause,
                path,
                way: None,
                targets: vec![target],
                letter: Vec::new(),
            }),
        }
    }
}

impl Request<'_> {
    /// "The proxy refuses them".
    pub(crate) fn title(&self) -> String {
        words::capitalised(words::cause_of(self.cause, self.targets.len()))
    }

    /// Orders the targets, and writes the letter about them.
    fn finish(&mut self, site: &str) {
        self.targets.sort_by_key(|target| (target.severity, target.since));
        let first = self.targets.first().and_then(|target| target.way.clone());
        self.way = first.filter(|way| self.targets.iter().all(|target| target.way.as_ref() == Some(way)));
        if let Some(entry) = Runbook::get().ok().and_then(|runbook| runbook.entry(self.cause)) {
            self.letter = Facts { site, path: self.path, targets: &self.targets }.fill(&entry.send);
        }
    }
}

impl<'a> Target<'a> {
    fn of(row: &'a Row, confirmed: &'a Confirmed, reason: &'a Reason, snapshot: &Snapshot) -> Self {
        let (endpoint, seen) = (&row.pair.endpoint, &confirmed.report.observation);
        let (host, port, protocol) = peer(&endpoint.url);
        let way = endpoint.tenant.is_none().then(|| seen.route.to_string());
        let facts = &confirmed.report.verdict.evidence.facts;
        Self {
            endpoint: &endpoint.name,
            url: &endpoint.url,
            host,
            port,
            protocol,
            severity: endpoint.severity,
            since: confirmed.since,
            maintained_until: snapshot.maintenance.until(&row.pair),
            detail: Clean::new(&reason.detail),
            evidence: facts.iter().map(|(key, value)| (key.replace('_', " "), value.as_str())).collect(),
            way,
            proxy: match &seen.route {
                RouteFacts::Proxy(via) => Some(via.address.clone()),
                RouteFacts::Direct => None,
            },
        }
    }
}

/// Host, port and protocol that a firewall has to let through.
fn peer(url: &Url) -> (String, u16, &'static str) {
    let host = url.host_str().unwrap_or_else(|| url.path()).to_owned();
    match url.scheme() {
        "https" => (host, url.port().unwrap_or(443), "HTTPS over TCP"),
        "dns" => (host, url.port().unwrap_or(53), "DNS"),
        _ => (host, url.port().unwrap_or(80), "HTTP over TCP"),
    }
}

#[cfg(test)]
mod tests;
