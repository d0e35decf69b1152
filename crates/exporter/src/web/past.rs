//! Where the pages read what was.

use std::fmt;

use crate::history::{Days, Filter, Finding, History, HistoryError, Standing, Trouble};

/// What was, as pages ask for it. The methods may block.
pub trait Past: fmt::Debug + Send + Sync {
    /// As [`History::standing`].
    fn standing(&self) -> Standing;
    /// As [`History::days`].
    fn days(&self) -> Days;
    /// As [`History::troubles`].
    fn troubles(&self, filter: &Filter) -> Result<Vec<Trouble>, HistoryError>;
    /// One trouble, with the evidence of its first and its last failure.
    fn trouble(&self, id: i64) -> Result<Option<(Trouble, Finding, Finding)>, HistoryError>;
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

    fn trouble(&self, id: i64) -> Result<Option<(Trouble, Finding, Finding)>, HistoryError> {
        let filter = Filter { id: Some(id), ..Filter::default() };
        let Some(trouble) = Self::troubles(self, &filter)?.into_iter().find(|trouble| trouble.id == id) else {
            return Ok(None);
        };
        Ok(self.evidence(id)?.map(|(first, last)| (trouble, first, last)))
    }
}
