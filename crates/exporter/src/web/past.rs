//! Where the pages read what was.

use std::fmt;

use crate::history::{Days, Filter, Finding, History, HistoryError, Latency, LatencySpan, Standing, Trouble};

/// A trouble, and what its first and its last failure looked like where that can be read.
pub type Told = (Trouble, Option<(Finding, Finding)>);

/// What was, as pages ask for it. The methods may block.
pub trait Past: fmt::Debug + Send + Sync {
    /// As [`History::standing`].
    fn standing(&self) -> Standing;
    /// As [`History::days`].
    fn days(&self) -> Days;
    /// As [`History::troubles`].
    fn troubles(&self, filter: &Filter) -> Result<Vec<Trouble>, HistoryError>;
    /// As [`History::evidence`].
    fn evidence(&self, trouble: i64) -> Result<Option<(Finding, Finding)>, HistoryError>;
    /// As [`History::last_failure`].
    fn last_failure(&self, endpoint: &str, path: &str) -> Result<Option<(Trouble, Finding)>, HistoryError>;
    /// As [`History::latencies`].
    fn latencies(&self, endpoint: &str, path: &str, span: LatencySpan) -> Result<Vec<Latency>, HistoryError>;

    /// One trouble, by its number.
    fn trouble(&self, id: i64) -> Result<Option<Told>, HistoryError> {
        let filter = Filter { id: Some(id), ..Filter::default() };
        let Some(trouble) = self.troubles(&filter)?.into_iter().find(|trouble| trouble.id == id) else {
            return Ok(None);
        };
        Ok(Some((trouble, self.evidence(id)?)))
    }
}

impl Past for History {
    fn standing(&self) -> Standing {
        Self::standing(self)
    }

    fn days(&self) -> Days {
        Self::days(self)
    }

    fn troubles(&self, filter: &Filter) -> Result<Vec<Trouble>, HistoryError> {
        Self::troubles(self, filter)
    }

    fn evidence(&self, trouble: i64) -> Result<Option<(Finding, Finding)>, HistoryError> {
        Self::evidence(self, trouble)
    }

    fn last_failure(&self, endpoint: &str, path: &str) -> Result<Option<(Trouble, Finding)>, HistoryError> {
        Self::last_failure(self, endpoint, path)
    }

    fn latencies(&self, endpoint: &str, path: &str, span: LatencySpan) -> Result<Vec<Latency>, HistoryError> {
        Self::latencies(self, endpoint, path, span)
    }
}
