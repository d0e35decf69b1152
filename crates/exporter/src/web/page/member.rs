//! One endpoint with what was seen of it, as a problem tells it.

use prober::diagnosis::EndpointDiagnosis;
use prober::snapshot::Row;
use prober::text::Clean;
use prober::verdict::Evidence;
use time::OffsetDateTime;

use super::link::to_endpoint;
use super::when::When;
use crate::words;

/// One endpoint with what was seen of it.
#[derive(Debug)]
pub(super) struct Member<'a> {
    /// The endpoint's name.
    pub(super) endpoint: &'a str,
    /// What is requested.
    pub(super) url: &'a str,
    /// How bad it is.
    pub(super) severity: &'static str,
    /// What was seen over each path; one entry where all saw the same.
    pub(super) sightings: Vec<Sighting<'a>>,
    /// What the endpoint's other paths say.
    pub(super) elsewhere: Option<String>,
}

/// What was seen of an endpoint.
#[derive(Debug)]
pub(super) struct Sighting<'a> {
    /// Over which paths.
    pub(super) paths: Vec<&'a str>,
    /// What, in a sentence.
    pub(super) detail: Clean,
    /// What supports it.
    pub(super) evidence: Vec<(String, &'a str)>,
    /// Since when.
    pub(super) since: When,
    began: OffsetDateTime,
}

impl<'a> Member<'a> {
    /// An endpoint by some of its results, with what all of its paths say together.
    pub(super) fn of(rows: &[&'a Row], diagnosis: Option<&EndpointDiagnosis<'_>>, now: OffsetDateTime) -> Option<Self> {
        let first = rows.first()?;
        let endpoint = &first.pair.endpoint;
        let mut member = Self {
            endpoint: &endpoint.name,
            url: endpoint.url.as_str(),
            severity: endpoint.severity.as_str(),
            sightings: Vec::new(),
            elsewhere: diagnosis.and_then(|diagnosis| elsewhere(diagnosis, first)),
        };
        rows.iter().filter_map(|row| Sighting::of(row, now)).for_each(|sighting| member.also(sighting));
        Some(member)
    }

    /// Whether the paths saw different things, so that each has to be named.
    pub(super) fn is_seen_differently(&self) -> bool {
        self.sightings.len() > 1
    }

    /// Where the endpoint's page is.
    pub(super) fn address(&self) -> String {
        to_endpoint(self.endpoint)
    }

    fn also(&mut self, sighting: Sighting<'a>) {
        let is_same =
            |known: &&mut Sighting<'_>| known.detail == sighting.detail && known.evidence == sighting.evidence;
        let Some(known) = self.sightings.iter_mut().find(is_same) else {
            return self.sightings.push(sighting);
        };
        known.paths.extend(sighting.paths);
        if sighting.began < known.began {
            (known.began, known.since) = (sighting.began, sighting.since);
        }
    }
}

impl<'a> Sighting<'a> {
    fn of(row: &'a Row, now: OffsetDateTime) -> Option<Self> {
        let confirmed = row.confirmed.as_ref()?;
        let verdict = &confirmed.report.verdict;
        Some(Self {
            paths: vec![&row.pair.path.name],
            detail: Clean::new(&verdict.reason.as_ref()?.detail),
            evidence: shown(&verdict.evidence),
            since: When::of(confirmed.since, now),
            began: confirmed.since,
        })
    }

    /// "direct and hq".
    pub(super) fn over(&self) -> String {
        words::list(&self.paths, "paths")
    }
}

/// What a person wants to know next: whether it is the path. A degraded endpoint gets through on its own path too.
fn elsewhere(diagnosis: &EndpointDiagnosis<'_>, row: &Row) -> Option<String> {
    match diagnosis {
        EndpointDiagnosis::PathSpecific { usable, .. } if !row.state().is_usable() => {
            Some(format!("gets through on {}", words::list(usable, "other paths")))
        }
        EndpointDiagnosis::OriginDown => Some("the same on every path, while the paths serve others".to_owned()),
        _ => None,
    }
}

fn shown(evidence: &Evidence) -> Vec<(String, &str)> {
    evidence.facts.iter().map(|(key, value)| (key.replace('_', " "), value.as_str())).collect()
}
