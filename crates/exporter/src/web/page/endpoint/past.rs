//! What the history says of one endpoint, as values.

use prober::text::{Clean, with_sources};

use crate::history::{Filter, Finding, HistoryError, Latency, LatencySpan, Trouble};
use crate::web::{Past, Told};

/// How many troubles are told.
const MOST_TROUBLES: usize = 20;

/// What the history says of an endpoint.
#[derive(Debug, Default)]
pub(in crate::web) struct EndpointPast {
    /// By path, in the order asked for.
    pub(in crate::web) paths: Vec<PathPast>,
    /// The newest troubles, each with its first and its last failure.
    pub(in crate::web) troubles: Vec<Told>,
    /// Why some of it is missing.
    pub(in crate::web) fault: Option<String>,
}

/// What the history says of a pair.
#[derive(Debug, Default)]
pub(in crate::web) struct PathPast {
    /// The path's name.
    pub(in crate::web) path: String,
    /// The last 24 hours.
    pub(in crate::web) day: Vec<Latency>,
    /// The last seven days.
    pub(in crate::web) week: Vec<Latency>,
    /// The newest trouble with its last failure.
    pub(in crate::web) last_failure: Option<(Trouble, Finding)>,
}

impl EndpointPast {
    /// Asks for all that the page of an endpoint shows; waits for the file. What cannot be read is left out and told.
    pub(in crate::web) fn of(history: &dyn Past, endpoint: &str, paths: &[&str]) -> Self {
        let mut past = Self::default();
        for path in paths {
            let day = past.kept(history.latencies(endpoint, path, LatencySpan::Day));
            let week = past.kept(history.latencies(endpoint, path, LatencySpan::Week));
            let last_failure = past.kept(history.last_failure(endpoint, path));
            past.paths.push(PathPast { path: (*path).to_owned(), day, week, last_failure });
        }
        let filter = Filter { endpoint: Some(endpoint.to_owned()), limit: Some(MOST_TROUBLES), ..Filter::default() };
        for trouble in past.kept(history.troubles(&filter)) {
            let evidence = past.kept(history.evidence(trouble.id));
            past.troubles.push((trouble, evidence));
        }
        past
    }

    fn kept<T: Default>(&mut self, answer: Result<T, HistoryError>) -> T {
        answer.unwrap_or_else(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "cannot read the history");
            self.fault = Some(Clean::new(&with_sources(&error)).into());
            T::default()
        })
    }
}
