//! A list as it was taken, and how it is written down.

use prober::microsoft365::{Changes, Former, HostPattern, Instance, List, ReadError, Version};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;
use time::OffsetDateTime;
use url::Url;

/// A list as it was taken.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The service that it is from: versions of one say nothing of those of another.
    pub source: Url,
    /// Its version.
    pub version: Version,
    /// When it came.
    pub fetched_at: OffsetDateTime,
    /// What it says.
    pub list: List,
    /// Since which version the changes are told.
    pub since: Version,
    /// What changed since; `None` where that could not be had yet.
    pub changes: Option<Changes>,
    /// Up to which version they are told: an earlier one than that of the list where the newest could not be had yet.
    pub until: Version,
    /// What earlier versions had.
    pub former: Former,
    /// The two documents as they came, so that what is written down is read by the same reader.
    pub(super) sources: Sources,
}

/// The documents as they came; each is JSON, or it would not have been read.
#[derive(Debug, Clone, Default)]
pub(super) struct Sources {
    pub(super) endpoints: String,
    pub(super) changes: Option<String>,
}

/// Why a file is no list that was kept.
#[derive(Debug, Error)]
pub enum KeptError {
    /// Not JSON of that shape.
    #[error("it is damaged")]
    Damaged(#[from] serde_json::Error),
    /// One of its values is none.
    #[error("its {0} is none")]
    Value(&'static str),
    /// The list in it is not one.
    #[error("what it holds is not as the service writes it")]
    Unreadable(#[from] ReadError),
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'a> {
    source: Url,
    instance: String,
    version: String,
    #[serde(with = "time::serde::rfc3339")]
    fetched_at: OffsetDateTime,
    since: String,
    until: String,
    former: Vec<(String, String)>,
    #[serde(borrow)]
    endpoints: &'a RawValue,
    #[serde(borrow)]
    changes: Option<&'a RawValue>,
}

impl Kept {
    /// Whether all of it is there: the changes too, up to its own version.
    pub(super) fn is_whole(&self) -> bool {
        self.changes.is_some() && self.until == self.version
    }

    /// Reads a list of an instance that was written down, with the readers of the service's own answers.
    ///
    /// # Errors
    /// Where it is not whole.
    pub fn read(instance: Instance, bytes: &[u8]) -> Result<Self, KeptError> {
        let file: File<'_> = serde_json::from_slice(bytes)?;
        if file.instance.parse() != Ok(instance) {
            return Err(KeptError::Value("instance"));
        }
        let version = |name, text: &str| text.parse().map_err(|_| KeptError::Value(name));
        let former = file.former.iter().map(|(host, went)| {
            let host: HostPattern = host.parse().map_err(|_| KeptError::Value("former host"))?;
            Ok::<_, KeptError>((host, version("former version", went)?))
        });
        let changes = file.changes.map(|changes| Changes::read(changes.get().as_bytes())).transpose()?;
        Ok(Self {
            source: file.source,
            version: version("version", &file.version)?,
            fetched_at: file.fetched_at,
            list: List::read(instance, file.endpoints.get().as_bytes())?,
            since: version("first version", &file.since)?,
            changes,
            until: version("last version", &file.until)?,
            former: Former::of(former.collect::<Result<Vec<_>, _>>()?),
            sources: Sources {
                endpoints: file.endpoints.get().to_owned(),
                changes: file.changes.map(|changes| changes.get().to_owned()),
            },
        })
    }

    /// Writes it down.
    ///
    /// # Errors
    /// Where a document is not JSON, which none is that was read.
    pub fn write(&self) -> Result<Vec<u8>, serde_json::Error> {
        let changes = self.sources.changes.as_deref().map(serde_json::from_str).transpose()?;
        serde_json::to_vec(&File {
            source: self.source.clone(),
            instance: self.list.instance.to_string(),
            version: self.version.to_string(),
            fetched_at: self.fetched_at,
            since: self.since.to_string(),
            until: self.until.to_string(),
            former: self.former.iter().map(|(host, went)| (host.to_string(), went.to_string())).collect(),
            endpoints: serde_json::from_str(&self.sources.endpoints)?,
            changes,
        })
    }
}

#[cfg(test)]
mod tests;
