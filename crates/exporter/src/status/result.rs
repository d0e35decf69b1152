//! One endpoint over one path, as the status document shows it.

use prober::cause::State;
use prober::diagnosis::EndpointDiagnosis;
use prober::plan::Maintenance;
use prober::snapshot::Row;
use prober::state::Report;
use serde::Serialize;

use super::observed::Observed;
use super::stamp::Stamp;

/// One endpoint over one path.
#[derive(Debug, Serialize)]
pub struct ResultEntry<'a> {
    /// The endpoint's name.
    pub endpoint: &'a str,
    /// What is requested.
    pub url: &'a str,
    /// The endpoint's group.
    pub group: &'a str,
    /// `critical`, `warning` or `info`.
    pub severity: &'static str,
    /// Whether this is a control, which no summary counts.
    pub control: bool,
    /// The path's name.
    pub path: &'a str,
    /// The confirmed state.
    pub state: State,
    /// When the confirmed state began.
    pub since: Option<Stamp>,
    /// The newest result that agrees with the confirmed state; every field null before there is one.
    #[serde(flatten)]
    pub observed: Observed<'a>,
    /// What the endpoint's paths say together: `reachable_everywhere`, `path_specific`, `blocked_everywhere`,
    /// `origin_down`.
    pub diagnosis: Option<&'static str>,
    /// Until when a maintenance window covers it.
    pub maintenance: Option<Stamp>,
    /// The newest raw result, where its state is not the confirmed one.
    pub last_result: Option<LastResult<'a>>,
}

/// A raw result that has not become the confirmed state.
#[derive(Debug, Serialize)]
pub struct LastResult<'a> {
    /// Its state.
    pub state: State,
    /// What was seen.
    #[serde(flatten)]
    pub observed: Observed<'a>,
}

impl<'a> ResultEntry<'a> {
    /// The entry of a row, with what its endpoint's paths say together.
    pub fn of(row: &'a Row, diagnosis: Option<&EndpointDiagnosis<'_>>, maintenance: &Maintenance) -> Self {
        let endpoint = &row.pair.endpoint;
        let confirmed = row.confirmed.as_ref();
        Self {
            endpoint: &endpoint.name,
            url: endpoint.url.as_str(),
            group: &endpoint.group,
            severity: endpoint.severity.as_str(),
            control: endpoint.control,
            path: &row.pair.path.name,
            state: row.state(),
            since: confirmed.map(|confirmed| Stamp(confirmed.since)),
            observed: confirmed.map(|confirmed| Observed::of(&confirmed.report)).unwrap_or_default(),
            diagnosis: diagnosis.map(EndpointDiagnosis::as_str),
            maintenance: maintenance.until(&row.pair).map(Stamp),
            last_result: last_result(row),
        }
    }
}

impl<'a> LastResult<'a> {
    /// A report as it is, whatever is confirmed.
    pub fn of(report: &'a Report) -> Self {
        Self { state: report.verdict.state, observed: Observed::of(report) }
    }
}

fn last_result(row: &Row) -> Option<LastResult<'_>> {
    let last = row.last.as_deref()?;
    let differs = row.confirmed.as_ref().is_none_or(|confirmed| confirmed.state != last.verdict.state);
    differs.then(|| LastResult::of(last))
}
